from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # A million petitions: they are sent and worked on while their indexes are made.
    atomic = False

    dependencies = [
        ('feedback', '0007_warned_steps'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='petition',
            index=models.Index(fields=['agency_code', 'received_at', 'id'], name='petitions_received_by'),
        ),
        AddIndexConcurrently(
            model_name='petition',
            index=models.Index(
                condition=models.Q(('ended_at__isnull', False)), fields=['agency_code', 'ended_at', 'id'], name='petitions_ended_at'
            ),
        ),
        AddIndexConcurrently(
            model_name='petition',
            index=models.Index(fields=['received_at', 'id'], name='petitions_received'),
        ),
        AddIndexConcurrently(
            model_name='petition',
            index=models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['ended_at', 'id'], name='petitions_ended'),
        ),
        AddIndexConcurrently(
            model_name='finishedround',
            index=models.Index(fields=['agency_code', 'disagreed_at'], name='rounds_disagreed_of_agency'),
        ),
    ]
