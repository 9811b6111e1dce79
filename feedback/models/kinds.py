"""Lists that VPCP keeps: kinds of petitions (Rules art. 37), time limits with the day from which they hold (art. 42, 44)."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.workdays import Unit


class About(models.TextChoices):
    """What a petition complains of, as statistics tell them apart."""

    RULE = "rule", _("Quy định, chính sách, thủ tục hành chính")
    CONDUCT = "conduct", _("Hành vi của cán bộ, công chức, viên chức")


@pghistory.track()
class PetitionKind(models.Model):
    """A kind of content. VPCP adds kinds and ends them by date; none is deleted, for petitions of it stay."""

    class Goes(models.TextChoices):
        """Which agency is suggested."""

        OWNER = "owner", "Cơ quan công bố thủ tục"
        HANDLER = "handler", "Cơ quan giải quyết ở nơi xảy ra"

    code = models.SlugField("mã", max_length=40, primary_key=True)
    name = models.CharField("tên", max_length=200)
    name_en = models.CharField("tên tiếng Anh", max_length=200, blank=True)
    help_text = models.CharField("giải thích, ví dụ", max_length=300, blank=True)
    help_text_en = models.CharField("giải thích bằng tiếng Anh", max_length=300, blank=True)
    article = models.CharField("căn cứ", max_length=120, help_text="Ví dụ: Quy chế, Điều 37.3a")
    about = models.CharField("thuộc loại", max_length=8, choices=About.choices)
    goes = models.CharField("gợi ý gửi tới", max_length=8, choices=Goes.choices, default=Goes.HANDLER)
    for_agencies = models.BooleanField("cơ quan cũng báo cáo được loại này", default=False)
    """An agency's own report about a procedure (Rules art. 25.3)."""
    position = models.PositiveSmallIntegerField("thứ tự", default=100)
    valid_from = models.DateField("dùng từ ngày")
    valid_to = models.DateField("thôi dùng từ ngày", null=True, blank=True)

    class Meta:
        verbose_name = "loại phản ánh, kiến nghị"
        verbose_name_plural = "loại phản ánh, kiến nghị"
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="petition_kind_dates"),
            models.CheckConstraint(condition=Q(about__in=["rule", "conduct"]), name="petition_kind_about_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        """The name in the page's language."""
        return self.name_en if get_language() == "en" and self.name_en else self.name

    @property
    def shown_help(self) -> str:
        """The help in the page's language."""
        return self.help_text_en if get_language() == "en" and self.help_text_en else self.help_text


@pghistory.track()
class Term(models.Model):
    """A time limit from a day on. What counts for a petition is what held on the day of its first receipt (``feedback.rules``)."""

    class Name(models.TextChoices):
        REFUSE = "refuse", "Từ chối tiếp nhận"
        ASK = "ask", "Yêu cầu bổ sung"
        TRANSFER = "transfer", "Chuyển cơ quan có thẩm quyền"
        ANSWER = "answer", "Xử lý và trả lời"
        PROGRESS = "progress", "Báo tình hình sau khi quá hạn, cứ sau"
        RESULT = "result", "Nhập kết quả từ khi có kết quả"
        SUPPLY = "supply", "Người gửi bổ sung"
        OPINION = "opinion", "Cơ quan phối hợp cho ý kiến"
        SOON = "soon", "Báo sắp đến hạn trước"
        SCORE_ANSWER = "score_answer", "Trả lời, theo bộ chỉ số 766 (5.2)"

    name = models.CharField("thời hạn", max_length=14, choices=Name.choices)
    amount = models.PositiveSmallIntegerField("số")
    unit = models.CharField(
        "đơn vị",
        max_length=12,
        choices=[(Unit.WORKING_DAY.value, "ngày làm việc"), (Unit.DAY.value, "ngày"), (Unit.HOUR.value, "giờ làm việc")],
    )
    valid_from = models.DateField("áp dụng từ ngày")
    basis = models.CharField("căn cứ", max_length=200)

    class Meta:
        verbose_name = "thời hạn xử lý phản ánh"
        verbose_name_plural = "thời hạn xử lý phản ánh"
        ordering = ["name", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["name", "valid_from"], name="petition_term_one_a_day"),
            models.CheckConstraint(condition=Q(amount__gte=1, amount__lte=365), name="petition_term_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.get_name_display()}: {self.amount} {self.get_unit_display()}"
