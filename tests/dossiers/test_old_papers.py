"""Old papers made live: a clerk's batch with bad rows, the second person, one authorisation, stores, claims, what is in force (D-26)."""

from __future__ import annotations

import html
import re
import shutil
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accounts.models import Position
from dossiers.digitising import checking, claiming, declaring, fields, issuing, sampling, scans, steps, taking
from dossiers.digitising.rights import OldRefused
from dossiers.models import OldBatch, OldClaim, OldDeclaration, OldPage, OldPaper, OldScan, StorePaper
from portal.catalogues import tables
from portal.documents.models import Document
from portal.documents.rendering import proof_url
from portal.documents.services import verify
from portal.files.models import FileState, StoredFile
from portal.outbox.models import Message
from portal.outbox.services import Outcome, deliver
from ratings.board import setting, targets
from tests.dossiers import old_papers
from tests.dossiers.old_papers import KIND, TITLE, drawn, pdf, png, zipped
from tests.dossiers.support import mother
from tests.factories import citizen_actor, make_person, make_position, officer_actor, sign_in
from tests.support import qr
from tests.support.processes import eventually

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_data")]
DESK, ROW, CLAIM = "/quan-tri/dossiers/oldbatch/", "/quan-tri/dossiers/oldpaper/", "/quan-tri/dossiers/oldclaim/"
READ = ("files.scan", "dossiers.read_old_scan", "dossiers.read_old_page")
MINE = "/kho-giay-to/giay-to-cu/"
SIZE = (120, 170)


@pytest.fixture(autouse=True)
def _no_text(settings: Any) -> None:
    """Reading text has a test of its own."""
    settings.OLD_PAPERS_READ_TEXT = False


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(response.content.decode()))


def worked(*kinds: str) -> None:
    """The worker does what was promised of these kinds, and what that promises, waits for later tries left out."""
    for _ in range(50):
        Message.objects.filter(kind__in=kinds, done_at=None, dead_at=None).update(available_at="2000-01-01T00:00:00Z")
        due = list(Message.objects.filter(kind__in=kinds, done_at=None, dead_at=None))
        if not due or {deliver(one.pk) for one in due} == {Outcome.RETRY}:
            return


def clerk(roles: tuple[str, ...] = ("clerk",), unit: str = "H26.101") -> tuple[Client, Any]:
    position, client = make_position(unit=unit, roles=roles), Client()
    sign_in(client, position.person, position=position)
    return client, position


def row(number: int, file: str, first: Any = "", last: Any = "", **said: str) -> list[str]:
    values = {
        "no": f"{number}/2003", "issuer": "UBND xã Ví Dụ", "day": "12/05/2003", "owner": "",
        "name": f"Lê Thị Thử {'abcdefghijkl'[number % 12]}", "born": "02/03/1975", "place": "xã Ví Dụ, tỉnh Hà Tây", **said,
    }  # fmt: skip
    return [str(number), file, str(first), str(last), *values.values()]


def given_file(content: bytes, name: str = "lo.zip") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def taken(desk: Client, content: bytes, name: str = "lo.zip") -> OldBatch:
    """A batch by the desk, its scans checked and taken apart."""
    answer = desk.post(DESK + "add/", {"kind": TITLE, "level": "commune", "scans": given_file(content, name)})
    assert answer.status_code == 302, text(answer)
    worked(*READ)
    return OldBatch.objects.latest("began_at")


def small(*numbers: int, **said: str) -> bytes:
    """A batch of a few rows, a scan for each."""
    scan = png(drawn(["Giay", "cu"], size=SIZE))
    return zipped([row(number, f"{number}.png", **said) for number in numbers], {f"{number}.png": scan for number in numbers})


def act(desk: Client, batch: OldBatch, name: str, **said: Any) -> Any:
    batch.refresh_from_db()
    return desk.post(f"{DESK}{batch.pk}/{name}/", {"seen": batch.version, **said})


def checked(batch: OldBatch, checker: Client, wrong: int = 0) -> None:
    """The second person looks at the whole sample."""
    for place, paper in enumerate(batch.papers.filter(in_sample=True).order_by("number")):
        said = {"verdict": "wrong", "words": "Ngày cấp"} if place < wrong else {"verdict": "right"}
        assert checker.post(f"{ROW}{paper.pk}/look/", said).status_code == 302
    assert act(checker, batch, "end_check").status_code == 302
    batch.refresh_from_db()


