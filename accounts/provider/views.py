"""The provider's addresses: for browsers the sign-in to a system and the sign-out, for systems tokens and claims.

The paths are those that connected systems know of the portal before (``/oauth2/…``, ``/oidc/logout``); a new one reads them in the
discovery document and knows nothing but the issuer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import sessions
from accounts.models import OidcClient, SignInGrant, SignInToken
from accounts.provider import clients, granting, keys
from accounts.provider.asking import AGAIN, SILENT_ERRORS, BadRequest, Here, Step, next_step, wanted_sign_in, wish_of
from accounts.provider.levels import NAMED, Level
from accounts.provider.scopes import SCOPES, claims
from accounts.provider.server import INTROSPECT, METHODS, REVOKE, TOKEN, issuer, server
from accounts.sessions import session_of
from accounts.tokens import token_address
from accounts.views.ways import NEXT
from accounts.ways.need import step_up_address
from portal.access import ActingAs, Assurance, actor_of
from portal.audit.words import uuids
from portal.catalogues.queries import agency_names
from portal.limits import client_address, take

LONGEST = 4000
"""Of what a system may ask in one address: it goes through our sign-in and back."""
HOUR = 3600


# Discovery ------------------------------------------------------------------------------------------------------------------------


@require_safe
def discovery(request: HttpRequest) -> HttpResponse:
    """What a system reads to connect (OpenID Connect Discovery 1.0; RFC 8414, 8705 §5, 9207)."""
    here = settings.SITE_URL
    said: dict[str, Any] = {
        "issuer": issuer(),
        "authorization_endpoint": here + reverse("sign-on-authorize"),
        "token_endpoint": here + TOKEN,
        "userinfo_endpoint": here + reverse("sign-on-userinfo"),
        "jwks_uri": here + reverse("sign-on-keys"),
        "revocation_endpoint": here + REVOKE,
        "introspection_endpoint": here + INTROSPECT,
        "end_session_endpoint": here + reverse("sign-on-logout"),
        "scopes_supported": list(SCOPES),
        "claims_supported": ["acr", "amr", "auth_time", "sid", *(claim for scope in SCOPES.values() for claim in scope.claims)],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [keys.ALGORITHM],
        "acr_values_supported": list(NAMED),
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "code_challenge_methods_supported": ["S256"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "ui_locales_supported": ["vi", "en"],
    }
    methods = [method for method in METHODS if method == OidcClient.Proof.KEY or settings.TOKEN_SIGN_IN_URL]
    for endpoint in ("token", "revocation", "introspection"):
        said[f"{endpoint}_endpoint_auth_methods_supported"] = methods
        said[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = ["RS256", "ES256"]
    if settings.TOKEN_SIGN_IN_URL:
        paths = {"token": TOKEN, "revocation": REVOKE, "introspection": INTROSPECT}
        said["mtls_endpoint_aliases"] = {f"{name}_endpoint": token_address(path) for name, path in paths.items()}
    answer = JsonResponse(said)
    answer["Cache-Control"] = f"public, max-age={HOUR}"
    return answer


@require_safe
def public_keys(request: HttpRequest) -> HttpResponse:
    """The keys that our statements are checked by."""
    answer = JsonResponse({"keys": keys.public_keys()})
    answer["Cache-Control"] = f"public, max-age={HOUR}"
    return answer


# Signing in to a system -----------------------------------------------------------------------------------------------------------


def _here(request: HttpRequest) -> Here | None:
    """Who is signed in here, as far as it was proved; for an organisation where they act for it without limit, else for themself."""
    actor, session = actor_of(request), session_of(request)
    if session is None or not session.way or actor.person_id is None:
        return None
    for_organisation = actor.acting_as is ActingAs.ORGANISATION and actor.procedures is None
    return Here(
        person_id=actor.person_id,
        organisation_id=actor.party_id if for_organisation else None,
        session_id=session.pk,
        level=Level(Assurance(actor.identity), Assurance(session.assurance)),
        ways=tuple(way for way in (session.way, session.raised_by) if way),
        proved_at=session.begun_at,
    )


def _back(redirect_uri: str, said: Mapping[str, str], **params: str) -> HttpResponse:
    """Back to the system, with our name beside the answer, so that it is taken for nobody else's (RFC 9207)."""
    state = {"state": said["state"]} if "state" in said else {}
    answer = HttpResponse(status=302)
    answer["Location"] = add_params_to_uri(redirect_uri, [*params.items(), *state.items(), ("iss", issuer())])
    return answer


