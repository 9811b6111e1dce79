"""What we ship of the catalogue: every record holds its codes, amounts, limits and dates to their types (issue 3, C-01)."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from portal.workdays import Unit
from procedures import services
from procedures.models import CODE_RULE, Anywhere, Channel, FeeLine, Level, RequiredDocument, Subject, TimeUnit

CITIZENS = """
    co-con-nho hoc-tap viec-lam cu-tru-va-giay-to-tuy-than hon-nhan-va-gia-dinh dien-luc-nha-o-dat-dai suc-khoe-va-y-te
    phuong-tien-va-nguoi-lai huu-tri nguoi-than-qua-doi giai-quyet-khieu-kien
"""
ORGANISATIONS = """
    khoi-su-kinh-doanh lao-dong-va-bao-hiem-xa-hoi tai-chinh-doanh-nghiep dien-luc-dat-dai-xay-dung thuong-mai-quang-cao
    so-huu-tri-tue-dang-ky-tai-san thanh-lap-chi-nhanh-van-phong-dai-dien dau-thau-mua-sam-cong tai-cau-truc-doanh-nghiep
    giai-quyet-tranh-chap-hop-dong tam-dung-cham-dut-hoat-dong
"""
EVENTS = frozenset((CITIZENS + ORGANISATIONS).split())
GROUPS = [f"S-{number:02}" for number in range(1, 11)]
CIVIL_STATUS = {"1.001193", "1.000894", "1.000656", "1.004873"}
"""Of the first slice, before records named their group."""

RECORD_KEYS = {
    "code": str, "name": str, "summary": str, "who": str, "conditions": str, "deadline_to_ask": str, "field": str, "field_code": str,
    "group": str, "issuing_agency": str, "issuing_code": str, "executing_agency": str, "authorised_agency": str, "coordinating_agency": str,
    "competent_agency": str, "decision_number": str, "source": str, "checked_on": str, "effective_from": str, "effective_to": str,
    "dossier_sets": int, "featured_rank": int, "levels": list, "subjects": list, "keywords": list, "events": list, "related": list,
    "interlinked": list, "old_codes": list, "executing_codes": list, "results": list, "channels": list, "documents": list, "steps": list,
    "legal_bases": list, "localisations": list, "missing": list, "english": dict, "online_service": dict, "anywhere": str,
}  # fmt: skip
PART_KEYS = {
    "results": {"name": str, "code": str},
    "documents": {
        "case": str, "mode": str, "name": str, "note": str, "originals": int, "copies": int, "required": bool, "form": str,
        "form_file": str, "paper_kind": str, "replaced_by_result": str,
    },
    "steps": {"case": str, "title": str, "text": str},
    "legal_bases": {"number": str, "title": str, "issued_on": str, "agency": str},
}  # fmt: skip
TIME_KEYS: dict[str, Any] = {"time_amount": (int, float), "time_unit": str, "time_text": str, "fees": list, "note": str}
FEE_KEYS: dict[str, Any] = {
    "kind": str, "name": str, "amount": int, "currency": str, "currency_amount": (int, float, str), "per": str, "condition": str,
    "exemption": str,
}  # fmt: skip
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
BASIS = re.compile(r"\d{1,4}(\.\d{1,2})?/((19|20)\d{2}/)?(QH|NĐ|NQ|TT|QĐ|UBTVQH|VBHN)[\w-]*")
RESULT = re.compile(r"KQ\.([GH]\d{2}|\d{10})\.\d{6}")
"""``KQ.<agency>.NNNNNN``; a utility stands there with its ten-figure tax code."""

RECORDS = services.shipped_records()
EVENT_DATA = json.loads((services.DATA / "life-events.json").read_text(encoding="utf-8"))
CATALOGUES = Path(settings.BASE_DIR) / "portal" / "catalogues" / "data"
every_record = pytest.mark.parametrize("record", RECORDS, ids=[record["code"] for record in RECORDS])


def held(row: dict[str, Any], keys: dict[str, Any]) -> None:
    """Every field is known, of its type, and says something where it is there."""
    for name, value in row.items():
        assert name in keys, f"unknown field {name}"
        assert isinstance(value, keys[name]) and (keys[name] is bool or not isinstance(value, bool)), (name, value)
        if isinstance(value, str) and name != "paper_kind":
            assert value == value.strip() and value, name


def day(text: str) -> dt.date:
    assert DATE.fullmatch(text), text
    return dt.date.fromisoformat(text)


def limits(channel: dict[str, Any]) -> list[dict[str, Any]]:
    """The channel's own time limit, and those of its cases."""
    own = {name: value for name, value in channel.items() if name in TIME_KEYS and name != "note"}
    return [own, *channel.get("limits", [])]


