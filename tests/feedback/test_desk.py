"""The desk of petitions over HTTP: the queue, one page a petition, each act by whom it is for and by nobody else."""

from __future__ import annotations

import datetime as dt
import html as entities
import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from feedback.admin.petitions import VERBS
from feedback.models import OPEN_STATES, TABLE, Answer, Attachment, Opinion, Petition, ReplyTemplate, SavedView, SecretStub, State
from feedback.services import PetitionRefused, answering, clocks, handling, routing, secrets, stepping
from feedback.worklists import left
from portal.audit.models import Act
from portal.files.models import FileState, StoredFile
from portal.notifications.models import Notification
from tests.dossiers.support import png
from tests.factories import make_person, make_position, officer_actor, sign_in
from tests.feedback.support import ROLES, WORDS, answered, received, send_one
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")

DESK = "/quan-tri/feedback/petition/"
RECEPTION, HANDLING, CHECKING, PUBLISHING = ROLES


def ago(**since: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**since)


def at_desk(unit: str = "H26.101", *roles: str) -> Client:
    """A browser in which an officer of a unit is signed in, with all roles for petitions or those named."""
    client, position = Client(), make_position(unit=unit, roles=roles or ROLES)
    sign_in(client, position.person, position=position)
    client.actor = officer_actor(position)  # type: ignore[attr-defined]  # for the services
    return client


def at_top() -> Client:
    return at_desk("G22", "steering", *ROLES)


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status, (response.status_code, response.get("Location"), response.content.decode()[:300])
    return entities.unescape(response.content.decode())


def of(petition: Petition, act: str = "change") -> str:
    return f"{DESK}{petition.pk}/{act}/"


def do(client: Client, petition: Petition, act: str, status: int = 302, **said: Any) -> Any:
    """An act as the page sends it: decided on the version that is shown."""
    petition.refresh_from_db()
    response = client.post(of(petition, act), {"seen": petition.version, **said})
    shown = re.findall(r'class="errorlist[^>]*>(.*?)</ul>|errornote"[^>]*>(.*?)</p>', response.content.decode(), re.DOTALL)
    assert response.status_code == status, (response.status_code, shown)
    petition.refresh_from_db()
    return response


def buttons(client: Client, petition: Petition) -> set[str]:
    page = text(client.get(of(petition)))
    return {name for name in VERBS if f'href="{of(petition, name)}"' in page}


# The queue ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F-03", "F-05")
def test_the_queue_says_of_each_what_it_waits_for_and_how_long_still() -> None:
    fresh, _ = send_one(now=ago(hours=1), subject="Thẻ <bạc> & giấy khai sinh")
    late, _ = send_one(now=ago(days=40))
    mine, _ = send_one(now=ago(days=7))
    elsewhere, _ = send_one(now=ago(days=1), unit="H26.102")
    client = at_desk()
    received(mine, client.actor, now=ago(hours=2))  # type: ignore[attr-defined]

    page = text(client.get(DESK))
    assert all(one.code in page for one in (fresh, late, mine)) and elsewhere.code not in page
    assert page.index(late.code) < page.index(mine.code) < page.index(fresh.code), "the earliest deadline first"
    assert "Thẻ <bạc> & giấy khai sinh" in page and "&lt;bạc&gt;" in client.get(DESK).content.decode()
    assert "Nguyễn Thị Giả Định" in page and "Chờ tiếp nhận" in page and "Tiếp nhận, chuyển, hoặc không tiếp nhận trước" in page
    assert f'<strong class="overdue">{left(late.due_at, timezone.now())}</strong>' in page
    still, here = left(fresh.due_at, timezone.now()), left(fresh.unit_due_at, timezone.now())
    if fresh.due_at == fresh.unit_due_at:
        assert f"Trả lời: {still}" in page, "one deadline is said once"
    else:
        assert f"Người gửi: {still}" in page and f"Cơ quan: {here}" in page
    assert re.search(r'aria-current="page">Chưa xong <strong>\d+', page)

    for queue, inside, outside in (
        ("cua-toi", [mine], [fresh, late]), ("tiep-nhan", [fresh, late], [mine]), ("dang-xu-ly", [mine], [fresh]),
        ("qua-han", [late], [fresh, mine]), ("bao-tinh-hinh", [late], [fresh, mine]), ("cho-duyet", [], [fresh, mine]),
        ("da-xong", [], [fresh, late, mine]), ("tat-ca", [fresh, late, mine], [elsewhere]), ("x", [fresh], [elsewhere]),
    ):  # fmt: skip
        page = text(client.get(DESK, {"viec": queue}))
        assert all(one.code in page for one in inside), queue
        assert not any(one.code in page for one in outside), queue
    for name, value, inside, outside in (
        ("tinh-trang", "processing", mine, fresh), ("loai", "cham-tre", mine, None), ("loai", "chua-cong-bo", None, mine),
        ("phan-loai", "conduct", fresh, None), ("phan-loai", "rule", None, fresh), ("nguon", "portal", fresh, None),
        ("nguon", "letter", None, fresh), ("linh-vuc", "khong-co", fresh, None),
    ):  # fmt: skip
        page = text(client.get(DESK, {name: value}))
        assert inside is None or inside.code in page, (name, value)
        assert outside is None or outside.code not in page, (name, value)


@pytest.mark.requirement("F-05")
def test_search_finds_by_whole_code_or_the_beginning_of_the_senders_name() -> None:
    petition, _ = send_one(now=ago(days=1), name="Đặng Thị Ví Dụ Lạ")
    answered(petition, now=ago(hours=3))
    client = at_desk()
    for words in (
        petition.code,
        petition.code.lower(),
        f" {petition.code[:4]} {petition.code[4:]}",
        "dang thi vi du l",
        "ĐẶNG THỊ VÍ DỤ LẠ",
    ):
        assert f">{petition.code}<" in text(client.get(DESK, {"q": words})), words
    for words in ("thi vi du la", "%", "_", "PA0000000000Z", "\\", "🙂"):
        assert f">{petition.code}<" not in text(client.get(DESK, {"q": words})), words
    assert f">{petition.code}<" not in text(at_desk("H26.102").get(DESK, {"q": petition.code}))


