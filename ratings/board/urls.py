"""Addresses of dashboards: officers' pages, Vietnamese only."""

from __future__ import annotations

from django.urls import path

from ratings.board import reuse, views

urlpatterns = [
    path("dieu-hanh/", views.board_page, name="board"),
    path("dieu-hanh/so-lieu.xlsx", views.board_file, name="board-file"),
    path("dieu-hanh/muc-tieu/", views.targets_page, name="board-targets"),
    path("dieu-hanh/muc-tieu/so-lieu.xlsx", views.targets_file, name="board-targets-file"),
    path("dieu-hanh/tai-khoan/", views.accounts_page, name="board-accounts"),
    path("dieu-hanh/tai-khoan/so-lieu.xlsx", views.accounts_file, name="board-accounts-file"),
    path("dieu-hanh/dung-lai/", reuse.reuse_page, name="board-reuse"),
    path("dieu-hanh/<str:code>/", views.board_page, name="board-of"),
    path("dieu-hanh/<str:code>/so-lieu.xlsx", views.board_file, name="board-of-file"),
    path("dieu-hanh/<str:code>/muc-tieu/", views.targets_page, name="board-targets-of"),
    path("dieu-hanh/<str:code>/muc-tieu/so-lieu.xlsx", views.targets_file, name="board-targets-of-file"),
]
