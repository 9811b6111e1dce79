"""Where a guide explains a field of a form: the help of the field leads there (requirement C-16)."""

from __future__ import annotations

from dossiers.interlinked.composing import parts_in
from dossiers.models import FormVersion
from portal.languages import address
from procedures.guides.queries import explained


def explanations(form: FormVersion) -> dict[str, str]:
    """Field of a form → the address of the part of a public guide that explains it, of a composed form by its parts' guides."""
    found = {name: _at(*place) for name, place in explained(form.procedure_code).items()}
    for part in parts_in(form.document):
        for name, place in explained(part.procedure).items():
            if name in part.names:
                found.setdefault(part.names[name], _at(*place))
    return found


def _at(slug: str, anchor: str) -> str:
    return f"{address('guide', slug)}#{anchor}"
