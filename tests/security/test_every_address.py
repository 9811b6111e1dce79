"""Every address we serve is known to be public, a citizen's, an officer's or a machine's, and refuses everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from portal.access import Assurance
from tests import factories

PUBLIC = {
    "", "health/live", "health/ready", "metrics", "tim-kiem/", "thu-tuc/", "thu-tuc/<str:code>/", "ho-tro/", "dieu-khoan/", "he-thiet-ke/",
    # Browsers report what our policy kept off a page, within limits.
    "vao/csp/",
    "nop-ho-so/<str:code>/", "xac-minh/<str:token>/", "ky-so/tro-ve/", "api/v1/docs",
    "api/v1/openapi.json", "api/v1/statistics", "api/v1/scores", "api/v1/procedures", "api/v1/procedures/changes", "api/v1/catalogues",
    "xac-minh/<str:token>/doi-chieu/", "xac-minh/<str:token>/doi-chieu-ban-in/",
    "tai-khoan/dang-nhap/", "tai-khoan/dang-nhap/ma/", "tai-khoan/can-bo/", "tai-khoan/can-bo/tro-ve/", "tai-khoan/can-bo/cho/",
    "tai-khoan/dang-xuat/", "tai-khoan/khoa-truy-cap/dang-nhap/", "tai-khoan/khoa-truy-cap/vao/", "tai-khoan/khoa-truy-cap/ra/",
    # Ways to sign in; who is signed in already is led on.
    "tai-khoan/dang-nhap/ung-dung/", "tai-khoan/dang-nhap/khoa/",
    "tai-khoan/qua/cho/", "tai-khoan/qua/lien-ket/", "tai-khoan/qua/<slug:code>/", "tai-khoan/qua/<slug:code>/tro-ve/",
    "tai-khoan/mat-dien-thoai/",
    # Citizens' certificates: where a store of roots is kept; the steps lead back to the first without a sign-in under way.
    "tai-khoan/can-bo/tep/", "tai-khoan/can-bo/tep/thu-thach/",
    "tai-khoan/chung-thu/", "tai-khoan/chung-thu/tro-ve/", "tai-khoan/chung-thu/tep/", "tai-khoan/chung-thu/tep/thu-thach/",
    "tai-khoan/khoa-truy-cap/danh-sach/", "tai-khoan/khoa-truy-cap/tat-ca/",
    # Where the signing service sends a browser back to: the session says whether it is the one that began.
    "tai-khoan/dang-ky/ky/tro-ve/",
    # Who is locked out cannot sign in: opening again, complaining, following a complaint by its code, which nobody guesses.
    "tai-khoan/mo-khoa/", "tai-khoan/mo-khoa/ma/", "tai-khoan/mo-khoa/da-xac-thuc/", "tai-khoan/khieu-nai/",
    "tai-khoan/khieu-nai/theo-doi/", "tai-khoan/khieu-nai/<str:code>/",
    # One press in a mail program, without signing in: the address itself is the right to it.
    "tai-khoan/lien-lac/thoi/<str:token>/",
    # Whoever has a payment code may pay, for anybody: the code is not guessable, and guessing is limited.
    "thanh-toan/", "thanh-toan/<str:code>/", "thanh-toan/<str:code>/lan/<int:number>/", "thanh-toan/<str:code>/chung-tu.<str:ending>",
    "thanh-toan/<str:code>/bien-lai/<str:kind>/", "thanh-toan/ve/<str:code>/",
    # Whoever has the code of a payment may ask about it.
    "thanh-toan/<str:code>/hoan-tien/", "thanh-toan/<str:code>/tra-soat/",
    "phan-anh-kien-nghi/tra-loi/atom.xml", "phan-anh-kien-nghi/tra-loi/sitemap.xml",
    # What one needs to write a petition, before one signs in; whoever has a petition's code may see how far it has come.
    "phan-anh-kien-nghi/gui/", "phan-anh-kien-nghi/theo-doi/",
    # Whoever has the code of a dossier and a number of its owner's; tries are limited.
    "tra-cuu-ho-so/",
    # Whoever was given the link to a paper of a store, and the code beside it; tries are counted in the database.
    "kho-giay-to/xem/<str:token>/",
    # Whoever comes to a counter needs no account: a phone is confirmed by a code, and the appointment's own code, which nobody guesses, is
    # the right to it; one of a party asks to sign in. The numbers called stand on a wall.
    "lich-hen/", "lich-hen/dat/<str:code>/", "lich-hen/dat/<str:code>/<str:unit>/", "lich-hen/xac-nhan/", "lich-hen/tai-nha/<str:code>/",
    "lich-hen/bang-so/<str:unit>/", "lich-hen/<str:code>/", "lich-hen/<str:code>/doi/", "lich-hen/<str:code>/huy/",
    "lich-hen/<str:code>/lich-hen.ics",
    # A kiosk in a hall: what is read is public; numbers and signing in are a registered device's, elsewhere they lead to the start; a link
    # to a phone shows nothing before its own party has signed in; pairing takes a code of the desk, within limits.
    "kiosk/", "kiosk/sw.js", "kiosk/su-kien/", "kiosk/su-kien/<slug:slug>/", "kiosk/linh-vuc/", "kiosk/linh-vuc/<str:code>/",
    "kiosk/thu-tuc/<str:code>/", "kiosk/thu-tuc/<str:code>/hoi/", "kiosk/so/", "kiosk/so/<uuid:ticket_id>/", "kiosk/dang-nhap/",
    "kiosk/dang-nhap/ma/", "kiosk/con-day/", "kiosk/ket-thuc/", "kiosk/dien-thoai/<str:code>/", "kiosk/tiep/<str:token>/", "kiosk/may/",
    # The national format answers everything with 200 and a code: without a session it says so (tests/dossiers/test_exchange_doors.py).
    "api/dvcqg/v1/auth", "api/dvcqg/v1/share", "api/dvcqg/v1/integration",
    # PayPlat, too: what is not signed by a partner is answered with a code (tests/payments/test_asked.py).
    "api/dvcqg/v1/payplat",
    "du-lieu-mo/recompute.py", "du-lieu-mo/catalog.jsonld", "du-lieu-mo/thay-doi.atom", "du-lieu-mo/<slug:slug>/<str:period>.<str:ending>",
    "api/v1/open-data", "api/v1/open-data/<dataset>", "danh-gia/nam/<int:year>/lan-<int:edition>.<str:ending>",
    "nha-phat-trien/bieu-mau.schema.json",
    # Public keys, kinds of messages; tokens, for a machine that proves itself.
    "api/v1/messages/keys", "api/v1/messages/kinds", "api/v1/oauth/token",
    "nha-phat-trien/mau-ket-qua.schema.json",
    # Single sign-on: what a system reads; where browsers are sent, which asks whoever comes to sign in; tokens, for who proves itself.
    ".well-known/openid-configuration", "oauth2/jwks", "oauth2/authorize", "oauth2/authorize/tiep/", "oauth2/authorize/dong-y/",
    "oauth2/token", "oidc/logout", "oidc/logout/dong-y/",
    "nha-phat-trien/dang-nhap-mot-lan/", "nha-phat-trien/dang-nhap-mot-lan/khach_mau.py",
    "nhung/co-quan/<str:code>/", "api/v1/procedures/snapshot",
    "nha-phat-trien/huong-dan.schema.json",
    # The hotline's machine: a voice platform reads them; state and dates alone, and the whole goes to the registered phone.
    "tong-dai/menu.vxml", "tong-dai/ho-so.vxml", "tong-dai/thu-tuc.vxml", "tong-dai/nguoi-truc.vxml", "tong-dai/ho-so/",
    "tong-dai/thu-tuc/", "tong-dai/nhan-tin/", "noi-dung/anh/<uuid:picture_id>/",
    "sitemap.xml", "robots.txt", "opensearch.xml", "favicon.ico",
    *(page for path in (
        "", "tim-kiem/", "tim-kiem/goi-y/", "thu-tuc/", "thu-tuc/<str:code>/", "su-kien/", "su-kien/<slug:slug>/", "linh-vuc/",
        "linh-vuc/<str:code>/",
        "co-quan/", "co-quan/<str:code>/", "co-quan/<str:code>/niem-yet/", "thu-tuc/<str:code>/thay-doi/",
        "quyet-dinh/", "quyet-dinh/<int:pk>/",
        "chat-luong-du-lieu/", "bo-phan-mot-cua/", "tai-lieu-huong-dan/", "dich-vu-truc-tuyen/",
        # Opinions on drafts are asked of everybody, within limits.
        "lay-y-kien/", "lay-y-kien/<uuid:pk>/", "bao-loi/", "dieu-khoan/", "ho-tro/", "ho-tro/nop-tien/", "ho-tro/buu-chinh/", "chu-lon/",
        "co-quan/", "co-quan/<str:code>/", "bao-loi/", "hoi-dap/", "hoi-dap/<slug:slug>/", "hoi-dap/<slug:slug>/huu-ich/",
        "thu-tuc/<str:code>/huong-dan/", "tro-ly/", "dieu-khoan/", "ho-tro/", "ho-tro/nop-tien/", "ho-tro/buu-chinh/", "chu-lon/",
        "thong-bao/", "thong-bao/<slug:slug>/", "thanh-toan/don-vi/", "thanh-toan/dau-moi/", "phan-anh-kien-nghi/",
        "phan-anh-kien-nghi/tra-loi/", "phan-anh-kien-nghi/tra-loi/<slug:slug>/", "phan-anh-kien-nghi/tra-loi/<slug:slug>/huu-ich/",
        "phan-anh-kien-nghi/goi-y/", "phan-anh-kien-nghi/so-lieu/", "phan-anh-kien-nghi/so-lieu/<str:code>/",
        "thong-ke/", "thong-ke/so-lieu.<str:ending>", "thong-ke/toan-trinh/", "thong-ke/toan-trinh/so-lieu.<str:ending>",
        "thong-ke/giay-to-cu/",
        "danh-gia/nam/", "danh-gia/nam/<int:year>/",
        # A slip's token is the right to it; counters and services take slips of anybody, within limits.
        "danh-gia/hai-long/", "danh-gia/hai-long/so-lieu.<str:ending>", "danh-gia/phieu/<str:token>/",
        "danh-gia/phieu/don-vi/<str:code>/", "danh-gia/phieu/don-vi/<str:code>/ma-qr/",
        "danh-gia/phieu/dich-vu/<str:code>/", "danh-gia/phieu/dich-vu/<str:code>/ma-qr/",
        # Some surveys ask everybody; each says itself whom it asks.
        "khao-sat/", "khao-sat/moi/<str:token>/", "khao-sat/<slug:slug>/", "khao-sat/<slug:slug>/ket-qua/",
        "danh-gia/", "danh-gia/so-lieu.<str:ending>",
        # Who registers is nobody yet; each page goes on with the registration of its own browser, or begins one within limits.
        "tai-khoan/dang-ky/", "tai-khoan/dang-ky/dien-thoai/", "tai-khoan/dang-ky/bao-hiem/", "tai-khoan/dang-ky/chung-thu/",
        "tai-khoan/dang-ky/giay-to/", "tai-khoan/dang-ky/nhan/", "tai-khoan/dang-ky/ma/", "tai-khoan/dang-ky/ma/gui-lai/",
        "tai-khoan/dang-ky/tien-do/", "tai-khoan/dang-ky/tiep/<str:token>/", "tai-khoan/dang-nhap/giay-to/",
        # Whoever is stuck asks without an account; a code and its contact tell how far it is.
        "ho-tro/yeu-cau/", "ho-tro/theo-doi/", "ho-tro/vuong-mac/", "bao-tri/", "van-hanh-thu/", "tin-tuc/", "huong-dan-su-dung/",
        "noi-dung/<slug:slug>/",
        "danh-gia/<agency:agency>/", "danh-gia/<agency:agency>/<criterion:code>/",
        "du-lieu-mo/", "du-lieu-mo/<slug:slug>/", "nha-phat-trien/",
    ) for page in (path, f"en/{path}")),
}  # fmt: skip
"""Addresses that anybody may open. Adding one here is a decision."""


def _routes(patterns: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route, pattern


def _address(route: str) -> str:
    values = {
        "<str:code>": "1.001193", "<str:token>": "x" * 22, "<uuid:paper_id>": str(uuid4()), "<uuid:notice_id>": str(uuid4()),
        "<uuid:pk>": str(uuid4()),
        "<int:pk>": "1", "<int:number>": "1", "<str:ending>": "pdf", "<str:kind>": "xac-nhan", "<slug:slug>": "khong-co",
        "<path:object_id>": str(uuid4()), "<uuid:dossier_id>": str(uuid4()), "<uuid:object_id>": str(uuid4()),
        "<uuid:report_id>": str(uuid4()), "<int:content_type_id>": "1", "<uuid:session_id>": str(uuid4()), "<path:url>": "x",
        "<uuid:copy_id>": str(uuid4()), "<uuid:draft_id>": str(uuid4()), "<uuid:file_id>": str(uuid4()), "<uuid:upload_id>": str(uuid4()),
        "<uuid:substitution_id>": str(uuid4()), "<uuid:position_id>": str(uuid4()),
        "<slug:role>": "signing", "<uuid:offer_id>": str(uuid4()), "<uuid:mandate_id>": str(uuid4()), "<uuid:request_id>": str(uuid4()),
        "<uuid:share_id>": str(uuid4()), "<slug:part>": "khai", "<str:unit>": "H26.101",
        "<uuid:consent_id>": str(uuid4()), "<uuid:grant_id>": str(uuid4()),
        "<uuid:visit_id>": str(uuid4()), "<uuid:document_id>": str(uuid4()), "<uuid:result_id>": str(uuid4()),
    }  # fmt: skip
    for place, value in values.items():
        route = route.replace(place, value)
    return "/" + route


OURS = [(route, pattern) for route, pattern in _routes(get_resolver().url_patterns) if not route.startswith("quan-tri/")]
DESK = [
    route
    for route, _ in _routes(get_resolver().url_patterns)
    if route.startswith("quan-tri/") and "(?P" not in route and route not in ("quan-tri/login/", "quan-tri/logout/")
]


@pytest.mark.requirement("O-07", "N-08")
@pytest.mark.parametrize("route", sorted({route for route, _ in OURS} - PUBLIC))
@pytest.mark.django_db
def test_what_is_not_public_asks_to_sign_in(route: str, client: Client) -> None:
    answer = client.get(_address(route))
    if answer.status_code == 405:
        answer = client.post(_address(route))
    # 401: doors for systems, which bring a token instead.
    assert answer.status_code in (302, 401, 404)
    if answer.status_code == 302:
        assert answer["Location"].startswith(("/tai-khoan/dang-nhap/", "/tai-khoan/can-bo/"))


def test_the_list_of_public_addresses_holds_nothing_that_is_gone() -> None:
    assert {route for route, _ in OURS} >= PUBLIC


@pytest.mark.requirement("O-07", "D-11")
@pytest.mark.parametrize("route", DESK)
@pytest.mark.django_db
def test_the_desk_is_for_officers(route: str) -> None:
    stranger, citizen = Client(), Client()
    factories.sign_in(citizen, factories.make_person(), assurance=Assurance.HIGH)
    for client in (stranger, citizen):
        for method in (client.get, client.post):
            answer = method(_address(route))
            assert answer.status_code in (302, 403, 404, 405), f"{method.__name__} {route}"
            if answer.status_code == 302:
                assert answer["Location"].startswith(("/quan-tri/login/", "/tai-khoan/can-bo/"))
