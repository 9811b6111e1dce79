"""Files of a day's movements: the CSV of institutions and agencies, and the bank statement camt.053.001.08. Pure, streaming.

A reader looks at the whole file first: a file that is broken (another header, a false or missing trailer, cut off, not XML, another
account or day) raises :class:`StatementBroken` before its first line is given, so nothing of it goes in. A single bad row is noted in
:class:`Problems` and the good ones go on. Money is whole đồng, times are aware.

Sources: Rules art. 33 (daily reconciliation); ISO 20022 ``BankToCustomerStatementV08``.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import BinaryIO

from lxml import etree

from payments.codes import reference_in, refund_number_in

COLUMNS = (
    "stt", "ngay_gd", "ma_gd_cong", "ma_gd_ngan_hang", "ma_tham_chieu", "ma_ho_so", "ma_tthc", "ma_co_quan",
    "loai_gd", "so_tien", "phi_dv", "tien_te", "trang_thai", "ma_nh", "tk_thu_huong", "ghi_chu",
)  # fmt: skip
PAID, REFUNDED, FAILED = "paid", "refunded", "failed"
STATES = {"thanh-cong": PAID, "hoan-tra": REFUNDED, "that-bai": FAILED}
LARGEST_AMOUNT = 10**12
LONGEST_LINE = 16 * 1024
LONGEST_ENTRY = 4 * 1024 * 1024
"""Bytes between two entries of a bank statement; one entry may hold a batch of some thousand credits."""
MOST_PROBLEMS = 1000
"""Problems that are kept; the others are counted."""
CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
VIETNAM = timezone(timedelta(hours=7))
_AMOUNT = re.compile(r"^[0-9]{1,13}$")
_DECIMAL = re.compile(r"^([0-9]{1,13})(?:\.0{1,5})?$")
_TRAILER = re.compile(rb"^#,([0-9]{1,9}),([0-9]{1,19}),([0-9a-f]{64})$")


class StatementBroken(Exception):
    """The file as a whole cannot be used. Its text is Vietnamese, for the desk, and quotes nothing of the file."""


class _BadRow(Exception):
    """One row cannot be used; its text is the reason, for the desk."""


@dataclass(frozen=True)
class StatementLine:
    """One movement of money, as the other side wrote it."""

    number: int
    """Of the row or entry in its file, from 1."""
    reference: str
    """Our reference of the attempt; empty where the other side knows none."""
    institution_ref: str
    """The other side's own number of the movement; never empty."""
    amount: int
    state: str
    """:data:`PAID` (money came), :data:`REFUNDED` (money went back) or :data:`FAILED` (no money, but the other side lists the try)."""
    at: datetime
    """UTC. May lie on an earlier day than the file's: what an institution adds late."""
    bank_ref: str = ""
    order_reference: str = ""
    """What was paid for: the dossier's code."""
    procedure: str = ""
    unit: str = ""
    kind: str = ""
    fee: int = 0
    """What the institution keeps for its service."""
    account: str = ""
    note: str = ""
    bank: str = ""
    end_to_end: str = ""
    """EndToEndId of a bank statement as it stands there: of a payout, the day and unit it is for. Of a debit the number of the refund,
    where the EndToEndId or the content names one."""


@dataclass(frozen=True)
class Problem:
    """A row that cannot be used, and why (Vietnamese)."""

    number: int
    reason: str


