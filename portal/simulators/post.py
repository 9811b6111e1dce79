"""The public post (bưu chính công ích): its tariff, parcels with their numbers, where each one is; a page on which people move them on."""

from __future__ import annotations

import hmac
import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, redirect, render_template, request

from portal.simulators.config import Config
from portal.simulators.faults import Faults
from portal.simulators.store import Store, now

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
TARIFF = ({"zone": "province", "amount": 26_000, "days": 2}, {"zone": "country", "amount": 33_500, "days": 4})
STATES = {
    "registered": "Đã có số, chờ bưu tá đến lấy",
    "accepted": "Bưu tá đã nhận",
    "moving": "Đang chuyển",
    "delivered": "Đã phát",
    "returned": "Không phát được, chuyển hoàn",
    "cancelled": "Đã hủy",
}
NEXT = {"registered": ("accepted",), "accepted": ("moving",), "moving": ("delivered", "returned")}
"""How a parcel may move on."""
SHOWN = 100
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def number_of(serial: int) -> str:
    """A number as the Universal Postal Union writes it (S10): two letters, eight digits, one that checks them, the country."""
    digits = f"{serial % 10**8:08d}"
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    return f"RB{digits}{ {10: 0, 11: 5}.get(rest, rest) }VN"


def blueprint(config: Config, store: Store, faults: Faults) -> Blueprint:
    """Everything under /post/."""
    pages = Blueprint("post", __name__, url_prefix="/post")

    def refusal() -> Any:
        if (broken := faults.before("post")) is not None:
            return broken
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), config.post_token.encode()):
            return jsonify({"error": "unauthorized"}), 401
        return None

    def shown(row: Any, *, wrong: bool = False) -> dict[str, Any]:
        events = store.rows("SELECT * FROM parcel_event WHERE parcel = ? ORDER BY id", row["id"])
        return {
            "number": number_of(row["id"]),
            "reference": "somebody-else" if wrong else row["reference"],
            "amount": row["amount"],
            "sender_pays": min(json.loads(row["body"]).get("sender_pays", 0), row["amount"]),
            "state": events[-1]["state"],
            "events": [
                {
                    "at": datetime.fromtimestamp(one["created"], tz=HANOI).isoformat(timespec="seconds"),
                    "state": one["state"],
                    "place": one["place"],
                }
                for one in events
            ],
        }

    def found(number: str) -> Any:
        serial = number[2:10]
        row = store.row("SELECT * FROM parcel WHERE id = ?", int(serial)) if serial.isdigit() else None
        return row if row is not None and number_of(row["id"]) == number else None

    @pages.get("/v1/tariffs")
    def tariffs() -> Any:
        if (no := refusal()) is not None:
            return no
        return jsonify({"tariffs": [{**one, "amount": -1} for one in TARIFF] if faults.wrong("post") else list(TARIFF)})

    @pages.post("/v1/parcels")
    def order() -> Any:
        if (no := refusal()) is not None:
            return no
        body = request.get_json(silent=True)
        words = ("reference", "zone", "sender", "recipient", "phone", "address")
        if not isinstance(body, dict) or not all(isinstance(body.get(name), str) and body[name] for name in words):
            return jsonify({"error": "invalid_request"}), 400
        tariff = next((one for one in TARIFF if one["zone"] == body["zone"]), None)
        pays = body.get("sender_pays", 0)
        if not isinstance(pays, int) or isinstance(pays, bool) or pays < 0:
            return jsonify({"error": "invalid_request"}), 400
        if tariff is None or not body["phone"].startswith("+84"):
            return jsonify({"error": "invalid_request"}), 400
        kept = json.dumps({**{name: body[name] for name in words}, "sender_pays": pays}, ensure_ascii=False, sort_keys=True)
        with store.writing() as connection:
            row = connection.execute("SELECT * FROM parcel WHERE reference = ?", (body["reference"],)).fetchone()
            if row is not None and row["body"] != kept:
                return jsonify({"error": "duplicate_reference"}), 409
            if row is None:
                made = connection.execute(
                    "INSERT INTO parcel (reference, body, amount, created) VALUES (?, ?, ?, ?)",
                    (body["reference"], kept, tariff["amount"], now()),
                )
                connection.execute(
                    "INSERT INTO parcel_event (parcel, state, place, created) VALUES (?, 'registered', ?, ?)",
                    (made.lastrowid, body["sender"], now()),
                )
        return jsonify(shown(store.row("SELECT * FROM parcel WHERE reference = ?", body["reference"]), wrong=faults.wrong("post"))), 201

    @pages.get("/v1/parcels/<number>")
    def one(number: str) -> Any:
        if (no := refusal()) is not None:
            return no
        row = found(number)
        return (jsonify({"error": "not_found"}), 404) if row is None else jsonify(shown(row, wrong=faults.wrong("post")))

    @pages.post("/v1/parcels/<number>/cancel")
    def cancel(number: str) -> Any:
        """Nobody has come for it yet: it is not sent."""
        if (no := refusal()) is not None:
            return no
        row = found(number)
        if row is None:
            return jsonify({"error": "not_found"}), 404
        state = shown(row)["state"]
        if state not in ("registered", "cancelled"):
            return jsonify({"error": "on_its_way"}), 409
        if state == "registered":
            step(row["id"], "cancelled", "")
        return jsonify(shown(row))

    def step(parcel: int, state: str, place: str) -> None:
        with store.writing() as connection:
            connection.execute(
                "INSERT INTO parcel_event (parcel, state, place, created) VALUES (?, ?, ?, ?)", (parcel, state, place, now())
            )

    @pages.get("/parcels/")
    def parcels() -> str:
        rows = store.rows(f"SELECT * FROM parcel ORDER BY id DESC LIMIT {SHOWN}")
        said = [{**shown(row), **json.loads(row["body"]), "id": row["id"]} for row in rows]
        for parcel in said:
            parcel["words"], parcel["next"] = STATES[parcel["state"]], [(name, STATES[name]) for name in NEXT.get(parcel["state"], ())]
        return render_template("parcels.html", parcels=said, limit=SHOWN)

    @pages.post("/parcels/<number>/")
    def move(number: str) -> Any:
        """A person (a form) or a test (JSON) moves a parcel on."""
        body = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        row, state = found(number), str((body or {}).get("state", ""))
        if row is None or state not in NEXT.get(shown(row)["state"], ()):
            return jsonify({"error": "invalid_request"}), 400
        step(row["id"], state, str((body or {}).get("place", ""))[:100])
        return jsonify(shown(row)) if request.is_json else redirect("/post/parcels/", 303)

    return pages
