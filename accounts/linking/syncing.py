"""Linked accounts kept in step, where the person agreed to that (A-18; Reform III.2a, V.2d; law 91/2025/QH15).

What changes here (name, phone, address of e-mail) is told to the system, as far as it may know it by its registration. What changes there
comes here: another name of the account, its end; another phone, address or name of the person is put before them and taken over by nobody
but them, in the way in which one changes it here: codes go to phones and addresses, and names are the population registry's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.contacts import contact_of
from accounts.identifiers import clean_phone
from accounts.linking.named import LONGEST_ACCOUNT, account_digest
from accounts.models import AccountOffer, OidcClient, Person
from portal import audit
from portal.access import SYSTEM, ActingAs, Actor
from portal.exchange.messages import send, subscribers
from portal.exchange.partners.models import Call, Partner
from portal.exchange.partners.units import within
from portal.notifications.services import notify
from portal.text import nfc, search_key

CHANGED = "account.changed"
State = AccountOffer.State
BY_SCOPE = {"name": "profile", "phone": "phone", "email": "email"}
"""What a system is told, and the scope by which it may know it."""
_SAID = frozenset({"client", "account", "new_account", "ended", *BY_SCOPE})
_MOST = 300


class BadChange(ValueError):
    """What a system says cannot be: ``code`` a stable word, ``name`` the field."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{name}: {code}")
        self.code, self.name = code, name


# From here -----------------------------------------------------------------------------------------------------------------------


def person_changed(person_id: UUID, *, now: datetime) -> int:
    """Tell systems whose accounts are linked, and whose person agreed, what is other than what they were told last; how many messages. In
    the caller's transaction (one query where nothing is linked)."""
    rows = AccountOffer.objects.filter(person_id=person_id, state=State.LINKED, syncs=True, client__suspended_at=None)
    links = list(rows.select_related("client").order_by("id"))
    if not links:
        return 0
    known = _known_here(person_id)
    asking = [partner for partner in subscribers(CHANGED) if Call.ACCOUNTS in partner.calls]
    sent = 0
    for row in links:
        told = {name: known[name] for name, scope in BY_SCOPE.items() if scope in row.client.scopes}
        digest = _digest(row, told)
        if constant_time_compare(digest, row.told_digest):
            continue
        for partner in asking:
            if within(row.client.unit_code, partner.units) and partner.is_test == row.client.is_test:
                body = {"client": str(row.client_id), "account": row.account or "", "at": now, **told}
                send(partner=partner, kind=CHANGED, about=str(row.pk), body=body, key=f"{CHANGED}:{row.pk}:{now.isoformat()}")
                sent += 1
        AccountOffer.objects.filter(pk=row.pk).update(told_digest=digest)
    return sent


def _known_here(person_id: UUID) -> dict[str, str]:
    contact = contact_of(person_id)
    return {"name": Person.objects.get(pk=person_id).full_name, "phone": contact.phone, "email": contact.email}


def _digest(row: AccountOffer, told: Mapping[str, str]) -> str:
    return salted_hmac("accounts.told", f"{row.pk}|{json.dumps(told, sort_keys=True)}", algorithm="sha256").hexdigest()


# From there ----------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def take_change(*, partner: Partner, body: Mapping[str, Any], now: datetime) -> str:
    """What a system says of a linked account: ``taken``, ``same``, ``ended``. Of one that is being tried out it is checked, no more.
    :class:`BadChange` (``no_consent`` where the person did not agree that their data are kept in step)."""
    said = _read(body)
    client = OidcClient.objects.filter(pk=said["client"]).first()
    if client is None or not within(client.unit_code, partner.units):
        raise BadChange("unknown_client", "client")
    rows = AccountOffer.objects.select_for_update(of=("self",)).select_related("client")
    row = rows.filter(client=client, account_digest=account_digest(client, said["account"]), state=State.LINKED).first()
    if row is None or row.person_id is None:
        raise BadChange("unknown_account", "account")
    if partner.is_test:
        return "checked"
    if said.get("ended"):
        row.state, row.ended_at, row.proposed = State.ENDED, now, None
        row.save(update_fields=["state", "ended_at", "proposed"])
        _note(row, "account_ended_there")
        notify(
            party_id=row.person_id, template="accounts.account_ended_there", context={"system": client.name}, key=f"account-ended:{row.pk}"
        )
        return "ended"
    taken = _rename(row, said["new_account"]) if said.get("new_account") else False
    if names := {name: said[name] for name in BY_SCOPE if name in said}:
        if not row.syncs:
            raise BadChange("no_consent", sorted(names)[0])
        taken = _propose(row, names, now) or taken
    return "taken" if taken else "same"


