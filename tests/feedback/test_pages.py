"""Pages of those who send petitions, without JavaScript: the whole way, what goes wrong on it, what nobody else may see."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from lxml import html

from feedback.models import TOP, Petition, PetitionDraft
from feedback.services import answering, handling, publishing, routing, secrets, sending
from tests.dossiers.support import filed, mother, png
from tests.factories import citizen_actor, give_mandate, legal_mandate, make_order, make_organisation, make_person, sign_in
from tests.feedback.support import WORDS, answered, later, officer, received, send_one
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")

ROOM = "/phan-anh-kien-nghi/"
SAID = {"kind": "cham-tre", "subject": "Hồ sơ khai sinh quá hạn", "words": WORDS}
CONTACT = {"name": "Nguyễn Thị Giả Định", "address": "Số 0 phố Ví Dụ", "phone": "0900 000 000", "email": "ten@vi-du.example"}


@pytest.fixture
def person() -> Any:
    """Somebody who has something to say."""
    return make_person()


@pytest.fixture
def browser(person: Any) -> Client:
    """That person's browser."""
    client = Client()
    sign_in(client, person)
    return client


def text(response: Any) -> str:
    """The page as text, spaces collapsed."""
    return re.sub(r"\s+", " ", html.fromstring(response.content).text_content())


def form_of(page: Any, field: str) -> dict[str, str]:
    """What the form with a field carries, as a browser would send it."""
    for form in html.fromstring(page.content).forms:
        if field in form.fields:
            return dict(form.form_values())
    raise AssertionError(f"no form with {field}: {page.content.decode()[:3000]}")


def begin(browser: Client, **about: str) -> str:
    """Press "begin"; the address of the draft."""
    answer = browser.post(f"{ROOM}gui/", {**about, "act": "tiep"})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return str(answer["Location"]).removesuffix("noi-dung/")


def filled(browser: Client, **more: str) -> str:
    """A draft that can be sent; its address."""
    at = begin(browser)
    browser.post(f"{at}noi-dung/", {**SAID, "act": "luu", **more})
    browser.post(f"{at}lien-lac/", {**CONTACT, "act": "luu"})
    return at


def files(number: int) -> list[SimpleUploadedFile]:
    """Photos."""
    return [SimpleUploadedFile(f"ảnh {n}.png", png(), content_type="image/png") for n in range(number)]


@pytest.mark.requirement("F-01", "F-02")
def test_the_whole_way_with_forms_alone(browser: Client, person: Any) -> None:
    page = browser.get(f"{ROOM}gui/")
    assert "20 ngày" in text(page) and "Khiếu nại" in text(page)
    page = browser.post(f"{ROOM}gui/", form_of(page, "csrfmiddlewaretoken") | {"act": "tiep"}, follow=True)
    here = page.redirect_chain[-1][0]
    assert here.endswith("/noi-dung/")
    page = browser.post(here, form_of(page, "words") | SAID | {"act": "tiep"}, follow=True)
    here = page.redirect_chain[-1][0]
    assert here.endswith("/co-quan/")
    # By name, without diacritics; where it happened; then the choice.
    page = browser.post(here, form_of(page, "tim") | {"tim": "hoan kiem", "act": "tim"}, follow=True)
    assert "Hoàn Kiếm" in text(page)
    page = browser.post(here, form_of(page, "tim") | {"unit_code": "H26.101", "act": "tiep"}, follow=True)
    here = page.redirect_chain[-1][0]
    assert here.endswith("/tep/")
    page = browser.post(here, form_of(page, "files") | {"files": files(2), "act": "tiep"}, follow=True)
    here = page.redirect_chain[-1][0]
    assert here.endswith("/lien-lac/")
    assert person.full_name in form_of(page, "name")["name"]
    page = browser.post(here, form_of(page, "name") | CONTACT | {"hide_name": "on", "act": "tiep"}, follow=True)
    here = page.redirect_chain[-1][0]
    assert here.endswith("/kiem-tra/")
    for said in (*SAID.values(), "Không công khai tên tôi", "ảnh 0.png", "ảnh 1.png", "0900"):
        if said != "cham-tre":
            assert said in text(page), said
    sent = form_of(page, "seen")
    page = browser.post(here, sent, follow=True)
    petition = Petition.objects.get(party_id=person.id)
    assert page.redirect_chain[-1][0] == f"{ROOM}{petition.code}/?da-gui=1"
    assert petition.code in text(page) and "Hạn trả lời bạn" in text(page) and "Hoàn Kiếm" in text(page)
    assert (petition.unit_code, petition.hide_name, petition.attachments.count()) == ("H26.101", True, 2)
    assert petition.sender["phone"] == "+84900000000"
    # Once more, from the page that is still open, and from any page of the draft.
    for path in (here, here.replace("kiem-tra", "noi-dung"), here.replace("kiem-tra", "xoa")):
        assert browser.get(path)["Location"] == f"{ROOM}{petition.code}/"
    assert browser.post(here, sent)["Location"] == f"{ROOM}{petition.code}/"
    assert Petition.objects.filter(party_id=person.id).count() == 1
    photo = petition.attachments.first()
    assert photo is not None
    assert b"".join(browser.get(f"{ROOM}{petition.code}/tep/{photo.pk}/").streaming_content) == png()  # type: ignore[attr-defined]


