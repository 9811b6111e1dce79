"""From one row of a source (the labels of the present portal's export) to a record in the shape of the curated ones."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.text import slugify

from portal.catalogues.models import Agency, Sector
from portal.text import nfc, search_key
from procedures.models import FeeLine, ProcedureVersion
from procedures.services.importing import parsers
from procedures.services.records import PARTS, VERSION_FIELDS, BadRecord, check

CODE = re.compile(r"\d\.\d{6}")
PART_NAMES = ("levels", "subjects", "steps", "channels", "time_limits", "fees", "documents", "results", "legal_bases")
_DATED = re.compile(r"(20\d{2})-(\d{2})")
_FILLER_GROUPS = frozenset(["bao gồm", "thành phần hồ sơ", "01 bộ hồ sơ", "giấy tờ phải nộp", "hồ sơ bao gồm", "hồ sơ gồm"])
_SHOWN_GROUPS = frozenset(["giấy tờ phải xuất trình", "giấy tờ xuất trình"])
_LONGEST_NAME = 2000
_LONGEST_PART = 100_000


@dataclass
class Names:
    """Codes of agencies and fields by their names, read once a run. Two queries."""

    agencies: dict[str, str] = field(default_factory=dict)
    sectors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, day: dt.date) -> Names:
        """What the shared catalogues name today; a name that two rows bear gives no code."""
        return cls(_unique(Agency, day), _unique(Sector, day))

    def agency(self, name: str) -> str:
        """The code of an agency by its name as sources spell it ("UBND tỉnh …", "Bộ … (… cũ)"), or ""."""
        key = search_key(re.sub(r"\s*\([^)]*\)\s*$", "", name))
        return self.agencies.get(key) or self.agencies.get(re.sub(r"^ubnd\b", "uy ban nhan dan", key), "")

    def sector(self, name: str) -> str:
        """The code of a field: the catalogue's, else ``LV.<slug>``; "" without a name."""
        key = search_key(name)
        if not key:
            return ""
        slug = slugify(key)
        return self.sectors.get(key) or (f"LV.{slug}" if slug else "")


def _unique(model: Any, day: dt.date) -> dict[str, str]:
    counted: dict[str, set[str]] = {}
    for name, code in model.objects.on(day).values_list("name", "code"):
        counted.setdefault(search_key(name), set()).add(code)
    return {name: next(iter(codes)) for name, codes in counted.items() if len(codes) == 1}


@dataclass
class Shaped:
    """A record and how its parts came through."""

    record: dict[str, Any]
    counts: Counter[str]
    """``"fees typed"``, ``"fees text"`` … number of rows."""


