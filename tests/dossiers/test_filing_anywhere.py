"""Filing anywhere (D-15, Decision 468/QĐ-TTg III.3): for any place of the country or the province, online and at a counter, routed."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from lxml import html

from dossiers import services
from dossiers.models import CounterFiling, Dossier, DossierEvent, Draft, Handover, NationalDossier
from dossiers.queries import place_of
from dossiers.services import FilingRefused
from portal.caching.changes import marks
from portal.caching.models import Change
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency
from procedures import queries as procedures
from procedures.models import Announcement, Localisation, ProcedureVersion
from procedures.services.records import BadRecord, check, fill, record_of
from tests.dossiers.support import CODE, ComesBack, confirm_all, hidden, mother, ready_draft
from tests.dossiers.test_counter_filing import act, begun, counter, filled, scanned
from tests.dossiers.test_counter_filing import confirm_all as confirmed_at_counter
from tests.dossiers.test_counter_filing import entered as entered_at_counter
from tests.factories import citizen_actor
from tests.procedures.test_announcing import amended, at_desk, step, words
from tests.procedures.test_announcing import begun as decision_begun
from tests.support.queries import CaptureQueriesContext

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("D-15")]
FORM, CHECK, PLACE = f"/nop-ho-so/{CODE}/to-khai/", f"/nop-ho-so/{CODE}/kiem-tra/", f"/nop-ho-so/{CODE}/noi-khac/"
THERE, PROVINCE = "H17.901", "48"
"""A ward of another province, and that province."""
COUNTER = "/quan-tri/dossiers/counterfiling/"
REFUSED = "Bạn hãy chọn nơi tiếp nhận hồ sơ trong danh sách."


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", unescape(response.content.decode()))


def noted() -> None:
    """Let the process know what this transaction changed."""
    Change.objects.all().delete()
    marks.forget()


def marked(anywhere: str) -> None:
    Change.objects.all().delete()
    ProcedureVersion.objects.filter(procedure__code=CODE, effective_to=None).update(anywhere=anywhere)
    marks.forget()


@pytest.fixture
def ward() -> Any:
    """The ward there, whose People's Committee the catalogue knows; its neighbours have none."""
    place = catalogues.communes(PROVINCE).first()
    assert place is not None
    parent = Agency.objects.on(timezone.localdate()).get(code="H17")
    common = {"administrative_unit": place, "parent": parent, "effective_from": dt.date(2025, 7, 1)}
    Agency.objects.create(code=THERE, name="UBND phường Nơi Khác", level="commune", **common)
    noted()
    return place


def ready() -> tuple[Client, Draft]:
    """The mother's browser, with a draft from which nothing is missing."""
    actor = citizen_actor(mother())
    draft = confirm_all(actor, ready_draft(actor, now=timezone.now()), now=timezone.now())
    return ComesBack(mother()), draft


def units_on(page: Any) -> list[str]:
    return [str(one.get("value")) for one in html.fromstring(page.content).xpath("//select[@name='unit_code']/option") if one.get("value")]


def test_another_province_and_ward_are_chosen_without_javascript_and_the_dossier_goes_there(ward: Any) -> None:
    marked("country")
    client, draft = ready()
    public = text(Client().get(f"/nop-ho-so/{CODE}/"))
    assert "Nộp ở bất cứ đâu trong cả nước." in public
    assert "Nộp ở bất cứ đâu trong cả nước." in text(Client().get(f"/thu-tuc/{CODE}/"))
    assert "File anywhere in the country." in text(Client().get(f"/en/thu-tuc/{CODE}/"))
    page = client.get(FORM)
    assert units_on(page) == ["H26.101", "H26.102"] and "Chọn nơi khác trong cả nước" in text(page), "one's own first"
    # What was typed is kept on the way there and back.
    typed = hidden(page, unit_code="H26.101", act="noi-khac", child_name="Trần Thị Bé Đổi")
    there = client.post(FORM, typed)
    assert there.status_code == 302 and there["Location"] == PLACE
    page = client.get(PLACE)
    provinces = html.fromstring(page.content).xpath("//select[@name='place_tinh']/option[@value!='']")
    assert len(provinces) == 34 and len(html.fromstring(page.content).xpath("//select[@name='place_xa']/option[@value!='']")) <= 200
    picked = client.post(PLACE, hidden(page, place_tinh=PROVINCE, place_chon="1"))
    communes = [str(one.get("value")) for one in html.fromstring(picked.content).xpath("//select[@name='place_xa']/option[@value!='']")]
    assert picked.status_code == 200 and ward.code in communes and len(communes) == catalogues.communes(PROVINCE).count()
    chosen = client.post(PLACE, hidden(picked, place_tinh=PROVINCE, place_xa=ward.code, act="chon"))
    assert chosen.status_code == 302 and chosen["Location"] == f"{FORM}#id_unit_code"
    draft.refresh_from_db()
    assert draft.unit_code == THERE and (draft.answers or {})["child_name"] == "Trần Thị Bé Đổi"
    # The draft keeps it; one's own stay offered, the country's marks nothing else.
    assert units_on(client.get(FORM)) == ["H26.101", "H26.102", THERE]
    assert client.post(FORM, hidden(client.get(FORM), unit_code=THERE, act="tiep")).status_code == 302
    asked = client.get(CHECK)
    assert "UBND phường Nơi Khác" in text(asked) and "Ở ngoài tỉnh, thành phố của bạn" in text(asked)
    sent = client.post(CHECK, hidden(asked))
    assert sent.status_code == 302, text(sent)
    dossier = Dossier.objects.get(pk=draft.pk)
    assert (dossier.unit_code, dossier.unit_level) == (THERE, "commune") and (dossier.code or "").startswith("H17")
    assert NationalDossier.objects.get(code=dossier.code).unit_code == THERE
    receipt = text(client.get(f"/ho-so/{dossier.code}/"))
    assert "UBND phường Nơi Khác" in receipt and "Ngoài tỉnh, thành phố của bạn" in receipt
    # It is work of the officers there, and of nobody here.
    for unit, status in ((THERE, 200), ("H26.101", 404)):
        desk, _position = counter(unit=unit)
        assert desk.get(f"/quan-tri/dossiers/dossier/{dossier.pk}/change/").status_code == status, unit


