"""docs/states.md is the table: what people read, what buttons do and what happened cannot differ (D-06)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dossiers import states_page
from dossiers.models import TABLE, DossierEvent, Stage, State
from dossiers.services.recomputing import recompute
from portal.access.actors import ActingAs
from tests.dossiers.support import NOW, decided
from tests.factories import make_officer_actor

pytestmark = [pytest.mark.requirement("D-06")]


def test_the_states_are_those_of_the_national_standard() -> None:
    """TrangThaiHoSo as one-stop systems send it, written out a second time."""
    assert {state.value: str(state.label) for state in State} == {
        "1": "Mới đăng ký", "2": "Được tiếp nhận", "3": "Không được tiếp nhận", "4": "Đang xử lý", "5": "Yêu cầu bổ sung giấy tờ",
        "6": "Yêu cầu thực hiện nghĩa vụ tài chính", "7": "Công dân yêu cầu rút hồ sơ", "8": "Dừng xử lý", "9": "Đã xử lý xong",
        "10": "Đã trả kết quả",
    }  # fmt: skip


def test_the_page_is_written_from_the_table_and_says_all_of_it(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("write_states", "--check")
    page = states_page.path().read_text(encoding="utf-8")
    states, edges = page.split("## The edges")
    assert [line.split(" | ")[0] for line in states.splitlines() if line[:3] in {f"| {n}" for n in range(1, 10)}] == [
        f"| {state.value}" for state in State
    ]
    for stage in set(Stage) - {Stage.NONE}:
        assert str(stage.label) in states
    for edge in TABLE.transitions.values():
        assert f"| `{edge.name}` | {edge.label} |" in edges
        assert states_page.who(edge).split(" ")[0] in ("applicant", "officer", "system")
        assert not (edge.act and edge.by_owner), "one edge, one kind of actor"
    old = tmp_path / "states.md"
    old.write_text(page.replace("Tiếp nhận hồ sơ", "Nhận"), encoding="utf-8")
    monkeypatch.setattr(states_page, "path", lambda: old)
    with pytest.raises(CommandError, match="write_states"):
        call_command("write_states", "--check")
    call_command("write_states")
    assert old.read_text(encoding="utf-8") == page


@pytest.mark.usefixtures("demo_data")
def test_an_event_says_when_who_where_from_to_and_both_deadlines() -> None:
    officer = make_officer_actor(roles=("reception", "handling"))
    dossier = decided(officer).dossier
    events = {event.name: event for event in DossierEvent.objects.filter(dossier=dossier)}
    sent, taken, begun = events["submit"], events["receive"], events["start"]
    assert (sent.from_state, sent.to_state, sent.acting_as) == ("", State.SUBMITTED, ActingAs.SELF)
    assert sent.person_id == dossier.filed_by_id and sent.party_id == dossier.applicant_id and not sent.label
    assert (taken.at, taken.from_state, taken.to_state) == (NOW, State.SUBMITTED, State.RECEIVED)
    assert (taken.position_id, taken.label, taken.unit_code) == (officer.position_id, officer.label, "H26.101")
    assert taken.due_before is None and taken.due_at == dossier.due_at == begun.due_before
    assert begun.acting_as == ActingAs.SYSTEM and begun.position_id is None
    assert "trình" in str(events["decide"].note).lower()
    assert recompute(unit="H26.101")[0] == [], "what is kept is what the events say"
