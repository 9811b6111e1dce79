"""The audit trail: append-only, chained in commit order, signed; every way of tampering is named."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from portal import audit
from portal.access import SYSTEM, ActingAs, Actor
from portal.audit import canonical, services
from portal.audit.context import request_id
from portal.audit.models import Act, Link, Pending, Seal
from portal.audit.services import NotInTransaction


def _acts(count: int, *, prefix: str = "t") -> list[Act]:
    made = []
    for number in range(count):
        with transaction.atomic():
            made.append(
                audit.record(actor=SYSTEM, act="test.do", target="test.thing", target_id=f"{prefix}{number}", details={"n": number})
            )
    return made


def _tamper(*statements: str) -> None:
    """As a database administrator would: triggers off, change, triggers on."""
    tables = [model._meta.db_table for model in apps.get_app_config("audit").get_models()]
    with transaction.atomic(), connection.cursor() as cursor:
        # The owner of a table may switch its own triggers off, foreign keys stay; checked at once, so that triggers can come back on.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def trail(committed_db: None) -> list[Act]:
    """Nine sealed acts (three seals) and one that waits."""
    made = []
    for batch in range(3):
        made += _acts(3, prefix=f"b{batch}-")
        assert services.seal() == 3
    return made + _acts(1, prefix="tail")


def test_recording_outside_a_transaction_is_refused(committed_db: None) -> None:
    with pytest.raises(NotInTransaction):
        audit.record(actor=SYSTEM, act="test.do")
    assert not Act.objects.exists()


def test_an_act_is_gone_with_its_transaction(committed_db: None) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record(actor=SYSTEM, act="test.do")
        raise RuntimeError
    assert not Act.objects.exists()
    assert not Pending.objects.exists()


@pytest.mark.django_db
@pytest.mark.requirement("O-07")
def test_an_act_says_who_as_what_where_and_in_which_request() -> None:
    actor = Actor(
        acting_as=ActingAs.POSITION,
        user_id=uuid.uuid4(),
        person_id=uuid.uuid4(),
        position_id=uuid.uuid4(),
        unit="H26.101",
        label="Phạm Thị Minh Họa",
    )
    token = request_id.set("r-1")
    try:
        row = audit.record(actor=actor, act="dossiers.receive", target="dossiers.dossier", target_id="7", details={"code": "x"})
    finally:
        request_id.reset(token)
    row = Act.objects.get(pk=row.pk)
    assert (row.user_id, row.person_id, row.position_id) == (actor.user_id, actor.person_id, actor.position_id)
    assert (row.acting_as, row.unit, row.request_id) == ("position", "H26.101", "r-1")
    assert isinstance(row.xid, int)
    assert "Họa" not in canonical.act_bytes(row).decode(), "no name in what cannot be erased"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_act SET act = 'x'",
        "DELETE FROM audit_act",
        "TRUNCATE audit_act CASCADE",
        "UPDATE audit_link SET hash = 'x'",
        "DELETE FROM audit_link",
        "TRUNCATE audit_link",
        "UPDATE audit_seal SET at = now()",
        "DELETE FROM audit_seal",
        "TRUNCATE audit_seal",
    ],
)
@pytest.mark.requirement("O-07")
def test_the_database_refuses_every_change(trail: list[Act], statement: str) -> None:
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_sound_trail(trail: list[Act], capsys: pytest.CaptureFixture[str]) -> None:
    report = services.verify()
    assert report.first_altered is None
    assert (report.sealed, report.unsealed) == (9, 1)
    assert report.oldest_unsealed == Act.objects.latest("id").at
    assert list(Link.objects.order_by("seq").values_list("seq", "act_id")) == [(n, act.pk) for n, act in enumerate(trail[:9], 1)]
    assert Seal.objects.count() == 3
    call_command("audit_verify")
    assert "9 acts sealed; 1 not sealed yet" in capsys.readouterr().out
    assert services.seal() == 1
    assert services.seal() == 0
    assert services.verify().unsealed == 0


def _second_key() -> tuple[Ed25519PrivateKey, str]:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return key, canonical.id_of(key.public_key())


def _rewrite_chain_with_other_key(trail: list[Act]) -> None:
    """The worst: change an act, rebuild all hashes, sign anew with a key of one's own."""
    key, key_id = _second_key()
    _tamper(f"UPDATE audit_act SET target_id = 'other' WHERE id = {trail[4].pk}")
    previous = canonical.GENESIS
    for link in list(Link.objects.order_by("seq")):
        previous = canonical.chained(previous, link.seq, Act.objects.get(pk=link.act_id))
        _tamper(f"UPDATE audit_link SET hash = '{previous}' WHERE seq = {link.seq}")
        seal = Seal.objects.filter(pk=link.seq).first()
        if seal is not None:
            signature = key.sign(canonical.seal_bytes(seq=seal.seq, head=previous, at=seal.at, key_id=key_id)).hex()
            _tamper(f"UPDATE audit_seal SET hash = '{previous}', key_id = '{key_id}', signature = '{signature}' WHERE seq = {seal.seq}")


