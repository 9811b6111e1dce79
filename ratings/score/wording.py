"""What the score is called and how it is told in words."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.ui.tags import number
from ratings.models import Criterion
from ratings.score.queries import MINISTRIES, PROVINCES, UNITS, Part
from ratings.score.rules import ScoreClass


def class_name(grade: ScoreClass | None) -> str:
    """One of the five classes, in words (Rules art. 30.2)."""
    names = {
        ScoreClass.EXCELLENT: _("Xuất sắc"), ScoreClass.GOOD: _("Tốt"), ScoreClass.FAIR: _("Khá"), ScoreClass.AVERAGE: _("Trung bình"),
        ScoreClass.WEAK: _("Yếu"),
    }  # fmt: skip
    return names[grade] if grade is not None else _("Chưa xếp loại")


def kind_name(kind: str) -> str:
    """Who is ranked with whom."""
    return {MINISTRIES: _("Bộ, ngành"), PROVINCES: _("Tỉnh, thành phố"), UNITS: _("Đơn vị")}[kind]


def group_names() -> dict[str, str]:
    """The groups as columns name them."""
    return {
        "1": _("Công khai, minh bạch"), "2": _("Tiến độ giải quyết"), "3": _("Số hóa hồ sơ"), "4a": _("Dịch vụ trực tuyến"),
        "4b": _("Thanh toán trực tuyến"), "5": _("Mức độ hài lòng"),
    }  # fmt: skip


def formula(part: Part) -> str:
    """How the points come about, with the numbers: ``20 × 812 : 900 = 18,04``."""
    criterion, points = part.criterion, part.points
    most, count, plural = number(criterion.points), points.count, _plural(criterion)
    if count is None:
        return _("Chưa có nguồn số liệu nên chưa tính.")
    if count.denominator == 0:
        return {
            Criterion.Nothing.ZERO.value: _("Không phát sinh: 0 điểm."),
            Criterion.Nothing.FULL.value: ngettext(
                "Không phát sinh: được đủ %(points)s điểm.", "Không phát sinh: được đủ %(points)s điểm.", plural
            )
            % {"points": most},
            Criterion.Nothing.OUT.value: _("Không phát sinh: không tính tiêu chí này, điểm tối đa giảm tương ứng."),
        }[criterion.when_nothing]
    share = f"{number(count.numerator)} : {number(count.denominator)}"
    given = number(points.points if points.points is not None else Decimal(0))
    if criterion.formula == Criterion.Formula.CAPPED and criterion.factor != 1:
        return _("%(most)s × %(share)s : %(factor)s = %(given)s (nhiều nhất %(most)s)") % {
            "most": most, "share": share, "factor": number(criterion.factor.normalize()), "given": given,
        }  # fmt: skip
    return f"{most} × {share} = {given}"


def rule(criterion: Criterion) -> str:
    """The rule in words, without numbers of anybody."""
    if criterion.formula == Criterion.Formula.CAPPED and criterion.factor != 1:
        return ngettext(
            "Đạt từ %(share)s%% trở lên thì đủ %(points)s điểm; dưới mức đó tính theo tỷ lệ.",
            "Đạt từ %(share)s%% trở lên thì đủ %(points)s điểm; dưới mức đó tính theo tỷ lệ.",
            _plural(criterion),
        ) % {"share": number((criterion.factor * 100).normalize()), "points": number(criterion.points)}
    return ngettext(
        "%(points)s điểm nhân với tỷ lệ tử số trên mẫu số.", "%(points)s điểm nhân với tỷ lệ tử số trên mẫu số.", _plural(criterion)
    ) % {"points": number(criterion.points)}


def _plural(criterion: Criterion) -> int:
    """Points may be parts of one; languages ask for a whole number."""
    return 1 if criterion.points == 1 else 2
