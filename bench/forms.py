"""`make bench-forms`: a form of 150 questions and 60 conditions, evaluated, shown and saved field by field; a worker's memory over uploads.

- One evaluation of the whole form with all its conditions, in turns with reading the same form's document from JSON.
- A page of it over HTTP, and a field saved while one types, one person at gunicorn's two workers, beside a bare view of as many bytes.
- 500 uploads of 10 MB (``UPLOADS=`` for fewer), two at once: what the workers' memory grows by after the first fifty.

``WRITE=1`` puts the table into docs/performance.md. Wanted: evaluation 5 ms; page 150 ms, save 60 ms (95th); memory 20 MB.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.copies import copied
from bench.filing import PEOPLE, Phone, hidden, photo
from bench.load import ROOT, gunicorn
from bench.pages import write
from portal.launcher.environment import environment

CODE, PAGES, PER_PAGE, CONDITIONS = "2.000635", 10, 15, 60
FORM_AT, UPLOAD_AT = f"/nop-ho-so/{CODE}/to-khai/", "/nop-ho-so/1.001193/"
UPLOAD_BYTES, UPLOADS_EACH, SETTLED = 10_000_000, 5, 50
"""Bytes of a photo, photos of one person, uploads after which a worker has what it needs."""
EVALUATE = """
import json, sys, time
from django.utils import timezone
from dossiers.conditions import shape
from dossiers.services import publish_form
form = json.loads(sys.stdin.read())
version = publish_form(procedure_code="%(code)s", document=form, now=timezone.now())
answers = {spec["name"]: spec["choices"][0][0] if "choices" in spec else "12" for spec in version.fields}
times, plain, text = [], [], json.dumps(version.document)
for _ in range(%(rounds)d):
    began = time.perf_counter()
    found = shape(version.fields, answers, {})
    times.append(1000 * (time.perf_counter() - began))
    began = time.perf_counter()
    json.loads(text)
    plain.append(1000 * (time.perf_counter() - began))
