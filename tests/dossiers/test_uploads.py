"""Papers sent piece by piece: cut, gone on with, refused early, never half there; photos in their order."""

from __future__ import annotations

import base64
import hashlib
import os
import resource
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dossiers import services
from dossiers.models import Dossier, Draft, Paper
from dossiers.services import NotYours
from portal.access import SYSTEM
from portal.files import pieces
from portal.files import services as files
from portal.files.models import FileState, StoredFile, Upload
from portal.files.tasks import expire_uploads
from tests.dossiers.support import CODE, PAPER, confirm_all, father, hidden, mother, photo, png, ready_draft, sent
from tests.factories import citizen_actor, make_officer_actor, sign_in
from tests.files.making import docx, pdf

pytestmark = pytest.mark.usefixtures("demo_data")

PAPERS = f"/nop-ho-so/{CODE}/giay-to/"
BEGIN = f"{PAPERS}tai-len/"
MIB = 1024 * 1024


class Sender:
    """A browser with the page's script."""

    def __init__(self, person: Any = None) -> None:
        self.client = Client()
        person = person or mother()
        sign_in(self.client, person)
        self.actor = citizen_actor(person)
        self.draft = services.start_or_open_draft(actor=self.actor, procedure_code=CODE, now=timezone.now())
        self.headers = {"Draft": str(self.draft.id)}

    def begin(self, content: bytes, name: str = "giấy chứng sinh.pdf", **more: Any) -> Any:
        announced = {"kind": PAPER, "name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()} | more
        return self.client.post(BEGIN, announced, headers=self.headers)

    def put(self, upload: str, offset: int, data: bytes, **headers: str) -> Any:
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        given = {"Upload-Offset": str(offset), "Content-Digest": f"sha-256=:{digest}:"} | headers
        return self.client.put(f"{BEGIN}{upload}/", data, content_type="application/octet-stream", headers=self.headers | given)

    def finish(self, upload: str) -> Any:
        return self.client.post(f"{BEGIN}{upload}/", headers=self.headers)

    def send(self, content: bytes, name: str = "giấy chứng sinh.pdf") -> Any:
        """The whole way; the last answer."""
        begun = self.begin(content, name)
        assert begun.status_code == 201, begun.content
        upload, offset = begun.json()["id"], begun.json()["offset"]
        while offset < len(content):
            answer = self.put(upload, offset, content[offset : offset + MIB])
            if answer.status_code != 200:
                return answer
            offset = answer.json()["offset"]
        return self.finish(upload)


def _on_disk(settings: Any) -> list[Path]:
    return [path for path in Path(settings.FILES_ROOT).glob("pieces/*/*") if path.is_file()]


@pytest.fixture(autouse=True)
def _root(settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = str(tmp_path / "files")


@pytest.fixture
def mothers() -> Sender:
    return Sender()


def big(size: int = 2 * MIB + 700_000) -> bytes:
    """A PDF that does not compress."""
    return pdf() + b"%" + os.urandom(size).replace(b"\n", b"x").replace(b"\r", b"x")


@pytest.mark.requirement("D-01")
def test_a_file_arrives_in_pieces_is_cut_goes_on_and_is_there_once(
    mothers: Sender, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    content = big()
    begun = mothers.begin(content).json()
    assert (begun["offset"], begun["piece"]) == (0, MIB)
    assert mothers.put(begun["id"], 0, content[:MIB]).json() == {"offset": MIB}
    # The answer was lost, the piece comes again; a wrong hash and a piece that is cut short leave what stands.
    again = mothers.put(begun["id"], 0, content[:MIB])
    assert (again.status_code, again.json()) == (409, {"offset": MIB})
    digest = base64.b64encode(hashlib.sha256(content[MIB : 2 * MIB]).digest()).decode()
    cut = mothers.put(begun["id"], MIB, content[MIB : 2 * MIB - 9000], **{"Content-Digest": f"sha-256=:{digest}:"})
    assert cut.status_code == 400 and cut.json()["message"].endswith(".")
    assert not Paper.objects.exists()
    assert mothers.finish(begun["id"]).json() == {"offset": MIB}, "it is not whole"
    # The page was loaded anew and the same file chosen again.
    assert mothers.begin(content).json() == {"id": begun["id"], "offset": MIB, "piece": MIB}
    on_disk = _on_disk(settings)[0].read_bytes()
    assert content[100:200] not in on_disk and _on_disk(settings)[0].stat().st_mode & 0o077 == 0
    assert mothers.put(begun["id"], MIB, content[MIB : 2 * MIB]).json() == {"offset": 2 * MIB}
    assert mothers.put(begun["id"], 2 * MIB, content[2 * MIB :]).json() == {"offset": len(content)}
    with django_capture_on_commit_callbacks(execute=True):
        ended = mothers.finish(begun["id"])
    assert ended.status_code == 201
    assert mothers.finish(begun["id"]).json() == ended.json(), "ended twice is ended once"
    paper = Paper.objects.get()
    assert (str(paper.id), paper.file.sha256, paper.file.size) == (ended.json()["paper"], hashlib.sha256(content).hexdigest(), len(content))
    assert files.read_bytes(paper.file, unchecked=True) == content
    assert _on_disk(settings) == []
    assert "giấy chứng sinh.pdf" in mothers.client.get(PAPERS).content.decode()
    services.remove_paper(actor=mothers.actor, draft_id=mothers.draft.id, paper_id=paper.id)
    assert mothers.finish(begun["id"]).status_code == 404, "what was taken out again does not come back"
    assert not Paper.objects.exists()


@pytest.mark.requirement("D-01")
def test_what_cannot_be_taken_is_refused_before_it_is_sent_or_by_its_first_piece(mothers: Sender, settings: Any) -> None:
    for size, status in ((0, 422), (200 * MIB, 413), (20 * MIB + 1, 413), ("x", 422)):
        refused = mothers.begin(b"", size=size)
        assert refused.status_code == status
        assert refused.json()["message"].endswith(".")
    assert mothers.begin(b"", size=10, sha256="x").status_code == 400
    assert mothers.begin(b"", size=10, kind="khac").status_code == 404
    assert not Upload.objects.exists()
    for content, words in (
        (b"MZ" + bytes(500), "Bạn gửi một trong các loại"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>x()</script></svg>", "SVG"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Word kiểu cũ"),
        (b"PK\3\4" + bytes(200), "giải nén"),
    ):
        upload = mothers.begin(content).json()["id"]
        refused = mothers.put(upload, 0, content)
        assert refused.status_code == 415
        assert words in refused.json()["message"]
    assert not Upload.objects.exists() and _on_disk(settings) == []


def test_a_whole_that_is_not_what_was_announced_is_not_kept(
    mothers: Sender, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    content = big(300_000)
    upload = mothers.begin(content, sha256="0" * 64).json()["id"]
    assert mothers.put(upload, 0, content).status_code == 200
    assert mothers.put(upload, len(content), b"more").status_code == 400
    with django_capture_on_commit_callbacks(execute=True):
        refused = mothers.finish(upload)
    assert refused.status_code == 422 and "không giống" in refused.json()["message"]
    assert not StoredFile.objects.exists() and not Upload.objects.exists()
    assert [path for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file()] == []


def test_nobody_goes_on_with_anothers_upload(mothers: Sender) -> None:
    content = big(200_000)
    upload = mothers.begin(content).json()["id"]
    fathers = Sender(father())
    for headers in (fathers.headers, mothers.headers):
        fathers.headers = headers
        assert fathers.put(upload, 0, content).status_code == 404
        assert fathers.finish(upload).status_code == 404
    fathers.client.delete(f"{BEGIN}{upload}/", headers={"Draft": str(fathers.draft.id)})
    assert Upload.objects.get().received == 0
    stranger = Client().post(BEGIN, {"kind": PAPER}, headers=mothers.headers)
    assert stranger.status_code == 302 and "dang-nhap" in stranger["Location"]
    with pytest.raises(Exception, match=r".*"):
        services.begin_paper(
            actor=make_officer_actor(), draft_id=mothers.draft.id, kind=PAPER, name="a", size=9, sha256="0" * 64, now=timezone.now()
        )
    strict = Client(enforce_csrf_checks=True)
    sign_in(strict, mother())
    assert strict.put(f"{BEGIN}{upload}/", content, headers=mothers.headers).status_code == 403
    assert mothers.client.delete(f"{BEGIN}{upload}/", headers=mothers.headers).status_code == 204
    assert not Upload.objects.exists()


def test_only_so_many_are_under_way_and_a_dossier_holds_only_so_much(mothers: Sender, settings: Any) -> None:
    for number in range(pieces.MOST_OPEN):
        assert mothers.begin(b"x" * (number + 1)).status_code == 201
    refused = mothers.begin(b"y" * 50)
    assert refused.status_code == 429 and "Hủy" in refused.json()["message"]
    pieces.forget(subject=mothers.draft.id, actor=SYSTEM)
    settings.MAX_DOSSIER_BYTES = 400_000
    assert mothers.send(big(300_000)).status_code == 201
    assert mothers.begin(big(300_000)).status_code == 422
    # Two begun while there was room for one: the second finds it taken at its end, and nothing of it stays.
    settings.MAX_DOSSIER_BYTES = 1_000_000
    one, two = big(400_000), big(400_000)
    ids = [mothers.begin(content).json()["id"] for content in (one, two)]
    for upload, content in zip(ids, (one, two), strict=True):
        mothers.put(upload, 0, content)
    assert mothers.finish(ids[0]).status_code == 201
    assert mothers.finish(ids[1]).status_code == 422
    assert mothers.finish(ids[1]).status_code == 404
    assert Paper.objects.count() == 2
    assert StoredFile.objects.exclude(state=FileState.ERASED).count() == 2


def test_a_full_disk_is_said_and_leaves_what_stands(mothers: Sender, settings: Any, tmp_path: Path) -> None:
    content = big()
    upload = mothers.begin(content).json()["id"]
    assert mothers.put(upload, 0, content[:MIB]).status_code == 200
    [path] = _on_disk(settings)
    before = path.read_bytes()
    # The operating system lets no file grow beyond what it has now: half of the piece would fit.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + MIB // 2, hard))
    try:
        full = mothers.put(upload, MIB, content[MIB : 2 * MIB])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert full.status_code == 507
    assert "chưa lưu được" in full.json()["message"]
    assert path.read_bytes() == before and Upload.objects.get().received == MIB
    # There is room again.
    for offset in (MIB, 2 * MIB):
        assert mothers.put(upload, offset, content[offset : offset + MIB]).status_code == 200
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, hard))
    try:
        assert mothers.finish(upload).status_code == 507
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not Paper.objects.exists() and not StoredFile.objects.exists()
    assert mothers.finish(upload).status_code == 201, "the pieces stayed"
    settings.FILES_SPARE_BYTES = 10**18
    refused = mothers.begin(big())
    assert refused.status_code == 507 and not Upload.objects.filter(file=None).exists()


def test_what_nobody_goes_on_with_is_given_up_after_a_day(mothers: Sender, settings: Any, django_capture_on_commit_callbacks: Any) -> None:
    content = big(100_000)
    half = mothers.begin(content).json()["id"]
    mothers.put(half, 0, content[:50_000])
    kept = mothers.send(b"%PDF-1.7\n" + os.urandom(900)).json()["paper"]
    # Its process died between the file and the paper.
    lost = mothers.begin(content, name="khac.pdf", kind=PAPER, sha256="1" * 64).json()["id"]
    Upload.objects.filter(pk=lost).update(sha256=hashlib.sha256(content).hexdigest())
    mothers.put(lost, 0, content)
    _, orphan = pieces.finish(
        upload_id=lost, subject=mothers.draft.id, sender=mother().id, allowed_types={"application/pdf"}, max_bytes=MIB, actor=mothers.actor
    )
    stray = pieces.pieces_path_of(orphan.id)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"left")
    os.utime(stray, (1, 1))
    now = timezone.now()
    assert pieces.expire(actor=SYSTEM, now=now + timedelta(hours=23)) == 0
    Upload.objects.update(moved_at=now - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        expire_uploads()
    assert not Upload.objects.exists()
    assert _on_disk(settings) == []
    orphan.refresh_from_db()
    assert orphan.state == FileState.ERASED
    assert Paper.objects.get().id.hex == kept.replace("-", "")
    assert Paper.objects.get().file.state == FileState.UPLOADED


def test_a_draft_that_is_sent_or_thrown_away_takes_its_uploads_along(mothers: Sender, settings: Any) -> None:
    content = big(100_000)
    mothers.put(mothers.begin(content).json()["id"], 0, content[:1000])
    draft = Draft.objects.get()
    services.discard_draft(actor=mothers.actor, draft_id=draft.id, seen_version=draft.version)
    assert not Upload.objects.exists()
    ready = confirm_all(mothers.actor, ready_draft(mothers.actor, now=timezone.now()), now=timezone.now())
    mothers.headers = {"Draft": str(ready.id)}
    upload = mothers.begin(content).json()["id"]
    mothers.put(upload, 0, content)
    sent(mothers.actor, ready, now=timezone.now())
    gone = mothers.finish(upload)
    assert gone.status_code == 404 and "tải lại" in gone.json()["message"]
    assert Dossier.objects.get().papers.count() == 1


def test_several_photos_of_one_document_are_read_in_the_order_one_gives_them(mothers: Sender) -> None:
    for name in ("một.png", "hai.png", "ba.png"):
        services.add_paper(actor=mothers.actor, draft_id=mothers.draft.id, kind=PAPER, upload=photo(name), now=timezone.now())

    def order() -> list[str]:
        return [paper.file.name or "" for paper in Draft.objects.get().papers.select_related("file")]

    page = mothers.client.get(PAPERS)
    assert "Phần 3 trên 3" in page.content.decode()
    last = Paper.objects.all()[2]
    for expected in (["một.png", "ba.png", "hai.png"], ["ba.png", "một.png", "hai.png"], ["ba.png", "một.png", "hai.png"]):
        assert mothers.client.post(PAPERS, hidden(mothers.client.get(PAPERS), act=f"len:{last.id}")).status_code == 302
        assert order() == expected
    with pytest.raises(NotYours):
        services.move_paper_up(actor=citizen_actor(father()), draft_id=mothers.draft.id, paper_id=last.id)


def test_word_signed_and_heic_files_are_given_to_keep_photos_are_shown(mothers: Sender) -> None:
    for content, name, shown in ((docx(), "đơn.doc", "attachment"), (png(), "anh", "inline")):
        paper = mothers.send(content, name).json()["paper"]
        answer = mothers.client.get(f"{PAPERS}{paper}/")
        assert answer["Content-Disposition"].startswith(shown)
    assert [paper.file.name for paper in Paper.objects.all()] == ["đơn.doc.docx", "anh.png"]
