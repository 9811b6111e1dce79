"""The kiosk in a hall: a device of the unit, numbers, signing in without a keyboard, nothing left behind, one's own phone (D-23)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import UserSession
from dossiers.appointments import counter
from dossiers.kiosk import devices, handing
from dossiers.kiosk.pad import read_card
from dossiers.models import Dossier, KioskDevice, KioskHandover, Ticket
from dossiers.services import start_or_open_draft
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests.dossiers.counters import UNIT, booked, due_now
from tests.dossiers.support import ANSWERS, CODE, PAPER, father, hidden, mother, photo
from tests.factories import citizen_actor, make_officer_actor, make_position, officer_actor, sign_in
from tests.support import qr

pytestmark = [pytest.mark.requirement("D-23"), pytest.mark.usefixtures("demo_data")]
DESK = "/quan-tri/dossiers/kioskdevice/"
CARD = "|024123456|Nguyễn Thị Mẫu|14031995|Nữ|Số 1 phố Thử Nghiệm|01012022"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def administrator(unit: str = UNIT) -> tuple[Client, Any]:
    position, client = make_position(unit=unit, roles=("administrator",)), Client()
    sign_in(client, position.person, position=position)
    return client, officer_actor(position)


def registered() -> tuple[Client, KioskDevice]:
    """A browser that is the kiosk of the ward's hall."""
    actor, now = make_officer_actor(roles=("administrator",)), timezone.now()
    device = devices.register(actor=actor, name="Sảnh tầng 1", now=now)
    code = devices.new_code(actor=actor, device_id=device.pk, now=now)
    kiosk = Client()
    kiosk.cookies[devices.COOKIE] = devices.pair(code=code, now=now)
    return kiosk, device


def password(kiosk: Client) -> str:
    """The one-time password that this browser asked for, out of the SMS, after the worker's part."""
    outbox.deliver_due()
    body = Notification.objects.get(key=f"otp:{kiosk.session['otp_request']}", channel="sms").body
    return str(body)[:6]


def signed_in(person: Any = None) -> tuple[Client, KioskDevice]:
    """The mother (or another) at the kiosk, who gave her number by the card's code and proved herself by the password."""
    kiosk, device = registered()
    answer = kiosk.post("/kiosk/dang-nhap/", {"so": (person or mother()).id_number + CARD, "next": f"/nop-ho-so/{CODE}/to-khai/"})
    assert (answer.status_code, answer["Location"]) == (302, "/kiosk/dang-nhap/ma/")
    answer = kiosk.post("/kiosk/dang-nhap/ma/", {"so": password(kiosk), "phim": "xong"})
    assert (answer.status_code, answer["Location"]) == (302, f"/nop-ho-so/{CODE}/to-khai/")
    return kiosk, device


def test_a_device_is_paired_once_by_a_code_of_the_desk_and_taken_back_at_once() -> None:
    stranger = Client()
    page = text(stranger.get("/kiosk/"))
    assert "chỉ hướng dẫn" in page and "Lấy số thứ tự" not in page
    for elsewhere in ("so/", "dang-nhap/", "dang-nhap/ma/", f"dien-thoai/{CODE}/"):
        assert stranger.get(f"/kiosk/{elsewhere}")["Location"] == "/kiosk/"
    assert stranger.post("/kiosk/so/", {})["Location"] == "/kiosk/" and not Ticket.objects.exists()

    desk, actor = administrator()
    made = desk.post(DESK + "add/", {"name": "Sảnh tầng 1"})
    device = KioskDevice.objects.get()
    assert made["Location"] == f"{DESK}{device.pk}/change/" and device.unit_code == UNIT
    shown = desk.post(f"{DESK}{device.pk}/code/")
    found = re.search(r"data-kiosk-code>(\d{4}) (\d{4})<", text(shown))
    assert found is not None and "no-store" in shown["Cache-Control"]
    code = found[1] + found[2]
    device.refresh_from_db()
    assert code not in device.pairing_index and device.pairing_until is not None
    # Typed digit by digit where there is no script; a wrong code opens nothing.
    typed = ""
    for digit in code:
        answer = stranger.post("/kiosk/may/", {"so": typed, "phim": digit})
        typed += digit
        assert f'value="{typed}"' in text(answer)
    assert stranger.post("/kiosk/may/", {"so": "00000000", "phim": "xong"}).status_code == 422
    paired = stranger.post("/kiosk/may/", {"so": typed, "phim": "xong"})
    cookie = paired.cookies[devices.COOKIE]
    assert paired["Location"] == "/kiosk/" and cookie["httponly"] and cookie["samesite"] == "Strict"
    assert "Lấy số thứ tự" in text(stranger.get("/kiosk/"))
    assert Client().post("/kiosk/may/", {"so": typed, "phim": "xong"}).status_code == 422, "used up"
    assert stranger.get("/thong-ke/")["Location"] == "/kiosk/", "a kiosk leads nowhere else"
    # Too late.
    late = devices.new_code(actor=actor, device_id=device.pk, now=timezone.now())
    with pytest.raises(devices.KioskRefused):
        devices.pair(code=late, now=timezone.now() + timedelta(minutes=11))
    # Another unit's administrator sees none of it; ours takes it back, and the browser is nobody's at once.
    other, _actor = administrator("H26.102")
    assert other.get(f"{DESK}{device.pk}/change/").status_code == 404
    assert desk.post(f"{DESK}{device.pk}/withdraw/").status_code == 302
    gone = stranger.get("/kiosk/")
    assert "chỉ hướng dẫn" in text(gone) and gone.cookies[devices.COOKIE]["max-age"] == 0


