"""Edit before receipt (D-19): a dossier goes back into the form as a draft and is sent again under its code; what it was before is kept.

The draft has the dossier's id, and so its key: nothing is sealed twice. Meanwhile the agency has the dossier as it was sent; whoever
receives, refuses or asks first ends the editing. Whoever holds both rows locks the dossier first.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from dossiers import slips
from dossiers.costs import bill_of
from dossiers.filling import Filled, Problem
from dossiers.models import Dossier, DossierDocument, Draft, FormPrint, Paper, Revision, Standing, State
from dossiers.models.papers import Origin
from dossiers.outcomes import finding_columns
from dossiers.queries import HandlingUnit, own_dossiers, own_drafts
from dossiers.services.common import FilingRefused, NotYours, advance, filer, notify_parties
from dossiers.services.confirming import promise_confirmation
from dossiers.services.filling_in import ROW
from dossiers.services.paying import demand_with_filing
from dossiers.services.registries import keep_sources
from dossiers.signing.current import is_asked
from dossiers.sources import CORRECTED
from dossiers.supplements.opening import as_typed, said
from dossiers.terms import Terms
from portal import audit
from portal.access import SYSTEM, Actor
from portal.files import services as files
from portal.files.models import FileState, StoredFile
from portal.states import TransitionRefused
from portal.workdays import response_due

MOST = 5
"""Times that a dossier may be sent again: each gives the agency its eight hours anew."""


def edit_refusal(dossier: Dossier) -> str:
    """Why a dossier cannot be taken back into the form now, as a sentence for its applicant; empty when it can (a query or two)."""
    if dossier.state != State.SUBMITTED or dossier.received_at is not None:
        return _("Hồ sơ đã được cơ quan xử lý nên không sửa được nữa. Bạn nhắn tin cho cơ quan nếu cần sửa điều gì.")
    if dossier.channel != "2":
        return _("Hồ sơ này nộp ở quầy hoặc qua bưu chính. Bạn liên hệ cơ quan để sửa.")
    if is_asked(dossier.form_version, dossier.applicant_id):
        return _("Tờ khai này đã được ký số nên không sửa được. Bạn rút hồ sơ rồi nộp hồ sơ mới.")
    if dossier.supplements_before:
        return _("Cơ quan đã yêu cầu bổ sung hồ sơ này nên không sửa lại từ đầu được nữa. Bạn nhắn tin cho cơ quan nếu cần sửa thêm.")
    if dossier.revisions.count() >= MOST:
        return _("Hồ sơ đã sửa và gửi lại 5 lần. Bạn rút hồ sơ rồi nộp hồ sơ mới.")
    return ""


@transaction.atomic
def begin_edit(*, actor: Actor, dossier_id: UUID, now: datetime) -> Draft:
    """Take a sent dossier back into the form: the draft of it, or the one that was begun before. The dossier itself stays as it is.

    :class:`NotYours` for another's, ``TransitionRefused`` with a sentence where it cannot be.
    """
    person_id = filer(actor)
    dossier = own_dossiers(actor).select_for_update(of=("self",)).select_related("form_version").filter(pk=dossier_id).first()
    if dossier is None or dossier.applicant_id != actor.party_id:
        raise NotYours
    if refusal := edit_refusal(dossier):
        raise TransitionRefused("resend", dossier.state, refusal)
    begun = Draft.objects.filter(pk=dossier.pk).first()
    if begun is not None:
        return begun
    if own_drafts(actor).filter(procedure_code=dossier.procedure_code).exists():
        raise TransitionRefused(
            "resend", dossier.state, _("Bạn đang có bản nháp khác của thủ tục này. Bạn gửi hoặc xóa bản nháp đó trước, rồi sửa hồ sơ này.")
        )
    papers = list(dossier.papers.select_related("file").filter(superseded_at=None))
    if any(paper.file.state == FileState.UPLOADED for paper in papers):
        raise TransitionRefused("resend", dossier.state, _("Giấy tờ vừa gửi đang được kiểm tra an toàn. Bạn thử lại sau một phút."))
    draft = Draft.objects.create(
        id=dossier.pk,
        party_id=dossier.applicant_id,
        changed_by=person_id,
        worked_on_by=sorted({*dossier.worked_on_by, person_id}),
        procedure_code=dossier.procedure_code,
        form_version=dossier.form_version,
        procedure_version_id=dossier.procedure_version_id,
        unit_code=dossier.unit_code,
        answers=typed_answers(dossier),
    )
    for paper in papers:
        if paper.file.state != FileState.CLEAN:
            # What was unsafe is not given again.
            continue
        held = files.hold_for(file=paper.file, subject=draft.pk, purpose="dossiers.paper", actor=actor)
        Paper.objects.create(
            draft=draft,
            kind=paper.kind,
            label=paper.label,
            file=held,
            origin=paper.origin,
            from_store=paper.from_store,
            position=paper.position,
        )
    audit.record(actor=actor, act="dossiers.begin_edit", target="dossiers.dossier", target_id=str(dossier.pk), unit=dossier.unit_code)
    return draft


def typed_answers(dossier: Dossier) -> dict[str, Any]:
    """The answers of a dossier as its applicant would type them, with why what a source says was corrected (one query)."""
    answers, typed = dossier.answers or {}, {}
    for spec in dossier.form_version.fields:
        if spec["kind"] == "note" or spec["name"] not in answers:
            continue
        value = as_typed(spec, answers[spec["name"]])
        typed[spec["name"]] = [{**row, ROW: secrets.token_hex(4)} for row in value] if spec["kind"] == "group" else value
    corrected = {row.field: row.reason or "" for row in dossier.sources.all() if row.how == row.How.CORRECTED}
    return {**typed, CORRECTED: corrected} if corrected else typed


def end_edit(dossier: Dossier) -> None:
    """The agency was quicker, or the applicant took the dossier back: what was being edited of the locked dossier is gone. The dossier's
    own answers and files stay."""
    from dossiers.services.keeping import erase_draft  # which leans on what this module leans on

    draft = Draft.objects.select_for_update().filter(pk=dossier.pk).first()
    if draft is not None:
        erase_draft(draft, SYSTEM)


def resend(
    dossier: Dossier,
    draft: Draft,
    *,
    filled: Filled,
    bill: Any,
    terms: Terms,
    party: Any,
    person: Any,
    unit: HandlingUnit,
    actor: Actor,
    note: str,
    now: datetime,
) -> Dossier:
    """Send the locked dossier again as its locked draft has it (state 1 → 1), in the transaction of `filing.submit`, which has checked the
    draft: the same code, the eight hours anew, the event, what changed.

    :class:`FilingRefused` for what a code or a payment does not bear, ``TransitionRefused`` where the agency was quicker.
    """
    if refusal := edit_refusal(dossier):
        raise TransitionRefused("resend", dossier.state, refusal)
    _check(dossier, draft, bill)
    revision = Revision(
        dossier=dossier,
        number=dossier.revisions.count() + 1,
        sent_at=max(now, dossier.submitted_at),
        was_sent_at=dossier.revisions.values_list("sent_at", flat=True).last() or dossier.submitted_at,
        person_id=person.id,
        form_version=dossier.form_version,
        answers=dossier.answers or {},
    )
    changes = answer_changes(dossier, draft, filled.answers)
    changes += _take_papers(dossier, draft, actor=actor, now=now)
    revision.changes = changes
    revision.save()
    dossier.sources.all().delete()
    typed = draft.answers or {}
    draft.delete()
    dossier.form_version, dossier.procedure_version_id, dossier.procedure_name = draft.form_version, terms.version_id, terms.name
    dossier.service_level, dossier.answers, dossier.bill = terms.service_level, filled.answers, bill.kept()
    dossier.filed_by_id, dossier.filed_by_name = person.id, person.full_name
    dossier.acting_as, dossier.mandate_id = actor.acting_as.value, actor.mandate_id
    dossier.worked_on_by = sorted({*dossier.worked_on_by, *draft.worked_on_by, person.id})
    for name, value in finding_columns(
        dossier.procedure_code, filled.answers, known_numbers=[person.id_number or "", party.number]
    ).items():
        setattr(dossier, name, value)
    if dossier.payment != Standing.DUE:
        dossier.response_due_at = response_due(now, unit.calendar)
    keep_sources(dossier, typed, filled, now=now)
    summary = ", ".join(dict.fromkeys(one["label"] for one in changes)) or "Không thay đổi gì"
    advance(dossier, "resend", actor=actor, now=now, note=f"{summary}. {note}".strip() if note else summary)
    if not dossier.demands.exists():
        demand_with_filing(dossier, bill.bill, actor=actor, now=now)
    for issued in dossier.documents.filter(role=DossierDocument.Role.SENT, cancelled_at__isnull=True):
        # It stays true of what was sent then; another one says what stands now.
        issued.cancelled_at = now
        issued.save(update_fields=["cancelled_at"])
    _drop_prints(dossier, now)
    promise_confirmation(dossier, revision.number)
    notify_parties(dossier, "dossiers.resent")
    return dossier


def _check(dossier: Dossier, draft: Draft, bill: Any) -> None:
    """A code names its agency, and what was asked for is owed: neither changes by an edit."""
    if draft.unit_code != dossier.unit_code:
        words = _("Mã hồ sơ gắn với cơ quan đã nhận. Muốn nộp ở cơ quan khác, bạn rút hồ sơ này rồi nộp hồ sơ mới.")
        raise FilingRefused([Problem("to-khai", "unit_code", words)])
    before = bill_of(dossier)
    was = before.total if before is not None else 0
    if dossier.demands.exists() and bill.bill.total != was:
        words = _("Sửa như vậy thì phí, lệ phí đổi từ %(was)s thành %(now)s, mà khoản cũ đã lập. Bạn rút hồ sơ này rồi nộp hồ sơ mới.")
        raise FilingRefused([Problem("to-khai", "", words % {"was": slips.money(was), "now": slips.money(bill.bill.total)})])


def answer_changes(dossier: Dossier, draft: Draft, answers: Mapping[str, Any]) -> list[dict[str, str]]:
    """What reads otherwise now, line by line; no query."""
    before, changes = dossier.answers or {}, []
    specs = {spec["name"]: spec for spec in (*draft.form_version.fields, *dossier.form_version.fields) if spec["kind"] != "note"}
    old_names = {spec["name"] for spec in dossier.form_version.fields}
    new_names = {spec["name"] for spec in draft.form_version.fields}
    for name, spec in specs.items():
        was = said(spec, before.get(name, ""), before) if name in old_names else ""
        became = said(spec, answers.get(name, ""), answers) if name in new_names else ""
        if was != became:
            changes.append({"label": spec["label"], "was": was, "became": became})
    return changes


def _take_papers(dossier: Dossier, draft: Draft, *, actor: Actor, now: datetime) -> list[dict[str, str]]:
    """Papers that were sent before and stand in the draft stay what they are; new ones come in, those that are gone are superseded."""
    standing: dict[tuple[str, str], list[Paper]] = {}
    for paper in dossier.papers.select_related("file").filter(superseded_at=None).exclude(origin=Origin.SIGNED):
        standing.setdefault((paper.kind, paper.file.sha256), []).append(paper)
    changes, dropped = [], []
    last = max((paper.position for paper in dossier.papers.all()), default=0)
    for paper in draft.papers.select_related("file"):
        if same := standing.get((paper.kind, paper.file.sha256)):
            same.pop()
            dropped.append(paper)
            continue
        last += 1
        paper.draft, paper.dossier, paper.position = None, dossier, last
        paper.save(update_fields=["draft", "dossier", "position"])
        changes.append({"label": paper.label, "was": "", "became": str(paper.file.name or "")})
    for paper in dropped:
        paper.delete()
        files.erase(file=paper.file, actor=actor)
    for gone in (one for rest in standing.values() for one in rest):
        gone.superseded_at = now
        gone.save(update_fields=["superseded_at"])
        changes.append({"label": gone.label, "was": str(gone.file.name or ""), "became": ""})
    return changes


def _drop_prints(dossier: Dossier, now: datetime) -> None:
    """What was printed of it shows what it was."""
    rows = FormPrint.objects.filter(filing_id=dossier.pk, sent=True, removed_at=None)
    held: Sequence[StoredFile] = list(StoredFile.objects.filter(pk__in=rows.exclude(file=None).values("file")))
    rows.update(removed_at=now)
    for file in held:
        files.erase(file=file, actor=SYSTEM)


def revisions_of(dossier: Dossier) -> list[Revision]:
    """The times at which it was sent again, oldest first, without what it was before (one query)."""
    return list(dossier.revisions.defer("answers"))


def edited_codes(draft_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of these drafts, those in which a sent dossier is edited, with its code (one query)."""
    return {pk: code or "" for pk, code in Dossier.objects.filter(pk__in=list(draft_ids)).values_list("pk", "code")}


def is_being_edited(dossier: Dossier) -> Draft | None:
    """The draft in which its applicant edits a dossier that was sent; None where nobody does (one query, none once it is received)."""
    if dossier.state != State.SUBMITTED:
        return None
    return Draft.objects.filter(pk=dossier.pk).defer("answers").first()