@every_record
@pytest.mark.requirement("C-01")
def test_a_record_knows_only_its_fields_and_says_where_they_are_from(record):
    held(record, RECORD_KEYS)
    for name in ("name", "summary", "who", "field", "issuing_agency", "executing_agency", "source", "keywords", "levels", "subjects"):
        assert record.get(name), name
    assert record["dossier_sets"] >= 1
    assert day(record["effective_from"]) <= day(record["checked_on"]) + dt.timedelta(days=31)
    assert day(record["checked_on"]) >= dt.date(2026, 7, 1)
    if "effective_to" in record:
        assert day(record["effective_to"]) > day(record["effective_from"])


@every_record
@pytest.mark.requirement("C-01")
def test_codes_are_of_their_form(record):
    codes = [record["code"], *record.get("related", []), *record.get("interlinked", []), *record.get("old_codes", [])]
    assert all(re.fullmatch(CODE_RULE, code) for code in codes), codes
    assert len(codes) == len(set(codes)), "a procedure named twice, or beside itself"
    assert re.fullmatch(r"LV\.[a-z0-9]+(-[a-z0-9]+)*|[GH]\d{2}-\w+", record.get("field_code", "LV.x"))
    assert re.fullmatch(r"[GH]\d{2}(\.\d+)*", record.get("issuing_code", "G01"))
    assert record.get("group", "S-01") in GROUPS
    assert set(record.get("events", [])) <= EVENTS
    assert record.get("anywhere", "country") in Anywhere.values
    assert set(record["levels"]) <= set(Level.values) and set(record["subjects"]) <= set(Subject.values)
    if "decision_number" in record:
        assert re.fullmatch(r"(QĐ/)?\d{1,6}(/[\w-]+)+|QĐ/\d+-\w+", record["decision_number"]), record["decision_number"]


@every_record
@pytest.mark.requirement("C-01")
def test_limits_are_numbers_with_a_unit_and_fees_are_whole_dong(record):
    assert record["channels"]
    for channel in record["channels"]:
        held(channel, {**TIME_KEYS, "kind": str, "limits": list})
        assert channel["kind"] in Channel.Kind.values
        for limit in limits(channel):
            held(limit, TIME_KEYS)
            if "time_amount" in limit:
                assert limit["time_unit"] in TimeUnit.values and limit["time_unit"] in set(Unit)
                assert 0 <= limit["time_amount"] <= 400
                assert limit["time_amount"] > 0 or limit["time_unit"] == "working_day", "only 'in the day' has the number 0"
            else:
                assert "time_unit" not in limit and limit.get("time_text"), "a limit is a number, or words"
            for fee in limit.get("fees", []):
                held(fee, FEE_KEYS)
                assert fee["kind"] in FeeLine.Kind.values and fee["name"]
                if "currency" in fee:
                    assert re.fullmatch("[A-Z]{3}", fee["currency"]) and float(fee["currency_amount"]) >= 0 and "amount" not in fee
                elif "amount" in fee:
                    assert fee["amount"] % 500 == 0 and (fee["amount"] == 0 or 500 <= fee["amount"] <= 100_000_000), fee
                else:
                    assert fee.get("condition"), "without an amount it says who sets it"


