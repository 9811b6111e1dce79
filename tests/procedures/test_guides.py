"""Guides, and what all published texts share: a moment of publication, four eyes, preview, history (C-16; Rules art. 22, 54.1)."""

from __future__ import annotations

import datetime as dt
import re
import struct
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from PIL import Image

from portal.access import SYSTEM
from portal.catalogues.models import Agency
from portal.catalogues.services import EntryRefused, amend
from portal.files.models import FileState, StoredFile
from portal.outbox.services import deliver_due
from procedures import publishing
from procedures.guides.queries import explained
from procedures.guides.services import FOLDER, load_guides
from procedures.models import CommonQuestion, Guide, MistakeReport, ProcedureVersion, QualityFinding
from procedures.questions import services as questions
from procedures.services import report_mistake
from procedures.services.quality import find_at_night
from ratings.slips import counting as slips
from tests import factories
from tests.dossiers.old_papers import pdf
from tests.dossiers.support import mother
from tests.factories import make_position, sign_in
from tests.procedures.test_announcing import seen
from tests.ratings.slips.support import rate

pytestmark = pytest.mark.usefixtures("demo_data")
DESK = "/quan-tri/procedures/guide/"
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:02.000\nMở trang thủ tục.\n\n00:02.000 --> 00:05.500\nBấm Nộp trực tuyến.\n"
FACTS = {
    "title": "Xem trước khi đăng ký khai sinh",
    "summary": "Hai phút về tờ khai.",
    "procedures": "1.001193",
    "body": "Lời mở đầu.\n\n# Tên của trẻ {child_name}\n\nViết có dấu.\n\n- Họ\n- Tên",
}


