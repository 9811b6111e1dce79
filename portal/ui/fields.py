"""Kinds of field that Django does not bring. What an identity number or a phone number must look like is the business of the
room that keeps it (``accounts.identifiers``); here is how people type it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from portal.text import visible

Choices = Sequence[tuple[str, str]]


class PlainText(forms.CharField):
    """Text in one Unicode form, without characters that cannot be seen or printed."""

    def to_python(self, value: Any) -> str:
        """The text in NFC, without what cannot be seen; refuses control characters."""
        text = visible(super().to_python(value) or "")
        if any(ord(char) < 32 and char not in "\r\n\t" for char in text):
            raise forms.ValidationError(_("Nội dung có ký tự không đọc được. Bạn hãy gõ lại."))
        return text


class IdNumberInput(forms.TextInput):
    """Twelve digits, with room for the spaces people put between them. Browsers must not keep the number."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false", "maxlength": "16", **(attrs or {})})


class PhoneInput(forms.TextInput):
    """A phone number: the phone's own keys, and the browser may fill in its owner's."""

    input_type = "tel"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "tel", "maxlength": "20", **(attrs or {})})


class NumberInput(forms.TextInput):
    """A count. Not ``type=number``: its arrows change what was typed when a finger or a wheel slips, and it hides what it refuses."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "numeric", "autocomplete": "off", **(attrs or {})})


class DongInput(NumberInput):
    """An amount of đồng, shown with points between thousands."""

    def format_value(self, value: Any) -> str | None:
        """``1250000`` → ``1.250.000``; what is no amount stays as it was typed."""
        if isinstance(value, int):
            return f"{value:,}".replace(",", ".")
        return super().format_value(value)


class DongField(forms.IntegerField):
    """An amount in whole đồng, typed with or without points, spaces or the sign "đ"."""

    widget = DongInput
    default_error_messages = {"invalid": _("Số tiền không đúng. Bạn hãy viết số đồng, ví dụ 1.250.000.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        """The amount. A comma is refused: there is no half đồng, and it may stand for thousands or for a fraction."""
        text = re.sub(r"[\s\u00a0\u202f]", "", str(value or "")).removesuffix("đ").removesuffix("₫")
        if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+", text):
            text = text.replace(".", "")
        elif text and not re.fullmatch(r"[0-9]+", text):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """``1.250.000`` typed over ``1250000`` is no change."""
        try:
            return bool(initial != self.to_python(data))
        except forms.ValidationError:
            return True


class AddressInput(forms.Widget):
    """Province, then commune or ward. Values are pairs of the statistics office's codes.

    The button beside the province (``<name>_chon``) sends the form, which comes back with that province's communes: see
    :func:`picking`.
    """

    def __init__(self, *, provinces: Callable[[], Choices], communes: Callable[[str], Choices]) -> None:
        super().__init__()
        self.provinces, self.communes = provinces, communes

    def value_from_datadict(self, data: Any, files: MultiValueDict | None, name: str) -> tuple[str, str]:
        """What was chosen, as typed."""
        return str(data.get(f"{name}_tinh") or ""), str(data.get(f"{name}_xa") or "")

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Neither part was sent."""
        return f"{name}_tinh" not in data and f"{name}_xa" not in data

    def id_for_label(self, id_: str | None, index: str | None = None) -> str:
        """Errors point to the first control."""
        return f"{id_}_tinh" if id_ else ""

    def parts(self, name: str, value: Any, attrs: dict[str, Any]) -> dict[str, Any]:
        """The two lists and the button's name, for ``field.html``."""
        province, commune = value if isinstance(value, tuple | list) else ("", "")
        list_id = attrs["id"]
        own = {key: attrs[key] for key in ("aria-describedby", "aria-invalid") if key in attrs} | {"class": "control control-medium"}
        first = forms.Select(choices=[("", _("Chọn tỉnh, thành phố")), *self.provinces()])
        second = forms.Select(choices=[("", _("Chọn xã, phường")), *(self.communes(province) if province else ())])
        return {
            "province": first.render(f"{name}_tinh", province, own | {"id": f"{list_id}_tinh"}),
            "province_id": f"{list_id}_tinh",
            "commune": second.render(f"{name}_xa", commune, own | {"id": f"{list_id}_xa"}),
            "commune_id": f"{list_id}_xa",
            "picked": bool(province),
            "pick_name": f"{name}_chon",
        }

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> NoReturn:
        """Refused: the two lists need the labels of ``field.html``."""
        raise NotImplementedError("use {% field %}")


class AddressField(forms.Field):
    """An address by province and commune; cleans to the commune's code.

    ``province_of(code)`` gives the province of a stored commune, or ``""``. A form sent by the button "Chọn" is not finished:
    see :func:`picking`.
    """

    default_error_messages = {
        "required": _("Bạn hãy chọn tỉnh, thành phố rồi chọn xã, phường."),
        "commune": _("Bạn hãy chọn xã, phường trong danh sách."),
    }

    def __init__(
        self,
        *,
        provinces: Callable[[], Choices],
        communes: Callable[[str], Choices],
        province_of: Callable[[str], str],
        **kwargs: Any,
    ) -> None:
        self.provinces, self.communes, self.province_of = provinces, communes, province_of
        super().__init__(widget=AddressInput(provinces=provinces, communes=communes), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """A stored code as the pair that the widget shows."""
        return (self.province_of(value), value) if isinstance(value, str) and value else value

    def clean(self, value: Any) -> str:
        """The commune's code; empty where the field may be and nothing was chosen."""
        province, commune = value or ("", "")
        if not province and not commune:
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return ""
        if commune not in {code for code, _name in self.communes(province)}:
            raise forms.ValidationError(self.error_messages["commune"], code="commune")
        return str(commune)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Only the commune counts."""
        return bool((initial or "") != (data or ("", ""))[1])


def picking(data: Any) -> bool:
    """Whether the form was sent by an address's "Chọn" button: show it again without errors, with that province's communes."""
    return any(str(key).endswith("_chon") for key in data)
