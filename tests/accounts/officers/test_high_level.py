"""High-level accounts and counters by contract (requirements A-12, A-20; Rules art. 3.1, 48)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import demo
from accounts.identifiers import clean_id_number, clean_tax_code
from accounts.models import CertificateSignIn, CounterContract, HighLevelAccount, Position
from accounts.officers import contracts, high_level
from accounts.officers.high_level import Wanted, grant_account
from accounts.services import certificates
from accounts.services.positions import BadRole, give_position, give_role, granted_to, take_role
from portal.access import AccessDenied, may
from portal.audit.models import Act
from portal.launcher.welcome import welcome
from tests.accounts.officers.support import at_desk, day
from tests.dossiers.support import filed
from tests.factories import make_officer_actor, make_person, make_position, officer_actor, sign_in

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("A-12")]
DESK = "/quan-tri/accounts/highlevelaccount/"
CONTRACTS = "/quan-tri/accounts/countercontract/"


def wanted(person: Any, **values: Any) -> Wanted:
    fields: dict[str, Any] = {
        "kind": "agency",
        "unit_code": "G15",
        "name": "Bộ Tư pháp",
        "id_number": person.id_number,
        "full_name": person.full_name,
        "title": "Quản trị giả định",
        "credential_id": "cred-cao",
        "grants": ["reception", "handling", "administrator"],
        "contract_number": "",
        "valid_from": timezone.now(),
        "valid_to": None,
        **values,
    }
    return Wanted(**fields)


def by_certificate(position: Position, serial: str = "0A1B") -> Any:
    """The position's certificate has been proved and is used, as the page of the sign-in does."""
    now = timezone.now()
    started = CertificateSignIn.objects.create(
        challenge=b"x" * 32,
        state=CertificateSignIn.State.PROVED,
        position=position,
        certificate_serial=serial,
        expires_at=now + timedelta(minutes=5),
    )
    return certificates.use(sign_in_id=started.id, now=now)


def post_account(**values: Any) -> tuple[HighLevelAccount, Position]:
    """The account of a public-post company, opened."""
    vpcp, person, now = make_officer_actor("G22", ("steering",)), make_person(full_name="Bùi Thị Bưu Giả Định"), timezone.now()
    fields: dict[str, Any] = {
        "kind": "post",
        "unit_code": "BC.gia-dinh",
        "name": "Bưu điện Giả Định",
        "grants": ["operating", "counter", "institution_administrator"],
        "contract_number": "01/HĐ-GĐ",
        "valid_to": now + timedelta(days=300),
        **values,
    }
    account = grant_account(actor=vpcp, wanted=wanted(person, **fields), now=now)
    by_certificate(account.position)
    return account, Position.objects.get(pk=account.position_id)


def test_an_account_begins_with_its_certificate_and_hands_out_what_it_was_given_and_no_more() -> None:
    vpcp, person = make_officer_actor("G22", ("steering",)), make_person(full_name="Lê Văn Quản Giả Định")
    now = timezone.now()
    account = grant_account(actor=vpcp, wanted=wanted(person), now=now)
    position, held = account.position, make_position(unit="G15", roles=("petition_reception",))
    assert position.roles_at(timezone.now()) == [] and not account.is_held(now=now)
    # Another way in opens nothing: not the passkey, not another certificate.
    sign_in(Client(), person, position=position)
    assert not granted_to(position.id, timezone.now())

    assert by_certificate(position) == position
    account.refresh_from_db()
    assert (account.certificate_serial, account.is_held(now=timezone.now())) == ("0A1B", True)
    boss = officer_actor(Position.objects.get(pk=position.pk))
    assert boss.roles == {"administrator"} and granted_to(position.id, timezone.now()) == {"reception", "handling", "administrator"}
    give_role(actor=boss, position_id=held.id, role="reception", valid_from=timezone.now())
    with pytest.raises(BadRole, match="không được giao quyền cấp"):
        give_role(actor=boss, position_id=held.id, role="signing", valid_from=timezone.now())
    with pytest.raises(BadRole, match="không được cấp hay thu hồi"):
        take_role(actor=boss, position_id=held.id, role="petition_reception", now=timezone.now())
    # An administrator below hands out less, never more, and cannot take what the Government Office gave.
    with pytest.raises(BadRole, match="chính bạn"):
        give_role(actor=boss, position_id=held.id, role="administrator", valid_from=timezone.now(), grants=["handling", "signing"])
    give_role(actor=boss, position_id=held.id, role="administrator", valid_from=timezone.now(), grants=["administrator", "handling"])
    below = officer_actor(Position.objects.get(pk=held.pk))
    assert granted_to(held.id, timezone.now()) == {"administrator", "handling"}
    with pytest.raises(BadRole, match="Văn phòng Chính phủ"):
        take_role(actor=below, position_id=position.id, role="administrator", now=timezone.now())
    acts = Act.objects.filter(target="accounts.highlevelaccount", target_id=str(account.id)).order_by("pk")
    assert list(acts.values_list("act", flat=True)) == ["accounts.grant_account", "accounts.open_account"]


