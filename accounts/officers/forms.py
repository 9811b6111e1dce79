"""Forms by which positions, roles, high-level accounts, contracts and absences are written (Rules art. 16.1, 41, 48)."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import HighLevelAccount, Position
from accounts.officers.high_level import grantable
from portal.access.desk import PlainForm
from portal.access.roles import ADMINISTRATORS, COMPONENTS, CONTRACT_ROLES, INSTITUTION_ROLES, OFFICER_ROLES, roles_of_place
from portal.access.rules import covers
from portal.catalogues.models import Agency, PaymentInstitution

_DAY = forms.DateInput({"placeholder": "ngày/tháng/năm", "autocomplete": "off"})
_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
POST_CODE = re.compile(r"BC\.[a-z0-9-]{1,30}")


def choices_of(roles: Collection[str]) -> list[tuple[str, str]]:
    """Some roles by component, as they are shown where roles are handed out."""
    return [(role, f"{component}: {name}") for component, named in COMPONENTS.items() for role, name in named if role in roles]


def roles_for(position: Position, grantable_now: Collection[str]) -> list[tuple[str, str]]:
    """The roles that can be given to a position by somebody who may hand out those, with their names."""
    possible = roles_of_place(position.unit_code, at_institution=position.place == Position.Place.INSTITUTION)
    return choices_of(possible & set(grantable_now) if position.contract_id is None else CONTRACT_ROLES & set(grantable_now))


def grants_choices(grantable_now: Collection[str], *, at_institution: bool) -> list[tuple[str, str]]:
    """What an administrator can be let hand out by somebody who may hand out those: at a company, also its people for counters."""
    return choices_of(set(grantable_now) & ((INSTITUTION_ROLES | CONTRACT_ROLES) if at_institution else OFFICER_ROLES))


def begin_of(day: date) -> datetime:
    """The first moment of a day."""
    return timezone.make_aware(datetime.combine(day, time()))


def end_of(day: date) -> datetime:
    """The moment at which a day is over."""
    return begin_of(day + timedelta(days=1))


class DatesForm(PlainForm):
    """From which day, until the end of which day."""

    valid_from = forms.DateField(
        label="Từ ngày", input_formats=_DAYS, widget=_DAY, required=False, help_text="Để trống: có hiệu lực ngay khi giao."
    )
    valid_to = forms.DateField(
        label="Đến hết ngày", input_formats=_DAYS, widget=_DAY, required=False, help_text="Để trống: đến khi thu hồi."
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean_valid_from(self) -> datetime:
        """The moment from which it holds."""
        day, today = self.cleaned_data["valid_from"], timezone.localdate(self.now)
        if day is not None and day < today:
            raise forms.ValidationError("Bắt đầu từ hôm nay hoặc một ngày sau đó.")
        return self.now if day is None or day == today else begin_of(day)

    def clean_valid_to(self) -> datetime | None:
        """The moment at which it ends: when the last day is over."""
        day = self.cleaned_data["valid_to"]
        if day is not None and day < timezone.localdate(self.now):
            raise forms.ValidationError("Ngày này đã qua.")
        return None if day is None else end_of(day)


def _grants_field() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label="Nếu là quản trị: được cấp cho người khác",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Không ai cấp được vai trò mà chính mình không được cấp.",
    )


def _say_grants(form: forms.Form, role_chosen: bool) -> list[str] | None:
    """What an administrator may hand out; None where no administrator was chosen."""
    said: list[str] = form.cleaned_data.get("grants") or []
    return said if role_chosen else None


class GiveRoleForm(DatesForm):
    """Which role, from which day, until the end of which day."""

    role = forms.ChoiceField(label="Vai trò", widget=forms.RadioSelect)
    grants = _grants_field()
    field_order = ("role", "grants", "valid_from", "valid_to")

    def __init__(self, *args: Any, position: Position, grantable_now: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = roles_for(position, grantable_now)
        self.fields["role"].choices = choices  # type: ignore[attr-defined]
        if any(role in ADMINISTRATORS for role, _name in choices):
            at_institution = position.place == Position.Place.INSTITUTION
            self.fields["grants"].choices = grants_choices(grantable_now, at_institution=at_institution)  # type: ignore[attr-defined]
        else:
            del self.fields["grants"]

    def clean(self) -> dict[str, Any]:
        """What may be handed out belongs to an administrator's role alone."""
        said: dict[str, Any] = super().clean() or {}
        return {**said, "grants": _say_grants(self, said.get("role") in ADMINISTRATORS)}


