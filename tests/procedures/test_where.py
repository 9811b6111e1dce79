"""Where to hand in: the committee's one-stop centre only where it takes the papers, else the version's own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.catalogues.queries import communes
from procedures.models import Level, Localisation, OnlineService, ProcedureVersion
from procedures.services import load_shipped
from procedures.views.reception import Reception, reception, says_where
from tests.procedures.test_catalogue import version_of

DATA = Path(__file__).parents[2] / "procedures" / "data"
RECORDS = [json.loads(path.read_text()) for path in sorted([*DATA.glob("[0-9]*.json"), *DATA.glob("DV.*.json")])]
NOBODY, COMMUNE, PROVINCE, BOTH = Reception(), Reception(commune=True), Reception(province=True), Reception(commune=True, province=True)

# Every agency of the shipped records, read one by one. Where the words on handing in decide, the record stands in EXCEPT.
COMMITTEES = {
    "Chủ tịch Ủy ban nhân dân cấp tỉnh": PROVINCE,
    "Chủ tịch Ủy ban nhân dân cấp tỉnh; Sở Tư pháp": PROVINCE,
    "Chủ tịch Ủy ban nhân dân cấp xã": COMMUNE,
    "Cơ quan có thẩm quyền tại địa phương nơi người lao động nước ngoài dự kiến làm việc": BOTH,
    "Cơ quan có thẩm quyền tại địa phương nơi người lao động nước ngoài làm việc": BOTH,
    "Cơ quan quản lý Cơ sở dữ liệu hộ tịch điện tử; Sở Tư pháp": BOTH,
    "Sở Công Thương": PROVINCE,
    "Sở Công Thương; Ban Quản lý khu chế xuất, khu công nghiệp; Ban Quản lý khu công nghệ cao": PROVINCE,
    "Sở Giáo dục và Đào tạo": PROVINCE,
    "Sở Khoa học và Công nghệ": PROVINCE,
    "Sở Tài chính các tỉnh, thành phố": PROVINCE,
    "Sở Tư pháp": PROVINCE,
    "Sở Xây dựng": PROVINCE,
    "Sở Y tế": PROVINCE,
    "Sở Y tế; Sở An toàn thực phẩm (Thành phố Hồ Chí Minh)": PROVINCE,
    "Sở Y tế; Ủy ban nhân dân cấp xã; Sở An toàn thực phẩm (Thành phố Hồ Chí Minh)": PROVINCE,
    "Thuế cơ sở; Thuế tỉnh, thành phố": BOTH,  # handed in at the one-stop centres of both levels
    "Ủy ban nhân dân cấp tỉnh": PROVINCE,
    "Ủy ban nhân dân cấp tỉnh; Ủy ban nhân dân cấp xã": PROVINCE,
    "Ủy ban nhân dân cấp xã": COMMUNE,
    "Ủy ban nhân dân cấp xã; cơ quan bảo hiểm xã hội": COMMUNE,
    "Ủy ban nhân dân cấp xã; tổ chức hành nghề công chứng; cơ quan đại diện Việt Nam ở nước ngoài": COMMUNE,
}
OTHERS = {
    "Bảo hiểm xã hội tỉnh, thành phố",
    "Bảo hiểm xã hội tỉnh, thành phố; bưu điện nơi chi trả",
    "Bộ, cơ quan ngang Bộ, cơ quan thuộc Chính phủ; Các cơ quan, tổ chức liên quan",
    "Chi cục Hải quan khu vực",
    "Chi cục Thuế thương mại điện tử, Chi cục Thuế doanh nghiệp lớn (Cục Thuế); Thuế tỉnh, thành phố; Thuế cơ sở",
    "Công an cấp tỉnh",
    "Công an cấp xã",
    "Công an cấp xã; Công an cấp tỉnh",
    "Công an cấp xã; Công an cấp tỉnh; Cục Cảnh sát giao thông",
    "Công ty Cổ phần Nước sạch Lai Châu",
    "Công ty cấp nước tại Hà Nội, như Công ty Nước sạch Hà Nội",
    "Công ty cấp nước tại Thành phố Hồ Chí Minh, như Tổng công ty Cấp nước Sài Gòn",
    "Cơ quan bảo hiểm xã hội",
    "Cơ quan chủ quản",
    "Cơ quan, tổ chức đang quản lý sổ gốc",
    "Cơ sở khám bệnh, chữa bệnh",
    "Cục An toàn thực phẩm - Bộ Y tế",
    "Cục Bản quyền tác giả - Bộ Văn hóa, Thể thao và Du lịch",
    "Cục Cảnh sát giao thông; Phòng Cảnh sát giao thông",
    "Cục Cảnh sát giao thông; Phòng Cảnh sát giao thông; Công an cấp xã nơi có điểm tiếp nhận",
    "Cục Hóa chất",
    "Cục Hạ tầng và Thiết bị y tế - Bộ Y tế",
    "Cục Hồ sơ nghiệp vụ, Bộ Công an",
    "Cục Quản lý chất lượng, Bộ Giáo dục và Đào tạo",
    "Cục Quản lý đấu thầu - Bộ Tài chính",
    "Cục Quản lý đấu thầu - Bộ Tài chính; Sở Tài chính các tỉnh, thành phố",
    "Cục Sở hữu trí tuệ",
    "Cục Thuế; Thuế tỉnh, thành phố; Thuế cơ sở",
    "Cục Xuất nhập khẩu; Ủy ban nhân dân cấp tỉnh",
    "Hải quan cửa khẩu",
    "Người đứng đầu tổ chức trợ giúp pháp lý; Giám đốc Sở Tư pháp",
    "Phòng Cảnh sát quản lý hành chính về trật tự xã hội, Công an cấp tỉnh",
    "Phòng Quản lý xuất nhập cảnh, Công an cấp tỉnh",
    "Sở Giáo dục và Đào tạo; trường hoặc nơi đăng ký dự thi",
    "Thuế tỉnh, thành phố; Thuế cơ sở",
    "Trường mầm non nơi trẻ học; Ủy ban nhân dân cấp xã",
    "Trường nghề, trường cao đẳng, đại học công lập nơi bạn học",
    "Trường nơi người khuyết tật học; Ủy ban nhân dân cấp xã; Sở Giáo dục và Đào tạo",
    "Trường trung học cơ sở; Ủy ban nhân dân cấp xã",
    "Trường trung học phổ thông; Sở Giáo dục và Đào tạo",
    "Tòa án nhân dân có thẩm quyền giải quyết vụ việc",
    "Tòa án nhân dân giữ hồ sơ vụ án",
    "Tập đoàn Điện lực Việt Nam",
    "Văn phòng đăng ký đất đai",
    "Văn phòng đăng ký đất đai, Chi nhánh Văn phòng đăng ký đất đai",
}
EXCEPT = {
    "1.014976": BOTH,  # tax, handed in at the one-stop centres
    # Certificates of origin: handed in where the body that issues them sits.
    "1.000450": NOBODY,
    "1.000490": NOBODY,
    "1.000664": NOBODY,
    "1.000695": NOBODY,
}


def told(record: dict[str, Any]) -> str:
    return record.get("place") or next((channel.get("note", "") for channel in record["channels"] if channel["kind"] == "direct"), "")


def decided(record: dict[str, Any]) -> Reception:
    return reception(record["levels"], record["executing_agency"], told(record))


@pytest.mark.requirement("C-20")
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["code"])
def test_every_shipped_record_is_sent_to_the_right_kind_of_office(record):
    agency = record["executing_agency"]
    assert agency in COMMITTEES or agency in OTHERS, "a new agency: read it, then write it down here"
    wanted = EXCEPT.get(record["code"], COMMITTEES.get(agency, NOBODY))
    assert decided(record) == wanted, (agency, told(record))


@pytest.mark.parametrize(
    "levels, agency, words, wanted",
    [
        (["commune"], "Ủy ban nhân dân xã, phường, thị trấn.", "", COMMUNE),
        (["commune"], "Uỷ ban Nhân dân cấp xã", "", COMMUNE),
        (["commune"], "Cơ quan chuyên môn về Nông nghiệp và Môi trường thuộc UBND cấp xã", "", COMMUNE),
        (["commune"], "Trung tâm Phục vụ hành chính công cấp xã", "", COMMUNE),
        (["commune", "province"], "Ủy ban nhân dân các cấp", "", BOTH),
        (["province"], "Sở Văn hóa, Thể thao và Du lịch, Sở Văn hóa và Thể thao", "", PROVINCE),
        (["province"], "Ủy ban nhân dân tỉnh và thành phố trực thuộc Trung ương", "", PROVINCE),
        (["ministry"], "Ủy ban nhân dân cấp tỉnh", "", NOBODY),
        (["province"], "Ủy ban nhân dân cấp xã", "", NOBODY),
        (["province"], "Sở Nông nghiệp và Môi trường - Tỉnh Đắk Lắk", "", NOBODY),
        (["ministry"], "Ủy ban Chứng khoán Nhà nước - Bộ tài chính", "", NOBODY),
        (["province"], "Ủy ban Cạnh tranh Quốc gia", "", NOBODY),
        (["province"], "Ngân hàng Nhà nước Chi nhánh tỉnh, thành phố trực thuộc Trung ương", "", NOBODY),
        (["province"], "Cục Xuất nhập khẩu, Ủy ban nhân dân cấp tỉnh", "", NOBODY),
        (["province"], "Bảo hiểm xã hội tỉnh", "Nộp tại bộ phận một cửa của cơ quan bảo hiểm xã hội.", NOBODY),
        (["commune"], "", "", NOBODY),
        (["commune"], "", "Nộp tại Trung tâm Phục vụ hành chính công cấp xã.", COMMUNE),
        ([], "Ủy ban nhân dân cấp xã", "", NOBODY),
    ],
)
def test_agencies_of_imported_records(levels, agency, words, wanted):
    assert reception(levels, agency, words) == wanted


@given(st.lists(st.sampled_from(Level.values)), st.text(max_size=60), st.text(max_size=60))
def test_whatever_the_words_no_level_is_named_that_the_version_has_not(levels, agency, words):
    answer = reception(levels, agency, words)
    assert not answer.commune or Level.COMMUNE in levels
    assert not answer.province or Level.PROVINCE in levels


@given(st.sampled_from(RECORDS), st.lists(st.sampled_from(sorted(OTHERS)), min_size=1, max_size=2))
def test_another_agency_beside_a_committee_leaves_it_to_the_words(record, others):
    assert reception(["commune", "province"], "; ".join([record["executing_agency"], *others])) == NOBODY


@pytest.mark.parametrize(
    "note, answer",
    [
        ("Đến Công an cấp xã nơi ở mới.", True),
        ("Nộp tại trường.", True),
        ("Gửi Ủy ban nhân dân cấp xã.", True),
        ("Nộp bản sao kèm xuất trình bản chính, hoặc bản chính, hoặc bản sao có công chứng, chứng thực.", False),
        ("Hệ thống trả lời ngay khi khai xong.", False),
        ("", False),
    ],
)
def test_words_that_say_where_one_goes(note, answer):
    assert says_where(note) is answer


@pytest.fixture
def catalogue(db: None) -> None:
    load_shipped()


def where(html: str) -> str:
    """The section on where to hand in."""
    return html.partition('id="noi-nop"')[2].partition("<h2")[0]


def box(html: str) -> str:
    return html.partition('class="answer')[2].partition("</aside>")[0]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.requirement("C-20")
@pytest.mark.parametrize(
    "code, said",
    [
        ("3.000289", "Đến điện lực nơi mua điện."),
        ("DV.H29.02", "Đến nơi giao dịch của công ty cấp nước phục vụ địa chỉ của bạn."),
        ("1.014999", "Bộ phận Một cửa của Bộ Khoa học và Công nghệ"),
        ("3.000348", "Phòng Cảnh sát giao thông hoặc Công an cấp xã nơi có điểm tiếp nhận"),
        ("1.004194", "Công an cấp xã"),
        ("3.000598", "Trung tâm Phục vụ hành chính công tỉnh Lai Châu"),
    ],
)
def test_where_no_committee_receives_the_page_says_who_does(client, catalogue, demo_data, code, said):
    for query in ("", "?dia-phuong=01", "?dia-phuong=01&xa=00070"):
        html = client.get(f"/thu-tuc/{code}/{query}").content.decode()
        section = where(html)
        assert said in section and "1800 1096" in section, query
        assert "Ủy ban nhân dân" not in section and 'name="xa"' not in section and "/co-quan/" not in section, query
        assert "Trung tâm Phục vụ hành chính công của" not in html, query
        assert "Tìm nơi nộp gần bạn" not in html and "Xem nơi nộp" in box(html)


def test_the_kind_of_office_is_named_in_plain_words(client, catalogue):
    assert "Công an xã, phường, đặc khu" in words(where(client.get("/thu-tuc/1.004222/").content.decode()))


@pytest.mark.requirement("C-20")
def test_where_a_committee_receives_the_place_chosen_decides(client, catalogue, demo_data):
    commune = client.get("/thu-tuc/1.001193/?dia-phuong=01&xa=00070").content.decode()
    assert 'href="/co-quan/H26.101/"' in where(commune) and "1900 0101" in where(commune)
    assert "Số 101 phố Minh Họa" in where(commune)
    # Of a province alone nothing follows for a procedure of communes, and its committee is not the answer.
    province = where(client.get("/thu-tuc/1.001193/?dia-phuong=01").content.decode())
    assert "Viết tên xã, phường của bạn" in province and "/co-quan/" not in province
    # A procedure of a department is not the commune's.
    department = where(client.get("/thu-tuc/1.008913/?dia-phuong=01&xa=00070").content.decode())
    assert 'href="/co-quan/H26/"' in department and "H26.101" not in department
    assert "Nộp tại Sở Tư pháp nơi đặt trụ sở." in department


def test_the_box_and_the_section_say_the_same(client, catalogue):
    OnlineService.objects.all().delete()  # the box says where one goes in person
    for code, said in (
        ("1.000656", "của xã, phường, đặc khu."),
        ("1.008913", "của tỉnh, thành phố, hoặc tại xã, phường nơi thuận tiện cho bạn."),
        ("2.000635", "của xã, phường, đặc khu hoặc của tỉnh, thành phố."),
        ("1.004222", "Bạn nộp tại cơ quan giải quyết: Công an xã, phường, đặc khu"),
    ):
        assert said in words(box(client.get(f"/thu-tuc/{code}/").content.decode())), code


def test_a_way_that_the_source_does_not_give_is_not_promised(client, catalogue):
    html = client.get("/thu-tuc/1.003006/").content.decode()  # on the web alone
    assert "Cơ quan công bố chỉ nêu cách nộp trực tuyến." in words(box(html)) and 'name="xa"' not in where(html)
    assert "Bạn nộp tại" not in words(box(html)) and 'href="#cach-nop"' in box(html)


def test_a_procedure_without_agency_says_so(client, db):
    version = version_of("1.999999", timezone.localdate(), None, "Không rõ ai làm")
    ProcedureVersion.objects.filter(pk=version.pk).update(executing_agency="", competent_agency="", levels=["commune"])
    assert "Cơ quan công bố không nêu nơi nộp." in where(client.get("/thu-tuc/1.999999/").content.decode())


def test_what_a_province_lays_down_for_another_agency_is_told(client, catalogue, demo_data):
    version = ProcedureVersion.objects.get(procedure__code="1.004222")
    Localisation.objects.create(version=version, province_code="01", place="Số 1 phố Ví Dụ")
    assert "Số 1 phố Ví Dụ" in where(client.get("/thu-tuc/1.004222/?dia-phuong=01").content.decode())


@pytest.mark.requirement("C-20")
def test_an_office_without_contact_says_whom_to_ask(client, catalogue, demo_data):
    unknown = "chưa được công bố trên Cổng"
    beside = where(client.get("/thu-tuc/1.001193/?dia-phuong=01&xa=00004").content.decode())
    assert unknown in beside and "1900 0026" in beside
    elsewhere = communes("79").first()
    alone = where(client.get(f"/thu-tuc/1.001193/?dia-phuong=79&xa={elsewhere.code}").content.decode())
    assert unknown in alone and "1800 1096" in alone
    known = where(client.get("/thu-tuc/1.001193/?dia-phuong=01&xa=00070").content.decode())
    assert unknown not in known and "Số 101 phố Minh Họa" in known and "1900 0101" in known
    assert "Số 101 phố Minh Họa" in client.get("/co-quan/H26.101/").content.decode()


def inputs(html: str) -> Iterator[str]:
    return (found[0] for found in re.finditer(r"<input[^>]*>", html))


@pytest.mark.requirement("C-22")
def test_a_name_that_nobody_bears_is_asked_again_where_it_stands(client, catalogue, demo_data):
    html = client.get("/thu-tuc/1.001193/", {"xa": 'Không "đâu" cả', "tich": "1", "ngay": "2026-07-02"}).content.decode()
    field = next(one for one in inputs(html) if 'id="xa"' in one)
    assert 'value="Không &quot;đâu&quot; cả"' in field and 'aria-invalid="true"' in field and "xa-error" in field
    assert 'id="xa-error"' in html and "để trống ô tỉnh" not in html and "<title>Lỗi" in html
    assert '<input type="hidden" name="tich" value="1">' in html and '<input type="hidden" name="ngay" value="2026-07-02">' in html
    assert 'action="/thu-tuc/1.001193/#noi-nop"' in html
    chosen = client.get("/thu-tuc/1.001193/", {"xa": "Không đâu cả", "dia-phuong": "01"}).content.decode()
    assert '<option value="01" selected>' in chosen and "để trống ô tỉnh" in chosen and "ở Thành phố Hà Nội" in chosen
