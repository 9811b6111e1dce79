"""Drafts: begun, saved field by field, with papers, thrown away."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import queries as people
from dossiers.conditions import shape
from dossiers.filling import Problem
from dossiers.models import Draft, Paper, StorePaper
from dossiers.models.papers import Origin
from dossiers.papers import papers_of
from dossiers.queries import default_unit, facts_of, newest_form, newest_form_id, own_drafts
from dossiers.services.common import DraftChanged, FilingRefused, NotForParty, NotYours, filer, party_of
from dossiers.services.keeping import erase_draft
from dossiers.signing.current import forget
from dossiers.store import queries as store
from dossiers.store.kinds import kinds_wanted
from dossiers.terms import FORMER, PLACE, RequiredPaper, Terms, require_offered, serves, serving, terms_for, terms_on, terms_shown
from portal import audit
from portal.access import Actor
from portal.files import services as files
from portal.files import sniff
from portal.files.errors import FileRefused
from portal.files.models import StoredFile

MAX_ANSWER_CHARS = 5000
"""Nobody types more into one field; what is longer is cut before it is kept, whatever the form allows."""
MAX_CONFIRMED = 50
PAGES = ("to-khai", "giay-to", "kiem-tra")
PAPER_TYPES = sniff.PAPERS
MAX_FILES_A_PAPER = 10


@transaction.atomic
def start_or_open_draft(*, actor: Actor, procedure_code: str, now: datetime) -> Draft:
    """The draft of the party for whom the actor acts, begun now if there is none.

    One draft for each party and procedure. Raises :class:`AccessDenied` unless a citizen is signed in,
    ``TermsUnknown`` when the procedure cannot be filed online on that day, :class:`NotForParty` when it is not for this party,
    ``NotServed`` when no online service of it serves where the party is; ``NotOffered`` for a new one where that is suspended.
    """
    terms = terms_on(procedure_code, now)
    party_id = check_party(actor, terms)
    terms = serving(terms, party_id)
    form = newest_form(procedure_code, terms.service.code)
    if not Draft.objects.filter(party_id=party_id, procedure_code=procedure_code, removed_at=None).exists():
        require_offered(terms, party_id)
    draft, made = Draft.objects.get_or_create(
        party_id=party_id,
        procedure_code=procedure_code,
        removed_at=None,
        defaults={
            "form_version": form,
            "procedure_version_id": terms.version_id,
            "unit_code": default_unit(party_id, terms),
            "changed_by": filer(actor),
        },
    )
    if made:
        audit.record(actor=actor, act="dossiers.start_draft", target="dossiers.draft", target_id=str(draft.id), unit=draft.unit_code)
    return draft


def check_party(actor: Actor, terms: Terms) -> UUID:
    """The party for whom the actor would file; :class:`NotForParty` where the procedure is not for it, or the mandate does not reach it."""
    party_id = party_of(actor, terms.procedure_code)
    if not serves(terms.subjects, people.party(party_id).kind):
        raise NotForParty
    return party_id


def is_behind(draft: Draft, terms: Terms) -> bool:
    """Whether form or law are others than those the draft stands under (one query, none for a draft from ``queries.draft_of``)."""
    newest = getattr(draft, "newest_form_id", None) or newest_form_id(draft.procedure_code, terms.service.code)
    return draft.procedure_version_id != terms.version_id or draft.form_version_id != newest


@transaction.atomic
def carry_over(*, actor: Actor, draft_id: UUID, now: datetime) -> Draft:
    """Bring a draft to the newest form and the law in force: it is sent under these, whatever it was begun under.

    Answers stay under the names of their fields, papers go with their names to where they are wanted now; nothing is thrown away. Its
    version is raised, so that who saw it before sees it again before it is sent. ``TermsUnknown`` when it cannot be filed any more.
    """
    draft = _mine(actor, draft_id)
    terms = terms_for(draft.procedure_code, draft.party_id, now)
    form = newest_form(draft.procedure_code, terms.service.code)
    if not is_behind(draft, terms):
        return draft
    if draft.procedure_version_id is None and draft.form_version_id == form.pk:
        draft.procedure_version_id = terms.version_id
        draft.save(update_fields=["procedure_version"])
        return draft
    if draft.form_version_id != form.pk:
        draft.begun_form_version_id = draft.begun_form_version_id or draft.form_version_id
    if draft.procedure_version_id not in (None, terms.version_id):
        draft.begun_procedure_version_id = draft.begun_procedure_version_id or draft.procedure_version_id
        _carry_papers(draft, papers_of(terms.papers, form.papers))
    # What was signed was another declaration.
    forget(draft.id)
    draft.form_version, draft.procedure_version_id = form, terms.version_id
    draft.begun_form_version_id = None if draft.begun_form_version_id == form.pk else draft.begun_form_version_id
    draft.begun_procedure_version_id = None if draft.begun_procedure_version_id == terms.version_id else draft.begun_procedure_version_id
    draft.version += 1
    draft.save()
    audit.record(
        actor=actor,
        act="dossiers.carry_over_draft",
        target="dossiers.draft",
        target_id=str(draft.id),
        unit=draft.unit_code,
        details={"form": form.number, "law": terms.version_id},
    )
    return draft


def _carry_papers(draft: Draft, papers: Sequence[RequiredPaper]) -> None:
    """Give every paper of a draft the kind under which the new law wants it; one that it does not want keeps none of its kinds."""
    kinds = {paper.label[:500]: paper.kind for paper in papers}
    for paper in draft.papers.all():
        # Kinds of the shared catalogue mean the same in every version; others are only places in a list.
        same = paper.kind if not paper.kind.startswith(PLACE) and paper.kind in kinds.values() else ""
        kind = kinds.get(paper.label) or same or f"{FORMER}{paper.kind}"[:60]
        if kind != paper.kind:
            paper.kind = kind
            paper.save(update_fields=["kind"])


def _mine(actor: Actor, draft_id: UUID) -> Draft:
    filer(actor)
    draft = own_drafts(actor).select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise NotYours
    return draft


def _changed(draft: Draft, actor: Actor) -> None:
    """Save a draft whose answers, office or papers have changed: who saw the version before has not seen this one."""
    draft.version += 1
    draft.changed_by = filer(actor)
    draft.worked_on_by = sorted({*draft.worked_on_by, draft.changed_by})
    draft.save()


@transaction.atomic
def save_draft(
    *,
    actor: Actor,
    draft_id: UUID,
    values: Mapping[str, str],
    unit_code: str | None = None,
    page: str = "",
    confirmed: Collection[str] = (),
    seen_version: int | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Draft:
    """Keep what was typed, valid or not, for the fields given; fields not given stay. :class:`NotYours` for another's draft.

    ``seen_version`` is the version the page showed: :class:`DraftChanged`, and nothing is kept, when another person of the party has
    changed it since. One's own two windows do not stop each other here: what is sent in the end is shown before.

    Only what the form asks of this person under these answers is kept. ``confirmed``: tokens of findings the person says are
    so, beside those said before. ``reasons``: see `filling_in.save_fields`.
    """
    draft = _mine(actor, draft_id)
    if seen_version is not None and draft.version != seen_version and draft.changed_by != actor.person_id:
        raise DraftChanged
    before = (draft.answers or {}, draft.unit_code, draft.confirmed or [])
    typed = {**before[0], **{name: value[:MAX_ANSWER_CHARS] for name, value in values.items()}}
    asked = {spec["name"] for spec in shape(draft.form_version.fields, typed, facts_of(people.person(filer(actor)))).asked}
    draft.answers = {name: value for name, value in typed.items() if name in before[0] or name in asked}
    draft.answers |= {name: before[0][name] for name in before[0] if name not in asked}
    if reasons:
        from dossiers.services.filling_in import with_reasons  # which leans on this module

        draft.answers = with_reasons(draft.answers, reasons)
    if unit_code is not None:
        draft.unit_code = unit_code.replace("\0", "")[:40]
    draft.confirmed = sorted({*before[2], *(token[:40] for token in confirmed)})[:MAX_CONFIRMED]
    draft.last_page = page if page in PAGES else draft.last_page
    if (draft.answers, draft.unit_code, draft.confirmed) != before:
        _changed(draft, actor)
    else:
        draft.save(update_fields=["last_page", "updated_at"])
    return draft


@transaction.atomic
def discard_draft(*, actor: Actor, draft_id: UUID, seen_version: int) -> None:
    """Throw a draft and its papers away at its owner's wish. :class:`DraftChanged` when it is not the version they saw."""
    draft = _mine(actor, draft_id)
    if draft.version != seen_version:
        raise DraftChanged
    audit.record(actor=actor, act="dossiers.discard_draft", target="dossiers.draft", target_id=str(draft.id), unit=draft.unit_code)
    erase_draft(draft, actor)


