"""The desk of those who work on dossiers: queues and counts, kept filters, the morning page, prints, exports, one dossier's page."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import zipfile
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Position
from dossiers import services, worklists
from dossiers.models import Dossier, DossierDocument, OfficerKin
from dossiers.services import kin
from portal.audit.models import Act
from portal.crypto import blind_index
from portal.documents.models import Document
from portal.documents.rendering import document_html, html_to_pdf
from portal.states import TransitionRefused
from tests.dossiers.processes import published
from tests.dossiers.support import decided, father, filed, leader, mark_clean, mother, received, sign_by_hand
from tests.factories import citizen_actor, make_officer_actor, make_person, make_position, officer_actor, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_data")]
DESK = "/quan-tri/dossiers/dossier/"
WORKERS = ("reception", "handling")


def desk_of(unit: str = "H26.101", roles: tuple[str, ...] = WORKERS, **more: Any) -> tuple[Client, Any]:
    """The browser of a new officer, and the position."""
    position = make_position(unit=unit, roles=roles, **more)
    client = Client()
    sign_in(client, position.person, position=position)
    return client, position


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def listed(client: Client, **query: str) -> list[str]:
    """Codes of the list, in its order."""
    return re.findall(r">(H26\.101-[0-9-]+)</a>", text(client.get(DESK, query)))


@pytest.fixture
def week() -> dict[str, Dossier]:
    """A unit's week: late, due today, somebody's, unassigned, waiting for the applicant, waiting for a leader."""
    now = timezone.now()
    officer = make_officer_actor(roles=WORKERS)
    rows = {name: received(officer, now=now) for name in ("late", "later", "today")}
    rows["new"] = filed(now=now)
    rows["signing"] = decided(officer, now=now, number="7").dossier
    until = timezone.localtime(now).replace(hour=23, minute=59, second=59)
    for name, values in {
        "late": {"submitted_at": now - timedelta(days=9), "due_at": now - timedelta(days=3)},
        "later": {"submitted_at": now - timedelta(days=9), "due_at": now - timedelta(days=1)},
        "today": {"due_at": until},
        "new": {"response_due_at": now + timedelta(days=3)},
    }.items():
        Dossier.objects.filter(pk=rows[name].pk).update(**values)
    return rows


@pytest.mark.requirement("D-11")
def test_queues_say_what_waits_for_whom(week: dict[str, Dossier]) -> None:
    client, position = desk_of()
    Dossier.objects.filter(pk=week["today"].pk).update(officer_id=position.pk)
    for queue, names in {
        "qua-han": ["late", "later"],
        "hom-nay": ["today"],
        "cua-toi": ["today"],
        "chua-giao": ["new"],
        "cho-noi-khac": ["signing"],
        "cho-nguoi-nop": [],
        "dang-mo": ["late", "later", "today", "new", "signing"],
    }.items():
        assert set(listed(client, viec=queue)) == {week[name].code for name in names}, queue
    # What presses most stands first: the worst are the first lines.
    assert listed(client, viec="qua-han") == [week["late"].code, week["later"].code]
    page = re.sub(r"<[^>]+>", "", text(client.get(DESK)))
    for words in ("Quá hạn 2", "Của tôi 1", "Chưa giao cho ai 1", "Của đơn vị: đang giải quyết 5"):
        assert words in page, words
    elsewhere, _ = desk_of("H26.102")
    assert "Quá hạn 0" in re.sub(r"<[^>]+>", "", text(elsewhere.get(DESK)))


@pytest.mark.requirement("D-11")
def test_the_morning_page_names_what_presses_and_its_queries_do_not_grow(week: dict[str, Dossier]) -> None:
    client, _ = desk_of()
    with CaptureQueriesContext(connection) as few:
        page = text(client.get("/quan-tri/"))
    for name in ("late", "today", "new", "signing"):
        assert f">{week[name].code}</a>" in page, name
    assert page.index(str(week["late"].code)) < page.index(str(week["today"].code)) < page.index(str(week["new"].code))
    assert "Sổ trong ngày" in page and "Phím tắt" in page
    for _ in range(4):
        filed(now=timezone.now())
    with CaptureQueriesContext(connection) as more:
        client.get("/quan-tri/")
    assert len(more) == len(few) <= 25
    assert "dossiers/dossier/?viec" not in text(desk_of("G22", ("steering",))[0].get("/quan-tri/"))
    # The side menu: one's own work first, catalogues last.
    side = text(client.get(DESK))
    side = side[side.index('id="nav-sidebar"') :]
    assert side.index("Của tôi") < side.index("app-dossiers") < side.index("app-catalogues")


@pytest.mark.requirement("D-11")
def test_counts_are_bounded_and_say_so(week: dict[str, Dossier], monkeypatch: pytest.MonkeyPatch) -> None:
    client, position = desk_of()
    Dossier.objects.filter(pk=week["signing"].pk).update(officer_id=position.pk, due_at=timezone.now() + timedelta(days=90))
    monkeypatch.setattr(worklists, "COUNTED", 2)
    page = re.sub(r"<[^>]+>", "", text(client.get(DESK)))
    # One's own are counted by an index of their own, whatever lies before them.
    for words in ("Quá hạn 2+", "Của đơn vị: đang giải quyết 2+", "Của tôi 1+", "đếm trong 2 hồ sơ đến hạn sớm nhất"):
        assert words in page, words


def test_the_list_costs_the_same_however_long_it_is(week: dict[str, Dossier]) -> None:
    client, _ = desk_of()
    client.get(f"{DESK}{week['late'].pk}/change/")
    with CaptureQueriesContext(connection) as few:
        client.get(DESK)
    for _ in range(4):
        dossier = filed(now=timezone.now())
        client.get(f"{DESK}{dossier.pk}/change/")
    with CaptureQueriesContext(connection) as many:
        client.get(DESK)
    assert len(many) == len(few) <= 25


@pytest.mark.requirement("D-11")
def test_filters_are_kept_by_name_for_one_officer(week: dict[str, Dossier]) -> None:
    (client, _), (other, _other) = desk_of(), desk_of()
    assert client.post(f"{DESK}bo-loc/?viec=qua-han&q=mau", {"name": " "}).status_code == 422
    saved = client.post(f"{DESK}bo-loc/?viec=qua-han&q=mau", {"name": "Trễ của  chị Mẫu"})
    assert saved["Location"] == f"{DESK}?viec=qua-han&q=mau"
    page = text(client.get(DESK))
    assert '<a href="?viec=qua-han&amp;q=mau">Trễ của chị Mẫu</a>' in page
    assert set(listed(client, viec="qua-han", q="mau")) == {week["late"].code, week["later"].code}
    assert "Trễ của chị Mẫu" not in text(other.get(DESK))
    [drop] = re.findall(r'action="([^"]+/xoa/)"', text(client.get(f"{DESK}bo-loc/")))
    other.post(drop)
    assert "Trễ của chị Mẫu" in text(client.get(DESK))
    client.post(drop)
    assert "Trễ của chị Mẫu" not in text(client.get(DESK))


@pytest.mark.requirement("D-11", "O-07")
def test_the_list_is_exported_as_it_is_filtered_and_the_day_is_printed(week: dict[str, Dossier]) -> None:
    client, _ = desk_of()
    answer = client.get(f"{DESK}xuat/csv/", {"viec": "qua-han"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [week["late"].code, week["later"].code]
    assert {row[-1] for row in rows[1:]} == {"có"}
    assert client.get(f"{DESK}xuat/xlsx/").content.startswith(b"PK")
    assert client.get(f"{DESK}xuat/pdf/").status_code == 404
    day = text(client.get(f"{DESK}so-ngay/"))
    assert str(week["today"].code) in day and str(week["new"].code) not in day
    assert "Không tiếp nhận hồ sơ nào" in text(client.get(f"{DESK}so-ngay/", {"ngay": "2020-02-02"}))
    assert client.get(f"{DESK}so-ngay/", {"ngay": "2020-02-31"}).status_code == 200
    assert Act.objects.filter(act="dossiers.export_list").count() == 2
    assert Act.objects.filter(act="dossiers.print_register", details__dossiers=4).count() >= 1
    elsewhere, _ = desk_of("H26.102")
    assert str(week["late"].code) not in text(elsewhere.get(f"{DESK}so-ngay/")) + elsewhere.get(f"{DESK}xuat/csv/").content.decode()
    steering, _ = desk_of("G22", ("steering",))
    assert {steering.get(f"{DESK}{end}").status_code for end in ("so-ngay/", "xuat/csv/", "phim-tat/", "bo-loc/")} == {403}


def test_keys_are_listed_and_everything_they_do_is_a_link_or_a_button() -> None:
    client, _ = desk_of()
    page = text(client.get(f"{DESK}phim-tat/"))
    assert "<kbd>?</kbd>" in page and "js/desk.js" in page
    listing = text(client.get(DESK))
    assert " onclick" not in listing and f"{DESK}phim-tat/" in listing


@pytest.mark.requirement("D-11", "O-07")
def test_the_page_shows_what_is_new_what_is_alike_and_the_papers_beside_it() -> None:
    first, dossier = filed(), filed()
    mark_clean(dossier)
    client, _ = desk_of()
    change = f"{DESK}{dossier.pk}/change/"
    page = client.get(change)
    assert "Mới từ lần bạn xem trước" not in text(page)
    assert "Có thể trùng" in text(page) and str(first.code) in text(page)
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    officer = make_officer_actor(roles=WORKERS)
    services.receive(actor=officer, dossier_id=dossier.pk, seen_version=dossier.version, now=timezone.now())
    assert text(client.get(DESK)).count('<span class="tag tag-info">Mới</span>') == 1
    page = client.get(change)
    assert "Mới từ lần bạn xem trước" in text(page) and "<strong>Tiếp nhận hồ sơ</strong>" in text(page)
    assert "Mới từ lần bạn xem trước" not in text(client.get(change))
    [shown] = re.findall(rf'href="({DESK}{dossier.pk}/xem/[^"]+)" target="xem-giay-to"', text(page))
    paper = client.get(shown)
    assert (paper["Content-Type"], paper["X-Frame-Options"]) == ("image/png", "SAMEORIGIN")
    assert "frame-ancestors 'self'" in paper["Content-Security-Policy"]
    assert Act.objects.filter(act="dossiers.read_paper", target_id=str(dossier.pk)).count() == 1
    elsewhere, _ = desk_of("H26.102")
    assert elsewhere.get(shown).status_code == 404
    assert client.get(f"{DESK}{dossier.pk}/xem-van-ban/receipt/").status_code == 404  # not sealed yet


def queries_of(client: Client, address: str) -> list[str]:
    """What a page asks the database, without savepoints."""
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return [row["sql"] for row in found if "SAVEPOINT" not in row["sql"]]


def test_a_dossiers_page_is_cheap() -> None:
    """Issue of the desk: at most 25 queries a page, for whoever opens a dossier that goes by a process."""
    published()
    dossier = filed()
    client, _ = desk_of()
    change = f"{DESK}{dossier.pk}/change/"
    few = queries_of(client, change)
    for _ in range(3):
        filed()
    assert len(queries_of(client, change)) == len(few) <= 20
    officer = make_officer_actor(roles=WORKERS)
    services.receive(actor=officer, dossier_id=dossier.pk, seen_version=dossier.version, now=timezone.now())
    chief, _ = desk_of(roles=("signing",))
    position = Position.objects.get(pk=officer.position_id)
    holder = Client()
    sign_in(holder, position.person, position=position)
    for reader in (client, chief, holder):
        many = queries_of(reader, change)
        assert len(many) <= 25, "\n".join(sql[:150] for sql in many)


@pytest.mark.requirement("D-11", "O-07")
def test_nobody_handles_or_signs_a_near_relatives_dossier(outside: Any) -> None:
    """The registry knows that the officer is the demo father's kin; earlier dossiers know the other parent of a child."""
    dossier = filed(now=timezone.now())
    child = make_person(full_name="Trần Văn Con Giả Định")
    client, position = desk_of()
    OfficerKin.objects.create(pk=position.person_id, blinds=[blind_index("id_number", str(mother().id_number))], asked_at=timezone.now())
    page = text(client.get(f"{DESK}{dossier.pk}/change/"))
    assert "cha, mẹ, vợ, chồng hoặc con của bạn" in page and "Từ chối tiếp nhận</a>" not in page
    assert client.post(f"{DESK}{dossier.pk}/receive/", {"seen": dossier.version}).status_code == 409
    dossier.refresh_from_db()
    assert dossier.received_at is None
    # The father of the child is an officer: the mother's next dossier is none of his business, by the portal's own dossiers alone.
    position, his = make_position(father(), roles=WORKERS), Client()
    sign_in(his, position.person, position=position)
    own = filed(now=timezone.now())
    Dossier.objects.filter(pk=own.pk).update(id_blinds=[blind_index("id_number", str(mother().id_number))])
    assert "cha, mẹ, vợ" in text(his.get(f"{DESK}{own.pk}/change/"))
    with pytest.raises(TransitionRefused, match="cha, mẹ, vợ"):
        services.receive(actor=officer_actor(position), dossier_id=own.pk, seen_version=own.version, now=timezone.now())
    # What the registry says of today counts from then on.
    kin.ask(person_id=position.person_id, now=timezone.now())
    row = OfficerKin.objects.get(pk=position.person_id)
    assert row.answered_at is not None and row.blinds
    kin.learn(child.id, now=timezone.now())
    assert OfficerKin.objects.get(pk=child.id).blinds == []
    assert citizen_actor(child).person_id == child.id


