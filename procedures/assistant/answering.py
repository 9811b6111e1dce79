"""A question and its reply: what is known with its sources, a question back where two may be meant, or plainly that it is not known.

Nothing here writes, remembers or calls anybody: the same question gets the same reply, whatever a question or a text of the catalogue
tells it to do (Scheme III.2a; requirement C-15).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from portal.catalogues.models import AdministrativeUnit
from portal.languages import address
from portal.search import tidied
from procedures import queries as catalogue
from procedures.assistant.parts import OF_A_PROCEDURE, Part, parts_of
from procedures.assistant.retrieval import (
    AS_WELL,
    LOOKED_AT,
    MOST_CHOICES,
    MUCH_ALIKE,
    TOO_CLOSE,
    Fit,
    Rarity,
    Text,
    engines,
    fit_procedures,
    fit_questions,
)
from procedures.assistant.saying import OfAProcedure, Told, answered
from procedures.guidance.queries import is_guided
from procedures.models import ProcedureVersion
from procedures.questions import queries as questions
from procedures.search import elsewhere
from procedures.views.sheet import translation

MOST_PARTS = 3
PROCEDURE, QUESTION = "tt:", "ch:"
"""Before a code or key, where the reader chose among those that may be meant."""


@dataclass(frozen=True)
class Choice:
    """One of those that may be meant."""

    value: str
    title: str
    lang: str = "vi"


@dataclass(frozen=True)
class Reply:
    """What is said to one question."""

    kind: str
    """``answer``, ``which`` (asked back), ``elsewhere`` (another body decides it) or ``unknown``."""
    title: str = ""
    lang: str = "vi"
    told: tuple[Told, ...] = ()
    choices: tuple[Choice, ...] = ()
    text: str = ""
    """Where one goes, of what is decided elsewhere."""
    procedure: str = ""
    """Code of the procedure it is about."""
    url: str = ""
    guidance: str = ""
    """Address of the questions that lead to one's own papers and fee, where there are some."""
    online: bool = False
    """Whether it can be filed here, in the reader's place."""
    place: str = ""
    """The province as whose it is told."""


UNKNOWN = Reply("unknown")


def reply(text: str, *, day: dt.date, province: AdministrativeUnit | None = None, chosen: str = "") -> Reply:
    """The reply to a question, for a reader's province; ``chosen``: which of those that may be meant. At most twenty queries."""
    asked = tidied(text)
    if chosen.startswith(PROCEDURE):
        return _about(chosen.removeprefix(PROCEDURE), asked, day, province)
    if chosen.startswith(QUESTION):
        return _answered_by(chosen.removeprefix(QUESTION))
    if len(asked) < 2:
        return UNKNOWN
    if (other := elsewhere(asked)) is not None:
        helping = catalogue.with_codes(other.codes, day)
        return Reply("elsewhere", title=other.title, text=other.text, choices=tuple(map(_choice_of, helping)))
    of_procedures, of_questions = engines()
    rarity = Rarity(of_procedures)
    found_questions = of_questions.find(asked, limit=LOOKED_AT)
    rows = {str(row.pk): row for row in questions.in_given_order(found_questions.keys)}
    fits = fit_questions(asked, found_questions, {key: Text(key, row.question, row.wordings) for key, row in rows.items()}, rarity)
    found = of_procedures.find(asked, limit=LOOKED_AT // 3)
    versions = {row.procedure.code: row for row in catalogue.with_codes(found.codes, day)}
    texts = {code: Text(code, row.name, " . ".join(row.keywords)) for code, row in versions.items()}
    procedures = fit_procedures(asked, found, texts, rarity)
    named = bool(found.question.codes)
    procedure_is_sure = bool(procedures) and procedures[0].sure
    if fits and fits[0].sure and not named and (fits[0].alike >= MUCH_ALIKE or not procedure_is_sure):
        near = [one for one in fits if one.sure and one.score >= TOO_CLOSE * fits[0].score]
        if len(near) == 1:
            return _answered_by(fits[0].key)
        return Reply("which", choices=tuple(Choice(QUESTION + one.key, rows[one.key].question) for one in near[:MOST_CHOICES]))
    if not procedures or not procedures[0].perhaps:
        return UNKNOWN
    if procedures[0].sure and (named or not _alike(found.scores)):
        return _about(procedures[0].key, asked, day, province)
    return _which(procedures, versions)


def _alike(scores: tuple[float, ...]) -> bool:
    """Whether the second fits as well as the first."""
    return len(scores) > 1 and scores[0] > 0 and scores[1] >= AS_WELL * scores[0]


def _which(fits: list[Fit], versions: dict[str, ProcedureVersion]) -> Reply:
    """Which of several is meant: those that may be first, then those that come next."""
    fits = sorted(fits, key=lambda one: not one.perhaps)[:MOST_CHOICES]
    return Reply("which", choices=tuple(_choice_of(versions[one.key]) for one in fits if one.key in versions))


def _choice_of(version: ProcedureVersion) -> Choice:
    english = translation(version).get("name", "")
    return Choice(PROCEDURE + version.procedure.code, english or version.name, "en" if english else "vi")


def _answered_by(key: str) -> Reply:
    try:
        row = questions.in_given_order([str(UUID(key))])
    except ValueError:
        return UNKNOWN
    if not row:
        return UNKNOWN
    about = row[0].procedures[0] if row[0].procedures else ""
    return Reply("answer", title=row[0].question, told=(answered(row[0]),), url=address("question", row[0].slug), procedure=about)


def _about(code: str, asked: str, day: dt.date, province: AdministrativeUnit | None) -> Reply:
    version = catalogue.procedure_on(code[:40], day)
    if version is None or version.procedure.replaced_by_id:
        return UNKNOWN
    of_it = OfAProcedure(version, province, day)
    parts = [part for part in parts_of(asked) if part in OF_A_PROCEDURE and part is not Part.STEPS][:MOST_PARTS]
    told = [one for part in parts if (one := of_it.part(part)).sentences]
    if not told:
        told = [overview] if (overview := of_it.overview()).sentences else []
    if not told:
        return UNKNOWN
    return Reply(
        "answer",
        title=of_it.shown.name,
        lang=of_it.lang,
        told=tuple(told),
        procedure=code,
        url=of_it.url(),
        guidance=address("guidance", code) if is_guided(code) else "",
        online=catalogue.service_for(version, province.code if province is not None else "") is not None,
        place=province.full_name if province is not None else "",
    )
