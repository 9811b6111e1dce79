"""Addresses of the applicant's signature; the last one is registered at the signing service and never changes."""

from __future__ import annotations

from django.urls import path

from dossiers.signing import views

urlpatterns = [
    path("nop-ho-so/<str:code>/ky/", views.sign, name="file-ky"),
    path("nop-ho-so/<str:code>/ky/to-khai.pdf", views.given, name="file-ky-pdf"),
    path("nop-ho-so/<str:code>/ky/da-ky/", views.signed, name="file-ky-signed"),
    path("ky-so/to-khai/tro-ve/", views.authorised, name="declaration-authorised"),
]