def add_paper(*, actor: Actor, draft_id: UUID, kind: str, upload: UploadedFile, now: datetime) -> Paper:
    """Take one file for one required paper: of a type that papers have, by content, up to the paper's size, 100 MB a dossier.

    Raises :class:`FilingRefused` with a sentence for the person, :class:`NotYours` for another's draft.
    """
    with transaction.atomic():
        draft = _mine(actor, draft_id)
        wanted = wanted_paper(draft, kind, now)
        room_left(draft, kind, upload.size or 0)
    try:
        # Outside the transaction: 20 MB are written and flushed to disk while nobody else waits for the draft's row.
        stored = files.receive(
            subject=draft.id,
            upload=upload,
            name=upload.name or "",
            purpose="dossiers.paper",
            max_bytes=settings.MAX_FILE_BYTES,
            allowed_types=PAPER_TYPES,
            actor=actor,
        )
    except FileRefused as refused:
        raise FilingRefused([Problem("giay-to", kind, refused.message)]) from refused
    try:
        return keep_paper(actor, draft_id, wanted, stored)
    except BaseException:
        # The draft was sent, thrown away or filled up meanwhile: nobody would ever find the file again.
        files.erase(file=stored, actor=actor)
        raise


@transaction.atomic
def keep_paper(actor: Actor, draft_id: UUID, wanted: RequiredPaper, stored: StoredFile) -> Paper:
    """Put a stored file into the draft, behind the papers that are there; errors as :func:`add_paper`."""
    draft = _mine(actor, draft_id)
    room_left(draft, wanted.kind, stored.size)
    last = draft.papers.aggregate(last=Max("position"))["last"] or 0
    paper = Paper.objects.create(draft=draft, kind=wanted.kind, label=wanted.label[:500], file=stored, position=last + 1)
    draft.last_page = "giay-to"
    _changed(draft, actor)
    audit.record(
        actor=actor,
        act="dossiers.add_paper",
        target="dossiers.draft",
        target_id=str(draft.id),
        unit=draft.unit_code,
        details={"kind": wanted.kind, "sha256": stored.sha256, "size": stored.size},
    )
    return paper


