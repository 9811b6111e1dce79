"""Two surveys for show: one open, one whose results are published. Plainly made up; never loaded in production."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from portal.access import ActingAs, Actor, Assurance
from ratings.models import Survey, SurveyText
from ratings.surveys import services, texts
from ratings.surveys.rules import CHOICE, SEVERAL, STEPS, TEXT, Answers

STEP = "khảo sát trình diễn"
"""What the loading step is called."""
ASKED: list[tuple[str, str, str, tuple[str, ...], bool]] = [
    ("q1", CHOICE, "Lần gần nhất bạn nộp hồ sơ bằng cách nào?", ("Trực tuyến", "Tại bộ phận một cửa", "Qua bưu chính"), True),
    ("q2", STEPS, "Trang nộp hồ sơ dễ dùng đến mức nào?", (), True),
    ("q3", SEVERAL, "Bạn muốn cải thiện điều gì trước?",
     ("Tờ khai ngắn hơn", "Trả lời nhanh hơn", "Trả kết quả tại nhà", "Hướng dẫn dễ hiểu hơn"), False),
    ("q4", TEXT, "Bạn muốn nói thêm điều gì?", (), False),
]  # fmt: skip
WORDS = ("Nên nhớ sẵn thông tin đã khai lần trước.", "Cảm ơn cán bộ phường.", "Chữ trên trang hơi nhỏ với người lớn tuổi.")


@transaction.atomic
def load() -> str:
    """Make both; a second time changes nothing. One line that says what there is."""
    maker = _maker()
    if maker is not None and not Survey.objects.exists():
        now = timezone.now()
        _made(maker, "Nộp hồ sơ trực tuyến có dễ không?", now, 0)
        ended = _made(maker, "Bạn muốn Cổng tốt hơn ở điểm nào?", now - timedelta(days=1), 60)
        ended = services.move(actor=maker, survey_id=ended.pk, transition="end", seen=None, now=now)
        for row in SurveyText.objects.filter(survey=ended).order_by("id")[:2]:
            texts.show_text(actor=maker, text_id=row.pk, text=str(row.words), now=now)
        services.publish_results(actor=maker, survey_id=ended.pk, seen=None, now=now)
    return f"{Survey.objects.count()} khảo sát"


def _maker() -> Actor | None:
    """Whoever keeps surveys in the demo: the Government Office, or an agency's administrator."""
    for unit, role in (("G22", "steering"), ("H26.101", "administrator")):
        if holders := people.holders(unit, [role]):
            found = holders[0]
            return Actor(
                acting_as=ActingAs.POSITION, user_id=found.user_id, person_id=found.person_id, position_id=found.position_id, unit=unit,
                roles=frozenset({role}), assurance=Assurance.HIGH, label=found.label,
            )  # fmt: skip
    return None


def _made(maker: Actor, title: str, now: datetime, answers: int) -> Survey:
    today = timezone.localdate(now)
    values: dict[str, Any] = {
        "title": title, "intro": "Khảo sát trình diễn, mất khoảng một phút.", "audience": "all", "opens_on": today,
        "closes_on": today + timedelta(days=30),
    }  # fmt: skip
    survey = services.make(actor=maker, values=values, now=now)
    for _key, kind, label, options, required in ASKED:
        services.add_question(actor=maker, survey_id=survey.pk, kind=kind, label=label, options=options, required=required, seen=None)
    survey = services.move(actor=maker, survey_id=survey.pk, transition="publish", seen=None, now=now)
    chance = random.Random(title)  # noqa: S311  answers for show, the same each time
    for at in range(answers):
        chosen: dict[str, Any] = {
            "q1": chance.choices("012", (6, 3, 1))[0],
            "q2": str(min(5, max(1, round(chance.gauss(3.8, 1))))),
            "q3": sorted(chance.sample("0123", chance.randint(1, 2))),
        }
        said = Answers(chosen, {"q4": WORDS[at]} if at < len(WORDS) else {})
        services.respond(survey_id=survey.pk, form_id=UUID(int=chance.getrandbits(128), version=4), said=said, now=now)
    return survey
