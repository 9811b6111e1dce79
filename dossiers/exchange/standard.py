"""The door as one-stop systems speak today: a session, then ``share`` and ``integration`` with a ``service`` each (domain: §3.1–3.4).

Every answer, also of an error, is ``{error_code, message, result}``: 0 done, 3 "đã tồn tại", others as :data:`ERRORS` says.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from dossiers.exchange import intake
from dossiers.exchange.catalogue import agencies, found_dossier, procedure_record, procedures_listed, sectors
from dossiers.exchange.reading import read_standard, read_standard_step
from portal.exchange.partners import services
from portal.exchange.partners.doors import TooLarge, body_of
from portal.exchange.partners.models import Call, Partner
from portal.exchange.partners.units import unit_of, within
from portal.limits import client_address

logger = logging.getLogger(__name__)

OK, BAD_ROWS, EXISTS = 0, 1, 3
ERRORS = {
    0: "Thành công",
    1: "Có dòng không nhận được, xem result",
    3: "Hồ sơ đã tồn tại",
    400: "Nội dung gửi đến không đọc được",
    401: "Tên, mật khẩu hoặc phiên không đúng, hoặc đã hết hạn",
    403: "Hệ thống chưa được cấp quyền gọi dịch vụ này, hoặc không được nói thay đơn vị này",
    404: "Không tìm thấy",
    405: "Địa chỉ này chỉ nhận POST",
    413: "Nội dung gửi đến quá lớn, hãy chia nhỏ rồi gửi lại",
    423: "Hệ thống đang bị tạm ngừng kết nối",
    429: "Gọi quá nhiều, hãy chờ rồi gửi lại",
    503: "Cổng chưa nhận được, hãy gửi lại sau",
}
_STATUS = {401: 401, 405: 405, 413: 413, 423: 401, 429: 429, 503: 503}
"""Of HTTP; where nothing stands here, 200: many clients read no body of another answer."""


class Refused(Exception):
    """The call is answered with an error."""

    def __init__(self, error: int, message: str = "", *, retry_after: int = 0) -> None:
        super().__init__(error)
        self.error, self.message, self.retry_after = error, message, retry_after


def _answer(error: int, *, message: str = "", result: Any = None, session: str = "", retry_after: int = 0) -> HttpResponse:
    said: dict[str, Any] = {"error_code": error, "message": message or ERRORS[error]}
    if session:
        said["session"] = session
    if result is not None:
        said["result"] = result
    answer = HttpResponse(json.dumps(said, ensure_ascii=False), status=_STATUS.get(error, 200), content_type="application/json")
    if error == 405:
        answer["Allow"] = "POST"
    if retry_after:
        answer["Retry-After"] = str(retry_after)
    return answer


def _door(view: Callable[[HttpRequest, dict[str, Any]], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """POST with one JSON object; whatever happens is answered in the format."""

    @csrf_exempt
    @never_cache
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        try:
            if request.method != "POST":
                raise Refused(405)
            return view(request, _object(request))
        except Refused as refused:
            return _answer(refused.error, message=refused.message, retry_after=refused.retry_after)
        except services.NotLetIn as refused:
            error = {"too_many": 429, "suspended": 423}.get(refused.code, 401)
            return _answer(error, retry_after=refused.retry_after)
        except DatabaseError:
            logger.exception("a call of the national format failed")
            return _answer(503, retry_after=5)

    return wrapped


def _object(request: HttpRequest) -> dict[str, Any]:
    try:
        data = body_of(request)
    except TooLarge:
        raise Refused(413) from None
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        # What is no JSON at all brings neither password nor session.
        is_json = bool(data.strip()) and not (request.content_type or "").startswith("multipart/")
        raise Refused(400 if is_json else 401) from None
    if not isinstance(found, dict):
        raise Refused(400)
    return found


@_door
def auth(request: HttpRequest, said: dict[str, Any]) -> HttpResponse:
    """``{username, password}`` → ``{error_code: 0, session}``, half an hour long."""
    username, password = said.get("username"), said.get("password")
    if not isinstance(username, str) or not isinstance(password, str):
        raise Refused(401)
    now = timezone.now()
    partner = services.let_in(username=username, password=password, address=client_address(request), now=now)
    services.take_call(partner)
    services.note_call(partner, now=now)
    return _answer(OK, session=services.open_session(partner=partner, now=now))


@_door
def call(request: HttpRequest, said: dict[str, Any]) -> HttpResponse:
    """``share`` and ``integration``: both know every service, for systems differ in which one they ask for what."""
    session = said.get("session")
    if not isinstance(session, str) or not session:
        raise Refused(401)
    partner = services.partner_of_session(token=session, now=timezone.now())
    services.take_call(partner)
    speaks_for = said.get("madonvi")
    if speaks_for not in (None, "") and not (isinstance(speaks_for, str) and within(unit_of(speaks_for), partner.units)):
        raise Refused(403)
    name = said.get("service")
    if not isinstance(name, str) or name not in SERVICES:
        raise Refused(404, "Không có dịch vụ này")
    right, service = SERVICES[name]
    if right not in partner.calls:
        raise Refused(403)
    return service(partner, said)


def _rows(said: dict[str, Any]) -> list[Any]:
    rows = said.get("data")
    if isinstance(rows, dict):
        rows = [rows]
    if not isinstance(rows, list) or not rows:
        raise Refused(400, "data là danh sách ít nhất một dòng")
    if len(rows) > intake.MOST_ROWS:
        raise Refused(413, f"Mỗi lần gửi nhiều nhất {intake.MOST_ROWS} dòng")
    return rows


def _synchronise(partner: Partner, said: dict[str, Any]) -> HttpResponse:
    """Dossiers: with ``isUpdating`` "False" one that is there already is left as it is and answered with 3."""
    updating = {"true": True, "false": False}.get(str(said.get("isUpdating", "False")).lower())
    if updating is None:
        raise Refused(400, 'isUpdating là "True" hoặc "False"')
    answers, _ = intake.take(
        partner,
        rows=_rows(said),
        row_reader=read_standard,
        step_reader=read_standard_step,
        now=timezone.now(),
        only_new=not updating,
    )
    return _by_row(answers)


def _progress(partner: Partner, said: dict[str, Any]) -> HttpResponse:
    """Steps; senders cut them into tens, more are taken too."""
    _, answers = intake.take(
        partner, steps=_rows(said), row_reader=read_standard, step_reader=read_standard_step, now=timezone.now()
    )  # fmt: skip
    return _by_row(answers)


def _by_row(answers: list[intake.Answer]) -> HttpResponse:
    """The worst of the rows' codes with what became of each: a row refused, else one that exists, else all done."""
    result = []
    for answer in answers:
        error = BAD_ROWS if answer.outcome == intake.REFUSED else EXISTS if answer.outcome == "exists" else OK
        words = "; ".join(f"{one.field}: {one.words}" if one.field else one.words for one in answer.problems)
        result.append({"MaHoSo": answer.code, "error_code": error, "message": words or ERRORS[error]})
    errors = {one["error_code"] for one in result}
    return _answer(next((error for error in (BAD_ROWS, EXISTS) if error in errors), OK), result=result)


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 60:
        raise Refused(400, f"Thiếu {name}")
    return value.strip()


