"""What the pages about several dossiers ask."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.queries import Holder
from dossiers.forms import SIGNER, DecisionForm
from dossiers.models import Dossier
from dossiers.outcomes import Outcome, decision_form
from dossiers.registers import BOOK, NUMBER
from portal.access.desk import PlainForm


class PrintForm(PlainForm):
    """For paper, or to be kept."""

    A5, PACKAGE = "a5", "zip"
    paper = forms.ChoiceField(
        label="In thành",
        choices=[(A5, "Một tệp PDF khổ A5 để in"), (PACKAGE, "Tệp ZIP các PDF đã đóng dấu, để lưu, gửi")],
        help_text="Bản A5 chỉ để in; dấu số còn trong từng PDF của tệp ZIP và kiểm tra được bằng mã QR trên phiếu.",
    )


class ViewForm(PlainForm):
    """Under which name a filter is kept."""

    name = forms.CharField(label="Tên bộ lọc", max_length=80, error_messages={"required": "Bạn hãy đặt tên cho bộ lọc."})


def common_decision(outcome: Outcome, dossier: Dossier, data: Any, signers: list[Holder]) -> DecisionForm:
    """What is written once for many dossiers of one procedure: not the number, which each gets of its register, nor what each declaration
    says itself."""
    form = decision_form(outcome, dossier, data, signers=[(one.position_id, one.label) for one in signers])
    own = {spec["name"] for spec in outcome.fields if spec.get("prefill") or spec.get("when")}
    for name in (NUMBER, BOOK, *own):
        form.fields.pop(name, None)
    form.specs = form.rules = [spec for spec in form.specs if spec["name"] in form.fields]
    return form


def written_for_all(form: DecisionForm) -> dict[str, str]:
    """What was written into it, as :func:`dossiers.desk_pages.bulk.send` takes it."""
    return {name: text for name in form.fields if name != SIGNER and (text := str(form.data.get(name, "")).strip())}
