"""Dossiers of three kinds, over HTTP: each with its own form, papers, charges, decision and result; nothing shared knows which."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from lxml import html

from dossiers import services
from dossiers.forms_data import FOLDER, shipped_form
from dossiers.models import Dossier, RegisterEntry, State
from dossiers.outcomes import decision_form, outcome_of
from dossiers.papers import rule_fits as paper_rule_fits
from dossiers.result_documents.drawing import content
from dossiers.services.desk import result_of
from dossiers.terms import terms_on
from portal.documents import steps
from portal.documents.rendering import document_html
from procedures.fees import rule_fits as fee_rule_fits
from tests.dossiers.support import CODE, hidden, mother, pay, photo, ready_draft, sign_by_hand
from tests.factories import citizen_actor, make_position, officer_actor, sign_in

pytestmark = pytest.mark.usefixtures("demo_data")

EXTRACT, DIPLOMA = "2.000635", "1.004889"
DESK = "/quan-tri/dossiers/dossier/"
FORMULA = "3 bản × 8.000 đ = 24.000 đ"
REGISTER = {
    "original_number": "125/1995",
    "original_book": "01/1995",
    "original_date": "20/03/1995",
    "original_place": "Ủy ban nhân dân phường Ví Dụ, Hà Nội",
    "sex": "female",
    "ethnicity": "Kinh",
    "birth_place": "Bệnh viện Thử Nghiệm, Hà Nội",
    "mother_name": "Lê Thị Giả Định",
    "mother_birth_year": "1970",
    "father_name": "Nguyễn Văn Giả Định",
    "father_birth_year": "1968",
}


def words(response: Any) -> str:
    """The page as people read it."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).replace("\u00a0", " ").split())


def at(code: str, page: str = "") -> str:
    return f"/nop-ho-so/{code}/{page}"


@pytest.fixture
def mothers() -> Client:
    client = Client()
    sign_in(client, mother())
    return client


def desk(unit: str, *roles: str, credential: str = "") -> tuple[Client, Any]:
    position = make_position(unit=unit, roles=roles, credential_id=credential, title="Phó Giám đốc thử nghiệm")
    client = Client()
    sign_in(client, position.person, position=position)
    return client, position


def declare(client: Client, code: str, first: dict[str, str], rest: dict[str, str]) -> Any:
    """The declaration of a form that asks first who one is."""
    page = client.get(at(code, "to-khai/"))
    assert client.post(at(code, "to-khai/"), hidden(page, **first, act="tiep"))["Location"] == at(code, "to-khai/")
    page = client.get(at(code, "to-khai/"))
    return client.post(at(code, "to-khai/"), hidden(page, **rest, act="tiep"))


def send(client: Client, code: str) -> Dossier:
    """From the check page to the dossier."""
    page = client.get(at(code, "kiem-tra/"))
    done = client.post(at(code, "kiem-tra/"), hidden(page))
    assert done.status_code == 302, words(done)
    return Dossier.objects.get(code=done["Location"].split("/")[2])


def order_copies(client: Client, *, copies: str = "3", unit: str = "H26.101", **more: str) -> Dossier:
    rest = {
        "registered_place": "Ủy ban nhân dân phường Ví Dụ",
        "registered_number": "125/1995",
        "copies": copies,
        "unit_code": unit,
        **more,
    }
    sent = declare(client, EXTRACT, {"whom": "self", "register_kind": "birth"}, rest)
    assert sent["Location"] == at(EXTRACT, "giay-to/"), words(sent)
    page = client.get(at(EXTRACT, "giay-to/"))
    assert FORMULA in words(page) or copies != "3"
    assert client.post(at(EXTRACT, "giay-to/"), hidden(page, act="tiep"))["Location"] == at(EXTRACT, "kiem-tra/")
    assert FORMULA in words(client.get(at(EXTRACT, "kiem-tra/"))) or copies != "3"
    return send(client, EXTRACT)


