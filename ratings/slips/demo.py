"""Slips of the demo provinces, so that satisfaction shows something. Plainly generated; never loaded in production."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dossiers.models import NationalDossier
from dossiers.services.national import facts_of
from ratings.models import Rating
from ratings.slips import counting, services
from ratings.slips.rules import RATED_STATES, month_of
from ratings.slips.services import Answer

STEP = "phiếu đánh giá trình diễn"
"""What the loading step is called."""
SHARE = 0.45
"""How many of those who could answered."""
WORDS = (
    "Cán bộ hướng dẫn dễ hiểu, không phải đi lại lần nào.", "Nên có thêm ghế ở chỗ chờ.", "Hẹn thứ Sáu mà thứ Hai mới có kết quả.",
    "Mẫu tờ khai dài quá, phần thông tin cơ quan đã có thì đừng hỏi nữa.", "Tôi gọi 0900 000 000 mấy lần không ai nghe.",
    "Nhanh hơn tôi nghĩ. Cảm ơn.",
)  # fmt: skip
_FIRST = UUID("00000000-0000-4000-8000-00000000d900")


@transaction.atomic
def load() -> str:
    """Let the owners of demo dossiers answer; a second time changes nothing. One line that says what there is."""
    form = services.form_on(timezone.localdate())
    if form is not None and not Rating.objects.filter(pk=_FIRST).exists():
        chance, today = random.Random("phieu"), timezone.localdate()  # noqa: S311  figures for show, the same each time
        rows: list[Rating] = []
        for row in NationalDossier.objects.filter(source__startswith="demo-", state__in=RATED_STATES).order_by("code"):
            facts = facts_of(row)
            if chance.random() > SHARE or facts.ended_on is None or facts.ended_on < form.valid_from:
                continue
            day = min(facts.ended_on + timedelta(days=chance.randrange(5)), today)
            base = 4.75 - (1.6 if facts.state in ("3", "8") else 0) - (1.3 if facts.due_on and facts.ended_on > facts.due_on else 0)
            steps = [max(1, min(5, round(chance.gauss(base, 0.55)))) for _question in range(5)]
            q1, q2, q3, q4, q5 = steps
            rows.append(
                Rating(
                    pk=_FIRST if not rows else UUID(int=chance.getrandbits(128), version=4), source=Rating.Source.DOSSIER, form=form,
                    unit_code=facts.unit_code, procedure_code=facts.procedure_code, field_code=facts.field_code, channel=facts.channel,
                    service_level=facts.service_level, day=day, month=month_of(day), q1=q1, q2=q2, q3=q3, q4=q4, q5=q5,
                )
            )  # fmt: skip
        Rating.objects.bulk_create(rows)
        _with_words(chance)
        while counting.fold():
            pass
    return f"{Rating.objects.count()} phiếu đánh giá"


def _with_words(chance: random.Random) -> None:
    """A few slips with texts that wait, some of them from the counter of a unit."""
    form, now = services.form_on(timezone.localdate()), timezone.now()
    assert form is not None
    for at, words in enumerate(WORDS * 2):
        services.answer_at_counter(
            form_id=UUID(int=chance.getrandbits(128), version=4), unit_code="H26.101" if at % 3 else "H29.101", procedure_code="",
            field_code="", form=form, said=Answer([5 - at % 3, 4, 4, 5 - at % 4, 4], words), now=now,
        )  # fmt: skip
