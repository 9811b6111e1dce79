"""What a question asks: which part of a procedure, or what kind of answer. Pure: no database.

Two questions about the same thing differ by a few words: what it costs, how long it takes, who may, what is forbidden. These words are told
apart from what the question is about, so that each is compared with its like.
"""

from __future__ import annotations

from enum import StrEnum

from portal.search.question import MAX_SYLLABLES, plain_syllables

Phrase = tuple[str, ...]


class Part(StrEnum):
    """What is asked. Those up to ``LAW`` are parts of a procedure; the others are answered by what agencies wrote."""

    FEES = "fees"
    TIME = "time"
    DOCUMENTS = "documents"
    PLACE = "place"
    ONLINE = "online"
    DEADLINE = "deadline"
    WHO = "who"
    STEPS = "steps"
    RESULTS = "results"
    LAW = "law"
    MEANING = "meaning"
    CONDITIONS = "conditions"
    FORBIDDEN = "forbidden"
    ALLOWED = "allowed"
    WHICH = "which"
    WHEN = "when"
    VALID = "valid"


_SAID: dict[Part, tuple[str, ...]] = {
    Part.FEES: (
        "bao nhiêu tiền", "mất tiền", "tốn tiền", "tốn bao nhiêu", "hết bao nhiêu tiền", "mất bao nhiêu", "bao tiền", "nhiêu tiền",
        "tốn nhiêu", "lệ phí", "chi phí", "phí bao nhiêu", "mức phí", "mất phí", "đóng phí", "đóng bao nhiêu", "nộp bao nhiêu tiền",
        "miễn phí", "tiền lệ phí", "giá bao nhiêu", "hết nhiêu", "phí là bao nhiêu", "là bao nhiêu", "định mức", "mức đóng", "tiền phí",
        "bao nhiêu phần trăm", "đóng thế nào", "mức hỗ trợ", "được bao nhiêu",
    ),
    Part.TIME: (
        "bao lâu", "mấy ngày", "bao nhiêu ngày", "mất mấy ngày", "mất bao nhiêu ngày", "mấy hôm", "khi nào có", "bao giờ có",
        "bao giờ xong",
        "khi nào xong",
        "mấy bữa", "mấy tuần", "lâu không", "thời gian giải quyết", "thời hạn giải quyết", "chừng nào có", "thời hạn trả lời",
        "thời gian từ lúc", "bao nhiêu lâu", "thời gian kiểm tra", "thời gian",
    ),
    Part.DOCUMENTS: (
        "giấy tờ gì", "giấy tờ nào", "giấy gì", "những giấy tờ", "giấy tờ cần", "cần giấy tờ", "hồ sơ gồm", "hồ sơ gì", "hồ sơ cần",
        "cần hồ sơ", "thành phần hồ sơ", "cần những gì", "cần gì", "mang gì", "mang theo gì", "mang những gì", "đem gì", "đem theo",
        "nộp những gì", "chuẩn bị gì", "chuẩn bị những gì", "cần chuẩn bị", "gồm những gì", "nộp gì", "cần nộp những", "tài liệu gì",
        "bộ hồ sơ", "gồm những giấy tờ", "gồm tài liệu", "gồm những tài liệu",
    ),
    Part.PLACE: (
        "ở đâu", "nộp đâu", "chỗ nào", "nơi nào", "cơ quan nào", "đến đâu", "tới đâu", "ra đâu", "đi đâu", "làm ở đâu", "tại đâu",
        "lên đâu", "địa chỉ nào", "ai giải quyết", "nơi nộp", "liên hệ ai", "liên hệ", "xin phép ai", "đơn vị nào", "ai cấp", "trang nào",
        "thẩm quyền",
    ),
    Part.ONLINE: ("trực tuyến", "qua mạng", "trên mạng", "online", "onl", "qua internet", "qua bưu điện", "bằng bưu điện", "trang web"),
    Part.DEADLINE: ("hạn làm", "hạn đăng ký", "trong bao nhiêu ngày phải", "để lâu", "trễ hạn", "muộn có", "trễ có", "muộn bị"),
    Part.WHO: (
        "ai được", "ai làm được", "đối tượng nào", "những ai", "ai phải", "ai có quyền", "ai thì được", "ai là", "thì ai",
        "những người",
        "người nào", "những đối tượng", "gồm những ai",
    ),
    Part.STEPS: (
        "các bước", "trình tự", "quy trình", "từng bước", "cách làm", "làm thế nào", "làm sao", "làm thủ tục gì", "thủ tục nào",
        "thủ tục gì",
        "những thủ tục", "phải làm gì", "làm gì", "như thế nào", "ra sao", "kiểu gì", "thì sao", "thủ tục",
    ),
    Part.RESULTS: ("nhận được gì", "được cấp gì", "kết quả là gì", "nhận kết quả gì"),
    Part.LAW: ("căn cứ pháp lý", "luật nào", "nghị định nào", "thông tư nào", "văn bản nào", "căn cứ nào", "căn cứ vào"),
    Part.MEANING: (
        "là gì", "nghĩa là gì", "nghĩa là sao", "là sao", "thế nào là", "hiểu là", "thế nào thì", "được gọi là", "gọi là", "được coi là",
        "tức là", "nghĩa là", "khái niệm",
    ),
    Part.CONDITIONS: ("điều kiện", "tiêu chuẩn", "yêu cầu gì", "đáp ứng gì", "đáp ứng", "đạt điều kiện"),
    Part.FORBIDDEN: ("bị cấm", "nghiêm cấm", "cấm", "không được làm", "hành vi nào"),
    Part.ALLOWED: (
        "có được", "được không", "có phải", "có bắt buộc", "có thể", "có cần", "được chưa", "không ạ", "có công nhận", "có cho phép",
        "có tính", "có dùng",
    ),
    Part.WHICH: ("trường hợp nào", "những trường hợp", "loại nào", "diện nào", "phân loại"),
    Part.WHEN: ("khi nào", "lúc nào", "bao giờ", "chừng nào"),
    Part.VALID: ("thời hạn bao nhiêu năm", "mấy năm", "bao nhiêu năm", "có thời hạn", "giá trị bao lâu", "hiệu lực", "thời hạn"),
}  # fmt: skip
"""How people ask; a longer phrase is heard before a shorter one within it."""
PHRASES: dict[Phrase, Part] = {tuple(plain_syllables(phrase)): part for part, phrases in _SAID.items() for phrase in phrases}
OF_A_PROCEDURE = frozenset(
    {
        Part.FEES, Part.TIME, Part.DOCUMENTS, Part.PLACE, Part.ONLINE, Part.DEADLINE, Part.WHO, Part.STEPS, Part.RESULTS, Part.LAW,
        Part.CONDITIONS,
    }
)  # fmt: skip
"""What the page of a procedure answers."""
_LONGEST = max(len(phrase) for phrase in PHRASES)


def parts_of(text: str) -> list[Part]:
    """What a question asks, in the order in which it is asked; empty: nothing is named."""
    return list(dict.fromkeys(part for part, _start, _end in _found(plain_syllables(text)[:MAX_SYLLABLES])))


def subject_of(text: str) -> str:
    """What a question is about, in plain letters: without the words that only ask; the whole where nothing else remains."""
    syllables = plain_syllables(text)[:MAX_SYLLABLES]
    asking = {place for _part, start, end in _found(syllables) for place in range(start, end)}
    left = [one for place, one in enumerate(syllables) if place not in asking]
    return " ".join(left if len(left) > 1 else syllables)


def _found(syllables: list[str]) -> list[tuple[Part, int, int]]:
    found: list[tuple[Part, int, int]] = []
    start = 0
    while start < len(syllables):
        for length in range(min(_LONGEST, len(syllables) - start), 0, -1):
            part = PHRASES.get(tuple(syllables[start : start + length]))
            if part is not None:
                found.append((part, start, start + length))
                start += length - 1
                break
        start += 1
    return found
