"""One door: an officer of another unit, with every role there is, reaches nothing of ours by any address of the desk (O-07, A-12).

Lists, filters, searches, popups, exports, autocomplete, a row's pages and acts. An address that this test does not know fails it: who adds
one says where it belongs.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import UUIDField
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.utils import timezone

from accounts.linking import files as account_files
from accounts.mandating import guardians
from accounts.models import UserSession
from accounts.officers import contracts
from accounts.registration import counter
from dossiers import services
from dossiers.appointments import counter as counters
from dossiers.appointments import visits
from dossiers.archive import services as archive
from dossiers.copies import services as copies
from dossiers.counter_filing import beginning, cash
from dossiers.counter_filing.cash_admin import set_rate
from dossiers.designing.editing import empty
from dossiers.designing.results.editing import empty as empty_result
from dossiers.kiosk import devices
from dossiers.models import TABLE, Disposal, FormDesign, Parcel, ResultDesign
from dossiers.slip_sets import sheets
from dossiers.talking import services as talking
from feedback.services import entering, lists, publishing, routing, sending
from payments.services.contacts import keep_contact
from portal import audit
from portal.access import SYSTEM, Actor, Assurance, acts
from portal.access.roles import CONTRACT_ROLES, OFFICER_ROLES, TOP_ROLES
from portal.announcements import services as announcements
from procedures.guidance import services as guidance
from procedures.guides import services as guides
from procedures.models import ProcedureVersion
from procedures.questions import services as questions
from procedures.services import declare_reduction, report_mistake
from tests import factories
from tests.accounts.officers.test_high_level import post_account
from tests.accounts.provider.support import system
from tests.dossiers import counters as appointments
from tests.dossiers import old_papers, processes
from tests.dossiers.support import filed, mother, photo
from tests.feedback.support import WORDS as PETITION_WORDS
from tests.feedback.support import answered, received, send_one
from tests.feedback.support import officer as petition_officer
from tests.ratings.slips.support import rate
from tests.ratings.surveys.test_surveys import desk as survey_desk
from tests.ratings.surveys.test_surveys import fill, opened
from tests.security.desk_addresses import CATALOGUE, KNOWN, OF_NO_MODEL, SHARED
from tests.security.test_every_address import _routes

pytestmark = [pytest.mark.requirement("O-07", "A-12")]
HERE, ELSEWHERE = "H26.101", "H29.101"
ROLES = tuple(sorted(OFFICER_ROLES - TOP_ROLES))

OPEN = frozenset(
    {f"catalogues.{name}" for name in (
        "administrativeunit", "agency", "bankaccount", "paperkind", "paymentinstitution", "resultkind", "revenuekind", "sector",
        "succession", "transactionkind",
    )}
    | {"procedures.decision", "procedures.importrun", "procedures.localisation", "procedures.procedure", "procedures.procedureversion",
       "notifications.preview"}
)  # fmt: skip
"""What every officer may look at, for it is everybody's: published law, shared catalogues, texts of notices."""
CENTRAL = frozenset({
    "account.emailaddress", "accounts.accountcomplaint", "accounts.highlevelaccount", "accounts.identityprovider", "accounts.terms",
    "auth.group", "dossiers.handlingrule", "exchange.servicesetup", "feedback.petitionkind", "feedback.term", "helpdesk.incident",
    "helpdesk.ticket", "helpdesk.trialopinion", "helpdesk.troublekind", "inbox.received", "mfa.authenticator", "operations.alarm",
    "operations.alarmrule", "operations.securityevent", "outbox.message", "partners.partner", "payments.merchant",
    "upkeep.maintenance", "upkeep.readonly", "upkeep.trialperiod",
    "procedures.searchmiss", "procedures.searchweight", "procedures.searchword", "ratings.criterion", "ratings.frozenyear",
    "ratings.measuredfile", "ratings.measuretolerance", "ratings.slipform", "ratings.target", "retention.removal",
})  # fmt: skip
"""The Government Office's own, or nobody's: closed to every unit."""
FIGURES = frozenset(
    {"dossiers.counterday", "feedback.tally", "operations.figure", "ratings.levelcount", "ratings.ratingcount", "ratings.workcount"}
)
"""Counts without a page for a row; whose they show has tests of its own (tests/feedback, tests/operations, tests/ratings)."""
WALKED_ELSEWHERE = {
    **dict.fromkeys(
        ("procedures.announcement", "procedures.consultation", "procedures.embedsite", "procedures.localconfirmation",
         "procedures.qualityfinding", "procedures.qualityreport", "procedures.qualityreview", "procedures.restructuring",
         "procedures.servicedeclaration"),
        "tests/procedures/test_desks.py::test_another_agency_reaches_nothing_of_ours",
    ),
    **dict.fromkeys(
        ("content.piece", "helpdesk.agencyrequest"), "tests/helpdesk/test_desks.py::test_another_agency_reaches_nothing_of_ours"
    ),
    **dict.fromkeys(
        ("payments.case", "payments.closedmonth", "payments.dayrevenue", "payments.minutes", "payments.run", "payments.settlement",
         "payments.statement", "payments.account", "payments.posting", "payments.penaltyrate"),
        "tests/payments/test_reconciliation_desk.py::test_each_sees_their_own_at_every_address",
    ),
    **dict.fromkeys(
        ("partner_messages.message", "partner_messages.watchedpartner"),
        "tests/exchange/messages/test_desk.py::test_each_agency_watches_its_own_and_the_government_office_all",
    ),
    **dict.fromkeys(
        ("payments.collection", "payments.institution", "payments.order", "payments.refund", "payments.tracerequest"),
        "tests/payments/test_orders_desk.py::test_what_is_not_mine_is_not_there",
    ),
}  # fmt: skip
"""Money: rows of ours come about by days of reconciliation, and are walked where those are made. Here the walk asks with ids of nobody."""


