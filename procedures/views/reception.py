"""Who takes the papers of a procedure: a People's Committee through its one-stop centre, or somebody else. Pure: no database, no language.

A reader who is sent to the wrong office loses a day. So the committee of a place is named only where the version's own words say that a
committee, a department of it or a one-stop centre of that level receives; in doubt those words are all that a page repeats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize

from procedures.models import Level

_COMMITTEE = r"(?:ủy ban nhân dân|ubnd)"
# Several agencies in one text: between semicolons and lines; after a comma only where another agency's name begins there.
_BETWEEN = re.compile(
    r"[;\n]|,\s*(?=(?:ủy ban|ubnd|chủ tịch|sở|cục|chi cục|thuế|công an|trung tâm|ban quản lý|ngân hàng|cơ quan|văn phòng|chi nhánh)\b)",
    re.I,
)
_OF_COMMUNE = re.compile(
    rf"^(?:(?:chủ tịch|cơ quan chuyên môn\b.*|phòng\b.* thuộc) )?{_COMMITTEE} (?:cấp )?(?:xã|phường|đặc khu)\b"
    r"|^trung tâm phục vụ hành chính công (?:cấp )?xã\b|^cơ quan đăng ký kinh doanh cấp xã\b"
)
_OF_PROVINCE = re.compile(
    rf"^(?:(?:chủ tịch|cơ quan chuyên môn\b.*) )?{_COMMITTEE} (?:(?:cấp|các) )?(?:tỉnh|thành phố)\b"
    r"|^(?:giám đốc )?sở |^ban quản lý (?:các )?khu |^trung tâm phục vụ hành chính công (?:cấp )?tỉnh\b"
    r"|^cơ quan đăng ký kinh doanh cấp tỉnh\b"
)
_ANY_COMMITTEE = re.compile(rf"^{_COMMITTEE}(?: (?:các|có) .*)?$")
# One province or commune by its name, after which no other may be chosen: "tỉnh Lai Châu".
_NAMED = re.compile(r"\b(?:[Tt]ỉnh|[Tt]hành phố|TP\.?|[Xx]ã|[Pp]hường|[Đđ]ặc khu)\s+(?!Trung ương)[A-ZĐÁÀÂĂÊÔƠƯÍÚÝ]")
# What the words on handing in may name. Case counts: "Bộ Y tế", not "một bộ hồ sơ".
_ONE_STOP = re.compile(
    r"[Tt]rung tâm [Pp]hục vụ hành chính công(?!\s+(?:tỉnh|thành phố)\s+[A-ZĐ])"
    r"|bộ phận một cửa (?:cấp (?:xã|tỉnh)|của (?:Ủy ban|Sở))"
    r"|Ủy ban nhân dân|\bUBND\b|\bSở [A-ZĐ]|[Cc]ơ quan đăng ký kinh doanh cấp"
)
_ELSEWHERE = re.compile(
    r"[Nn]gười đứng đầu|[Cc]ông an\b|[Cc]ảnh sát|[Bb]ảo hiểm xã hội|[Cc]ơ quan thuế|[Hh]ải quan|Tòa án|[Tt]rường (?!hợp)|[Đđ]iện lực"
    r"|[Cc]ông ty|[Bb]ưu điện|[Nn]gân hàng|[Tt]ổ chức cấp|\bCục [A-ZĐ]|\bBộ [A-ZĐ]|công chứng\b|[Cc]ơ quan đại diện|nơi khám bệnh|sổ gốc"
    r"|[Pp]hòng quản lý xuất nhập cảnh|Văn phòng đăng ký đất đai|Trung tâm Phục vụ hành chính công (?:tỉnh|thành phố) [A-ZĐ]"
)
_SAYS_WHERE = re.compile(r"\b(?:nộp|khai|đăng ký|gửi)\b[^.;]*?\b(?:tại|cho|đến)\b|^(?:Đến|Tại|Gửi (?!kèm|hồ sơ)|Lần đầu gửi)\b", re.I)


@dataclass(frozen=True)
class Reception:
    """Of which levels a committee's one-stop centre takes the papers; of none: the agency that the version names does."""

    commune: bool = False
    province: bool = False

    def __bool__(self) -> bool:
        return self.commune or self.province


def _bodies(agency: str) -> list[str]:
    return [part.strip(" .") for part in _BETWEEN.split(agency) if part.strip(" .")]


def _levels_of(body: str) -> set[str]:
    """The levels whose committee this body is or belongs to; none where it is somebody else's."""
    plain = body.casefold()
    if _ANY_COMMITTEE.match(plain):
        return {Level.COMMUNE, Level.PROVINCE}
    if _OF_COMMUNE.match(plain):
        return {Level.COMMUNE}
    return {Level.PROVINCE} if _OF_PROVINCE.match(plain) else set()


def _first(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return found.start() if found else len(text)


def _tidy(text: str) -> str:
    return normalize("NFC", text).replace("Uỷ", "Ủy").replace("uỷ", "ủy")


def says_where(note: str) -> bool:
    """Whether words on a way of filing say where one goes, not only what to bring or how long it takes."""
    return bool(_SAYS_WHERE.search(_tidy(note)))


def reception(levels: Iterable[str], agency: str, told: str = "") -> Reception:
    """Who takes the papers. ``agency``: who carries it out (else who is competent); ``told``: where one goes, in the version's words.

    Words that name an office come before the agency; of several offices the one named first. A version at neither level, an agency of
    one named place, and anything not known to be a committee's is left to its own words.
    """
    known = {Level.COMMUNE, Level.PROVINCE} & set(levels)
    agency, told = _tidy(agency), _tidy(told)
    all_bodies = _bodies(agency)
    # "Sở Y tế; Sở An toàn thực phẩm (Thành phố Hồ Chí Minh)": one place's committee does not decide for the others. Somebody else does.
    bodies = [body for body in all_bodies if not (_NAMED.search(body) and _levels_of(body))]
    one_stop, elsewhere = _first(_ONE_STOP, told), _first(_ELSEWHERE, told)
    if elsewhere < one_stop or (all_bodies and not bodies):
        return Reception()
    found = [_levels_of(body) for body in bodies]
    ours = bool(found) and all(found)
    if one_stop == len(told) and not ours:
        return Reception()
    # The levels that the words name; else those of the committees; else, where a centre takes it for others, wherever it is carried out.
    at = set().union(*found) & known if ours else known
    at = {level for level, words in ((Level.COMMUNE, "cấp xã"), (Level.PROVINCE, "cấp tỉnh")) if words in told} & at or at
    return Reception(commune=Level.COMMUNE in at, province=Level.PROVINCE in at)
