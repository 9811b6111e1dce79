"""The pages that a change concerns are looked up by keys, whatever the statistics of the tables say at that moment.

Right after a big import the planner may take a full table for an empty one and walk through all of it for each changed row, longer
than a statement may take.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = "ALTER FUNCTION procedures_note_pages() SET enable_seqscan = off"
BACK = "ALTER FUNCTION procedures_note_pages() RESET enable_seqscan"


class Migration(migrations.Migration):
    dependencies = [("procedures", "0009_in_force_by_one_comparison")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
