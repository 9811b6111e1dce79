"""Forms and result templates in the making: the document that officers write, from the first question to the day another officer
publishes it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from dossiers.models.forms import FormVersion
from dossiers.models.results import ResultVersion
from portal.states import StateTable, Transition


class Design(models.Model):
    """One change of a procedure's form or result template, or its first. Nothing of it reaches anybody before it is published."""

    class State(models.TextChoices):
        """How far it is."""

        DRAWING = "drawing", "Đang soạn"
        CHECKING = "checking", "Chờ kiểm tra"
        PUBLISHED = "published", "Đã công khai"
        DROPPED = "dropped", "Đã bỏ"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    procedure_code = models.CharField("mã thủ tục", max_length=40)
    procedure_name = models.CharField("thủ tục", max_length=500)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    """The agency that issued the procedure: its officers make the design."""
    document: Any = models.JSONField(default=dict)
    """As the schema of its kind says; while it is being drawn it may be unfinished."""
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.DRAWING)
    made_by = models.UUIDField()
    """Position of who began it."""
    made_by_label = models.CharField("người soạn", max_length=200)
    editors = ArrayField(models.UUIDField(), default=list)
    """Every person who has changed it: none of them checks it."""
    note = models.CharField(max_length=1000, blank=True)
    """What the one who sends it tells the one who checks, or the other way round when it goes back."""
    checked_by = models.UUIDField(null=True, blank=True)
    """The person who published it."""
    checked_by_label = models.CharField("người kiểm tra", max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    """Raised by every change: who edits, sends or publishes has seen the newest."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField("sửa lúc", auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.procedure_code}: {self.procedure_name}"


def _constraints(of: list[str], one_open: str, published: str, four_eyes: str) -> list[models.BaseConstraint]:
    """What the database holds every kind of design to, under the constraints' names. ``of``: what it is one open design of."""
    return [
        models.UniqueConstraint(fields=of, condition=Q(state__in=["drawing", "checking"]), name=one_open),
        models.CheckConstraint(
            condition=Q(state="published", checked_by__isnull=False, result__isnull=False)
            | (~Q(state="published") & Q(checked_by__isnull=True, result__isnull=True)),
            name=published,
        ),
        # Four eyes: nobody publishes what they have written a word of.
        models.CheckConstraint(condition=Q(checked_by__isnull=True) | ~Q(editors__contains=[models.F("checked_by")]), name=four_eyes),
    ]


class FormDesign(Design):
    """A form in the making (requirement D-03); its document is as `dossiers/data/form.schema.json` says."""

    service = models.CharField("dịch vụ trực tuyến", max_length=48, blank=True, default="", db_default="")
    """Code of the online service whose form it is; empty: the procedure has none yet, or only one."""

    based_on = models.ForeignKey(FormVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The published version it changes; null: the procedure had none, or it was copied from elsewhere."""
    result = models.OneToOneField(FormVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="design")
    """The version it became."""

    class Meta:
        verbose_name = "thiết kế biểu mẫu"
        verbose_name_plural = "thiết kế biểu mẫu"
        ordering = ["-updated_at", "id"]
        indexes = [
            models.Index(fields=["unit_code", "-updated_at", "id"], name="dossiers_design_desk"),
            models.Index(fields=["-updated_at", "id"], name="dossiers_design_newest"),
        ]
        constraints = _constraints(
            ["procedure_code", "service"], "dossiers_one_open_design", "dossiers_design_published_by_somebody", "dossiers_design_four_eyes"
        )


class ResultDesign(Design):
    """A result template in the making (requirement D-30); its document is as `dossiers/data/result.schema.json` says."""

    based_on = models.ForeignKey(ResultVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The published version it changes; null: the procedure had none, or it was copied from elsewhere."""
    result = models.OneToOneField(ResultVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="design")
    """The version it became."""
    tried: Any = models.JSONField(default=dict, blank=True)
    """What was typed at the last try, of a dossier that nobody filed (`dossiers.designing.results.trying`)."""
    preview = models.ForeignKey("files.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The last try as a PDF, made by the worker; the next one takes its place."""
    preview_asked_at = models.DateTimeField(null=True, blank=True)
    preview_made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "thiết kế mẫu kết quả"
        verbose_name_plural = "thiết kế mẫu kết quả"
        ordering = ["-updated_at", "id"]
        indexes = [
            models.Index(fields=["unit_code", "-updated_at", "id"], name="dossiers_result_desk"),
            models.Index(fields=["-updated_at", "id"], name="dossiers_result_newest"),
        ]
        constraints = _constraints(
            ["procedure_code"], "dossiers_one_open_result", "dossiers_result_published_by_somebody", "dossiers_result_four_eyes"
        )


_DRAWING, _CHECKING = frozenset({FormDesign.State.DRAWING.value}), frozenset({FormDesign.State.CHECKING.value})
DESIGN, CHECK = "dossiers.design_form", "dossiers.check_form"
DESIGNS = StateTable(
    [state.value for state in FormDesign.State],
    [
        Transition("send", "Gửi kiểm tra", _DRAWING, FormDesign.State.CHECKING.value, act=DESIGN),
        Transition("call_back", "Lấy lại để sửa", _CHECKING, FormDesign.State.DRAWING.value, act=DESIGN),
        Transition("publish", "Công khai", _CHECKING, FormDesign.State.PUBLISHED.value, act=CHECK),
        Transition("send_back", "Trả lại để sửa", _CHECKING, FormDesign.State.DRAWING.value, act=CHECK),
        Transition("drop", "Bỏ bản đang soạn", _DRAWING, FormDesign.State.DROPPED.value, act=DESIGN),
    ],
)
