"""1.001193, registration of a birth: what it ends in (Law on Civil Status 2014 art. 14-16)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from dossiers.forms import shown
from dossiers.outcomes import Decision, Outcome
from dossiers.registers import Register
from dossiers.slips import day_in_words, masked_or_nothing, section, signer, signer_line
from portal.documents.proofs import Section

BIRTH_CERTIFICATE = "dossiers.birth_certificate"


def context(decision: Decision) -> dict[str, Any]:
    """Giấy khai sinh: what its form asks for and the dossier knows, in the form's order; empty fields are left out.

    Law on Civil Status 2014 art. 14.1 says what belongs there (of a parent the year of birth, no number of identity); the form is that of
    Circular 04/2020/TT-BTP as amended by Circular 04/2024/TT-BTP.
    """
    dossier, number = decision.dossier, decision.number
    assert number is not None
    answers = {name: str(value) for name, value in (dossier.answers or {}).items() if value}
    sexes = {"female": "Nữ", "male": "Nam"}
    found = {
        "environment_label": settings.ENVIRONMENT_LABEL,
        "code": dossier.code,
        "registration_number": number.number_words,
        "book": number.book_words,
        "child_name": answers["child_name"].upper(),
        "child_birth_date": shown({"kind": "date"}, answers["child_birth_date"]),
        "child_birth_words": day_in_words(answers["child_birth_date"]),
        "child_sex": sexes[answers["child_sex"]],
        "child_ethnicity": answers.get("child_ethnicity", ""),
        "child_nationality": answers.get("child_nationality", ""),
        "birth_place": answers["birth_place"],
        "child_home_town": answers.get("child_home_town", ""),
        "child_id_number": answers.get("child_id_number", ""),
        "requester_name": answers.get("requester_name") or dossier.filed_by_name,
        "requester_id_number": _requester_id_number(answers, dossier.filed_by_name),
        "registered_on": f"{timezone.localtime(dossier.decided_at):%d/%m/%Y}",
        **signer(decision.signer_label),
    }
    for parent in ("mother", "father"):
        for part in ("name", "ethnicity", "nationality", "address"):
            found[f"{parent}_{part}"] = answers.get(f"{parent}_{part}", "")
        found[f"{parent}_birth_year"] = answers.get(f"{parent}_birth_date", "")[:4]
    return found


def _requester_id_number(answers: Mapping[str, str], applicant_name: str) -> str:
    """The number of who had the birth registered: declared, or that of the parent who filed.

    Dossiers of before the form asked who files know the parent by the name.
    """
    if "requester_id_number" in answers:
        return answers["requester_id_number"]
    role = answers.get("applicant_role", "mother" if answers.get("mother_name") == applicant_name else "")
    return answers.get(f"{role}_id_number", "")


def content(context: Mapping[str, Any], unit_name: str) -> list[Section]:
    """Everything that the birth certificate prints, for comparing a print; numbers of identity by their last digits."""
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


OUTCOME = Outcome(
    kind=BIRTH_CERTIFICATE,
    title="Giấy khai sinh",
    template="documents/birth_certificate.html",
    context=context,
    content=content,
    register=Register("birth"),
    # Law on Civil Status 2014 art. 16.2: the civil-status officer reports, the chairman of the commune's committee issues.
    signer_words="lãnh đạo Ủy ban nhân dân cấp xã",
    subject_name="child_name",
    identity_numbers=("mother_id_number", "father_id_number", "requester_id_number"),
)
