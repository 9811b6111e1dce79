"""Pages that name places, agencies and other shared entries are kept until one of these tables changes."""

from __future__ import annotations

from django.db import migrations

from portal.caching.sql import note_changes


class Migration(migrations.Migration):
    dependencies = [("catalogues", "0001_initial"), ("caching", "0001_initial")]

    operations = [
        note_changes(
            "catalogues",
            *(
                f"catalogues_{name}"
                for name in (
                    "administrativeunit", "succession", "agency", "sector", "resultkind", "paperkind", "paymentinstitution", "bankaccount",
                    "revenuekind",
                )
            ),
        )
    ]  # fmt: skip