def _rewrite_chain_keep_seals(trail: list[Act]) -> None:
    _tamper(f"UPDATE audit_act SET target_id = 'other' WHERE id = {trail[4].pk}")
    previous = canonical.GENESIS
    for link in list(Link.objects.order_by("seq")):
        previous = canonical.chained(previous, link.seq, Act.objects.get(pk=link.act_id))
        _tamper(f"UPDATE audit_link SET hash = '{previous}' WHERE seq = {link.seq}")


WAYS: list[tuple[str, Callable[[list[Act]], Any], int, int | None, str]] = [
    ("act changed", lambda t: _tamper(f"UPDATE audit_act SET details = '{{\"n\": 9}}' WHERE id = {t[4].pk}"), 5, 4, "altered"),
    ("time changed", lambda t: _tamper(f"UPDATE audit_act SET at = at + interval '1 us' WHERE id = {t[0].pk}"), 1, 0, "altered"),
    ("act deleted", lambda t: _tamper(f"DELETE FROM audit_act WHERE id = {t[4].pk}"), 5, 4, "act missing"),
    ("link deleted", lambda t: _tamper("DELETE FROM audit_link WHERE seq = 5"), 5, None, "link missing"),
    (
        "act and link deleted",
        lambda t: _tamper(f"DELETE FROM audit_act WHERE id = {t[8].pk}", "DELETE FROM audit_link WHERE seq = 9"),
        9,
        None,
        "missing",
    ),
    ("link changed", lambda t: _tamper(f"UPDATE audit_link SET hash = '{'0' * 64}' WHERE seq = 6"), 6, 5, "altered"),
    (
        "two acts exchanged",
        lambda t: _tamper(
            "UPDATE audit_link SET act_id = -1 WHERE seq = 2",
            f"UPDATE audit_link SET act_id = {t[1].pk} WHERE seq = 3",
            f"UPDATE audit_link SET act_id = {t[2].pk} WHERE seq = 2",
        ),
        2,
        2,
        "altered",
    ),
    ("signature changed", lambda t: _tamper(f"UPDATE audit_seal SET signature = '{'0' * 128}' WHERE seq = 6"), 6, 5, "signature"),
    ("seal moved in time", lambda t: _tamper("UPDATE audit_seal SET at = at - interval '1 d' WHERE seq = 6"), 6, 5, "signature"),
    ("seal with other key", _rewrite_chain_with_other_key, 3, 2, "unknown key"),
    ("chain rewritten under the seals", _rewrite_chain_keep_seals, 6, 5, "rewritten"),
    ("newest seal removed", lambda t: _tamper("DELETE FROM audit_seal WHERE seq = 9"), 7, 6, "without a seal"),
    ("all seals removed", lambda t: _tamper("DELETE FROM audit_seal"), 1, 0, "without a seal"),
    (
        "act slipped in",
        lambda t: _tamper(
            "INSERT INTO audit_act (id, act, target, target_id, unit, acting_as, request_id, details)"
            " VALUES (-5, 'x', '', '', '', 'self', '', '{}')"
        ),
        10,
        None,
        "slipped in",
    ),
]


@pytest.mark.parametrize(("way", "tamper", "seq", "index", "reason"), WAYS, ids=[way[0] for way in WAYS])
@pytest.mark.requirement("O-07")
def test_tampering_is_found_and_named(
    trail: list[Act],
    capsys: pytest.CaptureFixture[str],
    way: str,
    tamper: Callable[[list[Act]], Any],
    seq: int,
    index: int | None,
    reason: str,
) -> None:
    tamper(trail)
    fault = services.verify().first_altered
    assert fault is not None
    assert fault.seq == seq
    assert reason in fault.reason
    if index is not None:
        assert fault.act_id == trail[index].pk
    with pytest.raises(SystemExit) as end:
        call_command("audit_verify")
    assert end.value.code == 1
    assert f"link {seq}" in capsys.readouterr().err


