"""What every installation shares. Values that differ between machines come from the environment."""

from __future__ import annotations

from pathlib import Path

import environ
from celery.schedules import crontab

from portal.redis_address import sentinels_of

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

VAR = Path(env.str("VAR", str(BASE_DIR / "var"))).resolve()
"""Where this copy keeps what must outlive a process: private files, demo keys, the embedded servers' data."""

SECRET_KEY = env.str("SECRET_KEY", "")
DEBUG = False
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
SITE_URL = env.str("SITE_URL", "http://localhost:8000")
"""Public address of the portal, without a slash at the end; printed into QR codes and messages."""

INSTALLED_APPS = [
    "portal.access.site.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "template_partials",
    "csp",
    "pgtrigger",
    "pghistory",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "portal.caching",
    "portal.catalogues",
    "portal.search",
    "portal.announcements",
    "portal.upkeep",
    "portal.content",
    "portal.access",
    "portal.retention",
    "portal.audit",
    "portal.crypto",
    "portal.files",
    "portal.outbox",
    "portal.inbox",
    "portal.limits",
    "portal.exchange",
    "portal.exchange.partners",
    "portal.exchange.messages",
    "portal.notifications",
    "portal.operations",
    "portal.documents",
    "accounts",
    "procedures",
    "payments",
    "dossiers",
    "feedback",
    "ratings",
    "helpdesk",
    "portal.home",
]

MIDDLEWARE = [
    "portal.operations.middleware.RequestIdMiddleware",
    "procedures.middleware.CountReadings",
    "portal.caching.middleware.PageCache",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.upkeep.middleware.OnlyRead",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.access.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "dossiers.kiosk.middleware.Kiosk",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

FORM_RENDERER = "portal.ui.render.Controls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["portal.ui.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.access.context.viewer",
                "portal.upkeep.context.upkeep",
            ],
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default="postgres://portal@127.0.0.1:5432/portal")}
DATABASES["default"].update(
    CONN_MAX_AGE=env.int("DATABASE_CONN_MAX_AGE", 60),
    CONN_HEALTH_CHECKS=True,
    ATOMIC_REQUESTS=False,
)
# A statement that runs longer than this is a bug or an attack; reports set their own limit.
DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
    f"-c statement_timeout={env.int('DATABASE_STATEMENT_TIMEOUT_MS', 15000)} -c lock_timeout=10000"
)
if env.str("DATABASE_REPLICA_URL", ""):
    DATABASES["replica"] = {**DATABASES["default"], **env.db("DATABASE_REPLICA_URL")}
    DATABASES["replica"]["OPTIONS"] = {**DATABASES["default"]["OPTIONS"], "connect_timeout": 2, **DATABASES["replica"].get("OPTIONS", {})}
DATABASE_ROUTERS = ["portal.caching.replica.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
PAGE_CACHE_MB = env.int("PAGE_CACHE_MB", 96)
"""Memory in which each web process keeps pages for strangers; 0: none are kept."""
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        # A list, for a plain text would be taken apart at the commas of sentinels.
        "LOCATION": [REDIS_URL],
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "pool_class": "portal.redis.Pool"},
    }
}

