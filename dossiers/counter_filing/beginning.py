"""Who came, or wrote: identity, store and registries are looked up before anything is asked or scanned (requirement D-24)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import queries as people
from accounts.identifiers import clean_id_number, clean_tax_code
from accounts.models import Person
from accounts.services.people import BadPerson, enter_person, note_read
from dossiers.counter_filing.common import ENTER, OWN, FilingRefused, record
from dossiers.counter_filing.terms import counter_terms
from dossiers.handled.routing import partner_for
from dossiers.models import CounterFiling
from dossiers.queries import FormUnknown, handling_unit, handling_units, newest_form, place_of, unit_at
from dossiers.services.common import position_of
from dossiers.services.registries import wish_for
from dossiers.terms import NotServed, Terms, TermsUnknown, serves, terms_for
from portal.access import Actor, require
from portal.catalogues import queries as catalogues
from procedures import queries as procedures
from procedures.models import Anywhere

DECLARED = ("full_name", "birth_date", "sex", "phone", "address")
"""What the officer copies from the card of somebody whom the portal does not know yet."""


@transaction.atomic
def begin(
    *,
    actor: Actor,
    channel: str,
    id_number: str,
    procedure_code: str,
    for_number: str = "",
    came_number: str = "",
    full_name: str = "",
    birth_date: date | None = None,
    sex: str = "",
    phone: str = "",
    address: str = "",
    residence_unit: str = "",
    place: str = "",
    now: datetime,
) -> CounterFiling:
    """Begin a dossier for who came (``channel`` ``1``) or wrote (``3``). ``for_number``: identity number or tax code of whom they act for.

    Who has no account is entered with what their card says and compared with the population registry, and every registry that the form is
    filled in from is asked, in the background. ``place``: the commune or province whose agency is competent, where that is another one
    and the procedure may be handed in anywhere. :class:`FilingRefused`, :class:`AccessDenied`.
    """
    require(actor, ENTER, actor.unit)
    person = person_at_counter(actor, id_number, full_name, birth_date, sex, phone, address, residence_unit)
    party_id, mandate_id = _party(person, for_number, procedure_code)
    own = actor.person_id
    if own is not None and (own in (person.id, party_id) or people.mandate_over(own, [party_id]) is not None):
        raise FilingRefused(OWN, "id_number", status=409)
    try:
        terms = terms_for(procedure_code, party_id, now)
        form = newest_form(procedure_code, terms.service.code)
    except (TermsUnknown, FormUnknown):
        raise FilingRefused("Chưa có biểu mẫu điện tử cho thủ tục này, hoặc thủ tục không còn hiệu lực.", "procedure_code") from None
    except NotServed:
        raise FilingRefused("Thủ tục này không có ở nơi cư trú hoặc trụ sở của người nộp.", "procedure_code") from None
    counter_terms(terms, channel)
    party = people.party(party_id)
    if not serves(terms.subjects, party.kind):
        raise FilingRefused("Thủ tục này không dành cho người hoặc tổ chức này.", "procedure_code")
    own_province = catalogues.province_of(place_of(actor.unit))
    # What the country's decision leaves to provinces each lays down for its own counters.
    reach = terms.anywhere or procedures.anywhere_in(terms.version_id, own_province)
    for_unit = _competent(actor.unit, own_province, place, terms, reach) if place else ""
    if not for_unit:
        _require_handling(actor.unit, party_id, terms, reach)
    filing = CounterFiling.objects.create(
        unit_code=actor.unit,
        position_id=position_of(actor),
        officer_label=actor.label[:200],
        channel=channel,
        for_unit=for_unit,
        came_number=came_number.strip()[:30],
        person_id=person.id,
        party_id=party_id,
        mandate_id=mandate_id,
        party_name=party.name,
        procedure_code=procedure_code,
        procedure_name=terms.name[:500],
        procedure_version_id=terms.version_id,
        form_version=form,
        began_at=now,
        changed_at=now,
    )
    note_read(actor=actor, people=[person.id], unit=actor.unit)
    record(actor, "begin_counter_filing", filing, procedure=procedure_code, channel=channel, **({"for_unit": for_unit} if for_unit else {}))
    wish_for(party_id=party_id, form=form, now=now)
    return filing


def person_at_counter(
    actor: Actor, id_number: str, full_name: str, birth_date: date | None, sex: str, phone: str, address: str, residence_unit: str
) -> Person:
    """Who stands at the counter, by their number; who is not known yet is entered with what their card says. :class:`FilingRefused`."""
    number = clean_id_number(id_number)
    if not number:
        raise FilingRefused("Số định danh cá nhân gồm 12 chữ số.", "id_number")
    known = people.by_id_number(number)
    if known is not None:
        return known
    said = {"full_name": full_name, "birth_date": birth_date, "sex": sex}
    missing = {name: "Cổng chưa biết người này. Bạn ghi theo thẻ căn cước." for name, value in said.items() if not value}
    if missing or birth_date is None:
        raise FilingRefused("Cổng chưa biết người có số này. Bạn ghi họ tên, ngày sinh, giới tính theo thẻ căn cước.", more=missing)
    if birth_date >= timezone.localdate():
        raise FilingRefused("Ngày sinh phải trước hôm nay.", "birth_date")
    try:
        return enter_person(
            actor=actor,
            full_name=full_name,
            id_number=number,
            birth_date=birth_date,
            sex=sex,
            phone=phone,
            residence_unit=residence_unit,
            address=address,
            with_account=False,
        )
    except BadPerson as bad:
        raise FilingRefused(str(bad), "phone") from bad


def _party(person: Person, for_number: str, procedure_code: str) -> tuple[UUID, UUID | None]:
    """For whom they file, and by which mandate."""
    if not for_number.strip():
        return person.id, None
    number, tax_code = clean_id_number(for_number), clean_tax_code(for_number)
    found = people.by_id_number(number) if number else people.by_tax_code(tax_code) if tax_code else None
    if found is None:
        raise FilingRefused("Cổng không biết ai, tổ chức nào có số này.", "for_number")
    if found.pk == person.id:
        return person.id, None
    mandate = people.mandate_over(person.id, [found.pk], procedure_code)
    if mandate is None:
        raise FilingRefused("Người nộp không có ủy quyền, quyền đại diện cho số này ở thủ tục này.", "for_number")
    return found.pk, mandate.id


def _competent(unit_code: str, own_province: str, place: str, terms: Terms, reach: str) -> str:
    """The agency to which a counter passes on what it receives for another place (Decision 468/QĐ-TTg III.3, 4b: who is competent stays
    the same); empty where that is the counter's own. :class:`FilingRefused` beside the field."""
    if not reach:
        raise FilingRefused("Thủ tục này chỉ nơi có thẩm quyền nhận: bạn để trống nơi khác.", "province")
    if reach == Anywhere.PROVINCE and catalogues.province_of(place) != own_province:
        raise FilingRefused("Thủ tục này chỉ nhận không phụ thuộc địa giới trong cùng tỉnh, thành phố.", "province")
    unit = unit_at(place, terms)
    if unit is None:
        raise FilingRefused("Nơi này chưa có cơ quan nhận hồ sơ của thủ tục này trên Cổng.", "commune")
    if unit.code == unit_code:
        return ""
    if partner_for(unit.code, terms.procedure_code):
        raise FilingRefused("Nơi này giải quyết trên hệ thống riêng, không nhận hồ sơ chuyển từ quầy: bạn giúp nộp trực tuyến.", "commune")
    return unit.code


def _require_handling(unit_code: str, party_id: UUID, terms: Terms, reach: str) -> None:
    """The officer's agency handles the procedure: for who lives elsewhere, too (Decision 468/QĐ-TTg III.1: wherever in the province)."""
    unit = handling_unit(unit_code)
    if unit is not None and (unit.level in terms.levels or any(one.code == unit_code for one in handling_units(party_id, terms))):
        return
    if reach:
        raise FilingRefused("Đơn vị của bạn không giải quyết thủ tục này: bạn chọn nơi có thẩm quyền để chuyển đến.", "province")
    raise FilingRefused("Đơn vị của bạn không giải quyết thủ tục này.", "procedure_code")
