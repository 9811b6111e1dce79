"""Forms of how one is told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ContactChoice
from portal.exchange.mail import ADDRESS
from portal.notifications.registry import Kind, kinds

CHANNELS = {"inbox": _("Trong tài khoản trên Cổng"), "sms": _("Tin nhắn"), "email": _("Thư điện tử")}


class EmailForm(forms.Form):
    """A new address."""

    address = forms.CharField(
        label=_("Địa chỉ thư điện tử"),
        help_text=_("Ví dụ: ten@example.vn. Chúng tôi gửi đến đó một đường dẫn để bạn xác nhận."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Bạn hãy nhập địa chỉ thư điện tử.")},
    )

    def clean_address(self) -> str:
        """An address that we can write to; its domain in small letters."""
        local, _at, domain = str(self.cleaned_data["address"]).strip().rpartition("@")
        address = f"{local}@{domain.lower()}"
        if not ADDRESS.match(address) or "." not in domain or ".." in address or local.startswith(".") or local.endswith("."):
            raise forms.ValidationError(_("Địa chỉ chưa đúng. Địa chỉ có dạng ten@example.vn, không dấu, không khoảng trắng."))
        return address


class ChannelsForm(forms.Form):
    """Language, and for each kind of notices its channels."""

    language = forms.ChoiceField(label=_("Ngôn ngữ của thông báo"), choices=ContactChoice.Language.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, choice: ContactChoice, officer: bool, **kwargs: Any) -> None:
        """``officer``: whether who chooses holds a position; others are not asked about what only officers are told."""
        super().__init__(*args, **kwargs)
        self.kinds: list[Kind] = kinds(officer=officer)
        self.fields["language"].initial = choice.language
        for number, kind in enumerate(self.kinds):
            hint = _("Bạn có thể bỏ chọn tất cả.")
            if kind.law_bound:
                hint = _("Luật buộc báo cho bạn: chọn ít nhất một cách.")
            elif kind.optional:
                hint = _("Chỉ để giúp bạn nhớ. Bỏ chọn tất cả thì không nhắc nữa.")
            self.fields[f"kind_{number}"] = forms.MultipleChoiceField(
                label=str(kind.label),
                help_text=hint,
                choices=[(name, CHANNELS[name]) for name in kind.channels],
                initial=choice.channels.get(kind.key, list(kind.unchosen)),
                widget=forms.CheckboxSelectMultiple,
                # "required" would mark the others as optional, which these are not: nothing chosen is a choice.
                required=kind.law_bound,
                error_messages={"required": _("Bạn hãy chọn ít nhất một cách nhận thông báo này.")},
            )

    def bound_kinds(self) -> list[Any]:
        """Their fields, in order."""
        return [self[f"kind_{number}"] for number, _kind in enumerate(self.kinds)]

    def channels(self) -> dict[str, list[str]]:
        """Kind → channels."""
        return {kind.key: self.cleaned_data[f"kind_{number}"] for number, kind in enumerate(self.kinds)}
