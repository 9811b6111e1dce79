"""Demo institutions connected to the simulators, contacts, and some orders to pay by code. Never loaded in production."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from payments.models import Institution, InstitutionEvent, JointTest, Merchant, Order, SettlementContact
from payments.services.contacts import keep_contact
from payments.services.institutions import CONNECTION, SECRETS, checks_of
from payments.services.orders import Line, Payer, create_order
from portal.access import SYSTEM
from portal.catalogues import queries as catalogues
from portal.exchange.partners.models import Call, Partner
from portal.exchange.partners.services import add_partner

VNPAY, MOMO, BANK, TRANSFER = "TG.vnpay", "TG.momo", "970418", "970436"
LICENCE = "00/GP-NHNN (trình diễn)"
_PUBLISHED: dict[str, dict[str, Any]] = {
    VNPAY: {
        "adapter": "vnpay", "fee_fixed": 1_100, "least": 5_000, "most": 1_000_000_000,
        "methods": "Thẻ ATM, thẻ quốc tế, ứng dụng ngân hàng",
        "process": "Chọn ngân hàng trên trang VNPAY, nhập thẻ hoặc quét mã, xác nhận bằng mã OTP.",
    },
    MOMO: {
        "adapter": "momo", "least": 1_000, "most": 50_000_000,
        "methods": "Ví MoMo", "process": "Quét mã hoặc mở ứng dụng MoMo, xác nhận bằng mật khẩu của ví.",
    },
    BANK: {
        "adapter": "bank_jws", "least": 1_000,
        "methods": "Tài khoản BIDV", "process": "Đăng nhập BIDV, chọn tài khoản trả, xác nhận bằng Smart OTP.",
    },
    TRANSFER: {
        "adapter": "vietqr", "least": 1_000,
        "methods": "Chuyển khoản từ ngân hàng bất kỳ, quét mã VietQR",
        "process": "Quét mã VietQR bằng ứng dụng ngân hàng, giữ nguyên số tiền và nội dung. Kết quả có sau vài phút.",
    },
}  # fmt: skip
_ACCOUNT = {"account_bank": "970436", "account_number": "0000000000900", "account_holder": "CONG DICH VU CONG (TRINH DIEN)"}


def connections() -> dict[str, dict[str, str]]:
    """How each demo institution is reached: the simulators' addresses, secrets from their seed, certificates as far as they are written."""
    base, seed = settings.SIMULATORS_URL.rstrip("/"), settings.DEMO_PAYMENT_SECRET or "demo-payment-secret"
    folder = settings.VAR / "demo" / "payments"

    def pem(*names: str) -> str:
        files = [folder / name for name in names]
        return "".join(file.read_text(encoding="ascii") for file in files) if all(file.exists() for file in files) else ""

    def secret(code: str) -> str:
        return hashlib.sha256(f"{seed}:{code}".encode()).hexdigest()

    common = {code: {"secret": secret(code), "files": f"{base}/payments/files/{code}", "merchant": "DVCQG"} for code in _PUBLISHED}
    return {
        VNPAY: common[VNPAY]
        | {
            "merchant": "DVCQG001",
            "page": f"{base}/payments/vnpay/paymentv2/vpcpay.html",
            "endpoint": f"{base}/payments/vnpay/merchant_webapi/api/transaction",
        },
        MOMO: common[MOMO]
        | {
            "access": hashlib.sha256(f"{seed}:access:{MOMO}".encode()).hexdigest()[:16],
            "endpoint": f"{base}/payments/momo/v2/gateway/api",
        },
        BANK: common[BANK]
        | {
            "endpoint": f"{base}/payments/bank/970418/v1",
            "certificate": pem("970418.pem"),
            "private_key": pem("portal.key.pem", "portal.pem"),
        },
        TRANSFER: common[TRANSFER] | _ACCOUNT,
    }


def connect(*, now: datetime) -> int:
    """Enter the institutions, opened with evidence that says "demo", or point them to where the simulators are now; how many changed."""
    changed = 0
    entries = {row.code: row for row in catalogues.institutions().filter(code__in=_PUBLISHED)}
    for code, reached in connections().items():
        if code not in entries:
            continue
        with transaction.atomic():
            row = Institution.objects.select_for_update().filter(pk=code).first()
            made = row is None
            if row is None:
                row = Institution(
                    code=code,
                    name=entries[code].name,
                    short_name=(entries[code].short_name or entries[code].name)[:60],
                    state=Institution.OPEN,
                    licence_number=LICENCE,
                    licence_from=date(2025, 1, 1),
                    website=f"https://{code.lower().replace('.', '-')}.vi-du.example/",
                    contact_name="Phòng đối soát, tra soát (trình diễn)",
                    contact_phone="1900 0000",
                    contact_email=f"doi-soat@{code.lower().replace('.', '-')}.vi-du.example",
                    contact_hours="7 giờ 30 đến 22 giờ mọi ngày",
                    **_PUBLISHED[code],
                )
            wanted = {name: reached.get(name, "") for name in (*CONNECTION, *SECRETS) if name != "adapter"}
            if not made and all((getattr(row, name) or "") == value for name, value in wanted.items()):
                continue
            if not made and row.events.filter(name="connection").exists():
                # Somebody at the desk tries another one.
                continue
            for name, value in wanted.items():
                setattr(row, name, value or ("" if name in CONNECTION else None))
            row.connection_changed_at, row.tested_at = now, now
            row.save(force_insert=made)
            evidence = {"demo": "bản trình diễn: kết nối tới hệ thống mô phỏng, chưa kiểm thử chung"}
            JointTest.objects.bulk_create(
                [JointTest(institution=row, check_name=one.name, passed=True, evidence=evidence, at=now) for one in checks_of(row)]
            )
            InstitutionEvent.objects.create(
                institution=row, at=now, name="demo", to_state=row.state, reason="Dữ liệu trình diễn.", label=SYSTEM.label
            )
            changed += 1
    return changed


