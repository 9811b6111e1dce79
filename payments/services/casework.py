"""What officers do with differences: taken on, cleared up with a cause and, where money is wrong, a correcting entry (art. 34.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from payments.access import OVERSEE, seen_by
from payments.codes import clean_code
from payments.models import Case, CaseEvent, Collection, Order, Via
from payments.services import refunds
from payments.services.ledger import Side, T, book
from portal import audit, outbox
from portal.access import AccessDenied, Actor, may
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency
from portal.states import TransitionRefused

SOLVE, SOLVE_AT_INSTITUTION, DECIDE = "payments.solve", "payments.solve_at_institution", "payments.decide"
CHANGED = "Chênh lệch này đã được người khác cập nhật. Bạn xem lại tình trạng mới nhất rồi làm tiếp."

MONEY_LEFT = "Khoản này còn phải trả lại người nộp. Hãy trả lại, hoặc gắn với khoản phải nộp."

CAUSES = {
    "late_news": "Đơn vị thanh toán báo chậm hoặc báo thiếu",
    "file_wrong": "Tệp đối soát sai, đã có tệp đúng",
    "other_day": "Giao dịch thuộc ngày đối soát khác",
    "amount_wrong": "Một bên ghi sai số tiền",
    "not_taken": "Tiền không bị trừ",
    "taken_twice": "Đơn vị thanh toán trừ tiền hai lần",
    "no_code": "Người nộp ghi sai hoặc thiếu mã thanh toán",
    "wrong_payee": "Ghi sai cơ quan hoặc tài khoản thụ hưởng",
    "given_back": "Đơn vị thanh toán đã tự hoàn tiền",
    "agency_books": "Cơ quan ghi sổ sai hoặc thiếu",
    "payout_late": "Chuyển tiền chậm",
    "payout_wrong": "Chuyển tiền sai số hoặc thiếu số hiệu",
    "voucher": "Chứng từ lỗi, đã có chứng từ đúng hoặc xác nhận",
    "other": "Nguyên nhân khác, nêu rõ ở cách xử lý",
}
"""Why sides differ; chosen at closing, nothing is closed without."""


class CorrectionRefused(Exception):
    """This correction does not fit. ``field`` names what to mend, ``message`` is for the officer."""

    def __init__(self, message: str, field: str = "remedy") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True)
class Remedy:
    """One way to make the money right: what it is called, for which types, and what it books."""

    name: str
    label: str
    types: frozenset[str]
    apply: Callable[[Case, str, Actor, datetime], None] | None
    asks: str = ""
    """``order``: code of an order; ``unit``: code of an agency."""
    operators_may: bool = False
    """Whether an institution's operator may choose it: none that takes revenue from an agency."""


def may_solve(actor: Actor, case: Case) -> bool:
    """Whether the officer may work on a case: the agency's accountant, the institution's operator; VPCP where it was escalated or has no
    agency."""
    if case.payee_unit and may(actor, SOLVE, case.payee_unit):
        return True
    if case.institution_id and may(actor, SOLVE_AT_INSTITUTION, case.institution_id):
        return True
    return may(actor, DECIDE) and (not case.payee_unit or case.state == Case.ESCALATED or case.owner_position_id == actor.position_id)


def open_page(*, actor: Actor, case_id: int) -> Case:
    """A case through the door. ``Case.DoesNotExist`` behind it."""
    return seen_by(actor, Case.objects.select_related("institution", "attempt__order", "collection__order")).get(pk=case_id)


def _lock(actor: Actor, case_id: int, seen_version: int | None, transition: str) -> Case:
    """The case, locked, if the actor may work on it and has seen it as it is."""
    case = seen_by(actor, Case.objects.select_for_update(of=("self",))).get(pk=case_id)
    if not may_solve(actor, case):
        raise AccessDenied(SOLVE)
    if seen_version != case.version:
        raise TransitionRefused(transition, case.state, CHANGED)
    return case


