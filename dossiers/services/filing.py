"""Filing: a draft becomes a dossier with a code; the applicant may take it back before it is received."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import queries as people
from accounts.services.mandates import hold_mandate
from dossiers import slips
from dossiers.costs import Costs
from dossiers.filling import Filled, costs_of, fill_draft, problems_of
from dossiers.following.editing import resend
from dossiers.handled.routing import partner_for
from dossiers.models import Dossier, Draft, Paper, SignedDeclaration, State
from dossiers.models.dossier import Channel
from dossiers.outcomes import finding_columns
from dossiers.queries import HandlingUnit, own_dossiers, own_drafts, units_of_draft
from dossiers.services.codes import next_code
from dossiers.services.common import (
    DraftChanged,
    FilingRefused,
    NotYours,
    advance,
    check_seen,
    filer,
    notify_parties,
    party_of,
    write_event,
)
from dossiers.services.confirming import promise_confirmation
from dossiers.services.drafts import is_behind
from dossiers.services.paying import call_off, demand_with_filing
from dossiers.services.registries import keep_sources
from dossiers.services.supplements import close_open
from dossiers.signing import current as signing
from dossiers.store.counting import count_sent
from dossiers.terms import Terms, require_offered, terms_for
from portal.access import AccessDenied, Actor
from portal.files.models import StoredFile
from portal.states import TransitionRefused
from portal.text import search_key
from portal.workdays import response_due


@transaction.atomic
def submit(*, actor: Actor, draft_id: UUID, seen_version: int, now: datetime) -> Dossier:
    """Send the draft: it becomes a dossier in state 1 with its code (Decree 45/2020 art. 9-10; requirement D-07).

    Idempotent: the dossier takes the draft's id, so sending the same draft again, even at the same moment, gives the same
    dossier. :class:`DraftChanged` when it is not the version the person read before sending, :class:`FilingRefused` lists
    what is missing, :class:`NotYours` for another's draft, :class:`AccessDenied` below medium assurance.
    """
    person_id = filer(actor)
    # A mandate that is withdrawn at this moment waits for us, or we find it gone.
    hold_mandate(actor=actor, now=now)
    # Where a sent dossier is edited (`dossiers.following.editing`), the dossier comes first.
    sent = own_dossiers(actor).select_for_update(of=("self",)).select_related("form_version").filter(pk=draft_id).first()
    draft = own_drafts(actor).select_for_update().filter(pk=draft_id).first()
    if draft is None:
        # Sent a moment ago by another request, while this one waited for the draft.
        sent = sent or own_dossiers(actor).filter(pk=draft_id).first()
        if sent is None:
            raise NotYours
        return sent
    if draft.version != seen_version:
        raise DraftChanged
    terms = terms_for(draft.procedure_code, draft.party_id, now)
    if is_behind(draft, terms):
        # The person read another form, or another law: they see this one before it is sent.
        raise DraftChanged
    if sent is None:
        require_offered(terms, draft.party_id)
    if actor.assurance < terms.assurance:
        raise AccessDenied("dossiers.file")
    # A file's check that ends at this moment waits for us, or we for it: nobody's verdict falls between draft and dossier.
    list(StoredFile.objects.select_for_update().filter(pk__in=draft.papers.values("file")).order_by("pk").values_list("pk"))
    party = people.party(party_of(actor, draft.procedure_code))
    units = units_of_draft(draft, terms)
    person = people.person(person_id)
    if person.identity_level < terms.assurance:
        raise AccessDenied("dossiers.file")
    filled = fill_draft(draft, person, units=units, now=now)
    signature = signing.standing(draft, filled, person, procedure_name=terms.name)
    if problems := [*problems_of(draft, terms, filled), *signature.problems]:
        raise FilingRefused(problems)

    found = costs_of(draft, terms, filled.shape, person, now=now)
    confirmed = _confirmed_words(draft, person, now) if filled.unlikely else ""
    unit = next(unit for unit in units if unit.code == draft.unit_code)
    if sent is not None:
        return resend(
            sent, draft, filled=filled, bill=found, terms=terms, party=party, person=person, unit=unit, actor=actor, note=confirmed, now=now
        )  # fmt: skip
    if draft.form_version.parts:
        from dossiers.interlinked.filing import send_parts  # which makes dossiers by this module

        return send_parts(draft, filled, terms=terms, party=party, person=person, unit=unit, actor=actor, confirmed=confirmed, now=now)
    dossier = become_dossier(
        draft, filled, bill=found, terms=terms, party=party, person=person, unit=unit, actor=actor, signature=signature.row, now=now
    )  # fmt: skip
    Paper.objects.filter(draft=draft).update(draft=None, dossier=dossier)
    draft.delete()
    tell_sent(dossier, found, actor=actor, confirmed=confirmed, now=now)
    return dossier


def become_dossier(
    draft: Draft,
    filled: Filled,
    *,
    bill: Costs,
    terms: Terms,
    party: Any,
    person: Any,
    unit: HandlingUnit,
    actor: Actor,
    now: datetime,
    signature: SignedDeclaration | None = None,
    papers: Collection[Paper] | None = None,
    answer_from: datetime | None = None,
) -> Dossier:
    """The dossier that a checked draft becomes, under its id, without papers yet; nobody is told.

    ``papers``: those that go with it where they are not all of the draft's. ``answer_from``: from when on the agency has its eight hours
    to answer, where that is not the sending.
    """
    # Before the dossier itself: its row in the national table says what was used again.
    count_sent(draft, filled, unit_code=unit.code, now=now, papers=papers)
    dossier = Dossier.objects.create(
        id=draft.id,
        code=next_code(unit_code=unit.code, day=timezone.localdate(now)),
        procedure_code=draft.procedure_code,
        procedure_version_id=terms.version_id,
        procedure_name=terms.name,
        service_level=terms.service_level,
        channel=Channel.ONLINE,
        applicant_id=party.id,
        applicant_name=party.name,
        owner_id=party.id,
        owner_name=party.name,
        owner_name_key=search_key(party.name),
        filed_by_id=person.id,
        filed_by_name=person.full_name,
        worked_on_by=sorted({*draft.worked_on_by, person.id}),
        **finding_columns(draft.procedure_code, filled.answers, known_numbers=[person.id_number or "", party.number]),
        acting_as=actor.acting_as.value,
        mandate_id=actor.mandate_id,
        unit_code=unit.code,
        unit_level=unit.level,
        handled_by=partner_for(unit.code, draft.procedure_code),
        state=State.SUBMITTED,
        form_version=draft.form_version,
        answers=filled.answers,
        bill=bill.kept(),
        draft_started_at=draft.created_at,
        submitted_at=now,
        response_due_at=response_due(answer_from or now, unit.calendar),
    )
    keep_sources(dossier, draft.answers or {}, filled, now=now)
    if signature is not None:
        signing.keep_with(dossier, signature)
    return dossier


def tell_sent(dossier: Dossier, bill: Costs, *, actor: Actor, confirmed: str, now: datetime) -> None:
    """Ask for the money that is due with the filing, write the event, promise the confirmation and tell the applicant."""
    demand = demand_with_filing(dossier, bill.bill, actor=actor, now=now)
    write_event(dossier, "submit", before="", actor=actor, now=now, note=confirmed)
    promise_confirmation(dossier)
    if demand is None:
        notify_parties(dossier, "dossiers.submitted")
    else:
        notify_parties(dossier, "dossiers.submitted_to_pay", amount=slips.money(demand.amount), until=slips.moment(demand.until))


def _confirmed_words(draft: Draft, person: Any, now: datetime) -> str:
    """What the applicant said is so though it is unlikely, for the officer who reads the dossier: in Vietnamese."""
    with translation.override("vi"):
        said = " ".join(finding.message for finding in fill_draft(draft, person, units=[], now=now).unlikely)
    return f"Người nộp đã xác nhận: {said}" if said else ""


@transaction.atomic
def withdraw(*, actor: Actor, dossier_id: UUID, seen_version: int, now: datetime) -> Dossier:
    """The applicant takes the dossier back before it is received, or while the agency waits for their money (state 7; domain.md §7
    "withdraw before result"). What is not paid is not owed any more, what is paid goes back where the procedure says so.

    :class:`NotYours` for another's dossier, ``TransitionRefused`` once an officer was quicker.
    """
    filer(actor)
    dossier = own_dossiers(actor).select_for_update().filter(pk=dossier_id).first()
    if dossier is None:
        raise NotYours
    if refusal := withdraw_refusal(dossier):
        raise TransitionRefused("withdraw", dossier.state, refusal)
    check_seen(dossier, seen_version, "withdraw")
    dossier.withdrawn_at = max(now, dossier.submitted_at)
    call_off(dossier, reason="withdrawn", actor=actor, now=now)
    close_open(dossier, now=now)
    advance(dossier, "withdraw", actor=actor, now=now)
    notify_parties(dossier, "dossiers.withdrawn")
    return dossier


def withdraw_refusal(dossier: Dossier) -> str:
    """Why the dossier cannot be taken back now, as a sentence for the applicant; empty when it can."""
    if dossier.state in (State.SUBMITTED, State.PAYMENT_DUE, State.INCOMPLETE):
        return ""
    if dossier.state == State.WITHDRAWN and dossier.withdrawn_at is not None:
        at = timezone.localtime(dossier.withdrawn_at)
        return _("Hồ sơ này đã được rút lúc %(at)s, bạn không phải làm gì thêm.") % {"at": f"{at:%H:%M ngày %d/%m/%Y}"}
    return _("Hồ sơ đã được xử lý nên không rút trực tuyến được nữa. Bạn hãy liên hệ cơ quan giải quyết nếu vẫn muốn rút.")
