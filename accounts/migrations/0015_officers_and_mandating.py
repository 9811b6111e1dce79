"""High-level accounts, contracts of counters, substitutes, who may hand out what; invitations to mandates and requests of guardians."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import portal.crypto.fields
import uuid
from django.db import migrations, models


# Administrators handed out every role of their place until now: that stays so, and stands written down.
_GRANTS = """
UPDATE accounts_positionrole SET grants = ARRAY[
    'reception', 'handling', 'signing', 'clerk', 'procedure_entering', 'procedure_checking', 'procedure_publishing',
    'petition_reception', 'petition_handling', 'petition_checking', 'petition_publishing', 'accounting', 'overseeing',
    'content', 'technical', 'administrator'
] || CASE WHEN position.unit_code = 'G22' OR position.unit_code LIKE 'G22.%' THEN ARRAY['steering'] ELSE ARRAY[]::varchar[] END
FROM accounts_position position WHERE position.id = accounts_positionrole.position_id AND role = 'administrator';
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_sessions_and_ways'),
        ('files', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='CounterContract',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('unit_code', models.CharField(max_length=40, verbose_name='cơ quan')),
                ('company_code', models.CharField(max_length=40, verbose_name='mã doanh nghiệp bưu chính')),
                ('number', models.CharField(max_length=100, verbose_name='số hợp đồng')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(verbose_name='đến')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='ghi lúc')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='chấm dứt lúc')),
            ],
            options={
                'verbose_name': 'hợp đồng quầy tiếp nhận',
                'verbose_name_plural': 'hợp đồng quầy tiếp nhận',
                'ordering': ['-made_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='CounterContractEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('unit_code', models.CharField(max_length=40, verbose_name='cơ quan')),
                ('company_code', models.CharField(max_length=40, verbose_name='mã doanh nghiệp bưu chính')),
                ('number', models.CharField(max_length=100, verbose_name='số hợp đồng')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(verbose_name='đến')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='ghi lúc')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='chấm dứt lúc')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GuardianRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('ward_number', portal.crypto.fields.SealedTextField(context='accounts.guardianrequest.ward_number', subject='person_id', verbose_name='số định danh của người được giám hộ')),
                ('ward_blind', models.CharField(editable=False, max_length=64)),
                ('ward_name', portal.crypto.fields.SealedTextField(context='accounts.guardianrequest.ward_name', subject='person_id', verbose_name='họ tên người được giám hộ')),
                ('ward_birth_date', portal.crypto.fields.SealedTextField(context='accounts.guardianrequest.ward_birth_date', subject='person_id', verbose_name='ngày sinh người được giám hộ')),
                ('document_number', models.CharField(max_length=100, verbose_name='số giấy tờ')),
                ('document_date', models.DateField(verbose_name='ngày cấp')),
                ('unit_code', models.CharField(max_length=40, verbose_name='nơi kiểm tra')),
                ('until', models.DateField(blank=True, null=True, verbose_name='giám hộ đến ngày')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='gửi lúc')),
                ('state', models.CharField(choices=[('waiting', 'Chờ kiểm tra'), ('confirmed', 'Đã xác nhận'), ('refused', 'Không xác nhận'), ('called_off', 'Đã rút')], default='waiting', max_length=10, verbose_name='tình trạng')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='kết luận lúc')),
                ('reason', models.CharField(blank=True, max_length=1000, verbose_name='lý do')),
            ],
            options={
                'verbose_name': 'đề nghị của người giám hộ',
                'verbose_name_plural': 'đề nghị của người giám hộ',
                'ordering': ['asked_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='GuardianRequestEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('ward_blind', models.CharField(editable=False, max_length=64)),
                ('document_number', models.CharField(max_length=100, verbose_name='số giấy tờ')),
                ('document_date', models.DateField(verbose_name='ngày cấp')),
                ('unit_code', models.CharField(max_length=40, verbose_name='nơi kiểm tra')),
                ('until', models.DateField(blank=True, null=True, verbose_name='giám hộ đến ngày')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='gửi lúc')),
                ('state', models.CharField(choices=[('waiting', 'Chờ kiểm tra'), ('confirmed', 'Đã xác nhận'), ('refused', 'Không xác nhận'), ('called_off', 'Đã rút')], default='waiting', max_length=10, verbose_name='tình trạng')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='kết luận lúc')),
                ('reason', models.CharField(blank=True, max_length=1000, verbose_name='lý do')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HighLevelAccount',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('agency', 'Cơ quan nhà nước'), ('bank', 'Ngân hàng, trung gian thanh toán'), ('post', 'Doanh nghiệp bưu chính công ích')], max_length=8, verbose_name='cấp cho')),
                ('unit_code', models.CharField(max_length=40, verbose_name='mã cơ quan, tổ chức')),
                ('name', models.CharField(max_length=300, verbose_name='tên cơ quan, tổ chức')),
                ('grants', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None, verbose_name='vai trò được cấp cho người khác')),
                ('contract_number', models.CharField(blank=True, max_length=100, verbose_name='số hợp đồng, văn bản')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(blank=True, null=True, verbose_name='đến')),
                ('granted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='cấp lúc')),
                ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='mở bằng chứng thư số lúc')),
                ('certificate_serial', models.CharField(blank=True, max_length=80, verbose_name='số hiệu chứng thư số')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='thu hồi lúc')),
                ('end_reason', models.CharField(blank=True, max_length=1000, verbose_name='lý do thu hồi')),
            ],
            options={
                'verbose_name': 'tài khoản cấp cao',
                'verbose_name_plural': 'tài khoản cấp cao',
                'ordering': ['-granted_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='HighLevelAccountEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('kind', models.CharField(choices=[('agency', 'Cơ quan nhà nước'), ('bank', 'Ngân hàng, trung gian thanh toán'), ('post', 'Doanh nghiệp bưu chính công ích')], max_length=8, verbose_name='cấp cho')),
                ('unit_code', models.CharField(max_length=40, verbose_name='mã cơ quan, tổ chức')),
                ('name', models.CharField(max_length=300, verbose_name='tên cơ quan, tổ chức')),
                ('grants', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None, verbose_name='vai trò được cấp cho người khác')),
                ('contract_number', models.CharField(blank=True, max_length=100, verbose_name='số hợp đồng, văn bản')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(blank=True, null=True, verbose_name='đến')),
                ('granted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='cấp lúc')),
                ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='mở bằng chứng thư số lúc')),
                ('certificate_serial', models.CharField(blank=True, max_length=80, verbose_name='số hiệu chứng thư số')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='thu hồi lúc')),
                ('end_reason', models.CharField(blank=True, max_length=1000, verbose_name='lý do thu hồi')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MandateOffer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number_blind', models.CharField(editable=False, max_length=64)),
                ('number', portal.crypto.fields.SealedTextField(context='accounts.mandateoffer.number', subject='given_by_id', verbose_name='số định danh')),
                ('called', portal.crypto.fields.SealedTextField(context='accounts.mandateoffer.called', subject='given_by_id', verbose_name='tên gọi')),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, null=True, size=None, verbose_name='thủ tục')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(blank=True, null=True, verbose_name='đến')),
                ('offered_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='mời lúc')),
                ('expires_at', models.DateTimeField(verbose_name='nhận trước')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='nhận lúc')),
                ('declined_at', models.DateTimeField(blank=True, null=True, verbose_name='từ chối lúc')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='rút lúc')),
            ],
            options={
                'verbose_name': 'lời mời nhận ủy quyền',
                'verbose_name_plural': 'lời mời nhận ủy quyền',
                'ordering': ['-offered_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='MandateOfferEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('number_blind', models.CharField(editable=False, max_length=64)),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, null=True, size=None, verbose_name='thủ tục')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(blank=True, null=True, verbose_name='đến')),
                ('offered_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='mời lúc')),
                ('expires_at', models.DateTimeField(verbose_name='nhận trước')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='nhận lúc')),
                ('declined_at', models.DateTimeField(blank=True, null=True, verbose_name='từ chối lúc')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='rút lúc')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Substitution',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None, verbose_name='vai trò')),
                ('reason', models.CharField(max_length=300, verbose_name='lý do')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(verbose_name='đến')),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='giao lúc')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='chấm dứt lúc')),
            ],
            options={
                'verbose_name': 'làm thay',
                'verbose_name_plural': 'làm thay',
                'ordering': ['-valid_from', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SubstitutionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None, verbose_name='vai trò')),
                ('reason', models.CharField(max_length=300, verbose_name='lý do')),
                ('valid_from', models.DateTimeField(verbose_name='từ')),
                ('valid_to', models.DateTimeField(verbose_name='đến')),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='giao lúc')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='chấm dứt lúc')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='position',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='position',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='positionrole',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='positionrole',
            name='update_update',
        ),
        migrations.RemoveConstraint(
            model_name='mandate',
            name='mandate_basis_fits',
        ),
        migrations.AddField(
            model_name='position',
            name='ended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người chấm dứt'),
        ),
        migrations.AddField(
            model_name='position',
            name='given_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người giao'),
        ),
        migrations.AddField(
            model_name='positionevent',
            name='ended_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người chấm dứt'),
        ),
        migrations.AddField(
            model_name='positionevent',
            name='given_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người giao'),
        ),
        migrations.AddField(
            model_name='positionrole',
            name='grants',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), blank=True, null=True, size=None, verbose_name='được cấp cho người khác'),
        ),
        migrations.AddField(
            model_name='positionroleevent',
            name='grants',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), blank=True, null=True, size=None, verbose_name='được cấp cho người khác'),
        ),
        migrations.AlterField(
            model_name='mandate',
            name='basis',
            field=models.CharField(choices=[('parent', 'Cha, mẹ theo Cơ sở dữ liệu quốc gia về dân cư'), ('legal', 'Người đại diện theo pháp luật'), ('given', 'Được ủy quyền'), ('guardian', 'Người giám hộ theo giấy tờ đã kiểm tra')], max_length=10, verbose_name='căn cứ'),
        ),
        migrations.AlterField(
            model_name='mandateevent',
            name='basis',
            field=models.CharField(choices=[('parent', 'Cha, mẹ theo Cơ sở dữ liệu quốc gia về dân cư'), ('legal', 'Người đại diện theo pháp luật'), ('given', 'Được ủy quyền'), ('guardian', 'Người giám hộ theo giấy tờ đã kiểm tra')], max_length=10, verbose_name='căn cứ'),
        ),
        migrations.AlterField(
            model_name='positionrole',
            name='role',
            field=models.CharField(choices=[('reception', 'Tiếp nhận hồ sơ'), ('handling', 'Thụ lý hồ sơ'), ('signing', 'Ký kết quả'), ('clerk', 'Văn thư'), ('counter', 'Quầy tiếp nhận theo hợp đồng (bưu chính công ích)'), ('procedure_entering', 'Nhập dữ liệu thủ tục'), ('procedure_checking', 'Kiểm tra dữ liệu thủ tục'), ('procedure_publishing', 'Công khai dữ liệu thủ tục'), ('petition_reception', 'Tiếp nhận phản ánh, kiến nghị'), ('petition_handling', 'Xử lý phản ánh, kiến nghị'), ('petition_checking', 'Duyệt trả lời phản ánh, kiến nghị'), ('petition_publishing', 'Công khai trả lời phản ánh, kiến nghị'), ('accounting', 'Kế toán thu nộp'), ('operating', 'Vận hành tại tổ chức thanh toán, bưu chính'), ('overseeing', 'Theo dõi, điều hành'), ('content', 'Nội dung, danh mục, khảo sát'), ('technical', 'Vận hành kỹ thuật'), ('administrator', 'Quản trị đơn vị'), ('institution_administrator', 'Quản trị tại tổ chức thanh toán, bưu chính'), ('steering', 'Văn phòng Chính phủ điều hành')], max_length=30, verbose_name='vai trò'),
        ),
        migrations.AlterField(
            model_name='positionroleevent',
            name='role',
            field=models.CharField(choices=[('reception', 'Tiếp nhận hồ sơ'), ('handling', 'Thụ lý hồ sơ'), ('signing', 'Ký kết quả'), ('clerk', 'Văn thư'), ('counter', 'Quầy tiếp nhận theo hợp đồng (bưu chính công ích)'), ('procedure_entering', 'Nhập dữ liệu thủ tục'), ('procedure_checking', 'Kiểm tra dữ liệu thủ tục'), ('procedure_publishing', 'Công khai dữ liệu thủ tục'), ('petition_reception', 'Tiếp nhận phản ánh, kiến nghị'), ('petition_handling', 'Xử lý phản ánh, kiến nghị'), ('petition_checking', 'Duyệt trả lời phản ánh, kiến nghị'), ('petition_publishing', 'Công khai trả lời phản ánh, kiến nghị'), ('accounting', 'Kế toán thu nộp'), ('operating', 'Vận hành tại tổ chức thanh toán, bưu chính'), ('overseeing', 'Theo dõi, điều hành'), ('content', 'Nội dung, danh mục, khảo sát'), ('technical', 'Vận hành kỹ thuật'), ('administrator', 'Quản trị đơn vị'), ('institution_administrator', 'Quản trị tại tổ chức thanh toán, bưu chính'), ('steering', 'Văn phòng Chính phủ điều hành')], max_length=30, verbose_name='vai trò'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted_at__isnull', False), ('basis', 'parent'), ('grantor__isnull', False)), models.Q(('accepted_at__isnull', False), ('basis', 'legal'), ('organisation__isnull', False)), models.Q(('basis', 'given'), ('given_by__isnull', False)), models.Q(('accepted_at__isnull', False), ('basis', 'guardian'), ('grantor__isnull', False)), _connector='OR'), name='mandate_basis_fits'),
        ),
        migrations.RunSQL(_GRANTS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='positionrole',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('grants__isnull', False), ('role__in', ['administrator', 'institution_administrator'])), models.Q(models.Q(('role__in', ['administrator', 'institution_administrator']), _negated=True), ('grants__isnull', True)), _connector='OR'), name='role_grants_of_administrators'),
        ),
        migrations.AddField(
            model_name='countercontract',
            name='ended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người chấm dứt'),
        ),
        migrations.AddField(
            model_name='countercontract',
            name='made_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người ghi'),
        ),
        migrations.AddField(
            model_name='position',
            name='contract',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='positions', to='accounts.countercontract', verbose_name='theo hợp đồng'),
        ),
        migrations.AddField(
            model_name='positionevent',
            name='contract',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.countercontract', verbose_name='theo hợp đồng'),
        ),
        migrations.AddConstraint(
            model_name='position',
            constraint=models.CheckConstraint(condition=models.Q(('contract__isnull', True), models.Q(('place', 'agency'), ('valid_to__isnull', False)), _connector='OR'), name='position_by_contract_is_dated'),
        ),
        migrations.AddField(
            model_name='countercontractevent',
            name='ended_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người chấm dứt'),
        ),
        migrations.AddField(
            model_name='countercontractevent',
            name='made_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người ghi'),
        ),
        migrations.AddField(
            model_name='countercontractevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='countercontractevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.countercontract'),
        ),
        migrations.AddField(
            model_name='guardianrequest',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người kiểm tra'),
        ),
        migrations.AddField(
            model_name='guardianrequest',
            name='file',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='files.storedfile', verbose_name='bản chụp'),
        ),
        migrations.AddField(
            model_name='guardianrequest',
            name='mandate',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='guardian_request', to='accounts.mandate'),
        ),
        migrations.AddField(
            model_name='guardianrequest',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person', verbose_name='người giám hộ'),
        ),
        migrations.AddField(
            model_name='guardianrequestevent',
            name='decided_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người kiểm tra'),
        ),
        migrations.AddField(
            model_name='guardianrequestevent',
            name='file',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='files.storedfile', verbose_name='bản chụp'),
        ),
        migrations.AddField(
            model_name='guardianrequestevent',
            name='mandate',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.mandate'),
        ),
        migrations.AddField(
            model_name='guardianrequestevent',
            name='person',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.person', verbose_name='người giám hộ'),
        ),
        migrations.AddField(
            model_name='guardianrequestevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='guardianrequestevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.guardianrequest'),
        ),
        migrations.AddField(
            model_name='highlevelaccount',
            name='ended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người thu hồi'),
        ),
        migrations.AddField(
            model_name='highlevelaccount',
            name='granted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người cấp'),
        ),
        migrations.AddField(
            model_name='highlevelaccount',
            name='position',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='high_level_accounts', to='accounts.position', verbose_name='người giữ'),
        ),
        migrations.AddField(
            model_name='highlevelaccountevent',
            name='ended_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người thu hồi'),
        ),
        migrations.AddField(
            model_name='highlevelaccountevent',
            name='granted_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người cấp'),
        ),
        migrations.AddField(
            model_name='highlevelaccountevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='highlevelaccountevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.highlevelaccount'),
        ),
        migrations.AddField(
            model_name='highlevelaccountevent',
            name='position',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người giữ'),
        ),
        migrations.AddField(
            model_name='mandateoffer',
            name='given_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person', verbose_name='người ủy quyền'),
        ),
        migrations.AddField(
            model_name='mandateoffer',
            name='grantor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.person'),
        ),
        migrations.AddField(
            model_name='mandateoffer',
            name='mandate',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='offer', to='accounts.mandate'),
        ),
        migrations.AddField(
            model_name='mandateoffer',
            name='organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='mandateofferevent',
            name='given_by',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.person', verbose_name='người ủy quyền'),
        ),
        migrations.AddField(
            model_name='mandateofferevent',
            name='grantor',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.person'),
        ),
        migrations.AddField(
            model_name='mandateofferevent',
            name='mandate',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.mandate'),
        ),
        migrations.AddField(
            model_name='mandateofferevent',
            name='organisation',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='mandateofferevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='mandateofferevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.mandateoffer'),
        ),
        migrations.AddField(
            model_name='substitution',
            name='ended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người chấm dứt'),
        ),
        migrations.AddField(
            model_name='substitution',
            name='given_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.position', verbose_name='người giao'),
        ),
        migrations.AddField(
            model_name='substitution',
            name='position',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='substitutions', to='accounts.position', verbose_name='chức danh vắng mặt'),
        ),
        migrations.AddField(
            model_name='substitution',
            name='substitute',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='substitutes_for', to='accounts.position', verbose_name='người làm thay'),
        ),
        migrations.AddField(
            model_name='substitutionevent',
            name='ended_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người chấm dứt'),
        ),
        migrations.AddField(
            model_name='substitutionevent',
            name='given_by',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người giao'),
        ),
        migrations.AddField(
            model_name='substitutionevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='substitutionevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.substitution'),
        ),
        migrations.AddField(
            model_name='substitutionevent',
            name='position',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='chức danh vắng mặt'),
        ),
        migrations.AddField(
            model_name='substitutionevent',
            name='substitute',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.position', verbose_name='người làm thay'),
        ),
        migrations.AddIndex(
            model_name='countercontract',
            index=models.Index(fields=['unit_code', '-made_at', 'id'], name='contract_by_unit'),
        ),
        migrations.AddIndex(
            model_name='countercontract',
            index=models.Index(fields=['company_code', '-made_at', 'id'], name='contract_by_company'),
        ),
        migrations.AddConstraint(
            model_name='countercontract',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__gt', models.F('valid_from'))), name='contract_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='countercontract',
            constraint=models.CheckConstraint(condition=models.Q(('number', ''), _negated=True), name='contract_has_a_number'),
        ),
        migrations.AddIndex(
            model_name='guardianrequest',
            index=models.Index(fields=['unit_code', 'asked_at', 'id'], name='guardian_by_unit'),
        ),
        migrations.AddIndex(
            model_name='guardianrequest',
            index=models.Index(fields=['person', '-asked_at', 'id'], name='guardian_by_person'),
        ),
        migrations.AddConstraint(
            model_name='guardianrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='guardian_decided_with_its_time'),
        ),
        migrations.AddConstraint(
            model_name='guardianrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_by__isnull', False), ('state__in', ['confirmed', 'refused'])), models.Q(models.Q(('state__in', ['confirmed', 'refused']), _negated=True), ('decided_by__isnull', True)), _connector='OR'), name='guardian_decided_by_an_officer'),
        ),
        migrations.AddConstraint(
            model_name='guardianrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('mandate__isnull', False), ('state', 'confirmed')), models.Q(models.Q(('state', 'confirmed'), _negated=True), ('mandate__isnull', True)), _connector='OR'), name='guardian_confirmed_is_a_mandate'),
        ),
        migrations.AddConstraint(
            model_name='guardianrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='guardian_refused_with_reason'),
        ),
        migrations.AddConstraint(
            model_name='guardianrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('person', 'ward_blind'), name='guardian_one_waiting'),
        ),
        migrations.AddIndex(
            model_name='highlevelaccount',
            index=models.Index(fields=['-granted_at', 'id'], name='high_account_by_time'),
        ),
        migrations.AddIndex(
            model_name='highlevelaccount',
            index=models.Index(fields=['unit_code'], name='high_account_by_unit'),
        ),
        migrations.AddConstraint(
            model_name='highlevelaccount',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='high_account_ends_after'),
        ),
        migrations.AddConstraint(
            model_name='highlevelaccount',
            constraint=models.CheckConstraint(condition=models.Q(('grants__len__gt', 0)), name='high_account_grants_something'),
        ),
        migrations.AddConstraint(
            model_name='highlevelaccount',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'agency'), models.Q(('valid_to__isnull', False), models.Q(('contract_number', ''), _negated=True)), _connector='OR'), name='high_account_by_contract'),
        ),
        migrations.AddConstraint(
            model_name='highlevelaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('certificate_serial', ''), ('opened_at__isnull', True)), models.Q(('opened_at__isnull', False), models.Q(('certificate_serial', ''), _negated=True)), _connector='OR'), name='high_account_opened_by_certificate'),
        ),
        migrations.AddConstraint(
            model_name='highlevelaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end_reason', ''), ('ended_at__isnull', True)), models.Q(('ended_at__isnull', False), models.Q(('end_reason', ''), _negated=True)), _connector='OR'), name='high_account_ended_with_reason'),
        ),
        migrations.AddConstraint(
            model_name='highlevelaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('grants__contains', ['steering']), _negated=True), ('unit_code', 'G22'), ('unit_code__startswith', 'G22.'), _connector='OR'), name='high_account_steering_at_the_top'),
        ),
        migrations.AddConstraint(
            model_name='highlevelaccount',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('position',), name='high_account_one_per_position'),
        ),
        migrations.AddIndex(
            model_name='mandateoffer',
            index=models.Index(fields=['number_blind', '-offered_at', 'id'], name='offer_by_number'),
        ),
        migrations.AddIndex(
            model_name='mandateoffer',
            index=models.Index(fields=['organisation', '-offered_at', 'id'], name='offer_of_organisation'),
        ),
        migrations.AddIndex(
            model_name='mandateoffer',
            index=models.Index(fields=['grantor', '-offered_at', 'id'], name='offer_of_grantor'),
        ),
        migrations.AddConstraint(
            model_name='mandateoffer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('grantor__isnull', False), ('organisation__isnull', True)), models.Q(('grantor__isnull', True), ('organisation__isnull', False)), _connector='OR'), name='offer_is_of_one_party'),
        ),
        migrations.AddConstraint(
            model_name='mandateoffer',
            constraint=models.CheckConstraint(condition=models.Q(('procedures__isnull', True), ('procedures__len__gt', 0), _connector='OR'), name='offer_scope_fits'),
        ),
        migrations.AddConstraint(
            model_name='mandateoffer',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='offer_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='mandateoffer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted_at__isnull', True), ('mandate__isnull', True)), models.Q(('accepted_at__isnull', False), ('declined_at__isnull', True), ('mandate__isnull', False), ('withdrawn_at__isnull', True)), _connector='OR'), name='offer_accepted_is_a_mandate'),
        ),
        migrations.AddConstraint(
            model_name='mandateoffer',
            constraint=models.CheckConstraint(condition=models.Q(('declined_at__isnull', True), ('withdrawn_at__isnull', True), _connector='OR'), name='offer_ended_once'),
        ),
        migrations.AddConstraint(
            model_name='mandateoffer',
            constraint=models.UniqueConstraint(condition=models.Q(('accepted_at__isnull', True), ('declined_at__isnull', True), ('withdrawn_at__isnull', True)), fields=('number_blind', 'grantor', 'organisation'), name='offer_one_open', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='substitution',
            index=models.Index(fields=['position', '-valid_from', 'id'], name='substitution_of_position'),
        ),
        migrations.AddIndex(
            model_name='substitution',
            index=models.Index(fields=['substitute', 'valid_to'], name='substitution_by_substitute'),
        ),
        migrations.AddConstraint(
            model_name='substitution',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__gt', models.F('valid_from'))), name='substitution_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='substitution',
            constraint=models.CheckConstraint(condition=models.Q(('position', models.F('substitute')), _negated=True), name='substitution_by_another'),
        ),
        migrations.AddConstraint(
            model_name='substitution',
            constraint=models.CheckConstraint(condition=models.Q(('roles__len__gt', 0)), name='substitution_lends_something'),
        ),
        migrations.AddConstraint(
            model_name='substitution',
            constraint=models.CheckConstraint(condition=models.Q(('roles__overlap', ['administrator', 'institution_administrator']), _negated=True), name='substitution_lends_no_granting'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='position',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_positionevent" ("contract_id", "ended_by_id", "given_by_id", "id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "title", "unit_code", "valid_from", "valid_to") VALUES (NEW."contract_id", NEW."ended_by_id", NEW."given_by_id", NEW."id", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."place", NEW."title", NEW."unit_code", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='0f52f0faacbd21609c91bf6a9f1e84d7c4513b89', operation='INSERT', pgid='pgtrigger_insert_insert_7a772', table='accounts_position', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='position',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."contract_id" IS DISTINCT FROM (NEW."contract_id") OR OLD."ended_by_id" IS DISTINCT FROM (NEW."ended_by_id") OR OLD."given_by_id" IS DISTINCT FROM (NEW."given_by_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."place" IS DISTINCT FROM (NEW."place") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."unit_code" IS DISTINCT FROM (NEW."unit_code") OR OLD."valid_from" IS DISTINCT FROM (NEW."valid_from") OR OLD."valid_to" IS DISTINCT FROM (NEW."valid_to"))', func='INSERT INTO "accounts_positionevent" ("contract_id", "ended_by_id", "given_by_id", "id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "title", "unit_code", "valid_from", "valid_to") VALUES (NEW."contract_id", NEW."ended_by_id", NEW."given_by_id", NEW."id", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."place", NEW."title", NEW."unit_code", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='94bc3439b64fd27b4ea70b66f8ae84acf7f6bb5f', operation='UPDATE', pgid='pgtrigger_update_update_f3f78', table='accounts_position', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='positionrole',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_positionroleevent" ("ended_by_id", "given_by_id", "grants", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position_id", "role", "valid_from", "valid_to") VALUES (NEW."ended_by_id", NEW."given_by_id", NEW."grants", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position_id", NEW."role", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='c086dc147af9936c340f27f580c134182a02cb77', operation='INSERT', pgid='pgtrigger_insert_insert_e2f6d', table='accounts_positionrole', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='positionrole',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_positionroleevent" ("ended_by_id", "given_by_id", "grants", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position_id", "role", "valid_from", "valid_to") VALUES (NEW."ended_by_id", NEW."given_by_id", NEW."grants", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position_id", NEW."role", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='5200392f9ec3c9f29c3b78396c0def9610f9bd4a', operation='UPDATE', pgid='pgtrigger_update_update_30f10', table='accounts_positionrole', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='countercontract',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_countercontractevent" ("company_code", "ended_at", "ended_by_id", "id", "made_at", "made_by_id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "unit_code", "valid_from", "valid_to") VALUES (NEW."company_code", NEW."ended_at", NEW."ended_by_id", NEW."id", NEW."made_at", NEW."made_by_id", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."unit_code", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='d3fc5b24fa449e6a5696da7c8b3bfc6009a77223', operation='INSERT', pgid='pgtrigger_insert_insert_fb856', table='accounts_countercontract', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='countercontract',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_countercontractevent" ("company_code", "ended_at", "ended_by_id", "id", "made_at", "made_by_id", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "unit_code", "valid_from", "valid_to") VALUES (NEW."company_code", NEW."ended_at", NEW."ended_by_id", NEW."id", NEW."made_at", NEW."made_by_id", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."unit_code", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='8b3591c6e116de4ee9773e221fc6cc258d4ec37f', operation='UPDATE', pgid='pgtrigger_update_update_0edcc', table='accounts_countercontract', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='guardianrequest',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_guardianrequestevent" ("asked_at", "decided_at", "decided_by_id", "document_date", "document_number", "file_id", "id", "mandate_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "state", "unit_code", "until", "ward_blind") VALUES (NEW."asked_at", NEW."decided_at", NEW."decided_by_id", NEW."document_date", NEW."document_number", NEW."file_id", NEW."id", NEW."mandate_id", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."state", NEW."unit_code", NEW."until", NEW."ward_blind"); RETURN NULL;', hash='0102441590a26d7b224da7e957263dae91812518', operation='INSERT', pgid='pgtrigger_insert_insert_9221c', table='accounts_guardianrequest', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='guardianrequest',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."asked_at" IS DISTINCT FROM (NEW."asked_at") OR OLD."decided_at" IS DISTINCT FROM (NEW."decided_at") OR OLD."decided_by_id" IS DISTINCT FROM (NEW."decided_by_id") OR OLD."document_date" IS DISTINCT FROM (NEW."document_date") OR OLD."document_number" IS DISTINCT FROM (NEW."document_number") OR OLD."file_id" IS DISTINCT FROM (NEW."file_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."mandate_id" IS DISTINCT FROM (NEW."mandate_id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."unit_code" IS DISTINCT FROM (NEW."unit_code") OR OLD."until" IS DISTINCT FROM (NEW."until") OR OLD."ward_blind" IS DISTINCT FROM (NEW."ward_blind"))', func='INSERT INTO "accounts_guardianrequestevent" ("asked_at", "decided_at", "decided_by_id", "document_date", "document_number", "file_id", "id", "mandate_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "state", "unit_code", "until", "ward_blind") VALUES (NEW."asked_at", NEW."decided_at", NEW."decided_by_id", NEW."document_date", NEW."document_number", NEW."file_id", NEW."id", NEW."mandate_id", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."state", NEW."unit_code", NEW."until", NEW."ward_blind"); RETURN NULL;', hash='e4e80b7281680774aa0271559ee94c7b121dc57f', operation='UPDATE', pgid='pgtrigger_update_update_15409', table='accounts_guardianrequest', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='highlevelaccount',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_highlevelaccountevent" ("certificate_serial", "contract_number", "end_reason", "ended_at", "ended_by_id", "granted_at", "granted_by_id", "grants", "id", "kind", "name", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position_id", "unit_code", "valid_from", "valid_to") VALUES (NEW."certificate_serial", NEW."contract_number", NEW."end_reason", NEW."ended_at", NEW."ended_by_id", NEW."granted_at", NEW."granted_by_id", NEW."grants", NEW."id", NEW."kind", NEW."name", NEW."opened_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position_id", NEW."unit_code", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='e69da69922ef2866384d43065f1df9f71c091566', operation='INSERT', pgid='pgtrigger_insert_insert_65eaa', table='accounts_highlevelaccount', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='highlevelaccount',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_highlevelaccountevent" ("certificate_serial", "contract_number", "end_reason", "ended_at", "ended_by_id", "granted_at", "granted_by_id", "grants", "id", "kind", "name", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position_id", "unit_code", "valid_from", "valid_to") VALUES (NEW."certificate_serial", NEW."contract_number", NEW."end_reason", NEW."ended_at", NEW."ended_by_id", NEW."granted_at", NEW."granted_by_id", NEW."grants", NEW."id", NEW."kind", NEW."name", NEW."opened_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position_id", NEW."unit_code", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='31ab4f75c090133e4329dad698017ee15b119196', operation='UPDATE', pgid='pgtrigger_update_update_24174', table='accounts_highlevelaccount', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mandateoffer',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_mandateofferevent" ("accepted_at", "declined_at", "expires_at", "given_by_id", "grantor_id", "id", "mandate_id", "number_blind", "offered_at", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "valid_from", "valid_to", "withdrawn_at") VALUES (NEW."accepted_at", NEW."declined_at", NEW."expires_at", NEW."given_by_id", NEW."grantor_id", NEW."id", NEW."mandate_id", NEW."number_blind", NEW."offered_at", NEW."organisation_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."procedures", NEW."valid_from", NEW."valid_to", NEW."withdrawn_at"); RETURN NULL;', hash='ced0286ddf8f61deb4148b5a5b231f8772047130', operation='INSERT', pgid='pgtrigger_insert_insert_d7e93', table='accounts_mandateoffer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mandateoffer',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."accepted_at" IS DISTINCT FROM (NEW."accepted_at") OR OLD."declined_at" IS DISTINCT FROM (NEW."declined_at") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."given_by_id" IS DISTINCT FROM (NEW."given_by_id") OR OLD."grantor_id" IS DISTINCT FROM (NEW."grantor_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."mandate_id" IS DISTINCT FROM (NEW."mandate_id") OR OLD."number_blind" IS DISTINCT FROM (NEW."number_blind") OR OLD."offered_at" IS DISTINCT FROM (NEW."offered_at") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."procedures" IS DISTINCT FROM (NEW."procedures") OR OLD."valid_from" IS DISTINCT FROM (NEW."valid_from") OR OLD."valid_to" IS DISTINCT FROM (NEW."valid_to") OR OLD."withdrawn_at" IS DISTINCT FROM (NEW."withdrawn_at"))', func='INSERT INTO "accounts_mandateofferevent" ("accepted_at", "declined_at", "expires_at", "given_by_id", "grantor_id", "id", "mandate_id", "number_blind", "offered_at", "organisation_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "valid_from", "valid_to", "withdrawn_at") VALUES (NEW."accepted_at", NEW."declined_at", NEW."expires_at", NEW."given_by_id", NEW."grantor_id", NEW."id", NEW."mandate_id", NEW."number_blind", NEW."offered_at", NEW."organisation_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."procedures", NEW."valid_from", NEW."valid_to", NEW."withdrawn_at"); RETURN NULL;', hash='cfda88b46e30c6ea8b6d8e85662b944de67662eb', operation='UPDATE', pgid='pgtrigger_update_update_af0ac', table='accounts_mandateoffer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='substitution',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_substitutionevent" ("ended_at", "ended_by_id", "given_at", "given_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position_id", "reason", "roles", "substitute_id", "valid_from", "valid_to") VALUES (NEW."ended_at", NEW."ended_by_id", NEW."given_at", NEW."given_by_id", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position_id", NEW."reason", NEW."roles", NEW."substitute_id", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='d8c6d60fb93deb4f5374264513494ca5ede741e2', operation='INSERT', pgid='pgtrigger_insert_insert_77126', table='accounts_substitution', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='substitution',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_substitutionevent" ("ended_at", "ended_by_id", "given_at", "given_by_id", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position_id", "reason", "roles", "substitute_id", "valid_from", "valid_to") VALUES (NEW."ended_at", NEW."ended_by_id", NEW."given_at", NEW."given_by_id", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position_id", NEW."reason", NEW."roles", NEW."substitute_id", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='a3d99bf80df646832bec62ec5456ec591158cf24', operation='UPDATE', pgid='pgtrigger_update_update_b22d0', table='accounts_substitution', when='AFTER')),
        ),
    ]
