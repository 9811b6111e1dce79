"""New versions of the questions, from a day to come on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction

from feedback.words import tidy
from portal import audit
from portal.access import Actor, require
from ratings.models import SlipForm
from ratings.slips.rules import questions_right
from ratings.slips.services import SlipRefused

KEEP_QUESTIONS = "ratings.slip_questions"


@transaction.atomic
def add_version(
    *, actor: Actor, valid_from: dt.date, open_days: int, questions: Sequence[Mapping[str, str]], steps: Mapping[str, Sequence[str]],
    today: dt.date,
) -> SlipForm:  # fmt: skip
    """Ask otherwise from a day on; what was answered before reads as it was asked. :class:`SlipRefused` for a day that is not to come, or
    one that has a version already."""
    require(actor, KEEP_QUESTIONS)
    if valid_from <= today:
        raise SlipRefused("Bộ câu hỏi mới dùng từ ngày mai trở đi.", "valid_from")
    if SlipForm.objects.filter(valid_from=valid_from).exists():
        raise SlipRefused("Ngày này đã có một bộ câu hỏi.", "valid_from")
    tidied = [{name: tidy(text) for name, text in question.items()} for question in questions]
    words = {language: [tidy(step) for step in said if tidy(step)] for language, said in steps.items()}
    for language, said in words.items():
        if len(said) != 5:
            raise SlipRefused("Bạn ghi đúng năm dòng, mỗi dòng một mức.", f"steps_{language}")
    codes = [question["code"] for question in tidied]
    if twice := next((number for number, code in enumerate(codes, 1) if code in codes[: number - 1]), 0):
        raise SlipRefused("Mã này đã dùng cho câu khác.", f"code{twice}")
    if questions_right(tidied, words):
        raise SlipRefused("Mỗi câu hỏi có lời bằng cả hai thứ tiếng.")
    last = SlipForm.objects.select_for_update().order_by("-number").first()
    row = SlipForm.objects.create(
        number=last.number + 1 if last is not None else 1, valid_from=valid_from, open_days=open_days, questions=tidied, steps=words
    )
    audit.record(
        actor=actor, act="ratings.add_slip_form", target="ratings.slipform", target_id=str(row.pk), details={"from": str(valid_from)}
    )
    return row
