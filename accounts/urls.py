"""Addresses below /tai-khoan/."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from accounts import views
from accounts.linking import views as linking
from accounts.ways import certificate_views as certificate
from accounts.ways import outside_views as outside
from accounts.ways import phone_views as phone
from accounts.ways import unlock_views as unlocking
from accounts.ways import views as ways

urlpatterns = [
    path("", views.account, name="account"),
    path("", include("accounts.owner.urls")),
    path("mo-khoa/da-xac-thuc/", unlocking.unlock, name="account-unlock-proved"),
    path("dang-nhap/", views.sign_in, name="sign-in"),
    path("dang-nhap/ma/", views.sign_in_code, name="sign-in-code"),
    path("can-bo/", views.officer_sign_in, name="officer-sign-in"),
    path("can-bo/tro-ve/", views.certificate_callback, name="certificate-callback"),
    path("can-bo/tep/", views.officer_file, name="officer-file"),
    path("can-bo/tep/thu-thach/", views.officer_challenge, name="officer-challenge"),
    path("can-bo/thiet-bi/", views.officer_token, name="officer-token"),
    path("can-bo/cho/", views.certificate_wait, name="certificate-wait"),
    path("dang-nhap/ung-dung/", ways.app_sign_in, name="app-sign-in"),
    path("cach-dang-nhap/", ways.own_ways, name="own-ways"),
    path("dang-nhap/khoa/", ways.passkey_sign_in, name="passkey-sign-in"),
    path("chung-thu/", certificate.begin, name="certificate-citizen"),
    path("chung-thu/tro-ve/", certificate.callback, name="certificate-citizen-callback"),
    path("chung-thu/cho/", certificate.wait, name="certificate-citizen-wait"),
    path("chung-thu/tep/", certificate.file, name="certificate-file"),
    path("chung-thu/tep/thu-thach/", certificate.challenge, name="certificate-challenge"),
    path("chung-thu/thiet-bi/", certificate.token, name="certificate-token"),
    path("mat-dien-thoai/", phone.lost, name="phone-lost"),
    path("dien-thoai/", phone.phone, name="phone"),
    path("dien-thoai/huy/", phone.cancel, name="phone-cancel"),
    path("qua/cho/", outside.wait, name="outside-wait"),
    path("qua/lien-ket/", outside.link, name="outside-link"),
    path("qua/<slug:code>/", outside.begin, name="outside"),
    path("qua/<slug:code>/tro-ve/", outside.callback, name="outside-callback"),
    path("qua/<slug:code>/bo-lien-ket/", outside.unlink, name="outside-unlink"),
    path("lien-ket/", linking.linked, name="linked-accounts"),
    path("lien-ket/<uuid:offer_id>/tra-loi/", linking.answer, name="linked-account-answer"),
    path("lien-ket/<uuid:offer_id>/dong-bo/", linking.sync, name="linked-account-sync"),
    path("lien-ket/<uuid:offer_id>/khac/", linking.settle, name="linked-account-settle"),
    path("lien-ket/<uuid:offer_id>/bo/", linking.end, name="linked-account-end"),
    path("ung-dung/", ways.app, name="app"),
    path("ung-dung/go/", ways.remove_app, name="app-remove"),
    path("xac-thuc-them/", ways.step_up, name="step-up"),
    path("xac-thuc-them/xong/", ways.step_up_done, name="step-up-done"),
    path("xac-thuc-them/khoa-truy-cap/", ways.step_up_passkey, name="step-up-passkey"),
    path("dang-xuat/", views.sign_out, name="sign-out"),
    path("phien/", views.session_list, name="sessions"),
    path("phien/con/", views.still_here, name="session-still-here"),
    path("phien/lich-su/", views.session_history, name="session-history"),
    path("phien/ket-thuc/", views.end_sessions, name="sessions-end"),
    path("phien/<uuid:session_id>/ket-thuc/", views.end_session, name="session-end"),
    path("vai-tro/", views.capacities, name="capacities"),
    path("uy-quyen/", include("accounts.mandating.urls")),
    path("thong-bao/", views.inbox, name="inbox"),
    path("thong-bao/<uuid:notice_id>/", views.open_notice, name="open-notice"),
    path("lien-lac/", views.contacts, name="contacts"),
    path("lien-lac/xac-nhan/<str:token>/", views.verify_email, name="email-verify"),
    path("lien-lac/thoi/<str:token>/", views.unsubscribe_email, name="email-unsubscribe"),
    path("khoa-truy-cap/", views.passkeys, name="passkeys"),
    path("khoa-truy-cap/them/", views.add_passkey, name="passkey-add"),
    path("khoa-truy-cap/<int:pk>/go/", views.remove_passkey, name="passkey-remove"),
    # Names that the library looks up; each leads to a page of ours.
    path("khoa-truy-cap/dang-nhap/", views.passkey_sign_in, name="mfa_login_webauthn"),
    path("khoa-truy-cap/vao/", RedirectView.as_view(pattern_name="officer-sign-in"), name="account_login"),
    path("khoa-truy-cap/ra/", RedirectView.as_view(pattern_name="sign-out"), name="account_logout"),
    path("khoa-truy-cap/danh-sach/", RedirectView.as_view(pattern_name="passkeys"), name="mfa_list_webauthn"),
    path("khoa-truy-cap/tat-ca/", RedirectView.as_view(pattern_name="passkeys"), name="mfa_index"),
]
