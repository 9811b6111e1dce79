"""What officers do with certified copies: begin, scan, number and hand to the signer, sign, give up, revoke, enter one made on paper.

Numbers have no holes: the row of the book is locked until the act is through, and what was given up stays in the register as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from accounts.identifiers import clean_tax_code
from accounts.services.people import note_read
from dossiers.copies import queries, rules, sheets
from dossiers.copies.common import KIND, PREPARE, READ, SCAN, SIGN, SOURCE, WORD, CopyRefused, changed, locked, record, refuse_own
from dossiers.counter_filing import sheets as counter_sheets
from dossiers.counter_filing.beginning import person_at_counter
from dossiers.counter_filing.cash import next_receipt
from dossiers.models import CertifiedCopy, CopyBook, CopyScan, CopyWording
from dossiers.services.common import position_of
from dossiers.services.drafts import PAPER_TYPES
from dossiers.store.kinds import code_named
from payments import services as payments
from portal.access import Actor, require, visible_to
from portal.documents import batches, pages
from portal.documents import services as documents
from portal.documents.models import Document, SigningBatch
from portal.files import services as files
from portal.files.errors import FileRefused
from portal.files.models import FileState
from portal.states import TransitionRefused
from portal.text import nfc

State, Form = CertifiedCopy.State, CertifiedCopy.Form
MOST_FILES = 20


@transaction.atomic
def word(*, actor: Actor, valid_from: date, words: str, basis: str, now: datetime) -> CopyWording:
    """Enter the agency's wording from a day on, today or later. :class:`CopyRefused` for one with faults, or a day that has one."""
    require(actor, WORD, actor.unit)
    words = nfc(words).strip()
    if wrong := rules.faults(words):
        raise CopyRefused(" ".join(wrong), "words")
    if valid_from < timezone.localdate(now):
        raise CopyRefused("Lời chứng mới áp dụng sớm nhất từ hôm nay: bản sao đã ký giữ lời chứng cũ.", "valid_from")
    if CopyWording.objects.filter(unit_code=actor.unit, valid_from=valid_from).exists():
        raise CopyRefused("Ngày này đã có lời chứng.", "valid_from", status=409)
    made = CopyWording.objects.create(
        unit_code=actor.unit, valid_from=valid_from, words=words, basis=basis.strip(), entered_by_label=actor.label[:200], entered_at=now
    )
    record(actor, "word_copies", made, valid_from=valid_from.isoformat())
    return made


@transaction.atomic
def begin(
    *,
    actor: Actor,
    owner_number: str,
    title: str,
    original_number: str = "",
    original_issuer: str = "",
    original_issued_on: date | None = None,
    full_name: str = "",
    birth_date: date | None = None,
    sex: str = "",
    now: datetime,
) -> CertifiedCopy:
    """Begin a copy for the store of a person or organisation by their number; who is not known yet is entered with what their card says.

    :class:`CopyRefused`, and ``FilingRefused`` for a card that does not say enough.
    """
    require(actor, PREPARE, actor.unit)
    name = title_of(title)
    tax_code = clean_tax_code(owner_number)
    found = people.by_tax_code(tax_code) if tax_code else None
    if found is not None:
        party_id = found.pk
    else:
        one = person_at_counter(actor, owner_number, full_name, birth_date, sex, "", "", "")
        note_read(actor=actor, people=[one.id], unit=actor.unit)
        party_id = one.id
    refuse_own(party_id, actor.person_id)
    row = CertifiedCopy.objects.create(
        unit_code=actor.unit,
        party_id=party_id,
        requester_name=people.party(party_id).name,
        title=name,
        kind=code_named(name),
        original_number=nfc(original_number).strip()[:100] or None,
        original_issuer=nfc(original_issuer).strip()[:300],
        original_issued_on=original_issued_on,
        position_id=position_of(actor),
        officer_label=actor.label[:200],
        began_at=now,
    )
    record(actor, "begin_copy", row)
    return row


def title_of(text: str) -> str:
    """The kind of paper as it was typed, in one line. :class:`CopyRefused` for none, or one with somebody's number in it: it is public."""
    name = " ".join(nfc(text).split())[:300]
    if not name:
        raise CopyRefused("Bạn ghi tên loại giấy tờ.", "title")
    if sum(letter.isdigit() for letter in name) >= 6:
        raise CopyRefused("Tên loại giấy tờ được công khai khi quét mã QR: không ghi số giấy tờ, số định danh ở đây.", "title")
    return name


