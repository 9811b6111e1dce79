"""The life of an institution: entered with its licence, tested jointly, opened, suspended, readmitted, stopped (Rules art. 33, 35)."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from payments.institutions import adapter_of, adapters
from payments.institutions.base import BadMessage, Outcome
from payments.models import Attempt, Collection, Institution, InstitutionEvent, JointTest, Order, Refund, Voucher
from payments.services import health
from payments.services.attempts import ask_of, begin_attempt, connection_of
from payments.services.orders import Line, Payer, create_order
from payments.statements import Problems, StatementBroken, read_statement
from payments.words import phone_problem
from portal import audit, outbox
from portal.access import SYSTEM, Actor, may, require
from portal.catalogues import queries as catalogues
from portal.exchange.errors import OutsideRefused, OutsideUnavailable

logger = logging.getLogger(__name__)

DECIDE, PUBLISH = "payments.decide", "payments.publish"
TEST_AMOUNT = 10_000
TEST_PAYEE = "G22"
"""VPCP is paid by joint tests: it knows that this money counts nowhere."""
TEST_KIND = "LGD.99"
LICENCE_WARNING = timedelta(days=60)

CONNECTION = (
    "adapter", "merchant", "access", "endpoint", "page", "files", "account_bank", "account_number", "account_holder", "certificate",
)  # fmt: skip
SECRETS = ("secret", "private_key")
LICENCE = ("licence_number", "licence_from", "licence_to")
PUBLISHED = (
    "fee_fixed", "fee_rate", "fee_least", "fee_most", "least", "most", "methods", "process", "website",
    "contact_name", "contact_phone", "contact_email", "contact_hours",
)  # fmt: skip
"""What an institution publishes of itself (Rules art. 35.4)."""


class InstitutionRefused(Exception):
    """The institution cannot be entered or changed so. ``message`` is for the officer; ``field`` names what to mend."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def address_problem(url: str, *, plain_http: bool) -> str:
    """Why an address may not be called, in words; empty when it may: https to a public host, and on a developer's machine (``plain_http``)
    also the simulators there."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "Địa chỉ không đúng."
    if parts.username or parts.password or parts.fragment or parts.query or not host:
        return "Địa chỉ chỉ gồm https://, tên máy và đường dẫn."
    is_local = host == "localhost" or host.endswith(".localhost")
    is_public = "." in host and not host.endswith((".local", ".internal", ".lan", ".localhost"))
    try:
        number = ipaddress.ip_address(host)
        is_local, is_public = number.is_loopback, number.is_global
    except ValueError:
        pass
    if plain_http and is_local and parts.scheme in ("http", "https"):
        return ""
    if parts.scheme != "https":
        return "Địa chỉ phải bắt đầu bằng https://."
    return "" if is_public else "Địa chỉ phải là máy công khai trên Internet."


def _note(institution: Institution, name: str, *, before: str, actor: Actor, now: datetime, reason: str = "") -> None:
    InstitutionEvent.objects.create(
        institution=institution,
        at=now,
        name=name,
        from_state=before,
        to_state=institution.state,
        reason=reason,
        position_id=actor.position_id,
        label=actor.label[:200],
    )
    audit.record(
        actor=actor,
        act=f"payments.institution_{name}",
        target="payments.institution",
        target_id=institution.pk,
        unit=institution.pk,
        details={"reason": reason[:300]} if reason else None,
    )


def _locked(code: str, seen: int | None = None) -> Institution:
    institution = Institution.objects.select_for_update().get(pk=code)
    if seen is not None and seen != institution.version:
        raise InstitutionRefused("Người khác vừa sửa đơn vị này. Bạn tải lại trang rồi làm lại.")
    return institution


@transaction.atomic
def enter_institution(
    *,
    code: str,
    adapter: str,
    licence_number: str,
    licence_from: date,
    licence_to: date | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Institution:
    """Enter an institution of the catalogue with its licence of the State Bank (Rules art. 6.9, 33.2). It serves nobody yet."""
    require(actor, DECIDE)
    entry = catalogues.institutions(on=timezone.localdate(now)).filter(code=code).first()
    if entry is None:
        raise InstitutionRefused("Danh mục ngân hàng, tổ chức trung gian thanh toán không có mã này đang hiệu lực.", "code")
    if Institution.objects.filter(pk=code).exists():
        raise InstitutionRefused("Đơn vị này đã được khai báo.", "code")
    if adapter not in adapters():
        raise InstitutionRefused("Cổng chưa có kiểu kết nối này.", "adapter")
    _check_licence(licence_number, licence_from, licence_to, timezone.localdate(now))
    institution = Institution.objects.create(
        code=code,
        name=entry.name,
        short_name=(entry.short_name or entry.name)[:60],
        adapter=adapter,
        licence_number=licence_number,
        licence_from=licence_from,
        licence_to=licence_to,
        connection_changed_at=now,
    )
    _note(institution, "enter", before="", actor=actor, now=now, reason=reason)
    return institution


def _check_licence(number: str, begins: date | None, ends: date | None, today: date) -> None:
    if not number:
        raise InstitutionRefused("Phải có số giấy phép của Ngân hàng Nhà nước.", "licence_number")
    if begins is None or begins > today:
        raise InstitutionRefused("Giấy phép phải có hiệu lực từ hôm nay trở về trước.", "licence_from")
    if ends is not None and ends < today:
        raise InstitutionRefused("Giấy phép đã hết hạn.", "licence_to")


@transaction.atomic
def keep_licence(
    *, code: str, licence_number: str, licence_from: date, licence_to: date | None, actor: Actor, now: datetime, seen: int | None = None
) -> Institution:
    """Note a renewed licence."""
    require(actor, DECIDE)
    institution = _locked(code, seen)
    _check_licence(licence_number, licence_from, licence_to, timezone.localdate(now))
    institution.licence_number, institution.licence_from, institution.licence_to = licence_number, licence_from, licence_to
    institution.version += 1
    institution.save(update_fields=[*LICENCE, "version"])
    until = f"đến {licence_to:%d/%m/%Y}" if licence_to else "không thời hạn"
    _note(institution, "licence", before=institution.state, actor=actor, now=now, reason=f"{licence_number}, {until}")
    return institution


@transaction.atomic
def change_connection(
    *, code: str, values: Mapping[str, Any], secrets: Mapping[str, str], actor: Actor, now: datetime, seen: int | None = None
) -> Institution:
    """Change how an institution is reached. An empty secret stays as it is.

    Whatever changes, the joint test counts no more; one that serves citizens is suspended first (Rules art. 35.2, 33.7).
    """
    require(actor, DECIDE)
    institution = _locked(code, seen)
    given = {name: values[name] for name in CONNECTION if name in values and values[name] != getattr(institution, name)}
    new_secrets = {name: text for name, text in secrets.items() if name in SECRETS and text}
    if not given and not new_secrets:
        return institution
    if given.get("adapter", institution.adapter) not in adapters():
        raise InstitutionRefused("Cổng chưa có kiểu kết nối này.", "adapter")
    for name in ("endpoint", "page", "files"):
        if given.get(name):
            problem = address_problem(given[name], plain_http=settings.PAYMENT_PLAIN_HTTP)
            if problem:
                raise InstitutionRefused(problem, name)
    if institution.state == Institution.OPEN:
        _move(institution, "suspend", actor=actor, now=now, reason="Đổi cấu hình kết nối: phải kiểm thử chung lại.")
    for name, value in {**given, **new_secrets}.items():
        setattr(institution, name, value)
    institution.connection_changed_at, institution.tested_at = now, None
    institution.version += 1
    institution.save()
    _note(institution, "connection", before=institution.state, actor=actor, now=now, reason=", ".join(sorted({*given, *new_secrets})))
    return institution


@transaction.atomic
def publish(*, code: str, values: Mapping[str, Any], actor: Actor, now: datetime, seen: int | None = None) -> Institution:
    """Change what an institution publishes of itself: by its own people (``payments.publish``) or by VPCP; dated with what it was."""
    if not may(actor, DECIDE):
        require(actor, PUBLISH, code)
    institution = _locked(code, seen)
    given = {name: values[name] for name in PUBLISHED if name in values and values[name] != getattr(institution, name)}
    if not given:
        return institution
    for name, value in given.items():
        setattr(institution, name, value)
    if "contact_phone" in given and (problem := phone_problem(institution.contact_phone)):
        raise InstitutionRefused(problem, "contact_phone")
    if institution.fee_most is not None and institution.fee_most < institution.fee_least:
        raise InstitutionRefused("Phí tối đa không được nhỏ hơn phí tối thiểu.", "fee_most")
    if institution.most is not None and institution.most < institution.least:
        raise InstitutionRefused("Số tiền lớn nhất không được nhỏ hơn số tiền nhỏ nhất.", "most")
    before = Institution.objects.get(pk=code)
    institution.version += 1
    institution.save(update_fields=[*given, "version"])
    said = "; ".join(
        f"{getattr(Institution._meta.get_field(name), 'verbose_name', name)}: {_said(getattr(before, name))} → {_said(value)}"
        for name, value in given.items()
    )
    _note(institution, "publish", before=institution.state, actor=actor, now=now, reason=said)
    return institution


def _said(value: Any) -> str:
    text = "–" if value in (None, "") else str(value)
    return text if len(text) <= 120 else text[:117] + "…"


@transaction.atomic
def move(*, code: str, transition: str, reason: str, actor: Actor, now: datetime, seen: int | None = None) -> Institution:
    """Start the joint test, open, suspend, readmit or stop (Rules art. 33.7). Suspending and stopping need a reason.

    Payments under way are not touched: what the institution reports of them is booked whatever its state is.
    """
    require(actor, DECIDE)
    institution = _locked(code, seen)
    if transition in ("suspend", "stop", "readmit") and not reason:
        raise InstitutionRefused("Bạn hãy ghi lý do.", "reason")
    if transition in ("open", "readmit") and institution.licence_to is not None and institution.licence_to < timezone.localdate(now):
        raise InstitutionRefused("Giấy phép đã hết hạn.")
    _move(institution, transition, actor=actor, now=now, reason=reason)
    return institution


def _move(institution: Institution, transition: str, *, actor: Actor, now: datetime, reason: str) -> None:
    refusal = Institution.table.refusal(institution, transition)
    if refusal:
        known = institution.state in Institution.table.transitions[transition].sources
        raise InstitutionRefused(refusal if known else "Tình trạng của đơn vị đã đổi. Bạn tải lại trang rồi làm lại.")
    before = institution.state
    Institution.table.move(institution, transition)
    institution.version += 1
    institution.save(update_fields=["state", "version"])
    _note(institution, transition, before=before, actor=actor, now=now, reason=reason)


def suspend_unlicensed(*, now: datetime) -> int:
    """Suspend whose licence has ended (task, every day); how many."""
    ended = Institution.objects.filter(state=Institution.OPEN, licence_to__lt=timezone.localdate(now)).values_list("pk", flat=True)
    for code in list(ended):
        with transaction.atomic():
            institution = _locked(code)
            if institution.state == Institution.OPEN:
                _move(institution, "suspend", actor=SYSTEM, now=now, reason="Giấy phép của Ngân hàng Nhà nước đã hết hạn.")
    return len(ended)


def licences_ending(*, now: datetime) -> list[Institution]:
    """Institutions in service whose licence ends within 60 days (one query)."""
    today = timezone.localdate(now)
    rows = Institution.objects.filter(
        state__in=[Institution.TESTING, Institution.OPEN, Institution.SUSPENDED], licence_to__lte=today + LICENCE_WARNING
    )
    return list(rows.order_by("licence_to", "code"))


# The joint test.


@transaction.atomic
def make_test_attempt(*, code: str, actor: Actor, now: datetime) -> Attempt:
    """A test order of a small amount and a try to pay it at the institution; VPCP's people pay on the institution's own page."""
    require(actor, DECIDE)
    institution = _locked(code)
    order = create_order(
        source="payments.test",
        key=f"{code}:{uuid4()}",
        kind=TEST_KIND,
        reference=f"KTC {code}",
        description=f"Kiểm thử chung với {institution.short_name}"[:300],
        payer=Payer(None, "Kiểm thử chung"),
        payee_unit=TEST_PAYEE,
        lines=[Line("Kiểm thử chung", "other", max(institution.least, TEST_AMOUNT), 1)],
        due_at=now + timedelta(days=2),
        expires_at=now + timedelta(days=2),
        actor=actor,
        now=now,
        is_test=True,
    )
    return begin_attempt(order_code=order.code, institution_code=code, now=now, for_test=True)


@dataclass(frozen=True)
class Check:
    """One check of the joint test."""

    name: str
    label: str
    how: str
    """What to do so that it passes."""


CHECKS = (
    Check("paid", "Trả được tiền trên trang của đơn vị", "Tạo lệnh kiểm thử rồi trả tiền."),
    Check("told", "Đơn vị báo kết quả về Cổng", "Sau khi trả tiền, đơn vị gọi địa chỉ nhận kết quả (chuyển khoản: có trong sao kê)."),
    Check("question", "Hỏi lại được đúng kết quả đã báo", "Cổng tự hỏi khi kiểm tra."),
    Check("refund", "Hoàn được tiền", "Bấm Hoàn tiền ở lệnh kiểm thử đã trả."),
    Check("statement", "Tệp đối soát tải được và đọc được", "Đơn vị đưa tệp của ngày kiểm thử lên; Cổng tự tải."),
    Check("voucher", "Chứng từ có chữ ký số hợp lệ", "Đơn vị phát hành chứng từ; Cổng tự tải và kiểm tra chữ ký."),
)


def checks_of(institution: Institution) -> tuple[Check, ...]:
    """The checks that fit the institution's protocol: an account is not asked, its statement says all."""
    try:
        is_transfer = adapter_of(institution.adapter).is_transfer
    except KeyError:
        is_transfer = False
    return tuple(one for one in CHECKS if not (is_transfer and one.name == "question"))


