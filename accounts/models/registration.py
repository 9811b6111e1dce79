"""Registrations under way, what registries answered about them, the second identifiers of a person, and the terms people agree to."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.parties import Organisation
from accounts.models.people import Person
from accounts.models.positions import Position
from accounts.models.sign_in import SignedChallenge
from portal.crypto.fields import BlindIndexField, SealedJSONField, SealedTextField

MOST_CODES = 4
"""One-time passwords of one registration: the first, and three when it does not arrive."""


class Terms(models.Model):
    """One version of the terms of use, from a moment on, in both languages. Never changed: people agreed to these words."""

    number = models.PositiveIntegerField("phiên bản", unique=True)
    valid_from = models.DateTimeField("áp dụng từ")
    text = models.TextField("nội dung")
    """Paragraphs; a line that begins with ``## `` is a heading."""
    text_en = models.TextField("nội dung bằng tiếng Anh")
    changed = models.TextField("điều thay đổi", blank=True)
    changed_en = models.TextField("điều thay đổi, bằng tiếng Anh", blank=True)
    published_by = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="người ban hành")
    """Null for the first version, which comes with the portal."""
    published_at = models.DateTimeField("ban hành lúc", default=timezone.now)

    class Meta:
        verbose_name = "điều khoản sử dụng"
        verbose_name_plural = "điều khoản sử dụng"
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["valid_from"], name="terms_one_from_a_moment")]

    def __str__(self) -> str:
        return f"Điều khoản sử dụng, phiên bản {self.number}"


class Consent(models.Model):
    """A person agreed to one version of the terms. Never changed; a newer version is agreed to anew."""

    class How(models.TextChoices):
        """Where they agreed."""

        REGISTRATION = "registration", "khi đăng ký tài khoản"
        PAGE = "page", "trên trang điều khoản"
        DEMONSTRATION = "demonstration", "dữ liệu trình diễn"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consents")
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=13, choices=How.choices)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "chấp thuận điều khoản"
        verbose_name_plural = "chấp thuận điều khoản"
        ordering = ["person", "-given_at", "id"]
        constraints = [models.UniqueConstraint(fields=["person", "terms"], name="consent_once_a_version")]

    def __str__(self) -> str:
        return str(self.pk)


class Identifier(models.Model):
    """A number beside the one a person signs in with: the nine digits of an old identity card, a foreigner's document.

    Found by its blind index, so that it leads to one person only. The row leaves with the person's erasure.
    """

    class Kind(models.TextChoices):
        """What it is printed on."""

        OLD_NUMBER = "old_number", _("Chứng minh nhân dân 9 số")
        PASSPORT = "passport", _("Hộ chiếu")
        TRAVEL = "travel", _("Giấy thông hành, giấy tờ đi lại quốc tế")
        RESIDENCE = "residence", _("Thẻ tạm trú, thẻ thường trú")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    number = SealedTextField(subject="person_id", null=True)
    blind = BlindIndexField()
    confirmed_by = models.CharField(max_length=20)
    """Which registry said that it is this person's, or ``counter``."""
    confirmed_at = models.DateTimeField()

    class Meta:
        verbose_name = "số giấy tờ"
        verbose_name_plural = "số giấy tờ"
        ordering = ["person", "kind", "id"]
        constraints = [models.UniqueConstraint(fields=["kind", "blind"], name="identifier_is_one_persons")]

    def __str__(self) -> str:
        return str(self.pk)


