import pgtrigger.compiler
import pgtrigger.migrations
import portal.crypto.fields
from django.db import migrations, models, transaction
from portal.crypto.errors import KeyDestroyed


def seal(apps, schema_editor):
    """Seal each identifier with its holder's key and blank the plain ones, in history too; an erased holder's is dropped."""
    position = apps.get_model('accounts', 'Position')
    for row in position.objects.exclude(credential_id='').iterator(chunk_size=500):
        row.credential, row.credential_id = row.credential_id, ''
        try:
            with transaction.atomic():
                row.save(update_fields=['credential', 'credential_id'])
        except KeyDestroyed:
            position.objects.filter(pk=row.pk).update(credential_id='')
    apps.get_model('accounts', 'PositionEvent').objects.exclude(credential_id='').update(credential_id='')


def open_again(apps, schema_editor):
    """The way back; what stood in history is not told again."""
    position = apps.get_model('accounts', 'Position')
    for row in position.objects.filter(credential__isnull=False).iterator(chunk_size=500):
        position.objects.filter(pk=row.pk).update(credential_id=row.credential or '')


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_certificate_says_who'),
        ('crypto', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='position',
            name='credential_id',
            field=models.CharField(blank=True, db_default='', max_length=100, verbose_name='chứng thư ký số'),
        ),
        migrations.AlterField(
            model_name='positionevent',
            name='credential_id',
            field=models.CharField(blank=True, db_default='', max_length=100, verbose_name='chứng thư ký số'),
        ),
        migrations.AddField(
            model_name='position',
            name='credential',
            field=portal.crypto.fields.SealedTextField(context='accounts.position.credential', null=True, subject='person_id', verbose_name='chứng thư ký số'),
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='position',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='position',
            name='update_update',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='position',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_positionevent" ("id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "roles", "title", "unit_code", "valid_from", "valid_to") VALUES (NEW."id", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."roles", NEW."title", NEW."unit_code", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='c81e7eec7fdaaaae764c98be234076a58be06258', operation='INSERT', pgid='pgtrigger_insert_insert_7a772', table='accounts_position', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='position',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."roles" IS DISTINCT FROM (NEW."roles") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."unit_code" IS DISTINCT FROM (NEW."unit_code") OR OLD."valid_from" IS DISTINCT FROM (NEW."valid_from") OR OLD."valid_to" IS DISTINCT FROM (NEW."valid_to"))', func='INSERT INTO "accounts_positionevent" ("id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "roles", "title", "unit_code", "valid_from", "valid_to") VALUES (NEW."id", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."roles", NEW."title", NEW."unit_code", NEW."valid_from", NEW."valid_to"); RETURN NULL;', hash='7a5da32a87e33f2fcc91b910228154c6057a8e36', operation='UPDATE', pgid='pgtrigger_update_update_f3f78', table='accounts_position', when='AFTER')),
        ),
        migrations.RunPython(seal, open_again),
    ]
