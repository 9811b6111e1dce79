"""The questions of a procedure, one a page, and where the answers lead; all of it in the address, nothing kept (requirement C-14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.caching import public_page
from portal.languages import address, is_english, show
from procedures import queries as catalogue
from procedures.guidance import queries
from procedures.guidance.documents import Walk, faults, prefilled, walk
from procedures.guidance.outcome import outcome
from procedures.guidance.services import SCHEMA
from procedures.models import ProcedureVersion
from procedures.views.offices import is_for_reader, own_place, place_of, typed_name
from procedures.views.procedure import received_by, where
from procedures.views.sheet import sheet, translation

ANSWER = "tl-"
"""Before the name of a question, under which the address holds its answer."""
ASKED = "cau"
"""The question that was on the page when its button was pressed."""
ROOMS = ("catalogues", "procedures", "reductions", "guidance")


def answers_in(request: HttpRequest) -> dict[str, str]:
    """The answers that the address holds, by the name of their question."""
    return {name.removeprefix(ANSWER): request.GET[name] for name in request.GET if name.startswith(ANSWER)}


def answered(asked: Walk, upto: int | None = None) -> list[tuple[str, str]]:
    """Answers as an address holds them; ``upto``: only so many, from the first on."""
    return [(ANSWER + question["name"], choice["value"]) for question, choice in asked.asked[:upto]]


def said(words: Mapping[str, Any], key: str) -> tuple[str, str]:
    """A text of a document in the language of the page, and which language it is in."""
    if is_english() and words.get(f"{key}_en"):
        return str(words[f"{key}_en"]), "en"
    return str(words.get(key, "")), "vi"


@public_page(rooms=ROOMS, variant=own_place)
@require_safe
def guide(request: HttpRequest, code: str) -> HttpResponse:
    """The next question, or what the answers lead to. 404 where a procedure has no questions. At most seventeen queries."""
    day = timezone.localdate()
    tree = queries.shown_tree(code)
    version = catalogue.procedure_on(code, day) if tree is not None else None
    if tree is None or version is None:
        raise Http404
    if typed_name(request):
        return where(request, code, address("guidance", code))
    name = translation(version).get("name") or version.name
    common = {
        "code": code,
        "name": name,
        "name_lang": "en" if translation(version).get("name") else "vi",
        "path": address("guidance", code),
    }
    if faults(tree.document, queries.catalogue_of(version, tree.document, day)):
        # The law has changed since: what it says today is on the procedure's page, and nothing is said that may be wrong.
        return show(request, "procedures/guidance_stale.html", common)
    asked = walk(tree.document, answers_in(request))
    common |= {"replies": _shown(asked), "restart": bool(asked.asked)}
    if asked.question is not None:
        return _question(request, asked, common, tree.document)
    assert asked.ending is not None
    if asked.ending["kind"] == "elsewhere":
        return _elsewhere(request, asked, common)
    return _outcome(request, code, asked, common, tree.document, version)


def _place_kept(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, request.GET[name]) for name in ("dia-phuong", "xa") if request.GET.get(name)]


def _shown(asked: Walk) -> list[dict[str, Any]]:
    """What was answered, each with the address at which it is asked again."""
    rows = []
    for number, (question, choice) in enumerate(asked.asked):
        (ask, lang), (label, label_lang) = said(question, "ask"), said(choice, "label")
        again = urlencode(answered(asked, number))
        rows.append({"ask": ask, "lang": lang, "label": label, "label_lang": label_lang, "again": again})
    return rows


def _question(request: HttpRequest, asked: Walk, common: dict[str, Any], document: Mapping[str, Any]) -> HttpResponse:
    question = asked.question
    assert question is not None
    # The button was pressed and nothing chosen.
    missing = request.GET.get(ASKED) == question["name"]
    choices = [(one["value"], *said(one, "label")) for one in question["choices"]]
    context = {
        **common,
        "question": question,
        "field_name": ANSWER + question["name"],
        "ask": said(question, "ask"),
        "help": said(question, "help"),
        "intro": said(document, "intro") if not asked.asked else ("", "vi"),
        "choices": choices,
        "hidden": [*_place_kept(request), *answered(asked)],
        "back": urlencode([*_place_kept(request), *answered(asked, len(asked.asked) - 1)]) if asked.asked else "",
        "number": len(asked.asked) + 1,
        "missing": missing,
    }
    return show(request, "procedures/guidance.html", context, status=422 if missing else 200)


def _elsewhere(request: HttpRequest, asked: Walk, common: dict[str, Any]) -> HttpResponse:
    ending = asked.ending
    assert ending is not None
    rows = catalogue.with_codes([ending["procedure"]] if ending.get("procedure") else [], timezone.localdate())
    context = {**common, "title": said(ending, "title"), "text": said(ending, "text"), "other": rows[0] if rows else None}
    return show(request, "procedures/guidance_elsewhere.html", context)


def _outcome(
    request: HttpRequest, code: str, asked: Walk, common: dict[str, Any], document: Mapping[str, Any], version: ProcedureVersion
) -> HttpResponse:
    day = timezone.localdate()
    received = received_by(version)
    place = place_of(request, received)
    province = place.province.code if place.province else ""
    local = catalogue.localised(version, province) if province else None
    shown = sheet(version, (), local)
    online = catalogue.service_for(version, province)
    ending = asked.ending
    assert ending is not None
    nowhere = [("dia-phuong", "")] if is_for_reader(request) else []
    begins = bool(prefilled(document, asked.answers))
    apply_url = f"/nop-ho-so/{code}/theo-huong-dan/?{urlencode(answered(asked))}" if begins else f"/nop-ho-so/{code}/"
    context = {
        **common,
        "title": said(ending, "title"),
        "text": said(ending, "text"),
        "outcome": outcome(document, asked.answers, version, shown, province, day),
        "shown": shown,
        "version": version,
        "received": received,
        "place": place,
        "local": local,
        "online": online,
        "online_elsewhere": online is None and version.online_service is not None,
        "kept": {"hidden": answered(asked), "without_place": urlencode([*nowhere, *answered(asked)])},
        "apply_url": apply_url,
        "begins": begins,
        "procedure_url": address("procedure", code),
        "is_english": is_english(),
    }
    return show(request, "procedures/guidance_outcome.html", context)


@require_safe
@public_page(rooms=(), max_age=3600)
def schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of the documents, as it ships."""
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/schema+json")
