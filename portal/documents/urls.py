"""Addresses of proofs and of the way back from the signing service. Printed into papers and registered outside: they never change."""

from __future__ import annotations

from django.urls import path

from portal.documents import views

app_name = "documents"

urlpatterns = [
    path("xac-minh/<str:token>/", views.proof, name="proof"),
    path("xac-minh/<str:token>/doi-chieu/", views.compare, name="compare"),
    path("xac-minh/<str:token>/doi-chieu-ban-in/", views.compare_print, name="compare-print"),
    path("ky-so/tro-ve/", views.authorised, name="authorised"),
]
