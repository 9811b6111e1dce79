"""What is kept of partners beyond a password: keys with dates, people, the line and its server (X-01, X-09)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command
from django.utils import timezone
from joserfc.jwk import ECKey, OctKey

from accounts.connections import OUTBOX, load_demo
from portal.access import SYSTEM, AccessDenied
from portal.exchange.partners import register
from portal.exchange.partners.models import Partner
from portal.exchange.partners.services import PartnerRefused
from portal.notifications.models import Notification
from portal.outbox import Message as Promised
from tests.exchange.messages.support import System
from tests.exchange.messages.test_door import certificate
from tests.factories import loose_officer, make_position

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.mark.requirement("X-09")
def test_a_change_of_a_server_takes_effect_three_working_days_after_notice_and_people_are_told() -> None:
    here, top, elsewhere = (make_position(unit=unit, roles=["technical"]) for unit in ("H26", "G22", "H29"))
    System("H26").register(now=WEDNESDAY)
    register.add_contact(code="H26", name="Trực", phone="0900000019", email="", wants_alarms=True, actor=SYSTEM)
    said: dict[str, Any] = {"code": "H26", "carrier": "http", "actor": SYSTEM}
    first = register.change_line(address="https://mot.example/portal", now=WEDNESDAY, **said)
    assert first.effective_from == WEDNESDAY and not Notification.objects.exists()
    with pytest.raises(PartnerRefused) as refused:
        register.change_line(address="https://hai.example", now=WEDNESDAY, effective_from=WEDNESDAY + timedelta(days=2), **said)
    assert refused.value.field == "effective_from" and "30/11/2026" in refused.value.message
    second = register.change_line(address="https://hai.example", now=WEDNESDAY, **said)
    # Thursday, Friday, Monday: to the end of its working hours.
    assert second.effective_from.astimezone(UTC) == datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
    partner = Partner.objects.get(pk="H26")
    for moment, address in ((WEDNESDAY + timedelta(days=4), "https://mot.example/portal"), (second.effective_from, "https://hai.example")):
        line = register.line_of(partner, moment)
        assert line is not None and line.address == address
    told = set(Notification.objects.filter(template="accounts.line_changes").values_list("party_id", flat=True))
    assert told == {here.person_id, top.person_id} and elsewhere.person_id not in told
    assert Promised.objects.filter(kind=OUTBOX, payload__line=second.pk).count() == 1
    # Another notice takes the place of the one that has not taken effect.
    third = register.change_line(address="https://ba.example", now=WEDNESDAY, **said)
    assert register.coming_line(partner, WEDNESDAY) == third


@pytest.mark.parametrize(
    "address",
    ["", "mot.example", "http://mot.example", "https://u:p@mot.example", "https://10.0.0.7", "https://db.internal", "https://mot.example/?a=1",
     "https://mot.example:x", "https://một.example"],
)  # fmt: skip
def test_an_address_is_a_public_one_of_https(address: str, settings: Any) -> None:
    settings.SIGN_ON_PLAIN_HTTP = False
    System("H26").register()
    with pytest.raises(PartnerRefused):
        register.change_line(code="H26", carrier="http", address=address, actor=SYSTEM, now=timezone.now())
    with pytest.raises(PartnerRefused):
        register.change_line(code="H26", carrier="ndxp", address="https://mot.example", member="H26", actor=SYSTEM, now=timezone.now())


@pytest.mark.requirement("X-01")
def test_only_public_keys_that_are_strong_enough_are_registered_and_by_date() -> None:
    System("H26").register()
    weak = rsa.generate_private_key(65537, 1024).public_key()
    pem, _ = certificate("H26", days=10)
    wrong = {
        "private": json.dumps(ECKey.generate_key("P-256").as_dict(private=True)),
        "private pem": ECKey.generate_key("P-256").as_pem(private=True).decode(),
        "weak": weak.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "other curve": json.dumps(ECKey.generate_key("P-521").as_dict(private=False)),
        "shared": json.dumps(OctKey.generate_key(256).as_dict()),
        "nothing": "x",
        "empty": "{}",
    }
    for name, text in wrong.items():
        with pytest.raises(PartnerRefused):
            register.add_key(code="H26", use="sig", text=text, actor=SYSTEM, now=timezone.now())
            pytest.fail(name)
    with pytest.raises(PartnerRefused):
        register.add_key(
            code="H26", use="tls", text=json.dumps(ECKey.generate_key("P-256").as_dict(private=False)), actor=SYSTEM, now=timezone.now()
        )
    now, partner = timezone.now(), Partner.objects.get(pk="H26")
    made = register.add_key(code="H26", use="sig", text=pem, actor=SYSTEM, now=now)
    assert made.subject == "CN=H26" and made in register.holding(partner, "sig", now)
    assert made not in register.holding(partner, "sig", now + timedelta(days=11))
    with pytest.raises(PartnerRefused):
        register.add_key(code="H26", use="sig", text=pem, actor=SYSTEM, now=now)


def test_an_agency_keeps_its_own_and_nobody_elses() -> None:
    System("H26").register()
    Partner.objects.filter(pk="H26").update(units=["H26.101"])
    mine = loose_officer("H26.101", ("technical",))
    others = loose_officer("H29", ("technical",))
    register.add_contact(code="H26", name="Trực", phone="0900000019", email="", wants_alarms=True, actor=mine)
    with pytest.raises(AccessDenied):
        register.add_contact(code="H26", name="Lạ", phone="0900000018", email="", wants_alarms=True, actor=others)
    # Who also speaks for somebody else is kept by neither alone.
    Partner.objects.filter(pk="H26").update(units=["H26.101", "H29"])
    with pytest.raises(AccessDenied):
        register.add_contact(code="H26", name="Lạ", phone="0900000018", email="", wants_alarms=True, actor=mine)


def test_commands_and_the_demo_partner(tmp_path: Any, settings: Any, capsys: Any) -> None:
    settings.SIMULATORS_URL = "http://localhost:8001"
    assert load_demo() == load_demo() == "1 hệ thống mẫu"
    line = register.line_of(Partner.objects.get(pk="MAU"), timezone.now())
    assert line is not None and line.address == "http://localhost:8001/partner"
    file = tmp_path / "key"
    file.write_text(json.dumps(ECKey.generate_key("P-256", {"kid": "x"}).as_dict(private=False)))
    call_command("keep_partner", "MAU", "--key", "sig", str(file), "--line", "http", "http://localhost:8003/partner")
    call_command("rotate_message_keys")
    assert "sig x" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("keep_partner", "MAU", "--key", "sig", str(file))
