"""Addresses of paying; contracts (docs/architecture.md)."""

from __future__ import annotations

from django.urls import path

from payments.views import asking, callbacks, institutions, mine, paying, payplat

pages = [
    path("thanh-toan/don-vi/", institutions.institutions, name="payment-institutions"),
    path("thanh-toan/dau-moi/", institutions.contacts, name="payment-contacts"),
]
"""These exist in both languages (portal.urls repeats them under ``/en/``)."""
urlpatterns = [
    *pages,
    path("thanh-toan/", paying.enter, name="payment-enter"),
    path("thanh-toan/cua-toi/", mine.mine, name="payments-mine"),
    path("thanh-toan/cua-toi/tai-ve/", mine.export, name="payments-export"),
    path("thanh-toan/ve/<str:code>/", callbacks.come_back, name="payment-return"),
    path("thanh-toan/<str:code>/", paying.order_page, name="payment-order"),
    path("thanh-toan/<str:code>/lan/<int:number>/", paying.attempt_page, name="payment-attempt"),
    path("thanh-toan/<str:code>/chung-tu.<str:ending>", paying.voucher_file, name="payment-voucher"),
    path("thanh-toan/<str:code>/bien-lai/<str:kind>/", paying.paper, name="payment-paper"),
    path("thanh-toan/<str:code>/hoan-tien/", asking.ask_back, name="payment-ask-back"),
    path("thanh-toan/<str:code>/tra-soat/", asking.trace, name="payment-trace"),
    path("api/dvcqg/v1/payplat", payplat.payplat_door, name="payplat"),
    path("vao/thanh-toan/<str:code>/", callbacks.callback, name="payment-callback"),
]
