"""Addresses of the catalogue. ``pages`` exist in both languages (portal.urls repeats them under ``/en/``)."""

from __future__ import annotations

from django.urls import path

from procedures import views
from procedures.assistant.views import assistant
from procedures.guidance.views import guide, schema
from procedures.guides.views import guide_file, guide_list, guide_page
from procedures.questions.views import question_list, question_page, question_vote

pages = [
    path("tim-kiem/", views.search_page, name="search"),
    path("tim-kiem/goi-y/", views.suggestions, name="suggestions"),
    path("thu-tuc/", views.procedure_list, name="procedures"),
    path("thu-tuc/<str:code>/", views.procedure_page, name="procedure"),
    path("thu-tuc/<str:code>/thay-doi/", views.changes_page, name="procedure-changes"),
    path("quyet-dinh/", views.decision_list, name="decisions"),
    path("quyet-dinh/<int:pk>/", views.decision_page, name="decision"),
    path("bo-phan-mot-cua/", views.centres, name="centres"),
    path("lay-y-kien/", views.consultation_list, name="consultations"),
    path("lay-y-kien/<uuid:pk>/", views.consultation_page, name="consultation"),
    path("chat-luong-du-lieu/", views.quality_page, name="data-quality"),
    path("dich-vu-truc-tuyen/", views.service_register, name="online-services"),
    path("co-quan/<str:code>/niem-yet/", views.posting, name="posting"),
    path("thu-tuc/<str:code>/huong-dan/", guide, name="guidance"),
    path("tai-lieu-huong-dan/", guide_list, name="guides"),
    path("tai-lieu-huong-dan/<slug:slug>/", guide_page, name="guide"),
    path("hoi-dap/", question_list, name="questions"),
    path("hoi-dap/<slug:slug>/", question_page, name="question"),
    path("hoi-dap/<slug:slug>/huu-ich/", question_vote, name="question-vote"),
    path("tro-ly/", assistant, name="assistant"),
    path("su-kien/", views.event_index, name="events"),
    path("su-kien/<slug:slug>/", views.event_page, name="event"),
    path("linh-vuc/", views.field_index, name="fields"),
    path("linh-vuc/<str:code>/", views.field_page, name="field"),
    path("co-quan/", views.agency_index, name="agencies"),
    path("co-quan/<str:code>/", views.agency_page, name="agency"),
    path("bao-loi/", views.report_mistake, name="report-mistake"),
]
urlpatterns = [
    *pages,
    path("tai-lieu-huong-dan/<slug:slug>/tep/<str:which>/", guide_file, name="guide-file"),
    path("nhung/co-quan/<str:code>/", views.embedded, name="embedded"),
    path("nha-phat-trien/huong-dan.schema.json", schema, name="guidance-schema"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path("opensearch.xml", views.opensearch, name="opensearch"),
]
