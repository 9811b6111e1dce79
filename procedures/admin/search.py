"""What the search knows, on the desk: words, weights, questions without an answer."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import Truncator

from portal.access import actor_of
from portal.access.site import OfficerModelAdmin
from portal.audit.desk import HistoryModelAdmin
from portal.search.phrases import word_key
from procedures import queries, services
from procedures.admin.catalogue import NAME_SHOWN
from procedures.forms import SearchWeightForm, SearchWordForm, TrialForm
from procedures.models import (
    SearchMiss,
    SearchWeight,
    SearchWord,
)
from procedures.search import trial


@admin.register(SearchWord)
class SearchWordAdmin(HistoryModelAdmin):
    """How people say it and how the catalogue does: what editors change here the search knows within seconds."""

    form = SearchWordForm
    view_act = "procedures.words"
    add_act = "procedures.words"
    change_act = "procedures.words"
    list_display = ("phrase", "kind", "meanings_in_a_row", "origin", "active")
    list_filter = ("kind", "origin", "active")
    search_fields = ("key",)
    search_help_text = "Từ người dân dùng, có dấu hay không dấu đều được"
    actions = ("switch_on", "switch_off")
    history_facts = ("phrase", "kind", "meanings", "origin", "active")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, word_key(search_term))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        told = ("origin", "active", "updated_at") if obj is not None else ()
        return ("phrase", "kind", "meanings", *told)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("origin", "active", "updated_at")

    @admin.display(description="Từ trong thủ tục")
    def meanings_in_a_row(self, word: SearchWord) -> str:
        return Truncator(" | ".join(word.meanings.splitlines())).chars(NAME_SHOWN)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """As everywhere; somebody who wrote the same word at the same moment is told beside the field."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except services.WordRefused:
            # The other one's word stands there now, so that the form itself finds it.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service, as everywhere. Nothing changed: nothing is written, and a shipped word stays one."""
        if not change or form.has_changed():
            saved = services.save_word(actor=actor_of(request), word_id=obj.pk if change else None, **form.cleaned_data)
            obj.pk = saved.pk

    @admin.action(description="Dùng các từ đã chọn", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[SearchWord]) -> None:
        """Let the search use the chosen words again."""
        self._switch(request, queryset, active=True)

    @admin.action(description="Tắt các từ đã chọn", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[SearchWord]) -> None:
        """Let the search use the chosen words no longer."""
        self._switch(request, queryset, active=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[SearchWord], *, active: bool) -> None:
        keys = list(queryset.order_by("pk").values_list("pk", flat=True))
        done = sum(services.switch_word(actor=actor_of(request), word_id=key, active=active) for key in keys)
        self.message_user(request, f"Đã {'dùng lại' if active else 'tắt'} {done} từ.", messages.SUCCESS)


