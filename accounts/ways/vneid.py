"""Sign-in by VNeID (Rules art. 9.3, 12.3; requirement A-04), linked by identity number after both accounts were proved.

The callback keeps the code, the worker exchanges it and checks everything, the page looks again each second. What the provider states of
how surely it knows the person maps to our scale; below medium nobody is let in (Rules art. 9.4).
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop

from accounts.models import OutsideIdentity, OutsideSignIn, Person
from accounts.models.sessions import Way
from accounts.models.ways import Provider
from accounts.owner import locks
from accounts.services import failures
from portal import audit, outbox
from portal.access import SYSTEM, Actor, Assurance
from portal.crypto import blind_index, open_text, seal_text
from portal.exchange import vneid
from portal.exchange.errors import OutsideRefused
from portal.notifications.services import notify

LIFETIME = timedelta(minutes=10)
CALLBACK = "/tai-khoan/vneid/tro-ve/"
LEVELS = {vneid.MEDIUM: Assurance.MEDIUM, vneid.HIGH: Assurance.HIGH}
"""What the provider's statement is worth here; anything else is below medium."""
NOT_ACCEPTED = gettext_noop("VNeID không xác nhận được lần đăng nhập này. Bạn thử lại từ đầu.")
TOO_LOW = gettext_noop("Tài khoản VNeID của bạn chưa ở mức 2 nên chưa dùng được ở đây. Bạn đến công an cấp xã để nâng mức.")
NOT_HIGH = gettext_noop("VNeID lần này chỉ xác nhận ở mức trung bình. Bạn thử lại và chọn xác thực bằng khuôn mặt.")
NO_ACCOUNT = gettext_noop("Số định danh trong VNeID của bạn chưa có tài khoản trên Cổng. Bạn đăng ký tài khoản trước rồi liên kết VNeID.")
OTHER_ACCOUNT = gettext_noop("Tài khoản VNeID này không khớp với tài khoản đã liên kết trước đây. Bạn gọi 1800 1096 để được giúp.")
LOCKED = gettext_noop("Tài khoản của bạn đang khóa và chưa liên kết VNeID. Bạn mở khóa bằng cách khác, rồi liên kết VNeID.")
SILENT = gettext_noop("VNeID đang gián đoạn. Bạn đăng nhập bằng cách khác hoặc thử lại sau ít phút.")
NOT_AGREED = gettext_noop("Bạn đã không đồng ý tại VNeID.")
_SALT = "accounts.vneid"
_VERIFIER, _CODE, _TOKENS = "accounts.vneid.verifier", "accounts.vneid.code", "accounts.vneid.tokens"
_OPEN = (OutsideSignIn.State.BEGUN, OutsideSignIn.State.ANSWERED)


class LinkRefused(Exception):
    """This sign-in is not (any longer) one that can be linked to that person."""


def _digest(subject: str) -> str:
    return salted_hmac("accounts.vneid.subject", subject, algorithm="sha256").hexdigest()


def begin(*, wanted: Assurance, again: bool, now: datetime, hoped: Assurance = Assurance.MEDIUM) -> tuple[UUID, str]:
    """Begin a sign-in: its id for the browser's session, and where the browser goes. Names nobody, calls nobody.

    ``wanted``: the least that serves; ``hoped``: what the provider is asked for where that is more.
    """
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
    row = OutsideSignIn.objects.create(
        provider=Provider.VNEID,
        wanted=int(wanted),
        nonce=nonce,
        verifier_sealed=seal_text(verifier, context=_VERIFIER),
        created_at=now,
        expires_at=now + LIFETIME,
    )
    url = vneid.authorize_url(
        state=signing.dumps(str(row.id), salt=_SALT),
        nonce=nonce,
        verifier=verifier,
        redirect_uri=settings.SITE_URL + CALLBACK,
        level=vneid.HIGH if max(wanted, hoped) >= Assurance.HIGH else vneid.MEDIUM,
        again=again,
    )
    return row.id, url


