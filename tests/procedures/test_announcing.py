"""A decision from the desk to the public catalogue: entered, checked by another, published, followed by what provinces laid down."""

from __future__ import annotations

import datetime as dt
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dossiers.queries import _units_from
from dossiers.terms import terms_on
from portal.caching.changes import marks
from portal.caching.models import Change
from procedures import queries
from procedures.models import Announcement, Decision, LocalConfirmation, Localisation, OnlineService, Procedure, ProcedureVersion
from procedures.services import announcing
from procedures.services.announcing import AnnouncementRefused, put_change
from tests.factories import make_person, make_position, officer_actor, sign_in

pytestmark = [pytest.mark.usefixtures("demo_data"), pytest.mark.requirement("C-02", "C-03")]
DESK = "/quan-tri/procedures/announcement/"
BIRTH, EXTRACT, DEATH, RESIDENCE = "1.001193", "2.000635", "1.000656", "1.004194"
NEW = "1.999001"
WRITER, CHECKER = "Lê Thị Người Nhập Giả Định", "Trần Văn Người Kiểm Giả Định"


def seen() -> None:
    """Let the process know what this transaction changed."""
    Change.objects.all().delete()
    marks.forget()


def at_desk(unit: str, *roles: str, name: str = "Phạm Văn Cán Bộ Giả Định") -> tuple[Client, Any]:
    client, position = Client(), make_position(make_person(full_name=name), unit=unit, roles=roles)
    sign_in(client, position.person, position=position)
    return client, officer_actor(position)


def words(response: Any) -> str:
    """What a page says, without the frame of the desk."""
    html = response.content.decode()
    main = html.partition('id="content-start"')[2] or html
    return " ".join(unescape(main).split())


@pytest.fixture
def officers() -> tuple[tuple[Client, Any], tuple[Client, Any]]:
    """Who enters for the Ministry of Justice, and who checks and publishes."""
    both = ("procedure_checking", "procedure_publishing")
    return at_desk("G15", "procedure_entering", *both, name=WRITER), at_desk("G15", *both, name=CHECKER)


def facts(day: dt.date, **more: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "number": "9001/QĐ-BTP", "signed_on": f"{today:%d/%m/%Y}", "signer": "Thứ trưởng Người Ký Giả Định", "law": "",
        "effective_on": f"{day:%d/%m/%Y}", "law_effective_on": "", "summary": "Công bố thủ tục hộ tịch thử nghiệm", "source": "", **more,
    }  # fmt: skip


def content(record: dict[str, Any], **more: str) -> dict[str, Any]:
    """What the form of a procedure's content shows, with something else typed."""
    from procedures.desk_forms import ContentForm

    form = ContentForm(record=record)
    return {**{name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}, **more}


def begun(enterer: Client, day: dt.date, **more: Any) -> Announcement:
    answer = enterer.post(f"{DESK}add/", facts(day, **more))
    assert answer.status_code == 302, words(answer)
    return Announcement.objects.get()


def amended(enterer: Client, row: Announcement, code: str, kind: str = "amend", **more: str) -> None:
    answer = enterer.post(f"{DESK}{row.pk}/change/add/", {"kind": kind, "code": code})
    assert answer.status_code == 302, words(answer)
    version = queries.version_at(code, row.effective_on)
    assert version is not None
    answer = enterer.post(answer["Location"], content(announcing.base_of(row, code), **more))
    assert answer.status_code == 302, words(answer)


def step(client: Client, row: Announcement, edge: str, **posted: str) -> None:
    """One edge that must go through."""
    before = row.seen
    answer = client.post(f"{DESK}{row.pk}/{edge}/", posted, follow=True)
    row.refresh_from_db()
    assert row.seen > before, words(answer)[:1800]


def nothing_of_it_is_public(row: Announcement) -> None:
    """Neither procedure nor decision, on no day."""
    seen()
    stranger, day = Client(), f"?ngay={row.effective_on:%Y-%m-%d}"
    assert [stranger.get(f"/thu-tuc/{NEW}/{query}").status_code for query in ("", day)] == [404, 404]
    assert "Tóm tắt mới" not in words(stranger.get(f"/thu-tuc/{BIRTH}/{day}"))
    assert stranger.get(f"/thu-tuc/{DEATH}/{day}").status_code == 200
    assert row.number not in words(stranger.get("/quyet-dinh/")) and not Decision.objects.filter(number=row.number).exists()


