"""By what the trail is searched: what, when, on what, in which request, for which party."""

import django.db.models.fields.json
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The table is long, and acts are written while its indexes are made.
    atomic = False

    dependencies = [
        ('audit', '0004_checks'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='act',
            index=models.Index(fields=['target_id', 'target', 'id'], name='audit_by_target_id'),
        ),
        AddIndexConcurrently(
            model_name='act',
            index=models.Index(fields=['act', 'id'], name='audit_by_act'),
        ),
        AddIndexConcurrently(
            model_name='act',
            index=models.Index(condition=models.Q(('request_id', ''), _negated=True), fields=['request_id'], name='audit_by_request'),
        ),
        AddIndexConcurrently(
            model_name='act',
            index=models.Index(django.db.models.fields.json.KeyTextTransform('party', 'details'), models.F('id'), condition=models.Q(('details__has_key', 'party')), name='audit_by_party'),
        ),
        AddIndexConcurrently(
            model_name='act',
            index=models.Index(fields=['at', 'id'], name='audit_by_time'),
        ),
        RemoveIndexConcurrently(
            model_name='act',
            name='audit_by_target',
        ),
    ]
