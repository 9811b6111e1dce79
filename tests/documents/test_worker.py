"""The same with a real Celery worker in a process of its own."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from portal.documents import services
from portal.documents.models import Document
from tests.documents.conftest import content_of, officer


def test_a_worker_seals_a_receipt(celery_worker: Any) -> None:
    document = services.issue_sealed(
        key="receipt:worker",
        kind="receipt",
        title="Giấy tiếp nhận hồ sơ",
        template="documents/base.html",
        context={},
        unit_code="H26.101",
        subject=uuid4(),
        actor=officer(roles=("reception",)),
    )
    until = time.monotonic() + 30
    while document.state != Document.SIGNED and time.monotonic() < until:
        time.sleep(0.2)
        document.refresh_from_db()
    assert document.state == Document.SIGNED, document.note
    assert services.verify(content_of(document)).has_good_signature