_sentinels = sentinels_of(REDIS_URL)
CELERY_BROKER_URL = _sentinels.for_celery if _sentinels else REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "soon"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# What has not ended by then is handed to another worker, so every task is ended before; longer work is cut into pieces
# (`portal.files.tasks.remove_orphans` shows how). `portal.outbox.checks` refuses to start otherwise.
CELERY_TASK_SOFT_TIME_LIMIT = 40
CELERY_TASK_TIME_LIMIT = 50
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60,
    "unacked_restore_interval": 5,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "retry_on_timeout": True,
    **({"master_name": _sentinels.master, "sentinel_kwargs": {"password": _sentinels.password}} if _sentinels else {}),
}
# Publishing must never hold a page up: the outbox sweeper sends what the broker missed.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "Asia/Ho_Chi_Minh"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "old-papers-owners": {
        "task": "dossiers.look_for_owners",
        "schedule": crontab(hour=1, minute=35),
        "options": {"queue": "bulk"},
    },
    "outbox-sweep": {"task": "portal.outbox.tasks.sweep", "schedule": 10.0, "options": {"queue": "now", "expires": 10}},
    "outbox-old": {"task": "portal.outbox.tasks.forget", "schedule": crontab(hour=3, minute=40), "options": {"queue": "bulk"}},
    "erasures-ledger": {
        "task": "portal.crypto.tasks.complete_ledger",
        "schedule": crontab(hour=4, minute=25),
        "options": {"queue": "bulk"},
    },
    "inbox-bodies": {"task": "portal.inbox.tasks.forget_bodies", "schedule": crontab(hour=4, minute=0), "options": {"queue": "bulk"}},
    "messages-axis": {"task": "portal.exchange.messages.tasks.fetch", "schedule": 60.0, "options": {"queue": "soon", "expires": 60}},
    "messages-look": {"task": "portal.exchange.messages.tasks.look", "schedule": 10.0, "options": {"queue": "soon", "expires": 10}},
    "messages-bodies": {
        "task": "portal.exchange.messages.tasks.forget_bodies",
        "schedule": crontab(hour=4, minute=15),
        "options": {"queue": "bulk"},
    },
    "notices-expired": {
        "task": "portal.notifications.tasks.forget_expired",
        "schedule": crontab(hour=3, minute=50),
        "options": {"queue": "bulk"},
    },
    "files-orphans": {"task": "portal.files.tasks.remove_orphans", "schedule": crontab(hour=2, minute=40), "options": {"queue": "bulk"}},
    "steering-feed": {"task": "ratings.feed_steering", "schedule": 300.0, "options": {"queue": "bulk", "expires": 280}},
    "files-uploads": {"task": "portal.files.tasks.expire_uploads", "schedule": crontab(minute=25), "options": {"queue": "bulk"}},
    "files-again": {"task": "portal.files.tasks.check_again", "schedule": crontab(hour=5, minute=10), "options": {"queue": "bulk"}},
    "decisions-due": {"task": "procedures.tasks.publish_due", "schedule": 60.0, "options": {"queue": "soon"}},
    "catalogue-faults": {"task": "procedures.tasks.find_faults", "schedule": crontab(hour=2, minute=40), "options": {"queue": "bulk"}},
    "readings-rank": {"task": "procedures.tasks.rank_by_use", "schedule": crontab(hour=3, minute=10), "options": {"queue": "bulk"}},
    "search-recount": {"task": "portal.search.tasks.recount_corpora", "schedule": crontab(hour=4, minute=10), "options": {"queue": "bulk"}},
    "misses-old": {"task": "procedures.tasks.forget_old_misses", "schedule": crontab(hour=3, minute=20), "options": {"queue": "bulk"}},
    "question-votes": {"task": "procedures.forget_votes", "schedule": crontab(hour=3, minute=22), "options": {"queue": "bulk"}},
    "proof-tries-old": {
        "task": "portal.documents.tasks.forget_old_tries",
        "schedule": crontab(hour=3, minute=30),
        "options": {"queue": "bulk"},
    },
    "documents-stamps": {
        "task": "portal.documents.tasks.renew_stamps",
        "schedule": crontab(hour=2, minute=20),
        "options": {"queue": "bulk"},
    },
    "documents-batches": {"task": "portal.documents.tasks.forget_batches", "schedule": crontab(minute=35), "options": {"queue": "bulk"}},
    "caching-old": {"task": "portal.caching.tasks.remove_old_changes", "schedule": 86400.0, "options": {"queue": "bulk", "expires": 3600}},
    "sign-in-old": {"task": "accounts.tasks.remove_old", "schedule": crontab(hour=3, minute=30), "options": {"queue": "bulk"}},
    "registry-again": {"task": "accounts.tasks.ask_registry_again", "schedule": crontab(hour=1, minute=30), "options": {"queue": "bulk"}},
    "organisations-again": {
        "task": "accounts.tasks.ask_business_registry",
        "schedule": crontab(hour=2, minute=30),
        "options": {"queue": "bulk"},
    },
    "registrations-end": {"task": "accounts.tasks.end_registrations", "schedule": crontab(minute=20), "options": {"queue": "bulk"}},
    "phones-due": {"task": "accounts.tasks.apply_phones", "schedule": 300.0, "options": {"queue": "bulk", "expires": 300}},
    # By day: who is told by SMS that their account will be locked is awake.
    "accounts-idle": {"task": "accounts.tasks.look_at_idle", "schedule": crontab(hour=9, minute=0), "options": {"queue": "bulk"}},
    "accounts-complaints": {"task": "accounts.tasks.watch_complaints", "schedule": 300.0, "options": {"queue": "soon", "expires": 300}},
    "sign-on-over": {"task": "accounts.tasks.end_sign_ons", "schedule": 300.0, "options": {"queue": "bulk", "expires": 300}},
    "sign-on-keys": {"task": "accounts.tasks.rotate_sign_on_keys", "schedule": crontab(hour=2, minute=5), "options": {"queue": "bulk"}},
    "sign-in-providers": {"task": "accounts.tasks.read_providers", "schedule": 60.0, "options": {"queue": "soon", "expires": 60}},
    "accounts-close": {"task": "accounts.tasks.close_accounts", "schedule": crontab(minute=15), "options": {"queue": "bulk"}},
    "sign-in-watch": {"task": "accounts.tasks.watch_sign_in", "schedule": 300.0, "options": {"queue": "soon", "expires": 300}},
    "payments-ask": {"task": "payments.ask", "schedule": 15.0, "options": {"queue": "soon", "expires": 15}},
    "payments-expire": {"task": "payments.expire", "schedule": 60.0, "options": {"queue": "bulk", "expires": 60}},
    "payments-refunds": {"task": "payments.ask_refunds", "schedule": 20.0, "options": {"queue": "soon", "expires": 20}},
    "payments-traces": {"task": "payments.traces", "schedule": 300.0, "options": {"queue": "bulk", "expires": 300}},
    "payments-licences": {"task": "payments.licences", "schedule": crontab(hour=0, minute=10), "options": {"queue": "bulk"}},
    "payments-balances": {"task": "payments.keep_balances", "schedule": crontab(hour=1, minute=10), "options": {"queue": "bulk"}},
    # Institutions write their files after midnight; whoever is late is asked again each hour.
    "payments-files": {"task": "payments.fetch_statements", "schedule": crontab(hour="1-8", minute=30), "options": {"queue": "bulk"}},
    "payments-account-files": {
        "task": "payments.fetch_beneficiary_statements",
        "schedule": crontab(hour="1-8", minute=35),
        "options": {"queue": "bulk"},
    },
    "payments-transfers": {"task": "payments.watch_transfers", "schedule": 180.0, "options": {"queue": "soon", "expires": 180}},
    # By day, too: files that come late, runs whose worker is gone.
    "payments-reconcile": {"task": "payments.reconcile_days", "schedule": crontab(minute=50), "options": {"queue": "bulk"}},
    "payments-escalate": {"task": "payments.escalate_cases", "schedule": 900.0, "options": {"queue": "bulk", "expires": 900}},
    "feedback-warn": {"task": "feedback.warn", "schedule": 600.0, "options": {"queue": "bulk", "expires": 600}},
    "feedback-succeed": {"task": "feedback.succeed", "schedule": crontab(hour=0, minute=20), "options": {"queue": "bulk"}},
    "feedback-fold": {"task": "feedback.fold", "schedule": 2.0, "options": {"queue": "soon", "expires": 2}},
    "feedback-figures": {"task": "feedback.check_figures", "schedule": crontab(hour=1, minute=10), "options": {"queue": "bulk"}},
    "feedback-votes": {"task": "feedback.forget_votes", "schedule": crontab(hour=3, minute=25), "options": {"queue": "bulk"}},
    "feedback-recompute": {"task": "feedback.recompute", "schedule": crontab(hour=0, minute=40), "options": {"queue": "bulk"}},
    "dossiers-remind": {"task": "dossiers.remind_of_payments", "schedule": 300.0, "options": {"queue": "bulk", "expires": 300}},
    "dossiers-supplements": {"task": "dossiers.follow_supplements", "schedule": 300.0, "options": {"queue": "soon", "expires": 300}},
    "dossiers-looks": {"task": "dossiers.forget_looks", "schedule": crontab(hour=3, minute=45), "options": {"queue": "bulk"}},
    "dossiers-drafts-shown": {"task": "dossiers.follow_drafts", "schedule": 300.0, "options": {"queue": "soon", "expires": 300}},
    "dossiers-reuse": {"task": "dossiers.add_reuse", "schedule": 60.0, "options": {"queue": "bulk", "expires": 60}},
    "dossiers-counter-filings": {
        "task": "dossiers.forget_counter_filings",
        "schedule": crontab(hour=2, minute=45),
        "options": {"queue": "bulk"},
    },
    "dossiers-parcels": {"task": "dossiers.follow_parcels", "schedule": 60.0, "options": {"queue": "bulk", "expires": 60}},
    "dossiers-answers": {"task": "dossiers.escalate_answers", "schedule": 300.0, "options": {"queue": "soon", "expires": 300}},
    "dossiers-check-typed": {"task": "dossiers.check_typed", "schedule": 600.0, "options": {"queue": "bulk", "expires": 600}},
    # By day: who is warned by SMS is awake.
    "dossiers-drafts": {"task": "dossiers.keep_drafts", "schedule": crontab(hour=9, minute=20), "options": {"queue": "bulk"}},
    "dossiers-reminders": {"task": "dossiers.remind", "schedule": crontab(hour=8, minute=40), "options": {"queue": "bulk"}},
    "dossiers-appointments": {"task": "dossiers.keep_appointments", "schedule": 300.0, "options": {"queue": "soon", "expires": 300}},
    "dossiers-appointments-old": {
        "task": "dossiers.forget_appointments",
        "schedule": crontab(hour=3, minute=35),
        "options": {"queue": "bulk"},
    },
    "dossiers-disposals": {"task": "dossiers.follow_disposals", "schedule": crontab(hour=2, minute=55), "options": {"queue": "bulk"}},
    "dossiers-drafts-old": {"task": "dossiers.erase_drafts", "schedule": crontab(hour=2, minute=50), "options": {"queue": "bulk"}},
    "dossiers-partitions": {"task": "dossiers.next_partitions", "schedule": crontab(hour=0, minute=5), "options": {"queue": "bulk"}},
    "dossiers-late-orders": {"task": "dossiers.follow_late_orders", "schedule": 300.0, "options": {"queue": "soon", "expires": 300}},
    "ratings-levels": {"task": "ratings.count_levels", "schedule": 300.0, "options": {"queue": "bulk", "expires": 300}},
    "ratings-levels-anew": {
        "task": "ratings.count_levels",
        "schedule": crontab(hour=1, minute=10),
        "kwargs": {"anew": True},
        "options": {"queue": "bulk"},
    },
    "ratings-check": {"task": "ratings.check_figures", "schedule": crontab(hour=2, minute=20), "options": {"queue": "bulk"}},
    "ratings-accounts": {"task": "ratings.count_accounts", "schedule": crontab(hour=1, minute=20), "options": {"queue": "bulk"}},
    "ratings-fold": {"task": "ratings.fold", "schedule": 2.0, "options": {"queue": "soon", "expires": 2}},
    "ratings-fold-scores": {"task": "ratings.fold_scores", "schedule": 2.0, "options": {"queue": "soon", "expires": 2}},
    "ratings-scores": {"task": "ratings.count_scores", "schedule": 60.0, "options": {"queue": "bulk", "expires": 60}},
    "ratings-closed-scores": {"task": "ratings.count_closed_scores", "schedule": crontab(hour=0, minute=50), "options": {"queue": "bulk"}},
    "ratings-fold-slips": {"task": "ratings.fold_slips", "schedule": 2.0, "options": {"queue": "soon", "expires": 2}},
    "ratings-fold-work": {"task": "ratings.fold_work", "schedule": 15.0, "options": {"queue": "bulk", "expires": 15}},
    "ratings-understand": {"task": "ratings.understand", "schedule": 300.0, "options": {"queue": "bulk", "expires": 300}},
    "ratings-demand": {"task": "ratings.forecast_demand", "schedule": crontab(hour=3, minute=10), "options": {"queue": "bulk"}},
    "ratings-invite": {"task": "ratings.invite_to_surveys", "schedule": 60.0, "options": {"queue": "bulk", "expires": 60}},
    "ratings-tell-slips": {"task": "ratings.tell_slips", "schedule": 30.0, "options": {"queue": "soon", "expires": 30}},
    "open-data-begin": {"task": "ratings.begin_open_data", "schedule": crontab(hour=2, minute=10), "options": {"queue": "bulk"}},
    "open-data-make": {"task": "ratings.make_open_data", "schedule": 120.0, "options": {"queue": "bulk", "expires": 120}},
    "content-release": {"task": "content.release", "schedule": 20.0, "options": {"queue": "soon", "expires": 20}},
    "helpdesk-requests": {"task": "helpdesk.watch_requests", "schedule": 60.0, "options": {"queue": "soon", "expires": 60}},
    "helpdesk-incidents": {"task": "helpdesk.follow_incidents", "schedule": 60.0, "options": {"queue": "soon", "expires": 60}},
    "helpdesk-maintenance": {"task": "helpdesk.tell_maintenance", "schedule": 60.0, "options": {"queue": "bulk", "expires": 60}},
    "audit-check": {"task": "portal.audit.tasks.begin_check", "schedule": crontab(hour=1, minute=30), "options": {"queue": "bulk"}},
    "audit-check-on": {"task": "portal.audit.tasks.go_on_with_check", "schedule": 60.0, "options": {"queue": "bulk", "expires": 60}},
    "audit-seal": {"task": "portal.audit.tasks.seal", "schedule": 10.0, "options": {"queue": "soon", "expires": 10}},
    "operations-look": {"task": "operations.look", "schedule": 20.0, "options": {"queue": "now", "expires": 20}},
    "operations-hour": {"task": "operations.look_hourly", "schedule": crontab(minute=3), "options": {"queue": "bulk"}},
    "operations-forget": {"task": "operations.forget", "schedule": crontab(hour=3, minute=55), "options": {"queue": "bulk"}},
    "form-prints-old": {"task": "dossiers.remove_old_prints", "schedule": crontab(minute=50), "options": {"queue": "bulk"}},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "run" / "celerybeat-schedule")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "portal.access.backend.AccessBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/tai-khoan/dang-nhap/"
