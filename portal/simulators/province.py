"""The one-stop system of a province: a year of dossiers with peaks, delays, supplements, refusals, payments, reported by either door.

    python -m portal.simulators.province --url http://localhost:8000 --username H26 --password … --size 10000 --bad 40
    python -m portal.simulators.province --out year.jsonl --size 200000        (for manage.py take_dossiers)

Standard library only. The same ``--seed``, ``--size`` and ``--until`` give the same year. It says what it sent and what was answered.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ZONE = timezone(timedelta(hours=7))
PROCEDURES = (
    # Code, field, days of handling, fee, share of the year's dossiers.
    ("1.001193", "G15-HT01", 1, 0, 18), ("1.000894", "G15-HT01", 1, 0, 9), ("2.000815", "G15-CT01", 1, 8000, 24),
    ("1.004873", "G15-HT01", 3, 15000, 10), ("1.001612", "G12-DN01", 3, 100000, 9), ("2.000635", "G15-HT01", 1, 8000, 12),
    ("1.005092", "G03-VB01", 1, 0, 5), ("1.012783", "G10-DD01", 20, 500000, 8), ("1.003554", "G10-DD01", 45, 0, 2),
    ("1.009994", "G17-XD01", 20, 75000, 3),
)  # fmt: skip
BY_MONTH = {1: 0.8, 2: 0.6, 3: 1.1, 4: 1.0, 5: 1.1, 6: 1.3, 7: 1.4, 8: 1.5, 9: 1.1, 10: 1.0, 11: 1.0, 12: 1.1}
"""Before Tết little, before the school year much."""
BY_WEEKDAY = (1.3, 1.1, 1.0, 1.0, 1.1, 0.12, 0.05)


@dataclass
class Life:
    """One dossier: what is known once and what happened when, in order. ``facts`` name dates as the API does."""

    code: str
    unit: str
    procedure: str
    sector: str
    channel: str
    subject: str
    owner: str
    phone: str
    fee: int
    paid: str
    reports: list[tuple[str, dict[str, datetime]]] = field(default_factory=list)

    def modern(self, state: str, facts: dict[str, datetime]) -> dict[str, Any]:
        """A row of the batch API."""
        row: dict[str, Any] = {
            "code": self.code, "unit_code": self.unit, "procedure_code": self.procedure, "field_code": self.sector, "channel": self.channel,
            "subject": self.subject, "owner_number": self.owner, "phone": self.phone, "state": state, "paid_online": self.paid,
            "has_fee": self.fee > 0, "has_digitised_papers": self.channel == "2", "has_digitised_result": "finished_at" in facts,
            "by_population": self.subject == "1",
        }  # fmt: skip
        row |= {name: at.isoformat() for name, at in facts.items() if name.endswith("_at")}
        if "asked" in facts:
            asked = {"asked_at": facts["asked"].isoformat()}
            row["supplements"] = [asked | ({"answered_at": facts["answered"].isoformat()} if "answered" in facts else {})]
        return row

    def standard(self, state: str, facts: dict[str, datetime]) -> dict[str, Any]:
        """An item of ``DongBoHoSoMC``."""
        names = {
            "submitted_at": "NgayNopHoSo", "received_at": "NgayTiepNhan", "due_at": "NgayHenTra", "finished_at": "NgayKetThucXuLy",
            "returned_at": "NgayTra", "refused_at": "NgayTuChoi", "withdrawn_at": "NgayKetThucXuLy", "stopped_at": "NgayKetThucXuLy",
        }  # fmt: skip
        row: dict[str, Any] = {
            "MaHoSo": self.code, "MaTTHC": self.procedure, "MaLinhVuc": self.sector, "KenhThucHien": self.channel,
            "ChuHoSo": "Nguyễn Thị Giả Định", "LoaiDoiTuong": self.subject, "SoDienThoai": self.phone, "TrangThaiHoSo": state,
            "DonViXuLy": self.unit, "DinhDanhCHS": {"LoaiDinhDanh": "1", "SoDinhDanh": self.owner},
            "HoSoCoThanhPhanSoHoa": "1" if self.channel == "2" else "0", "DuocThanhToanTrucTuyen": self.paid,
            "TaiKhoanDuocXacThucVoiVNeID": "1" if self.subject == "1" else "0",
            "DanhSachLePhi": [{"TenPhiLePhi": "Lệ phí", "Gia": str(self.fee)}] if self.fee else [],
            "DanhSachGiayToKetQua": [{"TenGiayTo": "Kết quả", "DuongDanTepTinKetQua": f"/ket-qua/{self.code}.pdf"}]
            if "finished_at" in facts
            else [],
        }  # fmt: skip
        row |= {names[name]: stamp(at) for name, at in facts.items() if name in names}
        if "asked" in facts:
            asked = {"NgayBoSung": stamp(facts["asked"])}
            row["DanhSachHoSoBoSung"] = [asked | ({"NgayTiepNhanBoSung": stamp(facts["answered"])} if "answered" in facts else {})]
        return row

    def step(self, state: str, facts: dict[str, datetime], *, modern: bool) -> dict[str, Any]:
        """The step that leads to a report, for the door."""
        at, unit, words = max(at for name, at in facts.items() if name != "due_at"), "Bộ phận Một cửa", WORDS[state]
        if modern:
            return {"code": self.code, "at": at.isoformat(), "state": state, "unit": unit, "words": words}
        return {
            "MaHoSo": self.code, "NguoiXuLy": "Phạm Văn Giả Định", "ChucDanh": "Chuyên viên", "ThoiDiemXuLy": stamp(at),
            "PhongBanXuLy": unit, "NoiDungXuLy": words, "TrangThai": state,
        }  # fmt: skip


WORDS = {
    "1": "Nhận hồ sơ trực tuyến", "2": "Tiếp nhận hồ sơ", "3": "Không tiếp nhận hồ sơ", "4": "Chuyển xử lý", "5": "Yêu cầu bổ sung giấy tờ",
    "6": "Yêu cầu nộp lệ phí", "7": "Rút hồ sơ", "8": "Dừng xử lý", "9": "Ký kết quả", "10": "Trả kết quả",
}  # fmt: skip


def stamp(at: datetime) -> str:
    """``yyyyMMddHHmmss`` on Vietnam's clock."""
    return at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")


