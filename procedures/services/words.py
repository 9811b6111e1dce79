"""The words by which the search understands people: loaded with the software, changed by editors, wanted where a question found nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pghistory
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from portal import audit
from portal.access import SYSTEM, Actor, require
from portal.search.phrases import ways_to_say, word_key
from portal.text import nfc
from procedures.models import SearchMiss, SearchWord
from procedures.services.loading import DATA
from procedures.services.mistakes import without_numbers
from procedures.services.records import BadRecord

FOLDER = DATA / "search"
_ENTRY = re.compile(r"(?P<phrase>.*?)\s(?P<sign>[=+])\s(?P<meanings>.*)")
_KINDS = {"=": SearchWord.Kind.MEANS, "+": SearchWord.Kind.ALSO}
_FIELDS = ("phrase", "kind", "meanings")
_BATCH = 1000
Facts: TypeAlias = tuple[str, str, str]
"""Phrase, kind, meanings."""


class WordRefused(Exception):
    """A word cannot be written as it was given. ``faults``: what is wrong, in Vietnamese, by the name of the field."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = faults


@dataclass(frozen=True)
class WordReport:
    """How many shipped words came in, changed and went, and how many words stood as they are, the editors' among them."""

    added: int
    changed: int
    removed: int
    same: int


def in_lines(meanings: str) -> str:
    """Alternatives one a line: composed letters, nothing around them, none empty, none twice."""
    lines: dict[str, str] = {}
    for line in nfc(meanings.replace("\x00", "")).splitlines():
        lines.setdefault(word_key(line), " ".join(line.split()))
    return "\n".join(line for key, line in lines.items() if key)


def word_faults(*, phrase: str, kind: str, meanings: str, besides: int | None = None) -> dict[str, str]:
    """What speaks against a word (``besides``: the row that is being changed), by field; empty: nothing. At most one query."""
    faults: dict[str, str] = {}
    key = word_key(phrase)
    if not key:
        faults["phrase"] = "Từ phải có chữ hoặc số."
    elif len(phrase) > SearchWord.MAX_PHRASE:
        faults["phrase"] = f"Từ không quá {SearchWord.MAX_PHRASE} ký tự."
    elif fault := _unsayable(phrase):
        faults["phrase"] = fault
    else:
        other = SearchWord.objects.filter(key=key).first()
        if other is not None and other.pk != besides:
            state = "" if other.active else ", đang tắt"
            faults["phrase"] = f"Đã có từ “{other.phrase}” ({other.get_kind_display()}{state}). Máy tìm không phân biệt dấu và chữ hoa."
    if kind not in SearchWord.Kind.values:
        faults["kind"] = "Hãy chọn một cách dùng trong danh sách."
    elif kind == SearchWord.Kind.NOISE and meanings:
        faults["meanings"] = "Từ bỏ qua thì không có từ nào thay cho nó: hãy để trống."
    elif kind != SearchWord.Kind.NOISE and not meanings:
        faults["meanings"] = "Hãy ghi ít nhất một từ có trong tên hoặc nội dung thủ tục."
    elif len(meanings) > SearchWord.MAX_MEANINGS:
        faults["meanings"] = f"Tất cả không quá {SearchWord.MAX_MEANINGS} ký tự."
    return faults


def _unsayable(phrase: str) -> str:
    try:
        ways_to_say(phrase)
    except ValueError as error:
        return str(error)
    return ""


def _note(actor: Actor, act: str, word: SearchWord) -> None:
    audit.record(actor=actor, act=act, target="procedures.searchword", target_id=str(word.pk), details={"kind": word.kind})


def _context(actor: Actor, act: str) -> pghistory.context:
    return pghistory.context(act=act, unit=actor.unit, position=str(actor.position_id or ""))


