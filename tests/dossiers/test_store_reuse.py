"""Papers of the store given instead of asked for, seen by the officer with their proof, and counted (requirement D-02)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html

from dossiers import services
from dossiers.models import Dossier, DossierReuse, Draft, NationalDossier, Paper, ReuseCount, StoreLook, StorePaper
from dossiers.services import FilingRefused
from dossiers.store import counting
from portal.files import services as files
from tests.dossiers.support import ANSWERS, CODE, PAPER, confirm_all, filed, hidden, mother, sent
from tests.dossiers.test_store import body, browser, ended
from tests.factories import citizen_actor, make_person, make_position, sign_in
from tests.payments.support import desk_of

pytestmark = pytest.mark.usefixtures("demo_data")
PAPERS = f"/nop-ho-so/{CODE}/giay-to/"
BOX = f"kho-{PAPER}"


def draft_without_papers(person: Any = None) -> Draft:
    """The mother's draft for another child: everything is there but the hospital's notice."""
    actor, now = citizen_actor(person or mother()), timezone.now()
    draft = services.start_or_open_draft(actor=actor, procedure_code=CODE, now=now)
    born = timezone.localdate(now) - timedelta(days=3)
    values = {**ANSWERS, "child_name": "Trần Văn Bé Nhì", "child_birth_date": f"{born:%d/%m/%Y}", "child_sex": "male"}
    services.save_draft(actor=actor, draft_id=draft.id, values=values, page="to-khai")
    return confirm_all(actor, Draft.objects.get(pk=draft.pk), now=now)


def notice() -> StorePaper:
    """The hospital's notice that the mother's store holds."""
    return StorePaper.objects.get(origin="uploaded")


def boxes(page: Any) -> list[Any]:
    """The boxes by which papers of the store are chosen."""
    return html.fromstring(page.content).xpath(f"//input[@name='{BOX}']")


@pytest.mark.requirement("D-02", "D-04")
def test_a_paper_of_the_store_is_given_instead_of_sent_and_the_officer_sees_where_it_is_from() -> None:
    ended()
    draft_without_papers()
    client = browser()
    page = client.get(PAPERS)
    text = page.content.decode()
    [box] = boxes(page)
    # It is about the first child: offered, not chosen.
    assert "Đã có trong kho" in text and notice().about in text and box.get("checked") is None
    assert client.post(PAPERS, hidden(page, act=f"kho:{PAPER}")).status_code == 422
    assert client.post(PAPERS, hidden(page, act="tiep")).status_code == 422
    answer = client.post(PAPERS, hidden(page, act=f"kho:{PAPER}", **{BOX: box.get("value")}))
    assert (answer.status_code, answer["Location"]) == (302, PAPERS)
    paper = Paper.objects.get(draft__party_id=mother().id)
    assert (paper.origin, paper.from_store, paper.kind) == ("reused", notice(), PAPER)
    assert paper.file.subject == paper.draft_id and paper.file.content_id is not None
    text = client.get(PAPERS).content.decode()
    assert "Đã lấy từ kho giấy tờ: Giấy chứng sinh." in text and "Lấy từ kho giấy tờ" in text and not boxes(client.get(PAPERS))
    # A form sent twice gives it once.
    client.post(PAPERS, hidden(page, act=f"kho:{PAPER}", **{BOX: box.get("value")}))
    assert client.post(PAPERS, hidden(page, act="tiep"))["Location"] == f"/nop-ho-so/{CODE}/kiem-tra/"
    check = client.get(f"/nop-ho-so/{CODE}/kiem-tra/")
    dossier = Dossier.objects.get(code=client.post(check.request["PATH_INFO"], hidden(check))["Location"].split("/")[2])
    assert list(dossier.papers.values_list("origin", "from_store")) == [("reused", notice().pk)]
    assert "không phải gửi lại 1 trên 1 giấy tờ" in client.get(f"/ho-so/{dossier.code}/").content.decode()
    row = NationalDossier.objects.get(code=dossier.code)
    assert row.from_store and row.reuses_data

    position = make_position(unit=dossier.unit_code)
    desk = Client()
    sign_in(desk, position.person, position=position)
    shown = desk.get(f"/quan-tri/dossiers/dossier/{dossier.id}/change/").content.decode()
    assert "Lấy từ kho của người nộp: Giấy chứng sinh" in shown
    assert body(desk.get(f"/ho-so/{dossier.code}/giay-to/{dossier.papers.get().id}/"))
    assert list(StoreLook.objects.values_list("who", "unit_code", "paper")) == [("officer", dossier.unit_code, notice().pk)]
    page = client.get(f"/kho-giay-to/{notice().pk}/").content.decode()
    assert dossier.code in page and "Cơ quan giải quyết hồ sơ" in page
    # What comes from the store does not go there once more.
    assert "Đã dùng lại trong 1 hồ sơ" in client.get("/kho-giay-to/").content.decode()


@pytest.mark.requirement("D-02")
def test_a_paper_about_oneself_is_chosen_beforehand_and_taken_by_the_button_that_goes_on() -> None:
    ended()
    paper = notice()
    paper.about = None
    paper.save()
    draft_without_papers()
    client = browser()
    page = client.get(PAPERS)
    [box] = boxes(page)
    assert box.get("checked") is not None
    answer = client.post(PAPERS, hidden(page, act="tiep", **{BOX: box.get("value")}))
    assert answer["Location"] == f"/nop-ho-so/{CODE}/kiem-tra/"
    # Taken out again it is offered again; the store keeps its own.
    taken = Paper.objects.get(draft__isnull=False)
    client.post(PAPERS, hidden(page, act=f"xoa:{taken.id}"))
    assert boxes(client.get(PAPERS)) and not Paper.objects.filter(draft__isnull=False).exists()
    assert files.read_bytes(paper.files.get().file)


@pytest.mark.requirement("D-02", "A-14")
def test_what_has_ended_or_is_anothers_or_of_another_kind_is_neither_offered_nor_taken() -> None:
    ended()
    paper, result = notice(), StorePaper.objects.get(origin="issued")
    draft_without_papers()
    client, page = browser(), browser().get(PAPERS)

    def refused(paper_id: Any) -> bool:
        answer = client.post(PAPERS, hidden(page, act=f"kho:{PAPER}", **{BOX: str(paper_id)}))
        return answer.status_code == 422 and not Paper.objects.filter(draft__isnull=False).exists()

    assert refused(result.pk) and refused("x")
    yesterday = timezone.localdate() - timedelta(days=1)
    StorePaper.objects.filter(pk=paper.pk).update(valid_until=yesterday)
    assert refused(paper.pk) and not boxes(client.get(PAPERS))
    StorePaper.objects.filter(pk=paper.pk).update(valid_until=None, party_id=make_person().id)
    assert refused(paper.pk) and not boxes(client.get(PAPERS))


@pytest.mark.requirement("D-02")
def test_a_paper_that_ends_before_sending_is_not_sent() -> None:
    ended()
    actor, draft = citizen_actor(mother()), draft_without_papers()
    services.take_from_store(actor=actor, draft_id=draft.id, kind=PAPER, store_paper_id=notice().pk, now=timezone.now())
    StorePaper.objects.filter(pk=notice().pk).update(valid_until=timezone.localdate() - timedelta(days=1))
    with pytest.raises(FilingRefused, match="giay-to"):
        sent(actor, Draft.objects.get(pk=draft.pk), now=timezone.now())
    StorePaper.objects.filter(pk=notice().pk).update(valid_until=timezone.localdate())
    assert sent(actor, Draft.objects.get(pk=draft.pk), now=timezone.now()).reuse.papers_reused == 1


@pytest.mark.requirement("D-02")
def test_the_counts_are_those_of_the_dossiers_before_and_after_they_are_added_up() -> None:
    ended()
    actor, draft = citizen_actor(mother()), draft_without_papers()
    services.take_from_store(actor=actor, draft_id=draft.id, kind=PAPER, store_paper_id=notice().pk, now=timezone.now())
    sent(actor, Draft.objects.get(pk=draft.pk), now=timezone.now())
    filed(now=timezone.now())
    rows = list(DossierReuse.objects.all())
    plain = counting.Reuse(
        len(rows),
        sum(1 for row in rows if row.fields_reused or row.papers_reused),
        *(sum(getattr(row, name) for row in rows) for name in ("fields", "fields_reused", "papers", "papers_reused")),
    )
    assert (plain.dossiers, plain.papers, plain.papers_reused) == (3, 3, 1) and 0 < plain.fields_reused < plain.fields
    first = min(row.sent_on for row in rows).replace(day=1)

    def told(agency: str) -> list[counting.Reuse]:
        return [sum(by.values(), counting.Reuse()) for by in (counting.by_month(agency, first), counting.by_procedure(agency, first))]

    for agency in ("", "H26", rows[0].unit_code):
        assert told(agency) == [plain, plain]
    assert counting.by_month("H29", first) == {}
    assert counting.add_up(most=2) == 2
    assert told("") == [plain, plain]
    assert (counting.add_up(), counting.add_up()) == (1, 0)
    assert told("H26") == [plain, plain] and ReuseCount.objects.filter(procedure_code=CODE).exists()


@pytest.mark.requirement("D-02")
def test_those_who_steer_see_the_shares_by_procedure_beside_the_target() -> None:
    filed(now=timezone.now())
    [row] = DossierReuse.objects.all()
    country, city, elsewhere = desk_of("G22", "steering")[0], desk_of("H26", "overseeing")[0], desk_of("H29", "overseeing")[0]
    share = f"{100 * row.fields_reused / row.fields:.1f}".replace(".", ",")
    for client, query in ((country, ""), (country, "?co-quan=H26"), (country, "?co-quan=H26.101&xep=-fields"), (city, "")):
        page = client.get(f"/dieu-hanh/dung-lai/{query}").content.decode()
        assert "100% trong 1 hồ sơ" in page and "mục tiêu: 80%" in page and share in page, query
    assert "Chưa có hồ sơ nào" in elsewhere.get("/dieu-hanh/dung-lai/").content.decode()
    assert city.get("/dieu-hanh/dung-lai/?co-quan=H29").status_code == 404
    page = country.get("/dieu-hanh/muc-tieu/").content.decode()
    assert "Mục của tờ khai không phải khai lại" in page and "/dieu-hanh/dung-lai/?ky=" in page
