"""Forms of registration. What only a registry can say is asked by the worker; here is what numbers and names must look like."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as plain
from django.utils.translation import gettext_lazy as _

from accounts.contact_forms import EmailForm
from accounts.forms import IdNumberForm
from accounts.identifiers import (
    clean_country,
    clean_document,
    clean_foreign_phone,
    clean_insurance_number,
    clean_old_number,
    clean_phone,
)
from accounts.models import Identifier, Sex
from accounts.registration.rules import LEAST_AGE, OLDEST_AGE, age_on, is_name, number_fits, tidy_name
from portal.ui.fields import IdNumberInput, PhoneInput, PlainText

DAYS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]
DOCUMENTS = [choice for choice in Identifier.Kind.choices if choice[0] != Identifier.Kind.OLD_NUMBER]


class AgreeForm(forms.Form):
    """The terms, read and agreed to."""

    agree = forms.BooleanField(error_messages={"required": _("Bạn cần đồng ý với điều khoản sử dụng để có tài khoản.")})

    def __init__(self, *args: Any, terms_url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agree"].label = format_html(
            '{} <a href="{}" target="_blank">{}</a>', plain("Tôi đã đọc và đồng ý với"), terms_url, plain("điều khoản sử dụng")
        )
        self.order_fields([name for name in self.fields if name != "agree"] + ["agree"])


class WhoForm(forms.Form):
    """Name, day of birth and sex, as on one's papers."""

    full_name = PlainText(
        label=_("Họ, chữ đệm và tên"),
        help_text=_("Viết đủ dấu như trên giấy tờ."),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": _("Bạn hãy nhập họ tên.")},
    )
    birth_date = forms.DateField(
        label=_("Ngày sinh"),
        help_text=_("Ngày/tháng/năm, ví dụ 05/09/1990."),
        input_formats=DAYS,
        widget=forms.DateInput({"autocomplete": "bday", "inputmode": "numeric"}, format="%d/%m/%Y"),
        error_messages={
            "required": _("Bạn hãy nhập ngày sinh."),
            "invalid": _("Ngày sinh không đúng. Bạn viết ngày/tháng/năm, ví dụ 05/09/1990."),
        },
    )
    sex = forms.ChoiceField(
        label=_("Giới tính"),
        choices=[(Sex.FEMALE.value, _("Nữ")), (Sex.MALE.value, _("Nam"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Bạn hãy chọn giới tính như trên giấy tờ.")},
    )

    def clean_full_name(self) -> str:
        """In NFC, in Latin letters alone."""
        name = tidy_name(self.cleaned_data["full_name"])
        if not is_name(name):
            raise forms.ValidationError(
                _("Họ tên có dấu hiệu hoặc chữ không thuộc bảng chữ cái La-tinh. Bạn gõ lại bằng bàn phím, không sao chép từ nơi khác.")
            )
        return name

    def clean_birth_date(self) -> date:
        """Somebody who can have an account of their own."""
        born, today = self.cleaned_data["birth_date"], timezone.localdate()
        if born > today or age_on(born, today) > OLDEST_AGE:
            raise forms.ValidationError(_("Ngày sinh không đúng. Bạn kiểm tra lại năm sinh."))
        if age_on(born, today) < LEAST_AGE:
            raise forms.ValidationError(
                _("Người từ đủ 14 tuổi mới đăng ký tài khoản riêng. Cha, mẹ hoặc người giám hộ làm thủ tục thay trên tài khoản của họ.")
            )
        return born

    def declared(self) -> dict[str, Any]:
        """What is kept, by name."""
        said = self.cleaned_data
        return {"full_name": said["full_name"], "birth_date": said["birth_date"].isoformat(), "sex": said["sex"]}


class NumberForm(WhoForm):
    """Who has an identity number."""

    id_number = forms.CharField(
        label=_("Số định danh cá nhân"),
        help_text=_("12 chữ số trên thẻ căn cước hoặc căn cước công dân."),
        max_length=20,
        widget=IdNumberInput(),
        error_messages={"required": _("Bạn hãy nhập số định danh.")},
    )
    old_number = forms.CharField(
        label=_("Số chứng minh nhân dân cũ"),
        help_text=_("9 chữ số, nếu bạn từng có. Giúp cơ quan tìm giấy tờ cũ của bạn."),
        max_length=15,
        required=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    field_order: Any = ("id_number", "full_name", "birth_date", "sex", "old_number")

    clean_id_number = IdNumberForm.clean_id_number

    def clean_old_number(self) -> str:
        """Nine digits, or none."""
        typed = self.cleaned_data["old_number"]
        number = clean_old_number(typed)
        if typed and not number:
            raise forms.ValidationError(_("Số chứng minh nhân dân cũ có đúng 9 chữ số."))
        return number

    def clean(self) -> dict[str, Any]:
        """The number's own digits say year of birth and sex."""
        said = super().clean() or {}
        if all(said.get(name) for name in ("id_number", "birth_date", "sex")) and not number_fits(
            said["id_number"], born=said["birth_date"], sex=said["sex"]
        ):
            self.add_error("id_number", _("Số định danh không hợp với ngày sinh hoặc giới tính. Bạn kiểm tra lại cả ba trên thẻ căn cước."))
        return said

    def declared(self) -> dict[str, Any]:
        """With the numbers; no old number where there is none."""
        said = self.cleaned_data
        old = {"old_number": said["old_number"]} if said.get("old_number") else {}
        return {**super().declared(), "id_number": said["id_number"], **old}


def _vietnamese_phone(typed: str) -> str:
    phone = clean_phone(typed)
    if not phone:
        raise forms.ValidationError(_("Số điện thoại di động không đúng. Ví dụ: 0912 345 678."))
    return phone


class PhoneForm(AgreeForm, NumberForm):
    """By a phone in one's own name."""

    phone = forms.CharField(
        label=_("Số điện thoại di động"),
        help_text=_("Thuê bao do chính bạn đứng tên. Mã xác nhận gửi đến số này."),
        max_length=20,
        widget=PhoneInput(),
        error_messages={"required": _("Bạn hãy nhập số điện thoại.")},
    )
    field_order: Any = ("id_number", "full_name", "birth_date", "sex", "old_number", "phone", "agree")

    def clean_phone(self) -> str:
        """In E.164."""
        return _vietnamese_phone(self.cleaned_data["phone"])


class AddNumberForm(NumberForm):
    """The number of who has an account by document; they agreed to the terms with it."""

    phone = PhoneForm.base_fields["phone"]
    field_order: Any = ("id_number", "full_name", "birth_date", "sex", "old_number", "phone")

    clean_phone = PhoneForm.clean_phone


class InsuranceForm(AgreeForm, NumberForm):
    """By a social insurance number."""

    insurance_number = forms.CharField(
        label=_("Mã số bảo hiểm xã hội"),
        help_text=_("10 chữ số trên sổ bảo hiểm xã hội, cũng là 10 số cuối của thẻ bảo hiểm y tế."),
        max_length=20,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Bạn hãy nhập mã số bảo hiểm xã hội.")},
    )
    field_order: Any = ("id_number", "full_name", "birth_date", "sex", "old_number", "insurance_number", "agree")

    def clean_insurance_number(self) -> str:
        """Ten digits."""
        number = clean_insurance_number(self.cleaned_data["insurance_number"])
        if not number:
            raise forms.ValidationError(_("Mã số bảo hiểm xã hội có đúng 10 chữ số."))
        return number

    def declared(self) -> dict[str, Any]:
        """With the insurance number."""
        return {**super().declared(), "insurance_number": self.cleaned_data["insurance_number"]}


class PaperForm(forms.Form):
    """A document of who has no identity number."""

    document_kind = forms.ChoiceField(
        label=_("Loại giấy tờ"),
        choices=DOCUMENTS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Bạn hãy chọn loại giấy tờ.")},
    )
    country = forms.CharField(
        label=_("Nước cấp"),
        help_text=_("Mã của nước cấp như ở hai dòng cuối của giấy tờ, ví dụ KOR, USA, D; giấy tờ do Việt Nam cấp là VNM."),
        max_length=3,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": _("Bạn hãy nhập mã của nước cấp.")},
    )
    document_number = forms.CharField(
        label=_("Số giấy tờ"),
        max_length=30,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": _("Bạn hãy nhập số giấy tờ.")},
    )

    def clean_country(self) -> str:
        """One to three letters, as machine-readable lines write it."""
        country = clean_country(self.cleaned_data["country"])
        if not country:
            raise forms.ValidationError(_("Mã nước có 1 đến 3 chữ cái, ví dụ KOR. Bạn xem hai dòng cuối của giấy tờ."))
        return country

    def clean(self) -> dict[str, Any]:
        """Country and number as one."""
        said = super().clean() or {}
        if said.get("country") and said.get("document_number"):
            said["document"] = clean_document(said["country"], said["document_number"])
            if not said["document"]:
                words = _("Số giấy tờ có 5 đến 20 chữ và số. Bạn kiểm tra lại.")
                self.add_error("document_number", words)
        return said


class DocumentForm(AgreeForm, PaperForm, WhoForm):
    """By a passport or the like."""

    phone = forms.CharField(
        label=_("Số điện thoại"),
        help_text=_("Của nước nào cũng được, viết cả mã nước, ví dụ +82 10 1234 5678. Không có điện thoại thì nhập thư điện tử."),
        max_length=25,
        required=False,
        widget=PhoneInput(),
    )
    email = forms.CharField(
        label=_("Thư điện tử"),
        max_length=254,
        required=False,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    field_order: Any = (
        "document_kind",
        "country",
        "document_number",
        "full_name",
        "birth_date",
        "sex",
        "phone",
        "email",
        "agree",
    )

    def clean_phone(self) -> str:
        """In E.164."""
        typed = self.cleaned_data["phone"]
        phone = clean_foreign_phone(typed)
        if typed and not phone:
            raise forms.ValidationError(_("Số điện thoại không đúng. Bạn viết cả mã nước, bắt đầu bằng dấu +."))
        return phone

    def clean_email(self) -> str:
        """An address that we can write to."""
        typed = self.cleaned_data["email"]
        if not typed:
            return ""
        form = EmailForm({"address": typed})
        if not form.is_valid():
            raise forms.ValidationError(list(form.errors["address"]))
        return str(form.cleaned_data["address"])

    def clean(self) -> dict[str, Any]:
        """Somewhere the code can go to."""
        said = super().clean() or {}
        if not said.get("phone") and not said.get("email") and not {"phone", "email"} & set(self.errors):
            self.add_error("phone", _("Bạn hãy nhập số điện thoại hoặc thư điện tử để nhận mã xác nhận."))
        return said

    def declared(self) -> dict[str, Any]:
        """With the document."""
        said = self.cleaned_data
        return {**super().declared(), "document": said["document"], "document_kind": said["document_kind"]}


class TakeOverForm(AgreeForm):
    """What the slip from the counter says."""

    number = forms.CharField(
        label=_("Mã đăng ký"),
        help_text=_("8 chữ và số in trên phiếu, ví dụ ABCD-2345."),
        max_length=15,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": _("Bạn hãy nhập mã đăng ký in trên phiếu.")},
    )
    secret = forms.CharField(
        label=_("Mã bí mật"),
        help_text=_("10 chữ và số in trên phiếu."),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": _("Bạn hãy nhập mã bí mật in trên phiếu.")},
    )


class DocumentSignInForm(PaperForm):
    """Sign-in of who has no identity number."""

    document_kind = None  # type: ignore[assignment]
