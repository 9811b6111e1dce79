"""The archive: terms as data, ended dossiers to the end of their term, disposal of a year by two people (D-21)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dossiers.archive import queries, rules, services, working
from dossiers.archive.keeping_back import kept_back
from dossiers.archive.services import ArchiveRefused
from dossiers.models import (
    ArchiveHold,
    ArchiveTerm,
    Disposal,
    DisposalItem,
    Dossier,
    DossierEvent,
    FormVersion,
    NationalDossier,
    RegisterEntry,
    StorePaper,
)
from dossiers.queries import newest_form
from feedback.models import Petition
from portal import crypto
from portal.access import AccessDenied
from portal.audit.models import Act
from portal.catalogues.models import Agency
from portal.crypto import ledger
from portal.crypto.services import forget_keys
from portal.documents.services import open_pdf, verify
from portal.files.errors import FileErased
from portal.files.models import FileState, StoredFile
from portal.files.services import read_bytes
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from procedures.models import ProcedureVersion
from tests.dossiers.support import CODE, ZONE, at_once, decided, mark_clean, mother, sign_by_hand
from tests.dossiers.test_kinds import words
from tests.factories import make_officer_actor, make_position, officer_actor, sign_in
from tests.feedback.support import send_one
from tests.support.processes import eventually
from tests.support.queries import CaptureQueriesContext

UNIT = "H26.101"
DESK = "/quan-tri/dossiers/"
NAMES = ("Nguyễn Thị Mẫu", "Trần Thị Bé Thử", "001195000001")
BASIS = "Quyết định số 12/QĐ-UBND ngày 05/01/2027"


def ended(number: int, at: datetime | None = None) -> Dossier:
    """A dossier of the mother's that ended with a signed result, then or now."""
    issued = decided(number=f"{number}/2026")
    mark_clean(issued.dossier)
    sign_by_hand(issued)
    if at is not None:
        # As it would stand had the portal been there: its times, nothing else.
        times = dict.fromkeys(("draft_started_at", "submitted_at", "received_at", "decided_at", "finished_at", "returned_at"), at)
        Dossier.objects.filter(pk=issued.dossier_id).update(**times)
    return Dossier.objects.get(pk=issued.dossier_id)


def archivist(unit: str = UNIT, *roles: str) -> tuple[Client, Any]:
    """The browser of a new archivist, and their position."""
    position = make_position(unit=unit, roles=roles or ("archivist",))
    client = Client()
    sign_in(client, position.person, position=position)
    return client, position


def in_2016(day: int = 15, month: int = 6) -> datetime:
    """A moment of that year."""
    return datetime(2016, month, day, 10, 0, tzinfo=ZONE)


def assert_gone(dossier: Dossier) -> None:
    """Nothing of it names anybody or can be read; what counts it stays."""
    before, row = dossier, Dossier.objects.get(pk=dossier.pk)
    assert row.disposed_at is not None and crypto.is_destroyed(row.pk) and row.answers is None
    assert (row.owner_name, row.applicant_name, row.filed_by_name, row.subject_name, row.owner_name_key, row.id_blinds) == ("",) * 5 + ([],)
    assert {row.owner_id, row.applicant_id, row.filed_by_id} == {row.pk}
    kept = ("code", "unit_code", "procedure_code", "procedure_name", "submitted_at", "received_at", "returned_at", "state", "channel")
    assert [getattr(row, name) for name in kept] == [getattr(before, name) for name in kept]
    for file in StoredFile.objects.filter(subject=row.pk):
        # What the owner keeps of the same bytes in their own store is theirs.
        kept_by_others = StoredFile.objects.filter(content_id=file.pk).exclude(state=FileState.ERASED).exists()
        assert file.state == FileState.ERASED and file.path.exists() == kept_by_others
        with pytest.raises(FileErased):
            read_bytes(file)
    assert RegisterEntry.objects.filter(dossier=row, freed_at__isnull=True).exists()
    assert DossierEvent.objects.filter(dossier=row).exists()
    assert NationalDossier.objects.get(code=row.code).owner_blind == ""
    text = " ".join(str(value) for value in Dossier.objects.filter(pk=row.pk).values_list().get())
    assert not any(name in text for name in NAMES)


