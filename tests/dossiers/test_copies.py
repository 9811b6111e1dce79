"""What a sender keeps in hand: each file's hash at once, the sealed confirmation, a copy of everything (D-10, D-19)."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import DataCopy
from accounts.owner import copies
from dossiers import services, slips
from dossiers.models import Dossier, DossierDocument
from dossiers.services import copying
from dossiers.services.confirming import confirm_sent
from portal.audit.models import Act
from portal.files import archive
from portal.files import services as files
from portal.files.models import FileState, StoredFile
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from portal.outbox.models import Message
from tests.dossiers.support import decided, filed, mother, png, received, sign_by_hand
from tests.dossiers.test_slips import text_of
from tests.factories import citizen_actor, make_officer_actor, make_person, sign_in

pytestmark = pytest.mark.usefixtures("demo_data")


def mothers() -> Client:
    client = Client()
    sign_in(client, mother())
    return client


def page_of(dossier: Dossier) -> str:
    return f"/ho-so/{dossier.code}/"


class TestConfirmation:
    """The page after sending and its sealed PDF."""

    @pytest.mark.requirement("D-01")
    def test_the_page_after_sending_lists_every_file_with_size_and_hash_at_once(self) -> None:
        dossier = filed()
        page = mothers().get(page_of(dossier) + "?da-gui=1").content.decode()
        file = dossier.papers.get().file
        assert file.sha256 == hashlib.sha256(png()).hexdigest()
        assert f"SHA-256 <code>{file.sha256}</code>" in page
        assert f"{len(png())} byte" in page
        assert "đang lập, thường xong trong một phút" in page

    def test_the_worker_makes_the_sealed_confirmation_once(self) -> None:
        dossier = filed()
        assert Message.objects.filter(kind="dossiers.confirm_sent").count() == 1
        assert not dossier.documents.exists(), "nobody waits for it"
        for _twice in range(2):
            confirm_sent(dossier_id=dossier.id)
        issued = dossier.documents.get(role=DossierDocument.Role.SENT)
        assert issued.document.credential == f"seal-{dossier.unit_code}"
        [file] = issued.document.context["files"]
        stored = dossier.papers.get().file
        assert (file["sha256"], file["size"]) == (stored.sha256, slips.in_bytes(stored.size))
        sign_by_hand(issued, b"%PDF-1.7 sealed confirmation")
        client = mothers()
        assert f"{page_of(dossier)}xac-nhan-gui/" in client.get(page_of(dossier)).content.decode()
        assert b"".join(client.get(f"{page_of(dossier)}xac-nhan-gui/")) == b"%PDF-1.7 sealed confirmation"  # type: ignore[arg-type]
        dossier.refresh_from_db()
        assert dossier.returned_at is None, "it is no result"

    def test_every_line_of_it_can_be_compared(self) -> None:
        from django.template.loader import render_to_string

        dossier = filed()
        context = slips.sent_context(dossier)
        words = text_of(render_to_string("documents/sent.html", {**context, "unit_name": "UBND phường Ví Dụ", "document": None}))
        for section in slips.sent_content(context, "UBND phường Ví Dụ"):
            for _label, value in section.lines:
                assert all(part in words for part in value.split(", SHA-256 ")), value


@pytest.mark.requirement("D-19")
class TestCopyOfEverything:
    """Asked for, made by the worker, fetched for a day."""

    def asked(self, dossier: Dossier) -> DataCopy:
        client = mothers()
        assert "Lập bản sao toàn bộ" in client.get(page_of(dossier)).content.decode()
        assert client.post(f"{page_of(dossier)}ban-sao/").status_code == 302
        return DataCopy.objects.get(about=copying.about(dossier.id))

    def made(self, copy: DataCopy) -> None:
        [message] = Message.objects.filter(kind="accounts.copy_data", key=str(copy.pk))
        said = message.payload
        copies.make(copy_id=copy.pk, acting_as=said["acting_as"], mandate_id=said["mandate"], now=timezone.now())

    def test_everything_is_in_it_in_its_own_bytes_with_a_list_of_hashes(self) -> None:
        issued = decided()
        sign_by_hand(issued, b"%PDF-1.7 the result")
        dossier = issued.dossier
        copy = self.asked(dossier)
        self.made(copy)
        client = mothers()
        assert "Tải bản sao toàn bộ" in client.get(page_of(dossier)).content.decode()
        answer = client.get(f"{page_of(dossier)}ban-sao/")
        raw = b"".join(answer)  # type: ignore[arg-type]
        assert answer["Content-Disposition"].startswith(f'attachment; filename="ho-so-{dossier.code}.zip"')
        with zipfile.ZipFile(io.BytesIO(raw)) as found:
            assert found.testzip() is None
            names = found.namelist()
            contents = {name: found.read(name) for name in names}
        [paper] = [name for name in names if name.startswith("giay-to/")]
        assert paper.endswith("/giấy chứng sinh.png") and contents[paper] == png()
        [document] = [name for name in names if name.startswith("van-ban/")]
        assert contents[document] == b"%PDF-1.7 the result"
        assert contents["to-khai.pdf"].startswith(b"%PDF-")
        said = json.loads(contents["ho-so.json"])
        assert said["Mã hồ sơ"] == dossier.code
        assert any("đã gửi hồ sơ" in row["Việc"].lower() for row in said["Quá trình"])
        assert any(dossier.code in row["Tiêu đề"] for row in said["Thông báo"])
        assert dossier.code in contents["lich-su.txt"].decode()
        manifest = json.loads(contents["muc-luc.json"])
        listed = {one["path"]: (one["size"], one["sha256"]) for one in manifest["files"]}
        for name in set(names) - {"muc-luc.json", "muc-luc.txt"}:
            assert listed[name] == (len(contents[name]), hashlib.sha256(contents[name]).hexdigest())
        assert any("đang lập" in line for line in manifest["not_included"]), "the receipt has no seal yet, and the list says so"
        assert Act.objects.filter(act="dossiers.copy_all", target_id=str(dossier.id)).count() == 1
        assert Act.objects.filter(act="dossiers.take_copy", target_id=str(dossier.id)).count() == 1
        assert Notification.objects.filter(template="dossiers.copy_ready", party_id=mother().id, channel="inbox").count() == 1

    def test_it_lies_sealed_and_is_gone_after_a_day(self) -> None:
        dossier = filed()
        copy = self.asked(dossier)
        self.made(copy)
        copy.refresh_from_db()
        assert copy.zip_file is not None
        assert b"PK\x03\x04" not in copy.zip_file.path.read_bytes()
        assert copy.zip_file.subject == mother().id
        later = timezone.now() + timedelta(days=1, minutes=1)
        with time_machine.travel(later, tick=False):
            client = mothers()
            assert client.get(f"{page_of(dossier)}ban-sao/").status_code == 302
            assert "Lập bản sao toàn bộ" in client.get(page_of(dossier)).content.decode()
            assert copies.remove_old(now=timezone.now()) == 1
        assert StoredFile.objects.get(pk=copy.zip_file_id).state == FileState.ERASED

    def test_asking_twice_is_asking_once_and_nobody_else_has_it(self) -> None:
        dossier = filed()
        self.asked(dossier)
        mothers().post(f"{page_of(dossier)}ban-sao/")
        copy = DataCopy.objects.get()
        self.made(copy)
        self.made(copy)
        other = Client()
        sign_in(other, make_person())
        for method in (other.get, other.post):
            assert method(f"{page_of(dossier)}ban-sao/").status_code == 404
        assert DataCopy.objects.count() == 1
        assert mothers().get("/tai-khoan/du-lieu/").status_code == 200
        assert copies.copies_of(citizen_actor(mother())) == [], "a dossier's copy is none of all data"

    def test_what_cannot_be_read_is_named(self) -> None:
        dossier = received(make_officer_actor())
        StoredFile.objects.filter(pk=dossier.papers.get().file_id).update(state=FileState.QUARANTINED)
        copy = self.asked(dossier)
        self.made(copy)
        copy.refresh_from_db()
        with zipfile.ZipFile(io.BytesIO(files.read_bytes(copy.zip_file))) as found:
            manifest = json.loads(found.read("muc-luc.json"))
        assert any("Không an toàn" in line for line in manifest["not_included"])

    def test_no_more_than_some_a_day(self) -> None:
        dossier = filed()
        for _ in range(copies.OF_ONE_THING_A_DAY):
            services.ask_copy(actor=citizen_actor(mother()), dossier_id=dossier.id, now=timezone.now())
            DataCopy.objects.filter(made_at=None, removed_at=None).update(removed_at=timezone.now())
        with pytest.raises(copies.TooMany):
            services.ask_copy(actor=citizen_actor(mother()), dossier_id=dossier.id, now=timezone.now())


@pytest.mark.requirement("D-19")
def test_the_worker_does_it_all_from_the_promise(outside: Any) -> None:
    dossier = filed()
    mothers().post(f"{page_of(dossier)}ban-sao/")
    outbox.deliver_due(limit=1000)
    assert DataCopy.objects.get().is_ready
    assert dossier.documents.filter(role=DossierDocument.Role.SENT).count() == 1


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("a/b\\c:d*e.pdf", "a-b-c-d-e.pdf"),
        ("...", "tep"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
        (" CON. ", "CON"),
    ],
)
def test_names_that_every_system_unpacks(name: str, safe: str) -> None:
    assert archive.safe_name(name) == safe


def test_an_archive_never_stands_in_memory_whole() -> None:
    written: list[archive.Written] = []
    made = archive.zip_pieces([archive.Entry("big", (b"\0" * 1024 * 1024 for _ in range(50)))], at=timezone.now(), written=written)
    assert max(len(piece) for piece in made) < 3 * 1024 * 1024
    assert written[0].size == 50 * 1024 * 1024
