"""The document store: what lands in it by itself, who sees it, who is given a look (requirement D-04)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from lxml import html

from accounts.owner.lines import say_farewell
from dossiers.models import Dossier, DossierDocument, StoreLook, StorePaper, StorePaperFile, StoreShare
from dossiers.store import kinds, landing, queries, sharing
from dossiers.terms import RequiredPaper
from portal import crypto
from portal.access import SYSTEM
from portal.audit.models import Act
from portal.documents.models import Document
from portal.documents.services import revoke
from portal.files import services as files
from portal.files.models import FileState, StoredFile
from portal.outbox.services import deliver_due
from tests.dossiers.support import CODE, decided, father, leader, mark_clean, mother, sign_by_hand
from tests.factories import citizen_actor, give_mandate, make_person, mandate_actor, sign_in
from tests.support.queries import CaptureQueriesContext

pytestmark = pytest.mark.usefixtures("demo_data")
RESULT = b"%PDF-1.7 signed by the leader"
BIRTH, NOTICE = "KQ.G15.000031", "TP.G18.900001"
"""The catalogue's codes of a birth certificate and of the hospital's notice of birth, which is known by its name."""


def ended(*, clean: bool = True, number: str = "125/2026") -> Dossier:
    """The mother's dossier with a signed result, its papers checked before that."""
    issued = decided(number=number)
    if clean:
        mark_clean(issued.dossier)
    sign_by_hand(issued, RESULT)
    return Dossier.objects.get(pk=issued.dossier_id)


def browser(person: Any = None, **how: Any) -> Client:
    """A browser of somebody who has signed in."""
    client = Client()
    sign_in(client, person or mother(), **how)
    return client


def body(response: Any) -> bytes:
    """The whole of a streamed answer."""
    return b"".join(response.streaming_content)


@pytest.mark.requirement("D-04", "C-30")
def test_a_signed_result_and_what_was_handed_in_land_by_themselves() -> None:
    dossier = ended()
    result, notice = StorePaper.objects.order_by("origin")
    assert (result.kind, result.title, result.origin, result.signature) == (BIRTH, "Giấy khai sinh", "issued", "signed")
    assert (result.party_id, result.number, result.about) == (mother().id, "125/2026", dossier.subject_name)
    assert result.issuer and result.issued_on == timezone.localdate(dossier.decided_at)
    assert (notice.kind, notice.title, notice.origin, notice.signature) == (NOTICE, "Giấy chứng sinh", "uploaded", "none")
    # One set of bytes, two rows with a key each: the paper's row stays alone with its file.
    [held] = notice.files.select_related("file")
    [paper] = dossier.papers.select_related("file")
    assert held.file.path == paper.file.path and held.file.subject == mother().id and paper.file.subject == dossier.id
    client = browser()
    page = client.get("/kho-giay-to/").content.decode()
    assert f"001195000001.{BIRTH}" in page and f"001195000001.{NOTICE}" in page and dossier.subject_name in page
    page = client.get(f"/kho-giay-to/{result.id}/").content.decode()
    assert "125/2026" in page and dossier.code in page
    answer = client.get(f"/kho-giay-to/{result.id}/tep/1/?tai=1")
    assert body(answer) == RESULT and answer["Content-Disposition"].startswith("attachment")
    look = StoreLook.objects.get()
    assert (look.who, look.person_id, look.paper_id) == ("owner", mother().id, result.id)
    assert mother().full_name in client.get(f"/kho-giay-to/{result.id}/").content.decode()
    assert Act.objects.filter(act="dossiers.store_read", target_id=str(result.id)).count() == 1
    # Landing again changes nothing.
    assert landing.land(dossier, now=timezone.now()) == []
    assert "Giấy tờ trong kho: 2" in client.get("/tai-khoan/").content.decode()


