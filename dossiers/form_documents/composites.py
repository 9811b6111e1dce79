"""Documents become plain forms: composite fields are taken apart, pages' conditions go into their fields. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
Field = dict[str, Any]

PLAIN_KINDS = (
    *("name", "text", "long_text", "date", "choice", "number", "id_number", "choices", "money", "decimal", "phone", "email", "tax_code"),
    *("year", "month", "time", "select", "province", "ward", "note", "confirm"),
)
FIELD_KINDS = (*PLAIN_KINDS, "group")
"""What a field of a published form can ask for; each kind is one Django form field in `dossiers.forms`."""

_SEXES = [["female", "Nữ"], ["male", "Nam"]]
PARTS: dict[str, dict[str, Field]] = {
    "person": {
        "name": {"label": "Họ, chữ đệm, tên", "label_en": "Full name", "kind": "name", "max_length": 100},
        "birth_date": {"label": "Ngày sinh", "label_en": "Date of birth", "kind": "date"},
        "sex": {
            "label": "Giới tính",
            "label_en": "Sex",
            "kind": "choice",
            "choices": _SEXES,
            "choices_en": {"female": "Female", "male": "Male"},
        },
        "id_number": {"label": "Số định danh cá nhân", "label_en": "Personal identity number", "kind": "id_number"},
        "ethnicity": {"label": "Dân tộc", "label_en": "Ethnicity", "kind": "select", "catalogue": "ethnicities"},
        "nationality": {"label": "Quốc tịch", "label_en": "Nationality", "kind": "select", "catalogue": "countries", "default": "VN"},
        "address": {"label": "Nơi cư trú", "label_en": "Address", "kind": "text", "max_length": 300},
        "phone": {"label": "Số điện thoại", "label_en": "Phone number", "kind": "phone"},
    },
    "organisation": {
        "name": {"label": "Tên", "label_en": "Name", "kind": "text", "max_length": 300},
        "tax_code": {"label": "Mã số thuế", "label_en": "Tax code", "kind": "tax_code"},
        "address": {"label": "Địa chỉ trụ sở", "label_en": "Address of the seat", "kind": "text", "max_length": 300},
        "representative": {"label": "Người đại diện", "label_en": "Representative", "kind": "name", "max_length": 100},
    },
    "address": {
        "province": {"label": "Tỉnh, thành phố", "label_en": "Province or city", "kind": "province"},
        "ward": {"label": "Xã, phường, đặc khu", "label_en": "Commune or ward", "kind": "ward"},
        "street": {"label": "Số nhà, đường, thôn, tổ dân phố", "label_en": "House number, street", "kind": "text", "max_length": 200},
    },
    "land_parcel": {
        "sheet": {"label": "Số tờ bản đồ", "label_en": "Map sheet", "kind": "text", "max_length": 20},
        "parcel": {"label": "Số thửa", "label_en": "Parcel", "kind": "text", "max_length": 20},
        "area": {"label": "Diện tích", "label_en": "Area", "kind": "decimal", "decimals": 1, "unit": "m²", "min": 0},
        "address": {"label": "Địa chỉ", "label_en": "Address", "kind": "text", "max_length": 300},
        "certificate": {"label": "Số phát hành giấy chứng nhận", "label_en": "Number of the certificate", "kind": "text", "max_length": 40},
    },
    "vehicle": {
        "plate": {"label": "Biển số", "label_en": "Number plate", "kind": "text", "max_length": 20},
        "brand": {"label": "Nhãn hiệu", "label_en": "Make", "kind": "text", "max_length": 60},
        "colour": {"label": "Màu", "label_en": "Colour", "kind": "text", "max_length": 40},
        "chassis": {"label": "Số khung", "label_en": "Chassis number", "kind": "text", "max_length": 40},
        "engine": {"label": "Số máy", "label_en": "Engine number", "kind": "text", "max_length": 40},
        "seats": {"label": "Số chỗ ngồi", "label_en": "Seats", "kind": "number", "min": 1, "max": 200},
        "year": {"label": "Năm sản xuất", "label_en": "Year of manufacture", "kind": "year"},
    },
}
"""Parts of each composite kind: ``<name>_<part>``."""
COMPOSITE_KINDS = (*PARTS, "relationship", "file")
FACT_PARTS: dict[str, dict[str, str]] = {
    "person": {"name": "full_name", **{part: part for part in ("birth_date", "sex", "id_number", "address", "phone")}},
    "organisation": {part: part for part in ("name", "tax_code", "address")},
}
"""What the portal's own sources know, and how they call it; of another registry every part is asked for."""
_COMMON = ("page", "section", "when", "prefill_when")
FILE_KEYS = frozenset({"name", "label", "label_en", "kind", "required", "help", "help_en", "when", "page", "section", "replaced_by"})


