"""What an operator is told at each command where files are not looked through by ClamAV."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register
def without_antivirus(**_: Any) -> list[checks.CheckMessage]:
    """Silent where clamd is named, and on a developer's machine, where nobody has to decide."""
    if settings.CLAMAV_ADDRESS or not settings.FILES_WITHOUT_ANTIVIRUS:
        return []
    return [
        checks.Warning(
            "FILES_WITHOUT_ANTIVIRUS: uploaded files are not compared with known viruses",
            hint="Name clamd in CLAMAV_ADDRESS. docs/operations.md says what is checked without it, and what is not.",
            id="files.W001",
        )
    ]