def test_an_account_that_is_ended_is_gone_from_the_holders_next_page_and_what_it_gave_stays() -> None:
    centre, chief = at_desk("G22", "steering")
    client, person = Client(), make_person(full_name="Lê Văn Quản Giả Định")
    answer = centre.post(
        f"{DESK}add/",
        {
            "kind": "agency", "unit_code": "G15", "id_number": person.id_number, "full_name": "lê văn quản giả định",
            "title": "Quản trị", "credential_id": "cred-cao", "grants": ["reception", "administrator"],
        },
        follow=True,
    )  # fmt: skip
    assert "Tài khoản mở khi chứng thư số" in answer.content.decode()
    account = HighLevelAccount.objects.get(unit_code="G15")
    assert account.name == "Bộ Tư pháp" and account.granted_by_id == chief.id
    assert "Chờ chứng thư số" in centre.get(DESK).content.decode()
    by_certificate(account.position)
    sign_in(client, person, position=account.position)
    assert client.get("/quan-tri/accounts/position/").status_code == 200
    held = make_position(unit="G15", roles=())
    assert client.post(f"/quan-tri/accounts/position/{held.pk}/give/", {"role": "reception"}).status_code == 302

    assert centre.post(f"{DESK}{account.pk}/end/", {"reason": " "}).status_code == 422
    assert "Đã thu hồi" in centre.post(f"{DESK}{account.pk}/end/", {"reason": "Chuyển công tác"}, follow=True).content.decode()
    assert client.get("/quan-tri/accounts/position/").status_code in (403, 404)
    assert client.post(f"/quan-tri/accounts/position/{held.pk}/give/", {"role": "reception"}).status_code in (403, 404)
    assert Position.objects.get(pk=held.pk).roles_at(timezone.now()) == ["reception"]
    page = centre.get(f"{DESK}{account.pk}/change/").content.decode()
    assert "Chuyển công tác" in page and "0A1B" in page


def test_only_the_government_office_grants_and_nobody_to_themself() -> None:
    person = make_person(full_name="Lê Văn Quản Giả Định")
    for actor in (make_officer_actor("G15", ("administrator",)), make_officer_actor("G22", ("administrator",))):
        with pytest.raises(AccessDenied):
            grant_account(actor=actor, wanted=wanted(person), now=timezone.now())
    own = make_position(make_person(full_name="Trần Thị Tự Giả Định"), unit="G22", roles=("steering",))
    with pytest.raises(AccessDenied):
        grant_account(actor=officer_actor(own), wanted=wanted(own.person, unit_code="G22"), now=timezone.now())
    ministry, _boss = at_desk("G15", "administrator")
    assert ministry.get(DESK).status_code in (403, 404) and ministry.get(f"{DESK}add/").status_code == 403
    account = grant_account(actor=officer_actor(own), wanted=wanted(person), now=timezone.now())
    assert ministry.get(f"{DESK}{account.pk}/change/").status_code in (403, 404)
    assert ministry.post(f"{DESK}{account.pk}/end/", {"reason": "x"}).status_code in (403, 404)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"credential_id": ""}, "chứng thư số"),
        ({"grants": []}, "chọn những vai trò"),
        ({"grants": ["steering"]}, "chọn những vai trò"),
        ({"grants": ["operating"]}, "chọn những vai trò"),
        ({"kind": "bank", "unit_code": "970418", "grants": ["operating"]}, "số hợp đồng"),
        ({"kind": "bank", "unit_code": "970418", "grants": ["operating"], "contract_number": "1"}, "ngày hết hạn"),
        ({"kind": "bank", "unit_code": "970418", "grants": ["counter"], "contract_number": "1"}, "chọn những vai trò"),
        ({"valid_to": timezone.now() - timedelta(days=1)}, "Ngày hết"),
        ({"full_name": "Người Khác Giả Định"}, "Không có tài khoản nào"),
        ({"id_number": "001195999999"}, "Không có tài khoản nào"),
        ({"id_number": "12"}, "12 chữ số"),
    ],
)
def test_what_cannot_be_granted_is_said_in_words(values: dict[str, Any], words: str) -> None:
    vpcp, person = make_officer_actor("G22", ("steering",)), make_person(full_name="Lê Văn Quản Giả Định")
    with pytest.raises(BadRole, match=words):
        grant_account(actor=vpcp, wanted=wanted(person, **values), now=timezone.now())
    assert not HighLevelAccount.objects.filter(position__person=person).exists()


