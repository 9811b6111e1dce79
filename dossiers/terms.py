"""What the catalogue says about filing a procedure on a day: name, level, papers, time limit. The only door to its rows."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import queries as people
from dossiers.models import Dossier
from portal.access import Assurance
from portal.caching import Remembered
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency
from portal.workdays import Unit
from procedures import queries as procedures
from procedures.fees import Fee
from procedures.models import Channel, OnlineService, ProcedureVersion, RequiredDocument, Subject
from procedures.papers import name_and_details

PLACE = "TP-"
"""Before the place in the list of a paper that bears no kind of the shared catalogue."""
FORMER = "TRUOC-"
"""Before the kind of a paper that an earlier version of the law wanted."""


class TermsUnknown(ObjectDoesNotExist):
    """The procedure does not exist on that day, or cannot be filed online. Pages answer 404."""


@dataclass(frozen=True)
class RequiredPaper:
    """One paper to hand in. ``kind`` is unique within the version and stands in addresses and rows."""

    kind: str
    label: str
    note: str
    required: bool
    case: str = ""
    """The case in which it is wanted; empty: always, or when needed."""
    replaced_by: str = ""
    """Code of the result of another procedure that makes it unnecessary."""
    shared: bool = False
    """Whether ``kind`` is one of the shared catalogue, not a place in a list or a name of one form's own."""

    @property
    def name(self) -> str:
        """The label's first part, short enough to be a name."""
        return name_and_details(self.label)[0]

    @property
    def details(self) -> str:
        """The rest of the label, which a long one has."""
        return name_and_details(self.label)[1]


@dataclass(frozen=True)
class Service:
    """One online service of a procedure."""

    code: str
    level: str
    assurance: Assurance
    localities: tuple[str, ...] = ()
    """Two-digit codes of the provinces it serves; empty: the whole country."""
    provider: str = ""
    """Code of the agency that provides it; empty: those that carry the procedure out."""

    def serves(self, province: str) -> bool:
        """Whether it runs in a province."""
        return not self.localities or province in self.localities


class NotServed(Exception):
    """No online service of the procedure serves where the party lives or has its seat; ``province``: its two digits."""

    def __init__(self, code: str, province: str) -> None:
        super().__init__(f"{code} in {province}")
        self.code, self.province = code, province


class NotOffered(NotServed):
    """The online service that serves the party is suspended or has stopped, or is not open yet (Rules art. 28.4): nothing new is filed
    through it. ``reason``: why, for the person; ``state``: of its declaration."""

    def __init__(self, code: str, province: str, *, state: str, reason: str) -> None:
        super().__init__(code, province)
        self.state, self.reason = state, reason


@dataclass(frozen=True)
class Terms:
    """The terms of one filing, fixed by the version of that day."""

    procedure_code: str
    version_id: int
    effective_from: date
    decision_number: str
    name: str
    summary: str
    levels: tuple[str, ...]
    """Levels of agencies that carry it out."""
    subjects: tuple[str, ...]
    """Who may ask for it (``procedures.models.Subject``); empty where the catalogue does not say: then everybody."""
    bodies: tuple[str, ...]
    """How the names of the bodies begin that do, where the law names others than People's Committees: ``Sở Tư pháp``."""
    field_code: str
    service: Service
    """The online service through which one files: the country's, unless :func:`serving` chose a province's."""
    services: tuple[Service, ...]
    """Every online service of the procedure."""
    providers: str
    """Who provides one that names nobody: the agencies that carry the procedure out, in the law's words."""
    limit_amount: Decimal
    limit_unit: Unit
    limit_words: str
    fees: tuple[Fee, ...]
    """Each fee of filing online."""
    papers: tuple[RequiredPaper, ...]
    anywhere: str = ""
    """How far from the competent agency it may be handed in (``procedures.models.Anywhere``); empty: no further than that agency."""

    @property
    def service_level(self) -> str:
        """How far it goes online."""
        return self.service.level

    @property
    def assurance(self) -> Assurance:
        """The least with which one may file."""
        return self.service.assurance


_PEOPLE = frozenset({Subject.CITIZEN, Subject.OVERSEAS, Subject.FOREIGNER, Subject.OFFICIAL, Subject.PARTY_MEMBER})


