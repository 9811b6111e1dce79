"""What this room itself measures: queues, database, replicas, storage, Redis, ends of certificates, and the connections below it."""

from __future__ import annotations

import contextlib
import logging
import shutil
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import connection
from django.db.models import Max, Q, Sum
from django.utils import timezone

from portal.celery import QUEUES
from portal.exchange.http import registries
from portal.exchange.partners.models import Partner
from portal.operations.connections import Connection, State, connections, register_connections
from portal.operations.figures import register_figure
from portal.operations.models import Figure
from portal.outbox.queries import backlog
from portal.redis import guarded_redis

logger = logging.getLogger(__name__)

SERVICES: Mapping[str, tuple[str, str]] = {
    "population": ("Cơ sở dữ liệu quốc gia về dân cư", "POPULATION_REGISTRY_URL"),
    "business": ("Cơ sở dữ liệu đăng ký doanh nghiệp", "BUSINESS_REGISTRY_URL"),
    "insurance": ("Cơ sở dữ liệu bảo hiểm", "INSURANCE_REGISTRY_URL"),
    "tax": ("Hệ thống thuế", "TAX_REGISTRY_URL"),
    "telecom": ("Xác nhận chủ thuê bao", "TELECOM_REGISTRY_URL"),
    "immigration": ("Cơ sở dữ liệu xuất nhập cảnh", "IMMIGRATION_REGISTRY_URL"),
    "civil_status": ("Cơ sở dữ liệu hộ tịch", "CIVIL_STATUS_REGISTRY_URL"),
    "land": ("Cơ sở dữ liệu đất đai", "LAND_REGISTRY_URL"),
    "vehicle": ("Cơ sở dữ liệu phương tiện", "VEHICLE_REGISTRY_URL"),
    "post": ("Bưu chính công ích", "PUBLIC_POST_URL"),
    "document_axis": ("Trục liên thông văn bản quốc gia", "DOCUMENT_AXIS_URL"),
    "beneficiary": ("Sao kê tài khoản thụ hưởng", "BENEFICIARY_STATEMENTS_URL"),
    "csc": ("Dịch vụ ký số từ xa", "REMOTE_SIGNING_URL"),
    "vneid": ("VNeID", "VNEID_URL"),
    "sms": ("Cổng tin nhắn SMS", "SMS_GATEWAY_URL"),
    "mail": ("Máy chủ thư điện tử", "MAIL_SERVER_URL"),
}
"""Systems that we call: what `portal.exchange` calls them, what people call them, where they are set."""
OWNERS: Mapping[str, tuple[str, ...]] = {
    "population": ("G01",), "immigration": ("G01",), "vehicle": ("G01",), "vneid": ("G01",), "business": ("G12",), "tax": ("G12",),
    "insurance": ("G24",), "telecom": ("G06",), "civil_status": ("G15",), "land": ("G10",),
}  # fmt: skip
"""Whose service each is, by the agency's code: its people see it and are told when it breaks. The others are the Government Office's."""
LATELY = timedelta(minutes=15)
SILENT_AFTER = timedelta(hours=24)
HANDSHAKE_SECONDS = 3.0


# Queues --------------------------------------------------------------------------------------------------------------------------


def _outbox(part: str) -> Callable[[], Mapping[str, float]]:
    return lambda: {"": float(getattr(backlog(), part))}


def _inbox() -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT source, count(*) FROM inbox_received WHERE handled_at IS NULL GROUP BY source ORDER BY source LIMIT 50")
        return {source: float(count) for source, count in cursor.fetchall()} or {"": 0.0}


def _broker() -> dict[str, float]:
    store = guarded_redis(settings.CELERY_BROKER_URL, logger, "length of queues unknown: redis does not answer")
    lengths = store.ask(lambda client: [client.llen(queue) for queue in QUEUES])
    return dict(zip(QUEUES, map(float, lengths), strict=True)) if lengths is not None else {}


def _redis_up() -> dict[str, float]:
    store = guarded_redis(settings.REDIS_URL, logger, "redis does not answer")
    return {"": 1.0 if store.ask(lambda client: client.ping()) else 0.0}


# Database ------------------------------------------------------------------------------------------------------------------------


