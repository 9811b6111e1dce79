"""Forms of counters on the desk: who came, a scan with its index, cash, handing over."""

from __future__ import annotations

from typing import Any

from django import forms

from dossiers.forms import ReasonForm as ActForm
from dossiers.models.dossier import Channel
from dossiers.queries import handling_unit
from portal.access.desk import PlainForm
from portal.catalogues import queries as catalogues
from portal.ui.fields import IdNumberInput, NumberInput, PhoneInput, PlainText

_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
_WIDE = {"class": "vTextField"}


def _provinces() -> list[tuple[str, str]]:
    return [("", "– Chọn –"), *((unit.code, unit.full_name) for unit in catalogues.provinces())]


class BeginForm(PlainForm):
    """Who came or wrote, and for what; the card of who is not known yet."""

    channel = forms.ChoiceField(label="Cách nộp", choices=[(one.value, one.label) for one in (Channel.COUNTER, Channel.POST)])
    id_number = forms.CharField(label="Số định danh của người nộp", max_length=20, widget=IdNumberInput)
    procedure_code = forms.CharField(label="Mã thủ tục", max_length=40, help_text="Ví dụ 1.001193.", widget=forms.TextInput(_WIDE))
    for_number = forms.CharField(
        label="Nộp thay cho", required=False, max_length=20, help_text="Số định danh hoặc mã số thuế của người, tổ chức đã ủy quyền."
    )
    came_number = forms.CharField(label="Số bưu phẩm gửi đến", required=False, max_length=30, help_text="Khi nộp qua bưu chính.")
    province = forms.ChoiceField(
        label="Nơi khác giải quyết: tỉnh, thành phố",
        required=False,
        choices=_provinces,
        help_text="Khi thủ tục nhận không phụ thuộc địa giới hành chính: nơi có thẩm quyền. Tiếp nhận xong, hồ sơ được chuyển đến đó.",
    )
    commune = forms.CharField(
        label="Nơi khác giải quyết: xã, phường",
        required=False,
        max_length=100,
        help_text="Ghi tên, ví dụ: phường Cửa Nam. Để trống: cơ quan cấp tỉnh.",
        widget=forms.TextInput(_WIDE),
    )
    full_name = forms.CharField(label="Họ và tên", required=False, max_length=200, widget=forms.TextInput(_WIDE))
    birth_date = forms.DateField(label="Ngày sinh", required=False, input_formats=_DAYS, help_text="Ngày/tháng/năm.")
    sex = forms.ChoiceField(label="Giới tính", required=False, choices=[("", "– Chọn –"), ("female", "Nữ"), ("male", "Nam")])
    phone = forms.CharField(label="Điện thoại di động", required=False, max_length=20, widget=PhoneInput)
    address = forms.CharField(label="Nơi cư trú", required=False, max_length=300, widget=forms.TextInput(_WIDE))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Read by admin/one_form.html before the first field of a part.
        self.fields["full_name"].heading = "Theo thẻ căn cước, khi Cổng chưa biết người nộp"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The other place as ``place``: a commune's code, or a province's."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        province, commune = said.pop("province", ""), said.pop("commune", "")
        said["place"] = province
        if commune and not province:
            self.add_error("province", "Bạn chọn tỉnh, thành phố của xã, phường này.")
        elif commune:
            found = catalogues.communes_named(province, commune)
            if len(found) == 1:
                said["place"] = found[0].code
            else:
                self.add_error("commune", "Không tìm thấy đúng một xã, phường mang tên này trong tỉnh.")
        return said


class ScanForm(PlainForm):
    """A scan or photo of one paper, and what the paper says of itself."""

    file = forms.FileField(label="Bản quét hoặc ảnh chụp", help_text="PDF hoặc ảnh, cả các trang; PDF quét từ 200 dpi.")
    pages = forms.IntegerField(label="Số trang", min_value=1, max_value=500, initial=1, widget=NumberInput(attrs={"size": 4}))
    number = forms.CharField(label="Số, ký hiệu của giấy tờ", required=False, max_length=100)
    issuer = forms.CharField(label="Cơ quan cấp", required=False, max_length=300, widget=forms.TextInput(_WIDE))
    issued_on = forms.DateField(label="Ngày cấp", required=False, input_formats=_DAYS, help_text="Ngày/tháng/năm.")


class CashForm(PlainForm):
    """Who pays."""

    payer_name = forms.CharField(label="Người nộp tiền", max_length=200, widget=forms.TextInput(_WIDE))


class HandInForm(PlainForm):
    """How much goes to the agency's account, by which paper."""

    amount = forms.IntegerField(label="Số tiền (đồng)", min_value=1, max_value=1_000_000_000_000, widget=NumberInput())
    paper = forms.CharField(label="Số giấy nộp tiền", max_length=60, help_text="Của ngân hàng hoặc Kho bạc Nhà nước.")


class RateForm(PlainForm):
    """What a page costs from a day on."""

    amount = forms.IntegerField(label="Mức thu một trang (đồng)", min_value=0, max_value=1_000_000, widget=NumberInput())
    basis = forms.CharField(label="Căn cứ", max_length=300, help_text="Nghị quyết, quyết định nào.", widget=forms.TextInput(_WIDE))
    valid_from = forms.DateField(label="Áp dụng từ", input_formats=_DAYS, help_text="Ngày/tháng/năm.")


class HandOverForm(ActForm):
    """To whom a dossier is handed, why, and what travels on paper."""

    to_unit = PlainText(
        label="Mã định danh của đơn vị nhận",
        max_length=40,
        help_text="Ví dụ H26.102. Hồ sơ vẫn ở đơn vị mình đến khi đơn vị kia nhận; hạn trả kết quả giữ nguyên.",
        error_messages={"required": "Hãy ghi mã đơn vị nhận."},
    )
    paper_along = PlainText(
        label="Giấy tờ chưa số hóa gửi kèm",
        required=False,
        max_length=1000,
        help_text="Giấy giữ bản giấy khi nhập tại quầy tự ghi vào phiếu. Không còn giấy nào chưa số hóa thì để trống.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        reason.label, reason.help_text = "Lý do chuyển", "Đơn vị nhận đọc được; in trên phiếu giao."
        reason.error_messages["required"] = "Hãy nêu lý do chuyển."
        self.order_fields(["to_unit", "reason", "paper_along"])

    def clean_to_unit(self) -> str:
        """An agency of today's catalogue."""
        code = str(self.cleaned_data["to_unit"]).strip().upper()
        if handling_unit(code) is None:
            raise forms.ValidationError("Không có đơn vị mang mã này trong danh mục.")
        return code
