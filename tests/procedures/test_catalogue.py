"""The catalogue: its rules in the database, what we ship, questions with a fixed number of queries."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import IntegrityError, connection, transaction

from portal.text import search_key, sort_key
from procedures import queries, services
from procedures.models import (
    CODE_RULE,
    Channel,
    FeeLine,
    LifeEvent,
    Procedure,
    ProcedureVersion,
    RequiredDocument,
    Subject,
    TimeLimit,
    TimeUnit,
)
from procedures.services.records import limits_of

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 20)


@pytest.fixture
def catalogue(db):
    return services.load_shipped()


def version_of(code: str, start: dt.date, end: dt.date | None = None, name: str = "Thủ tục thử nghiệm") -> ProcedureVersion:
    procedure, _new = Procedure.objects.get_or_create(code=code)
    return ProcedureVersion.objects.create(
        procedure=procedure,
        effective_from=start,
        effective_to=end,
        decision_number="0/QĐ-THU",
        name=name,
        summary="Chỉ để thử.",
        field="Thử nghiệm",
        levels=["commune"],
        subjects=["citizen"],
        issuing_agency="Cơ quan thử",
        executing_agency="Cơ quan thử",
        source="bài kiểm thử",
        checked_on=DAY,
        name_key=search_key(name),
        search_key=services.padded_key(code, name),
        sort_key=name,
    )


@pytest.mark.parametrize("code", ["1.00119", "khai-sinh", "1.001193 ", "DV.X.01", ""])
def test_a_code_outside_the_rule_is_refused_by_the_database(code):
    with pytest.raises(IntegrityError), transaction.atomic():
        Procedure.objects.create(code=code)


@pytest.mark.parametrize("code", ["1.001193", "6.000001", "DV.H26.01", "DV.G15.101.12"])
def test_codes_of_the_rule_are_taken(code):
    assert Procedure.objects.create(code=code).pk


@pytest.mark.requirement("C-02")
def test_two_versions_cannot_hold_on_one_day():
    version_of("1.999999", dt.date(2026, 1, 1), dt.date(2026, 7, 1))
    version_of("1.999999", dt.date(2026, 7, 1))
    for start, end in (
        (dt.date(2026, 6, 30), dt.date(2026, 7, 1)),
        (dt.date(2030, 1, 1), None),
        (dt.date(2025, 1, 1), dt.date(2026, 1, 2)),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            version_of("1.999999", start, end)


def test_a_period_must_not_end_before_it_begins():
    with pytest.raises(IntegrityError), transaction.atomic():
        version_of("1.999999", dt.date(2026, 7, 1), dt.date(2026, 7, 1))


@pytest.mark.requirement("C-02")
def test_the_version_of_a_day():
    old = version_of("1.999999", dt.date(2026, 1, 1), dt.date(2026, 7, 1), "Tên cũ")
    new = version_of("1.999999", dt.date(2026, 7, 1), None, "Tên mới")
    assert queries.procedure_on("1.999999", dt.date(2025, 12, 31)) is None
    assert queries.procedure_on("1.999999", dt.date(2026, 6, 30)) == old
    assert queries.procedure_on("1.999999", dt.date(2026, 7, 1)) == new
    assert queries.procedure_on("9.999999", DAY) is None
    assert not old.is_in_force(dt.date(2026, 7, 1)) and new.is_in_force(dt.date(2040, 1, 1))


def test_a_time_limit_is_a_number_with_its_unit_and_a_fee_without_amount_says_why():
    version = version_of("1.999999", DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        channel = Channel.objects.create(version=version, position=1, kind="online")
        TimeLimit.objects.create(channel=channel, position=1, amount=3)
    channel = Channel.objects.create(version=version, position=1, kind="online")
    limit = TimeLimit.objects.create(channel=channel, position=1, text="Theo lịch")
    for wrong in (
        {},
        {"amount": 1, "currency": "USD", "currency_amount": 1},
        {"currency": "usd", "currency_amount": 1},
        {"currency": "EUR"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            FeeLine.objects.create(limit=limit, position=1, kind="fee", name="Phí", **wrong)
    assert FeeLine.objects.create(limit=limit, position=1, kind="fee", name="Phí", currency="USD", currency_amount=5).pk


@pytest.mark.requirement("C-01")
def test_what_we_ship_loads_and_a_second_time_changes_nothing(catalogue):
    shipped = len(services.shipped_records())
    assert shipped >= 5 and (catalogue.added, catalogue.changed, catalogue.same) == (shipped, 0, 0)
    with connection.cursor() as cursor:
        tables = [table for table in connection.introspection.table_names() if table.startswith("procedures_")]

        def counts():
            rows = {}
            for table in tables:
                cursor.execute(f'SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM "{table}" t')
                rows[table] = cursor.fetchone()
            return rows

        before = counts()
        again = services.load_shipped()
        assert (again.added, again.changed, again.same) == (0, 0, shipped)
        assert counts() == before


def test_a_changed_record_keeps_its_version_and_its_history(catalogue, monkeypatch, tmp_path):
    version = queries.procedure_on("1.001193", DAY)
    records = services.shipped_records()
    for record in records:
        if record["code"] == "1.001193":
            record["documents"] = record["documents"][:2]
            record.get("english", {}).pop("documents", None)
    monkeypatch.setattr(services, "shipped_records", lambda: records)
    report = services.load_shipped()
    assert (report.added, report.changed, report.same) == (0, 1, len(records) - 1)
    after = queries.procedure_on("1.001193", DAY)
    assert after.pk == version.pk and after.documents.count() == 2
    from django.apps import apps

    events = apps.get_model("procedures", "RequiredDocumentEvent")
    assert events.objects.filter(pgh_label="delete", version_id=version.pk).count() > 2


def test_a_record_with_an_unknown_field_changes_nothing(catalogue, monkeypatch):
    records = services.shipped_records()
    records[-1]["colour"] = "red"
    records[0]["summary"] = "Khác"
    monkeypatch.setattr(services, "shipped_records", lambda: records)
    with pytest.raises(services.BadRecord, match="colour"):
        services.load_shipped()
    assert not ProcedureVersion.objects.filter(summary="Khác").exists()


@pytest.mark.requirement("C-01")
def test_shipped_records_hold_to_their_types():
    import re

    for record in services.shipped_records():
        assert re.fullmatch(CODE_RULE, record["code"])
        assert record["source"] and dt.date.fromisoformat(record["checked_on"]) and dt.date.fromisoformat(record["effective_from"])
        assert set(record["subjects"]) <= set(Subject.values)
        for channel in record["channels"]:
            assert channel["kind"] in Channel.Kind.values
            for limit in limits_of(channel):
                if limit["amount"] is None:
                    assert limit["text"] and not limit["unit"], (record["code"], limit)
                else:
                    assert limit["unit"] in TimeUnit.values and limit["amount"] >= 0
                for fee in limit["fees"]:
                    assert fee["kind"] in FeeLine.Kind.values
                    assert fee.get("amount") is None or (isinstance(fee["amount"], int) and fee["amount"] >= 0)
        for document in record["documents"]:
            assert document["mode"] in RequiredDocument.Mode.values
            assert isinstance(document["originals"], int) and isinstance(document["copies"], int)


def test_facts_of_the_birth_registration(catalogue):
    version = queries.procedure_on("1.001193", DAY)
    assert [result.code for result in version.results.all()] == ["KQ.G15.000031"]
    assert {channel.kind for channel in version.channels.all()} == {"online", "direct", "postal"}
    free, late, copy = version.channels.all()[0].fees.all()
    assert (free.amount, late.amount, copy.amount) == (0, None, 8000)
    assert (version.online_service.code, version.online_service.level, version.online_service.form_key) == (
        "1.001193.01",
        "full",
        "khai-sinh",
    )


def test_questions_make_a_fixed_number_of_queries(catalogue, django_assert_num_queries):
    with django_assert_num_queries(9):
        version = queries.procedure_on("1.001193", DAY)
        for part in ("steps", "documents", "results", "legal_bases"):
            assert list(getattr(version, part).all())
        assert [list(channel.fees.all()) for channel in version.channels.all()]
        assert version.procedure.code and version.online_service.code
    with django_assert_num_queries(3):
        assert queries.search_rows(DAY)
    with django_assert_num_queries(1):
        assert len(queries.most_used(DAY)) > 1
    with django_assert_num_queries(3):
        assert len(queries.life_events(DAY)) > 1


def test_the_desks_search_can_use_its_index(catalogue):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = ProcedureVersion.objects.filter(search_key__contains=" khai").order_by().explain()
    assert "procedure_version_search" in plan


def test_replaced_and_ended_procedures_are_neither_found_nor_listed(catalogue):
    def listed():
        return {row["code"] for row in queries.search_rows(DAY)}

    before = listed()
    old = version_of("1.999998", dt.date(2026, 1, 1), None, "Khai sinh kiểu cũ").procedure
    version_of("1.999997", dt.date(2026, 1, 1), dt.date(2026, 2, 1), "Khai sinh đã hết hiệu lực")
    unlisted = version_of("1.999996", dt.date(2026, 1, 1), None, "Khai sinh ngoài danh mục").procedure
    assert listed() == before | {"1.999998", "1.999996"}
    old.replaced_by = Procedure.objects.get(code="1.001193")
    old.save()
    unlisted.out_of_force_since = DAY
    unlisted.save()
    assert listed() == before
    assert "1.999998" not in {found.procedure.code for found in queries.all_procedures(DAY)}
    assert queries.successor("1.999998") == "1.001193" and queries.successor("1.001193") is None
    assert queries.procedure_on("1.999996", DAY) is None and queries.procedure_on("1.999996", DAY - dt.timedelta(days=1))


def test_names_come_in_vietnamese_order():
    names = ["Cấp Giấy thử", "Đăng ký kết hôn", "Đăng ký khai sinh", "Đăng ký khai tử", "Đăng ký thường trú", "Ủy quyền thử"]
    for place, name in enumerate(reversed(names)):
        version = version_of(f"1.99999{place}", dt.date(2026, 1, 1), None, name)
        version.sort_key = sort_key(name)
        version.save()
    assert [version.name for version in queries.all_procedures(DAY)] == names


def test_life_events_hide_what_is_not_in_force(catalogue):
    codes = list(Procedure.objects.filter(entries__event__slug="nguoi-than-qua-doi").values_list("code", flat=True))
    assert "1.000656" in codes
    Procedure.objects.filter(code="1.000656").update(out_of_force_since=DAY)
    shown = next((event.shown for event in queries.life_events(DAY) if event.slug == "nguoi-than-qua-doi"), [])
    assert [version.procedure.code for version in shown] == [code for code in codes if code != "1.000656"] or set(codes) == {"1.000656"}
    ProcedureVersion.objects.filter(procedure__code__in=codes).update(effective_to=dt.date(2026, 8, 1))
    assert "nguoi-than-qua-doi" not in {event.slug for event in queries.life_events(DAY)}
    assert LifeEvent.objects.filter(slug="nguoi-than-qua-doi").exists()


def test_shipped_files_are_named_by_their_code():
    for path in services.DATA.glob("[0-9]*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["code"] == path.stem
