"""The library's forms of passkeys, with answers in our words to whatever is sent: it fails over much that no browser sends."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.webauthn.forms import AddWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import InvalidSignature
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.devices import device_of
from accounts.models import Person
from accounts.models.sessions import Way
from accounts.services import failures

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
            self._note_failed()
            raise ValidationError("Khóa truy cập này không đăng nhập được. Bạn thử lại hoặc đăng nhập bằng chứng thư số.") from error

    def _note_failed(self) -> None:
        """For the history of whoever the device says that it belongs to: it alone knows the random id of the login."""
        try:
            user = auth.extract_user_from_response(self.cleaned_data["credential"])
        except UNREADABLE:
            return
        person_id = Person.objects.filter(user=user).values_list("pk", flat=True).first()
        if person_id is not None:
            failures.note_of(person_id=person_id, way=Way.PASSKEY, device=device_of(context.request), now=timezone.now())


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey."""

    credential = CredentialField(widget=forms.HiddenInput, error_messages={"required": "Thiết bị chưa trả lời. Bạn hãy thử lại."})

    def clean(self) -> Any:
        """The library's checks: a passkey of this device, made for us, with its holder verified."""
        try:
            return super().clean()
        except UNREADABLE as error:
            raise ValidationError("Không gắn được khóa này. Bạn hãy thử lại.") from error
