"""Dossiers that other systems handle, as their owners see them, and the page that looks one up (X-03)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from dossiers.models import NationalDossier
from dossiers.services.national import keep_own
from portal.simulators.province import year
from tests.dossiers.support import filed, mother
from tests.exchange.support import batch, make_partner
from tests.factories import make_person, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")
FIND = "/tra-cuu-ho-so/"


def _row(number: int, owner: str, **more: Any) -> dict[str, Any]:
    now = timezone.now().replace(microsecond=0)
    filed_at = now - dt.timedelta(days=2, minutes=number)
    return {
        "code": f"H31.1-{filed_at:%y%m%d}-{number:04d}", "procedure_code": "1.001193", "channel": "1", "state": "4",
        "owner_number": owner, "phone": "0900 777 001", "submitted_at": filed_at.isoformat(), "received_at": filed_at.isoformat(),
        "due_at": (now + dt.timedelta(days=5)).isoformat(), **more,
    }  # fmt: skip


@pytest.mark.requirement("X-03")
def test_the_owner_sees_it_with_state_and_history_and_nobody_else_does() -> None:
    password = make_partner("H31")
    person, stranger = make_person(id_number="001195222222"), make_person(id_number="001195333333")
    row = _row(1, "001195222222")
    step = {"code": row["code"], "at": row["received_at"], "state": "2", "unit": "Bộ phận Một cửa", "words": "Nhận đủ giấy tờ"}
    assert batch("H31", password, rows=[row], steps=[step]).json()["counts"] == {"new": 1, "taken": 1}
    client, other = Client(), Client()
    sign_in(client, person)
    sign_in(other, stranger)
    assert row["code"] in client.get("/ho-so/").content.decode() and row["code"] in client.get("/ho-so/noi-khac/").content.decode()
    page = client.get(f"/ho-so/{row['code']}/").content.decode()
    assert "Đang giải quyết" in page and "Bộ phận Một cửa: Nhận đủ giấy tờ" in page and "hệ thống của bộ, tỉnh" in page
    assert row["code"] not in other.get("/ho-so/").content.decode()
    assert other.get(f"/ho-so/{row['code']}/").status_code == 404


def test_what_is_tried_out_is_shown_to_nobody() -> None:
    password = make_partner("H31", is_test=True)
    person = make_person(id_number="001195222222")
    row = _row(1, "001195222222")
    batch("H31", password, rows=[row])
    client = Client()
    sign_in(client, person)
    assert row["code"] not in client.get("/ho-so/").content.decode() and client.get(f"/ho-so/{row['code']}/").status_code == 404
    assert Client().post(FIND, {"ma": row["code"], "so": "001195222222"}).status_code == 422


def test_the_list_takes_as_many_queries_for_one_as_for_many() -> None:
    password = make_partner("H31")
    client = Client()
    sign_in(client, make_person(id_number="001195222222"))
    batch("H31", password, rows=[_row(1, "001195222222")])
    client.get("/ho-so/noi-khac/")
    with CaptureQueriesContext(connection) as few:
        client.get("/ho-so/noi-khac/")
    batch("H31", password, rows=[_row(number, "001195222222", procedure_code=f"9.00000{number % 9}") for number in range(2, 40)])
    with CaptureQueriesContext(connection) as many:
        shown = client.get("/ho-so/noi-khac/").content.decode()
    # One more: what procedures that are in force no more were called.
    assert len(many) <= len(few) + 1 and shown.count("H31.1-") >= 20 and "Trang 1 / 2" in shown
    assert "Xem tất cả" in client.get("/ho-so/").content.decode()


@pytest.mark.requirement("X-03")
def test_it_is_found_by_code_and_a_number_of_its_owners() -> None:
    password = make_partner("H31")
    row = _row(1, "001195222222")
    step = {"code": row["code"], "at": row["received_at"], "state": "2", "unit": "Bộ phận Một cửa", "words": "Nhận đủ giấy tờ"}
    batch("H31", password, rows=[row], steps=[step])
    assert Client().get(FIND).status_code == 200
    for number in ("001195222222", " 001 195 222 222", "0900777001", "+84 900 777 001"):
        answer = Client().post(FIND, {"ma": f" {row['code'].lower()} ", "so": number})
        shown = answer.content.decode()
        assert answer.status_code == 200 and "Đang giải quyết" in shown and "no-store" in answer["Cache-Control"]
        assert "Nhận đủ giấy tờ" not in shown and "001195222222" not in shown, "it tells how far it is, nothing else"


def test_a_wrong_number_and_an_unknown_code_look_alike_and_are_limited() -> None:
    password = make_partner("H31")
    row = _row(77, "001195222222")
    batch("H31", password, rows=[row])

    def said(code: str, number: str, address: str = "192.0.2.7") -> tuple[int, str]:
        answer = Client().post(FIND, {"ma": code, "so": number}, REMOTE_ADDR=address)
        body = answer.content.decode().replace(code, "…").replace(number, "…")
        return answer.status_code, body[body.index("<main") : body.index("</main")].split('name="csrfmiddlewaretoken"')[0]

    wrong = said(row["code"], "001195999999")
    assert wrong[0] == 422
    assert wrong == said(row["code"].replace("-0077", "-0009"), "001195222222") == said("H31", "001195222222")
    assert Client().post(FIND, {"ma": "", "so": ""}).status_code == 422
    codes = [said(row["code"], f"00119500{number:04d}", f"192.0.2.{number}")[0] for number in range(20, 40)]
    assert codes[-1] == 429, "for one code, wherever from"
    codes = [said(f"H31.1-261120-{number:04d}", "001195222222", "192.0.2.77")[0] for number in range(30)]
    assert codes[0] == 422 and codes[-1] == 429


def test_a_dossier_filed_here_is_found_too() -> None:
    dossier = filed()
    keep_own(dossier, now=timezone.now())
    answer = Client().post(FIND, {"ma": dossier.code, "so": mother().id_number})
    assert answer.status_code == 200 and "đăng nhập để xem đầy đủ" in answer.content.decode()


@pytest.mark.requirement("X-03")
def test_a_provinces_year_comes_in_as_it_was_told() -> None:
    password = make_partner()
    lives = list(year(150, until=timezone.now(), seed=4))
    rows = [life.modern(*report) for life in lives for report in life.reports]
    for start in range(0, len(rows), 400):
        assert "refused" not in batch("H26", password, rows=rows[start : start + 400]).json()["counts"]
    kept = dict(NationalDossier.objects.filter(source="H26").values_list("code", "state"))
    assert kept == {life.code: life.reports[-1][0] for life in lives}