def add_scan(*, actor: Actor, copy_id: UUID, seen_version: int | None, upload: UploadedFile, now: datetime) -> CopyScan:
    """A scan of the original, behind those that are there; it is checked in the background. :class:`CopyRefused`."""
    with transaction.atomic():
        _room(locked(actor, copy_id, seen_version, PREPARE, State.PREPARING))
    try:
        # Outside the transaction: 20 MB are written to disk while nobody waits for the row.
        stored = files.receive(
            subject=copy_id,
            upload=upload,
            name=upload.name or "",
            purpose=SCAN,
            max_bytes=settings.MAX_FILE_BYTES,
            allowed_types=PAPER_TYPES,
            actor=actor,
        )
    except FileRefused as refused:
        raise CopyRefused(refused.message, "file") from refused
    try:
        with transaction.atomic():
            row = locked(actor, copy_id, seen_version, PREPARE, State.PREPARING)
            _room(row)
            last = row.scans.order_by("-position").values_list("position", flat=True).first() or 0
            scan = CopyScan.objects.create(copy=row, file=stored, position=last + 1, added_at=now)
            changed(row)
            record(actor, "scan_copy", row, sha256=stored.sha256)
            return scan
    except BaseException:
        files.erase(file=stored, actor=actor)
        raise


def _room(row: CertifiedCopy) -> None:
    if row.scans.count() >= MOST_FILES:
        raise CopyRefused(f"Mỗi bản sao nhận tối đa {MOST_FILES} tệp. Bạn gộp các trang vào một tệp PDF.", "file")


@transaction.atomic
def remove_scan(*, actor: Actor, copy_id: UUID, seen_version: int | None, scan_id: int) -> None:
    """Take a scan out again; its file is erased. Twice is no error."""
    row = locked(actor, copy_id, seen_version, PREPARE, State.PREPARING)
    scan = row.scans.select_related("file").filter(pk=scan_id).first()
    if scan is None:
        return
    stored = scan.file
    scan.delete()
    files.erase(file=stored, actor=actor)
    changed(row)
    record(actor, "remove_copy_scan", row)


@transaction.atomic
def drop(*, actor: Actor, copy_id: UUID, seen_version: int | None) -> None:
    """Give up a copy that has no number yet: nothing of it stays but the audit's line."""
    row = locked(actor, copy_id, seen_version, PREPARE, State.PREPARING)
    stored = [scan.file for scan in row.scans.select_related("file")]
    record(actor, "drop_copy", row)
    row.scans.all().delete()
    row.delete()
    for one in stored:
        files.erase(file=one, actor=actor)


def _next(unit_code: str, year: int) -> int:
    """The next number of an agency's register; the row is locked until the act is through, so that numbers have no holes."""
    CopyBook.objects.bulk_create([CopyBook(unit_code=unit_code, year=year)], ignore_conflicts=True)
    book = CopyBook.objects.select_for_update().get(unit_code=unit_code, year=year)
    CopyBook.objects.filter(unit_code=unit_code, year=year).update(last=book.last + 1)
    return book.last + 1


def _number(row: CertifiedCopy, now: datetime) -> None:
    row.year = timezone.localdate(now).year
    row.number = _next(row.unit_code, row.year)
    row.numbered_at = now


