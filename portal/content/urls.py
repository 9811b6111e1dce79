"""Addresses of editors' content. ``pages`` exist in both languages."""

from __future__ import annotations

from django.urls import path

from portal.content import views

pages = [
    path("tin-tuc/", views.news, name="news"),
    path("huong-dan-su-dung/", views.guides, name="guides"),
    path("noi-dung/<slug:slug>/", views.piece_page, name="piece"),
]
urlpatterns = [*pages, path("noi-dung/anh/<uuid:picture_id>/", views.picture, name="content-picture")]
