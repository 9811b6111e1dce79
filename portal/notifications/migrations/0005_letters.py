"""Letters beside SMS and inbox: in which language, to which address, why it failed."""

import portal.crypto.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_expires_at")]

    operations = [
        migrations.AddField("notification", "language", models.CharField(db_default="vi", default="vi", max_length=2)),
        migrations.AddField(
            "notification",
            "address",
            portal.crypto.fields.SealedTextField(context="notifications.notification.address", null=True, subject="party_id"),
        ),
        migrations.AddField("notification", "failure", models.CharField(blank=True, db_default="", default="", max_length=80)),
        migrations.AlterField(
            "notification",
            "channel",
            models.CharField(choices=[("inbox", "Tài khoản"), ("sms", "Tin nhắn"), ("email", "Thư điện tử")], max_length=10),
        ),
    ]
