"""The library's forms of passkeys, with answers in our words to whatever is sent: it fails over much that no browser sends."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm, LoginWebAuthnForm
from cryptography.exceptions import InvalidSignature
from django import forms
from django.core.exceptions import ValidationError

UNREADABLE = (ValidationError, ValueError, TypeError, KeyError, AttributeError, InvalidSignature)


class CredentialField(forms.JSONField):
    """JSON from a stranger: Django's own field fails over numbers of thousands of digits and over brackets within brackets."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise ValidationError("Thiết bị trả lời không đọc được. Bạn hãy thử lại.") from error


class SignInByPasskeyForm(LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey's answer to our challenge."""

    credential = CredentialField(widget=forms.HiddenInput, error_messages={"required": "Thiết bị chưa trả lời. Bạn hãy thử lại."})

    def clean_credential(self) -> Any:
        """The passkey of ours that signed."""
        try:
            return super().clean_credential()
        except UNREADABLE as error:
            raise ValidationError("Khóa truy cập này không đăng nhập được. Bạn thử lại hoặc đăng nhập bằng chứng thư số.") from error


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey."""

    credential = CredentialField(widget=forms.HiddenInput, error_messages={"required": "Thiết bị chưa trả lời. Bạn hãy thử lại."})

    def clean(self) -> Any:
        """The library's checks: a passkey of this device, made for us, with its holder verified."""
        try:
            return super().clean()
        except UNREADABLE as error:
            raise ValidationError("Không gắn được khóa này. Bạn hãy thử lại.") from error
