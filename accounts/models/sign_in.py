"""What a sign-in under way leaves behind."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.people import Person
from accounts.models.positions import Position
from accounts.models.sessions import Way
from portal.crypto.fields import BlindIndexField


class OneTimePassword(models.Model):
    """A request for a one-time password, made alike for every number that was typed, whether anybody has it or not.

    The page that asks looks nobody up: the worker finds the person by ``number_blind`` and, when there is one, puts them here and
    replaces the random ``code_hash``, which no code fits, by the hash of the code it sends. So neither words nor status nor time tell
    who has an account. Requests and tries are counted in these rows: the count never fails open.
    """

    class Purpose(models.TextChoices):
        """What it serves for; a code for one never serves for the other."""

        SIGN_IN = "sign_in"
        UNLOCK = "unlock"
        CONTACT = "contact"
        """For another address to which codes go from then on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.SIGN_IN, db_default="sign_in")
    facts_digest = models.CharField(max_length=64, db_default="", blank=True)
    """Of one that opens a locked account: keyed digest of the name and day of birth that were typed, which must be the owner's."""
    number_blind = BlindIndexField(db_default="")
    """Blind index of the number that was typed, as :attr:`Person.id_blind` has it."""
    address_digest = models.CharField(max_length=64, db_default="", blank=True)
    """Keyed digest of the address the request came from; empty when the server knows none."""
    browser_digest = models.CharField(max_length=64, db_default="", blank=True)
    """Digest of the browser, where the owner of the number signed in with it before (:class:`KnownBrowser`); else empty."""
    browser = models.CharField(max_length=40, blank=True, db_default="")
    system = models.CharField(max_length=40, blank=True, db_default="")
    network = models.CharField(max_length=60, blank=True, db_default="")
    """Where it was asked for, as :class:`UserSession` has it: what the owner reads of tries that failed."""
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    """Whom the code was sent to; null until the worker has sent it, and for ever where nobody has the number."""
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["person", "-created_at"], name="otp_by_person"),
            models.Index(fields=["number_blind", "browser_digest", "-created_at"], name="otp_by_number"),
            models.Index(fields=["address_digest", "-created_at"], condition=Q(browser_digest=""), name="otp_by_address"),
            models.Index(fields=["created_at"], name="otp_by_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="otp_at_most_five_tries"),
            models.CheckConstraint(condition=Q(used_at__isnull=True) | Q(person__isnull=False), name="otp_used_is_somebodys"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class KnownBrowser(models.Model):
    """A browser in which a person has signed in before: it has a count of one-time passwords of its own.

    So a stranger who uses up what a number may ask for does not lock its owner out of the machine they always use.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    """Keyed digest of the random value in the browser's cookie."""
    last_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="known_browser_once_a_person")]
        indexes = [models.Index(fields=["last_used_at"], name="known_browser_by_time")]

    def __str__(self) -> str:
        return str(self.pk)


class SignedChallenge(models.Model):
    """A challenge that the key of a certificate must sign at the remote signing service, and how far that has come.

    The browser that began it holds the id in its session; the worker asks the signing service and checks the certificate
    (:mod:`accounts.services.challenges`). What the signature is for stands in the models that inherit from this one.
    """

    class State(models.TextChoices):
        """``begun`` → ``answered`` (code came back) → ``proved`` or ``refused`` → ``used``."""

        BEGUN = "begun"
        ANSWERED = "answered"
        PROVED = "proved"
        REFUSED = "refused"
        USED = "used"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    challenge = models.BinaryField(max_length=64)
    code_sealed = models.TextField(blank=True)
    """What came back from the signing service; serves once. Sealed, like the next two, and emptied when it has served."""
    activation_sealed = models.TextField(db_default="", blank=True)
    """Activation data bought with the code: kept, so that a silent service costs the signer no second authorisation."""
    credential_sealed = models.TextField(db_default="", blank=True)
    """Identifier of the key that the signer chose at the signing service."""
    activation_expires_at = models.DateTimeField(null=True)
    signature = models.BinaryField(null=True)
    """The signature over the challenge, once it is there: a silent revocation service asks for no second one."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.BEGUN)
    refusal = models.CharField(max_length=300, blank=True)
    certificate_serial = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        abstract = True


class CertificateSignIn(SignedChallenge):
    """An officer's sign-in under way: a challenge that the certificate's key must sign (Rules art. 11, 12.1).

    Who signs in is not known before the certificate says it: nobody is asked for a number, so nobody can ask whether a number is an
    officer's.
    """

    way = models.CharField(max_length=12, choices=Way.choices, default=Way.CERTIFICATE, db_default="certificate")
    """By remote signing, by a file that a token's program signed, or by a token in the TLS handshake."""
    position = models.ForeignKey(Position, null=True, on_delete=models.CASCADE, related_name="+")
    """Whose certificate signed; null until it is proved. Of a refused one: whose high-level account waits for this certificate."""
    material = models.BinaryField(null=True)
    """The signed file, or the certificate of the handshake, until it has been checked."""

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["created_at"], name="certificate_sign_in_by_time")]
        constraints = [
            models.CheckConstraint(condition=~Q(state__in=["proved", "used"]) | Q(position__isnull=False), name="proved_is_somebodys"),
            models.CheckConstraint(condition=Q(way__in=[Way.CERTIFICATE, Way.FILE, Way.TOKEN]), name="officer_sign_in_by_certificate"),
        ]

    def __str__(self) -> str:
        return str(self.id)
