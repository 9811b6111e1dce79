"""The applicant's signature over the declaration (D-17): by remote signing, by a file signed outside; lost by a change, kept when sent."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Mandate, Person
from dossiers import services, slips
from dossiers.forms_data import shipped_form
from dossiers.models import DeclarationAttempt, Dossier, Draft, Paper, SignedDeclaration
from dossiers.services import copying
from dossiers.signing import services as signatures
from portal.audit.models import Act
from portal.documents.incoming import in_cms, in_pdf
from portal.files import archive
from portal.files import services as files
from portal.files.models import FileState, StoredFile
from tests.crypto.test_signed_files import signed as apart
from tests.documents.test_incoming import added
from tests.dossiers.signing import (
    COMPANY,
    FATHER,
    MOTHER,
    OFFICER,
    ask,
    at,
    confirm,
    given,
    row,
    send_file,
    sign_outside,
    signed_pdf,
    work,
)
from tests.dossiers.support import at_once, father, hidden, mother, png
from tests.dossiers.test_kinds import EXTRACT, declare, words
from tests.dossiers.test_parties import ACCOUNTANT, DIRECTOR, as_company
from tests.factories import citizen_actor, make_position, sign_in

INSURANCE = "1.002051"
REST = {"registered_place": "Ủy ban nhân dân phường Ví Dụ", "registered_number": "125/1995", "copies": "3", "unit_code": "H26.101"}


def signing_form(whose: str = "applicant") -> None:
    """The extract's form, which now asks for a signature."""
    services.publish_form(procedure_code=EXTRACT, document={**shipped_form(EXTRACT), "signature": whose}, now=timezone.now())


def fill_in(client: Client) -> None:
    """Everything up to the check page."""
    declare(client, EXTRACT, {"whom": "self", "register_kind": "birth"}, REST)
    client.post(at(EXTRACT, "giay-to/"), hidden(client.get(at(EXTRACT, "giay-to/")), act="tiep"))


@pytest.fixture
def client(demo_data: None, outside: Any) -> Client:
    signing_form()
    client = Client()
    sign_in(client, mother())
    fill_in(client)
    return client


def send(client: Client, code: str = EXTRACT) -> Any:
    """Press the last button of the check page."""
    return client.post(at(code, "kiem-tra/"), hidden(client.get(at(code, "kiem-tra/"))))


def sent(client: Client, code: str = EXTRACT) -> Dossier:
    done = send(client, code)
    assert done.status_code == 302, words(done)
    return Dossier.objects.get(code=done["Location"].split("/")[2])


