"""The pages a stranger sees, and the officer's way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from portal.documents import proofs, services
from portal.documents.models import Document
from tests.documents.conftest import OWNER, Desk, content_of, officer

pytestmark = pytest.mark.django_db


def what_it_says(context: Mapping[str, Any], unit: str) -> list[proofs.Section]:
    """Content of the specimen, as an upper room would register it."""
    return [proofs.Section("Chủ hồ sơ", (("Họ và tên", context["owner"]), ("Nơi cấp", unit)))]


@pytest.fixture
def signed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Document:
    monkeypatch.setattr(proofs, "_content", {"receipt": what_it_says})
    document = desk.receipt()
    desk.work()
    return desk.now(document)


def page(client: Client, address: str) -> tuple[int, str]:
    answer = client.get(address)
    return answer.status_code, answer.content.decode()


@pytest.mark.requirement("D-10")
def test_the_first_page_says_what_was_issued_and_nothing_of_the_paper(
    client: Client, signed: Document, django_assert_max_num_queries: Any
) -> None:
    """A true code stands on an altered print as well as on a true one: the page proves neither."""
    with django_assert_max_num_queries(3):
        answer = client.get(f"/xac-minh/{signed.token}/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "là thật" not in text and "hợp lệ" not in text
    assert "Chưa thể nói tờ giấy bạn đang cầm là đúng" in text
    assert signed.title in text and signed.sha256 in text.replace("<wbr>", "")
    assert "<dd>H26.101</dd>" in text
    assert f"{timezone.localtime(signed.signed_at):%d/%m/%Y}" in text
    assert proofs.short_mark(signed.token) in text
    assert f"/xac-minh/{signed.token}/doi-chieu-ban-in/" in text
    number = signed.context[proofs.NUMBER]
    assert not any(hidden in text for hidden in (OWNER, "Mẫu", "N. T. M", number, proofs.in_threes(number), signed.signer_name))
    assert "<form" not in text.partition("<main")[2].partition("</main>")[0]
    assert not answer.cookies
    assert "public" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert client.get(f"/xac-minh/{signed.token}/", headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_not_yet_signed_and_revoked_are_said_plainly(client: Client, desk: Desk) -> None:
    document = desk.receipt()
    status, text = page(client, f"/xac-minh/{document.token}/")
    assert status == 200 and "Giấy tờ này chưa được ký" in text and "là thật" not in text
    assert client.get(f"/xac-minh/{document.token}/doi-chieu/").status_code == 404
    desk.work()
    services.revoke(document=document, reason="Cấp nhầm người", actor=officer())
    status, text = page(client, f"/xac-minh/{document.token}/")
    assert status == 200 and "Giấy tờ này đã bị thu hồi" in text and "Cấp nhầm người" in text and "là thật" not in text


def test_an_unknown_code_is_explained(client: Client, db: None) -> None:
    status, text = page(client, "/xac-minh/khong-co-ma-nay/")
    assert status == 404 and "Không có giấy tờ nào mang mã này" in text


def compare(client: Client, document: Document, content: bytes) -> tuple[int, str]:
    answer = client.post(f"/xac-minh/{document.token}/doi-chieu/", {"file": SimpleUploadedFile("a.pdf", content, "application/pdf")})
    assert not answer.cookies
    return answer.status_code, answer.content.decode()


def test_comparing_the_original_and_others(signed: Document, desk: Desk) -> None:
    client = Client(enforce_csrf_checks=True)
    form = client.get(f"/xac-minh/{signed.token}/doi-chieu/")
    assert form.status_code == 200 and not form.cookies
    pdf = content_of(signed)
    assert "Đây đúng là tệp gốc" in compare(client, signed, pdf)[1]
    changed = bytearray(pdf)
    changed[changed.index(b"stream") + 20] ^= 1
    status, text = compare(client, signed, bytes(changed))
    assert status == 200 and "không phải tệp gốc" in text and "Chữ ký số trong tệp không hợp lệ" in text
    assert "không đọc được" in compare(client, signed, b"hello")[1]
    other = desk.receipt("receipt:2")
    desk.work()
    text = compare(client, signed, content_of(desk.now(other)))[1]
    assert "không phải tệp gốc" in text and "chữ ký số hợp lệ, nhưng là của một giấy tờ khác" in text
    from portal.documents.rendering import html_to_pdf

    assert "không có chữ ký số nào" in compare(client, signed, html_to_pdf('<html lang="vi"><title>x</title>x'))[1]


def test_comparing_refuses_nothing_and_too_much(client: Client, signed: Document, settings: Any) -> None:
    answer = client.post(f"/xac-minh/{signed.token}/doi-chieu/", {})
    assert answer.status_code == 422 and "Bạn chưa chọn tệp PDF" in answer.content.decode()
    settings.MAX_FILE_BYTES = 1024 * 1024
    status, text = compare(client, signed, b"x" * (1024 * 1024 + 1))
    assert status == 413 and "1 MB" in text


def test_guessing_is_slowed_down(client: Client, db: None) -> None:
    codes = []
    # 60 and some: the limiter opens for two seconds whenever Redis is slow to answer, which a busy machine may make it.
    while len(codes) < 500 and 429 not in codes:
        codes.append(client.get(f"/xac-minh/guess-{len(codes)}/").status_code)
    assert codes[0] == 404
    assert codes[-1] == 429
    assert len(codes) > 60


@pytest.fixture
def officer_client(client: Client, db: None) -> tuple[Client, Any]:
    """A signed-in officer of the demo population, through the same rows as a real one."""
    from tests.factories import make_person, make_position, officer_actor, sign_in

    person = make_person(full_name="Phạm Thị Minh Họa", id_number="001185000003")
    position = make_position(person, roles=("signing",))
    sign_in(client, person, position=position)
    return client, officer_actor(position)


def test_the_officer_comes_back_and_the_worker_signs(desk: Desk, officer_client: tuple[Client, Any]) -> None:
    client, actor = officer_client
    document = desk.result(actor)
    desk.work()
    back = desk.outside.authorise(desk.ask(document, actor))
    answer = client.get("/ky-so/tro-ve/", back)
    assert (answer.status_code, answer["Location"]) == (302, "/quan-tri/")
    assert "no-store" in answer["Cache-Control"]
    assert desk.now(document).state == Document.SIGNING
    desk.work()
    assert desk.now(document).state == Document.SIGNED


def test_the_way_back_is_closed_to_others(desk: Desk, officer_client: tuple[Client, Any]) -> None:
    client, actor = officer_client
    document = desk.result(actor)
    desk.work()
    back = desk.outside.authorise(desk.ask(document, actor))
    assert Client().get("/ky-so/tro-ve/", back).status_code == 403
    assert client.get("/ky-so/tro-ve/", {"state": "made-up", "code": "x"}).status_code == 400
    assert client.post("/ky-so/tro-ve/", back).status_code == 405
    assert desk.now(document).state == Document.AWAITING
    assert client.get("/ky-so/tro-ve/", {"state": back["state"], "error": "access_denied"}).status_code == 302
    assert desk.now(document).state == Document.AWAITING
