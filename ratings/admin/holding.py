"""Lists of versions that hold from a day to a day (``valid_from``, ``valid_to``)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone


class Holding(admin.SimpleListFilter):
    """By what holds today."""

    title = "hiệu lực"
    parameter_name = "hieu-luc"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("dang", "Đang áp dụng"), ("sap", "Chưa đến ngày"), ("het", "Đã thôi áp dụng")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        match self.value():
            case "dang":
                return queryset.filter(Q(valid_to=None) | Q(valid_to__gte=today), valid_from__lte=today)
            case "sap":
                return queryset.filter(valid_from__gt=today)
            case "het":
                return queryset.filter(valid_to__lt=today)
        return queryset
