"""A scan taken apart into upright pages by a process that is shut in; its text read by Tesseract, where that is installed."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from PIL import Image

from dossiers.digitising import read_scan
from portal.files import sniff

READER = Path(read_scan.__file__)
WALL_SECONDS = 30.0
"""Less than the lease of who has a scan taken apart."""
TYPES = frozenset({"application/pdf", "image/jpeg", "image/png"})
"""What scanners and phones make."""
WORDS = {
    "unreadable": "Không mở được bản quét: tệp bị hỏng hoặc có mật khẩu.",
    "too_many_pages": f"Bản quét có hơn {read_scan.MOST_PAGES} trang: bạn chia thành nhiều tệp.",
    "too_complex": "Bản quét quá phức tạp để mở an toàn.",
}
TESSERACT = "tesseract"
TURN_SECONDS, TEXT_SECONDS = 10.0, 25.0
"""Together less than the lease of who has a page read."""
LANGUAGE = "vie"
SURE = 1.0
"""How sure of a turn Tesseract must be: the second best way up is so much less likely."""


class ScanUnreadable(Exception):
    """This file cannot be taken apart; ``message`` is for the officer."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ReaderBusy(Exception):
    """The reader could not be started, or the machine was too busy: try again later."""


@dataclass(frozen=True)
class Page:
    """One page as a JPEG drawn by our own reader."""

    jpeg: bytes
    blank: bool


def take_apart(data: bytes, media_type: str) -> list[Page]:
    """All pages of a scan in order. :class:`ScanUnreadable`, :class:`ReaderBusy`."""
    command = [sys.executable, "-I", str(READER), media_type, str(sniff.max_pixels())]
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd="/"
        )
    except OSError as error:
        raise ReaderBusy(type(error).__name__) from error
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    watch = threading.Timer(WALL_SECONDS, end)
    watch.start()
    try:
        said, _none = process.communicate(data)
    finally:
        watch.cancel()
        process.kill()
        process.wait()
    if late.is_set():
        raise ReaderBusy("TimeoutExpired")
    return _pages(said)


def _pages(said: bytes) -> list[Page]:
    """What the reader said, page by page; whatever it did not say to its end is not believed."""
    out = io.BytesIO(said)
    pages: list[Page] = []
    if out.readline() != b"ready\n":
        raise ReaderBusy("the reader does not start")
    while True:
        line = out.readline()
        if line == b"end\n":
            return pages
        if line.startswith(b"bad "):
            raise ScanUnreadable(WORDS.get(line[4:].decode("ascii", "replace").strip(), WORDS["unreadable"]))
        try:
            head = json.loads(line)
            jpeg = out.read(int(head["size"]))
            if len(jpeg) != head["size"]:
                raise ValueError
            pages.append(Page(jpeg, bool(head["blank"])))
        except (ValueError, KeyError, TypeError) as error:
            raise ScanUnreadable(WORDS["too_complex"]) from error


def parted(pages: Sequence[Page]) -> list[list[Page]]:
    """Papers that lie behind each other, parted by blank pages; blank pages belong to none."""
    found: list[list[Page]] = [[]]
    for page in pages:
        if page.blank:
            found.append([])
        else:
            found[-1].append(page)
    return [one for one in found if one]


# Text ------------------------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _installed() -> str:
    """Tesseract with Vietnamese; empty where one of both is missing."""
    program = shutil.which(TESSERACT)
    if program is None:
        return ""
    try:
        said = subprocess.run([program, "--list-langs"], capture_output=True, timeout=TURN_SECONDS, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return program if LANGUAGE in said.decode(errors="replace").split() else ""


def reads_text() -> bool:
    """Whether text is read on this machine: Tesseract is there with Vietnamese, and nobody switched it off."""
    return bool(settings.OLD_PAPERS_READ_TEXT and _installed())


def _tesseract(jpeg: bytes, seconds: float, *arguments: str) -> str:
    """What Tesseract says of a picture that our own reader drew; empty where it finds nothing or takes too long."""
    # One thread: as many pages are read at once as there are workers.
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}
    for name in ("TESSDATA_PREFIX",):
        if name in os.environ:
            environment[name] = os.environ[name]
    try:
        done = subprocess.run(
            [_installed(), "stdin", "stdout", "--dpi", str(read_scan.DPI), *arguments],
            input=jpeg, capture_output=True, timeout=seconds, check=False, env=environment, cwd="/",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


_TURN = re.compile(r"^Rotate: (90|180|270)$", re.MULTILINE)
_SURE = re.compile(r"^Orientation confidence: ([0-9.]+)$", re.MULTILINE)


def turn_of(jpeg: bytes) -> int:
    """By how many degrees a page must be turned with the clock to stand upright; 0 where it does, or nobody can tell."""
    said = _tesseract(jpeg, TURN_SECONDS, "--psm", "0", "-l", "osd")
    turn, sure = _TURN.search(said), _SURE.search(said)
    return int(turn.group(1)) if turn and sure and float(sure.group(1)) >= SURE else 0


def text_of(jpeg: bytes) -> str:
    """The words of an upright page."""
    return _tesseract(jpeg, TEXT_SECONDS, "-l", LANGUAGE, "--psm", "3").strip()


def turned(jpeg: bytes, degrees: int) -> bytes:
    """The page turned with the clock."""
    with Image.open(io.BytesIO(jpeg)) as picture:
        packed = io.BytesIO()
        picture.rotate(-degrees, expand=True).save(packed, "JPEG", quality=read_scan.QUALITY, dpi=(read_scan.DPI, read_scan.DPI))
    return packed.getvalue()
