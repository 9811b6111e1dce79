"""From "I want to say something" to the sent petition: one thing a page, complete without JavaScript."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.pages import is_known
from dossiers.queries import dossier_of
from feedback import queries_own, routes
from feedback.forms import ContactForm, ContentForm, PlaceForm
from feedback.models import TOP, PetitionDraft, PetitionKind
from feedback.queries_own import AboutThing
from feedback.rules import ANSWER
from feedback.search import like
from feedback.services import NotYours, PetitionRefused, publishing, sending
from feedback.services.files import MAX_BYTES, MAX_FILES
from feedback.services.sending import Problem, SendingRefused
from feedback.terms import limits_at
from feedback.views.common import as_int, as_uuid, is_late, sender_page, typing_page, uploads
from feedback.words import tidy
from portal.access import actor_of
from portal.catalogues import queries as catalogues
from portal.catalogues.models import AdministrativeUnit
from portal.files.responses import send_file
from portal.ui.fields import picking

STEPS = (
    ("noi-dung", lazy("Nội dung")),
    ("co-quan", lazy("Nơi nhận")),
    ("tep", lazy("Ảnh, tệp")),
    ("lien-lac", lazy("Liên lạc")),
    ("kiem-tra", lazy("Kiểm tra, gửi")),
)
PAGES = {
    "noi-dung": "petition-content",
    "co-quan": "petition-agency",
    "tep": "petition-files",
    "lien-lac": "petition-contact",
    "kiem-tra": "petition-check",
}
LIKE, FOUND = 5, 12
"""How many answers alike, and how many agencies, are shown."""
LIKE_AT_LAST = 3
"""And how many of those once more, above what is about to be sent."""
REQUEST_OVERHEAD = 64 * 1024
"""Bytes of a multipart request beside its files: boundaries and small fields."""
UNKNOWN = "khong-biet"
"""What the form says for "I do not know"; kept as an empty code."""
ABOUT = {"thu-tuc": "procedure_code", "ho-so": "dossier_code", "thanh-toan": "order_code"}
"""What a petition can be about: the parameter of the start page, and the draft's field."""


def _data(draft: PetitionDraft) -> dict[str, str]:
    return {name: str((draft.data or {}).get(name, "")) for name in sending.FIELDS}


def _kind(data: dict[str, str]) -> PetitionKind | None:
    return PetitionKind.objects.filter(pk=data["kind"]).first()


def _about(draft: PetitionDraft) -> dict[str, str]:
    return {name: str(getattr(draft, name)) for name in ABOUT.values()}


def _things(request: HttpRequest, draft: PetitionDraft) -> list[AboutThing]:
    """What the draft is about, as far as it can still be shown."""
    return queries_own.things_about(actor_of(request), **_about(draft)) or []


def _at(draft: PetitionDraft, page: str, **query: str) -> str:
    return reverse(PAGES[page], args=[draft.pk]) + (f"?{urlencode(query)}" if query else "")


def _next(request: HttpRequest, draft: PetitionDraft, page: str) -> HttpResponse:
    """On to the next page, or back to the check from where one came."""
    return redirect(_at(draft, "kiem-tra" if _comes_back(request) else page))


def _comes_back(request: HttpRequest) -> bool:
    return request.GET.get("ve") == "kiem-tra"


def _step(
    request: HttpRequest, draft: PetitionDraft, page: str, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    number = [name for name, _label in STEPS].index(page) + 1
    frame = {
        "draft": draft,
        "steps": [label for _name, label in STEPS],
        "current": number,
        "things": _things(request, draft),
        "back": _at(draft, STEPS[number - 2][0]) if number > 1 else "",
        "comes_back": _comes_back(request),
        "not_saved": is_late(request),
    }
    return render(request, template, {**frame, **context}, status=status)


def _kept(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("Đã lưu nháp. Bạn có thể quay lại viết tiếp bất cứ lúc nào."))
    return redirect("petition-mine")


# Where one begins --------------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponseBase:
    """What one needs and for what this is not the place; who is signed in begins, the others are shown the way in."""
    if request.method == "POST" or is_known(actor_of(request)):
        return _start(request)
    code = request.GET.get("thu-tuc", "")
    name = queries_own.procedure_name(code) if code else ""
    if code and not name:
        raise Http404
    things = [AboutThing("procedure", code, name)] if name else []
    return render(request, "feedback/start.html", {"things": things, "days": _days(), "sign_in": _sign_in(request)})


def _sign_in(request: HttpRequest) -> str:
    return f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}"


