"""The looks through the whole trail."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0003_pending_in_order'),
    ]

    operations = [
migrations.CreateModel(
            name='Check',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField(verbose_name='Lúc')),
                ('asked_by', models.UUIDField(null=True, verbose_name='Vị trí công tác')),
                ('state', models.CharField(choices=[('running', 'Đang kiểm tra'), ('sound', 'Nguyên vẹn'), ('altered', 'Bị sửa')], default='running', max_length=8, verbose_name='Kết quả')),
                ('upto', models.BigIntegerField()),
                ('seq', models.BigIntegerField(default=0, verbose_name='Đã xem')),
                ('head', models.CharField(max_length=64)),
                ('last_act', models.BigIntegerField(default=0)),
                ('fault_seq', models.BigIntegerField(null=True)),
                ('fault_act', models.BigIntegerField(null=True, verbose_name='Việc bị sửa')),
                ('fault', models.CharField(blank=True, max_length=200)),
                ('ended_at', models.DateTimeField(null=True, verbose_name='Xong lúc')),
            ],
            options={
                'verbose_name': 'lần kiểm tra nhật ký',
                'verbose_name_plural': 'lần kiểm tra nhật ký',
                'ordering': ['-asked_at', '-id'],
            "indexes": [models.Index(fields=['-asked_at', '-id'], name='audit_checks_by_time'),
],
"constraints": [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('state',), name='audit_one_check_runs'),
models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='audit_check_ends_with_its_outcome'),
models.CheckConstraint(condition=models.Q(models.Q(('fault_seq__isnull', False), ('state', 'altered')), models.Q(models.Q(('state', 'altered'), _negated=True), ('fault_seq__isnull', True)), _connector='OR'), name='audit_check_names_the_fault'),
],
},
        ),
]
