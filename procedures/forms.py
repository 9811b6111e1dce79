"""Forms of the catalogue's pages and of its desk."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.text import nfc


def _plain(text: str) -> str:
    return nfc(text.replace("\x00", "")).strip()


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
    text = forms.CharField(
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
        """Composed letters, nothing invisible around; ten letters say something."""
        text = _plain(self.cleaned_data["text"])
        if len(text) < 10:
            raise forms.ValidationError(_("Bạn viết rõ thêm một chút để cơ quan biết phải sửa gì."))
        return text


class HandleForm(forms.Form):
    """What the agency did about a report."""

    note = forms.CharField(
        label="Đã làm gì",
        help_text="Ví dụ: đã sửa mức lệ phí theo Quyết định công bố số …; hoặc vì sao nội dung hiện nay là đúng.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Hãy ghi đã làm gì, để người sau đọc được."},
    )

    def clean_note(self) -> str:
        """Composed letters, nothing invisible around."""
        note = _plain(self.cleaned_data["note"])
        if not note:
            raise forms.ValidationError("Hãy ghi đã làm gì, để người sau đọc được.")
        return note
