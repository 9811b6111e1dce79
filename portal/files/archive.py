"""A ZIP that is made while it is read: however much goes in, one piece stands in memory."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone


@dataclass(frozen=True)
class Entry:
    """One file of the archive. ``packed``: worth compressing (text); photographs and PDFs are that already."""

    path: str
    pieces: Iterable[bytes]
    packed: bool = False


@dataclass(frozen=True)
class Written:
    """What went in: path, size in bytes and SHA-256, hex."""

    path: str
    size: int
    sha256: str


class _Out:
    """What the archive is written to; it cannot go back, so nothing of it need be kept."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def write(self, data: bytes) -> int:
        """Keep until it is taken."""
        self._kept += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """All since the last time."""
        data = bytes(self._kept)
        self._kept.clear()
        return data


def zip_pieces(entries: Iterable[Entry], *, at: datetime, written: list[Written]) -> Iterator[bytes]:
    """The archive in pieces; ``written`` grows by each file as it is finished, so that a list of all can come last."""
    out, moment = _Out(), timezone.localtime(at).timetuple()[:6]
    with zipfile.ZipFile(out, "w") as archive:  # type: ignore[call-overload]
        for entry in entries:
            info = zipfile.ZipInfo(entry.path, date_time=moment)
            info.compress_type = zipfile.ZIP_DEFLATED if entry.packed else zipfile.ZIP_STORED
            info.external_attr = 0o644 << 16
            size, digest = 0, hashlib.sha256()
            with archive.open(info, "w") as member:
                for piece in entry.pieces:
                    size += len(piece)
                    digest.update(piece)
                    member.write(piece)
                    yield out.take()
            written.append(Written(entry.path, size, digest.hexdigest()))
            yield out.take()
    yield out.take()


_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')


def safe_name(name: str, *, most: int = 100) -> str:
    """A name that every system can unpack: no folders, no signs that Windows refuses, no dot or blank at an end."""
    stem = _NOT_IN_NAMES.sub("-", name).strip(" .-") or "tep"
    if len(stem) <= most:
        return stem
    head, dot, ending = stem.rpartition(".")
    return f"{head[: most - len(ending) - 1]}.{ending}" if dot and len(ending) <= 5 else stem[:most].strip(" .-")
