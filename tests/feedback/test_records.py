"""A petition on paper: the sealed record for each audience, what came after it, print and export (requirements F-10, F-14)."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from django.test import Client

from accounts.models import Person
from feedback.models import Petition
from feedback.services import NotYours, PetitionRefused, answering, files, handling, records, routing, sending
from feedback.services.secrets import seal_away
from portal.access import AccessDenied, Actor
from portal.audit.models import Act
from portal.documents import seals
from portal.documents.models import Document
from portal.files.models import StoredFile
from portal.outbox.models import Message
from portal.outbox.services import deliver_due
from tests import factories
from tests.dossiers.support import photo
from tests.feedback.support import MONDAY, WORDS, later, officer, received, send_one
from tests.payments.support import desk_of

pytestmark = pytest.mark.usefixtures("demo_data", "outside")
FILE, LATER = "giấy hẹn.png", "Sau giấy tờ này còn có việc mới"
QUESTION, OPINION, INSIDE = "Số giấy hẹn là bao nhiêu?", "Phường bên không giữ hồ sơ này.", "Chuyển vì nơi cư trú ở phường bên."


def work() -> None:
    """The worker does all that is due."""
    Message.objects.filter(done_at=None, dead_at=None).update(available_at="2000-01-01T00:00:00Z")
    deliver_due()


def sender_of(petition: Petition) -> Actor:
    """Who sent it."""
    return factories.citizen_actor(Person.objects.get(pk=petition.party_id))


def sent_by_somebody() -> tuple[Petition, Client, Actor]:
    """A new case, its sender's browser, an officer of the next commune."""
    petition, _sender = send_one()
    client = Client()
    factories.sign_in(client, Person.objects.get(pk=petition.party_id))
    return petition, client, officer("H26.102")


def a_long_case() -> tuple[Petition, Client, Actor]:
    """A case with everything in it: asked and supplied, transferred, an opinion, a report, a file, an answer."""
    petition, client, here = sent_by_somebody()
    sender, first = sender_of(petition), officer()
    handling.ask_more(actor=first, petition_id=petition.pk, question=QUESTION, now=later(MONDAY, days=1))
    files.add_supplement_file(actor=sender, petition_id=petition.pk, upload=photo(FILE), now=later(MONDAY, days=2))
    handling.supply(actor=sender, petition_id=petition.pk, words="Giấy hẹn số 12.", now=later(MONDAY, days=2))
    routing.transfer(actor=first, petition_id=petition.pk, unit_code="H26.102", reason=INSIDE, now=later(MONDAY, days=3))
    received(petition, here, now=later(MONDAY, days=3))
    [opinion] = routing.ask_opinions(
        actor=here, petition_id=petition.pk, unit_codes=["H26.101"], question="Có giữ hồ sơ không?", now=later(MONDAY, days=3)
    )
    routing.give_opinion(actor=first, opinion_id=opinion.pk, stance="agrees", words=OPINION, now=later(MONDAY, days=4))
    answering.report_progress(actor=here, petition_id=petition.pk, words="Đang tìm hồ sơ.", now=later(MONDAY, days=4))
    answering.submit_answer(
        actor=here, petition_id=petition.pk, words="Đã tìm thấy,\nmời bạn đến nhận.", outcome_on=MONDAY.date(), now=later(MONDAY, days=5)
    )
    answering.approve(actor=officer("H26.102"), petition_id=petition.pk, now=later(MONDAY, days=6))
    petition.refresh_from_db()
    work()
    return petition, client, here


def text_of(document: Document) -> str:
    return json.dumps(document.context["parts"], ensure_ascii=False)


