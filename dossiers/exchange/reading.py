"""One reported row read and checked: pure functions from what was sent to a report, or to the reasons why not.

What is checked depends on nothing but the row, the partner's units and the day: so the order in which rows arrive decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.identifiers import clean_phone
from dossiers.models import State
from dossiers.services.national import Report, Step, owner_index, phone_index
from portal.exchange.partners.units import NEW_FORM, OLD_FORM, unit_of, within

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
FIRST_YEAR = 2015
"""Of codes; no one-stop system numbered its dossiers so before."""
_FIRST_DAY = date(2000, 1, 1)
FURTHEST_DUE = timedelta(days=20 * 366)
CLOCKS_DIFFER = timedelta(days=1)
"""A date may lie so far ahead of our clock: the other system's is not ours."""
MOST_SUPPLEMENTS = 100

PROBLEMS = {
    "not_an_object": "Mỗi dòng là một đối tượng JSON.",
    "unknown_field": "Không có trường này.",
    "missing": "Thiếu trường này.",
    "not_text": "Giá trị phải là chữ, không có ký tự điều khiển.",
    "too_long": "Giá trị dài quá mức cho phép.",
    "bad_code": "Mã hồ sơ viết như H26.101-261129-0001, nhiều nhất 60 ký tự.",
    "bad_year": "Năm trong mã hồ sơ phải từ 2015 đến năm sau.",
    "not_your_unit": "Hệ thống của bạn không được báo thay cơ quan này.",
    "unknown_value": "Giá trị không có trong danh mục của trường này.",
    "bad_date": "Ngày giờ viết không đúng, hoặc ngoài khoảng năm chấp nhận được.",
    "future": "Ngày giờ ở tương lai.",
    "dates_out_of_order": "Ngày này trước ngày của bước phải có trước nó.",
    "cannot_follow": "Trạng thái không thể đi cùng các ngày đã báo.",
    "foreign": "Hồ sơ này do hệ thống khác báo.",
}  # fmt: skip
"""Why a row is refused: stable codes, and words for the people who mend it."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row: the field by the name it was sent under, and a code of :data:`PROBLEMS`."""

    field: str
    code: str

    @property
    def words(self) -> str:
        """In Vietnamese, for the engineer of the other system."""
        return PROBLEMS[self.code]


@dataclass(frozen=True)
class Reading:
    """What came of a row: its code as far as it can be repeated, and a report or the problems."""

    code: str
    said: Report | Step | None
    problems: list[Problem] = field(default_factory=list)


class Bad(Exception):
    """A value that cannot be taken."""


_CODE = re.compile(rf"({NEW_FORM}|{OLD_FORM})-(?:20)?(\d{{2}})(\d{{2}})(\d{{2}})-(\d{{1,10}})", re.ASCII)
_PROCEDURE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{2,39}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_NUMBER = re.compile(r"[0-9A-Za-z-]{6,20}", re.ASCII)
_STATES = frozenset(state.value for state in State)
# True is 1 and False is 0 as keys too.
_YES_NO = {1: True, 0: False, "1": True, "0": False, "true": True, "false": False, "True": True, "False": False}


def standard_moment(value: Any) -> datetime:
    """``yyyyMMddHHmmss``, Vietnam's clock. :class:`Bad` for anything else."""
    text = str(value) if isinstance(value, int) else value
    if not isinstance(text, str) or len(text) != 14 or not (text.isascii() and text.isdigit()):
        raise Bad
    try:
        return datetime(
            int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), int(text[12:]), tzinfo=ZONE
        )  # fmt: skip
    except ValueError:
        raise Bad from None


