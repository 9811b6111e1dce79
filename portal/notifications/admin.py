"""On the desk: what each notice says, on every channel, in both languages, with made-up values."""

from __future__ import annotations

import math
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator

from portal.access.site import OfficerModelAdmin
from portal.notifications import letters, registry
from portal.notifications.models import Preview

LANGUAGES = {"vi": "Tiếng Việt", "en": "Tiếng Anh"}
_LINK = "/vi-du/"


def sms_parts(text: str) -> int:
    """How many messages the network makes of a text with Vietnamese letters (UCS-2: 70 characters, 67 each where there are several)."""
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= 70 else math.ceil(units / 67)


def _rendered(template: registry.Template, language: str) -> registry.Rendered:
    values = {**template.sample, "link": settings.SITE_URL + _LINK}
    return registry.rendered(template.key, values, language)


@admin.register(Preview)
class PreviewAdmin(OfficerModelAdmin):
    """A list of the templates and a page for each; nothing is stored or sent."""

    view_act = "notifications.preview"

    def get_urls(self) -> list[URLPattern]:
        """``…/<key>/thu/<language>/`` is the letter as a mail program shows it."""
        own = path("<str:key>/thu/<str:language>/", self.admin_site.admin_view(self.letter), name="notifications_preview_letter")
        return [own, *super().get_urls()]

    def _page(self, request: HttpRequest, page: str, title: str, **more: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return TemplateResponse(request, page, {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **more})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All templates; ``q`` looks in key and title."""
        asked = request.GET.get("q", "").strip().casefold()
        rows = [(one, registry.kind_of(one.kind)) for one in registry.templates() if asked in f"{one.key} {one.title} {one.sms}".casefold()]
        return self._page(request, "admin/notifications/previews.html", "Mẫu thông báo", rows=rows, asked=asked)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One template on every channel, in both languages."""
        template = self._template(object_id)
        texts = []
        for language, name in LANGUAGES.items():
            text = _rendered(template, language)
            texts.append((language, name, text, sms_parts(text.sms), registry.action_of(template.key, language)))
        return self._page(
            request, "admin/notifications/preview.html", template.key, template=template, kind=registry.kind_of(template.kind), texts=texts
        )

    @method_decorator(csp_replace({"style-src": ["'unsafe-inline'"]}))
    def letter(self, request: HttpRequest, key: str, language: str) -> HttpResponse:
        """The letter's HTML; its styles stand in it, as mail programs want."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        template = self._template(key)
        if language not in LANGUAGES or not template.title:
            raise Http404
        text = _rendered(template, language)
        off = "" if registry.kind_of(template.kind).law_bound else settings.SITE_URL + _LINK
        action = registry.action_of(key, language)
        _text, html = letters.words(
            title=text.title, body=text.body, link=settings.SITE_URL + _LINK, action=action, language=language, unsubscribe=off
        )
        return HttpResponse(html)

    def _template(self, key: str) -> registry.Template:
        try:
            return registry.template(key)
        except KeyError:
            raise Http404 from None
