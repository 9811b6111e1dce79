"""The open data described for machines: W3C DCAT 3 as JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from ratings.opendata.datasets import DATASETS, ENDINGS, LICENCE, Column, Dataset
from ratings.opendata.queries import Listed

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "csvw": "http://www.w3.org/ns/csvw#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_TYPES = {"text": "string", "integer": "integer", "decimal": "decimal", "boolean": "boolean"}


def file_address(row: Listed, ending: str) -> str:
    """Where a file is fetched, below the portal's address. The newest edition has the plain one."""
    return f"/du-lieu-mo/{row.dataset.slug}/{row.edition.period}.{ending}"


def catalogue(rows: Iterable[Listed]) -> dict[str, Any]:
    """The catalogue with every dataset and the files given."""
    found = list(rows)
    site = settings.SITE_URL
    said: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": f"{site}/du-lieu-mo/",
        "@type": "dcat:Catalog",
        "dct:title": _both("Dữ liệu mở của Cổng Dịch vụ công Quốc gia", "Open data of the National Public Service Portal"),
        "dct:language": ["vi", "en"],
        "dct:license": {"@id": LICENCE},
        "dct:publisher": _publisher(),
        "foaf:homepage": {"@id": f"{site}/du-lieu-mo/"},
    }
    if found:
        said["dct:modified"] = _moment(max(row.edition.made_at for row in found if row.edition.made_at))
    return {**said, "dcat:dataset": [dataset_of(one, [row for row in found if row.dataset is one]) for one in DATASETS.values()]}


def dataset_of(dataset: Dataset, rows: Iterable[Listed]) -> dict[str, Any]:
    """One dataset with the files given."""
    site = settings.SITE_URL
    return {
        "@id": f"{site}/du-lieu-mo/{dataset.slug}/#tap",
        "@type": "dcat:Dataset",
        "dct:identifier": dataset.slug,
        "dct:title": _both(dataset.title_vi, dataset.title_en),
        "dct:description": _both(dataset.about_vi, dataset.about_en),
        "dct:license": {"@id": LICENCE},
        "dct:publisher": _publisher(),
        "dct:accrualPeriodicity": {"@id": "http://publications.europa.eu/resource/authority/frequency/MONTHLY"},
        "dct:spatial": {"@id": "http://publications.europa.eu/resource/authority/country/VNM"},
        "dcat:landingPage": {"@id": f"{site}/du-lieu-mo/{dataset.slug}/"},
        "csvw:tableSchema": {"csvw:column": [_column(column) for column in dataset.columns]},
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": f"{dataset.slug} API",
                "dct:format": "application/json",
                "dcat:accessURL": {"@id": f"{site}/api/v1/open-data/{dataset.slug}"},
                "dct:license": {"@id": LICENCE},
            },
            *(_file(row, file) for row in rows if row.is_given_out for file in row.files),
        ],
    }


def _file(row: Listed, file: Any) -> dict[str, Any]:
    address = settings.SITE_URL + file_address(row, file.ending)
    return {
        "@type": "dcat:Distribution",
        "dct:title": f"{row.dataset.slug} {row.edition.period} ({file.ending})",
        "dct:issued": _moment(row.edition.made_at),
        "dct:license": {"@id": LICENCE},
        "dcat:accessURL": {"@id": address},
        "dcat:downloadURL": {"@id": address},
        "dcat:mediaType": ENDINGS[file.ending].partition(";")[0],
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.size)},
        "dcat:version": str(row.edition.number),
        "spdx:checksum": {"@type": "spdx:Checksum", "spdx:algorithm": "sha256", "spdx:checksumValue": file.sha256},
    }


def _column(column: Column) -> dict[str, Any]:
    return {"csvw:name": column.name, "csvw:datatype": _TYPES[column.type], "dct:description": _both(column.vi, column.en)}


def _both(vi: str, en: str) -> list[dict[str, str]]:
    return [{"@language": "vi", "@value": vi}, {"@language": "en", "@value": en}]


def _publisher() -> dict[str, str]:
    return {"@type": "foaf:Organization", "foaf:name": "Văn phòng Chính phủ"}


def _moment(at: Any) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": timezone.localtime(at).isoformat(timespec="seconds")}


def embedded(said: dict[str, Any]) -> SafeString:
    """As a data block within a page, which no browser executes; what could end the element is written as JSON escapes."""
    text = json.dumps(said, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return mark_safe(text)  # noqa: S308
