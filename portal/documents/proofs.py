"""What a print is compared with: the mark and the number printed beside the QR code, the content as it was issued, counted tries.

A QR code can be printed on anything. So the proof page claims nothing of the paper around it; who holds the paper types the number that
stands on it and reads, line by line, what the agency issued.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from portal import crypto
from portal.documents.models import Document, ProofTry
from portal.documents.units import unit_name

__all__ = [
    "NUMBER",
    "NothingToCompare",
    "Section",
    "TriesUsedUp",
    "WrongNumber",
    "compare_print",
    "forget_old_tries",
    "in_threes",
    "is_comparable",
    "masked",
    "new_number",
    "register_content",
    "register_later",
    "short_mark",
    "what_came_later",
]

NUMBER = "proof_number"
"""Name of the printed number in a document's sealed context, also for its template. Documents issued before there was one have none."""
DIGITS = 9
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Letters of the short mark: no vowels, so that it never reads as a word, and none that looks like a digit."""
TRIES_INDEX = "documents.tries"
TRIES_KEPT = timedelta(days=2)


class NothingToCompare(Exception):
    """Not signed, without a printed number, of a kind without registered content, or erased: there is nothing to show."""


class WrongNumber(Exception):
    """Another number stands on the paper that was issued. ``tries_left`` of this address for this document today; it may be 0."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(str(tries_left))
        self.tries_left = tries_left


class TriesUsedUp(Exception):
    """This address, or all together, have guessed enough at this document today. ``retry_at``: the next midnight."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(str(retry_at))
        self.retry_at = retry_at


@dataclass(frozen=True)
class Section:
    """Lines that stand together on the paper: (label, value), in its order. ``heading`` may be empty."""

    heading: str
    lines: tuple[tuple[str, str], ...]


# Mark and number ---------------------------------------------------------------------------------------------------------------


def short_mark(token: str) -> str:
    """The mark on the print and on its proof page, ``KTMP-WXZB``: whoever sees two different ones holds a code cut from another paper.

    It tells nothing that the address does not, and is no secret. 20**8: two papers on one desk do not share one.
    """
    rest = int.from_bytes(hashlib.sha256(b"portal.documents.mark|" + token.encode()).digest(), "big")
    letters = ""
    for _ in range(8):
        rest, place = divmod(rest, len(LETTERS))
        letters += LETTERS[place]
    return f"{letters[:4]}-{letters[4:]}"


def new_number() -> str:
    """A random number for one print, nine digits. It stands on the paper and, sealed with its content, nowhere else."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def in_threes(number: str) -> str:
    """The number as it is printed: ``482 177 306``."""
    return " ".join(number[start : start + 3] for start in range(0, len(number), 3))


def masked(id_number: str) -> str:
    """A number of identity as far as comparing needs it: ``•••• •••• 0001``. Shorter than eight characters: nothing of it."""
    return f"•••• •••• {id_number[-4:]}" if len(id_number) >= 8 else "•••• ••••"


# Content by kind ---------------------------------------------------------------------------------------------------------------

Content = Callable[[Mapping[str, Any], str], list[Section]]
_content: dict[str, Content] = {}


def register_content(kind: str, function: Content) -> None:
    """Let an upper room say what is printed on a kind of document: from its context and the unit's name to sections.

    Names stand in full, for the reader holds the paper; numbers of identity through :func:`masked`. Everything printed must be
    there: a line left out could be altered unseen.
    """
    known = _content.get(kind)
    if known is not None and known is not function:
        raise ValueError(f"content of {kind} is registered twice")
    _content[kind] = function


Later = Callable[[Document], str]
_later: dict[str, Later] = {}


def register_later(kind: str, function: Later) -> None:
    """Let an upper room say, of a kind of document, what has happened since it was issued; empty for nothing. Shown to strangers."""
    known = _later.get(kind)
    if known is not None and known is not function:
        raise ValueError(f"what comes later than {kind} is registered twice")
    _later[kind] = function


def what_came_later(document: Document) -> str:
    """What a reader of a signed document should know of what came after it, in the page's language; empty for nothing."""
    tells = _later.get(document.kind)
    return tells(document) if tells is not None and document.is_signed else ""


def is_comparable(document: Document) -> bool:
    """Whether a print of it can be compared: signed, registered, with a printed number, not erased. One query at most."""
    return document.is_signed and document.kind in _content and bool((document.context or {}).get(NUMBER))


def compare_print(document: Document, *, number: str, address: str, now: datetime) -> list[Section]:
    """What the agency issued, for somebody who typed the number printed on the paper (nine digits, no blanks).

    ``address`` is where the request comes from; it is kept for a day as a keyed index. Every try is counted in a transaction of its
    own before the number is looked at (stopping half-way gives no free guess, and guesses at once count one by one), and given back
    when it was right. Raises :class:`NothingToCompare`, :class:`TriesUsedUp`, :class:`WrongNumber`.
    """
    if not is_comparable(document):
        raise NothingToCompare(str(document.pk))
    day = timezone.localdate(now)
    source = crypto.blind_index(TRIES_INDEX, f"{day}|{address}")
    left = _take(document, source, day)
    if left is None:
        midnight = datetime.combine(day + timedelta(days=1), dt.time.min, tzinfo=timezone.get_current_timezone())
        raise TriesUsedUp(midnight)
    if not hmac.compare_digest(number.encode(), document.context[NUMBER].encode()):
        raise WrongNumber(left)
    ProofTry.objects.filter(document=document, day=day, source__in=[source, ""], tries__gt=0).update(tries=F("tries") - 1)
    issuer = unit_name(document.unit_code, on=timezone.localdate(document.signed_at))
    return [section for section in _content[document.kind](document.context, issuer) if section.lines]


_COUNT = """
INSERT INTO documents_prooftry (document_id, day, source, tries) VALUES (%s, %s, %s, 1)
ON CONFLICT (document_id, day, source) DO UPDATE SET tries = documents_prooftry.tries + 1 WHERE documents_prooftry.tries < %s
RETURNING tries
"""


def _take(document: Document, source: str, day: dt.date) -> int | None:
    """Count one try by the address, then by all together; how many it has left, or None where one of both is used up."""
    left = ProofTry.PER_ADDRESS
    # While the covers of indexes are changed the count may stand under the one of before.
    counted_as = ProofTry.objects.filter(document=document, day=day, source=source).values_list("source", flat=True).first()
    with transaction.atomic(), connection.cursor() as cursor:
        # The address first: once it is used up, it takes nothing from the others.
        for whose, limit in ((counted_as or source, ProofTry.PER_ADDRESS), ("", ProofTry.PER_DOCUMENT)):
            cursor.execute(_COUNT, [document.pk, day, whose, limit])
            counted = cursor.fetchone()
            if counted is None:
                transaction.set_rollback(True)
                return None
            left = min(left, limit - int(counted[0]))
    return left


def forget_old_tries(now: datetime) -> int:
    """Delete the counts of days gone by; how many rows."""
    return ProofTry.objects.filter(day__lt=timezone.localdate(now - TRIES_KEPT)).delete()[0]
