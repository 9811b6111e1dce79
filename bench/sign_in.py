"""`make bench-sign-in`: 10,000 hostile numbers at the sign-in of a running portal. They must tell nothing.

Two fifths are numbers that somebody has, two fifths numbers that nobody has, in random order; each is asked for twice at once, then (after
the worker has sent what there is to send) a wrong code is tried. The rest is no number at all. No answer may be an error of ours (5xx);
statuses, places and words of the two kinds must be the same; so must the times, as far as a stranger can tell: medians within 10 %, and
who guesses by the longer time which of two numbers somebody has is right in half of the cases (within 3 in 100). ``WRITE=1`` puts the
figures into docs/performance.md. The generator also serves the tests.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import math
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from accounts.identifiers import clean_id_number
from bench.copies import copied
from bench.load import ROOT, gunicorn
from bench.pages import write
from portal.launcher.environment import environment

KNOWN, UNKNOWN, MALFORMED = "somebody's", "nobody's", "no number"
PAGE, CODE_PAGE = "/tai-khoan/dang-nhap/", "/tai-khoan/dang-nhap/ma/"
ALPHABETS = ("0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "0123456789 .-", "01a\u200b\u0301²½")
ATTACKS = (
    "",
    "' OR 1=1 --",
    "<script>",
    "\x00" * 12,
    "001195\x00000001",
    "9" * 4_000,
    "1e11",
    "-00119500000",
    "{{7*7}}",
    "%00",
    "\u202e" + "0" * 12,
)
MOST_APART, MOST_TELLING = 0.10, 0.03


@dataclass(frozen=True)
class Seen:
    """What a stranger sees of one answer."""

    step: str
    kind: str
    status: int
    place: str
    words: str
    ms: float


def malformed(dice: random.Random, count: int) -> Iterator[str]:
    """``count`` texts that are no identity numbers, as people and attackers type them."""
    made = 0
    while made < count:
        letters = dice.choice(ALPHABETS)
        text = dice.choice(ATTACKS) if made % 5 == 4 else "".join(dice.choices(letters, k=dice.choice([1, 9, 11, 12, 13, 40])))
        if not clean_id_number(text):
            made += 1
            yield text


def numbers(count: int, century: str) -> list[str]:
    """Distinct well-formed numbers of a province and a year of birth."""
    return [f"001{century}95{place:06d}" for place in range(count)]


def alike(text: str, number: str = "") -> str:
    """A page without what differs from one form to the next: tokens, moments, the number itself."""
    text = re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", text)
    text = re.sub(r"\d+ giây|\d\d:\d\d \d\d/\d\d/\d{4}", "…", text)
    return text.replace(number, "…") if number else text


def telling(some: Sequence[float], others: Sequence[float]) -> float:
    """How often who takes the longer of two times for ``some`` is right: 0.5 tells nothing (the area under the curve)."""
    ranked = sorted([(value, True) for value in some] + [(value, False) for value in others])
    ranks = sum(place for place, (_value, one) in enumerate(ranked, 1) if one)
    return (ranks - len(some) * (len(some) + 1) / 2) / (len(some) * len(others))


def differences(seen: Sequence[Seen]) -> list[str]:
    """What tells somebody's numbers from nobody's by status, place or words; and errors of ours."""
    found = [f"{one.kind}: {one.step} answers {one.status}" for one in seen if one.status >= 500 or one.status == 0]
    for step in sorted({one.step for one in seen if one.kind != MALFORMED}):
        kinds = [{(one.status, one.place, one.words) for one in seen if (one.step, one.kind) == (step, kind)} for kind in (KNOWN, UNKNOWN)]
        if kinds[0] != kinds[1]:
            found.append(f"{step}: {len(kinds[0])} answers for somebody's numbers, {len(kinds[1])} for nobody's, not the same")
    return found


class Stranger:
    """Asks one request at a time, from an address of its own for each number, as the proxy hands it on."""

    def __init__(self, port: int) -> None:
        self.port = port
        status, headers, page = self._ask("GET", PAGE, {})
        found = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)
        if status != 200 or not found:
            raise SystemExit(f"{PAGE} answers {status}")
        self.token, self.cookie = found[1], headers.get("Set-Cookie", "").partition(";")[0]

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body or None, {"Host": "localhost", **headers})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def send(self, step: str, kind: str, path: str, address: int, session: str, number: str, **fields: str) -> tuple[Seen, str]:
        """Send a form; what came back, and the session it opened."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(part for part in (self.cookie, session) if part),
            "X-Forwarded-For": f"10.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}",
        }
        body = urlencode({"csrfmiddlewaretoken": self.token, **fields})
        started = time.perf_counter()
        status, answer, page = self._ask("POST", path, headers, body)
        ms = (time.perf_counter() - started) * 1000
        opened = next((one.partition(";")[0] for one in answer.get_all("Set-Cookie") or [] if one.startswith("phien=")), session)
        return Seen(step, kind, status, answer.get("Location", ""), alike(page, number), ms), opened


