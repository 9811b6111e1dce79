"""From issue to a signed file, over the real signing service, time-stamps, OCSP and CRL of the simulators."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from portal.access import AccessDenied
from portal.audit.models import Act
from portal.documents import services, steps
from portal.documents.models import Document, SigningAttempt
from portal.files import scan
from portal.files.models import FileState, StoredFile
from portal.outbox import RetryLater
from portal.states import TransitionRefused
from tests.documents.conftest import EC_ID_NUMBER, ID_NUMBER, SECOND_ID_NUMBER, Desk, content_of, officer, url_with

pytestmark = pytest.mark.django_db


def assert_pdfsig_trusts(text: str) -> None:
    assert "Signature is Valid." in text
    assert "Certificate is Trusted." in text
    assert "Total document signed" in text
    assert "ETSI.CAdES.detached" in text


@pytest.mark.requirement("D-10")
def test_a_receipt_is_sealed_without_a_person(desk: Desk, pdfsig: Any) -> None:
    document = desk.receipt()
    assert document.state == Document.QUEUED
    desk.work()
    desk.now(document)
    assert (document.state, document.note) == (Document.SIGNED, "")
    pdf = content_of(document)
    assert document.sha256 == hashlib.sha256(pdf).hexdigest()
    assert_pdfsig_trusts(pdfsig(pdf))
    facts = services.verify(pdf)
    assert facts.has_good_signature and len(facts.signatures) == 1
    assert facts.signatures[0].signer is not None
    assert facts.signatures[0].signer.organisation_code == "H26.101"
    assert facts.signatures[0].signed_at == document.signed_at
    assert scan.check(pdf, "application/pdf") == ""  # what we sign may be sent back to us
    assert [one.id for one in desk.signed] == [document.id]


def test_issuing_twice_is_issuing_once(desk: Desk) -> None:
    first, second = desk.receipt(), desk.receipt()
    assert first.id == second.id
    desk.work()
    desk.receipt()
    desk.work()
    assert len(desk.signed) == 1
    assert Act.objects.filter(act="documents.issue").count() == 1


@pytest.mark.requirement("D-17")
def test_a_result_is_signed_by_the_officer_who_authorised(desk: Desk, pdfsig: Any) -> None:
    actor = officer()
    document = desk.result(actor)
    desk.work()
    assert desk.now(document).state == Document.AWAITING
    assert desk.signed == []
    back = desk.authorise(document, actor)
    assert back.granted and back.return_to == "/quan-tri/"
    assert desk.now(document).state == Document.SIGNING
    desk.work()
    desk.now(document)
    assert document.state == Document.SIGNED
    assert document.signer_name == "Phạm Thị Minh Họa"
    pdf = content_of(document)
    assert_pdfsig_trusts(pdfsig(pdf))
    signer = services.verify(pdf).signatures[0].signer
    assert signer is not None and signer.id_number == ID_NUMBER
    assert len(desk.signed) == 1


def test_an_elliptic_curve_key_signs_too(desk: Desk, pdfsig: Any) -> None:
    actor = officer("H26.102")
    document = desk.result(actor, EC_ID_NUMBER)
    desk.work()
    desk.authorise(document, actor)
    desk.work()
    assert desk.now(document).state == Document.SIGNED
    assert_pdfsig_trusts(pdfsig(content_of(document)))


def test_the_officer_may_come_back_before_the_pdf_is_made(desk: Desk) -> None:
    actor = officer()
    document = desk.result(actor)
    desk.authorise(document, actor)
    assert desk.now(document).state == Document.SIGNING
    desk.work()
    assert desk.now(document).state == Document.SIGNED
    assert len(desk.signed) == 1


def test_nothing_secret_or_half_made_stays(desk: Desk) -> None:
    actor = officer()
    document = desk.result(actor)
    desk.work()
    desk.authorise(document, actor)
    sealed = SigningAttempt.objects.get(document=document)
    assert sealed.code and sealed.verifier
    desk.work()
    desk.now(document)
    attempt = SigningAttempt.objects.get(document=document)
    assert (attempt.code, attempt.verifier, attempt.activation, attempt.prepared, attempt.signature) == ("", "", "", None, None)
    assert (document.credential, document.signer_blind) == ("", "")
    assert document.unsigned_file is None
    living = StoredFile.objects.filter(subject=document.subject_id).exclude(state=FileState.ERASED)
    assert [file.id for file in living] == [document.file_id]


def test_each_step_may_run_again(desk: Desk) -> None:
    document = desk.receipt()
    steps.render(document.id)
    first = desk.now(document).unsigned_file_id
    steps.render(document.id)
    assert desk.now(document).unsigned_file_id == first
    steps.sign(document.id, 1)
    sha256 = desk.now(document).sha256
    steps.sign(document.id, 1)
    steps.render(document.id)
    assert desk.now(document).sha256 == sha256
    assert len(desk.signed) == 1


def test_a_killed_worker_loses_no_authorisation(desk: Desk) -> None:
    """Killed after the code was exchanged, then after the file was prepared, then after the signature was given."""
    actor = officer()
    document = desk.result(actor)
    desk.work()
    desk.authorise(document, actor)
    desk.now(document)
    steps._activation(document, SigningAttempt.objects.get(document=document))
    steps.make_ready(document, SigningAttempt.objects.get(document=document))
    steps._obtain_signature(document, SigningAttempt.objects.get(document=document))
    desk.work()
    assert desk.now(document).state == Document.SIGNED
    assert document.attempt == 1


def test_two_workers_with_the_same_attempt_make_one_file(desk: Desk) -> None:
    """The slower one finds the document signed and leaves nothing behind."""
    document = desk.receipt()
    steps.render(document.id)
    slow_document, slow_attempt = steps._current(document.id, 1)
    assert slow_document is not None and slow_attempt is not None
    steps._obtain_signature(slow_document, slow_attempt)
    prepared = steps._load_prepared(slow_attempt)
    pdf = steps.signing.complete(prepared, bytes(slow_attempt.signature))
    steps.sign(document.id, 1)
    steps._finish(slow_document, slow_attempt, pdf, services.verify(pdf).signatures[0])
    assert len(desk.signed) == 1
    assert StoredFile.objects.filter(purpose="documents.signed").count() == 1


def test_a_changed_byte_breaks_the_signature(desk: Desk, pdfsig: Any) -> None:
    document = desk.receipt()
    desk.work()
    pdf = bytearray(content_of(desk.now(document)))
    pdf[pdf.index(b"stream") + 20] ^= 1
    facts = services.verify(bytes(pdf))
    assert not facts.has_good_signature
    assert facts.sha256 != document.sha256
    assert "Signature is Valid." not in pdfsig(bytes(pdf))


def test_something_appended_is_not_covered(desk: Desk) -> None:
    document = desk.receipt()
    desk.work()
    assert not services.verify(content_of(desk.now(document)) + b"\n% more\n").has_good_signature


# When the outside fails --------------------------------------------------------------------------------------------------------


def waiting_result(desk: Desk) -> tuple[Document, Any]:
    actor = officer()
    document = desk.result(actor)
    desk.work()
    desk.authorise(document, actor)
    return desk.now(document), actor


def test_signing_service_down_costs_time_only(desk: Desk) -> None:
    document, _actor = waiting_result(desk)
    desk.outside.faults("csc", "down")
    desk.work()
    desk.now(document)
    assert (document.state, document.state_words, document.note) == (Document.SIGNING, "Đang ký", steps.SERVICE_SILENT)
    desk.outside.faults("csc", "none")
    desk.sign(document)
    assert document.note == ""


def test_a_slow_signing_service_is_not_waited_for(desk: Desk, settings: Any) -> None:
    document = desk.receipt()
    steps.render(document.id)
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.4
    desk.outside.faults("csc", "slow", seconds=2, times=1)
    with pytest.raises(RetryLater):
        steps.sign(document.id, 1)
    settings.OUTSIDE_TIMEOUT_SECONDS = 5.0
    desk.outside.faults("csc", "none")
    desk.sign(document)


def test_a_wrong_signing_service_signs_nothing(desk: Desk) -> None:
    document, actor = waiting_result(desk)
    desk.outside.faults("csc", "wrong")
    desk.work()
    desk.now(document)
    assert (document.state, document.note) == (Document.AWAITING, steps.WRONG_SIGNATURE)
    assert document.file is None and desk.signed == []
    assert SigningAttempt.objects.get(document=document).outcome
    desk.outside.faults("csc", "none")
    desk.authorise(document, actor)
    desk.work()
    assert desk.now(document).state == Document.SIGNED
    assert document.attempt == 2


def test_a_wrong_seal_is_tried_again_by_itself(desk: Desk) -> None:
    document = desk.receipt()
    desk.outside.faults("csc", "wrong")
    desk.work()
    desk.now(document)
    assert (document.state, document.note) == (Document.SIGNING, steps.SEAL_TROUBLE)
    assert document.file is None
    desk.outside.faults("csc", "none")
    desk.sign(document)


@pytest.mark.parametrize("fault", ["down", "wrong"])
def test_a_silent_time_stamp_keeps_the_signature(desk: Desk, fault: str) -> None:
    document, _actor = waiting_result(desk)
    steps._obtain_signature(document, SigningAttempt.objects.get(document=document))
    desk.outside.faults("tsa", fault)
    desk.work()
    assert (desk.now(document).state, document.note) == (Document.SIGNING, steps.STAMP_SILENT)
    kept = SigningAttempt.objects.get(document=document).signature
    assert kept is not None
    desk.outside.faults("tsa", "none")
    desk.work()
    assert desk.now(document).state == Document.SIGNED
    assert document.attempt == 1


def test_time_stamps_down_before_the_signature_spends_nothing(desk: Desk) -> None:
    document, _actor = waiting_result(desk)
    desk.outside.faults("tsa", "down")
    desk.work()
    assert desk.now(document).note == steps.STAMP_SILENT
    assert SigningAttempt.objects.get(document=document).signature is None
    desk.outside.faults("tsa", "none")
    desk.work()
    assert desk.now(document).state == Document.SIGNED


def test_a_revoked_certificate_signs_nothing(desk: Desk) -> None:
    document, _actor = waiting_result(desk)
    desk.outside.revoke(f"cred-{ID_NUMBER}")
    desk.work()
    desk.now(document)
    assert document.state == Document.AWAITING
    assert "thu hồi" in document.note
    assert desk.signed == []


def test_without_ocsp_the_revocation_list_serves(desk: Desk) -> None:
    document, _actor = waiting_result(desk)
    desk.outside.faults("ocsp", "down")
    desk.work()
    assert desk.now(document).state == Document.SIGNED
    assert services.verify(content_of(document)).has_good_signature


def test_without_any_revocation_information_nothing_is_signed(desk: Desk) -> None:
    document, _actor = waiting_result(desk)
    desk.outside.faults("ocsp", "down")
    desk.outside.faults("crl", "down")
    desk.work()
    assert (desk.now(document).state, document.note) == (Document.SIGNING, steps.REVOCATION_SILENT)
    desk.outside.faults("ocsp", "none")
    desk.outside.faults("crl", "none")
    desk.work()
    assert desk.now(document).state == Document.SIGNED


def test_expired_activation_data_is_asked_for_again(desk: Desk) -> None:
    document, actor = waiting_result(desk)
    steps._activation(document, SigningAttempt.objects.get(document=document))
    SigningAttempt.objects.filter(document=document).update(activation_expires_at=timezone.now() - timedelta(seconds=1))
    desk.work()
    assert (desk.now(document).state, document.note) == (Document.AWAITING, steps.AUTHORISATION_GONE)
    desk.authorise(document, actor)
    desk.work()
    assert desk.now(document).state == Document.SIGNED


def test_a_code_the_service_does_not_know_is_refused(desk: Desk) -> None:
    actor = officer()
    document = desk.result(actor)
    desk.work()
    back = desk.outside.authorise(desk.ask(document, actor))
    services.return_from_authorisation(actor=actor, state=back["state"], code="not-" + back["code"])
    desk.work()
    assert (desk.now(document).state, document.note) == (Document.AWAITING, steps.AUTHORISATION_GONE)


# Who authorises ----------------------------------------------------------------------------------------------------------------


def test_somebody_elses_authorisation(desk: Desk) -> None:
    actor, colleague = officer(), officer()
    document = desk.result(actor)
    desk.work()
    with pytest.raises(AccessDenied):
        desk.ask(document, colleague)
    url = desk.ask(document, actor)
    back = desk.outside.authorise(url)
    for stranger in (colleague, officer("H26.102"), officer(roles=("reception",))):
        with pytest.raises(AccessDenied), transaction.atomic():
            services.return_from_authorisation(actor=stranger, state=back["state"], code=back["code"])
    desk.work()
    assert desk.now(document).state == Document.AWAITING
    assert services.return_from_authorisation(actor=actor, state=back["state"], code=back["code"]).granted


def test_the_same_person_in_another_position_may_not(desk: Desk) -> None:
    from dataclasses import replace
    from uuid import uuid4

    actor = officer()
    document = desk.result(actor)
    with pytest.raises(AccessDenied):
        desk.ask(document, replace(actor, position_id=uuid4()))


def test_a_code_from_a_colleagues_key_is_worth_nothing(desk: Desk) -> None:
    """The address is changed on the way so that the colleague's key and PIN are used."""
    actor = officer()
    document = desk.result(actor)
    desk.work()
    desk.authorise(document, actor, url_with(desk.ask(document, actor), credentialID=f"cred-{SECOND_ID_NUMBER}"))
    desk.work()
    assert (desk.now(document).state, document.note) == (Document.AWAITING, steps.WRONG_SIGNER)


