"""Addresses for machines that watch over us."""

from __future__ import annotations

from django.urls import path

from portal.operations import views

urlpatterns = [
    path("health/live", views.live, name="health-live"),
    path("health/ready", views.ready, name="health-ready"),
    path("vao/csp/", views.csp_report, name="csp-report"),
    path("metrics", views.metrics_page, name="metrics"),
]
