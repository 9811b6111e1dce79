"""Pages of the store: the list, a paper, sharing it; and what a stranger with a link and a code sees."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import queries as people
from dossiers.models import StorePaper, StoreShare
from dossiers.sources import SOURCES
from dossiers.store import queries, sharing
from dossiers.store.forms import CodeForm, ShareForm
from dossiers.store.kinds import code_shown
from dossiers.store.landing import owner_number
from dossiers.store.looking import note_own_look
from dossiers.views.common import as_int, citizen_page
from portal.access import actor_of
from portal.files.responses import send_file
from portal.limits import limit_view

PAGE_SIZES = (10, 20, 50)
MADE_HERE = (StorePaper.Origin.ISSUED, StorePaper.Origin.REGISTRY, StorePaper.Origin.CERTIFIED, StorePaper.Origin.DIGITISED)
"""Files that the portal itself made: shown in the browser."""
ORDER_NAMES = {"moi-nhat": lazy("Mới vào kho trước"), "cu-nhat": lazy("Vào kho lâu nhất trước"), "het-han": lazy("Sắp hết hạn trước")}
TAGS = {"con-hieu-luc": "good", "het-han": "wait", "thu-hoi": "bad"}


def _state(paper: StorePaper) -> dict[str, str]:
    state = queries.state_of(paper, timezone.localdate())
    return {"words": str(queries.STATES[state]), "kind": TAGS[state]}


@require_safe
@citizen_page
def mine(request: HttpRequest) -> HttpResponse:
    """The papers of the party: by kind and state, in an order, a page at a time."""
    actor = actor_of(request)
    given = request.GET
    order = given.get("sap-xep", "")
    order = order if order in ORDER_NAMES else "moi-nhat"
    size = as_int(given.get("so-dong"))
    size = size if size in PAGE_SIZES else PAGE_SIZES[0]
    kinds = queries.kinds_of(actor)
    kind = given.get("loai", "") if given.get("loai", "") in dict(kinds) else ""
    state = given.get("tinh-trang", "") if given.get("tinh-trang", "") in queries.STATES else ""
    rows = queries.papers_of(actor, kind=kind, state=state, order=order, day=timezone.localdate())
    page = Paginator(rows, size).get_page(given.get("trang"))
    assert actor.party_id is not None  # a citizen's page
    number = owner_number(actor.party_id) if kinds else ""
    asked = [("loai", kind), ("tinh-trang", state), ("sap-xep", order), ("so-dong", str(size))]
    context = {
        "page": page,
        "rows": [{"paper": paper, "state": _state(paper), "code": code_shown(number, paper.kind)} for paper in page.object_list],
        "kinds": kinds,
        "kind": kind,
        "states": queries.STATES.items(),
        "state": state,
        "order": order,
        "orders": ORDER_NAMES.items(),
        "size": size,
        "sizes": PAGE_SIZES,
        "filtered": bool(kind or state),
        "query": urlencode([(name, value) for name, value in asked if value]),
    }
    return render(request, "dossiers/store/mine.html", context)


def _own(request: HttpRequest, paper_id: UUID) -> StorePaper:
    paper = queries.paper_of(actor_of(request), paper_id)
    if paper is None:
        raise Http404
    return paper


@require_safe
@citizen_page
def paper_page(request: HttpRequest, paper_id: UUID) -> HttpResponse:
    """One paper: what it says of itself, its files, where it was used again, who was given a look and who looked."""
    return _paper_page(request, _own(request, paper_id))


def _paper_page(request: HttpRequest, paper: StorePaper, form: ShareForm | None = None, status: int = 200) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    context = {
        "paper": paper,
        "state": _state(paper),
        "code": code_shown(owner_number(paper.party_id), paper.kind),
        "files": list(paper.files.select_related("file")),
        "dossier_is_reachable": paper.dossier is not None and actor.may_act_in(paper.dossier.procedure_code),
        "registry": SOURCES.get(paper.registry, ""),
        "reuses": queries.reuses_of(actor, paper),
        "shares": [_shown(share, now) for share in queries.shares_of(paper)],
        "looks": queries.looks_of(paper),
        "most": queries.SHOWN_LOOKS,
        "form": form or ShareForm(),
    }
    return render(request, "dossiers/store/paper.html", context, status=status)


def _shown(share: StoreShare, now: Any) -> dict[str, Any]:
    """A share as its owner sees it: link and code as long as they open something."""
    is_open = queries.is_open(share, now) and share.token is not None
    if share.ended_at is not None:
        words = _("Đã dừng")
    elif share.tries >= StoreShare.TRIES:
        words = _("Đã khóa vì gõ sai mã quá nhiều lần")
    else:
        words = _("Đang chia sẻ") if is_open else _("Hết hạn")
    link = settings.SITE_URL + reverse("store-shared", args=[share.token]) if is_open else ""
    return {"share": share, "is_open": is_open, "words": words, "link": link}


@require_safe
@citizen_page
def paper_file(request: HttpRequest, paper_id: UUID, number: int) -> HttpResponseBase:
    """A file of one's own paper, shown or, with ``?tai=1``, taken along."""
    paper = _own(request, paper_id)
    found = paper.files.select_related("file").filter(position=number).first()
    if found is None:
        raise Http404
    note_own_look(actor_of(request), paper, now=timezone.now())
    issued = paper.origin in MADE_HERE
    at_once = (issued or found.file.media_type.startswith("image/")) and "tai" not in request.GET
    return send_file(found.file, name=str(found.file.name or ""), inline=at_once, trusted=issued)