@every_record
@pytest.mark.requirement("C-01")
def test_papers_steps_results_and_law_are_typed(record):
    for part, keys in PART_KEYS.items():
        assert record[part], part
        for row in record[part]:
            held(row, keys)
    for document in record["documents"]:
        assert document["mode"] in RequiredDocument.Mode.values
        assert 0 <= document["originals"] <= 10 and 0 <= document["copies"] <= 10
        assert len(document["name"]) <= 300, "a paper is named, not told"
    for result in record["results"]:
        assert "code" not in result or RESULT.fullmatch(result["code"]), result
    for basis in record["legal_bases"]:
        assert BASIS.fullmatch(basis["number"]), basis
        if "issued_on" in basis:
            issued = day(basis["issued_on"])
            years = re.findall(r"/((?:19|20)\d{2})/", basis["number"])
            assert issued <= day(record["checked_on"]) and (not years or str(issued.year) == years[0]), basis
    numbers = [basis["number"] for basis in record["legal_bases"]]
    assert len(numbers) == len(set(numbers))
    assert 1 <= len(record["steps"]) <= 12


@every_record
@pytest.mark.requirement("C-22")
def test_english_stands_row_by_row_beside_the_vietnamese(record):
    english = record.get("english")
    if english is None:
        return
    if english.keys() == {"name", "summary"}:
        # Only what leads people to it: its page says that the rest is Vietnamese.
        assert english["name"] and english["summary"]
        return
    for name in ("name", "summary", "who", "conditions", "deadline_to_ask", "executing_agency"):
        assert bool(english.get(name)) == bool(record.get(name)), name
    for part in ("results", "documents", "channels", "steps"):
        assert len(english[part]) == len(record[part]), part
    assert all(isinstance(name, str) and name for name in english["results"])
    for ours, theirs in zip(english["documents"], record["documents"], strict=True):
        assert ours["name"] and {"case", "note"} & set(ours) == {"case", "note"} & set(theirs), theirs["name"]
    for ours, theirs in zip(english["channels"], record["channels"], strict=True):
        assert bool(ours.get("note")) == bool(theirs.get("note"))
        fees = [fee for limit in limits(theirs) for fee in limit.get("fees", [])]
        assert len(ours.get("fees", [])) == len(fees)
        assert all(
            one["name"] and bool(one.get("condition")) == bool(two.get("condition"))
            for one, two in zip(ours.get("fees", []), fees, strict=True)
        )
    assert all(step["title"] and step["text"] for step in english["steps"])
    words = " ".join([english["name"], english["summary"], *(step["text"] for step in english["steps"])])
    assert not re.search("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", words.lower()), "English is not Vietnamese"


@pytest.mark.requirement("C-01")
@pytest.mark.requirement("C-08")
def test_every_event_leads_to_five_procedures_or_more():
    listed = {event["slug"]: set(event["procedures"]) for event in EVENT_DATA["events"]}
    for record in RECORDS:
        for slug in record.get("events", []):
            listed[slug].add(record["code"])
    assert {slug: len(codes) for slug, codes in listed.items() if len(codes) < 5} == {}


@pytest.mark.requirement("C-17")
def test_fields_and_agencies_are_those_of_the_shared_catalogues():
    def codes(name: str) -> set[str]:
        with (CATALOGUES / f"{name}.csv").open(encoding="utf-8") as stream:
            return {row["code"] for row in csv.DictReader(stream)}

    assert {record["field_code"] for record in RECORDS if "field_code" in record} <= codes("sectors")
    assert {record["issuing_code"] for record in RECORDS if "issuing_code" in record} <= codes("agencies")
    named: dict[str, set[str]] = {}
    for record in RECORDS:
        named.setdefault(record.get("field_code", record["field"]), set()).add(record["field"])
    assert {code: names for code, names in named.items() if len(names) > 1} == {}, "one field, two names"