def demo_leader() -> tuple[Client, Position]:
    """The demo leader, whose key the simulator holds."""
    position, client = Position.objects.get(person__full_name="Đỗ Văn Ví Dụ"), Client()
    sign_in(client, position.person, position=position)
    return client, position


def prepared(chief: Client, page: str) -> None:
    def done() -> bool:
        worked("documents.prepare")
        return "Đang chuẩn bị" not in text(chief.get(page))

    eventually(done, 120, 0.3)


def authorised(chief: Client, batch: OldBatch, outside: Any) -> None:
    """From a batch that is checked to its signatures, by one authorisation."""
    answer = act(chief, batch, "sign")
    page = f"{DESK}{batch.pk}/signing/"
    assert answer.status_code == 302 and answer["Location"] == page, text(answer)
    prepared(chief, page)
    assert chief.post(f"{DESK}{batch.pk}/authorise/")["Location"] == page

    def told() -> bool:
        worked("documents.push")
        return "data-go-on" in text(chief.get(page))

    eventually(told, 30, 0.3)
    found = re.search(r'href="([^"]+)" data-go-on', chief.get(page).content.decode())
    assert found
    back = outside.authorise(html.unescape(found[1]))
    assert chief.get("/ky-so/tro-ve/", back)["Location"] == page

    def signed() -> bool:
        worked("documents.activate", "documents.sign")
        batch.refresh_from_db()
        return batch.state == OldBatch.DONE

    eventually(signed, 120, 0.3)


def signed_batch(outside: Any, content: bytes, desk: Client | None = None) -> OldBatch:
    """A batch from its files to its signatures."""
    batch = taken(desk or clerk()[0], content)
    assert act(desk or clerk()[0], batch, "submit").status_code == 302
    checked(batch, clerk(("handling",))[0])
    assert batch.state == OldBatch.CHECKED
    authorised(demo_leader()[0], batch, outside)
    return batch


# The whole ---------------------------------------------------------------------------------------------------------------------------


def two_hundred(owner: Any) -> tuple[bytes, dict[int, str]]:
    """Two hundred certificates in four scans, one of them the owner's by number; nine rows are bad, each in its own way."""
    born = date.fromisoformat(owner.birth_date)
    rows = [row(number, f"quét-{(number - 1) // 50 + 1}.pdf", (number - 1) % 50 + 1) for number in range(1, 201)]

    def mended(number: int, **said: str) -> list[str]:
        kept = rows[number - 1]
        return row(number, said.pop("file", kept[1]), said.pop("first", kept[2]), said.pop("last", ""), **said)

    rows[4] = mended(5, owner=owner.id_number, name=owner.full_name, born=f"{born:%d/%m/%Y}", place="")
    bad = {
        20: ({"file": "khong-co.pdf"}, "Không có tệp"),
        40: ({"first": "99"}, "chỉ có 50 trang"),
        60: ({"no": ""}, "Thiếu số giấy tờ"),
        80: ({"day": "31/02/2003"}, "Ngày cấp không phải một ngày"),
        100: ({"owner": "12345"}, "phải có 12 chữ số"),
        120: ({"owner": owner.id_number, "born": "02/03/1971"}, "không hợp với năm sinh"),
        140: ({"place": ""}, "phải có nơi sinh"),
        160: ({"no": "1/2003", "name": rows[0][8]}, "đã có ở dòng 2"),
        180: ({"owner": owner.id_number, "born": f"{born:%d/%m/%Y}", "name": "Lý Thị Người Khác"}, "của người khác"),
    }
    for number, (said, _words) in bad.items():
        rows[number - 1] = mended(number, **said)
    pages = [drawn(["Giay chung nhan", "so"], size=SIZE) for _ in range(50)]
    files = {f"quét-{number}.pdf": pdf(*pages, dpi=72) for number in range(1, 5)}
    return zipped(rows, files), {number + 1: words for number, (_said, words) in bad.items()}


