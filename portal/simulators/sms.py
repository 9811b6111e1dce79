"""SMS gateway: GSMA OneAPI messaging, out and in (OMA RESTful Network API for Messaging), and the outbox where people read and write."""

from __future__ import annotations

import hmac
import json
import queue
import re
import secrets
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, redirect, render_template, request

from portal.simulators.config import Config
from portal.simulators.faults import Faults
from portal.simulators.store import Store, now

PHONE = re.compile(r"^(?:tel:)?(\+[1-9][0-9]{6,14})$")
MAX_TEXT = 1600
SHOWN = 100
REPORT_PAUSE = 0.05
"""Between two reports: they are no load of their own on a machine that does everything."""
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def _exception(kind: str, message_id: str, text: str, status: int, *variables: str) -> tuple[Response, int]:
    """A OneAPI request error: service exceptions SVC…, policy exceptions POL…."""
    fault = {"messageId": message_id, "text": text, "variables": list(variables)}
    return jsonify({"requestError": {kind: fault}}), status


def _report(reports: queue.Queue[tuple[str, Any, str, str]]) -> None:
    """Tell what became of messages, one after the other; whoever does not answer is told three times."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        url, callback, recipient, status = reports.get()
        info = {"address": f"tel:{recipient}", "deliveryStatus": status}
        told = {"deliveryInfoNotification": {"callbackData": callback, "deliveryInfo": info}}
        for _ in range(3):
            time.sleep(REPORT_PAUSE)
            try:
                asked = urllib.request.Request(url, json.dumps(told).encode(), {"Content-Type": "application/json"})
                with opener.open(asked, timeout=5):
                    break
            except (OSError, ValueError):
                time.sleep(1)


def _e164(number: str) -> str:
    """As people type it."""
    kept = re.sub(r"[^0-9+]", "", number)
    return "+84" + kept[1:] if kept.startswith("0") else kept


def _hand_on(url: str, body: bytes) -> int:
    """Tell the portal; the status it answers, 0 where it does not."""
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


def blueprint(config: Config, store: Store, faults: Faults) -> Blueprint:
    """Everything under /sms/."""
    pages = Blueprint("sms", __name__, url_prefix="/sms")
    base = f"{config.url}/sms/smsmessaging/v1/outbound"

    reports: queue.Queue[tuple[str, Any, str, str]] = queue.Queue()
    threading.Thread(target=_report, args=(reports,), daemon=True).start()

    def refusal() -> Any:
        if (broken := faults.before("sms")) is not None:
            return broken
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), config.sms_token.encode()):
            return _exception("policyException", "POL0001", "A policy error occurred. Error code is %1", 401, "unauthorized")
        return None

    @pages.post("/smsmessaging/v1/outbound/<path:sender>/requests")
    def send(sender: str) -> Any:
        if (no := refusal()) is not None:
            return no
        body = request.get_json(silent=True)
        message = body.get("outboundSMSMessageRequest") if isinstance(body, dict) else None
        if not isinstance(message, dict):
            return _exception("serviceException", "SVC0002", "Invalid input value for message part %1", 400, "outboundSMSMessageRequest")
        addresses = message.get("address")
        if isinstance(addresses, str):
            addresses = [addresses]
        recipients = [found[1] for address in addresses or [] if isinstance(address, str) and (found := PHONE.match(address))]
        if not addresses or len(recipients) != len(addresses):
            return _exception("serviceException", "SVC0004", "No valid addresses provided in message part %1", 400, "address")
        text = (message.get("outboundSMSTextMessage") or {}).get("message")
        if not isinstance(text, str) or not text or len(text) > MAX_TEXT:
            return _exception("serviceException", "SVC0002", "Invalid input value for message part %1", 400, "message")
        correlator = message.get("clientCorrelator") or None
        kept = json.dumps({"recipients": recipients, "text": text}, ensure_ascii=False)
        with store.writing() as connection:
            row = None
            if correlator is not None:
                row = connection.execute("SELECT * FROM sms_request WHERE sender = ? AND correlator = ?", (sender, correlator)).fetchone()
            if row is not None and row["body"] != kept:
                return _exception(
                    "serviceException",
                    "SVC0005",
                    "Correlator %1 specified in message part %2 is a duplicate",
                    409,
                    str(correlator),
                    "clientCorrelator",
                )
            request_id = row["id"] if row is not None else secrets.token_hex(12)
            if row is None:
                connection.execute("INSERT INTO sms_request VALUES (?, ?, ?, ?, ?)", (request_id, sender, correlator, kept, now()))
                connection.executemany(
                    "INSERT INTO sms_message (request, recipient, text, created) VALUES (?, ?, ?, ?)",
                    [(request_id, recipient, text, now()) for recipient in recipients],
                )
        receipt = message.get("receiptRequest")
        if row is None and isinstance(receipt, dict) and isinstance(receipt.get("notifyURL"), str):
            status = "DeliveryImpossible" if faults.take("sms", ("bounce",)) else "DeliveredToTerminal"
            for recipient in recipients:
                reports.put((receipt["notifyURL"], receipt.get("callbackData"), recipient, status))
        if faults.wrong("sms"):
            return jsonify({"outboundSMSMessageRequest": {"clientCorrelator": correlator}}), 200
        resource = f"{base}/{quote(sender, safe='')}/requests/{request_id}"
        return jsonify({"resourceReference": {"resourceURL": resource}}), 201, {"Location": resource}

    @pages.get("/smsmessaging/v1/outbound/<path:sender>/requests/<request_id>/deliveryInfos")
    def delivery_infos(sender: str, request_id: str) -> Any:
        if (no := refusal()) is not None:
            return no
        rows = store.rows(
            "SELECT m.recipient FROM sms_message m JOIN sms_request r ON r.id = m.request WHERE r.id = ? AND r.sender = ?",
            request_id,
            sender,
        )
        if not rows:
            return _exception("serviceException", "SVC0002", "Invalid input value for message part %1", 404, "requestId")
        infos = [{"address": f"tel:{row['recipient']}", "deliveryStatus": "DeliveredToTerminal"} for row in rows]
        address = f"{base}/{quote(sender, safe='')}/requests/{request_id}/deliveryInfos"
        return jsonify({"deliveryInfoList": {"resourceURL": address, "deliveryInfo": infos}})

    def messages(recipient: str) -> list[dict[str, Any]]:
        number = re.sub(r"[^0-9+]", "", recipient)
        if number.startswith("0"):
            number = "+84" + number[1:]
        sql = "SELECT m.*, r.sender, r.correlator FROM sms_message m JOIN sms_request r ON r.id = m.request"
        rows = (
            store.rows(f"{sql} WHERE m.recipient = ? ORDER BY m.id DESC LIMIT {SHOWN}", number)
            if number
            else store.rows(f"{sql} ORDER BY m.id DESC LIMIT {SHOWN}")
        )
        return [
            {
                "id": row["id"],
                "to": row["recipient"],
                "text": row["text"],
                "sender": row["sender"],
                "correlator": row["correlator"],
                "at": datetime.fromtimestamp(row["created"], tz=HANOI).isoformat(timespec="seconds"),
            }
            for row in rows
        ]

    @pages.post("/inbound")
    def inbound() -> Any:
        """Somebody sends an SMS to the portal's number (a form of people, or JSON): handed on as OneAPI has it."""
        said = request.get_json(silent=True) or request.form
        found = PHONE.match(_e164(str(said.get("from", ""))))
        text = str(said.get("text", ""))[:MAX_TEXT]
        if found is None or not text.strip():
            return _exception("serviceException", "SVC0002", "Invalid input value for message part %1", 400, "from, text")
        message = {
            "destinationAddress": str(said.get("to") or "DVCQG"),
            "senderAddress": f"tel:{found[1]}",
            "message": text,
            "messageId": str(said.get("messageId") or secrets.token_hex(12)),
            "dateTime": datetime.now(tz=HANOI).isoformat(timespec="milliseconds"),
        }
        body = json.dumps({"inboundSMSMessageNotification": {"callbackData": "portal", "inboundSMSMessage": message}}).encode()
        statuses = [_hand_on(config.sms_inbound_url, body) for _ in range(2 if faults.take("sms", ("repeat",)) else 1)]
        if request.is_json:
            return jsonify({"messageId": message["messageId"], "statuses": statuses})
        return redirect(f"/sms/outbox/?to={quote(found[1])}")

    @pages.get("/outbox.json")
    def outbox_json() -> Response:
        return jsonify({"messages": messages(request.args.get("to", ""))})

    @pages.get("/outbox/")
    def outbox() -> str:
        to = request.args.get("to", "")
        found = messages(to)
        for message in found:
            message["shown"] = datetime.fromisoformat(message["at"]).strftime("%H:%M:%S, %d/%m/%Y")
        return render_template("outbox.html", messages=found, to=to, people=config.population["people"], limit=SHOWN)

    return pages
