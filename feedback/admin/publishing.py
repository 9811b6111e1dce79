"""Publication on the desk: what waits, each place that tells who somebody is, the public texts, changed and withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from feedback import redaction
from feedback.access import seen_by
from feedback.admin.ways import OwnWay, register_way
from feedback.models import Petition, PublishedCase
from feedback.services import PetitionRefused, publishing
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, ReasonForm, Rows, Way, moment, seen_version, two_lines
from portal.access.rules import unit_scope
from portal.catalogues.queries import agency_names
from portal.crypto.fields import prefetch_keys

READ, OVERSEE, PUBLISH = "feedback.read", "feedback.oversee", publishing.PUBLISH
PER_PAGE = 50
BASE = "/quan-tri/feedback/publishedcase/"
_PARTS = (("title", "Tiêu đề"), ("question", "Câu hỏi"), ("answer", "Trả lời"))


class TextsForm(PlainForm):
    """The texts as everybody will read them."""

    title = forms.CharField(label="Tiêu đề", max_length=publishing.LENGTHS["title"], widget=forms.TextInput({"class": "vTextField"}))
    question = forms.CharField(label="Câu hỏi", widget=forms.Textarea({"rows": 14}))
    answer = forms.CharField(label="Trả lời", widget=forms.Textarea({"rows": 14}))
    show_name = forms.BooleanField(label="Ghi tên người gửi bên câu hỏi", required=False)

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if name:
            self.fields["show_name"].help_text = f"{name} không yêu cầu giấu tên. Để trống thì tên không hiện."
        else:
            del self.fields["show_name"]


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: plain, or marked with the number of its decision."""

    text: str
    number: int = 0


@dataclass(frozen=True)
class Decision:
    """Something that tells who somebody is, wherever it stands."""

    number: int
    key: str
    label: str
    text: str
    places: int
    stays: bool


