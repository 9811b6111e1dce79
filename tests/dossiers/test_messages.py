"""Messages between the applicant and the agency on one dossier (D-16)."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client

from dossiers.models import Dossier, DossierMessage, MessageFile, MessageTemplate
from portal.audit.models import Act
from portal.files.models import FileState, StoredFile
from portal.notifications.models import Notification
from tests.dossiers.support import NOW, filed, hidden, mother, photo, received
from tests.dossiers.test_kinds import DESK, desk, words
from tests.factories import citizen_actor, make_officer_actor, make_person, make_position, officer_actor, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("D-16")]


@pytest.fixture
def mothers() -> Client:
    client = Client()
    with time_machine.travel(NOW, tick=True):
        sign_in(client, mother())
    return client


def page(dossier: Dossier) -> str:
    return f"/ho-so/{dossier.code}/tin-nhan/"


def talk(dossier: Dossier) -> str:
    return f"{DESK}{dossier.pk}/messages/"


def told(template: str, **more: Any) -> int:
    return Notification.objects.filter(template=template, **more).count()


def test_both_write_are_told_at_once_and_see_what_is_new(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        officer, position = desk("H26.101", "reception", "handling")
        colleague, _ = desk("H26.101", "handling")
        dossier = filed()
        assert "Nhắn tin cho cơ quan" in words(mothers.get(f"/ho-so/{dossier.code}/"))
        officer.post(f"{DESK}{dossier.pk}/receive/", {"seen": dossier.version})
        shown = mothers.get(page(dossier))
        typed = hidden(shown, words="Tên cha có dấu\u200b hỏi, tôi khai đã đúng chưa?")
        sent = mothers.post(page(dossier), typed | {"attached": [photo("giấy kết hôn.png")]})
        assert sent.status_code == 302, words(sent)
        assert mothers.post(page(dossier), typed)["Location"] == sent["Location"], "pressed twice"
        message = DossierMessage.objects.get()
        assert (message.side, message.words, message.read_at) == ("applicant", "Tên cha có dấu hỏi, tôi khai đã đúng chưa?", None)
        stored = message.files.get().file
        assert (stored.subject, stored.state, stored.media_type) == (dossier.pk, FileState.UPLOADED, "image/png")
        assert "dấu hỏi".encode() not in _raw("SELECT words::text FROM dossiers_dossiermessage")

        # Who is in charge is told, without a word of it; the lists say that something is unread.
        [notice] = Notification.objects.filter(template="dossiers.message_to_desk", channel="inbox")
        assert notice.party_id == position.person_id and "dấu hỏi" not in (notice.body or "") and notice.link == talk(dossier)
        assert "Tin nhắn mới" in words(officer.get(DESK)) and "Tin nhắn chưa mở" in words(officer.get("/quan-tri/"))
        listed = words(officer.get("/quan-tri/dossiers/dossiermessage/"))
        assert str(dossier.code) in listed and "dấu hỏi" not in listed
        assert officer.get(f"/quan-tri/dossiers/dossiermessage/{message.pk}/change/")["Location"] == talk(dossier)
        assert "1 tin chưa mở" in words(officer.get(f"{DESK}{dossier.pk}/change/"))

        # An unchecked file is not opened by an officer; the sender opens their own.
        file_address = f"{page(dossier)}tep/{message.files.get().pk}/"
        assert officer.get(file_address).status_code in (403, 404, 409) and mothers.get(file_address).status_code == 200
        StoredFile.objects.filter(pk=stored.pk).update(state=FileState.CLEAN)
        seen = officer.get(talk(dossier))
        assert "dấu hỏi" in words(seen) and "Mới" in words(seen) and "giấy kết hôn.png" in words(seen)
        assert officer.get(file_address).status_code == 200
        assert Act.objects.filter(act="dossiers.read_message_file", target_id=str(dossier.pk)).exists()
        message.refresh_from_db()
        assert message.read_at == NOW
        assert "Cơ quan đã mở lúc 10:00 20/11/2026" in words(mothers.get(page(dossier)))
        assert "Tin nhắn mới" not in words(officer.get(DESK))

        # The colleague answers: the applicant is told by account and SMS, each once.
        answer = {"message": str(uuid4()), "words": "Đúng rồi. Chị không phải làm gì thêm."}
        assert colleague.post(talk(dossier), answer).status_code == 302
        assert colleague.post(talk(dossier), answer).status_code == 302, "pressed twice"
        assert DossierMessage.objects.filter(side="agency").count() == 1
        assert told("dossiers.message", channel="inbox") == 1 and told("dossiers.message", channel="sms") == 1
        assert "không phải làm gì" not in (Notification.objects.get(template="dossiers.message", channel="sms").body or "")
        assert "Tin nhắn mới: 1" in words(mothers.get("/ho-so/")) and "Tin nhắn mới: 1" in words(mothers.get(f"/ho-so/{dossier.code}/"))
        assert "Tin nhắn mới của cơ quan: 1" in words(mothers.get("/tai-khoan/"))
        read = mothers.get(page(dossier))
        assert "không phải làm gì thêm" in words(read)
        assert "Tin nhắn mới" not in words(mothers.get("/ho-so/"))

    # Written is written, in the database too.
    for change in ({"label": "Khác"}, {"read_at": NOW + timedelta(days=1)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            DossierMessage.objects.filter(pk=message.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        MessageFile.objects.all().delete()


def _raw(sql: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return " ".join(str(row[0]) for row in cursor.fetchall()).encode()


def test_what_cannot_be_sent_is_said_and_what_was_typed_stays(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        dossier = filed()
        empty = mothers.post(page(dossier), {"message": str(uuid4()), "words": "  "})
        assert empty.status_code == 422 and "Bạn hãy viết nội dung" in words(empty)
        many = mothers.post(
            page(dossier), {"message": str(uuid4()), "words": "Tôi gửi ảnh", "attached": [photo(f"{n}.png") for n in range(6)]}
        )
        assert many.status_code == 422 and "nhiều nhất 5 tệp" in words(many) and "Tôi gửi ảnh" in many.content.decode()
        wrong = photo("bay.png")
        wrong.file = io.BytesIO(b"MZ not a picture")
        wrong.size = 16
        bad = mothers.post(page(dossier), {"message": str(uuid4()), "words": "Tôi gửi tệp", "attached": [photo("tốt.png"), wrong]})
        assert bad.status_code == 422 and "“bay.png”" in words(bad)
        assert not DossierMessage.objects.exists() and not MessageFile.objects.exists()
        assert not StoredFile.objects.filter(purpose="dossiers.message").exclude(state=FileState.ERASED).exists(), "all of them or none"
        long = mothers.post(page(dossier), {"words": "x" * 6000, "message": str(uuid4())})
        assert long.status_code == 422 and "5.000" in words(long)
        # Somebody else's dossier is not there; without a sign-in one is led to it.
        stranger = Client()
        sign_in(stranger, make_person())
        assert stranger.get(page(dossier)).status_code == 404
        assert stranger.post(page(dossier), {"words": "Xin chào", "message": str(uuid4())}).status_code == 404
        assert Client().get(page(dossier)).status_code == 302


def test_officers_write_for_their_unit_only_with_templates_of_the_unit_and_never_on_their_own(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        dossier = filed()
        elsewhere, _ = desk("H29.101", "reception", "handling", "signing")
        assert elsewhere.get(talk(dossier)).status_code == 404
        assert elsewhere.post(talk(dossier), {"words": "Xin chào", "message": str(uuid4())}).status_code == 404
        clerk, _ = desk("H26.101", "clerk")
        mothers.post(page(dossier), {"words": "Bao giờ xong?", "message": str(uuid4())})
        assert "Bao giờ xong?" in words(clerk.get(talk(dossier)))
        assert clerk.post(talk(dossier), {"words": "Xin chào", "message": str(uuid4())}).status_code == 403
        assert DossierMessage.objects.get().read_at is None, "who may not answer has not opened it for the agency"

        officer, _ = desk("H26.101", "reception", "handling")
        add = "/quan-tri/dossiers/messagetemplate/add/"
        body = {
            "unit_code": "H26.101",
            "name": "Đang xử lý",
            "words": "Hồ sơ {ma} của {nguoi-nop}: {thu-tuc}, hẹn {hen-tra}.",
            "is_active": "on",
        }
        assert officer.post(add, body).status_code == 302
        again = officer.post(add, body)
        assert again.status_code == 422 and "đã có mẫu mang tên này" in words(again)
        assert officer.post(add, body | {"unit_code": "H29.101"}).status_code == 422
        row = MessageTemplate.objects.get()
        begun = officer.get(f"{talk(dossier)}?mau={row.pk}")
        assert f"Hồ sơ {dossier.code} của Nguyễn Thị Mẫu: Đăng ký khai sinh, hẹn chưa hẹn." in begun.content.decode()
        edit = f"/quan-tri/dossiers/messagetemplate/{row.pk}/edit/"
        assert officer.post(edit, {key: value for key, value in body.items() if key != "is_active"}).status_code == 302
        assert "Đang xử lý" not in words(officer.get(talk(dossier)))
        assert "Đang xử lý" in words(officer.get("/quan-tri/dossiers/messagetemplate/"))

        own = officer_actor(make_position(mother(), roles=("reception",)))
        from dossiers.talking.services import Written, answer
        from portal.states import TransitionRefused

        with pytest.raises(TransitionRefused):
            answer(actor=own, dossier_id=dossier.pk, written=Written(uuid4(), "Xong"), now=NOW)


def test_nobody_in_charge_means_who_receives_is_told_and_after_thirty_days_it_is_over(mothers: Client) -> None:
    from dossiers import services

    with time_machine.travel(NOW, tick=False):
        _officer, position = desk("H26.101", "reception")
        dossier = filed()
        mothers.post(page(dossier), {"words": "Khi nào tiếp nhận?", "message": str(uuid4())})
        assert told("dossiers.message_to_desk", party_id=position.person_id, channel="inbox") == 1
        services.refuse(actor=make_officer_actor(), dossier_id=dossier.pk, seen_version=dossier.version, reason="Sai nơi nộp.", now=NOW)
    with time_machine.travel(NOW + timedelta(days=29), tick=False):
        sign_in(mothers, mother())
        assert mothers.post(page(dossier), {"words": "Nộp ở đâu?", "message": str(uuid4())}).status_code == 302
    with time_machine.travel(NOW + timedelta(days=31), tick=False):
        sign_in(mothers, mother())
        assert "hơn 30 ngày" in words(mothers.get(page(dossier)))
        late = mothers.post(page(dossier), {"words": "Còn đó không?", "message": str(uuid4())})
        assert late.status_code == 409 and "hơn 30 ngày" in words(late)


@pytest.mark.requirement("D-19")
def test_a_copy_of_everything_has_the_messages_with_their_files(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        dossier = received(make_officer_actor())
        officer, _ = desk("H26.101", "handling")
        mothers.post(page(dossier), {"words": "Tôi gửi thêm ảnh.", "message": str(uuid4()), "attached": [photo("thêm.png")]})
        officer.post(talk(dossier), {"words": "Đã nhận.", "message": str(uuid4())})
        from dossiers.services.copying import make

        made = make(citizen_actor(mother()), str(dossier.pk), NOW)
        whole = zipfile.ZipFile(io.BytesIO(b"".join(made.pieces)))
        history = whole.read("lich-su.txt").decode()
        assert "TIN NHẮN" in history and "Tôi gửi thêm ảnh." in history and "Đã nhận." in history
        assert any(name.startswith("tin-nhan/") and name.endswith("1-thêm.png") for name in whole.namelist())
        from dossiers.talking.account import messages_held

        assert {row["Nội dung"] for row in messages_held(citizen_actor(mother()))} == {"Tôi gửi thêm ảnh.", "Đã nhận."}


def test_pages_ask_as_much_for_many_messages_as_for_few(mothers: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        officer, _ = desk("H26.101", "reception", "handling")
        dossier = received(make_officer_actor())
        addresses = [(mothers, page(dossier)), (officer, talk(dossier)), (officer, "/quan-tri/dossiers/dossiermessage/?mo=tat-ca")]
        counts: list[list[int]] = []
        for number in (1, 8):
            for place in range(number):
                DossierMessage.objects.create(
                    dossier=dossier, side="applicant", at=NOW + timedelta(seconds=place), person_id=mother().pk, party_id=mother().pk,
                    words=f"Tin {place}", read_at=NOW,
                )  # fmt: skip
            counts.append([])
            for client, address in addresses:
                client.get(address)
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(address).status_code == 200
                counts[-1].append(len(queries))
        # A sealed text opens with its subject's key, which is fetched once.
        assert counts[0] == counts[1], counts
