"""Opinions of other agencies: asked side by side, answered as data, shown again before another is asked (D-09, D-31)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from dossiers import slips
from dossiers.models import Dossier, DossierOpinion, Paper, State
from dossiers.process.assigning import label_of, open_step
from dossiers.process.documents import Asking
from dossiers.process.publishing import ProcessRefused
from dossiers.process.running import facts_of, read, wanted_opinions
from dossiers.process.texts import tell_of_answer
from dossiers.queries import unit_calendar
from dossiers.services.common import OWN, concerns, lock_for_officer, position_of, write_event
from portal import audit
from portal.access import Actor, require, visible_to
from portal.catalogues import queries as catalogues
from portal.crypto.fields import prefetch_keys
from portal.documents.units import unit_name
from portal.states import TransitionRefused
from portal.workdays import due_at
from portal.workdays.months import month_later

ASK, ANSWER = "dossiers.ask_opinion", "dossiers.answer_opinion"
OTHER = "khac"
"""A matter that no process names."""
MOST_ASKED = 10
EARLIER_SHOWN = 20
Verdict = DossierOpinion.Verdict


def wanted_now(dossier: Dossier) -> list[Asking]:
    """The opinions that the process wants in the step in which a dossier stands (two or three queries)."""
    step = open_step(dossier)
    if step is None:
        return []
    return wanted_opinions(dossier, read(step.process.version.document), step, facts_of(dossier))


def earlier(dossier: Dossier) -> list[DossierOpinion]:
    """Opinions given before on dossiers of the same party, the newest first (one query, another for their keys)."""
    rows = DossierOpinion.objects.filter(party_id=dossier.owner_id, answered_at__isnull=False, taken_from__isnull=True)
    rows = rows.exclude(dossier=dossier).select_related("dossier").defer("dossier__answers", "dossier__bill")
    found = list(rows.order_by("-answered_at")[:EARLIER_SHOWN])
    if found:
        prefetch_keys(found)
    return found


def is_reusable(one: DossierOpinion, now: datetime) -> bool:
    """Whether an opinion may stand in for another one today."""
    return one.reusable_until is not None and one.reusable_until >= timezone.localdate(now)


def why_not_asked(dossier: Dossier) -> str:
    """Why nobody can be asked about a dossier now; empty where they can."""
    if dossier.state not in (State.PROCESSING, State.INCOMPLETE, State.PAYMENT_DUE):
        return "Chỉ hỏi ý kiến khi hồ sơ đã tiếp nhận và chưa xong."
    return "Hồ sơ đã được quyết định và đang chờ ký." if dossier.awaits_signature else ""


@transaction.atomic
def ask(
    *,
    actor: Actor,
    dossier_id: UUID,
    seen_version: int,
    matter: str,
    label: str,
    agencies: Sequence[str],
    question: str,
    days: int,
    papers: Collection[UUID] = (),
    now: datetime,
) -> list[DossierOpinion]:
    """Ask other agencies side by side about one matter. The dossier's clock runs on.

    ``papers``: of the dossier's own, those that the agencies asked may open. :class:`ProcessRefused` names the box to mend;
    ``TransitionRefused`` when somebody was quicker.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act=ASK, seen_version=seen_version, transition="ask_opinion")
    if refusal := why_not_asked(dossier):
        raise TransitionRefused("ask_opinion", dossier.state, refusal)
    codes = list(dict.fromkeys(agencies))
    if not 1 <= len(codes) <= MOST_ASKED:
        raise ProcessRefused(f"Bạn hãy chọn từ 1 đến {MOST_ASKED} cơ quan.", "others")
    known = catalogues.agency_names(codes)
    if strange := [code for code in codes if code not in known]:
        raise ProcessRefused(f"Không có cơ quan mang mã {', '.join(strange)}.", "others")
    if dossier.unit_code in codes:
        raise ProcessRefused("Cơ quan đang giải quyết không hỏi chính mình.", "others")
    if not question.strip():
        raise ProcessRefused("Bạn hãy ghi cần ý kiến về gì.", "question")
    spec = next((one for one in wanted_now(dossier) if one.name == matter), None)
    if spec is None and matter != OTHER:
        raise ProcessRefused("Bước này không hỏi việc đó. Bạn hãy chọn lại.", "matter")
    own = set(Paper.objects.filter(dossier=dossier, pk__in=list(papers)).values_list("pk", flat=True))
    calendar, step = unit_calendar(dossier.unit_code), open_step(dossier)
    unit = spec.unit if spec is not None and spec.amount == days else "working_day"
    due = due_at(now, days, unit, calendar)
    rows = []
    for code in codes:
        try:
            with transaction.atomic():
                row = DossierOpinion.objects.create(
                    dossier=dossier,
                    step=step,
                    party_id=dossier.owner_id,
                    matter=matter,
                    label=(spec.label if spec is not None else label.strip() or "Việc khác")[:200],
                    asked_unit=code,
                    asked_by_unit=dossier.unit_code,
                    asked_by=position_of(actor),
                    asked_label=label_of(actor)[:200],
                    question=question.strip(),
                    papers=sorted(own),
                    asked_at=now,
                    due_at=due,
                    reusable_until=month_later(timezone.localdate(now), spec.valid_months)
                    if spec is not None and spec.valid_months
                    else None,
                )
        except IntegrityError as error:
            raise ProcessRefused(f"Đang chờ {known[code]} cho ý kiến về việc này rồi.", "others") from error
        rows.append(row)
    asked = ", ".join(known[code] for code in codes)
    _moved(dossier, "ask_opinion", actor=actor, now=now, note=f"{rows[0].label}: {asked}, hạn {slips.moment(due)}")
    return rows