def _note(case: Case, name: str, *, before: str, actor: Actor, now: datetime, note: str = "", **details: str) -> None:
    CaseEvent.objects.create(
        case=case, at=now, name=name, from_state=before, to_state=case.state, note=note, position_id=actor.position_id, label=actor.label
    )
    audit.record(
        actor=actor,
        act=f"payments.case_{name}",
        target="payments.case",
        target_id=str(case.pk),
        unit=case.payee_unit,
        details={"type": case.type, "key": case.key, **details},
    )


@transaction.atomic
def assign_case(*, actor: Actor, case_id: int, seen_version: int | None, now: datetime) -> Case:
    """Take a case on oneself, also from somebody else. :class:`TransitionRefused` when it has changed meanwhile or is closed."""
    case = _lock(actor, case_id, seen_version, "assign")
    before = case.state
    if Case.table.refusal(case, "assign"):
        raise TransitionRefused("assign", case.state, CHANGED)
    Case.table.move(case, "assign")
    case.owner_position_id, case.owner_label = actor.position_id, actor.label[:200]
    case.version += 1
    case.save(update_fields=["state", "owner_position_id", "owner_label", "version"])
    _note(case, "assign", before=before, actor=actor, now=now)
    return case


@transaction.atomic
def close_case(
    *, actor: Actor, case_id: int, seen_version: int | None, cause: str, words: str, remedy: str, given: str, now: datetime
) -> Case:
    """Close a case: why the sides differed, what was done about it, and the correction that makes the money right.

    ``remedy``: one of :func:`remedies_for`; ``given``: what it asks for (an order's or agency's code). A correcting entry is booked once
    for the case; nothing that was booked changes. :class:`CorrectionRefused` with the field, ``ValueError`` without cause or words,
    :class:`TransitionRefused` when it has changed meanwhile.
    """
    case = _lock(actor, case_id, seen_version, "close")
    if cause not in CAUSES or not words.strip():
        raise ValueError("a case is closed with its cause and what was done")
    chosen = next((one for one in remedies_for(actor, case) if one.name == remedy), None)
    if chosen is None:
        owed = owed_without_refund(case)
        raise CorrectionRefused(MONEY_LEFT if remedy == "none" and owed else "Không chọn được cách xử lý này.")
    before = case.state
    if Case.table.refusal(case, "close"):
        raise TransitionRefused("close", case.state, CHANGED)
    if chosen.apply is not None:
        chosen.apply(case, given.strip(), actor, now)
    Case.table.move(case, "close")
    case.cause, case.resolution, case.closed_at = cause, words.strip(), now
    case.owner_position_id, case.owner_label = actor.position_id, actor.label[:200]
    case.version += 1
    case.save()
    note = f"{CAUSES[cause]}. {chosen.label}. {words.strip()}"
    _note(case, "close", before=before, actor=actor, now=now, note=note, cause=cause, remedy=remedy)
    return case


def escalate_cases(*, now: datetime, limit: int = 5000) -> int:
    """Hand what is past its time to the level above (task): by the index of open cases; how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "WITH late AS (SELECT id, state FROM payments_case WHERE state <> 'closed' AND state <> 'escalated' AND due_at < %s"
            " ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED), moved AS (UPDATE payments_case c SET state = 'escalated',"
            " version = c.version + 1 FROM late WHERE c.id = late.id RETURNING c.id, late.state)"
            " INSERT INTO payments_caseevent (case_id, at, name, from_state, to_state, note, label)"
            " SELECT id, %s, 'escalate', state, 'escalated', 'Quá hạn xử lý, báo Văn phòng Chính phủ.', '' FROM moved",
            [now, limit, now],
        )
        return int(cursor.rowcount)


# Corrections -------------------------------------------------------------------------------------------------------------------


def remedies_for(actor: Actor, case: Case) -> list[Remedy]:
    """The ways to make a case right that this officer may choose; the first books nothing."""
    accountant = bool(case.payee_unit and may(actor, SOLVE, case.payee_unit)) or may(actor, DECIDE)
    return [one for one in REMEDIES if case.type in one.types and (accountant or one.operators_may) and _can(case, one)]


def _can(case: Case, remedy: Remedy) -> bool:
    """Whether there is money here that the remedy can move."""
    if remedy.apply is None:
        return not owed_without_refund(case)
    if "refund" in case.facts:
        # What differs is a refund, which has its own booking; the money that was taken is right.
        return False
    if remedy.name == "adjust" and case.side != "institution":
        # An agency that booked another amount corrects its own books: the money at the institution is what it is.
        return False
    if remedy.name in ("adjust", "write_off", "reversed", "move_payee", "allocate", "give_back"):
        collection = case.collection
        if collection is None:
            return False
        is_unmatched = collection.purpose == Collection.Purpose.UNMATCHED
        return is_unmatched if remedy.name in ("allocate", "give_back") else not is_unmatched
    if remedy.name == "not_there":
        return case.vanished_at is not None and owed_without_refund(case) > 0
    return case.theirs is not None and case.collection is not None


def owed_without_refund(case: Case) -> int:
    """đồng of the case's money that stand as owed to a payer and that nobody gives back yet: such a case is not closed by words alone."""
    collection = case.collection
    return max(0, collection.owed_back - collection.refunding) if collection is not None else 0


