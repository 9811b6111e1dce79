"""The declaration of a form with pages: a list of its parts, one page at a time, rows of groups on pages of their own.

Complete without JavaScript: what an answer makes appear is shown after saving. With it (`static/js/filing.js`) a page saves each field as
it is typed, and gets back what became another question.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts import queries as people
from dossiers import queries, services
from dossiers.conditions import Shape, Spec, is_asked, shape, suggestions
from dossiers.explaining import explanations
from dossiers.filling import Filled, fill_draft, problems_of
from dossiers.forms import UNIT, AnswersForm, field_of, row_form, shown, words_of
from dossiers.models import Draft, FormVersion
from dossiers.pasting import Pasted, columns, read_rows
from dossiers.reading import row_words
from dossiers.services.filling_in import ROW, Other, find_row, row_key, value_of
from dossiers.sources import Facts, corrections
from dossiers.terms import Terms
from dossiers.views import filing
from dossiers.views.common import as_int, citizen_page, is_from_here, is_known, token_is_old
from portal.access import actor_of
from procedures.models import Anywhere

AUTOSAVE = "X-Autosave"
"""Header of a request that saves single fields while one types."""


@dataclass
class Filing:
    """A declaration as one request looks at it."""

    request: HttpRequest
    terms: Terms
    draft: Draft | None
    form: FormVersion
    facts: Facts

    @property
    def kept(self) -> dict[str, Any]:
        """What was typed so far."""
        return dict(self.draft.answers or {}) if self.draft is not None else {}

    @property
    def code(self) -> str:
        """The procedure."""
        return self.terms.procedure_code

    def shape(self, kept: Mapping[str, Any]) -> tuple[dict[str, Any], Shape]:
        """The form as it is shown: with what is suggested where nothing was typed, and what these suggestions make appear."""
        today = timezone.localdate()
        whole = dict(kept)
        found = shape(self.form.fields, whole, self.facts, today=today)
        for _step in range(3):
            more = {name: value for name, value in suggestions(found.asked, self.facts).items() if name not in whole}
            if not more:
                break
            whole |= more
            found = shape(self.form.fields, whole, self.facts, today=today)
        return whole, found

    def on_page(self, part: str, specs: Iterable[Spec]) -> list[Spec]:
        """Fields of one page."""
        return [spec for spec in specs if spec.get("page", part) == part]

    def pages_there(self, found: Shape) -> list[Mapping[str, Any]]:
        """Pages on which this person meets anything."""
        there = {spec.get("page", "") for spec in found.fields}
        return [page for page in self.form.pages if page["name"] in there or "" in there]


def _filing(request: HttpRequest, code: str) -> Filing:
    terms = filing._terms(request, code)
    draft = filing._draft(request, terms)
    if draft is None and request.method != "POST":
        # Whoever forgot for whom they are working is told before they fill anything in.
        services.check_party(actor_of(request), terms)
    form = draft.form_version if draft is not None else queries.newest_form(code, terms.service.code)
    facts = queries.facts_for(form, filing._person(request), filing._party_id(request))
    return Filing(request, terms, draft, form, facts)


# --- the list of parts -------------------------------------------------------------------------------------------------------------


def task_list(request: HttpRequest, code: str) -> HttpResponse:
    """Where the declaration stands page by page, and where the dossier goes. Called by `filing.answers` for forms with pages."""
    now = _filing(request, code)
    if request.method == "POST":
        return filing._overtaken(request, code, now.draft) or _save_list(now)
    return _list_page(now)


def _save_list(now: Filing) -> HttpResponse:
    draft = _begun(now)
    actor = actor_of(now.request)
    services.save_draft(actor=actor, draft_id=draft.id, values={}, unit_code=now.request.POST.get(UNIT), page="to-khai")
    if now.request.POST.get("act") == filing.ELSEWHERE and now.terms.anywhere == Anywhere.COUNTRY:
        return redirect(reverse("file-place", args=[now.code]))
    if now.request.POST.get("act") != "tiep":
        messages.success(now.request, _("Đã lưu nháp. Bạn có thể quay lại làm tiếp bất cứ lúc nào."))
        return redirect(filing._at(now.code, "to-khai"))
    now = _filing(now.request, now.code)
    filled = _filled(now)
    if filled.form.errors or filled.to_confirm:
        # Nobody is scolded for what they have not come to yet.
        page = _first_untouched(now, filled)
        return redirect(_here(now, page)) if page else _list_page(now, filled, status=422)
    return redirect(filing._at(now.code, "giay-to"))


def _begun(now: Filing) -> Draft:
    if now.draft is None:
        now.draft = services.start_or_open_draft(actor=actor_of(now.request), procedure_code=now.code, now=timezone.now())
    return now.draft


def _filled(now: Filing) -> Filled:
    assert now.draft is not None
    units = queries.units_of_draft(now.draft, now.terms)
    return fill_draft(now.draft, filing._person(now.request), units=units, now=timezone.now())


def _list_page(now: Filing, filled: Filled | None = None, status: int = 200) -> HttpResponse:
    units = filing._units(now.request, now.terms, now.draft)
    kept = now.kept
    unit_code = now.draft.unit_code if now.draft is not None else units[0].code if units else ""
    whole = filled or (_filled(now) if now.draft is not None else None)
    _whole, found = now.shape(kept)
    form = AnswersForm(
        [], {UNIT: unit_code} if filled else None, units=[(unit.code, unit.name) for unit in units], initial={UNIT: unit_code}
    )
    problems = []
    if filled is not None and now.draft is not None:
        problems = [one for one in problems_of(now.draft, now.terms, filled) if one.page == "to-khai"]
    services.wish_for(party_id=filing._party_id(now.request), form=now.form, now=timezone.now())
    return render(
        now.request,
        "dossiers/parts.html",
        filing._context(
            now.terms,
            "to-khai",
            form=form,
            unit=form[UNIT],
            tasks=[_task(now, page, found, kept, whole) for page in now.pages_there(found)],
            problems=problems,
            draft=now.draft,
            carried=filing._carried(now.request, now.terms, now.draft),
            last=queries.last_filed(actor_of(now.request), now.code) if now.draft is None else None,
            put_away=queries.put_away_draft(actor_of(now.request), now.code) if now.draft is None else None,
            lawful=(now.form.document or {}).get("lawful_form"),
        ),
        status=status,
    )


def _first_untouched(now: Filing, filled: Filled) -> str:
    """The first page of which something is missing and nothing typed yet; empty where there is none."""
    kept = now.kept
    _whole, found = now.shape(kept)
    for page in now.pages_there(found):
        asked = _asked_on(now, page, found)
        if not any(kept.get(name) for name in asked) and any(name in filled.form.errors for name in asked):
            return str(page["name"])
    return ""


def _asked_on(now: Filing, page: Mapping[str, Any], found: Shape) -> list[str]:
    specs = now.on_page(page["name"], found.fields)
    return [spec["name"] for spec in specs if spec["name"] not in found.known and is_asked(spec)]


def _task(now: Filing, page: Mapping[str, Any], found: Shape, kept: Mapping[str, Any], filled: Filled | None) -> dict[str, str]:
    """One page with where it stands: nothing typed, begun, done."""
    asked = _asked_on(now, page, found)
    touched = any(kept.get(name) for name in asked)
    waiting = {finding.field.split("-")[0] for finding in filled.to_confirm} if filled is not None else set()
    wrong = filled is None or any(name in filled.form.errors or name in waiting for name in asked)
    if not wrong:
        words, kind = (_("Xong"), "good") if touched or not asked else (_("Không bắt buộc"), "info")
    else:
        words, kind = (_("Đang điền"), "wait") if touched else (_("Chưa điền"), "")
    href = reverse("file-part", args=[now.code, page["name"]])
    return {"title": words_of(page, "title"), "hint": words_of(page, "help"), "href": href, "status": words, "kind": kind}


# --- one page ----------------------------------------------------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def part(request: HttpRequest, code: str, part: str) -> HttpResponseBase:
    """One page of the declaration. What was typed into a page that outlived its session or token is shown again, as in `filing.answers`."""
    if request.method == "POST" and is_from_here(request):
        if not is_known(actor_of(request)):
            if AUTOSAVE in request.headers:
                return HttpResponse(status=401)
            if any(key not in filing.CARRIED for key in request.POST):
                return filing._sign_in_again(request, code)
        elif token_is_old(request):
            return HttpResponse(status=409) if AUTOSAVE in request.headers else _typed_again(request, code=code, part=part)
    return _part(request, code=code, part=part)


@citizen_page
def _typed_again(request: HttpRequest, code: str, part: str) -> HttpResponse:
    """The page with what was typed and a token that holds; not saved, because nobody can say that the person pressed this button."""
    now = _filing(request, code)
    if page := filing._overtaken(request, code, now.draft):
        return page
    row = _row_posted(now)
    kept = now.kept
    for key, value in _typed(now, part, row).items():
        if "/" not in key:
            kept[key] = value
        elif row is not None and (found := find_row(kept, row.spec["name"], row.id)) is not None:
            found[key.split("/")[2]] = value
    return _page(now, part, row, kept=kept, status=409, not_saved=True)


@csrf_protect
@citizen_page
def _part(request: HttpRequest, code: str, part: str) -> HttpResponse:
    now = _filing(request, code)
    if part not in [page["name"] for page in now.form.pages]:
        return redirect(filing._at(code, "to-khai"))
    if request.method == "POST":
        row = _row_posted(now)
        if page := filing._overtaken(request, code, now.draft):
            return HttpResponse(status=409) if AUTOSAVE in request.headers else page
        return _autosave(now, part, row) if AUTOSAVE in request.headers else _save(now, part, row)
    row = _row_asked(now, request.GET.get("nhom", ""), request.GET.get("dong", ""))
    if request.GET.get("nhom") and row is None:
        return redirect(_here(now, part))
    if request.GET.get("ve") and now.draft is not None:
        # Coming back from the check page one sees at once what is wrong; otherwise nobody is scolded before sending.
        return _page(now, part, row, filled=_filled(now))
    return _page(now, part, row)


@dataclass(frozen=True)
class _Row:
    """A row of a group that is being filled in."""

    spec: Spec
    id: str
    at: int
    """Its place in the draft."""
    called: int
    """The place that its fields are named after: on a page that was opened before another row was removed, the one it had then."""

    def name(self, field: str) -> str:
        """The name under which the page sends a field."""
        return f"{self.spec['name']}-{self.called}-{field}"


def _row_posted(now: Filing) -> _Row | None:
    """The row that a request saves; one that was removed meanwhile comes back with what is typed into it."""
    post = now.request.POST
    group, row_id = post.get("nhom", ""), post.get("row", "")
    found = _row_asked(now, group, row_id)
    names = (re.fullmatch(rf"{re.escape(group)}-([0-9]{{1,3}})-[a-z0-9_]+", name) for name in post)
    called = next((int(match.group(1)) for match in names if match), found.at if found is not None else 0)
    if found is not None:
        return replace(found, called=called)
    spec = next((spec for spec in now.form.fields if spec["name"] == group and spec["kind"] == "group"), None)
    rows = now.kept.get(group) or []
    return _Row(spec, row_id, len(rows), called) if spec is not None and re.fullmatch(r"[0-9a-f]{8}", row_id) else None


def _row_asked(now: Filing, group: str, row_id: str) -> _Row | None:
    spec = next((spec for spec in now.form.fields if spec["name"] == group and spec["kind"] == "group"), None)
    rows = now.kept.get(group)
    if spec is None or not isinstance(rows, list):
        return None
    return next((_Row(spec, row_id, at, at) for at, row in enumerate(rows) if row_id and row.get(ROW) == row_id), None)


def _here(now: Filing, part: str, row: _Row | None = None, **more: str) -> str:
    """The address of this page, with the way back that it was opened with."""
    back = {"ve": "kiem-tra"} if now.request.GET.get("ve") == "kiem-tra" else {}
    where = {"nhom": row.spec["name"], "dong": row.id} if row is not None else {}
    query = urlencode({**where, **back, **more})
    return reverse("file-part", args=[now.code, part]) + (f"?{query}" if query else "")


def _typed(now: Filing, part: str, row: _Row | None) -> dict[str, Any]:
    """What the request says of the fields of this page, or of this row. A box that is not ticked is in no request: ``shown`` names what
    the page showed, so that an empty one counts as well."""
    post = now.request.POST
    there = set(post.get("shown", "").split())
    if row is None:
        specs = [(spec, spec["name"], spec["name"]) for spec in now.on_page(part, now.form.fields) if spec["kind"] != "group"]
    else:
        name = row.spec["name"]
        specs = [(spec, row.name(spec["name"]), row_key(name, row.id, spec["name"])) for spec in row.spec["fields"]]
    typed: dict[str, Any] = {}
    for spec, name, key in specs:
        if not is_asked(spec) or not (name in post or (name in there and spec["kind"] in ("choices", "confirm"))):
            continue
        if spec["kind"] == "choices":
            typed[key] = [value for value in post.getlist(name) if value]
        elif spec["kind"] == "confirm":
            typed[key] = "yes" if post.get(name) else ""
        else:
            typed[key] = post[name]
    return typed


def _seen(now: Filing, row: _Row | None) -> dict[str, int]:
    """Versions in which the page saved single fields itself: ``name:version`` with spaces between."""
    found: dict[str, int] = {}
    prefix = row.name("") if row is not None else ""
    for one in now.request.POST.get("versions", "").split()[:400]:
        name, _colon, version = one.rpartition(":")
        if row is not None:
            name = row_key(row.spec["name"], row.id, name.removeprefix(prefix))
        found[name] = as_int(version)
    return found


def _keep(now: Filing, part: str, row: _Row | None) -> tuple[Other, ...]:
    """Save what was typed; what others had written where now something else is kept."""
    draft = _begun(now)
    post = now.request.POST
    saved = services.save_fields(
        actor=actor_of(now.request),
        draft_id=draft.id,
        values=_typed(now, part, row),
        seen=_seen(now, row),
        seen_version=as_int(post.get("version")),
        now=timezone.now(),
        page="to-khai",
        confirmed=post.getlist("confirm"),
        reasons=filing.reasons_posted(now.request),
        form=now.form,
        facts=now.facts,
    )
    now.draft = saved.draft
    return saved.others


def _autosave(now: Filing, part: str, row: _Row | None) -> HttpResponse:
    """Single fields, while one types: 204, or what became another question on this page."""
    before = _signs(now, part, row)
    others = _keep(now, part, row)
    row = _row_posted(now) if row is not None else None
    after = _signs(now, part, row)
    if before == after and not others:
        answer = HttpResponse(status=204)
    else:
        context = {**_questions(now, part, row), "others": [_other_words(now, one) for one in others], "code": now.code}
        answer = HttpResponse(render_to_string("dossiers/_questions.html", context, now.request))
    assert now.draft is not None
    answer["X-Draft"], answer["X-Version"] = str(now.draft.id), str(now.draft.version)
    return answer


def _signs(now: Filing, part: str, row: _Row | None) -> list[str]:
    """What is asked on this page or in this row, without drawing it."""
    whole, found = now.shape(now.kept)
    if row is not None:
        rows = found.rows.get(row.spec["name"], ())
        found = rows[row.at] if row.at < len(rows) else Shape((), {})
        specs: Sequence[Spec] = found.fields
    else:
        specs = now.on_page(part, found.fields)
    return [_sign(spec, found, whole) for spec in specs]


def _sign(spec: Spec, found: Shape, whole: Mapping[str, Any]) -> str:
    """Changes where the field is to be drawn again: asked otherwise, another value that is not typed here."""
    name = spec["name"]
    shown_here: Any = found.known.get(name) or found.calculated.get(name)
    if name not in found.known and found.offered.get(name):
        shown_here = f"{found.offered[name]} {name in corrections(whole)}"
    if spec["kind"] == "group":
        shown_here = whole.get(name)
    province = found.counts.get(spec["province_field"]) if "province_field" in spec else None
    choices = [pair[0] for pair in spec.get("choices", ())]
    said = f"{name}|{bool(spec.get('required'))}|{choices}|{shown_here}|{province}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _save(now: Filing, part: str, row: _Row | None) -> HttpResponse:
    """All that the page holds; then on, back to it, or once more with what is wrong."""
    act, _colon, which = now.request.POST.get("act", "").partition(":")
    for other in _keep(now, part, row):
        messages.warning(now.request, _other_words(now, other))
    draft, actor = _begun(now), actor_of(now.request)
    group, _colon, row_id = which.partition(":")
    if act == "them":
        draft, ids = services.add_rows(actor=actor, draft_id=draft.id, group=group)
        if not ids:
            messages.warning(now.request, _("Đã đủ số dòng, không thêm được nữa."))
            return redirect(f"{_here(now, part)}#id_{group}")
        now.draft = draft
        return redirect(_here(now, part, _row_asked(now, group, ids[0])))
    if act == "sua" and (found := _row_asked(now, group, row_id)) is not None:
        return redirect(_here(now, part, found))
    if act == "xoa":
        services.remove_row(actor=actor, draft_id=draft.id, group=group, row_id=row_id)
        messages.success(now.request, _("Đã xóa dòng."))
        return redirect(f"{_here(now, part)}#id_{group}")
    if act == "dan":
        return _paste(now, part, group)
    if act in ("chua-dung", "lay-lai"):
        change = services.correct_known if act == "chua-dung" else services.take_known
        change(actor=actor, draft_id=draft.id, field=which)
        return redirect(f"{_here(now, part)}#hoi-{which}")
    _whole, shape_now = now.shape(now.kept)
    if row is not None:
        return _row_done(now, part, row, act)
    asked = [spec["name"] for spec in now.on_page(part, shape_now.asked)]
    there = now.request.POST.get("shown", "").split()
    if act == "hien" or (there and any(name not in there for name in asked)):
        # Without JavaScript: what was answered just now made more questions appear.
        fresh = next((name for name in asked if name not in there), "")
        return redirect(_here(now, part) + (f"#id_{fresh}" if fresh else ""))
    if act != "tiep":
        messages.success(now.request, _("Đã lưu nháp. Bạn có thể quay lại làm tiếp bất cứ lúc nào."))
        return redirect(_here(now, part))
    filled = _filled(now)
    wrong = [name for name in asked if name in filled.form.errors]
    if wrong or _to_confirm(filled, asked):
        return _page(now, part, None, filled=filled, status=422)
    return redirect(_next(now, part, shape_now, filled))


def _row_done(now: Filing, part: str, row: _Row, act: str) -> HttpResponse:
    found = _row_asked(now, row.spec["name"], row.id)
    if found is None:
        return redirect(_here(now, part))
    found = replace(found, called=row.called)
    _whole, shape_now = now.shape(now.kept)
    one = shape_now.rows[found.spec["name"]][found.at]
    there = now.request.POST.get("shown", "").split()
    fresh = [spec["name"] for spec in one.asked if found.name(spec["name"]) not in there]
    if act == "hien" or (there and fresh):
        return redirect(_here(now, part, found))
    if act != "luu" and not one.is_empty:
        form = _form_of_row(now, found, shape_now, checked=True)
        if form.errors:
            return _page(now, part, found, checked=form, status=422)
    if act == "nua":
        draft, ids = services.add_rows(actor=actor_of(now.request), draft_id=_begun(now).id, group=found.spec["name"])
        now.draft = draft
        return redirect(_here(now, part, _row_asked(now, found.spec["name"], ids[0]) if ids else None))
    return redirect(f"{_here(now, part)}#id_{found.spec['name']}")


def _next(now: Filing, part: str, found: Shape, filled: Filled) -> str:
    """Where one goes on: back to the check page, the next page, the papers; to the list where something is still missing."""
    if now.request.GET.get("ve") == "kiem-tra":
        return filing._at(now.code, "kiem-tra")
    names = [page["name"] for page in now.pages_there(found)]
    after = names[names.index(part) + 1 :] if part in names else []
    if after:
        return reverse("file-part", args=[now.code, after[0]])
    return filing._at(now.code, "to-khai" if filled.form.errors or filled.to_confirm else "giay-to")


def _to_confirm(filled: Filled, names: Sequence[str]) -> list[Any]:
    """What is unlikely on this page; of rows what stands in the page's groups."""
    return [finding for finding in filled.to_confirm if finding.field.split("-")[0] in names]


