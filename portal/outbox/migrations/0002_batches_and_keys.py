"""Workers take batches by one column; the memory of keys stands apart from what is done, which may leave then.

What waits in a worker's hands is free when its lease ends, as before. Indexes are made beside the writers.
"""

import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

WAITING = models.Q(("dead_at__isnull", True), ("done_at__isnull", True))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Key",
            fields=[
                ("digest", models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ("message_id", models.UUIDField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"indexes": [django.contrib.postgres.indexes.BrinIndex(fields=["created_at"], name="outbox_key_by_time")]},
        ),
        migrations.AddField("message", "expires_at", models.DateTimeField(null=True, verbose_name="Hết giá trị lúc")),
        migrations.RunSQL(
            "INSERT INTO outbox_key (digest, message_id, created_at)"
            " SELECT substr(sha256(convert_to(kind, 'UTF8') || '\\x00'::bytea || convert_to(key, 'UTF8')), 1, 16), id, created_at"
            " FROM outbox_message ON CONFLICT DO NOTHING",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            "UPDATE outbox_message SET available_at = lease_until"
            " WHERE lease_until > available_at AND done_at IS NULL AND dead_at IS NULL",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint("message", "outbox_once"),
        RemoveIndexConcurrently("message", "outbox_due"),
        migrations.RemoveField("message", "sweep_at"),
        AddIndexConcurrently("message", models.Index(condition=WAITING, fields=["queue", "available_at"], name="outbox_available")),
        AddIndexConcurrently(
            "message",
            models.Index(
                condition=WAITING & models.Q(("expires_at__isnull", False)), fields=["expires_at"], name="outbox_expiring"
            ),
        ),
        AddIndexConcurrently(
            "message", models.Index(condition=models.Q(("done_at__isnull", False)), fields=["done_at"], name="outbox_done")
        ),
    ]
