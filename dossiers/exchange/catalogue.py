"""What one-stop systems read in the national format: a procedure whole, lists of the catalogues, a dossier of theirs (domain: §4.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from dossiers.models import NationalDossier
from dossiers.national import year_of
from portal.catalogues.models import Agency, Sector
from procedures import queries as procedures
from procedures.models import Level, ProcedureVersion, Subject

_KINDS = {"direct": "1", "online": "2", "postal": "3"}
_UNITS = {"hour": "Giờ", "working_day": "Ngày làm việc", "day": "Ngày", "month": "Tháng"}
_TIERS = {"ministry": "1", "central": "1", "province": "2", "unit": "3", "commune": "4"}
"""CAPDONVI: 1 central, 2 province, 3 below one of these, 4 commune."""


def moment(at: datetime | None) -> str:
    """``yyyyMMddHHmmss`` on Vietnam's clock; empty for none."""
    return timezone.localtime(at).strftime("%Y%m%d%H%M%S") if at else ""


def _day(day: date | None) -> str:
    return day.strftime("%Y%m%d") if day else ""


def procedure_record(code: str, day: date) -> dict[str, Any] | None:
    """``LayThuTuc``: the record as it holds on a day; None where the code is unknown or not in force (nine queries)."""
    version = procedures.procedure_on(code, day)
    if version is None:
        return None
    cases: dict[str, list[dict[str, Any]]] = {}
    for paper in version.documents.all():
        cases.setdefault(paper.case, []).append(
            {
                "MAGIAYTO": paper.paper_kind, "TENGIAYTO": paper.name, "TENMAUDON": paper.form, "URL": "",
                "SOBANCHINH": paper.originals, "SOBANSAO": paper.copies, "MA_KQ_THAYTHE": paper.replaced_by_result,
            }
        )  # fmt: skip
    steps: dict[str, list[dict[str, str]]] = {}
    for step in version.steps.all():
        steps.setdefault(step.case, []).append({"TENTRINHTU": f"{step.title}: {step.text}" if step.title else step.text})
    return {
        "ID": str(version.pk),
        "MaTTHC": version.procedure.code,
        "TENTTHC": version.name,
        "MACOQUANCONGBO": version.issuing_code,
        "LOAITTHC": version.regulation,
        "MOTADOITUONGTHUCHIEN": version.who,
        "DIACHITIEPNHAN": version.place,
        "QUYETDINH": version.decision_number,
        "IDQUYETDINHCONGBO": str(version.decision_id or ""),
        "YEUCAU": version.conditions,
        "TUKHOA": "; ".join(version.keywords),
        "TRANGTHAI": "1",
        "MOTACOQUANTHUCHIEN": version.executing_agency,
        "MOTACOQUANTHAMQUYEN": version.competent_agency,
        "MOTA": version.summary,
        "TRINHTUTHUCHIEN": [{"TRUONGHOP": case, "TRINHTU": found} for case, found in steps.items()],
        "CAPTHUCHIEN": [{"CAPTHUCHIEN": level, "TENCAP": Level(level).label} for level in version.levels],
        "LINHVUCTHUCHIEN": [{"MALINHVUC": version.field_code, "TENLINHVUC": version.field}] if version.field else [],
        "CACHTHUCTHUCHIEN": [_channel(channel) for channel in version.channels.all()],
        "DOITUONGTHUCHIEN": [{"MADOITUONG": subject, "TENDOITUONG": Subject(subject).label} for subject in version.subjects],
        "THANHPHANHOSO": [{"TRUONGHOP": case, "GIAYTO": found} for case, found in cases.items()],
        "KETQUATHUCHIEN": [{"MAKETQUA": one.code, "TENKETQUA": one.name, "TENTEP": "", "URL": ""} for one in version.results.all()],
        "CANCUPHAPLY": [
            {
                "SOVANBAN": one.number, "TENVANBAN": one.title, "NGAYBANHANH": _day(one.issued_on), "NGAYHIEULUC": "",
                "COQUANBANHANH": one.agency, "DIACHITRUYCAP": "",
            }
            for one in version.legal_bases.all()
        ],
        "TTHCLIENQUAN": [{"MATTHC": one} for one in version.related],
        "TTHCLIENTHONG": [{"MATTHC": one} for one in version.interlinked],
        "COQUANTHUCHIEN": _agencies(version.executing_codes, version.executing_agency),
        "COQUANCOTHAMQUYEN": _agencies(version.competent_codes, version.competent_agency),
        "COQUANDUOCUYQUYEN": _agencies((), version.authorised_agency),
        "COQUANPHOIHOP": _agencies((), version.coordinating_agency),
    }  # fmt: skip


