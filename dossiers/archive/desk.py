"""What the pages of the archive share: which agency is looked at, a dossier that is left as a stub."""

from __future__ import annotations

from django.http import HttpRequest

from dossiers.archive import queries
from dossiers.archive.queries import ACT
from dossiers.models import DisposalItem, Dossier, RegisterEntry
from portal.access import Actor, actor_of, may, require
from portal.access.desk import Facts, Page, Rows, Way, moment

UNIT, YEAR, STANDING = "co-quan", "nam", "tinh-trang"
"""In addresses: the agency, the year in which dossiers ended, how they stand."""
LIST = "admin/dossiers/unit_slips.html"
"""The template of a list with ways above it."""


def chosen_unit(request: HttpRequest) -> str:
    """The agency that is looked at: the one named in the address, as far as the officer keeps its archive, else their own."""
    actor = actor_of(request)
    wanted = request.GET.get(UNIT, "")
    return wanted if wanted and may(actor, ACT, wanted) else actor.unit


def units_named(request: HttpRequest, actor: Actor) -> list[tuple[str, str]]:
    """The agencies of a form; :class:`AccessDenied` for who keeps no archive."""
    require(actor, ACT, actor.unit)
    return queries.units_of(actor)


def stub_page(dossier: Dossier, ways: list[Way]) -> Page:
    """What is left of a dossier after its disposal (three queries): when, which, where, its number in the register, the minute."""
    item = DisposalItem.objects.select_related("disposal").filter(dossier=dossier, state=DisposalItem.State.DISPOSED).first()
    number = RegisterEntry.objects.filter(dossier=dossier, freed_at__isnull=True).first()
    facts = [
        ("Mã hồ sơ", dossier.code),
        ("Thủ tục", f"{dossier.procedure_name} ({dossier.procedure_code})"),
        ("Cơ quan", f"{queries.called(dossier.unit_code)} ({dossier.unit_code})"),
        ("Kênh nộp", dossier.get_channel_display()),
        ("Kết thúc", dossier.state_words),
        ("Số trong sổ", f"{number.number}/{number.year}, quyển {number.book}" if number is not None else "–"),
    ]
    days = [
        ("Nộp", moment(dossier.submitted_at)),
        ("Tiếp nhận", moment(dossier.received_at)),
        ("Hẹn trả", moment(dossier.due_at)),
        ("Quyết định", moment(dossier.decided_at)),
        ("Trả kết quả", moment(dossier.returned_at)),
        ("Hủy", moment(dossier.disposed_at)),
    ]
    by = [(f"Đợt hủy năm {item.disposal.year}", item.basis, f"{item.years} năm", item.files)] if item is not None else []
    return Page(
        f"Hồ sơ {dossier.code}",
        [
            Facts("Hồ sơ", facts),
            Facts("Mốc thời gian", days),
            Rows("Biên bản hủy", ("Đợt", "Căn cứ thời hạn", "Thời hạn", "Số tệp đã xóa"), by, "Không có trong đợt hủy nào."),
        ],
        ways,
        ["Hồ sơ đã hết thời hạn lưu trữ và đã hủy. Nội dung, giấy tờ và tên người không còn, không đọc lại được."],
    )
