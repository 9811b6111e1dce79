"""One form class for all electronic forms: the fields are data of the form version."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.identifiers import clean_foreign_phone, clean_id_number, clean_tax_code
from dossiers import lists
from dossiers.answer_rules import Finding, findings, repeated
from dossiers.conditions import MOST_ROWS, Shape
from dossiers.registers import BOOK, NUMBER, Register, RegisterNumber
from dossiers.values import YES, as_decimal, parse_day, parse_decimal, parse_month, parse_time, parse_year
from portal.languages import is_english
from portal.text import visible
from portal.ui.fields import DongField, IdNumberInput, NumberInput, PhoneInput, PlainText
from portal.ui.tags import dong
from portal.ui.tags import number as number_words

_REQUIRED = {
    "name": _("Bạn hãy nhập họ và tên."),
    "text": _("Bạn hãy nhập thông tin này."),
    "long_text": _("Bạn hãy nhập thông tin này."),
    "date": _("Bạn hãy nhập ngày, ví dụ 15/11/2026."),
    "choice": _("Bạn hãy chọn một mục."),
    "number": _("Bạn hãy nhập một số."),
    "id_number": _("Bạn hãy nhập số định danh cá nhân, 12 chữ số."),
    **dict.fromkeys(("choices", "select", "province", "ward"), _("Bạn hãy chọn một mục.")),
    **dict.fromkeys(("money", "decimal", "year"), _("Bạn hãy nhập một số.")),
    "phone": _("Bạn hãy nhập số điện thoại."),
    "email": _("Bạn hãy nhập địa chỉ thư điện tử."),
    "tax_code": _("Bạn hãy nhập mã số thuế."),
    "month": _("Bạn hãy nhập tháng, ví dụ 03/2026."),
    "time": _("Bạn hãy nhập giờ, ví dụ 08:30."),
    "confirm": _("Bạn hãy đọc và đánh dấu vào ô này."),
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


class DayField(forms.DateField):
    """A day in the Vietnamese order (:func:`parse_day`), not before 1900, nor after ``today`` unless days to come are asked for; stored as
    ISO text."""

    default_error_messages = {"invalid": _("Ngày không đúng. Bạn hãy viết ngày/tháng/năm, ví dụ 15/11/2026.")}

    def __init__(self, *, today: date, future: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.today, self.future = today, future

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
        if day > self.today and not self.future:
            raise forms.ValidationError(_("Ngày này chưa đến. Bạn hãy kiểm tra lại."))
        if not 1900 <= day.year < 2200:
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


class Typed(PlainText):
    """A text of a certain form: ``read`` makes of what was typed what is kept, or nothing where it is none."""

    def __init__(self, *, read: Callable[[str], str], wrong: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.read, self.wrong = read, wrong

    def clean(self, value: Any) -> str:
        """What is kept; empty when it may be and is."""
        text = " ".join(super().clean(value).split())
        found = self.read(text) if text else ""
        if text and not found:
            raise forms.ValidationError(self.wrong)
        return found


class DecimalAnswer(Typed):
    """A number with a fraction, between bounds."""

    def __init__(self, *, spec: Mapping[str, Any], **kwargs: Any) -> None:
        wrong = _("Bạn hãy nhập một số, ví dụ 12,5.")
        super().__init__(read=parse_decimal, wrong=wrong, widget=NumberInput({"inputmode": "decimal"}), **kwargs)
        self.spec = spec

    def clean(self, value: Any) -> str:
        """The number as it is kept."""
        text = super().clean(value)
        if not text:
            return ""
        places = self.spec.get("decimals", 6)
        if len(text.partition(".")[2]) > places:
            sentence = ngettext(
                "Chỗ này nhận tối đa %(places)d chữ số sau dấu phẩy.", "Chỗ này nhận tối đa %(places)d chữ số sau dấu phẩy.", places
            )
            raise forms.ValidationError(sentence % {"places": places})
        least, most = self.spec.get("min"), self.spec.get("max")
        if least is not None and Decimal(text) < Decimal(str(least)):
            raise forms.ValidationError(_("Số này ít nhất là %(limit_value)s.") % {"limit_value": least})
        if most is not None and Decimal(text) > Decimal(str(most)):
            raise forms.ValidationError(_("Số này nhiều nhất là %(limit_value)s.") % {"limit_value": most})
        return text


class EmailAnswer(forms.EmailField):
    """An e-mail address, without signs that nobody sees."""

    def to_python(self, value: Any) -> str:
        """The address in one Unicode form."""
        return str(super().to_python(visible(str(value or ""))))


class ConfirmField(forms.BooleanField):
    """A box to tick; what is kept is a word."""

    def clean(self, value: Any) -> str:
        """``yes``, or empty when it may be and is."""
        return YES if super().clean(value) else ""


class RowsField(forms.Field):
    """The rows of a repeated group: drawn by the page, checked by forms of their own (:class:`AnswersForm`)."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        """What was given; the rows' forms say what is wrong."""
        return value if isinstance(value, list) else []


