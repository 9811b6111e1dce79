"""Addresses of the score."""

from __future__ import annotations

from django.urls import path, register_converter

from ratings.score import views


class _Text:
    """A part of an address that is taken as it is."""

    regex = ""

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class AgencyCode(_Text):
    """An agency by its code; small letters are words of other pages."""

    regex = r"[A-Z][A-Za-z0-9.]{0,39}"


class CriterionCode(_Text):
    """A criterion by its code: ``2.1``, ``3.5a``."""

    regex = r"[0-9][0-9a-z.]{0,9}"


register_converter(AgencyCode, "agency")
register_converter(CriterionCode, "criterion")

pages = [
    path("danh-gia/", views.ranking_page, name="scores"),
    path("danh-gia/so-lieu.<str:ending>", views.scores_file, name="scores-file"),
    path("danh-gia/<agency:agency>/", views.agency_page, name="score"),
    path("danh-gia/<agency:agency>/<criterion:code>/", views.criterion_page, name="score-criterion"),
]
