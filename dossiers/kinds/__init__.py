"""What the dossiers of one procedure have of their own: its outcome, a file each. How to add one: docs/recipes.md."""

from dossiers.kinds import birth, diploma, extract, vehicle_badge
from dossiers.outcomes import Outcome

KINDS: dict[str, Outcome] = {
    "1.001193": birth.OUTCOME,
    "1.004889": diploma.OUTCOME,
    "2.000635": extract.OUTCOME,
    "2.002288": vehicle_badge.OUTCOME,
}
"""Outcomes by the code of the procedure."""
