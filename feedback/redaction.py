"""What in a text tells who somebody is (Rules art. 45: published without personal data): found by the machine, decided by an officer.

Pure functions. Rather a mark too many than one too few: leaving in costs the officer a press, a number that slipped through costs a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

ID, PHONE, EMAIL, ADDRESS, ACCOUNT, CODE, NAME, NUMBER = "id", "phone", "email", "address", "account", "code", "name", "number"
TAX, INSURANCE, SOCIAL, PLATE, BIRTH, LAND = "tax", "insurance", "social", "plate", "birth", "land"
LABELS = {
    NAME: "Tên người",
    ID: "Số định danh, chứng minh nhân dân, hộ chiếu",
    BIRTH: "Ngày, năm sinh",
    PHONE: "Số điện thoại",
    EMAIL: "Thư điện tử",
    SOCIAL: "Trang, tên trên mạng xã hội",
    ADDRESS: "Địa chỉ",
    LAND: "Thửa đất, giấy chứng nhận",
    PLATE: "Biển số xe",
    TAX: "Mã số thuế",
    INSURANCE: "Số bảo hiểm xã hội, bảo hiểm y tế",
    ACCOUNT: "Số tài khoản",
    CODE: "Mã hồ sơ, mã phản ánh, mã thanh toán",
    NUMBER: "Dãy số khác",
}
"""Kinds, as the officer reads them."""
STAND_INS = {
    NAME: "[tên người]",
    ID: "[số định danh]",
    BIRTH: "[ngày sinh]",
    SOCIAL: "[mạng xã hội]",
    LAND: "[thửa đất]",
    PLATE: "[biển số]",
    TAX: "[mã số thuế]",
    INSURANCE: "[số bảo hiểm]",
    PHONE: "[số điện thoại]",
    EMAIL: "[thư điện tử]",
    ADDRESS: "[địa chỉ]",
    ACCOUNT: "[số tài khoản]",
    CODE: "[mã]",
    NUMBER: "[số]",
}
"""What stands in the text where something was taken out."""
_ORDER = (ADDRESS, LAND, NAME, EMAIL, SOCIAL, CODE, TAX, INSURANCE, PLATE, BIRTH, ACCOUNT, ID, PHONE, NUMBER)
"""Which kind names a place that several found, the first first."""


@dataclass(frozen=True)
class Known:
    """What is known of the people in a case."""

    names: Collection[str] = ()
    """Of the sender and of whom the sender writes for."""
    officers: Collection[str] = ()
    addresses: Collection[str] = ()
    codes: Collection[str] = ()
    """Of the petition, its dossier, its payment."""
    contacts: Collection[str] = ()
    """Phones and e-mail addresses of the sender, however they are written."""


@dataclass(frozen=True)
class Mark:
    """A place in a text: ``text[start:end]``."""

    start: int
    end: int
    kind: str
    text: str

    @property
    def label(self) -> str:
        """The kind, as the officer reads it."""
        return LABELS[self.kind]

    @property
    def key(self) -> str:
        """By which the same thing is known in another place: its letters and digits, plain."""
        return sign_key(self.text)


def sign_key(text: str) -> str:
    """Letters and digits of a text, lower case, without diacritics."""
    return "".join(sign for sign in plain(text) if sign.isalnum())


def plain(text: str) -> str:
    """The text in lower case without diacritics, sign by sign: every sign keeps its place."""
    return "".join(_plain_sign(sign) for sign in text)


def _plain_sign(sign: str) -> str:
    if sign in "đĐ":
        return "d"
    if unicodedata.category(sign) == "Nd":
        return str(unicodedata.digit(sign))
    # Full-width letters and the like too.
    base = unicodedata.normalize("NFKD", sign)[:1] or sign
    low = base.lower()
    return low if len(low) == 1 else sign


# Letters with their marks apart (a text that was not composed): between the letters of a name.
_MARKS = "[\u0300-\u036f]*"
_GAP = r"[\s.,\-_·\u00a0]+"
_DIGIT_GAP = r"[ .\-\u00a0\u2009\u2010-\u2015()/]{0,3}"

# Every pattern begins where a word does and repeats so often and no more: a text of any length is read in one go.
_AT = r"(?:\s{0,3}(?:@|\(at\)|\[at\]|\((?:a còng|a cong)\))\s{0,3}|\s(?:a còng|a cong)\s)"
_DOT = r"(?:\.|\s{1,2}\.\s{0,2}|\s{0,2}(?:\(dot\)|\[dot\])\s{0,2}|\s(?:chấm|cham)\s)"
_DOMAIN_END = r"\.\s{1,2}(?:com|vn|net|org|edu|gov|info)(?!\w)"
_EMAIL = re.compile(rf"(?<![\w.+%\-])[\w.+%\-]+{_AT}[\w\-]{{1,63}}(?:{_DOT}[\w\-]{{1,63}}|{_DOMAIN_END}){{1,6}}", re.IGNORECASE)
_SOCIAL = (
    re.compile(
        r"(?<!\w)(?:https?://)?(?:www\.|m\.|vi-vn\.)?(?:facebook|fb|zalo|tiktok|instagram|twitter|x|youtube|youtu|telegram|t|linkedin|threads|"
        r"messenger|viber|wechat)\.(?:com|me|vn|net|org|be)/[^\s,;)]{1,300}",
    ),
    re.compile(
        r"(?<!\w)(?:facebook|face|fb|zalo|tiktok|instagram|telegram|viber|messenger|skype|wechat|nick(?: name)?)"
        r"(?: (?:la|ten|cua toi|ca nhan))?\s{0,2}[:=\-]?\s{0,2}(?:la )?"
        r"(?P<place>[\w.]{0,40}\d[\w.]{0,40}|@[\w.]{2,60}|[a-z]{1,40}[._][\w.]{1,40})",
    ),
    re.compile(
        r"(?<!\w)(?:facebook|face|fb|zalo|tiktok|instagram|telegram|nick(?: name)?)\s{0,2}:\s{0,2}(?P<place>[^\s,;.\[][^\s,;.]{1,60})"
    ),
    re.compile(r"(?<![\w@.])@[a-z_][\w.]{2,60}"),
)
"""Read in plain text."""
_PLATE = re.compile(r"(?<!\w)\d{2}-?[a-z]{1,2}\d?[\s.\-\u2010-\u2015]{0,3}(?:\d{3}[.\s]?\d{2}|\d{4})(?!\w)")
_DAY_OR_YEAR = (
    r"\d{1,2}\s?[/.\-]\s?\d{1,2}\s?[/.\-]\s?\d{2,4}|\d{1,2}\s?[/.\-]\s?(?:19|20)\d\d|"
    r"\d{1,2} thang \d{1,2}(?:,? nam \d{2,4})?|(?:19|20)\d\d(?!\d)"
)
_BIRTH = (
    re.compile(
        r"(?<!\w)(?:ngay(?:,? thang)?(?:,? nam)? sinh|nam sinh|sinh(?: ngay| nam| thang| vao| luc){0,3}|sn)[\s:,.\-]{0,3}(?:la )?"
        rf"(?:ngay |nam )?(?P<place>{_DAY_OR_YEAR})"
    ),
    # "giấy khai sinh ngày 2/11" is when it was asked for.
    re.compile(r"(?<!\w)(?<!khai )sinh (?:ngay|thang|nam)[\s:]{0,3}(?P<place>\d{1,2}(?:\s?[/.\-]\s?\d{1,2})?)(?![\d/])"),
)
_LAND = (
    re.compile(
        r"(?<!\w)(?:thửa|thua)(?: đất| dat)?(?: số| so)?[\s:,]{0,3}\d[\w/\-]{0,20}"
        r"(?:[\s,;(\-]{0,3}(?:thuộc |thuoc )?(?:tờ|to)(?: \(?(?:bản đồ|ban do)\)?)?(?: số| so)?[\s:]{0,3}\d[\w/\-]{0,20})?",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\w)(?:tờ|to) \(?(?:bản đồ|ban do)\)?(?: địa chính| dia chinh)?(?: số| so)?[\s:]{0,3}\d[\w/\-]{0,20}", re.IGNORECASE),
    re.compile(
        r"(?<!\w)(?:giấy chứng nhận|giay chung nhan|gcn|gcnqsdđ|sổ đỏ|so do|sổ hồng|so hong|seri|sê-ri|số phát hành|so phat hanh)"
        r"(?: số| so)?[\s:]{0,3}(?P<place>[a-zđ]{1,2}[ ]?\d{5,8})(?!\w)",
        re.IGNORECASE,
    ),
)
_PASSPORT = (
    re.compile(r"(?<!\w)(?:ho chieu|passport)(?: so| no)?[\s:.]{0,3}(?P<place>[a-z]{0,2}\s?\d{6,9})(?!\w)"),
    re.compile(r"(?<!\w)[a-z]\d{7,8}(?!\w)"),
)
_TAX = re.compile(
    r"(?<!\w)(?:ma so thue|ma thue|mst)(?: ca nhan| doanh nghiep| cua toi| la| so){0,2}[\s:.,]{0,4}(?P<place>\d[\d .\-]{7,14}\d)(?!\d)"
)
_INSURANCE = re.compile(
    r"(?<!\w)(?:bao hiem(?: xa hoi| y te)?|bhxh|bhyt|ma the)(?: ca nhan| cua toi| la| so){0,2}[\s:.,]{0,4}"
    r"(?P<place>(?:[a-z]{2}\s?\d?)?\s?\d[\d .\-]{6,16}\d)(?!\d)"
)
_CODE = re.compile(
    r"(?<![\w.])(?:\d{3}\.\d{2}\.\d{2}\.)?[a-z]{1,3}\d{1,3}(?:\.\d{1,4})*-\d{6}-\d{3,10}(?!\w)"  # dossiers: H26.101-251116-0001
    r"|(?<!\w)(?:pa|tt|dv|bl)[0-9a-z]{2}[0-9a-z\-]{6,16}(?!\w)(?<=[0-9a-z])",  # what the portal gives out itself
)
_DIGITS = re.compile(rf"(?<![0-9])\+?\(?\d(?:{_DIGIT_GAP}\d){{5,}}")
_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[./\- ](?:0?[1-9]|1[0-2])[./\- ](?:19|20)\d\d|(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
)
_MONEY = re.compile(r"[1-9]\d{0,2}(?:[.\s]\d{3})+|[1-9]\d*")
_MONEY_AFTER = re.compile(r"\s*(?:,-\s*)?(?:d|dong|vnd|vnđ|trieu|ty)\b")
_NO_NUMBERS = re.compile(
    r"(?<![\d.])\d\.\d{6}(?:\.\d{1,3})*(?:\.h\d+)?(?!\d)"  # codes of procedures
    r"|(?<![\d/])(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])/(?:19|20)\d\d(?![\d/])"  # days
)
# Numbers that a service publishes, said to be called: 1900 0101, 1800 1096.
_SERVICE = re.compile(r"1[89]00[ .\-]?\d{4}|1[89]00[ .\-]\d{6}|1[89]00[ .\-]\d{3}[ .\-]\d{3}|1[89]00[ .\-]\d{2}[ .\-]\d{2}(?:[ .\-]\d{2})?")
_CALLED_BEFORE = re.compile(r"(?:goi|tong dai|duong day nong|hotline|so truc|dien thoai|lien he|mien phi)[\w ]{0,20}\W{0,3}$")
_ACCOUNT_BEFORE = re.compile(r"(?:so tai khoan|tai khoan(?: ngan hang)?(?: so)?|stk|tk|so the|the so)\W{0,4}$")

_STREET = (
    r"(?:đường|duong|phố|pho|ngõ|ngo|ngách|ngach|hẻm|hem|kiệt|kiet|thôn|thon|ấp|xóm|xom|bản|buôn|buon|làng|lang|khu phố|khu pho|khu|"
    r"tổ dân phố|to dan pho|tổ|to)"
)
_CAPITAL = (
    "["
    + "".join(sign for sign in map(chr, range(ord("A"), ord("Ỹ") + 1)) if sign.isupper() and unicodedata.name(sign).startswith("LATIN"))
    + "]"
)
_PROPER = rf"(?:{_CAPITAL}[\w'’]{{0,40}}|\d[\w/\-]{{0,30}})"
_PLACE = rf"{_PROPER}(?:[ \u00a0]{_PROPER}){{0,4}}"
_NUMBERED = r"[ \u00a0]{0,3}[A-Za-z]{0,2}\d[\w/\-]{0,30}"
_HOUSE_WORD = r"(?i:số nhà|so nha|nhà số|nha so|sn)"
_HOUSE = rf"(?:{_HOUSE_WORD}|(?i:căn hộ(?: số)?|can ho(?: so)?|phòng|phong|nhà|nha|lô|lo|số|so)){_NUMBERED}"
_PART = rf"(?:(?i:{_STREET})[ \u00a0]+{_PLACE})"
_REST = rf"(?:[ ,\u00a0]{{1,4}}{_PART})"
_ADDRESS = re.compile(
    rf"(?<!\w)(?:{_HOUSE}{_REST}+|{_HOUSE_WORD}{_NUMBERED}(?:[ ,\u00a0]+{_PLACE})?|\d[\w/\-]{{0,30}}{_REST}+|{_PART}{_REST}*)"
)
# "12 phố hàng bài": in small letters only after a number and a word that names nothing but ways and hamlets; up to three syllables.
_LOW_STREET = r"(?:đường|duong|phố|pho|ngõ|ngo|ngách|ngach|hẻm|hem|thôn|thon|ấp|xóm|xom)"
_LOW_SYLLABLE = rf"(?!{_CAPITAL})(?!(?:bị|đang|đã|có|và|của|cho|không|thì|là|bi|dang|da|co|va|cua|khong|thi|la)(?!\w))[^\W\d_]{{1,8}}"
_LOW_ADDRESS = re.compile(
    rf"(?<![\w./\-])(?:{_HOUSE}|\d{{1,3}}[A-Za-z]?(?:/\d{{1,4}}[A-Za-z]?){{0,4}})[ ,\u00a0]{{1,3}}(?i:{_LOW_STREET})[ \u00a0]"
    rf"(?:\d{{1,4}}[\w/]{{0,10}}[ ,\u00a0]{{1,3}}(?i:{_LOW_STREET})[ \u00a0])?{_LOW_SYLLABLE}(?:[ \u00a0]{_LOW_SYLLABLE}){{0,2}}(?!\w)",
)
# "12 Hàng Bài": a number and a name without the word for a street; one word is enough after what says where.
_AT_HOME = (
    r"(?i:ở|tại|địa chỉ|địa chỉ là|thường trú|tạm trú|cư trú|trú tại|ngụ|ngụ tại|sống tại|o|tai|dia chi|thuong tru|tam tru|cu tru|ngu)"
)
_HOUSE_NUMBER = r"\d{1,4}[A-Za-z]?(?:[/\-]\d{1,4}[A-Za-z]?){0,4}"
_BARE_NUMBER = r"(?i:số|so)[ \u00a0]\d{1,4}[A-Za-z]?"
_NAME_OF_STREET = rf"{_CAPITAL}[^\W\d_]{{1,20}}"
_NO_STREET = (
    r"(?!(?i:nghị|luật|bộ|quyết|thông|ủy|uỷ|ubnd|điều|khoản|điểm|mục|tháng|năm|thủ|chỉ|công|sở|phòng|văn|trung|việt|tỉnh|quy|hội|ban|chính)"
    r"(?!\w))"
)
_SHORT_ADDRESS = (
    re.compile(rf"(?<![\w./\-]){_HOUSE_NUMBER}[ \u00a0]{_NO_STREET}{_NAME_OF_STREET}(?:[ \u00a0]{_NAME_OF_STREET}){{1,3}}"),
    re.compile(
        rf"(?<!\w){_AT_HOME}\s{{0,2}}:?\s{{0,2}}(?P<place>{_HOUSE_NUMBER}[ \u00a0]{_NAME_OF_STREET}(?:[ \u00a0]{_NAME_OF_STREET}){{0,3}})"
    ),
    # "ở số 15/4", "nhà tôi ở số 15", without a street; not "ở số 15/QĐ", "tại số 5 điều 3".
    re.compile(rf"(?<!\w){_AT_HOME}\s{{0,2}}:?\s{{0,2}}(?P<place>{_BARE_NUMBER}(?:/\d{{1,4}}[A-Za-z]?){{1,4}})(?![\w/\-])"),
    re.compile(
        rf"(?<!\w)(?i:nhà|nha)(?:[ \u00a0][^\W\d_]{{1,6}}){{0,3}}[ \u00a0](?i:ở|tại|o|tai)[ \u00a0](?P<place>{_BARE_NUMBER})"
        r"(?![\w/\-]|[ .]\d)"
    ),
)

_TITLE = (
    r"(?:ông|bà|anh|chị|cô|chú|bác|em|cháu|cụ|thầy|đồng chí|đ/c|cán bộ|công chức|viên chức|chuyên viên|con tên|tên là|tên|"
    r"vợ|chồng|bố|cha|mẹ|con|con trai|con gái|dì|cậu|mợ|thím|dượng|bạn|mình|chủ hộ|trưởng thôn|nhân viên|giám đốc|chủ tịch|bí thư|"
    r"(?:tôi|em|cháu|con|mình|vợ|chồng|bố|mẹ|cha) là|tôi tên|họ tên|họ và tên|(?:vợ|chồng|bố|mẹ|cha|con) tôi(?: là)?|"
    r"ong|ba|chi|co|chu|bac|chau|cu|thay|dong chi|d/c|can bo|cong chuc|chuyen vien|ten la|ten|vo|chong|bo|me|toi la|em la|chau la|toi ten|"
    r"facebook|fb|zalo|nick|ho ten|ho va ten|ban|nhan vien|giam doc|chu ho)"
)
_WORD = rf"{_CAPITAL}[^\W\d_]*(?:['’ʼ`\-][^\W\d_]+){{0,3}}"
_TITLED = re.compile(rf"(?<!\w)(?i:{_TITLE})\s{{0,3}}:?\s{{1,3}}(?P<name>{_WORD}(?:[ \u00a0]{{1,2}}{_WORD}){{0,5}})")
_APOSTROPHE = re.compile(rf"(?<!\w)(?:[KHYkhy]['’ʼ`] ?{_WORD}|[HY][ ]{_WORD})(?:[ \u00a0]{_WORD}){{0,3}}")
"""K'Brếu, H'Hen Niê, Y Bhiêm."""
# In lower case only families that are no everyday words, as they are written with diacritics and without.
_LOW_FAMILY = (
    r"(?:nguyễn|trần|lê|phạm|hoàng|huỳnh|phan|vũ|võ|đặng|bùi|đỗ|hồ|ngô|dương|lý|đinh|trịnh|trương|đoàn|mai|cao|lưu|lương|thái|châu|tạ|phùng|"
    r"tô|quách|tăng|hà|kiều|nghiêm|tống|triệu|bạch|văn|đàm|lâm|giang|vương|đào|chu|nông|lò|giàng|sùng|vàng|thào|hứa|khổng|doãn|mạc|từ|"
    r"nguyen|tran|le|pham|hoang|huynh|phan|vu|vo|bui|ngo|duong|dinh|trinh|truong|doan|luu|luong|chau|phung|quach|tang|kieu|nghiem|trieu|"
    r"bach|vuong)"
)
_LOW_WORD = r"[^\W\d_]{1,12}"
_LOW_NAMES = (
    re.compile(rf"(?<!\w){_TITLE}\s{{0,3}}:?\s{{1,3}}(?P<place>{_LOW_FAMILY}(?:[ \u00a0]{_LOW_WORD}){{1,3}})(?!\w)", re.IGNORECASE),
    re.compile(rf"(?<!\w){_LOW_FAMILY}[ \u00a0](?:văn|thị|van|thi)(?:[ \u00a0]{_LOW_WORD}){{1,2}}(?!\w)", re.IGNORECASE),
)
_FAMILIES = frozenset(
    re.findall(
        r"[a-z]+",
        "nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dinh trinh truong doan mai cao luu luong thai chau ta "
        "phung to quach tang la ha kieu nghiem tong trieu bach van dam lam giang vuong "
        "lo giang sung vang thao mua cam quang phan tan chao lau ma nong hua sam chu dieu ro ksor siu nay kpa nie thach son kim danh ung "
        "tieu tu luc khong khuat phi doan dao dong ton au vien mac han vi lu ca dau bo an lai trang tong luong quan vua hang cu hau ly",
    )
)
_FULL_NAME = re.compile(
    rf"(?<!\w)(?P<family>{_CAPITAL}[^\W\d_]*)(?:[ \u00a0]{_WORD}){{1,4}}(?!\w)"
)  # fmt: skip
_NO_NAMES = re.compile(
    r"(?:van phong|ha (?:noi|tinh|nam|giang|long)|cao bang|lam dong|thai (?:nguyen|binh|lan)|ho chi minh|dong (?:nai|thap)|kien giang|"
    r"to (?:quoc|dan pho|chuc)|dang cong san|quang (?:ninh|nam|ngai|binh|tri)|son la|an giang|ca mau|lai chau|lao cai|kim boi|tu liem|"
    r"phu (?:tho|yen|quoc)|dong (?:da|anh)|vi tri|quan doi|hang khong|an ninh|tu phap|tai chinh)\b"
)
"""What begins like names: agencies and places (``Văn phòng Chính phủ``, ``Hà Nội``)."""


def marks(text: str, known: Known | None = None) -> list[Mark]:
    """All places of a text that may tell who somebody is, in order, none overlapping another."""
    about = known or Known()
    if not re.search("[\u0300-\u036f]", text):
        return _marks(text, about)
    # Letters with their marks apart are read as those they make, and what is found is told in the signs of the text.
    letters = [match.group() for match in re.finditer("(?s:.)[\u0300-\u036f]*", text)]
    begins = [0, *accumulate(len(letter) for letter in letters)]
    found = _marks("".join(unicodedata.normalize("NFC", letter)[0] for letter in letters), about)
    places = ((begins[mark.start], begins[mark.end], mark.kind) for mark in found)
    return [Mark(start, end, kind, text[start:end]) for start, end, kind in places]


def _marks(text: str, about: Known) -> list[Mark]:
    flat = plain(text)
    found = [
        *_found(_EMAIL, text, EMAIL),
        *(place for pattern in _SOCIAL for place in _found(pattern, flat, SOCIAL)),
        *_found(_PLATE, flat, PLATE),
        *(place for pattern in _BIRTH for place in _found(pattern, flat, BIRTH)),
        *(place for pattern in _LAND for place in _found(pattern, text, LAND)),
        *(place for pattern in _PASSPORT for place in _found(pattern, flat, ID)),
        *_found(_TAX, flat, TAX),
        *_found(_INSURANCE, flat, INSURANCE),
        *(place for pattern in _SHORT_ADDRESS for place in _found(pattern, text, ADDRESS)),
        *_found(_APOSTROPHE, text, NAME),
        *(place for pattern in _LOW_NAMES for place in _found(pattern, text, NAME)),
        *_found(_CODE, flat, CODE),
        *_numbers(flat),
        *_found(_ADDRESS, text, ADDRESS),
        *_found(_LOW_ADDRESS, text, ADDRESS),
        *((match.start("name"), match.end("name"), NAME) for match in _TITLED.finditer(text)),
        *_full_names(text, flat),
    ]
    for names in (about.names, about.officers):
        for name in names:
            found += _said(flat, name, NAME)
            parts = name.split()
            if len(parts) >= 3:
                # "Giả Định" for Nguyễn Thị Giả Định.
                found += _said(flat, " ".join(parts[-2:]), NAME)
    for address in about.addresses:
        found += _said(flat, address, ADDRESS)
        for part in re.split(r"[,;–\n]", address):
            if any(sign.isdigit() for sign in part) or re.match(rf"\s*{_PART}", part):
                found += _said(flat, part, ADDRESS)
    for code in about.codes:
        found += _said(flat, code, CODE)
    for contact in about.contacts:
        if "@" in contact:
            found += _said(flat, contact, EMAIL)
        else:
            found += _phone(flat, contact)
    return [replace(mark, text=text[mark.start : mark.end]) for mark in _joined(found)]


def _found(pattern: re.Pattern[str], text: str, kind: str) -> Iterable[tuple[int, int, str]]:
    """What a pattern finds: its group ``place``, where it has one."""
    part = "place" if "place" in pattern.groupindex else 0
    return ((match.start(part), match.end(part), kind) for match in pattern.finditer(text))


def _numbers(flat: str) -> Iterable[tuple[int, int, str]]:
    """Rows of six digits and more: numbers of people, phones, accounts; not dates, amounts, codes of procedures."""
    flat = _NO_NUMBERS.sub(lambda match: "x" * len(match.group()), flat)
    for match in _DIGITS.finditer(flat):
        start, end, said = match.start(), match.end(), match.group()
        while said and said[-1] in " .-()/\u00a0":
            said, end = said[:-1], end - 1
        if said.startswith("(") and ")" not in said:
            # Of the words around it: "(0912 345 678)".
            said, start = said[1:], start + 1
        elif said.count(")") > said.count("(") and flat[start - 1 : start] == "(":
            # "(+84) 912 345 678"
            start -= 1
        digits = re.sub(r"\D", "", said)
        if _DATE.fullmatch(said):
            continue
        if _MONEY.fullmatch(said) and _MONEY_AFTER.match(flat, end):
            continue
        if _ACCOUNT_BEFORE.search(flat, max(0, start - 40), start):
            kind = ACCOUNT
        elif _SERVICE.fullmatch(said) and _CALLED_BEFORE.search(flat, max(0, start - 60), start):
            continue
        elif said.lstrip("(")[0] == "+" or (10 <= len(digits) <= 11 and said.lstrip("(").startswith(("0", "84"))):
            kind = PHONE
        elif len(digits) in (9, 12):
            kind = ID
        elif len(digits) >= 8:
            kind = ACCOUNT
        elif len(digits) >= 6 and not re.search(r"[ /\-]", said) and "." not in said:
            kind = NUMBER
        else:
            continue
        yield start, end, kind


def _full_names(text: str, flat: str) -> Iterable[tuple[int, int, str]]:
    for match in _FULL_NAME.finditer(text):
        words = flat[match.start() : match.end()].split()
        is_name = words[0] in _FAMILIES or (len(words) >= 3 and words[1] in ("van", "thi"))
        if is_name and not _NO_NAMES.match(" ".join(words)):
            yield match.start(), match.end(), NAME


def _said(flat: str, words: str, kind: str) -> Iterable[tuple[int, int, str]]:
    """Where words stand in a plain text, whatever their capitals, diacritics, spaces and punctuation between."""
    parts = re.findall(r"\w+", plain(unicodedata.normalize("NFC", words)))
    if not parts or len("".join(parts)) < 3:
        return []
    said = _GAP.join(_MARKS.join(re.escape(sign) for sign in part) + _MARKS for part in parts)
    if kind == EMAIL:
        said = r"\W{1,3}".join(re.escape(part) for part in parts)
    elif kind in (CODE, ADDRESS):
        said = r"[\W_]{1,5}".join(_MARKS.join(re.escape(sign) for sign in part) + _MARKS for part in parts)
    return ((match.start(), match.end(), kind) for match in re.finditer(rf"(?<!\w){said}(?!\w)", flat))


def _phone(flat: str, number: str) -> Iterable[tuple[int, int, str]]:
    digits = re.sub(r"\D", "", number)
    local = digits.removeprefix("84") if digits.startswith("84") else digits.removeprefix("0")
    if len(local) < 6:
        return []
    said = _DIGIT_GAP.join(local)
    return ((match.start(), match.end(), PHONE) for match in re.finditer(rf"(?:\+?{_DIGIT_GAP.join('84')}|0)?{_DIGIT_GAP}{said}", flat))


def _joined(found: Iterable[tuple[int, int, str]]) -> list[Mark]:
    """Places in order; those that overlap become one."""
    joined: list[Mark] = []
    for start, end, kind in sorted(found, key=lambda place: (place[0], -place[1])):
        if start >= end:
            continue
        if joined and start < joined[-1].end:
            last = joined[-1]
            # Of two that overlap the longer one says what it is; of equals the order of kinds.
            longer = end - start > last.end - last.start or (
                end - start == last.end - last.start and _ORDER.index(kind) < _ORDER.index(last.kind)
            )
            joined[-1] = Mark(last.start, max(last.end, end), kind if longer else last.kind, "")
        else:
            joined.append(Mark(start, end, kind, ""))
    return joined


def without(text: str, places: Sequence[Mark]) -> str:
    """The text with these places taken out, each replaced by what was there."""
    out, at = [], 0
    for mark in sorted(places, key=lambda place: place.start):
        out += [text[at : mark.start], STAND_INS[mark.kind]]
        at = mark.end
    return "".join([*out, text[at:]])


def undecided(text: str, known: Known, left: Collection[str]) -> list[Mark]:
    """The places of a text that nobody decided to leave in. ``left``: keys (:attr:`Mark.key`) of what was."""
    return [mark for mark in marks(text, known) if mark.key not in left]