@pytest.mark.requirement("D-26")
def test_two_hundred_certificates_with_nine_bad_rows(outside: Any, client: Client) -> None:
    owner, (desk, _position) = mother(), clerk()
    content, bad = two_hundred(owner)
    batch = taken(desk, content)
    states = taking.counts(batch)
    told = dict(batch.papers.filter(state="bad").values_list("number", "problem"))
    assert states == {"good": 191, "bad": 9}, told
    # Numbered as the table's program numbers them: its header is row 1.
    assert set(told) == set(bad) and all(words in told[number] for number, words in bad.items()), told
    page = text(desk.get(f"{DESK}{batch.pk}/change/"))
    assert all(words in page for words in bad.values())
    listed = desk.get(f"{DESK}{batch.pk}/errors/").content.decode("utf-8-sig").splitlines()
    assert len(listed) == 10 and listed[1].startswith("21,")
    # The same files again: the same batch, and nothing twice.
    papers, files = OldPaper.objects.count(), StoredFile.objects.count()
    assert taken(desk, content).pk == batch.pk and (OldPaper.objects.count(), StoredFile.objects.count()) == (papers, files)

    assert act(desk, batch, "submit").status_code == 302
    batch.refresh_from_db()
    assert batch.sample_size == 20 == batch.papers.filter(in_sample=True, state="good").count()
    checked(batch, clerk(("handling",))[0])
    chief, _leader = demo_leader()
    assert act(chief, batch, "sign").status_code == 302
    assert Document.objects.filter(kind=issuing.KIND).count() == 191 == batch.papers.filter(state="issued").count()

    # Of one authorisation for all, those that are ready in time are signed (of many: tests/documents/test_batches.py); the rest waits.
    mine = batch.papers.get(number=6)
    few = [mine, *batch.papers.filter(state="issued").exclude(pk=mine.pk).order_by("number")[:2]]
    sign_some(chief, batch, few, outside)
    mine.refresh_from_db()
    assert mine.state == OldPaper.LANDED and not mine.pages.exists()
    batch.refresh_from_db()
    assert (batch.state, batch.signed_count) == (OldBatch.SIGNING, 3)
    assert "Ký các giấy tờ còn lại" in text(chief.get(f"{DESK}{batch.pk}/signing/"))

    # The citizen finds it in the store, with its file.
    sign_in(client, owner)
    store = text(client.get("/kho-giay-to/"))
    assert TITLE in store and "Giấy tờ cũ do cơ quan số hóa" in store and f"{owner.id_number}.{KIND}" in store
    kept = StorePaper.objects.get(origin="digitised")
    assert text(client.get(f"/kho-giay-to/{kept.pk}/")).count("5/2003") >= 1
    given_out = b"".join(client.get(f"/kho-giay-to/{kept.pk}/tep/1/").streaming_content)  # type: ignore[attr-defined]
    facts = verify(given_out)
    assert mine.document is not None and owner.id_number is not None
    assert facts.has_good_signature and facts.sha256 == mine.document.sha256
    # A stranger scans the code: what it is, who signed; and types the printed number to read what was issued.
    stranger, document = Client(), mine.document
    assert document is not None
    proof = issuing_proof(document)
    assert qr.in_pdf(given_out) == [proof_url(document)]
    seen = text(stranger.get(proof))
    assert f"Bản điện tử: {TITLE}" in seen and owner.full_name not in seen
    sections = compare(stranger, proof, document)
    assert owner.full_name in sections and "5/2003" in sections and str(owner.id_number) not in sections


def issuing_proof(document: Document) -> str:
    """The path behind the code."""
    return "/" + proof_url(document).split("/", 3)[3]


def compare(stranger: Client, proof: str, document: Document) -> str:
    """What who holds a print reads after typing its number."""
    found = re.findall(rf'href="({re.escape(proof)}[^"]+)"', stranger.get(proof).content.decode())
    answers = [stranger.post(way, {"number": document.context["proof_number"]}) for way in found]
    return " ".join(text(answer) for answer in answers if answer.status_code == 200)


