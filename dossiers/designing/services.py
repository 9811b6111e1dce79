"""What officers do with forms in the making: begin, edit, send, publish by a second pair of eyes (requirement D-03; Rules art. 14, 41)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from dossiers.designing import editing
from dossiers.designing.editing import EditRefused
from dossiers.form_documents import faults
from dossiers.models import FormVersion
from dossiers.models.designs import CHECK, DESIGN, DESIGNS, FormDesign
from dossiers.services.forms import publish_form
from portal import audit
from portal.access import Actor, require, visible_to
from portal.access.roles import TOP_AGENCY
from portal.states import TransitionRefused
from procedures import queries as procedures

READ = "dossiers.read_designs"
MOST_BYTES = 1024 * 1024
"""Of a document, as it is kept and as a file: the longest lawful forms need a tenth of it."""


class DesignRefused(Exception):
    """The act cannot be done; ``message`` is for the officer, ``field`` names what to mend, ``status`` is the answer's."""

    def __init__(self, message: str, field: str = "", status: int = 422) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status


STALE = "Thiết kế đã được sửa từ lúc bạn mở trang này. Bạn xem lại bản mới nhất rồi làm lại."


def begin(*, actor: Actor, procedure_code: str, copy_from: str = "", document: dict[str, Any] | None = None, now: datetime) -> FormDesign:
    """Begin the next form of a procedure: from the published one, from another procedure's (``copy_from``), from a file's ``document``, or
    empty. :class:`DesignRefused` where the procedure is unknown, or somebody is at it already.
    """
    version = procedures.in_force(timezone.localdate(now)).filter(procedure__code=procedure_code).select_related("procedure").first()
    if version is None:
        raise DesignRefused("Không có thủ tục nào đang có hiệu lực mang mã này.", "procedure_code")
    unit = version.issuing_code or TOP_AGENCY
    require(actor, DESIGN, unit)
    newest = _newest(procedure_code)
    source = newest
    if document is None and copy_from:
        source = _newest(copy_from)
        if source is None:
            raise DesignRefused("Thủ tục này chưa có biểu mẫu nào để sao chép.", "copy_from")
    if document is None:
        document = source.as_document if source is not None else editing.empty(version.name)
    _check_size(document)
    try:
        with transaction.atomic():
            design = FormDesign.objects.create(
                procedure_code=procedure_code,
                procedure_name=version.name,
                unit_code=unit,
                document=editing.tidied(document),
                based_on=newest,
                made_by=_position(actor),
                made_by_label=actor.label[:200],
                editors=[_person(actor)],
            )
            _note(actor, design, "dossiers.begin_design", based_on=newest.number if newest else 0)
    except IntegrityError as taken:
        raise DesignRefused("Thủ tục này đang có một thiết kế chưa xong. Bạn mở thiết kế ấy trong danh sách.", "procedure_code") from taken
    return design


@transaction.atomic
def edit(
    *, actor: Actor, design_id: UUID, seen_version: int | None, change: Callable[[editing.Document], editing.Document], what: str
) -> FormDesign:
    """Make one change (`dossiers.designing.editing`). :class:`DesignRefused` when it is not being drawn, or the page was out of date."""
    design = _locked(actor, design_id, DESIGN, seen_version)
    if design.state != FormDesign.State.DRAWING:
        raise DesignRefused("Thiết kế này không còn ở bước soạn nên không sửa được. Lấy lại để sửa trước đã.", status=409)
    try:
        document = editing.tidied(change(design.document))
    except EditRefused as refused:
        raise DesignRefused(refused.message, refused.field) from refused
    if document == design.document:
        return design
    _check_size(document)
    design.document = document
    design.editors = sorted({*design.editors, _person(actor)})
    _save(design)
    _note(actor, design, "dossiers.edit_design", what=what)
    return design


def send(*, actor: Actor, design_id: UUID, seen_version: int | None, note: str) -> FormDesign:
    """Give it to be checked; :class:`DesignRefused` while something in it cannot work."""

    def whole(design: FormDesign) -> None:
        found = faults(design.document)
        if found:
            raise DesignRefused(f"Chưa gửi được: còn {len(found)} chỗ cần sửa. {found[0].message}")
        design.note = note[:1000]

    return _move(actor, design_id, "send", DESIGN, seen_version, before=whole)


def call_back(*, actor: Actor, design_id: UUID, seen_version: int | None) -> FormDesign:
    """Take it back before it was checked, to go on with it."""
    return _move(actor, design_id, "call_back", DESIGN, seen_version)


def send_back(*, actor: Actor, design_id: UUID, seen_version: int | None, reason: str) -> FormDesign:
    """Give it back with what is to be mended."""

    def said(design: FormDesign) -> None:
        design.note = reason[:1000]

    return _move(actor, design_id, "send_back", CHECK, seen_version, before=said)


