"""Addresses of petitions: below ``/phan-anh-kien-nghi/`` what everybody reads, then senders' pages; papers of the desk."""

from __future__ import annotations

from feedback import urls_citizen, urls_public
from feedback.admin import records

pages = [*urls_public.pages, *urls_citizen.pages]
urlpatterns = [*urls_public.urlpatterns, *urls_citizen.urlpatterns, *records.urlpatterns]
