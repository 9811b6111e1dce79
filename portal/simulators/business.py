"""National business registry: what is written of an organisation, and who represents it by law."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, jsonify, request

from portal.simulators.config import Config
from portal.simulators.faults import Faults


def blueprint(config: Config, faults: Faults) -> Blueprint:
    """Everything under /business/."""
    pages = Blueprint("business", __name__, url_prefix="/business/v1")

    @pages.before_request
    def refusal() -> Any:
        if (broken := faults.before("business")) is not None:
            return broken
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), config.business_token.encode()):
            return jsonify({"error": "unauthorized"}), 401
        return None

    @pages.get("/enterprises/<tax_code>")
    def enterprise(tax_code: str) -> Any:
        found = config.organisations.get(tax_code)
        if found is None:
            return jsonify({"error": "not_found"}), 404
        answer = {name: value for name, value in found.items() if name not in ("mandates", "account")}
        answer["representatives"] = [
            {"id_number": number, "full_name": config.people[number]["full_name"]} for number in found["representatives"]
        ]
        if faults.wrong("business"):
            # Somebody else's data: well-formed and false.
            answer["tax_code"] = "0000000000"
        return jsonify(answer)

    return pages
