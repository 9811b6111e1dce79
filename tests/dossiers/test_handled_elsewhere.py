"""Dossiers filed here that an agency's own system handles: out with everything, back with every step, in any order (X-04)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from dossiers import services
from dossiers.handled.reports import BadReport, read_report
from dossiers.handled.routing import RuleRefused, add_rule, end_rule
from dossiers.handled.taking import EDGES, way
from dossiers.models import Dossier, HandledResult, NationalDossier, Standing, State
from portal.access import SYSTEM
from portal.crypto import seal_text
from portal.exchange.messages import Message, MessageRefused
from portal.exchange.messages.models import SEALED
from portal.exchange.messages.registry import receiver_of
from portal.exchange.partners.kinds import kinds
from portal.exchange.partners.models import Call, Partner
from portal.files.models import FileState, StoredFile
from portal.notifications.models import Notification
from portal.states import TransitionRefused
from tests.dossiers.support import PAPER, at_once, filed, mark_clean, mother, pay, photo
from tests.exchange.support import basic, make_partner
from tests.factories import citizen_actor, make_officer_actor, make_position, sign_in

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def routed(**values: Any) -> tuple[Dossier, str]:
    """A dossier of the demo mother that the province's own system handles; its password."""
    password = make_partner("MC.H26", units=["H26"], calls=[Call.HANDLED, Call.MESSAGES], **values)
    add_rule(partner="MC.H26", unit_code="H26.101", procedures=[], actor=SYSTEM, now=timezone.now())
    return filed(now=timezone.now() - timedelta(hours=3)), password


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.get(pk=dossier.pk)


def when(minutes: int) -> str:
    """A moment after the filing, three hours ago."""
    return (timezone.now() - timedelta(hours=3) + timedelta(minutes=minutes)).isoformat()


def report(dossier: Dossier, state: str, at: str, *, partner: str = "MC.H26", **more: Any) -> str:
    """One message of the system, as its handler gets it once the door has checked and kept it."""
    text = json.dumps({"state": state, "at": at, **more})
    message = Message(
        partner=Partner.objects.get(pk=partner),
        direction="in",
        kind="dossier.report",
        about=dossier.code or "",
        key=str(uuid4()),
        body_sealed=seal_text(text, context=SEALED),
    )
    receiver = receiver_of("dossier.report")
    assert receiver is not None
    return receiver.function(message)


def sent(kind: str) -> list[dict[str, Any]]:
    """What went out, oldest first."""
    return [one.body for one in Message.objects.filter(direction="out", kind=kind).order_by("number")]


@pytest.mark.requirement("X-04")
def test_it_goes_out_whole_and_comes_back_to_its_result(demo_data: None) -> None:
    dossier, password = routed()
    [body] = sent("dossier.filed")
    assert body["code"] == dossier.code and body["answers"]["child_name"] == "Trần Thị Bé Thử" and body["owner"]["number"]
    [paper] = body["papers"]
    path = paper["url"].partition("/api/")[2]
    browser, headers = Client(), basic("MC.H26", password)
    assert browser.get(f"/api/{path}", headers=headers).status_code == 503, "not checked yet"
    mark_clean(dossier)
    answer = browser.get(f"/api/{path}", headers=headers)
    assert answer.status_code == 200 and b"".join(answer).startswith(b"\x89PNG")
    stranger = make_partner("MC.H27", units=["H27"], calls=[Call.HANDLED])
    assert browser.get(f"/api/{path}", headers=basic("MC.H27", stranger)).status_code == 404

    # The officer sees that it is handled elsewhere; no act is open.
    officer = make_officer_actor(roles=("reception", "handling"))
    with pytest.raises(TransitionRefused, match="hệ thống khác"):
        services.receive(actor=officer, dossier_id=dossier.id, seen_version=fresh(dossier).version, now=timezone.now())
    desk, position = Client(), make_position(unit="H26.101", roles=("reception", "handling"))
    sign_in(desk, position.person, position=position)
    page = desk.get(f"/quan-tri/dossiers/dossier/{dossier.id}/change/").content.decode()
    assert "do hệ thống khác giải quyết" in page and f"/{dossier.id}/receive/" not in page

    assert report(dossier, "4", when(20), received_at=when(10), due_at=(timezone.now() + timedelta(days=3)).isoformat()) == "taken"
    found = fresh(dossier)
    assert (found.state, found.officer_label) == ("4", "Một cửa thử nghiệm MC.H26") and found.due_at is not None
    assert NationalDossier.objects.get(code=dossier.code).state == "4"
    assert Notification.objects.filter(template="dossiers.received", channel="inbox").exists()

    results = f"/api/v1/dossiers/handled/{dossier.code}/results?title=Gi%E1%BA%A5y+khai+sinh&name=gks.pdf"
    kept = browser.post(results, PDF, content_type="application/pdf", headers=headers)
    assert kept.status_code == 200 and browser.post(results, PDF, content_type="application/pdf", headers=headers).json() == kept.json()
    assert browser.post(results, b"MZ\x90\x00", content_type="application/pdf", headers=headers).status_code == 422
    with pytest.raises(MessageRefused, match="unknown_result"):
        report(dossier, "10", when(30), results=[str(uuid4())])
    assert report(dossier, "10", when(40), finished_at=when(30), results=[kept.json()["id"]], words="Mời nhận kết quả") == "taken"
    found = fresh(dossier)
    assert found.state == "10" and found.finished_at is not None and HandledResult.objects.get().given_at is not None
    StoredFile.objects.filter(purpose="dossiers.handled_result").update(state=FileState.CLEAN)
    sign_in(browser, mother())
    page = browser.get(f"/ho-so/{dossier.code}/").content.decode()
    assert "Giấy khai sinh" in page and "Kết quả do cơ quan gửi" in page and "Cơ quan đã tiếp nhận hồ sơ" in page
    opened = browser.get(f"/ho-so/{dossier.code}/ket-qua/{kept.json()['id']}/")
    assert opened.status_code == 200 and b"".join(opened) == PDF
    assert not sent("dossier.event"), "what it told itself is not told back"