@pytest.mark.requirement("F-01")
def test_what_it_is_about_comes_along(person: Any) -> None:
    dossier = filed()
    browser = Client()
    sign_in(browser, mother())
    page = browser.get(f"{ROOM}gui/?ho-so={dossier.code}")
    assert str(dossier.code) in text(page)
    at = begin(browser, **{"ho-so": str(dossier.code)})
    assert str(dossier.code) in text(browser.get(f"{at}noi-dung/"))
    page = browser.get(f"{at}co-quan/")
    assert form_of(page, "unit_code")["unit_code"] == dossier.unit_code
    order = make_order()
    assert order.code in text(browser.get(f"{ROOM}gui/?thanh-toan={order.code}"))
    assert "khai sinh" in text(Client().get(f"{ROOM}gui/?thu-tuc=1.001193"))
    # Nobody begins about another's dossier, or about what there is not.
    stranger = Client()
    sign_in(stranger, person)
    for about in (f"ho-so={dossier.code}", "thu-tuc=9.999999", "thanh-toan=DVC0000000000000"):
        assert stranger.get(f"{ROOM}gui/?{about}").status_code == 404, about
    assert stranger.post(f"{ROOM}gui/", {"ho-so": str(dossier.code)}).status_code == 404
    # The dossier's page and the procedure's lead here.
    assert f"{ROOM}gui/?ho-so={dossier.code}" in browser.get(f"/ho-so/{dossier.code}/").content.decode()
    assert f"{ROOM}gui/?thu-tuc=1.001193" in Client().get("/thu-tuc/1.001193/").content.decode()


def test_several_drafts_are_kept_and_one_is_thrown_away(browser: Client, person: Any) -> None:
    at = begin(browser)
    browser.post(f"{at}noi-dung/", {"subject": "Một dòng dở", "words": "", "act": "luu"})
    page = browser.get(f"{ROOM}gui/")
    assert "Viết tiếp bản nháp" in text(page)
    assert begin(browser) == at
    other = browser.post(f"{ROOM}gui/", {"act": "moi"})["Location"]
    assert at not in other
    page = browser.get(f"{ROOM}cua-toi/")
    assert "Một dòng dở" in text(page) and "Chưa có tóm tắt" in text(page)
    assert "Xóa bản nháp?" in text(browser.get(f"{at}xoa/"))
    for _ in range(2):
        assert browser.post(f"{at}xoa/")["Location"] == f"{ROOM}cua-toi/"
    assert PetitionDraft.objects.filter(party_id=person.id).count() == 1


