"""Forms of the catalogue's pages and of its desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.search import MAX_QUESTION
from portal.ui.fields import DongField, NumberInput, PlainText
from procedures import services
from procedures.models import FeeLine, OnlineReduction, SearchWeight, SearchWord


class MistakeForm(forms.Form):
    """What a reader says is wrong."""

    part = forms.ChoiceField(
        label=_("Chỗ nào sai hoặc thiếu?"),
        widget=forms.RadioSelect,
        choices=[
            ("documents", _("Giấy tờ cần có")),
            ("fees", _("Phí, lệ phí")),
            ("time", _("Thời hạn")),
            ("place", _("Nơi nộp, điện thoại, địa chỉ")),
            ("law", _("Căn cứ pháp lý, quyết định")),
            ("words", _("Câu chữ khó hiểu")),
            ("other", _("Chỗ khác")),
        ],
        error_messages={"required": _("Bạn hãy chọn chỗ sai."), "invalid_choice": _("Bạn hãy chọn một chỗ trong danh sách.")},
    )
    text = PlainText(
        label=_("Bạn thấy sai điều gì, đúng phải thế nào?"),
        help_text=_("Đừng ghi tên, số căn cước, số điện thoại: cơ quan sửa trang này không cần biết bạn là ai."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": _("Bạn hãy viết điều bạn thấy sai."),
            "max_length": _("Bạn viết ngắn lại, không quá 2.000 ký tự."),
        },
    )

    def clean_text(self) -> str:
        """Ten letters say something."""
        text: str = self.cleaned_data["text"]
        if len(text) < 10:
            raise forms.ValidationError(_("Bạn viết rõ thêm một chút để cơ quan biết phải sửa gì."))
        return text


class OpinionForm(forms.Form):
    """What somebody says of a draft."""

    subject = forms.ChoiceField(
        label=_("Về vấn đề nào?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Bạn hãy chọn một vấn đề."), "invalid_choice": _("Bạn hãy chọn một vấn đề trong danh sách.")},
    )
    text = PlainText(
        label=_("Ý kiến của bạn là gì?"),
        help_text=_("Đừng ghi tên, số căn cước, số điện thoại: ý kiến được công khai cùng câu trả lời."),
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": _("Bạn hãy viết ý kiến."),
            "max_length": _("Bạn viết ngắn lại, không quá 3.000 ký tự."),
        },
    )

    def __init__(self, *args: Any, subjects: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = [(one, one) for one in subjects]  # type: ignore[attr-defined]


class HandleForm(forms.Form):
    """What the agency did about a report."""

    note = PlainText(
        label="Đã làm gì",
        help_text="Ví dụ: đã sửa mức lệ phí theo Quyết định công bố số …; hoặc vì sao nội dung hiện nay là đúng.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Hãy ghi đã làm gì, để người sau đọc được."},
    )


class SearchWordForm(forms.ModelForm):  # type: ignore[type-arg]
    """A phrase that people use and what the catalogue calls it."""

    class Meta:
        model = SearchWord
        fields = ("phrase", "kind", "meanings")
        field_classes = {"phrase": PlainText, "meanings": PlainText}
        widgets = {
            "phrase": forms.TextInput(attrs={"size": 60}),
            "kind": forms.RadioSelect,
            "meanings": forms.Textarea(attrs={"rows": 4, "cols": 60}),
        }
        help_texts = {
            "phrase": (
                "Như người dân gõ, ví dụ: bằng lái. Không phân biệt dấu và chữ hoa. Nhiều cách nói: trong ngoặc, cách nhau bằng dấu |: "
                "(mất|rớt) (|thẻ) căn cước là bốn cách nói."
            ),
            "kind": "Thay cho: tìm từ trong thủ tục thay vì từ này. Tìm thêm: tìm cả hai. Bỏ qua: từ này không nói lên thủ tục nào.",
            "meanings": "Mỗi dòng một cách gọi, ví dụ: giấy phép lái xe. Để trống nếu bỏ qua.",
        }
        error_messages = {
            "phrase": {"required": "Hãy ghi từ người dân dùng."},
            "kind": {"required": "Hãy chọn một cách dùng.", "invalid_choice": "Hãy chọn một cách dùng trong danh sách."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(kind := self.fields.get("kind"), forms.TypedChoiceField):
            # One of three: no empty choice stands before them.
            kind.choices = SearchWord.Kind.choices

    def clean_phrase(self) -> str:
        """One space between words."""
        return " ".join(self.cleaned_data["phrase"].split())

    def clean_meanings(self) -> str:
        """One alternative a line, none empty, none twice."""
        return services.in_lines(self.cleaned_data["meanings"])

    def clean(self) -> dict[str, Any]:
        """The service's own rules, each beside its field."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            for name, words in services.word_faults(**said, besides=self.instance.pk).items():
                self.add_error(name, words)
        return said


