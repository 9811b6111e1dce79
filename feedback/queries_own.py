"""What a sender reads of their own petitions and drafts, and what anybody with a code reads of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from accounts import queries as people
from dossiers.queries import dossier_of
from feedback.codes import clean_code
from feedback.models import Answer, Attachment, Petition, PetitionDraft
from payments.queries import order_by_code
from portal.access import Actor, belonging_to
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency
from portal.crypto.fields import prefetch_keys
from portal.text import search_key
from procedures.queries import in_force

ORDERS: dict[str, list[Any]] = {
    "moi-nhat": ["-sent_at", "id"],
    "cu-nhat": ["sent_at", "id"],
    # What is still open first, by its deadline.
    "han": [F("ended_at").asc(nulls_first=True), "due_at", "id"],
}


def own_petitions(actor: Actor, order: str = "moi-nhat") -> QuerySet[Petition]:
    """The petitions of the party for whom one acts, by one of :data:`ORDERS`."""
    return belonging_to(actor, Petition.objects.all(), "party_id").order_by(*ORDERS[order])


def own_drafts(actor: Actor) -> list[PetitionDraft]:
    """The party's drafts, newest first (two queries)."""
    rows = list(belonging_to(actor, PetitionDraft.objects.all(), "party_id").order_by("-updated_at", "id"))
    prefetch_keys(rows)
    return rows


def drafts_about(actor: Actor, *, procedure_code: str, dossier_code: str, order_code: str) -> PetitionDraft | None:
    """The draft that the party began last about something (one query)."""
    rows = belonging_to(actor, PetitionDraft.objects.all(), "party_id")
    return rows.filter(procedure_code=procedure_code, dossier_code=dossier_code, order_code=order_code).order_by("-updated_at").first()


def petition_of(actor: Actor, code: str) -> Petition | None:
    """The party's petition by its code, as typed; None for another's, as for one that does not exist (one query)."""
    known = clean_code(code)
    return own_petitions(actor).filter(code=known).first() if known else None


def sent_from(actor: Actor, draft_id: UUID) -> Petition | None:
    """What the party sent from a draft (one query)."""
    return own_petitions(actor).filter(pk=draft_id).first()


@dataclass(frozen=True)
class OtherWay:
    """A capacity in which one may open what one may not open now: what the page of capacities posts, and the party's name."""

    choice: str
    party_name: str


def other_way_to(actor: Actor, code: str) -> OtherWay | None:
    """As whom the person could open a petition that the party for whom they act now does not have; None: as nobody (two queries)."""
    known = clean_code(code)
    if actor.person_id is None or not known:
        return None
    party_id = Petition.objects.filter(code=known).values_list("party_id", flat=True).first()
    if party_id is None:
        return None
    if party_id == actor.person_id:
        return OtherWay("self", "")
    mandate = people.mandate_over(actor.person_id, {party_id})
    return OtherWay(str(mandate.id), mandate.party_name) if mandate is not None and mandate.procedures is None else None


def followed(code: str) -> Petition | None:
    """The petition of a code, for anybody who has it: its state and days, without what was written and by whom (one query)."""
    sealed = ("sender", "subject", "words", "place_words", "helps_words")
    rows = Petition.objects.defer(*sealed)
    return rows.filter(code=code).first()


def unit_names(codes: Iterable[str]) -> dict[str, str]:
    """Names of agencies by code, the code itself for one that is no more (one query)."""
    wanted = {code for code in codes if code}
    return {code: code for code in wanted} | catalogues.agency_names(wanted)


def answers_given(petition: Petition) -> list[Answer]:
    """The answers that the sender was given, of every round, newest first (one query)."""
    return list(petition.answers.filter(state=Answer.APPROVED).order_by("-number"))


def attachments_shown(petition: Petition, answers: Iterable[Answer]) -> list[Attachment]:
    """The files that the sender may open: their own and those of answers given (one query)."""
    given = {answer.pk for answer in answers}
    own = (Attachment.Role.QUESTION, Attachment.Role.SUPPLEMENT, Attachment.Role.ORIGINAL)
    rows = petition.attachments.select_related("file")
    return [row for row in rows if row.role in own or (row.role == Attachment.Role.ANSWER and row.part_id in given)]


@dataclass(frozen=True)
class AboutThing:
    """What a petition is about: a procedure, a dossier, a payment."""

    kind: str
    """``procedure``, ``dossier`` or ``order``."""
    code: str
    name: str


def things_about(actor: Actor, *, procedure_code: str, dossier_code: str, order_code: str) -> list[AboutThing] | None:
    """What is named, checked for this reader: a procedure in force, a dossier of the party's own, a payment by its code. None where one
    of them is not there for them."""
    found = []
    if dossier_code:
        dossier = dossier_of(actor, dossier_code)
        if dossier is None:
            return None
        found.append(AboutThing("dossier", str(dossier.code), dossier.procedure_name))
    elif procedure_code:
        name = procedure_name(procedure_code)
        if not name:
            return None
        found.append(AboutThing("procedure", procedure_code, name))
    if order_code:
        order = order_by_code(order_code)
        if order is None:
            return None
        found.append(AboutThing("order", order.code, order.description))
    return found


def procedure_name(code: str) -> str:
    """The name of a procedure in force today; empty for none (one query)."""
    rows = in_force(timezone.localdate()).filter(procedure__code=code.replace("\0", ""))
    return str(rows.values_list("name", flat=True).first() or "")


def agencies_like(words: str, *, limit: int) -> list[tuple[str, str]]:
    """Codes of agencies whose name, or that of the agency above, holds every word, with name and agency above; shortest names first
    (one query)."""
    wanted = search_key(words.replace("\0", "")[:100]).split()[:8]
    if len("".join(wanted)) < 2:
        return []
    rows = Agency.objects.on(timezone.localdate())
    for word in wanted:
        rows = rows.filter(Q(search_key__contains=word) | Q(parent__search_key__contains=word))
    found = rows.order_by(Length("name"), "sort_key", "code").values_list("code", "name", "parent__name")[:limit]
    return [(code, f"{name} ({above})" if above else name) for code, name, above in found]
