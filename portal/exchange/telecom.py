"""The operators' register of subscribers (Decree 163/2024/NĐ-CP): is this phone number held in this person's own name."""

from __future__ import annotations

from django.conf import settings

from portal.exchange import http
from portal.exchange.errors import OutsideUnavailable
from portal.exchange.population import ID_NUMBER
from portal.exchange.sms import E164


def is_subscriber(*, phone: str, id_number: str) -> bool:
    """Whether the number is registered to the person with this identity number. The register says yes or no and nothing more.

    Raises ``ValueError`` for a number that is none, ``OutsideUnavailable`` (also when the answer is about others), ``OutsideRefused``.
    """
    if not E164.match(phone) or not ID_NUMBER.match(id_number):
        raise ValueError("a phone number in E.164 and twelve digits")
    url = http.address("telecom", "TELECOM_REGISTRY_URL", "v1/subscribers/verify")
    body = {"phone": phone, "id_number": id_number}
    answer = http.ask_registry("telecom", "POST", url, bearer=settings.TELECOM_REGISTRY_TOKEN, body=body) or {}
    match = answer.get("match")
    if (answer.get("phone"), answer.get("id_number")) != (phone, id_number) or not isinstance(match, bool):
        raise OutsideUnavailable("telecom", "wrong_answer")
    return match
