"""What was changed and when: one row for each transaction that wrote to a room, put there by triggers."""

from __future__ import annotations

from django.db import models


class Change(models.Model):
    """A transaction changed something in a room. Rows become visible as it ends, in any order; nobody waits for anybody."""

    room = models.CharField("phòng", max_length=80)
    """``procedures``, or a part of it: ``procedures/1.001193``, ``procedures/*`` for many parts at once."""
    noted_at = models.DateTimeField("lúc bắt đầu giao dịch")
    transaction = models.BigIntegerField("giao dịch")

    class Meta:
        verbose_name = "thay đổi"
        verbose_name_plural = "thay đổi"
        # The time belongs to the key: a restored database begins its transaction numbers anew.
        constraints = [models.UniqueConstraint(fields=["room", "transaction", "noted_at"], name="caching_change_once")]

    def __str__(self) -> str:
        return f"{self.room} {self.noted_at:%d/%m/%Y %H:%M:%S}"
