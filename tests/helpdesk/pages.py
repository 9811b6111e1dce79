"""The pages of help, maintenance and content, with rows whose words try to break out of them (`tests/standards/test_html.py`)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from helpdesk import loading
from helpdesk.models import AgencyRequest, Incident, Ticket
from helpdesk.services import incidents, tickets, trial
from portal.access import SYSTEM
from portal.content import services as content
from portal.files.models import StoredFile
from portal.upkeep import known
from portal.upkeep import services as upkeep
from tests.dossiers.support import mother, png
from tests.factories import citizen_actor, make_officer_actor, sign_in
from tests.helpdesk.support import desk

HARD = 'Lỗi <b>đậm</b> & "dấu"'


def helping(pages: Any) -> None:
    """Each page empty, filled, with errors; each act of the desk asked and refused."""
    loading.load()
    known.hold(known.Facts())
    now, anybody, citizen = timezone.now(), Client(), Client()
    for language in ("", "/en"):
        for path in ("bao-tri/", "tin-tuc/", "huong-dan-su-dung/", "ho-tro/vuong-mac/", "ho-tro/yeu-cau/", "ho-tro/theo-doi/"):
            pages.get(anybody, f"{language}/{path}")
    sign_in(citizen, mother())
    pages.get(citizen, "/ho-tro/cua-toi/")
    pages.post(anybody, "/ho-tro/yeu-cau/", {"kind": "x", "words": HARD, "phone": "<x>"})
    pages.post(anybody, "/ho-tro/theo-doi/", {"code": "<x>", "contact": "x"})
    row = tickets.open_ticket(
        actor=citizen_actor(mother()), kind="form", words=HARD, source="web", now=now, phone="0912345678", channels=["account", "sms"]
    )
    pages.get(citizen, f"/ho-tro/yeu-cau/?ma={row.code}")
    pages.post(anybody, "/ho-tro/theo-doi/", {"code": row.code, "contact": "0912345678"}, 200)
    lead, _position = desk("G22", "steering", "technical", "content", "petition_reception", "procedure_entering")
    base = "/quan-tri/helpdesk/ticket/"
    pages.get(lead, base)
    pages.get(lead, f"{base}add/")
    pages.post(lead, f"{base}add/", {"words": ""})
    for act in ("take", "answer", "pass", "close", "hand-over"):
        pages.get(lead, f"{base}{row.pk}/{act}/")
    tickets.answer(actor=make_officer_actor("G22", ("steering",)), ticket_id=row.pk, words=HARD, now=now)
    for rest in ("change/", "history/", "offer/", "again/"):
        pages.get(lead, f"{base}{row.pk}/{rest}")
    pages.get(citizen, "/ho-tro/cua-toi/")
    kinds = "/quan-tri/helpdesk/troublekind/"
    pages.get(lead, kinds)
    pages.get(lead, f"{kinds}form/change/")
    assert Ticket.objects.exists()

    requests = "/quan-tri/helpdesk/agencyrequest/"
    agency, _who = desk("H26", "technical")
    pages.get(agency, f"{requests}add/")
    pages.post(agency, f"{requests}add/", {"title": ""})
    agency.post(f"{requests}add/", {"about": "other", "title": HARD, "words": HARD})
    asked = AgencyRequest.objects.get()
    pages.get(agency, requests)
    for rest in ("change/", "promise/", "solve/", "take/"):
        pages.get(lead, f"{requests}{asked.pk}/{rest}")

    failed = "/quan-tri/helpdesk/incident/"
    pages.get(lead, f"{failed}add/")
    pages.post(lead, f"{failed}add/", {"title": "", "began_at": "<x>"})
    for end in (None, now):
        incidents.record(actor=SYSTEM, title=HARD, services=["portal"], began_at=now - dt.timedelta(hours=1), ended_at=end, now=now)
    found = Incident.objects.first()
    assert found is not None
    pages.get(lead, failed)
    for rest in ("change/", "correct/", "call-off/", "history/"):
        pages.get(lead, f"{failed}{found.pk}/{rest}")

    works = "/quan-tri/upkeep/maintenance/"
    pages.get(lead, f"{works}add/")
    pages.post(lead, f"{works}add/", {"title": "", "begins_at": "x", "ends_at": "x"})
    planned = upkeep.announce(
        actor=SYSTEM, title=HARD, words=HARD, begins_at=now + dt.timedelta(days=20), ends_at=now + dt.timedelta(days=21), now=now,
        english={"title": HARD, "words": HARD},
    )  # fmt: skip
    pages.get(lead, works)
    pages.get(lead, f"{works}{planned.pk}/change/")
    trials = "/quan-tri/upkeep/trialperiod/"
    pages.get(lead, f"{trials}add/")
    today = timezone.localdate(now)
    days = {"begins_on": today, "public_from": today, "ends_on": today + dt.timedelta(days=70)}
    made = upkeep.set_trial(actor=SYSTEM, words=HARD, words_en=HARD, now=now, **days)
    pages.get(anybody, "/van-hanh-thu/")
    pages.get(anybody, "/en/van-hanh-thu/?da-nhan=1")
    pages.post(anybody, "/van-hanh-thu/", {"words": HARD})
    trial.give_opinion(about="other", marks="3", words=HARD, language="vi", now=now)
    pages.get(lead, f"{trials}{made.pk}/change/")
    pages.get(lead, "/quan-tri/helpdesk/trialopinion/")
    for language in ("", "/en"):
        pages.get(anybody, f"{language}/bao-tri/")
    upkeep.switch_on(actor=SYSTEM, reason=HARD, until=None, now=now)
    pages.post(anybody, "/ho-tro/yeu-cau/", {}, 503)
    pages.post(anybody, "/en/ho-tro/yeu-cau/", {}, 503)
    only = known.load().read_only
    assert only is not None
    for rest in ("", "add/", f"{only.pk}/change/", f"{only.pk}/off/"):
        pages.get(lead, f"/quan-tri/upkeep/readonly/{rest}")
    upkeep.switch_off(actor=SYSTEM, now=now)

    pieces = "/quan-tri/content/piece/"
    pages.get(lead, f"{pieces}add/")
    pages.post(lead, f"{pieces}add/", {"kind": "news", "title": "", "body": "<script>x</script>"})
    writer, checker = make_officer_actor("G22", ("content",)), make_officer_actor("G22", ("content",))
    english = {"title": HARD, "summary": HARD, "body": "<p>x</p>"}
    body = '<h2>a</h2><ul><li>b</li></ul><table><caption>c</caption><tr><th scope="col">d</th></tr><tr><td>e</td></tr></table>'
    for kind in ("news", "guide", "banner"):
        piece = content.write(actor=writer, unit_code="G22", now=now, kind=kind, title=HARD, summary=HARD, body=body, english=english)
        upload = SimpleUploadedFile("a.png", png(), content_type="image/png")
        picture = content.add_picture(actor=writer, piece_id=piece.pk, upload=upload, alt=HARD, alt_en=HARD, now=now)
        StoredFile.objects.filter(pk=picture.file_id).update(state="clean")
        for rest in ("change/", "edit/", "preview/", "picture/", f"picture/{picture.pk}/remove/", "check/", "drop/"):
            pages.get(lead, f"{pieces}{piece.pk}/{rest}")
        content.move(actor=checker, piece_id=piece.pk, transition="check", now=now)
        pages.get(lead, f"{pieces}{piece.pk}/publish/")
        content.move(actor=checker, piece_id=piece.pk, transition="publish", now=now)
        for language in ("", "/en"):
            pages.get(anybody, f"{language}/noi-dung/{piece.slug}/")
    pages.get(lead, pieces)
    for path in ("/", "/en/", "/tin-tuc/", "/en/huong-dan-su-dung/"):
        pages.get(anybody, path)
    known.hold(known.Facts())
