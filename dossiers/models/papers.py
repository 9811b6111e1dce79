"""Papers a person hands in, and documents the agency issues."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dossiers.models.dossier import Dossier
from dossiers.models.drafts import Draft


class Origin(models.TextChoices):
    """Where a paper came from; ratings count what was reused instead of asked again."""

    UPLOADED = "uploaded", _("Người nộp tải lên")
    REUSED = "reused", _("Lấy từ kho giấy tờ")
    SIGNED = "signed", _("Người nộp ký số")
    """The declaration itself, as it was signed (`dossiers.signing`): nobody asks for it, and no store keeps it."""


class Paper(models.Model):
    """One file handed in for one required paper, first with the draft, then with the dossier."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draft = models.ForeignKey(Draft, null=True, blank=True, on_delete=models.CASCADE, related_name="papers")
    dossier = models.ForeignKey(Dossier, null=True, blank=True, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=60)
    """Code of the required paper within the procedure version."""
    label = models.CharField(max_length=500)
    """Name of the required paper as the applicant saw it."""
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField(default=0, db_default=0)
    """Where it stands among the papers: several photos of one document are read in this order."""
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.UPLOADED)
    from_store = models.ForeignKey("dossiers.StorePaper", null=True, on_delete=models.PROTECT, related_name="reuses")
    """The paper of the store that this file was taken from."""
    supplement = models.ForeignKey("dossiers.SupplementRequest", null=True, blank=True, on_delete=models.PROTECT, related_name="papers")
    """The request that it answers; it belongs to the dossier from the moment the answer is sent."""
    superseded_at = models.DateTimeField(null=True, blank=True)
    """When another took its place; it stays in the dossier as what was sent."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(draft__isnull=True, dossier__isnull=False)
                | Q(draft__isnull=True, supplement__isnull=False)
                | Q(draft__isnull=False, dossier__isnull=True, supplement__isnull=True),
                name="dossiers_paper_has_one_home",
            ),
            models.UniqueConstraint(fields=["file"], name="dossiers_paper_file_once"),
            models.CheckConstraint(
                condition=Q(origin__in=["uploaded", "signed"], from_store__isnull=True) | Q(origin="reused", from_store__isnull=False),
                name="dossiers_reused_paper_has_source",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DossierDocument(models.Model):
    """A document the agency issued in a dossier: the receipt (sealed by the unit), the result (signed by a person)."""

    class Role(models.TextChoices):
        """What the document is to the dossier."""

        SENT = "sent", "Xác nhận đã gửi hồ sơ"
        RECEIPT = "receipt", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả"
        RESULT = "result", "Kết quả giải quyết"
        STOP = "stop", "Thông báo dừng giải quyết hồ sơ"
        APOLOGY = "apology", "Phiếu xin lỗi và hẹn lại ngày trả kết quả"
        REQUEST = "request", "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ"
        REFUSAL = "refusal", "Phiếu từ chối tiếp nhận giải quyết hồ sơ"
        CONTROL = "control", "Phiếu kiểm soát quá trình giải quyết hồ sơ"

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="documents")
    document = models.OneToOneField("documents.Document", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    cancelled_at = models.DateTimeField(null=True)
    """The decision behind it was taken back before it was signed: another one takes its place."""
    valid_until = models.DateField("có giá trị đến hết ngày", null=True, editable=False)
    """The last day on which the result holds, where its kind has one (``Outcome.valid_until``); null: it does not expire."""
    reminded_at = models.DateTimeField(null=True, editable=False)
    """When those whom it concerns were reminded that it ends: once."""

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "role"],
                condition=Q(cancelled_at__isnull=True) & ~Q(role="request"),
                name="dossiers_document_once_a_role",
            ),
            models.CheckConstraint(condition=Q(valid_until__isnull=True) | Q(role="result"), name="dossiers_only_results_expire"),
        ]
        indexes = [
            models.Index(
                fields=["valid_until", "id"],
                condition=Q(valid_until__isnull=False, cancelled_at__isnull=True),
                name="dossiers_document_until",
            )
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.role}"
