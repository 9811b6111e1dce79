"""What a province's app or an agency's account on a social network does for its user: rate, answer surveys, ask for help (X-14)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk import loading as helpdesk_loading
from helpdesk.models import Ticket
from helpdesk.services import tickets
from portal.exchange.partners.kinds import kinds
from portal.exchange.partners.models import Call
from portal.notifications.models import Notification
from ratings.models import Rating, Survey, SurveyPlace, SurveyResponse, SurveyText
from ratings.surveys import services as surveys
from tests.dossiers.support import filed, mother
from tests.exchange.support import basic, make_partner
from tests.factories import make_officer_actor
from tests.ratings.slips.support import returned, told
from tests.ratings.surveys.test_surveys import desk, opened

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("X-14")]


class App:
    """A system that connects, with its password."""

    def __init__(self, code: str = "APP.H26", *, calls: Any = None, **values: Any) -> None:
        self.code = code
        self.headers = basic(
            code, make_partner(code, units=["H26"], calls=list(kinds()["app"].calls) if calls is None else calls, **values)
        )

    def get(self, path: str) -> Any:
        return Client().get(f"/api/v1/{path}", headers=self.headers)

    def post(self, path: str, *, key: str = "", **body: Any) -> Any:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        return Client().post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)


def test_a_dossier_is_rated_by_the_token_of_its_notice_once() -> None:
    app, token = App(), told(returned()).strip("/").rpartition("/")[2]
    asked = app.post("opinions/slips/find", token=token)
    assert asked.status_code == 200, asked.content
    said = asked.json()
    assert said["questions"][0]["code"] == "overall" and len(said["steps"]["vi"]) == 5 and said["agency"]
    assert "Nguyễn Thị Mẫu" not in asked.content.decode()
    steps = {one["code"]: 4 for one in said["questions"]}
    missing = {code: step for code, step in steps.items() if code != "overall"}
    for wrong in (missing, {**steps, "overall": 6}, {**steps, "other": 1}):
        refused = app.post("opinions/slips", token=token, answers=wrong)
        assert refused.status_code == 422, refused.content
    trying = App("TRY", calls=list(Call.values), is_test=True)
    assert trying.post("opinions/slips", token=token, answers=steps).json() == {"kept": False} and not Rating.objects.exists()
    assert app.post("opinions/slips", token=token, answers={**steps, "overall": 5}, words="Nhanh, đúng hẹn").json() == {"kept": True}
    row = Rating.objects.get()
    assert (row.q1, row.q2, row.words, row.source) == (5, 4, "Nhanh, đúng hẹn", Rating.Source.DOSSIER)
    again = app.post("opinions/slips", token=token, answers=steps)
    assert again.status_code == 409 and again.json()["code"] == "closed" and Rating.objects.count() == 1
    assert app.post("opinions/slips/find", token="DG" + "A" * 22).status_code == 404
    assert App("NO", calls=[Call.STATUS]).post("opinions/slips/find", token=token).status_code == 403
    assert Client().get("/api/v1/opinions/surveys").status_code == 401


def test_surveys_are_answered_by_whom_they_ask() -> None:
    app, one = App("NET.H26", calls=kinds()["network"].calls), opened(desk())
    opened(desk("H26.102"), audience="citizens", title="Người đăng nhập")
    listed = app.get("opinions/surveys").json()
    assert [(row["slug"], [question["kind"] for question in row["questions"]]) for row in listed] == [
        (one.slug, ["choice", "steps", "several", "text"])
    ]
    path, form = f"opinions/surveys/{one.slug}/answers", str(uuid4())
    good: dict[str, Any] = {"q1": "1", "q2": "4", "q3": ["0", "2"], "q4": "Ghế thấp"}
    for wrong in ({"q2": "4"}, {**good, "q1": "7"}, {**good, "q9": "1"}, {**good, "q4": "a\0"}):
        assert app.post(path, form_id=str(uuid4()), answers=wrong).status_code == 422
    assert app.post(path, form_id=form, answers=good).json() == {"kept": True}
    assert app.post(path, form_id=form, answers=good).status_code == 409
    assert SurveyResponse.objects.get().answers == {"q1": "1", "q2": "4", "q3": ["0", "2"]} and SurveyText.objects.get().words == "Ghế thấp"
    trying = App("TRY", calls=list(Call.values), is_test=True)
    assert trying.post(path, form_id=str(uuid4()), answers=good).json() == {"kept": False}
    other = Survey.objects.get(audience="citizens")
    assert app.post(f"opinions/surveys/{other.slug}/answers", form_id=form, answers=good).status_code == 404
    # Invited: the token is the right, once.
    filed(now=timezone.now())
    day = f"{timezone.localdate():%d/%m/%Y}"
    invited = opened(desk(), audience="applicants", procedure_code="1.001193", first_day=day, last_day=day, title="Hỏi người nộp")
    while surveys.invite(now=timezone.now()):
        pass
    notice = Notification.objects.get(template="ratings.survey", channel="sms", party_id=mother().pk)
    found = re.search(r"/khao-sat/moi/([A-Z0-9]+)/", str(notice.body))
    assert found is not None
    token = found[1]
    assert app.post("opinions/invitations/find", token=token).json()["slug"] == invited.slug
    assert app.post("opinions/invitations", token=token, answers=good).json() == {"kept": True}
    assert SurveyPlace.objects.filter(survey=invited, used_on__isnull=False).count() == 1
    assert app.post("opinions/invitations", token=token, answers=good).status_code == 409
    Survey.objects.filter(pk=one.pk).update(
        closes_on=timezone.localdate() - timedelta(days=1), opens_on=timezone.localdate() - timedelta(days=2)
    )
    assert app.post(path, form_id=str(uuid4()), answers=good).status_code == 409


def test_help_is_asked_for_followed_and_answered_through_the_app() -> None:
    helpdesk_loading.load()
    app, other = App(), App("APP.H27")
    assert "other" in [row["code"] for row in app.get("support/kinds").json()]
    good = {"kind": "files", "words": "Bấm Gửi tệp thì báo lỗi.", "phone": "0912 345 678", "channels": ["app"]}
    assert app.post("support/tickets", **good).status_code == 422, "a key is needed"
    for number, wrong in enumerate(({"kind": "no"}, {"phone": "12"}, {"phone": ""}, {"channels": ["email"]}, {"channels": ["account"]})):
        assert app.post("support/tickets", key=f"w{number}", **{**good, **wrong}).status_code == 422, wrong
    trying = App("TRY", calls=list(Call.values), is_test=True)
    assert trying.post("support/tickets", key="t", **good).json() == {"code": "", "kept": False} and not Ticket.objects.exists()
    first = app.post("support/tickets", key="k1", **good)
    assert first.status_code == 200 and first.json()["kept"], first.content
    assert app.post("support/tickets", key="k1", **good).json() == first.json() and Ticket.objects.count() == 1
    assert app.post("support/tickets", key="k1", **{**good, "words": "Khác"}).json()["code"] == "key_used"
    code = first.json()["code"]
    row = Ticket.objects.get()
    assert (row.source, row.through, row.channels) == ("app", "APP.H26", ["app"])
    about = {"code": code, "contact": "+84912345678"}
    assert app.post("support/tickets/find", **about).json()["state"] == "new"
    wrong_contact, unknown = (
        app.post("support/tickets/find", code=code, contact="0900000009"),
        app.post("support/tickets/find", code="HT7K3M9QXRT2W", contact="0912345678"),
    )
    assert wrong_contact.status_code == unknown.status_code == 404 and wrong_contact.json() == unknown.json()
    officer = make_officer_actor("G22", ("technical", "content"))
    tickets.answer(actor=officer, ticket_id=row.pk, words="Tệp lớn hơn 10 MB. Bạn chia nhỏ.", now=timezone.now())
    told_app = app.post("support/tickets/find", **about).json()
    assert told_app["state"] == "answered" and [one["words"] for one in told_app["answers"]] == ["Tệp lớn hơn 10 MB. Bạn chia nhỏ."]
    assert other.post("support/tickets/find", **about).json()["answers"] == [], "to the app that it came through alone"
    further = app.post("support/tickets/words", **about, words="Vẫn không được")
    assert further.status_code == 200 and further.json()["state"] == "working"
    assert 429 in [app.post("support/tickets", key=f"m{number}", **good).status_code for number in range(6)], "five of one phone an hour"
    assert 429 in [app.post("support/tickets/find", **about).status_code for _ in range(11)], "ten tries of one code"
    assert App("NO", calls=[Call.STATUS]).get("support/kinds").status_code == 403
