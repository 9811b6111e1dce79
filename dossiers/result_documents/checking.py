"""What is wrong with the document of a result template, in sentences that name the place for an officer. Pure functions.

First the structure, then what texts, conditions and questions look at: questions of the procedure's form, questions to the officer, facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dossiers.form_documents.checking import Fault, condition_faults
from dossiers.form_documents.checking import faults as form_faults
from dossiers.form_documents.composites import plain_fields
from dossiers.registers import BOOK, NUMBER
from dossiers.result_documents.places import FACTS, FORMATS, OF_DAYS, places_in, stray_braces

DOCUMENT_KEYS = frozenset({"title", "register", "signature", "valid", "subject", "identity_numbers", "dated", "fields", "blocks", "shown"})
SIGNATURE_KEYS = frozenset({"office", "who", "capacity", "place"})
CAPACITIES = ("", "TM.", "KT.", "TL.", "TUQ.", "Q.")
"""In whose stead one signs (Decree 30/2020/NĐ-CP, appendix I): oneself, for a body, for the head, by order, by mandate, acting."""
SIGNATURE_PLACES = ("right", "left")
SHOWN_CLOCKS, MOST_SHOWN_DAYS = ("run", "pause"), 30
BLOCK_KEYS: dict[str, frozenset[str]] = {
    "title": frozenset({"kind", "when", "text"}),
    "subtitle": frozenset({"kind", "when", "text"}),
    "number": frozenset({"kind", "when", "lines"}),
    "facts": frozenset({"kind", "when", "heading", "lines"}),
    "paragraph": frozenset({"kind", "when", "heading", "text"}),
    "table": frozenset({"kind", "when", "heading", "group", "columns"}),
}
"""Kinds of blocks and what each may say."""
OFFICER_KINDS = frozenset(
    {"name", "text", "long_text", "date", "choice", "select", "number", "decimal", "money", "year", "month", "time", "id_number",
     "tax_code", "phone", "email", "province"}
)  # fmt: skip
"""What an officer can be asked at the decision: one thing each, in one box."""
_REGISTER = re.compile(r"[a-z0-9][a-z0-9._-]{0,19}", re.ASCII)
_OWN_NAMES = frozenset({NUMBER, BOOK, "signer_position_id", "seen", "csrfmiddlewaretoken"})
MOST_BLOCKS, MOST_LINES, MOST_TEXT = 100, 60, 5000
Specs = Mapping[str, Mapping[str, Any]]


def faults(document: Any, answers: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Everything that is wrong with a document; empty where it can be published. ``answers``: the plain fields of the procedure's form."""
    found = list(_structure(document))
    if found:
        return found
    fields = [spec for spec in document.get("fields", []) if isinstance(spec, Mapping)]
    found += _questions(document, answers)
    known = names_known(document, answers)
    if not found:
        for number, block in enumerate(document["blocks"], start=1):
            found += _block(number, block, known, fields)
    found += _rest(document, known)
    return found


