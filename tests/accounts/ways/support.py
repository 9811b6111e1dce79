"""What the tests of this room share."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import Client, RequestFactory

from portal.notifications.models import Notification
from portal.outbox import services as outbox


def code_of(request_id: Any) -> str:
    """The one-time password of a request, out of the SMS, after the worker's part."""
    outbox.deliver_due()
    body = str(Notification.objects.get(key=f"otp:{request_id}", channel="sms").body)
    found = re.match(r"\d{6}", body)
    assert found is not None
    return found.group()


def sign_in(client: Client, person: Any, **more: str) -> Any:
    """By the pages, with a one-time password."""
    client.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number, **more})
    answer = client.post("/tai-khoan/dang-nhap/ma/", {"code": code_of(client.session["otp_request"])})
    assert answer.status_code == 302
    return answer


def request_of(client: Client, method: str = "GET", path: str = "/viec/", **data: str) -> Any:
    """A request in the client's session, for views that no address leads to."""
    request = getattr(RequestFactory(), method.lower())(path, data)
    request.session = client.session
    request.COOKIES[settings.SESSION_COOKIE_NAME] = client.session.session_key
    request._messages = FallbackStorage(request)
    request.user = get_user(request)
    return request
