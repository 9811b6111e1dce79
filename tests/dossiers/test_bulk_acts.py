"""Acts on many dossiers: received, handed over, decided, signed by one authorisation; what became of each stands in its row."""

from __future__ import annotations

import html
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.test import Client
from django.utils import timezone

from accounts.models import Position, PositionRole
from dossiers import services
from dossiers.desk_pages import bulk
from dossiers.models import BulkAct, BulkRow, Dossier, DossierEvent, OfficerKin, RegisterEntry
from portal.crypto import blind_index
from portal.documents import batches
from portal.documents.models import Document, SigningAttempt
from portal.documents.services import open_pdf, verify
from portal.outbox.models import Message
from portal.outbox.services import Outcome, deliver
from tests.dossiers.support import filed, leader, mother, received
from tests.dossiers.test_desk_queues import DESK, WORKERS, desk_of, text
from tests.factories import make_officer_actor, make_position, officer_actor, sign_in
from tests.support.processes import eventually

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_data")]


def chosen(client: Client, action: str, rows: list[Dossier]) -> dict[str, Any]:
    """What the page after the list carries: the rows that can be done, as the browser would send them."""
    sent = {"action": action, "_selected_action": [str(row.pk) for row in rows], "index": "0"}
    return {"dossier": re.findall(r'name="dossier" value="([^"]+)"', text(client.post(DESK, sent)))}


def copies(dossier: Dossier, count: int) -> list[Dossier]:
    """A dossier many times over, each with a code and answers of its own."""
    made, code = [], str(dossier.code)
    for number in range(count):
        row = Dossier.objects.select_related("form_version").get(pk=dossier.pk)
        row.answers = {**row.answers, "child_name": f"Trần Thị Bé Thử {number}"}
        row.bill = row.bill and dict(row.bill)
        row.pk, row.code = uuid.uuid4(), f"{code[:-4]}{7000 + number}"
        row._state.adding = True
        row.save(force_insert=True)
        made.append(row)
    return made


def worked(*kinds: str) -> None:
    """The worker does what was promised of these kinds, and what that promises, waits for later tries left out."""
    for _ in range(50):
        Message.objects.filter(kind__in=kinds, done_at=None, dead_at=None).update(available_at="2000-01-01T00:00:00Z")
        due = list(Message.objects.filter(kind__in=kinds, done_at=None, dead_at=None))
        if not due or {deliver(one.pk) for one in due} == {Outcome.RETRY}:
            return


def outcome(client: Client, answer: Any) -> str:
    """The page of an act's progress, after the worker has done its part."""
    assert answer.status_code == 302, text(answer)[:3000]
    worked("dossiers.work_bulk")
    return re.sub(r"<[^>]+>", "", text(client.get(answer["Location"])))


@pytest.mark.requirement("D-11")
def test_many_are_received_and_each_says_what_came_of_it() -> None:
    now = timezone.now()
    rows = [filed(now=now) for _ in range(3)]
    client, position = desk_of()
    Dossier.objects.filter(pk=rows[2].pk).update(owner_id=position.person_id)
    sent = chosen(client, "receive_chosen", rows)
    assert len(sent["dossier"]) == 3
    # A colleague is quicker with the second.
    services.refuse(actor=make_officer_actor(), dossier_id=rows[1].pk, seen_version=rows[1].version, reason="x", now=now)
    answer = client.post(f"{DESK}nhieu/receive/", sent)
    assert "đang làm, đã qua 0 trong 3 hồ sơ" in text(client.get(answer["Location"]))
    page = outcome(client, answer)
    assert "Xong 1, chưa làm được 2" in page
    assert "Hẹn trả" in page and "Hồ sơ này là của bạn" in page and "Hồ sơ đã thay đổi" in page
    assert [Dossier.objects.get(pk=row.pk).state for row in rows] == ["4", "3", "1"]
    assert Message.objects.filter(kind="documents.render").exists()
    # Nobody else sees what became of it; once more does nothing.
    other, _ = desk_of()
    assert other.get(answer["Location"]).status_code == 404
    bulk.work(bulk_id=BulkAct.objects.get().pk, now=timezone.now())
    assert DossierEvent.objects.filter(name="receive").count() == 1