@dataclass
class Problems:
    """What was wrong with rows: the first :data:`MOST_PROBLEMS`, and how many there were."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def note(self, number: int, reason: str) -> None:
        """One row more."""
        self.count += 1
        if len(self.kept) < MOST_PROBLEMS:
            self.kept.append(Problem(number, reason))


def read_statement(source: BinaryIO, file_format: str, *, day: date, account: str, problems: Problems) -> Iterator[StatementLine]:
    """The lines of a file in one of the formats of adapters. ``account`` counts for ``camt.053``. Raises :class:`StatementBroken`."""
    if file_format == "csv":
        return read_csv(source, day=day, problems=problems)
    if file_format == "camt.053":
        return read_camt(source, day=day, account=account, problems=problems)
    raise ValueError(f"no such format: {file_format}")


# --- CSV ----------------------------------------------------------------------------------------------------------------------------------


def read_csv(source: BinaryIO, *, day: date, problems: Problems) -> Iterator[StatementLine]:
    """The lines of a CSV of this day (Vietnam's time). ``source`` is read twice, so it must be seekable."""
    source.seek(0)
    count = _check_csv(source, day)
    source.seek(0)
    lines = _lines(source)
    next(lines)
    for number in range(1, count + 1):
        try:
            yield _csv_line(_values(next(lines)), number, day)
        except _BadRow as bad:
            problems.note(number, str(bad))


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends, none longer than :data:`LONGEST_LINE`."""
    while line := source.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise StatementBroken("Tệp có dòng quá dài, không phải tệp đối soát.")
        yield line.rstrip(b"\r\n")


def _check_csv(source: BinaryIO, day: date) -> int:
    """Header, trailer, digest, number and sum of the rows, and that some of them are of the day. Returns the number of rows."""
    lines = _lines(source)
    line = next(lines, b"")
    if line.removeprefix(b"\xef\xbb\xbf") != ",".join(COLUMNS).encode():
        raise StatementBroken("Dòng đầu của tệp không đúng các cột quy định.")
    digest = hashlib.sha256()
    count = total = 0
    summed = True
    days: set[bool] = set()
    for following in lines:
        digest.update(line + b"\n")
        if count:
            amount, at = _glance(line)
            if at is not None:
                days.add(at == day)
            if amount is None:
                # A row that cannot be read: the digest alone must vouch for the file.
                summed = False
            else:
                total += amount
        count += 1
        line = following
    trailer = _TRAILER.match(line)
    if trailer is None or not count:
        raise StatementBroken("Tệp thiếu dòng tổng ở cuối: có thể đã bị cắt khi tải.")
    count -= 1
    if trailer[3].decode() != digest.hexdigest():
        raise StatementBroken("Nội dung tệp không khớp mã kiểm tra ở dòng tổng: tệp đã bị thay đổi.")
    if int(trailer[1]) != count:
        raise StatementBroken(f"Dòng tổng ghi {int(trailer[1])} giao dịch nhưng tệp có {count}.")
    if summed and int(trailer[2]) != total:
        raise StatementBroken(f"Dòng tổng ghi {int(trailer[2])} đồng nhưng các giao dịch thành công cộng lại là {total} đồng.")
    if days == {False}:
        raise StatementBroken(f"Tệp không có giao dịch nào của ngày {day:%d/%m/%Y}.")
    return count


def _values(line: bytes) -> list[str]:
    """The fields of one row; a field never goes on in the next line."""
    try:
        text = line.decode()
        return next(csv.reader([text], strict=True)) if '"' in text else text.split(",")
    except UnicodeDecodeError:
        raise _BadRow("dòng không phải UTF-8") from None
    except (csv.Error, StopIteration):
        raise _BadRow("dấu ngoặc kép không khép") from None


def _glance(line: bytes) -> tuple[int | None, date | None]:
    """What a row adds to the sum of the paid, and its day in Vietnam; None for what cannot be read."""
    try:
        row = _values(line)
    except _BadRow:
        return None, None
    if len(row) != len(COLUMNS):
        return None, None
    try:
        at = datetime.fromisoformat(row[1].strip())
        day = at.astimezone(VIETNAM).date() if at.tzinfo else None
    except (ValueError, OverflowError):
        day = None
    amount, state = row[9].strip(), row[12].strip()
    if state != "thanh-cong":
        return (0 if state in STATES else None), day
    return (int(amount) if _AMOUNT.match(amount) else None), day


def _csv_line(row: list[str], number: int, day: date) -> StatementLine:
    if len(row) != len(COLUMNS):
        raise _BadRow(f"có {len(row)} cột, cần {len(COLUMNS)}")
    row = [value.strip() for value in row]
    whole = "".join(row)
    # Nearly every row passes as one; only where one does not is it asked which column it is.
    suspect = max(map(len, row)) > 64 or not whole.isprintable() or "\ufffd" in whole
    for name, value in zip(COLUMNS, row, strict=True) if suspect else ():
        if len(value) > (500 if name == "ghi_chu" else 64) or not value.isprintable():
            raise _BadRow(f"cột {name} quá dài hoặc có ký tự lạ")
    (_, at, reference, institution_ref, bank_ref, order, procedure, unit, kind, amount, fee, currency, state, bank, account, note) = row
    if not institution_ref:
        raise _BadRow("thiếu mã giao dịch ngân hàng")
    if currency != "VND":
        raise _BadRow("tiền tệ không phải VND")
    if state not in STATES:
        raise _BadRow("trạng thái không phải thanh-cong, hoan-tra hoặc that-bai")
    return StatementLine(
        number=number,
        reference=reference,
        institution_ref=institution_ref,
        bank_ref=bank_ref,
        order_reference=order,
        procedure=procedure,
        unit=unit,
        kind=kind,
        amount=_amount(amount, "số tiền"),
        fee=_amount(fee or "0", "phí dịch vụ", smallest=0),
        state=STATES[state],
        at=_until(_time(at), day),
        account=account,
        note=note,
        bank=bank,
    )


def _amount(text: str, what: str, smallest: int = 1) -> int:
    if not _AMOUNT.match(text) or not smallest <= int(text) <= LARGEST_AMOUNT:
        raise _BadRow(f"{what} không phải số nguyên đồng hợp lệ")
    return int(text)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _BadRow("ngày giao dịch không đọc được") from None
    if at.tzinfo is None:
        raise _BadRow("ngày giao dịch thiếu múi giờ")
    return at


def _until(at: datetime, day: date) -> datetime:
    """In UTC; nothing of a later day can stand in the file of a day."""
    try:
        if at.astimezone(VIETNAM).date() > day:
            raise _BadRow(f"ngày giao dịch sau ngày {day:%d/%m/%Y}")
        return at.astimezone(UTC)
    except OverflowError:
        raise _BadRow("ngày giao dịch không đọc được") from None


@dataclass(frozen=True)
class Totals:
    """What a written file holds."""

    count: int
    paid: int
    """đồng of the lines that are :data:`PAID`."""
    sha256: str


def write_statement(lines: Iterable[StatementLine], to: BinaryIO) -> Totals:
    """Write the same CSV, line by line, with its trailer. Numbers the rows anew."""
    digest = hashlib.sha256()
    names = {state: name for name, state in STATES.items()}

    class _Out:
        def write(self, text: str) -> None:
            data = text.encode()
            digest.update(data)
            to.write(data)

    out = csv.writer(_Out(), lineterminator="\n")
    out.writerow(COLUMNS)
    count = paid = 0
    for count, line in enumerate(lines, 1):
        paid += line.amount if line.state == PAID else 0
        at = line.at.astimezone(VIETNAM).isoformat()
        texts = [line.reference, line.institution_ref, line.bank_ref, line.order_reference, line.procedure, line.unit, line.kind]
        values = [str(count), at, *map(_harmless, texts), str(line.amount), str(line.fee), "VND", names[line.state]]
        out.writerow([*values, *map(_harmless, (line.bank, line.account, line.note))])
    to.write(f"#,{count},{paid},{digest.hexdigest()}\n".encode())
    return Totals(count, paid, digest.hexdigest())


def _harmless(text: str) -> str:
    """On one line, and nothing that a spreadsheet takes for a formula: what strangers write on transfers ends here."""
    text = " ".join(text.split())
    return f" {text}" if text[:1] in ("=", "+", "-", "@") else text


# --- camt.053 -----------------------------------------------------------------------------------------------------------------------------


def read_camt(source: BinaryIO, *, day: date, account: str, problems: Problems) -> Iterator[StatementLine]:
    """The booked entries of this account on this day; credits are :data:`PAID`, debits :data:`REFUNDED`. ``source`` is read twice.

    Entries that are only expected (``PDNG``, ``INFO``) are passed over. A batch gives a line for each transaction in it.
    """
    source.seek(0)
    for _ in _entries(source, day, account):
        pass
    source.seek(0)
    number = 0
    for entry in _entries(source, day, account):
        batch = [one for part in entry.iterchildren(f"{_NS}NtryDtls") for one in part.iterchildren(f"{_NS}TxDtls")]
        for details in batch or [None]:
            number += 1
            try:
                line = _camt_line(entry, details, len(batch) > 1, number, day, account)
            except _BadRow as bad:
                problems.note(number, str(bad))
                continue
            if line is not None:
                yield line


_NS = f"{{{CAMT}}}"
_ENTRY = f"{_NS}Ntry"


def _entries(source: BinaryIO, day: date, account: str) -> Iterator[etree._Element]:
    """The entries of a statement that is whole, of this account and day. Memory does not grow with the file."""
    wanted = [f"{_NS}{name}" for name in ("Stmt", "Acct", "FrToDt", "TxsSummry", "Ntry")]
    tags = [f"{_NS}Document", *wanted]
    # The encoding is not the file's choice: one that hides what it holds from the look for "<!" is no XML to this parser.
    parser = etree.XMLPullParser(
        ("start", "end"), tag=tags, encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    state = _State(day, account)
    waiting = 0
    try:
        while piece := source.read(65536):
            if not state.begun and b"<!" in piece.split(b"<Document", 1)[0].replace(b"<!--", b""):
                raise StatementBroken("Tệp có phần khai báo DTD, không được chấp nhận.")
            parser.feed(piece)
            waiting += len(piece)
            for event, element in parser.read_events():
                entry = state.take(event, element)
                if entry is not None:
                    waiting = 0
                    yield entry
                    _forget(entry)
            if waiting > LONGEST_ENTRY:
                raise StatementBroken("Tệp có mục quá dài, không phải sao kê tài khoản.")
        parser.close()
    except etree.XMLSyntaxError:
        raise StatementBroken("Tệp không phải XML hợp lệ hoặc đã bị cắt khi tải.") from None
    state.finish()


def _forget(entry: etree._Element) -> None:
    entry.clear()
    parent = entry.getparent()
    if parent is not None:
        while entry.getprevious() is not None:
            del parent[0]


class _State:
    """What must be true of a statement as a whole."""

    def __init__(self, day: date, account: str) -> None:
        self.day, self.account = day, account
        self.begun = self.has_statement = self.has_account = False
        self.entries = 0
        self.promised: int | None = None

    def take(self, event: str, element: etree._Element) -> etree._Element | None:
        """One event of the parser; an entry that has ended is returned."""
        if event == "start" and element.tag == _ENTRY:
            return None
        name = element.tag[len(_NS) :]
        if not self.begun:
            tree = element.getroottree()
            if name != "Document" or element.getparent() is not None:
                raise StatementBroken("Tệp không phải sao kê camt.053.001.08.")
            if tree.docinfo.doctype:
                raise StatementBroken("Tệp có phần khai báo DTD, không được chấp nhận.")
            self.begun = True
        parent = element.getparent()
        inside = parent.tag[len(_NS) :] if parent is not None else ""
        if name == "Stmt" and event == "start":
            self.has_statement, self.has_account = True, False
        elif inside != "Stmt" or event != "end":
            return None
        elif name == "Acct":
            self._account(element)
        elif name == "FrToDt":
            self._period(element)
        elif name == "TxsSummry":
            said = element.findtext(f"{_NS}TtlNtries/{_NS}NbOfNtries")
            if said is not None:
                self.promised = (self.promised or 0) + (int(said) if said.isascii() and said.isdigit() and len(said) < 10 else -1)
        elif name == "Ntry":
            if not self.has_account:
                raise StatementBroken("Sao kê không ghi tài khoản trước các bút toán.")
            self.entries += 1
            return element
        return None

    def _account(self, element: etree._Element) -> None:
        found = element.findtext(f"{_NS}Id/{_NS}Othr/{_NS}Id") or element.findtext(f"{_NS}Id/{_NS}IBAN") or ""
        if found.strip() != self.account:
            raise StatementBroken("Sao kê là của tài khoản khác.")
        self.has_account = True

    def _period(self, element: etree._Element) -> None:
        try:
            begins = datetime.fromisoformat((element.findtext(f"{_NS}FrDtTm") or "").strip())
        except ValueError:
            raise StatementBroken("Sao kê không ghi rõ ngày.") from None
        if (begins if begins.tzinfo is None else begins.astimezone(VIETNAM)).date() != self.day:
            raise StatementBroken(f"Sao kê không phải của ngày {self.day:%d/%m/%Y}.")

    def finish(self) -> None:
        """The file has ended."""
        if not self.has_statement or not self.has_account:
            raise StatementBroken("Tệp không có sao kê của tài khoản.")
        if self.promised is not None and self.promised != self.entries:
            raise StatementBroken(f"Sao kê ghi {self.promised} bút toán nhưng tệp có {self.entries}.")


def _camt_line(
    entry: etree._Element, details: etree._Element | None, is_batch: bool, number: int, day: date, account: str
) -> StatementLine | None:
    whole, part = _parts(entry), _parts(details)
    state = whole.get(f"{_NS}Sts")
    status = _text(_parts(state), "Cd") or _text(whole, "Sts")
    if status in ("PDNG", "INFO"):
        return None
    if status != "BOOK":
        raise _BadRow("bút toán không có trạng thái đã ghi sổ")
    if _text(whole, "RvslInd") == "true":
        raise _BadRow("bút toán đảo, cần xem với ngân hàng")
    direction = _text(part, "CdtDbtInd") or _text(whole, "CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        raise _BadRow("không rõ tiền vào hay tiền ra")
    numbers = _parts(part.get(f"{_NS}Refs"))
    amount, own_number = part.get(f"{_NS}Amt"), _text(numbers, "AcctSvcrRef")
    if is_batch and (amount is None or not own_number):
        raise _BadRow("giao dịch trong lô không có số tiền hoặc mã riêng")
    if amount is None:
        amount = whole.get(f"{_NS}Amt")
    if amount is None or amount.get("Ccy") != "VND":
        raise _BadRow("tiền tệ không phải VND")
    digits = _DECIMAL.match((amount.text or "").strip())
    end_to_end = _text(numbers, "EndToEndId")
    end_to_end = "" if end_to_end == "NOTPROVIDED" else end_to_end
    remittance = part.get(f"{_NS}RmtInf")
    lines = remittance.iterchildren(f"{_NS}Ustrd") if remittance is not None else ()
    words = " ".join(one.text.strip() for one in lines if one.text)
    if direction == "DBIT":
        # Given back by hand: where the bank's form has no field for it, the number of the refund stands in the content.
        end_to_end = refund_number_in(end_to_end) or refund_number_in(words) or end_to_end
    own_number = own_number or _text(whole, "AcctSvcrRef")
    bank_ref = _text(numbers, "TxId") or _text(whole, "NtryRef")
    for value in (end_to_end, own_number, bank_ref):
        if len(value) > 64 or not value.isprintable():
            raise _BadRow("mã giao dịch quá dài hoặc có ký tự lạ")
    if not own_number:
        raise _BadRow("thiếu mã giao dịch của ngân hàng (AcctSvcrRef)")
    return StatementLine(
        number=number,
        reference=(reference_in(end_to_end) if end_to_end else "") or reference_in(words),
        institution_ref=own_number,
        bank_ref=bank_ref,
        amount=_amount(digits[1] if digits else "", "số tiền"),
        state=PAID if direction == "CRDT" else REFUNDED,
        at=_until(_booked(whole), day),
        account=account,
        note=words if len(words) <= 500 and words.isprintable() else _printable(words)[:500],
        end_to_end=end_to_end,
    )


def _printable(words: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in words)


def _booked(whole: Mapping[str, etree._Element]) -> datetime:
    """When it was booked; where the bank gives a day only, its beginning. Without a booking date the value date counts."""
    for place in ("BookgDt", "ValDt"):
        found = _parts(whole.get(_NS + place))
        moment, day = _text(found, "DtTm"), _text(found, "Dt")
        try:
            if moment:
                at = datetime.fromisoformat(moment)
                return at if at.tzinfo else at.replace(tzinfo=VIETNAM)
            if day:
                return datetime.combine(date.fromisoformat(day), time(), VIETNAM)
        except ValueError:
            break
    raise _BadRow("ngày ghi sổ không đọc được")


def _parts(element: etree._Element | None) -> dict[str, etree._Element]:
    """The children by tag, the first of each. One walk: lxml's ``find`` for each would take many times as long."""
    return {one.tag: one for one in element.iterchildren(reversed=True)} if element is not None else {}


def _text(parts: Mapping[str, etree._Element], name: str) -> str:
    found = parts.get(_NS + name)
    return (found.text or "").strip() if found is not None else ""