def _channel(channel: Any) -> dict[str, Any]:
    return {
        "KENH": _KINDS[channel.kind],
        "MOTA": channel.note,
        "THOIGIAN": [
            {
                "THOIGIANGIAIQUYET": f"{limit.amount.normalize():f}" if limit.amount is not None else "",
                "DONVITINH": _UNITS.get(limit.unit, ""),
                "MOTA": limit.text or limit.note,
                "PHILEPHI": [
                    {
                        "MAPHILEPHI": fee.kind, "SOTIEN": fee.amount if fee.amount is not None else "", "DONVI": fee.currency or "VND",
                        "MOTA": " ".join(filter(None, (fee.name, fee.condition, fee.exemption))), "TENTEP": "", "URL": "",
                    }
                    for fee in limit.fees.all()
                ],
            }
            for limit in channel.limits.all()
        ],
    }  # fmt: skip


def _agencies(codes: Iterable[str], words: str) -> list[dict[str, str]]:
    """Agencies by code; in words alone where the record names none."""
    found = [{"MADONVI": code, "TENDONVI": ""} for code in codes]
    if not found and words:
        return [{"MADONVI": "", "TENDONVI": words}]
    names = dict(Agency.objects.on(timezone.localdate()).filter(code__in=[one["MADONVI"] for one in found]).values_list("code", "name"))
    return [{"MADONVI": one["MADONVI"], "TENDONVI": names.get(one["MADONVI"], "")} for one in found]


def procedures_listed(day: date) -> list[dict[str, str]]:
    """``LayDanhSachTTHC`` (one query)."""
    rows = ProcedureVersion.objects.filter(pk__in=procedures.in_force(day).order_by().values("pk")).order_by("procedure__code")
    return [{"MATTHC": code, "TENTTHC": name} for code, name in rows.values_list("procedure__code", "name")]


def agencies(day: date) -> list[dict[str, str]]:
    """``LayDanhMucCoQuan`` (one query)."""
    rows = Agency.objects.on(day).order_by("code").values_list("code", "name", "level")
    return [{"MADONVI": code, "TENDONVI": name, "CAPDONVI": _TIERS.get(level, "")} for code, name, level in rows]


def sectors(day: date) -> list[dict[str, str]]:
    """``LayDanhMucLinhVuc`` (one query)."""
    rows = Sector.objects.on(day).order_by("code").values_list("code", "name", "parent__code")
    return [{"MALINHVUC": code, "TENLINHVUC": name, "MANGANH": parent or ""} for code, name, parent in rows]


def found_dossier(units: Collection[str], code: str) -> dict[str, str] | None:
    """``TraCuuHoSo``: what the register knows of a dossier that is handled by these units; None for another's, as for one that is not
    there (one query)."""
    try:
        year = year_of(code)
    except ValueError:
        return None
    theirs = Q()
    for unit in units:
        theirs |= Q(unit_code=unit) | Q(unit_code__startswith=f"{unit}.")
    row = NationalDossier.objects.filter(theirs, year=year, code=code).first()
    if row is None:
        return None
    return {
        "MaHoSo": row.code, "MaTTHC": row.procedure_code, "MaLinhVuc": row.field_code, "KenhThucHien": row.channel,
        "LoaiDoiTuong": row.subject, "DonViXuLy": row.unit_code, "TrangThaiHoSo": row.state, "NgayNopHoSo": moment(row.submitted_at),
        "NgayTiepNhan": moment(row.received_at), "NgayHenTra": moment(row.due_at), "NgayKetThucXuLy": moment(row.finished_at),
        "NgayTra": moment(row.returned_at), "NgayTuChoi": moment(row.refused_at),
    }  # fmt: skip
