"""The dossier, its events and the counter behind its code."""

from __future__ import annotations

import uuid
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce, Collate, Concat, Reverse

from dossiers.models.forms import FormVersion
from dossiers.models.states import Standing, State
from portal.crypto.fields import BlindIndexField, SealedJSONField, SealedTextField

CODE_PATTERN = r"^[A-Z][0-9]{2}(\.[0-9]{1,3}){0,3}-[0-9]{6}-[0-9]{4,}$"
"""``<agency identifier>-<yymmdd>-<sequence of the day>`` (Decree 61/2018; domain.md §2.2)."""

DEADLINE = Coalesce("due_at", "response_due_at")
"""The moment by which the agency must act next: answer a new dossier, return the result of a received one."""

CODE_FROM_BEHIND = Collate(Reverse("code"), "C")
"""The code read from its end, in an order that an index can serve beginnings by: people remember the last digits."""

NAME_WORDS = Func(
    Func(
        Concat("owner_name_key", Value(" 0 "), "subject_name_key"),
        Value("[^a-z0-9]+"),
        Value(" "),
        Value("g"),
        function="regexp_replace",
        output_field=models.TextField(),
    ),
    template="to_tsvector('simple', %(expressions)s)",
    output_field=SearchVectorField(),
)
"""The words of whose it is and whom it is about, for an index that finds by the beginning of any of them, under every collation. The
nought between the two names keeps a phrase from running over from one into the other."""

_RECEIVED_STATES = [State.RECEIVED, State.PROCESSING, State.PAYMENT_DUE, State.STOPPED, State.DECIDED, State.RETURNED]


class Channel(models.TextChoices):
    """KenhThucHien of the synchronisation standard (domain.md §3.3)."""

    COUNTER = "1", "Trực tiếp"
    ONLINE = "2", "Trực tuyến"
    POST = "3", "Bưu chính công ích"


class Stage(models.TextChoices):
    """What happens within state 4 and has no code in the national standard (9 means signed there)."""

    NONE = "", "–"
    AWAITING_SIGNATURE = "awaiting_signature", "Chờ ký kết quả"
    AWAITING_APPROVAL = "awaiting_approval", "Chờ duyệt yêu cầu bổ sung lần nữa"
    AWAITING_OBJECTION = "awaiting_objection", "Chờ người nộp xem dự thảo kết quả"


OPEN_STATES = (State.SUBMITTED, State.RECEIVED, State.PROCESSING, State.INCOMPLETE, State.PAYMENT_DUE)
"""States in which the agency still owes something."""
ENDED_STATES = (State.REFUSED, State.WITHDRAWN, State.STOPPED, State.RETURNED)
"""States behind which nothing follows: the archive counts from there. A result that nobody was given yet has not ended it."""
ENDED = Coalesce("returned_at", "refused_at", "withdrawn_at", "stopped_at")
"""When it ended, of a dossier in one of these states."""