@transaction.atomic
def present(
    *, actor: Actor, copy_id: UUID, seen_version: int | None, signer_position_id: UUID, payer_name: str, compared: bool, now: datetime
) -> CertifiedCopy:
    """The scans were compared with the original: the charge is taken in cash, the number is given, the signer is asked.

    :class:`CopyRefused` while a scan is being checked, without wording or signer, or where no line of law says what a page costs.
    """
    row = locked(actor, copy_id, seen_version, PREPARE, State.PREPARING)
    day = timezone.localdate(now)
    scans = [scan.file for scan in row.scans.select_related("file")]
    if not compared:
        raise CopyRefused("Bạn xác nhận đã đối chiếu từng trang với bản chính.", "compared")
    if not scans:
        raise CopyRefused("Chưa có trang nào của bản chính.", status=409)
    if any(file.state != FileState.CLEAN for file in scans):
        raise CopyRefused("Tệp quét đang được kiểm tra, hoặc không an toàn. Bạn tải lại trang, bỏ tệp không an toàn.", status=409)
    wording = queries.wording_of(row.unit_code, day)
    if wording is None:
        raise CopyRefused("Đơn vị chưa nhập lời chứng. Quản trị viên nhập ở mục Lời chứng bản sao.", status=409)
    signer = next(iter(queries.signers_of(row, actor, only=signer_position_id)), None)
    if signer is None:
        raise CopyRefused("Người ký phải là lãnh đạo đơn vị, có chứng thư chữ ký số, không phải chủ giấy tờ.", "signer_position_id")
    row.pages = sum(pages.count(file) for file in scans)
    _number(row, now)
    row.wording, row.signer_position_id = wording, signer.position_id
    credential, row.signer_label = people.signing_credential(signer.position_id)
    lines = [] if row.replaces_id is not None else _lines(row.pages, day)
    row.charge_lines = [{"name": one.name, "unit_amount": one.unit_amount, "number": one.number, "amount": one.amount} for one in lines]
    row.charge = sum(one.amount for one in lines)
    row.state = State.AWAITING
    if row.charge:
        _take(row, lines, payer_name, actor, now)
    row.document = documents.issue_for_signature(
        key=f"{KIND}:{row.id}",
        kind=KIND,
        title=sheets.public_title(row.title),
        template="documents/certified_copy.html",
        context=sheets.context(row, day),
        unit_code=row.unit_code,
        subject=row.id,
        credential_id=credential,
        signer_label=row.signer_label,
        signer_id_number=people.position_holder_id_number(signer.position_id),
        signer_user_id=signer.user_id,
        signer_position_id=signer.position_id,
        actor=actor,
        seal_too=True,
    )
    changed(row)
    record(actor, "present_copy", row, number=row.number_words, pages=str(row.pages), charge=str(row.charge))
    return row


def _lines(of: int, day: date) -> list[rules.Line]:
    try:
        return queries.charge_of(of, day)
    except rules.NoFee as missing:
        raise CopyRefused(f"Danh mục thủ tục không có mức phí “{missing}”. Cổng không đoán mức phí.", status=409) from None


def _take(row: CertifiedCopy, lines: Sequence[rules.Line], payer_name: str, actor: Actor, now: datetime) -> None:
    """The charge, in cash against a receipt of the unit's book; booked in the ledger as any other cash."""
    payer = " ".join(payer_name.split())[:200]
    if not payer:
        raise CopyRefused("Bạn ghi tên người nộp tiền.", "payer_name")
    try:
        order = payments.create_order(
            source=SOURCE,
            key=str(row.id),
            kind="LGD.01",
            reference=row.number_words,
            description=f"Phí chứng thực bản sao, số {row.number_words}",
            payer=payments.Payer(row.party_id, payer),
            payee_unit=row.unit_code,
            lines=[payments.Line(one.name, "fee", one.unit_amount, one.number, "trang", one.reduction) for one in lines],
            due_at=now,
            expires_at=now,
            actor=actor,
            now=now,
        )
        row.receipt_number = next_receipt(row.unit_code, now)
        payments.take_cash(order_id=order.pk, receipt=row.receipt_number, unit_code=row.unit_code, actor=actor, now=now)
    except payments.OrderRefused as refused:
        raise CopyRefused(str(refused), status=409) from refused
    row.receipt = documents.issue_sealed(
        key=f"{SOURCE}.cash:{row.id}",
        kind=counter_sheets.CASH,
        title=counter_sheets.CASH_TITLE,
        template="documents/cash_receipt.html",
        context=sheets.receipt_context(row, payer=payer, officer=actor.label, now=now),
        unit_code=row.unit_code,
        subject=row.id,
        actor=actor,
    )


# The signer ---------------------------------------------------------------------------------------------------------------------


def _waiting(actor: Actor, copy_id: UUID) -> Document:
    row = locked(actor, copy_id, None, SIGN, State.AWAITING)
    if row.document is None:
        raise CopyRefused("Văn bản đang được lập.", status=409)
    return row.document


@transaction.atomic
def signing_address(*, actor: Actor, copy_id: UUID, return_to: str) -> str:
    """Where the signer authorises their signature over one copy. :class:`CopyRefused`, ``AccessDenied`` for who is not asked to sign."""
    try:
        return documents.authorisation_url(_waiting(actor, copy_id), actor=actor, return_to=return_to)
    except TransitionRefused as refused:
        raise CopyRefused(refused.reason, status=409) from refused