def _collection(case: Case) -> Collection:
    if case.collection_id is None:
        raise CorrectionRefused("Chênh lệch này không gắn với khoản tiền nào đã ghi sổ.")
    # The order first, as everywhere: two who work on the same money wait for one another.
    order_id = Collection.objects.values_list("order_id", flat=True).get(pk=case.collection_id)
    if order_id is not None:
        Order.objects.select_for_update().get(pk=order_id)
    return Collection.objects.select_for_update(of=("self",)).select_related("order").get(pk=case.collection_id)


def _unmatched(case: Case) -> Collection:
    if case.collection_id is None:
        raise CorrectionRefused("Chênh lệch này không gắn với khoản tiền nào đã ghi sổ.")
    collection = Collection.objects.select_for_update(of=("self",)).get(pk=case.collection_id)
    if collection.purpose != Collection.Purpose.UNMATCHED or collection.refunding:
        raise CorrectionRefused("Khoản tiền này đã được xử lý.")
    return collection


def _correct(case: Case, sides: list[Side], actor: Actor, now: datetime, note: str, *, is_test: bool = False, name: str = "case") -> None:
    """One correcting entry for a case; ``name`` begins its key, so that reports can tell allocations from other corrections."""
    entry = book(
        key=f"{name}:{case.pk}",
        event="corrected",
        sides=sides,
        target=f"case:{case.pk}",
        note=note,
        now=now,
        position_id=actor.position_id,
        is_test=is_test,
    )
    if entry is None:
        raise CorrectionRefused("Chênh lệch này đã được điều chỉnh.")


def _adjust(case: Case, given: str, actor: Actor, now: datetime) -> None:
    """The institution's amount is the right one: what is more is the payer's, what is less was never the agency's."""
    collection = _collection(case)
    if case.theirs is None or case.theirs == collection.amount:
        raise CorrectionRefused("Hai bên không còn lệch số tiền.")
    difference = case.theirs - collection.amount
    if difference > 0:
        _more(case, collection, difference, actor, now, "Thu nhiều hơn")
        return
    institution = Side(T.INSTITUTION, difference, institution=collection.institution_id)
    if collection.order is None or collection.purpose not in (Collection.Purpose.SETTLES, Collection.Purpose.OVER):
        raise CorrectionRefused("Khoản này không trả cho khoản phải nộp nào.")
    _reserve(collection, -difference)
    revenue = Side(T.REVENUE, -difference, unit=collection.payee_unit, kind=collection.kind)
    _correct(case, [institution, revenue], actor, now, "Thu ít hơn", is_test=collection.is_test)


