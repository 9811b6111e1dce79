"""The datasets: what each is, its columns with their meaning, in Vietnamese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from portal.languages import is_english

ENDINGS = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
"""Each dataset comes in each of them, with the same rows."""
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
LICENCE_NAME = "CC BY 4.0"

Type = Literal["text", "integer", "decimal", "boolean"]


@dataclass(frozen=True)
class Column:
    """A column: its name in files, its type, what it means."""

    name: str
    type: Type
    vi: str
    en: str

    @property
    def meaning(self) -> str:
        """In the language of the page being made."""
        return self.en if is_english() else self.vi


@dataclass(frozen=True)
class Dataset:
    """One table, for each month or year."""

    slug: str
    bundle: str
    title_vi: str
    title_en: str
    about_vi: str
    about_en: str
    columns: tuple[Column, ...]
    keeps_old: bool = True
    """Whether earlier editions are still given out. Of dossiers by unit they are not: what stands between two editions of a month was
    reported within a few days, and procedures of a unit are told by whole months only (`ratings.fineness`)."""

    @property
    def title(self) -> str:
        """In the language of the page being made."""
        return self.title_en if is_english() else self.title_vi

    @property
    def about(self) -> str:
        """In the language of the page being made."""
        return self.about_en if is_english() else self.about_vi

    @property
    def names(self) -> list[str]:
        """Of its columns, in order."""
        return [column.name for column in self.columns]


def _column(name: str, type: Type, vi: str, en: str) -> Column:
    return Column(name, type, vi, en)


_MONTH = _column("month", "text", "Tháng, như 2026-10", "Month, as 2026-10")
_PERIOD = _column("period", "text", "Kỳ: tháng như 2026-10 hoặc năm như 2026", "Period: a month as 2026-10 or a year as 2026")
_AGENCY = _column(
    "agency", "text", "Mã định danh của cơ quan, đơn vị (xem tập co-quan)", "Identifier code of the agency or unit (see dataset co-quan)"
)
_PARENT = _column(
    "parent", "text", "Mã cơ quan cấp trên trực tiếp; trống: bộ, tỉnh", "Code of the agency directly above; empty: ministry, province"
)


def _measure(name: str, vi: str, en: str) -> Column:
    return _column(name, "integer", vi, en)


DOSSIERS = Dataset(
    slug="ho-so",
    bundle="ho-so",
    title_vi="Hồ sơ theo đơn vị, thủ tục, kênh, mức độ",
    title_en="Dossiers by unit, procedure, channel and level",
    about_vi="Số hồ sơ tiếp nhận và giải quyết trong tháng của từng đơn vị, theo thủ tục, kênh nộp và mức độ dịch vụ."
    " Mỗi dòng là số của chính đơn vị, không gộp cấp dưới; theo cả tháng, không có ngày.",
    about_en="Dossiers received and resolved in a month by each unit, by procedure, channel and level of service."
    " A row is of the unit itself, without those below it; of the whole month, never of a day.",
    columns=(
        _MONTH,
        _AGENCY,
        _column("procedure", "text", "Mã thủ tục", "Code of the procedure"),
        _column("channel", "text", "Kênh nộp: 1 trực tiếp, 2 trực tuyến, 3 bưu chính", "Channel: 1 in person, 2 online, 3 by post"),
        _column(
            "level", "text", "Mức độ dịch vụ: full toàn trình, part một phần, none không trực tuyến",
            "Level of service: full end to end, part partly online, none not online",
        ),
        _measure("received", "Tiếp nhận, theo ngày tiếp nhận", "Received, by the day of reception"),
        _measure("resolved_early", "Giải quyết trước ngày hẹn, theo ngày xong", "Resolved before the appointment, by the day of the end"),
        _measure("resolved_on_time", "Giải quyết đúng ngày hẹn", "Resolved on the day of the appointment"),
        _measure("resolved_late", "Giải quyết sau ngày hẹn", "Resolved after the appointment"),
        _measure("resolved_undated", "Giải quyết, không có ngày hẹn", "Resolved without an appointment"),
        _measure("refused", "Từ chối, theo ngày từ chối", "Refused, by that day"),
        _measure("withdrawn", "Người nộp rút, theo ngày rút", "Withdrawn, by that day"),
    ),
    keeps_old=False,
)  # fmt: skip
CRITERIA = Dataset(
    slug="tieu-chi",
    bundle="diem",
    title_vi="Tiêu chí chấm điểm",
    title_en="Criteria of the score",
    about_vi="Các tiêu chí áp dụng cho kỳ, với điểm tối đa và cách tính (Quyết định 766/QĐ-TTg).",
    about_en="The criteria in force for a period, with their most points and formula (Decision 766/QĐ-TTg).",
    columns=(
        _PERIOD,
        _column("code", "text", "Mã tiêu chí", "Code"),
        _column("name", "text", "Tên tiêu chí", "Name"),
        _column("group", "text", "Nhóm", "Group"),
        _column("position", "integer", "Thứ tự", "Place in the order"),
        _column("points", "decimal", "Điểm tối đa", "Most points"),
        _column(
            "formula", "text", "share: theo tỷ lệ; capped: đủ điểm khi đạt ngưỡng",
            "share: in proportion; capped: all points from the threshold on",
        ),
        _column("factor", "decimal", "Ngưỡng đủ điểm", "Threshold"),
        _column(
            "when_nothing", "text", "Khi mẫu số bằng 0: zero không điểm, full đủ điểm, out không tính",
            "With a denominator of 0: zero no points, full all points, out left out",
        ),
        _column("source", "text", "Nguồn số liệu; trống: chưa có, không tính", "Source of data; empty: none yet, left out"),
        _column("numerator", "text", "Tử số đếm gì", "What the numerator counts"),
        _column("denominator", "text", "Mẫu số đếm gì", "What the denominator counts"),
        _column("law", "text", "Căn cứ", "Legal basis"),
        _column("for_ministries", "boolean", "Áp dụng cho bộ, ngành", "Holds for ministries"),
        _column("for_provinces", "boolean", "Áp dụng cho tỉnh, thành phố", "Holds for provinces"),
        _column("for_units", "boolean", "Áp dụng cho đơn vị trực thuộc", "Holds for units below"),
        _column("valid_from", "text", "Áp dụng từ ngày", "In force from"),
        _column("valid_to", "text", "Đến hết ngày; trống: chưa định", "To; empty: open"),
    ),
)  # fmt: skip
COUNTS = Dataset(
    slug="so-dem",
    bundle="diem",
    title_vi="Số đếm để chấm điểm",
    title_en="Counts behind the score",
    about_vi="Tử số và mẫu số của từng tiêu chí ở từng cơ quan, đơn vị trong kỳ, công bố nguyên để ai cũng tính lại được điểm.",
    about_en="Numerator and denominator of each criterion at each agency and unit, told whole so that anybody can compute the score.",
    columns=(
        _PERIOD,
        _AGENCY,
        _PARENT,
        _column("criterion", "text", "Mã tiêu chí", "Code of the criterion"),
        _column("numerator", "integer", "Tử số", "Numerator"),
        _column("denominator", "integer", "Mẫu số", "Denominator"),
        _column("points", "decimal", "Điểm đạt; trống: không tính", "Points reached; empty: left out"),
    ),
)  # fmt: skip
SCORES = Dataset(
    slug="diem",
    bundle="diem",
    title_vi="Điểm, xếp loại, thứ hạng",
    title_en="Scores, classes and ranks",
    about_vi="Tổng điểm, xếp loại và hạng của từng cơ quan, đơn vị trong kỳ. Bộ xếp với bộ, tỉnh với tỉnh, đơn vị với các đơn vị"
    " cùng cấp trên.",
    about_en="Total, class and rank of each agency and unit. Ministries are ranked with ministries, provinces with provinces, units with"
    " those below the same agency.",
    columns=(
        _PERIOD,
        _AGENCY,
        _column("name", "text", "Tên", "Name"),
        _PARENT,
        _column("kind", "text", "ministry bộ, ngành; province tỉnh; unit đơn vị", "ministry, province, unit"),
        _column("rank", "integer", "Hạng; trống: không có điểm", "Rank; empty: no points"),
        _column(
            "class", "text", "excellent Xuất sắc, good Tốt, fair Khá, average Trung bình, weak Yếu", "excellent, good, fair, average, weak"
        ),
        _column("total", "decimal", "Tổng điểm trên 100", "Points of 100"),
        _column("reached", "decimal", "Tổng điểm các tiêu chí được tính", "Sum of the points of what counted"),
        _column("possible", "decimal", "Điểm tối đa của các tiêu chí được tính", "Most points of what counted"),
        _column("left_out", "text", "Mã các tiêu chí không tính, cách nhau bằng dấu cách", "Codes of criteria left out, parted by spaces"),
    ),
)  # fmt: skip
PETITIONS = Dataset(
    slug="phan-anh",
    bundle="phan-anh",
    title_vi="Xử lý phản ánh, kiến nghị",
    title_en="Petitions",
    about_vi="Số phản ánh, kiến nghị nhận, trả lời đúng hạn, quá hạn trong tháng của từng bộ, tỉnh, gồm cả đơn vị trực thuộc.",
    about_en="Petitions received, answered on time and late in a month, by ministry and province with all units below.",
    columns=(
        _MONTH,
        _AGENCY,
        _column("received", "integer", "Nhận trong tháng", "Received in the month"),
        _column("on_time", "integer", "Trả lời đúng hạn trong tháng", "Answered on time in the month"),
        _column("late", "integer", "Trả lời quá hạn trong tháng", "Answered late in the month"),
        _column("refused", "integer", "Không tiếp nhận", "Refused"),
        _column("withdrawn", "integer", "Người gửi rút", "Withdrawn by the sender"),
        _column("published", "integer", "Trả lời được công khai", "Answers published"),
        _column("again", "integer", "Gửi lại vì không đồng ý", "Written again in disagreement"),
        _column("open", "integer", "Đang xử lý cuối tháng", "Open at the end of the month"),
        _column("overdue", "integer", "Trong đó quá hạn", "Of those overdue"),
    ),
)  # fmt: skip
AGENCIES = Dataset(
    slug="co-quan",
    bundle="co-quan",
    title_vi="Danh mục cơ quan, đơn vị",
    title_en="Agencies and units",
    about_vi="Mã định danh, tên, cấp của các cơ quan, đơn vị có hiệu lực ngày cuối tháng: để đọc các mã trong những tập khác.",
    about_en="Identifier code, name and level of agencies and units in force on the last day of the month, to read the codes of the other"
    " datasets.",
    columns=(
        _MONTH,
        _AGENCY,
        _column("name", "text", "Tên", "Name"),
        _column("level", "text", "Cấp: ministry, central, province, commune, unit", "Level: ministry, central, province, commune, unit"),
        _PARENT,
        _column("valid_from", "text", "Hiệu lực từ ngày", "In force from"),
        _column("valid_to", "text", "Hết hiệu lực từ ngày; trống: đang dùng", "Not in force from this day on; empty: in force"),
    ),
)  # fmt: skip
DATASETS = {each.slug: each for each in (DOSSIERS, SCORES, COUNTS, CRITERIA, PETITIONS, AGENCIES)}
"""In the order of the page."""
BUNDLES: dict[str, tuple[Dataset, ...]] = {
    "ho-so": (DOSSIERS,),
    # What a dataset is made of comes before it.
    "diem": (CRITERIA, COUNTS, SCORES),
    "phan-anh": (PETITIONS,),
    "co-quan": (AGENCIES,),
}
"""What is made and published together."""
