"""`make bench-petitions-desk`: the desk of petitions over a million of them, and how many a second are sent over HTTP.

Rows come by set-based SQL: 34 provinces with their communes, 20 ministries, the Government Office; one in twenty-five is open. Texts of
these rows are empty, but for one case that is opened as officers see it. Pages are rendered as the desk serves them (median and 95th
percentile, milliseconds) beside the plainest query over the same table of the same run (fifty open rows of that agency); sending is a page
opened and a press on "send" by people who are signed in, at gunicorn's two workers, beside a bare view of the same run. ``WRITE=1`` puts
the table into docs/performance.md. Wanted: queue 150 ms, case 120 ms (95th), 15 sent a second.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
from psycopg import sql

from bench.copies import tidied
from bench.desk import timed
from bench.load import ROOT, gunicorn
from bench.pages import write
from portal.launcher.environment import environment

USERS = 8
UNITS = """
CREATE TEMP TABLE place AS
SELECT row_number() OVER () - 1 AS n, unit, split_part(unit, '.', 1) AS agency FROM (
    SELECT format('H%s.%s', lpad((1 + p)::text, 2, '0'), 101 + c) AS unit FROM generate_series(0, 33) p, generate_series(0, 97) c
    UNION ALL SELECT format('H%s', lpad((1 + p)::text, 2, '0')) FROM generate_series(0, 33) p, generate_series(1, 14)
    UNION ALL SELECT format('G%s', lpad((1 + m)::text, 2, '0')) FROM generate_series(0, 19) m, generate_series(1, 20)
    UNION ALL SELECT 'G22' FROM generate_series(1, 60)) all_units
"""
"""Weights by repetition: most go to communes, a tenth to provinces, a tenth to ministries."""
PETITIONS = """
INSERT INTO feedback_petition (id, code, source, system, external_ref, kind_id, about, sector_code, party_id, reporter_unit, sender_key,
    hide_name, text_print, place_code, procedure_code, dossier_code, order_code, state, unit_code, agency_code, round, sent_at, received_at,
    due_at, unit_received_at, unit_due_at, refuse_due_at, ask_due_at, transfer_due_at, supply_due_at, progress_due_at, accepted_at,
    answered_at, ended_at, warned, publication, keep_reason, version)
SELECT gen_random_uuid(), 'PB' || lpad(g::text, 11, '0'), CASE WHEN g %% 12 = 0 THEN 'letter' ELSE 'portal' END, '', '',
    (ARRAY['cham-tre', 'can-tro', 'lam-khac', 'sang-kien', 'khac'])[1 + g %% 5], CASE WHEN g %% 3 = 0 THEN 'rule' ELSE 'conduct' END, '',
    gen_random_uuid(), '', 'nguyen thi gia dinh ' || g %% 5000, false, md5(g::text), '', '', '', '', state, unit, agency, 1, d, d,
    d + interval '20 days', d, d + interval '20 days', d + interval '2 days', d + interval '7 days', d + interval '7 days',
    CASE WHEN state = 'waiting' THEN d + interval '12 days' END,
    CASE WHEN state IN ('new', 'waiting', 'processing', 'checking') THEN d + interval '27 days' END,
    CASE WHEN state IN ('processing', 'checking', 'answered') THEN d + interval '1 day' END,
    CASE WHEN state = 'answered' THEN d + interval '15 days' END,
    CASE WHEN state IN ('answered', 'refused', 'withdrawn') THEN d + interval '15 days' END, 0,
    CASE WHEN state = 'answered' THEN CASE WHEN g %% 30 = 0 THEN 'waiting' ELSE 'published' END ELSE 'none' END, '', 1
