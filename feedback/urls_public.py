"""Addresses of what everybody reads: published answers, figures, the feed."""

from __future__ import annotations

from django.urls import URLPattern, path

from feedback.views import figures, public

pages: list[URLPattern] = [
    path("phan-anh-kien-nghi/tra-loi/", public.published_list, name="published-list"),
    path("phan-anh-kien-nghi/tra-loi/<slug:slug>/", public.published_case, name="published-case"),
    path("phan-anh-kien-nghi/tra-loi/<slug:slug>/huu-ich/", public.published_vote, name="published-vote"),
    path("phan-anh-kien-nghi/goi-y/", public.published_alike, name="published-alike"),
    path("phan-anh-kien-nghi/so-lieu/", figures.petition_figures, name="petition-figures"),
    path("phan-anh-kien-nghi/so-lieu/<str:code>/", figures.petition_figures_agency, name="petition-figures-agency"),
]
"""Also in English."""
urlpatterns: list[URLPattern] = [
    *pages,
    path("phan-anh-kien-nghi/tra-loi/atom.xml", public.published_feed, name="published-feed"),
    path("phan-anh-kien-nghi/tra-loi/sitemap.xml", public.published_sitemap, name="published-sitemap"),
]