class Registration(models.Model):
    """One attempt to get an account, from what was declared to its end. ``id`` is also the subject of the key that seals what was declared.

    What was declared leaves the row when it ends (:meth:`forget`). No row says to a stranger whether somebody has an account: a
    registration of one who has one goes the same way and ends alike.
    """

    class Way(models.TextChoices):
        """How identity is proved (Rules art. 9.2; foreigners: Scheme III.2b; counter: Reform III.1b)."""

        PHONE = "phone", _("Thuê bao di động chính chủ")
        INSURANCE = "insurance", _("Mã số bảo hiểm xã hội")
        CERTIFICATE = "certificate", _("Chứng thư số cá nhân")
        DOCUMENT = "document", _("Hộ chiếu, giấy tờ của người nước ngoài và người Việt Nam ở nước ngoài")
        COUNTER = "counter", _("Tại bộ phận một cửa")
        ORGANISATION = "organisation", _("Chứng thư số của tổ chức")
        NUMBER = "number", _("Số định danh của người đã có tài khoản bằng giấy tờ")

    class State(models.TextChoices):
        """Edges: :mod:`accounts.registration.states`."""

        CODE = "code", _("Chờ mật khẩu một lần")
        SIGNING = "signing", _("Chờ chữ ký số")
        CHECKING = "checking", _("Đang đối chiếu")
        WAITING = "waiting", _("Chờ cơ sở dữ liệu trả lời")
        COUNTER = "counter", _("Chờ đối chiếu giấy tờ tại quầy")
        SLIP = "slip", _("Chờ người dân nhận tài khoản")
        DONE = "done", _("Đã có tài khoản")
        REFUSED = "refused", _("Không khớp")
        LAPSED = "lapsed", _("Quá hạn")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    way = models.CharField("cách đăng ký", max_length=12, choices=Way.choices)
    state = models.CharField("tình trạng", max_length=8, choices=State.choices)
    declared = SealedJSONField(subject="id", null=True)
    """What was declared, by name; null once it has ended."""
    phone = SealedTextField(subject="id", null=True)
    """Where the one-time password goes; null where it is not known yet, goes to ``email``, or the registration has ended."""
    email = SealedTextField(subject="id", null=True)
    language = models.CharField(max_length=2, default="vi")
    identity_blind = BlindIndexField(blank=True)
    """Blind index of whom it is for, as :attr:`Person.id_blind` has it; empty until a certificate says it."""
    contact_blind = BlindIndexField(blank=True)
    """Blind index of the phone or address that the password goes to."""
    address_digest = models.CharField(max_length=64, blank=True)
    """Keyed digest of the address it came from; empty when the server knows none, and at the counter."""
    code_hash = models.CharField(max_length=64, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    codes_sent = models.PositiveSmallIntegerField(default=0)
    code_sent_at = models.DateTimeField(null=True)
    code_expires_at = models.DateTimeField(null=True)
    number = models.CharField("mã đăng ký", max_length=9, unique=True, null=True)
    """What one says at the counter, or what stands on the slip beside the secret; null where no counter is concerned."""
    slip_hash = models.CharField(max_length=64, blank=True)
    """Keyed hash of the secret on the slip that the counter handed over."""
    slip_tries = models.PositiveSmallIntegerField(default=0)
    unit_code = models.CharField("cơ quan", max_length=40, blank=True)
    officer = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="cán bộ")
    """Who opened it at the counter, or compared the document there."""
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="registrations")
    """Who asks for an organisation, or has an account by document and adds their number; else whose account came of it."""
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.SET_NULL, related_name="+")
    terms = models.ForeignKey(Terms, null=True, on_delete=models.PROTECT, related_name="+")
    """The version agreed to; null at the counter until the account is taken over."""
    refusal = models.CharField(max_length=20, blank=True)
    """Why not, as a word that pages and the desk translate."""
    ask_again_at = models.DateTimeField(null=True)
    """When registries are to be asked anew, should the outbox have given up."""
    created_at = models.DateTimeField("lúc", default=timezone.now)
    changed_at = models.DateTimeField("cập nhật", default=timezone.now)
    expires_at = models.DateTimeField("hết hạn")

    class Meta:
        verbose_name = "đăng ký tài khoản"
        verbose_name_plural = "đăng ký tài khoản"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["identity_blind", "-created_at"], name="registration_by_identity"),
            models.Index(fields=["contact_blind", "-created_at"], name="registration_by_contact"),
            models.Index(fields=["address_digest", "-created_at"], name="registration_by_address"),
            models.Index(fields=["unit_code", "-created_at", "id"], name="registration_by_unit", condition=~Q(unit_code="")),
            models.Index(fields=["expires_at"], name="registration_open_until", condition=~Q(state__in=["done", "refused", "lapsed"])),
            models.Index(fields=["ask_again_at"], name="registration_by_due", condition=Q(ask_again_at__isnull=False)),
            models.Index(fields=["changed_at"], name="registration_ended", condition=Q(state__in=["done", "refused", "lapsed"])),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | Q(person__isnull=False) | Q(organisation__isnull=False), name="registration_done_is_somebodys"
            ),
            models.CheckConstraint(condition=Q(code_tries__lte=5), name="registration_at_most_five_tries"),
            models.CheckConstraint(condition=Q(slip_tries__lte=10), name="registration_at_most_ten_slips"),
            models.CheckConstraint(condition=Q(codes_sent__lte=MOST_CODES), name="registration_few_codes"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="registration_ends_after_it_begins"),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "refused", "lapsed"])
                | Q(declared__isnull=True, phone__isnull=True, email__isnull=True, code_hash="", slip_hash=""),
                name="registration_ended_keeps_nothing",
            ),
            models.CheckConstraint(condition=Q(state="slip") | Q(slip_hash=""), name="registration_slip_in_its_state"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def declaration(self) -> dict[str, Any]:
        """What was declared; empty once it has ended."""
        return dict(self.declared or {})

    def forget(self) -> None:
        """Empty what was declared: it has ended. The caller saves."""
        self.declared = self.phone = self.email = None
        self.code_hash = self.slip_hash = ""
        self.ask_again_at = None

    @property
    def is_ended(self) -> bool:
        """Whether nothing comes after it."""
        return self.state in (self.State.DONE, self.State.REFUSED, self.State.LAPSED)


class RegistryAnswer(models.Model):
    """What one registry answered about a registration, with its age: a later try asks only those that were silent."""

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="answers")
    registry = models.CharField("cơ sở dữ liệu", max_length=12)
    agrees = models.BooleanField("khớp")
    said = SealedJSONField(subject="registration_id", null=True)
    """What of the answer is needed at the end; null once the registration has ended."""
    answered_at = models.DateTimeField("trả lời lúc")

    class Meta:
        verbose_name = "trả lời của cơ sở dữ liệu"
        verbose_name_plural = "trả lời của cơ sở dữ liệu"
        ordering = ["registration", "answered_at", "id"]
        constraints = [models.UniqueConstraint(fields=["registration", "registry"], name="registry_answers_once")]

    def __str__(self) -> str:
        return str(self.pk)


class RegistrationSignature(SignedChallenge):
    """The signature that a registration by certificate waits for."""

    registration = models.OneToOneField(Registration, on_delete=models.CASCADE, related_name="signature")

    class Meta:
        verbose_name = "chữ ký đăng ký tài khoản"
        verbose_name_plural = "chữ ký đăng ký tài khoản"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return str(self.id)