def year(size: int, *, until: datetime, seed: int = 1, province: str = "H26", communes: int = 50) -> Iterator[Life]:
    """So many dossiers of the year that ends at a moment, by the day of filing; what would come later has not happened."""
    dice = random.Random(seed)
    last = until.astimezone(ZONE).date()
    days = [last - timedelta(days=back) for back in range(364, -1, -1)]
    weights = [BY_MONTH[day.month] * BY_WEEKDAY[day.weekday()] for day in days]
    by_day = Counter(dice.choices(days, weights, k=size))
    counters: Counter[tuple[str, date]] = Counter()
    slow = {f"{province}.{101 + number}": dice.choice((0.02, 0.03, 0.05, 0.08, 0.2)) for number in range(communes)}
    for day in days:
        for _ in range(by_day[day]):
            unit = dice.choice(list(slow))
            counters[unit, day] += 1
            life = _life(dice, day, unit, counters[unit, day], slow[unit], until)
            if life.reports:
                yield life


def _life(dice: random.Random, day: date, unit: str, number: int, late: float, until: datetime) -> Life:
    code, sector, term, fee, _ = dice.choices(PROCEDURES, [one[4] for one in PROCEDURES])[0]
    online = dice.random() < 0.7
    life = Life(
        code=f"{unit}-{day:%y%m%d}-{number:04d}",
        unit=unit,
        procedure=code,
        sector=sector,
        channel="2" if online else dice.choices("13", (9, 1))[0],
        subject=dice.choices("1234", (85, 11, 1, 3))[0],
        owner=f"001{dice.choice('0123')}{dice.randint(0, 99):02d}{dice.randint(0, 999_999):06d}",
        phone=f"09000{dice.randint(0, 99_999):05d}",
        fee=fee,
        paid="1" if fee and online and dice.random() < 0.8 else "0",
    )
    at = datetime(day.year, day.month, day.day, 7, 30, tzinfo=ZONE) + timedelta(minutes=dice.randint(0, 540))
    facts = {"submitted_at": at}
    _tell(life, "1", facts, until)
    if dice.random() < 0.03:
        _tell(life, "3", {**facts, "refused_at": at + timedelta(hours=dice.randint(1, 30))}, until)
        return life
    if dice.random() < 0.01:
        _tell(life, "7", {**facts, "withdrawn_at": at + timedelta(hours=dice.randint(1, 8))}, until)
        return life
    at += timedelta(minutes=dice.randint(5, 600) if online else dice.randint(0, 10))
    due = at + timedelta(days=term * 7 / 5 + 0.3)
    facts |= {"received_at": at, "due_at": due}
    _tell(life, "2", facts, until)
    _tell(life, "4", facts, until)
    if dice.random() < 0.06:
        at += timedelta(hours=dice.randint(2, 60))
        facts["asked"] = at
        _tell(life, "5", facts, until)
        at += timedelta(hours=dice.randint(4, 200))
        if dice.random() < 0.1:
            _tell(life, "8", {**facts, "stopped_at": at}, until)
            return life
        facts["answered"] = at
        _tell(life, "4", facts, until)
    took = dice.uniform(1.02, 2.5) if dice.random() < late else dice.uniform(0.2, 0.98)
    at = max(at + timedelta(minutes=5), facts["received_at"] + (due - facts["received_at"]) * took)
    facts["finished_at"] = at
    _tell(life, "9", facts, until)
    if dice.random() < 0.97:
        _tell(life, "10", {**facts, "returned_at": at + timedelta(hours=dice.randint(0, 72))}, until)
    return life