@pytest.mark.requirement("D-04", "A-14")
def test_a_store_is_its_partys_alone_and_a_mandate_reaches_what_it_names() -> None:
    ended()
    result = StorePaper.objects.get(origin="issued")
    address = f"/kho-giay-to/{result.id}/"
    stranger = browser(make_person())
    for page in (address, f"{address}tep/1/", f"/kho-giay-to/{uuid4()}/"):
        assert stranger.get(page).status_code == 404
    assert stranger.post(f"{address}chia-se/", {"days": "1"}).status_code == 404
    assert "Kho chưa có giấy tờ nào" in stranger.get("/kho-giay-to/").content.decode()
    whole = give_mandate(citizen_actor(mother()), father(), procedures=None)
    elsewhere = give_mandate(citizen_actor(mother()), make_person(full_name="Lê Văn Giả Định"), procedures=["2.000635"])
    same = give_mandate(citizen_actor(mother()), make_person(full_name="Lê Thị Giả Định"), procedures=[CODE])
    for mandate, seen in ((whole, 2), (elsewhere, 0), (same, 2)):
        assert queries.own_papers(mandate_actor(mandate)).count() == seen
    helper = browser(father(), mandate=whole)
    assert body(helper.get(f"{address}tep/1/")) == RESULT
    assert father().full_name in browser().get(address).content.decode()


@pytest.mark.requirement("D-04")
def test_the_list_is_filtered_ordered_paged_and_its_queries_do_not_grow() -> None:
    first = ended()
    for place in range(11):
        ended(number=f"{200 + place}/2026")
    last = StorePaper.objects.filter(origin="issued").order_by("-kept_at").first()
    assert last is not None
    today = timezone.localdate()
    StorePaper.objects.filter(dossier=first).update(valid_until=today - timedelta(days=1))
    StorePaper.objects.filter(pk=last.pk).update(valid_until=today)
    client = browser()

    def rows(query: str) -> list[str]:
        page = html.fromstring(client.get(f"/kho-giay-to/{query}").content)
        return [link.get("href") for link in page.xpath("//ul[@class='list']//h2/a")]

    assert len(rows("")) == 10 and len(rows("?so-dong=50")) == 24 and len(rows("?trang=3")) == 4
    assert len(rows(f"?loai={BIRTH}&so-dong=50")) == 12 and len(rows("?tinh-trang=het-han")) == 2
    assert len(rows("?tinh-trang=con-hieu-luc&so-dong=50")) == 22
    assert rows("?tinh-trang=con-hieu-luc&sap-xep=het-han")[0] == f"/kho-giay-to/{last.pk}/"
    revoke(document=Document.objects.get(pk=last.document_id), reason="Cấp nhầm người", actor=leader())
    assert rows("?tinh-trang=thu-hoi") == [f"/kho-giay-to/{last.pk}/"]
    assert rows("?loai=khong-co&sap-xep=x&so-dong=7&tinh-trang=y&trang=99")
    with CaptureQueriesContext(connection) as ten:
        client.get("/kho-giay-to/")
    with CaptureQueriesContext(connection) as fifty:
        client.get("/kho-giay-to/?so-dong=50")
    assert len(fifty) == len(ten)


@pytest.mark.requirement("D-04", "D-21")
def test_papers_outlive_the_key_of_their_dossier_and_go_with_their_owners() -> None:
    dossier = ended()
    crypto.shred(dossier.id, SYSTEM)
    crypto.forget_keys()
    result = StorePaper.objects.get(origin="issued")
    [held] = result.files.all()
    assert files.read_bytes(held.file) == RESULT
    say_farewell(citizen_actor(mother()))
    crypto.shred(mother().id, SYSTEM)
    crypto.forget_keys()
    with pytest.raises(files.FileErased):
        files.read_bytes(StoredFile.objects.get(pk=held.file_id))
    assert StorePaper.objects.get(pk=result.pk).number is None
    assert set(StoredFile.objects.filter(purpose="dossiers.store").values_list("state", flat=True)) == {FileState.ERASED}