def save_word(*, actor: Actor, phrase: str, kind: str, meanings: str, word_id: int | None = None) -> SearchWord:
    """Write a new word, or change the one named; it is the editors' from then on. ``WordRefused``, ``AccessDenied``."""
    require(actor, "procedures.words")
    phrase, meanings = " ".join(nfc(phrase.replace("\x00", "")).split()), in_lines(meanings)
    faults = word_faults(phrase=phrase, kind=kind, meanings=meanings, besides=word_id)
    if faults:
        raise WordRefused(faults)
    act = "procedures.words.add" if word_id is None else "procedures.words.change"
    try:
        with transaction.atomic(), _context(actor, act):
            word = SearchWord() if word_id is None else SearchWord.objects.select_for_update().get(pk=word_id)
            word.phrase, word.key, word.kind, word.meanings = phrase, word_key(phrase), kind, meanings
            word.origin = SearchWord.Origin.DESK
            word.save()
            _note(actor, act, word)
    except SearchWord.DoesNotExist as error:
        raise WordRefused({"phrase": "Từ này vừa được bỏ cùng bản cập nhật phần mềm."}) from error
    except IntegrityError as error:
        if "search_word_key" not in str(error):
            raise
        raise WordRefused({"phrase": "Người khác vừa ghi từ này."}) from error
    return word


