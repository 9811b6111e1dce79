"""Petitions entered from letters and calls, and reports of agencies about procedures, on the desk (F-08, C-24)."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from feedback.models import Petition
from feedback.services import answering, handling
from portal.notifications.models import Notification
from tests.dossiers.support import photo
from tests.factories import make_position, officer_actor, sign_in
from tests.feedback.support import officer
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")
ENTERED, REPORTED = "/quan-tri/feedback/enteredpetition/", "/quan-tri/feedback/procedurereport/"
WORDS = "Phường chưa trả kết quả hồ sơ khai sinh dù đã quá hẹn năm ngày, tôi đã đến hỏi hai lần."
_numbers = itertools.count(1)


def desk(unit: str = "H26.101", *roles: str) -> tuple[Client, Any]:
    """A client of somebody at the desk of a unit, and their position."""
    client, position = Client(), make_position(unit=unit, roles=roles or ("petition_reception",))
    sign_in(client, position.person, position=position)
    return client, position


def day(days: int = 0) -> dt.date:
    """A day from today on."""
    return timezone.localdate() + dt.timedelta(days=days)


def letter(**more: Any) -> dict[str, Any]:
    """What an officer types from a letter; each a picture of its own."""
    return {
        "unit_code": "H26.101",
        "source": "letter",
        "came_on": f"{day(-4):%d/%m/%Y}",
        "name": "Chu Thị Viết Thư Mẫu",
        "address": "Số 40 phố Thử Nghiệm",
        "phone": "0900000140",
        "email": "",
        "kind": "cham-tre",
        "subject": "Hồ sơ khai sinh quá hẹn",
        "words": WORDS,
        "originals": [photo(f"thu-{next(_numbers)}.jpg")],
        **more,
    }


@pytest.mark.requirement("F-08")
def test_a_letter_is_entered_with_its_original_and_its_clocks_run_from_the_day_it_came() -> None:
    client, _position = desk()
    answer = client.post(f"{ENTERED}add/", letter())
    assert answer.status_code == 302
    petition = Petition.objects.get()
    assert (petition.source, petition.unit_code, petition.state) == ("letter", "H26.101", "new")
    assert timezone.localdate(petition.received_at) == day(-4)
    assert timezone.localdate(petition.due_at) >= day(16)
    assert petition.attachments.get().role == "original"
    assert petition.party_id is None and petition.sender["name"] == "Chu Thị Viết Thư Mẫu"
    assert ENTERED in client.get("/quan-tri/feedback/petition/").content.decode()
    its_page = client.get(f"{ENTERED}{petition.pk}/change/", follow=True).content.decode()
    assert f"{ENTERED}{petition.pk}/originals/" in its_page
    shown = client.get(ENTERED).content.decode()
    assert petition.code in shown and "Chu Thị Viết Thư Mẫu" in shown


@pytest.mark.requirement("F-08")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"came_on": "32/13/2026"}, "Ngày không đúng"),
        ({"came_on": f"{timezone.localdate() + dt.timedelta(days=2):%d/%m/%Y}"}, "không được sau hôm nay"),
        ({"name": ""}, "Bạn hãy ghi mục này"),
        ({"name": "Chu " * 60}, "Dài quá 200 ký tự"),
        ({"phone": "024 1234"}, "gồm 10 chữ số"),
        ({"address": "", "phone": ""}, "ít nhất một cách trả lời"),
        ({"kind": ""}, "chọn một mục"),
        ({"words": "My papers are late and nobody of the office answers me when I call them. " * 5}, "viết bằng tiếng Việt"),
        ({"procedure_code": "9.999999"}, "Không có thủ tục"),
        ({"dossier_code": "KHONG-CO"}, "Không có hồ sơ mang mã này"),
        ({"originals": []}, "đính kèm bản chụp"),
        ({"originals": [SimpleUploadedFile("thu.exe", b"MZ nothing good", content_type="image/jpeg")]}, "Loại tệp này chưa nhận được"),
        ({"unit_code": "H26.102"}, "không có trong danh sách"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(change: dict[str, Any], words: str) -> None:
    client, _position = desk()
    answer = client.post(f"{ENTERED}add/", letter(subject="Hồ sơ <quá hẹn>", **change))
    page = answer.content.decode()
    assert answer.status_code == 422 and words in page, page[page.find("errornote") : page.find("errornote") + 400]
    assert "Hồ sơ &lt;quá hẹn&gt;" in page
    assert not Petition.objects.exists()


@pytest.mark.requirement("F-08")
def test_all_that_is_wrong_with_a_letter_is_said_at_once() -> None:
    client, _position = desk()
    wrong = {"name": "", "phone": "024 1234", "email": "ten", "kind": "", "procedure_code": "9.999999", "originals": [], "words": ""}
    answer = client.post(f"{ENTERED}add/", letter(came_on=f"{day(2):%d/%m/%Y}", **wrong))
    page = answer.content.decode()
    assert answer.status_code == 422 and page.count('<ul class="errorlist"') == 8, page.count('<ul class="errorlist"')
    for words in ("không được sau hôm nay", "gồm 10 chữ số", "thư điện tử không đúng", "chọn một mục", "Không có thủ tục", "đính kèm bản"):
        assert words in page, words
    assert client.post(f"{ENTERED}add/", letter(came_on=f"{day(-400):%d/%m/%Y}")).status_code == 422


def test_only_receivers_enter_and_a_call_needs_no_original() -> None:
    handler, _position = desk("H26.101", "petition_handling")
    assert handler.get(f"{ENTERED}add/").status_code in (403, 404)
    assert handler.post(f"{ENTERED}add/", letter()).status_code in (403, 404)
    above, _other = desk("H26")
    assert above.post(f"{ENTERED}add/", letter(source="phone", originals=[], unit_code="H26.102")).status_code == 302
    petition = Petition.objects.get()
    assert petition.unit_code == "H26.102"
    below, _third = desk("H26.101")
    assert petition.code not in below.get(ENTERED).content.decode()
    assert below.get(f"{ENTERED}{petition.pk}/originals/").status_code == 404
    assert above.get(f"{ENTERED}{petition.pk}/originals/").status_code == 200
    assert above.post(f"{ENTERED}{petition.pk}/originals/", {}).status_code == 422
    assert above.post(f"{ENTERED}{petition.pk}/originals/", {"originals": [photo("thu.jpg")]}).status_code == 302
    assert petition.attachments.get().role == "original"


@pytest.mark.requirement("F-08")
def test_a_table_enters_its_good_rows_and_says_why_each_bad_one_stayed_out() -> None:
    client, _position = desk()
    header = "nguon,ngay_den,ho_ten,dia_chi,dien_thoai,loai,tom_tat,noi_dung\n"
    good = f"thu,{day(-2):%d/%m/%Y},Chu Thị Một,Số 1 phố Ví Dụ,0900000141,cham-tre,Chậm trả,{WORDS.replace(',', ';')}\n"
    call = f"dien-thoai,{day(-1):%d/%m/%Y},Chu Thị Hai,,0900000142,khac,Hỏi giờ làm việc,Phường có làm việc sáng thứ bảy không?\n"
    bad = "chim,hôm qua,Chu Thị Ba,,,khong-co,Chậm,Nội dung\n"
    nobody = f"email,{day(-1):%d/%m/%Y},Chu Thị Bốn,,,khac,Không có địa chỉ,Không ai trả lời được tôi vì không ghi gì\n"
    long = f"thu,{day(-2):%d/%m/%Y},{'Chu ' * 60},,024,khac,Tên dài,Tên người gửi dài quá thì nói cho biết chứ không cắt đi\n"
    content = (header + good + bad + call + nobody + long).encode()

    def send() -> str:
        file = SimpleUploadedFile("phan-anh.csv", content, content_type="text/csv")
        answer = client.post(f"{ENTERED}table/", {"unit_code": "H26.101", "table": file})
        assert answer.status_code == 200
        return answer.content.decode()

    page = send()
    assert "Đã nhập 2 phản ánh; 3 dòng không nhập được" in page
    assert "“chim” không phải thu" in page and "Ngày đến “hôm qua” không đúng" in page and "mang mã “khong-co”" in page
    assert 'Dòng">3</td>' in page and 'Dòng">5</td>' in page and "ít nhất một cách trả lời" in page
    assert "Tên người gửi dài quá 200 ký tự. Số điện thoại di động gồm 10 chữ số." in page
    assert "Đã nhập 0 phản ánh; 2 dòng đã nhập từ trước" in send()
    assert Petition.objects.count() == 2

    wrong = SimpleUploadedFile("x.csv", b"a,b\n1,2\n", content_type="text/csv")
    answer = client.post(f"{ENTERED}table/", {"unit_code": "H26.101", "table": wrong})
    assert answer.status_code == 422 and "Thiếu cột nguon" in answer.content.decode()


@pytest.mark.requirement("C-24")
def test_an_officer_reports_a_procedure_and_reads_the_answer() -> None:
    client, position = desk("H26.101", "reception")
    link = f"{REPORTED}add/?thu-tuc=1.001193"
    form = client.get(link).content.decode()
    assert 'value="1.001193"' in form and "Chậm trễ, gây phiền hà" not in form
    said = {
        "procedure_code": "1.001193",
        "kind": "chua-cong-bo",
        "to": "owner",
        "subject": "Thành phần hồ sơ thiếu",
        "words": "Phần giấy tờ phải xuất trình của thủ tục này thiếu giấy chứng sinh bản điện tử.",
        "attachments": [photo("anh.jpg")],
    }
    wrong = client.post(f"{REPORTED}add/", {**said, "procedure_code": "9.999999", "kind": "can-tro"})
    assert wrong.status_code == 422 and "Không có thủ tục nào mang mã này" in wrong.content.decode()
    empty = client.post(f"{REPORTED}add/", {**said, "procedure_code": "", "kind": "can-tro", "attachments": [photo("b.jpg")]})
    assert empty.status_code == 422 and "ghi mã thủ tục" in empty.content.decode()
    assert not Petition.objects.exists()

    client.post(f"{REPORTED}add/", {**said, "attachments": [photo("c.jpg")]})
    petition = Petition.objects.get()
    assert (petition.source, petition.unit_code, petition.reporter_unit) == ("agency", "G15", "H26.101")
    client.post(f"{REPORTED}add/", {**said, "to": "top", "subject": "Báo cáo thứ hai", "attachments": []})
    assert Petition.objects.get(unit_code="G22").reporter_position_id == position.pk

    handler, checker = officer("G15"), officer("G15")
    now = timezone.now()
    handling.receive(actor=handler, petition_id=petition.pk, about="rule", kind="chua-cong-bo", sector_code="", now=now)
    answering.submit_answer(actor=handler, petition_id=petition.pk, words="Bộ đã bổ sung.", outcome_on=timezone.localdate(), now=now)
    answering.approve(actor=checker, petition_id=petition.pk, now=now)
    own = f"{REPORTED}{petition.pk}/change/"
    page = client.get(own).content.decode()
    assert "Bộ đã bổ sung." in page and "Đã trả lời" in page
    told = Notification.objects.filter(party_id=position.person_id, template="feedback.answered", channel="inbox").get()
    assert told.link == own

    colleague, _other = desk("H26.101", "reception")
    assert colleague.get(own).status_code == 404
    assert petition.code not in colleague.get(REPORTED).content.decode()
    assert Client().get(own).status_code == 302


def test_the_page_of_a_procedure_leads_to_a_report() -> None:
    from procedures.models import Procedure

    editor, _position = desk("G22", "administrator")
    procedure = Procedure.objects.get(code="1.001193")
    page = editor.get(f"/quan-tri/procedures/procedure/{procedure.pk}/change/").content.decode()
    assert f"{REPORTED}add/?thu-tuc=1.001193" in page


def test_lists_ask_the_database_as_often_for_twenty_rows_as_for_two() -> None:
    from feedback.services import entering, sending

    client, position = desk("H26.101", "petition_reception")
    actor = officer_actor(position)

    def more(times: int) -> None:
        for _ in range(times):
            number = next(_numbers)
            sender = {"name": f"Chu Thị {number}", "address": "Số 1", "phone": "", "email": ""}
            entering.enter_one(
                actor=actor, unit_code="H26.101", source="phone", came_on=day(-1), kind="khac", subject=f"Việc {number}",
                words=f"{WORDS} Lần {number}.", sender=sender, now=timezone.now(),
            )  # fmt: skip
            sending.report_procedure(
                actor=actor, kind="can-tro", procedure_code="1.001193", subject=f"Vướng {number}", words=WORDS, now=timezone.now()
            )

    def asked(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    more(2)
    few = [asked(ENTERED), asked(REPORTED)]
    more(18)
    assert [asked(ENTERED), asked(REPORTED)] == few
