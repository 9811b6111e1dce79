"""Forms of the catalogues' desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone

from portal.catalogues import tables


class EntryForm(forms.ModelForm):  # type: ignore[type-arg]
    """An entry: a new one, or the one in force with what is to hold from a day on."""

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
