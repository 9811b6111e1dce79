"""Digits without a keyboard: buttons that are sent, one digit a press, where there is no script; a scanner types as a keyboard would."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

DIGITS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0")
BACK, CLEAR, DONE = "lui", "xoa", "xong"
KEY, TYPED = "phim", "so"


@dataclass(frozen=True)
class Pressed:
    """What stands in the field after a press, and whether it was the last one."""

    typed: str
    is_done: bool


def press(request: HttpRequest, most: int) -> Pressed:
    """One press of the pad, or a whole number sent at once (a scanner ends with the enter key; the script sends it whole)."""
    typed, key = request.POST.get(TYPED, ""), request.POST.get(KEY, DONE)
    if key == DONE:
        return Pressed(typed[:300], True)
    digits = only_digits(typed)
    if key == BACK:
        digits = digits[:-1]
    elif key == CLEAR:
        digits = ""
    elif key in DIGITS:
        digits += key
    return Pressed(digits[:most], False)


def only_digits(text: str) -> str:
    """The digits of a text, as far as they are ASCII."""
    return "".join(letter for letter in text if letter.isascii() and letter.isdigit())


def read_card(text: str) -> str:
    """The identity number of what was typed or scanned: the QR code of a card holds it before the first ``|``, then older number, name,
    day of birth and more, of which nothing is read and nothing is kept."""
    return only_digits(text.partition("|")[0])
