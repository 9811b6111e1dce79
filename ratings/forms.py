"""What is asked of the statistics, as it stands in an address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ratings import naming
from ratings.cells import FIRST_DAY, LAST_DAY

_DAYS = ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"]
_WRONG = _("Ngày này không có hoặc viết chưa đúng. Bạn viết ngày/tháng/năm, ví dụ 05/09/2026.")
_BEYOND = _("Số liệu có từ năm 2000 đến năm 2099.")
PARTS = [
    ("agency", "co-quan", _("Theo cơ quan"), _("Cơ quan")),
    ("field", "linh-vuc", _("Theo lĩnh vực"), _("Lĩnh vực")),
    ("procedure", "thu-tuc", _("Theo thủ tục"), _("Thủ tục")),
    ("channel", "kenh", _("Theo cách nộp"), _("Cách nộp")),
    ("level", "muc-do", _("Theo mức dịch vụ trực tuyến"), _("Mức dịch vụ trực tuyến")),
    ("month", "thang", _("Theo tháng"), _("Tháng")),
    ("day", "ngay", _("Theo ngày"), _("Ngày")),
]
"""What a statistic can be taken apart by: its name in the code, in addresses, on screen and above a column."""


class StatisticsForm(forms.Form):
    """Days and ways; the place and what else narrows the figures are links."""

    tu = forms.DateField(label=_("Từ ngày"), input_formats=_DAYS, error_messages={"invalid": _WRONG, "required": _WRONG})
    den = forms.DateField(label=_("Đến hết ngày"), input_formats=_DAYS, error_messages={"invalid": _WRONG, "required": _WRONG})
    theo = forms.ChoiceField(
        label=_("Xem"), required=False, choices=[(key, label) for _name, key, label, _column in PARTS],
        widget=forms.Select({"class": "control"}),
    )  # fmt: skip
    kenh = forms.ChoiceField(label=_("Cách nộp"), required=False, widget=forms.Select({"class": "control"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = self.fields["kenh"]
        assert isinstance(channels, forms.ChoiceField)
        channels.choices = [("", _("Mọi cách nộp")), *naming.channels().items()]

    def clean(self) -> dict[str, Any]:
        """The days in order, within the years that are counted, and not more than a table can show."""
        found: dict[str, Any] = super().clean() or {}
        first, last = found.get("tu"), found.get("den")
        for name, day in (("tu", first), ("den", last)):
            if day is not None and not FIRST_DAY <= day <= LAST_DAY:
                self.add_error(name, _BEYOND)
        if first is not None and last is not None:
            if first > last:
                self.add_error("den", _("Ngày cuối phải từ ngày đầu trở đi."))
            elif found.get("theo") == "ngay" and (last - first).days > naming.MAX_DAYS_BY_DAY:
                self.add_error("den", _("Theo ngày thì xem được nhiều nhất một năm. Bạn chọn khoảng ngắn hơn hoặc xem theo tháng."))
            elif found.get("theo") == "thang" and (last - first).days > naming.MAX_DAYS_BY_MONTH:
                self.add_error("den", _("Theo tháng thì xem được nhiều nhất hai mươi năm."))
        return found
