"""The data services there are: shipped as data, with whose they are, what is done with them here, and where that is written."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
STATES = {
    "adapter": "Có bộ nối riêng",
    "setup": "Hỏi theo cấu hình",
    "messages": "Trao đổi hồ sơ bằng tin ký số",
    "file": "Nạp bằng tệp",
    "elsewhere": "Do hệ thống khác gửi",
    "open": "Chưa dùng",
}


@dataclass(frozen=True)
class Service:
    """One of them. ``number``: in Annex III; empty: not of it."""

    number: str
    code: str
    name: str
    owner: str
    gives: str
    use: str
    state: str
    adapter: str
    source: str


@cache
def services() -> tuple[Service, ...]:
    """All, in the order of the annex."""
    with (DATA / "data_services.csv").open(encoding="utf-8", newline="") as rows:
        return tuple(Service(**row) for row in csv.DictReader(rows))
