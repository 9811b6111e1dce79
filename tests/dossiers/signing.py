"""What tests of the applicant's signature share: from the check page to a declaration that is signed, over HTTP, with real certificates."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from dossiers.models import Draft, SignedDeclaration
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from tests.dossiers.support import hidden
from tests.simulators.running import PIN

MOTHER, FATHER, OFFICER = "001195000001.cong-dan", "001093000002.cong-dan", "001185000003"
COMPANY, OTHER_COMPANY = "0100000028.cong-dan", "0100000010.cong-dan"
"""Names of the PKCS#12 files of the demo people and companies."""


def at(code: str, page: str = "") -> str:
    return f"/nop-ho-so/{code}/{page}"


def work() -> None:
    """The worker does all that is due; what it wants to try again is due, too."""
    for _round in range(4):
        Message.objects.filter(done_at=None, dead_at=None).update(available_at="2000-01-01T00:00:00Z")
        deliver_due()


def ask(client: Client, code: str) -> Any:
    """From the check page to the page on which one signs, with its PDF made."""
    page = client.get(at(code, "kiem-tra/"))
    done = client.post(at(code, "kiem-tra/"), hidden(page, act="ky"))
    assert done.status_code == 302 and done["Location"] == at(code, "ky/"), done.content.decode()[:2000]
    work()
    return client.get(at(code, "ky/"))


def given(client: Client, code: str) -> bytes:
    """The declaration as it is to be signed."""
    return b"".join(client.get(at(code, "ky/to-khai.pdf")).streaming_content)  # type: ignore[attr-defined]


def signed_pdf(outside: Any, content: bytes, name: str = MOTHER, *, field: str = "Ky1", visible: bool = True) -> bytes:
    """As a token's program signs a PDF: with a picture of the signature on the page, no time-stamp, nothing about revocation."""
    signer = signers.SimpleSigner.load_pkcs12(str(outside.var / "demo" / f"{name}.p12"), passphrase=PIN.encode())
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    if visible:
        fields.append_signature_field(writer, fields.SigFieldSpec(field, box=(300, 40, 500, 100)))
    out = signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256"), signer=signer)
    return bytes(out.getbuffer())


def send_file(client: Client, code: str, content: bytes, name: str = "to-khai-da-ky.pdf") -> Any:
    """Upload a file that was signed outside, and let it be checked."""
    answer = client.post(at(code, "ky/"), {"act": "tep", "signed": SimpleUploadedFile(name, content)})
    work()
    return answer


def confirm(client: Client, outside: Any, code: str, account: str) -> Any:
    """Go to the signing service, confirm there, come back; what the way back answered."""
    gone = client.post(at(code, "ky/"), {"act": "dich-vu"})
    assert gone.status_code == 302 and "/csc/v2/oauth2/authorize" in gone["Location"]
    return client.get("/ky-so/to-khai/tro-ve/?" + urlencode(outside.authorise(gone["Location"], account=account)))


def sign_outside(client: Client, outside: Any, code: str, name: str) -> None:
    """From the check page to a declaration signed by this certificate."""
    ask(client, code)
    assert send_file(client, code, signed_pdf(outside, given(client, code), name)).status_code == 302
    assert row(code).is_signed


def row(code: str) -> SignedDeclaration:
    """What was given to be signed of the only draft of a procedure."""
    return SignedDeclaration.objects.get(filing_id=Draft.objects.get(procedure_code=code).id)
