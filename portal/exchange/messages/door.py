"""An envelope at our door: opened, checked, kept, receipted. Whoever is killed on the way has kept nothing or everything."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from portal.exchange.messages import arrival, delivery, envelopes, keys
from portal.exchange.messages.envelopes import EnvelopeRefused
from portal.exchange.messages.models import Message, State
from portal.exchange.messages.registry import KIND, receiver_of
from portal.exchange.partners.models import Partner, PartnerKey, PartnerLine
from portal.exchange.partners.register import holding, public_of
from portal.exchange.partners.tokens import is_first_use

_ABOUT = re.compile(r"[A-Za-z0-9._:/-]{0,100}", re.ASCII)
OUTCOMES = {State.WAITING: "taken", State.ACKNOWLEDGED: "handled", State.REFUSED: "refused", State.DEAD: "taken"}


def receipt_of(message: Message, *, now: datetime, outcome: str = "taken", code: str = "", life: timedelta = envelopes.LIFETIME) -> str:
    """Our signed receipt for a message that came: we have it, or what came of it."""
    key, kid, algorithm = keys.signing()
    at = int(now.timestamp())
    claims = {
        "iss": settings.SITE_URL,
        "aud": message.partner_id,
        "jti": str(uuid4()),
        "iat": at,
        "exp": at + int(life.total_seconds()),
        "id": message.key,
        "digest": envelopes.written(bytes(message.digest)),
        "outcome": outcome,
        "code": code,
    }
    return envelopes.sign(claims, key=key, kid=kid, algorithm=algorithm, kind=envelopes.RECEIPT)


def _said(claims: dict[str, Any]) -> tuple[str, str, int, str]:
    number, kind, version, about = claims.get("id"), claims.get("kind"), claims.get("version", 1), claims.get("about", "")
    try:
        number = str(UUID(number)) if isinstance(number, str) else ""
    except ValueError:
        number = ""
    if not number:
        raise EnvelopeRefused("form", "id: a UUID, the same for every try of this message.")
    if not isinstance(kind, str) or not KIND.fullmatch(kind) or len(kind) > 60:
        raise EnvelopeRefused("form", "kind: words joined by dots, see the list of kinds.")
    if isinstance(version, bool) or not isinstance(version, int) or not isinstance(about, str) or not _ABOUT.fullmatch(about):
        raise EnvelopeRefused("form", "version: a number; about: at most 100 letters, digits and . _ : / -")
    return number, kind, version, about


def standing_receipt(row: Message, *, now: datetime, life: timedelta = envelopes.LIFETIME) -> str:
    """Our signed receipt for a message that came, as it stands now."""
    code = row.outcome if row.state == State.REFUSED else ""
    return receipt_of(row, now=now, outcome=OUTCOMES[State(row.state)], code=code, life=life)


def take(
    *,
    partner: Partner,
    envelope: bytes,
    now: datetime,
    carrier: str = PartnerLine.Carrier.HTTP,
    longest: timedelta = envelopes.LONGEST_LIFE,
) -> tuple[str, Message]:
    """Take an envelope of a partner that has signed in; our signed receipt and the message. ``carrier``: by which way it came, ``longest``:
    how long an envelope may hold on it. :class:`EnvelopeRefused` with a stable code: what :mod:`envelopes` knows, and ``replayed``,
    ``kind_unknown``, ``version_unknown``, ``not_allowed``, ``key_used``."""
    statement, text = envelopes.open_sealed(envelope, keys.opening())
    claims = envelopes.verify(statement, public_of(list(holding(partner, PartnerKey.Use.SIGN, now))), kind=envelopes.MESSAGE)
    envelopes.check(claims, issuer=partner.pk, audience=settings.SITE_URL, now=now, longest=longest)
    envelopes.check_digest(claims, text)
    number, kind, version, about = _said(claims)
    known = receiver_of(kind)
    if known is None:
        raise EnvelopeRefused("kind_unknown", "Nobody here takes messages of this kind.")
    if known.call not in partner.calls:
        raise EnvelopeRefused("not_allowed", f"Your system may not call {known.call}.")
    if version not in known.versions:
        raise EnvelopeRefused("version_unknown", f"Versions that are read: {', '.join(str(one) for one in sorted(known.versions))}.")
    envelopes.object_of(text.encode())
    if "\\u0000" in text or "\0" in text:
        raise EnvelopeRefused("form", "A body holds no NUL.")
    with transaction.atomic():
        until = datetime.fromtimestamp(claims["exp"], UTC) + envelopes.SKEW * 2
        if not is_first_use(partner=partner, purpose="envelope", name=claims["jti"], until=until):
            raise EnvelopeRefused(
                "replayed", "An envelope serves once; for another try of the same message make it anew, with the same id."
            )
        try:
            came = arrival.keep(
                partner=partner,
                key=number,
                kind=kind,
                version=version,
                about=about,
                text=text,
                now=now,
                sender_proof=statement,
                carrier=carrier,
                receipt=lambda row: receipt_of(row, now=now),
            )
        except arrival.OtherContent:
            raise EnvelopeRefused("key_used", "Another message came under this id before.") from None
    row = came.message
    if came.is_new:
        return row.receiver_proof, row
    return standing_receipt(row, now=now), row


def standing(*, partner: Partner, number: str, now: datetime) -> tuple[str, Message] | None:
    """How a message of this partner stands: one that it sent, with our receipt of what came of it, or one of ours; None for no such."""
    try:
        name = str(UUID(number))
    except ValueError:
        return None
    row = Message.objects.filter(partner=partner, direction=Message.Direction.IN, key=name).first()
    if row is not None:
        return standing_receipt(row, now=now), row
    row = Message.objects.filter(partner=partner, direction=Message.Direction.OUT, id=name).first()
    return ("", row) if row is not None else None


@transaction.atomic
def take_receipt(*, partner: Partner, receipt: bytes, now: datetime, longest: timedelta = envelopes.LONGEST_LIFE) -> Message | None:
    """A later receipt of a partner for a message of ours: handled, or refused. None for no such message. :class:`EnvelopeRefused`."""
    try:
        token = receipt.decode("ascii").strip()
    except UnicodeDecodeError:
        raise EnvelopeRefused("form", "A compact JWS is expected.") from None
    checking = public_of(list(holding(partner, PartnerKey.Use.SIGN, now)))
    claims = envelopes.verify(token, checking, kind=envelopes.RECEIPT)
    try:
        number = UUID(str(claims.get("id")))
    except ValueError:
        raise EnvelopeRefused("form", "id: that of our message.") from None
    row = Message.objects.select_for_update().filter(partner=partner, direction=Message.Direction.OUT, id=number).first()
    if row is None:
        return None
    said = delivery.read_receipt(token, row, checking, now=now, longest=longest)
    delivery.take_receipt(row, token, said, now=now)
    return row