@pytest.mark.requirement("D-21")
@pytest.mark.usefixtures("demo_data")
def test_as_an_archivist_dispose_of_a_year(outside: Any, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any) -> None:
    settings.ERASURE_LEDGER = str(tmp_path / "erasures.log")
    due, also, held = ended(1, in_2016(1, 1)), ended(2, in_2016(31, 12)), ended(3, in_2016())
    ended(4, datetime(2017, 1, 1, 0, 0, tzinfo=ZONE))
    running = ended(5)
    one, first = archivist()
    other, second = archivist()

    new_year = datetime(2027, 1, 5, 9, 0, tzinfo=ZONE)
    outside.years_on((new_year - timezone.now()) / timedelta(days=1))
    with time_machine.travel(new_year, tick=True):
        for client, position in ((one, first), (other, second)):
            sign_in(client, position.person, position=position)
        # No term is invented: without one nothing is ever due, and a page says so.
        assert f"{CODE} 5 Ghi thời hạn của {CODE}" in words(one.get(f"{DESK}archiveddossier/lacking/"))
        refused = one.post(f"{DESK}disposal/propose/", {"unit_code": UNIT, "year": "2016", "basis": BASIS})
        assert refused.status_code == 422 and "Không có hồ sơ nào của năm này hết thời hạn" in words(refused)
        asked = {"unit_code": UNIT, "procedure_code": CODE, "years": "10", "basis": "Thông tư về thời hạn, mục 7"}
        for wrong, said in (
            ({"forever": "on"}, "không cả hai"),
            ({"years": ""}, "không cả hai"),
            ({"basis": ""}, "Bạn hãy ghi mục này"),
            ({"procedure_code": "9.999999"}, "Không có thủ tục mang mã này"),
        ):
            answer = one.post(f"{DESK}archiveterm/add/", asked | wrong)
            assert (
                answer.status_code == 422 and said in words(answer) and ('value="10"' in answer.content.decode()) == ("years" not in wrong)
            )
        assert one.post(f"{DESK}archiveterm/add/", asked).status_code == 302
        assert "10 năm" in words(one.get(f"{DESK}archiveterm/")) and "Loại nào cũng có" in words(one.get(f"{DESK}archiveddossier/lacking/"))

        assert one.post(f"{DESK}archivehold/add/", {"code": "H26.101-1", "kind": "court", "note": "x"}).status_code == 422
        hold = {"code": held.code, "kind": "court", "note": "Vụ án của ông Trần Văn Thử"}
        assert one.post(f"{DESK}archivehold/add/", hold).status_code == 302
        assert "đang được giữ lại" in words(one.post(f"{DESK}archivehold/add/", hold))
        assert "2016 3 1 Đề xuất hủy năm 2016" in words(one.get(f"{DESK}archiveddossier/years/"))
        listed = words(one.get(f"{DESK}archiveddossier/?tinh-trang=het-han&nam=2016"))
        assert all(str(row.code) in listed for row in (due, also, held)) and str(running.code) not in listed
        assert str(running.code) in words(one.get(f"{DESK}archiveddossier/?tinh-trang=con-han"))
        assert words(one.get(f"{DESK}archiveddossier/?tinh-trang=giu-lai")).count(str(held.code)) == 1

        page = one.post(f"{DESK}disposal/propose/", {"unit_code": UNIT, "year": "2016", "basis": BASIS})
        assert page.status_code == 302
        disposal = Disposal.objects.get()
        assert set(disposal.items.values_list("dossier_id", flat=True)) == {due.pk, also.pk}
        again = one.post(f"{DESK}disposal/propose/", {"unit_code": UNIT, "year": "2016", "basis": BASIS})
        assert again.status_code == 409 and "chưa xong" in words(again)
        address = f"{DESK}disposal/{disposal.pk}/"
        shown = words(one.get(f"{address}change/"))
        assert str(due.code) in shown and "Xác nhận hủy" not in shown and "Không hủy" in shown
        alone = one.post(f"{address}confirm/")
        assert alone.status_code == 409 and "Người đề xuất không tự xác nhận" in words(alone)
        # The same person in another position is no second person.
        twin = make_position(first.person, unit=UNIT, roles=("archivist",))
        with pytest.raises(ArchiveRefused):
            services.confirm(actor=officer_actor(twin), disposal_id=disposal.pk, now=timezone.now())
        for unit, roles, status in (
            ("H29.101", ("archivist",), 404),
            (UNIT, ("reception", "signing"), 404),
            ("H26.102", ("archivist",), 404),
        ):
            client, position = archivist(unit, *roles)
            assert client.post(f"{address}confirm/").status_code == status
        assert not Dossier.objects.filter(disposed_at__isnull=False).exists(), "nothing yet"
        waits = "Đợt hủy hồ sơ chờ xác nhận"
        assert waits in words(other.get("/quan-tri/")) and waits not in words(one.get("/quan-tri/"))
        # Held back between the proposal and its work: it stays.
        services.hold_back(actor=officer_actor(first), code=str(also.code), kind="complaint", note="Đơn số 5", now=timezone.now())
        # What filing and deciding promised is another test's: the worker has the disposal alone to do.
        Message.objects.filter(done_at=None).update(done_at=timezone.now())
        assert "Xác nhận hủy" in words(other.get(f"{address}change/"))
        assert other.post(f"{address}confirm/").status_code == 302
        assert other.post(f"{address}confirm/").status_code == 409

        def finished() -> bool:
            Message.objects.filter(done_at=None, dead_at=None).update(available_at="2000-01-01T00:00:00Z")
            with django_capture_on_commit_callbacks(execute=True):
                deliver_due()
            disposal.refresh_from_db()
            return disposal.document is not None and bool(disposal.document.is_signed)

        eventually(finished, 90, 1.0)
        assert disposal.state == Disposal.State.DONE and disposal.document is not None
        assert_gone(due)
        for stays in (also, held, running):
            assert Dossier.objects.get(pk=stays.pk).answers["child_name"] == "Trần Thị Bé Thử"
        assert [(one.dossier_id, one.state, one.why) for one in disposal.items.all()] == [
            (due.pk, "disposed", ""),
            (also.pk, "kept", "Đang giữ lại: khiếu nại, tố cáo."),
        ]
        assert [subject for _moment, subject in ledger.read()] == [due.pk]

        # The minute: both archivists, each dossier, nobody else's name; under the agency's seal.
        pdf = b"".join(open_pdf(disposal.document))
        assert verify(pdf).has_good_signature
        context = str(disposal.document.context)
        assert all(text in context for text in (due.code, also.code, BASIS, "mục 7", first.person.full_name)) and held.code not in context
        assert not any(name in context for name in NAMES)
        assert one.get(f"{address}pdf/").status_code == 200 and "Mở biên bản" in words(one.get(f"{address}change/"))
        assert Act.objects.filter(act="dossiers.confirm_disposal", target_id=str(disposal.pk)).count() == 1

        # What is left is a stub on the desk, and nothing in its owner's account; the owner's own papers stay the owner's.
        clerk, _position = archivist(UNIT, "reception", "handling")
        for client in (one, clerk):
            stub = client.get(f"{DESK}dossier/{due.pk}/change/")
            assert stub.status_code == 200 and "đã hủy" in words(stub) and str(due.code) in words(stub)
            assert not any(name in words(stub) for name in NAMES)
        assert "Đợt hủy năm 2016" in words(one.get(f"{DESK}archiveddossier/{due.pk}/change/"))
        assert clerk.get(f"{DESK}dossier/").status_code == 200 and clerk.get(f"{DESK}dossier/?q={due.code}").status_code == 200
        assert str(due.code) in words(one.get(f"{DESK}archiveddossier/?tinh-trang=da-huy"))
        owner = Client()
        sign_in(owner, mother())
        mine = words(owner.get("/ho-so/"))
        assert str(due.code) not in mine and str(also.code) in mine
        assert owner.get(f"/ho-so/{due.code}/").status_code == 404
        kept = StorePaper.objects.get(dossier=due, origin="issued")
        assert read_bytes(kept.files.get().file) == b"%PDF-1.7 signed"
        call_command("recompute_dossiers", stdout=StringIO())

        # Of the same year the rest is the next disposal's, once it is held back no more.
        [hold_of] = ArchiveHold.objects.filter(dossier=also)
        assert one.post(f"{DESK}archivehold/{hold_of.pk}/lift/").status_code == 302
        assert one.post(f"{DESK}archivehold/{hold_of.pk}/lift/").status_code == 409
        assert one.post(f"{DESK}disposal/propose/", {"unit_code": UNIT, "year": "2016", "basis": BASIS}).status_code == 302
        nxt = Disposal.objects.get(state="proposed")
        assert list(nxt.items.values_list("dossier_id", flat=True)) == [also.pk]
        assert other.post(f"{DESK}disposal/{nxt.pk}/call-off/", {"reason": "Chờ hội đồng"}).status_code == 302
        assert other.post(f"{DESK}disposal/{nxt.pk}/confirm/").status_code == 409
        with pytest.raises(DatabaseError), transaction.atomic():
            Disposal.objects.filter(pk=nxt.pk).update(state="proposed")
        with pytest.raises(DatabaseError), transaction.atomic():
            Dossier.objects.filter(pk=due.pk).update(disposed_at=None)
        with pytest.raises(IntegrityError), transaction.atomic():
            Dossier.objects.filter(pk=due.pk).update(owner_name="Ai đó")


