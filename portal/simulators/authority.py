"""The certificate authority over HTTP: OCSP (POST and GET), CRLs, certificates, RFC 3161 time-stamps."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_to_bytes

from asn1crypto import core, ocsp, tsp
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, ServiceLabel
from certomancer.services import RevocationInfoInterface
from flask import Blueprint, Response, request
from werkzeug.routing import Rule
from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response as WerkzeugResponse

from portal.simulators.faults import Faults
from portal.simulators.pki import ARCH, TestAuthority

MAX_REQUEST_BYTES = 64 * 1024


class _KnowsNothing(RevocationInfoInterface):
    """What a wrong OCSP responder says of every certificate: unknown."""

    def __init__(self, true: RevocationInfoInterface) -> None:
        self.true = true

    def get_issuer_cert(self) -> Any:
        return self.true.get_issuer_cert()

    def check_revocation_status(self, cid: ocsp.CertId, at_time: datetime) -> tuple[ocsp.CertStatus, list[Any]]:
        return ocsp.CertStatus("unknown"), []


class Authority(Animator):
    """Certomancer's web service with whole seconds, fresh CRLs, OCSP by GET (RFC 6960 app. A), and faults."""

    def __init__(self, authority: TestAuthority, faults: Faults) -> None:
        super().__init__(AnimatorArchStore({ArchLabel(ARCH): authority}), with_web_ui=False, allow_time_override=False)
        self.authority = authority
        self.faults = faults
        self.url_map.add(Rule("/<arch>/ocsp/<label>/<path:encoded>", endpoint="ocsp-get", methods=("GET",)))
        self._handlers["ocsp-get"] = self.serve_ocsp_get

    def at_time(self, request: WerkzeugRequest) -> datetime:
        # RFC 5280 and 6960 want GeneralizedTime without fractions of a second.
        row = self.authority.store.row("SELECT days FROM clock")
        return datetime.now(tz=UTC).replace(microsecond=0) + timedelta(days=row["days"] if row is not None else 0)

    def serve_ocsp_response(self, request: WerkzeugRequest, *, label: str, arch: str) -> WerkzeugResponse:
        return self._ocsp(request, label, request.get_data())

    def serve_ocsp_get(self, request: WerkzeugRequest, *, label: str, arch: str, encoded: str) -> WerkzeugResponse:
        try:
            data = base64.b64decode(unquote_to_bytes(encoded), validate=True)
        except (binascii.Error, ValueError):
            data = b""
        return self._ocsp(request, label, data)

    def _ocsp(self, request: WerkzeugRequest, label: str, data: bytes) -> WerkzeugResponse:
        responder = self.authority.service_registry.summon_responder(ServiceLabel(label), self.at_time(request))
        if self.faults.wrong("ocsp"):
            responder.revinfo_interface = _KnowsNothing(responder.revinfo_interface)
        try:
            question = ocsp.OCSPRequest.load(data, strict=True)
            question.native  # noqa: B018 - parses all of it, so that rubbish is told apart here
            answer = responder.build_ocsp_response(question)
        except (ValueError, TypeError):
            answer = responder.build_error_response("malformed_request")
        return WerkzeugResponse(answer.dump(), mimetype="application/ocsp-response")

    def serve_timestamp_response(self, request: WerkzeugRequest, *, label: str, arch: str) -> WerkzeugResponse:
        stamper = self.authority.service_registry.summon_timestamper(ServiceLabel(label), self.at_time(request))
        try:
            question = tsp.TimeStampReq.load(request.get_data(), strict=True)
            question.native  # noqa: B018
        except (ValueError, TypeError):
            refusal = tsp.TimeStampResp({"status": tsp.PKIStatusInfo({"status": "rejection", "fail_info": {"bad_data_format"}})})
            return WerkzeugResponse(refusal.dump(), mimetype="application/timestamp-reply")
        if self.faults.wrong("tsa"):
            nonce = question["nonce"].native
            question["nonce"] = core.Integer((nonce or 0) + 1)
        return WerkzeugResponse(stamper.request_tsa_response(question).dump(), mimetype="application/timestamp-reply")

    def serve_crl(self, request: WerkzeugRequest, *, label: Any, arch: str, crl_no: int | None, use_pem: bool) -> WerkzeugResponse:
        # Wrong: a well-formed list of another authority.
        issuer = "root" if self.faults.wrong("crl") and label != "root" else label
        data = self.authority.fresh_crl(issuer, self.at_time(request)).dump()
        return WerkzeugResponse(data, mimetype="application/pkix-crl")


def blueprint(authority: TestAuthority, faults: Faults) -> Blueprint:
    """Everything under /pki/."""
    pages = Blueprint("pki", __name__, url_prefix="/pki")
    animator = Authority(authority, faults)
    services = {"ocsp": "ocsp", "tsa": "tsa", "crls": "crl"}

    @pages.route("/<arch>/<kind>/<path:rest>", methods=["GET", "POST"])
    def serve(arch: str, kind: str, rest: str) -> WerkzeugResponse:
        if (request.content_length or 0) > MAX_REQUEST_BYTES:
            return Response("Too large\n", status=413, mimetype="text/plain")
        if kind in services and (refusal := faults.before(services[kind])) is not None:
            return refusal
        environ = dict(request.environ)
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/pki", environ["PATH_INFO"].removeprefix("/pki")
        answer = animator.dispatch(WerkzeugRequest(environ))
        return answer if isinstance(answer, WerkzeugResponse) else answer.get_response(environ)

    return pages
