"""Every dossier of the country as one lean row, partitioned by the year in its code; those that are here already are written into it."""

from django.db import migrations, models

FIRST, LAST = 2015, 2032


class CreatePartitioned(migrations.CreateModel):
    """As its parent, with the table partitioned by year."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.sql_create_table = type(schema_editor).sql_create_table + " PARTITION BY RANGE (year)"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            del schema_editor.sql_create_table


PARTITIONS = "".join(
    f"CREATE TABLE dossiers_nationaldossier_{year} PARTITION OF dossiers_nationaldossier FOR VALUES FROM ({year}) TO ({year + 1});\n"
    for year in range(FIRST, LAST + 1)
)
KEPT = """
INSERT INTO dossiers_nationaldossier (
    year, code, source, is_test, unit_code, agency_code, procedure_code, field_code, channel, service_level, subject, owner_blind,
    phone_blind, state, submitted_at, received_at, due_at, finished_at, returned_at, refused_at, stopped_at, withdrawn_at,
    supplements_before, supplements_after, supplement_is_pending, supplement_days, paid_online, has_fee, has_digitised_papers,
    has_digitised_result, reuses_data, from_store, by_population, said_at, changed_at)
SELECT 2000 + substring(d.code from '-([0-9]{2})[0-9]{4}-')::int, d.code, '', false, d.unit_code, split_part(d.unit_code, '.', 1),
    d.procedure_code, left(v.field_code, 80), d.channel, d.service_level,
    CASE WHEN p.id IS NOT NULL THEN '1' WHEN o.kind IN ('enterprise', 'cooperative') THEN '2' ELSE '4' END, coalesce(p.id_blind, ''), '',
    d.state, d.submitted_at, d.received_at, d.due_at, d.finished_at, d.returned_at, d.refused_at, d.stopped_at, d.withdrawn_at,
    d.supplements_before, d.supplements_after, false, 0, CASE WHEN d.payment IN ('paid', 'refunded') THEN '1' ELSE '0' END,
    d.payment <> 'none', true, d.finished_at IS NOT NULL, false, false, false, now(), now()
FROM dossiers_dossier d JOIN procedures_procedureversion v ON v.id = d.procedure_version_id
LEFT JOIN accounts_person p ON p.id = d.owner_id LEFT JOIN accounts_organisation o ON o.id = d.owner_id
WHERE d.code IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_petitions'),
        ('dossiers', '0011_paying'),
    ]

    operations = [
        CreatePartitioned(
            name='NationalDossier',
            fields=[
                ('pk', models.CompositePrimaryKey('year', 'code', blank=True, editable=False, primary_key=True, serialize=False)),
                ('year', models.PositiveSmallIntegerField()),
                ('code', models.CharField(db_collation='C', max_length=60)),
                ('source', models.CharField(blank=True, db_collation='C', max_length=40)),
                ('is_test', models.BooleanField(default=False)),
                ('unit_code', models.CharField(db_collation='C', max_length=40)),
                ('agency_code', models.CharField(db_collation='C', max_length=10)),
                ('procedure_code', models.CharField(db_collation='C', max_length=40)),
                ('field_code', models.CharField(blank=True, max_length=80)),
                ('channel', models.CharField(max_length=2)),
                ('service_level', models.CharField(blank=True, max_length=20)),
                ('subject', models.CharField(blank=True, max_length=1)),
                ('owner_blind', models.CharField(blank=True, max_length=64)),
                ('phone_blind', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(choices=[('1', 'Mới đăng ký'), ('2', 'Được tiếp nhận'), ('3', 'Không được tiếp nhận'), ('4', 'Đang xử lý'), ('5', 'Yêu cầu bổ sung giấy tờ'), ('6', 'Yêu cầu thực hiện nghĩa vụ tài chính'), ('7', 'Công dân yêu cầu rút hồ sơ'), ('8', 'Dừng xử lý'), ('9', 'Đã xử lý xong'), ('10', 'Đã trả kết quả')], max_length=2)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('received_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('returned_at', models.DateTimeField(null=True)),
                ('refused_at', models.DateTimeField(null=True)),
                ('stopped_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('supplements_before', models.PositiveSmallIntegerField(default=0)),
                ('supplements_after', models.PositiveSmallIntegerField(default=0)),
                ('supplement_asked_at', models.DateTimeField(null=True)),
                ('supplement_is_pending', models.BooleanField(default=False)),
                ('supplement_days', models.PositiveSmallIntegerField(default=0)),
                ('paid_online', models.CharField(blank=True, max_length=1)),
                ('has_fee', models.BooleanField(default=False)),
                ('has_digitised_papers', models.BooleanField(default=False)),
                ('has_digitised_result', models.BooleanField(default=False)),
                ('reuses_data', models.BooleanField(default=False)),
                ('from_store', models.BooleanField(default=False)),
                ('by_population', models.BooleanField(default=False)),
                ('said_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'hồ sơ toàn quốc',
                'verbose_name_plural': 'hồ sơ toàn quốc',
                'indexes': [models.Index(condition=models.Q(('owner_blind', ''), _negated=True), fields=['owner_blind', '-submitted_at', 'code'], name='national_of_owner'), models.Index(fields=['unit_code', 'received_at', 'code'], name='national_of_unit'), models.Index(fields=['changed_at', 'code'], name='national_changed')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'])), name='national_state_known'), models.CheckConstraint(condition=models.Q(('channel__in', ['1', '2', '3'])), name='national_channel_known')],
            },
        ),
        migrations.CreateModel(
            name='NationalStep',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(db_collation='C', max_length=60)),
                ('source', models.CharField(db_collation='C', max_length=40)),
                ('at', models.DateTimeField()),
                ('state', models.CharField(choices=[('1', 'Mới đăng ký'), ('2', 'Được tiếp nhận'), ('3', 'Không được tiếp nhận'), ('4', 'Đang xử lý'), ('5', 'Yêu cầu bổ sung giấy tờ'), ('6', 'Yêu cầu thực hiện nghĩa vụ tài chính'), ('7', 'Công dân yêu cầu rút hồ sơ'), ('8', 'Dừng xử lý'), ('9', 'Đã xử lý xong'), ('10', 'Đã trả kết quả')], max_length=2)),
                ('unit_words', models.CharField(blank=True, max_length=200)),
                ('words', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['code', 'at', 'id'],
                'constraints': [models.UniqueConstraint(fields=('code', 'source', 'at', 'state'), name='national_step_once')],
            },
        ),
        migrations.RunSQL(PARTITIONS, migrations.RunSQL.noop),
        migrations.RunSQL(KEPT, migrations.RunSQL.noop),
    ]
