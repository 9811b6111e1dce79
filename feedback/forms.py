"""Forms of those who send. What is typed is kept whatever it is; what is wrong with it says the service, here and when it is sent."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from feedback.codes import clean_code
from feedback.models import PetitionKind
from feedback.routes import place_code_of_province
from feedback.services.answering import MAX_AGAIN
from feedback.services.sending import MAX_SUBJECT, contact_problems, text_problems
from portal.catalogues import queries as catalogues
from portal.ui.fields import AddressField, PhoneInput


class Typed(forms.CharField):
    """Text as it was typed. It must be filled in, but who says so is the service, with the same words here and at sending."""

    def validate(self, value: Any) -> None:
        """Nothing is refused here."""

    def run_validators(self, value: Any) -> None:
        """Nothing is refused here; signs that cannot be seen are taken out when it is kept."""


class ContentForm(forms.Form):
    """What it is about, in one line and in full."""

    kind = Typed(label=_("Loại nội dung"), widget=forms.RadioSelect)
    subject = Typed(
        label=_("Tóm tắt trong một dòng"),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    words = Typed(
        label=_("Nội dung"),
        help_text=_(
            "Viết bằng tiếng Việt: việc gì, ở đâu, khi nào, ai liên quan, bạn muốn cơ quan làm gì. Không ghi số định danh, số tài khoản."
        ),
        widget=forms.Textarea({"rows": 10}),
    )

    def __init__(self, *args: Any, kinds: list[PetitionKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {kind.pk for kind in kinds}
        hint = gettext("Ví dụ: Hồ sơ khai sinh quá hạn 10 ngày chưa có kết quả. Nhiều nhất %(n)d ký tự.")
        self.fields["subject"].help_text = hint % {"n": MAX_SUBJECT}
        self.fields["kind"].widget.choices = [(kind.pk, _choice(kind)) for kind in kinds]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What keeps it from being sent."""
        said = super().clean() or {}
        if said.get("kind") not in self.known:
            self.add_error("kind", _("Bạn hãy chọn loại nội dung."))
        for problem in text_problems(said.get("subject", ""), said.get("words", ""), of_citizen=True):
            self.add_error(problem.field, problem.message)
        return said


def _choice(kind: PetitionKind) -> str:
    if not kind.shown_help:
        return kind.shown_name
    return format_html('{}<br><span class="small soft">{}</span>', kind.shown_name, kind.shown_help)


class PlaceField(AddressField):
    """A commune, or a province alone where one does not know more."""

    def prepare_value(self, value: Any) -> Any:
        """A stored code of either as the pair that the widget shows."""
        return (value, "") if isinstance(value, str) and len(value) == 2 else super().prepare_value(value)

    def clean(self, value: Any) -> str:
        """The code of the commune or the province; empty for neither."""
        province, commune = value or ("", "")
        if commune:
            return super().clean(value)
        if province and province not in {code for code, _name in self.provinces()}:
            raise forms.ValidationError(self.error_messages["commune"], code="commune")
        return str(province)


class PlaceForm(forms.Form):
    """Where it happened, as far as one wants to say."""

    place = PlaceField(
        label=_("Việc xảy ra ở đâu?"),
        provinces=lambda: [(unit.code, unit.full_name) for unit in catalogues.provinces()],
        communes=lambda province: [(unit.code, unit.full_name) for unit in catalogues.communes(province)],
        province_of=place_code_of_province,
        required=False,
    )
    place_words = forms.CharField(
        label=_("Ghi rõ nơi"), required=False, max_length=300, help_text=_("Ví dụ: bộ phận một cửa, số nhà, tên đường.")
    )


class ContactForm(forms.Form):
    """Who writes and where the answer goes; all of it is needed (Rules art. 39.3)."""

    name = Typed(label=_("Họ và tên, hoặc tên tổ chức"), widget=forms.TextInput({"autocomplete": "name"}))
    address = Typed(label=_("Địa chỉ liên hệ"), widget=forms.Textarea({"rows": 2, "autocomplete": "street-address"}))
    phone = Typed(label=_("Số điện thoại di động"), widget=PhoneInput)
    email = Typed(label=_("Thư điện tử"), widget=forms.TextInput({"type": "email", "autocomplete": "email", "spellcheck": "false"}))
    hide_name = forms.BooleanField(label=_("Không công khai tên tôi khi câu trả lời được công khai"), required=False)

    def clean(self) -> dict[str, Any]:
        """What keeps it from being sent."""
        said = super().clean() or {}
        for problem in contact_problems({name: str(said.get(name, "")) for name in ("name", "address", "phone", "email")}):
            self.add_error(problem.field, problem.message)
        return said


class SupplyForm(forms.Form):
    """What one gives when asked for more."""

    words = forms.CharField(
        label=_("Phần bổ sung của bạn"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 8}),
        error_messages={"max_length": _("Bạn viết trong %(limit_value)d ký tự; phần dài hơn gửi bằng tệp.")},
    )


class RateForm(forms.Form):
    """Whether an answer helps."""

    helps = forms.ChoiceField(
        label=_("Câu trả lời có giúp được bạn không?"),
        choices=[("co", _("Có")), ("khong", _("Không"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Bạn hãy chọn Có hoặc Không."), "invalid_choice": _("Bạn hãy chọn Có hoặc Không.")},
    )
    words = forms.CharField(
        label=_("Vì sao?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"max_length": _("Bạn viết trong %(limit_value)d ký tự.")},
        help_text=_("Chỉ cơ quan trả lời đọc được."),
    )


class DisagreeForm(forms.Form):
    """Why one does not agree with an answer."""

    words = Typed(
        label=_("Vì sao bạn không đồng ý?"),
        widget=forms.Textarea({"rows": 8}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hint = gettext("Viết rõ điểm nào chưa đúng, chưa được trả lời. Nhiều nhất %(n)s ký tự.")
        self.fields["words"].help_text = hint % {"n": f"{MAX_AGAIN:,}".replace(",", ".")}


class FollowForm(forms.Form):
    """The code of a petition, as it was told to whoever sent it."""

    ma = forms.CharField(
        label=_("Mã phản ánh"),
        max_length=60,
        help_text=_("Bắt đầu bằng PA, gồm 13 chữ và số, có trong tin nhắn, thư điện tử hoặc giấy báo."),
        error_messages={"required": _("Bạn nhập mã phản ánh."), "max_length": _("Mã này chưa đúng. Bạn so lại từng chữ.")},
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_ma(self) -> str:
        """The code in its own form."""
        code = clean_code(self.cleaned_data["ma"])
        if not code:
            raise forms.ValidationError(_("Mã này chưa đúng. Bạn so lại từng chữ với tin nhắn, thư điện tử hoặc giấy báo."))
        return code
