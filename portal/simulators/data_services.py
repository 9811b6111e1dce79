"""Data services that the portal asks by configuration: vehicle inspection, budget units, criminal records, electronic invoices."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, jsonify, request

from portal.simulators.faults import Faults

VEHICLES = {
    "29A-000.01": {
        "vehicle": {"plate": "29A-000.01", "brand": "XE VÍ DỤ", "kind": "Ô tô tải", "payload_kg": 2_500},
        "inspections": [{"valid_until": "2027-05-31", "stamp": "KD-0000001"}, {"valid_until": "2026-05-31", "stamp": "KC-0000001"}],
    },
    "30F-000.02": {
        "vehicle": {"plate": "30F-000.02", "brand": "XE MẪU", "kind": "Ô tô con"},
        "inspections": [{"valid_until": "2026-12-31", "stamp": "KD-0000002"}],
    },
}
UNITS = {"1000001": ("Trường Tiểu học Ví Dụ", True), "1000002": ("Trạm Y tế Mẫu (đã giải thể)", False)}
RECORDS = {
    "LLTP-26-000001": {"code": "LLTP-26-000001", "state": "verifying"},
    "LLTP-26-000002": {
        "code": "LLTP-26-000002", "state": "issued", "certificate": {"number": "0000002/LLTP", "issued_on": "2026-11-20"},
    },
}  # fmt: skip
INVOICES = {
    ("0100000001", "1C26TAA", "1"): {"issued_on": "2026-11-02", "total": 11_000_000, "buyer": "CÔNG TY VÍ DỤ", "state": "valid"},
    ("0100000001", "1C26TAA", "2"): {"issued_on": "2026-11-03", "total": 5_500_000, "buyer": "CÔNG TY MẪU", "state": "replaced"},
}


def blueprint(faults: Faults) -> Blueprint:
    """Everything under /data-services/. Switched to "wrong" they answer well and about something else."""
    pages = Blueprint("data_services", __name__, url_prefix="/data-services")

    @pages.before_request
    def refusal() -> Any:
        name = request.path.split("/")[2]
        if (broken := faults.before("data_services")) is not None:
            return broken
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token or request.headers.get("X-API-Key", "")
        if not hmac.compare_digest(token.encode(), f"demo-{name}-token".encode()):
            return jsonify({"error": "unauthorized"}), 401
        return None

    def absent() -> Any:
        return jsonify({"error": "not_found"}), 404

    @pages.get("/vehicle_inspection/v1/vehicles/<plate>")
    def vehicle(plate: str) -> Any:
        if faults.wrong("data_services"):
            plate = next(other for other in VEHICLES if other != plate)
        return jsonify(VEHICLES[plate]) if plate in VEHICLES else absent()

    @pages.post("/budget_unit/v1/units/search")
    def unit() -> Any:
        code = str((request.get_json(silent=True) or {}).get("maDonVi", ""))
        if faults.wrong("data_services"):
            code = next(other for other in UNITS if other != code)
        if code not in UNITS:
            return absent()
        name, active = UNITS[code]
        return jsonify({"ketQua": [{"maDonVi": code, "tenDonVi": name, "hoatDong": active}]})

    @pages.get("/criminal_record/v1/requests/<code>")
    def record(code: str) -> Any:
        if faults.wrong("data_services"):
            code = next(other for other in RECORDS if other != code)
        return jsonify(RECORDS[code]) if code in RECORDS else absent()

    @pages.get("/invoices/v1/invoices")
    def invoice() -> Any:
        asked = tuple(request.args.get(name, "") for name in ("seller", "symbol", "number"))
        if faults.wrong("data_services"):
            asked = next(other for other in INVOICES if other != asked)
        found = INVOICES.get(asked)  # type: ignore[arg-type]
        if found is None:
            return absent()
        said = {"seller": {"tax_code": asked[0]}, "symbol": asked[1], "number": asked[2], "buyer": {"name": found["buyer"]}}
        return jsonify({"invoice": {**said, **{name: found[name] for name in ("issued_on", "total", "state")}}})

    return pages
