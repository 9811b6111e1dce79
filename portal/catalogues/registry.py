"""The seven catalogues kept here (the other two of the nine, procedures and online services, are rooms of their own)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.catalogues.models import (
    AdministrativeUnit,
    Agency,
    BankAccount,
    CatalogueEntry,
    PaperKind,
    PaymentInstitution,
    ResultKind,
    RevenueKind,
    Sector,
    TransactionKind,
)


@dataclass(frozen=True)
class Catalogue:
    """One catalogue: its name in commands and files, its table, the agency that owns it, the files that come with the portal."""

    name: str
    model: type[CatalogueEntry]
    owner: str
    files: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The columns of a table of this catalogue, in order."""
        facts = [name for name in self.model.facts if name not in ("name", "source", "owner_code", "is_demo")]
        return ["code", "name", *facts, "effective_from", "effective_to", "owner_code", "is_demo", "source"]

    @property
    def relations(self) -> dict[str, type[CatalogueEntry]]:
        """The facts that are entries of a catalogue themselves, written by their code."""
        fields: dict[str, Any] = {name: self.model._meta.get_field(name) for name in self.model.facts}
        return {name: field.related_model for name, field in fields.items() if field.is_relation}

    def label(self, column: str) -> str:
        """What a column is called on screen and in an exported table."""
        return str(getattr(self.model._meta.get_field(column), "verbose_name", column))


# In the order in which they can be loaded: what others refer to comes first.
CATALOGUES = {
    catalogue.name: catalogue
    for catalogue in (
        Catalogue("administrative_units", AdministrativeUnit, "G12", ("administrative_units_until_2025.csv", "administrative_units.csv")),
        Catalogue("agencies", Agency, "G22", ("agencies.csv",)),
        Catalogue("sectors", Sector, "G22", ("sectors.csv",)),
        Catalogue("result_kinds", ResultKind, "G22", ("result_kinds.csv",)),
        Catalogue("paper_kinds", PaperKind, "G22", ("paper_kinds.csv",)),
        Catalogue("payment_institutions", PaymentInstitution, "G19", ("payment_institutions.csv",)),
        Catalogue("bank_accounts", BankAccount, "G12", ("bank_accounts.csv",)),
        Catalogue("revenue_kinds", RevenueKind, "G12", ("revenue_kinds.csv",)),
        Catalogue("transaction_kinds", TransactionKind, "G22", ("transaction_kinds.csv",)),
    )
}


def catalogue_of(model: type[CatalogueEntry]) -> Catalogue:
    """The catalogue that a table holds. Raises ``KeyError``."""
    by_model = {catalogue.model: catalogue for catalogue in CATALOGUES.values()}
    return by_model[model]
