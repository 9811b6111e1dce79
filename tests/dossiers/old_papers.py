"""What tests of old papers share: scans as a scanner makes them, a table, rows of a unit."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from dossiers.digitising import issuing
from dossiers.models import OldBatch, OldClaim, OldDeclaration, OldPaper
from portal.access import SYSTEM, Actor
from portal.catalogues import tables
from portal.documents.models import Document
from portal.files import services as files

KIND, TITLE = "KQ.G15.000032", "Giấy chứng nhận kết hôn"
HEADER = [
    "TT",
    "Tệp",
    "Từ trang",
    "Đến trang",
    "Số giấy tờ",
    "Cơ quan cấp",
    "Ngày cấp",
    "Số định danh",
    "Họ và tên",
    "Ngày sinh",
    "Nơi sinh",
]
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def drawn(lines: Sequence[str] = (), *, size: tuple[int, int] = (300, 420), turn: int = 0, font: int = 0) -> Image.Image:
    """A page with lines of type, or a blank one; turned as somebody laid it on the glass."""
    picture = Image.new("RGB", size, (250, 248, 240))
    pen = ImageDraw.Draw(picture)
    type_ = ImageFont.truetype(FONT, font) if font else ImageFont.load_default(16)
    for at, line in enumerate(lines):
        pen.text((size[0] // 10, size[1] // 10 + at * int((font or 16) * 2)), line, fill=(20, 20, 30), font=type_)
    return picture.rotate(-turn, expand=True) if turn else picture


def pdf(*pages: Image.Image, dpi: int = 150) -> bytes:
    """A scan of several pages."""
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=list(pages[1:]), resolution=dpi)
    return out.getvalue()


def png(picture: Image.Image) -> bytes:
    """A photo."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def zipped(table: Sequence[Sequence[Any]], scans: dict[str, bytes], header: Sequence[str] = HEADER) -> bytes:
    """What a clerk sends: the table and the scans in one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("bang-ke.xlsx", tables.write(tables.XLSX, list(header), [list(row) for row in table]))
        for name, data in scans.items():
            package.writestr(name, data)
    return out.getvalue()


def of_unit(actor: Actor) -> dict[str, Any]:
    """A batch with one row, a claim of it, a declaration, all of the officer's unit."""
    now, unit = timezone.now(), actor.unit
    assert actor.position_id is not None and actor.person_id is not None
    batch = OldBatch.objects.create(
        unit_code=unit, level="commune", kind=KIND, title="Giấy tờ cũ của ta", position_id=actor.position_id, person_id=actor.person_id,
        officer_label=actor.label, began_at=now,
    )  # fmt: skip
    paper = OldPaper.objects.create(
        batch=batch, number=2, state=OldPaper.BAD, problem="Thiếu số của ta", typed={"full_name": "Người của ta"}, person_id=actor.person_id
    )
    claim = OldClaim.objects.create(paper=paper, unit_code=unit, person_id=actor.person_id, words="Lời của ta", claimed_at=now)
    said = OldDeclaration.objects.create(
        unit_code=unit, level="commune", in_force=10, as_of=timezone.localdate(now), basis="Sổ của ta", position_id=actor.position_id,
        officer_label=actor.label, declared_at=now,
    )  # fmt: skip
    return {"dossiers.oldbatch": batch, "dossiers.oldpaper": paper, "dossiers.oldclaim": claim, "dossiers.olddeclaration": said}


def standing(actor: Any) -> OldPaper:
    """A signed paper that waits for its owner, its signature put by hand."""
    paper = of_unit(actor)["dossiers.oldpaper"]
    OldClaim.objects.all().delete()
    file = files.store_bytes(
        subject=paper.pk, data=b"%PDF-1.7 signed", name="x.pdf", purpose="documents.signed", media_type="application/pdf", actor=SYSTEM
    )
    document = Document.objects.create(
        key=str(uuid4()), kind=issuing.KIND, title=TITLE, unit_code=actor.unit, subject_id=paper.pk, template="documents/old_paper.html",
        context={}, by_person=False, credential="", state=Document.SIGNED, file=file, sha256=file.sha256, signed_at=timezone.now(),
    )  # fmt: skip
    OldPaper.objects.filter(pk=paper.pk).update(state="signed", problem="", document=document, paper_blind="x")
    return OldPaper.objects.get(pk=paper.pk)