class PersonForm(DatesForm):
    """Who: by number and name, with the title and key they have there."""

    id_number = forms.CharField(label="Số định danh cá nhân của cán bộ", max_length=20, widget=forms.TextInput({"inputmode": "numeric"}))
    full_name = forms.CharField(label="Họ và tên", max_length=200, help_text="Số và họ tên phải đúng như trong tài khoản của cán bộ.")
    title = forms.CharField(label="Chức danh", max_length=200)
    credential_id = forms.CharField(
        label="Mã chứng thư số tại dịch vụ ký số",
        max_length=200,
        required=False,
        help_text="Chứng thư số mà người này dùng để đăng nhập và ký; để trống nếu chưa có.",
    )
    token_serial = forms.CharField(
        label="Số hiệu chứng thư số trên USB Token",
        max_length=120,
        required=False,
        help_text="Số sê-ri ghi trong chứng thư, ví dụ 54:01:0A:FF. Chứng thư này chỉ dùng để đăng nhập; để trống nếu không dùng.",
    )

    def clean_token_serial(self) -> str:
        """As certificates are compared: lower-case hexadecimal without separators and leading zeros."""
        typed = re.sub(r"[\s:.\-]", "", self.cleaned_data["token_serial"]).lower().removeprefix("0x")
        if not typed:
            return ""
        if not re.fullmatch(r"[0-9a-f]{1,40}", typed) or not typed.strip("0"):
            raise forms.ValidationError("Số hiệu chứng thư số gồm các chữ số và chữ cái từ a đến f.")
        return typed.lstrip("0")


