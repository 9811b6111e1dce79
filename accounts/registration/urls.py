"""Addresses of registration; contracts (docs/architecture.md)."""

from __future__ import annotations

from django.urls import path

from accounts.registration import views

pages = [
    path("tai-khoan/dang-ky/", views.choose, name="registration"),
    path("tai-khoan/dang-ky/dien-thoai/", views.by_phone, name="register-by-phone"),
    path("tai-khoan/dang-ky/bao-hiem/", views.by_insurance, name="register-by-insurance"),
    path("tai-khoan/dang-ky/chung-thu/", views.by_certificate, name="register-by-certificate"),
    path("tai-khoan/dang-ky/giay-to/", views.by_document, name="register-by-document"),
    path("tai-khoan/dang-ky/nhan/", views.take_over, name="registration-take-over"),
    path("tai-khoan/dang-ky/ma/", views.code, name="registration-code"),
    path("tai-khoan/dang-ky/ma/gui-lai/", views.send_again, name="registration-send-again"),
    path("tai-khoan/dang-ky/tien-do/", views.progress, name="registration-progress"),
    path("tai-khoan/dang-ky/tiep/<str:token>/", views.go_on, name="registration-go-on"),
    path("tai-khoan/dang-nhap/giay-to/", views.document_sign_in, name="sign-in-document"),
]
"""These exist in both languages (portal.urls repeats them under ``/en/``): who needs them most may read no Vietnamese."""
urlpatterns = [
    *pages,
    path("tai-khoan/dang-ky/to-chuc/", views.organisation, name="register-organisation"),
    path("tai-khoan/dang-ky/ky/tro-ve/", views.signing_back, name="registration-signing-back"),
    path("tai-khoan/so-dinh-danh/", views.add_number, name="add-number"),
    path("tai-khoan/dieu-khoan/", views.agree, name="agree-to-terms"),
]