BY_NUMBER = frozenset({"compare/<str:number>/accept/", "compare/<str:number>/turn-away/"})
"""Questions about what somebody shows at whatever counter they come to, by its number: they show nothing, and an unknown number does
nothing (tests/accounts/registration)."""


def labels() -> list[str]:
    """Every model on the desk."""
    return sorted(model._meta.label_lower for model in admin.site._registry)


def desk_routes() -> Iterator[str]:
    for route, _pattern in _routes(get_resolver().url_patterns):
        if route.startswith("quan-tri/") and "(?P" not in route:
            yield route.removeprefix("quan-tri/")


def known_routes() -> set[str]:
    found = set(OF_NO_MODEL)
    for label in labels():
        base = label.replace(".", "/") + "/"
        catalogue = CATALOGUE if label.startswith("catalogues.") and label != "catalogues.succession" else ()
        if label in FIGURES:
            found |= {base}
        found |= {base + rest for rest in (*SHARED, *catalogue, *KNOWN.get(label, ()))}
    return found


def test_every_address_of_the_desk_is_known_and_belongs_somewhere() -> None:
    there = set(desk_routes())
    assert not there - known_routes(), "an address that nobody has sorted: add it to tests/security/desk_addresses.py"
    assert {label for label in KNOWN if label not in labels()} == set()
    sorted_already = OPEN | CENTRAL | FIGURES | set(WALKED_ELSEWHERE) | set(OURS)
    assert set(labels()) == sorted_already, "a model that nobody has sorted"


def _officer(unit: str) -> tuple[Client, Any, Actor]:
    client, position = Client(), factories.make_position(unit=unit, roles=ROLES)
    factories.sign_in(client, position.person, position=position)
    return client, position, factories.officer_actor(position)


OURS: tuple[str, ...] = (
    "accounts.accountfile", "accounts.countercontract", "accounts.guardianrequest", "accounts.oidcclient", "accounts.position",
    "accounts.registration", "audit.act", "dossiers.absence", "dossiers.appointment", "dossiers.archiveddossier",
    "dossiers.archivehold", "dossiers.archiveterm", "dossiers.disposal", "dossiers.cashreceipt", "dossiers.counterfiling",
    "dossiers.counterplan", "dossiers.digitisingrate", "dossiers.dossier", "dossiers.dossiermessage", "dossiers.certifiedcopy",
    "dossiers.copywording", "dossiers.kioskdevice", "dossiers.dossieropinion", "dossiers.dossierstep", "dossiers.formdesign",
    "dossiers.handover", "dossiers.homevisit", "dossiers.messagetemplate", "dossiers.officerarea", "dossiers.oldbatch",
    "dossiers.oldclaim", "dossiers.olddeclaration", "dossiers.oldpaper", "dossiers.parcel", "dossiers.processversion",
    "dossiers.resultdesign", "dossiers.ticket", "dossiers.unitslip", "feedback.enteredpetition", "feedback.opinion",
    "feedback.petition", "feedback.procedurereport", "feedback.publishedcase", "feedback.replytemplate", "notices.notice",
    "payments.settlementcontact", "procedures.commonquestion", "procedures.guidancetree", "procedures.guide",
    "procedures.mistakereport", "procedures.onlinereduction", "ratings.rating", "ratings.survey", "ratings.surveytext",
)  # fmt: skip
"""What belongs to a unit."""


