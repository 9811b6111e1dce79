"""The hotline's menu as VoiceXML 2.1 documents (W3C Recommendation of 19 June 2007): keys in, words out.

A caller's number proves nothing (it is easily forged and the answer is spoken to whoever calls): the machine says state and dates only,
and offers to send the whole by SMS to the phone that is registered with the dossier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

VXML, SRGS = "http://www.w3.org/2001/vxml", "http://www.w3.org/2001/06/grammar"
XML = "http://www.w3.org/XML/1998/namespace"
ROOT = "/tong-dai/"
STAR = "*"
"""Said for the dot or dash between the parts of a code."""
_DOSSIER = re.compile(r"^([0-9.]{1,20})-([0-9]{6})-([0-9]{1,6})$")


def menu() -> bytes:
    """The first document: what the caller can choose."""
    _none, document = _document()
    found = SubElement(document, _t("menu"), {"dtmf": "false"})
    _prompt(
        found, "Cổng Dịch vụ công Quốc gia. Để biết hồ sơ đến đâu, bấm 1. Để biết giấy tờ của một thủ tục, bấm 2. Để gặp người trực, bấm 0."
    )
    for key, where in (("1", f"{ROOT}ho-so.vxml"), ("2", f"{ROOT}thu-tuc.vxml"), ("0", f"{ROOT}nguoi-truc.vxml")):
        SubElement(found, _t("choice"), {"dtmf": key, "next": where})
    _misses(found, "Bạn chưa bấm phím nào có trong lời mời.")
    return _bytes(document)


def ask_dossier() -> bytes:
    """Asks for a dossier's code: of whom it is, then its digits with a star between the parts."""
    form, document = _document(form="ho-so")
    owner = SubElement(form, _t("field"), {"name": "noi"})
    _prompt(owner, "Mã hồ sơ bắt đầu bằng chữ H, hát, bấm 1. Bằng chữ G, giê, bấm 2.")
    for key, letter in (("1", "H"), ("2", "G")):
        SubElement(owner, _t("option"), {"dtmf": key, "value": letter})
    _misses(owner, "Bạn chưa chọn chữ đầu của mã.")
    digits = SubElement(form, _t("field"), {"name": "so"})
    _prompt(digits, "Nhập các chữ số của mã, dấu chấm và dấu gạch bấm phím sao. Kết thúc bấm phím thăng.")
    _keys(digits, 6, 40)
    _misses(digits, "Chưa nhận được mã.")
    SubElement(SubElement(form, _t("block")), _t("submit"), {"next": f"{ROOT}ho-so/", "namelist": "noi so", "method": "get"})
    return _bytes(document)


def ask_procedure() -> bytes:
    """Asks for a procedure's code: its digits."""
    form, document = _document(form="thu-tuc")
    digits = SubElement(form, _t("field"), {"name": "so"})
    _prompt(digits, "Nhập các chữ số của mã thủ tục, dấu chấm bấm phím sao. Kết thúc bấm phím thăng.")
    _keys(digits, 7, 30)
    _misses(digits, "Chưa nhận được mã.")
    SubElement(SubElement(form, _t("block")), _t("submit"), {"next": f"{ROOT}thu-tuc/", "namelist": "so", "method": "get"})
    return _bytes(document)


def say(words: Iterable[str], *, sms: str = "") -> bytes:
    """Says something, and leads back to the menu. ``sms``: a dossier's code of which the whole can be sent to its registered phone."""
    form, document = _document(form="tra-loi")
    block = SubElement(form, _t("block"))
    for line in words:
        _prompt(block, line)
    if sms:
        SubElement(form, _t("var"), {"name": "ma", "expr": f"'{sms}'"})
        choice = SubElement(form, _t("field"), {"name": "gui"})
        _prompt(choice, "Để nhận đầy đủ bằng tin nhắn tới số điện thoại đã đăng ký của hồ sơ, bấm 1. Về đầu, bấm 9.")
        SubElement(choice, _t("option"), {"dtmf": "1", "value": "co"})
        SubElement(choice, _t("option"), {"dtmf": "9", "value": "khong"})
        _misses(choice, "Bạn chưa chọn.")
        filled = SubElement(choice, _t("filled"))
        send = SubElement(filled, _t("if"), {"cond": "gui == 'co'"})
        SubElement(send, _t("submit"), {"next": f"{ROOT}nhan-tin/", "namelist": "ma", "method": "post"})
        SubElement(send, _t("else"))
        SubElement(send, _t("goto"), {"next": f"{ROOT}menu.vxml"})
    else:
        SubElement(block, _t("goto"), {"next": f"{ROOT}menu.vxml"})
    return _bytes(document)


