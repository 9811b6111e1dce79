"""Several procedures filed as one, over HTTP: one form, one sending, a dossier at each agency, to the decisions of all (Rules art. 20)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html

from accounts.models import Person
from dossiers import services
from dossiers.costs import bill_of
from dossiers.interlinked.composing import Misfit, parts_in
from dossiers.interlinked.forms import compose_forms, specs
from dossiers.models import Dossier, Draft, FormVersion, LinkedFiling, State
from dossiers.queries import newest_form
from portal.files.models import FileState, StoredFile
from tests.dossiers.support import CHILD, FATHER, hidden, mother, photo, sign_by_hand
from tests.dossiers.test_form_pages import sends
from tests.dossiers.test_kinds import at, desk, words
from tests.factories import sign_in

pytestmark = pytest.mark.usefixtures("demo_data")

CODE, BIRTH, RESIDENCE, CARD = "2.000986", "1.001193", "1.004222", "1.014137"
DESK = "/quan-tri/dossiers/dossier/"
WARD = "00070"
TYPED = {
    **{f"p1_{name}": value for name, value in {"applicant_role": "mother", **CHILD, **FATHER}.items()},
    "p1_surrogacy": "no",
    "p2_phone": "0912000111",
    "p2_email": "me.be@vi-du.example",
    "p2_parent_agrees": "declarant",
    "p2_dwelling": "rented",
    "p2_province": "01",
    "p2_ward": WARD,
    "p2_street": "Số 1 phố Thử Nghiệm",
    "p2_owner_agrees": "paper",
    "p2_owner_name": "Chủ Nhà Mẫu",
    "p2_head_name": "Trần Văn Thử",
    "p2_head_relation": "con",
    "p2_head_id_number": "001093000002",
    "p2_head_agrees": "vneid",
    "p3_subject_address": "Số 1 phố Thử Nghiệm, phường Hoàn Kiếm, thành phố Hà Nội",
    "p3_clinic_province": "01",
    "p3_clinic": "Trạm y tế phường Hoàn Kiếm",
    "p3_card": "electronic",
    "unit_code": "H26.101",
}
"""What the mother types: of 45 questions of three forms those that nobody has answered yet."""


@pytest.fixture
def mothers() -> Client:
    client = Client()
    sign_in(client, mother())
    return client


def fill_in(client: Client, **typed: str) -> list[str]:
    """Every page of the composed form, filled in and sent on, until its list says nothing is left; the questions that were asked."""
    asked: list[str] = []
    given = {**TYPED, **typed}
    listed = client.get(at(CODE, "to-khai/"))
    addresses = list(html.fromstring(listed.content).xpath("//ul[@class='tasks']//a/@href"))
    assert addresses, words(listed)
    for address in addresses:
        for _attempt in range(4):
            page = client.get(address)
            boxes = sends(page)
            here = {name: value for name, value in given.items() if name in boxes or name in page.content.decode()}
            asked += [name for name in here if name not in asked]
            done = client.post(address, {**boxes, **here, "act": "tiep"})
            if done.status_code == 302 and done["Location"].partition("#")[0] != address:
                break
        else:
            raise AssertionError(words(done))
    return asked


def give_papers(client: Client) -> None:
    page = client.get(at(CODE, "giay-to/"))
    kinds = [name.removeprefix("tep-") for name in html.fromstring(page.content).xpath("//input[@type='file']/@name")]
    for kind in kinds:
        if kind in ("giay-chung-sinh", "P2-TP-4"):
            page = client.get(at(CODE, "giay-to/"))
            client.post(at(CODE, "giay-to/"), hidden(page, **{f"tep-{kind}": photo(f"{kind}.png")}, act=f"them:{kind}"))
    StoredFile.objects.update(state=FileState.CLEAN, checked_at=timezone.now())


def send_all(client: Client) -> Any:
    page = client.get(at(CODE, "kiem-tra/"))
    return client.post(at(CODE, "kiem-tra/"), hidden(page))


@pytest.mark.requirement("C-06")
def test_a_birth_a_home_and_a_card_are_filed_once_and_decided_by_three_agencies(mothers: Client) -> None:
    start = words(mothers.get(at(CODE)))
    assert "Giấy chứng sinh" in start
    asked = fill_in(mothers)
    assert "p1_child_name" in asked and "p2_subject_name" not in asked, "the child's name is asked once"
    give_papers(mothers)
    check = mothers.get(at(CODE, "kiem-tra/"))
    assert "10.000" in words(check), "the charge of the residence"
    sent = send_all(mothers)
    assert sent.status_code == 302, words(sent)
    filing = LinkedFiling.objects.get()
    assert sent["Location"] == f"/ho-so/lien-thong/{filing.pk}/?da-gui=1" and not Draft.objects.exists()
    birth, residence, card = (part.dossier for part in filing.parts.order_by("position"))
    assert [one.procedure_code for one in (birth, residence, card)] == [BIRTH, RESIDENCE, CARD]
    assert [one.unit_code for one in (birth, residence, card)] == ["H26.101", "G01.101.2", "G24.101"]
    assert len({one.code for one in (birth, residence, card)}) == 3
    assert birth.answers["child_name"] == residence.answers["subject_name"] == card.answers["subject_name"] == CHILD["child_name"]
    assert (residence.answers["whom"], card.answers["group"], card.answers["phone"]) == ("child", "child", residence.answers["phone"])
    assert residence.answers["subject_birth_date"] == birth.answers["child_birth_date"] == "2026-11-15"
    assert [paper.kind for paper in birth.papers.all()] == ["giay-chung-sinh"] and [p.kind for p in residence.papers.all()] == ["TP-4"]
    assert all(one.form_version.procedure_code == one.procedure_code for one in (birth, residence, card)), "each by its own form"
    assert [bill_of(one).total for one in (birth, residence, card)] == [0, 10_000, 0], "each its own charge"
    assert residence.response_due_at > birth.response_due_at, "the police answer once the birth is registered"

    page = words(mothers.get(sent["Location"]))
    for one in (birth, residence, card):
        assert one.code in page
    assert "Cơ quan bắt đầu xem phần này khi phần “Khai sinh” có kết quả" in page
    own = words(mothers.get(f"/ho-so/{card.code}/"))
    assert "Nộp cùng một lần" in own and birth.code in own
    stranger = Client()
    sign_in(stranger, Person.objects.get(full_name="Trần Văn Thử"))
    assert stranger.get(f"/ho-so/lien-thong/{filing.pk}/").status_code == 404

    police, _ = desk("G01.101.2", "reception", "handling")
    early = police.post(f"{DESK}{residence.id}/receive/", {"seen": Dossier.objects.get(pk=residence.pk).version}, follow=True)
    residence.refresh_from_db()
    assert residence.state == State.SUBMITTED and "còn chờ kết quả phần “Khai sinh”" in words(early)

    decided(birth, "H26.101", registration_number="7", book="01/2026")
    residence.refresh_from_db()
    assert abs(residence.response_due_at - timezone.now()) < timedelta(days=6), "the clock of the next begins with the result"
    decided(residence, "G01.101.2", registered_on=f"{timezone.localdate():%d/%m/%Y}")
    today = f"{timezone.localdate():%d/%m/%Y}"
    decided(card, "G24.101", valid_from=today, valid_until="", five_years="")
    page = mothers.get(f"/ho-so/lien-thong/{filing.pk}/")
    assert page.content.decode().count("/ket-qua/") == 3, words(page)


def decided(dossier: Dossier, unit: str, **values: str) -> None:
    """Received, decided and signed over the unit's desk."""
    officer, _ = desk(unit, "reception", "handling")
    _chiefs, chief = desk(unit, "signing", credential="cred-test")
    dossier.refresh_from_db()
    officer.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version})
    dossier.refresh_from_db()
    assert dossier.state == State.PROCESSING, dossier.state
    ask = html.fromstring(officer.get(f"{DESK}{dossier.id}/decide/").content)
    boxes = {box.get("name"): box.get("value") or "Mẫu" for box in ask.xpath("//form//input[@type='text']")}
    body = {**boxes, **_choices(ask), **values, "seen": dossier.version, "signer_position_id": str(chief.id)}
    done = officer.post(f"{DESK}{dossier.id}/decide/", body)
    assert done.status_code == 302, words(done)
    issued = services.desk.result_of(Dossier.objects.get(pk=dossier.pk))
    assert issued is not None
    sign_by_hand(issued)
    dossier.refresh_from_db()
    assert dossier.state == State.RETURNED