WORDS = {
    "accounts.accountfile": "danh-sach-cua-ta",
    "accounts.countercontract": "so-hop-dong-cua-ta",
    "accounts.guardianrequest": "giay-cua-ta",
    "accounts.oidcclient": "Hệ thống của ta",
    "audit.act": "viec-cua-ta",
    "dossiers.absence": "Nghỉ phép của ta",
    "dossiers.archiveterm": "Bảng thời hạn của ta",
    "dossiers.disposal": "Quyết định hủy của ta",
    "dossiers.certifiedcopy": "Bằng của ta",
    "dossiers.copywording": "Mẫu lời chứng của ta",
    "dossiers.kioskdevice": "Sảnh của ta",
    "dossiers.dossieropinion": "Ý kiến của ta",
    "dossiers.dossierstep": "Bước của ta",
    "dossiers.formdesign": "Biểu mẫu của ta",
    "dossiers.officerarea": "Địa bàn của ta",
    "dossiers.oldbatch": "Giấy tờ cũ của ta",
    "dossiers.oldclaim": "Lời của ta",
    "dossiers.olddeclaration": "Sổ của ta",
    "dossiers.oldpaper": "Người của ta",
    "dossiers.processversion": "Quy trình của ta",
    "dossiers.messagetemplate": "Mẫu tin của ta",
    "dossiers.resultdesign": "Mẫu kết quả của ta",
    "feedback.enteredpetition": "Thư của ta",
    "feedback.opinion": "Hỏi ý kiến của ta",
    "feedback.procedurereport": "Vướng mắc của ta",
    "feedback.publishedcase": "Trả lời của ta",
    "procedures.commonquestion": "Câu hỏi của ta",
    "procedures.guide": "Hướng dẫn của ta",
    "procedures.mistakereport": "Lệ phí của ta",
    "procedures.onlinereduction": "Nghị quyết của ta",
    "ratings.survey": "Khảo sát của ta",
    "ratings.surveytext": "Ghế của ta",
    "feedback.replytemplate": "Mẫu của ta",
    "notices.notice": "Thông báo nháp của ta",
    "payments.settlementcontact": "Đầu mối của ta",
}
"""By what our rows are known where they are shown."""
ABOVE = {"procedures.guidancetree": "G15", "procedures.onlinereduction": HERE.partition(".")[0], "procedures.mistakereport": "G15"}
"""Where a row is not a commune's: a province declares what it takes off, a ministry answers for what it announced."""


def _archive_rows(chief: Actor, now: dt.datetime) -> dict[str, Any]:
    """A dossier that its applicant took back, its term, what holds it back, a disposal that is proposed."""
    dossier, who = filed(now=now), factories.citizen_actor(mother())
    services.withdraw(actor=who, dossier_id=dossier.pk, seen_version=dossier.version, now=now)
    given = {"unit_code": HERE, "procedure_code": dossier.procedure_code, "years": 1, "basis": "Bảng thời hạn của ta"}
    return {
        "dossiers.archiveddossier": dossier,
        "dossiers.archiveterm": archive.set_term(actor=chief, now=now, **given),
        "dossiers.archivehold": archive.hold_back(actor=chief, code=str(dossier.code), kind="court", note="Vụ án của ta", now=now),
        "dossiers.disposal": Disposal.objects.create(
            unit_code=HERE, archive_unit=HERE, year=2016, basis="Quyết định hủy của ta", proposed_by=chief.position_id,
            proposed_person=chief.person_id, proposed_label=chief.label, proposed_at=now,
        ),
    }  # fmt: skip


