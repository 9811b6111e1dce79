"""The desk over HTTP: who sees what, each act an address, too late is a page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode

from dossiers import services
from dossiers.models import Dossier, State
from portal.audit.models import Act
from portal.documents import steps
from tests.dossiers.support import NOW, decided, filed, mark_clean, mother, png, received, sign_by_hand
from tests.factories import make_officer_actor, make_position, officer_actor, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")

DESK = "/quan-tri/dossiers/dossier/"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def desk_of(
    unit: str = "H26.101", roles: tuple[str, ...] = ("reception", "handling", "signing"), credential: str = ""
) -> tuple[Client, Any]:
    """The browser of a new officer, and the position."""
    position = make_position(unit=unit, roles=roles, credential_id=credential)
    client = Client()
    sign_in(client, position.person, position=position)
    return client, position


@pytest.mark.requirement("D-11", "O-07")
def test_the_list_shows_ones_own_unit_only() -> None:
    dossier = filed()
    own, _ = desk_of()
    assert dossier.code in text(own.get(DESK))
    above, _ = desk_of("H26", ("handling",))
    assert dossier.code in text(above.get(DESK))
    elsewhere, _ = desk_of("H26.102")
    page = elsewhere.get(DESK)
    assert page.status_code == 200
    assert dossier.code not in text(page)


@pytest.mark.requirement("O-07", "D-11")
def test_an_officer_of_another_unit_finds_nothing_at_any_address() -> None:
    issued = decided()
    mark_clean(issued.dossier)
    dossier = Dossier.objects.get(pk=issued.dossier_id)
    fresh = filed()
    client, _ = desk_of("H26.102", credential="cred-other")
    for row in (dossier, fresh):
        assert client.get(f"{DESK}{row.id}/change/").status_code == 404
        for act in ("receive", "refuse", "decide", "take_back", "decline", "authorise"):
            body = {"seen": row.version, "reason": "x", "registration_number": "1", "book": "1", "signer_position_id": str(row.id)}
            assert client.post(f"{DESK}{row.id}/{act}/", body).status_code == 404, act
        for page in ("refuse", "preview"):
            assert client.get(f"{DESK}{row.id}/{page}/").status_code == 404
    assert client.get(f"/ho-so/{dossier.code}/giay-to/{dossier.papers.get().id}/").status_code == 404
    assert client.get(f"/ho-so/{dossier.code}/giay-tiep-nhan/").status_code == 404
    for row in (dossier, fresh):
        version = row.version
        row.refresh_from_db()
        assert row.version == version


def test_a_citizen_is_led_away_from_the_desk(client: Client) -> None:
    dossier = filed()
    sign_in(client, mother())
    for address in (DESK, f"{DESK}{dossier.id}/change/", f"{DESK}{dossier.id}/refuse/"):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, f"/quan-tri/login/?next={address}")
        assert client.get(response["Location"])["Location"].startswith("/tai-khoan/can-bo/?next=")
    assert client.post(f"{DESK}{dossier.id}/receive/", {"seen": 1}).status_code == 302
    dossier.refresh_from_db()
    assert dossier.state == State.SUBMITTED


def test_a_role_without_the_act_has_no_button_and_is_refused() -> None:
    dossier = filed()
    client, _ = desk_of(roles=("handling",))
    page = text(client.get(f"{DESK}{dossier.id}/change/"))
    assert "Tiếp nhận hồ sơ" not in page
    assert client.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version}).status_code == 403
    dossier.refresh_from_db()
    assert dossier.state == State.SUBMITTED


@pytest.mark.requirement("O-07")
def test_the_page_shows_the_dossier_and_the_look_is_an_act() -> None:
    dossier = filed()
    mark_clean(dossier)
    client, position = desk_of()
    page = text(client.get(f"{DESK}{dossier.id}/change/"))
    for words in (
        dossier.code,
        "Trần Thị Bé Thử",
        "15/11/2026",
        "giấy chứng sinh.png",
        "Đã kiểm tra",
        "đối chiếu",
        "Tiếp nhận hồ sơ",
        "Từ chối",
        # On top of every page of the desk: as whom one works.
        f"{position.person.full_name} · {position.title}",
    ):
        assert words in page, words
    assert Act.objects.filter(act="dossiers.read", target_id=str(dossier.id), position_id=position.id).count() == 1
    paper = dossier.papers.get()
    seen = client.get(f"/ho-so/{dossier.code}/giay-to/{paper.id}/")
    assert b"".join(seen) == png()
    assert Act.objects.filter(act="dossiers.read_paper", position_id=position.id).count() == 1
    assert client.post(f"{DESK}{dossier.id}/change/", {}).status_code in (403, 404, 405)
    assert client.get(f"{DESK}{dossier.id}/delete/").status_code == 403
    assert client.get(f"{DESK}add/").status_code == 403


def test_an_unchecked_paper_is_not_opened_on_the_desk() -> None:
    dossier = filed()
    client, _ = desk_of()
    paper = dossier.papers.get()
    assert client.get(f"/ho-so/{dossier.code}/giay-to/{paper.id}/").status_code == 404
    assert "Đang kiểm tra" in text(client.get(f"{DESK}{dossier.id}/change/"))


@pytest.mark.requirement("D-11")
def test_the_officer_decides_the_leader_signs(settings: Any) -> None:
    settings.REMOTE_SIGNING_PUBLIC_URL = "https://ky-so.vi-du.example/csc/v2"
    settings.REMOTE_SIGNING_URL = "https://ky-so.vi-du.example/csc/v2"
    dossier = filed()
    client, position = desk_of(roles=("reception", "handling"))
    chief_client, chief = desk_of(roles=("signing",), credential="cred-test")
    change = f"{DESK}{dossier.id}/change/"
    done = client.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version})
    assert (done.status_code, done["Location"]) == (302, change)
    dossier.refresh_from_db()
    assert dossier.state == State.PROCESSING
    ask = text(client.get(f"{DESK}{dossier.id}/decide/"))
    assert f'name="seen" value="{dossier.version}"' in ask
    assert 'value="1/2026"' in ask
    body = {"seen": dossier.version, "registration_number": "125/2026", "book": "01/2026", "signer_position_id": str(chief.id)}
    for wrong, said in (
        ({"registration_number": "một"}, "Số đăng ký là số từ 1 đến"),
        ({"registration_number": ""}, "Hãy nhập số đăng ký."),
        ({"book": "99/2020"}, "sổ của năm 2026"),
        ({"signer_position_id": str(position.id)}, "Hãy chọn người ký trong danh sách."),
        ({"signer_position_id": "x"}, "Hãy chọn người ký trong danh sách."),
    ):
        refused = client.post(f"{DESK}{dossier.id}/decide/", body | wrong)
        assert refused.status_code == 422, wrong
        assert said in text(refused)
        assert "Có chỗ cần sửa" in text(refused)
    assert chief_client.get(f"{DESK}{dossier.id}/decide/").status_code == 403
    assert chief_client.post(f"{DESK}{dossier.id}/decide/", body).status_code == 403
    right = client.post(f"{DESK}{dossier.id}/decide/", body)
    assert (right.status_code, right["Location"]) == (302, change)
    dossier.refresh_from_db()
    assert (dossier.state, dossier.awaits_signature) == (State.PROCESSING, True)
    page = text(client.get(change))
    assert "Đang xử lý: chờ ký kết quả" in page
    assert "Rút lại quyết định" in page
    assert "Xác nhận ký" not in page
    assert client.post(f"{DESK}{dossier.id}/authorise/").status_code == 403

    assert "1 Chờ tôi ký" in re.sub(r"<[^>]+>", "", text(chief_client.get("/quan-tri/")))
    assert dossier.code in text(chief_client.get(DESK, {"viec": "cho-toi-ky"}))
    page = text(chief_client.get(change))
    assert "Xác nhận ký" in page
    assert "Không ký, trả lại cán bộ" in page
    assert chief_client.post(f"{DESK}{dossier.id}/authorise/")["Location"].startswith("https://ky-so.vi-du.example/")
    other, _ = desk_of(roles=("signing",), credential="cred-other")
    assert "Xác nhận ký" not in text(other.get(change))
    assert "Không ký" not in text(other.get(change))
    assert other.post(f"{DESK}{dossier.id}/authorise/").status_code == 403
    sign_by_hand(dossier.documents.get(role="result"))
    assert "Đã trả kết quả" in text(chief_client.get(change))
    assert chief_client.post(f"{DESK}{dossier.id}/authorise/").status_code == 302
    assert position.id == dossier.officer_id


@pytest.mark.requirement("D-11")
def test_a_wrong_number_is_taken_back_and_the_leader_reads_what_is_signed() -> None:
    officer, chief = desk_of(roles=("reception", "handling")), desk_of(roles=("signing",), credential="cred-test")
    issued = decided(officer_actor(officer[1]), officer_actor(chief[1]), number="521/2026")
    dossier = Dossier.objects.get(pk=issued.dossier_id)
    assert chief[0].get(f"{DESK}{dossier.id}/preview/").status_code == 404
    steps.render(issued.document_id)
    preview = chief[0].get(f"{DESK}{dossier.id}/preview/")
    assert b"".join(preview).startswith(b"%PDF")
    assert Act.objects.filter(act="dossiers.preview", position_id=chief[1].id).count() == 1
    take_back = f"{DESK}{dossier.id}/take_back/"
    assert "Lý do rút lại" in text(officer[0].get(take_back))
    assert officer[0].post(take_back, {"seen": dossier.version, "reason": ""}).status_code == 422
    stale = officer[0].post(take_back, {"seen": dossier.version - 1, "reason": "Nhầm số."})
    assert stale.status_code == 409
    assert officer[0].post(take_back, {"seen": dossier.version, "reason": "Nhầm số."}).status_code == 302
    page = text(officer[0].get(f"{DESK}{dossier.id}/change/"))
    assert "Nhầm số." in page
    assert "Quyết định và trình ký" in page
    assert chief[0].get(f"{DESK}{dossier.id}/preview/").status_code == 404
    assert 'value="1/2026"' in text(officer[0].get(f"{DESK}{dossier.id}/decide/"))
    assert officer[0].get(take_back).status_code == 409
    citizen = Client()
    sign_in(citizen, mother())
    seen = text(citizen.get(f"/ho-so/{dossier.code}/"))
    assert "Cơ quan xem lại kết quả" in seen
    assert "Nhầm số." not in seen


@pytest.mark.requirement("O-07")
def test_ones_own_dossier_has_no_buttons_and_says_why() -> None:
    dossier = filed()
    position = make_position(person=mother())
    client = Client()
    sign_in(client, position.person, position=position)
    page = text(client.get(f"{DESK}{dossier.id}/change/"))
    assert "Hồ sơ này là của bạn" in page
    assert "/receive/" not in page
    for act in ("receive", "refuse"):
        answer = client.post(f"{DESK}{dossier.id}/{act}/", {"seen": dossier.version, "reason": "x", "basis": "x"})
        assert answer.status_code == 409
        assert "Hồ sơ này là của bạn" in text(answer)
    assert client.get(f"{DESK}{dossier.id}/refuse/").status_code == 409
    dossier.refresh_from_db()
    assert dossier.state == State.SUBMITTED


@pytest.mark.requirement("D-11")
def test_the_first_page_counts_what_waits() -> None:
    officer = make_officer_actor(roles=("reception", "handling"))
    now = timezone.now()
    new, taken, late = filed(now=now), received(officer, now=now), received(officer, now=now)
    Dossier.objects.filter(pk=taken.pk).update(due_at=timezone.localtime(now).replace(hour=23, minute=59, second=59))
    Dossier.objects.filter(pk=late.pk).update(submitted_at=now - timedelta(days=9), due_at=now - timedelta(days=1))
    signed_late = decided(officer, now=now, number="7")
    Dossier.objects.filter(pk=signed_late.dossier_id).update(due_at=now - timedelta(hours=1))
    Dossier.objects.filter(pk=new.pk).update(response_due_at=now + timedelta(days=3))
    client, _ = desk_of(roles=("reception", "handling"))
    with CaptureQueriesContext(connection) as queries:
        page = re.sub(r"<[^>]+>", "", text(client.get("/quan-tri/")))
    for words in ("1 Quá hạn", "1 Đến hạn hôm nay", "1 Mới, chờ tiếp nhận", "1 Đang chờ ký"):
        assert words in page, words
    assert "Chờ tôi ký" not in page
    # One for the counts, one for each table of what presses, whatever stands there.
    assert sum('FROM "dossiers_dossier"' in one["sql"] for one in queries) <= 5
    for name, shown in (("qua-han", late), ("hom-nay", taken), ("moi", new), ("cho-ky", signed_late.dossier)):
        listed = text(client.get(DESK, {"viec": name}))
        assert [code for code in (new.code, taken.code, late.code, signed_late.dossier.code) if f">{code}<" in listed] == [shown.code]
    # The list opens on what is open, the soonest deadline first.
    listed = text(client.get(DESK))
    assert listed.index(f">{late.code}<") < listed.index(f">{taken.code}<") < listed.index(f">{new.code}<")
    elsewhere, _ = desk_of("H26.102")
    assert "0 Quá hạn" in re.sub(r"<[^>]+>", "", text(elsewhere.get("/quan-tri/")))
    steering, _ = desk_of("G22", ("steering",))
    assert "Quá hạn" not in text(steering.get("/quan-tri/"))


def test_the_door_does_not_turn_in_circles_and_errors_stay_in_the_frame() -> None:
    client, _ = desk_of()
    for asked, led in (
        ("", "/quan-tri/"),
        ("?next=/quan-tri/login/", "/quan-tri/"),
        ("?next=/quan-tri/login/%3Fnext%3D/quan-tri/login/", "/quan-tri/"),
        ("?next=https://evil.example/", "/quan-tri/"),
        ("?next=/quan-tri/dossiers/", "/quan-tri/dossiers/"),
    ):
        answer = client.get(f"/quan-tri/login/{asked}")
        assert (answer.status_code, answer["Location"]) == (302, led), asked
        stranger = Client().get(f"/quan-tri/login/{asked}")
        assert stranger["Location"] == "/tai-khoan/can-bo/?" + urlencode({"next": led})
    for address, status in (
        ("/quan-tri/password_change/", 404),
        ("/quan-tri/password_change/done/", 404),
        ("/quan-tri/khong-co/", 404),
        (f"{DESK}add/", 403),
        ("/quan-tri/outbox/message/", 403),
    ):
        answer = client.get(address)
        assert answer.status_code == status, address
        assert "Bàn làm việc" in text(answer)
        assert 'class="site-header"' not in text(answer)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    old = strict.post(f"{DESK}{filed().id}/receive/", {"seen": 1})
    assert old.status_code == 403
    assert "Trang đã mở quá lâu" in text(old)
    assert "Bàn làm việc" in text(old)
    assert 'class="site-header"' in text(Client().get("/quan-tri-khong-co/"))


@pytest.mark.requirement("D-11")
def test_refusing_asks_for_the_reason() -> None:
    dossier = filed()
    client, _ = desk_of()
    assert client.get(f"{DESK}{dossier.id}/refuse/").status_code == 200
    empty = client.post(f"{DESK}{dossier.id}/refuse/", {"seen": dossier.version, "reason": " "})
    assert empty.status_code == 422
    assert "Hãy nêu lý do" in text(empty)
    groundless = client.post(f"{DESK}{dossier.id}/refuse/", {"seen": dossier.version, "reason": "Trẻ đã được đăng ký."})
    assert groundless.status_code == 422 and "làm căn cứ" in text(groundless) and "Trẻ đã được đăng ký." in text(groundless)
    given = {"reason": "Trẻ đã được đăng ký.", "basis": "Khoản 1 Điều 13 Luật Hộ tịch 2014"}
    client.post(f"{DESK}{dossier.id}/refuse/", {"seen": dossier.version, **given})
    dossier.refresh_from_db()
    assert dossier.state == State.REFUSED
    browser = Client()
    sign_in(browser, mother())
    assert "Trẻ đã được đăng ký. Căn cứ: Khoản 1 Điều 13 Luật Hộ tịch 2014" in text(browser.get(f"/ho-so/{dossier.code}/"))


@pytest.mark.parametrize("seen", ["", "0", "-1", "x", "99999999999"])
def test_an_act_without_the_version_seen_is_a_friendly_page(seen: str) -> None:
    dossier = filed()
    client, _ = desk_of()
    response = client.post(f"{DESK}{dossier.id}/receive/", {"seen": seen})
    assert response.status_code == 409
    assert "đã thay đổi" in text(response)
    dossier.refresh_from_db()
    assert dossier.state == State.SUBMITTED


def test_acts_on_a_dossier_that_is_past_them_are_friendly() -> None:
    dossier = received(make_officer_actor())
    client, _ = desk_of()
    for act in ("receive", "refuse"):
        assert client.get(f"{DESK}{dossier.id}/{act}/").status_code == 409
        assert client.post(f"{DESK}{dossier.id}/{act}/", {"seen": dossier.version, "reason": "x", "basis": "x"}).status_code == 409
    assert client.get(f"{DESK}khong-phai-uuid/change/").status_code == 404


@pytest.mark.requirement("D-11")
def test_search_finds_what_people_have_at_hand() -> None:
    dossier, done = filed(), filed()
    services.refuse(actor=make_officer_actor(), dossier_id=done.id, seen_version=done.version, reason="x", now=NOW)
    client, _ = desk_of()
    number = mother().id_number
    for words in (
        "mau", "Nguyễn thị", "nguyen thi m", "be thu", "Trần Thị Bé", dossier.code, dossier.code.lower(), dossier.code[:12],
        dossier.code[-6:], dossier.code[-11:], number, f" {number[:3]} {number[3:6]} {number[6:]}",
    ):  # fmt: skip
        assert f">{dossier.code}<" in text(client.get(DESK, {"q": words})), words
    # A search looks through what is closed, too; without one the list shows what is open.
    assert f">{done.code}<" in text(client.get(DESK, {"q": done.code[-6:]}))
    assert f">{done.code}<" not in text(client.get(DESK))
    assert f">{done.code}<" in text(client.get(DESK, {"viec": "tat-ca"}))
    for words in ("khong co ai", "001195999999", "9999", "%", "_", "\\"):
        assert 'id="result_list"' not in text(client.get(DESK, {"q": words})), words
    assert 'id="result_list"' not in text(client.get(DESK, {"tinh-trang": "4"}))
    assert f">{done.code}<" in text(client.get(DESK, {"tinh-trang": "3"}))
    assert client.get(DESK, {"viec": "x"}).status_code == 200


def test_the_lists_queries_do_not_grow_with_its_rows() -> None:
    filed()
    client, _ = desk_of()
    client.get(DESK)
    with CaptureQueriesContext(connection) as one:
        client.get(DESK)
    for _ in range(5):
        filed()
    with CaptureQueriesContext(connection) as many:
        client.get(DESK)
    assert len(many) == len(one)
