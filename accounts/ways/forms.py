"""Forms of this room."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms import CodeForm, IdNumberForm
from accounts.passkey_forms import UNREADABLE, CredentialField
from portal.crypto.signed_files import LONGEST


class AppCodeForm(CodeForm):
    """A code that an app shows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Mã của ứng dụng")
        self.fields["code"].help_text = _("6 chữ số mà ứng dụng đang hiện; đổi sau mỗi 30 giây.")
        self.fields["code"].error_messages["required"] = _("Bạn hãy nhập mã của ứng dụng.")


class AppSignInForm(IdNumberForm, AppCodeForm):
    """Number and code in one step: nothing is said of the number by itself."""

    field_order = ("id_number", "code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.pop("autofocus", None)


class SignedFileForm(forms.Form):
    """What a token's program made of our few lines."""

    signed = forms.FileField(
        label=_("Tệp đã ký"),
        help_text=_("Tệp .p7s hoặc .p7m, không quá 64 KB."),
        error_messages={"required": _("Bạn hãy chọn tệp đã ký."), "empty": _("Tệp này rỗng. Bạn chọn tệp đã ký.")},
    )

    def clean_signed(self) -> bytes:
        """The bytes; a signature is small."""
        file = self.cleaned_data["signed"]
        if file.size > LONGEST:
            raise ValidationError(_("Tệp này quá lớn, không phải tệp ký số của dang-nhap.txt."))
        data: bytes = file.read()
        return data


class PhoneForm(forms.Form):
    """A new phone for one-time passwords."""

    phone = forms.CharField(
        label=_("Số điện thoại mới"),
        help_text=_("Số di động Việt Nam do chính bạn đứng tên thuê bao."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
        error_messages={"required": _("Bạn hãy nhập số điện thoại mới.")},
    )


class StepUpByPasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The answer of one of this person's passkeys to our challenge."""

    credential = CredentialField(widget=forms.HiddenInput, error_messages={"required": _("Thiết bị chưa trả lời. Bạn hãy thử lại.")})

    def clean_credential(self) -> Any:
        """The passkey that signed."""
        try:
            return super().clean_credential()
        except UNREADABLE as error:
            raise ValidationError(_("Khóa truy cập này không phải của bạn hoặc không trả lời được. Bạn thử lại.")) from error
