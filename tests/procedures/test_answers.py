"""What the summary of a procedure's page answers on filing online and on cost, and what a page says of another day."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from django.utils import timezone
from django.utils.translation import override

from portal.languages import ENGLISH
from procedures.models import Channel, Procedure, ProcedureVersion, RequiredDocument, TimeLimit
from procedures.services import load_shipped
from procedures.views.sheet import fee_unit
from tests.procedures.test_catalogue import version_of
from tests.procedures.test_where import RECORDS, box, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue(db: None) -> None:
    load_shipped()


NOT_HERE = "Biểu mẫu trực tuyến của thủ tục này chưa mở ở đây."


@pytest.mark.requirement("C-01")
def test_a_form_that_is_not_here_is_not_promised_anywhere(client, catalogue):
    html = client.get("/thu-tuc/2.000528/").content.decode()
    assert NOT_HERE in words(box(html)) and "Bạn cũng có thể gửi qua bưu chính." in words(box(html))
    assert "Biểu mẫu chưa mở ở đây" in html.partition('id="cach-nop"')[2] and "chưa nộp được trên Cổng" not in html
    assert "Nộp trực tuyến: điền ngay trên Cổng" not in html
    english = client.get("/en/thu-tuc/2.000528/").content.decode()
    assert "The online form of this procedure is not open here yet." in words(box(english))
    # Where the form is here, and where no way on the web exists.
    here = client.get("/thu-tuc/1.001193/").content.decode()
    assert "chưa mở" not in here and "điền ngay trên Cổng" in here
    never = client.get("/thu-tuc/2.001263/").content.decode()
    assert "chưa mở" not in never and "Thủ tục này chưa nộp được trên Cổng." in words(box(never))


@pytest.mark.parametrize("record", [one for one in RECORDS if "online_service" not in one], ids=lambda record: record["code"])
def test_no_shipped_record_sends_people_to_a_form_that_is_not_here(record):
    english = record.get("english", {})
    parts = [*record["channels"], *record["documents"], *record["steps"]]
    parts += [*english.get("channels", []), *english.get("documents", []), *english.get("steps", [])]
    text = "\n".join(str(part.get(name, "")) for part in parts for name in ("note", "text"))
    sentences = re.findall(
        r"(?:Điền|Khai|Nộp|Gửi(?! bổ sung)|Fill in|Apply|Give the)\b[^.;\n]*"
        r"(?:trên Cổng(?! thông tin| dịch vụ công Bộ)|on the Portal)[^.;\n]*",
        text,
    )
    assert all("khi biểu mẫu đã mở" in one or "once the form is open" in one for one in sentences), sentences


def test_another_day_has_no_button_but_says_where_it_is(client, catalogue):
    html = client.get("/thu-tuc/1.001193/?ngay=2026-07-02").content.decode()
    assert "/nop-ho-so/" not in html and "Bạn nộp trực tuyến theo nội dung của hôm nay." in box(html)


def first_fee(beginning: str) -> str:
    """The code of a shipped record whose first fee is told in words that begin so."""
    told = ((one["code"], fee) for one in RECORDS for fee in one["channels"][0].get("fees", [])[:1])
    return next(code for code, fee in told if "amount" not in fee and fee["condition"].startswith(beginning))


@pytest.mark.requirement("C-01")
def test_a_fee_that_each_province_sets_is_answered_in_one_line(client, catalogue):
    html = client.get("/thu-tuc/2.000528/").content.decode()
    assert "Theo nghị quyết của tỉnh, thành phố nơi bạn nộp" in box(html) and "không ấn định ở đây" not in html
    assert "Hỏi nơi nộp trước khi đi" in box(html) and "Hội đồng nhân dân" not in box(html)
    code = first_fee("Mức thu do Hội đồng nhân dân cấp tỉnh quyết định. Nộp khi")
    more = words(box(client.get(f"/thu-tuc/{code}/").content.decode()))
    assert "Theo nghị quyết của tỉnh, thành phố nơi bạn nộp Nộp khi nộp hồ sơ; không được cấp cũng không hoàn lại." in more
    perhaps = first_fee("Mức thu, nếu có, do")
    assert "Có nơi không thu." in box(client.get(f"/thu-tuc/{perhaps}/").content.decode())
    english = client.get("/en/thu-tuc/2.000528/").content.decode()
    assert "As the province where you apply has decided" in box(english)


def test_a_fee_set_elsewhere_is_short_and_says_by_what(client, catalogue):
    html = box(client.get("/thu-tuc/1.005160/").content.decode())
    assert re.search(r'<dd>Theo quy định riêng<span class="fine">Tùy loại tác phẩm', html)


def test_no_fee_in_the_source_is_said_at_once(client, catalogue):
    html = client.get("/thu-tuc/3.000289/").content.decode()
    assert "Cơ quan công bố không nêu phí" in box(html) and "Xem ở phần cách nộp" not in html


def test_what_stands_elsewhere_on_the_page_is_a_link(client, db):
    version = version_of("1.999999", dt.date(2020, 1, 1), None, "Chỉ có chữ")
    ProcedureVersion.objects.filter(pk=version.pk).update(text_only=["channels"], raw_parts={"channels": "Nộp tại chỗ."})
    Channel.objects.filter(version=version).delete()
    html = client.get("/thu-tuc/1.999999/").content.decode()
    assert html.count('<a href="#cach-nop">Xem ở phần cách nộp</a>') == 2


@pytest.mark.requirement("C-02")
@pytest.mark.parametrize("day", ["2019-01-01", "khong", "2020-13-45"])
def test_a_day_that_the_portal_knows_nothing_of_says_since_when_it_does(client, db, day):
    version_of("1.999999", dt.date(2020, 1, 1), None, "Tên thủ tục")
    response = client.get("/thu-tuc/1.999999/", {"ngay": day, "tich": "1"})
    html = response.content.decode()
    assert response.status_code == 404 and '<h1 lang="vi">Tên thủ tục</h1>' in html
    assert "Cổng có nội dung thủ tục này từ 01/01/2020" in html and 'min="2020-01-01"' in html and "noindex" in html
    assert 'id="ngay-error"' in html and "không tìm thấy" not in html.lower()
    assert client.get("/thu-tuc/9.999998/", {"ngay": day}).status_code == 404
    assert "Cổng có nội dung" not in client.get("/thu-tuc/9.999998/", {"ngay": day}).content.decode()
    english = client.get("/en/thu-tuc/1.999999/", {"ngay": day})
    assert english.status_code == 404 and "The Portal has this procedure" in english.content.decode()


@pytest.mark.requirement("C-02")
def test_a_day_to_come_is_said_as_what_it_is(client, db):
    today = timezone.localdate()
    change = today + dt.timedelta(days=30)
    version_of("1.999999", dt.date(2020, 1, 1), change, "Tên của hôm nay")
    version_of("1.999999", change, None, "Tên của mai sau")
    day = today + dt.timedelta(days=10)
    html = client.get("/thu-tuc/1.999999/", {"ngay": day.isoformat()}).content.decode()
    assert f"nội dung hiện biết cho ngày {day:%d/%m/%Y}" in html and "có thể khác hôm nay" not in html
    later = client.get("/thu-tuc/1.999999/", {"ngay": change.isoformat()}).content.decode()
    assert f"sẽ có hiệu lực từ {change:%d/%m/%Y}" in later
    assert 'min="2020-01-01"' in client.get("/thu-tuc/1.999999/").content.decode()


def test_a_filter_without_answers_does_not_speak_of_answers(client, catalogue):
    page = client.get("/tim-kiem/", {"q": "khai sinh", "muc-do": "toan-trinh", "doi-tuong": "hop-tac-xa"})
    html = page.content.decode()
    assert page.context["page"].paginator.count == 0
    assert "Không có thủ tục nào như bạn chọn." in html and "gần ý bạn nhất" not in html and "gần nhất" not in html


@pytest.mark.requirement("C-01")
def test_a_birth_leads_to_what_is_done_with_it(client, catalogue):
    html = client.get("/thu-tuc/1.001193/").content.decode().partition('id="lien-quan"')[2]
    assert 'href="/thu-tuc/2.001023/"' in html and 'href="/thu-tuc/2.000986/"' in html and 'href="/thu-tuc/1.014137/"' in html
    for code in ("1.000656", "1.000894", "1.004222"):
        assert 'id="lien-quan"' in client.get(f"/thu-tuc/{code}/").content.decode(), code


@pytest.mark.requirement("C-02")
def test_what_has_ended_says_its_name_since_when_and_what_to_do(client, db):
    version_of("1.999999", dt.date(2020, 1, 1), dt.date(2021, 1, 1), "Tên đã cũ")
    response = client.get("/thu-tuc/1.999999/")
    html = response.content.decode()
    assert response.status_code == 410 and '<h1 lang="vi">Tên đã cũ</h1>' in html and "không còn hiệu lực từ 01/01/2021" in html
    assert 'href="/thu-tuc/1.999999/?ngay=2020-12-31"' in html and "1800 1096" in html and "/tim-kiem/?q=T%C3%AAn" in html
    assert client.get("/thu-tuc/1.999999/?ngay=2020-12-31").status_code == 200
    # Off the national list since a day, whatever its versions say.
    version_of("1.999998", dt.date(2020, 1, 1), None, "Ngoài danh mục")
    Procedure.objects.filter(code="1.999998").update(out_of_force_since=dt.date(2022, 5, 1))
    assert "không còn hiệu lực từ 01/05/2022" in client.get("/thu-tuc/1.999998/").content.decode()


def test_what_has_yet_to_begin_does_not_say_that_it_ended(client, db):
    day = timezone.localdate() + dt.timedelta(days=9)
    version_of("1.999999", day, None, "Tên sắp có")
    response = client.get("/thu-tuc/1.999999/")
    html = response.content.decode()
    assert response.status_code == 410 and f"có hiệu lực từ {day:%d/%m/%Y}" in html and "không còn hiệu lực" not in html
    assert f"ngay={day:%Y-%m-%d}" in html


def structured(client, code: str) -> dict:
    html = client.get(f"/thu-tuc/{code}/").content.decode()
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)[1])


def test_processing_time_is_a_duration_or_is_left_out(client, catalogue):
    assert all("processingTime" not in one for one in structured(client, "3.000289")["availableChannel"])  # working days
    assert all("processingTime" not in one for one in structured(client, "1.001193")["availableChannel"])  # in the day
    version = ProcedureVersion.objects.get(procedure__code="3.000289")
    limits = TimeLimit.objects.filter(channel__version=version)
    for unit, amount, wanted in (("day", 30, "P30D"), ("hour", "0.50", "PT0.5H"), ("month", 2, "P2M")):
        limits.update(unit=unit, amount=amount)
        assert {one["processingTime"] for one in structured(client, "3.000289")["availableChannel"]} == {wanted}


def test_lists_of_agencies_and_fields_do_not_mislead_by_numbers(client, catalogue, demo_data):
    html = client.get("/co-quan/").content.decode()
    assert not re.search(r'</a> <span class="soft">\d+</span>', html)
    fields = client.get("/linh-vuc/").content.decode()
    assert re.search(r'</span> <span class="soft nowrap">\d+ thủ tục</span></a>', fields)
    assert re.search(r'</span> <span class="soft nowrap">\d+ procedures?</span></a>', client.get("/en/linh-vuc/").content.decode())
    bare = client.get("/co-quan/G15/").content.decode()
    assert "Địa chỉ và điện thoại của cơ quan này chưa được công bố trên Cổng." in bare and "1800 1096" in bare
    assert "chưa được công bố" not in client.get("/co-quan/H26.101/").content.decode()


@pytest.mark.requirement("C-22")
def test_an_english_page_keeps_forms_units_and_says_what_is_vietnamese(client, catalogue):
    vietnamese = client.get("/thu-tuc/1.001612/").content.decode()
    english = client.get("/en/thu-tuc/1.001612/").content.decode()
    forms = re.findall(r"Mẫu: <span lang=\"vi\">([^<]+)</span>", vietnamese)
    assert forms and all(f'<span lang="vi">{form}</span>' in english for form in forms)
    copies = client.get("/en/thu-tuc/2.000528/").content.decode()
    assert "8.000\u00a0đ/copy" in copies and "/bản sao" not in copies
    assert "8.000\u00a0đ/bản sao" in client.get("/thu-tuc/2.000528/").content.decode()
    assert "in Vietnamese" in client.get("/en/thu-tuc/").content.decode()
    assert "bằng tiếng Việt" not in client.get("/thu-tuc/").content.decode()


def test_units_of_shipped_fees_are_known():
    units = {fee["per"] for one in RECORDS for channel in one["channels"] for fee in channel.get("fees", []) if fee.get("per")}
    with override(ENGLISH):
        assert all(fee_unit(unit) != unit for unit in units), units


@pytest.mark.requirement("C-01")
def test_cases_that_exclude_each_other_are_a_choice_and_a_long_paper_is_a_name_with_details(client, db):
    version = version_of("1.999999", dt.date(2020, 1, 1), None, "Một thủ tục có trường hợp")
    version.documents.all().delete()
    long = (
        "Đơn đề nghị theo Mẫu số 01 " + "ban hành kèm theo Thông tư về những việc mà ai cũng phải làm khi nộp hồ sơ ở nơi mình cư trú " * 2
    )
    papers = [("", long), ("Trường hợp 1: mới làm", "Ảnh chân dung"), ("Trường hợp 2: làm lại", "Giấy cũ"), ("Ủy quyền", "Giấy ủy quyền")]
    for position, (case, name) in enumerate(papers, start=1):
        RequiredDocument.objects.create(version=version, position=position, case=case, mode="submit", name=name)
    html = client.get("/thu-tuc/1.999999/").content.decode()
    assert "Thêm, nếu: Ủy quyền" in " ".join(html.split()) and "Thêm, nếu: Trường hợp" not in html
    choice = html[html.index("của một trường hợp, đúng với bạn") :]
    assert choice.count("<details") >= 2 and "<summary>Trường hợp 1: mới làm</summary>" in choice
    name = re.findall(r'class="paper-name">(.*?)</span>', html)[0]
    assert name.startswith("Đơn đề nghị") and len(name) < len(long) / 2
    ticked = client.get("/thu-tuc/1.999999/?tich=3").content.decode()
    assert '<details class="fold" open><summary>Trường hợp 2: làm lại</summary>' in ticked
    assert '<details class="fold"><summary>Trường hợp 1: mới làm</summary>' in ticked


@pytest.mark.requirement("C-01")
def test_a_name_stands_once_and_the_canonical_address_is_whole(client, catalogue, settings):
    settings.SITE_URL = "https://cong.example/"
    for path in ("/thu-tuc/1.001193/", "/en/thu-tuc/1.001193/"):
        html = client.get(path).content.decode()
        assert f'<link rel="canonical" href="https://cong.example{path}">' in html
        assert 'hreflang="x-default" href="https://cong.example/thu-tuc/1.001193/"' in html
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", html)[1]
        crumbs = html[html.index('class="wrap crumbs"') : html.index("<main")]
        assert heading not in crumbs and "/linh-vuc/LV.ho-tich/" in crumbs