@admin.register(PublishedCase)
class PublishedCaseAdmin(DeskModelAdmin):
    """Published answers of one's own agency and those below; VPCP's staff: all."""

    list_display = ("what", "kind", "shown_since", "state", "readers")
    list_filter = ("kind",)
    list_select_related = ("kind",)
    list_per_page = PER_PAGE
    show_full_result_count = False
    ordering = ("-published_at", "-id")
    change_list_template = "admin/feedback/published_list.html"
    refusals: ClassVar[tuple[type[Exception], ...]] = (PetitionRefused,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PublishedCase]:
        """The door."""
        actor = actor_of(request)
        rows = PublishedCase.objects.order_by(*self.ordering)
        return rows if may(actor, OVERSEE) else rows.filter(unit_scope(actor, READ, "unit_code"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, OVERSEE) or may(actor, READ, actor.unit)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        actor = actor_of(request)
        return self.has_module_permission(request) and (obj is None or may(actor, OVERSEE) or may(actor, READ, obj.unit_code))

    @admin.display(description="Câu hỏi")
    def what(self, case: PublishedCase) -> Any:
        return two_lines(case.title or "(đã bỏ nội dung)", case.unit_name)

    @admin.display(description="Công khai lúc")
    def shown_since(self, case: PublishedCase) -> str:
        return moment(case.published_at)

    @admin.display(description="Tình trạng")
    def state(self, case: PublishedCase) -> str:
        return f"Đã gỡ {moment(case.withdrawn_at)}" if case.withdrawn_at else "Đang công khai"

    @admin.display(description="Người đọc thấy có ích / chưa")
    def readers(self, case: PublishedCase) -> str:
        return f"{case.helpful} / {case.unhelpful}"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("cho-cong-khai/", view(self.waiting_view), name=f"{name}_waiting"),
            path("<uuid:petition_id>/cong-khai/", view(self.publish_view), name=f"{name}_publish"),
            path("<uuid:petition_id>/khong-cong-khai/", view(self.keep_view), name=f"{name}_keep"),
            path("<uuid:petition_id>/go/", view(self.withdraw_view), name=f"{name}_withdraw"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with how many wait."""
        waiting = _waiting(request).count() if may(actor_of(request), PUBLISH, actor_of(request).unit) else 0
        return super().changelist_view(request, {**(extra_context or {}), "waiting": waiting, "waiting_url": self.address("waiting")})

    def page(self, request: HttpRequest, row: PublishedCase) -> Page:
        """One published answer."""
        petition = row.petition
        ways = [Way(way.label, way.url, way.kind) for way in _ways(request, petition)]
        if row.withdrawn_at is None:
            ways.append(Way("Xem trang công khai", f"/phan-anh-kien-nghi/tra-loi/{row.slug}/", "quiet"))
        taken, left = row.decisions.get("taken", {}), row.decisions.get("left", {})
        kinds = [
            [label, taken.get(kind, 0), left.get(kind, 0)] for kind, label in redaction.LABELS.items() if kind in taken or kind in left
        ]
        return Page(
            title=row.title or petition.code,
            ways=ways,
            notes=_notes(row),
            parts=[
                Facts("Bản công khai", [("Tiêu đề", row.title), ("Câu hỏi", row.question), ("Trả lời", row.answer)]),
                Facts(
                    "Về bản này",
                    [
                        ("Phản ánh", petition.code),
                        ("Cơ quan trả lời", f"{row.unit_name} ({row.unit_code})"),
                        ("Tên người gửi", row.sender_name or "Không hiện"),
                        ("Công khai lúc", moment(row.published_at)),
                        ("Sửa lần cuối", moment(row.changed_at)),
                        ("Người đọc", f"{row.helpful} thấy có ích, {row.unhelpful} chưa; {row.helped} lần đỡ phải hỏi lại"),
                    ],
                ),
                Rows("Thông tin cá nhân", ["Loại", "Đã bỏ", "Để lại"], kinds, empty="Không có chỗ nào phải quyết định."),
            ],
        )

    def waiting_view(self, request: HttpRequest) -> HttpResponse:
        """What waits to be published, the longest first. Four queries and one for the keys."""
        actor = actor_of(request)
        require(actor, PUBLISH, actor.unit)
        page = Paginator(_waiting(request).order_by("answered_at", "id"), PER_PAGE).get_page(request.GET.get("trang"))
        petitions = list(page)
        prefetch_keys(petitions)
        names = agency_names({petition.unit_code for petition in petitions})
        rows = [
            {"petition": petition, "unit": names.get(petition.unit_code, petition.unit_code), "url": self.address("publish", petition.pk)}
            for petition in petitions
        ]
        context = {**self._context(request), "title": "Chờ công khai", "rows": rows, "page": page}
        return TemplateResponse(request, "admin/feedback/waiting.html", context)

    def _petition(self, request: HttpRequest, petition_id: UUID, *, case_unit: str = "") -> Petition:
        """``case_unit``: the agency whose answer stands, where that one decides too."""
        actor = actor_of(request)
        petition = seen_by(actor, Petition.objects.all()).filter(pk=petition_id).first()
        if petition is None:
            raise Http404
        if not (case_unit and may(actor, PUBLISH, case_unit)):
            require(actor, PUBLISH, petition.unit_code)
        return petition

    def publish_view(self, request: HttpRequest, petition_id: UUID) -> HttpResponse:
        """First each place that tells who somebody is, then the texts; nothing is public before the second answer."""
        petition = self._petition(request, petition_id)
        case = PublishedCase.objects.filter(petition=petition).first()
        is_change = case is not None and publishing.may_be_changed(petition, case)
        if not is_change and not (petition.state == "answered" and petition.publication in ("waiting", "kept")):
            raise Http404
        said = publishing.proposal(petition)
        left = set(request.POST.getlist("left"))
        step = request.POST.get("step", "")
        if request.method != "POST" and not is_change:
            return self._ask_decisions(request, petition, said)
        if step == "texts" or request.method != "POST":
            first: dict[str, Any] = {"show_name": bool(case and case.sender_name)}
            for part, _label in _PARTS:
                text = getattr(case, part) if is_change and case else getattr(said, part)
                found = redaction.marks(text, said.known)
                if is_change:
                    left |= {mark.key for mark in found}
                first[part] = redaction.without(text, [mark for mark in found if mark.key not in left])
            return self._ask_texts(request, petition, TextsForm(initial=first, name=said.sender_name), said, left)
        form = TextsForm(request.POST, name=said.sender_name)
        if form.is_valid():
            try:
                done = publishing.publish(
                    actor=actor_of(request),
                    petition_id=petition.pk,
                    title=form.cleaned_data["title"],
                    question=form.cleaned_data["question"],
                    answer=form.cleaned_data["answer"],
                    left=left,
                    show_name=bool(form.cleaned_data.get("show_name")),
                    now=timezone.now(),
                    seen=seen_version(request),
                )
            except PetitionRefused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, refused.message)
            else:
                self.message_user(request, f"Đã công khai tại /phan-anh-kien-nghi/tra-loi/{done.slug}/")
                return HttpResponse(status=302, headers={"Location": self.address("change", done.pk)})
        return self._ask_texts(request, petition, form, said, left, status=422)

    def _ask_decisions(self, request: HttpRequest, petition: Petition, said: publishing.Proposal) -> HttpResponse:
        texts = [(label, getattr(said, part)) for part, label in _PARTS]
        decisions = _decisions([text for _label, text in texts], said.known, set())
        numbers = {decision.key: decision.number for decision in decisions}
        context = {
            **self._context(request),
            "title": f"Công khai {petition.code}",
            "parts": [(label, _pieces(text, said.known, numbers)) for label, text in texts],
            "decisions": decisions,
            "petition": petition,
            "back": f"/quan-tri/feedback/petition/{petition.pk}/change/",
        }
        return TemplateResponse(request, "admin/feedback/decisions.html", context)

    def _ask_texts(
        self, request: HttpRequest, petition: Petition, form: TextsForm, said: publishing.Proposal, left: set[str], *, status: int = 200
    ) -> HttpResponse:
        texts = [str(form[part].value() or "") for part, _label in _PARTS]
        context = {
            **self._context(request),
            "title": f"Công khai {petition.code}",
            "form": form,
            # What the officer wrote into the texts themself is decided like what was there.
            "decisions": _decisions(texts, said.known, left),
            "seen": request.POST.get("seen") or petition.version,
            "addresses": {"list": self.address("changelist"), "back": f"/quan-tri/feedback/petition/{petition.pk}/change/"},
        }
        return TemplateResponse(request, "admin/feedback/texts.html", context, status=status)

    def keep_view(self, request: HttpRequest, petition_id: UUID) -> HttpResponse:
        """Decide that an answer is not published, with the reason."""
        petition = self._petition(request, petition_id)
        return self.ask(
            request,
            title=f"Không công khai {petition.code}",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            about=[
                "Lý do được lưu trong hồ sơ. Về sau vẫn công khai được.",
                *(
                    ["Trả lời trước đang công khai sẽ được gỡ với cùng lý do; ai mở địa chỉ ấy đọc được lý do này."]
                    if _stands(petition)
                    else []
                ),
            ],
            back=f"/quan-tri/feedback/petition/{petition.pk}/change/",
            seen=petition.version,
            do=lambda data: publishing.keep_unpublished(
                actor=actor_of(request),
                petition_id=petition.pk,
                reason=data["reason"],
                now=timezone.now(),
                seen=seen_version(request),
            ),
            done="Đã ghi: không công khai.",
            to=self.address("waiting"),
        )

    def withdraw_view(self, request: HttpRequest, petition_id: UUID) -> HttpResponse:
        """Take a published answer down, with the reason that its address gives from then on."""
        case = PublishedCase.objects.filter(petition=petition_id, withdrawn_at__isnull=True).first()
        petition = self._petition(request, petition_id, case_unit=case.unit_code if case else "")
        if case is None:
            raise Http404
        return self.ask(
            request,
            title=f"Gỡ bản công khai {petition.code}",
            form=ReasonForm(request.POST if request.method == "POST" else None),
            about=[case.title, "Ai mở địa chỉ này sẽ đọc được lý do bạn ghi. Đừng ghi thông tin cá nhân."],
            back=self.address("change", case.pk),
            seen=petition.version,
            do=lambda data: publishing.withdraw_published(
                actor=actor_of(request),
                petition_id=petition.pk,
                reason=data["reason"],
                now=timezone.now(),
                seen=seen_version(request),
            ),
            done="Đã gỡ.",
        )


def _notes(row: PublishedCase) -> list[str]:
    if row.withdrawn_at:
        return [f"Đã gỡ {moment(row.withdrawn_at)}: {row.withdrawn_reason}"]
    if row.disagreed_at:
        return [
            f"Người gửi không đồng ý với trả lời này, {moment(row.disagreed_at)}. Trang công khai nói như vậy cho đến khi có trả lời khác."
        ]
    return []


def _waiting(request: HttpRequest) -> QuerySet[Petition]:
    """What waits at the agencies for which the officer publishes."""
    actor = actor_of(request)
    rows = Petition.objects.filter(publication=Petition.Publication.WAITING, state="answered")
    if "." not in actor.unit and may(actor, PUBLISH, actor.unit):
        return rows.filter(agency_code=actor.unit)
    return rows.filter(unit_scope(actor, PUBLISH, "unit_code"))


def _decisions(texts: list[str], known: redaction.Known, left: set[str]) -> list[Decision]:
    """What is marked in these texts, the same thing once, in the order of its first place."""
    found: dict[str, list[redaction.Mark]] = {}
    for text in texts:
        for mark in redaction.marks(text, known):
            found.setdefault(mark.key, []).append(mark)
    return [
        Decision(number, key, places[0].label, places[0].text, len(places), key in left)
        for number, (key, places) in enumerate(found.items(), start=1)
    ]


def _pieces(text: str, known: redaction.Known, numbers: dict[str, int]) -> list[Piece]:
    pieces, begin = [], 0
    for mark in redaction.marks(text, known):
        pieces += [Piece(text[begin : mark.start]), Piece(mark.text, numbers[mark.key])]
        begin = mark.end
    return [*pieces, Piece(text[begin:])]


def _ways(request: HttpRequest, petition: Petition) -> list[OwnWay]:
    actor, case = actor_of(request), _stands(petition)
    base = f"{BASE}{petition.pk}/"
    # Whatever has become of the petition since: what is public can be taken down.
    down = [OwnWay("Gỡ bản công khai", f"{base}go/", "danger")] if case else []
    if not may(actor, PUBLISH, petition.unit_code):
        return down if case and may(actor, PUBLISH, case.unit_code) else []
    if case and publishing.may_be_changed(petition, case):
        return [OwnWay("Sửa bản công khai", f"{base}cong-khai/"), *down]
    if petition.state == "answered" and petition.publication == Petition.Publication.WAITING:
        return [OwnWay("Công khai", f"{base}cong-khai/", ""), OwnWay("Không công khai", f"{base}khong-cong-khai/"), *down]
    if petition.state == "answered" and petition.publication == Petition.Publication.KEPT:
        return [OwnWay("Công khai", f"{base}cong-khai/"), *down]
    return down


def _stands(petition: Petition) -> PublishedCase | None:
    """What is public of a petition (one query, the first time)."""
    case: PublishedCase | None = getattr(petition, "published", None)
    return case if case is not None and case.withdrawn_at is None else None


def _first(request: HttpRequest, petition: Petition) -> OwnWay | None:
    return next(iter(_ways(request, petition)), None)


def _second(request: HttpRequest, petition: Petition) -> OwnWay | None:
    return next(iter(_ways(request, petition)[1:]), None)


def _third(request: HttpRequest, petition: Petition) -> OwnWay | None:
    return next(iter(_ways(request, petition)[2:]), None)


register_way(_first)
register_way(_second)
register_way(_third)