def person() -> bytes:
    """Hands the call over to somebody at the hotline."""
    form, document = _document(form="nguoi-truc")
    block = SubElement(form, _t("block"))
    _prompt(block, "Xin chờ, cuộc gọi đang được chuyển đến người trực.")
    transfer = SubElement(form, _t("transfer"), {"name": "noi_may", "dest": "tel:18001096", "bridge": "false"})
    transfer.set("connecttimeout", "30s")
    return _bytes(document)


def dossier_code(letter: str, keys: str) -> str:
    """The code that was keyed: ``H`` and ``26*101*261129*0001`` is ``H26.101-261129-0001``; empty for what cannot be one."""
    parts = keys.rstrip("#").split(STAR)
    if letter not in ("H", "G") or len(parts) < 3 or not all(part.isdigit() for part in parts):
        return ""
    *unit, day, number = parts
    code = f"{'.'.join(unit)}-{day}-{number}"
    return f"{letter}{code}" if _DOSSIER.match(code) else ""


def procedure_code(keys: str) -> str:
    """The code that was keyed: ``1*001193`` or ``1001193`` is ``1.001193``; empty for what cannot be one."""
    digits = keys.rstrip("#").replace(STAR, "")
    return f"{digits[0]}.{digits[1:7]}" if digits.isdigit() and len(digits) == 7 else ""


def spoken(text: str) -> str:
    """A text as it can be read aloud: without addresses of pages."""
    return re.sub(r"\s*https?://\S+", "", text).strip()


def _t(name: str) -> str:
    return f"{{{VXML}}}{name}"


def _document(*, form: str = "") -> tuple[Element, Element]:
    document = Element(_t("vxml"), {"version": "2.1", f"{{{XML}}}lang": "vi-VN"})
    SubElement(document, _t("meta"), {"name": "maintainer", "content": "dichvucong@chinhphu.vn"})
    made = SubElement(document, _t("form"), {"id": form}) if form else document
    return made, document


def _prompt(parent: Element, words: str) -> None:
    SubElement(parent, _t("prompt"), {"bargein": "true"}).text = words


def _misses(parent: Element, words: str) -> None:
    """Nothing keyed, or what was not asked for: said twice, then a person."""
    for name in ("noinput", "nomatch"):
        again = SubElement(parent, _t(name))
        again.text = words
        SubElement(again, _t("reprompt"))
        last = SubElement(parent, _t(name), {"count": "3"})
        SubElement(last, _t("goto"), {"next": f"{ROOT}nguoi-truc.vxml"})


def _keys(parent: Element, least: int, most: int) -> None:
    """A grammar of keys (SRGS 1.0, DTMF): digits and stars, so many; the hash ends them."""
    grammar = SubElement(parent, f"{{{SRGS}}}grammar", {"mode": "dtmf", "version": "1.0", "root": "phim"})
    rule = SubElement(grammar, f"{{{SRGS}}}rule", {"id": "phim", "scope": "public"})
    item = SubElement(rule, f"{{{SRGS}}}item", {"repeat": f"{least}-{most}"})
    _choices(item, [*"0123456789", STAR])


def _choices(parent: Element, keys: Sequence[str]) -> None:
    one_of = SubElement(parent, f"{{{SRGS}}}one-of")
    for key in keys:
        SubElement(one_of, f"{{{SRGS}}}item").text = key


def _bytes(document: Element) -> bytes:
    indent(document)
    text = tostring(document, encoding="unicode", default_namespace=None)
    text = text.replace("ns0:", "").replace(f'xmlns:ns0="{VXML}"', f'xmlns="{VXML}"')
    text = re.sub(r"<(/?)ns1:", r"<\1", text).replace(f' xmlns:ns1="{SRGS}"', "").replace("<grammar ", f'<grammar xmlns="{SRGS}" ')
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode()
