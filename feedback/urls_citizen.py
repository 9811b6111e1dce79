"""Addresses of those who send petitions."""

from __future__ import annotations

from django.urls import URLPattern, path

from feedback.views import record

pages: list[URLPattern] = [
    path("phan-anh-kien-nghi/<str:code>/ban-giay/", record.record, name="petition-record"),
]
"""Also in English."""
urlpatterns: list[URLPattern] = [*pages]