@pytest.mark.requirement("D-21")
@pytest.mark.usefixtures("demo_data")
def test_a_dossier_of_long_ago_reads_as_it_was_though_procedure_form_and_agency_have_ended() -> None:
    dossier = ended(1, in_2016())
    owner, who = Client(), mother()

    def pages() -> tuple[str, str]:
        desk, _position = archivist("H26")
        sign_in(owner, who)
        at_desk, own = desk.get(f"{DESK}dossier/{dossier.pk}/change/"), owner.get(f"/ho-so/{dossier.code}/")
        assert (at_desk.status_code, own.status_code) == (200, 200)
        assert (
            desk.get(f"/ho-so/{dossier.code}/ket-qua/").status_code == 200
            and owner.get(f"/ho-so/{dossier.code}/ket-qua/").status_code == 200
        )
        paper = dossier.papers.get()
        assert owner.get(f"/ho-so/{dossier.code}/giay-to/{paper.pk}/").status_code == 200
        assert f"/ho-so/{dossier.code}/giay-to/{paper.pk}/" in at_desk.content.decode()
        answers = [
            text for text in ("Trần Thị Bé Thử", "Bệnh viện Thử Nghiệm", "Nguyễn Thị Mẫu") if text in words(at_desk) and text in words(own)
        ]
        assert len(answers) == 3
        return words(at_desk), words(own)

    before = pages()
    yesterday = timezone.localdate() - timedelta(days=1)
    Agency.objects.filter(code=UNIT).update(effective_to=yesterday)
    ProcedureVersion.objects.filter(pk=dossier.procedure_version_id).update(effective_to=yesterday)
    # Another form has taken the place of the one it was filled in with, and asks for nothing of what it says.
    newest = FormVersion.objects.get(pk=dossier.form_version_id)
    newest.pk, newest.number, newest.fields, newest.published_at = None, newest.number + 1, newest.fields[:1], timezone.now()
    newest._state.adding = True
    newest.save()
    assert newest_form(CODE).pk == newest.pk != dossier.form_version_id
    with time_machine.travel(datetime(2036, 3, 3, 9, 0, tzinfo=ZONE), tick=True):
        after = pages()
        # Another officer of an archive above looks for it, by the code, and by the agency that is no more.
        desk, _position = archivist("H26")
        assert str(dossier.code) in words(desk.get(f"{DESK}archiveddossier/?co-quan={UNIT}"))
        page = words(desk.get(f"{DESK}archiveddossier/{dossier.pk}/change/"))
        assert "Mở hồ sơ" in page and f"phường Hoàn Kiếm ({UNIT})" in page, "by the name it had last"
    for now, then in zip(after, before, strict=True):
        assert dossier.procedure_name in now and dossier.procedure_name in then
    assert Act.objects.filter(act="dossiers.read", target_id=str(dossier.pk)).count() >= 2