def test_an_end_cut_off_with_its_seals_contradicts_the_logged_head(trail: list[Act], capsys: pytest.CaptureFixture[str]) -> None:
    head = Seal.objects.latest("seq")
    call_command("audit_verify", head=f"{head.seq}:{head.hash}")
    _tamper(
        f"DELETE FROM audit_act WHERE id IN ({trail[6].pk}, {trail[7].pk}, {trail[8].pk})",
        "DELETE FROM audit_link WHERE seq > 6",
        "DELETE FROM audit_seal WHERE seq > 6",
    )
    assert services.verify().first_altered is None, "nothing inside the database can know"
    with pytest.raises(SystemExit):
        call_command("audit_verify", head=f"{head.seq}:{head.hash}")
    assert "cut off" in capsys.readouterr().err
    with pytest.raises(CommandError):
        call_command("audit_verify", head="nonsense")


def test_seals_of_an_earlier_key_count_while_it_is_named(trail: list[Act], settings: Any) -> None:
    former = canonical.signing_key().public_key().public_bytes_raw()
    settings.AUDIT_SIGNING_KEY = base64.b64encode(bytes(range(32))).decode()
    assert services.seal() == 1
    fault = services.verify().first_altered
    assert fault is not None
    assert "unknown key" in fault.reason
    settings.AUDIT_PUBLIC_KEYS = [base64.b64encode(former).decode()]
    assert services.verify().first_altered is None


def test_a_long_transaction_that_commits_late_is_sealed_after_and_not_lost(committed_db: None) -> None:
    recorded, finish, ended = threading.Event(), threading.Event(), threading.Event()

    def long_one() -> None:
        try:
            with transaction.atomic():
                audit.record(actor=SYSTEM, act="test.long")
                recorded.set()
                finish.wait(20)
        finally:
            connection.close()
            ended.set()

    thread = threading.Thread(target=long_one)
    thread.start()
    assert recorded.wait(10)
    _acts(3)
    assert services.seal() == 3, "a transaction that is still open holds nobody up"
    finish.set()
    assert ended.wait(10)
    thread.join()
    assert services.verify().unsealed == 1
    assert services.seal() == 1
    late = Act.objects.get(link__seq=4)
    assert late.act == "test.long"
    assert late.xid < Act.objects.get(link__seq=1).xid, "begun first, committed last, sealed last"
    report = services.verify()
    assert (report.first_altered, report.sealed, report.unsealed) == (None, 4, 0)


def test_two_sealers_at_once_and_writers_beside_them(committed_db: None) -> None:
    stop = threading.Event()
    errors: list[BaseException] = []
    sealed: list[int] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def sealer() -> None:
        while not stop.is_set():
            sealed.append(services.seal(limit=7))

    writers = [threading.Thread(target=run, args=(lambda: (_acts(25), None)[1],)) for _ in range(4)]
    sealers = [threading.Thread(target=run, args=(sealer,)) for _ in range(2)]
    for thread in writers + sealers:
        thread.start()
    for thread in writers:
        thread.join(60)
    stop.set()
    for thread in sealers:
        thread.join(60)
    while count := services.seal():
        sealed.append(count)
    assert errors == []
    assert sum(sealed) == 100
    report = services.verify()
    assert (report.first_altered, report.sealed, report.unsealed) == (None, 100, 0)


def test_rows_restored_from_another_server_with_higher_transaction_ids_are_sealed(committed_db: None) -> None:
    _tamper(
        "INSERT INTO audit_act (xid, act, target, target_id, unit, acting_as, request_id, details)"
        " VALUES ('99999999999', 'test.old', '', '', '', 'self', '', '{}')",
        "INSERT INTO audit_pending (act_id, xid) SELECT id, xid FROM audit_act",
    )
    _acts(2)
    assert services.seal() == 3
    assert services.verify().first_altered is None
    _acts(1)
    assert services.seal() == 1


@pytest.mark.django_db
def test_checking_a_long_trail_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_act (act, target, target_id, unit, acting_as, request_id, details)"
            " SELECT 'test.bulk', '', n::text, '', 'self', '', '{}' FROM generate_series(1, 5000) n"
        )
    while services.seal(limit=2500):
        pass
    with django_assert_max_num_queries(20):
        report = services.verify()
    assert (report.first_altered, report.sealed) == (None, 5000)
