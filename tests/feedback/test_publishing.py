"""Publication: each place that tells who somebody is gets decided, the original stays, what is withdrawn is found no more (art. 45)."""

from __future__ import annotations

import pytest
from django.test import Client

from feedback.models import Petition, PublishedCase
from feedback.redaction import sign_key
from feedback.search import like
from feedback.services import PetitionRefused, answering, publishing
from feedback.services.secrets import seal_away
from portal.access import AccessDenied, Assurance
from portal.audit.models import Act
from portal.notifications.models import Notification
from tests import factories
from tests.feedback.support import MONDAY, answered, later, officer, send_one

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("F-10")]

WORDS = "Tôi là Nguyễn Thị Giả Định, số 001199012345, gọi 0912 345 678. Phường hẹn trả giấy khai sinh ngày 2/11 mà chưa trả."
ANSWER = "Chào bà Giả Định, giấy khai sinh đã có từ ngày 10/11. Mời bà đến nhận, không phải nộp thêm giấy tờ."
CLEAN = {
    "title": "Giấy khai sinh trả chậm",
    "question": "Phường hẹn trả giấy khai sinh ngày 2/11 mà chưa trả.",
    "answer": "Giấy khai sinh đã có từ ngày 10/11. Mời bạn đến nhận, không phải nộp thêm giấy tờ.",
}
AT = later(MONDAY, days=2)


def published(petition: Petition, **more: object) -> PublishedCase:
    """The petition's answer, published by an officer who may."""
    given = {**CLEAN, "left": (), "show_name": False, "now": AT, **more}
    return publishing.publish(actor=officer(petition.unit_code), petition_id=petition.pk, **given)


def waiting(**more: str) -> tuple[Petition, object]:
    """A petition with an answer that waits for publication."""
    petition, sender = send_one(words=WORDS, **more)
    return answered(petition, words=ANSWER), sender


def test_what_was_not_decided_is_not_published() -> None:
    petition, _sender = waiting()
    for part, text in (("question", WORDS), ("answer", ANSWER), ("title", "Gọi 0912.345.678 cho NGUYEN THI GIA DINH")):
        with pytest.raises(PetitionRefused, match="còn chỗ chưa quyết định") as refused:
            published(petition, **{part: text})
        assert refused.value.field == part
    case = published(petition, question="Xin gọi 0912 345 678 khi có giấy khai sinh.", left={sign_key("0912345678")})
    assert case.decisions["left"] == {"phone": 1}
    assert case.decisions["taken"]["name"] == 2 and case.decisions["taken"]["id"] == 1
    petition.refresh_from_db()
    assert petition.words == WORDS and petition.answers.get().words == ANSWER, "the originals are untouched"
    assert petition.publication == "published" and case.on_time and case.sender_name == ""
    event = petition.events.get(name="publish")
    assert event.details["slug"] == case.slug and "0912" not in str(event.details)
    assert Act.objects.filter(act="feedback.publish", target_id=str(petition.pk)).exists()
    assert (
        Notification.objects.filter(party_id=petition.party_id, template="feedback.published", channel="inbox")
        .get()
        .link.endswith(f"/phan-anh-kien-nghi/tra-loi/{case.slug}/")
    )


def test_a_name_is_shown_only_where_the_sender_and_the_officer_agree() -> None:
    first, _one = waiting()
    assert published(first, show_name=True).sender_name == "Nguyễn Thị Giả Định"
    assert published(first, show_name=False, now=later(AT, hours=1)).sender_name == ""
    second, _two = waiting(hide_name="1")
    assert second.hide_name, "the sender asked for it"
    assert published(second, show_name=True).sender_name == ""


def test_who_may_publish() -> None:
    petition, _sender = waiting()
    given = {**CLEAN, "left": (), "show_name": False, "now": AT, "petition_id": petition.pk}
    with pytest.raises(AccessDenied):
        publishing.publish(actor=officer(roles=("petition_handling",)), **given)
    with pytest.raises(AccessDenied):
        publishing.publish(actor=factories.loose_officer(roles=("petition_publishing",), assurance=Assurance.MEDIUM), **given)
    with pytest.raises(Petition.DoesNotExist):
        publishing.publish(actor=officer("H29"), **given)
    with pytest.raises(PetitionRefused):
        publishing.publish(actor=officer(), **{**given, "seen": 1})
    other, _another = send_one()
    with pytest.raises(PetitionRefused, match="chưa có trả lời"):
        publishing.publish(actor=officer(), **{**given, "petition_id": other.pk})


def test_changed_withdrawn_published_again_at_one_address(client: Client) -> None:
    petition, _sender = waiting()
    case = published(petition)
    address = f"/phan-anh-kien-nghi/tra-loi/{case.slug}/"
    assert "Giấy khai sinh trả chậm" in client.get(address).content.decode()
    assert [found.pk for found in like("giay khai sinh tra cham")] == [case.pk]
    published(petition, title="Giấy khai sinh trả muộn", now=later(AT, hours=1))
    assert "trả muộn" in client.get(address).content.decode()
    with pytest.raises(PetitionRefused):
        publishing.withdraw_published(actor=officer(), petition_id=petition.pk, reason=" ", now=AT)
    publishing.withdraw_published(actor=officer(), petition_id=petition.pk, reason="Trả lời chưa đúng.", now=later(AT, hours=2))
    gone = client.get(address)
    assert gone.status_code == 410 and "Trả lời chưa đúng." in gone.content.decode() and "Mời bạn" not in gone.content.decode()
    assert like("giay khai sinh tra cham") == []
    petition.refresh_from_db()
    assert (petition.publication, petition.keep_reason) == ("kept", "Trả lời chưa đúng.")
    again = published(petition, now=later(AT, hours=3))
    assert again.slug == case.slug and client.get(address).status_code == 200
    assert [event.name for event in petition.events.filter(name__contains="publish")] == [
        "publish", "change_published", "withdraw_published", "publish",
    ]  # fmt: skip


