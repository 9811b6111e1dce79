"""Support of people: asked by page, letter, call and SMS; followed by code; answered at a desk with queues (O-05, O-12, N-10)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from lxml import etree

from feedback.models import Petition
from helpdesk import loading
from helpdesk.machines import voice
from helpdesk.models import Ticket, TicketStep, TroubleCount
from portal.caching.changes import marks
from portal.caching.models import Change
from portal.notifications.models import Notification
from portal.notifications.registry import contact_of
from portal.simulators.hotline import Call
from procedures.models import CommonQuestion, RequiredDocument
from tests.dossiers.support import filed, mother
from tests.factories import sign_in
from tests.helpdesk.support import TOKEN, deliver, desk, letters_to, shown, text_in, texts_to
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data", "outside")
ASK, FOLLOW = "/ho-tro/yeu-cau/", "/ho-tro/theo-doi/"
PHONE = "+84912345678"


def typed(**more: Any) -> dict[str, Any]:
    return {"kind": "files", "words": "Bấm Gửi tệp thì trang báo lỗi 500.", "channels": ["sms"], "phone": "0912 345 678", **more}


def letter(address: str, subject: str, words: str, number: str, **headers: str) -> Any:
    lines = [f"From: Người Thử <{address}>", "To: ho-tro@dichvucong.example", f"Subject: {subject}", f"Message-ID: <{number}@thu.example>"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    body = "\r\n".join([*lines, 'Content-Type: text/plain; charset="utf-8"', "", words]).encode()
    answer = Client().post("/vao/thu-ho-tro/", body, content_type="message/rfc822", headers={"Authorization": "Bearer test-bounce-token"})
    deliver()
    return answer


@pytest.mark.requirement("O-05")
def test_a_citizen_asks_follows_and_is_answered_by_the_channel_they_chose() -> None:
    """*As a citizen*: open a ticket."""
    loading.load()
    stranger = Client()
    assert "Gửi yêu cầu hỗ trợ" in shown(stranger.get("/ho-tro/")) and "Ask for help" in shown(stranger.get("/en/ho-tro/"))
    wrong = stranger.post(ASK, typed(words="", phone="12", channels=[]))
    assert wrong.status_code == 422 and "Số điện thoại di động gồm 10 chữ số" in shown(wrong) and 'value="12"' in shown(wrong)
    sent = stranger.post(ASK, typed())
    ticket = Ticket.objects.get()
    assert sent.status_code == 302 and ticket.code in shown(stranger.get(sent["Location"]))
    assert (ticket.queue, ticket.words, ticket.contact["phone"]) == ("technical", typed()["words"], PHONE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT words, contact FROM helpdesk_ticket")
        assert all(b"500" not in bytes(value) and b"912345678" not in bytes(value) for value in cursor.fetchone())
    assert texts_to(PHONE)[0].startswith(f"Da nhan yeu cau ho tro {ticket.code}. Theo doi: http")

    followed = shown(stranger.post(FOLLOW, {"code": ticket.code.lower(), "contact": "0912345678"}))
    assert "chờ người trực xem" in followed and "lỗi 500" not in followed
    unknown = [
        stranger.post(FOLLOW, one) for one in ({"code": ticket.code, "contact": "0912345679"}, {"code": "HTX", "contact": "0912345678"})
    ]
    assert [one.status_code for one in unknown] == [422, 422] and "Không có yêu cầu nào khớp" in shown(unknown[0])

    technical, _position = desk("G22", "technical")
    first, _other = desk("G22", "content")
    base = f"/quan-tri/helpdesk/ticket/{ticket.pk}/"
    assert ticket.code in shown(technical.get("/quan-tri/helpdesk/ticket/")) and ticket.code not in shown(
        first.get("/quan-tri/helpdesk/ticket/")
    )
    assert first.get(f"{base}change/").status_code == 404 and desk("H26", "technical")[0].get(f"{base}change/").status_code in (403, 404)
    assert technical.post(f"{base}take/").status_code == 302
    assert technical.post(f"{base}answer/", {"words": ""}).status_code == 422
    words = "Ảnh của bạn lớn quá: {chụp lại} ở độ phân giải thấp hơn."
    assert technical.post(f"{base}answer/", {"words": words}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.state == "answered" and texts_to(PHONE)[-1] == f"Tra loi {ticket.code}: {words}"
    assert [one.name for one in ticket.steps.all()] == ["send", "take", "answer"]
    assert "Đã trả lời" in shown(stranger.post(FOLLOW, {"code": ticket.code, "contact": "0912345678"}))

    assert "1 yêu cầu" in shown(stranger.get("/ho-tro/vuong-mac/")) and "A file or photo" in shown(stranger.get("/en/ho-tro/vuong-mac/"))
    writer, _who = desk("G22", "technical", "procedure_entering")
    offered = writer.post(f"{base}offer/", {"question": "Gửi ảnh báo lỗi thì làm gì?", "answer_words": "Chụp lại ở độ phân giải thấp hơn."})
    row = CommonQuestion.objects.get(question="Gửi ảnh báo lỗi thì làm gì?")
    assert offered.status_code == 302 and row.state == "entered"
    assert writer.post(f"{base}offer/", {"question": "Lần nữa?", "answer_words": "Không."}).status_code == 422


@pytest.mark.requirement("O-05")
def test_letters_and_calls_become_tickets_and_one_becomes_a_petition() -> None:
    loading.load()
    assert letter("thu@example.vn", "Không đăng nhập được", "Tôi bấm mãi không vào.", "a").status_code == 202
    letter("thu@example.vn", "Không đăng nhập được", "Tôi bấm mãi không vào.", "a")
    ticket = Ticket.objects.get()
    assert ticket.source == "mail" and "bấm mãi" in ticket.words and ticket.contact["email"] == "thu@example.vn"
    [confirmed] = letters_to("thu@example.vn")
    assert ticket.code in confirmed
    letter("thu@example.vn", "Tôi đi vắng", "Tự động.", "b", Auto_Submitted="auto-replied")
    letter("mailer-daemon@example.vn", "Returned", "x", "c")
    assert Ticket.objects.count() == 1
    officer, _position = desk("G22", "content", "petition_reception")
    base = f"/quan-tri/helpdesk/ticket/{ticket.pk}/"
    officer.post(f"{base}answer/", {"words": "Bạn thử lại sau 5 phút."})
    letter("thu@example.vn", f"Re: {ticket.code}", "Vẫn chưa được.\n\n> Bạn thử lại", "d")
    letter("ke-khac@example.vn", f"Re: {ticket.code}", "Tôi là người khác.", "e")
    ticket.refresh_from_db()
    assert ticket.state == "working" and TicketStep.objects.filter(ticket=ticket, name="added").get().words == "Vẫn chưa được."
    assert Ticket.objects.count() == 2, "another's letter is a ticket of its own"

    called = officer.post("/quan-tri/helpdesk/ticket/add/", typed(kind="form", words="Cán bộ phường từ chối nhận hồ sơ của tôi."))
    row = Ticket.objects.get(source="phone")
    assert called.status_code == 302 and row.queue == "first" and row.code in texts_to(PHONE)[0]
    over = f"/quan-tri/helpdesk/ticket/{row.pk}/hand-over/"
    kind = next(value for value, _name in officer.get(over).context["form"].fields["kind"].choices)
    assert officer.post(over, {"kind": kind, "subject": "", "name": "Người Thử", "address": "x"}).status_code == 422
    told = officer.post(over, {"kind": kind, "subject": "Phường từ chối nhận hồ sơ", "name": "Người Thử", "address": "Số 1"})
    row.refresh_from_db()
    assert told.status_code == 302 and row.state == "handed_over" and Petition.objects.get(code=row.petition_code).unit_code == "G22"
    assert row.petition_code in texts_to(PHONE)[-1]
    passed = officer.post(f"{base}pass/", {"queue": "technical", "kind": "sign-in", "note": "Xem nhật ký"})
    assert passed.status_code == 302 and officer.get(f"{base}change/").status_code == 404
    counts = {one.kind_id: one.number for one in TroubleCount.objects.all()}
    assert (counts["other"], counts["sign-in"], counts["form"]) == (1, 1, 1)


@pytest.mark.requirement("O-12", "N-10")
def test_an_sms_says_where_a_dossier_is_in_full_to_the_registered_phone_only() -> None:
    """*As a citizen*: ask by SMS where my dossier is."""
    loading.load()
    dossier = filed(now=timezone.now())
    code, own, other = dossier.code, contact_of(mother().id).phone, "+84911111111"
    assert text_in(own, f"hs {code.lower()}").status_code == 202
    assert text_in(own, f"hs {code.lower()}").status_code == 202, "the gateway says it twice"
    [full] = texts_to(own)[-1:]
    assert code in full and "Da gui, cho tiep nhan" in full and "Dang ky khai sinh" in full
    text_in(other, f"HS {code}", "m2")
    [part] = texts_to(other)
    assert code in part and "Da gui, cho tiep nhan" in part and "khai sinh" not in part and "phuong" not in part.lower()
    text_in(other, "TT 1.001193", "m3")
    assert "1.001193" in texts_to(other)[-1] and "Giay chung sinh" in texts_to(other)[-1]
    text_in(other, "xin chao", "m4")
    assert texts_to(other)[-1].startswith("Soan: HS")
    text_in(other, "HS H26.101-261129-9999", "m5")
    assert "Khong co ho so" in texts_to(other)[-1]
    text_in(other, "HT Khong nhan duoc mat khau", "m6")
    assert Ticket.objects.get(source="sms").words == "Khong nhan duoc mat khau"
    for number in range(25):
        text_in("+84922222222", "TT 1.001193", f"n{number}")
    assert len(texts_to("+84922222222")) == 20
    assert Client().post("/vao/tin-nhan-den/wrong/", "{}", content_type="application/json").status_code == 404
    assert Client().post(f"/vao/tin-nhan-den/{TOKEN}/", "{}", content_type="application/json").status_code == 400


def keyed(*keys: str) -> tuple[list[str], str]:
    """A call to the portal in this process: what was spoken, how it ended."""
    client = Client()

    def fetch(method: str, path: str, data: dict[str, str]) -> bytes:
        answer = client.get(path, data) if method == "GET" else client.post(path, data)
        assert answer.status_code == 200 and answer["Content-Type"].startswith("application/voicexml+xml")
        _strictly(answer.content)
        return answer.content

    call = Call(fetch, list(keys))
    return call.spoken, call.run("/tong-dai/menu.vxml")


def _strictly(document: bytes) -> None:
    """Against the grammar written from the Recommendation (its XML Schema was not at hand)."""
    schema = etree.RelaxNG(etree.parse(str(Path(__file__).parent / "voicexml.rng")))
    schema.assertValid(etree.fromstring(document))


@pytest.mark.requirement("O-12", "N-10", "O-05")
def test_the_hotlines_machine_speaks_voicexml_and_takes_keys() -> None:
    dossier = filed(now=timezone.now())
    letter_of, rest = dossier.code[0], dossier.code[1:].replace(".", "*").replace("-", "*")
    key = {"H": "1", "G": "2"}[letter_of]
    spoken, ended = keyed("1", key, f"{rest}#", "1")
    assert any(f"Hồ sơ {dossier.code}: Đã gửi, chờ tiếp nhận" in line for line in spoken) and ended == "hung up"
    assert not any("khai sinh" in line.lower() for line in spoken), "a caller's number proves nothing"
    assert "được gửi đến số điện thoại" in spoken[-2]
    [sent] = Notification.objects.filter(template="helpdesk.sms_answer", party_id=mother().id)
    assert sent.address is None and "Dang ky khai sinh" in sent.body
    spoken, _ended = keyed("2", "1*001193#")
    assert any("Giấy chứng sinh" in line and "http" not in line for line in spoken)
    assert keyed("0")[1] == "transfer to tel:18001096"
    spoken, ended = keyed("7", "", "x", "8", "9")
    assert ended == "transfer to tel:18001096", "who misses three times is given to a person"
    assert any("không đúng cách viết" in line for line in keyed("1", "1", "261011#")[0])
    assert voice.dossier_code("H", "26*101*261129*0001#") == "H26.101-261129-0001" and voice.dossier_code("H", "1*2") == ""
    assert voice.dossier_code("X", "26*101*261129*0001") == "" and voice.procedure_code("1001193") == "1.001193"
    with pytest.raises(Exception, match=r"Did not expect|Invalid|Element"):
        _strictly(voice.menu().replace(b"<prompt", b"<audio").replace(b"</prompt", b"</audio"))


@pytest.mark.requirement("N-10")
def test_what_changes_in_the_catalogue_is_the_same_on_every_channel() -> None:
    """One row, and web, phone, machines, SMS and hotline say it at once."""
    name = "Giấy chứng sinh theo mẫu mới"
    paper = RequiredDocument.objects.get(name__startswith="Giấy chứng sinh", version__procedure__code="1.001193")
    path, telephone = "/thu-tuc/1.001193/", "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36"
    assert name not in shown(Client().get(path))
    RequiredDocument.objects.filter(pk=paper.pk).update(name=name)
    Change.objects.all().delete()
    marks.forget()
    page = Client().get(path)
    assert name in shown(page) and Client().get(path, headers={"user-agent": telephone}).content == page.content
    assert name in json.dumps(Client().get("/api/v1/procedures/1.001193").json(), ensure_ascii=False)
    text_in("+84911111111", "TT 1.001193", "m9")
    assert "Giay chung sinh theo mau moi" in texts_to("+84911111111")[-1]
    assert any(name in line for line in keyed("2", "1*001193#")[0])


def test_the_desks_list_costs_the_same_for_many() -> None:
    loading.load()
    technical, _position = desk("G22", "technical")

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            technical.get("/quan-tri/helpdesk/ticket/")
        return len(found)

    Client().post(ASK, typed())
    technical.get("/quan-tri/helpdesk/ticket/")
    one = cost()
    for _ in range(3):
        Client().post(ASK, typed())
    assert cost() == one
    client = Client()
    sign_in(client, mother())
    assert client.post(ASK, typed(channels=["account"], phone="")).status_code in (302, 429)
    assert client.get("/ho-tro/cua-toi/").status_code == 200
