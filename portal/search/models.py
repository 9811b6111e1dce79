"""Corpora that are kept in PostgreSQL: their texts as they are searched, and what is known of each syllable and pair.

All of it is derived: ``portal.search.rebuild`` makes it anew from the room that owns the texts.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class StoredCorpus(models.Model):
    """A corpus as it was last counted."""

    id = models.SmallAutoField(primary_key=True)
    """Begins each of its lexemes, so that corpora do not meet in the index."""
    name = models.CharField(max_length=60, unique=True)
    described = models.JSONField(default=dict)
    """The fields by which its texts were read; where the description says otherwise today they are read anew."""
    size = models.PositiveIntegerField(default=0)
    means = ArrayField(models.FloatField(), default=list)
    """Mean length of each field, in syllables and pairs, of the texts that have it."""
    counted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "kho tìm kiếm"

    def __str__(self) -> str:
        return self.name


class StoredEntry(models.Model):
    """One text: plain syllables by field, and its lexemes."""

    corpus = models.ForeignKey(StoredCorpus, on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=200)
    texts = ArrayField(models.TextField())
    """Syllables of each field, parted by spaces."""
    prior = models.FloatField()
    codes = ArrayField(models.TextField(), default=list)
    labels = ArrayField(models.TextField(), default=list)
    lexemes = SearchVectorField()
    """``<corpus><letter of the field><syllable or pair>``, ``<corpus>#<code>``, ``<corpus>=<label>``."""

    class Meta:
        verbose_name = verbose_name_plural = "bài trong kho tìm kiếm"
        constraints = [models.UniqueConstraint(fields=["corpus", "key"], name="search_entry_key")]
        indexes = [GinIndex(fields=["lexemes"], name="search_entry_lexemes")]

    def __str__(self) -> str:
        return self.key


class StoredToken(models.Model):
    """A syllable or a pair (``dang_ky``) of a corpus, and in how many texts each field has it, as last counted."""

    pk = models.CompositePrimaryKey("corpus_id", "token")
    corpus = models.ForeignKey(StoredCorpus, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    """Written by the million; the corpus is never deleted before them."""
    token = models.TextField(db_collation="C")
    counts = ArrayField(models.IntegerField())

    class Meta:
        verbose_name = verbose_name_plural = "tiếng trong kho tìm kiếm"
        indexes = [
            # What one begins to type.
            models.Index(fields=["corpus", "token"], name="search_token_syllables", condition=~models.Q(token__contains="_")),  # noqa: S106
        ]

    def __str__(self) -> str:
        return self.token