@transaction.atomic
def begin_signing(*, actor: Actor, copy_ids: Sequence[UUID], return_to: str) -> SigningBatch:
    """Several copies for one authorisation (`portal.documents.batches`); none is begun where one cannot be. :class:`CopyRefused`."""
    waiting = [_waiting(actor, one) for one in copy_ids]
    try:
        return batches.begin(documents=waiting, actor=actor, return_to=return_to)
    except TransitionRefused as refused:
        raise CopyRefused(refused.reason, status=409) from refused
    except ValueError as error:
        raise CopyRefused(f"Chọn từ 1 đến {batches.MOST} bản sao chờ chính bạn ký.", status=409) from error


# Ends ---------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def void(*, actor: Actor, copy_id: UUID, seen_version: int | None, reason: str, now: datetime) -> CertifiedCopy:
    """Give up a copy before it is signed, by who prepares or by who would sign. Its number stays, with the reason; a right one is made by
    :func:`mend` for nothing. :class:`CopyRefused` once a signature is under way."""
    rows = visible_to(actor, CertifiedCopy.objects.all(), READ, "unit_code")
    signs = rows.filter(pk=copy_id, signer_position_id=actor.position_id).exists()
    row = locked(actor, copy_id, seen_version, SIGN if signs else PREPARE, State.AWAITING)
    if row.document is not None:
        try:
            documents.cancel(document=row.document, actor=actor)
        except TransitionRefused as refused:
            raise CopyRefused(refused.reason, status=409) from refused
    _end(row, State.VOID, reason, actor, now)
    record(actor, "void_copy", row, number=row.number_words)
    return row


@transaction.atomic
def revoke(*, actor: Actor, copy_id: UUID, seen_version: int | None, reason: str, now: datetime) -> CertifiedCopy:
    """Say of a certified copy that it does not count: its proof page says so, and nobody can give it any more. :class:`CopyRefused`."""
    row = locked(actor, copy_id, seen_version, SIGN, State.CERTIFIED)
    if row.document is not None:
        documents.revoke(document=row.document, reason=reason.strip(), actor=actor)
    _end(row, State.REVOKED, reason, actor, now)
    record(actor, "revoke_copy", row, number=row.number_words)
    return row


def _end(row: CertifiedCopy, state: str, reason: str, actor: Actor, now: datetime) -> None:
    if not reason.strip():
        raise CopyRefused("Bạn ghi lý do.", "reason")
    row.state, row.ended_why, row.ended_at, row.ended_by_label = state, reason.strip()[:300], now, actor.label[:200]
    changed(row)


@transaction.atomic
def mend(*, actor: Actor, copy_id: UUID, now: datetime) -> CertifiedCopy:
    """Begin the right copy in place of one that was given up or revoked: same paper, same owner, free of charge, scanned anew. Once."""
    old = locked(actor, copy_id, None, PREPARE, State.VOID, State.REVOKED)
    if old.form != Form.ELECTRONIC or CertifiedCopy.objects.filter(replaces=old).exists():
        raise CopyRefused("Mục này đã có bản thay thế.", status=409)
    facts = ("party_id", "requester_name", "title", "kind", "original_number", "original_issuer", "original_issued_on")
    row = CertifiedCopy.objects.create(
        unit_code=old.unit_code,
        replaces=old,
        position_id=position_of(actor),
        officer_label=actor.label[:200],
        began_at=now,
        **{name: getattr(old, name) for name in facts},
    )
    record(actor, "mend_copy", row, replaces=old.number_words)
    return row


# On paper -----------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def enter_paper(
    *, actor: Actor, requester_name: str, title: str, page_count: int, copies: int, signer_label: str, now: datetime
) -> CertifiedCopy:
    """Enter copies that were certified on paper today: one register, one row of numbers for both forms. :class:`CopyRefused`."""
    require(actor, PREPARE, actor.unit)
    lines = _lines(page_count, timezone.localdate(now))
    row = CertifiedCopy(
        unit_code=actor.unit,
        form=Form.PAPER,
        state=State.CERTIFIED,
        requester_name=" ".join(nfc(requester_name).split())[:200],
        title=title_of(title),
        pages=page_count,
        copies=copies,
        charge=sum(one.amount for one in lines) * copies,
        charge_lines=[{"name": one.name, "unit_amount": one.unit_amount, "number": one.number, "amount": one.amount} for one in lines],
        signer_label=signer_label.strip()[:200],
        position_id=position_of(actor),
        officer_label=actor.label[:200],
        began_at=now,
        certified_on=timezone.localdate(now),
    )
    _number(row, now)
    row.save(force_insert=True)
    record(actor, "enter_paper_copy", row, number=row.number_words)
    return row
