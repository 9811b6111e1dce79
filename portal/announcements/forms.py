"""The form in which officers write notices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils import timezone

from portal.announcements import services
from portal.announcements.models import ENGLISH_PARTS, MAX_BODY, Notice

_LONG = f"Không dùng mã HTML. Để một dòng trống là sang đoạn mới. Không quá {MAX_BODY:,} ký tự.".replace(",", ".")


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A notice; every rule is the services' own, told beside the field that breaks it."""

    english_title = forms.CharField(
        label="Tiêu đề tiếng Anh", required=False, max_length=services.LENGTHS["title"], widget=AdminTextInputWidget
    )
    english_summary = forms.CharField(
        label="Tóm tắt tiếng Anh", required=False, max_length=services.LENGTHS["summary"], widget=AdminTextareaWidget(attrs={"rows": 3})
    )
    english_body = forms.CharField(label="Nội dung tiếng Anh", required=False, max_length=MAX_BODY, widget=AdminTextareaWidget)

    class Meta:
        model = Notice
        fields = ("unit_code", "kind", "title", "summary", "body", "important", "published_from", "published_to")
        help_texts = {
            "title": "Nói ngay điều người dân cần biết.",
            "summary": "Một, hai câu hiện trong danh sách. Không quá 300 ký tự.",
            "body": _LONG,
            "important": "Đứng trước các thông báo khác, cả ở trang chủ.",
            "published_from": "Hiện từ 0 giờ ngày này.",
            "published_to": "Ngày đầu tiên không hiện nữa. Để trống: hiện đến khi có người gỡ.",
        }
        widgets = {"summary": AdminTextareaWidget(attrs={"rows": 3}), "body": AdminTextareaWidget(attrs={"rows": 12})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in ENGLISH_PARTS:
            name = f"english_{part}"
            if name in self.fields:
                self.fields[name].initial = self.instance.english.get(part, "")
        if self.instance._state.adding and "published_from" in self.fields:
            self.fields["published_from"].initial = timezone.localdate()

    def clean(self) -> dict[str, Any]:
        """Put the translation together and ask the services."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("title", "summary", "body"):
            if cleaned.get(name):
                cleaned[name] = services.plain(cleaned[name])
        said = {part: services.plain(cleaned.get(f"english_{part}") or "") for part in ENGLISH_PARTS}
        cleaned["english"] = {part: text for part, text in said.items() if text}
        if "published_from" in cleaned and "published_to" in cleaned:
            before = None if self.instance._state.adding else Notice.objects.get(pk=self.instance.pk)
            for name, words in services.problems(cleaned, day=timezone.localdate(), before=before).items():
                # A field that is too long has said so itself.
                if name not in self.errors:
                    self.add_error(name, words)
        return cleaned

    def facts(self) -> dict[str, Any]:
        """What the services are given."""
        return {name: self.cleaned_data[name] for name in services.FACTS}
