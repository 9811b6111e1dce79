"""Addresses of slips; ``pages`` exist in both languages."""

from __future__ import annotations

from django.urls import URLPattern, path

from ratings.slips import figures, views

pages: list[URLPattern] = [
    path("danh-gia/hai-long/", figures.satisfaction_page, name="satisfaction"),
    path("danh-gia/hai-long/so-lieu.<str:ending>", figures.satisfaction_file, name="satisfaction-file"),
    path("danh-gia/phieu/don-vi/<str:code>/", views.unit_page, name="slip-unit"),
    path("danh-gia/phieu/don-vi/<str:code>/ma-qr/", views.unit_code_page, name="slip-unit-code"),
    path("danh-gia/phieu/dich-vu/<str:code>/", views.service_page, name="slip-service"),
    path("danh-gia/phieu/dich-vu/<str:code>/ma-qr/", views.service_code_page, name="slip-service-code"),
    path("danh-gia/phieu/<str:token>/", views.slip_page, name="slip"),
]
urlpatterns: list[URLPattern] = [
    path("danh-gia/phieu/ho-so/<str:code>/", views.own_slip_page, name="slip-own"),
]
