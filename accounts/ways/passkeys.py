"""Passkeys as ways in: what is written down and told when one is bound or taken away, and which of them prove an officer (A-17).

The library makes, checks and keeps them (``allauth.mfa``). One that is bound in a session which the State's certificate proved stands in
for that certificate afterwards; one that is bound after VNeID or a public authority's certificate stands in for those: for a citizen.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db import transaction

from portal import audit
from portal.access import Actor
from portal.notifications.services import notify

FOR_OFFICE = "for_office"
"""In the row's data: bound in a session by which one may act for an agency."""


def is_for_office(passkey: Authenticator) -> bool:
    """Whether the passkey was bound after the State's certificate."""
    return passkey.type == Authenticator.Type.WEBAUTHN and passkey.data.get(FOR_OFFICE) is True


@transaction.atomic
def note_bound(*, actor: Actor, passkey: Authenticator, for_office: bool) -> None:
    """The library has kept a new passkey: note what it stands in for, and tell its owner, so that nobody binds one unnoticed."""
    passkey.data = {**passkey.data, FOR_OFFICE: for_office}
    passkey.save(update_fields=["data"])
    _tell(actor, "bind_passkey", "accounts.passkey_bound", f"passkey-bound:{passkey.pk}")


@transaction.atomic
def note_removed(*, actor: Actor, passkey_id: int) -> None:
    """A passkey was taken away; its owner is told."""
    _tell(actor, "remove_passkey", "accounts.passkey_removed", f"passkey-removed:{passkey_id}")


def _tell(actor: Actor, act: str, template: str, key: str) -> None:
    assert actor.person_id is not None
    audit.record(actor=actor, act=f"accounts.{act}", target="accounts.person", target_id=str(actor.person_id))
    notify(party_id=actor.person_id, template=template, context={}, key=key)
