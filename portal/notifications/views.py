"""Doors for the systems that carry our notices."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from portal.exchange import bounces, sms
from portal.inbox import services as inbox


@csrf_exempt
@require_POST
def returned_letter(request: HttpRequest) -> HttpResponse:
    """Our mail server hands on what came back to ``MAIL_BOUNCES``: the body is the message (RFC 5322) as it is, with the bearer token.

    202: we have it (also where we had it before); 409: we have something else under its Message-ID; 401: wrong token.
    """
    return _letter(request, "mail.returned")


def _letter(request: HttpRequest, source: str) -> HttpResponse:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = settings.MAIL_BOUNCE_TOKEN
    if not known or scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), known.encode()):
        return JsonResponse({"error": "unauthorized"}, status=401, headers={"WWW-Authenticate": "Bearer"})
    body = request.body
    key = bounces.message_id(body)
    if not key or len(key) > 200 or "\0" in key:
        key = f"sha256:{hashlib.sha256(body).hexdigest()}"
    if inbox.take(source=source, key=key, body=body) is inbox.Taken.OTHER_BYTES:
        return JsonResponse({"error": "other_content"}, status=409)
    return JsonResponse({"received": True}, status=202)


@csrf_exempt
@require_POST
def sms_inbound(request: HttpRequest, token: str) -> HttpResponse:
    """The SMS gateway hands on what somebody sent to our number (OneAPI ``inboundSMSMessageNotification``); the address is its right to.

    202: we have it (also where we had it before); 409: another message under this number; 400: no message; 404: wrong address.
    """
    known = settings.SMS_REPORT_TOKEN
    if not known or not hmac.compare_digest(token.encode(), known.encode()):
        return JsonResponse({"error": "not_found"}, status=404)
    body = request.body
    message = sms.read_inbound(body)
    if message is None:
        return JsonResponse({"error": "invalid_request"}, status=400)
    # Somebody stands with their phone in hand.
    if inbox.take(source="sms.inbound", key=message.number, body=body, queue="now") is inbox.Taken.OTHER_BYTES:
        return JsonResponse({"error": "other_content"}, status=409)
    return JsonResponse({"received": True}, status=202)


@csrf_exempt
@require_POST
def support_letter(request: HttpRequest) -> HttpResponse:
    """Our mail server hands on a letter to the support address: the body is the message (RFC 5322) as it is, with the bearer token.

    Answers as :func:`returned_letter`.
    """
    return _letter(request, "mail.support")


@csrf_exempt
@require_POST
def sms_report(request: HttpRequest, token: str) -> HttpResponse:
    """The SMS gateway tells what became of a message (OneAPI ``deliveryInfoNotification``); the address is its right to.

    202: we have it (also where we had it before); 409: it told something else in the same words; 400: it tells nothing; 404: wrong address.
    """
    known = settings.SMS_REPORT_TOKEN
    if not known or not hmac.compare_digest(token.encode(), known.encode()):
        return JsonResponse({"error": "not_found"}, status=404)
    body = request.body
    report = sms.read_report(body)
    if report is None:
        return JsonResponse({"error": "invalid_request"}, status=400)
    key = f"{report.correlator}:{report.status}".replace("\0", "")
    # Nobody waits for it.
    if inbox.take(source="sms.report", key=key, body=body, queue="bulk") is inbox.Taken.OTHER_BYTES:
        return JsonResponse({"error": "other_content"}, status=409)
    return JsonResponse({"received": True}, status=202)
