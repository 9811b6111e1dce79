"""Importing the catalogue from files: tiny made-up sources, whole, broken, twice, dry. No sentence is anybody's."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zipfile
from io import StringIO
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portal.audit.models import Act
from procedures import queries
from procedures.models import FeeLine, ImportRun, Procedure, ProcedureVersion, StagedRecord
from procedures.services.importing import Unreadable, import_exports, import_national_list, import_procedures
from procedures.services.importing import sources as sources_module
from tests.procedures.test_catalogue import version_of

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 20)


def raw(code: str, **changes) -> dict:
    """A made-up row in the shape of the data set."""
    return {
        "code": code,
        "name": f"Thủ tục thử số {code}",
        "decision": "1/QĐ-THU",
        "levels": "Cấp Tỉnh, Cấp Xã",
        "kind": "Loại khác",
        "field": "Lĩnh vực thử",
        "audience": "Công dân Việt Nam, Tổ chức (không bao gồm doanh nghiệp, HTX)",
        "steps": "Bước 1: Nộp giấy thử.\nBước 2: Nhận giấy thử.",
        "channels": [
            {"channel": "Trực tuyến", "time": "05 Ngày làm việc", "fee": "Phí : 20.000 Đồng (mỗi bản thử)", "note": ""},
            {"channel": "Trực tuyến", "time": "10 Ngày", "fee": "Lệ phí : 5 USD", "note": "khi phải thử lại"},
            {"channel": "Trực tiếp", "time": "Theo lịch thử", "fee": "", "note": "Đến nơi thử"},
        ],
        "documents": [
            {"group": "Bao gồm", "name": "Đơn thử", "originals": "1", "copies": "0", "form": "[don.docx](file:///C:/nha/don.docx)"},
            {"group": "* Giấy tờ phải xuất trình:", "name": "Thẻ thử", "originals": "1", "copies": "0", "form": ""},
            {"group": "Khi thử lại", "name": "Biên bản thử", "originals": "0", "copies": "2", "form": ""},
        ],
        "legal": [{"number": "01/2020/TT-THU", "title": "Thông tư thử", "date": "02-03-2020", "issuer": "Bộ Thử"}],
        "executing": "Ủy ban thử",
        "competent": "Ủy ban thử",
        "conditions": "Không",
        "results": "Giấy thử",
        "issuing": "Bộ Thử",
        "source": "bài thử, 2026-07 (máy thử)",
        **changes,
    }


def write(path: Path, rows: list, *, packed: bool = True) -> Path:
    text = "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    return path


@pytest.fixture
def source(tmp_path):
    return write(tmp_path / "thu.jsonl.gz", [raw("1.900001"), raw("1.900002"), raw("2.900003")])


def footprint() -> dict[str, tuple]:
    """Every row of the catalogue and its history, summed up; runs apart."""
    rows = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names()):
            if table.startswith(("procedures_", "audit_")) and table != "procedures_importrun":
                cursor.execute(f'SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM "{table}" t')
                rows[table] = cursor.fetchone()
    return rows


@pytest.mark.requirement("C-01")
def test_rows_become_typed_parts(source):
    report = import_procedures(source, day=DAY)
    assert (report.rows, report.added, report.changed, report.same, report.refused) == (3, 3, 0, 0, [])
    version = queries.procedure_on("1.900001", DAY)
    assert (version.origin, version.effective_from, version.checked_on) == ("import", dt.date(2026, 7, 1), dt.date(2026, 7, 1))
    assert version.decision.number == "1/QĐ-THU" and version.decision.agency == "Bộ Thử" and version.decision.versions.count() == 3
    assert version.levels == ["province", "commune"] and version.subjects == ["citizen", "organisation"]
    assert version.source == "bài thử, 2026-07" and version.field_code == "LV.linh-vuc-thu" and version.summary == ""
    online, direct = version.channels.all()
    first, second = online.limits.all()
    assert (first.amount, first.unit, second.amount, second.unit, second.note) == (5, "working_day", 10, "day", "khi phải thử lại")
    assert (online.time_amount, online.time_unit) == (5, "working_day")
    assert [(fee.amount, fee.currency, fee.currency_amount) for fee in online.fees.all()] == [(20000, "", None), (None, "USD", 5)]
    assert (direct.time_amount, direct.time_text, direct.note, direct.fees.all()) == (None, "Theo lịch thử", "Đến nơi thử", [])
    form, card, minutes = version.documents.all()
    assert (form.case, form.mode, form.originals, form.form_file) == ("", "submit", 1, "don.docx")
    assert (card.mode, card.case) == ("present", "") and (minutes.case, minutes.copies, minutes.required) == ("Khi thử lại", 2, False)
    assert [step.text for step in version.steps.all()] == ["Nộp giấy thử.", "Nhận giấy thử."]
    (basis,) = version.legal_bases.all()
    assert (basis.number, basis.issued_on, basis.agency) == ("01/2020/TT-THU", dt.date(2020, 3, 2), "Bộ Thử")
    assert version.text_only == ["time_limits"] and version.missing == []
    assert report.part_table()["time_limits"] == (6, 3)
    assert not StagedRecord.objects.exists() and Act.objects.filter(act="procedures.import").count() == 1


@pytest.mark.requirement("C-01")
def test_what_the_source_glues_together_stays_text_and_is_marked(tmp_path):
    row = raw(
        "1.900001", channels_glued="Hình thức nộpThời gianTrực tuyến5 ngày", documents_glued="Tên giấy tờĐơn thử1", legal_glued="Luật thử01"
    )
    for name in ("channels", "documents", "legal", "levels"):
        del row[name]
    row["results"] = "Giấy một, Giấy hai"
    row["steps"] = "Một đoạn thử không đánh số."
    import_procedures(write(tmp_path / "a.jsonl", [row], packed=False), day=DAY)
    version = queries.procedure_on("1.900001", DAY)
    assert version.text_only == ["steps", "channels", "documents", "results", "legal_bases"] and version.missing == ["levels"]
    assert version.raw_parts == {"channels": row["channels_glued"], "documents": row["documents_glued"], "legal_bases": row["legal_glued"]}
    assert not version.channels.exists() and not version.documents.exists() and not version.legal_bases.exists()
    assert [result.name for result in version.results.all()] == ["Giấy một, Giấy hai"]
    assert [(step.title, step.text) for step in version.steps.all()] == [("", row["steps"])]


def test_no_fee_given_is_not_free_of_charge(tmp_path):
    channels = [{"channel": "Trực tiếp", "time": "", "fee": "", "note": ""}]
    import_procedures(write(tmp_path / "a.jsonl", [raw("1.900001", channels=channels)], packed=False), day=DAY)
    version = queries.procedure_on("1.900001", DAY)
    assert not FeeLine.objects.exists() and version.missing == ["time_limits", "fees"]


@pytest.mark.requirement("C-01")
def test_twice_changes_nothing(source):
    import_procedures(source, day=DAY)
    before = footprint()
    again = import_procedures(source, day=DAY + dt.timedelta(days=9))
    assert (again.added, again.changed, again.same) == (0, 0, 3)
    assert footprint() == before


def test_a_dry_run_says_the_same_and_changes_nothing(source):
    before = footprint()
    dry = import_procedures(source, day=DAY, dry_run=True)
    assert (dry.added, dry.dry_run) == (3, True) and footprint() == before
    assert ImportRun.objects.get().state == ImportRun.State.DRY
    wet = import_procedures(source, day=DAY)
    assert (wet.added, wet.part_table()) == (dry.added, dry.part_table())


def test_a_changed_row_keeps_its_version_and_a_later_one_follows_it(source, tmp_path):
    import_procedures(source, day=DAY)
    version = queries.procedure_on("1.900001", DAY)
    changed = write(tmp_path / "b.jsonl.gz", [raw("1.900001", conditions="Điều kiện thử khác"), raw("1.900002")])
    report = import_procedures(changed, day=DAY)
    assert (report.changed, report.same) == (1, 1)
    assert queries.procedure_on("1.900001", DAY).pk == version.pk
    later = write(tmp_path / "c.jsonl.gz", [raw("1.900001", conditions="Mới hơn", source="bài thử, 2026-10")])
    assert import_procedures(later, day=DAY).changed == 1
    old, new = queries.procedure_on("1.900001", dt.date(2026, 9, 30)), queries.procedure_on("1.900001", dt.date(2026, 10, 1))
    assert (old.pk, old.effective_to, old.conditions) == (version.pk, dt.date(2026, 10, 1), "Điều kiện thử khác")
    assert new.conditions == "Mới hơn" and [len(list(row.steps.all())) for row in (old, new)] == [2, 2]
    report = import_procedures(source, day=DAY)
    assert [row.code for row in report.refused] == ["1.900001"] and "cũ hơn" in report.refused[0].reason
    assert import_procedures(changed, day=DAY).same == 2, "what an earlier version says already is no news"


def test_what_editors_wrote_no_import_changes(source):
    curated = version_of("1.900001", dt.date(2026, 7, 1), name="Bản của biên tập viên")
    report = import_procedures(source, day=DAY)
    assert (report.added, report.kept) == (2, 1)
    assert queries.procedure_on("1.900001", DAY) == curated and ProcedureVersion.objects.filter(procedure__code="1.900001").count() == 1


@pytest.mark.parametrize("packed", [True, False])
def test_a_half_bad_file_brings_in_the_good_half_and_names_the_bad(tmp_path, packed):
    rows = [
        raw("1.900001"),
        raw("1.014955-Xoa"),
        raw("1.0133611"),
        "đây không phải JSON",
        "[1, 2]",
        raw("1.900004", name=""),
        raw("1.900001", name="Lần hai"),
        raw("1.900005", name="ThÃ´ng bÃ¡o"),
        raw("1.900006", name="Có ký tự \x00"),
        raw("1.900007", field="x" * 300),
        raw("1.900008", channels="không phải danh sách"),
        raw("١.900009"),
        "[" * 100_000,
        raw("1.900010"),
    ]
    report = import_procedures(write(tmp_path / "nua.jsonl.gz", rows, packed=packed), day=DAY)
    assert (report.rows, report.added, len(report.refused)) == (14, 2, 12)
    assert {row.place for row in report.refused} == {f"dòng {number}" for number in range(2, 14)}
    assert all(row.reason for row in report.refused)
    assert set(Procedure.objects.values_list("code", flat=True)) == {"1.900001", "1.900010"}
    assert queries.procedure_on("1.900001", DAY).name == "Thủ tục thử số 1.900001"


def broken_sources(tmp_path: Path) -> dict[str, Path]:
    """Files that cannot be read to their end."""
    good = gzip.compress("".join(json.dumps(raw(f"1.90{n:04d}")) + "\n" for n in range(300)).encode())
    flipped = bytearray(good)
    flipped[-5] ^= 0xFF
    files = {
        "cut.jsonl.gz": good[: len(good) // 2],
        "flipped.jsonl.gz": bytes(flipped),
        "utf16.jsonl": json.dumps(raw("1.900001"), ensure_ascii=False).encode("utf-16"),
        "latin.jsonl": json.dumps(raw("1.900001")).encode() + b"\n" + "thông báo".encode("cp1252") + b"\n",
        "noise.jsonl.gz": b"\x1f\x8b" + bytes(range(256)) * 50,
        "endless.jsonl.gz": gzip.compress(b"x" * 5_000_000),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in files}


@pytest.mark.parametrize(
    "name", ["cut.jsonl.gz", "flipped.jsonl.gz", "utf16.jsonl", "latin.jsonl", "noise.jsonl.gz", "endless.jsonl.gz", "none.gz"]
)
@pytest.mark.requirement("C-01")
def test_a_source_unreadable_to_its_end_changes_nothing(tmp_path, source, name):
    import_procedures(source, day=DAY)
    before = footprint()
    path = broken_sources(tmp_path).get(name, tmp_path / name)
    with pytest.raises(Unreadable):
        import_procedures(path, day=DAY)
    assert footprint() == before
    run = ImportRun.objects.first()
    assert run.state == ImportRun.State.UNREADABLE and run.source == name and run.report["notes"]


def test_a_huge_nonsense_is_stopped_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(sources_module, "MOST_ROWS", 1000)
    with pytest.raises(Unreadable, match="lớn bất thường"):
        import_procedures(write(tmp_path / "to.jsonl.gz", ["nhảm"] * 1500), day=DAY)
    monkeypatch.undo()
    monkeypatch.setattr(sources_module, "MOST_BYTES", 100_000)
    bomb = tmp_path / "bom.jsonl.gz"
    bomb.write_bytes(gzip.compress(b"a" * 1000 + b"\n") * 500)
    with pytest.raises(Unreadable, match="lớn bất thường"):
        import_procedures(bomb, day=DAY)
    assert not ProcedureVersion.objects.exists()


# --- Word exports ---------------------------------------------------------------------------------------------------

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def table(*rows: tuple[str, ...]) -> str:
    lines = "".join("<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>" for row in rows)
    return f"<w:tbl>{lines}</w:tbl>"


def export(path: Path, code: str, body: str | None = None) -> Path:
    text = body or "".join(
        [
            paragraph("Chi tiết thủ tục hành chính"),
            paragraph(f"Mã thủ tục: {code}"),
            paragraph("Số quyết định: 2/QĐ-THU"),
            paragraph("Tên thủ tục: Xác nhận giấy thử"),
            paragraph("Cấp thực hiện: Cấp Tỉnh"),
            paragraph("Lĩnh vực: Thử nghiệm"),
            paragraph("Trình tự thực hiện: "),
            paragraph("Bước 1: Nộp thử."),
            paragraph("Bước 2: Mô tả việc thử."),
            paragraph("Mã thủ tục: không phải nhãn nữa"),
            paragraph("Cách thức thực hiện:"),
            table(
                ("Hình thức nộp", "Thời hạn giải quyết", "Phí, lệ phí", "Mô tả"),
                ("Trực tiếp", "4 Giờ", "Phí : 30.000 Đồng (thử)", "Ghi chú thử"),
            ),
            paragraph("Thành phần hồ sơ: "),
            paragraph("Bao gồm"),
            table(("Tên giấy tờ", "Mẫu đơn, tờ khai", "Số lượng"), ("Đơn thử", "don.doc", "Bản chính: 1Bản sao: 2")),
            paragraph("Đối tượng thực hiện: Doanh nghiệp, Hợp tác xã"),
            paragraph("Cơ quan thực hiện: Sở Thử"),
            paragraph("Địa chỉ tiếp nhận HS: Số 1 đường Thử"),
            paragraph("Cơ quan phối hợp: Không có thông tin"),
            paragraph("Kết quả thực hiện: Giấy thử"),
            paragraph("Căn cứ pháp lý: "),
            table(
                ("Số ký hiệu", "Trích yếu", "Ngày ban hành", "Cơ quan ban hành"), ("01/2020/TT-THU", "Thông tư thử", "02-03-2020", "Bộ Thử")
            ),
            paragraph("Yêu cầu, điều kiện thực hiện: Không có thông tin"),
            paragraph("Từ khóa: giấy thử; thử"),
        ]
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{text}</w:body></w:document>")
    return path


@pytest.mark.requirement("C-01")
def test_word_exports_are_read_label_by_label(tmp_path):
    export(tmp_path / "1_900001.docx", "1.900001")
    report = import_exports(tmp_path, day=DAY)
    assert (report.added, report.refused) == (1, [])
    version = queries.procedure_on("1.900001", DAY)
    assert (version.name, version.effective_from, version.place) == ("Xác nhận giấy thử", DAY, "Số 1 đường Thử")
    assert version.coordinating_agency == "" and version.keywords == ["giấy thử", "thử"] and version.conditions == ""
    (channel,) = version.channels.all()
    assert (channel.kind, channel.time_amount, channel.time_unit, channel.note) == ("direct", 4, "hour", "Ghi chú thử")
    assert [fee.amount for fee in channel.fees.all()] == [30000]
    (document,) = version.documents.all()
    assert (document.name, document.form_file, document.originals, document.copies) == ("Đơn thử", "don.doc", 1, 2)
    assert len(version.steps.all()) == 2 and "không phải nhãn" in version.steps.all()[1].text
    assert [basis.agency for basis in version.legal_bases.all()] == ["Bộ Thử"]
    before = footprint()
    assert import_exports(tmp_path, day=DAY + dt.timedelta(days=3)).same == 1 and footprint() == before


def test_broken_exports_are_refused_by_name_and_the_good_ones_come_in(tmp_path, monkeypatch):
    whole = export(tmp_path / "a.docx", "1.900001").read_bytes()
    (tmp_path / "cut.docx").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.docx").write_bytes(b"")
    (tmp_path / "noise.docx").write_bytes(bytes(range(256)) * 100)
    export(tmp_path / "letter.docx", "x", paragraph("Kính gửi Sở Thử"))
    export(tmp_path / "xml.docx", "x", "<w:p>")
    export(tmp_path / "entity.docx", "x", "&lol;")
    export(tmp_path / "dirty.docx", "1.014955-Xoa")
    export(tmp_path / "zz.docx", "1.900001")
    monkeypatch.setattr(sources_module, "LARGEST_DOCUMENT", 200_000)
    export(tmp_path / "bomb.docx", "1.900009", paragraph("x" * 300_000))
    report = import_exports(tmp_path, day=DAY)
    assert (report.rows, report.added) == (10, 1)
    assert {row.place for row in report.refused} == {
        f"{name}.docx" for name in ("cut", "empty", "noise", "letter", "xml", "entity", "dirty", "zz", "bomb")
    }
    with pytest.raises(Unreadable):
        import_exports(tmp_path / "a.docx", day=DAY)
    (tmp_path / "leer").mkdir()
    with pytest.raises(Unreadable):
        import_exports(tmp_path / "leer", day=DAY)


# --- the national list ----------------------------------------------------------------------------------------------

HEAD = "code,name,issuing_agency,executing_agency,field\r\n"


def listing(path: Path, *codes: str, tail: str = "") -> Path:
    rows = "".join(f'{code},"Thủ tục thử, {code}",Bộ Thử,Ủy ban thử,Lĩnh vực thử\r\n' for code in codes)
    path.write_text("\ufeff" + HEAD + rows + tail, encoding="utf-8", newline="")
    return path


@pytest.mark.requirement("C-01")
def test_a_code_no_longer_listed_is_out_of_force_from_that_day(tmp_path):
    rows = [raw(f"1.90000{n}") for n in range(6)]
    import_procedures(write(tmp_path / "a.jsonl", rows, packed=False), day=DAY)
    codes = [f"1.90000{n}" for n in range(1, 6)]
    report = import_national_list(listing(tmp_path / "ds.csv", *codes, "3.900009", "1.014955-Xoa"), day=DAY)
    assert (report.rows, report.ended, report.same, report.added) == (7, 1, 5, 1)
    assert [(row.place, row.code) for row in report.refused] == [("dòng 8", "1.014955-Xoa")]
    assert queries.procedure_on("1.900000", DAY) is None
    assert queries.procedure_on("1.900000", DAY - dt.timedelta(days=1)) is not None
    assert "1.900000" not in {version.procedure.code for version in queries.in_force(DAY)}
    thin = queries.procedure_on("3.900009", DAY)
    assert thin.name == "Thủ tục thử, 3.900009" and thin.issuing_agency == "Bộ Thử" and "channels" in thin.missing
    before = footprint()
    again = import_national_list(tmp_path / "ds.csv", day=DAY + dt.timedelta(days=1))
    assert (again.ended, again.revived, again.added, again.changed) == (0, 0, 0, 0) and footprint() == before
    back = import_national_list(listing(tmp_path / "ds2.csv", *codes, "1.900000", "3.900009"), day=DAY)
    assert back.revived == 1 and queries.procedure_on("1.900000", DAY) is not None


def test_a_richer_record_takes_the_place_of_the_list_s_own(tmp_path, source):
    import_national_list(listing(tmp_path / "ds.csv", "1.900001"), day=DAY)
    thin = queries.procedure_on("1.900001", DAY)
    assert import_procedures(source, day=DAY).changed == 1
    rich = queries.procedure_on("1.900001", DAY)
    assert rich.pk == thin.pk and len(rich.documents.all()) == 3 and rich.effective_from == dt.date(2026, 7, 1)


def test_a_list_does_not_end_what_an_editor_wrote_but_says_so(tmp_path):
    version_of("1.900001", dt.date(2026, 7, 1))
    version_of("DV.H26.01", dt.date(2026, 7, 1))
    report = import_national_list(listing(tmp_path / "ds.csv", "1.900002"), day=DAY)
    assert report.ended == 0 and len(report.notes) == 1 and "1.900001" in report.notes[0]
    assert queries.procedure_on("1.900001", DAY) and queries.procedure_on("DV.H26.01", DAY)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\r\n1,2\r\n",
        (HEAD + '1.900001,"Th').encode(),
        (HEAD + "1.900001,Th\r\n").encode(),
        (HEAD + "1.900001,Thử,Bộ Thử,Ủy ban,Thử\r\n").encode("utf-16"),
        (HEAD + "1.900001,Thử,Bộ Thử,Ủy ban,Thử\r\n").encode("cp1258", "ignore") + b"\xff\xfe",
        (HEAD + "xyz,Thử,Bộ Thử,Ủy ban,Thử\r\n").encode(),
        (HEAD + '1.900001,"' + "x" * 200_000 + '",a,b,c\r\n').encode(),
    ],
)
def test_a_broken_list_changes_nothing(tmp_path, source, content):
    import_procedures(source, day=DAY)
    before = footprint()
    (tmp_path / "hong.csv").write_bytes(content)
    with pytest.raises(Unreadable):
        import_national_list(tmp_path / "hong.csv", day=DAY)
    assert footprint() == before


def test_a_list_that_lost_its_tail_is_not_believed(tmp_path, source):
    import_procedures(source, day=DAY)
    with pytest.raises(Unreadable, match="cắt cụt"):
        import_national_list(listing(tmp_path / "ds.csv", "1.900001"), day=DAY)
    assert queries.procedure_on("1.900002", DAY)
    assert import_national_list(tmp_path / "ds.csv", day=DAY, most_ended=100).ended == 2


# --- commands -------------------------------------------------------------------------------------------------------


def test_commands_report_and_fail_with_a_sentence(tmp_path, source):
    out = StringIO()
    call_command("import_procedures", str(source), "--dry-run", "--day", "2026-11-20", "--report", str(tmp_path / "r.json"), stdout=out)
    assert "CHẠY THỬ" in out.getvalue() and "thêm 3" in out.getvalue() and "time_limits" in out.getvalue()
    assert json.loads((tmp_path / "r.json").read_text())["parts"]["fees"] == {"typed": 6, "text": 0}
    assert not ProcedureVersion.objects.exists()
    (tmp_path / "cut.gz").write_bytes(source.read_bytes()[:-20])
    with pytest.raises(CommandError, match="không có gì thay đổi"):
        call_command("import_procedures", str(tmp_path / "cut.gz"), stdout=out)
    export(tmp_path / "a.docx", "1.900001")
    call_command("import_exports", str(tmp_path), stdout=out)
    call_command("import_national_list", str(listing(tmp_path / "ds.csv", "1.900001")), stdout=out)
    assert queries.procedure_on("1.900001", dt.date.today()).name == "Xác nhận giấy thử"