@pytest.mark.requirement("X-04")
def test_requests_and_charges_are_answered_here_and_told_there(demo_data: None) -> None:
    dossier, _ = routed()
    item = {"kind": "paper", "name": PAPER, "label": "Giấy chứng sinh", "words": "Chụp lại cho rõ"}
    with pytest.raises(MessageRefused, match="unknown_field"):
        report(dossier, "5", when(5), supplement={"items": [{**item, "kind": "field", "name": "no_such_field"}]})
    assert report(dossier, "5", when(5), supplement={"days": 3, "items": [item]}, words="Ảnh mờ") == "taken"
    found = fresh(dossier)
    assert found.state == State.INCOMPLETE and found.supplements_before == 1 and found.received_at is None
    actor = citizen_actor(mother())
    services.add_supplement_paper(actor=actor, dossier_id=dossier.id, number=1, kind=PAPER, upload=photo("rõ.png"), now=timezone.now())
    services.complete(actor=actor, dossier_id=dossier.id, number=1, now=timezone.now())
    [body] = sent("dossier.event")
    assert body["event"] == "complete_first" and [one["name"] for one in body["papers"]] == ["rõ.png"]

    now = timezone.now().isoformat()
    assert (
        report(dossier, "6", now, charge={"lines": [{"name": "Lệ phí", "kind": "charge", "amount": 8_000}]}, words="Theo biểu phí")
        == "taken"
    )
    found = fresh(dossier)
    assert (found.state, found.payment) == (State.PAYMENT_DUE, Standing.DUE) and found.demands.get().amount == 8_000
    pay(found)
    assert fresh(dossier).state == State.PROCESSING
    assert sent("dossier.event")[-1]["event"] == "paid" and sent("dossier.event")[-1]["amount"] == 8_000
    later = (timezone.now() + timedelta(seconds=1)).isoformat()
    assert report(dossier, "8", later, words="Không đủ điều kiện") == "taken"
    assert fresh(dossier).state == State.STOPPED


@pytest.mark.requirement("X-04")
def test_the_later_report_counts_whatever_comes_first(demo_data: None) -> None:
    dossier, _ = routed()
    last = when(60)
    assert report(dossier, "9", last) == "taken"
    guessed = fresh(dossier).received_at
    assert report(dossier, "2", when(10), received_at=when(8), due_at=when(170), words="Đã tiếp nhận") == "older"
    found = fresh(dossier)
    assert found.state == "9" and found.received_at is not None and guessed is not None and found.received_at < guessed
    assert report(dossier, "9", last) == "same"
    [older] = found.events.filter(name="reported")
    assert older.note == "Đã tiếp nhận"
    with pytest.raises(MessageRefused, match="cannot_follow"):
        report(dossier, "4", when(90))
    with pytest.raises(MessageRefused, match="unknown_dossier"):
        make_partner("MC.H27", units=["H27"], calls=[Call.HANDLED])
        report(dossier, "10", when(95), partner="MC.H27")
    assert fresh(dossier).state == "9"


@pytest.mark.requirement("X-04")
def test_two_reports_at_once_end_as_the_later_one(demo_db: None) -> None:
    dossier, _ = routed()
    early, late = when(10), when(20)

    def taken(state: str, at: str) -> str:
        from django.db import transaction

        with transaction.atomic():
            return report(dossier, state, at)

    said = at_once(lambda: taken("4", early), lambda: taken("9", late), lambda: taken("9", late))
    assert fresh(dossier).state == "9" and "taken" in said and not any(isinstance(one, Exception) for one in said)
    assert fresh(dossier).events.filter(name="sign").count() == 1


