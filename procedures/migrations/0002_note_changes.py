"""Pages of the catalogue are kept until one of these tables changes."""

from __future__ import annotations

from django.db import migrations

from portal.caching.sql import note_changes


class Migration(migrations.Migration):
    dependencies = [("procedures", "0001_initial"), ("caching", "0001_initial")]

    operations = [
        note_changes(
            "procedures",
            *(
                f"procedures_{name}"
                for name in (
                    "procedure", "decision", "procedureversion", "lifeevent", "lifeevententry", "localisation", "step", "channel",
                    "timelimit", "feeline", "requireddocument", "result", "legalbasis", "onlineservice",
                )
            ),
        )
    ]  # fmt: skip
