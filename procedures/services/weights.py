"""The weights by which the search counts: loaded with the software, laid down by editors, brought back to what was shipped."""

from __future__ import annotations

import re
from decimal import Decimal

import pghistory
from django.db import IntegrityError, transaction

from portal import audit
from portal.access import SYSTEM, Actor, require
from portal.search.phrases import word_key
from portal.text import nfc
from procedures.models import SearchWeight, SearchWord
from procedures.services.words import WordRefused

_PAIR = re.compile(r"[a-z0-9]+ [a-z0-9]+")
Origin = SearchWord.Origin


def weight_faults(*, value: Decimal | None, name: str | None = None, key: str = "") -> dict[str, str]:
    """What speaks against a weight, by field; empty: nothing. ``name``: of a new pair; ``key``: of a weight that is there.

    At most two queries.
    """
    faults: dict[str, str] = {}
    if name is not None:
        pair = word_key(name)
        if not _PAIR.fullmatch(pair):
            faults["name"] = "Hãy ghi đúng hai tiếng, ví dụ: bản sao. Nhiều hơn thì ghi ở mục Từ tìm kiếm."
        elif len(name) > SearchWeight.MAX_NAME:
            faults["name"] = f"Hai tiếng không quá {SearchWeight.MAX_NAME} ký tự."
        elif other := SearchWeight.objects.filter(key=pair).first():
            faults["name"] = f"Đã có cặp “{other.name}”: hãy sửa trọng số của nó. Máy tìm không phân biệt dấu và chữ hoa."
        elif SearchWeight.objects.filter(kind=SearchWeight.Kind.PAIR).count() >= SearchWeight.MAX_PAIRS:
            faults["name"] = f"Đã có {SearchWeight.MAX_PAIRS} cặp tiếng, không thêm được nữa: hãy bỏ bớt cặp không còn cần."
    least = SearchWeight.LEAST_NAME if key == "name" else SearchWeight.LEAST
    if value is None or not value.is_finite() or not least <= value <= SearchWeight.MOST or value != round(value, 2):
        lower = "0,1" if key == "name" else "0"
        faults["value"] = f"Trọng số từ {lower} đến {SearchWeight.MOST}, nhiều nhất hai chữ số sau dấu phẩy."
    return faults


def _note(actor: Actor, act: str, weight: SearchWeight, before: Decimal | None) -> None:
    details = {"key": weight.key, "value": str(weight.value), "before": "" if before is None else str(before)}
    audit.record(actor=actor, act=act, target="procedures.searchweight", target_id=str(weight.pk), details=details)


def _context(actor: Actor, act: str) -> pghistory.context:
    return pghistory.context(act=act, unit=actor.unit, position=str(actor.position_id or ""))


def add_pair(*, actor: Actor, name: str, value: Decimal) -> SearchWeight:
    """Let two neighbouring syllables count more or less than others do (a factor). ``WordRefused``, ``AccessDenied``."""
    require(actor, "procedures.words")
    name = " ".join(nfc(name.replace("\x00", "")).split())
    if faults := weight_faults(name=name, value=value):
        raise WordRefused(faults)
    try:
        with transaction.atomic(), _context(actor, "procedures.weights.add"):
            weight = SearchWeight.objects.create(name=name, key=word_key(name), kind=SearchWeight.Kind.PAIR, value=value)
            _note(actor, "procedures.weights.add", weight, None)
    except IntegrityError as error:
        if "search_weight_key" not in str(error):
            raise
        raise WordRefused({"name": "Người khác vừa ghi cặp tiếng này."}) from error
    return weight


def set_weight(*, actor: Actor, weight_id: int, value: Decimal) -> SearchWeight:
    """Lay down how much something counts; it is the editors' from then on. ``WordRefused``, ``AccessDenied``."""
    require(actor, "procedures.words")
    act = "procedures.weights.change"
    with transaction.atomic(), _context(actor, act):
        weight = SearchWeight.objects.select_for_update().filter(pk=weight_id).first()
        if weight is None:
            raise WordRefused({"value": "Cặp tiếng này vừa được người khác bỏ."})
        if faults := weight_faults(value=value, key=weight.key):
            raise WordRefused(faults)
        before, weight.value, weight.origin = weight.value, value, Origin.DESK
        weight.save(update_fields=["value", "origin", "updated_at"])
        _note(actor, act, weight, before)
    return weight


@transaction.atomic
def restore_weight(*, actor: Actor, weight_id: int) -> bool:
    """Bring a weight back to what was shipped; a pair of the editors goes. False: there was nothing to bring back. ``AccessDenied``."""
    require(actor, "procedures.words")
    weight = SearchWeight.objects.select_for_update().filter(pk=weight_id).first()
    shipped = weight.shipped_value if weight else None
    if weight is None or (weight.value == shipped and weight.origin == Origin.SHIPPED):
        return False
    act = "procedures.weights.restore" if shipped is not None else "procedures.weights.remove"
    with _context(actor, act):
        before = weight.value
        if shipped is None:
            _note(actor, act, weight, before)
            weight.delete()
        else:
            weight.value, weight.origin = shipped, Origin.SHIPPED
            weight.save(update_fields=["value", "origin", "updated_at"])
            _note(actor, act, weight, before)
    return True


@transaction.atomic
def load_weights(*, actor: Actor = SYSTEM) -> tuple[int, int, int]:
    """Bring the weights we ship into the database: how many were added, changed, and stood as they were.

    What editors laid down stands. One query when nothing has changed.
    """
    rows = {row.key: row for row in SearchWeight.objects.filter(key__in=SearchWeight.SHIPPED).select_for_update()}
    added = [
        SearchWeight(key=key, name=one.name, kind=one.kind, value=one.value, origin=Origin.SHIPPED)
        for key, one in SearchWeight.SHIPPED.items()
        if key not in rows
    ]
    changed = []
    for key, row in rows.items():
        shipped = SearchWeight.SHIPPED[key]
        value = shipped.value if row.origin == Origin.SHIPPED else row.value
        if (row.name, row.value) != (shipped.name, value):
            row.name, row.value = shipped.name, value
            changed.append(row)
    if added or changed:
        with _context(actor, "procedures.weights.load"):
            for row in changed:
                row.save(update_fields=["name", "value", "updated_at"])
            SearchWeight.objects.bulk_create(added, ignore_conflicts=True)
        counts = {"added": len(added), "changed": len(changed)}
        audit.record(actor=actor, act="procedures.weights.load", target="procedures.searchweight", details=counts)
    return len(added), len(changed), len(rows) - len(changed)