def _test_money(institution: Institution) -> Any:
    """Money of test orders since the connection is as it is."""
    return Collection.objects.filter(institution=institution, is_test=True, booked_at__gte=institution.connection_changed_at).order_by(
        "-booked_at"
    )


def _paid(institution: Institution) -> dict[str, str]:
    rows = Attempt.objects.filter(
        institution=institution, order__is_test=True, created_at__gte=institution.connection_changed_at, state=Attempt.PAID
    )
    attempt = rows.order_by("-created_at").first()
    return {"attempt": str(attempt.pk), "reference": attempt.reference} if attempt is not None else {}


def _told(institution: Institution) -> dict[str, str]:
    via = "file" if adapter_of(institution.adapter).is_transfer else "callback"
    row = _test_money(institution).filter(via=via).first()
    return {"collection": str(row.pk), "institution_ref": row.institution_ref} if row is not None else {}


def _refund(institution: Institution) -> dict[str, str]:
    rows = Refund.objects.filter(collection__in=_test_money(institution), by=Refund.By.INSTITUTION, state=Refund.CONFIRMED)
    refund = rows.order_by("-confirmed_at").first()
    return {"refund": str(refund.pk), "number": refund.number, "proof": refund.proof} if refund is not None else {}


def _voucher(institution: Institution) -> dict[str, str]:
    rows = Voucher.objects.filter(collection__in=_test_money(institution), kind=Voucher.Kind.INSTITUTION, state=Voucher.State.KEPT)
    voucher = rows.order_by("-created_at").first()
    return {"voucher": str(voucher.pk), "sha256": voucher.sha256} if voucher is not None else {}


