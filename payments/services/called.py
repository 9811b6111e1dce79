"""What codes of agencies, institutions, kinds of transaction and accounts of the ledger are called, asked together."""

from __future__ import annotations

from collections.abc import Iterable

from payments.models import Account, Institution
from portal.catalogues import queries as catalogues
from portal.documents.units import unit_name

UNKNOWN_UNIT, UNKNOWN_KIND = "Không rõ cơ quan", "Không rõ loại"


class Called:
    """Names of codes: each kind of thing is one query, however many are asked for, where ``units`` says which agencies come."""

    def __init__(self, units: Iterable[str] = ()) -> None:
        self._units = catalogues.agency_names({code for code in units if code})
        self._kinds: dict[str, str] | None = None
        self._institutions: dict[str, str] | None = None

    def unit(self, code: str) -> str:
        """The agency's name; the code itself where no catalogue knows it."""
        if not code:
            return UNKNOWN_UNIT
        if code not in self._units:
            self._units[code] = unit_name(code)
        return self._units[code]

    def kind(self, code: str) -> str:
        """The name of a kind of transaction. What only a file of another side says (``thanh-toan``) is no kind of the catalogue."""
        if self._kinds is None:
            self._kinds = dict(catalogues.transaction_kinds().values_list("code", "name"))
        return self._kinds.get(code, UNKNOWN_KIND)

    def institution(self, code: str) -> str:
        """The short name of an institution."""
        if self._institutions is None:
            self._institutions = dict(Institution.objects.values_list("code", "short_name"))
        return self._institutions.get(code, code)

    def account(self, account: Account) -> str:
        """An account of the ledger: what it holds, whose it is, of which kind."""
        whose = [self.institution(account.institution_code)] if account.institution_code else []
        whose += [self.unit(account.unit_code)] if account.unit_code else []
        whose += [self.kind(account.kind).lower()] if account.kind else []
        test = ["kiểm thử chung"] if account.is_test else []
        return ", ".join([account.get_type_display(), *whose, *test])