def id_from_state(state: str) -> UUID | None:
    """The sign-in that a callback's ``state`` names, or None for a state we did not make."""
    try:
        return UUID(signing.loads(state, salt=_SALT, max_age=LIFETIME))
    except (signing.BadSignature, ValueError):
        return None


@transaction.atomic
def answer(*, sign_in_id: UUID, code: str, now: datetime) -> None:
    """Keep the code that came back, sealed, and let the worker check it. A second answer changes nothing."""
    changed = OutsideSignIn.objects.filter(id=sign_in_id, state=OutsideSignIn.State.BEGUN, expires_at__gt=now).update(
        state=OutsideSignIn.State.ANSWERED, code_sealed=seal_text(code, context=_CODE)
    )
    if changed:
        outbox.put("accounts.prove_vneid", key=str(sign_in_id), payload={"sign_in": str(sign_in_id)})


def refuse(*, sign_in_id: UUID, reason: str) -> None:
    """Close a sign-in that cannot succeed; the waiting page shows the reason."""
    OutsideSignIn.objects.filter(id=sign_in_id, state__in=_OPEN).update(
        state=OutsideSignIn.State.REFUSED, refusal=reason, code_sealed="", verifier_sealed=""
    )


def may_still_succeed(sign_in_id: UUID, *, at: datetime) -> bool:
    """Whether the page would still take an answer at this moment."""
    return OutsideSignIn.objects.filter(id=sign_in_id, state=OutsideSignIn.State.ANSWERED, expires_at__gt=at).exists()


def prove(*, sign_in_id: UUID, now: datetime) -> None:
    """Exchange the code and check whom it is about (worker). Raises ``OutsideUnavailable`` to be tried again; a later try goes on."""
    row = OutsideSignIn.objects.get(id=sign_in_id)
    if row.state != OutsideSignIn.State.ANSWERED:
        return
    try:
        found = vneid.identity(_tokens(row), nonce=row.nonce, now=now)
    except OutsideRefused:
        refuse(sign_in_id=sign_in_id, reason=NOT_ACCEPTED)
        return
    keep(sign_in_id=sign_in_id, found=found, now=now)


def _tokens(row: OutsideSignIn) -> vneid.Tokens:
    """The tokens; exchanged for the code once, and kept before they are used."""
    if row.verifier_sealed:
        tokens = vneid.exchange(
            code=open_text(row.code_sealed, context=_CODE),
            verifier=open_text(row.verifier_sealed, context=_VERIFIER),
            redirect_uri=settings.SITE_URL + CALLBACK,
        )
        row.code_sealed = seal_text(json.dumps([tokens.id_token, tokens.access_token]), context=_TOKENS)
        row.verifier_sealed = ""
        row.save(update_fields=["code_sealed", "verifier_sealed"])
        return tokens
    return vneid.Tokens(*json.loads(open_text(row.code_sealed, context=_TOKENS)))


@transaction.atomic
def keep(*, sign_in_id: UUID, found: vneid.OutsidePerson, now: datetime) -> None:
    """Keep whom the provider vouches for: a person with an account here, known to the provider at least at medium assurance."""
    assurance, digest = LEVELS.get(found.level, Assurance.NONE), _digest(found.subject)
    row = OutsideSignIn.objects.select_for_update().get(id=sign_in_id)
    index = blind_index("id_number", found.id_number)
    failures.note_if_locked(number_blind=index, way=Way.VNEID, now=now)
    person = Person.objects.select_related("user").filter(locks.in_use_or_locked(), id_blind__in=[index]).first()
    linked = OutsideIdentity.objects.filter(provider=Provider.VNEID, subject_digest=digest).first()
    own = OutsideIdentity.objects.filter(provider=Provider.VNEID, person=person).first() if person is not None else None
    reason = ""
    if assurance < Assurance.MEDIUM:
        reason = TOO_LOW
    elif assurance < row.wanted:
        reason = NOT_HIGH
    elif person is None:
        reason = NO_ACCOUNT
    elif (linked is not None and linked.person_id != person.pk) or (own is not None and own.subject_digest != digest):
        # The account there is another's here, or the person had another account there: people look at that.
        reason = OTHER_ACCOUNT
    elif linked is None and (person.user is None or not person.user.is_active):
        # The link needs a proof of the account here, too, and a locked one gives none.
        reason = LOCKED
    if reason:
        refuse(sign_in_id=sign_in_id, reason=reason)
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
    rows = OutsideSignIn.objects.select_related("person__user").filter(id=sign_in_id, state=OutsideSignIn.State.PROVED)
    return rows.filter(expires_at__gt=now, person__user__is_active=True).first()