@dataclass(frozen=True)
class Compiled:
    """A document as it is evaluated."""

    fields: list[Field]
    papers: list[dict[str, Any]]
    charges: list[dict[str, Any]]
    payment: dict[str, Any]


def compiled(document: Document) -> Compiled:
    """The plain form of a document that has no faults in its structure. A document of plain fields stays what it is."""
    pages = {page["name"]: page for page in document.get("pages", ())}
    fields: list[Field] = []
    papers = [dict(rule) for rule in document.get("papers", ())]
    for spec in document["fields"]:
        whole = _with_page(spec, pages)
        if spec["kind"] == "file":
            papers.append(_paper(whole))
        else:
            fields += plain_fields(whole)
    return Compiled(fields, papers, [dict(rule) for rule in document.get("charges", ())], dict(document.get("payment") or {}))


def _with_page(spec: Mapping[str, Any], pages: Mapping[str, Mapping[str, Any]]) -> Field:
    """A field under the condition of its page, too."""
    condition = pages.get(spec.get("page", ""), {}).get("when")
    if condition is None:
        return dict(spec)
    return {**spec, "when": {"all": [condition, spec["when"]]} if "when" in spec else condition}


def plain_fields(spec: Mapping[str, Any]) -> list[Field]:
    """The plain fields that one field of a document becomes."""
    kind = spec["kind"]
    if kind == "relationship":
        return [{**spec, "kind": "select", "catalogue": "relationships"}]
    if kind in PARTS:
        return list(_parts(spec))
    found = _plain_choices(spec)
    if kind == "group":
        found["fields"] = [
            {**part, **({"page": spec["page"]} if "page" in spec else {})} for one in spec["fields"] for part in plain_fields(one)
        ]
    return [found]


def _plain_choices(spec: Mapping[str, Any]) -> Field:
    """Choices as pairs of value and label, what is said beside them under keys of its own."""
    found = dict(spec)
    rich = [one for one in spec.get("choices", ()) if isinstance(one, Mapping)]
    if rich:
        found["choices"] = [[one["value"], one["label"]] if isinstance(one, Mapping) else one for one in spec["choices"]]
        for key, name in (("help", "choices_help"), ("label_en", "choices_en"), ("help_en", "choices_help_en")):
            if said := {one["value"]: one[key] for one in rich if one.get(key)}:
                found[name] = said
    return found


def parts_of(spec: Mapping[str, Any]) -> list[str]:
    """Names of the parts of a composite field, in their order."""
    return list(spec.get("parts") or PARTS[spec["kind"]])


def _parts(spec: Mapping[str, Any]) -> Iterator[Field]:
    chosen = parts_of(spec)
    required = spec.get("required_parts", chosen)
    of = spec["label"][:1].lower() + spec["label"][1:]
    for at, part in enumerate(chosen):
        made = dict(PARTS[spec["kind"]][part])
        name = f"{spec['name']}_{part}"
        label = spec.get("part_labels", {}).get(part)
        english = made.pop("label_en")
        found: Field = {"name": name, **made, "label": label or f"{made['label']} của {of}"}
        if "label_en" in spec and not label:
            found["label_en"] = f"{english} ({spec['label_en']})"
        if spec.get("required") and part in required:
            found["required"] = True
        if "required_when" in spec and part in required:
            found["required_when"] = spec["required_when"]
        if part == "ward":
            found["province_field"] = f"{spec['name']}_province"
        help_text = spec.get("part_help", {}).get(part) or (spec.get("help", "") if at == 0 else "")
        if help_text:
            found["help"] = help_text
        if "prefill_from" in spec and (fact := FACT_PARTS.get(spec["prefill_from"], {part: part}).get(part)):
            found["prefill"] = f"{spec['prefill_from']}.{fact}"
        if part in spec.get("part_rules", {}):
            found["rules"] = spec["part_rules"][part]
        found |= {key: spec[key] for key in _COMMON if key in spec and (key != "prefill_when" or "prefill" in found)}
        if "prefill" in found:
            found.pop("default", None)
        found.setdefault("section", spec["label"])
        yield found


def _paper(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A file as a paper of the form's own."""
    keys = {"label": spec["label"], "kind": spec["name"], "required": bool(spec.get("required"))}
    return {**keys, **{key: spec[key] for key in ("help", "label_en", "help_en", "when", "replaced_by") if key in spec}}
