"""Sign-in by a provider outside (Rules art. 9.3, 12.3; requirement A-04), linked by identity number after both accounts were proved.

The callback keeps the code, the worker exchanges it and checks everything, the page looks again each second. What the provider states of
how surely it knows the person maps to our scale; below medium nobody is let in (Rules art. 9.4). Who the providers are:
:mod:`accounts.ways.providers`.
"""

from __future__ import annotations

import json
import logging
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop

from accounts.models import IdentityProvider, OutsideIdentity, OutsideSignIn, Person
from accounts.owner import locks
from accounts.services import failures
from accounts.ways import providers
from portal import audit, outbox
from portal.access import SYSTEM, Actor, Assurance
from portal.crypto import blind_index, open_text, seal_text
from portal.exchange import oidc
from portal.exchange.errors import OutsideRefused
from portal.notifications.services import notify

logger = logging.getLogger(__name__)

LIFETIME = timedelta(minutes=10)
NOT_ACCEPTED = gettext_noop("%(name)s không xác nhận được lần đăng nhập này. Bạn thử lại từ đầu.")
UNTRUSTED = gettext_noop("Câu trả lời của %(name)s không kiểm chứng được nên chúng tôi không dùng. Bạn đăng nhập bằng cách khác.")
TOO_LOW = gettext_noop("Tài khoản %(name)s của bạn chưa ở mức trung bình nên chưa dùng được ở đây. Bạn nâng mức tại nơi cấp tài khoản.")
NOT_HIGH = gettext_noop("%(name)s lần này chỉ xác nhận ở mức trung bình. Bạn thử lại và chọn cách xác thực mức cao.")
NO_ACCOUNT = gettext_noop("Số định danh trong %(name)s của bạn chưa có tài khoản trên Cổng. Bạn đăng ký tài khoản trước rồi liên kết.")
OTHER_ACCOUNT = gettext_noop("Tài khoản %(name)s này không khớp với tài khoản đã liên kết trước đây. Bạn gọi 1800 1096 để được giúp.")
LOCKED = gettext_noop("Tài khoản của bạn đang khóa và chưa liên kết %(name)s. Bạn mở khóa bằng cách khác, rồi liên kết.")
SILENT = gettext_noop("%(name)s đang gián đoạn. Bạn đăng nhập bằng cách khác hoặc thử lại sau ít phút.")
NOT_AGREED = gettext_noop("Bạn đã không đồng ý tại %(name)s.")
STOPPED = providers.STOPPED
OTHER_NUMBER = "other_number"
"""The fault of a provider that states another identity number for an account than the one it was linked by."""
_SALT = "accounts.outside"
_VERIFIER, _CODE, _TOKENS = "accounts.outside.verifier", "accounts.outside.code", "accounts.outside.tokens"
_OPEN = (OutsideSignIn.State.BEGUN, OutsideSignIn.State.ANSWERED)


class LinkRefused(Exception):
    """This sign-in is not (any longer) one that can be linked to that person."""


class TooLittle(Exception):
    """The provider states nothing that would suffice."""


def _digest(code: str, subject: str) -> str:
    # Of VNeID as before there were others.
    return salted_hmac(f"accounts.{code}.subject", subject, algorithm="sha256").hexdigest()


