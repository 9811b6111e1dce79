"""What officers do with a dossier: open, receive, refuse, decide, have the result signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from dossiers import slips
from dossiers.costs import limit_of
from dossiers.following.objections import refusal_to_decide
from dossiers.interlinked.queries import waits_for
from dossiers.models import TABLE, Dossier, DossierDocument, Stage
from dossiers.outcomes import RESULT, TEMPLATE, Decision, Outcome, decision_form, outcome_for, result_context
from dossiers.process import running
from dossiers.queries import unit_calendar
from dossiers.registers import BOOK, FIRST_BOOK, NUMBER, RegisterNumber
from dossiers.services.common import advance, grounded, lock_for_officer, notify_parties, position_of, refuse_own, why_nots
from dossiers.services.handing import pass_on
from dossiers.services.paying import call_off
from dossiers.services.registers import free_number, take_number
from dossiers.slip_sets.issuing import issue_of
from dossiers.slip_sets.sheets import issue_refusal
from dossiers.terms import terms_of
from portal import audit
from portal.access import SYSTEM, AccessDenied, Actor, require, visible_to
from portal.documents import services as documents
from portal.states import TransitionRefused
from portal.workdays import due_at

DECIDED = "decision"
"""Where a result's sealed context keeps what the officer wrote."""


@transaction.atomic
def open_dossier(*, actor: Actor, dossier_id: UUID) -> Dossier:
    """Open one dossier to read it; who looked at whose papers is itself an act in the audit trail (requirement O-07).

    ``Dossier.DoesNotExist`` behind the door, and of one that was disposed of: nothing is left to read (`dossiers.archive.desk.stub_page`).
    """
    rows = Dossier.objects.select_related("form_version").filter(disposed_at__isnull=True)
    dossier = visible_to(actor, rows, "dossiers.read", "unit_code").get(pk=dossier_id)
    audit.record(actor=actor, act="dossiers.read", target="dossiers.dossier", target_id=str(dossier.pk), unit=dossier.unit_code)
    return dossier