def test_the_queue_is_paged_by_cursor_and_its_queries_do_not_grow_with_its_rows() -> None:
    client = at_desk("G08")
    send_one(now=ago(days=3), unit="G08")
    client.get(DESK)
    with CaptureQueriesContext(connection) as one:
        client.get(DESK)
    sent = [send_one(now=ago(days=2, minutes=number), unit="G08")[0] for number in range(8)]
    with CaptureQueriesContext(connection) as many:
        page = text(client.get(DESK))
    assert len(many) == len(one) <= 25, [query["sql"][:150] for query in many]
    assert all(row.code in page for row in sent)

    from feedback.admin.petitions import PetitionAdmin

    PetitionAdmin.list_per_page = 4
    try:
        seen: list[str] = []
        address = DESK
        while address:
            page = text(client.get(address))
            seen += re.findall(r'class="field-code_shown"><a[^>]*>(PA\w+)', page)
            following = re.search(r'href="([^"]*)" rel="next"', page)
            address = f"{DESK}{following[1]}" if following else ""
        assert len(seen) == len(set(seen)) == 9
    finally:
        del PetitionAdmin.list_per_page


@pytest.mark.requirement("F-05")
def test_a_filter_is_kept_under_a_name_for_oneself() -> None:
    client, other = at_desk(), at_desk()
    shown = text(client.get(DESK, {"viec": "qua-han", "loai": "cham-tre"}))
    assert f'href="{DESK}bo-loc/?viec=qua-han&loai=cham-tre"' in shown
    address = f"{DESK}bo-loc/?viec=qua-han&loai=cham-tre&la=1"
    assert "Bạn hãy đặt tên" in text(client.post(address, {"name": " "}), 422)
    assert client.post(address, {"name": "Trễ <của> phường"}).status_code == 302
    view = SavedView.objects.get()
    assert view.query == "viec=qua-han&loai=cham-tre"
    assert "Trễ <của> phường" in text(client.get(DESK)) and "Trễ" not in text(other.get(DESK))
    assert client.post(f"{DESK}bo-loc/?viec=cua-toi", {"name": "Trễ <của> phường"}).status_code == 302
    assert SavedView.objects.get().query == "viec=cua-toi"
    other.post(f"{DESK}bo-loc/{view.pk}/xoa/")
    client.get(f"{DESK}bo-loc/{view.pk}/xoa/")
    assert SavedView.objects.count() == 1
    client.post(f"{DESK}bo-loc/{view.pk}/xoa/")
    assert not SavedView.objects.exists()


@pytest.mark.requirement("F-05", "F-12")
def test_a_list_of_one_agency_says_so_counts_it_alone_and_is_kept() -> None:
    ours, _ = send_one(now=ago(days=40), unit="G09")
    theirs, _ = send_one(now=ago(days=40), unit="H26.102")
    top, people = at_top(), at_desk("H26")
    query = {"agency_code": "G09", "viec": "qua-han"}
    page = text(top.get(DESK, query))
    assert ours.code in page and theirs.code not in page
    assert "(G09)</strong> và các đơn vị trực thuộc đang giữ" in page and '<a href="?viec=qua-han">Bỏ giới hạn này</a>' in page
    assert re.search(r'aria-current="page">Quá hạn <strong>1</strong>', page), "the counts follow"
    assert f'href="{DESK}bo-loc/?viec=qua-han&agency_code=G09"' in page
    assert top.post(f"{DESK}bo-loc/?viec=qua-han&agency_code=G09", {"name": "Bộ ấy"}).status_code == 302
    assert SavedView.objects.get(name="Bộ ấy").query == "viec=qua-han&agency_code=G09"
    page = text(top.get(DESK))
    assert "agency_code=H26" in page and "agency_code=H26." not in page and "Bỏ giới hạn này" not in page, "all of them are offered"
    page = text(people.get(DESK, {"agency_code": "H26", "unit_code": "H26.102"}))
    assert "(H26.102)</strong> đang giữ" in page and "(H26)</strong> và các đơn vị" in page and theirs.code in page
    assert "agency_code=" not in text(people.get(DESK)), "others are not asked for what is theirs anyway"
    assert theirs.code not in text(people.get(DESK, {"agency_code": "G09"})) and ours.code not in text(
        people.get(DESK, {"unit_code": "G09"})
    )
    assert "<x></strong>" in text(people.get(DESK, {"unit_code": "<x>"}))
    for name in ("agency_code", "unit_code", "viec", "tinh-trang", "loai", "phan-loai", "nguon", "linh-vuc", "q", "o", "sau", "truoc", "x"):
        answer = top.get(DESK, {"viec": "tat-ca", name: "a\0b"})
        assert answer.status_code == 302 and "%00" not in answer["Location"], name
        assert text(top.get(answer["Location"]))
    assert text(people.get(f"{DESK}bo-loc/?agency_code=%00&viec=qua-han"))


@pytest.mark.requirement("F-12")
def test_the_desks_first_page_says_what_waits_by_role() -> None:
    late, _ = send_one(now=ago(days=40), unit="G09")
    send_one(now=ago(hours=1), unit="G09")

    def lines(client: Client) -> dict[str, int]:
        page = text(client.get("/quan-tri/"))
        return {label: int(count) for count, label in re.findall(r"<strong>(\d+)</strong> <span>Phản ánh: ([^<]*)</span>", page)}

    receiver = lines(at_desk("G09", RECEPTION))
    assert receiver == {"chờ tiếp nhận": 2, "quá hạn": 1, "đến hạn hôm nay": 0, "đến hạn báo tình hình": 1}
    assert set(lines(at_desk("G09", HANDLING))) >= {"giao cho tôi", "quá hạn"}
    assert set(lines(at_desk("G09", CHECKING))) >= {"chờ duyệt trả lời", "quá hạn"}
    assert set(lines(at_desk("G09", PUBLISHING))) >= {"chờ công khai"}
    top = lines(at_top())
    assert set(top) == {"quá hạn", "do Văn phòng Chính phủ chủ trì"} and top["quá hạn"] >= 1
    assert lines(at_desk("G09", "reception")) == {}
    assert late.code in text(at_top().get(DESK, {"viec": "qua-han"}))


