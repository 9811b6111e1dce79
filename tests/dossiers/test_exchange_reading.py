"""What the standard's fields come to, and which rows are refused: pure functions (X-03)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dossiers.exchange.reading import Supplements, read_modern, read_modern_step, read_standard, read_standard_step, supplements_of
from dossiers.services.national import Report, Step, owner_index, phone_index
from portal.workdays import ZONE

NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=ZONE)
STANDARD = {
    "MaHoSo": "H26.101-261116-0001", "MaTTHC": "1.001193", "TenTTHC": "Đăng ký khai sinh", "MaLinhVuc": "G15-HT01",
    "KenhThucHien": "2", "ChuHoSo": "Nguyễn Thị Giả Định", "LoaiDoiTuong": "1", "SoDienThoai": "0900000001",
    "NgayNopHoSo": "20261116083000", "NgayTiepNhan": "20261116100000", "NgayHenTra": "20261123170000", "TrangThaiHoSo": "4",
    "DonViXuLy": "000.00.101.H26", "HoSoCoThanhPhanSoHoa": "1", "TaiKhoanDuocXacThucVoiVNeID": "1", "DuocThanhToanTrucTuyen": "2",
    "DinhDanhCHS": {"LoaiDinhDanh": "1", "SoDinhDanh": "001195000001"},
    "TaiLieuNop": [{"TenTepDinhKem": "a.pdf", "DuocTaiSuDung": "1", "DuocLayTuKhoDMQG": 0}],
    "DanhSachLePhi": [{"TenPhiLePhi": "Lệ phí", "Gia": "8000"}],
    "DanhSachHoSoBoSung": [
        {"NgayBoSung": "20261117090000", "NgayTiepNhanBoSung": "20261118090000"},
        {"NgayBoSung": "20261116090000", "NgayTiepNhanBoSung": "20261116093000"},
    ],
}  # fmt: skip
MODERN = {
    "code": "H26.101-261116-0001", "procedure_code": "1.001193", "channel": "2", "state": "4",
    "submitted_at": "2026-11-16T08:30:00+07:00", "received_at": "2026-11-16T03:00:00Z",
}  # fmt: skip


def _utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=ZONE).astimezone(dt.UTC)  # type: ignore[misc, arg-type]


@pytest.mark.requirement("X-03")
def test_an_item_of_the_standard_becomes_a_report() -> None:
    said = read_standard(STANDARD, units=["H26"], now=NOW).said
    assert isinstance(said, Report)
    assert said.code == "H26.101-261116-0001"
    assert said.said_at == _utc(2026, 11, 18, 9), "the latest date of what happened; an appointment is none"
    expected = {
        "unit_code": "H26.101", "procedure_code": "1.001193", "field_code": "G15-HT01", "channel": "2", "subject": "1", "state": "4",
        "submitted_at": _utc(2026, 11, 16, 8, 30), "received_at": _utc(2026, 11, 16, 10), "due_at": _utc(2026, 11, 23, 17),
        "finished_at": None, "supplements_before": 1, "supplements_after": 1, "supplement_asked_at": _utc(2026, 11, 17, 9),
        "supplement_is_pending": False, "supplement_days": 1, "paid_online": "2", "has_fee": True, "has_digitised_papers": True,
        "has_digitised_result": False, "reuses_data": True, "from_store": False, "by_population": True,
        "owner_blind": owner_index("001195000001"), "phone_blind": phone_index("+84900000001"),
    }  # fmt: skip
    assert expected.items() <= said.values.items()


@pytest.mark.parametrize(
    ("state", "more", "expected"),
    [
        ("3", {"NgayTiepNhan": "", "NgayTuChoi": "20261117080000"}, {"refused_at": _utc(2026, 11, 17, 8), "finished_at": None}),
        ("8", {"NgayKetThucXuLy": "20261119080000"}, {"stopped_at": _utc(2026, 11, 19, 8), "finished_at": None}),
        ("7", {}, {"withdrawn_at": _utc(2026, 11, 18, 9)}),
        ("10", {"NgayKetThucXuLy": "20261119080000", "NgayTra": "20261120080000"}, {"returned_at": _utc(2026, 11, 20, 8)}),
        ("10", {"NgayTra": "20261120080000", "DanhSachGiayToKetQua": [{"DuongDanTepTinKetQua": "/a"}]}, {"has_digitised_result": True}),
        ("4", {"DonViXuLy": "Phòng Tư pháp"}, {"unit_code": "H26.101"}),
    ],
)
def test_ends_of_the_standard(state: str, more: dict[str, Any], expected: dict[str, Any]) -> None:
    said = read_standard({**STANDARD, "TrangThaiHoSo": state, **more}, units=["H26"], now=NOW).said
    assert isinstance(said, Report) and expected.items() <= said.values.items()


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"MaHoSo": "H27.1-261116-0001"}, "MaHoSo", "not_your_unit"),
        ({"MaHoSo": "H261-261116-0001"}, "MaHoSo", "bad_code"),
        ({"MaHoSo": "H26.101-261316-0001"}, "MaHoSo", "bad_code"),
        ({"MaHoSo": "H26.101-141116-0001"}, "MaHoSo", "bad_year"),
        ({"MaHoSo": "H26.101-281116-0001"}, "MaHoSo", "bad_year"),
        ({"MaHoSo": "H26.101-261116-0001" + "0" * 50}, "MaHoSo", "too_long"),
        ({"MaHoSo": "H26\x00.101-261116-0001"}, "MaHoSo", "not_text"),
        ({"MaHoSo": {"a": 1}}, "MaHoSo", "not_text"),
        ({"MaHoSo": None}, "MaHoSo", "missing"),
        ({"DonViXuLy": "G18"}, "DonViXuLy", "not_your_unit"),
        ({"TrangThaiHoSo": "11"}, "TrangThaiHoSo", "unknown_value"),
        ({"KenhThucHien": "4"}, "KenhThucHien", "unknown_value"),
        ({"NgayNopHoSo": "202260101000000"}, "NgayNopHoSo", "bad_date"),
        ({"NgayNopHoSo": "20261332000000"}, "NgayNopHoSo", "bad_date"),
        ({"NgayNopHoSo": "19700101000000"}, "NgayNopHoSo", "bad_date"),
        ({"NgayNopHoSo": "2026-11-16"}, "NgayNopHoSo", "bad_date"),
        ({"NgayHenTra": "99991231235959"}, "NgayHenTra", "bad_date"),
        ({"NgayTiepNhan": "20261122000000"}, "NgayTiepNhan", "future"),
        ({"NgayTiepNhan": "20261115000000"}, "NgayTiepNhan", "dates_out_of_order"),
        ({"NgayHenTra": "20261101000000"}, "NgayHenTra", "dates_out_of_order"),
        ({"NgayTiepNhan": ""}, "NgayTiepNhan", "missing"),
        ({"TrangThaiHoSo": "9"}, "NgayKetThucXuLy", "missing"),
        ({"NgayTra": "20261118000000"}, "TrangThaiHoSo", "cannot_follow"),
        ({"TrangThaiHoSo": "1"}, "TrangThaiHoSo", "cannot_follow"),
        ({"TaiLieuNop": "x"}, "TaiLieuNop", "unknown_value"),
        ({"DanhSachHoSoBoSung": [{}] * 101}, "DanhSachHoSoBoSung", "unknown_value"),
        ({"MaTTHC": "'; --"}, "MaTTHC", "unknown_value"),
    ],
)
def test_bad_rows_are_refused_with_the_field_and_the_reason(more: dict[str, Any], field: str, code: str) -> None:
    reading = read_standard({**STANDARD, **more}, units=["H26"], now=NOW)
    assert reading.said is None
    assert (field, code) in [(one.field, one.code) for one in reading.problems] and all(one.words for one in reading.problems)


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"submitted_at": "2026-11-16T08:30:00"}, "submitted_at", "bad_date"),
        ({"submitted_at": "20226-11-16T08:30:00Z"}, "submitted_at", "bad_date"),
        ({"submitted_at": 1700000000}, "submitted_at", "bad_date"),
        ({"submited_at": "2026-11-16T08:30:00Z"}, "submited_at", "unknown_field"),
        ({"has_fee": "có"}, "has_fee", "unknown_value"),
        ({"has_fee": []}, "has_fee", "unknown_value"),
        ({"procedure_code": "\ud800"}, "procedure_code", "not_text"),
        ({"unit_code": "Sở Tư pháp"}, "unit_code", "unknown_value"),
        ({"state": "8"}, "stopped_at", "missing"),
        ({"changed_at": "2027-11-16T08:30:00Z"}, "changed_at", "future"),
    ],
)
def test_the_api_refuses_what_it_does_not_know(more: dict[str, Any], field: str, code: str) -> None:
    assert isinstance(read_modern(MODERN, units=["H26"], now=NOW).said, Report)
    reading = read_modern({**MODERN, **more}, units=["H26"], now=NOW)
    assert reading.said is None and (field, code) in [(one.field, one.code) for one in reading.problems]


def test_steps_of_both_doors() -> None:
    told = {"MaHoSo": "H26.1-261116-0001", "NguoiXuLy": "Phạm Văn Giả Định", "ThoiDiemXuLy": "20261116103000", "TrangThai": 2}
    said = read_standard_step({**told, "NoiDungXuLy": "Tiếp nhận\n" * 200}, units=["H26"], now=NOW).said
    assert isinstance(said, Step) and len(said.words) <= 500 and "Giả Định" not in said.words and "\n" not in said.words
    modern = {"code": "H26.1-261116-0001", "at": "2026-11-16T10:30:00+07:00", "state": "2"}
    other = read_modern_step(modern, units=["H26"], now=NOW).said
    assert isinstance(other, Step) and (other.code, other.at, other.state) == (said.code, said.at, said.state)
    assert read_modern_step({**modern, "who": "x"}, units=["H26"], now=NOW).said is None
    assert read_modern_step([], units=["H26"], now=NOW).said is None
    assert read_standard_step({**told, "ThoiDiemXuLy": "20300101000000"}, units=["H26"], now=NOW).problems[0].code == "future"


def _at(day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], Supplements()),
        ([(_at(1), _at(2))], Supplements(before=1)),
        ([(_at(6), _at(9))], Supplements(after=1, asked_at=_at(6), days=3)),
        ([(_at(6), None)], Supplements(after=1, asked_at=_at(6), is_pending=True)),
        # Two that wait over the same days deduct them once.
        ([(_at(8), _at(10)), (_at(6), _at(9))], Supplements(after=2, asked_at=_at(6), days=4)),
        ([(_at(6), _at(9)), (_at(12), None)], Supplements(after=2, asked_at=_at(6), days=3, is_pending=True)),
        ([(_at(6), _at(3))], Supplements(after=1, asked_at=_at(6))),
    ],
)
def test_supplements_are_counted_before_and_after_reception(pairs: list[Any], expected: Supplements) -> None:
    assert supplements_of(pairs, received_at=_at(5)) == expected