LOGIN_REDIRECT_URL = "/ho-so/"
LOGOUT_REDIRECT_URL = "/"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "phien"
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", 3600)
"""A session in which nothing is done for so long ends by itself."""
SESSION_LONGEST_SECONDS = env.int("SESSION_LONGEST_SECONDS", 8 * 3600)
"""No session lives longer, whatever is done in it."""
KIOSK_COOKIE_NAME = "kiosk"
"""Of a registered kiosk's browser: pages for it are never kept pages (`dossiers.kiosk`)."""
KIOSK_IDLE_SECONDS = env.int("KIOSK_IDLE_SECONDS", 120)
"""A session at a kiosk ends on the server when nothing was sent for so long; its page ends it sooner, after a minute and 20 seconds."""
SESSION_COOKIE_AGE = SESSION_LONGEST_SECONDS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.home.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# Who is signed in as a citizen signs in as an officer, too, on purpose: the door is not shut to them without a word.
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_FORMS = {"login_webauthn": "accounts.passkey_forms.SignInByPasskeyForm", "add_webauthn": "accounts.passkey_forms.AddPasskeyForm"}
# The library's own limits stand in Django's cache, which fails with Redis, and count the proxy's address: ours stand around its view.
MFA_RATE_LIMITS = False
ACCOUNT_RATE_LIMITS = False

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False
FORMAT_MODULE_PATH = ["portal.formats"]

