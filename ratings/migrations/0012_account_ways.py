"""Counts of accounts by identity assurance and all ways in. They are made anew every night and when the portal is set up: none is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ratings", "0011_packed_days")]

    operations = [
        migrations.DeleteModel(name="AccountCount"),
        migrations.CreateModel(
            name="AccountCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month", "kind", "identity", "ways", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                ("kind", models.CharField(db_collation="C", max_length=12)),
                ("identity", models.PositiveSmallIntegerField()),
                ("ways", models.CharField(blank=True, db_collation="C", max_length=60)),
                ("number", models.IntegerField()),
                ("counted_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "số tài khoản",
                "verbose_name_plural": "số tài khoản",
                "constraints": [models.CheckConstraint(condition=models.Q(("number__gt", 0)), name="account_number")],
            },
        ),
    ]
