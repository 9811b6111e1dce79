"""A form belongs to an online service of its procedure (C-09): who provides it, where, with what sign-in; a province may have its own."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html

from accounts.models import Person
from dossiers import services
from dossiers.forms_data import shipped_form
from dossiers.models import Draft, FormDesign, FormVersion
from dossiers.queries import forms_of, handling_units, newest_form
from dossiers.services import publish_form
from dossiers.terms import NotServed, terms_for
from portal.access import Assurance
from portal.caching.changes import marks
from portal.caching.models import Change
from portal.catalogues import queries as catalogues
from procedures.models import OnlineService, ProcedureVersion
from procedures.services.records import write_parts
from tests.dossiers.support import CODE, mother
from tests.factories import citizen_actor, make_position, sign_in

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("C-09")]
START, FORM, PAGE = f"/nop-ho-so/{CODE}/", f"/nop-ho-so/{CODE}/to-khai/", f"/thu-tuc/{CODE}/"
DESK = "/quan-tri/dossiers/formdesign/"
HANOI, OTHER = "01", "79"


def words(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).replace("\u00a0", " ").split())


def main() -> OnlineService:
    found = ProcedureVersion.objects.get(procedure__code=CODE, effective_to=None).online_service
    assert found is not None
    return found


def changed(**values: Any) -> OnlineService:
    """The country's service, otherwise than it ships."""
    Change.objects.all().delete()  # a transaction notes a change once
    OnlineService.objects.filter(pk=main().pk).update(**values)
    marks.forget()
    return main()


def local(*provinces: str, **values: Any) -> OnlineService:
    """A service that these provinces have of their own."""
    facts = {"code": f"{CODE}.02", "level": "part", "form_key": "rieng", "provider": "H26", "localities": list(provinces), **values}
    Change.objects.all().delete()
    made = OnlineService.objects.create(version=main().version, **facts)
    marks.forget()
    return made


def mothers(assurance: Assurance = Assurance.MEDIUM) -> Client:
    client = Client()
    sign_in(client, mother(), assurance=assurance)
    return client


def test_the_pages_say_who_provides_it_where_and_with_what_sign_in() -> None:
    for address in (PAGE, START):
        page = words(Client().get(address))
        assert "Dịch vụ công trực tuyến" in page and "Phục vụ: cả nước" in page, address
        assert "Cung cấp: Ủy ban nhân dân cấp xã" in page and "Đăng nhập mức trung bình" in page
    changed(assurance=int(Assurance.HIGH))
    local(HANOI)
    for address in (PAGE, START):
        page = words(Client().get(f"{address}?dia-phuong={HANOI}"))
        assert "Đăng nhập mức cao" in page and "Dành cho nơi bạn ở" in page and "Phục vụ: Hà Nội" in page, address
        province = catalogues.agency("H26").name
        assert f"Cung cấp: {province}" in page
    assert "Cần đăng nhập mức cao" in words(Client().get(f"{PAGE}?dia-phuong={OTHER}"))


def test_who_is_not_served_is_told_and_where_to_go() -> None:
    changed(localities=[OTHER])
    start = Client().get(START)
    assert "Bạn ở tỉnh, thành phố nào?" in words(start)
    assert "chưa phục vụ" not in words(Client().get(f"{START}?dia-phuong={OTHER}"))
    told = Client().get(f"{START}?dia-phuong={HANOI}")
    assert "chưa phục vụ Thành phố Hà Nội" in words(told)
    assert html.fromstring(told.content).xpath(f"//a[@href='{PAGE}?dia-phuong={HANOI}#noi-nop']")
    page = words(Client().get(f"{PAGE}?dia-phuong={HANOI}"))
    assert "chưa phục vụ Thành phố Hà Nội" in page and "Nộp hồ sơ trực tuyến" not in page

    # Signed in, the account says where one lives; nothing is begun.
    refused = mothers().get(FORM)
    assert refused.status_code == 403 and "Chưa phục vụ trực tuyến ở nơi của bạn" in words(refused)
    assert f"{PAGE}?dia-phuong={HANOI}#noi-nop" in refused.content.decode()
    assert mothers().post(FORM, {"act": "luu"}).status_code == 403 and not Draft.objects.exists()
    with pytest.raises(NotServed):
        services.start_or_open_draft(actor=citizen_actor(mother()), procedure_code=CODE, now=timezone.now())

    # Of whom nobody knows where they live: only agencies that it serves are offered.
    Person.objects.filter(pk=mother().pk).update(residence_unit="")
    assert mothers().get(FORM).status_code == 200
    offered = handling_units(mother().pk, terms_for(CODE, mother().pk, timezone.now()))
    assert not [unit.code for unit in offered if unit.code.startswith("H26")]


