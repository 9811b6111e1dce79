"""Organisations, mandates, and the roles of a position as rows with dates and givers of their own."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.db import migrations, models


_ROLES = django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), null=True, size=None)
_ROLES_TO_ROWS = """
INSERT INTO accounts_positionrole (position_id, role, valid_from, valid_to)
SELECT id, unnest(roles), valid_from, valid_to FROM accounts_position;
SET CONSTRAINTS ALL IMMEDIATE;
"""
_ROWS_TO_ROLES = """
UPDATE accounts_position SET roles = coalesce(
    (SELECT array_agg(DISTINCT role) FROM accounts_positionrole WHERE position_id = accounts_position.id AND valid_to IS NULL), '{}');
UPDATE accounts_positionevent SET roles = '{}';
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_registry_due'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=300, verbose_name='tên')),
                ('name_key', models.CharField(editable=False, max_length=300)),
                ('kind', models.CharField(choices=[('enterprise', 'Doanh nghiệp'), ('cooperative', 'Hợp tác xã'), ('organisation', 'Tổ chức khác')], max_length=12, verbose_name='loại')),
                ('tax_code', models.CharField(max_length=14, unique=True, verbose_name='mã số doanh nghiệp (mã số thuế)')),
                ('address', models.CharField(blank=True, max_length=500, verbose_name='trụ sở chính')),
                ('residence_unit', models.CharField(blank=True, max_length=5, verbose_name='xã, phường đặt trụ sở')),
                ('status', models.CharField(choices=[('active', 'Đang hoạt động'), ('suspended', 'Tạm ngừng kinh doanh'), ('dissolved', 'Đã giải thể')], default='active', max_length=10, verbose_name='tình trạng')),
                ('registry_checked_at', models.DateTimeField(blank=True, null=True, verbose_name='đối chiếu CSDL đăng ký doanh nghiệp lúc')),
                ('registry_due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name': 'tổ chức',
                'verbose_name_plural': 'tổ chức',
                'ordering': ['name_key', 'id'],
            "indexes": [models.Index(fields=['name_key', 'id'], name='organisation_by_name'),
models.Index(fields=['registry_due_at'], name='organisation_by_due'),
],
"constraints": [models.CheckConstraint(condition=models.Q(('tax_code__regex', '^[0-9]{10}(-[0-9]{3})?$')), name='organisation_tax_code_form'),
],
},
        ),
