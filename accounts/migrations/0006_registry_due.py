import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The table of people is long, and people sign in while its index is made.
    atomic = False

    dependencies = [
        ('accounts', '0005_drop_plain_credentials'),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='registry_due_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, null=True),
        ),
        AddIndexConcurrently(
            model_name='person',
            index=models.Index(fields=['registry_due_at'], name='person_by_registry_due'),
        ),
    ]
