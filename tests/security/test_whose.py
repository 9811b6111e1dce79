"""Every question about what is somebody's own goes through ``belonging_to`` (requirement A-14).

Columns that say whose a row is may be named in a query only where ``belonging_to`` builds it, or where the reason stands here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

OWNERS = frozenset({"party_id", "applicant_id", "owner_id", "filed_by_id"})
"""Columns with the id of the party or person to whom a draft, dossier, paper, notice or payment belongs."""
QUERIES = frozenset({"filter", "exclude", "get", "get_or_create", "update_or_create", "Q"})
ROOMS = ("dossiers", "accounts", "procedures", "portal")
REASONS = {
    (
        "portal/exchange/developers/sandbox.py",
        "_own",
    ): "a sandbox is one person's own, whoever they act for; rooms of exchange know no actor's parties",
    ("portal/exchange/developers/sandbox.py", "sandbox_of"): "the same, to show whether there is one",
    ("dossiers/appointments/views.py", "mine"): "appointments of nobody's account, by their own code",
    ("dossiers/desk_pages/looking.py", "alike"): "an officer's: dossiers of the same party, of those that they may see",
    ("dossiers/desk_pages/near.py", "near"): "an officer's: what lies near a dossier that they may see; of its party's others only whether",
    ("dossiers/process/opinions.py", "earlier"): "an officer's: opinions on the same party's dossiers, given to who handles one of them",
    ("dossiers/queries.py", "_earlier"): "the caller gives the party for whom its actor acts (`facts_for`)",
    ("dossiers/queries.py", "_registries"): "as _earlier",
    ("dossiers/queries.py", "_store"): "as _earlier",
    ("dossiers/services/kin.py", "_from_here"): "whose relative an officer is: nobody is shown what is found",
    ("dossiers/services/registries.py", "_wish"): "a task: asks a registry about the party of a dossier or draft",
    ("dossiers/services/registries.py", "check_typed"): "a task: as _wish",
    ("dossiers/store/proofs.py", "_of"): "what a registry answered of the party for whom a paper is supplied",
    ("dossiers/counter_filing/papers.py", "_store"): "of who stands at the counter; only kinds that the procedure asks for",
    ("dossiers/services/drafts.py", "start_or_open_draft"): "makes the party's draft; the party comes from party_of",
    ("dossiers/services/reminding.py", "_has_begun"): "a task: whether the party of a dossier has gone on already",
    ("portal/notifications/queries.py", "notices_of"): "a lower room: the caller gives the party for whom its actor acts",
    ("portal/notifications/queries.py", "unread_count"): "as inbox",
    ("portal/notifications/services.py", "mark_read"): "as inbox",
}


def named_in_queries(source: str) -> Iterator[tuple[str, str]]:
    """Function and column of every query in a text that names whose a row is, with or without a lookup behind the column."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in QUERIES:
                for keyword in call.keywords:
                    if keyword.arg and keyword.arg.partition("__")[0] in OWNERS | {owner.removesuffix("_id") for owner in OWNERS}:
                        yield function.name, keyword.arg


def found() -> set[tuple[str, str]]:
    base = Path(settings.BASE_DIR)
    return {
        (str(path.relative_to(base)), function)
        for room in ROOMS
        for path in sorted((base / room).rglob("*.py"))
        if "migrations" not in path.parts
        for function, _column in named_in_queries(path.read_text(encoding="utf-8"))
    }


@pytest.mark.requirement("A-14")
def test_no_query_of_ones_own_goes_by_anything_but_the_one_function() -> None:
    assert found() == set(REASONS)


def test_the_search_for_such_queries_finds_them() -> None:
    assert list(named_in_queries("def mine(p):\n    return Dossier.objects.filter(applicant_id=p.id, state='1')")) == [
        ("mine", "applicant_id")
    ]
    assert list(named_in_queries("def mine(p):\n    return rows.exclude(Q(owner_id__in=p))")) == [("mine", "owner_id__in")]
    assert list(named_in_queries("def mine(p):\n    return belonging_to(p, rows, 'owner_id')")) == []
