"""The desks of decisions, services, quality and opinions are closed to every other agency (O-07)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from portal.access.roles import OFFICER_ROLES, TOP_ROLES
from procedures import queries
from procedures.models import LocalConfirmation
from procedures.services import announcing, consulting, quality, reporting, serving
from tests.procedures.test_announcing import at_desk
from tests.security.desk_addresses import KNOWN

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("O-07", "A-12")]


def rows() -> dict[str, Any]:
    """One row of each desk, of Hà Nội or the Ministry of Justice."""
    now, today = timezone.now(), timezone.localdate()
    _desk, justice = at_desk("G15", "procedure_entering", "procedure_checking", "procedure_publishing", "administrator")
    _desk, hanoi = at_desk("H26", "procedure_entering")
    _desk, vpcp = at_desk("G22", "steering")
    version = queries.version_at("1.001193", today)
    assert version is not None
    decision = announcing.begin_announcement(
        actor=justice, unit_code="G15", now=now, number="1/QĐ", signed_on=today, signer="Giả Định", effective_on=today, law="",
        law_effective_on=None, summary="Thử", source="",
    )  # fmt: skip
    announcing.put_change(actor=justice, announcement_id=decision.pk, seen=decision.seen, kind="repeal", code="1.000656", now=now)
    plan = serving.record_restructuring(
        actor=hanoi, unit_code="H26", procedure_code="2.000635", present="Tại quầy", steps_before=3, steps_after=2, papers_before=1,
        papers_after=1, papers_cut="", systems="Hộ tịch", benefit="", approved_by="Giả Định", approved_on=today, approval="2/QĐ", now=now,
    )  # fmt: skip
    service = serving.declare_service(
        actor=hanoi, unit_code="H26", restructuring_id=plan.pk, code="2.000635.09", level="full", localities=["01"], assurance=2,
        form_key="x", system="Một cửa", year=None, now=now,
    )  # fmt: skip
    review = quality.begin_review(actor=vpcp, title="Đợt", unit_code="G15", scope="full", sample=0, now=now)
    finding = quality.add_finding(
        actor=vpcp, review_id=review.pk, procedure_code="1.001193", part="", kind="accurate", text="Sai", now=now
    )  # fmt: skip
    quality.move_review(actor=vpcp, review_id=review.pk, transition="send", now=now)
    draft = consulting.open_consultation(
        actor=justice, unit_code="G15", title="Dự thảo", summary="Thử", subjects=["Một"], procedures=[], opens_on=today,
        closes_on=today + dt.timedelta(days=30), now=now,
    )  # fmt: skip
    return {
        "announcement": decision,
        "consultation": draft,
        "embedsite": consulting.add_site(actor=justice, unit_code="G15", origin="https://moj.example.vn", now=now),
        "localconfirmation": LocalConfirmation.objects.create(
            version=version, province_code="01", unit_code="H26", earlier={"place": "Mật"}, asked_at=now
        ),
        "qualityfinding": finding,
        "qualityreport": reporting.draw_report(actor=justice, unit_code="G15", quarter=reporting.ended_quarters(today, 1)[0], now=now),
        "qualityreview": review,
        "restructuring": plan,
        "servicedeclaration": service,
    }


def test_another_agency_reaches_nothing_of_ours() -> None:
    there = rows()
    stranger, _actor = at_desk("H29", *sorted(OFFICER_ROLES - TOP_ROLES))
    for name, row in there.items():
        base = f"/quan-tri/procedures/{name}/"
        assert list(stranger.get(base).context["cl"].result_list) == [], name
        own = (f"{row.pk}/", f"{row.pk}/change/", f"{row.pk}/history/", f"{row.pk}/delete/")
        acts = [
            known.replace("<uuid:object_id>", str(row.pk)).replace("<int:object_id>", str(row.pk)).replace("<str:code>", "1.000656")
            for known in KNOWN[f"procedures.{name}"]
        ]
        for address in [*own, *(act.replace("<uuid:opinion_id>", str(uuid4())) for act in acts)]:
            for answer in (stranger.get(base + address, follow=True), stranger.post(base + address, {"note": "x"}, follow=True)):
                assert answer.status_code in (403, 404), (name, address, answer.status_code)


def test_each_desk_opens_for_its_own() -> None:
    there = rows()
    justice, _ = at_desk("G15", "procedure_entering", "procedure_checking", "procedure_publishing", "administrator")
    hanoi, _ = at_desk("H26", "procedure_entering")
    for name, row in there.items():
        desk = hanoi if name in ("localconfirmation", "restructuring", "servicedeclaration") else justice
        assert desk.get(f"/quan-tri/procedures/{name}/{row.pk}/change/").status_code == 200, name
        assert desk.get(f"/quan-tri/procedures/{name}/{row.pk}/history/").status_code == 200, name
        assert desk.get(f"/quan-tri/procedures/{name}/").status_code == 200, name
