"""What is printed on results that were issued before results were templates: their papers are still compared, by the context kept then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dossiers.slips import masked_or_nothing, section, signer_line
from portal.documents.proofs import Content, Section


def _birth(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    known = context.get
    return [
        section("", [("Số", known("registration_number")), ("Quyển số", known("book"))]),
        section(
            "Người được khai sinh",
            [
                ("Họ, chữ đệm, tên", known("child_name")),
                ("Ngày, tháng, năm sinh", known("child_birth_date")),
                ("Ghi bằng chữ", known("child_birth_words")),
                ("Giới tính", known("child_sex")),
                ("Dân tộc", known("child_ethnicity")),
                ("Quốc tịch", known("child_nationality")),
                ("Nơi sinh", known("birth_place")),
                ("Quê quán", known("child_home_town")),
                ("Số định danh cá nhân", masked_or_nothing(known("child_id_number"))),
            ],
        ),
        *(
            section(
                heading,
                [
                    ("Họ, chữ đệm, tên", known(f"{parent}_name")),
                    ("Năm sinh", known(f"{parent}_birth_year")),
                    ("Dân tộc", known(f"{parent}_ethnicity")),
                    ("Quốc tịch", known(f"{parent}_nationality")),
                    ("Nơi cư trú", known(f"{parent}_address")),
                ],
            )
            for parent, heading in (("mother", "Người mẹ"), ("father", "Người cha"))
        ),
        section(
            "Người đi khai sinh",
            [
                ("Họ, chữ đệm, tên", known("requester_name")),
                ("Giấy tờ tùy thân: số định danh cá nhân", masked_or_nothing(known("requester_id_number"))),
            ],
        ),
        section(
            "Đăng ký",
            [
                ("Nơi đăng ký khai sinh", unit_name),
                ("Ngày, tháng, năm đăng ký", known("registered_on")),
                ("Người ký giấy khai sinh", signer_line(context)),
            ],
        ),
    ]


def _compared(sections: Iterable[Mapping[str, Any]]) -> list[Section]:
    return [
        section(
            one["heading"],
            ((line["label"], masked_or_nothing(line["value"]) if line["kind"] == "id_number" else line["value"]) for line in one["lines"]),
        )
        for one in sections
    ]


def _sections(
    first: Callable[[Mapping[str, Any]], list[tuple[str, str | None]]], heading: str, by: str, on: str, day: str, signs: str
) -> Content:
    def content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
        last = section(heading, [(by, unit_name), (on, context[day]), (signs, signer_line(context))])
        return [section("", first(context)), *_compared(context["sections"]), last]

    return content


CONTENTS: Mapping[str, Content] = {
    "dossiers.birth_certificate": _birth,
    "dossiers.diploma_recognition": _sections(
        lambda context: [("Số vào sổ", context["number"])],
        "Cấp giấy công nhận", "Cơ quan công nhận", "Ngày công nhận", "decided_on", "Người ký",
    ),
    "dossiers.civil_status_extract": _sections(
        lambda context: [("Loại giấy", f"{context['heading']} (bản sao)"), ("Số", context["number"])],
        "Cấp bản sao", "Cơ quan cấp", "Ngày cấp", "issued_on", "Người ký trích lục",
    ),
    "dossiers.vehicle_badge": _sections(
        lambda context: [("Số phù hiệu", context["number"])],
        "Cấp phù hiệu", "Cơ quan cấp", "Ngày cấp", "issued_on", "Người ký",
    ),
}  # fmt: skip
"""By kind of document."""