def test_a_wrong_or_tampered_place_is_told_beside_the_field(ward: Any) -> None:
    marked("country")
    client, draft = ready()
    empty = catalogues.communes(PROVINCE).exclude(code=ward.code)[0]
    for said, why in (
        ({"place_tinh": PROVINCE, "place_xa": empty.code}, "Nơi này chưa có cơ quan nhận hồ sơ trực tuyến"),
        ({"place_tinh": PROVINCE, "place_xa": "00070"}, "Bạn hãy chọn xã, phường trong danh sách."),
        ({"place_tinh": "99", "place_xa": "x" * 500}, "Bạn hãy chọn xã, phường trong danh sách."),
        ({}, "Bạn hãy chọn tỉnh, thành phố rồi chọn xã, phường."),
    ):
        answer = client.post(PLACE, hidden(client.get(PLACE), act="chon", **said))
        assert answer.status_code == 422 and why in text(answer), said
        [field] = html.fromstring(answer.content).xpath("//fieldset[contains(@class, 'field-wrong')]")
        assert why in " ".join(field.text_content().split()), "beside the field"
    draft.refresh_from_db()
    assert draft.unit_code == "H26.101"
    # By the form itself only an agency that carries it out at its place: not a department, not the province, not what nobody knows.
    for code in ("H17", "H26.201", "G01.101.2", "X99", "X\x00"):
        answer = client.post(FORM, hidden(client.get(FORM), unit_code=code, act="tiep"))
        assert answer.status_code == 422 and REFUSED in text(answer), code
    assert client.get(CHECK).status_code == 200 and REFUSED in text(client.get(CHECK))
    # Sent or thrown away in another window meanwhile: nothing is chosen for another draft.
    assert client.post(PLACE, {"draft": str(uuid4()), "place_tinh": PROVINCE, "place_xa": ward.code}).status_code == 409


@pytest.mark.parametrize("mark", ["", "province"])
def test_what_is_not_marked_for_the_country_keeps_to_ones_own_province(ward: Any, mark: str) -> None:
    marked(mark)
    client, draft = ready()
    page = client.get(FORM)
    assert units_on(page) == ["H26.101", "H26.102"] and "Chọn nơi khác" not in text(page) and client.get(PLACE).status_code == 404
    answer = client.post(FORM, hidden(page, unit_code=THERE, act="tiep"))
    assert answer.status_code == 422 and REFUSED in text(answer)
    draft.refresh_from_db()
    with pytest.raises(FilingRefused):
        services.submit(actor=citizen_actor(mother()), draft_id=draft.pk, seen_version=draft.version, now=timezone.now())
    assert not Dossier.objects.filter(pk=draft.pk).exists()
    public = text(Client().get(f"/thu-tuc/{CODE}/"))
    assert "Nộp ở bất cứ đâu trong cả nước" not in public and ("Nộp ở bất cứ đâu trong tỉnh" in public) == (mark == "province")


