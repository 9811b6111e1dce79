"""Paying within a dossier: what was asked for, how a dossier stands with it, since when its clock stands still."""

import django.db.models.deletion
import dossiers.models.forms
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dossiers', '0010_kept_bill'),
        ('payments', '0001_orders_attempts_ledger'),
        ('procedures', '0013_online_reductions'),
    ]

    operations = [
migrations.CreateModel(
            name='PaymentDemand',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField()),
                ('why', models.CharField(choices=[('filing', 'Nộp cùng hồ sơ'), ('asked', 'Cơ quan yêu cầu')], max_length=10)),
                ('amount', models.BigIntegerField()),
                ('standing', models.CharField(choices=[('none', 'Không phải nộp'), ('due', 'Chờ nộp tiền'), ('paid', 'Đã nộp tiền'), ('unpaid', 'Chưa nộp tiền'), ('refunded', 'Đã hoàn tiền')], default='due', max_length=10)),
                ('when_unpaid', models.CharField(choices=[('continue', 'Giải quyết tiếp'), ('stop', 'Dừng giải quyết')], max_length=10)),
                ('asked_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('remind_at', models.DateTimeField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ("dossier", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='demands', to='dossiers.dossier')),
("order", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.order')),
],
            options={
                'ordering': ['id'],
            "indexes": [models.Index(condition=models.Q(('remind_at__isnull', False)), fields=['remind_at'], name='dossiers_demands_to_remind'),
models.Index(condition=models.Q(('standing', 'due')), fields=['until'], name='dossiers_demands_due'),
],
"constraints": [models.UniqueConstraint(fields=('dossier', 'number'), name='dossiers_demand_number'),
models.UniqueConstraint(condition=models.Q(('standing', 'due')), fields=('dossier',), name='dossiers_one_demand_is_due'),
models.CheckConstraint(condition=models.Q(('amount__gte', 1)), name='dossiers_demand_amount'),
models.CheckConstraint(condition=models.Q(('standing__in', ['due', 'paid', 'unpaid', 'refunded'])), name='dossiers_demand_standing'),
models.CheckConstraint(condition=models.Q(models.Q(('standing__in', ['paid', 'refunded']), _negated=True), ('settled_at__isnull', False), _connector='OR'), name='dossiers_demand_paid_has_time'),
models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('standing', 'due')), models.Q(models.Q(('standing', 'due'), _negated=True), ('closed_at__isnull', False), ('remind_at__isnull', True)), _connector='OR'), name='dossiers_demand_closed_has_time'),
models.CheckConstraint(condition=models.Q(('until__gte', models.F('asked_at'))), name='dossiers_demand_times'),
],
},
        ),
migrations.AddField(
            model_name='dossier',
            name='paused_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
migrations.AddField(
            model_name='dossier',
            name='pay_until',
            field=models.DateTimeField(blank=True, null=True, verbose_name='hạn nộp tiền'),
        ),
migrations.AddField(
            model_name='dossier',
            name='payment',
            field=models.CharField(choices=[('none', 'Không phải nộp'), ('due', 'Chờ nộp tiền'), ('paid', 'Đã nộp tiền'), ('unpaid', 'Chưa nộp tiền'), ('refunded', 'Đã hoàn tiền')], db_default='none', default='none', max_length=10, verbose_name='phí, lệ phí'),
        ),
migrations.AddField(
            model_name='dossier',
            name='stopped_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
migrations.AddField(
            model_name='formversion',
            name='payment',
            field=models.JSONField(blank=True, default=dict, validators=[dossiers.models.forms.check_payment]),
        ),
migrations.AlterField(
            model_name='dossierdocument',
            name='role',
            field=models.CharField(choices=[('receipt', 'Giấy tiếp nhận hồ sơ và hẹn trả kết quả'), ('result', 'Kết quả giải quyết'), ('stop', 'Thông báo dừng giải quyết hồ sơ')], max_length=10),
        ),
migrations.AddIndex(
            model_name='dossier',
            index=models.Index(condition=models.Q(('payment__in', ['due', 'unpaid'])), fields=['unit_code', 'payment', 'id'], name='dossiers_desk_payment'),
        ),
migrations.AddConstraint(
            model_name='dossier',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', '8'), _negated=True), ('stopped_at__isnull', False), _connector='OR'), name='dossiers_stopped_has_time'),
        ),
migrations.AddConstraint(
            model_name='dossier',
            constraint=models.CheckConstraint(condition=models.Q(('payment__in', ['none', 'due', 'paid', 'unpaid', 'refunded'])), name='dossiers_payment_known'),
        ),
migrations.AddConstraint(
            model_name='dossier',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('pay_until__isnull', False), ('payment', 'due'), ('state__in', ['1', '6'])), models.Q(models.Q(('payment', 'due'), _negated=True), ('pay_until__isnull', True)), _connector='OR'), name='dossiers_due_has_a_day'),
        ),
migrations.AddConstraint(
            model_name='dossier',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', '6'), _negated=True), models.Q(('paused_at__isnull', False), ('payment', 'due')), _connector='OR'), name='dossiers_payment_due_is_paused'),
        ),
pgtrigger.migrations.AddTrigger(
            model_name='paymentdemand',
            trigger=pgtrigger.compiler.Trigger(name='demand_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='58a7f2468c9152d12f59bb0781dcdd015b993471', operation='DELETE', pgid='pgtrigger_demand_stays_00b78', table='dossiers_paymentdemand', when='BEFORE')),
        ),
]