def sign_some(chief: Client, batch: OldBatch, papers: list[OldPaper], outside: Any) -> None:
    """Only so many become ready before the officer's patience ends."""
    batch.refresh_from_db()
    assert batch.signing is not None
    wanted = {str(one.pk) for one in batch.signing.attempts.filter(document__in=[paper.document_id for paper in papers])}

    def ready() -> bool:
        for message in Message.objects.filter(kind="documents.prepare", key__in=wanted, done_at=None):
            Message.objects.filter(pk=message.pk).update(available_at="2000-01-01T00:00:00Z")
            deliver(message.pk)
        assert batch.signing is not None
        return batch.signing.attempts.filter(prepared_at__isnull=False).count() == len(papers)

    eventually(ready, 60, 0.3)
    early = timezone.now() - timedelta(minutes=4)
    batch.signing.attempts.update(created_at=early)
    batch.signing.attempts.filter(prepared_at__isnull=False).update(prepared_at=early)
    page = f"{DESK}{batch.pk}/signing/"
    chief.post(f"{DESK}{batch.pk}/authorise/")

    def told() -> bool:
        worked("documents.push")
        return "data-go-on" in text(chief.get(page))

    eventually(told, 30, 0.3)
    found = re.search(r'href="([^"]+)" data-go-on', chief.get(page).content.decode())
    assert found
    chief.get("/ky-so/tro-ve/", outside.authorise(html.unescape(found[1])))

    def signed() -> bool:
        worked("documents.activate", "documents.sign")
        return batch.papers.filter(state__in=["signed", "landed"]).count() == len(papers)

    eventually(signed, 60, 0.3)


