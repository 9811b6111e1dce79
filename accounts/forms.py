"""Forms of sign-in."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import clean_id_number


class IdNumberForm(forms.Form):
    """The identity number that begins every sign-in."""

    id_number = forms.CharField(
        label=_("Số định danh cá nhân"),
        help_text=_("12 chữ số trên thẻ căn cước hoặc căn cước công dân."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "username", "autofocus": True}),
        error_messages={"required": _("Bạn hãy nhập số định danh.")},
    )

    def clean_id_number(self) -> str:
        """Twelve digits, spaces and dots forgiven."""
        number = clean_id_number(self.cleaned_data["id_number"])
        if not number:
            raise forms.ValidationError(_("Số định danh phải có đúng 12 chữ số. Bạn kiểm tra lại trên thẻ căn cước."))
        return number


class CodeForm(forms.Form):
    """The one-time password."""

    code = forms.CharField(
        label=_("Mật khẩu một lần"),
        help_text=_("6 chữ số trong tin nhắn vừa gửi đến điện thoại của bạn."),
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
        error_messages={"required": _("Bạn hãy nhập mật khẩu một lần.")},
    )

    def clean_code(self) -> str:
        """Six digits."""
        code = "".join(self.cleaned_data["code"].split())
        if len(code) != 6 or not code.isdecimal() or not code.isascii():
            raise forms.ValidationError(_("Mật khẩu một lần gồm đúng 6 chữ số."))
        return code
