"""Counts of the work on the desk; what slips have said of officers so far is counted at once, the rest by the first foldings."""

from django.db import migrations, models

KNOWN = """
INSERT INTO ratings_officerrating (unit_code, officer_id, year, question, s1, s2, s3, s4, s5)
SELECT r.unit_code, r.officer_id, date_trunc('year', r.day)::date, f.questions -> n ->> 'code',
    count(*) FILTER (WHERE r.steps[n + 1] = 1), count(*) FILTER (WHERE r.steps[n + 1] = 2), count(*) FILTER (WHERE r.steps[n + 1] = 3),
    count(*) FILTER (WHERE r.steps[n + 1] = 4), count(*) FILTER (WHERE r.steps[n + 1] = 5)
FROM (
    SELECT unit_code, officer_id, day, form_id, ARRAY[q1, q2, q3, q4, q5] AS steps FROM ratings_rating
    WHERE is_counted AND source = 'd' AND officer_id IS NOT NULL
) AS r JOIN ratings_slipform f ON f.number = r.form_id, generate_series(0, 4) AS n
GROUP BY 1, 2, 3, 4
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ratings', '0012_account_ways'),
    ]

    operations = [
        migrations.CreateModel(
            name='CountedUntil',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('counters_on', models.DateField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='counted_until_is_one')],
            },
        ),
        migrations.CreateModel(
            name='OfficerRating',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('unit_code', models.CharField(db_collation='C', max_length=40)),
                ('officer_id', models.UUIDField()),
                ('year', models.DateField()),
                ('question', models.CharField(db_collation='C', max_length=20)),
                ('s1', models.IntegerField(default=0)),
                ('s2', models.IntegerField(default=0)),
                ('s3', models.IntegerField(default=0)),
                ('s4', models.IntegerField(default=0)),
                ('s5', models.IntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('unit_code', 'year', 'officer_id', 'question'), name='officer_rating_cell')],
            },
        ),
        migrations.CreateModel(
            name='ReturnCount',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('place', models.CharField(blank=True, db_collation='C', max_length=40)),
                ('period', models.CharField(db_collation='C', max_length=1)),
                ('first', models.DateField()),
                ('procedure_code', models.CharField(db_collation='C', max_length=40)),
                ('kind', models.CharField(db_collation='C', max_length=10)),
                ('name', models.CharField(db_collation='C', max_length=60)),
                ('reason', models.CharField(db_collation='C', max_length=10)),
                ('label', models.CharField(max_length=500)),
                ('asked', models.IntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('place', 'period', 'first', 'procedure_code', 'kind', 'name', 'reason'), name='return_count_cell')],
            },
        ),
        migrations.CreateModel(
            name='StepCount',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('place', models.CharField(blank=True, db_collation='C', max_length=40)),
                ('period', models.CharField(db_collation='C', max_length=1)),
                ('first', models.DateField()),
                ('procedure_code', models.CharField(db_collation='C', max_length=40)),
                ('step', models.CharField(db_collation='C', max_length=10)),
                ('number', models.IntegerField(default=0)),
                ('seconds', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('place', 'period', 'first', 'procedure_code', 'step'), name='step_count_cell')],
            },
        ),
        migrations.CreateModel(
            name='WorkCount',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('o', 'Cán bộ'), ('c', 'Quầy'), ('p', 'Cơ quan')], db_collation='C', max_length=1)),
                ('place', models.CharField(blank=True, db_collation='C', max_length=40)),
                ('parent', models.CharField(blank=True, db_collation='C', max_length=40)),
                ('key', models.CharField(blank=True, db_collation='C', max_length=36)),
                ('period', models.CharField(db_collation='C', max_length=1)),
                ('first', models.DateField()),
                ('received', models.IntegerField(default=0)),
                ('refused', models.IntegerField(default=0)),
                ('answered', models.IntegerField(default=0)),
                ('answered_in_time', models.IntegerField(default=0)),
                ('requests', models.IntegerField(default=0)),
                ('resolved', models.IntegerField(default=0)),
                ('late', models.IntegerField(default=0)),
                ('called', models.IntegerField(default=0)),
                ('waited_seconds', models.BigIntegerField(default=0)),
                ('waited_over', models.IntegerField(default=0)),
                ('served', models.IntegerField(default=0)),
                ('handled_seconds', models.BigIntegerField(default=0)),
                ('handled_over', models.IntegerField(default=0)),
            ],
            options={
                'verbose_name': 'việc của cán bộ, bước chậm, giấy tờ hay thiếu',
                'verbose_name_plural': 'việc của cán bộ, bước chậm, giấy tờ hay thiếu',
                'indexes': [models.Index(condition=models.Q(('kind', 'p')), fields=['parent', 'period', 'first'], name='work_counts_below'), models.Index(condition=models.Q(('kind', 'o'), ('period', 'y'), ('received__gt', 0)), fields=['first', 'place'], name='work_receivers')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'place', 'period', 'first', 'key'), name='work_count_cell'), models.CheckConstraint(condition=models.Q(('kind__in', ['o', 'c', 'p']), ('period__in', ['m', 'y'])), name='work_count_known')],
            },
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