# The door -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F-03", "O-07")
def test_who_neither_holds_nor_was_asked_finds_nothing_and_who_looks_is_written_down() -> None:
    petition, _ = send_one(now=ago(days=1))
    stranger, above, top, no_role = at_desk("H26.102"), at_desk("H26"), at_top(), at_desk("H26.101", "reception")
    for client in (stranger, no_role):
        assert client.get(of(petition)).status_code == 404
        for verb in VERBS:
            assert client.get(of(petition, verb)).status_code == 404
            assert client.post(of(petition, verb), {"seen": 1}).status_code == 404
    for client in (above, top):
        assert WORDS in text(client.get(of(petition)))
    assert at_desk().get(f"{DESK}{uuid4()}/change/").status_code == 404
    assert at_desk().get(f"{DESK}x/change/").status_code == 404
    assert at_desk().post(of(petition)).status_code == 404
    assert Client().get(of(petition)).status_code == 302
    looks = Act.objects.filter(act="feedback.read", target_id=str(petition.pk))
    assert {row.unit for row in looks} == {"H26.101"} and looks.count() == 2


def test_the_page_tells_everything_with_a_constant_number_of_queries() -> None:
    petition, sender = send_one(now=ago(days=30), hide_name="on")
    client, asked = at_desk(), at_desk("H26.102")
    actor = client.actor  # type: ignore[attr-defined]
    received(petition, actor, now=ago(days=29))
    page = text(client.get(of(petition)))
    for words in (
        petition.code,
        WORDS,
        "Nguyễn Thị Giả Định",
        "0900000000",
        "Số 0 phố Ví Dụ",
        "ten@vi-du.example",
    ):
        assert words in page, words
    assert "Trả lời người gửi đã quá hạn" in page and "Phải báo tình hình cho người gửi trước" in page
    client.get(of(petition))
    with CaptureQueriesContext(connection) as few:
        client.get(of(petition))

    routing.ask_opinions(actor=actor, petition_id=petition.pk, unit_codes=["H26.102", "G01"], question="Ai làm?", now=ago(days=9))
    for number in range(3):
        answering.report_progress(actor=actor, petition_id=petition.pk, words=f"Đang hỏi lần {number}.", now=ago(days=3 - number))
        handling.ask_more(actor=actor, petition_id=petition.pk, question=f"Giấy {number}?", now=ago(hours=20 - number))
        handling.supply(actor=sender, petition_id=petition.pk, words=f"Đây {number}.", now=ago(hours=19.5 - number))
    answering.save_answer(actor=actor, petition_id=petition.pk, words="Bản thảo một.", now=ago(hours=1))
    with CaptureQueriesContext(connection) as more:
        page = text(client.get(of(petition)))
    assert len(more) <= len(few) + 1, [query["sql"][:150] for query in more]
    for words in (
        "Đang hỏi lần 2.",
        "Giấy 1?",
        "Đây 1.",
        "Ai làm?",
        "Bản thảo một.",
        "Đang xử lý → Chờ người gửi bổ sung",
        "Lấy ý kiến phối hợp",
    ):
        assert words in page, words
    # An agency that was asked reads the letter; how to reach the sender is not its business.
    page = text(asked.get(of(petition)))
    assert WORDS in page and "0900000000" not in page and "ten@vi-du.example" not in page and "Cho ý kiến" in page
    assert petition.code in text(asked.get(DESK, {"viec": "y-kien"})) and petition.code not in text(asked.get(DESK))


# The acts -------------------------------------------------------------------------------------------------------------------------


def test_buttons_come_from_the_table_and_the_rights() -> None:
    petition, _ = send_one(now=ago(days=1))
    everybody, handler = at_desk(), at_desk("H26.101", HANDLING)
    checker, publisher = at_desk("H26.101", CHECKING), at_desk("H26.101", PUBLISHING)
    assert buttons(everybody, petition) == {
        "receive", "refuse", "ask_more", "transfer", "escalate", "classify", "assign", "report_progress", "seal_away",
    }  # fmt: skip
    assert buttons(handler, petition) == {"ask_more", "transfer", "escalate", "classify", "assign", "report_progress"}
    assert buttons(checker, petition) == {"seal_away"} and buttons(publisher, petition) == set()
    assert "take_over" in buttons(at_top(), petition)
    received(petition, everybody.actor, now=ago(hours=5))  # type: ignore[attr-defined]
    assert buttons(handler, petition) == {
        "answer", "ask_more", "transfer", "escalate", "classify", "assign", "ask_opinions", "report_progress",
    }  # fmt: skip
    answering.submit_answer(
        actor=handler.actor,
        petition_id=petition.pk,
        words="Xong.",
        outcome_on=timezone.localdate(),
        now=timezone.now(),  # type: ignore[attr-defined]
    )
    assert {"approve", "return_answer"} <= buttons(checker, petition)
    for name in TABLE.transitions:
        edge = TABLE.transitions[name]
        assert bool(edge.act) == (name in VERBS or name == "submit"), name


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_the_wrong_role_is_refused_at_every_address(verb: str) -> None:
    petition, _ = send_one(now=ago(days=1))
    client = at_desk("H26.101", PUBLISHING)
    assert client.get(of(petition, verb)).status_code == 403
    assert client.post(of(petition, verb), {"seen": petition.version}).status_code == 403


