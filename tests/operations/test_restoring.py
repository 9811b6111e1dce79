"""A database brought back from an earlier moment: what it must not forget, not repeat, and not send twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from dossiers.services import codes
from portal.access import SYSTEM
from portal.crypto import ledger, services
from portal.crypto.errors import KeyDestroyed
from portal.crypto.models import SubjectKey
from portal.outbox import put
from portal.outbox.models import Hold, Message
from portal.outbox.services import Outcome, deliver_due, work
from tests.outbox import probe

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("O-08", "N-12")]

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, settings: Any) -> None:
    settings.ERASURE_LEDGER = str(tmp_path / "apart" / "erasures.log")
    probe.calls.clear()
    probe.behaviour.clear()


def _restored(moment: datetime, *more: str) -> list[str]:
    from io import StringIO

    out = StringIO()
    call_command("after_restore", f"--to={moment.isoformat()}", *more, stdout=out)
    services.forget_keys()
    return out.getvalue().splitlines()


def _promise(key: str, *, minutes_ago: float = 0) -> None:
    with transaction.atomic():
        put("test.probe", key=key, payload={"id": 1})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_message SET created_at = now() - make_interval(mins => %s) WHERE key = %s", [minutes_ago, key])


def test_what_was_erased_since_stays_erased(django_capture_on_commit_callbacks: Any) -> None:
    erased, kept = uuid4(), uuid4()
    sealed = {who: services.encrypt(who, b"so 0", context="test") for who in (erased, kept)}
    backup = SubjectKey.objects.get(pk=erased)
    with django_capture_on_commit_callbacks(execute=True):
        services.shred(erased, SYSTEM)
    assert [subject for _moment, subject in ledger.read()] == [erased]
    # The backup is of before: it has the key.
    SubjectKey.objects.filter(pk=erased).update(wrapped=backup.wrapped, key_id=backup.key_id, destroyed_at=None)
    services.forget_keys()
    assert services.decrypt(erased, sealed[erased], context="test") == b"so 0"
    assert "erasures repeated: 1" in _restored(datetime.now(UTC) - MINUTE)
    with pytest.raises(KeyDestroyed):
        services.decrypt(erased, sealed[erased], context="test")
    assert services.decrypt(kept, sealed[kept], context="test") == b"so 0"
    assert "erasures repeated: 0" in _restored(datetime.now(UTC) - MINUTE), "twice is as once"


def test_what_was_rolled_back_is_no_erasure_and_the_night_writes_what_could_not_be_written(
    settings: Any, django_capture_on_commit_callbacks: Any, tmp_path: Path
) -> None:
    stays, goes = uuid4(), uuid4()
    for who in (stays, goes):
        services.encrypt(who, b"x", context="test")
    with pytest.raises(RuntimeError), transaction.atomic():
        services.shred(stays, SYSTEM)
        raise RuntimeError
    right = settings.ERASURE_LEDGER
    # A file stands where the folder should be: the disk, the mount, the right to it are gone.
    (tmp_path / "file").write_text("")
    settings.ERASURE_LEDGER = str(tmp_path / "file" / "erasures.log")
    with django_capture_on_commit_callbacks(execute=True):
        services.shred(goes, SYSTEM)
    assert services.is_destroyed(goes) and not services.is_destroyed(stays)
    settings.ERASURE_LEDGER = right
    assert ledger.complete() == 1
    assert [subject for _moment, subject in ledger.read()] == [goes]
    assert ledger.complete() == 0


def test_a_line_cut_off_at_the_end_is_passed_by_and_any_other_damage_changes_nothing(tmp_path: Path) -> None:
    line = f"{datetime.now(UTC).isoformat()} {uuid4()}\n"
    file = tmp_path / "ledger"
    file.write_text(line + line[:20])
    assert len(list(ledger.read(file))) == 1
    file.write_text(line + "rubbish\n" + line)
    with pytest.raises(CommandError, match="line 2"):
        _restored(datetime.now(UTC) - MINUTE, f"--ledger={file}")
    assert not Hold.objects.exists()


def test_numbers_jump_beyond_those_that_people_hold_receipts_of() -> None:
    day = datetime.now(codes.VIETNAM).date()
    yesterday = day - timedelta(days=1)
    with transaction.atomic():
        codes.next_code(unit_code="H26.101", day=yesterday)
        codes.next_code(unit_code="H26.101", day=day)
        codes.next_code(unit_code="H26.102", day=yesterday - timedelta(days=3))
    moment = datetime.now(UTC) - timedelta(days=1)
    for _twice in range(2):
        _restored(moment)
    with transaction.atomic():
        assert codes.next_code(unit_code="H26.101", day=day) == f"H26.101-{day:%y%m%d}-1002"
        assert codes.next_code(unit_code="H26.101", day=yesterday) == f"H26.101-{yesterday:%y%m%d}-1002"
        # In the time that was lost it may have given its first of that day.
        assert codes.next_code(unit_code="H26.102", day=day) == f"H26.102-{day:%y%m%d}-1001"


def test_the_outbox_waits_until_somebody_says_what_was_sent(capsys: pytest.CaptureFixture[str]) -> None:
    _promise("before", minutes_ago=10)
    _restored(datetime.now(UTC) - 5 * MINUTE)
    _promise("since")
    assert not work("now") and deliver_due() == {} and not probe.calls
    call_command("release_outbox", "--check")
    assert "test.probe: 1 from before" in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"nothing of this kind waits: test\.prope"):
        call_command("release_outbox", "--sent=test.prope")
    assert Hold.objects.exists()
    call_command("release_outbox", "--sent=test.probe")
    assert deliver_due() == {Outcome.DONE: 1}
    assert probe.calls == ["since"]
    assert Message.objects.get(key="before").last_error == "sent before the restore"


@pytest.mark.parametrize("said", ["hôm qua", "2026-12-01T14:05:00", "2999-01-01T00:00:00+07:00"])
def test_a_moment_that_cannot_be_meant_is_refused_in_a_sentence(said: str) -> None:
    with pytest.raises(CommandError, match="--to"):
        call_command("after_restore", f"--to={said}")
    assert not Hold.objects.exists()