# The second person -------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-26")
def test_one_wrong_paper_sends_the_whole_batch_back_and_who_typed_never_checks() -> None:
    desk, position = clerk(("clerk", "handling"))
    batch = taken(desk, small(1, 2, 3))
    assert act(desk, batch, "submit").status_code == 302
    batch.refresh_from_db()
    assert batch.sample_size == 3
    paper = batch.papers.earliest("number")
    # Who typed it, in this position or another of theirs.
    assert desk.post(f"{ROW}{paper.pk}/look/", {"verdict": "right"}).status_code == 403
    second = make_position(position.person, roles=("handling",))
    with pytest.raises(OldRefused):
        checking.look(actor=officer_actor(second), paper_id=paper.pk, right=True, words="", now=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        OldPaper.objects.filter(pk=paper.pk).update(checked_by=paper.person_id)
    checker, _other = clerk(("handling",))
    assert act(checker, batch, "end_check").status_code == 409
    assert checker.post(f"{ROW}{paper.pk}/look/", {"verdict": "wrong"}).status_code == 422
    checked(batch, checker, wrong=1)
    assert batch.state == OldBatch.TYPING and "Cả lô phải nhập lại" in batch.note
    assert act(demo_leader()[0], batch, "sign").status_code == 409
    with pytest.raises(IntegrityError), transaction.atomic():
        OldBatch.objects.filter(pk=batch.pk).update(state=OldBatch.CHECKED)
    # Mended, it is whole again, and a new sample is drawn.
    page = text(desk.get(f"{ROW}{paper.pk}/type/"))
    assert "Người kiểm tra: Ngày cấp" in page and 'value="12/05/2003"' in page
    said = {**{name: (paper.typed or {}).get(name, "") for name in fields.LABELS}, "issued_on": "13/05/2003"}
    answer = desk.post(f"{ROW}{paper.pk}/type/", {**said, "issued_on": "31/02/2003"})
    assert answer.status_code == 422 and "không phải một ngày" in text(answer)
    assert desk.post(f"{ROW}{paper.pk}/type/", said).status_code == 302
    paper.refresh_from_db()
    assert paper.state == OldPaper.GOOD and paper.issued_on == date(2003, 5, 13)
    assert act(desk, batch, "submit").status_code == 302
    checked(batch, checker)
    assert (batch.state, batch.round) == (OldBatch.CHECKED, 2)
    leader, _ = demo_leader()
    assert act(leader, batch, "give_back", reason="Bản chụp mờ.").status_code == 302
    batch.refresh_from_db()
    assert batch.state == OldBatch.TYPING and "Bản chụp mờ" in batch.note
    # Given up, nothing of it is left that could be read.
    assert act(desk, batch, "drop").status_code == 302
    assert not batch.papers.exists() and not batch.scans.exists()
    held = StoredFile.objects.filter(purpose__in=[taking.PURPOSE, taking.PAGE]).exclude(state=FileState.ERASED)
    assert not held.exists()


@given(st.integers(0, 100_000), st.integers(1, 100), st.integers(1, 500))
def test_a_sample_is_never_smaller_than_its_rule_nor_larger_than_the_batch(papers: int, share: int, least: int) -> None:
    rule = sampling.Rule(date(2021, 1, 1), share, least, 0)
    size = sampling.sample_size(papers, rule)
    assert size <= papers and (size == papers or ((size >= least and 100 * size >= share * papers > 100 * (size - 1)) or size == least))
    drawn_ones = sampling.draw(range(papers), size) if papers < 1000 else []
    assert len(set(drawn_ones)) == len(drawn_ones)


# Scans -------------------------------------------------------------------------------------------------------------------------------

LINES = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "GIẤY CHỨNG NHẬN KẾT HÔN", "Số: 125/2003",
    "Họ và tên: Nguyễn Thị Thử Nghiệm", "Ngày sinh: 02/03/1975", "Nơi sinh: xã Ví Dụ, tỉnh Hà Tây", "Dân tộc: Kinh. Quốc tịch: Việt Nam",
    "Nơi cư trú: số 1, đường Ví Dụ, phường Thử Nghiệm", "Đăng ký ngày 12 tháng 05 năm 2003",
)  # fmt: skip


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
@pytest.mark.requirement("D-26")
def test_scans_without_a_table_are_parted_put_upright_read_and_typed(settings: Any) -> None:
    settings.OLD_PAPERS_READ_TEXT = True
    upright = drawn(LINES, size=(1240, 1754), font=34)
    sideways = drawn(LINES, size=(1240, 1754), font=34, turn=90)
    desk, _position = clerk()
    batch = taken(desk, pdf(sideways, drawn(size=(1240, 1754)), upright, upright), "chong-giay.pdf")
    first, second = batch.papers.order_by("number")
    assert [first.pages.count(), second.pages.count()] == [1, 2]
    assert first.state == OldPaper.BAD and "Chưa nhập" in first.problem
    page = first.pages.get()
    assert page.is_read and "GIẤY CHỨNG NHẬN KẾT HÔN" in (page.text or "")
    served = b"".join(desk.get(f"{ROW}{first.pk}/page/1/").streaming_content)  # type: ignore[attr-defined]
    with Image.open(BytesIO(served)) as picture:
        assert picture.height > picture.width, "put upright"
    form = text(desk.get(f"{ROW}{first.pk}/type/"))
    assert 'value="125/2003"' in form and 'value="Nguyễn Thị Thử Nghiệm"' in form and 'value="12/05/2003"' in form and "so từng mục" in form
    typed = fields.suggestions(page.text or "") | {"issuer": "UBND xã Ví Dụ"}
    assert desk.post(f"{ROW}{first.pk}/type/", typed).status_code == 302
    first.refresh_from_db()
    assert first.state == OldPaper.GOOD
    # By hand, a quarter with the clock.
    assert desk.post(f"{ROW}{first.pk}/turn/1/").status_code == 302
    turned = b"".join(desk.get(f"{ROW}{first.pk}/page/1/").streaming_content)  # type: ignore[attr-defined]
    with Image.open(BytesIO(turned)) as picture:
        assert picture.width > picture.height


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pdf", b"%PDF-1.4 nothing of a PDF", "không an toàn"),
        ("a.png", png(drawn(size=SIZE)), "không có trang nào có nội dung"),
        ("a.png", b"MZ\x90\x00 no picture", "Không nhận được bản quét"),
    ],
)
def test_a_bad_scan_is_told_at_its_row_and_the_others_go_on(name: str, content: bytes, words: str) -> None:
    desk, _position = clerk()
    scan = png(drawn(["Giay", "cu"], size=SIZE))
    batch = taken(desk, zipped([row(1, name), row(2, "b.png")], {name: content, "b.png": scan}))
    bad, good = batch.papers.order_by("number")
    assert bad.state == OldPaper.BAD and words in bad.problem, bad.problem
    assert good.state == OldPaper.GOOD
    assert "không có Tesseract" in text(desk.get(f"{DESK}{batch.pk}/change/"))


