"""After sign-in: what the front door and a procedure's page make of who somebody is and where they live (Scheme III.2a)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.catalogues import queries as catalogues
from portal.catalogues.models import AdministrativeUnit
from procedures import services
from procedures.life_stages import DUTIES, birthday, codes_of
from procedures.models import Localisation, ProcedureVersion
from tests.factories import make_person, make_position, sign_in
from tests.portal.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("C-08")]
BIRTH = "/thu-tuc/1.001193/"
RECORDS = services.shipped_records()
EVENTS = json.loads((services.DATA / "life-events.json").read_text(encoding="utf-8"))["events"]
STEPS = json.loads((services.DATA / "next-steps.json").read_text(encoding="utf-8"))["steps"]


@pytest.fixture(autouse=True)
def catalogue(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the law names for an age, and the first procedure of each event."""
    first = {event: record["code"] for record in reversed(RECORDS) for event in record.get("events", [])}
    named = {code for entry in EVENTS for code in entry["procedures"]}
    steps = {step[end] for step in STEPS for end in ("after", "then")}
    wanted = {*codes_of(DUTIES), *first.values(), *named, *steps, "1.001193"}
    monkeypatch.setattr(services, "shipped_records", lambda: [record for record in RECORDS if record["code"] in wanted])
    services.load_shipped()


def somebody(client: Client, years: int = 31, **values: Any) -> Any:
    """Signed in, full ``years`` old since yesterday."""
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    person = make_person(birth_date=birthday(yesterday, -years), **values)
    sign_in(client, person)
    return person


def ward() -> AdministrativeUnit:
    return catalogues.administrative_unit("00070")


class TestHome:
    def test_a_stranger_and_an_officer_see_what_everybody_sees(self, client: Client) -> None:
        assert "Dành cho bạn" not in client.get("/").content.decode()
        position = make_position()
        sign_in(client, position.person, position=position)
        assert "Dành cho bạn" not in client.get("/").content.decode()

    def test_it_says_where_one_lives_and_what_is_common_at_ones_age(self, client: Client) -> None:
        somebody(client)
        answer = client.get("/")
        html = answer.content.decode()
        own = html[html.index("Dành cho bạn") :]
        assert ward().full_name in own and "Hồ sơ của tôi" in own
        assert [event.slug for event in answer.context["own"].events] == [
            "co-con-nho", "viec-lam", "hon-nhan-va-gia-dinh", "phuong-tien-va-nguoi-lai",
        ]  # fmt: skip
        assert answer.context["own"].suggestions == []
        assert "private" in answer["Cache-Control"] and "public" not in answer["Cache-Control"]
        assert "Dành cho bạn" not in Client().get("/").content.decode()

    def test_what_the_law_has_for_an_age_comes_first(self, client: Client) -> None:
        for years, code in ((14, "1.014061"), (25, "2.001195"), (40, "2.001195"), (60, "2.001195"), (75, "1.014027")):
            somebody(client, years)
            html = client.get("/").content.decode()
            own = html[html.index('id="own"') : html.index('class="wrap home"')]
            assert f'href="/thu-tuc/{code}/"' in own and f"{years} tuổi" in own, years

        somebody(client, 25)
        html = client.get("/en/").content.decode()
        assert "For you" in html and "You are 25" in html and "Dành cho bạn" not in html
        assert "/en/thu-tuc/2.001195/" in html[html.index("For you") : html.index("Used by many")]

    def test_what_is_not_known_is_left_out(self, client: Client) -> None:
        person = somebody(client, 25, residence_unit="")
        person.birth_date = None
        person.save()
        own = client.get("/").context["own"]
        assert (own.commune, own.office, own.events, own.suggestions) == (None, None, [], [])

    def test_it_costs_a_fixed_number_of_queries(self, client: Client) -> None:
        counted = []
        for years in (14, 31, 75):
            somebody(client, years)
            client.get("/")
            with CaptureQueriesContext(connection) as made:
                client.get("/")
            counted.append(len(made))
        assert max(counted) <= 16, counted


class TestWhereToGo:
    def test_the_page_of_a_procedure_opens_at_ones_own_commune(self, client: Client) -> None:
        assert "Theo nơi cư trú của bạn" not in client.get(BIRTH).content.decode()
        somebody(client)
        page = client.get(BIRTH)
        assert "Theo nơi cư trú của bạn" in page.content.decode()
        assert page.context["place"].commune == ward() and page.context["place"].province == ward().parent
        assert "By where you live" in client.get(f"/en{BIRTH}").content.decode()

    def test_what_ones_province_laid_down_is_said_beside_the_answer(self, client: Client) -> None:
        version = ProcedureVersion.objects.get(procedure__code="1.001193")
        Localisation.objects.update_or_create(version=version, province_code="01", defaults={"place": "Số 1 phố Ví Dụ"})
        said = f"Thời hạn, chi phí và giấy tờ như ở {ward().parent.full_name}."  # type: ignore[union-attr]
        assert said not in client.get(BIRTH).content.decode()
        somebody(client)
        assert said in client.get(BIRTH).content.decode()
        assert "như ở" not in client.get(f"{BIRTH}?dia-phuong=").content.decode()

    def test_another_place_can_be_chosen_and_none(self, client: Client) -> None:
        somebody(client)
        assert "?dia-phuong=#noi-nop" in Page(client.get(BIRTH).content.decode()).links
        asked = client.get(f"{BIRTH}?dia-phuong=")
        assert asked.context["place"].province is None and 'name="xa"' in asked.content.decode()
        other = client.get(f"{BIRTH}?dia-phuong=79")
        assert other.context["place"].province.code == "79" and "Theo nơi cư trú" not in other.content.decode()
        # Ticks keep the choice of no place.
        assert client.get(f"{BIRTH}?dia-phuong=&tich=1").context["kept"]["asked"] == [("dia-phuong", "")]

    def test_for_strangers_and_officers_nothing_changes(self, client: Client) -> None:
        assert client.get(BIRTH).context["kept"]["without_place"] == ""
        position = make_position()
        sign_in(client, position.person, position=position)
        assert client.get(BIRTH).context["place"].province is None

    def test_who_lives_where_no_commune_is_any_more_is_asked(self, client: Client) -> None:
        somebody(client, residence_unit="99999")
        assert client.get(BIRTH).context["place"].province is None


class TestResidence:
    def test_a_commune_that_went_into_another_is_that_one(self) -> None:
        heir = ward()
        old = AdministrativeUnit.objects.filter(
            succeeded_by__new=heir, succeeded_by__share="whole", level=AdministrativeUnit.Level.COMMUNE
        ).exclude(code=heir.code)
        taken = set(AdministrativeUnit.objects.on(timezone.localdate()).values_list("code", flat=True))
        code = next(unit.code for unit in old if unit.code not in taken)
        assert catalogues.residence(make_person(residence_unit=code).id) == heir
