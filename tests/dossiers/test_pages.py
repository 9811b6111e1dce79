"""Citizens' pages, without JavaScript: the whole way and each refusal."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from lxml import html

from dossiers import services
from dossiers.models import Dossier, Draft, State
from portal.notifications.models import Notification
from portal.workdays import national_calendar, remaining_words
from tests.dossiers.support import (
    ANSWERS,
    CODE,
    FATHERS_ANSWERS,
    NOW,
    PAPER,
    decided,
    father,
    filed,
    hidden,
    mother,
    photo,
    png,
    ready_draft,
    received,
    sent,
    sign_by_hand,
)
from tests.factories import citizen_actor, make_officer_actor, make_position, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")

START, FORM, PAPERS, CHECK = (f"/nop-ho-so/{CODE}/{page}" for page in ("", "to-khai/", "giay-to/", "kiem-tra/"))


@pytest.fixture
def mothers() -> Client:
    """The demo mother's browser."""
    client = Client()
    sign_in(client, mother())
    return client


def text(response: Any) -> str:
    """The page as text, spaces collapsed."""
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_start_page_is_for_everybody_and_cacheable(client: Client) -> None:
    response = client.get(START)
    assert response.status_code == 200
    assert not response.cookies
    assert "public" in response["Cache-Control"]
    assert 'href="/nop-ho-so/1.001193/to-khai/"' in text(response)
    assert "Giấy chứng sinh" in text(response)
    assert 'method="post"' not in text(response)


@pytest.mark.parametrize("page", [f"/nop-ho-so/9.999999/{page}" for page in ("", "to-khai/", "giay-to/", "kiem-tra/")])
def test_an_unknown_procedure_is_a_404(mothers: Client, page: str) -> None:
    assert mothers.get(page).status_code == 404


