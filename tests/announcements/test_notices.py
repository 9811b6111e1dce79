"""Notices to everybody: read by strangers in two languages, written at the desk by the unit's own administrators (C-20)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from portal.access import SYSTEM, AccessDenied
from portal.announcements import demo, services
from portal.announcements.models import MAX_BODY, Notice
from portal.audit.models import Act
from portal.caching import changes, marks
from portal.caching.models import Change
from portal.catalogues.models import Agency
from tests.factories import loose_officer, make_position, sign_in
from tests.portal.pages import Page, texts
from tests.support.queries import CaptureQueriesContext

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("C-20")]
DESK = "/quan-tri/notices/notice/"
ENGLISH = {"title": "Offices closed", "summary": "All offices are closed on Monday.", "body": "First.\n\nSecond."}
HANOI = dt.timezone(dt.timedelta(hours=7))


@pytest.fixture(autouse=True)
def agencies(db: None) -> None:
    """The agencies that publish here, where the demo data has not brought them."""
    known = set(Agency.objects.current().values_list("code", flat=True))
    names = {"H26": "Ủy ban nhân dân thành phố Hà Nội", "H26.101": "Ủy ban nhân dân phường Hoàn Kiếm", "H29": "Ủy ban nhân dân khác"}
    for code, name in (names | {"G22": "Văn phòng Chính phủ"}).items():
        if code not in known:
            Agency.objects.create(code=code, name=name, owner_code="G22", level="unit", effective_from=dt.date(2025, 7, 1))


def days(number: int) -> dt.date:
    """A day counted from today."""
    return timezone.localdate() + dt.timedelta(days=number)


def published(title: str = "Nghỉ làm việc ngày thứ Hai", **more: Any) -> Notice:
    """A notice through the service; with ``begun`` it has been shown since that many days."""
    begun = more.pop("begun", 0)
    facts: dict[str, Any] = {
        "actor": SYSTEM,
        "unit_code": "H26",
        "title": title,
        "summary": "Các nơi tiếp nhận nghỉ ngày thứ Hai.",
        "body": "Đoạn một.\nDòng hai.\n\nĐoạn <b>hai</b> & hết.",
        "kind": "other",
        "now": timezone.now() - dt.timedelta(days=begun),
        "published_from": days(-begun),
        **more,
    }
    return services.publish(**facts)


def officer(client: Client, unit: str, *roles: str) -> Any:
    """Sign the browser in as an officer; returns the position."""
    position = make_position(unit=unit, roles=roles)
    sign_in(client, position.person, position=position)
    return position


def typed(**more: str) -> dict[str, str]:
    """What an officer fills in."""
    facts = {
        "unit_code": "H26",
        "kind": "change",
        "title": "Đổi nơi nộp hồ sơ đất đai",
        "summary": "Từ thứ Hai nộp tại Trung tâm mới.",
        "body": "Đoạn một.\r\n\r\nĐoạn hai.",
        "published_from": f"{days(0):%d/%m/%Y}",
        "published_to": "",
        "english_title": "",
        "english_summary": "",
        "english_body": "",
    }
    return facts | more


class TestStrangers:
    """What everybody reads."""

    def test_the_list_holds_what_is_shown_today_important_ones_first_then_the_newest(self, client: Client) -> None:
        older, newer = published("Cũ hơn", begun=9), published("Mới hơn", begun=2)
        important = published("Quan trọng nhất", begun=30, important=True, kind="fraud")
        published("Chưa đến ngày", published_from=days(1))
        ended = published("Hết rồi", begun=5, published_to=days(1))
        Notice.objects.filter(pk=ended.pk).update(published_to=days(0))
        last_day = published("Ngày cuối", begun=3, published_to=days(1))
        page = client.get("/thong-bao/")
        assert [shown.notice.pk for shown in page.context["notices"]] == [important.pk, newer.pk, last_day.pk, older.pk]
        html = page.content.decode()
        assert "Cảnh báo lừa đảo" in html and "Ủy ban nhân dân thành phố Hà Nội" in html and f'href="/thong-bao/{newer.slug}/"' in html
        assert "public" in page["Cache-Control"] and not page.cookies

    def test_an_empty_list_says_what_will_be_there(self, client: Client) -> None:
        assert "sẽ hiện ở đây" in client.get("/thong-bao/").content.decode()
        assert "are shown here" in client.get("/en/thong-bao/").content.decode()
        assert 'id="notices"' not in client.get("/").content.decode()

    def test_a_long_list_comes_in_pages_at_a_fixed_cost(self, client: Client, django_assert_num_queries: Any) -> None:
        published("Số 0")
        with django_assert_num_queries(3):
            client.get("/thong-bao/")
        for number in range(1, 21):
            published(f"Số {number}", begun=number, unit_code=("H26", "G15")[number % 2])
        with django_assert_num_queries(3):
            first = client.get("/thong-bao/")
        assert len(first.context["notices"]) == 20 and "?trang=2" in first.content.decode()
        assert [shown.title for shown in client.get("/thong-bao/?trang=2").context["notices"]] == ["Số 20"]
        for asked in ("0", "99", "x", "%00"):
            assert client.get(f"/thong-bao/?trang={asked}").status_code == 200

    def test_a_page_is_plain_text_in_paragraphs(self, client: Client, django_assert_num_queries: Any) -> None:
        notice = published(published_to=days(3))
        with django_assert_num_queries(2):
            page = client.get(f"/thong-bao/{notice.slug}/")
        html = page.content.decode()
        assert "<p>Đoạn một.<br>Dòng hai.</p>" in html and "<p>Đoạn &lt;b&gt;hai&lt;/b&gt; &amp; hết.</p>" in html
        assert f"đến hết ngày {days(2):%d/%m/%Y}" in html and "Ủy ban nhân dân thành phố Hà Nội" in html
        parts = Page(html)
        assert parts.refused == [] and parts.headings.count("h1") == 1 and parts.post_forms == 0
        assert notice.created_by and notice.created_by not in html

    def test_over_is_gone_not_yet_and_never_are_not_found(self, client: Client) -> None:
        ended, coming, dropped = published(begun=4), published(published_from=days(2)), published(published_from=days(2))
        services.withdraw(actor=SYSTEM, notice_id=ended.pk, day=days(0))
        services.withdraw(actor=SYSTEM, notice_id=dropped.pk, day=days(0))
        for prefix, words in (("", "đã hết hiệu lực"), ("/en", "no longer in effect")):
            for notice in (ended, dropped):
                gone = client.get(f"{prefix}/thong-bao/{notice.slug}/")
                assert gone.status_code == 410 and words in gone.content.decode() and "noindex" in gone.content.decode()
                assert notice.summary not in gone.content.decode()
        assert client.get(f"/thong-bao/{coming.slug}/").status_code == 404
        assert client.get("/thong-bao/khong-co/").status_code == 404

    @pytest.mark.requirement("C-22")
    def test_english_where_there_is_some_and_marked_vietnamese_where_not(self, client: Client) -> None:
        both, vietnamese = published(english=ENGLISH), published("Chỉ có tiếng Việt")
        page = client.get(f"/en/thong-bao/{both.slug}/").content.decode()
        assert "Offices closed" in page and "<p>Second.</p>" in page and "Other notice" in page and "Đoạn" not in page
        said = texts(client.get(f"/en/thong-bao/{vietnamese.slug}/").content.decode())
        assert ("This notice has not been translated into English.", "en") in said
        assert ("Chỉ có tiếng Việt", "vi") in said and ("Đoạn một.", "vi") in said
        for path in ("/en/thong-bao/", "/en/"):
            listed = texts(client.get(path).content.decode())
            assert ("Offices closed", "en") in listed and ("Chỉ có tiếng Việt", "vi") in listed, path
        assert f'hreflang="en" href="http://localhost:8000/en/thong-bao/{both.slug}/"' in client.get(
            f"/thong-bao/{both.slug}/"
        ).content.decode().replace("testserver", "localhost:8000")
        assert "Offices closed" not in client.get(f"/thong-bao/{both.slug}/").content.decode()

    def test_home_shows_three_at_most_below_the_search(self, client: Client, django_assert_num_queries: Any) -> None:
        with CaptureQueriesContext(connection) as without:
            client.get("/")
        for number in range(5):
            published(f"Thông báo số {number}", begun=number)
        with django_assert_num_queries(len(without)):
            html = client.get("/").content.decode()
        assert [number for number in range(5) if f"Thông báo số {number}" in html] == [0, 1, 2]
        assert html.index('name="q"') < html.index('id="notices"')
        assert {"/thong-bao/"} <= set(Page(html).links)

    def test_ways_to_the_list(self, client: Client) -> None:
        assert "/thong-bao/" in Page(client.get("/ho-tro/").content.decode()).links
        assert "/en/thong-bao/" in Page(client.get("/en/dieu-khoan/").content.decode()).links
        sitemap = client.get("/sitemap.xml").content.decode()
        assert "/thong-bao/</loc>" in sitemap and "/en/thong-bao/</loc>" in sitemap


class TestSearch:
    """``/thong-bao/?q=``: what is shown today, found as procedures are (``portal.search``)."""

    @pytest.fixture(autouse=True)
    def notices(self, agencies: None) -> None:
        published("Bảo trì hệ thống đêm thứ Bảy", kind="maintenance", summary="Cổng ngừng nhận hồ sơ hai giờ.", english=ENGLISH)
        published("Đổi nơi nộp hồ sơ đất đai", kind="change", summary="Nộp tại UBND phường.", begun=3)
        published("Cảnh báo giả danh cán bộ gọi điện", kind="fraud", body="Không đưa mật khẩu một lần cho ai.", begun=40)
        published("Bảo trì năm sau", published_from=days(300))
        ended = published("Bảo trì năm ngoái", begun=300)
        services.withdraw(actor=SYSTEM, notice_id=ended.pk, day=days(0))

    @pytest.mark.parametrize(
        ("q", "title"),
        [
            ("bảo trì", "Bảo trì hệ thống đêm thứ Bảy"),
            ("BAO TRI", "Bảo trì hệ thống đêm thứ Bảy"),
            ("mat khau mot lan", "Cảnh báo giả danh cán bộ gọi điện"),
            ("mật khẩu mọt lầm", "Cảnh báo giả danh cán bộ gọi điện"),
            ("ubnd phuong", "Đổi nơi nộp hồ sơ đất đai"),
            ("uỷ ban nhân dân", "Đổi nơi nộp hồ sơ đất đai"),
            ("đất đai nộp ở đâu", "Đổi nơi nộp hồ sơ đất đai"),
            ("offices closed", "Bảo trì hệ thống đêm thứ Bảy"),
        ],
    )
    def test_a_notice_is_found_by_what_it_says_with_slips_and_without_diacritics(self, client: Client, q: str, title: str) -> None:
        answer = client.get("/thong-bao/", {"q": q})
        assert answer.context["notices"][0].title == title
        assert "năm sau" not in answer.content.decode() and "năm ngoái" not in answer.content.decode()

    def test_the_form_works_without_script_and_keeps_what_was_asked(self, client: Client) -> None:
        html = client.get("/thong-bao/").content.decode()
        form = html[html.index('aria-label="Tìm trong thông báo"') - 80 :].partition("</form>")[0]
        assert 'action="/thong-bao/"' in form and 'name="q"' in form and 'type="submit"' in form and "method" not in form
        answer = client.get("/thong-bao/", {"q": "  <b>bảo\x00   trì "})
        html = answer.content.decode()
        assert 'value="&lt;b&gt;bảo trì"' in html and "<b>bảo" not in html and "noindex" in html
        assert "public" in answer["Cache-Control"] and not answer.cookies
        assert "noindex" not in client.get("/thong-bao/").content.decode()

    def test_slips_guesses_and_nothing_are_told_with_a_way_back(self, client: Client) -> None:
        assert "Tìm theo “bao tri”" in client.get("/thong-bao/?q=bao+trii").content.decode()
        nothing = client.get("/thong-bao/?q=zzzz+qqqq")
        assert "Không có thông báo nào đang hiện nói về “zzzz qqqq”." in nothing.content.decode() and nothing.status_code == 200
        assert "/thong-bao/" in Page(nothing.content.decode()).links
        assert "không chắc" in client.get("/thong-bao/?q=quyen+gop+tien+cho+doi+bong+bao+xyz").content.decode()

    @pytest.mark.requirement("C-22")
    def test_in_english(self, client: Client) -> None:
        html = client.get("/en/thong-bao/?q=offices").content.decode()
        assert 'action="/en/thong-bao/"' in html and "Search the notices" in html and "Offices closed" in html
        assert "1</strong> notice, the closest first" in html
        assert "No notice that is shown now" in client.get("/en/thong-bao/?q=zzzz").content.decode()

    def test_answers_come_in_pages_at_a_fixed_cost(self, client: Client) -> None:
        def asked(**more: str) -> Any:
            with CaptureQueriesContext(connection) as made:
                answer = client.get("/thong-bao/", {"q": "lịch tiếp dân", **more})
            counts.append(len(made))
            return answer

        counts: list[int] = []
        published("Lịch tiếp dân tuần 0")
        asked()
        for number in range(1, 25):
            published(f"Lịch tiếp dân tuần {number}", begun=number)
        first = asked()
        assert len(first.context["notices"]) == 20 and "?q=l%E1%BB%8Bch+ti%E1%BA%BFp+d%C3%A2n&amp;trang=2" in first.content.decode()
        assert len(asked(trang="2").context["notices"]) == 5
        # One of them makes the index, which a portal holds.
        assert counts == [4, 4, 4]

    @pytest.mark.parametrize("q", ["%", "'; DROP --", "\\", "😀" * 600, "a" * 5000, "\x00", "bảo trì " * 400])
    def test_hostile_questions_are_answered(self, client: Client, q: str) -> None:
        assert client.get("/thong-bao/", {"q": q}).status_code == 200


class TestKept:
    """Kept pages follow the notices and the days."""

    @pytest.fixture(autouse=True)
    def kept(self, settings: Any) -> Iterator[None]:
        """As in a portal: pages are kept, and a change is looked for at every use."""
        settings.PAGE_CACHE_MB = 8
        usual, changes.CHECK_SECONDS = changes.CHECK_SECONDS, 0.0
        marks.forget()
        yield
        changes.CHECK_SECONDS = usual
        marks.forget()

    @pytest.mark.parametrize("verb", ["amend", "withdraw"])
    def test_a_change_empties_the_home_page_the_list_and_the_page(self, demo_data: None, verb: str) -> None:
        client, notice = Client(), Notice.objects.get(kind="fraud")
        paths = ("/", "/thong-bao/", f"/thong-bao/{notice.slug}/")
        assert all(notice.title in client.get(path).content.decode() for path in paths)
        if verb == "amend":
            services.amend(actor=SYSTEM, notice_id=notice.pk, day=days(0), title="Nghỉ cả thứ Ba")
            assert all("Nghỉ cả thứ Ba" in client.get(path).content.decode() for path in paths)
        else:
            services.withdraw(actor=SYSTEM, notice_id=notice.pk, day=days(0))
            assert [client.get(path).status_code for path in paths] == [200, 200, 410]
            assert not any(notice.title in client.get(path).content.decode() for path in paths)

    def test_answers_follow_what_is_published_amended_and_withdrawn(self, settings: Any) -> None:
        settings.KEEP_SEARCH_INDEX = True
        client = Client()

        def answers(q: str) -> list[str]:
            html = client.get("/thong-bao/", {"q": q}).content.decode()
            # Here all is one transaction, which notes its changes once.
            Change.objects.filter(room="notices").delete()
            return [word for word in ("Zumbala", "Karimbo") if f">{word} về phường</a>" in html]

        assert answers("zumbala") == []
        notice = published("Zumbala về phường")
        assert answers("zumbala") == ["Zumbala"]
        services.amend(actor=SYSTEM, notice_id=notice.pk, day=days(0), title="Karimbo về phường")
        assert answers("zumbala") == [] and answers("karimbo") == ["Karimbo"]
        services.withdraw(actor=SYSTEM, notice_id=notice.pk, day=days(0))
        assert answers("karimbo") == []

    def test_a_notice_comes_and_goes_at_midnight(self) -> None:
        client = Client()
        with time_machine.travel(dt.datetime(2027, 3, 1, 9, tzinfo=HANOI), tick=False):
            notice = published(published_from=dt.date(2027, 3, 2), published_to=dt.date(2027, 3, 4))
        path = f"/thong-bao/{notice.slug}/"
        for day, hour, status in ((1, 23, 404), (2, 0, 200), (3, 23, 200), (4, 0, 410)):
            with time_machine.travel(dt.datetime(2027, 3, day, hour, 30, tzinfo=HANOI), tick=False):
                assert client.get(path).status_code == status, (day, hour)
                assert (notice.title in client.get("/").content.decode()) == (status == 200)


class TestDesk:
    """What officers do."""

    def test_an_administrator_publishes_amends_and_withdraws(self, client: Client) -> None:
        position = officer(client, "H26", "administrator")
        form = client.get(f"{DESK}add/")
        units = [code for code, _name in form.context["adminform"].form.fields["unit_code"].choices]
        assert "H26" in units and "H26.101" in units and all(code.startswith("H26") for code in units)
        answer = client.post(f"{DESK}add/", typed(important="on"), follow=True)
        assert answer.status_code == 200
        notice = Notice.objects.get()
        assert (notice.title, notice.important, notice.unit_code, notice.english) == ("Đổi nơi nộp hồ sơ đất đai", True, "H26", {})
        assert notice.body == "Đoạn một.\n\nĐoạn hai." and position.title in notice.created_by
        assert notice.slug == f"doi-noi-nop-ho-so-dat-dai-{notice.pk.hex[:8]}"
        change = f"{DESK}{notice.pk}/change/"
        page = client.get(change).content.decode()
        assert f"/thong-bao/{notice.slug}/" in page and f"{DESK}{notice.pk}/withdraw/" in page
        english = {f"english_{part}": text for part, text in ENGLISH.items()}
        assert client.post(change, typed(title="Đổi nơi nộp hồ sơ", **english)).status_code == 302
        notice.refresh_from_db()
        assert (notice.title, notice.english, notice.important) == ("Đổi nơi nộp hồ sơ", ENGLISH, False)
        assert notice.slug.startswith("doi-noi-nop-ho-so-dat-dai-")
        withdraw = f"{DESK}{notice.pk}/withdraw/"
        assert client.get(withdraw).status_code == 200
        notice.refresh_from_db()
        assert notice.published_to is None
        assert "Đã gỡ thông báo" in client.post(withdraw, follow=True).content.decode()
        notice.refresh_from_db()
        assert notice.published_to == days(0)
        assert client.get(f"/thong-bao/{notice.slug}/").status_code == 410
        assert "đã thôi hiện" in client.post(withdraw, follow=True).content.decode()
        assert "withdraw" not in (over := client.get(change).content.decode()) and "Offices closed" in over
        assert client.post(change, typed(title="Lại đổi")).status_code == 403
        acts = Act.objects.filter(target="notices.notice", target_id=str(notice.pk)).order_by("id")
        assert [(act.act, act.unit, act.position_id) for act in acts] == [
            (f"notices.{verb}", "H26", position.pk) for verb in ("publish", "amend", "withdraw")
        ]
        assert acts[1].details["changed"] == ["title", "english", "important"]
        history = client.get(f"{DESK}{notice.pk}/history/").content.decode()
        told = ("Gỡ thông báo công khai</td>", "Sửa thông báo công khai</td>", "Ra thông báo công khai của cơ quan mình</td>")
        assert [history.index(words) for words in told] == sorted(history.index(words) for words in told)
        assert "<del>Đổi nơi nộp hồ sơ đất đai</del>" in history and position.person.full_name in history

    def test_each_unit_sees_and_writes_its_own_only(self, client: Client) -> None:
        own, below, other = published(unit_code="H26"), published(unit_code="H26.101"), published(unit_code="H29")
        officer(client, "H26.101", "administrator")
        assert [row.pk for row in client.get(DESK).context["cl"].result_list] == [below.pk]
        for notice in (own, other):
            for path in (f"{notice.pk}/withdraw/", f"{notice.pk}/history/", f"{notice.pk}/change/"):
                assert client.get(DESK + path).status_code in (302, 404), path
            assert client.post(f"{DESK}{notice.pk}/withdraw/").status_code == 404
            client.post(f"{DESK}{notice.pk}/change/", typed(title="Của người khác"))
        forged = client.post(f"{DESK}add/", typed(unit_code="H26"))
        assert forged.status_code == 200 and "unit_code" in forged.context["adminform"].form.errors
        assert Notice.objects.filter(published_to__isnull=True, title="Nghỉ làm việc ngày thứ Hai").count() == Notice.objects.count() == 3
        officer(client, "G22", "steering")
        assert client.get(DESK).context["cl"].result_count == 0 and client.get(f"{DESK}add/").status_code == 200
        for role in ("reception", "handling", "signing"):
            officer(client, "H26", role)
            assert client.get(DESK).status_code == 403 and client.get(f"{DESK}add/").status_code == 403
            assert client.post(f"{DESK}{own.pk}/withdraw/").status_code == 404

    @pytest.mark.parametrize(
        ("wrong", "field", "words"),
        [
            ({"title": " "}, "title", ""),
            ({"summary": "x" * 301}, "summary", ""),
            ({"body": "x" * (MAX_BODY + 1)}, "body", ""),
            ({"kind": "none"}, "kind", ""),
            ({"published_from": "31/02/2027"}, "published_from", ""),
            ({"published_from": "01/01/2020"}, "published_from", "Ngày này đã qua"),
            ({"published_to": f"{dt.date(2020, 1, 1):%d/%m/%Y}"}, "published_to", "phải sau ngày bắt đầu"),
            ({"english_title": "Only a title"}, "english_body", "hoặc để trống cả ba"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(self, client: Client, wrong: dict[str, str], field: str, words: str) -> None:
        officer(client, "H26", "administrator")
        answer = client.post(f"{DESK}add/", typed(**wrong))
        errors = answer.context["adminform"].form.errors
        assert answer.status_code == 200 and field in errors and words in " ".join(errors[field]), errors
        assert "__all__" not in errors and not Notice.objects.exists()

    def test_the_list_costs_the_same_whatever_its_length(self, client: Client) -> None:
        officer(client, "H26", "administrator")
        published()
        client.get(DESK)
        with CaptureQueriesContext(connection) as few:
            client.get(DESK)
        for number in range(15):
            published(begun=number)
        with CaptureQueriesContext(connection) as many:
            assert "Đang hiện" in client.get(DESK).content.decode()
        assert len(many) == len(few)

    def test_the_list_is_narrowed_by_what_visitors_see(self, client: Client) -> None:
        officer(client, "H26", "administrator")
        shown, coming, ended = published(), published(published_from=days(1)), published(begun=2)
        dropped = published(published_from=days(1))
        for notice in (ended, dropped):
            services.withdraw(actor=SYSTEM, notice_id=notice.pk, day=days(0))
        for asked, expected in (("dang", {shown.pk}), ("sap", {coming.pk}), ("het", {ended.pk, dropped.pk}), ("", None)):
            found = {row.pk for row in client.get(DESK, {"hien": asked} if asked else {}).context["cl"].result_list}
            assert found == (expected or {shown.pk, coming.pk, ended.pk, dropped.pk}), asked


class TestServices:
    """What the services hold to themselves."""

    def test_only_the_units_own_administrators_may(self) -> None:
        notice = published(unit_code="H26")
        for actor in (
            loose_officer("H29", ("administrator",)),
            loose_officer("H26", ("handling",)),
            loose_officer("H26.101", ("steering",)),
        ):
            with pytest.raises(AccessDenied):
                published(actor=actor)
            with pytest.raises(AccessDenied):
                services.amend(actor=actor, notice_id=notice.pk, day=days(0), title="Khác")
            with pytest.raises(AccessDenied):
                services.withdraw(actor=actor, notice_id=notice.pk, day=days(0))
        assert Act.objects.filter(target="notices.notice").count() == 1

    def test_what_is_no_notice_is_refused_by_field(self) -> None:
        for field, facts in (
            ("published_from", {"published_from": days(-1)}),
            ("published_to", {"published_to": days(0)}),
            ("title", {"title": " "}),
            ("summary", {"summary": "x" * 301}),
            ("body", {"body": "x" * (MAX_BODY + 1)}),
            ("kind", {"kind": "none"}),
            ("english_summary", {"english": {"title": "a", "body": "b"}}),
            ("english_title", {"english": ENGLISH | {"title": "x" * 201}}),
        ):
            with pytest.raises(services.NoticeRefused) as refused:
                published(**facts)
            assert field in refused.value.problems, field
        with pytest.raises(TypeError):
            published(english={"name": "x"})
        assert not Notice.objects.exists()

    def test_an_amendment_keeps_what_readers_know(self) -> None:
        notice = published(begun=3)
        for refused_changes in (
            {"published_from": days(1)},
            {"published_from": days(-1)},
            {"title": notice.title},
            {"published_to": days(0)},
        ):
            with pytest.raises(services.NoticeRefused):
                services.amend(actor=SYSTEM, notice_id=notice.pk, day=days(0), **refused_changes)
        with pytest.raises(TypeError):
            services.amend(actor=SYSTEM, notice_id=notice.pk, day=days(0), slug="khac")
        services.amend(actor=SYSTEM, notice_id=notice.pk, day=days(0), published_to=days(5))
        services.withdraw(actor=SYSTEM, notice_id=notice.pk, day=days(0))
        for verb, more in ((services.amend, {"title": "Khác"}), (services.withdraw, {})):
            with pytest.raises(services.NoticeRefused):
                verb(actor=SYSTEM, notice_id=notice.pk, day=days(0), **more)  # type: ignore[operator]

    def test_the_history_and_the_database_keep_everything(self) -> None:
        notice = published()
        services.amend(actor=SYSTEM, notice_id=notice.pk, day=days(0), summary="Nghỉ cả ngày.")
        services.withdraw(actor=SYSTEM, notice_id=notice.pk, day=days(0))
        events = Notice.pgh_event_model.objects.filter(pgh_obj_id=notice.pk).order_by("pgh_id")  # type: ignore[attr-defined]
        assert [event.pgh_label for event in events] == ["insert", "update", "update"]
        assert [event.pgh_context.metadata["act"] for event in events] == ["notices.publish", "notices.amend", "notices.withdraw"]
        assert events[0].summary == "Các nơi tiếp nhận nghỉ ngày thứ Hai."
        for wrong in ({"title": ""}, {"summary": ""}, {"body": ""}, {"published_to": days(-1)}, {"english": {"title": "a"}}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Notice.objects.filter(pk=notice.pk).update(**wrong)
        with pytest.raises(DatabaseError), transaction.atomic():
            notice.delete()

    def test_titles_of_any_kind_give_an_address(self) -> None:
        assert published("!!! …").slug.startswith("thong-bao-")
        long = published("Đường " * 30).slug
        assert len(long) <= 80 and long.startswith("duong-duong-") and "--" not in long

    def test_the_demonstration_is_loaded_once(self, client: Client) -> None:
        demo.load()
        assert demo.load() == "2 thông báo"
        assert Notice.objects.count() == Act.objects.filter(act="notices.publish").count() == 2
        listed = client.get("/thong-bao/").content.decode()
        assert "Cổng không bao giờ gọi điện hỏi mật khẩu một lần" in listed and "bảo trì" in listed
        services.withdraw(actor=SYSTEM, notice_id=next(iter(demo.NOTICES)), day=days(0))
        demo.load()
        assert "hỏi mật khẩu một lần" not in client.get("/thong-bao/").content.decode().partition("<footer")[0]
