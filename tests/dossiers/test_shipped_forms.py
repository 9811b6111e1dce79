"""Every shipped form, filed once from its start page over HTTP by somebody whom it is for: its charge, its dossier, its printed form; and
decided on the desk by its shipped result template."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from lxml import html

from dossiers import printing
from dossiers.forms_data import FOLDER, shipped_form
from dossiers.models import Dossier, DossierStep, Draft, FormPrint, State
from dossiers.outcomes import outcome_of
from dossiers.papers import rule_fits as paper_rule_fits
from dossiers.services import printing as prints
from dossiers.services.desk import result_of
from dossiers.terms import terms_on
from portal.documents.rendering import document_html
from procedures import services as procedure_services
from procedures.fees import rule_fits as fee_rule_fits
from tests.dossiers.shipped_answers import CASES, Case
from tests.dossiers.signing import COMPANY, MOTHER, sign_outside
from tests.dossiers.support import hidden, mark_clean, mother, pay, photo
from tests.dossiers.test_parties import DIRECTOR, as_company
from tests.factories import make_position, sign_in

pytestmark = pytest.mark.usefixtures("demo_data")

DESK = "/quan-tri/dossiers/dossier/"
SHIPPED = sorted(file.stem for file in FOLDER.glob("*.json"))
NUMBERED = re.compile(r"(?P<group>[a-z][a-z0-9_]*)-(?P<row>[0-9]+)-(?P<field>[a-z][a-z0-9_]*)")


def words(response: Any) -> str:
    """The page as people read it."""
    return plain(response.content.decode())


def plain(text: str) -> str:
    text = re.sub(r"<(script|style|title)[^>]*>.*?</\1>", " ", text, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ").split())


def client_for(case: Case) -> Client:
    """Who files: the demo mother, or the director of the demo company."""
    if case.as_company:
        return as_company(DIRECTOR)
    client = Client()
    sign_in(client, mother())
    return client


def at(code: str, page: str = "") -> str:
    return f"/nop-ho-so/{code}/{page}"


def _answer(answers: dict[str, Any], name: str) -> Any:
    """What is answered to a field of the page; None where nothing is."""
    if match := NUMBERED.fullmatch(name):
        rows = answers.get(match["group"], [])
        row = int(match["row"])
        return rows[row].get(match["field"]) if row < len(rows) else None
    return answers.get(name)


def _body(page: Any, answers: dict[str, Any]) -> dict[str, Any]:
    """What a browser would send from the form of a page, filled in with these answers."""
    [form] = html.fromstring(page.content).xpath("//main//form[.//input[@name='csrfmiddlewaretoken']][.//*[@name='act']]")
    body: dict[str, Any] = {}
    for box in form.xpath(".//input[@name]|.//select[@name]|.//textarea[@name]"):
        name, kind = box.get("name"), box.get("type", "")
        said = _answer(answers, name)
        if said is not None:
            body[name] = said
        elif kind in ("radio", "checkbox"):
            if box.get("checked") is not None:
                body.setdefault(name, []).append(box.get("value")) if kind == "checkbox" else body.update({name: box.get("value")})
        elif box.tag == "select":
            chosen = box.xpath("./option[@selected]|./optgroup/option[@selected]")
            body[name] = chosen[0].get("value", "") if chosen else ""
        elif kind not in ("file", "submit", "button"):
            body[name] = box.get("value") or (box.text or "").strip()
    body["confirm"] = form.xpath(".//input[@name='confirm']/@value")
    return body


def path(address: str) -> str:
    """An address without what follows ``#``."""
    return address.partition("#")[0]


