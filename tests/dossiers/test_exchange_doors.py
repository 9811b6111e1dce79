"""The two doors by which systems report their dossiers, through HTTP (X-03)."""

from __future__ import annotations

import datetime as dt
import json
import random
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from dossiers.models import NationalDossier, NationalStep
from dossiers.services import national as register
from portal.exchange.partners.models import PartnerDay, PartnerRefusal
from portal.workdays import ZONE
from tests.exchange.support import AUTH, BATCH, INTEGRATION, SHARE, basic, batch, make_partner, national, session_of

pytestmark = pytest.mark.django_db
COLUMNS = [name for name in register.COLUMNS if name != "changed_at"]


def _stamp(at: dt.datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")


class History:
    """One dossier's life: the reports that its system sends, each as of a moment, sayable in both formats."""

    def __init__(self, number: int, dice: random.Random) -> None:
        start = timezone.now().replace(microsecond=0) - dt.timedelta(days=40)
        self.code = f"H26.{dice.randint(1, 3)}-{start.astimezone(ZONE):%y%m%d}-{number:04d}"
        at = start + dt.timedelta(minutes=dice.randint(0, 600))
        facts: dict[str, Any] = {"submitted_at": at}
        self.reports = [("1", dict(facts))]
        if dice.random() < 0.1:
            self._end("3", {**facts, "refused_at": at + dt.timedelta(days=1)})
            return
        at += dt.timedelta(hours=dice.randint(1, 30))
        facts |= {"received_at": at, "due_at": at + dt.timedelta(days=dice.randint(2, 30))}
        self.reports += [("2", dict(facts)), ("4", dict(facts))]
        if dice.random() < 0.3:
            at += dt.timedelta(days=dice.randint(1, 4))
            self._end("5", {**facts, "asked": at})
            facts |= {"asked": at, "answered": at + dt.timedelta(days=dice.randint(1, 4))}
            at = facts["answered"]
            self._end("4", dict(facts))
        if dice.random() < 0.8:
            at += dt.timedelta(days=dice.randint(1, 8))
            facts |= {"finished_at": at}
            self._end("9", dict(facts))
            self._end("10", {**facts, "returned_at": at + dt.timedelta(days=1)})

    def _end(self, state: str, facts: dict[str, Any]) -> None:
        self.reports.append((state, facts))

    def modern(self, state: str, facts: dict[str, Any]) -> dict[str, Any]:
        row = {"code": self.code, "procedure_code": "1.001193", "channel": "2", "state": state, "owner_number": "001195000001"}
        row |= {name: at.isoformat() for name, at in facts.items() if name.endswith("_at")}
        if "asked" in facts:
            asked = {"asked_at": facts["asked"].isoformat()}
            row["supplements"] = [asked | ({"answered_at": facts["answered"].isoformat()} if "answered" in facts else {})]
        return row

    def standard(self, state: str, facts: dict[str, Any]) -> dict[str, Any]:
        names = {
            "submitted_at": "NgayNopHoSo", "received_at": "NgayTiepNhan", "due_at": "NgayHenTra", "finished_at": "NgayKetThucXuLy",
            "returned_at": "NgayTra", "refused_at": "NgayTuChoi",
        }  # fmt: skip
        row = {
            "MaHoSo": self.code, "MaTTHC": "1.001193", "KenhThucHien": "2", "TrangThaiHoSo": state,
            "DinhDanhCHS": {"LoaiDinhDanh": "1", "SoDinhDanh": "001195000001"},
        }  # fmt: skip
        row |= {names[name]: _stamp(at) for name, at in facts.items() if name in names}
        if "asked" in facts:
            asked = {"NgayBoSung": _stamp(facts["asked"])}
            row["DanhSachHoSoBoSung"] = [asked | ({"NgayTiepNhanBoSung": _stamp(facts["answered"])} if "answered" in facts else {})]
        return row


def _rows() -> list[dict[str, Any]]:
    return list(NationalDossier.objects.order_by("code").values(*COLUMNS))


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shuffled_in_batches_over_both_doors_the_rows_are_the_same(seed: int) -> None:
    dice = random.Random(seed)
    password = make_partner()
    session = session_of("H26", password)
    histories = [History(number, dice) for number in range(1, 13)]
    said = [(history, state, facts) for history in histories for state, facts in history.reports]
    answer = batch("H26", password, rows=[history.modern(state, facts) for history, state, facts in said])
    assert answer.status_code == 200 and "refused" not in answer.json()["counts"], answer.json()
    expected = _rows()
    assert len(expected) == len(histories)
    for history in histories:
        last = max(history.reports, key=lambda one: max(at for name, at in one[1].items() if name != "due_at"))
        kept = next(row for row in expected if row["code"] == history.code)
        assert kept["returned_at"] == last[1].get("returned_at")
    NationalDossier.objects.all().delete()
    told = said + dice.sample(said, len(said) // 2)
    dice.shuffle(told)
    while told:
        some, told = told[:7], told[7:]
        if dice.random() < 0.5:
            assert batch("H26", password, rows=[history.modern(state, facts) for history, state, facts in some]).status_code == 200
        else:
            address, updating = dice.choice([SHARE, INTEGRATION]), dice.choice(["True", "true"])
            data = [history.standard(state, facts) for history, state, facts in some]
            assert national(session, "DongBoHoSoMC", address=address, isUpdating=updating, data=data).json()["error_code"] == 0
    assert _rows() == expected


@pytest.mark.requirement("X-03")
def test_good_rows_go_in_while_bad_ones_are_answered_with_their_reasons() -> None:
    password = make_partner()
    good, other = (History(number, random.Random(7)) for number in (1, 2))
    rows = [
        good.modern(*good.reports[0]), {"code": "H27-261120-0001"}, "no row", other.modern(*other.reports[0]) | {"state": "77"},
    ]  # fmt: skip
    refused = batch("H26", password, rows=rows)
    assert refused.status_code == 422 and refused["Content-Type"] == "application/problem+json", "a row is an object: the schema says so"
    rows[2] = {}
    answer = batch("H26", password, rows=rows, steps=[{"code": good.code, "at": timezone.now().isoformat(), "state": "2"}, {}]).json()
    assert [row["outcome"] for row in answer["rows"]] == ["new", "refused", "refused", "refused"]
    assert [row["outcome"] for row in answer["steps"]] == ["taken", "refused"]
    assert answer["counts"] == {"new": 1, "refused": 4, "taken": 1}
    assert {problem["code"] for problem in answer["rows"][1]["problems"]} >= {"not_your_unit", "missing"}
    assert NationalDossier.objects.count() == NationalStep.objects.count() == 1
    day = PartnerDay.objects.get()
    assert (day.calls, day.rows_in, day.rows_refused) == (1, 2, 4)
    assert sum(PartnerRefusal.objects.values_list("rows", flat=True)) == 4


@pytest.mark.requirement("X-03")
def test_a_new_row_sent_twice_answers_3_and_changes_nothing() -> None:
    session = session_of("H26", make_partner())
    history = History(1, random.Random(3))
    first, later = history.standard(*history.reports[0]), history.standard(*history.reports[1])
    assert national(session, "DongBoHoSoMC", isUpdating="False", data=[first]).json()["error_code"] == 0
    before = _rows()
    again = national(session, "DongBoHoSoMC", isUpdating="False", data=[later]).json()
    assert again["error_code"] == 3 and again["message"] == "Hồ sơ đã tồn tại" and again["result"][0]["error_code"] == 3
    assert _rows() == before
    assert national(session, "DongBoHoSoMC", isUpdating="True", data=[later]).json()["error_code"] == 0
    assert _rows() != before
    looked = national(session, "TraCuuHoSo", mahoso=history.code).json()["result"][0]
    assert looked["TrangThaiHoSo"] == later["TrangThaiHoSo"] and looked["NgayTiepNhan"] == later["NgayTiepNhan"]


@pytest.mark.requirement("X-03")
def test_two_partners_for_one_dossier_and_one_being_tried_out() -> None:
    tried, first, second = make_partner("H26-thu", units=["H26"], is_test=True), make_partner(), make_partner("H26-hai", units=["H26"])
    history = History(1, random.Random(5))
    row, later = history.modern(*history.reports[0]), history.modern(*history.reports[1])
    assert batch("H26-thu", tried, rows=[later]).json()["rows"][0]["outcome"] == "new"
    assert NationalDossier.objects.get().is_test
    assert batch("H26", first, rows=[row]).json()["rows"][0]["outcome"] == "changed", "what is tried gives way to what is real"
    [refused] = batch("H26-hai", second, rows=[later]).json()["rows"]
    assert refused["outcome"] == "refused" and refused["problems"][0]["code"] == "foreign"
    assert batch("H26-thu", tried, rows=[later]).json()["rows"][0]["outcome"] == "refused"
    kept = NationalDossier.objects.get()
    assert (kept.source, kept.is_test, kept.state) == ("H26", False, "1")


@pytest.mark.requirement("X-03")
def test_killed_in_the_middle_nothing_is_kept_and_sent_again_nothing_is_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    password = make_partner()
    session = session_of("H26", password)
    histories = [History(number, random.Random(number)) for number in range(1, 6)]
    rows = [history.modern(*history.reports[0]) for history in histories]
    steps = [{"code": history.code, "at": timezone.now().isoformat(), "state": "1"} for history in histories]
    real = register.take_steps

    def dies(*args: Any, **kwargs: Any) -> int:
        real(*args, **kwargs)
        raise DatabaseError("the server went away")

    monkeypatch.setattr("dossiers.exchange.intake.take_steps", dies)
    client = Client(raise_request_exception=False)
    broken = client.post(
        BATCH, json.dumps({"rows": rows, "steps": steps}), content_type="application/json",
        headers={**basic("H26", password), "Idempotency-Key": "dem-1"},
    )  # fmt: skip
    assert broken.status_code == 500 and broken["Content-Type"] == "application/problem+json"
    answer = national(session, "DongBoHoSoMC", data=[histories[0].standard(*histories[0].reports[0])])
    assert answer.status_code == 503 and answer.json()["error_code"] == 503
    assert not NationalDossier.objects.exists() and not NationalStep.objects.exists()
    monkeypatch.undo()
    first = batch("H26", password, key="dem-1", rows=rows, steps=steps)
    again = batch("H26", password, key="dem-1", rows=rows, steps=steps)
    assert first.json() == again.json() and first.json()["counts"] == {"new": 5, "taken": 5}
    assert batch("H26", password, rows=rows, steps=steps).json()["counts"] == {"same": 5, "taken": 5}
    other = batch("H26", password, key="dem-1", rows=rows[:1])
    assert other.status_code == 422 and other.json()["code"] == "key_used"
    assert NationalDossier.objects.count() == NationalStep.objects.count() == 5


def test_the_batch_has_its_size() -> None:
    password = make_partner()
    assert batch("H26", password, rows=[{}] * 1001).status_code == 422
    assert batch("H26", password, rows=[{}] * 600, steps=[{}] * 600).status_code == 422
    assert batch("H26", password, rows=[{}] * 500, steps=[{}] * 500).json()["counts"] == {"refused": 1000}
    huge = Client().post(BATCH, b"[" * (9 * 1024 * 1024), content_type="application/json", headers=basic("H26", password))
    assert huge.status_code == 413 and huge.json()["code"] == "too_large"
    large = [{"code": "H26-261120-0001", "procedure_code": "x" * 4000}] * 1000
    assert batch("H26", password, rows=large).json()["counts"] == {"refused": 1000}, "larger than a page's form may be"


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b'{"session": 5}', b'{"session": "\\ud800"}', b'{"username": {}}', b"null"],
)
@pytest.mark.parametrize("address", [AUTH, SHARE, INTEGRATION])
def test_whatever_is_sent_is_answered_in_the_format(address: str, body: bytes) -> None:
    answer = Client().post(address, body, content_type="application/json")
    assert answer["Content-Type"] == "application/json" and answer.status_code < 500
    assert answer.json()["error_code"] in (400, 401) and answer.json()["message"]


