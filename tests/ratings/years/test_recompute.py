"""recompute.py: anybody with the published files gets each score to the second decimal, by plain Python."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from ratings.score.sheets import Counted, number, results
from tests.ratings.years.support import SHIPPED, published, script

alone = script()
AGENCIES = ("G01", "G02", "H26", "H29", "H30", "H26.1", "H26.2", "H26.2.1", "H26.2.2", "G01.5")


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """The program as it was fetched, by an interpreter that sees nothing of ours."""
    return subprocess.run([sys.executable, "-I", folder / "recompute.py", folder], capture_output=True, text=True, cwd=folder, timeout=60)


def fetch(client: Client, address: str, path: Path) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, address
    path.write_bytes(b"".join(answer.streaming_content) if answer.streaming else answer.content)


a_count = st.integers(0, 400).flatmap(lambda many: st.tuples(st.integers(-3, many + 5), st.just(many)))
a_criterion = st.fixed_dictionaries(
    {
        "points": st.decimals(0, 20, places=2).map(str),
        "formula": st.sampled_from(["share", "capped"]),
        "factor": st.decimals(Decimal("0.01"), 1, places=4).map(str),
        "when_nothing": st.sampled_from(["zero", "full", "out"]),
        "source": st.sampled_from(["", "something", "something", "something"]),
        "for_ministries": st.booleans(),
        "for_provinces": st.booleans(),
        "for_units": st.booleans(),
    }
)


@pytest.mark.requirement("R-04", "R-10")
@given(
    criteria=st.lists(a_criterion, min_size=1, max_size=6).map(
        lambda found: [{**one, "code": f"{place}.{place}"} for place, one in enumerate(found)]
    )
    | st.just([{**line, "factor": line["factor"]} for line in SHIPPED["criteria"]]),
    data=st.data(),
)
def test_the_rules_of_the_portal_and_of_the_program_agree(criteria: list[dict[str, Any]], data: Any) -> None:
    codes = st.sampled_from([criterion["code"] for criterion in criteria] + ["9.9"])
    counts = data.draw(st.dictionaries(st.tuples(st.sampled_from(AGENCIES), codes), a_count, min_size=1, max_size=40))
    rows = [(agency, agency.rpartition(".")[0], code, *counts[agency, code]) for agency, code in counts]
    ours = {row.agency: row for row in results(criteria, [Counted(*row) for row in rows])}
    theirs = alone.compute(criteria, rows)
    assert set(ours) == set(theirs)
    for agency, row in ours.items():
        other = theirs[agency]
        assert (row.rank, row.class_name, row.kind, row.parent) == (other["rank"], other["class"], other["kind"], other["parent"])
        assert number(row.total.points) == alone.written(other["total"])
        assert (row.total.reached, row.total.possible, list(row.total.left_out)) == (other["reached"], other["possible"], other["left_out"])
        assert {one.code: one.points for one in row.points} == other["points"]


@pytest.mark.requirement("R-04", "R-10")
@pytest.mark.django_db
def test_a_published_year_is_fetched_from_its_page_and_recomputed_and_one_digit_changed_is_found(client: Client, tmp_path: Path) -> None:
    published(2025)
    page = client.get("/danh-gia/nam/2025/").content.decode()
    fetch(client, re.findall(r'href="([^"]+recompute\.py)"', page)[0], tmp_path / "recompute.py")
    for number_of, address in enumerate(re.findall(r'href="([^"]+lan-1\.(?:json|csv|xlsx))"', page)):
        fetch(client, address, tmp_path / f"{number_of}.{address.rpartition('.')[2]}")
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BẰNG" in done.stdout and "Kỳ 2025, công bố lần 1: 5 cơ quan" in done.stdout
    ranking = [line.split(".")[0].strip() for line in done.stdout.splitlines() if re.match(r"\s+\d+\.", line)]
    assert ranking == ["1", "1", "2"]

    path = next(tmp_path.glob("*.json"))
    document = json.loads(path.read_text(encoding="utf-8"))
    place = next(place for place, line in enumerate(document["counts"]["rows"]) if line[:3] == ["H26", "", "3.3"])
    document["counts"]["rows"][place][3] += 1
    path.write_text(json.dumps(document), encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 1 and "KHÁC: H26, tiêu chí 3.3: công bố 4.80, tính lại 4.92" in done.stdout, done.stdout
    document["counts"]["rows"][place][3] -= 1
    line = next(line for line in document["results"]["rows"] if line[0] == "G03")
    line[6] = f"{Decimal(line[6]) + Decimal('0.01'):.2f}"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 1 and "KHÁC: G03, total: công bố" in done.stdout


def test_what_it_cannot_read_it_says(tmp_path: Path) -> None:
    (tmp_path / "recompute.py").write_bytes(Path(alone.__file__).read_bytes())
    done = run(tmp_path)
    assert done.returncode == 2 and "không có tệp dữ liệu nào" in done.stderr
    (tmp_path / "a.csv").write_text("period,agency,parent,criterion,numerator,denominator,points\r\n2026-10,H26,,2.1,1,2,10.00\r\n")
    done = run(tmp_path)
    assert done.returncode == 2 and "Kỳ 2026-10: thiếu tệp tiêu chí, điểm" in done.stderr
    (tmp_path / "b.csv").write_text("period,agency,parent,criterion,numerator,denominator,points\r\n2026-10,H26,,2.1,1,x,10.00\r\n")
    assert run(tmp_path).returncode == 2
    assert subprocess.run([sys.executable, "-I", tmp_path / "recompute.py"], capture_output=True).returncode == 2
