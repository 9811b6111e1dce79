"""Copies certified from originals: scanned, charged by the page, numbered without gaps, signed and sealed, kept, verified, used (D-32)."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Position
from dossiers import services as filing
from dossiers.copies import queries, rules, services
from dossiers.copies.common import CopyRefused
from dossiers.models import CertifiedCopy, CopyWording, StorePaper
from dossiers.papers import Wanted, papers_of
from dossiers.store.reusing import offered
from dossiers.terms import terms_on
from payments.models import Posting
from portal.access import Actor
from portal.documents import proofs
from portal.documents import services as documents
from portal.documents.models import Document
from portal.documents.verification import verify
from portal.files.models import FileState, StoredFile
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from procedures.fees import Fee
from ratings.score.sources import SOURCES, Span
from tests.dossiers.support import CODE, PAPER, at_once, mother
from tests.factories import citizen_actor, make_officer_actor, make_position, officer_actor, sign_in
from tests.support.processes import eventually

UNIT, DESK = "H26.101", "/quan-tri/dossiers/certifiedcopy/"
WORDS = "Chứng thực bản sao đúng với bản chính.\nSố chứng thực {so}. {ngay}, tại {co_quan}. Người ký: {nguoi_ky}."
FEES = [Fee("Hai trang đầu", 2000, "trang"), Fee("Từ trang thứ ba", 1000, "trang")]


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def pdf(pages: int) -> bytes:
    """A scan of so many pages."""
    out = io.BytesIO()
    with pikepdf.new() as made:
        for _number in range(pages):
            made.add_blank_page(page_size=(595, 842))
        made.save(out)
    return out.getvalue()


def desk(roles: tuple[str, ...] = ("reception",), unit: str = UNIT, **values: Any) -> tuple[Client, Actor]:
    position, client = make_position(unit=unit, roles=roles, **values), Client()
    sign_in(client, position.person, position=position)
    return client, officer_actor(position)


def worded() -> CopyWording:
    chief = make_officer_actor(roles=("administrator",))
    today = timezone.localdate()
    return services.word(actor=chief, valid_from=today, words=WORDS, basis="Nghị định 23/2015/NĐ-CP, mẫu thử", now=timezone.now())


def demo_leader() -> Position:
    """The ward's leader with a key at the signing service's simulator."""
    [found] = [one for one in Position.objects.filter(unit_code=UNIT) if one.credential == "cred-001075000004"]
    return found


def clean() -> None:
    StoredFile.objects.filter(purpose="dossiers.copy_scan").update(state=FileState.CLEAN, checked_at=timezone.now())


def begun(client: Client, title: str = "Bằng tốt nghiệp trung học phổ thông", **said: str) -> CertifiedCopy:
    answer = client.post(DESK + "add/", {"owner_number": mother().id_number, "title": title, "original_number": "TH-0012", **said})
    assert answer.status_code == 302, text(answer)
    return CertifiedCopy.objects.get(pk=answer["Location"].split("/")[-3])


def act(client: Client, row: CertifiedCopy, where: str, **said: Any) -> Any:
    row.refresh_from_db()
    return client.post(f"{DESK}{row.pk}/{where}/", {"seen": row.version, **said})


def scanned(client: Client, row: CertifiedCopy, pages: int = 3) -> None:
    upload = SimpleUploadedFile("ban-chinh.pdf", pdf(pages), content_type="application/pdf")
    assert act(client, row, "scan", file=upload).status_code == 302
    clean()


def presented(client: Client, row: CertifiedCopy, signer: Position) -> Any:
    return act(client, row, "present", compared="on", signer_position_id=str(signer.pk), payer_name="Nguyễn Thị Mẫu")


def work() -> None:
    Message.objects.filter(done_at=None, dead_at=None).update(available_at="2000-01-01T00:00:00Z")
    deliver_due()


@pytest.mark.requirement("D-32", "D-02", "R-02")
@pytest.mark.usefixtures("demo_data")
def test_a_diploma_is_certified_signed_sealed_kept_verified_and_used(outside: Any, client: Client) -> None:
    clerk, _actor = desk()
    row, signer = begun(clerk), demo_leader()
    assert act(clerk, row, "present", compared="on").status_code == 422
    scanned(clerk, row)
    assert "chưa nhập lời chứng" in text(presented(clerk, row, signer))
    worded()
    assert "đối chiếu" in text(act(clerk, row, "present", signer_position_id=str(signer.pk), payer_name="A"))
    assert "3 trang, thu 5.000" in text(clerk.get(f"{DESK}{row.pk}/present/"))
    assert presented(clerk, row, signer).status_code == 302
    row.refresh_from_db()
    assert (row.number_words, row.pages, row.charge, row.state) == (f"1/{timezone.localdate().year}", 3, 5000, "awaiting")
    # The money is in the ledger as any cash, against a number of the unit's book of receipts.
    assert row.receipt_number.startswith("0000001/") and row.receipt is not None
    assert sum(one.amount for one in Posting.objects.filter(account__type="cash", account__unit_code=UNIT)) == 5000
    assert not StorePaper.objects.filter(origin="certified").exists()

    # The leader authorises once; their signature and the agency's seal stand in one file.
    chief = officer_actor(signer)
    back = outside.authorise(services.signing_address(actor=chief, copy_id=row.pk, return_to=f"{DESK}{row.pk}/change/"))
    assert documents.return_from_authorisation(actor=chief, state=back["state"], code=back["code"]).granted

    def signed() -> bool:
        work()
        return bool(Document.objects.get(pk=row.document_id).state == Document.SIGNED)

    eventually(signed, 60, 0.5)
    row.refresh_from_db()
    document = Document.objects.get(pk=row.document_id)
    data = b"".join(documents.open_pdf(document))
    facts = verify(data)
    assert facts.has_good_signature and len(facts.signatures) == 2
    person, seal = (one.signer for one in facts.signatures)
    assert person is not None and person.id_number == "001075000004" and seal is not None and seal.organisation_code == UNIT
    assert document.signer_name == person.subject_name
    with pikepdf.open(io.BytesIO(data)) as opened:
        assert len(opened.pages) == 4, "three pages of the original, then the wording"
    assert not verify(data.replace(b"/MediaBox", b"/MediaBux", 1)).has_good_signature
    assert (row.state, row.certified_on) == ("certified", timezone.localdate())

    # Anybody may check it; what the print says can be compared.
    stranger = client.get(f"/xac-minh/{document.token}/")
    assert stranger.status_code == 200 and "Bằng tốt nghiệp trung học phổ thông" in text(stranger) and "Mẫu" not in text(stranger)
    compared = client.post(f"/xac-minh/{document.token}/doi-chieu-ban-in/", {"number": document.context[proofs.NUMBER]})
    assert row.number_words in text(compared) and "Chứng thực bản sao đúng với bản chính." in text(compared)

    # It lies in the owner's store, and is given for a paper that no catalogue knows by that name.
    paper = StorePaper.objects.get(origin="certified")
    owner = citizen_actor(mother())
    assert (paper.party_id, paper.number, paper.files.count()) == (mother().pk, "TH-0012", 1)
    reader = Client()
    sign_in(reader, mother())
    shown = reader.get(f"/kho-giay-to/{paper.pk}/")
    assert shown.status_code == 200 and f"/xac-minh/{document.token}/" in text(shown)
    opened_file = reader.get(f"/kho-giay-to/{paper.pk}/tep/1/")
    assert b"".join(opened_file.streaming_content) == data  # type: ignore[attr-defined]
    now = timezone.now()
    draft = filing.start_or_open_draft(actor=owner, procedure_code=CODE, now=now)
    wanted = [one for one in papers_of(terms_on(CODE, now).papers, draft.form_version.papers) if one.kind == PAPER]
    choice = offered(owner, [Wanted(one, required=True, asked=True) for one in wanted], [], day=timezone.localdate())
    assert [(one.paper.pk, one.chosen) for one in choice[PAPER]] == [(paper.pk, False)]
    [given_paper] = filing.take_from_store(actor=owner, draft_id=draft.pk, kind=PAPER, store_paper_id=paper.pk, now=now)
    assert given_paper.from_store_id == paper.pk

    # The score counts it, beside one that was made on paper.
    _clerk, actor = desk()
    services.enter_paper(
        actor=actor, requester_name="Trần Văn Thử", title="Giấy khai sinh", page_count=1, copies=3, signer_label="Lãnh đạo", now=now
    )
    span = Span("y", timezone.localdate().replace(month=1, day=1), now)
    source = SOURCES["certified_copies"]
    sql, values = source.counts(span)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        counted = {place: (good, all_) for place, good, all_ in cursor.fetchall()}
    assert counted[UNIT] == (1, 4) == counted["H26"]
    rows = source.rows("H26", span, limit=3)
    rest = source.rows("H26", span, after=rows.after, limit=3)
    assert [one.good for one in [*rows.rows, *rest.rows]] == [True, False, False, False] and not rest.after

    # Revoked it is good for nothing, and everybody is told so; the right one costs nothing.
    leader_desk = Client()
    sign_in(leader_desk, signer.person, position=signer)
    assert act(leader_desk, row, "revoke", reason="Sai trang").status_code == 302
    assert "Sai trang" in text(client.get(f"/xac-minh/{document.token}/"))
    assert offered(owner, [Wanted(one, required=True, asked=True) for one in wanted], [], day=timezone.localdate()) == {}
    assert act(clerk, row, "mend").status_code == 302
    again = CertifiedCopy.objects.get(replaces=row)
    scanned(clerk, again, 1)
    assert presented(clerk, again, signer).status_code == 302
    again.refresh_from_db()
    assert (again.charge, again.number, again.receipt_number) == (0, 3, "")


@pytest.mark.requirement("D-32")
@pytest.mark.usefixtures("demo_data")
def test_nobody_certifies_their_own_a_mistake_stays_in_the_register_and_nothing_is_rewritten() -> None:
    worded()
    signer = demo_leader()
    clerk, actor = desk()
    own = clerk.post(DESK + "add/", {"owner_number": Position.objects.get(pk=actor.position_id).person.id_number, "title": "Bằng"})
    assert own.status_code == 409 and "giấy tờ của bạn" in text(own)
    assert clerk.post(DESK + "add/", {"owner_number": mother().id_number, "title": "Căn cước 001195000001"}).status_code == 422
    # Neither who prepares, nor whose paper it is, may sign.
    row = services.begin(actor=actor, owner_number=signer.person.id_number, title="Bằng cử nhân", now=timezone.now())
    assert signer.pk not in {one.position_id for one in queries.signers_of(row, actor)}
    services.drop(actor=actor, copy_id=row.pk, seen_version=row.version)
    assert not CertifiedCopy.objects.exists()

    row = begun(clerk)
    scanned(clerk, row, 1)
    stale = clerk.post(f"{DESK}{row.pk}/present/", {"seen": 1, "compared": "on", "signer_position_id": str(signer.pk), "payer_name": "A"})
    assert stale.status_code == 409
    assert presented(clerk, row, signer).status_code == 302
    assert act(clerk, row, "void", reason="").status_code == 422
    assert act(clerk, row, "void", reason="Quét thiếu trang").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.number, Document.objects.get(pk=row.document_id).state) == ("void", 1, Document.CANCELLED)
    assert "Quét thiếu trang" in text(clerk.get(f"{DESK}{row.pk}/change/"))
    for change in (
        lambda: CertifiedCopy.objects.filter(pk=row.pk).update(number=7),
        row.delete,
        lambda: CopyWording.objects.update(words="x"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    # Another unit sees nothing of it.
    elsewhere, other = desk(unit="H26.102")
    assert elsewhere.get(f"{DESK}{row.pk}/change/").status_code == 404
    with pytest.raises(CertifiedCopy.DoesNotExist):
        services.mend(actor=other, copy_id=row.pk, now=timezone.now())


@pytest.mark.requirement("D-32")
@pytest.mark.usefixtures("demo_db")
def test_numbers_have_no_holes_however_many_clerks_write_at_once() -> None:
    actor, year = make_officer_actor(roles=("reception",)), timezone.localdate().year

    def enter(fails: bool) -> CertifiedCopy:
        with transaction.atomic():
            made = services.enter_paper(
                actor=actor, requester_name="A", title="Bằng", page_count=2, copies=1, signer_label="B", now=timezone.now()
            )
            if fails:
                raise CopyRefused("given up")
            return made

    done = at_once(*[lambda fails=number % 3 == 0: enter(fails) for number in range(12)])
    made = [one for one in done if isinstance(one, CertifiedCopy)]
    assert len(made) == 8 and sum(isinstance(one, CopyRefused) for one in done) == 4
    numbers = CertifiedCopy.objects.filter(unit_code=UNIT, year=year).order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 9))
    other = make_officer_actor(unit="H26.102", roles=("reception",))
    first = services.enter_paper(
        actor=other, requester_name="A", title="Bằng", page_count=1, copies=1, signer_label="B", now=timezone.now()
    )
    assert first.number == 1


@given(st.integers(min_value=1, max_value=2000))
def test_a_copy_costs_by_the_page_and_never_more_than_the_most(pages: int) -> None:
    lines = rules.charge(pages, rules.charges(), FEES)
    assert sum(one.amount for one in lines) == min(200_000, sum(2000 if page <= 2 else 1000 for page in range(1, pages + 1)))
    assert sum(one.number for one in lines) == pages and all(one.amount >= 0 for one in lines)


def test_a_wording_says_where_its_entry_is_found_and_a_fee_is_never_guessed() -> None:
    assert rules.faults(WORDS) == []
    assert rules.faults("Số {so} {gi_do} {") == [
        "Không có chỗ điền {gi_do}.",
        "Lời chứng phải có chỗ điền {ngay} (ngày chứng thực bằng chữ).",
        "Dấu ngoặc nhọn phải đi thành cặp, ví dụ {so}.",
    ]
    assert rules.filled("Số {so}, {so_trang} trang", {"so": "1/2026", "so_trang": 3}) == "Số 1/2026, 3 trang"
    with pytest.raises(rules.NoFee):
        rules.charge(3, rules.charges(), FEES[:1])


@pytest.mark.usefixtures("demo_data")
def test_the_newest_wording_of_the_nearest_agency_holds() -> None:
    today = timezone.localdate()

    def enter(unit: str, day: Any) -> CopyWording:
        return CopyWording.objects.create(
            unit_code=unit, valid_from=day, words=WORDS, basis="Thử", entered_by_label="Thử", entered_at=timezone.now()
        )

    above = enter("H26", today - timedelta(days=9))
    assert queries.wording_of(UNIT, today) == above
    old, _coming = enter(UNIT, today - timedelta(days=3)), enter(UNIT, today + timedelta(days=1))
    assert queries.wording_of(UNIT, today) == old and queries.wording_of("H26.102", today) == above
    assert queries.wording_of("H30.1", today) is None
