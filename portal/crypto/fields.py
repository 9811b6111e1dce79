"""Model fields that store sealed bytes and read and write plain values.

    class Person(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        phone = SealedTextField(subject="id", null=True)

Rules that follow from sealing:

- A value is opened when it is read, not when the row is loaded: lists that do not show it cost nothing. Call
  :func:`prefetch_keys` before a page that does, and the keys come in one query.
- After the subject was erased the value reads as ``None`` and :func:`is_erased` says why; saving such a row keeps the old
  bytes, giving it a new value raises :class:`~portal.crypto.errors.KeyDestroyed`.
- An unchanged value is written back as the same bytes, so history shows real changes only.
- The only lookup is ``isnull``; ``update()`` and ``bulk_update()`` refuse plain values; ``values()`` gives :class:`Sealed` bytes.
- The context is ``<label>.<model>.<field>`` of the model that first declares the field; copies of it in history tables keep
  it. Who renames a model or field passes the old ``context=`` on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import lookups
from django.db.models.query_utils import DeferredAttribute

from portal.crypto import services
from portal.crypto.blind import index_forms
from portal.crypto.errors import KeyDestroyed


class Sealed(bytes):
    """Bytes as they stand in the database. Its ``repr`` tells nothing but the length."""

    def __repr__(self) -> str:
        return f"<Sealed {len(self)} bytes>"

    __str__ = __repr__


class _Opened:
    """A value that was opened: what it was, to see whether it changed, and the bytes it came from."""

    __slots__ = ("erased", "subject", "token", "was")

    def __init__(self, subject: UUID, token: Sealed, was: bytes | None, erased: bool) -> None:
        self.subject = subject
        self.token = token
        self.was = was
        self.erased = erased


class _SealedAttribute(DeferredAttribute):
    """Opens on first reading. A data descriptor: the instance's own dictionary may hold sealed bytes."""

    field: SealedField

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            super().__get__(instance, cls)  # deferred: loads the column into the dictionary
        value = instance.__dict__[name]
        return self.field.open_on(instance, value) if isinstance(value, Sealed) else value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value
        if isinstance(value, Sealed):
            instance.__dict__.pop(self.field.opened_name, None)


class SealedField(models.BinaryField):
    """Base: what text and JSON share. ``subject`` is the path (dots allowed) from the instance to the subject's UUID."""

    # What django-stubs reads: a value of any type, not the bytes that the column holds.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    descriptor_class = _SealedAttribute

    def __init__(self, *args: Any, subject: str = "subject_id", context: str = "", **kwargs: Any) -> None:
        self.subject = subject
        self.context = context
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"subject": self.subject, "context": self.context}

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if not self.context and not cls._meta.abstract:
            self.context = f"{cls._meta.app_label}.{cls._meta.model_name}.{name}"

    @property
    def opened_name(self) -> str:
        """Where an instance remembers the bytes an opened value came from."""
        return f"_opened_{self.attname}"

    def subject_of(self, instance: Any) -> UUID:
        """The subject whose key seals this instance's value."""
        subject = attrgetter(self.subject)(instance)
        if subject is None:
            raise ValueError(f"{self.context}: no subject to seal for ({self.subject} is empty)")
        return subject if isinstance(subject, UUID) else UUID(str(subject))

    # What kinds differ in.
    def dump(self, value: Any) -> bytes:
        """The plain value as bytes."""
        raise NotImplementedError

    def parse(self, raw: bytes) -> Any:
        """The plain value of :meth:`dump`."""
        raise NotImplementedError

    # Reading.
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def open_on(self, instance: Any, token: Sealed) -> Any:
        """Open the bytes found on an instance and remember where the value came from."""
        subject = self.subject_of(instance)
        try:
            raw = services.decrypt(subject, token, context=self.context)
            value, opened = self.parse(raw), _Opened(subject, token, raw, False)
        except KeyDestroyed:
            value, opened = None, _Opened(subject, token, None, True)
        instance.__dict__[self.attname] = value
        instance.__dict__[self.opened_name] = opened
        return value

    # Writing.
    def pre_save(self, model_instance: Any, add: bool) -> Any:
        if self.attname not in model_instance.__dict__:
            return getattr(model_instance, self.attname)
        value = model_instance.__dict__[self.attname]
        if isinstance(value, Sealed):
            if add:
                # A loaded row inserted again, perhaps as another subject: its bytes must open there, or nobody reads them later.
                services.decrypt(self.subject_of(model_instance), value, context=self.context)
            return value
        opened: _Opened | None = model_instance.__dict__.get(self.opened_name)
        if value is None:
            return opened.token if opened is not None and opened.erased else None
        raw = self.dump(value)
        subject = self.subject_of(model_instance)
        if opened is not None and opened.was == raw and opened.subject == subject:
            return opened.token
        token = Sealed(services.encrypt(subject, raw, context=self.context))
        model_instance.__dict__[self.opened_name] = _Opened(subject, token, raw, False)
        return token

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(f"{self.context}: sealed fields are written by save(), create() and bulk_create() only")
        return super().get_db_prep_value(None if value is None else bytes(value), connection, prepared)

    def to_python(self, value: Any) -> Any:
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.context} is sealed: it can be asked for isnull only; keep a blind index beside it")
        return super().get_lookup(lookup_name)

    def value_to_string(self, obj: Any) -> str:
        raise TypeError(f"{self.context}: sealed fields are not serialised")