def modern_moment(value: Any) -> datetime:
    """RFC 3339 with its zone, on Vietnam's clock. :class:`Bad` for anything else."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise Bad
    try:
        return datetime.fromisoformat(value.upper()).astimezone(ZONE)
    except (ValueError, OverflowError):
        raise Bad from None


class Row:
    """The fields of one row with what is wrong with them. ``names``: how this door calls a field; the same name where it is not there."""

    def __init__(self, row: Mapping[str, Any], names: Mapping[str, str], moment_of: Callable[[Any], datetime], now: datetime) -> None:
        self.row, self.names, self.moment_of, self.now = row, names, moment_of, now
        self.problems: list[Problem] = []
        self.latest: datetime | None = None
        self._until = now + CLOCKS_DIFFER

    def wrong(self, name: str, code: str) -> None:
        """Note that a field is wrong; once, however many times it is found to be."""
        problem = Problem(self.names.get(name, name), code)
        if problem not in self.problems:
            self.problems.append(problem)

    def given(self, name: str) -> Any:
        """The value as sent; None where it is missing or empty."""
        value = self.row.get(self.names.get(name, name))
        return None if value == "" else value

    def text(self, name: str, longest: int, *, required: bool = False, cut: bool = False) -> str:
        """A text; whole numbers are taken as their digits. ``cut``: what is longer is shortened, not refused."""
        value = self.given(name)
        if value is None:
            if required:
                self.wrong(name, "missing")
            return ""
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40:
            value = str(value)
        if isinstance(value, str) and cut:
            value = " ".join("".join(sign if sign.isprintable() else " " for sign in value[: 4 * longest]).split())[:longest]
        if not isinstance(value, str) or not value.isprintable():
            self.wrong(name, "not_text")
            return ""
        if len(value) > longest:
            self.wrong(name, "too_long")
            return ""
        return value.strip()

    def choice(self, name: str, values: Collection[str], *, required: bool = False) -> str:
        """One of these values."""
        text = self.text(name, 200, required=required)
        if text and text not in values:
            self.wrong(name, "unknown_value")
            return ""
        return text

    def flag(self, name: str) -> bool:
        """Yes or no; no where nothing is said."""
        value = self.given(name)
        if value is None:
            return False
        if not isinstance(value, bool | int | str) or value not in _YES_NO:
            self.wrong(name, "unknown_value")
            return False
        return _YES_NO[value]

    def moment(self, name: str, *, ahead: bool = False) -> datetime | None:
        """When something happened; ``ahead``: it is an appointment and may lie in the future."""
        return self.at(self.given(name), name, ahead=ahead)

    def at(self, value: Any, name: str, *, ahead: bool = False) -> datetime | None:
        """As :meth:`moment`, of a value that stands deeper in the row."""
        if value is None or value == "":
            return None
        try:
            at = self.moment_of(value)
        except Bad:
            self.wrong(name, "bad_date")
            return None
        if at.date() < _FIRST_DAY or at > self.now + FURTHEST_DUE:
            self.wrong(name, "bad_date")
            return None
        if not ahead:
            if at > self._until:
                self.wrong(name, "future")
                return None
            if self.latest is None or at > self.latest:
                self.latest = at
        return at

    def list(self, name: str, most: int = 1000) -> list[Mapping[str, Any]]:
        """A list of objects."""
        value = self.given(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most or not all(isinstance(one, dict) for one in value):
            self.wrong(name, "unknown_value")
            return []
        return value

    def code(self, units: Collection[str]) -> tuple[str, str]:
        """The dossier's code and the unit in it."""
        text = self.text("code", 60, required=True)
        if not text:
            return "", ""
        found = _CODE.fullmatch(text)
        if not found:
            self.wrong("code", "bad_code")
            return text, ""
        unit, year, month, day = unit_of(found[1]), 2000 + int(found[2]), int(found[3]), int(found[4])
        if not FIRST_YEAR <= year <= self.now.astimezone(ZONE).year + 1:
            self.wrong("code", "bad_year")
            return text, ""
        try:
            date(year, month, day)
        except ValueError:
            self.wrong("code", "bad_code")
            return text, ""
        if not within(unit, units):
            self.wrong("code", "not_your_unit")
        return text, unit


@dataclass(frozen=True)
class Supplements:
    """What requests for completion come to (Decision 766/QĐ-TTg, 2.1)."""

    before: int = 0
    after: int = 0
    asked_at: datetime | None = None
    """The first after reception."""
    is_pending: bool = False
    days: int = 0
    """Days on which one asked after reception waited, each counted once."""


def supplements_of(pairs: Collection[tuple[datetime, datetime | None]], *, received_at: datetime | None) -> Supplements:
    """Count requests, each with the moment it was answered (None: it still waits), as before or after reception."""
    after = sorted(pair for pair in pairs if received_at is not None and pair[0] >= received_at) if received_at else []
    days, until = 0, date.min
    for asked, taken in after:
        if taken is not None:
            first = max(asked.astimezone(ZONE).date(), until)
            until = max(until, taken.astimezone(ZONE).date())
            days += max((until - first).days, 0)
    return Supplements(
        before=len(pairs) - len(after),
        after=len(after),
        asked_at=after[0][0] if after else None,
        is_pending=any(taken is None for _, taken in after),
        days=min(days, 32767),
    )