def _choices(page: Any) -> dict[str, str]:
    """The first of every choice of a form."""
    found: dict[str, str] = {}
    for box in page.xpath("//form//input[@type='radio']"):
        found.setdefault(box.get("name"), box.get("value"))
    for box in page.xpath("//form//select"):
        options = [one for one in box.xpath("./option/@value") if one]
        if options:
            found.setdefault(box.get("name"), options[0])
    return found


@pytest.mark.requirement("C-06")
def test_a_refused_part_and_a_place_without_an_agency_lose_nothing(mothers: Client) -> None:
    fill_in(mothers, p2_ward=_another_ward())
    give_papers(mothers)
    refused = send_all(mothers)
    assert refused.status_code == 422 and "nơi này chưa có cơ quan nhận hồ sơ trực tuyến" in words(refused)
    assert not Dossier.objects.filter(procedure_code=BIRTH).exists() and Draft.objects.count() == 1, "all parts, or none"
    draft = Draft.objects.get()
    assert draft.answers["p1_child_name"] == CHILD["child_name"]
    draft.answers = {**draft.answers, "p2_ward": WARD}
    draft.save()
    sent = send_all(mothers)
    assert sent.status_code == 302, words(sent)
    again = mothers.post(at(CODE, "kiem-tra/"), {"draft": str(draft.id), "seen": ""})
    assert again["Location"] == sent["Location"] and LinkedFiling.objects.count() == 1, "sent twice is sent once"
    birth, residence, card = (part.dossier for part in LinkedFiling.objects.get().parts.order_by("position"))
    officer, _ = desk("H26.101", "reception", "handling")
    officer.post(
        f"{DESK}{birth.id}/refuse/", {"seen": birth.version, "reason": "Giấy chứng sinh không đọc được.", "basis": "Luật Hộ tịch, điều 16"}
    )
    birth.refresh_from_db()
    residence.refresh_from_db()
    assert birth.state == State.REFUSED and residence.state == card.state == State.SUBMITTED
    page = words(mothers.get(sent["Location"]))
    assert "Cơ quan bắt đầu xem phần này khi" not in page, "nobody waits for what was refused"
    insurer, _ = desk("G24.101", "reception", "handling")
    insurer.post(f"{DESK}{card.id}/receive/", {"seen": Dossier.objects.get(pk=card.pk).version})
    card.refresh_from_db()
    assert card.state == State.PROCESSING
    mothers.post(f"/ho-so/{residence.code}/rut/", {"seen": Dossier.objects.get(pk=residence.pk).version})
    card.refresh_from_db()
    assert card.state == State.PROCESSING, "one taken back leaves the others"


