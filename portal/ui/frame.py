"""The frame of a public page for somebody who is signed in: their corner of the header."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from portal.access import actor_of


def own_frame(request: HttpRequest, originals: Mapping[str, str]) -> Mapping[str, str]:
    """Head, corner and tools of the header; the tools move into the menu as they were rendered. No query beside the actor's own."""
    if "nav" not in originals or not actor_of(request).is_signed_in:
        return {}
    tools = mark_safe(originals["tools"])  # noqa: S308  rendered by our own template
    nav = get_template("frame/site_nav.html").render({"viewer": actor_of(request), "tools": tools})
    return {"nav": nav, "tools": "", "head": format_html('<script src="{}" defer></script>', static("js/menu.js"))}
