"""What goes out about a dossier that another system handles: the filing whole, then everything its applicant or the portal does."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts import queries as people
from dossiers.models import Dossier, DossierEvent, Handled, SupplementRequest
from portal.exchange.messages import send

FILED, EVENT = "dossier.filed", "dossier.event"
WHOLE = frozenset({"submit", "resend"})
TOLD = frozenset({
    "withdraw", "complete", "complete_first", "paid", "unpaid", "stop_unpaid", "unanswered", "unanswered_first", "stop_unanswered",
    "refuse_unanswered", "refunded", "paper_unsafe",
})  # fmt: skip
"""Events of the portal's own of which the other system hears."""


def on_event(event: DossierEvent) -> None:
    """Something happened to a dossier, in its transaction: the system that handles it is told, in order for each dossier."""
    dossier = event.dossier
    if not dossier.handled_by or getattr(dossier, "moved_by_report", False):
        return
    if event.name in WHOLE:
        Handled.objects.get_or_create(dossier=dossier, defaults={"partner_id": dossier.handled_by})
        body = whole(dossier)
    elif event.name in TOLD:
        body = {**_said(dossier, event), **_more(dossier, event)}
    else:
        return
    kind = FILED if event.name in WHOLE else EVENT
    send(partner=dossier.handled_by, kind=kind, about=dossier.code or "", body=body, key=f"{kind}:{event.pk}")


def _said(dossier: Dossier, event: DossierEvent) -> dict[str, Any]:
    return {"code": dossier.code, "event": event.name, "at": event.at, "state": dossier.state, "note": event.note or ""}


def _more(dossier: Dossier, event: DossierEvent) -> dict[str, Any]:
    if event.name in ("complete", "complete_first"):
        answered = dossier.supplements.filter(state=SupplementRequest.State.ANSWERED).order_by("-number").first()
        explained = answered.explanation or "" if answered is not None else ""
        return {"answers": dossier.answers or {}, "papers": papers(dossier), "explanation": explained}
    if event.name == "paid":
        demand = dossier.demands.select_related("order").order_by("-number").first()
        if demand is not None:
            return {"amount": demand.amount, "payment_code": demand.order.code}
    return {}


def whole(dossier: Dossier) -> dict[str, Any]:
    """A dossier as the system that handles it needs it."""

    def party(party_id: Any) -> dict[str, str]:
        found = people.party(party_id)
        return {"kind": found.kind, "name": found.name, "number": found.number, "address": found.address}

    return {
        "code": dossier.code,
        "procedure": {"code": dossier.procedure_code, "name": dossier.procedure_name},
        "agency": dossier.unit_code,
        "channel": dossier.channel,
        "service_level": dossier.service_level,
        "submitted_at": dossier.submitted_at,
        "response_due_at": dossier.response_due_at,
        "state": dossier.state,
        "applicant": party(dossier.applicant_id),
        "owner": party(dossier.owner_id),
        "filed_by": {"name": dossier.filed_by_name, "for_another": dossier.is_filed_for_another},
        "form": {"version": dossier.form_version_id, "fields": [_field(one) for one in dossier.form_version.fields]},
        "answers": dossier.answers or {},
        "papers": papers(dossier),
        "payment": {"standing": dossier.payment, "until": dossier.pay_until},
    }


def _field(spec: dict[str, Any]) -> dict[str, Any]:
    return {"name": spec["name"], "label": spec.get("label", ""), "kind": spec.get("kind", "")}


def papers(dossier: Dossier) -> list[dict[str, Any]]:
    """The papers that hold, each with the address at which the system fetches it with its own credentials."""
    rows = dossier.papers.select_related("file").filter(superseded_at=None)
    return [
        {
            "id": str(one.pk),
            "kind": one.kind,
            "label": one.label,
            "name": str(one.file.name or ""),
            "media_type": one.file.media_type,
            "size": one.file.size,
            "sha256": one.file.sha256,
            "url": settings.SITE_URL + reverse("api:handled_paper", args=[dossier.code, one.pk]),
        }
        for one in rows
    ]
