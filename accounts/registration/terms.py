"""The terms of use in their versions, and who agreed to which (Rules art. 7.10, 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import get_language

from accounts.models import Consent, Terms
from portal import audit
from portal.access import SYSTEM, Actor, require

PUBLISH = "accounts.publish_terms"
FIRST = Path(__file__).parent / "data"
_FILES = {"text": "terms-1.vi.txt", "text_en": "terms-1.en.txt"}


class BadTerms(ValueError):
    """A version that cannot be published; the text says why, ``field`` what to mend."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.message, self.field = message, field


def in_force(now: datetime) -> Terms | None:
    """The version that holds now (one query); None before the first one was loaded."""
    return Terms.objects.filter(valid_from__lte=now).order_by("-number").first()


def due(person_id: UUID, now: datetime) -> Terms | None:
    """The version that a person has still to agree to; None where they have (one query)."""
    agreed = Consent.objects.filter(person_id=person_id, terms=OuterRef("pk"))
    current = Terms.objects.filter(valid_from__lte=now).annotate(agreed=Exists(agreed)).order_by("-number").first()
    return current if current is not None and not current.agreed else None


def consents_of(person_id: UUID) -> list[Consent]:
    """What a person agreed to, newest first (one query)."""
    return list(Consent.objects.filter(person_id=person_id).select_related("terms").order_by("-given_at", "id")[:50])


@transaction.atomic
def agree(*, person_id: UUID, terms: Terms, how: str, actor: Actor = SYSTEM, now: datetime) -> Consent:
    """Keep that a person agrees to a version; twice is once."""
    given, made = Consent.objects.get_or_create(person_id=person_id, terms=terms, defaults={"how": how, "given_at": now})
    if made:
        details = {"version": terms.number}
        audit.record(actor=actor, act="accounts.agree_to_terms", target="accounts.person", target_id=str(person_id), details=details)
    return given


@transaction.atomic
def publish(*, actor: Actor, valid_from: datetime, text: str, text_en: str, changed: str, changed_en: str, now: datetime) -> Terms:
    """A new version, from a moment to come: everybody is asked at their next sign-in after it. :class:`BadTerms`."""
    require(actor, PUBLISH)
    last = Terms.objects.select_for_update().order_by("-number").first()
    if valid_from <= now:
        raise BadTerms("Điều khoản mới áp dụng từ một thời điểm sau lúc ban hành.", "valid_from")
    if last is not None and valid_from <= last.valid_from:
        raise BadTerms("Điều khoản mới áp dụng sau phiên bản gần nhất.", "valid_from")
    made = Terms.objects.create(
        number=(last.number if last is not None else 0) + 1,
        valid_from=valid_from,
        text=text,
        text_en=text_en,
        changed=changed,
        changed_en=changed_en,
        published_by_id=actor.position_id,
        published_at=now,
    )
    audit.record(actor=actor, act=PUBLISH, target="accounts.terms", target_id=str(made.pk), details={"version": made.number})
    return made


def begun(now: datetime) -> list[Terms]:
    """The version in force and those before it, newest first (one query); the one that comes with the portal where none was loaded."""
    return list(Terms.objects.filter(valid_from__lte=now).order_by("-number")[:50]) or [_first()]


@dataclass(frozen=True)
class Block:
    """A paragraph or heading of the terms."""

    text: str
    is_heading: bool


def blocks(terms: Terms) -> list[Block]:
    """The words of a version in the language of the page."""
    return _blocks(terms.text_en if get_language() == "en" else terms.text)


def changes(terms: Terms) -> list[Block]:
    """What a version changed, in the language of the page."""
    return _blocks(terms.changed_en if get_language() == "en" else terms.changed)


def _blocks(text: str) -> list[Block]:
    parts = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n")]
    return [Block(part.removeprefix("## "), part.startswith("## ")) for part in parts if part]


def _first() -> Terms:
    read = {name: (FIRST / file).read_text(encoding="utf-8").strip() for name, file in _FILES.items()}
    began = datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone())
    return Terms(number=1, valid_from=began, published_at=began, **read)


def load_first() -> str:
    """The first version, which comes with the portal; a second time changes nothing. Returns one line that says what there is."""
    if not Terms.objects.filter(number=1).exists():
        Terms.objects.bulk_create([_first()], ignore_conflicts=True)
    return f"{Terms.objects.count()} phiên bản điều khoản"
