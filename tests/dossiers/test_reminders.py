"""Reminders: once each, by day, and none where a person has switched the kind off (D-20)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.utils import timezone

from accounts.models import ContactChoice, EmailAddress
from accounts.services import contacts
from dossiers import services
from dossiers.models import Dossier, DossierDocument, Draft, State
from dossiers.tasks import remind
from portal.notifications.models import Notification
from portal.notifications.registry import off_address
from portal.outbox import services as outbox
from procedures.models import NextStep
from tests.dossiers.support import CODE, NOW, decided, mother, ready_draft, sign_by_hand
from tests.factories import citizen_actor, make_organisation, make_person, sign_in

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("D-20")]
SETTINGS = "/tai-khoan/lien-lac/"


def morning(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        remind()


def told(template: str) -> list[Notification]:
    return list(Notification.objects.filter(template=template, channel="inbox"))


def waiting_draft() -> Draft:
    """The mother's, last changed on a Friday at 10:00."""
    draft = ready_draft(citizen_actor(mother()))
    Draft.objects.filter(pk=draft.pk).update(updated_at=NOW)
    return draft


def reached_by_mail(address: str = "me@example.vn") -> None:
    EmailAddress.objects.create(person=mother(), address=address, verified_at=timezone.now())


class TestDrafts:
    """A draft that waits."""

    def test_reminded_of_once_after_a_week(self) -> None:
        draft = waiting_draft()
        morning(NOW + timedelta(days=7))
        assert told("dossiers.draft_waits") == []
        for days in (8, 8, 9, 40):
            morning(NOW + timedelta(days=days))
        [notice] = told("dossiers.draft_waits")
        assert notice.link == f"/nop-ho-so/{CODE}/{draft.last_page}/"
        assert notice.party_id == mother().id
        assert "20/11/2026" in str(notice.body)

    @pytest.mark.parametrize("hour", [0, 7, 20, 23])
    def test_nobody_is_woken(self, hour: int) -> None:
        waiting_draft()
        day = (NOW + timedelta(days=8)).replace(hour=hour, minute=59)
        morning(day)
        assert told("dossiers.draft_waits") == []
        assert Draft.objects.get().reminded_at is None, "the next morning it is"
        morning(day.replace(hour=8, minute=0) + timedelta(days=1))
        assert len(told("dossiers.draft_waits")) == 1

    def test_who_is_warned_is_not_reminded_beside(self) -> None:
        waiting_draft()
        late = NOW + timedelta(days=80)
        services.warn_of_drafts(now=late, seconds=5)
        morning(late + timedelta(hours=1))
        assert told("dossiers.draft_waits") == []
        assert len(told("dossiers.draft_ending")) == 1


class TestPapers:
    """A paper that ends."""

    def ending(self, days: int) -> DossierDocument:
        """A result that holds for so many days from the day of these tests."""
        issued = decided()
        sign_by_hand(issued)
        DossierDocument.objects.filter(pk=issued.pk).update(valid_until=NOW.date() + timedelta(days=days))
        issued.refresh_from_db()
        return issued

    @pytest.mark.parametrize(("days", "is_told"), [(31, False), (30, True), (0, True), (-1, False)])
    def test_thirty_days_before_its_last_day(self, days: int, is_told: bool) -> None:
        issued = self.ending(days)
        for _twice in range(2):
            morning(NOW)
        found = told("dossiers.paper_ends")
        assert len(found) == int(is_told)
        if is_told:
            assert found[0].link == f"/ho-so/{issued.dossier.code}/"
            assert f"{issued.valid_until:%d/%m/%Y}" in str(found[0].title) and issued.document.title in str(found[0].title)

    def test_nothing_of_one_that_was_taken_back(self) -> None:
        issued = self.ending(10)
        DossierDocument.objects.filter(pk=issued.pk).update(cancelled_at=NOW)
        morning(NOW)
        assert told("dossiers.paper_ends") == []


class TestNextSteps:
    """What usually comes next."""

    def returned(self) -> Dossier:
        """A birth that was registered; the result came at the moment of these tests."""
        sign_by_hand(decided())
        Dossier.objects.update(decided_at=NOW, finished_at=NOW, returned_at=NOW)
        return Dossier.objects.get(state=State.RETURNED)

    def test_named_once_from_its_day_on_with_the_reason(self) -> None:
        dossier = self.returned()
        assert list(NextStep.objects.filter(after__code=CODE).values_list("then__code", flat=True)) == ["1.014137", "1.004222"]
        morning(NOW + timedelta(days=1))
        assert told("dossiers.next_step") == []
        for days in (2, 2, 5):
            morning(NOW + timedelta(days=days))
        [notice] = told("dossiers.next_step")
        assert notice.link == "/thu-tuc/1.014137/"
        assert "Trẻ dưới 6 tuổi" in str(notice.body)
        assert notice.key == f"next-step:{dossier.id}"
        assert Client().get(notice.link).status_code == 200

    def test_what_was_begun_already_is_passed_over(self) -> None:
        dossier = self.returned()
        Dossier.objects.filter(pk=dossier.pk).update(procedure_code="1.000656")
        Draft.objects.create(
            party_id=dossier.applicant_id, changed_by=dossier.applicant_id, procedure_code="2.000821", form_version=dossier.form_version
        )
        morning(NOW + timedelta(days=8))
        assert told("dossiers.next_step") == []
        assert Dossier.objects.get(pk=dossier.pk).next_told_at is not None

    def test_old_results_bring_none(self) -> None:
        self.returned()
        morning(NOW + timedelta(days=31))
        assert told("dossiers.next_step") == []