@pytest.mark.requirement("F-03")
def test_received_classified_assigned() -> None:
    petition, _ = send_one(now=ago(days=1))
    client, colleague = at_desk(), at_desk("H26.101", HANDLING)
    form = text(client.get(of(petition, "receive")))
    assert petition.code in form and "Người xử lý" in form and 'name="seen" value="1"' in form
    # A field is found by its words; what was chosen so far stays.
    looked = text(
        client.post(of(petition, "receive"), {"seen": 1, "about": "rule", "kind": "cham-tre", "sector_code_words": "ho tich", "tim": "1"})
    )
    found = re.findall(r'name="sector_code" value="([^"]+)"', looked)
    assert found and re.search(r'name="about" value="rule"[^>]*checked', looked)
    assert Petition.objects.get(pk=petition.pk).state == "new"
    do(client, petition, "receive", 422, about="", kind="cham-tre")
    do(
        client, petition, "receive", about="rule", kind="cham-tre", sector_code=found[0], sector_code_words="ho tich",
        sector_code_of="ho tich", handler=colleague.actor.position_id,  # type: ignore[attr-defined]
    )  # fmt: skip
    assert (petition.state, petition.about, petition.sector_code) == ("processing", "rule", found[0])
    assert petition.handler_position_id == colleague.actor.position_id  # type: ignore[attr-defined]
    do(client, petition, "classify", about="conduct", kind="cham-tre", sector_code="")
    assert (petition.about, petition.sector_code) == ("conduct", "")
    do(client, petition, "assign", 422, handler="")
    do(client, petition, "assign", handler=client.actor.position_id)  # type: ignore[attr-defined]
    assert petition.handler_position_id == client.actor.position_id  # type: ignore[attr-defined]
    assert client.get(of(petition, "receive")).status_code == 409


@pytest.mark.requirement("F-03", "F-12")
def test_refused_with_a_reason_and_the_words_of_a_template() -> None:
    petition, _ = send_one(now=ago(days=1))
    client = at_desk()
    common = {"use": "refuse", "words": "Việc này theo Luật Khiếu nại."}
    ours = ReplyTemplate.objects.create(unit_code="H26", name="Khiếu nại", **common)
    theirs = ReplyTemplate.objects.create(unit_code="H26.102", name="Của nơi khác", **common)
    form = text(client.get(of(petition, "refuse")))
    assert f"?mau={ours.pk}" in form and theirs.name not in form
    assert "Việc này theo Luật Khiếu nại." in text(client.get(of(petition, "refuse"), {"mau": ours.pk}))
    assert "Việc này" not in text(client.get(of(petition, "refuse"), {"mau": theirs.pk}))
    answer = text(do(client, petition, "refuse", 422, reason="", words="Giữ lại <chữ> này"), 422)
    assert "Bạn hãy chọn lý do." in answer and "Giữ lại <chữ> này" in answer
    do(client, petition, "refuse", 422, reason="silent", words="Không.")
    do(client, petition, "refuse", reason="complaint", words="Việc này theo Luật Khiếu nại.")
    assert petition.state == "refused"
    assert "Luật Khiếu nại, Luật Tố cáo. Việc này theo" in text(client.get(of(petition)))


@pytest.mark.requirement("F-04")
def test_asked_for_more_then_gone_on_or_refused_when_nobody_answers() -> None:
    first, _ = send_one(now=ago(days=20))
    second, sender = send_one(now=ago(days=20))
    client = at_desk()
    handling.ask_more(actor=client.actor, petition_id=first.pk, question="Giấy hẹn?", now=ago(days=15))  # type: ignore[attr-defined]
    do(client, second, "ask_more", 422, question=" ")
    do(client, second, "ask_more", question="Cho biết số hồ sơ.")
    assert second.state == "waiting"
    assert {"refuse_silent", "go_on"} <= buttons(client, first) and "refuse_silent" not in buttons(client, second)
    assert client.get(of(second, "refuse_silent")).status_code == 409
    do(client, second, "refuse_silent", 422, words="Không bổ sung.")
    do(client, first, "refuse_silent", words="Bạn không bổ sung.")
    assert first.state == "refused"
    do(client, second, "go_on", reason="")
    assert second.state == "processing"
    handling.ask_more(actor=client.actor, petition_id=second.pk, question="Còn nữa?", now=timezone.now())  # type: ignore[attr-defined]
    handling.supply(actor=sender, petition_id=second.pk, words="Hồ sơ số 5.", now=timezone.now())
    assert "Hồ sơ số 5." in text(client.get(of(second)))


@pytest.mark.requirement("F-04", "F-05")
def test_transferred_sent_back_escalated_taken_over() -> None:
    petition, _ = send_one(now=ago(days=1))
    here, there, top = at_desk(), at_desk("H26.102"), at_top()
    page = text(do(here, petition, "transfer", 422, unit_code="", reason="Không phải ở đây."), 422)
    assert "Không phải ở đây." in page
    looked = text(
        here.post(of(petition, "transfer"), {"seen": petition.version, "unit_code_words": "H26.102", "reason": "Nơi khác.", "tim": "1"})
    )
    assert 'value="H26.102"' in looked and "Nơi khác." in looked
    nothing = do(here, petition, "transfer", 422, unit_code_words="khong co co quan nao ten the", unit_code="G01", reason="Nơi khác.")
    assert "Không tìm thấy" in text(nothing, 422)
    # Typed anew after something was chosen: the choice no longer counts.
    do(here, petition, "transfer", 422, unit_code_words="thu tuong", unit_code_of="bo", unit_code="G01", reason="Nơi khác.")
    assert petition.unit_code == "H26.101"
    do(here, petition, "transfer", unit_code_words="h26.102", reason="Hồ sơ nộp ở phường bên.")
    assert (petition.unit_code, petition.state) == ("H26.102", "new")
    assert petition.code in text(here.get(DESK, {"viec": "da-chuyen"})) and petition.code not in text(here.get(DESK))
    assert "Hồ sơ nộp ở phường bên." in text(here.get(of(petition))), "who held it once reads on"
    assert here.get(of(petition, "transfer")).status_code == 403
    do(there, petition, "send_back", 422, reason="")
    do(there, petition, "send_back", reason="Cũng không phải ở đây.")
    assert petition.unit_code == "H26.101" and "send_back" not in buttons(here, petition)
    assert here.get(of(petition, "send_back")).status_code == 409
    do(here, petition, "escalate", 422, cause="disagreement", words="Hai bên không thống nhất.")
    do(here, petition, "escalate", cause="government", words="Thuộc thẩm quyền của Chính phủ.")
    assert petition.unit_code == "G22" and petition.code in text(top.get(DESK, {"viec": "den-vpcp"}))

    other, _ = send_one(now=ago(days=1), unit="H26.102")
    assert there.get(of(other, "take_over")).status_code == 403
    do(top, other, "take_over", cause="government", words="Việc của Chính phủ.")
    assert (other.unit_code, other.state) == ("G22", "processing")