def test_kept_back_with_a_reason_and_published_after_all() -> None:
    petition, _sender = waiting()
    publishing.keep_unpublished(actor=officer(), petition_id=petition.pk, reason="Chuyện riêng của gia đình.", now=AT)
    petition.refresh_from_db()
    assert (petition.publication, petition.keep_reason) == ("kept", "Chuyện riêng của gia đình.")
    with pytest.raises(PetitionRefused):
        publishing.keep_unpublished(actor=officer(), petition_id=petition.pk, reason="Lần nữa.", now=AT)
    assert published(petition).slug.startswith("giay-khai-sinh-tra-cham-")


def test_a_case_of_state_secrets_is_found_no_more(client: Client) -> None:
    petition, _sender = waiting()
    case = published(petition)
    seal_away(actor=officer(), petition_id=petition.pk, basis="CV 01/MB", now=later(AT, days=1))
    case.refresh_from_db()
    assert (case.title, case.question, case.answer, case.sender_name) == ("", "", "", "")
    assert like("giay khai sinh tra cham") == []
    assert client.get(f"/phan-anh-kien-nghi/tra-loi/{case.slug}/").status_code == 410


def test_a_public_answer_stays_while_the_sender_does_not_agree(client: Client) -> None:
    petition, sender = waiting()
    case = published(petition)
    answering.disagree(actor=sender, petition_id=petition.pk, words="Chưa đúng.", now=later(AT, days=1))
    case.refresh_from_db()
    petition.refresh_from_db()
    assert case.withdrawn_at is None and petition.publication == "none", "of the answer that is to come there is none"
    page = client.get(f"/phan-anh-kien-nghi/tra-loi/{case.slug}/").content.decode()
    assert "Người gửi không đồng ý với trả lời này" in page and "Văn phòng Chính phủ chủ trì" in page
    published(petition, title="Giấy khai sinh chậm trả", now=later(AT, days=1, hours=1))
    case.refresh_from_db()
    assert case.title == "Giấy khai sinh chậm trả" and case.disagreed_at and case.unit_code == "H26.101", "what is public can be mended"


def _overruled() -> tuple[Petition, PublishedCase]:
    """A petition whose answer was published, was not agreed with, and was answered otherwise by VPCP."""
    petition, sender = waiting()
    case = published(petition)
    publishing.vote(case_id=case.pk, address="192.0.2.7", helps=False, now=AT)
    answering.disagree(actor=sender, petition_id=petition.pk, words="Chưa đúng.", now=later(AT, days=1))
    petition.refresh_from_db()
    return answered(petition, unit="G22", now=later(AT, days=3), words="Phường phải trả giấy ngay."), case


def test_the_new_answer_takes_the_place_of_the_one_it_overrules(client: Client) -> None:
    petition, case = _overruled()
    assert petition.publication == "waiting"
    published(petition, answer="Phường phải trả giấy ngay.", now=later(AT, days=4))
    page = client.get(f"/phan-anh-kien-nghi/tra-loi/{case.slug}/").content.decode()
    assert "Phường phải trả giấy ngay." in page and "Mời bạn đến nhận" not in page and "không đồng ý với trả lời này" not in page
    case.refresh_from_db()
    assert (case.unit_code, case.unit_name, case.unhelpful) == ("G22", "Văn phòng Chính phủ", 0)
    assert case.answered_on == later(AT, days=3).date()


def test_an_overruled_answer_goes_when_the_new_one_is_not_published(client: Client) -> None:
    petition, case = _overruled()
    publishing.keep_unpublished(actor=officer("G22"), petition_id=petition.pk, reason="Chuyện riêng.", now=later(AT, days=4))
    gone = client.get(f"/phan-anh-kien-nghi/tra-loi/{case.slug}/")
    assert gone.status_code == 410 and "Chuyện riêng." in gone.content.decode() and like("giay khai sinh tra cham") == []
    assert petition.events.filter(name="withdraw_published").count() == 1
    other, standing = _overruled()
    publishing.withdraw_published(actor=officer(), petition_id=other.pk, reason="Đã có trả lời khác.", now=later(AT, days=4))
    standing.refresh_from_db()
    other.refresh_from_db()
    assert standing.withdrawn_at and other.publication == "waiting", "the agency that published it can take it down; the new one waits"


def test_helped_is_counted_for_what_is_public() -> None:
    petition, _sender = waiting()
    case = published(petition)
    publishing.count_helped(case.pk, later(AT, hours=1))
    publishing.withdraw_published(actor=officer(), petition_id=petition.pk, reason="Sai.", now=later(AT, hours=2))
    publishing.count_helped(case.pk, later(AT, hours=3))
    case.refresh_from_db()
    assert case.helped == 1