@pytest.mark.requirement("D-01", "D-10")
def test_a_mother_orders_three_copies_and_the_officer_decides_with_its_own_form(mothers: Client) -> None:
    start = words(mothers.get(at(EXTRACT)))
    assert "8.000 đ/bản sao" in start and FORMULA in start and "Bạn trả trực tuyến ngay sau khi gửi hồ sơ, trong 3 ngày làm việc" in start
    dossier = order_copies(mothers)
    assert (dossier.unit_code, dossier.subject_name) == ("H26.101", "Nguyễn Thị Mẫu")
    assert FORMULA in words(mothers.get(f"/ho-so/{dossier.code}/"))

    pay(dossier)
    officer, _ = desk("H26.101", "reception", "handling")
    chiefs, chief = desk("H26.101", "signing", credential="cred-test")
    change = f"{DESK}{dossier.id}/change/"
    assert officer.post(f"{DESK}{dossier.id}/receive/", {"seen": dossier.version}).status_code == 302
    assert FORMULA in words(officer.get(change))
    ask = officer.get(f"{DESK}{dossier.id}/decide/")
    page = html.fromstring(ask.content.decode())
    boxes = {box.get("name"): box.get("value") or "" for box in page.xpath("//form//input[@type='text']")}
    assert boxes["name"] == "Nguyễn Thị Mẫu" and boxes["birth_date"] == "14/03/1995" and boxes["original_number"] == "125/1995"
    assert "book" not in boxes and "husband_name" not in boxes and "death_time" not in boxes, "only what a register of births says"
    assert boxes["registration_number"].startswith("1/")
    dossier.refresh_from_db()
    body = {**boxes, **REGISTER, "seen": dossier.version, "signer_position_id": str(chief.id)}
    wrong = officer.post(f"{DESK}{dossier.id}/decide/", body | {"original_place": "", "original_date": "31/02/1995"})
    assert wrong.status_code == 422 and "Bạn hãy nhập thông tin này." in words(wrong) and "Ngày không đúng" in words(wrong)
    assert officer.post(f"{DESK}{dossier.id}/decide/", body)["Location"] == change
    assert "Nơi đã đăng ký Ủy ban nhân dân phường Ví Dụ, Hà Nội" in words(chiefs.get(change)), "the leader reads what was decided"

    dossier.refresh_from_db()
    issued = result_of(dossier)
    assert issued is not None
    entry = RegisterEntry.objects.get(dossier=dossier)
    assert (entry.register, entry.book) == ("extract", 1)
    text = " ".join(re.sub(r"<[^>]+>", " ", document_html(issued.document, at=timezone.now())).split())
    for part in (
        "Trích lục khai sinh",
        "Bản sao",
        f"{entry.number}/TLKS-BS",
        "NGUYỄN THỊ MẪU",
        "14/03/1995",
        "125/1995",
        "20/03/1995",
        "Lê Thị Giả Định",
    ):
        assert part in text, part
    assert "Giấy khai sinh" not in text
    steps.render(issued.document_id)
    sign_by_hand(issued)
    dossier.refresh_from_db()
    assert dossier.state == State.RETURNED
    assert "Trích lục hộ tịch (bản sao)" in words(mothers.get(f"/ho-so/{dossier.code}/"))


@pytest.mark.parametrize(
    ("kind", "has", "has_not"),
    [("birth", "birth_place", "husband_name"), ("marriage", "wife_name", "name"), ("death", "death_cause", "birth_place")],
)
def test_the_officer_is_asked_what_that_register_says(kind: str, has: str, has_not: str) -> None:
    outcome = outcome_of(EXTRACT)
    assert outcome is not None
    form = decision_form(outcome, Dossier(answers={"register_kind": kind}))
    assert has in form.fields and has_not not in form.fields and "original_number" in form.fields
    assert next(iter(form.fields)) == "registration_number"


def test_every_line_of_these_results_can_be_compared(mothers: Client) -> None:
    """A line left out could be altered unseen; numbers of identity are masked."""
    dossier = order_copies(mothers, copies="1")
    pay(dossier)
    officer, chief = make_position(roles=("reception", "handling")), make_position(roles=("signing",), credential_id="cred-test")
    services.receive(actor=officer_actor(officer), dossier_id=dossier.id, seen_version=dossier.version, now=timezone.now())
    dossier.refresh_from_db()
    values = {"registration_number": "7", "name": "Nguyễn Thị Mẫu", "birth_date": "14/03/1995", "id_number": "001195000001", **REGISTER}
    issued = services.decide(
        actor=officer_actor(officer), dossier_id=dossier.id, seen_version=dossier.version, values=values,
        signer_position_id=chief.id, now=timezone.now(),
    )  # fmt: skip
    unit = "Ủy ban nhân dân phường Hoàn Kiếm"
    lines = [value for section in content(issued.document.context, unit) for _label, value in section.lines]
    body = document_html(issued.document, at=timezone.now()).partition("<main>")[2].partition("</main>")[0]
    for value in re.findall(r"<dd>(.*?)</dd>", body, re.S):
        assert ("•••• •••• 0001" if value == "001195000001" else unescape(value)) in lines, value
    assert "7/TLKS-BS" in lines and "Trích lục khai sinh" in lines and "001195000001" not in lines