def test_a_certificate_of_another_person_is_not_accepted(desk: Desk) -> None:
    """The position carries somebody else's credential: the signature would be good, but not this officer's."""
    actor = officer()
    document = desk.result(actor, SECOND_ID_NUMBER, signer_id_number=ID_NUMBER)
    desk.work()
    desk.authorise(document, actor)
    desk.work()
    assert (desk.now(document).state, document.note) == (Document.AWAITING, steps.WRONG_SIGNER)


def test_a_seal_of_another_unit_is_not_accepted(desk: Desk) -> None:
    document = desk.receipt()
    steps.render(document.id)
    desk.now(document)
    document.credential = "seal-H26.102"
    document.save()
    desk.work()
    assert desk.now(document).state == Document.SIGNING
    assert document.file is None


def test_the_way_back_works_once(desk: Desk) -> None:
    actor = officer()
    document = desk.result(actor)
    desk.work()
    back = desk.outside.authorise(desk.ask(document, actor))
    first = services.return_from_authorisation(actor=actor, state=back["state"], code=back["code"])
    again = services.return_from_authorisation(actor=actor, state=back["state"], code=back["code"])
    assert (first.granted, again.granted) == (True, False)
    assert desk.now(document).attempt == 1


def test_two_windows_authorise_one_document(desk: Desk) -> None:
    actor = officer()
    document = desk.result(actor)
    desk.work()
    one, two = desk.ask(document, actor), desk.ask(document, actor)
    assert desk.authorise(document, actor, one).granted
    assert not desk.authorise(document, actor, two).granted
    desk.work()
    assert desk.now(document).state == Document.SIGNED
    with pytest.raises(TransitionRefused):
        desk.ask(document, actor)


