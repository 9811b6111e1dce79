"""A scanner that speaks clamd's protocol on a Unix socket: PING, VERSION, INSTREAM, each in its ``z`` and ``n`` form.

It knows one signature, a string of our own that no real scanner knows, and takes streams of 25 MB as clamd does. Faults of the service
``clamd``: ``slow``, ``down`` (hangs up without a word), ``wrong`` (an error instead of a verdict).
"""

from __future__ import annotations

import socketserver
import threading
import time
from io import BufferedIOBase
from pathlib import Path

from portal.simulators.config import Config
from portal.simulators.faults import Faults

SIGNATURE = b"DVCQG-THU-NGHIEM-MA-DOC-" + b"KHONG-PHAI-VI-RUT-THAT"
FOUND = b"stream: Dvcqg.Test.Signature-1 FOUND"
MAX_BYTES = 25 * 1024 * 1024
COMMAND_BYTES = 64


def path_of(config: Config) -> Path:
    """The socket; the portal's ``CLAMAV_ADDRESS`` is ``unix:`` and this."""
    return config.state / "clamd.sock"


def _read_stream(source: BufferedIOBase) -> bytes:
    """Chunks, each after its length in four bytes, until one of no length; ValueError where they are more than are taken."""
    body = bytearray()
    while size := int.from_bytes(source.read(4), "big"):
        if len(body) + size > MAX_BYTES:
            raise ValueError("too long")
        body += source.read(size)
    return bytes(body)


def _command(source: BufferedIOBase) -> tuple[bytes, bytes]:
    """What is asked, and the byte with which the answer ends."""
    first = source.read(1)
    end = {b"z": b"\0", b"n": b"\n"}.get(first, b"\n")
    word = b"" if first in (b"z", b"n") else first
    while len(word) < COMMAND_BYTES and (byte := source.read(1)) not in (end, b""):
        word += byte
    return word, end


def serve(config: Config, faults: Faults) -> socketserver.BaseServer:
    """Listen, in threads of this process."""

    class Talk(socketserver.StreamRequestHandler):
        timeout = 60

        def handle(self) -> None:
            word, end = _command(self.rfile)
            fault = faults.take("clamd", ("slow", "down", "wrong"))
            if fault is not None and fault.mode == "down":
                return
            if fault is not None and fault.mode == "slow":
                time.sleep(fault.seconds)
            self.wfile.write(self._answer(word, wrong=fault is not None and fault.mode == "wrong") + end)

        def _answer(self, word: bytes, *, wrong: bool) -> bytes:
            if word == b"PING":
                return b"PONG"
            if word == b"VERSION":
                return b"ClamAV 1.4.0 (simulator)"
            if word != b"INSTREAM":
                return b"UNKNOWN COMMAND"
            try:
                body = _read_stream(self.rfile)
            except ValueError:
                return b"INSTREAM size limit exceeded. ERROR"
            if wrong:
                return b"stream: Can't allocate memory ERROR"
            return FOUND if SIGNATURE in body else b"stream: OK"

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
        request_queue_size = 64

    path = path_of(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    server = Server(str(path), Talk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
