"""Counters of a unit, appointments at them, the numbers called, receptions at home (requirements D-18, D-28; R-11 as data)."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.crypto.fields import BlindIndexField, SealedTextField
from portal.states import StateTable, Transition

WORK, ARRANGE, VISIT = "dossiers.work_counter", "dossiers.arrange_counters", "dossiers.arrange_visits"
"""Rights: to call and serve, to say when counters are open, to arrange receptions at home."""


class Priority(models.TextChoices):
    """Who is called before others (Reform III.4b; Law on the Elderly 2009 art. 2, 3.1c: from 60 years of age)."""

    NONE = "", _("Không thuộc diện ưu tiên")
    OLD = "old", _("Người từ đủ 60 tuổi")
    PREGNANT = "pregnant", _("Phụ nữ mang thai")
    DISABLED = "disabled", _("Người khuyết tật")


class CounterPlan(models.Model):
    """When a unit's counters receive people, how many at once, and for what. Without a row a unit takes no appointments."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, unique=True, db_collation="C")
    is_open = models.BooleanField("nhận đặt lịch hẹn", default=True)
    at_home = models.BooleanField("nhận yêu cầu tiếp nhận tại nhà", default=False)
    counters = models.PositiveSmallIntegerField("số quầy", default=1)
    slot_minutes = models.PositiveSmallIntegerField("mỗi lượt hẹn (phút)", default=30)
    per_slot = models.PositiveSmallIntegerField("số người mỗi lượt", default=2)
    ahead_days = models.PositiveSmallIntegerField("đặt trước nhiều nhất (ngày)", default=14)
    hours: Any = models.JSONField("giờ nhận hẹn", null=True, blank=True)
    """Seven lists (Monday first) of ``["07:00", "11:30"]``; null: the agency's working hours."""
    procedure_codes = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="chỉ nhận các thủ tục")
    """Codes; empty: every procedure carried out at the agency's level."""
    version = models.PositiveIntegerField(default=1)
    changed_by_label = models.CharField("người sửa", max_length=200, blank=True)
    updated_at = models.DateTimeField("sửa lúc", auto_now=True)

    class Meta:
        verbose_name = "quầy và lịch hẹn"
        verbose_name_plural = "quầy và lịch hẹn"
        ordering = ["unit_code"]
        constraints = [
            models.CheckConstraint(
                name="dossiers_counter_plan_sizes",
                condition=Q(counters__range=(1, 50), slot_minutes__in=[10, 15, 20, 30, 60], per_slot__range=(1, 50))
                & Q(ahead_days__range=(1, 60)),
            )
        ]

    def __str__(self) -> str:
        return self.unit_code


class ClosedDay(models.Model):
    """A day on which a unit's counters take no appointments though its offices work, or might."""

    plan = models.ForeignKey(CounterPlan, on_delete=models.PROTECT, related_name="closed_days")
    day = models.DateField("ngày")
    reason = models.CharField("lý do", max_length=200)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["plan", "day"], name="dossiers_closed_day_once")]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.day}"


class Slot(models.Model):
    """One time at one unit's counters, and how many of its places are taken. Nobody takes more than there are: the database says so."""

    unit_code = models.CharField(max_length=40, db_collation="C")
    starts_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "starts_at"], name="dossiers_slot_once"),
            models.CheckConstraint(condition=Q(taken__lte=F("capacity")), name="dossiers_slot_not_overbooked"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.starts_at:%Y-%m-%d %H:%M}"


