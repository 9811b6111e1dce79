"""Orders on an agency's desk: by form, from a file, cancelled; what is not one's own is not there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from payments import demo, services
from payments.models import Collection, Order, Refund
from payments.services.order_files import amount_in, day_in
from payments.services.traces import request_trace
from portal.access import ANONYMOUS
from portal.audit.models import Act
from portal.catalogues import tables
from portal.catalogues.models import TransactionKind
from portal.catalogues.tables import read
from tests.factories import make_institution, make_order, make_position, paid_report, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_data")]

DESK = "/quan-tri/payments/"
HEADER = [
    "so_quyet_dinh", "noi_dung", "loai_giao_dich", "nguoi_nop", "so_dinh_danh", "khoan", "la", "ma_ndkt", "so_tien", "han_nop",
]  # fmt: skip


def at_desk(unit: str = "H26.101", roles: tuple[str, ...] = ("accounting",), place: str = "agency") -> Client:
    client = Client()
    position = make_position(unit=unit, roles=roles, place=place)
    sign_in(client, position.person, position=position)
    return client


def operator(code: str = "TG.vnpay") -> Client:
    return at_desk(code, ("operating",), "institution")


def vpcp() -> Client:
    return at_desk("G22", ("steering",))


def paid(**values: Any) -> tuple[Order, Collection]:
    order, institution, now = make_order(**values), make_institution(), timezone.now()
    attempt = services.begin_attempt(order_code=order.code, institution_code=institution.code, now=now)
    found = services.settle(institution_code=institution.code, report=paid_report(attempt), via="callback", now=now)
    assert found.collection is not None
    order.refresh_from_db()
    return order, found.collection


def soon() -> str:
    return f"{timezone.localdate() + timedelta(days=20):%d/%m/%Y}"


def form(**changed: Any) -> dict[str, Any]:
    return {
        "payee_unit": "H26.101",
        "kind": "LGD.06",
        "reference": "12/QĐ-XPHC",
        "description": "Phạt vi phạm hành chính",
        "payer_name": "Nguyễn Văn Qua Đường",
        "payer_number": "001195000001",
        "due": soon(),
        "khoan-TOTAL_FORMS": "2",
        "khoan-INITIAL_FORMS": "0",
        "khoan-0-name": "Tiền phạt",
        "khoan-0-fee_kind": "fine",
        "khoan-0-unit_amount": "1.250.000",
        "khoan-0-number": "2",
        "khoan-1-name": "",
        "khoan-1-fee_kind": "fee",
        "khoan-1-unit_amount": "",
        "khoan-1-number": "1",
    } | changed


@pytest.mark.requirement("P-01", "P-04")
def test_an_accountant_makes_an_order_that_anybody_can_pay_by_its_code() -> None:
    client = at_desk()
    assert client.get(f"{DESK}order/add/").status_code == 200
    answer = client.post(f"{DESK}order/add/", form())
    assert answer.status_code == 302, answer.content.decode()
    order = Order.objects.get(reference="12/QĐ-XPHC")
    assert (order.amount, order.payee_unit, order.payer["number"], order.state) == (2_500_000, "H26.101", "001195000001", Order.OPEN)
    assert order.expires_at - order.due_at == timedelta(days=30)
    page = client.get(answer["Location"]).content.decode()
    assert order.code in page and "2.500.000" in page and "001195000001" in page
    assert order.code in Client().get(f"/thanh-toan/{order.code}/").content.decode()
    assert Act.objects.filter(act="payments.read_order", target_id=str(order.pk)).count() == 1
    assert order.code in client.get(f"{DESK}order/?q={order.code.lower()}").content.decode()
    assert order.code not in client.get(f"{DESK}order/?q=khong-co").content.decode()
    assert Act.objects.filter(act="payments.create_order", target_id=str(order.pk)).exists()


@pytest.mark.requirement("P-01")
def test_taxes_and_every_other_duty_of_the_catalogue_is_paid_by_its_code() -> None:
    accountant, institution, passer_by = at_desk(), make_institution(), Client()
    kinds = list(TransactionKind.objects.on(timezone.localdate()).order_by("code").values_list("code", "name"))
    assert len(kinds) >= 12
    for number, (kind, name) in enumerate(kinds):
        duty = {"LGD.03": "tax", "LGD.09": "tax", "LGD.05": "fine", "LGD.06": "fine", "LGD.01": "charge"}.get(kind, "other")
        typed = form(kind=kind, reference=f"{number}/TB", description=name, **{"khoan-0-name": name, "khoan-0-fee_kind": duty})
        assert accountant.post(f"{DESK}order/add/", typed).status_code == 302, kind
        order = Order.objects.get(reference=f"{number}/TB")
        page = passer_by.get(f"/thanh-toan/{order.code}/").content.decode()
        assert escape(name) in page and "2.500.000" in page, kind
        attempt = services.begin_attempt(order_code=order.code, institution_code=institution.code, now=timezone.now())
        services.settle(institution_code=institution.code, report=paid_report(attempt), via="callback", now=timezone.now())
        order.refresh_from_db()
        assert (order.state, order.kind, order.lines.get().fee_kind) == (Order.PAID, kind, duty)
        assert "Đã thanh toán" in passer_by.get(f"/thanh-toan/{order.code}/").content.decode()


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"reference": ""}, "Bạn hãy ghi mục này."),
        ({"khoan-0-number": "0"}, "Số nhỏ nhất được ghi là 1."),
        ({"khoan-0-name": "", "khoan-0-unit_amount": "", "khoan-0-fee_kind": "fee", "khoan-0-number": "1"}, "Tổng số tiền"),
        ({"khoan-0-unit_amount": "12,5"}, "Số tiền không đúng"),
        ({"khoan-0-revenue_code": "9999"}, "không có mã này"),
        ({"due": "01/01/2020"}, "Hạn nộp phải sau lúc này"),
        ({"kind": "LGD.77"}, "Mục này không có trong danh sách"),
        ({"payee_unit": "H26.102"}, "errorlist"),
    ],
)
def test_what_is_wrong_in_an_order_is_said_and_what_was_typed_stays(changed: dict[str, str], word: str) -> None:
    answer = at_desk().post(f"{DESK}order/add/", form(**changed))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert word in page and "Nguyễn Văn Qua Đường" in page
    assert not Order.objects.filter(reference="12/QĐ-XPHC").exists()


def test_lines_are_added_without_a_word_about_what_is_not_written_yet() -> None:
    answer = at_desk().post(f"{DESK}order/add/", form(reference="", them="1"))
    page = answer.content.decode()
    assert answer.status_code == 200 and "errornote" not in page
    assert 'name="khoan-TOTAL_FORMS" value="4"' in page and "Nguyễn Văn Qua Đường" in page and "1.250.000" in page
    assert not Order.objects.filter(reference="12/QĐ-XPHC").exists()


def test_the_same_number_is_one_order() -> None:
    client = at_desk()
    client.post(f"{DESK}order/add/", form())
    assert "đã có khoản" in client.post(f"{DESK}order/add/", form()).content.decode()


def row(number: str, **changed: str) -> list[str]:
    values = {
        "so_quyet_dinh": number, "noi_dung": "Lệ phí", "loai_giao_dich": "LGD.01", "nguoi_nop": "Trần Thị Ví Dụ", "so_dinh_danh": "",
        "khoan": "Lệ phí hộ tịch", "la": "le-phi", "ma_ndkt": "2771", "so_tien": "75.000", "han_nop": soon(),
    } | changed  # fmt: skip
    return [values[name] for name in HEADER]


@pytest.mark.requirement("P-01")
@pytest.mark.parametrize("kind", [tables.CSV, tables.XLSX])
def test_good_rows_of_a_file_go_in_bad_ones_are_told_and_again_makes_nothing(kind: str) -> None:
    client = at_desk()
    rows = [
        row("TB-1"), row("TB-2", so_tien="nhiều"), row("TB-3", loai_giao_dich="LGD.77"), row("TB-4", han_nop="31/02/2027"),
        row("TB-5", la="khác"), row("TB-6", nguoi_nop=""), row("TB-7", ma_ndkt="9999"), row("TB-8", so_tien="0"), row("TB-9"),
        row("TB-9", so_tien="80000"), row("TB-10", so_tien="x", la="y", han_nop="z", nguoi_nop=""),
    ]  # fmt: skip
    content = tables.write(kind, HEADER, rows)

    def send() -> Any:
        return client.post(f"{DESK}order/import/", {"unit": "H26.101", "table": SimpleUploadedFile(f"bang.{kind}", content)})

    page = send().content.decode()
    assert "Đã lập 2 khoản" in page and "9 dòng không lập được" in page
    for number in (3, 4, 5, 6, 7, 8, 9, 11):
        assert f"<td>{number}</td>" in page
    assert sorted(Order.objects.filter(source="desk.H26.101").values_list("reference", "amount")) == [("TB-1", 75_000), ("TB-9", 75_000)]
    for words in ("Chưa có: Người nộp.", "“x” không đúng", "“z” không đúng", "“y” không phải"):
        assert words in page
    codes = dict(Order.objects.filter(source="desk.H26.101").values_list("code", "pk"))
    for code, pk in codes.items():
        assert f'href="{DESK}order/{pk}/change/">{code}</a>' in page
    hidden = re.search(r'name="codes" value="([^"]+)"', page)
    assert hidden and set(hidden[1].split()) == set(codes)
    got = read("ma.xlsx", client.post(f"{DESK}order/export/codes/", {"codes": hidden[1]}).content)
    assert {cells[0] for _, cells in got.rows} == set(codes) and all(cells[-1].endswith(f"/{cells[0]}/") for _, cells in got.rows)
    other = at_desk("H26.102").post(f"{DESK}order/export/codes/", {"codes": hidden[1]})
    assert read("ma.xlsx", other.content).rows == []
    listed = read("ds.xlsx", client.get(f"{DESK}order/export/xlsx/?state=open").content)
    assert set(codes) <= {cells[0] for _, cells in listed.rows}
    assert f"{DESK}order/export/xlsx/" in client.get(f"{DESK}order/").content.decode()
    page = send().content.decode()
    assert page.count("Đã có từ trước") == 2 and 'name="codes"' in page
    assert "Đã lập 0 khoản; 2 dòng đã có từ trước" in page
    assert Order.objects.filter(source="desk.H26.101").count() == 2


def test_a_file_that_cannot_be_read_is_told() -> None:
    client = at_desk()
    for content in (b"", b"a,b\n1,2\n", b"PK\x03\x04rubbish"):
        answer = client.post(f"{DESK}order/import/", {"unit": "H26.101", "table": SimpleUploadedFile("x.csv", content)})
        assert answer.status_code == 422
    assert client.post(f"{DESK}order/import/", {"unit": "H26.101"}).status_code == 422


def test_amounts_and_days_of_tables() -> None:
    assert [amount_in(text) for text in ("1250000", "1.250.000", "1 250 000đ", "1250000.0", "12,5", "-3", "", "1e9", "1.25")] == [
        1_250_000, 1_250_000, 1_250_000, 1_250_000, None, None, None, None, None,
    ]  # fmt: skip
    assert [str(day_in(text)) for text in ("31/12/2026", "2026-12-31", "31/02/2026", "mai")] == ["2026-12-31", "2026-12-31", "None", "None"]


def test_an_order_is_cancelled_with_a_reason_but_not_once_paid() -> None:
    client, order = at_desk(), make_order()
    address = f"{DESK}order/{order.pk}/cancel/"
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Ra sai quyết định"}).status_code == 302
    order.refresh_from_db()
    assert (order.state, order.close_reason) == (Order.CANCELLED, "Ra sai quyết định")
    done, _ = paid()
    answer = client.post(f"{DESK}order/{done.pk}/cancel/", {"reason": "x"})
    assert answer.status_code == 422 and "đã được thanh toán" in answer.content.decode()


@pytest.mark.requirement("P-07")
def test_an_accountant_gives_back_and_confirms_over_the_desk() -> None:
    client = at_desk()
    order, _ = paid()
    said = {"amount": "4.000", "reason": "asked", "decision": "QĐ 5", "key": uuid4().hex}
    for _ in range(2):
        assert client.post(f"{DESK}order/{order.pk}/refund/", said).status_code in (302, 422)
    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.decision) == (Refund.DECIDED, 4_000, "QĐ 5")
    page = f"{DESK}refund/{refund.pk}/"
    assert "Xác nhận đã chi" in client.get(f"{page}change/").content.decode()
    assert client.post(f"{page}paid-out/", {"proof": "LC 9", "seen": "0"}).status_code == 422
    assert client.post(f"{page}paid-out/", {"proof": "LC 9", "seen": str(refund.version)}).status_code == 302
    order.refresh_from_db()
    assert order.refunded == 4_000
    for address in ("refund/", "refund/?viec=co-quan", "refund/?viec=don-vi", "refund/?viec=qua-han", f"refund/?q={refund.number}"):
        assert client.get(DESK + address).status_code == 200
    assert "Hoàn tiền chờ quyết định" in client.get("/quan-tri/").content.decode()


@pytest.mark.requirement("P-10", "P-07")
def test_what_is_not_mine_is_not_there() -> None:
    order, collection = paid()
    services.request_refund(order_id=order.pk, amount=None, reason="asked", key="x", actor=_citizen(), now=timezone.now())
    refund = Refund.objects.get()
    own, other_agency, own_operator, other_operator = at_desk(), at_desk("H26.102"), operator("TG.vnpay"), operator("TG.momo")
    pages = {
        f"{DESK}order/{order.pk}/change/": {own, vpcp()},
        f"{DESK}collection/{collection.pk}/change/": {own, own_operator},
        f"{DESK}refund/{refund.pk}/change/": {own, own_operator},
    }
    for address, readers in pages.items():
        for client in {own, other_agency, own_operator, other_operator} | readers:
            assert client.get(address).status_code == (200 if client in readers else 404), address
    for client in (other_agency, own_operator, other_operator):
        assert client.post(f"{DESK}order/{order.pk}/cancel/", {"reason": "x"}).status_code == 404
    for client in (other_agency, other_operator):
        for act in ("decide", "reject", "hand-on", "paid-out", "by-hand", "send-again"):
            assert client.post(f"{DESK}refund/{refund.pk}/{act}/", {"reason": "x", "proof": "x"}).status_code == 404
    assert own_operator.post(f"{DESK}refund/{refund.pk}/decide/", {"decision": "x"}).status_code == 403
    assert own.post(f"{DESK}refund/{refund.pk}/hand-on/", {"reason": "x"}).status_code == 403
    assert vpcp().post(f"{DESK}refund/{refund.pk}/decide/", {"decision": "x"}).status_code == 403
    assert vpcp().get(f"{DESK}order/add/").status_code == 403
    handed = own_operator.post(f"{DESK}refund/{refund.pk}/hand-on/", {"reason": "Tiền đúng", "seen": str(refund.version)})
    assert handed.status_code == 302
    for listed in ("order", "collection"):
        for query in ("q=H26.101", "loai=LGD.01", "co-quan=H26.101", "don-vi=TG.vnpay"):
            assert (order.code if listed == "order" else collection.institution_ref) in vpcp().get(
                f"{DESK}{listed}/?{query}" if not (listed == "order" and "don-vi" in query) else f"{DESK}order/"
            ).content.decode()
    assert collection.institution_ref not in vpcp().get(f"{DESK}collection/?don-vi=TG.momo").content.decode()
    for client, there in ((own, True), (own_operator, True), (other_agency, False), (other_operator, False)):
        for kind in ("csv", "xlsx"):
            answer = client.get(f"{DESK}collection/export/{kind}/")
            assert answer.status_code == 200
            table = tables.read(f"x.{kind}", answer.content)
            assert (collection.institution_ref in [cells[0] for _, cells in table.rows]) is there
        assert (collection.institution_ref in client.get(f"{DESK}collection/").content.decode()) is there


def _citizen() -> Any:

    return ANONYMOUS


def test_the_audit_trail_says_in_words_what_was_done_to_what() -> None:
    client = at_desk()
    client.post(f"{DESK}order/add/", form())
    order = Order.objects.get(reference="12/QĐ-XPHC")
    position = make_position(unit="H26.101", roles=("administrator",))
    reader = Client()
    sign_in(reader, position.person, position=position)
    page = reader.get("/quan-tri/audit/act/").content.decode()
    assert "Lập khoản phải nộp" in page and order.code in page


@pytest.mark.requirement("P-08")
def test_lists_of_money_name_amount_state_agency_and_deadline_in_few_columns() -> None:
    (order, money), now = paid(), timezone.now()
    services.request_refund(order_id=order.pk, amount=None, reason="asked", key="x", actor=ANONYMOUS, now=now)
    request_trace(order_code=order.code, attempt_id=None, topic="other", words="x", contact="+84900000001", actor=ANONYMOUS, now=now)
    demo.load()
    client = at_desk()
    for address, columns, words in (
        ("collection/", 4, (money.institution_ref, money.reference, "trả khoản phải nộp", money.institution.short_name, order.payee_name)),
        ("tracerequest/", 4, ("Việc khác", "Đơn vị thanh toán đang tra soát", money.institution.short_name, order.payee_name)),
        ("settlementcontact/", 5, ("Thanh quyết toán", "1900 0101", "Bộ phận kế toán")),
        ("order/", 4, (order.code, order.reference, order.payer_name, order.payee_name, "Đã thanh toán")),
        ("refund/", 4, ("Người nộp đề nghị", "Cơ quan thụ hưởng", "Mới đề nghị", money.institution.short_name, order.payee_name)),
    ):
        page = client.get(f"{DESK}{address}").content.decode()
        assert page.split('id="result_list"')[1].split("</thead>")[0].count('scope="col"') == columns and not [
            word for word in words if word not in page
        ], address
        assert "Institution" not in page and "Payee unit" not in page
