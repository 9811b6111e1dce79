"""What VPCP sets for petitions, and what agencies keep for their answers: kinds, time limits, reply templates."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.text import Truncator

from feedback.models import PetitionKind, ReplyTemplate, Term
from feedback.models.kinds import About
from feedback.services import PetitionRefused, lists
from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way
from portal.access.rules import unit_scope
from portal.audit.desk import HistoryModelAdmin
from portal.catalogues.models import Agency
from portal.catalogues.queries import agency_label

_DAY = forms.DateInput({"placeholder": "ngày/tháng/năm", "autocomplete": "off"})
_DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
_LONG = {"class": "vTextField"}


def day_field(label: str, **more: Any) -> forms.DateField:
    """A day, as Vietnamese write it."""
    return forms.DateField(label=label, input_formats=_DAYS, widget=_DAY, **more)


def _day(day: Any) -> str:
    return f"{day:%d/%m/%Y}" if day else "–"


class KindForm(PlainForm):
    """Wording of a kind."""

    name = forms.CharField(label="Tên loại", max_length=200, widget=forms.TextInput(_LONG))
    name_en = forms.CharField(label="Tên tiếng Anh", max_length=200, required=False, widget=forms.TextInput(_LONG))
    help_text = forms.CharField(
        label="Giải thích, ví dụ", max_length=300, required=False, widget=forms.Textarea({"rows": 2}), help_text="Hiện dưới tên khi chọn."
    )
    help_text_en = forms.CharField(label="Giải thích bằng tiếng Anh", max_length=300, required=False, widget=forms.Textarea({"rows": 2}))
    article = forms.CharField(label="Căn cứ", max_length=120, widget=forms.TextInput(_LONG), help_text="Ví dụ: Quy chế, Điều 37.3a.")
    goes = forms.ChoiceField(label="Gợi ý gửi tới", choices=PetitionKind.Goes.choices)
    for_agencies = forms.BooleanField(label="Cơ quan cũng báo cáo được loại này", required=False)
    position = forms.IntegerField(label="Thứ tự trong danh sách", min_value=0, max_value=30_000, initial=100)


class NewKindForm(KindForm):
    """A new kind."""

    code = forms.CharField(label="Mã", max_length=40, help_text="Chữ thường không dấu, chữ số, dấu gạch nối. Không đổi được về sau.")
    about = forms.ChoiceField(label="Thuộc loại", choices=About.choices, help_text="Thống kê theo mục này. Không đổi được về sau.")
    valid_from = day_field("Dùng từ ngày")
    field_order = (
        "name",
        "code",
        "about",
        "article",
        "help_text",
        "goes",
        "for_agencies",
        "position",
        "valid_from",
        "name_en",
        "help_text_en",
    )


class EndKindForm(PlainForm):
    """The first day without it."""

    valid_to = day_field("Thôi dùng từ ngày", help_text="Từ ngày này người dân không chọn được loại này nữa.")


class Chosen(admin.SimpleListFilter):
    """By whether a kind can be chosen today."""

    title = "đang dùng"
    parameter_name = "dung"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("dang", "Đang dùng"), ("sap", "Chưa đến ngày"), ("het", "Đã thôi dùng")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        match self.value():
            case "dang":
                return queryset.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today), valid_from__lte=today)
            case "sap":
                return queryset.filter(valid_from__gt=today)
            case "het":
                return queryset.filter(valid_to__lte=today)
        return queryset


class SettingsAdmin(DeskModelAdmin, HistoryModelAdmin):
    """A list that VPCP keeps for the whole country: rows are added and ended, never deleted; each tells who changed what."""

    view_act = lists.SETTINGS
    by_cursor = False
    refusals = (PetitionRefused,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(actor_of(request), lists.SETTINGS)

    def history_way(self, row: Any) -> Way:
        """The button to the row's history."""
        return Way("Lịch sử thay đổi", self.address("history", row.pk), "history")