class WeightField(forms.DecimalField):
    """A weight, with a comma or a point before its decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="Trọng số",
            # One rule for both forms and the service: weight_faults tells the bounds.
            widget=forms.TextInput(attrs={"size": 8, "inputmode": "decimal", "autocomplete": "off"}),
            error_messages={"required": "Hãy ghi trọng số, ví dụ: 0,8.", "invalid": "Hãy ghi một số, ví dụ: 0,8."},
            **kwargs,
        )

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.strip().replace(",", ".", 1) if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else f"{value:.2f}".replace(".", ",")


class SearchWeightForm(forms.ModelForm):  # type: ignore[type-arg]
    """How much something counts; of a new row also the two syllables that it is about."""

    value = WeightField(
        help_text=(
            "1 là bình thường, lớn hơn là quan trọng hơn, 0 là không tính. Của một cặp tiếng: nhân với trọng số chung của mọi cặp. "
            "Máy tìm dùng số mới trong vòng 5 giây, ở mọi nơi."
        )
    )

    class Meta:
        model = SearchWeight
        fields = ("name", "value")
        field_classes = {"name": PlainText}
        widgets = {"name": forms.TextInput(attrs={"size": 30})}
        error_messages = {"name": {"required": "Hãy ghi hai tiếng."}}

    def clean_name(self) -> str:
        """One space between the two."""
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> dict[str, Any]:
        """The service's own rules, each beside its field."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            for name, words in services.weight_faults(**said, key=self.instance.key).items():
                self.add_error(name, words)
        return said


