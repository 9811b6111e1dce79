"""Old papers without an identity number: found by name, birth day and place, claimed by the owner, confirmed by an officer (D-26)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import queries as people
from accounts.services.people import note_read
from dossiers.digitising import fields, issuing
from dossiers.digitising.judging import MATCH
from dossiers.digitising.rights import CONFIRM, OldRefused
from dossiers.models import OldClaim, OldPaper, StorePaper
from dossiers.services.common import position_of
from portal import audit
from portal.access import Actor, require, visible_to
from portal.crypto import blind_index
from portal.documents.units import unit_name
from portal.notifications.services import notify

MOST_SHOWN = 20
MOST_OPEN = 10
"""Claims of one person that wait: nobody tries their name on every paper."""
ANOTHERS = "Cơ quan đã xác nhận giấy tờ này là của người khác."


@dataclass(frozen=True)
class Found:
    """What somebody is told of a paper that may be theirs: enough to know it again, too little to use it."""

    paper_id: UUID
    title: str
    issuer: str
    year: int | None
    unit: str


def _owner(actor: Actor) -> UUID:
    """Only for oneself: what one remembers of one's own papers nobody else can say."""
    if actor.person_id is None or actor.party_id != actor.person_id:
        raise OldRefused(_("Bạn chỉ tìm được giấy tờ của chính mình: hãy chọn lại người mà bạn đang thực hiện thay."), status=403)
    return actor.person_id


def find(*, actor: Actor, birth_place: str) -> list[Found]:
    """Signed papers without a number that name somebody of the signed-in person's name and day of birth, born in that place.

    Name and day are those that the portal proved; only the place is theirs to say. Four queries at most; the search is in the trail.
    """
    person = people.person(_owner(actor))
    key = fields.match_key(person.full_name, person.birth_date or "", birth_place)
    with transaction.atomic():
        audit.record(actor=actor, act="dossiers.find_old_papers", target="accounts.person", target_id=str(person.pk))
    if not key:
        return []
    rows = OldPaper.objects.select_related("batch").filter(match_blind=blind_index(MATCH, key), state=OldPaper.SIGNED)
    rows = rows.exclude(claims__person_id=person.pk).order_by("-signed_at", "id")[:MOST_SHOWN]
    return [
        Found(
            row.pk,
            row.batch.title,
            (row.typed or {}).get(fields.ISSUER, ""),
            row.issued_on.year if row.issued_on else None,
            unit_name(row.batch.unit_code),
        )
        for row in rows
    ]


@transaction.atomic
def claim(*, actor: Actor, paper_id: UUID, birth_place: str, words: str, now: datetime) -> OldClaim:
    """Say that a paper is one's own. ``birth_place`` again: a paper that one's own name does not lead to is ``OldPaper.DoesNotExist``."""
    person = people.person(_owner(actor))
    key = fields.match_key(person.full_name, person.birth_date or "", birth_place)
    rows = OldPaper.objects.select_for_update(of=("self",)).select_related("batch").filter(state=OldPaper.SIGNED)
    paper = rows.filter(match_blind=blind_index(MATCH, key) if key else "none").get(pk=paper_id)
    if OldClaim.objects.filter(person_id=person.pk, state=OldClaim.State.OPEN).count() >= MOST_OPEN:
        raise OldRefused(_("Bạn có quá nhiều yêu cầu đang chờ. Bạn đợi cơ quan trả lời rồi gửi tiếp."), status=409)
    if OldClaim.objects.filter(person_id=person.pk, paper=paper).exists():
        raise OldRefused(_("Bạn đã gửi yêu cầu về giấy tờ này."), status=409)
    made = OldClaim.objects.create(
        paper=paper, unit_code=paper.batch.unit_code, person_id=person.pk, words=" ".join(words.split())[:500] or None, claimed_at=now
    )
    _record(actor, "claim_old_paper", made)
    return made


