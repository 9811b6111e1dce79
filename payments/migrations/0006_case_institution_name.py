from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_failed_rows_and_names"),
    ]

    operations = [
        migrations.AlterField(
            model_name="case",
            name="institution",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="payments.institution",
                verbose_name="đơn vị thanh toán",
            ),
        ),
    ]
