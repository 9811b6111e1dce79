"""Subject keys: made once, cached safely, destroyed for good, wrapped anew."""

from __future__ import annotations

import base64
import threading
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError

from portal import crypto
from portal.access import SYSTEM
from portal.audit.models import Act
from portal.crypto import services
from portal.crypto.models import SubjectKey

NEW = "t2:" + base64.b64encode(bytes(range(100, 132))).decode()


@pytest.fixture(autouse=True)
def _no_known_keys() -> None:
    crypto.forget_keys()


@pytest.mark.django_db
def test_round_trip_and_what_does_not_open() -> None:
    subject, other = uuid4(), uuid4()
    token = crypto.encrypt(subject, "Nguyễn Thị Mẫu".encode(), context="a.b.c")
    assert b"Nguy" not in token
    assert crypto.decrypt(subject, token, context="a.b.c").decode() == "Nguyễn Thị Mẫu"
    assert crypto.encrypt(subject, "Nguyễn Thị Mẫu".encode(), context="a.b.c") != token
    crypto.encrypt(other, b"", context="a.b.c")
    for who, what, where in [
        (subject, token, "a.b.d"),
        (other, token, "a.b.c"),
        (subject, token[:-1], "a.b.c"),
        (subject, b"\x02" + token[1:], "a.b.c"),
        (subject, token[:20] + bytes([token[20] ^ 1]) + token[21:], "a.b.c"),
        (subject, b"", "a.b.c"),
    ]:
        with pytest.raises(crypto.Tampered):
            crypto.decrypt(who, what, context=where)


@pytest.mark.django_db
def test_a_subject_without_a_key_says_so() -> None:
    with pytest.raises(crypto.KeyMissing):
        crypto.decrypt(uuid4(), bytes(40), context="x")


@pytest.mark.django_db
def test_swapped_key_rows_do_not_open() -> None:
    first, second = uuid4(), uuid4()
    token = crypto.encrypt(first, b"x", context="c")
    crypto.encrypt(second, b"x", context="c")
    SubjectKey.objects.filter(pk=first).update(wrapped=SubjectKey.objects.get(pk=second).wrapped)
    connection.run_on_commit.clear()
    with pytest.raises(crypto.Tampered):
        crypto.decrypt(first, token, context="c")


@pytest.mark.django_db
def test_shredding_destroys_and_stays_destroyed() -> None:
    subject = uuid4()
    token = crypto.encrypt(subject, b"x", context="c")
    with transaction.atomic():
        crypto.shred(subject, SYSTEM)
    with pytest.raises(crypto.KeyDestroyed):
        crypto.decrypt(subject, token, context="c")
    with pytest.raises(crypto.KeyDestroyed):
        crypto.encrypt(subject, b"again", context="c")
    assert crypto.is_destroyed(subject)
    crypto.shred(subject, SYSTEM)
    acts = Act.objects.filter(act="crypto.shred", target_id=str(subject))
    assert acts.count() == 1
    row = SubjectKey.objects.get(pk=subject)
    assert row.wrapped is None
    assert row.destroyed_at is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        SubjectKey.objects.filter(pk=subject).update(wrapped=b"x")


@pytest.mark.django_db
def test_shredding_one_who_has_no_key_prevents_one() -> None:
    subject = uuid4()
    crypto.shred(subject, SYSTEM)
    with pytest.raises(crypto.KeyDestroyed):
        crypto.encrypt(subject, b"x", context="c")


@pytest.mark.django_db
def test_keys_of_a_page_come_in_one_query(django_assert_num_queries: Any, django_capture_on_commit_callbacks: Any) -> None:
    subjects = [uuid4() for _ in range(30)]
    with django_capture_on_commit_callbacks():  # the callbacks do not run: nothing is cached
        tokens = {subject: crypto.encrypt(subject, b"x", context="c") for subject in subjects}
    connection.run_on_commit.clear()
    with django_assert_num_queries(1):
        crypto.prefetch(subjects)
        for subject, token in tokens.items():
            assert crypto.decrypt(subject, token, context="c") == b"x"
    with django_assert_num_queries(0):
        crypto.prefetch(subjects)


@pytest.mark.django_db
def test_the_cache_is_bounded_and_short_lived(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = services._Cache()
    monkeypatch.setattr(services, "CACHE_KEYS", 3)
    subjects = [uuid4() for _ in range(4)]
    for subject in subjects:
        cache.put(subject, b"k")
    assert [cache.get(subject) for subject in subjects] == [None, b"k", b"k", b"k"]
    monkeypatch.setattr(services, "CACHE_SECONDS", -1.0)
    cache.put(subjects[0], b"k")
    assert cache.get(subjects[0]) is None


def test_a_rolled_back_key_is_never_used_again(committed_db: None) -> None:
    subject = uuid4()
    with pytest.raises(RuntimeError), transaction.atomic():
        crypto.encrypt(subject, b"lost", context="c")
        raise RuntimeError
    with transaction.atomic():
        with pytest.raises(RuntimeError), transaction.atomic():
            crypto.encrypt(subject, b"lost in a savepoint", context="c")
            raise RuntimeError
        token = crypto.encrypt(subject, b"kept", context="c")
    crypto.forget_keys()
    assert crypto.decrypt(subject, token, context="c") == b"kept"


def test_two_requests_that_are_first_at_once_share_one_key(committed_db: None) -> None:
    subject = uuid4()
    barrier = threading.Barrier(8)
    tokens: list[bytes] = []

    def first() -> None:
        try:
            barrier.wait(5)
            with transaction.atomic():
                tokens.append(crypto.encrypt(subject, b"x", context="c"))
        finally:
            connection.close()

    threads = [threading.Thread(target=first) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    crypto.forget_keys()
    assert len(tokens) == 8
    assert {crypto.decrypt(subject, token, context="c") for token in tokens} == {b"x"}
    assert SubjectKey.objects.filter(pk=subject).count() == 1


@pytest.mark.django_db
@pytest.mark.requirement("N-08")
def test_rotation_wraps_anew_and_the_old_master_key_can_go(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    subjects = [uuid4() for _ in range(5)]
    tokens = {subject: crypto.encrypt(subject, str(subject).encode(), context="c") for subject in subjects}
    erased = uuid4()
    crypto.shred(erased, SYSTEM)
    settings.FIELD_KEYS = [NEW, *settings.FIELD_KEYS]
    call_command("rotate_field_keys", batch=2)
    assert "5 keys" in capsys.readouterr().out
    assert set(SubjectKey.objects.filter(pk__in=subjects).values_list("key_id", flat=True)) == {"t2"}
    settings.FIELD_KEYS = [NEW]
    connection.run_on_commit.clear()
    crypto.forget_keys()
    for subject, token in tokens.items():
        assert crypto.decrypt(subject, token, context="c") == str(subject).encode()
    assert services.rewrap() == 0
