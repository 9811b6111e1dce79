"""Papers at the counter: in the store, scanned and indexed, or left on paper (D-05, D-24, D-27; Decree 45/2020/NĐ-CP art. 25)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from dossiers.counter_filing.common import FilingRefused, locked, record
from dossiers.counter_filing.filling import Sheet, _changed, looked_at
from dossiers.models import CounterFiling, CounterPaper, DigitisingRate, StorePaper
from dossiers.models.papers import Origin
from dossiers.papers import Wanted
from dossiers.services.drafts import MAX_FILES_A_PAPER, PAPER_TYPES
from dossiers.services.uploads import PURPOSE
from dossiers.store.kinds import all_kinds, kinds_wanted
from dossiers.store.looking import note_officers_look
from dossiers.store.queries import in_state
from dossiers.terms import RequiredPaper
from portal.access import Actor
from portal.files import services as files
from portal.files.errors import FileRefused
from portal.text import nfc

How = CounterPaper.How
MOST_OFFERED = 50


def class_of(paper: RequiredPaper) -> CounterPaper.How:
    """Whether a paper must be digitised: it bears a kind of the shared catalogue or is the result of another procedure. Any other is
    digitised only where its owner wishes it, for its lawful charge."""
    return How.MUST if paper.shared or paper.replaced_by else How.WISH


def rate_of(unit_code: str, day: date) -> DigitisingRate | None:
    """What a page costs at an agency: its own rate, else that of the nearest above it; None: nothing is taken (one query)."""
    parts = unit_code.split(".")
    above = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    rows = DigitisingRate.objects.filter(unit_code__in=above, valid_from__lte=day)
    return max(rows, key=lambda rate: (len(rate.unit_code), rate.valid_from), default=None)


def offered(filing: CounterFiling, wanted: Sequence[Wanted], *, day: date) -> Mapping[str, list[StorePaper]]:
    """Papers of the person's store that hold and may be given for what is wanted and not there yet, by kind (two queries)."""
    there = set(filing.papers.values_list("kind", flat=True))
    missing = [one for one in wanted if one.asked and one.paper.kind not in there]
    kinds = all_kinds(one.paper for one in missing)
    if not kinds:
        return {}
    rows = in_state(_store(filing), "con-hieu-luc", day).filter(kind__in=kinds)
    held = list(rows.select_related("document").order_by("-kept_at", "id")[:MOST_OFFERED])
    found = {one.paper.kind: [paper for paper in held if paper.kind in kinds_wanted(one.paper)] for one in missing}
    return {kind: papers for kind, papers in found.items() if papers}


def _store(filing: CounterFiling):  # type: ignore[no-untyped-def]
    """The papers of the party that stands at the counter. Only kinds that the procedure asks for are ever read through this."""
    return StorePaper.objects.filter(party_id=filing.party_id)


def wanted_of(sheet: Sheet, kind: str) -> Wanted:
    """What the law wants by that kind; :class:`FilingRefused` where it wants nothing."""
    found = next((one for one in sheet.wanted if one.paper.kind == kind), None)
    if found is None:
        raise FilingRefused("Hồ sơ này không cần giấy tờ đó.", "kind", status=409)
    return found


def add_scan(
    *,
    actor: Actor,
    filing_id: UUID,
    seen_version: int,
    kind: str,
    upload: UploadedFile,
    pages: int,
    number: str,
    issuer: str,
    issued_on: date | None,
    now: datetime,
) -> CounterPaper:
    """Take a scan or a photo of a paper that lies on the counter, with its index: number, issuer, day.

    What must be digitised costs nothing; what is digitised at its owner's wish costs by the page. :class:`FilingRefused`.
    """
    with transaction.atomic():
        filing = locked(actor, filing_id, seen_version)
        _room(filing, kind, upload.size or 0)
        wanted_of(looked_at(filing, now=now), kind)
    try:
        # Outside the transaction: 20 MB are written to disk while nobody waits for the row.
        stored = files.receive(
            subject=filing_id,
            upload=upload,
            name=upload.name or "",
            purpose=PURPOSE,
            max_bytes=settings.MAX_FILE_BYTES,
            allowed_types=PAPER_TYPES,
            actor=actor,
        )
    except FileRefused as refused:
        raise FilingRefused(refused.message, "file") from refused
    try:
        with transaction.atomic():
            filing = locked(actor, filing_id, seen_version)
            wanted = wanted_of(looked_at(filing, now=now), kind).paper
            _room(filing, kind, stored.size)
            how = class_of(wanted)
            rate = rate_of(filing.unit_code, timezone.localdate(now)) if how == How.WISH else None
            filing.papers.filter(kind=kind, how=How.PAPER).delete()
            paper = CounterPaper.objects.create(
                filing=filing,
                kind=kind,
                label=wanted.label[:500],
                how=how,
                file=stored,
                position=_last(filing) + 1,
                pages=pages,
                charge=rate.amount * pages if rate is not None else 0,
                number=nfc(number).strip()[:100] or None,
                issuer=nfc(issuer).strip()[:300],
                issued_on=issued_on,
                added_at=now,
            )
            _changed(filing, now)
            record(actor, "digitise_paper", filing, kind=kind, how=how.value, sha256=stored.sha256, pages=str(pages))
            return paper
    except BaseException:
        files.erase(file=stored, actor=actor)
        raise


