"""The check of content: built-in rules, and ClamAV over a real socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from portal.files import scan
from tests.files.making import image, pdf, stream


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_sound_images_pass_and_broken_ones_do_not(kind: str) -> None:
    whole = image(kind, (640, 480))
    media_type = f"image/{kind.lower()}"
    assert scan.check(whole, media_type) == ""
    assert scan.check(whole[: len(whole) // 2], media_type) == "image.broken"
    assert scan.check(b"\xff\xd8\xff\xe0" + bytes(100), media_type) == "image.broken"


def test_an_image_beyond_the_bound_is_not_decoded(settings: Any) -> None:
    settings.MAX_IMAGE_PIXELS = 1000
    assert scan.check(image(size=(50, 21)), "image/jpeg") == "image.too_big"
    assert scan.check(image(size=(50, 20)), "image/jpeg") == ""


def test_eicar_is_found_anywhere() -> None:
    assert scan.check(scan.EICAR, "text/plain") == "virus.eicar"
    assert scan.check(image() + scan.EICAR, "image/jpeg") == "virus.eicar"


def test_an_ordinary_pdf_passes_though_its_text_speaks_of_scripts() -> None:
    assert scan.check(pdf(), "application/pdf") == ""
    assert scan.check(pdf(b"<< /JSomething 1 /Launcher 2 >>"), "application/pdf") == ""


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>"), "pdf.javascript"),
        (pdf(b"<< /S /J#61vaScript >>"), "pdf.javascript"),
        (pdf(b"<< /JS(x) >>"), "pdf.js"),
        (pdf(b"<</S/Launch/F(cmd.exe)>>"), "pdf.launch"),
        (pdf(stream(b"MZ", b"/Type /EmbeddedFile")), "pdf.embeddedfile"),
        (pdf(b"<< /Names << /EmbeddedFiles 11 0 R >> >>"), "pdf.embeddedfiles"),
        (pdf(stream(b"11 0 << /S /JavaScript /JS (x) >>", b"/Type /ObjStm /N 1 /First 5")), "pdf.javascript"),
        (pdf(stream(b"11 0 << /S /L#61unch >>", b"/Type/ObjStm /DecodeParms << /Predictor 1 >>")), "pdf.launch"),
        (pdf(b"<< /Filter /Standard >>").replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 10 0 R"), "pdf.encrypted"),
        (pdf(stream(b"x", b"/Type /ObjStm /DecodeParms << /A << /B << /Predictor 12 >> >> >>")), "pdf.obscured"),
        (pdf(stream(b"<< /S /JavaScript >>", b"/A << /B << /C << /D 1 >> >> >> /Type /ObjStm")), "pdf.javascript"),
        (pdf(b"<< /Type /ObjStm /Filter [/ASCIIHexDecode /FlateDecode] >>\nstream\n00\nendstream"), "pdf.obscured"),
        (pdf(b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\nnot packed\nendstream"), "pdf.broken"),
        (pdf(b"<< /Type /ObjStm >>\nstream\n11 0 << /JS (x) >>\nendstream"), "pdf.js"),
        (pdf(b"(a false stream\n)", b"<< /S /JavaScript >>", b"(endstream)"), "pdf.javascript"),
        (pdf(stream(b" " * (scan.INFLATED_BYTES + 1), b"/Type /ObjStm")), "pdf.too_packed"),
    ],
)
def test_pdfs_that_act_are_found(content: bytes, verdict: str) -> None:
    assert scan.check(content, "application/pdf") == verdict


@pytest.mark.parametrize("hostile", [b"<<", b"stream\n", b"stream\nendstream", b"/Type /ObjStm stream\n", b"#4", b"/JS#"])
def test_the_check_of_a_hostile_pdf_ends_soon(hostile: bytes) -> None:
    started = time.monotonic()
    scan.check(b"%PDF-1.7\n" + hostile * (8_000_000 // len(hostile)), "application/pdf")
    assert time.monotonic() - started < 20


class Clamd:
    """A scanner that speaks INSTREAM and remembers what it was sent."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.answer = answer
        self.received: list[bytes] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as source:
                assert source.read(10) == b"zINSTREAM\0"
                body = b""
                while size := int.from_bytes(source.read(4), "big"):
                    body += source.read(size)
                self.received.append(body)
                connection.sendall(self.answer(body))


@pytest.fixture
def clamd(settings: Any) -> Iterator[Clamd]:
    running = Clamd(lambda body: b"stream: Test.Sig-1 FOUND\0" if b"evil" in body else b"stream: OK\0")
    settings.CLAMAV_ADDRESS = running.address
    yield running
    running.server.close()


def test_clamav_sees_the_whole_content_and_its_word_counts(clamd: Clamd) -> None:
    content = pdf() + b"%" + b"x" * 600_000
    assert scan.check(content, "application/pdf") == ""
    assert clamd.received == [content]
    assert scan.check(content + b"evil", "application/pdf") == "virus.clamav:Test.Sig-1"


def test_what_the_built_in_check_finds_does_not_reach_clamav(clamd: Clamd) -> None:
    assert scan.check(scan.EICAR, "application/pdf") == "virus.eicar"
    assert clamd.received == []


@pytest.mark.parametrize("answer", [b"", b"INSTREAM size limit exceeded. ERROR\0"])
def test_a_scanner_that_does_not_answer_is_not_a_clean_file(settings: Any, answer: bytes) -> None:
    running = Clamd(lambda body: answer)
    settings.CLAMAV_ADDRESS = running.address
    with pytest.raises(scan.ScannerUnavailable):
        scan.check(pdf(), "application/pdf")
    running.server.close()


def test_a_scanner_that_is_down_is_not_a_clean_file(settings: Any) -> None:
    settings.CLAMAV_ADDRESS = "127.0.0.1:1"
    with pytest.raises(scan.ScannerUnavailable):
        scan.check(pdf(), "application/pdf")