def _other_words(now: Filing, other: Other) -> str:
    """What was written elsewhere, where now something else is kept."""
    name = other.key.split("/")[0] if "/" not in other.key else other.key.split("/")[2]
    specs = {spec["name"]: spec for whole in now.form.fields for spec in (whole, *whole.get("fields", ()))}
    spec = specs[name]
    ours = value_of(now.kept, other.key)
    at = f"{timezone.localtime(other.at):%H:%M}" if other.at else ""
    said = {"field": words_of(spec, "label"), "at": at, "theirs": shown(spec, other.value) or "—", "ours": shown(spec, ours or "") or "—"}
    if other.by is not None and other.by != actor_of(now.request).person_id:
        said["who"] = people.person_names([str(other.by)]).get(str(other.by), "")
        return _("“%(field)s”: lúc %(at)s %(who)s đã ghi “%(theirs)s”; đang giữ câu bạn vừa ghi, “%(ours)s”.") % said
    return _("“%(field)s”: lúc %(at)s bạn đã ghi “%(theirs)s” ở một thiết bị khác; đang giữ câu bạn vừa ghi, “%(ours)s”.") % said


# --- rows from a spreadsheet -------------------------------------------------------------------------------------------------------


def _paste(now: Filing, part: str, group: str) -> HttpResponse:
    """Rows out of a spreadsheet: good ones are kept, of each wrong one number and reason are told and its text stays in the box."""
    spec = next((one for one in now.form.fields if one["name"] == group and one.get("paste")), None)
    if spec is None:
        raise Http404
    pasted = read_rows(spec, now.request.POST.get("paste", ""), now.kept, now.form.fields, now.facts, today=timezone.localdate())
    if pasted.good:
        now.draft, _ids = services.add_rows(actor=actor_of(now.request), draft_id=_begun(now).id, group=group, rows=pasted.good)
        messages.success(now.request, _("Đã thêm %(number)d dòng.") % {"number": len(pasted.good)})
    if not pasted.wrong:
        if not pasted.good:
            messages.warning(now.request, _("Chưa có dòng nào để thêm. Bạn hãy chép các dòng từ bảng tính rồi dán vào ô."))
        return redirect(f"{_here(now, part)}#id_{group}")
    return _page(now, part, None, pasted=(group, pasted), status=422)


