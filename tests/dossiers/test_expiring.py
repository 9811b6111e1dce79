"""Results that expire: the day is kept with the result, and stands on the first page of who has it (D-04, D-20)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from dossiers import services
from dossiers.models import Dossier, DossierDocument, StorePaper
from dossiers.outcomes import years_after
from portal.access import Actor
from tests.dossiers.support import decided, leader, mother, sign_by_hand
from tests.dossiers.test_kinds import declare, words
from tests.dossiers.test_parties import BADGE, DIRECTOR, FIRST, VEHICLE, as_company, company, holder, send
from tests.factories import make_officer_actor, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")

UNIT = "H26.202"
PAGE = "/tai-khoan/"


def badge(number: str, *, years: str = "7", now: datetime | None = None) -> DossierDocument:
    """A badge for a vehicle of the demo company, decided and not signed yet."""
    director = as_company(DIRECTOR)
    declare(director, BADGE, FIRST, VEHICLE)
    send(director)
    dossier = Dossier.objects.filter(procedure_code=BADGE, received_at=None).get()
    officer = make_officer_actor(unit=UNIT, roles=("reception", "handling"))
    services.receive(actor=officer, dossier_id=dossier.pk, seen_version=dossier.version, now=now or timezone.now())
    return decide(dossier, officer, number, years=years, now=now)


def decide(dossier: Dossier, officer: Actor, number: str, *, years: str, now: datetime | None = None) -> DossierDocument:
    """The decision on a badge."""
    dossier.refresh_from_db()
    signer = leader(UNIT).position_id
    assert signer is not None
    values = {"registration_number": number, "badge_kind": "truck", "plate": "29H-123.45", "years": years, "inspected": "Số 1"}
    given: dict[str, Any] = {"actor": officer, "dossier_id": dossier.pk, "seen_version": dossier.version, "values": values}
    return services.decide(**given, signer_position_id=signer, now=now or timezone.now())


def first_page(client: Client, day: date, sign_in_again: Any = None) -> str:
    """The first page of an account on a day."""
    with time_machine.travel(datetime(day.year, day.month, day.day, 3, tzinfo=timezone.get_current_timezone()), tick=True):
        return words((sign_in_again() if sign_in_again else client).get(PAGE))


def stranger() -> Client:
    """Somebody who has nothing to do with it."""
    client = Client()
    sign_in(client, mother())
    return client


@pytest.mark.requirement("D-04", "D-20")
def test_a_badge_says_until_when_it_holds_and_its_owner_reads_so_in_time() -> None:
    issued = badge("1")
    last = issued.valid_until
    assert last is not None and last == years_after(timezone.localdate(), 7)
    assert f"{last:%d/%m/%Y}" in str(issued.document.context), "the day on the paper is the day that is kept"
    line = f"Phù hiệu xe kinh doanh vận tải ({issued.dossier.code})"
    near = last - timedelta(days=40)

    def page(day: date) -> str:
        return first_page(Client(), day, lambda: as_company(DIRECTOR))

    assert line not in page(near), "nothing that is not signed yet"
    assert not StorePaper.objects.filter(party_id=company().pk).exists()
    sign_by_hand(issued)
    # It lies in the store of the company, under its tax code, for whoever acts for it and nobody else.
    assert issued.dossier.owner_id == company().pk
    kept, director = StorePaper.objects.get(party_id=company().pk, origin="issued"), as_company(DIRECTOR)
    listed, address = words(director.get("/kho-giay-to/")), f"/kho-giay-to/{kept.pk}/"
    assert f"{company().tax_code}.{kept.kind}" in listed and "Phù hiệu xe" in listed
    read = director.get(f"{address}tep/1/")
    assert b"".join(read.streaming_content) == b"%PDF-1.7 signed"  # type: ignore[attr-defined]
    assert "Có chữ ký số" in words(director.get(address)) and f"{last:%d/%m/%Y}" in words(director.get(address))
    own = Client()
    sign_in(own, holder(DIRECTOR).person)
    for client in (own, stranger()):
        assert client.get(address).status_code == 404 and company().tax_code not in words(client.get("/kho-giay-to/"))
    assert line not in page(last - timedelta(days=61))
    assert line in (read := page(near)) and "Có giá trị đến hết ngày này" in read and f"đến {last:%d/%m/%Y}" in read
    assert line in (read := page(last)) and "Đã hết giá trị" not in read
    assert line in (read := page(last + timedelta(days=1))) and "Đã hết giá trị" in read
    assert line not in page(last + timedelta(days=31))
    assert f"Có giá trị đến hết ngày {last:%d/%m/%Y}" in words(as_company(DIRECTOR).get(f"/ho-so/{issued.dossier.code}/"))

    assert line not in first_page(Client(), near, stranger)


def test_a_decision_that_was_taken_back_and_a_result_without_an_end_expire_never() -> None:
    issued = badge("1", years="2")
    dossier = issued.dossier
    officer = make_officer_actor(unit=UNIT, roles=("reception", "handling"))
    dossier.refresh_from_db()
    services.take_back(actor=officer, dossier_id=dossier.pk, seen_version=dossier.version, reason="nhầm số năm", now=timezone.now())
    again = decide(dossier, officer, "2", years="5")
    sign_by_hand(again)
    standing = DossierDocument.objects.filter(cancelled_at=None, valid_until__isnull=False)
    assert [row.valid_until for row in standing] == [years_after(timezone.localdate(), 5)]
    assert decided().valid_until is None, "a certificate of birth holds for ever"
    with pytest.raises(IntegrityError), transaction.atomic():
        DossierDocument.objects.filter(role="receipt").update(valid_until=date(2030, 1, 1))


def test_many_badges_cost_the_first_page_no_more_queries() -> None:
    def queries() -> int:
        with time_machine.travel(datetime.now(tz=timezone.get_current_timezone()) + timedelta(days=340), tick=True):
            client = as_company(DIRECTOR)
            client.get(PAGE)
            with CaptureQueriesContext(connection) as made:
                assert "Phù hiệu xe" in words(client.get(PAGE))
            return len(made)

    sign_by_hand(badge("1", years="1"))
    one = queries()
    for number in ("2", "3"):
        sign_by_hand(badge(number, years="1"))
    assert queries() == one


def test_results_of_before_get_their_day_by_a_command() -> None:
    issued = badge("1", years="3")
    last = issued.valid_until
    DossierDocument.objects.filter(pk=issued.pk).update(valid_until=None)
    said = [StringIO(), StringIO()]
    for out in said:
        call_command("mend_valid_days", stdout=out)
    issued.refresh_from_db()
    assert issued.valid_until == last
    assert [out.getvalue().strip() for out in said] == ["1 results got their last day", "0 results got their last day"]


@pytest.mark.parametrize(
    ("decided_on", "years", "last"),
    [
        (date(2026, 11, 30), "7", date(2033, 11, 30)),
        (date(2028, 2, 29), "1", date(2029, 2, 28)),
        (date(2024, 2, 29), "4", date(2028, 2, 28)),
    ],
)
def test_the_last_day_is_a_day_that_there_is(decided_on: date, years: str, last: date) -> None:
    assert years_after(decided_on, int(years)) == last
