"""2.000635, certified copy of a civil-status extract: what it ends in (Law on Civil Status 2014 art. 4.9, 63-64)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from dossiers.outcomes import Decision, Outcome
from dossiers.registers import Register
from dossiers.slips import Fact, compared, fact_sections, section, signer, signer_line
from portal.documents.proofs import Section

EXTRACT = "dossiers.civil_status_extract"
_HEADINGS = {"birth": "Trích lục khai sinh", "marriage": "Trích lục kết hôn", "death": "Trích lục khai tử"}
_SYMBOLS = {"birth": "TLKS-BS", "marriage": "TLKH-BS", "death": "TLKT-BS"}
"""How the number of a copy ends, by register (forms of Circular 04/2020/TT-BTP)."""
_ACTS = {"birth": "khai sinh", "marriage": "kết hôn", "death": "khai tử"}
_SEXES = [["female", "Nữ"], ["male", "Nam"]]


def _in(*kinds: str) -> dict[str, Any]:
    return {"fact": "answer.register_kind", "in": list(kinds)}


def _people(who: str, prefix: str, section_name: str) -> list[dict[str, Any]]:
    """What a register of marriages says of one of the two."""
    own = {"section": section_name, "when": _in("marriage")}
    return [
        {**own, "name": f"{prefix}_name", "label": f"Họ, chữ đệm, tên {who}", "kind": "name", "required": True, "max_length": 100},
        {**own, "name": f"{prefix}_birth_date", "label": f"Ngày sinh của {who}", "kind": "date", "required": True},
        {**own, "name": f"{prefix}_ethnicity", "label": f"Dân tộc của {who}", "kind": "name", "max_length": 40},
        {**own, "name": f"{prefix}_nationality", "label": f"Quốc tịch của {who}", "kind": "name", "max_length": 60, "default": "Việt Nam"},
        {**own, "name": f"{prefix}_address", "label": f"Nơi cư trú của {who}", "kind": "text", "max_length": 300},
    ]


def _parent(who: str, prefix: str) -> list[dict[str, Any]]:
    own = {"section": "Cha mẹ", "when": _in("birth")}
    return [
        {**own, "name": f"{prefix}_name", "label": f"Họ, chữ đệm, tên {who}", "kind": "name", "max_length": 100},
        {**own, "name": f"{prefix}_birth_year", "label": f"Năm sinh của {who}", "kind": "number", "min": 1800, "max": 2200},
    ]


FIELDS: tuple[dict[str, Any], ...] = (
    {"name": "original_number", "section": "Trong sổ", "label": "Số trong sổ", "kind": "text", "required": True, "max_length": 30},
    {"name": "original_book", "section": "Trong sổ", "label": "Quyển số trong sổ", "kind": "text", "max_length": 30},
    {"name": "original_date", "section": "Trong sổ", "label": "Ngày đăng ký trong sổ", "kind": "date", "required": True},
    {"name": "original_place", "section": "Trong sổ", "label": "Nơi đã đăng ký", "kind": "text", "required": True, "max_length": 300},
    *(
        {"section": "Người có tên", "when": _in("birth", "death"), **spec}
        for spec in (
            {"name": "name", "label": "Họ, chữ đệm, tên", "kind": "name", "required": True, "max_length": 100},
            {"name": "birth_date", "label": "Ngày sinh", "kind": "date", "required": True},
            {"name": "sex", "label": "Giới tính", "kind": "choice", "required": True, "choices": _SEXES},
            {"name": "ethnicity", "label": "Dân tộc", "kind": "name", "max_length": 40},
            {"name": "nationality", "label": "Quốc tịch", "kind": "name", "max_length": 60, "default": "Việt Nam"},
            {"name": "id_number", "label": "Số định danh cá nhân", "kind": "id_number"},
        )
    ),
    *(
        {"section": "Người có tên", "when": _in("birth"), **spec}
        for spec in (
            {"name": "birth_place", "label": "Nơi sinh", "kind": "text", "required": True, "max_length": 300},
            {"name": "home_town", "label": "Quê quán", "kind": "text", "max_length": 200},
        )
    ),
    *_parent("mẹ", "mother"),
    *_parent("cha", "father"),
    *_people("chồng", "husband", "Chồng"),
    *_people("vợ", "wife", "Vợ"),
    *(
        {"section": "Việc chết", "when": _in("death"), **spec}
        for spec in (
            {"name": "death_time", "label": "Đã chết vào lúc", "kind": "text", "required": True, "max_length": 100},
            {"name": "death_place", "label": "Nơi chết", "kind": "text", "required": True, "max_length": 300},
            {"name": "death_cause", "label": "Nguyên nhân chết", "kind": "text", "max_length": 200},
        )
    ),
    {"name": "remarks", "section": "Ghi chú", "label": "Ghi chú trong sổ", "kind": "long_text", "max_length": 1000,
     "help": "Thay đổi, cải chính đã ghi vào sổ; không có thì để trống."},
)  # fmt: skip


def context(decision: Decision) -> dict[str, Any]:
    """A copy of an extract: what the register says, in the order of its form (Circular 04/2020/TT-BTP), without empty lines."""
    dossier, values, number = decision.dossier, decision.values, decision.number
    assert number is not None
    kind = str((dossier.answers or {})["register_kind"])
    parents: list[tuple[str, list[Fact]]] = [
        (heading, [Fact("Họ, chữ đệm, tên", values.get(f"{who}_name")), Fact("Năm sinh", values.get(f"{who}_birth_year"))])
        for who, heading in (("mother", "Người mẹ"), ("father", "Người cha"))
    ]
    couple = [
        (
            heading,
            [
                Fact("Họ, chữ đệm, tên", values.get(f"{who}_name")),
                Fact("Ngày, tháng, năm sinh", values.get(f"{who}_birth_date"), "date"),
                Fact("Dân tộc", values.get(f"{who}_ethnicity")),
                Fact("Quốc tịch", values.get(f"{who}_nationality")),
                Fact("Nơi cư trú", values.get(f"{who}_address")),
            ],
        )
        for who, heading in (("husband", "Chồng"), ("wife", "Vợ"))
    ]
    person = [
        Fact("Họ, chữ đệm, tên", values.get("name", "").upper()),
        Fact("Ngày, tháng, năm sinh", values.get("birth_date"), "date"),
        Fact("Giới tính", dict(_SEXES).get(values.get("sex", ""))),
        Fact("Dân tộc", values.get("ethnicity")),
        Fact("Quốc tịch", values.get("nationality")),
        Fact("Nơi sinh", values.get("birth_place")),
        Fact("Quê quán", values.get("home_town")),
        Fact("Số định danh cá nhân", values.get("id_number"), "id_number"),
    ]
    death = [
        Fact("Đã chết vào lúc", values.get("death_time")),
        Fact("Nơi chết", values.get("death_place")),
        Fact("Nguyên nhân chết", values.get("death_cause")),
    ]
    register = [
        Fact("Nơi đăng ký", values.get("original_place")),
        Fact("Số", values.get("original_number")),
        Fact("Quyển số", values.get("original_book")),
        Fact("Ngày, tháng, năm đăng ký", values.get("original_date"), "date"),
        Fact("Ghi chú", values.get("remarks")),
    ]
    return {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "heading": _HEADINGS[kind],
        "number": f"{number.number}/{_SYMBOLS[kind]}",
        "issued_on": f"{timezone.localtime(dossier.decided_at):%d/%m/%Y}",
        "sections": fact_sections([("", person), *parents, *couple, ("", death), (f"Đã đăng ký {_ACTS[kind]}", register)]),
        **signer(decision.signer_label),
    }


def content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that the copy prints, for comparing a print."""
    return [
        section("", [("Loại giấy", f"{context['heading']} (bản sao)"), ("Số", context["number"])]),
        *compared(context["sections"]),
        section(
            "Cấp bản sao",
            [("Cơ quan cấp", unit_name), ("Ngày cấp", context["issued_on"]), ("Người ký trích lục", signer_line(context))],
        ),
    ]


OUTCOME = Outcome(
    kind=EXTRACT,
    title="Trích lục hộ tịch (bản sao)",
    template="documents/extract.html",
    context=context,
    content=content,
    # The book of copies given out: numbers of a year, without volumes.
    register=Register("extract", number_label="Số bản sao trích lục", has_books=False),
    fields=FIELDS,
    beforehand={
        "name": "subject_name",
        "birth_date": "subject_birth_date",
        "id_number": "subject_id_number",
        "original_number": "registered_number",
        "original_date": "registered_date",
        "original_place": "registered_place",
    },
    # Law on Civil Status 2014 art. 64: the agency that keeps the civil-status database gives the copy.
    signer_words="lãnh đạo cơ quan quản lý Cơ sở dữ liệu hộ tịch",
    subject_name="subject_name",
    identity_numbers=("subject_id_number", "requester_id_number"),
)
