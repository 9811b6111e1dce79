"""The check of a file's content: what is dangerous or broken goes to quarantine.

Built in: the EICAR test string, PDFs with scripts, actions, embedded files or a password, PDFs and images that cannot be
read (`portal.files.examine`, a process with limits). Where ``settings.CLAMAV_ADDRESS`` is set ("host:port" or "unix:/path"),
ClamAV looks too (INSTREAM).
"""

from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from portal.files import sniff

log = logging.getLogger(__name__)

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + b"$H+H*"
CLAMAV_CHUNK = 256 * 1024
CLAMAV_TIMEOUT_SECONDS = 10.0
EXAMINER = Path(__file__).with_name("examine.py")
WALL_SECONDS = 25.0
"""Over twice what the examiner may use of a processor; the lease of "files.scan" is longer."""


class ScannerUnavailable(Exception):
    """The outside scanner did not answer, or answered nonsense: try again later."""


def _examine(data: bytes, media_type: str) -> str:
    """The verdict of `portal.files.examine`, in a process of its own without our secrets.

    A file on which it takes too much time or memory, or dies, is ``…too_complex``. Raises :class:`ScannerUnavailable` when
    it cannot be started, or has not ended after :data:`WALL_SECONDS` though its own time is not used up (a busy machine).
    """
    command = [sys.executable, "-I", str(EXAMINER), media_type, str(sniff.max_pixels())]
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    try:
        ended = subprocess.run(command, input=data, capture_output=True, env=environment, cwd="/", timeout=WALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScannerUnavailable(type(error).__name__) from error
    lines = ended.stdout.decode("ascii", "replace").split("\n")
    if lines[0] != "ready":
        log.error("examiner does not start", extra={"code": ended.returncode})
        raise ScannerUnavailable("examiner does not start")
    if ended.returncode == 0 and len(lines) == 3:
        return lines[1][:60]
    return ("pdf" if media_type == "application/pdf" else "image") + ".too_complex"


def built_in(data: bytes, media_type: str) -> str:
    """Code of what the built-in checks found, or an empty string."""
    if EICAR in data:
        return "virus.eicar"
    if media_type == "application/pdf" or media_type.startswith("image/"):
        return _examine(data, media_type)
    return ""


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


def check(data: bytes, media_type: str) -> str:
    """All checks, the cheap ones first. Code of the finding, or an empty string. Raises :class:`ScannerUnavailable`."""
    return built_in(data, media_type) or clamav([data])
