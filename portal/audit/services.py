"""Record an act; chain and sign what is committed; check the whole trail.

Why in two steps: chaining inside the act's transaction would make all transactions wait for one another. So an act is
written unchained, and one sealer links the committed ones, in order, every 10 s.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from portal.access import Actor
from portal.audit import canonical
from portal.audit.context import request_id
from portal.audit.models import Act, Link, Pending, Seal

log = logging.getLogger(__name__)

SEALER_LOCK = 0x61756469  # "audi": the advisory lock that makes the sealer the only one
BATCH = 5000
CHUNK = 2000


class NotInTransaction(RuntimeError):
    """An act was recorded outside a transaction: it would not stand or fall with what it records."""


def record(*, actor: Actor, act: str, target: str = "", target_id: str = "", unit: str = "", details: dict[str, Any] | None = None) -> Act:
    """Write one act into the present transaction. It is committed with the act itself or not at all.

    ``target`` is a model label (``dossiers.dossier``); ``unit`` the code of the unit concerned (default: the actor's).
    ``details`` holds codes, ids and numbers, never personal data: the trail cannot be erased. The actor's name is not
    stored either, only ids. Who acts for somebody else: for whom and by which mandate stand in the details, which are sealed
    as all is; so does the position in whose place a substitute acts.
    Raises :class:`NotInTransaction`.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(act)
    in_place_of = {"substitutes": str(actor.substitutes)} if actor.substitutes is not None else {}
    for_whom = {"party": str(actor.party_id), "mandate": str(actor.mandate_id or "")} if actor.is_for_another else {}
    return Act.objects.create(
        act=act,
        target=target,
        target_id=str(target_id),
        unit=unit or actor.unit,
        acting_as=actor.acting_as.value,
        user_id=actor.user_id,
        person_id=actor.person_id,
        position_id=actor.position_id,
        request_id=request_id.get()[:64],
        details={**(details or {}), **for_whom, **in_place_of},
    )


@transaction.atomic
def seal(*, limit: int = BATCH) -> int:
    """Chain the acts that are committed for good and sign the new head. Returns how many were chained.

    What waits stands in ``Pending``, put there by a trigger in the act's own transaction: it becomes visible with the
    commit, so each run takes what was committed since the last one, ordered by (xid, id) within the run. A long
    transaction's acts come in a later run, after the acts that were committed before it, and cannot be passed over. No
    horizon of transaction ids is used: it spans all databases of the server, so one forgotten session anywhere would
    keep the whole trail unsealed. Only one sealer works; another returns 0 at once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    waiting = list(Pending.objects.order_by("xid", "act").values_list("act_id", flat=True)[:limit])
    if not waiting:
        return 0
    found = Act.objects.in_bulk(waiting)
    head = Link.objects.order_by("-seq").first()
    seq, previous = (head.seq, head.hash) if head is not None else (0, canonical.GENESIS)
    first, hashes = seq + 1, []
    for act_id in waiting:
        seq += 1
        previous = canonical.chained(previous, seq, found[act_id])
        hashes.append(previous)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_link (seq, act_id, hash) SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[])",
            [list(range(first, seq + 1)), waiting, hashes],
        )
        cursor.execute("DELETE FROM audit_pending WHERE act_id = ANY(%s)", [waiting])
    key = canonical.signing_key()
    key_id = canonical.id_of(key.public_key())
    at = timezone.now()
    signature = key.sign(canonical.seal_bytes(seq=seq, head=previous, at=at, key_id=key_id)).hex()
    Seal.objects.create(seq=seq, hash=previous, at=at, key_id=key_id, signature=signature)
    # The log leaves this database: whoever cuts off the end of all three tables still contradicts it.
    transaction.on_commit(lambda: log.info("audit head", extra={"audit_seq": seq, "audit_head": previous}))
    return len(waiting)


def newest_act() -> int:
    """Id of the newest act; 0 where there is none (one query)."""
    return Act.objects.aggregate(newest=models.Max("pk"))["newest"] or 0


@dataclass(frozen=True)
class Altered:
    """The first thing wrong with the trail: its place, the act (None: unknown) and what is wrong, in English."""

    seq: int
    act_id: int | None
    reason: str


@dataclass(frozen=True)
class Report:
    """Outcome of a check. ``sealed`` acts were found in order up to the first fault (all, if there is none)."""

    first_altered: Altered | None
    sealed: int
    unsealed: int
    """Committed acts that wait for the sealer."""
    oldest_unsealed: datetime | None


def _stream(upto: int, after: int) -> Iterator[tuple[Link, Act | None]]:
    """Links with their acts in order, a chunk at a time: memory stays flat however long the trail is."""
    while links := list(Link.objects.filter(seq__gt=after, seq__lte=upto).order_by("seq")[:CHUNK]):
        acts = Act.objects.in_bulk([link.act_id for link in links])
        for link in links:
            yield link, acts.get(link.act_id)
        after = links[-1].seq


def _seals(upto: int, after: int) -> Iterator[Seal]:
    yield from Seal.objects.filter(seq__gt=after, seq__lte=upto).order_by("seq").iterator(chunk_size=CHUNK)


def first_fault(upto: int, *, after: int = 0, head: str = canonical.GENESIS) -> tuple[Altered | None, int, str]:
    """The first fault of the chain behind the link ``after`` (its hash: ``head``) up to another; how far it is sound; the hash there."""
    keys = canonical.trusted_keys()
    seals = _seals(upto, after)
    coming = next(seals, None)
    expected, previous = after, head
    for link, act in _stream(upto, after):
        expected += 1
        if link.seq != expected:
            return Altered(expected, None, "link missing"), expected - 1, previous
        if act is None:
            return Altered(link.seq, link.act_id, "act missing"), expected - 1, previous
        computed = canonical.chained(previous, link.seq, act)
        if computed != link.hash:
            return Altered(link.seq, act.id, "act or link altered"), expected - 1, previous
        previous = computed
        if coming is not None and coming.seq == link.seq:
            message = canonical.seal_bytes(seq=coming.seq, head=coming.hash, at=coming.at, key_id=coming.key_id)
            if coming.hash != link.hash:
                return Altered(link.seq, act.id, "seal does not fit the chain: acts up to here were rewritten"), expected - 1, previous
            if coming.key_id not in keys:
                return Altered(link.seq, act.id, f"seal by unknown key {coming.key_id}"), expected - 1, previous
            if not canonical.signature_holds(keys[coming.key_id], coming.signature, message):
                return Altered(link.seq, act.id, "signature of seal does not hold"), expected - 1, previous
            coming = next(seals, None)
    if expected < upto:
        return Altered(expected + 1, None, "link missing"), expected, previous
    return None, expected, previous


def loose_link() -> Altered | None:
    """A link behind the newest seal: the sealer writes both in one transaction, so somebody else wrote it (one query: two would
    take a sealer that commits between them for that somebody)."""
    newest = models.Subquery(Seal.objects.order_by("-seq").values("seq")[:1])
    loose = Link.objects.filter(seq__gt=Coalesce(newest, 0)).order_by("seq").first()
    return Altered(loose.seq, loose.act_id, "link without a seal") if loose is not None else None


def slipped_in(after: int, upto: int, sealed: int) -> Altered | None:
    """An act among some, by id, that neither stands in the chain nor waits for the sealer (one query).

    ``after`` 0: from the lowest id on, whatever it is; the sequence gives none below 1, somebody else may.
    """
    rows = Act.objects.filter(
        ~models.Exists(Link.objects.filter(act_id=models.OuterRef("pk"))),
        ~models.Exists(Pending.objects.filter(pk=models.OuterRef("pk"))),
        pk__lte=upto,
    )
    if after:
        rows = rows.filter(pk__gt=after)
    extra = rows.order_by("id").first()
    return Altered(sealed + 1, extra.id, "act outside the chain: slipped in, or its link was removed") if extra is not None else None


def verify(*, expected_seq: int = 0, expected_head: str = "") -> Report:
    """Check the whole trail: every act against the chain, every seal's signature, acts slipped in, the tail.

    Runs beside the sealer and beside work. ``expected_seq`` and ``expected_head`` (from the logs, ``audit head``) also
    show an end that was cut off together with its seals.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # The longest single statement is bounded by CHUNK rows; looking for what was slipped in may take minutes on a full trail.
        cursor.execute("SET LOCAL statement_timeout = 0")
        newest = Seal.objects.order_by("-seq").first()
        upto = newest.seq if newest is not None else 0
        fault, sealed, _head = first_fault(upto)
        if fault is None and expected_seq:
            link = Link.objects.filter(pk=expected_seq).first()
            if link is None:
                fault = Altered(expected_seq, None, "end of the trail cut off")
            elif link.hash != expected_head:
                fault = Altered(expected_seq, link.act_id, "chain differs from the head given")
        if fault is None:
            fault = loose_link()
        if fault is None:
            fault = slipped_in(0, newest_act(), sealed)
        tail = Act.objects.filter(pk__in=Pending.objects.values("act_id")).aggregate(n=models.Count("pk"), oldest=models.Min("at"))
    return Report(first_altered=fault, sealed=sealed, unsealed=tail["n"], oldest_unsealed=tail["oldest"])
