"""Lists of VPCP and reply templates of agencies, on the desk (F-04, F-05, F-09)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from feedback.models import PetitionKind, ReplyTemplate, Term
from feedback.services.sending import kinds_on
from feedback.terms import limits_of
from portal.audit.models import Act
from tests.factories import make_position, sign_in

pytestmark = pytest.mark.usefixtures("demo_data")
KIND, TERM, TEMPLATE = (f"/quan-tri/feedback/{name}/" for name in ("petitionkind", "term", "replytemplate"))
NEW = {
    "name": "Khó khăn khi dùng hóa đơn điện tử",
    "code": "hoa-don",
    "about": "rule",
    "article": "Quy chế, Điều 37.3",
    "goes": "owner",
    "position": "85",
}


def desk(unit: str = "G22", *roles: str) -> Client:
    """A client of somebody at the desk of a unit."""
    client, position = Client(), make_position(unit=unit, roles=roles or ("steering",))
    sign_in(client, position.person, position=position)
    return client


def day(days: int = 0) -> str:
    """A day from today on, as people write it."""
    return f"{timezone.localdate() + dt.timedelta(days=days):%d/%m/%Y}"


@pytest.mark.requirement("F-02")
def test_vpcp_extends_rewords_and_ends_a_kind_and_nobody_else_does() -> None:
    vpcp = desk()
    answer = vpcp.post(f"{KIND}add/", {**NEW, "valid_from": day()}, follow=True)
    assert "Đã thêm loại" in answer.content.decode()
    kind = PetitionKind.objects.get(pk="hoa-don")
    assert kind in kinds_on(timezone.now())

    again = vpcp.post(f"{KIND}add/", {**NEW, "name": "Tên khác <b>", "valid_from": day(-1)})
    page = again.content.decode()
    assert again.status_code == 422 and "Mã này đã có." in page and "Tên khác &lt;b&gt;" in page

    vpcp.post(f"{KIND}hoa-don/edit/", {**NEW, "name": "Hóa đơn điện tử", "help_text": "Ví dụ: không xuất được"})
    kind.refresh_from_db()
    assert kind.name == "Hóa đơn điện tử" and kind.about == "rule"
    history = vpcp.get(f"{KIND}hoa-don/history/").content.decode()
    assert "Khó khăn khi dùng hóa đơn điện tử" in history and "Hóa đơn điện tử" in history

    early = vpcp.post(f"{KIND}hoa-don/end/", {"valid_to": day(-3)})
    assert early.status_code == 422 and "từ hôm nay trở đi" in early.content.decode()
    vpcp.post(f"{KIND}hoa-don/end/", {"valid_to": day(1)})
    assert kind in kinds_on(timezone.now())
    assert kind not in kinds_on(timezone.now() + dt.timedelta(days=1))
    assert vpcp.post(f"{KIND}hoa-don/delete/").status_code in (403, 404)
    acts = Act.objects.filter(target="feedback.petitionkind", target_id="hoa-don").order_by("pk")
    assert [act.act for act in acts] == ["feedback.add_kind", "feedback.change_kind", "feedback.end_kind"]

    for other in (desk("H26", "administrator"), desk("G22", "petition_checking")):
        assert other.get(KIND).status_code in (403, 404)
        assert other.post(f"{KIND}add/", {**NEW, "code": "khac-nua", "valid_from": day()}).status_code in (403, 404)
    assert not PetitionKind.objects.filter(pk="khac-nua").exists()


@pytest.mark.requirement("F-04")
def test_a_time_limit_is_set_from_a_day_on_and_the_old_one_stays_to_be_read() -> None:
    vpcp, today = desk(), timezone.localdate()
    assert "đang áp dụng 20 ngày" in vpcp.get(f"{TERM}add/?name=answer").content.decode()
    said = {"name": "answer", "amount": "15", "unit": "working_day", "basis": "Công văn 00/VPCP-KSTT"}
    past = vpcp.post(f"{TERM}add/", {**said, "valid_from": day(-1)})
    assert past.status_code == 422 and "phản ánh đã nhận giữ thời hạn cũ" in past.content.decode()
    assert "Công văn 00/VPCP-KSTT" in past.content.decode()

    vpcp.post(f"{TERM}add/", {**said, "valid_from": day(10)})
    term = Term.objects.get(basis__startswith="Công văn 00")
    assert (limits_of(today)["answer"].amount, limits_of(today)["answer"].unit) == (20, "day")
    after = limits_of(today + dt.timedelta(days=10))["answer"]
    assert (after.amount, after.unit) == (15, "working_day")
    page = vpcp.get(f"{TERM}{term.pk}/change/").content.decode()
    assert "15 ngày làm việc" in page and "20 ngày" in page and "Chưa đến ngày" in page
    twice = vpcp.post(f"{TERM}add/", {**said, "amount": "12", "valid_from": day(10)})
    assert twice.status_code == 422 and "Từ ngày này đã đặt" in twice.content.decode()
    assert vpcp.post(f"{TERM}add/", {**said, "amount": "0", "valid_from": day(11)}).status_code == 422
    assert vpcp.get(f"{TERM}?hieu-luc=dang").content.decode().count("Đang áp dụng") >= 10
    assert desk("H26", "petition_checking").get(TERM).status_code in (403, 404)


@pytest.mark.requirement("F-05")
def test_an_agency_keeps_its_reply_templates() -> None:
    own, other = desk("H26.101", "petition_handling"), desk("H26.102", "petition_handling")
    said = {"unit_code": "H26.101", "use": "answer", "name": "Đã trả kết quả", "words": "Cơ quan đã trả kết quả.", "is_active": "on"}
    own.post(f"{TEMPLATE}add/", said)
    row = ReplyTemplate.objects.get()
    assert "Đã trả kết quả" in own.get(TEMPLATE).content.decode()
    twice = own.post(f"{TEMPLATE}add/", said)
    assert twice.status_code == 422 and "đã có mẫu mang tên này" in twice.content.decode()

    own.post(f"{TEMPLATE}{row.pk}/edit/", {**said, "name": "Đã trả", "is_active": ""})
    row.refresh_from_db()
    assert (row.name, row.is_active) == ("Đã trả", False)
    assert other.get(f"{TEMPLATE}{row.pk}/change/").status_code == 404
    assert other.post(f"{TEMPLATE}{row.pk}/edit/", said).status_code == 404
    assert other.post(f"{TEMPLATE}add/", said).status_code == 422
    # Those of the province see what the wards write.
    assert desk("H26", "petition_checking").get(f"{TEMPLATE}{row.pk}/change/").status_code == 200
