"""What the page of one petition shows: what presses, the letter, the sender, clocks, agencies, what was asked and said, the history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts import queries as people
from dossiers.models import Dossier
from feedback.access import OVERSEE, READ
from feedback.models import OPEN_STATES, TABLE, Answer, Attachment, Opinion, Petition, PetitionEvent, State
from feedback.queries_desk import copies_of, others_of_group
from feedback.services.common import OWN
from feedback.services.handling import REFUSALS
from feedback.worklists import left, waits_for
from payments import access as money
from payments.models import Order
from portal.access import Actor, actor_of, may
from portal.access.desk import Facts, Rows, moment
from portal.audit.words import act_words
from portal.catalogues import queries as catalogues
from portal.catalogues.models import AdministrativeUnit, Sector
from portal.crypto.fields import prefetch_keys
from portal.files.models import FileState
from procedures.queries import procedure_on

EVENTS = {
    **{name: edge.label for name, edge in TABLE.transitions.items()},
    "send": "Gửi",
    "supply": "Người gửi bổ sung",
    "classify": "Phân loại lại",
    "assign": "Giao xử lý",
    "ask_opinion": "Lấy ý kiến phối hợp",
    "give_opinion": "Cho ý kiến phối hợp",
    "call_off_opinion": "Thôi chờ ý kiến",
    "pass_opinion_on": "Cơ quan kế tục cho ý kiến",
    "progress": "Báo tình hình",
    "group": "Gộp nhóm",
    "ungroup": "Tách khỏi nhóm",
    "rate": "Người gửi đánh giá trả lời",
    "recompute": "Tính lại thời hạn",
    "postpone": "Lùi hạn bổ sung của người gửi vì sự cố; hạn của cơ quan không đổi",
    "succeed": "Chuyển cơ quan kế tục",
    "disagree": "Người gửi không đồng ý với trả lời",
    "withdraw": "Người gửi rút",
    "submit": "Trình duyệt trả lời",
}
CLOCKS = (("refuse_due_at", "Không tiếp nhận trước"), ("ask_due_at", "Yêu cầu bổ sung trước"), ("transfer_due_at", "Chuyển trước"))
GROUP_SHOWN = 20
MOST_ANSWERED = 200
"""Petitions of a group that the page of an approval names; how many more there are, it says."""


def link(address: str, text: object) -> SafeString:
    """A way to another page of the desk."""
    return format_html('<a href="{}">{}</a>', address, text)


def to_petition(row: Petition) -> SafeString:
    """A petition's code as a way to its page."""
    return link(reverse("admin:feedback_petition_change", args=[row.pk]), row.code)


def concerns(petition: Petition, actor: Actor) -> bool:
    """Whether the officer sent it themself: then others decide."""
    sent = actor.person_id is not None and actor.person_id in (petition.party_id, petition.sent_by)
    return sent or (actor.position_id is not None and actor.position_id == petition.reporter_position_id)


def with_left(deadline: datetime | None, now: datetime, *, still: bool) -> str | SafeString:
    """A deadline, and while it counts, how long still."""
    if deadline is None:
        return "–"
    if not still:
        return moment(deadline)
    words = left(deadline, now)
    if now > deadline:
        return format_html('{} <strong class="overdue">({})</strong>', moment(deadline), words)
    return f"{moment(deadline)} ({words})"


def notes_of(petition: Petition, actor: Actor, now: datetime) -> list[str]:
    """What presses, in words."""
    notes = []
    if concerns(petition, actor):
        notes.append(OWN)
    if petition.state not in OPEN_STATES:
        if petition.state == State.SECRET:
            notes.append("Phản ánh này đã chuyển xử lý theo chế độ mật: nội dung và tệp đã hủy khỏi hệ thống.")
        return notes
    if now > petition.due_at:
        notes.append(f"Trả lời người gửi đã {left(petition.due_at, now)}.")
        if petition.progress_due_at is not None:
            notes.append(
                f"Phải báo tình hình cho người gửi trước {moment(petition.progress_due_at)} ({left(petition.progress_due_at, now)})."
            )
    elif now > petition.unit_due_at:
        notes.append(f"Cơ quan đang giữ đã {left(petition.unit_due_at, now)}.")
    if petition.round > 1:
        notes.append(f"Lần {petition.round}: người gửi không đồng ý với trả lời trước và đã viết lại.")
    if petition.state == State.WAITING and petition.supply_due_at is not None and now > petition.supply_due_at:
        notes.append("Người gửi không bổ sung trong hạn: bạn có thể xử lý tiếp hoặc không tiếp nhận.")
    return notes


