"""Forms of who asks for help, and of who says what they think of a trial. What is wrong says the service; what was typed stays."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.models import TrialOpinion, TroubleKind
from portal.ui.fields import PhoneInput


class TicketForm(forms.Form):
    """What one is stuck with, and where to answer."""

    kind = forms.CharField(label=_("Bạn vướng ở đâu?"), required=False, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("Kể cụ thể"),
        required=False,
        help_text=_("Trang bạn đang mở, bạn đã bấm gì, Cổng báo gì. Không ghi mật khẩu, mã một lần, số định danh."),
        widget=forms.Textarea({"rows": 6, "maxlength": 5000}),
    )
    name = forms.CharField(label=_("Tên để xưng hô (không bắt buộc)"), required=False, widget=forms.TextInput({"autocomplete": "name"}))
    channels = forms.MultipleChoiceField(label=_("Trả lời bạn qua"), required=False, widget=forms.CheckboxSelectMultiple)
    phone = forms.CharField(label=_("Số điện thoại di động"), required=False, widget=PhoneInput)
    email = forms.CharField(label=_("Thư điện tử"), required=False, widget=forms.EmailInput({"autocomplete": "email"}))

    def __init__(self, *args: Any, kinds: list[TroubleKind], has_account: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.choices = [(one.pk, one.shown_name) for one in kinds]  # type: ignore[attr-defined]
        ways = [("sms", _("Tin nhắn SMS")), ("email", _("Thư điện tử"))]
        self.fields["channels"].choices = [("account", _("Tài khoản trên Cổng")), *ways] if has_account else ways  # type: ignore[attr-defined]


class FollowForm(forms.Form):
    """What one needs to follow a ticket without signing in."""

    code = forms.CharField(
        label=_("Mã yêu cầu"),
        max_length=40,
        help_text=_("Có trong tin nhắn hoặc thư xác nhận, ví dụ HT7K3M9QXRT2W."),
        error_messages={"required": _("Bạn nhập mã yêu cầu.")},
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    contact = forms.CharField(
        label=_("Số điện thoại hoặc thư điện tử đã ghi"),
        max_length=200,
        error_messages={"required": _("Bạn nhập số điện thoại hoặc thư điện tử đã ghi khi gửi.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class OpinionForm(forms.Form):
    """What somebody thinks of a trial."""

    about = forms.CharField(label=_("Bạn đã dùng phần nào?"), required=False, widget=forms.RadioSelect)
    marks = forms.CharField(label=_("Dùng có dễ không?"), required=False, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("Điều bạn muốn chúng tôi sửa (không bắt buộc)"), required=False, widget=forms.Textarea({"rows": 5, "maxlength": 2000})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "finding": _("Tìm thông tin"),
            "filing": _("Nộp hồ sơ"),
            "paying": _("Thanh toán"),
            "sign_in": _("Đăng nhập, tài khoản"),
            "speed": _("Tốc độ, ổn định"),
            "other": _("Việc khác"),
        }
        self.fields["about"].widget.choices = [(one, labels[one]) for one in TrialOpinion.About.values]  # type: ignore[attr-defined]
        marks = [("5", _("5 – rất dễ")), ("4", _("4 – dễ")), ("3", _("3 – được")), ("2", _("2 – khó")), ("1", _("1 – rất khó"))]
        self.fields["marks"].widget.choices = marks  # type: ignore[attr-defined]
