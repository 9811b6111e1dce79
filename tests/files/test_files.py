"""Private files: taken, checked, given out, erased; nothing readable without the key, nothing silently wrong."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from portal import crypto
from portal.access import SYSTEM
from portal.audit.models import Act
from portal.files import services
from portal.files.errors import FileAltered, FileErased, FileMissing, FileNotChecked, FileQuarantined, FileRefused
from portal.files.models import StoredFile, path_of
from portal.files.scan import EICAR
from portal.files.signals import file_checked
from portal.outbox.models import Message
from portal.outbox.services import Outcome, deliver, deliver_due
from tests.files.making import JPEG_AND_PDF, image, pdf
from tests.files.test_scan import Clamd

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def _root(settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = str(tmp_path / "files")
    crypto.forget_keys()


def _receive(data: bytes, name: str = "ảnh.jpg", **more: Any) -> StoredFile:
    given: dict[str, Any] = {
        "subject": uuid.uuid4(),
        "upload": SimpleUploadedFile("x", data),
        "name": name,
        "purpose": "dossiers.paper",
        "max_bytes": 20 * MIB,
        "allowed_types": JPEG_AND_PDF,
        "actor": SYSTEM,
    }
    return services.receive(**(given | more))


def _on_disk(settings: Any) -> list[Path]:
    return [path for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file()]


def _refusal(data: bytes, **more: Any) -> FileRefused:
    with pytest.raises(FileRefused) as refusal, transaction.atomic():
        _receive(data, **more)
    assert not StoredFile.objects.exists()
    return refusal.value


@pytest.mark.django_db
@pytest.mark.requirement("N-08")
def test_a_photo_is_taken_encrypted_checked_and_given_back(settings: Any) -> None:
    heard: list[tuple[uuid.UUID, str]] = []

    def listen(sender: Any, file: StoredFile, **_: Any) -> None:
        heard.append((file.id, file.state))

    file_checked.connect(listen)
    try:
        data = image()
        file = _receive(data, "C:\\Ảnh\\giấy chứng sinh.jpg")
        assert (file.state, file.media_type, file.size) == ("uploaded", "image/jpeg", len(data))
        assert file.sha256 == hashlib.sha256(data).hexdigest()
        assert file.path == Path(settings.FILES_ROOT) / file.id.hex[:2] / file.id.hex[2:4] / str(file.id)
        on_disk = file.path.read_bytes()
        assert data[100:140] not in on_disk
        assert file.path.stat().st_mode & 0o077 == 0
        with pytest.raises(FileNotChecked):
            services.open_plain(file)
        assert services.read_bytes(file, unchecked=True) == data
        message = Message.objects.get(kind="files.scan")
        assert (message.queue, message.payload) == ("soon", {"file": str(file.id)})
        assert deliver(message.id) is Outcome.DONE
    finally:
        file_checked.disconnect(listen)
    file = StoredFile.objects.get(pk=file.pk)
    assert (file.state, file.verdict, file.name) == ("clean", "", "giấy chứng sinh.jpg")
    assert services.read_bytes(file) == data
    assert heard == [(file.id, "clean")]
    assert list(Act.objects.filter(target_id=str(file.id)).order_by("id").values_list("act", flat=True)) == [
        "files.receive",
        "files.checked",
    ]


@pytest.mark.django_db
def test_uploads_may_come_as_pieces() -> None:
    data = pdf() + b"%" + os.urandom(2 * MIB)
    file = _receive(data, upload=(data[start : start + 70_000] for start in range(0, len(data), 70_000)))
    assert (file.media_type, file.size) == ("application/pdf", len(data))
    assert services.read_bytes(file, unchecked=True) == data


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "more", "code"),
    [
        (b"", {}, "empty"),
        (b"<html><script>alert(1)</script>", {"name": "a.pdf"}, "type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", {"name": "a.png"}, "type"),
        (b"MZ" + bytes(200), {"name": "a.jpg"}, "type"),
        (image("GIF"), {}, "type"),
        (image(), {"max_bytes": 100}, "too_big"),
        (image(), {"upload": iter([image()] * 40), "max_bytes": 20_000}, "too_big"),
    ],
)
def test_refusals_say_why_and_leave_nothing(settings: Any, data: bytes, more: dict[str, Any], code: str) -> None:
    refusal = _refusal(data, **more)
    assert refusal.code == code
    assert refusal.message.endswith(".")
    assert _on_disk(settings) == []


@pytest.mark.django_db
def test_a_picture_with_too_many_pixels_is_refused_at_the_door(settings: Any) -> None:
    settings.MAX_IMAGE_PIXELS = 3000
    assert _refusal(image(size=(64, 48))).code == "image_too_big"


@pytest.mark.django_db
def test_a_storage_that_fails_is_said_plainly(settings: Any, tmp_path: Path) -> None:
    blocked = tmp_path / "not-a-folder"
    blocked.write_bytes(b"")
    settings.FILES_ROOT = str(blocked)
    assert _refusal(image()).code == "storage"


@pytest.mark.django_db
def test_a_pdf_with_a_script_goes_to_quarantine() -> None:
    file = _receive(pdf(b"<< /S /JavaScript /JS (x) >>"), "đơn.pdf")
    deliver_due()
    file.refresh_from_db()
    assert (file.state, file.verdict) == ("quarantined", "pdf.javascript")
    for unchecked in (False, True):
        with pytest.raises(FileQuarantined):
            services.open_plain(file, unchecked=unchecked)


@pytest.mark.django_db
def test_eicar_in_a_pdf_goes_to_quarantine() -> None:
    file = _receive(pdf() + b"%" + EICAR)
    deliver_due()
    file.refresh_from_db()
    assert (file.state, file.verdict) == ("quarantined", "virus.eicar")


@pytest.mark.django_db
def test_while_the_scanner_is_down_a_file_waits_and_is_clean_when_it_is_back(settings: Any) -> None:
    settings.CLAMAV_ADDRESS = "127.0.0.1:1"
    file = _receive(image())
    assert deliver_due() == {Outcome.RETRY: 1}
    file.refresh_from_db()
    assert file.state == "uploaded"
    running = Clamd(lambda body: b"stream: OK\0")
    settings.CLAMAV_ADDRESS = running.address
    Message.objects.update(available_at="2020-01-01T00:00:00Z")
    assert deliver_due() == {Outcome.DONE: 1}
    running.server.close()
    file.refresh_from_db()
    assert file.state == "clean"


@pytest.mark.django_db
def test_missing_and_altered_bytes_are_errors_never_silence() -> None:
    file = services.store_bytes(
        subject=uuid.uuid4(), data=pdf(), name="kết quả.pdf", purpose="documents", media_type="application/pdf", actor=SYSTEM
    )
    assert file.state == "clean"
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(FileAltered):
        services.read_bytes(file)
    file.path.write_bytes(b"")
    with pytest.raises(FileAltered):
        services.read_bytes(file)
    file.path.write_bytes(whole)
    file.sha256 = "0" * 64
    with pytest.raises(FileAltered, match="hash"):
        services.read_bytes(file)
    file.path.unlink()
    with pytest.raises(FileMissing):
        services.open_plain(file)


@pytest.mark.django_db
def test_one_file_cannot_stand_in_for_another() -> None:
    subject = uuid.uuid4()
    one, two = (
        services.store_bytes(subject=subject, data=data, name="x.pdf", purpose="p", media_type="application/pdf", actor=SYSTEM)
        for data in (b"one", b"two")
    )
    one.path.write_bytes(two.path.read_bytes())
    with pytest.raises(FileAltered):
        services.read_bytes(one)
    one.wrapped_key = two.wrapped_key
    with pytest.raises(FileAltered, match="key"):
        services.read_bytes(one)


@pytest.mark.django_db
def test_a_file_missing_at_its_check_is_a_dead_letter() -> None:
    file = _receive(image())
    file.path.unlink()
    assert deliver_due() == {Outcome.DEAD: 1}
    assert "FileMissing" in Message.objects.get().last_error


def test_erasing_a_file_takes_key_name_and_bytes(committed_db: None) -> None:
    file = _receive(image())
    path = file.path
    with pytest.raises(RuntimeError), transaction.atomic():
        services.erase(file=file, actor=SYSTEM)
        raise RuntimeError
    assert path.exists(), "a rolled-back erasure erases nothing"
    file = StoredFile.objects.get(pk=file.pk)
    services.erase(file=file, actor=SYSTEM)
    services.erase(file=file, actor=SYSTEM)
    assert not path.exists()
    assert (file.state, file.name, file.wrapped_key) == ("erased", None, None)
    assert Act.objects.filter(act="files.erase").count() == 1
    with pytest.raises(FileErased):
        services.open_plain(file)
    assert deliver_due() == {Outcome.DONE: 1}, "its check finds nothing to do"
    with pytest.raises(IntegrityError), transaction.atomic():
        StoredFile.objects.filter(pk=file.pk).update(state="clean")


@pytest.mark.django_db
def test_shredding_the_subject_makes_its_files_unreadable() -> None:
    file = _receive(image())
    crypto.shred(file.subject, SYSTEM)
    file = StoredFile.objects.get(pk=file.pk)
    assert file.name is None
    with pytest.raises(FileErased):
        services.open_plain(file, unchecked=True)
    assert deliver_due() == {Outcome.DONE: 1}


def test_what_a_rolled_back_upload_leaves_is_unreadable_and_swept_away(
    committed_db: None, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        lost = _receive(image())
        raise RuntimeError
    kept = _receive(image())
    foreign = kept.path.with_name("README")
    foreign.write_bytes(b"not ours")
    half = kept.path.with_name(f"{uuid.uuid4()}.part")
    half.write_bytes(b"half")
    assert services.remove_orphans()[0] == 0, "an upload may be under way"
    for path in (lost.path, kept.path, foreign, half):
        os.utime(path, (1, 1))
    call_command("remove_orphans")
    assert "2 orphans removed" in capsys.readouterr().out
    assert sorted(_on_disk(settings)) == sorted([kept.path, foreign])
    assert services.read_bytes(kept, unchecked=True) == image()


def test_orphans_are_removed_a_slice_at_a_time_and_each_slice_goes_on_where_the_last_one_ended(committed_db: None, settings: Any) -> None:
    names = [uuid.uuid4() for _ in range(12)]
    for name in names:
        path = path_of(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left")
        os.utime(path, (1, 1))
    folders = len({path_of(name).parent for name in names})
    reached, slices = "", 0
    while True:
        # No time at all: one folder each.
        removed, after = services.remove_orphans(after=reached, seconds=0)
        slices += 1
        assert removed >= 1 and (not after or after > reached)
        reached = after
        if not reached:
            break
    assert slices == folders
    assert _on_disk(settings) == []


@pytest.mark.django_db
def test_an_upload_that_breaks_off_leaves_nothing(settings: Any) -> None:
    def breaking() -> Iterator[bytes]:
        yield image() + bytes(200_000)
        raise ConnectionError

    with pytest.raises(ConnectionError), transaction.atomic():
        _receive(b"", upload=breaking())
    assert _on_disk(settings) == []


@given(name=st.text(max_size=400))
def test_names_are_fit_to_show(name: str) -> None:
    cleaned = services.clean_name(name)
    assert 0 < len(cleaned) <= 200
    assert not set(cleaned) & set("/\\\0\n\r\u202e\u2066")
    assert services.clean_name(cleaned) == cleaned


def test_a_long_name_keeps_its_ending_and_accents_are_composed() -> None:
    assert services.clean_name("a" * 500 + ".pdf").endswith(".pdf")
    assert services.clean_name("giâ\u0301y.pdf") == "giấy.pdf"
    assert services.clean_name("../../etc/passwd") == "passwd"
    assert services.clean_name("...") == "tep"


@pytest.mark.django_db
@pytest.mark.requirement("D-04", "N-08")
def test_content_held_for_another_subject_is_not_copied_and_goes_with_the_last_who_holds_it(
    settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    data, owner = pdf(), uuid.uuid4()
    file = services.store_bytes(
        subject=uuid.uuid4(), data=data, name="a.pdf", purpose="documents.signed", media_type="application/pdf", actor=SYSTEM
    )
    held = services.hold_for(file=file, subject=owner, purpose="dossiers.store", actor=SYSTEM, name="Kết quả.pdf")
    again = services.hold_for(file=held, subject=uuid.uuid4(), purpose="dossiers.paper", actor=SYSTEM)
    assert _on_disk(settings) == [file.path] and held.path == again.path == file.path
    assert (held.name, again.name, held.sha256) == ("Kết quả.pdf", "Kết quả.pdf", file.sha256)
    assert services.read_bytes(held) == services.read_bytes(again) == data
    crypto.shred(file.subject, SYSTEM)
    crypto.forget_keys()
    with pytest.raises(FileErased):
        services.read_bytes(StoredFile.objects.get(pk=file.pk))
    with django_capture_on_commit_callbacks(execute=True):
        services.erase(file=file, actor=SYSTEM)
        services.erase(file=again, actor=SYSTEM)
    assert services.remove_orphans(older_than_seconds=-1)[0] == 0
    assert services.read_bytes(StoredFile.objects.get(pk=held.pk)) == data
    with pytest.raises(FileErased):
        services.hold_for(file=again, subject=owner, purpose="x", actor=SYSTEM)
    with django_capture_on_commit_callbacks(execute=True):
        services.erase(file=held, actor=SYSTEM)
    assert _on_disk(settings) == []
    with pytest.raises(FileNotChecked):
        services.hold_for(file=_receive(image()), subject=owner, purpose="x", actor=SYSTEM)
