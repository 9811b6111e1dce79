"""Where a source is put down before anything of it reaches the catalogue, and what became of each attempt."""

from __future__ import annotations

from django.db import models


class ImportRun(models.Model):
    """One attempt to read a source, with its report. A dry run and a refused source leave a run too, and nothing else."""

    class Kind(models.TextChoices):
        PROCEDURES = "procedures", "Bản kê thủ tục (JSON)"
        EXPORTS = "exports", "Bản chi tiết thủ tục (Word)"
        NATIONAL_LIST = "national_list", "Danh mục quốc gia"

    class State(models.TextChoices):
        DONE = "done", "Đã nhập"
        DRY = "dry", "Chạy thử"
        UNREADABLE = "unreadable", "Nguồn hỏng"

    kind = models.CharField("loại nguồn", max_length=16, choices=Kind.choices)
    source = models.CharField("tên tệp", max_length=300)
    """The name of the file or folder, without where it lies on a machine."""
    digest = models.CharField("SHA-256 của nguồn", max_length=64, blank=True)
    state = models.CharField("kết quả", max_length=10, choices=State.choices)
    started_at = models.DateTimeField("bắt đầu")
    finished_at = models.DateTimeField("kết thúc")
    report = models.JSONField("báo cáo", default=dict)

    class Meta:
        verbose_name = "lần nhập dữ liệu"
        verbose_name_plural = "lần nhập dữ liệu"
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.source}"


class StagedRecord(models.Model):
    """One record of a source on its way in. Rows live only inside the transaction of their run."""

    batch = models.UUIDField(db_index=True)
    place = models.CharField("dòng hoặc tệp", max_length=300)
    code = models.CharField("mã", max_length=80)
    digest = models.CharField(max_length=64)
    payload = models.JSONField()
    """The record in the shape of the curated ones (``procedures/data/README.md``)."""
    verdict = models.CharField(max_length=8, blank=True)
    """new, changed, same or refused."""
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = "bản ghi chờ nhập"
        verbose_name_plural = "bản ghi chờ nhập"

    def __str__(self) -> str:
        return f"{self.place}: {self.code}"
