"""Those concerned hear of a partner's line that is lost or back, and of a change of a server (Rules art. 50, 52; O-02, X-09): officers who
run or administer the agencies for which the partner speaks, the Government Office's, and the partner's own people.

Officers by inbox, SMS and e-mail as they chose; the partner's people, who have no account, by SMS and letter.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts import queries
from portal import outbox
from portal.access import SYSTEM
from portal.access.roles import TOP_AGENCY
from portal.exchange import mail, sms
from portal.exchange.errors import OutsideRefused, OutsideUnavailable
from portal.exchange.messages import telling, watching
from portal.exchange.messages.models import ConnectionEvent
from portal.exchange.partners import register as partners
from portal.exchange.partners import services
from portal.exchange.partners.models import Partner, PartnerContact, PartnerLine
from portal.notifications import letters
from portal.notifications.registry import register_kind, register_template
from portal.notifications.services import notify
from portal.outbox import GiveUp, RetryLater

KIND, OUTBOX = "accounts.connections", "accounts.tell_partner"
ROLES = ("technical", "administrator")
TOP = ("steering", "technical")
WORTH_SECONDS = 12 * 3600
DEMO = Path(settings.BASE_DIR) / "portal" / "demo" / "partner.json"
DESK = "/quan-tri/partner_messages/watchedpartner/"


def register() -> None:
    """The kind and the texts; once, in ``ready()``."""
    register_kind(KIND, _("Kết nối với các hệ thống (cán bộ)"), law_bound=True, for_officers=True)
    for name, title in (("lost", gettext_noop("Mất kết nối với {name}")), ("back", gettext_noop("Đã kết nối lại với {name}"))):
        register_template(
            f"accounts.line_{name}",
            kind=KIND,
            inbox_title=title,
            inbox_body=gettext_noop("Kết nối: {words}"),
            sms=gettext_noop("Kết nối: {words} {link}"),
            action=gettext_noop("Xem kết nối"),
            sample={"name": "Một cửa Hà Nội", "words": "Không gửi được tin đến Một cửa Hà Nội (H26) từ 08:00 ngày 01/12/2026."},
        )
    register_template(
        "accounts.line_changes",
        kind=KIND,
        inbox_title=gettext_noop("Thay đổi máy chủ kết nối của {name}"),
        inbox_body=gettext_noop("Kết nối: {words}"),
        sms="",
        action=gettext_noop("Xem kết nối"),
        sample={"name": "Một cửa Hà Nội", "words": "Từ 17:00 ngày 04/12/2026, Một cửa Hà Nội nhận tin theo địa chỉ mới."},
    )
    watching.connection_changed.connect(_line_is_other, dispatch_uid="accounts.connections")
    partners.line_changes.connect(_server_will_be_other, dispatch_uid="accounts.connections")


def load_demo() -> str:
    """The demo partner that the simulators play; a second time changes nothing. Returns one line that says what there is."""
    told = json.loads(DEMO.read_text(encoding="utf-8"))
    now, code = timezone.now(), told["code"]
    if Partner.objects.filter(pk=code).exists():
        return "1 hệ thống mẫu"
    services.add_partner(code=code, name=told["name"], units=told["units"], actor=SYSTEM, now=now)
    for key in told["keys"]:
        partners.add_key(code=code, use=key["use"], text=json.dumps(key), actor=SYSTEM, now=now)
    partners.add_contact(code=code, wants_alarms=True, actor=SYSTEM, **told["contact"])
    outside = getattr(settings, "SIMULATORS_URL", "")
    if outside:
        address = f"{outside.rstrip('/')}/partner"
        server = "Máy chủ bảo mật mẫu"
        partners.change_line(
            code=code, carrier="http", address=address, member=told["member"], zone="Internet", server=server, actor=SYSTEM, now=now
        )
    return "1 hệ thống mẫu"


def _officers(partner: Partner) -> set[UUID]:
    found = {one.person_id for unit in partner.units for one in queries.holders(unit, ROLES)}
    if not partner.is_test:
        found |= {one.person_id for one in queries.holders(TOP_AGENCY, TOP)}
    return found if partner.owner_id is None else {partner.owner_id}


def _line_is_other(sender: Any, event: ConnectionEvent, **_: Any) -> None:
    words = telling.words_of(event)[1]
    context = {"name": event.partner.name, "words": words}
    for person in _officers(event.partner):
        notify(party_id=person, template=f"accounts.line_{event.what}", context=context, key=f"line:{event.pk}", link=DESK)
    _promise(event.partner, what="event", row=event.pk)


def _server_will_be_other(sender: Any, line: PartnerLine, before: PartnerLine | None, **_: Any) -> None:
    if before is None:
        return
    words = telling.words_of_line(line)[1]
    for person in _officers(line.partner):
        context = {"name": line.partner.name, "words": words}
        notify(party_id=person, template="accounts.line_changes", context=context, key=f"server:{line.pk}", link=DESK)
    _promise(line.partner, what="line", row=line.pk)


def _promise(partner: Partner, *, what: str, row: int) -> None:
    for person in partners.alarmed(partner):
        for channel in ("sms", "email"):
            if person.phone if channel == "sms" else person.email:
                payload = {"contact": person.pk, "channel": channel, what: row}
                outbox.put(OUTBOX, key=f"{what}:{row}:{person.pk}:{channel}", payload=payload)


def tell(payload: dict[str, Any], *, number: UUID) -> None:
    """One SMS or letter to somebody at a partner (worker)."""
    person = PartnerContact.objects.filter(pk=payload["contact"], ended_at=None).first()
    if person is None:
        return
    if "event" in payload:
        event = ConnectionEvent.objects.select_related("partner").get(pk=payload["event"])
        if (timezone.now() - event.at).total_seconds() > WORTH_SECONDS:
            raise GiveUp("too old to be told")
        (title, words), at = telling.words_of(event), event.at
    else:
        line = PartnerLine.objects.select_related("partner").get(pk=payload["line"])
        (title, words), at = telling.words_of_line(line), line.noticed_at
    try:
        if payload["channel"] == "sms":
            sms.send(to=person.phone, text=f"{title}. {words}", correlator=str(number))
            return
        letter = letters.compose(number=number, to=person.email, at=at, title=title, body=words, link="", action="", language="vi")
        mail.send(letter, to=person.email, sender=letters.bounce_address(number))
    except OutsideUnavailable as away:
        raise RetryLater(away.code) from None
    except (OutsideRefused, ValueError):
        raise GiveUp("the address is not taken") from None
