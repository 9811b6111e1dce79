"""An editor's word and weight reach every web process: two workers of gunicorn, asked over fresh connections, before and after."""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from prometheus_client.mmap_dict import MmapedDict

from procedures import services
from procedures.models import ProcedureVersion, SearchMiss, SearchWeight, SearchWord
from procedures.search import current_engine
from tests.factories import make_position, sign_in
from tests.support.processes import Stack, eventually

pytestmark = [pytest.mark.browser, pytest.mark.requirement("C-07")]

DESK = "/quan-tri/procedures/searchword/"
WEIGHTS = "/quan-tri/procedures/searchweight/"
QUESTION = "zumbala"
"""Nobody's word, and no slip away from anybody's."""
NOTHING = "Chưa thấy thủ tục nào"
MEANT = "/thu-tuc/1.001612/"
SECONDS = 5.0
"""In which a change is seen by everybody on a machine that has nothing else to do (`docs/search.md`)."""
LONGEST = 90.0
"""In which it is seen on one that is busy with everything; how long it takes is measured, not tested."""
MANY = 40


def get(url: str) -> str:
    """One request over a connection of its own."""
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


def addresses(portal: Stack, mark: str, question: str = QUESTION) -> list[str]:
    """One question under many addresses, each of which is kept by itself: so that each worker answers out of its own index, and not
    with a page that the other one rendered."""
    return [f"{portal.url}/tim-kiem/?{urlencode({'q': question, 'lan': f'{mark}{number}'})}" for number in range(MANY)]


def by_worker(portal: Stack) -> Counter[str]:
    """How many questions each worker has answered, from the figures that each one writes to a file of its own."""
    found: Counter[str] = Counter()
    for file in (portal.var / "figures").glob("counter_*.db"):
        for key, value, *_more in MmapedDict.read_all_values_from_file(str(file)):
            _metric, name, labels, _help = json.loads(key)
            if name == "portal_requests_total" and labels["route"].strip("/") == "tim-kiem":
                found[file.stem] += int(value)
    return found


def everybody_is_told(portal: Stack, mark: str, right: Callable[[str], bool], question: str = QUESTION) -> None:
    """Both workers are asked until in a round of new addresses every answer is right, and each has answered some of the questions; then
    what was asked in earlier rounds is right as well, for no old answer was kept."""
    before, every, until = by_worker(portal), list[str](), time.monotonic() + LONGEST
    for turn in itertools.count():
        asked = addresses(portal, f"{mark}{turn}-", question)
        wrong, gained = wrong_of(asked, right), by_worker(portal) - before
        if not wrong and len(gained) == 2 and min(gained.values()) >= 5:
            break
        every += asked
        assert time.monotonic() < until, f"{len(wrong)} of {MANY} answers are of another time: {wrong[:3]}; answered: {gained}"
    late = wrong_of(every, right)
    assert not late, f"{len(late)} old answers were kept: {late[:3]}"


def wrong_of(asked: list[str], right: Callable[[str], bool]) -> list[str]:
    """The addresses whose answers are not right."""
    with ThreadPoolExecutor(8) as pool:
        return [address for address, page in zip(asked, pool.map(get, asked), strict=True) if not right(page)]


def finds(page: str) -> bool:
    """The procedure is among the answers."""
    return MEANT in page and NOTHING not in page


def listed(page: str) -> list[str]:
    """The codes of the answers, in their order."""
    return re.findall(r'href="/thu-tuc/([\w.]+)/"', page.partition("<main")[2].partition("</main>")[0])


class Answer(NamedTuple):
    """When a reader asked and had the answer, where, and whether the procedure was found."""

    begun: float
    ended: float
    address: str
    found: bool


@contextmanager
def crowd(asked: list[str]) -> Iterator[list[Answer]]:
    """Readers who ask these addresses again and again, many at once."""
    answers: list[Answer] = []
    over = threading.Event()

    def reader(first: int) -> None:
        at = first
        while not over.is_set():
            address = asked[at % len(asked)]
            begun = time.monotonic()
            page = get(address)
            answers.append(Answer(begun, time.monotonic(), address, finds(page)))
            at += 7
            over.wait(0.01)

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(reader, number * 5) for number in range(8)]
        try:
            yield answers
        finally:
            over.set()
        for one in readers:
            one.result()


def settled(answers: list[Answer], written: float) -> bool:
    """Whether for some seconds after a change everybody who asked anywhere found the procedure: both workers know of it."""
    since = max(written, time.monotonic() - SECONDS)
    latest = [answer for answer in list(answers) if answer.begun > since]
    return len({answer.address for answer in latest}) == MANY and all(answer.found for answer in latest)


def write_word(portal: Stack) -> None:
    """A word of an editor."""
    send_form(portal, f"{DESK}add/", {"phrase": QUESTION, "kind": "means", "meanings": "đăng ký thành lập hộ kinh doanh"})
    assert SearchWord.objects.get(key=QUESTION).origin == "desk"


