"""Forms of this room."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms import CodeForm, IdNumberForm
from accounts.passkey_forms import UNREADABLE, CredentialField


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


class StepUpByPasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The answer of one of this person's passkeys to our challenge."""

    credential = CredentialField(widget=forms.HiddenInput, error_messages={"required": _("Thiết bị chưa trả lời. Bạn hãy thử lại.")})

    def clean_credential(self) -> Any:
        """The passkey that signed."""
        try:
            return super().clean_credential()
        except UNREADABLE as error:
            raise ValidationError(_("Khóa truy cập này không phải của bạn hoặc không trả lời được. Bạn thử lại.")) from error
