"""Decisions on their way to the public catalogue, online services from declaration to end, quality, opinions, embedding."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.db import migrations, models

from portal.caching.sql import note_changes

TRANSITIONS = {"insert": "NEW TABLE AS changed", "update": "OLD TABLE AS before NEW TABLE AS changed", "delete": "OLD TABLE AS changed"}
PAGES = {
    "servicedeclaration": "SELECT procedure_id FROM changed",
    "localconfirmation": "SELECT v.procedure_id FROM changed JOIN procedures_procedureversion v ON v.id = changed.version_id",
}


def _pages() -> migrations.RunSQL:
    """A procedure's own page follows what is said of its services, and of what provinces still have to confirm (as in 0008)."""
    forward, back = [], []
    for table, keys in PAGES.items():
        for event, tables in TRANSITIONS.items():
            name = f"caching_note_page_{event}"
            forward.append(
                f"CREATE TRIGGER {name} AFTER {event.upper()} ON procedures_{table} REFERENCING {tables}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION procedures_note_pages('{keys}', '');\n"
            )
            back.append(f"DROP TRIGGER {name} ON procedures_{table};\n")
    return migrations.RunSQL("".join(forward), "".join(back))


class Migration(migrations.Migration):

    dependencies = [
        ("caching", "0002_rooms_with_parts"),
        ('pghistory', '0007_auto_20250421_0444'),
        ('procedures', '0015_online_services'),
    ]

    operations = [
        migrations.CreateModel(
            name='QualityFinding',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('rule', models.CharField(blank=True, choices=[('missing', 'Thiếu bộ phận cấu thành'), ('text_only', 'Chỉ có dạng chữ'), ('dead_link', 'Dẫn đến thủ tục không còn hiệu lực'), ('stale', 'Lâu chưa đối chiếu'), ('duplicate', 'Trùng tên với thủ tục khác'), ('no_office', 'Cơ quan không còn'), ('unconfirmed', 'Nội dung địa phương chưa xác nhận')], max_length=11, verbose_name='máy phát hiện')),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan phải sửa')),
                ('procedure_code', models.CharField(max_length=40, verbose_name='mã thủ tục')),
                ('part', models.CharField(blank=True, max_length=24, verbose_name='bộ phận')),
                ('kind', models.CharField(choices=[('complete', 'Chưa đầy đủ'), ('accurate', 'Chưa chính xác'), ('timely', 'Chưa kịp thời')], max_length=8, verbose_name='về')),
                ('text', models.CharField(max_length=1000, verbose_name='điều chưa đúng')),
                ('state', models.CharField(choices=[('open', 'Cần sửa'), ('mended', 'Cơ quan đã sửa'), ('closed', 'Đã xong')], default='open', max_length=6, verbose_name='tình trạng')),
                ('found_at', models.DateTimeField(verbose_name='phát hiện lúc')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='hạn sửa')),
                ('mended_at', models.DateTimeField(blank=True, null=True, verbose_name='sửa lúc')),
                ('mended_by', models.CharField(blank=True, max_length=300, verbose_name='người sửa')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='đã sửa thế nào')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='xong lúc')),
            ],
            options={
                'verbose_name': 'điều cần sửa trong dữ liệu',
                'verbose_name_plural': 'điều cần sửa trong dữ liệu',
                'ordering': ['-found_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='AnnouncedChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('new', 'Mới ban hành'), ('amend', 'Sửa đổi, bổ sung'), ('repeal', 'Bãi bỏ'), ('interlink', 'Liên thông'), ('localise', 'Nội dung của địa phương')], max_length=9, verbose_name='loại thay đổi')),
                ('procedure_code', models.CharField(max_length=40, verbose_name='mã thủ tục')),
                ('name', models.TextField(verbose_name='tên thủ tục')),
                ('record', models.JSONField(blank=True, default=dict, verbose_name='nội dung')),
                ('based_on', models.CharField(blank=True, editable=False, max_length=64, verbose_name='nội dung gốc')),
                ('parts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), blank=True, default=list, size=None, verbose_name='phần thay đổi')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='vào cơ sở dữ liệu lúc')),
                ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='procedures.procedureversion')),
            ],
            options={
                'verbose_name': 'thủ tục trong quyết định',
                'verbose_name_plural': 'thủ tục trong quyết định',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan công bố')),
                ('number', models.CharField(max_length=80, verbose_name='số quyết định')),
                ('signed_on', models.DateField(verbose_name='ngày ký')),
                ('signer', models.CharField(max_length=200, verbose_name='người ký')),
                ('effective_on', models.DateField(verbose_name='ngày có hiệu lực')),
                ('law', models.CharField(blank=True, max_length=300, verbose_name='văn bản quy định thủ tục')),
                ('law_effective_on', models.DateField(blank=True, null=True, verbose_name='văn bản có hiệu lực từ')),
                ('summary', models.CharField(max_length=500, verbose_name='trích yếu')),
                ('source', models.CharField(blank=True, max_length=300, verbose_name='nơi đăng quyết định đã ký')),
                ('state', models.CharField(choices=[('entering', 'Đang nhập'), ('checking', 'Chờ kiểm tra'), ('checked', 'Chờ công khai'), ('published', 'Đã công khai'), ('withdrawn', 'Đã rút')], default='entering', max_length=9, verbose_name='tình trạng')),
                ('due_at', models.DateTimeField(verbose_name='hạn công khai')),
                ('publish_at', models.DateTimeField(blank=True, null=True, verbose_name='công khai lúc')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='đã công khai lúc')),
                ('in_time', models.BooleanField(blank=True, null=True, verbose_name='công khai đúng hạn')),
                ('signed_in_time', models.BooleanField(blank=True, null=True, verbose_name='ký đúng hạn')),
                ('editors', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, default=list, editable=False, size=None)),
                ('entered_by', models.CharField(max_length=300, verbose_name='người nhập')),
                ('checked_by', models.CharField(blank=True, max_length=300, verbose_name='người kiểm tra')),
                ('published_by', models.CharField(blank=True, max_length=300, verbose_name='người công khai')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='ghi chú khi trả lại, khi rút')),
                ('seen', models.PositiveIntegerField(default=1, editable=False, verbose_name='lần sửa')),
                ('created_at', models.DateTimeField(verbose_name='nhập lúc')),
                ('decision', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='announcement', to='procedures.decision')),
            ],
            options={
                'verbose_name': 'quyết định đang nhập và công khai',
                'verbose_name_plural': 'nhập và công khai quyết định',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='AnnouncedChangeEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('new', 'Mới ban hành'), ('amend', 'Sửa đổi, bổ sung'), ('repeal', 'Bãi bỏ'), ('interlink', 'Liên thông'), ('localise', 'Nội dung của địa phương')], max_length=9, verbose_name='loại thay đổi')),
                ('procedure_code', models.CharField(max_length=40, verbose_name='mã thủ tục')),
                ('name', models.TextField(verbose_name='tên thủ tục')),
                ('record', models.JSONField(blank=True, default=dict, verbose_name='nội dung')),
                ('based_on', models.CharField(blank=True, editable=False, max_length=64, verbose_name='nội dung gốc')),
                ('parts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), blank=True, default=list, size=None, verbose_name='phần thay đổi')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='vào cơ sở dữ liệu lúc')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.announcedchange')),
                ('version', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='procedures.procedureversion')),
                ('announcement', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='procedures.announcement')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='announcedchange',
            name='announcement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='procedures.announcement'),
        ),
        migrations.CreateModel(
            name='AnnouncementEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan công bố')),
                ('number', models.CharField(max_length=80, verbose_name='số quyết định')),
                ('signed_on', models.DateField(verbose_name='ngày ký')),
                ('signer', models.CharField(max_length=200, verbose_name='người ký')),
                ('effective_on', models.DateField(verbose_name='ngày có hiệu lực')),
                ('law', models.CharField(blank=True, max_length=300, verbose_name='văn bản quy định thủ tục')),
                ('law_effective_on', models.DateField(blank=True, null=True, verbose_name='văn bản có hiệu lực từ')),
                ('summary', models.CharField(max_length=500, verbose_name='trích yếu')),
                ('source', models.CharField(blank=True, max_length=300, verbose_name='nơi đăng quyết định đã ký')),
                ('state', models.CharField(choices=[('entering', 'Đang nhập'), ('checking', 'Chờ kiểm tra'), ('checked', 'Chờ công khai'), ('published', 'Đã công khai'), ('withdrawn', 'Đã rút')], default='entering', max_length=9, verbose_name='tình trạng')),
                ('due_at', models.DateTimeField(verbose_name='hạn công khai')),
                ('publish_at', models.DateTimeField(blank=True, null=True, verbose_name='công khai lúc')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='đã công khai lúc')),
                ('in_time', models.BooleanField(blank=True, null=True, verbose_name='công khai đúng hạn')),
                ('signed_in_time', models.BooleanField(blank=True, null=True, verbose_name='ký đúng hạn')),
                ('editors', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, default=list, editable=False, size=None)),
                ('entered_by', models.CharField(max_length=300, verbose_name='người nhập')),
                ('checked_by', models.CharField(blank=True, max_length=300, verbose_name='người kiểm tra')),
                ('published_by', models.CharField(blank=True, max_length=300, verbose_name='người công khai')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='ghi chú khi trả lại, khi rút')),
                ('seen', models.PositiveIntegerField(default=1, editable=False, verbose_name='lần sửa')),
                ('created_at', models.DateTimeField(verbose_name='nhập lúc')),
                ('decision', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='procedures.decision')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.announcement')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Consultation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan lấy ý kiến')),
                ('title', models.CharField(max_length=300, verbose_name='tên dự thảo')),
                ('summary', models.TextField(max_length=10000, verbose_name='nội dung chính')),
                ('subjects', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), default=list, size=None, verbose_name='vấn đề xin ý kiến')),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None, verbose_name='thủ tục liên quan')),
                ('opens_on', models.DateField(verbose_name='từ ngày')),
                ('closes_on', models.DateField(verbose_name='đến hết ngày')),
                ('outcome', models.TextField(blank=True, max_length=10000, verbose_name='kết quả tiếp thu')),
                ('outcome_at', models.DateTimeField(blank=True, null=True, verbose_name='công khai kết quả lúc')),
                ('written_by', models.CharField(max_length=300, verbose_name='người soạn')),
                ('created_at', models.DateTimeField(verbose_name='soạn lúc')),
                ('announcement', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='consultations', to='procedures.announcement', verbose_name='quyết định công bố')),
            ],
            options={
                'verbose_name': 'lấy ý kiến dự thảo thủ tục',
                'verbose_name_plural': 'lấy ý kiến dự thảo thủ tục',
                'ordering': ['-opens_on', '-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ConsultationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan lấy ý kiến')),
                ('title', models.CharField(max_length=300, verbose_name='tên dự thảo')),
                ('summary', models.TextField(max_length=10000, verbose_name='nội dung chính')),
                ('subjects', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), default=list, size=None, verbose_name='vấn đề xin ý kiến')),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None, verbose_name='thủ tục liên quan')),
                ('opens_on', models.DateField(verbose_name='từ ngày')),
                ('closes_on', models.DateField(verbose_name='đến hết ngày')),
                ('outcome', models.TextField(blank=True, max_length=10000, verbose_name='kết quả tiếp thu')),
                ('outcome_at', models.DateTimeField(blank=True, null=True, verbose_name='công khai kết quả lúc')),
                ('written_by', models.CharField(max_length=300, verbose_name='người soạn')),
                ('created_at', models.DateTimeField(verbose_name='soạn lúc')),
                ('announcement', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='procedures.announcement', verbose_name='quyết định công bố')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.consultation')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='EmbedSite',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan')),
                ('origin', models.CharField(max_length=200, verbose_name='trang của cơ quan')),
                ('added_by', models.CharField(max_length=300, verbose_name='người ghi')),
                ('added_at', models.DateTimeField(verbose_name='ghi lúc')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='thôi dùng từ')),
            ],
            options={
                'verbose_name': 'trang được nhúng bảng thủ tục',
                'verbose_name_plural': 'trang được nhúng bảng thủ tục',
                'ordering': ['unit_code', 'origin'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('unit_code', 'origin'), name='embed_site_once'), models.CheckConstraint(condition=models.Q(('origin__regex', '^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{2,5})?$')), name='embed_site_is_an_origin')],
            },
        ),
        migrations.CreateModel(
            name='EmbedSiteEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan')),
                ('origin', models.CharField(max_length=200, verbose_name='trang của cơ quan')),
                ('added_by', models.CharField(max_length=300, verbose_name='người ghi')),
                ('added_at', models.DateTimeField(verbose_name='ghi lúc')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='thôi dùng từ')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.embedsite')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='LocalConfirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('province_code', models.CharField(max_length=2, verbose_name='mã tỉnh, thành phố')),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan xác nhận')),
                ('earlier', models.JSONField(verbose_name='nội dung địa phương trước đó')),
                ('state', models.CharField(choices=[('waiting', 'Chờ xác nhận'), ('confirmed', 'Đã xác nhận'), ('dropped', 'Theo nội dung chung')], default='waiting', max_length=9, verbose_name='tình trạng')),
                ('asked_at', models.DateTimeField(verbose_name='hỏi lúc')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='trả lời lúc')),
                ('answered_by', models.CharField(blank=True, max_length=300, verbose_name='người trả lời')),
                ('decision_number', models.CharField(blank=True, max_length=80, verbose_name='số quyết định của địa phương')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='confirmations', to='procedures.procedureversion', verbose_name='nội dung mới')),
            ],
            options={
                'verbose_name': 'nội dung địa phương chờ xác nhận',
                'verbose_name_plural': 'nội dung địa phương chờ xác nhận',
                'ordering': ['-asked_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='LocalConfirmationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('province_code', models.CharField(max_length=2, verbose_name='mã tỉnh, thành phố')),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan xác nhận')),
                ('earlier', models.JSONField(verbose_name='nội dung địa phương trước đó')),
                ('state', models.CharField(choices=[('waiting', 'Chờ xác nhận'), ('confirmed', 'Đã xác nhận'), ('dropped', 'Theo nội dung chung')], default='waiting', max_length=9, verbose_name='tình trạng')),
                ('asked_at', models.DateTimeField(verbose_name='hỏi lúc')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='trả lời lúc')),
                ('answered_by', models.CharField(blank=True, max_length=300, verbose_name='người trả lời')),
                ('decision_number', models.CharField(blank=True, max_length=80, verbose_name='số quyết định của địa phương')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.localconfirmation')),
                ('version', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='procedures.procedureversion', verbose_name='nội dung mới')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Opinion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subject', models.CharField(max_length=200, verbose_name='vấn đề')),
                ('text', models.TextField(max_length=3000, verbose_name='ý kiến')),
                ('created_at', models.DateTimeField(verbose_name='gửi lúc')),
                ('answer', models.TextField(blank=True, max_length=3000, verbose_name='trả lời')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='trả lời lúc')),
                ('answered_by', models.CharField(blank=True, max_length=300, verbose_name='người trả lời')),
                ('consultation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='procedures.consultation', verbose_name='dự thảo')),
            ],
            options={
                'verbose_name': 'ý kiến về dự thảo',
                'verbose_name_plural': 'ý kiến về dự thảo',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='QualityReview',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=200, verbose_name='tên đợt rà soát')),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan được rà soát')),
                ('by_unit', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan rà soát')),
                ('scope', models.CharField(choices=[('full', 'Toàn bộ thủ tục'), ('sample', 'Chọn mẫu')], max_length=6, verbose_name='phạm vi')),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None, verbose_name='thủ tục được xem')),
                ('state', models.CharField(choices=[('looking', 'Đang rà soát'), ('sent', 'Đã gửi, chờ sửa'), ('closed', 'Đã kết thúc')], default='looking', max_length=7, verbose_name='tình trạng')),
                ('begun_at', models.DateTimeField(verbose_name='bắt đầu lúc')),
                ('begun_by', models.CharField(max_length=300, verbose_name='người rà soát')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='gửi lúc')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='hạn sửa')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='kết thúc lúc')),
                ('conclusion', models.CharField(blank=True, max_length=2000, verbose_name='kết luận')),
            ],
            options={
                'verbose_name': 'đợt rà soát chất lượng',
                'verbose_name_plural': 'rà soát chất lượng dữ liệu',
                'ordering': ['-begun_at', '-id'],
                'indexes': [models.Index(fields=['unit_code', '-begun_at'], name='quality_review_unit')],
                'constraints': [models.CheckConstraint(condition=models.Q(('sent_at__isnull', True), ('due_at__isnull', False), _connector='OR'), name='quality_review_sent_has_its_limit'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), models.Q(('conclusion', ''), _negated=True), _connector='OR'), name='quality_review_closed_concludes')],
            },
        ),
        migrations.CreateModel(
            name='QualityFindingEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('rule', models.CharField(blank=True, choices=[('missing', 'Thiếu bộ phận cấu thành'), ('text_only', 'Chỉ có dạng chữ'), ('dead_link', 'Dẫn đến thủ tục không còn hiệu lực'), ('stale', 'Lâu chưa đối chiếu'), ('duplicate', 'Trùng tên với thủ tục khác'), ('no_office', 'Cơ quan không còn'), ('unconfirmed', 'Nội dung địa phương chưa xác nhận')], max_length=11, verbose_name='máy phát hiện')),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan phải sửa')),
                ('procedure_code', models.CharField(max_length=40, verbose_name='mã thủ tục')),
                ('part', models.CharField(blank=True, max_length=24, verbose_name='bộ phận')),
                ('kind', models.CharField(choices=[('complete', 'Chưa đầy đủ'), ('accurate', 'Chưa chính xác'), ('timely', 'Chưa kịp thời')], max_length=8, verbose_name='về')),
                ('text', models.CharField(max_length=1000, verbose_name='điều chưa đúng')),
                ('state', models.CharField(choices=[('open', 'Cần sửa'), ('mended', 'Cơ quan đã sửa'), ('closed', 'Đã xong')], default='open', max_length=6, verbose_name='tình trạng')),
                ('found_at', models.DateTimeField(verbose_name='phát hiện lúc')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='hạn sửa')),
                ('mended_at', models.DateTimeField(blank=True, null=True, verbose_name='sửa lúc')),
                ('mended_by', models.CharField(blank=True, max_length=300, verbose_name='người sửa')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='đã sửa thế nào')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='xong lúc')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.qualityfinding')),
                ('review', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='procedures.qualityreview')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='qualityfinding',
            name='review',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='procedures.qualityreview'),
        ),
        migrations.CreateModel(
            name='QualityReviewEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('title', models.CharField(max_length=200, verbose_name='tên đợt rà soát')),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan được rà soát')),
                ('by_unit', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan rà soát')),
                ('scope', models.CharField(choices=[('full', 'Toàn bộ thủ tục'), ('sample', 'Chọn mẫu')], max_length=6, verbose_name='phạm vi')),
                ('procedures', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None, verbose_name='thủ tục được xem')),
                ('state', models.CharField(choices=[('looking', 'Đang rà soát'), ('sent', 'Đã gửi, chờ sửa'), ('closed', 'Đã kết thúc')], default='looking', max_length=7, verbose_name='tình trạng')),
                ('begun_at', models.DateTimeField(verbose_name='bắt đầu lúc')),
                ('begun_by', models.CharField(max_length=300, verbose_name='người rà soát')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='gửi lúc')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='hạn sửa')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='kết thúc lúc')),
                ('conclusion', models.CharField(blank=True, max_length=2000, verbose_name='kết luận')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.qualityreview')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Restructuring',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan')),
                ('present', models.TextField(verbose_name='hiện trạng quy trình')),
                ('steps_before', models.PositiveSmallIntegerField(verbose_name='số bước trước')),
                ('steps_after', models.PositiveSmallIntegerField(verbose_name='số bước sau')),
                ('papers_before', models.PositiveSmallIntegerField(verbose_name='số giấy tờ trước')),
                ('papers_after', models.PositiveSmallIntegerField(verbose_name='số giấy tờ sau')),
                ('papers_cut', models.TextField(blank=True, verbose_name='giấy tờ được bỏ hoặc thay bằng dữ liệu')),
                ('systems', models.TextField(verbose_name='hệ thống, cơ sở dữ liệu liên quan')),
                ('benefit', models.TextField(blank=True, verbose_name='hiệu quả')),
                ('approved_by', models.CharField(max_length=200, verbose_name='người phê duyệt')),
                ('approved_on', models.DateField(verbose_name='ngày phê duyệt')),
                ('approval', models.CharField(max_length=200, verbose_name='văn bản phê duyệt')),
                ('written_by', models.CharField(max_length=300, verbose_name='người ghi')),
                ('created_at', models.DateTimeField(verbose_name='ghi lúc')),
                ('procedure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restructurings', to='procedures.procedure', verbose_name='thủ tục')),
            ],
            options={
                'verbose_name': 'phương án tái cấu trúc',
                'verbose_name_plural': 'phương án tái cấu trúc',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='RestructuringEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan')),
                ('present', models.TextField(verbose_name='hiện trạng quy trình')),
                ('steps_before', models.PositiveSmallIntegerField(verbose_name='số bước trước')),
                ('steps_after', models.PositiveSmallIntegerField(verbose_name='số bước sau')),
                ('papers_before', models.PositiveSmallIntegerField(verbose_name='số giấy tờ trước')),
                ('papers_after', models.PositiveSmallIntegerField(verbose_name='số giấy tờ sau')),
                ('papers_cut', models.TextField(blank=True, verbose_name='giấy tờ được bỏ hoặc thay bằng dữ liệu')),
                ('systems', models.TextField(verbose_name='hệ thống, cơ sở dữ liệu liên quan')),
                ('benefit', models.TextField(blank=True, verbose_name='hiệu quả')),
                ('approved_by', models.CharField(max_length=200, verbose_name='người phê duyệt')),
                ('approved_on', models.DateField(verbose_name='ngày phê duyệt')),
                ('approval', models.CharField(max_length=200, verbose_name='văn bản phê duyệt')),
                ('written_by', models.CharField(max_length=300, verbose_name='người ghi')),
                ('created_at', models.DateTimeField(verbose_name='ghi lúc')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.restructuring')),
                ('procedure', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='procedures.procedure', verbose_name='thủ tục')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ServiceDeclaration',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=48, unique=True, verbose_name='mã dịch vụ')),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan cung cấp')),
                ('level', models.CharField(choices=[('full', 'Toàn trình'), ('part', 'Một phần')], max_length=4, verbose_name='mức độ')),
                ('localities', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, default=list, size=None, verbose_name='nơi áp dụng')),
                ('assurance', models.PositiveSmallIntegerField(default=2, verbose_name='mức độ bảo đảm của danh tính')),
                ('form_key', models.CharField(max_length=80, verbose_name='biểu mẫu điện tử')),
                ('system', models.CharField(max_length=200, verbose_name='hệ thống xử lý')),
                ('year', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='danh mục tích hợp của năm')),
                ('state', models.CharField(choices=[('declared', 'Đã khai báo'), ('proposed', 'Đề nghị kiểm thử'), ('testing', 'Đang kiểm thử'), ('reported', 'Chờ xác nhận kết quả kiểm thử'), ('open', 'Đang cung cấp'), ('suspended', 'Tạm ngưng'), ('stopped', 'Đã dừng')], default='declared', max_length=9, verbose_name='tình trạng')),
                ('since', models.DateTimeField(verbose_name='từ lúc')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='hạn của bước')),
                ('evidence', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None, verbose_name='mã hồ sơ kiểm thử')),
                ('reason', models.CharField(blank=True, max_length=1000, verbose_name='lý do')),
                ('mend', models.CharField(blank=True, max_length=1000, verbose_name='cần sửa trước khi mở lại')),
                ('declared_by', models.CharField(max_length=300, verbose_name='người khai báo')),
                ('created_at', models.DateTimeField(verbose_name='khai báo lúc')),
                ('procedure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='declarations', to='procedures.procedure', verbose_name='thủ tục')),
                ('restructuring', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='declarations', to='procedures.restructuring', verbose_name='phương án tái cấu trúc')),
            ],
            options={
                'verbose_name': 'khai báo dịch vụ trực tuyến',
                'verbose_name_plural': 'dịch vụ công trực tuyến: khai báo, kiểm thử',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ServiceDeclarationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('code', models.CharField(max_length=48, verbose_name='mã dịch vụ')),
                ('unit_code', models.CharField(db_collation='C', max_length=40, verbose_name='cơ quan cung cấp')),
                ('level', models.CharField(choices=[('full', 'Toàn trình'), ('part', 'Một phần')], max_length=4, verbose_name='mức độ')),
                ('localities', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, default=list, size=None, verbose_name='nơi áp dụng')),
                ('assurance', models.PositiveSmallIntegerField(default=2, verbose_name='mức độ bảo đảm của danh tính')),
                ('form_key', models.CharField(max_length=80, verbose_name='biểu mẫu điện tử')),
                ('system', models.CharField(max_length=200, verbose_name='hệ thống xử lý')),
                ('year', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='danh mục tích hợp của năm')),
                ('state', models.CharField(choices=[('declared', 'Đã khai báo'), ('proposed', 'Đề nghị kiểm thử'), ('testing', 'Đang kiểm thử'), ('reported', 'Chờ xác nhận kết quả kiểm thử'), ('open', 'Đang cung cấp'), ('suspended', 'Tạm ngưng'), ('stopped', 'Đã dừng')], default='declared', max_length=9, verbose_name='tình trạng')),
                ('since', models.DateTimeField(verbose_name='từ lúc')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='hạn của bước')),
                ('evidence', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None, verbose_name='mã hồ sơ kiểm thử')),
                ('reason', models.CharField(blank=True, max_length=1000, verbose_name='lý do')),
                ('mend', models.CharField(blank=True, max_length=1000, verbose_name='cần sửa trước khi mở lại')),
                ('declared_by', models.CharField(max_length=300, verbose_name='người khai báo')),
                ('created_at', models.DateTimeField(verbose_name='khai báo lúc')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='procedures.servicedeclaration')),
                ('procedure', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='procedures.procedure', verbose_name='thủ tục')),
                ('restructuring', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='procedures.restructuring', verbose_name='phương án tái cấu trúc')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ServiceEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(max_length=12, verbose_name='việc')),
                ('after', models.CharField(choices=[('declared', 'Đã khai báo'), ('proposed', 'Đề nghị kiểm thử'), ('testing', 'Đang kiểm thử'), ('reported', 'Chờ xác nhận kết quả kiểm thử'), ('open', 'Đang cung cấp'), ('suspended', 'Tạm ngưng'), ('stopped', 'Đã dừng')], max_length=9, verbose_name='tình trạng sau')),
                ('at', models.DateTimeField(verbose_name='lúc')),
                ('by', models.CharField(max_length=300, verbose_name='người làm')),
                ('in_time', models.BooleanField(blank=True, null=True, verbose_name='đúng hạn')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='ghi chú')),
                ('declaration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='procedures.servicedeclaration')),
            ],
            options={
                'verbose_name': 'bước của dịch vụ',
                'verbose_name_plural': 'bước của dịch vụ',
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ServiceReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reviewed_on', models.DateField(verbose_name='ngày rà soát')),
                ('by', models.CharField(max_length=300, verbose_name='người rà soát')),
                ('level_kept', models.BooleanField(verbose_name='giữ đúng mức độ đã khai báo')),
                ('simpler', models.BooleanField(verbose_name='đơn giản, thuận lợi hơn nộp trực tiếp')),
                ('cheaper', models.BooleanField(verbose_name='đỡ chi phí, thời gian hơn nộp trực tiếp')),
                ('in_law', models.BooleanField(verbose_name='đúng thời hạn và kết quả đã công bố')),
                ('note', models.CharField(blank=True, max_length=1000, verbose_name='điều phải sửa')),
                ('declaration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='procedures.servicedeclaration')),
            ],
            options={
                'verbose_name': 'rà soát dịch vụ',
                'verbose_name_plural': 'rà soát dịch vụ',
                'ordering': ['-reviewed_on', '-id'],
            },
        ),
        migrations.AddIndex(
            model_name='announcement',
            index=models.Index(fields=['unit_code', '-created_at'], name='announcement_unit'),
        ),
        migrations.AddIndex(
            model_name='announcement',
            index=models.Index(fields=['state', 'publish_at'], name='announcement_state'),
        ),
        migrations.AddIndex(
            model_name='announcement',
            index=models.Index(condition=models.Q(('state', 'published')), fields=['-published_at', '-id'], name='announcement_published'),
        ),
        migrations.AddConstraint(
            model_name='announcement',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'withdrawn'), _negated=True), fields=('unit_code', 'number'), name='announcement_once'),
        ),
        migrations.AddConstraint(
            model_name='announcement',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['published', 'withdrawn']), ('published_at__isnull', True), _connector='OR'), name='announcement_published_has_its_day'),
        ),
        migrations.AddIndex(
            model_name='announcedchange',
            index=models.Index(fields=['procedure_code'], name='announced_change_procedure'),
        ),
        migrations.AddConstraint(
            model_name='announcedchange',
            constraint=models.UniqueConstraint(fields=('announcement', 'procedure_code'), name='announced_change_once'),
        ),
        migrations.AddIndex(
            model_name='consultation',
            index=models.Index(fields=['unit_code', '-opens_on'], name='consultation_unit'),
        ),
        migrations.AddConstraint(
            model_name='consultation',
            constraint=models.CheckConstraint(condition=models.Q(('closes_on__gte', models.F('opens_on'))), name='consultation_days_in_order'),
        ),
        migrations.AddConstraint(
            model_name='consultation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', ''), ('outcome_at__isnull', True)), models.Q(models.Q(('outcome', ''), _negated=True), ('outcome_at__isnull', False)), _connector='OR'), name='consultation_outcome_is_said'),
        ),
        migrations.AddIndex(
            model_name='localconfirmation',
            index=models.Index(fields=['unit_code', 'state'], name='local_confirmation_unit'),
        ),
        migrations.AddConstraint(
            model_name='localconfirmation',
            constraint=models.UniqueConstraint(fields=('version', 'province_code'), name='local_confirmation_once'),
        ),
        migrations.AddConstraint(
            model_name='localconfirmation',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'waiting'), ('answered_at__isnull', False), _connector='OR'), name='local_confirmation_answered'),
        ),
        migrations.AddIndex(
            model_name='opinion',
            index=models.Index(fields=['consultation', 'subject', '-created_at'], name='opinion_subject'),
        ),
        migrations.AddConstraint(
            model_name='opinion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True)), models.Q(models.Q(('answer', ''), _negated=True), ('answered_at__isnull', False)), _connector='OR'), name='opinion_answered_whole'),
        ),
        migrations.AddConstraint(
            model_name='opinion',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='opinion_says_something'),
        ),
        migrations.AddIndex(
            model_name='qualityfinding',
            index=models.Index(fields=['unit_code', 'state', '-found_at'], name='quality_finding_unit'),
        ),
        migrations.AddIndex(
            model_name='qualityfinding',
            index=models.Index(fields=['state', 'due_at'], name='quality_finding_due'),
        ),
        migrations.AddConstraint(
            model_name='qualityfinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('review__isnull', True), models.Q(('rule', ''), _negated=True)), models.Q(('review__isnull', False), ('rule', '')), _connector='OR'), name='quality_finding_has_a_finder'),
        ),
        migrations.AddConstraint(
            model_name='qualityfinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'mended'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='quality_finding_mended_says_how'),
        ),
        migrations.AddConstraint(
            model_name='qualityfinding',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('rule', ''), _negated=True), ('closed_at__isnull', True)), fields=('rule', 'procedure_code', 'part', 'unit_code'), name='quality_finding_open_once'),
        ),
        migrations.AddIndex(
            model_name='restructuring',
            index=models.Index(fields=['unit_code', '-created_at'], name='restructuring_unit'),
        ),
        migrations.AddConstraint(
            model_name='restructuring',
            constraint=models.CheckConstraint(condition=models.Q(('steps_after__lte', models.F('steps_before')), ('papers_after__lte', models.F('papers_before'))), name='restructuring_cuts_and_never_adds'),
        ),
        migrations.AddIndex(
            model_name='servicedeclaration',
            index=models.Index(fields=['unit_code', '-created_at'], name='service_declaration_unit'),
        ),
        migrations.AddIndex(
            model_name='servicedeclaration',
            index=models.Index(fields=['state', 'due_at'], name='service_declaration_due'),
        ),
        migrations.AddConstraint(
            model_name='servicedeclaration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['suspended', 'stopped']), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='service_closed_says_why'),
        ),
        migrations.AddConstraint(
            model_name='servicedeclaration',
            constraint=models.CheckConstraint(condition=models.Q(('restructuring__isnull', False), ('state__in', ['open', 'suspended', 'stopped']), _connector='OR'), name='service_new_is_restructured'),
        ),
        migrations.AddConstraint(
            model_name='servicereview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cheaper', True), ('in_law', True), ('level_kept', True), ('simpler', True)), models.Q(('note', ''), _negated=True), _connector='OR'), name='service_review_fault_says_what'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='embedsite',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_embedsiteevent" ("added_at", "added_by", "ended_at", "id", "origin", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "unit_code") VALUES (NEW."added_at", NEW."added_by", NEW."ended_at", NEW."id", NEW."origin", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."unit_code"); RETURN NULL;', hash='aa19fd521cea8c4283ea9cb806549e65a3c4d57f', operation='INSERT', pgid='pgtrigger_insert_insert_5a298', table='procedures_embedsite', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='embedsite',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "procedures_embedsiteevent" ("added_at", "added_by", "ended_at", "id", "origin", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "unit_code") VALUES (NEW."added_at", NEW."added_by", NEW."ended_at", NEW."id", NEW."origin", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."unit_code"); RETURN NULL;', hash='998864246731480bc7986a5becefb83e1c0d0cbc', operation='UPDATE', pgid='pgtrigger_update_update_998ba', table='procedures_embedsite', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='embedsite',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_embedsiteevent" ("added_at", "added_by", "ended_at", "id", "origin", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "unit_code") VALUES (OLD."added_at", OLD."added_by", OLD."ended_at", OLD."id", OLD."origin", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."unit_code"); RETURN NULL;', hash='e112467357c096e77bb7a0e89d591d77164aa199', operation='DELETE', pgid='pgtrigger_delete_delete_5bcda', table='procedures_embedsite', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='qualityreview',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_qualityreviewevent" ("begun_at", "begun_by", "by_unit", "closed_at", "conclusion", "due_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "scope", "sent_at", "state", "title", "unit_code") VALUES (NEW."begun_at", NEW."begun_by", NEW."by_unit", NEW."closed_at", NEW."conclusion", NEW."due_at", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."procedures", NEW."scope", NEW."sent_at", NEW."state", NEW."title", NEW."unit_code"); RETURN NULL;', hash='9fdbdd0315b46f2bb2c0730aa0492331511aaf6c', operation='INSERT', pgid='pgtrigger_insert_insert_2dc40', table='procedures_qualityreview', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='qualityreview',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "procedures_qualityreviewevent" ("begun_at", "begun_by", "by_unit", "closed_at", "conclusion", "due_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "scope", "sent_at", "state", "title", "unit_code") VALUES (NEW."begun_at", NEW."begun_by", NEW."by_unit", NEW."closed_at", NEW."conclusion", NEW."due_at", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."procedures", NEW."scope", NEW."sent_at", NEW."state", NEW."title", NEW."unit_code"); RETURN NULL;', hash='dfbcbeffa0987fc75b328b2f8beb4dfbe43f7360', operation='UPDATE', pgid='pgtrigger_update_update_60f15', table='procedures_qualityreview', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='qualityreview',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_qualityreviewevent" ("begun_at", "begun_by", "by_unit", "closed_at", "conclusion", "due_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "scope", "sent_at", "state", "title", "unit_code") VALUES (OLD."begun_at", OLD."begun_by", OLD."by_unit", OLD."closed_at", OLD."conclusion", OLD."due_at", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."procedures", OLD."scope", OLD."sent_at", OLD."state", OLD."title", OLD."unit_code"); RETURN NULL;', hash='658d98320d1d1117f63c9ed88fbe4721c2021b3e', operation='DELETE', pgid='pgtrigger_delete_delete_03bdb', table='procedures_qualityreview', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='announcement',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_announcementevent" ("checked_by", "created_at", "decision_id", "due_at", "editors", "effective_on", "entered_by", "id", "in_time", "law", "law_effective_on", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "publish_at", "published_at", "published_by", "seen", "signed_in_time", "signed_on", "signer", "source", "state", "summary", "unit_code") VALUES (NEW."checked_by", NEW."created_at", NEW."decision_id", NEW."due_at", NEW."editors", NEW."effective_on", NEW."entered_by", NEW."id", NEW."in_time", NEW."law", NEW."law_effective_on", NEW."note", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."publish_at", NEW."published_at", NEW."published_by", NEW."seen", NEW."signed_in_time", NEW."signed_on", NEW."signer", NEW."source", NEW."state", NEW."summary", NEW."unit_code"); RETURN NULL;', hash='569f3b4b204aff139e3ca911356ec98050374e06', operation='INSERT', pgid='pgtrigger_insert_insert_ab6a1', table='procedures_announcement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='announcement',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "procedures_announcementevent" ("checked_by", "created_at", "decision_id", "due_at", "editors", "effective_on", "entered_by", "id", "in_time", "law", "law_effective_on", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "publish_at", "published_at", "published_by", "seen", "signed_in_time", "signed_on", "signer", "source", "state", "summary", "unit_code") VALUES (NEW."checked_by", NEW."created_at", NEW."decision_id", NEW."due_at", NEW."editors", NEW."effective_on", NEW."entered_by", NEW."id", NEW."in_time", NEW."law", NEW."law_effective_on", NEW."note", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."publish_at", NEW."published_at", NEW."published_by", NEW."seen", NEW."signed_in_time", NEW."signed_on", NEW."signer", NEW."source", NEW."state", NEW."summary", NEW."unit_code"); RETURN NULL;', hash='802310de4af1d4b17c5e2afbacd7ec1d2f5a0c9b', operation='UPDATE', pgid='pgtrigger_update_update_57187', table='procedures_announcement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='announcement',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_announcementevent" ("checked_by", "created_at", "decision_id", "due_at", "editors", "effective_on", "entered_by", "id", "in_time", "law", "law_effective_on", "note", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "publish_at", "published_at", "published_by", "seen", "signed_in_time", "signed_on", "signer", "source", "state", "summary", "unit_code") VALUES (OLD."checked_by", OLD."created_at", OLD."decision_id", OLD."due_at", OLD."editors", OLD."effective_on", OLD."entered_by", OLD."id", OLD."in_time", OLD."law", OLD."law_effective_on", OLD."note", OLD."number", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."publish_at", OLD."published_at", OLD."published_by", OLD."seen", OLD."signed_in_time", OLD."signed_on", OLD."signer", OLD."source", OLD."state", OLD."summary", OLD."unit_code"); RETURN NULL;', hash='728e7d7e8323a6a231aafbac0c848a2fe16f57b1', operation='DELETE', pgid='pgtrigger_delete_delete_59bad', table='procedures_announcement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='announcedchange',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_announcedchangeevent" ("announcement_id", "applied_at", "based_on", "id", "kind", "name", "parts", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedure_code", "record", "version_id") VALUES (NEW."announcement_id", NEW."applied_at", NEW."based_on", NEW."id", NEW."kind", NEW."name", NEW."parts", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."procedure_code", NEW."record", NEW."version_id"); RETURN NULL;', hash='6b571aee0fe5a121f085ed93b9418869cab12bd7', operation='INSERT', pgid='pgtrigger_insert_insert_be608', table='procedures_announcedchange', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='announcedchange',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "procedures_announcedchangeevent" ("announcement_id", "applied_at", "based_on", "id", "kind", "name", "parts", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedure_code", "record", "version_id") VALUES (NEW."announcement_id", NEW."applied_at", NEW."based_on", NEW."id", NEW."kind", NEW."name", NEW."parts", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."procedure_code", NEW."record", NEW."version_id"); RETURN NULL;', hash='d8743daca227b2a5e9f12281ca787623c732ec05', operation='UPDATE', pgid='pgtrigger_update_update_ffc27', table='procedures_announcedchange', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='announcedchange',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_announcedchangeevent" ("announcement_id", "applied_at", "based_on", "id", "kind", "name", "parts", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedure_code", "record", "version_id") VALUES (OLD."announcement_id", OLD."applied_at", OLD."based_on", OLD."id", OLD."kind", OLD."name", OLD."parts", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."procedure_code", OLD."record", OLD."version_id"); RETURN NULL;', hash='4f4657ff615b1a8096e2fd674776f81546563b90', operation='DELETE', pgid='pgtrigger_delete_delete_6a4e9', table='procedures_announcedchange', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='consultation',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_consultationevent" ("announcement_id", "closes_on", "created_at", "id", "opens_on", "outcome", "outcome_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "subjects", "summary", "title", "unit_code", "written_by") VALUES (NEW."announcement_id", NEW."closes_on", NEW."created_at", NEW."id", NEW."opens_on", NEW."outcome", NEW."outcome_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."procedures", NEW."subjects", NEW."summary", NEW."title", NEW."unit_code", NEW."written_by"); RETURN NULL;', hash='ea9af662d655330459c40200460bf44cea2bd0e5', operation='INSERT', pgid='pgtrigger_insert_insert_b73a1', table='procedures_consultation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='consultation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "procedures_consultationevent" ("announcement_id", "closes_on", "created_at", "id", "opens_on", "outcome", "outcome_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "subjects", "summary", "title", "unit_code", "written_by") VALUES (NEW."announcement_id", NEW."closes_on", NEW."created_at", NEW."id", NEW."opens_on", NEW."outcome", NEW."outcome_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."procedures", NEW."subjects", NEW."summary", NEW."title", NEW."unit_code", NEW."written_by"); RETURN NULL;', hash='f8f98f52bc357ed6f7f67c3181cbdaa2f893332a', operation='UPDATE', pgid='pgtrigger_update_update_e04d3', table='procedures_consultation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='consultation',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_consultationevent" ("announcement_id", "closes_on", "created_at", "id", "opens_on", "outcome", "outcome_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedures", "subjects", "summary", "title", "unit_code", "written_by") VALUES (OLD."announcement_id", OLD."closes_on", OLD."created_at", OLD."id", OLD."opens_on", OLD."outcome", OLD."outcome_at", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."procedures", OLD."subjects", OLD."summary", OLD."title", OLD."unit_code", OLD."written_by"); RETURN NULL;', hash='181149cc4284786ba347aa2401722a372a99732b', operation='DELETE', pgid='pgtrigger_delete_delete_14d99', table='procedures_consultation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='localconfirmation',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_localconfirmationevent" ("answered_at", "answered_by", "asked_at", "decision_number", "earlier", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "province_code", "state", "unit_code", "version_id") VALUES (NEW."answered_at", NEW."answered_by", NEW."asked_at", NEW."decision_number", NEW."earlier", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."province_code", NEW."state", NEW."unit_code", NEW."version_id"); RETURN NULL;', hash='6de6259ee3208be563ec5a68b79503ee716d24e6', operation='INSERT', pgid='pgtrigger_insert_insert_b99e1', table='procedures_localconfirmation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='localconfirmation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "procedures_localconfirmationevent" ("answered_at", "answered_by", "asked_at", "decision_number", "earlier", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "province_code", "state", "unit_code", "version_id") VALUES (NEW."answered_at", NEW."answered_by", NEW."asked_at", NEW."decision_number", NEW."earlier", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."province_code", NEW."state", NEW."unit_code", NEW."version_id"); RETURN NULL;', hash='f62502812abd6e21b6cb027b0487d7f1716a11df', operation='UPDATE', pgid='pgtrigger_update_update_b457f', table='procedures_localconfirmation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='localconfirmation',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_localconfirmationevent" ("answered_at", "answered_by", "asked_at", "decision_number", "earlier", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "province_code", "state", "unit_code", "version_id") VALUES (OLD."answered_at", OLD."answered_by", OLD."asked_at", OLD."decision_number", OLD."earlier", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."province_code", OLD."state", OLD."unit_code", OLD."version_id"); RETURN NULL;', hash='2dea3231dc45323412937bff2b65994b6b12fb95', operation='DELETE', pgid='pgtrigger_delete_delete_ca267', table='procedures_localconfirmation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='qualityfinding',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_qualityfindingevent" ("closed_at", "due_at", "found_at", "id", "kind", "mended_at", "mended_by", "note", "part", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedure_code", "review_id", "rule", "state", "text", "unit_code") VALUES (NEW."closed_at", NEW."due_at", NEW."found_at", NEW."id", NEW."kind", NEW."mended_at", NEW."mended_by", NEW."note", NEW."part", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."procedure_code", NEW."review_id", NEW."rule", NEW."state", NEW."text", NEW."unit_code"); RETURN NULL;', hash='3f3d405e5ed5d3674710223014bd514cd25e8a95', operation='INSERT', pgid='pgtrigger_insert_insert_be8a9', table='procedures_qualityfinding', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='qualityfinding',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "procedures_qualityfindingevent" ("closed_at", "due_at", "found_at", "id", "kind", "mended_at", "mended_by", "note", "part", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedure_code", "review_id", "rule", "state", "text", "unit_code") VALUES (NEW."closed_at", NEW."due_at", NEW."found_at", NEW."id", NEW."kind", NEW."mended_at", NEW."mended_by", NEW."note", NEW."part", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."procedure_code", NEW."review_id", NEW."rule", NEW."state", NEW."text", NEW."unit_code"); RETURN NULL;', hash='63d38a692d4ba434b0389968c30d36858c1754f8', operation='UPDATE', pgid='pgtrigger_update_update_70e70', table='procedures_qualityfinding', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='qualityfinding',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_qualityfindingevent" ("closed_at", "due_at", "found_at", "id", "kind", "mended_at", "mended_by", "note", "part", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedure_code", "review_id", "rule", "state", "text", "unit_code") VALUES (OLD."closed_at", OLD."due_at", OLD."found_at", OLD."id", OLD."kind", OLD."mended_at", OLD."mended_by", OLD."note", OLD."part", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."procedure_code", OLD."review_id", OLD."rule", OLD."state", OLD."text", OLD."unit_code"); RETURN NULL;', hash='779e977ee8fa4b8e97e435b2db3692045ee21241', operation='DELETE', pgid='pgtrigger_delete_delete_34352', table='procedures_qualityfinding', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='restructuring',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_restructuringevent" ("approval", "approved_by", "approved_on", "benefit", "created_at", "id", "papers_after", "papers_before", "papers_cut", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "present", "procedure_id", "steps_after", "steps_before", "systems", "unit_code", "written_by") VALUES (NEW."approval", NEW."approved_by", NEW."approved_on", NEW."benefit", NEW."created_at", NEW."id", NEW."papers_after", NEW."papers_before", NEW."papers_cut", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."present", NEW."procedure_id", NEW."steps_after", NEW."steps_before", NEW."systems", NEW."unit_code", NEW."written_by"); RETURN NULL;', hash='6ce28d65fe05afa228f2ab8883e1a025567f35e6', operation='INSERT', pgid='pgtrigger_insert_insert_c9048', table='procedures_restructuring', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='restructuring',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "procedures_restructuringevent" ("approval", "approved_by", "approved_on", "benefit", "created_at", "id", "papers_after", "papers_before", "papers_cut", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "present", "procedure_id", "steps_after", "steps_before", "systems", "unit_code", "written_by") VALUES (NEW."approval", NEW."approved_by", NEW."approved_on", NEW."benefit", NEW."created_at", NEW."id", NEW."papers_after", NEW."papers_before", NEW."papers_cut", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."present", NEW."procedure_id", NEW."steps_after", NEW."steps_before", NEW."systems", NEW."unit_code", NEW."written_by"); RETURN NULL;', hash='3cdcb2563ec0e7fbea46053fede8ecf1b1486d10', operation='UPDATE', pgid='pgtrigger_update_update_5668b', table='procedures_restructuring', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='restructuring',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_restructuringevent" ("approval", "approved_by", "approved_on", "benefit", "created_at", "id", "papers_after", "papers_before", "papers_cut", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "present", "procedure_id", "steps_after", "steps_before", "systems", "unit_code", "written_by") VALUES (OLD."approval", OLD."approved_by", OLD."approved_on", OLD."benefit", OLD."created_at", OLD."id", OLD."papers_after", OLD."papers_before", OLD."papers_cut", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."present", OLD."procedure_id", OLD."steps_after", OLD."steps_before", OLD."systems", OLD."unit_code", OLD."written_by"); RETURN NULL;', hash='cda660475d6d2925ca3a3ca7203309168252548b', operation='DELETE', pgid='pgtrigger_delete_delete_41f13', table='procedures_restructuring', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='servicedeclaration',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_servicedeclarationevent" ("assurance", "code", "created_at", "declared_by", "due_at", "evidence", "form_key", "id", "level", "localities", "mend", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedure_id", "reason", "restructuring_id", "since", "state", "system", "unit_code", "year") VALUES (NEW."assurance", NEW."code", NEW."created_at", NEW."declared_by", NEW."due_at", NEW."evidence", NEW."form_key", NEW."id", NEW."level", NEW."localities", NEW."mend", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."procedure_id", NEW."reason", NEW."restructuring_id", NEW."since", NEW."state", NEW."system", NEW."unit_code", NEW."year"); RETURN NULL;', hash='ce1b947bf530987f79009187d5d4683b42556cf2', operation='INSERT', pgid='pgtrigger_insert_insert_74952', table='procedures_servicedeclaration', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='servicedeclaration',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "procedures_servicedeclarationevent" ("assurance", "code", "created_at", "declared_by", "due_at", "evidence", "form_key", "id", "level", "localities", "mend", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedure_id", "reason", "restructuring_id", "since", "state", "system", "unit_code", "year") VALUES (NEW."assurance", NEW."code", NEW."created_at", NEW."declared_by", NEW."due_at", NEW."evidence", NEW."form_key", NEW."id", NEW."level", NEW."localities", NEW."mend", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."procedure_id", NEW."reason", NEW."restructuring_id", NEW."since", NEW."state", NEW."system", NEW."unit_code", NEW."year"); RETURN NULL;', hash='d8ac7b337d9917df78c10e7289d2c8edf8bb8b43', operation='UPDATE', pgid='pgtrigger_update_update_6ce2e', table='procedures_servicedeclaration', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='servicedeclaration',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "procedures_servicedeclarationevent" ("assurance", "code", "created_at", "declared_by", "due_at", "evidence", "form_key", "id", "level", "localities", "mend", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "procedure_id", "reason", "restructuring_id", "since", "state", "system", "unit_code", "year") VALUES (OLD."assurance", OLD."code", OLD."created_at", OLD."declared_by", OLD."due_at", OLD."evidence", OLD."form_key", OLD."id", OLD."level", OLD."localities", OLD."mend", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."procedure_id", OLD."reason", OLD."restructuring_id", OLD."since", OLD."state", OLD."system", OLD."unit_code", OLD."year"); RETURN NULL;', hash='c24ec7711233e33d8daa0a7e5fd49dda518ac2b6', operation='DELETE', pgid='pgtrigger_delete_delete_e51b5', table='procedures_servicedeclaration', when='AFTER')),
        ),
        note_changes(
            "procedures", *(f"procedures_{name}" for name in ("announcement", "announcedchange", "localconfirmation", "servicedeclaration"))
        ),
        note_changes("quality", "procedures_qualityreview", "procedures_qualityfinding"),
        note_changes("consulting", "procedures_consultation"),
        _pages(),
    ]
