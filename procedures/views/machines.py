"""What machines read: the map of the site, what robots may visit, the description of the search for browsers."""

from __future__ import annotations

from xml.sax.saxutils import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.caching import CATALOGUE, public_page
from portal.languages import PREFIX
from procedures import queries
from procedures.models import LifeEvent
from procedures.questions import queries as questions

FIXED = (
    "/", "/thu-tuc/", "/su-kien/", "/linh-vuc/", "/co-quan/", "/quyet-dinh/", "/lay-y-kien/", "/bo-phan-mot-cua/", "/dich-vu-truc-tuyen/",
    "/chat-luong-du-lieu/", "/thong-bao/", "/ho-tro/", "/ho-tro/nop-tien/", "/ho-tro/buu-chinh/", "/dieu-khoan/", "/phan-anh-kien-nghi/",
    "/phan-anh-kien-nghi/tra-loi/", "/phan-anh-kien-nghi/so-lieu/", "/danh-gia/nam/", "/du-lieu-mo/", "/hoi-dap/", "/tro-ly/",
)  # fmt: skip
MAX_ADDRESSES = 50_000
"""A sitemap holds no more (sitemaps.org); the whole national list is a ninth of it."""


@public_page(max_age=3600, rooms=(*CATALOGUE, "questions"))
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page that does not depend on a question, with its other language. Four queries."""
    today = timezone.localdate()
    rows = queries.in_force(today).order_by("procedure__code")
    both = [
        *FIXED,
        *(f"/su-kien/{slug}/" for slug in LifeEvent.objects.order_by("position").values_list("slug", flat=True)),
        *(
            f"/linh-vuc/{code}/"
            for code in rows.order_by("field_code").exclude(field_code="").values_list("field_code", flat=True).distinct()
        ),
    ]
    paths: list[tuple[str, bool]] = [(path, True) for path in both]
    paths += [(f"/thu-tuc/{code}/", bool(english)) for code, english in rows.values_list("procedure__code", "english")]
    paths += [(f"/hoi-dap/{slug}/", False) for slug in questions.public().values_list("slug", flat=True)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">',
    ]
    for path, has_english in paths[: MAX_ADDRESSES // 2]:
        pair = {"vi": settings.SITE_URL + path, "en": settings.SITE_URL + PREFIX + path}
        links = "".join(f'<xhtml:link rel="alternate" hreflang="{code}" href="{escape(url)}"/>' for code, url in pair.items())
        for url in pair.values() if has_english else [pair["vi"]]:
            lines.append(f"<url><loc>{escape(url)}</loc>{links if has_english else ''}</url>")
    lines.append("</urlset>")
    return HttpResponse("\n".join(lines), content_type="application/xml; charset=utf-8")


@public_page(max_age=3600, rooms=CATALOGUE)
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Everything public may be found; what belongs to one person, and answers to questions, need not be asked for."""
    kept_out = (
        "/tim-kiem/",
        "/en/tim-kiem/",
        "/bao-loi/",
        "/en/bao-loi/",
        "/ho-so/",
        "/tai-khoan/",
        "/quan-tri/",
        "/xac-minh/",
        "/ky-so/",
        "/api/",
        "/phan-anh-kien-nghi/goi-y/",
    )
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in kept_out), ""]
    lines += [f"Sitemap: {settings.SITE_URL}{path}" for path in ("/sitemap.xml", "/phan-anh-kien-nghi/tra-loi/sitemap.xml")]
    lines.append("")
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@public_page(max_age=3600, rooms=CATALOGUE)
@require_safe
def opensearch(request: HttpRequest) -> HttpResponse:
    """OpenSearch description: browsers offer the portal's search in their address bar."""
    body = f"""<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>Dịch vụ công</ShortName>
<Description>Tìm thủ tục hành chính trên Cổng Dịch vụ công Quốc gia</Description>
<InputEncoding>UTF-8</InputEncoding>
<Language>vi</Language>
<Url type="text/html" template="{escape(settings.SITE_URL)}/tim-kiem/?q={{searchTerms}}"/>
</OpenSearchDescription>
"""
    return HttpResponse(body, content_type="application/opensearchdescription+xml; charset=utf-8")
