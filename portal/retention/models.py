"""What the nights removed, counted; nothing of what it was."""

from __future__ import annotations

from django.db import models


class Removal(models.Model):
    """How many rows or files of a class one task removed on one day; none is a row, too: the task has run."""

    day = models.DateField("ngày")
    task = models.CharField("tác vụ", max_length=80)
    kind = models.CharField("lớp", max_length=40)
    """Key in ``portal.retention.classes.CLASSES``."""
    removed = models.PositiveBigIntegerField("đã xóa", default=0)
    noted_at = models.DateTimeField("lúc")
    is_done = models.BooleanField("đã xong", default=True)
    """Whether the run came to its end: else the next slice, or the next night, goes on."""

    class Meta:
        verbose_name = "lần dọn dữ liệu hết hạn"
        verbose_name_plural = "Thời hạn lưu giữ dữ liệu"
        ordering = ["-day", "task", "kind"]
        constraints = [models.UniqueConstraint(fields=["day", "task", "kind"], name="retention_one_row_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.task} {self.kind}"
