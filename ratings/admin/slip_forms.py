"""The questions of slips on VPCP's desk: every version, and a new one from a day to come on."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from portal.access import actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows
from ratings.models import SlipForm
from ratings.slips import services, versions
from ratings.slips.rules import OVERALL
from ratings.slips.versions import KEEP_QUESTIONS

OFFICER = "officer"
_LONG = {"class": "vTextField"}


class VersionForm(PlainForm):
    """Five questions in both languages, the words of the steps, from when, for how long."""

    valid_from = forms.DateField(
        label="Dùng từ ngày", input_formats=["%d/%m/%Y", "%Y-%m-%d"],
        widget=forms.DateInput({"placeholder": "ngày/tháng/năm", "autocomplete": "off"}),
    )  # fmt: skip
    open_days = forms.IntegerField(label="Phiếu nhận trong bao nhiêu ngày sau khi hồ sơ kết thúc", min_value=1, max_value=365)
    steps_vi = forms.CharField(
        label="Lời của năm mức, từ thấp đến cao", max_length=500, widget=forms.Textarea({"rows": 5}), help_text="Mỗi dòng một mức."
    )
    steps_en = forms.CharField(label="Bằng tiếng Anh", max_length=500, widget=forms.Textarea({"rows": 5}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = []
        for number in range(1, 6):
            fixed = {1: OVERALL, 2: OFFICER}.get(number)
            if fixed is None:
                self.fields[f"code{number}"] = forms.SlugField(
                    label=f"Mã câu {number}", max_length=20, help_text="Hỏi điều khác thì đặt mã khác, để số liệu không lẫn.",
                    error_messages={"required": "Bạn hãy ghi mục này.", "invalid": "Mã gồm chữ không dấu, chữ số, gạch nối."},
                )  # fmt: skip
                names.append(f"code{number}")
            what = {1: " (nhìn chung)", 2: " (về cán bộ)"}.get(number, "")
            for language, label in (("vi", f"Câu {number}{what}"), ("en", f"Câu {number} bằng tiếng Anh")):
                self.fields[f"{language}{number}"] = forms.CharField(
                    label=label, max_length=200, widget=forms.TextInput(_LONG), error_messages={"required": "Bạn hãy ghi mục này."}
                )
                names.append(f"{language}{number}")
        self.order_fields(["valid_from", "open_days", *names, "steps_vi", "steps_en"])

    def questions(self) -> list[dict[str, str]]:
        """As they are kept."""
        said, fixed = self.cleaned_data, {1: OVERALL, 2: OFFICER}
        return [
            {"code": fixed.get(number) or said[f"code{number}"], "vi": said[f"vi{number}"], "en": said[f"en{number}"]}
            for number in range(1, 6)
        ]


@admin.register(SlipForm)
class SlipFormAdmin(DeskModelAdmin):
    """Versions, the newest first."""

    by_cursor = False
    view_act = KEEP_QUESTIONS
    list_display = ("number_shown", "from_shown", "open_shown")
    ordering = ("-valid_from",)
    refusals: ClassVar[tuple[type[Exception], ...]] = (services.SlipRefused,)

    @admin.display(description="Bộ", ordering="valid_from")
    def number_shown(self, row: SlipForm) -> str:
        """Its number."""
        return f"Bộ câu hỏi {row.number}"

    @admin.display(description="Dùng từ ngày", ordering="valid_from")
    def from_shown(self, row: SlipForm) -> str:
        """The first day."""
        return f"{row.valid_from:%d/%m/%Y}"

    @admin.display(description="Phiếu nhận trong")
    def open_shown(self, row: SlipForm) -> str:
        """How long a slip is taken."""
        return f"{row.open_days} ngày"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(actor_of(request), KEEP_QUESTIONS)

    def get_urls(self) -> list[Any]:
        return [path("add/", self.admin_site.admin_view(self.add), name="ratings_slipform_add"), *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What it asks."""
        facts = [
            ("Dùng từ ngày", f"{row.valid_from:%d/%m/%Y}"),
            ("Phiếu nhận trong", f"{row.open_days} ngày sau khi hồ sơ kết thúc"),
            ("Năm mức", "; ".join(row.steps["vi"])),
            ("Năm mức bằng tiếng Anh", "; ".join(row.steps["en"])),
        ]
        lines = [(question["code"], question["vi"], question["en"]) for question in row.questions]
        return Page(f"Bộ câu hỏi {row.number}", [Facts("Bộ câu hỏi", facts), Rows("Câu hỏi", ("Mã", "Câu hỏi", "Bằng tiếng Anh"), lines)])

    def add(self, request: HttpRequest) -> HttpResponse:
        """From a day to come on; it begins as a copy of the newest."""
        actor = actor_of(request)
        require(actor, KEEP_QUESTIONS)
        newest = SlipForm.objects.order_by("-valid_from").first()
        initial: dict[str, Any] = {}
        if newest is not None:
            initial = {"open_days": newest.open_days, **{f"steps_{name}": "\n".join(words) for name, words in newest.steps.items()}}
            for number, question in enumerate(newest.questions, 1):
                initial |= {f"code{number}": question["code"], f"vi{number}": question["vi"], f"en{number}": question["en"]}
        form = VersionForm(request.POST if request.method == "POST" else None, initial=initial)
        return self.ask(
            request,
            title="Bộ câu hỏi mới",
            form=form,
            back=self.address("changelist"),
            do=lambda said: versions.add_version(
                actor=actor, valid_from=said["valid_from"], open_days=said["open_days"], questions=form.questions(),
                steps={name: said[f"steps_{name}"].splitlines() for name in ("vi", "en")}, today=timezone.localdate(),
            ),
            done=lambda row: f"Đã ghi. Từ ngày {row.valid_from:%d/%m/%Y} phiếu hỏi theo bộ mới.",
            about=["Phiếu đã trả lời giữ nguyên như đã hỏi. Câu “nhìn chung” luôn đứng đầu: mức độ hài lòng tính theo câu này."],
            button="Ghi",
        )  # fmt: skip
