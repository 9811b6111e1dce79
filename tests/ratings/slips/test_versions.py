"""The questions change from a day to come on; what was answered reads as it was asked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ratings.models import SlipForm
from ratings.slips import queries, services
from tests import factories
from tests.ratings.slips.support import rate

pytestmark = [pytest.mark.requirement("R-01"), pytest.mark.django_db]
ADD = "/quan-tri/ratings/slipform/add/"


def form(**values: Any) -> dict[str, Any]:
    """A version that can be used."""
    newest = SlipForm.objects.latest("valid_from")
    found: dict[str, Any] = {
        "valid_from": f"{timezone.localdate() + dt.timedelta(days=1):%d/%m/%Y}", "open_days": "10",
        **{f"steps_{name}": "\n".join(words) for name, words in newest.steps.items()},
    }  # fmt: skip
    for number, question in enumerate(newest.questions, 1):
        found |= {f"code{number}": question["code"], f"vi{number}": question["vi"], f"en{number}": question["en"]}
    return found | values


@pytest.mark.usefixtures("demo_data")
def test_vpcp_asks_otherwise_from_tomorrow_and_nobody_else_does() -> None:
    today = timezone.localdate()
    rate("H26.101", 5, day=today)
    centre, unit = Client(), Client()
    for client, where, roles in ((centre, "G22", ("steering",)), (unit, "H26.101", ("administrator", "signing"))):
        position = factories.make_position(unit=where, roles=roles)
        factories.sign_in(client, position.person, position=position)
    for answer in (unit.get(ADD), unit.post(ADD, form()), unit.get("/quan-tri/ratings/slipform/")):
        assert answer.status_code == 403
    for wrong in (
        {"valid_from": f"{today:%d/%m/%Y}"}, {"valid_from": "x"}, {"open_days": "0"}, {"steps_vi": "một\nhai"}, {"code3": "overall"},
        {"code3": "có dấu"}, {"vi2": ""}, {"en5": " "},
    ):  # fmt: skip
        assert centre.post(ADD, form(**wrong)).status_code == 422, wrong
    assert SlipForm.objects.count() == 1
    assert centre.post(ADD, form(code5="price", vi5="Chi phí phải bỏ ra", en5="What it cost")).status_code == 302
    assert centre.post(ADD, form()).status_code == 422, "the day is taken"
    assert "Chi phí phải bỏ ra" in centre.get("/quan-tri/ratings/slipform/2/change/").content.decode()
    now, later = services.form_on(today), services.form_on(today + dt.timedelta(days=1))
    assert now is not None and later is not None and (now.number, later.number, later.open_days) == (1, 2, 10)
    assert "Kết quả, câu trả lời" in Client().get("/danh-gia/phieu/don-vi/H26.101/").content.decode()
    asked = queries.satisfaction("", dt.date(today.year, 1, 1), dt.date(today.year, 12, 31), by="question").rows
    assert set(asked) == {"overall", "officer", "access", "time", "result"}
