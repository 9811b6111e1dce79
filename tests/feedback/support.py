"""Petitions for tests, made by the services that make real ones."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from feedback import loading
from feedback.models import Petition
from feedback.services import answering, handling, sending
from portal.access import Actor
from tests import factories

ROLES = ("petition_reception", "petition_handling", "petition_checking", "petition_publishing")
WORDS = "Tôi nộp hồ sơ đăng ký khai sinh cho con ngày 2/11, đến nay phường chưa trả kết quả và không ai giải thích vì sao."
MONDAY = dt.datetime(2026, 11, 16, 9, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
"""A Monday without holidays near it, an hour into office time."""


def officer(unit: str = "H26.101", roles: tuple[str, ...] = ROLES) -> Actor:
    """An officer of a unit with roles for petitions."""
    return factories.make_officer_actor(unit=unit, roles=roles)


def later(moment: dt.datetime, **more: float) -> dt.datetime:
    """A moment so much later."""
    return moment + dt.timedelta(**more)


def send_one(person: Any = None, *, now: dt.datetime = MONDAY, unit: str = "H26.101", **data: str) -> tuple[Petition, Actor]:
    """A petition that a citizen sent, and the citizen's actor."""
    loading.load()
    actor = factories.citizen_actor(person or factories.make_person())
    draft = sending.start_draft(actor=actor)
    said = {
        "kind": "cham-tre",
        "subject": "Hồ sơ khai sinh quá hạn",
        "words": WORDS,
        "unit_code": unit,
        "name": "Nguyễn Thị Giả Định",
        "address": "Số 0 phố Ví Dụ",
        "phone": "0900000000",
        "email": "ten@vi-du.example",
        **data,
    }
    sending.save_draft(actor=actor, draft_id=draft.pk, data=said)
    return sending.send(actor=actor, draft_id=draft.pk, now=now), actor


def received(petition: Petition, actor: Actor, *, now: dt.datetime = MONDAY) -> Petition:
    """The petition, taken on by its agency."""
    return handling.receive(actor=actor, petition_id=petition.pk, about=petition.about, kind=petition.kind_id, sector_code="", now=now)


def answered(petition: Petition, *, unit: str = "H26.101", now: dt.datetime = MONDAY, words: str = "Phường đã trả kết quả.") -> Petition:
    """The petition, taken on, answered by one officer and approved by another."""
    handler, checker = officer(unit), officer(unit)
    received(petition, handler, now=now)
    answering.submit_answer(actor=handler, petition_id=petition.pk, words=words, outcome_on=timezone.localdate(now), now=now)
    answering.approve(actor=checker, petition_id=petition.pk, now=now)
    petition.refresh_from_db()
    return petition
