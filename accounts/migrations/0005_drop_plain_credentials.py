from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_seal_credentials'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='position',
            name='credential_id',
        ),
        migrations.RemoveField(
            model_name='positionevent',
            name='credential_id',
        ),
    ]
