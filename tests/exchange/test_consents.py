"""Third parties get nothing but what VPCP's recorded consent names, as long as it holds (Scheme III.3i)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.access import SYSTEM, Assurance
from portal.audit.models import Act
from portal.exchange.partners import consenting, consents
from portal.exchange.partners.models import Call, Partner, PartnerConsent
from portal.exchange.partners.services import PartnerRefused
from tests.exchange.support import basic, batch, make_partner
from tests.factories import make_position, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("N-13")]
DESK = "/quan-tri/partners/partner/"


def vpcp() -> Client:
    client, position = Client(), make_position(unit="G22", roles=("steering",))
    sign_in(client, position.person, position=position, assurance=Assurance.HIGH)
    return client


def message(password: str) -> int:
    headers = basic("DV.dien", password)
    return Client().post("/api/v1/messages", b"x", content_type="application/jose", headers=headers).status_code


def test_without_a_consent_nothing_leaves_and_a_withdrawn_one_is_none(demo_data: None) -> None:
    desk, today = vpcp(), timezone.localdate()
    password = make_partner("DV.dien", units=["H26"], is_third_party=True, calls=[Call.DOSSIERS, Call.MESSAGES])
    assert batch("DV.dien", password, rows=[]).status_code == 403
    page = desk.get(f"{DESK}DV.dien/change/").content.decode()
    assert "chưa có văn bản đồng ý còn hiệu lực" in page
    said: dict[str, Any] = {
        "number": "123/VPCP-KSTT", "dated": f"{today:%d/%m/%Y}", "calls": ["dossiers"], "purpose": "Cấp điện", "begins_on": "x",
    }  # fmt: skip
    wrong = desk.post(f"{DESK}DV.dien/dong-y/", said)
    assert wrong.status_code == 422 and "123/VPCP-KSTT" in wrong.content.decode()
    said["begins_on"] = f"{today:%d/%m/%Y}"
    early = desk.post(f"{DESK}DV.dien/dong-y/", {**said, "ends_on": f"{today - timedelta(days=1):%d/%m/%Y}"})
    assert early.status_code == 422 and "Ngày hết phải sau ngày bắt đầu" in early.content.decode()
    assert desk.post(f"{DESK}DV.dien/dong-y/", {**said, "calls": ["counts"]}).status_code == 422
    assert desk.post(f"{DESK}DV.dien/dong-y/", said).status_code == 302
    # What it names, and nothing else.
    assert batch("DV.dien", password, rows=[]).status_code == 200
    assert message(password) == 403
    row = PartnerConsent.objects.get()
    page = desk.get(f"{DESK}DV.dien/change/").content.decode()
    assert "123/VPCP-KSTT" in page and "Cấp điện" in page and "chưa có văn bản" not in page
    assert desk.post(f"{DESK}DV.dien/dong-y/{row.pk}/rut/", {"reason": ""}).status_code == 422
    assert desk.post(f"{DESK}DV.dien/dong-y/{row.pk}/rut/", {"reason": "Hết hợp đồng"}).status_code == 302
    assert batch("DV.dien", password, rows=[]).status_code == 403
    assert desk.post(f"{DESK}DV.dien/dong-y/{row.pk}/rut/", {"reason": "Lần nữa"}).status_code == 422
    assert set(Act.objects.values_list("act", flat=True)) >= {"exchange.record_consent", "exchange.withdraw_consent"}


def test_bodies_of_the_state_need_none_and_cost_no_query(django_assert_num_queries: Any) -> None:
    make_partner("H31")
    partner = Partner.objects.get(pk="H31")
    with django_assert_num_queries(0):
        assert consents.narrowed(partner, timezone.now()).calls and consents.may_get(partner, partner.calls[0], timezone.now())
    with pytest.raises(PartnerRefused):
        consenting.record(
            code="H31", number="1", dated=timezone.localdate(), calls=partner.calls, purpose="x", begins_on=timezone.localdate(),
            ends_on=None, actor=SYSTEM, now=timezone.now(),
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        PartnerConsent.objects.create(
            partner=partner, number="1", dated=timezone.localdate(), calls=[], purpose="x", begins_on=timezone.localdate(),
            recorded_at=timezone.now(), recorded_by="x",
        )  # fmt: skip


def test_a_consent_holds_on_its_days_and_on_no_other() -> None:
    make_partner("MXH", units=["H26"], is_third_party=True, calls=[Call.STATUS])
    partner, now = Partner.objects.get(pk="MXH"), timezone.now()
    today = timezone.localdate(now)

    @given(begins=st.integers(-3, 3), length=st.none() | st.integers(0, 3), at=st.integers(-5, 7))
    def holds(begins: int, length: int | None, at: int) -> None:
        PartnerConsent.objects.all().delete()
        first = today + timedelta(days=begins)
        consenting.record(
            code="MXH", number="1", dated=today, calls=["status"], purpose="x", begins_on=first,
            ends_on=None if length is None else first + timedelta(days=length), actor=SYSTEM, now=now,
        )  # fmt: skip
        wanted = at >= begins and (length is None or at <= begins + length)
        assert consents.may_get(partner, "status", now + timedelta(days=at)) is wanted

    holds()
