"""The documents of the hotline's machine. A voice platform reads them as a browser reads pages; they tell nobody more than a page does."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from helpdesk.machines import answers, sms, voice
from portal.limits import limit_view, take
from portal.notifications.services import notify

TYPE = "application/voicexml+xml"
PER_CODE, SMS_A_DAY = 10, 3
"""Answers an hour about one dossier; SMS a day about one."""
EVERYBODY, A_MINUTE = 600, 60.0
"""Documents a minute from one platform, which carries many calls."""


def _said(document: bytes, *, keep: int = 0) -> HttpResponse:
    response = HttpResponse(document, content_type=f"{TYPE}; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={keep}" if keep else "no-store"
    return response


@require_safe
def menu(request: HttpRequest) -> HttpResponse:
    """What the caller can choose."""
    return _said(voice.menu(), keep=300)


@require_safe
def ask_dossier(request: HttpRequest) -> HttpResponse:
    """Asks for a dossier's code."""
    return _said(voice.ask_dossier(), keep=300)


@require_safe
def ask_procedure(request: HttpRequest) -> HttpResponse:
    """Asks for a procedure's code."""
    return _said(voice.ask_procedure(), keep=300)


@require_safe
def person(request: HttpRequest) -> HttpResponse:
    """Hands over to somebody at the hotline."""
    return _said(voice.person(), keep=300)


@never_cache
@require_safe
@limit_view("helpdesk.voice", EVERYBODY, A_MINUTE)
def dossier(request: HttpRequest) -> HttpResponse:
    """State and dates of the dossier that was keyed (``?noi=H&so=26*101*261129*0001``)."""
    code = voice.dossier_code(request.GET.get("noi", ""), request.GET.get("so", ""))
    if not code:
        return _said(voice.say(["Mã vừa bấm không đúng cách viết. Bạn xem lại giấy tiếp nhận hồ sơ."]))
    if not take("helpdesk.sms-dossier", code, capacity=PER_CODE, refill_per_second=PER_CODE / 3600).allowed:
        return _said(voice.say(["Hồ sơ này vừa được hỏi nhiều lần. Bạn gọi lại sau một giờ, hoặc bấm 0 để gặp người trực."]))
    found = answers.state_of(code, "", now=timezone.now())
    if found is None:
        return _said(voice.say(["Không có hồ sơ mang mã này. Bạn xem lại giấy tiếp nhận hồ sơ."]))
    return _said(voice.say([voice.spoken(found.words)], sms=code if answers.owner_of(found.row) is not None else ""))


@never_cache
@require_safe
@limit_view("helpdesk.voice", EVERYBODY, A_MINUTE)
def procedure(request: HttpRequest) -> HttpResponse:
    """Papers of the procedure that was keyed (``?so=1*001193``)."""
    code = voice.procedure_code(request.GET.get("so", ""))
    words = answers.papers_of(code, day=timezone.localdate()) if code else None
    return _said(voice.say([voice.spoken(words) if words else "Không có thủ tục nào mang mã này đang có hiệu lực."]))


@csrf_exempt
@require_POST
@limit_view("helpdesk.voice", EVERYBODY, A_MINUTE)
def send(request: HttpRequest) -> HttpResponse:
    """Send the whole state to the registered phone, whoever asks: it comes to its owner alone. Three times a day for one dossier."""
    code = answers.clean(request.POST.get("ma", "").replace("\0", ""))
    found = answers.state_of(code, "", now=timezone.now()) if code else None
    row = answers.owner_of(found.row) if found is not None else None
    if row is None or not take("helpdesk.voice-sms", code, capacity=SMS_A_DAY, refill_per_second=SMS_A_DAY / 86400).allowed:
        return _said(voice.say(["Chưa gửi được tin nhắn cho hồ sơ này. Bạn bấm 0 ở đầu để gặp người trực."]))
    now = timezone.now()
    whole = answers.full_state(row, now=now)
    with transaction.atomic():
        notify(
            party_id=row.applicant_id, template="helpdesk.sms_answer", context={"text": sms.plain(whole)},
            key=f"voice:{row.pk}:{now:%Y%m%d%H%M}", channels=("sms",), link=f"/ho-so/{row.code}/",
        )  # fmt: skip
    return _said(voice.say(["Tin nhắn đang được gửi đến số điện thoại đã đăng ký của hồ sơ."]))