@transaction.atomic
def switch_word(*, actor: Actor, word_id: int, active: bool) -> bool:
    """Let the search use a word, or use it no longer; False: it was so already. What an editor decided, no update undoes."""
    require(actor, "procedures.words")
    word = SearchWord.objects.select_for_update().get(pk=word_id)
    if word.active == active:
        return False
    act = "procedures.words.on" if active else "procedures.words.off"
    with _context(actor, act):
        word.active, word.origin = active, SearchWord.Origin.DESK
        word.save(update_fields=["active", "origin", "updated_at"])
    _note(actor, act, word)
    return True


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """What a file says, with the place of each line; comments begin with ``#``."""
    try:
        text = nfc(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadRecord(f"{path.name}: not UTF-8") from error
    for number, line in enumerate(text.split("\n"), start=1):
        said = " ".join(line.split())
        if said and not said.startswith("#"):
            yield f"{path.name}, line {number}: {said[:80]}", said


def _facts(place: str, phrase: str, kind: str, meanings: str) -> tuple[str, Facts]:
    key = word_key(phrase)
    if not key or len(phrase) > SearchWord.MAX_PHRASE:
        raise BadRecord(f"{place}: a phrase has letters or digits, at most {SearchWord.MAX_PHRASE} characters")
    try:
        ways_to_say(phrase)
    except ValueError as error:
        raise BadRecord(f"{place}: {error}") from error
    alternatives = meanings.split("|") if kind != SearchWord.Kind.NOISE else []
    if not all(word_key(one) for one in alternatives):
        raise BadRecord(f"{place}: a meaning without letters or digits")
    lines = in_lines("\n".join(alternatives))
    if len(lines) > SearchWord.MAX_MEANINGS:
        raise BadRecord(f"{place}: meanings longer than {SearchWord.MAX_MEANINGS} characters")
    return key, (phrase, kind, lines)


def shipped_words(folder: Path = FOLDER) -> dict[str, Facts]:
    """The words in ``words.txt`` and ``noise.txt`` by key; of two with one key the first counts. :class:`BadRecord` names the line.

    Phrases that mean the same stand on one line, `` ; `` between them.
    """
    found: dict[str, Facts] = {}
    for place, line in _lines(folder / "words.txt"):
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            raise BadRecord(f"{place}: neither `phrase = meaning | meaning` nor `phrase + meaning | meaning`")
        for phrase in entry["phrase"].split(" ; "):
            key, facts = _facts(place, phrase.strip(), _KINDS[entry["sign"]], entry["meanings"])
            found.setdefault(key, facts)
    for place, line in _lines(folder / "noise.txt"):
        key, facts = _facts(place, line, SearchWord.Kind.NOISE, "")
        found.setdefault(key, facts)
    return found


def _difference(rows: Iterable[SearchWord], wanted: dict[str, Facts]) -> tuple[list[SearchWord], list[SearchWord], list[SearchWord], int]:
    """Shipped rows to add, to change (with their new facts) and to remove; how many rows stand as they are."""
    here = {row.key: row for row in rows}
    shipped = {key: row for key, row in here.items() if row.origin == SearchWord.Origin.SHIPPED}
    changed = []
    for key, row in shipped.items():
        if key in wanted and (row.phrase, row.kind, row.meanings) != wanted[key]:
            row.phrase, row.kind, row.meanings = wanted[key]
            changed.append(row)
    added = [
        SearchWord(key=key, phrase=phrase, kind=kind, meanings=meanings, origin=SearchWord.Origin.SHIPPED)
        for key, (phrase, kind, meanings) in wanted.items()
        if key not in here
    ]
    removed = [row for key, row in shipped.items() if key not in wanted]
    return added, changed, removed, len(here) - len(changed) - len(removed)


@transaction.atomic
def load_words(*, folder: Path = FOLDER, actor: Actor = SYSTEM) -> WordReport:
    """Bring the words we ship into the database; all or nothing, a second time writes nothing, and what editors wrote stands.

    One query when nothing has changed. Raises :class:`BadRecord`.
    """
    wanted = shipped_words(folder)
    rows = SearchWord.objects.order_by("key")
    added, changed, removed, same = _difference(rows, wanted)
    if added or changed or removed:
        # Once more under a lock: an editor may take a word over at this moment.
        added, changed, removed, same = _difference(rows.select_for_update(), wanted)
        now = timezone.now()
        for row in changed:
            row.updated_at = now
        with _context(actor, "procedures.words.load"):
            if removed:
                SearchWord.objects.filter(pk__in=[row.pk for row in removed]).delete()
            SearchWord.objects.bulk_update(changed, [*_FIELDS, "updated_at"], batch_size=_BATCH)
            # An editor's entry of this moment with the same key stands.
            SearchWord.objects.bulk_create(added, ignore_conflicts=True, batch_size=_BATCH)
        counts = {"added": len(added), "changed": len(changed), "removed": len(removed)}
        audit.record(actor=actor, act="procedures.words.load", target="procedures.searchword", details=counts)
    return WordReport(added=len(added), changed=len(changed), removed=len(removed), same=same)


_UPSERT = """
INSERT INTO procedures_searchmiss AS miss (key, question, count, first_at, last_at) VALUES (%s, %s, 1, %s, %s)
ON CONFLICT (key) DO UPDATE SET count = miss.count + 1,
    first_at = LEAST(miss.first_at, excluded.first_at), last_at = GREATEST(miss.last_at, excluded.last_at)
"""


def note_miss(question: str, now: dt.datetime) -> bool:
    """Count a question that found nothing; False: it is none that an editor could do anything about. At most one statement.

    Numbers of people are taken out before anything is kept, and of a long story only its beginning is. A question that an editor has seen
    stays seen, however often it comes.
    """
    asked = " ".join(nfc(question.replace("\x00", "")).split())
    if len(asked) < SearchMiss.MIN_QUESTION:
        return False
    asked = without_numbers(asked)[: SearchMiss.MAX_QUESTION].rstrip()
    key = word_key(asked)
    if len(key) < SearchMiss.MIN_QUESTION or key.replace(" ", "").isdigit():
        return False
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [key, asked, now, now])
    return True


KEEP_MISSES = dt.timedelta(days=180)


def forget_old_misses(now: dt.datetime) -> int:
    """Remove the questions that were last asked longer ago than :data:`KEEP_MISSES`, seen or not. Returns how many."""
    return SearchMiss.objects.filter(last_at__lt=now - KEEP_MISSES).delete()[0]


@transaction.atomic
def handle_miss(*, actor: Actor, miss_id: int, now: dt.datetime) -> bool:
    """Put a question among those that have been seen; False: somebody else has done so. ``AccessDenied``."""
    require(actor, "procedures.words")
    if not SearchMiss.objects.filter(pk=miss_id, handled_at__isnull=True).update(handled_at=now):
        return False
    audit.record(actor=actor, act="procedures.words.seen", target="procedures.searchmiss", target_id=str(miss_id))
    return True
