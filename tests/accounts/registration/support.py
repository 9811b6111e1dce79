"""A registration as a person does it: forms over HTTP, the code out of the simulator's message, the worker's part by the outbox."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import Registration
from portal.exchange import http
from portal.outbox import services as outbox
from portal.outbox.models import Message

START = "/tai-khoan/dang-ky/"
CITIZEN = {
    "id_number": "001199000050",
    "full_name": "Đinh Thị Đăng Ký Mẫu",
    "birth_date": "15/02/1999",
    "sex": "female",
    "phone": "0900000050",
    "agree": "on",
}
"""Known to the registries, without an account."""
INSURED = {
    "id_number": "001096000051",
    "full_name": "Hà Văn Bảo Hiểm Mẫu",
    "birth_date": "09/10/1996",
    "sex": "male",
    "insurance_number": "0196000051",
    "agree": "on",
}
FOREIGNER = {
    "document_kind": "passport",
    "country": "KOR",
    "document_number": "M9000 0061",
    "full_name": "Kim Mau",
    "birth_date": "05/04/1990",
    "sex": "male",
    "phone": "+82 10 9000 0061",
    "agree": "on",
}


def own(client: Client) -> Registration:
    """The registration of this browser."""
    return Registration.objects.get(pk=client.session["registration"])


def work() -> None:
    """All that the worker does now, also what it would do a little later."""
    for _ in range(4):
        Message.objects.filter(done_at=None, dead_at=None).update(available_at=timezone.now() - timedelta(seconds=1))
        outbox.deliver_due()


def answers_again(outside: Any) -> None:
    """No faults any more, and the time in which the breaker left dead registries alone is over."""
    outside.reset()
    for name in ("population", "telecom", "insurance", "immigration", "business", "tax"):
        http.registries.note(name, failed=False)


def code_for(outside: Any, to: str) -> str:
    """The code in the newest message to a phone, as the gateway got it."""
    work()
    for message in outside.outbox(to=to):
        found = re.search(r"\b[0-9]{6}\b", message["text"])
        if found:
            return found[0]
    raise AssertionError(f"no code for {to}")


def begin(client: Client, way: str, values: dict[str, str], status: int = 302) -> Any:
    """Send a form of registration."""
    answer = client.post(f"{START}{way}/", values)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer


def register_by_phone(client: Client, outside: Any, **other: str) -> Registration:
    """The whole way by phone, up to what the registries say."""
    values = {**CITIZEN, **other}
    begin(client, "dien-thoai", values)
    code = code_for(outside, "+84" + values["phone"].lstrip("0"))
    assert client.post(f"{START}ma/", {"code": code})["Location"] == f"{START}tien-do/"
    work()
    return own(client)