def test_a_surer_sign_in_is_asked_for_before_anything_is_filled_in_and_leads_back() -> None:
    changed(assurance=int(Assurance.HIGH))
    Person.objects.filter(pk=mother().pk).update(identity_level=int(Assurance.HIGH))
    asked = mothers().get(FORM)
    assert asked.status_code == 302 and asked["Location"] == f"/tai-khoan/xac-thuc-them/?muc=3&next=%2Fnop-ho-so%2F{CODE}%2Fto-khai%2F"
    assert mothers(Assurance.HIGH).get(FORM).status_code == 200
    # The province's own asks for less: who lives there fills in at once.
    local(HANOI, assurance=int(Assurance.MEDIUM))
    assert mothers().get(FORM).status_code == 200


def test_ones_province_has_its_own_form_and_the_rest_keeps_the_countrys() -> None:
    service = local(HANOI)
    own = {**shipped_form(CODE), "title": "Tờ khai của Hà Nội"}
    own["fields"] = [*own["fields"], {**own["fields"][-1], "name": "rieng", "label": "Câu hỏi riêng của Hà Nội", "kind": "text"}]
    own["fields"][-1] = {key: value for key, value in own["fields"][-1].items() if key not in ("prefill", "when", "required", "default")}
    made = publish_form(procedure_code=CODE, service=service.code, document=own, now=timezone.now())
    assert newest_form(CODE, service.code) == made and newest_form(CODE, main().code) != made
    assert newest_form(CODE, main().code).service == main().code, "what ships belongs to the country's service"

    client = mothers()
    terms = terms_for(CODE, mother().pk, timezone.now())
    assert (terms.service.code, terms.service_level) == (service.code, "part")
    draft = services.start_or_open_draft(actor=citizen_actor(mother()), procedure_code=CODE, now=timezone.now())
    assert draft.form_version == made
    services.save_draft(actor=citizen_actor(mother()), draft_id=draft.pk, values={"applicant_role": "mother"}, page="to-khai")
    assert "Câu hỏi riêng của Hà Nội" in words(client.get(FORM))
    # The service of the province ends: the draft goes on with the country's form.
    Change.objects.all().delete()
    service.delete()
    marks.forget()
    assert "Câu hỏi riêng của Hà Nội" not in words(client.get(FORM))
    draft.refresh_from_db()
    assert draft.form_version.service == main().code and (draft.answers or {})["applicant_role"] == "mother"


def test_an_officer_chooses_whose_form_it_is() -> None:
    maker_position = make_position(unit="G15", roles=("procedure_entering",))
    checker_position = make_position(unit="G15", roles=("procedure_checking",))
    maker, checker = Client(), Client()
    sign_in(maker, maker_position.person, position=maker_position)
    sign_in(checker, checker_position.person, position=checker_position)
    assert maker.post(f"{DESK}add/", {"procedure_code": CODE}).status_code == 302
    alone = FormDesign.objects.get()
    assert alone.service == main().code and main().code in words(maker.get(f"{DESK}{alone.pk}/change/")), "there is only one"
    service = local(HANOI)
    asked = maker.post(f"{DESK}add/", {"procedure_code": CODE})
    assert asked.status_code == 422 and "Thủ tục có nhiều dịch vụ trực tuyến" in words(asked) and "Hà Nội" in words(asked)
    assert maker.post(f"{DESK}add/", {"procedure_code": CODE, "service": "khac"}).status_code == 422
    assert maker.post(f"{DESK}add/", {"procedure_code": CODE, "service": service.code}).status_code == 302, "beside the one of the country"
    design = FormDesign.objects.get(service=service.code)
    assert design.based_on == newest_form(CODE, service.code), "it begins from the country's form"

    def send(act: str, client: Client, **said: str) -> Any:
        design.refresh_from_db()
        return client.post(f"{DESK}{design.pk}/{act}/", {"seen": str(design.version), **said})

    assert send("question/add", maker, label="Câu hỏi của tỉnh", kind="text").status_code == 302
    assert send("send", maker, note="").status_code == 302 and send("publish", checker).status_code == 302
    design.refresh_from_db()
    assert design.result is not None and design.result.service == service.code
    assert newest_form(CODE, main().code) != design.result and forms_of(CODE, service.code).first() == design.result
    assert FormVersion.objects.filter(procedure_code=CODE, number=design.result.number).count() == 1


def test_a_record_may_bring_services_of_provinces() -> None:
    version = main().version
    record: dict[str, Any] = {
        "online_service": {"code": f"{CODE}.01", "level": "full", "assurance": 2, "form_key": "khai-sinh"},
        "online_services": [
            {"code": f"{CODE}.02", "level": "part", "assurance": 3, "form_key": "rieng", "localities": [HANOI], "provider": "H26"}
        ],
        "channels": [],
    }
    write_parts([(version, record)], replace=False)
    assert [(one.code, one.localities, one.provider) for one in version.online_services.all()] == [
        (f"{CODE}.01", [], ""), (f"{CODE}.02", [HANOI], "H26"),
    ]  # fmt: skip
    write_parts([(version, {**record, "online_services": []})])
    assert [one.code for one in version.online_services.all()] == [f"{CODE}.01"]