KEEP_SEARCH_INDEX = True
"""Whether a web process keeps its index of procedures and the facts that filters ask about; only tests, whose transactions nobody else
sees, make them for each question."""
FRAME_FOLLOWS_TABLES = True
"""Whether a process looks whether maintenance, read-only mode or trials have changed; only tests, whose transactions nobody else sees, are
told by the services alone."""
COUNT_READINGS = env.bool("COUNT_READINGS", True)
"""Whether readings of procedures are counted (by day, without readers) to order lists and answers."""

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", str(VAR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

FILES_ROOT = env.str("FILES_ROOT", str(VAR / "files"))
"""Folder of the private, encrypted files. Never served by a web server."""
ERASURE_LEDGER = env.str("ERASURE_LEDGER", "")
"""File in which each erasure is written down, apart from the database and its backups; empty: beside the private files."""
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_IMAGE_PIXELS = 80_000_000
MAX_DOSSIER_BYTES = 100 * 1024 * 1024
FILES_SPARE_BYTES = env.int("FILES_SPARE_BYTES", 64 * 1024 * 1024)
"""So much of the disk stays free: a file that would take it is refused before its first byte."""
OLD_PAPERS_READ_TEXT = env.bool("OLD_PAPERS_READ_TEXT", True)
"""Whether scans of old papers are put upright and read by Tesseract, where it is installed with Vietnamese."""
CLAMAV_ADDRESS = env.str("CLAMAV_ADDRESS", "")
"""host:port or unix:/path of clamd; empty: the built-in checks only, which production wants said in so many words:"""
FILES_WITHOUT_ANTIVIRUS = env.bool("FILES_WITHOUT_ANTIVIRUS", False)