def _counter_rows(chief: Actor, now: dt.datetime) -> tuple[Any, ...]:
    """A dossier that was paid in cash, handed over and sent; another one that is being entered; a rate of digitising."""
    dossier = filed()
    services.receive(actor=chief, dossier_id=dossier.pk, seen_version=dossier.version, now=now)
    dossier.refresh_from_db()
    lines = services.asked_lines(dossier, {}, [("Khoản của ta", "other", 8000)])
    asked = services.ask_payment(
        actor=chief, dossier_id=dossier.pk, seen_version=dossier.version, lines=lines, days=5, reason="Theo biểu phí", now=now
    )
    receipt = cash.take(actor=chief, dossier_id=dossier.pk, seen_version=asked.version, payer_name="Người nộp của ta", now=now)
    dossier.refresh_from_db()
    handed = services.hand_over(
        actor=chief, dossier_id=dossier.pk, seen_version=dossier.version, to_unit="H26.102", reason="Của ta", now=now
    )
    came = factories.make_person(full_name="Người Đến Quầy Của Ta")
    filing = beginning.begin(actor=chief, channel="1", id_number=came.id_number, procedure_code="1.001193", now=now)
    rate = set_rate(chief, amount=2000, basis="Nghị quyết của ta", valid_from=timezone.localdate(now), now=now)
    parcel = Parcel.objects.create(dossier=dossier, unit_code=HERE, amount=26_000, made_at=now, moved_at=now)
    return handed, receipt, filing, rate, parcel