def _tell(life: Life, state: str, facts: dict[str, datetime], until: datetime) -> None:
    if max(at for name, at in facts.items() if name != "due_at") <= until:
        life.reports.append((state, {name: at.replace(microsecond=0) for name, at in facts.items()}))


def spoiled(row: dict[str, Any], number: int, *, modern: bool) -> dict[str, Any]:
    """A row with something wrong in it, another thing each time."""
    names = ("code", "state", "submitted_at", "procedure_code") if modern else ("MaHoSo", "TrangThaiHoSo", "NgayNopHoSo", "MaTTHC")
    code, state, day, procedure = names
    wrong: tuple[dict[str, Any], ...] = (
        {code: "H99.1" + row[code][row[code].index("-") :]},
        {state: "11"},
        {day: "202261130083000" if not modern else "20226-11-30T08:30:00+07:00"},
        {procedure: None},
        {day: "20991130083000" if not modern else "2099-11-30T08:30:00+07:00"},
        {code: "không phải mã"},
        {state: "1", ("received_at" if modern else "NgayTiepNhan"): row[day], ("returned_at" if modern else "NgayTra"): row[day]},
        {code: row[code].replace("-", "-9999", 1)},
    )
    return {**row, **wrong[number % len(wrong)]}


class Sender:
    """One connection of the province's system to the portal."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.address, self.username, self.password = urlsplit(url), username, password
        self.connection: http.client.HTTPConnection | None = None
        self.session = ""
        # A portal on this machine knows itself by name.
        self.host = "localhost" if self.address.hostname == "127.0.0.1" else self.address.netloc

    def post(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
        """Post JSON; again after a broken connection, for nothing happens twice."""
        data = json.dumps(body, ensure_ascii=False).encode()
        for wait in (0.0, 0.5, 2.0, 5.0):
            time.sleep(wait)
            try:
                if self.connection is None:
                    kind = http.client.HTTPSConnection if self.address.scheme == "https" else http.client.HTTPConnection
                    self.connection = kind(self.address.hostname or "", self.address.port, timeout=60)
                self.connection.request("POST", path, data, {"Content-Type": "application/json", "Host": self.host, **headers})
                answer = self.connection.getresponse()
                text = answer.read()
                if answer.status == 429 or answer.status >= 500:
                    time.sleep(min(int(answer.headers.get("Retry-After") or 1), 10))
                    continue
                return answer.status, json.loads(text)
            except (OSError, http.client.HTTPException):
                self.connection = None
        raise SystemExit(f"{path} does not answer")

    def batch(self, rows: list[dict[str, Any]], steps: list[dict[str, Any]]) -> Counter[str]:
        """By the modern door; outcomes."""
        token = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Idempotency-Key": str(uuid.uuid4())}
        status, answer = self.post("/api/v1/dossiers/batch", {"rows": rows, "steps": steps}, **headers)
        if status != 200:
            raise SystemExit(f"the batch API answers {status}: {answer}")
        return Counter(answer["counts"])

    def national(self, service: str, data: list[dict[str, Any]], **more: str) -> Counter[str]:
        """By the national format; how often which error_code was answered for a row."""
        for _ in range(2):
            if not self.session:
                _, said = self.post("/api/dvcqg/v1/auth", {"username": self.username, "password": self.password})
                self.session = said.get("session", "")
            _, answer = self.post(
                "/api/dvcqg/v1/integration", {"session": self.session, "madonvi": "", "service": service, "data": data, **more}
            )  # fmt: skip
            if answer["error_code"] != 401:
                break
            self.session = ""
        if "result" not in answer:
            raise SystemExit(f"{service} answers {answer}")
        return Counter(f"error_code {one['error_code']}" for one in answer["result"])


def pieces(rows: list[Any], size: int) -> Iterator[list[Any]]:
    """Rows in pieces of a size."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def told(lives: Iterable[Life], *, modern: bool, last_only: bool, bad: int, dice: random.Random) -> tuple[list[Any], list[Any]]:
    """Rows and steps as a door has them, in order; some rows spoiled copies."""
    rows, steps = [], []
    for life in lives:
        say = life.modern if modern else life.standard
        rows += [say(*report) for report in (life.reports[-1:] if last_only else life.reports)]
        steps += [life.step(*report, modern=modern) for report in life.reports]
    rows += [spoiled(row, number, modern=modern) for number, row in enumerate(dice.choices(rows, k=bad) if bad else [])]
    return rows, steps


