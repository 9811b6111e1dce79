"""``manage.py keep_identity_provider CODE --name … --issuer … --client-id … --level LoA2=2``: enter who signs people in from outside."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import IdentityProvider
from accounts.ways import providers
from portal.access import SYSTEM
from portal.exchange import oidc
from portal.exchange.errors import OutsideRefused, OutsideUnavailable


class Command(BaseCommand):
    """Prints one line of JSON: ``code``, ``redirect_uri``, ``live``, ``read`` (or what is wrong with its description), ``public_key``."""

    help = "Enter or change an identity provider (OpenID Connect), let it in, suspend it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="stands in the redirect address; never changes")
        parser.add_argument("--name", help="as people read it")
        parser.add_argument("--name-en", default=None)
        parser.add_argument("--about", default=None, help="one sentence")
        parser.add_argument("--about-en", default=None)
        parser.add_argument("--issuer")
        parser.add_argument("--client-id")
        parser.add_argument("--proof", choices=IdentityProvider.Proof.values)
        secret = parser.add_mutually_exclusive_group()
        secret.add_argument("--secret-env", help="environment variable with the shared secret")
        secret.add_argument("--secret-file", help="file with the shared secret, or with our private key (PEM)")
        parser.add_argument("--scopes", nargs="+")
        parser.add_argument("--number-claim", help="claim of userinfo that holds the identity number")
        parser.add_argument("--level", action="append", metavar="ACR=2|3", help="what its acr is worth; again for each")
        parser.add_argument("--place", type=int)
        parser.add_argument("--live", action="store_true", help="people sign in by it from now on")
        parser.add_argument("--suspend", metavar="REASON", help="nobody signs in by it from now on")

    def handle(self, *args: Any, **options: Any) -> None:
        code, now = options["code"], timezone.now()
        try:
            if options["suspend"] is not None:
                providers.suspend(code=code, reason=options["suspend"], actor=SYSTEM, now=now)
            else:
                self._keep(code, options)
                if options["live"] and not IdentityProvider.objects.get(code=code).is_live:
                    providers.let_in(code=code, actor=SYSTEM)
        except providers.ProviderRefused as refused:
            raise CommandError(f"{refused.field}: {refused.message}" if refused.field else refused.message) from refused
        row = IdentityProvider.objects.get(code=code)
        said: dict[str, Any] = {"code": code, "redirect_uri": providers.redirect_uri(code), "live": row.is_live}
        if row.is_live:
            try:
                providers.read(row, now)
                said["read"] = "ok"
            except (OutsideUnavailable, OutsideRefused) as error:
                said["read"] = error.code
        if row.proof == IdentityProvider.Proof.KEY and row.secret:
            said["public_key"] = oidc.public_part(row.secret)
        self.stdout.write(json.dumps(said))

    def _keep(self, code: str, options: dict[str, Any]) -> None:
        row = IdentityProvider.objects.filter(code=code).first()
        names = ("name", "name_en", "about", "about_en", "issuer", "client_id", "proof", "number_claim", "place")
        known: dict[str, Any] = {name: getattr(row, name) for name in names} if row is not None else {}
        known |= {name: options[name] for name in names if options[name] is not None}
        known["scopes"] = " ".join(options["scopes"]) if options["scopes"] else row.scopes if row is not None else "openid"
        known["levels"] = _levels(options["level"]) if options["level"] else row.levels if row is not None else {}
        for name in ("name", "issuer", "client_id", "proof", "number_claim"):
            if not known.get(name):
                raise CommandError(f"--{name.replace('_', '-')} is needed for a new provider")
        providers.keep_provider(actor=SYSTEM, code=code, now=timezone.now(), secret=_secret(options), **known)


def _levels(said: list[str]) -> dict[str, int]:
    found = {}
    for one in said:
        name, _, value = one.rpartition("=")
        if not name or not value.isdigit():
            raise CommandError(f"--level {one}: write ACR=2 or ACR=3")
        found[name] = int(value)
    return found


def _secret(options: dict[str, Any]) -> str:
    if options["secret_file"]:
        return Path(options["secret_file"]).read_text(encoding="utf-8").strip()
    if options["secret_env"]:
        if not (found := os.environ.get(options["secret_env"])):
            raise CommandError(f"{options['secret_env']} is not set")
        return found
    return ""
