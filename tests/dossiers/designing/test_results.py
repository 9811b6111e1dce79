"""An officer makes what a procedure ends in without a programmer: built, tried, checked by another, published, decided by, signed; dossiers
that run keep the template of the day they were sent."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema_rs
import pgtrigger
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from lxml import html

from dossiers.designing.results import trying
from dossiers.models import Dossier, FormDesign, RegisterEntry, ResultDesign, ResultVersion, State
from dossiers.outcomes import outcome_for
from dossiers.result_documents import Value, drawn, faults
from dossiers.result_documents.drawing import content
from dossiers.results_data import FOLDER, SCHEMA, load_results, shipped_result
from dossiers.services.desk import result_of
from dossiers.services.result_templates import fields_of_form, publish_result
from portal.documents import steps
from portal.files import services as files
from portal.outbox import services as outbox
from tests.dossiers.shipped_answers import CASES
from tests.dossiers.support import NOW, decided, sign_by_hand
from tests.dossiers.test_shipped_forms import client_for, declare, give_papers
from tests.factories import make_position, sign_in

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("D-30")]
DESK = "/quan-tri/dossiers/resultdesign/"
DOSSIERS = "/quan-tri/dossiers/dossier/"
HOUSEHOLD = next(case for case in CASES if case.code == "1.001612")
CODE, AGENCY = HOUSEHOLD.code, "G12"


def words(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).replace("\u00a0", " ").split())


def _officer(*roles: str, unit: str = AGENCY, **more: Any) -> tuple[Client, Any]:
    position = make_position(unit=unit, roles=roles, **more)
    client = Client()
    sign_in(client, position.person, position=position)
    return client, position


def _send(client: Client, address: str, design: ResultDesign | None = None, status: int = 302, **said: Any) -> Any:
    if design is not None:
        design.refresh_from_db()
        said.setdefault("seen", str(design.version))
    answer = client.post(address, said)
    assert answer.status_code == status, words(answer)[:3000]
    return answer


def _begun(client: Client, code: str = CODE, **more: Any) -> ResultDesign:
    _send(client, f"{DESK}add/", procedure_code=code, **more)
    return ResultDesign.objects.get(procedure_code=code, state="drawing")


def filed() -> Dossier:
    """A household business declared by the demo mother, over HTTP."""
    client = client_for(HOUSEHOLD)
    declare(client, HOUSEHOLD)
    give_papers(client, HOUSEHOLD)
    page = client.get(f"/nop-ho-so/{CODE}/kiem-tra/")
    [form] = html.fromstring(page.content).xpath("//main//form[.//input[@name='seen']]")
    body = {box.get("name"): box.get("value") for box in form.xpath(".//input[@name]")}
    done = client.post(f"/nop-ho-so/{CODE}/kiem-tra/", body)
    if done.status_code == 422:
        [form] = html.fromstring(done.content).xpath("//main//form[.//input[@name='seen']]")
        done = client.post(f"/nop-ho-so/{CODE}/kiem-tra/", {box.get("name"): box.get("value") for box in form.xpath(".//input[@name]")})
    assert done.status_code == 302, words(done)
    return Dossier.objects.get(code=done["Location"].split("/")[2])


def received(dossier: Dossier, officer: Client) -> Dossier:
    assert officer.post(f"{DOSSIERS}{dossier.id}/receive/", {"seen": dossier.version}).status_code == 302
    dossier.refresh_from_db()
    return dossier


def decided_on_desk(dossier: Dossier, officer: Client, chief: Any, **said: str) -> Any:
    dossier.refresh_from_db()
    return officer.post(f"{DOSSIERS}{dossier.id}/decide/", {"seen": dossier.version, "signer_position_id": str(chief.id), **said})


def signed_text(dossier: Dossier, folder: Path) -> str:
    """The result as its owner takes it: drawn by the worker, signed, opened over HTTP; its words."""
    issued = result_of(dossier)
    assert issued is not None
    steps.render(issued.document_id)
    issued.document.refresh_from_db()
    sign_by_hand(issued, b"".join(files.open_plain(issued.document.unsigned_file)))
    dossier.refresh_from_db()
    assert dossier.state == State.RETURNED
    path = folder / f"{dossier.code}.pdf"
    path.write_bytes(b"".join(client_for(HOUSEHOLD).get(f"/ho-so/{dossier.code}/ket-qua/").streaming_content))  # type: ignore[attr-defined]
    read = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    return unicodedata.normalize("NFC", " ".join(read.split()))


@pytest.fixture
def unwritten(demo_data: None) -> None:
    """The household business as it was before anybody wrote what it ends in."""
    with pgtrigger.ignore("dossiers.ResultVersion:result_published_is_final"):
        ResultVersion.objects.filter(procedure_code=CODE).delete()


@pytest.mark.usefixtures("unwritten")
def test_a_result_from_the_first_block_to_the_signed_paper_and_changed_while_dossiers_run(tmp_path: Path) -> None:
    maker, _position = _officer("procedure_entering")
    checker, _other = _officer("procedure_checking")
    officer, _handles = _officer("reception", "handling", unit="H26.101")
    chiefs, chief = _officer("signing", unit="H26.101", credential_id="cred-test", title="Phó Chủ tịch thử nghiệm")
    first = received(filed(), officer)
    refused = decided_on_desk(first, officer, chief)
    assert refused.status_code in (409, 422), "nothing can be decided without a template"

    # Built: name and register, a question of the officer's, a table of what repeats, a paragraph that depends on an answer.
    design = _begun(maker)
    at = f"{DESK}{design.pk}/"
    assert design.document["title"] == "Giấy chứng nhận đăng ký hộ kinh doanh", "as the catalogue calls the result"
    _send(
        maker, at + "whole/", design, title="Giấy chứng nhận đăng ký hộ kinh doanh", has_register="on",
        register_label="Mã số hộ kinh doanh", office="Ủy ban nhân dân", capacity="TM.", place="right",
        who="lãnh đạo Ủy ban nhân dân cấp xã", valid="", subject="business_name",
        identity_numbers=["owner_id_number"],
    )  # fmt: skip
    _send(maker, at + "question/add/", design, label="Ghi chú trên giấy", kind="text")
    _send(maker, at + "question/ghi_chu_tren_giay/", design, label="Ghi chú trên giấy", max_length="200", when_join="all")
    _send(maker, at + "question/add/", design, label="Tên hộ được ghi", kind="text")
    _send(
        maker, at + "question/ten_ho_duoc_ghi/", design, label="Tên hộ được ghi", required="on", prefill="answer.business_name",
        when_join="all",
    )  # fmt: skip
    _send(maker, at + "block/add/", design, kind="table", after="2")
    place = len(design.document["blocks"])
    design.refresh_from_db()
    assert len(design.document["blocks"]) == place + 1 and design.document["blocks"][3]["kind"] == "table"
    _send(
        maker, at + "block/3/", design, heading="Ngành, nghề kinh doanh", group="answer.lines",
        columns="Tên ngành | {row.title:upper}\nMã | {row.code}", when_join="all",
    )  # fmt: skip
    _send(
        maker, at + "block/2/", design,
        lines="Tên hộ kinh doanh | {decision.ten_ho_duoc_ghi}\nChủ hộ | {answer.owner_name}\n+ Sinh năm | {answer.owner_birth_date:year}\n"
        "Ghi chú | {decision.ghi_chu_tren_giay}",
        when_join="all",
    )  # fmt: skip
    _send(maker, at + "block/add/", design, kind="paragraph", after="3")
    _send(
        maker, at + "block/4/", design, text="Hộ do các thành viên hộ gia đình {answer.owner_name} thành lập.", when_1="answer.founder",
        when_1_op="in", when_1_values="family", when_join="all",
    )  # fmt: skip
    # What is printed cannot be taken out; what cannot be printed is said at once, and is not sent.
    kept = maker.post(at + "edit/", {"what": "remove", "name": "ten_ho_duoc_ghi", "seen": _version(design)}, follow=True)
    assert "Chưa bỏ được, vì còn được dùng ở: khối 3" in words(kept)
    _send(maker, at + "block/5/", design, text="{decision.noi_dung} {answer.khong_co}", when_join="all")
    assert "không có dữ liệu nào tên 'answer.khong_co'" in words(maker.get(at + "change/"))
    assert "Chưa gửi được" in words(_send(maker, at + "send/", design, status=422, note=""))
    _send(maker, at + "edit/", design, what="block_remove", name="5")
    _send(maker, at + "edit/", design, what="remove", name="noi_dung")
    page = words(maker.get(at + "change/"))
    assert "chỗ cần sửa" not in page and "{answer.business_name}" in page and "Mã số hộ kinh doanh" in page

    # Tried under a dossier that nobody filed, on the page and as a PDF that the worker makes.
    tried = words(maker.get(at + "try/"))
    assert "CHỮ ĐIỀN THỬ" in tried and "Chủ hộ Nguyễn Thị Mẫu" in tried and "Sinh năm 1995" in tried
    _send(maker, at + "try/", design, **{"act": "in", "decision-ghi_chu_tren_giay": "Ghi thử"})
    outbox.deliver_due()
    assert "Mở bản in thử (PDF)" in words(maker.get(at + "try/"))
    pdf = b"".join(maker.get(at + "try/pdf/").streaming_content)  # type: ignore[attr-defined]
    assert pdf.startswith(b"%PDF")
    assert not Dossier.objects.filter(code="H00.00-000000-0000").exists()
    assert _version(design) == str(design.version), "trying changes nothing"

    # Sent; who wrote it does not publish it; another one does.
    _send(maker, at + "send/", design, note="Mẫu đầu tiên.")
    assert maker.post(at + "publish/", {"seen": _version(design)}).status_code == 403
    assert "Mẫu đầu tiên." in words(checker.get(at + "change/"))
    _send(checker, at + "publish/", design)
    one = ResultVersion.objects.get(procedure_code=CODE)
    assert one.number == 1 and one.design == design

    # Decided and signed with it: the dossier of before there was a template, too.
    ask = words(officer.get(f"{DOSSIERS}{first.id}/decide/"))
    assert "Tên hộ được ghi" in ask and "Mã số hộ kinh doanh" in ask
    boxes = html.fromstring(officer.get(f"{DOSSIERS}{first.id}/decide/").content.decode()).xpath("//input[@name='ten_ho_duoc_ghi']/@value")
    assert boxes == ["Hộ kinh doanh Phở Mẫu"]
    missing = decided_on_desk(first, officer, chief, registration_number="7", ten_ho_duoc_ghi="")
    assert missing.status_code == 422 and not RegisterEntry.objects.filter(dossier=first).exists()
    done = decided_on_desk(first, officer, chief, registration_number="7", ten_ho_duoc_ghi="Hộ kinh doanh Phở Mẫu")
    assert done.status_code == 302, words(done)
    assert RegisterEntry.objects.get(dossier=first).register == CODE, "a register of the procedure's own"
    assert "Tên hộ được ghi Hộ kinh doanh Phở Mẫu" in words(chiefs.get(f"{DOSSIERS}{first.id}/change/")), "the leader reads it"
    text = signed_text(first, tmp_path)
    year = timezone.localdate().year
    for part in (
        "GIẤY CHỨNG NHẬN ĐĂNG KÝ HỘ KINH DOANH", f"7/{year}", "Hộ kinh doanh Phở Mẫu", "Nguyễn Thị Mẫu", "1995", "Ngành, nghề kinh doanh",
        "QUÁN ĂN", "5610", "TM. ỦY BAN NHÂN DÂN", "Phó Chủ tịch thử nghiệm", "Hộ do các thành viên hộ gia đình",
    ):  # fmt: skip
        assert part in text, (part, text)
    assert "Ghi chú" not in text, "a line of nothing is not printed"

    # Changed while a dossier runs: it keeps what stood when it was sent, the next one gets the new.
    second = received(filed(), officer)
    change = _begun(maker)
    assert change.based_on == one
    _send(maker, f"{DESK}{change.pk}/block/4/", change, text="Bản mới: hộ kinh doanh được hoạt động từ ngày cấp.", when_join="all")
    assert "Bản mới" in words(maker.get(f"{DESK}{change.pk}/compare/"))
    _send(maker, f"{DESK}{change.pk}/send/", change, note="")
    _send(checker, f"{DESK}{change.pk}/publish/", change)
    third = received(filed(), officer)
    for number, dossier in ((8, second), (9, third)):
        done = decided_on_desk(dossier, officer, chief, registration_number=str(number), ten_ho_duoc_ghi="Hộ kinh doanh Phở Mẫu")
        assert done.status_code == 302, words(done)
    old, new = signed_text(second, tmp_path), signed_text(third, tmp_path)
    assert "Hộ do các thành viên" in old and "Bản mới" not in old
    assert "Bản mới: hộ kinh doanh được hoạt động" in new and "Hộ do các thành viên" not in new


def _version(design: ResultDesign) -> str:
    return str(ResultDesign.objects.get(pk=design.pk).version)


def test_every_printed_line_can_be_compared_and_numbers_are_masked() -> None:
    document = {
        "title": "Giấy", "signature": {"office": "Người ký", "who": "lãnh đạo"},
        "blocks": [
            {"kind": "title", "text": "Giấy"},
            {"kind": "facts", "lines": [
                {"label": "Số", "text": "{answer.number}"}, {"label": "Trống", "text": "{answer.nothing}", "beside": True},
                {"label": "Sau", "text": "{answer.nothing|answer.who:upper}", "beside": True},
            ]},
            {"kind": "facts", "heading": "Không có gì", "lines": [{"label": "Trống", "text": "{answer.nothing}"}]},
            {"kind": "paragraph", "text": "Cấp cho {answer.who}, số {answer.number}, ngày {answer.day:words}."},
            {"kind": "table", "heading": "Các dòng", "group": "answer.rows",
             "columns": [{"label": "Ai", "text": "{row.who} {row.number}"}]},
        ],
    }  # fmt: skip
    who, number = {"name": "who", "label": "Ai", "kind": "name"}, {"name": "number", "label": "Số", "kind": "id_number"}
    nothing, day = {"name": "nothing", "label": "x", "kind": "text"}, {"name": "day", "label": "Ngày", "kind": "date"}
    rows = {"name": "rows", "label": "Dòng", "kind": "group", "fields": [who, number]}
    assert faults(document, [who, number, nothing, day, rows]) == []
    said = {"who": "Lê Thị <b>Mẫu", "number": "001195000001", "nothing": "", "day": "2026-04-05"}
    values = {f"answer.{spec['name']}": Value(spec, said[spec["name"]]) for spec in (who, number, nothing, day)}
    values["answer.rows"] = Value(rows, [{"who": "Trần Văn Thử", "number": "001093000002"}, {"who": ""}, "x"])
    blocks = drawn(document, values)
    assert [block["kind"] for block in blocks] == ["title", "facts", "paragraph", "table"], "a block of nothing is not there"
    assert [[line["text"] for line in row] for row in blocks[1]["lines"]] == [["001195000001", "LÊ THỊ <B>MẪU"]]
    assert blocks[2]["text"] == "Cấp cho Lê Thị <b>Mẫu, số 001195000001, ngày ngày năm, tháng tư, năm hai nghìn không trăm hai mươi sáu."
    assert [[cell["text"] for cell in row] for row in blocks[3]["rows"]] == [["Trần Văn Thử 001093000002"]]
    lines = [line for one in content({"blocks": blocks, "signer_name": "Phạm", "signer_title": "Chủ tịch"}, "Phường") for line in one.lines]
    text = " ".join(f"{label} {value}" for label, value in lines)
    assert "001195000001" not in text and "001093000002" not in text
    assert "•••• •••• 0001" in text and "Trần Văn Thử •••• •••• 0002" in text and "Phạm, Chủ tịch" in text


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda file: file.stem)
def test_what_ships_is_in_order_and_keeps_to_the_schema(file: Path) -> None:
    document = shipped_result(file.stem)
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    assert faults(document, fields_of_form(file.stem)) == []
    assert ResultVersion.objects.get(procedure_code=file.stem).document == document
    # Every choice of the declaration can be tried, and something is printed under each.
    row = ResultDesign(procedure_code=file.stem, procedure_name="Thử", unit_code="H26.101", document=document)
    for spec in fields_of_form(file.stem):
        for value, _label in spec["choices"] if spec["kind"] == "choice" else []:
            found = trying.tried(row, {f"answer-{spec['name']}": value}, now=NOW)
            assert found["drawn"] and found["drawn"]["blocks"], (spec["name"], value, found["form"].errors)


def test_the_schema_is_published_for_everybody() -> None:
    answer = Client().get("/nha-phat-trien/mau-ket-qua.schema.json")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/schema+json"
    jsonschema_rs.meta.validate(answer.json())


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"blocks": []}, "từ 1 đến 100 khối"),
    ({"blocks": [{"kind": "paragraph", "text": "Chữ"}]}, "chưa có dòng tên"),
    ({"blocks": [{"kind": "title", "text": "{answer.child_nam}"}]}, "không có dữ liệu nào tên 'answer.child_nam'"),
    ({"blocks": [{"kind": "title", "text": "Ngoặc { lẻ"}]}, "dấu ngoặc nhọn"),
    ({"blocks": [{"kind": "title", "text": "{answer.child_name:words}"}]}, "không phải một ngày"),
    ({"blocks": [{"kind": "title", "text": "{answer.child_name:big}"}]}, "không có cách viết 'big'"),
    ({"blocks": [{"kind": "hologram"}]}, "không có loại khối này"),
    ({"blocks": ["x"]}, "không có loại khối này"),
    ({"blocks": [{"kind": "title", "text": "A"},
                 {"kind": "table", "group": "answer.child_name", "columns": [{"label": "a", "text": "b"}]}]}, "không có nhóm lặp lại"),
    ({"blocks": [{"kind": "title", "text": "A", "when": {"fact": "person.sex", "in": ["female"]}}]}, "không có thông tin 'person.sex'"),
    ({"blocks": [{"kind": "title", "text": "A", "when": {"field": "child_sex", "in": ["female"]}}]}, "không có trong biểu mẫu"),
    ({"title": "Giấy của {dossier.owner}"}, "ai cũng đọc được"),
    ({"register": None}, "không lấy số"),
    ({"signature": {"office": "Người ký"}}, "Chữ ký gồm"),
    ({"fields": [{"name": "a", "label": "A", "kind": "choices", "choices": [["x", "X"]]}]}, "không dùng được loại này"),
    ({"fields": [{"name": "book", "label": "A", "kind": "text"}]}, "dành cho trang quyết định"),
    ({"fields": [{"name": "a", "label": "A", "kind": "text", "prefill": "answer.nobody"}]}, "tờ khai không có câu ấy"),
    ({"fields": [{"name": "a", "label": "A", "kind": "text", "when": {"field": "decision.b", "filled": True}}]}, "không có trong biểu mẫu"),
    ({"fields": [{"name": "a", "kind": "hologram", "label": "A"}]}, "không có loại câu hỏi"),
    ({"valid": {"years": "nobody"}}, "không có câu hỏi số"),
    ({"valid": {"until": "nobody"}}, "không có câu hỏi ngày"),
    ({"subject": "nobody"}, "không có câu 'nobody'"),
    ({"identity_numbers": ["child_name"]}, "không có câu hỏi số định danh"),
    ({"magic": 1}, "khóa không biết"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), WRONG, ids=[said for _change, said in WRONG])
def test_what_could_not_be_printed_is_refused_with_place_and_fault(change: dict[str, Any], said: str) -> None:
    document = {**shipped_result("1.001193"), **change}
    document = {key: value for key, value in document.items() if value is not None}
    found = " ".join(fault.message for fault in faults(document, fields_of_form("1.001193")))
    assert said in found
    with pytest.raises(ValidationError):
        publish_result(procedure_code="1.001193", document=document, now=NOW)


def test_a_published_template_is_final_and_the_same_again_changes_nothing() -> None:
    before = ResultVersion.objects.count()
    load_results()
    assert ResultVersion.objects.count() == before
    with pytest.raises(DatabaseError), transaction.atomic():
        ResultVersion.objects.filter(procedure_code="1.001193").update(number=9)


def test_a_dossier_keeps_the_template_of_the_day_it_was_sent() -> None:
    dossier = decided().dossier
    first = outcome_for(dossier)
    assert first is not None
    changed = {**shipped_result("1.001193"), "title": "Giấy khai sinh mới"}
    later = publish_result(procedure_code="1.001193", document=changed, now=timezone.now())
    assert outcome_for(dossier) == first
    dossier.submitted_at = later.published_at
    found = outcome_for(dossier)
    assert found is not None and (found.number, found.title) == (later.number, "Giấy khai sinh mới")


def test_one_design_a_procedure_only_ones_own_agencys_and_carried_as_a_file() -> None:
    maker, _position = _officer("procedure_entering", unit="G15")
    design = _begun(maker, "1.001193")
    assert "đang có một thiết kế chưa xong" in words(_send(maker, f"{DESK}add/", status=422, procedure_code="1.001193"))
    stranger, _other = _officer("procedure_entering", "procedure_checking", unit="G17")
    for path in ("", "file/", "compare/", "try/", "try/pdf/", "whole/", "block/add/", "block/0/", "question/add/"):
        assert stranger.get(f"{DESK}{design.pk}/{path}").status_code in (302, 404)
    for path in ("drop/", "edit/", "try/"):
        assert stranger.post(f"{DESK}{design.pk}/{path}", {"seen": "1", "what": "block_up", "name": "1"}).status_code == 404
    for path in ("block/99/", "block/0/line/0/", "block/3/line/99/", "question/nobody/", "try/pdf/"):
        assert maker.get(f"{DESK}{design.pk}/{path}").status_code == 404, path

    file = maker.get(f"{DESK}{design.pk}/file/")
    assert json.loads(file.content) == design.document
    _send(maker, f"{DESK}{design.pk}/drop/", design)
    again = _begun(maker, "1.001193", file=SimpleUploadedFile("mau.json", file.content))
    assert again.document == design.document
    _send(maker, f"{DESK}{again.pk}/drop/", again)
    wrong = {**design.document, "blocks": [{"kind": "title", "text": "{answer.nobody}"}]}
    for body in (b"", b"\xff\xfe", b"[]", b'{"blocks": []}', json.dumps(wrong).encode(), b"[" * 200_000):
        answer = _send(maker, f"{DESK}add/", status=422, procedure_code="1.001193", file=SimpleUploadedFile("mau.json", body))
        assert "tệp" in words(answer).lower()


def test_who_made_it_and_checks_too_does_not_publish_their_own() -> None:
    both, _position = _officer("procedure_entering", "procedure_checking", unit="G15")
    design = _begun(both, "1.001193")
    at = f"{DESK}{design.pk}/"
    _send(both, at + "block/3/line/0/", design, label="Họ và tên", text="{answer.child_name:upper}", when_join="all")
    design.refresh_from_db()
    assert design.document["blocks"][3]["lines"][0]["label"] == "Họ và tên"
    _send(both, at + "send/", design, note="")
    answer = both.post(at + "publish/", {"seen": _version(design)})
    assert answer.status_code == 403 and ResultDesign.objects.get(pk=design.pk).state == "checking"


def test_a_page_with_many_blocks_costs_the_same(django_assert_max_num_queries: Any) -> None:
    maker, _position = _officer("procedure_entering", unit="G15")
    design = _begun(maker, "1.001193")
    document = {**design.document, "blocks": [*design.document["blocks"], *({"kind": "paragraph", "text": f"Đoạn {n}"} for n in range(80))]}
    ResultDesign.objects.filter(pk=design.pk).update(document=document)
    maker.get(f"{DESK}{design.pk}/change/")
    with django_assert_max_num_queries(25):
        assert maker.get(f"{DESK}{design.pk}/change/").status_code == 200


def test_a_form_that_drops_what_the_result_prints_says_so_to_who_makes_it() -> None:
    maker, _position = _officer("procedure_entering", unit="G15")
    desk = "/quan-tri/dossiers/formdesign/"
    _send(maker, f"{desk}add/", procedure_code="1.001193")
    design = FormDesign.objects.get()
    assert "Mẫu kết quả của thủ tục dùng câu hỏi" not in words(maker.get(f"{desk}{design.pk}/change/"))
    _send(maker, f"{desk}{design.pk}/edit/", seen=str(design.version), what="remove", name="child_home_town")
    page = words(maker.get(f"{desk}{design.pk}/change/"))
    assert "Mẫu kết quả của thủ tục dùng câu hỏi" in page and "không có dữ liệu nào tên 'answer.child_home_town'" in page