@pytest.mark.requirement("F-14")
def test_the_sender_has_the_whole_case_sealed_and_sees_that_something_came_later() -> None:
    petition, client, here = a_long_case()
    address = f"/phan-anh-kien-nghi/{petition.code}/ban-giay/"
    assert "Lập bản có dấu" in client.get(address).content.decode()
    assert not Document.objects.filter(kind=records.KIND).exists(), "looking makes nothing"
    answer = client.post(address)
    assert (answer.status_code, answer["Location"]) == (302, address)
    page = client.get(address).content.decode()
    assert "Đang lập bản có dấu" in page and 'http-equiv="refresh"' in page and "data-look-again" in page
    work()
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf" and b"".join(answer.streaming_content).startswith(b"%PDF")
    document = Document.objects.get(kind=records.KIND)
    assert (document.unit_code, document.subject_id) == ("H26.102", petition.pk)
    said = text_of(document)
    for written in (WORDS, QUESTION, "Giấy hẹn số 12.", "Đang tìm hồ sơ.", "mời bạn đến nhận", "Giả Định", "SHA-256", FILE):
        assert written in said, written
    for inside in (OPINION, INSIDE, "Lấy ý kiến", "Trình duyệt"):
        assert inside not in said, inside
    client.post(address)
    assert Document.objects.filter(kind=records.KIND).count() == 1, "the same case is the same record"

    # What the number on the print opens, line by line; and that nothing came later.
    number = document.context["proof_number"]
    proof, compared = f"/xac-minh/{document.token}/", f"/xac-minh/{document.token}/doi-chieu-ban-in/"
    assert LATER not in Client().get(proof).content.decode()
    shown = Client().post(compared, {"number": number}).content.decode()
    assert WORDS in shown and "Giấy hẹn số 12." in shown and LATER not in shown

    # What agencies do inside is no news to the sender, what concerns them is.
    answering.rate(actor=sender_of(petition), petition_id=petition.pk, helps=True, words="", now=later(MONDAY, days=7))
    assert LATER in Client().get(proof).content.decode()
    assert LATER in Client().post(compared, {"number": number}).content.decode()
    page = client.get(address).content.decode()
    assert "Bản bạn có đã cũ" in page and "Lập bản có dấu" in page
    client.post(address)
    assert Document.objects.filter(kind=records.KIND).count() == 2

    # Officers' own copy has what the sender's leaves out.
    whole = records.issue_record(petition.pk, here, later(MONDAY, days=8))
    assert OPINION in text_of(whole) and INSIDE in text_of(whole)
    assert Act.objects.filter(act="feedback.record", target_id=str(petition.pk)).count() == 3


def test_records_are_for_those_who_may_see_the_case() -> None:
    petition, _sender = send_one()
    address = f"/phan-anh-kien-nghi/{petition.code}/ban-giay/"
    stranger = Client()
    assert stranger.get(address)["Location"].startswith("/tai-khoan/dang-nhap/")
    factories.sign_in(stranger, factories.make_person())
    assert (stranger.get(address).status_code, stranger.post(address).status_code) == (404, 404)
    for outsider in (officer("H26.103"), factories.citizen_actor(factories.make_person())):
        with pytest.raises(NotYours):
            records.issue_record(petition.pk, outsider, MONDAY)
    with pytest.raises(Petition.DoesNotExist):
        records.print_case(actor=officer("H26.103"), petition_id=petition.pk)


def test_an_agency_without_a_seal_has_its_records_sealed_by_the_one_above() -> None:
    petition, _sender = send_one(unit="G03")
    assert records.issue_record(petition.pk, officer("G03"), MONDAY).unit_code == "G22"
    assert seals.first_with_seal(["H26.999", "H26", "G22"]) == "H26"


def test_while_the_signing_service_is_silent_the_page_says_so(settings: Any) -> None:
    petition, client, _here = sent_by_somebody()
    settings.REMOTE_SIGNING_URL = "http://localhost:1/csc/v2/"
    address = f"/phan-anh-kien-nghi/{petition.code}/ban-giay/"
    answer = client.post(address)
    assert answer.status_code == 503 and "Dịch vụ ký số tạm thời chưa trả lời" in answer.content.decode()


@pytest.mark.requirement("F-06", "F-14")
def test_what_leaves_as_a_secret_takes_its_records_along() -> None:
    petition, client, _here = sent_by_somebody()
    leader = officer()
    done = records.issue_record(petition.pk, sender_of(petition), MONDAY)
    work()
    done.refresh_from_db()
    handling.classify(
        actor=leader, petition_id=petition.pk, about="rule", kind=petition.kind_id, sector_code="", now=later(MONDAY, hours=1)
    )
    waiting = records.issue_record(petition.pk, leader, later(MONDAY, hours=1))
    number = done.context["proof_number"]
    seal_away(actor=leader, petition_id=petition.pk, basis="CV 01/MB ngày 20/11/2026", now=later(MONDAY, hours=2))
    work()
    done, waiting = (Document.objects.get(pk=one.pk) for one in (done, waiting))
    assert (done.state, waiting.state) == ("signed", "cancelled") and done.context is None
    assert not StoredFile.objects.filter(subject=petition.pk).exclude(state="erased").exists()
    assert not Message.objects.exclude(dead_at=None).exists()
    address = f"/phan-anh-kien-nghi/{petition.code}/ban-giay/"
    assert client.get(address).status_code == 200 and "Lập bản có dấu" not in client.get(address).content.decode()
    assert client.post(address).status_code == 409
    proof = Client().get(f"/xac-minh/{done.token}/").content.decode()
    assert LATER in proof and "Đối chiếu bản in" not in proof
    answer = Client().post(f"/xac-minh/{done.token}/doi-chieu-ban-in/", {"number": number}).content.decode()
    assert "Không có nội dung để đối chiếu" in answer and WORDS not in answer
    with pytest.raises(PetitionRefused):
        records.issue_record(petition.pk, leader, later(MONDAY, hours=3))


