"""The protocol: Authlib's server over our models (RFC 6749, 7009, 7523, 7636, 7662, 8705; OpenID Connect Core 1.0).

What it decides stands in the rooms beside: here only the library's questions are answered. A system proves itself by a signature or by its
certificate, never by a password; PKCE is asked of each, S256 alone.
"""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from authlib.integrations.django_oauth2 import AuthorizationServer
from authlib.integrations.django_oauth2.requests import DjangoOAuth2Payload, DjangoOAuth2Request
from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oidc.core.grants.code import OpenIDToken
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import OidcClient, SignInGrant, SignInToken
from accounts.provider import clients, granting, keys
from accounts.provider.asking import Here
from accounts.provider.scopes import OPENID, known, subject
from accounts.tokens import certificate_of
from portal.crypto.tokens import TokenRefused, read_assertion, said_subject

METHODS = [str(OidcClient.Proof.KEY), str(OidcClient.Proof.CERTIFICATE)]
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN, REVOKE, INTROSPECT = "/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"


def issuer() -> str:
    """The portal's name as a provider."""
    return settings.SITE_URL


@dataclass(frozen=True)
class Client:
    """A system, as the library asks about it."""

    row: OidcClient

    @property
    def client_id(self) -> str:
        """Its name at the door."""
        return str(self.row.pk)

    def get_client_id(self) -> str:
        """As above, by the library's other name."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """None: an address is named by every request, and it is one of those that were registered."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What of it this system may ask for. None where it does not ask for a sign-in at all."""
        asked = set((scope or "").split())
        return " ".join(known(asked & set(self.row.scopes))) if OPENID in asked else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Letter by letter."""
        return redirect_uri in self.row.redirect_uris

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """The one it was registered with, everywhere."""
        return method == self.row.proof

    def check_response_type(self, response_type: str) -> bool:
        """A code."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """A code, and what follows."""
        return grant_type in ("authorization_code", "refresh_token")


@dataclass(frozen=True)
class Code:
    """A code, as the library asks about it."""

    row: SignInGrant

    def get_redirect_uri(self) -> str:
        """Where it was sent."""
        return self.row.redirect_uri

    def get_scope(self) -> str:
        """What it is for."""
        return " ".join(self.row.scopes)

    @property
    def code_challenge(self) -> str:
        """PKCE."""
        return self.row.challenge

    code_challenge_method = "S256"


@dataclass(frozen=True)
class Token:
    """A token, as the library asks about it."""

    row: SignInToken

    def check_client(self, client: Client) -> bool:
        """Whether it is this system's."""
        return self.row.grant.client_id == client.row.pk

    def get_scope(self) -> str:
        """What it opens."""
        return " ".join(self.row.scopes)

    def is_expired(self) -> bool:
        """Past its time."""
        return self.row.expires_at <= timezone.now()

    def is_revoked(self) -> bool:
        """Ended, with whatever it hangs on."""
        return not granting.is_good(self.row, timezone.now())


def _by_key(query_client: Any, request: OAuth2Request) -> Client | None:
    """``private_key_jwt``: an assertion, signed by a key that was registered, about itself, for us, now, used for the first time."""
    form = request.form
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        return None
    token, now = form.get("client_assertion", ""), timezone.now()
    client: Client | None = query_client(said_subject(token))
    if client is None or form.get("client_id", client.client_id) != client.client_id:
        return None
    # What a stock client takes for our name: the issuer, or the address it calls (RFC 7523 §3; RFC 8414).
    names = {issuer(), *(settings.SITE_URL + path for path in (TOKEN, REVOKE, INTROSPECT))}
    try:
        claims = read_assertion(token, clients.keys_of(client.row), client=client.client_id, audiences=names, now=now)
    except TokenRefused:
        return None
    until = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(minutes=5)
    return client if granting.is_first_use(client=client.row, name=claims["jti"], until=until) else None


def _by_certificate(query_client: Any, request: Any) -> Client | None:
    """Mutual TLS (RFC 8705 §2.2): the certificate of this connection is one that was registered. The proxy's own door alone has one."""
    if not settings.TOKEN_SIGN_IN_URL:
        return None
    der = certificate_of(request._request)
    client: Client | None = query_client(request.form.get("client_id", "")) if der is not None else None
    if client is None or der is None:
        return None
    return client if clients.knows_certificate(client.row, der, timezone.now()) else None


