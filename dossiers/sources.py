"""Where a form is filled in from: the account, registries, the party's store, its earlier dossiers; what each says, and how old it is.

A form names a fact: ``person.full_name`` (who fills it in), ``organisation.name`` (for which they do), ``<registry>.<fact>`` of the party
(:data:`REGISTRY_FACTS`), ``store.<kind of paper>/<number, issued_on or issuer>``, ``earlier.<procedure>/<field>``. What identifies a
person or organisation is corrected in the account; every other value may be corrected in the form, with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import gettext_noop

Spec = Mapping[str, Any]
CORRECTED = "#corrected"
"""Key in the answers of a draft: field → why what a source says of it was changed. No field is called so."""
ACCOUNT, STORE, EARLIER = "account", "store", "earlier"
_NAMES = {
    ACCOUNT: gettext_noop("tài khoản của bạn"),
    "population": gettext_noop("Cơ sở dữ liệu quốc gia về dân cư"),
    "insurance": gettext_noop("Bảo hiểm xã hội Việt Nam"),
    "tax": gettext_noop("cơ quan thuế"),
    "business": gettext_noop("Cơ sở dữ liệu quốc gia về đăng ký doanh nghiệp"),
    "civil_status": gettext_noop("Cơ sở dữ liệu hộ tịch điện tử"),
    "land": gettext_noop("Cơ sở dữ liệu quốc gia về đất đai"),
    "vehicle": gettext_noop("Cơ sở dữ liệu đăng ký xe, giấy phép lái xe"),
    STORE: gettext_noop("kho giấy tờ của bạn"),
    EARLIER: gettext_noop("hồ sơ bạn đã nộp"),
}
SOURCES: dict[str, Any] = {source: lazy(name) for source, name in _NAMES.items()}
"""What each source is called."""
FOR_PEOPLE = ("population", "insurance", "civil_status", "land", "vehicle")
FOR_ORGANISATIONS = ("business", "tax", "land", "vehicle")
REGISTRIES = tuple(dict.fromkeys((*FOR_PEOPLE, *FOR_ORGANISATIONS)))
REGISTRY_FACTS: dict[str, dict[str, str]] = {
    "population": {"full_name": "họ tên", "birth_date": "ngày sinh", "sex": "giới tính", "address": "nơi cư trú"},
    "insurance": {"number": "mã số bảo hiểm xã hội"},
    "tax": {"name": "tên người nộp thuế"},
    "business": {
        "name": "tên",
        "address": "địa chỉ trụ sở",
        "representative": "người đại diện theo pháp luật",
        "registration_number": "số đăng ký",
        "registered_on": "ngày đăng ký",
        "registered_by": "cơ quan đăng ký",
    },
    "civil_status": {
        "ethnicity": "dân tộc",
        "nationality": "quốc tịch",
        "birth_place": "nơi sinh",
        "home_town": "quê quán",
        "marital_status": "tình trạng hôn nhân",
        "next_marriage": "lần kết hôn sắp tới",
        "spouse_name": "họ tên vợ, chồng",
        "spouse_birth_date": "ngày sinh vợ, chồng",
        "spouse_id_number": "số định danh vợ, chồng",
        "spouse_sex": "giới tính vợ, chồng",
        "marriage_number": "số đăng ký kết hôn",
        "marriage_date": "ngày đăng ký kết hôn",
        "marriage_place": "nơi đăng ký kết hôn",
        "birth_number": "số đăng ký khai sinh",
        "birth_registered_on": "ngày đăng ký khai sinh",
        "birth_registered_at": "nơi đăng ký khai sinh",
    },
    "land": {
        "certificate": "số phát hành giấy chứng nhận",
        "book": "số vào sổ",
        "issued_on": "ngày cấp giấy chứng nhận",
        "sheet": "tờ bản đồ",
        "parcel": "số thửa",
        "area": "diện tích",
        "address": "địa chỉ thửa đất",
    },
    "vehicle": {
        "plate": "biển số",
        "certificate": "số chứng nhận đăng ký xe",
        "registered_on": "ngày đăng ký xe",
        "brand": "nhãn hiệu",
        "colour": "màu sơn",
        "chassis": "số khung",
        "engine": "số máy",
        "seats": "số chỗ",
        "year": "năm sản xuất",
        "licence_number": "số giấy phép lái xe",
        "licence_class": "hạng giấy phép lái xe",
        "licence_issuer": "nơi cấp giấy phép lái xe",
        "licence_issued_on": "ngày cấp giấy phép lái xe",
        "licence_valid_until": "ngày hết hạn giấy phép lái xe",
        "licence_year": "năm hết hạn giấy phép lái xe",
    },
}
"""What a registry can answer, by registry."""
KEYS = {"land": "land.certificate", "vehicle": "vehicle.plate"}
"""By which one of several parcels or vehicles is known: who has several answers this first."""
IDENTIFYING = frozenset({"person.full_name", "person.id_number", "person.birth_date", "organisation.name", "organisation.tax_code"})
"""Facts that are corrected in the account, for everything that hangs on it, and never in one form."""
STORE_FACT = re.compile(r"store\.([A-Za-z0-9.\-]{1,60})/(number|issued_on|issuer)")
EARLIER_FACT = re.compile(r"earlier\.([A-Za-z0-9.]{1,40})/([a-z][a-z0-9_]{0,49})")


class KnownFacts(frozenset[str]):
    """Names of facts that a form may ask for: the listed ones, and those of stores and earlier dossiers, which are patterns."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and bool(STORE_FACT.fullmatch(name) or EARLIER_FACT.fullmatch(name)))


