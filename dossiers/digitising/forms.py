"""Forms of old papers on the desk: a batch, what a paper says, the second person's look, a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from dossiers.digitising import fields
from dossiers.models import IssuerLevel
from dossiers.talking.views import ManyFiles
from portal.access.desk import PlainForm
from portal.ui.fields import NumberInput

_WIDE = {"class": "vTextField"}


class FilesField(forms.FileField):
    """One file or several, of which one is a ZIP or a table perhaps."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> Sequence[UploadedFile]:
        """Each as a file of its own."""
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given:
            super().clean(None, initial)
        return [super(FilesField, self).clean(one, initial) for one in given]


class BatchForm(PlainForm):
    """What papers, of which level, and the files."""

    kind = forms.CharField(
        label="Loại giấy tờ",
        max_length=300,
        widget=forms.TextInput(_WIDE),
        help_text="Mã hoặc tên đúng như danh mục dùng chung, ví dụ “Giấy chứng nhận kết hôn”. Mỗi lô một loại.",
    )
    level = forms.ChoiceField(label="Cấp đã cấp giấy", choices=[("", "– Chọn –"), *IssuerLevel.choices])
    scans = FilesField(
        label="Bản quét và bảng kê",
        help_text="Một tệp nén (.zip) có bản quét và bảng kê (.csv, .xlsx), hoặc các tệp PDF, ảnh quét. Không có bảng kê thì trang trắng "
        "ngăn cách các giấy tờ. Mỗi lần gửi tối đa 20 MB; nhiều hơn thì thêm bản quét vào lô sau, hoặc nhờ quản trị máy chủ nhận thư mục.",
    )


class ScansForm(PlainForm):
    """More scans."""

    scans = FilesField(label="Bản quét", help_text="Một tệp nén (.zip) hoặc các tệp PDF, ảnh. Mỗi lần gửi tối đa 20 MB.")


class TypedForm(PlainForm):
    """What a paper says."""

    number = forms.CharField(label=fields.LABELS[fields.NUMBER], required=False, max_length=100)
    issuer = forms.CharField(label=fields.LABELS[fields.ISSUER], required=False, max_length=300, widget=forms.TextInput(_WIDE))
    issued_on = forms.CharField(label=fields.LABELS[fields.ISSUED], required=False, max_length=20, help_text="Ngày/tháng/năm.")
    valid_until = forms.CharField(
        label=fields.LABELS[fields.UNTIL], required=False, max_length=20, help_text="Để trống nếu không thời hạn."
    )
    full_name = forms.CharField(label=fields.LABELS[fields.NAME], required=False, max_length=200, widget=forms.TextInput(_WIDE))
    birth_date = forms.CharField(
        label=fields.LABELS[fields.BORN], required=False, max_length=20, help_text="Ngày/tháng/năm; chỉ năm khi giấy có số định danh."
    )
    owner_number = forms.CharField(label=fields.LABELS[fields.OWNER], required=False, max_length=20, help_text="Khi giấy tờ có ghi.")
    birth_place = forms.CharField(
        label=fields.LABELS[fields.PLACE],
        required=False,
        max_length=300,
        help_text="Cần khi không có số định danh; ghi tỉnh, thành phố ở cuối.",
        widget=forms.TextInput(_WIDE),
    )


class LookForm(PlainForm):
    """Right, or what is wrong."""

    verdict = forms.ChoiceField(
        label="So với bản chụp",
        choices=[("right", "Đúng cả"), ("wrong", "Có mục sai")],
        widget=forms.RadioSelect,
        error_messages={"required": "Bạn hãy chọn đúng hay sai."},
    )
    words = forms.CharField(
        label="Sai ở đâu", required=False, max_length=300, widget=forms.TextInput(_WIDE), help_text="Ghi tên mục, không chép lại dữ liệu."
    )


class DeclareForm(PlainForm):
    """How many are in force."""

    level = forms.ChoiceField(label="Cấp đã cấp giấy", choices=[("", "– Chọn –"), *IssuerLevel.choices])
    in_force = forms.IntegerField(label="Số giấy tờ còn hiệu lực", min_value=0, max_value=1_000_000_000, widget=NumberInput())
    as_of = forms.DateField(label="Tính đến ngày", input_formats=["%d/%m/%Y", "%Y-%m-%d"], help_text="Ngày/tháng/năm.")
    basis = forms.CharField(label="Căn cứ", max_length=300, widget=forms.TextInput(_WIDE), help_text="Sổ, đợt kiểm kê từ đó có con số này.")