@pytest.mark.parametrize("page", [FORM, PAPERS, CHECK, "/ho-so/", "/ho-so/H26.101-261120-0001/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_signs_in_first_and_comes_back(client: Client, page: str, method: str) -> None:
    response = getattr(client, method)(page)
    if method == "post" and page in ("/ho-so/", "/ho-so/H26.101-261120-0001/"):
        assert response.status_code == 405
        return
    assert response.status_code == 302
    assert response["Location"] == "/tai-khoan/dang-nhap/?next=" + page.replace("/", "%2F")


def test_an_officer_is_told_to_change_hats(client: Client) -> None:
    position = make_position()
    sign_in(client, position.person, position=position)
    for page in (FORM, PAPERS, CHECK, "/ho-so/"):
        response = client.get(page)
        assert response.status_code == 403
        assert "/tai-khoan/vai-tro/" in text(response)


@pytest.mark.requirement("D-01", "D-07", "D-12", "D-29")
def test_the_whole_way_without_javascript(mothers: Client) -> None:
    page = mothers.get(FORM)
    assert page.status_code == 200
    assert "Bạn là ai đối với trẻ?" in text(page)
    assert html.fromstring(page.content).xpath("//input[@name='applicant_role'][@checked]/@value") == ["mother"], "by the registry's sex"
    assert "Nguyễn Thị Mẫu</dd>" not in text(page), "nobody is the mother before they say so"
    assert not Draft.objects.exists(), "looking at the form stores nothing"

    chosen = mothers.post(FORM, hidden(page, applicant_role="mother", act="tiep"))
    assert (chosen.status_code, chosen["Location"]) == (302, FORM)
    page = mothers.get(FORM)
    for words in ("Nguyễn Thị Mẫu", "001195000001", "14/03/1995", "Họ, chữ đệm, tên của cha"):
        assert words in text(page), words

    saved = mothers.post(FORM, hidden(page, child_name="Bé 1", unit_code="H26.102", act="luu"))
    assert (saved.status_code, saved["Location"]) == (302, FORM)
    page = mothers.get(FORM)
    assert 'value="Bé 1"' in text(page)

    wrong = mothers.post(FORM, hidden(page, **{**ANSWERS, "child_name": "Bé 1", "unit_code": "H26.102", "act": "tiep"}))
    assert wrong.status_code == 422
    assert 'value="Bé 1"' in text(wrong)
    assert 'href="#id_child_name"' in text(wrong)
    assert text(wrong).count("Họ tên chỉ gồm chữ cái") == 2, "on top and beside the field"

    right = mothers.post(FORM, hidden(wrong, **ANSWERS, unit_code="H26.101", act="tiep"))
    assert (right.status_code, right["Location"]) == (302, PAPERS)

    page = mothers.get(PAPERS)
    assert mothers.post(PAPERS, hidden(page, act="tiep")).status_code == 422
    nothing = mothers.post(PAPERS, hidden(page, act=f"them:{PAPER}"))
    assert nothing.status_code == 422
    assert "Bạn hãy chọn ảnh hoặc tệp PDF" in text(nothing)
    added = mothers.post(PAPERS, hidden(page, act=f"them:{PAPER}", **{f"tep-{PAPER}": photo()}))
    assert (added.status_code, added["Location"]) == (302, PAPERS)
    page = mothers.get(PAPERS)
    assert "giấy chứng sinh.png" in text(page)
    assert "Đang kiểm tra" in text(page)
    assert mothers.post(PAPERS, hidden(page, act="tiep"))["Location"] == CHECK

    check = mothers.get(CHECK)
    for words in ("Trần Thị Bé Thử", "15/11/2026", "Nữ", "Ủy ban nhân dân phường Hoàn Kiếm", "giấy chứng sinh.png"):
        assert words in text(check), words
    draft = Draft.objects.get()
    assert draft.last_page == "kiem-tra"
    assert f'href="/nop-ho-so/{CODE}/kiem-tra/"' in text(mothers.get("/ho-so/")), "a draft opens where one left it"

    sent = mothers.post(CHECK, hidden(check))
    dossier = Dossier.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, f"/ho-so/{dossier.code}/?da-gui=1")
    again = mothers.post(CHECK, hidden(check))
    assert again["Location"] == sent["Location"]
    assert Dossier.objects.count() == 1

    page = mothers.get(sent["Location"])
    for words in (dossier.code, "Đã gửi hồ sơ", "Đã gửi, chờ tiếp nhận", "Bạn được trả lời trước", "giấy chứng sinh.png", "Rút hồ sơ"):
        assert words in text(page), words
    assert "Mới đăng ký" not in text(page), "a clerk's word"
    assert dossier.code in text(mothers.get("/ho-so/"))


def test_an_incomplete_draft_is_not_sent_and_says_why(mothers: Client) -> None:
    actor = citizen_actor(mother())
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=timezone.now())
    services.save_draft(actor=actor, draft_id=draft.id, values={"applicant_role": "mother"})
    response = mothers.post(CHECK, hidden(mothers.get(CHECK)))
    assert response.status_code == 422
    assert "Còn thiếu: Giấy chứng sinh." in text(response)
    assert f'href="{FORM}?ve=kiem-tra#id_child_name"' in text(response)
    mending = mothers.get(FORM + "?ve=kiem-tra")
    assert mending.status_code == 200
    assert "Bạn hãy nhập họ và tên." in text(mending)
    assert 'value="Việt Nam"' in text(mending), "what stands there beforehand stands there now too"


@pytest.mark.parametrize("act", ["tiep", "luu", "them:TP-3"])
def test_every_button_of_the_papers_page_takes_what_was_chosen(mothers: Client, act: str) -> None:
    actor = citizen_actor(mother())
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=timezone.now())
    two = [photo("trang 1.png"), photo("trang 2.png")]
    answer = mothers.post(PAPERS, hidden(mothers.get(PAPERS), act=act, **{f"tep-{PAPER}": two}))
    assert answer.status_code == 302, text(answer)
    assert [paper.file.name for paper in draft.papers.all()] == ["trang 1.png", "trang 2.png"]


def test_good_files_are_kept_when_another_is_refused(mothers: Client) -> None:
    draft = ready_draft(citizen_actor(mother()))
    paper = draft.papers.get()
    bad = SimpleUploadedFile("vi-rut.png", b"MZ" + b"0" * 100)
    page = mothers.get(PAPERS)
    answer = mothers.post(PAPERS, hidden(page, act=f"xoa:{paper.id}", **{f"tep-{PAPER}": [photo("tốt.png"), bad]}))
    assert answer.status_code == 422
    assert "Tệp “vi-rut.png”: Loại tệp này chưa nhận được" in text(answer)
    assert [paper.file.name for paper in draft.papers.all()] == ["tốt.png"], "taken, refused, and the old one removed"