@transaction.atomic
def call_off(*, actor: Actor, dossier_id: UUID, opinion_id: int, seen_version: int, reason: str, now: datetime) -> DossierOpinion:
    """Need an opinion no more. ``ValueError`` without a reason; ``TransitionRefused`` once it was given."""
    if not reason.strip():
        raise ValueError("calling off needs a reason")
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act=ASK, seen_version=seen_version, transition="ask_opinion")
    row = dossier.opinions.select_for_update().get(pk=opinion_id)
    if not row.is_open:
        raise TransitionRefused("ask_opinion", dossier.state, "Cơ quan được hỏi đã cho ý kiến, hoặc việc hỏi đã được rút.")
    row.called_off_at, row.called_off_note = now, reason.strip()
    row.save(update_fields=["called_off_at", "called_off_note"])
    _moved(dossier, "call_off_opinion", actor=actor, now=now, note=f"{row.label}: {unit_name(row.asked_unit)}. {reason.strip()}")
    return row


@transaction.atomic
def reuse(*, actor: Actor, dossier_id: UUID, earlier_id: int, matter: str, seen_version: int, now: datetime) -> DossierOpinion:
    """Take an opinion given on an earlier dossier of the same party in the place of asking again, as the process lets it (D-31).

    ``TransitionRefused`` for one that holds no more, is of another party, or has been taken already.
    """
    dossier = lock_for_officer(actor=actor, dossier_id=dossier_id, act=ASK, seen_version=seen_version, transition="reuse_opinion")
    if refusal := why_not_asked(dossier):
        raise TransitionRefused("reuse_opinion", dossier.state, refusal)
    found = next((one for one in earlier(dossier) if one.pk == earlier_id), None)
    if found is None or not is_reusable(found, now):
        raise TransitionRefused("reuse_opinion", dossier.state, "Ý kiến này không (còn) dùng lại được. Hãy hỏi ý kiến mới.")
    spec = next((one for one in wanted_now(dossier) if one.name == matter), None)
    if matter != found.matter or spec is None:
        raise TransitionRefused("reuse_opinion", dossier.state, "Ý kiến này về việc khác, không thay được ý kiến mà bước này cần.")
    if dossier.opinions.filter(matter=matter, called_off_at__isnull=True).exists():
        raise TransitionRefused("reuse_opinion", dossier.state, "Việc này đã hỏi hoặc đã có ý kiến trong hồ sơ.")
    row = DossierOpinion.objects.create(
        dossier=dossier,
        step=open_step(dossier),
        party_id=dossier.owner_id,
        matter=matter,
        label=found.label,
        asked_unit=found.asked_unit,
        asked_by_unit=dossier.unit_code,
        asked_by=position_of(actor),
        asked_label=label_of(actor)[:200],
        question=found.question,
        asked_at=now,
        due_at=now,
        verdict=found.verdict,
        answer=found.answer,
        answered_at=found.answered_at,
        answered_by=found.answered_by,
        answered_label=found.answered_label,
        reusable_until=found.reusable_until,
        taken_from=found,
    )
    words = f"{row.label}: {unit_name(row.asked_unit)}, {row.get_verdict_display().lower()}, {slips.moment(row.answered_at)}"
    _moved(dossier, "reuse_opinion", actor=actor, now=now, note=f"{words} (hồ sơ {found.dossier.code})")
    return row


