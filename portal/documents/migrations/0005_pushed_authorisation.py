from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0004_signing_batches")]

    operations = [
        migrations.AddField("signingbatch", "asked_at", models.DateTimeField(null=True)),
        migrations.AddField("signingbatch", "request_uri", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("signingbatch", "request_expires_at", models.DateTimeField(null=True)),
        migrations.AddField("signingbatch", "note", models.CharField(blank=True, default="", max_length=300), preserve_default=False),
    ]