class TrialForm(forms.Form):
    """A question to be answered as things are and with another weight."""

    question = PlainText(
        label="Câu hỏi",
        max_length=MAX_QUESTION,
        widget=forms.TextInput(attrs={"size": 50, "autocomplete": "off"}),
        error_messages={"required": "Hãy ghi một câu như người dân hỏi."},
    )
    trial = WeightField()

    def __init__(self, *args: Any, weight: SearchWeight, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.weight = weight

    def clean_trial(self) -> Any:
        """Within the bounds of what may be laid down."""
        faults = services.weight_faults(value=self.cleaned_data["trial"], key=self.weight.key)
        if faults:
            raise forms.ValidationError(faults["value"])
        return self.cleaned_data["trial"]


class LinesField(PlainText):
    """Several short texts, one a line; the cleaned value is a list, none empty, none twice."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3, "cols": 60}), **kwargs)

    def clean(self, value: Any) -> Any:
        """The lines."""
        text: str = super().clean(value)
        return list(dict.fromkeys(line for one in text.splitlines() if (line := " ".join(one.split()))))


class ReductionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a province or ministry takes off for filing online; every rule is the service's, told beside the field that breaks it."""

    what = forms.ChoiceField(label="Giảm gì", choices=OnlineReduction.What.choices, widget=forms.RadioSelect, initial="fee")
    procedures = LinesField(label="Thủ tục", help_text="Mỗi dòng một mã, ví dụ 2.000635. Để trống: mọi thủ tục của các lĩnh vực dưới đây.")
    fields_named = LinesField(label="Lĩnh vực", help_text="Mỗi dòng một tên hoặc mã, ví dụ Hộ tịch. Để trống: mọi lĩnh vực.")
    fee_kinds = forms.MultipleChoiceField(
        label="Loại khoản thu",
        choices=FeeLine.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Không chọn: mọi loại.",
    )
    fee_names = LinesField(label="Khoản thu", help_text="Mỗi dòng một tên, đúng như trong thủ tục. Để trống: mọi khoản.")
    percent = forms.IntegerField(
        label="Giảm phần trăm",
        required=False,
        widget=NumberInput(attrs={"size": 6}),
        help_text="100: không thu. Ghi phần trăm, hoặc một số ở dưới.",
        error_messages={"invalid": "Hãy ghi một số nguyên, ví dụ 50."},
    )
    amount = DongField(
        label="Giảm một số",
        required=False,
        help_text="Số đồng bớt cho mỗi bản, mỗi lần. Với thời hạn: số ngày hoặc giờ được bớt, theo đơn vị của thời hạn. "
        "Với cước bưu chính: số đồng cơ quan trả cho mỗi bưu phẩm.",
    )
    cap = DongField(
        label="Nhiều nhất",
        required=False,
        help_text="Chỉ khi hỗ trợ cước theo phần trăm: số đồng cao nhất cơ quan trả cho một bưu phẩm. Để trống: không giới hạn.",
    )

    class Meta:
        model = OnlineReduction
        fields = ("what", "procedures", "fee_kinds", "fee_names", "percent", "amount", "cap", "valid_from", "valid_to", "basis", "source")
        widgets = {
            "valid_from": AdminDateWidget,
            "valid_to": AdminDateWidget,
            "basis": forms.TextInput(attrs={"class": "vTextField"}),
            "source": forms.TextInput(attrs={"class": "vTextField"}),
        }
        field_classes = {"basis": PlainText, "source": PlainText}
        labels = {"basis": "Văn bản quy định", "source": "Nơi đăng văn bản"}
        help_texts = {
            "basis": "Người dân đọc nguyên văn, ví dụ: Nghị quyết 23/2026/NQ-HĐND ngày 28/7/2026 của HĐND thành phố Hải Phòng, Điều 2.",
            "valid_to": "Ngày cuối được giảm. Để trống: đến khi chấm dứt.",
        }
        error_messages = {
            "basis": {"required": "Hãy ghi văn bản quy định mức giảm."},
            "valid_from": {"required": "Hãy ghi ngày bắt đầu.", "invalid": "Ngày không đúng. Ví dụ: 01/12/2026."},
            "valid_to": {"invalid": "Ngày không đúng. Ví dụ: 31/12/2026."},
        }

    def clean(self) -> dict[str, Any]:
        """The service's own rules, each beside its field."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            said["fields"], unknown = services.sector_codes(said.pop("fields_named", []), timezone.localdate())
            if unknown:
                self.add_error("fields_named", f"Không có lĩnh vực “{unknown[0]}”.")
                return said
            for name, words in services.reduction_faults(**said).items():
                self.add_error(name if name in self.fields else None, words)
        return said


class EndReductionForm(forms.Form):
    """The last day of a reduction, and why."""

    last_day = forms.DateField(
        label="Ngày cuối được giảm",
        widget=forms.DateInput(attrs={"size": 12, "autocomplete": "off"}),
        error_messages={"required": "Hãy ghi ngày.", "invalid": "Ngày không đúng. Ví dụ: 31/12/2026."},
    )
    why = PlainText(
        label="Lý do",
        max_length=500,
        help_text="Ví dụ: được thay bằng Nghị quyết …",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        error_messages={"required": "Hãy ghi lý do, ví dụ số nghị quyết thay thế."},
    )
