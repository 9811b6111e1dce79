"""The data dictionary: every table and column with type, meaning, whether it is about a person, and its class of retention.

Read from the models: a field's meaning is the text that stands below it in the source, else its name on the desk.
"""

from __future__ import annotations

import ast
import csv
import inspect
import io
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from dataclasses import fields as dataclass_fields
from functools import cache
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import Field, Model

from portal.crypto.fields import SealedField
from portal.retention.registry import class_name, fields, retention_class


@dataclass(frozen=True)
class Column:
    """One line of the dictionary."""

    table: str
    table_meaning: str
    column: str
    type: str
    may_be_null: str
    refers_to: str
    meaning: str
    personal: str
    """``sealed`` (with a key of its subject), ``personal class`` (its class may hold personal data), or ``no``."""
    retention: str
    kept: str


@cache
def _texts(model: type[Model]) -> dict[str, str]:
    """What the source says below each field, of the model and its bases."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if not cls.__module__.startswith(("portal", "accounts", "procedures", "payments", "dossiers", "feedback", "ratings")):
            continue
        try:
            tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(cls)))
        except (OSError, SyntaxError, TypeError):
            continue
        body = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.ClassDef) else []
        for before, after in pairwise(body):
            names = before.targets if isinstance(before, ast.Assign) else [before.target] if isinstance(before, ast.AnnAssign) else []
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
                found.update({name.id: " ".join(after.value.value.split()) for name in names if isinstance(name, ast.Name)})
    return found


def _of_model(model: type[Model]) -> str:
    if getattr(model, "pgh_tracked_model", None) not in (None, model):
        return f"History of {model.pgh_tracked_model._meta.db_table}."  # type: ignore[attr-defined]
    text = (model.__doc__ or "").strip().partition("\n\n")[0]
    # Without a text of its own Django writes the fields there.
    return str(model._meta.verbose_name) if text.startswith(f"{model.__name__}(") else " ".join(text.split())


def _meaning(model: type[Model], field: Field[Any, Any]) -> str:
    tracked = getattr(model, "pgh_tracked_model", None)
    texts = _texts(tracked or model) | _texts(model)
    named = str(field.verbose_name)
    own = named if named != field.name.replace("_", " ") else ""
    choices = ", ".join(str(value) for value, _ in field.flatchoices) if field.flatchoices else ""
    said = [part for part in (own, texts.get(field.name, ""), f"one of: {choices}" if choices else "") if part]
    return "; ".join(said) or field.name.replace("_", " ")


def columns() -> Iterator[Column]:
    """All columns, by table in the alphabet, as the table has them."""
    for model, field in sorted(fields(), key=lambda pair: pair[0]._meta.db_table):
        key = class_name(model, field.name)
        kept = retention_class(key)
        sealed = isinstance(field, SealedField) or field.name.endswith("_sealed")
        related = field.related_model if isinstance(field.related_model, type) else None
        yield Column(
            model._meta.db_table,
            _of_model(model),
            str(field.column),
            str(field.db_type(connection)),
            "yes" if field.null else "no",
            related._meta.db_table if related is not None else "",
            _meaning(model, field),
            "sealed" if sealed else "personal class" if kept.personal else "no",
            key,
            kept.term,
        )


def as_csv() -> str:
    """The dictionary as a table (UTF-8, comma, RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([one.name for one in dataclass_fields(Column)])
    writer.writerows(astuple(one) for one in columns())
    return out.getvalue()
