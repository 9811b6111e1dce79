"""All addresses. The paths are contracts (docs/architecture.md): others link to them and test them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("he-thiet-ke/", views.design_system, name="design-system"),
    path("dieu-khoan/", views.terms, name="terms"),
    path("ho-tro/", views.support, name="support"),
    path("", include("procedures.urls")),
    path("tai-khoan/", include("accounts.urls")),
    path("", include("dossiers.urls")),
    path("", include("portal.documents.urls")),
    path("", include("portal.operations.urls")),
    path("quan-tri/", admin.site.urls),
]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"