def make_ours(chief: Actor) -> dict[str, Any]:
    """A row of ours, made by an officer of ours, of every model that belongs to a unit."""
    now = timezone.now()
    account, boss = post_account()
    now = timezone.now()
    contract = contracts.make_contract(
        actor=chief, unit_code=HERE, company_code=account.unit_code, number="so-hop-dong-cua-ta", valid_from=now,
        valid_to=now + dt.timedelta(days=9), now=now,
    )  # fmt: skip
    assert boss.unit_code == account.unit_code
    guardian = factories.make_person(full_name="Trịnh Thị Giám Hộ Của Ta")
    asked = guardians.ask_as_guardian(
        actor=factories.citizen_actor(guardian), ward_number="001215000321", ward_name="Trẻ Của Ta", ward_birth_date=dt.date(2015, 1, 1),
        document_number="giay-cua-ta", document_date=dt.date(2024, 1, 1), until=None, upload=photo(), now=now,
    )  # fmt: skip
    dossier, (petition, _sender) = filed(), send_one(unit=HERE)
    template = lists.keep_template(actor=chief, unit_code=HERE, use="answer", name="Mẫu của ta", words="Phường trả lời như sau.")
    notice = announcements.publish(
        actor=chief, unit_code=HERE, title="Thông báo nháp của ta", summary="Tóm tắt.", body="Nội dung.", kind="other",
        published_from=timezone.localdate() + dt.timedelta(days=3), now=now,
    )  # fmt: skip
    contact = keep_contact(
        unit_code=HERE,
        purpose="settlement",
        name="Đầu mối của ta",
        phone="02438000000",
        email="",
        hours="Giờ hành chính",
        actor=chief,
        now=now,
    )
    version = ProcedureVersion.objects.filter(issuing_code=ABOVE["procedures.mistakereport"]).first()
    mistake = report_mistake(version=version, part="fees", text="Lệ phí của ta cũ và sai.", language="vi", now=now)
    reduction = declare_reduction(
        actor=SYSTEM, unit_code=ABOVE["procedures.onlinereduction"], procedures=["2.000635"], percent=50, basis="Nghị quyết của ta",
        valid_from=timezone.localdate(now), now=now,
    )  # fmt: skip
    asked_often = questions.enter(actor=chief, unit_code=HERE, question="Câu hỏi của ta là gì?", answer="Phường trả lời.", now=now)
    guide = guides.enter(
        actor=chief, unit_code=HERE, title="Hướng dẫn của ta", summary="Tóm tắt.", body="Nội dung.", procedures=["1.001193"], now=now
    )  # fmt: skip
    tree = guidance.start(actor=SYSTEM, code="1.000894", now=now)
    registered = counter.register(
        actor=chief, phone="+84900000055", now=now,
        declared={"id_number": "001150000055", "full_name": "La Thị Một Cửa Mẫu", "birth_date": "1950-09-02", "sex": "female"},
    )  # fmt: skip
    sender = {"name": "Chu Thị Gửi Thư", "address": "Số 1", "phone": "", "email": ""}
    entered = entering.enter_one(
        actor=chief, unit_code=HERE, source="phone", came_on=timezone.localdate(now) - dt.timedelta(days=1), kind="khac",
        subject="Thư của ta", words=PETITION_WORDS, sender=sender, now=now,
    )  # fmt: skip
    elsewhere, _asker = send_one(unit="H26.102", now=now)
    lead = petition_officer("H26.102")
    received(elsewhere, lead, now=now)
    [opinion] = routing.ask_opinions(actor=lead, petition_id=elsewhere.pk, unit_codes=[HERE], question="Hỏi ý kiến của ta?", now=now)
    reported = sending.report_procedure(
        actor=chief, kind="can-tro", procedure_code="1.001193", subject="Vướng mắc của ta", words=PETITION_WORDS, now=now
    )
    told, _sender = send_one(unit=HERE, now=now)
    case = publishing.publish(
        actor=chief, petition_id=answered(told, now=now).pk, title="Trả lời của ta", question="Vì sao trả chậm?", answer="Phường đã trả.",
        left=(), show_name=False, now=now,
    )  # fmt: skip
    rating = rate(HERE, 5, day=timezone.localdate(now))
    survey = opened(survey_desk(HERE), title="Khảo sát của ta")
    assert fill(Client(), f"/khao-sat/{survey.slug}/", q4="Ghế của ta cũ.").status_code == 302
    design = FormDesign.objects.create(
        procedure_code="1.001193", procedure_name="Biểu mẫu của ta", unit_code=HERE, document=empty("Biểu mẫu của ta"), made_by=uuid4(),
        made_by_label="Cán bộ soạn", editors=[uuid4()],
    )  # fmt: skip
    template_design = ResultDesign.objects.create(
        procedure_code="1.001193", procedure_name="Mẫu kết quả của ta", unit_code=HERE, document=empty_result("Mẫu kết quả của ta"),
        made_by=uuid4(), made_by_label="Cán bộ soạn", editors=[uuid4()],
    )  # fmt: skip
    come = appointments.booked()
    ticket = counters.check_in(actor=chief, unit_code=HERE, typed=appointments.due_now(come).code, now=now)
    visit = visits.ask(
        actor=factories.citizen_actor(factories.make_person()), unit_code=HERE, procedure_code="1.001193", address="Số 1 ngõ Của Ta",
        phone="+84912345678", reason="Không đi lại được", wanted_on=appointments.last_day(), wanted_half="morning", now=now,
    )  # fmt: skip
    handed, receipt, filing, of_a_page, parcel = _counter_rows(chief, now)
    copied = factories.make_person(full_name="Người Có Bằng Của Ta")
    copies_and_kiosk = {
        "dossiers.certifiedcopy": copies.begin(actor=chief, owner_number=copied.id_number, title="Bằng của ta", now=now),
        "dossiers.copywording": copies.word(
            actor=chief, valid_from=timezone.localdate(now), words="Số {so}, {ngay}.", basis="Mẫu lời chứng của ta", now=now
        ),
        "dossiers.kioskdevice": devices.register(actor=chief, name="Sảnh của ta", now=now),
    }
    wrote = talking.write(
        actor=factories.citizen_actor(mother()), dossier_id=dossier.pk, written=talking.Written(uuid4(), "Tin của ta."), now=now
    )  # fmt: skip
    words = talking.keep_template(actor=chief, unit_code=HERE, name="Mẫu tin của ta", words="Phường trả lời như sau.")
    slip = sheets.issue_handover(actor=chief, unit_code=HERE, dossier_ids=[dossier.pk], receiver="Bên nhận của ta", now=now)
    act = audit.record(actor=chief, act="dossiers.read", target="dossiers.dossier", target_id="viec-cua-ta")
    own_system = system(name="Hệ thống của ta", unit=HERE).row
    accounts = b"so_dinh_danh,tai_khoan\r\n079090999999,x\r\n"
    accounts_given = account_files.take(client_id=own_system.pk, name="danh-sach-cua-ta", content=accounts, actor=SYSTEM, now=now)
    return {
        "accounts.accountfile": accounts_given, "accounts.countercontract": contract, "accounts.guardianrequest": asked,
        "accounts.oidcclient": own_system,
        "accounts.position": factories.make_position(unit=HERE, roles=("signing",)), "accounts.registration": registered, "audit.act": act,
        "dossiers.appointment": come, "dossiers.counterplan": appointments.plan(), "dossiers.dossier": dossier,
        **processes.of_unit(HERE, chief), **old_papers.of_unit(chief),
        "dossiers.dossiermessage": wrote, "dossiers.messagetemplate": words, "dossiers.unitslip": slip,
        "dossiers.formdesign": design, "dossiers.homevisit": visit, "dossiers.resultdesign": template_design,
        "dossiers.ticket": ticket,
        **_archive_rows(chief, now), **copies_and_kiosk,
        "dossiers.cashreceipt": receipt, "dossiers.counterfiling": filing, "dossiers.digitisingrate": of_a_page,
        "dossiers.handover": handed, "dossiers.parcel": parcel,
        "feedback.enteredpetition": entered, "feedback.opinion": opinion, "feedback.petition": petition,
        "feedback.procedurereport": reported, "feedback.publishedcase": case, "feedback.replytemplate": template, "notices.notice": notice,
        "payments.settlementcontact": contact, "procedures.commonquestion": asked_often, "procedures.guidancetree": tree,
        "procedures.guide": guide,
        "procedures.mistakereport": mistake, "procedures.onlinereduction": reduction,
        "ratings.rating": rating, "ratings.survey": survey, "ratings.surveytext": survey.texts.get(),
    }  # fmt: skip


