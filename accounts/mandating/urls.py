"""Addresses below /tai-khoan/uy-quyen/."""

from __future__ import annotations

from django.urls import path

from accounts.mandating import views

urlpatterns = [
    path("", views.mandate_list, name="mandates"),
    path("moi/", views.invite, name="mandate-invite"),
    path("loi-moi/<uuid:offer_id>/nhan/", views.accept, name="mandate-accept"),
    path("loi-moi/<uuid:offer_id>/tu-choi/", views.decline, name="mandate-decline"),
    path("loi-moi/<uuid:offer_id>/rut/", views.withdraw_offer, name="mandate-withdraw"),
    path("giam-ho/", views.ask_as_guardian, name="guardian-ask"),
    path("giam-ho/<uuid:request_id>/rut/", views.call_off_guardian, name="guardian-call-off"),
    path("da-lam/", views.done_for_me, name="mandates-done"),
    path("<uuid:mandate_id>/cham-dut/", views.end, name="mandate-end"),
]
