"""Addresses of what people say: officers' pages, Vietnamese only."""

from __future__ import annotations

from django.urls import path

from ratings.understood import views

urlpatterns = [
    path("dieu-hanh/y-kien/", views.opinions_page, name="board-opinions"),
    path("dieu-hanh/y-kien/so-lieu.csv", views.opinions_file, name="board-opinions-file"),
    path("dieu-hanh/y-kien/loi-noi/", views.quotes_page, name="board-quotes"),
    path("dieu-hanh/y-kien/tu-dien/", views.words_page, name="board-words"),
    path("dieu-hanh/y-kien/tu-dien/tu-dien.csv", views.words_file, name="board-words-file"),
    path("dieu-hanh/<str:code>/y-kien/", views.opinions_page, name="board-opinions-of"),
    path("dieu-hanh/<str:code>/y-kien/so-lieu.csv", views.opinions_file, name="board-opinions-of-file"),
]
