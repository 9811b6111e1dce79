"""Addresses of owners, below /tai-khoan/."""

from __future__ import annotations

from django.urls import path

from accounts.owner import views

urlpatterns = [
    path("thong-tin/", views.profile, name="profile"),
    path("du-lieu/", views.own_data, name="own-data"),
    path("du-lieu/<uuid:copy_id>.<str:ending>", views.take_copy, name="own-data-copy"),
    path("khoa/", views.lock, name="account-lock"),
    path("mo-khoa/", views.unlock, name="account-unlock"),
    path("mo-khoa/ma/", views.unlock_code, name="account-unlock-code"),
    path("khieu-nai/", views.complain, name="account-complain"),
    path("khieu-nai/theo-doi/", views.follow_complaint, name="account-complaint-follow"),
    path("khieu-nai/<str:code>/", views.complaint, name="account-complaint"),
    path("dong/", views.close, name="account-close"),
]
