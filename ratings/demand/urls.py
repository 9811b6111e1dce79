"""Addresses of what is expected: officers' pages, Vietnamese only."""

from __future__ import annotations

from django.urls import path

from ratings.demand import views

urlpatterns = [
    path("dieu-hanh/du-bao/", views.demand_page, name="board-demand"),
    path("dieu-hanh/du-bao/so-lieu.csv", views.demand_file, name="board-demand-file"),
    path("dieu-hanh/<str:code>/du-bao/", views.demand_page, name="board-demand-of"),
    path("dieu-hanh/<str:code>/du-bao/so-lieu.csv", views.demand_file, name="board-demand-of-file"),
]