@transaction.atomic
def use(*, sign_in_id: UUID, now: datetime, opens: bool = False) -> OutsideSignIn | None:
    """Use up a proved sign-in of a linked account, once; None when it is not (any longer) one.

    ``opens``: its person asked for their locked account to be opened; else a locked one stays shut. Raises ``locks.NeedsMore``.
    """
    row = OutsideSignIn.objects.select_for_update(of=("self",)).select_related("person__user")
    row = row.filter(id=sign_in_id, state=OutsideSignIn.State.PROVED, expires_at__gt=now, is_linked=True)
    found: OutsideSignIn | None = row.first()
    if found is None or found.person is None:
        return None
    linked = OutsideIdentity.objects.filter(provider=Provider.VNEID, subject_digest=found.subject_digest, person=found.person)
    if not linked.exists():
        return None
    proof, begun = Assurance(found.assurance), found.created_at
    if not locks.open_if_asked(person=found.person, proof=proof, by="vneid", opens=opens, begun_at=begun, now=now):
        return None
    linked.update(last_used_at=now)
    found.state = OutsideSignIn.State.USED
    found.save(update_fields=["state"])
    details = {"by": str(Way.VNEID), "assurance": str(found.assurance)}
    audit.record(actor=SYSTEM, act="accounts.sign_in", target="accounts.person", target_id=str(found.person_id), details=details)
    return found


@transaction.atomic
def link(*, sign_in_id: UUID, person_id: UUID, actor: Actor, now: datetime) -> None:
    """Link the account there to the person here: both were proved. The person is told. Raises :class:`LinkRefused`."""
    row = OutsideSignIn.objects.select_for_update().filter(id=sign_in_id, state=OutsideSignIn.State.PROVED, expires_at__gt=now).first()
    if row is None or row.person_id != person_id:
        raise LinkRefused
    _, made = OutsideIdentity.objects.get_or_create(
        provider=Provider.VNEID, person_id=person_id, defaults={"subject_digest": row.subject_digest, "linked_at": now, "last_used_at": now}
    )
    row.is_linked = True
    row.save(update_fields=["is_linked"])
    if made:
        audit.record(actor=actor, act="accounts.link_identity", target="accounts.person", target_id=str(person_id), details={"to": "vneid"})
        notify(party_id=person_id, template="accounts.vneid_linked", context={}, key=f"vneid-linked:{row.pk}")


@transaction.atomic
def unlink(*, actor: Actor) -> None:
    """Take the link of the actor's own account away; the person is told. Where there is none nothing happens."""
    assert actor.person_id is not None
    for row in OutsideIdentity.objects.select_for_update().filter(person_id=actor.person_id, provider=Provider.VNEID):
        key = f"vneid-unlinked:{row.pk}"
        row.delete()
        audit.record(
            actor=actor, act="accounts.unlink_identity", target="accounts.person", target_id=str(actor.person_id), details={"to": "vneid"}
        )
        notify(party_id=actor.person_id, template="accounts.vneid_unlinked", context={}, key=key)


def identity_of(person_id: UUID) -> OutsideIdentity | None:
    """The linked account of a person (one query)."""
    return OutsideIdentity.objects.filter(person_id=person_id, provider=Provider.VNEID).first()
