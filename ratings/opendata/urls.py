"""Addresses of open data and of the years that were published. ``pages`` exist in both languages, files have one address."""

from __future__ import annotations

from django.urls import path

from ratings.opendata import views
from ratings.views import years

pages = [
    path("danh-gia/nam/", years.years_page, name="score-years"),
    path("danh-gia/nam/<int:year>/", years.year_page, name="score-year"),
    path("du-lieu-mo/", views.open_data_page, name="open-data"),
    path("du-lieu-mo/<slug:slug>/", views.dataset_page, name="open-data-set"),
]
urlpatterns = [
    path("danh-gia/nam/<int:year>/lan-<int:edition>.<str:ending>", years.year_file, name="score-year-file"),
    path("du-lieu-mo/recompute.py", views.script, name="open-data-script"),
    path("du-lieu-mo/catalog.jsonld", views.catalogue_file, name="open-data-catalogue"),
    path("du-lieu-mo/thay-doi.atom", views.changes_feed, name="open-data-changes"),
    path("du-lieu-mo/<slug:slug>/<str:period>.<str:ending>", views.dataset_file, name="open-data-file"),
]
