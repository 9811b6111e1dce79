"""Addresses of public notices. ``pages`` exist in both languages (portal.urls repeats them under ``/en/``)."""

from __future__ import annotations

from django.urls import path

from portal.announcements import views

pages = [
    path("thong-bao/", views.notice_list, name="notices"),
    path("thong-bao/<slug:slug>/", views.notice_page, name="notice"),
]
urlpatterns = pages
