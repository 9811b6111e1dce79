"""The portal as `make run` starts it, plus the bare view it is measured against."""

from __future__ import annotations

from portal.settings.local import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
LOG_LEVEL = "ERROR"
LOGGING["root"]["level"] = "ERROR"  # type: ignore[index]  # noqa: F405
