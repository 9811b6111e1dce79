"""From the start page to the sent dossier: one thing a screen, complete without JavaScript."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries as people
from accounts.ways.need import asked_for
from dossiers import queries, services
from dossiers.changes import Changes
from dossiers.conditions import Shape, Spec, deciders, is_asked, opening, shape, suggestions
from dossiers.costs import Costs
from dossiers.explaining import explanations
from dossiers.filling import (
    Filled,
    carried_changes,
    costs_of,
    fill,
    fill_draft,
    former_papers,
    paper_problems,
    problems_of,
    shape_of,
    wanted_of,
)
from dossiers.forms import UNIT, AnswersForm, shown, words_of
from dossiers.interlinked.queries import linked_with
from dossiers.models import Draft, FormVersion
from dossiers.papers import announced_papers, papers_of
from dossiers.post.wishes import wish_of
from dossiers.reading import line
from dossiers.services import DraftChanged, FilingRefused, NotYours, Problem
from dossiers.signing import current as signing
from dossiers.signing.services import ask
from dossiers.sources import ACCOUNT, REGISTRIES, SOURCES, Facts, Told, corrections, gives_way, is_correctable, source_of, told_words
from dossiers.store.filing import take_chosen
from dossiers.store.reusing import offered
from dossiers.terms import NotOffered, Terms, TermsUnknown, limit_words, require_offered, service_in, serving, terms_on, terms_shown
from dossiers.views import seen
from dossiers.views.common import as_int, as_uuid, citizen_page, is_from_here, is_known, not_offered, send_file, token_is_old
from portal.access import actor_of
from portal.caching import public_page
from portal.catalogues import queries as catalogues
from portal.states import TransitionRefused
from portal.workdays import due_at, response_due
from procedures import queries as procedures
from procedures.fees import Charge, Fee, best, reckon, rule_fits, shortened
from procedures.models import Anywhere
from procedures.papers import exclusive_cases
from procedures.views.online import services_shown
from procedures.views.reductions import granted

STEPS = (("to-khai", lazy("Tờ khai")), ("giay-to", lazy("Giấy tờ")), ("kiem-tra", lazy("Kiểm tra và gửi")))
CARRIED = frozenset({"csrfmiddlewaretoken", "act", "draft", "last", "part", "version"})
"""What a form of the declaration carries though nobody has typed anything."""
REASON = "ly-do-"
"""Before the name of a field, under which a page sends why it was corrected."""
ELSEWHERE = "noi-khac"
"""The button by which one chooses an agency of another place (:mod:`dossiers.views.place`)."""
REQUEST_OVERHEAD = 64 * 1024
"""Bytes of a multipart request beside its files: boundaries and small fields."""


def _terms(request: HttpRequest, code: str) -> Terms:
    """What holds for the party: of the online service that serves where it is."""
    return serving(terms_shown(code, timezone.now()), _party_id(request))


def _context(terms: Terms, page: str, **more: Any) -> dict[str, Any]:
    number = [name for name, _label in STEPS].index(page) + 1
    return {"terms": terms, "code": terms.procedure_code, "steps": [label for _name, label in STEPS], "current": number, **more}


def _at(code: str, page: str) -> str:
    return reverse(f"file-{page}", args=[code])


def _party_id(request: HttpRequest) -> UUID:
    party_id = actor_of(request).party_id
    assert party_id is not None  # a citizen's page
    return party_id


def _units(request: HttpRequest, terms: Terms, draft: Draft | None) -> list[queries.HandlingUnit]:
    """The agencies among which the party may choose, with the one that its draft names."""
    return queries.handling_units(_party_id(request), terms, also=draft.unit_code if draft is not None else "")


def _person(request: HttpRequest) -> Any:
    """Who fills the form in, read once a request."""
    found = getattr(request, "filing_person", None)
    if found is None:
        found = request.filing_person = people.person(services.filer(actor_of(request)))  # type: ignore[attr-defined]
    return found


def _draft(request: HttpRequest, terms: Terms) -> Draft | None:
    """The party's draft, under the newest form and the law in force."""
    draft = queries.draft_of(actor_of(request), terms.procedure_code, terms.service.code)
    if draft is None or not services.is_behind(draft, terms):
        return draft
    services.carry_over(actor=actor_of(request), draft_id=draft.id, now=timezone.now())
    return queries.draft_of(actor_of(request), terms.procedure_code, terms.service.code)


def _carried(request: HttpRequest, terms: Terms, draft: Draft | None) -> Changes | None:
    """What changed since the draft was begun; None where nothing did. Queries only where it was carried over."""
    if draft is None or not (draft.begun_form_version_id or draft.begun_procedure_version_id):
        return None
    found = shape_of(draft, _person(request))
    return carried_changes(draft, terms, found)


