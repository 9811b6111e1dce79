"""What officers write beside the catalogue and others check before anybody reads it: questions and answers, guidance (Rules art. 22)."""

from __future__ import annotations

import uuid

from django.db import models

from portal.states import StateTable, Transition

ENTER, CHECK, PUBLISH = "procedures.help.enter", "procedures.help.check", "procedures.help.publish"
"""The acts of those who write, of those who check and of those who publish, of one agency."""


class State(models.TextChoices):
    """How far a text has come."""

    ENTERED = "entered", "Đang soạn"
    CHECKED = "checked", "Đã kiểm tra"
    PUBLISHED = "published", "Đang công khai"
    WITHDRAWN = "withdrawn", "Đã gỡ"


OPEN = (State.ENTERED, State.CHECKED)
"""On its way to the public."""


class Publication(models.Model):
    """Columns of a text that one officer enters, another checks and an agency publishes. Nothing is deleted: what was shown stays."""

    State = State

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    """Who answers for it."""
    state = models.CharField("tình trạng", max_length=9, choices=State.choices, default=State.ENTERED)
    version = models.PositiveIntegerField(default=1, editable=False)
    """Raised by every act: who acts on what another has changed meanwhile is told so."""
    entered_by = models.UUIDField(null=True, blank=True, editable=False)
    """The person who wrote it as it stands; null: it came with the software or from a file of the operators."""
    entered_label = models.CharField("người soạn", max_length=300, blank=True)
    entered_at = models.DateTimeField("soạn lúc")
    checked_by = models.UUIDField(null=True, blank=True, editable=False)
    checked_label = models.CharField("người kiểm tra", max_length=300, blank=True)
    checked_at = models.DateTimeField("kiểm tra lúc", null=True, blank=True)
    returned_why = models.CharField("lý do trả lại", max_length=500, blank=True)
    publish_at = models.DateTimeField("sẽ công khai lúc", null=True, blank=True)
    """The moment chosen by who publishes; the portal publishes by itself then."""
    published_label = models.CharField("người công khai", max_length=300, blank=True)
    published_at = models.DateTimeField("công khai lúc", null=True, blank=True)
    withdrawn_at = models.DateTimeField("gỡ lúc", null=True, blank=True)
    withdrawn_why = models.CharField("lý do gỡ", max_length=500, blank=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether it is on its way to the public."""
        return self.state in OPEN


def life_constraints(name: str) -> list[models.BaseConstraint]:
    """What no row may say otherwise: shown only after a check, gone only with a reason."""
    return [
        models.CheckConstraint(name=f"{name}_waits_checked", condition=models.Q(publish_at__isnull=True) | models.Q(state="checked")),
        models.CheckConstraint(
            name=f"{name}_published_says_when", condition=~models.Q(state="published") | models.Q(published_at__isnull=False)
        ),
        models.CheckConstraint(
            name=f"{name}_withdrawn_says_why",
            condition=models.Q(state="withdrawn", withdrawn_at__isnull=False) & ~models.Q(withdrawn_why="")
            | ~models.Q(state="withdrawn") & models.Q(withdrawn_at__isnull=True),
        ),
        # The one who checked is never the one who wrote (Rules art. 22: entered, checked, published).
        models.CheckConstraint(
            name=f"{name}_four_eyes",
            condition=models.Q(checked_by__isnull=True) | models.Q(entered_by__isnull=True) | ~models.Q(checked_by=models.F("entered_by")),
        ),
    ]


LIFE = StateTable(
    State.values,
    [
        Transition("check", "Kiểm tra đạt", frozenset({"entered"}), "checked", act=CHECK),
        Transition("send_back", "Trả lại người soạn", frozenset({"checked"}), "entered", act=CHECK),
        Transition("publish", "Công khai", frozenset({"checked"}), "published", act=PUBLISH),
        Transition("drop", "Bỏ bản đang soạn", frozenset({"entered"}), "withdrawn", act=ENTER),
        Transition("withdraw", "Gỡ xuống", frozenset({"checked", "published"}), "withdrawn", act=PUBLISH),
    ],
)
