"""A print is compared with what was issued: the mark, the number, the lines, and tries that cannot be guessed past."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal import crypto
from portal.access import SYSTEM
from portal.documents import proofs, queries, rendering, services
from portal.documents.models import Document, ProofTry
from portal.documents.tasks import forget_old_tries
from tests.documents.conftest import OWNER, Desk, officer

LINES = [("Họ và tên", OWNER), ("Nơi cấp", "H26.101"), ("Số định danh", "•••• •••• 0001")]


def content(context: Mapping[str, Any], unit: str) -> list[proofs.Section]:
    """What stands on the specimen, as an upper room would register it."""
    return [
        proofs.Section("Chủ hồ sơ", (("Họ và tên", context["owner"]), ("Nơi cấp", unit), ("Số định danh", proofs.masked("001195000001")))),
        proofs.Section("Không có gì", ()),
    ]


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(proofs, "_content", {"receipt": content})
    yield


@pytest.fixture
def signed(kinds: None, desk: Desk) -> Document:
    document = desk.receipt()
    desk.work()
    return desk.now(document)


def number_of(document: Document) -> str:
    return str(document.context[proofs.NUMBER])


def another(document: Document) -> str:
    """A number that is not the printed one."""
    return f"{(int(number_of(document)) + 1 + secrets.randbelow(1000)) % 10**9:09d}"


def address_of(document: Document) -> str:
    return f"/xac-minh/{document.token}/doi-chieu-ban-in/"


def type_in(document: Document, number: str, client: Client | None = None, ip: str = "203.0.113.7") -> Any:
    """What a stranger without cookies gets for a number."""
    client = client or Client(enforce_csrf_checks=True)
    answer = client.post(address_of(document), {"number": number}, REMOTE_ADDR=ip)
    assert not answer.cookies and not client.cookies
    assert "no-store" in answer["Cache-Control"] and "ETag" not in answer
    assert answer["X-Robots-Tag"] == "noindex" and answer["Referrer-Policy"] == "no-referrer"
    return answer


def shown(answer: Any) -> list[tuple[str, str]]:
    """The lines on the page."""
    text = answer.content.decode().partition("<h2>Chủ hồ sơ</h2>")[2]
    return re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", text)


def test_who_types_the_printed_number_reads_every_line(signed: Document, django_assert_max_num_queries: Any, caplog: Any) -> None:
    asked = Client().get(address_of(signed))
    page = asked.content.decode()
    assert asked.status_code == 200 and "no-store" in asked["Cache-Control"] and not asked.cookies
    assert proofs.short_mark(signed.token) in page and OWNER not in page and number_of(signed) not in page
    crypto.forget_keys()
    with django_assert_max_num_queries(12):
        answer = type_in(signed, number_of(signed))
    assert answer.status_code == 200
    assert shown(answer) == LINES
    text = answer.content.decode()
    assert "Không có gì" not in text and "001195000001" not in text
    assert number_of(signed) not in caplog.text and OWNER not in caplog.text


@pytest.mark.parametrize("form", ["{0} {1} {2}", " {0}.{1}.{2} ", "{0}-{1}\u2013{2}", "{0}\u00a0{1}\u202f{2}", "{0}{1}{2}\u200b"])
def test_blanks_points_and_dashes_between_the_digits_do_not_matter(signed: Document, form: str) -> None:
    number = number_of(signed)
    assert shown(type_in(signed, form.format(number[:3], number[3:6], number[6:]))) == LINES
    wide = number.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert shown(type_in(signed, wide)) == LINES


@pytest.mark.parametrize(
    "typed",
    [
        "", "   ", "12345678", "1234567890", "ABCDEFGHI", "12345678\u0669", "<script>alert(1)</script>", "' OR 1=1 --", "\x00" * 9,
        "9" * 100_000,
    ],
)  # fmt: skip
def test_what_cannot_be_a_number_is_told_beside_the_field_and_costs_nothing(signed: Document, typed: str) -> None:
    answer = type_in(signed, typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "error-summary" in text and OWNER not in text and "<script>alert" not in text
    assert not ProofTry.objects.exists()


def test_a_wrong_number_is_told_with_the_tries_left_and_a_right_one_is_free(signed: Document) -> None:
    for left in (4, 3, 2, 1):
        answer = type_in(signed, another(signed))
        text = answer.content.decode()
        assert answer.status_code == 422 and f"còn {left} lần thử" in text and OWNER not in text
        assert shown(type_in(signed, number_of(signed))) == LINES
    assert "không còn lần thử nào" in type_in(signed, another(signed)).content.decode()
    for number in (another(signed), number_of(signed)):
        answer = type_in(signed, number)
        text = answer.content.decode()
        assert answer.status_code == 429 and "Hôm nay đã hết lần thử" in text and OWNER not in text
        assert 0 < int(answer["Retry-After"]) <= 86_400
    assert shown(type_in(signed, number_of(signed), ip="203.0.113.8")) == LINES, "one address locks nobody else out"
    row = ProofTry.objects.exclude(source="").get(tries=5)
    assert "203.0.113" not in row.source and len(row.source) == 64


def test_all_addresses_together_have_a_limit_of_their_own(signed: Document, desk: Desk) -> None:
    tried = 0
    for place in range(30):
        for _ in range(4):
            try:
                proofs.compare_print(signed, number=another(signed), address=f"203.0.113.{place}", now=timezone.now())
            except proofs.WrongNumber:
                tried += 1
            except proofs.TriesUsedUp:
                pass
    assert tried == ProofTry.PER_DOCUMENT == 100
    assert type_in(signed, number_of(signed), ip="198.51.100.1").status_code == 429
    other = desk.receipt("receipt:2")
    desk.work()
    assert shown(type_in(desk.now(other), number_of(other))) == LINES, "other papers are not touched"
    tomorrow = timezone.now() + timedelta(days=1)
    assert proofs.compare_print(signed, number=number_of(signed), address="198.51.100.1", now=tomorrow)


def test_the_limit_ends_at_midnight(signed: Document) -> None:
    evening = datetime(2026, 11, 28, 23, 59, tzinfo=timezone.get_default_timezone())
    for _ in range(5):
        with pytest.raises(proofs.WrongNumber):
            proofs.compare_print(signed, number=another(signed), address="a", now=evening)
    with pytest.raises(proofs.TriesUsedUp) as used_up:
        proofs.compare_print(signed, number=number_of(signed), address="a", now=evening)
    assert used_up.value.retry_at == evening + timedelta(minutes=1)
    assert proofs.compare_print(signed, number=number_of(signed), address="a", now=used_up.value.retry_at)


def test_old_counts_are_forgotten(signed: Document) -> None:
    today = timezone.localdate()
    for days in (0, 1, 3, 30):
        ProofTry.objects.create(document=signed, day=today - timedelta(days=days), source="", tries=1)
    forget_old_tries()
    assert sorted(today - row.day for row in ProofTry.objects.all()) == [timedelta(0), timedelta(1)]


def test_twenty_at_once_count_one_by_one(kinds: None, committed_db: None) -> None:
    """Without Redis's help: the rows alone decide."""
    from tests.dossiers.support import at_once

    document = Document.objects.create(
        key="at-once", kind="receipt", title="Giấy tiếp nhận", unit_code="H26.101", subject_id=uuid4(), template="documents/x.html",
        by_person=False, context={"owner": OWNER, proofs.NUMBER: "123456789"}, credential="x",
    )  # fmt: skip
    document.state, document.signed_at = Document.SIGNED, timezone.now()

    def guess() -> str:
        try:
            proofs.compare_print(document, number="000000001", address="203.0.113.7", now=timezone.now())
        except proofs.WrongNumber:
            return "wrong"
        except proofs.TriesUsedUp:
            return "refused"
        return "shown"

    assert sorted(at_once(*[guess] * 20)) == ["refused"] * 15 + ["wrong"] * 5
    assert {row.source == "": row.tries for row in ProofTry.objects.all()} == {False: 5, True: 5}