@transaction.atomic
def answer(*, actor: Actor, opinion_id: int, verdict: str, words: str, now: datetime) -> DossierOpinion:
    """Give the opinion that the officer's agency was asked for. The same sent twice is the same as once.

    ``DossierOpinion.DoesNotExist`` behind the door; :class:`ProcessRefused` once a colleague was quicker, or it is not needed any more.
    """
    rows = visible_to(actor, DossierOpinion.objects.all(), ANSWER, "asked_unit")
    dossier_id = rows.values_list("dossier_id", flat=True).get(pk=opinion_id)
    # The dossier first, as everybody locks it.
    dossier = Dossier.objects.select_for_update().get(pk=dossier_id)
    row = rows.select_for_update(of=("self",)).get(pk=opinion_id)
    require(actor, ANSWER, row.asked_unit)
    if concerns(dossier, actor.person_id):
        raise ProcessRefused(OWN, status=409)
    if verdict not in Verdict.values or not verdict:
        raise ProcessRefused("Bạn hãy chọn ý kiến.", "verdict")
    if verdict != Verdict.AGREE and not words.strip():
        raise ProcessRefused("Bạn hãy ghi nội dung ý kiến.", "words")
    if row.answered_by == actor.position_id and (row.verdict, row.answer) == (verdict, words.strip() or None):
        return row
    if row.answered_at is not None:
        raise ProcessRefused(f"{row.answered_label} đã cho ý kiến lúc {slips.moment(row.answered_at)}.", status=409)
    if row.called_off_at is not None:
        raise ProcessRefused("Cơ quan hỏi không cần ý kiến này nữa.", status=409)
    row.verdict, row.answer = verdict, words.strip() or None
    row.answered_at, row.answered_by, row.answered_label = max(now, row.asked_at), position_of(actor), label_of(actor)[:200]
    row.save(update_fields=["verdict", "answer", "answered_at", "answered_by", "answered_label"])
    # The dossier itself has not changed: whoever works on it is not told that their page is out of date.
    note = f"{row.label}: {unit_name(row.asked_unit)}, {row.get_verdict_display().lower()}"
    write_event(dossier, "answer_opinion", before=dossier.state, actor=actor, now=now, note=note)
    row.dossier = dossier
    tell_of_answer(row)
    return row


@transaction.atomic
def open_opinion(*, actor: Actor, opinion_id: int) -> DossierOpinion:
    """Open what one's agency was asked, with its dossier; the look is noted. ``DossierOpinion.DoesNotExist`` behind the door."""
    rows = visible_to(actor, DossierOpinion.objects.select_related("dossier__form_version"), ANSWER, "asked_unit")
    row = rows.get(pk=opinion_id)
    _look(actor, row, "dossiers.read_opinion")
    return row


@transaction.atomic
def open_paper(*, actor: Actor, opinion_id: int, paper_id: UUID) -> Paper:
    """A paper that was put beside the question, for the agency asked, as long as it is waited for or for who answered; noted.

    ``DossierOpinion.DoesNotExist`` or ``Paper.DoesNotExist`` for what is not theirs to see.
    """
    row = visible_to(actor, DossierOpinion.objects.filter(called_off_at__isnull=True), ANSWER, "asked_unit").get(pk=opinion_id)
    if paper_id not in row.papers:
        raise Paper.DoesNotExist
    paper = Paper.objects.select_related("file").get(pk=paper_id, dossier_id=row.dossier_id)
    _look(actor, row, "dossiers.read_opinion_paper", paper=str(paper_id))
    return paper


def _look(actor: Actor, row: DossierOpinion, act: str, **details: str) -> None:
    audit.record(actor=actor, act=act, target="dossiers.dossier", target_id=str(row.dossier_id), unit=row.asked_by_unit, details=details)


def _moved(dossier: Dossier, name: str, *, actor: Actor, now: datetime, note: str) -> None:
    dossier.version += 1
    dossier.save()
    write_event(dossier, name, before=dossier.state, actor=actor, now=now, note=note)
