"""Words and lexemes lie outside the rows (TOAST).

A question runs through up to 15,000 rows of which it needs key and weight, and reads the words of 250: with the words beside
them each row was a page of its own, without them sixty share one. What is there already moves when it is next written.
"""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("search", "0001_stored_corpora")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE search_storedentry SET (toast_tuple_target = 128)", "ALTER TABLE search_storedentry RESET (toast_tuple_target)"
        ),
    ]
