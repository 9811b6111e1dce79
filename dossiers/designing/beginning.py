"""The desk's forms with which a design begins and goes to a colleague, of whatever kind it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from portal.access.desk import PlainForm
from portal.ui.fields import PlainText


class BeginForm(PlainForm):
    """For which procedure, and out of what. ``called``: what is designed, as sentences name it; ``services``: code and words of the online
    services among which one is chosen."""

    procedure_code = PlainText(label="Mã thủ tục", max_length=40, help_text="Ví dụ: 1.001193.")
    copy_from = PlainText(max_length=40, required=False, help_text="Để trống: từ bản đang dùng.")
    file = forms.FileField(required=False, allow_empty_file=True)

    def __init__(self, *args: Any, called: str, services: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(services) > 1:
            self.fields["service"] = forms.ChoiceField(
                label="Của dịch vụ trực tuyến",
                choices=[("", "– Chọn –"), *services],
                error_messages={"required": "Thủ tục có nhiều dịch vụ trực tuyến. Bạn hãy chọn một."},
            )
            self.order_fields(["procedure_code", "service"])
        self.fields["copy_from"].label = f"Chép từ {called} của thủ tục"
        self.fields["file"].label = f"Hoặc nạp tệp {called} (JSON)"

    def clean(self) -> dict[str, Any]:
        """One source at most."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("copy_from") and said.get("file") is not None:
            self.add_error("copy_from", "Bạn chọn một: chép từ thủ tục khác, hoặc nạp tệp.")
        return said


class NoteForm(PlainForm):
    """A word to the colleague who checks."""

    note = forms.CharField(
        label="Lời nhắn cho người kiểm tra",
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Sửa gì, vì sao.",
    )
