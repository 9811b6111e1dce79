"""The weights of the search, that editors change; every process sees a change of them."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.db import migrations, models

from portal.caching.sql import note_changes


class Migration(migrations.Migration):

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('procedures', '0011_words_with_choices'),
    ]

    operations = [
migrations.CreateModel(
            name='SearchWeight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='tên')),
                ('key', models.CharField(editable=False, max_length=180, verbose_name='khóa')),
                ('kind', models.CharField(choices=[('all', 'mọi cặp tiếng'), ('field', 'phần của thủ tục'), ('pair', 'một cặp tiếng')], default='pair', editable=False, max_length=5, verbose_name='loại')),
                ('value', models.DecimalField(decimal_places=2, max_digits=3, verbose_name='trọng số')),
                ('origin', models.CharField(choices=[('shipped', 'có sẵn'), ('desk', 'cán bộ')], default='desk', editable=False, max_length=7, verbose_name='nguồn')),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now(), verbose_name='sửa lúc')),
            ],
            options={
                'verbose_name': 'trọng số tìm kiếm',
                'verbose_name_plural': 'trọng số tìm kiếm',
                'ordering': ['kind', '-value', 'key'],
                'indexes': [models.Index(fields=['kind', '-value', 'key'], name='search_weight_order')],
                'constraints': [models.UniqueConstraint(fields=('key',), name='search_weight_key'), models.CheckConstraint(condition=models.Q(('value__gte', 0), ('value__lte', 5)), name='search_weight_bounds'), models.CheckConstraint(condition=models.Q(models.Q(('key', 'name'), _negated=True), ('value__gte', Decimal('0.1')), _connector='OR'), name='search_weight_of_names'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'pair'), ('key__regex', '^[a-z0-9]+ [a-z0-9]+$'), models.Q(('name', ''), _negated=True)), models.Q(('key', 'pairs'), ('kind', 'all')), models.Q(('key__in', ['name', 'keywords', 'english', 'field', 'results']), ('kind', 'field')), _connector='OR'), name='search_weight_of_something')],
            },
        ),
migrations.CreateModel(
            name='SearchWeightEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('name', models.CharField(max_length=60, verbose_name='tên')),
                ('key', models.CharField(editable=False, max_length=180, verbose_name='khóa')),
                ('kind', models.CharField(choices=[('all', 'mọi cặp tiếng'), ('field', 'phần của thủ tục'), ('pair', 'một cặp tiếng')], default='pair', editable=False, max_length=5, verbose_name='loại')),
                ('value', models.DecimalField(decimal_places=2, max_digits=3, verbose_name='trọng số')),
                ('origin', models.CharField(choices=[('shipped', 'có sẵn'), ('desk', 'cán bộ')], default='desk', editable=False, max_length=7, verbose_name='nguồn')),
            ("pgh_context", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
("pgh_obj", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.searchweight')),
],
            options={
                'abstract': False,
            },
        ),
pgtrigger.migrations.AddTrigger(
            model_name='searchweight',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_searchweightevent" ("id", "key", "kind", "name", "origin", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "value") VALUES (NEW."id", NEW."key", NEW."kind", NEW."name", NEW."origin", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."value"); RETURN NULL;', hash='6fba1e457e77ee56f98ad255ad84524bd16d524e', operation='INSERT', pgid='pgtrigger_insert_insert_86140', table='procedures_searchweight', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='searchweight',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."key" IS DISTINCT FROM (NEW."key") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."origin" IS DISTINCT FROM (NEW."origin") OR OLD."value" IS DISTINCT FROM (NEW."value"))', func='INSERT INTO "procedures_searchweightevent" ("id", "key", "kind", "name", "origin", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "value") VALUES (NEW."id", NEW."key", NEW."kind", NEW."name", NEW."origin", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."value"); RETURN NULL;', hash='37a75bc487fec19833de3de06b6dd73e2e0ca9f6', operation='UPDATE', pgid='pgtrigger_update_update_fc481', table='procedures_searchweight', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='searchweight',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_searchweightevent" ("id", "key", "kind", "name", "origin", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "value") VALUES (OLD."id", OLD."key", OLD."kind", OLD."name", OLD."origin", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."value"); RETURN NULL;', hash='0ac03d188a23390cb87c2ea8c07f5328795b3103', operation='DELETE', pgid='pgtrigger_delete_delete_c60cd', table='procedures_searchweight', when='AFTER')),
        ),
note_changes("search", "procedures_searchweight"),
]
