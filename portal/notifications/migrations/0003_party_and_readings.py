"""Notices belong to parties; who has read which is a row of its own, for several people may read an organisation's.

The column is renamed in place: the values stay sealed as they are (their context names model and field, not the subject's column). Whoever
had opened a notice was its own person.
"""

import django.db.models.deletion
import django.utils.timezone
import portal.crypto.fields
from django.db import migrations, models

TABLE = "notifications_notification"
OLD_ONCE = models.UniqueConstraint(fields=["person_id", "key", "channel"], name="notification_once_per_person")
ONCE = models.UniqueConstraint(fields=["party_id", "key", "channel"], name="notification_once_per_party")
INBOX = models.Index(fields=["party_id", "-created_at", "-id"], condition=models.Q(channel="inbox"), name="notification_inbox")


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_once_per_person")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"ALTER TABLE {TABLE} RENAME COLUMN person_id TO party_id;"
                    f" ALTER TABLE {TABLE} RENAME CONSTRAINT {OLD_ONCE.name} TO {ONCE.name}",
                    f"ALTER TABLE {TABLE} RENAME CONSTRAINT {ONCE.name} TO {OLD_ONCE.name};"
                    f" ALTER TABLE {TABLE} RENAME COLUMN party_id TO person_id",
                )
            ],
            state_operations=[
                migrations.RemoveIndex("notification", INBOX.name),
                migrations.RemoveConstraint("notification", OLD_ONCE.name),
                migrations.RenameField("notification", "person_id", "party_id"),
                migrations.AddIndex("notification", INBOX),
                migrations.AddConstraint("notification", ONCE),
                migrations.AlterField(
                    "notification",
                    "title",
                    portal.crypto.fields.SealedTextField(context="notifications.notification.title", null=True, subject="party_id"),
                ),
                migrations.AlterField(
                    "notification",
                    "body",
                    portal.crypto.fields.SealedTextField(context="notifications.notification.body", null=True, subject="party_id"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person_id", models.UUIDField()),
                ("read_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "notification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="readings", to="notifications.notification"
                    ),
                ),
            ],
            options={
                "verbose_name": "lượt đọc thông báo",
                "verbose_name_plural": "lượt đọc thông báo",
                "constraints": [
                    models.UniqueConstraint(fields=["notification", "person_id"], name="notification_read_once_per_person")
                ],
            },
        ),
        migrations.RunSQL(
            "INSERT INTO notifications_reading (notification_id, person_id, read_at)"
            f" SELECT id, party_id, read_at FROM {TABLE} WHERE read_at IS NOT NULL",
            f"UPDATE {TABLE} n SET read_at = r.read_at FROM notifications_reading r"
            " WHERE r.notification_id = n.id AND r.person_id = n.party_id",
        ),
        # The foreign key's check is deferred to the end of the transaction; a column cannot go while it waits.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField("notification", "read_at"),
    ]