def test_a_decision_needs_what_its_form_needs_and_is_not_typed_twice(mothers: Client) -> None:
    dossier = order_copies(mothers, copies="1")
    pay(dossier)
    officer, chief = (
        officer_actor(make_position(roles=("reception", "handling"))),
        make_position(roles=("signing",), credential_id="cred-x"),
    )
    services.receive(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, now=timezone.now())
    dossier.refresh_from_db()
    common: dict[str, Any] = {"actor": officer, "dossier_id": dossier.id, "now": timezone.now()}
    values = {"registration_number": "9", "name": "Nguyễn Thị Mẫu", "birth_date": "14/03/1995", **REGISTER}
    with pytest.raises(ValueError, match="original_place"):
        services.decide(**common, seen_version=dossier.version, values={**values, "original_place": ""}, signer_position_id=chief.id)
    assert not RegisterEntry.objects.filter(dossier=dossier).exists(), "no number without a decision"
    services.decide(**common, seen_version=dossier.version, values=values, signer_position_id=chief.id)
    dossier.refresh_from_db()
    services.take_back(**common, seen_version=dossier.version, reason="nhầm số")
    client = Client()
    sign_in(client, officer_actor_person(officer), position=position_of(officer))
    boxes = html.fromstring(client.get(f"{DESK}{dossier.id}/decide/").content.decode()).xpath("//form//input[@name='birth_place']/@value")
    assert boxes == ["Bệnh viện Thử Nghiệm, Hà Nội"]


def position_of(actor: Any) -> Any:
    from accounts.models import Position

    return Position.objects.select_related("person").get(pk=actor.position_id)


def officer_actor_person(actor: Any) -> Any:
    return position_of(actor).person


STUDY = {
    "diploma_kind": "upper",
    "diploma_title": "High School Diploma",
    "school_name": "Example High School",
    "school_country": "Úc",
    "study_place": "abroad",
    "study_form": "present",
    "study_years": "2010–2013",
    "diploma_date": "20/06/2013",
    "has_related": "no",
}


@pytest.mark.requirement("D-01", "D-10")
def test_a_diploma_is_recognised_by_a_department_of_the_province(mothers: Client) -> None:
    first = {"whose": "self", "has_proof": "no"}
    page = declare(mothers, DIPLOMA, first, STUDY | {"unit_code": "H26.201", "has_related": "yes"})
    assert page["Location"] == at(DIPLOMA, "giay-to/"), words(page)
    papers = mothers.get(at(DIPLOMA, "giay-to/"))
    assert "500.000 đ" in words(papers) and "250.000" not in words(papers)
    assert "vì bạn trả lời “Bạn có văn bằng, chứng chỉ khác liên quan trực tiếp không?”: Có" in words(papers)
    assert mothers.get(at(DIPLOMA, "kiem-tra/")).status_code == 200
    terms = terms_on(DIPLOMA, timezone.now())
    required = [paper.kind for paper in terms.papers if paper.required]
    related = next(paper.kind for paper in terms.papers if paper.case == "Có văn bằng, chứng chỉ liên quan")
    more = {f"tep-{kind}": photo(f"{kind}.png") for kind in required}
    missing = mothers.post(at(DIPLOMA, "giay-to/"), hidden(papers, act="tiep", **more))
    assert missing.status_code == 422
    assert "Còn thiếu: Bản sao công chứng văn bằng, chứng chỉ có liên quan trực tiếp (vì bạn trả lời" in words(missing)
    added = mothers.post(at(DIPLOMA, "giay-to/"), hidden(missing, act="tiep", **{f"tep-{related}": photo("lien-quan.png")}))
    assert added["Location"] == at(DIPLOMA, "kiem-tra/")

    # After a changed answer the paper is no longer wanted; it is kept, and nobody is asked for it.
    page = mothers.get(at(DIPLOMA, "to-khai/") + "?ve=kiem-tra")
    assert mothers.post(at(DIPLOMA, "to-khai/"), hidden(page, **STUDY, unit_code="H26.201", act="tiep")).status_code == 302
    papers = words(mothers.get(at(DIPLOMA, "giay-to/")))
    assert "Không còn cần" in papers and "lien-quan.png" in papers
    assert "không còn cần" in words(mothers.get(at(DIPLOMA, "kiem-tra/")))
    dossier = send(mothers, DIPLOMA)
    assert dossier.unit_code == "H26.201"
    pay(dossier)
    officer, chief = (
        officer_actor(make_position(unit="H26.201", roles=("reception", "handling"))),
        desk("H26.201", "signing", credential="c"),
    )
    services.receive(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, now=timezone.now())
    dossier.refresh_from_db()
    outcome = outcome_of(DIPLOMA)
    assert outcome is not None
    form = decision_form(outcome, dossier)
    assert (
        form.initial["title"] == "High School Diploma" and form.initial["issued_on"] == "20/06/2013" and form.initial["equals"] == "upper"
    )
    values = {**form.initial, "registration_number": "12", "verified": "Trang tra cứu của trường"}
    issued = services.decide(
        actor=officer,
        dossier_id=dossier.id,
        seen_version=dossier.version,
        values=values,
        signer_position_id=chief[1].id,
        now=timezone.now(),
    )
    text = document_html(issued.document, at=timezone.now())
    for part in (
        "Giấy công nhận văn bằng",
        "High School Diploma",
        "Bằng tốt nghiệp trung học phổ thông",
        f"12/{timezone.localdate().year}",
    ):
        assert part in text, part
    assert "Trang tra cứu" not in text
    assert "Trang tra cứu của trường" in words(chief[0].get(f"{DESK}{dossier.id}/change/"))


