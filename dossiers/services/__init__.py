"""What can be done with drafts and dossiers. Each verb is one transaction: permission and state checked, event and audit act written."""

from dossiers.filling import Problem
from dossiers.following.objections import call_off_draft, follow_drafts, show_draft
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
from dossiers.services.extending import extend
from dossiers.services.filing import submit, withdraw, withdraw_refusal
from dossiers.services.filling_in import add_rows, correct_known, remove_row, save_fields, take_known
from dossiers.services.forms import check_publishable, publish_form
from dossiers.services.handing import hand_over, take_over
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
from dossiers.services.reappointing import BadDay, reappoint
from dossiers.services.registries import wish_for
from dossiers.services.reminding import remind_of_drafts, remind_of_papers, remind_of_stored, suggest_next_steps
from dossiers.services.results import return_result
from dossiers.services.supplements import (
    add_supplement_paper,
    approve_supplement,
    ask_supplement,
    call_off_first_supplement,
    call_off_supplement,
    complete,
    decline_supplement,
    follow_supplements,
    propose_supplement,
    remove_supplement_paper,
    save_supplement,
    stop,
)
from dossiers.services.undoing import may_undo, undo_receive, undo_refuse
from dossiers.services.uploads import add_piece, begin_paper, cancel_paper, finish_paper

__all__ = [
    "BadDay",
    "DraftChanged",
    "DraftInItsPlace",
    "FilingRefused",
    "NotForParty",
    "NotYours",
    "Problem",
    "add_paper",
    "add_piece",
    "add_rows",
    "add_supplement_paper",
    "approve_supplement",
    "ask_copy",
    "ask_payment",
    "ask_print",
    "ask_supplement",
    "asked_lines",
    "authorise_result",
    "begin_paper",
    "call_off_draft",
    "call_off_first_supplement",
    "call_off_payment",
    "call_off_supplement",
    "cancel_paper",
    "carry_over",
    "check_party",
    "check_publishable",
    "complete",
    "copy_of",
    "correct_known",
    "decide",
    "decline",
    "decline_supplement",
    "discard_draft",
    "erase_drafts",
    "erase_removed_of",
    "extend",
    "filer",
    "finish_paper",
    "follow_drafts",
    "follow_late_orders",
    "follow_order",
    "follow_supplements",
    "hand_over",
    "is_behind",
    "keep_draft",
    "make_print",
    "may_undo",
    "move_paper_up",
    "next_code",
    "note_taken",
    "note_unsafe_paper",
    "open_dossier",
    "party_of",
    "propose_supplement",
    "publish_form",
    "reappoint",
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
    "remove_supplement_paper",
    "return_result",
    "save_draft",
    "save_fields",
    "save_supplement",
    "show_draft",
    "start_or_open_draft",
    "stop",
    "submit",
    "suggest_next_steps",
    "take_back",
    "take_from_store",
    "take_known",
    "take_over",
    "undo_receive",
    "undo_refuse",
    "warn_of_drafts",
    "wish_for",
    "withdraw",
    "withdraw_refusal",
]
