"""Addresses of those who send petitions."""

from __future__ import annotations

from django.urls import URLPattern, path

from feedback.views import front, mine, record, sending

ROOM = "phan-anh-kien-nghi/"
pages: list[URLPattern] = [
    path(ROOM, front.home, name="petition-home"),
    path(f"{ROOM}<str:code>/ban-giay/", record.record, name="petition-record"),
]
"""Also in English."""
urlpatterns: list[URLPattern] = [
    *pages,
    path(f"{ROOM}gui/", sending.start, name="petition-start"),
    path(f"{ROOM}gui/<uuid:draft_id>/noi-dung/", sending.content, name="petition-content"),
    path(f"{ROOM}gui/<uuid:draft_id>/tuong-tu/", sending.alike, name="petition-alike"),
    path(f"{ROOM}gui/<uuid:draft_id>/co-quan/", sending.agency, name="petition-agency"),
    path(f"{ROOM}gui/<uuid:draft_id>/tep/", sending.files, name="petition-files"),
    path(f"{ROOM}gui/<uuid:draft_id>/tep/<uuid:file_id>/", sending.draft_file, name="petition-draft-file"),
    path(f"{ROOM}gui/<uuid:draft_id>/lien-lac/", sending.contact, name="petition-contact"),
    path(f"{ROOM}gui/<uuid:draft_id>/kiem-tra/", sending.check, name="petition-check"),
    path(f"{ROOM}gui/<uuid:draft_id>/xoa/", sending.discard, name="petition-discard"),
    path(f"{ROOM}cua-toi/", mine.mine, name="petition-mine"),
    path(f"{ROOM}theo-doi/", front.follow, name="petition-follow"),
    path(f"{ROOM}<str:code>/", mine.petition_page, name="petition"),
    path(f"{ROOM}<str:code>/bo-sung/", mine.supply, name="petition-supply"),
    path(f"{ROOM}<str:code>/danh-gia/", mine.rate, name="petition-rate"),
    path(f"{ROOM}<str:code>/khong-dong-y/", mine.disagree, name="petition-disagree"),
    path(f"{ROOM}<str:code>/rut/", mine.withdraw, name="petition-withdraw"),
    path(f"{ROOM}<str:code>/tep/<uuid:file_id>/", mine.petition_file, name="petition-file"),
]
