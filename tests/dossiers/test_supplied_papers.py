"""Papers that a registry or the store supplies are not asked for (D-02, D-04)."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html

from dossiers.models import Dossier, Paper, RegistryAnswer, StorePaper
from dossiers.services import registries
from dossiers.store import proofs, reusing
from procedures import services as procedures
from tests.dossiers.shipped_answers import CASES
from tests.dossiers.support import hidden, mother
from tests.dossiers.test_reminders import morning, told
from tests.dossiers.test_shipped_forms import at, declare, give_papers, words
from tests.dossiers.test_sources import browser, desk_page, work
from tests.dossiers.test_store import body

pytestmark = pytest.mark.usefixtures("demo_data")

LICENCE = "3.000347"
BY_CODE = {case.code: case for case in CASES}


def sent(client: Client, code: str) -> Dossier:
    page = client.get(at(code, "kiem-tra/"))
    assert "Còn thiếu" not in words(page), words(page)
    [form] = html.fromstring(page.content).xpath("//main//form[.//input[@name='seen']]")
    done = client.post(at(code, "kiem-tra/"), {box.get("name"): box.get("value") for box in form.xpath(".//input[@name]")})
    assert done.status_code == 302, words(done)
    return Dossier.objects.get(code=done["Location"].split("/")[2])


def registry_facts() -> dict[str, Any]:
    """What the registry of vehicles says of the mother, as it is kept."""
    return dict(RegistryAnswer.objects.get(registry="vehicle").said["facts"])


@pytest.mark.requirement("D-02", "D-04")
def test_a_licence_that_the_police_know_is_not_asked_for_and_the_officer_gets_its_proof(outside: Any) -> None:
    client = browser()
    client.get(at(LICENCE, "to-khai/"))
    work()
    paper = StorePaper.objects.get()
    assert (paper.kind, paper.origin, paper.signature, paper.number) == ("KQ.G01.000185", "registry", "proof", "000000000011")
    facts = {name.removeprefix("vehicle."): value for name, value in registry_facts().items()}
    said = {name: facts[name] for name in sorted(facts) if name != "licence_year"}
    plain = json.dumps({"kind": paper.kind, "said": said}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert paper.said_sha256 == hashlib.sha256(plain.encode()).hexdigest()
    shown = words(client.get(f"/kho-giay-to/{paper.pk}/"))
    assert paper.said_sha256 in shown and "Cơ sở dữ liệu đăng ký xe, giấy phép lái xe" in shown and "15/06/2032" in shown
    assert body(client.get(f"/kho-giay-to/{paper.pk}/tep/1/")).startswith(b"%PDF")

    declare(client, BY_CODE[LICENCE])
    page = client.get(at(LICENCE, "giay-to/"))
    [box] = html.fromstring(page.content).xpath("//input[starts-with(@name, 'kho-')]")
    assert box.get("checked") is not None and box.get("value") == str(paper.pk)
    answer = client.post(at(LICENCE, "giay-to/"), hidden(page, act=f"kho:{box.get('name')[4:]}", **{box.get("name"): str(paper.pk)}))
    assert answer.status_code == 302
    give_papers(client, BY_CODE[LICENCE])
    given = Paper.objects.get(from_store=paper)
    assert given.origin == "reused" and given.label.startswith("Giấy phép lái xe")
    dossier = sent(client, LICENCE)
    assert dossier.answers["licence_number"] == "000000000011" and dossier.reuse.papers_reused == 1
    page = desk_page(dossier)
    assert f"SHA-256 của nội dung: {paper.said_sha256}" in page and "trả lời lúc" in page and "Cơ sở dữ liệu của Nhà nước".lower() in page


@pytest.mark.requirement("D-04", "D-20")
def test_a_registry_that_says_the_same_keeps_its_paper_and_one_that_says_else_ends_it(outside: Any) -> None:
    client = browser()
    client.get(at(LICENCE, "to-khai/"))
    work()
    row, first = RegistryAnswer.objects.get(registry="vehicle"), StorePaper.objects.get()
    later = timezone.now() + timedelta(hours=2)
    registries.keep_said(answer_id=row.pk, said=row.said, now=later)
    assert proofs.keep(answer_id=row.pk, now=later) == [] and StorePaper.objects.get().said_at == later
    soon = timezone.localdate() + timedelta(days=20)
    facts = {**row.said["facts"], "vehicle.licence_valid_until": soon.isoformat(), "vehicle.licence_class": "C1"}
    registries.keep_said(answer_id=row.pk, said={"facts": facts, "rows": []}, now=later + timedelta(hours=1))
    work()
    [second] = StorePaper.objects.exclude(pk=first.pk)
    first.refresh_from_db()
    assert first.valid_until == timezone.localdate() - timedelta(days=1) and second.valid_until == soon
    registries.keep_said(answer_id=row.pk, said=None, now=later + timedelta(hours=2))

    # About to end: said once, and where it lies.
    for _twice in range(2):
        morning(timezone.localtime().replace(hour=10))
    [notice] = told("dossiers.paper_ends")
    assert notice.link == f"/kho-giay-to/{second.pk}/" and "Giấy phép lái xe" in str(notice.title)


@pytest.mark.requirement("D-02")
def test_of_the_same_paper_the_best_proved_is_offered_once() -> None:
    day = timezone.localdate()
    common = {"party_id": mother().id, "kind": "KQ.G15.000032", "number": "45/2018", "issued_on": day}
    copy, said, issued = (StorePaper(**common, origin=origin) for origin in ("uploaded", "registry", "issued"))
    other = StorePaper(**{**common, "issued_on": day - timedelta(days=1)}, origin="uploaded")
    assert reusing._once([copy, said, issued, other]) == [issued, other] and reusing._once([copy, said]) == [said]


@pytest.mark.requirement("D-02")
def test_every_paper_that_another_result_replaces_names_one_that_somebody_issues() -> None:
    """Of the shipped procedures: codes of results that a shipped procedure or a registry gives."""
    records = procedures.shipped_records()
    results = {one["code"] for record in records for one in record["results"] if one.get("code")}
    results |= {kind.code for kinds in proofs.KINDS.values() for kind in kinds}
    named = {one["replaced_by_result"] for record in records for one in record["documents"] if one.get("replaced_by_result")}
    assert named <= results, named - results
    assert {"KQ.G15.000031", "KQ.G15.000032", "KQ.G12.001041", "KQ.G12.001056", "KQ.G01.000014", "KQ.G10.001147"} <= named
