"""A dossier handed from one agency to another: electronic, under both seals, the clock as it is, the share measured (D-25)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from dossiers.counter_filing import counts
from dossiers.models import Dossier, DossierEvent, Handover, NationalDossier
from dossiers.process.sheet import issue_after
from dossiers.services import handing
from portal.documents.models import Document
from portal.documents.rendering import document_html
from portal.documents.services import open_pdf, verify
from portal.notifications.models import Notification
from portal.outbox.models import Message
from portal.outbox.services import deliver
from portal.states import TransitionRefused
from ratings.board import targets
from tests.dossiers.support import filed, received
from tests.dossiers.test_bulk_acts import worked
from tests.dossiers.test_desk_pages import desk_of
from tests.factories import make_officer_actor, officer_actor
from tests.support.processes import eventually

pytestmark = pytest.mark.usefixtures("demo_data")
DESK, SLIPS = "/quan-tri/dossiers/dossier/", "/quan-tri/dossiers/handover/"
THERE = "H26.102"
WHY = "Con cư trú ở phường khác"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def handed(**more: str) -> tuple[Handover, Any, Any]:
    """A dossier handed over through the desk, and the browsers of both sides."""
    desk, position = desk_of(roles=("reception", "handling"))
    dossier = received(officer_actor(position), now=timezone.now())
    said = {"seen": dossier.version, "to_unit": THERE, "reason": WHY, "paper_along": "", **more}
    answer = desk.post(f"{DESK}{dossier.pk}/hand_over/", said)
    assert answer.status_code == 302, text(answer)
    there, _ = desk_of(THERE, ("reception", "handling"))
    return Handover.objects.get(dossier=dossier), desk, there


@pytest.mark.requirement("D-25", "D-19")
def test_it_stays_until_it_is_taken_and_keeps_its_appointment(outside: Any) -> None:
    slip, desk, there = handed()
    dossier = slip.dossier
    due = dossier.due_at
    assert (dossier.unit_code, slip.is_electronic, slip.due_at) == ("H26.101", True, due)
    page = document_html(slip.sheet, at=timezone.now())
    assert WHY in page and "toàn bộ là điện tử" in page and all(one.file.sha256 in page for one in dossier.papers.all())
    assert there.get(f"{DESK}{dossier.pk}/change/").status_code == 404
    assert dossier.code in text(there.get(SLIPS)) and "Nhận hồ sơ" in text(there.get(f"{SLIPS}{slip.pk}/change/"))
    assert "chờ nhận" in text(there.get("/quan-tri/"))
    assert there.post(f"{SLIPS}{slip.pk}/take/").status_code == 302
    dossier.refresh_from_db()
    assert (dossier.unit_code, dossier.due_at, dossier.due_first) == (THERE, due, due)
    assert there.get(f"{DESK}{dossier.pk}/change/").status_code == 200
    assert desk.get(f"{DESK}{dossier.pk}/change/").status_code == 404
    events = list(DossierEvent.objects.filter(dossier=dossier, name__in=["hand_over", "take_over"]).order_by("id"))
    assert [(event.name, event.unit_code, event.due_before, event.due_at) for event in events] == [
        ("hand_over", "H26.101", due, due),
        ("take_over", THERE, due, due),
    ]
    slip.refresh_from_db()
    assert slip.answer is not None and slip.answer.unit_code == THERE and "Phiếu nhận" in document_html(slip.answer, at=timezone.now())
    # Each side seals its own sheet.
    both = {slip.sheet_id: "H26.101", slip.answer_id: THERE}

    def sealed() -> bool:
        worked("documents.render", "documents.sign")
        return not Document.objects.filter(pk__in=both).exclude(state=Document.SIGNED).exists()

    eventually(sealed, 60, 0.3)
    for document in Document.objects.filter(pk__in=both):
        facts = verify(b"".join(open_pdf(document)))
        assert facts.has_good_signature
        assert [one.signer.organisation_code for one in facts.signatures if one.signer] == [both[document.pk]]
    assert NationalDossier.objects.get(code=dossier.code).unit_code == THERE
    assert Notification.objects.filter(template="dossiers.handed_over", channel="inbox").count() == 1
    # Both sides keep the slip, nobody else sees it.
    assert desk.get(f"{SLIPS}{slip.pk}/change/").status_code == 200
    elsewhere, _ = desk_of("H29.101", ("reception", "handling"))
    assert elsewhere.get(f"{SLIPS}{slip.pk}/change/").status_code == 404
    assert slip.code not in text(elsewhere.get(SLIPS))


@pytest.mark.requirement("D-25")
def test_it_is_declined_with_a_reason_or_taken_back_and_never_twice() -> None:
    slip, desk, there = handed()
    again = {"seen": Dossier.objects.get(pk=slip.dossier_id).version, "to_unit": THERE, "reason": WHY}
    assert desk.post(f"{DESK}{slip.dossier_id}/hand_over/", again).status_code == 409
    assert there.post(f"{SLIPS}{slip.pk}/decline/", {"reason": ""}).status_code == 422
    assert there.post(f"{SLIPS}{slip.pk}/decline/", {"reason": "Không thuộc địa bàn"}).status_code == 302
    assert there.post(f"{SLIPS}{slip.pk}/take/").status_code == 409
    assert "Không thuộc địa bàn" in text(desk.get(f"{SLIPS}{slip.pk}/change/"))
    again["seen"] = Dossier.objects.get(pk=slip.dossier_id).version
    assert desk.post(f"{DESK}{slip.dossier_id}/hand_over/", again).status_code == 302
    second = Handover.objects.get(dossier=slip.dossier_id, state="sent")
    assert there.post(f"{SLIPS}{second.pk}/recall/").status_code == 403
    assert desk.post(f"{SLIPS}{second.pk}/recall/").status_code == 302
    assert there.post(f"{SLIPS}{second.pk}/take/").status_code == 409
    with pytest.raises(DatabaseError), transaction.atomic():
        Handover.objects.filter(pk=second.pk).delete()


@pytest.mark.requirement("D-25")
def test_what_has_changed_since_is_not_what_was_signed_for() -> None:
    slip, desk, there = handed()
    Dossier.objects.filter(pk=slip.dossier_id).update(version=slip.dossier_version + 1)
    late = there.post(f"{SLIPS}{slip.pk}/take/")
    assert late.status_code == 409 and "đã thay đổi từ khi giao" in text(late)
    for wrong in ("H26.101", "X99.1", ""):
        dossier = Dossier.objects.get(pk=slip.dossier_id)
        said = {"seen": dossier.version, "to_unit": wrong, "reason": WHY}
        assert desk.post(f"{DESK}{dossier.pk}/hand_over/", said).status_code in (409, 422)
    with pytest.raises(TransitionRefused):
        handing.hand_over(
            actor=make_officer_actor(roles=("handling",)),
            dossier_id=slip.dossier_id,
            seen_version=0,
            to_unit=THERE,
            reason=WHY,
            now=timezone.now(),
        )


@pytest.mark.requirement("D-25", "R-13")
def test_the_share_without_paper_is_counted_when_it_is_taken() -> None:
    first, _desk, there = handed()
    second, _desk, _there = handed(paper_along="Bản chính giấy ủy quyền")
    assert "Bản chính giấy ủy quyền" in document_html(second.sheet, at=timezone.now()), "what was not digitised goes along on paper"
    assert counts.by_month("H26.101", date(2026, 1, 1)) == []
    for slip in (first, second):
        assert there.post(f"{SLIPS}{slip.pk}/take/").status_code == 302
    [month] = counts.by_month("H26.101", date(2026, 1, 1))
    assert (month.handed, month.handed_electronic, month.share) == (2, 1, 50)
    leader, _ = desk_of(roles=("signing",))
    page = text(leader.get(SLIPS + "figures/"))
    assert "50 %" in page and "mục tiêu 80 %" in page
    # And on the board of targets, for the agency, those above it and the country.
    for agency in ("H26.101", "H26", ""):
        line = next(line for line in targets.board(agency, timezone.localdate()) if line.target.code == "luan-chuyen-dien-tu")
        assert line.reading is not None and line.reading.course[-1][1] == 50
        assert (line.value, line.wanted, line.is_met, line.reading.part, line.reading.whole) == (50, 80, False, 1, 2), agency
    call_command("recompute_dossiers")


@pytest.mark.requirement("D-09", "D-25")
def test_the_control_sheet_goes_along_by_itself_and_is_sealed_again_at_the_end() -> None:
    slip, desk, there = handed()
    dossier = slip.dossier

    def sheet() -> tuple[int, str]:
        for message in Message.objects.filter(kind="dossiers.control_sheet", done_at=None):
            deliver(message.pk)
        rows = dossier.documents.filter(role="control")
        [issued] = rows.filter(cancelled_at=None)
        return rows.count(), document_html(issued.document, at=timezone.now())

    count, page = sheet()
    assert count == 1 and "Chuyển cho đơn vị khác" in page and WHY in page and "Người nộp hồ sơ" in page
    assert dossier.documents.get(role="control").document.unit_code == "H26.101", "sealed by who hands it over"
    event = DossierEvent.objects.get(dossier=dossier, name="hand_over")
    assert issue_after(event_id=event.pk, now=timezone.now()) is None, "a worker that does it again does nothing"
    # Officers read it at any moment as it stands, without having anything sealed.
    there.post(f"{SLIPS}{slip.pk}/take/")
    assert "Nhận hồ sơ từ đơn vị khác" in text(there.get(f"{DESK}{dossier.pk}/control_sheet/"))
    chief, _ = desk_of(THERE, ("signing",))
    dossier.refresh_from_db()
    said = {"seen": dossier.version, "reason": "Người nộp đã mất", "basis": "Điều 17 Nghị định 61/2018/NĐ-CP"}
    assert chief.post(f"{DESK}{dossier.pk}/stop/", said).status_code == 302
    count, page = sheet()
    assert count == 2 and "Dừng giải quyết" in page and "Nhận hồ sơ từ đơn vị khác" in page, "the newer one takes its place"
    # What was never received was handed to nobody.
    refused = filed()
    desk.post(f"{DESK}{refused.pk}/refuse/", {"seen": refused.version, "reason": "Trùng", "basis": "Điều 17"})
    assert refused.events.filter(name="refuse").exists()
    assert not Message.objects.filter(kind="dossiers.control_sheet", done_at=None).exists()
