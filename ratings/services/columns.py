"""What folding, counting anew and checking share: the columns of the counts, and how a change of counts is added to them. Pure."""

from __future__ import annotations

from ratings.cells import MEASURES

LOCK = 1_515_001
"""Of PostgreSQL: whoever folds or counts anew holds it to the end of the transaction."""
KEYS = "day, unit_code, procedure_code, field_code, channel, service_level"
"""Of a change."""
MEASURES_LISTED = ", ".join(MEASURES)
SUMS = ", ".join(f"sum({name})::int AS {name}" for name in MEASURES)
COLUMNS = "grain, place, parent, period, day, field_code, procedure_code, channel, service_level"
"""Of a count, without its measures and days."""
KEY = "grain, place, period, day, field_code, procedure_code, channel, service_level"
ADD = f"""
INSERT INTO ratings_dossiercount AS old ({COLUMNS}, {MEASURES_LISTED}, days) SELECT {COLUMNS}, {MEASURES_LISTED}, days FROM change
ON CONFLICT ({KEY}) DO UPDATE SET {", ".join(f"{name} = old.{name} + excluded.{name}" for name in MEASURES)},
    days = CASE WHEN excluded.days IS NOT NULL THEN ratings_merge_days(old.days, excluded.days) END
"""
"""Adds the rows of ``change``."""
