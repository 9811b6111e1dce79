"""Which agencies a filing may go to: the bodies that the law names, in the party's province, and those of the whole country."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from dossiers.queries import handling_units
from dossiers.terms import Terms, _bodies, _committees, terms_on
from tests.dossiers.support import CODE, mother

pytestmark = pytest.mark.usefixtures("demo_data")


def of(words: str, levels: tuple[str, ...]) -> Terms:
    """Terms of a procedure that such an agency carries out, in the words of the catalogue."""
    bodies = _bodies(words)
    return replace(terms_on(CODE, timezone.now()), bodies=bodies, levels=_committees(levels, words) if bodies else levels)


@pytest.mark.requirement("D-15")
@pytest.mark.parametrize(
    ("words", "levels", "codes"),
    [
        ("Ủy ban nhân dân cấp xã", ("commune",), ["H26.101", "H26.102"]),
        ("Công an cấp xã", ("commune",), ["G01.101.2", "G01.101.3"]),
        ("Công an cấp tỉnh", ("province",), ["G01.101"]),
        (
            "Cục Cảnh sát giao thông; Phòng Cảnh sát giao thông; Công an cấp xã nơi có điểm tiếp nhận",
            ("ministry",),
            ["G01.101.2", "G01.101.3", "G01.101.1"],
        ),
        ("Bảo hiểm xã hội tỉnh, thành phố", ("ministry", "province", "commune"), ["G24.101"]),
        ("Cục Thuế; Thuế tỉnh, thành phố; Thuế cơ sở", ("ministry", "province", "commune"), ["G12.18.101", "G12.18"]),
        (
            "Sở Y tế; Ủy ban nhân dân cấp xã; Sở An toàn thực phẩm (Thành phố Hồ Chí Minh)",
            ("province", "commune"),
            ["H26.101", "H26.203", "H26.102"],
        ),
        ("Cục Xuất nhập khẩu; Ủy ban nhân dân cấp tỉnh", ("ministry", "province"), ["H26", "G02.92"]),
        ("Cục Hóa chất", ("ministry",), ["G02.91"]),
        ("Văn phòng đăng ký đất đai, Chi nhánh Văn phòng đăng ký đất đai", ("province",), ["H26.204"]),
        ("Tập đoàn Điện lực Việt Nam", ("other",), ["G02.90"]),
        ("Công ty cấp nước tại Hà Nội, như Công ty Nước sạch Hà Nội", ("other",), ["H26.290"]),
    ],
)
def test_the_bodies_that_the_law_names_handle_it(words: str, levels: tuple[str, ...], codes: list[str]) -> None:
    found = [unit.code for unit in handling_units(mother().id, of(words, levels))]
    assert sorted(found) == sorted(codes)
    assert found[-1] == codes[-1] or not codes[-1].startswith(("G12.18", "G02")), "those of the whole country come last"