def test_pages_cost_the_same_however_many_agencies_there_are(ward: Any) -> None:
    marked("country")
    client, draft = ready()
    Draft.objects.filter(pk=draft.pk).update(unit_code=THERE)

    def counted() -> list[int]:
        found = []
        for address in (FORM, CHECK, PLACE):
            client.get(address)
            with CaptureQueriesContext(connection) as made:
                assert client.get(address).status_code == 200
            found.append(len(made))
        return found

    few = counted()
    parent = Agency.objects.on(timezone.localdate()).get(code="H17")
    Change.objects.all().delete()
    for number, place in enumerate(catalogues.communes(PROVINCE).exclude(code=ward.code)[:20]):
        Agency.objects.create(
            code=f"H17.8{number:02}", name=f"UBND xã Thử {number}", level="commune", administrative_unit=place, parent=parent,
            effective_from=dt.date(2025, 7, 1),
        )  # fmt: skip
    marks.forget()
    assert counted() == few
    assert units_on(client.get(FORM)) == ["H26.101", "H26.102", THERE], "of the place chosen, not of its province"


def test_a_counter_receives_for_another_place_and_passes_it_on_with_its_clock(ward: Any) -> None:
    marked("country")
    desk, position = counter(("reception", "handling"))
    assert "Nơi khác giải quyết" in text(desk.get(COUNTER + "add/"))
    filing = begun(desk, province=PROVINCE, commune=ward.full_name)
    assert (filing.unit_code, filing.for_unit) == ("H26.101", THERE)
    for spelt in (ward.name, "phuong An Hai", "an hải"):
        assert [one.code for one in catalogues.communes_named(PROVINCE, spelt)] == [ward.code], spelt
    assert "UBND phường Nơi Khác" in text(desk.get(f"{COUNTER}{filing.pk}/change/"))
    filled(desk, filing)
    scanned(desk, filing)
    confirmed_at_counter(desk, filing)
    dossier = entered_at_counter(desk, filing)
    # Received here, with slip and appointment of here; on its way to who is competent.
    assert (dossier.state, dossier.unit_code, dossier.officer_id) == ("4", "H26.101", position.id)
    assert dossier.documents.get(role="receipt").document.unit_code == "H26.101"
    slip = Handover.objects.get(dossier=dossier)
    assert (slip.state, slip.from_unit, slip.to_unit, slip.due_at, slip.is_electronic) == ("sent", "H26.101", THERE, dossier.due_at, True)
    assert "không phụ thuộc địa giới" in (slip.reason or "")
    there, _position = counter(("reception", "handling"), unit=THERE)
    assert there.post(f"/quan-tri/dossiers/handover/{slip.pk}/take/").status_code == 302
    due, first = dossier.due_at, dossier.due_first
    dossier.refresh_from_db()
    assert (dossier.unit_code, dossier.due_at, dossier.due_first) == (THERE, due, first)
    names = ["receive", "hand_over", "take_over"]
    events = DossierEvent.objects.filter(dossier=dossier, name__in=names).order_by("id").values_list("name", "unit_code")
    assert list(events) == [("receive", "H26.101"), ("hand_over", "H26.101"), ("take_over", THERE)], "who received, who handles"
    assert NationalDossier.objects.get(code=dossier.code).unit_code == THERE
    shown = text(desk.get(f"{COUNTER}{filing.pk}/change/"))
    assert "Chuyển đến" in shown and "UBND phường Nơi Khác" in shown, "who received it still finds it"
    own = text(ComesBack(mother()).get(f"/ho-so/{dossier.code}/"))
    assert "nhận, chuyển UBND phường Nơi Khác giải quyết." in own
    with pytest.raises(DatabaseError), transaction.atomic():
        CounterFiling.objects.filter(pk=filing.pk).update(for_unit="H26.101")