@pytest.mark.requirement("D-17")
def test_who_signs_remotely_confirms_once_and_the_dossier_keeps_what_was_signed(client: Client, outside: Any) -> None:
    assert "Chữ ký số của bạn, để ký tờ khai" in words(Client().get(at(EXTRACT)))
    page = words(client.get(at(EXTRACT, "kiem-tra/")))
    assert "Thủ tục này cần chữ ký số" in page and "Ký tờ khai" in page and "Gửi hồ sơ" not in page
    refused = send(client)
    assert refused.status_code == 422 and "Tờ khai chưa được ký số" in words(refused) and not Dossier.objects.exists()
    assert client.get(at(EXTRACT, "ky/"))["Location"] == at(EXTRACT, "kiem-tra/")

    assert client.post(at(EXTRACT, "kiem-tra/"), hidden(client.get(at(EXTRACT, "kiem-tra/")), act="ky"))["Location"] == at(EXTRACT, "ky/")
    waits = client.get(at(EXTRACT, "ky/"))
    assert "Đang lập tờ khai" in words(waits) and b'<noscript><meta http-equiv="refresh"' in waits.content
    ask(client, EXTRACT)
    pdf = given(client, EXTRACT)
    made = row(EXTRACT).file
    assert pdf.startswith(b"%PDF-1.7") and made is not None and made.sha256 == hashlib.sha256(pdf).hexdigest()
    gone = client.post(at(EXTRACT, "ky/"), {"act": "dich-vu"})
    assert "Tôi đã xác nhận" in words(client.get(at(EXTRACT, "ky/")))
    assert "Cổng chưa nhận được xác nhận của bạn" in words(client.get(at(EXTRACT, "ky/?da-xac-nhan=1")))
    back = outside.authorise(gone["Location"], account="001195000001")
    assert client.get("/ky-so/to-khai/tro-ve/?" + urlencode(back))["Location"] == at(EXTRACT, "ky/")
    assert "Đang ký tờ khai" in words(client.get(at(EXTRACT, "ky/")))
    client.get("/ky-so/to-khai/tro-ve/?" + urlencode(back))
    assert "Lần xác nhận này đã được ghi nhận" in words(client.get(at(EXTRACT, "ky/")))
    work()
    page = words(client.get(at(EXTRACT, "ky/")))
    assert "Đã ký tờ khai" in page and "Chữ ký số của Nguyễn Thị Mẫu, dấu thời gian" in page and "hợp lệ" in page
    assert "Tổ chức chứng thực công cộng thử nghiệm" in page
    attempt = DeclarationAttempt.objects.get()
    assert (attempt.outcome, attempt.code, attempt.activation, attempt.prepared_file) == ("signed", "", "", None)

    kept = row(EXTRACT)
    dossier = sent(client)
    kept.refresh_from_db()
    assert (kept.dossier_id, kept.content, kept.holder, kept.way) == (dossier.id, None, "person", "remote")
    [paper] = dossier.papers.all()
    content = files.read_bytes(paper.file)
    assert content.startswith(pdf) and (paper.label, paper.origin) == ("Tờ khai đã ký số", "signed")
    [one] = in_pdf(content)
    assert (one.why, one.store, one.stamped) == ("", "public", True)
    made.refresh_from_db()
    assert made.state == FileState.ERASED, "the same bytes stand in the signed file"
    assert Act.objects.filter(act="dossiers.sign_declaration").count() == 1

    page = client.get(f"/ho-so/{dossier.code}/").content.decode()
    assert "Tờ khai đã ký số" in page and paper.file.sha256 in page and "Chữ ký số của Nguyễn Thị Mẫu" in page
    officer = make_position(unit=dossier.unit_code, roles=("reception", "handling"))
    desk = Client()
    sign_in(desk, officer.person, position=officer)
    shown = words(desk.get(f"/quan-tri/dossiers/dossier/{dossier.id}/change/"))
    assert "Tờ khai đã ký số" in shown and "Chữ ký số của Nguyễn Thị Mẫu, dấu thời gian" in shown
    assert desk.get(f"/ho-so/{dossier.code}/giay-to/{paper.id}/").status_code == 200
    assert paper.file.sha256 in str(slips.sent_context(dossier))
    packed = io.BytesIO(
        b"".join(archive.zip_pieces(copying._entries(citizen_actor(mother()), dossier, timezone.now(), []), at=timezone.now(), written=[]))
    )
    [name] = [name for name in zipfile.ZipFile(packed).namelist() if "to-khai-da-ky" in name]
    assert zipfile.ZipFile(packed).read(name) == content


@pytest.mark.requirement("D-17")
def test_what_was_signed_outside_counts_as_a_pdf_or_as_a_signature_apart(client: Client, outside: Any) -> None:
    ask(client, EXTRACT)
    pdf = given(client, EXTRACT)
    done = send_file(client, EXTRACT, apart(outside, text=pdf), "to-khai.pdf.p7s")
    assert done["Location"] == at(EXTRACT, "ky/")
    page = words(client.get(at(EXTRACT, "ky/")))
    assert "Đã ký tờ khai" in page and "ký tệp “to-khai.pdf”" in page and "hợp lệ" in page
    body = hidden(client.get(at(EXTRACT, "kiem-tra/")))
    first, second = (client.post(at(EXTRACT, "kiem-tra/"), body) for _twice in range(2))
    assert first["Location"] == second["Location"]
    dossier = Dossier.objects.get(procedure_code=EXTRACT)
    given_file, signature = [files.read_bytes(paper.file) for paper in dossier.papers.all()]
    assert given_file == pdf and [one.why for one in in_cms(signature, content=given_file)] == [""]

    fill_in(client)
    sign_outside(client, outside, EXTRACT, MOTHER)
    again = sent(client)
    [paper] = again.papers.all()
    assert files.read_bytes(paper.file).startswith(b"%PDF") and again.signed_declaration.way == "file"


