"""Registries that a registration is compared with: social insurance, tax, telecommunications subscribers, immigration."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, jsonify, request

from portal.simulators.config import Config
from portal.simulators.faults import Faults


def registry_pages(name: str, config: Config, faults: Faults) -> Blueprint:
    """A registry with its token and the usual faults."""
    pages = Blueprint(name, __name__, url_prefix=f"/{name.replace('_', '-')}/v1")

    @pages.before_request
    def refusal() -> Any:
        if (broken := faults.before(name)) is not None:
            return broken
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), config.registry_tokens[name].encode()):
            return jsonify({"error": "unauthorized"}), 401
        return None

    return pages


def blueprints(config: Config, faults: Faults) -> list[Blueprint]:
    """One for each registry. Switched to "wrong" they answer well and about somebody else."""
    insurance, tax = registry_pages("insurance", config, faults), registry_pages("tax", config, faults)
    telecom, immigration = registry_pages("telecom", config, faults), registry_pages("immigration", config, faults)

    @insurance.get("/insured/<number>")
    def insured(number: str) -> Any:
        found = config.insured.get(number)
        if found is None:
            return jsonify({"error": "not_found"}), 404
        if faults.wrong("insurance"):
            found = next(other for other in config.insured.values() if other["number"] != number)
        person = found["person"]
        return jsonify(
            {
                "number": found["number"],
                "id_number": found["id_number"],
                "full_name": person["full_name"],
                "birth_date": person["birth_date"],
                "phone": found["phone"],
            }
        )

    @insurance.get("/people/<id_number>")
    def insured_person(id_number: str) -> Any:
        """The number under which somebody is insured."""
        found = next((one for one in config.insured.values() if one["id_number"] == id_number), None)
        if found is None:
            return jsonify({"error": "not_found"}), 404
        if faults.wrong("insurance"):
            found = next(other for other in config.insured.values() if other["id_number"] != id_number)
        return jsonify({"id_number": found["id_number"], "number": found["number"]})

    @tax.get("/taxpayers/<tax_code>")
    def taxpayer(tax_code: str) -> Any:
        found = config.organisations.get(tax_code)
        if found is None:
            return jsonify({"error": "not_found"}), 404
        if faults.wrong("tax"):
            found = next(other for other in config.organisations.values() if other["tax_code"] != tax_code)
        status = "closed" if found["status"] == "dissolved" else found["status"]
        return jsonify({"tax_code": found["tax_code"], "name": found["name"], "status": status})

    @telecom.post("/subscribers/verify")
    def verify() -> Any:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not all(isinstance(body.get(name), str) for name in ("phone", "id_number")):
            return jsonify({"error": "invalid_request"}), 400
        phone, number = body["phone"], body["id_number"]
        match = config.subscribers.get(phone) == number
        if faults.wrong("telecom"):
            phone, number = next(pair for pair in config.subscribers.items() if pair[0] != phone)
            match = True
        return jsonify({"phone": phone, "id_number": number, "match": match})

    @immigration.post("/documents/holder")
    def holder() -> Any:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not all(isinstance(body.get(name), str) for name in ("kind", "country", "number")):
            return jsonify({"error": "invalid_request"}), 400
        asked = (body["kind"], body["country"], body["number"])
        found = config.documents.get(asked)
        if found is None:
            return jsonify({"error": "not_found"}), 404
        if faults.wrong("immigration"):
            found = next(other for key, other in config.documents.items() if key != asked)
        return jsonify(found)

    return [insurance, tax, telecom, immigration]
