"""Filing: a draft becomes a dossier with a code; the applicant may take it back before it is received."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import queries as people
from dossiers.forms import UNIT, AnswersForm
from dossiers.models import Dossier, Draft, Paper, State
from dossiers.models.dossier import Channel
from dossiers.outcomes import finding_columns
from dossiers.queries import handling_units, known_answers
from dossiers.services.codes import next_code
from dossiers.services.common import FilingRefused, NotYours, Problem, advance, check_seen, filer, tell, write_event
from dossiers.terms import Terms, terms_on
from portal.access import AccessDenied, Actor
from portal.files.models import FileState
from portal.states import TransitionRefused
from portal.text import search_key
from portal.workdays import response_due


def problems_of(draft: Draft, terms: Terms) -> list[Problem]:
    """Everything that keeps the draft from being sent, in the order of the pages."""
    units = [(unit.code, unit.name) for unit in handling_units(draft.person_id, terms.levels)]
    form = AnswersForm(draft.form_version.asked, {**(draft.answers or {}), UNIT: draft.unit_code}, units=units)
    found = [Problem("to-khai", name, f"{form.fields[name].label}: {messages[0]}") for name, messages in form.errors.items()]
    papers = list(draft.papers.select_related("file"))
    given = Counter(paper.kind for paper in papers)
    for wanted in terms.papers:
        if wanted.required and not given[wanted.kind]:
            found.append(Problem("giay-to", wanted.kind, _("Còn thiếu: %(paper)s.") % {"paper": wanted.label}))
    for paper in papers:
        if paper.file.state in (FileState.QUARANTINED, FileState.ERASED):
            found.append(
                Problem(
                    "giay-to",
                    paper.kind,
                    _("Tệp “%(name)s” không an toàn nên không nhận được. Bạn hãy xóa và chụp lại.") % {"name": paper.file.name},
                )
            )
    return found


@transaction.atomic
def submit(*, actor: Actor, draft_id: UUID, now: datetime) -> Dossier:
    """Send the draft: it becomes a dossier in state 1 with its code (Decree 45/2020 art. 9-10; requirement D-07).

    Idempotent: the dossier takes the draft's id, so sending the same draft again, even at the same moment, gives the same
    dossier. :class:`FilingRefused` lists what is missing, :class:`NotYours` for another's draft, :class:`AccessDenied`
    below medium assurance.
    """
    person_id = filer(actor)
    draft = Draft.objects.select_for_update().filter(pk=draft_id).first()
    if draft is None:
        sent = Dossier.objects.filter(pk=draft_id, applicant_id=person_id).first()
        if sent is None:
            raise NotYours
        return sent
    if draft.person_id != person_id or draft.acting_as != actor.acting_as.value:
        raise NotYours
    terms = terms_on(draft.procedure_code, now)
    if actor.assurance < terms.assurance:
        raise AccessDenied("dossiers.file")
    problems = problems_of(draft, terms)
    if problems:
        raise FilingRefused(problems)

    unit = next(unit for unit in handling_units(person_id, terms.levels) if unit.code == draft.unit_code)
    person = people.person(person_id)
    form = AnswersForm(draft.form_version.asked, draft.answers)
    form.is_valid()
    answers = {**form.cleaned_data, **known_answers(draft.form_version, person)}
    dossier = Dossier.objects.create(
        id=draft.id,
        code=next_code(unit_code=unit.code, day=timezone.localdate(now)),
        procedure_code=draft.procedure_code,
        procedure_version_id=terms.version_id,
        procedure_name=terms.name,
        service_level=terms.service_level,
        channel=Channel.ONLINE,
        applicant_id=person_id,
        applicant_name=person.full_name,
        owner_id=person_id,
        owner_name=person.full_name,
        owner_name_key=search_key(person.full_name),
        **finding_columns(draft.procedure_code, answers, known_numbers=[person.id_number or ""]),
        acting_as=draft.acting_as,
        acting_as_id=draft.acting_as_id,
        unit_code=unit.code,
        unit_level=unit.level,
        state=State.SUBMITTED,
        form_version=draft.form_version,
        answers=answers,
        draft_started_at=draft.created_at,
        submitted_at=now,
        response_due_at=response_due(now, unit.calendar),
    )
    Paper.objects.filter(draft=draft).update(draft=None, dossier=dossier)
    draft.delete()
    write_event(dossier, "submit", before="", actor=actor, now=now)
    tell(dossier, "dossiers.submitted")
    return dossier


@transaction.atomic
def withdraw(*, actor: Actor, dossier_id: UUID, seen_version: int, now: datetime) -> Dossier:
    """The applicant takes the dossier back before it is received (state 7; domain.md §7 "withdraw before result").

    :class:`NotYours` for another's dossier, ``TransitionRefused`` once an officer was quicker.
    """
    person_id = filer(actor)
    dossier = Dossier.objects.select_for_update().filter(pk=dossier_id).first()
    if dossier is None or person_id not in (dossier.applicant_id, dossier.owner_id):
        raise NotYours
    if refusal := withdraw_refusal(dossier):
        raise TransitionRefused("withdraw", dossier.state, refusal)
    check_seen(dossier, seen_version, "withdraw")
    dossier.withdrawn_at = max(now, dossier.submitted_at)
    advance(dossier, "withdraw", actor=actor, now=now)
    return dossier


def withdraw_refusal(dossier: Dossier) -> str:
    """Why the dossier cannot be taken back now, as a sentence for the applicant; empty when it can."""
    if dossier.state == State.SUBMITTED:
        return ""
    return _("Hồ sơ đã được xử lý nên không rút trực tuyến được nữa. Bạn hãy liên hệ cơ quan giải quyết nếu vẫn muốn rút.")
