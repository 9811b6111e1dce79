"""Slips in their dated sets (D-10): the set of the day of issue, every line comparable, what was issued before stays what it was."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client

from dossiers import services, slips
from dossiers.models import Dossier, DossierDocument, UnitSlip
from dossiers.slip_sets import sheets
from dossiers.slip_sets.drawing import PLACE, SLIP
from dossiers.slip_sets.issuing import content_or, issue, issue_of
from dossiers.slip_sets.sets import all_sets, set_on
from dossiers.slip_sets.sheets import ControlRow, SlipRefused, issue_control_sheet, outcome_words
from portal.documents.models import Document
from portal.documents.rendering import document_html, html_to_pdf
from portal.documents.services import open_pdf, verify
from tests.dossiers.support import NOW, filed, mother, received, sign_by_hand
from tests.dossiers.test_bulk_acts import worked
from tests.dossiers.test_kinds import DESK, desk, words
from tests.dossiers.test_slips import text_of
from tests.dossiers.test_supplements import ask
from tests.factories import make_officer_actor, sign_in
from tests.support import qr
from tests.support.processes import eventually

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("D-10")]
UNIT = "Ủy ban nhân dân phường Hoàn Kiếm"


def html_of(document: Document) -> str:
    return document_html(document, at=NOW)


def test_two_sets_six_and_seven_and_the_one_of_the_day() -> None:
    old, new = all_sets()
    assert ([one["number"] for one in old.numbered], [one["number"] for one in new.numbered]) == (
        ["01", "02", "03", "04", "05", "06"],
        ["01", "02", "03", "04", "05", "06", "07"],
    )
    assert set_on(date(2025, 6, 30)) is old and set_on(date(2025, 7, 1)) is new and set_on(date(2001, 1, 1)) is old
    assert old.slip(slips.STOP) is None and new.slip(slips.STOP)["number"] == "05"  # type: ignore[index]
    assert (old.slip(slips.CONTROL)["number"], new.slip(slips.CONTROL)["number"]) == ("05", "06")  # type: ignore[index]
    assert new.slip(slips.APOLOGY)["name"].startswith("Văn bản xin lỗi") and old.slip(slips.APOLOGY)["name"].startswith("Phiếu")  # type: ignore[index]
    for one in (*old.numbered, *new.numbered, *new.local):
        assert {block["kind"] for block in one["blocks"]} <= {"facts", "table", "paragraph"} and one["name"]
        assert not re.search(r"[{}]", PLACE.sub("", json.dumps([_texts(block) for block in one["blocks"]], ensure_ascii=False)))


def _texts(block: dict[str, Any]) -> list[str]:
    return [block.get("text", ""), *(one["text"] for one in (*block.get("lines", ()), *block.get("columns", ())))]


def test_what_is_issued_stands_in_the_set_of_the_day_and_every_line_can_be_compared(tmp_path: Path) -> None:
    officer = make_officer_actor()
    dossier = received(officer)
    document = dossier.documents.get(role="receipt").document
    html = html_of(document)
    assert "Mẫu số 01, Thông tư 03/2025/TT-VPCP" in text_of(html) and document.context[SLIP]["set"] == "2025"
    assert {"Tờ khai điện tử", dossier.papers.get().label} <= set(re.findall(r"<td>([^<]+)</td>", html))
    _compared(document, slips.RECEIPT, slips.receipt_content)
    path = tmp_path / "slip.pdf"
    path.write_bytes(html_to_pdf(html))
    info = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
    assert "Tagged:          yes" in info and "Pages:           1\n" in info

    # The same day in 2020 another circular would stand below the name, and the apology would have its old name.
    then = NOW.replace(year=2020)
    context = slips.apology_context(dossier, old=dossier.due_at or NOW, reason="Chờ xác minh.", signer="Lãnh đạo thử")
    former = issue(kind=slips.APOLOGY, key="x", context=context, unit_code=dossier.unit_code, subject=dossier.pk, actor=officer, now=then)
    now = issue(kind=slips.APOLOGY, key="y", context=context, unit_code=dossier.unit_code, subject=dossier.pk, actor=officer, now=NOW)
    assert "Mẫu số 04, Thông tư 01/2018/TT-VPCP" in text_of(html_of(former)) and former.title.startswith("Phiếu xin lỗi")
    assert now.title == "Văn bản xin lỗi và đề nghị gia hạn thời gian giải quyết"
    _compared(now, slips.APOLOGY, slips.apology_content)
    stop = slips.stop_context(dossier, reason="Lý do")
    plain = issue(
        kind=slips.STOP, key="z", context=stop, unit_code=dossier.unit_code, subject=dossier.pk, actor=officer, now=then,
        title="Thông báo dừng giải quyết hồ sơ", before="documents/stop_notice.html",
    )  # fmt: skip
    assert "Mẫu số" not in text_of(html_of(plain)) and SLIP not in plain.context


def test_each_slip_is_sealed_by_its_unit_and_its_code_leads_to_the_page_that_proves_it(outside: Any, settings: Any) -> None:
    officer = make_officer_actor(roles=("reception", "handling", "clerk", "signing"))
    dossier, refused = received(officer), filed()
    services.refuse(
        actor=officer, dossier_id=refused.pk, seen_version=refused.version, reason="Không thuộc thẩm quyền.", basis="Luật Hộ tịch", now=NOW
    )
    issue_control_sheet(dossier, [ControlRow("Bộ phận Một cửa", "Lãnh đạo", NOW)], actor=officer, now=NOW)
    apology = slips.apology_context(dossier, old=dossier.due_at or NOW, reason="Chờ xác minh.", signer="Lãnh đạo thử")
    issue_of(dossier, DossierDocument.Role.APOLOGY, kind=slips.APOLOGY, key="apology", context=apology, actor=officer, now=NOW)
    day = NOW.date()
    of_the_unit = [
        sheets.issue_register(actor=officer, unit_code="H26.101", first=day, last=day, now=NOW),
        sheets.issue_handover(actor=officer, unit_code="H26.101", dossier_ids=[dossier.pk], receiver="Lưu trữ", now=NOW),
    ]
    ask(dossier, officer)
    asked = Dossier.objects.get(pk=dossier.pk)
    services.call_off_supplement(actor=officer, dossier_id=asked.pk, seen_version=asked.version, reason="Đã đủ.", now=NOW)
    asked.refresh_from_db()
    services.stop(actor=officer, dossier_id=asked.pk, seen_version=asked.version, reason="Không đủ căn cứ.", basis="Điều 17", now=NOW)
    made = Document.objects.filter(subject_id__in=[dossier.pk, refused.pk, *(one.pk for one in of_the_unit)]).exclude(kind=slips.SENT)
    kinds = {slips.RECEIPT, slips.REFUSAL, slips.CONTROL, slips.APOLOGY, slips.SUPPLEMENT, slips.STOP, slips.REGISTER, slips.HANDOVER}
    # The request that was taken back at once is not sealed any more: another is.
    ask(again := received(officer), officer)
    wanted = made.exclude(state=Document.CANCELLED) | Document.objects.filter(subject_id=again.pk, kind=slips.SUPPLEMENT)
    assert set(wanted.values_list("kind", flat=True)) == kinds

    def sealed() -> bool:
        worked("documents.render", "documents.sign")
        return not wanted.exclude(state=Document.SIGNED).exists()

    eventually(sealed, 60, 0.3)
    for document in wanted:
        pdf = b"".join(open_pdf(document))
        [signature] = verify(pdf).signatures
        assert signature.signer is not None and signature.signer.organisation_code == "H26.101", document.kind
        [address] = qr.in_pdf(pdf)
        assert address == f"{settings.SITE_URL}/xac-minh/{document.token}/", document.kind
        assert document.title in words(Client().get(address.removeprefix(settings.SITE_URL))), document.kind


def _compared(document: Document, kind: str, former: Any = None) -> None:
    """Every value printed stands in what a print is compared with."""
    lines = [value for section in content_or(former)(document.context, UNIT) for _label, value in section.lines]
    main = html_of(document).partition("<main>")[2].partition("</main>")[0]
    for value in [text_of(one) for one in re.findall(r"<(?:dd|td)>(.*?)</(?:dd|td)>", main, re.S)]:
        assert not value or value.isdigit() or any(value in line for line in lines), value
    assert document.kind == kind


def test_a_slip_of_before_the_sets_is_read_as_it_was() -> None:
    officer = make_officer_actor()
    dossier = received(officer)
    document = dossier.documents.get(role="receipt").document
    context = {key: value for key, value in document.context.items() if key not in (SLIP, "pieces", "filed_words")}
    Document.objects.filter(pk=document.pk).update(template="documents/receipt.html")
    document.refresh_from_db()
    document.context = context
    assert "1. Thành phần hồ sơ" in text_of(html_of(document)) and "Mẫu số" not in text_of(html_of(document))
    lines = [value for section in content_or(slips.receipt_content)(context, UNIT) for _label, value in section.lines]
    assert dossier.code in lines and any("Tờ khai điện tử (1); " in line for line in lines)


def test_a_refusal_comes_with_its_slip_and_an_undone_one_takes_it_back() -> None:
    with time_machine.travel(NOW, tick=False):
        officer, _ = desk("H26.101", "reception", "handling")
        dossier = filed()
        given = {"seen": dossier.version, "reason": "Không thuộc thẩm quyền.", "basis": "Luật Hộ tịch điều 13"}
        officer.post(f"{DESK}{dossier.pk}/refuse/", given)
        issued = dossier.documents.get(role="refusal")
        shown = text_of(html_of(issued.document))
        assert "Mẫu số 03" in shown and "Luật Hộ tịch điều 13" in shown and str(dossier.code) in shown
        _compared(issued.document, slips.REFUSAL)
        mothers = Client()
        sign_in(mothers, mother())
        assert "Phiếu từ chối tiếp nhận" in words(mothers.get(f"/ho-so/{dossier.code}/"))
        assert mothers.get(f"/ho-so/{dossier.code}/tu-choi/").status_code == 404, "not sealed yet"
        sign_by_hand(issued)
        assert mothers.get(f"/ho-so/{dossier.code}/tu-choi/").status_code == 200
        version = Dossier.objects.get(pk=dossier.pk).version
        assert officer.post(f"{DESK}{dossier.pk}/undo_refuse/", {"seen": version, "reason": "Nhầm hồ sơ"}).status_code == 302
        issued.refresh_from_db()
        assert issued.cancelled_at == NOW and issued.document.state == Document.REVOKED
        version = Dossier.objects.get(pk=dossier.pk).version
        officer.post(f"{DESK}{dossier.pk}/refuse/", {"seen": version, "reason": "Thiếu căn cứ.", "basis": "Luật Hộ tịch"})
        assert dossier.documents.filter(role="refusal").count() == 2


def test_the_control_sheet_takes_rows_and_a_newer_one_takes_its_place() -> None:
    officer = make_officer_actor()
    dossier = received(officer)
    rows = [
        ControlRow("Bộ phận Một cửa", "Công chức tư pháp – hộ tịch", NOW, outcome_words(NOW, dossier.due_at), "Đủ giấy tờ"),
        ControlRow("Công chức tư pháp – hộ tịch", "Lãnh đạo", NOW + timedelta(hours=2)),
    ]
    with pytest.raises(ValueError, match="handing over"):
        issue_control_sheet(dossier, [], actor=officer, now=NOW)
    first = issue_control_sheet(dossier, rows[:1], actor=officer, now=NOW)
    second = issue_control_sheet(dossier, rows, actor=officer, now=NOW)
    first.refresh_from_db()
    assert first.cancelled_at == NOW and first.document.state == Document.CANCELLED and second.cancelled_at is None
    shown = text_of(html_of(second.document))
    assert "Mẫu số 06" in shown and shown.index("Bộ phận Một cửa") < shown.index("Lãnh đạo") and "Đủ giấy tờ" in shown
    _compared(second.document, slips.CONTROL)
    assert [outcome_words(NOW, due) for due in (None, NOW - timedelta(1), NOW + timedelta(hours=1), NOW + timedelta(1))] == [
        "", "Quá hạn", "Đúng hạn", "Trước hạn",
    ]  # fmt: skip


def test_a_unit_makes_its_register_and_hands_over_what_is_its_own() -> None:
    with time_machine.travel(NOW, tick=False):
        officer, position = desk("H26.101", "reception", "clerk")
        dossier = received(make_officer_actor())
        base = "/quan-tri/dossiers/unitslip/"
        assert "Lập sổ theo dõi" in words(officer.get(base))
        asked = {"unit_code": "H26.101", "first": "20/11/2026", "last": "20/11/2026"}
        assert officer.post(f"{base}register/", asked).status_code == 302
        register = UnitSlip.objects.get()
        assert register.dossiers == [dossier.pk] and register.made_by == position.pk
        shown = text_of(html_of(register.document))
        assert "Mẫu số 07" in shown and str(dossier.code) in shown and "Nguyễn Thị Mẫu" in shown
        _compared(register.document, slips.REGISTER)
        none = officer.post(f"{base}register/", asked | {"first": "01/01/2026", "last": "02/01/2026"})
        assert none.status_code == 422 and "Không tiếp nhận hồ sơ nào" in words(none)
        assert "Một sổ nhiều nhất 31 ngày" in words(officer.post(f"{base}register/", asked | {"first": "01/01/2026"}))

        wrong = officer.post(f"{base}handover/", {"unit_code": "H26.101", "receiver": "Lưu trữ", "codes": f"{dossier.code} H26.101-1"})
        assert wrong.status_code == 422 and "H26.101-1" in words(wrong)
        assert officer.post(f"{base}handover/", {"unit_code": "H26.101", "receiver": "Lưu trữ", "codes": dossier.code}).status_code == 302
        handover = UnitSlip.objects.get(kind="handover")
        assert "Lưu trữ" in text_of(html_of(handover.document)) and "1 tệp giấy tờ" in text_of(html_of(handover.document))
        _compared(handover.document, slips.HANDOVER)
        assert "Lưu trữ" in words(officer.get(f"{base}{handover.pk}/change/"))
        assert officer.get(f"{base}{handover.pk}/pdf/").status_code == 404

        elsewhere, _ = desk("H29.101", "reception", "clerk", "signing")
        assert elsewhere.get(f"{base}{handover.pk}/change/").status_code == 404
        assert elsewhere.post(f"{base}register/", asked).status_code == 422, "not among its units"
        with pytest.raises(SlipRefused):
            sheets.issue_handover(
                actor=make_officer_actor("H29.101"), unit_code="H29.101", dossier_ids=[dossier.pk], receiver="Ai đó", now=NOW
            )
    with pytest.raises(DatabaseError), transaction.atomic():
        UnitSlip.objects.update(made_label="Khác")
