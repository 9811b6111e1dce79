"""One form class for all electronic forms: the fields are data of the form version."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.identifiers import clean_id_number
from dossiers.answer_rules import Finding, findings
from dossiers.registers import BOOK, NUMBER, Register, RegisterNumber
from portal.ui.fields import DongField, IdNumberInput, NumberInput, PlainText

_REQUIRED = {
    "name": _("Bạn hãy nhập họ và tên."),
    "text": _("Bạn hãy nhập thông tin này."),
    "long_text": _("Bạn hãy nhập thông tin này."),
    "date": _("Bạn hãy nhập ngày, ví dụ 15/11/2026."),
    "choice": _("Bạn hãy chọn một mục."),
    "number": _("Bạn hãy nhập một số."),
    "id_number": _("Bạn hãy nhập số định danh cá nhân, 12 chữ số."),
}
_NAME = re.compile(r"^[^\W\d_]+([ '’.\-][^\W\d_]+)*\.?$")


class NameField(PlainText):
    """A person's name: letters, spaces, and the few signs names carry."""

    def to_python(self, value: Any) -> str:
        """One space between words; refuses digits and other signs."""
        text = " ".join(super().to_python(value).split())
        if text and not _NAME.match(text):
            raise forms.ValidationError(_("Họ tên chỉ gồm chữ cái và dấu cách. Bạn hãy kiểm tra lại."))
        return text


class IdNumberField(PlainText):
    """An identity number, typed with or without spaces."""

    widget = IdNumberInput

    def clean(self, value: Any) -> str:
        """Twelve digits; empty when it may be and is."""
        text = super().clean(value)
        number = clean_id_number(text)
        if text and not number:
            raise forms.ValidationError(_("Số định danh cá nhân gồm 12 chữ số, ví dụ 001095012345. Bạn hãy kiểm tra lại."))
        return number


_SEPARATED = re.compile(r"([0-9]{1,2})[\s/.\-]+([0-9]{1,2})[\s/.\-]+([0-9]{4}|[0-9]{2})")
_SEPARATED_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_TOGETHER = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4}|[0-9]{2})")


def parse_day(text: str, *, today: date) -> date | None:
    """A day as people type it, day before month; None where it is none.

    ``15/11/2026``, ``15-11-26``, ``1.3.26``, ``15 11 2026``, without any sign as on a keypad of digits (``15112026``,
    ``151126``), and ``2026-11-15`` as browsers' date pickers send it. Of a year with two digits the last one not after this
    year is meant.
    """
    typed = text.strip().strip("./-").strip()
    if iso := _SEPARATED_ISO.fullmatch(typed):
        year, month, day = iso.groups()
    elif match := _SEPARATED.fullmatch(typed) or _TOGETHER.fullmatch(typed):
        day, month, year = match.groups()
    else:
        return None
    century = 0 if len(year) == 4 else 2000 if 2000 + int(year) <= today.year else 1900
    with suppress(ValueError):
        return date(century + int(year), int(month), int(day))
    return None


