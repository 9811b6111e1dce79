"""Addresses of the post."""

from __future__ import annotations

from django.urls import path

from dossiers.post import views

urlpatterns = [
    path("nop-ho-so/<str:code>/buu-chinh/", views.of_draft, name="file-post"),
    path("ho-so/<str:code>/buu-chinh/", views.of_dossier, name="dossier-post"),
]