@pytest.mark.requirement("F-09")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"words": "a" * 50_000}, "50.000 ký tự"),
        ({"words": "The office is very slow and nobody answers my questions about the papers.", "subject": "Slow"}, "tiếng Việt"),
        ({"words": "\u200b\u200b \u202e"}, "viết nội dung"),
        ({"subject": "tóm tắt " * 40}, "dài quá 150"),
        ({"kind": "khong-co"}, "chọn loại nội dung"),
    ],
)
def test_bad_text_is_said_kindly_and_kept(browser: Client, typed: dict[str, str], said: str) -> None:
    at = begin(browser)
    page = browser.post(f"{at}noi-dung/", {**SAID, **typed, "act": "tiep"})
    assert page.status_code == 422
    assert said in text(page)
    assert "error-summary" in page.content.decode()
    if said == "tiếng Việt":
        # Who wrote in another language may not read this one.
        english = '<span lang="en">Petitions must be written in Vietnamese'
        assert page.content.decode().count(english) == 2, "beside the field and on top"
    field, value = next(iter(typed.items()))
    if field == "words" and len(value) > 100:
        assert form_of(browser.get(f"{at}noi-dung/"), "words")["words"].strip() == value
    # Not to be sent like this, whichever way one comes.
    browser.post(f"{at}lien-lac/", {**CONTACT, "act": "luu"})
    check = browser.get(f"{at}kiem-tra/")
    answer = browser.post(f"{at}kiem-tra/", form_of(check, "seen"))
    assert answer.status_code == 422 and not Petition.objects.filter(sender_key__contains="gia dinh").exists()
    assert said != "tiếng Việt" or english in answer.content.decode()


def test_scripts_and_unseen_signs_are_shown_as_text(browser: Client) -> None:
    at = begin(browser)
    browser.post(f"{at}noi-dung/", {**SAID, "words": f"<script>alert(1)</script>\u202e\x00{WORDS}\u200b", "act": "tiep"})
    page = browser.get(f"{at}kiem-tra/").content.decode()
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page
    assert "\u200b" not in page and "\u202e" not in page and "\x00" not in page


def test_the_contact_must_be_complete(browser: Client) -> None:
    at = begin(browser)
    page = browser.post(f"{at}lien-lac/", {"name": "", "address": " ", "phone": "123", "email": "không", "act": "tiep"})
    assert page.status_code == 422
    for said in ("họ và tên", "địa chỉ liên hệ", "10 chữ số", "thư điện tử, ví dụ"):
        assert said in text(page), said
    assert form_of(page, "phone")["phone"] == "123"


def test_thirty_files_at_once_and_files_that_are_none(browser: Client) -> None:
    at = begin(browser)
    page = browser.post(f"{at}tep/", {"files": files(30), "act": "tiep"})
    assert page.status_code == 422
    assert "tối đa 10 tệp" in text(page) and "và 17 tệp khác" in text(page)
    assert text(page).count("Xóa ảnh") == 10
    draft = PetitionDraft.objects.get()
    row = draft.files.first()
    assert row is not None
    assert browser.post(f"{at}tep/", {"act": f"xoa:{row.pk}"}).status_code == 302
    assert browser.get(f"{at}tep/{row.pk}/").status_code == 404
    wrong = SimpleUploadedFile("a.png", b"<html>", content_type="image/png")
    assert browser.post(f"{at}tep/", {"files": [wrong], "act": "tiep"}).status_code == 422
    assert browser.post(f"{at}tep/", {"act": "them"}).status_code == 422
    assert draft.files.count() == 9
    huge = browser.post(f"{at}tep/", {}, CONTENT_LENGTH=str(200 * 2**20))
    assert huge.status_code == 413 and "100 MB" in text(huge)


@pytest.mark.requirement("F-01")
def test_the_agency_is_suggested_by_place_and_not_knowing_is_an_answer(browser: Client) -> None:
    at = filled(browser)
    page = browser.get(f"{at}co-quan/")
    assert form_of(page, "tim").get("unit_code") is None and "Văn phòng Chính phủ" in text(page)
    assert browser.post(f"{at}co-quan/", {"act": "tiep"}).status_code == 422
    # The province's communes come with the button beside it; nothing is lost.
    page = browser.post(f"{at}co-quan/", {"place_tinh": "01", "place_xa": "", "place_words": "Bộ phận một cửa", "place_chon": "1"})
    assert page.status_code == 200 and "Phường Hoàn Kiếm" in text(page)
    assert form_of(page, "tim")["place_words"] == "Bộ phận một cửa"
    page = browser.post(
        f"{at}co-quan/", {"place_tinh": "01", "place_xa": "00070", "place_words": "Bộ phận một cửa", "act": "tiep"}, follow=True
    )
    assert page.redirect_chain[-1][0] == f"{at}co-quan/" and "nơi nhận gợi ý là" in text(page)
    assert form_of(page, "unit_code")["unit_code"] == "H26.101"
    typed = form_of(page, "unit_code")
    assert browser.post(f"{at}co-quan/", {**typed, "unit_code": "X99", "act": "tiep"}).status_code == 422
    assert browser.post(f"{at}co-quan/", {**typed, "unit_code": "khong-biet", "act": "tiep"})["Location"] == f"{at}tep/"
    assert form_of(browser.get(f"{at}co-quan/"), "unit_code")["unit_code"] == "khong-biet"
    page = browser.get(f"{at}kiem-tra/")
    assert "Tôi không biết" in text(page) and "Bộ phận một cửa" in text(page)
    browser.post(f"{at}kiem-tra/", form_of(page, "seen"))
    assert Petition.objects.get(place_code="00070").unit_code == "H26.101"
    assert "Không có cơ quan nào" in text(browser.get(f"{begin(browser)}co-quan/?tim=xyzxyz"))


