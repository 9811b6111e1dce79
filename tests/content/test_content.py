"""Editors' content: written, checked by another, planned for a moment in two languages, archived; nothing that nh3 refuses (O-06)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.content import html, services
from portal.content.models import Piece
from portal.files.models import FileState, StoredFile
from tests.dossiers.support import png
from tests.factories import make_officer_actor, sign_in
from tests.helpdesk.support import desk, shown
from tests.support.queries import CaptureQueriesContext

HANOI = dt.timezone(dt.timedelta(hours=7))
FRIDAY = dt.datetime(2026, 12, 4, 15, 0, tzinfo=HANOI)
MONDAY = dt.datetime(2026, 12, 7, 7, 0, tzinfo=HANOI)
BODY = '<h2>Bước 1</h2><p>Mở <a href="/thu-tuc/">thủ tục</a> &amp; chọn.</p>'
TYPED = {
    "kind": "guide", "title": "Cách nộp hồ sơ", "summary": "Bốn bước.", "body": BODY, "english_title": "How to file",
    "english_summary": "Four steps.", "english_body": "<h2>Step 1</h2><p>Open.</p>",
}  # fmt: skip


@pytest.mark.requirement("O-06")
class TestHtml:
    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>", '<p onclick="x()">a</p>', '<a href="javascript:alert(1)">a</a>', '<img src="x">',
            "<p style='x'>a</p>",
            '<iframe src="https://x">', "<!-- x -->", "<p><div>a</div></p>", "<svg><p>a</p></svg>", '<a href="http://x">a</a>', "<a>x</a>",
        ],
    )  # fmt: skip
    def test_what_nh3_refuses_is_refused_with_words(self, text: str) -> None:
        assert html.faults(text)

    def test_what_editors_need_passes_unchanged(self) -> None:
        for text in (
            BODY,
            "<ul><li>a</li></ul>",
            '<table><tr><th scope="col">a</th></tr><tr><td>1 &lt; 2</td></tr></table>',
            "chữ thường & dấu",
        ):
            assert html.faults(text) == "", text

    @given(st.text(alphabet="<>/ab =\"'&;!-pscrit\n", max_size=60))
    def test_nothing_that_passes_is_changed_by_nh3_but_for_entities(self, text: str) -> None:
        if not html.faults(text):
            once = html.cleaned(text)
            assert html.cleaned(once) == once and html.faults(once) == ""


@pytest.mark.django_db
@pytest.mark.requirement("O-06")
def test_an_editor_plans_a_page_for_monday_seven_in_two_languages(outside: Any) -> None:
    """*As an editor*: plan a page for Monday 7:00 in two languages."""
    stranger = Client()
    base = "/quan-tri/content/piece/"
    with time_machine.travel(FRIDAY, tick=False):
        writer, _one = desk("G22", "content")
        checker, _two = desk("G22", "content")
        bad = writer.post(f"{base}add/", {**TYPED, "body": "<script>x</script>", "english_summary": ""})
        assert bad.status_code == 422 and "Không dùng thẻ" in shown(bad) and "phải đủ các phần" in shown(bad)
        assert writer.post(f"{base}add/", TYPED).status_code == 302
        row = Piece.objects.get()
        act = f"{base}{row.pk}/"
        upload = SimpleUploadedFile("màn hình.png", png(), content_type="image/png")
        assert writer.post(f"{act}picture/", {"upload": upload, "alt": "", "alt_en": ""}).status_code == 422
        upload = SimpleUploadedFile("màn hình.png", png(), content_type="image/png")
        assert writer.post(f"{act}picture/", {"upload": upload, "alt": "Trang nộp hồ sơ", "alt_en": "The filing page"}).status_code == 302
        assert "Bản xem trước" in shown(writer.get(f"{act}preview/")) and "How to file" in shown(writer.get(f"{act}preview/?ngon-ngu=en"))
        assert stranger.get(f"/noi-dung/{row.slug}/").status_code == 404
        assert writer.post(f"{act}check/").status_code == 302, "a word, no act"
        row.refresh_from_db()
        assert row.state == "entered", "who wrote it does not check it"
        assert checker.post(f"{act}check/").status_code == 302
        assert checker.post(f"{act}publish/", {"publish_at": "04/12/2026 07:00"}).status_code == 422
        assert checker.post(f"{act}publish/", {"publish_at": "07/12/2026 07:00"}).status_code == 302
        assert "Hẹn giờ" in shown(writer.get(f"{act}change/"))
        picture = row.pictures.get()
        StoredFile.objects.update(state=FileState.CLEAN)
        assert stranger.get(f"/noi-dung/anh/{picture.pk}/").status_code == 404
    with time_machine.travel(MONDAY - dt.timedelta(seconds=1), tick=False):
        assert services.release(now=timezone.now()) == 0 and stranger.get(f"/noi-dung/{row.slug}/").status_code == 404
    with time_machine.travel(MONDAY, tick=False):
        assert services.release(now=timezone.now()) == 1 and services.release(now=timezone.now()) == 0
        page = stranger.get(f"/noi-dung/{row.slug}/")
        assert "Bước 1" in shown(page) and 'alt="Trang nộp hồ sơ"' in shown(page) and "public" in page["Cache-Control"]
        english = shown(stranger.get(f"/en/noi-dung/{row.slug}/"))
        assert "Step 1" in english and 'alt="The filing page"' in english and "Bước 1" not in english
        assert "Cách nộp hồ sơ" in shown(stranger.get("/huong-dan-su-dung/")) and "How to file" in shown(
            stranger.get("/en/huong-dan-su-dung/")
        )
        shown_picture = stranger.get(f"/noi-dung/anh/{picture.pk}/")
        assert shown_picture.status_code == 200 and b"".join(shown_picture.streaming_content) and "public" in shown_picture["Cache-Control"]
        sign_in(writer, _one.person, position=_one)
        sign_in(checker, _two.person, position=_two)
        assert writer.post(f"{act}edit/", {**TYPED, "title": "Cách nộp hồ sơ, bản mới"}).status_code == 302
        edition = Piece.objects.get(replaces=row)
        assert "bản mới" not in shown(stranger.get(f"/noi-dung/{row.slug}/"))
        checker.post(f"{base}{edition.pk}/check/")
        checker.post(f"{base}{edition.pk}/publish/", {"archive_at": "08/12/2026 07:00"})
        row.refresh_from_db()
        assert "bản mới" in shown(stranger.get(f"/noi-dung/{row.slug}/")) and row.state == "archived"
    with time_machine.travel(MONDAY + dt.timedelta(days=1), tick=False):
        assert stranger.get(f"/noi-dung/{row.slug}/").status_code == 404 and services.release(now=timezone.now()) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


@pytest.mark.django_db
@pytest.mark.requirement("O-06")
def test_banners_stand_on_the_front_door_and_lists_cost_the_same_for_many() -> None:
    writer, checker = make_officer_actor("G22", ("content",)), make_officer_actor("G22", ("content",))

    def public(title: str, kind: str = "news") -> Piece:
        row = services.write(actor=writer, unit_code="G22", now=timezone.now(), kind=kind, title=title, summary="Tóm tắt", body="<p>a</p>")
        services.move(actor=checker, piece_id=row.pk, transition="check", now=timezone.now())
        return services.move(actor=checker, piece_id=row.pk, transition="publish", now=timezone.now())

    client = Client()
    public("Cổng có diện mạo mới", "banner")
    public("Tin số 0")
    assert "Cổng có diện mạo mới" in shown(client.get("/"))
    # A page has an address of its own and stands in no list.
    page_of_its_own = public("Giới thiệu Cổng", "page")
    read = client.get(f"/noi-dung/{page_of_its_own.slug}/")
    assert read.status_code == 200 and "Giới thiệu Cổng" in shown(read) and "Tóm tắt" in shown(read) and "public" in read["Cache-Control"]
    for listed in ("/tin-tuc/", "/huong-dan-su-dung/", "/"):
        assert "Giới thiệu Cổng" not in shown(client.get(listed)), listed
    services.move(actor=checker, piece_id=page_of_its_own.pk, transition="archive", why="Hết hạn", now=timezone.now())
    assert client.get(f"/noi-dung/{page_of_its_own.slug}/").status_code == 404

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get("/tin-tuc/")
        return len(found)

    one = cost()
    for number in range(1, 22):
        public(f"Tin số {number}")
    assert cost() == one
    page = client.get("/tin-tuc/?trang=2")
    assert "Tin số 0" in shown(page) and "Cổng có diện mạo mới" not in shown(page)
    for asked in ("0", "x", "%00"):
        assert client.get(f"/tin-tuc/?trang={asked}").status_code == 200