_AFTER = (
    ("received_at", "submitted_at"), ("due_at", "received_at"), ("finished_at", "received_at"), ("returned_at", "finished_at"),
    ("returned_at", "received_at"), ("refused_at", "submitted_at"), ("stopped_at", "submitted_at"), ("withdrawn_at", "submitted_at"),
)  # fmt: skip
"""The first is not before the second; by days, for many systems know no hour."""
_WANTED = {
    "1": ("submitted_at",), "2": ("received_at",), "3": ("refused_at",), "4": ("received_at",), "5": ("submitted_at",),
    "6": ("received_at",), "7": ("withdrawn_at",), "8": ("stopped_at",), "9": ("received_at", "finished_at"), "10": ("received_at",),
}  # fmt: skip
_ENDS = {"finished_at": "9 10", "returned_at": "10", "refused_at": "3", "stopped_at": "8", "withdrawn_at": "7"}
"""An end that is told goes with these states only: what has ended is not on its way any more."""


def _consistent(row: Row, state: str, dates: Mapping[str, datetime | None]) -> None:
    """Note what contradicts: a date before the one it follows, a state that cannot be reached by these dates."""
    for name in _WANTED[state]:
        if dates[name] is None:
            row.wrong(name, "missing")
    if state == "10" and not (dates["returned_at"] or dates["finished_at"]):
        row.wrong("returned_at", "missing")
    if any(at is not None and state not in _ENDS[name].split() for name, at in dates.items() if name in _ENDS):
        row.wrong("state", "cannot_follow")
    if state == "1" and dates["received_at"] is not None:
        row.wrong("state", "cannot_follow")
    for later, earlier in _AFTER:
        one, other = dates[later], dates[earlier]
        if one is not None and other is not None and one.date() < other.date():
            row.wrong(later, "dates_out_of_order")


def _done(row: Row, code: str, values: dict[str, Any], owner: str, phone: str, dates: dict[str, datetime | None]) -> Reading:
    state = values["state"]
    if not row.problems:
        _consistent(row, state, dates)
    if row.problems or row.latest is None:
        return Reading(code, None, row.problems or [Problem(row.names.get("submitted_at", "submitted_at"), "missing")])
    number = owner.replace(" ", "").replace(".", "")
    values |= {name: at.astimezone(UTC) if at is not None else None for name, at in dates.items()}
    values["supplement_asked_at"] = values["supplement_asked_at"] and values["supplement_asked_at"].astimezone(UTC)
    values["owner_blind"] = owner_index(number) if _NUMBER.fullmatch(number) else ""
    values["phone_blind"] = phone_index(clean_phone(phone)) if phone else ""
    return Reading(code, Report(code, row.latest.astimezone(UTC), values))


def _supplement_values(pairs: list[tuple[datetime, datetime | None]], received_at: datetime | None) -> dict[str, Any]:
    found = supplements_of(pairs, received_at=received_at)
    return {
        "supplements_before": found.before,
        "supplements_after": found.after,
        "supplement_asked_at": found.asked_at,
        "supplement_is_pending": found.is_pending,
        "supplement_days": found.days,
    }


# The national format (domain: DongBoHoSoMC, CapNhatTienDoHoSoMC) --------------------------------------------------------------------

STANDARD = {
    "code": "MaHoSo", "unit_code": "DonViXuLy", "procedure_code": "MaTTHC", "field_code": "MaLinhVuc", "channel": "KenhThucHien",
    "subject": "LoaiDoiTuong", "phone": "SoDienThoai", "owner_number": "DinhDanhCHS", "state": "TrangThaiHoSo",
    "submitted_at": "NgayNopHoSo", "received_at": "NgayTiepNhan", "due_at": "NgayHenTra", "finished_at": "NgayKetThucXuLy",
    "returned_at": "NgayTra", "refused_at": "NgayTuChoi", "stopped_at": "NgayKetThucXuLy", "withdrawn_at": "NgayKetThucXuLy",
    "supplements": "DanhSachHoSoBoSung", "paid_online": "DuocThanhToanTrucTuyen", "has_digitised_papers": "HoSoCoThanhPhanSoHoa",
    "by_population": "TaiKhoanDuocXacThucVoiVNeID",
}  # fmt: skip


