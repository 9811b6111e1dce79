"""What can be asked of stores; the number of SQL queries does not grow with the rows shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import queries as people
from dossiers.models import StoreLook, StorePaper, StoreShare
from portal.access import Actor, belonging_to
from portal.catalogues.queries import agency_names
from portal.documents.models import Document

ORDERS = {
    "moi-nhat": (F("kept_at").desc(), "id"),
    "cu-nhat": (F("kept_at").asc(), "id"),
    "het-han": (F("valid_until").asc(nulls_last=True), F("kept_at").desc(), "id"),
}
"""Newest first, oldest first, what ends first."""
STATES = {"con-hieu-luc": _("Còn hiệu lực"), "het-han": _("Hết hạn"), "thu-hoi": _("Đã thu hồi")}


def own_papers(actor: Actor) -> QuerySet[StorePaper]:
    """The papers in the store of the party for whom the actor acts, as far as their mandate reaches."""
    return belonging_to(actor, StorePaper.objects.all(), "party_id", procedure="procedure_code")


def in_state(rows: QuerySet[StorePaper], state: str, day: date) -> QuerySet[StorePaper]:
    """Those that hold on a day, that have expired, or that were revoked; all for any other word."""
    revoked = Q(document__state=Document.REVOKED)
    if state == "thu-hoi":
        return rows.filter(revoked)
    if state == "het-han":
        return rows.exclude(revoked).filter(valid_until__lt=day)
    if state == "con-hieu-luc":
        return rows.exclude(revoked).filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))
    return rows


def state_of(paper: StorePaper, day: date) -> str:
    """The state of a paper on a day, one of :data:`STATES`. No query where the document was fetched with it."""
    if paper.document is not None and paper.document.state == Document.REVOKED:
        return "thu-hoi"
    return "het-han" if paper.valid_until is not None and paper.valid_until < day else "con-hieu-luc"


def holds(paper: StorePaper, day: date) -> bool:
    """Whether a paper may be used on a day."""
    return state_of(paper, day) == "con-hieu-luc"


def papers_of(actor: Actor, *, kind: str = "", state: str = "", order: str = "moi-nhat", day: date) -> QuerySet[StorePaper]:
    """The party's papers, of a kind and in a state where these are given, with how many files they have and dossiers that used them."""
    rows = in_state(own_papers(actor), state, day)
    rows = rows.filter(kind=kind) if kind else rows
    used = Count("reuses__dossier", distinct=True)
    return rows.select_related("document").annotate(used=used).order_by(*ORDERS.get(order, ORDERS["moi-nhat"]))


def kinds_of(actor: Actor) -> list[tuple[str, str]]:
    """The kinds of paper that the party has, with the newest title of each, by title (one query)."""
    rows = own_papers(actor).order_by("kind", "-kept_at").distinct("kind").values_list("kind", "title")
    return sorted(rows, key=lambda row: (row[1], row[0]))


def paper_of(actor: Actor, paper_id: UUID) -> StorePaper | None:
    """A paper of the party; None for another's, as for one that does not exist (one query)."""
    return own_papers(actor).select_related("document", "dossier").filter(pk=paper_id).first()


@dataclass(frozen=True)
class Reuse:
    """A dossier in which a paper was used again."""

    code: str
    procedure: str
    at: datetime
    reachable: bool
    """Whether the mandate of who reads this reaches the dossier."""


def reuses_of(actor: Actor, paper: StorePaper) -> list[Reuse]:
    """The sent dossiers that used a paper, newest first (one query)."""
    rows = paper.reuses.filter(dossier__isnull=False).order_by("-dossier__submitted_at").distinct()
    found: dict[str, Reuse] = {}
    columns = ("dossier__code", "dossier__procedure_name", "dossier__submitted_at", "dossier__procedure_code")
    for code, name, at, procedure in rows.values_list(*columns):
        found.setdefault(code, Reuse(code, name, at, actor.may_act_in(procedure)))
    return list(found.values())


@dataclass(frozen=True)
class Seen:
    """One look, as the party reads it."""

    at: datetime
    who: str
    words: str


SHOWN_LOOKS = 50


def looks_of(paper: StorePaper) -> list[Seen]:
    """Who looked at a paper, the newest first: the party's own people by name, agencies by name, who had a link by its purpose (three
    queries)."""
    looks = list(paper.looks.select_related("share__paper").order_by("-id")[:SHOWN_LOOKS])
    names = people.person_names(str(look.person_id) for look in looks if look.person_id is not None)
    units = agency_names({look.unit_code for look in looks if look.unit_code})
    found = []
    for look in looks:
        if look.who == StoreLook.Who.OWNER:
            words = names.get(str(look.person_id), "")
        elif look.who == StoreLook.Who.OFFICER:
            words = units.get(look.unit_code, look.unit_code)
        else:
            words = (look.share.purpose or "") if look.share is not None else ""
        found.append(Seen(look.at, str(look.get_who_display()), words))
    return found


def shares_of(paper: StorePaper) -> list[StoreShare]:
    """What the paper was shared by, newest first (one query)."""
    return list(paper.shares.order_by("-made_at", "id"))


def is_open(share: StoreShare, now: datetime) -> bool:
    """Whether the link of a share still leads to its paper."""
    return share.ended_at is None and share.until > now and share.tries < StoreShare.TRIES and share.openings < StoreShare.OPENINGS
