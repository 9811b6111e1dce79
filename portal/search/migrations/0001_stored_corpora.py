import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='StoredCorpus',
            fields=[
                ('id', models.SmallAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, unique=True)),
                ('described', models.JSONField(default=dict)),
                ('size', models.PositiveIntegerField(default=0)),
                ('means', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), default=list, size=None)),
                ('counted_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'kho tìm kiếm',
                'verbose_name_plural': 'kho tìm kiếm',
            },
        ),
        migrations.CreateModel(
            name='StoredEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200)),
                ('texts', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('prior', models.FloatField()),
                ('codes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('labels', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('lexemes', django.contrib.postgres.search.SearchVectorField()),
                ('corpus', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='search.storedcorpus')),
            ],
            options={
                'verbose_name': 'bài trong kho tìm kiếm',
                'verbose_name_plural': 'bài trong kho tìm kiếm',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['lexemes'], name='search_entry_lexemes')],
                'constraints': [models.UniqueConstraint(fields=('corpus', 'key'), name='search_entry_key')],
            },
        ),
        migrations.CreateModel(
            name='StoredToken',
            fields=[
                ('pk', models.CompositePrimaryKey('corpus_id', 'token', blank=True, editable=False, primary_key=True, serialize=False)),
                ('token', models.TextField(db_collation='C')),
                ('counts', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('corpus', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, db_constraint=False, to='search.storedcorpus')),
            ],
            options={
                'verbose_name': 'tiếng trong kho tìm kiếm',
                'verbose_name_plural': 'tiếng trong kho tìm kiếm',
                'indexes': [models.Index(condition=models.Q(('token__contains', '_'), _negated=True), fields=['corpus', 'token'], name='search_token_syllables')],
            },
        ),
        # What is long lies apart, so that finding many texts reads few pages.
        migrations.RunSQL(
            "ALTER TABLE search_storedentry SET (toast_tuple_target = 128)", "ALTER TABLE search_storedentry RESET (toast_tuple_target)"
        ),
    ]