def _overtaken(request: HttpRequest, code: str, draft: Draft | None) -> HttpResponse | None:
    """The page for a form that was shown before its draft was sent or thrown away in another window; None where it still counts.

    Nothing that such a form carries may begin a new filing unasked, or go into another one.
    """
    actor, posted = actor_of(request), as_uuid(request.POST.get("draft"))
    if draft is not None and posted == draft.id:
        return None
    last = queries.last_filed(actor, code)
    if posted is None and (last.id if last else None) == as_uuid(request.POST.get("last")):
        return None
    sent = last if posted is None else queries.own_dossiers(actor).filter(pk=posted).first()
    put_away = queries.removed_drafts(actor).filter(pk=posted).exists() if posted is not None else False
    context = {"code": code, "sent": sent, "draft": draft, "put_away": put_away}
    return render(request, "dossiers/overtaken.html", context, status=409)


@require_safe
@public_page()
def start(request: HttpRequest, code: str) -> HttpResponse:
    """What one needs before one begins; for everybody, without a cookie. 404 for a procedure without a form, with its page named."""
    try:
        terms = terms_on(code, timezone.now())
        form = queries.newest_form(code, terms.service.code)
        require_offered(terms, None)
    except NotOffered as closed:
        return not_offered(request, closed)
    except (TermsUnknown, queries.FormUnknown) as error:
        listed = procedures.in_force(timezone.localdate()).filter(procedure__code=code)
        name = listed.values_list("name", flat=True).first()
        if name is None:
            raise Http404 from error
        return render(request, "dossiers/not_online.html", {"code": code, "name": name}, status=404)
    asked = [
        field
        for field in form.fields
        # What a registry may know is not known of everybody.
        if is_asked(field) and ("prefill" not in field or "prefill_when" in field or gives_way(field["prefill"]))
    ]
    some_known = any("prefill" in field for field in form.fields)
    context = {
        "terms": terms,
        "code": code,
        "papers": announced_papers(terms.papers, form.papers, form.fields),
        "fees": [(fee, _example(fee, form.charges)) for fee in terms.fees],
        "savings": _savings(terms),
        "payment": form.payment,
        "signature": signing.said_of(form),
        "sections": _by_page(asked, form) if form.pages else _sections(asked),
        "known": some_known,
        **_served(request, terms),
    }
    return render(request, "dossiers/start.html", context)


def _served(request: HttpRequest, terms: Terms) -> dict[str, Any]:
    """Who provides it online, where, and what sign-in it needs; where not everybody is served, whether the province asked for is."""
    limited = any(one.localities for one in terms.services)
    provinces = list(catalogues.provinces()) if limited else []
    place = next((unit for unit in provinces if unit.code == request.GET.get("dia-phuong", "")), None)
    chosen = service_in(terms, place.code) if place is not None else None if limited else terms.service
    return {
        "services": services_shown(terms.services, chosen),
        "providers": terms.providers,
        "provinces": provinces,
        "place": place,
        "not_served": place is not None and chosen is None,
    }


def _savings(terms: Terms) -> list[dict[str, Any]]:
    """What filing online saves, and where: everybody's first, then by province (one query, two where a province takes something off)."""
    rows = procedures.declared_for(terms.procedure_code, terms.field_code, timezone.localdate())
    places = {unit.code: unit.name for unit in catalogues.provinces()} if any(row.province_code for row in rows) else {}
    found: list[dict[str, Any]] = []
    for row in rows:
        common = {"place": places.get(row.province_code, ""), "basis": row.basis, "until": row.valid_to}
        for reduction in procedures.fee_reductions([row]):
            for fee in terms.fees:
                if best([reduction], fee, 1) is not None:
                    left = (fee.amount or 0) - reduction.saving(fee.amount or 0, 1)
                    found.append({**common, "fee": fee, "amount": left})
        amount, why = shortened(terms.limit_amount, procedures.time_cuts([row]))
        if why:
            found.append({**common, "limit": limit_words(amount, terms.limit_unit)})
        found += [{**common, "delivery": one} for one in granted([row])]
    return found


def _example(fee: Fee, rules: Iterable[Spec]) -> Charge | None:
    """Three of what a fee is taken for each of, as an example; None where it is taken once."""
    counted = [{**rule, "when": None} for rule in rules if rule_fits(rule, fee) and "times" in rule]
    return next(iter(reckon([fee], counted, {rule["times"]: "3" for rule in counted}).charges), None) if counted else None


def _sections(specs: Iterable[Spec]) -> list[tuple[str, list[Spec]]]:
    """Fields by the section they stand in, in order."""
    found: list[tuple[str, list[Spec]]] = []
    for spec in specs:
        name = spec.get("section", "")
        if not found or found[-1][0] != name:
            found.append((name, []))
        found[-1][1].append(spec)
    return found


def _by_page(specs: Iterable[Spec], form: FormVersion) -> list[tuple[str, list[Spec]]]:
    """Fields by the page they stand on, in the order of the pages."""
    there = list(specs)
    pages = [(words_of(page, "title"), [spec for spec in there if spec.get("page") == page["name"]]) for page in form.pages]
    return [(title, fields) for title, fields in pages if fields]


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answers(request: HttpRequest, code: str) -> HttpResponseBase:
    """The declaration. What was typed into a page that is out of date is not lost: it is shown again, and nothing is done with it.

    The page may have outlived its session (one signs in in another window and goes on), or its token (each sign-in gives a
    new one). Hence the token is checked one step later; a form from another site gets the usual refusal.
    """
    if request.method == "POST" and is_from_here(request):
        if not is_known(actor_of(request)) and any(key not in CARRIED for key in request.POST):
            return _sign_in_again(request, code)
        if token_is_old(request):
            return _typed_again(request, code=code)
    return _answers(request, code=code)


