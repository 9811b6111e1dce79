"""A notice as a letter: text and HTML of the same words, and the headers of a good citizen."""

from __future__ import annotations

from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.timezone import localtime
from django.utils.translation import gettext, override


def words(*, title: str, body: str, link: str, action: str, language: str, unsubscribe: str = "") -> tuple[str, str]:
    """The letter as text and as HTML. ``link``: whole address behind the button, or empty; ``unsubscribe``: see :func:`compose`."""
    values: dict[str, Any] = {
        "title": title, "paragraphs": body.split("\n"), "link": link, "action": action, "language": language, "site": settings.SITE_URL,
        "unsubscribe": unsubscribe, "label": settings.ENVIRONMENT_LABEL,
    }  # fmt: skip
    with override(language):
        return render_to_string("notifications/letter.txt", values), render_to_string("notifications/letter.html", values)


def compose(*, number: UUID, to: str, at: datetime, title: str, language: str, unsubscribe: str = "", **more: str) -> EmailMessage:
    """The letter; ``more`` as :func:`words` takes it. ``number`` makes its Message-ID: the same at every try.

    ``unsubscribe``: address that switches this kind off with one press (RFC 8058), where it may be switched off.
    """
    letter = EmailMessage()
    with override(language):
        letter["From"] = Address(gettext("Cổng Dịch vụ công Quốc gia"), addr_spec=settings.MAIL_FROM)
    text, html = words(title=title, language=language, unsubscribe=unsubscribe, **more)
    letter["To"] = to
    # The new policy's own folding loses blanks between two encoded words (CPython 92081); the old class does not.
    letter.set_raw("Subject", Header(" ".join(title.split()), "utf-8", header_name="Subject").encode())
    letter["Date"] = format_datetime(localtime(at))
    letter["Message-ID"] = f"<{number}@{urlsplit(settings.SITE_URL).hostname}>"
    letter["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        letter["List-Unsubscribe"] = f"<{unsubscribe}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter.set_content(text)
    letter.add_alternative(html, subtype="html")
    letter["Content-Language"] = language
    return letter


def bounce_address(number: UUID) -> str:
    """The envelope's sender: what comes back names the notice."""
    local, _, domain = settings.MAIL_BOUNCES.partition("@")
    return f"{local}+{number.hex}@{domain}"
