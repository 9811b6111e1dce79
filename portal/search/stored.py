"""A corpus in PostgreSQL: for texts that are too many for the memory of each web process.

A question is read as everywhere. The texts that may be meant are found by a GIN index over syllables and pairs, the rarest and heaviest of
the question first; these few hundred are then ranked by the very code that ranks a corpus in memory, with the rarities of the whole.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from django.db import connection, transaction
from django.utils import timezone

from portal.search.corpus import Corpus, Entry, Kept, written_out
from portal.search.engine import COMPLETIONS, K1, Engine, Shelf
from portal.search.index import Statistics
from portal.search.models import StoredCorpus, StoredEntry, StoredToken
from portal.search.question import Question, pairs
from portal.search.spelling import one_slip_away, without_telex

T = TypeVar("T")

CANDIDATES = 250
"""Texts that are ranked for a question: more than are shown."""
POSTINGS = 15_000
"""Places in the index that are looked at for them: some 25 ms. Twice and four times as many found the same in `make bench-corpus`."""
READING = 2
"""One more with each change of what is written of a text beside its fields: a corpus that was read otherwise is read anew."""
MOST_LEXEMES = 80
"""Of a long story the heaviest."""
MOST_SLIPS = 20
"""Unknown syllables of a question that are put right."""
LONGEST_TOKEN = 100
"""Characters; what is longer is no word of any language and is not searched."""
SMALL = 500
"""Up to so many texts are counted at every change; more by night (``recount``)."""
SAMPLE = 5_000
"""Texts that are counted by night, of more every second, third … one."""
LEAST_OF_SAMPLE = 5
"""Texts among those that must have a word for its number to be taken."""
BATCH = 500


def _lexeme(corpus_id: int, field: int, token: str) -> str:
    return f"{corpus_id}{chr(ord('a') + field)}{token}"


def _read(corpus: Corpus, entry: Entry) -> list[tuple[str, ...]]:
    return [
        tuple(one for one in written_out(entry.texts.get(name, ""), about.longest) if len(one) <= LONGEST_TOKEN)
        for name, about in corpus.fields.items()
    ]


def _stored(corpus: Corpus) -> StoredCorpus:
    return StoredCorpus.objects.get_or_create(name=corpus.name, defaults={"described": _described(corpus)})[0]


def _label(corpus_id: int, label: str) -> str:
    return f"{corpus_id}={label}"


def _described(corpus: Corpus) -> dict[str, Any]:
    return {"reading": READING, "fields": {name: asdict(about) for name, about in corpus.fields.items()}}


_PUT = """
INSERT INTO search_storedentry (corpus_id, key, texts, prior, codes, labels, lexemes)
VALUES (%s, %s, %s::text[], %s, %s::text[], %s::text[], array_to_tsvector(%s::text[]))
ON CONFLICT (corpus_id, key) DO UPDATE SET texts = excluded.texts, prior = excluded.prior, codes = excluded.codes,
    labels = excluded.labels, lexemes = excluded.lexemes
