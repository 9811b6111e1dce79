"""Tests run on real parts: PostgreSQL, Redis, Celery, files, simulators over HTTP, Chromium.

Each xdist worker has a database, a Redis index and, when a test asks for them, processes of its own. Databases are clones of
a template made once a session; a test that commits gets its database cloned anew afterwards.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

import portal.redis
from portal.launcher.common import free_port
from tests.support import databases, processes

# On a shared machine drawing examples can stall for a second, which says nothing about the test.
hypothesis_settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("portal")
# On such a machine Redis, too, may need longer than a page may wait: a gate that opens by itself would say nothing about limits.
portal.redis.TIMEOUT_SECONDS = 2.0


@pytest.fixture(scope="session")
def shared_tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all xdist workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def worker_var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VAR of this xdist worker."""
    path = tmp_path_factory.mktemp("var")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def django_db_setup(shared_tmp: Path, django_db_blocker: Any, worker_var: Path) -> Iterator[None]:
    """Make the templates once a session, then this worker's clone."""
    from django.conf import settings

    settings.VAR = worker_var
    settings.FILES_ROOT = str(worker_var / "files")
    with FileLock(str(shared_tmp / "templates.lock")), django_db_blocker.unblock():
        done = shared_tmp / "templates.done"
        if not done.exists():
            databases.build_templates()
            done.touch()
    yield
    with django_db_blocker.unblock():
        databases.drop_own()


@pytest.fixture
def _right_clone(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> None:
    """Before a test opens its transaction: a clone with the data it asks for, made anew only where the last one does not fit."""
    with django_db_blocker.unblock():
        databases.ensure(databases.DEMO if "demo_data" in request.fixturenames else databases.EMPTY)


@pytest.fixture
def _django_db_helper(_right_clone: None, _django_db_helper: None) -> None:
    """pytest-django's transaction, on the right clone."""


@pytest.fixture
def demo_data(db: None) -> None:
    """The reference and demo data that ``make run`` loads, in a transaction that is rolled back."""


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A database in which the test commits; processes and threads see what it wrote. The next test gets another clone."""
    with django_db_blocker.unblock():
        databases.ensure(databases.EMPTY)
        databases.soil()
        yield


@pytest.fixture
def demo_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """As ``committed_db``, with the reference and demo data that ``make run`` loads."""
    with django_db_blocker.unblock():
        databases.ensure(databases.DEMO)
        databases.soil()
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long modules first, so that no worker waits alone for the other's last one; within a module the order stays.

    What starts browsers and whole portals is long whatever its number of tests; after that the number says it.
    """
    sizes = Counter(item.path for item in items)
    asked: dict[Path, set[str]] = {}
    for item in items:
        asked.setdefault(item.path, set()).update(_fixtures(item), (mark.name for mark in item.iter_markers()))

    def place(item: pytest.Item) -> tuple[Any, ...]:
        wants = asked[item.path]
        # Those that share a process follow one another.
        return (not wants & _HEAVY, "stack" not in wants, "celery_process" not in wants, -sizes[item.path], str(item.path))

    items.sort(key=place)


_HEAVY = {"browser", "fault", "long", "stack", "celery_process", "front", "image", "running", "launched"}
"""Marks and fixtures of what starts processes."""
_running: dict[str, Any] = {}


def _fixtures(item: pytest.Item | None) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


def _kept(name: str, start: Callable[[], Any]) -> Any:
    """The process of that name that still runs, or one started now. Modules in a row share it."""
    if name not in _running:
        _running[name] = start()
    return _running[name]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Stop what the next test does not want."""
    for name in set(_running) - _fixtures(nextitem):
        _running.pop(name).stop()


def pytest_sessionfinish() -> None:
    """Stop what a broken-off run left."""
    for name in list(_running):
        _running.pop(name).stop()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """No test begins on a connection that a clone has cut: before any fixture opens a transaction on it."""
    databases.forget_dead_connection()


@pytest.fixture(autouse=True)
def _fresh_redis(request: pytest.FixtureRequest) -> None:
    """Limits and caches of one test say nothing to the next."""
    asks = {"db", "committed_db", "demo_db", "stack", "portal"} & set(request.fixturenames)
    if asks or request.node.get_closest_marker("django_db"):
        import redis
        from django.conf import settings

        server = redis.Redis.from_url(settings.REDIS_URL)
        # Celery's table of queues stays: a worker that runs on would not declare them again, and messages would go nowhere.
        keys = [key for key in server.scan_iter(count=1000) if not key.startswith(b"_kombu")]
        if keys:
            server.delete(*keys)


@pytest.fixture(autouse=True)
def _quiet_frame() -> None:
    """Maintenance and trials of one test stand on no page of the next."""
    from django.apps import apps

    if apps.ready:
        from portal.upkeep import known

        known.hold(known.Facts())


@pytest.fixture(scope="session")
def site_port() -> int:
    """The port on which this xdist worker's portal answers, when a test starts it."""
    return free_port()


@pytest.fixture(scope="session")
def simulators(worker_var: Path, site_port: int) -> Iterator[Any]:
    """The outside world: one real process, shared by the tests of this worker."""
    from tests.simulators.running import start_simulators

    handle = start_simulators(worker_var, free_port(), {"SITE_URL": f"http://localhost:{site_port}"})
    yield handle
    handle.stop()


@pytest.fixture
def outside(simulators: Any, settings: Any, site_port: int) -> Any:
    """The simulators, without faults and with an empty outbox, and this process's settings pointing to them."""
    simulators.reset()
    for name, value in simulators.settings.items():
        setattr(settings, name, value)
    settings.SITE_URL = f"http://localhost:{site_port}"

    return simulators


@pytest.fixture(scope="module")
def celery_process(django_db_setup: None, worker_var: Path, simulators: Any, site_port: int) -> processes.Running:
    """A real Celery worker on this xdist worker's database and Redis index; it runs on while the next test wants it, too."""
    site = f"http://localhost:{site_port}"
    return _kept("celery_process", lambda: processes.start_celery(worker_var, simulators.env, beat=False, SITE_URL=site))


@pytest.fixture
def celery_worker(celery_process: processes.Running, committed_db: None, outside: Any) -> processes.Running:
    """The worker, for a test that commits."""
    return celery_process


@pytest.fixture(scope="session")
def static_files(shared_tmp: Path) -> Path:
    """Collected once a session, for all xdist workers."""
    folder = shared_tmp / "static"
    with FileLock(str(shared_tmp / "static.lock")):
        if not (shared_tmp / "static.done").exists():
            processes.collect_static(folder)
            (shared_tmp / "static.done").touch()
    return folder


@pytest.fixture(scope="module")
def stack(django_db_setup: None, worker_var: Path, static_files: Path, simulators: Any, site_port: int) -> processes.Stack:
    """A whole running portal: gunicorn, worker, beat, simulators; it runs on while the next test wants it, too, and no longer:
    its beat would seal and sweep in other tests' data.
    """
    return _kept("stack", lambda: processes.start_stack(worker_var, simulators, site_port, static_files))


@pytest.fixture
def portal(stack: processes.Stack, demo_db: None, outside: Any, settings: Any) -> processes.Stack:
    """The running portal with fresh demo data, its payment institutions where this worker's simulators are."""
    from django.utils import timezone

    from payments.demo import connect

    settings.SIMULATORS_URL = outside.url
    connect(now=timezone.now())
    return stack
