"""Forms of the catalogue's pages and of its desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.search import MAX_QUESTION
from portal.ui.fields import PlainText
from procedures import services
from procedures.models import SearchWeight, SearchWord


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
