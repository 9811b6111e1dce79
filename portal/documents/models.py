"""Documents the authorities issue: made from a template, sealed by a unit or signed by a person, proven behind a QR code."""

from __future__ import annotations

import secrets
import uuid
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from portal.crypto.fields import BlindIndexField, SealedJSONField, SealedTextField
from portal.states import StateTable, Transition


def new_token() -> str:
    """An unguessable name of a proof page: 192 random bits, 32 characters that need no escaping in an address."""
    return secrets.token_urlsafe(24)


class Document(models.Model):
    """One document on its way from a template to a signed PDF.

    ``kind``, ``title``, ``unit_code``, ``signer_label`` are shown to anybody who holds the QR code: no personal data of the owner.
    """

    QUEUED, RENDERED, AWAITING, SIGNING, SIGNED, REVOKED, CANCELLED = (
        "queued",
        "rendered",
        "awaiting_authorisation",
        "signing",
        "signed",
        "revoked",
        "cancelled",
    )
    STATES: ClassVar[dict[str, str]] = {
        QUEUED: "Đang lập văn bản",
        RENDERED: "Đã lập văn bản",
        AWAITING: "Chờ người có thẩm quyền xác nhận ký",
        SIGNING: "Đang ký",
        SIGNED: "Đã ký",
        REVOKED: "Đã thu hồi",
        CANCELLED: "Đã hủy khi chưa ký",
    }
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("render", "Lập văn bản", frozenset({QUEUED}), RENDERED),
            Transition("await", "Chờ xác nhận ký", frozenset({RENDERED}), AWAITING),
            Transition("seal", "Đóng dấu số", frozenset({RENDERED}), SIGNING),
            # The officer may come back from the signing service before the worker has made the PDF.
            Transition("authorise", "Xác nhận ký", frozenset({QUEUED, RENDERED, AWAITING}), SIGNING, act="documents.sign"),
            Transition("return", "Trả lại để xác nhận lại", frozenset({SIGNING}), AWAITING),
            Transition("sign", "Hoàn tất chữ ký", frozenset({SIGNING}), SIGNED),
            # Not while a signature is under way: it may stand any moment.
            Transition("cancel", "Hủy khi chưa ký", frozenset({QUEUED, RENDERED, AWAITING}), CANCELLED, act="documents.issue"),
            Transition("revoke", "Thu hồi", frozenset({SIGNED}), REVOKED, act="documents.revoke"),
        ],
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    """Name the caller chose; the same key is the same document."""
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    kind = models.CharField(max_length=64)
    title = models.CharField(max_length=300)
    unit_code = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    """Whose data the context is: key of the encryption, also of the files."""
    template = models.CharField(max_length=200)
    context: Any = SealedJSONField(subject="subject_id")
    state = models.CharField(max_length=32, default=QUEUED, choices=list(STATES.items()))
    note = models.CharField(max_length=300, blank=True)
    """Why it does not go on, in plain words for the desk; empty when all is well."""

    by_person = models.BooleanField()
    """True: a person must authorise the signature (result). False: the unit's seal is enough (receipt)."""
    credential: Any = SealedTextField(subject="subject_id")
    """Identifier of the key at the signing service; sealed, for it may contain the signer's personal number. Emptied when signed."""
    signer_user_id = models.UUIDField(null=True)
    signer_position_id = models.UUIDField(null=True)
    signer_blind = BlindIndexField(blank=True)
    """Blind index of the personal number that must stand in the signer's certificate; empty for a seal. Emptied when signed."""
    signer_label = models.CharField(max_length=200, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    """Number of the signing attempt that counts; older ones are history."""

    seal_too = models.BooleanField(default=False)
    """Whether the unit's seal follows the person's signature, over the file that they signed (Decree 45/2020/NĐ-CP art. 10)."""
    person_signed_at = models.DateTimeField(null=True)
    """Time-stamp of the person's signature where the seal follows it; from then on only the seal is missing."""
    unsigned_file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True)
    signer_name = models.CharField(max_length=200, blank=True)
    """Holder of the certificate that signed, as the certificate names it."""
    signed_at = models.DateTimeField(null=True)
    """Time of the time-stamping authority."""
    stamp_until = models.DateTimeField(null=True)
    """Until when the certificates behind its newest time-stamp hold: before that it is stamped again (`portal.documents.renewing`). Of
    before this was kept the moment of signing, so that the night looks; null: not signed, or its file was erased."""
    renewals = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How often it was stamped again: each time ``file`` and ``sha256`` are the newer ones, and :class:`FormerFile` has the older print."""
    revoked_at = models.DateTimeField(null=True)
    revocation_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="document_signed_is_whole",
                condition=~Q(state__in=["signed", "revoked"]) | (Q(file__isnull=False, signed_at__isnull=False) & ~Q(sha256="")),
            ),
            models.CheckConstraint(
                name="document_person_is_named",
                condition=Q(by_person=False) | Q(state__in=["signed", "revoked"]) | (Q(signer_user_id__isnull=False) & ~Q(signer_blind="")),
            ),
            models.CheckConstraint(name="document_revoked_has_day", condition=~Q(state="revoked") | Q(revoked_at__isnull=False)),
        ]
        indexes = [
            models.Index(fields=["stamp_until", "id"], name="document_stamps_ageing", condition=Q(stamp_until__isnull=False)),
            models.Index(fields=["subject_id"], name="document_of_subject"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="signed_stays_signed",
                operation=pgtrigger.Update,
                # The file changes by another time-stamp behind it and by nothing else: each is counted.
                condition=pgtrigger.Q(old__state__in=["signed", "revoked"])
                & (
                    (
                        (pgtrigger.Q(old__sha256__df=pgtrigger.F("new__sha256")) | pgtrigger.Q(old__file__df=pgtrigger.F("new__file")))
                        & pgtrigger.Q(old__renewals=pgtrigger.F("new__renewals"))
                    )
                    | pgtrigger.Q(old__renewals__gt=pgtrigger.F("new__renewals"))
                    | pgtrigger.Q(old__token__df=pgtrigger.F("new__token"))
                    | pgtrigger.Q(old__unit_code__df=pgtrigger.F("new__unit_code"))
                    | pgtrigger.Q(old__signed_at__df=pgtrigger.F("new__signed_at"))
                    | ~pgtrigger.Q(new__state__in=["signed", "revoked"])
                ),
            ),
            pgtrigger.Protect(
                name="signed_is_not_deleted", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__state__in=["signed", "revoked"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def state_words(self) -> str:
        """The state as a page shows it."""
        return self.STATES[self.state]

    @property
    def is_persons_turn(self) -> bool:
        """Whether the signature that is under way, or next, is a person's; else it is the unit's seal."""
        return self.by_person and self.person_signed_at is None

    @property
    def is_signed(self) -> bool:
        """Whether the signed PDF can be opened (also after a revocation: the file stays what it was)."""
        return self.state in (self.SIGNED, self.REVOKED)


class FormerFile(models.Model):
    """What a signed file was before it was stamped again: the newer one begins with the same bytes, so that the print alone is kept."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="former_files")
    number = models.PositiveSmallIntegerField()
    """1: as it was signed."""
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    """Bytes; so long is the part of the newest file that has this print."""
    replaced_at = models.DateTimeField()
    """Time of the time-stamp that was put behind it."""

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="document_former_number")]
        triggers = [pgtrigger.Protect(name="former_file_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.document_id} {self.number}"


class SigningBatch(models.Model):
    """Several documents that one officer signs by one authorisation (`portal.documents.batches`). Secrets in it are sealed and wiped."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.UUIDField()
    position_id = models.UUIDField()
    return_to = models.CharField(max_length=500)
    asked_at = models.DateTimeField(null=True)
    """When the officer wanted to authorise; null before, and when the service would not have it."""
    request_uri = models.TextField(blank=True)
    """Sealed name under which the service keeps what is to be authorised (RFC 9126), until somebody came back from there."""
    request_expires_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)
    """Why it does not go on, in plain words for the desk; empty when all is well."""
    verifier = models.TextField(blank=True)
    """As of an attempt: sealed PKCE verifier."""
    code = models.TextField(blank=True)
    """Sealed authorisation code, until it is exchanged."""
    activation = models.TextField(blank=True)
    """Sealed activation data for as many signatures, over the hashes that were authorised."""
    activation_expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    authorised_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["position_id", "-created_at"], name="signing_batch_of_officer")]

    def __str__(self) -> str:
        return str(self.id)


class SigningAttempt(models.Model):
    """One try to have a document signed: what was asked, what came back, how it ended. Secrets in it are sealed and wiped at the end."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """Also the one-time value that the signing service carries back."""
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="attempts")
    batch = models.ForeignKey(SigningBatch, null=True, on_delete=models.PROTECT, related_name="attempts")
    """The authorisation that it shares with other documents; null where it has one of its own."""
    number = models.PositiveIntegerField(null=True)
    """Set when the attempt is authorised; null while it is only asked for."""
    user_id = models.UUIDField(null=True)
    return_to = models.CharField(max_length=500, blank=True)
    code = models.TextField(blank=True)
    """Sealed authorisation code, until it is exchanged."""
    verifier = models.TextField(blank=True)
    """Sealed PKCE verifier (RFC 7636): a code that leaks on the way through the browser is worth nothing."""
    activation = models.TextField(blank=True)
    """Sealed signature activation data (SAD), until it is used."""
    activation_expires_at = models.DateTimeField(null=True)
    prepared: Any = SealedJSONField(subject="document.subject_id", null=True)
    """Certificates, signed attributes and the place of the signature in the prepared file."""
    prepared_file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(null=True)
    signature = models.BinaryField(null=True)
    """The value the signing service gave, kept so that a silent time-stamping authority costs no second authorisation."""
    outcome = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="signing_attempt_number")]

    def __str__(self) -> str:
        return f"{self.document_id} #{self.number}"

    @property
    def is_being_prepared(self) -> bool:
        """Of a batch: whether the worker has yet to say what is signed."""
        return self.prepared_at is None and self.ended_at is None and self.number is None

    @property
    def is_ready(self) -> bool:
        """Of a batch: whether it can be authorised."""
        return self.prepared_at is not None and self.ended_at is None and self.number is None


class ProofTry(models.Model):
    """How often numbers were typed at a document's proof page on one day, by one address or by all together.

    Counted in the database, before the number is looked at: the count never fails open. Only wrong numbers stay counted.
    """

    PER_ADDRESS, PER_DOCUMENT = 5, 100

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    source = BlindIndexField(blank=True)
    """Keyed index of the address and the day; empty for all addresses together."""
    tries = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "day", "source"], name="proof_tries_once_a_day"),
            models.CheckConstraint(name="proof_tries_are_limited", condition=Q(tries__lte=5) | Q(source="", tries__lte=100)),
        ]
        indexes = [models.Index(fields=["day"], name="proof_tries_by_day")]

    def __str__(self) -> str:
        return f"{self.document_id} {self.day}"
