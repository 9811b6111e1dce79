from __future__ import annotations

import django.db.models.deletion
import portal.crypto.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0008_names_in_reconciliation'),
    ]

    operations = [
        migrations.AddField(
            model_name='refund',
            name='asker',
            field=portal.crypto.fields.SealedTextField(context='payments.refund.asker', null=True, subject='id', verbose_name='người đề nghị'),
        ),
        migrations.AddField(
            model_name='refund',
            name='contact',
            field=portal.crypto.fields.SealedTextField(context='payments.refund.contact', null=True, subject='id', verbose_name='liên lạc'),
        ),
        migrations.AlterField(
            model_name='collection',
            name='institution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='collections', to='payments.institution', verbose_name='đơn vị thanh toán'),
        ),
        migrations.AlterField(
            model_name='collection',
            name='purpose',
            field=models.CharField(choices=[('settles', 'trả khoản phải nộp'), ('double', 'nộp trùng'), ('over', 'nộp thừa'), ('under', 'nộp thiếu'), ('closed', 'khoản phải nộp đã hủy'), ('unmatched', 'không rõ khoản phải nộp'), ('more', 'bị trừ nhiều hơn số đã báo')], max_length=10, verbose_name='tính chất'),
        ),
        migrations.AlterField(
            model_name='collection',
            name='via',
            field=models.CharField(choices=[('callback', 'đơn vị thanh toán báo'), ('query', 'Cổng hỏi lại'), ('file', 'tệp đối soát'), ('desk', 'bàn làm việc')], max_length=10, verbose_name='nguồn tin'),
        ),
        migrations.AlterField(
            model_name='institution',
            name='fee_rate',
            field=models.PositiveIntegerField(default=0, verbose_name='phí theo số tiền (1 là 0,01%)'),
        ),
        migrations.AlterField(
            model_name='refund',
            name='institution_code',
            field=models.CharField(db_collation='C', max_length=40, verbose_name='đơn vị thanh toán'),
        ),
        migrations.AlterField(
            model_name='refund',
            name='payee_unit',
            field=models.CharField(blank=True, db_collation='C', max_length=40, verbose_name='cơ quan thụ hưởng'),
        ),
        migrations.AlterField(
            model_name='settlementcontact',
            name='purpose',
            field=models.CharField(choices=[('settlement', 'Thanh quyết toán'), ('tracing', 'Tra soát'), ('complaints', 'Khiếu nại')], max_length=12, verbose_name='mục đích'),
        ),
        migrations.AlterField(
            model_name='tracerequest',
            name='topic',
            field=models.CharField(choices=[('taken', 'Đã bị trừ tiền nhưng ở đây chưa ghi nhận'), ('twice', 'Bị trừ tiền hai lần'), ('amount', 'Số tiền bị trừ không đúng'), ('voucher', 'Chưa nhận được chứng từ'), ('other', 'Việc khác')], max_length=10, verbose_name='nội dung tra soát'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asker__isnull', True), ('contact__isnull', True)), models.Q(('asker__isnull', False), ('contact__isnull', False)), _connector='OR'), name='refund_asker_can_be_reached'),
        ),
    ]
