"""The pages on which a payer pays: plain, without scripts, the same for every institution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, redirect, render_template, request

from portal.simulators.config import Institution
from portal.simulators.paying import Movement, Payments, local, shown_amount


@dataclass(frozen=True)
class Choice:
    """What the payer presses."""

    name: str
    label: str
    paid: bool = False
    code: str = ""
    stays: bool = False
    """The browser never goes back."""


CHOICES = (
    Choice("paid", "Thanh toán thành công", paid=True),
    Choice("cancel", "Hủy giao dịch", code="cancelled"),
    Choice("poor", "Tài khoản không đủ tiền", code="poor"),
    Choice("closed", "Thanh toán rồi đóng trang, không quay lại", paid=True, stays=True),
)


def choice_of(form: Mapping[str, str]) -> Choice | None:
    """What was pressed, if anything."""
    return next((choice for choice in CHOICES if choice.name == form.get("choice")), None)


def serve_payer(payments: Payments, code: str, token: str, result: Callable[[Movement, bool], str]) -> Any:
    """The page of one payment, and what its buttons do. ``result``: the query string with which the browser goes back, also for a payment
    that succeeded and is told to have failed.
    """
    institution = payments.config.institutions[code]
    movement = payments.by_token(token)
    if movement is None or movement.institution != code:
        return refusal_page("Không tìm thấy giao dịch.", 404)
    if (no := payments.broken(payments.trouble(code, movement.reference, "page"))) is not None:
        return no
    failed = False
    if movement.state == "open":
        choice = choice_of(request.form)
        if choice is None:
            return payer_page(institution, movement)
        failed = choice.paid and payments.trouble(code, movement.reference, "pay") is not None
        movement = payments.end(movement, paid=choice.paid, code=choice.code)
        if choice.stays:
            return closed_page(institution, movement)
    joined = "&" if urlsplit(movement.return_url).query else "?"
    return redirect(movement.return_url + joined + result(movement, failed), 303)


def _page(template: str, movement: Movement, **values: object) -> Response:
    answer = Response(
        render_template(
            template,
            movement=movement,
            amount=shown_amount(movement.amount),
            expires=f"{local(movement.expires):%H:%M:%S, %d/%m/%Y}",
            **values,
        )
    )
    parts = urlsplit(movement.return_url)
    # After the form the browser is sent to the merchant: browsers hold redirects, too, against this list.
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        f"form-action 'self' {parts.scheme}://{parts.netloc}"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def payer_page(institution: Institution, movement: Movement) -> Response:
    """Where the payer chooses what happens."""
    return _page("pay.html", movement, institution=institution, choices=CHOICES)


def closed_page(institution: Institution, movement: Movement) -> Response:
    """The money is taken, and the browser stays here."""
    return _page("pay_closed.html", movement, institution=institution)


def refusal_page(reason: str, status: int = 400) -> tuple[str, int]:
    """Why there is nothing to pay here."""
    return render_template("refusal.html", reason=reason), status