@require_POST
@citizen_page
def share(request: HttpRequest, paper_id: UUID) -> HttpResponse:
    """Make a link with a code."""
    paper, form = _own(request, paper_id), ShareForm(request.POST)
    if not form.is_valid():
        return _paper_page(request, paper, form, status=422)
    try:
        sharing.share(
            actor=actor_of(request),
            paper_id=paper.id,
            days=form.cleaned_data["days"],
            purpose=form.cleaned_data["purpose"],
            now=timezone.now(),
        )
    except sharing.TooMany:
        form.add_error(None, _("Giấy này đang có quá nhiều liên kết. Bạn dừng bớt liên kết cũ rồi tạo liên kết mới."))
        return _paper_page(request, paper, form, status=422)
    messages.success(request, _("Đã tạo liên kết. Bạn gửi liên kết và mã xem bằng hai đường khác nhau."))
    return redirect(reverse("store-paper", args=[paper.id]) + "#chia-se")


@require_POST
@citizen_page
def unshare(request: HttpRequest, paper_id: UUID, share_id: UUID) -> HttpResponse:
    """End a link before its day."""
    sharing.end(actor=actor_of(request), paper_id=paper_id, share_id=share_id, now=timezone.now())
    messages.success(request, _("Đã dừng chia sẻ. Liên kết không mở được nữa."))
    return redirect(reverse("store-paper", args=[paper_id]) + "#chia-se")


# Without CSRF protection on purpose, as the comparison of prints: it signs nobody in or out, and so the page needs no cookie. A strange
# site that made a visitor type here would learn nothing.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit_view("dossiers.store_shared", 30, 60)
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What a stranger sees who was given the link: a box for the code, then the paper. No address, cache or log ever holds the code."""
    now = timezone.now()
    # A page, or a file that streams.
    answer: Any
    try:
        answer = _shared(request, token, now)
    except sharing.Closed:
        answer = render(request, "dossiers/store/closed.html", status=404)
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _shared(request: HttpRequest, token: str, now: Any) -> HttpResponseBase:
    if request.method != "POST":
        return _ask(request, sharing.by_token(token, now), CodeForm())
    if "pass" in request.POST:
        return _shared_file(request, sharing.with_pass(token=token, text=request.POST["pass"], now=now))
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _ask(request, sharing.by_token(token, now), form, status=422)
    try:
        found, given = sharing.open_with(token=token, typed=form.cleaned_data["code"], now=now)
    except sharing.WrongCode as wrong:
        if not wrong.tries_left:
            raise sharing.Closed from wrong
        left = ngettext("Mã này không đúng. Còn %(n)s lần thử.", "Mã này không đúng. Còn %(n)s lần thử.", wrong.tries_left)
        form = CodeForm.refused(request.POST["code"], left % {"n": wrong.tries_left})
        return _ask(request, sharing.by_token(token, now), form, status=422)
    paper = found.paper
    context = {
        "share": found,
        "paper": paper,
        "state": _state(paper),
        "owner": people.party(paper.party_id).name,
        "files": list(paper.files.select_related("file")),
        "pass": given,
        "minutes": sharing.OPEN_SECONDS // 60,
    }
    return render(request, "dossiers/store/shared.html", context)


def _ask(request: HttpRequest, found: StoreShare, form: CodeForm, status: int = 200) -> HttpResponse:
    return render(request, "dossiers/store/ask_code.html", {"form": form, "until": found.until}, status=status)


def _shared_file(request: HttpRequest, found: StoreShare) -> HttpResponseBase:
    file = found.paper.files.select_related("file").filter(position=max(as_int(request.POST.get("file")), 0)).first()
    if file is None:
        raise sharing.Closed
    return send_file(file.file, name=str(file.file.name or ""), inline=False, trusted=found.paper.origin in MADE_HERE)
