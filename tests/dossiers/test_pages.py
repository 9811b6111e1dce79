"""Citizens' pages, without JavaScript: the whole way and each refusal."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dossiers import services
from dossiers.models import Dossier, Draft, State
from tests.dossiers.support import (
    ANSWERS,
    CODE,
    PAPER,
    decided,
    father,
    filed,
    mother,
    photo,
    png,
    ready_draft,
    received,
    sign_by_hand,
)
from tests.factories import citizen_actor, make_officer_actor, make_position, sign_in

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


@pytest.mark.requirement("D-01", "D-07", "D-12")
def test_the_whole_way_without_javascript(mothers: Client) -> None:
    page = mothers.get(FORM)
    assert page.status_code == 200
    assert "Nguyễn Thị Mẫu" in text(page)
    assert "001195000001" in text(page)
    assert not Draft.objects.exists(), "looking at the form stores nothing"

    saved = mothers.post(FORM, {"child_name": "Bé 1", "unit_code": "H26.102", "act": "luu"})
    assert (saved.status_code, saved["Location"]) == (302, FORM)
    assert 'value="Bé 1"' in text(mothers.get(FORM))

    wrong = mothers.post(FORM, {**ANSWERS, "child_name": "Bé 1", "unit_code": "H26.102", "act": "tiep"})
    assert wrong.status_code == 422
    assert 'value="Bé 1"' in text(wrong)
    assert 'href="#id_child_name"' in text(wrong)
    assert text(wrong).count("Họ tên chỉ gồm chữ cái") == 2, "on top and beside the field"

    right = mothers.post(FORM, {**ANSWERS, "unit_code": "H26.101", "act": "tiep"})
    assert (right.status_code, right["Location"]) == (302, PAPERS)

    assert mothers.post(PAPERS, {"act": "tiep"}).status_code == 422
    assert mothers.post(PAPERS, {"act": "them", "kind": PAPER}).status_code == 422
    added = mothers.post(PAPERS, {"act": "them", "kind": PAPER, "file": photo()})
    assert (added.status_code, added["Location"]) == (302, PAPERS)
    listed = text(mothers.get(PAPERS))
    assert "giấy chứng sinh.png" in listed
    assert "Đang kiểm tra" in listed
    assert mothers.post(PAPERS, {"act": "tiep"})["Location"] == CHECK

    check = mothers.get(CHECK)
    for words in ("Trần Thị Bé Thử", "15/11/2026", "Nữ", "Ủy ban nhân dân phường Hoàn Kiếm", "giấy chứng sinh.png"):
        assert words in text(check), words
    draft = Draft.objects.get()
    assert draft.last_page == "kiem-tra"
    assert f'href="/nop-ho-so/{CODE}/kiem-tra/"' in text(mothers.get("/ho-so/")), "a draft opens where one left it"

    sent = mothers.post(CHECK, {"draft": str(draft.id)})
    dossier = Dossier.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, f"/ho-so/{dossier.code}/?da-gui=1")
    again = mothers.post(CHECK, {"draft": str(draft.id)})
    assert again["Location"] == sent["Location"]
    assert Dossier.objects.count() == 1

    page = mothers.get(sent["Location"])
    for words in (dossier.code, "Đã gửi hồ sơ", "Mới đăng ký", "Bạn được trả lời trước", "giấy chứng sinh.png", "Rút hồ sơ"):
        assert words in text(page), words
    assert dossier.code in text(mothers.get("/ho-so/"))


def test_an_incomplete_draft_is_not_sent_and_says_why(mothers: Client) -> None:
    draft = services.start_or_open_draft(actor=citizen_actor(mother()), procedure_code=CODE, now=timezone.now())
    response = mothers.post(CHECK, {"draft": str(draft.id)})
    assert response.status_code == 422
    assert "Còn thiếu: Giấy chứng sinh." in text(response)
    assert f'href="{FORM}?ve=kiem-tra#id_child_name"' in text(response)
    assert mothers.get(FORM + "?ve=kiem-tra").status_code == 200
    assert "Bạn hãy nhập họ và tên." in text(mothers.get(FORM + "?ve=kiem-tra"))


def test_pages_without_a_draft_lead_to_the_form(mothers: Client) -> None:
    assert mothers.get(PAPERS)["Location"] == FORM
    assert mothers.get(CHECK)["Location"] == FORM


def test_a_request_that_is_too_long_is_refused_unread_and_a_wrong_type_with_a_sentence(mothers: Client, settings: Any) -> None:
    ready_draft(citizen_actor(mother()))
    wrong = mothers.post(PAPERS, {"act": "them", "kind": PAPER, "file": SimpleUploadedFile("a.png", b"MZ" + b"0" * 100)})
    assert wrong.status_code == 422
    assert "Loại tệp này chưa nhận được" in text(wrong)
    settings.MAX_FILE_BYTES = 1024 * 1024
    long = mothers.post(PAPERS, {"act": "them", "kind": PAPER, "file": SimpleUploadedFile("a.png", png(filler=1200 * 1024))})
    assert long.status_code == 413
    assert "lớn hơn 1 MB" in text(long)


def test_the_upload_page_checks_the_token() -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, mother())
    ready_draft(citizen_actor(mother()))
    assert client.post(PAPERS, {"act": "them", "kind": PAPER, "file": photo()}).status_code == 403


def test_a_paper_is_seen_again_and_removed(mothers: Client) -> None:
    draft = ready_draft(citizen_actor(mother()))
    paper = draft.papers.get()
    seen = mothers.get(f"{PAPERS}{paper.id}/")
    assert b"".join(seen) == png()
    assert (seen["Content-Type"], seen["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert "sandbox" in seen["Content-Security-Policy"]
    assert {"private", "no-store"} <= set(seen["Cache-Control"].split(", "))
    assert seen["Content-Disposition"].startswith("inline; ")
    assert mothers.get(f"{PAPERS}{paper.id}/xoa/").status_code == 405
    assert mothers.post(f"{PAPERS}{paper.id}/xoa/")["Location"] == PAPERS
    assert mothers.get(f"{PAPERS}{paper.id}/").status_code == 404


def test_a_draft_is_thrown_away_after_asking(mothers: Client) -> None:
    ready_draft(citizen_actor(mother()))
    address = f"/nop-ho-so/{CODE}/xoa-nhap/"
    assert "không lấy lại được" in text(mothers.get(address))
    assert Draft.objects.exists()
    assert mothers.post(address)["Location"] == "/ho-so/"
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
    assert client.post(f"{PAPERS}{draft_paper.id}/xoa/").status_code == 404
    assert client.post(CHECK, {"draft": str(draft.id)}).status_code == 404
    assert client.post(CHECK, {"draft": str(dossier.id)}).status_code == 404
    assert dossier.code not in text(client.get("/ho-so/"))
    stranger = Client()
    assert stranger.get(f"/ho-so/{dossier.code}/ket-qua/").status_code == 404


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


def test_the_list_is_ordered_paged_and_its_queries_do_not_grow(mothers: Client) -> None:
    filed()
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


def test_a_received_dossier_shows_its_appointment_and_officer(mothers: Client) -> None:
    officer = make_officer_actor()
    dossier = received(officer)
    page = text(mothers.get(f"/ho-so/{dossier.code}/"))
    for words in ("Đang xử lý", "Hẹn trả kết quả", officer.label, "Giấy tiếp nhận hồ sơ và hẹn trả kết quả"):
        assert words in page, words
