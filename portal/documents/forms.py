"""The forms with which anybody compares a file, or a print, with the original."""

from __future__ import annotations

import re
import unicodedata

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from portal.documents.proofs import DIGITS
from portal.ui.fields import NumberInput, PlainText


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


class PrintForm(forms.Form):
    """The number printed beside the QR code. What cannot be one is refused before it costs a try."""

    number = PlainText(
        label=_("Số đối chiếu in trên giấy"),
        error_messages={"required": _("Bạn chưa gõ số đối chiếu.")},
        widget=NumberInput(attrs={"maxlength": "20", "spellcheck": "false"}),
    )

    def clean_number(self) -> str:
        """Nine digits, however they were set apart."""
        number = re.sub(r"[\s.\-\u2010-\u2015\u200b]", "", unicodedata.normalize("NFKC", self.cleaned_data["number"]))
        if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", number):
            raise forms.ValidationError(_("Số đối chiếu có đúng 9 chữ số, không có chữ cái. Bạn hãy gõ lại như in trên giấy."))
        return number

    @classmethod
    def refused(cls, typed: str, message: str) -> PrintForm:
        """The form as it was typed, with one error."""
        form = cls({"number": typed})
        form.errors.clear()
        form.add_error("number", message)
        return form
