"""Citizens' sign-in by certificate: the signing service, a signed file, a token at the proxy's door; once, and by no other chain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import CitizenSignIn, Person, UserSession
from accounts.models.sessions import Way
from accounts.ways import certificates as service
from portal.access import Assurance
from portal.crypto import blind_index
from portal.exchange.errors import OutsideUnavailable
from portal.outbox import services as outbox
from tests import factories
from tests.crypto.test_signed_files import CITIZEN, OFFICER, OTHER, holder, signed
from tests.simulators.running import Simulators
from tests.support.processes import eventually

PAGE = "/tai-khoan/chung-thu/"
MOTHER = "001195000001"
pytestmark = pytest.mark.usefixtures("demo_data")


def person_of(number: str = MOTHER) -> Person:
    return Person.objects.get(id_blind=blind_index("id_number", number))


def proved(row: CitizenSignIn) -> CitizenSignIn:
    """The worker's part; on a busy machine the authority answers late."""

    def done() -> bool:
        try:
            service.prove(sign_in_id=row.id, now=timezone.now())
        except OutsideUnavailable:
            return False
        return True

    eventually(done, 60, 1.0)
    row.refresh_from_db()
    return row


def by_file(client: Client, outside: Simulators, name: str = CITIZEN, text: bytes | None = None) -> CitizenSignIn:
    """Begin, download, sign, upload, and the worker's part."""
    client.post(PAGE, {"by": "file"})
    given = client.get(f"{PAGE}tep/thu-thach/").content
    file = SimpleUploadedFile("dang-nhap.txt.p7s", signed(outside, name, text or given))
    answer = client.post(f"{PAGE}tep/", {"signed": file})
    assert answer["Location"] == f"{PAGE}cho/"
    return proved(CitizenSignIn.objects.latest("created_at"))


@pytest.mark.requirement("A-03")
def test_a_signed_file_signs_in_at_high_assurance(outside: Simulators, client: Client) -> None:
    row = by_file(client, outside)
    assert row.state == "proved" and row.material is None
    assert client.get(f"{PAGE}cho/")["Location"] == "/ho-so/"
    session = UserSession.objects.get(ended_at=None)
    assert (session.user, session.way, session.assurance) == (person_of().user, "file", Assurance.HIGH)
    assert service.use(sign_in_id=row.id, now=timezone.now()) is None


@pytest.mark.requirement("A-03")
def test_the_signing_service_signs_citizens_in_too(outside: Simulators, client: Client) -> None:
    url = client.post(PAGE, {"by": "remote", "next": "/ho-so/?trang=2"})["Location"]
    assert MOTHER not in url
    back = outside.authorise(url, account=MOTHER)
    assert Client().get(f"{PAGE}tro-ve/", back)["Location"] == "/tai-khoan/dang-nhap/", "another browser"
    client.get(f"{PAGE}tro-ve/", back)
    assert proved(CitizenSignIn.objects.get()).state == "proved"
    assert client.get(f"{PAGE}cho/")["Location"] == "/ho-so/?trang=2"
    session = UserSession.objects.get(ended_at=None)
    assert (session.way, session.assurance) == ("certificate", Assurance.HIGH)


@pytest.mark.requirement("A-17", "N-08")
def test_an_officers_chain_opens_no_citizens_account_and_a_citizens_no_desk(outside: Simulators, client: Client) -> None:
    row = by_file(client, outside, OFFICER)
    assert row.state == "refused" and "tin cậy" in row.refusal
    page = client.get(f"{PAGE}cho/", follow=True)
    assert row.refusal in page.content.decode() and not UserSession.objects.exists()


@pytest.mark.requirement("N-08")
def test_replayed_and_foreign_challenges_are_refused(outside: Simulators, client: Client) -> None:
    client.post(PAGE, {"by": "file"})
    first = client.get(f"{PAGE}tep/thu-thach/").content
    # Another sign-in has another challenge: an earlier signature is worth nothing.
    other = Client()
    assert by_file(other, outside, text=first).refusal and not UserSession.objects.exists()
    # Uploaded twice, it counts once.
    row = by_file(client, outside)
    assert client.post(f"{PAGE}tep/", {"signed": SimpleUploadedFile("x", b"x")})["Location"] == f"{PAGE}cho/"
    assert not service.answer(sign_in_id=row.id, way=Way.FILE, material=b"x", now=timezone.now())
    # A file does not answer a sign-in that waits for a token.
    token = service.begin(way=Way.TOKEN, now=timezone.now())
    assert not service.answer(sign_in_id=token.id, way=Way.FILE, material=b"x", now=timezone.now())
    assert not service.answer(sign_in_id=token.id, way=Way.TOKEN, material=b"x", now=timezone.now() + timedelta(hours=1))
    texts = {service.text_of(service.begin(way=Way.FILE, now=timezone.now())) for _ in range(3)}
    assert len(texts) == 3