# --- drawing -----------------------------------------------------------------------------------------------------------------------


def _form_of_row(now: Filing, row: _Row, found: Shape, *, checked: bool, kept: Mapping[str, Any] | None = None) -> AnswersForm:
    name = row.spec["name"]
    typed = (kept or now.kept)[name][row.at]
    one = found.rows[name][row.at]
    outside = {key: value for key, value in found.counts.items() if key != name}
    today = timezone.localdate()
    form = row_form(
        row.spec, row.called, one, typed if checked else None, today=today, outside=outside, initial={**suggestions(one.asked, {}), **typed}
    )
    if checked:
        form.is_valid()
    return form


def _questions(
    now: Filing,
    part: str,
    row: _Row | None,
    *,
    kept: Mapping[str, Any] | None = None,
    filled: Filled | None = None,
    checked: AnswersForm | None = None,
    pasted: tuple[str, Pasted] | None = None,
) -> dict[str, Any]:
    """What stands on the page, block by block, and the form it belongs to."""
    whole, found = now.shape(now.kept if kept is None else kept)
    if row is not None:
        one = found.rows[row.spec["name"]][row.at]
        form = checked or _form_of_row(now, row, found, checked=False, kept=whole)
        blocks = [_block(now, spec, one, form, whole) for spec in one.fields]
        names = [row.name(spec["name"]) for spec in one.asked]
        return {"form": form, "blocks": blocks, "shown": " ".join(names)}
    specs = now.on_page(part, found.fields)
    asked = now.on_page(part, found.asked)
    if filled is not None:
        form = filled.form
        for name in set(form.fields) - {spec["name"] for spec in asked}:
            del form.fields[name]
            form.errors.pop(name, None)
        for spec in asked:
            # What a suggestion made appear was not there when the answers were checked.
            form.fields.setdefault(spec["name"], field_of(spec, timezone.localdate(), found.counts))
    else:
        form = AnswersForm(asked, initial=whole, today=timezone.localdate(), counts=found.counts, rows=found.rows)
    blocks = [_block(now, spec, found, form, whole, pasted) for spec in specs]
    heading = ""
    for block, spec in zip(blocks, specs, strict=True):
        if spec.get("section", "") != heading:
            heading = block["heading"] = spec.get("section", "")
    return {"form": form, "blocks": blocks, "shown": " ".join(spec["name"] for spec in asked)}