def test_a_table_that_cannot_be_read_or_a_strange_file_takes_nothing() -> None:
    desk, _position = clerk()
    for content, name, words in (
        (zipped([["1"]], {}, header=["Cột lạ"]), "lo.zip", "Bảng kê thiếu cột"),
        (b"PK\x03\x04 cut off", "lo.zip", "Không mở được tệp nén"),
        (zipped([row(1, "a.png")], {"A.png": b"1", "a.PNG": b"2"}), "lo.zip", "cùng tên"),
    ):
        answer = desk.post(DESK + "add/", {"kind": TITLE, "level": "commune", "scans": given_file(content, name)})
        assert answer.status_code == 422 and words in text(answer), text(answer)[:3000]
    answer = desk.post(DESK + "add/", {"kind": "Giấy không có trong danh mục", "level": "commune", "scans": given_file(small(1))})
    assert answer.status_code == 422 and "Danh mục dùng chung không có" in text(answer)
    assert not OldBatch.objects.exists() and not OldScan.objects.exists()


@pytest.mark.requirement("D-26")
def test_who_is_killed_in_between_goes_on_and_nothing_is_done_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    position = make_position(roles=("clerk",))
    (tmp_path / "2003").mkdir()
    scan = png(drawn(["Giay", "cu"], size=SIZE))
    for number in range(1, 6):
        (tmp_path / "2003" / f"{number}.png").write_bytes(scan)
    rows = [row(number, f"2003\\{number}.PNG") for number in range(1, 6)]
    (tmp_path / "bang-ke.csv").write_bytes(tables.write(tables.CSV, old_papers.HEADER, rows))
    asked = {"kind": KIND, "level": "district", "position": position.pk}
    monkeypatch.setattr(taking, "MOST", 2)
    # Killed at the second of three batches: the first stands.
    begun: list[OldBatch] = []
    real = taking._begin

    def killed(*given: Any) -> OldBatch:
        if len(begun) == 1:
            raise KeyboardInterrupt
        begun.append(real(*given))
        return begun[-1]

    monkeypatch.setattr(taking, "_begin", killed)
    with pytest.raises(KeyboardInterrupt):
        call_command("take_old_papers", str(tmp_path), **asked)
    assert OldBatch.objects.count() == 1
    monkeypatch.setattr(taking, "_begin", real)
    call_command("take_old_papers", str(tmp_path), **asked)
    call_command("take_old_papers", str(tmp_path), **asked)
    assert OldBatch.objects.count() == 3 and OldPaper.objects.count() == 5 == OldScan.objects.count()
    # A worker killed while it keeps what it drew leaves nothing half done, and the next one does it once.
    worked("files.scan")
    kept, hold = [], steps._hold

    def dies(*given: Any) -> None:
        hold(*given)
        kept.append(given)
        raise SystemExit

    monkeypatch.setattr(steps, "_hold", dies)
    first = OldScan.objects.earliest("added_at")
    with pytest.raises(SystemExit):
        steps.read_scan(first.pk, now=timezone.now())
    assert kept and not OldPage.objects.exists() and OldScan.objects.get(pk=first.pk).state == OldScan.State.WAITING
    monkeypatch.setattr(steps, "_hold", hold)
    worked(*READ)
    steps.read_scan(first.pk, now=timezone.now())
    assert OldPage.objects.count() == 5 and OldPaper.objects.filter(state="good").count() == 5
    # The same papers in another table: each is told where it is already.
    (tmp_path / "bang-ke.csv").write_bytes(tables.write(tables.CSV, old_papers.HEADER, [rows[0], row(9, "2003/5.png")]))
    call_command("take_old_papers", str(tmp_path), **asked)
    worked(*READ)
    again = OldBatch.objects.latest("began_at")
    assert [(one.state, one.number) for one in again.papers.order_by("number")] == [("bad", 2), ("good", 3)]
    assert "đã có ở dòng 2" in again.papers.get(number=2).problem
    with pytest.raises(CommandError, match="may not"):
        call_command("take_old_papers", str(tmp_path), **{**asked, "position": make_position(roles=("overseeing",)).pk})


