"""What the tests of this room share: a template, the officers of the demo population, and hands to move a document along."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from portal.access import ActingAs, Actor, Assurance
from portal.documents import services, signals
from portal.documents.models import Document
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from tests.support.processes import eventually

ID_NUMBER = "001185000003"
SECOND_ID_NUMBER = "001075000004"
EC_ID_NUMBER = "001188000005"
OWNER = "Nguyễn Thị Mẫu Ỷ Ờ Ẵng Đặng"


def officer(unit: str = "H26.101", roles: tuple[str, ...] = ("signing",)) -> Actor:
    """An officer of a unit; this room needs no rows behind the actor."""
    return Actor(
        acting_as=ActingAs.POSITION,
        user_id=uuid4(),
        person_id=uuid4(),
        position_id=uuid4(),
        unit=unit,
        roles=frozenset(roles),
        assurance=Assurance.HIGH,
    )


@dataclass
class Desk:
    """The services, with the parts every test would repeat."""

    outside: Any
    signed: list[Document]

    def receipt(self, key: str = "receipt:1", actor: Actor | None = None, **values: Any) -> Document:
        fields: dict[str, Any] = {
            "kind": "receipt",
            "title": "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
            "template": "documents/specimen.html",
            "context": {"owner": OWNER},
            "unit_code": "H26.101",
            "subject": uuid4(),
            "actor": actor or officer(roles=("reception",)),
            **values,
        }
        return services.issue_sealed(key=key, **fields)

    def result(self, actor: Actor, id_number: str = ID_NUMBER, key: str = "result:1", **values: Any) -> Document:
        fields: dict[str, Any] = {
            "kind": "birth-certificate",
            "title": "Giấy khai sinh (bản thử)",
            "template": "documents/specimen.html",
            "context": {"owner": OWNER},
            "unit_code": actor.unit,
            "subject": uuid4(),
            "credential_id": f"cred-{id_number}",
            "signer_label": "Phạm Thị Minh Họa – Công chức thử nghiệm",
            "signer_id_number": id_number,
            "signer_user_id": actor.user_id,
            "signer_position_id": actor.position_id,
            "actor": actor,
            **values,
        }
        return services.issue_for_signature(key=key, **fields)

    def work(self) -> None:
        """The worker does all that is due, waits for later tries left out."""
        Message.objects.filter(done_at=None, dead_at=None).update(available_at="2000-01-01T00:00:00Z")
        deliver_due()

    def sign(self, document: Document) -> None:
        """The worker tries again until the document is signed: on a busy machine the service may be too slow for the first try."""

        def signed() -> bool:
            self.work()
            return bool(self.now(document).state == Document.SIGNED)

        eventually(signed, 60, 1.0)

    def ask(self, document: Document, actor: Actor) -> str:
        return services.authorisation_url(document, actor=actor, return_to="/quan-tri/")

    def authorise(self, document: Document, actor: Actor, url: str = "") -> services.AuthorisationReturn:
        """The officer goes to the signing service, gives the PIN and comes back."""
        back = self.outside.authorise(url or self.ask(document, actor))
        return services.return_from_authorisation(actor=actor, state=back["state"], code=back.get("code", ""))

    def now(self, document: Document) -> Document:
        document.refresh_from_db()
        return document


@pytest.fixture
def specimen(settings: Any) -> None:
    """A template as an upper room would bring one."""
    templates = [dict(settings.TEMPLATES[0])]
    templates[0]["DIRS"] = [*templates[0]["DIRS"], Path(__file__).parent / "templates"]
    settings.TEMPLATES = templates


@pytest.fixture
def desk(db: None, outside: Any, specimen: None) -> Iterator[Desk]:
    signed: list[Document] = []

    def receive(sender: Any, document: Document, **_: Any) -> None:
        signed.append(document)

    signals.document_signed.connect(receive)
    yield Desk(outside, signed)
    signals.document_signed.disconnect(receive)


@pytest.fixture
def pdfsig(outside: Any, tmp_path: Path) -> Callable[[bytes], str]:
    """What Debian's pdfsig says of a file, with our test root in its NSS database."""
    database = tmp_path / "nss"
    database.mkdir()
    subprocess.run(["certutil", "-N", "-d", f"sql:{database}", "--empty-password"], check=True)
    root = outside.env["TRUSTED_ROOTS"]
    subprocess.run(["certutil", "-A", "-n", "root", "-t", "CT,C,C", "-i", root, "-d", f"sql:{database}"], check=True)

    def examine(pdf: bytes) -> str:
        file = tmp_path / "examined.pdf"
        file.write_bytes(pdf)
        return subprocess.run(["pdfsig", "-nssdir", str(database), str(file)], capture_output=True, text=True, timeout=30).stdout

    return examine


def content_of(document: Document) -> bytes:
    return b"".join(services.open_pdf(document))


def url_with(url: str, **changes: str) -> str:
    """The same address with other parameters."""
    from urllib.parse import parse_qsl, urlsplit

    head, _, query = url.partition("?")
    assert urlsplit(url).query == query
    return head + "?" + urlencode({**dict(parse_qsl(query)), **changes})
