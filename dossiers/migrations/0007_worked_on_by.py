"""Who worked on a draft is told what becomes of it."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0006_form_rules")]

    operations = [
        migrations.AddField(
            model_name=name,
            name="worked_on_by",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), db_default=[], default=list, size=None),
        )
        for name in ("draft", "dossier")
    ]