class ProofKey(CodeChallenge):  # type: ignore[misc]
    """PKCE for every system, S256 alone."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """It must be there."""
        said = grant.request.payload.data
        if not said.get("code_challenge") or said.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: send code_challenge with code_challenge_method=S256.")
        super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        """It must be there, too."""
        if not grant.request.form.get("code_verifier"):
            raise InvalidRequestError("Missing 'code_verifier'")
        super().validate_code_verifier(grant, result)


class IdToken(OpenIDToken):  # type: ignore[misc]
    """The ID token: who signed in, how, and to which session it belongs. What they are called is asked for at userinfo."""

    def encode_id_token(self, token: dict[str, Any], request: OAuth2Request) -> str:
        """Signed by us."""
        row: SignInGrant = request.user
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": issuer(),
            "aud": str(row.client_id),
            "sub": subject(row.client, row.person_id, row.organisation_id),
            "iat": now,
            "exp": now + int(granting.ID_TOKEN_LIFETIME.total_seconds()),
            "auth_time": int(row.auth_time.timestamp()),
            "acr": row.acr,
            "amr": row.amr,
            "sid": str(row.pk),
            "at_hash": _half(token["access_token"]),
        }
        if row.nonce:
            claims["nonce"] = row.nonce
        return keys.sign(claims)


def _half(token: str) -> str:
    return base64.urlsafe_b64encode(granting.digest(token)[:16]).decode().rstrip("=")


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    """A code, and the tokens for it."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def generate_authorization_code(self) -> str:
        """256 bits."""
        return secrets.token_urlsafe(32)

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """Keep the sign-in that it begins, of who is here."""
        said, here = request.payload.data, request.user
        assert isinstance(here, Here)
        granting.begin(
            client=request.client.row,
            here=here,
            scopes=request.scope.split(),
            acr_values=said.get("acr_values", "").split(),
            redirect_uri=request.payload.redirect_uri,
            nonce=said.get("nonce", ""),
            challenge=said["code_challenge"],
            code=code,
            now=timezone.now(),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """The code, if it is this system's and serves for the first time."""
        row = granting.take_code(client=client.row, code=code, now=timezone.now())
        return Code(row) if row is not None else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """It stays, as one that has served: whoever comes with it again is found out."""

    def authenticate_user(self, authorization_code: Code) -> SignInGrant:
        """Whose it is."""
        return authorization_code.row


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    """The next tokens."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        """The token, if it serves for the first time."""
        row = granting.take_refresh(client=self.request.client.row, token=refresh_token, now=timezone.now())
        return Token(row) if row is not None else None

    def authenticate_user(self, refresh_token: Token) -> SignInGrant:
        """Whose it is. The token has served, before the next ones are made."""
        granting.rotate(refresh_token.row, timezone.now())
        return refresh_token.row.grant

    def revoke_old_credential(self, refresh_token: Token) -> None:
        """It has served already."""


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """A system needs a token no more."""

    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token: str, token_type_hint: str | None) -> Token | None:
        """Whatever the hint says: both kinds are found by the same digest."""
        row = granting.find(token)
        return Token(row) if row is not None else None

    def revoke_token(self, token: Token, request: OAuth2Request) -> None:
        """It ends."""
        granting.give_back(token.row, timezone.now())


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """Whether a token holds, for the system that it was given to."""

    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token: str, token_type_hint: str | None) -> Token | None:
        """As :meth:`Revocation.query_token`."""
        row = granting.find(token)
        return Token(row) if row is not None else None

    def check_permission(self, token: Token, client: Client, request: OAuth2Request) -> bool:
        """One's own alone."""
        return token.check_client(client)

    def introspect_token(self, token: Token) -> dict[str, Any]:
        """What holds."""
        row = token.row
        return {
            "active": True,
            "client_id": str(row.grant.client_id),
            "scope": token.get_scope(),
            "token_type": "Bearer" if row.kind == SignInToken.Kind.ACCESS else "refresh_token",
            "iss": issuer(),
            "aud": str(row.grant.client_id),
            "sub": subject(row.grant.client, row.grant.person_id, row.grant.organisation_id),
            "iat": int(row.made_at.timestamp()),
            "exp": int(row.expires_at.timestamp()),
            "acr": row.grant.acr,
            "auth_time": int(row.grant.auth_time.timestamp()),
        }


class _Request(DjangoOAuth2Request):  # type: ignore[misc]
    """A request, as the library reads it."""

    def __init__(self, request: HttpRequest) -> None:
        OAuth2Request.__init__(self, method=request.method, uri=settings.SITE_URL + request.get_full_path(), headers=request.headers)
        self.payload = DjangoOAuth2Payload(request)
        self._request = request


class Server(AuthorizationServer):  # type: ignore[misc]
    """The library's server over our models."""

    def __init__(self) -> None:
        super().__init__(OidcClient, SignInToken)
        self.scopes_supported = None  # unknown ones are passed over (OpenID Connect Core 3.1.2.1)
        self.register_token_generator("default", self._tokens)
        self.register_client_auth_method(METHODS[0], _by_key)
        self.register_client_auth_method(METHODS[1], _by_certificate)
        self.register_grant(CodeGrant, [ProofKey(required=True), IdToken()])
        self.register_grant(RefreshGrant)
        self.register_endpoint(Revocation)
        self.register_endpoint(Introspection)

    def query_client(self, client_id: str) -> Client | None:
        """The system that is let in."""
        row = clients.client_of(client_id)
        return Client(row) if row is not None else None

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        """By our own name, not by the one that the request came under: production has no other than https (``portal.settings.guard``)."""
        return _Request(request)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def _tokens(self, *, grant_type: str, client: Client, user: SignInGrant, scope: str, **_: Any) -> dict[str, Any]:
        """Made and kept in one step."""
        made = granting.give_tokens(grant=user, scopes=scope.split(), now=timezone.now())
        return {
            "token_type": "Bearer",
            "access_token": made.access,
            "refresh_token": made.refresh,
            "expires_in": int(granting.ACCESS_LIFETIME.total_seconds()),
            "scope": " ".join(made.scopes),
        }

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Kept already, as digests."""

    @transaction.atomic
    def create_token_response(self, request: HttpRequest | None = None) -> HttpResponse:
        """In one transaction, so that of two with the same code one waits, and then is found out. Errors are answers: they commit."""
        return super().create_token_response(request)


server = Server()
