"""Forms of the acts on petitions. What is looked up in long lists (agencies, fields) is found by words and chosen from what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import queries as people
from feedback import routes
from feedback.models import TOP, About, Answer, Attachment, Opinion, Petition, PetitionKind, ReplyTemplate
from feedback.queries_desk import copies_of, others_of_group
from feedback.services.answering import MAX_ANSWER
from feedback.services.files import TYPES
from feedback.services.handling import REFUSALS
from feedback.services.reaching import OPINES, RECEIVES, reach
from feedback.services.routing import CAUSES
from portal.access import Actor
from portal.access.desk import PlainForm
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency, Sector

FOUND = 25
"""Entries that a search of a catalogue shows."""
LOOK = "tim"
"""The button that looks up and does nothing else."""
WRITERS = ("petition_handling", "petition_reception")
Choices = list[tuple[str, str]]


def find_agencies(words: str) -> Choices:
    """Agencies of today by code or words of their name, higher ones first (one query)."""
    rows = Agency.objects.on(timezone.localdate())
    code = words.strip().upper().replace("\0", "")
    found = rows.filter(Q(code=code) | Q(pk__in=catalogues.named_like(rows, words).values("pk"))).order_by("code")[:FOUND]
    return [(row.code, f"{row.name} ({row.code})") for row in found]


def find_sectors(words: str) -> Choices:
    """Fields of today by code or words of their name (one query)."""
    rows = catalogues.sectors()
    code = words.strip().replace("\0", "")
    found = rows.filter(Q(code=code) | Q(pk__in=catalogues.named_like(rows, words).values("pk"))).order_by("name", "code")[:FOUND]
    return [(row.code, f"{row.name} ({row.code})") for row in found]


def agency_choices(codes: Iterable[str]) -> Choices:
    """Agencies by their codes, in that order; those that exist no more are left out (one query)."""
    wanted = list(dict.fromkeys(code for code in codes if code))
    names = catalogues.agency_names(wanted)
    return [(code, f"{names[code]} ({code})") for code in wanted if code in names]


def sector_choices(codes: Iterable[str]) -> Choices:
    """Fields by their codes (one query)."""
    rows = Sector.objects.on(timezone.localdate()).filter(code__in=[code for code in codes if code])
    return [(row.code, f"{row.name} ({row.code})") for row in rows]


class SearchInput(forms.TextInput):
    """Words to look up, with the button that does it."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        return format_html(
            '<span class="look-up">{}<button type="submit" class="button button-secondary" name="{}" value="1">Tìm</button></span>',
            super().render(name, value, attrs, renderer),
            LOOK,
        )