def _request(client: Client, actor: Actor) -> Any:
    request = RequestFactory().get("/quan-tri/")
    request._actor = actor  # type: ignore[attr-defined]
    request.session = client.session
    return request


def _places(route: str, pk: object) -> str:
    """An address about one row: the row's own id first, whatever else it names at random."""
    first, seen = str(pk), 0

    def place(match: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        if seen == 1:
            return first
        return {"uuid": str(uuid4()), "int": "1", "slug": "signing", "str": "csv"}.get(match[0].strip("<>").partition(":")[0], "x")

    return re.sub(r"<[^>]+>", place, route)


def _rest(label: str) -> tuple[str, ...]:
    return (*SHARED, *(CATALOGUE if label.startswith("catalogues.") and label != "catalogues.succession" else ()), *KNOWN.get(label, ()))


def _body(answer: Any) -> str:
    if answer.streaming:
        return b"".join(answer.streaming_content).decode("utf-8", "replace")
    return str(answer.content.decode("utf-8", "replace"))


def _narrowed(model_admin: Any, row: Any) -> Iterator[dict[str, str]]:
    """Ways in which a list is asked for a row that is not one's own: by its id, its unit, each filter, as a popup, beyond a cursor."""
    yield {}
    yield {"q": str(row.pk)}
    yield {"q": HERE}
    yield {"_popup": "1", "_to_field": "id"}
    yield {"id__exact": str(row.pk)}
    yield {"unit_code": HERE}
    yield {"unit_code__startswith": HERE.partition(".")[0]}
    yield {"q": WORDS.get(model_admin.opts.label_lower, "cua ta").split("-")[0]}
    yield {"o": "1"}
    yield {"all": ""}
    for one in model_admin.list_filter:
        name = getattr(one, "parameter_name", None) or (one if isinstance(one, str) else one[0])
        if isinstance(name, str):
            values = [HERE, "dang", "x"]
            if "__" not in name and hasattr(row, name):
                values.append(str(getattr(row, name)))
            for value in values:
                yield {name: value}
                yield {f"{name}__exact": value}


@pytest.mark.usefixtures("demo_data")
@pytest.mark.long
def test_an_officer_of_another_unit_reaches_nothing_of_ours_by_any_address() -> None:
    (ours, _position, our_actor), (theirs, _other, their_actor) = _officer(HERE), _officer(ELSEWHERE)
    insiders = {HERE: (ours, our_actor)}
    for unit in ABOVE.values():
        client, _held, actor = _officer(unit)
        insiders[unit] = (client, actor)
    made, walked = make_ours(our_actor), 0
    assert set(made) == set(OURS), "a model of units of which no row of ours is walked"
    for label in OURS:
        model = apps.get_model(label)
        model_admin: Any = admin.site._registry[model]
        visible = model_admin.get_queryset(_request(*insiders[ABOVE.get(label, HERE)]))
        beyond = model_admin.get_queryset(_request(theirs, their_actor))
        row = made[label]
        assert visible.filter(pk=row.pk).exists(), f"{label}: a row of ours that we do not see proves nothing"
        assert not beyond.filter(pk=row.pk).exists(), label
        base = f"/quan-tri/{label.replace('.', '/')}/"
        for rest in _rest(label):
            address = base + _places(rest, row.petition_id if "<uuid:petition_id>" in rest else row.pk)
            walked += 1
            if "<" in rest:
                for ask in (theirs.get, theirs.post):
                    answer = ask(address)
                    refused = (200, 422) if rest in BY_NUMBER else (302, 403, 404, 405)
                    assert answer.status_code in refused, f"{ask.__name__} {address}: {answer.status_code}"
                    if answer.status_code == 302:
                        # Back to where the row would be, or to the list: neither shows it.
                        end = theirs.get(answer["Location"], follow=True)
                        assert end.status_code != 200 or not (WORDS.get(label) and WORDS[label] in _body(end)), address
                        assert end.status_code != 200 or f"/{row.pk}/" not in end.request["PATH_INFO"], address
                continue
            for asked in _narrowed(model_admin, row):
                answer = theirs.get(address, asked, follow=True)
                assert answer.status_code in (200, 400, 403, 404, 405), f"{address} {asked}: {answer.status_code}"
                text = _body(answer)
                assert f"{base}{row.pk}/" not in text, f"{address} {asked} leads to a row of {HERE}"
                shown = WORDS.get(label, "") or (str(row.pk) if len(str(row.pk)) > 20 else "")
                # What was asked for stands in the page's own search field and links.
                assert not shown or shown in asked.values() or shown not in text, f"{address} {asked} shows a row of {HERE}"
    assert walked > 100
    for route in (f"phan-anh/{made['feedback.petition'].pk}/{act}/" for act in ("in", "xuat", "ban-co-dau")):
        for ask in (theirs.get, theirs.post):
            assert ask(f"/quan-tri/{route}").status_code in (403, 404, 405), route
    for label, row in made.items():
        kind = ContentType.objects.get_for_model(apps.get_model(label))
        assert theirs.get(f"/quan-tri/r/{kind.pk}/{row.pk}/").status_code in (302, 403, 404)


@pytest.mark.usefixtures("demo_data")
def test_autocomplete_finds_nothing_that_its_model_does_not_show() -> None:
    made = make_ours(_officer(HERE)[2])
    theirs, _position, _actor = _officer(ELSEWHERE)
    asked = 0
    for model, model_admin in admin.site._registry.items():
        for field in model._meta.get_fields():
            if not (field.many_to_one or field.many_to_many) or field.auto_created:
                continue
            asked += 1
            source = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field.name}
            for term in ("", "a", HERE):
                answer = theirs.get("/quan-tri/autocomplete/", {**source, "term": term})
                assert answer.status_code in (200, 403, 404), source
                if answer.status_code == 200:
                    text = answer.content.decode()
                    assert not [label for label, row in made.items() if len(str(row.pk)) > 20 and f'"{row.pk}"' in text], source
        assert model_admin is not None
    assert asked > 30


