"""Forms by which an administrator hands out roles (Rules art. 16.1, 41)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Position
from portal.access.desk import PlainForm
from portal.access.roles import INSTITUTION_ROLES, ROLES, TOP_AGENCY, TOP_ROLES

_DAY = forms.DateInput({"placeholder": "ngày/tháng/năm", "autocomplete": "off"})
_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]


def roles_for(position: Position) -> list[tuple[str, str]]:
    """The roles that can be given to a position, with their names."""
    at_institution, at_top = position.place == Position.Place.INSTITUTION, position.unit_code.partition(".")[0] == TOP_AGENCY
    return [(role, name) for role, name in ROLES if (role in INSTITUTION_ROLES) == at_institution and (at_top or role not in TOP_ROLES)]


def _begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


class GiveRoleForm(PlainForm):
    """Which role, from which day, until the end of which day."""

    role = forms.ChoiceField(label="Vai trò", widget=forms.RadioSelect)
    valid_from = forms.DateField(
        label="Từ ngày", input_formats=_DAYS, widget=_DAY, required=False, help_text="Để trống: có hiệu lực ngay khi giao."
    )
    valid_to = forms.DateField(
        label="Đến hết ngày", input_formats=_DAYS, widget=_DAY, required=False, help_text="Để trống: đến khi thu hồi."
    )

    def __init__(self, *args: Any, position: Position, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["role"].choices = roles_for(position)  # type: ignore[attr-defined]

    def clean_valid_from(self) -> datetime:
        """The moment from which the role holds."""
        day, today = self.cleaned_data["valid_from"], timezone.localdate(self.now)
        if day is not None and day < today:
            raise forms.ValidationError("Vai trò bắt đầu từ hôm nay hoặc một ngày sau đó.")
        return self.now if day is None or day == today else _begin_of(day)

    def clean_valid_to(self) -> datetime | None:
        """The moment at which it ends: when the last day is over."""
        day = self.cleaned_data["valid_to"]
        if day is not None and day < timezone.localdate(self.now):
            raise forms.ValidationError("Ngày này đã qua.")
        return None if day is None else _begin_of(day + timedelta(days=1))
