import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_alike_requests'),
    ]

    operations = [
        migrations.AddField(
            model_name='certificatesignin',
            name='activation_expires_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='certificatesignin',
            name='activation_sealed',
            field=models.TextField(blank=True, db_default=''),
        ),
        migrations.AddField(
            model_name='certificatesignin',
            name='credential_sealed',
            field=models.TextField(blank=True, db_default=''),
        ),
        migrations.AddField(
            model_name='certificatesignin',
            name='signature',
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name='certificatesignin',
            name='position',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.position'),
        ),
        # Backwards: sign-ins of nobody yet, which the earlier table cannot hold and which live minutes.
        migrations.RunSQL(migrations.RunSQL.noop, 'DELETE FROM accounts_certificatesignin WHERE position_id IS NULL'),
        migrations.AddIndex(
            model_name='certificatesignin',
            index=models.Index(fields=['created_at'], name='certificate_sign_in_by_time'),
        ),
        migrations.AddConstraint(
            model_name='certificatesignin',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['proved', 'used']), _negated=True), ('position__isnull', False), _connector='OR'), name='proved_is_somebodys'),
        ),
    ]
