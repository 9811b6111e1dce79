"""Home, the portal's own pages, and what people see when something is wrong."""

from __future__ import annotations

import sys
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.caching import public_page
from procedures import queries

RETRY_SECONDS = 30
"""What a 503 asks a browser to wait; the launcher and the supervisor bring a part back within that time."""


@public_page()
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front door: search first, then what happens in a life, then what most people come for."""
    day = timezone.localdate()
    return render(request, "home/home.html", {"life_events": queries.life_events(day), "most_used": queries.most_used(day)})


@public_page(max_age=3600)
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Terms of use (Rules art. 7.10)."""
    return render(request, "home/terms.html")


@public_page(max_age=3600)
@require_safe
def support(request: HttpRequest) -> HttpResponse:
    """Whom to call and what to do when stuck (Rules art. 7.7)."""
    return render(request, "home/support.html")


class ExampleForm(forms.Form):
    """Every kind of field, for the page of components; saves nothing."""

    name = forms.CharField(label=_("Họ, chữ đệm và tên"), help_text=_("Viết đúng như trên giấy tờ tùy thân."))
    born = forms.DateField(label=_("Ngày sinh"))
    copies = forms.IntegerField(label=_("Số bản sao"), required=False, min_value=0, max_value=20)
    relation = forms.ChoiceField(
        label=_("Quan hệ với trẻ"), choices=[("", _("Chọn một quan hệ")), ("mother", _("Mẹ")), ("father", _("Cha"))]
    )
    sex = forms.ChoiceField(label=_("Giới tính"), choices=[("female", _("Nữ")), ("male", _("Nam"))], widget=forms.RadioSelect)
    reasons = forms.MultipleChoiceField(
        label=_("Nhận kết quả"),
        choices=[("online", _("Trên Cổng")), ("post", _("Qua bưu chính"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    note = forms.CharField(label=_("Lời nhắn cho cán bộ"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    photo = forms.FileField(label=_("Ảnh chụp Giấy chứng sinh"), help_text=_("Ảnh JPG, PNG hoặc tệp PDF, không quá 20 MB."))
    agreed = forms.BooleanField(label=_("Tôi cam đoan những điều khai trên là đúng."))


@public_page(max_age=3600)
@require_safe
def design_system(request: HttpRequest) -> HttpResponse:
    """Every component with its states: for those who build pages, and for the tests that look at them."""
    now = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0)
    context: dict[str, Any] = {
        "filled": ExampleForm(initial={"name": "Nguyễn Thị Mẫu", "sex": "female"}, prefix="a"),
        "wrong": ExampleForm({"w-born": "31/02/2026", "w-sex": "unknown", "w-copies": "21"}, prefix="w"),
        "timeline": [
            {"title": _("Đã nộp hồ sơ"), "at": now, "state": "done"},
            {"title": _("Cán bộ đang kiểm tra"), "at": now, "state": "now", "text": _("Bạn không cần làm gì lúc này.")},
            {"title": _("Trả kết quả"), "state": ""},
        ],
        "rows": [
            {"label": _("Họ và tên trẻ"), "value": "Trần Thị Thử", "href": "#field"},
            {"label": _("Nơi sinh"), "value": ""},
        ],
        "steps": [_("Thông tin của trẻ"), _("Giấy tờ"), _("Xem lại và nộp")],
        "now": now,
        "page": Paginator(range(45), 20).page(2),
    }
    return render(request, "home/design.html", context)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, with a search box."""
    return render(request, "404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that is too old or came from elsewhere: says what to do, loses nothing that was saved."""
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 when the database does not answer. Renders with neither database nor session nor context processors."""
    lost_database = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status = 503 if lost_database else 500
    try:
        body: str = render_to_string(f"{status}.html")
    except Exception:
        # Even the template or the static manifest may be what is broken.
        body = (
            "<!doctype html><html lang=vi><meta charset=utf-8><title>Lỗi</title>"
            "<p>Cổng đang gặp sự cố. Bạn thử lại sau ít phút, hoặc gọi 1800 1096."
        )
    response = HttpResponse(body, status=status)
    response["Cache-Control"] = "no-store"
    if lost_database:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