@pytest.mark.requirement("D-17")
def test_a_change_after_signing_takes_the_signature_away_and_says_so(client: Client, outside: Any) -> None:
    sign_outside(client, outside, EXTRACT, MOTHER)
    before = row(EXTRACT)
    old = before.signed_file
    assert "Gửi hồ sơ" in words(client.get(at(EXTRACT, "kiem-tra/")))
    services.save_draft(actor=citizen_actor(mother()), draft_id=before.filing_id, values={"copies": "4"})
    page = words(client.get(at(EXTRACT, "kiem-tra/")))
    assert "Chữ ký không còn vì hồ sơ đã thay đổi sau khi ký" in page and "Gửi hồ sơ" not in page
    refused = send(client)
    assert refused.status_code == 422 and "Hồ sơ đã thay đổi sau khi ký" in words(refused) and not Dossier.objects.exists()
    assert client.get(at(EXTRACT, "ky/"))["Location"] == at(EXTRACT, "kiem-tra/")
    assert client.get(at(EXTRACT, "ky/da-ky/")).status_code == 404
    ask(client, EXTRACT)
    assert old is not None
    old.refresh_from_db()
    assert row(EXTRACT).id != before.id and old.state == FileState.ERASED
    assert "4" in row(EXTRACT).content["answers"]["copies"]
    # What the registry says of the person is declared, too.
    send_file(client, EXTRACT, signed_pdf(outside, given(client, EXTRACT)))
    person = mother()
    person.full_name = "Nguyễn Thị Mẫu Hai"
    person.save()
    assert "Chữ ký không còn" in words(client.get(at(EXTRACT, "kiem-tra/")))
    draft = Draft.objects.get(procedure_code=EXTRACT)
    services.discard_draft(actor=citizen_actor(person), draft_id=draft.id, seen_version=draft.version)
    assert not SignedDeclaration.objects.exists()
    assert not StoredFile.objects.filter(subject=draft.id).exclude(state=FileState.ERASED).exists()


def pdf_of_another(outside: Any, pdf: bytes) -> bytes:
    return signed_pdf(outside, pdf, FATHER)


REFUSED: dict[str, tuple[Callable[[Any, bytes], bytes], str]] = {
    "another person": (pdf_of_another, "ghi số định danh của người khác"),
    "a company": (lambda outside, pdf: signed_pdf(outside, pdf, COMPANY), "không ghi số định danh cá nhân"),
    "an officer": (lambda outside, pdf: signed_pdf(outside, pdf, OFFICER), "do cơ quan nhà nước cấp để làm công vụ"),
    "unsigned": (lambda outside, pdf: pdf, "chưa có chữ ký số nào"),
    "another file": (lambda outside, pdf: signed_pdf(outside, pdf.replace(b"%PDF-1.7", b"%PDF-1.6", 1)), "không phải đúng tờ khai"),
    "drawn over": (lambda outside, pdf: signed_pdf(outside, added(pdf)), "có nội dung khác ngoài chữ ký"),
    "drawn over later": (lambda outside, pdf: added(signed_pdf(outside, pdf)), "có nội dung khác ngoài chữ ký"),
    "cut": (lambda outside, pdf: signed_pdf(outside, pdf)[:-700], ""),
    "apart, of another text": (lambda outside, pdf: apart(outside, text=pdf + b" "), "không phải trên đúng tờ khai"),
    "apart, of another person": (lambda outside, pdf: apart(outside, FATHER, text=pdf), "ghi số định danh của người khác"),
}


