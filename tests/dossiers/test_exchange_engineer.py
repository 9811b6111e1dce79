"""As a province's engineer: the year of a province by both doors through the running portal, with what goes wrong on the way (X-03)."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import socket
from collections import Counter
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.utils import timezone

from portal.exchange.partners.models import PartnerDay
from portal.simulators.province import Life, year
from tests.exchange.plain import counted, said
from tests.exchange.support import AUTH, BATCH, INTEGRATION
from tests.support.processes import Stack, eventually

DICE = random.Random(15)
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"received_at": "20226-11-30T08:30:00+07:00"}, "received_at", "bad_date"),
    ({"submitted_at": "2026-02-30T08:30:00+07:00"}, "submitted_at", "bad_date"),
    ({"submitted_at": "2026-05-06T08:30:00"}, "submitted_at", "bad_date"),
    ({"submitted_at": "2031-01-01T08:30:00+07:00"}, "submitted_at", "future"),
    ({"code": "H27.101-260506-0001"}, "code", "not_your_unit"),
    ({"code": "H55.101-260506-" + "1" * 80}, "code", "too_long"),
    ({"code": ""}, "code", "missing"),
    ({"state": "99"}, "state", "unknown_value"),
    ({"state": ["4"]}, "state", "not_text"),
    ({"state": "1", "received_at": "2026-05-06T08:30:00+07:00"}, "state", "cannot_follow"),
    ({"procedure_code": "1.00\x001193"}, "procedure_code", "not_text"),
    ({"channel": None}, "channel", "missing"),
    ({"TrangThaiHoSo": "4"}, "TrangThaiHoSo", "unknown_field"),
]


def _spoiled(number: int) -> tuple[dict[str, Any], str, str]:
    wrong, field, code = BAD[number % len(BAD)]
    row = {"code": f"H55.101-260506-9{number:03d}", "procedure_code": "1.001193", "channel": "1", "state": "4",
           "submitted_at": "2026-05-06T08:30:00+07:00", "received_at": "2026-05-06T08:30:00+07:00"}  # fmt: skip
    return row | wrong, field, code


def _broken_off(portal: Stack, body: bytes, headers: dict[str, str], *, half: bool) -> None:
    """Send half of a request, or all of it, and hang up without listening."""
    host, port = portal.url.removeprefix("http://").split(":")
    lines = [f"POST {BATCH} HTTP/1.1", f"Host: {host}:{port}", f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((host, int(port)), 10) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode() + (body[: len(body) // 2] if half else body))


def _numbers(text: str) -> list[int]:
    return [int(number.replace(".", "")) for number in re.findall(r"(?:tiếp nhận|xong|còn|giải quyết,) (\d[\d.]*)(?![\d,]*%)", text)]


@pytest.mark.requirement("X-03", "R-05")
def test_a_provinces_year_by_both_doors_gives_exactly_the_figures_that_were_sent(portal: Stack, capsys: Any) -> None:
    call_command("add_partner", "H55", "--units", "H55", "--name", "Một cửa Thái Nguyên thử nghiệm")
    made = json.loads(capsys.readouterr().out)
    basic = requests.auth._basic_auth_str(made["username"], made["password"])
    lives = list(year(400, until=timezone.now(), seed=15, province="H55"))
    by_format = {life.code for life in lives if DICE.random() < 0.2}
    rows: list[tuple[dict[str, Any], Any]] = []
    items: list[dict[str, Any]] = []
    for life in lives:
        for report in life.reports:
            if life.code in by_format:
                items.append(life.standard(*report))
            else:
                rows.append((life.modern(*report), None))
    rows += [(row, (field, code)) for row, field, code in map(_spoiled, range(40))]
    steps = [life.step(*report, modern=True) for life in lives if life.code not in by_format for report in life.reports]
    progress = [life.step(*report, modern=False) for life in lives if life.code in by_format for report in life.reports]
    for some in (rows, steps, items, progress):
        DICE.shuffle(some)
    outcomes: Counter[str] = Counter()
    number = 0
    while rows or steps:
        now, rows = rows[:500], rows[500:]
        with_them, steps = steps[:500], steps[500:]
        number += 1
        body = json.dumps({"rows": [row for row, _ in now], "steps": with_them}).encode()
        headers = {"Authorization": basic, "Idempotency-Key": f"dem-{number}", "Content-Type": "application/json"}
        if number % 2:
            _broken_off(portal, body, headers, half=number % 4 == 1)
        first = requests.post(portal.url + BATCH, body, headers=headers, timeout=60)
        assert first.status_code == 200, first.text
        assert requests.post(portal.url + BATCH, body, headers=headers, timeout=60).text == first.text
        answer = first.json()
        outcomes.update(answer["counts"])
        for (_row, wrong), one in zip(now, answer["rows"], strict=True):
            found = [(problem["field"], problem["code"]) for problem in one["problems"]]
            assert wrong in found if wrong else one["outcome"] != "refused", (one, wrong)
        # The same day once more, under no key.
        del headers["Idempotency-Key"]
        again = requests.post(portal.url + BATCH, body, headers=headers, timeout=60).json()["counts"]
        assert again.keys() <= {"same", "older", "taken", "refused"}, again
    assert outcomes["refused"] == 40 and outcomes["new"] == len(lives) - len(by_format)
    _by_the_national_format(portal, made, items, progress)
    _compared(portal, lives)
    day = PartnerDay.objects.get(partner="H55")
    assert day.rows_refused >= 80 and day.rows_in > len(lives)


def _by_the_national_format(portal: Stack, made: dict[str, str], items: list[dict[str, Any]], progress: list[dict[str, Any]]) -> None:
    session = requests.post(portal.url + AUTH, json=made, timeout=60).json()["session"]

    def call(service: str, data: list[dict[str, Any]]) -> Any:
        said = {"session": session, "madonvi": "H55", "service": service, "isUpdating": "True", "data": data}
        return requests.post(portal.url + INTEGRATION, json=said, timeout=60).json()

    late = {**items[0], "NgayTiepNhan": "202261130083000"}
    answer = call("DongBoHoSoMC", [*items[:50], late])
    assert answer["error_code"] == 1 and answer["result"][-1]["message"].startswith("NgayTiepNhan: ")
    assert {one["error_code"] for one in answer["result"][:-1]} == {0}
    for start in range(0, len(items), 200):
        assert call("DongBoHoSoMC", items[start : start + 200])["error_code"] == 0
    assert call("CapNhatTienDoHoSoMC", progress[:1000])["error_code"] == 0


def _compared(portal: Stack, lives: list[Life]) -> None:
    today = timezone.localdate()
    spans = [(f"{today.year}-01-01", f"{today.year}-12-31"), (f"{today:%Y-%m}-01", str(today)), ("2026-03-05", "2026-07-17")]
    for first, last in spans:
        for by, key in (
            ("agency", lambda life: life.unit),
            ("procedure", lambda life: life.procedure),
            ("channel", lambda life: life.channel),
        ):
            expected = counted(lives, first, last, str(today), key)
            asked = {"from": first, "to": last, "agency": "H55", "by": by}
            found = requests.get(f"{portal.url}/api/v1/statistics", asked, timeout=60).json()
            assert {item["key"]: +said(item) for item in found["items"] if said(item)} == expected, (first, last, by)
        total = sum(expected.values(), Counter())
        page = requests.get(f"{portal.url}/thong-ke/", {"tu": first, "den": last, "co-quan": "H55"}, timeout=60).text
        lead = page[page.index('class="lead"') :]
        resolved = sum(total[f"resolved_{how}"] for how in ("early", "on_time", "late"))
        pending = total["pending_in_time"] + total["pending_overdue"]
        assert _numbers(lead[: lead.index("</p>")]) == [total["received"], resolved, pending, total["pending_overdue"]]
        table = requests.get(f"{portal.url}/thong-ke/so-lieu.csv", {"tu": first, "den": last, "co-quan": "H55"}, timeout=60)
        lines = {line["Mã"]: line for line in csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))}
        by_unit = counted(lives, first, last, str(today), lambda life: life.unit)
        for unit, count in by_unit.items():
            assert [int(lines[unit][name]) for name in ("Tiếp nhận", "Quá hạn", "Đang quá hạn", "Không tiếp nhận")] == [
                count["received"], count["resolved_late"], count["pending_overdue"], count["refused"],
            ]  # fmt: skip
    # Folded meanwhile or not, it says the same.
    whole = requests.get(f"{portal.url}/api/v1/statistics", {"from": "2020-01-01", "agency": "H55"}, timeout=60).json()["total"]
    eventually(lambda: not _waiting(), 20)
    assert requests.get(f"{portal.url}/api/v1/statistics", {"from": "2020-01-01", "agency": "H55"}, timeout=60).json()["total"] == whole


def _waiting() -> bool:
    from ratings.models import DossierDelta

    return DossierDelta.objects.exists()
