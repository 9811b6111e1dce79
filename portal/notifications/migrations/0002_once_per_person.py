"""One occasion, several people: the person belongs to what is unique.

Whatever the old constraint let in the new one lets in too. The index is built beside the writers; the table is locked only
while it changes hands.
"""

from django.db import migrations, models

OLD = models.UniqueConstraint(fields=("key", "channel"), name="notification_once_per_key_and_channel")
NEW = models.UniqueConstraint(fields=("person_id", "key", "channel"), name="notification_once_per_person")
TABLE = "notifications_notification"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {NEW.name}",  # what an attempt that was cut off left
            migrations.RunSQL.noop,
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"CREATE UNIQUE INDEX CONCURRENTLY {NEW.name} ON {TABLE} (person_id, key, channel)",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    f"ALTER TABLE {TABLE} ADD CONSTRAINT {NEW.name} UNIQUE USING INDEX {NEW.name}",
                    f"ALTER TABLE {TABLE} DROP CONSTRAINT {NEW.name}",
                ),
            ],
            state_operations=[migrations.AddConstraint("notification", NEW)],
        ),
        migrations.RemoveConstraint("notification", OLD.name),
    ]
