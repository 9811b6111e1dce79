"""What officers are told of a process: that another agency has given the opinion they asked for."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_noop

from accounts import queries as people
from dossiers.answering import DESK
from dossiers.models import DossierOpinion
from dossiers.process.assigning import open_step
from portal.documents.units import unit_name
from portal.notifications.registry import register_template
from portal.notifications.services import notify

ANSWERED = "dossiers.opinion_answered"


def register() -> None:
    """The texts; once, in ``ready()``, after the kind of what officers are told of their desk."""
    register_template(
        ANSWERED,
        kind=DESK,
        inbox_title=gettext_noop("Hồ sơ {code}: {agency} đã cho ý kiến"),
        inbox_body=gettext_noop("Về việc {matter}: {verdict}. Nội dung có trong trang hồ sơ."),
        sms=gettext_noop("Hồ sơ {code}: {agency} đã cho ý kiến. {link}"),
        action=gettext_noop("Mở hồ sơ"),
        sample={
            "code": "H26.101-261129-0001",
            "agency": "Bộ Công Thương",
            "matter": "Sản phẩm thuộc phạm vi quản lý",
            "verdict": "Đồng ý",
        },
    )


def tell_of_answer(row: DossierOpinion) -> None:
    """Tell who asked for an opinion, and who has the dossier now, that it was given; once each, in the answer's transaction."""
    step = open_step(row.dossier)
    holders = {row.asked_by, row.dossier.officer_id, step.officer_id if step is not None else None} - {None}
    persons = {people.position_person(one) for one in holders if one is not None} - {None}
    for person_id in sorted(one for one in persons if one is not None):
        notify(
            party_id=person_id,
            template=ANSWERED,
            context={
                "code": row.dossier.code or "",
                "agency": unit_name(row.asked_unit),
                "matter": row.label,
                "verdict": str(row.get_verdict_display()),
            },
            key=f"opinion-answered:{row.pk}",
            link=reverse("admin:dossiers_dossier_change", args=[row.dossier_id]),
        )
