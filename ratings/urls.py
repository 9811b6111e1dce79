"""Addresses of the top room. ``pages`` exist in both languages (portal.urls repeats them under ``/en/``)."""

from __future__ import annotations

from django.urls import path

from ratings import views
from ratings.board.urls import urlpatterns as board
from ratings.demand.urls import urlpatterns as demand
from ratings.measured.urls import urlpatterns as measured
from ratings.opendata import urls as opendata
from ratings.score.urls import pages as score_pages
from ratings.slips import urls as slips
from ratings.surveys import urls as surveys
from ratings.understood.urls import urlpatterns as understood
from ratings.work import urls as work

pages = [
    path("thong-ke/", views.statistics_page, name="statistics"),
    path("thong-ke/toan-trinh/", views.end_to_end_page, name="end-to-end"),
    path("thong-ke/giay-to-cu/", views.old_papers_page, name="old-papers-progress"),
    path("thong-ke/so-lieu.<str:ending>", views.statistics_file, name="statistics-file"),
    *measured,
    *score_pages,
]
# Before the score's own pages: a year is no agency.
pages += [*opendata.pages, *slips.pages, *surveys.pages]
# Before the dashboards of agencies: this is no agency.
officers = [
    path("dieu-hanh/thong-ke/", views.own_statistics_page, name="own-statistics"),
    path("dieu-hanh/thong-ke/so-lieu.<str:ending>", views.own_statistics_file, name="own-statistics-file"),
]
urlpatterns = [
    *pages, *officers, *opendata.urlpatterns, *slips.urlpatterns, *surveys.urlpatterns, *work.urlpatterns, *understood, *demand, *board,
]  # fmt: skip