def drop(*, actor: Actor, design_id: UUID, seen_version: int | None) -> FormDesign:
    """Give up what was being drawn; the published form stays."""
    return _move(actor, design_id, "drop", DESIGN, seen_version)


@transaction.atomic
def publish(*, actor: Actor, design_id: UUID, seen_version: int | None, now: datetime) -> FormDesign:
    """The form becomes the procedure's newest version, by an officer who has not written a word of it.

    Dossiers that run keep the version they were filled in; drafts are carried over and their people see what changed.
    """
    design = _locked(actor, design_id, CHECK, seen_version)
    person = _person(actor)
    if person in design.editors:
        raise DesignRefused("Người đã sửa thiết kế không tự kiểm tra được. Một cán bộ khác phải kiểm tra và công khai.", status=403)
    newest = _newest(design.procedure_code)
    if (newest.pk if newest else None) != design.based_on_id:
        raise DesignRefused("Biểu mẫu đã có bản mới hơn từ lúc bắt đầu thiết kế này. Trả lại để người soạn làm trên bản mới.", status=409)
    try:
        made = publish_form(procedure_code=design.procedure_code, document=design.document, now=now)
    except ValidationError as wrong:
        raise DesignRefused(f"Chưa công khai được: {' '.join(wrong.messages)}") from wrong
    if newest is not None and made.pk == newest.pk:
        raise DesignRefused("Thiết kế giống hệt bản đang dùng nên không có gì để công khai.", status=409)
    _step(design, "publish")
    design.checked_by, design.checked_by_label, design.result = person, actor.label[:200], made
    _save(design)
    _note(actor, design, "dossiers.publish_design", version=made.number)
    return design


def read_file(content: bytes) -> dict[str, Any]:
    """The document in a file; :class:`DesignRefused` where it is none."""
    if len(content) > MOST_BYTES:
        raise DesignRefused("Tệp lớn hơn 1 MB nên không phải biểu mẫu.", "file")
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as wrong:
        raise DesignRefused("Tệp không đọc được: đây phải là tệp JSON xuất từ một biểu mẫu.", "file") from wrong
    fields = found.get("fields") if isinstance(found, dict) else None
    if (
        not isinstance(fields, list)
        or not fields
        or not all(isinstance(field, dict) and isinstance(field.get("name"), str) for field in fields)
    ):
        raise DesignRefused("Tệp không có câu hỏi nào: đây phải là tệp JSON xuất từ một biểu mẫu.", "file")
    broken = faults(found)
    if broken:
        raise DesignRefused(
            f"Biểu mẫu trong tệp có {len(broken)} chỗ sai nên chưa nạp gì: {' '.join(one.message for one in broken[:5])}", "file"
        )
    return dict(found)


def visible(actor: Actor) -> Any:
    """The designs an officer may see."""
    return visible_to(actor, FormDesign.objects.all(), READ, "unit_code")


def _newest(procedure_code: str) -> FormVersion | None:
    rows = FormVersion.objects.filter(procedure_code=procedure_code, published_at__isnull=False)
    return rows.order_by("-number").first()


def _locked(actor: Actor, design_id: UUID, act: str, seen_version: int | None) -> FormDesign:
    design: FormDesign = visible(actor).select_for_update(of=("self",)).get(pk=design_id)
    require(actor, act, design.unit_code)
    if seen_version != design.version:
        raise DesignRefused(STALE, status=409)
    return design


@transaction.atomic
def _move(
    actor: Actor, design_id: UUID, name: str, act: str, seen_version: int | None, *, before: Callable[[FormDesign], None] | None = None
) -> FormDesign:
    design = _locked(actor, design_id, act, seen_version)
    if before is not None:
        before(design)
    _step(design, name)
    _save(design)
    _note(actor, design, f"dossiers.{name}_design")
    return design


def _step(design: FormDesign, name: str) -> None:
    try:
        DESIGNS.move(design, name)
    except TransitionRefused as refused:
        raise DesignRefused("Thiết kế đã sang bước khác. Bạn tải lại trang để xem tình trạng mới nhất.", status=409) from refused


def _save(design: FormDesign) -> None:
    design.version += 1
    design.save()


def _note(actor: Actor, design: FormDesign, act: str, **details: object) -> None:
    whole = {"procedure": design.procedure_code, **details}
    audit.record(actor=actor, act=act, target="dossiers.formdesign", target_id=str(design.pk), unit=design.unit_code, details=whole)


def _position(actor: Actor) -> UUID:
    assert actor.position_id is not None  # acts of the desk are given to positions alone
    return actor.position_id


def _person(actor: Actor) -> UUID:
    assert actor.person_id is not None
    return actor.person_id


def _check_size(document: dict[str, Any]) -> None:
    if len(json.dumps(document, ensure_ascii=False).encode()) > MOST_BYTES:
        raise DesignRefused("Biểu mẫu lớn quá 1 MB.")
