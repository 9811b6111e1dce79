"""Each door through which messages leave or enter, and by what they are proved (Scheme III.3b, g): `docs/doors.md`.

What is known of a door stands in ``data/doors.json``; that none is missing follows from what rooms registered: kinds of the outbox,
sources of the inbox, addresses for machines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import URLResolver, get_resolver

from portal.inbox.handlers import sources
from portal.outbox.handlers import kinds

DATA = Path(__file__).parent / "data" / "doors.json"
PAGE = "docs/doors.md"
MACHINES = ("vao/", "api/", "oauth2", "oidc/", ".well-known/", "health/", "metrics")
"""Beginnings of the addresses that machines call."""
INTRODUCTION = """# Doors

Each door through which messages leave or enter, and by what their origin and wholeness are proved. Written by `manage.py write_doors` from
`portal/operations/data/doors.json`; a kind of the outbox, a source of the inbox or an address for machines that stands in no line fails
`tests/operations/test_hand_over.py`. Papers (declarations, slips, results, receipts) are signed PDFs whichever way they go.
"""


def routes() -> Iterator[str]:
    """Addresses that machines call, as they are registered."""

    def walk(patterns: Any, before: str = "") -> Iterator[str]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            else:
                yield route

    yield from (route for route in walk(get_resolver().url_patterns) if route.startswith(MACHINES) and route != "api/v1/")


def doors() -> dict[str, list[dict[str, Any]]]:
    """What is known of each door, by direction."""
    found: dict[str, list[dict[str, Any]]] = json.loads(DATA.read_text(encoding="utf-8"))
    return found


def missing() -> list[str]:
    """What is registered and stands in no line, and what stands in a line and is not registered."""
    known = doors()
    said_kinds = [kind for one in known["out"] for kind in one["kinds"]]
    said_sources = [source for one in known["in"] for source in one["sources"]]
    begins = [begin for one in known["in"] for begin in one["routes"]]
    there = list(routes())
    return [
        *(f"outbox kind {kind}: no door" for kind in sorted(kinds() - set(said_kinds))),
        *(f"outbox kind {kind}: is not registered" for kind in sorted(set(said_kinds) - kinds())),
        *(f"outbox kind {kind}: two doors" for kind in sorted({kind for kind in said_kinds if said_kinds.count(kind) > 1})),
        *(f"inbox source {source}: no door" for source in sorted(sources() - set(said_sources))),
        *(f"inbox source {source}: is not registered" for source in sorted(set(said_sources) - sources())),
        *(f"address {route}: no door" for route in sorted(there) if not route.startswith(tuple(begins))),
        *(f"address {begin}: leads nowhere" for begin in begins if not any(route.startswith(begin) for route in there)),
    ]


def written() -> str:
    """The page."""
    known, parts = doors(), [INTRODUCTION]
    for direction, title, what in (("out", "Out", "kinds"), ("in", "In", "routes")):
        name = "kinds of the outbox" if what == "kinds" else "addresses, sources of the inbox"
        parts.append(f"\n## {title}\n\n| door | carries | proof | signed | {name} | test |\n|---|---|---|---|---|---|\n")
        for one in known[direction]:
            listed = ", ".join(f"`{item}`" for item in [*one[what], *one.get("sources", [])])
            parts.append(f"| {one['door']} | {one['carries']} | {one['proof']} | {one['signed']} | {listed} | `{one['test']}` |\n")
    return "".join(parts)


def path() -> Path:
    """Where the page stands."""
    return Path(settings.BASE_DIR) / PAGE