@pytest.mark.requirement("D-04")
def test_what_is_checked_late_lands_late_and_what_is_unsafe_never() -> None:
    dossier = ended(clean=False)
    assert [paper.origin for paper in StorePaper.objects.all()] == ["issued"]
    deliver_due()
    assert sorted(StorePaper.objects.values_list("origin", flat=True)) == ["issued", "uploaded"]
    other = decided(number="126/2026")
    StoredFile.objects.filter(pk__in=other.dossier.papers.values("file")).update(state=FileState.QUARANTINED)
    sign_by_hand(other)
    assert not StorePaper.objects.filter(dossier_id=other.dossier_id, origin="uploaded").exists()
    assert dossier.store_papers.count() == 2


@pytest.mark.requirement("D-04")
def test_older_results_land_by_a_command_that_may_be_stopped(capsys: Any) -> None:
    dossiers = [ended(), ended(number="126/2026")]
    StorePaperFile.objects.all().delete()
    StorePaper.objects.filter(dossier=dossiers[0]).delete()
    StorePaper.objects.filter(dossier=dossiers[1]).delete()
    landing.land(dossiers[0], now=timezone.now())
    # What was revoked since is kept as that; what cannot be read any more stops nobody.
    unreadable = DossierDocument.objects.get(dossier=ended(number="127/2026"), role="result")
    StorePaperFile.objects.filter(paper__document=unreadable.document_id).delete()
    StorePaper.objects.filter(document=unreadable.document_id).delete()
    assert unreadable.document.file is not None
    files.erase(file=unreadable.document.file, actor=SYSTEM)
    call_command("fill_store")
    assert capsys.readouterr().out.strip() == "2 papers landed"
    assert StorePaper.objects.filter(dossier=dossiers[1]).count() == 2
    call_command("fill_store")
    assert capsys.readouterr().out.strip() == "0 papers landed"


def test_a_name_of_one_form_and_a_place_in_a_list_are_no_kinds() -> None:
    assert kinds.kind_of_upload("photo", "Ảnh chân dung", {"giay-bao-tu"}) == kinds.kind_of_upload("TP-2", "Văn bản ủy quyền", set()) == ""
    assert kinds.kind_of_upload("giay-bao-tu", "Giấy báo tử hoặc giấy tờ thay Giấy báo tử", {"giay-bao-tu"}) == "giay-bao-tu"
    assert kinds.kind_of_upload("TP-3", "giấy  CHỨNG sinh", set()) == NOTICE
    own = RequiredPaper("photo", "Ảnh chân dung", "", required=True)
    assert kinds.kinds_wanted(own) == frozenset()
    assert kinds.kinds_wanted(replace(own, replaced_by=BIRTH)) == {BIRTH}


