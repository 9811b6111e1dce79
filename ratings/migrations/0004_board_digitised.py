"""Digitised papers and results and data used again, counted like everything else; of the dossiers that are there already, too."""

from django.db import migrations, models


# What these measures add for the dossiers of before, noted as changes are: folding counts it (``ratings.cells.cells``).
KNOWN = """
INSERT INTO ratings_dossierdelta (day, unit_code, procedure_code, field_code, channel, service_level,
    received, closed, early, on_time, late, undated, refused, withdrawn, stopped, due, settled, supplemented, with_fee, paid_online,
    digitised, digitised_results, reused)
SELECT least(greatest(v.day, '2000-01-01'::date), '2099-12-31'::date), unit_code, procedure_code, field_code, channel, service_level,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, sum(v.digitised), sum(v.digitised_results), sum(v.reused)
FROM (
    SELECT n.*, (received_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS received,
        (coalesce(finished_at, returned_at) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS ended
    FROM dossiers_nationaldossier n WHERE NOT is_test AND received_at IS NOT NULL
) AS c CROSS JOIN LATERAL (
    SELECT c.received, 0, 0, 1 WHERE c.reuses_data OR c.from_store
    UNION ALL SELECT greatest(c.ended, c.received), c.has_digitised_papers::int, 1, 0
    WHERE c.state IN ('9', '10') AND c.ended IS NOT NULL AND c.has_digitised_result
) AS v (day, digitised, digitised_results, reused)
GROUP BY 1, 2, 3, 4, 5, 6
"""


class Migration(migrations.Migration):

    dependencies = [
        ('dossiers', '0013_index_of_the_late'),
        ('ratings', '0003_score'),
    ]

    operations = [
        migrations.AddField(
            model_name='dossiercount',
            name='digitised',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='dossiercount',
            name='digitised_results',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='dossiercount',
            name='reused',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='dossierdelta',
            name='digitised',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='dossierdelta',
            name='digitised_results',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='dossierdelta',
            name='reused',
            field=models.IntegerField(default=0),
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