def _required(spec: Mapping[str, Any]) -> Any:
    """What to say where an answer is missing. Not everything that is written like a name is a person's (an ethnicity, a country)."""
    is_persons = spec["kind"] != "name" or spec["label"].startswith(("Họ", "Tên"))
    return _REQUIRED.get(spec["kind"], _REQUIRED["text"]) if is_persons else _REQUIRED["text"]


def words_of(spec: Mapping[str, Any], key: str) -> str:
    """Label, help or title in the language of the page, where the form says it in English."""
    return str((is_english() and spec.get(f"{key}_en")) or spec.get(key, ""))


def choices_of(spec: Mapping[str, Any], today: date, counts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What can be chosen in a field: its own choices, a list of the day, the communes of the province that was chosen."""
    if spec["kind"] == "ward":
        return lists.wards(str(counts.get(spec["province_field"]) or ""), today)
    if spec["kind"] == "province":
        return lists.provinces(today)
    if "catalogue" in spec:
        return lists.choices(spec["catalogue"], on=today)
    english = spec.get("choices_en", {}) if is_english() else {}
    return [(value, english.get(value, label)) for value, label in spec["choices"]]


def field_of(spec: Mapping[str, Any], today: date, counts: Mapping[str, Any]) -> forms.Field:
    """The Django form field that asks one field of a form version; ``counts``: what was answered so far."""
    common: dict[str, Any] = {
        "label": words_of(spec, "label"),
        "help_text": words_of(spec, "help"),
        "required": bool(spec.get("required")),
        "error_messages": {"required": _required(spec), "invalid_choice": _("Bạn hãy chọn một mục trong danh sách.")},
    }
    field = _MAKERS[spec["kind"]](spec, common, today, counts)
    # Read by the field's tag.
    field.unit = spec.get("unit", "")  # type: ignore[attr-defined]
    field.choices_help = spec.get("choices_help_en" if is_english() else "choices_help", {})  # type: ignore[attr-defined]
    return field


def _text(spec: Mapping[str, Any], common: dict[str, Any], today: date, counts: Mapping[str, Any]) -> forms.Field:
    made = {"name": NameField, "text": PlainText, "long_text": PlainText}[spec["kind"]]
    widget = forms.Textarea if spec["kind"] == "long_text" else None
    return made(validators=[NotLonger(spec.get("max_length") or 1000)], widget=widget, **common)


def _chosen(spec: Mapping[str, Any], common: dict[str, Any], today: date, counts: Mapping[str, Any]) -> forms.Field:
    choices = choices_of(spec, today, counts)
    if spec["kind"] == "choice":
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
    if spec["kind"] == "choices":
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
    if spec["kind"] == "ward" and not choices:
        common["help_text"] = common["help_text"] or _("Danh sách hiện ra khi đã chọn tỉnh, thành phố.")
    return forms.ChoiceField(choices=[("", _("– Chọn –")), *choices], **common)


def _bounded(spec: Mapping[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    least, largest = spec.get("min"), spec.get("max")
    if least is not None:
        common["error_messages"]["min_value"] = _("Số này ít nhất là %(limit_value)s.")
    if largest is not None:
        common["error_messages"]["max_value"] = _("Số này nhiều nhất là %(limit_value)s.")
    return {**common, "min_value": least, "max_value": largest}


def _whole_number(spec: Mapping[str, Any], common: dict[str, Any], today: date, counts: Mapping[str, Any]) -> forms.Field:
    common["error_messages"]["invalid"] = _("Bạn hãy nhập một số nguyên, ví dụ 3.")
    return forms.IntegerField(widget=NumberInput(), **_bounded(spec, common))


def _year(spec: Mapping[str, Any], common: dict[str, Any], today: date, counts: Mapping[str, Any]) -> forms.Field:
    read = _within(spec) if {"min", "max"} & set(spec) else parse_year
    wrong = _("Năm gồm 4 chữ số, ví dụ 2026. Bạn hãy kiểm tra lại.")
    return Typed(read=read, wrong=wrong, widget=NumberInput({"size": 4}), **common)


def _within(spec: Mapping[str, Any]) -> Callable[[str], str]:
    least, most = spec.get("min", 0), spec.get("max", 9999)
    return lambda text: parse_year(text) if parse_year(text) and least <= int(text) <= most else ""


def _typed(read: Callable[[str], str], wrong: Any, widget: Callable[[], forms.Widget]) -> Maker:
    return lambda spec, common, today, counts: Typed(read=read, wrong=wrong, widget=widget(), **common)


Maker = Callable[[Mapping[str, Any], dict[str, Any], date, Mapping[str, Any]], forms.Field]
_MAKERS: dict[str, Maker] = {
    **dict.fromkeys(("name", "text", "long_text"), _text),
    **dict.fromkeys(("choice", "choices", "select", "province", "ward"), _chosen),
    "date": lambda spec, common, today, counts: DayField(today=today, future=bool(spec.get("future")), **common),
    "number": _whole_number,
    "id_number": lambda spec, common, today, counts: IdNumberField(**common),
    "money": lambda spec, common, today, counts: DongField(
        **{"min_value": 0, **{k: v for k, v in _bounded(spec, common).items() if v is not None}}
    ),
    "decimal": lambda spec, common, today, counts: DecimalAnswer(spec=spec, **common),
    "phone": _typed(
        clean_foreign_phone,
        _("Số điện thoại không đúng. Bạn hãy viết đủ số, ví dụ 0912 345 678; số nước ngoài bắt đầu bằng dấu +."),
        PhoneInput,
    ),
    "email": lambda spec, common, today, counts: EmailAnswer(max_length=254, **common),
    "tax_code": _typed(clean_tax_code, _("Mã số thuế gồm 10 chữ số, đơn vị phụ thuộc thêm 3 chữ số. Bạn hãy kiểm tra lại."), IdNumberInput),
    "year": _year,
    "month": _typed(parse_month, _("Tháng không đúng. Bạn hãy viết tháng/năm, ví dụ 03/2026."), NumberInput),
    "time": _typed(parse_time, _("Giờ không đúng. Bạn hãy viết giờ:phút, ví dụ 08:30."), NumberInput),
    "confirm": lambda spec, common, today, counts: ConfirmField(**common),
    "group": lambda spec, common, today, counts: RowsField(**{**common, "required": False}),
}


UNIT = "unit_code"
"""Name of the field that chooses the handling agency; no field of a form version may take it."""
SIGNER = "signer_position_id"
"""Name of the field of a decision that chooses who signs it."""


class AnswersForm(forms.Form):
    """The dynamic form: built from the asked fields of a form version, after the choice of the handling agency if given.

    ``known`` are the answers from the registry and those that were reckoned, for rules that look at several fields; ``rules`` all fields
    that are there; ``counts`` the answers that count so far; ``rows`` those of repeated groups (`dossiers.conditions.Shape`).
    After ``is_valid`` :attr:`findings` holds what the rules say beside what is wrong.
    """

    def __init__(
        self,
        specs: Sequence[Mapping[str, Any]],
        data: Mapping[str, Any] | None = None,
        *,
        units: Sequence[tuple[str, str]] | None = None,
        today: date | None = None,
        known: Mapping[str, Any] | None = None,
        rules: Collection[Mapping[str, Any]] | None = None,
        counts: Mapping[str, Any] | None = None,
        rows: Mapping[str, Sequence[Shape]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.specs, self.today, self.known = specs, today or timezone.localdate(), dict(known or {})
        self.rules = specs if rules is None else rules
        self.rows = rows or {}
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
            self.fields[spec["name"]] = field_of(spec, self.today, counts or {})

    def clean(self) -> dict[str, Any]:
        """What one field asks of others."""
        given: dict[str, Any] = {**(super().clean() or {}), **self.known}
        for spec in self.specs:
            name, others = spec["name"], spec.get("required_with", ())
            if name not in self.errors and not given.get(name) and any(given.get(other) or other in self.errors for other in others):
                self.add_error(name, str(_required(spec)))
        answers = {name: kept(value) for name, value in given.items() if value is not None}
        for spec in self.specs:
            if spec["kind"] == "group":
                self._check_rows(spec, answers)
        for finding in findings(self.rules, answers, asked=[spec["name"] for spec in self.specs], today=self.today):
            if finding.kind == "wrong":
                self.add_error(finding.field, finding.message)
            else:
                self.findings.append(finding)
        return self.cleaned_data

    def _check_rows(self, spec: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
        """Every row by a form of its own; a row in which nothing stands is no row. What is wrong is told by number and field."""
        name = spec["name"]
        typed = self.cleaned_data.get(name) or []
        good: list[dict[str, Any]] = []
        forms_of_rows: list[tuple[int, AnswersForm]] = []
        wrong: list[str] = []
        for at, row in enumerate(self.rows.get(name, ())):
            if row.is_empty:
                continue
            form = row_form(spec, at, row, typed[at], today=self.today, outside=answers)
            form.is_valid()
            forms_of_rows.append((at, form))
            self.findings += form.findings
            good.append({**{field: kept(value) for field, value in form.cleaned_data.items() if value is not None}, **row.calculated})
        for part in spec["fields"]:
            for rule in part.get("rules", ()):
                if rule["rule"] == "unique":
                    for place in repeated(good, part["name"]):
                        forms_of_rows[place][1].add_error(part["name"], rule["text"])
        for at, form in forms_of_rows:
            for field, messages in form.errors.items():
                label = form.fields[field].label if field in form.fields else field
                wrong += [_("Dòng %(number)d, %(field)s: %(what)s") % {"number": at + 1, "field": label, "what": one} for one in messages]
        number, item = len(forms_of_rows), words_of(spec, "item") or words_of(spec, "label")
        least, most = spec.get("least", 0), spec.get("most", MOST_ROWS)
        if number < least:
            wrong.append(_("Cần ít nhất %(least)d dòng (%(item)s), hiện có %(number)d.") % {"least": least, "item": item, "number": number})
        if number > most:
            wrong.append(_("Nhận tối đa %(most)d dòng (%(item)s), hiện có %(number)d.") % {"most": most, "item": item, "number": number})
        if wrong:
            self.add_error(name, wrong)
        else:
            self.cleaned_data[name] = good

    @property
    def notes(self) -> list[str]:
        """What is worth knowing."""
        return [finding.message for finding in self.findings if finding.kind == "note"]

    @property
    def unlikely(self) -> list[Finding]:
        """What a person must say is so."""
        return [finding for finding in self.findings if finding.kind == "unlikely"]


def row_form(
    spec: Mapping[str, Any], at: int, row: Shape, typed: Mapping[str, Any] | None, *, today: date, outside: Mapping[str, Any], **kwargs: Any
) -> AnswersForm:
    """The form of one row of a group: its fields are called ``<group>-<place>-<field>``."""
    prefix = f"{spec['name']}-{at}"
    data = None if typed is None else {f"{prefix}-{name}": value for name, value in typed.items()}
    counts = {**outside, **row.counts}
    known = {**outside, **row.calculated}
    return AnswersForm(row.asked, data, prefix=prefix, today=today, known=known, rules=row.fields, counts=counts, **kwargs)


def kept(value: Any) -> Any:
    """A checked answer as a dossier keeps it: text, a list of chosen values, rows."""
    return value if isinstance(value, list) else str(value)


class ReasonForm(forms.Form):
    """Why an officer refuses a dossier."""

    reason = PlainText(
        label="Lý do từ chối",
        help_text="Người nộp đọc được nguyên văn. Nêu rõ vì sao và cần làm gì tiếp.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Hãy nêu lý do để người nộp biết."},
    )


class RefuseForm(ReasonForm):
    """Why a dossier is not received, and by which law; the applicant reads both."""

    basis = PlainText(
        label="Căn cứ pháp luật",
        help_text="Điều, khoản, văn bản. Ví dụ: khoản 1 Điều 13 Luật Hộ tịch 2014.",
        max_length=300,
        widget=forms.TextInput({"class": "vTextField"}),
        error_messages={"required": "Hãy ghi điều, khoản, văn bản làm căn cứ."},
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
                label="Là",
                required=False,
                choices=[("charge", "Lệ phí"), ("fee", "Phí"), ("tax", "Thuế"), ("fine", "Tiền phạt"), ("other", "Khoản khác")],
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


def shown(spec: Mapping[str, Any], value: Any) -> str:
    """An answer as a person reads it: the label of a choice, a day as dd/mm/yyyy, anything else as it is."""
    kind = spec["kind"]
    if isinstance(value, list):
        return ", ".join(shown({**spec, "kind": "choice"}, one) for one in value if isinstance(one, str))
    value = str(value)
    if not value:
        return ""
    if kind == "choice" or (kind == "select" and spec.get("choices")):
        return str(dict(spec["choices"]).get(value, value))
    if kind in ("select", "province", "ward"):
        return lists.name_of({"province": "provinces", "ward": "wards"}.get(kind) or spec["catalogue"], value)
    if kind == "date":
        try:
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        except ValueError:
            return value
    if kind == "confirm":
        return str(_("Có")) if value == YES else value
    if kind == "month" and re.fullmatch(r"[0-9]{4}-[0-9]{2}", value):
        return f"{value[5:]}/{value[:4]}"
    if kind in ("money", "decimal", "number") and (amount := as_decimal(value)) is not None and ("unit" in spec or kind != "number"):
        if kind == "money" and amount == amount.to_integral_value():
            return dong(int(amount))
        unit = "đ" if kind == "money" else spec.get("unit", "")
        return f"{number_words(amount)}\u00a0{unit}" if unit else number_words(amount)
    return value
