"""What institutions hand over in files: the statement of a day, signed vouchers, and the statement of an agency's own account.

Statements are written row by row while they are sent. Differences can be planted into them (``POST /control/payments/plant``).
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from flask import Blueprint, Response, request

from portal.simulators.config import TRANSFER, Config, Institution
from portal.simulators.faults import Faults
from portal.simulators.paying import HANOI, Payments, day_bounds, digits, local, new_reference
from portal.simulators.store import Store, now
from portal.simulators.vouchers import Voucher, Vouchers

SERVICE = "payfiles"
COLUMNS = (
    *("stt", "ngay_gd", "ma_gd_cong", "ma_gd_ngan_hang", "ma_tham_chieu", "ma_ho_so", "ma_tthc", "ma_co_quan", "loai_gd", "so_tien"),
    *("phi_dv", "tien_te", "trang_thai", "ma_nh", "tk_thu_huong", "ghi_chu"),
)
PAID, REFUNDED = "thanh-cong", "hoan-tra"
KINDS = ("missing", "extra", "amount", "state", "duplicate", "late", "wrong_payee", "broken", "other_day", "payout_late", "payout_short")
WITHOUT_REFERENCE = ("extra", "broken")
BREAKS = ("truncated", "trailer")
CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
BENEFICIARY = "beneficiary"
"""Name of the banks of agencies among the institutions whose day can be closed early."""
PLAIN = re.compile(r"[0-9A-Za-z.]{1,100}")
CHUNK = 500


@dataclass(frozen=True)
class Line:
    """One row of a statement."""

    at: float
    state: str
    reference: str
    institution_ref: str
    bank_ref: str
    amount: int
    fee: int
    words: str
    unit: str = ""
    account: str = ""


@dataclass(frozen=True)
class Payout:
    """One credit on an agency's account."""

    institution: str
    unit: str
    settlement_day: date
    amount: int

    @property
    def end_to_end(self) -> str:
        return f"{self.institution}.{self.settlement_day:%Y%m%d}.{self.unit}"


