"""What was filled in becomes a dossier with its code, is received, its papers listed under the officer's signature (D-05, D-22)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from dossiers.counter_filing import counts, sheets
from dossiers.counter_filing.common import OWN, FilingRefused, locked, record
from dossiers.counter_filing.filling import Sheet, looked_at, problems
from dossiers.models import CounterFiling, CounterPaper, Dossier, Draft, Paper, PaymentDemand, State
from dossiers.models.dossier import Channel
from dossiers.outcomes import finding_columns
from dossiers.queries import handling_unit
from dossiers.services.codes import next_code
from dossiers.services.common import concerns, write_event
from dossiers.services.desk import receive
from dossiers.services.paying import DEFAULT, lines_of, make_demand
from dossiers.services.registries import keep_sources
from dossiers.store.counting import count_sent
from dossiers.terms import NotServed, TermsUnknown, terms_for
from payments import services as payments
from portal import crypto
from portal.access import SYSTEM, AccessDenied, ActingAs, Actor, may
from portal.documents import services as documents
from portal.documents.models import Document
from portal.files import services as files
from portal.files.models import StoredFile
from portal.states import TransitionRefused
from portal.text import search_key
from portal.workdays import response_due

log = logging.getLogger(__name__)
KEPT_OPEN = timedelta(days=30)
"""A filing that nobody has gone on with for so long is erased: who came has come again, or will not."""
_KINDS = {"person": ActingAs.PERSON.value}


@transaction.atomic
def enter(*, actor: Actor, filing_id: UUID, seen_version: int, now: datetime) -> Dossier:
    """Make the dossier (state 1) with its code, and receive it where nothing is to be paid first (1 → 2 → 4; Decree 61/2018 art. 17).

    Its channel says how it came, and counts (D-22). :class:`FilingRefused` says what is missing.
    """
    filing = locked(actor, filing_id, seen_version)
    # A file's check that ends at this moment waits for us, or we for it.
    list(StoredFile.objects.select_for_update().filter(pk__in=filing.papers.values("file")).order_by("pk").values_list("pk"))
    if not _is_in_force(filing, now):
        raise FilingRefused("Thủ tục vừa có nội dung mới. Bạn bỏ hồ sơ này và nhập lại theo nội dung đang có hiệu lực.", status=409)
    sheet = looked_at(filing, now=now)
    if wrong := problems(sheet, day=timezone.localdate(now)):
        raise FilingRefused(" ".join(problem.message for problem in wrong))
    unit = handling_unit(filing.unit_code)
    if unit is None:
        raise FilingRefused("Đơn vị của bạn không còn trong danh mục.", status=409)
    party = people.party(filing.party_id)
    bill = sheet.bill
    as_draft = cast(Draft, filing)
    count_sent(as_draft, sheet.filled, unit_code=unit.code, now=now)
    dossier = Dossier.objects.create(
        id=filing.id,
        code=next_code(unit_code=unit.code, day=timezone.localdate(now)),
        procedure_code=filing.procedure_code,
        procedure_version_id=filing.procedure_version_id,
        procedure_name=filing.procedure_name,
        service_level=sheet.terms.terms.service_level,
        channel=filing.channel,
        applicant_id=party.id,
        applicant_name=party.name,
        owner_id=party.id,
        owner_name=party.name,
        owner_name_key=search_key(party.name),
        filed_by_id=sheet.person.id,
        filed_by_name=sheet.person.full_name,
        worked_on_by=[sheet.person.id],
        **finding_columns(filing.procedure_code, sheet.filled.answers, known_numbers=[sheet.person.id_number or "", party.number]),
        acting_as=_as_whom(filing, party),
        mandate_id=filing.mandate_id,
        unit_code=unit.code,
        unit_level=unit.level,
        state=State.SUBMITTED,
        form_version=filing.form_version,
        answers=sheet.filled.answers,
        bill={**bill.kept(), **sheet.terms.kept_limit},
        draft_started_at=filing.began_at,
        submitted_at=now,
        response_due_at=response_due(now, unit.calendar),
    )
    if concerns(dossier, actor.person_id):
        raise FilingRefused(OWN, status=409)
    keep_sources(dossier, filing.answers or {}, sheet.filled, now=now)
    _hand_in(filing, dossier, sheet)
    filing.state, filing.dossier, filing.ended_at, filing.changed_at = CounterFiling.State.ENTERED, dossier, now, now
    filing.sheet = _list_of_papers(filing, dossier, actor) if sheet.papers else None
    filing.version += 1
    filing.save()
    _count(filing, sheet, now)
    demand = _owed(dossier, sheet, actor, now)
    note = f"{dossier.get_channel_display()}, {actor.label} nhập"
    write_event(dossier, "submit", before="", actor=actor, now=now, note=note)
    record(actor, "enter_counter_filing", filing, code=dossier.code or "")
    if demand is None and may(actor, "dossiers.receive", dossier.unit_code):
        dossier = receive(actor=actor, dossier_id=dossier.id, seen_version=dossier.version, now=now)
    return dossier


def _is_in_force(filing: CounterFiling, now: datetime) -> bool:
    """Whether the law under which it was begun still holds."""
    try:
        return terms_for(filing.procedure_code, filing.party_id, now).version_id == filing.procedure_version_id
    except (TermsUnknown, NotServed):
        return False


def _as_whom(filing: CounterFiling, party: people.Party) -> str:
    """As whom the person who stood there acts."""
    if filing.mandate_id is None:
        return ActingAs.SELF.value
    return _KINDS.get(party.kind, ActingAs.ORGANISATION.value)


def _hand_in(filing: CounterFiling, dossier: Dossier, sheet: Sheet) -> None:
    """The digitised papers are the dossier's; what stays on paper is listed alone."""
    for one in sheet.papers:
        if one.file is None:
            continue
        one.paper = Paper.objects.create(
            dossier=dossier,
            kind=one.kind,
            label=one.label,
            file=one.file,
            position=one.position,
            origin=one.origin,
            from_store=one.from_store,
        )
        one.save(update_fields=["paper"])


