"""Minutes of a reconciliation, signed by both sides, and the closing of a month (Rules art. 34.2, 34.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, Q, Sum

from accounts import queries as people
from payments.access import OPERATE, OVERSEE, READ
from payments.models import Case, ClosedMonth, Collection, DayRevenue, Institution, Minutes, Run, RunTotal
from payments.services.called import Called
from payments.services.statements_import import SERVING
from portal import audit
from portal.access import SYSTEM, AccessDenied, Actor, may, require
from portal.access.rules import covers
from portal.documents import services as documents
from portal.documents.models import Document
from portal.documents.proofs import Section
from portal.documents.units import unit_name
from portal.ui.tags import dong

KIND = "reconciliation-minutes"
TITLE = "Biên bản đối soát thanh toán trực tuyến"
TEMPLATE = "documents/reconciliation_minutes.html"
AGENCY_ROLES, INSTITUTION_ROLES = frozenset({"accounting"}), frozenset({"operating"})
VPCP_ROLES = frozenset({"steering"})
MOST_LINES = 200
"""Differences that are printed one by one; above that the sums by type say it, the list goes with the table of the run."""


class MinutesRefused(Exception):
    """The minutes cannot be made, or the month not closed. ``message`` is for the officer."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def under(unit: str, field: str) -> Q:
    """Rows of a unit and those below it; all for an empty one."""
    return Q(**{field: unit}) | Q(**{f"{field}__startswith": unit + "."}) if unit else Q()


def scope_of(actor: Actor) -> str:
    """Of which agency's money the officer speaks: their own unit; all for VPCP. :class:`AccessDenied` for others."""
    if may(actor, OVERSEE):
        return ""
    require(actor, READ, actor.unit)
    return actor.unit


def signers(run: Run, actor: Actor) -> tuple[list[people.Holder], list[people.Holder]]:
    """Who may sign for the officer's side and for the institution's: those with a key (four queries)."""
    roles = VPCP_ROLES if may(actor, OVERSEE) else AGENCY_ROLES
    return (
        [one for one in people.holders(actor.unit, roles) if one.has_credential],
        [one for one in people.holders(run.institution_id, INSTITUTION_ROLES) if one.has_credential],
    )


def content_of(run: Run, scope: str) -> dict[str, Any]:
    """What the minutes of a run say for an agency and the units below, or for all; whole đồng and words, ready to print."""
    sums = RunTotal.objects.filter(under(scope, "unit_code"), run=run).order_by("unit_code", "kind")
    cases = Case.objects.filter(under(scope, "payee_unit"), institution=run.institution_id, day=run.day).order_by("id")
    whole = sums.aggregate(
        ours=Sum("ours"), ours_count=Sum("ours_count"), theirs=Sum("theirs"), theirs_count=Sum("theirs_count"), agency=Sum("agency")
    )
    called = Called([*sums[:MOST_LINES].values_list("unit_code", flat=True), *cases[:MOST_LINES].values_list("payee_unit", flat=True)])
    return {
        "institution": run.institution.name,
        "day": f"{run.day:%d/%m/%Y}",
        "run": run.number,
        "file": run.statement.digest if run.statement is not None else "",
        "ours": [whole["ours_count"] or 0, whole["ours"] or 0],
        "theirs": [whole["theirs_count"] or 0, whole["theirs"] or 0] if run.statement is not None else None,
        "agency": whole["agency"],
        "lines": [
            {
                "unit": called.unit(one.unit_code),
                "kind": called.kind(one.kind),
                "ours": [one.ours_count, one.ours],
                "theirs": [one.theirs_count, one.theirs] if run.statement is not None else None,
                "agency": [one.agency_count, one.agency] if one.agency is not None else None,
            }
            for one in sums[:MOST_LINES]
        ],
        "types": [
            {"type": str(Case.Type(row["type"]).label), "count": row["n"], "open": row["open"]}
            for row in cases.order_by().values("type").annotate(n=Count("id"), open=Count("id", filter=~Q(state="closed"))).order_by("type")
        ],
        "cases": [
            {
                "number": one.pk,
                "type": one.get_type_display(),
                "unit": called.unit(one.payee_unit),
                "ours": one.ours,
                "theirs": one.theirs,
                "state": one.get_state_display(),
                "resolution": one.resolution,
            }
            for one in cases.order_by("id")[:MOST_LINES]
        ],
    }


