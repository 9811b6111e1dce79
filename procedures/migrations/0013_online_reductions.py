"""What provinces and ministries take off for filing online; kept pages of procedures follow it."""

import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.db import migrations, models

from portal.caching.sql import note_changes


class Migration(migrations.Migration):

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('procedures', '0012_search_weights'),
    ]

    operations = [
migrations.CreateModel(
            name='OnlineReduction',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan công bố')),
                ('province_code', models.CharField(blank=True, max_length=2, verbose_name='mã tỉnh, thành phố')),
                ('what', models.CharField(choices=[('fee', 'Phí, lệ phí'), ('time', 'Thời hạn giải quyết')], default='fee', max_length=4, verbose_name='giảm gì')),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None, verbose_name='mã thủ tục')),
                ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), blank=True, default=list, size=None, verbose_name='mã lĩnh vực')),
                ('fee_kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, default=list, size=None, verbose_name='loại khoản thu')),
                ('fee_names', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), blank=True, default=list, size=None, verbose_name='tên khoản thu')),
                ('percent', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='giảm phần trăm')),
                ('amount', models.BigIntegerField(blank=True, null=True, verbose_name='giảm một số')),
                ('valid_from', models.DateField(verbose_name='từ ngày')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='đến hết ngày')),
                ('basis', models.CharField(max_length=300, verbose_name='căn cứ')),
                ('source', models.CharField(blank=True, max_length=500, verbose_name='nơi đăng')),
                ('origin', models.CharField(choices=[('shipped', 'có sẵn'), ('desk', 'cán bộ')], default='desk', editable=False, max_length=7, verbose_name='nguồn')),
                ('key', models.CharField(blank=True, editable=False, max_length=60, null=True, unique=True)),
                ('declared_by', models.CharField(blank=True, max_length=300, verbose_name='người ghi')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='chấm dứt lúc')),
                ('ended_why', models.CharField(blank=True, max_length=500, verbose_name='lý do chấm dứt')),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now(), verbose_name='sửa lúc')),
            ],
            options={
                'verbose_name': 'giảm khi nộp trực tuyến',
                'verbose_name_plural': 'giảm phí, thời hạn khi nộp trực tuyến',
                'ordering': ['-valid_from', 'id'],
                'indexes': [models.Index(fields=['province_code', 'valid_from'], name='online_reduction_where'), models.Index(fields=['unit_code', '-valid_from', 'id'], name='online_reduction_unit'), models.Index(fields=['-valid_from', 'id'], name='online_reduction_order')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('amount__gte', 1), ('amount__isnull', False), ('percent__isnull', True)), models.Q(('amount__isnull', True), ('percent__gte', 1), ('percent__isnull', False), ('percent__lte', 100), ('what', 'fee')), models.Q(('amount__isnull', True), ('percent__gte', 1), ('percent__isnull', False), ('percent__lte', 99), ('what', 'time')), _connector='OR'), name='online_reduction_so_much'), models.CheckConstraint(condition=models.Q(('origin__in', ['shipped', 'desk']), ('what__in', ['fee', 'time'])), name='online_reduction_known'), models.CheckConstraint(condition=models.Q(('province_code__regex', '^(\\d{2})?$')), name='online_reduction_place'), models.CheckConstraint(condition=models.Q(models.Q(('basis', ''), _negated=True), models.Q(('unit_code', ''), _negated=True)), name='online_reduction_says_why'), models.CheckConstraint(condition=models.Q(('fee_kinds__contained_by', ['fee', 'charge', 'other'])), name='online_reduction_kinds'), models.CheckConstraint(condition=models.Q(models.Q(('what', 'fee'), models.Q(models.Q(('procedures', []), _negated=True), models.Q(('fields', []), _negated=True), models.Q(('fee_kinds', []), _negated=True), models.Q(('fee_names', []), _negated=True), _connector='OR')), models.Q(('fee_kinds', []), ('fee_names', []), ('what', 'time'), models.Q(models.Q(('procedures', []), _negated=True), models.Q(('fields', []), _negated=True), _connector='OR')), _connector='OR'), name='online_reduction_of_something'), models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), models.Q(('ended_at__isnull', False), ('valid_to', django.db.models.expressions.CombinedExpression(models.F('valid_from'), '-', models.Value(datetime.timedelta(days=1))))), _connector='OR'), name='online_reduction_days'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_why', '')), models.Q(('ended_at__isnull', False), ('valid_to__isnull', False), models.Q(('ended_why', ''), _negated=True)), _connector='OR'), name='online_reduction_ended_says_when')],
            },
        ),
