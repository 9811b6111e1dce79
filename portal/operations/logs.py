"""JSON logs with the request id and without personal data."""

from __future__ import annotations

import logging
import re
from typing import Any

from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

from portal.audit.context import request_id

# Twelve digits are an identity number, nine or more digits after + or 0 a phone: neither may reach a log line.
_IDENTIFIERS = re.compile(r"(?<![\w-])(?:\+?\d{9,12})(?![\w-])|[\w.+-]+@[\w-]+\.[\w.]+")


def without_identifiers(text: str) -> str:
    """The text with identity numbers, phone numbers and mail addresses blacked out."""
    return _IDENTIFIERS.sub("▇", text)


class RequestContextFilter(logging.Filter):
    """Adds the request id to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class RouteFilter(logging.Filter):
    """Of what Django logs of a refused request: the route, not the path, which may hold a dossier's code or be the secret itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        path, match = getattr(request, "path", None), getattr(request, "resolver_match", None)
        if path and isinstance(record.args, tuple):
            route = f"/{match.route}" if match else "(no route)"
            record.args = tuple(route if one == path else one for one in record.args)
        return True


class JsonFormatter(BaseJsonFormatter):
    """One JSON object a line; the last line of defence against personal data in messages and tracebacks."""

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            json_ensure_ascii=False,
        )

    def process_log_record(self, log_record: dict[str, Any]) -> dict[str, Any]:
        log_record.pop("request", None)
        return {key: without_identifiers(value) if isinstance(value, str) and key != "time" else value for key, value in log_record.items()}
