"""Officers' USB tokens: a signed file or the handshake opens the desk, and a high-level account at its first sign-in (A-12, A-17)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import CertificateSignIn, HighLevelAccount, Person, Position, UserSession
from accounts.models.sessions import Way
from accounts.services import certificates
from portal.audit.models import Act
from portal.exchange.errors import OutsideUnavailable
from tests.accounts.officers.support import at_desk
from tests.accounts.officers.test_high_level import DESK
from tests.accounts.test_certificates import OFFICER, _position
from tests.crypto.test_signed_files import CITIZEN, holder, signed
from tests.simulators.running import Simulators
from tests.support.processes import eventually

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("A-17")]
PAGE = "/tai-khoan/can-bo/"


def serial_of(outside: Simulators, name: str = OFFICER) -> str:
    return f"{holder(outside, name).cert.certificate.serial_number:x}"


def registered(outside: Simulators) -> Position:
    """The demo officer, with a token and no key at the signing service."""
    position = _position()
    position.credential, position.token_serial = None, serial_of(outside)
    position.save()
    return position


def proved(row: CertificateSignIn) -> CertificateSignIn:
    """The worker's part; on a busy machine the authority answers late."""

    def done() -> bool:
        try:
            certificates.prove(sign_in_id=row.id, now=timezone.now())
        except OutsideUnavailable:
            return False
        return True

    eventually(done, 60, 1.0)
    row.refresh_from_db()
    return row


def by_file(client: Client, outside: Simulators, name: str = OFFICER, text: bytes | None = None) -> CertificateSignIn:
    """Begin, download, sign, upload, and the worker's part."""
    assert client.post(PAGE, {"by": "file", "next": "/quan-tri/accounts/position/"})["Location"] == f"{PAGE}tep/"
    given = client.get(f"{PAGE}tep/thu-thach/").content
    answer = client.post(f"{PAGE}tep/", {"signed": SimpleUploadedFile("dang-nhap.txt.p7s", signed(outside, name, text or given))})
    assert answer["Location"] == f"{PAGE}cho/"
    return proved(CertificateSignIn.objects.latest("created_at"))


def test_a_file_signed_by_a_registered_token_opens_the_desk_once(outside: Simulators, client: Client) -> None:
    position = registered(outside)
    row = by_file(client, outside)
    assert row.state == "proved" and row.material is None
    assert client.get(f"{PAGE}cho/")["Location"] == "/quan-tri/accounts/position/"
    session = UserSession.objects.get(ended_at=None)
    assert (session.user, session.way, session.assurance) == (position.person.user, "file", 3)
    assert client.get("/quan-tri/").status_code == 200
    assert Act.objects.get(act="accounts.sign_in", target_id=str(position.pk)).details["by"] == "file"
    assert certificates.use(sign_in_id=row.id, now=timezone.now()) is None


@pytest.mark.requirement("A-12")
def test_the_government_office_binds_an_account_to_a_token_which_opens_it(outside: Simulators, client: Client) -> None:
    centre, _chief = at_desk("G22", "steering")
    person = Person.objects.get(full_name="Phạm Thị Minh Họa")
    form = {
        "kind": "agency", "unit_code": "G15", "id_number": OFFICER, "full_name": person.full_name, "title": "Quản trị",
        "grants": ["reception", "administrator"],
    }  # fmt: skip
    assert centre.post(f"{DESK}add/", form).status_code == 422, "bound to no certificate"
    assert centre.post(f"{DESK}add/", {**form, "token_serial": "xyz"}).status_code == 422
    typed = ":".join(pair for pair in [f"00{serial_of(outside)}"]).upper()
    assert centre.post(f"{DESK}add/", {**form, "token_serial": typed}).status_code == 302
    account = HighLevelAccount.objects.get(unit_code="G15")
    assert account.position.token_serial == serial_of(outside) and account.position.credential is None
    assert account.position.roles_at(timezone.now()) == []
    assert by_file(client, outside).state == "proved"
    assert client.get(f"{PAGE}cho/").status_code == 302
    account.refresh_from_db()
    assert account.certificate_serial == serial_of(outside)
    assert Position.objects.get(pk=account.position_id).roles_at(timezone.now()) == ["administrator"]
    assert client.get("/quan-tri/accounts/position/").status_code == 200


@pytest.mark.requirement("N-08")
def test_what_is_not_registered_not_the_states_or_not_for_this_sign_in_is_refused(outside: Simulators, client: Client) -> None:
    assert by_file(client, outside).refusal == certificates.NOT_REGISTERED, "a key at the signing service registers no token"
    registered(outside)
    assert "tin cậy" in by_file(client, outside, CITIZEN).refusal
    client.post(PAGE, {"by": "file"})
    earlier = client.get(f"{PAGE}tep/thu-thach/").content
    assert by_file(Client(), outside, text=earlier).refusal and not UserSession.objects.exists()
    assert client.get(f"{PAGE}tep/").status_code == 200 and Client().get(f"{PAGE}tep/")["Location"] == PAGE
    row = certificates.begin(now=timezone.now(), way=Way.TOKEN)
    assert not certificates.take(sign_in_id=row.id, way=Way.FILE, material=b"x", now=timezone.now())
    answer = client.post(f"{PAGE}tep/", {"signed": SimpleUploadedFile("x.p7s", b"x" * 70_000)})
    assert answer.status_code == 422


@pytest.mark.requirement("N-08")
def test_a_token_signs_in_only_at_the_proxys_own_door(outside: Simulators, client: Client, settings: Any) -> None:
    registered(outside)
    header = quote(holder(outside, OFFICER).cert.certificate.public_bytes(serialization.Encoding.PEM).decode())
    door = f"{PAGE}thiet-bi/"
    assert client.post(door, headers={"X-Client-Certificate": header}).status_code == 404, "no such door here"
    settings.TOKEN_SIGN_IN_URL = settings.SITE_URL
    assert client.get(door).status_code == 200 and door in client.get(PAGE).content.decode()
    for wrong in ("", "x", header[:-40], "a" * 30_000):
        assert client.post(door, headers={"X-Client-Certificate": wrong})["Location"] == PAGE
    assert client.post(door, headers={"X-Client-Certificate": header})["Location"] == f"{settings.SITE_URL}{PAGE}cho/"
    row = proved(CertificateSignIn.objects.latest("created_at"))
    assert row.state == "proved", row.refusal
    assert client.get(f"{PAGE}cho/")["Location"] == "/quan-tri/" and UserSession.objects.get(ended_at=None).way == "token"