def test_wrong_calls_are_answered_in_the_format() -> None:
    session = session_of("H26", make_partner())
    assert Client().get(SHARE).json()["error_code"] == 405
    for said, error in (
        ({"service": "KhongCo"}, 404), ({"service": "DongBoHoSoMC"}, 400), ({"service": "DongBoHoSoMC", "data": []}, 400),
        ({"service": "DongBoHoSoMC", "data": [{}] * 1001}, 413), ({"service": "DongBoHoSoMC", "data": [{}], "isUpdating": "x"}, 400),
        ({"service": "DongBoHoSoMC", "data": ["x", 5, None]}, 1), ({"service": "TraCuuHoSo"}, 400), ({"service": ["x"]}, 404),
        ({"service": "TraCuuHoSo", "mahoso": "H27-261120-0001"}, 404), ({"service": "LayThuTuc", "maTTHC": "9.999999"}, 404),
    ):  # fmt: skip
        answer = Client().post(SHARE, json.dumps({"session": session, **said}), content_type="application/json")
        assert answer.status_code in (200, 405, 413) and answer.json()["error_code"] == error, said


@pytest.mark.usefixtures("demo_data")
def test_the_catalogues_are_read_in_the_format() -> None:
    session = session_of("H26", make_partner())
    [record] = national(session, "LayThuTuc", maTTHC="1.001193").json()["result"]
    assert record["MaTTHC"] == "1.001193" and record["TENTTHC"] and record["CACHTHUCTHUCHIEN"][0]["THOIGIAN"]
    assert record["THANHPHANHOSO"][0]["GIAYTO"][0]["TENGIAYTO"] and record["CANCUPHAPLY"]
    listed = national(session, "LayDanhSachTTHC").json()["result"]
    assert {"MATTHC": "1.001193", "TENTTHC": record["TENTTHC"]} in listed
    agencies = national(session, "LayDanhMucCoQuan").json()["result"]
    assert "H26" in {one["MADONVI"] for one in agencies} and all(one["CAPDONVI"] for one in agencies)
    assert national(session, "LayDanhMucLinhVuc").json()["result"]