def _more(case: Case, collection: Collection, amount: int, actor: Actor, now: datetime, note: str) -> None:
    """Money that the institution took beside what is booked: a part of the same movement, and all of it goes back to the payer."""
    part = Collection.objects.create(
        institution_id=collection.institution_id,
        institution_ref=f"{collection.institution_ref[:44]}~{case.pk}",
        bank_ref=collection.bank_ref,
        attempt=collection.attempt,
        order=collection.order,
        reference=collection.reference,
        purpose=Collection.Purpose.MORE,
        amount=amount,
        owed_back=amount,
        payee_unit=collection.payee_unit,
        kind=collection.kind,
        paid_at=collection.paid_at,
        day=collection.day,
        via=Via.DESK,
        booked_at=now,
        corrects=collection,
        is_test=collection.is_test,
    )
    sides = [
        Side(T.INSTITUTION, amount, institution=collection.institution_id),
        Side(T.PAYERS, -amount, institution=collection.institution_id),
    ]
    book(
        # As every collection is booked, once; on the case's page it is the case's correction.
        key=f"collected:{part.pk}",
        event="corrected",
        sides=sides,
        target=f"case:{case.pk}",
        note=note,
        now=now,
        position_id=actor.position_id,
        is_test=collection.is_test,
    )
    refunds.owe_back(part, now=now)


def _reserve(collection: Collection, amount: int, *, given_back: bool = False) -> None:
    """Money that was never there, or is gone, is not given back once more."""
    if collection.refunding + amount > collection.amount:
        raise CorrectionRefused("Một phần khoản này đã được hoàn. Hãy xử lý khoản hoàn trước.")
    collection.refunding += amount
    if given_back:
        collection.refunded += amount
    collection.save(update_fields=["refunding", "refunded"])


def _write_off(case: Case, given: str, actor: Actor, now: datetime) -> None:
    """The money was never taken: the booking is turned round; the order stays as it is and the agency decides how to collect."""
    collection = _collection(case)
    _take_out(case, collection, collection.amount, actor, now, "Không có tiền tại đơn vị thanh toán", given_back=False)


def _reversed(case: Case, given: str, actor: Actor, now: datetime) -> None:
    """The institution gave the money back by itself."""
    collection = _collection(case)
    amount = abs(case.theirs or 0) or collection.amount
    _take_out(case, collection, amount, actor, now, "Đơn vị thanh toán đã tự hoàn", given_back=True)
    if collection.order is not None and collection.purpose in (Collection.Purpose.SETTLES, Collection.Purpose.OVER):
        order = collection.order
        order.refunded = min(order.amount, order.refunded + amount)
        order.save(update_fields=["refunded"])


def _take_out(case: Case, collection: Collection, amount: int, actor: Actor, now: datetime, note: str, *, given_back: bool) -> None:
    _reserve(collection, amount, given_back=given_back)
    from_payers = min(amount, collection.owed_back)
    sides = [Side(T.INSTITUTION, -amount, institution=collection.institution_id)]
    if from_payers:
        sides.append(Side(T.PAYERS, from_payers, institution=collection.institution_id))
    if amount > from_payers:
        sides.append(Side(T.REVENUE, amount - from_payers, unit=collection.payee_unit, kind=collection.kind))
    _correct(case, sides, actor, now, note, is_test=collection.is_test)


def _owe_payer(case: Case, given: str, actor: Actor, now: datetime) -> None:
    """The institution took the money once more than we have booked: it owes it to the payer."""
    if not case.theirs or case.theirs < 0 or case.institution_id is None:
        raise CorrectionRefused("Không rõ số tiền bên kia đã thu.")
    _more(case, _collection(case), case.theirs, actor, now, "Thu hai lần")


def _move_payee(case: Case, given: str, actor: Actor, now: datetime) -> None:
    """The money is another agency's: from revenue to revenue."""
    collection = _collection(case)
    try:
        agency = catalogues.agency(given)
    except Agency.DoesNotExist:
        raise CorrectionRefused("Không có cơ quan nào mang mã này.", "given") from None
    if agency.code == collection.payee_unit:
        raise CorrectionRefused("Khoản này đã ghi cho chính cơ quan đó.", "given")
    amount = collection.amount - collection.owed_back - collection.refunding
    if amount <= 0:
        raise CorrectionRefused("Khoản này không còn tiền của cơ quan.")
    sides = [
        Side(T.REVENUE, amount, unit=collection.payee_unit, kind=collection.kind),
        Side(T.REVENUE, -amount, unit=agency.code, kind=collection.kind),
    ]
    _correct(case, sides, actor, now, f"Chuyển sang {agency.name}"[:300], is_test=collection.is_test)


