"""The covers of blind indexes changed while everything goes on: nobody is lost, nobody is there twice, nothing stays under the old one."""

from __future__ import annotations

import base64
import io
import re
import threading
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from django.utils import timezone

from accounts.mandating import offers
from accounts.models import Identifier, MandateOffer, Person
from accounts.services.mandates import BadMandate
from accounts.services.people import enter_person
from dossiers.models import Dossier, NationalDossier
from dossiers.services.common import concerns
from feedback import demo as petitions
from portal import crypto
from portal.access import SYSTEM
from portal.crypto import KeyMissing, blind, rotation
from portal.notifications.models import Notification
from portal.outbox import services as outbox
from tests import factories
from tests.dossiers.support import decided

ONE = "k1:" + base64.b64encode(bytes(range(1, 33))).decode()
TWO = "k2:" + base64.b64encode(bytes(range(50, 82))).decode()


def rotate(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rotate_blind_index", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def sign_in(person: Any, address: str) -> None:
    """Number and code over HTTP, from an address of its own."""
    client = Client(REMOTE_ADDR=address)
    client.post("/tai-khoan/dang-nhap/", {"id_number": person.id_number})
    outbox.deliver_due()
    body = Notification.objects.get(key=f"otp:{client.session['otp_request']}", channel="sms").body or ""
    client.post("/tai-khoan/dang-nhap/ma/", {"code": re.match(r"\d{6}", body)[0]})  # type: ignore[index]
    assert client.session["_auth_user_id"] == str(person.user_id)


def enter(number: str) -> Any:
    return enter_person(
        actor=SYSTEM, full_name="Lê Văn Hai Lần", id_number=number, birth_date=date(1990, 1, 1), sex="male", phone="",
        residence_unit="00070", address="",
    )  # fmt: skip


class TestForms:
    def test_an_index_has_one_form_a_cover_and_each_leads_to_the_others(self, settings: Any) -> None:
        bare = crypto.blind_index("id_number", "001195000001")
        settings.BLIND_INDEX_COVERS = [ONE, TWO, "bare"]
        forms = crypto.index_forms(bare)
        assert [form.partition(".")[0] for form in forms] == ["k1", "k2", bare]
        assert forms[0] == crypto.blind_index("id_number", "001195000001") and max(map(len, forms)) <= 64
        assert all(crypto.index_forms(form) == forms and crypto.bare_index(form) == bare for form in forms)
        assert crypto.same_index(forms[0], forms[1]) and not crypto.same_index(forms[0], crypto.blind_index("id_number", "001195000002"))
        assert not crypto.same_index(None, None) and not crypto.same_index("", "")
        # What is no index stays what it is.
        assert crypto.index_forms("-") == ["-"] and crypto.bare_index("none:1") == "none:1"
        # Without the cover's key nothing is left to compare with, also for whoever has the other key.
        settings.BLIND_INDEX_COVERS = ["bare"]
        with pytest.raises(KeyMissing):
            crypto.bare_index(forms[0])

    @pytest.mark.parametrize("covers", [[], ["k1"], ["k1:xyz"], ["bare:" + ONE[3:]], [ONE, ONE], ["K.1:" + ONE[3:]], ["bare", "bare"]])
    def test_bad_covers_are_refused(self, settings: Any, covers: list[str]) -> None:
        settings.BLIND_INDEX_COVERS = covers
        with pytest.raises(ImproperlyConfigured):
            crypto.blind_index("id_number", "001195000001")


@pytest.mark.requirement("A-01")
@pytest.mark.django_db
def test_people_sign_in_and_are_found_before_during_and_after(settings: Any) -> None:
    first, second = factories.make_person(), factories.make_person()
    stages: list[tuple[list[str], str]] = [
        (["bare"], ""),
        (["bare", ONE], ""),
        ([ONE, "bare"], ""),
        ([ONE, "bare"], "half"),
        ([ONE, "bare"], "all"),
        ([ONE], ""),
        ([TWO, ONE], ""),
        ([TWO, ONE], "all"),
        ([TWO], ""),
    ]
    for turn, (covers, rotated) in enumerate(stages):
        settings.BLIND_INDEX_COVERS = covers
        if rotated == "half":
            # As if the command had been stopped after its first row.
            people = next(column for column in rotation.columns() if str(column) == "accounts_person.id_blind")
            row = next(rotation._batches(people, 1))[0]
            rotation._write(people, [(row, blind.recovered(row[1]))])
            assert rotation.left(people) == Person.objects.count() - 1
        elif rotated == "all":
            rotate("--batch", "1")
        assert enter(first.id_number) == first and enter(second.id_number) == second
        # Half-way both, of whom one is under either cover; else in turns, for codes are counted.
        for place, person in enumerate((first, second)):
            if rotated == "half" or turn % 2 == place:
                sign_in(person, f"203.0.113.{turn * 2 + place}")
    assert {index[:3] for index in Person.objects.values_list("id_blind", flat=True)} == {"k2."}
    # An own row for each number, as ever.
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(full_name="x", name_key="x", id_blind=crypto.blind_index("id_number", first.id_number))


@pytest.mark.django_db
def test_counts_of_tries_and_promises_to_a_number_go_on_under_the_next_cover(settings: Any) -> None:
    giver, holder = factories.make_person(), factories.make_person()
    now = timezone.now()
    actor = factories.citizen_actor(giver)
    offers.give_mandate(actor=actor, id_number=holder.id_number, valid_from=now, now=now)
    client = Client()
    assert client.post("/tai-khoan/dang-nhap/", {"id_number": holder.id_number}).status_code == 302
    settings.BLIND_INDEX_COVERS = [ONE, "bare"]
    people = next(column for column in rotation.columns() if str(column) == "accounts_person.id_blind")
    for step in (lambda: None, lambda: rotation.rotate(people, batch=10), lambda: rotate()):
        step()
        # Asked for a moment ago, under whichever cover.
        assert Client().post("/tai-khoan/dang-nhap/", {"id_number": holder.id_number}).status_code == 422
        assert [offer.grantor_id for offer in offers.offered_to(factories.citizen_actor(holder), now)] == [giver.id]
        with pytest.raises(BadMandate):
            offers.give_mandate(actor=actor, id_number=holder.id_number, valid_from=now, now=now)
        with pytest.raises(BadMandate):
            offers.give_mandate(actor=actor, id_number=giver.id_number, valid_from=now, now=now)
    assert MandateOffer.objects.filter(number_blind=holder.id_blind).count() == 1


@pytest.mark.requirement("A-01")
def test_two_who_enter_one_number_under_two_covers_enter_one_person(committed_db: None, settings: Any) -> None:
    """As two processes do, of which only one has been started again."""
    number, entered, go_on = "001190000077", threading.Event(), threading.Event()
    found: list[Any] = []

    def once(wait: bool) -> None:
        try:
            with transaction.atomic():
                found.append(enter(number).pk)
                if wait:
                    entered.set()
                    go_on.wait(20)
        finally:
            connection.close()

    settings.BLIND_INDEX_COVERS = ["bare", ONE]
    one = threading.Thread(target=once, args=(True,))
    one.start()
    assert entered.wait(20)
    settings.BLIND_INDEX_COVERS = [ONE, "bare"]
    other = threading.Thread(target=once, args=(False,))
    other.start()
    other.join(0.5)
    assert other.is_alive()
    go_on.set()
    one.join(20)
    other.join(20)
    assert len(found) == 2 and len(set(found)) == Person.objects.count() == 1


@pytest.mark.requirement("N-08")
@pytest.mark.django_db
def test_the_whole_demonstration_is_covered_anew_and_nothing_stays(demo_data: None, settings: Any) -> None:
    petitions.load()
    decided()
    columns = rotation.columns()
    before: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        for column in columns:
            value = f"unnest({column.name})" if column.is_list else column.name
            cursor.execute(f"SELECT DISTINCT {value} FROM {column.model._meta.db_table}")
            before[str(column)] = {index for (index,) in cursor.fetchall() if index}
    filled = {name for name, indexes in before.items() if indexes}
    wanted = {"accounts_person.id_blind", "accounts_personevent.id_blind", "dossiers_dossier.id_blinds", "feedback_petition.text_print"}
    assert wanted | {"dossiers_nationaldossier.owner_blind", "documents_document.signer_blind"} <= filled
    events = Person.pgh_event_model.objects.count()  # type: ignore[attr-defined]
    dossier = Dossier.objects.exclude(id_blinds=[]).first()
    assert dossier is not None
    named = Person.objects.filter(id_blind__in=dossier.id_blinds).first()

    settings.BLIND_INDEX_COVERS = [ONE, "bare"]
    with pytest.raises(CommandError, match="accounts_person"):
        rotate("--check")
    said = rotate("--batch", "7")
    assert f"All {len(columns)} columns stand under 'k1'" in said
    settings.BLIND_INDEX_COVERS = [ONE]
    assert "no other cover is needed" in rotate("--check")
    # The same values, nothing for history, nothing else changed.
    dossier.refresh_from_db()
    assert all(index.startswith("k1.") for index in dossier.id_blinds)
    assert named is None or concerns(dossier, named.pk)
    assert NationalDossier.objects.filter(owner_blind__startswith="k1.").exists()
    assert Person.pgh_event_model.objects.count() == events  # type: ignore[attr-defined]

    # And no index stands anywhere else.
    every = sorted(set().union(*before.values()))
    elsewhere = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            for field in model._meta.local_concrete_fields:
                if isinstance(field, models.CharField | models.TextField) and model._meta.managed and not model._meta.proxy:
                    cursor.execute(f'SELECT 1 FROM {model._meta.db_table} WHERE "{field.column}" = ANY(%s) LIMIT 1', [every])
                    if cursor.fetchone():
                        elsewhere.append(f"{model._meta.db_table}.{field.column}")
    assert elsewhere == []


@pytest.mark.django_db
def test_what_no_key_reads_is_said_and_the_rest_goes_on(settings: Any) -> None:
    person = factories.make_person()
    Identifier.objects.create(
        person=person, kind=Identifier.Kind.OLD_NUMBER, number="012345678", blind="x.y", confirmed_by="counter", confirmed_at=timezone.now()
    )
    settings.BLIND_INDEX_COVERS = [ONE, "bare"]
    with pytest.raises(CommandError, match=r"^Under another cover: accounts_identifier.blind 1$"):
        rotate()
    # A key that is gone is said, too.
    settings.BLIND_INDEX_COVERS = [TWO, "bare"]
    with pytest.raises(CommandError, match="no cover 'k1'"):
        rotate()