class Files:
    """What stands in the files."""

    def __init__(self, config: Config, store: Store, payments: Payments) -> None:
        self.config, self.store, self.payments = config, store, payments

    # --- switches -------------------------------------------------------------------------------------------------------

    def plant(self, institution: str, day: date, kind: str, reference: str = "", **details: Any) -> dict[str, Any]:
        """Put a difference into the statement of a day. Without a reference the first payment of the day is hit. ValueError."""
        if institution not in self.config.institutions or kind not in KINDS:
            raise ValueError(f"institution is one of {', '.join(self.config.institutions)}; kind is one of {', '.join(KINDS)}")
        if kind.startswith("payout"):
            reference = str(details.get("unit") or "")
            if not reference:
                raise ValueError("unit is the code of the unit whose payout is hit")
        elif kind == "extra":
            reference = reference or f"DVC{digits(15)}"
        elif kind not in WITHOUT_REFERENCE and not reference:
            used = {row["reference"] for row in self.store.rows("SELECT reference FROM plant WHERE institution = ?", institution)}
            lines = self.true_lines(self.config.institutions[institution], day)
            found = next((line for line in lines if line.state == PAID and line.reference not in used), None)
            if found is None:
                raise ValueError("nothing was paid on that day: give a reference")
            reference = found.reference
        if kind == "broken" and details.setdefault("break", "truncated") not in BREAKS:
            raise ValueError(f"break is one of {', '.join(BREAKS)}")
        if kind in ("amount", "extra", "payout_short"):
            details["amount"] = int(details.get("amount") or 1_000)
        if kind == "extra":
            details["institution_ref"] = new_reference(institution)
        kept = {name: value for name, value in details.items() if value not in (None, "")}
        with self.store.writing() as connection:
            connection.execute(
                "INSERT INTO plant (institution, day, kind, reference, details) VALUES (?, ?, ?, ?, ?)",
                (institution, day.isoformat(), kind, reference, json.dumps(kept)),
            )
        return {"institution": institution, "day": day.isoformat(), "kind": kind, "reference": reference, **kept}

    def plants(self, institution: str, day: date) -> list[dict[str, Any]]:
        rows = self.store.rows("SELECT * FROM plant WHERE institution = ? AND day = ? ORDER BY id", institution, day.isoformat())
        return [{**dict(row), "details": json.loads(row["details"])} for row in rows]

    def is_there(self, institution: str, day: date, *, so_far: bool) -> bool:
        """Whether a day's file is made: when the day is over or was closed early; ``so_far``: today's too, as far as it goes."""
        today = datetime.now(tz=HANOI).date()
        if day < today or (so_far and day == today):
            return True
        return self.store.row("SELECT 1 FROM closed_day WHERE institution = ? AND day = ?", institution, day.isoformat()) is not None

    def close(self, institution: str, day: date) -> None:
        """Have a day's file made before the day is over; without an institution everybody's."""
        names = [institution] if institution else [*self.config.institutions, BENEFICIARY]
        with self.store.writing() as connection:
            connection.executemany("INSERT OR IGNORE INTO closed_day VALUES (?, ?)", [(name, day.isoformat()) for name in names])

    # --- rows -----------------------------------------------------------------------------------------------------------

    def _payees(self, institution: str) -> list[tuple[str, str, str]]:
        """(prefix of references, unit, account), the longest prefix first."""
        rows = self.store.rows(
            "SELECT * FROM beneficiary WHERE institution IN ('', ?) ORDER BY length(prefix) DESC, institution DESC", institution
        )
        return [(row["prefix"], row["unit"], row["account"]) for row in rows]

    def payee(self, institution: str, reference: str) -> tuple[str, str]:
        """Unit and account that a payment is for; empty where nobody said."""
        return next(((unit, account) for prefix, unit, account in self._payees(institution) if reference.startswith(prefix)), ("", ""))

    def true_lines(self, known: Institution, day: date, until: float | None = None, reference: str | None = None) -> Iterator[Line]:
        """What really happened on a day until a moment, in order; ``reference``: of one payment only."""
        start, end = day_bounds(day)
        end = min(end, until or now())
        payees = self._payees(known.code)
        only = "" if reference is None else " AND m.reference = ?"
        values = (known.code, known.merchant, start, end, *(() if reference is None else (reference,)))
        payments = (
            f"SELECT m.paid AS at, '{PAID}' AS state, m.reference, m.institution_ref, m.bank_ref, m.amount, m.fee, m.words, m.id"
            f" FROM movement m WHERE m.institution = ? AND m.merchant = ? AND m.paid >= ? AND m.paid < ?{only}"
        )
        refunds = (
            f"SELECT r.done, '{REFUNDED}', m.reference, r.institution_ref, m.bank_ref, r.amount, 0, r.key, r.id"
            " FROM refund r JOIN movement m ON m.id = r.movement"
            f" WHERE r.institution = ? AND m.merchant = ? AND r.done >= ? AND r.done < ? AND r.state <> 'refused'{only}"
        )
        cursor = self.store.connection().execute(f"{payments} UNION ALL {refunds} ORDER BY 1, 2 DESC, 9", (*values, *values))
        while rows := cursor.fetchmany(CHUNK):
            for row in rows:
                unit, account = next(((u, a) for prefix, u, a in payees if row["reference"].startswith(prefix)), ("", ""))
                words = {name: row[name] for name in ("at", "state", "reference", "institution_ref", "bank_ref", "amount", "fee", "words")}
                yield Line(**words, unit=unit, account=account)

    def lines(self, known: Institution, day: date, until: float) -> Iterator[Line]:
        """What the statement of a day says, with everything that was planted."""
        planted: dict[str, list[dict[str, Any]]] = {}
        for plant in self.plants(known.code, day):
            planted.setdefault(plant["reference"], []).append(plant)
        for plant in self.plants(known.code, day - timedelta(days=1)):
            if plant["kind"] == "late":
                # Taken before midnight, booked after it.
                for number, line in enumerate(self.true_lines(known, day - timedelta(days=1), until, plant["reference"])):
                    yield replace(line, at=day_bounds(day)[0] + 60 + number)
        for line in self.true_lines(known, day, until):
            if line.reference in planted:
                yield from self._distorted(line, planted[line.reference])
            else:
                yield line
        start, _ = day_bounds(day)
        for plant in (one for found in planted.values() for one in found if one["kind"] == "extra"):
            unit, account = self.payee(known.code, plant["reference"])
            number = plant["details"]["institution_ref"]
            yield Line(
                *(start + 12 * 3600, PAID, plant["reference"], number, f"FT{number[-12:]}", plant["details"]["amount"], known.fee),
                *(plant["reference"], unit, account),
            )

    @staticmethod
    def _distorted(line: Line, plants: list[dict[str, Any]]) -> Iterator[Line]:
        count = 1
        for plant in plants:
            kind, details = plant["kind"], plant["details"]
            if kind in ("missing", "late"):
                return
            if kind == "amount" and line.state == PAID:
                line = replace(line, amount=max(1, line.amount + details["amount"]))
            elif kind == "state" and line.state == PAID:
                line = replace(line, state=str(details.get("state") or REFUNDED))
            elif kind == "wrong_payee":
                line = replace(line, unit=str(details.get("unit") or "H26.999"), account=str(details.get("account") or "9999999999"))
            elif kind == "other_day":
                line = replace(line, at=line.at - 86_400)
            elif kind == "duplicate":
                count = 2
        yield from [line] * count

    # --- files ----------------------------------------------------------------------------------------------------------

    def _breaks(self, institution: str, day: date) -> str:
        return next((plant["details"]["break"] for plant in self.plants(institution, day) if plant["kind"] == "broken"), "")

    def day_csv(self, known: Institution, day: date, broken: str) -> Iterator[bytes]:
        """UTF-8 with a header and a trailer: count, total of successful payments, SHA-256 of everything before it."""
        until = now()
        broken = broken or self._breaks(known.code, day)
        half = sum(1 for _ in self.lines(known, day, until)) // 2 if broken == "truncated" else -1
        digest = hashlib.sha256()
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")

        def flush() -> bytes:
            data = out.getvalue().encode()
            out.seek(0)
            out.truncate()
            digest.update(data)
            return data

        writer.writerow(COLUMNS)
        count = total = 0
        for line in self.lines(known, day, until):
            if count == half:
                writer.writerow(self._row(count + 1, known, line))
                yield flush()[:-20]
                return
            count += 1
            total += line.amount if line.state == PAID else 0
            writer.writerow(self._row(count, known, line))
            if count % CHUNK == 0:
                yield flush()
        yield flush()
        if broken == "truncated":
            return
        yield f"#,{count + (broken == 'trailer')},{total},{digest.hexdigest()}\n".encode()

    @staticmethod
    def _row(number: int, known: Institution, line: Line) -> tuple[Any, ...]:
        return (
            *(number, local(line.at).isoformat(), line.reference, line.institution_ref, line.bank_ref, "", "", line.unit),
            *("hoan-tien" if line.state == REFUNDED else "thanh-toan", line.amount, line.fee, "VND", line.state, known.code),
            *(line.account, line.words),
        )

    def collecting_account(self, known: Institution, day: date, broken: str) -> Iterator[bytes]:
        """camt.053 of the account on which transfers arrive, of today as far as the day has come."""
        until = now()
        broken = broken or self._breaks(known.code, day)
        entries = (
            Entry(
                *(line.at, line.amount, line.institution_ref, "NOTPROVIDED", _as_banks_write(known, line)),
                transaction=line.bank_ref,
            )
            if line.state == PAID
            else Entry(line.at, line.amount, line.institution_ref, line.words, f"Hoan tien {line.reference}", credit=False)
            for line in self.lines(known, day, until)
            if line.state in (PAID, REFUNDED)
        )
        count = total = 0
        for line in self.lines(known, day, until):
            if line.state in (PAID, REFUNDED):
                count += 1
                total += line.amount if line.state == PAID else -line.amount
        before = self.store.row(
            "SELECT coalesce(sum(amount), 0) AS total FROM movement WHERE institution = ? AND merchant = ? AND paid < ?",
            *(known.code, known.merchant, day_bounds(day)[0]),
        )
        opening = before["total"] if before is not None else 0
        account = Account(known.account, known.holder, known.code, opening, day)
        return camt(account, entries, count=count, total=total, broken=broken, until=until)

    def payouts(self, account: str, value_day: date) -> list[Payout]:
        """Credits of a day on an agency's account: those entered by hand, and what each institution took the day before, less refunds."""
        rows = self.store.rows("SELECT * FROM payout WHERE account = ? AND value_day = ? ORDER BY id", account, value_day.isoformat())
        found = [Payout(row["institution"], row["unit"], date.fromisoformat(row["settlement_day"]), row["amount"]) for row in rows]
        mapped = self.store.row("SELECT 1 FROM beneficiary WHERE account = ?", account)
        for known in self.config.institutions.values() if mapped is not None else ():
            for late in (0, 1):
                settled = value_day - timedelta(days=1 + late)
                sums: dict[str, int] = {}
                for line in self.true_lines(known, settled):
                    if line.account == account:
                        sums[line.unit] = sums.get(line.unit, 0) + (line.amount if line.state == PAID else -line.amount)
                plants = self.plants(known.code, settled)
                for unit, amount in sums.items():
                    mine = {plant["kind"]: plant["details"] for plant in plants if plant["reference"] == unit}
                    paid_out = amount - mine.get("payout_short", {}).get("amount", 0)
                    if paid_out > 0 and ("payout_late" in mine) == bool(late):
                        found.append(Payout(known.code, unit, settled, paid_out))
        return found

    def beneficiary_account(self, account: str, day: date) -> Iterator[bytes]:
        """camt.053 of an agency's account."""
        found = self.payouts(account, day)
        start, end = day_bounds(day)
        entries = (
            Entry(
                start + 9 * 3600 + number,
                one.amount,
                f"BN{one.settlement_day:%Y%m%d}{hashlib.sha256(one.end_to_end.encode()).hexdigest()[:10].upper()}",
                one.end_to_end,
                f"{self.config.institutions[one.institution].name} chuyen tien thu ngay {one.settlement_day:%d/%m/%Y}",
            )
            for number, one in enumerate(found)
        )
        row = self.store.row(
            "SELECT unit FROM beneficiary WHERE account = ? UNION SELECT unit FROM payout WHERE account = ?", account, account
        )
        holder = self.config.unit_names.get(row["unit"], row["unit"]) if row is not None else ""
        described = Account(account, holder, "", 0, day)
        return camt(described, entries, count=len(found), total=sum(one.amount for one in found), broken="", until=end)

    def voucher(self, known: Institution, reference: str) -> Voucher | None:
        """What the paper of a payment says; None while nothing is paid."""
        movement = self.payments.by_reference(known.code, reference)
        if movement is None or movement.state != "paid" or movement.paid_at is None:
            return None
        unit, account = self.payee(known.code, reference)
        return Voucher(
            number=f"CT{movement.institution_ref}",
            reference=reference,
            paid_at=movement.paid_at,
            amount=movement.amount,
            payer="Chủ tài khoản trình diễn",
            payee=self.config.unit_names.get(unit, unit) or "Cổng Dịch vụ công quốc gia",
            payee_account=account or known.account,
            payee_bank="" if account else known.name,
            words=movement.words,
            institution_ref=movement.institution_ref,
        )