def read_standard(sent: Any, *, units: Collection[str], now: datetime) -> Reading:
    """An item of ``DongBoHoSoMC``. ``DonViXuLy`` counts where it is a code (many write a name), else the unit in the dossier's code.

    The standard has no date of stopping or withdrawal: the end of handling, of refusal, or the latest date told stands for it.
    """
    if not isinstance(sent, dict):
        return Reading("", None, [Problem("data", "not_an_object")])
    row = Row(sent, STANDARD, standard_moment, now)
    code, unit = row.code(units)
    handled_by = row.given("unit_code")
    named = unit_of(handled_by) if isinstance(handled_by, str) else ""
    if named and not within(named, units):
        row.wrong("unit_code", "not_your_unit")
    state = row.choice("state", _STATES, required=True)
    submitted, received = row.moment("submitted_at"), row.moment("received_at")
    due, finished, returned, refused = row.moment("due_at", ahead=True), row.moment("finished_at"), row.moment("returned_at"), None
    refused = row.moment("refused_at")
    if row.given("submitted_at") is None:
        row.wrong("submitted_at", "missing")
    pairs = []
    for one in row.list("supplements", MOST_SUPPLEMENTS):
        asked, taken = row.at(one.get("NgayBoSung"), "NgayBoSung"), row.at(one.get("NgayTiepNhanBoSung"), "NgayTiepNhanBoSung")
        if asked is not None:
            pairs.append((asked, taken))
        elif taken is not None:
            row.wrong("NgayBoSung", "missing")
    stopped = withdrawn = None
    if state == "8":
        stopped, finished, refused = finished or refused or row.latest, None, None
    elif state == "7":
        withdrawn, finished, refused = finished or refused or row.latest, None, None
    elif state == "3":
        refused, finished = refused or finished or row.latest, None
    owner = row.given("owner_number")
    number = Row(owner, {}, standard_moment, now).text("SoDinhDanh", 40) if isinstance(owner, dict) else ""
    papers, results, fees = row.list("TaiLieuNop"), row.list("DanhSachGiayToKetQua"), row.list("DanhSachLePhi")
    values = {
        "unit_code": named or unit,
        "procedure_code": _procedure(row),
        "field_code": row.text("field_code", 80),
        "channel": row.choice("channel", "123", required=True),
        "service_level": "",
        "subject": row.choice("subject", "1234"),
        "state": state,
        **_supplement_values(pairs, received),
        "paid_online": row.choice("paid_online", "0123"),
        "has_fee": any(_positive(fee.get("Gia")) for fee in fees),
        "has_digitised_papers": row.flag("has_digitised_papers") or any(_said(paper, "DuocSoHoa") for paper in papers),
        "has_digitised_result": any(bool(one.get("DuongDanTepTinKetQua")) for one in results),
        "reuses_data": any(_said(paper, "DuocTaiSuDung") for paper in papers) or bool(row.list("DSKetNoiCSDL")),
        "from_store": any(_said(paper, "DuocLayTuKhoDMQG") for paper in papers),
        "by_population": row.flag("by_population"),
    }
    dates = {
        "submitted_at": submitted, "received_at": received, "due_at": due, "finished_at": finished, "returned_at": returned,
        "refused_at": refused, "stopped_at": stopped, "withdrawn_at": withdrawn,
    }  # fmt: skip
    return _done(row, code, values, number, row.text("phone", 40), dates)


def _procedure(row: Row) -> str:
    text = row.text("procedure_code", 40, required=True)
    if text and not _PROCEDURE.fullmatch(text):
        row.wrong("procedure_code", "unknown_value")
        return ""
    return text


def _said(paper: Mapping[str, Any], name: str) -> bool:
    value = paper.get(name)
    return isinstance(value, bool | int | str) and _YES_NO.get(value, False)


def _positive(price: Any) -> bool:
    try:
        return float(price) > 0 if isinstance(price, int | float | str) else False
    except (ValueError, OverflowError):
        return False


STANDARD_STEP = {"code": "MaHoSo", "at": "ThoiDiemXuLy", "state": "TrangThai", "unit": "PhongBanXuLy", "words": "NoiDungXuLy"}


def read_standard_step(sent: Any, *, units: Collection[str], now: datetime) -> Reading:
    """An item of ``CapNhatTienDoHoSoMC``. Who did it is left out: people's names do not come in."""
    return _read_step(sent, STANDARD_STEP, standard_moment, units=units, now=now, cut=True)


# The modern API --------------------------------------------------------------------------------------------------------------------

