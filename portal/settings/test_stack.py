"""A whole portal started by a test: as ``local``, with the tests' fixed keys."""

from __future__ import annotations

from portal.settings.test import *  # noqa: F403
from portal.settings.test import env

KEEP_SEARCH_INDEX = True
COUNT_READINGS = True
FRAME_FOLLOWS_TABLES = True
PAGE_CACHE_MB = env.int("PAGE_CACHE_MB", 32)
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_ROOT = env.str("STATIC_ROOT")
