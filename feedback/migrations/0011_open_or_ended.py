from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


OPEN = models.Q(('state__in', ['new', 'waiting', 'processing', 'checking']))
QUEUED = ['state', 'unit_code', 'unit_due_at', 'progress_due_at', 'handler_position_id']


class Migration(migrations.Migration):
    # A million petitions: they are sent and worked on while their indexes are made.
    atomic = False

    dependencies = [
        ("feedback", "0010_longer_until"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='petition',
            index=models.Index(fields=['agency_code', 'ended_at', 'id'], name='petitions_open_or_ended'),
        ),
        AddIndexConcurrently(
            model_name='petition',
            index=models.Index(fields=['ended_at', 'id'], name='petitions_of_all_open_or_ended'),
        ),
        AddIndexConcurrently(
            model_name='petition',
            index=models.Index(
                fields=['agency_code', 'due_at', 'id'], include=QUEUED, name='petitions_open_in_agency', condition=OPEN
            ),
        ),
        AddIndexConcurrently(
            model_name='petition',
            index=models.Index(fields=['due_at', 'id'], include=QUEUED, name='petitions_open_counted', condition=OPEN),
        ),
        RemoveIndexConcurrently(model_name='petition', name='petitions_open_of_agency'),
        RemoveIndexConcurrently(model_name='petition', name='petitions_open'),
        RemoveIndexConcurrently(model_name='petition', name='petitions_ended_at'),
        RemoveIndexConcurrently(model_name='petition', name='petitions_ended'),
    ]
