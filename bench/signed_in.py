"""`make bench-signed-in`: pages of somebody who is signed in, beside a bare Django view of as many bytes of the same run.

Public pages (front door, procedures, a search) with the reader's own parts set in; the pages of one's own (``/ho-so/`` with ten
dossiers, a step of filing). ``WRITE=1`` puts the table into docs/performance.md. Aims of issue 12: public 0.15 of the bare view or more
(0.3), own 0.06 (0.1). Also prepares what it asks with: a demo person's session, draft and dossiers, in a copy of the database.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

from bench import data
from bench.copies import copied
from bench.load import ROOT, gunicorn, warm, wrk
from bench.pages import HEAD, HOST, USERS, paths, row, write

PREPARE = """
import datetime as dt, importlib
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from accounts.models import Person, UserSession
from dossiers import services
from dossiers.models import Dossier
from portal.access import ActingAs, Actor, Assurance
from portal.crypto import blind_index
person = Person.objects.select_related("user").get(id_blind=blind_index("id_number", "001195000001"))
actor = Actor(acting_as=ActingAs.SELF, user_id=person.user_id, person_id=person.id, assurance=Assurance.MEDIUM, label=person.full_name)
draft = services.start_or_open_draft(actor=actor, procedure_code="1.001193", now=timezone.now())
services.save_draft(actor=actor, draft_id=draft.id, values={"applicant_role": "mother", "child_name": "Trần Bé Thử"}, page="to-khai")
form = draft.form_version
from dossiers.terms import terms_on
terms = terms_on("1.001193", timezone.now())
from uuid import uuid4
from django.db import transaction
def write(n):
    Dossier.objects.create(
        id=uuid4(), code=f"H26.101-26{n:02d}01-0001", procedure_code="1.001193", procedure_version_id=terms.version_id,
        procedure_name=terms.name, service_level=terms.service_level, channel="2", applicant_id=person.id,
        applicant_name=person.full_name, owner_id=person.id, owner_name=person.full_name, owner_name_key="x",
        filed_by_id=person.id, filed_by_name=person.full_name, acting_as="self", unit_code="H26.101", unit_level="commune",
        state="1", form_version=form, answers={}, draft_started_at=timezone.now(), submitted_at=timezone.now(),
        response_due_at=timezone.now() + dt.timedelta(hours=8))
with transaction.atomic():
    for n in range(10):
        write(n)
store = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
store.update({SESSION_KEY: str(person.user_id), BACKEND_SESSION_KEY: "portal.access.backend.AccessBackend",
              HASH_SESSION_KEY: person.user.get_session_auth_hash(), "acting_as": {"kind": "self", "id": ""},
              "sign_in": str(UserSession.objects.create(user=person.user, way="code", assurance=2).pk)})
store.create()
print(settings.SESSION_COOKIE_NAME + "=" + store.session_key)
"""


def signed_in_paths(database: str) -> dict[str, list[str]]:
    """What is asked for, by name."""
    public = paths(database)
    return {
        "home": public["home"],
        "procedure": public["procedure"][:200],
        "search": public["search"][:200],
        "my dossiers (own)": ["/ho-so/"],
        "a step of filing (own)": ["/nop-ho-so/1.001193/to-khai/"],
        "account (own)": ["/tai-khoan/"],
    }


def size_of(url: str, cookie: str) -> int:
    """Bytes of a page for who is signed in."""
    import urllib.request

    with urllib.request.urlopen(urllib.request.Request(url, headers={"Host": "localhost", "Cookie": cookie}), timeout=20) as answer:
        return len(answer.read())


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    about, env, var = data.prepare(options.data)
    rows = list(HEAD)
    with copied(env["DATABASE_URL"], "signed_in") as database:
        env = {**env, "DATABASE_URL": database, "PAGE_CACHE_MB": "192"}
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", PREPARE], cwd=ROOT, env=env, check=True, capture_output=True, text=True
        )
        cookie = done.stdout.strip().splitlines()[-1]
        headers = [HOST, f"Cookie: {cookie}"]
        print("\n".join(HEAD), flush=True)
        with gunicorn(env) as url:
            for name, some in signed_in_paths(database).items():
                if options.only and options.only not in name:
                    continue
                size = sum(size_of(url + path, cookie) for path in some[:10]) // len(some[:10])
                if "own" not in name:
                    warm(url, some, rounds=3)
                    # Both processes have their copies, as on any day before one's own visit.
                    for path in (some * 40)[: max(40, len(some))]:
                        size_of(url + path, cookie)
                one, many = (wrk(url, some, var, users=users, seconds=options.seconds, headers=headers) for users in (1, USERS))
                bare_one, bare = (
                    wrk(url, [f"/bare/{size}/"], var, users=users, seconds=options.seconds, headers=[HOST]) for users in (1, USERS)
                )
                rows.append(row(name, size, one, many, bare_one, bare))
                print(rows[-1], flush=True)
    if options.write:
        stamp = f"Measured {dt.datetime.now(dt.UTC).date().isoformat()} on {about}; {os.cpu_count()} cores shared with the load (wrk)."
        write("signed-in", f"{stamp}\n\n" + "\n".join(rows))


if __name__ == "__main__":
    main()