@never_cache
def _sign_in_again(request: HttpRequest, code: str) -> HttpResponse:
    """The session is over: this window keeps what was typed while one signs in in another."""
    typed = [(name, value) for name in request.POST if name != "csrfmiddlewaretoken" for value in request.POST.getlist(name)]
    # To the page it came from, in which one row of a group may be named.
    context = {"code": code, "typed": typed, "action": request.get_full_path()}
    return render(request, "dossiers/sign_in_again.html", context, status=401)


@citizen_page
def _typed_again(request: HttpRequest, code: str) -> HttpResponse:
    """The form with what was typed and a token that holds; not saved, because nobody can say that the person pressed this button."""
    terms, now = _terms(request, code), timezone.now()
    draft = _draft(request, terms)
    if page := _overtaken(request, code, draft):
        return page
    form_version = draft.form_version if draft is not None else queries.newest_form(code, terms.service.code)
    if form_version.pages:
        # The list of parts asks for nothing but where it is handled: that is chosen again at once.
        return redirect(_at(code, "to-khai"))
    kept = {**(draft.answers or {}), UNIT: draft.unit_code} if draft is not None else {}
    kept |= _posted(request, [{"name": UNIT, "kind": "choice"}, *form_version.fields])
    person = _person(request)
    found = shape(form_version.fields, kept, queries.facts_for(form_version, person, _party_id(request)))
    asked = opening(found, deciders(form_version.fields), kept)
    units = None if asked else [(unit.code, unit.name) for unit in _units(request, terms, draft)]
    form = AnswersForm(asked or found.asked, units=units, initial=kept, today=timezone.localdate(now), counts=found.counts)
    return _answers_page(request, terms, draft, found, form, kept, status=409)


def _typed_beside(request: HttpRequest, terms: Terms) -> HttpResponse:
    """A colleague saved meanwhile: the form with what was typed here, and beside it what they wrote; nothing is saved yet."""
    draft = _draft(request, terms)
    if draft is None:
        raise NotYours
    kept = {**(draft.answers or {}), UNIT: draft.unit_code}
    typed = _posted(request, [{"name": UNIT, "kind": "choice"}, *draft.form_version.fields])
    theirs = [
        {"label": spec["label"], "theirs": shown(spec, kept.get(spec["name"], "")), "yours": shown(spec, typed[spec["name"]])}
        for spec in draft.form_version.fields
        if spec["name"] in typed and typed[spec["name"]] != kept.get(spec["name"], "")
    ]
    kept |= typed
    found = shape(draft.form_version.fields, kept, queries.facts_for(draft.form_version, _person(request), _party_id(request)))
    asked = opening(found, deciders(draft.form_version.fields), kept)
    units = None if asked else [(unit.code, unit.name) for unit in queries.units_of_draft(draft, terms)]
    form = AnswersForm(asked or found.asked, units=units, initial=kept, today=timezone.localdate(), counts=found.counts)
    colleague = {
        "name": people.person_names([str(draft.changed_by)]).get(str(draft.changed_by), ""),
        "at": draft.updated_at,
        "fields": theirs,
    }
    return _answers_page(request, terms, draft, found, form, kept, status=409, colleague=colleague)


@csrf_protect
@citizen_page
def _answers(request: HttpRequest, code: str) -> HttpResponseBase:
    """Asked fields, known ones read-only, and where the dossier goes; first of all what decides about the rest."""
    terms, now = _terms(request, code), timezone.now()
    draft = _draft(request, terms)
    if draft is None:
        require_offered(terms, _party_id(request))
    if draft is None and (more := asked_for(request, terms.assurance, terms.assurance)) is not None:
        # What the service needs is asked before anything is filled in; a draft that there is goes on, sending asks again.
        return more
    form_version = draft.form_version if draft is not None else queries.newest_form(code, terms.service.code)
    if form_version.pages:
        from dossiers.views import parts  # which leans on this module

        return parts.task_list(request, code)
    if request.method == "POST":
        return _overtaken(request, code, draft) or _save_answers(request, terms, draft)
    if draft is None:
        # Whoever forgot for whom they are working is told before they fill anything in.
        services.check_party(actor_of(request), terms)
    services.wish_for(party_id=_party_id(request), form=form_version, now=timezone.now())
    person = _person(request)
    units = _units(request, terms, draft)
    kept = {**(draft.answers or {}), UNIT: draft.unit_code} if draft is not None else {UNIT: units[0].code if units else ""}
    if request.GET.get("ve"):
        # Coming back from the check page one sees at once what is wrong; otherwise nobody is scolded before sending.
        facts = queries.facts_for(form_version, person, _party_id(request))
        kept = {**suggestions(shape(form_version.fields, kept, facts).asked, facts), **kept}
        confirmed = draft.confirmed or () if draft else ()
        filled = fill(form_version, kept, person, units=units, confirmed=confirmed, now=now, party_id=_party_id(request))
        if not opening(filled.shape, deciders(form_version.fields), kept):
            return _answers_page(request, terms, draft, filled.shape, filled.form, kept, filled)
    facts = queries.facts_for(form_version, person, _party_id(request))
    found = shape(form_version.fields, kept, facts)
    first = opening(found, deciders(form_version.fields), kept)
    if request.GET.get("hoi"):
        first = [spec for spec in found.asked if spec["name"] in deciders(form_version.fields)]
    asked = first or found.asked
    choices = None if first else [(unit.code, unit.name) for unit in units]
    form = AnswersForm(asked, units=choices, initial={**suggestions(asked, facts), **kept}, today=timezone.localdate(now))
    return _answers_page(request, terms, draft, found, form, kept)