def _as_dialled(text: str) -> str:
    """A phone number as people dial it here; anything else as it is."""
    return f"0{text[3:]}" if text.startswith("+84") else text


class PetitionPage:
    """The parts of a petition's page for one officer, with the names they need fetched once."""

    def __init__(self, request: HttpRequest, petition: Petition, now: datetime) -> None:
        self.request, self.petition, self.now = request, petition, now
        self.actor = actor_of(request)
        prefetch_keys([petition])
        self.holdings = list(petition.holdings.all())
        self.opinions: list[Opinion] = list(petition.opinions.all())
        self.answers: list[Answer] = list(petition.answers.all())
        self.attachments: list[Attachment] = list(petition.attachments.select_related("file"))
        self.events: list[PetitionEvent] = list(petition.events.all())
        codes = {one for row in self.holdings for one in (row.unit_code, row.from_unit)}
        codes |= {one for row in self.opinions for one in (row.unit_code, row.asked_by_unit)}
        codes |= {one for row in self.events for one in (row.unit_code, row.to_unit)} | {petition.unit_code, petition.reporter_unit}
        self.names = catalogues.agency_names(codes - {""})
        self.holds = may(self.actor, OVERSEE) or may(self.actor, READ, petition.unit_code)

    def agency(self, code: str) -> str:
        """An agency's name with its code."""
        return f"{self.names[code]} ({code})" if code in self.names else code or "–"

    def parts(self) -> list[Facts | Rows]:
        """All parts, the letter first."""
        if self.petition.state == State.SECRET:
            # Nothing of the case is left to show: not even where it was, or what it was about.
            return [self.standing(), self.left(), self.clocks(), self.agencies(), self.history()]
        found: list[Facts | Rows] = [self.standing(), self.letter(), self.sender(), self.files(), self.clocks()]
        shown = [
            self.same(), self.answers_given(), self.supplements(), self.opinions_asked(), self.reports(), self.agencies(),
        ]  # fmt: skip
        return [*found, *(part for part in shown if isinstance(part, Facts) or part.rows), self.history()]

    def standing(self) -> Facts:
        """How far it has come."""
        one = self.petition
        handler = people.officer_labels([one.handler_position_id]).get(one.handler_position_id, "") if one.handler_position_id else ""
        rows: list[tuple[str, Any]] = [
            ("Mã", one.code),
            ("Tình trạng", one.get_state_display()),
            ("Việc tiếp theo", waits_for(one, self.now) or "–"),
            ("Cơ quan đang giữ", self.agency(one.unit_code)),
            ("Người xử lý", handler or "Chưa giao"),
            ("Phản ánh về", one.get_about_display()),
            ("Loại nội dung", one.kind.name),
            ("Lĩnh vực", self._sector()),
            ("Nguồn", self._source()),
        ]
        if one.publication != Petition.Publication.NONE:
            reason = f": {one.keep_reason}" if one.keep_reason else ""
            rows.append(("Công khai", f"{one.get_publication_display()}{reason}"))
        elif (case := getattr(one, "published", None)) is not None and case.withdrawn_at is None:
            rows.append(("Công khai", "Trả lời trước đang công khai"))
        said = [(f" lần {row.number}", row.rated, row.rated_words) for row in one.finished_rounds.all()] if one.round > 1 else []
        for which, helps, why in [*said, ("", one.helps, one.helps_words)]:
            if helps is not None:
                rows.append((f"Người gửi thấy trả lời{which}", f"{'giúp được' if helps else 'chưa giúp được'}{f': {why}' if why else ''}"))
        return Facts("Tình trạng", rows)

    def _sector(self) -> str:
        code = self.petition.sector_code
        if not code:
            return "Chưa rõ"
        try:
            return f"{catalogues.sector(code).name} ({code})"
        except Sector.DoesNotExist:
            # One that ended keeps its code.
            return code

    def _source(self) -> str:
        one = self.petition
        more = self.agency(one.reporter_unit) if one.reporter_unit else f"{one.system} {one.external_ref}".strip()
        return f"{one.get_source_display()}{f', {more}' if more else ''}, vào hệ thống lúc {moment(one.sent_at)}"

    def letter(self) -> Facts:
        """What was written, and what it is about."""
        one = self.petition
        rows: list[tuple[str, Any]] = [("Tiêu đề", one.subject or "–"), ("Nội dung", one.words or "–")]
        rows += [("Vì sao không đồng ý với trả lời trước", event.note or "–") for event in self.events if event.name == "disagree"]
        if one.place_code or one.place_words:
            rows.append(("Nơi xảy ra", ", ".join(part for part in (one.place_words or "", self._place()) if part)))
        if one.procedure_code:
            version = procedure_on(one.procedure_code, timezone.localdate(self.now))
            name = f"{version.name} ({one.procedure_code})" if version is not None else one.procedure_code
            rows.append(("Thủ tục", link(reverse("procedure", args=[one.procedure_code]), name) if version is not None else name))
        if one.dossier_code:
            rows.append(("Hồ sơ", self._dossier()))
        if one.order_code:
            rows.append(("Khoản thanh toán", self._order()))
        return Facts("Nội dung phản ánh", rows)

    def left(self) -> Facts:
        """What stays of a case that left the system: on what paper, when, by whom (art. 44.3)."""
        stub = self.petition.secret_stub
        return Facts(
            "Chuyển xử lý theo chế độ mật",
            [
                ("Căn cứ (số, ngày văn bản)", stub.basis),
                ("Lúc", moment(stub.at)),
                ("Người thực hiện", stub.label),
                ("Tệp đã hủy", str(stub.files_destroyed)),
            ],
        )

    def _place(self) -> str:
        if not self.petition.place_code:
            return ""
        try:
            place = catalogues.administrative_unit(self.petition.place_code)
        except AdministrativeUnit.DoesNotExist:
            return self.petition.place_code
        return f"{place.name}, {place.parent.name}" if place.parent is not None else str(place.name)

    def _dossier(self) -> str | SafeString:
        code = self.petition.dossier_code
        row = Dossier.objects.filter(code=code).only("pk", "unit_code").first()
        if row is not None and may(self.actor, "dossiers.read", row.unit_code):
            return link(reverse("admin:dossiers_dossier_change", args=[row.pk]), code)
        return code

    def _order(self) -> str | SafeString:
        code = self.petition.order_code
        row = Order.objects.filter(code=code).only("pk", "payee_unit").first()
        if row is not None and money.may_see(self.actor, unit=row.payee_unit):
            return link(reverse("admin:payments_order_change", args=[row.pk]), code)
        return code

    def sender(self) -> Facts:
        """Who wrote. How to reach them is for the agency that answers; others that see the case need no phone number."""
        one, who = self.petition, self.petition.sender or {}
        rows: list[tuple[str, Any]] = [("Tên", who.get("name") or "–")]
        labels = (("address", "Địa chỉ"), ("phone", "Điện thoại"), ("email", "Thư điện tử"))
        if self.holds:
            rows += [(label, _as_dialled(who.get(name) or "–")) for name, label in labels]
            if one.sent_by is not None and one.party_id is not None and one.sent_by != one.party_id:
                rows.append(("Người gửi thay", people.party_names([one.sent_by]).get(one.sent_by, "–")))
        elif who:
            rows.append(("Liên hệ", "Chỉ cơ quan đang giữ phản ánh xem được."))
        rows.append(("Tên khi công khai", "Người gửi đề nghị giữ kín" if one.hide_name else "Được nêu"))
        return Facts("Người gửi", rows)

    def _file(self, row: Attachment) -> str | SafeString:
        stored = row.file
        if stored.state == FileState.CLEAN:
            return link(reverse("admin:feedback_petition_file", args=[self.petition.pk, row.pk]), stored.name or "Tệp")
        return f"{stored.name or 'Tệp'} ({stored.get_state_display().lower()})"

    def files_of(self, role: str, part_id: int) -> SafeString | str:
        """The files that came with one part, one a line."""
        rows = [(self._file(row),) for row in self.attachments if row.role == role and row.part_id == part_id]
        return format_html_join(SafeString("<br>"), "{}", rows) if rows else ""

    def files(self) -> Rows:
        """All files; only a checked one can be opened."""
        return Rows(
            "Tệp kèm",
            ["Tệp", "Là", "Cỡ", "Kiểm tra an toàn", "Lúc"],
            [
                [
                    self._file(row), str(row.get_role_display()), f"{max(1, row.file.size // 1024)} KB", str(row.file.get_state_display()),
                    moment(row.added_at),
                ]
                for row in self.attachments
            ],
            "Không có tệp kèm.",
        )  # fmt: skip

    def clocks(self) -> Facts:
        """The sender's clock, and the agency's own."""
        one, still = self.petition, self.petition.is_open
        rows: list[tuple[str, Any]] = [
            ("Nhà nước nhận lúc", moment(one.received_at)),
            ("Người gửi được trả lời trước", with_left(one.due_at, self.now, still=still)),
            ("Cơ quan đang giữ nhận lúc", moment(one.unit_received_at)),
            ("Cơ quan đang giữ trả lời trước", with_left(one.unit_due_at, self.now, still=still)),
        ]
        if one.state == State.NEW:
            # What came again cannot be refused.
            clocks = CLOCKS[1:] if one.round > 1 else CLOCKS
            rows += [(label, with_left(getattr(one, name), self.now, still=True)) for name, label in clocks]
        elif one.accepted_at is not None:
            rows.append(("Tiếp nhận lúc", moment(one.accepted_at)))
        if one.supply_due_at is not None:
            rows.append(("Người gửi bổ sung trước", with_left(one.supply_due_at, self.now, still=True)))
        if still and self.now > one.due_at:
            rows.append(("Báo tình hình tiếp theo trước", with_left(one.progress_due_at, self.now, still=True)))
        if one.answered_at is not None:
            rows.append(("Trả lời lúc", moment(one.answered_at)))
        elif one.ended_at is not None:
            rows.append(("Kết thúc lúc", moment(one.ended_at)))
        return Facts("Thời hạn", rows)

    def same(self) -> Rows:
        """Its group, and others whose text is the same."""
        one = self.petition
        head = one.group_id or one.pk
        grouped = Petition.objects.filter(group_id=head).exclude(pk=one.pk).only("pk", "code", "sent_at", "state").order_by("sent_at", "pk")
        rows: list[list[Any]] = []
        if one.group is not None:
            rows.append([to_petition(one.group), moment(one.group.sent_at), one.group.get_state_display(), "Cùng nhóm (đầu nhóm)"])
        rows += [[to_petition(row), moment(row.sent_at), row.get_state_display(), "Cùng nhóm"] for row in grouped[:GROUP_SHOWN]]
        if self.holds:
            rows += [
                [to_petition(row), moment(row.sent_at), row.get_state_display(), "Cùng lời, chưa gộp"]
                for row in copies_of(one)[:GROUP_SHOWN]
            ]
        return Rows("Phản ánh cùng nội dung", ["Mã", "Gửi lúc", "Tình trạng", "Quan hệ"], rows)

    def group_to_answer(self) -> Rows:
        """Who gets the answer, too, where it is given to the whole group."""
        others, one = others_of_group(self.petition), self.petition
        shown = list(others[:MOST_ANSWERED])
        prefetch_keys(shown)
        rows: list[list[Any]] = [
            [
                to_petition(row),
                row.subject or "–",
                (row.sender or {}).get("name") or "–",
                row.get_state_display(),
                "Cùng lời" if row.text_print == one.text_print else SafeString("<strong>Khác nội dung</strong>"),
            ]
            for row in shown
        ]
        more = others.count() - len(shown) if len(shown) == MOST_ANSWERED else 0
        title = f"Cùng nhóm: “Trả lời cả nhóm” gửi đến những người này{f', và {more} phản ánh nữa' if more else ''}"
        return Rows(title, ["Mã", "Tiêu đề", "Người gửi", "Tình trạng", "Nội dung"], rows)

    def answers_given(self) -> Rows:
        """Answers, the newest first."""
        rows = []
        for row in reversed(self.answers):
            checked = f"{row.checked_label}, {moment(row.checked_at)}" if row.checked_at else "–"
            reason = format_html("<br><strong>Cần sửa:</strong> {}", row.return_reason) if row.return_reason else ""
            files = self.files_of(Attachment.Role.ANSWER, row.pk)
            rows.append(
                [
                    f"{row.number} (lần {row.round})",
                    row.get_state_display(),
                    format_html("{}{}{}", row.words or "–", format_html("<br>{}", files) if files else "", reason),
                    f"{row.drafted_label}, {moment(row.drafted_at)}",
                    f"{row.outcome_on:%d/%m/%Y}" if row.outcome_on else "–",
                    checked,
                ]
            )
        return Rows("Trả lời", ["Số", "Tình trạng", "Nội dung", "Người soạn", "Có kết quả ngày", "Người duyệt"], rows)

    def supplements(self) -> Rows:
        """What the sender was asked for, and gave."""
        rows = []
        for row in self.petition.supplements.all():
            files = self.files_of(Attachment.Role.SUPPLEMENT, row.pk)
            given = row.answer or ("" if files else "Không bổ sung" if row.closed_at else "Đang chờ")
            rows.append(
                [
                    row.question or "–",
                    moment(row.asked_at),
                    with_left(row.due_at, self.now, still=row.closed_at is None),
                    format_html("{}{}", given, format_html("<br>{}", files) if files else ""),
                    moment(row.given_at),
                ]
            )
        return Rows("Yêu cầu bổ sung", ["Cần bổ sung", "Hỏi lúc", "Hạn", "Người gửi bổ sung", "Lúc"], rows)

    def opinions_asked(self) -> Rows:
        """What other agencies were asked, and say."""
        rows = []
        for row in self.opinions:
            said: Any = "Chưa có"
            if row.given_at is not None:
                files = self.files_of(Attachment.Role.OPINION, row.pk)
                said = format_html(
                    "<strong>{}</strong><br>{}{}<br>{}, {}",
                    row.get_stance_display(), row.words or "–", format_html("<br>{}", files) if files else "", row.label,
                    moment(row.given_at),
                )  # fmt: skip
            elif row.called_off_at is not None:
                said = "Không cần nữa"
            elif may(self.actor, "feedback.handle", self.petition.unit_code) and not concerns(self.petition, self.actor):
                address = reverse("admin:feedback_petition_call_off_opinion", args=[self.petition.pk, row.pk])
                said = format_html("Chưa có<br>{}", link(address, "Thôi chờ"))
            rows.append([self.agency(row.unit_code), row.question or "–", with_left(row.due_at, self.now, still=row.is_open), said])
        return Rows("Ý kiến phối hợp", ["Cơ quan", "Cần ý kiến về", "Hạn", "Ý kiến"], rows)

    def reports(self) -> Rows:
        """What the sender was told on the way."""
        rows = []
        for row in self.petition.reports.all():
            rows.append([moment(row.at), row.words or "–", row.label, moment(row.due_at)])
        return Rows("Báo tình hình", ["Lúc", "Nội dung", "Ai", "Hạn của lần báo"], rows)

    def agencies(self) -> Rows:
        """Every agency it was at, with its clock."""
        return Rows(
            "Các cơ quan đã giữ",
            ["Cơ quan", "Vì sao", "Từ cơ quan", "Nhận lúc", "Hạn", "Tiếp nhận lúc", "Thôi giữ lúc"],
            [
                [
                    self.agency(row.unit_code), row.get_how_display(), self.agency(row.from_unit), moment(row.received_at),
                    with_left(row.due_at, self.now, still=row.ended_at is None), moment(row.accepted_at), moment(row.ended_at),
                ]
                for row in self.holdings
            ],
        )  # fmt: skip

    def history(self) -> Rows:
        """Everything that happened."""
        return Rows(
            "Đã xảy ra",
            ["Lúc", "Việc", "Ai", "Ghi chú", "Tình trạng", "Hạn trả lời"],
            [
                [moment(row.at), self._event(row), self._who(row), self._note(row), self._states(row), self._dues(row)]
                for row in self.events
            ],
        )

    def _event(self, row: PetitionEvent) -> str:
        what = EVENTS.get(row.name) or act_words(f"feedback.{row.name}")
        return f"{what}: {self.agency(row.to_unit)}" if row.to_unit else what

    def _who(self, row: PetitionEvent) -> str:
        if row.label:
            return f"{row.label} ({row.unit_code})"
        return "Người gửi" if row.person_id is not None or row.party_id is not None else "Hệ thống"

    def _note(self, row: PetitionEvent) -> str:
        reason = REFUSALS.get(str(row.details.get("reason", "")), "")
        return ". ".join(part for part in (reason, row.note or "") if part)

    def _states(self, row: PetitionEvent) -> str:
        labels = dict(State.choices)
        after = str(labels.get(row.to_state, row.to_state))
        before = str(labels.get(row.from_state, row.from_state))
        return f"{before} → {after}" if row.from_state and row.from_state != row.to_state else after

    def _dues(self, row: PetitionEvent) -> str:
        if row.due_before is not None and row.due_before != row.due_after:
            return f"{moment(row.due_before)} → {moment(row.due_after)}"
        return moment(row.due_after)


def in_short(petition: Petition, now: datetime) -> list[str]:
    """What is decided about, above the form of an act."""
    lines = [f"{petition.code}: {petition.subject or '–'}", f"{petition.get_state_display()}. {waits_for(petition, now)}".strip()]
    if petition.is_open:
        lines.append(f"Người gửi: {left(petition.due_at, now)} ({moment(petition.due_at)}). Cơ quan: {left(petition.unit_due_at, now)}.")
    return lines