@pytest.mark.requirement("F-10")
def test_the_export_holds_everything_and_is_noted() -> None:
    petition, _client, here = a_long_case()
    records.issue_record(petition.pk, here, later(MONDAY, days=8))
    work()
    name, stream = records.export_case(actor=here, petition_id=petition.pk, now=later(MONDAY, days=9))
    assert name == f"phan-anh-{petition.code}.zip"
    with zipfile.ZipFile(stream) as archive:
        said = json.loads(archive.read("case.json"))
        assert archive.read("ban-co-dau.pdf").startswith(b"%PDF")
        [file] = said["files"]
        content = archive.read(file["in"])
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert (said["words"], said["record"]["acts_since"], said["code"]) == (WORDS, 0, petition.code)
    assert [event["name"] for event in said["events"]] == list(petition.events.values_list("name", flat=True))
    assert said["opinions"][0]["words"] == OPINION and said["answers"][0]["words"].endswith("mời bạn đến nhận.")
    assert said["supplements"][0]["answer"] == "Giấy hẹn số 12." and len(said["holdings"]) == 2
    assert Act.objects.filter(act="feedback.export", target_id=str(petition.pk)).count() == 1


@pytest.mark.requirement("F-10", "F-14")
def test_officers_print_seal_and_export_on_the_desk() -> None:
    petition, _client, _here = a_long_case()
    desk = f"/quan-tri/phan-anh/{petition.pk}/"
    officers, outsiders = desk_of("H26.102", "petition_handling")[0], desk_of("H26.201", "petition_handling")[0]
    for act in ("in/", "xuat/", "ban-co-dau/"):
        assert outsiders.get(desk + act).status_code in (403, 404)
    printed = officers.get(f"{desk}in/").content.decode()
    for written in (WORDS, OPINION, INSIDE, FILE, "Trình duyệt trả lời"):
        assert written in printed, written
    with zipfile.ZipFile(io.BytesIO(b"".join(officers.get(f"{desk}xuat/").streaming_content))) as archive:
        assert "case.json" in archive.namelist()
    assert "Lập bản có dấu" in officers.get(f"{desk}ban-co-dau/").content.decode()
    officers.post(f"{desk}ban-co-dau/")
    page = officers.get(f"{desk}ban-co-dau/").content.decode()
    assert "Đang lập và đóng dấu số" in page and 'http-equiv="refresh"' in page
    work()
    assert officers.get(f"{desk}ban-co-dau/")["Content-Type"] == "application/pdf"
    noted = Act.objects.filter(target_id=str(petition.pk), act__in=["feedback.print", "feedback.export", "feedback.record"])
    assert noted.count() == 3


def test_who_was_asked_or_held_it_once_gets_no_address_of_the_sender() -> None:
    petition, _client, here = a_long_case()
    first = officer()
    assert (records.audience_of(here, petition.pk), records.audience_of(first, petition.pk)) == (records.OFFICERS, records.OTHERS)
    petition = Petition.objects.get(pk=petition.pk)
    reached = [str((petition.sender or {})[name]) for name in ("address", "phone", "email")]
    own, others = ((records.print_case(actor=who, petition_id=petition.pk)[1]) for who in (here, first))
    for part in reached:
        assert part in str(own) and part not in str(others)
    assert OPINION in str(others) and str((petition.sender or {})["name"]) in str(others)
    for who in (here, first):
        records.issue_record(petition.pk, who, later(MONDAY, days=8))
    work()
    [theirs] = Document.objects.filter(subject_id=petition.pk, key__contains=f":{records.OTHERS}:")
    assert not any(part in text_of(theirs) for part in reached)
    with zipfile.ZipFile(records.export_case(actor=first, petition_id=petition.pk, now=later(MONDAY, days=9))[1]) as archive:
        said = archive.read("case.json").decode()
        kept = archive.read("ban-co-dau.pdf")
    assert not any(part in said for part in reached) and hashlib.sha256(kept).hexdigest() == theirs.sha256


def test_who_only_reported_gets_the_senders_copy() -> None:
    reporter, here = officer("H26.103"), officer("G22")
    petition = sending.report_procedure(
        actor=reporter, kind="chua-cong-bo", procedure_code="", subject="Thủ tục chưa công bố", words=WORDS, now=MONDAY, to_top=True
    )
    received(petition, here)
    assert records.audience_of(reporter, petition.pk) == records.SENDER
    assert records.audience_of(here, petition.pk) == records.OFFICERS
    with pytest.raises(AccessDenied):
        records.export_case(actor=reporter, petition_id=petition.pk, now=MONDAY)
