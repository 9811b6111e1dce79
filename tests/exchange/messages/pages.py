"""The pages of systems outside: for their engineers, of their agencies, of who watches them (`tests/standards/test_html.py`)."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from django.utils import timezone
from joserfc.jwk import ECKey

from dossiers.models import HandlingRule
from portal.access import Assurance
from portal.exchange.messages import send
from portal.exchange.messages.arrival import end
from portal.exchange.partners.models import Call, Partner, PartnerConsent, PartnerKey
from tests.exchange.messages.support import System
from tests.factories import make_person, make_position, sign_in

HARD = "Lỗi <b>đậm</b> & dấu"
LINES, MESSAGES = "/quan-tri/partner_messages/watchedpartner/", "/quan-tri/partner_messages/message/"


def exchanging(pages: Any) -> None:
    """The guide, a sandbox before and after its key, a partner's keys, people, server, dead letter."""
    anybody, engineer = Client(), Client()
    sign_in(engineer, make_person())
    key = ECKey.generate_key("P-256", {"kid": "thu"})
    for language in ("", "/en"):
        pages.get(anybody, f"{language}/nha-phat-trien/")
        pages.get(engineer, f"{language}/nha-phat-trien/thu/")
    pages.post(engineer, "/nha-phat-trien/thu/", {"key": "<x>"})
    assert engineer.post("/nha-phat-trien/thu/", {"key": json.dumps(key.as_dict(private=False))}).status_code == 302
    pages.get(engineer, "/nha-phat-trien/thu/")
    System("H34").register()
    row = send(partner="H34", kind="test.word", about="<x>", body={"word": HARD}, key="<k>")
    end(row, "bury", "server_error", timezone.now())
    desk, position = Client(), make_position(unit="H34", roles=("technical",))
    sign_in(desk, position.person, position=position, assurance=Assurance.HIGH)
    pages.get(desk, LINES)
    pages.get(desk, MESSAGES)
    for rest in ("change/", "noi-dung/", "gui-lai/"):
        pages.get(desk, f"{MESSAGES}{row.pk}/{rest}")
    base = f"{LINES}H34/"
    held = PartnerKey.objects.filter(partner_id="H34").order_by("pk")[0]
    for rest in ("change/", "khoa/", f"khoa/{held.pk}/thu-hoi/", "dau-moi/", "may-chu/"):
        pages.get(desk, base + rest)
    for rest, said in (("khoa/", {"use": "sig", "key": "<x>"}), ("dau-moi/", {"name": HARD}), ("may-chu/", {"address": "<x>"})):
        pages.post(desk, base + rest, said)
    pages.post(desk, f"{base}khoa/{held.pk}/thu-hoi/", {"reason": ""})
    assert desk.post(f"{base}dau-moi/", {"name": HARD, "phone": "0900000019"}).status_code == 302
    pages.get(desk, f"{base}change/")
    pages.get(desk, f"{base}dau-moi/1/bo/")
    rules, vpcp = "/quan-tri/dossiers/handlingrule/", Client()
    Partner.objects.filter(pk="H34").update(calls=[Call.HANDLED])
    position = make_position(unit="G22", roles=("steering",))
    sign_in(vpcp, position.person, position=position, assurance=Assurance.HIGH)
    pages.post(vpcp, f"{rules}enter/", {"partner": "H34", "unit_code": "<x>"})
    said = {"partner": "H34", "unit_code": "H34.5", "procedures": "1.001193"}
    assert vpcp.post(f"{rules}enter/", said).status_code == 302
    rule = HandlingRule.objects.get(partner="H34")
    for rest in ("", f"{rule.pk}/change/", f"{rule.pk}/end/"):
        pages.get(vpcp, f"{rules}{rest}")
    assert vpcp.post(f"{rules}enter/", said).status_code == 422, "twice is refused beside the field"
    Partner.objects.filter(pk="H34").update(is_third_party=True)
    partner, today = "/quan-tri/partners/partner/H34/", timezone.localdate()
    pages.get(vpcp, f"{partner}dong-y/")
    pages.post(vpcp, f"{partner}dong-y/", {"number": "<x>"})
    days = {"dated": f"{today:%d/%m/%Y}", "begins_on": f"{today:%d/%m/%Y}"}
    asked = {"number": "1/<x>", "calls": ["handled"], "purpose": HARD, **days}
    assert vpcp.post(f"{partner}dong-y/", asked).status_code == 302
    pages.get(vpcp, f"{partner}change/")
    pages.get(vpcp, f"{partner}dong-y/{PartnerConsent.objects.get().pk}/rut/")
