"""Long lists of the desk: by cursor, each row once whatever happens meanwhile, found by an index under every collation (N-02)."""

from __future__ import annotations

import itertools
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import html

from dossiers import worklists
from dossiers.admin import DossierAdmin
from dossiers.models import Dossier, FormVersion, State
from dossiers.terms import terms_on
from portal.access import SYSTEM, visible_to
from portal.text import search_key
from tests.dossiers.support import CODE
from tests.factories import make_position, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")
LIST = "/quan-tri/dossiers/dossier/"


def many(count: int, *, unit: str = "H26.101", first: int = 0, **values: Any) -> list[Dossier]:
    """Dossiers with deadlines in threes, as they were filed in a rush."""
    now, version, form = timezone.now(), terms_on(CODE, timezone.now()).version_id, FormVersion.objects.filter(procedure_code=CODE).first()
    assert form is not None
    party = uuid.uuid4()
    rows = [
        Dossier(
            code=f"{unit}-260101-{first + number + 1:04d}",
            procedure_code=CODE,
            procedure_version_id=version,
            procedure_name="Đăng ký khai sinh",
            service_level="full",
            channel="2",
            applicant_id=party,
            applicant_name="Người Nộp Giả Định",
            owner_id=party,
            filed_by_id=party,
            filed_by_name="Người Nộp Giả Định",
            owner_name=(name := values.get("name", f"Nguyễn Văn Số {number}")),
            owner_name_key=search_key(name),
            subject_name=(subject := values.get("subject", "")),
            subject_name_key=search_key(subject),
            acting_as="self",
            unit_code=unit,
            unit_level="commune",
            state=State.SUBMITTED,
            form_version=form,
            draft_started_at=now,
            submitted_at=now,
            response_due_at=now + timedelta(hours=number // 3),
        )
        for number in range(count)
    ]
    return Dossier.objects.bulk_create(rows)


@pytest.fixture
def officer() -> Client:
    position, client = make_position(roles=("reception", "handling")), Client()
    sign_in(client, position.person, position=position)
    return client


def codes(page: Any) -> list[str]:
    return [
        str(cell.text_content()).strip() for cell in html.fromstring(page.content.decode()).xpath("//th[contains(@class, 'field-code')]")
    ]


def link(page: Any, name: str) -> str:
    found = html.fromstring(page.content.decode()).xpath(f"//p[@class='paginator']//a[normalize-space()='{name}']/@href")
    return str(found[0]) if found else ""


@pytest.mark.parametrize("order", ["", "?o=5", "?o=-5", "?o=3"])
def test_every_row_comes_once_forwards_and_backwards(officer: Client, order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DossierAdmin, "list_per_page", 7)
    wanted = {dossier.code for dossier in many(30)}
    page, forwards = officer.get(LIST + order), []
    pages = [codes(page)]
    while following := link(page, "Trang sau"):
        page = officer.get(LIST + following)
        pages.append(codes(page))
    forwards = [code for one in pages for code in one]
    assert len(forwards) == 30 and set(forwards) == wanted
    back = [codes(page)]
    while before := link(page, "Trang trước"):
        page = officer.get(LIST + before)
        back.insert(0, codes(page))
    assert back == pages and not link(page, "Trang trước")


def test_a_row_that_comes_or_goes_meanwhile_moves_nothing_else(officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DossierAdmin, "list_per_page", 10)
    rows = many(30)
    first = officer.get(LIST)
    Dossier.objects.filter(code=codes(first)[3]).update(state=State.WITHDRAWN, withdrawn_at=timezone.now())
    many(5, first=100)
    seen = codes(first) + codes(officer.get(LIST + link(first, "Trang sau")))
    assert len(set(seen)) == 20 and len(rows) == 30


@pytest.mark.parametrize("token", ["x", "W10", "WzEsIDJd", "WyJhIiwgImIiXQ", "%00", "W251bGwsIG51bGxd", "W1tb" * 1300, "W0luZmluaXR5LDFd"])
def test_a_place_that_is_none_leads_back_to_the_list(officer: Client, token: str) -> None:
    many(3)
    answer = officer.get(f"{LIST}?sau={token}")
    assert answer.status_code == 302 and officer.get(answer["Location"] if answer["Location"].startswith("/") else LIST).status_code == 200


def test_a_page_costs_the_same_however_long_the_list(officer: Client) -> None:
    many(3)
    officer.get(LIST)

    def asked() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert officer.get(LIST).status_code == 200
        return len(counted)

    few = asked()
    many(120, first=10)
    assert asked() == few


_numbers = itertools.count(100)
"""Of dossiers: no two of one day have the same, whatever is drawn."""
_name = st.text(alphabet="abdghino ’.-0", min_size=1, max_size=14)


@hypothesis_settings(max_examples=60)
@given(owner=_name, subject=_name, term=st.text(alphabet="abdghino -", min_size=1, max_size=6))
def test_a_name_is_found_by_the_beginning_of_any_of_its_words(owner: str, subject: str, term: str) -> None:
    row = many(1, name=owner, subject=subject, unit="H26.109", first=next(_numbers))[0]
    words = _words(term)
    phrases = [_words(search_key(text)) for text in (owner, subject)]
    expected = bool(words) and any(_begins(phrase[place:], words) for phrase in phrases for place in range(len(phrase)))
    found = worklists.found_by(Dossier.objects.filter(pk=row.pk), term)
    by_code = term.replace(" ", "").upper()
    assert found.exists() == (expected or (row.code or "").startswith(by_code) or (len(by_code) > 2 and (row.code or "").endswith(by_code)))


def _words(text: str) -> list[str]:
    return re.findall("[a-z0-9]+", text)


def _begins(phrase: list[str], words: list[str]) -> bool:
    return len(phrase) >= len(words) and phrase[: len(words) - 1] == words[:-1] and phrase[len(words) - 1].startswith(words[-1])


def test_search_and_lists_are_served_by_indexes() -> None:
    many(1)
    rows = visible_to(SYSTEM, Dossier.objects.all(), "dossiers.read", "unit_code")
    with connection.cursor() as cursor:
        # So few rows would be read through: only whether an index can serve is asked.
        cursor.execute("SET LOCAL enable_seqscan = off")
    for term in ("nguyen van", "260101-0001", "H26.101-26"):
        plan = worklists.found_by(rows, term).explain()
        assert "Seq Scan" not in plan and "Bitmap Index Scan" in plan, plan
    by_unit = Dossier.objects.filter(unit_code__startswith="H26.").explain()
    assert "Index Cond" in by_unit and "H26/" in by_unit, by_unit