def _days() -> int:
    return limits_at(timezone.now())[ANSWER].amount


@sender_page
def _start(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    said = request.POST if request.method == "POST" else request.GET
    about = {field: said.get(name, "").replace("\0", "")[:40] for name, field in ABOUT.items()}
    things = queries_own.things_about(actor, **about)
    if things is None:
        raise Http404
    if about["dossier_code"]:
        dossier = dossier_of(actor, about["dossier_code"])
        about["procedure_code"] = dossier.procedure_code if dossier is not None else ""
    # The code as it is kept, not as somebody typed it.
    about["order_code"] = next((thing.code for thing in things if thing.kind == "order"), "")
    refused = ""
    if request.method == "POST":
        try:
            draft = sending.start_draft(actor=actor, **about, fresh=said.get("act") == "moi")
        except PetitionRefused as error:
            refused = error.message
        else:
            return redirect(_at(draft, "noi-dung"))
    context = {
        "things": things,
        "days": _days(),
        "begun": queries_own.drafts_about(actor, **about),
        "carried": [(name, said.get(name, "")) for name in ABOUT if said.get(name)],
        "refused": refused,
    }
    return render(request, "feedback/start.html", context, status=422 if refused else 200)


# What one writes ---------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@typing_page
def content(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The kind, one line, the whole."""
    actor, now = actor_of(request), timezone.now()
    draft = sending.own_draft(actor=actor, draft_id=draft_id)
    kinds = sending.kinds_on(now)
    if request.method != "POST":
        data = _data(draft)
        # Coming back from the check page one sees at once what is wrong; otherwise nobody is scolded before sending.
        form = ContentForm(data, kinds=kinds) if _comes_back(request) else ContentForm(initial=data, kinds=kinds)
        return _step(request, draft, "noi-dung", "feedback/content.html", {"form": form})
    # As it will be kept: line ends and signs that cannot be seen do not count as characters.
    typed = {name: tidy(request.POST.get(name, "")) for name in ("kind", "subject", "words")}
    form = ContentForm(typed, kinds=kinds)
    if is_late(request):
        form = ContentForm(initial=typed, kinds=kinds)
        return _step(request, draft, "noi-dung", "feedback/content.html", {"form": form}, status=409)
    try:
        draft = sending.save_draft(actor=actor, draft_id=draft_id, data=typed, seen=_seen(request))
    except PetitionRefused as stale:
        draft = sending.own_draft(actor=actor, draft_id=draft_id)
        form, kept = ContentForm(initial=typed, kinds=kinds), _data(draft)
        context = {"form": form, "stale": stale.message, "kept": kept["words"], "kept_subject": kept["subject"]}
        return _step(request, draft, "noi-dung", "feedback/content.html", context, status=409)
    if request.POST.get("act") == "luu":
        return _kept(request)
    if not form.is_valid():
        return _step(request, draft, "noi-dung", "feedback/content.html", {"form": form}, status=422)
    if _comes_back(request):
        return redirect(_at(draft, "kiem-tra"))
    if like(f"{typed['subject']}\n{typed['words']}", limit=LIKE):
        return redirect("petition-alike", draft_id=draft.pk)
    return redirect(_at(draft, "co-quan"))


def _seen(request: HttpRequest) -> int | None:
    return as_int(request.POST.get("seen")) if "seen" in request.POST else None


@require_http_methods(["GET", "HEAD", "POST"])
@sender_page
def alike(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Answers to others who asked something like it; one that helps is counted, once a draft."""
    actor = actor_of(request)
    draft = sending.own_draft(actor=actor, draft_id=draft_id)
    data = _data(draft)
    if request.method == "POST":
        which = request.POST.get("giup", "")
        found = {str(case.pk): case for case in like(f"{data['subject']}\n{data['words']}", limit=LIKE)}
        counted = request.session.get("petition_helped", [])
        if which in found and str(draft.pk) not in counted:
            publishing.count_helped(found[which].pk, timezone.now())
            request.session["petition_helped"] = [*counted, str(draft.pk)][-50:]
        return redirect(reverse("petition-discard", args=[draft.pk]) + "?da-giup=1")
    cases = like(f"{data['subject']}\n{data['words']}", limit=LIKE)
    if not cases:
        return redirect(_at(draft, "co-quan"))
    return _step(request, draft, "noi-dung", "feedback/alike.html", {"cases": cases, "back": _at(draft, "noi-dung")})


# To whom -----------------------------------------------------------------------------------------------------------------------


def _suggested(draft: PetitionDraft, data: dict[str, str], kind: PetitionKind | None) -> str:
    return routes.suggested_unit(kind=kind, **_about(draft), place_code=data["place_code"])


@require_http_methods(["GET", "HEAD", "POST"])
@typing_page
def agency(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Which agency: the one suggested by what it is about and where it happened, another one found by name, or "I do not know"."""
    actor = actor_of(request)
    draft = sending.own_draft(actor=actor, draft_id=draft_id)
    data = _data(draft)
    if request.method != "POST":
        return _agency_page(request, draft, data)
    form = PlaceForm(request.POST)
    chosen = request.POST.get("unit_code", "")
    if picking(request.POST) or is_late(request):
        return _agency_page(request, draft, data, form=PlaceForm(initial=_typed_place(form)), chosen=chosen, status=_late(request))
    act, kind = request.POST.get("act", ""), _kind(data)
    before = _suggested(draft, data, kind)
    typed: dict[str, str] = {}
    if form.is_valid():
        typed = {"place_code": form.cleaned_data["place"], "place_words": form.cleaned_data["place_words"]}
    after = _suggested(draft, {**data, **typed}, kind)
    moved = bool(typed) and typed["place_code"] != data["place_code"] and after != before
    if moved and data["unit_code"] in ("", before):
        # Nobody chose the former suggestion against the new one.
        typed["unit_code"] = after
    elif not moved and "unit_code" in request.POST and (act in ("tiep", "luu") or chosen != before):
        typed["unit_code"] = "" if chosen == UNKNOWN else chosen[:40]
    draft = sending.save_draft(actor=actor, draft_id=draft_id, data=typed)
    data = _data(draft)
    if act == "luu":
        return _kept(request)
    if not form.is_valid():
        return _agency_page(request, draft, data, form=form, chosen=chosen, status=422)
    query = {"ve": "kiem-tra"} if _comes_back(request) else {}
    if act == "tim":
        return redirect(_at(draft, "co-quan", **query, tim=request.POST.get("tim", "")[:100]))
    if moved or act == "noi":
        if moved:
            name = queries_own.unit_names([after])[after]
            messages.info(request, _("Theo nơi xảy ra việc, nơi nhận gợi ý là %(name)s. Bạn xem lại rồi tiếp tục.") % {"name": name})
        return redirect(_at(draft, "co-quan", **query))
    if "unit_code" not in request.POST:
        return _agency_page(request, draft, data, wrong=_("Bạn hãy chọn nơi nhận, hoặc chọn “Tôi không biết”."), status=422)
    if data["unit_code"] and not catalogues.agency_names([data["unit_code"]]):
        sending.save_draft(actor=actor, draft_id=draft_id, data={"unit_code": ""})
        return _agency_page(request, draft, data, wrong=_("Không có cơ quan này. Bạn chọn lại."), status=422)
    return _next(request, draft, "tep")


def _late(request: HttpRequest) -> int:
    return 409 if is_late(request) else 200


def _typed_place(form: PlaceForm) -> dict[str, Any]:
    return {"place": form["place"].data, "place_words": form["place_words"].data}


def _agency_page(
    request: HttpRequest,
    draft: PetitionDraft,
    data: dict[str, str],
    *,
    form: PlaceForm | None = None,
    chosen: str = "",
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    kind = _kind(data)
    suggested = _suggested(draft, data, kind)
    # Who handled it depends on where it was, and nothing else says where.
    asks_place = kind is not None and kind.goes == PetitionKind.Goes.HANDLER and not (draft.dossier_code or draft.order_code)
    words = request.GET.get("tim", "")
    found = queries_own.agencies_like(words, limit=FOUND) if words else []
    is_guess = suggested != TOP
    names = queries_own.unit_names([suggested, data["unit_code"]])
    choices = [{"code": suggested, "name": names[suggested], "why": "suggested"}] if is_guess else []
    if data["unit_code"] and data["unit_code"] != suggested:
        choices.append({"code": data["unit_code"], "name": names[data["unit_code"]], "why": "chosen"})
    known = {choice["code"] for choice in choices}
    choices += [{"code": code, "name": name, "why": ""} for code, name in found if code not in known]
    if not chosen:
        # What was answered before stands; at the first look the suggestion does.
        answered = "unit_code" in (draft.data or {})
        chosen = (data["unit_code"] or UNKNOWN) if answered else suggested if is_guess else ""
    form = form or PlaceForm(initial={"place": data["place_code"], "place_words": data["place_words"]})
    context = {
        "form": form,
        "choices": choices,
        "chosen": chosen,
        "unknown": UNKNOWN,
        "top": names[suggested] if not is_guess else "",
        "suggested": names[suggested],
        "words": words,
        "nothing": bool(words) and not found,
        "wrong": wrong,
        "open_place": bool(data["place_code"] or form.errors or picking(request.POST)) or asks_place or not is_guess,
    }
    return _step(request, draft, "co-quan", "feedback/agency.html", context, status=status)


# Files -------------------------------------------------------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest, draft_id: UUID) -> HttpResponseBase:
    """Photos and papers. A request that is too long is answered before it is read: hence the token is checked one step later."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method == "POST" and (not length.isdigit() or int(length) > MAX_BYTES + REQUEST_OVERHEAD):
        return _too_long(request, draft_id=draft_id)
    return _files(request, draft_id=draft_id)


@sender_page
def _too_long(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    draft = sending.own_draft(actor=actor_of(request), draft_id=draft_id)
    text = _("Các tệp vừa chọn cộng lại lớn hơn %(n)d MB nên chưa nhận được tệp nào. Bạn thêm ít tệp hơn mỗi lần, hoặc chụp ảnh nhỏ hơn.")
    response = _files_page(request, draft, [text % {"n": MAX_BYTES // 2**20}], status=413)
    response["Connection"] = "close"
    return response


@csrf_protect
@sender_page
def _files(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """One form: whichever button is pressed, what was chosen is taken first."""
    actor = actor_of(request)
    draft = sending.own_draft(actor=actor, draft_id=draft_id)
    if request.method != "POST":
        return _files_page(request, draft, [])
    wrong, taken = take_files(uploads(request), lambda upload: sending.add_file(actor=actor, draft_id=draft_id, upload=upload))
    act, _colon, which = request.POST.get("act", "").partition(":")
    if act == "xoa" and (file_id := as_uuid(which)):
        sending.remove_file(actor=actor, draft_id=draft_id, file_id=file_id)
        messages.success(request, _("Đã xóa tệp."))
    elif act == "them" and not taken and not wrong:
        wrong = [_("Bạn hãy chọn ảnh hoặc tệp PDF rồi bấm “Thêm tệp”.")]
    if taken:
        messages.success(request, _("Đã nhận tệp: %(names)s.") % {"names": ", ".join(f"“{name}”" for name in taken)})
    if wrong:
        return _files_page(request, draft, wrong, status=422)
    if act == "luu":
        return _kept(request)
    return _next(request, draft, "lien-lac") if act == "tiep" else redirect(request.get_full_path())


def take_files(chosen: Iterable[Any], take_one: Any) -> tuple[list[str], list[str]]:
    """Take every file: what could not be taken, each said once, and the names of those that were."""
    wrong: dict[str, list[str]] = {}
    taken = []
    for upload in chosen:
        try:
            take_one(upload)
        except PetitionRefused as refused:
            wrong.setdefault(refused.message, []).append(f"“{upload.name}”")
        else:
            taken.append(str(upload.name or ""))
    named = _("Chưa nhận %(names)s: %(why)s")
    return [named % {"names": _few(names), "why": why} for why, names in wrong.items()], taken


def _few(names: list[str]) -> str:
    """Three names, and how many more there are."""
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else _("%(names)s và %(n)d tệp khác") % {"names": shown, "n": len(names) - 3}


def _files_page(request: HttpRequest, draft: PetitionDraft, wrong: list[str], *, status: int = 200) -> HttpResponse:
    given = list(draft.files.select_related("file"))
    context = {
        "given": given,
        "wrong": wrong,
        "most": MAX_FILES,
        "is_full": len(given) >= MAX_FILES,
        "max_mb": settings.MAX_FILE_BYTES // 2**20,
    }
    return _step(request, draft, "tep", "feedback/files.html", context, status=status)


@require_safe
@sender_page
def draft_file(request: HttpRequest, draft_id: UUID, file_id: UUID) -> HttpResponseBase:
    """A file of one's own draft, to look at it again."""
    draft = sending.own_draft(actor=actor_of(request), draft_id=draft_id)
    row = draft.files.select_related("file").filter(pk=file_id).first()
    if row is None:
        raise Http404
    return send_file(row.file, name=str(row.file.name or ""), inline=row.file.media_type.startswith("image/"), unchecked=True)


# Who writes, and sending -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@typing_page
def contact(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Name, address, phone, e-mail as the account knows them, to be completed; whether the name may be public."""
    actor = actor_of(request)
    draft = sending.own_draft(actor=actor, draft_id=draft_id)
    if request.method != "POST":
        data = _shown_contact(_data(draft))
        form = ContactForm(data) if _comes_back(request) else ContactForm(initial=data)
        return _step(request, draft, "lien-lac", "feedback/contact.html", {"form": form})
    typed = {name: tidy(request.POST.get(name, ""))[:300] for name in ("name", "address", "phone", "email")}
    # An address is one line wherever it is shown.
    typed["address"] = ", ".join(line.strip(" ,") for line in typed["address"].splitlines() if line.strip(" ,"))
    typed["hide_name"] = "1" if request.POST.get("hide_name") else ""
    if is_late(request):
        return _step(request, draft, "lien-lac", "feedback/contact.html", {"form": ContactForm(initial=typed)}, status=409)
    draft = sending.save_draft(actor=actor, draft_id=draft_id, data=typed)
    if request.POST.get("act") == "luu":
        return _kept(request)
    form = ContactForm(typed)
    if not form.is_valid():
        return _step(request, draft, "lien-lac", "feedback/contact.html", {"form": form}, status=422)
    return _next(request, draft, "kiem-tra")


def _shown_contact(data: dict[str, str]) -> dict[str, str]:
    """A number as people write it."""
    phone = data["phone"]
    return {**data, "phone": f"0{phone[3:]}" if phone.startswith("+84") else phone}


@require_http_methods(["GET", "HEAD", "POST"])
@sender_page
def check(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Everything once more, then send what was checked. Pressing twice leads to what was sent."""
    actor, now = actor_of(request), timezone.now()
    draft = sending.own_draft(actor=actor, draft_id=draft_id)
    if request.method != "POST":
        return _check_page(request, draft)
    try:
        petition = sending.send(actor=actor, draft_id=draft_id, now=now, seen=as_int(request.POST.get("seen")))
    except SendingRefused as refused:
        return _check_page(request, draft, problems=refused.problems, status=422)
    except PetitionRefused as refused:
        draft = sending.own_draft(actor=actor, draft_id=draft_id)
        stale = as_int(request.POST.get("seen")) != draft.version
        return _check_page(request, draft, refused=refused.message, status=409 if stale else 422)
    return redirect(reverse("petition", args=[petition.code]) + "?da-gui=1")


def _place_words(data: dict[str, str]) -> str:
    code = data["place_code"]
    try:
        unit = catalogues.administrative_unit(code) if code else None
    except AdministrativeUnit.DoesNotExist:
        unit = None
    named = [data["place_words"]]
    if unit is not None:
        named += [unit.full_name, unit.parent.full_name if unit.parent is not None else ""]
    return ", ".join(part for part in named if part)


def _check_page(
    request: HttpRequest, draft: PetitionDraft, *, problems: list[Problem] | None = None, refused: str = "", status: int = 200
) -> HttpResponse:
    data = _shown_contact(_data(draft))
    kind = _kind(data)
    suggested = _suggested(draft, data, kind)
    names = queries_own.unit_names([suggested, data["unit_code"]])
    back = {page: _at(draft, page, ve="kiem-tra") for page in PAGES}
    agency = names.get(data["unit_code"]) or _("Tôi không biết. Cổng chuyển đến %(name)s.") % {"name": names[suggested]}
    groups = [
        {
            "title": _("Nội dung"),
            "rows": [
                {"label": _("Loại"), "value": kind.shown_name if kind is not None else "", "href": f"{back['noi-dung']}#id_kind_0"},
                {"label": _("Tóm tắt"), "value": data["subject"], "href": f"{back['noi-dung']}#id_subject"},
                {"label": _("Nội dung"), "value": linebreaksbr(data["words"]), "href": f"{back['noi-dung']}#id_words"},
            ],
        },
        {
            "title": _("Nơi nhận"),
            "rows": [
                {"label": _("Cơ quan"), "value": agency, "href": back["co-quan"]},
                {"label": _("Nơi xảy ra"), "value": _place_words(data), "href": back["co-quan"]},
            ],
        },
        {
            "title": _("Người gửi"),
            "rows": [
                {"label": label, "value": data[name], "href": f"{back['lien-lac']}#id_{name}"}
                for name, label in (
                    ("name", _("Họ và tên, hoặc tên tổ chức")),
                    ("address", _("Địa chỉ liên hệ")),
                    ("phone", _("Số điện thoại di động")),
                    ("email", _("Thư điện tử")),
                )
            ]
            + [
                {
                    "label": _("Khi công khai câu trả lời"),
                    "value": _("Không công khai tên tôi") if data["hide_name"] else _("Có thể công khai tên tôi"),
                    "href": f"{back['lien-lac']}#id_hide_name",
                }
            ],
        },
    ]
    context = {
        "groups": groups,
        "given": list(draft.files.select_related("file")),
        "files_url": back["tep"],
        "problems": [{"message": one.message, "href": f"{back[one.page]}#id_{one.field}"} for one in problems or []],
        "refused": refused,
        "days": _days(),
        "cases": [] if problems or refused else like(f"{data['subject']}\n{data['words']}", limit=LIKE_AT_LAST),
    }
    return _step(request, draft, "kiem-tra", "feedback/check.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@sender_page
def discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Throw a draft away; asks first."""
    actor = actor_of(request)
    helped = "da-giup" in request.GET
    if request.method == "POST":
        sending.discard_draft(actor=actor, draft_id=draft_id)
        messages.success(request, _("Đã xóa bản nháp."))
        return redirect("petition-mine")
    try:
        draft = sending.own_draft(actor=actor, draft_id=draft_id)
    except NotYours:
        if queries_own.sent_from(actor, draft_id) is not None:
            raise
        return redirect("petition-mine")
    return render(request, "feedback/discard.html", {"draft": draft, "title": title_of(draft), "helped": helped})


def title_of(draft: PetitionDraft) -> str:
    """What a draft is called in a list."""
    return _data(draft)["subject"][:150] or _("Chưa có tóm tắt")
