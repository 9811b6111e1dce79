"""The catalogue's own rules: records and their English, old codes, time limits by case, what a province may change."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from procedures import queries, services
from procedures.models import Channel, Decision, LifeEvent, Localisation, Procedure, ProcedureVersion
from procedures.services import BadRecord
from tests.procedures.test_catalogue import version_of

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 20)


def record(code: str = "1.900001", **changes) -> dict:
    """A made-up curated record."""
    return {
        "code": code,
        "effective_from": "2026-07-01",
        "checked_on": "2026-07-01",
        "source": "bài thử",
        "name": "Thủ tục thử",
        "summary": "Chỉ để thử.",
        "decision_number": "9/QĐ-THU",
        "issuing_agency": "Bộ Thử",
        "issuing_code": "G99",
        "executing_agency": "Ủy ban thử",
        "executing_codes": ["H99"],
        "field": "Thử",
        "field_code": "LV.thu",
        "group": "S-01",
        "levels": ["commune"],
        "subjects": ["citizen"],
        "steps": [{"case": "Lần đầu", "title": "Nộp", "text": "Nộp thử."}, {"title": "Nhận", "text": "Nhận thử."}],
        "documents": [{"name": "Đơn thử", "originals": 1, "form": "Đơn", "form_file": "don.docx"}, {"name": "Thẻ thử", "mode": "present"}],
        "results": [{"name": "Giấy thử", "code": "KQ.G99.000001"}],
        "legal_bases": [{"number": "1/2020/TT-THU", "title": "Thông tư thử", "agency": "Bộ Thử"}],
        "channels": [
            {
                "kind": "online",
                "time_amount": 3,
                "time_unit": "working_day",
                "note": "Trên mạng.",
                "fees": [{"kind": "fee", "name": "Phí thử", "amount": 20000, "exemption": "Trẻ em được miễn"}],
                "limits": [{"time_amount": 0.5, "time_unit": "day", "note": "khi gấp", "fees": []}],
            },
            {
                "kind": "direct",
                "time_text": "Theo lịch",
                "fees": [{"kind": "charge", "name": "Lệ phí", "currency": "USD", "currency_amount": 5}],
            },
        ],
        "online_service": {"code": f"{code}.01", "level": "full", "assurance": 2, "form_key": "thu", "localities": ["01"]},
        **changes,
    }


@pytest.fixture
def load(monkeypatch, tmp_path):
    from procedures.services import loading

    (tmp_path / "life-events.json").write_text(
        '{"events": [{"slug": "su-kien-thu", "name": "Sự kiện thử", "audience": "organisation", "english": {"name": "Test event"}}]}',
        encoding="utf-8",
    )
    (tmp_path / "next-steps.json").write_text('{"steps": []}', encoding="utf-8")
    monkeypatch.setattr(loading, "DATA", tmp_path)

    def run(*records):
        monkeypatch.setattr(services, "shipped_records", lambda: list(records))
        return services.load_shipped()

    return run


@pytest.mark.requirement("C-01")
def test_a_record_becomes_typed_parts(load):
    load(record())
    version = queries.procedure_on("1.900001", DAY)
    assert (version.origin, version.service_group, version.issuing_code, version.executing_codes) == ("curated", "S-01", "G99", ["H99"])
    assert (version.decision.number, version.decision.agency, version.decision_number) == ("9/QĐ-THU", "Bộ Thử", "9/QĐ-THU")
    online, direct = version.channels.all()
    assert [(limit.amount, limit.unit, limit.note) for limit in online.limits.all()] == [
        (Decimal(3), "working_day", ""),
        (Decimal("0.5"), "day", "khi gấp"),
    ]
    assert (online.time_amount, online.time_unit, direct.time_amount, direct.time_text) == (Decimal(3), "working_day", None, "Theo lịch")
    assert [fee.exemption for fee in online.fees.all()] == ["Trẻ em được miễn"]
    assert [(fee.amount, fee.currency, fee.currency_amount) for fee in direct.fees.all()] == [(None, "USD", Decimal(5))]
    assert [step.case for step in version.steps.all()] == ["Lần đầu", ""]
    assert version.documents.all()[0].form_file == "don.docx" and version.online_service.localities == ["01"]
    assert load(record()).same == 1


def test_a_decision_s_facts_are_kept_and_shared(load):
    decision = {"number": "9/QĐ-THU", "agency": "Bộ Thử", "issued_on": "2026-06-15", "kind": "amend"}
    load(record("1.900001"), record("1.900002", decision=decision))
    (row,) = Decision.objects.all()
    assert (row.issued_on, row.kind, row.versions.count()) == (dt.date(2026, 6, 15), "amend", 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(number="9/QĐ-THU", agency="Bộ Thử")


@pytest.mark.requirement("C-01")
def test_an_old_code_leads_to_the_procedure_that_took_over(load):
    load(record("1.900002", old_codes=["1.900001"]), record("1.900003", old_codes=["2.900009"]))
    assert queries.successor("1.900001") == "1.900002" and queries.successor("2.900009") == "1.900003"
    Procedure.objects.filter(code="1.900002").update(replaced_by=Procedure.objects.get(code="1.900003"))
    assert queries.successor("1.900001") == "1.900003"
    with pytest.raises(BadRecord, match="both"):
        load(
            record("1.900002", old_codes=["1.900003"]),
            record("1.900003", old_codes=["1.900004"]),
            record("1.900004", old_codes=["1.900005"]),
        )


def test_a_curated_record_takes_over_an_imported_version(load):
    version = version_of("1.900001", dt.date(2026, 9, 1), name="Từ nguồn")
    early = version_of("1.900001", dt.date(2026, 1, 1), dt.date(2026, 9, 1), "Từ nguồn cũ")
    ProcedureVersion.objects.update(origin="import")
    load(record())
    early.refresh_from_db()
    version.refresh_from_db()
    assert early.effective_to == version.effective_from == dt.date(2026, 7, 1)
    assert (version.name, version.origin) == ("Thủ tục thử", "curated") and ProcedureVersion.objects.count() == 2


@pytest.mark.requirement("C-08")
def test_events_are_filled_by_the_procedures_that_name_them_in_their_order(load):
    first, second = record("1.900001", events=["su-kien-thu"]), record("1.900002", events=["su-kien-thu"], featured_rank=1)
    load(first, second)
    event = LifeEvent.objects.get()
    assert (event.audience, event.english) == ("organisation", {"name": "Test event"})
    assert [version.procedure.code for version in queries.of_event("su-kien-thu", DAY)] == ["1.900002", "1.900001"]
    load(first)
    assert [version.procedure.code for version in queries.of_event("su-kien-thu", DAY)] == ["1.900001"]


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "đỏ"},
        {"name": ""},
        {"events": ["khong-co"]},
        {"english": {"colour": "red"}},
        {"english": {"steps": [{"title": "Only one", "text": "of two"}]}},
        {"localisations": [{"province": "01", "results": []}]},
        {"localisations": [{"province": "01", "documents": [{"position": 3, "note": "Giấy không có"}]}]},
        {"localisations": [{"province": "01", "documents": [{"position": 1, "name": "Giấy khác"}]}]},
        {"channels": [{"kind": "online", "time_amount": "ba", "time_unit": "day"}]},
        {"levels": ["district"]},
        {"code": "1.9000011"},
    ],
)
def test_a_record_that_breaks_a_rule_changes_nothing(load, changes):
    with pytest.raises((BadRecord, ValidationError, IntegrityError)), transaction.atomic():
        load(record("1.900002"), record(**changes))
    assert not Procedure.objects.exists() and not ProcedureVersion.objects.exists()


def test_english_keeps_the_order_of_the_parts(load):
    english = {"name": "Test procedure", "steps": [{"title": "File", "text": "File it."}, {"title": "Get", "text": "Get it."}]}
    english["channels"] = [{"note": "Online.", "fees": [{"name": "Fee"}]}, {"note": "", "fees": [{"name": "Charge"}]}]
    load(record(english=english))
    assert queries.procedure_on("1.900001", DAY).english == english


def test_one_channel_of_a_kind(load):
    load(record())
    version = queries.procedure_on("1.900001", DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Channel.objects.create(version=version, position=9, kind="online")
    rows = [{"kind": "online", "time_amount": days, "time_unit": "day", "note": f"khi {days}"} for days in (1, 2)]
    load(record(channels=rows))
    (channel,) = queries.procedure_on("1.900001", DAY).channels.all()
    assert [(limit.amount, limit.note) for limit in channel.limits.all()] == [(1, "khi 1"), (2, "khi 2")]


@pytest.mark.requirement("C-01", "C-04")
def test_a_province_changes_time_fees_place_unit_and_details_of_papers_only(load, django_assert_num_queries):
    local = {
        "province": "01",
        "place": "Số 1 đường Thử",
        "executing_agency": "Sở Thử",
        "channels": [
            {"kind": "online", "time_amount": 2, "time_unit": "working_day", "fees": [{"kind": "fee", "name": "Phí thử", "amount": 10000}]}
        ],
        "documents": [{"position": 1, "note": "Viết tay được"}],
        "decision_number": "7/QĐ-UBND",
    }
    load(record(localisations=[local]))
    version = queries.procedure_on("1.900001", DAY)
    with django_assert_num_queries(1):
        applied = queries.localised(version, "01")
        online, direct = version.channels.all()
        assert (online.time_amount, [fee.amount for fee in online.fees.all()]) == (2, [10000])
        assert (direct.time_text, version.executing_agency, version.place) == ("Theo lịch", "Sở Thử", "Số 1 đường Thử")
        assert [(paper.name, paper.note) for paper in version.documents.all()] == [("Đơn thử", "Viết tay được"), ("Thẻ thử", "")]
    assert applied.decision_number == "7/QĐ-UBND" and online.note == "Trên mạng."
    plain = queries.procedure_on("1.900001", DAY)
    assert queries.localised(plain, "79") is None and plain.channels.all()[0].time_amount == 3
    for province in ("01", "1", "xx"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Localisation.objects.create(version=version, province_code=province)


@pytest.mark.requirement("C-08")
def test_lists_by_field_agency_subject_level_and_group(load):
    load(record(), record("1.900002", field_code="LV.khac", issuing_code="G98", executing_codes=[], subjects=["enterprise"], group="S-02"))

    def codes(rows):
        return [version.procedure.code for version in rows]

    assert codes(queries.of_field("LV.thu", DAY)) == ["1.900001"]
    assert codes(queries.of_agency("G98", DAY)) == ["1.900002"] and codes(queries.of_agency("H99", DAY)) == ["1.900001"]
    rows = queries.in_force(DAY)
    assert codes(queries.narrowed(rows, subject="enterprise")) == ["1.900002"]
    assert codes(queries.narrowed(rows, level="ministry")) == [] and codes(queries.narrowed(rows, group="S-01")) == ["1.900001"]
    assert codes(queries.with_codes(["1.900002", "9.000000", "1.900001"], DAY)) == ["1.900002", "1.900001"]