class SealedTextField(SealedField):
    """Text, sealed with its subject's key."""

    description = "Sealed text"

    def dump(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise TypeError(f"{self.context} holds text, not {type(value).__name__}")
        return value.encode()

    def parse(self, raw: bytes) -> str:
        return raw.decode()


class SealedJSONField(SealedField):
    """A JSON value, sealed as a whole. Dates, UUIDs and decimals go in and come back as text, as Django's JSON encoder has it."""

    description = "Sealed JSON"

    def dump(self, value: Any) -> bytes:
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def parse(self, raw: bytes) -> Any:
        return json.loads(raw)


class BlindIndexField(models.CharField):
    """A blind index of :mod:`portal.crypto.blind`: found under whichever cover it stands, and covered anew by ``rotate_blind_index``.

    ``exact`` and ``in`` take an index under any cover. Compare two of them by ``crypto.same_index``, never by ``==``. In the database it is
    a ``varchar`` like others, so migrations know it as a ``CharField``; history tables keep it as one and are found by the model they
    tell of.
    """

    description = "Blind index"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


@BlindIndexField.register_lookup
class _SameIndex(lookups.Exact):
    """Under any of the covers that may lie over it."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        forms = index_forms(self.rhs) if isinstance(self.rhs, str) else []
        if len(forms) < 2:
            return super().as_sql(compiler, connection)
        return lookups.In(self.lhs, forms).as_sql(compiler, connection)


@BlindIndexField.register_lookup
class _AmongIndexes(lookups.In):
    """As :class:`_SameIndex`, of several."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if not isinstance(self.rhs, list | tuple | set | frozenset):
            return super().as_sql(compiler, connection)
        asked = {form for index in self.rhs if isinstance(index, str) for form in index_forms(index)}
        return lookups.In(self.lhs, sorted(asked)).as_sql(compiler, connection)


def is_erased(instance: models.Model, name: str) -> bool:
    """Whether the field reads as None because its subject was erased (and not because nothing was ever there)."""
    field = instance._meta.get_field(name)
    if not isinstance(field, SealedField):
        raise TypeError(f"{name} is not a sealed field")
    getattr(instance, field.attname)
    opened: _Opened | None = instance.__dict__.get(field.opened_name)
    return opened is not None and opened.erased and instance.__dict__[field.attname] is None


def prefetch_keys(instances: Iterable[models.Model]) -> None:
    """Fetch in one query the keys of all sealed fields of these rows (a page of a list)."""
    subjects: set[UUID] = set()
    for instance in instances:
        for field in instance._meta.concrete_fields:
            if isinstance(field, SealedField):
                subjects.add(field.subject_of(instance))
    services.prefetch(subjects)
