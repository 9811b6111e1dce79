"""Accounts as they were counted last: by kind, by ways in, on the two scales of assurance, and against the Scheme's targets (A-15).

Each figure is a sum over rows of `AccountCount`; what it counts stands beside it in words, for the people behind it are nobody's to list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max, Q, Sum

from accounts import counts
from portal.access import Assurance
from ratings.board.rules import share
from ratings.models import AccountCount, Target

KINDS = {
    counts.PERSON: ("Công dân", "Người có số định danh cá nhân, không giữ chức danh trong cơ quan."),
    counts.FOREIGNER: (
        "Người nước ngoài, người Việt Nam ở nước ngoài",
        "Người được biết bằng hộ chiếu hoặc giấy tờ khác, chưa có số định danh cá nhân.",
    ),
    counts.OFFICER: ("Cán bộ", "Người đang giữ chức danh trong một cơ quan nhà nước; không tính thêm lần nữa là công dân."),
    "enterprise": (
        "Doanh nghiệp",
        "Doanh nghiệp chưa giải thể mà hiện có người được làm thay: đại diện theo pháp luật hoặc được ủy quyền.",
    ),
    "cooperative": ("Hợp tác xã", "Như doanh nghiệp."),
    "organisation": ("Tổ chức khác", "Như doanh nghiệp."),
}
WAYS = {
    counts.CERTIFICATE: (
        "Chứng thư số",
        "USB Token, SIM ký số, ký số từ xa hoặc tệp ký số: đăng ký bằng chứng thư, giữ chức danh gắn với chứng thư, hoặc đã đăng nhập hay"
        " xác thực bằng chứng thư trong thời gian lịch sử đăng nhập còn lưu.",
    ),
    counts.VNEID: ("VNeID", "Đã liên kết tài khoản định danh điện tử VNeID."),
    counts.PASSKEY: ("Khóa truy cập", "Đã gắn ít nhất một khóa (vân tay, khuôn mặt, mã PIN của thiết bị)."),
    counts.APP: ("Ứng dụng tạo mã", "Đã gắn ứng dụng tạo mã."),
    counts.CODE: ("Mật khẩu một lần", "Có số điện thoại đã đăng ký, hoặc thư điện tử đã xác nhận."),
    counts.MANDATE: ("Qua người đại diện", "Tài khoản của tổ chức: ai làm thay thì đăng nhập bằng tài khoản của chính mình."),
    "": ("Chưa có cách nào", "Không còn điện thoại, thư điện tử, khóa hay chứng thư nào."),
}
LEVELS = {Assurance.HIGH: "Cao", Assurance.MEDIUM: "Trung bình", Assurance.NONE: "Chưa có"}


@dataclass(frozen=True)
class Line:
    """One figure with its share of all accounts, and the words that define it."""

    key: str
    name: str
    words: str
    number: int
    share: Decimal | None


@dataclass(frozen=True)
class Cell:
    """Accounts with one identity assurance and one authenticator assurance."""

    identity: str
    authenticator: str
    number: int


@dataclass(frozen=True)
class Step:
    """What a target wants by the end of a year, against what there was then and is now."""

    year: int
    wanted: int
    then: int | None
    """Of accounts that are still in use: how many were opened by the end of that year; None while it runs."""
    now: int

    @property
    def is_met(self) -> bool:
        """Whether there are as many today."""
        return self.now >= self.wanted

    @property
    def missing(self) -> int:
        """How many more are wanted today."""
        return max(self.wanted - self.now, 0)


@dataclass(frozen=True)
class Counted:
    """Everything the page shows."""

    total: int
    counted_at: datetime | None
    kinds: list[Line]
    ways: list[Line]
    """An account with several ways stands in each of them."""
    surest: list[Line]
    """Every account once, by its surest way."""
    identity: list[Line]
    authenticator: list[Line]
    cells: list[Cell]
    steps: list[Step]
    law: str


def counted(today: date) -> Counted:
    """All figures of the page (three queries, whatever there is)."""
    rows = [
        (kind, Assurance(identity), tuple(filter(None, ways.split(counts.SIGN))), number)
        for kind, identity, ways, number in AccountCount.objects.order_by()
        .values_list("kind", "identity", "ways")
        .annotate(all=Sum("number"))
    ]
    total = sum(number for *_of, number in rows)

    def lines(names: Iterable[tuple[str, str, str]], holds: Callable[[str, str, Assurance, tuple[str, ...]], bool]) -> list[Line]:
        found = []
        for key, name, words in names:
            number = sum(number for kind, identity, ways, number in rows if holds(key, kind, identity, ways))
            found.append(Line(key, name, words, number, share(number, total)))
        return found

    ways = [(key, *said) for key, said in WAYS.items()]
    scale = [(str(int(level)), name, "") for level, name in LEVELS.items()]
    cells = [
        Cell(
            of_identity,
            of_authenticator,
            sum(number for _kind, known, held, number in rows if known is identity and counts.authenticator(held) is level),
        )
        for identity, of_identity in LEVELS.items()
        for level, of_authenticator in LEVELS.items()
    ]
    steps, law = _steps(today)
    return Counted(
        total=total,
        counted_at=AccountCount.objects.aggregate(at=Max("counted_at"))["at"],
        kinds=lines([(key, *said) for key, said in KINDS.items()], lambda key, kind, _identity, _ways: key == kind),
        ways=[line for line in lines(ways, lambda key, _kind, _identity, held: key in held) if line.key],
        surest=[line for line in lines(ways, lambda key, _kind, _identity, held: key == counts.surest(held)) if line.key or line.number],
        identity=_filled(lines(scale, lambda key, _kind, identity, _ways: key == str(int(identity)))),
        authenticator=_filled(lines(scale, lambda key, _kind, _identity, held: key == str(int(counts.authenticator(held))))),
        cells=[cell for cell in cells if cell.number],
        steps=steps,
        law=law,
    )


def _filled(lines: list[Line]) -> list[Line]:
    """High and medium always; nobody should be below, and where somebody is, it shows."""
    return [line for line in lines if line.number or line.key != str(int(Assurance.NONE))]


def _steps(today: date) -> tuple[list[Step], str]:
    """What the target that holds today wants, year by year, and where it stands written (two queries)."""
    target = (
        Target.objects.filter(Q(valid_to=None) | Q(valid_to__gte=today), source="accounts", valid_from__lte=today)
        .order_by("position", "code")
        .first()
    )
    if target is None:
        return [], ""
    opened = list(AccountCount.objects.order_by().values_list("month").annotate(all=Sum("number")))
    now = sum(number for _month, number in opened)
    return [
        Step(
            int(year),
            int(wanted),
            sum(number for month, number in opened if month.year <= int(year)) if int(year) < today.year else None,
            now,
        )
        for year, wanted in sorted(target.steps.items())
    ], target.law


def rows_of() -> list[list[str | int | None]]:
    """The kept counts themselves, for a spreadsheet: every figure of the page is a sum of these (one query)."""
    found: list[list[str | int | None]] = []
    for row in AccountCount.objects.order_by("month", "kind", "identity", "ways"):
        held = tuple(filter(None, row.ways.split(counts.SIGN)))
        names = ", ".join(WAYS[way][0] for way in held) or WAYS[""][0]
        found.append(
            [
                f"{row.month:%Y-%m}",
                KINDS.get(row.kind, (row.kind, ""))[0],
                LEVELS[Assurance(row.identity)],
                names,
                LEVELS[counts.authenticator(held)],
                row.number,
            ]
        )
    return found
