"""The desk's page of a filing: the form in parts, papers with their class, what is told beside them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from dossiers.conditions import Spec
from dossiers.counter_filing import papers
from dossiers.counter_filing.common import CASH, ENTER
from dossiers.counter_filing.filling import Sheet, with_suggestions
from dossiers.desk_pages.near import Near
from dossiers.forms import AnswersForm, row_form, shown
from dossiers.models import CounterPaper, Dossier, Handover
from dossiers.sources import ACCOUNT, Facts, Told, corrections, is_correctable, registries_named, told_words
from dossiers.sources import SOURCES as NAMES
from portal.access import Actor, may
from portal.documents.models import Document

REASON = "ly-do-"


def posted(request: HttpRequest, sheet: Sheet) -> dict[str, Any]:
    """What the page says of its fields; a box that is not ticked is in no request, ``shown`` names what the page showed."""
    post, there = request.POST, set(request.POST.get("shown", "").split())
    found: dict[str, Any] = {}
    for spec in sheet.filing.form_version.fields:
        name = spec["name"]
        if spec["kind"] == "group":
            if f"rows-{name}" in post:
                found[name] = [_row(post, spec, at) for at in range(_number(post.get(f"rows-{name}")))]
        elif name in post or name in there:
            found[name] = _value(post, spec, name)
    return found


def _number(text: str | None) -> int:
    return min(int(text), 100) if text and text.isascii() and text.isdigit() else 0


def _value(post: Any, spec: Spec, name: str) -> Any:
    if spec["kind"] == "choices":
        return [value for value in post.getlist(name) if value]
    if spec["kind"] == "confirm":
        return "yes" if post.get(name) else ""
    return post.get(name, "")


def _row(post: Any, spec: Spec, at: int) -> dict[str, Any]:
    return {part["name"]: _value(post, part, f"{spec['name']}-{at}-{part['name']}") for part in spec["fields"]}


def with_rows(answers: dict[str, Any], act: str) -> dict[str, Any]:
    """The answers after a button that adds a row (``them:<group>``) or takes one out (``xoa:<group>:<place>``)."""
    verb, _colon, which = act.partition(":")
    group, _colon, place = which.partition(":")
    rows = answers.get(group)
    rows = list(rows) if isinstance(rows, list) else []
    if verb == "them":
        return {**answers, group: [*rows, {}]}
    if verb == "xoa" and place.isdigit() and int(place) < len(rows):
        return {**answers, group: [row for at, row in enumerate(rows) if at != int(place)]}
    return answers


def parts(sheet: Sheet, *, checked: bool, today: date) -> list[dict[str, Any]]:
    """The declaration by its sections: what is known with who says it, what is asked with its box, rows of groups."""
    kept = with_suggestions(sheet)
    form = sheet.filled.form if checked else AnswersForm(sheet.shape.asked, initial=kept, today=today, counts=sheet.shape.counts)
    found: list[dict[str, Any]] = []
    for spec in sheet.shape.fields:
        name, section = spec["name"], spec.get("section", "")
        if not found or found[-1]["name"] != section:
            found.append({"name": section, "lines": []})
        line: dict[str, Any] = {"spec": spec, "label": spec["label"], "name": name}
        if name in sheet.shape.known:
            line |= {"known": shown(spec, sheet.shape.known[name]), **_said(sheet, spec)}
        elif name in sheet.shape.calculated:
            line |= {"known": shown(spec, sheet.shape.calculated[name]), "source": "Cổng tính từ các mục khác."}
        elif spec["kind"] == "note":
            line |= {"note": spec["label"]}
        elif spec["kind"] == "group":
            line |= {"rows": _rows(sheet, spec, kept, checked=checked, today=today), "errors": form.errors.get(name, [])}
        else:
            line |= {"box": form[name], "corrected": _corrected(sheet, spec)}
        found[-1]["lines"].append(line)
    return found


def _rows(sheet: Sheet, spec: Spec, kept: Mapping[str, Any], *, checked: bool, today: date) -> list[AnswersForm]:
    answers = kept.get(spec["name"])
    typed = [row for row in answers if isinstance(row, Mapping)] if isinstance(answers, list) else []
    shapes = sheet.shape.rows.get(spec["name"], ())
    found = []
    for at, (row_shape, row) in enumerate(zip(shapes, typed, strict=False)):
        said: dict[str, Any] = {} if checked else {"initial": dict(row)}
        found.append(row_form(spec, at, row_shape, row if checked else None, today=today, outside=sheet.shape.counts, **said))
    return found


def _said(sheet: Sheet, spec: Spec) -> dict[str, Any]:
    facts = sheet.shape.facts
    told = facts.told.get(spec["prefill"], Told(ACCOUNT)) if isinstance(facts, Facts) else Told(ACCOUNT)
    words = "Theo hồ sơ định danh trên Cổng."
    if told.source != ACCOUNT:
        words = told_words(told, timezone.now()).replace("của bạn", "của người nộp")
    return {"source": words, "correctable": is_correctable(spec["prefill"])}


def _corrected(sheet: Sheet, spec: Spec) -> dict[str, Any] | None:
    """What a source says of a field that is asked all the same, and why it is corrected."""
    reasons, said = corrections(sheet.filing.answers or {}), sheet.shape.offered.get(spec["name"], "")
    if spec["name"] not in reasons or not said:
        return None
    return {"said": shown(spec, said), "why": reasons[spec["name"]], "name": f"{REASON}{spec['name']}"}


def looked_up(sheet: Sheet) -> list[tuple[str, str]]:
    """What identity, registries and store said, before anything was asked (requirement D-24)."""
    person, facts = sheet.person, sheet.shape.facts
    match person.registry_matches:
        case None:
            identity = "Đang đối chiếu với Cơ sở dữ liệu quốc gia về dân cư"
        case True:
            identity = "Khớp Cơ sở dữ liệu quốc gia về dân cư"
        case _:
            identity = "KHÔNG khớp Cơ sở dữ liệu quốc gia về dân cư: bạn so lại thẻ căn cước"
    lines = [("Định danh", identity), ("Tài khoản trên Cổng", "Có" if person.user_id else "Chưa có; kết quả trả tại quầy hoặc bưu chính")]
    heard = facts.heard if isinstance(facts, Facts) else set()
    organisation = sheet.filing.party_id != sheet.person.id
    for registry in registries_named(sheet.filing.form_version.fields, organisation=organisation):
        lines.append((str(NAMES[registry]), "Đã trả lời" if registry in heard else "Đang hỏi; tải lại trang sau ít giây"))
    lines.append(("Không phải hỏi lại", f"{len(sheet.shape.known)} mục"))
    return lines


def wanted(sheet: Sheet, *, today: date) -> list[dict[str, Any]]:
    """Every paper that is wanted: its class, what lies in the store, what was given."""
    held = papers.offered(sheet.filing, sheet.wanted, day=today)
    rate = papers.rate_of(sheet.filing.unit_code, today)
    found = []
    for one in sheet.wanted:
        given = [paper for paper in sheet.papers if paper.kind == one.paper.kind]
        if not one.asked and not given:
            continue
        how = papers.class_of(one.paper)
        words = str(how.label)
        if how == CounterPaper.How.WISH:
            words += f", {rate.amount} đồng một trang ({rate.basis})" if rate is not None and rate.amount else ", không thu tiền"
        found.append({
            "paper": one.paper,
            "wanted": one,
            "how": words,
            "may_stay_paper": how == CounterPaper.How.WISH and not given,
            "held": held.get(one.paper.kind, []),
            "given": given,
        })  # fmt: skip
    return found


def paper_link(document: Document | None) -> Any:
    """A link to a signed document; before it is signed, how it stands."""
    if document is None:
        return "–"
    if not document.is_signed:
        return document.state_words
    url = reverse("admin:dossiers_counterfiling_document", args=[document.pk])
    return format_html('<a href="{}" target="_blank" rel="noopener">{} (PDF)</a>', url, document.title)


def around(dossier: Dossier, actor: Actor, near: Near) -> list[tuple[str, str]]:
    """What the counter has of a dossier, for its page: label and address. No query."""
    found = []
    filing = near.counter_filing
    if filing is not None and may(actor, ENTER, dossier.unit_code):
        found.append(("Nhập tại quầy: giấy tờ số hóa, biên lai", reverse("admin:dossiers_counterfiling_change", args=[filing])))
    if dossier.awaits_payment and may(actor, CASH, dossier.unit_code):
        found.append(("Thu tiền mặt", reverse("admin:dossiers_cashreceipt_take", args=[dossier.pk])))
    handed = near.handover
    if handed is not None:
        words = "Đang giao đơn vị khác, chờ nhận" if handed[1] == Handover.State.SENT else "Giao nhận giữa đơn vị"
        found.append((words, reverse("admin:dossiers_handover_change", args=[handed[0]])))
    if near.parcel is not None:
        found.append(("Bưu phẩm trả kết quả", reverse("admin:dossiers_parcel_change", args=[near.parcel])))
    return found