# Keys: "id:base64 of 32 bytes", newest first; older ones stay to read what they wrapped.
FIELD_KEYS: list[str] = env.list("FIELD_KEYS", default=[])
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", "")
BLIND_INDEX_COVERS = env.list("BLIND_INDEX_COVERS", default=["bare"])
"""What may lie over a blind index, the one that is written first: `bare`, or id:base64 (`manage.py rotate_blind_index`)."""
AUDIT_SIGNING_KEY = env.str("AUDIT_SIGNING_KEY", "")
"""Ed25519 private key that signs the seals of the audit trail: base64 of the 32 raw bytes."""
AUDIT_PUBLIC_KEYS: list[str] = env.list("AUDIT_PUBLIC_KEYS", default=[])
"""Public halves of earlier signing keys, base64: seals made with them still verify."""

# Systems outside our walls. In production these point to the real ones; `make run` points them to the simulators.
SMS_GATEWAY_URL = env.str("SMS_GATEWAY_URL", "")
SMS_GATEWAY_TOKEN = env.str("SMS_GATEWAY_TOKEN", "")
SMS_SENDER = env.str("SMS_SENDER", "DVCQG")
SMS_REPORT_TOKEN = env.str("SMS_REPORT_TOKEN", "")
"""Secret part of the address at which the gateway reports deliveries; empty: none are asked for."""
MAIL_SERVER_URL = env.str("MAIL_SERVER_URL", "")
"""``smtps://host`` (TLS at once) or ``smtp+starttls://host:587``; see :mod:`portal.exchange.mail`."""
MAIL_USER = env.str("MAIL_USER", "")
MAIL_PASSWORD = env.str("MAIL_PASSWORD", "")
MAIL_FROM = env.str("MAIL_FROM", "")
"""Address that letters come from."""
MAIL_BOUNCES = env.str("MAIL_BOUNCES", "")
"""Address to which letters that cannot be delivered come back; the notice's number is put into it after a plus."""
MAIL_BOUNCE_TOKEN = env.str("MAIL_BOUNCE_TOKEN", "")
"""Bearer token with which our own mail server hands them on to ``/vao/thu-tra-lai/``; empty: none are taken."""
MAIL_ROOTS = env.str("MAIL_ROOTS", "")
"""PEM file with the roots that the mail server's certificate leads to; empty: the system's."""
POPULATION_REGISTRY_URL = env.str("POPULATION_REGISTRY_URL", "")
POPULATION_REGISTRY_TOKEN = env.str("POPULATION_REGISTRY_TOKEN", "")
BUSINESS_REGISTRY_URL = env.str("BUSINESS_REGISTRY_URL", "")
BUSINESS_REGISTRY_TOKEN = env.str("BUSINESS_REGISTRY_TOKEN", "")
INSURANCE_REGISTRY_URL = env.str("INSURANCE_REGISTRY_URL", "")
INSURANCE_REGISTRY_TOKEN = env.str("INSURANCE_REGISTRY_TOKEN", "")
TAX_REGISTRY_URL = env.str("TAX_REGISTRY_URL", "")
TAX_REGISTRY_TOKEN = env.str("TAX_REGISTRY_TOKEN", "")
TELECOM_REGISTRY_URL = env.str("TELECOM_REGISTRY_URL", "")
TELECOM_REGISTRY_TOKEN = env.str("TELECOM_REGISTRY_TOKEN", "")
IMMIGRATION_REGISTRY_URL = env.str("IMMIGRATION_REGISTRY_URL", "")
IMMIGRATION_REGISTRY_TOKEN = env.str("IMMIGRATION_REGISTRY_TOKEN", "")
CIVIL_STATUS_REGISTRY_URL = env.str("CIVIL_STATUS_REGISTRY_URL", "")
CIVIL_STATUS_REGISTRY_TOKEN = env.str("CIVIL_STATUS_REGISTRY_TOKEN", "")
LAND_REGISTRY_URL = env.str("LAND_REGISTRY_URL", "")
LAND_REGISTRY_TOKEN = env.str("LAND_REGISTRY_TOKEN", "")
VEHICLE_REGISTRY_URL = env.str("VEHICLE_REGISTRY_URL", "")
VEHICLE_REGISTRY_TOKEN = env.str("VEHICLE_REGISTRY_TOKEN", "")
PUBLIC_POST_URL = env.str("PUBLIC_POST_URL", "")
"""The public post's system: parcels with results; empty: nobody can choose to have a result sent."""
PUBLIC_POST_TOKEN = env.str("PUBLIC_POST_TOKEN", "")
BENEFICIARY_STATEMENTS_URL = env.str("BENEFICIARY_STATEMENTS_URL", "")
"""Where the statements of agencies' accounts are fetched by agreement; empty: accountants upload them."""
BENEFICIARY_STATEMENTS_TOKEN = env.str("BENEFICIARY_STATEMENTS_TOKEN", "")
REMOTE_SIGNING_URL = env.str("REMOTE_SIGNING_URL", "")
"""Base of the Cloud Signature Consortium API v2 service, e.g. https://sign.example/csc/v2."""
REMOTE_SIGNING_PUBLIC_URL = env.str("REMOTE_SIGNING_PUBLIC_URL", REMOTE_SIGNING_URL)
"""The same service as the officer's browser reaches it."""
REMOTE_SIGNING_CLIENT_ID = env.str("REMOTE_SIGNING_CLIENT_ID", "")
REMOTE_SIGNING_CLIENT_SECRET = env.str("REMOTE_SIGNING_CLIENT_SECRET", "")
REMOTE_SIGNING_QUALIFIER = env.str("REMOTE_SIGNING_QUALIFIER", "eu_eidas_aes")
"""Kind of signature (CSC ``signatureQualifier``) for which the service lets officers choose their key when they sign in."""
DEMO_PROVIDER_SECRET = env.str("DEMO_PROVIDER_SECRET", "")
"""Seed of the secrets of the simulated identity providers; production refuses to start with one."""
TIMESTAMP_URL = env.str("TIMESTAMP_URL", "")
STAMP_RENEWAL_DAYS = env.int("STAMP_RENEWAL_DAYS", 365)
"""So many days before the certificates of its newest time-stamp end a signed file is stamped again."""
TRUSTED_ROOTS = env.str("TRUSTED_ROOTS", "")
"""PEM file with the certificates of the roots we trust for signatures and officers' sign-in."""
TOKEN_SIGN_IN_URL = env.str("TOKEN_SIGN_IN_URL", "")
"""The same host at the port at which our own proxy asks for a token's certificate (docs/operations.md); empty: there is no such door."""
MESSAGE_MOST_BYTES = env.int("MESSAGE_MOST_BYTES", 4 * 1024 * 1024)
"""The body of one message to or from a partner."""
MESSAGE_WAIT_DAYS = env.int("MESSAGE_WAIT_DAYS", 7)
"""What a partner has not taken after so long becomes a dead letter."""
MESSAGE_SIGNING = env.list("MESSAGE_SIGNING", default=["ES256", "PS256", "RS256"])
"""Algorithms by which partners may sign (JWS); the first is ours."""
MESSAGE_SEALING = env.list("MESSAGE_SEALING", default=["ECDH-ES+A256KW", "RSA-OAEP-256"])
"""Algorithms by which keys of envelopes are wrapped (JWE); partners seal to us by the first."""
MESSAGE_LOST_FAILURES = env.int("MESSAGE_LOST_FAILURES", 5)
MESSAGE_LOST_MINUTES = env.int("MESSAGE_LOST_MINUTES", 5)
"""After so many failures in a row, or so many minutes of failures, a partner's line counts as lost, and those concerned are told."""
NDXP_SERVER_URL = env.str("NDXP_SERVER_URL", "")
"""Our own security server on the national axis, to which messages for partners behind the axis go."""
NDXP_MEMBER = env.str("NDXP_MEMBER", "")
"""How the axis calls us: `VN:GOV:000.00.00.G22:dvcqg`."""
DOCUMENT_AXIS_URL = env.str("DOCUMENT_AXIS_URL", "")
"""The gateway of the national document axis (edXML); with the three below empty: no partner is reached through it, nothing is fetched."""
DOCUMENT_AXIS_SYSTEM = env.str("DOCUMENT_AXIS_SYSTEM", "")
DOCUMENT_AXIS_SECRET = env.str("DOCUMENT_AXIS_SECRET", "")
"""Name and secret of our system there."""
DOCUMENT_AXIS_ORGAN = env.str("DOCUMENT_AXIS_ORGAN", "")
"""How the document axis calls us: `000.00.00.G22`."""
PUBLIC_TRUSTED_ROOTS = env.str("PUBLIC_TRUSTED_ROOTS", "")
"""PEM file with the roots of licensed public authorities: citizens' certificates end there. Empty: nobody signs in by one."""
DEMO_PAYMENT_SECRET = env.str("DEMO_PAYMENT_SECRET", "")
"""Seed of the secrets of the simulated payment institutions; production refuses to start with one."""
PAYMENT_PLAIN_HTTP = False
"""Whether institutions may be reached by plain HTTP on this machine: only where simulators may stand in for them."""
SIGN_ON_PLAIN_HTTP = False
"""Whether systems that sign people in through the portal may have addresses of plain HTTP on this machine: never where people are real."""
OUTSIDE_TIMEOUT_SECONDS = env.float("OUTSIDE_TIMEOUT_SECONDS", 5.0)