@pytest.mark.requirement("F-05", "F-12")
def test_where_nobody_would_see_it_is_said_before_and_told_to_who_can_mend_it() -> None:
    petition, _ = send_one(now=ago(days=1))
    here, vpcp = at_desk(), at_top()
    # The ministry has nobody for petitions but somebody who hands out roles; the province's own officers do for its wards.
    chief = make_position(unit="G09", roles=("administrator",))

    def look(words: str) -> str:
        said = {"seen": petition.version, "unit_code_words": words, "reason": "Nơi khác.", "tim": "1"}
        return text(here.post(of(petition, "transfer"), said))

    assert "(G09): chưa có cán bộ tiếp nhận phản ánh, sẽ không ai thấy" in look("G09")
    assert re.search(r"\(H26\.102\): chưa có cán bộ tiếp nhận phản ánh, Ủy ban nhân dân thành phố Hà Nội làm thay", look("H26.102"))
    at_desk("H26.102", RECEPTION)
    assert "chưa có cán bộ" not in look("H26.102")
    chosen = {"unit_code": "G09", "unit_code_words": "G09", "unit_code_of": "G09", "reason": "Việc của bộ."}
    page = text(do(here, petition, "transfer", 422, **chosen), 422)
    assert "G09: chưa có ai tiếp nhận phản ánh" in page and 'name="sure"' in page and "Việc của bộ." in page
    assert petition.unit_code == "H26.101" and not Notification.objects.filter(template="feedback.nobody").exists()
    do(here, petition, "transfer", **chosen, sure="on")
    assert petition.unit_code == "G09"

    def told(party: Any) -> list[str]:
        return list(Notification.objects.filter(template="feedback.nobody", party_id=party, channel="inbox").values_list("link", flat=True))

    assert told(chief.person_id) == ["/quan-tri/accounts/position/?q=G09"]
    assert told(vpcp.actor.person_id) == [of(petition)], "who steers sees everything"  # type: ignore[attr-defined]
    # Once a day and agency, whatever else comes.
    other, _ = send_one(now=ago(hours=3))
    received(other, here.actor, now=ago(hours=2))  # type: ignore[attr-defined]
    do(here, other, "transfer", **chosen, sure="on")
    assert len(told(chief.person_id)) == 1
    third, _ = send_one(now=ago(hours=3))
    received(third, here.actor, now=ago(hours=2))  # type: ignore[attr-defined]
    asked = {"unit_codes": ["G09"], "unit_codes_words": "G09", "unit_codes_of": "G09", "question": "Bộ nói gì?"}
    assert "chưa có ai cho ý kiến phối hợp" in text(do(here, third, "ask_opinions", 422, **asked), 422)
    do(here, third, "ask_opinions", **asked, sure="on")
    assert len(told(chief.person_id)) == 2, "another work, another role"
    # What is due there is told to the Government Office while it is not late yet.
    clocks.warn(now=min(petition.due_at, petition.unit_due_at) - dt.timedelta(hours=1))
    stepping.warn_of_steps(now=petition.refuse_due_at + dt.timedelta(hours=1))
    about = Notification.objects.filter(party_id=vpcp.actor.person_id, link=of(petition))  # type: ignore[attr-defined]
    assert {"feedback.warn_today", "feedback.step_late"} <= set(about.values_list("template", flat=True))


@pytest.mark.requirement("F-05")
def test_many_are_transferred_with_a_report_by_row() -> None:
    first, _ = send_one(now=ago(days=1))
    second, _ = send_one(now=ago(days=1))
    done, _ = send_one(now=ago(days=1))
    answered(done, now=ago(hours=5))
    foreign, _ = send_one(now=ago(days=1), unit="H26.102")
    client = at_desk()
    chosen = [str(one.pk) for one in (first, second, done)]
    page = text(client.post(f"{DESK}?viec=tat-ca", {"action": "transfer_chosen", "_selected_action": chosen, "index": "0"}))
    assert all(one.code in page for one in (first, second, done)) and f'action="{DESK}chuyen-nhieu/"' in page
    everything = {"petition": [*chosen, str(foreign.pk)]}
    address = f"{DESK}chuyen-nhieu/"
    assert "H26.102" in text(client.post(address, {**everything, "unit_code_words": "H26.102", "tim": "1"}))
    assert "Bạn hãy ghi lý do chuyển." in text(client.post(address, {**everything, "unit_code_words": "H26.102"}), 422)
    report = text(client.post(address, {**everything, "unit_code_words": "H26.102", "reason": "Nộp ở phường bên."}))
    assert "Đã chuyển 2 trong 3 phản ánh." in report and "Chưa chuyển." in report and foreign.code not in report
    first.refresh_from_db()
    assert first.unit_code == "H26.102"
    again = text(client.post(address, {**everything, "unit_code_words": "H26.102", "reason": "Nộp ở phường bên."}))
    assert "Đã chuyển 0 trong 3 phản ánh." in again and "Cơ quan khác đang giữ phản ánh này." in again, "pressed twice"
    assert client.get(address).status_code == 302
    assert client.post(address, {"petition": "x"}).status_code == 404
    assert client.post(address, {}).status_code == 302
    assert at_desk("H26.101", PUBLISHING).post(address, everything).status_code == 403