def own_claims(actor: Actor) -> Sequence[OldClaim]:
    """What the signed-in person claimed, newest first (two queries)."""
    rows = OldClaim.objects.select_related("paper__batch").filter(person_id=_owner(actor))
    return list(rows.order_by("-claimed_at")[:50])


def _record(actor: Actor, act: str, row: OldClaim) -> None:
    audit.record(actor=actor, act=f"dossiers.{act}", target="dossiers.oldclaim", target_id=str(row.pk), unit=row.unit_code)


# The officer -----------------------------------------------------------------------------------------------------------------------


def _open(actor: Actor, claim_id: UUID) -> OldClaim:
    seen = visible_to(actor, OldClaim.objects.all(), CONFIRM, "unit_code").get(pk=claim_id)
    require(actor, CONFIRM, seen.unit_code)
    # The paper first, as everybody does: two who decide on claims of one paper wait for each other in one order.
    OldPaper.objects.select_for_update().get(pk=seen.paper_id)
    row = OldClaim.objects.select_for_update().get(pk=claim_id)
    if row.state != OldClaim.State.OPEN:
        raise OldRefused("Yêu cầu này đã được trả lời.", status=409)
    if actor.person_id == row.person_id:
        raise OldRefused("Đây là yêu cầu của bạn. Đồng nghiệp khác phải trả lời.", status=403)
    return row


def look(*, actor: Actor, row: OldClaim) -> None:
    """An officer was shown who claims a paper: the person can see that."""
    with transaction.atomic():
        note_read(actor=actor, people=[row.person_id], unit=row.unit_code)


@transaction.atomic
def confirm(*, actor: Actor, claim_id: UUID, now: datetime) -> StorePaper:
    """The officer compared paper and person: it lands in the person's store, and whoever else claimed it is refused."""
    row = _open(actor, claim_id)
    papers = OldPaper.objects.select_for_update(of=("self",)).select_related("batch", "document__file")
    paper = papers.get(pk=row.paper_id)
    kept = issuing.land(paper, row.person_id, now=now) if paper.state == OldPaper.SIGNED else None
    if kept is None:
        raise OldRefused("Giấy tờ này không còn chờ chủ, hoặc người yêu cầu không còn tài khoản.", status=409)
    try:
        with transaction.atomic():
            _decide(actor, row, OldClaim.State.CONFIRMED, "", now)
    except IntegrityError as error:
        raise OldRefused(ANOTHERS, status=409) from error
    for other in OldClaim.objects.select_for_update().filter(paper_id=row.paper_id, state=OldClaim.State.OPEN):
        _decide(actor, other, OldClaim.State.REFUSED, ANOTHERS, now)
        _tell_refused(other, paper)
    return kept


@transaction.atomic
def refuse(*, actor: Actor, claim_id: UUID, reason: str, now: datetime) -> OldClaim:
    """The paper is not theirs, as far as the officer can see; the reason is told."""
    row = _open(actor, claim_id)
    _decide(actor, row, OldClaim.State.REFUSED, " ".join(reason.split())[:300], now)
    _tell_refused(row, OldPaper.objects.select_related("batch").get(pk=row.paper_id))
    return row


def _decide(actor: Actor, row: OldClaim, state: str, reason: str, now: datetime) -> None:
    row.state, row.reason, row.decided_at = state, reason, now
    row.position_id, row.officer_label = position_of(actor), actor.label[:200]
    row.save()
    _record(actor, "confirm_old_claim" if state == OldClaim.State.CONFIRMED else "refuse_old_claim", row)


def _tell_refused(row: OldClaim, paper: OldPaper) -> None:
    notify(
        party_id=row.person_id,
        template="dossiers.old_claim_refused",
        context={"paper": paper.batch.title, "unit": unit_name(row.unit_code), "reason": row.reason},
        key=f"old-claim:{row.pk}",
        link=reverse("old-papers"),
    )
