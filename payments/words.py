"""How money and people are written on pages and papers. Pure functions."""

from __future__ import annotations

import re

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ("", " nghìn", " triệu", " tỷ", " nghìn tỷ", " triệu tỷ")
_PHONE = re.compile(r"\+?[0-9(][0-9 .\-()]*[0-9](?:,?\s*(?:máy lẻ|số lẻ|ext\.?)\s*[0-9]{1,6})?", re.IGNORECASE)


def _below_thousand(number: int, *, whole: bool) -> str:
    """Three digits; ``whole``: hundreds and tens are said even where they are nought, for something stands before them."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    words: list[str] = []
    if hundreds or whole:
        words.append(f"{_DIGITS[hundreds]} trăm")
    if tens == 0 and ones and words:
        words.append("lẻ")
    elif tens == 1:
        words.append("mười")
    elif tens > 1:
        words.append(f"{_DIGITS[tens]} mươi")
    if ones == 1 and tens > 1:
        words.append("mốt")
    elif ones == 5 and tens:
        words.append("lăm")
    elif ones:
        words.append(_DIGITS[ones])
    return " ".join(words)


def in_words(amount: int) -> str:
    """An amount of đồng as a receipt writes it: ``24.005`` → ``Hai mươi bốn nghìn không trăm lẻ năm đồng``. ``ValueError`` below nought."""
    if amount < 0:
        raise ValueError("an amount on a receipt is not negative")
    if amount == 0:
        return "Không đồng"
    groups: list[int] = []
    rest = amount
    while rest:
        rest, group = divmod(rest, 1000)
        groups.append(group)
    if len(groups) > len(_GROUPS):
        raise ValueError("nobody pays that much")
    parts = [
        _below_thousand(group, whole=place < len(groups) - 1) + _GROUPS[place]
        for place, group in reversed(list(enumerate(groups)))
        if group
    ]
    text = " ".join(parts) + " đồng"
    return text[0].upper() + text[1:]


def masked(name: str) -> str:
    """A name of which a stranger sees only how its words begin: ``Nguyễn Văn Mẫu`` → ``N••• V••• M•••``."""
    return " ".join(f"{word[0]}•••" for word in name.split())


def phone_problem(text: str) -> str:
    """Why a text is no phone number that people can call, in words; empty for one that is, and for none."""
    number = re.split(r",?\s*(?:máy lẻ|số lẻ|ext)", text, maxsplit=1, flags=re.IGNORECASE)[0]
    digits = sum(letter.isdigit() for letter in number)
    if not text or (text.isprintable() and _PHONE.fullmatch(text) and 8 <= digits <= 15):
        return ""
    return "Số điện thoại không đúng. Ví dụ: 1900 1234, 024 3939 0000, 0912 345 678."
