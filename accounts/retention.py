"""Classes of retention of people and accounts (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "User": "account",
    "Person": {"*": "identity", "user": "account"},
    "EmailAddress": "account",
    "ContactChoice": "account",
    "OrganisationChoice": "account",
    "Organisation": "authority",
    "Mandate": "authority",
    "Position": "authority",
    "PositionRole": "authority",
    "MandateOffer": "authority",
    "GuardianRequest": "authority",
    "HighLevelAccount": "authority",
    "CounterContract": "authority",
    "Substitution": "authority",
    "AccountLock": "account",
    "AccountComplaint": "petition_content",
    "DataCopy": "copy",
    "AccountClosing": "account",
    "OneTimePassword": "fleeting",
    "KnownBrowser": "session",
    "CertificateSignIn": "fleeting",
    "Terms": "public",
    "Consent": "account",
    "Identifier": "identity",
    "Registration": "registration",
    "RegistryAnswer": "registration",
    "RegistrationSignature": "registration",
    "UserSession": "session",
    "SignInTry": "fleeting",
    "FailedSignIn": "session",
    "OutsideIdentity": "account",
    "OutsideSignIn": "fleeting",
    "CitizenSignIn": "fleeting",
    "PhoneChange": "session",
}
