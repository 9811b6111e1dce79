"""Switches for tests and demonstrations: faults, revocation, a fresh start."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request

from portal.simulators.config import Config
from portal.simulators.faults import MODES, SERVICES, Faults
from portal.simulators.store import Store, now


def blueprint(config: Config, store: Store, faults: Faults) -> Blueprint:
    """Everything under /control/."""
    pages = Blueprint("control", __name__, url_prefix="/control")

    def asked() -> dict[str, Any]:
        """JSON from programs, a form from people."""
        found = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        return found if isinstance(found, dict) else {}

    def done(answer: dict[str, Any]) -> Any:
        return jsonify(answer) if request.is_json else redirect("/control/", 303)

    def revoked() -> list[str]:
        return [row["credential"] for row in store.rows("SELECT credential FROM revocation ORDER BY credential")]

    @pages.get("/")
    def page() -> str:
        return render_template(
            "control.html", faults=faults.all(), services=SERVICES, modes=MODES, credentials=config.credentials.values(), revoked=revoked()
        )

    @pages.get("/faults")
    def show() -> Any:
        return jsonify({"faults": {fault.service: fault.as_json() for fault in faults.all()}})

    @pages.post("/faults")
    def switch() -> Any:
        body = asked()
        try:
            fault = faults.set(
                str(body.get("service", "")),
                str(body.get("mode", "")),
                seconds=float(body.get("seconds") or 10),
                times=int(body["times"]) if body.get("times") else None,
                drop=body.get("drop") in (True, "true", "on", "1"),
            )
        except (ValueError, TypeError) as error:
            return jsonify({"error": "invalid_request", "error_description": str(error)}), 400
        return done(fault.as_json())

    @pages.post("/revoke")
    def revoke() -> Any:
        """Revoke a credential's certificate now; ``{"revoked": false}`` takes it back, which no real authority does."""
        body = asked()
        credential = body.get("credential_id")
        if credential not in config.credentials:
            return jsonify({"error": "invalid_request", "error_description": "unknown credential_id"}), 400
        on = body.get("revoked", True) not in (False, "false", "0")
        with store.writing() as connection:
            if on:
                connection.execute("INSERT OR IGNORE INTO revocation VALUES (?, ?)", (credential, now()))
            else:
                connection.execute("DELETE FROM revocation WHERE credential = ?", (credential,))
        return done({"credential_id": credential, "revoked": on})

    @pages.post("/clock")
    def clock() -> Any:
        """Let the certificate authority (OCSP, CRLs, time-stamps) live so many days later: what ages is seen years ahead."""
        try:
            days = float(asked().get("days") or 0)
        except (ValueError, TypeError):
            days = -1.0
        if not 0 <= days <= 36_500:
            return jsonify({"error": "invalid_request", "error_description": "days lies between 0 and 36500"}), 400
        with store.writing() as connection:
            connection.execute("DELETE FROM clock")
            if days:
                connection.execute("INSERT INTO clock VALUES (?)", (days,))
        return done({"days": days})

    @pages.post("/reset")
    def reset() -> Any:
        """Forget messages, payments, faults, revocations, codes and wrong PINs; keys and certificates stay."""
        store.reset()
        return done({"reset": True})

    return pages
