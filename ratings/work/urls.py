"""Addresses of the figures of work: officers' pages, Vietnamese only."""

from __future__ import annotations

from django.urls import path

from ratings.work import views

urlpatterns = [
    path("dieu-hanh/viec-cua-toi/", views.own_page, name="own-work"),
    path("dieu-hanh/cong-viec/", views.work_page, name="board-work"),
    path("dieu-hanh/cong-viec/so-lieu.csv", views.work_file, name="board-work-file"),
    path("dieu-hanh/<str:code>/cong-viec/", views.work_page, name="board-work-of"),
    path("dieu-hanh/<str:code>/cong-viec/so-lieu.csv", views.work_file, name="board-work-of-file"),
]
