"""Filling in a form with pages over HTTP: a list of parts, one page at a time, rows, pasted rows, saving while one types, two devices."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html

from dossiers import services
from dossiers.models import Dossier, Draft
from dossiers.services.filling_in import ROW
from tests.dossiers.support import mother
from tests.dossiers.test_kinds import EXTRACT, at, words
from tests.factories import sign_in

pytestmark = pytest.mark.usefixtures("demo_data")

YES_NO = [["yes", "Có"], ["no", "Không"]]
FORM: dict[str, Any] = {
    "title": "Tờ khai thử",
    "lawful_form": {"name": "Mẫu số 01", "basis": "Thông tư thử nghiệm"},
    "pages": [
        {"name": "nguoi-nop", "title": "Người nộp", "help": "Chúng tôi đã biết một số điều."},
        {"name": "lao-dong", "title": "Người lao động", "when": {"field": "has_workers", "in": ["yes"]}},
        {"name": "cam-ket", "title": "Cam kết"},
    ],
    "fields": [
        {
            "name": "applicant",
            "label": "Người nộp",
            "kind": "person",
            "parts": ["name", "phone"],
            "page": "nguoi-nop",
            "prefill_from": "person",
            "required": True,
        },
        {
            "name": "home",
            "label": "Nơi ở",
            "kind": "address",
            "page": "nguoi-nop",
            "required": True,
            "required_parts": ["province", "ward"],
        },
        {
            "name": "why",
            "label": "Lý do",
            "kind": "choices",
            "page": "nguoi-nop",
            "required": True,
            "choices": [
                {"value": "new", "label": "Tuyển mới", "help": "Người vào làm lần đầu."},
                ["left", "Nghỉ việc"],
                ["other", "Lý do khác"],
            ],
        },
        {
            "name": "other_why",
            "label": "Nói rõ lý do khác",
            "kind": "text",
            "page": "nguoi-nop",
            "required": True,
            "when": {"field": "why", "in": ["other"]},
        },
        {
            "name": "has_workers",
            "label": "Có người lao động thay đổi?",
            "kind": "choice",
            "choices": YES_NO,
            "page": "nguoi-nop",
            "required": True,
        },
        {
            "name": "workers",
            "label": "Danh sách lao động",
            "item": "Người lao động",
            "kind": "group",
            "page": "lao-dong",
            "least": 1,
            "most": 5,
            "paste": True,
            "fields": [
                {"name": "full_name", "label": "Họ tên", "kind": "name", "required": True},
                {
                    "name": "number",
                    "label": "Mã số",
                    "kind": "text",
                    "required": True,
                    "rules": [{"rule": "digits", "length": [10, 10]}, {"rule": "unique", "text": "Mã số này đã có ở dòng khác."}],
                },
                {"name": "salary", "label": "Mức lương", "kind": "money", "required": True},
                {
                    "name": "reason",
                    "label": "Vì sao cao",
                    "kind": "text",
                    "required": True,
                    "when": {"field": "salary", "at_least": 50000000},
                },
            ],
        },
        {"name": "how_many", "label": "Số người", "kind": "number", "page": "lao-dong", "value": {"count": "workers"}},
        {"name": "all_pay", "label": "Tổng quỹ lương", "kind": "money", "page": "lao-dong", "value": {"total": ["workers", "salary"]}},
        {
            "name": "limit",
            "label": "Quỹ lương đã duyệt",
            "kind": "money",
            "page": "lao-dong",
            "rules": [{"rule": "compare", "op": ">=", "with": "all_pay", "text": "Tổng quỹ lương vượt số đã duyệt."}],
        },
        {"name": "sworn", "label": "Tôi cam kết khai đúng", "kind": "confirm", "page": "cam-ket", "required": True},
    ],
}
LIST = at(EXTRACT, "to-khai/")
FIRST, WORKERS, LAST = (at(EXTRACT, f"to-khai/{page['name']}/") for page in FORM["pages"])
NUMBERS = ["7912345670", "7912345671", "7912345672"]


@pytest.fixture
def client() -> Client:
    services.publish_form(procedure_code=EXTRACT, document=FORM, now=timezone.now())
    client = Client()
    sign_in(client, mother())
    return client


def sends(page: Any, **typed: Any) -> dict[str, Any]:
    """What the form of a page holds as a browser would send it, and what is typed and pressed."""
    content = page.content if hasattr(page, "content") else page
    [form] = html.fromstring(content).xpath("//main//form[.//input[@name='csrfmiddlewaretoken']]")
    found: dict[str, Any] = {}
    for box in form.xpath(".//input[@name]"):
        if box.get("type") not in ("checkbox", "radio") or box.get("checked") is not None:
            found.setdefault(box.get("name"), []).append(box.get("value", "on" if box.get("type") == "checkbox" else ""))
    for box in form.xpath(".//textarea[@name]"):
        found[box.get("name")] = box.text or ""
    for box in form.xpath(".//select[@name]"):
        found[box.get("name")] = (box.xpath("./option[@selected]/@value") or [""])[0]
    return {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in found.items()} | typed


def draft() -> Draft:
    return Draft.objects.get(procedure_code=EXTRACT)


def first_page(client: Client, **typed: Any) -> Any:
    """The first page filled in and sent on."""
    page = client.get(FIRST)
    client.post(FIRST, sends(page, home_province="01", act="hien"))
    page = client.get(FIRST)
    ward = html.fromstring(page.content).xpath("//select[@name='home_ward']/option/@value")[1]
    return client.post(FIRST, sends(page, **{"home_ward": ward, "why": ["new"], "has_workers": "yes", "act": "tiep", **typed}))


def states(client: Client) -> list[tuple[str, str]]:
    rows = html.fromstring(client.get(LIST).content).xpath("//ul[@class='tasks']/li")
    return [(row.xpath("string(.//a)").strip(), row.xpath("string(./span|.//*[contains(@class,'tag')])").strip()) for row in rows]


@pytest.mark.requirement("D-01", "D-03")
def test_a_form_with_pages_is_filled_in_one_page_at_a_time_and_sent(client: Client) -> None:
    listed = words(client.get(LIST))
    assert "Người nộp" in listed and "Cam kết" in listed and "Người lao động" not in listed and "Theo Mẫu số 01" in listed
    assert not Draft.objects.exists(), "looking begins nothing"
    assert states(client) == [("Người nộp", "Chưa điền"), ("Cam kết", "Chưa điền")]
    page = client.get(FIRST)
    assert "Nguyễn Thị Mẫu" in words(page) and "Người vào làm lần đầu." in words(page)
    assert not html.fromstring(page.content).xpath("//input[@name='applicant_name']"), "what is known is not asked"
    assert first_page(client)["Location"] == WORKERS
    assert states(client)[0] == ("Người nộp", "Xong")
    page = client.get(WORKERS)
    # A row of its own page; what its answers make appear is asked before it counts as done.
    opened = client.post(WORKERS, sends(page, act="them:workers"))
    row = client.get(opened["Location"])
    assert "Người lao động 1" in words(row)
    again = client.post(
        opened["Location"],
        sends(
            row, **{"workers-0-full_name": "Trần Văn Thử", "workers-0-number": NUMBERS[0], "workers-0-salary": "60.000.000", "act": "tiep"}
        ),
    )
    assert again["Location"] == opened["Location"], "a new question"
    row = client.get(again["Location"])
    wrong = client.post(opened["Location"], sends(row, **{"workers-0-number": "12", "act": "tiep"}))
    assert wrong.status_code == 422 and "đúng 10 chữ số" in words(wrong) and "#id_workers-0-reason" in wrong.content.decode()
    done = client.post(
        opened["Location"], sends(wrong, **{"workers-0-number": NUMBERS[0], "workers-0-reason": "Trưởng phòng", "act": "tiep"})
    )
    assert done["Location"] == f"{WORKERS}#id_workers"
    page = client.get(WORKERS)
    assert "Họ tên: Trần Văn Thử; Mã số: 7912345670; Mức lương: 60.000.000" in words(page)
    assert "60.000.000\u00a0đ" in page.content.decode(), "the sum of the rows"
    over = client.post(WORKERS, sends(page, limit="50.000.000", act="tiep"))
    assert over.status_code == 422 and "vượt số đã duyệt" in words(over)
    assert client.post(WORKERS, sends(over, limit="60.000.000", act="tiep"))["Location"] == LAST
    unticked = client.post(LAST, sends(client.get(LAST), act="tiep"))
    assert unticked.status_code == 422 and "đánh dấu" in words(unticked)
    assert client.post(LAST, sends(unticked, sworn="on", act="tiep"))["Location"] == at(EXTRACT, "giay-to/")
    check = client.get(at(EXTRACT, "kiem-tra/"))
    for part in ("Người lao động 1", "Tổng quỹ lương", "60.000.000", "Tuyển mới"):
        assert part in words(check), part
    sent = client.post(at(EXTRACT, "kiem-tra/"), {name: value for name, value in sends(check).items() if name != "act"})
    assert sent.status_code == 302, words(sent)
    dossier = Dossier.objects.get(procedure_code=EXTRACT)
    assert dossier.answers["workers"] == [
        {"full_name": "Trần Văn Thử", "number": NUMBERS[0], "salary": "60000000", "reason": "Trưởng phòng"}
    ]
    assert (dossier.answers["all_pay"], dossier.answers["how_many"], dossier.answers["why"], dossier.answers["sworn"]) == (
        "60000000",
        "1",
        ["new"],
        "yes",
    )
    assert dossier.answers["applicant_name"] == "Nguyễn Thị Mẫu"
    own = words(client.get(sent["Location"]))
    assert "Người lao động 1" in own and "60.000.000" in own and "Tôi cam kết khai đúng" in own


@pytest.mark.requirement("D-03")
def test_the_list_of_pages_leads_to_what_is_not_begun_and_then_says_what_is_missing(client: Client) -> None:
    def go_on() -> Any:
        return client.post(LIST, sends(client.get(LIST), act="tiep"))

    assert go_on()["Location"] == FIRST, "nobody is scolded for what they have not come to"
    client.post(FIRST, sends(client.get(FIRST), why=["new", "other"], has_workers="no", act="luu"))
    assert go_on()["Location"] == LAST
    client.post(LAST, sends(client.get(LAST), sworn="on", act="tiep"))
    refused = go_on()
    assert refused.status_code == 422
    [link] = html.fromstring(refused.content).xpath("//a[contains(@href, 'other_why')]")
    assert "[" not in link.text_content() and link.text_content().endswith(".")
    started = words(client.get(f"/nop-ho-so/{EXTRACT}/"))
    assert all(page["title"] in started for page in FORM["pages"])


@pytest.mark.requirement("D-03")
def test_what_is_hidden_again_never_counts_and_an_unticked_box_is_kept_as_such(client: Client) -> None:
    shown = first_page(client, why=["new", "other"])
    assert shown["Location"].startswith(f"{FIRST}#id_other_why"), "without JavaScript the new question is shown"
    page = client.get(FIRST)
    assert client.post(FIRST, sends(page, act="tiep")).status_code == 422
    assert client.post(FIRST, sends(page, other_why="Vì thế", act="tiep")).status_code == 302
    assert draft().answers["why"] == ["new", "other"]
    cleared = {name: value for name, value in sends(client.get(FIRST), act="luu").items() if name != "why"}
    client.post(FIRST, cleared)
    assert draft().answers["why"] == [] and draft().answers["other_why"] == "Vì thế", "kept, in case it is asked again"
    client.post(FIRST, sends(client.get(FIRST), why=["left"], has_workers="no", act="luu"))
    assert client.get(WORKERS)["Location"] == LIST, "a page that is not there leads to the list"
    client.post(LAST, sends(client.get(LAST), sworn="on", act="tiep"))
    check = client.get(at(EXTRACT, "kiem-tra/"))
    assert "Vì thế" not in words(check) and "Quỹ lương" not in words(check)
    client.post(at(EXTRACT, "kiem-tra/"), sends(check))
    assert "other_why" not in Dossier.objects.get(procedure_code=EXTRACT).answers


@pytest.mark.requirement("D-03")
def test_rows_from_a_spreadsheet_are_taken_and_wrong_ones_told_by_number_and_reason(client: Client) -> None:
    first_page(client)
    lines = [
        "Họ tên\tMã số\tMức lương\tVì sao cao",
        f"Lò Thị Ín\t{NUMBERS[0]}\t5.000.000\t",
        "Trần 123\t12\tnăm triệu\t",
        f'"Lê Văn Ví"\t{NUMBERS[1]}\t"6.000.000"\t',
        f"Lê Thị Dụ\t{NUMBERS[0]}\t7000000\t",
        "",
    ]
    answer = client.post(WORKERS, sends(client.get(WORKERS), paste="\r\n".join(lines), act="dan:workers"))
    said = words(answer)
    assert answer.status_code == 422
    assert "Dòng 3:" in said and "Họ tên chỉ gồm chữ cái" in said and "Số tiền không đúng" in said
    assert "Dòng 5:" in said and "Mã số này đã có ở dòng khác." in said and "Dòng 2:" not in said
    assert [row["full_name"] for row in draft().answers["workers"]] == ["Lò Thị Ín", "Lê Văn Ví"]
    [left] = html.fromstring(answer.content).xpath("//textarea[@name='paste']/text()")
    assert left.strip("\n").split("\n") == ["Trần 123\t12\tnăm triệu\t", f"Lê Thị Dụ\t{NUMBERS[0]}\t7000000\t"]
    for sign in (";", ","):
        pasted = sign.join(["Hoàng Thị Giả", f"791234568{'05'[sign == ',']}", "8000000"])
        assert client.post(WORKERS, sends(client.get(WORKERS), paste=pasted, act="dan:workers")).status_code == 302
    full = client.post(
        WORKERS, sends(client.get(WORKERS), paste=f"Một Người\t{NUMBERS[2]}\t1\nHai Người\t7912345999\t1", act="dan:workers")
    )
    assert "Đã đủ số dòng" in words(full) and len(draft().answers["workers"]) == 5
    gone = draft().answers["workers"][0][ROW]
    for _twice in range(2):
        client.post(WORKERS, sends(client.get(WORKERS), act=f"xoa:workers:{gone}"))
    assert len(draft().answers["workers"]) == 4
    assert "26.000.000" not in words(client.get(WORKERS)) and "22.000.001" in words(client.get(WORKERS))


def test_a_hundred_rows_are_checked_and_shown(client: Client) -> None:
    fields = [{**spec, "most": 100} if spec["name"] == "workers" else spec for spec in FORM["fields"]]
    services.publish_form(procedure_code=EXTRACT, document={**FORM, "fields": fields}, now=timezone.now())
    first_page(client)
    text = "\n".join(f"Nguyễn Văn An\t79000000{number:02d}\t5000000" for number in range(100)) + "\nThừa Một Dòng\t1234567890\t1"
    begun = time.perf_counter()
    answer = client.post(WORKERS, sends(client.get(WORKERS), paste=text, act="dan:workers"))
    assert "Đã đủ số dòng" in words(answer) and len(draft().answers["workers"]) == 100
    assert client.post(WORKERS, sends(client.get(WORKERS), act="tiep"))["Location"] == LAST
    assert time.perf_counter() - begun < 5
    assert "500.000.000" in words(client.get(WORKERS))


def save(client: Client, address: str, page: Any, **typed: Any) -> Any:
    """What the script sends while one types: the fields that were changed."""
    held = {name: value for name, value in sends(page).items() if name in ("draft", "version", "last", "versions", "nhom", "row")}
    return client.post(address, {**held, **typed}, headers={"X-Autosave": "1"})


@pytest.mark.requirement("D-21")
def test_fields_are_saved_while_one_types_and_questions_follow(client: Client) -> None:
    page = client.get(FIRST)
    began = save(client, FIRST, page, home_street="Số 1")
    assert began.status_code == 204 and began.content == b""
    assert (began["X-Draft"], began["X-Version"]) == (str(draft().id), str(draft().version))
    page = client.get(FIRST)
    more = save(client, FIRST, page, why=["other", "new"])
    assert more.status_code == 200 and 'name="other_why"' in more.content.decode() and "csrfmiddlewaretoken" not in more.content.decode()
    assert draft().answers == {"home_street": "Số 1", "why": ["other", "new"]}
    wards = save(client, FIRST, page, home_province="01")
    assert html.fromstring(wards.content).xpath("count(//select[@name='home_ward']/option)") > 50
    assert save(client, FIRST, page, why="").status_code == 200 and draft().answers["why"] == []
    assert save(client, FIRST, page, not_a_field="x", limit="5").status_code == 204
    assert "not_a_field" not in draft().answers and "limit" not in draft().answers
    stranger = Client()
    assert (
        save(stranger, FIRST, page, home_street="x").status_code == 401 or save(stranger, FIRST, page, home_street="x").status_code == 302
    )
    assert draft().answers["home_street"] == "Số 1"


@pytest.mark.requirement("D-21")
def test_two_devices_are_merged_by_field_the_later_kept_and_the_other_shown(client: Client) -> None:
    first_page(client)
    phone, laptop = client.get(FIRST), client.get(FIRST)
    save(client, FIRST, phone, home_street="Số 1 trên điện thoại")
    # The laptop shows what was; it changes another field, and sends the whole page.
    client.post(FIRST, sends(laptop, why=["left"], act="luu"))
    assert draft().answers["home_street"] == "Số 1 trên điện thoại" and draft().answers["why"] == ["left"]
    # Now both change the same one: the later is kept, and told what the other wrote.
    both = save(client, FIRST, laptop, home_street="Số 2 trên máy tính")
    assert both.status_code == 200 and "Số 1 trên điện thoại" in words(both) and "Số 2 trên máy tính" in words(both)
    assert draft().answers["home_street"] == "Số 2 trên máy tính"
    # Typing back what stood there first is a change like any other, once the page knows its own version.
    mine = save(client, FIRST, laptop, home_street="Số 3", versions=f"home_street:{both['X-Version']}")
    assert mine.status_code == 204
    assert save(client, FIRST, laptop, home_street="", versions=f"home_street:{mine['X-Version']}").status_code == 204
    assert draft().answers["home_street"] == ""
    # The whole page of the phone, which typed nothing since: it overwrites nothing.
    client.post(FIRST, sends(phone, home_street="Số 1 trên điện thoại", versions=f"home_street:{int(mine['X-Version']) - 3}", act="luu"))
    assert draft().answers["home_street"] == ""


@pytest.mark.requirement("D-21")
def test_rows_keep_their_answers_when_another_device_moves_them(client: Client) -> None:
    first_page(client)
    for at_row in range(2):
        opened = client.post(WORKERS, sends(client.get(WORKERS), act="them:workers"))["Location"]
        client.post(opened, sends(client.get(opened), **{f"workers-{at_row}-full_name": ("Người Một", "Người Hai")[at_row], "act": "luu"}))
    second = client.get(opened)
    first_id, second_id = (row[ROW] for row in draft().answers["workers"])
    client.post(WORKERS, sends(client.get(WORKERS), act=f"xoa:workers:{first_id}"))
    assert save(client, opened, second, **{"workers-1-salary": "9"}).status_code in (200, 204)
    assert [(row["full_name"], row.get("salary")) for row in draft().answers["workers"]] == [("Người Hai", "9")]
    client.post(WORKERS, sends(client.get(WORKERS), act=f"xoa:workers:{second_id}"))
    assert client.get(opened)["Location"] == WORKERS, "the row is gone"
    save(client, opened, second, **{"workers-1-number": NUMBERS[0]})
    assert [row.get("number") for row in draft().answers["workers"]] == [NUMBERS[0]], "and back with what is typed into it elsewhere"


def test_saving_a_field_is_cheap(client: Client, django_assert_max_num_queries: Any) -> None:
    first_page(client)
    page = client.get(FIRST)
    save(client, FIRST, page, home_street="1")
    with django_assert_max_num_queries(30):
        save(client, FIRST, page, home_street="12")


def test_texts_are_kept_in_one_form_without_signs_that_nobody_sees(client: Client) -> None:
    first_page(client, home_street="\u200bNgo\u0302\u0301  1 \ufeff👍")
    client.post(FIRST, sends(client.get(FIRST), has_workers="no", act="luu"))
    client.post(LAST, sends(client.get(LAST), sworn="on", act="tiep"))
    client.post(at(EXTRACT, "kiem-tra/"), sends(client.get(at(EXTRACT, "kiem-tra/"))))
    assert Dossier.objects.get(procedure_code=EXTRACT).answers["home_street"] == "Ngố  1 👍"


@pytest.mark.requirement("A-03")
def test_a_page_that_outlived_its_session_loses_nothing(client: Client) -> None:
    first_page(client)
    page = client.get(FIRST)
    strict = Client(enforce_csrf_checks=True)
    sign_in(strict, mother())
    late = sends(page, home_street="Muộn", act="luu", csrfmiddlewaretoken="x" * 64)
    again = strict.post(FIRST, late, headers={"origin": "http://testserver"})
    assert again.status_code == 409 and 'value="Muộn"' in again.content.decode() and "Chưa lưu" in words(again)
    assert draft().answers.get("home_street", "") == ""
    assert save(strict, FIRST, page, home_street="Muộn").status_code in (403, 409), "the script says so, too"
