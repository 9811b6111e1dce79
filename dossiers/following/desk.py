"""What the desk shows of a dossier's messages, of its edits and of drafts of its result, beside the dossier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from dossiers.desk_pages.near import Near
from dossiers.following.editing import is_being_edited, revisions_of
from dossiers.following.objections import shown_of
from dossiers.forms import ReasonForm
from dossiers.models import Dossier, DossierDocument

SLIPS = {DossierDocument.Role.REFUSAL: "dossier-refusal", DossierDocument.Role.CONTROL: "dossier-control"}


class CallOffDraftForm(ReasonForm):
    """Why a draft is taken back; the applicant reads it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Lý do rút dự thảo"
        self.fields["reason"].help_text = "Người nộp đọc được nguyên văn."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do, ví dụ “dự thảo ghi sai ngày sinh”."


def beside(dossier: Dossier, issued: Mapping[str, DossierDocument], near: Near) -> dict[str, Any]:
    """The context of ``_following.html`` and of the slips that have addresses here (no query where there is nothing)."""
    return {
        "talk": {"all": near.messages, "unread": near.unread},
        "revisions": near.rows("revisions", lambda: revisions_of(dossier)),
        "editing": is_being_edited(dossier) if near.is_edited else None,
        "shown_results": near.rows("shown_results", lambda: shown_of(dossier)),
        "more_slips": [(issued[role].document, reverse(name, args=[dossier.code])) for role, name in SLIPS.items() if role in issued],
    }
