"""/du-lieu-mo/: what is made at night, fetched by anybody, described for machines; editions, interruptions, nobody's secrets."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.conf import settings as portal_settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from pyarrow import parquet

from dossiers.models import NationalDossier
from feedback import queries_figures as petitions
from feedback.services.figures import fold as fold_petitions
from portal.files.models import StoredFile
from portal.settings import base
from portal.workdays import ZONE
from ratings import tasks
from ratings.models import OpenEdition, OpenFile, OpenPart, ScoreCount
from ratings.opendata import formats, making
from ratings.opendata.datasets import BUNDLES, DATASETS, ENDINGS
from ratings.queries import Asked, statistics
from ratings.services import figures
from tests.feedback.support import officer, received, send_one
from tests.payments.test_at_once import all_at_once
from tests.ratings.test_figures import _sent, report
from tests.ratings.years.support import COUNTS, counted, criteria, published
from tests.ratings.years.test_recompute import fetch, run
from tests.support import databases
from tests.support.processes import environment, eventually
from tests.support.queries import CaptureQueriesContext

MONTH, FIRST, YEAR = "2026-06", dt.date(2026, 6, 1), "2025"
ROOM = "/du-lieu-mo/"
MANY = COUNTS | {f"H{number}": {"2.1": (number, 99), "3.3": (1, number), "4.1": (0, 0), "5.2": (3, 4)} for number in range(30, 90)}
"""Counts of more than a page of the API."""


def body(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def make(period: str = MONTH) -> str:
    out = io.StringIO()
    call_command("make_open_data", month=period, stdout=out)
    return out.getvalue()


def some() -> None:
    """A June: one unit with much of one procedure and a little of others, one with a little alone."""
    reports = [report(number, "10", received=0, due=5, finished=3 + number % 4) for number in range(1, 20)]
    for number in range(20, 23):
        few = report(number, "10", received=0, due=5, finished=4)
        few.values["procedure_code"] = "1.004222"
        reports.append(few)
    reports += [report(number, "4", received=1, due=90, unit="H26.202") for number in range(30, 33)]
    reports += [report(number, "4", received=1, due=90, unit="H26.101.5") for number in range(40, 47)]
    _sent(*reports)
    figures.fold()
    june = dt.datetime.combine(dt.date(2026, 6, 15), dt.time(9), ZONE)
    petition, _sender = send_one(now=june)
    received(petition, officer(), now=june)
    fold_petitions()


def rows_of(client: Client, slug: str, period: str = MONTH) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body(client, f"{ROOM}{slug}/{period}.jsonl").splitlines()]


@pytest.mark.requirement("R-09", "R-10")
@pytest.mark.usefixtures("demo_data")
def test_the_files_of_a_year_are_made_when_its_result_is_published(client: Client) -> None:
    published()
    while making.go_on(now=timezone.now()):
        pass
    for slug in ("tieu-chi", "so-dem", "diem"):
        assert len(body(client, f"{ROOM}{slug}/{YEAR}.csv").splitlines()) > 1, slug
    assert f"/{YEAR}.csv" in body(client, ROOM).decode()


@pytest.mark.requirement("R-10")
@pytest.mark.usefixtures("demo_data")
def test_every_dataset_comes_in_each_format_with_the_same_rows_and_by_the_api(client: Client) -> None:
    some()
    criteria()
    counted("m", FIRST, MANY)
    make()
    for slug, dataset in DATASETS.items():
        told = rows_of(client, slug)
        assert told and list(told[0]) == dataset.names, slug
        content = body(client, f"{ROOM}{slug}/{MONTH}.csv")
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        table = parquet.read_table(io.BytesIO(body(client, f"{ROOM}{slug}/{MONTH}.parquet")))
        assert len(rows) == len(told) == table.num_rows
        assert {name.decode() for name in table.schema.metadata} >= {"title", "licence"}
        for plain, said, packed in zip(rows, told, table.to_pylist(), strict=True):
            for column in dataset.columns:
                one, other, third = plain[column.name], said[column.name], packed[column.name]
                if column.type == "decimal" and other is not None:
                    assert Decimal(one) == Decimal(str(other)) == third
                elif column.type == "boolean":
                    assert (one == "true") is other is third
                else:
                    assert one == ("" if other is None else str(other)) and other == third
        # The API turns the pages of the same rows.
        found, cursor, pages = [], "", 0
        while True:
            answer = client.get(f"/api/v1/open-data/{slug}?month={MONTH}&cursor={cursor}")
            assert answer.status_code == 200
            said_by_api = answer.json()
            found += said_by_api["items"]
            cursor, pages = said_by_api["next"], pages + 1
            if not cursor:
                break
        assert found == told and pages == max(1, -(-len(told) // 200))
        assert f'filename="{slug}-{MONTH}.csv"' in client.get(f"{ROOM}{slug}/{MONTH}.csv")["Content-Disposition"]
    assert len(rows_of(client, "so-dem")) > 200, "more than a page"


@pytest.mark.requirement("R-10")
@pytest.mark.usefixtures("demo_data")
def test_dossiers_are_told_exactly_by_unit_and_whole_month_and_add_up_to_the_statistics(client: Client) -> None:
    some()
    make()
    rows = rows_of(client, "ho-so")
    ours = {tuple(row[name] for name in ("agency", "procedure", "channel", "level")): row for row in rows}
    assert len(ours) == len(rows) and all(any(row[name] for name in DATASETS["ho-so"].names[5:]) for row in rows)
    lines = statistics(Asked(FIRST, dt.date(2026, 6, 30)), by="agency", today=timezone.localdate()).lines
    for line in lines:
        told = [row for row in rows if row["agency"] == line.key or row["agency"].startswith(f"{line.key}.")]
        for column, figure in (("received", "received"), ("resolved_late", "late"), ("resolved_early", "early"), ("refused", "refused")):
            assert sum(row[column] for row in told) == getattr(line.figures, figure), (line.key, column)
    assert ours["H26.202", "1.001193", "2", "full"]["received"] == 3, "small numbers are told too"
    assert ours["H26.101.5", "1.001193", "2", "full"]["received"] == 7, "a unit's own, not those above it too"
    # What is told is what the register says.
    june = NationalDossier.objects.filter(is_test=False, received_at__date__gte=FIRST, received_at__date__lt=dt.date(2026, 7, 1))
    plain = Counter(
        (unit, procedure, channel, level or "none")
        for unit, procedure, channel, level in june.values_list("unit_code", "procedure_code", "channel", "service_level")
    )
    assert plain == Counter({key: row["received"] for key, row in ours.items() if row["received"]})


@pytest.mark.requirement("R-10", "R-04")
@pytest.mark.usefixtures("demo_data")
def test_a_journalist_fetches_a_month_and_a_year_and_recomputes_them_and_one_digit_is_found(client: Client, tmp_path: Path) -> None:
    criteria()
    counted("m", FIRST)
    counted("y", dt.date(2025, 1, 1))
    for period in (MONTH, YEAR):
        make(period)
    index = client.get(ROOM).content.decode()
    fetch(client, re.findall(r'href="([^"]+recompute\.py)"', index)[0], tmp_path / "recompute.py")
    for slug in ("tieu-chi", "so-dem", "diem"):
        page = client.get(f"{ROOM}{slug}/").content.decode()
        for period in (MONTH, YEAR):
            [address] = re.findall(rf'href="([^"]+/{period}\.csv)"', page)
            fetch(client, address, tmp_path / f"{slug} {period}.csv")
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("BẰNG") == 2 and "Kỳ 2025: 5 cơ quan" in done.stdout and "Ủy ban nhân dân thành phố Hà Nội" in done.stdout
    # The ranking of the pages says the same.
    for period, asked in ((MONTH, "year=2026&month=6"), (YEAR, f"year={YEAR}")):
        ranking = client.get(f"/api/v1/scores?{asked}").json()["items"]
        told = {row["agency"]: (row["rank"], row["total"], row["class"]) for row in rows_of(client, "diem", period) if not row["parent"]}
        assert told and told == {row["agency"]: (row["rank"], row["points"], row["grade"]) for row in ranking}
    path = tmp_path / f"so-dem {MONTH}.csv"
    text = path.read_text(encoding="utf-8-sig")
    assert "H26,,2.1,90,100,18.00" in text
    path.write_text(text.replace("H26,,2.1,90,100,18.00", "H26,,2.1,91,100,18.00"), encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 1 and "KHÁC: H26, tiêu chí 2.1: công bố 18.00, tính lại 18.20" in done.stdout


@pytest.mark.requirement("R-10")
@pytest.mark.usefixtures("demo_data")
def test_the_description_parses_and_everything_it_names_can_be_fetched(client: Client, settings: Any) -> None:
    some()
    criteria()
    counted("m", FIRST)
    make()
    said = json.loads(body(client, f"{ROOM}catalog.jsonld"))
    assert said["@type"] == "dcat:Catalog" and [one["dct:identifier"] for one in said["dcat:dataset"]] == list(DATASETS)
    number = 0
    for dataset in said["dcat:dataset"]:
        assert {one["@language"] for one in dataset["dct:title"]} == {"vi", "en"} and dataset["dct:license"]
        assert client.get(dataset["dcat:landingPage"]["@id"].removeprefix(settings.SITE_URL)).status_code == 200
        for file in dataset["dcat:distribution"]:
            content = body(client, file["dcat:accessURL"]["@id"].removeprefix(settings.SITE_URL))
            if "spdx:checksum" in file:
                number += 1
                assert hashlib.sha256(content).hexdigest() == file["spdx:checksum"]["spdx:checksumValue"]
                assert len(content) == int(file["dcat:byteSize"]["@value"])
    assert number == len(DATASETS) * len(ENDINGS)
    for address in (ROOM, f"{ROOM}ho-so/", f"/en{ROOM}", f"/en{ROOM}ho-so/"):
        [embedded] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', body(client, address).decode(), re.S)
        assert json.loads(embedded)["@context"]["dcat"]
    space = {"a": "http://www.w3.org/2005/Atom"}
    feed = ElementTree.fromstring(body(client, f"{ROOM}thay-doi.atom"))
    assert len(feed.findall("a:entry", space)) == len(DATASETS)
    assert f"{ROOM}</loc>" in body(client, "/sitemap.xml").decode() and f'href="{ROOM}"' in body(client, "/thong-ke/").decode()


@pytest.mark.requirement("R-10")
@pytest.mark.usefixtures("demo_data")
def test_a_later_count_is_another_edition_beside_the_one_before_and_what_is_the_same_is_not_made_again(client: Client) -> None:
    some()
    criteria()
    counted("m", FIRST, MANY)
    assert "4 editions made" in make() and "0 editions made" in make()
    before = OpenFile.objects.get(dataset="diem", ending="csv")
    held = client.get(f"/api/v1/open-data/so-dem?month={MONTH}").json()["next"]
    assert client.get(f"/api/v1/open-data/so-dem?cursor={held}").json()["items"]
    for other in (f"so-dem?month=2026-05&cursor={held}", f"ho-so?cursor={held}"):
        assert client.get(f"/api/v1/open-data/{other}").json()["code"] == "bad_cursor"
    tag = client.get(f"{ROOM}diem/{MONTH}.csv")["ETag"]
    assert client.get(f"{ROOM}diem/{MONTH}.csv", headers={"If-None-Match": tag}).status_code == 304

    ScoreCount.objects.filter(period="m", first=FIRST, agency="H26", criterion="2.1").update(numerator=100)
    _sent(*[report(number, "4", received=1, due=90, unit="H26.202") for number in range(50, 60)])
    figures.fold()
    said = make()
    assert f"{MONTH}, edition 2: diem" in said and f"{MONTH}, edition 2: ho-so" in said and "2 editions made" in said
    page = body(client, f"{ROOM}diem/").decode()
    assert f"{ROOM}diem/{MONTH}.csv?lan=1" in page and "Đã có lần lập mới hơn" in page
    assert hashlib.sha256(body(client, f"{ROOM}diem/{MONTH}.csv?lan=1")).hexdigest() == before.sha256
    assert hashlib.sha256(body(client, f"{ROOM}diem/{MONTH}.csv")).hexdigest() != before.sha256
    # Two editions of a month side by side would tell what came within a few days: the earlier one is listed, not given out.
    assert client.get(f"{ROOM}ho-so/{MONTH}.csv?lan=1").status_code == 404 and "không phát nữa" in body(client, f"{ROOM}ho-so/").decode()
    assert "later edition" in client.get(f"/api/v1/open-data/so-dem?cursor={held}").json()["detail"], "nobody reads half of each"
    assert "lập lại lần 2" in body(client, f"{ROOM}thay-doi.atom").decode()
    # What is published stays as it is.
    for change in (OpenEdition.objects.filter(number=1), OpenFile.objects.filter(pk=before.pk)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        OpenEdition.objects.filter(number=1).update(made_at=timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        OpenFile.objects.filter(pk=before.pk).update(sha256="0" * 64)


@pytest.mark.requirement("R-10")
@pytest.mark.usefixtures("demo_data")
def test_what_fails_in_the_middle_leaves_nothing_and_is_done_when_it_can_be(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    some()
    now, whole = timezone.now(), formats.pieces
    edition = making.begin("ho-so", MONTH, now=now)

    def broken(*given: Any) -> Any:
        yield next(whole(*given))
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(formats, "pieces", broken)
    kept = StoredFile.objects.count()
    # What other tests began to take in may lie there.
    begun = set(Path(portal_settings.FILES_ROOT).rglob("*.part"))
    with pytest.raises(RuntimeError):
        making.go_on(now=now, only=edition.pk)
    edition.refresh_from_db()
    assert edition.steps[edition.step] == ["file", "ho-so", "csv"] and not OpenFile.objects.exists() and StoredFile.objects.count() == kept
    assert set(Path(portal_settings.FILES_ROOT).rglob("*.part")) <= begun
    for ending in ENDINGS:
        assert client.get(f"{ROOM}ho-so/{MONTH}.{ending}").status_code == 404
    assert client.get(f"/api/v1/open-data/ho-so?month={MONTH}").status_code == 404
    monkeypatch.undo()
    making.go_on(now=now, only=edition.pk)
    assert body(client, f"{ROOM}ho-so/{MONTH}.csv")


@pytest.mark.requirement("R-10")
def test_killed_in_the_middle_and_begun_again_by_several_one_edition_is_whole(demo_db: None, worker_var: Path, client: Client) -> None:
    some()
    command = [sys.executable, "manage.py", "make_open_data", "--month", MONTH]
    env = environment(worker_var, {}, DATABASE_URL=databases.url())
    with subprocess.Popen(command, env=env, cwd=base.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        eventually(lambda: OpenPart.objects.exists(), seconds=120, every=0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert OpenEdition.objects.filter(state="making").exists(), "it was killed too late"
    edition = OpenEdition.objects.filter(state="making").first()
    assert edition is not None
    done = all_at_once([lambda: _until_done() for _ in range(3)])
    assert sum(done) > 0
    for bundle, datasets in BUNDLES.items():
        found = OpenEdition.objects.filter(bundle=bundle, period=MONTH)
        assert [row.number for row in found] == [1] or (bundle == "diem" and not found), bundle
        for row in found:
            assert OpenFile.objects.filter(edition=row).count() == len(datasets) * len(ENDINGS)
            for dataset in datasets:
                told = [json.loads(line) for line in body(client, f"{ROOM}{dataset.slug}/{MONTH}.jsonl").splitlines()]
                assert len(told) == row.tables[dataset.slug]["rows"]


def _until_done() -> int:
    done = 0
    for _turn in range(200):
        done += making.go_on(now=timezone.now())
        if not OpenEdition.objects.filter(state="making").exists():
            break
        time.sleep(0.05)
    return done


@pytest.mark.requirement("R-10")
@pytest.mark.usefixtures("demo_data")
def test_the_night_makes_what_is_due_and_pages_ask_as_many_queries_whatever_there_is(client: Client) -> None:
    some()
    criteria()
    today = timezone.localdate()
    counted("m", FIRST)
    counted("m", today.replace(day=1))
    assert base.CELERY_BEAT_SCHEDULE["open-data-begin"]["task"] == tasks.begin_open_data.name
    assert base.CELERY_BEAT_SCHEDULE["open-data-make"]["task"] == tasks.make_open_data.name
    make(MONTH)
    addresses = (ROOM, f"{ROOM}ho-so/", f"{ROOM}diem/", f"{ROOM}catalog.jsonld", f"{ROOM}thay-doi.atom", "/api/v1/open-data")
    few = []
    for address in addresses:
        with CaptureQueriesContext(connection) as asked:
            body(client, address)
        few.append(len(asked))
    assert max(few) <= 4
    assert tasks.begin_open_data() >= 3, "what never was, and the last months"
    while tasks.make_open_data():
        pass
    assert not OpenEdition.objects.filter(state="making").exists()
    periods = set(OpenEdition.objects.values_list("period", flat=True))
    assert f"{today:%Y-%m}" not in periods and str(today.year) not in periods and MONTH in periods and len(periods) > 2
    for address, before in zip(addresses, few, strict=True):
        with CaptureQueriesContext(connection) as asked:
            body(client, address)
        assert len(asked) == before, address
    made = OpenEdition.objects.count()
    tasks.begin_open_data()
    while tasks.make_open_data():
        pass
    assert OpenEdition.objects.count() == made, "nothing changed: nothing new"
    assert petitions.first_day() is None or OpenEdition.objects.filter(bundle="phan-anh").exists()


@pytest.mark.django_db
def test_with_nothing_there_pages_say_so_and_what_is_no_file_is_not_found(client: Client) -> None:
    assert "Chưa có tệp" in body(client, ROOM).decode() and "Chưa có tệp nào" in body(client, f"{ROOM}ho-so/").decode()
    assert json.loads(body(client, f"{ROOM}catalog.jsonld"))["dcat:dataset"]
    ElementTree.fromstring(body(client, f"{ROOM}thay-doi.atom"))
    assert [one["periods"] for one in client.get("/api/v1/open-data").json()] == [[]] * len(DATASETS)
    for name in ("ho-so/2026-10.csv", "ho-so/2026-13.csv", "khong/2026-10.csv", "ho-so/2026-10.exe", "khong/", "ho-so/2026-10.csv?lan=x"):
        assert client.get(f"{ROOM}{name}").status_code == 404, name
    for name in ("ho-so", "khong", "ho-so?month=2026-10"):
        assert client.get(f"/api/v1/open-data/{name}").json()["code"] == "not_found", name
    assert client.get("/api/v1/open-data/ho-so?cursor=eA").json()["code"] == "bad_cursor"
    with pytest.raises(CommandError):
        call_command("make_open_data", month="2026-13")
    out = io.StringIO()
    call_command("make_open_data", stdout=out)
    assert "0 editions made" in out.getvalue()
