"""Results of a year that were frozen and published (Rules art. 30.3): editions that stand beside each other, never over each other."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from portal.states import StateTable, Transition


class FrozenYear(models.Model):
    """One edition of the result of one year. What the signed document says lies in files; ``summary`` is what pages show of it."""

    OPEN, FROZEN, PUBLISHED = "open", "frozen", "published"
    STATES: ClassVar[dict[str, str]] = {OPEN: "Đang đếm", FROZEN: "Đã chốt, chờ công bố", PUBLISHED: "Đã công bố"}
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("freeze", "Chốt kết quả", frozenset({OPEN}), FROZEN, act="ratings.freeze_year"),
            Transition("reopen", "Mở lại để đếm tiếp", frozenset({FROZEN}), OPEN, act="ratings.freeze_year"),
            Transition("publish", "Công bố", frozenset({FROZEN}), PUBLISHED, act="ratings.publish_year"),
        ],
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """Also the key under which its files are kept."""
    year = models.PositiveSmallIntegerField("năm")
    edition = models.PositiveSmallIntegerField("lần công bố", default=1)
    reason = models.CharField("lý do công bố lại", max_length=1000, blank=True)
    """Why there is another edition."""
    state = models.CharField("tình trạng", max_length=10, choices=list(STATES.items()), default=OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.UUIDField(null=True)
    frozen_at = models.DateTimeField("chốt lúc", null=True)
    frozen_on = models.DateField(null=True)
    frozen_by = models.UUIDField(null=True)
    """The person, not the position: one person with two positions is no second pair of eyes."""
    frozen_label = models.CharField("người chốt", max_length=200, blank=True)
    published_at = models.DateTimeField("công bố lúc", null=True)
    published_by = models.UUIDField(null=True)
    published_label = models.CharField("người công bố", max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    """Of the canonical JSON, hex; printed on the sealed paper."""
    summary: Any = models.JSONField(default=dict)
    json_file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    csv_file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    xlsx_file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey("documents.Document", null=True, on_delete=models.PROTECT, related_name="+")
    """The paper with the portal's seal, issued with the publication."""

    class Meta:
        verbose_name = "kết quả năm"
        verbose_name_plural = "kết quả năm"
        ordering = ["-year", "-edition"]
        constraints = [
            models.UniqueConstraint(fields=["year", "edition"], name="year_edition_once"),
            models.UniqueConstraint(fields=["year"], condition=~Q(state="published"), name="year_one_under_way"),
            models.CheckConstraint(condition=Q(edition__gte=1) & (Q(edition=1) | ~Q(reason="")), name="year_again_says_why"),
            models.CheckConstraint(condition=Q(year__gte=2000, year__lt=2100), name="year_of_our_time"),
            models.CheckConstraint(
                condition=Q(state="open")
                | (
                    Q(frozen_at__isnull=False, frozen_by__isnull=False, json_file__isnull=False, csv_file__isnull=False)
                    & Q(xlsx_file__isnull=False, frozen_on__year__gt=F("year"))
                    & ~Q(sha256="")
                ),
                name="year_frozen_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False, published_by__isnull=False, document__isnull=False),
                name="year_published_is_whole",
            ),
            # Four eyes: who froze does not publish.
            models.CheckConstraint(condition=~Q(state="published") | ~Q(published_by=F("frozen_by")), name="year_four_eyes"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_year_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition("(OLD.state = 'published')")
            ),
            pgtrigger.Protect(
                name="frozen_year_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "(OLD.state = 'frozen' AND NEW.state <> 'open' AND (OLD.sha256, OLD.summary, OLD.year, OLD.edition, OLD.reason,"
                    " OLD.frozen_by, OLD.frozen_at, OLD.json_file_id, OLD.csv_file_id, OLD.xlsx_file_id) IS DISTINCT FROM"
                    " (NEW.sha256, NEW.summary, NEW.year, NEW.edition, NEW.reason,"
                    " NEW.frozen_by, NEW.frozen_at, NEW.json_file_id, NEW.csv_file_id, NEW.xlsx_file_id))"
                ),
            ),
            pgtrigger.Protect(
                name="open_year_is_not_published",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("(OLD.state = 'open' AND NEW.state = 'published')"),
            ),
            pgtrigger.Protect(name="year_is_not_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.year}, lần {self.edition}"

    @property
    def state_words(self) -> str:
        """The state as a page shows it."""
        return self.STATES[self.state]