@pytest.mark.requirement("F-02")
def test_an_answer_to_somebody_else_helps(browser: Client) -> None:
    asked = later(timezone.localtime(), days=-9)
    old = answered(send_one(now=asked)[0], now=asked)
    texts = {"title": "Hồ sơ khai sinh quá hạn", "question": WORDS, "answer": "Phường đã trả kết quả."}
    case = publishing.publish(actor=officer(), petition_id=old.pk, **texts, left=(), show_name=False, now=timezone.now())
    at = begin(browser)
    page = browser.post(f"{at}noi-dung/", {**SAID, "act": "tiep"}, follow=True)
    assert page.redirect_chain[-1][0] == f"{at}tuong-tu/"
    assert case.title in text(page) and "Vẫn gửi" in text(page)
    # Whoever goes on sees it once more before sending, above what is checked; where one writes it stands above the long text.
    check = browser.get(f"{at}kiem-tra/").content.decode()
    assert check.index("Kiểm tra trước khi gửi") < check.index("Có thể đã có câu trả lời") < check.index(f"/tra-loi/{case.slug}/")
    assert check.index(f"/tra-loi/{case.slug}/") < check.index("Tóm tắt") < check.rindex("Gửi phản ánh, kiến nghị")
    writing = browser.get(f"{at}noi-dung/").content.decode()
    assert writing.index('name="subject"') < writing.index("data-alike=") < writing.index('name="words"')
    for _ in range(2):
        page = browser.post(f"{at}tuong-tu/", {"giup": str(case.pk)}, follow=True)
        assert "Rất vui" in text(page) and "Không, viết tiếp" in text(page)
    case.refresh_from_db()
    assert case.helped == 1


def test_another_windows_text_is_not_written_over(browser: Client) -> None:
    at = begin(browser)
    first = browser.get(f"{at}noi-dung/")
    browser.post(f"{at}noi-dung/", {**form_of(first, "words"), **SAID, "act": "luu"})
    page = browser.post(f"{at}noi-dung/", {**form_of(first, "words"), "words": "Lời ở cửa sổ kia", "act": "luu"})
    assert page.status_code == 409
    assert "cửa sổ khác" in text(page) and "Lời ở cửa sổ kia" in text(page) and WORDS in text(page)
    # A second press, knowing it.
    assert browser.post(f"{at}noi-dung/", form_of(page, "words") | {"act": "luu"}).status_code == 302
    # What is sent is what was checked.
    check = form_of(browser.get(f"{at}kiem-tra/"), "seen")
    browser.post(f"{at}noi-dung/", {**SAID, "act": "luu"})
    browser.post(f"{at}lien-lac/", {**CONTACT, "act": "luu"})
    answer = browser.post(f"{at}kiem-tra/", check)
    assert answer.status_code == 409 and "Chưa gửi" in text(answer)


