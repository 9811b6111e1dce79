"""A room may have parts, noted by a name of its own: room for the longest code of a procedure."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("caching", "0001_initial")]

    operations = [migrations.AlterField("change", "room", models.CharField(max_length=80, verbose_name="phòng"))]