ESSENTIAL = {
    "S-01": "1.002051 1.014160 1.014162 1.014137",
    "S-02": "1.010337 1.010339 1.010341 1.010343 2.002237 2.002233 1.011022 1.014976",
    "S-03": "2.001610 2.001583 2.001199 2.002043 2.002042 2.002041 2.002009 2.002011 2.002069 2.002029 2.002023",
    "S-04": "1.000703 2.002286 2.002287 2.002288 2.002285 1.010702 1.010704 1.002829 1.002817 1.002861 1.002856 1.000302 1.001023 1.002877 "
    "2.001034 3.000347 3.000353",
    "S-05": "1.013855 1.001422 1.001411 1.006424 1.003094 1.002867 2.001191 1.013838 1.008435 1.003029 1.003039 1.003006 1.003844 1.003925 "
    "1.002402 3.000446 3.000448 1.002151",
    "S-06": "1.001193 1.000894 1.000656 1.004873 1.004859 2.000635 1.001022 1.004837",
    "S-07": "1.000665 1.000695 1.000603 1.000432 1.000431 1.000694 1.000664 1.000382 1.010762 2.001372 1.008667 1.010056 1.000490 1.000450 "
    "2.001555",
    "S-08": "1.013831 1.013833 1.013992 1.013995",
    "S-09": "3.000001 3.000002 3.000095 3.000096 3.000097 3.000098 3.000099 3.000100 3.000101 3.000102 3.000289 3.000290 "
    "DV.H26.01 DV.H26.02 DV.H29.01 DV.H29.02",
    "S-10": "3.000333 3.000334",
}
"""The services that must be there from the first day (Scheme IV.3a), by their codes of today."""


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.requirement(*GROUPS)
def test_every_group_of_essential_services_is_whole(group):
    assert set(ESSENTIAL[group].split()) <= {record["code"] for record in RECORDS if record.get("group", "S-06") == group}


@pytest.mark.requirement("C-01")
def test_there_are_a_hundred_and_fifty_and_three_of_each_group_and_twenty_five_in_english():
    codes = [record["code"] for record in RECORDS]
    assert len(codes) == len(set(codes)) and len(codes) >= 150
    groups = Counter(record.get("group", "S-06" if record["code"] in CIVIL_STATUS else "") for record in RECORDS)
    assert all(groups[group] >= 3 for group in GROUPS), groups
    assert sum("english" in record for record in RECORDS) >= 100
    whole = [record for record in RECORDS if set(record.get("english", {})) & {"documents", "steps", "channels"}]
    assert len(whole) >= 25, "those that are translated to the last paper"
    ways = {record["code"]: Counter(way["kind"] for way in record["channels"]) for record in RECORDS}
    assert not {code: kinds for code, kinds in ways.items() if max(kinds.values()) > 1}, "each way of filing once"
    online = [record["code"] for record in RECORDS if "online_service" in record]
    forms = {file.stem for file in (Path(settings.BASE_DIR) / "dossiers" / "data" / "forms").glob("*.json")}
    forms |= {file.stem for file in (Path(settings.BASE_DIR) / "dossiers" / "data" / "interlinked").glob("*.json")}
    assert set(online) == forms and len(forms) >= 20, "a form that does not exist is not offered, one that does is"


@pytest.mark.requirement("C-01")
def test_an_old_code_leads_to_one_procedure_that_is_not_old_itself():
    old = [code for record in RECORDS for code in record.get("old_codes", [])]
    assert len(old) == len(set(old)) and not set(old) & {record["code"] for record in RECORDS}


@pytest.mark.django_db
@pytest.mark.requirement("C-01")
def test_all_come_in_and_a_second_time_changes_nothing():
    assert services.load_shipped().added == len(RECORDS)
    again = services.load_shipped()
    assert (again.added, again.changed, again.same) == (0, 0, len(RECORDS))
