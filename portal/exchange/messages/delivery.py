"""Messages leave: signed, sealed, carried, receipted. Of one subject nothing overtakes; a partner that is away is tried once in a while and
gets everything when it is back.

The outbox only says "look"; the messages' own table says what waits, because an order within a subject, a partner's rest and a day of
waiting are no affair of the outbox. Only the first waiting message of a subject can be taken, and whoever takes it holds it by a lease: so
two workers never send two messages of a subject at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.exchange.messages import envelopes, keys, watching
from portal.exchange.messages.arrival import end
from portal.exchange.messages.carriers import CARRIERS, Handed
from portal.exchange.messages.models import STATES, Connection, Message, MessageStep, State
from portal.exchange.partners.consents import is_needed, may_get
from portal.exchange.partners.models import Call, Partner, PartnerKey, PartnerLine
from portal.exchange.partners.register import holding, line_of, public_of

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=45)
AT_ONCE = 8
"""Of one partner so many messages at most are under way: a slow one holds few workers up."""
BACK_OFF_SECONDS = (5, 10, 20, 40, 80, 160, 300)
"""Waits of one message after its tries; the last one is repeated."""
MOST_TRIES = 12
"""So many tries of one message while others go through (or with a clear no that nobody signed): a dead letter."""
NO_LINE, NO_LINE_WAIT = "no_line", timedelta(hours=1)
"""Who registered no address fetches what waits; what is not fetched is looked at again after so long."""
PULLED = "pull"
MOST_PULLED, MOST_PULLED_BYTES = 50, 6 * 1024 * 1024
HANDED_WAIT = timedelta(hours=6)
"""Who fetches from an axis has so long for its receipt; then the message is handed in once more, under its own name."""
HANDED = "handed"
_OUTCOMES = {"taken": "deliver", "handled": "acknowledge", "refused": "refuse"}

_CLAIM = """
    WITH due AS (
        SELECT m.number FROM partner_messages_message m
        WHERE m.partner_id = %(partner)s AND m.direction = 'out' AND m.state = 'waiting' AND m.available_at <= %(now)s
          AND (m.lease_until IS NULL OR m.lease_until <= %(now)s)
          AND (m.about = '' OR NOT EXISTS (
              SELECT FROM partner_messages_message e WHERE e.partner_id = m.partner_id AND e.about = m.about AND e.number < m.number
              AND e.state = 'waiting' AND e.direction = 'out'))
        ORDER BY m.available_at, m.number LIMIT %(most)s FOR UPDATE OF m SKIP LOCKED)
    UPDATE partner_messages_message m SET lease_until = %(until)s, attempts = attempts + 1 FROM due WHERE m.number = due.number
    RETURNING m.*
"""


class Failure(Exception):
    """A try that did not come through. ``of_line``: it says something about the partner's line, not about this message alone."""

    def __init__(self, code: str, *, of_line: bool) -> None:
        super().__init__(code)
        self.code, self.of_line = code, of_line


def claim(partner: str, *, now: datetime, most: int) -> list[Message]:
    """Take what may leave now: the first of each subject, within the partner's share; one alone where its line is being tried again."""
    state = Connection.objects.filter(pk=partner).first()
    if state is not None and state.rest_until is not None:
        if state.rest_until > now:
            return []
        # Of those who come at once one tries.
        if not Connection.objects.filter(pk=partner, rest_until=state.rest_until).update(rest_until=now + LEASE):
            return []
        most = 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM partner_messages_message WHERE partner_id = %s AND state = 'waiting' AND lease_until > %s", [partner, now]
        )
        most = min(most, AT_ONCE - cursor.fetchone()[0])
    if most < 1:
        return []
    values = {"partner": partner, "now": now, "most": most, "until": now + LEASE}
    return sorted(Message.objects.raw(_CLAIM, values), key=lambda row: row.number)


