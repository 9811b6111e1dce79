"""Which forms are composed, and when: with what ships, and whenever the form of a part is published anew."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from dossiers.form_documents import compiled
from dossiers.interlinked.composing import Misfit, Source, compose
from dossiers.queries import FormUnknown, newest_form
from dossiers.terms import TermsUnknown, terms_on
from procedures import queries as procedures

log = logging.getLogger(__name__)
FOLDER = Path(__file__).resolve().parent.parent / "data" / "interlinked"


@lru_cache(maxsize=1)
def specs() -> dict[str, dict[str, Any]]:
    """Code of an interlinked procedure → how its parts hang together (`dossiers.interlinked.composing`)."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}


def compose_forms(*, now: datetime, parts: Collection[str] | None = None) -> int:
    """Publish the composed forms anew, all or those with one of these parts: how many there are now.

    Where a part cannot be filed online today, or does not fit any more, the form stays as it was (it names the versions of its parts'
    forms) and the log says why.
    """
    from dossiers.services.forms import publish_form  # which calls this when the form of a part changes

    made = 0
    for code, spec in specs().items():
        if parts is not None and not any(one["procedure"] in parts for one in spec["parts"]):
            continue
        try:
            own = terms_on(code, now)
            document = compose(spec, [_source(one["procedure"], now) for one in spec["parts"]], own.papers)
            publish_form(procedure_code=code, service=own.service.code, now=now, document=document)
        except (TermsUnknown, FormUnknown):
            # Loaded in part, or a day on which one of them cannot be filed.
            continue
        except (Misfit, ValidationError) as error:
            log.warning("the interlinked form of %s stays as it was: %s", code, error)
            continue
        made += 1
    return made


def _source(code: str, now: datetime) -> Source:
    terms = terms_on(code, now)
    form = newest_form(code, terms.service.code)
    document = form.as_document
    return Source(
        procedure=code,
        number=form.number,
        form=compiled(document),
        pages=document.get("pages", []),
        papers=terms.papers,
        results=procedures.result_codes(code, timezone.localdate(now)),
        payment=form.payment,
    )


def load() -> str:
    """The composed forms of what ships; a line that says what there is."""
    return f"{compose_forms(now=timezone.now())} biểu mẫu liên thông"
