"""Demo people and officers, the same that the simulators know. Never loaded in production."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts.services.people import enter_person, give_position
from portal.access import SYSTEM

POPULATION = Path(settings.BASE_DIR) / "portal" / "demo" / "population.json"


def load() -> str:
    """Enter the demo people and positions; a second time changes nothing. Returns one line that says what there is."""
    data = json.loads(POPULATION.read_text(encoding="utf-8"))
    people = {
        entry["id_number"]: enter_person(
            actor=SYSTEM,
            full_name=entry["full_name"],
            id_number=entry["id_number"],
            birth_date=date.fromisoformat(entry["birth_date"]),
            sex=entry["sex"],
            phone=entry["phone"],
            residence_unit=entry["residence_unit"],
            address=entry["address"],
        )
        for entry in data["people"]
    }
    for officer in data["officers"]:
        give_position(
            actor=SYSTEM,
            person_id=people[officer["id_number"]].id,
            unit_code=officer["unit"],
            title=officer["title"],
            roles=officer["roles"],
            credential_id=officer["credential_id"],
            now=timezone.now(),
        )
    return f"{len(people)} người, {len(data['officers'])} cán bộ"
