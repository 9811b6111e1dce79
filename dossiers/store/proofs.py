"""Papers that a registry supplies: what it said, as a document with source, time and hash, in the store of the party (D-02, D-04).

They lie there as other papers do and are given instead of asked for. A registry that says something else later has its former papers ended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from dossiers.models import RegistryAnswer, StorePaper, StorePaperFile
from dossiers.sources import REGISTRY_FACTS, SOURCES
from portal import audit, crypto
from portal.access import SYSTEM
from portal.documents.rendering import html_to_pdf
from portal.files import services as files


@dataclass(frozen=True)
class Kind:
    """A kind of paper that a registry's answer stands for."""

    code: str
    title: str
    number: str
    """Which fact is its number: without it there is no such paper."""
    issued_on: str
    issuer: str = ""
    until: str = ""
    facts: tuple[str, ...] = ()
    """What it says, beside number, day and issuer."""
    of_row: bool = False
    """One of each parcel or vehicle."""
    when: Mapping[str, str] | None = None
    """A fact that must be so."""


KINDS: dict[str, tuple[Kind, ...]] = {
    "civil_status": (
        Kind(
            "KQ.G15.000032",
            "Giấy chứng nhận kết hôn",
            "marriage_number",
            "marriage_date",
            "marriage_place",
            facts=("spouse_name", "spouse_birth_date", "spouse_id_number"),
            when={"marital_status": "married"},
        ),
        Kind(
            "KQ.G15.000031",
            "Giấy khai sinh",
            "birth_number",
            "birth_registered_on",
            "birth_registered_at",
            facts=("birth_place", "home_town", "ethnicity", "nationality"),
        ),
    ),
    "business": (
        Kind(
            "KQ.G12.001056",
            "Giấy chứng nhận đăng ký doanh nghiệp",
            "registration_number",
            "registered_on",
            "registered_by",
            facts=("name", "address", "representative"),
        ),
    ),
    "vehicle": (
        Kind(
            "KQ.G01.000185",
            "Giấy phép lái xe",
            "licence_number",
            "licence_issued_on",
            "licence_issuer",
            "licence_valid_until",
            facts=("licence_class",),
        ),
        Kind(
            "KQ.G01.000014",
            "Chứng nhận đăng ký xe",
            "certificate",
            "registered_on",
            facts=("plate", "brand", "colour", "chassis", "engine", "seats", "year"),
            of_row=True,
        ),
    ),
    "land": (
        Kind(
            "KQ.G10.001147",
            "Giấy chứng nhận quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất",
            "certificate",
            "issued_on",
            facts=("book", "sheet", "parcel", "area", "address"),
            of_row=True,
        ),
    ),
}
"""Codes of the shared catalogue of results, by registry."""


