"""At the agency that holds it: received, classified, refused, asked about, supplied (Rules art. 42.3)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import queries as people
from feedback import figures
from feedback.models import Petition, PetitionKind, PublishedCase, Supplement
from feedback.services.common import PetitionRefused, accept, day, end, keep, lock_for_officer, lock_own, move, tell
from feedback.terms import limits_at
from portal.access import Actor
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Sector
from portal.workdays import national_calendar

REFUSALS = {
    "content": "Không thuộc nội dung tiếp nhận (Quy chế, Điều 37)",
    "unclear": "Không rõ nội dung, không có căn cứ xử lý",
    "sender": "Thiếu tên, địa chỉ, số điện thoại hoặc thư điện tử (Điều 39.3)",
    "language": "Không viết bằng tiếng Việt (Điều 39.1)",
    "complaint": "Là khiếu nại, tố cáo: theo Luật Khiếu nại, Luật Tố cáo",
    "answered": "Trùng phản ánh đã được trả lời",
    "abuse": "Xúc phạm, vu khống, quảng cáo",
    "silent": "Người gửi không bổ sung trong thời hạn",
}
"""Coded reasons; words of the officer's own go with each."""


@transaction.atomic
def receive(
    *,
    actor: Actor,
    petition_id: UUID,
    about: str,
    kind: str,
    sector_code: str,
    now: datetime,
    seen: int | None = None,
    handler: UUID | None = None,
) -> Petition:
    """Take a petition on and classify it (art. 42.3d): rule or conduct, kind, field. ``handler``: whose work it is (the receiver's)."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.receive", seen=seen)
    was, before = figures.facts_of(petition), move(petition, "receive")
    _classify(petition, about=about, kind=kind, sector_code=sector_code)
    petition.handler_position_id = _handler(petition, handler)
    accept(petition, actor=actor, now=now)
    keep(petition, "receive", before=before, was=was, actor=actor, now=now, about=about, kind=kind, sector=sector_code)
    tell(petition, "feedback.accepted")
    return petition


@transaction.atomic
def classify(
    *, actor: Actor, petition_id: UUID, about: str, kind: str, sector_code: str, now: datetime, seen: int | None = None
) -> Petition:
    """Put right how an open petition is classified."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.classify", seen=seen)
    if not petition.is_open:
        raise PetitionRefused("Phản ánh này đã kết thúc.")
    was = figures.facts_of(petition)
    _classify(petition, about=about, kind=kind, sector_code=sector_code)
    keep(petition, "classify", before=petition.state, was=was, actor=actor, now=now, about=about, kind=kind, sector=sector_code)
    return petition


def _classify(petition: Petition, *, about: str, kind: str, sector_code: str) -> None:
    if about not in ("rule", "conduct"):
        raise PetitionRefused("Bạn hãy chọn phân loại.", "about")
    if not PetitionKind.objects.filter(pk=kind).exists():
        raise PetitionRefused("Bạn hãy chọn loại nội dung.", "kind")
    if sector_code:
        try:
            catalogues.sector(sector_code)
        except Sector.DoesNotExist:
            raise PetitionRefused("Không có lĩnh vực này.", "sector_code") from None
    petition.about, petition.kind_id, petition.sector_code = about, kind, sector_code


def _handler(petition: Petition, position_id: UUID | None) -> UUID | None:
    if position_id is None:
        return None
    if all(one.position_id != position_id for one in people.holders(petition.unit_code, ["petition_handling", "petition_reception"])):
        raise PetitionRefused("Người này không xử lý phản ánh ở cơ quan đang giữ.", "handler")
    return position_id


