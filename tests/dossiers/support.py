"""What the tests of dossiers share: a real small PNG, filled drafts, dossiers on their way, threads that start together."""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from lxml import html

from accounts.models import Person
from dossiers import services
from dossiers.filling import fill_draft
from dossiers.models import Dossier, DossierDocument, Draft
from payments import services as payments
from portal.access import SYSTEM, Actor
from portal.files import services as files
from portal.files.models import FileState, StoredFile
from tests.factories import citizen_actor, make_institution, make_officer_actor, make_position, officer_actor, paid_report, sign_in

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=ZONE)
"""A Friday morning."""
CODE = "1.001193"
PAPER = "giay-chung-sinh"
CHILD = {
    "child_name": "Trần Thị Bé Thử",
    "child_birth_date": "15/11/2026",
    "child_sex": "female",
    "birth_place": "Bệnh viện Thử Nghiệm, phường Hoàn Kiếm",
    "child_ethnicity": "Kinh",
    "child_nationality": "Việt Nam",
    "child_home_town": "Phường Hoàn Kiếm, Hà Nội",
}
MOTHER = {
    "mother_name": "Nguyễn Thị Mẫu",
    "mother_id_number": "001195000001",
    "mother_birth_date": "14/03/1995",
    "mother_address": "Số 1 phố Thử Nghiệm, phường Hoàn Kiếm, thành phố Hà Nội",
    "mother_ethnicity": "Kinh",
    "mother_nationality": "Việt Nam",
}
FATHER = {
    "father_name": "Trần Văn Thử",
    "father_id_number": "001093000002",
    "father_birth_date": "02/08/1993",
    "father_address": "Số 1 phố Thử Nghiệm, phường Hoàn Kiếm, thành phố Hà Nội",
    "father_ethnicity": "Kinh",
    "father_nationality": "Việt Nam",
}
ANSWERS = {"applicant_role": "mother", **CHILD, **FATHER}
"""What the demo mother types; her own data come from the registry."""
FATHERS_ANSWERS = {"applicant_role": "father", **CHILD, **MOTHER}
"""What the demo father types."""


class ComesBack(Client):
    """Somebody's browser that signs in anew before each page: hours and days lie between them."""

    def __init__(self, person: Any, position: Any = None) -> None:
        super().__init__()
        self._who, self._position = person, position

    def request(self, **request: Any) -> Any:
        sign_in(self, self._who, position=self._position)
        return super().request(**request)


def hidden(page: Any, **typed: Any) -> dict[str, Any]:
    """What the main form of a page (a response, or its text) carries unseen, and what is typed into it."""
    content = page.content if hasattr(page, "content") else page
    [form] = html.fromstring(content).xpath("//main//form[.//input[@name='csrfmiddlewaretoken']]")
    return {box.get("name"): box.get("value") for box in form.xpath(".//input[@type='hidden']")} | typed