# Owners ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-26", "D-04")
def test_a_paper_without_a_number_is_claimed_by_its_owner_and_nobody_elses_claim_is_confirmed(outside: Any) -> None:
    twin = {"full_name": "Đặng Thị Đôi Mẫu", "birth_date": date(1975, 3, 2)}
    owner, namesake, other = make_person(**twin, id_number="001175000101"), make_person(**twin, id_number="001175000102"), make_person()
    later = {"owner": "001160000103", "name": "Bùi Thị Mai Sau", "born": "1960"}
    said = {"name": "ĐẶNG THỊ  Đôi Mẫu", "born": "02/03/1975", "place": "Xã Ví Dụ, Tỉnh Hà Tây"}
    scan = png(drawn(["Giay", "cu"], size=SIZE))
    content = zipped([row(1, "1.png", **said), row(2, "2.png", **later)], {"1.png": scan, "2.png": scan})
    batch = signed_batch(outside, content)
    paper, awaited = batch.papers.order_by("number")
    assert (paper.state, awaited.state, batch.signed_count) == ("signed", "signed", 2)
    assert not StorePaper.objects.filter(origin="digitised").exists() and not batch.scans.exists()

    def browser(person: Any) -> Client:
        client = Client()
        sign_in(client, person)
        return client

    # Another name finds nothing, and cannot claim what it does not lead to.
    stranger = browser(other)
    assert "Chưa tìm thấy" in text(stranger.post(MINE, {"birth_place": "tỉnh Hà Tây"}))
    assert stranger.post(f"{MINE}{paper.pk}/nhan/", {"birth_place": "tỉnh Hà Tây"}).status_code == 404
    assert stranger.post(MINE, {"birth_place": ""}).status_code == 422
    for person in (namesake, owner):
        page = text(browser(person).post(MINE, {"birth_place": "Hà Tây"}))
        assert TITLE in page and "Cấp năm 2003" in page and "1/2003" not in page
        claimed = browser(person).post(f"{MINE}{paper.pk}/nhan/", {"birth_place": "Hà Tây", "words": "Cưới năm 2003"})
        assert claimed.status_code == 302
    assert "Chờ cơ quan xác nhận" in text(browser(owner).get(MINE))
    assert OldClaim.objects.count() == 2
    again = browser(owner).post(f"{MINE}{paper.pk}/nhan/", {"birth_place": "Hà Tây"})
    assert again.status_code == 302 and OldClaim.objects.count() == 2
    desk, _position = clerk()
    wrong, right = OldClaim.objects.get(person_id=namesake.pk), OldClaim.objects.get(person_id=owner.pk)
    page = text(desk.get(f"{CLAIM}{wrong.pk}/change/"))
    assert namesake.id_number in page and "Cưới năm 2003" in page and "02/03/1975" in page
    assert desk.post(f"{CLAIM}{wrong.pk}/refuse/", {"reason": ""}).status_code == 422
    assert desk.post(f"{CLAIM}{wrong.pk}/refuse/", {"reason": "Tên cha mẹ trên giấy khác."}).status_code == 302
    assert "Tên cha mẹ trên giấy khác" in text(browser(namesake).get(MINE))
    assert desk.post(f"{CLAIM}{right.pk}/confirm/").status_code == 302
    assert desk.post(f"{CLAIM}{wrong.pk}/confirm/").status_code == 409
    kept = StorePaper.objects.get(origin="digitised")
    assert kept.party_id == owner.pk and TITLE in text(browser(owner).get("/kho-giay-to/"))
    assert TITLE not in text(browser(namesake).get("/kho-giay-to/"))
    # Whose number nobody knew when it was signed: the night finds them, if they are who the paper says.
    assert issuing.look_again(now=timezone.now() + timedelta(days=1)) == (0, 1)
    make_person(full_name="Bùi Thị Mai Sau", birth_date=date(1960, 1, 9), id_number="001160000103")
    assert issuing.look_again(now=timezone.now() + timedelta(days=2)) == (1, 1)
    awaited.refresh_from_db()
    assert awaited.state == OldPaper.LANDED
    # What was signed stays.
    with pytest.raises(DatabaseError), transaction.atomic():
        OldPaper.objects.filter(pk=awaited.pk).delete()


def test_a_person_finds_only_for_themself_and_their_claim_is_not_theirs_to_confirm() -> None:
    position = make_position(roles=("clerk",))
    actor = officer_actor(position)
    paper = old_papers.standing(actor)
    own = OldClaim.objects.create(paper=paper, unit_code=actor.unit, person_id=position.person_id, claimed_at=timezone.now())
    with pytest.raises(OldRefused, match="yêu cầu của bạn"):
        claiming.confirm(actor=actor, claim_id=own.pk, now=timezone.now())
    child = make_person()
    acting = replace(citizen_actor(position.person), party_id=child.pk)
    with pytest.raises(OldRefused, match="chính mình"):
        claiming.find(actor=acting, birth_place="Hà Tây")


