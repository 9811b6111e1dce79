"""People, their logins and the positions they hold.

``User`` is one natural person's login. ``Person`` is the person, with or without a login (a child has none).
``Position`` is person × unit × roles × dates. ``Mandate`` is the right of a person to act for a party: another person or an
``Organisation``. A session carries as whom its user acts (:mod:`accounts.sessions`).
"""

from accounts.models.contact import ContactChoice, EmailAddress, OrganisationChoice
from accounts.models.linking import AccountFile, AccountFileRow, AccountOffer
from accounts.models.mandating import GuardianRequest, MandateOffer
from accounts.models.officers import CounterContract, HighLevelAccount, Substitution
from accounts.models.owner import AccountClosing, AccountComplaint, AccountLock, DataCopy
from accounts.models.parties import Mandate, Organisation
from accounts.models.people import Person, Sex, User, UserManager
from accounts.models.positions import Position, PositionRole
from accounts.models.provider import (
    OidcClient,
    OidcClientKey,
    SeenAssertion,
    SignInConsent,
    SigningKey,
    SignInGrant,
    SignInToken,
)
from accounts.models.registration import Consent, Identifier, Registration, RegistrationSignature, RegistryAnswer, Terms
from accounts.models.sessions import UserSession
from accounts.models.sign_in import CertificateSignIn, KnownBrowser, OneTimePassword, SignedChallenge
from accounts.models.ways import CitizenSignIn, FailedSignIn, IdentityProvider, OutsideIdentity, OutsideSignIn, PhoneChange, SignInTry

__all__ = [
    "AccountClosing",
    "AccountComplaint",
    "AccountFile",
    "AccountFileRow",
    "AccountLock",
    "AccountOffer",
    "CertificateSignIn",
    "CitizenSignIn",
    "Consent",
    "ContactChoice",
    "CounterContract",
    "DataCopy",
    "EmailAddress",
    "FailedSignIn",
    "GuardianRequest",
    "HighLevelAccount",
    "Identifier",
    "IdentityProvider",
    "KnownBrowser",
    "Mandate",
    "MandateOffer",
    "OidcClient",
    "OidcClientKey",
    "OneTimePassword",
    "Organisation",
    "OrganisationChoice",
    "OutsideIdentity",
    "OutsideSignIn",
    "Person",
    "PhoneChange",
    "Position",
    "PositionRole",
    "Registration",
    "RegistrationSignature",
    "RegistryAnswer",
    "SeenAssertion",
    "Sex",
    "SignInConsent",
    "SignInGrant",
    "SignInToken",
    "SignInTry",
    "SignedChallenge",
    "SigningKey",
    "Substitution",
    "Terms",
    "User",
    "UserManager",
    "UserSession",
]
