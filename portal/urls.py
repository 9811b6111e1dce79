"""All addresses. The paths are contracts (docs/architecture.md): others link to them and test them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from accounts.registration.urls import pages as registration_pages
from feedback.urls import pages as petition_pages
from helpdesk.urls import pages as helpdesk_pages
from payments.urls import pages as payment_pages
from portal.announcements.urls import pages as notice_pages
from portal.api import api, docs
from portal.content.urls import pages as content_pages
from portal.exchange.developers.urls import pages as developer_pages
from portal.home import views
from portal.languages import english
from portal.ui import views as ui_views
from procedures.urls import pages as procedure_pages
from ratings.urls import pages as statistic_pages

pages = [
    path("", views.home, name="home"),
    path("dieu-khoan/", views.terms, name="terms"),
    path("ho-tro/", views.support, name="support"),
    path("ho-tro/nop-tien/", views.cashless, name="cashless"),
    path("ho-tro/buu-chinh/", views.public_post, name="public-post"),
    path("chu-lon/", views.large_text, name="text-size"),
]
in_both = [
    *pages,
    *registration_pages,
    *procedure_pages,
    *notice_pages,
    *payment_pages,
    *petition_pages,
    *statistic_pages,
    *developer_pages,
    *content_pages,
    *helpdesk_pages,
]
urlpatterns = [
    *pages,
    path("en/", include((english(in_both), "en"))),
    path("he-thiet-ke/", ui_views.design_system, name="design-system"),
    path("", include("procedures.urls")),
    path("", include("portal.announcements.urls")),
    path("", include("accounts.registration.urls")),
    path("", include("accounts.provider.urls")),
    path("tai-khoan/", include("accounts.urls")),
    path("", include("payments.urls")),
    path("", include("dossiers.urls")),
    path("", include("feedback.urls")),
    path("", include("ratings.urls")),
    path("", include("portal.exchange.developers.urls")),
    path("", include("portal.content.urls")),
    path("", include("helpdesk.urls")),
    path("", include("portal.documents.urls")),
    path("", include("portal.notifications.urls")),
    path("", include("portal.operations.urls")),
    path("api/v1/docs", docs, name="api-docs"),
    path("api/v1/", api.urls),
    path("quan-tri/", admin.site.urls),
    path("favicon.ico", views.favicon, name="favicon"),
]

handler400 = "portal.home.views.bad_request"
handler403 = "portal.home.views.forbidden"
handler404 = "portal.home.views.not_found"
handler500 = "portal.home.views.server_error"