@pytest.mark.requirement("D-11")
def test_forty_are_handed_over_by_their_lists_address() -> None:
    now, officer = timezone.now(), make_officer_actor(roles=WORKERS)
    rows = copies(received(officer, now=now), 39)
    late = Dossier.objects.filter(pk__in=[row.pk for row in rows[:4]])
    late.update(submitted_at=now - timedelta(days=9), due_at=now - timedelta(days=1))
    client, _ = desk_of(roles=("signing",))
    to = make_position(roles=("handling",), title="Công chức nhận bàn giao")
    page = text(client.get(f"{DESK}nhieu/assign/?viec=dang-mo"))
    sent: dict[str, Any] = {"dossier": re.findall(r'name="dossier" value="([^"]+)"', page)}
    assert len(sent["dossier"]) == 40 and "Công chức nhận bàn giao" in page
    # The worst stand first.
    assert set(re.findall(r">(H26\.101-[0-9-]+)</a>", page)[:4]) == set(late.values_list("code", flat=True))
    refused = client.post(f"{DESK}nhieu/assign/", {**sent, "officer": "x"})
    assert refused.status_code == 422 and "chọn một người trong danh sách" in text(refused)
    page = outcome(client, client.post(f"{DESK}nhieu/assign/", {**sent, "officer": str(to.pk), "reason": "Đồng chí nghỉ phép"}))
    assert "xong 40 trong 40 hồ sơ" in page
    assert Dossier.objects.filter(officer_id=to.pk).count() == 40
    event = DossierEvent.objects.filter(name="assign").last()
    assert event is not None and "Công chức nhận bàn giao" in event.note and event.note.endswith("Đồng chí nghỉ phép")
    # The applicant's page tells nothing of it, and the clock has not noticed.
    assert (
        not DossierEvent.objects.filter(name="assign").exclude(due_before=event.due_at, due_at=event.due_at).filter(dossier=event.dossier)
    )
    # To somebody whom it concerns it is not given.
    kinsman = make_position(roles=("handling",), title="Người thân")
    OfficerKin.objects.create(pk=kinsman.person_id, blinds=[blind_index("id_number", str(mother().id_number))], asked_at=now)
    page = outcome(client, client.post(f"{DESK}nhieu/assign/", {**_now(rows[:1]), "officer": str(kinsman.pk)}))
    assert "xong 0 trong 1" in page and "của người thân" in page
    # To nobody in particular: each to whoever has the least to do, and so not back to the one who has forty.
    page = outcome(client, client.post(f"{DESK}nhieu/assign/", {**_now(rows[:2]), "officer": "it-viec-nhat"}))
    assert "xong 2 trong 2" in page and Dossier.objects.filter(officer_id=to.pk).count() == 38
    # Who handles gives nothing of a colleague's.
    colleague, _ = desk_of(roles=("handling",))
    page = outcome(colleague, colleague.post(f"{DESK}nhieu/assign/", {**_now(rows[5:6]), "officer": "it-viec-nhat"}))
    assert "xong 0 trong 1" in page and "lãnh đạo giao lại được" in page
    clerk, _ = desk_of(roles=("clerk",))
    assert clerk.post(f"{DESK}nhieu/assign/", _now(rows[:1])).status_code == 403


def _now(rows: list[Dossier]) -> dict[str, Any]:
    fresh = Dossier.objects.filter(pk__in=[row.pk for row in rows])
    return {"dossier": [f"{row.pk}:{row.version}" for row in fresh]}


@pytest.mark.requirement("D-11")
def test_one_is_handed_over_from_its_page_by_who_may() -> None:
    officer = make_officer_actor(roles=("handling", "reception"))
    dossier = received(officer, now=timezone.now())
    to = make_position(roles=("handling",), title="Người nhận")
    colleague, _ = desk_of(roles=("handling",))
    base = f"{DESK}{dossier.pk}/assign/"
    body = {"seen": dossier.version, "officer": str(to.pk)}
    assert "Bộ phận tiếp nhận hoặc lãnh đạo giao lại được" in text(colleague.post(base, body))
    chief, _ = desk_of(roles=("signing",))
    assert "Người nhận" in text(chief.get(base))
    assert chief.post(base, body).status_code == 302
    assert chief.post(base, body).status_code == 409  # out of date
    dossier.refresh_from_db()
    assert (dossier.officer_id, dossier.state) == (to.pk, "4")
    clerk, _ = desk_of(roles=("clerk",))
    assert clerk.get(base).status_code == 403
    assert desk_of("H26.102")[0].get(base).status_code == 404


def _decision(signer: Any) -> dict[str, Any]:
    return {"signer_position_id": str(signer.position_id)}


