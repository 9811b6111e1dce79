"""Lists that VPCP keeps, and words that agencies use again and again: kinds, time limits, reply templates (Rules art. 37.3, 42, 44)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time

import pghistory
from django.db import IntegrityError, transaction
from django.utils import timezone

from feedback.models import PetitionKind, ReplyTemplate, Term
from feedback.models.kinds import About
from feedback.rules import DEFAULTS
from feedback.services.common import PetitionRefused
from feedback.services.sending import kinds_on
from feedback.words import tidy
from portal import audit
from portal.access import Actor, require
from portal.workdays import Unit

SETTINGS, TEMPLATES = "feedback.settings", "feedback.templates"
KIND_TEXTS = ("name", "name_en", "help_text", "help_text_en", "article", "goes", "for_agencies", "position")
"""What may be changed of a kind; what petitions were counted by (code, rule or conduct) may not."""
UNITS = {Unit.WORKING_DAY.value: "ngày làm việc", Unit.DAY.value: "ngày", Unit.HOUR.value: "giờ làm việc"}
MOST_TEMPLATE = 10_000
MOST_TEMPLATES = 200
"""Templates of one agency: more nobody finds his way in."""
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


# Kinds -------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_kind(*, actor: Actor, code: str, about: str, valid_from: date, now: datetime, **texts: object) -> PetitionKind:
    """Add a kind of content that can be chosen from a day on (Rules art. 37.3). :class:`PetitionRefused`."""
    require(actor, SETTINGS)
    if not _CODE.fullmatch(code) or len(code) > 40:
        raise PetitionRefused("Mã gồm chữ thường không dấu, chữ số và dấu gạch nối, ví dụ: cham-tre.", "code")
    if PetitionKind.objects.filter(pk=code).exists():
        raise PetitionRefused("Mã này đã có.", "code")
    if about not in About.values:
        raise PetitionRefused("Bạn hãy chọn phân loại.", "about")
    if valid_from < timezone.localdate(now):
        raise PetitionRefused("Loại mới dùng từ hôm nay hoặc một ngày sau đó.", "valid_from")
    kind = PetitionKind(code=code, about=about, valid_from=valid_from)
    return _keep_kind(kind, texts, actor=actor, act="feedback.add_kind", is_new=True)


@transaction.atomic
def change_kind(*, actor: Actor, code: str, **texts: object) -> PetitionKind:
    """Put another wording, suggestion or place in the list. Nothing changed: nothing is written."""
    require(actor, SETTINGS)
    kind = PetitionKind.objects.select_for_update().get(pk=code)
    if all(getattr(kind, name) == value for name, value in texts.items()):
        return kind
    return _keep_kind(kind, texts, actor=actor, act="feedback.change_kind", is_new=False)


def _keep_kind(kind: PetitionKind, texts: Mapping[str, object], *, actor: Actor, act: str, is_new: bool) -> PetitionKind:
    for name, value in texts.items():
        if name not in KIND_TEXTS:
            raise TypeError(f"not a text of a kind: {name}")
        setattr(kind, name, tidy(value) if isinstance(value, str) else value)
    if not kind.name:
        raise PetitionRefused("Bạn hãy ghi tên loại.", "name")
    if not kind.article:
        raise PetitionRefused("Bạn hãy ghi căn cứ.", "article")
    with _told(actor, act):
        kind.save(force_insert=is_new)
    audit.record(actor=actor, act=act, target="feedback.petitionkind", target_id=kind.pk)
    return kind


@transaction.atomic
def end_kind(*, actor: Actor, code: str, valid_to: date, now: datetime) -> PetitionKind:
    """Let a kind be chosen no longer from a day on; petitions of it stay what they are."""
    require(actor, SETTINGS)
    kind = PetitionKind.objects.select_for_update().get(pk=code)
    today = timezone.localdate(now)
    if kind.valid_to is not None and kind.valid_to <= today:
        raise PetitionRefused("Loại này đã thôi dùng.", "valid_to")
    if valid_to < today:
        raise PetitionRefused("Ngày thôi dùng từ hôm nay trở đi: phản ánh đã gửi theo loại này vẫn giữ nguyên.", "valid_to")
    if valid_to <= kind.valid_from:
        raise PetitionRefused("Ngày thôi dùng phải sau ngày bắt đầu dùng.", "valid_to")
    noon = timezone.make_aware(datetime.combine(valid_to, time(12)))
    if not [other for other in kinds_on(noon) if other.pk != kind.pk]:
        raise PetitionRefused("Đây là loại duy nhất còn dùng từ ngày đó: người dân sẽ không chọn được gì. Hãy thêm loại khác trước.")
    kind.valid_to = valid_to
    with _told(actor, "feedback.end_kind"):
        kind.save()
    audit.record(
        actor=actor, act="feedback.end_kind", target="feedback.petitionkind", target_id=kind.pk, details={"to": valid_to.isoformat()}
    )
    return kind


# Time limits -------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_term(*, actor: Actor, name: str, amount: int, unit: str, valid_from: date, basis: str, now: datetime) -> Term:
    """Set a time limit from a day on, today at the earliest: what was received before keeps what held then (``feedback.terms``)."""
    require(actor, SETTINGS)
    if name not in DEFAULTS:
        raise PetitionRefused("Bạn hãy chọn thời hạn.", "name")
    if unit not in UNITS:
        raise PetitionRefused("Bạn hãy chọn đơn vị.", "unit")
    if not 1 <= amount <= 365:
        raise PetitionRefused("Số từ 1 đến 365.", "amount")
    if valid_from < timezone.localdate(now):
        raise PetitionRefused("Áp dụng từ hôm nay hoặc một ngày sau đó: phản ánh đã nhận giữ thời hạn cũ.", "valid_from")
    if not basis.strip():
        raise PetitionRefused("Bạn hãy ghi căn cứ, ví dụ số văn bản.", "basis")
    before = term_on(name, valid_from)
    if before is not None and before.valid_from == valid_from:
        raise PetitionRefused(f"Từ ngày này đã đặt: {before.amount} {UNITS[before.unit]}. Hãy chọn ngày khác.", "valid_from")
    if before is not None and (before.amount, before.unit) == (amount, unit):
        raise PetitionRefused("Thời hạn này đang áp dụng đúng như vậy.", "amount")
    try:
        with transaction.atomic(), _told(actor, "feedback.set_term"):
            term = Term.objects.create(name=name, amount=amount, unit=unit, valid_from=valid_from, basis=tidy(basis)[:200])
    except IntegrityError:
        raise PetitionRefused("Người khác vừa đặt thời hạn này từ cùng ngày. Hãy tải lại trang.", "valid_from") from None
    audit.record(
        actor=actor,
        act="feedback.set_term",
        target="feedback.term",
        target_id=str(term.pk),
        details={"name": name, "amount": amount, "unit": unit, "from": valid_from.isoformat()},
    )
    return term


def term_on(name: str, day: date) -> Term | None:
    """What is set for a time limit on a day; None where the law's own number holds (one query)."""
    return Term.objects.filter(name=name, valid_from__lte=day).order_by("-valid_from").first()


