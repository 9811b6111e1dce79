"""What ``make run`` prints once the portal answers: where it is, who can sign in and how, where the data lie."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portal.launcher.common import ROOT

POPULATION = ROOT / "portal" / "demo" / "population.json"


def _population(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _roles(officer: Mapping[str, Any]) -> str:
    account = officer.get("account")
    return f"high-level account of {account['name']}, from the first sign-in on" if account else ", ".join(officer["roles"])


def welcome(environment: Mapping[str, str], var: Path, population: Path = POPULATION, bold: bool = False) -> str:
    """The text. ``bold``: with the terminal's emphasis."""
    site = environment["SITE_URL"]
    simulators = environment["SIMULATORS_URL"]
    people = _population(population)
    officers = {officer["id_number"]: officer for officer in people["officers"]}
    names = {person["id_number"]: person["full_name"] for person in people["people"]}
    width = max(len(name) for name in names.values())

    def strong(text: str) -> str:
        return f"\033[1m{text}\033[0m" if bold else text

    lines = [
        "",
        f"  The portal          {strong(site + '/')}",
        f"  Officers' desk      {site}/quan-tri/",
        f"  The outside world   {simulators}/   (simulators: SMS, registries, remote signing, payments, faults on demand)",
        f"  SMS outbox          {simulators}/sms/outbox/",
        f"  Mailbox             {simulators}/mail/outbox/",
        f"  Payments            {simulators}/control/payments/   (what was paid where; {simulators}/payments/transfer/ is a banking app)",
        "",
        f"  Citizens sign in at {site}/tai-khoan/dang-nhap/ with their ID number; the one-time password is in the SMS outbox.",
    ]
    company = {number: firm["name"] for firm in people.get("organisations", []) for number in (*firm["representatives"], *firm["mandates"])}
    lines += [
        f"    {person['id_number']}  {person['full_name']}" + (f"  (acts for {company[number]})" if number in company else "")
        for person in people["people"]
        if (number := person["id_number"]) not in officers and person.get("account", True)
    ]
    lines += ["", f"  Officers sign in at {site}/tai-khoan/can-bo/ ; ID number and PIN go into the remote signing page."]
    lines += [
        f"    {number}  {names.get(number, ''):{width}}  PIN {officer['pin']}  {officer['unit']}  {_roles(officer)}"
        for number, officer in officers.items()
    ]
    lines += [
        "",
        f"  Data                {var}",
        "  Everybody here is made up. Stop with Ctrl-C; the next `make run` goes on where this one stopped.",
        "",
    ]
    return "\n".join(lines)
