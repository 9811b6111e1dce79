"""The Nu HTML checker finds no error on any page, style sheet or picture: every template is rendered, one run looks at all."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.signals import template_rendered
from django.utils import timezone

from accounts.linking import files as account_files
from accounts.mandating import guardians
from accounts.models import (
    AccountComplaint,
    AccountOffer,
    CertificateSignIn,
    CitizenSignIn,
    EmailAddress,
    GuardianRequest,
    IdentityProvider,
    Mandate,
    MandateOffer,
    OutsideSignIn,
    PhoneChange,
    Position,
    Registration,
    Terms,
)
from accounts.officers import contracts, substitutes
from accounts.registration import services as registration
from accounts.services import contacts
from accounts.ways import app_codes, outside, phones
from dossiers import services as dossier_services
from dossiers.appointments import visits
from dossiers.archive.working import work as work_disposal
from dossiers.counter_filing import beginning, filling
from dossiers.forms_data import shipped_form
from dossiers.models import (
    Absence,
    Appointment,
    ArchivedDossier,
    ArchiveHold,
    ArchiveTerm,
    CashReceipt,
    CertifiedCopy,
    CopyWording,
    CounterDay,
    CounterFiling,
    CounterPlan,
    DigitisingRate,
    Disposal,
    Dossier,
    DossierMessage,
    DossierOpinion,
    DossierStep,
    Draft,
    FormDesign,
    FormPrint,
    Handover,
    HomeVisit,
    KioskDevice,
    LinkedFiling,
    MessageTemplate,
    OfficerArea,
    OldBatch,
    OldClaim,
    OldDeclaration,
    OldPaper,
    Parcel,
    PostTariff,
    ProcessVersion,
    ResultDesign,
    ResultVersion,
    SignedDeclaration,
    StorePaper,
    StoreShare,
    Ticket,
    UnitSlip,
)
from dossiers.outcomes import outcome_of
from dossiers.post import parcels
from dossiers.services import desk as services_of_desk
from dossiers.services import follow_late_orders, make_print, publish_form, save_draft, submit
from dossiers.services import receive as receive_dossier
from dossiers.signing.steps import make as make_declaration
from dossiers.supplements.desk import SupplementForm
from dossiers.terms import terms_on
from feedback.models import Petition, PetitionDraft, PublishedCase, ReplyTemplate, Term
from feedback.services import answering, handling, publishing, routing, secrets
from payments import services as payment_services
from payments.institutions.base import Outcome, Report
from payments.models import Case, Minutes, Posting, SettlementContact
from payments.services import expire_orders, institutions, order_files
from payments.services.after import after_settlement
from payments.services.casework import close_case
from payments.services.minutes import close_month
from payments.services.settling import note_return
from portal import audit, outbox
from portal.access import SYSTEM, Assurance
from portal.access.site import OfficerModelAdmin
from portal.announcements.models import Notice
from portal.announcements.services import withdraw
from portal.audit import checking
from portal.caching.changes import marks
from portal.caching.models import Change
from portal.documents.services import revoke
from portal.exchange import post
from portal.exchange.partners.models import Partner
from portal.exchange.partners.services import suspend
from portal.files import services as files
from portal.files.models import FileState, StoredFile
from portal.inbox.services import take
from portal.launcher import bootstrap
from portal.notifications.models import Notification
from portal.operations import alarms, figures
from portal.operations.models import SecurityEvent
from portal.outbox.models import Message
from portal.retention.services import note as note_removed
from procedures import queries, services
from procedures.models import (
    Announcement,
    CommonQuestion,
    GuidanceTree,
    Guide,
    Localisation,
    OnlineReduction,
    OnlineService,
    ProcedureVersion,
    QualityFinding,
    QualityReport,
    QualityReview,
    ServiceDeclaration,
)
from procedures.questions import services as services_of_questions
from procedures.services import consulting, declare_reduction
from procedures.services.importing import import_procedures
from procedures.services.reporting import ended_quarters
from ratings import demo as statistics
from ratings.models import (
    Criterion,
    DemandForecast,
    FrozenYear,
    Rating,
    RatingCount,
    ReturnCount,
    Slip,
    StepCount,
    Survey,
    SurveyText,
    Target,
    WorkCount,
)  # fmt: skip
from ratings.opendata import making
from ratings.score import counting
from ratings.understood import services as comments
from tests.accounts.officers.test_high_level import post_account
from tests.accounts.provider import support as sign_on
from tests.accounts.registration.test_joining import by_document
from tests.accounts.ways.providers_support import known_unread
from tests.dossiers import counters as at_counters
from tests.dossiers import processes
from tests.dossiers import test_interlinked as together
from tests.dossiers.old_paper_pages import old_paper_pages
from tests.dossiers.support import (
    ANSWERS,
    CODE,
    PAPER,
    decided,
    filed,
    hidden,
    leader,
    mark_clean,
    mother,
    pay,
    photo,
    ready_draft,
    received,
    sign_by_hand,
)
from tests.dossiers.test_applicant_signature import fill_in, signing_form
from tests.dossiers.test_form_pages import FORM, sends
from tests.dossiers.test_kinds import EXTRACT, order_copies
from tests.dossiers.walk_kiosk_and_copies import kiosk_and_copies
from tests.exchange.messages.pages import exchanging
from tests.exchange.support import batch, make_partner
from tests.factories import (
    citizen_actor,
    give_mandate,
    legal_mandate,
    make_institution,
    make_officer_actor,
    make_order,
    make_organisation,
    make_person,
    make_position,
    mandate_actor,
    officer_actor,
    paid_report,
    sign_in,
)
from tests.feedback import support as petitions
from tests.feedback.support import WORDS, send_one
from tests.feedback.support import answered as petition_answered
from tests.feedback.support import officer as petition_officer
from tests.feedback.support import received as taken_on
from tests.helpdesk.pages import helping
from tests.payments.support import csv_of, day_before, desk_of, line_of, make_payment, run_day
from tests.payments.support import take as take_file
from tests.portal.pages import PUBLIC
from tests.procedures import test_announcing as announced
from tests.procedures.test_catalogue import version_of
from tests.procedures.test_import import raw, write
from tests.ratings.slips import support as slips
from tests.ratings.surveys import test_surveys as surveys
from tests.ratings.years.support import counted, published

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
ERRORS = ("400", "403", "403_csrf", "404", "410", "413", "414", "429", "500", "503")
AUTOCOMPLETE = re.compile(r'(<select\b[^>]*\bclass="admin-autocomplete"[^>]*>)\s*(?:<option value=""></option>)?')
"""What Django's own widget on the desk (``AutocompleteSelect``) begins with: an option without words, or none where the field is required.
Its script wants it so and puts a box of its own in its place; HTML wants a first option with words in both cases."""


@dataclass
class Pages:
    """What has been rendered, by what a person would call it, and out of which templates."""

    kept: dict[str, str] = field(default_factory=dict)
    templates: set[str] = field(default_factory=set)

    def get(self, client: Client, address: str, status: int = 200) -> str:
        """Open an address; what comes back is kept."""
        return self._keep(address, client.get(address), status)

    def post(self, client: Client, address: str, data: dict[str, Any] | None = None, status: int = 422) -> str:
        """Send a form; the page that says what is wrong is kept."""
        return self._keep(f"POST {address}", client.post(address, data or {}), status)

    def _keep(self, name: str, answer: Any, status: int) -> str:
        assert answer.status_code == status, f"{name}: {answer.status_code} {answer.headers.get('Location', '')}"
        assert answer["Content-Type"].startswith("text/html"), name
        while name in self.kept:
            name += " (again)"
        self.kept[name] = html = answer.content.decode()
        return str(html)


@pytest.fixture
def pages(demo_data: None, settings: Any) -> Iterator[Pages]:
    """No page yet; every template that is rendered from now on is noted."""
    # Nobody goes there: the pages before and after are what is looked at.
    settings.PUBLIC_TRUSTED_ROOTS, settings.TOKEN_SIGN_IN_URL = "x", settings.SITE_URL
    known_unread(settings)
    settings.REMOTE_SIGNING_URL = settings.REMOTE_SIGNING_PUBLIC_URL = "https://ky-so.vi-du.example/csc/v2"
    found = Pages()

    def note(template: Any, **_: Any) -> None:
        found.templates.add(str(template.name))

    template_rendered.connect(note)
    yield found
    template_rendered.disconnect(note)


def everybodys(pages: Pages) -> None:
    """What anybody may open, and what stands when something fails."""
    client = Client()
    places = ["?dia-phuong=01&xa=00070&tich=1", "?xa=tan+lap", "?xa=khong+dau+ca"]
    more = [
        "/thu-tuc/?doi-tuong=hop-tac-xa&muc-do=toan-trinh",
        "/tim-kiem/?q=khong+co+gi+nhu+the",
        "/tim-kiem/?q=zzzzzzzz",
        "/tim-kiem/?q=dang+ky&cap=xa",
        "/linh-vuc/LV.ho-tich/",
        "/co-quan/H26/",
        "/co-quan/H26.101/",
        "/thu-tuc/1.004746/?dia-phuong=31",
        "/en/thu-tuc/1.004746/",
        "/nop-ho-so/1.004889/",
        "/bao-loi/?thu-tuc=1.001193",
        "/bao-loi/?thu-tuc=1.001193&da-nhan=1",
        "/en/bao-loi/",
        "/nop-ho-so/1.001193/",
        "/nop-ho-so/2.000635/",
        "/tai-khoan/dang-nhap/",
        "/tai-khoan/can-bo/",
        "/api/v1/docs",
        *(f"/thong-ke/?ky={timezone.localdate().year}&theo={by}" for by in ("co-quan", "thu-tuc", "thang", "kenh")),
        "/thong-ke/?co-quan=H26&linh-vuc=LV.ho-tich&kenh=2&cot=giai-quyet",
        *(f"{at}/thong-ke/?co-quan=H26&{of}" for at in ("", "/en") for of in ("viec=khai+sinh", "viec=xyz", "ky=20226", "cap=xa")),
        *(f"{language}/danh-gia/{of}" for language in ("", "/en") for of in ("", "?ky=2001", "H26/", "H26.101/?ky=2001")),
        *(f"/danh-gia/H26/{code}/{which}" for code in ("1.4", "2.1", "3.2", "5.2") for which in ("", "?loai=chua")),
        *(f"{language}/thu-tuc/1.001193/{place}" for language in ("", "/en") for place in places),
    ]
    statistics.load()
    counting.count_all(now=timezone.now())
    for address in [*PUBLIC, *more]:
        pages.get(client, address)
    pages.get(client, "/thong-ke/?tu=31/02/2026&den=1", 422)
    notice = Notice.objects.filter(published_to=None).earliest("pk")
    for language in ("", "/en"):
        pages.get(client, f"{language}/thong-bao/{notice.slug}/")
    withdraw(actor=SYSTEM, notice_id=notice.pk, day=timezone.localdate())
    pages.get(client, f"/thong-bao/{notice.slug}/", 410)
    pages.get(client, "/khong-co-trang-nay/", 404)
    pages.get(client, "/nop-ho-so/2.000720/", 404)
    # A piece of a page: the script puts it into the list of the search box.
    options = pages.get(client, "/tim-kiem/goi-y/?q=khai+si")
    pages.kept["/tim-kiem/goi-y/?q=khai+si"] = (
        '<!doctype html><html lang="vi"><title>Gợi ý</title><p><label>Tìm <input list="l"></label></p>'
        f'<datalist id="l">{options}</datalist></html>'
    )
    pages.get(client, "/xac-minh/khong-co-ma-nay/", 404)
    pages.get(client, "/ky-so/tro-ve/?state=x&code=y", 400)
    for address in ("/bao-loi/?thu-tuc=1.001193", "/en/bao-loi/", "/tai-khoan/dang-nhap/"):
        pages.post(client, address, {"id_number": "x", "text": "<x>"})
    for code in ERRORS:
        # What the proxy or a broken portal shows is rendered without a request, as it is there.
        request = None if code in ("413", "414", "500", "503") else RequestFactory().get("/x/")
        pages.kept[f"{code}.html"] = render_to_string(f"{code}.html", {"retry_after": 30}, request=request)


def catalogues(pages: Pages, folder: Path) -> None:
    """Every procedure we ship in both languages; imported ones whole and as text only; one with a province's own rules; past and future."""
    client = Client()
    glued = raw("1.900002", channels_glued="Trực tuyến5 ngày", documents_glued="Đơn thử1", legal_glued="Luật thử01", steps="Một đoạn.")
    for name in ("channels", "documents", "legal", "levels"):
        del glued[name]
    import_procedures(write(folder / "thu.jsonl.gz", [raw("1.900001"), glued, "không phải JSON"]))
    local = {"executing_agency": "UBND <phường> & xã", "decision_number": "12/QĐ-UBND", "province_code": "01"}
    Localisation.objects.update_or_create(version=ProcedureVersion.objects.get(procedure__code="1.004222"), defaults=local)
    pages.get(client, "/thu-tuc/1.004222/?dia-phuong=01")
    long_ago, change = dt.date(2020, 1, 1), timezone.localdate() + dt.timedelta(days=30)
    version_of("1.999999", long_ago, change, 'Tên của "hôm nay" & <mai>')
    version_of("1.999999", change, None, "Tên của mai sau")
    version_of("1.999998", long_ago, dt.date(2021, 1, 1), "Tên cũ")
    pages.get(client, f"/thu-tuc/1.999999/?ngay={change:%Y-%m-%d}")
    pages.get(client, "/thu-tuc/1.999998/", 410)
    for day in ("2019-01-01", "khong", "2022-01-01"):
        pages.get(client, f"/thu-tuc/1.999998/?ngay={day}&tich=1", 404)
    pages.get(client, "/thu-tuc/?trang=2")
    for code in ProcedureVersion.objects.exclude(procedure__code="1.999998").values_list("procedure__code", flat=True).distinct():
        pages.get(client, f"/thu-tuc/{code}/")
        pages.get(client, f"/en/thu-tuc/{code}/")


def anywhere(pages: Pages, client: Client) -> None:
    """Another place for a filing that is received in the whole country."""
    rows = ProcedureVersion.objects.filter(procedure__code=CODE, effective_to=None)
    place, form = f"/nop-ho-so/{CODE}/noi-khac/", f"/nop-ho-so/{CODE}/to-khai/"
    pages.get(client, place, 404)
    Change.objects.all().delete()  # a transaction notes a change once
    rows.update(anywhere="country")
    marks.forget()
    for address in (f"/nop-ho-so/{CODE}/", f"/thu-tuc/{CODE}/", form):
        pages.get(client, address)
    page = pages.get(client, place)
    pages.post(client, place, hidden(page, place_tinh="48", place_chon="1"), 200)
    pages.post(client, place, hidden(page, place_tinh="48"))
    Change.objects.all().delete()
    rows.update(anywhere="")
    marks.forget()