@transaction.atomic
def make_minutes(*, run_id: int, agency_signer: UUID, institution_signer: UUID, actor: Actor, now: datetime) -> Minutes:
    """Draw up the minutes of a finished run; two documents of one content wait for one person of each side. Again: the same minutes.

    :class:`AccessDenied` for an institution's operator (they sign), :class:`MinutesRefused` for a run that is under way or not the last of
    its day, and for signers who cannot sign.
    """
    scope = scope_of(actor)
    run = Run.objects.select_for_update(of=("self",)).select_related("institution", "statement").get(pk=run_id)
    known = Minutes.objects.filter(run=run, unit_code=actor.unit).first()
    if known is not None:
        return known
    if not run.is_done or Run.objects.filter(institution=run.institution_id, day=run.day, number__gt=run.number).exists():
        raise MinutesRefused("Chỉ lập biên bản cho lần đối soát mới nhất đã xong.")
    if run.is_early:
        raise MinutesRefused("Ngày này chưa hết khi đối soát. Hãy đối soát lại khi ngày đã hết.")
    ours, theirs = signers(run, actor)
    for_agency = next((one for one in ours if one.position_id == agency_signer), None)
    for_institution = next((one for one in theirs if one.position_id == institution_signer), None)
    if for_agency is None:
        raise MinutesRefused("Người ký phải thuộc cơ quan của bạn và có chứng thư chữ ký số.", "agency_signer")
    if for_institution is None:
        raise MinutesRefused("Người ký phải thuộc đơn vị thanh toán và có chứng thư chữ ký số.", "institution_signer")
    minutes = Minutes(
        id=uuid4(),
        number=f"{run.day:%Y%m%d}/{run.institution_id}/{actor.unit}/{run.number}",
        run=run,
        unit_code=actor.unit,
        scope=scope,
        content=content_of(run, scope),
        made_at=now,
        label=actor.label,
        position_id=actor.position_id,
    )
    context = {
        **minutes.content,
        "number": minutes.number,
        "agency_name": unit_name(actor.unit),
        "agency_signer": for_agency.label,
        "institution_signer": for_institution.label,
    }
    minutes.agency_document = _document(minutes, actor.unit, for_agency, context, "agency")
    minutes.institution_document = _document(minutes, run.institution_id, for_institution, context, "institution")
    minutes.save(force_insert=True)
    audit.record(
        actor=actor,
        act="payments.make_minutes",
        target="payments.minutes",
        target_id=str(minutes.pk),
        unit=actor.unit,
        details={"number": minutes.number},
    )
    return minutes


def _document(minutes: Minutes, unit: str, signer: people.Holder, context: Mapping[str, Any], side: str) -> Document:
    credential, label = people.signing_credential(signer.position_id)
    return documents.issue_for_signature(
        key=f"payments.minutes:{minutes.pk}:{side}",
        kind=KIND,
        title=TITLE,
        template=TEMPLATE,
        context=dict(context),
        unit_code=unit,
        subject=minutes.pk,
        credential_id=credential,
        signer_label=label,
        signer_id_number=people.position_holder_id_number(signer.position_id),
        signer_user_id=signer.user_id,
        signer_position_id=signer.position_id,
        # Whoever draws it up may do so (asked above); the document of the other side stands in the other's name.
        actor=SYSTEM,
    )


def may_see_minutes(actor: Actor, minutes: Minutes) -> bool:
    """The agency, the institution, VPCP."""
    return may(actor, OVERSEE) or may(actor, READ, minutes.unit_code) or may(actor, OPERATE, minutes.run.institution_id)


def document_to_sign(actor: Actor, minutes: Minutes) -> Document | None:
    """The document that waits for this officer, in this position."""
    for document in (minutes.agency_document, minutes.institution_document):
        if document.signer_position_id == actor.position_id and document.state in (Document.QUEUED, Document.RENDERED, Document.AWAITING):
            return document
    return None


def authorise_minutes(*, minutes: Minutes, actor: Actor, return_to: str) -> str:
    """The address at the signing service where the officer authorises their signature. :class:`AccessDenied` for one who was not asked."""
    document = document_to_sign(actor, minutes)
    if document is None:
        raise AccessDenied("documents.sign")
    return documents.authorisation_url(document, actor=actor, return_to=return_to)


