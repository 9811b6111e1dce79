"""What an act on a dossier asks of the database: one act is to take 60 ms, and most of that is queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.dossiers.processes import post
from tests.dossiers.support import filed, leader, mark_clean
from tests.dossiers.test_kinds import desk
from tests.support.queries import CaptureQueriesContext

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_data")]


def asked(act: Any) -> list[str]:
    """The queries of an act, savepoints left out: each is a word to the server and no work."""
    with CaptureQueriesContext(connection) as found:
        answer = act()
    assert getattr(answer, "status_code", 302) == 302, answer.status_code
    return [one["sql"] for one in found.captured_queries if "SAVEPOINT" not in one["sql"]]


@pytest.mark.requirement("D-11")
def test_receiving_handing_over_and_deciding_ask_few_questions() -> None:
    unit = "H26.101"
    (specialist, _held), (lead, _chief), signer = desk(unit, "reception", "handling"), desk(unit, "signing"), leader()
    colleague = desk(unit, "handling")[1]

    def one_birth(number: int) -> dict[str, list[str]]:
        dossier = filed(now=timezone.now())
        mark_clean(dossier)
        found = {"receive": asked(lambda: post(specialist, dossier, "receive"))}
        found["assign"] = asked(lambda: post(lead, dossier, "assign", officer=str(colleague.pk), reason="Nghỉ phép"))
        year = timezone.now().year
        values = {"registration_number": f"{number}/{year}", "book": f"01/{year}", "signer_position_id": str(signer.position_id)}
        found["decide"] = asked(lambda: post(specialist, dossier, "decide", **values))
        found["take_back"] = asked(lambda: post(specialist, dossier, "take_back", reason="Nhầm số"))
        return found

    one_birth(1)  # what is learned once, and remembered, is not the act's
    found = one_birth(2)
    most = {"receive": 39, "assign": 33, "decide": 46, "take_back": 27}
    assert {name: len(queries) for name, queries in found.items() if len(queries) > most[name]} == {}
    again = [one for one in found["receive"] if one.startswith("SELECT") and found["receive"].count(one) > 1]
    assert again == [], "receiving asks nothing word for word twice"
    # As many leaders as there are: who may sign is asked of all at once.
    for _ in range(3):
        leader()
    one_birth(3)
    assert len(one_birth(4)["decide"]) == len(found["decide"])
