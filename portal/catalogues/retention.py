"""Classes of retention of the shared catalogues (`portal.retention.classes`)."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, str | Mapping[str, str]] = {
    "AdministrativeUnit": "reference",
    "Succession": "reference",
    "Agency": "reference",
    "Sector": "reference",
    "ResultKind": "reference",
    "PaperKind": "reference",
    "PaymentInstitution": "reference",
    "BankAccount": "reference",
    "RevenueKind": "reference",
    "TransactionKind": "reference",
    "ShippedFile": "technical",
    "CatalogueImport": "technical",
}
