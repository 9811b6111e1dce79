"""What a system may be let know of somebody, by scope: what people read before they agree, and the claims themselves (Rules art. 12).

``sub`` is pairwise: the same person has another name in every sector, so that two systems cannot put together what they know.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import queries
from accounts.linking.answering import account_at
from accounts.models import EmailAddress, Identifier, OidcClient, Organisation, Person, Sex
from portal.access import Assurance
from portal.crypto import bare_index, blind_index

OPENID = "openid"


@dataclass(frozen=True)
class Scope:
    """One scope: what it is in words, and the claims that it opens."""

    name: str
    label: str | Promise
    claims: tuple[str, ...]


SCOPES = {
    one.name: one
    for one in (
        Scope(OPENID, _("Mã riêng của bạn tại hệ thống này, mức bảo đảm của lần đăng nhập"), ("sub",)),
        Scope("profile", _("Họ tên, ngày sinh, giới tính"), ("name", "birthdate", "gender")),
        Scope("identity", _("Số định danh cá nhân"), ("identity_number",)),
        Scope("phone", _("Số điện thoại"), ("phone_number", "phone_number_verified")),
        Scope("email", _("Thư điện tử"), ("email", "email_verified")),
        Scope("address", _("Nơi cư trú"), ("address",)),
        Scope(
            "organisation",
            _("Tên, mã số thuế của tổ chức mà bạn đại diện"),
            ("organisation_name", "organisation_tax_code", "organisation_kind"),
        ),
        Scope(
            "dvcqg",
            _("Thông tin tài khoản như các hệ thống đã kết nối trước đây nhận: họ tên, giới tính, các số giấy tờ, địa chỉ, điện thoại, "
              "thư điện tử, tổ chức"),
            ("TechID", "LoaiTaiKhoan", "SoCMND", "SoDinhDanh", "HoChieu", "HoVaTen", "GioiTinh", "DiaChi", "SoDienThoai", "ThuDienTu",
             "MaSoThue", "MaSoDoanhNghiep", "TenDoanhNghiep", "loAs"),
        ),
    )
}  # fmt: skip
"""All there are. ``dvcqg`` is what systems read that connected with the portal of before (docs/partners.md)."""


def known(names: Iterable[str]) -> list[str]:
    """Those of some names that are scopes, each once, in our order."""
    wanted = set(names)
    return [name for name in SCOPES if name in wanted]


def subject(client: OidcClient, person_id: UUID, organisation_id: UUID | None) -> str:
    """The name of a person in the sector of a client; of one who acts for an organisation another one, for they are not the same there."""
    return _named("oidc.subject", f"{client.sector}|{person_id}|{organisation_id or ''}")


def _account(client: OidcClient, party_id: UUID) -> str:
    """The name of an account (``TechID``): an organisation's is the same whoever acts for it."""
    return _named("oidc.account", f"{client.sector}|{party_id}")


def _named(use: str, whom: str) -> str:
    """Keyed, so that nobody finds out by trying ids; the same under every cover of the index."""
    return bare_index(blind_index(use, hashlib.sha256(whom.encode()).hexdigest()))


@dataclass
class Known:
    """Somebody, read as far as the scopes need it."""

    client: OidcClient
    person: Person
    organisation: Organisation | None
    email: str = ""
    documents: dict[str, str] = field(default_factory=dict)


def _read(client: OidcClient, person_id: UUID, organisation_id: UUID | None, scopes: Collection[str]) -> Known:
    person = queries.person(person_id)
    organisation = Organisation.objects.filter(pk=organisation_id).first() if organisation_id else None
    found = Known(client, person, organisation)
    if {"email", "dvcqg"} & set(scopes):
        row = EmailAddress.objects.filter(person=person, verified_at__isnull=False, bounced_at__isnull=True).first()
        found.email = (row.address or "") if row is not None else ""
    if "dvcqg" in scopes:
        found.documents = {row.kind: row.number or "" for row in Identifier.objects.filter(person=person).order_by("confirmed_at", "id")}
    return found


def claims(
    *, client: OidcClient, person_id: UUID, organisation_id: UUID | None, scopes: Collection[str], sign_in: Assurance
) -> dict[str, Any]:
    """The claims that scopes open (three to six queries). What we do not know is left out, never empty.

    ``LookupError`` for one who was erased: nothing is stated about nobody.
    """
    found = _read(client, person_id, organisation_id, scopes)
    if not found.person.full_name:
        raise LookupError("erased")
    stated: dict[str, Any] = {"sub": subject(client, person_id, organisation_id)}
    for name in known(scopes):
        if name in _BY_SCOPE:
            stated |= _BY_SCOPE[name](found)
    if organisation_id is None:
        # Which of the accounts that the system had before is theirs: they agreed that it be told.
        stated["linked_account"] = account_at(client.pk, person_id)
    if "dvcqg" in scopes:
        stated["loAs"] = "LoA3" if sign_in >= Assurance.HIGH else "LoA2"
    return {name: value for name, value in stated.items() if value not in ("", None, {})}


def _profile(of: Known) -> dict[str, Any]:
    return {"name": of.person.full_name, "birthdate": of.person.birth_date, "gender": of.person.sex}


def _organisation(of: Known) -> dict[str, Any]:
    if of.organisation is None:
        return {}
    return {
        "organisation_name": of.organisation.name,
        "organisation_tax_code": of.organisation.tax_code,
        "organisation_kind": of.organisation.kind,
    }


_SEX: dict[str, str] = {Sex.MALE: "1", Sex.FEMALE: "2"}
"""Connected systems read a number; which one is whose is ours (docs/single-sign-on.md)."""


def _national(of: Known) -> dict[str, Any]:
    person, organisation = of.person, of.organisation
    return {
        "TechID": _account(of.client, organisation.pk if organisation is not None else person.pk),
        "LoaiTaiKhoan": "2" if organisation is not None else "1",
        "SoCMND": of.documents.get(Identifier.Kind.OLD_NUMBER, ""),
        "SoDinhDanh": person.id_number,
        "HoChieu": of.documents.get(Identifier.Kind.PASSPORT, ""),
        "HoVaTen": person.full_name,
        "GioiTinh": _SEX.get(person.sex or "", ""),
        "DiaChi": organisation.address if organisation is not None else person.address,
        "SoDienThoai": person.phone,
        "ThuDienTu": of.email,
        "MaSoThue": organisation.tax_code if organisation is not None else "",
        "MaSoDoanhNghiep": organisation.tax_code if organisation is not None else "",
        "TenDoanhNghiep": organisation.name if organisation is not None else "",
    }


_BY_SCOPE = {
    "profile": _profile,
    "identity": lambda of: {"identity_number": of.person.id_number},
    "phone": lambda of: {"phone_number": of.person.phone, "phone_number_verified": True if of.person.phone else None},
    "email": lambda of: {"email": of.email, "email_verified": True if of.email else None},
    "address": lambda of: {"address": {"formatted": of.person.address, "country": "VN"} if of.person.address else {}},
    "organisation": _organisation,
    "dvcqg": _national,
}
