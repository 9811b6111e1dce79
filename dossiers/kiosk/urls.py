"""Addresses of kiosks; ``/kiosk/`` is a contract (docs/architecture.md)."""

from __future__ import annotations

from django.urls import path

from dossiers.kiosk import views

urlpatterns = [
    path("kiosk/", views.start, name="kiosk"),
    path("kiosk/sw.js", views.worker, name="kiosk-worker"),
    path("kiosk/su-kien/", views.events, name="kiosk-events"),
    path("kiosk/su-kien/<slug:slug>/", views.event, name="kiosk-event"),
    path("kiosk/linh-vuc/", views.fields, name="kiosk-fields"),
    path("kiosk/linh-vuc/<str:code>/", views.field, name="kiosk-field"),
    path("kiosk/thu-tuc/<str:code>/", views.procedure, name="kiosk-procedure"),
    path("kiosk/thu-tuc/<str:code>/hoi/", views.guide, name="kiosk-guide"),
    path("kiosk/so/", views.number, name="kiosk-number"),
    path("kiosk/so/<uuid:ticket_id>/", views.ticket, name="kiosk-ticket"),
    path("kiosk/dang-nhap/", views.sign_in, name="kiosk-sign-in"),
    path("kiosk/dang-nhap/ma/", views.sign_in_code, name="kiosk-sign-in-code"),
    path("kiosk/con-day/", views.still_here, name="kiosk-still-here"),
    path("kiosk/ket-thuc/", views.end, name="kiosk-end"),
    path("kiosk/dien-thoai/<str:code>/", views.to_phone, name="kiosk-to-phone"),
    path("kiosk/tiep/<str:token>/", views.go_on, name="kiosk-go-on"),
    path("kiosk/may/", views.pair, name="kiosk-pair"),
]
