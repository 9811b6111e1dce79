"""Thin counts keep the days of a month in one array. The counts are made anew at the next preparation (``ratings.services.figures.begin``)."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models

from ratings.packing import FUNCTIONS

DROP = """
DROP AGGREGATE ratings_concat_days(integer[]); DROP FUNCTION ratings_merge_days(integer[], integer[]);
DROP FUNCTION ratings_negate_days(integer[]);
"""


class Migration(migrations.Migration):
    dependencies = [("ratings", "0010_open_data")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP),
        migrations.RunSQL("TRUNCATE ratings_dossiercount", "TRUNCATE ratings_dossiercount"),
        migrations.AddField(
            model_name="dossiercount",
            name="days",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
        ),
    ]