@pytest.mark.requirement("F-05")
def test_opinions_are_asked_given_called_off() -> None:
    petition, _ = send_one(now=ago(days=1))
    lead, asked = at_desk(), at_desk("H26.102")
    assert lead.get(of(petition, "ask_opinions")).status_code == 409
    received(petition, lead.actor, now=ago(hours=5))  # type: ignore[attr-defined]
    do(lead, petition, "ask_opinions", 422, question="Ai làm?")
    looked = text(
        lead.post(
            of(petition, "ask_opinions"), {"seen": petition.version, "unit_codes": ["G01"], "unit_codes_words": "H26.102", "tim": "1"}
        )
    )
    assert re.search(r'name="unit_codes" value="G01"[^>]*checked', looked) and 'value="H26.102"' in looked
    do(
        lead,
        petition,
        "ask_opinions",
        unit_codes=["G01", "H26.102"],
        unit_codes_words="H26.102",
        unit_codes_of="H26.102",
        question="Ai làm?",
        sure="on",
    )
    opinion, other = Opinion.objects.get(petition=petition, unit_code="H26.102"), Opinion.objects.get(petition=petition, unit_code="G01")
    address = f"{DESK}{petition.pk}/y-kien/{opinion.pk}/"
    assert petition.code in text(asked.get("/quan-tri/feedback/opinion/"))
    assert "Ai làm?" in text(asked.get(f"/quan-tri/feedback/opinion/{opinion.pk}/change/"))
    assert lead.get(address).status_code == 403 and at_desk("G08").get(address).status_code == 404
    assert asked.get(f"{DESK}{petition.pk}/y-kien/{other.pk}/").status_code == 403
    assert "Bạn hãy chọn ý kiến." in text(asked.post(address, {"words": "Chúng tôi."}), 422)

    def given() -> dict[str, Any]:
        file = SimpleUploadedFile("y-kien.png", png(), "image/png")
        return {"stance": "not_ours", "words": "Không thuộc chúng tôi.", "uploads": [file]}

    assert asked.post(address, given()).status_code == 302
    assert "Ý kiến này đã được cho" in text(asked.post(address, given()), 422)
    assert asked.get(address).status_code == 409
    assert Attachment.objects.get(petition=petition).part_id == opinion.pk
    page = text(lead.get(of(petition)))
    assert "Không thuộc chúng tôi." in page and "y-kien.png (đang kiểm tra)" in page
    call_off = f"{DESK}{petition.pk}/y-kien/{other.pk}/thoi/"
    assert asked.post(call_off).status_code == 403 and lead.post(call_off).status_code == 302
    do(lead, petition, "escalate", cause="disagreement", words="Hai bên không thống nhất.")
    assert petition.unit_code == "G22"


@pytest.mark.requirement("F-06")
def test_answered_by_one_checked_by_another() -> None:
    petition, _ = send_one(now=ago(days=2))
    handler, checker = at_desk("H26.101", HANDLING), at_desk("H26.101", CHECKING)
    received(petition, at_desk().actor, now=ago(days=1))  # type: ignore[attr-defined]
    today = f"{timezone.localdate():%d/%m/%Y}"
    upload = SimpleUploadedFile("ket-qua.png", png(), "image/png")
    do(handler, petition, "answer", draft=0, words="Bản thảo.", outcome_on="", uploads=[upload], luu="1")
    draft = Answer.objects.get(petition=petition)
    assert (draft.state, draft.words, petition.state, draft.outcome_on) == ("draft", "Bản thảo.", "processing", None)
    # Who went on from an older draft does not write over a colleague's; what they typed stays before them.
    stale = text(do(handler, petition, "answer", 409, draft=0, words="Chữ của tôi.", outcome_on=today, luu="1"), 409)
    assert "vừa sửa bản thảo" in stale and "Chữ của tôi." in stale
    form = text(handler.get(of(petition, "answer")))
    assert "Bản thảo." in form and "ket-qua.png" in form and f'name="draft" value="{draft.version}"' in form
    wrong = text(do(handler, petition, "answer", 422, draft=draft.version, words="", outcome_on="31/02/2026"), 422)
    assert "Bạn hãy viết câu trả lời." in wrong and "Ngày không đúng" in wrong
    do(handler, petition, "answer", 422, draft=draft.version, words="Xong.", outcome_on="01/01/2020")
    # The day stays with the draft, and with what is returned to be done again.
    yesterday = f"{timezone.localdate() - dt.timedelta(days=1):%d/%m/%Y}"
    do(handler, petition, "answer", draft=draft.version, words="Bản thảo.", outcome_on=yesterday, luu="1")
    assert f'name="outcome_on" value="{yesterday}"' in text(handler.get(of(petition, "answer")))
    draft.refresh_from_db()
    do(handler, petition, "answer", draft=draft.version, words="Đã trả kết quả <hôm nay>.", outcome_on=yesterday)
    assert petition.state == "checking"
    assert handler.get(of(petition, "approve")).status_code == 403
    assert "Đã trả kết quả <hôm nay>." in text(checker.get(of(petition, "approve")))
    do(checker, petition, "return_answer", 422, reason="")
    do(checker, petition, "return_answer", reason="Chưa nói vì sao chậm.")
    assert petition.state == "processing" and "Chưa nói vì sao chậm." in text(handler.get(of(petition)))
    again = Answer.objects.get(petition=petition, state="draft")
    assert f'name="outcome_on" value="{yesterday}"' in text(handler.get(of(petition, "answer")))
    attached = Attachment.objects.get(petition=petition)
    assert attached.part_id == again.pk, "what was attached goes along"
    do(handler, petition, "answer", draft=again.version, words="Chậm vì máy hỏng.", outcome_on=today, leave_out=[str(attached.pk)])
    attached.refresh_from_db()
    assert attached.part_id is None and attached.file.state == FileState.ERASED
    do(checker, petition, "approve")
    assert (petition.state, petition.publication) == ("answered", "waiting")
    assert petition.code in text(at_desk("H26.101", PUBLISHING).get(DESK, {"viec": "cho-cong-khai"}))

    alone, _ = send_one(now=ago(days=2))
    both = at_desk()
    received(alone, both.actor, now=ago(days=1))  # type: ignore[attr-defined]
    do(both, alone, "answer", draft=0, words="Xong.", outcome_on=today)
    assert "approve" not in buttons(both, alone) and "người khác phải duyệt" in text(both.get(of(alone, "approve")), 409)
    do(both, alone, "approve", 422)


