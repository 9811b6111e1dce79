"""A form begun with what was answered to the guidance of its procedure (requirement C-14). A new draft takes the answers; one that there is
keeps its own, and takes those it has not."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.ways.need import asked_for
from dossiers import queries, services
from dossiers.conditions import is_asked
from dossiers.forms import shown
from dossiers.views import filing
from dossiers.views.common import citizen_page
from portal.access import actor_of
from procedures.guidance.documents import prefilled, walk
from procedures.guidance.queries import shown_tree
from procedures.guidance.views import answers_in


@require_http_methods(["GET", "HEAD", "POST"])
@citizen_page
def begin(request: HttpRequest, code: str) -> HttpResponseBase:
    """What of the form is answered already, and the button that begins it; the answers are read again from the address."""
    tree = shown_tree(code)
    if tree is None:
        raise Http404
    terms = filing._terms(request, code)
    if (more := asked_for(request, terms.assurance, terms.assurance)) is not None:
        return more
    actor = actor_of(request)
    services.check_party(actor, terms)
    draft = filing._draft(request, terms)
    form = draft.form_version if draft is not None else queries.newest_form(code, terms.service.code)
    asked = walk(tree.document, answers_in(request))
    fields = {spec["name"]: spec for spec in form.fields if is_asked(spec)}
    answers = draft.answers or {} if draft is not None else {}
    values = {
        name: value
        for name, value in prefilled(tree.document, asked.answers).items()
        if name in fields and not answers.get(name) and _is_offered(fields[name], value)
    }
    if request.method == "POST":
        draft = services.start_or_open_draft(actor=actor, procedure_code=code, now=timezone.now())
        if values:
            services.save_draft(actor=actor, draft_id=draft.id, values=values, page="to-khai")
        return redirect(reverse("file-to-khai", args=[code]))
    rows = [{"label": fields[name]["label"], "value": shown(fields[name], value)} for name, value in values.items()]
    return render(request, "dossiers/guided.html", {"terms": terms, "code": code, "rows": rows, "draft": draft})


def _is_offered(spec: Any, value: str) -> bool:
    """Whether a value is one of those that a field lets one choose; any text of a field without choices."""
    if "choices" not in spec:
        return True
    return value in [one["value"] if isinstance(one, dict) else one[0] for one in spec["choices"]]