@transaction.atomic
def remove_paper(*, actor: Actor, draft_id: UUID, paper_id: UUID) -> None:
    """Take a paper out of a draft again; its file is erased. Removing it twice is no error."""
    draft = _mine(actor, draft_id)
    paper = draft.papers.select_related("file").filter(pk=paper_id).first()
    if paper is None:
        return
    stored = paper.file
    paper.delete()
    _changed(draft, actor)
    files.erase(file=stored, actor=actor)
    audit.record(
        actor=actor,
        act="dossiers.remove_paper",
        target="dossiers.draft",
        target_id=str(draft.id),
        unit=draft.unit_code,
        details={"kind": paper.kind},
    )


@transaction.atomic
def take_from_store(*, actor: Actor, draft_id: UUID, kind: str, store_paper_id: UUID, now: datetime) -> list[Paper]:
    """Give a paper of the party's store for a required paper, instead of sending it again (requirement D-02). Twice is the same as once.

    Raises :class:`NotYours` for another's draft or paper, for one that does not hold any more and for one of another kind,
    :class:`FilingRefused` where the dossier has no room.
    """
    draft = _mine(actor, draft_id)
    wanted = wanted_paper(draft, kind, now)
    rows = store.in_state(store.own_papers(actor), "con-hieu-luc", timezone.localdate(now))
    fits = Q(kind__in=kinds_wanted(wanted)) | Q(origin=StorePaper.Origin.CERTIFIED)
    source = rows.filter(fits, pk=store_paper_id).first()
    if source is None:
        raise NotYours
    if draft.papers.filter(kind=kind, from_store=source).exists():
        return []
    given = []
    last = draft.papers.aggregate(last=Max("position"))["last"] or 0
    for position, one in enumerate(source.files.select_related("file"), last + 1):
        room_left(draft, kind, one.file.size)
        held = files.hold_for(file=one.file, subject=draft.id, purpose="dossiers.paper", actor=actor)
        given.append(
            Paper.objects.create(
                draft=draft,
                kind=kind,
                label=wanted.label[:500],
                file=held,
                origin=Origin.REUSED,
                from_store=source,
                position=position,
            )
        )
    draft.last_page = "giay-to"
    _changed(draft, actor)
    audit.record(
        actor=actor,
        act="dossiers.take_from_store",
        target="dossiers.draft",
        target_id=str(draft.id),
        unit=draft.unit_code,
        details={"kind": kind, "store_paper": str(source.id)},
    )
    return given