@transaction.atomic
def receive(*, actor: Actor, dossier_id: UUID, seen_version: int, now: datetime) -> Dossier:
    """Receive a complete dossier (state 1 → 2 → 4): the clock starts, the officer takes charge, the receipt is issued.

    Decree 61/2018 art. 17; slip 01 of Circular 03/2025. The appointment follows the limit that the procedure's version of
    the day of filing sets for the channel. ``TransitionRefused`` when another officer was quicker.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.receive", seen_version=seen_version, transition="receive")
    if refusal := TABLE.refusal(dossier, "receive"):
        raise TransitionRefused("receive", dossier.state, refusal)
    if refusal := waits_for(dossier):
        raise TransitionRefused("receive", dossier.state, refusal)
    terms = terms_of(dossier)
    dossier.received_at = max(now, dossier.submitted_at)
    limit = limit_of(dossier, terms)
    dossier.due_at = dossier.due_first = due_at(dossier.received_at, limit.amount, limit.unit, unit_calendar(dossier.unit_code))
    dossier.officer_id = position_of(actor)
    dossier.officer_label = actor.label
    advance(dossier, "receive", actor=actor, now=now, saved_with_the_next=True)
    # Nothing to hand over in a commune's office: the officer who receives it handles it, at once.
    advance(dossier, "start", actor=SYSTEM, now=now)
    issue_of(
        dossier,
        DossierDocument.Role.RECEIPT,
        kind=slips.RECEIPT,
        # Received again after a receipt by mistake it gets another slip.
        key=f"dossiers.receipt:{dossier.id}" + (f":{again}" if (again := dossier.documents.filter(role="receipt").count()) else ""),
        context=slips.receipt_context(dossier, limit),
        actor=actor,
        now=now,
    )
    notify_parties(dossier, "dossiers.received", due=slips.moment(dossier.due_at))
    running.begin(dossier, now=now)
    return pass_on(dossier, actor=actor, now=now)


@transaction.atomic
def refuse(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, basis: str = "", now: datetime) -> Dossier:
    """Refuse to receive a dossier (state 1 → 3) with a reason and its legal ground, both read by the applicant (Decree 61/2018 art. 17;
    slip 03).

    ``ValueError`` without a reason.
    """
    if not reason.strip():
        raise ValueError("a refusal needs a reason")
    why = grounded(reason, basis)
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.refuse", seen_version=seen_version, transition="refuse")
    dossier.refused_at = max(now, dossier.submitted_at)
    dossier.officer_id = position_of(actor)
    dossier.officer_label = actor.label
    call_off(dossier, reason="refused", actor=actor, now=now)
    advance(dossier, "refuse", actor=actor, now=now, note=why)
    issue_refusal(dossier, reason=why, actor=actor, now=now)
    notify_parties(dossier, "dossiers.refused")
    return dossier


@transaction.atomic
def decide(
    *,
    actor: Actor,
    dossier_id: UUID,
    seen_version: int,
    values: Mapping[str, str],
    signer_position_id: UUID,
    now: datetime,
) -> DossierDocument:
    """Decide (within state 4): the clock stops here, the number in the register is taken, the result waits for the leader's signature.

    ``values``: what the officer wrote into the decision form of the procedure's result template (`dossiers.outcomes`), number and book of
    the register among them where it has one. Law on Civil Status 2014 art. 16.2: the officer reports, the leader issues.
    :class:`BadNumber` for a number that cannot be given, ``ValueError`` for values that the form would refuse, ``TransitionRefused``
    when somebody was quicker or the chosen leader cannot sign this dossier.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.decide", seen_version=seen_version, transition="decide")
    outcome = outcome_for(dossier)
    if outcome is None:
        raise TransitionRefused("decide", dossier.state, "Thủ tục này chưa có mẫu kết quả điện tử nên chưa quyết định trên Cổng được.")
    if refusal := TABLE.refusal(dossier, "decide") or running.why_not_decided(dossier, actor, now) or refusal_to_decide(dossier, outcome):
        raise TransitionRefused("decide", dossier.state, refusal)
    signer = next(iter(signers_of(dossier, actor, only=signer_position_id)), None)
    if signer is None:
        words = f"Người ký phải là {outcome.signer_words}, có chứng thư chữ ký số, không phải người trình và không liên quan đến hồ sơ."
        raise TransitionRefused("decide", dossier.state, words)
    credential_id, signer_label = people.signing_credential(signer.position_id)
    dossier.decided_at = max(now, dossier.received_at or now)
    form = decision_form(outcome, dossier, values, today=timezone.localdate(now))
    given = _number(outcome, dossier, values)
    if not form.is_valid():
        raise ValueError(f"not what the form of the decision takes: {sorted(form.errors)}")

    def to_the_leader() -> None:
        dossier.stage, dossier.signer_position_id = Stage.AWAITING_SIGNATURE, signer.position_id

    entered = f"{given.number_words}, quyển {given.book_words}" if outcome.register and outcome.register.has_books and given else ""
    entered = entered or (given.number_words if given else "")
    note = f"Số {entered}; trình {signer.label}" if entered else f"Trình {signer.label}"
    event = advance(dossier, "decide", actor=actor, now=now, note=note, then=to_the_leader)
    document = documents.issue_for_signature(
        key=f"dossiers.result:{dossier.id}:{event.pk}",
        kind=RESULT,
        title=outcome.title,
        template=TEMPLATE,
        context={**result_context(outcome, Decision(dossier, form.values, given, signer_label)), DECIDED: form.values},
        unit_code=dossier.unit_code,
        subject=dossier.id,
        credential_id=credential_id,
        signer_label=signer_label,
        signer_id_number=people.position_holder_id_number(signer.position_id),
        signer_user_id=signer.user_id,
        signer_position_id=signer.position_id,
        actor=actor,
    )
    last = outcome.valid_until(form.values, timezone.localdate(dossier.decided_at))
    return DossierDocument.objects.create(dossier=dossier, document=document, role=DossierDocument.Role.RESULT, valid_until=last)


def _number(outcome: Outcome, dossier: Dossier, values: Mapping[str, str]) -> RegisterNumber | None:
    """The number of the decision in its register, taken; None where it has none. :class:`BadNumber`."""
    if outcome.register is None or dossier.decided_at is None:
        return None
    book = values.get(BOOK, "") if outcome.register.has_books else FIRST_BOOK
    return take_number(dossier=dossier, register=outcome.register, number=values.get(NUMBER, ""), book=book, now=dossier.decided_at)


def written(issued: DossierDocument | None) -> dict[str, str]:
    """What the officer wrote into the decision behind a result (one query, for its key); empty without one."""
    values: dict[str, str] = (issued.document.context or {}).get(DECIDED, {}) if issued is not None else {}
    return values


def written_before(dossier: Dossier) -> dict[str, str]:
    """What the officer wrote into a decision that was taken back, so that nobody types it twice; no number (two queries)."""
    last = dossier.documents.select_related("document").filter(role=DossierDocument.Role.RESULT).order_by("-id").first()
    return {name: value for name, value in written(last).items() if name not in (NUMBER, BOOK)}