def test_a_counter_passes_on_only_what_is_marked_and_only_to_who_is_competent(ward: Any) -> None:
    desk, _position = counter()
    said = {"channel": "1", "id_number": mother().id_number, "procedure_code": CODE}
    neighbour = catalogues.administrative_unit(place_of("H26.102"))
    empty = catalogues.communes(PROVINCE).exclude(code=ward.code)[0]

    def refused(client: Client, why: str, **place: str) -> None:
        answer = client.post(COUNTER + "add/", {**said, **place})
        assert answer.status_code == 422, text(answer)
        rows = html.fromstring(text(answer)).xpath("//div[contains(@class, 'form-row') and contains(@class, 'errors')]")
        assert why in " ".join(row.text_content() for row in rows), "beside the field"

    marked("")
    refused(desk, "chỉ nơi có thẩm quyền nhận", province=PROVINCE, commune=ward.full_name)
    marked("province")
    refused(desk, "trong cùng tỉnh, thành phố", province=PROVINCE, commune=ward.full_name)
    assert begun(desk, province="01", commune=neighbour.full_name).for_unit == "H26.102"
    # What the country's decision leaves open a province says for its own counters, and for nobody else's.
    marked("")
    version = ProcedureVersion.objects.get(procedure__code=CODE, effective_to=None)
    Localisation.objects.create(version=version, province_code="01", anywhere="province")
    noted()
    assert begun(desk, province="01", commune=neighbour.full_name).for_unit == "H26.102"
    refused(desk, "trong cùng tỉnh, thành phố", province=PROVINCE, commune=ward.full_name)
    far, _position = counter(unit=THERE)
    refused(far, "chỉ nơi có thẩm quyền nhận", province="01", commune=neighbour.full_name)
    assert "Nộp ở bất cứ đâu trong tỉnh" in text(Client().get(f"/thu-tuc/{CODE}/?dia-phuong=01"))
    assert "Nộp ở bất cứ đâu" not in text(Client().get(f"/thu-tuc/{CODE}/?dia-phuong=48"))
    with pytest.raises(DatabaseError), transaction.atomic():
        Localisation.objects.update(anywhere="country")
    marked("country")
    refused(desk, "chưa có cơ quan nhận", province=PROVINCE, commune=empty.full_name)
    refused(desk, "Không tìm thấy đúng một xã", province=PROVINCE, commune="xã Không Có")
    refused(desk, "Bạn chọn tỉnh, thành phố", commune=ward.full_name)
    refused(desk, "chọn", province="77", commune=ward.full_name)
    own = catalogues.administrative_unit(place_of("H26.101"))
    assert begun(desk, province="01", commune=own.full_name).for_unit == "", "its own place: it handles it itself"
    # A unit that does not carry it out receives it too, but has to say for where.
    other, _position = counter(unit="H26.201")
    refused(other, "bạn chọn nơi có thẩm quyền để chuyển đến")
    filing = begun(other, province=PROVINCE, commune=ward.full_name)
    assert (filing.unit_code, filing.for_unit) == ("H26.201", THERE)
    assert act(other, filing, "drop/").status_code == 302


def test_the_mark_is_entered_with_a_decision_compared_and_published() -> None:
    enterer, _ = at_desk("G15", "procedure_entering")
    checker, _ = at_desk("G15", "procedure_checking", "procedure_publishing")
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    row: Announcement = decision_begun(enterer, tomorrow)
    amended(enterer, row, CODE, anywhere="country")
    change = f"/quan-tri/procedures/announcement/{row.pk}/change/{CODE}/"
    wrong = enterer.post(change, {**hidden_of(enterer.get(change)), "anywhere": "galaxy"})
    assert wrong.status_code == 422 and "Hãy chọn một mức trong danh sách." in text(wrong)
    assert "Ở bất cứ nơi nào trong cả nước" in words(checker.get(change))
    for client, edge in ((enterer, "send"), (checker, "check"), (checker, "publish")):
        step(client, row, edge)
    noted()
    new = procedures.version_at(CODE, tomorrow)
    assert new is not None and new.anywhere == "country" and record_of(new)["anywhere"] == "country"
    said = "Nộp ở bất cứ đâu trong cả nước."
    assert said not in text(Client().get(f"/thu-tuc/{CODE}/")) and said in text(Client().get(f"/thu-tuc/{CODE}/?ngay={tomorrow:%Y-%m-%d}"))
    changes = text(Client().get(f"/thu-tuc/{CODE}/thay-doi/"))
    assert "Tiếp nhận không phụ thuộc địa giới hành chính" in changes
    answer = Client().get(f"/api/v1/procedures/{CODE}?on={tomorrow:%Y-%m-%d}").json()
    assert answer["anywhere"] == "country" and Client().get(f"/api/v1/procedures/{CODE}").json()["anywhere"] == ""
    # A record carries it there and back; one that says something else is none, in a file as in the table.
    again = ProcedureVersion(procedure=new.procedure)
    fill(again, record_of(new))
    assert again.anywhere == "country"
    with pytest.raises(BadRecord):
        check({**record_of(new), "anywhere": "galaxy"})
    with pytest.raises(DatabaseError), transaction.atomic():
        ProcedureVersion.objects.filter(pk=new.pk).update(anywhere="galaxy")


def hidden_of(page: Any) -> dict[str, Any]:
    """Everything that the form on a page of the desk would send as it stands."""
    [form] = html.fromstring(page.content).xpath("//form[.//textarea]")
    return {name: value for name, value in form.form_values() if name != "csrfmiddlewaretoken"}


def test_shipped_records_are_marked_where_their_source_says_so() -> None:
    today = timezone.localdate()
    found = dict(procedures.in_force(today).exclude(anywhere="").values_list("procedure__code", "anywhere"))
    household = dict.fromkeys(("1.001266", "1.001570", "1.001612", "2.000720"), "province")
    assert found == {"1.002179": "country", **household}
    for code in found:
        version = procedures.procedure_on(code, today)
        assert version is not None
        notes = " ".join(channel.note for channel in version.channels.all())
        assert "bất kỳ xã nào trong cùng tỉnh" in notes or "bất cứ nơi nào trong cả nước" in notes, code
