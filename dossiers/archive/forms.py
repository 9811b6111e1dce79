"""Forms of the archive's desk."""

from __future__ import annotations

from typing import Any

from django import forms

from dossiers.models import ArchiveHold
from dossiers.models.archive import LONGEST_YEARS
from portal.access.desk import PlainForm

_WIDE = forms.TextInput({"class": "vTextField"})


class UnitForm(PlainForm):
    """Of which agency."""

    unit_code = forms.ChoiceField(label="Cơ quan")

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit_code"].choices = [(code, f"{name} ({code})") for code, name in units]  # type: ignore[attr-defined]


class TermForm(UnitForm):
    """A term, as the table of the law or of the agency has it."""

    procedure_code = forms.CharField(label="Mã thủ tục", max_length=40, help_text="Viết đủ, ví dụ 1.001193.")
    forever = forms.BooleanField(label="Lưu trữ vĩnh viễn", required=False)
    years = forms.IntegerField(
        label="Số năm", min_value=1, max_value=LONGEST_YEARS, required=False,
        help_text="Tính tròn năm, từ năm hồ sơ kết thúc. Để trống nếu lưu trữ vĩnh viễn.",
    )  # fmt: skip
    basis = forms.CharField(label="Căn cứ", max_length=300, widget=_WIDE, help_text="Văn bản và mục quy định thời hạn này.")

    def clean(self) -> dict[str, Any]:
        """A number of years, or for ever."""
        said = super().clean() or {}
        if "years" in said and bool(said.get("forever")) == (said["years"] is not None):
            self.add_error("years", "Bạn hãy ghi số năm, hoặc chọn lưu trữ vĩnh viễn; không cả hai.")
        return said


class HoldForm(PlainForm):
    """What is kept back, and why."""

    code = forms.CharField(label="Mã hồ sơ", max_length=60)
    kind = forms.ChoiceField(label="Vì sao", choices=ArchiveHold.Kind.choices)
    note = forms.CharField(
        label="Vụ việc", max_length=1000, widget=forms.Textarea({"rows": 3}), help_text="Số văn bản, cơ quan đang xem xét. Được mã hóa."
    )


class ProposeForm(UnitForm):
    """Which year of which agency."""

    year = forms.IntegerField(label="Kết thúc trong năm", min_value=1990, max_value=2200)
    basis = forms.CharField(
        label="Căn cứ", max_length=300, widget=_WIDE, help_text="Quyết định hủy, biên bản của hội đồng xét hủy: số, ngày."
    )


class CallOffForm(PlainForm):
    """Why not."""

    reason = forms.CharField(label="Vì sao không hủy", max_length=300, widget=forms.Textarea({"rows": 3}))