SIGN_IN_CODES_PER_ADDRESS = env.int("SIGN_IN_CODES_PER_ADDRESS", 300)
"""One-time passwords that one address may ask for in a day from browsers not used before: many homes share a carrier's address."""
SIGN_IN_CODES_ALARM = env.int("SIGN_IN_CODES_ALARM", 20_000)
"""One-time passwords in the whole country within ten minutes above which the log raises an alarm; nothing is refused for it."""

ENVIRONMENT_LABEL = env.str("ENVIRONMENT_LABEL", "")
"""Shown on every page where set ("Bản thử nghiệm"): nobody takes a trial system for the real one."""
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
"""Bearer token that /metrics asks for; empty: only loopback addresses may read it."""
RELEASE = env.str("RELEASE", "0")
"""Which release this is, as security events name it."""
TRACE_URL = env.str("TRACE_URL", "")
"""Where traces go: the whole address of an OTLP/HTTP receiver (``https://…/v1/traces``); empty: none are made."""
TRACE_SAMPLE = env.float("TRACE_SAMPLE", 0.0)
"""Which share of requests is traced, 0 to 1, decided once at the head of each."""
TRACE_SERVICE = env.str("TRACE_SERVICE", "portal")
SECURITY_SYSLOG_URL = env.str("SECURITY_SYSLOG_URL", "")
"""Who is handed security events: ``udp://``, ``tcp://`` or ``tls://`` host:port (RFC 5424); empty: nobody, they stay on the desk."""
SECURITY_SYSLOG_FORMAT = env.str("SECURITY_SYSLOG_FORMAT", "cef")
"""What the text of a message is: ``cef`` (Common Event Format) or ``plain``; structured data stands before it in both."""
SECURITY_SYSLOG_ROOTS = env.str("SECURITY_SYSLOG_ROOTS", "")
"""PEM file with the roots that the receiver's certificate leads to; empty: the system's."""
SECURITY_SYSLOG_CERTIFICATE = env.str("SECURITY_SYSLOG_CERTIFICATE", "")
SECURITY_SYSLOG_KEY = env.str("SECURITY_SYSLOG_KEY", "")
"""PEM files of our own certificate and key, where the receiver wants to know who we are."""

_form_origins = sorted(
    {"/".join(url.split("/")[:3]) for url in (REMOTE_SIGNING_PUBLIC_URL, TOKEN_SIGN_IN_URL, TOKEN_SIGN_IN_URL and SITE_URL) if url}
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        # Films of guides and their captions.
        "media-src": ["'self'"],
        # A form whose answer redirects to the signing service is held to this list by browsers; pages with forms that lead to identity
        # providers add those (accounts.ways.choices).
        "form-action": ["'self'", *_form_origins],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "manifest-src": ["'self'"],
        "report-uri": "/vao/csp/",
    }
}

LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "context": {"()": "portal.operations.logs.RequestContextFilter"},
        "route": {"()": "portal.operations.logs.RouteFilter"},
    },
    "formatters": {"json": {"()": "portal.operations.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["context"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"filters": ["route"]},
        "django.security.csrf": {"filters": ["route"]},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        # Both name the holders of certificates (personal numbers) in what they log; our own rooms say what matters without them.
        "pyhanko": {"level": "CRITICAL"},
        "pyhanko_certvalidator": {"level": "CRITICAL"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
