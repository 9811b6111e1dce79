"""The page `docs/states.md`, written from the table of transitions: states with their sub-states, edges with who takes them, events.

`manage.py write_states` writes it; a test holds the two together, so that nobody reads a table that is out of date.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from dossiers.models import OPEN_STATES, TABLE, Stage, Standing, State
from portal.access.roles import ROLES
from portal.access.rules import acts
from portal.states import Transition

PAGE = Path("docs") / "states.md"
_HEAD = """# States of a dossier

Written by `manage.py write_states` from `dossiers/models/states.py` and the rights in `dossiers/apps.py`; not by hand. A state is one of
the ten of the national synchronisation standard (`domain.md` §3.2) and moves only along an edge below: buttons, rights, events, notices
and the check of `manage.py recompute_dossiers` derive from the same table. A sub-state is kept beside the state and has no code in the
standard.

"""
_EVENTS = """## Events

Every edge, and whatever else happens, writes one `DossierEvent`: the moment, who (`acting_as`, person, party, mandate), the position and
its label, the unit, the state before and after, a note (sealed), the appointment before and after. A trigger of the database lets nobody
change or delete one. What a mistake did is undone by an edge of its own (`undo_receive`, `undo_refuse`, `call_off_…`, `take_back`).

Who acts:

- **applicant**: the owner or who acts for them; `person_id`, `party_id`, by a mandate `mandate_id`.
- **officer**: in a position of the unit; `position_id`, `label`. The edge's act says which roles.
- **system**: the portal itself (`acting_as` = `system`): a deadline that passed, money that came, a signature that was made.
- **unit**: an agency's own system. It handles dossiers in its own software and reports their states (`portal.exchange.partners`,
  `dossiers.services.national.take_reports`): any of the ten, in any order, kept with their steps in the national table
  (`NationalDossier`, `NationalStep`). Those are not moved by the edges above.
"""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def who(edge: Transition) -> str:
    """Who takes an edge: officers with these roles, the applicant, or the system."""
    if edge.act:
        act, words = acts()[edge.act], dict(ROLES)
        roles = ", ".join(words[role].lower() for role in sorted(act.roles))
        return f"officer (`{edge.act}`): {roles}"
    return "applicant" if edge.by_owner else "system"


def sub_states(state: State) -> list[str]:
    """What is told apart within a state."""
    found = [str(stage.label) for stage in Stage if stage != Stage.NONE] if state == State.PROCESSING else []
    if state in (State.SUBMITTED, State.PAYMENT_DUE):
        found.append(str(Standing.DUE.label))
    if state == State.INCOMPLETE:
        found += ["trước tiếp nhận", "sau tiếp nhận"]
    return found


def _names(states: Iterable[str]) -> str:
    return ", ".join(f"{value} {State(value).label}" for value in sorted(states, key=int))


def written() -> str:
    """The page as it follows from the table."""
    page = _HEAD + "## The ten states\n\n" + _row(("code", "state", "sub-states", "the agency still owes something", "edges from it"))
    page += _row(("---",) * 5)
    for state in State:
        edges = [edge.name for edge in TABLE.transitions.values() if state.value in edge.sources]
        page += _row((
            state.value, str(state.label), "; ".join(sub_states(state)) or "–", "yes" if state in OPEN_STATES else "no",
            ", ".join(f"`{name}`" for name in edges) or "none",
        ))  # fmt: skip
    page += (
        "\n## The edges\n\n" + _row(("edge", "what it is called", "from", "to", "who", "may be refused by a guard")) + _row(("---",) * 6)
    )
    page += _row(("`submit`", "Nộp hồ sơ", "–", _names([State.SUBMITTED]), "applicant", "no"))
    for edge in TABLE.transitions.values():
        page += _row((
            f"`{edge.name}`", edge.label, _names(edge.sources), _names([edge.target]), who(edge), "yes" if edge.guard else "no",
        ))  # fmt: skip
    return page + "\n" + _EVENTS


def path() -> Path:
    """Where the page stands."""
    return Path(settings.BASE_DIR) / PAGE