def test_steps_of_the_format_may_come_first() -> None:
    session = session_of("H26", make_partner())
    step = {"MaHoSo": "H26.1-261016-0001", "ThoiDiemXuLy": "20261016103000", "TrangThai": "2", "NguoiXuLy": "Ai Đó", "NoiDungXuLy": "Nhận"}
    assert national(session, "CapNhatTienDoHoSoMC", data=[step, step]).json()["error_code"] == 0
    answer = national(session, "CapNhatTienDoHoSoMC", data=[step, {**step, "MaHoSo": "H27-261016-0001"}]).json()
    assert answer["error_code"] == 1 and [one["error_code"] for one in answer["result"]] == [0, 1]
    assert NationalStep.objects.get().words == "Nhận"


@pytest.mark.requirement("X-03")
def test_a_file_is_taken_by_command_and_bad_rows_are_told_by_number(tmp_path: Path) -> None:
    make_partner()
    history = History(1, random.Random(1))
    rows = [history.modern(*history.reports[0]), {"code": "H27-261120-0001"}, history.standard(*history.reports[1])]
    lines = tmp_path / "rows.jsonl"
    lines.write_text("\n".join([json.dumps(rows[0]), "không phải JSON", json.dumps(rows[2]), "", json.dumps(rows[1])]), encoding="utf-8")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("take_dossiers", "H26", str(lines), stdout=out)
    assert "dòng 2: –" in out.getvalue() and "dòng 5: H27-261120-0001: code: not_your_unit" in out.getvalue()
    assert NationalDossier.objects.get().state == "2"
    table = tmp_path / "rows.csv"
    flat = {**history.modern(*history.reports[0]), "code": "H26.9-261120-0001"}
    table.write_text(",".join(flat) + "\n" + ",".join(str(value) for value in flat.values()) + "\n", encoding="utf-8")
    out = StringIO()
    call_command("take_dossiers", "H26", str(table), stdout=out)
    assert json.loads(out.getvalue()) == {"new": 1} and NationalDossier.objects.count() == 2