def declare(client: Client, case: Case) -> None:
    """All of the declaration, as a browser without JavaScript goes through it."""
    lately = f"{timezone.localdate() - timedelta(days=3):%d/%m/%Y}"
    answers = {name: lately if value == "{lately}" else value for name, value in case.answers.items()}
    answers |= {"unit_code": case.unit} if case.unit else {}
    whole, papers = at(case.code, "to-khai/"), at(case.code, "giay-to/")
    address, filled = whole, set[str]()
    for _step in range(40):
        page = client.get(address)
        assert page.status_code == 200, (address, page.get("Location"))
        tasks = html.fromstring(page.content).xpath("//ul[@class='tasks']//a/@href")
        if tasks and address == whole:
            if case.unit and not filled:
                assert client.post(whole, _body(page, answers) | {"act": "luu"}).status_code == 302
            open_tasks = [href for href in tasks if path(href) not in filled]
            assert open_tasks, words(page)
            address = path(open_tasks[0])
            continue
        filled.add(address)
        for group in html.fromstring(page.content).xpath("//button[starts-with(@value, 'them:')]/@value"):
            rows = answers.get(group.removeprefix("them:"), [])
            for _row in rows[len(html.fromstring(page.content).xpath("//ol[@class='rows']/li")) :]:
                add_row(client, address, group, answers)
        address = step(client, address, answers)
        if address == papers:
            return
    raise AssertionError("no end of pages")


def add_row(client: Client, address: str, group: str, answers: dict[str, Any]) -> None:
    """One more row of a group, on its own page."""
    opened = client.post(address, _body(client.get(address), answers) | {"act": group})
    assert opened.status_code == 302, words(opened)
    row = opened["Location"]
    while path(row) != address:
        row = step(client, path(row), answers)


def step(client: Client, address: str, answers: dict[str, Any]) -> str:
    """Fill in one page and go on; where that leads."""
    page = client.get(address)
    done = client.post(address, _body(page, answers) | {"act": "tiep"})
    if done.status_code == 422:
        done = client.post(address, _body(done, answers) | {"act": "tiep"})
    assert done.status_code == 302, f"{address}: {words(done)}"
    return path(done["Location"])


def give_papers(client: Client, case: Case) -> int:
    """Every paper that must be given; how many."""
    page = client.get(at(case.code, "giay-to/"))
    missing = client.post(at(case.code, "giay-to/"), _body(page, {}) | {"act": "tiep"})
    if missing.status_code == 302:
        return 0
    draft = Draft.objects.get(procedure_code=case.code)
    boxes = [box.get("name") for box in html.fromstring(missing.content).xpath("//main//input[@type='file']")]
    wanted = [name for name in boxes if f"Còn thiếu: {paper_name(case.code, name)}" in words(missing)]
    body = _body(missing, {}) | {"act": "tiep"} | {name: photo(f"{name}.png") for name in wanted}
    done = client.post(at(case.code, "giay-to/"), body)
    assert done.status_code == 302, words(done)
    return draft.papers.count()


def paper_name(code: str, box: str) -> str:
    """Name of the paper behind a box of the papers' page."""
    kind = box.removeprefix("tep-")
    return next((paper.name for paper in terms_on(code, timezone.now()).papers if paper.kind == kind), "?")


@pytest.mark.requirement("D-01", "D-03", "D-30")
@pytest.mark.requirement("S-01", "S-02", "S-03", "S-04", "S-05", "S-06", "S-07", "S-08", "S-09", "S-10", "D-19")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_form_is_filed_with_its_charge_and_printed(case: Case, request: pytest.FixtureRequest) -> None:
    # Before anything is written: where the form asks for a signature there must be somebody to give it.
    wanted = shipped_form(case.code).get("signature")
    signs = wanted == "applicant" or (wanted == "organisation" and case.as_company)
    outside = request.getfixturevalue("outside") if signs else None
    client = client_for(case)
    start = client.get(at(case.code))
    assert start.status_code == 200 and "Bắt đầu" in words(start)
    declare(client, case)
    assert give_papers(client, case) == case.papers
    check = client.get(at(case.code, "kiem-tra/"))
    assert "Còn thiếu" not in words(check) and "Khi nào có kết quả" in words(check)
    draft_print(client, case)
    if outside is not None:
        assert "Gửi hồ sơ" not in words(check)
        sign_outside(client, outside, case.code, COMPANY if case.as_company else MOTHER)
    page = client.get(at(case.code, "kiem-tra/"))
    [form] = html.fromstring(page.content).xpath("//main//form[.//input[@name='seen']]")
    done = client.post(at(case.code, "kiem-tra/"), {box.get("name"): box.get("value") for box in form.xpath(".//input[@name]")})
    assert done.status_code == 302, words(done)
    dossier = Dossier.objects.get(code=done["Location"].split("/")[2])
    assert (dossier.procedure_code, dossier.unit_code or "?") == (case.code, case.unit or dossier.unit_code)
    bill = dossier.bill or {"charges": [], "open": []}
    owed = sum(charge["unit_amount"] * charge["number"] - charge["reduction"] for charge in bill["charges"])
    assert (owed, len(bill["open"])) == (case.total, case.still_open), bill

    assert client.post(f"/ho-so/{dossier.code}/in/").status_code == 302
    filing = prints.filing_of(FormPrint.objects.get(sent=True), now=timezone.now())
    assert filing is not None
    text = plain(printing.html(filing, now=timezone.now()))
    missing = [part for part in (*case.printed, dossier.code) if part not in text]
    assert not missing, text
    assert ("không phải mẫu theo quy định" in text) is not case.lawful
    page = client.get(f"/ho-so/{dossier.code}/")
    assert f"/ho-so/{dossier.code}/in/" in page.content.decode()

    decided_on_the_desk(dossier, client)


