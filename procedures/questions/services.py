"""What is done with questions and answers: enter, change, check, publish, withdraw, rate. Rules art. 22; requirement C-13."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from portal import crypto, search
from portal.access import Actor, require
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Sector
from portal.search.phrases import word_key
from portal.text import search_key
from procedures.models import CommonQuestion, LifeEvent, Procedure, QuestionRating, QuestionVote
from procedures.models.publication import OPEN
from procedures.publishing import ENTER, Kind, Refused, begin, each, history, move, noted, plain, refuse_unless_seen, register_kind, retire
from procedures.questions.search import QUESTIONS, entry_of

FACTS = ("question", "answer", "wordings", "topic", "field_code", "procedures", "life_events", "source")
MOST_TIES = 20
"""Procedures or events one question is tied to."""
_VOTER = "procedures.question_vote"
REPLACED = "Được thay bằng bản mới"


def _before(row: CommonQuestion, transition: str, actor: Actor, now: dt.datetime) -> None:
    """The new text takes the place and the address of the old one in one act."""
    if transition == "publish" and row.replaces_id is not None:
        old = CommonQuestion.objects.select_for_update().get(pk=row.replaces_id)
        if old.state == "published":
            retire(old, REPLACED, now)
            search.remove(QUESTIONS, [str(old.pk)])


def _refusal(row: CommonQuestion, transition: str) -> str:
    if transition != "publish":
        return ""
    same = CommonQuestion.objects.filter(state="published")
    if row.replaces_id is not None:
        same = same.exclude(pk=row.replaces_id)
    if same.filter(unit_code=row.unit_code, key=row.key).exists():
        return "Cơ quan này đang công khai một câu hỏi giống hệt. Hãy sửa câu đó."
    return ""


def _after(row: CommonQuestion, transition: str) -> None:
    if transition == "publish":
        QuestionRating.objects.get_or_create(question=row)
        search.put(QUESTIONS, [entry_of(row)])
    elif transition == "withdraw":
        search.remove(QUESTIONS, [str(row.pk)])


KIND = register_kind(Kind("questions", CommonQuestion, refusal=_refusal, before=_before, after=_after))


def key_of(question: str, answer: str) -> str:
    """By which the same question is known again, whatever its spelling; of one that was cut off ("…") the answer decides."""
    words = word_key(question)
    if is_cut(question):
        words += "|" + word_key(answer)
    return hashlib.sha256(words.encode()).hexdigest()


def is_cut(question: str) -> bool:
    """Whether the end of a question is missing."""
    return question.rstrip().endswith(("...", "…"))


def slug_of(question: str, key: UUID) -> str:
    """The last part of the address: the question in plain letters, and eight letters of its key."""
    words = slugify(search_key(question))[:75].strip("-") or "cau-hoi"
    return f"{words}-{key.hex[:8]}"


def in_lines(text: str) -> str:
    """One way to ask a line, none empty, none twice."""
    return "\n".join(dict.fromkeys(" ".join(line.split()) for line in plain(text).split("\n") if line.strip()))


def tidied(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as they are kept."""
    return {
        "question": " ".join(plain(facts["question"]).split()),
        "answer": plain(facts["answer"]),
        "wordings": in_lines(facts.get("wordings", "")),
        "topic": " ".join(plain(facts.get("topic", "")).split()),
        "field_code": facts.get("field_code", ""),
        "procedures": list(dict.fromkeys(facts.get("procedures", ()))),
        "life_events": list(dict.fromkeys(facts.get("life_events", ()))),
        "source": " ".join(plain(facts.get("source", "")).split()),
    }


class Known:
    """What questions can be tied to, read once for a whole file (three queries)."""

    def __init__(self) -> None:
        self.procedures = set(Procedure.objects.values_list("code", flat=True))
        self.events = set(LifeEvent.objects.values_list("slug", flat=True))
        self.sectors = dict(Sector.objects.on(timezone.localdate()).values_list("code", "name"))
        self.sector_by_name = {search_key(name): code for code, name in self.sectors.items()}


def faults(facts: Mapping[str, Any], known: Known | None = None) -> dict[str, str]:
    """What keeps these facts from being a question with its answer, as field → words for the officer."""
    known = known or Known()
    found: dict[str, str] = {}
    for name, most, missing in (
        ("question", CommonQuestion.MAX_QUESTION, "Chưa có câu hỏi."),
        ("answer", CommonQuestion.MAX_ANSWER, "Chưa có câu trả lời."),
    ):
        if not facts[name] or not word_key(facts[name]):
            found[name] = missing
        elif len(facts[name]) > most:
            found[name] = f"Dài {len(facts[name])} ký tự, tối đa {most}."
    for name, most in (("wordings", CommonQuestion.MAX_WORDINGS), ("topic", 200), ("source", 1_000)):
        if len(facts[name]) > most:
            found[name] = f"Dài {len(facts[name])} ký tự, tối đa {most}."
    if facts["field_code"] and facts["field_code"] not in known.sectors:
        found["field_code"] = f"Không có lĩnh vực {facts['field_code']}."
    for name, all_of, what in (("procedures", known.procedures, "thủ tục"), ("life_events", known.events, "sự kiện")):
        if unknown := [one for one in facts[name] if one not in all_of]:
            found[name] = f"Không có {what} {', '.join(unknown[:5])}."
        elif len(facts[name]) > MOST_TIES:
            found[name] = f"Nhiều nhất {MOST_TIES} {what}."
    return found