@pytest.mark.requirement("D-11")
def test_three_hundred_are_decided_in_one_act_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    now, officer, chief = timezone.now(), make_officer_actor(roles=WORKERS), leader()
    rows = [first := received(officer, now=now), *copies(first, 299)]
    Dossier.objects.filter(pk=rows[7].pk).update(version=90)  # somebody changed it meanwhile
    client, _ = desk_of()
    page = text(client.get(f"{DESK}nhieu/decide/?viec=dang-mo"))
    sent: dict[str, Any] = {"dossier": re.findall(r'name="dossier" value="([^"]+)"', page)}
    sent["dossier"] = [one.replace(f"{rows[7].pk}:90", f"{rows[7].pk}:2") for one in sent["dossier"]]
    assert len(sent["dossier"]) == 300 and "registration_number" not in page
    assert client.post(f"{DESK}nhieu/decide/", sent).status_code == 422
    answer = client.post(f"{DESK}nhieu/decide/", {**sent, **_decision(chief)})
    act = BulkAct.objects.get()
    [message] = Message.objects.filter(kind="dossiers.work_bulk")
    bulk.work(bulk_id=act.pk, now=timezone.now(), seconds=1.0)
    done = act.rows.exclude(state=BulkRow.State.WAITING).count()
    assert 0 < done < 300, "a slice is not the whole"
    assert [row.words for row in act.rows.filter(state=BulkRow.State.REFUSED) if row.dossier_id != rows[7].pk] == []
    assert f"đã qua {done} trong 300 hồ sơ" in text(client.get(answer["Location"]))
    # The worker is killed in the middle of a row: nothing of that row stays, and the next one takes it up.
    decide = services.decide
    monkeypatch.setattr(services, "decide", _killed)
    with pytest.raises(KeyboardInterrupt):
        bulk.work(bulk_id=act.pk, now=timezone.now())
    monkeypatch.setattr(services, "decide", decide)
    assert act.rows.exclude(state=BulkRow.State.WAITING).count() == done
    for _ in range(400):
        bulk.work(bulk_id=act.pk, now=timezone.now(), seconds=5.0)
        act.refresh_from_db()
        if act.ended_at is not None:
            break
    page = re.sub(r"<[^>]+>", "", text(client.get(answer["Location"])))
    assert "xong 299 trong 300 hồ sơ" in page and "Hồ sơ đã thay đổi" in page
    assert Dossier.objects.filter(stage="awaiting_signature", signer_position_id=chief.position_id).count() == 299
    assert DossierEvent.objects.filter(name="decide").count() == 299
    numbers = list(RegisterEntry.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 300)), "each its own number, none left out"
    assert not BulkRow.objects.filter(given__isnull=False).exists()
    assert message.payload == {"bulk": str(act.pk)}