@pytest.mark.usefixtures("demo_data")
def test_what_is_the_government_offices_is_closed_to_every_unit_and_what_is_everybodys_cannot_be_changed() -> None:
    theirs, _position, _actor = _officer(ELSEWHERE)
    for label in sorted(CENTRAL | OPEN):
        model, base = apps.get_model(label), f"/quan-tri/{label.replace('.', '/')}/"
        row = model._default_manager.order_by("pk").first()
        pk = row.pk if row is not None else uuid4() if isinstance(model._meta.pk, UUIDField) else 1
        for rest in _rest(label):
            address = base + _places(rest, pk)
            answer = theirs.get(address)
            if label in CENTRAL:
                assert answer.status_code in (302, 403, 404, 405), f"{address}: {answer.status_code}"
                assert answer.status_code != 302 or "/quan-tri/" in answer["Location"] or "/tai-khoan/" in answer["Location"]
            else:
                assert answer.status_code < 500, address
            if rest and rest not in ("export/csv/", "export/xlsx/", "<path:object_id>/history/"):
                # Whatever is sent: a page that may be looked at takes nothing from who may only look.
                assert theirs.post(address, {"name": "x"}).status_code in (302, 403, 404, 405), f"POST {address}"


@pytest.mark.usefixtures("demo_data")
def test_a_session_of_less_than_high_assurance_does_no_act_that_wants_it() -> None:
    client, position = Client(), factories.make_position(unit=HERE, roles=ROLES)
    factories.sign_in(client, position.person, position=position)
    UserSession.objects.filter(pk=client.session["sign_in"]).update(assurance=Assurance.MEDIUM, way="code", for_office=False)
    held = factories.make_position(unit=HERE, roles=("signing",))
    for act in ("end", "take/signing"):
        # It is none for an agency, so it is not at the desk at all.
        assert client.post(f"/quan-tri/accounts/position/{held.pk}/{act}/").status_code == 302
    assert CONTRACT_ROLES and held.roles_at(timezone.now()) == ["signing"]


