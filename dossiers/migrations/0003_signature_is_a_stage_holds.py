from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dossiers', '0002_signature_is_a_stage'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='dossier',
            constraint=models.CheckConstraint(condition=models.Q(('stage', ''), models.Q(('decided_at__isnull', False), ('signer_position_id__isnull', False), ('stage', 'awaiting_signature'), ('state', '4')), _connector='OR'), name='dossiers_awaiting_is_decided'),
        ),
        migrations.AddConstraint(
            model_name='dossier',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage', ''), ('state__in', ['2', '4']), _negated=True), ('decided_at__isnull', True), _connector='OR'), name='dossiers_undecided_has_no_decision'),
        ),
        migrations.AddConstraint(
            model_name='dossier',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['9', '10']), _negated=True), ('finished_at__isnull', False), _connector='OR'), name='dossiers_decided_is_signed'),
        ),
    ]