@admin.register(PetitionKind)
class PetitionKindAdmin(SettingsAdmin):
    """Kinds of Rules art. 37, extended by VPCP."""

    list_display = ("name_shown", "code", "about", "for_agencies", "position", "valid_from", "valid_to")
    list_filter = (Chosen, "about")
    ordering = ("position", "code")
    history_facts = (
        "name", "name_en", "help_text", "help_text_en", "article", "about", "goes", "for_agencies", "position", "valid_from", "valid_to",
    )  # fmt: skip

    @admin.display(description="Tên", ordering="name")
    def name_shown(self, row: PetitionKind) -> str:
        return Truncator(row.name).chars(80)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "feedback_petitionkind"
        return [
            path("add/", view(self.add), name=f"{name}_add"),
            path("<slug:code>/edit/", view(self.edit), name=f"{name}_edit"),
            path("<slug:code>/end/", view(self.end), name=f"{name}_end"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """A kind, with what may be done to it."""
        facts = [
            ("Mã", row.code),
            ("Tên tiếng Anh", row.name_en or "–"),
            ("Giải thích", row.help_text or "–"),
            ("Giải thích bằng tiếng Anh", row.help_text_en or "–"),
            ("Căn cứ", row.article),
            ("Thuộc loại", row.get_about_display()),
            ("Gợi ý gửi tới", row.get_goes_display()),
            ("Cơ quan cũng báo cáo được", "Có" if row.for_agencies else "Không"),
            ("Thứ tự", row.position),
            ("Dùng từ ngày", _day(row.valid_from)),
            ("Thôi dùng từ ngày", _day(row.valid_to)),
        ]
        ways = [Way("Sửa", self.address("edit", row.pk))]
        if row.valid_to is None or row.valid_to > timezone.localdate():
            ways.append(Way("Thôi dùng", self.address("end", row.pk), "danger"))
        return Page(row.name, [Facts("Loại nội dung", facts)], [*ways, self.history_way(row)])

    def add(self, request: HttpRequest) -> HttpResponse:
        """Extend the list (Rules art. 37.3)."""
        require(actor_of(request), lists.SETTINGS)
        return self.ask(
            request,
            title="Thêm loại phản ánh, kiến nghị",
            form=NewKindForm(
                request.POST if request.method == "POST" else None, initial={"valid_from": f"{timezone.localdate():%d/%m/%Y}"}
            ),
            back=self.address("changelist"),
            do=lambda said: lists.add_kind(actor=actor_of(request), now=timezone.now(), **said),
            done=lambda row: f"Đã thêm loại “{row.name}”, dùng từ {_day(row.valid_from)}.",
            button="Thêm",
        )

    def edit(self, request: HttpRequest, code: str) -> HttpResponse:
        """Another wording."""
        row = self.found(request, code)
        initial = {name: getattr(row, name) for name in lists.KIND_TEXTS}
        return self.ask(
            request,
            title=f"Sửa loại “{row.name}”",
            form=KindForm(request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("change", code),
            do=lambda said: lists.change_kind(actor=actor_of(request), code=code, **said),
            done="Đã ghi. Trang gửi phản ánh hiện ngay cách viết mới.",
            about=["Phản ánh đã gửi theo loại này cũng hiện tên mới."],
            button="Ghi",
        )

    def end(self, request: HttpRequest, code: str) -> HttpResponse:
        """Chosen no longer from a day on."""
        row = self.found(request, code)
        return self.ask(
            request,
            title=f"Thôi dùng loại “{row.name}”",
            form=EndKindForm(request.POST if request.method == "POST" else None, initial={"valid_to": f"{timezone.localdate():%d/%m/%Y}"}),
            back=self.address("change", code),
            do=lambda said: lists.end_kind(actor=actor_of(request), code=code, now=timezone.now(), **said),
            done=lambda kind: f"Loại này thôi dùng từ {_day(kind.valid_to)}.",
            about=["Phản ánh đã gửi theo loại này vẫn giữ nguyên."],
            button="Thôi dùng",
        )


class TermForm(PlainForm):
    """A time limit from a day on."""

    name = forms.ChoiceField(label="Thời hạn", choices=Term.Name.choices)
    amount = forms.IntegerField(label="Số", min_value=1, max_value=365)
    unit = forms.ChoiceField(
        label="Đơn vị",
        choices=list(lists.UNITS.items()),
        initial="day",
        help_text="Ví dụ hạn trả lời: 20 ngày (Quy chế, Điều 44.1) hoặc 15 ngày làm việc.",
    )
    valid_from = day_field("Áp dụng từ ngày", help_text="Hôm nay hoặc một ngày sau đó. Phản ánh đã nhận trước ngày này giữ thời hạn cũ.")
    basis = forms.CharField(label="Căn cứ", max_length=200, widget=forms.TextInput(_LONG))


class Holding(admin.SimpleListFilter):
    """By what holds today."""

    title = "hiệu lực"
    parameter_name = "hieu-luc"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("dang", "Đang áp dụng"), ("sap", "Chưa đến ngày")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        if self.value() == "dang":
            newest = Term.objects.filter(valid_from__lte=today).order_by("name", "-valid_from").distinct("name")
            return queryset.filter(pk__in=newest.values("pk"))
        if self.value() == "sap":
            return queryset.filter(valid_from__gt=today)
        return queryset


@admin.register(Term)
class TermAdmin(SettingsAdmin):
    """Time limits with the day from which each holds; a new one is set beside the old, which stays to be read."""

    list_display = ("name_shown", "limit", "valid_from", "state", "basis")
    list_display_links = ("name_shown",)
    list_filter = (Holding, "name")
    ordering = ("name", "-valid_from", "id")
    history_facts = ("name", "amount", "unit", "valid_from", "basis")

    @admin.display(description="Thời hạn", ordering="name")
    def name_shown(self, row: Term) -> str:
        return row.get_name_display()

    @admin.display(description="Mức")
    def limit(self, row: Term) -> str:
        return f"{row.amount} {row.get_unit_display()}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the first day on which a later one holds."""
        later = Term.objects.filter(name=OuterRef("name"), valid_from__gt=OuterRef("valid_from")).order_by("valid_from")
        return super().get_queryset(request).annotate(until=Subquery(later.values("valid_from")[:1]))

    @admin.display(description="Hiện nay")
    def state(self, row: Any) -> str:
        today = timezone.localdate()
        if row.valid_from > today:
            return "Chưa đến ngày"
        return "Đang áp dụng" if row.until is None or row.until > today else f"Đến trước {_day(row.until)}"

    def get_urls(self) -> list[Any]:
        """Setting has an address of its own; ``?name=`` begins with that limit."""
        return [path("add/", self.admin_site.admin_view(self.add), name="feedback_term_add"), *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """A limit, with those before and after it."""
        facts = [
            ("Mức", self.limit(row)),
            ("Áp dụng từ ngày", _day(row.valid_from)),
            ("Hiện nay", self.state(row)),
            ("Căn cứ", row.basis),
        ]
        others = [
            [_day(other.valid_from), self.limit(other), self.state(other), other.basis]
            for other in self.get_queryset(request).filter(name=row.name).order_by("-valid_from")
        ]
        ways = [Way("Đặt mức mới", f"{self.address('add')}?name={row.name}"), self.history_way(row)]
        parts: list[Facts | Rows] = [
            Facts("Thời hạn", facts),
            Rows("Các mức đã đặt", ["Từ ngày", "Mức", "Hiện nay", "Căn cứ"], others),
        ]
        return Page(row.get_name_display(), parts, ways)

    def add(self, request: HttpRequest) -> HttpResponse:
        """Set a limit from a day on."""
        require(actor_of(request), lists.SETTINGS)
        asked = request.GET.get("name", "")
        now_set = lists.term_on(asked, timezone.localdate()) if asked in Term.Name.values else None
        initial: dict[str, Any] = {"valid_from": f"{timezone.localdate():%d/%m/%Y}"}
        about = []
        if now_set is not None:
            initial |= {"name": asked, "unit": now_set.unit}
            about.append(f"{now_set.get_name_display()}: đang áp dụng {self.limit(now_set)} từ {_day(now_set.valid_from)}.")
        return self.ask(
            request,
            title="Đặt thời hạn",
            form=TermForm(request.POST if request.method == "POST" else None, initial=initial),
            back=self.address("changelist"),
            do=lambda said: lists.set_term(actor=actor_of(request), now=timezone.now(), **said),
            done=lambda row: f"{row.get_name_display()}: {self.limit(row)} từ {_day(row.valid_from)}.",
            about=about,
            button="Đặt",
        )


class TemplateForm(PlainForm):
    """Words to begin with."""

    unit_code = forms.ChoiceField(label="Cơ quan")
    use = forms.ChoiceField(label="Dùng khi", choices=ReplyTemplate.For.choices)
    name = forms.CharField(label="Tên mẫu", max_length=120, widget=forms.TextInput(_LONG))
    words = forms.CharField(
        label="Nội dung",
        max_length=lists.MOST_TEMPLATE,
        widget=forms.Textarea({"rows": 12}),
        help_text="Được chép vào ô trả lời để sửa trước khi gửi. Không ghi tên, số của người cụ thể vào mẫu.",
    )
    is_active = forms.BooleanField(label="Đang dùng", required=False, initial=True)

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit_code"].choices = units  # type: ignore[attr-defined]


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(DeskModelAdmin):
    """Each agency's own; whoever works on petitions writes them."""

    view_act = lists.TEMPLATES
    unit_field = "unit_code"
    by_cursor = False
    list_display = ("name", "use", "unit_code", "is_active")
    list_filter = ("use", "is_active")
    search_fields = ("name",)
    ordering = ("unit_code", "use", "name", "id")
    refusals: ClassVar[tuple[type[Exception], ...]] = (PetitionRefused,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        actor = actor_of(request)
        return may(actor, lists.TEMPLATES, actor.unit)

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "feedback_replytemplate"
        return [
            path("add/", view(self.keep), name=f"{name}_add"),
            path("<int:object_id>/edit/", view(self.keep), name=f"{name}_edit"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """The words."""
        facts = [
            ("Cơ quan", agency_label(row.unit_code)),
            ("Dùng khi", row.get_use_display()),
            ("Đang dùng", "Có" if row.is_active else "Không"),
            ("Nội dung", row.words),
        ]
        return Page(row.name, [Facts("Mẫu trả lời", facts)], [Way("Sửa", self.address("edit", row.pk))])

    def keep(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        """Write a template, or change it."""
        actor = actor_of(request)
        row = self.found(request, object_id) if object_id else None
        require(actor, lists.TEMPLATES, row.unit_code if row else actor.unit)
        mine = Agency.objects.on(timezone.localdate()).filter(unit_scope(actor, lists.TEMPLATES, "code")).order_by("code")
        units = [(code, f"{name} ({code})") for code, name in mine.values_list("code", "name")]
        if row is not None:
            units = [(row.unit_code, agency_label(row.unit_code))]
        initial = (
            {name: getattr(row, name) for name in ("unit_code", "use", "name", "words", "is_active")} if row else {"unit_code": actor.unit}
        )
        return self.ask(
            request,
            title="Thêm mẫu trả lời" if row is None else f"Sửa mẫu “{row.name}”",
            form=TemplateForm(request.POST if request.method == "POST" else None, initial=initial, units=units),
            back=self.address("changelist") if row is None else self.address("change", row.pk),
            do=lambda said: lists.keep_template(actor=actor, template_id=object_id, **said),
            done="Đã ghi mẫu.",
            button="Ghi",
        )
