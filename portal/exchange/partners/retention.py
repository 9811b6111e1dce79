"""Classes of retention of partners (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "Partner": "authority",
    "Secret": "authority",
    "PartnerKey": "authority",
    "PartnerContact": "authority",
    "PartnerConsent": "authority",
    "PartnerLine": "authority",
    "PartnerToken": "fleeting",
    "SeenName": "fleeting",
    "PartnerSession": "fleeting",
    "WrongPassword": "fleeting",
    "PartnerDay": "figures",
    "PartnerRefusal": "figures",
    "KeptAnswer": "fleeting",
}
