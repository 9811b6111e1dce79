"""Signed files outlive the certificates of their time-stamps: stamped again in time, old prints still provable (PAdES B-LTA)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from lxml import html
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, extract_tst_data_iter

from portal.crypto import certificates
from portal.documents import renewing, services
from portal.documents.models import Document, FormerFile
from portal.documents.signals import document_renewed
from portal.documents.tasks import renew_stamps
from portal.files.models import FileState, StoredFile
from tests.documents.conftest import Desk, content_of

pytestmark = pytest.mark.django_db

LATER_DAYS = 3470
"""Nine and a half years: the authority's certificate of today ends in half a year, the next one has been there for as long."""


def why_not_at(pdf: bytes, moment: datetime) -> str:
    """Why the certificate behind a file's newest time-stamp proves nothing at a moment, asked of its authority then; empty: it does."""
    reader = PdfFileReader(BytesIO(pdf))
    stamps = [one.signed_data for one in reader.embedded_timestamp_signatures]
    if not stamps:
        stamps = [*extract_tst_data_iter(reader.embedded_regular_signatures[0].signer_info, signed=False)]
    found = extract_certs_for_validation(stamps[-1])
    try:
        certificates.validate(found.signer_cert, found.other_certs, at=moment, purpose="time_stamp")
    except certificates.CertificateRefused as refused:
        return refused.code
    return ""


def words(response: Any) -> str:
    return " ".join(html.fromstring(response.content).text_content().split())


@pytest.mark.requirement("D-21", "D-17")
def test_a_signed_file_is_stamped_again_before_its_stamp_ages_and_is_proved_when_that_has_ended(
    desk: Desk, outside: Any, settings: Any
) -> None:
    document = desk.receipt()
    desk.sign(document)
    old, first_end = content_of(document), desk.now(document).stamp_until
    assert first_end is not None and timedelta(days=3600) < first_end - timezone.now() < timedelta(days=3660)
    assert renew_stamps() == 0, "it holds for years"
    settings.STAMP_RENEWAL_DAYS = 4000
    assert renewing.renew_stamps(now=timezone.now(), seconds=30) == (0, True), "the same certificate ends no later: nothing is won"
    assert desk.now(document).renewals == 0
    settings.STAMP_RENEWAL_DAYS = 365

    later = timezone.now() + timedelta(days=LATER_DAYS)
    outside.years_on(LATER_DAYS)
    settings.TIMESTAMP_URL = f"{outside.url}/pki/test/tsa/time-later"
    with time_machine.travel(later, tick=True):
        for mode in ("down", "wrong"):
            outside.faults("tsa", mode)
            assert renew_stamps() == 0
            assert (desk.now(document).renewals, content_of(document)) == (0, old), "a night without the authority costs nothing"
        outside.faults("tsa", "none")
        assert renew_stamps() == 1
        desk.now(document)
        new = content_of(document)
        assert new.startswith(old) and document.sha256 == hashlib.sha256(new).hexdigest() and document.renewals == 1
        facts = services.verify(new)
        assert facts.has_good_signature and [one.good for one in facts.stamps] == [True]
        assert facts.signatures[0].signed_at == document.signed_at
        assert document.stamp_until == facts.stamp_until and document.stamp_until > first_end + timedelta(days=1000)
        assert renew_stamps() == 0, "once"
        assert not services.verify(new[:-40] + b"\n" + new[-40:]).has_good_signature
        [former] = FormerFile.objects.filter(document=document)
        assert (former.sha256, former.size) == (hashlib.sha256(old).hexdigest(), len(old))
        living = StoredFile.objects.filter(subject=document.subject_id).exclude(state=FileState.ERASED)
        assert [file.pk for file in living] == [document.file_id]

        stranger = Client()
        proof = f"/xac-minh/{document.token}/"
        page = words(stranger.get(proof))
        assert document.sha256 in page.replace(" ", "") and former.sha256 in page

        def compared(content: bytes) -> str:
            upload = SimpleUploadedFile("giay.pdf", content, content_type="application/pdf")
            return words(stranger.post(f"{proof}doi-chieu/", {"file": upload}))

        assert "giống hệt tệp cơ quan đã ký." in compared(new)
        assert "bản có trước khi Cổng gia hạn dấu thời gian" in compared(old)
        assert "không phải tệp gốc" in compared(old + b"\n% more\n") and "không phải tệp gốc" in compared(old[:-1])

    after = timezone.now() + timedelta(days=LATER_DAYS + 400)
    assert after > first_end
    outside.years_on(LATER_DAYS + 400)
    with time_machine.travel(after, tick=True):
        assert why_not_at(old, after) == "expired", "what it says can be shown no more"
        assert why_not_at(new, after) == "", "and it covers the old one, put behind it while that one stood"
        assert services.verify(new).has_good_signature


def test_who_is_killed_half_way_changes_nothing_and_slices_go_on(desk: Desk, outside: Any, settings: Any) -> None:
    documents = [desk.receipt(f"receipt:{number}") for number in range(3)]
    for one in documents:
        desk.sign(one)
    outside.years_on(LATER_DAYS)
    settings.TIMESTAMP_URL = f"{outside.url}/pki/test/tsa/time-later"

    def killed(sender: Any, document: Document, **_: Any) -> None:
        raise SystemExit

    with time_machine.travel(timezone.now() + timedelta(days=LATER_DAYS), tick=True):
        assert renewing.renew_stamps(now=timezone.now(), seconds=-1.0) == (0, False), "no time: the next slice goes on"
        document_renewed.connect(killed)
        try:
            with pytest.raises(SystemExit):
                renewing.renew_stamps(now=timezone.now(), seconds=60)
        finally:
            document_renewed.disconnect(killed)
        assert not FormerFile.objects.exists() and all(services.verify(content_of(desk.now(one))).stamps == [] for one in documents)
        # One whose owner was erased meanwhile, and one that somebody cannot read, keep none of the others.
        Document.objects.filter(pk=documents[1].pk).update(stamp_until=timezone.now())
        file = desk.now(documents[1]).file
        assert file is not None
        file.path.unlink()
        assert renewing.renew_stamps(now=timezone.now(), seconds=60) == (2, True)
        assert [desk.now(one).renewals for one in documents] == [1, 0, 1]
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=documents[0].pk).update(sha256="0" * 64)
