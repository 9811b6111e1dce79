"""Addresses of the helpdesk. ``pages`` exist in both languages."""

from __future__ import annotations

from django.urls import path

from helpdesk.views import operations, tickets, voice

pages = [
    path("ho-tro/yeu-cau/", tickets.ask, name="support-ask"),
    path("ho-tro/theo-doi/", tickets.follow, name="support-follow"),
    path("ho-tro/vuong-mac/", tickets.troubles, name="troubles"),
    path("bao-tri/", operations.operations, name="operations"),
    path("van-hanh-thu/", operations.trial, name="trial"),
]
urlpatterns = [
    *pages,
    path("ho-tro/cua-toi/", tickets.mine, name="support-mine"),
    path("tong-dai/menu.vxml", voice.menu, name="voice-menu"),
    path("tong-dai/ho-so.vxml", voice.ask_dossier, name="voice-ask-dossier"),
    path("tong-dai/thu-tuc.vxml", voice.ask_procedure, name="voice-ask-procedure"),
    path("tong-dai/nguoi-truc.vxml", voice.person, name="voice-person"),
    path("tong-dai/ho-so/", voice.dossier, name="voice-dossier"),
    path("tong-dai/thu-tuc/", voice.procedure, name="voice-procedure"),
    path("tong-dai/nhan-tin/", voice.send, name="voice-send"),
]