@transaction.atomic
def keep_on_paper(*, actor: Actor, filing_id: UUID, seen_version: int, kind: str, now: datetime) -> CounterPaper:
    """Note that a paper was handed in and is not digitised: it travels with the dossier. Not for one that must be digitised."""
    filing = locked(actor, filing_id, seen_version)
    wanted = wanted_of(looked_at(filing, now=now), kind).paper
    if class_of(wanted) == How.MUST:
        raise FilingRefused("Giấy tờ này phải số hóa (Nghị định 45/2020/NĐ-CP, điều 25). Bạn quét hoặc chụp tại quầy.", "kind")
    if filing.papers.filter(kind=kind).exists():
        raise FilingRefused("Giấy tờ này đã có.", "kind", status=409)
    paper = CounterPaper.objects.create(
        filing=filing, kind=kind, label=wanted.label[:500], how=How.PAPER, position=_last(filing) + 1, added_at=now
    )
    _changed(filing, now)
    record(actor, "keep_on_paper", filing, kind=kind)
    return paper


@transaction.atomic
def take_held(*, actor: Actor, filing_id: UUID, seen_version: int, kind: str, store_paper_id: UUID, now: datetime) -> list[CounterPaper]:
    """Give a paper of the person's store instead of asking for it (requirement D-24). The look into the store is its owner's to see."""
    filing = locked(actor, filing_id, seen_version)
    wanted = wanted_of(looked_at(filing, now=now), kind).paper
    rows = in_state(_store(filing), "con-hieu-luc", timezone.localdate(now))
    source = rows.filter(pk=store_paper_id, kind__in=kinds_wanted(wanted)).first()
    if source is None:
        raise FilingRefused("Giấy này không còn trong kho.", "kind", status=409)
    if filing.papers.filter(from_store=source).exists():
        return []
    given = []
    for one in source.files.select_related("file"):
        _room(filing, kind, one.file.size)
        given.append(
            CounterPaper.objects.create(
                filing=filing,
                kind=kind,
                label=wanted.label[:500],
                how=How.MUST,
                file=files.hold_for(file=one.file, subject=filing.id, purpose=PURPOSE, actor=actor),
                position=_last(filing) + 1,
                origin=Origin.REUSED,
                from_store=source,
                number=source.number,
                issuer=source.issuer,
                issued_on=source.issued_on,
                added_at=now,
            )
        )
    note_officers_look(actor, source, now=now)
    _changed(filing, now)
    record(actor, "take_from_store", filing, kind=kind, store_paper=str(source.pk))
    return given


@transaction.atomic
def remove(*, actor: Actor, filing_id: UUID, seen_version: int, paper_id: UUID, now: datetime) -> None:
    """Take a paper out again; its file is erased. Twice is no error."""
    filing = locked(actor, filing_id, seen_version)
    paper = filing.papers.select_related("file").filter(pk=paper_id).first()
    if paper is None:
        return
    stored = paper.file
    paper.delete()
    if stored is not None:
        files.erase(file=stored, actor=actor)
    _changed(filing, now)
    record(actor, "remove_paper", filing, kind=paper.kind)


def _last(filing: CounterFiling) -> int:
    return int(filing.papers.aggregate(last=Max("position"))["last"] or 0)


def _room(filing: CounterFiling, kind: str, size: int) -> None:
    if filing.papers.filter(kind=kind, file__isnull=False).count() >= MAX_FILES_A_PAPER:
        raise FilingRefused("Mỗi loại giấy tờ nhận tối đa 10 tệp.", "file")
    taken = filing.papers.aggregate(total=Sum("file__size"))["total"] or 0
    if taken + size > settings.MAX_DOSSIER_BYTES:
        raise FilingRefused("Cả hồ sơ nhận tối đa 100 MB.", "file")
