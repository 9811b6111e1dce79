"""SMS to our number are answered: ``HS <mã hồ sơ>``, ``TT <mã thủ tục>``, ``HT <vướng mắc>``; anything else by the line that helps."""

from __future__ import annotations

import datetime as dt
import re
from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone

from accounts.identifiers import clean_phone
from helpdesk.machines import answers
from helpdesk.models import Ticket
from helpdesk.services import tickets
from portal.exchange.sms import Inbound
from portal.limits import take
from portal.notifications.services import notify
from portal.text import search_key

HELP = (
    "Soan: HS <ma ho so> de biet ho so den dau; TT <ma thu tuc> de biet giay to can co; HT <vuong mac> de duoc ho tro. Hoac goi 1800 1096."
)
PER_PHONE = 20
"""Answers an hour to one phone: each costs us money and the phone's owner patience."""
PER_DOSSIER = 10
"""Answers an hour about one dossier, whoever asks."""
TICKETS_A_DAY = 3
LONGEST = 480
"""Characters of an answer: three messages of plain letters."""
_WORDS = re.compile(r"^\s*([A-Za-zĐđ]{2})\s*[:.\-]?\s+(.+)$", re.DOTALL)


def plain(text: str) -> str:
    """The text in plain letters, as every phone shows it and as seven bits carry it; cut at a word where it is too long."""
    kept = []
    for word in text.split():
        low = search_key(word)
        kept.append("".join(a.upper() if b.isupper() else a for a, b in zip(low, word, strict=True)) if len(low) == len(word) else low)
    line = " ".join(kept)
    return line if len(line) <= LONGEST else line[: LONGEST - 3].rsplit(" ", 1)[0] + "..."


def answer(message: Inbound, *, now: dt.datetime) -> str:
    """Answer one SMS, within the inbox's transaction; says in a word what it was about.

    The answer goes to the phone that the gateway names: a forged sender gains nothing, for the words come to the real one.
    """
    phone = clean_phone(message.sender)
    if not phone:
        return "no mobile number"
    if not take("helpdesk.sms", phone, capacity=PER_PHONE, refill_per_second=PER_PHONE / 3600).allowed:
        return "too many of one phone"
    found = _WORDS.match(message.text)
    keyword = search_key(found[1]).upper() if found else ""
    rest = found[2].strip() if found else ""
    if keyword == "HS":
        return _reply(phone, message, _dossier(rest, phone, now), "dossier")
    if keyword == "TT":
        words = answers.papers_of(rest, day=timezone.localdate(now))
        return _reply(phone, message, words or f"Khong co thu tuc {rest[:40]} dang co hieu luc. {HELP}", "papers")
    if keyword == "HT":
        return _ticket(rest, phone, message, now)
    return _reply(phone, message, HELP, "help")


def _dossier(code: str, phone: str, now: dt.datetime) -> str:
    grant = take("helpdesk.sms-dossier", answers.clean(code), capacity=PER_DOSSIER, refill_per_second=PER_DOSSIER / 3600)
    if not grant.allowed:
        return "Ho so nay vua duoc hoi nhieu lan. Ban thu lai sau mot gio, hoac goi 1800 1096."
    found = answers.state_of(code, phone, now=now)
    return found.words if found is not None else f"Khong co ho so {code[:60]}. Ban so lai voi giay tiep nhan ho so. {HELP}"


def _ticket(words: str, phone: str, message: Inbound, now: dt.datetime) -> str:
    if not take("helpdesk.sms-ticket", phone, capacity=TICKETS_A_DAY, refill_per_second=TICKETS_A_DAY / 86400).allowed:
        return _reply(phone, message, "Hom nay ban da gui nhieu yeu cau. Can gap, goi 1800 1096.", "too many tickets")
    # Its own notice says the code.
    tickets.open_from_message(
        words=words, contact={"name": "", "phone": phone, "email": ""}, channels=["sms"], source=Ticket.Source.SMS, now=now
    )
    return "ticket"


def _reply(phone: str, message: Inbound, words: str, outcome: str) -> str:
    party = uuid5(NAMESPACE_URL, f"sms:{message.number}")
    notify(
        party_id=party, template="helpdesk.sms_answer", context={"text": plain(words)}, key=f"sms:{party}", channels=("sms",),
        address=phone, expires_at=timezone.now() + dt.timedelta(hours=1),
    )  # fmt: skip
    return outcome
