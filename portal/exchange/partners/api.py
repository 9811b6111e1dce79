"""The door at which machines sign in (RFC 6749 §4.4)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from ninja import Router

from portal.exchange.partners import tokens
from portal.limits import client_address

router = Router(tags=["oauth"])
_FORM = {
    "grant_type": "client_credentials",
    "client_assertion_type": tokens.ASSERTION_TYPE,
    "client_assertion": "a JWT, signed by a registered key: iss and sub your code, aud this address, jti, exp",
    "client_id": "your code, with mutual TLS instead of an assertion",
    "scope": "what you may call, separated by spaces; left out: all of it",
}
MOST_FORM = 32 * 1024
_JSON = {"application/json": {"schema": {"type": "object"}}}


def _answer(data: dict[str, object], status: int, retry_after: int = 0) -> HttpResponse:
    answer = JsonResponse(data, status=status)
    patch_cache_control(answer, no_store=True)
    if retry_after:
        answer["Retry-After"] = str(retry_after)
    return answer


@router.post(
    "/token",
    summary="A token by client credentials",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["grant_type"],
                        "properties": {name: {"type": "string", "description": words} for name, words in _FORM.items()},
                    }
                }
            },
        },
        "responses": {
            "200": {"description": "`access_token`, `token_type`, `expires_in` (seconds), `scope`", "content": _JSON},
            "400": {"description": "`error` of RFC 6749 §5.2: invalid_scope, unsupported_grant_type, invalid_request", "content": _JSON},
            "401": {
                "description": "`error`: invalid_client; `error_description` says which part of the proof is not taken",
                "content": _JSON,
            },
            "429": {"description": "Too many wrong proofs: see Retry-After", "content": _JSON},
        },
    },
)
def token(request: HttpRequest) -> HttpResponse:
    """Prove yourself by a signed assertion (`private_key_jwt`) or, at the port of mutual TLS, by a registered certificate."""
    declared = str(request.META.get("CONTENT_LENGTH") or "0")
    if request.content_type != "application/x-www-form-urlencoded" or not declared.isdecimal() or int(declared) > MOST_FORM:
        return _answer({"error": "invalid_request", "error_description": "A form of at most 32 KiB is expected."}, 400)
    form = {name: request.POST[name] for name in _FORM if name in request.POST}
    address = client_address(request)
    try:
        given = tokens.give(request=request, form=form, address=address, now=timezone.now())
    except tokens.TokenDenied as error:
        told = tokens.denied(error=error, form=form, address=address)
        status = {"invalid_client": 401, "slow_down": 429}.get(told.error, 400)
        return _answer({"error": told.error, "error_description": told.words}, status, told.retry_after)
    return _answer(
        {
            "access_token": given.token,
            "token_type": "Bearer",
            "expires_in": int(tokens.LIFETIME.total_seconds()),
            "scope": " ".join(given.scopes),
        },
        200,
    )
