"""Addresses of surveys; ``pages`` exist in both languages."""

from __future__ import annotations

from django.urls import URLPattern, path

from ratings.surveys import views

pages: list[URLPattern] = [
    path("khao-sat/", views.surveys_page, name="surveys"),
    path("khao-sat/moi/<str:token>/", views.invited_page, name="survey-invited"),
    path("khao-sat/<slug:slug>/", views.survey_page, name="survey"),
    path("khao-sat/<slug:slug>/ket-qua/", views.results_page, name="survey-results"),
]
urlpatterns: list[URLPattern] = []
