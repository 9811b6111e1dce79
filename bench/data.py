"""What the benchmarks run on: the real national list and records where ``DATA=`` names their folder, else a generated list of that size."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import psycopg

from portal.launcher.environment import environment

ROOT = Path(__file__).resolve().parent.parent
RECORDS, LISTED = 4_654, 5_608
_TEXT = (
    "cấp đổi gia hạn đăng ký giấy phép chứng nhận hoạt động kinh doanh xây dựng đất đai nhà ở lao động bảo hiểm y tế thuế vận tải đường bộ "
    "thủy sản môi trường nông nghiệp giáo dục đào tạo khoa học công nghệ thông tin quảng cáo du lịch văn hóa thể thao ngân hàng chứng khoán"
)
_WORDS = _TEXT.split()


def generated(folder: Path) -> Path:
    """A made-up list and records of the real sizes and shapes."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(1)

    def words(count: int) -> str:
        return " ".join(dice.choices(_WORDS, k=count))

    fields = [words(3).capitalize() for _ in range(280)]
    codes = [f"8.{number:06}" for number in range(1, LISTED + 1)]
    with (folder / "national-list.csv").open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["code", "name", "issuing_agency", "executing_agency", "field"])
        for code in codes:
            out.writerow([code, words(dice.randint(5, 30)).capitalize(), "Bộ Tài chính", "Ủy ban nhân dân cấp xã", dice.choice(fields)])
    with gzip.open(folder / "procedures.jsonl.gz", "wt", encoding="utf-8") as stream:
        for code in codes[:RECORDS]:
            record = {
                "code": code,
                "name": words(dice.randint(5, 30)).capitalize(),
                "decision": f"{dice.randint(1, 4000)}/QĐ-BTC",
                "levels": dice.choice(["Cấp Bộ", "Cấp Tỉnh", "Cấp Xã"]),
                "field": dice.choice(fields),
                "audience": "Công dân Việt Nam;Doanh nghiệp",
                "steps": "\n".join(f"Bước {number}: {words(40)}." for number in range(1, dice.randint(3, 7))),
                "channels": [
                    {"channel": name, "time": f"{dice.randint(1, 30)} Ngày làm việc", "fee": "Phí : 20.000 Đồng", "note": words(10)}
                    for name in ("Trực tiếp", "Trực tuyến", "Dịch vụ bưu chính")
                ],
                "documents": [
                    {"group": "Bao gồm", "name": words(dice.randint(5, 40)), "form": "", "original": "1", "copy": "0"}
                    for _ in range(dice.randint(1, 12))
                ],
                "executing": "Ủy ban nhân dân cấp xã",
                "results": words(6),
                "legal": [
                    {"number": f"{n}/2020/NĐ-CP", "title": words(12), "date": "01/01/2020", "issuer": "Chính phủ"} for n in range(1, 6)
                ],
            }
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    return folder


def load(env: dict[str, str], var: Path, data: Path | None) -> str:
    """Prepare the database once for each source of data; says what there is."""
    name = "the national list of July 2026 and its 4,654 records" if data else "a generated list of 5,608 codes and 4,654 records"
    stamp = var / "data.txt"
    manage = [sys.executable, "manage.py"]
    for first in (["prepare"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([*manage, *first], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    if stamp.exists() and stamp.read_text(encoding="utf-8") != name:
        raise SystemExit(f"{var} holds other data ({stamp.read_text(encoding='utf-8')}): remove the folder and start again")
    if not stamp.exists():
        folder = data or generated(var / "generated")
        print("loading …", flush=True)
        for command, file in (("import_procedures", "procedures.jsonl.gz"), ("import_national_list", "national-list.csv")):
            more = ["--most-ended", "100"] if command == "import_national_list" else []
            subprocess.run([*manage, command, str(folder / file), *more], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        stamp.write_text(name, encoding="utf-8")
    return name


def prepare(folder: Path | None) -> tuple[str, dict[str, str], Path]:
    """What the data are, the environment of the portal's processes, and the folder of this run; loads what is not there yet."""
    var = Path(os.environ["VAR"])
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    env = {**os.environ, **environment(var, servers), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    about = load(env, var, folder.resolve() if folder else None)
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
        # As the autovacuum does in time on a portal that runs.
        connection.execute("ANALYZE")
    return about, env, var
