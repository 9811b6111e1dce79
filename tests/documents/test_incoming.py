"""Signatures in files that come in: who, when, whether they hold; told to applicant and officer alike."""

from __future__ import annotations

import base64
import hashlib
import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from dossiers.models import Paper
from dossiers.services.uploads import PURPOSE
from portal.access import SYSTEM
from portal.audit.models import Act
from portal.documents import incoming
from portal.documents.incoming import in_cms, in_container, in_pdf
from portal.files import services as files
from portal.files import sniff
from portal.files.models import Signed, StoredFile
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from tests.crypto.test_signed_files import CITIZEN, OFFICER, OTHER, signed
from tests.dossiers.support import CODE, PAPER, confirm_all, mother, ready_draft, sent
from tests.factories import citizen_actor, make_position, sign_in
from tests.files.making import asic, docx, pdf, saved
from tests.simulators.running import PIN

pytestmark = pytest.mark.django_db


def signed_pdf(outside: Any, name: str = CITIZEN, content: bytes | None = None, field: str = "Ky1") -> bytes:
    """A PDF signed as a token's program does it: no time-stamp, nothing about revocation in it."""
    signer = signers.SimpleSigner.load_pkcs12(str(outside.var / "demo" / f"{name}.p12"), passphrase=PIN.encode())
    writer = IncrementalPdfFileWriter(io.BytesIO(content or saved(pages=1)))
    out = signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256"), signer=signer)
    return bytes(out.getbuffer())