def _refused(request: HttpRequest, words: str, *, status: int = 400) -> HttpResponse:
    """The page for a request that leads nowhere: it is told to nobody but who reads it, for no address of it can be believed."""
    return render(request, "accounts/provider/refused.html", {"words": words}, status=status)


def _as_address(request: HttpRequest) -> HttpResponse:
    """What came as a form, asked for anew as an address: the form of another site brings no session along."""
    return redirect(f"{request.path}?{request.POST.urlencode()}")


def _once(request: HttpRequest) -> bool:
    return all(len(values) == 1 for _name, values in request.GET.lists())


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Sign somebody in to a system: what is missing is asked for, then a code is given (OpenID Connect Core 3.1.2).

    A form that another site sends brings no session along: it is asked for anew as an address.
    """
    if request.method == "POST":
        return _as_address(request)
    if len(request.META.get("QUERY_STRING", "")) > LONGEST:
        return _refused(request, _("Yêu cầu đăng nhập này quá dài."))
    said = request.GET.dict()
    client = clients.client_of(said.get("client_id", ""))
    if client is None:
        return _refused(request, _("Hệ thống này chưa đăng ký đăng nhập qua Cổng, hoặc đang tạm ngừng."))
    redirect_uri = said.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris or not _once(request):
        return _refused(request, _("Địa chỉ nhận kết quả không phải của hệ thống đã đăng ký. Bạn không nên đi tiếp."))
    try:
        wish = wish_of(said)
        grant = server.get_consent_grant(request)
    except BadRequest as bad:
        return _back(redirect_uri, said, error=bad.error, error_description=bad.words)
    except OAuth2Error as error:
        return _back(redirect_uri, said, error=error.error or "invalid_request", error_description=error.get_error_description() or "")
    here, now = _here(request), timezone.now()
    scopes = grant.request.scope.split()
    step = next_step(
        wish,
        here,
        scopes=scopes,
        agreed=granting.agreed(client=client, here=here) if here is not None else None,
        is_taken=here is None or clients.takes_in(client, here.person_id),
        now=now,
    )
    if wish.silent and step in SILENT_ERRORS:
        return _back(redirect_uri, said, error=SILENT_ERRORS[step])
    if here is None:
        messages.info(request, _("Bạn đăng nhập tại đây để vào %(name)s.") % {"name": client.name})
        return redirect(reverse("sign-in") + "?" + urlencode({NEXT: _on(request.GET)}))
    match step:
        case Step.DONE:
            grant.request.user = here
            _status, _body, headers = grant.create_authorization_response(redirect_uri, here)
            code = dict(headers)["Location"].partition("code=")[2].partition("&")[0]
            return _back(redirect_uri, said, code=code)
        case Step.SIGN_IN_AGAIN:
            return _again(request, client, here)
        case Step.STEP_UP:
            return redirect(step_up_address(wanted_sign_in(wish, here), _on(request.GET)))
        case Step.NEVER:
            return _back(redirect_uri, said, error="unmet_authentication_requirements")
        case Step.NOT_TAKEN:
            return _back(redirect_uri, said, error="access_denied", error_description="a client on trial signs in who works for its agency")
    return _consent_page(request, client, here, scopes)


def _on(query: QueryDict) -> str:
    """The way back here after a sign-in, by a page that ends the form one came from (:func:`go_on`)."""
    return reverse("sign-on-go-on") + "?" + query.urlencode()


@never_cache
@require_safe
def go_on(request: HttpRequest) -> HttpResponse:
    """Between a sign-in and the system one is on the way to: browsers hold a form to our own pages whatever its answer leads to
    (``form-action``), so the way on begins with a page of its own."""
    if len(request.META.get("QUERY_STRING", "")) > LONGEST:
        return _refused(request, _("Yêu cầu đăng nhập này quá dài."))
    return render(request, "accounts/provider/go_on.html", {"on": reverse("sign-on-authorize") + "?" + request.GET.urlencode()})


def _again(request: HttpRequest, client: OidcClient, here: Here) -> HttpResponse:
    """The system wants to see a new sign-in: a page that says so, whose button leads to it."""
    context = {"client": client, "agency": _agency(client), "query": request.GET.urlencode()}
    return render(request, "accounts/provider/again.html", context)


@never_cache
@require_POST
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """End this session for a new one of the same person; what they have in other systems goes over to it."""
    sessions.sign_in_anew(request)
    # It has been done as it was asked: the way back asks for it no more.
    query = _without(request.GET, AGAIN)
    if query.get("max_age") == "0":
        del query["max_age"]
    return redirect(reverse("sign-in") + "?" + urlencode({NEXT: _on(query)}))


def _without(query: QueryDict, prompts: frozenset[str]) -> QueryDict:
    """A request without some of its wishes, which have been met."""
    left = query.copy()
    if "prompt" in left:
        left["prompt"] = " ".join(word for word in query.get("prompt", "").split() if word not in prompts)
    return left


# Agreeing -------------------------------------------------------------------------------------------------------------------------


def _seen(client: OidcClient, here: Here, scopes: list[str]) -> str:
    """What a form to agree was shown for: somebody else, another system, or more than was read, is not agreed to by it."""
    return hashlib.sha256("|".join([str(client.pk), str(here.person_id), str(here.organisation_id), *scopes]).encode()).hexdigest()[:32]


def _agency(client: OidcClient) -> str:
    return agency_names([client.unit_code]).get(client.unit_code, "")


def _consent_page(request: HttpRequest, client: OidcClient, here: Here, scopes: list[str]) -> HttpResponse:
    actor = actor_of(request)
    known = granting.agreed(client=client, here=here) or []
    context = {
        "client": client,
        "agency": _agency(client),
        "scopes": [SCOPES[name] for name in scopes],
        "new": [name for name in scopes if known and name not in known],
        "party": actor.party_name if here.organisation_id else "",
        "label": actor.label,
        "acts_otherwise": not here.organisation_id and actor.acting_as is not ActingAs.SELF,
        "query": request.GET.urlencode(),
        "seen": _seen(client, here, scopes),
    }
    answer = render(request, "accounts/provider/consent.html", context)
    # The answer of this form leads to the system: browsers hold forms to this list.
    answer._csp_update = {"form-action": [_origin(request.GET["redirect_uri"])]}  # type: ignore[attr-defined]
    return answer


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@never_cache
@require_POST
def agree(request: HttpRequest) -> HttpResponse:
    """What a person answered; then on, or back with a refusal."""
    said, query = request.GET.dict(), request.GET.copy()
    client, here = clients.client_of(said.get("client_id", "")), _here(request)
    if client is None or said.get("redirect_uri", "") not in client.redirect_uris or not _once(request):
        return _refused(request, _("Hệ thống này chưa đăng ký đăng nhập qua Cổng, hoặc đang tạm ngừng."))
    if here is None:
        return redirect(reverse("sign-in") + "?" + urlencode({NEXT: _on(request.GET)}))
    if request.POST.get("answer") != "yes":
        return _back(said["redirect_uri"], said, error="access_denied")
    scopes = [name for name in SCOPES if name in said.get("scope", "").split() and name in client.scopes]
    if request.POST.get("seen") == _seen(client, here, scopes):
        granting.agree(client=client, here=here, scopes=scopes, actor=actor_of(request), now=timezone.now())
        query = _without(query, frozenset({"consent"}))
    # Somebody else by now, or another wish: the page is shown anew for them.
    return redirect(reverse("sign-on-authorize") + "?" + query.urlencode())


# For systems ----------------------------------------------------------------------------------------------------------------------


def _limited(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Who fails to prove themself again and again from one address waits."""
    if answer.status_code == 400 and b'"invalid_client"' in answer.content:
        answer.status_code = 401
    if answer.status_code == 401:
        grant = take("sign-on.wrong", client_address(request), capacity=60, refill_per_second=1)
        if not grant.allowed:
            answer = JsonResponse({"error": "slow_down"}, status=429)
            answer["Retry-After"] = str(int(grant.retry_after) + 1)
    answer["Cache-Control"] = "no-store"
    return answer


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Tokens for a code or a refresh token."""
    return _limited(request, server.create_token_response(request))


@csrf_exempt
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """A token that is needed no more (RFC 7009)."""
    return _limited(request, server.create_endpoint_response("revocation", request))


@csrf_exempt
@require_POST
def introspect(request: HttpRequest) -> HttpResponse:
    """Whether a token holds (RFC 7662)."""
    return _limited(request, server.create_endpoint_response("introspection", request))


def _not_good(error: str, *, status: int = 401) -> HttpResponse:
    answer = JsonResponse({"error": error} if error else {}, status=status)
    answer["WWW-Authenticate"] = f'Bearer error="{error}"' if error else "Bearer"
    answer["Cache-Control"] = "no-store"
    return answer


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def userinfo(request: HttpRequest) -> HttpResponse:
    """What the system may know of who signed in (OpenID Connect Core 5.3); never by a token in an address."""
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        given = request.POST.get("access_token", "")
    if not given:
        return _not_good("")
    row = granting.find(given.strip(), kind=SignInToken.Kind.ACCESS)
    if row is None or not granting.is_good(row, timezone.now()):
        return _not_good("invalid_token")
    grant = row.grant
    try:
        said = claims(
            client=grant.client,
            person_id=grant.person_id,
            organisation_id=grant.organisation_id,
            scopes=row.scopes,
            sign_in=Assurance(grant.session.assurance),
        )
    except LookupError:
        return _not_good("invalid_token")
    answer = JsonResponse(said)
    answer["Cache-Control"] = "no-store"
    return answer


# Signing out ----------------------------------------------------------------------------------------------------------------------


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end_session(request: HttpRequest) -> HttpResponse:
    """Signed out there, so signed out here and everywhere (OpenID Connect RP-Initiated Logout 1.0; Scheme III.3i).

    At once where the system shows that it is about this very session; else somebody could be signed out by a link, so they are asked.
    """
    if request.method == "POST":
        return _as_address(request)
    said = request.GET.dict()
    hint = keys.own_claims(said.get("id_token_hint", ""), issuer=issuer())
    client = clients.client_of(str(hint["aud"]) if hint else said.get("client_id", ""))
    if client is None or (hint and said.get("client_id", str(client.pk)) != str(client.pk)):
        client = None
    back = said.get("post_logout_redirect_uri", "")
    target = back if client is not None and back in client.post_logout_uris else ""
    session = session_of(request)
    if session is None:
        return _left(request, target, said)
    if hint and client and SignInGrant.objects.filter(pk__in=uuids([str(hint.get("sid"))]), client=client, session=session).exists():
        logout(request)
        return _left(request, target, said)
    context = {"client": client, "back": target, "state": said.get("state", "")}
    answer = render(request, "accounts/provider/leave.html", context)
    if target:
        answer._csp_update = {"form-action": [_origin(target)]}  # type: ignore[attr-defined]
    return answer


@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """The answer to the question of :func:`end_session`."""
    client = clients.client_of(request.POST.get("client_id", ""))
    back = request.POST.get("back", "")
    logout(request)
    return _left(request, back if client is not None and back in client.post_logout_uris else "", request.POST.dict())


def _left(request: HttpRequest, target: str, said: Mapping[str, str]) -> HttpResponse:
    """Where one goes who has signed out: to the system, if the address is one of its, else to our own page."""
    if not target:
        return redirect("sign-out")
    state = [("state", said["state"])] if said.get("state") else []
    answer = HttpResponse(status=302)
    answer["Location"] = add_params_to_uri(target, state) if state else target
    return answer
