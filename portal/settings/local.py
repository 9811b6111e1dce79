"""`make run` and development: plain HTTP on localhost, simulators for the outside world, keys made on first start.

The launcher puts keys and addresses into the environment; nothing secret stands in this file.
"""

from __future__ import annotations

from portal.settings.base import *  # noqa: F403
from portal.settings.base import env

DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
ENVIRONMENT_LABEL = env.str("ENVIRONMENT_LABEL", "Bản trình diễn: dữ liệu giả, không có giá trị pháp lý")
# Tells the checks that simulators may stand in for the outside world here, and nowhere else.
SIMULATORS_ALLOWED = True
SIMULATORS_URL = env.str("SIMULATORS_URL", "http://localhost:8001")
"""Where the simulators listen: the demo's payment institutions are reached there."""
PAYMENT_PLAIN_HTTP = True
SIGN_ON_PLAIN_HTTP = True
# The simulators write their certificates when they start, after the demo data were loaded.
CELERY_BEAT_SCHEDULE = {
    **CELERY_BEAT_SCHEDULE,
    "payments-demo": {"task": "payments.connect_demo", "schedule": 20.0, "options": {"queue": "soon", "expires": 20}},
}
