"""The slip as it is filled in: five questions of the version in force, on five steps, and words."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.languages import is_english
from ratings.models import SlipForm
from ratings.slips.services import MAX_WORDS, Answer

_CHOOSE = _("Bạn chọn một mức.")


class AnswerForm(forms.Form):
    """One version of the questions."""

    words = forms.CharField(
        label=_("Bạn muốn nói thêm điều gì?"),
        required=False,
        max_length=MAX_WORDS,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Không ghi tên, số định danh, số điện thoại. Cơ quan kiểm tra rồi mới cho người khác đọc."),
        error_messages={
            "max_length": _("Bạn viết trong %(limit_value)d ký tự."),
            "null_characters_not_allowed": _("Nội dung có ký tự không đọc được. Bạn hãy gõ lại."),
        },
    )

    def __init__(self, *args: Any, asked: SlipForm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = "en" if is_english() else "vi"
        choices = [(str(step), f"{step} – {words}") for step, words in enumerate(asked.steps[language], 1)]
        self.codes = [question["code"] for question in asked.questions]
        words = self.fields.pop("words")
        for question in asked.questions:
            self.fields[question["code"]] = forms.ChoiceField(
                label=question[language], choices=choices, widget=forms.RadioSelect,
                error_messages={"required": _CHOOSE, "invalid_choice": _CHOOSE},
            )  # fmt: skip
        self.fields["words"] = words

    def answer(self) -> Answer:
        """What was said, once the form is valid."""
        return Answer([int(self.cleaned_data[code]) for code in self.codes], self.cleaned_data["words"])


class CounterForm(AnswerForm):
    """The slip of a unit or a service; it carries a number of its own, so that one form counts once."""

    phieu = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("phieu", uuid4())

    def number(self) -> UUID:
        """The number of the form."""
        found: UUID = self.cleaned_data["phieu"]
        return found
