"""What an import tells the one who started it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Progress = Callable[[str, float], None]
"""Called with what is being done and how much of it is (0 to 1)."""


class Unreadable(Exception):
    """The source cannot be read to its end: nothing of it came in. The message says where and why."""


@dataclass(frozen=True)
class Refused:
    """A row that did not come in."""

    place: str
    """Line or file."""
    code: str
    reason: str


@dataclass
class Report:
    """What became of a source's rows; ``kept`` are those of which an editor's own version stands."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    kept: int = 0
    ended: int = 0
    revived: int = 0
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    parts: Counter[str] = field(default_factory=Counter)
    dry_run: bool = False
    seconds: float = 0.0

    def part_table(self) -> dict[str, tuple[int, int]]:
        """Rows typed and rows left as text, part by part."""
        names = dict.fromkeys(key.rpartition(" ")[0] for key in sorted(self.parts))
        return {name: (self.parts[f"{name} typed"], self.parts[f"{name} text"]) for name in names}

    def as_json(self) -> dict[str, Any]:
        """The whole report as plain values."""
        return {
            "rows": self.rows,
            "added": self.added,
            "changed": self.changed,
            "same": self.same,
            "kept": self.kept,
            "ended": self.ended,
            "revived": self.revived,
            "refused": [{"place": row.place, "code": row.code, "reason": row.reason} for row in self.refused],
            "notes": self.notes,
            "parts": {name: {"typed": typed, "text": text} for name, (typed, text) in self.part_table().items()},
            "dry_run": self.dry_run,
            "seconds": round(self.seconds, 1),
        }

    def lines(self, *, most: int = 50) -> list[str]:
        """The report for a terminal."""
        told = [
            ("CHẠY THỬ, không ghi gì. " if self.dry_run else "")
            + f"{self.rows} dòng trong {self.seconds:.1f} giây: thêm {self.added}, đổi {self.changed}, giữ nguyên {self.same}, "
            f"giữ bản biên tập {self.kept}, từ chối {len(self.refused)}"
            + (f", hết hiệu lực {self.ended}, có lại {self.revived}" if self.ended or self.revived else "")
        ]
        if self.parts:
            told.append(f"  {'phần':<14}{'có kiểu':>10}{'để dạng chữ':>14}")
            told.extend(f"  {name:<14}{typed:>10}{text:>14}" for name, (typed, text) in self.part_table().items())
        told.extend(f"  lưu ý: {note}" for note in self.notes)
        told.extend(f"  từ chối {row.place} {row.code}: {row.reason}" for row in self.refused[:most])
        if len(self.refused) > most:
            told.append(f"  … và {len(self.refused) - most} dòng nữa bị từ chối (xem toàn bộ bằng --report)")
        return told