def _allocate(case: Case, given: str, actor: Actor, now: datetime) -> None:
    """Money of nobody turns out to be an order's: it settles it."""
    code = clean_code(given)
    order = Order.objects.select_for_update().filter(code=code).first() if code else None
    if order is None:
        raise CorrectionRefused("Không có khoản phải nộp nào mang mã này.", "given")
    if not may(actor, SOLVE, order.payee_unit) and not may(actor, OVERSEE):
        raise CorrectionRefused("Khoản phải nộp này thuộc cơ quan khác.", "given")
    collection = _unmatched(case)
    if order.state not in (Order.OPEN, Order.EXPIRED):
        raise CorrectionRefused("Khoản phải nộp này không còn chờ tiền. Hãy trả lại người nộp.", "given")
    if order.is_test != collection.is_test:
        raise CorrectionRefused("Khoản phải nộp này thuộc kiểm thử chung.", "given")
    if collection.amount < order.amount:
        raise CorrectionRefused("Số tiền ít hơn khoản phải nộp. Hãy trả lại người nộp.", "given")
    over = collection.amount - order.amount
    collection.order, collection.payee_unit, collection.kind = order, order.payee_unit, order.kind
    collection.purpose = Collection.Purpose.OVER if over else Collection.Purpose.SETTLES
    collection.owed_back, collection.allocated_at = over, now
    collection.save(update_fields=["order", "payee_unit", "kind", "purpose", "owed_back", "allocated_at"])
    sides = [
        Side(T.PAYERS, order.amount, institution=collection.institution_id),
        Side(T.REVENUE, -order.amount, unit=order.payee_unit, kind=order.kind),
    ]
    _correct(case, sides, actor, now, f"Trả khoản {order.code}", name="allocated")
    Order.table.move(order, "settle")
    order.settled_at, order.closed_at = now, None
    order.save(update_fields=["state", "settled_at", "closed_at"])
    outbox.put("payments.settled", key=str(order.pk), payload={"order": str(order.pk)})
    if over:
        refunds.owe_back(collection, now=now)
    case.payee_unit = case.payee_unit or order.payee_unit


def _give_back(case: Case, given: str, actor: Actor, now: datetime) -> None:
    """Nobody's money goes back to who paid it, by the institution (Rules art. 34.6a)."""
    collection = _unmatched(case)
    refunds.owe_back(collection, now=now)


def _not_there(case: Case, given: str, actor: Actor, now: datetime) -> None:
    """The institution's own corrected file no longer has it: what was booked as owed to nobody known is turned round."""
    collection = _unmatched(case)
    _take_out(case, collection, collection.amount, actor, now, "Tệp đúng không còn khoản này", given_back=False)


REMEDIES = (
    Remedy("none", "Không điều chỉnh sổ", frozenset(Case.Type.values), None, operators_may=True),
    Remedy("adjust", "Ghi theo số tiền của bên kia", frozenset({"amount"}), _adjust),
    Remedy("write_off", "Bỏ khoản thu không có thật", frozenset({"only_here", "state"}), _write_off),
    Remedy("allocate", "Gắn với khoản phải nộp", frozenset({"only_there"}), _allocate, asks="order"),
    Remedy("give_back", "Trả lại người nộp", frozenset({"only_there"}), _give_back, operators_may=True),
    Remedy("not_there", "Bỏ khoản này, tệp đúng không còn ghi", frozenset({"only_there"}), _not_there, operators_may=True),
    Remedy("owe_payer", "Trả lại người nộp số tiền thu thêm", frozenset({"duplicate"}), _owe_payer, operators_may=True),
    Remedy("reversed", "Ghi nhận đơn vị thanh toán đã hoàn", frozenset({"state"}), _reversed),
    Remedy("move_payee", "Chuyển khoản thu sang cơ quan khác", frozenset({"wrong_payee"}), _move_payee, asks="unit"),
)
