"""Showing a paper of the store to somebody: a link that nobody guesses, a code beside it, until a day (requirement D-04)."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import F

from dossiers.models import StoreLook, StorePaper, StoreShare
from dossiers.services.common import NotYours, filer
from dossiers.store.queries import is_open, own_papers
from portal import audit
from portal.access import ANONYMOUS, Actor
from portal.crypto import blind_index

INDEX = "dossiers.store_share"
SALT = "dossiers.store.opened"
OPEN_SECONDS = 900
"""So long a right code opens the files without being typed again."""
DAYS = (1, 7, 30)
"""For how long one may share."""
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of a code: none that looks like another."""
MOST = 10
"""Open links of one paper."""


class TooMany(Exception):
    """The paper has as many open links as it may have."""


class Closed(Exception):
    """There is no such link, it has ended, or its tries are used up."""


class WrongCode(Exception):
    """Another code belongs to this link; ``tries_left`` in all."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(str(tries_left))
        self.tries_left = tries_left


def _own(actor: Actor, paper_id: UUID) -> StorePaper:
    filer(actor)
    paper = own_papers(actor).select_for_update(of=("self",)).filter(pk=paper_id).first()
    if paper is None:
        raise NotYours
    return paper


@transaction.atomic
def share(*, actor: Actor, paper_id: UUID, days: int, purpose: str, now: datetime) -> StoreShare:
    """Make a link with a code for one of :data:`DAYS`. :class:`NotYours`, :class:`TooMany`; ``ValueError`` for other days."""
    if days not in DAYS:
        raise ValueError(f"{days} days are not offered")
    paper = _own(actor, paper_id)
    open_now = paper.shares.filter(ended_at=None, until__gt=now, tries__lt=StoreShare.TRIES).count()
    if open_now >= MOST:
        raise TooMany
    token = secrets.token_urlsafe(24)
    made = StoreShare.objects.create(
        paper=paper,
        token_index=blind_index(INDEX, token),
        token=token,
        code="".join(secrets.choice(LETTERS) for _ in range(6)),
        purpose=purpose.strip()[:100] or None,
        made_by=filer(actor),
        made_at=now,
        until=now + timedelta(days=days),
    )
    _record(actor, "dossiers.store_share", made, days=str(days))
    return made


@transaction.atomic
def end(*, actor: Actor, paper_id: UUID, share_id: UUID, now: datetime) -> None:
    """End a share before its day. Twice is the same as once; :class:`NotYours`."""
    paper = _own(actor, paper_id)
    found = paper.shares.select_for_update().filter(pk=share_id).first()
    if found is None:
        raise NotYours
    if found.ended_at is None:
        found.ended_at = now
        found.save(update_fields=["ended_at"])
        _record(actor, "dossiers.store_unshare", found)


def _record(actor: Actor, act: str, made: StoreShare, **details: str) -> None:
    details = {"share": str(made.pk), **details}
    audit.record(actor=actor, act=act, target="dossiers.storepaper", target_id=str(made.paper_id), details=details)


def by_token(token: str, now: datetime) -> StoreShare:
    """The share behind a link, with its paper (one query). :class:`Closed`, whatever the reason: a stranger learns no more."""
    index = blind_index(INDEX, token)
    found = StoreShare.objects.select_related("paper__document").filter(token_index=index).first()
    if found is None or not is_open(found, now) or found.code is None:
        raise Closed
    return found


def plain_code(typed: str) -> str:
    """A code as it was given out, however it was typed."""
    return "".join(typed.upper().split()).replace("-", "")[:20]


def open_with(*, token: str, typed: str, now: datetime) -> tuple[StoreShare, str]:
    """The share whose code was typed, and a pass for its files. Counted, written down, audited.

    Each try is counted in a transaction of its own before the code is looked at, and given back when it was right: stopping half-way gives
    no free guess, and guesses at once count one by one. :class:`Closed`, :class:`WrongCode`.
    """
    found = by_token(token, now)
    room = StoreShare.objects.filter(pk=found.pk, tries__lt=StoreShare.TRIES, openings__lt=StoreShare.OPENINGS, ended_at=None)
    with transaction.atomic():
        if not room.update(tries=F("tries") + 1):
            raise Closed
    if not hmac.compare_digest(plain_code(typed).encode(), str(found.code).encode()):
        with transaction.atomic():
            _record(ANONYMOUS, "dossiers.store_wrong_code", found)
        found.refresh_from_db(fields=["tries"])
        raise WrongCode(StoreShare.TRIES - found.tries)
    with transaction.atomic():
        StoreShare.objects.filter(pk=found.pk).update(tries=F("tries") - 1, openings=F("openings") + 1)
        StoreLook.objects.create(paper=found.paper, at=now, who=StoreLook.Who.SHARE, share=found)
        _record(ANONYMOUS, "dossiers.store_opened", found)
    return found, signing.dumps(str(found.pk), salt=SALT)


def with_pass(*, token: str, text: str, now: datetime) -> StoreShare:
    """The share for whose files a pass was given a short while ago. :class:`Closed`."""
    found = by_token(token, now)
    try:
        given = signing.loads(text, salt=SALT, max_age=OPEN_SECONDS)
    except signing.BadSignature:
        raise Closed from None
    if given != str(found.pk):
        raise Closed
    return found
