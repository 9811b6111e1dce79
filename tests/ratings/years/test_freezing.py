"""Years of the score: frozen by one officer, published by another, kept, corrected beside what was, computed again."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from portal.access import SYSTEM, AccessDenied
from portal.audit.models import Act
from portal.documents.models import Document
from portal.documents.services import issue_sealed
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from ratings.models import FrozenYear, ScoreCount
from ratings.score import freezing
from ratings.score.counting import count
from ratings.score.freezing import YearRefused
from tests import factories
from tests.payments.support import desk_of
from tests.payments.test_at_once import all_at_once
from tests.ratings.years.support import counted, criteria, published, vpcp

YEAR, FIRST, DESK = 2025, dt.date(2025, 1, 1), "/quan-tri/ratings/frozenyear/"


def seen() -> str:
    return freezing.sheet(YEAR).digest


def work() -> None:
    """The worker seals what is to be sealed."""
    Message.objects.filter(done_at=None, dead_at=None).update(available_at="2000-01-01T00:00:00Z")
    deliver_due()


def body(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.requirement("R-04")
@pytest.mark.usefixtures("demo_data", "outside")
def test_vpcp_freezes_a_year_another_officer_publishes_it_and_everybody_reads_it(client: Client) -> None:
    criteria()
    counted("y", FIRST)
    first, _position = desk_of("G22", "steering")
    other, _position = desk_of("G22", "steering")
    preview = first.get(f"{DESK}chot/?nam={YEAR}").content.decode()
    # A criterion's code has a point and one digit behind it.
    assert re.search(r">\s*\d+,\d+\s*<", preview) and not re.search(r">\s*\d+\.\d\d+\s*<", preview), "points as Vietnamese is written"
    left_out = ", ".join(freezing.sheet(YEAR).left_out)
    assert "Chốt kết quả năm 2025" in preview and left_out in preview and "Ủy ban nhân dân thành phố Hà Nội" in preview
    digest = re.search(r'name="seen" value="(\w+)"', preview)
    assert digest is not None and digest[1] == seen()

    # What changed since the preview is not frozen unseen.
    ScoreCount.objects.filter(agency="G03", criterion="2.1", period="y").update(numerator=2)
    answer = first.post(f"{DESK}chot/", {"nam": YEAR, "seen": digest[1]})
    assert answer.status_code == 409 and "Số liệu đã thay đổi" in answer.content.decode()
    assert not FrozenYear.objects.exists()
    answer = first.post(f"{DESK}chot/", {"nam": YEAR, "seen": seen()}, follow=True)
    row = FrozenYear.objects.get()
    assert row.state == "frozen" and freezing.is_frozen(YEAR) and "một cán bộ khác phải xem" in answer.content.decode()
    assert client.get(f"/danh-gia/nam/{YEAR}/").status_code == 404, "not public yet"

    # Not by the one who froze it; by another it is.
    answer = first.post(f"{DESK}{row.pk}/cong-bo/")
    assert answer.status_code == 403 and "phải là một cán bộ khác" in answer.content.decode()
    assert "chờ công bố" in other.get("/quan-tri/").content.decode()
    assert other.post(f"{DESK}{row.pk}/cong-bo/", follow=True).status_code == 200
    row.refresh_from_db()
    assert row.state == "published" and "đang được lập" in body(client, f"/danh-gia/nam/{YEAR}/").decode()
    work()
    page = body(client, f"/danh-gia/nam/{YEAR}/").decode()
    for said in ("Ủy ban nhân dân thành phố Hà Nội", row.sha256, "recompute.py", "Đã đóng dấu số", "4.2b"):
        assert said in page, said
    assert f"/danh-gia/nam/{YEAR}/?lan=1" in body(client, "/danh-gia/nam/").decode()
    assert b"Score of 2025" in body(client, f"/en/danh-gia/nam/{YEAR}/")

    # The files: what they say is what the page says, to the byte what is signed.
    content = body(client, f"/danh-gia/nam/{YEAR}/lan-1.json")
    assert hashlib.sha256(content).hexdigest() == row.sha256
    document = json.loads(content)
    results = [dict(zip(document["results"]["columns"], line, strict=True)) for line in document["results"]["rows"]]
    rows = list(csv.DictReader(io.StringIO(body(client, f"/danh-gia/nam/{YEAR}/lan-1.csv").decode("utf-8-sig"))))
    assert [(line["agency"], line["total"], line["rank"]) for line in rows] == [
        (line["agency"], line["total"], str(line["rank"])) for line in results
    ]
    sheet = load_workbook(io.BytesIO(body(client, f"/danh-gia/nam/{YEAR}/lan-1.xlsx"))).active
    assert sheet is not None
    top = {line[0]: line for line in sheet.iter_rows(min_row=2, values_only=True)}
    assert set(top) == {"H26", "H29", "G03"} and f"{top['H26'][6]:.2f}" == next(one["total"] for one in results if one["agency"] == "H26")
    assert body(client, f"/danh-gia/nam/{YEAR}/lan-1.pdf").startswith(b"%PDF")
    answer = client.get(f"/danh-gia/nam/{YEAR}/lan-1.csv")
    assert client.get(f"/danh-gia/nam/{YEAR}/lan-1.csv", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert client.get(f"/danh-gia/nam/{YEAR}/lan-1.exe").status_code == client.get(f"/danh-gia/nam/{YEAR}/lan-2.csv").status_code == 404

    # Its proof: what is printed, line by line.
    paper = Document.objects.get(pk=row.document_id)
    proof = client.post(f"/xac-minh/{paper.token}/doi-chieu-ban-in/", {"number": paper.context["proof_number"]}).content.decode()
    assert row.sha256 in proof and "Ủy ban nhân dân thành phố Hà Nội" in proof
    acts = set(Act.objects.filter(target="ratings.frozenyear").values_list("act", flat=True))
    assert acts == {"ratings.freeze_year", "ratings.publish_year"}


@pytest.mark.requirement("R-04")
@pytest.mark.usefixtures("demo_data", "outside")
def test_a_published_year_never_changes_and_a_mistake_is_answered_by_another_edition_beside_it(client: Client) -> None:
    row = published()
    for change in ({"sha256": "0" * 64}, {"summary": {}}, {"state": "open"}, {"published_by": row.frozen_by}, {"reason": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            FrozenYear.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        FrozenYear.objects.filter(pk=row.pk).delete()
    with pytest.raises(YearRefused, match="đã được chốt"):
        freezing.freeze(actor=vpcp(), year=YEAR, seen=seen(), now=timezone.now())

    # Counting leaves it alone, its quarters and months too.
    counted("m", dt.date(2025, 12, 1))
    before = list(ScoreCount.objects.filter(first__year=YEAR).values_list())
    assert count("y", FIRST, now=timezone.now()) == count("m", dt.date(2025, 12, 1), now=timezone.now()) == 0
    assert list(ScoreCount.objects.filter(first__year=YEAR).values_list()) == before

    officer, reason = vpcp(), "Sở của Hà Nội gửi thiếu hồ sơ tháng 3."
    again = freezing.correct(actor=officer, year=YEAR, reason=reason, now=timezone.now())
    assert not freezing.is_frozen(YEAR), "it is counted again"
    # No dossier of that year is in the register: counting takes what was made up away.
    assert count("y", FIRST, now=timezone.now()) and not ScoreCount.objects.filter(period="y", first=FIRST, agency="G03").exists()
    with pytest.raises(YearRefused):
        freezing.correct(actor=officer, year=YEAR, reason="hai lần", now=timezone.now())
    counted("y", FIRST, {"H26": {"2.1": (99, 100)}, "H29": {"2.1": (95, 100)}})
    assert "Kết quả đánh giá năm 2025" in body(client, f"/danh-gia/nam/{YEAR}/").decode()
    assert reason not in body(client, f"/danh-gia/nam/{YEAR}/").decode()
    again = freezing.freeze(actor=officer, year=YEAR, seen=seen(), now=timezone.now())
    assert again.edition == 2 and freezing.is_frozen(YEAR)

    # Frozen, not published: taken back, counted on, frozen once more. What is frozen does not change under the second pair of eyes.
    with pytest.raises(DatabaseError), transaction.atomic():
        FrozenYear.objects.filter(pk=again.pk).update(sha256="1" * 64)
    freezing.reopen(actor=officer, row_id=again.pk, reason="Còn thiếu một đơn vị.", now=timezone.now())
    again.refresh_from_db()
    assert again.state == "open" and again.json_file is None and not freezing.is_frozen(YEAR)
    again = freezing.freeze(actor=officer, year=YEAR, seen=seen(), now=timezone.now())
    freezing.publish(actor=vpcp(), row_id=again.pk, now=timezone.now())

    page = body(client, f"/danh-gia/nam/{YEAR}/").decode()
    assert reason in page and "?lan=1" in page
    old = body(client, f"/danh-gia/nam/{YEAR}/?lan=1").decode()
    assert "Đã có lần công bố mới hơn" in old and row.sha256 in old
    assert hashlib.sha256(body(client, f"/danh-gia/nam/{YEAR}/lan-1.json")).hexdigest() == row.sha256
    work()
    token = Document.objects.get(pk=row.document_id).token
    assert "công bố lại, lần 2" in body(client, f"/xac-minh/{token}/").decode()
    call_command("recompute_scores", year=YEAR)


@pytest.mark.requirement("R-04")
@pytest.mark.usefixtures("demo_data")
def test_only_a_year_that_is_over_only_vpcp_only_four_eyes() -> None:
    criteria()
    today, officer = timezone.localdate(), vpcp()
    ScoreCount.objects.all().delete()
    counted("y", dt.date(today.year, 1, 1))
    for year, words in ((today.year, "chưa hết"), (1999, "chưa hết"), (YEAR, "chưa có số đếm")):
        with pytest.raises(YearRefused, match=words):
            freezing.freeze(actor=officer, year=year, seen="", now=timezone.now())
    counted("y", FIRST)
    for stranger in (factories.make_officer_actor("H26", ("signing",)), factories.citizen_actor(factories.make_person())):
        with pytest.raises(AccessDenied):
            freezing.freeze(actor=stranger, year=YEAR, seen=seen(), now=timezone.now())
    row = freezing.freeze(actor=officer, year=YEAR, seen=seen(), now=timezone.now())
    # The database, too, wants another person.
    paper = issue_sealed(
        key="x", kind="x", title="x", template="documents/score_year.html", context={}, unit_code="G22", subject=row.pk, actor=SYSTEM
    )
    said = {"state": "published", "published_at": timezone.now(), "document": paper}
    with pytest.raises(IntegrityError, match="year_four_eyes"), transaction.atomic():
        FrozenYear.objects.filter(pk=row.pk).update(published_by=officer.user_id, **said)
    leader, _position = desk_of("H26", "signing")
    for address in (DESK, f"{DESK}{row.pk}/change/", f"{DESK}chot/", f"{DESK}{row.pk}/cong-bo/", f"{DESK}{row.pk}/mo-lai/"):
        assert leader.get(address).status_code in (403, 404), address


@pytest.mark.requirement("R-04", "N-04")
def test_of_two_who_freeze_or_publish_at_once_one_counts(demo_db: None) -> None:
    criteria()
    counted("y", FIRST)
    digest, officers = seen(), [vpcp() for _ in range(4)]

    def tried(act: Any, **said: Any) -> str:
        try:
            act(now=timezone.now(), **said)
        except YearRefused:
            return "refused"
        return "done"

    outcomes = all_at_once([lambda who=who: tried(freezing.freeze, actor=who, year=YEAR, seen=digest) for who in officers])
    assert sorted(outcomes) == ["done", "refused", "refused", "refused"]
    row = FrozenYear.objects.get()
    others = [who for who in officers if who.user_id != row.frozen_by]
    jobs = [lambda who=who: tried(freezing.publish, actor=who, row_id=row.pk) for who in others]
    jobs.append(lambda: tried(freezing.reopen, actor=others[0], row_id=row.pk, reason="Xem lại."))
    outcomes = all_at_once(jobs)
    assert outcomes.count("done") == 1
    row.refresh_from_db()
    assert row.state == ("open" if outcomes[-1] == "done" else "published")


@pytest.mark.requirement("R-04")
def test_counting_that_holds_a_year_is_waited_for(demo_db: None) -> None:
    criteria()
    counted("y", FIRST)
    officer = vpcp()
    with transaction.atomic():
        assert not freezing.stands(YEAR)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
        ScoreCount.objects.filter(agency="H26", criterion="2.1", period="y").update(numerator=91)

        def freeze() -> str:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '300ms'")
            try:
                freezing.freeze(actor=officer, year=YEAR, seen=seen(), now=timezone.now())
            except DatabaseError:
                return "waits"
            return "done"

        assert all_at_once([freeze]) == ["waits"]
    freezing.freeze(actor=officer, year=YEAR, seen=seen(), now=timezone.now())
    with transaction.atomic():
        assert freezing.stands(YEAR)
    document = json.loads(freezing.files.read_bytes(FrozenYear.objects.get().json_file))
    assert ["H26", "", "2.1", 91, 100] in document["counts"]["rows"]


@pytest.mark.requirement("R-04")
@pytest.mark.usefixtures("demo_data", "outside")
def test_a_kept_year_recomputes_and_the_first_difference_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="Nothing of 2025"):
        call_command("recompute_scores", year=YEAR)
    row = published()
    out = io.StringIO()
    call_command("recompute_scores", year=YEAR, stdout=out)
    assert "2025, edition 1: 5 results are what the kept counts give." in out.getvalue()
    # What is counted today says nothing about what was kept.
    ScoreCount.objects.all().delete()
    call_command("recompute_scores", year=YEAR)
    # Other rules would be noticed.
    monkeypatch.setitem(freezing.rules.FORMULAS, "share", lambda points, ratio, factor: points)  # type: ignore[arg-type]
    with pytest.raises(CommandError, match=r"2025, edition 1: H26.101 class: published good, computed excellent"):
        call_command("recompute_scores", year=YEAR)
    # So would other bytes.
    path: Path = row.json_file.path
    spoiled = bytearray(path.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    path.write_bytes(bytes(spoiled))
    with pytest.raises(Exception, match=str(row.json_file_id)):
        call_command("recompute_scores", year=YEAR)


@pytest.mark.django_db
def test_nothing_published_is_an_empty_list_and_pages_ask_as_many_queries_whatever_there_is(client: Client) -> None:
    assert "Chưa có năm nào được công bố" in body(client, "/danh-gia/nam/").decode()
    for address in (
        "/danh-gia/nam/2025/",
        "/danh-gia/nam/99999/",
        "/danh-gia/nam/2025/lan-1.json",
        "/danh-gia/nam/2025/lan-99999999999.csv",
    ):
        assert client.get(f"/danh-gia/nam/{address}").status_code == 404, address
    with pytest.raises(CommandError):
        call_command("recompute_scores", year=YEAR)
    published()
    few = []
    for address in ("/danh-gia/nam/", f"/danh-gia/nam/{YEAR}/"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            body(client, address)
        few.append(len(asked))
    assert max(few) <= 2
    counted("y", dt.date(2024, 1, 1), {f"H{number}": {"2.1": (number, 99)} for number in range(10, 60)})
    row = freezing.freeze(actor=vpcp(), year=2024, seen=freezing.sheet(2024).digest, now=timezone.now())
    freezing.publish(actor=vpcp(), row_id=row.pk, now=timezone.now())
    for address, before in zip(("/danh-gia/nam/", "/danh-gia/nam/2024/"), few, strict=True):
        with CaptureQueriesContext(connection) as asked:
            body(client, address)
        assert len(asked) == before