@admin.register(SearchWeight)
class SearchWeightAdmin(HistoryModelAdmin):
    """How much the search counts each part of a procedure and each pair of syllables: known within seconds, like words."""

    form = SearchWeightForm
    view_act = "procedures.words"
    add_act = "procedures.words"
    change_act = "procedures.words"
    list_display = ("name", "kind", "value", "shipped", "origin", "updated_at")
    list_filter = ("kind", "origin")
    search_fields = ("key",)
    search_help_text = "Hai tiếng, có dấu hay không dấu đều được"
    actions = ("restore",)
    change_form_template = "admin/procedures/searchweight/change_form.html"
    history_facts = ("name", "kind", "value", "origin")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, word_key(search_term))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "value") if obj is None else ("name", "kind", "value", "shipped", "origin", "updated_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("name", "kind", "shipped", "origin", "updated_at")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            # Only of a new row: what stands may be a field, which is no two syllables.
            kwargs |= {"labels": {"name": "Hai tiếng đi liền nhau"}}
            kwargs |= {"help_texts": {"name": "Ví dụ: bản sao. Không phân biệt dấu và chữ hoa."}}
        return super().get_form(request, obj, change, **kwargs)

    @admin.display(description="Có sẵn")
    def shipped(self, weight: SearchWeight) -> str:
        return "–" if weight.shipped_value is None else f"{weight.shipped_value:.2f}".replace(".", ",")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """As everywhere; what somebody else did at the same moment is told. With a question: its answers under another weight."""
        context = dict(extra_context or {})
        weight = self.get_object(request, object_id) if object_id and request.method == "GET" else None
        if weight is not None:
            context |= self._trial(request, weight)
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except services.WordRefused as error:
            if object_id is None:
                # The other one's pair stands there now, so that the form itself finds it.
                return super().changeform_view(request, object_id, form_url, context)
            self.message_user(request, str(error), messages.WARNING)
            return redirect(reverse("admin:procedures_searchweight_changelist"))

    def _trial(self, request: HttpRequest, weight: SearchWeight) -> dict[str, Any]:
        asked = request.GET if "question" in request.GET else None
        form = TrialForm(asked, weight=weight, initial={"trial": weight.value})
        if not form.is_valid():
            return {"trial": form}
        now, then = trial(form.cleaned_data["question"], weight, form.cleaned_data["trial"])
        named = {version.procedure.code: version for version in queries.with_codes([*now, *then], timezone.localdate())}
        lists = [("Bây giờ", now), (f"Với trọng số {form.fields['trial'].prepare_value(form.cleaned_data['trial'])}", then)]
        answers = [(label, [named[code] for code in codes if code in named]) for label, codes in lists]
        return {"trial": form, "answers": answers, "same": now == then}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service, as everywhere. Nothing changed: nothing is written, and a shipped weight stays one."""
        if not change:
            obj.pk = services.add_pair(actor=actor_of(request), **form.cleaned_data).pk
        elif form.has_changed():
            services.set_weight(actor=actor_of(request), weight_id=obj.pk, **form.cleaned_data)

    @admin.action(description="Trả về giá trị có sẵn (cặp tiếng tự thêm thì bỏ)", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[SearchWeight]) -> None:
        """Bring the chosen weights back to what was shipped."""
        keys = list(queryset.order_by("pk").values_list("pk", flat=True))
        done = sum(services.restore_weight(actor=actor_of(request), weight_id=key) for key in keys)
        self.message_user(request, f"Đã trả {done} trọng số về như có sẵn.", messages.SUCCESS)


class Seen(admin.SimpleListFilter):
    """Shows what waits unless asked for what has been seen."""

    title = "tình trạng"
    parameter_name = "tinh-trang"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("da-xem", "Đã xem")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(handled_at__isnull=self.value() != "da-xem")

    def choices(self, changelist: Any) -> Any:
        for number, choice in enumerate(super().choices(changelist)):
            yield choice | {"display": "Chưa xem"} if number == 0 else choice


@admin.register(SearchMiss)
class SearchMissAdmin(OfficerModelAdmin):
    """What people asked and the search found nothing for, the most frequent first."""

    view_act = "procedures.words"
    list_display = ("question", "count", "first_at", "last_at", "new_word")
    list_filter: ClassVar[Any] = (Seen,)
    search_fields = ("key",)
    search_help_text = "Câu hỏi, có dấu hay không dấu đều được"
    fields = ("question", "count", "first_at", "last_at", "handled_at", "new_word")
    actions = ("seen",)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, word_key(search_term))

    @admin.display(description="Từ tìm kiếm")
    def new_word(self, miss: SearchMiss) -> str:
        """The way to a word that would have found something, with the question filled in."""
        # "…" stands where a number was taken out; brackets and bars say more in a word than in a question.
        words = " ".join(re.sub(r"[…()|]", " ", miss.question).split())
        given = urlencode({"phrase": words[: SearchWord.MAX_PHRASE].rstrip()})
        return format_html('<a href="{}?{}">Thêm từ</a>', reverse("admin:procedures_searchword_add"), given)

    @admin.action(description="Đã xem", permissions=["view"])
    def seen(self, request: HttpRequest, queryset: QuerySet[SearchMiss]) -> None:
        """Put the chosen questions among those that have been seen."""
        now = timezone.now()
        keys = list(queryset.order_by("pk").values_list("pk", flat=True))
        done = sum(services.handle_miss(actor=actor_of(request), miss_id=key, now=now) for key in keys)
        self.message_user(request, f"Đã xem {done} câu hỏi.", messages.SUCCESS)