class DayField(forms.DateField):
    """A day in the Vietnamese order (:func:`parse_day`), neither after ``today`` nor before 1900; stored as ISO text."""

    default_error_messages = {"invalid": _("Ngày không đúng. Bạn hãy viết ngày/tháng/năm, ví dụ 15/11/2026.")}

    def __init__(self, *, today: date, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.today = today

    def to_python(self, value: Any) -> date | None:
        """The day typed."""
        if value in self.empty_values:
            return None
        found = parse_day(str(value), today=self.today)
        if found is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return found

    def clean(self, value: Any) -> str:
        """The day as ``YYYY-MM-DD``; empty when it may be and is."""
        day = super().clean(value)
        if day is None:
            return ""
        if day > self.today:
            raise forms.ValidationError(_("Ngày này chưa đến. Bạn hãy kiểm tra lại."))
        if day.year < 1900:
            raise forms.ValidationError(_("Năm quá xa. Bạn hãy kiểm tra lại."))
        return day.isoformat()


class NotLonger:
    """Refuses a text over the limit and says by how much. The browser's own limit would cut what is pasted without a word."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, value: str) -> None:
        """``ValidationError`` when the text is too long."""
        if (over := len(value) - self.limit) > 0:
            sentence = ngettext(
                "Dài quá: chỗ này nhận tối đa %(limit)d ký tự, bạn viết thừa %(over)d ký tự. Bạn hãy viết gọn lại.",
                "Dài quá: chỗ này nhận tối đa %(limit)d ký tự, bạn viết thừa %(over)d ký tự. Bạn hãy viết gọn lại.",
                over,
            )
            raise forms.ValidationError(sentence % {"limit": self.limit, "over": over})


def _required(spec: Mapping[str, Any]) -> Any:
    """What to say where an answer is missing. Not everything that is written like a name is a person's (an ethnicity, a country)."""
    is_persons = spec["kind"] != "name" or spec["label"].startswith(("Họ", "Tên"))
    return _REQUIRED[spec["kind"]] if is_persons else _REQUIRED["text"]


def _field(spec: Mapping[str, Any], today: date) -> forms.Field:
    common: dict[str, Any] = {
        "label": spec["label"],
        "help_text": spec.get("help", ""),
        "required": bool(spec.get("required")),
        "error_messages": {"required": _required(spec), "invalid_choice": _("Bạn hãy chọn một mục trong danh sách.")},
    }
    short = [NotLonger(spec.get("max_length") or 1000)]
    makers: dict[str, Callable[[], forms.Field]] = {
        "name": lambda: NameField(validators=short, **common),
        "text": lambda: PlainText(validators=short, **common),
        "long_text": lambda: PlainText(validators=short, widget=forms.Textarea, **common),
        "date": lambda: DayField(today=today, **common),
        "choice": lambda: forms.ChoiceField(choices=[tuple(pair) for pair in spec["choices"]], widget=forms.RadioSelect, **common),
        "number": lambda: _whole_number(spec, common),
        "id_number": lambda: IdNumberField(**common),
    }
    return makers[spec["kind"]]()


def _whole_number(spec: Mapping[str, Any], common: dict[str, Any]) -> forms.Field:
    least, largest = spec.get("min"), spec.get("max")
    common["error_messages"]["invalid"] = _("Bạn hãy nhập một số nguyên, ví dụ 3.")
    if least is not None:
        common["error_messages"]["min_value"] = _("Số này ít nhất là %(limit_value)s.")
    if largest is not None:
        common["error_messages"]["max_value"] = _("Số này nhiều nhất là %(limit_value)s.")
    return forms.IntegerField(min_value=least, max_value=largest, widget=NumberInput(), **common)


UNIT = "unit_code"
"""Name of the field that chooses the handling agency; no field of a form version may take it."""
SIGNER = "signer_position_id"
"""Name of the field of a decision that chooses who signs it."""


class AnswersForm(forms.Form):
    """The dynamic form: built from the asked fields of a form version, after the choice of the handling agency if given.

    ``known`` are the answers from the registry, for rules that look at several fields; ``rules`` all fields that are there.
    After ``is_valid`` :attr:`findings` holds what the rules say beside what is wrong.
    """

    def __init__(
        self,
        specs: Sequence[Mapping[str, Any]],
        data: Mapping[str, Any] | None = None,
        *,
        units: Sequence[tuple[str, str]] | None = None,
        today: date | None = None,
        known: Mapping[str, str] | None = None,
        rules: Collection[Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.specs, self.today, self.known = specs, today or timezone.localdate(), dict(known or {})
        self.rules = specs if rules is None else rules
        self.findings: list[Finding] = []
        if units is not None:
            self.fields[UNIT] = forms.ChoiceField(
                label=_("Nơi tiếp nhận và giải quyết"),
                help_text=_("Chúng tôi chọn sẵn nơi bạn cư trú. Bạn có thể chọn nơi khác.") if len(units) > 1 else "",
                choices=[*(units if len(units) == 1 else [("", _("– Chọn –")), *units])],
                error_messages={
                    "required": _("Bạn hãy chọn nơi tiếp nhận hồ sơ."),
                    "invalid_choice": _("Bạn hãy chọn nơi tiếp nhận hồ sơ trong danh sách."),
                },
            )
        for spec in specs:
            self.fields[spec["name"]] = _field(spec, self.today)

    def clean(self) -> dict[str, Any]:
        """What one field asks of others."""
        given: dict[str, Any] = {**(super().clean() or {}), **self.known}
        for spec in self.specs:
            name, others = spec["name"], spec.get("required_with", ())
            if name not in self.errors and not given.get(name) and any(given.get(other) or other in self.errors for other in others):
                self.add_error(name, str(_required(spec)))
        answers = {name: str(value) for name, value in given.items() if value is not None}
        for finding in findings(self.rules, answers, asked=[spec["name"] for spec in self.specs], today=self.today):
            if finding.kind == "wrong":
                self.add_error(finding.field, finding.message)
            else:
                self.findings.append(finding)
        return self.cleaned_data

    @property
    def notes(self) -> list[str]:
        """What is worth knowing."""
        return [finding.message for finding in self.findings if finding.kind == "note"]

    @property
    def unlikely(self) -> list[Finding]:
        """What a person must say is so."""
        return [finding for finding in self.findings if finding.kind == "unlikely"]


class ReasonForm(forms.Form):
    """Why an officer refuses a dossier."""

    reason = PlainText(
        label="Lý do từ chối",
        help_text="Người nộp đọc được nguyên văn. Nêu rõ vì sao và cần làm gì tiếp.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Hãy nêu lý do để người nộp biết."},
    )


class TakeBackForm(ReasonForm):
    """Why a decision is taken back before it is signed; read by colleagues only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Lý do rút lại"
        self.fields["reason"].help_text = "Đồng nghiệp đọc được trong tiến trình. Số đăng ký được trả lại cho sổ."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do, ví dụ “nhập nhầm số đăng ký”."


class DeclineForm(TakeBackForm):
    """Why a leader does not sign."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Lý do không ký"
        self.fields["reason"].help_text = "Cán bộ trình đọc được. Hồ sơ trở lại bước xử lý, thời hạn chạy tiếp."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do để cán bộ biết cần sửa gì."


class CallOffForm(ReasonForm):
    """Why a demand for money is taken back; the applicant reads it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Lý do rút yêu cầu"
        self.fields["reason"].help_text = "Người nộp đọc được nguyên văn. Mã thanh toán bị hủy; tiền đang trên đường được hoàn."
        self.fields["reason"].error_messages["required"] = "Hãy nêu lý do, ví dụ “ghi nhầm số tiền”."


FREE_LINES = 3
"""Lines of a demand that no fee line of the law names: what an officer may write themself."""


class AskPaymentForm(ReasonForm):
    """What an officer asks the applicant to pay: how often of each fee line, lines of their own, in how many working days, and why.

    ``fees``: (place, label) of the fee lines that have an amount; ``days``: what the procedure's form says.
    """

    days = forms.IntegerField(
        label="Nộp trong mấy ngày làm việc",
        min_value=1,
        max_value=60,
        widget=NumberInput(attrs={"size": 4}),
        error_messages={
            "required": "Hãy ghi số ngày.",
            "invalid": "Hãy ghi một số nguyên, ví dụ 5.",
            "min_value": "Ít nhất 1 ngày.",
            "max_value": "Nhiều nhất 60 ngày.",
        },
    )

    def __init__(self, data: Any = None, *, fees: Sequence[tuple[int, str]], days: int) -> None:
        super().__init__(data, initial={"days": days})
        reason = self.fields["reason"]
        reason.label, reason.help_text = "Lý do phải nộp", "Người nộp đọc được nguyên văn. Nêu khoản nào, theo quy định nào."
        reason.error_messages["required"] = "Hãy nêu lý do để người nộp biết vì sao phải nộp."
        for place, label in fees:
            box = forms.IntegerField(
                label=label,
                required=False,
                min_value=0,
                max_value=100_000,
                widget=NumberInput(attrs={"size": 4}),
                help_text="Số lượng. Để trống: không thu.",
                error_messages={"invalid": "Hãy ghi một số nguyên, ví dụ 2.", "min_value": "Số này không được âm."},
            )
            self.fields[f"fee_{place}"] = box
        for number in range(1, FREE_LINES + 1):
            name = PlainText(
                label=f"Khoản khác {number}", required=False, max_length=300, widget=forms.TextInput(attrs={"class": "vTextField"})
            )
            name.heading = "Khoản ngoài danh mục" if number == 1 else ""  # type: ignore[attr-defined]  # read by admin/one_form.html
            self.fields[f"name_{number}"] = name
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label="Là", required=False, choices=[("charge", "Lệ phí"), ("fee", "Phí"), ("other", "Khoản khác")]
            )
            self.fields[f"amount_{number}"] = DongField(label="Số tiền", required=False, min_value=1, max_value=10**9)
        self.order_fields([*(f"fee_{place}" for place, _label in fees), *(name for name in self.fields if "_" in name), "days", "reason"])

    def clean(self) -> dict[str, Any]:
        """Something is asked for, and each line of the officer's own has a name and an amount."""
        said: dict[str, Any] = super().clean() or {}
        for number in range(1, FREE_LINES + 1):
            name, amount = said.get(f"name_{number}"), said.get(f"amount_{number}")
            if name and amount is None and f"amount_{number}" not in self.errors:
                self.add_error(f"amount_{number}", "Hãy ghi số tiền của khoản này.")
            if amount is not None and not name and f"name_{number}" not in self.errors:
                self.add_error(f"name_{number}", "Hãy ghi tên khoản.")
        if not self.errors and not self.counts and not self.free:
            self.add_error(None, "Hãy ghi ít nhất một khoản phải nộp.")
        return said

    @property
    def counts(self) -> dict[int, int]:
        """How often of each fee line, by its place."""
        return {int(name[4:]): number for name, number in self.cleaned_data.items() if name.startswith("fee_") and number}

    @property
    def free(self) -> list[tuple[str, str, int]]:
        """Lines of the officer's own: name, kind, đồng."""
        said = self.cleaned_data
        rows = [
            (said.get(f"name_{one}"), said.get(f"kind_{one}") or "other", said.get(f"amount_{one}")) for one in range(1, FREE_LINES + 1)
        ]
        return [(name, kind, amount) for name, kind, amount in rows if name and amount]


class DecisionForm(AnswersForm):
    """What the register adds to the result, what the officer writes into it, and which leader signs it.

    What the numbers mean is checked by the service. ``signers`` None: without the choice of a signer.
    """

    def __init__(
        self,
        specs: Sequence[Mapping[str, Any]],
        data: Mapping[str, Any] | None = None,
        *,
        register: Register | None = None,
        suggested: RegisterNumber | None = None,
        signers: Sequence[tuple[UUID, str]] | None = None,
        initial: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        known = {NUMBER: suggested.number_words, BOOK: suggested.book_words} if suggested is not None else {}
        super().__init__(specs, data, initial={**known, **(initial or {})}, **kwargs)
        if register is not None:
            self.fields[NUMBER] = PlainText(
                label=register.number_label,
                max_length=20,
                error_messages={"required": f"Hãy nhập {register.number_label.lower()}."},
                widget=NumberInput(),
            )
            if suggested is not None:
                words = f"Số tiếp theo của sổ là {suggested.number_words}. Sửa nếu sổ giấy ghi khác."
                self.fields[NUMBER].help_text = words
        if register is not None and register.has_books:
            self.fields[BOOK] = PlainText(
                label="Quyển số",
                max_length=20,
                error_messages={"required": "Hãy nhập quyển số."},
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
        if signers is not None:
            choices = [(str(position_id), label) for position_id, label in signers]
            self.fields[SIGNER] = forms.TypedChoiceField(
                label="Người ký",
                coerce=UUID,
                choices=choices if len(choices) == 1 else [("", "– Chọn người ký –"), *choices],
                error_messages={"required": "Hãy chọn người ký.", "invalid_choice": "Hãy chọn người ký trong danh sách."},
            )
        self.order_fields([NUMBER, BOOK])
        section = ""
        for spec in specs:
            box = self.fields[spec["name"]]
            if spec["kind"] in ("name", "text"):
                box.widget.attrs.setdefault("class", "vTextField")
            if spec.get("section", "") != section:
                section = spec.get("section", "")
                # Read by admin/one_form.html before the first field of a part.
                box.heading = section  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, str]:
        """What was written, number and book too, as :func:`dossiers.services.decide` takes it. After ``is_valid``."""
        return {name: str(value) for name, value in self.cleaned_data.items() if name != SIGNER and value is not None}


def shown(spec: Mapping[str, Any], value: str) -> str:
    """An answer as a person reads it: the label of a choice, a day as dd/mm/yyyy, anything else as it is."""
    if spec["kind"] == "choice":
        return str(dict(spec["choices"]).get(value, value))
    if spec["kind"] == "date":
        try:
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        except ValueError:
            return value
    return value