def _reading(read: Callable[[Partner, dict[str, Any]], Any]) -> Callable[[Partner, dict[str, Any]], HttpResponse]:
    """A service that reads; what is not there is 404 in the format."""

    def service(partner: Partner, said: dict[str, Any]) -> HttpResponse:
        result = read(partner, said)
        services.note_call(partner, now=timezone.now())
        if result is None:
            raise Refused(404)
        return _answer(OK, result=result if isinstance(result, list) else [result])

    return service


Service = Callable[[Partner, dict[str, Any]], HttpResponse]
SERVICES: dict[str, tuple[str, Service]] = {
    "DongBoHoSoMC": (Call.DOSSIERS, _synchronise),
    "CapNhatTienDoHoSoMC": (Call.DOSSIERS, _progress),
    "TraCuuHoSo": (Call.LOOKUP, _reading(lambda partner, said: found_dossier(partner.units, _text(said, "mahoso")))),
    "LayThuTuc": (
        Call.CATALOGUES,
        _reading(lambda partner, said: procedure_record(_text(said, "maTTHC"), timezone.localdate())),
    ),
    "LayDanhSachTTHC": (Call.CATALOGUES, _reading(lambda partner, said: procedures_listed(timezone.localdate()))),
    "LayDanhMucCoQuan": (Call.CATALOGUES, _reading(lambda partner, said: agencies(timezone.localdate()))),
    "LayDanhMucLinhVuc": (Call.CATALOGUES, _reading(lambda partner, said: sectors(timezone.localdate()))),
}
