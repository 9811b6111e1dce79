"""`make bench-old-papers`: old papers a second, from the scan to the drawn copy with its code, on two workers.

Scans of one page as a scanner makes them (A4, 200 dpi, colour) are checked, taken apart and kept with their rows, then each copy is issued
and drawn: all that is done for a paper but for what the signing service itself takes. ``--read`` has Tesseract put the pages upright and
read them, too. Wanted: one a second without reading, two thousand in a night of ten hours with. ``WRITE=1`` puts it into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from bench.copies import copied
from bench.data import ROOT
from bench.pages import write
from portal.launcher.environment import environment

WORKERS = 2
UNIT = "H26.101"
NIGHT = 10 * 3600


def _scan(number: int) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.effect_noise((1654, 2339), 12).convert("RGB")
    pen, type_ = ImageDraw.Draw(picture), ImageFont.load_default(44)
    for line in range(24):
        pen.text((160, 180 + line * 84), f"Giay chung nhan so {number}, dong {line} cua giay to cu", fill=(20, 20, 60), font=type_)
    out = io.BytesIO()
    picture.save(out, "PDF", resolution=200)
    return out.getvalue()


def _setup(env: dict[str, str]) -> None:
    os.environ.update(env)
    import django

    django.setup()


def _processor() -> float:
    """Processor seconds of this process and of those that it started and that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _work(kinds: tuple[str, ...], seconds: float) -> float:
    """One worker until nothing of these kinds is due; the processor seconds it took."""
    from portal.outbox.models import Message
    from portal.outbox.services import deliver

    began, until = _processor(), time.monotonic() + seconds
    while time.monotonic() < until:
        ids = list(Message.objects.filter(kind__in=kinds, done_at=None, dead_at=None).order_by("?").values_list("pk", flat=True)[:4])
        if not ids:
            break
        for one in ids:
            deliver(one)
    return _processor() - began


def _begin(papers: int) -> Any:
    from uuid import uuid4

    from django.utils import timezone

    from dossiers.digitising import packed, taking
    from dossiers.digitising.fields import Pages, clean
    from portal.access import ActingAs, Actor, Assurance

    actor = Actor(
        acting_as=ActingAs.POSITION, user_id=uuid4(), person_id=uuid4(), position_id=uuid4(), unit=UNIT,
        roles=frozenset({"clerk", "signing"}), assurance=Assurance.HIGH, label="Cán bộ thử tải",
    )  # fmt: skip
    scan = _scan(1)
    said = {"issued_on": "12/05/2003", "full_name": "Lê Thị Thử Tải", "birth_date": "02/03/1975", "birth_place": "tỉnh Ví Dụ"}
    given = packed.Given(
        {f"{number}.pdf": lambda: scan for number in range(papers)},
        [packed.Row(n + 2, f"{n}.pdf", Pages(None, None), clean({**said, "number": f"{n}/2003"})) for n in range(papers)],
        has_table=True,
    )
    began = time.monotonic()
    batches = taking.begin(actor=actor, kind="KQ.G15.000032", level="commune", given=given, now=timezone.now())
    return actor, batches, time.monotonic() - began


def _issue(actor: Any, batches: Any) -> None:
    """Each paper as a document that waits for its signer."""
    from django.db import transaction

    from dossiers.digitising import issuing
    from dossiers.models import OldPaper
    from portal.documents import services

    with transaction.atomic():
        for paper in OldPaper.objects.select_related("batch").filter(batch__in=batches, state=OldPaper.GOOD):
            document = services.issue_for_signature(
                key=f"{issuing.KIND}:{paper.pk}", kind=issuing.KIND, title="Bản điện tử", template=issuing.TEMPLATE,
                context=issuing.context_of(paper, checker="Người thứ hai"), unit_code=UNIT, subject=paper.pk, credential_id="cred-thu-tai",
                signer_label="Lãnh đạo", signer_id_number="001185000003", signer_user_id=actor.user_id,
                signer_position_id=actor.position_id, actor=actor,
            )  # fmt: skip
            OldPaper.objects.filter(pk=paper.pk).update(document=document, state=OldPaper.ISSUED)


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=40)
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    env["OLD_PAPERS_READ_TEXT"] = str(options.read).lower()
    with copied(env["DATABASE_URL"], "old_papers") as database:
        env["DATABASE_URL"] = database
        _setup(env)
        from django.db import connection

        from dossiers.models import OldPage

        actor, batches, taken = _begin(options.papers)
        connection.close()
        with ProcessPoolExecutor(WORKERS, initializer=_setup, initargs=(env,)) as pool:
            used: list[float] = []

            def all_do(*kinds: str) -> float:
                began = time.monotonic()
                used.extend(future.result() for future in [pool.submit(_work, kinds, 300.0) for _ in range(WORKERS)])
                return time.monotonic() - began

            all_do("nothing")  # the workers have loaded what they need
            used.clear()
            own = _processor()
            apart = all_do("files.scan", "dossiers.read_old_scan")
            read = all_do("dossiers.read_old_page") if options.read else 0.0
            began = time.monotonic()
            _issue(actor, batches)
            issued = time.monotonic() - began
            connection.close()
            drawn = all_do("documents.render")
            processor = sum(used) + _processor() - own
        whole = sum(batch.papers.filter(state="issued").count() for batch in batches)
        texts = OldPage.objects.filter(text__isnull=False).count()
        connection.close()
    seconds = taken + apart + read + issued + drawn
    text = (
        "| papers | text read | taken s | checked, taken apart s | read s | issued s | drawn s | processor s a paper | papers/s "
        "| in a night of 10 h |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n"
        f"| {whole} | {texts} | {taken:.1f} | {apart:.1f} | {read:.1f} | {issued:.1f} | {drawn:.1f} "
        f"| {processor / whole:.2f} | {whole / seconds:.2f} "
        f"| {whole / seconds * NIGHT:,.0f} |"
    )
    print(text)
    if options.write:
        name = "old-papers-read" if options.read else "old-papers"
        write(name, f"Measured {dt.datetime.now(dt.UTC).date().isoformat()}; {os.cpu_count()} cores, shared.\n\n{text}")


if __name__ == "__main__":
    main()
