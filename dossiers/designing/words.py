"""What the parts of a form's document are called on the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

KIND_WORDS: dict[str, str] = {
    "name": "Họ tên",
    "text": "Chữ, một dòng",
    "long_text": "Chữ, nhiều dòng",
    "date": "Ngày",
    "choice": "Chọn một",
    "choices": "Chọn nhiều",
    "select": "Chọn trong danh sách dài",
    "number": "Số nguyên",
    "decimal": "Số thập phân",
    "money": "Số tiền (đồng)",
    "year": "Năm",
    "month": "Tháng",
    "time": "Giờ",
    "id_number": "Số định danh cá nhân",
    "tax_code": "Mã số thuế",
    "phone": "Số điện thoại",
    "email": "Thư điện tử",
    "province": "Tỉnh, thành phố",
    "ward": "Xã, phường",
    "confirm": "Cam đoan (một ô đánh dấu)",
    "note": "Lời dẫn (không hỏi gì)",
    "person": "Một người (nhiều ô)",
    "organisation": "Một tổ chức (nhiều ô)",
    "address": "Địa chỉ (tỉnh, xã, số nhà)",
    "relationship": "Quan hệ",
    "land_parcel": "Thửa đất",
    "vehicle": "Phương tiện",
    "file": "Tệp đính kèm",
    "group": "Nhóm lặp lại (nhiều dòng)",
}
"""Every kind that a question can have, in the order in which the desk offers them."""
KEY_WORDS: dict[str, str] = {
    "title": "Tên biểu mẫu",
    "title_en": "Tên tiếng Anh",
    "lawful_form": "Mẫu theo quy định",
    "signature": "Chữ ký số của người nộp",
    "payment": "Thu phí",
    "label": "Câu hỏi",
    "label_en": "Câu hỏi bằng tiếng Anh",
    "kind": "Loại",
    "page": "Trang",
    "section": "Mục",
    "required": "Bắt buộc",
    "required_with": "Bắt buộc cùng với",
    "required_when": "Bắt buộc khi",
    "when": "Chỉ hiện khi",
    "help": "Giải thích",
    "help_en": "Giải thích bằng tiếng Anh",
    "choices": "Các lựa chọn",
    "choices_when": "Lựa chọn có điều kiện",
    "max_length": "Dài nhất",
    "min": "Nhỏ nhất",
    "max": "Lớn nhất",
    "decimals": "Số chữ số thập phân",
    "unit": "Đơn vị",
    "default": "Ghi sẵn",
    "suggest": "Chọn sẵn theo dữ liệu",
    "prefill": "Lấy từ dữ liệu",
    "prefill_when": "Lấy từ dữ liệu khi",
    "prefill_from": "Lấy từ dữ liệu",
    "catalogue": "Danh mục",
    "rules": "Kiểm tra",
    "value": "Tự tính",
    "parts": "Gồm các ô",
    "required_parts": "Ô bắt buộc",
    "least": "Ít nhất mấy dòng",
    "most": "Nhiều nhất mấy dòng",
    "item": "Mỗi dòng là",
    "paste": "Cho dán từ bảng tính",
    "province_field": "Thuộc tỉnh ở câu",
    "times": "Nhân với",
    "exempt": "Miễn, vì",
    "condition": "Dòng phí",
    "register": "Sổ",
    "office": "Ghi trên chữ ký",
    "who": "Ai ký",
    "capacity": "Thể thức đề ký",
    "place": "Chỗ ký",
    "valid": "Thời hạn giá trị",
    "years": "Số năm",
    "until": "Đến ngày ở câu",
    "subject": "Người được nêu",
    "identity_numbers": "Số định danh của người được nêu",
    "dated": "In dòng ngày",
    "books": "Chia quyển",
    "code": "Mã",
}
_SIGNATURE = {"none": "Không cần", "applicant": "Cần", "organisation": "Cần, khi tổ chức nộp"}


def key_words(key: str) -> str:
    """What a key of the document is called."""
    return KEY_WORDS.get(key, key)


def value_words(key: str, value: Any) -> str:
    """A value of the document as one reads it; empty for none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if key == "kind":
        return KIND_WORDS.get(str(value), str(value))
    if key == "signature" and isinstance(value, str):
        return _SIGNATURE.get(str(value), str(value))
    if key in ("when", "required_when", "prefill_when") and isinstance(value, Mapping):
        return condition_words(value)
    if key == "choices" and isinstance(value, list):
        return "; ".join(choice_label(one) for one in value)
    if isinstance(value, list):
        return "; ".join(value_words("", one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key_words(str(name))}: {value_words(str(name), one)}" for name, one in value.items())
    return str(value)


def choice_label(choice: Any) -> str:
    """What an answer of a choice says."""
    return str(choice.get("label") or choice.get("value")) if isinstance(choice, Mapping) else str(choice[1])


def choice_value(choice: Any) -> str:
    """What an answer of a choice is kept as."""
    return str(choice["value"]) if isinstance(choice, Mapping) else str(choice[0])


Called = Mapping[str, tuple[str, Mapping[str, str]]]
"""Of each question: how it is called, and how its answers are."""
_LONGEST = 70


def called(fields: Iterable[Mapping[str, Any]]) -> Called:
    """What the questions of a form are called, those inside of groups too."""
    found: dict[str, tuple[str, Mapping[str, str]]] = {}
    for field in fields:
        label = str(field.get("label") or field["name"])
        short = label if len(label) <= _LONGEST else label[: _LONGEST - 1].rstrip() + "…"
        found[field["name"]] = (f"“{short}”", {choice_value(one): f"“{choice_label(one)}”" for one in field.get("choices", ())})
        found.update(called(field.get("fields", ())))
    return found


def condition_words(condition: Mapping[str, Any], names: Called | None = None) -> str:
    """A condition in words; questions and answers as ``names`` call them, else by the names under which they are kept."""
    if "all" in condition:
        return " và ".join(f"({condition_words(one, names)})" for one in condition["all"])
    if "any" in condition:
        return " hoặc ".join(f"({condition_words(one, names)})" for one in condition["any"])
    if "not" in condition:
        return f"không phải ({condition_words(condition['not'], names)})"
    key = str(condition.get("field") or condition.get("fact", ""))
    name, answers = (names or {}).get(key, (key, {}))
    if "in" in condition:
        return f"{name} là {' hoặc '.join(answers.get(str(one), str(one)) or 'trống' for one in condition['in'])}"
    if "filled" in condition:
        return f"{name} {'đã' if condition['filled'] else 'chưa'} được trả lời"
    if "at_least" in condition:
        return f"{name} từ {condition['at_least']} trở lên"
    return f"{name} đến {condition.get('at_most', '')} trở xuống"