@pytest.mark.requirement("F-04", "F-12")
def test_late_ones_say_so_and_their_senders_are_told_how_things_stand() -> None:
    petition, _ = send_one(now=ago(days=40))
    client = at_desk()
    received(petition, client.actor, now=ago(days=39))  # type: ignore[attr-defined]
    assert "Phải báo tình hình" in text(client.get(of(petition)))
    do(client, petition, "report_progress", 422, words=" ")
    do(client, petition, "report_progress", words="Đang chờ bộ trả lời.")
    assert petition.progress_due_at is not None and petition.progress_due_at > timezone.now()
    assert petition.code not in text(client.get(DESK, {"viec": "bao-tinh-hinh"}))


@pytest.mark.requirement("F-05")
def test_copies_of_one_text_are_grouped_and_answered_together() -> None:
    first, _ = send_one(now=ago(days=3))
    second, _ = send_one(now=ago(days=2), words=WORDS.upper().replace(",", " ,"))
    other, _ = send_one(now=ago(days=2), words="Một chuyện khác hẳn: cán bộ bắt tôi nộp thêm giấy tờ không có trong thủ tục.")
    client, checker = at_desk(), at_desk("H26.101", CHECKING)
    assert second.code in text(client.get(of(first))) and "group" in buttons(client, first)
    do(client, first, "group", 422, petitions=[str(other.pk)])
    do(client, first, "group", petitions=[str(second.pk)])
    second.refresh_from_db()
    assert second.group_id == first.pk and "group" not in buttons(client, first) and "ungroup" in buttons(client, second)
    do(client, second, "ungroup")
    assert second.group_id is None
    chosen = {"action": "group_chosen", "_selected_action": [str(first.pk), str(second.pk), str(other.pk)], "index": "0"}
    asked = text(client.post(DESK, chosen))
    assert all(row.code in asked for row in (first, second, other)) and "Nguyễn Thị Giả Định" in asked and other.subject in asked
    assert asked.count(">Khác nội dung<") == 1 and asked.index(other.code) < asked.index(">Khác nội dung<")
    assert re.findall(r'name="different" value="([^"]+)"', asked) == [str(other.pk)] and " checked" not in asked
    assert not Petition.objects.filter(group=first).exists(), "asked first"
    address, everything = f"{DESK}gop-nhieu/", {"petition": chosen["_selected_action"]}
    assert "ít nhất hai" in text(client.post(DESK, {**chosen, "_selected_action": [str(first.pk)]}, follow=True))
    assert client.get(address).status_code == 302 and client.post(address, {"petition": "x"}).status_code == 404
    assert at_desk("H26.101", PUBLISHING).post(address, everything).status_code == 403
    text(client.post(address, {**everything, "different": str(first.pk)}), 422)
    assert "ít nhất hai" in text(client.post(address, {"petition": [str(first.pk), str(other.pk)]}), 422)
    with pytest.raises(PetitionRefused, match="khác nội dung"):
        answering.group(actor=client.actor, petition_ids=[first.pk, other.pk], now=timezone.now())  # type: ignore[attr-defined]
    assert "Đã gộp 2 phản ánh" in text(client.post(address, everything, follow=True))
    assert list(Petition.objects.filter(group=first)) == [second]
    # What differs from the group that is there goes in only where it is ticked.
    more = {"petition": [str(second.pk), str(other.pk)]}
    assert f"đầu nhóm là {first.code}" in text(client.post(DESK, {**chosen, "_selected_action": more["petition"]}))
    assert "Đã gộp 2 phản ánh" in text(client.post(address, {**more, "different": str(other.pk)}, follow=True))
    assert Petition.objects.filter(group=first).count() == 2
    received(first, client.actor, now=ago(hours=9))  # type: ignore[attr-defined]
    do(client, first, "answer", draft=0, words="Đã trả cho cả hai.", outcome_on=f"{timezone.localdate():%d/%m/%Y}")
    page = text(checker.get(of(first, "approve")))
    assert "2 phản ánh khác cùng nhóm" in page and second.code in page and other.code in page
    assert "“Trả lời cả nhóm” gửi đến những người này" in page and "<strong>Khác nội dung</strong>" in page
    do(checker, first, "approve", to_group="on")
    from portal.outbox.models import Message

    assert Message.objects.filter(kind="feedback.answer_copy", payload__petition=str(second.pk)).exists()


def test_an_address_does_the_edge_of_its_name_and_no_other() -> None:
    """Whoever posts by hand to an act that the state does not allow changes nothing."""
    client, top = at_desk(), at_top()
    actor, colleague = client.actor, at_desk().actor  # type: ignore[attr-defined]
    rows = {}
    for state in State.values:
        petition, sender = send_one(now=ago(days=9))
        given = {"petition_id": petition.pk, "now": ago(days=7)}
        if state in ("processing", "checking", "answered"):
            received(petition, actor, now=ago(days=8))
        if state == "waiting":
            handling.ask_more(actor=actor, question="Giấy hẹn?", **given)
        if state in ("checking", "answered"):
            answering.submit_answer(actor=actor, words="Xong.", outcome_on=timezone.localdate(ago(days=7)), **given)
        if state == "answered":
            answering.approve(actor=colleague, **given)
        if state == "refused":
            handling.refuse(actor=actor, reason="content", words="Không thuộc.", **given)
        if state == "withdrawn":
            handling.withdraw(actor=sender, **given)
        if state == "secret":
            secrets.seal_away(actor=actor, basis="Số 1/QĐ ngày 1/11/2026", **given)
        petition.refresh_from_db()
        assert petition.state == state
        rows[state] = petition
    said = {
        "words": "Chữ.", "reason": "content", "about": "rule", "kind": "cham-tre", "question": "Gì?", "unit_code": "H26.102",
        "cause": "government", "outcome_on": f"{timezone.localdate():%d/%m/%Y}", "draft": 0, "step": "2", "sure": "on",
        "basis": "Số 1/QĐ", "handler": actor.position_id,
    }  # fmt: skip
    for verb in VERBS:
        edge = TABLE.transitions.get("submit" if verb == "answer" else verb)
        for state, petition in rows.items():
            is_open = state in OPEN_STATES
            if (edge is not None and state in edge.sources) or (edge is None and is_open and verb not in ("group", "ungroup")):
                continue
            by = top if verb == "take_over" else client
            for reason in ("content", "silent"):
                answer = by.post(of(petition, verb), {**said, "reason": reason, "code": petition.code, "seen": petition.version})
                assert answer.status_code in (409, 422), (verb, state, answer.status_code)
            assert Petition.objects.filter(pk=petition.pk, state=state, version=petition.version).exists(), (verb, state)
    waiting, fresh = rows["waiting"], rows["new"]
    for petition, reason in ((waiting, "content"), (fresh, "silent")):
        with pytest.raises(PetitionRefused):
            handling.refuse(actor=actor, petition_id=petition.pk, reason=reason, words="Không.", now=timezone.now())