def png(size: int = 16, filler: int = 0) -> bytes:
    """A valid grey picture; ``filler`` bytes follow in a private chunk."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\x00" + b"\x80" * size) * size)
    more = chunk(b"prVt", b"\x00" * filler) if filler else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0))
        + more
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def photo(name: str = "giấy chứng sinh.png") -> SimpleUploadedFile:
    """The photo a mother would send."""
    return SimpleUploadedFile(name, png(), content_type="image/png")


def mother() -> Person:
    """The demo mother."""
    return Person.objects.get(full_name="Nguyễn Thị Mẫu")


def father() -> Person:
    """The demo father."""
    return Person.objects.get(full_name="Trần Văn Thử")


def ready_draft(actor: Actor, *, now: datetime = NOW, **answers: str) -> Draft:
    """A draft from which nothing is missing: the mother's, or the father's if the actor is a man."""
    typed = ANSWERS if Person.objects.get(pk=actor.person_id).sex == "female" else FATHERS_ANSWERS
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=now)
    born = min(date(2026, 11, 15), timezone.localdate(now))
    values = {**typed, "child_birth_date": f"{born:%d/%m/%Y}", **answers}
    services.save_draft(actor=actor, draft_id=draft.id, values=values, page="to-khai")
    services.add_paper(actor=actor, draft_id=draft.id, kind=PAPER, upload=photo(), now=now)
    return Draft.objects.get(pk=draft.pk)


def confirm_all(actor: Actor, draft: Draft, *, now: datetime = NOW) -> Draft:
    """Say of everything unlikely in the draft that it is so."""
    person = Person.objects.get(pk=actor.person_id)
    tokens = [finding.token for finding in fill_draft(draft, person, units=[], now=now).to_confirm]
    return services.save_draft(actor=actor, draft_id=draft.id, values={}, confirmed=tokens)


def sent(actor: Actor, draft: Draft, *, now: datetime = NOW) -> Dossier:
    """The dossier of a draft sent as it stands."""
    return services.submit(actor=actor, draft_id=draft.id, seen_version=draft.version, now=now)


def filed(person: Person | None = None, *, now: datetime = NOW, **answers: str) -> Dossier:
    """A dossier just sent by the demo mother (or another); that the child is there twice has been confirmed."""
    actor = citizen_actor(person or mother())
    return sent(actor, confirm_all(actor, ready_draft(actor, now=now, **answers), now=now), now=now)


def received(officer: Actor, *, now: datetime = NOW) -> Dossier:
    """A dossier an officer has received."""
    dossier = filed(now=now)
    return services.receive(actor=officer, dossier_id=dossier.id, seen_version=dossier.version, now=now)


def leader(unit: str = "H26.101", **values: Any) -> Actor:
    """A new leader of the unit, with a key at the signing service."""
    position = make_position(unit=unit, roles=("signing",), title="Phó Chủ tịch thử nghiệm", credential_id="cred-test", **values)
    return officer_actor(position)


def decide(dossier: Dossier, officer: Actor, signer: Actor, *, number: str = "125/2026", book: str = "01/2026", now: datetime = NOW) -> Any:
    """The officer's decision, put before the leader."""
    assert signer.position_id is not None
    return services.decide(
        actor=officer,
        dossier_id=dossier.id,
        seen_version=Dossier.objects.get(pk=dossier.pk).version,
        values={"registration_number": number, "book": book},
        signer_position_id=signer.position_id,
        now=now,
    )


def decided(officer: Actor | None = None, signer: Actor | None = None, *, now: datetime = NOW, number: str = "125/2026") -> DossierDocument:
    """The result of a decided dossier, waiting for the leader's signature."""
    officer = officer or make_officer_actor(roles=("reception", "handling"))
    issued: DossierDocument = decide(received(officer, now=now), officer, signer or leader(), number=number, now=now)
    return issued


def sign_by_hand(issued: DossierDocument, content: bytes = b"%PDF-1.7 signed") -> None:
    """Bring a document to the state the worker leaves it in, with a real encrypted file, and send the signal it sends."""
    from portal.documents.models import Document
    from portal.documents.signals import document_signed

    with transaction.atomic():
        stored = files.store_bytes(
            subject=issued.dossier_id,
            data=content,
            name="ket-qua.pdf",
            purpose="documents.signed",
            media_type="application/pdf",
            actor=SYSTEM,
        )
        Document.objects.filter(pk=issued.document_id).update(state="signed", file=stored, sha256=stored.sha256, signed_at=timezone.now())
        issued.document.refresh_from_db()
        document_signed.send(sender=Document, document=issued.document)


def mark_clean(dossier: Dossier) -> None:
    """Let the check of all papers have found nothing."""
    StoredFile.objects.filter(pk__in=dossier.papers.values("file")).update(state=FileState.CLEAN, checked_at=timezone.now())


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs in threads that start together, each on its own connection; results or exceptions, in order."""
    barrier = threading.Barrier(len(jobs))
    outcomes: list[Any] = [None] * len(jobs)

    def run(index: int, job: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=10)
            outcomes[index] = job()
        except Exception as error:
            outcomes[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


def pay(dossier: Dossier, *, tell: bool = True) -> Any:
    """Let an institution take the money that is due for the dossier, and the news of it arrive; the order."""
    order = dossier.demands.get(standing="due").order
    attempt = payments.begin_attempt(order_code=order.code, institution_code=make_institution().code, now=timezone.now())
    payments.settle(institution_code=attempt.institution_id, report=paid_report(attempt), via="callback", now=timezone.now())
    if tell:
        services.follow_order(order_id=order.id, now=timezone.now())
        dossier.refresh_from_db()
    order.refresh_from_db()
    return order
