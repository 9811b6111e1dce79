"""A scanner behind clamd's protocol, in a process of its own: found, slow, silent, back again."""

from __future__ import annotations

import socket
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.access import SYSTEM
from portal.files import scan, services
from portal.files.models import FileState, StoredFile
from portal.files.tasks import check_again
from portal.outbox.models import Message
from portal.outbox.services import Outcome, deliver_due
from portal.simulators.clamd import MAX_BYTES, SIGNATURE
from tests.files.making import image, pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def scanner(outside: Any, settings: Any) -> Any:
    settings.CLAMAV_ADDRESS = f"unix:{outside.var}/simulators/clamd.sock"
    return outside


def _received(data: bytes) -> StoredFile:
    return services.receive(
        subject=uuid.uuid4(), upload=[data], name="a.pdf", purpose="p", max_bytes=10**8, allowed_types={"application/pdf"}, actor=SYSTEM
    )


def _deliver() -> dict[Outcome, int]:
    Message.objects.filter(done_at=None, dead_at=None).update(available_at="2020-01-01T00:00:00Z")
    return deliver_due()


def test_the_scanner_sees_all_of_a_file_and_knows_its_own_signature(scanner: Any) -> None:
    assert scan.check(image(), "image/jpeg") == ""
    inside = pdf() + b"%" + b"x" * 3_000_000 + SIGNATURE + b"\n%%EOF"
    assert scan.check(inside, "application/pdf") == "virus.clamav:Dvcqg.Test.Signature-1"
    with pytest.raises(scan.ScannerUnavailable):
        scan.clamav([bytes(MAX_BYTES), b"more"])


def test_the_test_string_is_found_where_two_pieces_meet() -> None:
    whole = pdf() + b"%" + scan.EICAR
    for at in range(len(whole) - len(scan.EICAR) - 1, len(whole), 7):
        assert scan.check_pieces(lambda at=at: [whole[:at], whole[at:]], "text/plain") == "virus.eicar"  # type: ignore[misc]
    assert scan.check_pieces(lambda: (whole[at : at + 1] for at in range(len(whole))), "text/plain") == "virus.eicar"


@pytest.mark.parametrize(("mode", "drop"), [("down", False), ("slow", False), ("wrong", False)])
def test_while_the_scanner_is_silent_files_stay_unchecked_and_are_checked_when_it_is_back(
    scanner: Any, mode: str, drop: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "CLAMAV_TIMEOUT_SECONDS", 0.4)
    scanner.faults("clamd", mode, seconds=1)
    good, bad = _received(pdf()), _received(pdf() + b"%" + SIGNATURE + b"\n")
    assert deliver_due() == {Outcome.RETRY: 2}
    for file in (good, bad):
        file.refresh_from_db()
        assert file.state == FileState.UPLOADED and not file.is_waiting
    StoredFile.objects.update(created_at=timezone.now() - timedelta(minutes=6))
    good.refresh_from_db()
    assert good.is_waiting, "the pages say so"
    monkeypatch.setattr(scan, "CLAMAV_TIMEOUT_SECONDS", 10.0)
    scanner.faults("clamd", "none")
    assert _deliver() == {Outcome.DONE: 2}
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, bad.state, bad.verdict) == (FileState.CLEAN, FileState.QUARANTINED, "virus.clamav:Dvcqg.Test.Signature-1")
    assert "mã độc" in bad.why and good.why == ""


def test_a_check_that_was_given_up_is_done_after_all(scanner: Any) -> None:
    file = _received(pdf())
    Message.objects.update(dead_at=timezone.now())
    assert _deliver() == {}
    StoredFile.objects.update(created_at=timezone.now() - timedelta(days=2))
    check_again()
    check_again()
    assert _deliver() == {Outcome.DONE: 1}
    file.refresh_from_db()
    assert file.state == FileState.CLEAN
    check_again()
    assert _deliver() == {}


def test_the_simulator_answers_what_else_clamd_is_asked(scanner: Any) -> None:
    for command, answer in ((b"zPING\0", b"PONG\0"), (b"nVERSION\n", b"ClamAV"), (b"zSTATS\0", b"UNKNOWN")):
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(f"{scanner.var}/simulators/clamd.sock")
            asked.sendall(command)
            assert asked.recv(100).startswith(answer)