def decided_on_the_desk(dossier: Dossier, client: Client) -> None:
    """Received, shown to who filed where its template says so, decided: the paper names what the template promises."""
    if dossier.awaits_payment:
        pay(dossier)
    position = make_position(unit=dossier.unit_code, roles=("reception", "handling"))
    chief = make_position(unit=dossier.unit_code, roles=("signing",), credential_id="cred-test", title="Lãnh đạo thử nghiệm")
    desk = Client()
    sign_in(desk, position.person, position=position)
    address = f"{DESK}{dossier.id}/"

    def act(name: str, /, **said: Any) -> Any:
        dossier.refresh_from_db()
        return desk.post(f"{address}{name}/", {"seen": dossier.version, **said})

    assert act("receive").status_code == 302
    mark_clean(dossier)
    assert dossier.code in words(desk.get(f"{address}change/"))
    lead = Client()
    sign_in(lead, chief.person, position=chief)
    while (step := DossierStep.objects.filter(dossier=dossier, finished_at=None).first()) is not None and step.act != "decide":
        if step.officer_id != position.pk:
            dossier.refresh_from_db()
            said = {"seen": dossier.version, "officer": str(position.pk), "reason": "Thử"}
            assert lead.post(f"{address}assign/", said).status_code == 302
        passed = act("pass_step", to_position=str(position.pk), note="Đã xem")
        assert passed.status_code == 302, words(passed)
    outcome = outcome_of(dossier.procedure_code)
    assert outcome is not None, "each that ships ends in something"
    if "shown" in outcome.document:
        first = act("decide", **_said(desk.get(f"{address}decide/"), dossier, chief))
        assert first.status_code == 409 and "Cho người nộp xem dự thảo" in words(first)
        shown = act("show_draft", **_said(desk.get(f"{address}show_draft/"), dossier, chief))
        assert shown.status_code == 302, words(shown)
        draft = client.get(f"/ho-so/{dossier.code}/du-thao/")
        assert outcome.title in words(draft)
        assert client.post(f"/ho-so/{dossier.code}/du-thao/", hidden(draft, act="dong-y", reason="")).status_code == 302
    done = act("decide", **_said(desk.get(f"{address}decide/"), dossier, chief))
    assert done.status_code == 302, words(done)
    dossier.refresh_from_db()
    assert dossier.state == State.PROCESSING and dossier.awaits_signature
    issued = result_of(dossier)
    assert issued is not None and issued.document.title == outcome.title
    assert ("valid" in outcome.document) >= (issued.valid_until is not None)
    text = plain(document_html(issued.document, at=timezone.now()))
    name = dossier.subject_name or dossier.owner_name
    assert name.casefold() in text.casefold() and str(chief.title) in text, text


