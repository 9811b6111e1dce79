"""The outbox with a real Celery worker process."""

from __future__ import annotations

import uuid
from typing import Any

import redis
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.access import SYSTEM
from portal.files import services as files
from portal.files.models import StoredFile
from portal.outbox import services
from portal.outbox.models import Message
from tests.files.making import JPEG_AND_PDF, image
from tests.support.processes import Running, eventually


def _upload() -> StoredFile:
    return files.receive(
        subject=uuid.uuid4(),
        upload=SimpleUploadedFile("x.jpg", image()),
        name="ảnh.jpg",
        purpose="test",
        max_bytes=10**6,
        allowed_types=JPEG_AND_PDF,
        actor=SYSTEM,
    )


def test_a_worker_carries_out_what_was_put(celery_worker: Running) -> None:
    file = _upload()
    eventually(lambda: StoredFile.objects.filter(pk=file.pk, state="clean").exists())
    message = eventually(lambda: Message.objects.filter(kind="files.scan", key=str(file.pk), done_at__isnull=False).first())
    assert message.attempts == 1
    assert services.deliver(message.id) is services.Outcome.NOT_OURS


def test_what_the_broker_lost_the_sweeper_brings_back(celery_worker: Running, settings: Any) -> None:
    client = redis.Redis.from_url(settings.REDIS_URL)
    from portal.celery import app
    from portal.outbox import broker

    app.conf.broker_url = "redis://127.0.0.1:1/0"  # nothing listens: the nudge is lost
    broker.reset()
    try:
        file = _upload()
    finally:
        app.conf.broker_url = settings.REDIS_URL
        broker.reset()
    assert client.llen("soon") == 0
    assert StoredFile.objects.get(pk=file.pk).state == "uploaded"
    assert services.sweep() == 1
    eventually(lambda: StoredFile.objects.filter(pk=file.pk, state="clean").exists())