@transaction.atomic
def enter(*, actor: Actor, unit_code: str, now: dt.datetime, row_id: UUID | None = None, known: Known | None = None, **facts: Any) -> Any:
    """Write a question with its answer for an agency; nobody sees it before it is checked and published.

    :class:`Refused` with its faults, ``AccessDenied``.
    """
    require(actor, ENTER, unit_code)
    if unit_code not in catalogues.agency_names([unit_code]):
        raise Refused(faults={"unit_code": f"Không có cơ quan {unit_code}."})
    kept = tidied(facts)
    if wrong := faults(kept, known):
        raise Refused(faults=wrong)
    key = key_of(kept["question"], kept["answer"])
    standing = CommonQuestion.objects.filter(unit_code=unit_code, key=key, state__in=[*OPEN, "published"])
    if standing.exists():
        raise Refused(faults={"question": "Cơ quan đã có câu hỏi này. Hãy tìm trong danh sách và sửa câu đó."})
    number = row_id or uuid4()
    row = CommonQuestion(id=number, slug=slug_of(kept["question"], number), unit_code=unit_code, key=key, **kept)
    begin(row, actor, now)
    with history(actor, "procedures.questions.enter"):
        row.save(force_insert=True)
    noted(KIND, actor, "enter", row)
    return row


@transaction.atomic
def change(
    *, actor: Actor, row_id: UUID, now: dt.datetime, seen_version: int | None = None, known: Known | None = None, **facts: Any
) -> CommonQuestion:
    """Change a question. One that is public stays as it is: the change is a row of its own, to be checked and published like the first.

    What was checked must be checked again. :class:`Refused`, ``AccessDenied``, ``CommonQuestion.DoesNotExist``.
    """
    row = CommonQuestion.objects.select_for_update().get(pk=row_id)
    require(actor, ENTER, row.unit_code)
    refuse_unless_seen(row, seen_version)
    kept = tidied({**{name: getattr(row, name) for name in FACTS}, **facts})
    if all(getattr(row, name) == value for name, value in kept.items()):
        raise Refused(faults={"question": "Bạn chưa sửa gì."})
    if wrong := faults(kept, known):
        raise Refused(faults=wrong)
    key = key_of(kept["question"], kept["answer"])
    twins = CommonQuestion.objects.filter(unit_code=row.unit_code, key=key, state__in=[*OPEN, "published"])
    own = {row.pk, row.replaces_id}
    if row.state == "withdrawn":
        raise Refused("Bản này đã gỡ. Hãy soạn câu hỏi mới.")
    if row.state == "published":
        if open_one := row.changes.filter(state__in=OPEN).first():
            raise Refused(f"Đã có một bản sửa đang chờ ({open_one.get_state_display().lower()}). Hãy sửa bản đó.")
        if twins.exclude(pk=row.pk).exists():
            raise Refused(faults={"question": "Cơ quan đã có một câu hỏi khác giống hệt."})
        changed = CommonQuestion(slug=row.slug, unit_code=row.unit_code, replaces=row, key=key, **kept)
        begin(changed, actor, now)
        with history(actor, "procedures.questions.change"):
            changed.save(force_insert=True)
        noted(KIND, actor, "change", changed, replaces=str(row.pk))
        return changed
    if twins.exclude(pk__in=[one for one in own if one]).exists():
        raise Refused(faults={"question": "Cơ quan đã có một câu hỏi khác giống hệt."})
    for name, value in kept.items():
        setattr(row, name, value)
    row.key, row.state = key, "entered"
    begin(row, actor, now)
    row.version += 1
    with history(actor, "procedures.questions.change"):
        row.save()
    noted(KIND, actor, "change", row)
    return row


def act(
    *,
    actor: Actor,
    row_id: UUID,
    transition: str,
    now: dt.datetime,
    why: str = "",
    seen_version: int | None = None,
    publish_at: dt.datetime | None = None,
) -> Any:
    """Check, send back, publish, drop or withdraw a question (:func:`procedures.publishing.move`)."""
    return move(
        kind=KIND, actor=actor, row_id=row_id, transition=transition, now=now, why=why, seen_version=seen_version, publish_at=publish_at
    )


@transaction.atomic
def vote(*, row_id: UUID, address: str, helps: bool, now: dt.datetime) -> bool:
    """A reader says whether an answer helps: once a day and address, who says otherwise changes it. Whether anything changed."""
    row = CommonQuestion.objects.select_for_update().get(pk=row_id, state="published")
    today = timezone.localdate(now)
    # Another key each day: nobody can tell that two votes came from one address.
    source = crypto.blind_index(_VOTER, f"{today.isoformat()}:{address}")
    found, is_new = QuestionVote.objects.get_or_create(question=row, day=today, source=source, defaults={"helps": helps})
    if not is_new and found.helps == helps:
        return False
    columns: dict[str, Any] = {"helpful" if helps else "unhelpful": F("helpful" if helps else "unhelpful") + 1}
    if not is_new:
        found.helps = helps
        found.save(update_fields=["helps"])
        columns |= {"unhelpful" if helps else "helpful": F("unhelpful" if helps else "helpful") - 1}
    QuestionRating.objects.filter(question=row).update(**columns)
    return True


def forget_votes(*, today: dt.date) -> int:
    """Forget who voted on days before yesterday; what they said stays counted."""
    return QuestionVote.objects.filter(day__lt=today - dt.timedelta(days=1)).delete()[0]


def act_on_many(*, actor: Actor, row_ids: Iterable[UUID], transition: str, now: dt.datetime) -> tuple[int, list[tuple[str, str]]]:
    """The same act on several, each for itself (:func:`procedures.publishing.each`)."""
    return each(KIND, actor=actor, row_ids=row_ids, transition=transition, now=now)