def test_unknown_cancelled_and_unsigned_papers_have_nothing_to_type(kinds: None, desk: Desk) -> None:
    document = desk.receipt()
    assert Client().get(address_of(document)).status_code == 404
    assert type_in(document, number_of(document)).status_code == 404
    assert type_in(Document(token="khong-co"), "123456789").status_code == 404
    assert set(queries.SHOWN) == set(Document.STATES) - {"cancelled"}
    Document.objects.filter(pk=document.pk).update(state="cancelled")
    for address in ("", "doi-chieu/", "doi-chieu-ban-in/"):
        answer = Client().get(f"/xac-minh/{document.token}/{address}")
        assert answer.status_code == 404 and document.title not in answer.content.decode()


def test_a_revoked_paper_says_so_first(signed: Document) -> None:
    services.revoke(document=signed, reason="Cấp nhầm người", actor=officer())
    for answer in (Client().get(address_of(signed)), type_in(signed, number_of(signed))):
        main = answer.content.decode().partition("<main")[2]
        assert "Không còn giá trị" in main
        assert main.index("Không còn giá trị") < main.index("Dấu ngắn" if "Dấu ngắn" in main else "dấu ngắn")
    assert shown(type_in(signed, number_of(signed))) == LINES


def test_after_the_erasure_it_says_only_that_it_was_issued(signed: Document) -> None:
    number = number_of(signed)
    crypto.shred(signed.subject_id, actor=SYSTEM)
    crypto.forget_keys()
    answer = Client().get(f"/xac-minh/{signed.token}/")
    text = answer.content.decode()
    assert answer.status_code == 200 and signed.title in text and "doi-chieu-ban-in" not in text and OWNER not in text
    for answer in (Client().get(address_of(signed)), type_in(signed, number)):
        text = answer.content.decode()
        assert answer.status_code == 200 and "Cổng chỉ còn biết giấy tờ này đã được cấp" in text and OWNER not in text


