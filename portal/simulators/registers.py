"""Registers that forms are filled in from: civil status, land, vehicles with driving licences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify

from portal.simulators.config import Config
from portal.simulators.faults import Faults
from portal.simulators.identity import registry_pages


def blueprints(config: Config, faults: Faults) -> list[Blueprint]:
    """One for each register. Switched to "wrong" they answer well and about somebody else."""
    civil, land, vehicle = (registry_pages(name, config, faults) for name in ("civil_status", "land", "vehicle"))

    def answer(name: str, rows: Mapping[str, dict[str, Any]], number: str) -> Any:
        found = rows.get(number)
        if found is None:
            return jsonify({"error": "not_found"}), 404
        if faults.wrong(name):
            found = next(other for key, other in rows.items() if key != number)
        return jsonify(found)

    @civil.get("/people/<id_number>")
    def person(id_number: str) -> Any:
        """Marital status and what is registered of a person."""
        return answer("civil_status", config.civil_status, id_number)

    @land.get("/owners/<number>")
    def owner_of_land(number: str) -> Any:
        """Parcels of a person or an organisation."""
        return answer("land", config.land, number)

    @vehicle.get("/owners/<number>")
    def owner_of_vehicles(number: str) -> Any:
        """Vehicles and driving licences of a person or an organisation."""
        return answer("vehicle", config.vehicles, number)

    return [civil, land, vehicle]
