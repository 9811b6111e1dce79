"""Forms filled in from registries, store and earlier dossiers: source and age, corrections, registries that are silent (D-02)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html

from accounts.models import Person
from dossiers import tasks
from dossiers.models import AnswerSource, Dossier, Draft, RegistryAnswer
from dossiers.queries import KNOWN_FACTS, facts_for, newest_form
from dossiers.services.registries import FRESH, wish_for
from dossiers.sources import CORRECTED, Facts, Told, age_words
from portal.exchange import http
from portal.outbox import services as outbox
from portal.outbox.models import Message
from tests.dossiers.support import hidden, mother
from tests.dossiers.test_kinds import EXTRACT, at, send, words
from tests.dossiers.test_parties import DIRECTOR, as_company, company
from tests.factories import make_position, sign_in

pytestmark = pytest.mark.usefixtures("demo_data")

FIRST = {"whom": "self", "register_kind": "marriage"}
REST = {"copies": "1", "unit_code": "H26.101"}
PLACE = "Ủy ban nhân dân phường Hoàn Kiếm, thành phố Hà Nội"
LAND = "1.013831"


def work() -> None:
    """All that the worker does now, also what it would do a little later."""
    for _ in range(3):
        Message.objects.filter(done_at=None, dead_at=None).update(available_at=timezone.now() - timedelta(seconds=1))
        outbox.deliver_due(limit=1000)


def browser(person: Any = None) -> Client:
    client = Client()
    sign_in(client, person or mother())
    return client


def boxes(page: Any) -> set[str]:
    """Names of what a page asks for."""
    return set(html.fromstring(page.content).xpath("//main//*[self::input[not(@type='hidden')] or self::select or self::textarea]/@name"))


def desk_page(dossier: Dossier) -> str:
    position = make_position(unit=dossier.unit_code)
    desk = Client()
    sign_in(desk, position.person, position=position)
    return words(desk.get(f"/quan-tri/dossiers/dossier/{dossier.id}/change/"))


def opened(client: Client) -> Any:
    """The extract's form after its first questions."""
    page = client.get(at(EXTRACT, "to-khai/"))
    client.post(at(EXTRACT, "to-khai/"), hidden(page, act="tiep", **FIRST))
    return client.get(at(EXTRACT, "to-khai/"))


def go_on(client: Client, page: Any, **typed: str) -> Any:
    return client.post(at(EXTRACT, "to-khai/"), hidden(page, act="tiep", **REST, **typed))


def sent_on(client: Client) -> Dossier:
    page = client.get(at(EXTRACT, "giay-to/"))
    assert client.post(at(EXTRACT, "giay-to/"), hidden(page, act="tiep"))["Location"] == at(EXTRACT, "kiem-tra/")
    return send(client, EXTRACT)


@pytest.mark.requirement("D-02")
def test_what_a_registry_knows_is_not_asked_and_is_shown_with_source_and_age(outside: Any) -> None:
    client = browser()
    client.get(at(EXTRACT, "to-khai/"))
    client.get(at(EXTRACT, "to-khai/"))
    row = RegistryAnswer.objects.get()
    assert (row.party_id, row.registry, row.answered_at, row.wishes) == (mother().id, "civil_status", None, 1)
    work()
    page = opened(client)
    said = words(page)
    assert "Trần Văn Thử Theo Cơ sở dữ liệu hộ tịch điện tử, trả lời hôm nay." in said and "10/02/2018" in said
    assert {"spouse_name", "registered_place", "registered_date", "registered_number", "subject_name"}.isdisjoint(boxes(page))
    assert "Nguyễn Thị Mẫu Theo Cơ sở dữ liệu quốc gia về dân cư" in said or "Nguyễn Thị Mẫu Theo tài khoản của bạn." in said

    # Kept with its age, whatever the registry does now.
    RegistryAnswer.objects.update(answered_at=timezone.now() - timedelta(days=3), wished_at=timezone.now() - timedelta(days=3))
    outside.faults("civil_status", "down")
    page = client.get(at(EXTRACT, "to-khai/"))
    assert "trả lời 3 ngày trước" in words(page) and RegistryAnswer.objects.get().wishes == 2
    work()
    assert go_on(client, page)["Location"] == at(EXTRACT, "giay-to/")
    assert "trả lời 3 ngày trước" in words(client.get(at(EXTRACT, "kiem-tra/"))), "confirmed with the rest"
    dossier = sent_on(client)
    assert (dossier.answers["spouse_name"], dossier.answers["registered_place"]) == ("Trần Văn Thử", PLACE)
    rows = list(dossier.sources.all())
    assert {row.field: row.how for row in rows} == dict.fromkeys(
        ("spouse_name", "registered_place", "registered_date", "registered_number"), AnswerSource.How.TAKEN
    )
    assert dossier.reuse.fields_reused == 4 + 3
    page = desk_page(dossier)
    assert "Nguồn của các mục trong tờ khai" in page and "Lấy từ nguồn, người nộp xác nhận" in page


