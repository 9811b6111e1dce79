"""What officers see of the catalogue on the desk: decisions, localisations, imports (C-01, C-02)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from procedures.models import Decision, ImportRun, Localisation, ProcedureVersion
from procedures.services import load_shipped
from procedures.services.importing import Unreadable, import_procedures
from tests.factories import make_position, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    load_shipped()
    position = make_position(unit="G22", roles=("steering",))
    sign_in(client, position.person, position=position)
    return client


@pytest.mark.requirement("C-02")
def test_a_decision_shows_what_it_published(desk: Client) -> None:
    decision = Decision.objects.filter(versions__procedure__code="1.001193").get()
    found = desk.get("/quan-tri/procedures/decision/", {"q": decision.number}).content.decode()
    assert decision.number in found
    page = desk.get(f"/quan-tri/procedures/decision/{decision.pk}/change/").content.decode()
    assert "Đăng ký khai sinh" in page
    assert desk.get("/quan-tri/procedures/decision/add/").status_code == 403
    assert desk.post(f"/quan-tri/procedures/decision/{decision.pk}/delete/").status_code == 403


@pytest.mark.requirement("C-01")
def test_localisations_are_found_by_province_and_name(desk: Client) -> None:
    version = ProcedureVersion.objects.get(procedure__code="1.001193")
    Localisation.objects.filter(version=version).delete()
    local = Localisation.objects.create(version=version, province_code="01", executing_agency="UBND phường", decision_number="12/QĐ-UBND")
    page = desk.get("/quan-tri/procedures/localisation/", {"q": "khai sinh", "province_code": "01"}).content.decode()
    assert "12/QĐ-UBND" in page and "Hà Nội" in page
    assert "UBND phường" in desk.get(f"/quan-tri/procedures/localisation/{local.pk}/change/").content.decode()


@pytest.mark.requirement("C-01")
def test_each_attempt_to_import_leaves_its_report(desk: Client, tmp_path: Path) -> None:
    source = tmp_path / "nguon.jsonl.gz"
    with gzip.open(source, "wt", encoding="utf-8") as stream:
        stream.write(json.dumps({"code": "1.900001", "name": "Thủ tục thử"}) + "\nkhông phải JSON\n")
    import_procedures(source)
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(source.read_bytes()[:-9])
    with pytest.raises(Unreadable):
        import_procedures(cut)
    listed = desk.get("/quan-tri/procedures/importrun/").content.decode()
    assert "nguon.jsonl.gz" in listed and "từ chối 1" in listed and "Nguồn hỏng" in listed
    run = ImportRun.objects.get(source="nguon.jsonl.gz")
    page = desk.get(f"/quan-tri/procedures/importrun/{run.pk}/change/").content.decode()
    assert "không phải JSON" in page and "dòng 2" in page
    bad = ImportRun.objects.get(source="cut.jsonl.gz")
    assert "bị cắt cụt" in desk.get(f"/quan-tri/procedures/importrun/{bad.pk}/change/").content.decode()


@pytest.mark.parametrize(
    "name",
    ["procedure", "procedureversion", "decision", "localisation", "importrun", "mistakereport", "searchword", "searchweight", "searchmiss"],
)
def test_every_list_costs_a_bounded_number_of_queries(desk: Client, name: str) -> None:
    address = f"/quan-tri/procedures/{name}/"
    desk.get(address)
    with CaptureQueriesContext(connection) as found:
        assert desk.get(address).status_code == 200
    assert len(found) <= 14