def _list_of_papers(filing: CounterFiling, dossier: Dossier, actor: Actor) -> Document:
    """The list that the officer signs with their own certificate, one signature over the hash of every file; under the agency's seal with
    their name where they have no certificate at the signing service."""
    papers = list(filing.papers.select_related("file"))
    common: dict[str, Any] = {
        "key": f"dossiers.digitised:{dossier.id}",
        "kind": sheets.DIGITISED,
        "title": sheets.DIGITISED_TITLE,
        "template": "documents/digitised.html",
        "context": sheets.digitised_context(filing, dossier, papers, officer=actor.label),
        "unit_code": dossier.unit_code,
        "subject": dossier.id,
        "actor": actor,
    }
    assert actor.position_id is not None
    credential, label = people.signing_credential(actor.position_id)
    number = people.position_holder_id_number(actor.position_id)
    if not credential or not number or actor.user_id is None:
        return documents.issue_sealed(**common)
    return documents.issue_for_signature(
        **common,
        credential_id=credential,
        signer_label=label,
        signer_id_number=number,
        signer_user_id=actor.user_id,
        signer_position_id=actor.position_id,
    )


def _count(filing: CounterFiling, sheet: Sheet, now: datetime) -> None:
    """Each kind of paper once, however many photos it has."""
    kinds: dict[str, CounterPaper] = {}
    for paper in sheet.papers:
        kinds.setdefault(paper.kind, paper)
    papers = list(kinds.values())
    held = [paper for paper in papers if paper.from_store_id]
    made = [paper for paper in papers if not paper.from_store_id]
    counts.add(
        filing.unit_code,
        now,
        counter=int(filing.channel == Channel.COUNTER),
        post=int(filing.channel == Channel.POST),
        reused=len(held),
        digitised=sum(paper.how == CounterPaper.How.MUST for paper in made),
        on_request=sum(paper.how == CounterPaper.How.WISH for paper in made),
        on_paper=sum(paper.how == CounterPaper.How.PAPER for paper in made),
    )


def _owed(dossier: Dossier, sheet: Sheet, actor: Actor, now: datetime) -> PaymentDemand | None:
    """What is due with the filing: the procedure's own fees where they are, and what digitising at one's wish costs (D-27)."""
    payment = {**DEFAULT, **(dossier.form_version.payment or {})}
    lines = lines_of(sheet.bill, payment["revenue"]) if (dossier.form_version.payment or {}).get("when") == "filing" else []
    for paper in sheet.papers:
        if paper.charge:
            pages = paper.pages
            lines.append(payments.Line(f"Số hóa theo yêu cầu: {paper.label}"[:300], "other", paper.charge // pages, pages, "trang"))
    if sum(line.amount for line in lines) < 1:
        return None
    try:
        demand = make_demand(dossier, lines, payment, why=PaymentDemand.Why.FILING, key="filing", actor=actor, now=now)
    except payments.OrderRefused as refused:
        # The agency has no account in the catalogue: it tells how to pay itself, as for filings online.
        log.warning("no order for a filing", extra={"dossier": str(dossier.pk), "why": str(refused)})
        return None
    unit = handling_unit(dossier.unit_code)
    if unit is not None:
        dossier.response_due_at = response_due(demand.until, unit.calendar)
    dossier.save(update_fields=["payment", "pay_until", "response_due_at"])
    return demand


def sign_list(*, actor: Actor, filing_id: UUID, return_to: str) -> str:
    """The address at the signing service where the officer who digitised authorises the signature under the list.

    :class:`FilingRefused` where nothing waits for them.
    """
    filing = CounterFiling.objects.select_related("sheet").get(pk=filing_id)
    if filing.sheet is None or filing.sheet.is_signed:
        raise FilingRefused("Không có bảng kê nào chờ bạn ký.", status=409)
    try:
        return documents.authorisation_url(filing.sheet, actor=actor, return_to=return_to)
    except (AccessDenied, TransitionRefused) as refused:
        raise FilingRefused(getattr(refused, "reason", "") or "Bảng kê này chờ người đã số hóa ký.", status=409) from refused


@transaction.atomic
def drop(*, actor: Actor, filing_id: UUID, seen_version: int | None) -> None:
    """Throw a filing away that was not entered: its scans, and its key."""
    filing = locked(actor, filing_id, seen_version)
    record(actor, "drop_counter_filing", filing)
    _erase(filing, actor)


def _erase(filing: CounterFiling, actor: Actor) -> None:
    from dossiers.post.wishes import forget

    scans = [paper.file for paper in filing.papers.select_related("file") if paper.file is not None]
    filing_id = filing.id
    forget(filing_id)
    filing.delete()
    for scan in scans:
        files.erase(file=scan, actor=actor)
    crypto.shred(filing_id, actor)


def forget_open(*, now: datetime, most: int = 200) -> int:
    """Erase filings that nobody has gone on with for :data:`KEPT_OPEN` (task): how many."""
    rows = CounterFiling.objects.filter(state=CounterFiling.State.OPEN, changed_at__lt=now - KEPT_OPEN)
    erased = 0
    for filing_id in list(rows.order_by("changed_at").values_list("pk", flat=True)[:most]):
        with transaction.atomic():
            filing = rows.select_for_update(skip_locked=True).filter(pk=filing_id).first()
            if filing is not None:
                record(SYSTEM, "drop_counter_filing", filing)
                _erase(filing, SYSTEM)
                erased += 1
    return erased
