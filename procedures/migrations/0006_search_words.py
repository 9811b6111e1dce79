"""The words of the search and the questions it found nothing for; every process sees a change of the words."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from portal.caching.sql import note_changes


class Migration(migrations.Migration):

    dependencies = [
        ('caching', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('procedures', '0005_order_of_lists'),
    ]

    operations = [
migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phrase', models.CharField(max_length=120, verbose_name='từ người dân dùng')),
                ('key', models.CharField(editable=False, max_length=360, verbose_name='khóa tìm kiếm')),
                ('kind', models.CharField(choices=[('means', 'thay cho'), ('also', 'tìm thêm'), ('noise', 'bỏ qua')], max_length=5, verbose_name='cách dùng')),
                ('meanings', models.TextField(blank=True, max_length=1000, verbose_name='từ trong thủ tục')),
                ('origin', models.CharField(choices=[('shipped', 'có sẵn'), ('desk', 'cán bộ')], default='desk', editable=False, max_length=7, verbose_name='nguồn')),
                ('active', models.BooleanField(default=True, editable=False, verbose_name='đang dùng')),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now(), verbose_name='sửa lúc')),
            ],
            options={
                'verbose_name': 'từ tìm kiếm',
                'verbose_name_plural': 'từ tìm kiếm',
                'ordering': ['key'],
                'constraints': [models.UniqueConstraint(fields=('key',), name='search_word_key'), models.CheckConstraint(condition=models.Q(models.Q(('phrase', ''), _negated=True), models.Q(('key', ''), _negated=True)), name='search_word_says_something'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'noise'), ('meanings', '')), models.Q(models.Q(('kind', 'noise'), _negated=True), models.Q(('meanings', ''), _negated=True)), _connector='OR'), name='search_word_means_something')],
            },
        ),
migrations.CreateModel(
            name='SearchWordEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('phrase', models.CharField(max_length=120, verbose_name='từ người dân dùng')),
                ('key', models.CharField(editable=False, max_length=360, verbose_name='khóa tìm kiếm')),
                ('kind', models.CharField(choices=[('means', 'thay cho'), ('also', 'tìm thêm'), ('noise', 'bỏ qua')], max_length=5, verbose_name='cách dùng')),
                ('meanings', models.TextField(blank=True, max_length=1000, verbose_name='từ trong thủ tục')),
                ('origin', models.CharField(choices=[('shipped', 'có sẵn'), ('desk', 'cán bộ')], default='desk', editable=False, max_length=7, verbose_name='nguồn')),
                ('active', models.BooleanField(default=True, editable=False, verbose_name='đang dùng')),
            ("pgh_context", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
("pgh_obj", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.searchword')),
],
            options={
                'abstract': False,
            },
        ),
migrations.CreateModel(
            name='SearchMiss',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(editable=False, max_length=600, verbose_name='khóa tìm kiếm')),
                ('question', models.CharField(max_length=200, verbose_name='câu hỏi')),
                ('count', models.PositiveIntegerField(default=1, verbose_name='số lần')),
                ('first_at', models.DateTimeField(verbose_name='lần đầu')),
                ('last_at', models.DateTimeField(verbose_name='lần cuối')),
                ('handled_at', models.DateTimeField(blank=True, null=True, verbose_name='đã xem lúc')),
            ],
            options={
                'verbose_name': 'câu hỏi không tìm thấy',
                'verbose_name_plural': 'câu hỏi không tìm thấy',
                'ordering': ['-count', '-last_at', '-id'],
                'indexes': [models.Index(condition=models.Q(('handled_at__isnull', True)), fields=['-count', '-last_at', '-id'], name='search_miss_waiting')],
                'constraints': [models.UniqueConstraint(fields=('key',), name='search_miss_key'), models.CheckConstraint(condition=models.Q(('count__gte', 1), ('first_at__lte', models.F('last_at'))), name='search_miss_counts'), models.CheckConstraint(condition=models.Q(models.Q(('key', ''), _negated=True), models.Q(('question', ''), _negated=True)), name='search_miss_asks_something')],
            },
        ),
pgtrigger.migrations.AddTrigger(
            model_name='searchword',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_searchwordevent" ("active", "id", "key", "kind", "meanings", "origin", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phrase") VALUES (NEW."active", NEW."id", NEW."key", NEW."kind", NEW."meanings", NEW."origin", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phrase"); RETURN NULL;', hash='a8265b152349033c425bba0824eb27a22a8527d8', operation='INSERT', pgid='pgtrigger_insert_insert_302e5', table='procedures_searchword', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='searchword',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."active" IS DISTINCT FROM (NEW."active") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."key" IS DISTINCT FROM (NEW."key") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."meanings" IS DISTINCT FROM (NEW."meanings") OR OLD."origin" IS DISTINCT FROM (NEW."origin") OR OLD."phrase" IS DISTINCT FROM (NEW."phrase"))', func='INSERT INTO "procedures_searchwordevent" ("active", "id", "key", "kind", "meanings", "origin", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phrase") VALUES (NEW."active", NEW."id", NEW."key", NEW."kind", NEW."meanings", NEW."origin", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phrase"); RETURN NULL;', hash='fa930ee13de379eb043721509104b30288c6ccee', operation='UPDATE', pgid='pgtrigger_update_update_c4c23', table='procedures_searchword', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='searchword',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_searchwordevent" ("active", "id", "key", "kind", "meanings", "origin", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phrase") VALUES (OLD."active", OLD."id", OLD."key", OLD."kind", OLD."meanings", OLD."origin", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."phrase"); RETURN NULL;', hash='116a99312b13d795e638e7210be5a93cad075e71', operation='DELETE', pgid='pgtrigger_delete_delete_8fdaf', table='procedures_searchword', when='AFTER')),
        ),
# A room of its own: the search's words empty no page of the catalogue.
note_changes("search", "procedures_searchword"),
]
