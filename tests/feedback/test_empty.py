"""Before anybody has sent anything, every page of petitions and of statistics stands."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from tests.factories import make_person, make_position, sign_in

PUBLIC = (
    "/phan-anh-kien-nghi/", "/phan-anh-kien-nghi/tra-loi/", "/phan-anh-kien-nghi/tra-loi/?q=giay+to", "/phan-anh-kien-nghi/so-lieu/",
    "/phan-anh-kien-nghi/theo-doi/", "/phan-anh-kien-nghi/tra-loi/atom.xml", "/phan-anh-kien-nghi/tra-loi/sitemap.xml",
    "/thong-ke/", "/thong-ke/?ky=nam", "/thong-ke/toan-trinh/", "/thong-ke/so-lieu.csv", "/thong-ke/so-lieu.xlsx", "/tra-cuu-ho-so/",
)  # fmt: skip
QUEUES = ("dang-mo", "qua-han", "qua-han-tra-loi", "hom-nay", "sap-han", "cho-cong-khai", "da-chuyen", "y-kien", "da-xong", "tat-ca")


@pytest.mark.django_db
def test_public_pages_and_ones_own_stand_on_an_empty_database() -> None:
    stranger, sender = Client(), Client()
    for address in PUBLIC:
        for language in ("", "/en"):
            answer = stranger.get(f"{language}{address}")
            assert answer.status_code in ((200,) if not language else (200, 404)), address
    assert stranger.get("/phan-anh-kien-nghi/so-lieu/H26/").status_code == 404
    sign_in(sender, make_person())
    for address in ("/phan-anh-kien-nghi/cua-toi/", "/phan-anh-kien-nghi/", "/ho-so/", "/ho-so/noi-khac/"):
        assert sender.get(address).status_code == 200, address


@pytest.mark.django_db
def test_the_desk_stands_on_an_empty_database() -> None:
    models = [model for model in admin.site._registry if model._meta.app_label == "feedback"]
    assert len(models) >= 8
    roles = ("petition_reception", "petition_handling", "petition_checking", "petition_publishing")
    for unit, held in (("H26.101", roles), ("G22", ("steering",))):
        desk, position = Client(), make_position(unit=unit, roles=held)
        sign_in(desk, position.person, position=position)
        assert desk.get("/quan-tri/").status_code == 200
        opened = 0
        for model in models:
            address = f"/quan-tri/feedback/{model._meta.model_name}/"
            status = desk.get(address).status_code
            # Kinds and terms are VPCP's; what an agency enters is its own.
            assert status in (200, 403), address
            opened += status == 200
            for query in ("?q=giay+to", "?p=2"):
                assert desk.get(f"{address}{query}").status_code in (status, 302, 404), (address, query)
        assert opened >= 4
        for queue in QUEUES:
            assert desk.get(f"/quan-tri/feedback/petition/?viec={queue}").status_code == 200, queue
        year = timezone.localdate().year
        for query in ("?diem=1", f"?ky={year}", "?tep=csv", "?co-quan=H26"):
            assert desk.get(f"/quan-tri/feedback/tally/{query}").status_code == 200, query