def _block(
    now: Filing, spec: Spec, found: Shape, form: AnswersForm, whole: Mapping[str, Any], pasted: tuple[str, Pasted] | None = None
) -> dict[str, Any]:
    name = spec["name"]
    block: dict[str, Any] = {
        "name": form.add_prefix(name),
        "sign": _sign(spec, found, whole),
        "label": words_of(spec, "label"),
        "heading": "",
    }
    if name in found.known:
        return {**block, "kind": "known", "value": shown(spec, found.known[name]), **filing.known_words(spec, found)}
    if name in found.calculated:
        return {**block, "kind": "known", "value": shown(spec, found.calculated[name])}
    if spec["kind"] == "note":
        return {**block, "kind": "note", "help": words_of(spec, "help")}
    if spec["kind"] == "group":
        return {**block, "kind": "group", **_group(now, spec, found, form, whole, pasted)}
    said = filing.said_beside(spec, found, whole)
    told = {"said": said, "explained": explanations(now.form).get(name, "")}
    return {**block, "kind": "field", "bound": form[name], "again": spec["kind"] == "province", **told}


def _group(
    now: Filing, spec: Spec, found: Shape, form: AnswersForm, whole: Mapping[str, Any], pasted: tuple[str, Pasted] | None
) -> dict[str, Any]:
    outside = {key: value for key, value in found.counts.items() if key != spec["name"]}
    typed = whole.get(spec["name"]) or []
    rows = []
    for at, (row, one) in enumerate(zip(typed, found.rows.get(spec["name"], ()), strict=False), start=1):
        words = row_words(spec, {**row, **one.counts}, {**outside, **one.counts})
        rows.append({"id": row.get(ROW, ""), "number": at, "words": words})
    group, result = pasted or ("", None)
    return {
        "bound": form[spec["name"]],
        "help": words_of(spec, "help"),
        "item": words_of(spec, "item") or words_of(spec, "label"),
        "rows": rows,
        "full": len(rows) >= spec.get("most", 100),
        "paste": bool(spec.get("paste")),
        "columns": [words_of(part, "label") for part in columns(spec)],
        "pasted": result if group == spec["name"] else None,
        "group": spec["name"],
    }


