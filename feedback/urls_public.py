"""Addresses of what everybody reads: published answers, figures, the feed."""

from __future__ import annotations

from django.urls import URLPattern

pages: list[URLPattern] = []
"""Also in English."""
urlpatterns: list[URLPattern] = [*pages]