def test_a_dead_session_keeps_the_words_and_leads_back(browser: Client, person: Any) -> None:
    at = begin(browser)
    typed = form_of(browser.get(f"{at}noi-dung/"), "words") | SAID | {"act": "tiep"}
    lost = Client(enforce_csrf_checks=True)
    page = lost.post(f"{at}noi-dung/", typed, headers={"Origin": "http://testserver"})
    assert page.status_code == 401 and WORDS in form_of(page, "words")["words"]
    sign_in(lost, person)
    old = form_of(page, "words") | {"csrfmiddlewaretoken": "x" * 64}
    page = lost.post(f"{at}noi-dung/", old, headers={"Origin": "http://testserver"})
    assert page.status_code == 409 and "Những gì bạn đã viết vẫn còn" in text(page)
    assert not (PetitionDraft.objects.get().data or {}).get("words")
    assert lost.post(f"{at}noi-dung/", form_of(page, "words"), headers={"Origin": "http://testserver"}).status_code == 302
    assert lost.post(f"{at}noi-dung/", typed, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    answer = Client().post(f"{at}kiem-tra/")
    assert answer["Location"].endswith("next=" + f"{at}kiem-tra/".replace("/", "%2F"))


@pytest.mark.requirement("F-08")
def test_the_page_after_sending_through_every_turn(browser: Client, person: Any) -> None:
    now = timezone.now()
    petition, _actor = send_one(person, now=now)
    at = f"{ROOM}{petition.code}/"
    assert "Chờ cơ quan tiếp nhận" in text(browser.get(at)) or "chờ tiếp nhận" in text(browser.get(at))
    handler = officer()
    handling.ask_more(actor=handler, petition_id=petition.pk, question="Số hồ sơ là bao nhiêu?", now=now)
    page = browser.get(at)
    assert "Số hồ sơ là bao nhiêu?" in text(page) and "Bổ sung ngay" in text(page)
    page = browser.get(f"{at}bo-sung/")
    typed = form_of(page, "words")
    assert browser.post(f"{at}bo-sung/", {**typed, "act": "gui"}).status_code == 422
    page = browser.post(f"{at}bo-sung/", {**typed, "words": "Số 12", "files": files(1), "act": "them"})
    assert "ảnh 0.png" in text(page) and form_of(page, "words")["words"].strip() == "Số 12"
    assert browser.post(f"{at}bo-sung/", {**form_of(page, "words"), "act": "gui"}).status_code == 302
    assert browser.post(f"{at}bo-sung/", {**typed, "words": "lần nữa", "act": "gui"}).status_code == 409
    assert "Số 12" in text(browser.get(at))
    received(Petition.objects.get(pk=petition.pk), handler, now=now)
    answering.report_progress(actor=handler, petition_id=petition.pk, words="Đang tìm hồ sơ ở kho.", now=now)
    assert "Đang tìm hồ sơ ở kho." in text(browser.get(at))
    answering.submit_answer(
        actor=handler, petition_id=petition.pk, words="Câu trả lời thứ nhất.", outcome_on=timezone.localdate(now), now=now
    )
    assert "thứ nhất" not in text(browser.get(at))
    answering.approve(actor=officer(), petition_id=petition.pk, now=now)
    page = browser.get(at)
    assert "Câu trả lời thứ nhất." in text(page) and "Tôi không đồng ý, gửi lại" in text(page)
    assert browser.post(f"{at}danh-gia/", {"helps": ""}).status_code == 422
    assert browser.post(f"{at}danh-gia/", {"helps": "khong", "words": "Chưa có kết quả"}).status_code == 302
    assert "không giúp được bạn" in text(browser.get(at))
    page = browser.get(f"{at}khong-dong-y/")
    assert "Văn phòng Chính phủ chủ trì" in text(page) and "20 ngày" in text(page)
    assert browser.post(f"{at}khong-dong-y/", {**form_of(page, "words"), "words": " "}).status_code == 422
    assert browser.post(f"{at}khong-dong-y/", {**form_of(page, "words"), "words": "Phường chưa trả."}).status_code == 302
    assert browser.post(f"{at}khong-dong-y/", {**form_of(page, "words"), "words": "Phường chưa trả."}).status_code == 409
    petition.refresh_from_db()
    assert (petition.unit_code, petition.round) == (TOP, 2)
    page = browser.get(at)
    assert "Văn phòng Chính phủ chủ trì xử lý lại" in text(page) and "Câu trả lời thứ nhất." in text(page)
    assert "Phường chưa trả." in text(page) and "Bạn đánh giá trả lời lần 1" in text(page) and "Chưa có kết quả" in text(page)
    page = browser.get(f"{at}rut/")
    assert "Rút phản ánh này?" in text(page)
    seen = form_of(page, "seen")
    for _ in range(2):
        assert browser.post(f"{at}rut/", seen)["Location"] == at
    assert "đã rút" in text(browser.get(at))
    assert browser.get(f"{at}rut/").status_code == 409


@pytest.mark.requirement("F-05", "F-08")
def test_both_clocks_are_shown_and_what_is_late_says_so(browser: Client, person: Any) -> None:
    now = timezone.now()
    petition, _sender = send_one(person, now=later(now, days=-6))
    at = f"{ROOM}{petition.code}/"
    assert "Hạn của cơ quan đang giữ" not in text(browser.get(at))
    routing.transfer(actor=officer(), petition_id=petition.pk, unit_code=TOP, reason="Không thuộc phường", now=now)
    page = text(browser.get(at))
    assert "Hạn trả lời bạn" in page and "Hạn của cơ quan đang giữ" in page and "Chuyển đến Văn phòng Chính phủ" in page
    assert "Không thuộc phường" not in page, "what one office writes to the other"
    late, _sender = send_one(person, now=later(now, days=-30), words=f"{WORDS} Quá hạn.")
    received(late, officer(), now=later(now, days=-29))
    for page in (text(browser.get(f"{ROOM}{late.code}/")), text(Client().get(f"{ROOM}theo-doi/?ma={late.code}"))):
        assert "phải báo tình hình xử lý cho bạn" in page and "quá hạn" in page


def test_refused_says_why_and_what_next(browser: Client, person: Any) -> None:
    petition, _ = send_one(person, now=timezone.now())
    handling.refuse(actor=officer(), petition_id=petition.pk, reason="complaint", words="Đây là đơn tố cáo.", now=timezone.now())
    page = text(browser.get(f"{ROOM}{petition.code}/"))
    assert "Đây là đơn tố cáo." in page and "Luật Tố cáo" in page


def test_what_left_the_system_shows_nothing_but_that_it_was(browser: Client, person: Any) -> None:
    petition, _ = send_one(person, now=timezone.now())
    secrets.seal_away(actor=officer(), petition_id=petition.pk, basis="Số 0/QĐ ngày 1/1", now=timezone.now())
    for path in (f"{ROOM}{petition.code}/", f"{ROOM}cua-toi/", f"{ROOM}theo-doi/?ma={petition.code}"):
        page = browser.get(path)
        assert page.status_code == 200 and petition.code in text(page) and WORDS not in text(page), path
    assert "Hoàn Kiếm" in text(browser.get(f"{ROOM}{petition.code}/")), "the sender reads who will contact them"
    assert "Hoàn Kiếm" not in text(browser.get(f"{ROOM}theo-doi/?ma={petition.code}"))
    for path in ("bo-sung/", "danh-gia/", "khong-dong-y/", "rut/"):
        assert browser.get(f"{ROOM}{petition.code}/{path}").status_code in (200, 409)


@pytest.mark.requirement("F-08")
def test_anybody_follows_by_code_and_reads_nothing_personal(client: Client, person: Any) -> None:
    petition, _ = send_one(person, now=timezone.now())
    page = client.get(f"{ROOM}theo-doi/?ma={petition.code.lower()[:5]} {petition.code.lower()[5:]}")
    assert page.status_code == 200 and "chờ tiếp nhận" in text(page) and "Hoàn Kiếm" in text(page)
    for hidden in (petition.subject, WORDS, "Giả Định", "Ví Dụ", person.full_name):
        assert str(hidden) not in text(page)
    assert client.get(f"{ROOM}theo-doi/").status_code == 200
    for wrong in ("", "PA0000000000", petition.code[:-1] + ("0" if petition.code[-1] != "0" else "1"), "x" * 200):
        page = client.get(f"{ROOM}theo-doi/", {"ma": wrong})
        assert page.status_code == 422 and "error-summary" in page.content.decode(), wrong


@pytest.mark.requirement("F-08")
def test_another_persons_petition_and_draft_do_not_exist(browser: Client) -> None:
    petition, _ = send_one(now=timezone.now())
    other = Client()
    sign_in(other, make_person())
    at = filled(browser)
    row = petition.pk
    for path in (
        "", "bo-sung/", "danh-gia/", "khong-dong-y/", "rut/", f"tep/{row}/",
    ):  # fmt: skip
        assert other.get(f"{ROOM}{petition.code}/{path}").status_code == 404, path
    for path in ("noi-dung/", "tuong-tu/", "co-quan/", "tep/", f"tep/{row}/", "lien-lac/", "kiem-tra/"):
        assert other.get(f"{at}{path}").status_code == 404, path
        if path.count("/") == 1:
            assert other.post(f"{at}{path}", {**SAID, "act": "tiep", "seen": "1"}).status_code == 404, path
    other.post(f"{at}xoa/")
    assert PetitionDraft.objects.count() == 1
    assert other.get(f"{ROOM}PA0000000000000/").status_code == 404


def test_for_an_organisation_and_by_a_mandate_for_less() -> None:
    boss, clerk = make_person(), make_person()
    organisation = make_organisation(representatives=[boss])
    mandate = legal_mandate(organisation, boss)
    browser = Client()
    sign_in(browser, boss, mandate=mandate)
    at = filled(browser)
    page = browser.get(f"{at}kiem-tra/")
    assert organisation.name in text(page)
    browser.post(f"{at}kiem-tra/", form_of(page, "seen"))
    petition = Petition.objects.get(party_id=organisation.id)
    assert petition.sent_by == boss.id
    # As oneself one is shown the way.
    sign_in(browser, boss)
    page = browser.get(f"{ROOM}{petition.code}/")
    assert page.status_code == 403 and organisation.name in text(page)
    giver = citizen_actor(boss)
    less = give_mandate(giver, clerk, procedures={"1.001193"})
    sign_in(browser, clerk, mandate=less)
    for path in ("gui/", "cua-toi/", f"{petition.code}/"):
        page = browser.get(f"{ROOM}{path}")
        assert page.status_code == 403 and "nằm ngoài phạm vi" in text(page)


@pytest.mark.requirement("F-13")
def test_the_list_and_the_page_ask_the_same_whatever_their_length(browser: Client, person: Any) -> None:
    start = timezone.now()

    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as counted:
            assert browser.get(path).status_code == 200
        return len(counted)

    for n in range(3):
        send_one(person, now=later(start, minutes=n), words=f"{WORDS} Lần {n}.")
    few = asked(f"{ROOM}cua-toi/?so-dong=50")
    for n in range(3, 9):
        send_one(person, now=later(start, minutes=n), words=f"{WORDS} Lần {n}.", unit=("H26.101", "H26", TOP)[n % 3])
    assert asked(f"{ROOM}cua-toi/?so-dong=50") <= few
    petition = Petition.objects.filter(party_id=person.id).order_by("-sent_at").first()
    assert petition is not None
    before = asked(f"{ROOM}{petition.code}/")
    handler = officer(petition.unit_code)
    received(petition, handler, now=start)
    for n in range(4):
        answering.report_progress(actor=handler, petition_id=petition.pk, words=f"Lần {n}", now=later(start, minutes=n))
    assert asked(f"{ROOM}{petition.code}/") <= before
    for order in ("moi-nhat", "cu-nhat", "han", "gì"):
        assert petition.code in text(browser.get(f"{ROOM}cua-toi/?sap-xep={order}"))
    assert asked(f"{ROOM}theo-doi/?ma={petition.code}") <= 8


def test_the_front_is_for_everybody_in_both_languages(client: Client) -> None:
    page = client.get(ROOM)
    assert page.status_code == 200 and not page.cookies and "public" in page["Cache-Control"]
    assert "20 ngày" in text(page) and "tố cáo" in text(page) and f'action="{ROOM}tra-loi/"' in page.content.decode()
    assert "20 days" in text(client.get(f"/en{ROOM}"))
    assert ROOM in client.get("/").content.decode()


def test_too_many_a_day_and_the_same_twice_are_told(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        at = filled(browser)
        answer = browser.post(f"{at}kiem-tra/", form_of(browser.get(f"{at}kiem-tra/"), "seen"))
    assert answer.status_code == 422 and "đúng nội dung này" in text(answer)
    monkeypatch.setattr(sending, "A_DAY", 1)
    browser.post(f"{at}noi-dung/", {**SAID, "words": f"{WORDS} Và một việc nữa.", "act": "luu"})
    answer = browser.post(f"{at}kiem-tra/", form_of(browser.get(f"{at}kiem-tra/"), "seen"))
    assert answer.status_code == 422 and "ngày mai" in text(answer)


def test_an_officer_is_told_to_come_as_oneself() -> None:
    from tests.factories import make_position

    position = make_position(unit="H26.101", roles=("petition_handling",))
    browser = Client()
    sign_in(browser, position.person, position=position)
    for path in ("gui/", "cua-toi/"):
        assert browser.get(f"{ROOM}{path}").status_code == 403
    assert browser.get(f"{ROOM}{uuid4()}/").status_code == 403
