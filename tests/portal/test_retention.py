"""Every field has a class of retention, every class a use, and what the nights removed stands on the desk (D-21)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from portal.celery import app
from portal.crypto.fields import SealedField
from portal.retention import registry
from portal.retention.classes import CLASSES
from portal.retention.models import Removal
from portal.retention.services import note
from portal.workdays import ZONE
from tests import factories

PAGE = "/quan-tri/retention/removal/"


@pytest.mark.requirement("D-21")
def test_every_field_has_a_class_every_class_a_use_and_what_is_sealed_is_personal() -> None:
    assert registry.problems(SealedField) == []


def test_a_field_without_a_class_and_wrong_names_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {
        "dossiers": {"Draft": {"answers": "technical", "unit": "draft"}, "Dossier": "forever", "Gone": "draft"},
        "ratings": {},
        "helpdesk": {},
    }
    said = registry._table_of
    monkeypatch.setattr(registry, "_table_of", lambda app_name: tables.get(app_name, said(app_name)))
    found = registry.problems(SealedField)
    assert "dossiers.Draft.id: no class of retention" in found
    assert "dossiers.Draft.answers: is sealed, but technical is no class of personal data" in found
    assert "dossiers.Dossier.code: forever is no class" in found
    assert "dossiers.retention: there is no model Gone" in found
    assert "dossiers.retention: Draft has no field unit" in found
    assert "opinion: nobody uses this class" in found


@pytest.mark.requirement("D-21")
@pytest.mark.usefixtures("demo_data")
def test_each_class_that_ends_by_itself_has_its_tasks_and_what_they_did_stands_on_the_desk() -> None:
    app.loader.import_default_modules()
    by_beat = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    wanted = {(task, key) for key, one in CLASSES.items() for task in one.tasks}
    assert {task for task, _key in wanted} <= by_beat
    with time_machine.travel(datetime(2027, 1, 2, 9, 20, tzinfo=ZONE)):
        for task in sorted({task for task, _key in wanted}):
            app.tasks[task]()
    assert set(Removal.objects.values_list("task", "kind")) == wanted
    client = Client()
    keeper = factories.make_position(unit="G22", roles=("technical",))
    factories.sign_in(client, keeper.person, position=keeper)
    Removal.objects.filter(task="dossiers.erase_drafts").update(removed=4321)
    page = client.get(PAGE).content.decode()
    assert all(one.label in page and one.term in page for one in CLASSES.values())
    assert "đã xóa 4321" in page and "Chưa chạy lần nào" not in page


def test_slices_of_a_day_are_added_up(db: Any) -> None:
    night = datetime(2027, 1, 2, 3, 0, tzinfo=ZONE)
    note("x", {"draft": 3, "file": 0}, now=night, done=False)
    note("x", {"draft": 2, "file": 1}, now=night.replace(minute=20))
    assert list(Removal.objects.order_by("kind").values_list("kind", "removed", "is_done")) == [("draft", 5, True), ("file", 1, True)]


@pytest.mark.django_db
def test_only_technical_people_and_vpcp_open_the_page() -> None:
    for unit, role, status in (("H26.101", "technical", 403), ("G22", "handling", 403), ("G22", "steering", 200)):
        position = factories.make_position(unit=unit, roles=(role,))
        client = Client()
        factories.sign_in(client, position.person, position=position)
        assert client.get(PAGE).status_code == status
    assert Client().get(PAGE).status_code == 302