class TestOff:
    """One press."""

    def test_by_the_letter_without_signing_in(self, outside: Any) -> None:
        reached_by_mail()
        waiting_draft()
        morning(NOW + timedelta(days=8))
        outbox.deliver_due(limit=100)
        [letter] = outside.mailbox("me@example.vn")
        assert outside.outbox(mother().phone) == [], "by SMS only where somebody chose it"
        path = "/" + letter["headers"]["List-Unsubscribe"].strip("<>").split("/", 3)[3]
        stranger = Client(enforce_csrf_checks=True)
        assert "không trong tài khoản" in stranger.get(path).content.decode()
        assert not ContactChoice.objects.filter(person=mother()).exists(), "opening is not pressing"
        for _twice in range(2):
            assert stranger.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert ContactChoice.objects.get(person=mother()).channels == {"remind.drafts": []}
        before = Notification.objects.count()
        Draft.objects.update(reminded_at=None)
        Notification.objects.filter(template="dossiers.draft_waits").update(key="another")
        morning(NOW + timedelta(days=9))
        assert Notification.objects.count() == before, "neither letter nor a line in the account"
        assert Draft.objects.get().reminded_at is not None

    def test_by_the_account_and_chosen_again_in_the_settings(self) -> None:
        waiting_draft()
        morning(NOW + timedelta(days=8))
        with time_machine.travel(NOW + timedelta(days=8), tick=False):
            client = Client()
            sign_in(client, mother())
            page = client.get("/tai-khoan/thong-bao/").content.decode()
            [path] = re.findall(r'action="(/tai-khoan/lien-lac/thoi/[^"]+)"', page)
            assert "Đã thôi nhắc" in client.post(path).content.decode()
            shown = client.get(SETTINGS).content.decode()
            [number] = re.findall(r'Nhắc: bản nháp đang chờ.*?name="kind_(\d+)"', shown, re.DOTALL)[:1]
            assert not re.search(rf'name="kind_{number}"[^>]*checked', shown)
            fields = {key: ["sms"] for key in re.findall(r'name="(kind_\d+)"', shown)} | {f"kind_{number}": ["inbox", "sms"]}
            assert client.post(SETTINGS, {"act": "channels", "language": "vi", **fields}).status_code == 302
        assert ContactChoice.objects.get(person=mother()).channels["remind.drafts"] == ["inbox", "sms"]

    def test_an_organisation_switches_its_reminders_off_and_on_again(self) -> None:
        company = make_organisation(representatives=[mother()])
        Draft.objects.filter(pk=waiting_draft().pk).update(party_id=company.id, updated_at=NOW)
        morning(NOW + timedelta(days=8))
        [notice] = [one for one in told("dossiers.draft_waits") if one.party_id == company.id]
        address, page = off_address(notice), Client(enforce_csrf_checks=True)
        assert page.post(address).status_code == 200

        def told_again(number: int) -> int:
            Draft.objects.update(reminded_at=None)
            Notification.objects.filter(template="dossiers.draft_waits").update(key=Concat("key", Value(f"-{number}")))
            before = Notification.objects.filter(party_id=company.id).count()
            morning(NOW + timedelta(days=9))
            return Notification.objects.filter(party_id=company.id).count() - before

        assert told_again(1) == 0 and "Đã thôi nhắc" in page.get(address).content.decode()
        assert "Nhắc lại loại này" in page.get(address).content.decode()
        assert page.post(address, {"act": "lai"}).status_code == 302
        assert "Thôi nhắc?" in page.get(address).content.decode() and told_again(2) == 1

    def test_an_sms_that_was_chosen_says_where_it_is_switched_off(self, outside: Any) -> None:
        ContactChoice.objects.create(person=mother(), channels={"remind.drafts": ["sms"]})
        waiting_draft()
        morning(NOW + timedelta(days=8))
        outbox.deliver_due(limit=100)
        assert told("dossiers.draft_waits") == []
        [message] = outside.outbox(mother().phone)
        [path] = re.findall(r"https?://[^/]+(/tai-khoan/lien-lac/thoi/\S+)", message["text"])
        assert len(path) < 100
        assert Client().post(path).status_code == 200
        assert ContactChoice.objects.get(person=mother()).channels["remind.drafts"] == []

    def test_only_our_own_addresses_and_those_of_letters_of_before(self) -> None:
        from django.core import signing

        person = make_person()
        path = contacts.unsubscribe_address(person.id, "remind.next").split("/thoi/")[1].rstrip("/")
        assert contacts.unsubscribed(path) == (person.id, "remind.next")
        old = signing.dumps([str(person.id), "dossiers.confirmations"], salt="accounts.unsubscribe")
        assert contacts.unsubscribed(old) == (person.id, "dossiers.confirmations")
        flipped = ("B" if path[0] == "A" else "A") + path[1:]
        law_bound = contacts.unsubscribe_address(person.id, "dossiers.steps").split("/")[-2]
        for forged in (flipped, path[:-2], path[:20], "", "ự" * 40, law_bound):
            with pytest.raises(contacts.LinkRefused):
                contacts.unsubscribed(forged)
