"""What became of a draft's form and law since it was begun, in words for its person. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dossiers.conditions import Spec
from dossiers.forms import shown
from dossiers.reading import line
from dossiers.terms import RequiredPaper, Terms
from portal.ui.tags import dong
from procedures.fees import Fee

_COMPARED = ("label", "kind", "choices", "required", "min", "max", "max_length", "fields", "value", "decimals")
"""Of a field: what makes it another question, or takes another answer."""


@dataclass(frozen=True)
class Changes:
    """What changed, sentence by sentence; empty lists where nothing did."""

    asked_now: tuple[str, ...]
    """Questions that are new."""
    not_asked: tuple[tuple[str, str], ...]
    """Questions that are gone, with what was answered."""
    otherwise: tuple[str, ...]
    """Questions that are put in another way."""
    law: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.asked_now or self.not_asked or self.otherwise or self.law)


def changes(
    *,
    old_fields: Sequence[Spec],
    new_fields: Sequence[Spec],
    answers: Mapping[str, Any],
    there: Collection[str],
    old: Terms | None,
    new: Terms,
    law_changed: bool,
) -> Changes:
    """What changed from one form version and law to another for a person with these answers.

    ``there``: names of the new form's fields that this person meets. ``old`` None: what the law was is not known as terms any more.
    """
    before, after = {spec["name"]: spec for spec in old_fields}, {spec["name"]: spec for spec in new_fields}
    return Changes(
        tuple(spec["label"] for name, spec in after.items() if name not in before and name in there),
        tuple(
            (one.label, one.value)
            for name, spec in before.items()
            if name not in after and answers.get(name)
            for one in line(spec, answers[name], {})
        ),
        tuple(
            _otherwise(before[name], spec, answers.get(name, ""))
            for name, spec in after.items()
            if name in before and name in there and any(before[name].get(key) != spec.get(key) for key in _COMPARED)
        ),
        tuple(_law(old, new)) if law_changed else (),
    )


def _otherwise(old: Spec, new: Spec, answer: Any) -> str:
    """One question that is put in another way, and whether its answer still counts."""
    words = f"“{new['label']}”"
    if old["label"] != new["label"]:
        words = _("“%(question)s” (trước là “%(before)s”)") % {"question": new["label"], "before": old["label"]}
    if answer and new["kind"] == "choice" and answer not in [pair[0] for pair in new["choices"]]:
        return _("%(question)s: câu trả lời “%(answer)s” không còn, bạn chọn lại.") % {"question": words, "answer": shown(old, answer)}
    if new.get("required") and not old.get("required"):
        return _("%(question)s: nay bắt buộc.") % {"question": words}
    return _("%(question)s: bạn xem lại câu trả lời.") % {"question": words}


def _law(old: Terms | None, new: Terms) -> list[str]:
    day = {"day": f"{new.effective_from:%d/%m/%Y}", "decision": new.decision_number}
    said = [
        _("Từ ngày %(day)s, thủ tục này theo nội dung mới (Quyết định %(decision)s).") % day
        if new.decision_number
        else _("Từ ngày %(day)s, thủ tục này theo nội dung mới.") % day
    ]
    if old is None:
        return said
    if old.name != new.name:
        said.append(_("Tên thủ tục nay là “%(name)s”.") % {"name": new.name})
    if old.limit_words != new.limit_words:
        said.append(_("Thời hạn giải quyết: trước %(old)s, nay %(new)s.") % {"old": old.limit_words, "new": new.limit_words})
    return [*said, *_fees(old.fees, new.fees), *_papers(old.papers, new.papers)]


def _amount(fee: Fee) -> str:
    if fee.amount is None:
        return _("theo địa phương")
    amount = _("miễn phí") if fee.amount == 0 else dong(fee.amount)
    return f"{amount}/{fee.per}" if fee.per and fee.amount else amount


def _pairs(old: Sequence[Any], new: Sequence[Any], key: Callable[[Any], Any]) -> list[tuple[Any, Any]]:
    """What stands in both, in the old only (the other None), in the new only: in the order of the new, then of the old."""
    before, after = {key(one): one for one in old}, {key(one): one for one in new}
    return [(before.get(name), one) for name, one in after.items()] + [(one, None) for name, one in before.items() if name not in after]


def _fees(old: Sequence[Fee], new: Sequence[Fee]) -> list[str]:
    said = []
    for before, after in _pairs(old, new, lambda fee: (fee.name, fee.condition)):
        fee = after or before
        name = f"{fee.name} ({fee.condition})" if fee.condition else fee.name
        if before is None:
            said.append(_("Thêm khoản thu: %(name)s, %(amount)s.") % {"name": name, "amount": _amount(after)})
        elif after is None:
            said.append(_("Không còn khoản thu: %(name)s.") % {"name": name})
        elif _amount(before) != _amount(after):
            said.append(_("%(name)s: trước %(old)s, nay %(new)s.") % {"name": name, "old": _amount(before), "new": _amount(after)})
    return said


def _papers(old: Sequence[RequiredPaper], new: Sequence[RequiredPaper]) -> list[str]:
    said = []
    for before, after in _pairs(old, new, lambda paper: paper.label):
        if before is None:
            said.append(_("Thêm giấy tờ: %(paper)s.") % {"paper": after.name})
        elif after is None:
            said.append(_("Không còn giấy tờ: %(paper)s.") % {"paper": before.name})
        elif after.required and not before.required:
            said.append(_("Nay bắt buộc: %(paper)s.") % {"paper": after.name})
    return said
