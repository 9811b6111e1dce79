"""Pages and files of ``/du-lieu-mo/`` (requirement R-10)."""

from __future__ import annotations

import json
from datetime import datetime, time
from pathlib import Path

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.languages import show
from ratings.models import OpenEdition
from ratings.opendata import dcat, queries
from ratings.opendata.datasets import DATASETS, ENDINGS, LICENCE, LICENCE_NAME
from ratings.opendata.making import file_name
from ratings.opendata.sending import send_public

SCRIPT = Path(__file__).with_name("recompute.py")
PER_PAGE = 24
CHANGES = 50
"""Entries of the feed."""


@public_page(max_age=60)
@require_safe
def open_data_page(request: HttpRequest) -> HttpResponse:
    """The datasets with their newest files (two queries)."""
    rows = queries.listed(queries.newest_of_each())
    context = {
        "datasets": [(dataset, [row for row in rows if row.dataset is dataset]) for dataset in DATASETS.values()],
        "described": dcat.embedded(dcat.catalogue(rows)),
        "licence": LICENCE,
        "licence_name": LICENCE_NAME,
    }
    return show(request, "ratings/opendata/index.html", context)


@public_page(max_age=60)
@require_safe
def dataset_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One dataset: what its columns mean, every edition with its files (three queries)."""
    dataset = DATASETS.get(slug)
    if dataset is None:
        raise Http404
    page = Paginator(queries.editions().filter(bundle=dataset.bundle), PER_PAGE).get_page(request.GET.get("trang"))
    rows = queries.listed(page.object_list, dataset)
    current: dict[str, int] = {}
    for row in queries.newest(dataset.bundle) if rows else ():
        current[row.period] = row.number or 0
    context = {
        "dataset": dataset,
        "page": page,
        "rows": [(row, current.get(row.edition.period) == row.edition.number) for row in rows],
        "by_units": not dataset.keeps_old,
        "licence": LICENCE,
        "licence_name": LICENCE_NAME,
        "described": dcat.embedded(
            {
                "@context": dcat.CONTEXT,
                **dcat.dataset_of(dataset, [row for row in rows if current.get(row.edition.period) == row.edition.number]),
            }
        ),
    }
    return show(request, "ratings/opendata/dataset.html", context)


@require_safe
def dataset_file(request: HttpRequest, slug: str, period: str, ending: str) -> HttpResponseBase:
    """A file of the newest edition, or with ``?lan=`` of another; 404 where there is none or it is not given out any more."""
    found = queries.file_of(slug, period, ending, request.GET.get("lan", ""))
    if found is None or found.file is None:
        raise Http404
    answer = send_public(request, found.file, name=file_name(slug, period, ending), media_type=ENDINGS[ending])
    answer["Link"] = f'<{LICENCE}>; rel="license"'
    return answer


@public_page(max_age=60)
@require_safe
def catalogue_file(request: HttpRequest) -> HttpResponse:
    """The description of everything that can be fetched, as DCAT in JSON-LD (two queries)."""
    said = dcat.catalogue(queries.listed(queries.newest()))
    answer = HttpResponse(json.dumps(said, ensure_ascii=False), content_type="application/ld+json; charset=utf-8")
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


@public_page(max_age=60)
@require_safe
def changes_feed(request: HttpRequest) -> HttpResponse:
    """What was published last, as Atom (RFC 4287; one query)."""
    site = settings.SITE_URL
    rows = list(OpenEdition.objects.filter(state=OpenEdition.PUBLISHED).defer("steps").order_by("-made_at", "id")[:CHANGES])
    feed = Atom1Feed(
        title="Dữ liệu mở: thay đổi",
        link=f"{site}/du-lieu-mo/",
        description="Tệp mới và lần lập mới của dữ liệu mở trên Cổng Dịch vụ công Quốc gia",
        language="vi",
        feed_url=f"{site}/du-lieu-mo/thay-doi.atom",
        author_name="Cổng Dịch vụ công Quốc gia",
    )
    for row in rows:
        for slug, table in row.tables.items():
            again = f" (lập lại lần {row.number})" if row.number and row.number > 1 else ""
            feed.add_item(
                title=f"{DATASETS[slug].title_vi}, {row.period}{again}",
                link=f"{site}/du-lieu-mo/{slug}/",
                description=f"{table['rows']} dòng; SHA-256 của nội dung {table['sha256']}",
                unique_id=f"{site}/du-lieu-mo/{slug}/#{row.period}-lan-{row.number}",
                pubdate=row.made_at,
                updateddate=row.made_at,
            )
    # An empty feed was last changed when this day began: the same bytes all day.
    begin = datetime.combine(timezone.localdate(), time(), timezone.get_current_timezone())
    feed.latest_post_date = lambda: max((row.made_at for row in rows if row.made_at), default=begin)  # type: ignore[method-assign]
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


@public_page(max_age=300)
@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The program by which anybody computes every score again, as it stands in the portal's own source."""
    answer = HttpResponse(SCRIPT.read_bytes(), content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="recompute.py"'
    return answer