class Dossier(models.Model):
    """One dossier, from submission on. What ratings cannot rebuild later is written here when it happens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField("mã hồ sơ", max_length=60, unique=True, null=True, blank=True)
    procedure_code = models.CharField("mã thủ tục", max_length=40)
    procedure_version = models.ForeignKey("procedures.ProcedureVersion", on_delete=models.PROTECT, related_name="+")
    procedure_name = models.CharField("thủ tục", max_length=500)
    """Name on the day of filing; the catalogue may rename the procedure later."""
    service_level = models.CharField(max_length=20)
    """Level of the online service on the day of filing (end-to-end or partial)."""
    channel = models.CharField("kênh nộp", max_length=2, choices=Channel.choices)

    applicant_id = models.UUIDField()
    """The party that files (người nộp): a person or an organisation (``accounts.queries.party``)."""
    applicant_name = models.CharField("người nộp", max_length=300)
    owner_id = models.UUIDField()
    """The party whom the dossier concerns (chủ hồ sơ); the same unless one files for another."""
    owner_name = models.CharField("chủ hồ sơ", max_length=300)
    owner_name_key = models.CharField(max_length=300)
    filed_by_id = models.UUIDField()
    """The natural person who sent it, for the applicant."""
    filed_by_name = models.CharField("người gửi", max_length=200)
    worked_on_by = ArrayField(models.UUIDField(), default=list, db_default=[])
    """Everybody who worked on the draft for the applicant."""
    subject_name = models.CharField("về", max_length=200, blank=True)
    """The person the dossier is about where that is neither of them (the child of a registration of birth)."""
    subject_name_key = models.CharField(max_length=200, blank=True)
    id_blinds = ArrayField(BlindIndexField(), default=list)
    """Blind indexes of the identity numbers of everybody named in it: an officer finds it by any of them."""
    acting_as = models.CharField(max_length=20)
    mandate_id = models.UUIDField(null=True, blank=True)
    """By which right that person acted for the applicant; null: for themself."""

    unit_code = models.CharField("cơ quan giải quyết", max_length=40, db_collation="C")
    """Codes are compared byte by byte: so an index serves "this one and those below it" whatever the database's locale."""
    unit_level = models.CharField(max_length=20)
    """Level of the handling agency on the day of filing."""
    state = models.CharField("tình trạng", max_length=2, choices=State.choices)
    stage = models.CharField("bước", max_length=30, choices=Stage.choices, default=Stage.NONE, blank=True)
    signer_position_id = models.UUIDField(null=True, blank=True)
    """Position of the leader who is asked to sign the result; from the decision on."""
    version = models.PositiveIntegerField(default=1)
    """Raised by every change; a form that carries an older one was filled in on a page that is out of date."""
    form_version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="+")
    answers: Any = SealedJSONField(subject="id", default=dict)

    bill: Any = SealedJSONField(subject="id", null=True)
    """What it costs, line by line, and a shorter time limit, as reckoned when it was sent (`dossiers.costs`); sealed, for a reason of
    exemption says much of a person. Null: sent before this was kept."""

    handled_by = models.CharField("hệ thống giải quyết", max_length=40, blank=True, default="", db_default="")
    """Code of the system outside that handles it (`dossiers.handled`); empty: it is handled here."""
    officer_id = models.UUIDField(null=True, blank=True)
    """Position of the officer in charge."""
    officer_label = models.CharField("cán bộ phụ trách", max_length=200, blank=True)

    draft_started_at = models.DateTimeField()
    submitted_at = models.DateTimeField("ngày nộp")
    response_due_at = models.DateTimeField()
    """An online filing is answered within 8 working hours (Decree 45/2020; requirement D-29)."""
    answer_warned_for = models.DateTimeField(null=True, blank=True)
    """The ``response_due_at`` of whose nearness the unit's officers were warned last."""
    received_at = models.DateTimeField("ngày tiếp nhận", null=True, blank=True)
    due_at = models.DateTimeField("hạn trả kết quả", null=True, blank=True)
    due_first = models.DateTimeField(null=True, blank=True)
    """The appointment as first given; ``due_at`` may move, this one never does."""
    reappointed_at = models.DateTimeField(null=True, blank=True)
    """When the agency apologised and named another day: once."""
    extended_at = models.DateTimeField(null=True, blank=True)
    """When the limit was extended as the procedure's law lets it: once. The appointment, and what figures measure by, is the new one."""
    due_counted = models.DateTimeField(null=True, blank=True)
    """The appointment as it would be without the apology: what figures measure by. Null: ``due_at`` itself."""
    decided_at = models.DateTimeField(null=True, blank=True)
    """The decision stops the clock; signing and returning do not count against the agency's time."""
    finished_at = models.DateTimeField(null=True, blank=True)
    """The result stands, signed (NgayKetThucXuLy)."""
    returned_at = models.DateTimeField(null=True, blank=True)
    """The applicant can take the result (NgayTra)."""
    refused_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    """The agency ended it without a result (state 8)."""
    payment = models.CharField("phí, lệ phí", max_length=10, choices=Standing.choices, default=Standing.NONE, db_default="none")
    """How it stands with the money that was asked for last (`PaymentDemand`)."""
    pay_until = models.DateTimeField("hạn nộp tiền", null=True, blank=True)
    """Until when the money that is due may be paid."""
    paused_at = models.DateTimeField(null=True, blank=True)
    """Since when the clock stands still because the applicant is to do something; null: it runs, or has ended."""
    supplements_before = models.PositiveSmallIntegerField(default=0)
    """Times returned for completion before reception."""
    supplements_after = models.PositiveSmallIntegerField(default=0)
    """Times returned for completion after reception; more than one counts as overdue (Decision 766)."""
    supplement_asked_at = models.DateTimeField(null=True, blank=True)
    """When it was first returned for completion after reception."""
    supplement_until = models.DateTimeField("hạn bổ sung", null=True, blank=True)
    """Until when the applicant may answer the request that is open (`SupplementRequest`)."""
    next_told_at = models.DateTimeField(null=True)
    """When its applicant was told what usually comes next: once, also where nothing was to be told."""
    disposed_at = models.DateTimeField("hủy lúc", null=True, blank=True)
    """When its key was destroyed at the end of its term (`dossiers.archive`): what is left names nobody. Never undone."""

    class Meta:
        verbose_name = "hồ sơ"
        verbose_name_plural = "hồ sơ"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="dossiers_state_known"),
            models.CheckConstraint(condition=Q(code__isnull=True) | Q(code__regex=CODE_PATTERN), name="dossiers_code_format"),
            models.CheckConstraint(condition=~Q(channel=Channel.ONLINE) | Q(code__isnull=False), name="dossiers_online_has_code_at_once"),
            models.CheckConstraint(
                condition=~Q(state__in=_RECEIVED_STATES)
                | Q(code__isnull=False, received_at__isnull=False, due_at__isnull=False, due_first__isnull=False, officer_id__isnull=False),
                name="dossiers_received_has_appointment",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.DECIDED, State.RETURNED]) | Q(decided_at__isnull=False), name="dossiers_decided_has_time"
            ),
            # Decided and unsigned is a stage of state 4; a decision that was taken back leaves no trace here, the clock runs again.
            models.CheckConstraint(
                condition=Q(stage=Stage.NONE)
                | Q(stage=Stage.AWAITING_SIGNATURE, state=State.PROCESSING, decided_at__isnull=False, signer_position_id__isnull=False)
                | Q(stage=Stage.AWAITING_APPROVAL, state=State.PROCESSING, decided_at__isnull=True, supplements_after__gte=1)
                | Q(stage=Stage.AWAITING_OBJECTION, state=State.PROCESSING, decided_at__isnull=True),
                name="dossiers_awaiting_is_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.RECEIVED, State.PROCESSING, State.INCOMPLETE], stage=Stage.NONE) | Q(decided_at__isnull=True),
                name="dossiers_undecided_has_no_decision",
            ),
            models.CheckConstraint(
                condition=Q(state=State.INCOMPLETE, paused_at__isnull=False, supplement_until__isnull=False)
                | (~Q(state=State.INCOMPLETE) & Q(supplement_until__isnull=True)),
                name="dossiers_incomplete_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(reappointed_at__isnull=True, due_counted__isnull=True)
                | Q(reappointed_at__isnull=False, due_counted__isnull=False, due_at__gte=F("due_counted")),
                name="dossiers_reappointed_later",
            ),
            models.CheckConstraint(
                condition=Q(extended_at__isnull=True) | Q(due_at__isnull=False, due_first__isnull=False), name="dossiers_extended_has_due"
            ),
            # Whatever was received keeps its appointment while it waits for its applicant.
            models.CheckConstraint(
                condition=~Q(state=State.INCOMPLETE)
                | Q(received_at__isnull=True, supplements_before__gte=1)
                | Q(due_at__isnull=False, officer_id__isnull=False, supplements_after__gte=1, supplement_asked_at__isnull=False),
                name="dossiers_incomplete_was_asked",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.DECIDED, State.RETURNED]) | Q(finished_at__isnull=False), name="dossiers_decided_is_signed"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.RETURNED) | Q(finished_at__isnull=False, returned_at__isnull=False),
                name="dossiers_returned_has_times",
            ),
            models.CheckConstraint(
                condition=Q(mandate_id__isnull=False) | Q(filed_by_id=F("applicant_id")), name="dossiers_filed_for_another_by_mandate"
            ),
            models.CheckConstraint(condition=~Q(state=State.REFUSED) | Q(refused_at__isnull=False), name="dossiers_refused_has_time"),
            models.CheckConstraint(condition=~Q(state=State.WITHDRAWN) | Q(withdrawn_at__isnull=False), name="dossiers_withdrawn_has_time"),
            models.CheckConstraint(condition=~Q(state=State.STOPPED) | Q(stopped_at__isnull=False), name="dossiers_stopped_has_time"),
            models.CheckConstraint(condition=Q(payment__in=[one.value for one in Standing]), name="dossiers_payment_known"),
            models.CheckConstraint(
                condition=(Q(payment=Standing.DUE, pay_until__isnull=False, state__in=[State.SUBMITTED, State.PAYMENT_DUE]))
                | (~Q(payment=Standing.DUE) & Q(pay_until__isnull=True)),
                name="dossiers_due_has_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.PAYMENT_DUE) | Q(payment=Standing.DUE, paused_at__isnull=False),
                name="dossiers_payment_due_is_paused",
            ),
            models.CheckConstraint(
                condition=(Q(received_at__isnull=True) | Q(received_at__gte=F("submitted_at")))
                & (Q(decided_at__isnull=True) | Q(decided_at__gte=F("received_at")))
                & (Q(finished_at__isnull=True) | Q(finished_at__gte=F("decided_at")))
                & (Q(returned_at__isnull=True) | Q(returned_at__gte=F("finished_at"))),
                name="dossiers_times_in_order",
            ),
            models.CheckConstraint(
                condition=Q(disposed_at__isnull=True)
                | Q(
                    applicant_name="",
                    owner_name="",
                    owner_name_key="",
                    filed_by_name="",
                    subject_name="",
                    subject_name_key="",
                    id_blinds=[],
                    applicant_id=F("id"),
                    owner_id=F("id"),
                    filed_by_id=F("id"),
                    mandate_id__isnull=True,
                ),
                name="dossiers_disposed_names_nobody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["returned_at"],
                condition=Q(returned_at__isnull=False, next_told_at__isnull=True),
                name="dossiers_next_step",
            ),
            models.Index(fields=["unit_code", "state", "due_at"], name="dossiers_desk_queue"),
            models.Index(fields=["unit_code", "owner_name_key", "id"], name="dossiers_desk_name"),
            models.Index(fields=["unit_code", "-submitted_at"], name="dossiers_desk_newest"),
            models.Index(
                fields=["unit_code", "payment", "id"],
                name="dossiers_desk_payment",
                condition=Q(payment__in=[Standing.DUE, Standing.UNPAID]),
            ),
            models.Index(F("unit_code"), DEADLINE, F("id"), name="dossiers_desk_deadline", condition=Q(state__in=OPEN_STATES)),
            # A province looks over many units at once: in the order of its list.
            models.Index(DEADLINE, F("id"), name="dossiers_open_deadline", condition=Q(state__in=OPEN_STATES)),
            models.Index(DEADLINE, F("id"), name="dossiers_by_deadline"),
            models.Index(F("unit_code"), ENDED, F("id"), name="dossiers_ended", condition=Q(state__in=ENDED_STATES)),
            models.Index(fields=["response_due_at", "id"], name="dossiers_unanswered", condition=Q(state=State.SUBMITTED)),
            GinIndex(NAME_WORDS, name="dossiers_desk_names"),
            models.Index(fields=["signer_position_id"], name="dossiers_desk_signer", condition=Q(stage=Stage.AWAITING_SIGNATURE)),
            models.Index(F("officer_id"), DEADLINE, F("id"), name="dossiers_desk_officer", condition=Q(state__in=OPEN_STATES)),
            models.Index(fields=["unit_code", "received_at", "id"], name="dossiers_desk_received", condition=Q(received_at__isnull=False)),
            models.Index(fields=["supplement_until"], name="dossiers_supplement_until", condition=Q(supplement_until__isnull=False)),
            models.Index(CODE_FROM_BEHIND, name="dossiers_desk_code_end"),
            GinIndex(fields=["id_blinds"], name="dossiers_desk_number"),
            models.Index(fields=["applicant_id", "-submitted_at"], name="dossiers_mine_applicant"),
            models.Index(fields=["owner_id", "-submitted_at"], name="dossiers_mine_owner"),
        ]
        triggers = [
            pgtrigger.Protect(name="dossier_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="dossier_disposed_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("(OLD.disposed_at IS NOT NULL AND NEW.disposed_at IS DISTINCT FROM OLD.disposed_at)"),
            ),
            # One dossier, one code, one first appointment for its whole life; a receipt by mistake is undone as a whole.
            pgtrigger.Protect(
                name="dossier_code_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((OLD.code IS NOT NULL AND NEW.code IS DISTINCT FROM OLD.code)"
                    " OR (OLD.reappointed_at IS NOT NULL AND NEW.reappointed_at IS DISTINCT FROM OLD.reappointed_at)"
                    " OR (OLD.extended_at IS NOT NULL AND NEW.extended_at IS DISTINCT FROM OLD.extended_at)"
                    " OR (OLD.due_first IS NOT NULL AND NEW.due_first IS DISTINCT FROM OLD.due_first"
                    " AND NOT (NEW.due_first IS NULL AND NEW.received_at IS NULL AND NEW.state = '1')))"
                ),
            ),
            # Where the form asks for the applicant's signature nothing is sent without one.
            pgtrigger.Trigger(
                name="dossier_is_signed_where_asked",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Row,
                timing=pgtrigger.Deferred,
                func=(
                    "IF NEW.channel = '2'"
                    " AND (SELECT document->>'signature' = 'applicant' OR document->>'signature' = 'organisation'"
                    " AND EXISTS (SELECT 1 FROM accounts_organisation WHERE id = NEW.applicant_id)"
                    " FROM dossiers_formversion WHERE id = NEW.form_version_id)"
                    " AND NOT EXISTS (SELECT 1 FROM dossiers_signeddeclaration WHERE dossier_id = NEW.id)"
                    " THEN RAISE EXCEPTION 'dossier % is not signed', NEW.id USING ERRCODE = 'check_violation'; END IF; RETURN NULL;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.code or str(self.id)

    due_as_loaded: Any = None
    """The appointment as it was before the change that is being written; the event keeps it."""

    newest_event: int | None = None
    """The event written last through this object: the occasion of what is told next."""

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **more: Any) -> Dossier:
        """A row as it is read, with the appointment that a change of it starts from."""
        dossier = super().from_db(db, field_names, values, **more)
        dossier.due_as_loaded = dossier.__dict__.get("due_at")
        return dossier

    @property
    def is_filed_for_another(self) -> bool:
        """Whether a person sent it for somebody else."""
        return self.filed_by_id != self.applicant_id

    @property
    def filed_by_words(self) -> str:
        """Who sent it and for whom, as slips and the desk write it."""
        return f"{self.filed_by_name}, thay mặt {self.applicant_name}" if self.is_filed_for_another else self.applicant_name

    @property
    def awaits_payment(self) -> bool:
        """Whether the applicant is to pay now: nobody at the agency is late meanwhile."""
        return self.payment == Standing.DUE

    @property
    def awaits_completion(self) -> bool:
        """Whether the applicant is to complete it now: the clock stands still."""
        return self.state == State.INCOMPLETE

    @property
    def awaits_approval(self) -> bool:
        """Whether another request after reception waits for a leader; the clock runs on."""
        return self.stage == Stage.AWAITING_APPROVAL

    @property
    def awaits_objection(self) -> bool:
        """Whether its applicant is shown a draft of the result and may answer (`ShownResult`)."""
        return self.stage == Stage.AWAITING_OBJECTION

    @property
    def counts_as_late(self) -> bool:
        """Whether it is late whatever the dates: returned more than once after reception (Decision 766, 2.1)."""
        return self.supplements_after > 1

    @property
    def awaits_signature(self) -> bool:
        """Decided, the clock stopped, not signed yet."""
        return self.stage == Stage.AWAITING_SIGNATURE

    @property
    def state_words(self) -> str:
        """The state as officers read it, with the stage within it."""
        return f"{self.get_state_display()}: {self.get_stage_display().lower()}" if self.stage else self.get_state_display()


class DossierEvent(models.Model):
    """One thing that happened to a dossier: time, officer, unit, note, deadline (requirement D-06). Never changed."""

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    name = models.CharField(max_length=40)
    """Name of the transition, or of an act that leaves the state alone."""
    from_state = models.CharField(max_length=2, blank=True)
    to_state = models.CharField(max_length=2)
    acting_as = models.CharField(max_length=20)
    person_id = models.UUIDField(null=True, blank=True)
    party_id = models.UUIDField(null=True, blank=True)
    """For whom that person acted; null for officers."""
    mandate_id = models.UUIDField(null=True, blank=True)
    position_id = models.UUIDField(null=True, blank=True)
    label = models.CharField(max_length=200, blank=True)
    """How an officer is shown. Citizens are named by their id only: this row can never be erased."""
    unit_code = models.CharField(max_length=40, blank=True)
    note: Any = SealedTextField(subject="dossier_id", null=True)
    due_before = models.DateTimeField(null=True, blank=True)
    """The deadline that held before the event; null also in events of before this was kept."""
    due_at = models.DateTimeField(null=True, blank=True)
    """The deadline that held after the event."""

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["dossier", "id"], name="dossiers_event_order")]
        triggers = [
            pgtrigger.Protect(name="event_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            # Whatever writes an event, the figures hear of it (`UncountedEvent`).
            pgtrigger.Trigger(
                name="event_to_count",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="new_events"),
                func="INSERT INTO dossiers_uncountedevent (event_id) SELECT id FROM new_events; RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.name}"


class CodeCounter(models.Model):
    """The last sequence number given by a unit on a day; raised by `dossiers.services.codes.next_code` only."""

    pk = models.CompositePrimaryKey("unit_code", "day")
    unit_code = models.CharField(max_length=40)
    day = models.DateField()
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.unit_code} {self.day}: {self.last}"
