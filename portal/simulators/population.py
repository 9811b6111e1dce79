"""National population registry: is this number, name and date of birth one person; and what is written of a person."""

from __future__ import annotations

import hmac
import unicodedata
from typing import Any

from flask import Blueprint, jsonify, request

from portal.simulators.config import Config
from portal.simulators.faults import Faults


def _same_name(one: str, other: str) -> bool:
    """Registers write names in capitals and with single spaces."""
    return [part.upper() for part in unicodedata.normalize("NFC", one).split()] == [
        part.upper() for part in unicodedata.normalize("NFC", other).split()
    ]


def blueprint(config: Config, faults: Faults) -> Blueprint:
    """Everything under /population/."""
    pages = Blueprint("population", __name__, url_prefix="/population/v1")

    @pages.before_request
    def refusal() -> Any:
        if (broken := faults.before("population")) is not None:
            return broken
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), config.population_token.encode()):
            return jsonify({"error": "unauthorized"}), 401
        return None

    @pages.post("/verify")
    def verify() -> Any:
        body = request.get_json(silent=True)
        wanted = ("id_number", "full_name", "birth_date")
        if not isinstance(body, dict) or not all(isinstance(body.get(name), str) and body[name] for name in wanted):
            return jsonify({"error": "invalid_request", "required": list(wanted)}), 400
        person = config.people.get(body["id_number"])
        matches = {
            "id_number": person is not None,
            "full_name": person is not None and _same_name(person["full_name"], body["full_name"]),
            "birth_date": person is not None and person["birth_date"] == body["birth_date"],
        }
        match = all(matches.values())
        if faults.wrong("population"):
            match, matches = not match, {name: not value for name, value in matches.items()}
        # The number comes back, as the registry writes it, so that an answer belongs to its question.
        return jsonify({"id_number": body["id_number"], "match": match, "matches": matches})

    @pages.get("/people/<id_number>")
    def people(id_number: str) -> Any:
        person = config.people.get(id_number)
        if person is not None and faults.wrong("population"):
            # Somebody else's data: well-formed and false.
            person = next(other for other in config.people.values() if other["id_number"] != id_number)
        if person is None:
            return jsonify({"error": "not_found"}), 404
        # What the portal asks for and no more: kinship has an address of its own.
        return jsonify({name: value for name, value in person.items() if name not in ("parents", "spouse", "account")})

    def relative(person: dict[str, Any]) -> dict[str, str]:
        names = ("id_number", "full_name", "birth_date", "sex", "residence_unit", "address")
        return {name: person[name] for name in names}

    @pages.get("/people/<id_number>/kin")
    def kin(id_number: str) -> Any:
        person = config.people.get(id_number)
        if person is None:
            return jsonify({"error": "not_found"}), 404
        if faults.wrong("population"):
            person = next(other for other in config.people.values() if other["id_number"] != id_number)
        spouse = config.people.get(person.get("spouse", ""))
        return jsonify(
            {
                "id_number": person["id_number"],
                "parents": [relative(config.people[number]) for number in person.get("parents", [])],
                "children": [relative(other) for other in config.people.values() if person["id_number"] in other.get("parents", [])],
                "spouse": relative(spouse) if spouse is not None else None,
            }
        )

    return pages
