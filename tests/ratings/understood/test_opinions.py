"""Comments on the dashboards: read once they were checked, quoted only where they may be, gone when they are hidden; what got worse."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from feedback.services import publishing, secrets
from ratings import tasks
from ratings.models import OpinionMark, OpinionReading, Rating
from ratings.slips import loading, services
from ratings.slips.rules import month_of
from ratings.slips.services import Answer
from ratings.understood import services as understood
from ratings.understood import words
from ratings.understood.words import MOODS, Mood
from tests import factories
from tests.feedback.support import answered, officer, received, send_one
from tests.ratings.board.support import head, vpcp

pytestmark = [pytest.mark.requirement("R-09"), pytest.mark.usefixtures("demo_data")]
LATER = dt.timedelta(minutes=5)
RUDE = "Cán bộ hách dịch, quát mắng người dân. Phòng chờ thì mát."
KIND = "Cán bộ nhiệt tình, xong trước hẹn."


def read_all(now: dt.datetime | None = None) -> int:
    """Everything there is, slice by slice."""
    read, now = 0, now or timezone.now() + LATER
    while done := understood.read_some(now=now):
        read += done
    return read


def shown(words: str, day: dt.date, *, unit: str = "H26.101", procedure: str = "1.001193", state: str = "s") -> Rating:
    """A slip whose text was checked, straight into the table."""
    return Rating.objects.create(
        source="d", form_id=1, unit_code=unit, procedure_code=procedure, field_code="LV.ho-tich", channel="2", service_level="full",
        day=day, month=month_of(day), q1=4, q2=4, q3=4, q4=4, q5=4, words=words, words_state=state,
        shown_words=words if state == "s" else "",
        checked_at=timezone.now() if state != "w" else None, checked_by=uuid.uuid4() if state != "w" else None,
        hidden_why="Lý do" if state == "h" else "",
    )  # fmt: skip


def some_weeks(unit: str, *, bad_now: int, procedure: str = "1.001193") -> None:
    """Eight quiet weeks, then a week with complaints."""
    today = timezone.localdate()
    for week in range(8):
        for number in range(6):
            shown(RUDE if number == 0 else KIND, today - dt.timedelta(days=9 + 7 * week), unit=unit, procedure=procedure)
    for _number in range(bad_now):
        shown(RUDE, today - dt.timedelta(days=2), unit=unit, procedure=procedure)
    for _number in range(4):
        shown(KIND, today - dt.timedelta(days=2), unit=unit, procedure=procedure)


def body(client: Client, address: str) -> str:
    """A page, which must be there."""
    answer = client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return answer.content.decode()


def test_a_text_is_read_once_it_was_checked_changed_with_it_and_gone_when_it_is_hidden() -> None:
    today = timezone.localdate()
    loading.load()
    form = services.form_on(today)
    assert form is not None
    given = uuid.uuid4()
    services.answer_at_counter(
        form_id=given,
        unit_code="H26.101",
        procedure_code="",
        field_code="",
        form=form,
        said=Answer([1, 1, 1, 1, 1], RUDE),
        now=timezone.now(),
    )
    row = Rating.objects.get(pk=given)
    read_all()
    assert not OpinionReading.objects.filter(text_id=row.pk).exists(), "nobody has checked it"
    checker = factories.make_officer_actor(unit="H26.101", roles=("petition_checking",))
    services.show_words(actor=checker, rating_id=row.pk, text="Cán bộ hách dịch.", now=timezone.now())
    read_all()
    found = OpinionReading.objects.get(text_id=row.pk)
    assert (found.topics[0], found.mood, found.unit_code, found.day, found.is_quotable) == ("attitude", "bad", "H26.101", row.day, True)
    page = body(head(), "/dieu-hanh/y-kien/loi-noi/?chu-de=attitude&tam-trang=bad&co-quan=H26.101")
    assert "<q>Cán bộ <mark>hách dịch</mark>.</q>" in re.sub(r"<mark>Cán bộ</mark>", "Cán bộ", page)
    assert f"{row.day:%d/%m/%Y}" not in page[page.index("<main") : page.index("</main")] and f"tháng {row.day:%m/%Y}" in page, (
        "no finer than the month"
    )
    services.show_words(actor=checker, rating_id=row.pk, text="Lệ phí đắt quá.", now=timezone.now())
    assert "hách dịch" not in body(head(), "/dieu-hanh/y-kien/loi-noi/"), "what was changed since it was read is not quoted"
    read_all(timezone.now() + 2 * LATER)
    assert OpinionReading.objects.get(text_id=row.pk).topics == ["cost"]
    services.hide_words(actor=checker, rating_id=row.pk, reason="Nêu tên người", now=timezone.now())
    assert "đắt" not in body(head(), "/dieu-hanh/y-kien/loi-noi/?co-quan=H26.101")
    read_all(timezone.now() + 3 * LATER)
    assert not OpinionReading.objects.filter(text_id=row.pk).exists()


def test_petitions_count_once_received_are_quoted_once_public_and_secrets_leave_nothing() -> None:
    now = timezone.now() - dt.timedelta(hours=1)
    said = "Cán bộ hách dịch, quát mắng tôi ở quầy số 3."
    petition, _actor = send_one(now=now, words=said, subject="Thái độ của cán bộ")
    read_all()
    assert not OpinionReading.objects.filter(text_id=petition.pk).exists(), "nobody has received it"
    received(petition, officer(), now=now)
    read_all()
    found = OpinionReading.objects.get(text_id=petition.pk)
    assert (found.source, found.topics[0], found.mood, found.is_quotable, found.spans) == ("p", "attitude", "bad", False, [])
    assert "quát mắng" not in body(vpcp(), "/dieu-hanh/y-kien/loi-noi/")
    holder = factories.make_officer_actor(unit="H26.101", roles=("petition_checking",))
    secrets.seal_away(actor=holder, petition_id=petition.pk, basis="Quyết định 1 ngày 1/12", now=timezone.now())
    read_all(timezone.now() + 2 * LATER)
    assert not OpinionReading.objects.filter(text_id=petition.pk).exists()

    public, _actor = send_one(now=now, words=said, subject="Thái độ của cán bộ")
    answered(public, now=now)
    editor = officer()
    publishing.publish(
        actor=editor, petition_id=public.pk, title="Thái độ của cán bộ", question="Cán bộ hách dịch với dân.", answer="Đã nhắc nhở.",
        left=(), show_name=False, now=timezone.now(),
    )  # fmt: skip
    read_all(timezone.now() + 3 * LATER)
    found = OpinionReading.objects.get(text_id=public.pk)
    assert found.is_quotable and found.spans
    page = body(vpcp(), "/dieu-hanh/y-kien/loi-noi/")
    assert "hách dịch" in page and "quầy số 3" not in page


def test_what_got_worse_stands_with_the_sentences_that_made_it_so_for_who_may_see_it() -> None:
    some_weeks("H26.101", bad_now=9)
    some_weeks("H17.101", bad_now=1, procedure="2.000635")
    some_weeks("H26.102", bad_now=4, procedure="2.000635")
    some_weeks("G15", bad_now=6, procedure="2.000635")
    OpinionReading.objects.all().delete()
    assert tasks.understand() == 0, "what was checked within two minutes waits for the next beat"
    read_all()
    ward, province, country = (body(client, "/dieu-hanh/y-kien/") for client in (head("H26.101"), head("H26"), vpcp()))
    for page in (ward, province, country):
        assert "Thái độ phục vụ" in page and "<mark>hách dịch</mark>" in page and "9 ý kiến chê trong 13" in page
        assert "Fisher" in page and "Phòng chờ thì mát" not in page, "only the sentence that says so"
    # What got worse comes first, the surest of it on top; then the weeks, then topics and moods.
    assert country.index('id="kem-di"') < country.index('id="chin-tuan"') < country.index('id="chu-de"')
    said = vpcp().get("/dieu-hanh/y-kien/").context["worse"]
    units = [one["line"].key for one in said if one["line"].kind == "unit"]
    assert units.index("H26") < units.index("G15")
    assert [one["line"].chance for one in said] == sorted(one["line"].chance for one in said) and len(said) > 2
    assert [country.index(f"<h3>{one['what']}: ") for one in said[:1]] == [country.index("<h3>")]
    own = head("H26.101").get("/dieu-hanh/y-kien/").context
    assert (own["now"].bad, own["now"].good, own["total"]) == (9, 4, 8 * 6 + 13) and ("Thái độ phục vụ", 8 + 9) in own["bars"]
    grouped = list(csv.DictReader(io.StringIO(head("H26.101").get("/dieu-hanh/y-kien/so-lieu.csv").content.decode("utf-8-sig"))))
    moods = {row["Chủ đề"]: row["Ý kiến bảy ngày qua"] for row in grouped if (row["Phần"], row["Mã"]) == ("Chín tuần", "attitude")}
    assert moods[str(MOODS[Mood.BAD])] == "17"
    assert "Ủy ban nhân dân phường" in province and "H17.101" not in province
    ours, theirs = head("H26.101"), head("H17.101")
    assert theirs.get("/dieu-hanh/H26.101/y-kien/").status_code == 404 == ours.get("/dieu-hanh/H26/y-kien/").status_code
    assert ours.get("/dieu-hanh/y-kien/loi-noi/?co-quan=H26").status_code == 404
    assert "Không có đơn vị, thủ tục nào" in body(theirs, "/dieu-hanh/y-kien/")
    assert Client().get("/dieu-hanh/y-kien/").status_code == 302
    rows = list(csv.DictReader(io.StringIO(head("H26").get("/dieu-hanh/y-kien/so-lieu.csv").content.decode("utf-8-sig"))))
    [line] = [row for row in rows if row["Phần"] == "Kém đi: đơn vị"]
    assert (line["Mã"], line["Ý kiến chê bảy ngày qua"], line["Ý kiến bảy ngày qua"]) == ("H26.101", "9", "13")
    assert sum(int(row["Ý kiến chê bảy ngày qua"]) for row in rows if row["Phần"] == "Theo tuần") == 9 + 4 + 16


def test_pages_ask_as_many_questions_whatever_there_is() -> None:
    client = vpcp()
    counted = []
    some_weeks("H26.101", bad_now=7)
    for number in range(2):
        read_all(timezone.now() + (number + 1) * LATER)
        told = []
        for address in ("/dieu-hanh/y-kien/", "/dieu-hanh/y-kien/so-lieu.csv", "/dieu-hanh/y-kien/loi-noi/", "/dieu-hanh/y-kien/tu-dien/"):
            client.get(address)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(address).status_code == 200
            told.append(len(asked))
        counted.append(told)
        for unit in ("H26.102", "H17.101", "G15"):
            some_weeks(unit, bad_now=8, procedure="2.000635")
    assert counted[0] == counted[1], counted
    assert max(counted[0]) < 30, counted


def test_another_version_reads_everything_anew_and_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    today = timezone.localdate()
    rows = [shown(RUDE, today) for _number in range(5)]
    read_all()
    monkeypatch.setattr(understood, "SLICE", 2)
    known = words.dictionary()
    other = words.Dictionary(known.exact, known.plain, known.spelling, known.longest, "2-other")
    monkeypatch.setattr(understood, "dictionary", lambda: other)
    OpinionReading.objects.create(
        source="s", text_id=uuid.uuid4(), day=today, topics=["time"], mood="bad", version="0", read_at=timezone.now()
    )
    now = timezone.now() + LATER
    understood.read_some(now=now)
    done = OpinionReading.objects.filter(version="2-other", source="s").count()
    assert done == 2 and OpinionMark.objects.get(source="s").version == "2-other"
    read_all(now)
    assert set(OpinionReading.objects.values_list("version", flat=True)) == {"2-other"}, "what is left of another version has no text"
    assert OpinionReading.objects.filter(text_id__in=[row.pk for row in rows]).count() == 5