def begin(
    *, provider: IdentityProvider, wanted: Assurance, again: bool, now: datetime, hoped: Assurance = Assurance.MEDIUM
) -> tuple[UUID, str]:
    """Begin a sign-in: its id for the browser's session, and where the browser goes. Names nobody, calls nobody.

    ``wanted``: the least that serves; ``hoped``: what the provider is asked for where that is more. Raises :class:`TooLittle`.
    """
    levels = providers.levels_for(provider, max(wanted, hoped)) or providers.levels_for(provider, wanted)
    if not levels:
        raise TooLittle
    client = providers.client_of(provider)
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
    row = OutsideSignIn.objects.create(
        provider=provider,
        wanted=int(wanted),
        nonce=nonce,
        verifier_sealed=seal_text(verifier, context=_VERIFIER),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    url = oidc.authorize_url(
        client,
        state=signing.dumps(str(row.id), salt=_SALT),
        nonce=nonce,
        verifier=verifier,
        redirect_uri=providers.redirect_uri(provider.code),
        levels=levels[:1],
        again=again,
    )
    return row.id, url


def id_from_state(state: str) -> UUID | None:
    """The sign-in that a callback's ``state`` names, or None for a state we did not make."""
    try:
        return UUID(signing.loads(state, salt=_SALT, max_age=LIFETIME))
    except (signing.BadSignature, ValueError):
        return None


def is_from(*, sign_in_id: UUID, code: str, issuer: str | None) -> bool:
    """Whether an answer in the browser is from the provider that this sign-in was begun with (mix-up; RFC 9207): it came to that
    provider's own address and names its issuer, or is of one that names none. One that is another's ends the sign-in."""
    row = OutsideSignIn.objects.select_related("provider").filter(id=sign_in_id).first()
    if row is None:
        return False
    names_it = bool((row.provider.endpoints or {}).get("states_issuer"))
    if row.provider_id == code and (issuer == row.provider.issuer or (issuer is None and not names_it)):
        return True
    # What a browser brings says nothing against the provider itself: noted with the sign-in, not on its row.
    logger.warning("sign-in by provider %s: the answer in the browser is not from there", row.provider_id)
    refuse(sign_in_id=sign_in_id, reason=NOT_ACCEPTED, fault="mixed_up")
    return False


@transaction.atomic
def answer(*, sign_in_id: UUID, code: str, now: datetime) -> None:
    """Keep the code that came back, sealed, and let the worker check it. A second answer changes nothing."""
    changed = OutsideSignIn.objects.filter(id=sign_in_id, state=OutsideSignIn.State.BEGUN, expires_at__gt=now).update(
        state=OutsideSignIn.State.ANSWERED, code_sealed=seal_text(code, context=_CODE)
    )
    if changed:
        outbox.put("accounts.prove_outside", key=str(sign_in_id), payload={"sign_in": str(sign_in_id)})


def refuse(*, sign_in_id: UUID, reason: str, fault: str = "") -> None:
    """Close a sign-in that cannot succeed; the waiting page shows the reason. ``fault``: what the provider did wrong, in a word."""
    OutsideSignIn.objects.filter(id=sign_in_id, state__in=_OPEN).update(
        state=OutsideSignIn.State.REFUSED, refusal=reason, fault=fault[:60], code_sealed="", verifier_sealed=""
    )


def may_still_succeed(sign_in_id: UUID, *, at: datetime) -> bool:
    """Whether the page would still take an answer at this moment."""
    return OutsideSignIn.objects.filter(id=sign_in_id, state=OutsideSignIn.State.ANSWERED, expires_at__gt=at).exists()


def prove(*, sign_in_id: UUID, now: datetime) -> None:
    """Exchange the code and check whom it is about (worker). Raises ``OutsideUnavailable`` to be tried again; a later try goes on."""
    row = OutsideSignIn.objects.select_related("provider").get(id=sign_in_id)
    if row.state != OutsideSignIn.State.ANSWERED:
        return
    if not row.provider.is_live:
        refuse(sign_in_id=sign_in_id, reason=STOPPED)
        return
    again = not row.verifier_sealed
    try:
        if row.provider.read_at is None or row.provider.read_at <= now - providers.HOLDS:
            providers.read(row.provider, now)
        client = providers.client_of(row.provider)
        found = oidc.identity(client, _tokens(row, client, now), nonce=row.nonce, now=now)
    except OutsideRefused as refused:
        if not refused.code.startswith("bad_") or (again and refused.code == "bad_token_expired"):
            # Its word about the code: unknown, used, not for us. Or a token that ran out while it did not answer.
            refuse(sign_in_id=sign_in_id, reason=NOT_ACCEPTED)
            return
        providers.mistrust(row.provider_id, refused.code, now)
        refuse(sign_in_id=sign_in_id, reason=UNTRUSTED, fault=refused.code)
        return
    keep(sign_in_id=sign_in_id, found=found, now=now)


def _tokens(row: OutsideSignIn, client: oidc.Provider, now: datetime) -> oidc.Tokens:
    """The tokens; exchanged for the code once, and kept before they are used."""
    if row.verifier_sealed:
        tokens = oidc.exchange(
            client,
            code=open_text(row.code_sealed, context=_CODE),
            verifier=open_text(row.verifier_sealed, context=_VERIFIER),
            redirect_uri=providers.redirect_uri(client.code),
            now=now,
        )
        row.code_sealed = seal_text(json.dumps([tokens.id_token, tokens.access_token]), context=_TOKENS)
        row.verifier_sealed = ""
        row.save(update_fields=["code_sealed", "verifier_sealed"])
        return tokens
    return oidc.Tokens(*json.loads(open_text(row.code_sealed, context=_TOKENS)))


@transaction.atomic
def keep(*, sign_in_id: UUID, found: oidc.OutsidePerson, now: datetime) -> None:
    """Keep whom the provider vouches for: a person with an account here, known to the provider at least at medium assurance."""
    row = OutsideSignIn.objects.select_for_update(of=("self",)).select_related("provider").get(id=sign_in_id)
    provider = row.provider
    assurance, digest = providers.worth(provider, found.level), _digest(provider.code, found.subject)
    index = blind_index("id_number", found.id_number)
    failures.note_if_locked(number_blind=index, way=provider.way, now=now)
    person = Person.objects.select_related("user").filter(locks.in_use_or_locked(), id_blind__in=[index]).first()
    linked = OutsideIdentity.objects.filter(provider=provider, subject_digest=digest).first()
    own = OutsideIdentity.objects.filter(provider=provider, person=person).first() if person is not None else None
    reason = fault = ""
    if linked is not None and (person is None or linked.person_id != person.pk):
        # The account there is another's here: its number is not the one that it was linked by. People look at that.
        reason, fault = OTHER_ACCOUNT, OTHER_NUMBER
    elif assurance < Assurance.MEDIUM:
        reason = TOO_LOW
    elif assurance < row.wanted:
        reason = NOT_HIGH
    elif person is None:
        reason = NO_ACCOUNT
    elif own is not None and own.subject_digest != digest:
        # The person had another account there.
        reason = OTHER_ACCOUNT
    elif linked is None and (person.user is None or not person.user.is_active):
        # The link needs a proof of the account here, too, and a locked one gives none.
        reason = LOCKED
    if fault:
        providers.mistrust(provider.code, fault, now)
    if reason:
        refuse(sign_in_id=sign_in_id, reason=reason, fault=fault)
        return
    OutsideSignIn.objects.filter(id=sign_in_id, state=OutsideSignIn.State.ANSWERED).update(
        state=OutsideSignIn.State.PROVED,
        person=person,
        subject_digest=digest,
        assurance=int(assurance),
        is_linked=linked is not None,
        code_sealed="",
        verifier_sealed="",
    )


def proved_of(sign_in_id: UUID, now: datetime) -> OutsideSignIn | None:
    """The proved sign-in that waits in its browser; None where it is not (any longer) proved (one query)."""
    rows = OutsideSignIn.objects.select_related("person__user", "provider").filter(id=sign_in_id, state=OutsideSignIn.State.PROVED)
    return rows.filter(expires_at__gt=now, person__user__is_active=True, provider__is_live=True).first()


@transaction.atomic
def use(*, sign_in_id: UUID, now: datetime, opens: bool = False) -> OutsideSignIn | None:
    """Use up a proved sign-in of a linked account, once; None when it is not (any longer) one.

    ``opens``: its person asked for their locked account to be opened; else a locked one stays shut. Raises ``locks.NeedsMore``.
    """
    row = OutsideSignIn.objects.select_for_update(of=("self",)).select_related("person__user", "provider")
    row = row.filter(id=sign_in_id, state=OutsideSignIn.State.PROVED, expires_at__gt=now, is_linked=True, provider__is_live=True)
    found: OutsideSignIn | None = row.first()
    if found is None or found.person is None:
        return None
    linked = OutsideIdentity.objects.filter(provider=found.provider, subject_digest=found.subject_digest, person=found.person)
    if not linked.exists():
        return None
    proof, begun = Assurance(found.assurance), found.created_at
    if not locks.open_if_asked(person=found.person, proof=proof, by=str(found.provider.way), opens=opens, begun_at=begun, now=now):
        return None
    linked.update(last_used_at=now)
    found.state = OutsideSignIn.State.USED
    found.save(update_fields=["state"])
    details = {"by": str(found.provider.way), "provider": found.provider_id, "assurance": str(found.assurance)}
    audit.record(actor=SYSTEM, act="accounts.sign_in", target="accounts.person", target_id=str(found.person_id), details=details)
    return found


@transaction.atomic
def link(*, sign_in_id: UUID, person_id: UUID, actor: Actor, now: datetime) -> None:
    """Link the account there to the person here: both were proved. The person is told. Raises :class:`LinkRefused`."""
    row = OutsideSignIn.objects.select_for_update(of=("self",)).select_related("provider").filter(id=sign_in_id)
    found = row.filter(state=OutsideSignIn.State.PROVED, expires_at__gt=now, provider__is_live=True).first()
    if found is None or found.person_id != person_id:
        raise LinkRefused
    try:
        with transaction.atomic():
            known, made = OutsideIdentity.objects.get_or_create(
                provider=found.provider,
                person_id=person_id,
                defaults={"subject_digest": found.subject_digest, "linked_at": now, "last_used_at": now},
            )
    except IntegrityError:
        # Linked to somebody else in this very moment: one account there is one person's here.
        raise LinkRefused from None
    if known.subject_digest != found.subject_digest:
        raise LinkRefused
    found.is_linked = True
    found.save(update_fields=["is_linked"])
    if made:
        details = {"to": found.provider_id}
        audit.record(actor=actor, act="accounts.link_identity", target="accounts.person", target_id=str(person_id), details=details)
        context = {"provider": found.provider.name}
        notify(party_id=person_id, template="accounts.identity_linked", context=context, key=f"identity-linked:{found.pk}")


@transaction.atomic
def unlink(*, actor: Actor, code: str) -> bool:
    """Take a link of the actor's own account away; the person is told. Where there is none nothing happens (False)."""
    assert actor.person_id is not None
    rows = OutsideIdentity.objects.select_for_update(of=("self",)).select_related("provider")
    row = rows.filter(person_id=actor.person_id, provider_id=code).first()
    if row is None:
        return False
    key, name = f"identity-unlinked:{row.pk}", row.provider.name
    row.delete()
    audit.record(
        actor=actor, act="accounts.unlink_identity", target="accounts.person", target_id=str(actor.person_id), details={"to": code}
    )
    notify(party_id=actor.person_id, template="accounts.identity_unlinked", context={"provider": name}, key=key)
    return True


def identities_of(person_id: UUID) -> list[OutsideIdentity]:
    """The linked accounts of a person, with their providers (one query)."""
    rows = OutsideIdentity.objects.filter(person_id=person_id).select_related("provider")
    return list(rows.order_by("provider__place", "provider__code", "id"))