def test_a_decision_that_adds_amends_interlinks_and_repeals_is_published_for_tomorrow(officers: Any) -> None:
    (enterer, writer), (checker, second) = officers
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    assert enterer.get(f"{DESK}add/").status_code == 200
    row = begun(enterer, tomorrow)
    amended(enterer, row, BIRTH, summary="Tóm tắt mới của năm sau.")
    amended(enterer, row, EXTRACT, kind="interlink", interlinked="")
    assert "Hãy nêu những thủ tục được thực hiện liên thông." in words(enterer.post(f"{DESK}{row.pk}/send/", follow=True))
    change = row.changes.get(procedure_code=EXTRACT)
    linked = content(announcing.base_of(row, EXTRACT), deadline_to_ask="Trong 90 ngày", interlinked=RESIDENCE)
    assert enterer.post(f"{DESK}{row.pk}/change/{EXTRACT}/", linked).status_code == 302 and change.kind == "interlink"
    assert enterer.post(f"{DESK}{row.pk}/change/add/", {"kind": "repeal", "code": DEATH}).status_code == 302
    answer = enterer.post(f"{DESK}{row.pk}/change/add/", {"kind": "new", "code": NEW})
    page = enterer.get(answer["Location"])
    assert page.status_code == 200 and "Mới ban hành" in words(page)
    wrong = content({}, name="Thủ tục thử nghiệm", steps="Nộp | Nộp hồ sơ", channels="trực tiếp\n+ 3", documents="Tờ khai", results="Giấy")
    wrong |= {"legal_bases": "1/2026/NĐ-CP | Nghị định", "executing_agency": "Ủy ban nhân dân cấp xã", "field_named": "Hộ tịch"}
    wrong |= {"levels": ["commune"], "subjects": ["citizen"]}
    refused = enterer.post(answer["Location"], wrong)
    assert refused.status_code == 422 and "thời hạn có số thì có đơn vị" in words(refused)
    right = {**wrong, "channels": "trực tiếp\n+ 3 | ngày làm việc\n- lệ phí | Lệ phí thử | 10000"}
    assert enterer.post(answer["Location"], right).status_code == 302
    shown = words(enterer.get(f"{DESK}{row.pk}/change/"))
    assert "Tóm tắt mới của năm sau." in shown and "Gửi kiểm tra" in shown and "chỗ cần sửa" not in shown
    nothing_of_it_is_public(row)
    # Four eyes: who entered it does not check it, though they have the role.
    step(enterer, row, "send")
    nothing_of_it_is_public(row)
    assert "Người nhập không kiểm tra" in words(enterer.post(f"{DESK}{row.pk}/check/", follow=True))
    row.refresh_from_db()
    assert row.state == "checking"
    step(checker, row, "check")
    nothing_of_it_is_public(row)
    assert checker.get(f"{DESK}{row.pk}/publish/").status_code == 200
    step(checker, row, "publish")
    row.refresh_from_db()
    assert (row.state, row.in_time, row.signed_in_time) == ("published", True, None)
    # Who did what and when.
    told = enterer.get(f"{DESK}{row.pk}/history/").context["changes"]
    by = {act: {one.who.partition(",")[0] for one in told if one.act == act} for act in {one.act for one in told}}
    assert by["Bắt đầu nhập quyết định công bố"] == by["Gửi kiểm tra quyết định công bố"] == {WRITER}
    assert by["Kiểm tra quyết định công bố"] == by["Công khai, rút quyết định công bố"] == {CHECKER}
    assert (row.checked_by, row.published_by) == (second.label, second.label) and writer.label != second.label
    assert all(abs(one.at - timezone.now()) < dt.timedelta(hours=1) for one in told)
    moment = f"{timezone.localtime(row.published_at):%H:%M}"
    assert any(moment in after for _label, _before, after in told[0].facts), "the moment of publication"
    seen()
    # Today as it was, tomorrow's page seen today.
    stranger = Client()
    assert "Tóm tắt mới" not in words(stranger.get(f"/thu-tuc/{BIRTH}/"))
    assert "Tóm tắt mới của năm sau." in words(stranger.get(f"/thu-tuc/{BIRTH}/?ngay={tomorrow:%Y-%m-%d}"))
    assert stranger.get(f"/thu-tuc/{DEATH}/").status_code == 200
    assert stranger.get(f"/thu-tuc/{NEW}/").status_code == 410
    coming = words(stranger.get(f"/thu-tuc/{NEW}/?ngay={tomorrow:%Y-%m-%d}"))
    assert "Thủ tục thử nghiệm" in coming and "10.000 đ" in coming
    assert queries.version_at(DEATH, tomorrow) is None
    # What changed, in public.
    decision = Decision.objects.get(number="9001/QĐ-BTP")
    listed = words(stranger.get("/quyet-dinh/"))
    assert "9001/QĐ-BTP" in listed and "4 thủ tục" in listed
    told = words(stranger.get(f"/quyet-dinh/{decision.pk}/"))
    assert "Bãi bỏ" in told and "Liên thông" in told and "Tóm tắt" in told and "Người Ký Giả Định" in told
    leads_on = stranger.get(f"/thu-tuc/{EXTRACT}/?ngay={tomorrow:%Y-%m-%d}")
    assert leads_on.context["others"][0].code == RESIDENCE and f"/thu-tuc/{RESIDENCE}/" in words(leads_on)
    compared = words(stranger.get(f"/thu-tuc/{BIRTH}/thay-doi/?den={tomorrow:%Y-%m-%d}"))
    assert "<ins>Tóm tắt mới của năm sau.</ins>" in compared
    # Withdrawn before it holds: everything as it was.
    assert checker.post(f"{DESK}{row.pk}/withdraw/", {"note": "Ký nhầm bản"}).status_code == 302
    assert queries.version_at(DEATH, tomorrow) is not None and not ProcedureVersion.objects.filter(procedure__code=NEW).exists()
    assert ProcedureVersion.objects.get(procedure__code=BIRTH).effective_to is None
    seen()
    assert "9001/QĐ-BTP" not in words(stranger.get("/quyet-dinh/"))


