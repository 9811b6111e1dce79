"""Lists of accounts from agencies: read, put before the people they name, reported row by row. Resumable, and harmless when repeated.

Each row ends in one outcome (:class:`accounts.models.linking.AccountFileRow.Outcome`) and makes at most one offer. What a list says is
an agency's word; an account is linked by its person alone (:mod:`accounts.linking.answering`).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from accounts.identifiers import clean_id_number
from accounts.linking.named import LONGEST_ACCOUNT, account_digest
from accounts.models import AccountFile, AccountFileRow, AccountOffer, OidcClient, Person
from accounts.provider.clients import ADMIT, KEEP
from portal import audit, outbox
from portal.access import Actor, may, require
from portal.catalogues import tables
from portal.crypto import bare_index, blind_index, open_text, seal_text
from portal.notifications.services import notify
from portal.text import nfc

NUMBER, ACCOUNT = ("so_dinh_danh", "identity_number"), ("tai_khoan", "account")
"""How the two columns may be called."""
SLICE = 200
_CONTEXT = "accounts.account_file"
Outcome = AccountFileRow.Outcome
State = AccountOffer.State
OPEN = (State.OFFERED, State.LINKED)


class FileRefused(Exception):
    """A list that cannot be taken; ``message`` is for the officer, ``field`` names what to mend."""

    status = 422

    def __init__(self, message: str, field: str = "file") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def read(name: str, content: bytes) -> list[tuple[int, str, str]]:
    """The rows of a CSV, XLSX or JSON list: number of the line, identity number, account. Raises :class:`FileRefused`."""
    if content.lstrip()[:1] in (b"[", b"{"):
        return _from_json(content)
    try:
        table = tables.read(name, content)
    except tables.TableUnreadable as unreadable:
        raise FileRefused(str(unreadable)) from None
    header = [cell.strip().lower() for cell in table.header]
    places = [next((header.index(one) for one in names if one in header), None) for names in (NUMBER, ACCOUNT)]
    number_at, account_at = places
    if number_at is None or account_at is None:
        raise FileRefused(f"Tệp cần hai cột {NUMBER[0]} và {ACCOUNT[0]} ở dòng tiêu đề.")
    return [(line, _cell(cells, number_at), _cell(cells, account_at)) for line, cells in table.rows]


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""


def _from_json(content: bytes) -> list[tuple[int, str, str]]:
    if len(content) > tables.MAX_BYTES:
        raise FileRefused(f"Tệp quá lớn: tối đa {tables.MAX_BYTES // 1024 // 1024} MB.")
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        raise FileRefused("Tệp JSON không đọc được đến hết.") from None
    if not isinstance(said, list) or len(said) > tables.MAX_ROWS or not all(isinstance(one, dict) for one in said):
        raise FileRefused(f"Tệp JSON là một danh sách, tối đa {tables.MAX_ROWS} mục, mỗi mục có {NUMBER[1]} và {ACCOUNT[1]}.")

    def value(one: dict[str, Any], names: Iterable[str]) -> str:
        found = next((one[name] for name in names if name in one), "")
        return nfc(found).strip() if isinstance(found, str) else ""

    return [(at, value(one, NUMBER), value(one, ACCOUNT)) for at, one in enumerate(said, start=1)]


def require_keeper(actor: Actor, client: OidcClient) -> None:
    """Whose system it is gives its lists; the Government Office may for all."""
    if not may(actor, ADMIT):
        require(actor, KEEP, client.unit_code)


@transaction.atomic
def take(*, client_id: UUID, name: str, content: bytes, actor: Actor, now: datetime, at_once: bool = True) -> AccountFile:
    """Take a list in; its rows are read by the worker. A list that was given before is that one, and goes on where it stood.

    ``at_once``: the worker begins; else the caller goes on itself (:func:`go_on`). :class:`FileRefused`, ``AccessDenied``.
    """
    client = OidcClient.objects.filter(pk=client_id).first()
    if client is None:
        raise FileRefused("Không có hệ thống này.", "client")
    require_keeper(actor, client)
    if client.suspended_at is not None:
        raise FileRefused("Hệ thống này đang tạm ngừng.", "client")
    rows = read(name, content)
    if not rows:
        raise FileRefused("Tệp không có dòng nào.")
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    row, made = AccountFile.objects.get_or_create(
        client=client,
        digest=digest,
        defaults={
            "unit_code": client.unit_code,
            "name": name[:200],
            "rows": len(rows),
            "given_by": actor.position_id,
            "given_at": now,
        },
    )
    if made:
        AccountFileRow.objects.bulk_create(
            (
                AccountFileRow(file=row, line=line, sealed=seal_text(json.dumps([number, account]), context=_CONTEXT))
                for line, number, account in rows
            ),
            batch_size=1000,
        )
        _note(actor, "take_account_file", row, rows=len(rows))
    if at_once and row.done_at is None:
        outbox.put("accounts.link_accounts", key=f"{row.pk}:{now.isoformat()}", payload={"file": str(row.pk)})
    return row


def go_on(*, file_id: UUID, now: datetime, seconds: float) -> bool:
    """Read on in a list for so long, a slice at a time, each a transaction of its own. True: it has been read to its end."""
    until = time.monotonic() + seconds
    while _slice(file_id, now):
        if time.monotonic() > until:
            return False
    return True


@transaction.atomic
def _slice(file_id: UUID, now: datetime) -> bool:
    """The next rows of a list. False: there are none left."""
    # One reader a list: an account that stands twice is found by the order of its lines.
    file = AccountFile.objects.select_for_update(of=("self",)).select_related("client").get(pk=file_id)
    if file.done_at is not None:
        return False
    rows = list(AccountFileRow.objects.filter(file=file, outcome=Outcome.WAITING).order_by("line")[:SLICE])
    if not rows:
        file.done_at = now
        file.save(update_fields=["done_at"])
        return False
    said = [(row, *_opened(row)) for row in rows]
    known = _Known(file, said)
    for row, number, account in said:
        row.outcome, row.offer, row.sealed = *known.outcome(number, account, now), ""
    AccountFileRow.objects.bulk_update(rows, ["outcome", "offer", "sealed"])
    for offer, person in known.told:
        notify(
            party_id=person.pk,
            template="accounts.account_offered",
            context={"system": file.client.name},
            key=f"account-offered:{offer.pk}",
        )
    return True


def _opened(row: AccountFileRow) -> tuple[str, str]:
    number, account = json.loads(open_text(row.sealed, context=_CONTEXT))
    return clean_id_number(number), account


class _Known:
    """What is known about the numbers and accounts of a slice (three queries, however many rows)."""

    def __init__(self, file: AccountFile, said: Sequence[tuple[AccountFileRow, str, str]]) -> None:
        self.file, self.client = file, file.client
        self.told: list[tuple[AccountOffer, Person]] = []
        blinds = {number: blind_index("id_number", number) for _, number, _ in said if number}
        self.blinds = blinds
        digests = {account_digest(self.client, account) for _, _, account in said if account}
        people = Person.objects.filter(id_blind__in=list(blinds.values()), user__isnull=False)
        # Compared without their cover: keys may be changing just now.
        self.people = {bare_index(person.id_blind): person for person in people if person.id_blind}
        offers = AccountOffer.objects.filter(client=self.client).filter(
            Q(number_blind__in=list(blinds.values())) | Q(account_digest__in=digests)
        )
        self.by_number: dict[str, AccountOffer] = {}
        self.by_account: dict[str, AccountOffer] = {}
        self.refused: set[tuple[str, str]] = set()
        for offer in offers.order_by("offered_at", "id"):
            self._add(offer)

    def _add(self, offer: AccountOffer) -> None:
        if offer.state in OPEN:
            self.by_number[bare_index(offer.number_blind)], self.by_account[offer.account_digest] = offer, offer
        elif offer.state in (State.DECLINED, State.ENDED):
            self.refused.add((bare_index(offer.number_blind), offer.account_digest))

    def outcome(self, number: str, account: str, now: datetime) -> tuple[str, AccountOffer | None]:
        """What becomes of a row, and the offer it is about."""
        if not number:
            return Outcome.WRONG_NUMBER, None
        if not account or len(account) > LONGEST_ACCOUNT:
            return Outcome.NO_ACCOUNT, None
        blind, digest = self.blinds[number], account_digest(self.client, account)
        bare = bare_index(blind)
        there = self.by_number.get(bare) or self.by_account.get(digest)
        if there is not None:
            if there.file_id == self.file.pk:
                return Outcome.TWICE, None
            if (bare_index(there.number_blind), there.account_digest) != (bare, digest):
                return Outcome.DIFFERS, None
            return (Outcome.LINKED if there.state == State.LINKED else Outcome.ALREADY), there
        if (bare, digest) in self.refused:
            # Who said no is not asked again by another list.
            return Outcome.DECLINED, None
        offer = AccountOffer(client=self.client, file=self.file, number_blind=blind, account_digest=digest, offered_at=now)
        offer.account = account
        offer.save()
        self._add(offer)
        person = self.people.get(bare)
        if person is None:
            return Outcome.UNKNOWN, offer
        self.told.append((offer, person))
        return Outcome.OFFERED, offer


@transaction.atomic
def withdraw(*, file_id: UUID, actor: Actor, now: datetime) -> int:
    """Take back what a list offered and nobody has answered (a wrong list). How many; what people agreed to stays theirs to end."""
    file = AccountFile.objects.select_for_update(of=("self",)).select_related("client").get(pk=file_id)
    require_keeper(actor, file.client)
    if file.done_at is None:
        raise FileRefused("Danh sách đang được đọc. Bạn đợi đọc xong rồi rút.", "")
    number = AccountOffer.objects.filter(file=file, state=State.OFFERED).update(state=State.WITHDRAWN, ended_at=now)
    _note(actor, "withdraw_account_offers", file, number=number)
    return number


def counts(file: AccountFile) -> dict[str, int]:
    """How many rows there are of each outcome, in their order (one query)."""
    rows = AccountFileRow.objects.filter(file=file).order_by().values("outcome").annotate(number=Count("id"))
    found = Counter({row["outcome"]: row["number"] for row in rows})
    return {name: found[name] for name in Outcome.values if found[name]}


def report(file: AccountFile) -> QuerySet[AccountFileRow]:
    """Every row with what became of it and how it stands today; no number, no account."""
    return AccountFileRow.objects.filter(file=file).select_related("offer").defer("sealed", "offer__account").order_by("line")


HEADER = ["Dòng", "Kết quả khi đọc", "Mã kết quả", "Hiện nay"]


def lines(file: AccountFile) -> Iterable[list[Any]]:
    """The report as cells."""
    for row in report(file).iterator(chunk_size=1000):
        today = row.offer.get_state_display() if row.offer is not None else ""
        yield [row.line, row.get_outcome_display(), row.outcome, today]


def _note(actor: Actor, act: str, file: AccountFile, **details: Any) -> None:
    audit.record(
        actor=actor,
        act=f"accounts.{act}",
        target="accounts.accountfile",
        target_id=str(file.pk),
        unit=file.unit_code,
        details={"client": str(file.client_id), **details},
    )