def _killed(**_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.requirement("D-11")
def test_who_has_lost_the_role_meanwhile_does_nothing_more() -> None:
    now, officer, chief = timezone.now(), make_officer_actor(roles=WORKERS), leader()
    rows = [received(officer, now=now) for _ in range(2)]
    client, position = desk_of(roles=("handling",))
    sent = {**chosen(client, "decide_chosen", rows), **_decision(chief)}
    answer = client.post(f"{DESK}nhieu/decide/", sent)
    PositionRole.objects.filter(position=position).update(valid_to=timezone.now())
    worked("dossiers.work_bulk")
    assert [row.state for row in BulkRow.objects.all()] == ["refused", "refused"]
    assert not Dossier.objects.filter(stage="awaiting_signature").exists()
    assert answer.status_code == 302


def test_what_cannot_be_done_is_said_before_it_is_sent() -> None:
    now = timezone.now()
    client, _ = desk_of()
    fresh = filed(now=now)
    page = text(client.post(DESK, {"action": "decide_chosen", "_selected_action": [str(fresh.pk)], "index": "0"}))
    assert "Không hồ sơ nào trong số này làm được việc này" in page and 'name="dossier"' not in page
    assert client.post(f"{DESK}nhieu/decide/", {"dossier": [f"{fresh.pk}:1"]}).status_code == 422
    assert client.post(f"{DESK}nhieu/decide/", {"dossier": ["x"]}).status_code == 404
    assert client.post(f"{DESK}nhieu/decide/").status_code == 302
    assert client.get(f"{DESK}nhieu/khac/").status_code == 404
    elsewhere, _ = desk_of("H26.102")
    assert elsewhere.post(f"{DESK}nhieu/receive/", {"dossier": [f"{fresh.pk}:{fresh.version}"]})["Location"] == DESK
    signing_only, _ = desk_of(roles=("signing",))
    assert signing_only.get(f"{DESK}nhieu/receive/").status_code == 403
    assert not BulkAct.objects.exists()


def pushed(client: Client, page: str) -> str:
    """Where the page leads once the signing service knows what will be authorised."""

    def told() -> bool:
        worked("documents.push")
        return "data-go-on" in text(client.get(page))

    eventually(told, 30, 0.3)
    found = re.search(r'href="([^"]+)" data-go-on', text(client.get(page)))
    assert found
    return html.unescape(found[1])


@pytest.mark.requirement("D-11", "D-10")
def test_one_authorisation_signs_many_each_with_its_hash(outside: Any) -> None:
    now, officer = timezone.now(), make_officer_actor(roles=WORKERS)
    position = Position.objects.get(person__full_name="Đỗ Văn Ví Dụ")  # the demo leader, whose key the simulator holds
    chief, client = officer_actor(position), Client()
    sign_in(client, position.person, position=position)
    rows = [received(officer, now=now) for _ in range(3)]
    for number, row in enumerate(rows, start=1):
        services.decide(
            actor=officer, dossier_id=row.pk, seen_version=Dossier.objects.get(pk=row.pk).version, now=now,
            values={"registration_number": f"{number}/{now.year}", "book": f"01/{now.year}"}, signer_position_id=position.pk,
        )  # fmt: skip
    answer = client.post(f"{DESK}nhieu/sign/", chosen(client, "sign_chosen", rows))
    page, authorise = answer["Location"], f"{answer['Location']}xac-nhan/"
    assert "Đang chuẩn bị" in text(client.get(page))
    assert client.post(authorise)["Location"] == page  # not yet

    def prepared() -> bool:
        worked("documents.prepare")
        return "Chờ bạn xác nhận" in text(client.get(page)) and "Đang chuẩn bị" not in text(client.get(page))

    eventually(prepared, 60, 0.5)
    hashes = set(re.findall(r"<code>([0-9a-f]{64})</code>", text(client.get(page))))
    assert len(hashes) == 3
    # The signing service is told by the worker; while it is silent nobody waits and nothing is lost.
    outside.faults("csc", "down", times=1)
    assert client.post(authorise)["Location"] == page and "Đang gửi mã băm" in text(client.get(page))
    worked("documents.push")
    assert "chưa trả lời" in text(client.get(page)) and "data-go-on" not in text(client.get(page))
    url = pushed(client, page)
    assert len(url) < 300 and "hashes" not in url, "nothing of the documents stands in the address"
    shown = requests.get(url, timeout=10).text
    assert all(one in shown for one in hashes) and "<dd>3</dd>" in shown
    other, _ = desk_of(roles=("signing",))
    assert other.get(page).status_code == 404
    # One is taken back meanwhile: the others are signed.
    gone = Dossier.objects.get(pk=rows[2].pk)
    services.take_back(actor=officer, dossier_id=gone.pk, seen_version=gone.version, reason="Nhầm.", now=timezone.now())
    back = outside.authorise(url)
    done = client.get("/ky-so/tro-ve/", back)
    assert done["Location"] == page
    assert "2 văn bản đang được ký" in text(client.get(page))
    client.get("/ky-so/tro-ve/", back)  # reloaded

    def signed() -> bool:
        worked("documents.activate", "documents.sign")
        return Document.objects.filter(subject_id__in=[row.pk for row in rows], by_person=True, state="signed").count() == 2

    eventually(signed, 60, 0.5)
    for row in rows[:2]:
        document = row.documents.get(role="result").document
        facts = verify(b"".join(open_pdf(document)))
        assert facts.has_good_signature and facts.sha256 == document.sha256
        assert Dossier.objects.get(pk=row.pk).state == "10"
    assert "đã ký 2 trong 3 văn bản" in text(client.get(page))
    attempts = SigningAttempt.objects.filter(batch__isnull=False)
    assert {one.number is not None for one in attempts} == {True, False}
    batch_id = attempts[0].batch_id
    assert batch_id is not None and batches.of(chief, batch_id).code == ""
    # What nobody authorised is erased.
    SigningAttempt.objects.filter(batch__isnull=False).update(created_at=timezone.now() - timedelta(days=1))
    batches.forget(timezone.now())
    assert not SigningAttempt.objects.filter(batch__isnull=False, prepared_file__isnull=False).exists()