def _question(institution: Institution, now: datetime) -> dict[str, str]:
    """Ask about money that was reported: the answer must be the report."""
    collection = _test_money(institution).exclude(attempt=None).select_related("attempt__order", "attempt__institution").first()
    if collection is None or collection.attempt is None:
        return {}
    with health.watching(institution.code):
        report = adapter_of(institution.adapter).query(connection_of(institution), ask_of(collection.attempt), now=now)
    same = (report.reference, report.amount, report.institution_ref) == (
        collection.reference,
        collection.amount,
        collection.institution_ref,
    )
    # What was given back since was taken all the same; some (VNPAY) then speak of the refund alone.
    given_back = report.outcome is Outcome.REVERSED and report.reference == collection.reference and collection.refunding > 0
    agrees = (same and report.outcome in (Outcome.PAID, Outcome.REVERSED)) or (given_back and not report.amount)
    return {"collection": str(collection.pk), "answer": report.outcome.value, "code": report.code} if agrees else {}


def _statement(institution: Institution) -> dict[str, str]:
    """The file of a day on which a test was paid can be fetched and read without a fault, and holds that payment."""
    collection = _test_money(institution).first()
    if collection is None:
        return {}
    adapter = adapter_of(institution.adapter)
    problems = Problems()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "statement"
        with health.watching(institution.code):
            if not adapter.fetch_statement(connection_of(institution), collection.day, file):
                return {}
        with file.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        rows, found = 0, False
        with file.open("rb") as source:
            for line in read_statement(
                source, adapter.statement_format, day=collection.day, account=institution.account_number, problems=problems
            ):
                rows += 1
                found = found or collection.institution_ref == line.institution_ref
    if not found or problems.count:
        return {}
    return {"day": collection.day.isoformat(), "rows": str(rows), "sha256": digest}