@pytest.mark.requirement("N-08")
def test_revoked_is_refused_and_a_silent_authority_is_asked_again(outside: Simulators, client: Client) -> None:
    outside.faults("ocsp", "down")
    outside.faults("crl", "down")
    client.post(PAGE, {"by": "file"})
    file = SimpleUploadedFile("x.p7s", signed(outside, CITIZEN, client.get(f"{PAGE}tep/thu-thach/").content))
    client.post(f"{PAGE}tep/", {"signed": file})
    row = CitizenSignIn.objects.get()
    with pytest.raises(OutsideUnavailable):
        service.prove(sign_in_id=row.id, now=timezone.now())
    assert "Đang xác nhận" in client.get(f"{PAGE}cho/").content.decode()
    outside.reset()
    outside.revoke("cred-001195000001")
    assert proved(row).refusal == "Chứng thư số đã bị thu hồi."


@pytest.mark.requirement("A-07")
def test_a_certificate_raises_a_session_but_never_anothers(outside: Simulators, client: Client) -> None:
    factories.sign_in(client, person_of())
    client.get("/tai-khoan/xac-thuc-them/?muc=3&next=/tai-khoan/khoa-truy-cap/")
    by_file(client, outside, OTHER)
    assert client.get(f"{PAGE}cho/")["Location"] == "/tai-khoan/xac-thuc-them/"
    assert UserSession.objects.get().assurance == Assurance.MEDIUM
    by_file(client, outside)
    assert client.get(f"{PAGE}cho/")["Location"] == "/tai-khoan/khoa-truy-cap/"
    assert UserSession.objects.get().raised_by == "file"


def test_who_has_no_account_hears_it_after_their_own_certificate(outside: Simulators, client: Client) -> None:
    Person.objects.filter(pk=person_of().pk).update(id_blind=None)
    assert by_file(client, outside).refusal == service.NOT_KNOWN


@pytest.mark.requirement("A-03", "N-08")
def test_a_token_signs_in_only_at_the_proxys_own_door(outside: Simulators, client: Client, settings: Any) -> None:
    found = holder(outside, CITIZEN)
    header = quote(found.cert.certificate.public_bytes(serialization.Encoding.PEM).decode())
    assert client.post(f"{PAGE}thiet-bi/", headers={"X-Client-Certificate": header}).status_code == 404, "no such door here"
    settings.TOKEN_SIGN_IN_URL = settings.SITE_URL
    assert client.get(f"{PAGE}thiet-bi/").status_code == 200
    for wrong in ("", "x", header[:-40], quote("-----BEGIN CERTIFICATE-----\n" + "!" * 40 + "\n-----END CERTIFICATE-----\n"), "a" * 30_000):
        assert client.post(f"{PAGE}thiet-bi/", headers={"X-Client-Certificate": wrong})["Location"] == PAGE
    answer = client.post(f"{PAGE}thiet-bi/", headers={"X-Client-Certificate": header})
    assert answer["Location"] == f"{settings.SITE_URL}{PAGE}cho/"
    assert proved(CitizenSignIn.objects.latest("created_at")).state == "proved"
    assert client.get(f"{PAGE}cho/").status_code == 302
    session = UserSession.objects.get(ended_at=None)
    assert (session.way, session.assurance) == ("token", Assurance.HIGH)


def test_without_a_store_of_roots_there_is_no_such_door(client: Client, settings: Any) -> None:
    settings.PUBLIC_TRUSTED_ROOTS = ""
    assert client.get(PAGE).status_code == 404
    assert PAGE not in client.get("/tai-khoan/dang-nhap/").content.decode()


@pytest.mark.parametrize("data", [b"", b"x" * 70_000])
def test_what_is_too_large_or_nothing_is_told_beside_the_field(client: Client, settings: Any, data: bytes) -> None:
    settings.PUBLIC_TRUSTED_ROOTS = "x"
    client.post(PAGE, {"by": "file"})
    answer = client.post(f"{PAGE}tep/", {"signed": SimpleUploadedFile("x.p7s", data)})
    assert answer.status_code == 422 and 'href="#id_signed"' in answer.content.decode()


def test_the_worker_says_in_the_end_that_the_authority_is_silent(outside: Simulators, client: Client) -> None:
    outside.faults("ocsp", "down")
    outside.faults("crl", "down")
    client.post(PAGE, {"by": "file"})
    file = SimpleUploadedFile("x.p7s", signed(outside, CITIZEN, client.get(f"{PAGE}tep/thu-thach/").content))
    client.post(f"{PAGE}tep/", {"signed": file})
    CitizenSignIn.objects.update(expires_at=timezone.now() + timedelta(seconds=1))
    outbox.deliver_due()
    assert CitizenSignIn.objects.get().refusal == service.SILENT
