"""The check of a file's content: what is dangerous or broken goes to quarantine.

Built in: the EICAR test string; PDFs with scripts, actions, embedded files or a password; Word documents with macros, embedded files or
templates from elsewhere; archives that are bombs or two things at once; whatever cannot be read (`portal.files.examine`, a process with
limits, which looks into signed files, too). Where ``settings.CLAMAV_ADDRESS`` is set ("host:port" or "unix:/path"),
ClamAV looks too (INSTREAM).
"""

from __future__ import annotations

import collections
import contextlib
import logging
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.conf import settings

from portal.files import examine, sniff

log = logging.getLogger(__name__)

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + b"$H+H*"
CLAMAV_CHUNK = 256 * 1024
CLAMAV_TIMEOUT_SECONDS = 10.0
EXAMINER = Path(__file__).with_name("examine.py")
WALL_SECONDS = 25.0
"""Over twice what the examiner may use of a processor; the lease of "files.scan" is longer."""


class ScannerUnavailable(Exception):
    """The outside scanner did not answer, or answered nonsense: try again later."""


def _examine(pieces: Iterable[bytes], media_type: str) -> str:
    """The verdict of `portal.files.examine`, in a process of its own without our secrets, which gets the content piece by piece.

    A file on which it takes too much time or memory, or dies, is ``…too_complex``. Raises :class:`ScannerUnavailable` when
    it cannot be started, or has not ended after :data:`WALL_SECONDS` though its own time is not used up (a busy machine).
    """
    command = [sys.executable, "-I", str(EXAMINER), media_type, str(sniff.max_pixels())]
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd="/"
        )
    except OSError as error:
        raise ScannerUnavailable(type(error).__name__) from error
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    watch = threading.Timer(WALL_SECONDS, end)
    watch.start()
    try:
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended before it read all: its last word says why
            for piece in pieces:
                process.stdin.write(piece)
            process.stdin.close()
        said = process.stdout.read(4096)
        process.wait()
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
    if late.is_set():
        raise ScannerUnavailable("TimeoutExpired")
    lines = said.decode("ascii", "replace").split("\n")
    if lines[0] != "ready":
        log.error("examiner does not start", extra={"code": process.returncode})
        raise ScannerUnavailable("examiner does not start")
    if process.returncode == 0 and len(lines) == 3:
        return lines[1][:60]
    return examine.family(media_type) + ".too_complex"


class _Watched:
    """Pieces on their way, and whether the test string was among them, also where two pieces meet."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces, self.found = pieces, False

    def __iter__(self) -> Iterator[bytes]:
        tail = b""
        for piece in self.pieces:
            self.found = self.found or EICAR in piece or EICAR in tail + piece[: len(EICAR)]
            tail = (tail + piece)[-len(EICAR) :] if len(piece) < len(EICAR) else piece[-len(EICAR) :]
            yield piece


def built_in(pieces: Iterable[bytes], media_type: str) -> str:
    """Code of what the built-in checks found, or an empty string."""
    watched, verdict = _Watched(pieces), ""
    if media_type in sniff.PAPERS | sniff.VIDEOS or media_type.startswith("image/"):
        verdict = _examine(watched, media_type)
    else:
        collections.deque(watched, maxlen=0)
    return "virus.eicar" if watched.found else verdict


def _connect(address: str) -> socket.socket:
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(CLAMAV_TIMEOUT_SECONDS)
        connection.connect(address.removeprefix("unix:"))
        return connection
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=CLAMAV_TIMEOUT_SECONDS)


def clamav(content: Iterable[bytes]) -> str:
    """ClamAV's verdict by INSTREAM: ``virus.clamav:<name>`` or an empty string. Raises :class:`ScannerUnavailable`."""
    address = str(getattr(settings, "CLAMAV_ADDRESS", ""))
    if not address:
        return ""
    try:
        with _connect(address) as connection:
            connection.sendall(b"zINSTREAM\0")
            for piece in content:
                for start in range(0, len(piece), CLAMAV_CHUNK):
                    part = piece[start : start + CLAMAV_CHUNK]
                    connection.sendall(len(part).to_bytes(4, "big") + part)
            connection.sendall(b"\0\0\0\0")
            answer = b""
            while b"\0" not in answer and len(answer) < 4096:
                more = connection.recv(4096)
                if not more:
                    break
                answer += more
    except (OSError, ValueError) as error:
        raise ScannerUnavailable(type(error).__name__) from error
    text = answer.rstrip(b"\0\n").decode("utf-8", "replace")
    if text.endswith("FOUND"):
        name = re.sub(r"[^A-Za-z0-9._\-]", "_", text.removeprefix("stream:").removesuffix("FOUND").strip())
        return f"virus.clamav:{name}"[:60]
    if text.endswith("OK"):
        return ""
    raise ScannerUnavailable("unexpected answer")


def check_pieces(content: Callable[[], Iterable[bytes]], media_type: str) -> str:
    """All checks, the built-in ones first. Code of the finding, or an empty string. Raises :class:`ScannerUnavailable`.

    ``content`` gives the pieces anew each time it is called: a worker never holds a whole file.
    """
    if verdict := built_in(content(), media_type):
        return verdict
    return clamav(content()) if settings.CLAMAV_ADDRESS else ""


def check(data: bytes, media_type: str) -> str:
    """:func:`check_pieces` for what is in memory already."""
    return check_pieces(lambda: [data], media_type)
