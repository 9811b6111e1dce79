"""Which class a field is of: read from the ``TABLE`` of each app's ``retention.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db.models import Field, Model

from portal.retention.classes import CLASSES, RetentionClass

Table = Mapping[str, str | Mapping[str, str]]
"""Model → class, or ``{"*": class of the rest, field: class}``; without ``"*"`` every field is named."""
LIBRARIES = "portal.retention.libraries"
"""Where the tables of libraries are named, by label: they have no ``retention.py`` of ours."""


@cache
def _table_of(app_name: str) -> Table:
    name = f"{app_name}.retention"
    # The room of retention itself is an app, too: what it says of its own table stands with the libraries'.
    if app_name == "portal.retention" or find_spec(name) is None:
        return {}
    table: Table = import_module(name).TABLE
    return table


def _said_of(model: type[Model]) -> str | Mapping[str, str]:
    libraries: Table = import_module(LIBRARIES).TABLE
    if (said := libraries.get(model._meta.label)) is not None:
        return said
    return _table_of(apps.get_app_config(model._meta.app_label).name).get(model.__name__, {})


def class_name(model: type[Model], field: str) -> str:
    """Key of the class of a model's field; empty where nobody has said it. What history keeps of a field is of the field's class."""
    tracked: Any = getattr(model, "pgh_tracked_model", None)
    if tracked is not None and tracked is not model:
        names = {one.name for one in tracked._meta.concrete_fields}
        return class_name(tracked, field if field in names else tracked._meta.pk.name)
    said = _said_of(model)
    return said if isinstance(said, str) else said.get(field, said.get("*", ""))


def fields() -> Iterator[tuple[type[Model], Field[Any, Any]]]:
    """Every field of every table."""
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy and model._meta.managed:
            for field in model._meta.local_concrete_fields:
                yield model, field


def models_by_class() -> dict[str, list[str]]:
    """Class → the tables that have fields of it, by their names on the desk."""
    found: dict[str, list[str]] = {key: [] for key in CLASSES}
    for model, field in fields():
        name = str(model._meta.verbose_name)
        tables = found.get(class_name(model, field.name), [])
        if name not in tables:
            tables.append(name)
    return found


def retention_class(key: str) -> RetentionClass:
    """The class of this key; ``KeyError`` for one that is not."""
    return CLASSES[key]


def problems(sealed: type[Field[Any, Any]]) -> list[str]:
    """What is not as it should be: fields without a class, classes that are not or that nobody uses, names that no table has; and fields
    of the ``sealed`` type (a room above this one has it) in a class that is not of personal data."""
    found, used = [], set()
    for model, field in fields():
        key = class_name(model, field.name)
        if key not in CLASSES:
            found.append(f"{model._meta.label}.{field.name}: {'no class of retention' if not key else f'{key} is no class'}")
            continue
        used.add(key)
        if isinstance(field, sealed) and not CLASSES[key].personal:
            found.append(f"{model._meta.label}.{field.name}: is sealed, but {key} is no class of personal data")
    found += [f"{key}: nobody uses this class" for key in CLASSES if key not in used]
    return found + _unknown_names()


def _unknown_names() -> list[str]:
    found = []
    for config in apps.get_app_configs():
        models = {model.__name__: model for model in config.get_models(include_auto_created=True)}
        for name, said in _table_of(config.name).items():
            if name not in models:
                found.append(f"{config.name}.retention: there is no model {name}")
            elif not isinstance(said, str):
                names = {field.name for field in models[name]._meta.local_concrete_fields} | {"*"}
                found += [f"{config.name}.retention: {name} has no field {field}" for field in said if field not in names]
    return found