@dataclass(frozen=True)
class Said:
    """One paper that a registry's answer stands for."""

    kind: Kind
    registry: str
    facts: Mapping[str, str]

    def fact(self, name: str) -> str:
        """A fact of its registry; empty where it says none."""
        return self.facts.get(f"{self.registry}.{name}", "") if name else ""

    def day(self, name: str) -> date | None:
        """A day."""
        text = self.fact(name)
        return date.fromisoformat(text) if text else None

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What it says, in words."""
        names = (self.kind.number, self.kind.issued_on, self.kind.issuer, self.kind.until, *self.kind.facts)
        labels = REGISTRY_FACTS[self.registry]
        return [(labels[name][:1].upper() + labels[name][1:], _shown(self.fact(name))) for name in names if self.fact(name)]

    @property
    def digest(self) -> str:
        """SHA-256 of what the registry said that the paper stands for."""
        names = sorted((self.kind.number, self.kind.issued_on, self.kind.issuer, self.kind.until, *self.kind.facts))
        said = {name: self.fact(name) for name in names if self.fact(name)}
        text = json.dumps({"kind": self.kind.code, "said": said}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _shown(value: str) -> str:
    try:
        return f"{date.fromisoformat(value):%d/%m/%Y}" if len(value) == 10 else value
    except ValueError:
        return value


def said_papers(registry: str, said: Mapping[str, Any] | None) -> Iterator[Said]:
    """The papers that an answer of a registry stands for."""
    facts: Mapping[str, str] = (said or {}).get("facts", {})
    rows: list[Mapping[str, str]] = (said or {}).get("rows", [])
    for kind in KINDS.get(registry, ()):
        for one in rows if kind.of_row else [facts]:
            found = Said(kind, registry, one)
            holds = all(found.fact(name) == value for name, value in (kind.when or {}).items())
            if found.fact(kind.number) and holds:
                yield found


def keep(*, answer_id: int, now: datetime) -> list[StorePaper]:
    """Put the papers that a registry's answer stands for into the party's store: those that are new. Idempotent; ends those that the
    registry does not say any more."""
    row = RegistryAnswer.objects.filter(pk=answer_id, answered_at__isnull=False).first()
    if row is None or row.answered_at is None or crypto.is_destroyed(row.party_id):
        return []
    found = {one.digest: one for one in said_papers(row.registry, row.said)}
    there = set(_of(row).filter(said_sha256__in=found).values_list("said_sha256", flat=True))
    # Drawn before the transaction: a page of paper takes its time.
    drawn = {digest: _pdf(one, digest, row.answered_at) for digest, one in found.items() if digest not in there}
    return _land(row, found, drawn, now)


@transaction.atomic
def _land(row: RegistryAnswer, found: Mapping[str, Said], drawn: Mapping[str, bytes], now: datetime) -> list[StorePaper]:
    RegistryAnswer.objects.select_for_update().get(pk=row.pk)
    known = {paper.said_sha256: paper for paper in _of(row)}
    yesterday = timezone.localdate(now) - timedelta(days=1)
    gone = _of(row).exclude(said_sha256__in=found).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=yesterday))
    gone.update(valid_until=yesterday)
    kept = []
    for digest, one in found.items():
        until = one.day(one.kind.until)
        if digest in known:
            StorePaper.objects.filter(pk=known[digest].pk).update(said_at=row.answered_at, valid_until=until)
        elif digest in drawn:
            kept.append(_keep(row, one, digest, drawn[digest], until, now))
    return kept


def _of(row: RegistryAnswer) -> Any:
    return StorePaper.objects.filter(party_id=row.party_id, origin=StorePaper.Origin.REGISTRY, registry=row.registry)


def _keep(row: RegistryAnswer, one: Said, digest: str, pdf: bytes, until: date | None, now: datetime) -> StorePaper:
    plate = one.fact("plate")
    title = f"{one.kind.title} {plate}" if plate else one.kind.title
    paper = StorePaper.objects.create(
        party_id=row.party_id,
        kind=one.kind.code,
        title=title,
        issuer=one.fact(one.kind.issuer)[:300],
        number=one.fact(one.kind.number),
        issued_on=one.day(one.kind.issued_on),
        valid_until=until,
        origin=StorePaper.Origin.REGISTRY,
        signature=StorePaper.Signature.PROOF,
        registry=row.registry,
        said_at=row.answered_at,
        said_sha256=digest,
        kept_at=now,
    )
    file = files.store_bytes(
        subject=row.party_id, data=pdf, name=f"{title}.pdf", purpose="dossiers.store", media_type="application/pdf", actor=SYSTEM
    )
    StorePaperFile.objects.create(paper=paper, file=file, position=1)
    audit.record(
        actor=SYSTEM,
        act="dossiers.store_keep",
        target="dossiers.storepaper",
        target_id=str(paper.id),
        details={"kind": paper.kind, "origin": str(paper.origin), "registry": row.registry},
    )
    return paper


def _pdf(one: Said, digest: str, at: datetime) -> bytes:
    with translation.override("vi"):
        context = {
            "title": one.kind.title,
            "lines": one.lines,
            "source": str(SOURCES[one.registry]),
            "at": timezone.localtime(at),
            "digest": digest,
            "environment_label": settings.ENVIRONMENT_LABEL,
        }
        return html_to_pdf(render_to_string("documents/registry_paper.html", context))