def _read(body: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(body) - _SAID):
        raise BadChange("unknown_field", unknown[0][:60])
    said: dict[str, Any] = {}
    for name in sorted((_SAID - {"ended"}) & set(body)):
        value = body[name]
        if not isinstance(value, str) or not value.strip() or "\0" in value or len(value) > _MOST:
            raise BadChange("not_text", name)
        said[name] = nfc(value).strip()
    if body.get("ended", False) not in (True, False):
        raise BadChange("unknown_value", "ended")
    said["ended"] = bool(body.get("ended", False))
    try:
        said["client"] = UUID(said.get("client", ""))
    except ValueError:
        raise BadChange("unknown_client", "client") from None
    if "account" not in said:
        raise BadChange("missing", "account")
    if len(said.get("new_account", "")) > LONGEST_ACCOUNT:
        raise BadChange("too_long", "new_account")
    if "phone" in said:
        said["phone"] = clean_phone(said["phone"])
        if not said["phone"]:
            raise BadChange("bad_value", "phone")
    if "email" in said and "@" not in said["email"]:
        raise BadChange("bad_value", "email")
    return said


def _rename(row: AccountOffer, account: str) -> bool:
    digest = account_digest(row.client, account)
    if digest == row.account_digest:
        return False
    row.account, row.account_digest = account, digest
    try:
        with transaction.atomic():
            row.save(update_fields=["account", "account_digest"])
    except IntegrityError:
        raise BadChange("taken_name", "new_account") from None
    _note(row, "account_renamed_there")
    return True


def _propose(row: AccountOffer, names: Mapping[str, str], now: datetime) -> bool:
    """Keep what is other there than here, for the person to look at; told once for each news."""
    assert row.person_id is not None
    here = _known_here(row.person_id)
    other = {name: value for name, value in names.items() if _bare(name, value) != _bare(name, here[name])}
    known = dict(row.proposed or {})
    merged = {name: value for name, value in {**known, **names}.items() if name in other or (name in known and name not in names)}
    if merged == known:
        return False
    row.proposed = merged or None
    row.save(update_fields=["proposed"])
    if other:
        _note(row, "account_differs_there", fields=sorted(other))
        digest = hashlib.sha256(json.dumps(merged, sort_keys=True).encode()).hexdigest()[:16]
        notify(
            party_id=row.person_id,
            template="accounts.account_differs",
            context={"system": row.client.name},
            key=f"account-differs:{row.pk}:{digest}",
            link="/tai-khoan/lien-ket/",
        )
    return True


def _bare(name: str, value: str) -> str:
    return search_key(value) if name == "name" else value.lower()


# The person ----------------------------------------------------------------------------------------------------------------------


def _own(offer_id: UUID, actor: Actor) -> AccountOffer | None:
    if actor.person_id is None or actor.acting_as is not ActingAs.SELF:
        return None
    rows = AccountOffer.objects.select_for_update(of=("self",)).select_related("client")
    return rows.filter(pk=offer_id, person_id=actor.person_id, state=State.LINKED).first()


@transaction.atomic
def set_sync(*, offer_id: UUID, on: bool, actor: Actor, now: datetime) -> bool:
    """Agree that name and contact are kept in step with a linked account, or take that back; what was proposed leaves then. False: it is
    not linked (any longer)."""
    row = _own(offer_id, actor)
    if row is None:
        return False
    if row.syncs != on:
        row.syncs, row.proposed, row.told_digest = on, None, ""
        row.save(update_fields=["syncs", "proposed", "told_digest"])
        _note(row, "sync_account" if on else "stop_syncing_account", actor=actor)
        if on and actor.person_id is not None:
            person_changed(actor.person_id, now=now)
    return True


@transaction.atomic
def settle(*, offer_id: UUID, actor: Actor, field: str = "") -> str | None:
    """The person has looked at what is other there: it is proposed no more (``field``: that alone). What it was, or "", for the way in
    which one changes it here; None: there is nothing."""
    row = _own(offer_id, actor)
    if row is None or not row.proposed or (field and field not in row.proposed):
        return None
    proposed = dict(row.proposed)
    value = str(proposed.pop(field)) if field else ""
    row.proposed = proposed if field and proposed else None
    row.save(update_fields=["proposed"])
    return value


def _note(row: AccountOffer, act: str, *, actor: Actor = SYSTEM, **details: Any) -> None:
    audit.record(
        actor=actor,
        act=f"accounts.{act}",
        target="accounts.person",
        target_id=str(row.person_id),
        unit=row.client.unit_code,
        details={"client": str(row.client_id), **details},
    )
