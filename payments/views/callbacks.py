"""Where institutions report, and where payers' browsers come back."""

from __future__ import annotations

import hashlib
import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from payments.institutions import adapter_of
from payments.institutions.base import BadMessage, BadSignature, Incoming, Reply, Report, Verdict
from payments.models import Institution
from payments.services.attempts import connection_of
from payments.services.settling import note_return, settle
from portal.exchange.errors import OutsideUnavailable
from portal.inbox import services as inbox

logger = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def callback(request: HttpRequest, code: str) -> HttpResponse:
    """An institution tells what became of a try (Rules art. 31.2c, 35.5); its protocol's verdict is the answer.

    Signature first; a message that is not its own leaves nothing behind. What it signed is kept byte for byte in the inbox and settled in
    the same transaction: "confirmed" is answered only when both stand. Suspended institutions report too: payments under way are finished.
    """
    institution = Institution.objects.filter(pk=code).first()
    if institution is None:
        raise Http404
    adapter, connection = adapter_of(institution.adapter), connection_of(institution)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return _reply(adapter.answer(connection, Verdict.BAD_MESSAGE, None))
    incoming = Incoming(request.method or "", request.META.get("QUERY_STRING", ""), request.body, request.content_type or "")
    report: Report | None = None
    verdict = Verdict.ERROR
    try:
        report = adapter.read_callback(connection, incoming)
    except BadSignature:
        verdict = Verdict.BAD_SIGNATURE
    except (BadMessage, OutsideUnavailable):
        verdict = Verdict.BAD_MESSAGE
    if report is None:
        logger.warning("callback refused", extra={"institution": code, "verdict": str(verdict)})
        return _reply(adapter.answer(connection, verdict, None))

    said, now = report, timezone.now()
    body = incoming.body if incoming.method == "POST" else incoming.query.encode()

    def handle() -> str:
        nonlocal verdict
        verdict = settle(institution_code=institution.code, report=said, via="callback", now=now).verdict
        return str(verdict)

    try:
        inbox.take_and_handle(
            source=f"payments.{code}"[:40], key=f"{said.reference}:{hashlib.sha256(body).hexdigest()}", body=body, handle=handle
        )
    except Exception as error:
        # The institution comes again, and asking and the file of the day come too.
        logger.exception("callback failed", extra={"institution": code, "error": type(error).__name__})
        verdict = Verdict.ERROR
    return _reply(adapter.answer(connection, verdict, said))


def _reply(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type if reply.body else None)


@never_cache
@require_safe
def come_back(request: HttpRequest, code: str) -> HttpResponse:
    """The payer's browser comes back. Whatever it says of money is not believed: it is only shown what is known (requirement P-05)."""
    institution = Institution.objects.filter(pk=code).first()
    if institution is None:
        raise Http404
    reference = adapter_of(institution.adapter).read_return(connection_of(institution), request.GET.dict())
    attempt = note_return(reference=reference, institution_code=code, now=timezone.now()) if reference else None
    if attempt is None:
        return redirect("payment-enter")
    if attempt.order.is_test:
        # Nobody pays it but VPCP's people, who look at it on the desk.
        return redirect("admin:payments_institution_joint_test", code)
    return redirect("payment-attempt", code=attempt.order.code, number=attempt.number)