def send_form(portal: Stack, address: str, given: dict[str, str]) -> None:
    """A form of the desk, filled in and sent; it leads on to its list."""
    position = make_position(unit="G22", roles=("steering",))
    client = Client()
    sign_in(client, position.person, position=position)
    session = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    with urllib.request.urlopen(urllib.request.Request(f"{portal.url}{address}", headers={"Cookie": session}), timeout=20) as form:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.read().decode())
        cookie = str(form.headers["Set-Cookie"]).partition(";")[0]
    assert token
    filled = {"csrfmiddlewaretoken": token[1], **given}
    request = urllib.request.Request(
        f"{portal.url}{address}", urlencode(filled).encode(), {"Cookie": f"{session}; {cookie}", "Origin": portal.url}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert re.fullmatch(r"/quan-tri/procedures/\w+/", answer.url.removeprefix(portal.url)), answer.read().decode()[:2000]


@pytest.fixture
def fresh_portal(portal: Stack) -> Stack:
    """The portal, when both workers have seen that the last test's database is gone, with whatever it taught them: each is asked by one at
    a time, until none of them knows the last test's word any more (a busy machine takes its time)."""
    time.sleep(2.5)
    until = time.monotonic() + LONGEST
    for turn in itertools.count():
        before, known = by_worker(portal), 0
        for number in range(400):
            known += finds(get(f"{portal.url}/tim-kiem/?q={QUESTION}&lan=moi{turn}-{number}"))
            gained = by_worker(portal) - before
            if len(gained) == 2 and min(gained.values()) >= 2:
                break
        else:
            raise AssertionError(f"only one worker answers: {gained}")
        if not known:
            return portal
        assert time.monotonic() < until, "what the last test taught is still known"
    raise AssertionError("unreachable")


def test_a_word_written_on_the_desk_is_known_to_both_workers_within_seconds(fresh_portal: Stack) -> None:
    plain = f"{fresh_portal.url}/tim-kiem/?q={QUESTION}"
    everybody_is_told(fresh_portal, "truoc", lambda page: NOTHING in page and MEANT not in page)
    assert NOTHING in get(plain)
    assert SearchMiss.objects.filter(key=QUESTION).exists()
    write_word(fresh_portal)
    eventually(lambda: finds(get(plain)), LONGEST)
    everybody_is_told(fresh_portal, "sau", finds)
    # The addresses at which each worker had kept "nothing found".
    assert not wrong_of(addresses(fresh_portal, "truoc0-"), finds)


@pytest.mark.parametrize("what", ["field", "every pair", "a pair"])
def test_a_weight_laid_down_on_the_desk_orders_the_answers_of_both_workers_within_seconds(fresh_portal: Stack, what: str) -> None:
    question = {"field": "bằng lái xe", "every pair": "bản sao giấy khai sinh", "a pair": "bản sao giấy khai sinh"}[what]
    services.load_weights()
    # These, too, are a change that both workers have seen only after a while.
    time.sleep(SECONDS)
    engine = current_engine()
    before = engine.find(question).codes
    kind, key, value = {"field": ("field", "keywords", "0"), "every pair": ("all", "pairs", "0"), "a pair": ("pair", "ban sao", "5")}[what]
    promised = engine.taught(engine.words, engine.weights.with_value(kind, key, Decimal(value))).find(question).codes
    assert before[:10] != promised[:10]

    def ordered(codes: list[str]) -> Callable[[str], bool]:
        return lambda page: listed(page) == codes[: len(listed(page))] and len(listed(page)) > 4

    everybody_is_told(fresh_portal, "truoc", ordered(before), question)
    if kind == "pair":
        send_form(fresh_portal, f"{WEIGHTS}add/", {"name": "Bản sao", "value": value})
    else:
        send_form(fresh_portal, f"{WEIGHTS}{SearchWeight.objects.get(key=key).pk}/change/", {"value": value})
    everybody_is_told(fresh_portal, "sau", ordered(promised), question)
    assert not wrong_of(addresses(fresh_portal, "truoc0-", question), ordered(promised))


@pytest.mark.parametrize("change", ["word", "name"])
def test_a_change_in_a_crowd_leaves_no_old_answer_behind(fresh_portal: Stack, change: str) -> None:
    """While one thread takes the change over the others answer as before; what they answered then is kept for nobody."""
    # Of its own: what was kept for the other change would be found by the same address.
    asked = addresses(fresh_portal, f"dong-{change}-")
    with crowd(asked) as answers:
        # Everybody has every answer, and both workers have it.
        eventually(lambda: len({answer.address for answer in list(answers)}) == MANY, LONGEST)
        time.sleep(1)
        begun = time.monotonic()
        if change == "word":
            write_word(fresh_portal)
        else:
            version = ProcedureVersion.objects.get(procedure__code="1.001612")
            ProcedureVersion.objects.filter(pk=version.pk).update(name=f"{version.name} {QUESTION}")
        written = time.monotonic()
        eventually(lambda: settled(answers, written), LONGEST)
        known = time.monotonic()
        time.sleep(SECONDS)
    assert not [answer for answer in answers if answer.found and answer.ended < begun]
    late = sorted({answer.address.rpartition("=")[2] for answer in answers if answer.begun > known and not answer.found})
    assert not late, f"{len(late)} of {MANY} addresses find nothing again after they had found it: {late[:5]}"
    assert all(finds(get(address)) for _ in range(4) for address in asked)
