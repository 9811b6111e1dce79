"""Forms of the catalogues' desk."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone

from portal.catalogues import tables
from portal.text import search_key

DAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")
_INTERVAL = re.compile(r"(\d{1,2})[:h](\d{2})\s*[-–]\s*(\d{1,2})[:h](\d{2})")


class HoursField(forms.Field):
    """Office hours as a person writes them, one day a line (``Thứ Hai: 07:30-11:30, 13:30-17:00``); blank: the national hours.

    The value is seven lists, Monday first, or None. A day that is not named is closed.
    """

    widget = forms.Textarea(attrs={"rows": 7, "cols": 50})

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        # The model's column is JSON and offers its coders; the lines need none.
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The lines of stored hours; what was typed stays as it was."""
        if not isinstance(value, list):
            return value
        spoken = (", ".join(f"{opens}-{closes}" for opens, closes in day) for day in value)
        return "\n".join(f"{name}: {hours}" for name, hours in zip(DAYS, spoken, strict=False) if hours)

    def to_python(self, value: Any) -> list[list[list[str]]] | None:
        """Seven lists of intervals, or None for blank."""
        text = str(value or "").strip()
        if not text:
            return None
        week: list[list[list[str]]] = [[] for _ in DAYS]
        names = {search_key(name): place for place, name in enumerate(DAYS)}
        for line in text.splitlines():
            name, colon, hours = line.partition(":")
            if not line.strip():
                continue
            place = names.get(search_key(name))
            found = _INTERVAL.findall(hours)
            if place is None or not colon or not found or _INTERVAL.sub("", hours).strip(" ,;"):
                raise ValidationError(f"Không hiểu dòng “{line.strip()}”. Viết như: Thứ Hai: 07:30-11:30, 13:30-17:00")
            week[place] = [[f"{int(a):02}:{b}", f"{int(c):02}:{d}"] for a, b, c, d in found]
        return week

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other hours are meant, however they are written."""
        try:
            return bool(self.to_python(data) != (initial or None))
        except ValidationError:
            return True


class EntryForm(forms.ModelForm):  # type: ignore[type-arg]
    """An entry: a new one, or the one in force with what is to hold from a day on."""

    class Meta:
        field_classes = {"working_hours": HoursField}
        help_texts = {
            "working_hours": "Mỗi ngày một dòng, ví dụ “Thứ Hai: 07:30-11:30, 13:30-17:00”; ngày không ghi là nghỉ. "
            "Để trống: giờ làm việc chung cả nước."
        }

    amend_from = forms.DateField(
        label="Áp dụng thay đổi từ ngày",
        required=False,
        widget=AdminDateWidget,
        help_text="Để trống là từ hôm nay. Mục cũ được giữ lại và hết hiệu lực từ ngày này.",
    )

    def _update_errors(self, errors: ValidationError) -> None:
        """Rules may name a column that this form does not show: their words still reach the officer."""
        if hasattr(errors, "error_dict"):
            elsewhere = [error for name in list(errors.error_dict) if name not in self.fields for error in errors.error_dict.pop(name)]
            if elsewhere:
                errors.error_dict.setdefault(NON_FIELD_ERRORS, []).extend(elsewhere)
        super()._update_errors(errors)  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        """An amendment begins on or after the day its entry did, and changes something."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.instance.pk is not None:
            day = cleaned.get("amend_from") or timezone.localdate()
            if day < self.instance.effective_from:
                self.add_error("amend_from", f"Mục này có hiệu lực từ {self.instance.effective_from:%d/%m/%Y}; hãy chọn ngày từ đó trở đi.")
            if not set(self.changed_data) - {"amend_from"}:
                raise ValidationError("Bạn chưa sửa gì.")
        return cleaned


class EndForm(forms.Form):
    """From which day an entry no longer holds."""

    effective_to = forms.DateField(label="Hết hiệu lực từ ngày", widget=AdminDateWidget, help_text="Ngày đầu tiên không còn dùng mục này.")


class UploadForm(forms.Form):
    """A table to import."""

    table = forms.FileField(
        label="Tệp CSV hoặc XLSX",
        allow_empty_file=True,
        help_text=f"Tối đa {tables.MAX_BYTES // 1024 // 1024} MB và {tables.MAX_ROWS:,} dòng. Lấy tệp xuất ra làm mẫu.".replace(",", "."),
    )