def test_only_agencies_that_carry_it_out_are_offered(mothers: Client) -> None:
    def offered(code: str, **first: str) -> list[str]:
        mothers.post(at(code, "to-khai/"), hidden(mothers.get(at(code, "to-khai/")), **first, act="tiep"))
        values = html.fromstring(mothers.get(at(code, "to-khai/")).content).xpath("//select[@name='unit_code']/option/@value")
        return [value for value in values if value]

    assert offered(DIPLOMA, whose="self", has_proof="no") == ["H26.201"]
    assert offered(EXTRACT, whom="self", register_kind="birth") == ["H26.101", "H26.102"], "no People's Committee of a province"


@pytest.mark.requirement("D-01")
def test_who_is_authorised_is_asked_for_the_authority(mothers: Client) -> None:
    first, rest = {"whom": "authorised", "register_kind": "birth"}, {
        "subject_name": "Trần Văn Thử", "subject_birth_date": "02/08/1993", "registered_place": "Phường Ví Dụ", "copies": "2",
        "unit_code": "H26.101",
    }  # fmt: skip
    declare(mothers, EXTRACT, first, rest)
    page = mothers.get(at(EXTRACT, "giay-to/"))
    assert "vì bạn trả lời “Bạn xin bản sao giấy tờ hộ tịch của ai?”: Của người đã ủy quyền cho tôi" in words(page)
    assert mothers.post(at(EXTRACT, "giay-to/"), hidden(page, act="tiep")).status_code == 422
    check = mothers.get(at(EXTRACT, "kiem-tra/"))
    refused = mothers.post(at(EXTRACT, "kiem-tra/"), hidden(check))
    assert refused.status_code == 422 and "Còn thiếu: Văn bản ủy quyền có chứng thực (vì bạn trả lời" in words(refused)
    start = words(mothers.get(at(EXTRACT)))
    assert "Nếu bạn trả lời “Bạn xin bản sao giấy tờ hộ tịch của ai?”: Của người đã ủy quyền cho tôi" in start


def test_a_surrogate_birth_wants_the_hospitals_confirmation() -> None:
    actor = citizen_actor(mother())
    draft = ready_draft(actor, surrogacy="yes")
    client = Client()
    sign_in(client, mother())
    page = client.get(at(CODE, "giay-to/"))
    assert "vì bạn trả lời “Trẻ sinh ra nhờ mang thai hộ?”: Có" in words(page)
    assert client.post(at(CODE, "giay-to/"), hidden(page, act="tiep")).status_code == 422
    services.save_draft(actor=actor, draft_id=draft.id, values={"surrogacy": "no"})
    assert client.post(at(CODE, "giay-to/"), hidden(page, act="tiep")).status_code == 302


@pytest.mark.parametrize("copies", ["0", "51", "ba", "2,5", ""])
def test_copies_are_a_whole_number_within_reason(mothers: Client, copies: str) -> None:
    rest = {"registered_place": "Phường Ví Dụ", "copies": copies, "unit_code": "H26.101"}
    page = declare(mothers, EXTRACT, {"whom": "self", "register_kind": "birth"}, rest)
    assert page.status_code == 422
    assert html.fromstring(page.content).xpath("//input[@name='copies']/@value") in ([copies], [])
    assert "#id_copies" in page.content.decode()


def test_every_shipped_rule_speaks_of_a_paper_and_a_fee_that_there_are() -> None:
    for file in FOLDER.glob("*.json"):
        form, terms = shipped_form(file.stem), terms_on(file.stem, timezone.now())
        for rule in form["papers"]:
            assert any(paper_rule_fits(rule, paper) for paper in terms.papers), rule
        for rule in form["charges"]:
            assert [fee for fee in terms.fees if fee_rule_fits(rule, fee)], rule


def test_nothing_shared_names_a_kind() -> None:
    """Services, desk, slips and pages work for any procedure: what is one's own stands in its kind."""
    own = re.compile(r"1\.001193|2\.000635|1\.004889|birth_certificate|child_name|mother_|father_")
    for path in [
        *settings.BASE_DIR.glob("dossiers/*.py"),
        *settings.BASE_DIR.glob("dossiers/services/*.py"),
        *settings.BASE_DIR.glob("dossiers/views/*.py"),
    ]:
        assert not own.search(path.read_text(encoding="utf-8")), path
