"""Forms of owners: complaints, opening a locked account, locking, leaving."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.contact_forms import EmailForm
from accounts.forms import IdNumberForm
from accounts.identifiers import clean_id_number, clean_phone
from accounts.models import AccountComplaint
from accounts.registration.rules import is_name
from portal.access.desk import PlainForm
from portal.text import visible

DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
FACTS = {
    "full_name": _("Họ và tên"),
    "birth_date": _("Ngày sinh"),
    "sex": _("Giới tính"),
    "address": _("Nơi cư trú"),
    "phone": _("Số điện thoại"),
    "id_number": _("Số định danh"),
}
"""What of one's identity may be wrong."""


def _name(text: str) -> str:
    return " ".join(visible(text).split())


class UnlockForm(IdNumberForm):
    """Who says that a locked account is theirs."""

    full_name = forms.CharField(
        label=_("Họ và tên"),
        help_text=_("Viết đúng như trên thẻ căn cước."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Bạn hãy nhập họ và tên.")},
    )
    birth_date = forms.DateField(
        label=_("Ngày sinh"),
        help_text=_("Ví dụ: 20/05/1995."),
        input_formats=DAYS,
        widget=forms.DateInput(attrs={"inputmode": "numeric", "autocomplete": "bday"}),
        error_messages={"required": _("Bạn hãy nhập ngày sinh."), "invalid": _("Ngày sinh có dạng ngày/tháng/năm, ví dụ 20/05/1995.")},
    )

    def clean_full_name(self) -> str:
        """Composed accents, single spaces."""
        return _name(self.cleaned_data["full_name"])

    def clean_birth_date(self) -> date:
        """A day that has been."""
        day: date = self.cleaned_data["birth_date"]
        if not date(1900, 1, 1) <= day <= timezone.localdate():
            raise forms.ValidationError(_("Bạn kiểm tra lại ngày sinh."))
        return day


class LockForm(forms.Form):
    """Whether the phone is still in the owner's hands: it decides what will open the account again."""

    phone = forms.ChoiceField(
        label=_("Điện thoại nhận mật khẩu một lần còn trong tay bạn không?"),
        choices=[
            ("mine", _("Còn. Tôi sẽ tự mở khóa bằng mã gửi đến điện thoại")),
            ("gone", _("Không, hoặc tôi không chắc. Chỉ mở khóa khi tôi chứng minh bằng cách chắc chắn hơn")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Bạn hãy chọn một mục."), "invalid_choice": _("Bạn hãy chọn một mục.")},
    )


class ComplaintForm(forms.Form):
    """What is wrong with an account. Who is signed in is known; the others say who they are and where to tell them."""

    kind = forms.ChoiceField(
        label=_("Bạn khiếu nại về điều gì?"),
        choices=AccountComplaint.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Bạn hãy chọn một mục."), "invalid_choice": _("Bạn hãy chọn một mục.")},
    )
    fields_wrong = forms.MultipleChoiceField(
        label=_("Thông tin nào không đúng?"),
        help_text=_("Khi bạn khiếu nại về thông tin định danh, chọn ít nhất một mục."),
        choices=list(FACTS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Mục này không có trong danh sách. Bạn hãy chọn lại.")},
    )
    text = forms.CharField(
        label=_("Chuyện gì đã xảy ra?"),
        help_text=_("Viết cụ thể: khi nào, điều gì không đúng, điều đúng là gì. Đừng viết mật khẩu hay mã nào vào đây."),
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Bạn hãy viết chuyện gì đã xảy ra."), "max_length": _("Dài quá 3.000 ký tự.")},
    )
    name = forms.CharField(
        label=_("Họ và tên"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Bạn hãy nhập họ và tên.")},
    )
    number = forms.CharField(
        label=_("Số định danh cá nhân"),
        help_text=_("12 chữ số. Dùng để tìm tài khoản bạn nói đến."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"required": _("Bạn hãy nhập số định danh.")},
    )
    phone = forms.CharField(
        label=_("Điện thoại để báo cho bạn"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    email = forms.CharField(
        label=_("Thư điện tử để báo cho bạn"), required=False, max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        self.fields["fields_wrong"].needed_with_another = True  # type: ignore[attr-defined]  # for the field's component
        if known:
            for name in ("name", "number", "phone", "email"):
                del self.fields[name]

    def clean_name(self) -> str:
        """Composed accents, single spaces, in letters that everybody reads alike."""
        name = _name(self.cleaned_data["name"])
        if not is_name(name):
            raise forms.ValidationError(
                _("Họ tên có dấu hiệu hoặc chữ không thuộc bảng chữ cái La-tinh. Bạn gõ lại bằng bàn phím, không sao chép từ nơi khác.")
            )
        return name

    def clean_text(self) -> str:
        """What was written, with composed accents, nothing in it that nobody sees; empty is nothing written."""
        text = visible(self.cleaned_data["text"]).strip()
        if not text:
            raise forms.ValidationError(self.fields["text"].error_messages["required"])
        return text

    def clean_number(self) -> str:
        """Twelve digits."""
        number = clean_id_number(self.cleaned_data["number"])
        if not number:
            raise forms.ValidationError(_("Số định danh phải có đúng 12 chữ số. Bạn kiểm tra lại trên thẻ căn cước."))
        return number

    def clean_phone(self) -> str:
        """A mobile number, or nothing."""
        typed = self.cleaned_data["phone"].strip()
        phone = clean_phone(typed)
        if typed and not phone:
            raise forms.ValidationError(_("Số điện thoại di động chưa đúng."))
        return phone

    def clean_email(self) -> str:
        """An address that can be written to, or nothing."""
        typed = self.cleaned_data["email"].strip()
        if not typed:
            return ""
        form = EmailForm({"address": typed})
        if not form.is_valid():
            raise forms.ValidationError(list(form.errors["address"]))
        return str(form.cleaned_data["address"])

    def clean(self) -> dict[str, Any]:
        """One way at least to tell them."""
        said = super().clean() or {}
        if not self.known and not {"phone", "email"} & set(self.errors) and not (said.get("phone") or said.get("email")):
            self.add_error("phone", _("Bạn ghi số điện thoại hoặc thư điện tử để chúng tôi báo kết quả."))
        if said.get("kind") == AccountComplaint.Kind.WRONG_DATA and not said.get("fields_wrong") and "fields_wrong" not in self.errors:
            self.add_error("fields_wrong", _("Bạn chọn ít nhất một thông tin không đúng."))
        return said

    def said(self) -> dict[str, Any]:
        """What is kept of it."""
        data = self.cleaned_data
        wrong = data["fields_wrong"] if data["kind"] == AccountComplaint.Kind.WRONG_DATA else []
        return {key: data.get(key, "") for key in ("name", "number", "phone", "email", "text")} | {"fields": wrong}


class ComplaintCodeForm(forms.Form):
    """The code of a complaint."""

    code = forms.CharField(
        label=_("Mã khiếu nại"),
        help_text=_("12 chữ và số, ví dụ ABCD-2345-EFGH."),
        max_length=30,
        error_messages={"required": _("Bạn hãy nhập mã khiếu nại.")},
    )


class CloseForm(forms.Form):
    """That one has read what goes and what stays."""

    understood = forms.BooleanField(
        label=_("Tôi đã đọc và muốn đóng tài khoản của mình."), error_messages={"required": _("Bạn hãy đọc rồi đánh dấu vào đây.")}
    )


class OutcomeForm(PlainForm):
    """What came of a complaint."""

    upheld = forms.ChoiceField(label="Khiếu nại", choices=[("yes", "Đúng, đã xử lý"), ("no", "Không đúng")], widget=forms.RadioSelect)
    outcome = forms.CharField(
        label="Kết quả",
        help_text="Người khiếu nại và chủ tài khoản đều đọc được. Không ghi thông tin của người này cho người kia.",
        max_length=2000,
        widget=forms.Textarea({"rows": 5}),
    )

    def clean_upheld(self) -> bool:
        """Right or not."""
        return bool(self.cleaned_data["upheld"] == "yes")


class OfficeLockForm(PlainForm):
    """What opens the account again."""

    needs = forms.ChoiceField(
        label="Mở khóa bằng",
        choices=[("2", "Mã gửi đến điện thoại đã đăng ký"), ("3", "Chứng thư số, VNeID hoặc cán bộ xác minh tại quầy")],
        widget=forms.RadioSelect,
        initial="3",
    )
