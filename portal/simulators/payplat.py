"""A province's one-stop system that has its payers pay at the portal: PayPlat 1.0.6 from its side of the wire.

Written from the protocol alone: it asks (INIT, QUERY, GET_BILL), hears (Confirm), checks and signs by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, redirect, render_template, request

from portal.simulators.config import Config
from portal.simulators.faults import Faults
from portal.simulators.store import Store, now

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
CODE, UNIT = "PP.H26", "H26.101"
SHOWN = 50
SIGNED = {
    "INIT": (
        "LoaiBanTin PhienBan MaDoiTac MaThamChieu SoTien LoaiHinhThanhToan MaKenhThanhToan MaThietBi NgonNgu MaTienTe MaNganHang"
        " ThongTinGiaoDich ThoiGianGD Ip"
    ),
    "QUERY": "LoaiBanTin PhienBan MaDoiTac MaThamChieu ThoiGianGD",
    "GET_BILL": "LoaiBanTin PhienBan MaDoiTac MaThamChieu ThoiGianGD",
    "CONFIRM": "LoaiBanTin MaLoi MaDoiTac MaThamChieu SoTien MaTienTe MaGiaoDich MaNganHang ThoiGianGD ThongTinGiaoDich",
    "REPLY": "MaLoi MoTaLoi MaDoiTac MaThamChieu ThoiGianGD",
}


def signed(kind: str, message: dict[str, Any], secret: str) -> dict[str, Any]:
    """With its MaXacThuc."""
    text = "|".join([*(str(message.get(name, "")) for name in SIGNED[kind].split()), secret])
    return {**message, "MaXacThuc": hashlib.sha256(text.encode()).hexdigest()}


def moment() -> str:
    """Now, as the protocol writes it."""
    return datetime.now(HANOI).strftime("%Y%m%d%H%M%S")


def init(secret: str, *, reference: str, dossier: str, amount: int, unit: str = UNIT, at: str = "") -> dict[str, Any]:
    """A signed INIT for one dossier's lệ phí."""
    message = {
        "LoaiBanTin": "INIT", "PhienBan": "1.0.6", "MaDoiTac": CODE, "MaThamChieu": reference, "SoTien": str(amount),
        "LoaiHinhThanhToan": "PAY", "MaKenhThanhToan": "1", "MaThietBi": "1", "NgonNgu": "vi-VN", "MaTienTe": "VND",
        "MaNganHang": "PAYMENT", "ThongTinGiaoDich": f"Thanh toan ho so {dossier}", "ThoiGianGD": at or moment(), "Ip": "203.0.113.7",
        "ThongTinBienLai": {
            "MaDichVu": "2", "MaTTHC": "1.004772", "TenTTHC": "Đăng ký khai sinh cho người đã có hồ sơ, giấy tờ cá nhân",
            "MaDonVi": unit, "MaHoSo": dossier, "HoTenNguoiNop": "Nguyễn Thị Mẫu", "SoCMNDNguoiNop": "001195000001",
            "DiaChiNguoiNop": "Số 0 phố Ví Dụ",
            "PhiLePhi": [{"LoaiPhiLePhi": "1", "MaPhiLePhi": "LP1", "TenPhiLePhi": "Lệ phí hộ tịch", "SoTien": str(amount)}],
        },
    }  # fmt: skip
    return signed("INIT", message, secret)


def question(kind: str, secret: str, reference: str) -> dict[str, Any]:
    """A signed QUERY or GET_BILL."""
    message = {"LoaiBanTin": kind, "PhienBan": "1.0.6", "MaDoiTac": CODE, "MaThamChieu": reference, "ThoiGianGD": moment()}
    return signed(kind, message, secret)