def _one(statement: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return float(cursor.fetchone()[0] or 0)


_SIZE = "SELECT pg_database_size(current_database())"
_SESSIONS = "SELECT 100.0 * count(*) / current_setting('max_connections')::int FROM pg_stat_activity WHERE backend_type = 'client backend'"
_OLDEST = "SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0) FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid() AND backend_type = 'client backend'"  # noqa: E501
_LAG = "SELECT application_name, client_addr::text, coalesce(extract(epoch FROM replay_lag), 0) FROM pg_stat_replication ORDER BY 1, 2 LIMIT 20"  # noqa: E501
_ARCHIVE = "SELECT CASE WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN 1 ELSE 0 END FROM pg_stat_archiver"


def _replicas() -> dict[str, float]:
    """Lag in seconds by the replica's name; nothing where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_LAG)
        return {str(name or address or "?"): float(lag) for name, address, lag in cursor.fetchall()}


# Storage -------------------------------------------------------------------------------------------------------------------------


def _storage() -> dict[str, float]:
    """Free share in percent of the disks on which files and the rest lie, as this machine sees them."""
    found = {}
    for label, folder in (("files", settings.FILES_ROOT), ("var", str(settings.VAR))):
        there = Path(folder)
        while not there.exists() and there != there.parent:
            there = there.parent
        usage = shutil.disk_usage(there)
        found[label] = usage.free / usage.total * 100
    return found


# Certificates --------------------------------------------------------------------------------------------------------------------

_certificates: dict[str, Callable[[], Iterable[tuple[str, datetime]]]] = {}


def register_certificates(name: str, read: Callable[[], Iterable[tuple[str, datetime]]]) -> None:
    """Let a room tell of certificates it depends on: what each is called (no person's name) and when it ends. Once, in ``ready()``."""
    _certificates[name] = read


def certificates() -> dict[str, datetime]:
    """When each certificate ends, by what it is called."""
    found: dict[str, datetime] = {}
    for name, read in _certificates.items():
        try:
            found.update(read())
        except Exception as error:
            # A file that cannot be read is told by its absence; the other certificates are looked at.
            logger.warning("certificates cannot be read", extra={"room": name, "error": type(error).__name__})
    return found


def _days_left() -> dict[str, float]:
    now = timezone.now()
    return {name: (ends - now).total_seconds() / 86400 for name, ends in certificates().items()}


def _roots() -> Iterable[tuple[str, datetime]]:
    for setting in ("TRUSTED_ROOTS", "PUBLIC_TRUSTED_ROOTS", "MAIL_ROOTS"):
        path = getattr(settings, setting, "")
        if path and Path(path).is_file():
            for one in x509.load_pem_x509_certificates(Path(path).read_bytes()):
                names = one.subject.get_attributes_for_oid(NameOID.COMMON_NAME) or one.subject.get_attributes_for_oid(
                    NameOID.ORGANIZATION_NAME
                )
                yield f"{setting}: {str(names[0].value)[:60] if names else format(one.serial_number, 'x')[:20]}", one.not_valid_after_utc


def _served() -> Iterable[tuple[str, datetime]]:
    """The certificates that are shown to callers: our own site's, and those of systems that we call."""
    own = [("Cổng", settings.SITE_URL)]
    theirs = [(title, str(getattr(settings, setting, ""))) for title, setting in SERVICES.values()]
    for title, url in own + theirs:
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            with contextlib.suppress(OSError, ValueError):
                yield f"TLS: {title}", tls_end(parts.hostname, parts.port or 443)


def tls_end(host: str, port: int) -> datetime:
    """When the certificate ends that a server shows. It is read, not trusted: one that has ended must be seen too. ``OSError``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=HANDSHAKE_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        shown = tls.getpeercert(binary_form=True)
    if shown is None:
        raise OSError("no certificate")
    return x509.load_der_x509_certificate(shown).not_valid_after_utc


# Connections ---------------------------------------------------------------------------------------------------------------------


def _services(now: datetime) -> Sequence[Connection]:
    """Systems that we call, by the answers of the last minutes and the breaker (two queries, one question to Redis)."""
    minutes = Figure.objects.filter(span=Figure.MINUTE, name__in=["outside.answered", "outside.failed"], at__gte=now - LATELY)
    lately: dict[str, dict[str, float]] = defaultdict(dict)
    for name, label, total in minutes.values_list("name", "label").annotate(total=Sum("value")).order_by("name", "label"):
        lately[label][name] = total
    answered = Figure.objects.filter(name="outside.answered", value__gt=0, at__gte=now - timedelta(days=30))
    last: dict[str, datetime] = dict(answered.values_list("label").annotate(newest=Max("at")).order_by("label"))
    resting = registries.resting(SERVICES)
    found = []
    for code, (title, setting) in SERVICES.items():
        came, failed = lately[code].get("outside.answered", 0.0), lately[code].get("outside.failed", 0.0)
        if not getattr(settings, setting, ""):
            state, note = State.OFF, "Chưa cấu hình"
        elif code in resting or (failed and not came):
            state, note = State.DOWN, f"{failed:.0f} lượt hỏi không được trả lời trong 15 phút" if failed else "Tạm không hỏi"
        elif came:
            share = failed / (came + failed)
            state, note = State.UP, f"{failed:.0f} trên {came + failed:.0f} lượt hỏi trong 15 phút không được trả lời" if share else ""
        else:
            state, note = State.UNKNOWN, "Không có lượt hỏi nào trong 15 phút"
        found.append(Connection(code, title, state, "Cổng gọi", OWNERS.get(code, ()), last.get(code), note))
    return found


def _partners(now: datetime) -> Sequence[Connection]:
    """Systems that call us, by their last call (one query)."""
    found = []
    for partner in Partner.objects.annotate(last_at=Max("days__last_at", filter=Q(days__day__gte=now - timedelta(days=60)))).order_by(
        "code"
    ):
        last: datetime | None = partner.last_at
        if partner.suspended_at is not None:
            state, note = State.OFF, "Tạm ngừng"
        elif last is None:
            state, note = State.UNKNOWN, "Chưa gọi lần nào trong 60 ngày"
        elif now - last > SILENT_AFTER:
            state, note = State.SILENT, "Không gọi quá 24 giờ"
        else:
            state, note = State.UP, ""
        kind = "Hệ thống kết nối (thử nghiệm)" if partner.is_test else "Hệ thống kết nối"
        found.append(
            Connection(
                f"partner:{partner.code}", partner.name, state, kind, tuple(partner.units), last, note,
                f"/quan-tri/partners/partner/{partner.code}/change/",
            )
        )  # fmt: skip
    return found


def _broken() -> dict[str, float]:
    return {one.code: 1.0 if one.state is State.DOWN else 0.0 for one in connections(timezone.now()) if one.state is not State.OFF}


def _connection_names(labels: Iterable[str]) -> dict[str, str]:
    wanted = set(labels)
    return {one.code: one.name for one in connections(timezone.now()) if one.code in wanted}


def register() -> None:
    """What stands on the state page from this room."""
    measured: list[tuple[str, str, str, str, Callable[[], Mapping[str, float]] | None]] = [
        ("web.requests", "Lượt truy cập", "lượt", "web", None),
        ("web.error_share", "Tỷ lệ lỗi máy chủ (5xx)", "%", "web", None),
        ("web.median", "Một nửa số lượt được trả lời trong", "giây", "web", None),
        ("web.p95", "95% số lượt được trả lời trong", "giây", "web", None),
        ("outbox.due", "Việc gửi ra ngoài đang chờ", "việc", "queues", _outbox("due")),
        ("outbox.oldest_seconds", "Việc gửi ra ngoài chờ lâu nhất", "giây", "queues", _outbox("oldest_seconds")),
        ("outbox.dead", "Việc gửi ra ngoài đã thôi thử", "việc", "queues", _outbox("dead")),
        ("inbox.waiting", "Tin từ ngoài chưa xử lý", "tin", "queues", _inbox),
        ("celery.waiting", "Việc nền đang chờ (hàng đợi Celery)", "việc", "queues", _broker),
        ("tasks.done", "Việc nền đã xong", "lần", "queues", None),
        ("tasks.failed", "Việc nền bị lỗi", "lần", "queues", None),
        ("redis.up", "Redis trả lời", "", "queues", _redis_up),
        ("database.bytes", "Cỡ cơ sở dữ liệu", "byte", "database", lambda: {"": _one(_SIZE)}),
        ("database.connections_share", "Kết nối cơ sở dữ liệu đang dùng", "%", "database", lambda: {"": _one(_SESSIONS)}),
        ("database.oldest_seconds", "Giao dịch mở lâu nhất", "giây", "database", lambda: {"": _one(_OLDEST)}),
        ("database.replica_lag", "Bản sao chậm hơn bản chính", "giây", "database", _replicas),
        ("database.archive_failing", "Lưu nhật ký WAL đang lỗi", "", "database", lambda: {"": _one(_ARCHIVE)}),
        ("storage.free_share", "Chỗ trống còn lại", "%", "storage", _storage),
        ("certificate.days", "Chứng thư còn hiệu lực", "ngày", "certificates", _days_left),
        ("sign_in.done", "Lượt đăng nhập", "lượt", "sign_in", None),
        ("sign_in.failed", "Lượt đăng nhập không thành", "lượt", "sign_in", None),
        ("outside.answered", "Lượt hỏi hệ thống ngoài được trả lời", "lượt", "connections", None),
        ("outside.failed", "Lượt hỏi hệ thống ngoài không được trả lời", "lượt", "connections", None),
    ]
    for name, title, unit, group, read in measured:
        register_figure(name, title, unit=unit, group=group, read=read, hourly=name == "certificate.days")
    register_figure("connection.down", "Kết nối bị đứt", group="connections", read=_broken, names=_connection_names)
    register_certificates("roots", _roots)
    register_certificates("served", _served)
    register_connections("services", _services)
    register_connections("partners", _partners)