def test_numbers_cannot_be_tried_out() -> None:
    vpcp, now = make_officer_actor("G22", ("steering",)), timezone.now()
    for number in range(20):
        with pytest.raises(BadRole, match="Không có tài khoản nào"):
            high_level.find_account(actor=vpcp, id_number=f"0011959{number:05d}", full_name="Lê Văn A", now=now)
    person = make_person(full_name="Lê Văn Quản Giả Định")
    with pytest.raises(BadRole, match="quá nhiều lần"):
        high_level.find_account(actor=vpcp, id_number=person.id_number, full_name=person.full_name, now=now)
    assert high_level.find_account(actor=vpcp, id_number=person.id_number, full_name=person.full_name, now=now + timedelta(hours=2))


@pytest.mark.requirement("A-20")
def test_the_people_of_a_bank_or_the_post_hold_nothing_beyond_its_contract() -> None:
    account, position = post_account()
    boss, now = officer_actor(position), timezone.now()
    assert account.valid_to is not None
    held = give_position(
        actor=boss, person_id=make_person().id, unit_code="BC.gia-dinh", title="Nhân viên", roles=["operating"], credential_id="", now=now,
        place="institution", valid_to=now + timedelta(days=900),
    )  # fmt: skip
    assert held.given_roles.get().valid_to == account.valid_to, "who may hand out until a day hands out until that day"
    other = make_position(unit="BC.gia-dinh", roles=(), place="institution")
    assert give_role(actor=boss, position_id=other.id, role="operating", valid_from=now).valid_to == account.valid_to
    early = give_role(actor=boss, position_id=other.id, role="institution_administrator", valid_from=now, valid_to=now + timedelta(days=9))
    assert early.valid_to == now + timedelta(days=9)
    client, centre = Client(), at_desk("G22", "steering")[0]
    sign_in(client, other.person, position=Position.objects.get(pk=other.pk))
    assert client.get(CONTRACTS).status_code == 200
    assert "cũng thôi giữ vai trò" in centre.get(f"{DESK}{account.pk}/end/").content.decode()
    assert centre.post(f"{DESK}{account.pk}/end/", {"reason": "Hết hợp đồng"}).status_code == 302
    for one in (held, other):
        assert Position.objects.get(pk=one.pk).roles_at(timezone.now()) == []
    assert client.get(CONTRACTS).status_code in (403, 404)


@pytest.mark.requirement("A-20")
def test_a_bank_has_people_of_its_own_until_its_contract_ends() -> None:
    vpcp, person, now = make_officer_actor("G22", ("steering",)), make_person(full_name="Võ Văn Ngân Giả Định"), timezone.now()
    account = grant_account(
        actor=vpcp,
        wanted=wanted(
            person, kind="bank", unit_code="970400", grants=["operating"], contract_number="7/HĐ", valid_to=now + timedelta(days=9)
        ),
        now=now,
    )
    by_certificate(account.position)
    client, clerk = Client(), make_person(full_name="Võ Thị Soát Giả Định")
    sign_in(client, person, position=account.position)
    said = {"id_number": clerk.id_number, "full_name": clerk.full_name, "unit_code": "970400", "title": "Nhân viên đối soát"}
    assert client.post("/quan-tri/accounts/position/add/", {**said, "unit_code": "970418"}).status_code == 422
    assert client.post("/quan-tri/accounts/position/add/", {**said, "roles": ["signing"]}).status_code == 422
    assert client.post("/quan-tri/accounts/position/add/", {**said, "roles": ["operating"]}).status_code == 302
    made = Position.objects.get(person=clerk)
    assert (made.place, made.unit_code, made.roles_at(timezone.now())) == ("institution", "970400", ["operating"])
    boss = Position.objects.get(pk=account.position_id)
    assert boss.roles_at(now + timedelta(days=8)) == ["institution_administrator"] and boss.roles_at(now + timedelta(days=10)) == []
    # The desk of a bank is the bank's: nothing of agencies, nothing of the portal.
    for address in ("dossiers/dossier", "outbox/message", "audit/act", "accounts/highlevelaccount"):
        assert client.get(f"/quan-tri/{address}/").status_code in (403, 404), address


