"""Production: refuses to start insecure. Each refusal is one sentence that names the variable and the remedy."""

from __future__ import annotations

from portal.settings.base import *  # noqa: F403
from portal.settings.base import env
from portal.settings.guard import refuse_insecure

DEBUG = env.bool("DEBUG", False)
SIMULATORS_ALLOWED = False
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-phien"
CSRF_COOKIE_NAME = "__Host-csrf"
KIOSK_COOKIE_NAME = "__Host-kiosk"

refuse_insecure(globals())
