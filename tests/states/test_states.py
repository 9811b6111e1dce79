"""Tables of transitions: what the table says is the only way a state changes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.access import ANONYMOUS, SYSTEM, Act, ActingAs, Actor, Assurance, register_acts
from portal.states import StateTable, Transition, TransitionRefused

register_acts(Act("teststates.decide", "Quyết định (kiểm thử)", frozenset({"handling"})))


@dataclass
class Thing:
    """An object with a state column."""

    state: str = "new"
    complete: bool = True
    log: list[str] = field(default_factory=list)


def incomplete(thing: Thing) -> str:
    return "" if thing.complete else "Còn thiếu giấy tờ."


TABLE = StateTable(
    ["new", "sent", "decided", "withdrawn"],
    [
        Transition("send", "Nộp", frozenset({"new"}), "sent", by_owner=True, guard=incomplete),
        Transition("withdraw", "Rút", frozenset({"new", "sent"}), "withdrawn", by_owner=True),
        Transition("decide", "Quyết định", frozenset({"sent"}), "decided", act="teststates.decide"),
        Transition("expire", "Hết hạn", frozenset({"sent"}), "withdrawn"),
    ],
)
NAMES = st.sampled_from(sorted(TABLE.transitions))


def officer(unit: str = "H26.101", roles: frozenset[str] = frozenset({"handling"}), assurance: Assurance = Assurance.HIGH) -> Actor:
    return Actor(acting_as=ActingAs.POSITION, user_id=uuid.uuid4(), unit=unit, roles=roles, assurance=assurance)


def buttons(actor: Actor, thing: Thing, *, is_owner: bool = False, unit: str = "H26.101") -> list[str]:
    return [edge.name for edge in TABLE.open_to(actor, thing, unit=unit, is_owner=is_owner)]


def test_a_table_names_only_states_that_exist() -> None:
    with pytest.raises(ValueError):
        StateTable(["a"], [Transition("t", "T", frozenset({"a"}), "b")])
    with pytest.raises(ValueError):
        StateTable(["a"], [Transition("t", "T", frozenset({"b"}), "a")])


def test_terminal_states_are_those_nothing_leaves() -> None:
    assert TABLE.terminal == {"decided", "withdrawn"}


def test_a_move_follows_its_edge_and_says_which() -> None:
    thing = Thing()
    assert TABLE.move(thing, "send").label == "Nộp"
    assert thing.state == "sent"


def test_a_guard_refuses_with_a_sentence_for_the_person() -> None:
    thing = Thing(complete=False)
    with pytest.raises(TransitionRefused) as refused:
        TABLE.move(thing, "send")
    assert refused.value.reason == "Còn thiếu giấy tờ."
    assert (refused.value.name, refused.value.state, thing.state) == ("send", "new", "new")


def test_a_transition_nobody_wrote_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        TABLE.move(Thing(), "reopen")


@pytest.mark.requirement("D-06")
@given(st.lists(NAMES, max_size=12))
def test_no_sequence_of_moves_leaves_the_table(names: list[str]) -> None:
    thing = Thing()
    for name in names:
        edge, before = TABLE.transitions[name], thing.state
        if before in edge.sources:
            TABLE.move(thing, name)
            assert thing.state == edge.target
        else:
            with pytest.raises(TransitionRefused):
                TABLE.move(thing, name)
            assert thing.state == before
        assert thing.state in TABLE.states


@given(st.lists(NAMES, max_size=12))
def test_nothing_leaves_a_terminal_state(names: list[str]) -> None:
    for state in TABLE.terminal:
        for name in names:
            thing = Thing(state=state)
            with pytest.raises(TransitionRefused):
                TABLE.move(thing, name)


def test_buttons_are_what_this_person_can_choose_now() -> None:
    assert buttons(ANONYMOUS, Thing(), is_owner=True) == ["send", "withdraw"]
    assert buttons(ANONYMOUS, Thing()) == []
    assert buttons(ANONYMOUS, Thing(complete=False), is_owner=True) == ["withdraw"]
    assert buttons(officer(), Thing("sent")) == ["decide"]
    assert buttons(officer(), Thing("new")) == []
    assert buttons(officer(unit="H26.102"), Thing("sent")) == []
    assert buttons(officer(roles=frozenset({"reception"})), Thing("sent")) == []


def test_what_belongs_to_nobody_is_no_button_not_even_the_systems() -> None:
    assert "expire" not in buttons(officer(), Thing("sent"), is_owner=True)
    assert "expire" not in buttons(SYSTEM, Thing("sent"))
    thing = Thing("sent")
    TABLE.move(thing, "expire")
    assert thing.state == "withdrawn"


@given(st.sampled_from(TABLE.states), st.booleans(), st.booleans())
def test_every_button_works(state: str, complete: bool, is_owner: bool) -> None:
    for name in buttons(officer(), Thing(state, complete), is_owner=is_owner):
        thing = Thing(state, complete)
        TABLE.move(thing, name)
        assert thing.state == TABLE.transitions[name].target


def test_another_column_may_hold_the_state() -> None:
    table = StateTable(["a", "b"], [Transition("go", "Đi", frozenset({"a"}), "b")], field="complete")
    thing = Thing()
    thing.complete = "a"  # type: ignore[assignment]
    table.move(thing, "go")
    assert thing.complete == "b"
    assert thing.state == "new"
