"""What can be done with drafts and dossiers. Each verb is one transaction: permission and state checked, event and audit act written."""

from dossiers.filling import Problem
from dossiers.services.codes import next_code
from dossiers.services.common import DraftChanged, FilingRefused, NotForParty, NotYours, filer, party_of
from dossiers.services.copying import ask_copy, copy_of, note_taken
from dossiers.services.desk import authorise_result, decide, decline, open_dossier, receive, refuse, take_back
from dossiers.services.drafts import (
    add_paper,
    carry_over,
    check_party,
    discard_draft,
    is_behind,
    move_paper_up,
    remove_paper,
    save_draft,
    start_or_open_draft,
    take_from_store,
)
from dossiers.services.filing import submit, withdraw, withdraw_refusal
from dossiers.services.filling_in import add_rows, correct_known, remove_row, save_fields, take_known
from dossiers.services.forms import check_publishable, publish_form
from dossiers.services.keeping import (
    DraftInItsPlace,
    erase_drafts,
    erase_removed_of,
    keep_draft,
    remove_drafts,
    warn_of_drafts,
)
from dossiers.services.papers import note_unsafe_paper
from dossiers.services.paying import ask_payment, asked_lines, call_off_payment, follow_late_orders, follow_order, remind_of_payments
from dossiers.services.printing import ask_print, make_print, remove_old_prints
from dossiers.services.registries import wish_for
from dossiers.services.reminding import remind_of_drafts, remind_of_papers, remind_of_stored, suggest_next_steps
from dossiers.services.results import return_result
from dossiers.services.uploads import add_piece, begin_paper, cancel_paper, finish_paper

__all__ = [
    "DraftChanged",
    "DraftInItsPlace",
    "FilingRefused",
    "NotForParty",
    "NotYours",
    "Problem",
    "add_paper",
    "add_piece",
    "add_rows",
    "ask_copy",
    "ask_payment",
    "ask_print",
    "asked_lines",
    "authorise_result",
    "begin_paper",
    "call_off_payment",
    "cancel_paper",
    "carry_over",
    "check_party",
    "check_publishable",
    "copy_of",
    "correct_known",
    "decide",
    "decline",
    "discard_draft",
    "erase_drafts",
    "erase_removed_of",
    "filer",
    "finish_paper",
    "follow_late_orders",
    "follow_order",
    "is_behind",
    "keep_draft",
    "make_print",
    "move_paper_up",
    "next_code",
    "note_taken",
    "note_unsafe_paper",
    "open_dossier",
    "party_of",
    "publish_form",
    "receive",
    "refuse",
    "remind_of_drafts",
    "remind_of_papers",
    "remind_of_payments",
    "remind_of_stored",
    "remove_drafts",
    "remove_old_prints",
    "remove_paper",
    "remove_row",
    "return_result",
    "save_draft",
    "save_fields",
    "start_or_open_draft",
    "submit",
    "suggest_next_steps",
    "take_back",
    "take_from_store",
    "take_known",
    "warn_of_drafts",
    "wish_for",
    "withdraw",
    "withdraw_refusal",
]