times.sort(), plain.sort()
print(json.dumps([len(version.fields), len(found.fields), times[len(times) // 2], times[int(len(times) * .95)], plain[len(plain) // 2]]))
"""


def large_form() -> dict[str, Any]:
    """A form with a choice at the head of each page, on which, and on earlier ones, sixty questions depend."""
    fields: list[dict[str, Any]] = []
    for page in range(PAGES):
        for place in range(PER_PAGE):
            name = f"cau_{page}_{place}"
            field: dict[str, Any] = {"name": name, "page": f"trang-{page}", "label": f"Câu hỏi {page + 1}.{place + 1}", "kind": "text"}
            if place == 0:
                field |= {"kind": "choice", "choices": [["co", "Có"], ["khong", "Không"], ["khac", "Khác"]], "required": True}
            elif place <= CONDITIONS // PAGES:
                parts: list[dict[str, Any]] = [{"field": f"cau_{page}_0", "in": ["co", "khac"]}]
                parts += [{"not": {"field": f"cau_{page - 1}_0", "in": ["khong"]}}] if page else []
                field["when"] = {"all": parts} if len(parts) > 1 else parts[0]
            elif place == PER_PAGE - 1:
                field["kind"] = "number"
            fields.append(field)
    pages = [{"name": f"trang-{page}", "title": f"Phần {page + 1}"} for page in range(PAGES)]
    return {"title": "Tờ khai lớn", "pages": pages, "fields": fields, "papers": [], "charges": []}


def shell(env: dict[str, str], script: str, given: str = "") -> Any:
    """What a script prints last, as JSON."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True, input=given)
    return json.loads(done.stdout.strip().splitlines()[-1])


def memory_of(port: int) -> dict[int, float]:
    """Megabytes of each process that serves a port, by process."""
    found: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"PORT={port}".encode() not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            lines = (folder / "status").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue  # somebody else's, or gone
        held = next((line for line in lines if line.startswith("VmRSS:")), "")
        found[int(folder.name)] = int(held.split()[1]) / 1024 if held else 0.0
    return found


def pages(url: str, cookie: str, session: str, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of a page of the large form, of a field saved, and of a bare view as large as the page."""
    phone = Phone(url, cookie, session)
    page = ""
    for turn in range(rounds):
        page = phone.ask("page", "GET", f"{FORM_AT}trang-4/")
        phone.ask("bare", "GET", f"/bare/{len(page.encode())}/")
        carried = {name: value for name, value in hidden(page).items() if name != "shown"}
        phone.autosave(f"{FORM_AT}trang-4/", {**carried, "cau_4_13": f"Câu trả lời {turn}"})
    return {step: sorted(times[len(times) // 10 :]) for step, times in phone.took.items()}


def heavy_photo() -> bytes:
    """A JPEG of ten megabytes: a real one with comment segments."""
    plain = photo(1)
    segment = b"\xff\xfe" + (65_000 + 2).to_bytes(2, "big") + b" " * 65_000
    return plain[:2] + segment * ((UPLOAD_BYTES - len(plain)) // len(segment)) + plain[2:]


def uploads(url: str, cookie: str, sessions: list[str], number: int) -> tuple[float, float]:
    """Megabytes that the hungriest worker had after the first uploads, and by how many it had grown at the end."""
    content, port = heavy_photo(), urlsplit(url).port or 0

    def person(session: str) -> None:
        phone = Phone(url, cookie, session)
        carried = hidden(phone.ask("opened", "GET", UPLOAD_AT + "to-khai/"))
        phone.form("start", UPLOAD_AT + "to-khai/", {**carried, "applicant_role": "mother", "act": "tiep"})
        for _turn in range(UPLOADS_EACH):
            carried = hidden(phone.ask("opened", "GET", UPLOAD_AT + "giay-to/"))
            phone.file("upload", UPLOAD_AT + "giay-to/", {**carried, "act": "them:giay-chung-sinh"}, "tep-giay-chung-sinh", content)

    settled = SETTLED // UPLOADS_EACH
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(person, sessions[:settled]))
        before = memory_of(port)
        list(pool.map(person, sessions[settled : number // UPLOADS_EACH]))
    after = memory_of(port)
    return max(before.values()), max(after.get(process, 0.0) - held for process, held in before.items())


def measure(env: dict[str, str], rounds: int, number: int) -> list[str]:
    """Rows of the table."""
    script = EVALUATE % {"code": CODE, "rounds": rounds}
    whole, there, middle, slow, plain = shell(env, script, json.dumps(large_form()))
    cookie, sessions = shell(env, PEOPLE % {"people": number // UPLOADS_EACH + 1})
    with gunicorn(env) as url:
        took = pages(url, cookie, sessions[-1], rounds)
    with gunicorn(env) as url:
        held, grown = uploads(url, cookie, sessions, number)

    def times(step: str) -> tuple[float, float]:
        return took[step][len(took[step]) // 2], took[step][int(len(took[step]) * 0.95)]

    bare = times("bare")[0]
    rows = [
        "| what | p50 ms | p95 ms | of its baseline |",
        "|---|---|---|---|",
        f"| evaluation, {there} of {whole} questions there | {middle:.2f} | {slow:.2f} | {middle / plain:.1f} × reading its JSON |",
        f"| a page of it | {times('page')[0]:.0f} | {times('page')[1]:.0f} | {times('page')[0] / bare:.0f} × a bare view |",
        f"| a field saved | {times('autosave')[0]:.0f} | {times('autosave')[1]:.0f} | {times('autosave')[0] / bare:.0f} × a bare view |",
        "",
        f"{number} uploads of 10 MB, two at once: a worker holds {held:.0f} MB after {SETTLED}, and grew by {grown:.0f} MB to the end.",
    ]
    print("\n".join(rows), flush=True)
    return rows


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="of pages and evaluations")
    parser.add_argument("--uploads", type=int, default=500)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    for command in (["prepare"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    with copied(env["DATABASE_URL"], "forms") as database:
        lines = measure({**env, "DATABASE_URL": database}, options.rounds, options.uploads)
    if options.write:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        write("forms", f"Measured {day}; {os.cpu_count()} cores shared with the load and other work.\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