@dataclass(frozen=True)
class Target:
    """A partner, its line and keys, read once for a batch."""

    partner: Partner
    line: PartnerLine | None
    sealing: PartnerKey | None
    checking: list[dict[str, Any]]


def target_of(code: str, now: datetime) -> Target | None:
    """None for a partner that is suspended or gone, and for a third party without VPCP's consent to messages: theirs wait."""
    partner = Partner.objects.filter(pk=code, suspended_at=None).first()
    if partner is None or (is_needed(partner) and not may_get(partner, Call.MESSAGES, now)):
        return None
    checking = public_of(list(holding(partner, PartnerKey.Use.SIGN, now)))
    return Target(partner, line_of(partner, now), holding(partner, PartnerKey.Use.SEAL, now).first(), checking)


def statement_of(message: Message, now: datetime, *, life: timedelta = envelopes.LIFETIME) -> str:
    """What we state about a message, signed: good for one envelope."""
    key, kid, algorithm = keys.signing()
    at = int(now.timestamp())
    claims = {
        "iss": settings.SITE_URL,
        "aud": message.partner_id,
        "jti": str(uuid4()),
        "iat": at,
        "exp": at + int(life.total_seconds()),
        "id": str(message.id),
        "kind": message.kind,
        "version": message.version,
        "about": message.about,
        "seq": message.number,
        "digest": envelopes.written(bytes(message.digest)),
    }
    return envelopes.sign(claims, key=key, kid=kid, algorithm=algorithm, kind=envelopes.MESSAGE)


def read_receipt(
    receipt: str,
    message: Message,
    checking: list[dict[str, Any]],
    *,
    now: datetime,
    longest: timedelta = envelopes.LONGEST_LIFE,
) -> dict[str, Any]:
    """The claims of a partner's signed receipt for this message. :class:`envelopes.EnvelopeRefused` for anything else."""
    claims = envelopes.verify(receipt, checking, kind=envelopes.RECEIPT)
    envelopes.check(claims, issuer=message.partner_id, audience=settings.SITE_URL, now=now, longest=longest)
    if claims.get("id") != str(message.id) or claims.get("digest") != envelopes.written(bytes(message.digest)):
        raise envelopes.EnvelopeRefused("digest", "The receipt is for another message.")
    if claims.get("outcome") not in _OUTCOMES:
        raise envelopes.EnvelopeRefused("form", "outcome: taken, handled or refused.")
    return claims


def _carry(message: Message, target: Target) -> tuple[str, str | Handed, dict[str, Any]]:
    """Statement, receipt and what it says; or who has it now. :class:`Failure`."""
    if target.line is None:
        raise Failure(NO_LINE, of_line=False)
    if target.sealing is None or not target.checking:
        raise Failure("no_key", of_line=False)
    carrier = CARRIERS[target.line.carrier]
    statement = statement_of(message, timezone.now(), life=carrier.life)
    try:
        envelope = envelopes.seal(statement, message.text, key=target.sealing.public)
    except ValueError:
        raise Failure("no_algorithm", of_line=False) from None
    try:
        answer = carrier.carry(target.line, envelope, message=message.id)
    except OutsideUnavailable as away:
        raise Failure(away.code, of_line=True) from None
    except OutsideRefused as refused:
        raise Failure(f"unsigned: {refused.code}"[:200], of_line=False) from None
    if isinstance(answer, Handed):
        return statement, answer, {}
    try:
        receipt = answer.decode("ascii").strip()
        return statement, receipt, read_receipt(receipt, message, target.checking, now=timezone.now())
    except UnicodeDecodeError:
        raise Failure("receipt: form", of_line=True) from None
    except envelopes.EnvelopeRefused as refused:
        raise Failure(f"receipt: {refused.code}", of_line=True) from None