def test_nothing_incomplete_stale_or_of_another_agency_is_published(officers: Any) -> None:
    (enterer, actor), _checker = officers
    row = begun(enterer, timezone.localdate())
    assert "Chưa có thủ tục nào" in words(enterer.post(f"{DESK}{row.pk}/send/", follow=True))
    assert "do cơ quan khác công bố" in words(enterer.post(f"{DESK}{row.pk}/change/add/", {"kind": "amend", "code": "1.004194"}))
    assert "đã có trong cơ sở dữ liệu" in words(enterer.post(f"{DESK}{row.pk}/change/add/", {"kind": "new", "code": BIRTH}))
    assert "Mã thủ tục có dạng" in words(enterer.post(f"{DESK}{row.pk}/change/add/", {"kind": "new", "code": "khai-sinh"}))
    amended(enterer, row, BIRTH, related="9.999999")
    assert "Dẫn đến thủ tục không có hiệu lực: 9.999999." in words(enterer.get(f"{DESK}{row.pk}/change/"))
    # Who saw an older one sees the newest before they go on.
    row.refresh_from_db()
    with pytest.raises(AnnouncementRefused, match="đã được sửa"):
        put_change(actor=actor, announcement_id=row.pk, seen=row.seen - 1, kind="repeal", code=DEATH, now=timezone.now())
    # Another decision in between is found.
    enterer.post(f"{DESK}{row.pk}/change/{BIRTH}/", content(announcing.base_of(row, BIRTH), summary="Khác"))
    ProcedureVersion.objects.filter(procedure__code=BIRTH).update(name="Tên do quyết định khác")
    assert "Một quyết định khác đã thay đổi thủ tục này" in words(enterer.get(f"{DESK}{row.pk}/change/"))
    # A stranger to the agency sees nothing of it; the trail tells the history.
    other, _ = at_desk("G01", "procedure_entering")
    assert other.get(f"{DESK}{row.pk}/change/").status_code == 404
    assert enterer.get(f"{DESK}{row.pk}/history/").status_code == 200