def test_a_made_up_or_old_state_is_refused(desk: Desk, monkeypatch: Any) -> None:
    actor = officer()
    document = desk.result(actor)
    with pytest.raises(services.LinkRefused):
        services.return_from_authorisation(actor=actor, state="made-up", code="x")
    back = desk.outside.authorise(desk.ask(document, actor))
    monkeypatch.setattr(services, "AUTHORISATION_LIFETIME", timedelta(seconds=-1))
    with pytest.raises(services.LinkRefused):
        services.return_from_authorisation(actor=actor, state=back["state"], code=back["code"])


def test_declining_leaves_the_document_waiting(desk: Desk) -> None:
    actor = officer()
    document = desk.result(actor)
    desk.work()
    url = desk.ask(document, actor)
    state = dict(part.split("=", 1) for part in url.partition("?")[2].split("&"))["state"]
    from urllib.parse import unquote

    back = services.return_from_authorisation(actor=actor, state=unquote(state), error="access_denied")
    assert not back.granted and "hủy" in back.message
    assert desk.now(document).state == Document.AWAITING
    assert desk.authorise(document, actor).granted


def test_only_those_may_issue_whose_unit_it_is(desk: Desk) -> None:
    with pytest.raises(AccessDenied):
        desk.receipt(actor=officer("H26.102", roles=("reception",)))
    with pytest.raises(AccessDenied):
        desk.result(officer("H26.102"), unit_code="H26.101")


