"""What is said to the person whose file was not taken: what it is, and what to do instead."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.files import sniff

_KINDS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "application/pdf": "PDF",
    "image/webp": "WebP",
    "video/mp4": "MP4",
    "video/webm": "WebM",
    sniff.HEIC: "HEIC",
    sniff.WORD: "Word (.docx)",
    sniff.SIGNED: "P7S",
    sniff.ASIC_E: "ASiC-E",
    sniff.ASIC_S: "ASiC-S",
}
_ARCHIVES = frozenset(
    {
        sniff.PACKED,
        "application/x-rar-compressed",
        "application/x-7z-compressed",
        "application/x-tar",
        "application/gzip",
        "application/x-bzip2",
        "application/x-xz",
    }
)


def refused_type(found: str, allowed: Collection[str]) -> str:
    """Why a file of that type is not taken at the door."""
    if found == sniff.OLE:
        return _(
            "Đây là tệp Word kiểu cũ (.doc) hoặc có mật khẩu, không kiểm tra được. Bạn mở tệp, bỏ mật khẩu, lưu thành PDF rồi gửi lại."
        )
    if found == sniff.SVG:
        return _("Tệp SVG có thể chứa mã chạy nên không nhận được. Bạn lưu hình thành PNG, JPEG hoặc PDF rồi gửi lại.")
    if found in _ARCHIVES:
        return _("Đây là tệp nén. Bạn giải nén rồi gửi từng tệp bên trong.")
    kinds = ", ".join(sorted(_KINDS.get(kind, kind.rsplit("/", 1)[-1].upper()) for kind in allowed))
    return _("Loại tệp này chưa nhận được ở đây. Bạn gửi một trong các loại: %(kinds)s.") % {"kinds": kinds}


def signature(found: Mapping[str, Any]) -> str:
    """One signature of a file, as a room above describes it: who, when, whether it holds, and why not."""
    who = found["who"] or _("người chưa rõ")
    if found["at"]:
        moment = timezone.localtime(datetime.fromisoformat(found["at"]))
        at = f"{moment:%H:%M %d/%m/%Y}"
        when = _("dấu thời gian %(at)s") if found["stamped"] else _("theo máy người ký lúc %(at)s")
        who = f"{who}, {when % {'at': at}}"
    if found["covers"]:
        who += _(", ký tệp “%(name)s”") % {"name": found["covers"]}
    if not found["why"]:
        said = _("Chữ ký số của %(who)s: hợp lệ.") % {"who": who}
        issuer = _common_name(found.get("issuer", ""))
        by = _("Nơi cấp chứng thư số: %(issuer)s.") % {"issuer": issuer}
        return f"{said} {by}" if issuer else said
    if found["why"] in ("content_missing", "unsupported"):
        return _("Chữ ký số của %(who)s: chưa kiểm tra được, vì %(why)s.") % {"who": who, "why": _why_not(found["why"])}
    return _("Chữ ký số của %(who)s: không hợp lệ, vì %(why)s.") % {"who": who, "why": _why_not(found["why"])}


def _common_name(name: str) -> str:
    """What an issuer is called, of its whole name as the certificate writes it."""
    match = re.search(r"Common Name: ([^,;]+)", name)
    return match.group(1).strip() if match else name


def _why_not(code: str) -> str:
    reasons = {
        "altered": _("tệp đã bị thay đổi sau khi ký"),
        "bad_signature": _("nội dung không khớp với chữ ký"),
        "content_missing": _("chưa thấy tệp được ký; bạn gửi thêm tệp đó vào cùng giấy tờ"),
        "unsupported": _("đây là loại chữ ký XAdES mà Cổng chưa đọc"),
        "untrusted": _("chứng thư số không do tổ chức được tin cậy cấp"),
        "expired": _("chứng thư số đã hết hạn"),
        "not_yet_valid": _("chứng thư số chưa đến ngày có hiệu lực"),
        "revoked": _("chứng thư số đã bị thu hồi"),
        "weak": _("thuật toán ký không còn an toàn"),
        "wrong_purpose": _("chứng thư số không được cấp để ký văn bản"),
    }
    return reasons.get(code) or _("không đọc được chữ ký")


def finding(verdict: str) -> str:
    """What the check found, and what to do about it."""
    family, _dot, rest = verdict.partition(".")
    if family == "virus":
        return _("Tệp có dấu hiệu nhiễm mã độc. Bạn quét vi-rút cho máy rồi chụp hoặc tạo lại giấy tờ này.")
    if rest == "encrypted":
        return _("Tệp có mật khẩu hoặc bị mã hóa nên không ai đọc được. Bạn bỏ mật khẩu, lưu lại rồi gửi.")
    if rest in ("bomb", "too_packed", "too_complex"):
        return _("Tệp phức tạp hoặc bung ra quá lớn để mở an toàn. Bạn in ra PDF hoặc chụp ảnh giấy tờ rồi gửi lại.")
    if rest in ("polyglot", "obscured"):
        return _("Tệp chứa thêm nội dung giấu bên trong nên không nhận được. Bạn in ra PDF mới hoặc chụp ảnh giấy tờ rồi gửi lại.")
    if rest == "too_big":
        return _("Ảnh này quá lớn để mở an toàn. Bạn chụp lại với độ phân giải thấp hơn.")
    if rest == "broken":
        return _("Tệp bị hỏng hoặc thiếu một phần nên không mở được. Bạn thử mở tệp trên máy, rồi chụp hoặc tạo lại.")
    if verdict == "word.macros":
        return _("Văn bản Word có macro (mã tự chạy). Bạn lưu thành PDF, hoặc thành .docx không có macro, rồi gửi lại.")
    if verdict in ("word.embedded", "word.active", "word.outside"):
        return _("Văn bản Word có tệp khác gắn bên trong, hoặc lấy nội dung từ nơi khác khi mở. Bạn lưu thành PDF rồi gửi lại.")
    if verdict == "signed.content":
        return _("Tệp ký số chứa nội dung không nhận được ở đây. Bạn ký tệp PDF, ảnh hoặc Word (.docx) rồi gửi lại.")
    if verdict == "signed.unsigned":
        return _("Tệp này không có chữ ký số nào bên trong. Bạn gửi tệp đã ký, hoặc gửi thẳng giấy tờ.")
    if family == "pdf":
        return _("Tệp PDF có mã chạy, biểu mẫu động hoặc tệp khác gắn bên trong. Bạn in ra PDF mới rồi gửi lại.")
    return _("Tệp này không mở an toàn được. Bạn chụp hoặc tạo lại giấy tờ này.")
