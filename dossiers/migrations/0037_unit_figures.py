"""What no figure has counted yet, the events of before among it; filings that nobody answered in time; an index that finds them."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

KNOWN = "INSERT INTO dossiers_uncountedevent (event_id) SELECT id FROM dossiers_dossierevent ON CONFLICT DO NOTHING"


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0036_counter_filings")]

    operations = [
        migrations.CreateModel(
            name="LateAnswer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("response_due_at", models.DateTimeField()),
                ("unit_code", models.CharField(db_collation="C", max_length=40)),
                ("told_at", models.DateTimeField()),
                ("told", models.PositiveSmallIntegerField(default=0)),
                (
                    "dossier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="late_answers", to="dossiers.dossier"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("dossier", "response_due_at"), name="dossiers_late_answer_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="UncountedEvent",
            fields=[("event_id", models.BigIntegerField(primary_key=True, serialize=False))],
        ),
        migrations.AddIndex(
            model_name='dossier',
            index=models.Index(condition=models.Q(('state', '1')), fields=['response_due_at', 'id'], name='dossiers_unanswered'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dossierevent',
            trigger=pgtrigger.compiler.Trigger(name='event_to_count', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO dossiers_uncountedevent (event_id) SELECT id FROM new_events; RETURN NULL;', hash='f16621a8ed7454e38ceeb1c953f65b93cb91546e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_event_to_count_e4b2f', referencing='REFERENCING NEW TABLE AS new_events ', table='dossiers_dossierevent', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lateanswer',
            trigger=pgtrigger.compiler.Trigger(name='late_answer_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='0831a1c7809904f227b6f173c08f91e95af266ae', operation='UPDATE OR DELETE', pgid='pgtrigger_late_answer_stays_2f0e9', table='dossiers_lateanswer', when='BEFORE')),
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