def registry_facts() -> dict[str, str]:
    """All facts of registries with what they are called, for those who make forms."""
    names = {registry: name[:1].upper() + name[1:] for registry, name in _NAMES.items()}
    return {
        f"{registry}.{fact}": f"{names[registry]}: {label}" for registry, facts in REGISTRY_FACTS.items() for fact, label in facts.items()
    }


def source_of(fact: str) -> str:
    """Which of :data:`SOURCES` a fact is of."""
    first = fact.partition(".")[0]
    return first if first in SOURCES else ACCOUNT


def gives_way(fact: str) -> bool:
    """Whether what was typed stands before this fact: it may come late, when the field was answered already."""
    return source_of(fact) != ACCOUNT


def is_correctable(fact: str) -> bool:
    """Whether it may be corrected in a form."""
    return fact not in IDENTIFYING


@dataclass(frozen=True)
class Told:
    """Who says a fact, and when they said it; no moment: it stands in the account."""

    source: str
    at: datetime | None = None
    about: str = ""
    """Of an earlier dossier its code, of a paper its title."""


class Facts(dict[str, str]):
    """Facts by name, with who says them; ``rows``: several parcels or vehicles, of which the answers choose one."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        super().__init__(known or {})
        self.told: dict[str, Told] = {}
        self.rows: dict[str, tuple[list[dict[str, str]], Told]] = {}
        self.heard: set[str] = set()
        """Registries that have answered, also that they know nothing."""

    def learn(self, known: Mapping[str, str], told: Told) -> None:
        """Take facts that one source says."""
        for name, value in known.items():
            if value:
                self[name], self.told[name] = value, told

    def under(self, fields: Iterable[Spec], answers: Mapping[str, Any]) -> Facts:
        """The facts under these answers: of several parcels or vehicles the one that was named by number or plate, or the only one."""
        if not self.rows:
            return self
        found = Facts(self)
        found.told, found.heard = dict(self.told), self.heard
        whole = list(fields)
        for registry, (rows, told) in self.rows.items():
            key = KEYS[registry]
            if len(rows) == 1:
                found.learn(rows[0], told)
                continue
            typed = {_bare(answers.get(spec["name"])) for spec in whole if spec.get("prefill") == key} - {""}
            for row in rows:
                if _bare(row.get(key)) in typed:
                    # The number itself was typed and may be changed for another one's.
                    found.learn({name: value for name, value in row.items() if name != key}, told)
        return found


def _bare(text: Any) -> str:
    """A number or plate without the signs between its letters and digits."""
    return re.sub(r"[^0-9A-Z]", "", text.upper()) if isinstance(text, str) else ""


def corrections(answers: Mapping[str, Any]) -> Mapping[str, str]:
    """Of the answers of a draft: field → why its person changed what a source says."""
    found = answers.get(CORRECTED)
    return found if isinstance(found, Mapping) else {}


def registries_named(fields: Sequence[Spec], *, organisation: bool) -> list[str]:
    """The registries that a form is filled in from and that know such a party."""
    known = FOR_ORGANISATIONS if organisation else FOR_PEOPLE
    named = {source_of(spec["prefill"]) for spec in fields if "prefill" in spec}
    return [registry for registry in known if registry in named]


def age_words(at: datetime, now: datetime) -> str:
    """How long ago something was said."""
    day = timezone.localdate(at)
    days = (timezone.localdate(now) - day).days
    if days <= 0:
        return _("hôm nay")
    if days == 1:
        return _("hôm qua")
    if days < 60:
        return _("%(number)d ngày trước (%(day)s)") % {"number": days, "day": f"{day:%d/%m/%Y}"}
    if days < 730:
        return _("%(number)d tháng trước (%(day)s)") % {"number": days // 30, "day": f"{day:%d/%m/%Y}"}
    return _("%(number)d năm trước (%(day)s)") % {"number": days // 365, "day": f"{day:%d/%m/%Y}"}


def told_words(told: Told, now: datetime) -> str:
    """Who says a value and how old it is, as people read it."""
    said = {"source": SOURCES[told.source], "about": told.about, "when": age_words(told.at, now) if told.at is not None else ""}
    if told.at is None:
        return _("Theo %(source)s.") % said
    if told.source == EARLIER:
        return _("Theo %(source)s %(when)s (%(about)s).") % said
    if told.source == STORE:
        return _("Theo %(source)s: %(about)s, vào kho %(when)s.") % said
    return _("Theo %(source)s, trả lời %(when)s.") % said