def serves(subjects: Collection[str], kind: str) -> bool:
    """Whether a procedure for these subjects is for a party of this kind (``accounts.queries.Party.kind``)."""
    if not subjects:
        return True
    if kind == "person":
        return bool(_PEOPLE & set(subjects))
    alike = {
        "enterprise": {Subject.ENTERPRISE, Subject.FOREIGN_ENTERPRISE},
        "organisation": {Subject.ORGANISATION, Subject.FOREIGN_ORGANISATION},
    }
    return bool(set(subjects) & alike.get(kind, {kind}))


def terms_on(code: str, at: datetime) -> Terms:
    """The terms of filing the procedure online at a moment (a bounded number of queries). :class:`TermsUnknown`."""
    version = procedures.procedure_on(code, timezone.localdate(at))
    if version is None:
        raise TermsUnknown(code)
    return _terms(version)


_shown = Remembered("procedures")


def terms_shown(code: str, at: datetime) -> Terms:
    """As :func:`terms_on`, for pages: remembered until something about procedures changes. Who sends asks anew."""
    known, key = _shown.values(), (code, timezone.localdate(at), get_language())
    found = known.get(key)
    if found is None:
        found = known[key] = terms_on(code, at)
    return cast(Terms, found)


_filed = Remembered("procedures")


def terms_of(dossier: Dossier) -> Terms:
    """The terms under which a dossier was filed, whatever the catalogue says today (no query while they are remembered)."""
    known, key = _filed.values(), (dossier.procedure_version_id, get_language())
    found = known.get(key)
    if found is None:
        found = known[key] = terms_of_version(dossier.procedure_version_id)
    return cast(Terms, found)


def terms_of_version(version_id: int) -> Terms:
    """The terms of one version (a bounded number of queries). :class:`TermsUnknown` when one cannot file online by it."""
    return _terms(
        ProcedureVersion.objects.select_related("procedure")
        .prefetch_related("documents", "online_services", "channels__limits__fees")
        .get(pk=version_id)
    )


def serving(terms: Terms, party_id: UUID) -> Terms:
    """The terms of the online service that serves a party where it lives or has its seat: its province's own before the country's.

    :class:`NotServed` where none does. Nothing is asked where one service is for everybody; else at most three queries. Of a party whose
    place nobody knows the terms stay as they are: only agencies that the service serves are offered to it.
    """
    if not terms.service.localities and len(terms.services) == 1:
        return terms
    province = catalogues.province_of(people.residence_code(party_id))
    if not province:
        return terms
    service = service_in(terms, province)
    if service is None:
        raise NotServed(terms.procedure_code, province)
    return replace(terms, service=service)


def require_offered(terms: Terms, party_id: UUID | None) -> None:
    """:class:`NotOffered` where nothing new may be filed through the service (one query, two where it is so). Counters go on."""
    closed = procedures.closure(terms.service.code)
    if closed is not None:
        province = catalogues.province_of(people.residence_code(party_id)) if party_id is not None else ""
        raise NotOffered(terms.procedure_code, province, state=closed.state, reason=closed.reason)


def service_in(terms: Terms, province: str) -> Service | None:
    """The online service that serves a province, its own before the country's; None: it is not served."""
    there = [one for one in terms.services if one.serves(province)]
    return min(there, key=lambda one: (not one.localities, one.code), default=None)


def terms_for(code: str, party_id: UUID, at: datetime) -> Terms:
    """The terms under which a party files the procedure online at a moment: :func:`terms_on`, then :func:`serving`."""
    return serving(terms_on(code, at), party_id)


def _service(row: OnlineService, province: str = "") -> Service:
    """``province``: of a procedure that a province announced for itself, whose service runs nowhere else (Rules art. 17.2)."""
    return Service(row.code, row.level, Assurance(row.assurance), (province,) if province else tuple(row.localities), row.provider)


def _own_province(version: ProcedureVersion) -> str:
    """The two digits of the province that announced a procedure for itself (one query, none for all others)."""
    if not version.issuing_code.startswith("H"):
        return ""
    found = Agency.objects.on(version.effective_from).filter(code=version.issuing_code, level=Agency.Level.PROVINCE)
    return found.values_list("administrative_unit__code", flat=True).first() or ""


