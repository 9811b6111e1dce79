"""What the tests change: cheap hashes and fixed keys, nothing that makes a part behave differently."""

from __future__ import annotations

import os
import re

os.environ.setdefault("SECRET_KEY", "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789")
os.environ.setdefault("FIELD_KEYS", "t1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
os.environ.setdefault("BLIND_INDEX_KEY", "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")
os.environ.setdefault("AUDIT_SIGNING_KEY", "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=")
# Two workers load catalogues in transactions beside browsers: what takes a second alone took fifteen.
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "60000")

# Each xdist worker has a Redis index of its own. Here and not in a conftest, because settings are read before any conftest;
# the mark tells processes that a worker starts that their REDIS_URL is its already.
if (_worker := re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", ""))) and "REDIS_INDEX_OF_WORKER" not in os.environ:
    _server, _, _index = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0").rpartition("/")
    os.environ["REDIS_URL"] = f"{_server}/{int(_index or 0) + int(_worker)}"
    os.environ["REDIS_INDEX_OF_WORKER"] = _worker

from portal.settings.local import *  # noqa: F403

# Tests in one process look at what views answer; kept pages have tests of their own and are on in every portal that a test starts.
PAGE_CACHE_MB = 0
KEEP_SEARCH_INDEX = False
COUNT_READINGS = False
FRAME_FOLLOWS_TABLES = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ALLOWED_HOSTS = ["*"]