def send_one(message: Message, target: Target, *, now: datetime) -> bool:
    """One try of a message that was claimed; whether it came through."""
    try:
        statement, receipt, said = _carry(message, target)
    except Failure as failure:
        _failed(message, failure, now)
        return False
    with transaction.atomic():
        row = Message.objects.select_for_update().get(pk=message.pk)
        if row.state == State.WAITING:
            row.sender_proof, row.carrier = statement, target.line.carrier if target.line else ""
            if isinstance(receipt, Handed):
                _handed_over(row, receipt.number, now)
            else:
                take_receipt(row, receipt, said, now=now)
    watching.went_through(message.partner_id, now=now)
    return True


def _handed_over(row: Message, number: str, now: datetime) -> None:
    """Whoever carries it has it. It waits for its receipt, and what follows about the same subject waits behind it."""
    if row.last_error == HANDED:
        row.failed_since = row.failed_since or now
    row.lease_until, row.last_error, row.available_at = None, HANDED, now + HANDED_WAIT
    row.save(update_fields=["sender_proof", "carrier", "failed_since", "lease_until", "last_error", "available_at"])
    MessageStep.objects.create(message=row, what=MessageStep.What.HANDED, at=now, code=number[:200])


def take_receipt(row: Message, receipt: str, said: dict[str, Any], *, now: datetime) -> None:
    """Move a (locked) message as its receiver's checked receipt says, and keep the receipt. A receipt that says no more than one before it
    changes nothing."""
    edge = _OUTCOMES[said["outcome"]]
    if STATES.refusal(row, edge):
        return
    row.receiver_proof, row.lease_until, row.last_error, row.failed_since = receipt, None, "", None
    row.delivered_at = row.delivered_at or now
    fields = ["receiver_proof", "sender_proof", "carrier", "lease_until", "last_error", "failed_since", "delivered_at"]
    if edge == "deliver":
        STATES.move(row, edge)
        row.save(update_fields=[*fields, "state"])
        MessageStep.objects.create(message=row, what=MessageStep.What.DELIVERED, at=now, code=row.carrier)
        return
    row.save(update_fields=fields)
    end(row, edge, str(said.get("code") or said["outcome"]), now)


def _failed(message: Message, failure: Failure, now: datetime) -> None:
    others = watching.failed(message.partner_id, failure.code, now=now) if failure.of_line else None
    with transaction.atomic():
        row = Message.objects.select_for_update().get(pk=message.pk)
        if row.state != State.WAITING:
            return
        row.failed_since = row.failed_since or now
        said_before = failure.code == NO_LINE == row.last_error
        row.lease_until, row.last_error = None, failure.code[:200]
        wait = timedelta(seconds=BACK_OFF_SECONDS[min(row.attempts, len(BACK_OFF_SECONDS)) - 1])
        row.available_at = now + (NO_LINE_WAIT if failure.code == NO_LINE else wait)
        row.save(update_fields=["failed_since", "lease_until", "last_error", "available_at"])
        if not said_before:
            MessageStep.objects.create(message=row, what=MessageStep.What.FAILED, at=now, code=failure.code[:200])
        no_by_itself = not failure.of_line and failure.code.startswith("unsigned")
        alone = no_by_itself or (others is not None and others > row.failed_since)
        if alone and row.attempts >= MOST_TRIES:
            logger.error("message to a partner given up", extra={"partner": row.partner_id, "reason": failure.code})
            end(row, "bury", failure.code, now)


def work(code: str, *, seconds: float = 2.0, clock: Callable[[], datetime] = timezone.now, batch: int = AT_ONCE) -> int:
    """Send what may leave to a partner, for so long; how many went through. Any number of workers may do this at once."""
    begun, sent = clock(), 0
    target = target_of(code, begun)
    if target is None:
        return 0
    while claimed := claim(code, now=clock(), most=batch):
        # In the order of their promise; each is of another subject.
        for place, message in enumerate(claimed):
            came_through = send_one(message, target, now=clock())
            sent += came_through
            if not came_through and watching.is_resting(code, now=clock()):
                _give_back(claimed[place + 1 :])
                break
        if (clock() - begun).total_seconds() > seconds:
            break
    return sent