class FilesInput(forms.FileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; none is none."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:  # type: ignore[override]  # several of them
        return [super(FilesField, self).clean(one, initial) for one in data or [] if one]


def files_field(label: str) -> FilesField:
    """Files that go with something."""
    return FilesField(
        label=label,
        required=False,
        help_text="Ảnh (JPG, PNG) hoặc PDF. Tệp đến tay người đọc sau khi qua kiểm tra an toàn.",
        widget=FilesInput({"accept": ",".join(sorted(TYPES))}),
    )


def words_field(label: str, *, missing: str, most: int = 4000, rows: int = 6, help_text: str = "") -> forms.CharField:
    """A longer text."""
    return forms.CharField(
        label=label,
        max_length=most,
        widget=forms.Textarea({"rows": rows}),
        help_text=help_text,
        error_messages={"required": missing},
    )


class ActForm(PlainForm):
    """A form of one act on a petition. ``given``: what goes to the service, by its names."""

    use = ""
    """Which reply templates fill it in (``ReplyTemplate.For``), and into which field."""
    filled = "words"

    def __init__(self, data: Any = None, files: Any = None, *, petition: Petition, actor: Actor, initial: Any = None) -> None:
        self.petition, self.actor = petition, actor
        super().__init__(data, files, initial=initial)

    def given(self) -> dict[str, Any]:
        """What the service is told."""
        return dict(self.cleaned_data)


class PickForm(ActForm):
    """A form with something to be found in a catalogue: a field for words, and below it what they found, to choose from."""

    pick = "unit_code"
    pick_label = "Cơ quan"
    pick_help = "Gõ mã (H26.101) hoặc mấy chữ trong tên, bấm Tìm, rồi chọn ở dưới."
    pick_many = False
    pick_required = True
    nothing = "Không tìm thấy mục nào. Bạn thử ít chữ hơn, hoặc gõ mã."

    def __init__(self, data: Any = None, files: Any = None, *, petition: Petition, actor: Actor, initial: Any = None) -> None:
        typed: Mapping[str, Any] = data if data is not None else initial or {}
        words = str(typed.get(self.words_name) or "").strip()
        chosen = self._chosen(typed)
        self.is_new_search = bool(words) and words != str(typed.get(self.of_name) or "")
        self.found = self.find(words) if words else []
        if self.is_new_search and not self.pick_many:
            # Chosen from what an older search had found: it may be neither meant nor shown any more.
            chosen = []
        if self.is_new_search and data is not None:
            exact = [code for code, _label in self.found if code.upper() == words.upper()]
            chosen = list(dict.fromkeys([*chosen, *exact]))
        if data is not None:
            data = data.copy()
            data[self.of_name] = words
            data.setlist(self.pick, chosen)
        else:
            initial = {**(initial or {}), self.of_name: words, self.pick: chosen if self.pick_many else (chosen or [""])[0]}
        super().__init__(data, files, petition=petition, actor=actor, initial=initial)
        known = dict(self.found)
        shown = self.named([code for code in chosen if code not in known]) + self.found
        if not words:
            shown += [one for one in self.suggested() if one[0] not in dict(shown)]
        shown = self.noted(shown)
        if not self.pick_required and not self.pick_many:
            shown = [("", "Chưa rõ"), *shown]
        choose = forms.MultipleChoiceField if self.pick_many else forms.ChoiceField
        own: dict[str, forms.Field] = {
            self.words_name: forms.CharField(
                label=f"Tìm {self.pick_label.lower()}", required=False, max_length=100, widget=SearchInput(), help_text=self.pick_help
            ),
            self.of_name: forms.CharField(required=False, widget=forms.HiddenInput()),
            self.pick: choose(
                label=self.pick_label,
                required=self.pick_required,
                choices=shown,
                widget=forms.CheckboxSelectMultiple() if self.pick_many else forms.RadioSelect(),
                error_messages={"required": self._missing(words)},
            ),
        }
        if not shown:
            own[self.pick].widget = forms.MultipleHiddenInput() if self.pick_many else forms.HiddenInput()
            own[self.words_name].required = self.pick_required
            own[self.words_name].error_messages["required"] = f"Bạn hãy tìm và chọn {self.pick_label.lower()}."
        if data is None:
            own[self.words_name].required = self.pick_required
        for name, field in own.items():
            self.fields[name] = field
        self.order_fields([self.words_name, self.of_name, self.pick, *self.field_order_after])

    field_order_after: Sequence[str] = ()

    @property
    def words_name(self) -> str:
        """The field with the words."""
        return f"{self.pick}_words"

    @property
    def of_name(self) -> str:
        """The hidden field with the words that what is shown was found by."""
        return f"{self.pick}_of"

    def _chosen(self, typed: Mapping[str, Any]) -> list[str]:
        value = typed.getlist(self.pick) if hasattr(typed, "getlist") else typed.get(self.pick)
        values = value if isinstance(value, list) else [value]
        return [str(one) for one in values if one][:FOUND]

    def _missing(self, words: str) -> str:
        if words and not self.found:
            return self.nothing
        return "Bạn hãy chọn một mục trong những mục tìm thấy." if words else f"Bạn hãy chọn {self.pick_label.lower()}."

    def find(self, words: str) -> Choices:
        """What words find."""
        return find_agencies(words)

    def named(self, codes: Sequence[str]) -> Choices:
        """What was chosen, with its name."""
        return agency_choices(codes) if codes else []

    def suggested(self) -> Choices:
        """What is offered before anybody looked."""
        return []

    def noted(self, shown: Choices) -> Choices:
        """What is offered, with what one should know before choosing it."""
        return shown

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if self.pick_required and self.pick in self.errors and self.fields[self.pick].widget.is_hidden:
            # What cannot be seen cannot be mended: the words stand beside what can.
            messages = self.errors.pop(self.pick)
            if self.words_name not in self.errors:
                self.add_error(self.words_name, list(messages))
        elif self.is_new_search and not self.pick_many and not found.get(self.pick) and self.pick not in self.errors:
            self.add_error(self.pick, self._missing(str(found.get(self.words_name) or "")))
        # Shown as what it is a part of.
        self.fields[self.words_name].required = self.pick_required
        return found

    def given(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in (self.words_name, self.of_name)}


def looked_for(form: type[ActForm], typed: QueryDict) -> dict[str, Any]:
    """What was typed so far, to start the form with once more: something was looked up, nothing done."""
    found: dict[str, Any] = typed.dict()
    return {**found, form.pick: typed.getlist(form.pick)} if issubclass(form, PickForm) else found


def kind_choices(current: str = "") -> Choices:
    """Kinds in force today, and the one that is chosen already (one query)."""
    today = timezone.localdate()
    rows = PetitionKind.objects.filter(Q(valid_from__lte=today) & (Q(valid_to__isnull=True) | Q(valid_to__gt=today)) | Q(pk=current))
    return [(row.pk, row.name) for row in rows.order_by("position", "code")]


def handler_choices(unit_code: str) -> Choices:
    """Officers of exactly this agency who work on petitions (one query)."""
    return [(str(one.position_id), one.label) for one in people.holders(unit_code, WRITERS)]


class ReachForm(PickForm):
    """To agencies: each says whom it reaches there. One where nobody would see it is chosen only by who says so twice; its administrators
    and the Government Office are then told (`feedback.services.reaching`)."""

    roles: Sequence[str] = RECEIVES
    does = "tiếp nhận phản ánh"
    anyway = "Vẫn chuyển"

    def __init__(self, data: Any = None, files: Any = None, *, petition: Petition, actor: Actor, initial: Any = None) -> None:
        self.reached: dict[str, str] = {}
        super().__init__(data, files, petition=petition, actor=actor, initial=initial)
        chosen = self._chosen(self.data) if self.is_bound else []
        self.nobody = [code for code in chosen if self.reached.get(code) == ""]
        if self.nobody:
            self.fields["sure"] = forms.BooleanField(
                label=f"{self.anyway}: người quản trị của cơ quan ấy và Văn phòng Chính phủ được báo ngay",
                error_messages={
                    "required": f"{', '.join(self.nobody)}: chưa có ai {self.does}, ở đó hay ở cấp trên. Bạn chọn cơ quan khác,"
                    " hoặc đánh dấu mục này."
                },
            )

    def noted(self, shown: Choices) -> Choices:
        self.reached = reach([code for code, _label in shown], self.roles)
        others = {to for code, to in self.reached.items() if to and to != code}
        above = catalogues.agency_names(others) if others else {}
        found = []
        for code, label in shown:
            to = self.reached[code]
            instead = f"{above.get(to, to)} làm thay" if to else "sẽ không ai thấy"
            found.append((code, label if to == code else f"{label}: chưa có cán bộ {self.does}, {instead}"))
        return found

    def given(self) -> dict[str, Any]:
        return {name: value for name, value in super().given().items() if name != "sure"}


class ClassifyForm(PickForm):
    """What a petition is about."""

    pick, pick_label, pick_required = "sector_code", "Lĩnh vực", False
    pick_help = "Gõ mấy chữ trong tên lĩnh vực, bấm Tìm, rồi chọn ở dưới."
    field_order_after = ("about", "kind", "handler")

    about = forms.ChoiceField(
        label="Phản ánh về", choices=About.choices, widget=forms.RadioSelect, error_messages={"required": "Bạn hãy chọn phân loại."}
    )
    kind = forms.ChoiceField(label="Loại nội dung", error_messages={"required": "Bạn hãy chọn loại nội dung."})

    def __init__(self, data: Any = None, files: Any = None, *, petition: Petition, actor: Actor, initial: Any = None) -> None:
        initial = initial or {"about": petition.about, "kind": petition.kind_id, "sector_code": petition.sector_code}
        super().__init__(data, files, petition=petition, actor=actor, initial=initial)
        self.fields["kind"].choices = kind_choices(petition.kind_id)  # type: ignore[attr-defined]  # a choice field

    def find(self, words: str) -> Choices:
        return find_sectors(words)

    def named(self, codes: Sequence[str]) -> Choices:
        return sector_choices(codes) if codes else []


class ReceiveForm(ClassifyForm):
    """Take on: classified, and given to somebody."""

    handler = forms.ChoiceField(label="Người xử lý", required=False, help_text="Để trống: chính bạn.")

    def __init__(self, data: Any = None, files: Any = None, *, petition: Petition, actor: Actor, initial: Any = None) -> None:
        super().__init__(data, files, petition=petition, actor=actor, initial=initial)
        others = [choice for choice in handler_choices(petition.unit_code) if choice[0] != str(actor.position_id)]
        self.fields["handler"].choices = [("", "Tôi"), *others]  # type: ignore[attr-defined]  # a choice field

    def given(self) -> dict[str, Any]:
        return {**super().given(), "handler": UUID(self.cleaned_data["handler"]) if self.cleaned_data["handler"] else None}


class AssignForm(ActForm):
    """To a colleague."""

    handler = forms.ChoiceField(label="Người xử lý", error_messages={"required": "Bạn hãy chọn người xử lý."})

    def __init__(self, data: Any = None, files: Any = None, *, petition: Petition, actor: Actor, initial: Any = None) -> None:
        initial = initial or {"handler": str(petition.handler_position_id or "")}
        super().__init__(data, files, petition=petition, actor=actor, initial=initial)
        self.fields["handler"].choices = [("", "–"), *handler_choices(petition.unit_code)]  # type: ignore[attr-defined]  # a choice field

    def given(self) -> dict[str, Any]:
        return {"handler": UUID(self.cleaned_data["handler"])}


class RefuseForm(ActForm):
    """Refuse, with a reason from the list and in words."""

    use = ReplyTemplate.For.REFUSE
    reason = forms.ChoiceField(
        label="Lý do",
        choices=[(code, label) for code, label in REFUSALS.items() if code != "silent"],
        widget=forms.RadioSelect,
        error_messages={"required": "Bạn hãy chọn lý do."},
    )
    words = words_field(
        "Nói rõ với người gửi", missing="Bạn hãy ghi rõ lý do để người gửi hiểu.", help_text="Người gửi đọc nguyên văn phần này."
    )


class RefuseSilentForm(ActForm):
    """Refuse because nobody answered."""

    use = ReplyTemplate.For.REFUSE
    words = words_field(
        "Nói rõ với người gửi", missing="Bạn hãy ghi rõ lý do để người gửi hiểu.", help_text="Người gửi đọc nguyên văn phần này."
    )

    def given(self) -> dict[str, Any]:
        return {**super().given(), "reason": "silent"}


class AskMoreForm(ActForm):
    """What is missing."""

    use, filled = ReplyTemplate.For.ASK, "question"
    question = words_field(
        "Cần người gửi bổ sung gì", missing="Bạn hãy ghi cần bổ sung gì.", help_text="Người gửi đọc nguyên văn phần này."
    )


class WhyForm(ActForm):
    """Why."""

    reason = words_field("Lý do", missing="Bạn hãy ghi lý do.", most=2000, rows=4)


class GoOnForm(ActForm):
    """Why nothing more is waited for, where there is something to say."""

    reason = forms.CharField(label="Ghi chú", required=False, max_length=2000, widget=forms.Textarea({"rows": 3}))


class TransferForm(ReachForm):
    """To which agency, and why."""

    pick_label = "Cơ quan nhận"
    field_order_after = ("reason",)
    reason = words_field("Lý do chuyển", missing="Bạn hãy ghi lý do chuyển.", most=2000, rows=4)

    def suggested(self) -> Choices:
        """Whom the portal takes for competent, and where it was before."""
        one = self.petition
        competent = routes.suggested_unit(
            kind=one.kind,
            procedure_code=one.procedure_code,
            dossier_code=one.dossier_code,
            order_code=one.order_code,
            place_code=one.place_code,
        )
        before = one.holdings.values_list("unit_code", flat=True)
        return [choice for choice in agency_choices([competent, *before, TOP]) if choice[0] != one.unit_code]


class ManyTransferForm(ReachForm):
    """Several at once."""

    pick_label = "Cơ quan nhận"
    field_order_after = ("reason",)
    reason = words_field("Lý do chuyển", missing="Bạn hãy ghi lý do chuyển.", most=2000, rows=4)


class TopForm(ActForm):
    """Why VPCP is to take the lead."""

    cause = forms.ChoiceField(
        label="Căn cứ (Điều 42.3đ)",
        choices=list(CAUSES.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Bạn hãy chọn căn cứ."},
    )
    words = words_field("Các bên nói gì, đề xuất thế nào", missing="Bạn hãy ghi các bên nói gì và đề xuất của cơ quan.")


class OpinionsForm(ReachForm):
    """Whom to ask, and what."""

    pick, pick_label, pick_many = "unit_codes", "Cơ quan phối hợp", True
    pick_help = "Gõ mã hoặc mấy chữ trong tên, bấm Tìm, rồi đánh dấu; tìm tiếp để thêm cơ quan khác."
    field_order_after = ("question",)
    roles, does, anyway = OPINES, "cho ý kiến phối hợp", "Vẫn hỏi"
    question = words_field("Cần ý kiến về việc gì", missing="Bạn hãy ghi cần ý kiến về việc gì.")


class OpinionForm(ActForm):
    """What the agency says that was asked."""

    stance = forms.ChoiceField(
        label="Ý kiến", choices=Opinion.Stance.choices, widget=forms.RadioSelect, error_messages={"required": "Bạn hãy chọn ý kiến."}
    )
    words = words_field("Nội dung ý kiến", missing="Bạn hãy ghi ý kiến của cơ quan.", most=20_000, rows=8)
    uploads = files_field("Tệp kèm ý kiến")


class AnswerForm(ActForm):
    """The answer, kept as a draft or handed in."""

    use = ReplyTemplate.For.ANSWER
    words = forms.CharField(
        label="Trả lời người gửi",
        max_length=MAX_ANSWER,
        error_messages={"required": "Bạn hãy viết câu trả lời."},
        widget=forms.Textarea({"rows": 16}),
        help_text="Người gửi đọc nguyên văn. Bản công khai được che thông tin cá nhân sau, ở bước công khai.",
    )
    outcome_on = forms.DateField(
        label="Có kết quả xử lý ngày",
        error_messages={"required": "Bạn hãy ghi ngày có kết quả xử lý."},
        input_formats=["%d/%m/%Y", "%Y-%m-%d"],
        widget=forms.DateInput({"placeholder": "31/12/2026", "autocomplete": "off"}, format="%d/%m/%Y"),
        help_text="Ngày/tháng/năm. Từ ngày này, câu trả lời phải được nhập trong 2 ngày làm việc (Điều 44.2).",
    )
    uploads = files_field("Tệp kèm trả lời")
    leave_out = forms.MultipleChoiceField(label="Bỏ các tệp đã kèm", required=False, widget=forms.CheckboxSelectMultiple)
    draft = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, files: Any = None, *, petition: Petition, actor: Actor, initial: Any = None) -> None:
        draft = petition.answers.filter(state=Answer.DRAFT).first()
        now = timezone.localdate()
        start = {
            "words": draft.words or "" if draft else "",
            "outcome_on": draft.outcome_on if draft else now,
            "draft": draft.version if draft else 0,
        }
        super().__init__(data, files, petition=petition, actor=actor, initial={**start, **(initial or {})})
        attached = petition.attachments.filter(role=Attachment.Role.ANSWER, part_id=draft.pk).select_related("file") if draft else []
        choices = [(str(row.pk), row.file.name or "tệp") for row in attached]
        if choices:
            self.fields["leave_out"].choices = choices  # type: ignore[attr-defined]  # a choice field
        else:
            del self.fields["leave_out"]
        self.is_submit = bool(data) and "luu" not in data
        if data and not self.is_submit:
            # A draft may be anything.
            self.fields["words"].required = self.fields["outcome_on"].required = False

    def given(self) -> dict[str, Any]:
        given = super().given()
        return {
            "words": given["words"],
            "outcome_on": given["outcome_on"],
            "draft_seen": given["draft"] or 0,
            "uploads": given["uploads"],
            "leave_out": given.get("leave_out") or [],
        }


class ApproveForm(ActForm):
    """Whether the copies of one text get the same answer."""

    to_group = forms.BooleanField(label="Trả lời cả nhóm", required=False)

    def __init__(self, data: Any = None, files: Any = None, *, petition: Petition, actor: Actor, initial: Any = None) -> None:
        super().__init__(data, files, petition=petition, actor=actor, initial=initial)
        number = others_of_group(petition).count()
        if number:
            told = "phản ánh khác cùng nhóm, chưa trả lời, ở cơ quan này nhận cùng câu trả lời. Tệp kèm chỉ đến người gửi phản ánh này."
            self.fields["to_group"].help_text = f"{number} {told}"
        else:
            del self.fields["to_group"]


class ManyGroupForm(PlainForm):
    """Several into one group: those whose text differs from the others' go in only where they are ticked."""

    different = forms.MultipleChoiceField(
        label="Khác nội dung, vẫn gộp",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Không đánh dấu thì phản ánh ấy đứng ngoài nhóm. Khi duyệt trả lời, cả nhóm có thể nhận cùng một câu trả lời.",
    )

    def __init__(self, data: Any = None, *, different: Sequence[Petition]) -> None:
        super().__init__(data)
        if different:
            self.fields["different"].choices = [  # type: ignore[attr-defined]  # a choice field
                (str(row.pk), f"{row.code}: {row.subject or '–'}") for row in different
            ]
        else:
            del self.fields["different"]


class ReturnForm(ActForm):
    """What misses the point."""

    reason = words_field("Cần sửa gì", missing="Bạn hãy ghi cần sửa gì.", help_text="Chỉ cán bộ đọc.")


class ProgressForm(ActForm):
    """How things stand."""

    use = ReplyTemplate.For.PROGRESS
    words = words_field(
        "Tình hình xử lý", missing="Bạn hãy ghi tình hình xử lý.", most=10_000, help_text="Người gửi đọc nguyên văn phần này."
    )


class GroupForm(ActForm):
    """Which ones say the same."""

    petitions = forms.MultipleChoiceField(
        label="Gộp với",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Bạn hãy chọn phản ánh để gộp."},
    )

    def __init__(self, data: Any = None, files: Any = None, *, petition: Petition, actor: Actor, initial: Any = None) -> None:
        rows = copies_of(petition)
        super().__init__(data, files, petition=petition, actor=actor, initial=initial or {"petitions": [str(row.pk) for row in rows]})
        self.fields["petitions"].choices = [  # type: ignore[attr-defined]  # a choice field
            (str(row.pk), f"{row.code}, gửi {timezone.localtime(row.sent_at):%d/%m/%Y}, {row.get_state_display().lower()}") for row in rows
        ]


class SealForm(ActForm):
    """The case leaves the system: on what paper, and the code typed as a second thought."""

    basis = forms.CharField(
        label="Số, ngày văn bản làm căn cứ",
        max_length=200,
        help_text="Chỉ số và ngày, không ghi nội dung.",
        error_messages={"required": "Bạn hãy ghi số, ngày văn bản làm căn cứ."},
    )
    code = forms.CharField(
        label="Gõ lại mã phản ánh",
        max_length=30,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Bạn hãy gõ lại mã."},
    )
    step = forms.CharField(widget=forms.HiddenInput, required=False, initial="1")
    sure = forms.BooleanField(
        label="Tôi xác nhận: tiêu đề, nội dung, người gửi và mọi tệp của phản ánh này bị hủy ngay, không khôi phục được",
        error_messages={"required": "Bạn hãy đánh dấu để xác nhận lần cuối."},
    )

    def __init__(self, data: Any = None, files: Any = None, *, petition: Petition, actor: Actor, initial: Any = None) -> None:
        super().__init__(data, files, petition=petition, actor=actor, initial=initial)
        self.is_second = (data if data is not None else initial or {}).get("step") == "2"
        if not self.is_second:
            del self.fields["sure"]

    def clean_code(self) -> str:
        """The code of just this petition."""
        from feedback.codes import clean_code

        if clean_code(self.cleaned_data["code"]) != self.petition.code:
            raise forms.ValidationError("Mã này không phải mã của phản ánh đang mở.")
        return self.petition.code

    def given(self) -> dict[str, Any]:
        return {"basis": self.cleaned_data["basis"]}


class ViewNameForm(PlainForm):
    """What a filter is called."""

    name = forms.CharField(label="Tên bộ lọc", max_length=80, error_messages={"required": "Bạn hãy đặt tên cho bộ lọc."})