@pytest.mark.requirement("D-21")
@pytest.mark.usefixtures("demo_data")
def test_after_a_restore_what_was_disposed_of_is_emptied_again(
    settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """The backup is of before: key and names are there, and nothing tells of a disposal but the ledger."""
    settings.ERASURE_LEDGER = str(tmp_path / "erasures.log")
    dossier, other = ended(1, in_2016()), ended(2, in_2016())
    ledger.append(dossier.pk, datetime.now(UTC))
    with django_capture_on_commit_callbacks(execute=True):
        call_command("after_restore", f"--to={(datetime.now(UTC) - timedelta(minutes=1)).isoformat()}", stdout=StringIO())
    forget_keys()
    assert_gone(dossier)
    assert Dossier.objects.get(pk=other.pk).owner_name == "Nguyễn Thị Mẫu"
    desk, _position = archivist()
    assert "Không có trong đợt hủy nào" in words(desk.get(f"{DESK}archiveddossier/{dossier.pk}/change/"))


@pytest.mark.requirement("D-21")
@pytest.mark.usefixtures("demo_data")
def test_a_worker_killed_half_way_leaves_each_dossier_whole_or_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [ended(number, in_2016(number)) for number in (1, 2, 3)]
    now = datetime(2027, 1, 5, 9, 0, tzinfo=ZONE)
    one, two = (make_officer_actor(roles=("archivist",)) for _ in range(2))
    services.set_term(actor=one, unit_code="H26.101", procedure_code=CODE, years=10, basis="Bảng thời hạn", now=now)
    disposal = services.propose(actor=one, unit_code=UNIT, year=2016, basis=BASIS, now=now)
    working.work(disposal_id=disposal.pk, now=now)
    assert not Dossier.objects.filter(disposed_at__isnull=False).exists(), "not confirmed"
    services.confirm(actor=two, disposal_id=disposal.pk, now=now)
    working.work(disposal_id=disposal.pk, now=now, seconds=0)
    states = DisposalItem.objects.filter(disposal=disposal).order_by("place").values_list("state", flat=True)
    assert list(states) == ["disposed", "waiting", "waiting"]
    assert Message.objects.filter(kind="dossiers.work_disposal", done_at=None).exists(), "the rest is promised"

    def killed(*_: Any, **__: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(crypto, "shred", killed)
        with pytest.raises(SystemExit):
            working.work(disposal_id=disposal.pk, now=now)
    assert list(states.all()) == ["disposed", "waiting", "waiting"]
    assert all(read_bytes(file) for file in StoredFile.objects.filter(subject=rows[1].pk, state=FileState.CLEAN))

    # A term that was made longer meanwhile counts: two eyes more do not make it shorter.
    services.set_term(actor=one, unit_code="H26.101", procedure_code=CODE, years=20, basis="Bảng mới", now=now)
    working.work(disposal_id=disposal.pk, now=now, seconds=0)
    services.set_term(actor=one, unit_code="H26.101", procedure_code=CODE, years=10, basis="Bảng thời hạn", now=now)
    assert working.follow(now=now) == 1 and working.follow(now=now) == 0
    assert list(states.all()) == ["disposed", "kept", "disposed"]
    disposal.refresh_from_db()
    assert disposal.state == Disposal.State.DONE and disposal.document is not None
    assert Act.objects.filter(act="dossiers.dispose").count() == 2 == Act.objects.filter(act="crypto.shred").count()
    assert disposal.document.context["kept"][0]["why"] == "Thời hạn lưu trữ đã đổi, chưa hết."
    with pytest.raises(ArchiveRefused):
        services.hold_back(actor=one, code=str(rows[0].code), kind="court", note="x", now=now)


@pytest.mark.requirement("D-21")
@pytest.mark.usefixtures("demo_db")
def test_two_confirm_and_work_at_the_same_moment() -> None:
    rows = [ended(number, in_2016(number)) for number in (1, 2, 3, 4)]
    now = datetime(2027, 1, 5, 9, 0, tzinfo=ZONE)
    one, two, three = (make_officer_actor(roles=("archivist",)) for _ in range(3))
    services.set_term(actor=one, unit_code=UNIT, procedure_code=CODE, years=10, basis="Bảng thời hạn", now=now)
    proposals = at_once(*[lambda: services.propose(actor=one, unit_code=UNIT, year=2016, basis=BASIS, now=now)] * 2)
    assert [isinstance(one, Disposal) for one in proposals].count(True) == 1
    [disposal] = Disposal.objects.all()
    outcomes = at_once(
        *(lambda actor=actor: services.confirm(actor=actor, disposal_id=disposal.pk, now=now) for actor in (two, three, one)),  # type: ignore[misc]
    )
    assert sum(isinstance(one, Disposal) for one in outcomes) == 1 and isinstance(outcomes[2], ArchiveRefused)
    assert Message.objects.filter(kind="dossiers.work_disposal").count() == 1
    # Two workers, and somebody who holds one back at this moment: it is gone, or it is held.
    done = at_once(
        lambda: working.work(disposal_id=disposal.pk, now=now),
        lambda: working.work(disposal_id=disposal.pk, now=now),
        lambda: services.hold_back(actor=one, code=str(rows[3].code), kind="court", note="x", now=now),
    )
    working.work(disposal_id=disposal.pk, now=now)
    disposal.refresh_from_db()
    assert disposal.state == Disposal.State.DONE
    gone = set(Dossier.objects.filter(disposed_at__isnull=False).values_list("pk", flat=True))
    assert gone == {row.pk for row in (rows[:3] if isinstance(done[2], ArchiveHold) else rows)}
    assert Act.objects.filter(act="dossiers.dispose").count() == len(gone)
    assert Act.objects.filter(act="dossiers.finish_disposal").count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Disposal.objects.create(
            unit_code=UNIT, archive_unit=UNIT, year=2015, basis="x", state="confirmed", proposed_by=one.position_id,
            proposed_person=one.person_id, proposed_label="x", proposed_at=now, confirmed_by=two.position_id,
            confirmed_person=one.person_id, confirmed_at=now,
        )  # fmt: skip


DAYS = st.dates(date(1995, 1, 1), date(2120, 12, 31))


@given(ended_on=DAYS, years=st.integers(1, 100) | st.none(), today=DAYS, minute=st.integers(0, 24 * 60 - 1))
def test_what_is_due_is_due_for_people_and_for_the_database_alike(ended_on: date, years: int | None, today: date, minute: int) -> None:
    over = rules.is_over(ended_on, years, today)
    if years is None:
        assert not over
        return
    at = datetime.combine(ended_on, datetime.min.time(), tzinfo=timezone.get_current_timezone()) + timedelta(minutes=minute)
    assert over == (at < rules.over_before(years, today)) == (today.year > ended_on.year + years)
    assert not over or (today - ended_on).days > 365 * years, "never before so many whole years have passed"
    assert rules.is_over(ended_on, years, rules.last_day(ended_on, years)) is False
    assert rules.is_over(ended_on, years, rules.last_day(ended_on, years) + timedelta(days=1)) is True


@pytest.mark.usefixtures("demo_data")
def test_the_edges_of_a_year_who_sets_a_term_and_what_else_keeps_back() -> None:
    first = ended(1, datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=ZONE))
    second = ended(2, datetime(2017, 1, 1, 0, 0, tzinfo=ZONE))
    ward, city = make_officer_actor(UNIT, ("archivist",)), make_officer_actor("H26", ("archivist",))
    now = datetime(2026, 12, 31, 23, 0, tzinfo=ZONE)
    services.set_term(actor=city, unit_code="H26", procedure_code=CODE, years=10, basis="Bảng của thành phố", now=now)
    day = date(2026, 12, 31)

    def due(today: date, year: int | None = None) -> set[Any]:
        return set(queries.due(UNIT, today, year=year).values_list("pk", flat=True))

    assert (due(day), due(day + timedelta(days=1)), due(date(2028, 1, 1))) == (set(), {first.pk}, {first.pk, second.pk})
    assert due(date(2028, 1, 1), 2017) == {second.pk} and due(date(2028, 1, 1), 2015) == set()
    with pytest.raises(AccessDenied):
        services.set_term(actor=ward, unit_code="H26", procedure_code=CODE, years=1, basis="x", now=now)
    for actor in (make_officer_actor(), make_officer_actor("H29", ("archivist",))):
        with pytest.raises(AccessDenied):
            services.set_term(actor=actor, unit_code=UNIT, procedure_code=CODE, years=1, basis="x", now=now)
    # Its own before that of the city; for ever is never over.
    own = services.set_term(actor=ward, unit_code=UNIT, procedure_code=CODE, years=None, basis="Vĩnh viễn", now=now)
    assert due(date(2090, 1, 1)) == set() and queries.lacking(UNIT) == []
    services.end_term(actor=ward, term_id=own.pk, now=now)
    assert due(date(2090, 1, 1)) == {first.pk, second.pk}
    with pytest.raises(DatabaseError), transaction.atomic():
        ArchiveTerm.objects.filter(unit_code="H26").update(years=1)

    # A petition that is not answered, and a result that still holds, keep a dossier back.
    assert kept_back([first, second], now) == {}
    petition, _sender = send_one()
    Petition.objects.filter(pk=petition.pk).update(dossier_code=first.code)
    second.documents.filter(role="result").update(valid_until=date(2030, 5, 1))
    assert kept_back([first, second], now) == {
        first.pk: "Có phản ánh, kiến nghị về hồ sơ chưa giải quyết xong.",
        second.pk: "Kết quả còn giá trị đến hết 01/05/2030.",
    }
    assert kept_back([second], datetime(2030, 5, 2, 0, 0, tzinfo=ZONE)) == {}


@pytest.mark.usefixtures("demo_data")
def test_lists_ask_no_more_for_more_rows() -> None:
    city = make_officer_actor("H26", ("archivist",))
    client, position = archivist()
    now = timezone.now()
    services.set_term(actor=city, unit_code=UNIT, procedure_code=CODE, years=1, basis="Bảng", now=now)

    def asked(address: str) -> int:
        sign_in(client, position.person, position=position)
        with CaptureQueriesContext(connection) as made:
            assert client.get(f"{DESK}{address}").status_code == 200
        return len(made)

    addresses = [
        "archiveddossier/",
        "archiveddossier/?tinh-trang=het-han",
        "archiveddossier/years/",
        "archiveddossier/lacking/",
        "archivehold/",
    ]
    for number, year in ((1, 2016), (2, 2017)):
        row = ended(number, datetime(year, 5, 5, tzinfo=ZONE))
        services.hold_back(actor=city, code=str(row.code), kind="audit", note="Thanh tra", now=now)
    client.get(f"{DESK}archiveddossier/")
    few = [asked(one) for one in addresses]
    for number, year in ((3, 2016), (4, 2018), (5, 2019)):
        row = ended(number, datetime(year, 5, 5, tzinfo=ZONE))
        services.hold_back(actor=city, code=str(row.code), kind="court", note="Tòa án", now=now)
    assert [asked(one) for one in addresses] == few and max(few) <= 16