class TestSharing:
    """A link, a code, a day."""

    @pytest.fixture
    def paper(self) -> StorePaper:
        ended()
        return StorePaper.objects.get(origin="issued")

    def link(self, paper: StorePaper, **how: Any) -> tuple[StoreShare, str]:
        """A share made on the owner's page, and its address."""
        answer = browser().post(f"/kho-giay-to/{paper.id}/chia-se/", {"days": "7", "purpose": "Trường mầm non", **how})
        assert answer.status_code == 302
        made = StoreShare.objects.latest("made_at")
        return made, f"/kho-giay-to/xem/{made.token}/"

    @pytest.mark.requirement("D-04", "N-08")
    def test_a_stranger_with_link_and_code_sees_the_paper_and_the_owner_sees_that(self, paper: StorePaper, caplog: Any) -> None:
        made, address = self.link(paper)
        shown = browser().get(f"/kho-giay-to/{paper.id}/").content.decode()
        assert address in shown and made.code in shown and "Trường mầm non" in shown
        stranger = Client(enforce_csrf_checks=True)
        asked = stranger.get(address)
        assert asked.status_code == 200 and paper.title not in asked.content.decode()
        assert (asked["Referrer-Policy"], asked["X-Robots-Tag"]) == ("no-referrer", "noindex") and "no-store" in asked["Cache-Control"]
        page = stranger.post(address, {"code": f" {made.code.lower()[:3]}-{made.code.lower()[3:]} "})
        text = page.content.decode()
        assert page.status_code == 200 and paper.number in text and mother().full_name in text
        boxes = {box.get("name"): box.get("value") for box in html.fromstring(text).xpath("//main//input[@type='hidden']")}
        assert body(stranger.post(address, boxes)) == RESULT
        assert not stranger.cookies
        assert stranger.post(address, {**boxes, "pass": "x"}).status_code == 404
        assert stranger.post(address, {**boxes, "file": "9"}).status_code == 404
        assert stranger.post(address, {"code": "AAAAAA"}).status_code == stranger.post(address, {"code": "x"}).status_code == 422
        shown = browser().get(f"/kho-giay-to/{paper.id}/").content.decode()
        assert "Đã mở 1 lần." in shown and "Người có liên kết chia sẻ" in shown
        assert list(StoreLook.objects.values_list("who", "share")) == [("share", made.pk)]
        # Neither stands in a log, in the trail or in the table.
        told = caplog.text + str(list(Act.objects.values_list("details", flat=True))) + str(StoreShare.objects.values())
        assert made.token not in told and made.code not in told

    @pytest.mark.requirement("D-04", "N-08")
    def test_five_wrong_codes_close_it_for_the_right_one_too(self, paper: StorePaper) -> None:
        made, address = self.link(paper)
        client = Client()
        for left in (4, 3, 2, 1):
            answer = client.post(address, {"code": "AAAAAA"})
            assert answer.status_code == 422 and f"Còn {left} lần thử" in answer.content.decode()
        # What cannot be a code costs no try.
        assert client.post(address, {"code": "x"}).status_code == 422
        assert client.post(address, {"code": "BBBBBB"}).status_code == 404
        assert client.post(address, {"code": made.code}).status_code == client.get(address).status_code == 404
        assert not StoreLook.objects.exists()
        assert "Đã khóa vì gõ sai mã" in browser().get(f"/kho-giay-to/{paper.id}/").content.decode()
        assert Act.objects.filter(act="dossiers.store_wrong_code").count() == 5

    @pytest.mark.requirement("D-04")
    def test_it_ends_by_itself_and_by_its_owner_and_with_the_owner(self, paper: StorePaper) -> None:
        made, address = self.link(paper)
        StoreShare.objects.filter(pk=made.pk).update(made_at=made.made_at - timedelta(days=8), until=timezone.now() - timedelta(seconds=1))
        assert Client().get(address).status_code == 404
        made, address = self.link(paper, days="1")
        assert abs(made.until - timezone.now() - timedelta(days=1)) < timedelta(minutes=5)
        stop = f"/kho-giay-to/{paper.id}/chia-se/{made.id}/dung/"
        assert browser(make_person()).post(stop).status_code == 404
        for _twice in range(2):
            assert browser().post(stop).status_code == 302
        assert Client().post(address, {"code": made.code}).status_code == 404
        _made, address = self.link(paper)
        crypto.shred(mother().id, SYSTEM)
        crypto.forget_keys()
        assert Client().get(address).status_code == Client().get("/kho-giay-to/xem/khong-co/").status_code == 404

    def test_days_that_are_not_offered_and_too_many_links_are_refused(self, paper: StorePaper) -> None:
        client, address = browser(), f"/kho-giay-to/{paper.id}/chia-se/"
        for days in ("", "365", "x"):
            assert client.post(address, {"days": days}).status_code == 422
        for _place in range(sharing.MOST):
            assert client.post(address, {"days": "1"}).status_code == 302
        assert "quá nhiều liên kết" in client.post(address, {"days": "1"}).content.decode()
