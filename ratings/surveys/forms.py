"""A survey as it is filled in, built from its questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from ratings.surveys.rules import CHOICE, MAX_TEXT, SEVERAL, STEPS, Answers, Question

_CHOOSE = _("Bạn chọn một mục.")
_UNREADABLE = _("Nội dung có ký tự không đọc được. Bạn hãy gõ lại.")


class SurveyForm(forms.Form):
    """The questions of one survey; it carries a number of its own, so that one form counts once."""

    phieu = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, questions: Sequence[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("phieu", uuid4())
        self.questions = list(questions)
        for question in self.questions:
            self.fields[question.key] = _field(question)

    def number(self) -> UUID:
        """The number of the form."""
        found: UUID = self.cleaned_data["phieu"]
        return found

    def answers(self) -> Answers:
        """What was answered, once the form is valid; what was left out is left out."""
        said = {question: self.cleaned_data.get(question.key) for question in self.questions}
        chosen = {question.key: value for question, value in said.items() if value and question.kind in (CHOICE, SEVERAL, STEPS)}
        texts = {question.key: str(value) for question, value in said.items() if value and question.key not in chosen}
        return Answers(chosen, texts)


def _field(question: Question) -> forms.Field:
    errors = {"required": _CHOOSE, "invalid_choice": _CHOOSE, "invalid_list": _CHOOSE}
    choices = [(value, question.shown(value)) for value in question.allowed]
    if question.kind == SEVERAL:
        return forms.MultipleChoiceField(
            label=question.label, choices=choices, required=question.required, widget=forms.CheckboxSelectMultiple, error_messages=errors
        )
    if question.kind in (CHOICE, STEPS):
        hint = _("1 là thấp nhất, 5 là cao nhất.") if question.kind == STEPS else ""
        return forms.ChoiceField(
            label=question.label,
            choices=choices,
            required=question.required,
            widget=forms.RadioSelect,
            help_text=hint,
            error_messages=errors,
        )
    return forms.CharField(
        label=question.label,
        required=question.required,
        max_length=MAX_TEXT,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Không ghi tên, số định danh, số điện thoại. Cơ quan kiểm tra rồi mới cho người khác đọc."),
        error_messages={
            "required": _("Bạn ghi câu trả lời."),
            "max_length": _("Bạn viết trong %(limit_value)d ký tự."),
            "null_characters_not_allowed": _UNREADABLE,
        },
    )