def test_what_another_window_changed_is_shown_before_it_can_be_sent(mothers: Client) -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    looked_at = mothers.get(CHECK)
    assert "001195000001" not in hidden(looked_at)["seen"]
    services.save_draft(actor=actor, draft_id=draft.id, values={"birth_place": "Nhà hộ sinh Khác"})
    services.remove_paper(actor=actor, draft_id=draft.id, paper_id=draft.papers.get().id)
    services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=photo("khác.png"), now=timezone.now())
    answer = mothers.post(CHECK, hidden(looked_at))
    assert answer.status_code == 409
    assert not Dossier.objects.exists()
    assert "nội dung đã thay đổi" in text(answer)
    marked = [row.text_content() for row in html.fromstring(answer.content).xpath("//*[contains(@class, 'tag-wait')]/..")]
    assert len(marked) == 2, marked
    assert "Nhà hộ sinh Khác" in marked[0]
    assert "Giấy chứng sinh" in marked[1]
    assert "Không còn: Giấy chứng sinh." in text(answer)
    assert mothers.post(CHECK, hidden(answer)).status_code == 302, "seen now, and sent"
    assert Dossier.objects.get().answers["birth_place"] == "Nhà hộ sinh Khác"


def test_what_the_registry_changed_is_shown_too_and_a_forged_look_counts_for_nothing(mothers: Client) -> None:
    ready_draft(citizen_actor(mother()))
    looked_at = hidden(mothers.get(CHECK))
    person = mother()
    person.address = "Số 9 phố Mới, phường Cửa Nam, thành phố Hà Nội"
    person.save()
    answer = mothers.post(CHECK, looked_at)
    assert answer.status_code == 409
    assert "Số 9 phố Mới" in text(answer)
    assert mothers.post(CHECK, looked_at | {"seen": "bịa"}).status_code == 409
    assert mothers.post(CHECK, {"draft": looked_at["draft"]}).status_code == 409
    assert not Dossier.objects.exists()


def test_an_unchanged_draft_is_sent_though_it_was_saved_again(mothers: Client) -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    looked_at = mothers.get(CHECK)
    services.save_draft(actor=actor, draft_id=draft.id, values={"birth_place": "Khác"})
    services.save_draft(actor=actor, draft_id=draft.id, values={"birth_place": ANSWERS["birth_place"]})
    assert mothers.post(CHECK, hidden(looked_at)).status_code == 302


def test_a_draft_changed_elsewhere_is_not_thrown_away_unseen(mothers: Client) -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    asked = hidden(mothers.get(f"/nop-ho-so/{CODE}/xoa-nhap/"))
    services.save_draft(actor=actor, draft_id=draft.id, values={"birth_place": "Khác"})
    answer = mothers.post(f"/nop-ho-so/{CODE}/xoa-nhap/", asked)
    assert answer.status_code == 409
    assert "Chưa xóa" in text(answer)
    assert Draft.objects.exists()
    assert mothers.post(f"/nop-ho-so/{CODE}/xoa-nhap/", hidden(answer))["Location"] == "/ho-so/"
    assert not Draft.objects.exists()


def test_a_window_left_open_begins_nothing_new_after_sending(mothers: Client) -> None:
    """A form with a draft, one from before there was a draft, the papers and the question whether to throw away."""
    blank = hidden(mothers.get(FORM), applicant_role="mother", act="tiep")
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    form, papers = hidden(mothers.get(FORM), **ANSWERS, act="tiep"), hidden(mothers.get(PAPERS), act="tiep")
    discard = hidden(mothers.get(f"/nop-ho-so/{CODE}/xoa-nhap/"))
    dossier = sent(actor, draft, now=timezone.now())
    for address, left in ((FORM, blank), (FORM, form), (PAPERS, papers), (f"/nop-ho-so/{CODE}/xoa-nhap/", discard)):
        answer = mothers.post(address, left)
        assert answer.status_code == 409, address
        assert f'href="/ho-so/{dossier.code}/"' in text(answer)
        assert "Bắt đầu hồ sơ mới" in text(answer)
        assert not Draft.objects.exists()
    assert dossier.code in text(mothers.get(FORM)), "who opens the form again is told of what was sent"
    on_purpose = mothers.post(FORM, hidden(mothers.get(FORM), applicant_role="mother", act="tiep"))
    assert on_purpose["Location"] == FORM
    begun = Draft.objects.get()
    assert mothers.post(FORM, form).status_code == 409
    begun.refresh_from_db()
    assert begun.version == 2, "the old window's answers do not get into the new draft"


