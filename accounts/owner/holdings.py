"""What the accounts themselves hold about a party, for the copy of their data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import queries
from accounts.models import (
    AccountComplaint,
    AccountLock,
    AccountOffer,
    GuardianRequest,
    Mandate,
    Organisation,
    OutsideIdentity,
    Position,
    SignInConsent,
)
from accounts.models.sessions import Way
from accounts.owner.lines import Holding, Watched
from accounts.registration.terms import consents_of
from accounts.services import failures
from accounts.services.mandates import NOBODY
from portal.access import ActingAs, Actor
from portal.audit.models import Act
from portal.audit.words import act_words
from portal.notifications.queries import notices_of

LOOKS = ("accounts.read_person",)
"""What is written where an officer is shown who somebody is (``services.people.note_read``)."""
WATCHED = _("Thông tin định danh")
WATCHED_MOST = 100
Rows = Iterator[Mapping[str, Any]]


def profile(actor: Actor) -> Rows:
    """Who it is, as the registers say."""
    if actor.acting_as is ActingAs.ORGANISATION:
        organisation = Organisation.objects.get(pk=actor.party_id or NOBODY)
        yield {
            "Tên": organisation.name,
            "Mã số thuế": organisation.tax_code,
            "Địa chỉ trụ sở": organisation.address,
            "Tình trạng": organisation.get_status_display(),
            "Đối chiếu với CSDL đăng ký doanh nghiệp lúc": organisation.registry_checked_at,
        }
        return
    assert actor.party_id is not None
    person = queries.person(actor.party_id)
    yield {
        "Họ và tên": person.full_name,
        "Số định danh cá nhân": person.id_number,
        "Ngày sinh": date.fromisoformat(person.birth_date) if person.birth_date else None,
        "Giới tính": person.get_sex_display(),
        "Nơi cư trú": person.address,
        "Điện thoại": person.phone,
        "Đối chiếu với CSDL dân cư lúc": person.registry_checked_at,
        "Khớp": person.registry_matches,
    }


def contacts(actor: Actor) -> Rows:
    """Where they are told, and how they chose it."""
    if actor.is_for_another or actor.person_id is None:
        return
    for row in queries.email_addresses(actor.person_id):
        if row is not None:
            yield {"Thư điện tử": row.address, "Xác nhận lúc": row.verified_at, "Thư bị trả lại lúc": row.bounced_at}
    choice = queries.contact_choice(actor.person_id)
    yield {"Ngôn ngữ": choice.get_language_display(), "Cách nhận": choice.channels}


def mandates(actor: Actor) -> Rows:
    """Who may act for the party, and for whom the person may act."""
    rows = Mandate.objects.select_related("person", "grantor", "organisation")
    if actor.is_for_another:
        rows = rows.filter(organisation_id=actor.party_id or NOBODY) | rows.filter(grantor_id=actor.party_id or NOBODY)
    else:
        rows = rows.filter(person_id=actor.person_id or NOBODY) | rows.filter(grantor_id=actor.person_id or NOBODY)
    for row in rows.order_by("given_at", "id").iterator(chunk_size=500):
        yield {
            "Thay mặt": row.party_name,
            "Người đại diện": row.person.full_name,
            "Căn cứ": str(row.get_basis_display()),
            "Thủ tục": row.procedures,
            "Từ": row.valid_from,
            "Đến": row.valid_to,
            "Nhận lúc": row.accepted_at,
            "Chấm dứt lúc": row.withdrawn_at,
        }


def consents(actor: Actor) -> Rows:
    """What they agreed to."""
    if actor.is_for_another or actor.person_id is None:
        return
    for row in consents_of(actor.person_id):
        yield {"Đã đồng ý": str(row.terms), "Lúc": row.given_at, "Cách": row.get_how_display()}


def signed_on(actor: Actor) -> Rows:
    """What they let other systems know when they sign in there."""
    if actor.is_for_another:
        return
    rows = SignInConsent.objects.filter(person_id=actor.person_id or NOBODY).select_related("client", "organisation")
    for row in rows.order_by("given_at", "id"):
        yield {
            "Hệ thống": row.client.name,
            "Cơ quan": row.client.unit_code,
            "Đại diện của": row.organisation.name if row.organisation else "",
            "Được biết": list(row.scopes),
            "Đồng ý lúc": row.given_at,
            "Đăng nhập lần cuối lúc": row.used_at,
            "Rút lúc": row.withdrawn_at,
        }


def linked_accounts(actor: Actor) -> Rows:
    """Accounts elsewhere: those that they sign in by here, and those at agencies that they answered about."""
    if actor.is_for_another:
        return
    for one in OutsideIdentity.objects.filter(person_id=actor.person_id or NOBODY).select_related("provider").order_by("linked_at", "id"):
        yield {"Nơi": one.provider.name, "Liên kết lúc": one.linked_at, "Dùng lần cuối lúc": one.last_used_at}
    for row in AccountOffer.objects.filter(person_id=actor.person_id or NOBODY).select_related("client").order_by("offered_at", "id"):
        yield {
            "Nơi": row.client.name,
            "Tài khoản ở đó": row.account or "",
            "Mời lúc": row.offered_at,
            "Trả lời": str(row.get_state_display()),
            "Trả lời lúc": row.answered_at,
            "Đồng bộ họ tên, liên lạc": "Có" if row.syncs else "Không",
            "Nơi ấy ghi khác": "; ".join(str(one) for one in (row.proposed or {}).values()),
            "Bỏ lúc": row.ended_at,
        }


def positions(actor: Actor) -> Rows:
    """Positions in agencies."""
    if actor.is_for_another:
        return
    for row in Position.objects.filter(person_id=actor.person_id or NOBODY).order_by("valid_from", "id"):
        yield {"Chức danh": row.title, "Mã cơ quan": row.unit_code, "Từ": row.valid_from, "Đến": row.valid_to}


_WAYS = {**dict(Way.choices), "otp": Way.CODE.label}
"""By what somebody signed in, in words; the audit trail keeps the names."""


def sign_ins(actor: Actor) -> Rows:
    """When somebody signed in with the account, by what way; and what was done to it."""
    if actor.is_for_another:
        return
    acts = Act.objects.filter(target="accounts.person", target_id=str(actor.person_id)).order_by("-id")
    for row in acts.iterator(chunk_size=500):
        by = row.details.get("by", "")
        yield {"Lúc": row.at, "Việc": act_words(row.act), "Cách": str(_WAYS.get(by, by))}


def failed_sign_ins(actor: Actor) -> Rows:
    """The newest tries to sign in that failed."""
    if actor.is_for_another or actor.person_id is None:
        return
    for row in failures.of_person(actor.person_id):
        yield {
            "Lúc": row.last_at,
            "Cách": str(row.get_way_display()),
            "Vì": str(row.get_why_display()),
            "Thiết bị": row.device,
            "Mạng": row.network,
            "Số lần": row.tries,
        }


def locks(actor: Actor) -> Rows:
    """Times in which the account was locked."""
    if actor.is_for_another:
        return
    for row in AccountLock.objects.filter(user_id=actor.user_id or NOBODY).order_by("locked_at"):
        yield {"Khóa lúc": row.locked_at, "Vì": str(row.get_reason_display()), "Mở lúc": row.opened_at, "Mở bằng": row.opened_by}


def complaints(actor: Actor) -> Rows:
    """What they complained of about their account."""
    if actor.is_for_another:
        return
    for row in AccountComplaint.objects.filter(person_id=actor.person_id or NOBODY).order_by("received_at", "id"):
        yield {
            "Mã": row.code_shown,
            "Về": str(row.get_kind_display()),
            "Nội dung": row.said.get("text", ""),
            "Gửi lúc": row.received_at,
            "Tiếp nhận lúc": row.taken_at,
            "Trả lời lúc": row.ended_at,
            "Kết quả": row.outcome,
        }


def notices(actor: Actor) -> Rows:
    """What the party was told."""
    assert actor.party_id is not None and actor.person_id is not None
    for row in notices_of(actor.party_id, actor.person_id).iterator(chunk_size=500):
        yield {"Lúc": row.created_at, "Tiêu đề": row.title, "Nội dung": row.body}


def own() -> list[Holding]:
    """The holdings of this room."""
    return [
        Holding("profile", _("Thông tin định danh"), profile),
        Holding("contacts", _("Cách liên lạc"), contacts),
        Holding("mandates", _("Quyền đại diện"), mandates),
        Holding("consents", _("Điều đã đồng ý"), consents),
        Holding("signed_on", _("Hệ thống khác"), signed_on),
        Holding("linked_accounts", _("Tài khoản liên kết"), linked_accounts),
        Holding("positions", _("Chức danh trong cơ quan"), positions),
        Holding("sign_ins", _("Đăng nhập và thay đổi của tài khoản"), sign_ins),
        Holding("failed_sign_ins", _("Những lần đăng nhập không thành công"), failed_sign_ins),
        Holding("locks", _("Các lần khóa tài khoản"), locks),
        Holding("complaints", _("Khiếu nại về tài khoản"), complaints),
        Holding("notices", _("Thông báo đã nhận"), notices),
    ]


def person_watched(actor: Actor) -> dict[str, tuple[str, str]]:
    """The person themself, whom officers may have looked up."""
    if actor.is_for_another or actor.person_id is None:
        return {}
    return {str(actor.person_id): (str(_("Thông tin định danh của bạn")), "")}


def complaints_watched(actor: Actor) -> dict[str, tuple[str, str]]:
    """Complaints of the person, by id."""
    if actor.is_for_another or actor.person_id is None:
        return {}
    rows = AccountComplaint.objects.filter(person_id=actor.person_id or NOBODY).order_by("-received_at", "id")[:WATCHED_MOST]
    return {str(row.pk): (row.code_shown, reverse("account-complaint", args=[row.code])) for row in rows.defer("said", "outcome")}


def guardianships_watched(actor: Actor) -> dict[str, tuple[str, str]]:
    """Requests of the person as a guardian, whose document officers open."""
    if actor.is_for_another or actor.person_id is None:
        return {}
    rows = GuardianRequest.objects.filter(person_id=actor.person_id or NOBODY).order_by("-asked_at", "id")[:WATCHED_MOST]
    return {str(pk): (number, reverse("mandates")) for pk, number in rows.values_list("pk", "document_number")}


def watched() -> list[Watched]:
    """What of this room officers look at."""
    return [
        Watched("accounts.person", LOOKS, WATCHED, person_watched),
        Watched("accounts.accountcomplaint", ("accounts.read_complaint",), _("Khiếu nại về tài khoản"), complaints_watched),
        Watched("accounts.guardianrequest", ("accounts.read_guardian_file",), _("Giấy tờ giám hộ"), guardianships_watched),
    ]


def still_needed(actor: Actor) -> Iterator[Any]:
    """Why this room would not let somebody leave yet."""
    assert actor.person_id is not None
    if queries.positions_held(actor.person_id):
        yield _("Bạn đang giữ chức danh trong cơ quan. Cơ quan của bạn kết thúc chức danh trước.")
    if AccountComplaint.objects.filter(person_id=actor.person_id or NOBODY, ended_at=None).exists():
        yield _("Khiếu nại của bạn về tài khoản đang được xử lý.")
    legal = Mandate.Basis.LEGAL_REPRESENTATIVE
    if any(row.basis == legal for row in queries.mandates_of(actor.person_id)):
        yield _("Bạn là người đại diện theo pháp luật của một tổ chức. Tổ chức đăng ký người đại diện khác trước.")