@pytest.mark.requirement("C-04")
def test_what_provinces_laid_down_is_asked_about_ends_and_begins_by_their_own_decision(officers: Any) -> None:
    (enterer, _), (checker, _) = officers
    today = timezone.localdate()
    version = queries.version_at(BIRTH, today)
    assert version is not None
    Localisation.objects.filter(version=version).delete()
    Localisation.objects.create(version=version, province_code="01", place="Nơi tiếp nhận thử nghiệm của Hà Nội", decision_number="7/QĐ")
    row = begun(enterer, today)
    amended(enterer, row, BIRTH, summary="Nội dung mới từ hôm nay.")
    step(enterer, row, "send")
    step(checker, row, "check")
    step(checker, row, "publish")
    seen()
    page = words(Client().get(f"/thu-tuc/{BIRTH}/?dia-phuong=01"))
    assert "chưa xác nhận nội dung riêng" in page and "Nơi tiếp nhận thử nghiệm" not in page
    asked = LocalConfirmation.objects.get()
    assert (asked.unit_code, asked.state) == ("H26", "waiting")
    hanoi, _ = at_desk("H26", "procedure_entering")
    assert "Nội dung địa phương chờ xác nhận" in words(hanoi.get("/quan-tri/"))
    address = f"/quan-tri/procedures/localconfirmation/{asked.pk}/"
    assert "Nơi tiếp nhận thử nghiệm" in words(hanoi.get(address + "change/"))
    assert hanoi.post(address + "answer/", {"keep": "yes"}).status_code == 422
    assert hanoi.post(address + "answer/", {"keep": "yes", "decision_number": "8/QĐ-UBND"}).status_code == 302
    seen()
    page = words(Client().get(f"/thu-tuc/{BIRTH}/?dia-phuong=01"))
    assert "chưa xác nhận" not in page and "Nơi tiếp nhận thử nghiệm" in page
    # A province's own decision lays something down.
    checker_there, _ = at_desk("H26", "procedure_checking", "procedure_publishing")
    answer = hanoi.post(f"{DESK}add/", facts(today, number="88/QĐ-UBND"))
    own = Announcement.objects.get(unit_code="H26")
    answer = hanoi.post(f"{DESK}{own.pk}/change/add/", {"kind": "localise", "code": EXTRACT})
    assert hanoi.post(answer["Location"], {"channels": "bằng bồ câu"}).status_code == 422
    assert hanoi.post(answer["Location"], {"place": "Một cửa thử nghiệm", "documents": "1 | ghi rõ họ tên"}).status_code == 302
    step(hanoi, own, "send")
    step(checker_there, own, "check")
    step(checker_there, own, "publish")
    place = Localisation.objects.get(version__procedure__code=EXTRACT, province_code="01", decision_number="88/QĐ-UBND")
    assert place.place == "Một cửa thử nghiệm" and place.decision is not None
    # The ministry repeals the base: what the province laid down ends at once, and nobody there need decide anything.
    seen()
    assert "Một cửa thử nghiệm" in words(Client().get(f"/thu-tuc/{EXTRACT}/?dia-phuong=01"))
    assert enterer.post(f"{DESK}add/", facts(today, number="9002/QĐ-BTP")).status_code == 302
    repeal = Announcement.objects.get(number="9002/QĐ-BTP")
    assert enterer.post(f"{DESK}{repeal.pk}/change/add/", {"kind": "repeal", "code": EXTRACT}).status_code == 302
    for client, edge in ((enterer, "send"), (checker, "check"), (checker, "publish")):
        step(client, repeal, edge)
    seen()
    for query in ("", "?dia-phuong=01"):
        ended = Client().get(f"/thu-tuc/{EXTRACT}/{query}")
        assert ended.status_code == 410 and "Một cửa thử nghiệm" not in words(ended)
    place.refresh_from_db()
    assert place.version.effective_to == today and not LocalConfirmation.objects.filter(state="waiting").exists()