def test_a_window_left_open_after_throwing_away_says_so(mothers: Client) -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor)
    form = hidden(mothers.get(FORM), **ANSWERS, act="tiep")
    services.discard_draft(actor=actor, draft_id=draft.id, seen_version=draft.version)
    answer = mothers.post(FORM, form)
    assert answer.status_code == 409
    assert "Bản nháp này không còn" in text(answer)
    assert not Draft.objects.exists()


@pytest.mark.requirement("D-02")
def test_a_father_files_as_the_father(client: Client) -> None:
    sign_in(client, father())
    first = client.get(FORM)
    assert 'value="mother"' not in text(first)
    refused = client.post(FORM, hidden(first, applicant_role="mother", act="tiep"))
    assert refused.status_code == 422
    client.post(FORM, hidden(refused, applicant_role="father", act="tiep"))
    page = client.get(FORM)
    assert "Bạn là ai đối với trẻ? <strong>Cha</strong>" in text(page)
    assert "Họ, chữ đệm, tên của mẹ" in text(page)
    typed = {**FATHERS_ANSWERS, "child_birth_date": "15112026", "mother_birth_date": "140395", "act": "tiep"}
    assert client.post(FORM, hidden(page, **typed))["Location"] == PAPERS
    client.post(PAPERS, hidden(client.get(PAPERS), act="tiep", **{f"tep-{PAPER}": photo()}))
    client.post(CHECK, hidden(client.get(CHECK)))
    answers = Dossier.objects.get().answers
    assert answers["father_name"] == "Trần Văn Thử"
    assert answers["father_id_number"] == "001093000002"
    assert answers["mother_name"] == "Nguyễn Thị Mẫu"
    assert answers["mother_birth_date"] == "1995-03-14"
    assert "requester_name" not in answers


def test_another_role_asks_for_other_things_and_keeps_what_was_typed(mothers: Client) -> None:
    ready_draft(citizen_actor(mother()))
    page = mothers.get(FORM)
    change = mothers.post(FORM, hidden(page, **{**ANSWERS, "birth_place": "Nhà"}, act="doi"))
    assert change["Location"] == FORM + "?hoi=1"
    first = mothers.get(FORM + "?hoi=1")
    mothers.post(FORM + "?hoi=1", hidden(first, applicant_role="grandparent", act="tiep"))
    page = text(mothers.get(FORM))
    for words in ("Người yêu cầu", "Quan hệ của bạn với trẻ", 'value="Nhà"', 'value="Trần Văn Thử"', 'name="mother_name"'):
        assert words in page, words
    mothers.post(FORM, hidden(mothers.get(FORM + "?hoi=1"), applicant_role="mother", act="tiep"))
    assert 'name="mother_name"' not in text(mothers.get(FORM))


def test_what_is_unlikely_is_confirmed_once_and_another_value_again(mothers: Client) -> None:
    ready_draft(citizen_actor(mother()))
    odd = {**ANSWERS, "father_birth_date": "02/08/2014", "father_id_number": "", "act": "tiep"}
    answer = mothers.post(FORM, hidden(mothers.get(FORM), **odd))
    assert answer.status_code == 422
    assert "cha 12 tuổi khi trẻ sinh ra" in text(answer)
    [token] = html.fromstring(answer.content).xpath("//input[@name='confirm']/@value")
    page = mothers.get(CHECK)
    assert mothers.post(CHECK, hidden(page)).status_code == 422, "not sent unconfirmed"
    assert mothers.post(FORM, hidden(answer, **odd, confirm=token))["Location"] == PAPERS
    assert mothers.post(FORM, hidden(answer, **odd))["Location"] == PAPERS, "once said is said"
    other = mothers.post(FORM, hidden(answer, **{**odd, "father_birth_date": "03/08/2014"}))
    assert other.status_code == 422
    mothers.post(FORM, hidden(answer, **odd))
    assert mothers.post(CHECK, hidden(mothers.get(CHECK))).status_code == 302
    assert "cha 12 tuổi" in str(Dossier.objects.get().events.get().note), "the officer reads what was confirmed"


