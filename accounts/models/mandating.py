"""What comes before a mandate: an invitation to somebody by their number, a guardian's request with its document."""

from __future__ import annotations

import uuid
from datetime import datetime

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.parties import Mandate, Organisation
from accounts.models.people import Person
from accounts.models.positions import Position
from portal.crypto.fields import BlindIndexField, SealedTextField


@pghistory.track(exclude=["number", "called"])
class MandateOffer(models.Model):
    """A mandate that was offered to whoever has an identity number: made alike whether anybody here has it or not.

    Who has the number sees it among their mandates and accepts or declines; only then a :class:`Mandate` comes to be. Never deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grantor = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    number_blind = BlindIndexField(editable=False)
    """Blind index of the number, as :attr:`Person.id_blind` has it."""
    number = SealedTextField("số định danh", subject="given_by_id")
    called = SealedTextField("tên gọi", subject="given_by_id")
    """How the giver calls them, in the giver's list alone."""
    procedures = ArrayField(models.CharField(max_length=40), null=True, blank=True, verbose_name="thủ tục")
    """Codes of the procedures it is for; null: all."""
    valid_from = models.DateTimeField("từ")
    valid_to = models.DateTimeField("đến", null=True, blank=True)
    given_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="người ủy quyền")
    offered_at = models.DateTimeField("mời lúc", default=timezone.now)
    expires_at = models.DateTimeField("nhận trước")
    accepted_at = models.DateTimeField("nhận lúc", null=True, blank=True)
    declined_at = models.DateTimeField("từ chối lúc", null=True, blank=True)
    withdrawn_at = models.DateTimeField("rút lúc", null=True, blank=True)
    mandate = models.OneToOneField(Mandate, null=True, on_delete=models.PROTECT, related_name="offer")

    class Meta:
        verbose_name = "lời mời nhận ủy quyền"
        verbose_name_plural = "lời mời nhận ủy quyền"
        ordering = ["-offered_at", "id"]
        indexes = [
            models.Index(fields=["number_blind", "-offered_at", "id"], name="offer_by_number"),
            models.Index(fields=["organisation", "-offered_at", "id"], name="offer_of_organisation"),
            models.Index(fields=["grantor", "-offered_at", "id"], name="offer_of_grantor"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(grantor__isnull=False, organisation__isnull=True) | Q(grantor__isnull=True, organisation__isnull=False),
                name="offer_is_of_one_party",
            ),
            models.CheckConstraint(condition=Q(procedures__isnull=True) | Q(procedures__len__gt=0), name="offer_scope_fits"),
            models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="offer_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, mandate__isnull=True)
                | Q(accepted_at__isnull=False, mandate__isnull=False, declined_at__isnull=True, withdrawn_at__isnull=True),
                name="offer_accepted_is_a_mandate",
            ),
            models.CheckConstraint(condition=Q(declined_at__isnull=True) | Q(withdrawn_at__isnull=True), name="offer_ended_once"),
            models.UniqueConstraint(
                fields=["number_blind", "grantor", "organisation"],
                condition=Q(accepted_at__isnull=True, declined_at__isnull=True, withdrawn_at__isnull=True),
                name="offer_one_open",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def party_id(self) -> uuid.UUID:
        """For whom one would act by it."""
        found = self.organisation_id or self.grantor_id
        assert found is not None
        return found

    @property
    def party_name(self) -> str:
        """The party's name (a query each unless ``grantor`` and ``organisation`` were fetched with it)."""
        party = self.organisation or self.grantor
        return str(party) if party is not None else ""

    def is_open(self, *, now: datetime) -> bool:
        """Whether it can still be accepted."""
        over = self.accepted_at or self.declined_at or self.withdrawn_at
        return over is None and now < self.expires_at and (self.valid_to is None or now < self.valid_to)


@pghistory.track(exclude=["ward_number", "ward_name", "ward_birth_date"])
class GuardianRequest(models.Model):
    """A guardian asks to act for their ward and shows the document; an officer of the commune reads it (Civil Code 2015 art. 46–63).

    The registration of a guardianship is the commune's (Law on Civil Status 2014 art. 19–20), so it is the commune that says so here.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Chờ kiểm tra")
        CONFIRMED = "confirmed", _("Đã xác nhận")
        REFUSED = "refused", _("Không xác nhận")
        CALLED_OFF = "called_off", _("Đã rút")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name="người giám hộ")
    ward_number = SealedTextField("số định danh của người được giám hộ", subject="person_id")
    ward_blind = BlindIndexField(editable=False)
    ward_name = SealedTextField("họ tên người được giám hộ", subject="person_id")
    ward_birth_date = SealedTextField("ngày sinh người được giám hộ", subject="person_id")
    document_number = models.CharField("số giấy tờ", max_length=100)
    document_date = models.DateField("ngày cấp")
    file = models.OneToOneField("files.StoredFile", on_delete=models.PROTECT, related_name="+", verbose_name="bản chụp")
    unit_code = models.CharField("nơi kiểm tra", max_length=40)
    until = models.DateField("giám hộ đến ngày", null=True, blank=True)
    asked_at = models.DateTimeField("gửi lúc", default=timezone.now)
    state = models.CharField("tình trạng", max_length=10, choices=State.choices, default=State.WAITING)
    decided_at = models.DateTimeField("kết luận lúc", null=True, blank=True)
    decided_by = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người kiểm tra")
    reason = models.CharField("lý do", max_length=1000, blank=True)
    mandate = models.OneToOneField(Mandate, null=True, on_delete=models.PROTECT, related_name="guardian_request")

    class Meta:
        verbose_name = "đề nghị của người giám hộ"
        verbose_name_plural = "đề nghị của người giám hộ"
        ordering = ["asked_at", "id"]
        indexes = [
            models.Index(fields=["unit_code", "asked_at", "id"], name="guardian_by_unit"),
            models.Index(fields=["person", "-asked_at", "id"], name="guardian_by_person"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True) | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="guardian_decided_with_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["confirmed", "refused"], decided_by__isnull=False)
                | (~Q(state__in=["confirmed", "refused"]) & Q(decided_by__isnull=True)),
                name="guardian_decided_by_an_officer",
            ),
            models.CheckConstraint(
                condition=Q(state="confirmed", mandate__isnull=False) | (~Q(state="confirmed") & Q(mandate__isnull=True)),
                name="guardian_confirmed_is_a_mandate",
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="guardian_refused_with_reason"),
            models.UniqueConstraint(fields=["person", "ward_blind"], condition=Q(state="waiting"), name="guardian_one_waiting"),
        ]

    def __str__(self) -> str:
        return str(self.id)
