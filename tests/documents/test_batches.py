"""Many documents signed by one authorisation, each by its own hash, at the signing service's simulator over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from portal.access import AccessDenied
from portal.documents import batches, services, steps
from portal.documents.models import Document, SigningAttempt, SigningBatch
from portal.exchange import csc
from portal.outbox.services import deliver_due
from portal.states import TransitionRefused
from tests.documents.conftest import Desk, content_of, officer
from tests.support.processes import eventually

MANY = 120
"""More than an address could carry. That one authorisation signs three hundred hashes is tried at the client, in a second."""
DONE = {"state": Document.SIGNED}


def asked(batch: SigningBatch, actor: Any) -> None:
    batches.ask(actor=actor, batch_id=batch.pk, now=timezone.now())


def ready(batch: SigningBatch) -> int:
    return batch.attempts.filter(prepared_at__isnull=False, ended_at=None).count()


@pytest.mark.long
@pytest.mark.requirement("D-11", "D-10")
def test_more_than_an_address_carries_are_signed_by_one_authorisation(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    chief = officer()
    rows = [desk.result(chief, key=f"result:{number}") for number in range(MANY)]
    # The same page for all, drawn once: what is tried here is what is signed, and each has its own place and time in it.
    drawn = steps.render_pdf(rows[0], at=timezone.now())
    monkeypatch.setattr(steps, "render_pdf", lambda *_, **__: drawn)
    with pytest.raises(ValueError, match="1 to 300"):
        batches.begin(documents=[rows[0]] * 301, actor=chief, return_to="/quan-tri/")
    batch = batches.begin(documents=rows, actor=chief, return_to="/quan-tri/")
    with pytest.raises(TransitionRefused, match="đang được chuẩn bị"):
        asked(batch, chief)

    def prepared() -> bool:
        desk.work()
        return ready(batch) == MANY

    eventually(prepared, 240, 0.1)
    hashes = {batches.hash_of(one) for one in batch.attempts.all()}
    assert len(hashes) == MANY
    asked(batch, chief)
    address = told(desk, batch)
    assert len(address) < 300, "the hashes are not in the browser's address"
    page = requests.get(address, timeout=20).text
    assert f"<dd>{MANY}</dd>" in page and all(one in page for one in hashes)
    back = desk.outside.authorise(address)
    with pytest.raises(AssertionError, match="400"):  # it served once
        desk.outside.authorise(address)
    answer = services.return_from_authorisation(actor=chief, state=back["state"], code=back["code"])
    assert answer.granted and f"{MANY} văn bản" in answer.message

    def signed() -> bool:
        desk.work()
        return Document.objects.filter(pk__in=[one.pk for one in rows], **DONE).count() == MANY

    eventually(signed, 240, 0.1)
    assert len(desk.signed) == MANY and len(set(Document.objects.values_list("sha256", flat=True))) == MANY
    for one in (rows[0], rows[MANY // 2], rows[-1]):
        assert services.verify(content_of(desk.now(one))).has_good_signature
    batch.refresh_from_db()
    assert (batch.code, batch.verifier, batch.request_uri) == ("", "", "")


def told(desk: Desk, batch: SigningBatch) -> str:
    """The worker has told the service; where the officer goes."""

    def known() -> bool:
        desk.work()
        batch.refresh_from_db()
        return bool(batches.address(batch, timezone.now()))

    eventually(known, 30, 0.3)
    return batches.address(batch, timezone.now())


def test_the_signing_service_is_told_again_and_refusals_are_said(desk: Desk, settings: Any) -> None:
    chief, other = officer(), officer()
    rows = [desk.result(chief, key=f"result:{number}") for number in range(3)]
    batch = batches.begin(documents=rows, actor=chief, return_to="/quan-tri/")

    def prepared() -> bool:
        desk.work()
        return ready(batch) == 3

    eventually(prepared, 60, 0.3)
    with pytest.raises(SigningBatch.DoesNotExist):
        asked(batch, other)
    # Down, or answering nonsense: told again by itself, and the page says so meanwhile.
    for mode in ("down", "wrong"):
        desk.outside.faults("csc", mode, times=2)
        asked(batch, chief)
        deliver_due()
        batch.refresh_from_db()
        address = told(desk, batch)
        assert batch.note == ""
        SigningBatch.objects.filter(pk=batch.pk).update(request_expires_at=timezone.now() + timedelta(seconds=1))
    # What ended while the officer was away is asked for anew; the former address leads nowhere of ours.
    batch.refresh_from_db()
    assert batches.address(batch, timezone.now()) == "" and not batches.is_asking(batch, timezone.now())
    asked(batch, chief)
    again = told(desk, batch)
    assert again != address
    # Asked for twice is asked for once.
    before = batch.asked_at
    asked(batch, chief)
    batch.refresh_from_db()
    assert batch.asked_at == before
    # Declined there: nothing is signed, all wait, and the next try is a new one.
    back = desk.outside.authorise(again)
    with pytest.raises(AccessDenied):
        services.return_from_authorisation(actor=other, state=back["state"], code=back["code"])
    declined = services.return_from_authorisation(actor=chief, state=back["state"], error="access_denied")
    assert not declined.granted and "hủy" in declined.message
    batch.refresh_from_db()
    assert batches.address(batch, timezone.now()) == ""
    # The service does not know us: said in words, and the officer may try again.
    secret = settings.REMOTE_SIGNING_CLIENT_SECRET
    settings.REMOTE_SIGNING_CLIENT_SECRET = "another"
    asked(batch, chief)
    desk.work()
    batch.refresh_from_db()
    assert batch.note == batches.REFUSED and not batches.is_asking(batch, timezone.now())
    settings.REMOTE_SIGNING_CLIENT_SECRET = secret
    # What was prepared long ago is not signed with what the authorities said then.
    asked(batch, chief)
    SigningAttempt.objects.update(prepared_at=timezone.now() - timedelta(hours=1))
    desk.work()
    batch.refresh_from_db()
    assert batch.note == batches.TOO_OLD
    with pytest.raises(TransitionRefused, match="quá lâu"):
        asked(batch, chief)
    assert not Document.objects.filter(**DONE).exists()


def test_a_key_that_signs_fewer_at_once_leaves_the_others_for_the_next_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    chief = officer()
    rows = [desk.result(chief, key=f"result:{number}") for number in range(3)]
    batch = batches.begin(documents=rows, actor=chief, return_to="/quan-tri/")

    def prepared() -> bool:
        desk.work()
        return ready(batch) == 3

    eventually(prepared, 60, 0.3)
    info = csc.credential_info(rows[0].credential)
    assert info.most == 300
    # No key of the simulator signs as few; all else is its own answer.
    monkeypatch.setattr(csc, "credential_info", lambda _: replace(info, most=2))
    asked(batch, chief)
    back = desk.outside.authorise(told(desk, batch))
    assert "2 văn bản" in services.return_from_authorisation(actor=chief, state=back["state"], code=back["code"]).message

    def signed() -> bool:
        desk.work()
        return Document.objects.filter(**DONE).count() == 2

    eventually(signed, 60, 0.3)
    [left] = batch.attempts.filter(number=None)
    assert "2 văn bản một lần" in left.outcome and left.document.state == Document.AWAITING
