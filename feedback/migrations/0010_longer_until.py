from django.db import migrations, models


class Migration(migrations.Migration):
    """What an incident gave a sender to supply what was asked."""

    dependencies = [("feedback", "0009_rating_of_a_round")]

    operations = [migrations.AddField("supplement", "longer_until", models.DateTimeField(null=True))]