@pytest.mark.requirement("F-14")
def test_what_is_secret_leaves_after_asking_twice() -> None:
    petition, _ = send_one(now=ago(days=2), place_code="01")
    checker = at_desk("H26.101", CHECKING)
    assert "Nơi xảy ra" in text(checker.get(of(petition)))
    assert "Không có cách nào lấy lại" in text(checker.get(of(petition, "seal_away")))
    do(checker, petition, "seal_away", 422, step="1", basis="Số 1/QĐ ngày 1/11/2026", code="PA0000000000")
    second = text(do(checker, petition, "seal_away", 200, step="1", basis="Số 1/QĐ ngày 1/11/2026", code=petition.code.lower()))
    assert 'name="step" value="2"' in second and 'name="sure"' in second and petition.state == "new"
    do(checker, petition, "seal_away", 422, step="2", basis="Số 1/QĐ ngày 1/11/2026", code=petition.code)
    do(checker, petition, "seal_away", step="2", basis="Số 1/QĐ ngày 1/11/2026", code=petition.code, sure="on")
    assert petition.state == "secret" and SecretStub.objects.get(petition=petition).basis.startswith("Số 1/QĐ")
    page = text(checker.get(of(petition)))
    assert WORDS not in page and "Nguyễn Thị Giả Định" not in page and "đã hủy khỏi hệ thống" in page
    assert "Số 1/QĐ ngày 1/11/2026" in page and "Nơi xảy ra" not in page and petition.place_code == ""
    assert buttons(at_desk(), petition) == set()
    assert petition.code in text(checker.get(DESK, {"viec": "da-xong"}))


def test_ones_own_petition_is_for_colleagues() -> None:
    person = make_person()
    petition, _ = send_one(person, now=ago(days=1))
    client, position = Client(), make_position(person, unit="H26.101", roles=ROLES)
    sign_in(client, person, position=position)
    assert "Phản ánh này do bạn gửi" in text(client.get(of(petition))) and buttons(client, petition) == set()
    assert client.get(of(petition, "receive")).status_code == 409
    do(client, petition, "receive", 422, about="conduct", kind="cham-tre")
    assert petition.state == "new"


def test_files_open_once_checked_and_each_look_is_written_down() -> None:
    petition, _ = send_one(now=ago(days=1))
    client = at_desk()
    actor = client.actor  # type: ignore[attr-defined]
    received(petition, actor, now=ago(hours=2))
    do(client, petition, "answer", draft=0, words="Kèm tệp.", luu="1", uploads=[SimpleUploadedFile("anh.png", png(), "image/png")])
    row = Attachment.objects.get(petition=petition)
    address = f"{DESK}{petition.pk}/tep/{row.pk}/"
    assert "anh.png (đang kiểm tra)" in text(client.get(of(petition))) and client.get(address).status_code == 404
    StoredFile.objects.filter(pk=row.file_id).update(state=FileState.CLEAN)
    assert address in text(client.get(of(petition)))
    assert b"".join(client.get(address).streaming_content) == png()  # type: ignore[attr-defined]
    assert at_desk("H26.102").get(address).status_code == 404 and client.get(f"{DESK}{petition.pk}/tep/{uuid4()}/").status_code == 404
    assert Act.objects.filter(act="feedback.read_file", target_id=str(petition.pk), position_id=actor.position_id).count() == 2
    wrong = SimpleUploadedFile("x.exe", b"MZ\x90\x00", "application/octet-stream")
    draft = Answer.objects.get(petition=petition)
    page = do(client, petition, "answer", 422, draft=draft.version, words="Giữ chữ này.", luu="1", uploads=[wrong])
    assert "Giữ chữ này." in text(page, 422)


# At once --------------------------------------------------------------------------------------------------------------------------


def test_a_page_that_is_out_of_date_says_so_and_keeps_what_was_typed() -> None:
    petition, _ = send_one(now=ago(days=1))
    client = at_desk()
    do(client, petition, "classify", about="rule", kind="cham-tre", sector_code="")
    answer = client.post(of(petition, "refuse"), {"seen": 1, "reason": "content", "words": "Chữ đã viết."})
    page = text(answer, 409)
    assert "đã thay đổi từ lúc bạn mở trang này" in page and "Chữ đã viết." in page and f'name="seen" value="{petition.version}"' in page
    routing.transfer(
        actor=client.actor,
        petition_id=petition.pk,
        unit_code="H26.102",
        reason="Nơi khác.",
        now=timezone.now(),  # type: ignore[attr-defined]
    )
    answer = client.post(of(petition, "refuse"), {"seen": petition.version, "reason": "content", "words": "Chữ đã viết."})
    assert "đã thay đổi từ lúc bạn mở trang này" in text(answer, 409)
