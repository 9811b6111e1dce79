"""Years beside months: what is asked of a long time reads a row a year."""

from __future__ import annotations

from django.db import migrations

MAKE = """
INSERT INTO feedback_tally (grain, day, agency_code, unit_code, kind, sector_code, procedure_code, measure, number)
SELECT 'year', date_trunc('year', day)::date, agency_code, '', '', '', '', measure, sum(number)
FROM feedback_tally WHERE grain = 'month' GROUP BY 2, 3, 8 HAVING sum(number) <> 0
ON CONFLICT (grain, day, agency_code, unit_code, kind, sector_code, procedure_code, measure) DO UPDATE SET number = excluded.number
"""


class Migration(migrations.Migration):
    dependencies = [("feedback", "0005_finished_rounds")]

    operations = [migrations.RunSQL(MAKE, "DELETE FROM feedback_tally WHERE grain = 'year'")]