def ask(port: int, asked: Sequence[tuple[str, str]], between: object) -> list[Seen]:
    """Each number twice, then ``between()``, then a wrong code for each well-formed one."""
    stranger, seen, sessions = Stranger(port), [], []
    for address, (kind, number) in enumerate(asked):
        first, session = stranger.send("first request", kind, PAGE, address, "", number, id_number=number)
        again, _ = stranger.send("second request", kind, PAGE, address, "", number, id_number=number)
        seen += [first, again]
        if kind != MALFORMED:
            sessions.append((kind, number, address, session))
    between()  # type: ignore[operator]
    for kind, number, address, session in sessions:
        seen.append(stranger.send("wrong code", kind, CODE_PAGE, address, session, number, code="000000")[0])
    return seen


def table(seen: Sequence[Seen]) -> tuple[str, list[str]]:
    """The figures, and what is wrong with them."""
    rows = ["| step | numbers | asked | p50 ms | p95 ms | medians apart | guessed right by time |", "|---|---|---|---|---|---|---|"]
    wrong = differences(seen)
    for step in ("first request", "second request", "wrong code"):
        times = {kind: [one.ms for one in seen if (one.step, one.kind) == (step, kind)] for kind in (KNOWN, UNKNOWN)}
        apart = statistics.median(times[KNOWN]) / statistics.median(times[UNKNOWN]) - 1
        guessed = telling(times[KNOWN], times[UNKNOWN])
        for kind, some in times.items():
            cuts = statistics.quantiles(some, n=20)
            rows.append(f"| {step} | {kind} | {len(some):,} | {cuts[9]:.2f} | {cuts[18]:.2f} | {apart:+.1%} | {guessed:.3f} |")
        # A small run cannot tell so little from chance: four times its standard error.
        chance = 4 * math.sqrt((len(times[KNOWN]) + len(times[UNKNOWN]) + 1) / (12 * len(times[KNOWN]) * len(times[UNKNOWN])))
        if abs(apart) > MOST_APART or abs(guessed - 0.5) > max(MOST_TELLING, chance):
            wrong.append(f"{step}: the time tells ({apart:+.1%}, guessed right {guessed:.3f})")
    others = [one for one in seen if one.kind == MALFORMED]
    p50 = statistics.median(one.ms for one in others)
    rows.append(f"| both requests | {MALFORMED} | {len(others):,} | {p50:.2f} | | | |")
    wrong += [f"{MALFORMED} is answered {one.status}" for one in others if one.status != 422][:5]
    return "\n".join(rows), wrong


def people(known: Sequence[str]) -> None:
    """Enter somebody for each of the numbers."""
    from accounts.services.people import enter_person
    from portal.access import SYSTEM

    for place, number in enumerate(known):
        enter_person(
            actor=SYSTEM,
            full_name="Người Giả Định",
            id_number=number,
            birth_date=dt.date(1995, 1, 1),
            sex="female",
            phone=f"+8490{place:07d}",
            residence_unit="00070",
            address="Số 0 phố Ví Dụ",
        )


def worker() -> None:
    """The worker's part of sign-in, in this process: codes are made, and the messages that carry them wait for a gateway."""
    from portal.outbox.services import work

    while work("now"):
        pass


def main() -> None:
    """Prepare, ask, print; fails where something tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(Path(os.environ["VAR"]), servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    env["TRUSTED_PROXY_COUNT"] = "1"
    for command in (["prepare"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    dice, each = random.Random(29), options.count * 2 // 5
    known, unknown = numbers(each, "1"), numbers(each, "3")
    asked = [(KNOWN, number) for number in known] + [(UNKNOWN, number) for number in unknown]
    asked += [(MALFORMED, text) for text in malformed(dice, options.count - 2 * each)]
    dice.shuffle(asked)
    with copied(env["DATABASE_URL"], "sign_in") as database:
        env["DATABASE_URL"] = database
        os.environ.update(env)
        import django

        django.setup()
        from django.db import connection

        people(known)
        with gunicorn(env) as url:
            seen = ask(int(url.rpartition(":")[2]), asked, worker)
        connection.close()
    figures, wrong = table(seen)
    print(figures)
    if options.write:
        stamp = f"Measured {dt.datetime.now(dt.UTC).date().isoformat()}; {os.cpu_count()} cores shared with whoever asks."
        write("sign-in", f"{stamp}\n\n{figures}")
    if wrong:
        raise SystemExit("\n".join(wrong[:20]))


if __name__ == "__main__":
    main()
