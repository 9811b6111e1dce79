"""What all tables of the catalogue share: the rule of codes, the national lists of levels, subjects and units."""

from __future__ import annotations

from typing import TypeVar

import pghistory
from django.db import models

M = TypeVar("M", bound=type[models.Model])


def tracked(model: M) -> M:
    """Keep every insert, update and deletion in history: parts are deleted and written anew when a version changes."""
    # When a row was touched is no fact of its own: the history says it anyway. How often it is read is no fact that somebody wrote,
    # and what the database computes follows from the rest.
    unseen = [field.name for field in model._meta.concrete_fields if field.name in ("updated_at", "popularity", "holds_until")]
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=unseen or None)(model)


CODE_RULE = r"^(\d\.\d{6}|DV\.[GH]\d{2}(\.\d+)*\.\d{2})$"
"""A national code ``1.001193``, or ``DV.<unit>.NN`` for a utility's procedure that has none."""


class Level(models.TextChoices):
    """Where the procedure is carried out; districts ended on 30 June 2025."""

    MINISTRY = "ministry", "Cấp bộ"
    PROVINCE = "province", "Cấp tỉnh"
    COMMUNE = "commune", "Cấp xã"
    OTHER = "other", "Cơ quan khác"


class Subject(models.TextChoices):
    """Who may ask for it: the national list of subjects."""

    CITIZEN = "citizen", "Công dân Việt Nam"
    OVERSEAS = "overseas", "Người Việt Nam định cư ở nước ngoài"
    FOREIGNER = "foreigner", "Người nước ngoài"
    OFFICIAL = "official", "Cán bộ, công chức, viên chức"
    ENTERPRISE = "enterprise", "Doanh nghiệp"
    FOREIGN_ENTERPRISE = "foreign_enterprise", "Doanh nghiệp có vốn đầu tư nước ngoài"
    ORGANISATION = "organisation", "Tổ chức (không bao gồm doanh nghiệp, hợp tác xã)"
    FOREIGN_ORGANISATION = "foreign_organisation", "Tổ chức nước ngoài"
    COOPERATIVE = "cooperative", "Hợp tác xã"
    PARTY_MEMBER = "party_member", "Đảng viên"
    PARTY_ORGANISATION = "party_organisation", "Tổ chức Đảng"


class Anywhere(models.TextChoices):
    """Where a dossier may be handed in whatever the applicant's residence (Decision 468/QĐ-TTg III.3); blank: only where the law says."""

    PROVINCE = "province", "Ở bất cứ nơi nào trong cùng tỉnh, thành phố"
    COUNTRY = "country", "Ở bất cứ nơi nào trong cả nước"


class TimeUnit(models.TextChoices):
    """Units of a time limit; the values are those of ``portal.workdays.Unit``."""

    HOUR = "hour", "giờ"
    WORKING_DAY = "working_day", "ngày làm việc"
    DAY = "day", "ngày"
    MONTH = "month", "tháng"


class Part(models.Model):
    """What the parts of a version share: an order of their own."""

    position = models.PositiveSmallIntegerField("thứ tự")

    class Meta:
        abstract = True
        ordering = ["position"]

    def __str__(self) -> str:
        return str(getattr(self, "name", "") or getattr(self, "title", "") or self.position)


def in_order(owner: str, name: str) -> list[models.BaseConstraint]:
    """One part at each place within its owner."""
    return [models.UniqueConstraint(fields=[owner, "position"], name=f"{name}_position", deferrable=models.Deferrable.DEFERRED)]
