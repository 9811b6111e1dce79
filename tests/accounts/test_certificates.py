"""Officers' sign-in by certificate over the real signing service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import CertificateSignIn, Position
from accounts.services import certificates
from portal.exchange.errors import OutsideUnavailable
from portal.outbox import services as outbox
from tests.support.processes import eventually

OFFICER = "001185000003"
OTHER = "001075000004"


def _begin(client: Client, number: str = OFFICER) -> str:
    answer = client.post("/tai-khoan/can-bo/", {"id_number": number})
    assert answer.status_code == 302
    return str(answer["Location"])


def _prove(client: Client, outside: Any, number: str = OFFICER) -> CertificateSignIn:
    back = outside.authorise(_begin(client, number))
    client.get("/tai-khoan/can-bo/tro-ve/", back)
    sign_in = CertificateSignIn.objects.latest("created_at")
    certificates.prove(sign_in_id=sign_in.id, now=timezone.now())
    sign_in.refresh_from_db()
    return sign_in


@pytest.mark.requirement("A-17", "A-03")
def test_a_certificate_opens_the_desk_at_high_assurance(demo_data: None, outside: Any, client: Client) -> None:
    assert _prove(client, outside).state == "proved"
    assert client.get("/tai-khoan/can-bo/cho/")["Location"] == "/quan-tri/"
    assert client.session["assurance"] == 3
    assert client.get("/quan-tri/").status_code == 200


@pytest.mark.requirement("A-17")
def test_the_whole_way_with_a_real_worker(celery_process: Any, demo_db: None, outside: Any, client: Client) -> None:
    client.get("/tai-khoan/can-bo/tro-ve/", outside.authorise(_begin(client)))
    # The sweep is beat's part: it sends again what a broker lost.
    eventually(lambda: outbox.sweep() is not None and client.get("/tai-khoan/can-bo/cho/").status_code == 302, 60, 1)
    assert client.get("/quan-tri/").status_code == 200


def test_another_browser_cannot_pick_the_sign_in_up(demo_data: None, outside: Any, client: Client) -> None:
    back = outside.authorise(_begin(client))
    thief = Client()
    assert thief.get("/tai-khoan/can-bo/tro-ve/", back)["Location"] == "/tai-khoan/can-bo/"
    assert thief.get("/tai-khoan/can-bo/cho/")["Location"] == "/tai-khoan/can-bo/"
    assert CertificateSignIn.objects.latest("created_at").state == "begun"


def test_a_proved_sign_in_is_used_once(demo_data: None, outside: Any, client: Client) -> None:
    sign_in = _prove(client, outside)
    assert certificates.use(sign_in_id=sign_in.id, now=timezone.now()) is not None
    assert certificates.use(sign_in_id=sign_in.id, now=timezone.now()) is None


def test_a_colleagues_certificate_is_refused(demo_data: None, outside: Any, client: Client) -> None:
    Position.objects.filter(credential_id=f"cred-{OFFICER}").update(credential_id=f"cred-{OTHER}")
    sign_in = _prove(client, outside)
    assert sign_in.state == "refused"
    assert "không phải của cán bộ" in sign_in.refusal


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


def test_a_signing_service_that_is_down_is_tried_again(demo_data: None, outside: Any, client: Client) -> None:
    back = outside.authorise(_begin(client))
    client.get("/tai-khoan/can-bo/tro-ve/", back)
    sign_in = CertificateSignIn.objects.latest("created_at")
    outside.faults("csc", "down")
    with pytest.raises(OutsideUnavailable):
        certificates.prove(sign_in_id=sign_in.id, now=timezone.now())
    assert client.get("/tai-khoan/can-bo/cho/").status_code == 200
    outside.faults("csc", "none")
    certificates.prove(sign_in_id=sign_in.id, now=timezone.now())
    sign_in.refresh_from_db()
    assert sign_in.state == "proved"


def test_an_ended_position_opens_nothing(demo_data: None, outside: Any, client: Client) -> None:
    _prove(client, outside)
    client.get("/tai-khoan/can-bo/cho/")
    Position.objects.filter(credential_id=f"cred-{OFFICER}").update(
        valid_from=timezone.now() - timedelta(days=2), valid_to=timezone.now() - timedelta(days=1)
    )
    assert client.get("/quan-tri/").status_code == 302
    with pytest.raises(certificates.NoSuchOfficer):
        certificates.begin(id_number=OFFICER, now=timezone.now())


def test_a_citizen_is_no_officer(demo_data: None, client: Client) -> None:
    answer = client.post("/tai-khoan/can-bo/", {"id_number": "001195000001"})
    assert answer.status_code == 422
    assert "Không có cán bộ nào" in answer.content.decode()
