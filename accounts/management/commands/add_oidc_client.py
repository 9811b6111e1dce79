"""``manage.py add_oidc_client --name … --redirect-uri … --key public.pem``: register a system that signs people in through the portal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from joserfc.jwk import RSAKey

from accounts.models import OidcClient
from accounts.provider.clients import ClientRefused, add_client
from accounts.provider.scopes import SCOPES
from portal.access import SYSTEM


class Command(BaseCommand):
    """Prints one line of JSON: ``client_id``, ``issuer``, and ``private_key`` (PEM) where a pair of keys was made here."""

    help = "Register a system that signs people in by single sign-on (OpenID Connect)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="as people read it")
        parser.add_argument("--unit", default="G22", help="code of its agency; default: the Government Office")
        parser.add_argument("--redirect-uri", nargs="+", required=True)
        parser.add_argument("--post-logout-uri", nargs="+", default=[])
        parser.add_argument("--logout-uri", default="", help="where it is told that somebody signed out (back-channel logout)")
        parser.add_argument("--scopes", nargs="+", default=["openid", "profile"], choices=list(SCOPES))
        parser.add_argument("--key", help="file with its public key (PEM or JWK), or with --tls its certificate; without it a pair is made")
        parser.add_argument("--tls", action="store_true", help="proves itself by a certificate in the connection, not by a signature")
        parser.add_argument("--contacts", default="")
        parser.add_argument("--test", action="store_true", help="signs in only who works for its agency, wherever people are real")

    def handle(self, *args: Any, **options: Any) -> None:
        printed: dict[str, str] = {}
        proof = OidcClient.Proof.CERTIFICATE if options["tls"] else OidcClient.Proof.KEY
        if options["key"]:
            key = Path(options["key"]).read_text(encoding="utf-8")
        elif options["tls"]:
            raise CommandError("--tls needs the certificate: --key certificate.pem")
        else:
            pair = RSAKey.generate_key(3072)
            key = json.dumps(pair.as_dict(private=False))
            printed["private_key"] = pair.as_pem(private=True).decode()
        try:
            client = add_client(
                actor=SYSTEM,
                name=options["name"],
                unit=options["unit"],
                redirect_uris=options["redirect_uri"],
                post_logout_uris=options["post_logout_uri"],
                logout_uri=options["logout_uri"],
                scopes=options["scopes"],
                proof=proof,
                key=key,
                contacts=options["contacts"],
                is_test=options["test"],
                now=timezone.now(),
            )
        except ClientRefused as refused:
            raise CommandError(refused.message) from refused
        kid = client.keys.get().kid
        self.stdout.write(json.dumps({"client_id": str(client.pk), "issuer": settings.SITE_URL, "kid": kid, **printed}))