def test_a_second_registration_of_a_child_is_pointed_out(mothers: Client, client: Client) -> None:
    first = filed()
    ready_draft(citizen_actor(mother()))
    own = mothers.get(CHECK)
    assert f"Hồ sơ của bạn: {first.code}." in text(own)
    assert mothers.post(CHECK, hidden(own)).status_code == 422
    sign_in(client, father())
    ready_draft(citizen_actor(father()))
    others = client.get(CHECK)
    assert "Đã có hồ sơ đăng ký khai sinh cho trẻ cùng tên" in text(others), "the father of the same child"
    assert first.code not in text(others)
    services.withdraw(actor=citizen_actor(mother()), dossier_id=first.id, seen_version=first.version, now=timezone.now())
    assert "Đã có hồ sơ" not in text(client.get(CHECK)), "a withdrawn one is none"
    assert client.post(CHECK, hidden(client.get(CHECK))).status_code == 302


def test_late_registration_says_what_it_means_and_is_no_error(mothers: Client) -> None:
    ready_draft(citizen_actor(mother()), child_birth_date="01/09/2026")
    page = mothers.get(CHECK)
    assert "Trẻ sinh đã quá 60 ngày: bạn vẫn đăng ký được" in text(page)
    assert mothers.post(CHECK, hidden(page)).status_code == 302


def test_pages_without_a_draft_lead_to_the_form(mothers: Client) -> None:
    assert mothers.get(PAPERS)["Location"] == FORM
    assert mothers.get(CHECK)["Location"] == FORM


def test_a_request_that_is_too_long_is_refused_unread_and_a_wrong_type_with_a_sentence(mothers: Client, settings: Any) -> None:
    ready_draft(citizen_actor(mother()))
    wrong = mothers.post(PAPERS, hidden(mothers.get(PAPERS), **{f"tep-{PAPER}": SimpleUploadedFile("a.png", b"MZ" + b"0" * 100)}))
    assert wrong.status_code == 422
    assert "Loại tệp này chưa nhận được" in text(wrong)
    settings.MAX_FILE_BYTES = 1024 * 1024
    long = mothers.post(PAPERS, {"act": "tiep", f"tep-{PAPER}": SimpleUploadedFile("a.png", png(filler=1200 * 1024))})
    assert long.status_code == 413
    assert "lớn hơn 1 MB" in text(long)


def test_the_upload_page_checks_the_token() -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, mother())
    ready_draft(citizen_actor(mother()))
    assert client.post(PAPERS, {"act": "tiep", f"tep-{PAPER}": photo()}).status_code == 403