def film(*, whole: bool = True) -> bytes:
    """A film as its container goes: a head, its table of contents, and pictures that nobody can look at."""

    def box(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", 8 + len(data)) + kind + data

    made = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2mp41") + box(b"moov", b"\x00" * 64) + box(b"mdat", bytes(range(256)) * 64)
    return made if whole else made[:-40]


def at_desk(*roles: str, unit: str = "G15") -> Client:
    position = make_position(unit=unit, roles=roles)
    client = Client()
    sign_in(client, position.person, position=position)
    return client


def words(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def checked(row: Guide) -> None:
    deliver_due()
    assert not StoredFile.objects.filter(pk__in=[row.video_id, row.document_id], state=FileState.UPLOADED).exists()


@pytest.mark.requirement("C-16")
def test_a_film_with_its_words_from_the_writer_to_the_public() -> None:
    writer, checker = at_desk("procedure_entering"), at_desk("procedure_checking", "procedure_publishing")
    mute = writer.post(f"{DESK}add/", {**FACTS, "video": SimpleUploadedFile("khai.mp4", film())})
    assert mute.status_code == 422 and "Video phải có phụ đề" in words(mute), "nobody is left out"
    wrong = writer.post(
        f"{DESK}add/", {**FACTS, "transcript": "Lời.", "captions": "Không phải WebVTT", "video": SimpleUploadedFile("a.mp4", film())}
    )
    assert wrong.status_code == 422 and "WEBVTT" in words(wrong)
    text = writer.post(
        f"{DESK}add/",
        {**FACTS, "video": SimpleUploadedFile("khai.mp4", b"<html>no film</html>"), "captions": CAPTIONS, "transcript": "Lời."},
    )
    assert text.status_code == 422 and "MP4, WebM" in words(text)
    made = writer.post(
        f"{DESK}add/",
        {
            **FACTS,
            "captions": CAPTIONS,
            "transcript": "Mở trang thủ tục. Bấm Nộp trực tuyến.",
            "video": SimpleUploadedFile("khai.mp4", film()),
        },
    )
    assert made.status_code == 302, words(made)
    row = Guide.objects.get(title=FACTS["title"])
    public = f"/tai-lieu-huong-dan/{row.slug}/"
    assert Client().get(public).status_code == 404
    checked(row)
    preview = writer.get(f"{DESK}{row.pk}/preview/")
    assert "Bản xem trước" in words(preview) and "<video" in words(preview)
    assert writer.get(f"{DESK}{row.pk}/preview/video/").status_code == 200
    assert at_desk("procedure_entering", unit="G18").get(f"{DESK}{row.pk}/preview/").status_code == 404, "another ministry's"
    row.refresh_from_db()
    own = writer.post(f"{DESK}{row.pk}/check/", {"version": row.version})
    assert own.status_code in (403, 422), "four eyes"
    assert checker.post(f"{DESK}{row.pk}/check/", {"version": row.version}).status_code == 302
    row.refresh_from_db()
    assert checker.post(f"{DESK}{row.pk}/publish/", {"version": row.version}).status_code == 302

    page = Client().get(public)
    shown = words(page)
    assert '<track kind="captions"' in shown and "Bấm Nộp trực tuyến." in shown and 'id="ten-cua-tre"' in shown and "autoplay" not in shown
    assert "media-src 'self'" in page["Content-Security-Policy"]
    assert Client().get(f"{public}tep/phu-de.vtt/")["Content-Type"].startswith("text/vtt")
    whole = Client().get(f"{public}tep/video/")
    assert whole["Content-Type"] == "video/mp4" and b"".join(whole.streaming_content) == film() and not whole.cookies
    part = Client().get(f"{public}tep/video/", headers={"Range": "bytes=10-19"})
    assert part.status_code == 206 and b"".join(part.streaming_content) == film()[10:20]
    assert part["Content-Range"] == f"bytes 10-19/{len(film())}"
    assert Client().get(f"{public}tep/video/", headers={"Range": "bytes=9999999-"}).status_code == 416
    last = Client().get(f"{public}tep/video/", headers={"Range": "bytes=-5"})
    assert b"".join(last.streaming_content) == film()[-5:]
    assert row.title in words(Client().get("/thu-tuc/1.001193/")) and row.title in words(
        Client().get("/tai-lieu-huong-dan/?thu-tuc=1.001193")
    )
    assert "This guide is in Vietnamese only" in words(Client().get(f"/en{public}"))

    # A change goes the same way, the old one stays until then; a withdrawal says why.
    row.refresh_from_db()
    again = writer.post(
        f"{DESK}{row.pk}/change/", {**FACTS, "version": row.version, "captions": CAPTIONS, "transcript": "Lời khác.", "summary": "Ba phút."}
    )
    change = Guide.objects.get(replaces=row)
    assert again["Location"].endswith(f"{change.pk}/change/") and change.video_id == row.video_id
    for transition in ("check", "publish"):
        change.refresh_from_db()
        assert checker.post(f"{DESK}{change.pk}/{transition}/", {"version": change.version}).status_code == 302
    row.refresh_from_db()
    assert row.state == "withdrawn" and "Ba phút." in words(Client().get("/tai-lieu-huong-dan/"))
    change.refresh_from_db()
    assert checker.post(f"{DESK}{change.pk}/withdraw/", {"version": change.version, "why": "Đã cũ."}).status_code == 302
    gone = Client().get(public)
    assert gone.status_code == 410 and "Đã cũ." in words(gone)


@pytest.mark.requirement("C-16")
def test_a_broken_film_is_never_published() -> None:
    writer, checker = at_desk("procedure_entering"), at_desk("procedure_checking", "procedure_publishing")
    writer.post(
        f"{DESK}add/", {**FACTS, "captions": CAPTIONS, "transcript": "Lời.", "video": SimpleUploadedFile("khai.mp4", film(whole=False))}
    )
    row = Guide.objects.get(title=FACTS["title"])
    early = checker.post(f"{DESK}{row.pk}/check/", {"version": row.version})
    assert early.status_code == 422 and "đang được kiểm tra" in words(early)
    checked(row)
    refused = checker.post(f"{DESK}{row.pk}/check/", {"version": row.version})
    assert refused.status_code == 422 and "không an toàn" in words(refused)
    with pytest.raises(IntegrityError), transaction.atomic():
        Guide.objects.filter(pk=row.pk).update(captions="")


@pytest.mark.requirement("C-16")
def test_the_help_of_a_field_leads_to_what_ships() -> None:
    assert load_guides(now=timezone.now()) == (0, 0, len(list(FOLDER.glob("*.json"))))
    slug, anchor = explained("1.001193")["child_name"]
    client = Client()
    sign_in(client, mother())
    asked = client.get("/nop-ho-so/1.001193/to-khai/")
    assert f"/tai-lieu-huong-dan/{slug}/#" in asked.content.decode()
    page = Client().get(f"/tai-lieu-huong-dan/{slug}/").content.decode()
    assert f'id="{anchor}"' in page


@pytest.mark.requirement("C-16")
def test_a_document_goes_up_over_the_desk_and_the_help_of_a_field_leads_to_it() -> None:
    writer, checker = at_desk("procedure_entering"), at_desk("procedure_checking", "procedure_publishing")
    code, field = "2.000635", "whom"
    assert field not in explained(code), "no shipped guide explains it"
    facts = {
        "title": "Khai xin bản sao trích lục",
        "summary": "Từng mục.",
        "procedures": code,
        "body": f"# Mục đầu {{{field}}}\n\nViết rõ.",
    }
    text = writer.post(f"{DESK}add/", {**facts, "document": SimpleUploadedFile("khai.pdf", b"<html>no document</html>")})
    assert text.status_code == 422 and "PDF" in words(text)
    content = pdf(Image.new("RGB", (300, 400), "white"))
    made = writer.post(f"{DESK}add/", {**facts, "document": SimpleUploadedFile("khai.pdf", content)})
    assert made.status_code == 302, words(made)
    row = Guide.objects.get(title=facts["title"])
    assert checker.post(f"{DESK}{row.pk}/check/", {"version": row.version}).status_code == 422, "not examined yet"
    checked(row)
    assert writer.get(f"{DESK}{row.pk}/preview/document/").status_code == 200
    for transition in ("check", "publish"):
        row.refresh_from_db()
        assert checker.post(f"{DESK}{row.pk}/{transition}/", {"version": row.version}).status_code == 302
    client = Client()
    sign_in(client, mother())
    seen()
    shown = client.get(f"/nop-ho-so/{code}/to-khai/").content.decode()
    slug, anchor = explained(code)[field]
    assert slug == row.slug and f"/tai-lieu-huong-dan/{slug}/#{anchor}" in shown
    page = Client().get(f"/tai-lieu-huong-dan/{slug}/").content.decode()
    assert f'id="{anchor}"' in page and f"/tai-lieu-huong-dan/{slug}/tep/tai-lieu" in page
    address = re.search(rf'href="(/tai-lieu-huong-dan/{slug}/tep/[^"]+)"', page)
    assert address is not None
    given = Client().get(address[1])
    assert given["Content-Type"] == "application/pdf" and b"".join(given.streaming_content) == content


@pytest.mark.requirement("C-13", "C-16")
def test_a_moment_is_kept_by_texts_as_by_decisions() -> None:
    now = timezone.now()
    writer = factories.make_officer_actor(unit="G15", roles=("procedure_entering",))
    row = questions.enter(
        actor=writer, unit_code="G15", now=now, question="Bao giờ có mẫu mới?", answer="Từ ngày mai.", procedures=["1.001193"]
    )
    checker = at_desk("procedure_checking", "procedure_publishing")
    desk = "/quan-tri/procedures/commonquestion/"
    checker.post(f"{desk}{row.pk}/check/", {"version": row.version})
    row.refresh_from_db()
    far = f"{now + dt.timedelta(days=500):%H:%M %d/%m/%Y}"
    refused = checker.post(f"{desk}{row.pk}/publish/", {"version": row.version, "publish_at": far})
    assert refused.status_code == 422 and "trong vòng một năm" in words(refused)
    tomorrow = timezone.localtime(now + dt.timedelta(days=1)).replace(second=0, microsecond=0)
    assert checker.post(f"{desk}{row.pk}/publish/", {"version": row.version, "publish_at": f"{tomorrow:%H:%M %d/%m/%Y}"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "checked" and row.publish_at == tomorrow
    assert publishing.publish_due(now) == 0 and Client().get(f"/hoi-dap/{row.slug}/").status_code == 404
    assert publishing.publish_due(tomorrow) == 1 and publishing.publish_due(tomorrow) == 0
    row.refresh_from_db()
    assert row.state == "published" and row.publish_at is None and Client().get(f"/hoi-dap/{row.slug}/").status_code == 200
    # What cannot be published when its moment comes goes back, with why.
    twin = questions.enter(
        actor=writer, unit_code="G15", now=now, question="Bao giờ có mẫu khác?", answer="Từ ngày kia.", procedures=["1.001193"]
    )
    publisher = factories.make_officer_actor(unit="G15", roles=("procedure_checking", "procedure_publishing"))
    for transition, moment in (("check", None), ("publish", tomorrow)):
        questions.act(actor=publisher, row_id=twin.pk, transition=transition, now=now, publish_at=moment)
    CommonQuestion.objects.filter(pk=twin.pk).update(key=row.key)
    assert publishing.publish_due(tomorrow) == 0
    twin.refresh_from_db()
    assert twin.state == "entered" and "giống hệt" in twin.returned_why and twin.publish_at is None


@pytest.mark.requirement("C-12")
def test_what_anybody_reports_is_a_finding_until_the_agency_says_what_it_did() -> None:
    version = ProcedureVersion.objects.select_related("procedure").get(procedure__code="1.001193", effective_to=None)
    now = timezone.now()
    facts: dict[str, Any] = {"version": version, "language": "vi", "now": now}
    first = report_mistake(part="fees", text="Lệ phí đã đổi.", **facts)
    second = report_mistake(part="fees", text="Phí sai.", **facts)
    found = {row.report_id: row for row in QualityFinding.objects.filter(rule="reported")}
    assert set(found) == {first.pk, second.pk} and found[first.pk].part == "channels" and found[first.pk].due_at > now
    find_at_night(now)
    assert QualityFinding.objects.filter(rule="reported", closed_at__isnull=True).count() == 2, "the machine does not end what people said"
    officer = at_desk("procedure_entering", unit=version.issuing_code)
    desk = f"/quan-tri/procedures/qualityfinding/{found[first.pk].pk}/"
    assert "Lệ phí đã đổi." in words(officer.get(f"{desk}change/"))
    assert officer.post(f"{desk}mend/", {"note": ""}).status_code == 422
    assert officer.post(f"{desk}mend/", {"note": "Đã sửa theo quyết định mới."}).status_code == 302
    first.refresh_from_db()
    assert first.state == MistakeReport.State.CORRECTED and QualityFinding.objects.get(report=first).state == "closed"
    report = f"/quan-tri/procedures/mistakereport/{second.pk}/dismiss/"
    assert officer.post(report, {"note": "Đúng theo văn bản."}).status_code == 302
    assert QualityFinding.objects.get(report=second).closed_at is not None


@pytest.mark.requirement("C-26")
def test_a_unit_on_the_map_shows_its_load_and_its_very_door() -> None:
    unit = Agency.objects.on(timezone.localdate()).get(code="H26.101")
    with pytest.raises((ValidationError, EntryRefused)):
        amend(entry=unit, actor=SYSTEM, latitude=Decimal("21.028511"))
    amend(entry=unit, actor=SYSTEM, latitude=Decimal("21.028511"), longitude=Decimal("105.852000"))
    for step in (5, 5, 5, 4, 1):
        rate("H26.101", step, day=timezone.localdate())
    while slips.fold():
        pass
    page = words(Client().get("/bo-phan-mot-cua/?tinh=01"))
    assert "80 % hài lòng, trong 5 lượt đánh giá của 12 tháng" in page, "what people think, beside the load"
    link = re.search(r'href="(/danh-gia/hai-long/\?co-quan=H26\.101)"', page)
    assert link is not None and "80" in words(Client().get(link[1])), "and the way to the figures"
    assert "Hồ sơ đang giải quyết" in page and "mlat=21.028511" in page and 'href="#H26.101"' in page
    for address in ("/hoi-dap/", "/tro-ly/", "/tai-lieu-huong-dan/", "/bo-phan-mot-cua/", "/quyet-dinh/", "/lay-y-kien/"):
        assert f'href="{address}"' in Client().get("/").content.decode(), address
        assert Client().get(address).status_code == 200