@transaction.atomic
def assign(*, actor: Actor, petition_id: UUID, handler: UUID, now: datetime, seen: int | None = None) -> Petition:
    """Give the work to a colleague of the agency that holds it."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.classify", seen=seen)
    if not petition.is_open:
        raise PetitionRefused("Phản ánh này đã kết thúc.")
    was = figures.facts_of(petition)
    petition.handler_position_id = _handler(petition, handler)
    keep(petition, "assign", before=petition.state, was=was, actor=actor, now=now, handler=str(handler))
    return petition


@transaction.atomic
def refuse(*, actor: Actor, petition_id: UUID, reason: str, words: str, now: datetime, seen: int | None = None) -> Petition:
    """Refuse a petition with its reason, which the sender reads (art. 42.3a: within 2 working days; late is allowed and counted).

    The reason ``silent`` is an edge of its own: only of a petition that waits for its sender, and only once their time is over.
    """
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.receive", seen=seen)
    transition = "refuse_silent" if reason == "silent" else "refuse"
    if transition == "refuse_silent" and petition.supply_due_at is not None and now < petition.supply_due_at:
        raise PetitionRefused(f"Người gửi còn được bổ sung đến ngày {day(petition.supply_due_at)}.")
    if reason not in REFUSALS:
        raise PetitionRefused("Bạn hãy chọn lý do.", "reason")
    if not words.strip():
        raise PetitionRefused("Bạn hãy ghi rõ lý do để người gửi hiểu.", "words")
    was, before = figures.facts_of(petition), move(petition, transition)
    end(petition, now=now)
    keep(
        petition, transition, before=before, was=was, actor=actor, now=now, note=words, reason=reason, on_time=now <= petition.refuse_due_at
    )
    tell(petition, "feedback.refused")
    return petition


@transaction.atomic
def ask_more(*, actor: Actor, petition_id: UUID, question: str, now: datetime, seen: int | None = None) -> Petition:
    """Ask the sender for more (art. 42.3b). The sender's clock runs on; whoever does not answer in time may be refused or worked on."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.ask", seen=seen)
    if petition.party_id is None:
        raise PetitionRefused("Người gửi không có tài khoản để bổ sung trên Cổng. Hãy liên hệ theo địa chỉ họ ghi rồi ghi lại kết quả.")
    if not question.strip():
        raise PetitionRefused("Bạn hãy ghi cần bổ sung gì.", "question")
    was, before = figures.facts_of(petition), move(petition, "ask_more")
    due = limits_at(petition.received_at)["supply"].after(now, national_calendar())
    petition.supply_due_at = due
    Supplement.objects.create(petition=petition, number=petition.supplements.count() + 1, question=question, asked_at=now, due_at=due)
    on_time = petition.accepted_at is not None or now <= petition.ask_due_at
    keep(petition, "ask_more", before=before, was=was, actor=actor, now=now, note=question, on_time=on_time)
    tell(petition, "feedback.asked", until=day(due))
    return petition


@transaction.atomic
def supply(*, actor: Actor, petition_id: UUID, words: str, now: datetime, seen: int | None = None) -> Supplement:
    """The sender gives what they were asked for. Files are added before, by :func:`feedback.services.files.add_file`."""
    petition = lock_own(actor=actor, petition_id=petition_id, seen=seen)
    open_one = petition.supplements.filter(closed_at__isnull=True).first()
    if open_one is None:
        raise PetitionRefused("Phản ánh này không chờ bổ sung. Tải lại trang để xem tình trạng mới nhất.")
    has_files = petition.attachments.filter(role="supplement", part_id=open_one.pk).exists()
    if not words.strip() and not has_files:
        raise PetitionRefused("Bạn hãy viết phần bổ sung hoặc gửi tệp.", "words")
    was = figures.facts_of(petition)
    name = "supply" if petition.accepted_at is None else "supply_on"
    before = move(petition, name)
    open_one.answer, open_one.given_at, open_one.closed_at = words or None, now, now
    open_one.save()
    petition.supply_due_at = None
    keep(petition, "supply", before=before, was=was, actor=actor, now=now, on_time=now <= open_one.due_at)
    return open_one


@transaction.atomic
def go_on(*, actor: Actor, petition_id: UUID, reason: str, now: datetime, seen: int | None = None) -> Petition:
    """Wait no more for what was asked, and work with what there is."""
    petition = lock_for_officer(actor=actor, petition_id=petition_id, act="feedback.ask", seen=seen)
    was, before = figures.facts_of(petition), move(petition, "go_on")
    petition.supplements.filter(closed_at__isnull=True).update(closed_at=now)
    petition.supply_due_at = None
    if petition.accepted_at is None:
        accept(petition, actor=actor, now=now)
    keep(petition, "go_on", before=before, was=was, actor=actor, now=now, note=reason)
    return petition


@transaction.atomic
def withdraw(*, actor: Actor, petition_id: UUID, now: datetime, seen: int | None = None) -> Petition:
    """The sender takes it back, as long as no answer is being checked."""
    petition = lock_own(actor=actor, petition_id=petition_id, seen=seen)
    was, before = figures.facts_of(petition), move(petition, "withdraw")
    end(petition, now=now)
    keep(petition, "withdraw", before=before, was=was, actor=actor, now=now)
    # The former answer, where it is public, is disputed no more.
    PublishedCase.objects.filter(petition=petition, disagreed_at__isnull=False).update(disagreed_at=None)
    return petition
