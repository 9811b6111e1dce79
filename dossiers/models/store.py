"""The document store of a party: papers it has, their files, who was given a look at them, who looked (requirement D-04)."""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dossiers.models.dossier import Dossier
from dossiers.sources import SOURCES
from portal.crypto.fields import SealedTextField


class StorePaper(models.Model):
    """One paper of a party: what it is, who issued it, until when it holds. Its code ``<owner's number>.<kind>`` is computed for show.

    Number and person named in it are sealed with the party's key, as its files are: they live and die with the party, not with the
    dossier that they came from. What a registry supplies (`dossiers.store.proofs`), and an old paper that an agency digitised
    (`dossiers.digitising`), came from none.
    """

    class Origin(models.TextChoices):
        """How it came into the store."""

        ISSUED = "issued", _("Cơ quan cấp trên Cổng")
        UPLOADED = "uploaded", _("Nộp cùng hồ sơ đã giải quyết xong")
        REGISTRY = "registry", _("Cơ sở dữ liệu của Nhà nước")
        CERTIFIED = "certified", _("Bản sao điện tử được chứng thực từ bản chính")
        DIGITISED = "digitised", _("Giấy tờ cũ do cơ quan số hóa")

    class Signature(models.TextChoices):
        """What proves it."""

        SIGNED = "signed", _("Có chữ ký số")
        NONE = "none", _("Bản chụp, không có chữ ký số")
        PROOF = "proof", _("Bản in từ cơ sở dữ liệu, có mã băm")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party_id = models.UUIDField()
    """Whose it is: a person or an organisation (``accounts.queries.party``)."""
    kind = models.CharField("mã loại giấy tờ", max_length=60)
    """Code of the shared catalogue of kinds of paper and of results, where it has one (`dossiers.store.kinds`)."""
    title = models.CharField("giấy tờ", max_length=300)
    issuer = models.CharField("cơ quan cấp", max_length=300, blank=True)
    """Name on the day of issue; empty where nobody read it from the paper."""
    number = SealedTextField("số", subject="party_id", null=True)
    about = SealedTextField("về", subject="party_id", null=True)
    """The person or thing it is about, where that is not the party itself (the child of a birth certificate)."""
    issued_on = models.DateField("ngày cấp", null=True)
    valid_until = models.DateField("có giá trị đến hết ngày", null=True)
    """The last day on which it holds; null: it does not expire, or nobody knows."""
    origin = models.CharField("nguồn", max_length=10, choices=Origin.choices)
    signature = models.CharField("chữ ký", max_length=10, choices=Signature.choices)
    procedure_code = models.CharField(max_length=40, blank=True)
    """Of the dossier it came from: a mandate for some procedures reaches the papers of these alone. Empty for a registry's."""
    dossier = models.ForeignKey(Dossier, null=True, on_delete=models.PROTECT, related_name="store_papers")
    """None for a registry's, a copy certified at a counter (`dossiers.copies`), an old paper (`dossiers.digitising`)."""
    registry = models.CharField(max_length=20, blank=True)
    """Which registry supplied it (`dossiers.sources.SOURCES`)."""
    said_at = models.DateTimeField(null=True)
    """When that registry last said so."""
    said_sha256 = models.CharField(max_length=64, blank=True)
    """Of what it said; stands in the printed file, too."""
    document = models.OneToOneField("documents.Document", null=True, on_delete=models.PROTECT, related_name="+")
    """The signed document, of what was issued here: it may be revoked later."""
    kept_at = models.DateTimeField("vào kho lúc")
    reminded_at = models.DateTimeField(null=True, editable=False)
    """When its owner was reminded that it ends: once. What was issued here is reminded of by its dossier."""

    class Meta:
        verbose_name = "giấy tờ trong kho"
        verbose_name_plural = "giấy tờ trong kho"
        constraints = [
            models.CheckConstraint(
                name="dossiers_store_issued_is_signed",
                condition=Q(origin__in=["issued", "certified", "digitised"], signature="signed", document__isnull=False)
                | Q(origin__in=["uploaded", "registry"], document__isnull=True),
            ),
            models.CheckConstraint(
                name="dossiers_store_paper_has_a_source",
                condition=Q(origin="registry", dossier__isnull=True, said_at__isnull=False, procedure_code="")
                & ~Q(registry="")
                & ~Q(said_sha256="")
                | Q(origin__in=["certified", "digitised"], dossier__isnull=True, said_at__isnull=True, registry="", said_sha256="")
                | Q(origin__in=["issued", "uploaded"], dossier__isnull=False, said_at__isnull=True, registry="", said_sha256=""),
            ),
            models.UniqueConstraint(
                fields=["party_id", "registry", "said_sha256"], condition=Q(origin="registry"), name="dossiers_store_said_once"
            ),
            models.UniqueConstraint(
                fields=["dossier", "kind"], condition=Q(origin="uploaded"), name="dossiers_store_uploaded_once_a_dossier"
            ),
        ]
        indexes = [
            models.Index(fields=["party_id", "-kept_at", "id"], name="dossiers_store_mine"),
            models.Index(fields=["party_id", "kind"], name="dossiers_store_kind"),
            models.Index(fields=["valid_until", "id"], name="dossiers_store_until", condition=Q(valid_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def registry_name(self) -> str:
        """What the registry that supplied it is called; empty for other papers."""
        return str(SOURCES[self.registry]) if self.registry else ""


class StorePaperFile(models.Model):
    """One file of a paper in the store: the signed PDF, or a photo of several."""

    paper = models.ForeignKey(StorePaper, on_delete=models.PROTECT, related_name="files")
    file = models.OneToOneField("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    """Held for the party (`portal.files.services.hold_for`): the same bytes as the dossier's, under the party's own key."""
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["paper", "position"], name="dossiers_store_file_place")]

    def __str__(self) -> str:
        return f"{self.paper_id} #{self.position}"


class StoreShare(models.Model):
    """A paper shown to somebody by a link and a code, until a day, or until its owner ends it.

    Neither link nor code stands here in the open: the link is found by a keyed index, both are sealed with the party's key for its
    owner's eyes.
    """

    TRIES, OPENINGS = 5, 100

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    paper = models.ForeignKey(StorePaper, on_delete=models.PROTECT, related_name="shares")
    token_index = models.CharField(max_length=64, unique=True)
    token = SealedTextField(subject="paper.party_id", null=True)
    code = SealedTextField(subject="paper.party_id", null=True)
    purpose = SealedTextField(subject="paper.party_id", null=True)
    """For whom or what, in the owner's words, for the owner alone."""
    made_by = models.UUIDField()
    """The person who made it, for the party."""
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """Ended by its owner before that."""
    tries = models.PositiveSmallIntegerField(default=0)
    """Wrong codes in all: at five nobody opens it any more."""
    openings = models.PositiveSmallIntegerField(default=0)
    """Right codes."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="dossiers_share_at_most_five_tries"),
            models.CheckConstraint(condition=Q(openings__lte=100), name="dossiers_share_at_most_hundred_openings"),
            models.CheckConstraint(condition=Q(until__gt=models.F("made_at")), name="dossiers_share_is_dated"),
        ]
        indexes = [models.Index(fields=["paper", "-made_at"], name="dossiers_share_of_paper")]

    def __str__(self) -> str:
        return str(self.id)


class StoreLook(models.Model):
    """Somebody opened a paper of the store, or what was taken from it. Only ever added."""

    class Who(models.TextChoices):
        """As whom."""

        OWNER = "owner", _("Chủ giấy tờ hoặc người đại diện")
        SHARE = "share", _("Người có liên kết chia sẻ")
        OFFICER = "officer", _("Cơ quan giải quyết hồ sơ")

    id = models.BigAutoField(primary_key=True)
    paper = models.ForeignKey(StorePaper, on_delete=models.PROTECT, related_name="looks")
    at = models.DateTimeField()
    who = models.CharField(max_length=10, choices=Who.choices)
    person_id = models.UUIDField(null=True)
    """Who of the party's side; officers are told by their agency alone."""
    unit_code = models.CharField(max_length=40, blank=True)
    share = models.ForeignKey(StoreShare, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="dossiers_store_look_is_somebodys",
                condition=Q(who="owner", person_id__isnull=False, share__isnull=True)
                | Q(who="share", share__isnull=False, person_id__isnull=True)
                | (Q(who="officer", share__isnull=True, person_id__isnull=True) & ~Q(unit_code="")),
            )
        ]
        indexes = [models.Index(fields=["paper", "-id"], name="dossiers_store_looks")]
        triggers = [pgtrigger.Protect(name="store_look_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.paper_id} {self.who}"