def test_a_paper_is_seen_again_and_removed(mothers: Client) -> None:
    draft = ready_draft(citizen_actor(mother()))
    paper = draft.papers.get()
    seen = mothers.get(f"{PAPERS}{paper.id}/")
    assert b"".join(seen) == png()
    assert (seen["Content-Type"], seen["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert "sandbox" in seen["Content-Security-Policy"]
    assert {"private", "no-store"} <= set(seen["Cache-Control"].split(", "))
    assert seen["Content-Disposition"].startswith("inline; ")
    assert mothers.post(PAPERS, hidden(mothers.get(PAPERS), act=f"xoa:{paper.id}"))["Location"] == PAPERS
    assert mothers.get(f"{PAPERS}{paper.id}/").status_code == 404


def test_a_draft_is_thrown_away_after_asking(mothers: Client) -> None:
    ready_draft(citizen_actor(mother()))
    address = f"/nop-ho-so/{CODE}/xoa-nhap/"
    assert "không lấy lại được" in text(mothers.get(address))
    assert Draft.objects.exists()
    assert mothers.post(address, hidden(mothers.get(address)))["Location"] == "/ho-so/"
    assert not Draft.objects.exists()


@pytest.mark.requirement("O-07")
def test_another_citizen_finds_nothing(client: Client) -> None:
    issued = decided()
    sign_by_hand(issued)
    dossier = issued.dossier
    paper = dossier.papers.get()
    draft = ready_draft(citizen_actor(mother()))
    draft_paper = draft.papers.get()
    sign_in(client, father())
    for address in (
        f"/ho-so/{dossier.code}/",
        f"/ho-so/{dossier.code}/rut/",
        f"/ho-so/{dossier.code}/giay-to/{paper.id}/",
        f"/ho-so/{dossier.code}/ket-qua/",
        f"/ho-so/{dossier.code}/giay-tiep-nhan/",
        f"{PAPERS}{draft_paper.id}/",
    ):
        assert client.get(address).status_code == 404, address
    assert client.post(f"/ho-so/{dossier.code}/rut/", {"seen": dossier.version}).status_code == 404
    client.post(PAPERS, {"draft": str(draft.id), "act": f"xoa:{draft_paper.id}"})
    assert draft.papers.exists()
    assert client.post(CHECK, {"draft": str(draft.id)}).status_code == 404
    assert client.post(CHECK, {"draft": str(dossier.id)}).status_code == 404
    assert dossier.code not in text(client.get("/ho-so/"))
    stranger = Client()
    for page in ("ket-qua/", "giay-tiep-nhan/", f"giay-to/{paper.id}/"):
        answer = stranger.get(f"/ho-so/{dossier.code}/{page}")
        back = f"/ho-so/{dossier.code}/{page}".replace("/", "%2F")
        assert (answer.status_code, answer["Location"]) == (302, f"/tai-khoan/dang-nhap/?next={back}"), (
            "the session is over: sign in, and back"
        )


@pytest.mark.requirement("D-12")
def test_the_result_is_opened_by_its_owner(mothers: Client) -> None:
    issued = decided()
    address = f"/ho-so/{issued.dossier.code}/ket-qua/"
    assert mothers.get(address).status_code == 404
    waiting = text(mothers.get(f"/ho-so/{issued.dossier.code}/"))
    assert "đang chờ ký số" in waiting
    assert "Xem kết quả" not in waiting
    sign_by_hand(issued, b"%PDF-1.7 the signed result")
    page = text(mothers.get(f"/ho-so/{issued.dossier.code}/"))
    assert "Xem kết quả (PDF)" in page
    assert f"/xac-minh/{issued.document.token}/" in page
    response = mothers.get(address)
    assert b"".join(response) == b"%PDF-1.7 the signed result"
    assert response["Content-Type"] == "application/pdf"
    assert f"ket-qua-{issued.dossier.code}.pdf" in response["Content-Disposition"]
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.requirement("D-19")
def test_withdrawing_asks_first_and_is_refused_once_received(mothers: Client) -> None:
    dossier = filed()
    address = f"/ho-so/{dossier.code}/rut/"
    page = mothers.get(address)
    assert f'name="seen" value="{dossier.version}"' in text(page)
    received_meanwhile = services.receive(
        actor=make_officer_actor(), dossier_id=dossier.id, seen_version=dossier.version, now=dossier.submitted_at
    )
    late = mothers.post(address, {"seen": dossier.version})
    assert late.status_code == 409
    assert "không rút trực tuyến được nữa" in text(late)
    assert mothers.get(address).status_code == 409
    received_meanwhile.refresh_from_db()
    assert received_meanwhile.state == State.PROCESSING
    other = filed()
    assert mothers.post(f"/ho-so/{other.code}/rut/", {"seen": other.version})["Location"] == f"/ho-so/{other.code}/"
    other.refresh_from_db()
    assert other.state == State.WITHDRAWN
    twice = mothers.post(f"/ho-so/{other.code}/rut/", {"seen": other.version})
    assert twice.status_code == 409
    assert "Hồ sơ này đã được rút lúc" in text(twice)
    assert "không rút trực tuyến được nữa" not in text(twice)
    told = Notification.objects.filter(party_id=mother().id, template="dossiers.withdrawn", channel="inbox")
    assert other.code in str(told.get().title)


def test_the_list_is_ordered_paged_and_its_queries_do_not_grow(mothers: Client) -> None:
    filed()
    mothers.get("/ho-so/")  # what a process reads once is read
    with CaptureQueriesContext(connection) as one:
        mothers.get("/ho-so/")
    codes = [filed().code for _ in range(11)]
    with CaptureQueriesContext(connection) as many:
        page = text(mothers.get("/ho-so/?sap-xep=cu-nhat"))
    assert len(many) == len(one)
    assert "Trang 1 / 2" in page
    assert "sap-xep=cu-nhat&amp;so-dong=10&amp;trang=2" in page
    assert codes[-1] in text(mothers.get("/ho-so/?so-dong=50&sap-xep=khong-co"))
    assert "Trang 1 / 2" not in text(mothers.get("/ho-so/?so-dong=20"))


@pytest.mark.requirement("D-12")
def test_a_received_dossier_shows_its_appointment_and_officer(mothers: Client) -> None:
    officer = make_officer_actor()
    dossier = received(officer)
    page = text(mothers.get(f"/ho-so/{dossier.code}/"))
    for words in ("Đang giải quyết", "Hẹn trả kết quả", officer.label, "Giấy tiếp nhận hồ sơ và hẹn trả kết quả"):
        assert words in page, words
    dossier.refresh_from_db()
    assert dossier.due_at is not None
    left = remaining_words(timezone.now(), dossier.due_at, national_calendar())
    assert left in page and left in text(mothers.get("/ho-so/")), left


HERE = {"HTTP_ORIGIN": "http://testserver"}


def test_what_was_typed_outlives_the_session_and_its_token() -> None:
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, mother())
    ready_draft(citizen_actor(mother()))
    form = hidden(browser.get(FORM), **{**ANSWERS, "birth_place": "Nhà hộ sinh <Mới>"}, act="luu")
    browser.logout()
    asked = browser.post(FORM, form, **HERE)
    assert asked.status_code == 401
    assert "Phiên đăng nhập đã hết" in text(asked)
    sign_in(browser, mother())
    browser.get("/ho-so/")
    shown = browser.post(FORM, hidden(asked) | {"csrfmiddlewaretoken": "x" * 64}, **HERE)
    assert shown.status_code == 409
    assert 'value="Nhà hộ sinh &lt;Mới&gt;"' in text(shown)
    assert Draft.objects.get().answers["birth_place"] == ANSWERS["birth_place"], "shown, not saved"
    saved = browser.post(FORM, hidden(shown, **{**ANSWERS, "birth_place": "Nhà hộ sinh <Mới>"}, act="luu"), **HERE)
    assert saved.status_code == 302
    assert Draft.objects.get().answers["birth_place"] == "Nhà hộ sinh <Mới>"


@pytest.mark.parametrize("origin", [{}, {"HTTP_ORIGIN": "https://khac.example"}, {"HTTP_ORIGIN": "null"}])
def test_a_form_from_elsewhere_is_refused_unseen(origin: dict[str, str]) -> None:
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, mother())
    ready_draft(citizen_actor(mother()))
    answer = browser.post(FORM, {**ANSWERS, "child_name": "Kẻ Lạ", "act": "luu"}, **origin)
    assert answer.status_code == 403
    assert "Kẻ Lạ" not in text(answer)
    assert Draft.objects.get().answers["child_name"] == ANSWERS["child_name"]
    assert Client().post(FORM, {"child_name": "Kẻ Lạ"}, **origin).status_code == 302


