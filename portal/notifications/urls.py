"""Addresses for the systems that carry our notices."""

from __future__ import annotations

from django.urls import path

from portal.notifications import views

urlpatterns = [
    path("vao/thu-tra-lai/", views.returned_letter, name="returned-letter"),
    path("vao/thu-ho-tro/", views.support_letter, name="support-letter"),
    path("vao/tin-nhan-den/<str:token>/", views.sms_inbound, name="sms-inbound"),
    path("vao/tin-nhan/<str:token>/", views.sms_report, name="sms-report"),
]