@pytest.mark.requirement("D-02")
def test_what_is_not_right_is_corrected_with_a_reason_that_the_officer_reads(outside: Any) -> None:
    client = browser()
    client.get(at(EXTRACT, "to-khai/"))
    work()
    page = opened(client)
    values = html.fromstring(page.content).xpath("//button[starts-with(@value, 'chua-dung:')]/@value")
    assert "chua-dung:spouse_name" in values and "chua-dung:subject_name" not in values, "who one is, is corrected in the account"
    asked = client.post(at(EXTRACT, "to-khai/"), hidden(page, act="chua-dung:registered_date", **REST))
    assert asked["Location"].endswith("#hoi-registered_date")
    page = client.get(at(EXTRACT, "to-khai/"))
    assert {"registered_date", "ly-do-registered_date"} <= boxes(page) and "Nguồn ghi: “10/02/2018”." in words(page)
    [box] = html.fromstring(page.content).xpath("//input[@name='registered_date']")
    assert box.get("value") == "10/02/2018"
    wrong = go_on(client, page, registered_date="12/02/2018", **{"ly-do-registered_date": " "})
    assert wrong.status_code == 422 and "Bạn hãy ghi vì sao sửa." in words(wrong)
    reason = "Giấy chứng nhận của tôi ghi ngày 12"
    assert go_on(client, wrong, registered_date="12/02/2018", **{"ly-do-registered_date": reason}).status_code == 302
    # Taken back and corrected once more.
    page = client.get(at(EXTRACT, "to-khai/"))
    client.post(at(EXTRACT, "to-khai/"), hidden(page, act="lay-lai:registered_date", **REST))
    assert "registered_date" not in boxes(client.get(at(EXTRACT, "to-khai/"))) and CORRECTED not in Draft.objects.get().answers
    for field in ("registered_date", "subject_name"):
        client.post(at(EXTRACT, "to-khai/"), hidden(page, act=f"chua-dung:{field}", **REST))
    page = client.get(at(EXTRACT, "to-khai/"))
    assert "subject_name" not in boxes(page)
    go_on(client, page, registered_date="12/02/2018", **{"ly-do-registered_date": reason})
    dossier = sent_on(client)
    row = dossier.sources.get(field="registered_date")
    assert (row.how, row.said, row.reason, dossier.answers["registered_date"]) == ("corrected", "2018-02-10", reason, "2018-02-12")
    page = desk_page(dossier)
    assert "12/02/2018 10/02/2018 Cơ sở dữ liệu hộ tịch điện tử" in page and reason in page
    assert dossier.reuse.fields_reused == 3 + 3, "what was corrected was given"


@pytest.mark.requirement("D-02")
def test_a_silent_registry_blocks_nobody_and_is_compared_later(outside: Any) -> None:
    outside.faults("civil_status", "down")
    client = browser()
    client.get(at(EXTRACT, "to-khai/"))
    work()
    page = opened(client)
    assert {"spouse_name", "registered_place"} <= boxes(page)
    assert "Chưa có trả lời từ Cơ sở dữ liệu hộ tịch điện tử. Bạn cứ khai; cơ quan giải quyết đối chiếu sau." in words(page)
    typed = {"spouse_name": "trần văn  thử", "registered_place": "Phường Khác", "registered_date": "10/02/2018"}
    assert go_on(client, page, **typed).status_code == 302
    dossier = sent_on(client)
    assert set(dossier.sources.values_list("how", "checked_at")) == {("typed", None)} and dossier.sources.count() == 3
    assert "Chưa đối chiếu được: nguồn chưa trả lời." in desk_page(dossier)

    outside.reset()
    http.registries.note("civil_status", failed=False)
    RegistryAnswer.objects.update(wished_at=timezone.now() - timedelta(hours=1))
    assert tasks.check_typed() == 1
    work()
    assert tasks.check_typed() == 0, "nothing waits any more"
    assert {row.field: row.agrees for row in dossier.sources.all()} == {
        "spouse_name": True,
        "registered_place": False,
        "registered_date": True,
    }
    page = desk_page(dossier)
    assert "Đã đối chiếu: khớp." in page and f"Phường Khác {PLACE}" in page and "Đã đối chiếu: không khớp." in page