class MakePositionForm(PersonForm):
    """A position for a person in a unit of the administrator's tree, with its roles."""

    unit_code = forms.CharField(
        label="Mã cơ quan, tổ chức", max_length=40, help_text="Cơ quan của bạn hoặc đơn vị bên dưới, ví dụ H26.101."
    )
    roles = forms.MultipleChoiceField(label="Vai trò", widget=forms.CheckboxSelectMultiple, required=False)
    grants = _grants_field()
    field_order = ("id_number", "full_name", "unit_code", "title", "credential_id", "token_serial", "roles", "grants", "valid_from",
                   "valid_to")  # fmt: skip

    def __init__(self, *args: Any, own_unit: str, at_institution: bool, grantable_now: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own_unit, self.at_institution = own_unit, at_institution
        choices = choices_of(roles_of_place(own_unit, at_institution=at_institution) & set(grantable_now))
        self.fields["roles"].choices = choices  # type: ignore[attr-defined]
        self.fields["grants"].choices = grants_choices(grantable_now, at_institution=at_institution)  # type: ignore[attr-defined]
        if not any(role in ADMINISTRATORS for role, _name in choices):
            del self.fields["grants"]

    def clean_unit_code(self) -> str:
        """A unit of the administrator's own tree that exists today."""
        code: str = self.cleaned_data["unit_code"].strip()
        if not covers(self.own_unit, code):
            raise forms.ValidationError("Bạn chỉ giao chức danh trong cơ quan của mình và các đơn vị bên dưới.")
        if not self.at_institution and not Agency.objects.on(timezone.localdate(self.now)).filter(code=code).exists():
            raise forms.ValidationError("Danh mục cơ quan không có mã này.")
        return code

    def clean(self) -> dict[str, Any]:
        """What may be handed out belongs to an administrator's role alone."""
        said: dict[str, Any] = super().clean() or {}
        return {**said, "grants": _say_grants(self, bool(set(said.get("roles", ())) & ADMINISTRATORS))}


class LendForm(DatesForm):
    """Who takes an absent officer's place, with which of their roles, until when."""

    substitute = forms.ChoiceField(label="Người làm thay")
    roles = forms.MultipleChoiceField(
        label="Vai trò giao làm thay", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Bạn hãy chọn ít nhất một vai trò."}
    )
    reason = forms.CharField(label="Lý do vắng mặt", max_length=300)
    field_order = ("substitute", "roles", "reason", "valid_from", "valid_to")

    def __init__(self, *args: Any, others: list[tuple[str, str]], roles: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["substitute"].choices = [("", "Chọn một người"), *others]  # type: ignore[attr-defined]
        self.fields["roles"].choices = choices_of(roles)  # type: ignore[attr-defined]
        self.fields["valid_to"].required, self.fields["valid_to"].help_text = True, "Hết ngày này vai trò tự trở về."


class GrantForm(PersonForm):
    """A high-level account: whose, by which certificate, for how long, to hand out what."""

    kind = forms.ChoiceField(label="Cấp cho", choices=HighLevelAccount.Kind.choices, widget=forms.RadioSelect)
    unit_code = forms.CharField(
        label="Mã cơ quan, tổ chức", max_length=40, help_text="Cơ quan: G15, H26; ngân hàng: 970418, TG.vnpay; bưu chính: BC.ten-goi."
    )
    name = forms.CharField(label="Tên doanh nghiệp bưu chính", max_length=300, required=False)
    contract_number = forms.CharField(
        label="Số hợp đồng, văn bản", max_length=100, required=False, help_text="Bắt buộc với ngân hàng và bưu chính."
    )
    grants = forms.MultipleChoiceField(
        label="Được cấp cho người khác",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Bạn hãy chọn ít nhất một vai trò."},
    )
    field_order = (
        "kind", "unit_code", "name", "id_number", "full_name", "title", "credential_id", "token_serial", "contract_number",
        "valid_from", "valid_to", "grants",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = {role for named in COMPONENTS.values() for role, _name in named}
        self.fields["grants"].choices = choices_of(every)  # type: ignore[attr-defined]
        self.fields["credential_id"].help_text = "Ghi mã này hoặc số hiệu USB Token: tài khoản mở khi chứng thư số ấy đăng nhập lần đầu."
        self.fields["valid_to"].help_text = "Bắt buộc với ngân hàng và bưu chính."

    def clean(self) -> dict[str, Any]:
        """The code is one of its kind's, and tells the name; what it hands out fits."""
        said: dict[str, Any] = super().clean() or {}
        kind, code, today = said.get("kind"), str(said.get("unit_code", "")).strip(), timezone.localdate(self.now)
        if kind and code:
            named = self._named(kind, code, today)
            if named:
                said["name"] = named
            if beyond := set(said.get("grants", ())) - grantable(kind, code):
                names = ", ".join(label for role, label in choices_of(beyond))
                self.add_error("grants", f"Tài khoản này không cấp được: {names}.")
        return {**said, "unit_code": code}

    def _named(self, kind: str, code: str, today: date) -> str:
        if kind == HighLevelAccount.Kind.POST:
            if not POST_CODE.fullmatch(code):
                self.add_error("unit_code", "Mã doanh nghiệp bưu chính có dạng BC.ten-goi.")
            if not self.cleaned_data.get("name", "").strip():
                self.add_error("name", "Bạn hãy ghi tên doanh nghiệp.")
            return str(self.cleaned_data.get("name", "")).strip()
        rows: Any = Agency.objects if kind == HighLevelAccount.Kind.AGENCY else PaymentInstitution.objects
        found = rows.on(today).filter(code=code).first()
        if found is None:
            self.add_error("unit_code", "Danh mục không có mã này.")
        return found.name if found is not None else ""


class ContractForm(DatesForm):
    """An agency's contract with the public post for a counter."""

    unit_code = forms.CharField(label="Mã cơ quan có quầy", max_length=40)
    company_code = forms.CharField(label="Mã doanh nghiệp bưu chính", max_length=40, help_text="Có dạng BC.ten-goi.")
    number = forms.CharField(label="Số hợp đồng", max_length=100)
    field_order = ("unit_code", "company_code", "number", "valid_from", "valid_to")

    def __init__(self, *args: Any, own_unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own_unit = own_unit
        self.fields["valid_to"].required, self.fields["valid_to"].help_text = True, "Hết ngày này người của bưu chính thôi làm ở quầy."

    def clean_unit_code(self) -> str:
        """A unit of the administrator's own tree that exists today."""
        code: str = self.cleaned_data["unit_code"].strip()
        if not covers(self.own_unit, code):
            raise forms.ValidationError("Bạn chỉ ghi hợp đồng của cơ quan mình và các đơn vị bên dưới.")
        if not Agency.objects.on(timezone.localdate(self.now)).filter(code=code).exists():
            raise forms.ValidationError("Danh mục cơ quan không có mã này.")
        return code


class SendForm(PersonForm):
    """One of the post's people for a counter."""

    field_order = ("id_number", "full_name", "title", "credential_id", "token_serial", "valid_to")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["valid_from"]
        self.fields["valid_to"].help_text = "Để trống: đến hết hợp đồng."


class OnDayForm(PlainForm):
    """Who held what on a day."""

    ngay = forms.DateField(label="Ngày", input_formats=_DAYS, widget=_DAY, required=False)
    ten = forms.CharField(label="Tên cán bộ hoặc mã cơ quan", max_length=200, required=False)
