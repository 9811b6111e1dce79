"""What can be done to the catalogue: loading the curated data we ship, importing what others export, editing the search's words."""

from procedures.services.loading import DATA, LoadReport, load_shipped, shipped_records
from procedures.services.mistakes import handle_mistake, may_handle, report_mistake
from procedures.services.records import BadRecord, padded_key, record_of
from procedures.services.reductions import (
    ReductionRefused,
    check_reduction,
    declare_reduction,
    declarer,
    end_reduction,
    load_reductions,
    reduction_faults,
    sector_codes,
    shipped_reductions,
)
from procedures.services.use import add_uses, rank_by_use
from procedures.services.weights import add_pair, load_weights, restore_weight, set_weight, weight_faults
from procedures.services.words import (
    WordRefused,
    forget_old_misses,
    handle_miss,
    in_lines,
    load_words,
    note_miss,
    save_word,
    switch_word,
    word_faults,
)

__all__ = [
    "DATA",
    "BadRecord",
    "LoadReport",
    "ReductionRefused",
    "WordRefused",
    "add_pair",
    "add_uses",
    "check_reduction",
    "declare_reduction",
    "declarer",
    "end_reduction",
    "forget_old_misses",
    "handle_miss",
    "handle_mistake",
    "in_lines",
    "load_reductions",
    "load_shipped",
    "load_weights",
    "load_words",
    "may_handle",
    "note_miss",
    "padded_key",
    "rank_by_use",
    "record_of",
    "reduction_faults",
    "report_mistake",
    "restore_weight",
    "save_word",
    "sector_codes",
    "set_weight",
    "shipped_records",
    "shipped_reductions",
    "switch_word",
    "weight_faults",
    "word_faults",
]
