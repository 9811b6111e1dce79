"""Drafts that nobody changes: warned, put away, had back, erased (issue 17, section 4; D-21)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import EmailAddress, Person
from dossiers import keeping, services
from dossiers.account import drafts_held, throw_drafts_away
from dossiers.models import Dossier, Draft, Paper
from dossiers.tasks import erase_drafts, keep_drafts
from portal import crypto
from portal.access import Actor
from portal.audit.models import Act
from portal.files.models import FileState, StoredFile
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from portal.workdays import last_day_over, month_later
from tests.dossiers.support import CODE, ZONE, at_once, confirm_all, mother, ready_draft
from tests.factories import citizen_actor, give_mandate, make_organisation, make_person, mandate_actor, sign_in

DAYS = st.dates(date(2024, 1, 1), date(2033, 12, 31))
SENT_AT = datetime(2026, 11, 20, 22, 30, tzinfo=ZONE)
"""A Friday night: the last change."""
MINE = "/ho-so/"


@given(day=DAYS, before=DAYS, months=st.integers(1, 24))
def test_the_last_day_over_is_the_latest_whose_term_has_ended(day: date, before: date, months: int) -> None:
    assert (day <= last_day_over(before, months)) == (month_later(day, months) < before)


@given(
    changed=st.datetimes(datetime(2024, 1, 1), datetime(2033, 1, 1)),
    late=st.integers(0, 200),
    after=st.integers(0, 300),
)
def test_whatever_the_hour_and_however_late_the_warning_two_weeks_lie_between(changed: datetime, late: int, after: int) -> None:
    changed = changed.replace(tzinfo=ZONE)
    due = month_later(changed.date(), keeping.MONTHS) - timedelta(days=14)
    for today in (due - timedelta(days=1), due):
        assert (changed < keeping.to_warn(today)) == (today >= due)
    warned = datetime.combine(due + timedelta(days=late), changed.timetz())
    today = warned.date() + timedelta(days=after)
    by_change, by_warning = keeping.to_remove(today)
    goes = changed < by_change and warned < by_warning
    assert goes == (today > keeping.kept_until(changed.date(), warned.date()))
    if goes:
        assert today - warned.date() > timedelta(days=14)
        assert today > month_later(changed.date(), 3)
        assert (warned < keeping.to_erase(today)) == (today > keeping.restorable_until(warned.date()))


def left_alone(actor: Actor, *, at: datetime = SENT_AT) -> Draft:
    """A whole draft with a paper, last changed at that moment."""
    draft = ready_draft(actor)
    Draft.objects.filter(pk=draft.pk).update(updated_at=at)
    draft.refresh_from_db()
    return draft


def morning(day: date) -> None:
    """The tasks of that day, at their hours."""
    with time_machine.travel(datetime.combine(day, datetime.min.time(), tzinfo=ZONE) + timedelta(hours=2, minutes=50), tick=False):
        erase_drafts()
    with time_machine.travel(datetime.combine(day, datetime.min.time(), tzinfo=ZONE) + timedelta(hours=9, minutes=20), tick=False):
        keep_drafts()


def told(template: str, **more: Any) -> int:
    return Notification.objects.filter(template=template, channel="inbox", **more).count()


WARNED, KEPT, GONE = date(2027, 2, 6), date(2027, 2, 20), date(2027, 2, 21)
"""Two weeks before 20 February, three months after the change; the last day; the day after it."""


@pytest.mark.requirement("D-21")
@pytest.mark.usefixtures("demo_data")
class TestTheWholeLife:
    """Day by day, on the tasks."""

    def test_warned_put_away_had_back_by_one_press(self) -> None:
        actor = citizen_actor(mother())
        draft = left_alone(actor)
        answers = draft.answers
        morning(WARNED - timedelta(days=1))
        assert told("dossiers.draft_ending") == 0
        for _twice in range(2):
            morning(WARNED)
        assert told("dossiers.draft_ending", party_id=mother().id) == 1
        notice = Notification.objects.get(template="dossiers.draft_ending", channel="inbox")
        assert notice.link == f"/nop-ho-so/{CODE}/{draft.last_page}/"
        assert "20/02/2027" in str(notice.title) and "20/11/2026" in str(notice.body)
        morning(KEPT)
        assert Draft.objects.get().removed_at is None
        morning(GONE)
        assert told("dossiers.draft_removed") == 1
        assert Draft.objects.get().removed_at is not None
        with time_machine.travel(datetime(2027, 3, 23, 23, 30, tzinfo=ZONE), tick=False):
            client = Client()
            sign_in(client, mother())
            page = client.get(MINE).content.decode()
            assert "Đang soạn" not in page and "Bản nháp đã cất" in page and "23/03/2027" in page
            # Where one would begin another one, it is offered, too.
            page = client.get(f"/nop-ho-so/{CODE}/to-khai/").content.decode()
            assert "Khôi phục và điền tiếp" in page and "đến hết ngày 23/03/2027" in page
            back_to = client.post(f"/ho-so/ban-nhap/{draft.id}/giu/", {"go-on": "1"})
            assert back_to["Location"] == f"/nop-ho-so/{CODE}/{draft.last_page}/"
            page = client.get(MINE).content.decode()
            assert "Đang soạn" in page and "Bản nháp đã cất" not in page
            assert client.get(f"/nop-ho-so/{CODE}/kiem-tra/").status_code == 200
        back = Draft.objects.get()
        assert (back.answers, back.removed_at, back.warned_at) == (answers, None, None)
        assert Act.objects.filter(act="dossiers.restore_draft", target_id=str(draft.id)).count() == 1
        morning(date(2027, 6, 8))
        assert told("dossiers.draft_ending") == 1, "three months begin anew"
        morning(date(2027, 6, 9))
        assert told("dossiers.draft_ending") == 2

    def test_erased_with_key_and_files_after_thirty_days(self) -> None:
        draft = left_alone(citizen_actor(mother()))
        file = draft.papers.get().file
        for day in (WARNED, GONE, GONE + timedelta(days=30)):
            morning(day)
        assert Draft.objects.exists(), "the thirtieth day counts to its end"
        assert file.path.exists()
        morning(GONE + timedelta(days=31))
        assert not Draft.objects.exists() and not Paper.objects.exists()
        assert StoredFile.objects.get(pk=file.pk).state == FileState.ERASED
        assert crypto.is_destroyed(draft.id)
        assert Act.objects.filter(act="dossiers.erase_draft", target_id=str(draft.id)).count() == 1
        client = Client()
        sign_in(client, mother())
        assert client.post(f"/ho-so/ban-nhap/{draft.id}/giu/").status_code == 404

    def test_one_that_was_changed_after_the_warning_stays_and_is_warned_of_again(self) -> None:
        actor = citizen_actor(mother())
        draft = left_alone(actor)
        morning(WARNED)
        with time_machine.travel(datetime(2027, 2, 20, 23, 59, 59, tzinfo=ZONE), tick=False):
            services.save_draft(actor=actor, draft_id=draft.id, values={"child_name": "Trần Thị Bé Khác"})
        for day in (GONE, date(2027, 5, 5)):
            morning(day)
        assert Draft.objects.get().removed_at is None
        assert told("dossiers.draft_ending") == 1
        morning(date(2027, 5, 6))
        assert told("dossiers.draft_ending") == 2
        morning(date(2027, 5, 20))
        assert Draft.objects.get().removed_at is None
        morning(date(2027, 5, 21))
        assert Draft.objects.get().removed_at is not None

    def test_kept_by_one_press_in_the_list(self) -> None:
        draft = left_alone(citizen_actor(mother()))
        morning(WARNED)
        with time_machine.travel(datetime(2027, 2, 10, 8, 0, tzinfo=ZONE), tick=False):
            client = Client()
            sign_in(client, mother())
            page = client.get(MINE).content.decode()
            assert "Giữ đến hết ngày 20/02/2027" in page
            assert client.post(f"/ho-so/ban-nhap/{draft.id}/giu/").status_code == 302
            assert "Giữ đến hết ngày" not in client.get(MINE).content.decode()
        morning(GONE)
        assert Draft.objects.get().removed_at is None

    def test_a_late_warning_still_leaves_two_weeks(self) -> None:
        left_alone(citizen_actor(mother()))
        late = date(2027, 6, 1)
        morning(late)
        assert "15/06/2027" in str(Notification.objects.get(template="dossiers.draft_ending", channel="inbox").title)
        morning(late + timedelta(days=14))
        assert Draft.objects.get().removed_at is None
        morning(late + timedelta(days=15))
        assert Draft.objects.get().removed_at is not None

    def test_the_database_takes_none_away_without_two_weeks_warning(self) -> None:
        left_alone(citizen_actor(mother()))
        for warned_at in (None, SENT_AT - timedelta(days=1), SENT_AT + timedelta(days=80)):
            with pytest.raises(IntegrityError), transaction.atomic():
                Draft.objects.update(warned_at=warned_at, removed_at=SENT_AT + timedelta(days=93))

    def test_one_begun_in_its_place_stands_first(self) -> None:
        actor = citizen_actor(mother())
        old = left_alone(actor)
        for day in (WARNED, GONE):
            morning(day)
        with time_machine.travel(datetime(2027, 3, 1, 10, 0, tzinfo=ZONE), tick=False):
            new = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=datetime(2027, 3, 1, 10, 0, tzinfo=ZONE))
            assert new.id != old.id
            client = Client()
            sign_in(client, mother())
            assert "Xóa bản nháp mới thì khôi phục được bản cũ" in client.get(MINE).content.decode()
            client.post(f"/ho-so/ban-nhap/{old.id}/giu/")
            assert set(Draft.objects.filter(removed_at=None).values_list("pk", flat=True)) == {new.id}
            services.discard_draft(actor=actor, draft_id=new.id, seen_version=new.version)
            client.post(f"/ho-so/ban-nhap/{old.id}/giu/")
        assert Draft.objects.get().id == old.id
        assert Draft.objects.get().removed_at is None

    def test_nobody_else_has_it_back_and_who_leaves_takes_it_along(self) -> None:
        draft = left_alone(citizen_actor(mother()))
        for day in (WARNED, GONE):
            morning(day)
        other = Client()
        sign_in(other, make_person())
        assert other.post(f"/ho-so/ban-nhap/{draft.id}/giu/").status_code == 404
        assert Client().post(f"/ho-so/ban-nhap/{draft.id}/giu/").status_code in (302, 401, 403)
        assert Draft.objects.get().removed_at is not None
        [held] = drafts_held(citizen_actor(mother()))
        assert held["Cất lúc"] is not None and held["Đã khai"] == draft.answers
        with transaction.atomic():
            throw_drafts_away(citizen_actor(mother()))
        assert not Draft.objects.exists() and crypto.is_destroyed(draft.id)

    def test_sent_from_an_old_window_after_it_was_put_away_leads_to_having_it_back(self) -> None:
        actor = citizen_actor(mother())
        draft = confirm_all(actor, ready_draft(actor))
        Draft.objects.update(updated_at=SENT_AT)
        for day in (WARNED, GONE):
            morning(day)
        client = Client()
        sign_in(client, mother())
        answer = client.post(f"/nop-ho-so/{CODE}/kiem-tra/", {"draft": draft.id, "seen": ""})
        assert answer.status_code == 409
        assert "Khôi phục ở Hồ sơ của tôi" in answer.content.decode()
        assert not Dossier.objects.filter(procedure_code=CODE, pk=draft.id).exists()

    def test_one_that_cannot_be_told_of_does_not_keep_the_others_waiting(self) -> None:
        lost = make_person()
        first, second = left_alone(citizen_actor(mother())), left_alone(citizen_actor(make_person(sex="female")))
        Draft.objects.filter(pk=first.pk).update(party_id=lost.id, updated_at=SENT_AT - timedelta(days=3))
        with transaction.atomic():
            crypto.shred(lost.id, citizen_actor(lost))
        morning(WARNED)
        assert set(Draft.objects.filter(warned_at__isnull=False).values_list("pk", flat=True)) == {second.pk}


@pytest.mark.requirement("D-13", "D-21")
@pytest.mark.usefixtures("demo_data")
def test_told_in_the_account_by_mail_and_sms_as_chosen_and_helpers_outside_theirs(outside: Any) -> None:
    director, clerk, former = (make_person(full_name=name) for name in ("Giám Đốc Thử", "Nhân Viên Thử", "Người Cũ Thử"))
    company = make_organisation(representatives=[director])
    lead = mandate_actor(company.mandates.get(person=director))
    draft = services.start_or_open_draft(actor=lead, procedure_code="2.002288", now=SENT_AT)
    give_mandate(lead, clerk)
    worked = [director.id, clerk.id, former.id]
    Draft.objects.update(updated_at=SENT_AT, worked_on_by=worked, changed_by=clerk.id)
    _reach(clerk, "nhan-vien@example.vn", ["email"])
    _reach(director, "giam-doc@example.vn", [])
    morning(WARNED)
    outbox.deliver_due(limit=100)
    notices = Notification.objects.filter(template="dossiers.draft_ending")
    assert set(notices.filter(channel="inbox").values_list("party_id", flat=True)) == {company.id}
    assert not notices.filter(party_id=former.id).exists(), "who may not act for it any more is told nothing"
    [letter] = outside.mailbox("nhan-vien@example.vn")
    assert company.name in letter["subject"]
    assert "List-Unsubscribe" in letter["headers"]
    assert outside.mailbox("giam-doc@example.vn") == []
    assert draft.id == Draft.objects.get().id


def _reach(person: Person, address: str, channels: list[str]) -> None:
    from accounts.models import ContactChoice

    EmailAddress.objects.create(person=person, address=address, verified_at=SENT_AT)
    ContactChoice.objects.create(person=person, channels={"dossiers.drafts": channels})


@pytest.mark.requirement("D-21")
@pytest.mark.usefixtures("demo_db")
def test_filing_and_putting_away_at_the_same_moment() -> None:
    """Either it is sent, whole, or it is put away, whole; a draft under somebody's hands waits for another night."""
    actor = citizen_actor(mother())
    now = datetime(2027, 2, 21, 9, 20, tzinfo=ZONE)
    for _ in range(4):
        draft = confirm_all(actor, ready_draft(actor))
        warned = datetime(2027, 2, 6, 9, 20, tzinfo=ZONE)
        Draft.objects.filter(pk=draft.pk).update(updated_at=SENT_AT, warned_at=warned)
        outcome, (count, _done) = at_once(
            lambda draft=draft: services.submit(actor=actor, draft_id=draft.id, seen_version=draft.version, now=now),
            lambda: services.remove_drafts(now=now, seconds=10),
        )
        papers = Paper.objects.filter(file__subject=draft.id)
        if isinstance(outcome, Dossier):
            assert (count, papers.get().dossier_id) == (0, draft.id)
            assert not Draft.objects.exists()
        else:
            assert isinstance(outcome, services.NotYours), outcome
            assert count == 1 and papers.get().draft_id == draft.id
            services.keep_draft(actor=actor, draft_id=draft.id, now=now)
            draft.refresh_from_db()
            dossier = services.submit(actor=actor, draft_id=draft.id, seen_version=draft.version, now=now)
            assert dossier.answers["child_name"] == draft.answers["child_name"]
