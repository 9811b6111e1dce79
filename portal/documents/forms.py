"""The form with which anybody compares a file with the original."""

from __future__ import annotations

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _


class CompareForm(forms.Form):
    """One file. Its size was checked before it was read."""

    file = forms.FileField(
        label=_("Tệp PDF cần đối chiếu"),
        error_messages={"required": _("Bạn chưa chọn tệp PDF."), "empty": _("Tệp bạn chọn không có nội dung.")},
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )

    @classmethod
    def refused(cls, message: str) -> CompareForm:
        """The form with one error, for a file that was not read."""
        form = cls({}, MultiValueDict())
        form.errors.clear()
        form.add_error("file", message)
        return form
