"""Addresses of appointments; ``/lich-hen/`` is a contract (docs/architecture.md)."""

from __future__ import annotations

from django.urls import path

from dossiers.appointments import views

urlpatterns = [
    path("lich-hen/", views.mine, name="appointments"),
    path("lich-hen/dat/<str:code>/", views.place, name="appointment-place"),
    path("lich-hen/dat/<str:code>/<str:unit>/", views.time, name="appointment-time"),
    path("lich-hen/xac-nhan/", views.confirm, name="appointment-confirm"),
    path("lich-hen/tai-nha/<str:code>/", views.visit_place, name="visit-place"),
    path("lich-hen/tai-nha/<str:code>/<str:unit>/", views.visit_ask, name="visit-ask"),
    path("lich-hen/yeu-cau/<uuid:visit_id>/", views.visit, name="visit"),
    path("lich-hen/bang-so/<str:unit>/", views.board, name="counter-board"),
    path("lich-hen/<str:code>/", views.one, name="appointment"),
    path("lich-hen/<str:code>/doi/", views.change, name="appointment-change"),
    path("lich-hen/<str:code>/huy/", views.cancel, name="appointment-cancel"),
    path("lich-hen/<str:code>/lich-hen.ics", views.calendar, name="appointment-calendar"),
]