# Reply templates ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def keep_template(
    *, actor: Actor, unit_code: str, use: str, name: str, words: str, is_active: bool = True, template_id: int | None = None
) -> ReplyTemplate:
    """Write a reply template of an agency, or change one (``template_id``). :class:`PetitionRefused`."""
    require(actor, TEMPLATES, unit_code)
    row = ReplyTemplate.objects.select_for_update().get(pk=template_id) if template_id is not None else ReplyTemplate(unit_code=unit_code)
    if template_id is not None:
        require(actor, TEMPLATES, row.unit_code)
    name, words = " ".join(tidy(name).split()), tidy(words)
    if use not in ReplyTemplate.For.values:
        raise PetitionRefused("Bạn hãy chọn dùng khi nào.", "use")
    if not name:
        raise PetitionRefused("Bạn hãy đặt tên mẫu.", "name")
    if not words:
        raise PetitionRefused("Bạn hãy viết nội dung mẫu.", "words")
    if len(words) > MOST_TEMPLATE:
        raise PetitionRefused(f"Nội dung dài quá {MOST_TEMPLATE:,} ký tự.".replace(",", "."), "words")
    theirs = ReplyTemplate.objects.filter(unit_code=row.unit_code)
    if theirs.filter(use=use, name=name).exclude(pk=row.pk).exists():
        raise PetitionRefused("Cơ quan đã có mẫu mang tên này.", "name")
    if template_id is None and theirs.count() >= MOST_TEMPLATES:
        raise PetitionRefused(f"Cơ quan đã có {MOST_TEMPLATES} mẫu. Hãy sửa mẫu cũ thay vì thêm.")
    row.use, row.name, row.words, row.is_active = use, name, words, is_active
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise PetitionRefused("Cơ quan đã có mẫu mang tên này.", "name") from None
    audit.record(actor=actor, act="feedback.keep_template", target="feedback.replytemplate", target_id=str(row.pk), unit=row.unit_code)
    return row


def _told(actor: Actor, act: str) -> pghistory.context:
    """Who did it, for the history of the row."""
    return pghistory.context(act=act, position=str(actor.position_id or ""), unit=actor.unit)
