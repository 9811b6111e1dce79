"""Sealed model fields."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import connection, models
from django.test.utils import isolate_apps

from portal import crypto
from portal.access import SYSTEM
from portal.crypto.fields import Sealed, SealedJSONField, SealedTextField, is_erased, prefetch_keys


@pytest.fixture
def note(db: None) -> Iterator[Any]:
    """A model with sealed fields, whose table lives in this test's transaction."""
    crypto.forget_keys()
    with isolate_apps("portal.crypto"):

        class Note(models.Model):
            id = models.UUIDField(primary_key=True, default=uuid.uuid4)
            subject_id = models.UUIDField(default=uuid.uuid4)
            title = models.CharField(max_length=20, default="")
            text = SealedTextField(null=True)
            answers = SealedJSONField(subject="subject_id", null=True)

            class Meta:
                app_label = "crypto"

            def __str__(self) -> str:
                return str(self.pk)

        with connection.schema_editor() as editor:
            editor.create_model(Note)
        yield Note


def _bytes(note: Any, pk: uuid.UUID, column: str = "text") -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {note._meta.db_table} WHERE id = %s", [pk])
        value = cursor.fetchone()[0]
    return None if value is None else bytes(value)


@pytest.mark.requirement("N-08")
def test_plain_in_plain_out_sealed_at_rest(note: Any) -> None:
    made = note.objects.create(text="Phường Hoàn Kiếm", answers={"họ": "Nguyễn", "ngày": [1, 2]})
    assert made.text == "Phường Hoàn Kiếm"
    assert "Hoàn".encode() not in (_bytes(note, made.pk) or b"")
    found = note.objects.get(pk=made.pk)
    assert (found.text, found.answers) == ("Phường Hoàn Kiếm", {"họ": "Nguyễn", "ngày": [1, 2]})
    found.refresh_from_db()
    assert found.text == "Phường Hoàn Kiếm"


def test_null_and_empty_are_different(note: Any) -> None:
    nothing = note.objects.create()
    empty = note.objects.create(text="", answers={})
    assert _bytes(note, nothing.pk) is None
    assert note.objects.get(pk=nothing.pk).text is None
    assert note.objects.get(pk=empty.pk).text == ""
    assert note.objects.get(pk=empty.pk).answers == {}
    assert set(note.objects.filter(text__isnull=True)) == {nothing}


def test_loading_a_list_opens_nothing(note: Any, django_assert_num_queries: Any) -> None:
    note.objects.bulk_create(note(text=f"n{i}") for i in range(20))
    connection.run_on_commit.clear()
    with django_assert_num_queries(1):
        rows = list(note.objects.all())
        assert [row.title for row in rows] == [""] * 20
    with django_assert_num_queries(1):
        prefetch_keys(rows)
        assert {row.text for row in rows} == {f"n{i}" for i in range(20)}


def test_deferred_values_load_when_read(note: Any, django_assert_num_queries: Any) -> None:
    pk = note.objects.create(text="x", answers=[1]).pk
    found = note.objects.defer("text").get(pk=pk)
    assert found.get_deferred_fields() == {"text"}
    assert found.text == "x"
    assert note.objects.only("id").get(pk=pk).answers == [1]


def test_an_unchanged_value_keeps_its_bytes_a_changed_one_does_not(note: Any) -> None:
    pk = note.objects.create(text="x", answers={"a": 1}).pk
    before = (_bytes(note, pk), _bytes(note, pk, "answers"))
    unread = note.objects.get(pk=pk)
    unread.save()
    read = note.objects.get(pk=pk)
    assert (read.text, read.answers) == ("x", {"a": 1})
    read.save()
    assert (_bytes(note, pk), _bytes(note, pk, "answers")) == before
    read.answers["a"] = 2  # changed in place
    read.save()
    assert _bytes(note, pk) == before[0]
    assert note.objects.get(pk=pk).answers == {"a": 2}
    read.text = None
    read.save(update_fields=["text"])
    assert note.objects.get(pk=pk).text is None


def test_after_shredding_a_value_reads_as_none_and_says_why(note: Any) -> None:
    made = note.objects.create(text="x")
    crypto.shred(made.subject_id, SYSTEM)
    found = note.objects.get(pk=made.pk)
    assert found.text is None
    assert is_erased(found, "text")
    assert not is_erased(found, "answers")
    before = _bytes(note, made.pk)
    found.title = "t"
    found.save()
    assert _bytes(note, made.pk) == before
    found.text = "new"
    with pytest.raises(crypto.KeyDestroyed):
        found.save()


def test_bytes_moved_to_another_row_or_column_do_not_open(note: Any) -> None:
    one = note.objects.create(text="x", answers="y")
    two = note.objects.create(text="z")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {note._meta.db_table} SET answers = text WHERE id = %s", [one.pk])
        cursor.execute(f"UPDATE {note._meta.db_table} SET text = %s WHERE id = %s", [_bytes(note, one.pk), two.pk])
    with pytest.raises(crypto.Tampered):
        _ = note.objects.get(pk=one.pk).answers
    with pytest.raises(crypto.Tampered):
        _ = note.objects.get(pk=two.pk).text


def test_a_copy_for_another_subject_is_sealed_anew(note: Any) -> None:
    pk = note.objects.create(text="x").pk
    copied = note.objects.get(pk=pk)
    assert copied.text == "x"
    copied.pk, copied.subject_id, copied._state.adding = uuid.uuid4(), uuid.uuid4(), True
    copied.save()
    assert note.objects.get(pk=copied.pk).text == "x"
    unread = note.objects.defer("answers").get(pk=pk)
    unread.pk, unread.subject_id, unread._state.adding = uuid.uuid4(), uuid.uuid4(), True
    with pytest.raises(crypto.Tampered):
        unread.save(force_insert=True)


def test_what_is_refused(note: Any) -> None:
    made = note.objects.create(text="x")
    with pytest.raises(TypeError):
        note.objects.update(text="plain")
    with pytest.raises(FieldError):
        note.objects.filter(text="x").exists()
    with pytest.raises(FieldError):
        note.objects.filter(text__icontains="x").exists()
    made.text = 12
    with pytest.raises(TypeError):
        made.save()
    with pytest.raises(ValueError, match="no subject"):
        note(subject_id=None, text="x").save()


def test_values_give_bytes_that_do_not_print(note: Any) -> None:
    note.objects.create(text="bí mật")
    value = note.objects.values_list("text", flat=True).get()
    assert isinstance(value, Sealed)
    assert repr(value) == f"<Sealed {len(value)} bytes>"


def test_a_history_copy_of_the_field_keeps_the_context(note: Any) -> None:
    field = note._meta.get_field("text")
    assert field.context == "crypto.note.text"
    _, path, args, kwargs = field.deconstruct()
    assert path == "portal.crypto.fields.SealedTextField"
    copied = SealedTextField(*args, **kwargs)
    with isolate_apps("portal.crypto"):

        class NoteEvent(models.Model):
            subject_id = models.UUIDField()
            text = copied

            class Meta:
                app_label = "crypto"

            def __str__(self) -> str:
                return ""

        made = note.objects.create(text="xưa")
        event = NoteEvent(id=1, subject_id=made.subject_id, text=Sealed(_bytes(note, made.pk) or b""))
        assert event.text == "xưa"
