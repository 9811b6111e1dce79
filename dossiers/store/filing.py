"""The store on the papers page of a filing: what is ticked there is taken, whichever button is pressed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from dossiers.models import Draft
from dossiers.papers import papers_of
from dossiers.services import FilingRefused, NotYours, Problem, take_from_store
from dossiers.terms import Terms
from dossiers.views.common import as_uuid
from portal.access import actor_of


def take_chosen(request: HttpRequest, terms: Terms, draft: Draft) -> tuple[list[Problem], list[str]]:
    """Take every paper of the store that was ticked: what could not be taken, and titles of those that were."""
    problems: list[Problem] = []
    taken: list[str] = []
    for wanted in papers_of(terms.papers, draft.form_version.papers):
        for text in request.POST.getlist(f"kho-{wanted.kind}"):
            paper_id = as_uuid(text)
            if paper_id is None:
                continue
            try:
                papers = take_from_store(
                    actor=actor_of(request), draft_id=draft.id, kind=wanted.kind, store_paper_id=paper_id, now=timezone.now()
                )
            except FilingRefused as refused:
                problems += refused.problems
            except NotYours:
                problems.append(Problem("giay-to", wanted.kind, _("Giấy này không còn trong kho. Bạn hãy gửi tệp.")))
            else:
                taken += [wanted.name] if papers else []
    if taken:
        messages.success(request, _("Đã lấy từ kho giấy tờ: %(names)s.") % {"names": ", ".join(taken)})
    return problems, taken