@pytest.mark.requirement("D-17")
def test_every_file_that_is_not_the_applicants_signature_is_refused_beside_the_field(client: Client, outside: Any) -> None:
    ask(client, EXTRACT)
    pdf = given(client, EXTRACT)
    for name, (made, said) in REFUSED.items():
        send_file(client, EXTRACT, made(outside, pdf))
        page = client.get(at(EXTRACT, "ky/"))
        assert row(EXTRACT).state == "ready" and "Ký tờ khai" in words(page), name
        assert said in words(page) and b"field-wrong" in page.content and b'id="id_signed_error"' in page.content, (name, words(page))
    outside.revoke("cred-001195000001")
    send_file(client, EXTRACT, signed_pdf(outside, pdf))
    outside.revoke("cred-001195000001", revoked=False)
    assert "Chứng thư số đã bị thu hồi" in words(client.get(at(EXTRACT, "ky/")))
    # What is no signature at all is refused at the door: a scan of paper, nothing, an empty file.
    for upload, said in (
        (SimpleUploadedFile("ky.png", png()), "Loại tệp này chưa nhận được"),
        (SimpleUploadedFile("ky.pdf", b""), "trống"),
    ):
        answer = client.post(at(EXTRACT, "ky/"), {"act": "tep", "signed": upload})
        assert answer.status_code == 422 and said in words(answer) and b"field-wrong" in answer.content
    assert "Bạn hãy chọn tệp đã ký" in words(client.post(at(EXTRACT, "ky/"), {"act": "tep"}))
    left = StoredFile.objects.filter(purpose="dossiers.signed_outside").exclude(state=FileState.ERASED)
    assert not left.exists() and given(client, EXTRACT) == pdf
    assert send_file(client, EXTRACT, signed_pdf(outside, pdf)).status_code == 302 and row(EXTRACT).is_signed


def asked(gone: Any) -> str:
    """What the signing service is to carry back."""
    [state] = parse_qs(urlsplit(gone["Location"]).query)["state"]
    return state


@pytest.mark.requirement("D-17")
def test_who_confirms_with_anothers_key_or_not_at_all_is_told(client: Client, outside: Any) -> None:
    ask(client, EXTRACT)
    confirm(client, outside, EXTRACT, "001093000002")
    work()
    page = client.get(at(EXTRACT, "ky/"))
    assert "ghi số định danh của người khác" in words(page) and b"error-summary" in page.content
    gone = client.post(at(EXTRACT, "ky/"), {"act": "dich-vu"})
    state = asked(gone)
    stranger = Client()
    sign_in(stranger, father())
    back = "/ky-so/to-khai/tro-ve/?"
    assert stranger.get(back + urlencode({"state": state, "code": "x"})).status_code == 404
    assert client.get(back + urlencode({"state": state + "x", "code": "x"})).status_code == 400
    client.get(back + urlencode({"state": state, "error": "access_denied"}))
    assert "không đồng ý ký" in words(client.get(at(EXTRACT, "ky/")))
    assert "không còn dùng được" in words(client.get(back + urlencode({"state": state, "code": "x"}), follow=True))
    # A code that the service does not know buys nothing.
    gone = client.post(at(EXTRACT, "ky/"), {"act": "dich-vu"})
    client.get(back + urlencode({"state": asked(gone), "code": "made-up"}))
    work()
    assert "hết hạn hoặc bị dịch vụ ký số từ chối" in words(client.get(at(EXTRACT, "ky/")))
    services.save_draft(actor=citizen_actor(mother()), draft_id=row(EXTRACT).filing_id, values={"copies": "5"})
    gone = client.post(at(EXTRACT, "ky/"), {"act": "dich-vu"})
    assert gone["Location"] == at(EXTRACT, "kiem-tra/")


@pytest.mark.requirement("D-17")
def test_a_silent_service_loses_nothing_and_the_other_way_is_open(client: Client, outside: Any) -> None:
    ask(client, EXTRACT)
    outside.faults("csc", "none")
    gone = client.post(at(EXTRACT, "ky/"), {"act": "dich-vu"})
    back = outside.authorise(gone["Location"], account="001195000001")
    outside.faults("csc", "down")
    client.get("/ky-so/to-khai/tro-ve/?" + urlencode(back))
    work()
    page = words(client.get(at(EXTRACT, "ky/")))
    assert "Đang chờ để ký xong" in page and "Dịch vụ ký số tạm thời chưa phản hồi" in page and "Dừng lần ký này" in page
    other = send_file(client, EXTRACT, signed_pdf(outside, given(client, EXTRACT)))
    assert "Một chữ ký khác đang được kiểm tra" in words(client.get(other["Location"]))
    # It is back: what was confirmed goes on where it stood.
    outside.faults("csc", "none")
    outside.faults("tsa", "down")
    work()
    assert "dấu thời gian tạm thời chưa phản hồi" in words(client.get(at(EXTRACT, "ky/")))
    client.post(at(EXTRACT, "ky/"), {"act": "dung"})
    client.post(at(EXTRACT, "ky/"), {"act": "dung"})
    assert "Đã dừng lần ký đang chờ" in words(client.get(at(EXTRACT, "ky/")))
    outside.faults("tsa", "none")
    work()
    assert row(EXTRACT).state == "ready", "who stopped it signs again"
    outside.faults("tsa", "down")
    confirm(client, outside, EXTRACT, "001195000001")
    work()
    outside.faults("tsa", "none")
    work()
    assert row(EXTRACT).is_signed and row(EXTRACT).attempts.filter(outcome="signed").count() == 1

    services.save_draft(actor=citizen_actor(mother()), draft_id=row(EXTRACT).filing_id, values={"copies": "2"})
    ask(client, EXTRACT)
    outside.faults("ocsp", "down")
    outside.faults("crl", "down")
    send_file(client, EXTRACT, signed_pdf(outside, given(client, EXTRACT)))
    assert "Nơi cấp chứng thư số tạm thời chưa trả lời" in words(client.get(at(EXTRACT, "ky/")))
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        work()
    page = client.get(at(EXTRACT, "ky/"))
    assert "không trả lời trong 15 phút" in words(page) and b"field-wrong" in page.content
    for service in ("ocsp", "crl"):
        outside.faults(service, "none")
    send_file(client, EXTRACT, signed_pdf(outside, given(client, EXTRACT)))
    sent(client)