@pytest.mark.requirement("D-02")
def test_an_answer_that_comes_while_one_types_does_not_take_away_what_was_typed(outside: Any) -> None:
    outside.faults("civil_status", "down")
    client = browser()
    client.get(at(EXTRACT, "to-khai/"))
    page = opened(client)
    client.post(at(EXTRACT, "to-khai/"), hidden(page, act="luu", spouse_name="Trần Văn Khác", **REST))
    outside.reset()
    http.registries.note("civil_status", failed=False)
    work()
    page = client.get(at(EXTRACT, "to-khai/"))
    assert "spouse_name" in boxes(page) and "registered_place" not in boxes(page)
    assert "Nguồn ghi: “Trần Văn Thử”." in words(page) and "ly-do-spouse_name" not in boxes(page)
    go_on(client, page, spouse_name="Trần Văn Khác")
    dossier = sent_on(client)
    row = dossier.sources.get(field="spouse_name")
    assert (row.how, row.said, row.reason, dossier.answers["spouse_name"]) == ("corrected", "Trần Văn Thử", None, "Trần Văn Khác")
    assert "Người nộp khai trước khi nguồn trả lời." in desk_page(dossier)


@pytest.mark.requirement("D-02")
def test_a_lying_registry_fills_in_nothing(outside: Any) -> None:
    outside.faults("civil_status", "wrong")
    client = browser()
    client.get(at(EXTRACT, "to-khai/"))
    work()
    assert RegistryAnswer.objects.get().answered_at is None and "spouse_name" in boxes(opened(client))


@pytest.mark.requirement("D-02")
def test_of_several_parcels_the_number_of_the_certificate_chooses_one(outside: Any) -> None:
    owner = Person.objects.get(full_name="Đỗ Văn Ví Dụ")
    client = browser(owner)
    client.get(at(LAND, "to-khai/"))
    work()
    page = client.get(at(LAND, "to-khai/nguoi-khai/"))
    client.post(at(LAND, "to-khai/nguoi-khai/"), hidden(page, act="luu", filer="giver"))
    address = at(LAND, "to-khai/thua-dat/")
    page = client.get(address)
    assert {"certificate_number", "parcel_sheet"} <= boxes(page), "which of two nobody knows yet"
    client.post(address, hidden(page, act="luu", certificate_number="dm000003"))
    page = client.get(address)
    assert "certificate_number" in boxes(page) and {"parcel_sheet", "parcel_number", "parcel_area"}.isdisjoint(boxes(page))
    assert "1.250,5" in words(page) and "Thôn Trình Diễn" in words(page)
    client.post(address, hidden(page, act="luu", certificate_number="DM 000002"))
    assert "Số 3 phố Thử Nghiệm" in words(client.get(address))


@pytest.mark.requirement("D-02", "A-14")
def test_a_companys_registries_fill_in_its_forms(outside: Any) -> None:
    party = company()
    form = newest_form("2.002288")
    assert wish_for(party_id=party.id, form=form, now=timezone.now()) == ["vehicle"]
    work()
    person = Person.objects.get(full_name=DIRECTOR)
    facts = facts_for(form, person, party.id)
    known = facts.under(form.fields, {})
    assert (known["vehicle.plate"], known["vehicle.year"]) == ("30Z-000.28", "2024")
    licence = newest_form("1.000703")
    assert wish_for(party_id=party.id, form=licence, now=timezone.now()) == ["business"]
    work()
    facts = facts_for(licence, person, party.id)
    assert (facts["business.representative"], facts["business.registered_on"]) == (DIRECTOR, "2015-06-18")
    assert wish_for(party_id=party.id, form=licence, now=timezone.now()) == [], "fresh"
    assert wish_for(party_id=party.id, form=licence, now=timezone.now() + FRESH) == ["business"]
    client = as_company(DIRECTOR)
    page = client.get(at("2.002288", "to-khai/"))
    client.post(at("2.002288", "to-khai/"), hidden(page, act="tiep", request="new", ownership="own"))
    page = client.get(at("2.002288", "to-khai/"))
    assert {"plate", "make", "made_in"}.isdisjoint(boxes(page)) and {"load", "licence_number"} <= boxes(page)


def test_social_security_says_the_number(outside: Any) -> None:
    form = newest_form("1.014137")
    assert set(wish_for(party_id=mother().id, form=form, now=timezone.now())) == {"insurance", "civil_status"}
    work()
    facts = facts_for(form, mother(), mother().id)
    assert facts["insurance.number"] == "0195000001" and facts.told["insurance.number"].source == "insurance"


def test_names_of_facts_and_words_of_age() -> None:
    assert "store.KQ.G15.000032/number" in KNOWN_FACTS and "earlier.1.001193/mother_ethnicity" in KNOWN_FACTS
    for wrong in ("store.x/secret", "earlier.1.001193", "land.owner", "civil_status", "earlier.1/A"):
        assert wrong not in KNOWN_FACTS
    now = timezone.now()
    said = [age_words(now - timedelta(days=days), now).split(" (")[0] for days in (0, 1, 2, 59, 60, 800)]
    assert said == ["hôm nay", "hôm qua", "2 ngày trước", "59 ngày trước", "2 tháng trước", "2 năm trước"]
    facts = Facts()
    facts.learn({"a": "", "b": "x"}, Told("land", now))
    assert dict(facts) == {"b": "x"} and facts.under([], {}) is facts