def citizens(pages: Pages) -> None:
    """From sign-in to the result, with each form's errors."""
    client = Client()
    client.post("/tai-khoan/dang-nhap/", {"id_number": "001195000001"})
    pages.get(client, "/tai-khoan/dang-nhap/ma/")
    pages.post(client, "/tai-khoan/dang-nhap/ma/", {"code": "x"})
    sign_in(client, mother())
    form, papers, check = (f"/nop-ho-so/{CODE}/{page}/" for page in ("to-khai", "giay-to", "kiem-tra"))
    for address in ("/ho-so/", "/", "/en/", f"/thu-tuc/{CODE}/", f"/thu-tuc/{CODE}/?dia-phuong="):
        pages.get(client, address)
    page = pages.get(client, form)
    pages.post(Client(headers={"origin": "http://testserver"}), form, hidden(page, child_name="Bé", act="tiep"), 401)
    pages.post(client, form, hidden(page, act="tiep"))
    client.post(form, hidden(page, applicant_role="mother", act="tiep"))
    page = pages.get(client, form)
    pages.get(client, form + "?hoi=1")
    pages.post(client, form, hidden(page, **{**ANSWERS, "child_name": "Bé 1", "unit_code": "H26.102", "act": "tiep"}))
    pages.post(client, form, hidden(page, **{**ANSWERS, "father_birth_date": "01/01/2013", "unit_code": "H26.101", "act": "tiep"}))
    client.post(form, hidden(page, **ANSWERS, unit_code="H26.101", act="tiep"))
    pages.post(Client(headers={"origin": "http://testserver"}), form, hidden(page, **ANSWERS, unit_code="H26.101", act="tiep"), 401)
    page = pages.get(client, papers)
    pages.post(client, papers, hidden(page, act="tiep"))
    pages.post(client, papers, hidden(page, act=f"them:{PAPER}"))
    looked_at = pages.get(client, check)
    pages.post(client, check, hidden(looked_at))
    client.post(papers, hidden(page, act="luu", **{f"tep-{PAPER}": photo()}))
    pages.post(client, check, hidden(looked_at), 409)
    for address in (papers, check, f"/nop-ho-so/{CODE}/xoa-nhap/"):
        pages.get(client, address)
    anywhere(pages, client)
    on_paper = f"/nop-ho-so/{CODE}/in/"
    pages.get(client, on_paper)
    client.post(on_paper)
    pages.get(client, on_paper)
    make_print(print_id=FormPrint.objects.latest("asked_at").pk, now=timezone.now())
    pages.get(client, on_paper)
    sent = client.post(check, hidden(pages.get(client, check)))["Location"]
    client.post(f"{sent.partition('?')[0]}in/")
    pages.get(client, f"{sent.partition('?')[0]}in/")
    pages.post(client, papers, hidden(page, act="tiep"), 409)
    pages.get(client, form)
    pages.get(client, sent)
    begun = Draft.objects.filter(pk=ready_draft(citizen_actor(mother())).pk)
    now = timezone.now()
    begun.update(updated_at=now - dt.timedelta(days=110), warned_at=now - dt.timedelta(days=15), removed_at=now)
    pages.get(client, form)
    begun.update(updated_at=now, warned_at=None, removed_at=None)
    pages.get(client, f"/ho-so/{filed().code}/rut/")
    officer = officer_actor(make_position())
    late = received(officer)
    pages.get(client, f"/ho-so/{late.code}/")
    pages.get(client, f"/ho-so/{late.code}/rut/", 409)
    issued = decided(officer)
    pages.get(client, f"/ho-so/{issued.dossier.code}/")
    proof = f"/xac-minh/{issued.document.token}/"
    pages.get(client, proof)
    sign_by_hand(issued)
    pages.get(client, f"/ho-so/{issued.dossier.code}/")
    pages.get(client, proof)
    pages.get(client, f"{proof}doi-chieu/")
    number = issued.document.context["proof_number"]
    pages.get(client, f"{proof}doi-chieu-ban-in/")
    pages.post(client, f"{proof}doi-chieu-ban-in/", {"number": "khong"})
    pages.post(client, f"{proof}doi-chieu-ban-in/", {"number": number}, 200)
    pages.post(client, f"{proof}doi-chieu/")
    pages.post(client, f"{proof}doi-chieu/", {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7 another", "application/pdf")}, 200)
    stored(pages, client)
    revoke(document=issued.document, reason="Cấp nhầm người", actor=leader())
    pages.get(client, proof)
    pages.get(client, f"/kho-giay-to/{StorePaper.objects.get(document=issued.document).pk}/")
    pages.get(client, f"{proof}doi-chieu-ban-in/")
    paying(pages, client)
    completing(pages, client)
    talking_and_following(pages, client)
    archived(pages)
    # Enough for a second page.
    for _ in range(9):
        filed()
    for address in ("/ho-so/", "/ho-so/?sap-xep=cu-nhat&trang=2"):
        pages.get(client, address)
    for name in ("", "vai-tro/", "thong-bao/", "dang-xuat/"):
        pages.get(client, f"/tai-khoan/{name}")
    told(pages, client)
    pages.post(client, "/tai-khoan/vai-tro/", {"acting_as": "x"}, 200)
    own_ways(pages, client)
    signed_on_elsewhere(pages, client)
    pages.get(client, "/tai-khoan/can-bo/", 403)


def stored(pages: Pages, client: Client) -> None:
    """The document store: empty, filtered, a paper, its links, what who has one sees."""
    stranger, paper = Client(), StorePaper.objects.filter(origin="issued").latest("kept_at")
    for address in ("", "?tinh-trang=het-han", "?so-dong=50&sap-xep=het-han"):
        pages.get(client, f"/kho-giay-to/{address}")
    own = f"/kho-giay-to/{paper.pk}/"
    pages.get(client, own)
    pages.post(client, f"{own}chia-se/", {"days": "x"})
    for purpose in ("Trường <mầm> non & khác", ""):
        client.post(f"{own}chia-se/", {"days": "7", "purpose": purpose})
    share = StoreShare.objects.latest("made_at")
    link = f"/kho-giay-to/xem/{share.token}/"
    pages.get(stranger, link)
    pages.post(stranger, link, {"code": "AAAAAA"})
    pages.post(stranger, link, {"code": share.code}, 200)
    client.post(f"{own}chia-se/{share.pk}/dung/")
    pages.get(stranger, link, 404)
    pages.get(client, own)
    nobody = Client()
    sign_in(nobody, make_person())
    pages.get(nobody, "/kho-giay-to/")


def own_ways(pages: Pages, client: Client) -> None:
    """Sessions, ways to sign in, what is missing for a page, an app, VNeID up to its link."""
    for name in ("phien/", "phien/lich-su/", "cach-dang-nhap/", "ung-dung/", "qua/vneid/", "chung-thu/", "dien-thoai/"):
        pages.get(client, f"/tai-khoan/{name}")
    pages.post(client, "/tai-khoan/ung-dung/", {"code": "x"})
    more = client.get("/tai-khoan/khoa-truy-cap/")["Location"]
    for name in (more, "/tai-khoan/xac-thuc-them/xong/", "/tai-khoan/xac-thuc-them/khoa-truy-cap/"):
        pages.get(client, name)
    pages.post(client, "/tai-khoan/khoa-truy-cap/them/", {"name": "<x>"}, 403)
    # Of a service that needs a surer account than any here has.
    pages.kept["identity"] = render_to_string("accounts/ways/identity_more.html", {}, request=RequestFactory().get("/x/"))
    now, actor = timezone.now(), citizen_actor(mother())
    secret = app_codes.new_secret()
    app_codes.bind(actor=actor, secret=secret, code=format_hotp_value(hotp_value(secret, int(now.timestamp()) // 30)), now=now)
    pages.get(client, "/tai-khoan/ung-dung/")
    pages.post(client, "/tai-khoan/dien-thoai/", {"act": "phone", "phone": "<x>"})
    client.post("/tai-khoan/dien-thoai/", {"act": "phone", "phone": "0900888777"})
    pages.post(client, "/tai-khoan/dien-thoai/", {"act": "code", "code": "x"})
    change = PhoneChange.objects.get()
    PhoneChange.objects.filter(pk=change.pk).update(state="checking")
    pages.get(client, "/tai-khoan/dien-thoai/")
    phones.keep(change_id=change.pk, is_theirs=True, now=now)
    pages.get(client, "/tai-khoan/dien-thoai/")
    stranger = Client(REMOTE_ADDR="203.0.113.77")
    for name in ("mat-dien-thoai/", "dang-nhap/khoa/", "chung-thu/thiet-bi/", "can-bo/thiet-bi/"):
        pages.get(stranger, f"/tai-khoan/{name}")
    stranger.post("/tai-khoan/chung-thu/", {"by": "file"})
    pages.get(stranger, "/tai-khoan/chung-thu/tep/")
    pages.post(stranger, "/tai-khoan/chung-thu/tep/")
    stranger.post("/tai-khoan/can-bo/", {"by": "file"})
    pages.get(stranger, "/tai-khoan/can-bo/tep/")
    pages.post(stranger, "/tai-khoan/can-bo/tep/")
    pages.get(stranger, "/tai-khoan/dang-nhap/ung-dung/")
    pages.post(stranger, "/tai-khoan/dang-nhap/ung-dung/", {"id_number": "1"})
    for one in (client, stranger):
        session = one.session
        started, _ = outside.begin(provider=IdentityProvider.objects.get(code="vneid"), wanted=Assurance.MEDIUM, again=False, now=now)
        session["outside_sign_in"] = str(started)
        session.save()
        one.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        pages.get(one, "/tai-khoan/qua/cho/")
        proof = {"person": mother(), "subject_digest": f"x{started}", "assurance": 2}
        OutsideSignIn.objects.filter(pk=started).update(state="proved", **proof)
        pages.get(one, "/tai-khoan/qua/lien-ket/")
    pages.post(stranger, "/tai-khoan/qua/lien-ket/", {"send": "1"}, 200)
    client.post("/tai-khoan/qua/lien-ket/")
    pages.get(client, "/tai-khoan/cach-dang-nhap/")


def signed_on_elsewhere(pages: Pages, client: Client) -> None:
    """Single sign-on: what is asked, what leads nowhere, on the way, signing in anew, which systems know one, signing out; its desk."""
    pages.get(client, "/tai-khoan/he-thong-khac/")
    one = sign_on.system(scopes=["profile", "dvcqg"], post_logout_uris=["https://dichvucong.tinh.example/tam-biet/"])
    address, _kept = one.wish()
    pages.get(client, address)
    pages.get(client, "/oauth2/authorize?client_id=<x>", 400)
    pages.get(client, address.replace("/authorize?", "/authorize/tiep/?"))
    sign_on.tokens(one, client)
    pages.get(client, one.wish(prompt="login")[0])
    pages.get(client, one.wish(prompt="consent")[0])
    pages.get(client, "/tai-khoan/he-thong-khac/")
    for back in ("", f"?client_id={one.id}&state=<x>&post_logout_redirect_uri=https://dichvucong.tinh.example/tam-biet/"):
        pages.get(client, f"/oidc/logout{back}")
    desk, base = Client(), "/quan-tri/accounts/oidcclient/"
    chief = make_position(unit="G22", roles=("steering", "administrator"))
    sign_in(desk, chief.person, position=chief)
    for name in ("", "register/", f"{one.id}/change/", f"{one.id}/edit/", f"{one.id}/key/", f"{one.id}/suspend/", f"{one.id}/admit/"):
        pages.get(desk, f"{base}{name}")
    accounts_elsewhere(pages, client, desk, one)
    pages.get(client, "/nha-phat-trien/dang-nhap-mot-lan/")
    pages.post(desk, f"{base}register/", {"name": "<x>", "key": "<x>"})
    pages.post(desk, f"{base}{one.id}/key/", {"key": "<x>"})
    pages.post(desk, f"{base}{one.id}/admit/")
    desk.post(f"{base}{one.id}/suspend/", {"reason": "Thử"})
    pages.get(desk, f"{base}{one.id}/change/")
    pages.get(desk, f"{base}{one.id}/readmit/")


def accounts_elsewhere(pages: Pages, client: Client, desk: Client, one: sign_on.System) -> None:
    """Providers outside and lists of accounts on the desk; what is linked where, and what waits for one's word."""
    providers = "/quan-tri/accounts/identityprovider/"
    for name in ("", "enter/", "vneid/change/", "vneid/edit/", "vneid/suspend/", "insurance/change/"):
        pages.get(desk, f"{providers}{name}")
    pages.post(desk, f"{providers}enter/", {"name": "<x>", "levels": "<x>"})
    pages.post(desk, f"{providers}vneid/suspend/", {})
    lists = "/quan-tri/accounts/accountfile/"
    content = f"so_dinh_danh,tai_khoan\r\n{mother().id_number},<x>123\r\n1,y\r\n".encode()
    given = account_files.take(client_id=one.row.pk, name="<x>.csv", content=content, actor=SYSTEM, now=timezone.now(), at_once=False)
    account_files.go_on(file_id=given.pk, now=timezone.now(), seconds=5)
    for name in ("", "give/", f"{given.pk}/change/", f"{given.pk}/withdraw/"):
        pages.get(desk, f"{lists}{name}")
    pages.post(desk, f"{lists}give/", {"client": "<x>"})
    pages.get(client, "/tai-khoan/lien-ket/?next=/thu-tuc/")
    client.post(f"/tai-khoan/lien-ket/{AccountOffer.objects.get().pk}/tra-loi/", {"answer": "agree"})
    pages.get(client, "/tai-khoan/lien-ket/")


def paying(pages: Pages, client: Client) -> None:
    """A dossier that waits for money, has it, is asked for more, and is stopped; withdrawn while money is due and when it was paid."""
    copies = order_copies(client)
    for address in ("?da-gui=1", "rut/"):
        pages.get(client, f"/ho-so/{copies.code}/{address}")
    pay(copies)
    for address in ("", "rut/"):
        pages.get(client, f"/ho-so/{copies.code}/{address}")
    desk, at_desk = Client(), make_position(roles=("reception", "handling"))
    sign_in(desk, at_desk.person, position=at_desk)
    base = f"/quan-tri/dossiers/dossier/{copies.id}/"
    pages.get(desk, f"{base}refuse/")
    desk.post(f"{base}receive/", {"seen": copies.version})
    pages.get(desk, f"{base}ask_payment/")
    pages.post(desk, f"{base}ask_payment/", {"days": "x", "fee_0": "-1"})
    copies.refresh_from_db()
    desk.post(f"{base}ask_payment/", {"seen": copies.version, "reason": "Thêm <bản> & dịch", "days": "2", "fee_0": "1"})
    pages.get(client, f"/ho-so/{copies.code}/")
    pages.get(desk, f"{base}change/")
    pages.get(desk, f"{base}call_off_payment/")
    later = copies.demands.get(standing="due").until
    expire_orders(now=later)
    follow_late_orders(now=later)
    pages.get(client, f"/ho-so/{copies.code}/")
    pages.get(desk, f"{base}change/")


def completing(pages: Pages, client: Client) -> None:
    """A dossier to complete: the officer's list, its errors, the applicant's page empty, wrong, with a file; once more, with a leader."""
    at_desk, at_top = make_position(roles=("reception", "handling")), make_position(roles=("signing",))
    desk, chiefs = Client(), Client()
    sign_in(desk, at_desk.person, position=at_desk)
    sign_in(chiefs, at_top.person, position=at_top)
    dossier = filed()
    base, answer = f"/quan-tri/dossiers/dossier/{dossier.id}/", f"/ho-so/{dossier.code}/bo-sung/"

    def seen() -> dict[str, Any]:
        return {"seen": Dossier.objects.get(pk=dossier.pk).version, "reason": "Nhầm <lần> & chỗ"}

    desk.post(f"{base}receive/", seen())
    pages.get(desk, f"{base}undo_receive/")
    pages.get(chiefs, f"{base}extend/")
    pages.post(chiefs, f"{base}extend/", {"day": "x"})
    pages.get(chiefs, f"{base}reappoint/")
    pages.post(chiefs, f"{base}reappoint/", {"day": "x"})
    pages.get(desk, f"{base}ask_supplement/")
    pages.post(desk, f"{base}ask_supplement/", {"days": "x", "reason_0": "BS99"})
    number = len(SupplementForm(None, dossier=dossier).lines)
    asked = {f"reason_{place}": "BS99" for place in range(number)} | {f"words_{place}": "Xem <lại> & sửa" for place in range(number)}
    asked |= {f"new_{place}": f"Giấy <{place}>" for place in (1, 2, 3)} | {"days": "5"}
    assert desk.post(f"{base}ask_supplement/", asked | seen()).status_code == 302
    for one, address in (
        (client, f"/ho-so/{dossier.code}/"),
        (client, answer),
        (desk, f"{base}change/"),
        (desk, f"{base}call_off_supplement/"),
    ):
        pages.get(one, address)
    pages.post(client, answer, {"lan": "1", "act": "gui", "shown": "father_name", "father_name": ""})
    client.post(answer, {"lan": "1", "act": "luu", "shown": "", f"tep-{PAPER}": photo()})
    pages.get(client, answer)
    desk.post(f"{base}call_off_supplement/", seen())
    pages.get(client, f"/ho-so/{dossier.code}/")
    Dossier.objects.filter(pk=dossier.pk).update(supplements_after=1, supplement_asked_at=timezone.now())
    pages.get(desk, f"{base}propose_supplement/")
    desk.post(f"{base}propose_supplement/", asked | seen())
    for act in ("change", "decline_supplement"):
        pages.get(chiefs, f"{base}{act}/")
    chiefs.post(f"{base}decline_supplement/", seen())
    pages.get(chiefs, f"{base}stop/")
    pages.get(desk, f"{base}change/")


def archived(pages: Pages) -> None:
    """The archive: lists with and without terms, each form with an error, a disposal before, between and after, a stub."""
    desks = []
    for _ in range(2):
        position = make_position(roles=("archivist",))
        desks.append(Client())
        sign_in(desks[-1], position.person, position=position)
    one, other = desks
    dossier = filed(child_name="Trần Văn Bé Lưu")
    dossier_services.withdraw(actor=citizen_actor(mother()), dossier_id=dossier.pk, seen_version=dossier.version, now=timezone.now())
    long_ago = timezone.now() - dt.timedelta(days=4000)
    Dossier.objects.filter(pk=dossier.pk).update(draft_started_at=long_ago, submitted_at=long_ago, withdrawn_at=long_ago)
    base = "/quan-tri/dossiers/"

    def lists() -> None:
        for address in ("archiveddossier/", "archiveddossier/years/", "archiveddossier/lacking/", f"archiveddossier/{dossier.pk}/change/"):
            pages.get(one, f"{base}{address}")

    lists()
    pages.get(one, f"{base}archiveterm/add/?thu-tuc=1.001193")
    asked = {"unit_code": "H26.101", "procedure_code": "1.001193", "years": "5", "basis": "Bảng <a> & b"}
    pages.post(one, f"{base}archiveterm/add/", asked | {"forever": "on"})
    one.post(f"{base}archiveterm/add/", asked)
    term = ArchiveTerm.objects.get()
    for address in ("archiveterm/", f"archiveterm/{term.pk}/change/", f"archiveterm/{term.pk}/end/", "archivehold/add/"):
        pages.get(one, f"{base}{address}")
    pages.post(one, f"{base}archivehold/add/", {"code": "H26.101-1", "kind": "court", "note": "<x>"})
    one.post(f"{base}archivehold/add/", {"code": dossier.code, "kind": "court", "note": "Vụ <án> & x"})
    hold = ArchiveHold.objects.get()
    lists()
    for address in ("archivehold/", f"archivehold/{hold.pk}/change/", f"archivehold/{hold.pk}/lift/", "disposal/", "disposal/propose/"):
        pages.get(one, f"{base}{address}")
    propose = {"unit_code": "H26.101", "year": str(timezone.localtime(long_ago).year), "basis": "Quyết định <1> & 2"}
    pages.post(one, f"{base}disposal/propose/", propose)
    one.post(f"{base}archivehold/{hold.pk}/lift/")
    one.post(f"{base}disposal/propose/", propose)
    disposal = Disposal.objects.get()
    for desk, act in ((one, "change"), (other, "change"), (other, "confirm"), (other, "call-off")):
        pages.get(desk, f"{base}disposal/{disposal.pk}/{act}/")
    pages.post(other, f"{base}disposal/{disposal.pk}/call-off/", {"reason": ""})
    other.post(f"{base}disposal/{disposal.pk}/confirm/")
    work_disposal(disposal_id=disposal.pk, now=timezone.now())
    pages.get(one, f"{base}disposal/{disposal.pk}/change/")
    pages.get(one, f"{base}dossier/{dossier.pk}/change/")
    pages.get(one, f"{base}archiveddossier/?tinh-trang=da-huy")
    lists()


def talking_and_following(pages: Pages, client: Client) -> None:
    """Messages with an error, a file and an answer begun with a template; an edit before receipt; a draft of the result, refused; slips."""
    at_desk = make_position(roles=("reception", "handling", "administrator", "clerk"))
    desk = Client()
    sign_in(desk, at_desk.person, position=at_desk)
    actor = citizen_actor(mother())
    dossier = filed(now=timezone.now(), child_name="Trần Văn Bé Ba")
    page, base = f"/ho-so/{dossier.code}/", f"/quan-tri/dossiers/dossier/{dossier.id}/"
    for address in ("", "tin-nhan/"):
        pages.get(client, f"{page}{address}")
    pages.post(client, f"{page}tin-nhan/", {"words": " "})
    client.post(f"{page}tin-nhan/", {"words": "Hỏi <một> & hai\n\nba", "attached": [photo("a <b> & c.png")]})
    desk.post(
        "/quan-tri/dossiers/messagetemplate/add/", {"unit_code": "H26.101", "name": "Mẫu <a> & b", "words": "{ma}", "is_active": "on"}
    )
    template = MessageTemplate.objects.get(name="Mẫu <a> & b")
    for address in (
        "messagetemplate/", "messagetemplate/add/", f"messagetemplate/{template.pk}/change/", f"messagetemplate/{template.pk}/edit/",
        "dossiermessage/", "unitslip/", "unitslip/register/", "unitslip/handover/",
    ):  # fmt: skip
        pages.get(desk, f"/quan-tri/dossiers/{address}")
    pages.get(desk, f"{base}messages/?mau={template.pk}")
    pages.post(desk, f"{base}messages/", {"words": ""})
    desk.post(f"{base}messages/", {"words": "Trả lời <một>."})
    for address in ("/ho-so/", f"{page}", f"{page}tin-nhan/"):
        pages.get(client, address)
    StoredFile.objects.filter(pk__in=dossier.papers.values("file")).update(state=FileState.CLEAN)
    pages.get(client, f"{page}sua/")
    client.post(f"{page}sua/")
    for address in ("/ho-so/", f"{page}sua/", "/nop-ho-so/1.001193/kiem-tra/", "/nop-ho-so/1.001193/xoa-nhap/"):
        pages.get(client, address)
    pages.get(desk, f"{base}change/")
    save_draft(actor=actor, draft_id=dossier.pk, values={"father_name": "Trần Văn Sửa"})
    draft = Draft.objects.get(pk=dossier.pk)
    submit(actor=actor, draft_id=dossier.pk, seen_version=draft.version, now=timezone.now())
    pages.get(client, f"{page}?da-sua=1")
    outcome = outcome_of("1.001193")
    assert outcome is not None
    document = {**outcome.document, "shown": {"days": 2, "clock": "pause"}}
    ResultVersion.objects.create(
        procedure_code="1.001193", number=outcome.number + 1, document=document, published_at=dossier.submitted_at - dt.timedelta(hours=1)
    )

    def seen() -> dict[str, Any]:
        return {"seen": Dossier.objects.get(pk=dossier.pk).version, "reason": "Nhầm <lần> & chỗ"}

    desk.post(f"{base}receive/", seen())
    pages.get(desk, f"{base}show_draft/")
    assert desk.post(f"{base}show_draft/", seen()).status_code == 302
    for one, address in ((client, page), (client, f"{page}du-thao/"), (desk, f"{base}change/"), (desk, f"{base}call_off_draft/")):
        pages.get(one, address)
    pages.post(client, f"{page}du-thao/", {"number": "1", "act": "khong-dong-y"})
    client.post(f"{page}du-thao/", {"number": "1", "act": "khong-dong-y", "reason": "Sai <tên> & ngày"})
    for one, address in ((client, page), (client, f"{page}du-thao/"), (desk, f"{base}change/")):
        pages.get(one, address)
    today = f"{timezone.localdate():%d/%m/%Y}"
    pages.post(desk, "/quan-tri/dossiers/unitslip/register/", {"unit_code": "H26.101", "first": today, "last": "x"})
    desk.post("/quan-tri/dossiers/unitslip/handover/", {"unit_code": "H26.101", "receiver": "Kho <lưu> & trữ", "codes": dossier.code})
    pages.get(desk, f"/quan-tri/dossiers/unitslip/{UnitSlip.objects.get().pk}/change/")
    # What is filed from now on is decided as before.
    ResultVersion.objects.create(
        procedure_code="1.001193", number=outcome.number + 2, document=outcome.document, published_at=timezone.now()
    )


def payers(pages: Pages) -> None:
    """Paying by code: what is owed, the choice, a code to scan, "we are asking", paid, not paid, run out, the papers; one's own list."""
    client, now = Client(), timezone.now()
    pages.get(client, "/thanh-toan/")
    pages.get(client, "/thanh-toan/?ma=DVC1", 422)
    vnpay = make_institution(page="https://vnpay.vi-du.example/pay")
    transfers = make_institution("970436", account_bank="970436", account_number="0123456789", account_holder="CONG DVC")
    payer = mother()
    order = make_order(
        payer=payer, lines=[payment_services.Line("Lệ phí <bản> & sao", "charge", 8_000, 3, "bản", 4_000, "Giảm khi nộp trực tuyến")]
    )
    address = f"/thanh-toan/{order.code}/"
    pages.get(client, address)
    pages.post(client, address)
    first, second = (
        payment_services.begin_attempt(order_code=order.code, institution_code=one.code, now=now) for one in (vnpay, transfers)
    )
    for attempt in (first, second):
        payment_services.send_attempt(attempt_id=attempt.pk, payer_address="203.0.113.9", language="vi", now=now)
        pages.get(client, f"{address}lan/{attempt.number}/")
    note_return(reference=first.reference, institution_code=vnpay.code, now=now)
    for page in (address, f"{address}lan/1/"):
        pages.get(client, page)
    payment_services.settle(institution_code=vnpay.code, report=Report(first.reference, Outcome.FAILED, code="24"), via="query", now=now)
    pages.get(client, f"{address}lan/1/")
    payment_services.settle(institution_code=transfers.code, report=paid_report(second, amount=30_000), via="file", now=now)
    after_settlement(order_id=order.pk, now=now)
    for page in (address, f"{address}lan/2/"):
        pages.get(client, page)
    pages.get(client, f"{address}bien-lai/le-phi/")
    pages.post(client, f"{address}bien-lai/le-phi/", {"number": "1"})
    client.post(f"{address}bien-lai/xac-nhan/")
    pages.get(client, f"{address}bien-lai/xac-nhan/")
    cancelled = make_order()
    payment_services.cancel_order(order_id=cancelled.pk, reason="Lập nhầm", actor=SYSTEM, now=now)
    pages.get(client, f"/thanh-toan/{cancelled.code}/")
    mine = Client()
    sign_in(mine, payer)
    for page in ("/thanh-toan/cua-toi/", "/thanh-toan/cua-toi/?tinh_trang=open"):
        pages.get(mine, page)
    pages.get(mine, "/thanh-toan/cua-toi/?tu=khong", 422)


def told(pages: Pages, client: Client) -> None:
    """How one is told, with every state of an address; the links of letters, and letters."""
    page = "/tai-khoan/lien-lac/"
    pages.get(client, page)
    pages.post(client, page, {"act": "email", "address": "sai"})
    pages.post(client, page, {"act": "channels"})
    EmailAddress.objects.create(person=mother(), address="me@example.vn", verified_at=timezone.now(), bounced_at=timezone.now())
    client.post(page, {"act": "email", "address": "moi@example.vn"})
    pages.get(client, page)
    letter = str(Notification.objects.get(template="accounts.email_verify").body)
    found = re.search(r"/tai-khoan/\S+", letter)
    assert found
    pages.get(client, found[0])
    pages.get(client, f"{page}xac-nhan/sai/", 410)
    without_phone, other = make_person(phone=""), Client()
    EmailAddress.objects.create(person=without_phone, address="cu@example.vn", verified_at=timezone.now())
    sign_in(other, without_phone)
    other.post(page, {"act": "email", "address": "khac@example.vn"})
    pages.get(other, page)
    link = re.search(r"/tai-khoan/\S+", str(Notification.objects.get(template="accounts.email_verify", party_id=without_phone.id).body))
    assert link
    pages.get(other, link[0])
    pages.post(other, link[0], {"send": "1"}, 200)
    pages.post(other, link[0], {"code": ""})
    off = contacts.unsubscribe_address(mother().id, "dossiers.confirmations").removeprefix(settings.SITE_URL)
    pages.get(client, off)
    pages.post(client, off, status=200)


def owners(pages: Pages) -> None:
    """One's account: first page, profile, data, locking and opening, complaints to their outcome, leaving; the desk of complaints."""
    person = make_person(id_number="001195777001")
    client = Client()
    sign_in(client, person)
    for name in ("", "thong-tin/", "du-lieu/", "khoa/", "khieu-nai/", "khieu-nai/?ve=wrong_data", "dong/"):
        pages.get(client, f"/tai-khoan/{name}")
    client.post("/tai-khoan/du-lieu/")
    pages.get(client, "/tai-khoan/du-lieu/")
    pages.post(client, "/tai-khoan/dong/", {})
    client.post("/tai-khoan/dong/", {"understood": "on"})
    pages.get(client, "/tai-khoan/dong/")
    stranger = Client()
    pages.get(stranger, "/tai-khoan/khieu-nai/")
    pages.post(stranger, "/tai-khoan/khieu-nai/", {"text": "<x> & y"})
    pages.get(stranger, "/tai-khoan/khieu-nai/theo-doi/")
    pages.post(stranger, "/tai-khoan/khieu-nai/theo-doi/", {"code": "<x>"})
    said = {"kind": "misuse", "text": "<x> & y", "name": "An Thị B", "number": "001195777001", "phone": "0900000777"}
    stranger.post("/tai-khoan/khieu-nai/", said)
    made = AccountComplaint.objects.get()
    desk, _ = desk_of("G22", "administrator", credential="cred-complaints")
    base = "/quan-tri/accounts/accountcomplaint/"
    for word in ("change", "take", "lock"):
        pages.get(desk, f"{base}{made.pk}/{word}/")
    desk.post(f"{base}{made.pk}/take/", {"seen": "1"})
    AccountComplaint.objects.update(received_at=timezone.now() - dt.timedelta(days=9), taken_at=timezone.now() - dt.timedelta(days=8))
    pages.get(desk, base)
    pages.get(stranger, f"/tai-khoan/khieu-nai/{made.code}/")
    pages.post(desk, f"{base}{made.pk}/end/", {"upheld": "<x>"})
    desk.post(f"{base}{made.pk}/end/", {"upheld": "no", "outcome": "Không <đúng> & rõ."})
    pages.get(stranger, f"/tai-khoan/khieu-nai/{made.code}/")
    pages.post(client, "/tai-khoan/khoa/", {})
    pages.post(client, "/tai-khoan/khoa/", {"phone": "gone"}, 200)
    pages.get(stranger, "/tai-khoan/mo-khoa/")
    pages.post(stranger, "/tai-khoan/mo-khoa/", {"birth_date": "<x>"})
    stranger.post("/tai-khoan/mo-khoa/", {"id_number": "001195777001", "full_name": "A", "birth_date": "20/05/1995"})
    pages.get(stranger, "/tai-khoan/mo-khoa/ma/")
    proof = CitizenSignIn.objects.create(
        challenge=b"x", state="proved", way="file", person=person, expires_at=timezone.now() + dt.timedelta(minutes=5)
    )
    session = stranger.session
    session["citizen_sign_in"] = str(proof.pk)
    session.save()
    pages.get(stranger, "/tai-khoan/mo-khoa/da-xac-thuc/")


def parties(pages: Pages) -> None:
    """Acting for a company: its draft, a colleague's change, what is not for it, the end of a mandate."""
    code = "2.002288"
    form = f"/nop-ho-so/{code}/to-khai/"
    clients = []
    for mandate in Mandate.objects.filter(organisation__isnull=False).select_related("person").order_by("basis"):
        client = Client()
        sign_in(client, mandate.person, mandate=mandate)
        clients.append((client, mandate))
    (accountant, given), (director, _legal) = clients
    pages.get(accountant, "/tai-khoan/vai-tro/")
    page = accountant.get(form)
    accountant.post(form, hidden(page, request="new", ownership="own", act="tiep"))
    old = hidden(pages.get(director, form))
    accountant.post(form, hidden(accountant.get(form), plate="29H-1", act="luu"))
    pages.post(director, form, {**old, "plate": "29H-2", "act": "luu"}, 409)
    for name in ("giay-to", "kiem-tra"):
        pages.get(director, f"/nop-ho-so/{code}/{name}/")
    pages.get(director, "/ho-so/")
    pages.get(director, "/tai-khoan/thong-bao/")
    pages.get(director, f"/nop-ho-so/{CODE}/to-khai/", 403)
    code_of_parent = Dossier.objects.filter(applicant_id=mother().id).earliest("submitted_at").code
    client = Client()
    sign_in(client, mother(), mandate=Mandate.objects.get(person=mother(), basis="parent"))
    pages.get(client, f"/ho-so/{code_of_parent}/", 403)
    Mandate.objects.filter(pk=given.pk).update(withdrawn_at=timezone.now())
    pages.get(accountant, "/ho-so/", 403)


def mandates(pages: Pages) -> None:
    """Who acts for whom: invitations, their answers, a guardian's document on both sides, what was done."""
    base, now = "/tai-khoan/uy-quyen/", timezone.now()
    director, clerk = make_person(full_name="Bùi <Văn> Giám Giả Định"), make_person(full_name="Bùi Thị Kế & Giả Định")
    organisation = make_organisation(representatives=[director], name="Công ty <Mẫu> & Con")
    boss, other, nobody = Client(), Client(), Client()
    sign_in(boss, director, mandate=legal_mandate(organisation, director))
    sign_in(other, clerk)
    sign_in(nobody, make_person())
    for address in ("", "moi/", "da-lam/"):
        pages.get(boss, base + address)
    pages.get(boss, "/tai-khoan/thong-tin/")
    typed = {"id_number": clerk.id_number, "called": "<Kế>", "scope": "some", "procedures": ["1.001193"]}
    pages.post(boss, f"{base}moi/", {**typed, "act": "tim", "q": "khai sinh"}, 200)
    pages.post(boss, f"{base}moi/", {"act": "tim", "q": "xyzzy"}, 200)
    pages.post(boss, f"{base}moi/", {"act": "gui", "called": "<x>"})
    boss.post(f"{base}moi/", {**typed, "act": "gui"})
    offer = MandateOffer.objects.get(number_blind=clerk.id_blind)
    pages.get(boss, base)
    pages.get(other, base)
    pages.get(boss, f"{base}loi-moi/{offer.pk}/rut/")
    for act in ("nhan", "tu-choi"):
        pages.get(other, f"{base}loi-moi/{offer.pk}/{act}/")
    other.post(f"{base}loi-moi/{offer.pk}/nhan/")
    mandate = Mandate.objects.get(person=clerk)
    for client in (boss, other):
        pages.get(client, base)
        pages.get(client, f"{base}{mandate.pk}/cham-dut/")
    holder = Client()
    sign_in(holder, clerk, mandate=mandate)
    pages.get(holder, f"{base}moi/", 403)
    audit.record(actor=mandate_actor(mandate), act="dossiers.submit")
    pages.get(boss, f"{base}da-lam/?tu=01/01/2020")
    pages.get(boss, f"{base}da-lam/?tu=<x>", 422)
    pages.get(nobody, f"{base}da-lam/")

    guardian, client = make_person(full_name="Trịnh <Thị> Giám Hộ"), Client()
    sign_in(client, guardian)
    pages.get(client, f"{base}giam-ho/")
    pages.post(client, f"{base}giam-ho/", {"ward_name": "<x>"})
    asked = guardians.ask_as_guardian(
        actor=citizen_actor(guardian), ward_number="001215000321", ward_name="Trẻ <x>", ward_birth_date=dt.date(2015, 1, 1),
        document_number="12/TLGH", document_date=dt.date(2024, 1, 1), until=None, upload=photo(), now=now,
    )  # fmt: skip
    pages.get(client, base)
    pages.get(client, f"{base}giam-ho/{asked.pk}/rut/")
    desk, _ = desk_of(asked.unit_code, "handling", credential="cred-guardians")
    for act in ("change", "confirm", "refuse", "end"):
        pages.get(desk, f"/quan-tri/accounts/guardianrequest/{asked.pk}/{act}/")
    pages.post(desk, f"/quan-tri/accounts/guardianrequest/{asked.pk}/refuse/")
    # The desk of the centre, which looks at a row of every model, must find one.
    GuardianRequest.objects.filter(pk=asked.pk).update(unit_code="G22")


def of_another_kind(pages: Pages) -> None:
    """A filing with a charge and a paper by condition, carried over to another form, and of a procedure that ended."""
    client, code = Client(), "2.000635"
    sign_in(client, mother())
    form, papers, check = (f"/nop-ho-so/{code}/{page}/" for page in ("to-khai", "giay-to", "kiem-tra"))
    client.post(form, hidden(pages.get(client, form), whom="authorised", register_kind="birth", act="tiep"))
    rest = {"subject_name": "Trần <b> Thử", "registered_place": "Phường <Ví Dụ> & nơi khác", "copies": "3", "unit_code": "H26.101"}
    client.post(form, hidden(pages.get(client, form), **rest, act="tiep"))
    pages.get(client, papers)
    pages.get(client, check)
    shipped = shipped_form(code)
    fields = [spec for spec in shipped["fields"] if spec["name"] not in ("registered_place", "registered_date")]
    publish_form(procedure_code=code, fields=fields, papers=shipped["papers"], charges=shipped["charges"], now=timezone.now())
    for address in (form, papers, check):
        pages.get(client, address)
    Change.objects.all().delete()  # a transaction notes a change once
    marks.forget()
    ProcedureVersion.objects.filter(procedure__code=code).update(effective_to=timezone.localdate())
    pages.get(client, check, 410)
    pages.get(client, "/ho-so/")


def money(pages: Pages) -> None:
    """Asking for money back and for tracing; on the desk orders, refunds, requests, an institution with its joint test."""
    now = timezone.now()
    order = make_order(payer=mother())
    attempts = [
        payment_services.begin_attempt(order_code=order.code, institution_code=code, now=now) for code in ("TG.vnpay", "970436", "TG.vnpay")
    ]
    client = Client()
    trace, back = f"/thanh-toan/{order.code}/tra-soat/", f"/thanh-toan/{order.code}/hoan-tien/"
    for address in (trace, back, f"/thanh-toan/{make_order().code}/tra-soat/"):
        pages.get(client, address)
    pages.post(client, trace, {"contact": "<x>"})
    for attempt in attempts[:2]:
        payment_services.settle(institution_code=attempt.institution_id, report=paid_report(attempt), via="file", now=now)
    pages.get(client, back)
    pages.post(client, back, {"words": "", "amount": "<x>"})
    client.post(back, {"words": "Nộp <nhầm> & thừa", "asker": "Nguyễn <Văn> & Ví Dụ", "contact": "0900000001"})
    client.post(trace, {"topic": "other", "attempt": "1", "words": "<x> & y", "contact": "0900000001"})
    pages.get(client, f"/thanh-toan/{order.code}/")

    accountant, operator, vpcp = Client(), Client(), Client()
    for who, unit, roles, place in (
        (accountant, "H26.101", ("accounting",), "agency"),
        (operator, "970436", ("operating",), "institution"),
        (vpcp, "G22", ("steering",), "agency"),
    ):
        position = make_position(unit=unit, roles=roles, place=place)
        sign_in(who, position.person, position=position)
        pages.get(who, "/quan-tri/")
    desk = "/quan-tri/payments/"
    pages.get(accountant, f"{desk}order/{order.pk}/change/")
    for act in ("add/", "import/", f"{order.pk}/cancel/", f"{order.pk}/refund/"):
        pages.get(accountant, f"{desk}order/{act}")
        pages.post(accountant, f"{desk}order/{act}", {"khoan-TOTAL_FORMS": "1", "khoan-INITIAL_FORMS": "0", "khoan-0-name": "<x>"})
    table = SimpleUploadedFile("thu.csv", ",".join(order_files.REQUIRED).encode() + b"\n,,,,,,,\n", "text/csv")
    pages.post(accountant, f"{desk}order/import/", {"unit": "H26.101", "table": table}, 200)
    for collection in order.collections.all():
        pages.get(vpcp, f"{desk}collection/{collection.pk}/change/")
    for refund in order.refunds.all():
        for who in (accountant, operator):
            if who is accountant or refund.institution_code == "970436":
                pages.get(who, f"{desk}refund/{refund.pk}/change/")
    asked, double = order.refunds.get(reason="asked"), order.refunds.get(reason="double")
    for act in ("decide", "reject", "paid-out"):
        pages.get(accountant, f"{desk}refund/{asked.pk}/{act}/")
        pages.post(accountant, f"{desk}refund/{asked.pk}/{act}/")
    pages.get(operator, f"{desk}refund/{double.pk}/by-hand/")
    request = order.traces.get()
    for address in (f"{desk}refund/?viec=co-quan", f"{desk}tracerequest/?viec=cho", f"{desk}tracerequest/{request.pk}/change/"):
        pages.get(accountant, address)
    own = Client()
    position = make_position(unit=request.institution_code, roles=("operating",), place="institution")
    sign_in(own, position.person, position=position)
    for act in ("answer", "hand-on"):
        pages.get(own, f"{desk}tracerequest/{request.pk}/{act}/")
        pages.post(own, f"{desk}tracerequest/{request.pk}/{act}/")
    institution = f"{desk}institution/970436/"
    vpcp.post(f"{institution}joint-test/pay/")
    institutions.run_joint_test(code="970436", now=now)
    for act in ("joint-test", "joint-test/pay", "joint-test/look", "connection", "licence", "published", "suspend", "stop"):
        pages.get(vpcp, f"{institution}{act}/")
    for act in ("connection", "licence", "published", "suspend", "readmit"):
        pages.post(vpcp, f"{institution}{act}/", {"endpoint": "http://<x>"})
    pages.get(vpcp, f"{desk}institution/add/")
    contact = SettlementContact.objects.filter(unit_code="H26.101").earliest("purpose")
    for act in ("add", f"{contact.pk}/edit", f"{contact.pk}/withdraw"):
        pages.get(accountant, f"{desk}settlementcontact/{act}/")
    pages.post(accountant, f"{desk}settlementcontact/add/", {"email": "<x>"})


def reconciliation(pages: Pages) -> None:
    """Files, runs, differences, minutes, months, the ledger, as each side sees them."""
    institution, day = make_institution(), day_before()
    now = timezone.now()
    # The month before that of the day, whose differences stay open: on the first of a month the day before is of the last one.
    month = (day.replace(day=1) - dt.timedelta(days=1)).replace(day=3)
    taken = [make_payment(institution, day), make_payment(institution, day), make_payment(institution, month)]
    lines = [line_of(taken[0], amount=1_000), line_of(taken[1], reference="", institution_ref="<x>&", amount=5_000)]
    statement = take_file(csv_of(lines), day, institution=institution)
    take_file(b"<khong>", day, institution=institution)
    take_file(csv_of([line_of(taken[2])]), month, institution=institution)
    run_day(institution, month)
    run = run_day(institution, day)
    accountant, place = desk_of("H26.101", "accounting", credential="cred-accounting")
    operator, other = desk_of("TG.vnpay", "operating", credential="cred-operating")
    vpcp, _ = desk_of("G22", "steering")
    desk = "/quan-tri/payments/"
    late = month - dt.timedelta(days=40)
    make_payment(institution, late)
    run_day(institution, late)
    accountant.post(f"{desk}penaltyrate/add/", {"effective_from": "01/01/2026", "rate": "30", "basis": "Quy định <thử> & nghiệm"})
    for client in (accountant, operator, vpcp):
        pages.get(client, "/quan-tri/")
        for address in (
            "case/?viec=tat-ca",
            "run/",
            "settlement/?chuyen=chua",
            "account/",
            "account/compared/",
            "statement/add/",
            "run/add/",
            "run/fetch/?institution=TG.vnpay",
        ):
            pages.get(client, f"{desk}{address}")
        pages.get(client, f"{desk}run/{run.pk}/change/")
    pages.get(operator, f"{desk}statement/{statement.pk}/change/")
    pages.get(operator, f"{desk}statement/?state__exact=refused")
    pages.post(accountant, f"{desk}statement/add/", {"side": "agency", "day": "<x>"})
    pages.post(accountant, f"{desk}run/add/", {"day": "<x>"})
    pages.post(accountant, f"{desk}run/fetch/", {"day": "<x>"})
    case = Case.objects.filter(day=day).latest("pk")
    for client in (accountant, operator):
        pages.get(client, f"{desk}case/{case.pk}/close/")
        pages.post(client, f"{desk}case/{case.pk}/close/", {"seen": case.version, "remedy": "<x>"})
        pages.get(client, f"{desk}case/{case.pk}/assign/")
    pages.post(accountant, f"{desk}case/{case.pk}/assign/", {"seen": 99}, 409)
    pages.get(accountant, f"{desk}run/{run.pk}/minutes/")
    accountant.post(f"{desk}run/{run.pk}/minutes/", {"agency_signer": str(place.pk), "institution_signer": str(other.pk)})
    minutes = Minutes.objects.get()
    pages.get(operator, f"{desk}minutes/{minutes.pk}/change/")
    pages.get(operator, f"{desk}minutes/{minutes.pk}/sign/")
    for address, data in (
        ("closedmonth/add/", {"month": "<x>"}),
        ("dayrevenue/export/", {"first": "<x>"}),
        ("penaltyrate/add/", {"rate": "<x>"}),
    ):
        pages.get(accountant, f"{desk}{address}")
        pages.post(accountant, f"{desk}{address}", data)
    for one in Case.objects.exclude(state=Case.CLOSED).filter(day__lt=month.replace(day=28), day__gte=month.replace(day=1)):
        close_case(
            actor=officer_actor(place), case_id=one.pk, seen_version=one.version, cause="other", words="x", remedy="none", given="", now=now
        )
    close_month(month=month, actor=officer_actor(place), now=now, today=timezone.localdate())
    posting = Posting.objects.filter(account__type="revenue", account__unit_code="H26.101").latest("pk")
    pages.get(accountant, f"{desk}posting/?account__id__exact={posting.account_id}")
    pages.get(accountant, f"{desk}posting/{posting.pk}/change/")


def connecting(pages: Pages) -> None:
    """Systems outside: what VPCP does with them, what their dossiers look like to their owner and to one who looks them up."""
    password = make_partner("H31", contacts="Đầu mối <thử> & kiểm")
    start = timezone.now().replace(microsecond=0) - dt.timedelta(days=3)
    rows = [
        {
            "code": f"H31.1-{start:%y%m%d}-{number:04d}", "procedure_code": f"1.00119{number % 4}", "channel": "1", "state": "4",
            "owner_number": "001195444444", "submitted_at": start.isoformat(), "received_at": start.isoformat(),
            "due_at": (start + dt.timedelta(days=number % 7)).isoformat(),
        }
        for number in range(1, 26)
    ]  # fmt: skip
    code = rows[0]["code"]
    step = {"code": code, "at": start.isoformat(), "state": "2", "unit": "Bộ phận <Một cửa>", "words": "Nhận & chuyển"}
    assert batch("H31", password, rows=[*rows, {"code": "<x>"}], steps=[step]).status_code == 200
    owner, anybody = Client(), Client()
    sign_in(owner, make_person(id_number="001195444444"))
    for address in ("/ho-so/", "/ho-so/noi-khac/", "/ho-so/noi-khac/?trang=2", f"/ho-so/{code}/"):
        pages.get(owner, address)
    pages.get(anybody, "/tra-cuu-ho-so/")
    pages.post(anybody, "/tra-cuu-ho-so/", {"ma": code, "so": "001195444444"}, 200)
    pages.post(anybody, "/tra-cuu-ho-so/", {"ma": "<x>", "so": ""}, 422)
    newcomer = Client()
    sign_in(newcomer, make_person())
    pages.get(newcomer, "/ho-so/noi-khac/")
    desk, position = Client(), make_position(unit="G22", roles=("steering",))
    sign_in(desk, position.person, position=position, assurance=Assurance.HIGH)
    base = "/quan-tri/partners/partner/"
    for act in ("dang-ky/", "H31/sua/", "H31/mat-khau/", "H31/tam-ngung/"):
        pages.get(desk, f"{base}{act}")
    pages.post(desk, f"{base}dang-ky/", {"code": "H31", "name": "<x>", "units": "x"}, 422)
    pages.post(desk, f"{base}H31/mat-khau/", {}, 200)
    flows = ("exchange/servicesetup/enter/", "exchange/servicesetup/invoices/edit/", "exchange/servicesetup/invoices/try/")
    for address in (*flows, "payments/merchant/enter/", "dossiers/handlingrule/enter/"):
        pages.get(desk, f"/quan-tri/{address}")
    suspend(code="H31", reason="Nghi <lộ>", actor=SYSTEM, now=timezone.now())
    Partner.objects.update(alarmed_at=timezone.now())
    pages.get(desk, f"{base}H31/ket-noi-lai/")


def watching(pages: Pages) -> None:
    """The state of the portal, for VPCP and for an agency; an alarm with its acts, a rule, a security event."""
    alarms.load_rules()
    now = timezone.now()
    figures.measure(now)
    figures.put([("web.requests", "2xx", figures.minute_of(now), 5.0)], adds=True)
    alarm = alarms.raise_alarm(rule="connection-down", cause="<x>", now=now, value=1.0)
    event = SecurityEvent.objects.create(kind="flood", cause="/<x>/", at=now, times=3, sources={"203.0.113.9": 3})
    desk, _position = desk_of("G22", "steering")
    base = "/quan-tri/operations/"
    for address in (
        "figure/", "figure/?trong=thang", "alarm/", "alarmrule/", "alarmrule/disk-full/change/", "alarmrule/disk-full/sua/",
        "securityevent/", f"securityevent/{event.pk}/change/", f"alarm/{alarm}/nhan-viec/", f"alarm/{alarm}/tam-im/",
    ):  # fmt: skip
        pages.get(desk, f"{base}{address}")
    pages.post(desk, f"{base}alarm/{alarm}/tam-im/", {"hours": "0", "reason": ""}, 422)
    desk.post(f"{base}alarm/{alarm}/tam-im/", {"hours": "1", "reason": "Đang <sửa>"})
    pages.get(desk, f"{base}alarm/{alarm}/change/")
    pages.get(desk, f"{base}alarm/{alarm}/bo-tam-im/")
    province, _position = desk_of("H26", "administrator")
    pages.get(province, f"{base}figure/")


def frozen_years(pages: Pages) -> None:
    """A year looked at, frozen, published, published again, on the desk and for everybody."""
    published(2024)
    counted("y", dt.date(2025, 1, 1))
    desk, _position = desk_of("G22", "steering")
    base = "/quan-tri/ratings/frozenyear/"
    for asked in ("", "?nam=2025"):
        shown = pages.get(desk, f"{base}chot/{asked}")
    pages.get(desk, f"{base}chot/?nam=2001", 422)
    pages.post(desk, f"{base}chot/", {"nam": "2025", "seen": "x"}, 409)
    desk.post(f"{base}chot/", hidden(shown))
    row = FrozenYear.objects.get(state="frozen")
    pages.get(desk, f"{base}{row.pk}/mo-lai/")
    pages.get(desk, f"{base}{row.pk}/cong-bo/")
    pages.post(desk, f"{base}{row.pk}/cong-bo/", {}, 403)
    old = FrozenYear.objects.get(state="published")
    pages.get(desk, f"{base}{old.pk}/cong-bo-lai/")
    pages.post(desk, f"{base}{old.pk}/cong-bo-lai/", {})
    making.begin("diem", "2025", now=timezone.now())
    while making.go_on(now=timezone.now()):
        pass
    for language in ("", "/en"):
        for address in ("danh-gia/nam/2024/", "du-lieu-mo/", "du-lieu-mo/diem/"):
            pages.get(Client(), f"{language}/{address}")


def dashboards(pages: Pages) -> None:
    """The country's, an agency's and a unit's; the board of targets, and what sets it."""
    centre = desk_of("G22", "steering")[0]
    for address in ("", "H26/", "H26.101/", "muc-tieu/", "H26/muc-tieu/", "?dung=1&xep=name", "muc-tieu/?dung=1", "tai-khoan/", "dung-lai/",
                    "thong-ke/", "thong-ke/?co-quan=H26.101&thu-tuc=1.001193&theo=ngay"):  # fmt: skip
        pages.get(centre, f"/dieu-hanh/{address}")
    pages.get(centre, "/dieu-hanh/thong-ke/?tu=x", 422)
    base = "/quan-tri/ratings/target/"
    target = Target.objects.get(code="truc-tuyen")
    pages.get(centre, f"{base}add/")
    pages.post(centre, f"{base}add/", {"code": "<x>", "steps": "<x>"})
    for act in ("edit", "end"):
        pages.get(centre, f"{base}{target.pk}/{act}/")
        pages.post(centre, f"{base}{target.pk}/{act}/", {"steps": "x", "valid_to": "x"})


def what_people_say(pages: Pages) -> None:
    """What people say with what got worse, comments, the dictionary; what comes next; what was measured outside, wrong and right."""
    today = timezone.localdate()
    for ago, number in ((3, 8), (30, 24)):
        day = today - dt.timedelta(days=ago)
        for at in range(number):
            words = "Cán bộ hách dịch <b>, quát mắng dân." if ago == 3 or at == 0 else "Cán bộ nhiệt tình."
            Rating.objects.create(
                source="d", form_id=1, unit_code="H26.101", procedure_code="1.001193", channel="2", day=day, month=day.replace(day=1),
                q1=1, q2=1, q3=1, q4=1, q5=1, words=words, words_state="s", shown_words=words,
                checked_at=timezone.now() - dt.timedelta(hours=1),
            )  # fmt: skip
    while comments.read_some(now=timezone.now()):
        pass
    of = {"model": "o", "version": "x", "low": [1.0] * 28, "high": [9.0] * 28, "naive": [2.0] * 28, "before": 80, "expected": [3.0] * 28,
          "made_at": timezone.now()}  # fmt: skip
    for unit, parent in (("", "-"), ("H26", ""), ("H26.101", "H26")):
        for procedure in ("", "1.001193"):
            key = {"unit_code": unit, "procedure_code": procedure, "first_day": today}
            DemandForecast.objects.update_or_create(**key, defaults={**of, "parent": parent})
    head, centre = desk_of("H26.101", "signing")[0], desk_of("G22", "steering")[0]
    for client in (head, centre):
        for address in ("y-kien/", "y-kien/loi-noi/?tam-trang=bad", "y-kien/loi-noi/?thu-tuc=x&don-vi=y", "y-kien/tu-dien/?chu-de=cost",
                        "du-bao/", "du-bao/?xep=name"):  # fmt: skip
            pages.get(client, f"/dieu-hanh/{address}")
    pages.get(centre, "/dieu-hanh/G01/y-kien/")
    pages.get(centre, "/dieu-hanh/G01/du-bao/")
    base, days = "/quan-tri/ratings/measuredfile/", {"first": "01/01/2026", "last": "31/12/2026"}
    pages.get(centre, f"{base}add/")
    pages.post(centre, f"{base}add/", {**days, "table": SimpleUploadedFile("do.csv", b"agency,dossiers\nH26,x<\n")})
    taken = centre.post(f"{base}add/", {**days, "table": SimpleUploadedFile("do.csv", b"agency,dossiers\nH26,7\nG01,0\n")})
    assert taken.status_code == 302
    pages.get(centre, "/quan-tri/ratings/measuretolerance/dossiers/edit/")
    pages.post(centre, "/quan-tri/ratings/measuretolerance/dossiers/edit/", {"absolute": "x"})


def unit_figures(pages: Pages) -> None:
    """Figures of work: a unit with officers, counters, steps and papers; the country; somebody's own; nothing at all."""
    head, centre = desk_of("H26.101", "signing")[0], desk_of("G22", "steering")[0]
    worker, position = desk_of("H26.101", "reception")
    for period, first in (("m", dt.date(2026, 11, 1)), ("y", dt.date(2026, 1, 1))):
        of = {"period": period, "first": first}
        for kind, place, parent, key in (
            ("o", "H26.101", "-", str(position.pk)), ("c", "H26.101", "-", "1"), ("p", "H26.101", "H26", ""), ("p", "H26", "", ""),
            ("p", "", "-", ""),
        ):  # fmt: skip
            WorkCount.objects.filter(kind=kind, place=place, key=key, **of).delete()
            WorkCount.objects.create(kind=kind, place=place, parent=parent, key=key, received=9, resolved=4, late=1, called=3, served=2,
                                     waited_seconds=4000, handled_seconds=3000, waited_over=1, **of)  # fmt: skip
        for place in ("", "H26.101"):
            StepCount.objects.create(place=place, procedure_code="9.9", step="handle", number=2, seconds=9000, **of)
            ReturnCount.objects.create(place=place, procedure_code="9.9", kind="paper", name="x", reason="BS03", label="Giấy <x>",
                                       asked=3, **of)  # fmt: skip
    for client in (head, centre):
        for asked in ("ky=2026-11", "ky=2026", "ky=2001", "ky=2026&thu-tuc=9.9"):
            pages.get(client, f"/dieu-hanh/cong-viec/?{asked}")
    for asked in ("ky=2026", "ky=2001"):
        pages.get(worker, f"/dieu-hanh/viec-cua-toi/?{asked}")


OF_UNITS = (
    Absence, Appointment, ArchivedDossier, ArchiveHold, ArchiveTerm, CashReceipt, CounterDay, CounterFiling, CounterPlan, DigitisingRate,
    Disposal, DossierMessage, DossierOpinion, DossierStep, FormDesign, Handover, HomeVisit, MessageTemplate, OfficerArea, Parcel,
    ProcessVersion, Rating, RatingCount, ResultDesign, Survey, SurveyText, Ticket, UnitSlip,
    OldBatch, OldClaim, OldDeclaration, OldPaper, CertifiedCopy, CopyWording, KioskDevice,
)  # fmt: skip

LOOKED_AT = ("feedback", "helpdesk", "content", "upkeep", "partner_messages")
"""Rooms whose desks are looked at by functions of their own: ``petition_desk``, ``helping``, ``exchanging``."""

CATALOGUE_LIFE = frozenset(
    f"procedures.{name}" for name in (
        "announcement", "consultation", "embedsite", "localconfirmation", "qualityfinding", "qualityreport", "qualityreview",
        "restructuring", "servicedeclaration",
    )
)  # fmt: skip
"""Looked at by :func:`catalogue_life`, which makes their rows."""


def officers(pages: Pages) -> None:
    """Sign-in, passkeys, the desk's index, and of each model the list, the entry's page and what can be done there."""
    client = Client()
    client.post("/tai-khoan/can-bo/", {"by": "certificate"})
    CertificateSignIn.objects.update(state=CertificateSignIn.State.ANSWERED)
    pages.get(client, "/tai-khoan/can-bo/cho/")

    ward, centre = Client(), Client()
    at_ward = make_position(roles=("reception", "handling", "signing", "administrator"), credential_id="cred-desk")
    at_centre = make_position(unit="G22", roles=("steering", "administrator", "handling"))
    sign_in(ward, at_ward.person, position=at_ward)
    sign_in(centre, at_centre.person, position=at_centre)
    for address in ("", "them/"):
        pages.get(ward, f"/tai-khoan/khoa-truy-cap/{address}")
    key = {"type": Authenticator.Type.WEBAUTHN, "data": {"name": "Máy <thử>", "credential": {}}}
    for address in ("", f"{Authenticator.objects.create(user=at_ward.person.user, **key).pk}/go/"):
        pages.get(ward, f"/tai-khoan/khoa-truy-cap/{address}")
    for address in ("/tai-khoan/", "/tai-khoan/vai-tro/", "/tai-khoan/dang-xuat/"):
        pages.get(ward, address)
    pages.get(ward, "/ho-so/", 403)

    outbox.put("sms.send", key="dead", payload={})
    Message.objects.filter(key="dead").update(dead_at=timezone.now(), last_error="number <refused> & dead", attempts=60)
    take(source="test", key="dead", body=b"x")
    version = ProcedureVersion.objects.get(procedure__code="1.001193")
    facts = {"part": "fees", "text": "Lệ phí <cũ> & sai.", "language": "vi", "now": timezone.now()}
    report = services.report_mistake(version=version, **facts)
    services.note_miss("giấy <phép> & đi chợ", timezone.now())
    audit.record(actor=SYSTEM, act="test.do", target_id="x", unit="G22")
    note_removed("dossiers.erase_drafts", {"draft": 2}, now=timezone.now())

    for client in (ward, centre):
        pages.get(client, "/quan-tri/")
    lacking: list[str] = []
    for model, model_admin in admin.site._registry.items():
        if not isinstance(model_admin, OfficerModelAdmin):
            # Django's and its packages' own models: nobody has a right to them.
            assert centre.get(f"/quan-tri/{model._meta.app_label}/{model._meta.model_name}/").status_code == 403
            continue
        if model._meta.app_label in LOOKED_AT or model in OF_UNITS or model._meta.label_lower in CATALOGUE_LIFE:
            # Nobody sees all of them: those who work with each look in functions of their own.
            continue
        if model._meta.label in ("operations.Figure", "ratings.LevelCount", "ratings.WorkCount", "retention.Removal"):
            # Lines of the menu: a dashboard outside the desk, and a page that has no rows of its own (`rights` looks at it).
            continue
        desk = ward if model._meta.label in ("dossiers.Dossier", "accounts.Registration") else centre
        base = f"/quan-tri/{model._meta.app_label}/{model._meta.model_name}/"
        shown = pages.get(desk, base)
        pages.get(desk, f"{base}?q=a")
        row = re.search(rf'href="({re.escape(base)}[^/"]+/change/)', shown)
        if not row:
            lacking.append(model._meta.label)
            continue
        told = pages.get(desk, row[1])
        assert model_admin.has_history == ("historylink" in told)
        if model_admin.has_history:
            pages.get(desk, row[1].replace("/change/", "/history/"))
        if model_admin.add_act:
            pages.get(desk, f"{base}add/")
            pages.post(desk, f"{base}add/", status=200)
        if model._meta.app_label == "catalogues" and f"{base}import/" in shown:
            catalogue_acts(pages, desk, base, row[1])

    for template in ("accounts.email_verify", "dossiers.submitted"):
        pages.get(centre, f"/quan-tri/notifications/preview/{template}/thu/en/")
    notice = Notice.objects.filter(published_to=None).earliest("pk")
    pages.get(centre, f"/quan-tri/notices/notice/{notice.pk}/withdraw/")
    wrong = {"title": "<x>", "published_from": "01/01/2020", "published_to": "x", "english_title": "x"}
    pages.post(centre, f"/quan-tri/notices/notice/{notice.pk}/change/", wrong, 200)
    province = Client()
    at_province = make_position(unit="H26", roles=("administrator",))
    sign_in(province, at_province.person, position=at_province)
    reduction = OnlineReduction.objects.get(key="hanoi-78-2026-ho-kinh-doanh")
    base = f"/quan-tri/procedures/onlinereduction/{reduction.pk}/"
    pages.get(province, f"{base}change/")
    pages.get(province, f"{base}end/")
    pages.get(province, f"{base}check/")
    pages.get(ward, "/quan-tri/dossiers/parcel/support/")
    pages.post(province, f"{base}end/")
    for transition in ("correct", "dismiss"):
        pages.get(centre, f"/quan-tri/procedures/mistakereport/{report.pk}/{transition}/")
        pages.post(centre, f"/quan-tri/procedures/mistakereport/{report.pk}/{transition}/")
    assert not lacking, "no row to look at: this test must make one"
    dossiers(pages, ward, officer_actor(at_ward))


def interlinked(pages: Pages) -> None:
    """Three procedures filed as one: its form, its papers, what was sent, what each agency has of it."""
    client = Client()
    sign_in(client, mother())
    pages.get(client, f"/nop-ho-so/{together.CODE}/")
    together.fill_in(client, p1_child_name="Trần Liên Thông")
    for address in ("to-khai/", "giay-to/"):
        pages.get(client, f"/nop-ho-so/{together.CODE}/{address}")
    together.give_papers(client)
    pages.get(client, f"/nop-ho-so/{together.CODE}/kiem-tra/")
    assert together.send_all(client).status_code == 302
    filing = LinkedFiling.objects.get()
    pages.get(client, f"/ho-so/lien-thong/{filing.pk}/")
    pages.get(client, "/ho-so/")
    for code in filing.parts.order_by("pk").values_list("dossier__code", flat=True):
        pages.get(client, f"/ho-so/{code}/")


def questions_and_guidance(pages: Pages) -> None:
    """Questions of an agency and the way of one to the public, the questions that lead to one's own papers, the assistant."""
    writer, checker, anybody, now = Client(), Client(), Client(), timezone.now()
    for client, roles in ((writer, ("procedure_entering",)), (checker, ("procedure_checking", "procedure_publishing"))):
        position = make_position(unit="G15", roles=roles)
        sign_in(client, position.person, position=position)
    base = "/quan-tri/procedures/commonquestion/"
    asked = {"unit_code": "G15", "question": "Sinh đôi <thì> & khai sinh mấy tờ?", "answer": "Mỗi trẻ <một> & tờ.\n\nNộp cùng lúc."}
    asked |= {"procedures": "1.001193", "wordings": "", "topic": "", "field_code": "", "source": "https://example.gov.vn/hoi-dap"}
    pages.get(anybody, "/hoi-dap/")
    pages.post(writer, f"{base}add/", status=200)
    assert writer.post(f"{base}add/", asked).status_code == 302
    row = CommonQuestion.objects.get(unit_code="G15")
    pages.get(writer, f"{base}load/")
    pages.post(writer, f"{base}load/")
    file = SimpleUploadedFile("a.csv", "Câu hỏi,Trả lời\nMột <câu>?,Có.\nThiếu?,\n".encode())
    pages.post(writer, f"{base}load/", {"unit_code": "G15", "table": file}, 200)
    for transition in ("check", "publish"):
        row.refresh_from_db()
        pages.get(checker, f"{base}{row.pk}/{transition}/")
        checker.post(f"{base}{row.pk}/{transition}/", {"version": row.version})
    pages.get(checker, f"{base}{row.pk}/withdraw/")
    pages.post(checker, f"{base}{row.pk}/withdraw/", {"version": row.version + 1})
    pages.get(checker, base)
    pages.get(writer, f"{base}{row.pk}/change/")
    films = "/quan-tri/procedures/guide/"
    told = {
        "title": "Khai <sinh> & điền",
        "summary": "Hai phút.",
        "procedures": "1.001193",
        "body": "Mở đầu.\n\n# Tên {child_name}\n\n- Một\n- Hai",
    }
    pages.get(writer, films)
    pages.get(writer, f"{films}add/")
    pages.post(writer, f"{films}add/", {"title": "<x>"})
    assert writer.post(f"{films}add/", told).status_code == 302
    guide = Guide.objects.get(unit_code="G15", state="entered")
    pages.get(writer, f"{films}{guide.pk}/change/")
    pages.get(writer, f"{films}{guide.pk}/preview/")
    for transition in ("check", "publish"):
        guide.refresh_from_db()
        pages.get(checker, f"{films}{guide.pk}/{transition}/")
        checker.post(f"{films}{guide.pk}/{transition}/", {"version": guide.version})
    for language in ("", "/en"):
        pages.get(anybody, f"{language}/tai-lieu-huong-dan/")
        pages.get(anybody, f"{language}/tai-lieu-huong-dan/?thu-tuc=1.001193")
        pages.get(anybody, f"{language}/tai-lieu-huong-dan/{guide.slug}/")
        pages.get(anybody, f"{language}/thu-tuc/1.004222/")
        pages.get(anybody, f"{language}/bo-phan-mot-cua/?tinh=01")
        for address in ("", "?q=sinh+doi", "?q=xyzzy", "?co-quan=G18", "?thu-tuc=1.001193"):
            pages.get(anybody, f"{language}/hoi-dap/{address}")
        pages.get(anybody, f"{language}/hoi-dap/{row.slug}/")
        pages.get(anybody, f"{language}/hoi-dap/{row.slug}/huu-ich/?chon=co")
        pages.get(anybody, f"{language}/hoi-dap/{row.slug}/huu-ich/?da-nhan=1")
        pages.post(anybody, f"{language}/hoi-dap/{row.slug}/huu-ich/")
        pages.get(anybody, f"{language}/thu-tuc/1.001193/")
        pages.get(anybody, f"{language}/tim-kiem/?q=sinh+doi+khai+sinh+may+to")
    guided = "/thu-tuc/1.001193/huong-dan/"
    answers = "tl-noi-sinh=viet-nam&tl-quoc-tich=viet-nam&tl-ket-hon=co&tl-mang-thai-ho=co"
    answers += "&tl-nguoi-lam=uy-quyen&tl-ngay-sinh=qua-han&tl-ban-sao=2"
    questions = (
        "",
        "dang ky khai sinh can giay to gi",
        "gia vang hom nay",
        "cấp giấy chứng nhận xuất xứ hàng hóa ưu đãi",
        "sinh đôi mấy tờ",
    )
    for language in ("", "/en"):
        pages.get(anybody, f"{language}{guided}")
        pages.get(anybody, f"{language}{guided}?cau=noi-sinh", 422)
        pages.get(anybody, f"{language}{guided}?tl-noi-sinh=nuoc-ngoai")
        pages.get(anybody, f"{language}{guided}?{answers}")
        pages.get(anybody, f"{language}{guided}?{answers}&dia-phuong=01&xa=00070")
        pages.get(anybody, f"{language}/tro-ly/")
        for q in questions:
            pages.post(anybody, f"{language}/tro-ly/", {"q": q, "dia_phuong": "01"}, 200 if q else 422)
    citizen = Client()
    sign_in(citizen, make_person())
    pages.get(citizen, f"/nop-ho-so/1.001193/theo-huong-dan/?{answers}")
    base = "/quan-tri/procedures/guidancetree/"
    pages.get(writer, f"{base}add/")
    assert writer.post(f"{base}add/", {"code": "1.000894"}).status_code == 302
    tree = GuidanceTree.objects.get(procedure__code="1.000894")
    builder = ("", "question/", "question/?name=cau-1", "ending/", "conditions/", "document/")
    for rest in ("change/", "try/", *(f"build/{one}" for one in builder)):
        pages.get(writer, f"{base}{tree.pk}/{rest}")
    pages.get(writer, f"{base}{tree.pk}/try/?tl-cau-1=co")
    pages.post(writer, f"{base}{tree.pk}/build/question/")
    pages.post(writer, f"{base}{tree.pk}/build/ending/")
    version = ProcedureVersion.objects.get(procedure__code="1.004222", effective_to=None)
    with transaction.atomic():
        version.documents.filter(case="Chỗ ở của mình").update(case="Trường hợp mới")
        pages.get(anybody, "/thu-tuc/1.004222/huong-dan/")
        transaction.set_rollback(True)
    services_of_questions.act(actor=SYSTEM, row_id=row.pk, transition="withdraw", now=now, why="Luật <mới> & khác")
    pages.get(anybody, f"/hoi-dap/{row.slug}/", 410)

    guide.refresh_from_db()
    assert checker.post(f"{films}{guide.pk}/withdraw/", {"version": guide.version, "why": "Sai <mục> & khác"}).status_code == 302
    pages.get(anybody, f"/tai-lieu-huong-dan/{guide.slug}/", 410)


def counters(pages: Pages) -> None:
    """Appointments by account and by phone, the desk of counters, the board, a reception at home."""
    now, plan = timezone.now(), at_counters.plan()
    base, me = f"/lich-hen/dat/{CODE}/{plan.unit_code}/", make_person()
    client, stranger = Client(), Client()
    sign_in(client, me)
    pages.get(client, "/lich-hen/")
    for address in (f"/lich-hen/dat/{CODE}/", f"/lich-hen/dat/{CODE}/?tim=xyzzy", f"/lich-hen/tai-nha/{CODE}/", base):
        pages.get(client, address)
    pages.post(client, base)
    mine = at_counters.booked(me)
    for rest in ("", "doi/", "huy/"):
        pages.get(client, f"/lich-hen/{mine.code}/{rest}")
    pages.post(client, f"/lich-hen/{mine.code}/doi/")
    pages.get(stranger, base)
    pages.post(stranger, base, {"name": "<x>", "phone": "1"})
    day = at_counters.last_day()
    data = {"at": at_counters.times_on(stranger.get(f"{base}?ngay={day}"))[0], "name": "Lý <Thị> & Ví Dụ", "phone": "0912345678"}
    assert stranger.post(f"{base}?ngay={day}", data).status_code == 302
    pages.get(stranger, "/lich-hen/xac-nhan/")
    pages.post(stranger, "/lich-hen/xac-nhan/", {"code": "<x>"})
    pages.get(stranger, "/lich-hen/")
    pages.post(stranger, "/lich-hen/", {"ma": "<x>"})
    ask = f"/lich-hen/tai-nha/{CODE}/{plan.unit_code}/"
    pages.get(client, ask)
    pages.post(client, ask)
    visit = visits.ask(
        actor=citizen_actor(me), unit_code=plan.unit_code, procedure_code=CODE, address="Số 1 <ngõ> & hẻm", phone="+84912345678",
        reason="<x> & y", wanted_on=day, wanted_half="morning", now=now,
    )  # fmt: skip
    pages.get(client, f"/lich-hen/yeu-cau/{visit.pk}/")
    pages.get(client, "/lich-hen/")
    pages.get(client, "/tai-khoan/")

    officer, _position = at_counters.desk("reception", "administrator", "signing")
    desk = "/quan-tri/dossiers/"
    pages.get(officer, f"{desk}counterplan/{plan.pk}/change/")
    for act in ("edit", "close_day"):
        pages.get(officer, f"{desk}counterplan/{plan.pk}/{act}/")
        pages.post(officer, f"{desk}counterplan/{plan.pk}/{act}/")
    officer.post(f"{desk}counterplan/{plan.pk}/close_day/", {"day": f"{timezone.localdate(now):%d/%m/%Y}", "reason": "<x> & y"})
    pages.get(officer, f"{desk}counterplan/{plan.pk}/change/")
    pages.get(officer, f"{desk}appointment/")
    pages.get(officer, f"{desk}appointment/{mine.pk}/change/")
    pages.get(officer, f"{desk}appointment/{mine.pk}/call_off/")
    pages.get(officer, f"{desk}homevisit/")
    pages.get(officer, f"{desk}homevisit/{visit.pk}/change/")
    for act in ("assign", "done", "decline"):
        pages.get(officer, f"{desk}homevisit/{visit.pk}/{act}/")
    pages.get(officer, f"{desk}ticket/")
    board = f"/lich-hen/bang-so/{plan.unit_code}/"
    pages.get(stranger, board)
    officer.post(f"{desk}ticket/counter/", {"counter": "1"})
    for priority in ("", "old", ""):
        officer.post(f"{desk}ticket/walk_in/", {"priority": priority})
    officer.post(f"{desk}ticket/check_in/", {"code": at_counters.due_now(mine).code})
    pages.post(officer, f"{desk}ticket/check_in/", {"code": "<x>"})
    officer.post(f"{desk}ticket/next/")
    pages.get(officer, f"{desk}ticket/")
    pages.get(stranger, f"{board}?man-hinh=1")
    called = Ticket.objects.get(state="called")
    officer.post(f"{desk}ticket/{called.pk}/miss/")
    officer.post(f"{desk}ticket/next/")
    officer.post(f"{desk}ticket/{Ticket.objects.get(state='called').pk}/serve/")
    pages.get(officer, f"{desk}ticket/")
    pages.get(officer, f"{desk}ticket/{called.pk}/change/")
    pages.get(officer, f"{desk}counterday/")
    pages.get(client, f"/lich-hen/{mine.code}/")


def at_the_counter(pages: Pages) -> None:
    """A dossier entered by an officer with scan, cash and parcel, handed to another agency; the post on the pages of its owner."""
    now, desk = timezone.now(), "/quan-tri/dossiers/"
    PostTariff.objects.bulk_create([PostTariff(zone=zone, amount=26_000, days=2, said_at=now) for zone in ("province", "country")])
    officer, position = at_counters.desk("reception", "handling", "signing", "administrator")
    pages.get(officer, f"{desk}digitisingrate/add/")
    rate = {"amount": "2000", "basis": "Nghị quyết <số 1>", "valid_from": f"{timezone.localdate(now):%d/%m/%Y}"}
    officer.post(f"{desk}digitisingrate/add/", rate)
    pages.get(officer, f"{desk}digitisingrate/{DigitisingRate.objects.latest('noted_at').pk}/change/")
    pages.get(officer, f"{desk}counterfiling/add/")
    pages.post(officer, f"{desk}counterfiling/add/", {"channel": "1", "id_number": "<x>", "procedure_code": CODE})
    filing = beginning.begin(actor=officer_actor(position), channel="3", id_number=mother().id_number, procedure_code=CODE, now=now)
    one = f"{desk}counterfiling/{filing.pk}/"
    pages.get(officer, f"{one}change/")
    born = {"child_birth_date": f"{timezone.localdate(now) - dt.timedelta(days=3):%d/%m/%Y}"}
    officer.post(f"{one}save/", {"seen": filing.version, "act": "luu", **ANSWERS, **born})
    pages.get(officer, f"{one}change/?kiem=1")
    pages.get(officer, f"{one}scan/{PAPER}/")
    pages.post(officer, f"{one}scan/{PAPER}/")
    filing.refresh_from_db()
    officer.post(
        f"{one}scan/{PAPER}/", {"seen": filing.version, "file": photo("<1>.png"), "pages": "1", "number": "<1>", "issuer": "A & B"}
    )
    filing.refresh_from_db()
    pages.post(officer, f"{one}enter/", {"seen": "0"}, 409)
    pages.get(officer, f"{one}by_post/")
    pages.post(officer, f"{one}by_post/")
    pages.get(officer, f"{one}drop/")
    confirmed = [found.token for found in filling.looked_at(filing, now=now).filled.to_confirm]
    officer.post(f"{one}save/", {"seen": filing.version, "act": "luu", "confirm": confirmed})
    filing.refresh_from_db()
    assert officer.post(f"{one}enter/", {"seen": filing.version}).status_code == 302
    pages.get(officer, f"{one}change/")
    pages.get(officer, f"{desk}counterfiling/")
    dossier = Dossier.objects.get(pk=filing.pk)
    asked = dossier_services.ask_payment(
        actor=officer_actor(position), dossier_id=dossier.pk, seen_version=dossier.version, days=5, reason="Theo <biểu phí>", now=now,
        lines=dossier_services.asked_lines(dossier, {}, [("Khoản <khác>", "other", 8000)]),
    )  # fmt: skip
    pages.get(officer, f"{desk}cashreceipt/take/{dossier.pk}/")
    officer.post(f"{desk}cashreceipt/take/{dossier.pk}/", {"seen": asked.version, "payer_name": "Nguyễn <Thị> Mẫu"})
    receipt = CashReceipt.objects.get(dossier=dossier)
    pages.get(officer, f"{desk}cashreceipt/{receipt.pk}/change/")
    chief, _position = at_counters.desk("signing")
    pages.get(chief, f"{desk}cashreceipt/{receipt.pk}/reverse/")
    pages.get(officer, f"{desk}dossier/{dossier.pk}/hand_over/")
    pages.post(officer, f"{desk}dossier/{dossier.pk}/hand_over/", {"to_unit": "<x>"})
    dossier.refresh_from_db()
    officer.post(
        f"{desk}dossier/{dossier.pk}/hand_over/", {"seen": dossier.version, "to_unit": "H26.102", "reason": "<x>", "paper_along": "a & b"}
    )
    slip = Handover.objects.get(dossier=dossier)
    there, _position = at_counters.desk("reception", "signing", unit="H26.102")
    pages.get(there, f"{desk}handover/")
    pages.get(there, f"{desk}handover/{slip.pk}/change/")
    for act in ("take", "decline"):
        pages.get(there, f"{desk}handover/{slip.pk}/{act}/")
    pages.get(officer, f"{desk}handover/{slip.pk}/recall/")
    there.post(f"{desk}handover/{slip.pk}/take/")
    pages.get(there, f"{desk}dossier/{dossier.pk}/change/")
    pages.get(there, f"{desk}handover/figures/")
    client = Client()
    sign_in(client, mother())
    pages.get(client, f"/ho-so/{dossier.code}/buu-chinh/")
    pages.post(client, f"/ho-so/{dossier.code}/buu-chinh/", {"act": "chon", "phone": "1"})
    wish = {"recipient": "<Mẫu>", "phone": "0912345678", "ward_tinh": "01", "ward_xa": "00070", "street": "Số 1 <ngõ> & hẻm", "act": "chon"}
    client.post(f"/ho-so/{dossier.code}/buu-chinh/", wish)
    pages.get(client, f"/ho-so/{dossier.code}/buu-chinh/")
    pages.get(client, f"/ho-so/{dossier.code}/")
    parcel = Parcel.objects.create(dossier=dossier, unit_code="H26.102", amount=26_000, made_at=now, moved_at=now)
    said = post.Tracked("RB000000014VN", 26_000, "registered", (post.Step(now, "registered", "Bưu cục <1>"),))
    parcels.keep(parcel_id=parcel.pk, said=said, now=now)
    pages.get(client, f"/ho-so/{dossier.code}/")
    pages.get(there, f"{desk}parcel/")
    pages.get(there, f"{desk}parcel/{parcel.pk}/change/")
    PostTariff.objects.all().delete()


def senders(pages: Pages) -> None:
    """A petition from the front of the room to its answer and beyond, with each page's errors; what stands where one may not write."""
    room, now = "/phan-anh-kien-nghi/", timezone.localtime()
    nobody, writer, person = Client(), Client(), make_person()
    sign_in(writer, person)
    for address in (room, f"/en{room}", f"{room}gui/?thu-tuc=1.001193", f"{room}theo-doi/"):
        pages.get(nobody, address)
    pages.get(nobody, f"{room}theo-doi/?ma=<x>", 422)
    pages.get(writer, f"{room}cua-toi/")
    pages.get(writer, f"{room}gui/")
    draft = room + "gui/" + writer.post(f"{room}gui/", {"act": "tiep"})["Location"].split("/")[3] + "/"
    pages.get(writer, f"{room}gui/")
    asked = now - dt.timedelta(days=9)
    first = petition_answered(send_one(now=asked)[0], now=asked)
    words = {"title": first.subject or "", "question": first.words or "", "answer": "Phường đã <trả> kết quả."}
    publishing.publish(actor=petition_officer(), petition_id=first.pk, left=(), show_name=True, now=now, **words)
    said = {"kind": "cham-tre", "subject": "Hồ sơ khai sinh quá hạn", "words": f"{WORDS} <script>"}
    pages.post(writer, f"{draft}noi-dung/", {"subject": "<x>", "act": "tiep"})
    pages.get(writer, f"{draft}noi-dung/?ve=kiem-tra")
    pages.post(writer, f"{draft}noi-dung/", {**said, "seen": "999", "act": "luu"}, 409)
    writer.post(f"{draft}noi-dung/", {**said, "act": "luu"})
    pages.get(writer, f"{draft}tuong-tu/")
    pages.get(writer, f"{draft}xoa/?da-giup=1")
    pages.get(writer, f"{draft}co-quan/?tim=hoan+kiem")
    pages.post(writer, f"{draft}co-quan/", {"place_tinh": "01", "place_chon": "1"}, 200)
    pages.post(writer, f"{draft}co-quan/", {"unit_code": "<x>", "act": "tiep"})
    writer.post(f"{draft}co-quan/", {"unit_code": "H26.101", "act": "tiep"})
    pages.post(writer, f"{draft}tep/", {"files": [photo("<1>.png"), SimpleUploadedFile("x.png", b"x")], "act": "them"})
    pages.post(writer, f"{draft}lien-lac/", {"name": "", "act": "tiep"})
    pages.post(writer, f"{draft}kiem-tra/", {"seen": PetitionDraft.objects.get(party_id=person.pk).version})
    contact = {"name": "Nguyễn <Thị> Mẫu", "address": "Số 0", "phone": "0900000141", "email": "ten@vi-du.example"}
    writer.post(f"{draft}lien-lac/", {**contact, "act": "tiep"})
    pages.get(writer, f"{draft}kiem-tra/")
    writer.post(f"{draft}kiem-tra/", {"seen": PetitionDraft.objects.get(party_id=person.pk).version})
    petition = Petition.objects.get(party_id=person.pk)
    page, officer = f"{room}{petition.code}/", petition_officer()
    pages.get(writer, f"{page}?da-gui=1")
    pages.get(nobody, f"{room}theo-doi/?ma={petition.code}")
    handling.ask_more(actor=officer, petition_id=petition.pk, question="Số <hồ sơ>?\n\nNgày nào?", now=now)
    pages.get(writer, page)
    pages.post(writer, f"{page}bo-sung/", {"files": [SimpleUploadedFile("x.png", b"x")], "act": "gui"})
    writer.post(
        f"{page}bo-sung/", {"words": "12", "files": [photo("<2>.png")], "act": "gui", "seen": Petition.objects.get(pk=petition.pk).version}
    )
    petition_answered(Petition.objects.get(pk=petition.pk), now=now)
    pages.get(writer, page)
    cache.set("documents.seal:H26.101", True)  # the signing service is not there to be asked
    pages.get(writer, f"{page}ban-giay/")
    writer.post(f"{page}ban-giay/")
    pages.get(writer, f"{page}ban-giay/")
    pages.post(writer, f"{page}danh-gia/")
    pages.post(writer, f"{page}khong-dong-y/", {"seen": Petition.objects.get(pk=petition.pk).version})
    writer.post(f"{page}khong-dong-y/", {"words": "Chưa <đúng>", "seen": Petition.objects.get(pk=petition.pk).version})
    pages.get(writer, page)
    pages.get(writer, f"{page}rut/")
    pages.get(writer, f"{room}cua-toi/")
    gone, _sender = send_one(person, now=now, words=f"{WORDS} Việc khác.")
    secrets.seal_away(actor=petition_officer(), petition_id=gone.pk, basis="Số 0", now=now)
    pages.get(writer, f"{room}{gone.code}/")
    # Where one may not write, or not as this party.
    clerk, organisation = make_person(), make_organisation(representatives=[person])
    less = give_mandate(citizen_actor(person), clerk, procedures={"1.001193"})
    sign_in(writer, clerk, mandate=less)
    pages.get(writer, f"{room}cua-toi/", 403)
    sign_in(writer, person, mandate=legal_mandate(organisation, person))
    pages.get(writer, page, 403)
    typed = nobody.post(f"{page}khong-dong-y/", {"words": "<x>"}, headers={"Origin": "http://testserver"})
    assert typed.status_code == 401
    pages.kept[f"POST {page}khong-dong-y/ (session over)"] = typed.content.decode()


def numbers_later(pages: Pages) -> None:
    """Who has an account by document adds their identity number."""
    client, page = Client(), "/tai-khoan/so-dinh-danh/"
    sign_in(client, by_document())
    pages.get(client, page)
    pages.post(client, page, {"id_number": "<x>"})


HOUSEHOLD = "1.001612"


def with_pages(pages: Pages) -> None:
    """A form with pages: the list of its parts, a page, a row, pasted rows, each with its errors; the answers at the end."""
    # Published over a procedure that no other step of this test files.
    publish_form(procedure_code=HOUSEHOLD, document=FORM, now=timezone.now())
    client = Client()
    sign_in(client, mother())
    listed, first, workers, last = (f"/nop-ho-so/{HOUSEHOLD}/to-khai/{page}" for page in ("", "nguoi-nop/", "lao-dong/", "cam-ket/"))
    pages.get(client, f"/nop-ho-so/{HOUSEHOLD}/")
    page = pages.get(client, first)
    client.post(first, sends(page, why=["other"], act="tiep"))
    pages.post(client, first, sends(client.get(first), home_province="01", has_workers="yes", act="tiep"))
    pages.post(client, workers, sends(pages.get(client, workers), paste="Trần <b>\t12\tx", act="dan:workers"))
    opened = client.post(workers, sends(client.get(workers), act="them:workers"))["Location"]
    row = pages.get(client, opened)
    pages.post(client, opened, sends(row, **{"workers-0-full_name": "Bé 1", "act": "tiep"}))
    for address in (workers, last, listed, f"/nop-ho-so/{HOUSEHOLD}/kiem-tra/"):
        pages.get(client, address)
    # With every page begun the list says what is wrong.
    client.post(last, sends(client.get(last), sworn="on", act="luu"))
    pages.post(client, listed, sends(client.get(listed), act="tiep"))


def signatures(pages: Pages) -> None:
    """The applicant signs: the declaration is made, waits, is refused by each way, is signed, is lost by a change."""
    # Another page showed it as it is when it is no longer in force.
    Change.objects.all().delete()
    marks.forget()
    ProcedureVersion.objects.filter(procedure__code=EXTRACT).update(effective_to=None)
    signing_form()
    client = Client()
    sign_in(client, make_person(full_name="Trần <b>Ký</b> Mẫu"))
    fill_in(client)
    check, page, back = (f"/nop-ho-so/{EXTRACT}/kiem-tra/", f"/nop-ho-so/{EXTRACT}/ky/", "/ky-so/to-khai/tro-ve/")
    looked_at = pages.get(client, check)
    pages.post(client, check, hidden(looked_at))
    client.post(check, hidden(looked_at, act="ky"))
    pages.get(client, page)
    pages.get(client, check)
    declarations = SignedDeclaration.objects.all()
    make_declaration(declarations.get().pk, now=timezone.now())
    pages.get(client, page)
    pages.post(client, page, {"act": "tep"})
    gone = client.post(page, {"act": "dich-vu"})
    pages.get(client, page)
    pages.get(client, page + "?da-xac-nhan=1")
    client.get(back, {"state": parse_qs(urlsplit(gone["Location"]).query)["state"][0], "error": "access_denied"})
    pages.get(client, page)
    pages.get(client, back + "?state=x", 400)
    given = declarations.get().file
    assert given is not None
    client.post(page, {"act": "tep", "signed": SimpleUploadedFile("<b>.pdf", files.read_bytes(given))})
    pages.get(client, page)
    declarations.update(note="revocation_silent")
    pages.get(client, page)
    client.post(page, {"act": "dung"})
    pages.get(client, page)
    row = declarations.get()
    signature = {"why": "", "who": "Trần <b>", "organisation": "", "issuer": "CN=<i>", "at": "", "stamped": False, "covers": ""}
    files.note_signatures(given, "valid", [signature])
    declarations.update(state="signed", signed_file=given, signed_at=timezone.now(), way="file", holder="person")
    pages.get(client, page)
    pages.get(client, check)
    Draft.objects.filter(pk=row.filing_id).update(version=99)
    pages.get(client, check)


def not_everywhere(pages: Pages) -> None:
    """A procedure that only one province serves online, then another one with a service of its own."""
    client = Client()
    sign_in(client, mother())
    rows = OnlineService.objects.filter(version__procedure__code=HOUSEHOLD)
    Change.objects.all().delete()  # a transaction notes a change once
    rows.update(localities=["79"])
    start, about = f"/nop-ho-so/{HOUSEHOLD}/", f"/thu-tuc/{HOUSEHOLD}/"
    for _twice in range(2):
        marks.forget()
        for address in (start, f"{start}?dia-phuong=01", f"{start}?dia-phuong=79", f"{about}?dia-phuong=01", f"/en{about}?dia-phuong=79"):
            pages.get(Client(), address)
        if rows.count() == 1:
            pages.get(client, f"{start}to-khai/", 403)
            one = {"code": f"{HOUSEHOLD}.02", "level": "part", "localities": ["01"], "provider": "H26", "assurance": 3, "form_key": "rieng"}
            Change.objects.all().delete()
            OnlineService.objects.create(version=rows.get().version, **one)
    Change.objects.all().delete()
    rows.exclude(code=f"{HOUSEHOLD}.01").delete()
    rows.update(localities=[])
    marks.forget()


def catalogue_life(pages: Pages) -> None:
    """Decisions, services, quality, opinions and what units post: the desk of each, and what everybody reads of it."""
    enterer, _entering = desk_of("G15", "procedure_entering", credential="cred-life-1")
    checker, checking = desk_of("G15", "procedure_checking", "procedure_publishing", credential="cred-life-2")
    vpcp, _steering = desk_of("G22", "steering", credential="cred-life-3")
    today = timezone.localdate()
    desk = "/quan-tri/procedures/"
    for client, name in ((enterer, "announcement"), (enterer, "restructuring"), (enterer, "servicedeclaration"), (vpcp, "qualityreview"),
                         (checker, "qualityreport"),
                         (checker, "consultation"), (checker, "embedsite")):  # fmt: skip
        pages.get(client, f"{desk}{name}/add/")
        pages.post(client, f"{desk}{name}/add/", {"x": "<x>"})
        pages.get(client, f"{desk}{name}/")
    facts = {
        "number": "<9>/QĐ", "signed_on": f"{today:%d/%m/%Y}", "signer": "A & B", "effective_on": f"{today:%d/%m/%Y}",
        "summary": "Thử <hai> & ba",
    }  # fmt: skip
    enterer.post(f"{desk}announcement/add/", facts)
    row = Announcement.objects.get()
    at = f"{desk}announcement/{row.pk}/"
    announced.amended(enterer, row, "1.001193", summary="Tóm tắt <mới> & khác")
    enterer.post(f"{at}change/add/", {"kind": "repeal", "code": "1.000656"})
    for address in (
        "change/",
        "facts/",
        "change/add/",
        "change/1.001193/",
        "change/1.000656/",
        "change/1.000656/drop/",
        "send/",
        "history/",
    ):
        pages.get(enterer, at + address)
    pages.post(enterer, f"{at}change/add/", {"kind": "new", "code": "<x>"})
    announced.step(enterer, row, "send")
    pages.get(enterer, f"{at}change/")
    for address in ("change/", "check/", "return/"):
        pages.get(checker, at + address)
    announced.step(checker, row, "check")
    pages.get(checker, f"{at}publish/")
    announced.step(checker, row, "publish")
    pages.get(checker, f"{at}change/")
    pages.get(checker, f"{at}withdraw/")
    marks.forget()
    stranger = Client()
    code = next(iter(queries.main_services(["2.000635"], today).values()))
    vpcp.post(f"{desk}servicedeclaration/bring_in/", {"code": code, "system": "<một> cửa"})
    service = f"{desk}servicedeclaration/{ServiceDeclaration.objects.get().pk}/"
    for address in ("change/", "suspend/", "stop/", "review/"):
        pages.get(vpcp, service + address)
    pages.get(vpcp, f"{desk}servicedeclaration/bring_in/")
    vpcp.post(f"{service}suspend/", {"reason": "Lý do <thử> & khác", "mend": "Sửa"})
    vpcp.post(f"{desk}qualityreview/add/", {"title": "Đợt <1>", "unit_code": "G15", "scope": "full", "sample": "0"})
    review = f"{desk}qualityreview/{QualityReview.objects.get().pk}/"
    for address in ("change/", "finding/", "send/", "close/"):
        pages.get(vpcp, review + address)
    vpcp.post(f"{review}finding/", {"procedure_code": "2.000635", "part": "fees", "kind": "accurate", "text": "Sai <x>"})
    vpcp.post(f"{review}send/")
    pages.get(vpcp, f"{review}change/")
    seen = QualityFinding.objects.filter(review__isnull=False).order_by("pk")[0]
    checker.post(f"{desk}qualityreport/add/", {"quarter": f"{ended_quarters(today, 1)[0]}"})
    report = f"{desk}qualityreport/{QualityReport.objects.get().pk}/"
    for address in ("change/", "draw/", "send/"):
        pages.get(checker, report + address)
    for address in ("missing/", "catalogues/"):
        pages.get(vpcp, f"{desk}qualityreport/{address}")
    pages.get(enterer, f"{desk}restructuring/add/?thu-tuc=2.000635")
    declare_reduction(
        actor=SYSTEM, unit_code="H26", what="delivery", procedures=["1.001193"], percent=50, cap=10_000, basis="Nghị quyết <5> & khác",
        valid_from=today, now=timezone.now(),
    )  # fmt: skip
    marks.forget()
    pages.get(Client(), "/thu-tuc/1.001193/?dia-phuong=01")
    finding = f"{desk}qualityfinding/{seen.pk}/"
    pages.get(enterer, f"{finding}change/")
    pages.get(enterer, f"{finding}mend/")
    author = officer_actor(checking)
    draft = consulting.open_consultation(
        actor=author, unit_code="G15", title="Dự thảo <x>", summary="Một & hai", subjects=["Giấy <tờ>"], procedures=["1.001193"],
        opens_on=today, closes_on=today + dt.timedelta(days=30), now=timezone.now(),
    )  # fmt: skip
    opinion = consulting.give_opinion(consultation=draft, subject="Giấy <tờ>", text="Ý kiến <y>", now=timezone.now())
    pages.get(checker, f"{desk}consultation/{draft.pk}/change/")
    pages.get(checker, f"{desk}consultation/{draft.pk}/answer/{opinion.pk}/")
    consulting.answer_opinion(
        actor=officer_actor(checking), opinion_id=opinion.pk, answer="Tiếp thu", whole_subject=False, now=timezone.now()
    )
    marks.forget()
    for language in ("", "/en"):
        for address in (
            "/quyet-dinh/", f"/quyet-dinh/{row.decision_id}/", "/quyet-dinh/?co-quan=B%E1%BB%99", "/thu-tuc/1.001193/thay-doi/",
            "/thu-tuc/1.000302/thay-doi/", "/thu-tuc/2.000635/", "/dich-vu-truc-tuyen/", "/chat-luong-du-lieu/", "/lay-y-kien/",
            f"/lay-y-kien/{draft.pk}/", "/co-quan/H26.101/niem-yet/",
            "/bo-phan-mot-cua/", "/bo-phan-mot-cua/?tinh=01",
        ):  # fmt: skip
            pages.get(stranger, language + address)
    pages.post(stranger, f"/lay-y-kien/{draft.pk}/", {"text": "<x>"})
    pages.get(stranger, "/nhung/co-quan/H26.101/")
    pages.get(stranger, "/nop-ho-so/2.000635/", 403)


def designs(pages: Pages) -> None:
    """Forms in the making: begun, written, tried, compared, sent, given back."""
    maker, _makes = desk_of("G15", "procedure_entering", credential="cred-designs-1")
    checker, _checks = desk_of("G15", "procedure_checking", credential="cred-designs-2")
    desk = "/quan-tri/dossiers/formdesign/"
    pages.get(maker, f"{desk}add/")
    pages.post(maker, f"{desk}add/", {"procedure_code": "<x>"})
    maker.post(f"{desk}add/", {"procedure_code": "2.000635"})
    design = FormDesign.objects.get()
    at = f"{desk}{design.pk}/"

    def sent(address: str, **said: str) -> None:
        design.refresh_from_db()
        maker.post(at + address, {"seen": str(design.version), **said})

    sent("page/add/", title="Người <nhận> & nơi nhận")
    design.refresh_from_db()
    sent("question/add/", label="Người nhận", kind="person", page=design.document.get("pages", [{}])[-1].get("name", "to-khai"))
    sent("question/add/", label="Bản sao", kind="group", page="to-khai")
    for address in (
        "change/",
        "compare/",
        "try/",
        "whole/",
        "payment/",
        "page/add/",
        "question/add/",
        "question/add/?group=ban_sao",
        "send/",
        "drop/",
    ):
        pages.get(maker, at + address)
    for name in ("whom", "subject_name", "registered_date", "copies", "nguoi_nhan", "ban_sao"):
        pages.get(maker, f"{at}question/{name}/")
    pages.get(maker, f"{at}question/ten/?group=ban_sao")
    pages.post(maker, f"{at}question/whom/", {"label": "", "when_1": "x"})
    pages.get(maker, f"{at}page/to-khai/")
    pages.get(maker, f"{at}charge/0/")
    pages.get(maker, f"{at}paper/{terms_on('2.000635', timezone.now()).papers[0].kind}/")
    pages.post(maker, at + "try/", {"act": "gui", "whom": "<x>"})
    sent("edit/", what="page_remove", name=design.document["pages"][-1]["name"] if design.document.get("pages") else "")
    FormDesign.objects.filter(pk=design.pk).update(state="checking", note="Xem <giúp>")
    for client, address in (
        (maker, "change/"),
        (maker, "call_back/"),
        (checker, "change/"),
        (checker, "send_back/"),
        (checker, "publish/"),
    ):
        pages.get(client, at + address)
    pages.post(checker, at + "send_back/", {})
    broken = {**design.document, "fields": [{"name": "a", "kind": "hologram", "label": "<A>"}]}
    FormDesign.objects.filter(pk=design.pk).update(state="drawing", document=broken)
    for address in ("change/", "try/"):
        pages.get(maker, at + address)


def result_designs(pages: Pages) -> None:
    """Result templates in the making: begun, written, tried, compared, sent, given back."""
    maker, _makes = desk_of("G15", "procedure_entering", credential="cred-results-1")
    checker, _checks = desk_of("G15", "procedure_checking", credential="cred-results-2")
    desk = "/quan-tri/dossiers/resultdesign/"
    pages.get(maker, f"{desk}add/")
    pages.post(maker, f"{desk}add/", {"procedure_code": "<x>"})
    maker.post(f"{desk}add/", {"procedure_code": "2.000635"})
    design = ResultDesign.objects.get()
    at = f"{desk}{design.pk}/"

    def sent(address: str, **said: str) -> None:
        design.refresh_from_db()
        maker.post(at + address, {"seen": str(design.version), **said})

    sent("question/add/", label="Căn cứ <mới> & khác", kind="long_text")
    sent("block/add/", kind="paragraph")
    for address in ("change/", "compare/", "try/", "whole/", "block/add/", "question/add/", "send/", "drop/", "question/original_date/"):
        pages.get(maker, at + address)
    for place in range(len(design.document["blocks"])):
        pages.get(maker, f"{at}block/{place}/")
    pages.get(maker, f"{at}block/4/line/0/")
    pages.post(maker, f"{at}block/4/line/0/", {"label": "", "text": "<b>", "when_1": "x"})
    pages.post(maker, f"{at}block/4/", {"lines": "không có gì", "when_1": "answer.whom"})
    pages.post(maker, at + "whole/", {"title": "", "has_register": "on", "valid": "years"})
    pages.post(maker, at + "try/", {"answer-register_kind": "marriage", "decision-original_date": "<x>"})
    ResultDesign.objects.filter(pk=design.pk).update(state="checking", note="Xem <giúp>")
    for client, address in (
        (maker, "change/"),
        (maker, "call_back/"),
        (checker, "change/"),
        (checker, "send_back/"),
        (checker, "publish/"),
    ):
        pages.get(client, at + address)
    broken = {**design.document, "blocks": [{"kind": "title", "text": "<A> {answer.nobody}"}]}
    ResultDesign.objects.filter(pk=design.pk).update(state="drawing", document=broken)
    for address in ("change/", "try/", "block/0/"):
        pages.get(maker, at + address)


def rights(pages: Pages) -> None:
    """High-level accounts, positions, absences, counters by contract; the trail searched and looked through."""
    vpcp, _steers = desk_of("G22", "steering", credential="cred-rights-1")
    chief, chiefs = desk_of("G22", "administrator", credential="cred-rights-2")
    desk = "/quan-tri/accounts/"
    post, granted = Client(), post_account()
    sign_in(post, granted[1].person, position=granted[1])
    now = timezone.now()
    pages.get(vpcp, f"{desk}highlevelaccount/add/")
    pages.post(vpcp, f"{desk}highlevelaccount/add/", {"unit_code": "<x>"})
    pages.get(vpcp, f"{desk}highlevelaccount/{granted[0].pk}/end/")
    pages.post(vpcp, f"{desk}highlevelaccount/{granted[0].pk}/end/")
    pages.get(chief, f"{desk}countercontract/add/")
    pages.post(chief, f"{desk}countercontract/add/", {"number": "<x>"})
    contract = contracts.make_contract(
        actor=officer_actor(chiefs), unit_code="G22", company_code=granted[0].unit_code, number="<1> & 2", valid_from=now,
        valid_to=now + dt.timedelta(days=9), now=now,
    )  # fmt: skip
    clerk = make_person(full_name="Đỗ Thị Quầy Giả Định")
    held = contracts.send_to_counter(
        actor=officer_actor(granted[1]), contract_id=contract.pk, id_number=clerk.id_number, full_name=clerk.full_name, title="<Quầy>",
        credential_id="", valid_to=None, now=timezone.now(),
    )  # fmt: skip
    for client, act in ((post, "change"), (post, "send"), (post, f"take/{held.pk}"), (chief, "end")):
        pages.get(client, f"{desk}countercontract/{contract.pk}/{act}/")
    pages.post(post, f"{desk}countercontract/{contract.pk}/send/", {"title": "<x>"})

    absent, other = make_position(unit="G22", roles=("overseeing",)), make_position(unit="G22", roles=("content",))
    base = f"{desk}position/"
    for address in ("add/", "on/", "on/?ngay=<x>", "on/?ten=khong-ai", f"{absent.pk}/end/", f"{absent.pk}/lend/"):
        pages.get(chief, base + address)
    pages.post(chief, f"{base}add/", {"title": "<x>"})
    pages.post(chief, f"{base}{absent.pk}/lend/", {"reason": "<x>"})
    now = timezone.now()
    lent = substitutes.lend(
        actor=officer_actor(chiefs), position_id=absent.pk, substitute_id=other.pk, roles=["overseeing"], reason="<Nghỉ>", valid_from=now,
        valid_to=now + dt.timedelta(days=1), now=now,
    )  # fmt: skip
    pages.get(chief, f"{base}{absent.pk}/change/")
    pages.get(chief, f"{base}{absent.pk}/lent/{lent.pk}/end/")
    stands_in = Client()
    sign_in(stands_in, other.person, position=other)
    pages.get(stands_in, "/tai-khoan/vai-tro/")

    pages.get(vpcp, "/quan-tri/retention/removal/")
    pages.get(vpcp, "/quan-tri/audit/act/?ai=pham&kieu=xem&tu=<x>")
    pages.get(vpcp, "/quan-tri/audit/act/check/")
    checking.begin(actor=SYSTEM, now=now)
    pages.get(vpcp, "/quan-tri/audit/act/check/")
    while not checking.go_on(seconds=5, now=now):
        pass
    pages.get(vpcp, "/quan-tri/audit/act/check/")


def slips_and_surveys(pages: Pages) -> None:
    """Slips from every door, figures, what stands on the desk of them; a survey from its draft to its results."""
    today, client = timezone.localdate(), Client()
    for number in range(7):
        slips.rate("H26.101", 5 - number % 3, day=today)
    slips.rate("H26.102", 1, day=today)
    for theo in ("co-quan", "linh-vuc", "thu-tuc", "thang", "cau-hoi"):
        pages.get(client, f"/danh-gia/hai-long/?theo={theo}")
    pages.get(client, "/en/danh-gia/hai-long/?co-quan=H26")
    for way in ("don-vi/H26.101", "dich-vu/1.001193"):
        for address in (
            f"/danh-gia/phieu/{way}/",
            f"/en/danh-gia/phieu/{way}/",
            f"/danh-gia/phieu/{way}/ma-qr/",
            f"/danh-gia/phieu/{way}/?xong=1",
        ):
            pages.get(client, address)
        pages.post(client, f"/danh-gia/phieu/{way}/", {"overall": "9", "words": "<x>", "phieu": str(uuid4())})
    pages.get(client, "/danh-gia/phieu/khong-co/", 404)
    path = slips.told(slips.refused())
    pages.get(client, path)
    assert slips.fill(client, path, words="Ghế <gãy> & bàn. Gọi 0900 000 000.").status_code == 302
    pages.get(client, path)
    applicant = Client()
    sign_in(applicant, mother())
    pages.get(applicant, f"/ho-so/{slips.refused().code}/")
    late = slips.told(slips.refused())
    Slip.objects.filter(used_on=None).update(open_until=today - dt.timedelta(days=1), ended_on=today - dt.timedelta(days=9))
    pages.get(client, late, 410)
    desk, _ = desk_of("H26.101", "signing", "administrator", credential="cred-slips")
    pages.get(desk, "/quan-tri/")
    for address in ("rating/", "rating/?y-kien=cho", "ratingcount/", "survey/", "survey/add/"):
        pages.get(desk, f"/quan-tri/ratings/{address}")
    base = f"/quan-tri/ratings/rating/{Rating.objects.get(words_state='w').pk}/"
    for act in ("change/", "duyet/", "khong-hien/"):
        pages.get(desk, base + act)
    vpcp, _ = desk_of("G22", "steering", credential="cred-slips-vpcp")
    pages.get(vpcp, "/quan-tri/ratings/slipform/add/")
    pages.post(vpcp, "/quan-tri/ratings/slipform/add/", {"vi1": "<x>"})
    pages.post(desk, f"{base}duyet/", {"text": "Gọi 0900 000 000"})
    pages.post(desk, f"{base}khong-hien/")
    pages.post(desk, "/quan-tri/ratings/survey/add/", {"title": "<x>", "audience": "x"})
    survey = surveys.opened(desk)
    base, address = f"/quan-tri/ratings/survey/{survey.pk}/", f"/khao-sat/{survey.slug}/"
    draft = surveys.made(desk)
    for act in ("change", "sua", "them-cau", "tep-cau-hoi", "mo", "bo-cau/q1"):
        pages.get(desk, f"{draft}{act}/")
    pages.post(desk, f"{draft}them-cau/", {"label": "<x>", "kind": "choice"})
    for language in ("", "/en"):
        pages.get(client, f"{language}/khao-sat/")
        pages.get(client, language + address)
    pages.post(client, address, {"q4": "<x>", "phieu": str(uuid4())})
    for number in range(6):
        surveys.fill(Client() if number else client, address, q4="Thêm <quạt>")
    pages.get(client, address)
    pages.get(desk, f"{base}nhap/")
    pages.post(desk, f"{base}nhap/", {"file": SimpleUploadedFile("a.csv", b"ma,ngay,q1\n<x>,x,<y>\n")})
    for act in ("change", "ket-thuc"):
        pages.get(desk, f"{base}{act}/")
    survey.refresh_from_db()
    desk.post(f"{base}ket-thuc/", {"seen": survey.version})
    pages.get(client, address, 410)
    text = f"/quan-tri/ratings/surveytext/{SurveyText.objects.order_by('id').first().pk}/"  # type: ignore[union-attr]
    for act in ("", "change/", "duyet/", "khong-hien/"):
        pages.get(desk, text + act if act else "/quan-tri/ratings/surveytext/")
    desk.post(f"{text}duyet/", {"text": "Thêm <quạt> & ghế"})
    pages.get(desk, f"{base}cong-bo/")
    survey.refresh_from_db()
    desk.post(f"{base}cong-bo/", {"seen": survey.version})
    for language in ("", "/en"):
        pages.get(client, f"{language}{address}ket-qua/")
    pages.get(client, "/khao-sat/")
    pages.get(client, "/khao-sat/moi/khong-co/", 404)


def petition_desk(pages: Pages) -> None:
    """The desk of petitions: the queue, what is kept of it, each act with what is wrong in it, several at once, opinions."""
    roles = tuple(f"petition_{name}" for name in ("reception", "handling", "checking", "publishing"))
    desk, _ = desk_of("H26.101", *roles, credential="cred-petition-desk")
    colleague = make_officer_actor(unit="H26.101", roles=roles)
    fresh, _ = send_one(now=timezone.now() - dt.timedelta(hours=1), subject="Thẻ <bạc> & giấy")
    late, _ = send_one(now=timezone.now() - dt.timedelta(days=30))
    base = "/quan-tri/feedback/petition/"
    for query in ("", "?viec=qua-han", "?q=nguyen", "?viec=da-chuyen&tinh-trang=new"):
        pages.get(desk, f"{base}{query}")
    pages.post(desk, f"{base}bo-loc/?viec=qua-han", {"name": ""})
    desk.post(f"{base}bo-loc/?viec=qua-han", {"name": "Trễ <hạn>"})
    pages.get(desk, f"{base}bo-loc/?viec=qua-han")
    pages.get(desk, base)
    pages.get(desk, f"{base}{fresh.pk}/change/")
    for act in ("receive", "refuse", "ask_more", "transfer", "escalate", "classify", "assign", "group", "seal_away"):
        pages.get(desk, f"{base}{fresh.pk}/{act}/")
        pages.post(desk, f"{base}{fresh.pk}/{act}/", {"seen": 1, "words": "<x>", "code": "<x>"})
    pages.post(desk, f"{base}{fresh.pk}/transfer/", {"seen": 1, "unit_code_words": "Bộ <Tư> pháp", "tim": "1"}, 200)
    pages.post(desk, f"{base}{fresh.pk}/seal_away/", {"seen": 1, "basis": "<1>", "code": fresh.code}, 200)
    pages.get(desk, f"{base}{fresh.pk}/ungroup/", 409)
    chosen = {"action": "transfer_chosen", "_selected_action": [str(fresh.pk), str(late.pk)], "index": "0"}
    pages.post(desk, base, chosen, 200)
    many = {"petition": [str(fresh.pk), str(late.pk)], "unit_code_words": "H26.101", "reason": "<x>"}
    another, _ = send_one(now=timezone.now(), words="Một chuyện <khác> hẳn: cán bộ bắt tôi nộp thêm giấy tờ không có trong thủ tục.")
    pages.post(desk, base, {**chosen, "_selected_action": [str(fresh.pk), str(another.pk)], "action": "group_chosen"}, 200)
    pages.post(desk, f"{base}gop-nhieu/", {"petition": [str(fresh.pk), str(another.pk)], "different": "<x>"})
    pages.get(desk, f"{base}?agency_code=H26&unit_code=H26.101")
    pages.post(desk, f"{base}chuyen-nhieu/", {"petition": many["petition"]})
    pages.post(desk, f"{base}chuyen-nhieu/", many, 200)

    taken_on(late, colleague, now=timezone.now())
    asked, *_ = routing.ask_opinions(
        actor=colleague, petition_id=late.pk, unit_codes=["H26.102", "G01"], question="Ai <làm>?", now=timezone.now()
    )
    ReplyTemplate.objects.create(unit_code="H26", use="answer", name="Mẫu <chung>", words="Kính gửi <bạn>")
    for act in ("answer", "ask_opinions", "report_progress"):
        pages.get(desk, f"{base}{late.pk}/{act}/")
        pages.post(desk, f"{base}{late.pk}/{act}/", {"unit_codes": "<x>", "outcome_on": "<x>"})
    neighbour, _ = desk_of("H26.102", *roles, credential="cred-neighbour")
    pages.get(neighbour, "/quan-tri/feedback/opinion/")
    pages.get(neighbour, f"/quan-tri/feedback/opinion/{asked.pk}/change/")
    pages.get(neighbour, f"{base}{late.pk}/y-kien/{asked.pk}/")
    pages.post(neighbour, f"{base}{late.pk}/y-kien/{asked.pk}/", {"words": "<x>"})
    pages.get(desk, f"{base}{late.pk}/y-kien/{asked.pk}/thoi/")
    now = timezone.now()
    answering.submit_answer(actor=colleague, petition_id=late.pk, words="Đã <trả>.", outcome_on=timezone.localdate(), now=now)
    for act in ("approve", "return_answer"):
        pages.get(desk, f"{base}{late.pk}/{act}/")
        pages.post(desk, f"{base}{late.pk}/{act}/", {"seen": 1}, 409 if act == "approve" else 422)
    pages.get(desk, f"{base}{late.pk}/change/")
    pages.get(desk, f"/quan-tri/phan-anh/{late.pk}/in/")
    pages.get(desk, f"/quan-tri/phan-anh/{late.pk}/ban-co-dau/")
    cache.set("documents.seal:H26.101", True)
    desk.post(f"/quan-tri/phan-anh/{late.pk}/ban-co-dau/")
    pages.get(desk, f"/quan-tri/phan-anh/{late.pk}/ban-co-dau/")
    vpcp, _ = desk_of("G22", "steering", credential="cred-steering-petitions")
    pages.get(vpcp, f"{base}?viec=den-vpcp")
    pages.get(vpcp, f"{base}{late.pk}/take_over/")
    pages.get(vpcp, "/quan-tri/")


def score_criteria(pages: Pages) -> None:
    """VPCP's criteria of the score."""
    vpcp, _ = desk_of("G22", "steering", credential="cred-score")
    desk = "/quan-tri/ratings/criterion/"
    row = Criterion.objects.get(code="2.1")
    for address in ("", "?hieu-luc=dang", f"{row.pk}/change/", f"{row.pk}/version/", f"{row.pk}/end/", f"{row.pk}/take-back/", "add/"):
        pages.get(vpcp, f"{desk}{address}")
    for address in (f"{row.pk}/version/", f"{row.pk}/end/", "add/"):
        pages.post(vpcp, f"{desk}{address}", {"name": "<x>", "points": "-1", "valid_to": "<x>", "valid_from": "1/1/2020"})


def petition_lists(pages: Pages) -> None:
    """What surrounds the desk of petitions: lists of VPCP, reply templates, what comes by letter, agencies' reports, roles handed out."""
    vpcp, _ = desk_of("G22", "steering", credential="cred-steering")
    desk = "/quan-tri/feedback/"
    for address in ("petitionkind/", "petitionkind/khac/change/", "petitionkind/khac/history/", "term/", "term/?hieu-luc=dang"):
        pages.get(vpcp, f"{desk}{address}")
    term = Term.objects.get(name="answer")
    for address in (f"term/{term.pk}/change/", f"term/{term.pk}/history/", "term/add/?name=answer"):
        pages.get(vpcp, f"{desk}{address}")
    for address in ("petitionkind/add/", "petitionkind/khac/edit/", "petitionkind/khac/end/"):
        pages.get(vpcp, f"{desk}{address}")
        pages.post(vpcp, f"{desk}{address}", {"name": "<x>", "valid_to": "<x>", "position": "-1"})
    pages.post(vpcp, f"{desk}term/add/", {"amount": "0", "basis": "<x>"})

    ward, _ = desk_of("H26.101", "petition_reception", "petition_handling", credential="cred-petitions")
    ward.post(f"{desk}replytemplate/add/", {"unit_code": "H26.101", "use": "answer", "name": "Mẫu <1>", "words": "Kính gửi <bạn> &"})
    template = ReplyTemplate.objects.get(unit_code="H26.101")
    pages.get(ward, f"{desk}replytemplate/")
    for address in (f"replytemplate/{template.pk}/change/", f"replytemplate/{template.pk}/edit/", "replytemplate/add/"):
        pages.get(ward, f"{desk}{address}")
    pages.post(ward, f"{desk}replytemplate/add/", {"name": "<x>"})

    base = f"{desk}enteredpetition/"
    for address in ("add/", "table/"):
        pages.get(ward, f"{base}{address}")
        pages.post(ward, f"{base}{address}", {"name": "<x>", "words": "<x>"})
    today = f"{timezone.localdate():%d/%m/%Y}"
    rows = f"dien-thoai,{today},Chu <Thị> & Mẫu,0900000140,khac,Hỏi <giờ> làm,Phường có làm việc sáng thứ bảy không?\nchim,x,,,,,\n"
    table = SimpleUploadedFile("thu.csv", f"nguon,ngay_den,ho_ten,dien_thoai,loai,tom_tat,noi_dung\n{rows}".encode(), "text/csv")
    pages.post(ward, f"{base}table/", {"unit_code": "H26.101", "table": table}, 200)
    pages.get(ward, base)
    entered = Petition.objects.get(source="phone")
    pages.get(ward, f"{base}{entered.pk}/originals/")
    pages.post(ward, f"{base}{entered.pk}/originals/")

    base = f"{desk}procedurereport/"
    pages.get(ward, f"{base}add/?thu-tuc=1.001193")
    pages.post(ward, f"{base}add/", {"words": "<x>"})
    said = {"procedure_code": "1.001193", "kind": "can-tro", "to": "owner", "subject": "Thiếu <giấy>", "words": "Thủ tục thiếu giấy & mẫu."}
    ward.post(f"{base}add/", said)
    pages.get(ward, base)
    pages.get(ward, f"{base}{Petition.objects.get(source='agency').pk}/change/")

    chief, _ = desk_of("H26.101", "administrator", credential="cred-roles")
    position = make_position(roles=("petition_checking",))
    for act in ("change", "give", "take/petition_checking"):
        pages.get(chief, f"/quan-tri/accounts/position/{position.pk}/{act}/")
    pages.post(chief, f"/quan-tri/accounts/position/{position.pk}/give/", {"valid_from": "<x>"})


def registering(pages: Pages) -> None:
    """Every way to an account with what is wrong in its form, how far a registration has come, the counter, the terms."""
    place, client = "/tai-khoan/dang-ky/", Client()
    for language in ("", "/en"):
        pages.get(client, f"{language}{place}")
        for way in ("dien-thoai", "bao-hiem", "giay-to", "chung-thu", "nhan"):
            pages.get(client, f"{language}{place}{way}/")
            pages.post(client, f"{language}{place}{way}/", {"full_name": "<x>"})
    for address in ("/tai-khoan/dang-nhap/giay-to/", "/dieu-khoan/?phien-ban=1"):
        pages.get(client, address)
    pages.post(client, "/tai-khoan/dang-nhap/giay-to/")
    now = timezone.now()
    declared = {
        "document": "KOR:X1234567",
        "document_kind": "passport",
        "full_name": "Kim <Mau>",
        "birth_date": "1990-04-05",
        "sex": "male",
    }
    made = registration.begin_by_document(declared=declared, phone="+821090000061", language="vi", address="", now=now)
    session = client.session
    session["registration"] = str(made.id)
    session.save()
    pages.get(client, f"{place}ma/")
    pages.post(client, f"{place}ma/")
    rows = Registration.objects.filter(pk=made.pk)
    for state in ("checking", "signing", "waiting", "counter"):
        rows.update(state=state, number="ABCD-2345")
        pages.get(client, f"{place}tien-do/")
    position = make_position(unit="H26.101", roles=("reception",))
    officer = Client()
    sign_in(officer, position.person, position=position)
    base = "/quan-tri/accounts/registration/"
    for address in (
        "",
        "open/",
        "open-by-document/",
        "find/",
        "compare/ABCD-2345/",
        "compare/ABCD-2345/accept/",
        "compare/ABCD-2345/turn-away/",
    ):
        pages.get(officer, f"{base}{address}")
    for address in ("open/", "open-by-document/", "find/", "compare/ABCD-2345/accept/"):
        pages.post(officer, f"{base}{address}", {"full_name": "<x>"})
    rows.update(state="slip", unit_code="H26.101", officer=position)
    pages.get(officer, base)
    pages.get(officer, f"{base}{made.pk}/change/")
    pages.get(officer, f"{base}{made.pk}/slip/")
    pages.post(officer, f"{base}{made.pk}/slip/", status=200)
    ended = {"declared": None, "phone": None, "email": None, "code_hash": "", "slip_hash": ""}
    for refusal in ("disagrees", "expired", "not_representative", "not_active", "at_counter"):
        rows.update(state="refused", refusal=refusal, **ended)
        pages.get(client, f"{place}tien-do/")
    rows.update(state="lapsed")
    pages.get(client, f"{place}tien-do/")
    rows.update(state="done", person=position.person)
    pages.get(client, f"{place}tien-do/")
    citizen, someone = Client(), make_person()
    sign_in(citizen, someone)
    for address in (place, f"{place}to-chuc/", "/tai-khoan/dieu-khoan/"):
        pages.get(citizen, address)
    pages.post(citizen, "/tai-khoan/dieu-khoan/")
    vpcp, _ = desk_of("G22", "steering", credential="cred-terms")
    for address in ("", "publish/", f"{Terms.objects.earliest('pk').pk}/change/"):
        pages.get(vpcp, f"/quan-tri/accounts/terms/{address}")
    pages.post(vpcp, "/quan-tri/accounts/terms/publish/")


def published_answers(pages: Pages) -> None:
    """A petition from its answer to its public page, what everybody reads and votes, figures, and the same on the desk."""
    petition, _sender = petitions.send_one(words="Tôi là Nguyễn Thị Giả Định <x>, gọi 0912 345 678 & hỏi vì sao phường chậm trả kết quả?")
    petitions.answered(petition, words="Chào bà Giả Định, kết quả <đã> có & chờ bà.")
    publisher, _ = desk_of("H26.101", "petition_publishing", credential="cred-publishing")
    base = "/quan-tri/feedback/publishedcase/"
    ours = f"{base}{petition.pk}/"
    for address in (f"{base}cho-cong-khai/", f"{ours}cong-khai/", f"{ours}khong-cong-khai/"):
        pages.get(publisher, address)
    pages.post(publisher, f"{ours}khong-cong-khai/")
    pages.post(publisher, f"{ours}cong-khai/", {"step": "texts"}, 200)
    texts = {"step": "publish", "title": "Kết quả <chậm>", "question": "Gọi 0912 345 678 <x>", "answer": "Đã có & chờ bạn."}
    pages.post(publisher, f"{ours}cong-khai/", texts)
    publisher.post(f"{ours}cong-khai/", {**texts, "left": "0912345678"})
    case = PublishedCase.objects.get(petition=petition)
    for address in (base, f"{base}{case.pk}/change/", f"{ours}cong-khai/", f"{ours}go/"):
        pages.get(publisher, address)

    client, place = Client(), f"/phan-anh-kien-nghi/tra-loi/{case.slug}/"
    for language in ("", "/en"):
        for address in (place, f"{place}huu-ich/", f"{place}huu-ich/?da-nhan=1", "/phan-anh-kien-nghi/tra-loi/"):
            pages.get(client, language + address)
        for address in ("tra-loi/?q=ket+qua+cham&loai=cham-tre", "tra-loi/?q=zzzz", "tra-loi/?co-quan=H29", "so-lieu/", "so-lieu/H26/"):
            pages.get(client, f"{language}/phan-anh-kien-nghi/{address}")
    pages.post(client, f"{place}huu-ich/")
    # A piece of a page, set below what somebody is writing.
    alike = "/phan-anh-kien-nghi/goi-y/?q=ket+qua+cham"
    pages.kept[alike] = f'<!doctype html><html lang="vi"><title>Gợi ý</title><main>{pages.get(client, alike)}</main></html>'

    publisher.post(f"{ours}go/", {"reason": "Sai <x>."})
    pages.get(client, place, 410)
    pages.get(publisher, f"{base}{case.pk}/change/")
    vpcp, _ = desk_of("G22", "steering", credential="cred-overview")
    behind = (
        "danh-sach/?so=received&co-quan=H26&ky=2026",
        "danh-sach/?so=overdue&don-vi=H26.101",
        "danh-sach/?so=5.3-chua",
        "danh-sach/?so=again",
    )
    for address in ("", "?co-quan=H26&diem=1", "?ky=2026-11&xep=-overdue", *behind):
        pages.get(vpcp, f"/quan-tri/feedback/tally/{address}")


def catalogue_acts(pages: Pages, desk: Client, base: str, change: str) -> None:
    """What an administrator does to a catalogue and to one entry of it."""
    pages.get(desk, change.replace("/change/", "/disable/"))
    pages.post(desk, change.replace("/change/", "/disable/"), {"effective_to": "x"}, 200)
    pages.get(desk, f"{base}import/")
    pages.post(desk, f"{base}import/", status=200)
    table = SimpleUploadedFile("thu.csv", b"code,name\n,Khong ma\n", "text/csv")
    pages.get(desk, desk.post(f"{base}import/", {"table": table})["Location"])


def dossiers(pages: Pages, desk: Client, officer: Any) -> None:
    """A dossier on the desk: new, received, decided, done, and each act's form with what is wrong in it."""
    own, chief = filed(), leader()
    Dossier.objects.filter(pk=own.pk).update(owner_id=officer.person_id)
    fresh, taken, issued = filed(), received(officer), decided(officer, chief, number="126/2026")
    base = "/quan-tri/dossiers/dossier/"
    for dossier in (own, fresh, taken, issued.dossier):
        pages.get(desk, f"{base}{dossier.id}/change/")
    for dossier, act in ((fresh, "refuse"), (taken, "decide"), (issued.dossier, "take_back")):
        pages.get(desk, f"{base}{dossier.id}/{act}/")
        pages.post(desk, f"{base}{dossier.id}/{act}/", {"seen": dossier.version})
    pages.get(desk, f"{base}{taken.id}/refuse/", 409)
    sign_by_hand(issued)
    pages.get(desk, f"{base}{issued.dossier_id}/change/")
    pages.get(desk, f"{base}?viec=qua-han&tinh-trang=1")
    pages.get(desk, f"{base}{uuid4()}/change/", 404)


def in_process(pages: Pages) -> None:
    """A dossier in a process, with opinions of other agencies; processes, work by step, absences, areas."""
    officer, chief, here = make_officer_actor(roles=("reception", "handling")), leader(), "H26.101"
    client, theirs = Client(), Client()
    position = make_position(unit=here, roles=("reception", "handling", "signing", "administrator"))
    sign_in(client, position.person, position=position)
    made = processes.of_unit(here, officer)
    base, dossier = "/quan-tri/dossiers/", made["dossiers.dossierstep"].dossier
    one = f"{base}dossier/{dossier.pk}/"
    for label, row in made.items():
        pages.get(client, f"/quan-tri/{label.replace('.', '/')}/")
        pages.get(client, f"/quan-tri/{label.replace('.', '/')}/{row.pk}/change/")
    client.post(f"{one}assign/", {"seen": processes.fresh(dossier).version, "officer": str(position.pk), "reason": "<x> & y"})
    asking = {"matter": "khac", "label": "<x> & y", "agencies": ["G17"], "question": "<x>?", "days": "3"}
    for agency in ("G17", "G02"):
        client.post(f"{one}ask_opinion/", {**asking, "seen": processes.fresh(dossier).version, "agencies": [agency]})
    answered, open_one = dossier.opinions.order_by("pk")
    ministry = make_position(unit="G17", roles=("handling",))
    sign_in(theirs, ministry.person, position=ministry)
    pages.get(theirs, f"{base}dossieropinion/{answered.pk}/answer/")
    pages.post(theirs, f"{base}dossieropinion/{answered.pk}/answer/", {"verdict": "disagree"})
    theirs.post(f"{base}dossieropinion/{answered.pk}/answer/", {"verdict": "disagree", "words": "<x> & y"})
    for act in ("pass_step", "assign", "ask_opinion", f"opinion/{open_one.pk}/call_off"):
        pages.get(client, f"{one}{act}/")
    pages.post(client, f"{one}ask_opinion/", {"seen": "1"})
    pages.get(client, f"{one}return_step/", 409)
    pages.get(client, f"{one}change/")
    again = filed()
    services_of_desk.receive(actor=officer, dossier_id=again.pk, seen_version=again.version, now=timezone.now())
    pages.get(client, f"{base}dossier/{again.pk}/ask_opinion/")
    pages.get(client, f"{base}dossier/{again.pk}/change/")
    pages.get(client, f"{one}control_sheet/")
    chosen = {"action": "assign_chosen", "_selected_action": [str(dossier.pk), str(again.pk)]}
    pages.post(client, f"{base}dossier/", chosen, 200)
    typed = {"dossier": [f"{dossier.pk}:1"], "officer": str(chief.position_id), "reason": ""}
    pages.post(client, f"{base}dossier/nhieu/assign/", typed)
    version = made["dossiers.processversion"]
    for address in ("processversion/add/", f"processversion/{version.pk}/edit/", f"processversion/{version.pk}/end/", "absence/add/",
                    f"absence/{made['dossiers.absence'].pk}/end/", "officerarea/add/"):  # fmt: skip
        pages.get(client, f"{base}{address}")
    pages.get(client, f"{base}processversion/{version.pk}/whole/")
    pages.post(client, f"{base}processversion/{version.pk}/whole/", {"document": "<x>", "seen": "1"})
    pages.post(client, f"{base}processversion/{version.pk}/edit/", {"name": "<x>", "seen": "1"})
    pages.post(client, f"{base}processversion/add/", {"procedure_code": "<x>", "template": "cap-xa"})
    pages.post(client, f"{base}processversion/add/", {"procedure_code": "1.000656", "template": "cap-tinh"}, 200)
    # What comes after goes by no process.
    assert client.post(f"{base}processversion/{version.pk}/end/").status_code == 302
    pages.get(client, "/quan-tri/")


def desk_of_dossiers(pages: Pages) -> None:
    """What is done with many dossiers at once: asked, under way, signed, kept, printed."""
    desk, position = Client(), make_position(unit="H26.101", roles=("reception", "handling", "signing", "clerk"))
    sign_in(desk, position.person, position=position)
    officer, chief = make_position(roles=("reception", "handling")), Position.objects.get(person__full_name="Đỗ Văn Ví Dụ")
    taken, issued = received(officer_actor(officer)), decided(officer_actor(officer), officer_actor(chief), number="300/2026")
    fresh, base = filed(), "/quan-tri/dossiers/dossier/"
    Dossier.objects.filter(pk=taken.pk).update(due_at=timezone.now() - dt.timedelta(days=1))
    mark_clean(fresh)
    pages.get(desk, f"{base}{fresh.pk}/change/")
    receive_dossier(actor=officer_actor(officer), dossier_id=fresh.pk, seen_version=fresh.version, now=timezone.now())
    pages.get(desk, f"{base}{fresh.pk}/change/?lan=2")
    pages.get(desk, f"{base}{taken.pk}/assign/")
    pages.post(desk, f"{base}{taken.pk}/assign/", {"seen": taken.version, "officer": "x"})
    pages.get(desk, "/quan-tri/?viec")
    pages.get(desk, f"{base}bo-loc/?viec=qua-han")
    desk.post(f"{base}bo-loc/?viec=qua-han", {"name": "Trễ <của> tôi"})
    pages.get(desk, f"{base}bo-loc/?viec=hom-nay")
    pages.get(desk, f"{base}?viec=cua-toi")
    for kind in ("receive", "assign", "decide", "print"):
        pages.get(desk, f"{base}nhieu/{kind}/?viec=dang-mo")
    for address in ("phim-tat/", "so-ngay/", "so-ngay/?ngay=2020-01-01"):
        pages.get(desk, f"{base}{address}")
    sent = {"dossier": [f"{taken.pk}:{taken.version}"], "officer": "it-viec-nhat"}
    pages.post(desk, f"{base}nhieu/assign/", {**sent, "officer": ""})
    pages.get(desk, desk.post(f"{base}nhieu/assign/", sent)["Location"])
    signer = Client()
    sign_in(signer, chief.person, position=chief)
    pages.get(signer, signer.post(f"{base}nhieu/sign/", {"dossier": [f"{issued.dossier_id}:1"]})["Location"])


def findings(folder: Path, names: dict[str, str]) -> list[str]:
    """What the checker says of all files of a folder, in one run; its ``names`` are what the files are called for a person."""
    java = shutil.which("java")
    assert java and bootstrap.CHECKER.exists(), "Java or the HTML checker is missing: `make test` gets them"
    command = [java, "-jar", bootstrap.CHECKER, "--errors-only", "--also-check-css", "--also-check-svg", "--no-langdetect"]
    command += ["--format", "json", "--stdout", "--exit-zero-always", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0 and done.stdout, done.stderr[-2000:]
    return sorted(
        f"{names[one['url'].rpartition('/')[2]]}: {one['message']} » {' '.join(one.get('extract', '').split())}"
        for one in json.loads(done.stdout)["messages"]
    )


@pytest.mark.long
def test_the_checker_finds_no_error_anywhere(pages: Pages, tmp_path: Path) -> None:
    everybodys(pages)
    interlinked(pages)
    designs(pages)
    result_designs(pages)
    catalogues(pages, tmp_path)
    citizens(pages)
    payers(pages)
    parties(pages)
    mandates(pages)
    of_another_kind(pages)
    not_everywhere(pages)
    with_pages(pages)
    money(pages)
    reconciliation(pages)
    senders(pages)
    questions_and_guidance(pages)
    counters(pages)
    in_process(pages)
    at_the_counter(pages)
    old_paper_pages(pages)
    petition_lists(pages)
    score_criteria(pages)
    petition_desk(pages)
    registering(pages)
    numbers_later(pages)
    rights(pages)
    slips_and_surveys(pages)
    published_answers(pages)
    connecting(pages)
    exchanging(pages)
    frozen_years(pages)
    watching(pages)
    dashboards(pages)
    unit_figures(pages)
    what_people_say(pages)
    owners(pages)
    officers(pages)
    signatures(pages)
    desk_of_dossiers(pages)
    catalogue_life(pages)
    helping(pages)
    kiosk_and_copies(pages)
    of_pages = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}
    # What is printed is no page: WeasyPrint reads it, and its own style lies in it.
    unseen = {name for name in of_pages - pages.templates if not name.startswith("documents/")}
    assert not unseen, f"no page of this test is made of {sorted(unseen)}"

    folder = tmp_path / "pages"
    folder.mkdir()
    names: dict[str, str] = {}
    for number, (name, html) in enumerate(pages.kept.items()):
        file = folder / f"{number:04}.html"
        on_desk = name.removeprefix("POST ").startswith("/quan-tri/")
        file.write_text(AUTOCOMPLETE.sub(r'\1<option value="">–</option>', html) if on_desk else html, encoding="utf-8")
        names[file.name] = name
    for source in (*STATIC.glob("css/*.css"), *STATIC.glob("img/*.svg")):
        shutil.copy(source, folder)
        names[source.name] = source.name
    found = findings(folder, names)
    assert not found, "\n".join(found)


def test_the_checker_sees_what_is_wrong(tmp_path: Path) -> None:
    """It runs on pages, sheets and pictures; a finding says where it was."""
    wrong = {
        "a.html": '<!doctype html><html lang="vi"><head><title>x</title></head><body><p><div></p></body></html>',
        "b.css": "@layer a { p { colour: red } }",
        "c.svg": '<svg xmlns="http://www.w3.org/2000/svg"><khong-co/></svg>',
        "d.html": '<!doctype html><html lang="vi"><head><title>x</title></head><body><p>x</p></body></html>',
    }
    for name, text in wrong.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = findings(tmp_path, {name: f"page {name}" for name in wrong})
    assert {one.partition(":")[0] for one in found} == {"page a.html", "page b.css", "page c.svg"}