@pytest.mark.requirement("A-20")
def test_people_of_the_post_work_a_counter_for_the_days_of_a_contract_and_stop_at_once() -> None:
    account, boss = post_account()
    ward, _chief = at_desk("H26.101", "administrator")
    post, clerk = Client(), make_person(full_name="Đỗ Thị Quầy Giả Định")
    sign_in(post, boss.person, position=boss)
    said = {"unit_code": "H26.101", "company_code": account.unit_code, "number": "22/HĐ-BC", "valid_to": day(30)}
    for wrong in ({"company_code": "BC.khong"}, {"unit_code": "H26.102"}, {"valid_to": ""}, {"valid_to": day(-1)}):
        assert ward.post(f"{CONTRACTS}add/", {**said, **wrong}).status_code == 422
    assert ward.post(f"{CONTRACTS}add/", said).status_code == 302
    contract = CounterContract.objects.get(number="22/HĐ-BC")
    page = post.get(f"{CONTRACTS}{contract.pk}/change/").content.decode()
    assert "Cử người đến quầy" in page and "Chấm dứt hợp đồng" not in page
    assert ward.post(f"{CONTRACTS}{contract.pk}/send/", {}).status_code == 403
    person = {"id_number": clerk.id_number, "full_name": clerk.full_name, "title": "Giao dịch viên"}
    assert post.post(f"{CONTRACTS}{contract.pk}/send/", person).status_code == 302
    held = Position.objects.get(person=clerk)
    assert (held.unit_code, held.roles_at(timezone.now()), held.valid_to) == ("H26.101", ["counter"], contract.valid_to)
    counter = officer_actor(held)
    assert may(counter, "dossiers.receive", "H26.101") and may(counter, "dossiers.read", "H26.101")
    for act in ("dossiers.refuse", "dossiers.decide", "dossiers.sign", "feedback.read", "feedback.report", "accounts.give_roles"):
        assert not may(counter, act, "H26.101"), act
    assert not may(counter, "dossiers.receive", "H26.102")
    with pytest.raises(BadRole, match="hợp đồng"):
        give_role(actor=officer_actor(_chief), position_id=held.id, role="signing", valid_from=timezone.now())

    client = Client()
    sign_in(client, clerk, position=held)
    # The counter worked: what somebody filed is received by the clerk of the post.
    first, second = filed(now=timezone.now()), filed(now=timezone.now())
    desk = "/quan-tri/dossiers/dossier/"
    assert first.code in client.get(desk).content.decode()
    assert client.post(f"{desk}{first.pk}/receive/", {"seen": first.version}).status_code == 302
    first.refresh_from_db()
    assert (first.state, first.officer_id) == ("4", held.pk) and first.documents.filter(role="receipt").exists()
    assert client.post(f"{desk}{second.pk}/refuse/", {"seen": second.version, "reason": "x", "basis": "x"}).status_code == 403
    assert ward.post(f"{CONTRACTS}{contract.pk}/end/").status_code == 302
    client.post(f"{desk}{second.pk}/receive/", {"seen": second.version})
    second.refresh_from_db()
    assert second.state == "1"
    assert client.get("/quan-tri/dossiers/dossier/").status_code == 302
    assert post.post(f"{CONTRACTS}{contract.pk}/send/", person).status_code == 422