@pytest.mark.usefixtures("demo_data")
@pytest.mark.long
def test_whoever_holds_every_other_role_of_ours_reaches_no_row_that_none_of_them_opens() -> None:
    """Beside units, roles: of each row all those are tried at once, in its own unit, that do not open it. Rights only ever add up, so
    that what all of them together do not reach, none of them does."""
    made, walked = make_ours(_officer(HERE)[2]), 0
    clients: dict[tuple[str, frozenset[str]], Client] = {}
    for label in OURS:
        model_admin: Any = admin.site._registry[apps.get_model(label)]
        # Petitions are opened by whoever has anything to do with them, by their own function.
        opens = (
            [model_admin.view_act] if model_admin.view_act else [name for name in acts() if name.startswith(f"{label.partition('.')[0]}.")]
        )
        others = frozenset(ROLES).difference(*(acts()[name].roles for name in opens))
        row, unit, base = made[label], ABOVE.get(label, HERE), f"/quan-tri/{label.replace('.', '/')}/"
        if (unit, others) not in clients:
            client, position = Client(), factories.make_position(unit=unit, roles=tuple(sorted(others)))
            factories.sign_in(client, position.person, position=position)
            clients[unit, others] = client
        client = clients[unit, others]
        for rest in _rest(label):
            if "<" not in rest:
                answer = client.get(base + rest, follow=True)
                assert answer.status_code != 200 or f"{base}{row.pk}/" not in _body(answer), f"{base}{rest} as {sorted(others)}"
                continue
            address = base + _places(rest, row.petition_id if "<uuid:petition_id>" in rest else row.pk)
            for ask in (client.get, client.post):
                walked += 1
                answer = ask(address)
                refused = (302, 403, 404, 405, *((200, 422) if rest in BY_NUMBER else ()))
                assert answer.status_code in refused, f"{ask.__name__} {address}: {answer.status_code} as {sorted(others)}"
                if answer.status_code == 302:
                    # A petition that came by letter is a petition to who handles petitions.
                    end = client.get(answer["Location"], follow=True)
                    assert end.status_code != 200 or f"{base}{row.pk}/" not in end.request["PATH_INFO"], address
    assert walked > 200


@pytest.mark.usefixtures("demo_data")
def test_no_act_on_a_dossier_is_done_by_whoever_holds_every_role_but_its_own() -> None:
    dossier, tried = filed(), 0
    for edge in TABLE.transitions.values():
        if not edge.act or f"<uuid:dossier_id>/{edge.name}/" not in KNOWN["dossiers.dossier"]:
            continue
        others = tuple(sorted(frozenset(ROLES) - acts()[edge.act].roles))
        client, position = Client(), factories.make_position(unit=HERE, roles=others)
        factories.sign_in(client, position.person, position=position)
        for ask in (client.get, client.post):
            answer = ask(f"/quan-tri/dossiers/dossier/{dossier.pk}/{edge.name}/", {"seen": dossier.version})
            assert answer.status_code in (403, 404, 405), f"{edge.name}: {answer.status_code} as {others}"
        tried += 1
    version = dossier.version
    dossier.refresh_from_db()
    assert tried >= 10 and dossier.version == version