MODERN = {
    "code": "mã hồ sơ", "unit_code": "cơ quan giải quyết", "procedure_code": "mã thủ tục", "field_code": "mã lĩnh vực",
    "channel": "1 trực tiếp, 2 trực tuyến, 3 bưu chính", "service_level": "full hoặc part", "subject": "loại đối tượng, 1 đến 4",
    "owner_number": "số định danh, mã số thuế của chủ hồ sơ", "phone": "điện thoại của chủ hồ sơ", "state": "trạng thái, 1 đến 10",
    "submitted_at": "nộp", "received_at": "tiếp nhận", "due_at": "hẹn trả", "finished_at": "ký kết quả", "returned_at": "trả kết quả",
    "refused_at": "từ chối", "stopped_at": "dừng", "withdrawn_at": "rút", "changed_at": "lúc có trạng thái này",
    "supplements": "các lần yêu cầu bổ sung {asked_at, answered_at}", "paid_online": "0 đến 3", "has_fee": "có phí, lệ phí",
    "has_digitised_papers": "có giấy tờ số hóa", "has_digitised_result": "kết quả điện tử", "reuses_data": "dùng lại dữ liệu đã có",
    "from_store": "lấy từ kho của người dân", "by_population": "đã xác thực với dân cư",
}  # fmt: skip
"""Fields of a row, with what each says."""
_LEVELS = ("full", "part")


def read_modern(sent: Any, *, units: Collection[str], now: datetime) -> Reading:
    """A row of the batch API: every date by its own name. ``changed_at`` says when the state came to be, where no other date does."""
    if not isinstance(sent, dict):
        return Reading("", None, [Problem("", "not_an_object")])
    row = Row(sent, {}, modern_moment, now)
    for name in sent.keys() - MODERN.keys():
        row.problems.append(Problem(name[:40] if name.isprintable() else "", "unknown_field"))
    code, unit = row.code(units)
    handled_by = row.text("unit_code", 40)
    named = unit_of(handled_by)
    if handled_by and not named:
        row.wrong("unit_code", "unknown_value")
    elif named and not within(named, units):
        row.wrong("unit_code", "not_your_unit")
    state = row.choice("state", _STATES, required=True)
    row.moment("changed_at")
    dates: dict[str, datetime | None] = {
        name: row.moment(name) for name in ("submitted_at", "received_at", "finished_at", "returned_at", "refused_at", "stopped_at",
                                            "withdrawn_at")
    }  # fmt: skip
    dates["due_at"] = row.moment("due_at", ahead=True)
    if row.given("submitted_at") is None:
        row.wrong("submitted_at", "missing")
    pairs = []
    for one in row.list("supplements", MOST_SUPPLEMENTS):
        asked, taken = row.at(one.get("asked_at"), "supplements"), row.at(one.get("answered_at"), "supplements")
        if asked is not None:
            pairs.append((asked, taken))
        elif not row.problems:
            row.wrong("supplements", "missing")
    values = {
        "unit_code": named or unit,
        "procedure_code": _procedure(row),
        "field_code": row.text("field_code", 80),
        "channel": row.choice("channel", "123", required=True),
        "service_level": row.choice("service_level", _LEVELS),
        "subject": row.choice("subject", "1234"),
        "state": state,
        **_supplement_values(pairs, dates["received_at"]),
        "paid_online": row.choice("paid_online", "0123"),
        **{name: row.flag(name) for name in ("has_fee", "has_digitised_papers", "has_digitised_result", "reuses_data", "from_store",
                                             "by_population")},
    }  # fmt: skip
    return _done(row, code, values, row.text("owner_number", 40), row.text("phone", 40), dates)


STEP = {"code": "mã hồ sơ", "at": "lúc", "state": "trạng thái", "unit": "bộ phận xử lý", "words": "việc đã làm, không ghi tên người"}


def read_modern_step(sent: Any, *, units: Collection[str], now: datetime) -> Reading:
    """A step of the batch API."""
    found = _read_step(sent, {}, modern_moment, units=units, now=now, cut=False)
    unknown = sent.keys() - STEP.keys() if isinstance(sent, dict) else set()
    if not unknown:
        return found
    more = [Problem(name[:40] if name.isprintable() else "", "unknown_field") for name in sorted(unknown)]
    return Reading(found.code, None, [*more, *found.problems])


def _read_step(
    sent: Any, names: Mapping[str, str], moment_of: Callable[[Any], datetime], *, units: Collection[str], now: datetime, cut: bool
) -> Reading:
    if not isinstance(sent, dict):
        return Reading("", None, [Problem("", "not_an_object")])
    row = Row(sent, names, moment_of, now)
    code, _ = row.code(units)
    state = row.choice("state", _STATES, required=True)
    at = row.moment("at")
    if row.given("at") is None:
        row.wrong("at", "missing")
    unit, words = row.text("unit", 200, cut=cut), row.text("words", 500, cut=cut)
    if row.problems or at is None:
        return Reading(code, None, row.problems)
    return Reading(code, Step(code, at.astimezone(UTC), state, unit, words))
