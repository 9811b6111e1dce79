"""Addresses of the catalogue."""

from __future__ import annotations

from django.urls import path

from procedures import views

urlpatterns = [
    path("tim-kiem/", views.search_page, name="search"),
    path("thu-tuc/", views.procedure_list, name="procedures"),
    path("thu-tuc/<str:code>/", views.procedure_page, name="procedure"),
]