@pytest.mark.requirement("D-28")
def test_what_do_i_need_papers_fee_and_a_number_without_typing_anything() -> None:
    kiosk, _device = registered()
    start = kiosk.get("/kiosk/")
    assert start["X-Kiosk"] == "public" and "csrfmiddlewaretoken" not in text(start)
    assert "/kiosk/su-kien/" in text(kiosk.get("/kiosk/su-kien/"))
    procedure = text(kiosk.get(f"/kiosk/thu-tuc/{CODE}/"))
    assert "Giấy chứng sinh" in procedure and "Nộp hồ sơ tại máy này" in procedure and "<svg" in procedure
    assert kiosk.get("/kiosk/thu-tuc/9.999999/").status_code == 404
    # One question a screen, each answer a link, until what this person needs.
    at, seen = f"/kiosk/thu-tuc/{CODE}/hoi/", 0
    page = text(kiosk.get(at))
    while (choice := re.search(r'class="kiosk-tile" href="(\?[^"]+)"', page)) is not None and seen < 20:
        page, seen = text(kiosk.get(at + choice[1].replace("&amp;", "&"))), seen + 1
    assert seen and ("Giấy tờ bạn cần" in page or "Xem thủ tục cần làm" in page)

    drawn = kiosk.post("/kiosk/so/", {"uu-tien": "old"}, follow=True)
    ticket = Ticket.objects.get()
    assert (ticket.unit_code, ticket.number, ticket.priority) == (UNIT, 1, "old") and "Số của bạn" in text(drawn)
    one = due_now(booked())
    kiosk.post("/kiosk/so/", {"ma": f"https://cong.vi-du/lich-hen/{one.code}/"})
    assert Ticket.objects.get(appointment=one).number == 2
    wrong = kiosk.post("/kiosk/so/", {"ma": "KHONGCOMA"})
    assert wrong.status_code == 422 and "Không có lịch hẹn" in text(wrong)
    # The counter calls both by its rule.
    officer = make_officer_actor(roles=("reception",))
    called = [counter.call_next(actor=officer, unit_code=UNIT, counter=1, now=timezone.now()).number]
    assert called == [1]


def test_the_card_only_fills_in_the_number_and_the_password_proves() -> None:
    assert read_card(mother().id_number + CARD) == mother().id_number
    kiosk, _device = registered()
    wrong = kiosk.post("/kiosk/dang-nhap/", {"so": "123" + CARD})
    assert wrong.status_code == 422 and "12 chữ số" in text(wrong) and "Nguyễn Thị Mẫu" not in text(wrong)
    kiosk.post("/kiosk/dang-nhap/", {"so": mother().id_number + CARD, "next": "https://evil.example/"})
    assert not UserSession.objects.exists(), "a card proves nothing"
    right = password(kiosk)
    refused = kiosk.post("/kiosk/dang-nhap/ma/", {"so": f"{(int(right) + 1) % 10**6:06d}"})
    assert refused.status_code == 422 and not UserSession.objects.exists()
    assert kiosk.post("/kiosk/dang-nhap/ma/", {"so": right})["Location"] == "/ho-so/"
    assert UserSession.objects.get().way == "code"
    # The portal's own sign-in leads to the kiosk's.
    fresh, _one = registered()
    assert fresh.get("/tai-khoan/dang-nhap/?next=/ho-so/")["Location"] == "/kiosk/dang-nhap/?next=%2Fho-so%2F"


def test_nothing_private_stays_in_the_browser_and_the_session_is_over_on_the_server() -> None:
    kiosk, _device = signed_in()
    page = kiosk.get(f"/nop-ho-so/{CODE}/to-khai/")
    assert page.status_code == 200 and "Kết thúc, xóa hết" in text(page) and "no-store" in page["Cache-Control"]
    assert "X-Kiosk" not in page and "X-Kiosk" not in kiosk.get("/kiosk/")
    session = UserSession.objects.get()
    assert kiosk.post("/kiosk/con-day/").json() == {"signed_in": True}
    kiosk.cookies["la"] = "x"
    over = kiosk.post("/kiosk/ket-thuc/")
    assert over["Location"] == "/kiosk/" and over["Clear-Site-Data"] == '"cache", "storage"' and "no-store" in over["Cache-Control"]
    assert {name for name, one in over.cookies.items() if one["max-age"] == 0} >= {"phien", "la"} and devices.COOKIE not in over.cookies
    session.refresh_from_db()
    assert session.ended_at is not None
    assert kiosk.get("/ho-so/")["Location"].startswith("/tai-khoan/dang-nhap/")
    assert kiosk.post("/kiosk/con-day/").json() == {"signed_in": False}