def wanted_paper(draft: Draft, kind: str, now: datetime) -> RequiredPaper:
    """The paper of that kind that the law asks for; :class:`NotYours` where there is none.

    By what the process remembers of the law: who sends asks anew, and until then nothing rests on it.
    """
    for paper in papers_of(terms_shown(draft.procedure_code, now).papers, draft.form_version.papers):
        if paper.kind == kind:
            return paper
    raise NotYours


@transaction.atomic
def move_paper_up(*, actor: Actor, draft_id: UUID, paper_id: UUID) -> None:
    """Put one part of a paper before the part that stands before it: several photos are read in their order. The first stays."""
    draft = _mine(actor, draft_id)
    papers = list(draft.papers.all())
    at = next((at for at, paper in enumerate(papers) if paper.pk == paper_id), None)
    before = None if at is None else next((i for i in range(at - 1, -1, -1) if papers[i].kind == papers[at].kind), None)
    if at is None or before is None:
        return
    papers[at], papers[before] = papers[before], papers[at]
    for position, paper in enumerate(papers, 1):
        paper.position = position
    Paper.objects.bulk_update(papers, ["position"])
    _changed(draft, actor)


def room_left(draft: Draft, kind: str, size: int) -> None:
    """:class:`FilingRefused` where a file of that size is one too many for its paper, or too much for the dossier."""
    if draft.papers.filter(kind=kind).count() >= MAX_FILES_A_PAPER:
        raise FilingRefused([Problem("giay-to", kind, _("Mỗi loại giấy tờ nhận tối đa 10 tệp. Bạn hãy xóa bớt tệp cũ rồi thêm lại."))])
    taken = draft.papers.aggregate(total=Sum("file__size"))["total"] or 0
    if taken + size > settings.MAX_DOSSIER_BYTES:
        raise FilingRefused([Problem("giay-to", kind, _("Cả hồ sơ nhận tối đa 100 MB. Bạn hãy xóa bớt tệp hoặc chụp ảnh nhỏ hơn."))])
