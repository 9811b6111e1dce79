"""Officers' sign-in by certificate over the real signing service."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import CertificateSignIn, Position, UserSession
from accounts.officers.high_level import Wanted, grant_account
from accounts.services import certificates
from portal.crypto import blind_index
from portal.exchange import csc
from portal.exchange.errors import OutsideUnavailable
from portal.outbox import Message
from portal.outbox import services as outbox
from tests.accounts.officers.support import at_desk
from tests.factories import make_person, officer_actor
from tests.support.processes import eventually

OFFICER = "001185000003"
OTHER = "001075000004"


def _begin(client: Client) -> str:
    answer = client.post("/tai-khoan/can-bo/", {"by": "certificate"})
    assert answer.status_code == 302
    return str(answer["Location"])


def _answer(client: Client, outside: Any, number: str = OFFICER) -> CertificateSignIn:
    client.get("/tai-khoan/can-bo/tro-ve/", outside.authorise(_begin(client), account=number))
    return CertificateSignIn.objects.latest("created_at")


def _prove(client: Client, outside: Any, number: str = OFFICER) -> CertificateSignIn:
    sign_in = _answer(client, outside, number)

    def proved() -> bool:
        # On a busy machine the authority answers late: as the worker does, again.
        try:
            certificates.prove(sign_in_id=sign_in.id, now=timezone.now())
        except OutsideUnavailable:
            return False
        return True

    eventually(proved, 60, 1.0)
    sign_in.refresh_from_db()
    return sign_in


def _position(number: str = OFFICER) -> Position:
    return Position.objects.get(person__id_blind=blind_index("id_number", number))


@pytest.mark.requirement("A-17", "A-03")
def test_a_certificate_opens_the_desk_at_high_assurance(demo_data: None, outside: Any, client: Client) -> None:
    assert _prove(client, outside).state == "proved"
    assert client.get("/tai-khoan/can-bo/cho/")["Location"] == "/quan-tri/"
    assert UserSession.objects.get(ended_at=None).assurance == 3
    assert client.get("/quan-tri/").status_code == 200


@pytest.mark.requirement("A-17")
def test_the_whole_way_with_a_real_worker(celery_process: Any, demo_db: None, outside: Any, client: Client) -> None:
    client.get("/tai-khoan/can-bo/tro-ve/", outside.authorise(_begin(client), account=OFFICER))
    # The sweep is beat's part: it sends again what a broker lost.
    eventually(lambda: outbox.sweep() is not None and client.get("/tai-khoan/can-bo/cho/").status_code == 302, 60, 1)
    assert client.get("/quan-tri/").status_code == 200


def test_another_browser_cannot_pick_the_sign_in_up(demo_data: None, outside: Any, client: Client) -> None:
    back = outside.authorise(_begin(client), account=OFFICER)
    thief = Client()
    assert thief.get("/tai-khoan/can-bo/tro-ve/", back)["Location"] == "/tai-khoan/can-bo/"
    assert thief.get("/tai-khoan/can-bo/cho/")["Location"] == "/tai-khoan/can-bo/"
    assert CertificateSignIn.objects.latest("created_at").state == "begun"


def test_a_proved_sign_in_is_used_once(demo_data: None, outside: Any, client: Client) -> None:
    sign_in = _prove(client, outside)
    assert certificates.use(sign_in_id=sign_in.id, now=timezone.now()) is not None
    assert certificates.use(sign_in_id=sign_in.id, now=timezone.now()) is None


def test_only_the_key_registered_for_the_position_opens_it(demo_data: None, outside: Any, client: Client) -> None:
    position = _position()
    position.credential = f"cred-{OTHER}"
    position.save()
    assert _prove(client, outside).refusal == certificates.NOT_REGISTERED


@pytest.mark.requirement("A-12")
def test_who_granted_an_account_reads_why_its_first_sign_in_failed(demo_data: None, outside: Any, client: Client) -> None:
    """A key at the signing service whose certificate no root of the State issued: the grant cannot see that."""
    centre, chief = at_desk("G22", "steering")
    person = make_person(id_number="001089000053", full_name="Châu Văn Chứng Thư Mẫu", sex="male")
    now = timezone.now()
    wanted = Wanted(
        kind="agency", unit_code="G15", name="Bộ Tư pháp", id_number="001089000053", full_name=person.full_name, title="Quản trị",
        credential_id="cred-001089000053", grants=["reception"], contract_number="", valid_from=now, valid_to=None,
    )  # fmt: skip
    account = grant_account(actor=officer_actor(chief), wanted=wanted, now=now)
    refused = _prove(client, outside, "001089000053")
    assert refused.state == "refused" and refused.refusal
    for page in ("", f"{account.pk}/change/"):
        text = html.unescape(centre.get(f"/quan-tri/accounts/highlevelaccount/{page}").content.decode())
        assert "không được:" in text and refused.refusal in text
    assert not account.position.roles_at(timezone.now())


def test_who_is_an_officer_stands_in_no_address_and_in_no_answer(demo_data: None, outside: Any) -> None:
    """The same door for everybody: no number is asked, so none can be tried; who has no position hears it after their own certificate."""
    places = []
    for number in (OFFICER, "001195000001", "099999999999"):
        browser = Client()
        answer = browser.post("/tai-khoan/can-bo/", {"by": "certificate", "id_number": number})
        asked = dict(parse_qsl(urlsplit(answer["Location"]).query))
        assert "credentialID" not in asked and number not in answer["Location"] and OFFICER not in answer["Location"]
        places.append((answer.status_code, sorted(asked), {name: asked[name] for name in asked if name not in ("state", "hashes")}))
        wait = browser.get("/tai-khoan/can-bo/cho/")
        places[-1] += (wait.status_code, re.sub(r'csrfmiddlewaretoken" value="[^"]+', "", wait.content.decode()))
    assert places[0] == places[1] == places[2]

    Position.objects.update(valid_from=timezone.now() - timedelta(days=2), valid_to=timezone.now() - timedelta(days=1))
    former = Client()
    assert _prove(former, outside).refusal == certificates.NOT_REGISTERED
    assert certificates.NOT_REGISTERED in former.get("/tai-khoan/can-bo/cho/", follow=True).content.decode()


def test_an_identifier_of_a_key_stands_nowhere_in_clear(demo_data: None) -> None:
    assert _position().credential == f"cred-{OFFICER}"
    with connection.cursor() as cursor:
        for table in ("accounts_position", "accounts_positionevent"):
            cursor.execute(f"SELECT count(*) FILTER (WHERE t::text LIKE '%cred-%'), count(*) FROM {table} t")
            assert cursor.fetchone()[0] == 0 < Position.objects.count()


def test_a_revoked_certificate_is_refused(demo_data: None, outside: Any, client: Client) -> None:
    outside.revoke(f"cred-{OFFICER}")
    assert _prove(client, outside).state == "refused"
    page = client.get("/tai-khoan/can-bo/cho/", follow=True)
    assert page.redirect_chain[-1][0] == "/tai-khoan/can-bo/"
    # In words, not by the code that programs go by.
    assert "Chứng thư số đã bị thu hồi." in page.content.decode()


def test_a_signature_over_something_else_is_refused(demo_data: None, outside: Any, client: Client) -> None:
    outside.faults("csc", "wrong")
    assert _prove(client, outside).state == "refused"


def _deliver_in_time(sign_in: CertificateSignIn) -> None:
    Message.objects.filter(kind="accounts.prove_certificate").update(available_at=timezone.now() - timedelta(seconds=1))
    outbox.deliver_due()
    sign_in.refresh_from_db()


def test_silence_of_the_signing_service_costs_no_second_authorisation(demo_data: None, outside: Any, client: Client) -> None:
    sign_in = _answer(client, outside)
    for _ in range(8):
        outside.faults("csc", "down")
        _deliver_in_time(sign_in)
        assert (sign_in.state, client.get("/tai-khoan/can-bo/cho/").status_code) == ("answered", 200)
    outside.faults("csc", "none")
    _deliver_in_time(sign_in)
    assert client.get("/tai-khoan/can-bo/cho/")["Location"] == "/quan-tri/"


def test_silence_after_the_code_was_spent_goes_on_with_what_it_bought(
    demo_data: None, outside: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each outside call in turn is silent once; the one-time code and the activation data serve once, and still it ends well."""
    sign_in = _answer(client, outside)
    for name in ("credential_info", "sign_hash"):
        with monkeypatch.context() as patch:
            patch.setattr(csc, name, _silent)
            _deliver_in_time(sign_in)
        assert sign_in.state == "answered" and sign_in.code_sealed == ""
    assert sign_in.activation_sealed and OFFICER not in sign_in.credential_sealed
    outside.faults("ocsp", "down")
    outside.faults("crl", "down")
    _deliver_in_time(sign_in)
    assert sign_in.state == "answered" and sign_in.signature is not None, "nobody says whether the certificate was revoked"
    outside.faults("ocsp", "none")
    outside.faults("crl", "none")
    _deliver_in_time(sign_in)
    assert sign_in.state == "proved"
    assert (sign_in.activation_sealed, sign_in.credential_sealed, sign_in.signature) == ("", "", None)
    [message] = Message.objects.filter(kind="accounts.prove_certificate")
    assert message.done_at is not None and message.attempts == 4


def _silent(*args: Any, **kwargs: Any) -> Any:
    raise OutsideUnavailable("csc", "timeout")


def test_silence_to_the_end_is_told_before_the_page_gives_up(demo_data: None, outside: Any, client: Client) -> None:
    sign_in = _answer(client, outside)
    outside.faults("csc", "down")
    CertificateSignIn.objects.update(expires_at=timezone.now() + timedelta(seconds=2))
    _deliver_in_time(sign_in)
    assert (sign_in.state, sign_in.refusal) == ("refused", certificates.SILENT)
    assert certificates.SILENT in client.get("/tai-khoan/can-bo/cho/", follow=True).content.decode()


def test_an_ended_position_opens_nothing(demo_data: None, outside: Any, client: Client) -> None:
    _prove(client, outside)
    client.get("/tai-khoan/can-bo/cho/")
    Position.objects.filter(pk=_position().pk).update(
        valid_from=timezone.now() - timedelta(days=2), valid_to=timezone.now() - timedelta(days=1)
    )
    assert client.get("/quan-tri/").status_code == 302