@pytest.mark.requirement("D-17")
def test_the_database_lets_nothing_unsigned_through_and_nothing_signed_change(demo_db: None, outside: Any) -> None:
    signing_form()
    clients = [Client(), Client()]
    for one in clients:
        sign_in(one, mother())
    fill_in(clients[0])
    draft, actor = Draft.objects.get(procedure_code=EXTRACT), citizen_actor(mother())
    made = at_once(*[lambda: signatures.ask(actor=actor, draft_id=draft.id, seen_version=draft.version, now=timezone.now())] * 3)
    assert len({one.id for one in made}) == 1, made
    work()
    pdf = signed_pdf(outside, given(clients[0], EXTRACT))

    def upload(client: Client) -> Any:
        return client.post(at(EXTRACT, "ky/"), {"act": "tep", "signed": SimpleUploadedFile("a.pdf", pdf)})

    at_once(*[lambda client=client: upload(client) for client in clients])
    work()
    kept = row(EXTRACT)
    assert kept.is_signed and kept.attempts.exclude(number=None).count() == 1
    dossiers = at_once(*[lambda: services.submit(actor=actor, draft_id=draft.id, seen_version=draft.version, now=timezone.now())] * 3)
    assert len({one.code for one in dossiers}) == 1, dossiers
    assert Paper.objects.filter(dossier_id=draft.id, origin="signed").count() == 1
    for change in (
        lambda: SignedDeclaration.objects.filter(pk=kept.pk).update(state="ready"),
        lambda: SignedDeclaration.objects.filter(pk=kept.pk).update(dossier=None),
        lambda: SignedDeclaration.objects.filter(pk=kept.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    columns = [field.column for field in Dossier._meta.concrete_fields]
    copied = {"id": "gen_random_uuid()", "code": "left(code, -1) || '9'"}
    statement = f"INSERT INTO dossiers_dossier ({', '.join(columns)}) SELECT {', '.join(copied.get(name, name) for name in columns)}"
    with pytest.raises(IntegrityError, match="is not signed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{statement} FROM dossiers_dossier WHERE id = %s", [draft.id])


# Acceptance ---------------------------------------------------------------------------------------------------------------------


def worker(number: int) -> list[str]:
    """A row of a company's spreadsheet."""
    return [
        f"Lao Động {['Mẫu', 'Thử', 'Ví', 'Dụ', 'Giả'][number % 4]}",
        f"79{number:08}",
        "01/02/1990",
        "Nữ",
        f"001190{number:06}",
        "Tăng: mới tham gia",
        "Công nhân",
        "7.500.000",
        "11/2026",
    ]


@pytest.mark.requirement("D-17", "D-13", "S-01")
def test_an_accountant_files_for_forty_workers_signed_by_the_companys_certificate(demo_data: None, outside: Any) -> None:
    accountant = as_company(ACCOUNTANT)
    page, rows = at(INSURANCE, "to-khai/ai-khai/"), at(INSURANCE, "to-khai/nguoi-lao-dong/")
    assert accountant.post(page, hidden(accountant.get(page), filer="employer", act="tiep"))["Location"] == at(INSURANCE, "to-khai/don-vi/")
    page = at(INSURANCE, "to-khai/don-vi/")
    company = {"unit_number": "TA0001A", "company_representative": "Giám Đốc Mẫu", "company_phone": "0912345678"}
    assert accountant.post(page, hidden(accountant.get(page), **company, act="tiep"))["Location"] == rows
    lines = [worker(number) for number in range(1, 41)]
    lines[11][2], lines[29][4] = "31/02/1990", lines[0][4]
    pasted = "\r\n".join("\t".join(line) for line in lines)
    answer = accountant.post(rows, hidden(accountant.get(rows), paste=pasted, act="dan:workers"))
    said = words(answer)
    assert answer.status_code == 422 and "2 dòng chưa thêm được" in said and "Dòng 12:" in said and "Dòng 30:" in said
    assert "Số định danh này có ở hai dòng" in said
    mended = "\n".join("\t".join(worker(number)) for number in (12, 30))
    assert accountant.post(rows, hidden(accountant.get(rows), paste=mended, act="dan:workers")).status_code == 302
    listed = words(accountant.get(rows))
    assert "300.000.000" in listed
    gone = accountant.post(rows, hidden(accountant.get(rows), why="Nhận người mới", act="tiep"))
    assert gone["Location"] == at(INSURANCE, "giay-to/"), words(gone)
    papers = at(INSURANCE, "giay-to/")
    assert accountant.post(papers, hidden(accountant.get(papers), act="tiep"))["Location"] == at(INSURANCE, "kiem-tra/")

    said = words(ask(accountant, INSURANCE))
    assert "Công ty TNHH Trình Diễn Mẫu, bằng chứng thư số có mã số thuế 0100000028" in said
    pdf = given(accountant, INSURANCE)
    for name, why in (("0100000010.cong-dan", "mã số thuế của tổ chức khác"), (MOTHER, "không ghi mã số thuế")):
        send_file(accountant, INSURANCE, signed_pdf(outside, pdf, name))
        assert why in words(accountant.get(at(INSURANCE, "ky/")))
    # The director looks on the same draft, and signs nothing of hers.
    director = as_company(DIRECTOR)
    assert director.get(at(INSURANCE, "ky/"))["Location"] == at(INSURANCE, "kiem-tra/")
    confirm(accountant, outside, INSURANCE, "0100000028")
    work()
    assert "Chữ ký số của Công ty TNHH Trình Diễn Mẫu" in words(accountant.get(at(INSURANCE, "ky/")))
    dossier = sent(accountant, INSURANCE)
    assert len(dossier.answers["workers"]) == 40 and dossier.signed_declaration.holder == "organisation"
    assert "Chữ ký số của Công ty TNHH Trình Diễn Mẫu" in words(accountant.get(f"/ho-so/{dossier.code}/"))


@pytest.mark.usefixtures("demo_data")
def test_a_person_signs_nothing_where_organisations_alone_are_asked() -> None:
    signing_form("organisation")
    client = Client()
    sign_in(client, mother())
    fill_in(client)
    page = words(client.get(at(EXTRACT, "kiem-tra/")))
    assert "Gửi hồ sơ" in page and "Chữ ký số của bạn" not in page
    assert client.get(at(EXTRACT, "ky/"))["Location"] == at(EXTRACT, "kiem-tra/")
    assert not sent(client).papers.exists()


@pytest.mark.usefixtures("demo_data")
def test_who_files_for_a_child_signs_by_their_own_certificate(outside: Any) -> None:
    signing_form()
    child, client = Person.objects.get(full_name="Trần Mẫu Nhi"), Client()
    sign_in(client, mother(), mandate=Mandate.objects.get(person=mother(), grantor=child))
    fill_in(client)
    assert "thay cho người mà bạn nộp hồ sơ" in words(ask(client, EXTRACT))
    send_file(client, EXTRACT, signed_pdf(outside, given(client, EXTRACT), FATHER))
    assert "của người khác" in words(client.get(at(EXTRACT, "ky/"))), "the other parent did not file"
    send_file(client, EXTRACT, signed_pdf(outside, given(client, EXTRACT)))
    assert row(EXTRACT).is_signed and sent(client).applicant_id == child.id