def test_the_way_back_leads_to_our_own_pages_only(desk: Desk) -> None:
    actor = officer()
    document = desk.result(actor)
    for address in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        with pytest.raises(ValueError, match="return_to"):
            services.authorisation_url(document, actor=actor, return_to=address)


# After ------------------------------------------------------------------------------------------------------------------------


def test_a_signed_document_stays_what_it_is(desk: Desk) -> None:
    document = desk.receipt()
    desk.work()
    for change in ({"sha256": "0" * 64}, {"file": None}, {"state": "queued"}, {"token": "other"}):
        with pytest.raises(ProgrammingError), transaction.atomic():
            Document.objects.filter(pk=document.pk).update(**change)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Document.objects.filter(pk=document.pk)._raw_delete("default")


def test_revoking_keeps_the_file(desk: Desk) -> None:
    document = desk.receipt()
    with pytest.raises(TransitionRefused):
        services.revoke(document=document, reason="Cấp nhầm", actor=officer())
    desk.work()
    with pytest.raises(AccessDenied):
        services.revoke(document=document, reason="Cấp nhầm", actor=officer(roles=("reception",)))
    services.revoke(document=document, reason="Cấp nhầm", actor=officer())
    assert desk.now(document).state == Document.REVOKED
    assert hashlib.sha256(content_of(document)).hexdigest() == document.sha256


def test_personal_numbers_stand_nowhere_in_plain(desk: Desk) -> None:
    from django.db import connection

    document, _actor = waiting_result(desk)
    with connection.cursor() as cursor:
        for table in ("documents_document", "documents_signingattempt", "outbox_message", "audit_act"):
            cursor.execute(f"SELECT t::text FROM {table} AS t")
            assert not [row for row in cursor.fetchall() if ID_NUMBER in row[0] or "Mẫu" in row[0]], table
    assert document.credential == f"cred-{ID_NUMBER}"


@pytest.mark.requirement("D-32", "D-10")
def test_the_units_seal_follows_the_persons_signature_in_one_file(desk: Desk) -> None:
    chief = officer()
    document = desk.result(chief, seal_too=True)
    desk.work()
    desk.authorise(document, chief)
    desk.sign(document)
    facts = services.verify(content_of(document))
    assert facts.has_good_signature and [one.covers_whole_file for one in facts.signatures] == [True, True]
    person, seal = (one.signer for one in facts.signatures)
    assert person is not None and person.id_number and seal is not None and seal.organisation_code == "H26.101"
    assert document.signer_name == person.subject_name and len(desk.signed) == 1
