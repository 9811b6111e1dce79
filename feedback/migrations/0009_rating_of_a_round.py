import portal.crypto.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feedback', '0008_lists_behind_figures'),
    ]

    operations = [
        migrations.AddField(
            model_name='finishedround',
            name='rated',
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name='finishedround',
            name='rated_words',
            field=portal.crypto.fields.SealedTextField(context='feedback.finishedround.rated_words', null=True, subject='petition_id'),
        ),
        migrations.AddField(
            model_name='finishedround',
            name='rated_at',
            field=models.DateTimeField(null=True),
        ),
    ]
