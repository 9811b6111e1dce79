"""What people have read stays read, and sealed texts stay readable, when notices come to belong to parties."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from portal.notifications import queries, services
from portal.notifications.registry import register_template
from tests import factories

register_template("tests.read", inbox_title="Chào {name}", inbox_body="Xem {link}", sms="")


def test_who_had_read_a_notice_has_read_it(committed_db: None) -> None:
    person = factories.make_person()
    for occasion in ("k1", "k2"):
        services.notify(party_id=person.id, template="tests.read", context={"name": "bà Giả Định"}, key=occasion, channels=("inbox",))
    newest = queries.notices_of(person.id, person.id)[0]
    services.mark_read(party_id=person.id, reader=person.id, notification_id=newest.id)
    MigrationExecutor(connection).migrate([("notifications", "0002_once_per_person")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id, read_at <= %s FROM notifications_notification WHERE read_at IS NOT NULL", [timezone.now()])
        assert cursor.fetchall() == [(person.id, True)]
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("notifications"))
    assert [bool(notice.read_at) for notice in queries.notices_of(person.id, person.id)] == [True, False]
    assert {notice.title for notice in queries.notices_of(person.id, person.id)} == {"Chào bà Giả Định"}
