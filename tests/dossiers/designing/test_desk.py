"""An officer makes the next form without a programmer; another one checks and publishes it; who files meets it at once."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from dossiers.models import FormDesign, FormVersion
from tests.dossiers.support import filed, hidden
from tests.factories import make_person, make_position, sign_in

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("D-03")]
DESK = "/quan-tri/dossiers/formdesign/"
CODE = "1.001193"
AGENCY = "G15"


def _officer(*roles: str, unit: str = AGENCY, **more: Any) -> tuple[Client, Any]:
    position = make_position(unit=unit, roles=roles, **more)
    client = Client()
    sign_in(client, position.person, position=position)
    return client, position


def _send(client: Client, address: str, design: FormDesign | None = None, status: int = 302, **said: Any) -> Any:
    """A form of the desk as it was shown now."""
    if design is not None:
        design.refresh_from_db()
        said.setdefault("seen", str(design.version))
    answer = client.post(address, said)
    assert answer.status_code == status, re.sub(r"<[^>]+>|\s+", " ", answer.content.decode())[:3000]
    return answer


def _begun(client: Client, code: str = CODE, **more: Any) -> FormDesign:
    _send(client, f"{DESK}add/", procedure_code=code, **more)
    return FormDesign.objects.get(procedure_code=code, state="drawing")


def _fields(design: FormDesign) -> dict[str, Any]:
    design.refresh_from_db()
    return {field["name"]: field for field in design.document["fields"]}


def test_a_form_from_the_first_question_to_the_citizen() -> None:
    maker, _position = _officer("procedure_entering")
    checker, _other = _officer("procedure_checking")
    before = FormVersion.objects.filter(procedure_code=CODE).order_by("-number").first()
    assert before is not None
    design = _begun(maker)
    at = f"{DESK}{design.pk}/"
    assert design.document == before.as_document and design.based_on == before

    # A choice, a question that depends on it, a repeated group with two columns.
    _send(maker, at + "question/add/", design, label="Bạn có nhận kết quả qua bưu chính không?", kind="choice")
    name = "ban_co_nhan_ket_qua_qua_buu_chinh_khong"
    assert name in _fields(design)
    page = maker.get(f"{at}question/{name}/")
    assert page.status_code == 200
    _send(
        maker, f"{at}question/{name}/", design,
        label="Bạn có nhận kết quả qua bưu chính không?", required="on", choices="Có\nKhông", when_join="all", compare_op="",
    )  # fmt: skip
    assert _fields(design)[name]["choices"] == [["co", "Có"], ["khong", "Không"]] and _fields(design)[name]["required"] is True
    _send(maker, at + "question/add/", design, label="Địa chỉ nhận", kind="text", after=name)
    _send(
        maker, f"{at}question/dia_chi_nhan/", design, label="Địa chỉ nhận", max_length="200",
        when_1=name, when_1_op="in", when_1_values="Có", needed_1=name, needed_1_op="in", needed_1_values="co",
    )  # fmt: skip
    assert _fields(design)["dia_chi_nhan"]["when"] == {"field": name, "in": ["co"]}
    assert _fields(design)["dia_chi_nhan"]["required_when"] == {"field": name, "in": ["co"]}
    _send(maker, at + "question/add/", design, label="Anh chị em của trẻ", kind="group")
    _send(maker, f"{at}question/add/?group=anh_chi_em_cua_tre", design, label="Năm sinh", kind="year")
    columns = [column["name"] for column in _fields(design)["anh_chi_em_cua_tre"]["fields"]]
    assert columns == ["ten", "nam_sinh"]
    # A second condition, over the group: only of a girl.
    _send(
        maker, f"{at}question/anh_chi_em_cua_tre/", design, label="Anh chị em của trẻ", item="Anh chị em", least="1", most="20",
        when_join="all", when_1="child_sex", when_1_op="in", when_1_values="female",
    )  # fmt: skip
    assert _fields(design)["anh_chi_em_cua_tre"]["when"] == {"field": "child_sex", "in": ["female"]}

    # What others refer to cannot be taken out; what nobody needs can.
    refused = maker.post(at + "edit/", {"what": "remove", "name": name, "seen": str(design.version)}, follow=True)
    assert "Chưa bỏ được, vì còn được dùng ở: Địa chỉ nhận" in refused.content.decode() and name in _fields(design)

    # Compared, tried, sent; who wrote it cannot publish it, whatever their roles.
    compared = maker.get(at + "compare/").content.decode()
    assert "Câu hỏi “Địa chỉ nhận”" in compared and "Thêm" in compared
    running = filed(now=timezone.now())
    _send(maker, at + "send/", design, note="Thêm nhận kết quả qua bưu chính.")
    assert maker.post(at + "publish/", {"seen": str(design.version)}).status_code == 403
    assert "Thêm nhận kết quả qua bưu chính." in checker.get(at + "change/").content.decode()
    _send(checker, at + "publish/", design)
    newest = FormVersion.objects.filter(procedure_code=CODE).order_by("-number").first()
    assert newest is not None and newest.number == before.number + 1 and newest.design == design
    design.refresh_from_db()
    assert design.state == "published" and design.checked_by is not None and design.checked_by not in design.editors

    # Whoever files from now on is asked the new question.
    citizen = Client()
    sign_in(citizen, make_person())
    form = citizen.get(f"/nop-ho-so/{CODE}/to-khai/khai/").content.decode()
    assert "nhận kết quả qua bưu chính" in form

    # Changed again while dossiers run: each keeps the form it was sent by, and the desk reads it by that one.
    again = _begun(maker)
    assert again.based_on == newest
    _send(maker, f"{DESK}{again.pk}/edit/", again, what="remove", name="dia_chi_nhan")
    _send(maker, f"{DESK}{again.pk}/send/", again, note="")
    _send(checker, f"{DESK}{again.pk}/publish/", again)
    running.refresh_from_db()
    # Of a boy the brothers and sisters are not asked.
    later = filed(now=timezone.now(), **{name: "khong", "child_sex": "male"})
    assert running.form_version_id == before.pk and later.form_version.number == newest.number + 1
    officer, _reads = _officer("reception", "handling", unit=running.unit_code)
    kept = officer.get(f"/quan-tri/dossiers/dossier/{running.pk}/change/").content.decode()
    assert "Trần Thị Bé Thử" in kept and "nhận kết quả qua bưu chính" not in kept


def test_help_a_source_and_checks_typed_on_the_desk_meet_who_fills_in() -> None:
    maker, _position = _officer("procedure_entering")
    checker, _other = _officer("procedure_checking")
    design = _begun(maker, code="2.000635")
    at = f"{DESK}{design.pk}/"
    for label, kind in (("Nhận tại địa chỉ", "text"), ("Nhận từ ngày", "date"), ("Nhận đến ngày", "date"), ("Người nhận cùng", "group")):
        _send(maker, at + "question/add/", design, label=label, kind=kind)
    _send(maker, f"{at}question/nhan_tai_dia_chi/", design, label="Nhận tại địa chỉ", prefill="person.address", max_length="300")
    _send(maker, f"{at}question/nhan_tu_ngay/", design, label="Nhận từ ngày", help="Ngày đầu bạn ở nhà.", compare_op="")
    _send(maker, f"{at}question/nhan_den_ngay/", design, status=422, label="Nhận đến ngày", compare_op=">=", compare_with="nhan_tu_ngay",
          compare_text="")  # fmt: skip
    _send(maker, f"{at}question/nhan_den_ngay/", design, label="Nhận đến ngày", compare_op=">=", compare_with="nhan_tu_ngay",
          compare_text="Ngày cuối không trước ngày đầu.", compare_kind="wrong")  # fmt: skip
    _send(maker, f"{at}question/ten/?group=nguoi_nhan_cung", design, label="Tên", unique="Một người chỉ ghi một dòng.")
    fields = _fields(design)
    assert (fields["nhan_tu_ngay"]["help"], fields["nhan_tai_dia_chi"]["prefill"]) == ("Ngày đầu bạn ở nhà.", "person.address")
    assert fields["nhan_den_ngay"]["rules"][0]["rule"] == "compare"
    # Tried: the checks speak.
    said = {"act": "gui", "known": "1", "whom": "authorised", "register_kind": "marriage", "copies": "3", "nhan_tu_ngay": "02/11/2026"}
    rows = {"nguoi_nhan_cung-0-ten": "Lê Văn Thử", "nguoi_nhan_cung-1-ten": "Lê Văn Thử"}
    tried = maker.post(at + "try/", {**said, **rows, "nhan_den_ngay": "01/11/2026"}).content.decode()
    assert "Ngày cuối không trước ngày đầu." in tried and "Một người chỉ ghi một dòng." in tried
    rows["nguoi_nhan_cung-1-ten"] = "Lê Thị Thử"
    tried = maker.post(at + "try/", {**said, **rows, "nhan_den_ngay": "02/11/2026"}).content.decode()
    assert "Ngày cuối không trước ngày đầu." not in tried and "Một người chỉ ghi một dòng." not in tried
    # Published: who fills it in reads the help and finds their own address there.
    _send(maker, at + "send/", design, note="")
    _send(checker, at + "publish/", design)
    citizen, person = Client(), make_person(address="Số 9 phố Lấy Sẵn")
    sign_in(citizen, person)
    address = "/nop-ho-so/2.000635/to-khai/khai/"
    citizen.post(address, hidden(citizen.get(address), whom="self", register_kind="birth", act="luu"))
    page = citizen.get(address).content.decode()
    assert "Ngày đầu bạn ở nhà." in page and "Nhận tại địa chỉ" in page and "Số 9 phố Lấy Sẵn" in page, re.sub(r"<[^>]+>|\s+", " ", page)


def test_who_made_it_and_checks_too_does_not_publish_their_own() -> None:
    both, _position = _officer("procedure_entering", "procedure_checking")
    design = _begun(both)
    at = f"{DESK}{design.pk}/"
    _send(both, at + "question/add/", design, label="Ghi chú thêm", kind="text")
    _send(both, at + "send/", design, note="")
    page = both.get(at + "change/").content.decode()
    assert "một cán bộ khác phải kiểm tra" in page and f'href="{at}publish/"' not in page
    answer = both.post(at + "publish/", {"seen": str(FormDesign.objects.get(pk=design.pk).version)})
    assert answer.status_code == 403
    assert FormDesign.objects.get(pk=design.pk).state == "checking"


def test_an_old_page_changes_nothing_and_says_so() -> None:
    maker, _position = _officer("procedure_entering")
    design = _begun(maker)
    at = f"{DESK}{design.pk}/"
    old = str(design.version)
    _send(maker, at + "question/add/", design, label="Ghi chú thêm", kind="text")
    answer = maker.post(at + "question/add/", {"label": "Ghi chú nữa", "kind": "text", "seen": old})
    assert answer.status_code == 409 and "đã được sửa từ lúc bạn mở trang" in answer.content.decode()
    assert "ghi_chu_nua" not in _fields(design)


def test_one_design_a_procedure_and_only_ones_own_agencys() -> None:
    maker, _position = _officer("procedure_entering")
    design = _begun(maker)
    again = _send(maker, f"{DESK}add/", status=422, procedure_code=CODE)
    assert "đang có một thiết kế chưa xong" in again.content.decode()
    assert "Không có thủ tục nào" in _send(maker, f"{DESK}add/", status=422, procedure_code="9.999999").content.decode()
    stranger, _other = _officer("procedure_entering", "procedure_checking", unit="G17")
    for path in ("", "file/", "compare/", "try/", "whole/", "question/add/"):
        assert stranger.get(f"{DESK}{design.pk}/{path}").status_code in (302, 404)
    assert stranger.post(f"{DESK}{design.pk}/drop/", {"seen": "1"}).status_code == 404
    assert stranger.post(f"{DESK}add/", {"procedure_code": "2.000635"}).status_code in (403, 422)
    looker, _third = _officer("reception", unit="H26.101")
    assert looker.get(DESK).status_code == 403


def test_carried_away_as_a_file_and_brought_back_elsewhere() -> None:
    maker, _position = _officer("procedure_entering")
    design = _begun(maker)
    file = maker.get(f"{DESK}{design.pk}/file/")
    assert file["Content-Type"].startswith("application/json") and json.loads(file.content) == design.document
    _send(maker, f"{DESK}{design.pk}/drop/", design)
    again = _begun(maker, file=SimpleUploadedFile("bieu-mau.json", file.content))
    assert again.document == design.document
    _send(maker, f"{DESK}{again.pk}/drop/", again)

    wrong = {**design.document, "fields": [{**design.document["fields"][0], "kind": "hologram"}, *design.document["fields"][1:]]}
    for content in (b"", b"\xff\xfe", b"[]", b'{"fields": []}', json.dumps(wrong).encode(), b"[" * 200_000):
        answer = _send(maker, f"{DESK}add/", status=422, procedure_code=CODE, file=SimpleUploadedFile("bieu-mau.json", content))
        assert "Tệp" in answer.content.decode() or "tệp" in answer.content.decode()
    assert not FormDesign.objects.filter(procedure_code=CODE, state="drawing").exists()


def test_given_back_with_a_reason_and_mended() -> None:
    maker, _position = _officer("procedure_entering")
    checker, _other = _officer("procedure_publishing")
    design = _begun(maker)
    at = f"{DESK}{design.pk}/"
    _send(maker, at + "question/add/", design, label="Ghi chú thêm", kind="long_text")
    _send(maker, at + "send/", design, note="")
    _send(checker, at + "send_back/", design, status=422, reason="")
    _send(checker, at + "send_back/", design, reason="Câu hỏi này không có trong mẫu.")
    assert "Câu hỏi này không có trong mẫu." in maker.get(at + "change/").content.decode()
    _send(maker, at + "edit/", design, what="remove", name="ghi_chu_them")
    _send(maker, at + "send/", design, note="Đã bỏ.")
    answer = _send(checker, at + "publish/", design, status=409)
    assert "giống hệt bản đang dùng" in answer.content.decode()


def test_pages_cost_the_same_for_many_questions(django_assert_max_num_queries: Any) -> None:
    maker, position = _officer("procedure_entering")
    design = _begun(maker)
    document = design.document
    document["fields"] += [{"name": f"them_{n}", "label": f"Thêm {n}", "kind": "text"} for n in range(150)]
    FormDesign.objects.filter(pk=design.pk).update(document=document, updated_at=timezone.now())
    maker.get(f"{DESK}{design.pk}/change/")
    # One of them: whether the procedure's online service stands.
    with django_assert_max_num_queries(26):
        assert maker.get(f"{DESK}{design.pk}/change/").status_code == 200
    assert position.unit_code == AGENCY


def test_tried_as_an_applicant_and_nothing_is_kept() -> None:
    maker, _position = _officer("procedure_entering")
    design = _begun(maker, code="2.000635")
    at = f"{DESK}{design.pk}/"
    _send(maker, at + "question/add/", design, label="Người cùng nhận", kind="group")
    page = maker.get(at + "try/").content.decode()
    assert "Bạn xin bản sao giấy tờ hộ tịch của ai?" in page and "Người cùng nhận" in page and "Giấy tờ được hỏi" in page
    before = (FormDesign.objects.count(), FormVersion.objects.count())
    said = {"act": "xem", "known": "1", "whom": "authorised", "register_kind": "marriage", "copies": "3"}
    shown = maker.post(at + "try/", said).content.decode()
    # What depends on the answers is there, and what they cost.
    assert "Họ, chữ đệm, tên của vợ hoặc chồng" in shown and "24.000" in shown
    assert "Dòng 2" in maker.post(at + "try/", {**said, "act": "them:nguoi_cung_nhan", "nguoi_cung_nhan-0-ten": "A"}).content.decode()
    refused = maker.post(at + "try/", {**said, "act": "gui", "copies": "999"}).content.decode()
    assert "Chưa gửi được" in refused and "Số này nhiều nhất là 50." in refused
    assert (FormDesign.objects.count(), FormVersion.objects.count()) == before
