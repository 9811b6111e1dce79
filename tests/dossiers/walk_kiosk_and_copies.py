"""The pages of kiosks and certified copies, for the checker of HTML: every template of both rooms."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Position
from dossiers.copies import services as copies
from dossiers.kiosk import devices
from dossiers.models import CertifiedCopy, KioskDevice, Ticket
from dossiers.services import start_or_open_draft
from portal.files.models import FileState, StoredFile
from tests.dossiers.support import CODE, mother, png
from tests.factories import citizen_actor, make_position, officer_actor, sign_in

UNIT, DESK = "H26.101", "/quan-tri/dossiers/"


def kiosk_and_copies(pages: Any) -> None:
    """Kiosks: elsewhere, on a device, signed in, on a phone. Copies: begun, scanned, presented, signed together, given up, on paper."""
    position, officer = make_position(unit=UNIT, roles=("reception", "administrator"), title="<Quản> & trị"), Client()
    sign_in(officer, position.person, position=position)
    _kiosks(pages, officer, officer_actor(position))
    _copies(pages, officer, position)


def _kiosks(pages: Any, officer: Client, actor: Any) -> None:
    now, elsewhere, kiosk = timezone.now(), Client(), Client()
    pages.get(elsewhere, "/kiosk/")
    pages.get(elsewhere, "/kiosk/may/")
    pages.post(elsewhere, "/kiosk/may/", {"so": "1"})
    pages.get(officer, f"{DESK}kioskdevice/add/")
    pages.post(officer, f"{DESK}kioskdevice/add/")
    officer.post(f"{DESK}kioskdevice/add/", {"name": "Sảnh <1> & 2"})
    device = KioskDevice.objects.latest("registered_at")
    one = f"{DESK}kioskdevice/{device.pk}/"
    for page in ("change", "code", "withdraw"):
        pages.get(officer, f"{one}{page}/")
    pages.post(officer, f"{one}code/", status=200)
    pages.get(officer, f"{DESK}kioskdevice/")
    kiosk.cookies[devices.COOKIE] = devices.pair(code=devices.new_code(actor=actor, device_id=device.pk, now=now), now=now)
    for page in ("", "su-kien/", "linh-vuc/", f"thu-tuc/{CODE}/", f"thu-tuc/{CODE}/hoi/", "so/", "dang-nhap/"):
        pages.get(kiosk, f"/kiosk/{page}")
    pages.get(kiosk, "/kiosk/thu-tuc/1.004222/hoi/")
    at = f"/kiosk/thu-tuc/{CODE}/hoi/"
    while (tile := pages.get(kiosk, at).partition('class="kiosk-tile" href="?')[2]) and "Giấy tờ bạn cần" not in pages.kept[at]:
        at = f"/kiosk/thu-tuc/{CODE}/hoi/?" + tile.partition('"')[0].replace("&amp;", "&")
    pages.post(kiosk, "/kiosk/so/", {"ma": "<x>"})
    kiosk.post("/kiosk/so/")
    pages.get(kiosk, f"/kiosk/so/{Ticket.objects.latest('taken_at').pk}/")
    pages.post(kiosk, "/kiosk/dang-nhap/", {"so": "<x>"})
    assert kiosk.post("/kiosk/dang-nhap/", {"so": mother().id_number}).status_code == 302
    pages.get(kiosk, "/kiosk/dang-nhap/ma/")
    pages.post(kiosk, "/kiosk/dang-nhap/ma/", {"so": "<x>"})
    sign_in(kiosk, mother())
    start_or_open_draft(actor=citizen_actor(mother()), procedure_code=CODE, now=now)
    pages.get(kiosk, "/kiosk/")
    pages.get(kiosk, f"/nop-ho-so/{CODE}/to-khai/")
    pages.get(kiosk, f"/nop-ho-so/{CODE}/giay-to/")
    pages.get(kiosk, f"/kiosk/dien-thoai/{CODE}/")
    pages.post(kiosk, f"/kiosk/dien-thoai/{CODE}/", status=200)
    pages.get(elsewhere, "/kiosk/tiep/khong-co/", 404)


def _copies(pages: Any, officer: Client, position: Position) -> None:
    now, base = timezone.now(), f"{DESK}certifiedcopy/"
    leader = make_position(unit=UNIT, roles=("signing",), title="Phó Chủ tịch <x>", credential_id="cred-test")
    chief = Client()
    sign_in(chief, leader.person, position=leader)
    pages.get(officer, f"{DESK}copywording/add/")
    pages.post(officer, f"{DESK}copywording/add/", {"words": "<x> {la}", "basis": "x", "valid_from": "01/01/2020"})
    wording = copies.word(
        actor=officer_actor(position), valid_from=timezone.localdate(now), words="Số {so} & <b>, {ngay}", basis="<x>", now=now
    )
    pages.get(officer, f"{DESK}copywording/{wording.pk}/change/")
    pages.get(officer, f"{DESK}copywording/")
    for page in ("add", "ban-giay"):
        pages.get(officer, f"{base}{page}/")
        pages.post(officer, f"{base}{page}/", {"title": "<x>"})
    row = copies.begin(actor=officer_actor(position), owner_number=mother().id_number, title="Bằng <cử nhân> & khác", now=now)
    one = f"{base}{row.pk}/"
    for page in ("change", "scan", "drop", "present"):
        pages.get(officer, f"{one}{page}/")
    pages.post(officer, f"{one}scan/", {"seen": row.version})
    upload = SimpleUploadedFile("<a>.png", png(), content_type="image/png")
    copies.add_scan(actor=officer_actor(position), copy_id=row.pk, seen_version=row.version, upload=upload, now=now)
    pages.get(officer, f"{one}change/")
    StoredFile.objects.filter(purpose="dossiers.copy_scan").update(state=FileState.CLEAN, checked_at=now)
    row.refresh_from_db()
    pages.get(officer, f"{one}present/")
    pages.post(officer, f"{one}present/", {"seen": row.version})
    copies.present(
        actor=officer_actor(position), copy_id=row.pk, seen_version=row.version, signer_position_id=leader.pk, payer_name="A <b>",
        compared=True, now=now,
    )  # fmt: skip
    pages.get(officer, f"{one}change/")
    pages.get(officer, f"{one}void/")
    pages.get(chief, f"{one}sign/")
    pages.get(chief, base)
    begun = chief.post(f"{base}ky/")
    pages.get(chief, begun["Location"])
    row.refresh_from_db()
    assert officer.post(f"{one}void/", {"seen": row.version, "reason": "<x> & y"}).status_code == 302
    pages.get(officer, f"{one}change/")
    pages.get(officer, f"{one}mend/")
    pages.get(officer, base)
    assert CertifiedCopy.objects.filter(state="void").exists()