class Appointment(models.Model):
    """Somebody comes to a unit's counter at a time for a procedure. Who has no account is known by a phone that a code was sent to."""

    class State(models.TextChoices):
        """How far it is."""

        HELD = "held", _("Chờ xác nhận số điện thoại")
        BOOKED = "booked", _("Đã đặt")
        ARRIVED = "arrived", _("Đã đến")
        CANCELLED = "cancelled", _("Đã hủy")
        MISSED = "missed", _("Không đến")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField("mã lịch hẹn", max_length=12, unique=True)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    procedure_code = models.CharField("mã thủ tục", max_length=40)
    procedure_name = models.CharField("thủ tục", max_length=500)
    dossier_code = models.CharField("mã hồ sơ", max_length=60, blank=True)
    """The dossier one comes about, where one came from there."""
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField("giờ hẹn")
    ends_at = models.DateTimeField("đến")
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.BOOKED)
    party_id = models.UUIDField(null=True)
    """Whose it is; null: of somebody without an account, who has its code."""
    made_by = models.UUIDField(null=True)
    name = SealedTextField("họ và tên", subject="id", null=True)
    phone = SealedTextField("điện thoại", subject="id", null=True)
    phone_blind = BlindIndexField(blank=True)
    language = models.CharField(max_length=2, default="vi")
    priority = models.CharField("ưu tiên", max_length=10, choices=Priority.choices, blank=True)
    """As declared; at the counter an officer sees for themself."""
    address_digest = models.CharField(max_length=64, blank=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    codes_sent = models.PositiveSmallIntegerField(default=0)
    code_sent_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    """So long the place is kept for who has not typed the code yet."""
    cancel_reason = models.CharField("lý do hủy", max_length=300, blank=True)
    """Why the unit cancelled it; empty where its owner did."""
    changes = models.PositiveSmallIntegerField(default=0)
    """Raised by every change of time: the calendar of whoever took the file is told which is the newest."""
    reminded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField("đặt lúc")
    changed_at = models.DateTimeField("cập nhật")

    class Meta:
        verbose_name = "lịch hẹn"
        verbose_name_plural = "lịch hẹn"
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(fields=["unit_code", "starts_at", "id"], name="dossiers_appointment_unit"),
            models.Index(fields=["party_id", "-starts_at", "id"], name="dossiers_appointment_mine", condition=Q(party_id__isnull=False)),
            models.Index(fields=["phone_blind", "-created_at"], name="dossiers_appointment_phone", condition=~Q(phone_blind="")),
            models.Index(fields=["address_digest", "-created_at"], name="dossiers_appointment_from", condition=~Q(address_digest="")),
            models.Index(fields=["held_until", "id"], name="dossiers_appointment_held", condition=Q(state="held")),
            models.Index(fields=["starts_at", "id"], name="dossiers_appointment_ahead", condition=Q(state="booked")),
            models.Index(fields=["starts_at", "id"], name="dossiers_appointment_all"),
        ]
        constraints = [
            models.CheckConstraint(
                name="dossiers_appointment_is_somebodys", condition=Q(party_id__isnull=False) | ~Q(phone_blind="") | Q(state="cancelled")
            ),
            models.CheckConstraint(name="dossiers_appointment_tries", condition=Q(code_tries__lte=5, codes_sent__lte=3)),
            models.CheckConstraint(
                name="dossiers_appointment_held_until", condition=~Q(state="held") | Q(held_until__isnull=False, party_id__isnull=True)
            ),
            models.CheckConstraint(name="dossiers_appointment_ends", condition=Q(ends_at__gt=F("starts_at"))),
        ]

    def __str__(self) -> str:
        return self.code


_A = Appointment.State
APPOINTMENTS = StateTable(
    [state.value for state in _A],
    [
        Transition("confirm", "Xác nhận", frozenset({_A.HELD.value}), _A.BOOKED.value, by_owner=True),
        Transition("move", "Đổi giờ", frozenset({_A.BOOKED.value}), _A.BOOKED.value, by_owner=True),
        Transition("cancel", "Hủy hẹn", frozenset({_A.HELD.value, _A.BOOKED.value}), _A.CANCELLED.value, by_owner=True),
        Transition("call_off", "Hủy hẹn", frozenset({_A.BOOKED.value}), _A.CANCELLED.value, act=WORK),
        Transition("arrive", "Đã đến", frozenset({_A.BOOKED.value, _A.MISSED.value}), _A.ARRIVED.value, act=WORK),
        Transition("miss", "Không đến", frozenset({_A.BOOKED.value}), _A.MISSED.value),
    ],
)


