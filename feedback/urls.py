"""Addresses of petitions, all below ``/phan-anh-kien-nghi/``. What everybody reads comes first."""

from __future__ import annotations

from feedback import urls_citizen, urls_public

pages = [*urls_public.pages, *urls_citizen.pages]
urlpatterns = [*urls_public.urlpatterns, *urls_citizen.urlpatterns]
