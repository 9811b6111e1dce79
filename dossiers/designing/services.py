"""What officers do with forms and result templates in the making: begin, edit, send, publish by a second pair of eyes (requirements D-03,
D-30; Rules art. 14, 41)."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from dossiers.designing.editing import Document, EditRefused
from dossiers.form_documents.checking import Fault
from dossiers.models import Design
from dossiers.models.designs import CHECK, DESIGN, DESIGNS
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


class Work(ABC):
    """The acts on one kind of design. What differs between kinds stands below :attr:`model`."""

    model: type[Any]
    called: str
    """What it is called in sentences: ``biểu mẫu``."""
    acts: str
    """How the names of its acts end in the trail: ``design``."""

    @abstractmethod
    def newest(self, procedure_code: str, **own: str) -> Any:
        """The newest published version of a procedure, or None (one query). ``own``: see :meth:`own`."""

    def own(self, procedure_code: str, asked: Mapping[str, str], now: datetime) -> dict[str, str]:
        """Columns that a design of this kind has beside the procedure, out of what was asked for. :class:`DesignRefused`."""
        return {}

    def own_of(self, design: Any) -> dict[str, str]:
        """The same of a design that there is."""
        return {}

    @abstractmethod
    def empty(self, procedure_code: str, name: str) -> Document:
        """What a procedure that has none begins with."""

    @abstractmethod
    def tidied(self, document: Document) -> Document:
        """A document of one's own, in order."""

    @abstractmethod
    def faults(self, procedure_code: str, document: Any) -> list[Fault]:
        """What is wrong with a document of a procedure."""

    @abstractmethod
    def make(self, design: Any, now: datetime) -> Any:
        """Publish; the version it became. ``ValidationError`` says what is wrong."""

    @abstractmethod
    def is_one(self, found: Any) -> bool:
        """Whether what stood in a file is a document of this kind at all."""

    def begin(
        self, *, actor: Actor, procedure_code: str, copy_from: str = "", document: Document | None = None, now: datetime, **asked: str
    ) -> Any:
        """Begin the next version of a procedure: from the published one, from another procedure's (``copy_from``), from a file's
        ``document``, or empty. :class:`DesignRefused` where the procedure is unknown, or somebody is at it already."""
        version = procedures.in_force(timezone.localdate(now)).filter(procedure__code=procedure_code).select_related("procedure").first()
        if version is None:
            raise DesignRefused("Không có thủ tục nào đang có hiệu lực mang mã này.", "procedure_code")
        unit = version.issuing_code or TOP_AGENCY
        require(actor, DESIGN, unit)
        own = self.own(procedure_code, asked, now)
        newest = self.newest(procedure_code, **own)
        source = newest
        if document is None and copy_from:
            source = self.newest(copy_from)
            if source is None:
                raise DesignRefused(f"Thủ tục này chưa có {self.called} nào để sao chép.", "copy_from")
        if document is None:
            document = source.as_document if source is not None else self.empty(procedure_code, version.name)
        elif broken := self.faults(procedure_code, document):
            said = " ".join(one.message for one in broken[:5])
            raise DesignRefused(f"{self.called.capitalize()} trong tệp có {len(broken)} chỗ sai nên chưa nạp gì: {said}", "file")
        self._check_size(document)
        try:
            with transaction.atomic():
                design = self.model.objects.create(
                    procedure_code=procedure_code,
                    procedure_name=version.name,
                    unit_code=unit,
                    document=self.tidied(document),
                    based_on=newest,
                    made_by=_position(actor),
                    made_by_label=actor.label[:200],
                    editors=[_person(actor)],
                    **own,
                )
                self._note(actor, design, "begin", based_on=newest.number if newest else 0)
        except IntegrityError as taken:
            words = "Thủ tục này đang có một thiết kế chưa xong. Bạn mở thiết kế ấy trong danh sách."
            raise DesignRefused(words, "procedure_code") from taken
        return design

    @transaction.atomic
    def edit(self, *, actor: Actor, design_id: UUID, seen_version: int | None, change: Callable[[Document], Document], what: str) -> Any:
        """Make one change (`dossiers.designing.editing`). :class:`DesignRefused` when it is not being drawn, or the page was out of
        date."""
        design = self.locked(actor, design_id, DESIGN, seen_version)
        if design.state != Design.State.DRAWING:
            raise DesignRefused("Thiết kế này không còn ở bước soạn nên không sửa được. Lấy lại để sửa trước đã.", status=409)
        try:
            document = self.tidied(change(design.document))
        except EditRefused as refused:
            raise DesignRefused(refused.message, refused.field) from refused
        if document == design.document:
            return design
        self._check_size(document)
        design.document = document
        design.editors = sorted({*design.editors, _person(actor)})
        self._save(design)
        self._note(actor, design, "edit", what=what)
        return design

    def send(self, *, actor: Actor, design_id: UUID, seen_version: int | None, note: str) -> Any:
        """Give it to be checked; :class:`DesignRefused` while something in it cannot work."""

        def whole(design: Any) -> None:
            found = self.faults(design.procedure_code, design.document)
            if found:
                raise DesignRefused(f"Chưa gửi được: còn {len(found)} chỗ cần sửa. {found[0].message}")
            design.note = note[:1000]

        return self._move(actor, design_id, "send", DESIGN, seen_version, before=whole)

    def call_back(self, *, actor: Actor, design_id: UUID, seen_version: int | None) -> Any:
        """Take it back before it was checked, to go on with it."""
        return self._move(actor, design_id, "call_back", DESIGN, seen_version)

    def send_back(self, *, actor: Actor, design_id: UUID, seen_version: int | None, reason: str) -> Any:
        """Give it back with what is to be mended."""

        def said(design: Any) -> None:
            design.note = reason[:1000]

        return self._move(actor, design_id, "send_back", CHECK, seen_version, before=said)

    def drop(self, *, actor: Actor, design_id: UUID, seen_version: int | None) -> Any:
        """Give up what was being drawn; what is published stays."""
        return self._move(actor, design_id, "drop", DESIGN, seen_version)

    @transaction.atomic
    def publish(self, *, actor: Actor, design_id: UUID, seen_version: int | None, now: datetime) -> Any:
        """It becomes the procedure's newest version, by an officer who has not written a word of it. What runs keeps its version."""
        design = self.locked(actor, design_id, CHECK, seen_version)
        person = _person(actor)
        if person in design.editors:
            raise DesignRefused("Người đã sửa thiết kế không tự kiểm tra được. Một cán bộ khác phải kiểm tra và công khai.", status=403)
        newest = self.newest(design.procedure_code, **self.own_of(design))
        if (newest.pk if newest else None) != design.based_on_id:
            words = f"{self.called.capitalize()} đã có bản mới hơn từ lúc bắt đầu thiết kế này. Trả lại để người soạn làm trên bản mới."
            raise DesignRefused(words, status=409)
        try:
            made = self.make(design, now)
        except ValidationError as wrong:
            raise DesignRefused(f"Chưa công khai được: {' '.join(wrong.messages)}") from wrong
        if newest is not None and made.pk == newest.pk:
            raise DesignRefused("Thiết kế giống hệt bản đang dùng nên không có gì để công khai.", status=409)
        self._step(design, "publish")
        design.checked_by, design.checked_by_label, design.result = person, actor.label[:200], made
        self._save(design)
        self._note(actor, design, "publish", version=made.number)
        return design

    def read_file(self, content: bytes) -> Document:
        """The document in a file; :class:`DesignRefused` where it is none."""
        if len(content) > MOST_BYTES:
            raise DesignRefused(f"Tệp lớn hơn 1 MB nên không phải {self.called}.", "file")
        words = f"đây phải là tệp JSON xuất từ một {self.called}."
        try:
            found = json.loads(content.decode("utf-8-sig"))
        except (UnicodeDecodeError, ValueError, RecursionError) as wrong:
            raise DesignRefused(f"Tệp không đọc được: {words}", "file") from wrong
        if not self.is_one(found):
            raise DesignRefused(f"Tệp không có nội dung: {words}", "file")
        return dict(found)

    def visible(self, actor: Actor) -> Any:
        """The designs an officer may see."""
        return visible_to(actor, self.model.objects.all(), READ, "unit_code")

    def locked(self, actor: Actor, design_id: UUID, act: str, seen_version: int | None) -> Any:
        """The design, locked, for an act of one who may and has seen it as it is."""
        design = self.visible(actor).select_for_update(of=("self",)).get(pk=design_id)
        require(actor, act, design.unit_code)
        if seen_version != design.version:
            raise DesignRefused(STALE, status=409)
        return design

    @transaction.atomic
    def _move(
        self, actor: Actor, design_id: UUID, name: str, act: str, seen_version: int | None, *, before: Callable[[Any], None] | None = None
    ) -> Any:
        design = self.locked(actor, design_id, act, seen_version)
        if before is not None:
            before(design)
        self._step(design, name)
        self._save(design)
        self._note(actor, design, name)
        return design

    @staticmethod
    def _step(design: Any, name: str) -> None:
        try:
            DESIGNS.move(design, name)
        except TransitionRefused as refused:
            words = "Thiết kế đã sang bước khác. Bạn tải lại trang để xem tình trạng mới nhất."
            raise DesignRefused(words, status=409) from refused

    @staticmethod
    def _save(design: Any) -> None:
        design.version += 1
        design.save()

    def _note(self, actor: Actor, design: Any, act: str, **details: object) -> None:
        whole = {"procedure": design.procedure_code, **details}
        target = f"dossiers.{self.model._meta.model_name}"
        audit.record(
            actor=actor, act=f"dossiers.{act}_{self.acts}", target=target, target_id=str(design.pk), unit=design.unit_code, details=whole
        )

    def _check_size(self, document: Document) -> None:
        if len(json.dumps(document, ensure_ascii=False).encode()) > MOST_BYTES:
            raise DesignRefused(f"{self.called.capitalize()} lớn quá 1 MB.")


def _position(actor: Actor) -> UUID:
    assert actor.position_id is not None  # acts of the desk are given to positions alone
    return actor.position_id


def _person(actor: Actor) -> UUID:
    assert actor.person_id is not None
    return actor.person_id
