"""Addresses of systems outside that somebody types: whether we may call them, or send people there."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings


def address_problem(url: str) -> str:
    """Why an address cannot be one of a system's, in words; empty where it can: https to a public host, written as it will be compared."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "Địa chỉ không đúng."
    if len(url) > 500 or not url.isascii() or any(sign in url for sign in " \t\r\n\\*<>\"'"):
        return "Địa chỉ viết đủ, không dấu, không có khoảng trắng hay dấu *."
    if parts.username is not None or parts.password is not None or "#" in url or not host:
        return "Địa chỉ không có tên đăng nhập và không có phần sau dấu #."
    if any(part in (".", "..") for part in parts.path.split("/")):
        return "Địa chỉ không có . hay .. trong đường dẫn."
    is_local, is_public = host == "localhost", "." in host and not host.endswith((".local", ".internal", ".lan", ".localhost"))
    try:
        number = ipaddress.ip_address(host)
        is_local, is_public = number.is_loopback, number.is_global
    except ValueError:
        pass
    if is_local and settings.SIGN_ON_PLAIN_HTTP and parts.scheme in ("http", "https"):
        return ""
    if parts.scheme != "https":
        return "Địa chỉ phải bắt đầu bằng https://."
    return "" if is_public else "Địa chỉ phải là máy công khai trên Internet."
