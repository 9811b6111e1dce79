"""Addresses of the store; ``/kho-giay-to/`` is a contract (docs/architecture.md)."""

from __future__ import annotations

from django.urls import path

from dossiers.store import views

urlpatterns = [
    path("kho-giay-to/", views.mine, name="store"),
    path("kho-giay-to/xem/<str:token>/", views.shared, name="store-shared"),
    path("kho-giay-to/<uuid:paper_id>/", views.paper_page, name="store-paper"),
    path("kho-giay-to/<uuid:paper_id>/tep/<int:number>/", views.paper_file, name="store-file"),
    path("kho-giay-to/<uuid:paper_id>/chia-se/", views.share, name="store-share"),
    path("kho-giay-to/<uuid:paper_id>/chia-se/<uuid:share_id>/dung/", views.unshare, name="store-unshare"),
]
