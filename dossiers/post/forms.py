"""The form of a wish: to whom the paper of a result is brought."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import clean_phone
from portal.catalogues import queries as catalogues
from portal.ui.fields import AddressField, PhoneInput, PlainText


class WishForm(forms.Form):
    """Recipient, phone, commune, street."""

    recipient = PlainText(
        label=_("Người nhận"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Bạn hãy ghi tên người nhận.")},
    )
    phone = PlainText(
        label=_("Số điện thoại di động của người nhận"),
        help_text=_("Bưu tá gọi số này trước khi đến."),
        widget=PhoneInput,
        error_messages={"required": _("Bạn hãy ghi số điện thoại của người nhận.")},
    )
    ward = AddressField(
        label=_("Nơi nhận"),
        provinces=lambda: [(unit.code, unit.full_name) for unit in catalogues.provinces()],
        communes=lambda province: [(unit.code, unit.full_name) for unit in catalogues.communes(province)],
        province_of=catalogues.province_of,
    )
    street = PlainText(
        label=_("Số nhà, đường, thôn, xóm"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
        error_messages={"required": _("Bạn hãy ghi số nhà, đường hoặc thôn, xóm.")},
    )

    def clean_phone(self) -> str:
        """As +84…"""
        found = clean_phone(self.cleaned_data["phone"])
        if not found:
            raise forms.ValidationError(_("Số điện thoại di động không đúng, ví dụ 0912 345 678."))
        return found


class DeskWishForm(forms.Form):
    """For officers: the commune is typed by name within its province."""

    recipient = PlainText(label="Người nhận", max_length=200, widget=forms.TextInput(attrs={"class": "vTextField"}))
    phone = PlainText(label="Điện thoại di động của người nhận", widget=PhoneInput)
    province = forms.ChoiceField(label="Tỉnh, thành phố")
    commune = PlainText(
        label="Xã, phường", help_text="Ghi tên, ví dụ: phường Hoàn Kiếm.", widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    street = PlainText(label="Số nhà, đường, thôn, xóm", max_length=300, widget=forms.TextInput(attrs={"class": "vTextField"}))

    def __init__(self, *args: Any, provinces: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["province"].choices = [("", "– Chọn –"), *provinces]  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        """As +84…"""
        found = clean_phone(self.cleaned_data["phone"])
        if not found:
            raise forms.ValidationError("Số điện thoại di động không đúng, ví dụ 0912 345 678.")
        return found

    def clean(self) -> dict[str, Any]:
        """The commune of that name in the province, as ``ward``."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("province") and said.get("commune"):
            found = catalogues.communes_named(said["province"], said["commune"])
            if len(found) != 1:
                self.add_error("commune", "Không tìm thấy đúng một xã, phường mang tên này trong tỉnh.")
            else:
                said["ward"] = found[0].code
        return said