"""
# What is new counts as rare until the next count. In order, so that two who bring the same new words never wait for each other in a ring.
_NEW_TOKENS = """
INSERT INTO search_storedtoken (corpus_id, token, counts)
SELECT %s, token, %s::int[] FROM unnest(%s::text[]) AS token ORDER BY token COLLATE "C" ON CONFLICT DO NOTHING
"""


@transaction.atomic
def put(corpus: Corpus, entries: Iterable[Entry]) -> None:
    """Write texts, new or changed; they are found once the caller's transaction ends. Nothing to do for a corpus in memory.

    The last thing that a service does: whoever brings the same new word waits for its end.
    """
    if corpus.kept is Kept.POSTGRES:
        stored = _stored(corpus)
        for batch in _batches(entries):
            read = _write(corpus, stored.pk, batch)
            with connection.cursor() as cursor:
                for field in range(len(corpus.fields)):
                    new = {token for texts in read for token in (*texts[field], *pairs(texts[field]))}
                    cursor.execute(_NEW_TOKENS, [stored.pk, [int(place == field) for place in range(len(corpus.fields))], list(new)])
        _recount_small(stored)


@transaction.atomic
def remove(corpus: Corpus, keys: Collection[str]) -> None:
    """Let these texts be found no more. Nothing to do for a corpus in memory."""
    if corpus.kept is Kept.POSTGRES:
        stored = _stored(corpus)
        StoredEntry.objects.filter(corpus=stored, key__in=keys).delete()
        _recount_small(stored)


def rebuild(corpus: Corpus) -> int:
    """Make all of a corpus in PostgreSQL anew from what the room says there is, and count it. Returns the number of texts."""
    fields = len(corpus.fields)
    counts: dict[str, list[int]] = {}
    lengths = [[0, 0] for _field in range(fields)]
    number = 0
    with transaction.atomic():
        stored = _stored(corpus)
        for table in (StoredEntry, StoredToken):
            _empty(table._meta.db_table, stored.pk)
        for batch in _batches(corpus.entries()):
            for texts in _write(corpus, stored.pk, batch):
                for field, syllables in enumerate(texts):
                    for token in {*syllables, *pairs(syllables)}:
                        counts.setdefault(token, [0] * fields)[field] += 1
                    lengths[field][0] += bool(syllables)
                    lengths[field][1] += max(0, 2 * len(syllables) - 1)
            number += len(batch)
        for some in _batches(StoredToken(corpus=stored, token=token, counts=found) for token, found in sorted(counts.items())):
            StoredToken.objects.bulk_create(some)
        means = [total / filled if filled else 1.0 for filled, total in lengths]
        row = StoredCorpus.objects.filter(pk=stored.pk)
        row.update(described=_described(corpus), size=number, means=means, counted_at=timezone.now())
    return number


def _empty(table: str, corpus_id: int) -> None:
    """Delete all rows of a corpus, a slice a statement: none may last long."""
    with connection.cursor() as cursor:
        slice_of = f"SELECT ctid FROM {table} WHERE corpus_id = %s LIMIT 20000"  # noqa: S608
        while cursor.rowcount:
            cursor.execute(f"DELETE FROM {table} WHERE ctid = ANY (ARRAY({slice_of}))", [corpus_id])  # noqa: S608


def ensure(corpus: Corpus) -> str:
    """Rebuild a corpus whose texts are not there yet or were read by another description. A loader: one line that says what there is."""
    stored = _stored(corpus)
    if stored.counted_at is None or stored.described != _described(corpus):
        return f"{rebuild(corpus)} bài, lập lại"
    return f"{stored.size} bài"


def _write(corpus: Corpus, corpus_id: int, entries: Iterable[Entry]) -> list[list[tuple[str, ...]]]:
    """Write texts; what was read of each, by field."""
    rows, read = [], []
    for entry in entries:
        texts = _read(corpus, entry)
        lexemes = {f"{corpus_id}#{code}" for code in entry.codes} | {_label(corpus_id, label) for label in entry.labels}
        for field, syllables in enumerate(texts):
            lexemes |= {_lexeme(corpus_id, field, token) for token in (*syllables, *pairs(syllables))}
        row = (corpus_id, entry.key, [" ".join(one) for one in texts], entry.prior, list(entry.codes), sorted(entry.labels))
        rows.append((*row, list(lexemes)))
        read.append(texts)
    with connection.cursor() as cursor:
        cursor.executemany(_PUT, rows)
    return read


def _batches(all_of_them: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(all_of_them)
    while batch := list(itertools.islice(rest, BATCH)):
        yield batch


def _recount_small(stored: StoredCorpus) -> None:
    if stored.size <= SMALL:
        recount(stored.pk, wait=False)


# ``ts_stat`` counts in how many texts each lexeme stands; a lexeme of a code or label is no word. Of a large corpus some texts stand for
# all: what stands in a few of them is left as it is, for its number would be chance. Rarity goes by the logarithm.
_COUNT = """
WITH seen AS (
    SELECT substr(word, %(start)s + 1) AS token, ascii(substr(word, %(start)s, 1)) - ascii('a') + 1 AS field, ndoc * %(each)s AS number
    FROM ts_stat('SELECT lexemes FROM search_storedentry WHERE corpus_id = %(corpus)s AND id %% %(each)s = 0')
    WHERE substr(word, %(start)s, 1) NOT IN ('#', '=') AND ndoc >= %(least)s
), counted AS MATERIALIZED (
    SELECT token, ARRAY[{fields}] AS counts FROM seen GROUP BY token
), gone AS (
    DELETE FROM search_storedtoken AS old WHERE %(each)s = 1 AND corpus_id = %(corpus)s
    AND NOT EXISTS (SELECT 1 FROM counted WHERE counted.token COLLATE "C" = old.token)
)
INSERT INTO search_storedtoken AS old (corpus_id, token, counts)
SELECT %(corpus)s, token, counts FROM counted ORDER BY token COLLATE "C"
ON CONFLICT (corpus_id, token) DO UPDATE SET counts = excluded.counts WHERE old.counts <> excluded.counts
"""
_LENGTHS = """
SELECT field, avg(2 * array_length(string_to_array(text, ' '), 1) - 1) FILTER (WHERE text <> '')
FROM search_storedentry, unnest(texts) WITH ORDINALITY AS one (text, field)
WHERE corpus_id = %(corpus)s AND id %% %(each)s = 0 GROUP BY field ORDER BY field
"""


@transaction.atomic
def recount(corpus_id: int, *, wait: bool = True) -> None:
    """Count anew how rare each word of a corpus is and how long its texts are. Meanwhile questions are answered by the last count.

    Without ``wait`` nothing is done where somebody else is counting: a service must not stand behind another's transaction.
    """
    with connection.cursor() as cursor:
        taking = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
        cursor.execute(f"SELECT {taking}(hashtext('search_storedcorpus'), %s)", [corpus_id])
        if cursor.fetchone() == (False,):
            return
        size = StoredEntry.objects.filter(corpus=corpus_id).count()
        each = -(-size // SAMPLE) or 1
        given = {"corpus": corpus_id, "start": len(str(corpus_id)) + 1, "each": each, "least": 1 if each == 1 else LEAST_OF_SAMPLE}
        cursor.execute(_LENGTHS, given)
        means = [float(mean or 1) for _field, mean in cursor.fetchall()]
        fields = ", ".join(f"coalesce(max(number) FILTER (WHERE field = {place + 1}), 0)" for place in range(len(means)))
        if means:
            cursor.execute(_COUNT.format(fields=fields), given)
        else:
            StoredToken.objects.filter(corpus=corpus_id).delete()
    StoredCorpus.objects.filter(pk=corpus_id).update(size=size, means=means, counted_at=timezone.now())


_CANDIDATES = """
WITH asked AS (
    SELECT lexeme::tsquery AS lexeme, worth FROM unnest(%(lexemes)s::text[], %(worths)s::float8[]) AS one (lexeme, worth)
), meant AS (
    SELECT entry.id, sum(asked.worth) * entry.prior AS worth
    FROM asked JOIN search_storedentry AS entry ON entry.lexemes @@ asked.lexeme
    GROUP BY entry.id ORDER BY worth DESC, entry.id LIMIT %(limit)s
)
SELECT entry.key, entry.texts, entry.prior, entry.codes, entry.labels
FROM search_storedentry AS entry WHERE entry.id = ANY (ARRAY(SELECT id FROM meant)) ORDER BY entry.id
"""


class StoredEngine(Engine):
    """A corpus in PostgreSQL. It holds words and weights only: at most six queries a question, whatever the number of texts."""

    @property
    def held(self) -> int:
        """None."""
        return 0

    def _counts(self, tokens: Collection[str]) -> dict[str, list[int]]:
        """In how many texts each field has these tokens; unknown ones are absent. One query."""
        rows = StoredToken.objects.filter(corpus__name=self.corpus.name, token__in=tokens).order_by()
        return dict(rows.values_list("token", "counts"))

    def _vocabulary(self, syllables: Sequence[str]) -> tuple[Mapping[str, int], Container[str]]:
        known = {token: sum(counts) for token, counts in self._counts(set(syllables)).items()}
        places = [place for place, one in enumerate(syllables) if one not in known and one not in self._taught and len(one) > 2]
        slips = {place: {*one_slip_away(syllables[place]), without_telex(syllables[place])} for place in places[:MOST_SLIPS]}
        if not slips:
            return known, ()
        known |= {token: sum(counts) for token, counts in self._counts(set().union(*slips.values())).items()}
        together = set()
        for place, meant in slips.items():
            near = [one for one in meant if one in known]
            together |= {f"{syllables[place - 1]}_{one}" for one in near if place}
            together |= {f"{one}_{syllables[place + 1]}" for one in near if place + 1 < len(syllables)}
        return known, self._counts(together) if together else ()

    def _beginning(self, start: str) -> Iterable[str]:
        if len(start) > LONGEST_TOKEN:
            return []
        with connection.cursor() as cursor:
            cursor.execute(_BEGINNING, {"corpus": self.corpus.name, "start": start, "begun": f"{start}%", "limit": COMPLETIONS})
            return [token for (token,) in cursor.fetchall()]

    def _shelf(self, question: Question, labels: Collection[str]) -> Shelf:
        stored = StoredCorpus.objects.filter(name=self.corpus.name).first()
        rows: list[tuple[Any, ...]] = []
        statistics = Statistics(0, {}, {})
        if stored is not None:
            weights, own = self.weights.applied(question.weights), self.weights.applied(question.own)
            counts = self._counts({*weights, *own})
            statistics = Statistics(stored.size, dict(zip(self.corpus.fields, stored.means, strict=False)), counts)
            asked = self._asked(stored, counts, weights, own) | {f"{stored.pk}#{code}": 1e6 for code in question.codes}
            rows = self._candidates(asked, [_label(stored.pk, label) for label in labels])
        entries = [Entry(key, {}, prior, tuple(codes), frozenset(marks)) for key, _texts, prior, codes, marks in rows]
        texts = {name: [tuple(row[1][place].split()) for row in rows] for place, name in enumerate(self.corpus.fields)}
        return Shelf(self.corpus, entries, self.weights, texts, statistics)

    def _asked(
        self, stored: StoredCorpus, counts: Mapping[str, Sequence[int]], weights: Mapping[str, float], own: Mapping[str, float]
    ) -> dict[str, float]:
        """The lexemes that are looked up and what a text gains by each: the heaviest, as far as ``POSTINGS`` reach, one at least."""
        worths: list[tuple[float, int, str]] = []
        for token, found in counts.items():
            first = next((number for number in found if number), 1)
            rarity = math.log(1 + (max(stored.size, first) - first + 0.5) / (first + 0.5))
            for field, (name, number) in enumerate(zip(self.corpus.fields, found, strict=False)):
                weight = self.weights.fields[name]
                gained = weights.get(token, 0.0) * weight * (K1 + 1) / (weight + K1)
                worth = gained + (0.0 if field else self.corpus.names * own.get(token, 0.0))
                if number and worth:
                    worths.append((worth * rarity, number, _lexeme(stored.pk, field, token)))
        asked: dict[str, float] = {}
        left = POSTINGS
        for worth, number, lexeme in sorted(worths, reverse=True):
            if len(asked) < MOST_LEXEMES and (number <= left or not asked):
                asked[lexeme] = worth
                left -= number
        return asked

    def _candidates(self, asked: Mapping[str, float], labels: Collection[str]) -> list[tuple[Any, ...]]:
        if not asked:
            return []
        # Labels are looked up with each word in the same index: what lacks one is never fetched.
        within = "".join(f" & {_quoted(label)}" for label in labels)
        asked_for = [f"{_quoted(lexeme)}{within}" for lexeme in asked]
        with connection.cursor() as cursor:
            cursor.execute(_CANDIDATES, {"lexemes": asked_for, "worths": list(asked.values()), "limit": CANDIDATES})
            return cursor.fetchall()


def _quoted(lexeme: str) -> str:
    """A lexeme as ``tsquery`` reads it."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


_BEGINNING = r"""
SELECT token FROM search_storedtoken
WHERE corpus_id = (SELECT id FROM search_storedcorpus WHERE name = %(corpus)s)
    AND token LIKE %(begun)s AND token <> %(start)s AND NOT (token LIKE '%%\_%%')
ORDER BY (SELECT sum(number) FROM unnest(counts) AS number) DESC, token DESC LIMIT %(limit)s
"""
