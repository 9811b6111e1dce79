"""A petition (phản ánh, kiến nghị): who writes what to whom, and how far it has come."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.models.kinds import About, PetitionKind
from feedback.models.states import OPEN_STATES, TABLE, State
from portal.crypto.fields import BlindIndexField, SealedJSONField, SealedTextField
from portal.states import StateTable

OPEN = Q(state__in=OPEN_STATES)


QUEUED = ["state", "unit_code", "unit_due_at", "progress_due_at", "handler_position_id"]
"""What tells an open petition's queues beside its deadline (``feedback.worklists``)."""


class Petition(models.Model):
    """One petition. What is written in it, and by whom, is sealed with a key of its own (``id``): destroying it is how a case that touches
    state secrets leaves the system (Rules art. 44.3). A draft's id becomes the petition's, so that its files go along."""

    class Source(models.TextChoices):
        """How it came (Rules art. 38, 42.2b)."""

        PORTAL = "portal", _("Gửi trên Cổng")
        LETTER = "letter", _("Văn bản, thư")
        PHONE = "phone", _("Điện thoại")
        FAX = "fax", "Fax"
        EMAIL = "email", _("Thư điện tử")
        AGENCY = "agency", _("Cơ quan báo cáo")
        SYSTEM = "system", _("Hệ thống của bộ, tỉnh")

    class Publication(models.TextChoices):
        """Whether its answer is public (Rules art. 45)."""

        NONE = "none", "Chưa có trả lời để công khai"
        WAITING = "waiting", "Chờ công khai"
        PUBLISHED = "published", "Đã công khai"
        KEPT = "kept", "Không công khai"

    table: ClassVar[StateTable] = TABLE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField("mã", max_length=20, unique=True)
    source = models.CharField("nguồn", max_length=8, choices=Source.choices)
    system = models.CharField(max_length=40, blank=True)
    external_ref = models.CharField(max_length=80, blank=True)
    """Of a system that handed it in: which, and its own number."""
    kind = models.ForeignKey(PetitionKind, on_delete=models.PROTECT, related_name="+", verbose_name="loại nội dung")
    about = models.CharField("phân loại", max_length=8, choices=About.choices)
    sector_code = models.CharField("lĩnh vực", max_length=80, blank=True)

    party_id = models.UUIDField(null=True)
    """Whose it is: None where somebody without an account wrote, or an agency reports."""
    sent_by = models.UUIDField(null=True)
    """The person who sent it, for themself or for the party."""
    mandate_id = models.UUIDField(null=True)
    reporter_unit = models.CharField("cơ quan báo cáo", max_length=40, blank=True, db_collation="C")
    reporter_position_id = models.UUIDField(null=True)
    sender: Any = SealedJSONField(subject="id", null=True)
    """``name, address, phone, email`` as they were when it was sent."""
    sender_key = models.CharField(max_length=200, blank=True)
    """The name in plain letters, for the desk's search; empty once it left the system."""
    hide_name = models.BooleanField("không công khai tên", default=False)

    subject = SealedTextField("tiêu đề", subject="id", null=True)
    words = SealedTextField("nội dung", subject="id", null=True)
    text_print = BlindIndexField(blank=True)
    """Keyed index of the text in plain syllables: copies of one text have the same."""
    place_code = models.CharField("nơi xảy ra", max_length=5, blank=True)
    place_words = SealedTextField("nơi xảy ra, ghi rõ", subject="id", null=True)
    procedure_code = models.CharField("thủ tục", max_length=40, blank=True)
    dossier_code = models.CharField("hồ sơ", max_length=40, blank=True)
    order_code = models.CharField("khoản thanh toán", max_length=20, blank=True)

    state = models.CharField("tình trạng", max_length=12, choices=State.choices, default=State.NEW)
    unit_code = models.CharField("cơ quan đang giữ", max_length=40, db_collation="C")
    agency_code = models.CharField(max_length=10, db_collation="C")
    """The ministry or province to which ``unit_code`` belongs."""
    handler_position_id = models.UUIDField("người xử lý", null=True)
    group = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="copies", verbose_name="nhóm")
    """The first of several that say the same; its answer can be given to all."""
    round = models.PositiveSmallIntegerField("lần", default=1)
    """1; one more each time the sender did not agree and wrote again (art. 42.3đ)."""

    sent_at = models.DateTimeField("vào hệ thống lúc")
    received_at = models.DateTimeField("nhận lúc")
    """First receipt by the state: when it was sent here, or the day the letter came. In a later round when the sender wrote again."""
    due_at = models.DateTimeField("hạn trả lời người gửi")
    """20 days from first receipt, whatever happens in between (art. 44.1)."""
    unit_received_at = models.DateTimeField("cơ quan đang giữ nhận lúc")
    unit_due_at = models.DateTimeField("hạn của cơ quan đang giữ")
    refuse_due_at = models.DateTimeField("hạn từ chối")
    ask_due_at = models.DateTimeField("hạn yêu cầu bổ sung")
    transfer_due_at = models.DateTimeField("hạn chuyển")
    supply_due_at = models.DateTimeField("hạn bổ sung", null=True)
    progress_due_at = models.DateTimeField("hạn báo tình hình", null=True)
    """Of the next progress report, once ``due_at`` has passed without an answer."""
    accepted_at = models.DateTimeField("tiếp nhận lúc", null=True)
    """By the agency that holds it now; None until it has."""
    answered_at = models.DateTimeField("trả lời lúc", null=True)
    ended_at = models.DateTimeField("kết thúc lúc", null=True)
    """Answered, refused, withdrawn or gone; None while it is open."""
    warned = models.PositiveSmallIntegerField(default=0)
    """What has been told of the present deadline: 0 nothing, 1 soon due, 2 due today, 3 late."""

    publication = models.CharField("công khai", max_length=10, choices=Publication.choices, default=Publication.NONE)
    keep_reason = models.CharField("lý do không công khai", max_length=300, blank=True)
    helps = models.BooleanField("người gửi thấy giúp được", null=True)
    helps_words = SealedTextField("người gửi nói vì sao", subject="id", null=True)
    helps_at = models.DateTimeField(null=True)
    told_to = ArrayField(models.UUIDField(), default=list, db_default=[])
    """People beside the party who are told: who sent it for somebody else."""
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = "phản ánh, kiến nghị"
        verbose_name_plural = "phản ánh, kiến nghị"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="petition_state_known"),
            models.CheckConstraint(condition=Q(about__in=["rule", "conduct"]), name="petition_about_known"),
            models.CheckConstraint(
                condition=(OPEN & Q(ended_at__isnull=True)) | (~OPEN & Q(ended_at__isnull=False)), name="petition_ended_has_time"
            ),
            models.CheckConstraint(condition=~Q(state="answered") | Q(answered_at__isnull=False), name="petition_answered_has_time"),
            models.CheckConstraint(condition=~Q(state="waiting") | Q(supply_due_at__isnull=False), name="petition_waiting_has_deadline"),
            models.CheckConstraint(
                condition=~Q(state__in=["processing", "checking"]) | Q(accepted_at__isnull=False), name="petition_worked_on_was_received"
            ),
            models.CheckConstraint(condition=~Q(publication="kept") | ~Q(keep_reason=""), name="petition_kept_has_reason"),
            models.CheckConstraint(
                condition=~Q(state="secret") | Q(sender_key="", text_print="", publication__in=["none", "kept"]),
                name="petition_secret_is_empty",
            ),
            models.CheckConstraint(condition=~Q(source="agency") | ~Q(reporter_unit=""), name="petition_report_has_reporter"),
            models.UniqueConstraint(fields=["system", "external_ref"], condition=~Q(external_ref=""), name="petition_once_from_a_system"),
        ]
        indexes = [
            models.Index(fields=["party_id", "-sent_at", "id"], name="petitions_mine", condition=Q(party_id__isnull=False)),
            models.Index(fields=["unit_code", "-sent_at", "id"], name="petitions_of_unit"),
            models.Index(fields=["agency_code", "-sent_at", "id"], name="petitions_of_agency"),
            models.Index(fields=["unit_code", "due_at", "id"], name="petitions_open_of_unit", condition=OPEN),
            # With what queues are counted by, so that no row is fetched for a count.
            models.Index(fields=["agency_code", "due_at", "id"], include=QUEUED, name="petitions_open_in_agency", condition=OPEN),
            models.Index(fields=["due_at", "id"], include=QUEUED, name="petitions_open_counted", condition=OPEN),
            models.Index(fields=["-sent_at", "id"], name="petitions_newest"),
            # The lists behind the numbers of the overview.
            models.Index(fields=["agency_code", "received_at", "id"], name="petitions_received_by"),
            models.Index(fields=["agency_code", "ended_at", "id"], name="petitions_open_or_ended"),
            models.Index(fields=["received_at", "id"], name="petitions_received"),
            models.Index(fields=["ended_at", "id"], name="petitions_of_all_open_or_ended"),
            models.Index(fields=["handler_position_id", "due_at", "id"], name="petitions_of_handler", condition=OPEN),
            models.Index(
                fields=["publication", "agency_code", "answered_at", "id"], name="petitions_to_publish", condition=Q(publication="waiting")
            ),
            models.Index(fields=["text_print", "-sent_at"], name="petitions_alike", condition=~Q(text_print="")),
            models.Index(fields=["sender_key", "-sent_at"], name="petitions_by_name", opclasses=["text_pattern_ops", "timestamptz_ops"]),
            models.Index(fields=["group"], name="petitions_of_group", condition=Q(group__isnull=False)),
            models.Index(fields=["dossier_code"], name="petitions_of_dossier", condition=~Q(dossier_code="")),
            models.Index(fields=["procedure_code", "-sent_at"], name="petitions_of_procedure", condition=~Q(procedure_code="")),
            models.Index(fields=["reporter_unit", "-sent_at"], name="petitions_reported", condition=~Q(reporter_unit="")),
            models.Index(
                fields=["agency_code", "-sent_at", "-id"],
                name="petitions_entered",
                condition=Q(source__in=["letter", "phone", "fax", "email"]),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="petition_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="petition_origin_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((NEW.code, NEW.source, NEW.sent_at, NEW.party_id, NEW.reporter_unit)"
                    " IS DISTINCT FROM (OLD.code, OLD.source, OLD.sent_at, OLD.party_id, OLD.reporter_unit) OR OLD.state = 'secret')"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_open(self) -> bool:
        """Whether somebody must still do something."""
        return self.state in OPEN_STATES


class PetitionEvent(models.Model):
    """What happened to a petition; every clock can be read from these rows alone. Never changed."""

    id = models.BigAutoField(primary_key=True)
    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    name = models.CharField(max_length=30)
    """Of a transition, or what changes no state: ``send classify opinion_asked opinion_given progress publish …``."""
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    unit_code = models.CharField(max_length=40, db_collation="C")
    """The agency that held it before the act."""
    to_unit = models.CharField(max_length=40, blank=True, db_collation="C")
    """Where it went, or who was asked."""
    acting_as = models.CharField(max_length=12)
    person_id = models.UUIDField(null=True)
    party_id = models.UUIDField(null=True)
    mandate_id = models.UUIDField(null=True)
    position_id = models.UUIDField(null=True)
    label = models.CharField(max_length=200, blank=True)
    """Officer and title; empty for citizens."""
    note = SealedTextField(subject="petition_id", null=True)
    details: Any = models.JSONField(default=dict)
    """Codes, moments and numbers; nothing that anybody wrote."""
    due_before = models.DateTimeField(null=True)
    due_after = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["petition", "id"], name="feedback_events")]
        triggers = [pgtrigger.Protect(name="petition_event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.name}"


class Holding(models.Model):
    """A stay of a petition at one agency, with the clocks of that agency (art. 42.3). The open one is the present one."""

    class How(models.TextChoices):
        SENT = "sent", "Gửi đến"
        TRANSFERRED = "transferred", "Được chuyển đến"
        SENT_BACK = "sent_back", "Được trả lại"
        ESCALATED = "escalated", "Được báo cáo lên"
        TAKEN_OVER = "taken_over", "Chủ trì theo Điều 42.3đ"
        DISAGREED = "disagreed", "Người gửi không đồng ý với trả lời"
        SUCCEEDED = "succeeded", "Kế tục cơ quan cũ"

    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="holdings")
    number = models.PositiveSmallIntegerField()
    unit_code = models.CharField(max_length=40, db_collation="C")
    from_unit = models.CharField(max_length=40, blank=True, db_collation="C")
    how = models.CharField(max_length=12, choices=How.choices)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["petition", "number"]
        constraints = [
            models.UniqueConstraint(fields=["petition", "number"], name="holding_numbered"),
            models.UniqueConstraint(fields=["petition"], condition=Q(ended_at__isnull=True), name="holding_one_open"),
        ]
        indexes = [models.Index(fields=["unit_code", "-received_at", "petition"], name="holdings_of_unit")]

    def __str__(self) -> str:
        return f"{self.petition_id} {self.unit_code}"


class Attachment(models.Model):
    """A file of a petition; sealed with the petition's key."""

    class Role(models.TextChoices):
        QUESTION = "question", _("Tệp người gửi kèm")
        SUPPLEMENT = "supplement", _("Tệp bổ sung")
        ORIGINAL = "original", "Bản gốc (thư, fax)"
        ANSWER = "answer", _("Tệp kèm trả lời")
        OPINION = "opinion", "Tệp kèm ý kiến phối hợp"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    petition = models.ForeignKey(Petition, on_delete=models.PROTECT, related_name="attachments")
    file = models.OneToOneField("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    part_id = models.BigIntegerField(null=True)
    """Of the supplement, answer or opinion that it came with."""
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "id"]
        indexes = [models.Index(fields=["petition", "added_at", "id"], name="feedback_attachments")]
        triggers = [pgtrigger.Protect(name="attachment_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.id)