def clean(value: Any) -> Any:
    """The same with every text in NFC. :class:`BadRecord` for what PostgreSQL cannot hold or nobody can read."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise BadRecord("holds characters that are no text")
        return nfc(value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {str(name): clean(item) for name, item in value.items()}
    return value


def code_of(raw: dict[str, Any]) -> str:
    """The code by its rule. :class:`BadRecord` for the dirty ones ("1.014955-Xoa")."""
    code = str(raw.get("code") or "").strip()
    if not CODE.fullmatch(code) or not code.isascii():
        raise BadRecord(f"mã {code[:40]!r} không đúng dạng d.dddddd")
    return code


def record_of(raw: dict[str, Any], *, names: Names, day: dt.date) -> Shaped:
    """A record from a row of a source. :class:`BadRecord` says why a row is refused."""
    raw = clean(raw)
    code = code_of(raw)
    name = " ".join(str(raw.get("name") or "").split())
    if not name or len(name) > _LONGEST_NAME:
        raise BadRecord("thiếu tên thủ tục" if not name else "tên dài bất thường")
    if parsers.is_misread(name):
        raise BadRecord("chữ bị hỏng do sai bảng mã")
    start = source_day(str(raw.get("source") or "")) or day
    shape = _Shape(raw, code)
    issuing = parsers.plain(raw.get("issuing"))
    executing = parsers.plain(raw.get("executing")) or parsers.plain(raw.get("executing_list"))
    competent = parsers.plain(raw.get("competent"))
    area = parsers.plain(raw.get("field"))
    record: dict[str, Any] = {
        "code": code,
        "effective_from": start.isoformat(),
        "checked_on": start.isoformat(),
        "source": re.sub(r"\s*\([^)]*\)", "", str(raw.get("source") or "")).strip() or "Tệp nhập",
        "decision_number": parsers.plain(raw.get("decision")),
        "name": name,
        "summary": "",
        "conditions": parsers.without_furniture(str(raw.get("conditions") or "")),
        "field": area,
        "field_code": names.sector(area),
        "regulation": parsers.plain(raw.get("kind")),
        "issuing_agency": issuing,
        "issuing_code": names.agency(issuing),
        "executing_agency": executing,
        "executing_codes": sorted(filter(None, {names.agency(part.strip()) for part in re.split(r"[;\n]", executing)})),
        "competent_agency": competent,
        "competent_codes": [found] if (found := names.agency(competent)) else [],
        "authorised_agency": parsers.plain(raw.get("authorised")),
        "coordinating_agency": parsers.plain(raw.get("coordinating")),
        "place": parsers.plain(raw.get("place")),
        "keywords": [word for part in parsers.plain(raw.get("keywords")).split(";") if (word := part.strip())],
        "levels": shape.levels(),
        "subjects": shape.subjects(),
        "steps": shape.steps(),
        "channels": shape.channels(),
        "documents": shape.documents(),
        "results": shape.results(),
        "legal_bases": shape.legal_bases(),
    }
    if raw.get("description"):
        shape.raw_parts["description"] = parsers.plain(raw["description"])
    record["text_only"] = [part for part in (*PART_NAMES, "documents_note") if part in shape.text_only]
    record["missing"] = [part for part in PART_NAMES if part in shape.missing]
    record["raw_parts"] = {part: text for part, text in shape.raw_parts.items() if text}
    check(record)
    check_lengths(record)
    return Shaped(record, shape.counts)


def source_day(source: str) -> dt.date | None:
    """The first day of the month that the source names as its own ("…, 2026-07"): its versions hold from then; None: it names none."""
    match = _DATED.search(source)
    if match is None or not 1 <= int(match[2]) <= 12:
        return None
    return dt.date(int(match[1]), int(match[2]), 1)


class _Shape:
    """The parts of one row, and what was typed, left as text or missing."""

    def __init__(self, raw: dict[str, Any], code: str) -> None:
        self.raw = raw
        self.code = code
        self.text_only: set[str] = set()
        self.missing: set[str] = set()
        self.raw_parts: dict[str, str] = {}
        self.counts: Counter[str] = Counter()

    def _count(self, part: str, typed: bool, rows: int = 1) -> None:
        self.counts[f"{part} {'typed' if typed else 'text'}"] += rows
        if not typed:
            self.text_only.add(part)

    def _rows(self, name: str) -> list[dict[str, Any]]:
        rows = self.raw.get(name) or []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadRecord(f"{name} không phải danh sách")
        return rows

    def _glued(self, part: str, name: str) -> bool:
        """Keep a part that the source gives as one string; whether it did."""
        text = parsers.plain(self.raw.get(name))
        if text:
            self.raw_parts[part] = text
            self._count(part, typed=False)
        return bool(text)

    def levels(self) -> list[str]:
        text = parsers.plain(self.raw.get("levels"))
        found, known = parsers.levels(text)
        if not text:
            self.missing.add("levels")
        else:
            self._count("levels", known)
            if not known:
                self.raw_parts["levels"] = text
        return found

    def subjects(self) -> list[str]:
        text = parsers.plain(self.raw.get("audience"))
        found, known = parsers.subjects(text)
        if not text:
            self.missing.add("subjects")
        else:
            self._count("subjects", known)
            if not known:
                self.raw_parts["subjects"] = text
        return found

    def steps(self) -> list[dict[str, str]]:
        found, known = parsers.steps(str(self.raw.get("steps") or ""))
        if found:
            self._count("steps", known, len(found))
        else:
            self.missing.add("steps")
        return found

    def results(self) -> list[dict[str, str]]:
        found, known = parsers.results(str(self.raw.get("results") or ""))
        if found:
            self._count("results", known, len(found))
        else:
            self.missing.add("results")
        return found

    def channels(self) -> list[dict[str, Any]]:
        rows: dict[str, dict[str, Any]] = {}
        loose: list[str] = []
        given = self._rows("channels")
        for row in given:
            kind = parsers.channel_kind(str(row.get("channel") or ""))
            if not kind:
                loose.append(" | ".join(str(value) for value in row.values() if value))
                continue
            limit = parsers.time_limit(str(row.get("time") or ""))
            fees = parsers.fee_lines(str(row.get("fee") or ""))
            if limit:
                self._count("time_limits", limit.typed)
            for fee in fees:
                self._count("fees", fee.typed)
            rows.setdefault(kind, {"kind": kind, "note": "", "limits": []})["limits"].append(
                {
                    "amount": str(limit.amount) if limit and limit.amount is not None else None,
                    "unit": limit.unit if limit else "",
                    "text": limit.text if limit else "",
                    "note": parsers.plain(row.get("note")),
                    "fees": [fee.row for fee in fees],
                }
            )
        if loose:
            self.raw_parts["channels"] = "\n".join(loose)
            self._count("channels", False, len(loose))
        if rows:
            self._count("channels", True, len(rows))
        elif not loose and not self._glued("channels", "channels_glued"):
            self.missing.update(["channels", "time_limits", "fees"])
        self._unsaid_parts_of(rows, glued="channels" in self.raw_parts)
        return list(rows.values())

    def _unsaid_parts_of(self, rows: dict[str, dict[str, Any]], *, glued: bool) -> None:
        limits = [limit for row in rows.values() for limit in row["limits"]]
        for row in rows.values():
            if len(row["limits"]) == 1:
                row["note"], row["limits"][0]["note"] = row["limits"][0]["note"], ""
        if limits and not any(limit["amount"] or limit["text"] for limit in limits):
            self.missing.add("time_limits")
        if not glued and not any(limit["fees"] for limit in limits):
            self.missing.add("fees")

    def documents(self) -> list[dict[str, Any]]:
        found, notes = [], []
        for row in self._rows("documents"):
            name = parsers.plain(row.get("name"))
            originals, copies = parsers.count(row.get("originals", "")), parsers.count(row.get("copies", ""))
            if not name or name == "Tên giấy tờ":
                continue
            group = parsers.plain(row.get("group"))
            key = group.lower().strip(" *:.-+")
            if key == "lưu ý":
                notes.append(name)
                continue
            shown = key in _SHOWN_GROUPS
            case = "" if shown or key in _FILLER_GROUPS else group
            found.append(
                {
                    "case": case,
                    "mode": "present" if shown else "submit",
                    "name": name,
                    "originals": originals or 0,
                    "copies": copies or 0,
                    "required": not case,
                    "form_file": parsers.form_files(str(row.get("form") or "")),
                }
            )
            self._count("documents", originals is not None and copies is not None)
        if notes:
            self.text_only.add("documents_note")
            self.raw_parts["documents_note"] = "\n".join(notes)
        if not found and not self._glued("documents", "documents_glued"):
            self.missing.add("documents")
        return found

    def legal_bases(self) -> list[dict[str, Any]]:
        found = []
        for row in self._rows("legal"):
            number, title = parsers.plain(row.get("number")), parsers.plain(row.get("title"))
            if not number and not title:
                continue
            written, issued = parsers.plain(row.get("date")), parsers.day(str(row.get("date") or ""))
            found.append(
                {
                    "number": number,
                    "title": title or number,
                    "issued_on": issued.isoformat() if issued else None,
                    "agency": parsers.plain(row.get("issuer")),
                }
            )
            self._count("legal_bases", bool(number) and (not written or issued is not None))
        if not found and not self._glued("legal_bases", "legal_glued"):
            self.missing.add("legal_bases")
        return found


def thin_record(row: dict[str, Any], *, names: Names, day: dt.date, source: str) -> dict[str, Any]:
    """What the national list alone knows of a procedure: name, agencies, field."""
    raw = {**row, "issuing": row.get("issuing_agency"), "executing": row.get("executing_agency"), "source": ""}
    record = record_of(raw, names=names, day=day).record
    return {**record, "source": source}


_LIMITS: dict[str, dict[str, int]] = {}


def _limits(model: type[models.Model]) -> dict[str, int]:
    label = model._meta.label
    if label not in _LIMITS:
        _LIMITS[label] = {
            found.name: found.max_length
            for found in model._meta.concrete_fields
            if isinstance(found, models.CharField) and found.max_length
        }
    return _LIMITS[label]


def _fits(model: type[models.Model], row: dict[str, Any]) -> None:
    limits = _limits(model)
    for name, value in row.items():
        if isinstance(value, str) and len(value) > limits.get(name, _LONGEST_PART):
            raise BadRecord(f"{name} dài {len(value)} ký tự, quá {limits.get(name, _LONGEST_PART)}")


def check_lengths(record: dict[str, Any]) -> None:
    """Refuse a row whose texts do not fit: nothing is cut off silently. :class:`BadRecord`."""
    _fits(ProcedureVersion, {name: record[name] for name in VERSION_FIELDS if name in record})
    if any(len(word) > 500 for word in record["keywords"]):
        raise BadRecord("từ khóa dài quá 500 ký tự")
    models_of: dict[str, type[models.Model]] = {**PARTS}
    for part, model in models_of.items():
        if len(record.get(part, [])) > 2000:
            raise BadRecord(f"{part} có hơn 2000 dòng")
        for row in record.get(part, []):
            _fits(model, row)
    for channel in record.get("channels", []):
        for limit in channel["limits"]:
            for fee in limit["fees"]:
                _fits(FeeLine, fee)
