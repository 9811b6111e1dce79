"""The applicant's signature over a declaration as it is sent: what was given to be signed, by which way it is signed, what came of it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from dossiers.models.dossier import Dossier
from portal.crypto.fields import SealedJSONField
from portal.states import StateTable, Transition


class SignedDeclaration(models.Model):
    """The declaration of one draft as it will be sent, and its signature; with the dossier once that is sent.

    One for each draft: who changes the draft and signs again gets another in its place. The states are those of a document that an officer
    signs (`portal.documents.models.Document`), without a seal and without being revoked.
    """

    QUEUED, READY, SIGNING, SIGNED = "queued", "ready", "signing", "signed"
    STATES: ClassVar[dict[str, str]] = {
        QUEUED: "Đang lập tờ khai",
        READY: "Chờ người nộp ký",
        SIGNING: "Đang ký, kiểm tra chữ ký",
        SIGNED: "Đã ký",
    }
    table: ClassVar[StateTable] = StateTable(
        STATES,
        [
            Transition("render", "Lập tờ khai", frozenset({QUEUED}), READY),
            Transition("authorise", "Xác nhận ký, gửi tệp đã ký", frozenset({READY}), SIGNING),
            Transition("return", "Trả lại để ký lại", frozenset({SIGNING}), READY),
            Transition("sign", "Hoàn tất chữ ký", frozenset({SIGNING}), SIGNED),
        ],
    )

    class Way(models.TextChoices):
        """How it is signed."""

        REMOTE = "remote", "Ký số từ xa"
        FILE = "file", "Ký bằng phần mềm của người nộp"

    class Holder(models.TextChoices):
        """Whose certificate signed."""

        PERSON = "person", "Cá nhân"
        ORGANISATION = "organisation", "Tổ chức"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    filing_id = models.UUIDField(unique=True)
    """The draft, or the dossier that it became under the same id: its key seals content and files."""
    dossier = models.OneToOneField(Dossier, null=True, on_delete=models.PROTECT, related_name="signed_declaration")
    party_id = models.UUIDField()
    """For whom it is filed."""
    person_id = models.UUIDField()
    """Who files: named in the declaration."""
    version = models.PositiveIntegerField()
    """Of the draft that was signed."""
    content: Any = SealedJSONField(subject="filing_id", null=True)
    """What the declaration says and what is sent with it (`dossiers.signing.current.content_of`); None once it is the dossier's."""
    state = models.CharField(max_length=10, choices=list(STATES.items()), default=QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    """Number of the attempt that counts; older ones are history."""
    note = models.CharField(max_length=40, blank=True)
    """Code of what it waits for, or of why the last attempt came to nothing (`dossiers.signing.words`); empty when all is well."""
    refused_way = models.CharField(max_length=6, choices=Way.choices, blank=True)
    """By which way that attempt was: its field says so."""
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    """The PDF that is signed, as it was given."""
    signed_file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    """The same with its signatures behind it (PAdES), or the signatures apart (CMS)."""
    way = models.CharField(max_length=6, choices=Way.choices, blank=True)
    holder = models.CharField(max_length=12, choices=Holder.choices, blank=True)
    certificate_serial = models.CharField(max_length=80, blank=True)
    signed_at = models.DateTimeField(null=True)
    """When the signature was found to hold."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="queued", file=None, made_at=None) | ~Q(state="queued") & Q(file__isnull=False, made_at__isnull=False),
                name="declaration_is_made",
            ),
            models.CheckConstraint(
                condition=~Q(state="signed") & Q(signed_file=None, signed_at=None, way="", holder="")
                | Q(state="signed", signed_file__isnull=False, signed_at__isnull=False) & ~Q(way="") & ~Q(holder=""),
                name="declaration_signed_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(dossier=None, content__isnull=False) | Q(dossier_id=F("filing_id"), state="signed"),
                name="declaration_sent_is_signed",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="declaration_signed_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "(OLD.state = 'signed' AND (NEW.state <> 'signed' OR NEW.file_id <> OLD.file_id"
                    " OR NEW.signed_file_id <> OLD.signed_file_id OR NEW.version <> OLD.version OR NEW.filing_id <> OLD.filing_id"
                    # At the end of its term a dossier keeps nothing of whoever signed: the id of the filing stands for nobody.
                    " OR NEW.signed_at <> OLD.signed_at"
                    " OR (NEW.party_id <> OLD.party_id AND NEW.party_id <> NEW.filing_id)"
                    " OR (NEW.person_id <> OLD.person_id AND NEW.person_id <> NEW.filing_id)"
                    " OR (NEW.certificate_serial <> OLD.certificate_serial AND NEW.certificate_serial <> '')"
                    " OR (OLD.dossier_id IS NOT NULL AND NEW.dossier_id IS DISTINCT FROM OLD.dossier_id)))"
                ),
            ),
            pgtrigger.Protect(name="declaration_sent_stays", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__dossier__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_signed(self) -> bool:
        """Whether the signature stands."""
        return self.state == self.SIGNED


class DeclarationAttempt(models.Model):
    """One try to have a declaration signed. Secrets in it are sealed, and wiped at its end."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    """Also the one-time value that the signing service carries back."""
    declaration = models.ForeignKey(SignedDeclaration, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField(null=True)
    """Set when it was confirmed, or its file came; null while it is only begun."""
    way = models.CharField(max_length=6, choices=SignedDeclaration.Way.choices)
    person_id = models.UUIDField()
    """Who began it: nobody else may come back with it."""
    verifier = models.TextField(blank=True)
    """Sealed PKCE verifier (RFC 7636)."""
    code = models.TextField(blank=True)
    """Sealed authorisation code, until it is exchanged."""
    activation = models.TextField(blank=True)
    """Sealed signature activation data, until they are used."""
    activation_expires_at = models.DateTimeField(null=True)
    credential = models.TextField(blank=True)
    """Sealed identifier of the key that was chosen at the service."""
    prepared: Any = SealedJSONField(subject="declaration.filing_id", null=True)
    prepared_file = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(null=True)
    signature = models.BinaryField(null=True)
    """The value that the service gave: a silent time-stamping authority costs no second confirmation."""
    upload = models.ForeignKey("files.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    """The file that was signed outside."""
    outcome = models.CharField(max_length=100, blank=True)
    begun_at = models.DateTimeField()
    until = models.DateTimeField()
    """Tried until then; later it came to nothing."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["declaration", "number"], name="declaration_attempt_number"),
            models.UniqueConstraint(fields=["upload"], name="declaration_upload_once"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(code="", verifier="", activation="", credential="", signature=None, prepared__isnull=True),
                name="declaration_attempt_ends_without_secrets",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.declaration_id} #{self.number}"