def main() -> None:
    """Make the year, send it or write it, say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--username", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--province", default="H26")
    parser.add_argument("--size", type=int, default=1000, help="dossiers of the year")
    parser.add_argument("--until", default="", help="the moment at which the year ends, as 2026-11-29T17:00:00+07:00; default: now")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--door", choices=("batch", "national"), default="batch")
    parser.add_argument("--bad", type=int, default=0, help="so many bad rows beside")
    parser.add_argument("--in-order", action="store_true", help="as it happened; else shuffled")
    parser.add_argument("--last-only", action="store_true", help="only the last report of each dossier")
    parser.add_argument("--no-steps", action="store_true")
    parser.add_argument("--per-call", type=int, default=0, help="rows of one call; default: 500, in the national format 50")
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--out", default="", help="write rows to this file (JSON Lines) and send nothing")
    options = parser.parse_args()
    until = datetime.fromisoformat(options.until) if options.until else datetime.now(UTC)
    dice, modern = random.Random(options.seed), options.door == "batch"
    lives = list(year(options.size, until=until, seed=options.seed, province=options.province))
    rows, steps = told(lives, modern=modern, last_only=options.last_only, bad=options.bad, dice=dice)
    steps = [] if options.no_steps else steps
    if not options.in_order:
        dice.shuffle(rows)
        dice.shuffle(steps)
    if options.out:
        with Path(options.out).open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        _say({"answered": dict(sorted(send(options, rows, steps, modern=modern).items()))})
    states = Counter(life.reports[-1][0] for life in lives)
    said = {
        "dossiers": len(lives),
        "rows": len(rows),
        "steps": len(steps),
        "bad": options.bad,
        "by_last_state": dict(sorted(states.items())),
    }
    _say(said)


def _say(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")


def send(options: argparse.Namespace, rows: list[Any], steps: list[Any], *, modern: bool) -> Counter[str]:
    """Send all over several connections; what was answered."""
    size = options.per_call or (500 if modern else 50)
    senders = [Sender(options.url, options.username, options.password) for _ in range(options.senders)]
    calls: list[tuple[str, list[Any]]] = [("rows", some) for some in pieces(rows, size)] + [
        ("steps", some) for some in pieces(steps, size if modern else 10)
    ]

    def work(place: int) -> Counter[str]:
        sender, found = senders[place], Counter[str]()
        for kind, some in calls[place :: options.senders]:
            if modern:
                found += sender.batch(some if kind == "rows" else [], some if kind == "steps" else [])
            elif kind == "rows":
                found += sender.national("DongBoHoSoMC", some, isUpdating="True")
            else:
                found += sender.national("CapNhatTienDoHoSoMC", some)
        return found

    with ThreadPoolExecutor(options.senders) as pool:
        return sum(pool.map(work, range(options.senders)), Counter[str]())


if __name__ == "__main__":
    main()