migrations.CreateModel(
            name='OnlineReductionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan công bố')),
                ('province_code', models.CharField(blank=True, max_length=2, verbose_name='mã tỉnh, thành phố')),
                ('what', models.CharField(choices=[('fee', 'Phí, lệ phí'), ('time', 'Thời hạn giải quyết')], default='fee', max_length=4, verbose_name='giảm gì')),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None, verbose_name='mã thủ tục')),
                ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), blank=True, default=list, size=None, verbose_name='mã lĩnh vực')),
                ('fee_kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, default=list, size=None, verbose_name='loại khoản thu')),
                ('fee_names', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), blank=True, default=list, size=None, verbose_name='tên khoản thu')),
                ('percent', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='giảm phần trăm')),
                ('amount', models.BigIntegerField(blank=True, null=True, verbose_name='giảm một số')),
                ('valid_from', models.DateField(verbose_name='từ ngày')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='đến hết ngày')),
                ('basis', models.CharField(max_length=300, verbose_name='căn cứ')),
                ('source', models.CharField(blank=True, max_length=500, verbose_name='nơi đăng')),
                ('origin', models.CharField(choices=[('shipped', 'có sẵn'), ('desk', 'cán bộ')], default='desk', editable=False, max_length=7, verbose_name='nguồn')),
                ('key', models.CharField(blank=True, editable=False, max_length=60, null=True)),
                ('declared_by', models.CharField(blank=True, max_length=300, verbose_name='người ghi')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='chấm dứt lúc')),
                ('ended_why', models.CharField(blank=True, max_length=500, verbose_name='lý do chấm dứt')),
            ("pgh_context", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
("pgh_obj", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.onlinereduction')),
],
            options={
                'abstract': False,
            },
        ),
pgtrigger.migrations.AddTrigger(
            model_name='onlinereduction',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_onlinereductionevent" ("amount", "basis", "declared_by", "ended_at", "ended_why", "fee_kinds", "fee_names", "fields", "id", "key", "origin", "percent", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "province_code", "source", "unit_code", "valid_from", "valid_to", "what") VALUES (NEW."amount", NEW."basis", NEW."declared_by", NEW."ended_at", NEW."ended_why", NEW."fee_kinds", NEW."fee_names", NEW."fields", NEW."id", NEW."key", NEW."origin", NEW."percent", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."procedures", NEW."province_code", NEW."source", NEW."unit_code", NEW."valid_from", NEW."valid_to", NEW."what"); RETURN NULL;', hash='c3b2995140de683211393b28ca31524b1df048cc', operation='INSERT', pgid='pgtrigger_insert_insert_4dcd5', table='procedures_onlinereduction', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='onlinereduction',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."basis" IS DISTINCT FROM (NEW."basis") OR OLD."declared_by" IS DISTINCT FROM (NEW."declared_by") OR OLD."ended_at" IS DISTINCT FROM (NEW."ended_at") OR OLD."ended_why" IS DISTINCT FROM (NEW."ended_why") OR OLD."fee_kinds" IS DISTINCT FROM (NEW."fee_kinds") OR OLD."fee_names" IS DISTINCT FROM (NEW."fee_names") OR OLD."fields" IS DISTINCT FROM (NEW."fields") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."key" IS DISTINCT FROM (NEW."key") OR OLD."origin" IS DISTINCT FROM (NEW."origin") OR OLD."percent" IS DISTINCT FROM (NEW."percent") OR OLD."procedures" IS DISTINCT FROM (NEW."procedures") OR OLD."province_code" IS DISTINCT FROM (NEW."province_code") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."unit_code" IS DISTINCT FROM (NEW."unit_code") OR OLD."valid_from" IS DISTINCT FROM (NEW."valid_from") OR OLD."valid_to" IS DISTINCT FROM (NEW."valid_to") OR OLD."what" IS DISTINCT FROM (NEW."what"))', func='INSERT INTO "procedures_onlinereductionevent" ("amount", "basis", "declared_by", "ended_at", "ended_why", "fee_kinds", "fee_names", "fields", "id", "key", "origin", "percent", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "province_code", "source", "unit_code", "valid_from", "valid_to", "what") VALUES (NEW."amount", NEW."basis", NEW."declared_by", NEW."ended_at", NEW."ended_why", NEW."fee_kinds", NEW."fee_names", NEW."fields", NEW."id", NEW."key", NEW."origin", NEW."percent", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."procedures", NEW."province_code", NEW."source", NEW."unit_code", NEW."valid_from", NEW."valid_to", NEW."what"); RETURN NULL;', hash='f1e9bb777e03bb048c324d53e680a4437064057f', operation='UPDATE', pgid='pgtrigger_update_update_3c42e', table='procedures_onlinereduction', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='onlinereduction',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_onlinereductionevent" ("amount", "basis", "declared_by", "ended_at", "ended_why", "fee_kinds", "fee_names", "fields", "id", "key", "origin", "percent", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "province_code", "source", "unit_code", "valid_from", "valid_to", "what") VALUES (OLD."amount", OLD."basis", OLD."declared_by", OLD."ended_at", OLD."ended_why", OLD."fee_kinds", OLD."fee_names", OLD."fields", OLD."id", OLD."key", OLD."origin", OLD."percent", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."procedures", OLD."province_code", OLD."source", OLD."unit_code", OLD."valid_from", OLD."valid_to", OLD."what"); RETURN NULL;', hash='93150420ddc24d0a5a353c33052b42dcce1349d8', operation='DELETE', pgid='pgtrigger_delete_delete_fc71a', table='procedures_onlinereduction', when='AFTER')),
        ),
note_changes("reductions", "procedures_onlinereduction"),
]