migrations.CreateModel(
            name='Mandate',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('basis', models.CharField(choices=[('parent', 'Cha, mẹ theo Cơ sở dữ liệu quốc gia về dân cư'), ('legal', 'Người đại diện theo pháp luật'), ('given', 'Được ủy quyền')], max_length=10, verbose_name='căn cứ')),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, null=True, size=None, verbose_name='thủ tục')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(blank=True, null=True, verbose_name='đến')),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='lập lúc')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='nhận lúc')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='chấm dứt lúc')),
            ("given_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person', verbose_name='người ủy quyền')),
("grantor", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mandates_over', to='accounts.person')),
("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mandates', to='accounts.person', verbose_name='người đại diện')),
("withdrawn_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person', verbose_name='người chấm dứt')),
("organisation", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mandates', to='accounts.organisation')),
],
            options={
                'verbose_name': 'quyền đại diện',
                'verbose_name_plural': 'quyền đại diện',
                'ordering': ['given_at', 'id'],
            "indexes": [models.Index(condition=models.Q(('withdrawn_at__isnull', True)), fields=['person', 'given_at', 'id'], name='mandate_of_person'),
models.Index(fields=['organisation', 'given_at', 'id'], name='mandate_of_organisation'),
models.Index(fields=['grantor', 'given_at', 'id'], name='mandate_of_grantor'),
],
"constraints": [models.CheckConstraint(condition=models.Q(models.Q(('grantor__isnull', False), ('organisation__isnull', True)), models.Q(('grantor__isnull', True), ('organisation__isnull', False)), _connector='OR'), name='mandate_is_for_one_party'),
models.CheckConstraint(condition=models.Q(('grantor__isnull', True), models.Q(('grantor', models.F('person')), _negated=True), _connector='OR'), name='mandate_is_for_another'),
models.CheckConstraint(condition=models.Q(models.Q(('accepted_at__isnull', False), ('basis', 'parent'), ('grantor__isnull', False)), models.Q(('accepted_at__isnull', False), ('basis', 'legal'), ('organisation__isnull', False)), models.Q(('basis', 'given'), ('given_by__isnull', False)), _connector='OR'), name='mandate_basis_fits'),
models.CheckConstraint(condition=models.Q(('procedures__isnull', True), models.Q(('basis', 'given'), ('procedures__len__gt', 0)), _connector='OR'), name='mandate_scope_fits'),
models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='mandate_ends_after_it_begins'),
models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('person', 'basis', 'grantor', 'organisation'), name='mandate_one_open', nulls_distinct=False),
],
},
        ),
migrations.CreateModel(
            name='MandateEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('basis', models.CharField(choices=[('parent', 'Cha, mẹ theo Cơ sở dữ liệu quốc gia về dân cư'), ('legal', 'Người đại diện theo pháp luật'), ('given', 'Được ủy quyền')], max_length=10, verbose_name='căn cứ')),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, null=True, size=None, verbose_name='thủ tục')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(blank=True, null=True, verbose_name='đến')),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='lập lúc')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='nhận lúc')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='chấm dứt lúc')),
            ("given_by", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.person', verbose_name='người ủy quyền')),
("grantor", models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.person')),
("person", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.person', verbose_name='người đại diện')),
("pgh_context", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
("pgh_obj", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.mandate')),
("withdrawn_by", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.person', verbose_name='người chấm dứt')),
("organisation", models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.organisation')),
],
            options={
                'abstract': False,
            },
        ),
migrations.CreateModel(
            name='OrganisationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('name', models.CharField(max_length=300, verbose_name='tên')),
                ('name_key', models.CharField(editable=False, max_length=300)),
                ('kind', models.CharField(choices=[('enterprise', 'Doanh nghiệp'), ('cooperative', 'Hợp tác xã'), ('organisation', 'Tổ chức khác')], max_length=12, verbose_name='loại')),
                ('tax_code', models.CharField(max_length=14, verbose_name='mã số doanh nghiệp (mã số thuế)')),
                ('address', models.CharField(blank=True, max_length=500, verbose_name='trụ sở chính')),
                ('residence_unit', models.CharField(blank=True, max_length=5, verbose_name='xã, phường đặt trụ sở')),
                ('status', models.CharField(choices=[('active', 'Đang hoạt động'), ('suspended', 'Tạm ngừng kinh doanh'), ('dissolved', 'Đã giải thể')], default='active', max_length=10, verbose_name='tình trạng')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ("pgh_context", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
("pgh_obj", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.organisation')),
],
            options={
                'abstract': False,
            },
        ),
migrations.CreateModel(
            name='PositionRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('reception', 'Tiếp nhận hồ sơ'), ('handling', 'Thụ lý hồ sơ'), ('signing', 'Ký kết quả'), ('administrator', 'Quản trị đơn vị'), ('steering', 'Văn phòng Chính phủ điều hành'), ('operating', 'Vận hành tại tổ chức thanh toán, bưu chính')], max_length=30, verbose_name='vai trò')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(blank=True, null=True, verbose_name='đến')),
            ("ended_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người thu hồi')),
("given_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người giao')),
("position", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='given_roles', to='accounts.position', verbose_name='chức danh')),
],
            options={
                'verbose_name': 'vai trò',
                'verbose_name_plural': 'vai trò',
                'ordering': ['position', 'role', 'id'],
            "constraints": [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='role_ends_after_it_begins'),
models.UniqueConstraint(condition=models.Q(('valid_to__isnull', True)), fields=('position', 'role'), name='role_one_open_per_position'),
],
},
        ),
migrations.CreateModel(
            name='PositionRoleEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('role', models.CharField(choices=[('reception', 'Tiếp nhận hồ sơ'), ('handling', 'Thụ lý hồ sơ'), ('signing', 'Ký kết quả'), ('administrator', 'Quản trị đơn vị'), ('steering', 'Văn phòng Chính phủ điều hành'), ('operating', 'Vận hành tại tổ chức thanh toán, bưu chính')], max_length=30, verbose_name='vai trò')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(blank=True, null=True, verbose_name='đến')),
            ("ended_by", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người thu hồi')),
("given_by", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người giao')),
("pgh_context", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
("pgh_obj", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.positionrole')),
("position", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='chức danh')),
],
            options={
                'abstract': False,
            },
        ),
pgtrigger.migrations.AddTrigger(
            model_name='organisation',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_organisationevent" ("address", "created_at", "id", "kind", "name", "name_key", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "residence_unit", "status", "tax_code") VALUES (NEW."address", NEW."created_at", NEW."id", NEW."kind", NEW."name", NEW."name_key", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."residence_unit", NEW."status", NEW."tax_code"); RETURN NULL;', hash='e820ea4d68bc6ae99783c2b9af077f62f9ff13b4', operation='INSERT', pgid='pgtrigger_insert_insert_66a5c', table='accounts_organisation', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='organisation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."name_key" IS DISTINCT FROM (NEW."name_key") OR OLD."residence_unit" IS DISTINCT FROM (NEW."residence_unit") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."tax_code" IS DISTINCT FROM (NEW."tax_code"))', func='INSERT INTO "accounts_organisationevent" ("address", "created_at", "id", "kind", "name", "name_key", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "residence_unit", "status", "tax_code") VALUES (NEW."address", NEW."created_at", NEW."id", NEW."kind", NEW."name", NEW."name_key", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."residence_unit", NEW."status", NEW."tax_code"); RETURN NULL;', hash='2aa6e0c4f54cd047fae824f411b38e40f3efe3ca', operation='UPDATE', pgid='pgtrigger_update_update_9e5fc', table='accounts_organisation', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='mandate',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_mandateevent" ("accepted_at", "basis", "given_at", "given_by_id", "grantor_id", "id", "organisation_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "valid_from", "valid_to", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."accepted_at", NEW."basis", NEW."given_at", NEW."given_by_id", NEW."grantor_id", NEW."id", NEW."organisation_id", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."procedures", NEW."valid_from", NEW."valid_to", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;', hash='01835529e6a84951c43f364e19294b58d0ddaca2', operation='INSERT', pgid='pgtrigger_insert_insert_09f7b', table='accounts_mandate', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='mandate',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_mandateevent" ("accepted_at", "basis", "given_at", "given_by_id", "grantor_id", "id", "organisation_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "valid_from", "valid_to", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."accepted_at", NEW."basis", NEW."given_at", NEW."given_by_id", NEW."grantor_id", NEW."id", NEW."organisation_id", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."procedures", NEW."valid_from", NEW."valid_to", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;', hash='bdbf53ecc8871db6f181a998a29765606534449f', operation='UPDATE', pgid='pgtrigger_update_update_4c44a', table='accounts_mandate', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='positionrole',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_positionroleevent" ("ended_by_id", "given_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position_id", "role", "valid_from", "valid_to") VALUES (NEW."ended_by_id", NEW."given_by_id", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position_id", NEW."role", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='565f5a859d5ec542bdad26afc800352ea69de20f', operation='INSERT', pgid='pgtrigger_insert_insert_e2f6d', table='accounts_positionrole', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='positionrole',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_positionroleevent" ("ended_by_id", "given_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position_id", "role", "valid_from", "valid_to") VALUES (NEW."ended_by_id", NEW."given_by_id", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position_id", NEW."role", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='1e57a06de8bc881458ef3d725f093df36054e28d', operation='UPDATE', pgid='pgtrigger_update_update_30f10', table='accounts_positionrole', when='AFTER')),
        ),
pgtrigger.migrations.RemoveTrigger(
            model_name='position',
            name='insert_insert',
        ),
pgtrigger.migrations.RemoveTrigger(
            model_name='position',
            name='update_update',
        ),
migrations.AddField(
            model_name='position',
            name='place',
            field=models.CharField(choices=[('agency', 'Cơ quan nhà nước'), ('institution', 'Tổ chức (ngân hàng, bưu chính)')], db_default='agency', default='agency', max_length=12, verbose_name='nơi giữ chức danh'),
        ),
migrations.AddField(
            model_name='positionevent',
            name='place',
            field=models.CharField(choices=[('agency', 'Cơ quan nhà nước'), ('institution', 'Tổ chức (ngân hàng, bưu chính)')], db_default='agency', default='agency', max_length=12, verbose_name='nơi giữ chức danh'),
        ),
migrations.AlterField(
            model_name='position',
            name='unit_code',
            field=models.CharField(max_length=40, verbose_name='mã cơ quan, tổ chức'),
        ),
migrations.AlterField(
            model_name='positionevent',
            name='unit_code',
            field=models.CharField(max_length=40, verbose_name='mã cơ quan, tổ chức'),
        ),
migrations.AlterField(model_name="position", name="roles", field=_ROLES),
migrations.AlterField(model_name="positionevent", name="roles", field=_ROLES),
migrations.RunSQL(_ROLES_TO_ROWS, _ROWS_TO_ROLES),
migrations.RemoveField(
            model_name='position',
            name='roles',
        ),
migrations.RemoveField(
            model_name='positionevent',
            name='roles',
        ),
pgtrigger.migrations.AddTrigger(
            model_name='position',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_positionevent" ("id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "title", "unit_code", "valid_from", "valid_to") VALUES (NEW."id", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."place", NEW."title", NEW."unit_code", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='22c3e9c1ae627d1dff344ebc0dd5705bc764d147', operation='INSERT', pgid='pgtrigger_insert_insert_7a772', table='accounts_position', when='AFTER')),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='position',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."place" IS DISTINCT FROM (NEW."place") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."unit_code" IS DISTINCT FROM (NEW."unit_code") OR OLD."valid_from" IS DISTINCT FROM (NEW."valid_from") OR OLD."valid_to" IS DISTINCT FROM (NEW."valid_to"))', func='INSERT INTO "accounts_positionevent" ("id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "title", "unit_code", "valid_from", "valid_to") VALUES (NEW."id", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."place", NEW."title", NEW."unit_code", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='ec91ce8ece5528642abd5994689f249e0ecb34bf', operation='UPDATE', pgid='pgtrigger_update_update_f3f78', table='accounts_position', when='AFTER')),
        ),
]
