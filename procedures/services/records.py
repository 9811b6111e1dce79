"""A procedure as a record (the shape described in ``procedures/data/README.md``) and how it becomes rows.

Curated files and imports share this shape, so that there is one way from a record to a version.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection, models

from portal.text import search_key, sort_key
from procedures.models import (
    Anywhere,
    Channel,
    Decision,
    FeeLine,
    LegalBasis,
    Localisation,
    OnlineService,
    ProcedureVersion,
    RequiredDocument,
    Result,
    Step,
    TimeLimit,
)

VERSION_FIELDS = (
    "decision_number", "name", "summary", "who", "conditions", "deadline_to_ask", "field", "field_code", "regulation", "levels", "subjects",
    "issuing_agency", "issuing_code", "executing_agency", "executing_codes", "competent_agency", "competent_codes", "authorised_agency",
    "coordinating_agency", "place", "anywhere", "dossier_sets", "related", "interlinked", "keywords", "text_only", "raw_parts", "missing",
    "source",
)  # fmt: skip
PARTS: dict[str, Any] = {"steps": Step, "documents": RequiredDocument, "results": Result, "legal_bases": LegalBasis}
OTHER_FIELDS = frozenset((
    "code", "effective_from", "effective_to", "checked_on", "channels", "online_service", "online_services", "featured_rank", "english",
    "old_codes", "group", "events", "decision", "localisations",
))  # fmt: skip
ENGLISH_TEXTS = frozenset(["name", "summary", "who", "conditions", "deadline_to_ask", "executing_agency", "issuing_agency", "field"])
ENGLISH_PARTS = {"results": "results", "documents": "documents", "channels": "channels", "steps": "steps", "legal_bases": "legal_bases"}
_BATCH = 2000


class BadRecord(ValueError):
    """A record has a field that the catalogue does not know, or lacks one it needs."""


def padded_key(*texts: str) -> str:
    """The words of the texts without diacritics, a space before each, so that ``" khai"`` finds the beginning of a word."""
    plain = "".join(char if char.isalnum() or char == "." else " " for char in search_key(" ".join(texts)))
    return " " + " ".join(plain.split())


def digest(record: dict[str, Any]) -> str:
    """SHA-256 of a record whatever the order of its keys."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _positioned(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for position, row in enumerate(rows, start=1):
        yield {**row, "position": position}