@pytest.mark.requirement("A-20")
def test_each_company_sees_its_own_contracts_and_sends_its_own_people() -> None:
    account, boss = post_account()
    _other, stranger = post_account(unit_code="BC.khac", name="Bưu điện Khác Giả Định")
    chief, now = make_officer_actor("H26.101", ("administrator",)), timezone.now()
    contract = contracts.make_contract(
        actor=chief,
        unit_code="H26.101",
        company_code=account.unit_code,
        number="9",
        valid_from=now,
        valid_to=now + timedelta(days=9),
        now=now,
    )
    clients = {}
    for name, position in (("own", boss), ("other", stranger)):
        clients[name] = Client()
        sign_in(clients[name], position.person, position=position)
    neighbour, _ = at_desk("H26.102", "administrator")
    assert clients["own"].get(f"{CONTRACTS}{contract.pk}/change/").status_code == 200
    for client in (clients["other"], neighbour):
        assert f"{contract.pk}" not in client.get(CONTRACTS).content.decode()
        for act in ("change", "end", "send"):
            assert client.get(f"{CONTRACTS}{contract.pk}/{act}/").status_code == 404
            assert client.post(f"{CONTRACTS}{contract.pk}/{act}/", {}).status_code in (403, 404)
    clerk = make_person(full_name="Đỗ Thị Quầy Giả Định")
    held = contracts.send_to_counter(
        actor=officer_actor(boss), contract_id=contract.pk, id_number=clerk.id_number, full_name=clerk.full_name, title="x",
        credential_id="", valid_to=now + timedelta(days=90), now=timezone.now(),
    )  # fmt: skip
    assert held.valid_to == contract.valid_to
    assert clients["other"].post(f"{CONTRACTS}{contract.pk}/take/{held.pk}/").status_code == 404
    assert clients["own"].post(f"{CONTRACTS}{contract.pk}/take/{held.pk}/").status_code == 302
    assert not Position.objects.get(pk=held.pk).is_held(now=timezone.now())


@pytest.mark.parametrize(
    "wrong",
    [
        {"grants": []},
        {"kind": "bank"},
        {"opened_at": timezone.now()},
        {"ended_at": timezone.now()},
        {"grants": ["steering"]},
        {"valid_to": timezone.now() - timedelta(days=9)},
    ],
)
def test_the_database_refuses_an_account_that_makes_no_sense(wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "kind": "agency", "unit_code": "G15", "name": "x", "position": make_position(unit="G15", roles=()), "grants": ["reception"],
        "valid_from": timezone.now(), **wrong,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        HighLevelAccount.objects.create(**fields)


@pytest.mark.requirement("A-20")
def test_a_banks_and_the_posts_administrators_read_their_own_contract_and_nobody_elses() -> None:
    """The demo's own accounts: opened by the first sign-in with the certificate, as anybody's."""
    seen = {}
    for unit in ("970418", "BC.trinh-dien", "G17"):
        position = HighLevelAccount.objects.get(unit_code=unit).position
        assert position.roles_at(timezone.now()) == []
        by_certificate(position)
        client = Client()
        sign_in(client, position.person, position=position)
        seen[unit] = client.get(CONTRACTS).content.decode()
    assert "01/HĐ-TD" in seen["970418"] and "Vận hành tại tổ chức thanh toán, bưu chính" in seen["970418"]
    assert "03/HĐ-QUẦY" not in seen["970418"] and "02/HĐ-TD" not in seen["970418"]
    assert "02/HĐ-TD" in seen["BC.trinh-dien"] and "03/HĐ-QUẦY" in seen["BC.trinh-dien"] and "01/HĐ-TD" not in seen["BC.trinh-dien"]
    assert "HĐ-TD" not in seen["G17"] and "Hợp đồng của" not in seen["G17"]
    ministry = HighLevelAccount.objects.get(unit_code="G17")
    held = make_position(unit="G17", roles=())
    give_role(actor=officer_actor(ministry.position), position_id=held.id, role="reception", valid_from=timezone.now())
    assert Position.objects.get(pk=held.pk).roles_at(timezone.now()) == ["reception"]


def test_the_demo_loads_twice_and_every_number_in_it_could_be_one() -> None:
    before = (HighLevelAccount.objects.count(), CounterContract.objects.count(), Position.objects.count())
    demo.load()
    assert (HighLevelAccount.objects.count(), CounterContract.objects.count(), Position.objects.count()) == before
    data = json.loads(demo.POPULATION.read_text(encoding="utf-8"))
    for company in data["organisations"]:
        assert clean_tax_code(company["tax_code"]) == company["tax_code"]
    for person in data["people"]:
        assert clean_id_number(person["id_number"]) == person["id_number"]
    said = welcome({"SITE_URL": "http://localhost", "SIMULATORS_URL": "http://localhost"}, Path("var"))
    for number in ("001085000036", "001186000037", "001087000038"):
        line = next(line for line in said.splitlines() if number in line)
        assert "PIN 12345678" in line and "high-level account of" in line