FROM generate_series(%(first)s::int, %(last)s::int) g
CROSS JOIN LATERAL (SELECT CASE WHEN g %% 25 = 0
    THEN (ARRAY['new', 'processing', 'processing', 'waiting', 'checking', 'new', 'processing'])[1 + (g / 25) %% 7]
    ELSE (ARRAY['answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'answered', 'refused', 'withdrawn'])
        [1 + (g / 3) %% 10] END AS state,
    now() - CASE WHEN g %% 25 = 0 THEN interval '1 hour' * (g %% 900)
        ELSE interval '40 days' + interval '1 minute' * (g %% 1000000) END AS d
) made JOIN place ON place.n = (g::bigint * 7919) %% (SELECT count(*) FROM place)
"""
REST = (
    "INSERT INTO feedback_holding (petition_id, number, unit_code, from_unit, how, received_at, due_at, accepted_at, ended_at)"
    " SELECT id, 1, unit_code, '', 'sent', unit_received_at, unit_due_at, accepted_at, ended_at FROM feedback_petition"
    " WHERE code LIKE 'PB%'",
    "INSERT INTO feedback_petitionevent (petition_id, at, name, from_state, to_state, unit_code, to_unit, acting_as, label, details)"
    " SELECT id, sent_at, 'send', '', 'new', unit_code, '', 'self', '', '{}' FROM feedback_petition WHERE code LIKE 'PB%'",
    "INSERT INTO feedback_petitionevent (petition_id, at, name, from_state, to_state, unit_code, to_unit, acting_as, label, details)"
    " SELECT id, accepted_at, 'receive', 'new', 'processing', unit_code, '', 'position', 'Cán bộ', '{}' FROM feedback_petition"
    " WHERE code LIKE 'PB%' AND accepted_at IS NOT NULL",
)
PLAIN = "SELECT id, code, state, due_at FROM feedback_petition WHERE state IN ('new', 'waiting', 'processing', 'checking')"
SENDERS = """
import importlib, json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from accounts.models import UserSession
from accounts.services.people import enter_person
from datetime import date
from feedback.services import sending
from portal.access import SYSTEM, ActingAs, Actor, Assurance
Store = importlib.import_module(settings.SESSION_ENGINE).SessionStore
found = []
for n in range(%(people)d):
    person = enter_person(actor=SYSTEM, full_name="Người Gửi Thử", id_number=f"001180{n:%(digits)s}", birth_date=date(1980, 1, 1),
        sex="male", phone=f"+84977{n:%(digits)s}", residence_unit="00070", address="Số 0 phố Ví Dụ")
    actor = Actor(acting_as=ActingAs.SELF, user_id=person.user_id, person_id=person.id, assurance=Assurance.MEDIUM)
    store = Store()
    store.update({SESSION_KEY: str(person.user_id), BACKEND_SESSION_KEY: "portal.access.backend.AccessBackend",
        HASH_SESSION_KEY: person.user.get_session_auth_hash(), "acting_as": {"kind": "self", "id": ""},
        "sign_in": str(UserSession.objects.create(user=person.user, way="code", assurance=2).pk)})
    store.create()
    for k in range(%(each)d):
        draft = sending.start_draft(actor=actor, procedure_code=f"b{k}")
        words = f"Tôi nộp hồ sơ đăng ký khai sinh cho con, đến nay phường chưa trả kết quả, việc thứ {n} {k} của gia đình tôi."
        sending.save_draft(actor=actor, draft_id=draft.pk, data={"kind": "cham-tre", "subject": "Hồ sơ quá hạn", "words": words * 5,
            "unit_code": "H26.101", "name": "Người Gửi Thử", "address": "Số 0", "phone": "0977000000", "email": "a@vi-du.example"})
        found.append([store.session_key, str(draft.pk)])
print(json.dumps([settings.SESSION_COOKIE_NAME, found]))
"""


@contextmanager
def prepared(database: str, ending: str) -> Iterator[str]:
    """An empty database of its own on the same server; dropped at the end."""
    parts = urlsplit(database)
    name = f"{parts.path.lstrip('/')}_{ending}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as server:
        server.execute(drop)
        server.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield parts._replace(path=f"/{name}").geturl()
        finally:
            server.execute(drop)


def fill(database: str, count: int) -> float:
    """The petitions with their stays and events; seconds it took."""
    began = time.perf_counter()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(UNITS)  # type: ignore[arg-type]
        connection.execute("CREATE INDEX ON place (n)")
        connection.execute("ANALYZE place")
        for first in range(0, count, 100_000):
            connection.execute(PETITIONS, {"first": first, "last": min(count, first + 100_000) - 1})  # type: ignore[arg-type]
        for statement in REST:
            connection.execute(statement)  # type: ignore[arg-type]
    tidied(database)
    return time.perf_counter() - began


# The desk ----------------------------------------------------------------------------------------------------------------------


def desk(rounds: int) -> list[str]:
    """Rows of the table: each page, beside the plain query of the same agency."""
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from accounts.models import UserSession
    from accounts.services.people import enter_person
    from accounts.services.positions import give_position
    from feedback.models import Petition
    from feedback.services import handling, sending
    from portal.access import SYSTEM

    def officer(number: int, unit: str, roles: list[str]) -> tuple[Client, Any]:
        person = enter_person(
            actor=SYSTEM, full_name="Phạm Văn Cán Bộ Thử", id_number=f"00118099900{number}", birth_date=dt.date(1980, 1, 1), sex="male",
            phone=f"+8497799900{number}", residence_unit="00070", address="Số 0 phố Ví Dụ",
        )  # fmt: skip
        position = give_position(
            actor=SYSTEM, person_id=person.id, unit_code=unit, title="Công chức", roles=roles, credential_id="", now=timezone.now()
        )
        client = Client(headers={"host": "localhost"})
        assert person.user is not None
        client.force_login(person.user, backend="portal.access.backend.AccessBackend")
        session = client.session
        UserSession.objects.filter(pk=session["sign_in"]).update(assurance=3, way="passkey", for_office=True)
        session["acting_as"] = {"kind": "position", "id": str(position.id)}
        session.save()
        return client, position

    works = ["petition_reception", "petition_handling", "petition_checking"]
    unit, position = officer(1, "H26.101", works)
    province, _ = officer(2, "H26", works)
    vpcp, _ = officer(3, "G22", [*works, "steering"])

    def page(client: Client, address: str) -> Callable[[], Any]:
        def ask() -> None:
            answer = client.get(address, secure=False)
            if answer.status_code != 200:
                raise SystemExit(f"{address}: {answer.status_code}")

        return ask

    def plainly(where: str, *values: str) -> Callable[[], Any]:
        def ask() -> None:
            with connection.cursor() as cursor:
                cursor.execute(PLAIN + where + " ORDER BY due_at, id LIMIT 50", values)
                cursor.fetchall()

        return ask

    from portal.access.actors import ActingAs, Actor, Assurance

    actor = Actor(
        acting_as=ActingAs.POSITION, user_id=position.person.user_id, person_id=position.person_id, position_id=position.id,
        unit="H26.101", roles=frozenset(works), assurance=Assurance.HIGH, label="Cán bộ",
    )  # fmt: skip
    case = sending.enter(
        actor=actor, source="letter", came_at=timezone.now(), kind="cham-tre", subject="Hồ sơ quá hạn", words="Tôi nộp hồ sơ. " * 200,
        sender={"name": "Lê Văn Giả"}, unit_code="H26.101", now=timezone.now(),
    )  # fmt: skip
    for _ in range(20):
        handling.classify(actor=actor, petition_id=case.pk, about="rule", kind="khac", sector_code="", now=timezone.now())
    base, year = "/quan-tri/feedback/petition/", timezone.localdate().year
    behind = f"/quan-tri/feedback/tally/danh-sach/?ky={year}"
    pages = {
        "queue of a commune": (page(unit, base), plainly(" AND unit_code = %s", "H26.101")),
        "queue of a province": (page(province, base), plainly(" AND agency_code = %s", "H26")),
        "queue of VPCP: the whole country": (page(vpcp, base), plainly("")),
        "everything of a province": (page(province, base + "?viec=tat-ca"), plainly(" AND agency_code = %s", "H26")),
        "behind a number: on time in a province": (page(vpcp, f"{behind}&so=on_time&co-quan=H26"), plainly(" AND agency_code = %s", "H26")),
        "behind a number: overdue in a province": (page(vpcp, f"{behind}&so=overdue&co-quan=H26"), plainly(" AND agency_code = %s", "H26")),
        "behind criterion 5.3 of the country": (page(vpcp, f"{behind}&so=5.3"), plainly("")),
        "a name at VPCP": (page(vpcp, base + "?q=nguyen+thi+gia+dinh+77"), plainly("")),
        "a case with 21 events": (
            page(unit, f"{base}{case.pk}/change/"),
            lambda: list(Petition.objects.filter(pk=case.pk).values_list("code")),
        ),
    }
    rows = []
    for name, (ask, plain) in pages.items():
        (p50, p95), (base50, _base95) = timed(ask, rounds), timed(plain, rounds)
        rows.append(f"| {name} | {p50:.0f} | {p95:.0f} | {base50:.1f} | {p50 / base50:.0f} |")
        print(rows[-1], flush=True)
    return rows


# Sending -----------------------------------------------------------------------------------------------------------------------


def sent(url: str, cookie: str, presses: list[tuple[str, str]]) -> list[float]:
    """One sender's presses; seconds of each. The page is opened first, as people do; only the press counts."""
    host = urlsplit(url)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=60)
    took = []
    for session, draft in presses:
        path = f"/phan-anh-kien-nghi/gui/{draft}/kiem-tra/"
        connection.request("GET", path, headers={"Host": "localhost", "Cookie": f"{cookie}={session}"})
        answer = connection.getresponse()
        page, token = answer.read().decode(), ""
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("csrftoken="):
                token = value.partition("=")[2].partition(";")[0]
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        body = urlencode(fields)
        headers = {
            "Host": "localhost", "Cookie": f"{cookie}={session}; csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        began = time.perf_counter()
        connection.request("POST", path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 302:
            raise SystemExit(f"not sent: {answer.status}")
    return took


def bare(url: str, count: int) -> float:
    """Answers a second of the bare view, as many at once."""
    host = urlsplit(url)

    def some(number: int) -> None:
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=60)
        for _ in range(number):
            connection.request("GET", "/bare/20000/", headers={"Host": "localhost"})
            connection.getresponse().read()

    began = time.perf_counter()
    with ThreadPoolExecutor(USERS) as pool:
        list(pool.map(some, [count // USERS] * USERS))
    return count / (time.perf_counter() - began)


def filing(env: dict[str, str], count: int) -> list[str]:
    """Rows of the table about sending."""
    each = 5
    script = SENDERS % {"people": count // each, "each": each, "digits": "06d"}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", script], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    )
    cookie, drafts = json.loads(done.stdout.strip().splitlines()[-1])
    presses = [(str(session), str(draft)) for session, draft in drafts]
    with gunicorn(env) as url:
        sent(url, cookie, presses[:4])
        presses = presses[4:]
        began = time.perf_counter()
        with ThreadPoolExecutor(USERS) as pool:
            took = sorted(second for part in pool.map(lambda n: sent(url, cookie, presses[n::USERS]), range(USERS)) for second in part)
        rate = len(presses) / (time.perf_counter() - began)
        ceiling = bare(url, 400)
    p50, p95 = (1000 * took[int(len(took) * share)] for share in (0.5, 0.95))
    rows = [
        f"| opened and sent over HTTP, {USERS} at once | {rate:.0f} | {p50:.0f} | {p95:.0f} | {rate / ceiling:.3f} |",
        f"| a bare view of 20 kB | {ceiling:,.0f} | | | 1 |",
    ]
    print("\n".join(rows), flush=True)
    return rows


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sent", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    with prepared(env["DATABASE_URL"], "petitions") as database:
        env = {**env, "DATABASE_URL": database}
        for command in (["prepare"], ["collectstatic", "--noinput", "-v0"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        seconds = fill(database, options.rows)
        print(f"{options.rows:,} petitions in {seconds:.0f} s", flush=True)
        os.environ.update(env)
        import django

        django.setup()
        from django.db import connection

        lines = ["| page | p50 ms | p95 ms | 50 open rows by plain SQL, p50 ms | ratio |", "|---|---|---|---|---|", *desk(options.rounds)]
        lines += ["", "| sending | a second | p50 ms | p95 ms | of the bare view |", "|---|---|---|---|---|"]
        connection.close()
        lines += filing(env, options.sent)
    if options.write:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        stamp = f"Measured {day}: {options.rows:,} petitions, {os.cpu_count()} cores shared with the load and other work."
        write("petitions-desk", f"{stamp}\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