def test_a_session_that_everybody_left_ends_on_the_server_by_itself(settings: Any) -> None:
    kiosk, device = signed_in()
    session = UserSession.objects.get()
    kiosk.get("/ho-so/")
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.KIOSK_IDLE_SECONDS + 5)):
        answer = kiosk.get("/ho-so/")
        assert answer.status_code == 302 and "Mẫu" not in text(answer)
        assert kiosk.get("/ho-so/", follow=True).redirect_chain[-1][0].startswith("/kiosk/")
    # Taken back while somebody is signed in: it ends with the next press.
    again, device = signed_in(father())
    session = UserSession.objects.filter(ended_at=None).latest("begun_at")
    devices.withdraw(actor=make_officer_actor(roles=("administrator",)), device_id=device.pk, now=timezone.now())
    again.get("/ho-so/")
    session.refresh_from_db()
    assert session.ended_at is not None


def test_at_the_kiosk_itself_a_dossier_is_filled_in_and_sent_without_an_officer() -> None:
    kiosk, _device = signed_in()
    form, papers, check = (f"/nop-ho-so/{CODE}/{page}/" for page in ("to-khai", "giay-to", "kiem-tra"))
    born = f"{timezone.localdate() - timedelta(days=3):%d/%m/%Y}"
    assert kiosk.post(form, hidden(kiosk.get(form), applicant_role="mother", act="tiep"))["Location"] == form
    said = {**ANSWERS, "child_birth_date": born, "unit_code": UNIT, "act": "tiep"}
    assert kiosk.post(form, hidden(kiosk.get(form), **said))["Location"] == papers
    photographed = hidden(kiosk.get(papers), act=f"them:{PAPER}", **{f"tep-{PAPER}": photo()})
    assert kiosk.post(papers, photographed)["Location"] == papers
    assert kiosk.post(papers, hidden(kiosk.get(papers), act="tiep"))["Location"] == check
    page = kiosk.get(check)
    assert re.search(r'<body class="[^"]*kiosk', text(page)) and "css/kiosk" in text(page)
    sent = kiosk.post(check, hidden(page))
    dossier = Dossier.objects.get()
    assert sent["Location"] == f"/ho-so/{dossier.code}/?da-gui=1" and dossier.code in text(kiosk.get(sent["Location"]))
    assert (dossier.state, dossier.unit_code, dossier.applicant_id) == ("1", UNIT, mother().pk)
    # Whatever is shown at the kiosk is shown in large type.
    sheet = (Path(settings.BASE_DIR) / "static/css/kiosk.css").read_text(encoding="utf-8")
    size = re.search(r"body\.kiosk \{ font-size: ([\d.]+)rem", sheet)
    assert size is not None and float(size[1]) >= 1.25


def test_a_draft_goes_on_on_ones_own_phone_once_and_for_nobody_else(settings: Any) -> None:
    kiosk, device = signed_in()
    draft = start_or_open_draft(actor=citizen_actor(mother()), procedure_code=CODE, now=timezone.now())
    at = f"/kiosk/dien-thoai/{CODE}/"
    assert "Hiện mã QR" in text(kiosk.get(at)) and not KioskHandover.objects.exists()
    [shown] = qr.in_svg(text(kiosk.post(at)))
    assert shown.startswith(f"{settings.SITE_URL}/kiosk/tiep/")
    own = Client()
    sign_in(own, mother())
    assert "Làm tiếp" in text(own.get(shown.removeprefix(settings.SITE_URL))), "what the phone's camera reads"
    token = handing.hand_over(actor=citizen_actor(mother()), draft=draft, device=device, now=timezone.now())
    assert KioskHandover.objects.count() == 1, "a new link ends the one before"
    link = f"/kiosk/tiep/{token}/"
    phone, strange = Client(), Client()
    closed = text(phone.get(link))
    assert "đăng nhập bằng chính tài khoản" in closed and "Mẫu" not in closed and "khai sinh" not in closed.lower()
    sign_in(strange, father())
    assert strange.get(link).status_code == 404 and strange.post(link).status_code == 404
    sign_in(phone, mother())
    assert "Làm tiếp" in text(phone.get(link))
    assert phone.post(link)["Location"] == f"/nop-ho-so/{CODE}/to-khai/"
    assert phone.post(link).status_code == 404, "once"
    late = handing.hand_over(actor=citizen_actor(mother()), draft=draft, device=device, now=timezone.now() - timedelta(minutes=11))
    assert phone.get(f"/kiosk/tiep/{late}/").status_code == 404
    assert handing.forget_old(now=timezone.now() + timedelta(days=2)) == 2