def _terms(version: ProcedureVersion) -> Terms:
    online = next((channel for channel in version.channels.all() if channel.kind == Channel.Kind.ONLINE), None)
    main = version.online_service
    if online is None or main is None or online.time_amount is None:
        # Without a time limit in numbers nobody could be given an appointment.
        raise TermsUnknown(version.procedure.code)
    amount, unit, bodies = online.time_amount, online.time_unit, _bodies(version.executing_agency)
    province = _own_province(version)
    return Terms(
        procedure_code=version.procedure.code,
        version_id=version.pk,
        effective_from=version.effective_from,
        decision_number=version.decision_number,
        name=version.name,
        summary=version.summary,
        levels=_committees(version.levels, version.executing_agency) if bodies else tuple(version.levels),
        subjects=tuple(version.subjects),
        bodies=bodies,
        field_code=version.field_code,
        service=_service(main, province),
        services=tuple(_service(one, province) for one in version.online_services.all()),
        providers=version.executing_agency or version.issuing_agency,
        limit_amount=amount,
        limit_unit=Unit(unit),
        limit_words=online.time_text or limit_words(amount, Unit(unit)),
        fees=tuple(Fee(fee.name, fee.amount, fee.per, fee.condition, fee.exemption, fee.kind) for fee in online.fees.all()),
        papers=_papers(version),
        anywhere=version.anywhere,
    )


_NAMES: dict[str, list[str]] = json.loads((Path(__file__).resolve().parent / "data" / "bodies.json").read_text(encoding="utf-8"))
"""A kind of body in the law's words → how the names of such bodies begin."""


def _bodies(executing_agency: str) -> tuple[str, ...]:
    """How the names of the bodies begin that an executing agency in the law's words stands for; none for People's Committees."""
    found: list[str] = []
    for part in executing_agency.split(";"):
        body = part.strip(" .")
        kind = next((kind for kind in _NAMES if body == kind or body.startswith((kind + ",", kind + " nơi"))), None)
        if kind is not None:
            found += _NAMES[kind]
        elif body.startswith(("Sở ", "Cục ", "Phòng ")):
            # "Cục An toàn thực phẩm - Bộ Y tế", "Sở An toàn thực phẩm (Thành phố Hồ Chí Minh)"
            found.append(re.split(r" - |, | \(| các tỉnh", body)[0])
    return tuple(dict.fromkeys(found))


def _committees(levels: Iterable[str], executing_agency: str) -> tuple[str, ...]:
    """The levels whose People's Committees do it beside the bodies that are named."""
    words = {
        "province": ("Ủy ban nhân dân cấp tỉnh",),
        # Every commune keeps the civil-status database of its own registers.
        "commune": ("Ủy ban nhân dân cấp xã", "Cơ quan quản lý Cơ sở dữ liệu hộ tịch"),
    }
    return tuple(level for level in levels if any(word in executing_agency for word in words.get(level, ())))


def limit_words(amount: Decimal, unit: Unit) -> str:
    """A time limit as people read it."""
    names = {Unit.HOUR: _("giờ làm việc"), Unit.WORKING_DAY: _("ngày làm việc"), Unit.DAY: _("ngày"), Unit.MONTH: _("tháng")}
    if amount == 0:
        return _("trong ngày làm việc")
    return f"{amount.normalize():f}".replace(".", ",") + f" {names[unit]}"


def _papers(version: ProcedureVersion) -> tuple[RequiredPaper, ...]:
    """Papers to hand in; the declaration itself is the electronic form, and what is only shown at the counter is not asked online."""
    found: dict[str, RequiredPaper] = {}
    for document in version.documents.all():
        if document.mode != RequiredDocument.Mode.SUBMIT or document.form:
            continue
        kind = document.paper_kind if document.paper_kind and document.paper_kind not in found else f"{PLACE}{document.position}"
        required = document.required and not document.case
        shared = kind == document.paper_kind
        found[kind] = RequiredPaper(kind, document.name, document.note, required, document.case, document.replaced_by_result, shared)
    return tuple(found.values())
