"""Whom an officer means: by identity number and name together, within a number of tries."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.identifiers import clean_id_number
from accounts.models import Person
from accounts.services.positions import BadRole
from portal import audit
from portal.access import Actor
from portal.audit.models import Act
from portal.crypto import blind_index
from portal.text import nfc, search_key

IN_VAIN = "accounts.find_in_vain"
MOST_IN_VAIN, WITHIN = 20, timedelta(hours=1)


def find_account(*, actor: Actor, id_number: str, full_name: str, now: datetime) -> Person:
    """The person with a login who has this number and this name; two or three queries.

    Both must be known, and the answer to a wrong one is the same, so that nobody finds out by numbers who has an account; what was tried
    in vain is written down and counted (:class:`BadRole`).
    """
    number = clean_id_number(id_number)
    if not number:
        raise BadRole("Số định danh phải có 12 chữ số.", "id_number")
    tried = Act.objects.filter(person_id=actor.person_id, act=IN_VAIN, at__gt=now - WITHIN).count()
    if tried >= MOST_IN_VAIN:
        raise BadRole("Bạn đã nhập sai quá nhiều lần. Bạn hãy làm lại sau một giờ.", "id_number")
    found = Person.objects.select_related("user").filter(id_blind=blind_index("id_number", number), user__is_active=True).first()
    if found is None or found.name_key != search_key(nfc(full_name).strip()):
        with transaction.atomic():
            audit.record(actor=actor, act=IN_VAIN)
        raise BadRole(
            "Không có tài khoản nào trên Cổng mang số và họ tên này. Cán bộ đăng ký tài khoản trước rồi mới nhận chức danh.", "id_number"
        )
    return found
