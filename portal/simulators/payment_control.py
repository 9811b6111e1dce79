"""Switches for payments: faults, planted differences, payouts, days closed early; and a page that shows what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request

from portal.simulators.config import SPARE, TRANSFER, Config
from portal.simulators.paying import HANOI, PLACES, Payments, Unable, local, shown_amount
from portal.simulators.payment_files import BREAKS, KINDS, PLAIN, Files, read_day
from portal.simulators.store import Store
from portal.simulators.vnpay import PATHS

SHOWN = 50
SHOWN_OF_MOVEMENT = ("institution", "reference", "amount", "state", "code", "institution_ref", "words")
MOST_AT_ONCE = 250_000
MOST_KEY = 35
"""Characters of an EndToEndId."""
MOST_BYTES = 64 * 1024 * 1024
"""Of the history of a bench."""


def blueprint(config: Config, store: Store, payments: Payments, files: Files) -> Blueprint:
    """Everything under /control/payments."""
    pages = Blueprint("payment_control", __name__, url_prefix="/control/payments")

    def asked() -> dict[str, Any]:
        """JSON from programs, a form from people."""
        found = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        return found if isinstance(found, dict) else {}

    def done(answer: dict[str, Any]) -> Any:
        return jsonify(answer) if request.is_json else redirect("/control/payments/", 303)

    @pages.errorhandler(ValueError)
    @pages.errorhandler(TypeError)
    @pages.errorhandler(KeyError)
    def nonsense(error: Exception) -> Any:
        return jsonify({"error": "invalid_request", "error_description": str(error)}), 400

    def known(body: dict[str, Any]) -> str:
        code = str(body.get("institution", ""))
        if code not in config.institutions:
            raise ValueError(f"institution is one of {', '.join(config.institutions)}")
        return code

    def positive(value: Any) -> int:
        found = int(value)
        if found <= 0:
            raise ValueError("amount is a whole number of đồng above 0")
        return found

    def facts() -> dict[str, Any]:
        return {
            "faults": payments.faults(),
            "movements": [
                {
                    **{name: getattr(one, name) for name in SHOWN_OF_MOVEMENT},
                    "paid_at": one.paid_at.isoformat() if one.paid_at is not None else None,
                    "refunds": [
                        {"key": refund.key, "amount": refund.amount, "state": refund.state, "institution_ref": refund.institution_ref}
                        for refund in payments.refunds_of(one)
                    ],
                }
                for one in payments.latest(SHOWN)
            ],
            "callbacks": [
                {name: one[name] for name in ("institution", "reference", "failed", "distortion", "tries", "state", "answer")}
                for one in payments.callbacks(SHOWN)
            ],
        }

    @pages.get("")
    def show() -> Any:
        """Faults, the latest movements and callbacks, as JSON."""
        return jsonify(facts())

    @pages.get("/")
    def page() -> str:
        return render_template(
            "payments.html",
            **facts(),
            institutions=config.institutions.values(),
            places=PLACES,
            kinds=KINDS,
            breaks=BREAKS,
            today=local(datetime.now(tz=HANOI).timestamp()).date().isoformat(),
            beneficiaries=store.rows("SELECT * FROM beneficiary ORDER BY institution, prefix"),
            plants=store.rows(f"SELECT * FROM plant ORDER BY id DESC LIMIT {SHOWN}"),
            shown_amount=shown_amount,
            spare=config.institutions[SPARE],
            spare_connection={
                "Kiểu kết nối": "VNPay (chuyển tới trang thanh toán)",
                "Mã đối tác của Cổng": config.institutions[SPARE].merchant,
                "Địa chỉ dịch vụ": f"{config.url}{PATHS[SPARE]}/merchant_webapi/api/transaction",
                "Địa chỉ trang thanh toán": f"{config.url}{PATHS[SPARE]}/paymentv2/vpcpay.html",
                "Địa chỉ tệp đối soát, chứng từ": f"{config.url}/payments/files/{SPARE}",
                "Khóa bí mật": config.institutions[SPARE].secret,
            },
        )

    @pages.post("")
    def switch() -> Any:
        """``{institution, place, mode, reference?, seconds?, times?}``; on the page place and mode are one value, ``place.mode``."""
        body = asked()
        place, mode = str(body.get("place", "")), str(body.get("mode", ""))
        if "." in mode:
            place, mode = mode.split(".", 1)
        payments.set_fault(
            known(body),
            place,
            mode,
            reference=str(body.get("reference") or ""),
            seconds=float(body.get("seconds") or 30),
            times=int(body["times"]) if body.get("times") else None,
        )
        return done({"faults": payments.faults()})

    @pages.post("/plant")
    def plant() -> Any:
        """``{institution, day, kind, reference?, amount?, state?, unit?, account?, break?}``: what was planted, with its reference."""
        body = asked()
        details = {name: body[name] for name in ("amount", "state", "unit", "account", "break") if body.get(name)}
        planted = files.plant(
            known(body), read_day(body.get("day")), str(body.get("kind", "")), str(body.get("reference") or ""), **details
        )
        return done(planted)

    @pages.post("/close")
    def close() -> Any:
        """``{day, institution?}``: the statements of this day are made now; without an institution everybody's."""
        body = asked()
        files.close(known(body) if body.get("institution") else "", read_day(body.get("day")))
        return done({"closed": str(body.get("day"))})

    @pages.post("/movements")
    def movements() -> Any:
        """``{institution, movements: [{reference, amount, paid_at, institution_ref?}]}``: history that no page was opened for."""
        request.max_content_length = MOST_BYTES
        body = asked()
        wanted = body.get("movements")
        if not isinstance(wanted, list) or len(wanted) > MOST_AT_ONCE:
            raise ValueError(f"movements is a list of at most {MOST_AT_ONCE}")
        values = []
        for one in wanted:
            at = datetime.fromisoformat(str(one["paid_at"]))
            if at.tzinfo is None:
                raise ValueError("paid_at carries an offset")
            values.append((str(one["reference"]), positive(one["amount"]), at.timestamp(), str(one.get("institution_ref") or "")))
        return done({"kept": payments.keep_many(known(body), values)})

    @pages.post("/beneficiaries")
    def beneficiaries() -> Any:
        """``{institution?, prefix, unit, account}``: whose money payments are whose reference begins so. An empty unit takes it back."""
        body = asked()
        institution = known(body) if body.get("institution") else ""
        prefix, unit, account = (str(body.get(name) or "").strip() for name in ("prefix", "unit", "account"))
        if unit and not account:
            raise ValueError("account is the number of the unit's account")
        with store.writing() as connection:
            if unit:
                connection.execute("INSERT OR REPLACE INTO beneficiary VALUES (?, ?, ?, ?)", (institution, prefix, unit, account))
            else:
                connection.execute("DELETE FROM beneficiary WHERE institution = ? AND prefix = ?", (institution, prefix))
        return done({"institution": institution, "prefix": prefix, "unit": unit, "account": account})

    @pages.post("/payout")
    def payout() -> Any:
        """``{institution, unit, account, settlement_day, value_day, amount}``: one more credit on an agency's account."""
        body = asked()
        unit, account = str(body["unit"]).strip(), str(body["account"]).strip()
        settlement, value = read_day(body.get("settlement_day")), read_day(body.get("value_day"))
        if not unit or not account:
            raise ValueError("unit and account are wanted")
        with store.writing() as connection:
            connection.execute(
                "INSERT INTO payout (institution, unit, account, settlement_day, value_day, amount) VALUES (?, ?, ?, ?, ?, ?)",
                (known(body), unit, account, settlement.isoformat(), value.isoformat(), positive(body["amount"])),
            )
        return done({"unit": unit, "account": account, "value_day": value.isoformat()})

    @pages.post("/return")
    def give_back() -> Any:
        """``{institution_ref, key, amount}``: money transferred back to a payer by hand, ``key`` as its EndToEndId; once for each key."""
        body = asked()
        row = store.row(
            "SELECT id FROM movement WHERE institution = ? AND institution_ref = ?",
            TRANSFER,
            str(body.get("institution_ref") or "").strip(),
        )
        movement = payments.by_id(row["id"]) if row is not None else None
        key = str(body.get("key") or "").strip()
        if movement is None or not PLAIN.fullmatch(key) or len(key) > MOST_KEY:
            raise ValueError(f"institution_ref is that of a transfer, key has up to {MOST_KEY} letters and digits")
        try:
            done_so = payments.refund(movement, key=key, request=key, amount=positive(body.get("amount") or movement.amount), trouble=None)
        except Unable as unable:
            raise ValueError(unable.code) from unable
        return done({"key": key, "amount": done_so.amount, "institution_ref": done_so.institution_ref})

    return pages
