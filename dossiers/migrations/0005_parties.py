"""Drafts and dossiers belong to parties; who sent a dossier stands beside for whom it was sent."""

from django.db import migrations, models

_KNOWN_BEFORE = """
UPDATE dossiers_draft SET changed_by = party_id;
UPDATE dossiers_dossier SET filed_by_id = applicant_id, filed_by_name = applicant_name;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0004_draft_version"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="draft", name="dossiers_one_draft"),
        migrations.RemoveIndex(model_name="draft", name="dossiers_draft_mine"),
        migrations.RemoveField(model_name="draft", name="acting_as"),
        migrations.RemoveField(model_name="draft", name="acting_as_id"),
        migrations.RenameField(model_name="draft", old_name="person_id", new_name="party_id"),
        migrations.AddField(model_name="draft", name="changed_by", field=models.UUIDField(null=True)),
        migrations.RemoveField(model_name="dossier", name="acting_as_id"),
        migrations.AddField(model_name="dossier", name="mandate_id", field=models.UUIDField(blank=True, null=True)),
        migrations.AddField(model_name="dossier", name="filed_by_id", field=models.UUIDField(null=True)),
        migrations.AddField(
            model_name="dossier", name="filed_by_name", field=models.CharField(max_length=200, null=True, verbose_name="người gửi")
        ),
        migrations.AddField(model_name="dossierevent", name="mandate_id", field=models.UUIDField(blank=True, null=True)),
        migrations.AddField(model_name="dossierevent", name="party_id", field=models.UUIDField(blank=True, null=True)),
        # Until now everybody acted for themselves.
        migrations.RunSQL(_KNOWN_BEFORE, migrations.RunSQL.noop),
        migrations.AlterField(model_name="draft", name="changed_by", field=models.UUIDField()),
        migrations.AlterField(model_name="dossier", name="filed_by_id", field=models.UUIDField()),
        migrations.AlterField(model_name="dossier", name="filed_by_name", field=models.CharField(max_length=200, verbose_name="người gửi")),
        migrations.AlterField(
            model_name="dossier", name="applicant_name", field=models.CharField(max_length=300, verbose_name="người nộp")
        ),
        migrations.AlterField(model_name="dossier", name="owner_name", field=models.CharField(max_length=300, verbose_name="chủ hồ sơ")),
        migrations.AlterField(model_name="dossier", name="owner_name_key", field=models.CharField(max_length=300)),
        migrations.AddIndex(model_name="draft", index=models.Index(fields=["party_id", "-updated_at"], name="dossiers_draft_mine")),
        migrations.AddConstraint(
            model_name="dossier",
            constraint=models.CheckConstraint(
                condition=models.Q(("mandate_id__isnull", False), ("filed_by_id", models.F("applicant_id")), _connector="OR"),
                name="dossiers_filed_for_another_by_mandate",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(fields=("party_id", "procedure_code"), name="dossiers_one_draft_per_party"),
        ),
    ]