@pytest.mark.requirement("D-11")
def test_slips_of_many_are_taken_in_one_file() -> None:
    officer = make_officer_actor(roles=WORKERS)
    taken, fresh = [received(officer, now=timezone.now()) for _ in range(2)], filed(now=timezone.now())
    client, _ = desk_of()
    chosen = {"action": "print_chosen", "_selected_action": [str(one.pk) for one in (*taken, fresh)], "index": "0"}
    page = text(client.post(DESK, chosen))
    rows = re.findall(r'name="dossier" value="([^"]+)"', page)
    assert len(rows) == 3
    package_of = {"dossier": rows, "paper": "zip"}
    assert client.post(f"{DESK}nhieu/print/", package_of)["Location"] == DESK  # none is sealed yet
    for one in taken:
        issued = DossierDocument.objects.get(dossier=one, role="receipt")
        sign_by_hand(issued, html_to_pdf(document_html(issued.document, at=timezone.now())))
        assert Document.objects.get(pk=issued.document_id).is_signed
    answer = client.post(f"{DESK}nhieu/print/", package_of)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as package:
        names = sorted(package.namelist())
        assert [name.split("-giay-tiep-nhan")[0] for name in names] == sorted(str(one.code) for one in taken)
        assert package.read(names[0]).startswith(b"%PDF")
    assert Act.objects.filter(act="dossiers.read_document").count() == 2
    # For paper: one PDF, a page of A5 for each of theirs.
    answer = client.post(f"{DESK}nhieu/print/", {"dossier": rows, "paper": "a5"})
    assert answer["Content-Type"] == "application/pdf" and answer["Content-Disposition"].startswith("inline")
    with pikepdf.open(io.BytesIO(answer.content)) as printed:
        assert [[round(float(one)) for one in page.mediabox[2:]] for page in printed.pages] == [[420, 595]] * 2
        assert all("/XObject" in page.resources for page in printed.pages)
    found = subprocess.run(["pdftotext", "-", "-"], input=answer.content, capture_output=True, check=True).stdout.decode()
    assert all(str(one.code) in found for one in taken)
    assert client.post(f"{DESK}nhieu/print/", {"dossier": rows}).status_code == 422
    assert leader().position_id is not None
