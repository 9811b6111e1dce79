"""An appointment as a calendar reads it (RFC 5545). Pure."""

from __future__ import annotations

import datetime as dt

_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""}


def _text(words: str) -> str:
    return "".join(_ESCAPED.get(char, char) for char in words)


def _folded(line: str) -> str:
    """Lines of 75 octets at most, none cut within a character; the next one begins with a space."""
    parts, part = [], b""
    for char in line:
        octets = char.encode()
        if len(part) + len(octets) > 75:
            parts.append(part)
            part = b" "
        part += octets
    return b"\r\n".join([*parts, part]).decode()


def _moment(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def calendar_file(
    *,
    uid: str,
    begins: dt.datetime,
    ends: dt.datetime,
    changed: dt.datetime,
    sequence: int,
    title: str,
    place: str,
    words: str,
    url: str,
    cancelled: bool,
) -> bytes:
    """One event with a reminder an hour before. The same ``uid`` with a higher ``sequence`` replaces what a calendar has."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Cong Dich vu cong Quoc gia//Lich hen//VI",
        "CALSCALE:GREGORIAN",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{_moment(changed)}",
        f"SEQUENCE:{sequence}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        f"DTSTART:{_moment(begins)}",
        f"DTEND:{_moment(ends)}",
        f"SUMMARY:{_text(title)}",
        f"LOCATION:{_text(place)}",
        f"DESCRIPTION:{_text(words)}",
        f"URL:{url}",
        *(["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT1H", f"DESCRIPTION:{_text(title)}", "END:VALARM"] if not cancelled else []),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return ("\r\n".join(_folded(line) for line in lines) + "\r\n").encode()
