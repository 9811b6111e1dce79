"""The API over procedures and shared catalogues."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone
from ninja import Router

from portal.api_support import CODES, PortalAPI, public_answer
from portal.catalogues.registry import CATALOGUES

pytestmark = pytest.mark.usefixtures("demo_data")


@pytest.mark.requirement("C-18", "X-07")
def test_one_procedure_whole(client: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(10):
        found = client.get("/api/v1/procedures/1.001193").json()
    assert found["name"] == "Đăng ký khai sinh"
    assert found["online"] is True
    assert found["results"][0]["code"] == "KQ.G15.000031"
    online = next(channel for channel in found["channels"] if channel["kind"] == "online")
    assert online["limits"][0]["amount"] == "0"
    assert {fee["amount"] for fee in online["limits"][0]["fees"]} >= {0, 8000}


@pytest.mark.requirement("C-18")
def test_pages_follow_one_another_without_gap_or_repeat(client: Client) -> None:
    codes: list[str] = []
    cursor = ""
    while True:
        page = client.get("/api/v1/procedures", {"limit": 2, "cursor": cursor}).json()
        codes += [item["code"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert codes == sorted(set(codes))
    assert "1.001193" in codes


def test_search_without_diacritics(client: Client) -> None:
    items = client.get("/api/v1/procedures", {"q": "khai sinh", "limit": 5}).json()["items"]
    assert items[0]["code"] == "1.001193"


@pytest.mark.requirement("C-17")
def test_catalogues_with_changes_since(client: Client) -> None:
    names = [one["name"] for one in client.get("/api/v1/catalogues").json()]
    assert {"agencies", "administrative_units", "sectors", "paper_kinds"} <= set(names)
    for name, one in CATALOGUES.items():
        [row] = client.get(f"/api/v1/catalogues/{name}", {"limit": 1}).json()["items"]
        kept = one.model._default_manager.on(timezone.localdate()).get(code=row["code"])  # type: ignore[attr-defined]
        assert (row["name"], row["owner_code"], row["effective_from"]) == (kept.name, one.owner, kept.effective_from.isoformat())
        assert client.get(f"/api/v1/catalogues/{name}/{row['code']}").json() == row and set(row) == {*one.columns, "updated_at"}
    # The other two of the nine are rooms of their own: procedures, with their online services.
    assert client.get("/api/v1/procedures/1.001193").json()["online"] is True
    unit = client.get("/api/v1/catalogues/administrative_units/00070").json()
    assert unit["parent"] == "01"
    agency = client.get("/api/v1/catalogues/agencies/H26.101").json()
    assert agency["administrative_unit"] == "00070"
    since = {"updated_since": "2020-01-01T00:00:00+07:00", "limit": 1}
    changed = client.get("/api/v1/catalogues/paper_kinds", since).json()
    assert len(changed["items"]) == 1
    again = client.get("/api/v1/catalogues/paper_kinds", {**since, "cursor": changed["next"]})
    assert again.json()["items"][0]["code"] != changed["items"][0]["code"]
    assert client.get("/api/v1/catalogues/paper_kinds", {"updated_since": "2100-01-01T00:00:00+07:00"}).json() == {
        "items": [],
        "next": None,
    }


@pytest.mark.requirement("C-18")
def test_procedures_written_since_a_moment(client: Client, django_assert_max_num_queries: Any) -> None:
    from procedures.models import Procedure, ProcedureVersion

    everything: list[str] = []
    cursor = ""
    while True:
        page = client.get("/api/v1/procedures/changes", {"updated_since": "2020-01-01T00:00:00Z", "limit": 20, "cursor": cursor}).json()
        everything += [item["code"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert sorted(everything) == sorted(Procedure.objects.values_list("code", flat=True))
    moment = timezone.now().isoformat()
    assert client.get("/api/v1/procedures/changes", {"updated_since": moment}).json()["items"] == []
    ProcedureVersion.objects.filter(procedure__code="1.001193").update(summary="Câu mới.")
    Procedure.objects.filter(code="1.000894").update(out_of_force_since=timezone.localdate())
    with django_assert_max_num_queries(1):
        items = client.get("/api/v1/procedures/changes", {"updated_since": moment}).json()["items"]
    assert [(item["code"], item["state"]) for item in items] == [("1.001193", "in_force"), ("1.000894", "ended")]
    for wrong in ({}, {"updated_since": "gestern"}, {"updated_since": "2026-01-01T00:00:00"}, {"updated_since": moment, "cursor": "x"}):
        assert client.get("/api/v1/procedures/changes", wrong).status_code == 422


@pytest.mark.requirement("C-18")
def test_what_did_not_change_is_not_sent_again(client: Client) -> None:
    first = client.get("/api/v1/procedures/1.001193")
    assert "Set-Cookie" not in first
    again = client.get("/api/v1/procedures/1.001193", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.requirement("X-07")
@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/v1/procedures/9.999999", 404, "not_found"),
        ("/api/v1/procedures/" + "x" * 300, 404, "not_found"),
        ("/api/v1/procedures?limit=0", 422, "invalid_request"),
        ("/api/v1/procedures?cursor=nonsense", 422, "bad_cursor"),
        ("/api/v1/procedures?q=a&cursor=WyItMSJd", 422, "bad_cursor"),
        ("/api/v1/procedures?q=" + "x" * 1001, 422, "invalid_request"),
        ("/api/v1/procedures?field=%00", 422, "invalid_request"),
        ("/api/v1/procedures/%00", 404, "not_found"),
        ("/api/v1/procedures?level=village", 422, "invalid_request"),
        ("/api/v1/procedures/1.001193?on=0", 422, "invalid_request"),
        ("/api/v1/nothing", 404, "not_found"),
        ("/api/v1/catalogues/nothing", 404, "not_found"),
        ("/api/v1/catalogues/agencies/nothing", 404, "not_found"),
        ("/api/v1/catalogues/agencies?updated_since=2026-01-01T00:00:00", 422, "invalid_request"),
        ("/api/v1/catalogues/agencies?updated_since=2026-01-01T00:00:00%2B07:00&cursor=WyJ4IiwieCJd", 422, "bad_cursor"),
    ],
)
def test_errors_are_problem_documents(client: Client, address: str, status: int, code: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.requirement("X-07")
def test_what_fails_before_an_operation_is_told_to_machines_too(client: Client, settings: Any) -> None:
    refused = client.post("/api/v1/procedures", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"], refused["Allow"]) == (405, "method_not_allowed", "GET, HEAD")
    unwanted = client.get("/api/v1/procedures", headers={"Accept": "text/csv"})
    assert (unwanted.status_code, unwanted.json()["code"]) == (406, "not_acceptable")
    settings.ALLOWED_HOSTS = ["portal.example"]
    elsewhere = client.get("/api/v1/procedures")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (400, "bad_request")
    settings.ALLOWED_HOSTS = ["*"]
    for answer in (refused, unwanted, elsewhere):
        assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/problem+json", "no-store")
    assert client.head("/api/v1/procedures/1.001193").status_code == 200


def test_a_broken_operation_is_told_as_a_problem(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from procedures import queries

    def broken(*args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(queries, "procedure_on", broken)
    client.raise_request_exception = False
    answer = client.get("/api/v1/procedures/1.001193")
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (500, "application/problem+json", "no-store")
    assert answer.json()["code"] == "server_error"


@pytest.mark.requirement("X-07")
def test_an_answer_is_for_nobody_else_unless_its_route_says_so(client: Client) -> None:
    api = PortalAPI(urls_namespace="trial")
    router = Router()

    @router.get("/mine")
    def mine(request: HttpRequest) -> dict[str, str]:
        return {"name": "Nguyễn Văn An"}

    @router.get("/everybody")
    @public_answer
    def everybody(request: HttpRequest) -> dict[str, str]:
        return {"name": "Đăng ký khai sinh"}

    api.add_router("/", router)
    views = {str(pattern.pattern): pattern.callback for pattern in api.urls[0]}
    asked = RequestFactory().get("/")
    assert views["mine"](asked)["Cache-Control"] == "no-store"
    assert "ETag" not in views["mine"](asked)
    assert views["everybody"](asked)["Cache-Control"] == "public, max-age=60"
    for address in ("procedures", "procedures/1.001193", "procedures/changes?updated_since=2026-01-01T00:00:00Z", "catalogues/sectors"):
        answer = client.get(f"/api/v1/{address}")
        assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=60"), address
        assert "ETag" in answer


def test_moments_at_the_end_of_all_years_are_moments(client: Client) -> None:
    for moment, found in (("0001-01-01T00:00:00+14:00", True), ("0311-12-04T16:40:44-23:23", True), ("9999-12-31T23:59:59-23:59", False)):
        items = client.get("/api/v1/procedures/changes", {"updated_since": moment, "limit": 1}).json()["items"]
        assert bool(items) is found, moment


@pytest.mark.requirement("C-07")
def test_a_question_of_a_thousand_characters_is_answered(client: Client) -> None:
    story = "tôi sinh con ở bệnh viện tháng trước, chồng tôi đi làm xa chưa về, giờ muốn làm giấy khai sinh cho bé thì cần gì ạ. "
    long = (story * 12)[:1000]
    assert client.get("/api/v1/procedures", {"q": long, "limit": 5}).json()["items"][0]["code"] == "1.001193"


@pytest.mark.requirement("X-07")
def test_the_description_and_its_page(client: Client) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    assert set(schema["paths"]) >= {"/api/v1/procedures", "/api/v1/procedures/{code}", "/api/v1/catalogues/{name}"}
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            assert {"200", "304", "400", "405", "406", "422", "429", "500", "503"} <= set(operation["responses"]), path
    one = schema["paths"]["/api/v1/procedures/{code}"]["get"]["responses"]
    assert "replaced" in one["410"]["description"] and set(one["410"]["content"]) == {"application/problem+json"}
    page = client.get("/api/v1/docs").content.decode()
    assert all(f'id="{code}"' in page for code in CODES)
    assert "/api/v1/procedures/{code}" in page