def signers_of(dossier: Dossier, actor: Actor, only: UUID | None = None) -> list[people.Holder]:
    """Who may be asked to sign the result: the agency's leaders with a key, but not who prepares it, nor anybody it concerns.
    ``only``: this one position, if it may.

    Empty for a procedure without an outcome. Queries: positions, their keys, the dossier's own.
    """
    outcome = outcome_for(dossier)
    if outcome is None:
        return []
    holders = [one for one in people.holders(dossier.unit_code, outcome.signer_roles) if only in (None, one.position_id)]
    able = [one for one in holders if one.has_credential and one.person_id != actor.person_id]
    barred = why_nots(dossier, [one.person_id for one in able])
    return [one for one in able if one.person_id not in barred]


@transaction.atomic
def take_back(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    """Take a decision back before it is signed: the number is free again, the document is cancelled, the clock runs on.

    ``ValueError`` without a reason; ``TransitionRefused`` once the leader has authorised the signature.
    """
    dossier = lock_for_officer(
        actor=actor, dossier_id=dossier_id, act="dossiers.take_back", seen_version=seen_version, transition="take_back"
    )
    return _undo_decision(dossier, "take_back", actor=actor, reason=reason, now=now)


@transaction.atomic
def decline(*, actor: Actor, dossier_id: UUID, seen_version: int, reason: str, now: datetime) -> Dossier:
    """The leader does not sign and gives the dossier back to the officer with a reason; otherwise as :func:`take_back`.

    :class:`AccessDenied` for a leader who was not asked.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act="dossiers.sign", seen_version=seen_version, transition="decline")
    if dossier.awaits_signature and not may_sign(dossier, actor):
        raise AccessDenied("dossiers.sign")
    return _undo_decision(dossier, "decline", actor=actor, reason=reason, now=now)


def _undo_decision(dossier: Dossier, transition: str, *, actor: Actor, reason: str, now: datetime) -> Dossier:
    if not reason.strip():
        raise ValueError("taking a decision back needs a reason")
    if refusal := TABLE.refusal(dossier, transition):
        raise TransitionRefused(transition, dossier.state, refusal)
    issued = result_of(dossier)
    if issued is not None:
        documents.cancel(document=issued.document, actor=actor)
        issued.cancelled_at = now
        issued.save(update_fields=["cancelled_at"])
    free_number(dossier=dossier, now=now)

    def back_to_the_officer() -> None:
        dossier.stage, dossier.decided_at, dossier.signer_position_id = Stage.NONE, None, None

    advance(dossier, transition, actor=actor, now=now, note=reason.strip(), then=back_to_the_officer)
    return dossier


def result_of(dossier: Dossier) -> DossierDocument | None:
    """The result that counts: not one whose decision was taken back (one query)."""
    return dossier.documents.select_related("document").filter(role=DossierDocument.Role.RESULT, cancelled_at__isnull=True).first()


def may_sign(dossier: Dossier, actor: Actor) -> bool:
    """Whether the dossier waits for this officer's signature, in this position."""
    return dossier.awaits_signature and actor.position_id is not None and dossier.signer_position_id == actor.position_id


def authorise_result(*, actor: Actor, dossier_id: UUID, return_to: str) -> str:
    """The address at the signing service where the leader who was asked authorises the signature, also once more.

    :class:`AccessDenied` for any other officer: the credential is that leader's own. ``TransitionRefused`` when nothing waits.
    """
    dossier = visible_to(actor, Dossier.objects.all(), "dossiers.read", "unit_code").get(pk=dossier_id)
    require(actor, "dossiers.sign", dossier.unit_code)
    refuse_own(dossier, actor, "sign")
    issued = result_of(dossier)
    if issued is None or issued.document.is_signed:
        raise TransitionRefused("sign", dossier.state, "Hồ sơ không (còn) chờ ký.")
    if not may_sign(dossier, actor):
        raise AccessDenied("dossiers.sign")
    return documents.authorisation_url(issued.document, actor=actor, return_to=return_to)


@transaction.atomic
def note_look(actor: Actor, dossier: Dossier, act: str, **details: str) -> None:
    """Write down that an officer opened a paper or document of a dossier (requirement O-07)."""
    audit.record(actor=actor, act=act, target="dossiers.dossier", target_id=str(dossier.pk), unit=dossier.unit_code, details=details)
