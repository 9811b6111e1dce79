"""Forms of the store: for how long one shares, and the code of who was given a link."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from dossiers.store.sharing import DAYS, plain_code
from portal.text import nfc
from portal.ui.fields import PlainText

WORDS = {1: _("1 ngày"), 7: _("7 ngày"), 30: _("30 ngày")}


class ShareForm(forms.Form):
    """For how long, and for whom."""

    days = forms.TypedChoiceField(
        label=_("Chia sẻ trong"),
        coerce=int,
        choices=[(days, WORDS[days]) for days in DAYS],
        initial=1,
        widget=forms.RadioSelect,
        error_messages={"required": _("Bạn hãy chọn thời gian chia sẻ."), "invalid_choice": _("Bạn hãy chọn thời gian chia sẻ.")},
    )
    purpose = PlainText(
        label=_("Cho ai, để làm gì"),
        help_text=_("Chỉ bạn đọc được, để nhớ đã chia sẻ cho ai."),
        required=False,
        max_length=100,
    )

    def clean_purpose(self) -> str:
        """Composed accents, single spaces."""
        return " ".join(nfc(self.cleaned_data["purpose"]).split())


class CodeForm(forms.Form):
    """The code that came beside a link."""

    code = PlainText(
        label=_("Mã xem"),
        error_messages={"required": _("Bạn hãy gõ mã xem.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": "20"}),
    )

    def clean_code(self) -> str:
        """As it was given out, however it was set apart."""
        code = plain_code(self.cleaned_data["code"])
        if len(code) != 6:
            raise forms.ValidationError(_("Mã xem có 6 chữ và số. Bạn gõ lại như người chia sẻ đã gửi."))
        return code

    @classmethod
    def refused(cls, typed: str, message: str) -> CodeForm:
        """The form as it was typed, with one error."""
        form = cls({"code": typed})
        form.errors.clear()
        form.add_error("code", message)
        return form