def _save_answers(request: HttpRequest, terms: Terms, draft: Draft | None) -> HttpResponse:
    """Keep what was typed, then on to the next page, back to the same one, or once more with what is wrong."""
    actor, now, code = actor_of(request), timezone.now(), terms.procedure_code
    draft = draft or services.start_or_open_draft(actor=actor, procedure_code=code, now=now)
    fields, act, back = draft.form_version.fields, request.POST.get("act"), request.GET.get("ve") == "kiem-tra"
    deciding = deciders(fields)
    part = request.POST.get("part") == "first"
    names = [spec["name"] for spec in fields if not part or spec["name"] in deciding]
    # A field whose choices all stand empty is not in the request at all; one that the page did not show is not either.
    typed = _posted(request, [spec for spec in fields if spec["name"] in names])
    unit_code = request.POST.get(UNIT)
    confirmed = request.POST.getlist("confirm")
    try:
        draft = services.save_draft(
            actor=actor,
            draft_id=draft.id,
            values=typed,
            unit_code=unit_code,
            page="to-khai",
            confirmed=confirmed,
            seen_version=as_int(request.POST.get("version")) if "version" in request.POST else None,
            reasons=reasons_posted(request),
        )
    except DraftChanged:
        return _typed_beside(request, terms)
    here = _at(code, "to-khai")
    which, _colon, field = (act or "").partition(":")
    if which in ("chua-dung", "lay-lai"):
        change = services.correct_known if which == "chua-dung" else services.take_known
        change(actor=actor, draft_id=draft.id, field=field)
        return redirect(f"{here}{'?ve=kiem-tra' if back else ''}#hoi-{field}")
    if act == "doi":
        return redirect(here + "?hoi=1" + ("&ve=kiem-tra" if back else ""))
    if act == ELSEWHERE and terms.anywhere == Anywhere.COUNTRY:
        return redirect(reverse("file-place", args=[code]) + ("?ve=kiem-tra" if back else ""))
    if act != "tiep":
        messages.success(request, _("Đã lưu nháp. Bạn có thể quay lại làm tiếp bất cứ lúc nào."))
        return redirect(here)
    person = _person(request)
    kept = {**(draft.answers or {}), UNIT: draft.unit_code}
    if part:
        found = shape(fields, kept, queries.facts_for(draft.form_version, person, draft.party_id))
        first = opening(found, deciding, kept)
        if not first:
            return redirect(here + ("?ve=kiem-tra" if back else ""))
        form = AnswersForm(first, kept, today=timezone.localdate(now))
        return _answers_page(request, terms, draft, found, form, kept, status=422)
    filled = fill_draft(draft, person, units=queries.units_of_draft(draft, terms), now=now)
    if opening(filled.shape, deciding, kept):
        return redirect(here)
    if filled.form.errors or filled.to_confirm:
        return _answers_page(request, terms, draft, filled.shape, filled.form, kept, filled, status=422)
    return redirect(_at(code, "kiem-tra" if back else "giay-to"))


def _posted(request: HttpRequest, specs: Iterable[Spec]) -> dict[str, Any]:
    """What a request says of these fields. A box that is not ticked is in no request: ``shown`` names what the page showed."""
    post, there = request.POST, set(request.POST.get("shown", "").split())
    found: dict[str, Any] = {}
    for spec in specs:
        name = spec["name"]
        if name not in post and not (name in there and spec["kind"] in ("choices", "confirm")):
            continue
        found[name] = (
            post.getlist(name)
            if spec["kind"] == "choices"
            else "yes"
            if spec["kind"] == "confirm" and post.get(name)
            else post.get(name, "")
        )
    return found


def reasons_posted(request: HttpRequest) -> dict[str, str]:
    """Why fields are corrected that a source answers, as a request says it."""
    return {name.removeprefix(REASON): request.POST.get(name, "") for name in request.POST if name.startswith(REASON)}


def known_words(spec: Spec, found: Shape) -> dict[str, Any]:
    """Beside a value that a source gave: who says it and how old it is, and whether it may be corrected here."""
    fact = spec["prefill"]
    told = found.facts.told.get(fact, Told(ACCOUNT)) if isinstance(found.facts, Facts) else Told(ACCOUNT)
    return {"source": told_words(told, timezone.now()), "field": spec["name"], "correctable": is_correctable(fact)}


