"""Whole dossiers over everybody's own browser (issue of the desk, acceptance 1 and 2): a household business returned once for two defects,
completed, paid and decided; a food-safety dossier that waits for a ministry, is late, and gets an apology with another day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from dossiers.models import Dossier, DossierDocument, NationalDossier, RegisterEntry, State
from dossiers.national import is_on_time
from dossiers.process import running
from dossiers.queries import unit_calendar
from dossiers.services.desk import result_of
from dossiers.services.national import facts_of
from dossiers.services.result_templates import publish_result
from dossiers.supplements.desk import SupplementForm
from portal.documents.rendering import document_html
from portal.notifications.models import Notification
from tests.dossiers.processes import food_filed, fresh, post, step_of
from tests.dossiers.shipped_answers import CASES
from tests.dossiers.support import ComesBack, hidden, mark_clean, mother, pay, photo, sign_by_hand
from tests.dossiers.test_kinds import DESK, words
from tests.dossiers.test_kinds import desk as desk_of_a_day
from tests.dossiers.test_shipped_forms import at, client_for, declare, give_papers
from tests.dossiers.test_slips import text_of
from tests.dossiers.test_supplied_papers import sent

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("D-11", "D-12", "D-19")]
HOUSEHOLD = "1.001612"
CERTIFICATE: dict[str, Any] = {
    "title": "Giấy chứng nhận đăng ký hộ kinh doanh",
    "register": {"code": "household", "label": "Mã số hộ kinh doanh"},
    "signature": {"office": "Người ký", "who": "lãnh đạo Ủy ban nhân dân"},
    "subject": "business_name",
    "fields": [
        {
            "name": "business_name",
            "section": "Hộ kinh doanh",
            "label": "Tên hộ kinh doanh",
            "kind": "text",
            "required": True,
            "max_length": 200,
            "prefill": "answer.business_name",
        }
    ],
    "blocks": [
        {"kind": "title", "text": "Giấy chứng nhận đăng ký hộ kinh doanh"},
        {"kind": "number", "lines": [{"label": "Mã số", "text": "{register.number}"}]},
        {"kind": "facts", "lines": [{"label": "Tên hộ kinh doanh", "text": "{decision.business_name}"}]},
    ],
}


def desk(place: str, *roles: str, credential: str = "") -> tuple[Client, Any]:
    """An officer who works there for days."""
    _client, position = desk_of_a_day(place, *roles, credential=credential)
    return ComesBack(position.person, position), position


def told(template: str) -> set[str]:
    """By which ways the mother was told."""
    return set(Notification.objects.filter(template=template, party_id=mother().pk).values_list("channel", flat=True))


def test_a_household_business_is_returned_once_completed_paid_and_decided(outside: Any) -> None:
    publish_result(procedure_code=HOUSEHOLD, document=CERTIFICATE, now=timezone.now())
    case = next(one for one in CASES if one.code == HOUSEHOLD)
    filing = client_for(case)
    filing.get(at(HOUSEHOLD, "to-khai/"))
    declare(filing, case)
    give_papers(filing, case)
    dossier: Dossier = sent(filing, HOUSEHOLD)
    applicant, page = ComesBack(mother()), f"/ho-so/{dossier.code}/"
    receiver, _receiver = desk(dossier.unit_code, "reception")
    specialist, held = desk(dossier.unit_code, "handling")
    lead, chief = desk(dossier.unit_code, "signing", credential="cred-test")

    # Received at one desk, given to who appraises.
    assert post(receiver, dossier, "receive").status_code == 302
    mark_clean(dossier)
    assert told("dossiers.received") >= {"inbox", "sms"}
    assert post(receiver, dossier, "assign", officer=str(held.pk), reason="Đăng ký kinh doanh").status_code == 302
    assert fresh(dossier).officer_id == held.pk
    if (step := dossier.steps.filter(finished_at=None).first()) is not None and not step.act:
        # Where the ward's process has a step before the decision.
        assert post(specialist, dossier, "pass_step", note="Đủ", to_position=str(held.pk)).status_code == 302

    # Returned once, for two defects: a field and a paper.
    due, form = fresh(dossier).due_at, SupplementForm(None, dossier=fresh(dossier))
    places = {one["name"]: one["place"] for one in form.lines}
    paper = dossier.papers.get()
    body = {
        f"reason_{places['business_name']}": "BS08",
        f"words_{places['business_name']}": "Tên phải có loại hình.",
        f"reason_{places[paper.kind]}": "BS03",
        f"words_{places[paper.kind]}": "Chụp lại cho rõ.",
        "days": "5",
        "words": "",
    }
    assert post(specialist, dossier, "ask_supplement", **body).status_code == 302
    asked = dossier.supplements.get()
    assert sorted(one.name for one in asked.defects.all()) == sorted(["business_name", paper.kind])
    assert fresh(dossier).state == State.INCOMPLETE and told("dossiers.supplement_asked") >= {"inbox", "sms"}

    # Completed by the applicant: what is flagged is open, and nothing else.
    answer = f"{page}bo-sung/"
    shown = applicant.get(answer)
    source = shown.content.decode()
    assert 'name="business_name"' in source and 'name="capital"' not in source and "Tên phải có loại hình." in words(shown)
    typed = {"business_name": "Hộ kinh doanh Phở Mẫu Mới", f"tep-{paper.kind}": photo("rõ.png")}
    assert applicant.post(answer, hidden(shown, act="gui", explanation="") | typed).status_code == 302
    assert fresh(dossier).state == State.PROCESSING and fresh(dossier).answers["business_name"] == "Hộ kinh doanh Phở Mẫu Mới"
    again = post(specialist, dossier, "ask_supplement", **body)
    assert again.status_code == 409 and "lãnh đạo duyệt" in words(again), "once; another one needs a leader"
    mark_clean(dossier)

    # Paid: the clock waits for the money.
    asking = {"name_1": "Lệ phí đăng ký hộ kinh doanh", "kind_1": "charge", "amount_1": "100.000", "days": "5", "reason": "Nghị quyết tỉnh"}
    asking |= dict.fromkeys(("name_2", "amount_2", "name_3", "amount_3"), "") | {"kind_2": "charge", "kind_3": "charge"}
    done = post(specialist, dossier, "ask_payment", **asking)
    assert done.status_code == 302, words(done)
    assert fresh(dossier).state == State.PAYMENT_DUE and "100.000" in words(applicant.get(page))
    pay(dossier)
    assert fresh(dossier).state == State.PROCESSING
    later = fresh(dossier).due_at
    assert due is not None and later is not None and later >= due

    # Decided by the specialist, signed by the leader, told and kept.
    ask = words(specialist.get(f"{DESK}{dossier.pk}/decide/"))
    assert "Tên hộ kinh doanh" in ask
    written = {"registration_number": "7/2026", "business_name": "Hộ kinh doanh Phở Mẫu Mới", "signer_position_id": str(chief.pk)}
    decided = post(specialist, dossier, "decide", **written)
    assert decided.status_code == 302, words(decided)
    assert "Hộ kinh doanh Phở Mẫu Mới" in words(lead.get(f"{DESK}{dossier.pk}/change/"))
    issued = result_of(fresh(dossier))
    assert issued is not None and "Hộ kinh doanh Phở Mẫu Mới" in document_html(issued.document, at=timezone.now())
    sign_by_hand(issued)
    assert fresh(dossier).state == State.RETURNED and RegisterEntry.objects.get(dossier=dossier).register == "household"
    assert told("dossiers.result") >= {"inbox", "sms"} and applicant.get(f"{page}ket-qua/").status_code == 200
    # The way it went stands in the control sheet.
    assert post(lead, dossier, "control_sheet").status_code == 302
    sheet = text_of(document_html(dossier.documents.get(role=DossierDocument.Role.CONTROL).document, at=timezone.now()))
    for part in ("Yêu cầu bổ sung", "Đã bổ sung", "Yêu cầu nộp phí, lệ phí", "Đã nộp phí, lệ phí", "Trả kết quả"):
        assert part in sheet, part


def test_a_food_safety_dossier_waits_for_a_ministry_is_late_and_gets_an_apology() -> None:
    dossier = food_filed()
    unit, page = dossier.unit_code, f"/ho-so/{dossier.code}/"
    applicant = ComesBack(mother())
    specialist, held = desk(unit, "reception", "handling")
    lead, _chief = desk(unit, "signing")
    ministry, _theirs = desk("G02", "handling")
    assert post(specialist, dossier, "receive").status_code == 302
    mark_clean(dossier)
    post(lead, dossier, "assign", officer=str(held.pk))
    assert post(specialist, dossier, "pass_step", note="Đủ giấy tờ", to_position=str(held.pk)).status_code == 302
    asked = {"matter": "san-pham-cong-thuong", "agencies": ["G02"], "others": "", "question": "Bánh kẹo thuộc bộ nào?", "days": "5"}
    assert post(specialist, dossier, "ask_opinion", **asked).status_code == 302
    opinion = dossier.opinions.get()
    assert "hỏi ý kiến cơ quan khác" in words(applicant.get(page))
    due = fresh(dossier).due_at
    assert due is not None and opinion.due_at < due

    # The ministry does not answer in time: the step may go on, and says why.
    with time_machine.travel(opinion.due_at + timedelta(hours=1), tick=True):
        shown = words(specialist.get(f"{DESK}{dossier.pk}/change/"))
        assert "Quá hạn mà chưa có ý kiến" in shown
        assert "vì sao vẫn chuyển" in words(post(specialist, dossier, "pass_step", note="", to_position=""))
    # Before the day is over the head apologises and names another one.
    with time_machine.travel(due - timedelta(hours=2), tick=True):
        day = timezone.localdate() + timedelta(days=7)
        while not unit_calendar(unit).hours(day):
            day += timedelta(days=1)
        typed = {"day": f"{day:%d/%m/%Y}", "reason": "Chờ ý kiến Bộ Công Thương."}
        assert post(lead, dossier, "reappoint", **typed).status_code == 302
        assert told("dossiers.reappointed") >= {"inbox", "sms"}
        letter = dossier.documents.get(role=DossierDocument.Role.APOLOGY)
        assert "Chờ ý kiến Bộ Công Thương." in document_html(letter.document, at=timezone.now())
        sign_by_hand(letter)
        assert applicant.get(f"{page}xin-loi-hen-lai/").status_code == 200
        assert post(lead, dossier, "reappoint", **typed).status_code == 409, "once"
    new = fresh(dossier).due_at
    assert new is not None and new > due and fresh(dossier).due_counted == due
    # By the old day it is late in the figures; the desk counts by the new one.
    with time_machine.travel(due + timedelta(days=1), tick=True):
        assert str(dossier.code) not in words(specialist.get(f"{DESK}?viec=qua-han"))
        step = step_of(dossier)
        assert running.due_of(step, fresh(dossier), unit_calendar(unit)) <= due
        row = NationalDossier.objects.get(code=dossier.code)
        assert is_on_time(facts_of(row), until=timezone.localdate()) is False
        # The ministry answers at last; who asked hears of it, and the dossier goes on.
        said = {"verdict": "agree", "words": ""}
        assert ministry.post(f"/quan-tri/dossiers/dossieropinion/{opinion.pk}/answer/", said).status_code == 302
        assert Notification.objects.filter(template="dossiers.opinion_answered", party_id=held.person_id).exists()
        assert post(specialist, dossier, "pass_step", to_position="").status_code == 302
        assert step_of(dossier).act == "decide"
    with time_machine.travel(new + timedelta(hours=1), tick=True):
        assert str(dossier.code) in words(specialist.get(f"{DESK}?viec=qua-han"))
        assert "quá hạn" in words(specialist.get(f"{DESK}{dossier.pk}/change/")).lower()