def blueprint(config: Config, store: Store, faults: Faults) -> Blueprint:
    """Everything under /province/payplat/."""
    pages = Blueprint("payplat", __name__, url_prefix="/province/payplat")
    secret = hashlib.sha256(f"{config.payment_secret}:payplat:{CODE}".encode()).hexdigest()

    def call(message: dict[str, Any]) -> tuple[str, bytes]:
        asked = urllib.request.Request(
            f"{config.site_url}/api/dvcqg/v1/payplat", json.dumps(message).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=10) as answer:
                return answer.headers.get_content_type(), answer.read()
        except urllib.error.HTTPError as error:
            return error.headers.get_content_type(), error.read()
        except OSError as error:
            return "text/plain", str(error).encode()

    @pages.get("/")
    def page() -> str:
        rows = store.rows("SELECT * FROM payplat_order ORDER BY id DESC LIMIT ?", SHOWN)
        return render_template("payplat.html", orders=rows, code=CODE, unit=UNIT)

    @pages.post("/ask")
    def ask() -> Any:
        """Send a payer to the portal: a form of people, who are led on to the page that comes back."""
        try:
            amount = int(request.form["amount"])
        except (KeyError, ValueError):
            return redirect("/province/payplat/", 303)
        with store.writing() as connection:
            serial = connection.execute("INSERT INTO payplat_order (amount, created) VALUES (?, ?)", (amount, now())).lastrowid
        dossier = f"{UNIT}-{datetime.now(HANOI):%y%m%d}-{serial:04d}"
        reference = "dvc" + dossier.replace(".", "").replace("-", "") + moment()
        _, data = call(init(secret, reference=reference, dossier=dossier, amount=amount))
        try:
            reply = json.loads(data)
            url = json.loads(reply["message"])["UrlThanhToan"] if reply["error_code"] == "0" else ""
            words = "" if url else str(reply["message"])
        except (ValueError, KeyError, TypeError):
            url, words = "", "Cổng không trả lời theo đặc tả."
        with store.writing() as connection:
            connection.execute(
                "UPDATE payplat_order SET reference = ?, dossier = ?, url = ?, words = ? WHERE id = ?",
                (reference, dossier, url, words, serial),
            )
        return redirect("/province/payplat/", 303)

    @pages.post("/orders/<int:serial>/query")
    def query(serial: int) -> Any:
        row = store.row("SELECT * FROM payplat_order WHERE id = ?", serial)
        if row is not None:
            _, data = call(question("QUERY", secret, row["reference"]))
            with store.writing() as connection:
                connection.execute("UPDATE payplat_order SET words = ? WHERE id = ?", (data.decode(errors="replace")[:1000], serial))
        return redirect("/province/payplat/", 303)

    @pages.get("/orders/<int:serial>/bill")
    def bill(serial: int) -> Any:
        row = store.row("SELECT * FROM payplat_order WHERE id = ?", serial)
        kind, data = call(question("GET_BILL", secret, row["reference"])) if row is not None else ("text/plain", b"")
        return Response(data, mimetype=kind)

    @pages.post("/confirm")
    def confirm() -> Any:
        """The portal tells: checked, kept once for a reference and state, answered signed."""
        if (broken := faults.before("payplat")) is not None:
            return broken
        message = request.get_json(silent=True)
        if not isinstance(message, dict):
            return jsonify({"MaLoi": "03", "MoTaLoi": "Khong doc duoc"})
        expected = signed("CONFIRM", message, secret)["MaXacThuc"]
        code, words = "00", "Thanh cong"
        if not hmac.compare_digest(str(message.get("MaXacThuc", "")).lower().encode(), expected.encode()):
            code, words = "97", "Sai MaXacThuc"
        else:
            with store.writing() as connection:
                connection.execute(
                    "INSERT INTO payplat_confirm (reference, code, body, times, created) VALUES (?, ?, ?, 1, ?)"
                    " ON CONFLICT (reference, code) DO UPDATE SET times = times + 1",
                    (message["MaThamChieu"], message["MaLoi"], json.dumps(message, ensure_ascii=False), now()),
                )
                connection.execute("UPDATE payplat_order SET code = ? WHERE reference = ?", (message["MaLoi"], message["MaThamChieu"]))
        reply = {
            "MaLoi": code, "MoTaLoi": words, "MaDoiTac": CODE, "MaThamChieu": str(message.get("MaThamChieu", "")), "ThoiGianGD": moment(),
        }  # fmt: skip
        return jsonify(signed("REPLY", reply, "another" if faults.wrong("payplat") else secret))

    @pages.get("/confirmations")
    def confirmations() -> Any:
        rows = store.rows("SELECT * FROM payplat_confirm ORDER BY id")
        return jsonify({"confirmations": [{"times": row["times"], **json.loads(row["body"])} for row in rows]})

    return pages