def said_beside(spec: Spec, found: Shape, answers: Mapping[str, Any]) -> dict[str, Any] | None:
    """Beside a field that is asked though a source could answer it: what the source says, why it is corrected; or that it is silent."""
    name = spec["name"]
    if name not in found.offered:
        return None
    fact, said = spec["prefill"], found.offered[name]
    told = found.facts.told.get(fact, Told(ACCOUNT)) if isinstance(found.facts, Facts) else Told(ACCOUNT)
    if said:
        corrected = name in corrections(answers)
        why = corrections(answers).get(name, "")
        return {"value": shown(spec, said), "source": told_words(told, timezone.now()), "corrected": corrected, "why": why, "field": name}
    if source_of(fact) in REGISTRIES and isinstance(found.facts, Facts) and source_of(fact) not in found.facts.heard:
        return {"silent": SOURCES[source_of(fact)]}
    return None


def _answers_page(
    request: HttpRequest,
    terms: Terms,
    draft: Draft | None,
    found: Shape,
    form: AnswersForm,
    kept: dict[str, str],
    filled: Filled | None = None,
    status: int = 200,
    colleague: dict[str, Any] | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    form_version = draft.form_version if draft is not None else queries.newest_form(terms.procedure_code, terms.service.code)
    fields, explained = form_version.fields, explanations(form_version)
    deciding = deciders(fields)
    asked = {spec["name"] for spec in form.specs}
    first = bool(deciding) and asked <= deciding
    decided = [] if first else [spec for spec in found.asked if spec["name"] in deciding]
    sections = []
    for name, specs in _sections(spec for spec in found.fields if spec not in decided):
        known = [
            {"label": spec["label"], "value": shown(spec, found.known[spec["name"]]), **known_words(spec, found)}
            for spec in specs
            if spec["name"] in found.known
        ]
        boxes = [
            {"box": form[spec["name"]], "said": said_beside(spec, found, kept), "explained": explained.get(spec["name"], "")}
            for spec in specs
            if spec["name"] in asked
        ]
        if boxes or (known and not first):
            sections.append({"name": name, "known": known, "fields": boxes})
    last = queries.last_filed(actor, terms.procedure_code) if draft is None else None
    return render(
        request,
        "dossiers/answers.html",
        _context(
            terms,
            "to-khai",
            form=form,
            first=first,
            unit=form[UNIT] if UNIT in form.fields else None,
            sections=[section for section in sections if section["fields"] or (section["known"] and not first)],
            decided=[
                {"spec": spec, "value": kept.get(spec["name"], ""), "shown": shown(spec, kept.get(spec["name"], ""))} for spec in decided
            ],
            some_known=bool(found.known) and not first,
            checked=_person(request).registry_matches is True,
            notes=filled.form.notes if filled else [],
            to_confirm=filled.to_confirm if filled else [],
            draft=draft,
            carried=_carried(request, terms, draft),
            last=last,
            put_away=queries.put_away_draft(actor, terms.procedure_code) if draft is None else None,
            not_saved=status == 409 and colleague is None,
            colleague=colleague,
        ),
        status=status,
    )


def _papers_page(request: HttpRequest, terms: Terms, draft: Draft, problems: Sequence[Problem], status: int = 200) -> HttpResponse:
    given = list(draft.papers.select_related("file"))
    found = shape_of(draft, _person(request))
    wants = [*wanted_of(draft, terms, found), *former_papers(given, terms, draft.form_version)]
    held = offered(actor_of(request), wants, given, day=timezone.localdate())
    items: list[dict[str, Any]] = [
        {
            "paper": one.paper,
            "wanted": one,
            "held": held.get(one.paper.kind, ()),
            "given": [paper for paper in given if paper.kind == one.paper.kind],
            "errors": [problem.message for problem in problems if problem.field == one.paper.kind],
        }
        for one in wants
    ]
    others: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        if item["wanted"].by_choice:
            others.setdefault(item["paper"].case, []).append(item)
    exclusive = exclusive_cases(others)
    return render(
        request,
        "dossiers/papers.html",
        _context(
            terms,
            "giay-to",
            wanted=[item for item in items if item["wanted"].asked and not item["wanted"].by_choice],
            others=[
                {
                    "case": case,
                    "papers": group,
                    "one_of": case in exclusive,
                    "open": any(item["given"] or item["errors"] or item["held"] for item in group),
                }
                for case, group in others.items()
            ],
            no_longer=[item for item in items if not item["wanted"].asked and item["given"]],
            bill=costs_of(draft, terms, found, _person(request), now=timezone.now()).bill,
            payment=draft.form_version.payment,
            problems=problems,
            draft=draft,
            carried=_carried(request, terms, draft),
            max_mb=settings.MAX_FILE_BYTES // 2**20,
            max_bytes=settings.MAX_FILE_BYTES,
        ),
        status=status,
    )


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def papers(request: HttpRequest, code: str) -> HttpResponseBase:
    """The papers. A request that is too long is answered before it is read: hence the token is checked one step later."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method == "POST" and (not length.isdigit() or int(length) > settings.MAX_FILE_BYTES + REQUEST_OVERHEAD):
        return _too_long(request, code=code)
    return _papers(request, code=code)


@citizen_page
def _too_long(request: HttpRequest, code: str) -> HttpResponse:
    terms = _terms(request, code)
    draft = _draft(request, terms)
    if draft is None:
        return redirect(_at(code, "to-khai"))
    limit = settings.MAX_FILE_BYTES // 2**20
    sentence = _(
        "Các tệp vừa chọn cộng lại lớn hơn %(limit)d MB nên chưa nhận được tệp nào. Bạn hãy thêm từng tệp một, hoặc chụp lại ở cỡ nhỏ hơn."
    )
    response = _papers_page(request, terms, draft, [Problem("giay-to", "", sentence % {"limit": limit})], status=413)
    response["Connection"] = "close"
    return response


@csrf_protect
@citizen_page
def _papers(request: HttpRequest, code: str) -> HttpResponse:
    """One form for all papers: whichever button is pressed, what was chosen is taken first."""
    terms = _terms(request, code)
    draft = _draft(request, terms)
    if request.method == "POST" and (page := _overtaken(request, code, draft)):
        return page
    if draft is None:
        return redirect(_at(code, "to-khai"))
    if request.method != "POST":
        return _papers_page(request, terms, draft, [])
    if request.POST.get("law") != str(terms.version_id):
        # The page listed other papers: a file chosen for one of them is not taken for another.
        sentence = _("Danh sách giấy tờ vừa thay đổi nên chưa nhận tệp nào. Bạn xem lại danh sách dưới đây rồi chọn tệp.")
        return _papers_page(request, terms, draft, [Problem("giay-to", "", sentence)], status=409)
    problems, taken = _take_papers(request, terms, draft)
    not_held, from_store = take_chosen(request, terms, draft)
    problems += not_held
    act, _colon, which = request.POST.get("act", "").partition(":")
    if act == "xoa" and (paper_id := as_uuid(which)):
        services.remove_paper(actor=actor_of(request), draft_id=draft.id, paper_id=paper_id)
        messages.success(request, _("Đã xóa tệp."))
    elif act == "len" and (paper_id := as_uuid(which)):
        services.move_paper_up(actor=actor_of(request), draft_id=draft.id, paper_id=paper_id)
    elif act == "kho" and not from_store and not problems:
        problems = [Problem("giay-to", which, _("Bạn hãy đánh dấu giấy trong kho rồi bấm “Dùng giấy đã chọn”, hoặc gửi tệp."))]
    elif act == "them" and not (taken or from_store or problems):
        problems = [Problem("giay-to", which, _("Bạn hãy chọn ảnh hoặc tệp PDF rồi bấm “Thêm”."))]
    elif act == "tiep" and not problems:
        problems = paper_problems(draft, wanted_of(draft, terms, shape_of(draft, _person(request))))
    if taken:
        messages.success(request, _("Đã nhận tệp: %(names)s.") % {"names": ", ".join(f"“{name}”" for name in taken)})
    if problems:
        return _papers_page(request, terms, draft, problems, status=422)
    if act == "luu":
        messages.success(request, _("Đã lưu nháp. Bạn có thể quay lại làm tiếp bất cứ lúc nào."))
        return redirect("dossiers")
    return redirect(_at(code, "kiem-tra" if act == "tiep" else "giay-to"))


def _take_papers(request: HttpRequest, terms: Terms, draft: Draft) -> tuple[list[Problem], list[str]]:
    """Take every file chosen on the page: what could not be taken, and the names of those that were."""
    problems: list[Problem] = []
    taken: list[str] = []
    for wanted in papers_of(terms.papers, draft.form_version.papers):
        for upload in request.FILES.getlist(f"tep-{wanted.kind}"):
            if not isinstance(upload, UploadedFile):
                continue
            try:
                services.add_paper(actor=actor_of(request), draft_id=draft.id, kind=wanted.kind, upload=upload, now=timezone.now())
            except FilingRefused as refused:
                named = _("Tệp “%(name)s”: %(why)s")
                problems += [Problem(one.page, one.field, named % {"name": upload.name, "why": one.message}) for one in refused.problems]
            else:
                taken.append(upload.name or "")
    return problems, taken


@require_safe
@citizen_page
def draft_paper(request: HttpRequest, code: str, paper_id: UUID) -> HttpResponseBase:
    """A paper of one's own draft, to look at it again."""
    draft = queries.draft_of(actor_of(request), code)
    paper = draft.papers.select_related("file").filter(pk=paper_id).first() if draft is not None else None
    if paper is None:
        raise Http404
    return send_file(paper.file, name=str(paper.file.name or ""), inline=paper.file.media_type.startswith("image/"), unchecked=True)


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def check(request: HttpRequest, code: str) -> HttpResponseBase:
    """Check your answers, then send what you checked. Sending twice gives the same dossier.

    A service that needs a surer account or sign-in asks for it here, before anything is read twice; the draft is kept meanwhile.
    """
    terms, actor = _terms(request, code), actor_of(request)
    if (more := asked_for(request, terms.assurance, terms.assurance)) is not None:
        return more
    if request.method != "POST":
        if _draft(request, terms) is None:
            return redirect(_at(code, "to-khai"))
        return _check_page(request, terms)
    draft_id = as_uuid(request.POST.get("draft"))
    if draft_id is None:
        raise NotYours
    looked = seen.read(request.POST.get("seen", ""), draft_id)
    draft = _draft(request, terms)
    if draft is not None and draft.id == draft_id and looked.changes(draft.id, _Review(request, terms, draft).values):
        # Also what the registry says of the person may be another than the page showed.
        return _check_page(request, terms, looked=looked, status=409)
    try:
        version = draft.version if draft is not None and draft.id == draft_id else looked.version
        if request.POST.get("act") == "ky":
            ask(actor=actor, draft_id=draft_id, seen_version=version, now=timezone.now())
            return redirect("file-ky", code=code)
        dossier = services.submit(actor=actor, draft_id=draft_id, seen_version=version, now=timezone.now())
    except DraftChanged:
        return _check_page(request, terms, looked=looked, status=409)
    except FilingRefused as refused:
        return _check_page(request, terms, status=422, refused=refused.problems)
    except TransitionRefused as refused:
        messages.warning(request, refused.reason)
        return redirect("dossiers")
    except NotYours:
        if (page := _overtaken(request, code, draft)) is None or not queries.removed_drafts(actor).filter(pk=draft_id).exists():
            raise
        return page
    if (again := as_int(request.POST.get("lan"))) > 0:
        # A dossier that was being edited: sent again, unless the agency was quicker.
        if dossier.revisions.filter(number__gte=again).exists():
            return redirect(reverse("dossier", args=[dossier.code]) + "?da-sua=1")
        messages.warning(request, _("Chưa gửi lại được: cơ quan đã xử lý hồ sơ trước. Bản đã gửi trước đây giữ nguyên."))
        return redirect("dossier", dossier.code)
    if linked := linked_with(dossier.pk):
        return redirect(reverse("linked-filing", args=[linked[0].filing_id]) + "?da-gui=1")
    return redirect(reverse("dossier", args=[dossier.code]) + "?da-gui=1")


def _bill_words(found: Costs) -> str:
    """What a bill says of money and time, for telling whether it is still the one a page showed."""
    lines = [f"{charge.name}: {charge.amount} {charge.why}" for charge in found.bill.charges]
    return "; ".join([*lines, f"{found.limit.amount} {found.limit.why}"])


class _Review:
    """A draft as the check page shows it, and the values by which a later look is compared with this one."""

    def __init__(self, request: HttpRequest, terms: Terms, draft: Draft) -> None:
        person = _person(request)
        self.draft = draft
        self.filled = fill_draft(draft, person, units=queries.units_of_draft(draft, terms), now=timezone.now())
        self.costs = costs_of(draft, terms, self.filled.shape, person, now=timezone.now())
        self.papers = list(draft.papers.select_related("file"))
        self.unit = queries.handling_unit(draft.unit_code)
        self.is_elsewhere = queries.is_elsewhere(draft.party_id, draft.unit_code, terms)
        typed = {**(draft.answers or {}), **self.filled.answers}
        found = self.filled.shape
        outside = {**found.counts, **self.filled.answers}
        read = [(spec, line(spec, typed.get(spec["name"], ""), outside)) for spec in found.fields if spec["kind"] != "note"]
        self.rows = [(spec, "; ".join(one.value for one in said)) for spec, said in read]
        self.lines = [(spec, one) for spec, said in read for one in said]
        self.values = {
            **{f"answer:{spec['name']}": value for spec, value in self.rows},
            **{f"paper:{paper.kind}:{paper.id}": paper.file.sha256 for paper in self.papers},
            "unit": draft.unit_code,
            "form": str(draft.form_version_id),
            "law": str(terms.version_id),
            "bill": _bill_words(self.costs),
        }

    def changes_since(self, looked: seen.Seen | None, terms: Terms) -> tuple[frozenset[str], list[str]]:
        """Keys that changed since an earlier look, and in words what was there and is gone."""
        if looked is None or looked.version < 0:
            return frozenset(), []
        keys = looked.changes(self.draft.id, self.values)
        fields = {f"answer:{spec['name']}": spec["label"] for spec in self.draft.form_version.fields}
        names = {paper.kind: paper.name for paper in papers_of(terms.papers, self.draft.form_version.papers)}
        gone = [key for key in sorted(keys) if key not in self.values and ":" in key]
        return keys, [fields.get(key) or names.get(key.split(":")[1], _("Giấy tờ")) for key in gone]


def _check_page(
    request: HttpRequest, terms: Terms, *, looked: seen.Seen | None = None, refused: Sequence[Problem] = (), status: int = 200
) -> HttpResponse:
    actor, code = actor_of(request), terms.procedure_code
    draft = _draft(request, terms)
    if draft is None:
        raise NotYours
    if draft.last_page != "kiem-tra" and request.method == "GET":
        services.save_draft(actor=actor, draft_id=draft.id, values={}, page="kiem-tra")
    review = _Review(request, terms, draft)
    # Where a sent dossier is edited: its code, and which time of sending again this would be.
    sent = queries.own_dossiers(actor).only("code").filter(pk=draft.pk).first()
    edited = {"code": sent.code, "next": sent.revisions.count() + 1} if sent is not None else None
    changed, gone = review.changes_since(looked, terms)
    change = _at(code, "to-khai") + "?ve=kiem-tra"
    unwanted = {one.paper.kind for one in wanted_of(draft, terms, review.filled.shape) if not one.asked}
    unwanted |= {one.paper.kind for one in former_papers(review.papers, terms, draft.form_version)}
    fixed = {**review.filled.shape.known, **review.filled.shape.calculated}
    pages = draft.form_version.pages
    rows = [
        {
            "label": one.label,
            "value": one.value,
            "changed": f"answer:{spec['name']}" in changed,
            "href": "" if spec["name"] in fixed else _to_change(code, draft, spec),
            "note": known_words(spec, review.filled.shape)["source"] if spec["name"] in review.filled.shape.known else "",
        }
        for spec, one in review.lines
    ]
    for (spec, _line), row in zip(review.lines, rows, strict=True):
        if not pages and spec["name"] in deciders(draft.form_version.fields) and row["href"]:
            row["href"] = _at(code, "to-khai") + "?hoi=1&ve=kiem-tra"
    return render(
        request,
        "dossiers/check.html",
        _context(
            terms,
            "kiem-tra",
            draft=draft,
            wish=wish_of(draft.id),
            rows=rows,
            unit=review.unit,
            is_elsewhere=review.is_elsewhere,
            unit_changed="unit" in changed,
            change=change,
            papers=[
                {"paper": paper, "changed": f"paper:{paper.kind}:{paper.id}" in changed, "unwanted": paper.kind in unwanted}
                for paper in review.papers
            ],
            bill=review.costs.bill,
            payment=draft.form_version.payment,
            limit=review.costs.limit,
            full_limit=terms.limit_words,
            when=_when(review),
            carried=_carried(request, terms, draft),
            gone=gone,
            is_newer=looked is not None,
            notes=review.filled.form.notes,
            seen=seen.token(draft.id, draft.version, review.values),
            # What only sending says: the signature, and what an edit does not bear.
            problems=[*(found := problems_of(draft, terms, review.filled)), *(one for one in refused if one not in found)],
            edited=edited,
            send_label=_("Gửi lại hồ sơ") if edited else _("Gửi hồ sơ"),
            signature=signing.standing(draft, review.filled, _person(request), procedure_name=terms.name),
        ),
        status=status,
    )


def _when(review: _Review) -> dict[str, Any] | None:
    """Until when it is answered and until when it is ready, where it is sent now and the agency keeps to its time; None before an agency
    is chosen. Deadlines of Decree 45/2020 (8 working hours) and of the procedure, by the agency's calendar."""
    if review.unit is None:
        return None
    calendar, limit = review.unit.calendar, review.costs.limit
    answered = response_due(timezone.now(), calendar)
    ready = due_at(answered, limit.amount, limit.unit, calendar)
    return {"answered": answered, "ready": ready, "limit": limit.words}


def _to_change(code: str, draft: Draft, spec: Spec) -> str:
    """Where an answer is changed on the way back to the check page."""
    pages = draft.form_version.pages
    page = reverse("file-part", args=[code, spec.get("page") or pages[0]["name"]]) if pages else _at(code, "to-khai")
    return f"{page}?ve=kiem-tra#id_{spec['name']}{'_0' if spec['kind'] in ('choice', 'choices') else ''}"


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def discard(request: HttpRequest, code: str) -> HttpResponse:
    """Throw the draft away; asks first, and once more when it has changed since."""
    draft = queries.draft_of(actor_of(request), code)
    newer = False
    if request.method == "POST":
        if page := _overtaken(request, code, draft):
            return page
        if draft is None:
            return redirect("dossiers")
        looked = seen.read(request.POST.get("seen", ""), draft.id)
        try:
            services.discard_draft(actor=actor_of(request), draft_id=draft.id, seen_version=looked.version)
        except DraftChanged:
            newer, draft = True, queries.draft_of(actor_of(request), code)
        else:
            messages.success(request, _("Đã xóa bản nháp."))
            return redirect("dossiers")
    if draft is None:
        return redirect("dossiers")
    # Also where the procedure is not in force any more: what one began can always be thrown away.
    name = queries.standing(code, now=timezone.now()).name
    token = seen.token(draft.id, draft.version, {})
    context = {"code": code, "name": name, "draft": draft, "seen": token, "is_newer": newer, "papers": draft.papers.count()}
    context["edited"] = queries.own_dossiers(actor_of(request)).filter(pk=draft.pk).values_list("code", flat=True).first()
    return render(request, "dossiers/discard.html", context, status=409 if newer else 200)