@pytest.mark.django_db
@pytest.mark.requirement("X-11")
def test_who_may_get_dossiers_is_a_rule(demo_data: None) -> None:
    make_partner("TRY", units=["H26"], calls=[Call.HANDLED], is_test=True)
    make_partner("NO", units=["H26"], calls=[Call.DOSSIERS])
    make_partner("H27", units=["H27"], calls=[Call.HANDLED])
    for partner in ("TRY", "NO", "H27", "NOBODY"):
        with pytest.raises(RuleRefused):
            add_rule(partner=partner, unit_code="H26.101", procedures=[], actor=SYSTEM, now=timezone.now())
    make_partner("EVN", units=["H26"], calls=[Call.HANDLED])
    other = add_rule(partner="EVN", unit_code="H26", procedures=["9.999999"], actor=SYSTEM, now=timezone.now())
    assert filed().handled_by == "", "another procedure's"
    end_rule(rule_id=other.pk, actor=SYSTEM, now=timezone.now())


@pytest.mark.requirement("X-14")
def test_an_app_asks_for_its_user_how_a_dossier_stands(demo_data: None) -> None:
    dossier = filed(now=timezone.now())
    app, other = make_partner("APP", units=["H26"], calls=[Call.STATUS]), make_partner("H26", calls=[Call.DOSSIERS])

    def find(name: str, password: str, **body: str) -> Any:
        return Client().post("/api/v1/dossiers/find", json.dumps(body), content_type="application/json", headers=basic(name, password))

    good = {"code": dossier.code or "", "number": "001195000001"}
    assert find("H26", other, **good).status_code == 403
    sandbox = make_partner("TRY", units=["T99"], calls=list(Call.values), is_test=True)
    assert find("TRY", sandbox, **good).status_code == 404, "who tries a system out sees nobody's dossiers"
    answer = find("APP", app, **good)
    assert answer.status_code == 200 and answer.json()["state"] == "1" and "Nguyễn Thị Mẫu" not in answer.content.decode()
    wrong, unknown = (
        find("APP", app, **{**good, "number": "001195000009"}),
        find("APP", app, code="H26.101-200101-0001", number="001195000001"),
    )
    assert wrong.status_code == unknown.status_code == 404 and wrong.json() == unknown.json()
    assert 429 in [find("APP", app, **{**good, "number": f"00119500{number:04d}"}).status_code for number in range(12)]


@pytest.mark.requirement("X-10", "X-11", "X-14")
def test_what_each_kind_of_system_may_is_data_and_its_own(demo_data: None) -> None:
    for one in kinds().values():
        out = StringIO()
        call_command("add_partner", f"K.{one.code}", "--units", "H26", "--name", one.name, "--kind", one.code, stdout=out)
        assert set(Partner.objects.get(pk=f"K.{one.code}").calls) == set(one.calls) and set(one.calls) <= set(Call.values) and one.basis
    password = json.loads(out.getvalue())["password"]
    refused = Client().post(
        "/api/v1/dossiers/batch", '{"rows": []}', content_type="application/json", headers=basic("K.steering", password)
    )
    assert refused.status_code == 403


NOW = datetime.fromisoformat("2026-11-20T10:00:00+07:00")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "unknown_value"), ({"state": "11", "at": "x"}, "unknown_value"), ({"state": "4"}, "missing"),
        ({"state": "4", "at": "2026-11-20"}, "bad_date"), ({"state": "4", "at": "2027-01-01T00:00:00+07:00"}, "future"),
        ({"state": "8", "at": "2026-11-20T09:00:00+07:00"}, "missing"),
        ({"state": "4", "at": "2026-11-20T09:00:00Z", "officer": "x"}, "unknown_field"),
        ({"state": "6", "at": "2026-11-20T09:00:00+07:00", "charge": {"lines": [{"name": "x", "amount": 1.5}]}}, "bad_amount"),
        ({"state": "9", "at": "2026-11-20T09:00:00+07:00", "results": ["x"]}, "unknown_value"),
        ({"state": "5", "at": "2026-11-20T09:00:00+07:00", "supplement": {"days": 0}}, "unknown_value"),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_says_why(body: dict[str, Any], code: str) -> None:
    with pytest.raises(BadReport) as bad:
        read_report(body, now=NOW)
    assert bad.value.code == code


STATES = [one.value for one in State]


@examples(max_examples=200)
@given(st.sampled_from(STATES), st.sampled_from(STATES), st.booleans())
def test_every_way_leads_where_it_says_along_edges_that_there_are(start: str, target: str, received: bool) -> None:
    names = way(start, target, received=received)
    if names is None:
        return
    here, was = start, received
    for name in names:
        [(here, was)] = {
            (end, name == "receive" or (was and name != "undo_receive"))
            for edge, begin, end, needs in EDGES
            if edge == name and begin == here and needs in (None, was)
        }
    assert here == target
