"""Files of a day: what is written is read, bad rows are told and passed over, of a broken file nothing goes in."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from payments import codes, statements
from payments.statements import CAMT, COLUMNS, FAILED, PAID, REFUNDED, Problems, StatementBroken, StatementLine
from tests.payments.institution import REFERENCE

DAY = date(2026, 11, 28)
BEGINS = datetime(2026, 11, 27, 17, tzinfo=UTC)
ACCOUNT = "0011004000001"
OURS = codes.reference_of(codes.new_code(), 1)

texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=20) | st.sampled_from(
    ['say "no"', "a, b", "=1+1", "-x", "@y"]
)
lines = st.builds(
    StatementLine,
    number=st.just(0),
    reference=st.sampled_from(["", REFERENCE]),
    institution_ref=st.from_regex(r"[A-Z0-9]{1,20}", fullmatch=True),
    amount=st.integers(1, 10**12),
    state=st.sampled_from([PAID, REFUNDED, FAILED]),
    at=st.integers(0, 86_399).map(lambda seconds: BEGINS + timedelta(seconds=seconds)),
    bank_ref=texts,
    order_reference=texts,
    procedure=texts,
    unit=texts,
    kind=texts,
    fee=st.integers(0, 10**6),
    account=texts,
    note=texts,
    bank=texts,
)


def written(*found: StatementLine) -> bytes:
    out = io.BytesIO()
    statements.write_statement(found, out)
    return out.getvalue()


def read(data: bytes, day: date = DAY) -> tuple[list[StatementLine], Problems]:
    problems = Problems()
    return list(statements.read_csv(io.BytesIO(data), day=day, problems=problems)), problems


def closed(*rows: str, total: int | None = None, header: str = ",".join(COLUMNS)) -> bytes:
    """A file with these rows and the trailer that its other side reckons."""
    body = "".join(line + "\n" for line in (header, *rows)).encode()
    if total is None:
        total = sum(int(row[9]) for row in csv.reader(rows) if len(row) > 12 and row[12] == "thanh-cong" and row[9].isdigit())
    return body + f"#,{len(rows)},{total},{hashlib.sha256(body).hexdigest()}\n".encode()


def row(**changed: str) -> str:
    values = {
        "stt": "1",
        "ngay_gd": "2026-11-28T10:00:00+07:00",
        "ma_gd_cong": REFERENCE,
        "ma_gd_ngan_hang": "FT1",
        "ma_tham_chieu": "B1",
        "so_tien": "58000",
        "phi_dv": "1100",
        "tien_te": "VND",
        "trang_thai": "thanh-cong",
    } | changed
    return ",".join(values.get(name, "") for name in COLUMNS)


@given(found=st.lists(lines, max_size=12))
def test_what_is_written_is_read(found: list[StatementLine]) -> None:
    data = written(*found)
    back, problems = read(data)
    assert problems.count == 0
    assert [vars(one) | {"number": 0} for one in back] == [vars(one) for one in found]
    assert [one.number for one in back] == list(range(1, len(found) + 1))
    count, total, digest = data.decode().splitlines()[-1].removeprefix("#,").split(",")
    body = data[: data.rindex(b"#")]
    assert (int(count), int(total)) == (len(found), sum(one.amount for one in found if one.state == PAID))
    assert digest == hashlib.sha256(body).hexdigest()
    # Nothing that a spreadsheet would reckon.
    assert not [cell for one in csv.reader(body.decode().splitlines()) for cell in one if cell.startswith(("=", "+", "-", "@"))]


@given(found=st.lists(lines, min_size=1, max_size=5), place=st.integers(min_value=0), bit=st.integers(0, 7))
@examples(max_examples=300)
def test_one_altered_bit_breaks_the_file(found: list[StatementLine], place: int, bit: int) -> None:
    data = written(*found)
    place %= len(data) - 1  # the last line's end is not counted
    changed = data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
    with pytest.raises(StatementBroken):
        read(changed)


@given(found=st.lists(lines, min_size=1, max_size=5), cut=st.integers(1, 10**6))
def test_a_cut_file_is_broken(found: list[StatementLine], cut: int) -> None:
    data = written(*found)
    with pytest.raises(StatementBroken):
        # Without the end of its last line it is still whole.
        read(data[: len(data) - 2 - cut % (len(data) - 2)])


def test_a_bad_row_is_told_and_the_others_go_on() -> None:
    bad = {
        row(so_tien="58000.5"): "số tiền",
        row(so_tien="0"): "số tiền",
        row(so_tien="1000000000001"): "số tiền",
        row(phi_dv="-1"): "phí dịch vụ",
        row(ma_gd_ngan_hang=""): "thiếu mã giao dịch",
        row(tien_te="USD"): "VND",
        row(trang_thai="cho"): "trạng thái",
        row(ngay_gd="2026-11-28T10:00:00"): "múi giờ",
        row(ngay_gd="28/11/2026"): "không đọc được",
        row(ngay_gd="2026-11-29T00:00:00+07:00"): "sau ngày 28/11/2026",
        row(ngay_gd="0001-01-01T00:00:00+14:00"): "không đọc được",
        row(ghi_chu="x" * 501): "ghi_chu",
        row(ma_tthc="a\x00b"): "ma_tthc",
        row(ghi_chu='"open'): "ngoặc kép",
        "1,2,3": "có 3 cột",
    }
    found, problems = read(closed(row(), *bad, row(trang_thai="hoan-tra"), total=0))
    assert [(one.number, one.state) for one in found] == [(1, PAID), (len(bad) + 2, REFUNDED)]
    assert [one.number for one in problems.kept] == list(range(2, len(bad) + 2))
    for problem, words in zip(problems.kept, bad.values(), strict=True):
        assert words in problem.reason
    data = closed(row(), row(ghi_chu="XX")).replace(b"XX", b"\xff\xfe")
    body = data[: data.rindex(b"#")]
    found, problems = read(body + f"#,2,0,{hashlib.sha256(body).hexdigest()}".encode())
    assert len(found) == 1 and "UTF-8" in problems.kept[0].reason


def test_what_is_added_late_is_a_line_like_others() -> None:
    found, problems = read(closed(row(ngay_gd="2026-11-27T23:59:59+07:00"), row()))
    assert problems.count == 0 and [one.at.day for one in found] == [27, 28]
    found, problems = read_camt(statement(entry(booked="<DtTm>2026-11-27T10:00:00+07:00</DtTm>")))
    assert problems.count == 0 and found[0].at.day == 27


def test_a_thousand_problems_are_kept_and_all_are_counted() -> None:
    found, problems = read(closed(row(), *[row(so_tien="x")] * 1500, total=0))
    assert len(found) == 1 and problems.count == 1500 and len(problems.kept) == 1000


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Dòng đầu"),
        (b"<html>", "Dòng đầu"),
        (closed(row(), header=",".join(COLUMNS[:-1])), "Dòng đầu"),
        (",".join(COLUMNS).encode(), "thiếu dòng tổng"),
        (closed(row()).rsplit(b"#", 1)[0], "thiếu dòng tổng"),
        (closed(row(), total=58001), "cộng lại là 58000"),
        (closed(row()).replace(b"#,1,", b"#,2,"), "nhưng tệp có 1"),
        (closed(row()).replace(b"FT1", b"FT2"), "không khớp mã kiểm tra"),
        (closed(row()) + b"\n", "thiếu dòng tổng"),
        (closed(row(ngay_gd="2026-11-27T10:00:00+07:00")), "không có giao dịch nào của ngày 28/11/2026"),
        (closed(row(ghi_chu="x" * 20_000)), "dòng quá dài"),
    ],
)
def test_of_a_broken_file_nothing_goes_in(data: bytes, words: str) -> None:
    problems = Problems()
    with pytest.raises(StatementBroken) as caught:
        next(statements.read_csv(io.BytesIO(data), day=DAY, problems=problems))
    assert words in str(caught.value) and problems.count == 0


def test_files_of_windows_and_empty_days() -> None:
    plain = closed(row())
    body = plain[: plain.rindex(b"#")]
    assert len(read(plain.replace(b"\n", b"\r\n"))[0]) == 1
    marked = b"\xef\xbb\xbf" + body
    assert len(read(marked + f"#,1,58000,{hashlib.sha256(marked).hexdigest()}".encode())[0]) == 1
    assert read(written()) == ([], Problems())


# --- camt.053 -----------------------------------------------------------------------------------------------------------------------------


def entry(
    amount: str = "58000",
    kind: str = "CRDT",
    words: str = f"MBVCB.1.{OURS}.CT",
    end_to_end: str = "NOTPROVIDED",
    number: str = "FT1",
    **more: str,
) -> str:
    details = more.get("details") or (
        f"<TxDtls><Refs><AcctSvcrRef>{number}</AcctSvcrRef><EndToEndId>{end_to_end}</EndToEndId><TxId>T1</TxId></Refs>"
        f"<RmtInf><Ustrd>{words}</Ustrd></RmtInf></TxDtls>"
    )
    booked = more.get("booked", "<DtTm>2026-11-28T10:00:00+07:00</DtTm>")
    return (
        f'<Ntry><NtryRef>1</NtryRef><Amt Ccy="{more.get("currency", "VND")}">{amount}</Amt><CdtDbtInd>{kind}</CdtDbtInd>'
        f"{more.get('reversal', '')}"
        f"<Sts><Cd>{more.get('status', 'BOOK')}</Cd></Sts><BookgDt>{booked}</BookgDt><ValDt><Dt>2026-11-28</Dt></ValDt>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def statement(
    *entries: str, account: str = ACCOUNT, day: str = "2026-11-28", count: int | None = None, before: str = "", head: str = ""
) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<Document xmlns="{CAMT}"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>'
        "<Stmt><Id>S</Id>"
        f"<FrToDt><FrDtTm>{day}T00:00:00+07:00</FrDtTm><ToDtTm>{day}T23:59:59+07:00</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>VND</Ccy></Acct>{before}<TxsSummry><TtlNtries>"
        f"<NbOfNtries>{len(entries) if count is None else count}</NbOfNtries></TtlNtries></TxsSummry>{''.join(entries)}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def read_camt(data: bytes, day: date = DAY, account: str = ACCOUNT) -> tuple[list[StatementLine], Problems]:
    problems = Problems()
    found = statements.read_statement(io.BytesIO(data), "camt.053", day=day, account=account, problems=problems)
    return list(found), problems


def test_entries_of_a_bank_statement() -> None:
    payout = "TG.vnpay.20261127.H01.01"
    found, problems = read_camt(
        statement(
            entry(),
            entry("1200000.00", "DBIT", "Hoan tien", end_to_end=OURS, number="FT2"),
            entry("7", words="khong ro", end_to_end=payout, number="FT3", booked="<Dt>2026-11-28</Dt>"),
            entry(status="PDNG"),
            entry(words="a &amp; b &#60;c&#62;", number="FT4"),
        )
    )
    assert problems.count == 0
    first, second, third, fourth = found
    assert (first.reference, first.institution_ref, first.bank_ref, first.amount, first.state) == (OURS, "FT1", "T1", 58_000, PAID)
    assert first.at == datetime(2026, 11, 28, 3, tzinfo=UTC) and first.account == ACCOUNT and OURS in first.note
    assert (second.reference, second.amount, second.state) == (OURS, 1_200_000, REFUNDED)
    assert (third.reference, third.end_to_end, third.at) == ("", payout, BEGINS)
    assert fourth.note == "a & b <c>" and fourth.end_to_end == ""


def test_a_debit_names_the_refund_in_its_number_or_in_its_words() -> None:
    number = "HT7K3M9QXRT2W4"
    wanted = [
        entry("5", "DBIT", "Hoan tien", end_to_end=number, number="FT1"),
        entry("5", "DBIT", f"CHT TRA LAI THEO {number.lower()}.CT DI", end_to_end="NOTPROVIDED", number="FT2"),
        entry("5", "DBIT", f"tra lai {number[:6]} {number[6:]}", number="FT3"),
        entry("5", "DBIT", "chuyen tien", end_to_end="abc", number="FT4"),
        entry("5", words=number, number="FT5"),
    ]
    found, _ = read_camt(statement(*wanted))
    assert [one.end_to_end for one in found] == [number, number, number, "abc", ""]


def test_a_batch_is_a_line_for_each_transaction() -> None:
    one = '<TxDtls><Refs><AcctSvcrRef>FT{0}</AcctSvcrRef></Refs><Amt Ccy="VND">{0}000</Amt><RmtInf><Ustrd>x</Ustrd></RmtInf></TxDtls>'
    without_amount = one.format(3).replace("<Amt", "<Xxx").replace("</Amt", "</Xxx")
    without_number = one.format(4).replace("<AcctSvcrRef>FT4</AcctSvcrRef>", "")
    found, problems = read_camt(statement(entry("10000", details=one.format(1) + one.format(2) + without_amount + without_number)))
    assert [(line.number, line.amount, line.institution_ref) for line in found] == [(1, 1000, "FT1"), (2, 2000, "FT2")]
    assert [problem.number for problem in problems.kept] == [3, 4] and "lô" in problems.kept[1].reason


def test_bad_entries_are_told_and_the_others_go_on() -> None:
    bad = {
        entry("58000.5"): "số tiền",
        entry("0"): "số tiền",
        entry("-1"): "số tiền",
        entry(currency="USD"): "VND",
        entry(kind="X"): "tiền vào",
        entry(status="XXXX"): "trạng thái",
        entry(number=""): "AcctSvcrRef",
        entry(number="x" * 65): "quá dài",
        entry(booked="<Dt>28/11/2026</Dt>"): "không đọc được",
        entry(booked="<Dt>2026-11-29</Dt>"): "sau ngày 28/11/2026",
        entry(reversal="<RvslInd>true</RvslInd>"): "đảo",
    }
    found, problems = read_camt(statement(entry(), *bad, entry(number="FT9")))
    assert [line.institution_ref for line in found] == ["FT1", "FT9"]
    for problem, words in zip(problems.kept, bad.values(), strict=True):
        assert words in problem.reason


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "không phải XML"),
        (b"stt,ngay_gd", "không phải XML"),
        (b"<html></html>", "không có sao kê"),
        (statement(entry()).replace(b"053.001.08", b"053.001.02"), "không có sao kê"),
        (statement(entry(), account="0022"), "tài khoản khác"),
        (statement(entry(), day="2026-11-27"), "không phải của ngày 28/11/2026"),
        (statement(entry(), count=2), "ghi 2 bút toán nhưng tệp có 1"),
        (statement(entry())[:-20], "cắt khi tải"),
        (statement(entry(), entry())[:1200], "cắt khi tải"),
        (statement(entry(words="&a;"), head=BOMB), "DTD"),
        (statement(entry(words="&a;"), head=OUTSIDE), "DTD"),
        (statement(entry(words="&a;"), head="<!-- <x -->" + OUTSIDE), "DTD"),
        (statement(entry()).decode().replace("UTF-8", "UTF-16").encode("utf-16"), "không phải XML"),
        (statement(entry(words="&a;"), head=BOMB).decode().replace("UTF-8", "UTF-16").encode("utf-16"), "không phải XML"),
        # In two pieces for who looks for it.
        *(
            (statement(entry(), head="<!--" + "x" * (65_536 - 38 - 7 - back) + "-->" + '<!DOCTYPE x SYSTEM "file:///x">'), "DTD")
            for back in range(12)
        ),
        (statement(entry(), before="<Bal>" + "<x>" * 400 + "</x>" * 400 + "</Bal>"), "không phải XML"),
        (statement(entry(), before="<Bal>" + "<FrToDt>x</FrToDt>" * 300_000 + "</Bal>"), "quá dài"),
        (statement(entry()).replace(b"<Acct>", b"<Xcct>").replace(b"</Acct>", b"</Xcct>"), "không ghi tài khoản"),
    ],
)
def test_of_a_broken_statement_nothing_goes_in(data: bytes, words: str) -> None:
    problems = Problems()
    with pytest.raises(StatementBroken) as caught:
        next(statements.read_camt(io.BytesIO(data), day=DAY, account=ACCOUNT, problems=problems))
    assert words in str(caught.value) and problems.count == 0


def test_an_empty_statement_is_one() -> None:
    assert read_camt(statement()) == ([], Problems())
    with pytest.raises(ValueError, match="no such format"):
        statements.read_statement(io.BytesIO(b""), "pdf", day=DAY, account="", problems=Problems())


class Endless(io.RawIOBase):
    """A large file that is never in memory: begins, many times the same, an end."""

    def __init__(self, head: bytes, part: bytes, times: int, tail: bytes) -> None:
        self.pieces = head, part, times, tail
        self.seek(0)

    def _all(self) -> Iterator[bytes]:
        head, part, times, tail = self.pieces
        yield head
        for _ in range(times):
            yield part
        yield tail

    def seek(self, place: int, whence: int = 0) -> int:
        self.rest, self.left = self._all(), b""
        return 0

    def read(self, size: int = -1) -> bytes:
        while len(self.left) < size and (piece := next(self.rest, b"")):
            self.left += piece
        found, self.left = self.left[:size], self.left[size:]
        return found


def grown(found: Iterator[Any]) -> int:
    """By how many bytes this process grows while all of it is taken."""

    def size() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    before = most = size()
    for number, _ in enumerate(found):
        if number % 500 == 0:
            most = max(most, size())
    return max(most, size()) - before


def test_memory_does_not_grow_with_the_file() -> None:
    head, tail = statement("MIDDLE", count=20_000).split(b"MIDDLE")
    camt: Any = Endless(head, entry().encode(), 20_000, tail)
    # 12 MB, ten times that as a tree.
    assert grown(statements.read_camt(camt, day=DAY, account=ACCOUNT, problems=Problems())) < 20_000_000
    data = io.BytesIO(closed(*[row()] * 50_000))
    assert grown(statements.read_csv(data, day=DAY, problems=Problems())) < 4_000_000