def _said(page: Any, dossier: Dossier, chief: Any) -> dict[str, str]:
    """What an officer sends from the page of a decision: what stands there, and something in each box that is empty."""
    assert page.status_code == 200
    outcome = outcome_of(dossier.procedure_code)
    assert outcome is not None
    specs = {spec["name"]: spec for spec in outcome.fields}
    made_up = {"month": f"{timezone.localdate():%m/%Y}", "money": "1000", "decimal": "1"}

    def typed(spec: Mapping[str, Any]) -> str:
        if spec.get("kind") == "date":
            return f"{timezone.localdate() + timedelta(days=90 if spec.get('future') else 0):%d/%m/%Y}"
        if spec.get("kind") == "number":
            return str(spec.get("min", 1))
        return made_up.get(spec.get("kind", ""), "Thử")

    [form] = html.fromstring(page.content.decode()).xpath("//form[.//*[@name='seen']]")
    body: dict[str, str] = {}
    for box in form.xpath(".//input[@name]|.//select[@name]|.//textarea[@name]"):
        name, kind = box.get("name"), box.get("type", "")
        if name in ("seen", "csrfmiddlewaretoken"):
            continue
        if kind == "radio":
            if name not in body or box.get("checked") is not None:
                body[name] = box.get("value")
        elif box.tag == "select":
            body[name] = next(iter(box.xpath("./option[@selected]/@value") or filter(None, box.xpath("./option/@value"))), "")
        else:
            body[name] = box.get("value") or (box.text or "").strip() or typed(specs.get(name, {}))
    return body | {"signer_position_id": str(chief.pk)}


def draft_print(client: Client, case: Case) -> None:
    """The filled form on paper, without sending it."""
    address = at(case.code, "in/")
    assert address in client.get(at(case.code, "kiem-tra/")).content.decode()
    assert client.post(address).status_code == 302
    assert "Đang lập bản in" in words(client.get(address))
    row = FormPrint.objects.get(sent=False)
    prints.make_print(print_id=row.pk, now=timezone.now())
    assert "Bản in đã xong" in words(client.get(address))
    pdf = b"".join(client.get(address + "to-khai.pdf").streaming_content)  # type: ignore[attr-defined]
    assert pdf.startswith(b"%PDF-1.7") and len(pdf) > 8_000


def test_all_that_ships_is_filed_here_and_offered_in_the_catalogue() -> None:
    assert sorted(case.code for case in CASES) == SHIPPED
    online = {record["code"]: record["online_service"] for record in procedure_services.shipped_records() if "online_service" in record}
    # Composed of the forms of their parts: tests/dossiers/test_interlinked.py files them.
    interlinked = {"2.000986", "2.001023"}
    assert sorted(online) == sorted({*SHIPPED, *interlinked}), "a form that does not exist is not offered, one that does is"
    assert all(service["code"] == f"{code}.01" and service["level"] in ("full", "part") for code, service in online.items())
    groups = Counter(record.get("group", "S-06") for record in procedure_services.shipped_records() if record["code"] in online)
    assert {f"S-{number:02}" for number in range(1, 11)} <= set(groups) and len(SHIPPED) >= 20


@pytest.mark.parametrize("code", SHIPPED)
def test_rules_of_papers_and_charges_name_what_the_catalogue_has(code: str) -> None:
    form, terms = shipped_form(code), terms_on(code, timezone.now())
    for rule in form.get("papers", []):
        assert "label" in rule or any(paper_rule_fits(rule, paper) for paper in terms.papers), rule
    for rule in form.get("charges", []):
        assert any(fee_rule_fits(rule, fee) for fee in terms.fees), rule
    cases = {paper.case for paper in terms.papers if paper.case}
    decided = {
        paper.case for paper in terms.papers if any(paper_rule_fits(rule, paper) for rule in form.get("papers", []) if "label" not in rule)
    }
    assert cases - decided == LEFT_TO_THE_PERSON.get(code, set())


LEFT_TO_THE_PERSON = {"1.001193": {"Trẻ bị bỏ rơi"}, "2.000635": {"Cơ quan, tổ chức yêu cầu"}}
"""Cases of papers that no answer of the form decides."""


@pytest.mark.parametrize("code", SHIPPED)
def test_a_form_speaks_both_languages_and_names_its_template(code: str) -> None:
    form = shipped_form(code)
    lawful = form.get("lawful_form")
    if lawful and "print" in lawful:
        assert (settings.BASE_DIR / "templates" / "documents" / "forms" / f"{lawful['print']}.html").is_file()
    for page in form.get("pages", []):
        assert page["title_en"], page
    for spec in (one for whole in form["fields"] for one in (whole, *whole.get("fields", []))):
        assert spec.get("label_en"), spec["name"]
        assert bool(spec.get("help")) == bool(spec.get("help_en")), spec["name"]
        assert all(choice["label_en"] for choice in spec.get("choices", []) if isinstance(choice, dict)), spec["name"]