# What is in force --------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-26", "R-13")
def test_progress_by_level_is_what_was_signed_of_what_was_declared(client: Client, django_assert_max_num_queries: Any) -> None:
    setting.begin()
    desk, position = clerk()
    today = timezone.localdate()
    said = {"level": "commune", "in_force": "200", "as_of": f"{today:%d/%m/%Y}", "basis": "Kiểm kê sổ hộ tịch"}
    add = "/quan-tri/dossiers/olddeclaration/add/"
    assert desk.post(add, {**said, "as_of": f"{today + timedelta(days=1):%d/%m/%Y}"}).status_code == 422
    assert desk.post(add, {**said, "in_force": "150"}).status_code == 302
    assert desk.post(add, said).status_code == 302
    assert desk.post(add, {**said, "as_of": "01/01/2021"}).status_code == 422
    assert desk.post(add, {**said, "level": "district", "in_force": "10"}).status_code == 302
    with pytest.raises(DatabaseError), transaction.atomic():
        OldDeclaration.objects.update(in_force=1)
    actor = officer_actor(position)
    for level, unit, signed in (("commune", "H26.101", 60), ("commune", "H26.102", 7), ("district", "H26.101", 12)):
        batch = old_papers.of_unit(actor)["dossiers.oldbatch"]
        OldBatch.objects.filter(pk=batch.pk).update(level=level, unit_code=unit, signed_count=signed)
    # of_unit() declared anew each time: the last one counts.
    assert desk.post(add, said).status_code == 302
    levels = declaring.by_level(declaring.by_agency())
    # Who digitised without declaring is in no share; more than was declared is not more than all.
    assert (levels["commune"].in_force, levels["commune"].digitised, levels["commune"].counted) == (200, 67, 60)
    assert (levels["district"].in_force, levels["district"].digitised, levels["district"].counted) == (10, 12, 10)
    assert declaring.by_level(declaring.by_agency("H26.102"))["commune"].in_force == 0
    with django_assert_max_num_queries(12):
        page = text(client.get("/thong-ke/giay-to-cu/"))
    shown = re.findall(r">([0-9.,]+)</td>", page)
    assert {"200", "67", "30", "100"} <= set(shown) and "Cấp huyện" in page, shown
    assert client.get("/en/thong-ke/giay-to-cu/").status_code == 200
    lines = {line.target.code: line for line in targets.board("", today)}
    assert str(lines["giay-to-cu-xa"].value) == "30.0" and lines["giay-to-cu-xa"].is_met is False
    for code, steps_wanted in {
        "giay-to-cu-trung-uong": [40, 60, 80, 100, 100],
        "giay-to-cu-tinh": [30, 50, 70, 90, 100],
        "giay-to-cu-huyen": [20, 40, 60, 80, 100],
        "giay-to-cu-xa": [15, 35, 55, 75, 100],
    }.items():
        target = targets.Target.objects.get(code=code)
        assert [targets.step_of(target.steps, year) for year in range(2021, 2026)] == steps_wanted


@given(st.text(max_size=40), st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.text(max_size=60))
def test_however_a_name_and_a_place_are_written_the_key_is_the_same(name: str, born: date, place: str) -> None:
    key = fields.match_key(name, born.isoformat(), place)
    assert key == fields.match_key(f"  {name} ", born.isoformat(), f"xã Ví Dụ, tỉnh {place}") or "," in place or not fields.place_key(place)
    cleaned = fields.clean({"full_name": name, "birth_date": f"{born:%d/%m/%Y}", "birth_place": place})
    assert cleaned["birth_date"] == born.isoformat() and fields.clean(cleaned) == cleaned
    assert fields.problems(cleaned, today=date(2026, 1, 1))


def test_places_are_compared_by_their_last_part() -> None:
    keys = {fields.place_key(text) for text in ("xã Ví Dụ, tỉnh Hà Tây", "Hà Tây", "Xã Khác - HÀ TÂY", "Thị trấn A; Tỉnh  Hà Tây")}
    assert keys == {"ha tay"} and fields.place_key("") == ""
    assert not scans.parted([scans.Page(b"x", True)])
