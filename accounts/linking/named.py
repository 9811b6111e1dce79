"""An account of another system: how long its name may be, and by what it is found again."""

from __future__ import annotations

from django.utils.crypto import salted_hmac

from accounts.models import OidcClient

LONGEST_ACCOUNT = 200


def account_digest(client: OidcClient, account: str) -> str:
    """By what an account of a system is found again."""
    return salted_hmac("accounts.linked_account", f"{client.pk}|{account}", algorithm="sha256").hexdigest()