def added(content: bytes) -> bytes:
    """The same PDF, and something drawn over its page afterwards."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    writer.add_stream_to_page(0, writer.add_object(StreamObject(stream_data=b"0 0 300 400 re f")))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def why(found: list[incoming.Found]) -> list[str]:
    return [one.why for one in found]


@pytest.mark.requirement("D-17")
def test_a_signed_pdf_says_who_signed_by_which_store_of_trust(outside: Any) -> None:
    [one] = in_pdf(signed_pdf(outside))
    assert (one.why, one.store, one.stamped) == ("", "public", False)
    assert one.who == "Nguyễn Thị Mẫu" and one.at
    [state] = in_pdf(signed_pdf(outside, OFFICER))
    assert (state.why, state.store) == ("", "state")
    both = in_pdf(signed_pdf(outside, OFFICER, signed_pdf(outside), "Ky2"))
    assert [(one.why, one.store) for one in both] == [("", "public"), ("", "state")]
    assert in_pdf(saved()) == []
    assert in_pdf(pdf()) == []


@pytest.mark.requirement("D-17")
def test_a_pdf_altered_after_it_was_signed_is_said_to_be(outside: Any) -> None:
    good = signed_pdf(outside)
    assert why(in_pdf(added(good))) == ["altered"]
    assert why(in_pdf(signed_pdf(outside, OFFICER, added(good), "Ky2"))) == ["altered", ""]
    place = good.index(b"speaks") if b"speaks" in good else good.index(b"/MediaBox") + 2
    assert why(in_pdf(good[:place] + b"x" + good[place + 1 :])) == ["bad_signature"]


def test_certificates_that_do_not_count_say_why_and_a_silent_authority_is_asked_again(outside: Any) -> None:
    good = signed_pdf(outside)
    outside.revoke("cred-001195000001")
    assert why(in_pdf(good)) == ["revoked"]
    outside.revoke("cred-001195000001", revoked=False)
    outside.faults("ocsp", "down")
    outside.faults("crl", "down")
    file = stored(good)
    deliver()
    assert Message.objects.filter(kind=incoming.KIND, done_at=None).count() == 1
    file.refresh_from_db()
    assert file.signed == Signed.WAITING
    outside.faults("ocsp", "none")
    outside.faults("crl", "none")
    deliver()
    file.refresh_from_db()
    assert file.signed == Signed.VALID


def stored(content: bytes, subject: uuid.UUID | None = None, name: str = "a.pdf") -> StoredFile:
    return files.receive(
        subject=subject or uuid.uuid4(),
        upload=[content],
        name=name,
        purpose=PURPOSE,
        max_bytes=10**8,
        allowed_types=sniff.PAPERS,
        actor=SYSTEM,
    )


def deliver() -> None:
    for _ in range(3):
        Message.objects.filter(done_at=None, dead_at=None).update(available_at="2020-01-01T00:00:00Z")
        deliver_due()


def test_a_signature_apart_finds_its_file_whichever_comes_first(outside: Any) -> None:
    subject, content = uuid.uuid4(), saved(pages=1)
    apart = stored(signed(outside, text=content), subject, "don.pdf.p7s")
    deliver()
    apart.refresh_from_db()
    assert (apart.state, apart.signed) == ("clean", Signed.INCOMPLETE)
    assert "chưa thấy tệp được ký" in apart.signature_lines[0][1]
    stored(saved(pages=2), subject, "khac.pdf")
    stored(content, uuid.uuid4(), "cua-nguoi-khac.pdf")
    deliver()
    apart.refresh_from_db()
    assert apart.signed == Signed.INCOMPLETE, "neither another file nor somebody else's is what was signed"
    stored(content, subject, "don.pdf")
    deliver()
    apart.refresh_from_db()
    assert apart.signed == Signed.VALID
    [(holds, line)] = apart.signature_lines
    assert holds and "Nguyễn Thị Mẫu" in line and "don.pdf" in line
    assert Act.objects.filter(act="files.signatures", target_id=str(apart.id)).exists()


def test_a_signature_around_its_content_and_several_signers(outside: Any) -> None:
    content = docx()
    assert why(in_cms(signed(outside, text=content, apart=False))) == [""]
    assert why(in_cms(signed(outside, text=content, apart=False, pem_file=True))) == [""]
    assert why(in_cms(signed(outside, text=content), content=content + b"x")) == ["bad_signature"]
    assert why(in_cms(signed(outside, text=content))) == ["content_missing"]
    broken = signed(outside, text=content, apart=False)
    assert why(in_cms(broken[:-40])) == ["malformed"]


def _manifest(papers: dict[str, bytes]) -> bytes:
    lines = "".join(
        f'<DataObjectReference URI="{name}"><DigestMethod xmlns="http://www.w3.org/2000/09/xmldsig#"'
        ' Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue xmlns="http://www.w3.org/2000/09/xmldsig#">'
        f"{base64.b64encode(hashlib.sha256(text).digest()).decode()}</DigestValue></DataObjectReference>"
        for name, text in papers.items()
    )
    return (
        '<ASiCManifest xmlns="http://uri.etsi.org/02918/v1.2.1#"><SigReference URI="META-INF/signature1.p7s"'
        f' MimeType="application/pkcs7-signature"/>{lines}</ASiCManifest>'
    ).encode()


def test_containers_are_judged_over_all_that_is_in_them(outside: Any) -> None:
    papers = {"don.pdf": pdf(), "anh.docx": docx()}
    manifest = _manifest(papers)
    by = {"META-INF/ASiCManifest1.xml": manifest, "META-INF/signature1.p7s": signed(outside, text=manifest)}
    assert why(in_container(asic(papers, signatures=by))) == [""]
    assert why(in_container(asic(papers | {"don.pdf": pdf(b"<< >>")}, signatures=by))) == ["bad_signature"]
    assert why(in_container(asic(papers | {"them.pdf": pdf()}, signatures=by))) == ["bad_signature"]
    assert why(in_container(asic({"don.pdf": pdf()}, signatures=by))) == ["altered"]
    other = by | {"META-INF/signature1.p7s": signed(outside, OTHER, text=b"another manifest")}
    assert why(in_container(asic(papers, signatures=other))) == ["bad_signature"]
    simple = {"META-INF/signature.p7s": signed(outside, text=pdf())}
    assert why(in_container(asic({"don.pdf": pdf()}, kind=sniff.ASIC_S, signatures=simple))) == [""]
    xades = {"META-INF/signatures.xml": b"<a/>"}
    assert why(in_container(asic({"don.pdf": pdf()}, signatures=xades))) == ["unsupported"]


@pytest.mark.requirement("D-17")
def test_what_the_portal_sealed_comes_back_as_good(desk: Any) -> None:
    from tests.documents.conftest import content_of

    document = desk.receipt()
    desk.work()
    desk.now(document)
    [one] = in_pdf(content_of(document))
    assert (one.why, one.store, one.stamped, one.organisation) == ("", "state", True, "H26.101")


@pytest.mark.requirement("D-17")
def test_applicant_and_officer_read_the_same_of_a_signed_paper(outside: Any, demo_data: None, settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = str(tmp_path / "files")
    actor, now = citizen_actor(mother()), timezone.now()
    draft = ready_draft(actor, now=now)
    for content in (signed_pdf(outside), added(signed_pdf(outside))):
        stored_file = stored(content, draft.id, "giay.pdf")
        Paper.objects.create(draft=draft, kind=PAPER, label="Giấy chứng sinh", file=stored_file)
    deliver()
    client = Client()
    sign_in(client, mother())
    good, bad = "Chữ ký số của Nguyễn Thị Mẫu", "không hợp lệ, vì tệp đã bị thay đổi sau khi ký."
    page = client.get(f"/nop-ho-so/{CODE}/giay-to/").content.decode()
    assert good in page and ": hợp lệ." in page and bad in page
    dossier = sent(actor, confirm_all(actor, draft, now=now), now=now)
    page = client.get(f"/ho-so/{dossier.code}/").content.decode()
    assert good in page and bad in page
    desk, position = Client(), make_position(unit="H26.101", roles=("reception",))
    sign_in(desk, position.person, position=position)
    page = desk.get(f"/quan-tri/dossiers/dossier/{dossier.id}/change/").content.decode()
    assert good in page and ": hợp lệ." in page and bad in page
