#!/usr/bin/env python3
"""Tính lại điểm đánh giá bộ, ngành, địa phương từ dữ liệu mở của Cổng Dịch vụ công Quốc gia.

Cách dùng:  python recompute.py THƯ-MỤC

Trong thư mục là các tệp bạn tải ở trang Dữ liệu mở, tên tệp thế nào cũng được:
  * ba tệp CSV của cùng một tháng hoặc một năm: tiêu chí, số đếm, điểm; hoặc
  * tệp JSON của một năm đã công bố.

Chương trình tính lại từng điểm đến hai chữ số thập phân, tổng điểm, xếp loại và thứ hạng, in bảng xếp hạng, rồi nói kết quả có bằng
bản đã công bố hay không; khác thì nêu chỗ khác đầu tiên. Mã kết thúc: 0 bằng, 1 khác, 2 không đọc được tệp.

In English: recomputes every score from the published criteria and counts, prints the ranking, and says whether it equals what was
published. Exit status: 0 equal, 1 different (the first difference is named), 2 files that cannot be read.

Chỉ cần Python 3.8 trở lên, không cần cài thêm gì. Giấy phép dữ liệu: CC BY 4.0.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

CLASSES = [(90, "excellent"), (80, "good"), (70, "fair"), (50, "average"), (0, "weak")]
CLASS_WORDS = {"excellent": "Xuất sắc", "good": "Tốt", "fair": "Khá", "average": "Trung bình", "weak": "Yếu", "": "chưa xếp loại"}
KIND_WORDS = {"ministry": "Bộ, ngành", "province": "Tỉnh, thành phố"}
FOR = {"ministry": "for_ministries", "province": "for_provinces", "unit": "for_units"}


# 1. Cách tính / The rules ------------------------------------------------------------------------------------------------------


def two_places(number: Decimal) -> Decimal:
    """Làm tròn hai chữ số, nửa thì lên."""
    return number.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def points_of(criterion: dict[str, Any], count: tuple[int, int] | None) -> Decimal | None:
    """Điểm của một tiêu chí; None: không tính tiêu chí này. ``count``: (tử số, mẫu số), hoặc None khi không có số đếm."""
    most = Decimal(criterion["points"])
    if criterion["source"] == "" or count is None:
        return None
    numerator, denominator = count
    if denominator <= 0:
        return {"zero": Decimal(0), "full": most, "out": None}[criterion["when_nothing"]]
    ratio = Decimal(max(numerator, 0)) / Decimal(denominator)
    if criterion["formula"] == "capped":  # đủ điểm khi đạt ngưỡng
        return two_places(min(most, most * ratio / Decimal(criterion["factor"])))
    if criterion["formula"] == "share":  # theo tỷ lệ
        return two_places(most * min(ratio, Decimal(1)))
    raise ValueError(f"không biết cách tính {criterion['formula']}")


def kind_of(agency: str) -> str:
    """Bộ, tỉnh, hay đơn vị trực thuộc: theo mã định danh."""
    return "unit" if "." in agency else "province" if agency.startswith("H") else "ministry"


def score_of(agency: str, criteria: list[dict[str, Any]], counts: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """Điểm của một cơ quan từ các số đếm của nó {mã tiêu chí: (tử số, mẫu số)}."""
    reached, possible = Decimal(0), Decimal(0)
    left_out: list[str] = []
    points: dict[str, Decimal | None] = {}
    for criterion in criteria:
        if not criterion[FOR[kind_of(agency)]]:
            continue
        code = criterion["code"]
        given = points[code] = points_of(criterion, counts.get(code))
        if given is None:
            left_out.append(code)
        else:
            reached += given
            possible += Decimal(criterion["points"])
    total = None
    if possible:
        # Thiếu tiêu chí thì quy về thang 100.
        total = two_places(reached if possible == 100 else reached * 100 / possible)
    name = "" if total is None else next(name for least, name in CLASSES if total >= least)
    return {"total": total, "reached": reached, "possible": possible, "left_out": left_out, "class": name, "points": points}


def compute(criteria: list[dict[str, Any]], counts: list[tuple[str, str, str, int, int]]) -> dict[str, dict[str, Any]]:
    """Điểm và hạng của mọi cơ quan: {mã: {...}}. ``counts``: [(mã cơ quan, mã cấp trên, mã tiêu chí, tử số, mẫu số)]."""
    by_agency: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    parents: dict[str, str] = {}
    for agency, parent, criterion, numerator, denominator in counts:
        by_agency[agency][criterion] = (numerator, denominator)
        parents[agency] = parent
    scores: dict[str, dict[str, Any]] = {}
    groups: dict[str, list[str]] = defaultdict(list)
    for agency, counted in by_agency.items():
        scores[agency] = {**score_of(agency, criteria, counted), "kind": kind_of(agency), "parent": parents[agency], "rank": None}
        # Bộ xếp với bộ, tỉnh với tỉnh, đơn vị với các đơn vị cùng cấp trên.
        groups[parents[agency] if kind_of(agency) == "unit" else kind_of(agency)].append(agency)
    for members in groups.values():
        scored = sorted((agency for agency in members if scores[agency]["total"] is not None), key=lambda one: (-scores[one]["total"], one))
        for place, agency in enumerate(scored):
            before = scored[place - 1]
            same = place > 0 and scores[before]["total"] == scores[agency]["total"]
            # Bằng điểm thì cùng hạng, hạng kế tiếp bỏ trống.
            scores[agency]["rank"] = scores[before]["rank"] if same else place + 1
    return scores


# 2. Đọc tệp / Reading the files --------------------------------------------------------------------------------------------------


class Unreadable(Exception):
    """Tệp thiếu hoặc không đọc được."""


def read(folder: str) -> dict[str, dict[str, Any]]:
    """Mọi tệp trong thư mục, theo kỳ: {kỳ: {"criteria": [...], "counts": [...], "scores": {...}, "points": {...}}}."""
    periods: dict[str, dict[str, Any]] = defaultdict(dict)

    def put(period: str, part: str, value: Any, path: Path) -> None:
        if part in periods[period]:
            raise Unreadable(f"{path.name}: kỳ {period} có hai tệp cùng loại trong thư mục. Hãy chỉ để một.")
        periods[period][part] = value

    for path in sorted(Path(folder).rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = set(rows[0]) if rows else set()
        if "period" not in columns:
            continue  # không phải tệp của tập dữ liệu
        by_period: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in rows:
            by_period[row.get("period", "")].append(row)
        for period, lines in by_period.items():
            if {"formula", "factor"} <= columns:
                put(period, "criteria", [criterion_of(line) for line in lines], path)
            elif {"criterion", "numerator", "denominator"} <= columns:
                names = ("agency", "parent", "criterion")
                counts = [(*(line[name] for name in names), int(line["numerator"]), int(line["denominator"])) for line in lines]
                put(period, "counts", counts, path)
                put(period, "points", {(line["agency"], line["criterion"]): line["points"] for line in lines}, path)
            elif {"rank", "total", "class"} <= columns:
                scores = {line["agency"]: {**line, "left_out": line["left_out"].split()} for line in lines}
                put(period, "scores", scores, path)
    for path in sorted(Path(folder).rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or not str(document.get("schema", "")).startswith("dvcqg/ket-qua-nam/1"):
            continue
        period = f"{document['year']}, công bố lần {document['edition']}"
        results = [dict(zip(document["results"]["columns"], line)) for line in document["results"]["rows"]]
        put(period, "criteria", document["criteria"], path)
        put(period, "counts", [tuple(line) for line in document["counts"]["rows"]], path)
        put(period, "scores", {line["agency"]: {**line, "rank": str(line["rank"] or "")} for line in results}, path)
        put(period, "points", {(line["agency"], code): said for line in results for code, said in line["points"].items()}, path)
    return periods


def criterion_of(line: dict[str, str]) -> dict[str, Any]:
    """Một dòng của tệp tiêu chí."""
    return {**line, **{name: line[name] == "true" for name in FOR.values()}}


# 3. So sánh / Comparing ----------------------------------------------------------------------------------------------------------


def written(number: Decimal | None) -> str:
    """Số như trong tệp; không có thì để trống."""
    return "" if number is None else f"{number:.2f}"


def first_difference(computed: dict[str, Any], published: dict[str, Any], points: dict[tuple[str, str], str]) -> str:
    """Chỗ khác đầu tiên giữa bản tính lại và bản công bố; rỗng: bằng nhau."""
    for agency in sorted(set(computed) | set(published)):
        if agency not in published:
            return f"{agency}: có số đếm nhưng không có điểm công bố"
        if agency not in computed:
            return f"{agency}: có điểm công bố nhưng không có số đếm"
        mine, said = computed[agency], published[agency]
        for code, own in mine["points"].items():
            known = points.get((agency, code), "")
            if written(own) != known:
                return f"{agency}, tiêu chí {code}: công bố {known or 'không tính'}, tính lại {written(own) or 'không tính'}"
        pairs = [(name, said[name], written(mine[name])) for name in ("total", "reached", "possible")]
        pairs += [("class", said["class"], mine["class"]), ("rank", said["rank"], str(mine["rank"] or ""))]
        pairs += [("left_out", " ".join(said["left_out"]), " ".join(mine["left_out"]))]
        for name, theirs, own in pairs:
            if theirs != own:
                return f"{agency}, {name}: công bố {theirs or '(trống)'}, tính lại {own or '(trống)'}"
    return ""


def show(computed: dict[str, Any], published: dict[str, Any]) -> None:
    """In bảng xếp hạng bộ, ngành và tỉnh."""
    for kind, words in KIND_WORDS.items():
        members = [agency for agency, one in computed.items() if one["kind"] == kind]
        if members:
            print(f"  {words}")
        for agency in sorted(members, key=lambda one: (computed[one]["rank"] is None, computed[one]["rank"] or 0, one)):
            one = computed[agency]
            name = published.get(agency, {}).get("name", "") or agency
            print(f"  {one['rank'] or '–':>4}. {written(one['total']) or '–':>6}  {CLASS_WORDS[one['class']]:<14}{name}")


def main(arguments: list[str]) -> int:
    """Trả về mã kết thúc."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("Cách dùng: python recompute.py THƯ-MỤC (thư mục có các tệp đã tải)", file=sys.stderr)
        return 2
    try:
        periods = read(arguments[0])
        if not periods:
            raise Unreadable("Thư mục không có tệp dữ liệu nào của Cổng (CSV hoặc JSON).")
        differs = False
        for period in sorted(periods):
            parts = periods[period]
            missing = [words for part, words in (("criteria", "tiêu chí"), ("counts", "số đếm"), ("scores", "điểm")) if part not in parts]
            if missing:
                raise Unreadable(f"Kỳ {period}: thiếu tệp {', '.join(missing)}.")
            computed = compute(parts["criteria"], parts["counts"])
            print(f"Kỳ {period}: {len(computed)} cơ quan, đơn vị, {len(parts['counts'])} số đếm")
            show(computed, parts["scores"])
            difference = first_difference(computed, parts["scores"], parts["points"])
            differs = differs or bool(difference)
            print(f"  KHÁC: {difference}" if difference else "  BẰNG: mọi điểm, tổng, xếp loại và hạng đúng như đã công bố.")
    except (Unreadable, ValueError, KeyError, OSError) as error:
        print(f"Không đọc được: {error}", file=sys.stderr)
        return 2
    return 1 if differs else 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
