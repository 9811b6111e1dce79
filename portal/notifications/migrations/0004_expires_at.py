"""What is worth nothing after a time is not sent then. The index is made beside the writers."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0003_party_and_readings")]

    operations = [
        migrations.AddField("notification", "expires_at", models.DateTimeField(null=True)),
        AddIndexConcurrently(
            "notification",
            models.Index(
                fields=["expires_at"],
                name="notification_expiring",
                condition=models.Q(("expires_at__isnull", False), ("failed_at", None), ("sent_at", None)),
            ),
        ),
    ]
