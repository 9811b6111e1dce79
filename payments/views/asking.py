"""Asking about money: to have it back, and what became of it; whoever has the code may ask (Rules art. 34.6b, 35.10)."""

from __future__ import annotations

import math
import re
from typing import Any

from django import forms
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from payments.models import Attempt, Order, TraceRequest
from payments.queries_refunds import asking_of
from payments.services.refunding import ask_money_back, is_payer
from payments.services.refunds import RefundRefused
from payments.services.traces import TraceRefused, request_trace
from payments.views.paying import find_order
from portal.access import Actor, actor_of
from portal.limits import client_address, take
from portal.ui.fields import DongField, PlainText

REQUESTS, IN_SECONDS = 5, 600
"""So many requests at once from one address, and as many again in that time; what the form sends back does not count."""
TOPICS = (
    (TraceRequest.Topic.TAKEN.value, _("Đã bị trừ tiền nhưng ở đây chưa ghi nhận")),
    (TraceRequest.Topic.TWICE.value, _("Bị trừ tiền hai lần")),
    (TraceRequest.Topic.AMOUNT.value, _("Số tiền bị trừ không đúng")),
    (TraceRequest.Topic.VOUCHER.value, _("Chưa nhận được chứng từ")),
    (TraceRequest.Topic.OTHER.value, _("Việc khác")),
)


class ContactField(PlainText):
    """A phone number or an e-mail address."""

    def clean(self, value: Any) -> str:
        """E.164 or the address; empty where nothing was given and nothing need be."""
        text = str(super().clean(value)).strip()
        if not text:
            return ""
        digits = re.sub(r"[\s.\-()]", "", text)
        if re.fullmatch(r"0\d{9}", digits):
            return "+84" + digits[1:]
        if re.fullmatch(r"\+84\d{9}", digits):
            return digits
        try:
            validate_email(text)
        except forms.ValidationError as error:
            raise forms.ValidationError(_("Bạn hãy viết số điện thoại 10 chữ số hoặc địa chỉ thư điện tử.")) from error
        return text


class AskBackForm(forms.Form):
    """Why the money should come back; who asks, where it is not the signed-in payer."""

    amount = DongField(label=_("Số tiền muốn hoàn"), min_value=1, required=False, help_text=_("Để trống nếu muốn hoàn toàn bộ số đã trả."))
    words = PlainText(
        label=_("Vì sao bạn muốn hoàn tiền"),
        max_length=1000,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": _("Bạn hãy viết lý do.")},
    )
    asker = PlainText(label=_("Họ và tên của bạn"), max_length=200, error_messages={"required": _("Bạn hãy ghi họ và tên.")})
    contact = ContactField(
        label=_("Số điện thoại hoặc thư điện tử"),
        max_length=254,
        help_text=_("Để hỏi lại bạn khi cần. Chỉ người giải quyết đọc được."),
        error_messages={"required": _("Bạn hãy ghi số điện thoại hoặc thư điện tử.")},
    )

    def __init__(self, *args: Any, is_payer: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_payer:
            del self.fields["asker"], self.fields["contact"]


class TraceForm(forms.Form):
    """What happened to the money."""

    topic = forms.ChoiceField(
        label=_("Việc gì đã xảy ra?"), choices=TOPICS, widget=forms.RadioSelect, error_messages={"required": _("Bạn hãy chọn một mục.")}
    )
    attempt = forms.ChoiceField(label=_("Lần trả nào?"))
    words = PlainText(label=_("Bạn thấy gì"), max_length=1000, widget=forms.Textarea({"rows": 5}), required=False)
    contact = ContactField(
        label=_("Số điện thoại hoặc thư điện tử"),
        max_length=254,
        help_text=_("Để báo bạn khi có trả lời. Chỉ người tra soát đọc được."),
        error_messages={"required": _("Bạn hãy ghi số điện thoại hoặc thư điện tử để nhận trả lời.")},
    )

    def __init__(self, *args: Any, attempts: list[Attempt], actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_number = {str(one.number): one for one in attempts}
        self.fields["attempt"].choices = [  # type: ignore[attr-defined]
            (str(one.number), f"{one.number}. {one.institution.short_name}, {timezone.localtime(one.created_at):%H:%M %d/%m/%Y}")
            for one in reversed(attempts)
        ]
        if actor.is_citizen:
            del self.fields["contact"]


def _wait(request: HttpRequest, form: forms.Form) -> int:
    """Seconds to wait before another request from this address; said in the form, whose words stay."""
    grant = take("payments.asking", client_address(request), capacity=REQUESTS, refill_per_second=REQUESTS / IN_SECONDS)
    if grant.allowed:
        return 0
    wait = max(1, math.ceil(grant.retry_after))
    form.add_error(None, _("Vừa có nhiều đề nghị gửi từ nơi bạn. Lời bạn viết vẫn còn ở dưới: đợi %(n)s giây rồi gửi lại.") % {"n": wait})
    return wait


def _answer(request: HttpRequest, template: str, order: Order, form: forms.Form, wait: int, **more: Any) -> HttpResponse:
    status = 429 if wait else 422 if form.is_bound else 200
    answer = render(request, template, {"order": order, "form": form, **more}, status=status)
    if wait:
        answer["Retry-After"] = str(wait)
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_back(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for money back; it only ever goes back to where it came from."""
    order = find_order(request, code)
    if isinstance(order, HttpResponse):
        return order
    actor = actor_of(request)
    form = AskBackForm(request.POST if request.method == "POST" else None, is_payer=is_payer(order, actor))
    wait = 0
    if form.is_bound and form.is_valid() and not (wait := _wait(request, form)):
        try:
            ask_money_back(order_code=order.code, **form.cleaned_data, actor=actor, now=timezone.now())
        except RefundRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        else:
            return redirect("payment-order", code=order.code)
    return _answer(request, "payments/ask_back.html", order, form, wait, may_ask=asking_of(order).may_ask_back)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trace(request: HttpRequest, code: str) -> HttpResponse:
    """Ask what became of money that was paid."""
    order, actor = find_order(request, code), actor_of(request)
    if isinstance(order, HttpResponse):
        return order
    attempts = list(order.attempts.all())
    form = TraceForm(request.POST if request.method == "POST" else None, attempts=attempts, actor=actor)
    wait = 0
    if form.is_bound and form.is_valid() and not (wait := _wait(request, form)):
        said = form.cleaned_data
        try:
            request_trace(
                order_code=order.code,
                attempt_id=form.by_number[said["attempt"]].pk,
                topic=said["topic"],
                words=said["words"],
                contact=said.get("contact", ""),
                actor=actor,
                now=timezone.now(),
            )
        except TraceRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        else:
            return redirect("payment-order", code=order.code)
    return _answer(request, "payments/trace.html", order, form, wait, may_trace=bool(attempts))