def test_a_kind_without_content_and_a_paper_without_number_are_not_compared(signed: Document, monkeypatch: Any) -> None:
    monkeypatch.setattr(proofs, "_content", {})
    assert "doi-chieu-ban-in" not in Client().get(f"/xac-minh/{signed.token}/").content.decode()
    assert "Không có nội dung để đối chiếu" in type_in(signed, number_of(signed)).content.decode()
    proofs.register_content("receipt", content)
    with pytest.raises(ValueError, match="twice"):
        proofs.register_content("receipt", lambda context, unit: [])
    old = Document.objects.get(pk=signed.pk)
    old.context = {"owner": OWNER}
    assert not proofs.is_comparable(old)
    with pytest.raises(proofs.NothingToCompare):
        proofs.compare_print(old, number="", address="a", now=timezone.now())


def test_mark_and_number_stand_on_the_print(signed: Document, desk: Desk) -> None:
    html = rendering.document_html(signed, at=timezone.now())
    assert proofs.short_mark(signed.token) in html
    assert proofs.in_threes(number_of(signed)) in html
    again = desk.receipt()
    assert again.pk == signed.pk and number_of(again) == number_of(signed), "issuing twice prints one number"


@given(token=st.text(min_size=1, max_size=64), other=st.text(min_size=1, max_size=64))
def test_a_mark_belongs_to_one_paper(token: str, other: str) -> None:
    mark = proofs.short_mark(token)
    assert re.fullmatch(f"[{proofs.LETTERS}]{{4}}-[{proofs.LETTERS}]{{4}}", mark)
    assert (proofs.short_mark(other) == mark) == (other == token)


@given(st.text(alphabet="0123456789", max_size=20))
def test_masking_leaves_four_digits_at_most(number: str) -> None:
    seen = re.sub(r"[^0-9]", "", proofs.masked(number))
    assert len(seen) <= 4 and len(number) - len(seen) >= min(len(number), 4)
