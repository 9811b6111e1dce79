"""Every page of old papers, for the tests that look at all pages (tests/standards/test_html.py)."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Position
from dossiers.digitising import fields
from dossiers.digitising.judging import MATCH
from dossiers.models import OldBatch, OldClaim, OldDeclaration, OldPaper, StorePaper
from portal.crypto import blind_index
from portal.outbox.models import Message
from portal.outbox.services import deliver
from tests.dossiers import counters as at_counters
from tests.dossiers import old_papers
from tests.dossiers.support import mother
from tests.factories import legal_mandate, make_organisation, officer_actor, sign_in


def old_paper_pages(pages: Any) -> None:
    """A batch of old papers from its files to its signature's page, its rows, claims and declarations; what a person sees of them."""
    desk, scan = "/quan-tri/dossiers/", old_papers.png(old_papers.drawn(["a"], size=(120, 170)))
    (clerk, _clerk), (other, _other) = at_counters.desk("clerk"), at_counters.desk("handling", "clerk")
    chief_position = Position.objects.get(person__full_name="Đỗ Văn Ví Dụ")
    chief = Client()
    sign_in(chief, chief_position.person, position=chief_position)
    pages.get(clerk, f"{desk}oldbatch/add/")
    pages.post(clerk, f"{desk}oldbatch/add/", {"kind": "<x>", "level": "commune", "scans": SimpleUploadedFile("a.png", scan)})
    said = ["1", "a.png", "", "", "1/<2003>", "UBND <xã>", "12/05/2003", "", "Lê Thị <Mẫu>", "02/03/1975", "tỉnh <Ví Dụ>"]
    rows = [said, ["2", "b.png", "", "", *said[4:]]]
    sent = SimpleUploadedFile("lo.zip", old_papers.zipped(rows, {"a.png": scan}))
    assert clerk.post(f"{desk}oldbatch/add/", {"kind": old_papers.KIND, "level": "commune", "scans": sent}).status_code == 302
    for kind in ("files.scan", "dossiers.read_old_scan", "dossiers.read_old_page"):
        for message in Message.objects.filter(kind=kind, done_at=None):
            deliver(message.pk)
    batch = OldBatch.objects.latest("began_at")
    paper = batch.papers.get(number=2)
    assert paper.state == OldPaper.GOOD, paper.problem
    for page in ("oldbatch/", "oldpaper/", f"oldbatch/{batch.pk}/change/", f"oldbatch/{batch.pk}/scans/", f"oldbatch/{batch.pk}/submit/",
                 f"oldbatch/{batch.pk}/drop/", f"oldpaper/{paper.pk}/change/", f"oldpaper/{paper.pk}/type/"):  # fmt: skip
        pages.get(clerk, desk + page)
    pages.post(clerk, f"{desk}oldpaper/{paper.pk}/type/", {"number": "<x>"})
    assert clerk.post(f"{desk}oldbatch/{batch.pk}/submit/", {"seen": OldBatch.objects.get(pk=batch.pk).version}).status_code == 302
    for page in (
        f"oldbatch/{batch.pk}/change/",
        f"oldpaper/{paper.pk}/change/",
        f"oldpaper/{paper.pk}/look/",
        f"oldbatch/{batch.pk}/end_check/",
    ):
        pages.get(other, desk + page)
    pages.post(other, f"{desk}oldpaper/{paper.pk}/look/", {"verdict": "wrong"})
    assert other.post(f"{desk}oldpaper/{paper.pk}/look/", {"verdict": "right"}).status_code == 302
    assert other.post(f"{desk}oldbatch/{batch.pk}/end_check/").status_code == 302
    for page in ("sign", "give_back"):
        pages.get(chief, f"{desk}oldbatch/{batch.pk}/{page}/")
    assert chief.post(f"{desk}oldbatch/{batch.pk}/sign/").status_code == 302
    pages.get(chief, f"{desk}oldbatch/{batch.pk}/signing/")
    pages.get(chief, f"{desk}oldbatch/{batch.pk}/change/")
    pages.get(clerk, f"{desk}olddeclaration/add/")
    pages.post(clerk, f"{desk}olddeclaration/add/", {"level": "commune"})
    whole = {"level": "commune", "in_force": "20", "as_of": "01/01/2024", "basis": "Sổ <cũ>"}
    assert clerk.post(f"{desk}olddeclaration/add/", whole).status_code == 302
    pages.get(clerk, f"{desk}olddeclaration/")
    pages.get(clerk, f"{desk}olddeclaration/{OldDeclaration.objects.latest('pk').pk}/change/")
    standing, person, client = old_papers.standing(officer_actor(chief_position)), mother(), Client()
    key = fields.match_key(person.full_name, person.birth_date or "", "tỉnh <Ví Dụ>")
    said_there = {"full_name": person.full_name, "birth_date": person.birth_date, "birth_place": "tỉnh <Ví Dụ>", "issuer": "UBND <xã>"}
    OldPaper.objects.filter(pk=standing.pk).update(match_blind=blind_index(MATCH, key))
    standing.refresh_from_db()
    standing.typed = said_there
    standing.save()
    sign_in(client, person)
    pages.get(client, "/kho-giay-to/giay-to-cu/")
    pages.post(client, "/kho-giay-to/giay-to-cu/", {"birth_place": ""})
    pages.post(client, "/kho-giay-to/giay-to-cu/", {"birth_place": "<nơi khác>"}, status=200)
    pages.post(client, "/kho-giay-to/giay-to-cu/", {"birth_place": "tỉnh <Ví Dụ>"}, status=200)
    claimed = client.post(f"/kho-giay-to/giay-to-cu/{standing.pk}/nhan/", {"birth_place": "tỉnh <Ví Dụ>", "words": "<tôi> & mẹ"})
    assert claimed.status_code == 302
    pages.get(client, "/kho-giay-to/giay-to-cu/")
    claim = OldClaim.objects.latest("claimed_at")
    for page in ("oldclaim/", f"oldclaim/{claim.pk}/change/", f"oldclaim/{claim.pk}/confirm/", f"oldclaim/{claim.pk}/refuse/"):
        pages.get(clerk, desk + page)
    pages.post(clerk, f"{desk}oldclaim/{claim.pk}/refuse/", {"reason": ""})
    assert clerk.post(f"{desk}oldclaim/{claim.pk}/confirm/").status_code == 302
    pages.get(clerk, f"{desk}oldclaim/{claim.pk}/change/")
    pages.get(client, f"/kho-giay-to/{StorePaper.objects.get(origin='digitised').pk}/")
    child = give_mandate_for_old_papers(person)
    pages.get(child, "/kho-giay-to/giay-to-cu/", 403)
    pages.get(Client(), "/thong-ke/giay-to-cu/")


def give_mandate_for_old_papers(person: Any) -> Client:
    """Who acts for a company: old papers are found for oneself alone."""
    company, client = make_organisation(representatives=[person]), Client()
    sign_in(client, person, mandate=legal_mandate(company, person))
    return client