def minutes_content(context: Mapping[str, Any], unit: str) -> list[Section]:
    """Everything that the minutes print, for comparing a print."""

    def pair(value: Any) -> str:
        return f"{value[0]} giao dịch, {dong(value[1])}" if value is not None else "không có số liệu"

    head = [
        ("Số", context["number"]),
        ("Đơn vị thanh toán", context["institution"]),
        ("Cơ quan", context["agency_name"]),
        ("Ngày đối soát, lần", f"{context['day']}, lần {context['run']}"),
        ("Tại Cổng", pair(context["ours"])),
        ("Tại đơn vị thanh toán", pair(context["theirs"])),
        ("Tại cơ quan", dong(context["agency"]) if context["agency"] is not None else "không có số liệu"),
    ]
    sums = [
        (f"{one['unit']}, {one['kind']}", f"{pair(one['ours'])}; {pair(one['theirs'])}; {pair(one['agency'])}") for one in context["lines"]
    ]
    cases = [
        (f"{one['number']}. {one['type']}", f"{one['unit']}; {one['ours']}; {one['theirs']}; {one['state']}; {one['resolution']}")
        for one in context["cases"]
    ]
    signed = [("Người ký của cơ quan", context["agency_signer"]), ("Người ký của đơn vị thanh toán", context["institution_signer"])]
    return [
        Section("", tuple(head)),
        Section("Theo cơ quan và loại giao dịch", tuple(sums)),
        Section("Chênh lệch", tuple(cases)),
        Section("Ký", tuple(signed)),
    ]


# Months ------------------------------------------------------------------------------------------------------------------------


def _last_day(month: date) -> date:
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def why_not_closed(month: date, scope: str, *, today: date) -> list[str]:
    """What stands against closing a month: it is not over, days that were not reconciled, cases that are open. Empty: it can be closed."""
    last = _last_day(month)
    if today <= last:
        return ["Tháng này chưa hết."]
    against = []
    days = [date.fromordinal(number) for number in range(month.toordinal(), last.toordinal() + 1)]
    ended = Run.objects.filter(day__range=(month, last), finished_at__isnull=False).only("institution_id", "day", "started_at")
    done = {(run.institution_id, run.day) for run in ended if not run.is_early}
    taken = Collection.objects.filter(under(scope, "payee_unit"), day__range=(month, last), is_test=False)
    for institution in Institution.objects.filter(state__in=SERVING).order_by("code"):
        own = [day for day in days if (institution.code, day) not in done]
        if not own:
            continue
        # A day on which nothing was taken needs no file; who served that day must have answered for it.
        missing = [day for day in own if taken.filter(institution=institution, day=day).exists()]
        if missing:
            words = ", ".join(f"{day:%d/%m}" for day in missing[:10]) + (" …" if len(missing) > 10 else "")
            against.append(f"{institution.short_name}: chưa đối soát {words}.")
    count = Case.objects.filter(under(scope, "payee_unit"), day__range=(month, last)).exclude(state=Case.CLOSED).count()
    if count:
        against.append(f"Còn {count} chênh lệch chưa xử lý xong.")
    return against


@transaction.atomic
def close_month(*, month: date, actor: Actor, now: datetime, today: date) -> ClosedMonth:
    """Close a month for the officer's agency and those below, or (VPCP) for all: every day ran, every case is closed, the sums are kept.

    After that no reconciliation changes what is exported of it. Twice: the same. :class:`MinutesRefused` with what stands against it.
    """
    scope = scope_of(actor)
    require(actor, "payments.decide") if not scope else require(actor, "payments.solve", scope)
    month = month.replace(day=1)
    known = ClosedMonth.objects.filter(unit_code=scope, month=month).first()
    if known is not None:
        return known
    against = why_not_closed(month, scope, today=today)
    if against:
        raise MinutesRefused(" ".join(against), "month")
    rows = DayRevenue.objects.filter(under(scope, "unit_code"), day__range=(month, _last_day(month)))
    sums = rows.values("institution_id", "kind").annotate(payments=Sum("payments"), amount=Sum("amount")).order_by("institution_id", "kind")
    totals = {
        "amount": rows.aggregate(total=Sum("amount"))["total"] or 0,
        "lines": [[one["institution_id"], one["kind"], one["payments"], one["amount"]] for one in sums],
    }
    closed, made = ClosedMonth.objects.get_or_create(
        unit_code=scope,
        month=month,
        defaults={"totals": totals, "closed_at": now, "label": actor.label, "position_id": actor.position_id},
    )
    if made:
        audit.record(
            actor=actor,
            act="payments.close_month",
            target="payments.closedmonth",
            target_id=str(closed.pk),
            unit=scope,
            details={"month": f"{month:%m/%Y}", "amount": str(totals["amount"])},
        )
    return closed


def is_closed(month: date, unit: str) -> bool:
    """Whether a month is closed for an agency, by itself, one above or VPCP (one query)."""
    closed = ClosedMonth.objects.filter(month=month.replace(day=1)).values_list("unit_code", flat=True)
    return any(not code or covers(code, unit) for code in closed)