def ask_for_test(*, code: str, actor: Actor, now: datetime) -> None:
    """Have the machine look for the evidence now, by the outbox: it asks the institution, which may take its time."""
    with transaction.atomic():
        require(actor, DECIDE)
        _locked(code)
        outbox.put(
            "payments.joint_test",
            key=f"{code}:{now.isoformat()}",
            payload={"institution": code, "position": str(actor.position_id) if actor.position_id else "", "label": actor.label[:200]},
        )


def run_joint_test(*, code: str, now: datetime, position_id: UUID | None = None, label: str = "") -> bool:
    """Look for the evidence of each check in what happened since the connection is as it is (worker); whether all passed (Rules art. 35.2).

    What was found is kept as it was found. All passed, for the connection as it was when the looking began: the institution may be opened.
    """
    institution = Institution.objects.get(pk=code)
    finders: dict[str, Callable[[], dict[str, str]]] = {
        "paid": lambda: _paid(institution),
        "told": lambda: _told(institution),
        "question": lambda: _question(institution, now),
        "refund": lambda: _refund(institution),
        "statement": lambda: _statement(institution),
        "voucher": lambda: _voucher(institution),
    }
    rows = []
    for check in checks_of(institution):
        evidence: dict[str, str] = {}
        problem = ""
        try:
            evidence = finders[check.name]()
        except (OutsideUnavailable, OutsideRefused, BadMessage) as error:
            problem = error.code
        except StatementBroken:
            problem = "broken_file"
        passed = bool(evidence)
        found = evidence or ({"problem": problem} if problem else {})
        rows.append(
            JointTest(institution=institution, check_name=check.name, passed=passed, evidence=found, at=now, position_id=position_id)
        )
    passed = all(row.passed for row in rows)
    with transaction.atomic():
        JointTest.objects.bulk_create(rows)
        present = Institution.objects.select_for_update().get(pk=code)
        if passed and present.connection_changed_at == institution.connection_changed_at and not present.is_tested:
            present.tested_at = now
            present.version += 1
            present.save(update_fields=["tested_at", "version"])
            by = Actor(acting_as=SYSTEM.acting_as, position_id=position_id, label=label or SYSTEM.label)
            _note(present, "tested", before=present.state, actor=by, now=now)
    return passed


def last_tests(institution: Institution) -> dict[str, JointTest]:
    """The newest row of each check since the connection is as it is (one query)."""
    rows = JointTest.objects.filter(institution=institution, at__gte=institution.connection_changed_at).order_by("check_name", "-at", "-id")
    return {row.check_name: row for row in rows.distinct("check_name")}


def test_orders(institution: Institution) -> list[Order]:
    """The newest test orders at an institution, ten at most (two queries)."""
    rows = Order.objects.filter(is_test=True, attempts__institution=institution).order_by("-created_at").distinct()
    return list(rows.prefetch_related("attempts", "refunds")[:10])
