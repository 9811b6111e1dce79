"""Quality of the catalogue: reviews with ten working days, what the machine finds at night, the figures in public."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.access import AccessDenied
from portal.workdays import ZONE
from procedures.models import ProcedureVersion, QualityFinding, QualityReview
from procedures.services import quality
from procedures.services.quality import PARTS, QualityRefused, completeness
from procedures.tasks import find_faults
from tests.procedures.test_announcing import at_desk, seen, words

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("C-12")]
DESK, FINDING = "/quan-tri/procedures/qualityreview/", "/quan-tri/procedures/qualityfinding/"


def test_a_review_of_vpcp_from_its_beginning_to_its_conclusion() -> None:
    vpcp, _ = at_desk("G22", "steering")
    ministry, actor = at_desk("G15", "procedure_entering")
    asked = {"title": "Rà soát quý IV", "unit_code": "G15", "scope": "full", "sample": "0"}
    assert vpcp.post(f"{DESK}add/", {**asked, "unit_code": "G99"}).status_code == 422
    answer = vpcp.post(f"{DESK}add/", asked)
    assert answer.status_code == 302, words(answer)
    row = QualityReview.objects.get()
    assert "1.001193" in row.procedures and (row.by_unit, row.unit_code) == ("G22", "G15")
    bad = {"procedure_code": "9.999999", "part": "fees", "kind": "accurate", "text": "Mức lệ phí khác quyết định."}
    assert vpcp.post(f"{DESK}{row.pk}/finding/", bad).status_code == 422
    assert vpcp.post(f"{DESK}{row.pk}/finding/", {**bad, "procedure_code": "1.001193"}).status_code == 302
    found = QualityFinding.objects.get()
    # Not the ministry's to see before it is sent.
    assert ministry.get(f"{DESK}{row.pk}/change/").status_code == 404
    assert ministry.get(f"{FINDING}{found.pk}/change/").status_code == 404
    assert vpcp.post(f"{DESK}{row.pk}/send/").status_code == 302
    row.refresh_from_db()
    assert row.due_at is not None
    assert "phải sửa sau rà soát" in words(ministry.get("/quan-tri/"))
    assert "Mức lệ phí khác quyết định." in words(ministry.get(f"{FINDING}{found.pk}/change/"))
    assert vpcp.post(f"{DESK}{row.pk}/close/", {"conclusion": "Xong"}).status_code == 422, "something is open still"
    assert ministry.post(f"{FINDING}{found.pk}/mend/", {"note": "Đã sửa theo Quyết định 163."}).status_code == 302
    assert ministry.post(f"{FINDING}{found.pk}/close/").status_code == 403
    assert vpcp.post(f"{FINDING}{found.pk}/reopen/", {"note": "Còn thiếu đối tượng được miễn."}).status_code == 302
    assert ministry.post(f"{FINDING}{found.pk}/mend/", {"note": "Đã bổ sung."}).status_code == 302
    assert vpcp.post(f"{FINDING}{found.pk}/close/").status_code == 302
    assert vpcp.post(f"{DESK}{row.pk}/close/", {"conclusion": "Đã sửa đủ các điều nêu ra."}).status_code == 302
    seen()
    page = words(Client().get("/chat-luong-du-lieu/"))
    assert "Đã sửa đủ các điều nêu ra." in page and "Bộ Tư pháp" in page
    with pytest.raises(AccessDenied):
        quality.move_review(actor=actor, review_id=row.pk, transition="close", conclusion="x", now=timezone.now())


def test_ten_working_days_and_a_sample_by_chance() -> None:
    _client, own = at_desk("G15", "procedure_checking")
    monday = dt.datetime(2026, 11, 2, 9, tzinfo=ZONE)
    facts: dict[str, Any] = {"actor": own, "title": "Tự rà soát", "unit_code": "G15", "scope": "sample", "sample": 3, "now": monday}
    row = quality.begin_review(**facts, chance=random.Random(7))
    assert len(row.procedures) == 3 and row.by_unit == "G15"
    sent = quality.move_review(actor=own, review_id=row.pk, transition="send", now=monday)
    assert sent.due_at is not None and timezone.localdate(sent.due_at) == dt.date(2026, 11, 16)
    with pytest.raises(AccessDenied):
        quality.begin_review(**{**facts, "unit_code": "G01"})
    with pytest.raises(QualityRefused):
        quality.begin_review(**{**facts, "sample": 0})


def test_the_night_finds_what_is_wrong_and_what_is_right_again() -> None:
    find_faults()
    before = set(QualityFinding.objects.values_list("rule", "procedure_code", "part"))
    version = ProcedureVersion.objects.get(procedure__code="1.001193")
    wrong = {"missing": ["fees"], "related": ["9.999999"], "executing_codes": ["H99.1"], "checked_on": dt.date(2020, 1, 1)}
    right = {name: getattr(version, name) for name in wrong}
    ProcedureVersion.objects.filter(pk=version.pk).update(**wrong)
    find_faults()
    find_faults()
    new = set(QualityFinding.objects.values_list("rule", "procedure_code", "part")) - before
    assert new >= {("missing", "1.001193", "fees"), ("no_office", "1.001193", ""), ("stale", "1.001193", "")}
    assert QualityFinding.objects.filter(rule="dead_link", procedure_code="1.001193", text__contains="9.999999").exists() or (
        ("dead_link", "1.001193", "") in before
    )
    ministry, actor = at_desk("G15", "procedure_entering")
    found = QualityFinding.objects.get(rule="missing", procedure_code="1.001193", part="fees")
    assert "tự hết vào đêm" in words(ministry.get(f"{FINDING}{found.pk}/change/"))
    with pytest.raises(QualityRefused):
        quality.move_finding(actor=actor, finding_id=found.pk, transition="mend", note="x", now=timezone.now())
    ProcedureVersion.objects.filter(pk=version.pk).update(**right)
    find_faults()
    found.refresh_from_db()
    assert found.state == "closed" and found.closed_at is not None
    standing = next(one for one in quality.standings(timezone.now()) if one.unit == "G15")
    assert standing.procedures >= standing.whole > 0 and standing.closed >= 3


@given(st.sets(st.sampled_from([*PARTS, "place"])))
def test_whole_is_a_hundred_and_nothing_else_is(missing: set[str]) -> None:
    assert (completeness(missing) == 100) is (not missing)
    assert 0 <= completeness(missing) <= completeness(set())