def test_a_button_of_a_dead_session_says_that_nothing_was_done() -> None:
    client = Client()
    for address in (f"/nop-ho-so/{CODE}/kiem-tra/", f"/nop-ho-so/{CODE}/giay-to/", "/tai-khoan/lien-lac/"):
        answer = client.post(address, {"act": "tiep"}, follow=True)
        assert answer.redirect_chain[-1][0].startswith("/tai-khoan/dang-nhap/"), address
        assert "việc bạn vừa bấm chưa được thực hiện" in answer.content.decode(), address
    assert "chưa được thực hiện" not in client.get(f"/nop-ho-so/{CODE}/kiem-tra/", follow=True).content.decode()


@pytest.mark.requirement("D-01", "D-09", "D-29")
def test_before_sending_one_reads_until_when_it_is_answered_and_ready(client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        sign_in(client, mother())
        actor = citizen_actor(mother())
        draft = ready_draft(actor)
        page = text(client.get(CHECK))
        dossier = sent(actor, draft)
    assert dossier.response_due_at is not None
    got = services.receive(
        actor=make_officer_actor(roles=("reception",)), dossier_id=dossier.pk, seen_version=dossier.version, now=dossier.response_due_at
    )
    assert got.due_at is not None
    for at in (dossier.response_due_at, got.due_at):
        assert f"{timezone.localtime(at):%H:%M %d/%m/%Y}" in page
