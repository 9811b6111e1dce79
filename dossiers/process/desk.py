"""The process on the desk's page of a dossier: where it stands, who has it and its acts, opinions, the control sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from dossiers import services
from dossiers.desk_pages.near import Near
from dossiers.models import OPEN_STATES, Dossier, DossierOpinion, DossierStep, State
from dossiers.process import assigning, forms, opinions, running
from dossiers.process.assigning import Hands
from dossiers.process.documents import read
from dossiers.process.publishing import ProcessRefused
from dossiers.process.sheet import ISSUE, NOTHING, TITLE, control_rows, issue_sheet
from dossiers.services.common import OWN, concerns
from dossiers.views.common import as_int
from portal.access import Actor, actor_of, may, require
from portal.access.desk import Way
from portal.catalogues.models import Agency
from portal.catalogues.queries import agency_names
from portal.states import TransitionRefused
from portal.workdays import Calendar, remaining_words

EVENTS = {
    "pass_step": "Chuyển bước",
    "return_step": "Trả lại bước trước",
    "take_step": "Nhận việc của bước",
    "assign": "Giao, chuyển người giải quyết",
    "ask_opinion": "Hỏi ý kiến cơ quan khác",
    "answer_opinion": "Cơ quan được hỏi cho ý kiến",
    "call_off_opinion": "Rút việc hỏi ý kiến",
    "reuse_opinion": "Dùng lại ý kiến đã có",
}
"""What the history calls what happens within a process."""
NO_PROCESS = "Hồ sơ không theo quy trình điện tử nào: cán bộ phụ trách giải quyết và trình ký."
NOT_BEGUN = "Quy trình của thủ tục, nếu cơ quan có, bắt đầu khi tiếp nhận."
LABELS = {
    "pass_step": "Chuyển bước tiếp",
    "return_step": "Trả lại bước trước",
    "take_step": "Nhận việc",
    "assign": "Giao, chuyển người giải quyết",
    "control_sheet": "Phiếu kiểm soát",
    "seal_sheet": "Lập bản có dấu lúc này",
}

SHEET_WORDS = (
    "Phiếu tự ghi theo từng lần giao, nhận. Bản có dấu được lập tự động khi hồ sơ chuyển sang cơ quan khác và khi hồ sơ kết thúc; "
    "cần bản giấy trước đó thì lập ở đây."
)


@dataclass(frozen=True)
class StepLine:
    """One step as the page shows it: been, being done, or to come."""

    label: str
    state: str
    who: str = ""
    started: Any = None
    due: Any = None
    words: str = ""
    is_late: bool = False
    note: str = ""


@dataclass(frozen=True)
class OpinionLine:
    """One opinion as the page shows it."""

    row: DossierOpinion
    agency: str
    is_late: bool
    call_off_url: str = ""
    reuse_url: str = ""


@dataclass
class Panel:
    """What the page of a dossier shows of its process."""

    name: str = ""
    version: int = 0
    words: str = ""
    """What is said where there are no steps."""
    lines: list[StepLine] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    """Opinions that hold the step up, in words."""
    opinions: list[OpinionLine] = field(default_factory=list)
    earlier: list[OpinionLine] = field(default_factory=list)
    """Given before on dossiers of the same party: looked at before another is asked."""
    has_left: bool = False
    """Whether who has the step holds its role no more."""
    undecidable: str = ""
    """Why the step in which it stands does not let it be decided now by this officer."""


def panel(actor: Actor, dossier: Dossier, near: Near, *, own: bool, calendar: Calendar) -> Panel:
    """The process of a dossier, for an officer who sees it (a fixed number of queries, none where there is nothing)."""
    now, shown = timezone.now(), Panel()
    steps: list[DossierStep] = near.rows(
        "steps", lambda: list(dossier.steps.select_related("process__version").order_by("process", "number"))
    )
    rows: list[DossierOpinion] = near.rows("opinions", lambda: list(dossier.opinions.all()))
    step = next((one for one in steps if one.finished_at is None), None)
    hands = Hands(step or dossier, actor, now)
    facts: dict[str, str] = {}
    if not steps:
        shown.words = NO_PROCESS if dossier.received_at is not None else NOT_BEGUN
    else:
        version = steps[-1].process.version
        shown.name, shown.version = version.name, version.number
        shown.lines = [_been(one) for one in steps if one.finished_at is not None]
    if step is not None:
        due, facts = running.due_of(step, dossier, calendar), running.facts_of(dossier, rows)
        # Who is to sign has no share of the limit: the decision stopped the clock.
        runs = step.act != "sign" and not dossier.awaits_payment and not dossier.awaits_completion
        words = remaining_words(now, due, calendar) if runs else ""
        line = StepLine(
            step.label, "now", step.officer_label, step.started_at, due if step.act != "sign" else None, words, runs and now > due
        )
        document = read(step.process.version.document)
        there = document.there(dossier.answers or {}, facts)
        names = [one.name for one in there]
        rest = there[names.index(step.name) + 1 :] if step.name in names else []
        shown.lines += [line, *(StepLine(one.label, "") for one in rest)]
        shown.has_left = step.officer_id is not None and hands.is_free
        shown.undecidable = running.why_not_decided_in(step, hands)
    if dossier.state in OPEN_STATES:
        _ways(shown, dossier, step, hands, own=own)
    _opinions(shown, actor, dossier, step, facts, rows, near, own=own, now=now)
    if not own and dossier.received_at is not None and may(actor, ISSUE, dossier.unit_code):
        shown.ways.append(Way(LABELS["control_sheet"], reverse("admin:dossiers_dossier_control_sheet", args=[dossier.pk]), "quiet"))
    return shown


def _steps(dossier: Dossier) -> QuerySet[DossierStep]:
    return dossier.steps.select_related("process__version").order_by("process", "number")


def _been(step: DossierStep) -> StepLine:
    words = {"passed": "đã chuyển", "returned": "đã trả lại", "ended": "hồ sơ kết thúc"}[step.outcome]
    who = step.finished_label or step.officer_label
    return StepLine(step.label, "done", who, step.started_at, step.due_at, words, bool(step.is_late), step.note or "")


def _ways(shown: Panel, dossier: Dossier, step: DossierStep | None, hands: Hands, *, own: bool) -> None:
    actor = hands.actor
    if own:
        return
    if step is not None and running.may_pass(dossier, step, hands):
        if not step.act:
            shown.ways.append(_way("pass_step", dossier))
        if running.may_return_to(dossier, step):
            shown.ways.append(_way("return_step", dossier, "quiet"))
    if assigning.why_not_assigned(dossier, step):
        return
    may_take = step is not None and not hands.are_own and step.role in actor.roles and may(actor, assigning.TAKE, dossier.unit_code)
    if step is not None and may_take and (hands.are_stood_in_for or hands.is_free):
        shown.ways.append(_way("take_step", dossier, "" if step.officer_id is None else "quiet"))
    if may(actor, assigning.ASSIGN, dossier.unit_code) and not assigning.why_not_by(hands):
        shown.ways.append(_way("assign", dossier, "quiet"))


def _way(name: str, dossier: Dossier, kind: str = "") -> Way:
    return Way(LABELS[name], reverse(f"admin:dossiers_dossier_{name}", args=[dossier.pk]), kind)


def _opinions(
    shown: Panel,
    actor: Actor,
    dossier: Dossier,
    step: DossierStep | None,
    facts: dict[str, str],
    rows: list[DossierOpinion],
    near: Near,
    *,
    own: bool,
    now: Any,
) -> None:
    may_ask = not own and may(actor, opinions.ASK, dossier.unit_code) and not opinions.why_not_asked(dossier)
    earlier = opinions.earlier(dossier) if may_ask and near.has_earlier_opinions else []
    names = agency_names([one.asked_unit for one in (*rows, *earlier)]) if rows or earlier else {}
    wanted = running.wanted_opinions(dossier, read(step.process.version.document), step, facts) if step is not None else []
    if wanted:
        holding, overdue = running.missing_opinions(dossier, wanted, now, rows)
        shown.wanted = [*holding, *overdue]
    for row in rows:
        url = reverse("admin:dossiers_dossier_call_off_opinion", args=[dossier.pk, row.pk]) if may_ask and row.is_open else ""
        shown.opinions.append(OpinionLine(row, names.get(row.asked_unit, row.asked_unit), row.is_open and row.due_at < now, url))
    had = {row.matter for row in rows if row.called_off_at is None}
    for row in earlier:
        fits = row.matter in {one.name for one in wanted} - had and opinions.is_reusable(row, now)
        url = reverse("admin:dossiers_dossier_reuse_opinion", args=[dossier.pk, row.pk]) if fits else ""
        shown.earlier.append(OpinionLine(row, names.get(row.asked_unit, row.asked_unit), is_late=False, reuse_url=url))
    if may_ask:
        shown.ways.append(Way("Hỏi ý kiến cơ quan khác", reverse("admin:dossiers_dossier_ask_opinion", args=[dossier.pk]), "quiet"))


class ProcessDesk(admin.ModelAdmin):  # type: ignore[type-arg]
    """What the desk of dossiers has of processes; `dossiers.admin.DossierAdmin` is one."""

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "dossiers_dossier"
        one = "<uuid:dossier_id>/"
        return [
            path(one + "pass_step/", view(self.pass_step), name=f"{name}_pass_step"),
            path(one + "return_step/", view(self.return_step), name=f"{name}_return_step"),
            path(one + "take_step/", view(self.take_step), name=f"{name}_take_step"),
            path(one + "assign/", view(self.assign), name=f"{name}_assign"),
            path(one + "ask_opinion/", view(self.ask_opinion), name=f"{name}_ask_opinion"),
            path(one + "opinion/<int:opinion_id>/call_off/", view(self.call_off_opinion), name=f"{name}_call_off_opinion"),
            path(one + "opinion/<int:opinion_id>/reuse/", view(self.reuse_opinion), name=f"{name}_reuse_opinion"),
            path(one + "control_sheet/", view(self.control_sheet), name=f"{name}_control_sheet"),
            *super().get_urls(),
        ]

    # One dossier -----------------------------------------------------------------------------------------------------------------

    def _in_work(self, request: HttpRequest, dossier_id: UUID, act: str) -> Dossier:
        """The dossier for an act, its right asked before a form is shown; 404 behind the door."""
        try:
            dossier = services.open_dossier(actor=actor_of(request), dossier_id=dossier_id)
        except Dossier.DoesNotExist as error:
            raise Http404 from error
        require(actor_of(request), act, dossier.unit_code)
        return dossier

    def _act(
        self,
        request: HttpRequest,
        dossier: Dossier,
        *,
        title: str,
        button: str = "",
        form: Any,
        do: Callable[..., Any],
        done: str | Callable[[Any], str],
        refusal: str = "",
        about: Sequence[str] = (),
        template: str = "admin/dossiers/process/act.html",
        more: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One act: GET shows its form, POST does it. What cannot be done any more is the dossier's page that says so, never an error."""
        actor, change = actor_of(request), reverse("admin:dossiers_dossier_change", args=[dossier.pk])
        is_post = request.method == "POST"
        if not is_post:
            reason = OWN if concerns(dossier, actor.person_id) else refusal
            if reason:
                return self._page(request, dossier, status=409, refused=reason)  # type: ignore[attr-defined]
        elif form.is_valid():
            try:
                result = do(
                    actor=actor, dossier_id=dossier.pk, seen_version=as_int(request.POST.get("seen")), now=timezone.now(), **form.given
                )
            except ProcessRefused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, refused.message)
            except TransitionRefused as refused:
                fresh = services.open_dossier(actor=actor, dossier_id=dossier.pk)
                return self._page(request, fresh, status=409, refused=refused.reason)  # type: ignore[attr-defined]
            else:
                self.message_user(request, done if isinstance(done, str) else done(result))
                return redirect(change)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{title}: {dossier.code}",
            "button": button or title,
            "dossier": dossier,
            "form": form,
            "about": [f"{dossier.procedure_name}, chủ hồ sơ {dossier.owner_name}.", *about],
            "seen": request.POST.get("seen", dossier.version),
            "addresses": {"list": reverse("admin:dossiers_dossier_changelist"), "back": change},
            **(more or {}),
        }
        return TemplateResponse(request, template, context, status=422 if is_post else 200)

    def pass_step(self, request: HttpRequest, dossier_id: UUID) -> HttpResponse:
        """Hand on to the next step."""
        dossier, now = self._in_work(request, dossier_id, running.PASS), timezone.now()
        step = assigning.open_step(dossier)
        data = request.POST if request.method == "POST" else None
        if step is None or step.act:
            refusal = running.by_act_words(step) if step is not None else running.NO_PROCESS
            form = forms.PassForm(data, ready=[], rule="", overdue=False)
            return self._act(request, dossier, title=LABELS["pass_step"], form=form, do=running.pass_step, done="", refusal=refusal)
        document, facts = read(step.process.version.document), running.facts_of(dossier)
        following = document.after(step.name, dossier.answers or {}, facts)
        assert following is not None  # what has no act has one after it
        holding, overdue = running.missing_opinions(dossier, running.wanted_opinions(dossier, document, step, facts), now)
        ready = assigning.candidates(dossier.unit_code, [following.role], now)
        form = forms.PassForm(data, ready=ready, rule=following.rule, overdue=bool(overdue))
        going = dossier.state == State.PROCESSING and not dossier.stage
        refusal = " ".join(holding) or ("" if going else running.NOT_NOW) or running.why_not_mine(step, Hands(step, actor_of(request), now))
        return self._act(
            request,
            dossier,
            title=LABELS["pass_step"],
            form=form,
            do=running.pass_step,
            done=lambda row: f"Đã chuyển sang bước “{row.label}”: {row.officer_label or 'chưa giao cho ai'}.",
            refusal=refusal,
            about=[f"Từ bước “{step.label}” sang bước “{following.label}”.", *overdue],
        )

    def return_step(self, request: HttpRequest, dossier_id: UUID) -> HttpResponse:
        """Give back to an earlier step."""
        dossier, now = self._in_work(request, dossier_id, running.RETURN), timezone.now()
        step = assigning.open_step(dossier)
        back = running.may_return_to(dossier, step) if step is not None and step.act != "sign" else []
        form = forms.ReturnForm(request.POST if request.method == "POST" else None, back=back)
        refusal = "" if back else "Từ bước này không trả lại được bước nào."
        if step is not None and not refusal:
            going = dossier.state == State.PROCESSING and not dossier.stage
            refusal = running.why_not_mine(step, Hands(step, actor_of(request), now)) if going else running.NOT_NOW
        return self._act(
            request,
            dossier,
            title=LABELS["return_step"],
            form=form,
            do=running.return_step,
            done=lambda row: f"Đã trả lại bước “{row.label}”: {row.officer_label or 'chưa giao cho ai'}.",
            refusal=refusal,
        )

    def take_step(self, request: HttpRequest, dossier_id: UUID) -> HttpResponse:
        """Take a step that nobody has."""
        dossier, now = self._in_work(request, dossier_id, assigning.TAKE), timezone.now()
        step, actor = assigning.open_step(dossier), actor_of(request)
        form = _Nothing(request.POST if request.method == "POST" else None)
        refusal = "" if step is not None else running.NO_PROCESS
        hands = Hands(step, actor, now) if step is not None else None
        if step is not None and hands is not None and not hands.is_free and not hands.are_stood_in_for:
            refusal = f"Bước này đang do {step.officer_label} giữ."
        about = [f"Bước “{step.label}” sẽ do bạn làm."] if step is not None else []
        return self._act(
            request, dossier, title=LABELS["take_step"], form=form, do=assigning.take, done="Đã nhận việc.", refusal=refusal, about=about
        )

    def assign(self, request: HttpRequest, dossier_id: UUID) -> HttpResponse:
        """Give to a colleague by hand, or to the least loaded."""
        dossier, now = self._in_work(request, dossier_id, assigning.ASSIGN), timezone.now()
        step = assigning.open_step(dossier)
        ready = assigning.candidates(dossier.unit_code, assigning.roles_of(dossier, step), now)
        about = [
            f"Đang giữ: {(step.officer_label if step is not None else dossier.officer_label) or 'chưa ai'}.",
            "Thời hạn giữ nguyên; người nộp không phải làm gì.",
        ]
        return self._act(
            request,
            dossier,
            title=LABELS["assign"],
            form=forms.AssignForm(request.POST if request.method == "POST" else None, ready=ready),
            do=assigning.assign,
            done=lambda result: f"Đã giao {result[1].label}. Thời hạn giữ nguyên.",
            refusal=assigning.why_not_assigned(dossier, step) or assigning.why_not_by(Hands(step or dossier, actor_of(request), now)),
            about=about,
        )

    # Opinions --------------------------------------------------------------------------------------------------------------------

    def ask_opinion(self, request: HttpRequest, dossier_id: UUID) -> HttpResponse:
        """Ask other agencies, after a look at what was said before (D-31)."""
        dossier = self._in_work(request, dossier_id, opinions.ASK)
        wanted = opinions.wanted_now(dossier)
        top = Agency.objects.on(timezone.localdate()).filter(Q(level="ministry") | Q(code__in=[one.agency for one in wanted if one.agency]))
        form = forms.AskForm(
            request.POST if request.method == "POST" else None,
            wanted=wanted,
            agencies=list(top.order_by("name").values_list("code", "name")),
            papers=list(dossier.papers.select_related("file").filter(superseded_at=None)),
        )
        earlier = opinions.earlier(dossier)
        names = agency_names([one.asked_unit for one in earlier]) if earlier else {}
        return self._act(
            request,
            dossier,
            title="Hỏi ý kiến cơ quan khác",
            form=form,
            do=opinions.ask,
            done=lambda rows: f"Đã hỏi {len(rows)} cơ quan. Thời hạn giải quyết vẫn chạy.",
            refusal=opinions.why_not_asked(dossier),
            template="admin/dossiers/process/ask.html",
            more={"earlier": [OpinionLine(one, names.get(one.asked_unit, one.asked_unit), is_late=False) for one in earlier]},
        )

    def call_off_opinion(self, request: HttpRequest, dossier_id: UUID, opinion_id: int) -> HttpResponse:
        """An opinion is not needed any more."""
        dossier = self._in_work(request, dossier_id, opinions.ASK)
        row = dossier.opinions.filter(pk=opinion_id).first()
        if row is None:
            raise Http404
        return self._act(
            request,
            dossier,
            title="Rút việc hỏi ý kiến",
            form=forms.WhyForm(request.POST if request.method == "POST" else None),
            do=lambda **given: opinions.call_off(opinion_id=opinion_id, **given),
            done="Đã rút. Cơ quan được hỏi không phải trả lời nữa.",
            refusal="" if row.is_open else "Cơ quan được hỏi đã cho ý kiến, hoặc việc hỏi đã được rút.",
            about=[row.label],
        )

    def reuse_opinion(self, request: HttpRequest, dossier_id: UUID, opinion_id: int) -> HttpResponse:
        """Take an opinion that was given before."""
        dossier = self._in_work(request, dossier_id, opinions.ASK)
        row = next((one for one in opinions.earlier(dossier) if one.pk == opinion_id), None)
        if row is None:
            raise Http404
        return self._act(
            request,
            dossier,
            title="Dùng lại ý kiến",
            form=_Nothing(request.POST if request.method == "POST" else None),
            do=lambda **given: opinions.reuse(earlier_id=opinion_id, matter=row.matter, **given),
            done="Đã dùng lại ý kiến. Không phải hỏi lần nữa.",
            refusal="" if opinions.is_reusable(row, timezone.now()) else "Ý kiến này không còn dùng lại được.",
            about=[f"{row.label}: {row.get_verdict_display()}.", row.answer or "", f"Trong hồ sơ {row.dossier.code}."],
        )

    # The control sheet -----------------------------------------------------------------------------------------------------------

    def control_sheet(self, request: HttpRequest, dossier_id: UUID) -> HttpResponse:
        """Phiếu kiểm soát: what will stand in it, and having it sealed."""
        dossier = self._in_work(request, dossier_id, ISSUE)
        rows = control_rows(dossier)
        return self._act(
            request,
            dossier,
            title=LABELS["control_sheet"],
            button=LABELS["seal_sheet"],
            about=(SHEET_WORDS,),
            form=_Nothing(request.POST if request.method == "POST" else None),
            do=issue_sheet,
            done=f"{TITLE} đang được đóng dấu, thường xong trong một phút. Phiếu lập trước, nếu có, không còn giá trị.",
            refusal="" if rows else NOTHING,
            template="admin/dossiers/process/control_sheet.html",
            more={"rows": rows},
        )


class _Nothing(django_forms.Form):
    """An act that asks only whether."""

    given: dict[str, Any] = {}