class CounterDay(models.Model):
    """A unit's counters on one day: the last number drawn, and what its numbers add up to. Counted by the acts, nobody in it."""

    id = models.BigAutoField(primary_key=True)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    day = models.DateField("ngày")
    last = models.PositiveIntegerField("số đã lấy", default=0)
    booked = models.PositiveIntegerField("có hẹn", default=0)
    first = models.PositiveIntegerField("ưu tiên", default=0)
    called = models.PositiveIntegerField("đã gọi", default=0)
    waited_seconds = models.PositiveBigIntegerField("giây chờ", default=0)
    waited_over = models.PositiveIntegerField("chờ quá chuẩn", default=0)
    served = models.PositiveIntegerField("đã xong", default=0)
    handled_seconds = models.PositiveBigIntegerField("giây giải quyết", default=0)
    handled_over = models.PositiveIntegerField("giải quyết quá chuẩn", default=0)
    missed = models.PositiveIntegerField("vắng", default=0)

    class Meta:
        verbose_name = "số liệu tại quầy"
        verbose_name_plural = "số liệu tại quầy"
        ordering = ["-day", "id"]
        indexes = [models.Index(fields=["-day", "id"], name="dossiers_counter_day_newest")]
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "day"], name="dossiers_counter_day_once"),
            models.CheckConstraint(
                name="dossiers_counter_day_adds_up", condition=Q(called__lte=F("last"), served__lte=F("called"), booked__lte=F("last"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.day}"


class Ticket(models.Model):
    """A number of one day at one unit: drawn on arrival, called to a counter, served. It names nobody but by its appointment."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "Đang chờ"
        CALLED = "called", "Đang gọi"
        SERVING = "serving", "Đang giải quyết"
        DONE = "done", "Đã xong"
        MISSED = "missed", "Vắng"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    day = models.DateField("ngày")
    number = models.PositiveIntegerField("số")
    appointment = models.OneToOneField(Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="ticket")
    priority = models.CharField("ưu tiên", max_length=10, choices=Priority.choices, blank=True)
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.WAITING)
    taken_at = models.DateTimeField("lấy số lúc")
    due_at = models.DateTimeField("giờ hẹn", null=True)
    """The time of the appointment, where there is one."""
    line = models.CharField(max_length=10, blank=True)
    """In which line it stood when it was called first (`dossiers.appointments.rules.Line`)."""
    counter = models.PositiveSmallIntegerField("quầy", null=True)
    position_id = models.UUIDField(null=True)
    """Position of who called it last."""
    called_at = models.DateTimeField("gọi lúc", null=True)
    """First called; waiting ends with it."""
    calls = models.PositiveSmallIntegerField("số lần gọi", default=0)
    last_called_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField("bắt đầu", null=True)
    finished_at = models.DateTimeField("xong lúc", null=True)
    waited_seconds = models.PositiveIntegerField("giây chờ", null=True)
    handled_seconds = models.PositiveIntegerField("giây giải quyết", null=True)

    class Meta:
        verbose_name = "số thứ tự"
        verbose_name_plural = "quầy: gọi số"
        ordering = ["-day", "number"]
        indexes = [models.Index(fields=["day", "id"], name="dossiers_ticket_days")]
        constraints = [
            models.UniqueConstraint(fields=["unit_code", "day", "number"], name="dossiers_ticket_number_once"),
            models.UniqueConstraint(
                fields=["unit_code", "day", "counter"],
                condition=Q(state__in=["called", "serving"]),
                name="dossiers_ticket_one_at_a_counter",
            ),
            models.CheckConstraint(
                name="dossiers_ticket_called_somewhere",
                condition=Q(state="waiting")
                | Q(counter__isnull=False, called_at__isnull=False, calls__gte=1, waited_seconds__isnull=False),
            ),
            models.CheckConstraint(
                name="dossiers_ticket_done_has_times",
                condition=~Q(state="done") | Q(served_at__isnull=False, finished_at__isnull=False, handled_seconds__isnull=False),
            ),
            models.CheckConstraint(name="dossiers_ticket_from_one", condition=Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.unit_code} {self.day} {self.number}"


_T = Ticket.State
TICKETS = StateTable(
    [state.value for state in _T],
    [
        Transition("call", "Gọi số tiếp", frozenset({_T.WAITING.value}), _T.CALLED.value, act=WORK),
        Transition("recall", "Gọi lại", frozenset({_T.CALLED.value}), _T.CALLED.value, act=WORK),
        Transition("serve", "Bắt đầu giải quyết", frozenset({_T.CALLED.value}), _T.SERVING.value, act=WORK),
        Transition("miss", "Không có mặt", frozenset({_T.CALLED.value}), _T.MISSED.value, act=WORK),
        Transition("come_back", "Đã quay lại", frozenset({_T.MISSED.value}), _T.WAITING.value, act=WORK),
        Transition("finish", "Xong", frozenset({_T.SERVING.value}), _T.DONE.value, act=WORK),
    ],
)


class HomeVisit(models.Model):
    """Somebody who cannot come asks the unit to come to them; the unit says who comes and when (requirement D-28)."""

    class State(models.TextChoices):
        """How far it is."""

        ASKED = "asked", _("Chờ cơ quan xếp lịch")
        ASSIGNED = "assigned", _("Đã xếp lịch")
        DONE = "done", _("Đã tiếp nhận tại nhà")
        DECLINED = "declined", _("Cơ quan không nhận")
        CANCELLED = "cancelled", _("Đã rút")

    class Half(models.TextChoices):
        """Of a day."""

        MORNING = "morning", _("buổi sáng")
        AFTERNOON = "afternoon", _("buổi chiều")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit_code = models.CharField("cơ quan", max_length=40, db_collation="C")
    procedure_code = models.CharField("mã thủ tục", max_length=40)
    procedure_name = models.CharField("thủ tục", max_length=500)
    party_id = models.UUIDField()
    made_by = models.UUIDField()
    name = SealedTextField("họ và tên", subject="id", null=True)
    phone = SealedTextField("điện thoại", subject="id", null=True)
    address = SealedTextField("địa chỉ", subject="id", null=True)
    reason = SealedTextField("lý do", subject="id", null=True)
    wanted_on = models.DateField("ngày mong muốn")
    wanted_half = models.CharField("buổi mong muốn", max_length=10, choices=Half.choices)
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.ASKED)
    day = models.DateField("ngày đến", null=True)
    half = models.CharField("buổi", max_length=10, choices=Half.choices, blank=True)
    officer_position_id = models.UUIDField(null=True)
    officer_label = models.CharField("cán bộ", max_length=300, blank=True)
    answer = models.CharField("lời nhắn của cơ quan", max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("yêu cầu lúc")
    changed_at = models.DateTimeField("cập nhật")

    class Meta:
        verbose_name = "tiếp nhận tại nhà"
        verbose_name_plural = "tiếp nhận tại nhà"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["unit_code", "-created_at", "id"], name="dossiers_visit_desk"),
            models.Index(fields=["party_id", "-created_at", "id"], name="dossiers_visit_mine"),
            models.Index(fields=["changed_at", "id"], name="dossiers_visit_changed"),
        ]
        constraints = [
            models.CheckConstraint(
                name="dossiers_visit_assigned_to_somebody",
                condition=~Q(state__in=["assigned", "done"]) | (Q(day__isnull=False, officer_position_id__isnull=False) & ~Q(half="")),
            ),
            models.CheckConstraint(name="dossiers_visit_declined_why", condition=~Q(state="declined") | ~Q(answer="")),
        ]

    def __str__(self) -> str:
        return str(self.id)


_V = HomeVisit.State
VISITS = StateTable(
    [state.value for state in _V],
    [
        Transition("assign", "Xếp lịch", frozenset({_V.ASKED.value, _V.ASSIGNED.value}), _V.ASSIGNED.value, act=VISIT),
        Transition("done", "Đã tiếp nhận tại nhà", frozenset({_V.ASSIGNED.value}), _V.DONE.value, act=VISIT),
        Transition("decline", "Không nhận", frozenset({_V.ASKED.value, _V.ASSIGNED.value}), _V.DECLINED.value, act=VISIT),
        Transition("cancel", "Rút yêu cầu", frozenset({_V.ASKED.value, _V.ASSIGNED.value}), _V.CANCELLED.value, by_owner=True),
    ],
)