def _as_banks_write(known: Institution, line: Line) -> str:
    """The payer's content among the words that banks put around it; some lose capitals."""
    content = line.words.lower() if line.bank_ref[-1:] in "13579" else line.words
    return f"MBVCB.{line.bank_ref[2:]}.{content}.CT tu KHACH HANG toi {known.account} {known.holder}"


@dataclass(frozen=True)
class Account:
    """Whose statement it is, and what lay on it before."""

    number: str
    holder: str
    bank: str
    opening: int
    day: date


@dataclass(frozen=True)
class Entry:
    """One booking."""

    at: float
    amount: int
    number: str
    end_to_end: str
    words: str
    credit: bool = True
    transaction: str = ""
    """Number of the transfer between the banks."""


def camt(account: Account, entries: Iterator[Entry], *, count: int, total: int, broken: str, until: float) -> Iterator[bytes]:
    """ISO 20022 camt.053.001.08. ``total`` is the net of all entries."""
    start, end = day_bounds(account.day)
    whole = until >= end
    made = local(now()).isoformat()
    servicer = f"<Svcr><FinInstnId><ClrSysMmbId><MmbId>{account.bank}</MmbId></ClrSysMmbId></FinInstnId></Svcr>" if account.bank else ""

    def balance(code: str, amount: int) -> str:
        return (
            f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="VND">{abs(amount)}</Amt>'
            f"<CdtDbtInd>{'CRDT' if amount >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{account.day.isoformat()}</Dt></Dt></Bal>"
        )

    told = count + (broken == "trailer")
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{CAMT}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{account.number}{account.day:%Y%m%d}{int(until)}</MsgId><CreDtTm>{made}</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{account.number}{account.day:%Y%m%d}</Id><CreDtTm>{made}</CreDtTm>"
        f"<FrToDt><FrDtTm>{local(start).isoformat()}</FrDtTm><ToDtTm>{local(min(until, end - 1)).isoformat()}</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{escape(account.number)}</Id></Othr></Id><Ccy>VND</Ccy>"
        f"<Ownr><Nm>{escape(account.holder)}</Nm></Ownr>{servicer}</Acct>"
        f"{balance('OPBD', account.opening)}{balance('CLBD' if whole else 'ITBD', account.opening + total)}"
        f"<TxsSummry><TtlNtries><NbOfNtries>{told}</NbOfNtries><TtlNetNtry><Amt>{abs(total)}</Amt>"
        f"<CdtDbtInd>{'CRDT' if total >= 0 else 'DBIT'}</CdtDbtInd></TtlNetNtry></TtlNtries></TxsSummry>\n"
    ).encode()
    for number, entry in enumerate(entries, 1):
        way = "CRDT" if entry.credit else "DBIT"
        transaction = f"<TxId>{escape(entry.transaction)}</TxId>" if entry.transaction else ""
        text = (
            f'<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="VND">{entry.amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
            f"<BookgDt><DtTm>{local(entry.at).isoformat()}</DtTm></BookgDt><ValDt><Dt>{local(entry.at):%Y-%m-%d}</Dt></ValDt>"
            f"<AcctSvcrRef>{escape(entry.number)}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{'R' if entry.credit else 'I'}CDT</Cd>"
            f"<SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><AcctSvcrRef>{escape(entry.number)}</AcctSvcrRef>"
            f"<EndToEndId>{escape(entry.end_to_end)}</EndToEndId>{transaction}</Refs>"
            f'<Amt Ccy="VND">{entry.amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>'
            f"<RmtInf><Ustrd>{escape(_printable(entry.words))}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
        ).encode()
        if broken == "truncated" and number * 2 > count:
            yield text[: len(text) // 2]
            return
        yield text
    if broken == "truncated":
        return
    yield b"</Stmt></BkToCstmrStmt></Document>\n"


def _printable(words: str) -> str:
    """Without what XML cannot carry."""
    return "".join(letter for letter in words if letter.isprintable())


def read_day(text: object) -> date:
    """ValueError for what is no day."""
    return date.fromisoformat(str(text))


def blueprint(config: Config, files: Files, vouchers: Vouchers, faults: Faults) -> Blueprint:
    """Everything under /payments/files/ and /payments/beneficiary/."""
    pages = Blueprint("payment_files", __name__, url_prefix="/payments")

    @pages.before_request
    def broken() -> Response | None:
        return faults.before(SERVICE)

    def allowed(institution: str, merchant: str) -> Institution | Response:
        known = config.institutions.get(institution)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if known is None:
            return Response("Not Found\n", status=404, mimetype="text/plain")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), known.secret.encode()):
            return Response("Unauthorized\n", status=401, mimetype="text/plain", headers={"WWW-Authenticate": "Bearer"})
        if merchant != known.merchant:
            return Response("Not Found\n", status=404, mimetype="text/plain")
        return known

    def nothing() -> Response:
        return Response("Not Found\n", status=404, mimetype="text/plain")

    @pages.get("/files/<institution>/statements/<merchant>/<name>")
    def statement(institution: str, merchant: str, name: str) -> Response:
        known = allowed(institution, merchant)
        if isinstance(known, Response):
            return known
        transfers = institution == TRANSFER
        text, dot, kind = name.rpartition(".")
        try:
            day = read_day(text)
        except ValueError:
            return nothing()
        if not dot or kind != ("xml" if transfers else "csv") or not files.is_there(institution, day, so_far=transfers):
            return nothing()
        cut = "truncated" if faults.wrong(SERVICE) else ""
        if transfers:
            return Response(files.collecting_account(known, day, cut), mimetype="application/xml")
        return Response(files.day_csv(known, day, cut), mimetype="text/csv")

    @pages.get("/files/<institution>/vouchers/<merchant>/<name>")
    def voucher(institution: str, merchant: str, name: str) -> Response:
        known = allowed(institution, merchant)
        if isinstance(known, Response):
            return known
        reference, _, kind = name.rpartition(".")
        if not PLAIN.fullmatch(reference) or kind not in ("pdf", "xml") or (found := files.voucher(known, reference)) is None:
            return nothing()
        data = vouchers.pdf(known, found) if kind == "pdf" else vouchers.xml(known, found)
        if faults.wrong(SERVICE):
            data = _altered(data, found)
        return Response(data, mimetype="application/pdf" if kind == "pdf" else "application/xml")

    @pages.get("/beneficiary/<account>/<name>")
    def beneficiary(account: str, name: str) -> Response:
        text, _, kind = name.rpartition(".")
        try:
            day = read_day(text)
        except ValueError:
            return nothing()
        if kind != "xml" or not PLAIN.fullmatch(account) or not files.is_there(BENEFICIARY, day, so_far=True):
            return nothing()
        return Response(files.beneficiary_account(account, day), mimetype="application/xml")

    return pages


def _altered(data: bytes, voucher: Voucher) -> bytes:
    """A voucher changed after it was signed."""
    if data.startswith(b"%PDF"):
        at = data.index(b"endobj")  # within what the signature covers: a comment changes no object and every hash
        return data[: at - 1] + (b" " if data[at - 1 : at] != b" " else b"\t") + data[at:]
    return data.replace(f"<SoTien>{voucher.amount}</SoTien>".encode(), f"<SoTien>{voucher.amount + 1_000}</SoTien>".encode(), 1)