@pytest.mark.requirement("C-05")
def test_a_province_announces_a_procedure_of_its_own_where_a_law_lets_it(officers: Any) -> None:
    enterer, _ = at_desk("H26", "procedure_entering")
    checker, _ = at_desk("H26", "procedure_checking", "procedure_publishing")
    today = timezone.localdate()
    row = begun(enterer, today, number="12/QĐ-UBND", summary="Công bố thủ tục của Thành phố")
    answer = enterer.post(f"{DESK}{row.pk}/change/add/", {"kind": "new", "code": NEW})
    said = content({}, name="Hỗ trợ thử nghiệm của Thành phố", steps="Nộp | Nộp hồ sơ", documents="Tờ khai", results="Giấy")
    said |= {"legal_bases": "9/2026/NQ-HĐND | Nghị quyết", "executing_agency": "Ủy ban nhân dân cấp xã", "field_named": "Hộ tịch"}
    said |= {"levels": ["commune"], "subjects": ["citizen"], "online_level": "full"}
    said |= {"channels": "trực tuyến\n+ 3 | ngày làm việc\n- lệ phí | Lệ phí thử | 10000"}
    assert enterer.post(answer["Location"], said).status_code == 302
    # Without the text that lets it, and with an agency of another province, it goes no further.
    change = row.changes.get()
    change.record["executing_codes"] = ["H29.1"]
    change.save()
    told = words(enterer.get(f"{DESK}{row.pk}/change/"))
    assert "khi có văn bản cho phép" in told and "cơ quan ngoài tỉnh thực hiện: H29.1" in told
    enterer.post(f"{DESK}{row.pk}/send/")
    row.refresh_from_db()
    assert row.state == "entering"
    change.record["executing_codes"] = []
    change.save()
    wanted = facts(today, number="12/QĐ-UBND", summary="Công bố thủ tục của Thành phố", law="Luật Thủ đô điều 7")
    assert enterer.post(f"{DESK}{row.pk}/facts/", wanted).status_code == 302
    step(enterer, row, "send")
    step(checker, row, "check")
    step(checker, row, "publish")
    seen()
    page = words(Client().get(f"/thu-tuc/{NEW}/"))
    assert "Hỗ trợ thử nghiệm của Thành phố" in page and "12/QĐ-UBND" in page
    # Filed in that province alone.
    version = queries.version_at(NEW, today)
    assert version is not None
    OnlineService.objects.create(version=version, code=f"{NEW}.01", level="full", form_key="x")
    terms = terms_on(NEW, timezone.now())
    assert {one.localities for one in terms.services} == {("01",)}
    assert {unit.code.partition(".")[0] for unit in _units_from("", terms)} <= {"H26"}
    # Another agency's it stays: neither a ministry nor a neighbour amends it.
    for unit in ("G15", "H29"):
        other, _ = at_desk(unit, "procedure_entering")
        assert other.post(f"{DESK}add/", facts(today, number=f"13/{unit}")).status_code == 302
        theirs = Announcement.objects.get(unit_code=unit)
        refused = other.post(f"{DESK}{theirs.pk}/change/add/", {"kind": "amend", "code": NEW})
        assert refused.status_code == 422 and "do cơ quan khác công bố" in words(refused)


@pytest.mark.requirement("C-23")
def test_a_moment_given_is_kept_by_the_portal_and_lateness_is_written_down(officers: Any) -> None:
    (enterer, _), (checker, _) = officers
    now, today = timezone.now(), timezone.localdate()
    row = begun(enterer, today + dt.timedelta(days=40), signed_on=f"{today - dt.timedelta(days=60):%d/%m/%Y}")
    amended(enterer, row, BIRTH, summary="Từ một lúc đã hẹn.")
    step(enterer, row, "send")
    step(checker, row, "check")
    soon = timezone.localtime(now + dt.timedelta(hours=2))
    assert checker.post(f"{DESK}{row.pk}/publish/", {"publish_at": f"{soon:%H:%M %d/%m/%Y}"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "checked" and row.publish_at is not None
    assert announcing.publish_due(now + dt.timedelta(hours=1)) == 0
    assert announcing.publish_due(now + dt.timedelta(hours=3)) == 1
    assert announcing.publish_due(now + dt.timedelta(hours=4)) == 0
    row.refresh_from_db()
    assert (row.state, row.in_time) == ("published", False)
    assert Procedure.objects.get(code=BIRTH).versions.count() == 2
    assert "quá hạn công khai" in words(Client().get(f"/quyet-dinh/{row.decision_id}/"))


def test_the_days_of_the_law() -> None:
    signed = dt.date(2026, 6, 1)
    assert timezone.localdate(announcing.public_by("G15", signed)) == dt.date(2026, 6, 15)
    assert timezone.localdate(announcing.public_by("H26", signed)) == dt.date(2026, 6, 8)
    assert announcing.signed_in_time("G15", signed, dt.date(2026, 7, 1)) is True
    assert announcing.signed_in_time("G15", signed, dt.date(2026, 6, 20)) is False
    assert announcing.signed_in_time("H26", signed, dt.date(2026, 6, 8)) is True
    assert announcing.signed_in_time("H26", signed, None) is None
