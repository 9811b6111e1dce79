"""What an agency pays of bringing a paper result to who filed online: declared, checked by another, deducted, counted (C-31)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import requests
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dossiers.models import Dossier, Parcel, ReturnWish
from dossiers.post import parcels, wishes
from portal.access import SYSTEM
from portal.audit.models import Act
from portal.documents.rendering import document_html
from procedures import services
from procedures.fees import Support, supported
from procedures.models import OnlineReduction
from tests.dossiers.support import CODE, citizen_actor, mother, ready_draft
from tests.dossiers.test_desk_pages import desk_of
from tests.dossiers.test_post import DRAFT, THERE, browser, filed_with_wish, returned, tariff, text, work
from tests.factories import make_officer_actor
from tests.procedures.test_reductions import DESK, officer, seen, words
from tests.simulators.running import Simulators

pytestmark = pytest.mark.requirement("C-31")
BASIS = "Nghị quyết thử nghiệm 5/NQ-HĐND"
supports = st.one_of(
    st.builds(Support, st.text("abc", min_size=1, max_size=3), percent=st.integers(1, 100), cap=st.none() | st.integers(1, 100_000)),
    st.builds(Support, st.text("abc", min_size=1, max_size=3), amount=st.integers(1, 100_000)),
)


@given(st.integers(0, 200_000), st.lists(supports, max_size=4))
def test_nobody_is_paid_more_than_it_costs_the_best_counts_alone_and_half_a_dong_is_the_citizens(cost: int, found: list[Support]) -> None:
    paid, basis = supported(cost, found)
    assert 0 <= paid <= cost and (paid == 0) is (basis == "")
    assert paid == max((one.of(cost) for one in found), default=0), "not added up"
    assert supported(cost, reversed(found)) == (paid, basis), "whatever their order"
    for one in found:
        if one.amount is not None:
            assert one.of(cost) == min(cost, one.amount)
        else:
            share = min(cost if one.cap is None else one.cap, cost)
            assert one.of(cost) == share or 0 <= 100 * one.of(cost) - cost * (one.percent or 0) < 100


def posted(**values: Any) -> dict[str, Any]:
    return {
        "what": "delivery", "procedures": CODE, "fields_named": "", "fee_kinds": [], "fee_names": "", "percent": "50", "amount": "",
        "cap": "10000", "valid_from": f"{timezone.localdate():%d/%m/%Y}", "valid_to": "", "basis": BASIS, "source": "", **values,
    }  # fmt: skip


def declare(**values: Any) -> OnlineReduction:
    now = timezone.now()
    facts = {"unit_code": "H26", "what": "delivery", "percent": 50, "basis": BASIS, "valid_from": timezone.localdate(now), **values}
    return services.declare_reduction(actor=SYSTEM, now=now, **facts)


@pytest.mark.usefixtures("demo_data")
def test_it_holds_once_another_officer_has_checked_it_and_is_shown_where_one_chooses() -> None:
    tariff()
    writer, client = officer(), browser()
    wrong = {"cap": ("0", "ít nhất là 1 đồng"), "percent": ("", "chỉ một trong hai"), "fee_kinds": ("fee", "không chọn khoản thu")}
    for name, (typed, said) in wrong.items():
        page = writer.post(f"{DESK}add/", posted(**{name: typed}))
        assert page.status_code == 200 and said in words(page), name
    assert "Chỉ ghi mức cao nhất" in words(writer.post(f"{DESK}add/", posted(percent="", amount="5000")))
    assert writer.post(f"{DESK}add/", posted()).status_code == 302
    row = OnlineReduction.objects.get(basis=BASIS)
    assert row.checked_at is None and "Chờ cán bộ khác duyệt" in words(writer.get(DESK))
    ready_draft(citizen_actor(mother()), now=timezone.now())
    seen()
    assert BASIS not in words(Client().get(f"/thu-tuc/{CODE}/?dia-phuong=01")) and "cơ quan trả" not in text(client.get(DRAFT))
    own = writer.post(f"{DESK}{row.pk}/check/", follow=True)
    assert "Người ghi không tự duyệt" in words(own)
    assert officer("H29").post(f"{DESK}{row.pk}/check/").status_code == 404
    second = officer()
    shown = words(second.get(f"{DESK}{row.pk}/check/"))
    assert "Trả 50 % cước bưu chính, nhiều nhất 10.000" in shown and BASIS in shown
    assert second.post(f"{DESK}{row.pk}/check/").status_code == 302
    assert "đã được duyệt" in words(second.post(f"{DESK}{row.pk}/check/", follow=True))
    assert Act.objects.filter(act="procedures.reductions.check", target_id=str(row.pk), unit="H26").exists()
    seen()
    here = words(Client().get(f"/thu-tuc/{CODE}/?dia-phuong=01"))
    assert "cơ quan trả 50 % cước" in here and "nhiều nhất 10.000 đ" in here and BASIS in here
    assert BASIS not in words(Client().get(f"/thu-tuc/{CODE}/?dia-phuong=79"))
    assert re.search(r"Có nơi giảm thêm: [^.]*Hà Nội", words(Client().get(f"/thu-tuc/{CODE}/")))
    assert "Nộp trực tuyến ở Hà Nội: Gửi trả bản giấy qua bưu chính" in words(Client().get(f"/nop-ho-so/{CODE}/"))
    assert "the agency pays 50 % of the cost" in words(Client().get(f"/en/thu-tuc/{CODE}/?dia-phuong=01"))
    choosing = text(client.get(DRAFT))
    assert "cơ quan trả 10.000 đ, bạn trả 16.000 đ" in choosing and "cơ quan trả 10.000 đ, bạn trả 23.500 đ" in choosing


@pytest.mark.usefixtures("demo_data")
def test_it_is_deducted_from_what_the_post_takes_kept_on_the_receipt_and_counted(outside: Simulators) -> None:
    tariff()
    row, client = declare(cap=10_000), browser()
    declare(unit_code="H29", percent=100, basis="của nơi khác")
    declare(percent=None, amount=4_000, basis="ít hơn")
    dossier = filed_with_wish(client)
    wish = ReturnWish.objects.get(pk=dossier.pk)
    assert (wish.amount, wish.support, wish.support_basis, wish.to_pay) == (26_000, 10_000, BASIS, 16_000)
    assert "cơ quan trả 10.000 đ, bạn trả 16.000 đ" in text(client.get(f"/ho-so/{dossier.code}/"))
    # What was told stays, whatever is ended later.
    services.end_reduction(actor=SYSTEM, reduction_id=row.pk, last_day=timezone.localdate(), why="thử", now=timezone.now())
    OnlineReduction.objects.filter(pk=row.pk).update(valid_from=dt.date(2020, 1, 1), valid_to=dt.date(2020, 2, 1))
    dossier = returned(dossier)
    html = document_html(dossier.documents.get(role="receipt").document, at=timezone.now())
    assert "cước 26.000 đồng, cơ quan trả 10.000 đồng" in html and BASIS in html and "người nhận trả 16.000 đồng" in html
    work()
    parcel = Parcel.objects.get(dossier=dossier)
    assert (parcel.state, parcel.amount, parcel.support, parcel.to_pay) == ("registered", 26_000, 10_000, 16_000)
    pages = requests.get(f"{outside.url}/post/parcels/", timeout=10).text
    assert "thu người gửi 10000 đồng, thu người nhận 16000 đồng" in pages, "the post charges each with their part"
    assert "bạn trả 16.000 đ" in text(client.get(f"/ho-so/{dossier.code}/"))
    desk, _ = desk_of()
    shown = text(desk.get(f"/quan-tri/dossiers/parcel/{parcel.pk}/change/"))
    assert "Người nhận trả" in shown and "16.000" in shown and BASIS in shown
    counted = text(desk.get("/quan-tri/dossiers/parcel/support/"))
    assert "Bưu phẩm được hỗ trợ" in counted and "10.000" in counted and BASIS in counted
    assert BASIS not in text(desk.get(f"/quan-tri/dossiers/parcel/support/?nam={timezone.localdate().year - 1}"))
    elsewhere, _ = desk_of("H26.102")
    assert BASIS not in text(elsewhere.get("/quan-tri/dossiers/parcel/support/"))
    year = timezone.localdate().year
    assert [(one.number, one.amount) for one in parcels.supported_in(Parcel.objects.all(), year)] == [(1, 10_000)]
    Parcel.objects.filter(pk=parcel.pk).update(state="cancelled")
    assert parcels.supported_in(Parcel.objects.all(), year) == [], "what was called off costs nobody anything"
    for model, pk in ((Parcel, parcel.pk), (ReturnWish, wish.pk)):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.filter(pk=pk).update(support=26_001)


@pytest.mark.usefixtures("demo_data")
def test_who_files_at_a_counter_pays_all_of_it() -> None:
    tariff()
    declare(percent=100)
    dossier: Dossier = filed_with_wish(browser())
    assert ReturnWish.objects.get(pk=dossier.pk).to_pay == 0
    at_counter = wishes.choose(
        actor=make_officer_actor("H26.101"), filing_id=dossier.pk, unit_code="H26.101", recipient="A", phone="+84912345678", street="1",
        ward=THERE["ward_xa"], now=timezone.now(),
    )  # fmt: skip
    assert (at_counter.support, at_counter.support_basis, at_counter.to_pay) == (0, "", 26_000)
    for wrong in ({"what": "delivery", "cap": 5, "percent": None, "amount": 5}, {"what": "fee", "cap": 5, "procedures": [CODE]}):
        facts = {"unit_code": "H26", "province_code": "01", "percent": 50, "basis": "x", "valid_from": dt.date(2026, 1, 1), **wrong}
        with pytest.raises(IntegrityError), transaction.atomic():
            OnlineReduction.objects.create(**facts)