def _contacts(now: datetime) -> None:
    for unit, phone in (("H26.101", "1900 0101"), ("H26.102", "1900 0102"), ("H26.201", "1900 0201"), ("G22", "1900 0000")):
        for purpose, name in (
            (SettlementContact.Purpose.SETTLEMENT, "Bộ phận kế toán"),
            (SettlementContact.Purpose.TRACING, "Bộ phận kế toán"),
            (SettlementContact.Purpose.COMPLAINTS, "Văn phòng"),
        ):
            if SettlementContact.objects.filter(unit_code=unit, purpose=purpose).exists():
                continue
            keep_contact(
                unit_code=unit,
                purpose=purpose,
                name=f"{name} (trình diễn)",
                phone=phone,
                email=f"{unit.lower()}@vi-du.example",
                hours="8 giờ đến 17 giờ, thứ Hai đến thứ Sáu",
                actor=SYSTEM,
                now=now,
            )


_ORDERS = (
    {
        "key": "phat", "kind": "LGD.06", "unit": "H26.101", "reference": "0001/QĐ-XPHC", "name": "Nguyễn Văn Qua Đường",
        "description": "Phạt vi phạm hành chính về trật tự đô thị", "line": Line("Tiền phạt theo quyết định", "fine", 500_000, 1),
    },
    {
        "key": "dien", "kind": "LGD.10", "unit": "G02.90", "reference": "PE0000000001", "name": "Trần Thị Ví Dụ",
        "description": "Tiền điện kỳ 10/2026", "line": Line("Tiền điện tiêu thụ", "other", 412_350, 1, "kỳ"),
    },
    {
        "key": "thue", "kind": "LGD.03", "unit": "G12.18", "reference": "TB-0001/2026", "name": "Lê Văn Minh Họa",
        "description": "Thuế sử dụng đất phi nông nghiệp năm 2026",
        "line": Line("Thuế đất ở tại đô thị", "tax", 186_000, 1, revenue_code="1602"),
    },
)  # fmt: skip


PROVINCE = "H26.mot-cua-trinh-dien"


def _province(now: datetime) -> None:
    """A province's one-stop system that has its payers pay here, as the simulators play it."""
    seed, code = settings.DEMO_PAYMENT_SECRET or "demo-payment-secret", "PP.H26"
    with transaction.atomic():
        if not Partner.objects.filter(pk=PROVINCE).exists():
            name = "Một cửa Hà Nội (trình diễn)"
            add_partner(code=PROVINCE, name=name, units=["H26.101"], calls=[Call.PAYMENTS], actor=SYSTEM, now=now)
        wanted = {
            "partner_id": PROVINCE,
            "secret": hashlib.sha256(f"{seed}:payplat:{code}".encode()).hexdigest(),
            "confirm_url": f"{settings.SIMULATORS_URL.rstrip('/')}/province/payplat/confirm",
            "return_url": f"{settings.SIMULATORS_URL.rstrip('/')}/province/payplat/",
        }
        row = Merchant.objects.filter(code=code).first()
        if row is None:
            Merchant.objects.create(code=code, created_at=now, changed_at=now, **wanted)
        elif any(getattr(row, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(row, name, value)
            row.save()


def load() -> str:
    """Institutions, contacts and three orders; a second time changes nothing. Returns one line that says what there is."""
    now = timezone.now()
    connect(now=now)
    _contacts(now)
    _province(now)
    for one in _ORDERS:
        with transaction.atomic():
            create_order(
                source="payments.demo",
                key=str(one["key"]),
                kind=str(one["kind"]),
                reference=str(one["reference"]),
                description=str(one["description"]),
                payer=Payer(None, str(one["name"]), "000000000000", "Số 0 phố Ví Dụ"),
                payee_unit=str(one["unit"]),
                lines=[one["line"]],  # type: ignore[list-item]
                due_at=now + timedelta(days=90),
                expires_at=now + timedelta(days=365),
                actor=SYSTEM,
                now=now,
            )
    orders = Order.objects.filter(source="payments.demo").count()
    return f"{Institution.objects.count()} đơn vị thanh toán, {orders} khoản phải nộp để thử (mã ở bàn làm việc)"
