"""Addresses of the developers' page. ``pages`` exist in both languages (portal.urls repeats them under ``/en/``)."""

from __future__ import annotations

from django.urls import path

from portal.exchange.developers import views

pages = [
    path("nha-phat-trien/", views.guide, name="developers"),
    path("nha-phat-trien/thu/", views.own, name="developers-own"),
]
urlpatterns = pages