def names_known(document: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Every name that a text may use, with the question or fact behind it."""
    known: dict[str, Mapping[str, Any]] = {f"answer.{spec['name']}": spec for spec in answers if spec["kind"] != "note"}
    known |= {f"decision.{spec['name']}": spec for spec in officer_fields(document)}
    return known | {name: {"name": name, "label": label, "kind": kind} for name, (label, kind) in FACTS.items()}


def officer_fields(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The officer's questions as they are evaluated, choices as pairs; what is no question is left out."""
    fields = document.get("fields", [])
    listed = fields if isinstance(fields, list) else []
    there = [spec for spec in listed if isinstance(spec, Mapping) and isinstance(spec.get("name"), str)]
    return [plain for spec in there for plain in (plain_fields(spec) if spec.get("kind") in OFFICER_KINDS else [{"kind": "", **spec}])]


# --- structure ---------------------------------------------------------------------------------------------------------------------


def _structure(document: Any) -> Iterator[Fault]:
    if not isinstance(document, Mapping):
        yield Fault("", "Mẫu kết quả phải là một đối tượng JSON.")
        return
    if unknown := set(document) - DOCUMENT_KEYS:
        yield Fault("", f"Mẫu kết quả có khóa không biết: {', '.join(sorted(map(str, unknown)))}.")
    if not isinstance(document.get("title"), str) or not 0 < len(document["title"].strip()) <= 200:
        yield Fault("title", "Mẫu kết quả chưa có tên, hoặc tên dài quá 200 ký tự.")
    elif "{" in document["title"]:
        yield Fault("title", "Tên mẫu kết quả ai cũng đọc được khi quét mã, nên không lấy dữ liệu của hồ sơ. Đặt chỗ điền trong dòng tên.")
    yield from _signature(document.get("signature"))
    yield from _register(document.get("register"))
    yield from _shown(document.get("shown"))
    for key in ("fields", "identity_numbers"):
        if not isinstance(document.get(key, []), list):
            yield Fault(key, f"“{key}” phải là một danh sách.")
    if not isinstance(document.get("dated", False), bool):
        yield Fault("dated", "“dated” là true hoặc false.")
    blocks = document.get("blocks")
    if not isinstance(blocks, list) or not blocks or len(blocks) > MOST_BLOCKS:
        yield Fault("blocks", f"Mẫu kết quả có từ 1 đến {MOST_BLOCKS} khối nội dung.")
        return
    for number, block in enumerate(blocks, start=1):
        yield from _block_structure(number, block)
    if not any(isinstance(block, Mapping) and block.get("kind") == "title" for block in blocks):
        yield Fault("blocks", "Mẫu kết quả chưa có dòng tên văn bản.")


def _signature(signature: Any) -> Iterator[Fault]:
    if not isinstance(signature, Mapping) or set(signature) - SIGNATURE_KEYS or not {"office", "who"} <= set(signature):
        yield Fault("signature", "Chữ ký gồm lời ghi trên chữ ký (office) và ai ký (who).")
        return
    for key in ("office", "who"):
        if not isinstance(signature[key], str) or not 0 < len(signature[key].strip()) <= 200:
            yield Fault("signature", f"Chữ ký: “{key}” là chữ, từ 1 đến 200 ký tự.")
    if signature.get("capacity", "") not in CAPACITIES:
        yield Fault("signature", f"Chữ ký: thể thức đề ký là một trong {', '.join(filter(None, CAPACITIES))}, hoặc bỏ trống.")
    if signature.get("place", "right") not in SIGNATURE_PLACES:
        yield Fault("signature", "Chữ ký: chỗ ký là right hoặc left.")


def _register(register: Any) -> Iterator[Fault]:
    if register is None:
        return
    if not isinstance(register, Mapping) or set(register) - {"code", "label", "books"}:
        yield Fault("register", "Sổ gồm mã sổ (code), tên của số (label), có chia quyển không (books).")
        return
    if "code" in register and (not isinstance(register["code"], str) or not _REGISTER.fullmatch(register["code"])):
        yield Fault("register", "Mã sổ gồm chữ thường không dấu, số, dấu chấm, gạch; dài nhất 20 ký tự.")
    if not isinstance(register.get("label"), str) or not 0 < len(register["label"].strip()) <= 60:
        yield Fault("register", "Tên của số vào sổ có từ 1 đến 60 ký tự, ví dụ “Số vào sổ”.")
    if not isinstance(register.get("books", False), bool):
        yield Fault("register", "“books” là true hoặc false.")


def _shown(shown: Any) -> Iterator[Fault]:
    """How its applicant sees a draft first (`dossiers.following.objections`)."""
    if shown is None:
        return
    if not isinstance(shown, Mapping) or set(shown) != {"days", "clock"}:
        yield Fault("shown", "Cho xem dự thảo gồm số ngày làm việc (days) và thời hạn lúc đó (clock).")
        return
    if not isinstance(shown["days"], int) or isinstance(shown["days"], bool) or not 1 <= shown["days"] <= MOST_SHOWN_DAYS:
        yield Fault("shown", f"Cho xem dự thảo từ 1 đến {MOST_SHOWN_DAYS} ngày làm việc.")
    if shown["clock"] not in SHOWN_CLOCKS:
        yield Fault("shown", "Trong lúc cho xem dự thảo, thời hạn vẫn chạy (run) hoặc dừng (pause).")


def _is_text(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip()) and len(text) <= MOST_TEXT


def _where(number: int, block: Any) -> str:
    words = {"title": "tên", "subtitle": "dòng dưới tên", "number": "số", "facts": "các dòng", "paragraph": "đoạn văn", "table": "bảng"}
    return f"Khối {number} ({words.get(str(block.get('kind')), '?') if isinstance(block, Mapping) else '?'})"


def _block_structure(number: int, block: Any) -> Iterator[Fault]:
    where = _where(number, block)
    if not isinstance(block, Mapping) or block.get("kind") not in BLOCK_KEYS:
        yield Fault(f"block-{number}", f"Khối {number}: không có loại khối này.")
        return
    keys = BLOCK_KEYS[block["kind"]]
    if set(block) - keys:
        yield Fault(f"block-{number}", f"{where}: khóa không dùng được: {', '.join(sorted(map(str, set(block) - keys)))}.")
    for key in {"text", "heading"} & keys:
        text = block.get(key, "" if key == "heading" else None)
        if not isinstance(text, str) or len(text) > MOST_TEXT or (key == "text" and not text.strip()):
            yield Fault(f"block-{number}", f"{where}: chưa có chữ, hoặc dài quá {MOST_TEXT} ký tự.")
    for key in {"lines", "columns"} & keys:
        rows = block.get(key)
        if not isinstance(rows, list) or not 0 < len(rows) <= MOST_LINES:
            yield Fault(f"block-{number}", f"{where}: có từ 1 đến {MOST_LINES} {'dòng' if key == 'lines' else 'cột'}.")
            continue
        allowed = {"label", "text", "when", "beside"} if key == "lines" else {"label", "text"}
        for row in rows:
            if (
                not isinstance(row, Mapping)
                or set(row) - allowed
                or not all(_is_text(row.get(name)) for name in ("label", "text"))
                or not isinstance(row.get("beside", False), bool)
            ):
                yield Fault(f"block-{number}", f"{where}: mỗi dòng hoặc cột gồm nhãn (label) và chữ (text).")
    if "group" in keys and not isinstance(block.get("group"), str):
        yield Fault(f"block-{number}", f"{where}: chưa chọn nhóm lặp lại.")


# --- what it looks at --------------------------------------------------------------------------------------------------------------


def _questions(document: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """The officer's questions: as in a form, of a kind that fits into one box; their conditions look at the declaration alone."""
    fields = document.get("fields", [])
    if not fields:
        return
    found = form_faults({"fields": [_plain(spec) for spec in fields]})
    yield from found
    if found:
        return
    before = {f"answer.{spec['name']}": spec for spec in answers}
    for spec in fields:
        if spec["kind"] not in OFFICER_KINDS or "value" in spec or "required_when" in spec:
            yield Fault(spec["name"], f"“{spec['label']}”: câu hỏi cho cán bộ không dùng được loại này, hoặc không tự tính được.")
        if spec["name"] in _OWN_NAMES:
            yield Fault(spec["name"], f"“{spec['label']}”: tên {spec['name']!r} dành cho trang quyết định.")
        if "when" in spec:
            yield from condition_faults(spec, spec["when"], before, facts=())
        if (source := spec.get("prefill")) is not None and source not in before:
            yield Fault(spec["name"], f"“{spec['label']}”: lấy sẵn từ {source!r}, nhưng tờ khai không có câu ấy.")


def _plain(spec: Any) -> Any:
    """A question as a form has it: what it looks at in the declaration is checked apart."""
    return {key: value for key, value in spec.items() if key not in ("when", "prefill")} if isinstance(spec, Mapping) else spec


def _block(number: int, block: Mapping[str, Any], known: Specs, fields: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    where, called = _where(number, block), f"block-{number}"
    own: dict[str, Mapping[str, Any]] = {}
    if "when" in block:
        yield from _condition(where, called, block["when"], known)
    if block["kind"] == "table":
        group = known.get(block["group"])
        if group is None or group["kind"] != "group":
            yield Fault(called, f"{where}: tờ khai không có nhóm lặp lại {block['group']!r}.")
            return
        own = {f"row.{spec['name']}": spec for spec in group["fields"] if spec["kind"] != "note"}
    for key in ("text", "heading"):
        if key in block:
            yield from _text(where, called, block[key], known)
    for row in (*block.get("lines", ()), *block.get("columns", ())):
        yield from _text(f"{where}, “{row['label']}”", called, row["text"], {**known, **own})
        if "when" in row:
            yield from _condition(f"{where}, “{row['label']}”", called, row["when"], known)


def _condition(where: str, called: str, condition: Any, known: Specs) -> Iterator[Fault]:
    for fault in condition_faults({"name": called, "label": where}, condition, known, facts=()):
        yield Fault(called, fault.message)


def _text(where: str, called: str, text: str, known: Specs) -> Iterator[Fault]:
    if stray_braces(text):
        yield Fault(called, f"{where}: dấu ngoặc nhọn chỉ dùng cho chỗ điền, ví dụ {{dossier.owner}}. Bạn xem lại chỗ có dấu ngoặc.")
    for names, how in places_in(text):
        for name in names:
            spec = known.get(name)
            if spec is None:
                yield Fault(called, f"{where}: không có dữ liệu nào tên {name!r}. Chép tên trong danh sách “Chỗ điền”.")
            elif spec["kind"] == "group":
                yield Fault(called, f"{where}: {name!r} là nhóm lặp lại, chỉ in được trong một bảng.")
            elif how in OF_DAYS and spec["kind"] != "date":
                yield Fault(called, f"{where}: {name!r} không phải một ngày nên không viết “{FORMATS[how]}” được.")
        if how and how not in FORMATS:
            yield Fault(called, f"{where}: không có cách viết {how!r}. Có: {', '.join(FORMATS)}.")


def _rest(document: Mapping[str, Any], known: Specs) -> Iterator[Fault]:
    valid = document.get("valid")
    if valid is not None:
        yield from _valid(valid, known)
    if (subject := document.get("subject")) is not None and f"answer.{subject}" not in known:
        yield Fault("subject", f"Người được nêu: tờ khai không có câu {subject!r}.")
    for name in document.get("identity_numbers", []):
        if known.get(f"answer.{name}", {}).get("kind") != "id_number":
            yield Fault("identity_numbers", f"Số định danh của người được nêu: tờ khai không có câu hỏi số định danh tên {name!r}.")
    if document.get("register") is None:
        used = [name for block in document["blocks"] for text in _texts(block) for names, _how in places_in(text) for name in names]
        if any(name.startswith("register.") for name in used):
            yield Fault("register", "Nội dung có in số vào sổ nhưng mẫu không lấy số. Khai sổ ở phần chung, hoặc bỏ chỗ điền ấy.")


def _texts(block: Mapping[str, Any]) -> Iterator[str]:
    yield from (block[key] for key in ("text", "heading") if key in block)
    yield from (row["text"] for row in (*block.get("lines", ()), *block.get("columns", ())))


def _valid(valid: Any, known: Specs) -> Iterator[Fault]:
    if not isinstance(valid, Mapping) or set(valid) not in ({"years"}, {"until"}):
        yield Fault("valid", "Thời hạn giá trị nêu số năm (years) hoặc ngày cuối (until).")
        return
    if "until" in valid:
        if known.get(f"decision.{valid['until']}", {}).get("kind") != "date":
            yield Fault("valid", f"Thời hạn giá trị: không có câu hỏi ngày tên {valid['until']!r} cho cán bộ.")
        return
    years = valid["years"]
    if isinstance(years, str):
        if known.get(f"decision.{years}", {}).get("kind") != "number":
            yield Fault("valid", f"Thời hạn giá trị: không có câu hỏi số tên {years!r} cho cán bộ.")
    elif type(years) is not int or not 1 <= years <= 100:
        yield Fault("valid", "Thời hạn giá trị: số năm từ 1 đến 100.")
