"""Figures by procedure; pages of published answers are kept until what they show changes."""

from django.db import migrations, models

from portal.caching.sql import note_changes

# A reader's vote changes no kept page: counts stand on the page of the vote.
_SHOWN = "title, question, answer, kind_id, sector_code, procedure_code, unit_name, sender_name, changed_at, withdrawn_at"


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0001_petitions'),
        ('caching', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='tally',
            name='tally_once',
        ),
        migrations.AddField(
            model_name='tally',
            name='procedure_code',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='tallydelta',
            name='procedure_code',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddConstraint(
            model_name='tally',
            constraint=models.UniqueConstraint(fields=('grain', 'day', 'agency_code', 'unit_code', 'kind', 'sector_code', 'procedure_code', 'measure'), name='tally_cell'),
        ),
        migrations.RunSQL(
            f"CREATE TRIGGER caching_note AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF {_SHOWN} ON feedback_publishedcase "
            "FOR EACH STATEMENT EXECUTE FUNCTION caching_note_change('petitions');",
            "DROP TRIGGER caching_note ON feedback_publishedcase;",
        ),
        note_changes("petitions", "feedback_petitionkind"),
    ]