def _give_back(messages: list[Message]) -> None:
    """Free what was claimed and not tried, as if nobody had taken it."""
    rows = Message.objects.filter(pk__in=[message.pk for message in messages], state=State.WAITING)
    rows.update(lease_until=None, attempts=F("attempts") - 1)


def waits(code: str, *, now: datetime) -> bool:
    """Whether something could leave to this partner now (by index)."""
    rows = Message.objects.filter(partner_id=code, state=State.WAITING, direction=Message.Direction.OUT, available_at__lte=now)
    return rows.exclude(lease_until__gt=now).exists()


def due_partners(*, now: datetime) -> list[str]:
    """Partners to whom something could leave now, who are neither suspended nor resting."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.code FROM partners_partner p LEFT JOIN partner_messages_connection c ON c.partner_id = p.code"
            " WHERE p.suspended_at IS NULL AND (c.rest_until IS NULL OR c.rest_until <= %s) AND EXISTS (SELECT FROM"
            " partner_messages_message m WHERE m.partner_id = p.code AND m.state = 'waiting' AND m.direction = 'out'"
            " AND m.available_at <= %s AND (m.lease_until IS NULL OR m.lease_until <= %s)) ORDER BY p.code",
            [now, now, now],
        )
        return [row[0] for row in cursor.fetchall()]


class NotPulled(Exception):
    """Nothing can be fetched. ``code``: ``has_line`` (it is sent there), ``no_key`` (nothing to seal to), ``no_algorithm``,
    ``suspended``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def pull(code: str, *, now: datetime, most: int) -> tuple[list[tuple[Message, str]], bool]:
    """What waits for a partner without a line, the oldest first, each in an envelope of its own, and whether more waits. Asked again the
    same comes again, until its receipt is there (``door.take_receipt``). :class:`NotPulled`."""
    target = target_of(code, now)
    if target is None:
        raise NotPulled("suspended")
    if target.line is not None:
        raise NotPulled("has_line")
    if target.sealing is None or not target.checking:
        raise NotPulled("no_key")
    waiting = Message.objects.filter(partner_id=code, state=State.WAITING, direction=Message.Direction.OUT).order_by("number")
    rows = list(waiting.select_for_update(of=("self",))[: min(most, MOST_PULLED) + 1])
    given: list[tuple[Message, str]] = []
    size = 0
    for row in rows[: min(most, MOST_PULLED)]:
        size += row.size
        if given and size > MOST_PULLED_BYTES:
            break
        statement = statement_of(row, now, life=envelopes.LONGEST_LIFE)
        try:
            envelope = envelopes.seal(statement, row.text, key=target.sealing.public)
        except ValueError:
            raise NotPulled("no_algorithm") from None
        row.sender_proof, row.carrier = statement, PULLED
        given.append((row, envelope.decode()))
    Message.objects.bulk_update([row for row, _ in given], ["sender_proof", "carrier"])
    return given, len(rows) > len(given)


def line_is_there(partner: str, *, since: datetime) -> None:
    """A partner has an address from now on: what waited to be fetched is sent there."""
    waiting = Message.objects.filter(partner_id=partner, state=State.WAITING, direction=Message.Direction.OUT, last_error=NO_LINE)
    waiting.update(available_at=since)


def bury_old(*, now: datetime, limit: int = 500) -> int:
    """Dead letters out of what nobody took within ``MESSAGE_WAIT_DAYS`` since it was promised or sent again; how many."""
    until = now - timedelta(days=settings.MESSAGE_WAIT_DAYS)
    rows = Message.objects.filter(state=State.WAITING, direction=Message.Direction.OUT, created_at__lt=until, failed_since__lt=until)
    count = 0
    for number in list(rows.order_by("number").values_list("number", flat=True)[:limit]):
        with transaction.atomic():
            row = Message.objects.select_for_update().get(pk=number)
            if row.state == State.WAITING:
                end(row, "bury", row.last_error or "nobody took it", now)
                count += 1
    return count
