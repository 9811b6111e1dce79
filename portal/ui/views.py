"""The page of the look itself: every component with its states."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.ui import tables
from portal.ui.fields import AddressField, DongField, IdNumberInput, NumberInput, PhoneInput

_EXAMPLE_PLACES = {"01": (_("Thành phố Hà Nội"), [("00070", _("Phường Hoàn Kiếm")), ("00082", _("Phường Cửa Nam"))])}


_NEEDED = {"required": _("Bạn hãy nhập thông tin này."), "invalid": _("Bạn hãy xem lại chỗ này.")}
_CHOICE = {"required": _("Bạn hãy chọn một mục."), "invalid_choice": _("Bạn hãy chọn một mục trong danh sách.")}


class ExampleForm(forms.Form):
    """Every kind of field, for the page of components; saves nothing."""

    name = forms.CharField(label=_("Họ, chữ đệm và tên"), help_text=_("Viết đúng như trên giấy tờ tùy thân."), error_messages=_NEEDED)
    id_number = forms.RegexField(
        r"^[0-9]{12}$",
        label=_("Số định danh cá nhân"),
        help_text=_("12 chữ số trên thẻ căn cước."),
        widget=IdNumberInput,
        error_messages=_NEEDED | {"invalid": _("Số định danh có 12 chữ số. Bạn hãy kiểm tra lại.")},
    )
    phone = forms.RegexField(
        r"^0[0-9]{9}$",
        label=_("Số điện thoại"),
        widget=PhoneInput,
        error_messages=_NEEDED | {"invalid": _("Số điện thoại gồm 10 chữ số, bắt đầu bằng số 0.")},
    )
    born = forms.DateField(
        label=_("Ngày sinh"), error_messages={"invalid": _("Ngày không có trong lịch. Bạn hãy viết ngày/tháng/năm, ví dụ 05/09/2026.")}
    )
    copies = forms.IntegerField(
        label=_("Số bản sao"),
        required=False,
        min_value=0,
        max_value=20,
        widget=NumberInput,
        error_messages={"max_value": _("Nhiều nhất 20 bản.")},
    )
    price = DongField(label=_("Giá trị tài sản"), required=False)
    relation = forms.ChoiceField(
        label=_("Quan hệ với trẻ"), choices=[("", _("Chọn một quan hệ")), ("mother", _("Mẹ")), ("father", _("Cha"))], error_messages=_CHOICE
    )
    home = AddressField(
        label=_("Nơi cư trú"),
        provinces=lambda: [(code, str(place[0])) for code, place in _EXAMPLE_PLACES.items()],
        communes=lambda province: [(code, str(name)) for code, name in _EXAMPLE_PLACES.get(province, ("", []))[1]],
        province_of=lambda _commune: "01",
    )
    sex = forms.ChoiceField(
        label=_("Giới tính"), choices=[("female", _("Nữ")), ("male", _("Nam"))], widget=forms.RadioSelect, error_messages=_CHOICE
    )
    reasons = forms.MultipleChoiceField(
        label=_("Nhận kết quả"),
        choices=[("online", _("Trên Cổng")), ("post", _("Qua bưu chính"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    note = forms.CharField(label=_("Lời nhắn cho cán bộ"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    photo = forms.FileField(
        label=_("Ảnh chụp Giấy chứng sinh"),
        help_text=_("Ảnh JPG, PNG hoặc tệp PDF, không quá 20 MB."),
        error_messages={"required": _("Bạn hãy chọn một tệp.")},
    )
    agreed = forms.BooleanField(
        label=_("Tôi cam đoan những điều khai trên là đúng."), error_messages={"required": _("Bạn hãy đánh dấu vào ô này.")}
    )


def _example_table(request: HttpRequest) -> tables.Table:
    columns = [
        tables.Column("code", _now("Mã hồ sơ")),
        tables.Column("unit", _now("Nơi giải quyết"), sortable=True),
        tables.Column("due", _now("Hạn"), kind="date", sortable=True),
        tables.Column("pages", _now("Số trang"), kind="number", sortable=True),
        tables.Column("fee", _now("Lệ phí"), kind="money", sortable=True),
    ]
    key, downward = tables.order(request.GET, columns, "due")
    rows: list[dict[str, Any]] = [
        {"code": ("TD.001", "#table"), "unit": _now("Phường Hoàn Kiếm"), "due": dt.date(2026, 11, 20), "pages": 12, "fee": 8000},
        {"code": ("TD.002", "#table"), "unit": _now("Phường Cửa Nam"), "due": dt.date(2026, 11, 24), "pages": 1250, "fee": 1250000},
        {"code": ("TD.003", "#table"), "unit": _now("Phường Ngọc Hà"), "due": dt.date(2026, 12, 1), "pages": 3, "fee": None},
    ]
    rows.sort(key=lambda row: (row[key] is None, row[key]), reverse=downward)
    exports = [(_now("Tải bảng (CSV)"), "#table"), (_now("Tải bảng (XLSX)"), "#table")]
    return tables.table(request.GET, columns, rows, caption=_now("Hồ sơ thí dụ"), default="due", exports=exports)


_ICONS = (
    "search check warning info clock document money pin phone arrow child rings house candle user download print text close "
    "edit share flag globe book briefcase card plug heart car sun scales shop people building megaphone lightbulb branch "
    "gavel shuffle sign pause "
)


def _examples() -> dict[str, Any]:
    """Made-up values for the components; nothing here is anybody's."""
    now = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0)
    months = [f"{month}/2026" for month in range(1, 12)]
    online = [310, 340, 355, 420, 460, 455, 510, None, 590, 640, 705]
    counter = [520, 500, 505, 470, 440, 450, 430, None, 395, 380, 350]
    shares = {
        "01": 99.1, "04": 96.0, "08": 97.5, "11": 95.2, "12": 94.8, "14": 96.6, "15": 97.0, "19": 98.0, "20": 97.7, "22": 99.4, "24": 98.6,
        "25": 98.2, "31": 98.9, "33": 98.1, "37": 97.9, "38": 97.1, "40": 96.3, "42": 98.4, "44": 95.9, "46": 99.0, "48": 98.8, "51": 96.1,
        "52": 94.1, "56": 97.3, "66": 95.5, "68": 96.9, "75": 97.6, "79": 98.3, "80": 97.2, "82": 96.4, "86": 96.7, "91": 95.7, "92": 97.8,
        "96": None,
    }  # fmt: skip
    return {
        "now": now,
        "today": now.date(),
        "filled": ExampleForm(
            initial={
                "name": "Nguyễn Thị Mẫu",
                "id_number": "001195000001",
                "phone": "0900000001",
                "born": "05/09/1995",
                "copies": 2,
                "price": 1250000,
                "sex": "female",
                "home": "00070",
            },
            prefix="a",
        ),
        "wrong": ExampleForm(
            {"w-born": "31/02/2026", "w-sex": "unknown", "w-copies": "21", "w-price": "1,5", "w-id_number": "1234", "w-phone": "12"},
            prefix="w",
        ),
        "timeline": [
            {"title": _("Đã nộp hồ sơ"), "at": now, "state": "done"},
            {"title": _("Cán bộ đang kiểm tra"), "at": now, "state": "now", "text": _("Bạn không cần làm gì lúc này.")},
            {"title": _("Trả kết quả"), "state": ""},
        ],
        "rows": [
            {"label": _("Họ và tên trẻ"), "value": "Trần Thị Thử", "href": "#field"},
            {"label": _("Nơi sinh"), "value": ""},
        ],
        "tasks": [
            {"title": _("Thông tin của trẻ"), "href": "#tasks", "status": _("Đã xong"), "kind": "good"},
            {"title": _("Giấy tờ"), "href": "#tasks", "status": _("Đang làm"), "kind": "info", "hint": _("Còn thiếu 1 giấy tờ.")},
            {"title": _("Cha, mẹ"), "href": "#tasks", "status": _("Cần sửa"), "kind": "bad"},
            {"title": _("Xem lại và nộp"), "href": "", "status": _("Chưa làm được"), "hint": _("Mở ra khi ba phần trên đã xong.")},
        ],
        "steps": [_("Thông tin của trẻ"), _("Giấy tờ"), _("Xem lại và nộp")],
        "links": [{"text": _("Đăng ký khai sinh"), "href": "#card"}, {"text": _("Cấp bản sao trích lục"), "href": "#card"}],
        "tabs": [
            {"text": _("Đang xử lý"), "href": "#tabs", "current": True},
            {"text": _("Đã xong"), "href": "#card"},
            {"text": _("Bản nháp"), "href": "#table"},
        ],
        "panels": [
            {"text": _("Trực tuyến"), "href": "#cach-truc-tuyen"},
            {"text": _("Trực tiếp"), "href": "#cach-truc-tiep"},
            {"text": _("Bưu chính"), "href": "#cach-buu-chinh"},
        ],
        "questions": [
            {"title": _("Tôi có phải đến nơi không?"), "text": _("Không, nếu thủ tục làm trọn vẹn trên mạng."), "open": True},
            {"title": _("Quên mang giấy tờ thì sao?"), "text": _("Bạn bổ sung trên Cổng, không phải nộp lại từ đầu.")},
        ],
        "icons": _ICONS.split(),
        "page": Paginator(range(45), 20).page(2),
        "amounts": [
            (_now("Hộ tịch"), 1840),
            (_now("Cư trú"), 1525),
            (_now("Giấy phép lái xe"), 610),
            (_now("Đất đai, nhà ở và xây dựng"), 95),
        ],
        "months": months,
        "series": [{"name": _("Trực tuyến"), "values": online}, {"name": _("Tại quầy"), "values": counter}],
        "shares": shares,
    }


@public_page(max_age=3600, rooms=())
@require_safe
def design_system(request: HttpRequest) -> HttpResponse:
    """Every component with its states: for those who build pages, and for the tests that look at them. Asks the database nothing."""
    return render(request, "home/design.html", _examples() | {"table": _example_table(request)})
