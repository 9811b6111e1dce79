"""What a province lays down for itself (Decree 63/2010 art. 13.2; Rules art. 14): time, place, executing unit, fees, details of papers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from procedures.models.base import Anywhere, tracked
from procedures.models.version import Decision, ProcedureVersion


@tracked
class Localisation(models.Model):
    """How one province carries out a version. It has no column for anything a province may not change."""

    version = models.ForeignKey(ProcedureVersion, on_delete=models.CASCADE, related_name="localisations", verbose_name="phiên bản")
    province_code = models.CharField("mã tỉnh, thành phố", max_length=2)
    """The statistics office's two digits."""
    place = models.TextField("nơi tiếp nhận", blank=True)
    anywhere = models.CharField(
        "tiếp nhận không phụ thuộc địa giới hành chính",
        max_length=8,
        choices=[(Anywhere.PROVINCE.value, Anywhere.PROVINCE.label)],
        blank=True,
        default="",
        db_default="",
    )
    """That every unit of the province receives it, where the country's decision does not say so (Decision 468/QĐ-TTg III.3c)."""
    executing_agency = models.TextField("cơ quan thực hiện", blank=True)
    executing_codes = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="mã cơ quan thực hiện")
    channels = models.JSONField("thời hạn và phí theo cách nộp", default=list, blank=True)
    """``[{"kind", "limits": [{"amount", "unit", "text", "note", "fees": […]}]}]``: takes the place of that channel's limits and fees."""
    documents = models.JSONField("chi tiết giấy tờ", default=list, blank=True)
    """``[{"position", "note", "form", "form_file"}]``: details of papers that the version names; none is added, none taken away."""
    decision = models.ForeignKey(
        Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="localisations", verbose_name="quyết định"
    )
    decision_number = models.CharField("số quyết định", max_length=80, blank=True)
    source = models.CharField("nguồn", max_length=300, blank=True)

    class Meta:
        verbose_name = "nội dung địa phương"
        verbose_name_plural = "nội dung địa phương"
        constraints = [
            models.UniqueConstraint(fields=["version", "province_code"], name="localisation_once"),
            models.CheckConstraint(name="localisation_anywhere", condition=Q(anywhere__in=["", Anywhere.PROVINCE.value])),
            models.CheckConstraint(name="localisation_province_code", condition=Q(province_code__regex=r"^\d{2}$")),
        ]

    def __str__(self) -> str:
        return self.province_code
