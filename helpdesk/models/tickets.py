"""Somebody is stuck with the portal and asks for help (Rules art. 54): no petition, which is about what an agency did."""

from __future__ import annotations

import uuid
from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language

from portal.crypto.fields import SealedJSONField, SealedTextField
from portal.states import StateTable, Transition

WORK = "helpdesk.tickets"
"""The act of everybody at the support desk."""


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
class TroubleKind(models.Model):
    """What people get stuck with. VPCP adds kinds, changes their advice and ends them; none is deleted, for tickets of it stay."""

    class Queue(models.TextChoices):
        """Who looks first."""

        FIRST = "first", "Tổng đài"
        TECHNICAL = "technical", "Kỹ thuật"

    code = models.SlugField("mã", max_length=40, primary_key=True)
    name = models.CharField("tên", max_length=120)
    name_en = models.CharField("tên tiếng Anh", max_length=120)
    advice = models.CharField("cách tự xử lý", max_length=600)
    advice_en = models.CharField("cách tự xử lý bằng tiếng Anh", max_length=600)
    queue = models.CharField("hàng đợi", max_length=10, choices=Queue.choices, default=Queue.FIRST)
    position = models.PositiveSmallIntegerField("thứ tự", default=100)
    in_use = models.BooleanField("đang dùng", default=True)

    class Meta:
        verbose_name = "loại vướng mắc"
        verbose_name_plural = "loại vướng mắc"
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        """In the page's language."""
        return self.name_en if get_language() == "en" else self.name

    @property
    def shown_advice(self) -> str:
        """In the page's language."""
        return self.advice_en if get_language() == "en" else self.advice


class TroubleCount(models.Model):
    """How many tickets of a kind came in a month: what is published, knowing nobody (Rules art. 54.3)."""

    kind = models.ForeignKey(TroubleKind, on_delete=models.PROTECT, related_name="counts")
    month = models.DateField()
    number = models.IntegerField(default=0)

    class Meta:
        ordering = ["-month", "kind_id"]
        constraints = [models.UniqueConstraint(fields=["month", "kind"], name="helpdesk_count_once")]

    def __str__(self) -> str:
        return f"{self.kind_id} {self.month:%m/%Y}: {self.number}"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), exclude=["words", "contact"])
class Ticket(models.Model):
    """One request for help. What was written and where to answer are sealed with a key of its own."""

    class State(models.TextChoices):
        NEW = "new", "Mới"
        WORKING = "working", "Đang xử lý"
        ANSWERED = "answered", "Đã trả lời"
        HANDED_OVER = "handed_over", "Đã chuyển thành phản ánh"
        CLOSED = "closed", "Đã đóng"

    class Source(models.TextChoices):
        WEB = "web", "Trang web"
        MAIL = "mail", "Thư điện tử"
        PHONE = "phone", "Tổng đài"
        SMS = "sms", "Tin nhắn"
        APP = "app", "Ứng dụng, mạng xã hội"

    Queue = TroubleKind.Queue
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField("mã yêu cầu", max_length=16, unique=True)
    kind = models.ForeignKey(TroubleKind, on_delete=models.PROTECT, related_name="+", verbose_name="loại vướng mắc")
    queue = models.CharField("hàng đợi", max_length=10, choices=Queue.choices)
    state = models.CharField("tình trạng", max_length=12, choices=State.choices, default=State.NEW)
    source = models.CharField("đến qua", max_length=6, choices=Source.choices)
    language = models.CharField(max_length=2, default="vi")
    words: Any = SealedTextField(subject="id", null=True)
    contact: Any = SealedJSONField(subject="id", default=dict)
    """``name``, ``phone`` (E.164), ``email``; each may be missing, one way to answer is there."""
    channels = ArrayField(models.CharField(max_length=8), default=list)
    """By what they want to be answered: ``sms``, ``email``, ``account``, ``app`` (the system through which it came fetches it)."""
    through = models.CharField("qua hệ thống", max_length=40, blank=True, db_default="")
    """Code of the partner's system that handed it in; empty: none."""
    party_id = models.UUIDField(null=True, blank=True)
    """Whose account it was sent from; null: somebody who was not signed in, who called or wrote."""
    address_digest = models.CharField(max_length=64, blank=True)
    """Keyed digest of a letter's sender: an answer to our answer finds its ticket, a flood its limit."""
    handler_position_id = models.UUIDField("người xử lý", null=True, blank=True)
    handler_label = models.CharField("người xử lý", max_length=300, blank=True)
    petition_code = models.CharField("mã phản ánh", max_length=20, blank=True)
    offered_at = models.DateTimeField("đã đề xuất hỏi đáp lúc", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("gửi lúc")
    changed_at = models.DateTimeField("cập nhật")
    answered_at = models.DateTimeField("trả lời lúc", null=True, blank=True)

    class Meta:
        verbose_name = "yêu cầu hỗ trợ"
        verbose_name_plural = "yêu cầu hỗ trợ của người dân"
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="helpdesk_ticket_state_known", condition=Q(state__in=["new", "working", "answered", "handed_over", "closed"])
            ),
            models.CheckConstraint(name="helpdesk_ticket_answered_when", condition=~Q(state="answered") | Q(answered_at__isnull=False)),
            models.CheckConstraint(name="helpdesk_ticket_handed_where", condition=~Q(state="handed_over") | ~Q(petition_code="")),
        ]
        indexes = [
            models.Index(fields=["queue", "created_at", "id"], name="helpdesk_open", condition=Q(state__in=["new", "working"])),
            models.Index(fields=["created_at", "id"], name="helpdesk_oldest"),
            models.Index(fields=["party_id", "-created_at", "id"], name="helpdesk_mine", condition=Q(party_id__isnull=False)),
        ]
        triggers = [pgtrigger.Protect(name="ticket_stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.code


class TicketStep(models.Model):
    """What happened to a ticket, with what was written. Never changed."""

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    name = models.CharField(max_length=20)
    """``send added take answer pass again hand_over close offer``."""
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    label = models.CharField(max_length=300, blank=True)
    """The officer; empty for who asked."""
    words: Any = SealedTextField(subject="ticket_id", null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["ticket", "id"], name="helpdesk_ticket_events")]
        triggers = [pgtrigger.Protect(name="ticket_event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.name}"


_S = Ticket.State
TICKETS = StateTable(
    _S.values,
    [
        Transition("take", "Nhận xử lý", frozenset({_S.NEW}), _S.WORKING, act=WORK),
        Transition("answer", "Trả lời", frozenset({_S.NEW, _S.WORKING}), _S.ANSWERED, act=WORK),
        Transition("hand_over", "Chuyển thành phản ánh, kiến nghị", frozenset({_S.NEW, _S.WORKING}), _S.HANDED_OVER, act=WORK),
        Transition("close", "Đóng, không trả lời", frozenset({_S.NEW, _S.WORKING}), _S.CLOSED, act=WORK),
        Transition("again", "Mở lại", frozenset({_S.ANSWERED, _S.CLOSED}), _S.WORKING, act=WORK),
    ],
)
"""``again`` is also what a further letter of who asked does."""
