"""Addresses of single sign-on. Those for systems are what connected ones know (``/oauth2/…``, ``/oidc/logout``)."""

from __future__ import annotations

from django.urls import path

from accounts.provider import guide, pages, views

urlpatterns = [
    path("nha-phat-trien/dang-nhap-mot-lan/", guide.guide, name="sign-on-guide"),
    path("nha-phat-trien/dang-nhap-mot-lan/khach_mau.py", guide.sample, name="sign-on-sample"),
    path(".well-known/openid-configuration", views.discovery, name="sign-on-discovery"),
    path("oauth2/authorize", views.authorize, name="sign-on-authorize"),
    path("oauth2/authorize/tiep/", views.go_on, name="sign-on-go-on"),
    path("oauth2/authorize/dang-nhap-lai/", views.sign_in_again, name="sign-on-again"),
    path("oauth2/authorize/dong-y/", views.agree, name="sign-on-agree"),
    path("oauth2/token", views.token, name="sign-on-token"),
    path("oauth2/revoke", views.revoke, name="sign-on-revoke"),
    path("oauth2/introspect", views.introspect, name="sign-on-introspect"),
    path("oauth2/userinfo", views.userinfo, name="sign-on-userinfo"),
    path("oauth2/jwks", views.public_keys, name="sign-on-keys"),
    path("oidc/logout", views.end_session, name="sign-on-logout"),
    path("oidc/logout/dong-y/", views.leave, name="sign-on-leave"),
    path("tai-khoan/he-thong-khac/", pages.systems, name="sign-on-systems"),
    path("tai-khoan/he-thong-khac/<uuid:consent_id>/rut/", pages.withdraw, name="sign-on-withdraw"),
    path("tai-khoan/he-thong-khac/phien/<uuid:grant_id>/ket-thuc/", pages.end_there, name="sign-on-end-there"),
]