def _page(now: Filing, part: str, row: _Row | None, *, status: int = 200, not_saved: bool = False, **more: Any) -> HttpResponse:
    questions = _questions(now, part, row, **more)
    filled: Filled | None = more.get("filled")
    page = next(page for page in now.form.pages if page["name"] == part)
    asked = questions["shown"].split()
    if not questions["blocks"]:
        return redirect(filing._at(now.code, "to-khai"))
    return render(
        now.request,
        "dossiers/part.html",
        filing._context(
            now.terms,
            "to-khai",
            **questions,
            title=words_of(page, "title"),
            help=words_of(page, "help"),
            row=row,
            row_title=f"{words_of(row.spec, 'item') or words_of(row.spec, 'label')} {row.at + 1}" if row is not None else "",
            here=_here(now, part, row),
            up=_here(now, part) + f"#id_{row.spec['name']}" if row is not None else filing._at(now.code, "to-khai"),
            draft=now.draft,
            last=queries.last_filed(actor_of(now.request), now.code) if now.draft is None else None,
            carried=filing._carried(now.request, now.terms, now.draft),
            to_confirm=_to_confirm(filled, asked) if filled is not None else [],
            notes=filled.form.notes if filled is not None else [],
            not_saved=not_saved,
        ),
        status=status,
    )
