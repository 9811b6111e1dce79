from __future__ import annotations

from django.db import migrations, models

FUNCTION = """
CREATE FUNCTION caching_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO caching_change (room, transaction, noted_at) VALUES (TG_ARGV[0], pg_current_xact_id()::text::bigint, now())
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("room", models.CharField(max_length=40, verbose_name="phòng")),
                ("noted_at", models.DateTimeField(verbose_name="lúc bắt đầu giao dịch")),
                ("transaction", models.BigIntegerField(verbose_name="giao dịch")),
            ],
            options={
                "verbose_name": "thay đổi",
                "verbose_name_plural": "thay đổi",
                "constraints": [models.UniqueConstraint(fields=("room", "transaction", "noted_at"), name="caching_change_once")],
            },
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION caching_note_change();"),
    ]
