"""Addresses of the figures of Annex I."""

from __future__ import annotations

from django.urls import path

from ratings.measured import views

urlpatterns = [path("thong-ke/toan-trinh/so-lieu.<str:ending>", views.figures_file, name="end-to-end-file")]