def _another_ward() -> str:
    from portal.catalogues.models import AdministrativeUnit, Agency

    have = Agency.objects.filter(name__startswith="Công an phường").values("administrative_unit__code")
    return str(
        AdministrativeUnit.objects.filter(parent__code="01").exclude(code__in=have).order_by("code").values_list("code", flat=True)[0]
    )


@pytest.mark.requirement("C-06")
def test_composed_forms_follow_their_parts() -> None:
    form = newest_form(CODE)
    assert [part.procedure for part in parts_in(form.document)] == [BIRTH, RESIDENCE, CARD]
    whole = sum(len(newest_form(code).fields) for code in (BIRTH, RESIDENCE, CARD))
    assert len(form.fields) <= whole - 20, "what is said once is not asked again"
    now = timezone.now()
    assert compose_forms(now=now) == len(specs()) == 2
    assert FormVersion.objects.filter(procedure_code=CODE).count() == 1, "nothing changed, nothing is published"
    document = newest_form(BIRTH).as_document
    document["fields"][4]["help"] = "Lời giúp mới của phần khai sinh."
    services.publish_form(procedure_code=BIRTH, document=document, now=now)
    after = newest_form(CODE)
    assert after.number == form.number + 1 and any(one.get("help") == "Lời giúp mới của phần khai sinh." for one in after.fields)
    # A part that does not fit any more leaves the form as it was: it names the versions it was composed of.
    other = {**document, "fields": [one for one in document["fields"] if one["name"] != "child_sex"]}
    services.publish_form(procedure_code=BIRTH, document=other, now=now)
    assert newest_form(CODE).pk == after.pk
    with pytest.raises(Misfit):
        _compose_now()


def _compose_now() -> None:
    from dossiers.interlinked.composing import compose
    from dossiers.interlinked.forms import _source

    now = timezone.now()
    compose(specs()[CODE], [_source(one["procedure"], now) for one in specs()[CODE]["parts"]], ())