def _amount(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise BadRecord(f"not a number: {value!r}") from error


def limits_of(channel: dict[str, Any]) -> list[dict[str, Any]]:
    """The time limits of a channel of a record: its own ``time_*`` with ``fees``, then its ``limits``."""
    rows = []
    if any(name in channel for name in ("time_amount", "time_unit", "time_text", "fees")) or not channel.get("limits"):
        rows.append(
            {
                "amount": channel.get("time_amount"),
                "unit": channel.get("time_unit", ""),
                "text": channel.get("time_text", ""),
                "note": "",
                "fees": channel.get("fees", []),
            }
        )
    for limit in channel.get("limits", []):
        rows.append(
            {
                "amount": limit.get("time_amount", limit.get("amount")),
                "unit": limit.get("time_unit", limit.get("unit", "")),
                "text": limit.get("time_text", limit.get("text", "")),
                "note": limit.get("note", ""),
                "fees": limit.get("fees", []),
            }
        )
    return rows


def merged_channels(record: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One channel for each way of filing, with all its limits, and the English of each in the same order."""
    english = record.get("english", {}).get("channels", [])
    merged: dict[str, dict[str, Any]] = {}
    words: dict[str, dict[str, Any]] = {}
    for place, row in enumerate(record.get("channels", [])):
        kind = row["kind"]
        limits = limits_of(row)
        if kind in merged:
            known = merged[kind]
            if not english and not known["limits"][0]["note"]:
                # What a row said of itself belongs to its own limit, now that the channel has several.
                known["limits"][0]["note"], known["note"] = known["note"], ""
            for limit in limits:
                limit["note"] = limit["note"] or row.get("note", "")
            merged[kind]["limits"].extend(limits)
        else:
            merged[kind] = {"kind": kind, "note": row.get("note", ""), "limits": limits}
        if english:
            found = words.setdefault(kind, {"note": english[place].get("note", ""), "fees": []})
            found["fees"].extend(english[place].get("fees", []))
    return list(merged.values()), list(words.values())


def check(record: dict[str, Any]) -> None:
    """Hold a record to its shape. :class:`BadRecord` names what is wrong."""
    code = record.get("code", "?")
    unknown = set(record) - {*VERSION_FIELDS, *PARTS, *OTHER_FIELDS}
    if unknown:
        raise BadRecord(f"{code}: unknown fields {sorted(unknown)}")
    for name in ("name", "effective_from", "checked_on", "source"):
        if not record.get(name):
            raise BadRecord(f"{code}: {name} is missing")
    if record.get("anywhere", "") not in ("", *Anywhere.values):
        raise BadRecord(f"{code}: anywhere is none of {sorted(Anywhere.values)}")
    english = record.get("english", {})
    unknown = set(english) - ENGLISH_TEXTS - set(ENGLISH_PARTS)
    if unknown:
        raise BadRecord(f"{code}: unknown fields {sorted(unknown)} in English")
    for name, part in ENGLISH_PARTS.items():
        if name in english and len(english[name]) != len(record.get(part, [])):
            raise BadRecord(f"{code}: {name} has {len(record.get(part, []))} rows in Vietnamese and {len(english[name])} in English")
    documents = len(record.get("documents", []))
    for place in record.get("localisations", []):
        for row in place.get("documents", []):
            if not 1 <= row.get("position", 0) <= documents:
                raise BadRecord(f"{code}: province {place.get('province')} speaks of paper {row.get('position')}, which does not exist")
            if set(row) - {"position", "note", "form", "form_file"}:
                raise BadRecord(f"{code}: a province may only detail a paper")
        if place.get("anywhere", "") not in ("", Anywhere.PROVINCE):
            raise BadRecord(f"{code}: a province says anywhere of itself alone")
        unknown = set(place) - LOCAL_FIELDS
        if unknown:
            raise BadRecord(f"{code}: a province may not change {sorted(unknown)}")


LOCAL_FIELDS = frozenset(
    ["province", "place", "anywhere", "executing_agency", "executing_codes", "channels", "documents", "decision_number", "source"]
)


def fill(version: ProcedureVersion, record: dict[str, Any]) -> None:
    """Set the version's own columns from the record. Parts are written by :func:`write_parts`."""
    for field in ProcedureVersion._meta.concrete_fields:
        if field.name in VERSION_FIELDS:
            setattr(version, field.name, record[field.name] if field.name in record else field.get_default())
    version.effective_to = _date(record.get("effective_to"))
    version.checked_on = dt.date.fromisoformat(record["checked_on"])
    version.service_group = record.get("group", "")
    english = dict(record.get("english", {}))
    if "channels" in english:
        english["channels"] = merged_channels(record)[1]
    version.english = english
    version.name_key = search_key(version.name)
    version.search_key = padded_key(record["code"], version.name, *version.keywords)
    version.sort_key = sort_key(version.name)


def decision_key(record: dict[str, Any]) -> tuple[str, str] | None:
    """Number and agency of the decision that publishes the record; None where the source names none."""
    decision = record.get("decision") or {}
    number = decision.get("number") or record.get("decision_number", "")
    return (number, decision.get("agency") or record.get("issuing_agency", "")) if number else None


def tie_decisions(pairs: list[tuple[ProcedureVersion, dict[str, Any]]]) -> None:
    """Tie each version to its decision, made where it is new. Two queries, and one for each decision whose facts differ."""
    facts: dict[tuple[str, str], dict[str, Any]] = {}
    for _version, record in pairs:
        key = decision_key(record)
        if key:
            given = record.get("decision") or {}
            known = {"issued_on": _date(given.get("issued_on")), "kind": given.get("kind", "")}
            facts[key] = {**facts.get(key, {"issued_on": None, "kind": ""}), **{name: value for name, value in known.items() if value}}
    found = {(row.number, row.agency): row for row in Decision.objects.filter(number__in={number for number, _agency in facts})}
    new = [Decision(number=number, agency=agency, **facts[number, agency]) for number, agency in facts if (number, agency) not in found]
    found.update({(row.number, row.agency): row for row in Decision.objects.bulk_create(new, batch_size=_BATCH)})
    for key, wanted in facts.items():
        changed = [name for name, value in wanted.items() if value and getattr(found[key], name) != value]
        if changed:
            for name in changed:
                setattr(found[key], name, wanted[name])
            found[key].save(update_fields=changed)
    for version, record in pairs:
        key = decision_key(record)
        version.decision = found[key] if key else None
        version.decision_number = key[0] if key else ""


def online_services(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The online services of a record: the country's, and those that provinces have of their own."""
    main = record.get("online_service")
    return [*([main] if main else []), *record.get("online_services", [])]


def write_parts(pairs: list[tuple[ProcedureVersion, dict[str, Any]]], *, replace: bool = True) -> None:
    """Write the parts of saved versions anew, set by set. A version's own row keeps its identity: dossiers point to it."""
    if replace:
        ids = [version.pk for version, _record in pairs]
        for model in (Channel, *PARTS.values(), Localisation):
            model.objects.filter(version_id__in=ids).delete()
        kept = {(version.pk, one["code"]) for version, record in pairs for one in online_services(record)}
        there = OnlineService.objects.filter(version_id__in=ids).values_list("pk", "version_id", "code")
        OnlineService.objects.filter(pk__in=[pk for pk, version_id, code in there if (version_id, code) not in kept]).delete()
    for name, model in PARTS.items():
        rows = (model(version=version, **row) for version, record in pairs for row in _positioned(record.get(name, [])))
        copy_in(model, rows)
    channels: list[tuple[Channel, list[dict[str, Any]]]] = []
    for version, record in pairs:
        for place, row in enumerate(merged_channels(record)[0], start=1):
            channels.append((Channel(version=version, position=place, kind=row["kind"], note=row["note"]), row["limits"]))
        for online in online_services(record):
            OnlineService.objects.update_or_create(version=version, code=online["code"], defaults=online)
        for place in record.get("localisations", []):
            Localisation.objects.create(version=version, **localisation_values(place))
    Channel.objects.bulk_create([channel for channel, _limits in channels], batch_size=_BATCH)
    limits = [
        (TimeLimit(channel=channel, **{**row, "amount": _amount(row["amount"])}), fees)
        for channel, rows in channels
        for row, fees in ((_without_fees(row), row["fees"]) for row in _positioned(rows))
    ]
    TimeLimit.objects.bulk_create([limit for limit, _fees in limits], batch_size=_BATCH)
    copy_in(FeeLine, (FeeLine(limit=limit, **fee_values(fee)) for limit, fees in limits for fee in _positioned(fees)))


def fee_values(row: dict[str, Any]) -> dict[str, Any]:
    """Columns of a fee line from a record's row."""
    return {**row, "currency_amount": _amount(row.get("currency_amount"))}


def localisation_values(place: dict[str, Any]) -> dict[str, Any]:
    """Columns of a localisation from a record's row; its channels in the one shape that the query reads."""
    values = {name: value for name, value in place.items() if name not in {"province", "channels"}}
    channels, _english = merged_channels(place)
    return {**values, "province_code": place["province"], "channels": channels}


def _without_fees(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "fees"}


def copy_in(model: type[models.Model], rows: Iterable[Any]) -> None:
    """Insert rows whose keys nobody needs to know, by COPY: several times as fast as INSERT. Triggers and constraints hold as ever."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(field.column or field.name) for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {connection.ops.quote_name(model._meta.db_table)} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row([_copied(field, getattr(row, field.attname)) for field in fields])


def _copied(field: models.Field, value: Any) -> Any:
    if isinstance(field, models.JSONField):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, Decimal) else value


def record_of(version: ProcedureVersion) -> dict[str, Any]:
    """A version as the record from which it could be loaded again: :func:`fill` and :func:`write_parts` make the same rows of it.

    No query where the parts are loaded (``queries.whole``). What is empty is left out, as in the curated files.
    """
    record: dict[str, Any] = {
        "code": version.procedure.code,
        "effective_from": version.effective_from.isoformat(),
        "effective_to": version.effective_to.isoformat() if version.effective_to else None,
        "checked_on": version.checked_on.isoformat(),
        "group": version.service_group,
        "english": version.english,
        **{name: getattr(version, name) for name in VERSION_FIELDS},
    }
    for name, model in PARTS.items():
        record[name] = [_row(part, model, "version") for part in getattr(version, name).all()]
    record["channels"] = [
        {
            "kind": channel.kind,
            "note": channel.note,
            "limits": [
                {
                    "time_amount": _number(limit.amount),
                    "time_unit": limit.unit,
                    "time_text": limit.text,
                    "note": limit.note,
                    "fees": [_row(fee, FeeLine, "limit") for fee in limit.fees.all()],
                }
                for limit in channel.limits.all()
            ],
        }
        for channel in version.channels.all()
    ]
    record["online_services"] = [_row(one, OnlineService, "version") for one in version.online_services.all()]
    record["localisations"] = [
        {"province": place.province_code, **{name: getattr(place, name) for name in LOCAL_FIELDS - {"province"}}}
        for place in version.localisations.all()
    ]
    if version.decision is not None:
        decision = version.decision
        record["decision"] = {
            "number": decision.number,
            "agency": decision.agency,
            "kind": decision.kind,
            "issued_on": decision.issued_on.isoformat() if decision.issued_on else None,
        }
    return {name: value for name, value in record.items() if value not in (None, "", [], {}) or name == "english"}


def _row(row: models.Model, model: Any, owner: str) -> dict[str, Any]:
    """A part's own columns, without its place and what it belongs to; only what differs from the column's default."""
    found: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.name in ("position", owner):
            continue
        value = getattr(row, field.attname)
        if value == field.get_default() or value is None:
            continue
        found[field.name] = _number(value) if isinstance(value, Decimal) else value.isoformat() if isinstance(value, dt.date) else value
    return found


def _number(value: Decimal | None) -> int | str | None:
    """A decimal as JSON keeps it whole: an integer, or its digits."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"
