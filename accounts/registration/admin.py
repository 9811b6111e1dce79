"""The counter on the desk: open an account for who has none, hand over the slip, compare a document; and the terms of use."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from accounts.forms import IdNumberForm
from accounts.identifiers import clean_foreign_phone
from accounts.models import Identifier, Registration, Terms
from accounts.registration import counter, services, terms
from accounts.registration.checking import NAMES
from accounts.registration.forms import NumberForm, PaperForm, WhoForm
from accounts.registration.opening import clean_number
from accounts.registration.states import State
from accounts.services.codes import TooManyRequests
from portal.access import AccessDenied, actor_of, may, require
from portal.access.desk import DeskModelAdmin, Facts, Page, PlainForm, Rows, Way, moment
from portal.catalogues.queries import agency_label

REFUSALS = {
    "disagrees": "Điều khai không khớp cơ sở dữ liệu",
    "expired": "Giấy tờ đã hết hạn",
    "certificate": "Chứng thư số không dùng được",
    "not_representative": "Không phải người đại diện theo pháp luật",
    "not_active": "Tổ chức không còn hoạt động",
    "at_counter": "Giấy tờ tại quầy không khớp",
}


class _PhoneForm(PlainForm):
    """Where the code goes when the person takes the account over."""

    phone = forms.CharField(
        label="Số điện thoại của người dân",
        help_text="Mã xác nhận gửi đến số này khi họ nhận tài khoản. Số nước ngoài viết cả mã nước, bắt đầu bằng dấu +.",
        max_length=25,
    )

    def clean_phone(self) -> str:
        """In E.164."""
        phone = clean_foreign_phone(self.cleaned_data["phone"])
        if not phone:
            raise forms.ValidationError("Số điện thoại không đúng.")
        return phone


class _SeenForm(forms.Form):
    """The officer says what they saw: nothing is registered for somebody who is not there."""

    seen_paper = forms.BooleanField(
        label="Người dân có mặt, giấy tờ gốc đã xem và ảnh trên giấy tờ là người này",
        error_messages={"required": "Chỉ mở tài khoản khi người dân có mặt và giấy tờ gốc đã được xem."},
    )


class CounterForm(_PhoneForm, _SeenForm, NumberForm):
    """Somebody with an identity number."""

    field_order: Any = ("id_number", "full_name", "birth_date", "sex", "old_number", "phone", "seen_paper")
    clean_id_number = IdNumberForm.clean_id_number


class CounterDocumentForm(_PhoneForm, _SeenForm, PaperForm, WhoForm):
    """A foreigner, or a Vietnamese from abroad, with a document."""

    field_order: Any = ("document_kind", "country", "document_number", "full_name", "birth_date", "sex", "phone", "seen_paper")

    def declared(self) -> dict[str, Any]:
        """With the document."""
        said = self.cleaned_data
        return {**super().declared(), "document": said["document"], "document_kind": said["document_kind"]}


class NumberOnlyForm(PlainForm):
    """The number that an applicant brings to the counter."""

    number = forms.CharField(label="Mã đăng ký", help_text="8 chữ và số người dân mang đến, ví dụ ABCD-2345.", max_length=15)


@admin.register(Registration)
class RegistrationAdmin(DeskModelAdmin):
    """Registrations that one's own unit's counter opened or compared. Nobody else's: who registers at home is nobody's business here."""

    view_act = counter.ACT
    unit_field = "unit_code"
    refusals = (counter.BadCounter,)
    list_display = ("created_at", "way", "state", "number", "officer")
    list_display_links = ("created_at",)
    list_filter = ("state",)
    list_select_related = ("officer__person",)
    ordering = ("-created_at", "id")
    search_fields = ("number",)
    search_help_text = "Mã đăng ký"
    change_list_template = "admin/accounts/registration/change_list.html"

    def get_urls(self) -> list[Any]:
        """Each act has an address of its own."""
        view, name = self.admin_site.admin_view, "accounts_registration"
        return [
            path("open/", view(self.open), name=f"{name}_open"),
            path("open-by-document/", view(self.open_by_document), name=f"{name}_open_by_document"),
            path("find/", view(self.find), name=f"{name}_find"),
            path("compare/<str:number>/", view(self.compare), name=f"{name}_compare"),
            path("compare/<str:number>/accept/", view(self.accept), name=f"{name}_accept"),
            path("compare/<str:number>/turn-away/", view(self.turn_away), name=f"{name}_turn_away"),
            path("<uuid:object_id>/slip/", view(self.slip), name=f"{name}_slip"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """With the ways to begin."""
        ways = [
            Way("Mở tài khoản theo số định danh", self.address("open")),
            Way("Mở tài khoản theo hộ chiếu, giấy tờ khác", self.address("open_by_document"), "secondary"),
            Way("Đối chiếu giấy tờ theo mã đăng ký", self.address("find"), "secondary"),
        ]
        return super().changelist_view(request, {**(extra_context or {}), "ways": ways})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of a counter."""
        return super().get_queryset(request).exclude(unit_code="")

    def page(self, request: HttpRequest, row: Any) -> Page:
        """How far it has come; what was declared is not shown again."""
        ways = []
        if row.state == State.SLIP and may(actor_of(request), counter.ACT, row.unit_code):
            ways.append(Way("In phiếu nhận tài khoản", self.address("slip", row.pk)))
        notes = []
        if row.state == State.CHECKING:
            notes.append("Đang đối chiếu với cơ sở dữ liệu, thường mất vài giây. Tải lại trang để xem.")
        if row.state == State.WAITING:
            notes.append("Một cơ sở dữ liệu đang gián đoạn: đăng ký chờ, hệ thống tự hỏi lại. Người dân không phải chờ ở quầy.")
        facts = Facts(
            "Đăng ký",
            [
                ("Cách đăng ký", row.get_way_display()),
                ("Tình trạng", row.get_state_display()),
                ("Lý do", REFUSALS.get(row.refusal, row.refusal) or "–"),
                ("Mã đăng ký", row.number or "–"),
                ("Cơ quan", agency_label(row.unit_code)),
                ("Cán bộ", str(row.officer.person) if row.officer else "–"),
                ("Lúc", moment(row.created_at)),
                ("Cập nhật", moment(row.changed_at)),
                ("Hết hạn", moment(row.expires_at)),
            ],
        )
        answers = Rows(
            "Cơ sở dữ liệu đã trả lời",
            ["Cơ sở dữ liệu", "Khớp", "Trả lời lúc"],
            [
                [NAMES.get(one.registry, one.registry), "Có" if one.agrees else "Không", moment(one.answered_at)]
                for one in row.answers.all()
            ],
        )
        return Page(f"Đăng ký lúc {moment(row.created_at)}", [facts, answers], ways, notes)

    def _may_open(self, request: HttpRequest) -> None:
        require(actor_of(request), counter.ACT, actor_of(request).unit)

    def _open(self, request: HttpRequest, form_class: type[Any], title: str) -> HttpResponse:
        self._may_open(request)
        form = form_class(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            try:
                made = counter.register(actor=actor_of(request), declared=form.declared(), phone=said["phone"], now=timezone.now())
            except counter.BadCounter as refused:
                form.add_error(refused.field or None, refused.message)
            except TooManyRequests:
                form.add_error(
                    None, "Hôm nay đã có quá nhiều lần đăng ký cho người hoặc số điện thoại này. Mời người dân quay lại ngày mai."
                )
            else:
                self.message_user(request, "Đã ghi. Khi đối chiếu xong, in phiếu nhận tài khoản cho người dân.")
                return redirect(self.address("change", made.pk))
        context = {
            **self._context(request),
            "title": title,
            "form": form,
            "about": [
                "Người dân có mặt và tự khai; điều khai được đối chiếu với cơ sở dữ liệu.",
                "Trang này không cho biết người dân đã có tài khoản hay chưa: nếu đã có, phiếu dẫn đến tài khoản đó.",
            ],
            "problem": "",
            "seen": None,
            "button": "Đối chiếu",
            "addresses": {"list": self.address("changelist"), "back": self.address("changelist")},
        }
        return TemplateResponse(request, "admin/desk/act.html", context, status=422 if form.errors else 200)

    def open(self, request: HttpRequest) -> HttpResponse:
        """Declare for somebody with an identity number."""
        return self._open(request, CounterForm, "Mở tài khoản theo số định danh")

    def open_by_document(self, request: HttpRequest) -> HttpResponse:
        """Declare for somebody with a document."""
        return self._open(request, CounterDocumentForm, "Mở tài khoản theo hộ chiếu, giấy tờ khác")

    def slip(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The slip, shown and printed once: asked for by POST, so that no reload makes a new secret unseen."""
        row = self.found(request, object_id)
        if request.method != "POST":
            return self.ask(
                request,
                title="In phiếu nhận tài khoản?",
                form=None,
                back=self.address("change", row.pk),
                do=lambda _: None,
                done="",
                about=["Mã bí mật chỉ hiện một lần. Phiếu in trước đây (nếu có) không còn dùng được."],
                button="Hiện phiếu để in",
            )
        try:
            made, secret = counter.make_slip(actor=actor_of(request), registration_id=row.pk, now=timezone.now())
        except counter.BadCounter as refused:
            self.message_user(request, refused.message, level="ERROR")
            return redirect(self.address("change", row.pk))
        context = {
            **self._context(request),
            "title": "Phiếu nhận tài khoản",
            "registration": made,
            "secret": secret,
            "phone_end": (made.phone or "")[-3:],
            "agency": agency_label(made.unit_code),
            "site_address": settings.SITE_URL,
            "back": self.address("change", made.pk),
        }
        answer = TemplateResponse(request, "admin/accounts/registration/slip.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    def find(self, request: HttpRequest) -> HttpResponse:
        """The registration whose number an applicant brings."""
        self._may_open(request)
        form = NumberOnlyForm(request.POST if request.method == "POST" else None)
        return self.ask(
            request,
            title="Đối chiếu giấy tờ theo mã đăng ký",
            form=form,
            back=self.address("changelist"),
            do=lambda said: self._to_compare(request, said["number"]),
            done="Đã tìm thấy đăng ký. Xem giấy tờ gốc và đối chiếu từng mục.",
            to=self.address("compare", clean_number(form.data.get("number", "")) or "-") if form.is_bound else "",
            button="Tìm",
        )

    def _to_compare(self, request: HttpRequest, number: str) -> Registration:
        row = counter.find(actor=actor_of(request), number=number)
        if row is None:
            raise counter.BadCounter("Không có đăng ký nào đang chờ đối chiếu dưới mã này.", "number")
        return row

    def compare(self, request: HttpRequest, number: str) -> HttpResponse:
        """What was declared, beside the document in the officer's hand."""
        self._may_open(request)
        row = counter.find(actor=actor_of(request), number=number)
        if row is None:
            self.message_user(request, "Không có đăng ký nào đang chờ đối chiếu dưới mã này.", level="ERROR")
            return redirect(self.address("find"))
        services.note_looked(row, actor=actor_of(request))
        said = row.declaration
        country, _, document = said["document"].partition(":")
        facts = Facts(
            "Điều người dân khai",
            [
                ("Loại giấy tờ", dict(Identifier.Kind.choices)[said["document_kind"]]),
                ("Nước cấp", country),
                ("Số giấy tờ", document),
                ("Họ và tên", said["full_name"]),
                ("Ngày sinh", f"{datetime.fromisoformat(said['birth_date']):%d/%m/%Y}"),
                ("Giới tính", "Nữ" if said["sex"] == "female" else "Nam"),
            ],
        )
        ways = [
            Way("Khớp giấy tờ gốc, mở tài khoản", self.address("accept", row.number)),
            Way("Không khớp", self.address("turn_away", row.number), "danger"),
        ]
        page = Page(f"Đối chiếu giấy tờ: {row.number}", [facts], ways, ["Xem giấy tờ gốc, ảnh và người mang đến."])
        return TemplateResponse(request, "admin/desk/page.html", {**self._context(request), "title": page.title, "page": page})

    def accept(self, request: HttpRequest, number: str) -> HttpResponse:
        """The document is theirs and says what was declared."""
        self._may_open(request)
        form = _SeenForm(request.POST if request.method == "POST" else None)
        return self.ask(
            request,
            title="Mở tài khoản?",
            form=form,
            back=self.address("compare", number),
            to=self.address("changelist"),
            do=lambda _: counter.accept(actor=actor_of(request), number=number, now=timezone.now()),
            done="Đã mở tài khoản. Người dân được báo và đăng nhập bằng số giấy tờ.",
            button="Mở tài khoản",
        )

    def turn_away(self, request: HttpRequest, number: str) -> HttpResponse:
        """It is not."""
        self._may_open(request)
        return self.ask(
            request,
            title="Giấy tờ không khớp?",
            form=None,
            back=self.address("compare", number),
            to=self.address("changelist"),
            do=lambda _: counter.turn_away(actor=actor_of(request), number=number, now=timezone.now()),
            done="Đã từ chối. Người dân được báo và có thể đăng ký lại.",
            about=["Đăng ký kết thúc, điều đã khai bị xóa."],
            button="Từ chối",
        )


class TermsForm(PlainForm):
    """A new version in both languages."""

    valid_from = forms.DateField(
        label="Áp dụng từ ngày",
        input_formats=["%d/%m/%Y", "%Y-%m-%d"],
        widget=forms.DateInput({"placeholder": "ngày/tháng/năm", "autocomplete": "off"}),
    )
    changed = forms.CharField(label="Điều thay đổi", widget=forms.Textarea({"rows": 4}))
    changed_en = forms.CharField(label="Điều thay đổi, bằng tiếng Anh", widget=forms.Textarea({"rows": 4}))
    text = forms.CharField(
        label="Nội dung",
        help_text="Để một dòng trống giữa hai đoạn; dòng bắt đầu bằng “## ” là tiêu đề.",
        widget=forms.Textarea({"rows": 20}),
    )
    text_en = forms.CharField(label="Nội dung bằng tiếng Anh", widget=forms.Textarea({"rows": 20}))

    def clean_valid_from(self) -> datetime:
        """The day's first moment."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["valid_from"], time()))


@admin.register(Terms)
class TermsAdmin(DeskModelAdmin):
    """Versions of the terms; VPCP publishes the next one, for a day to come."""

    view_act = terms.PUBLISH
    by_cursor = False
    refusals = (terms.BadTerms, AccessDenied)
    list_display = ("number", "valid_from", "published_at")
    ordering = ("-number",)
    change_list_template = "admin/accounts/registration/change_list.html"

    def get_urls(self) -> list[Any]:
        """One act."""
        return [path("publish/", self.admin_site.admin_view(self.publish), name="accounts_terms_publish"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """With the way to the next version."""
        ways = [Way("Ban hành phiên bản mới", self.address("publish"))]
        return super().changelist_view(request, {**(extra_context or {}), "ways": ways})

    def page(self, request: HttpRequest, row: Any) -> Page:
        """Its words in both languages."""
        facts = [("Phiên bản", row.number), ("Áp dụng từ", moment(row.valid_from)), ("Ban hành lúc", moment(row.published_at))]
        words = [("Điều thay đổi", row.changed or "–"), ("Nội dung", row.text), ("Tiếng Anh", row.text_en)]
        return Page(str(row), [Facts("Phiên bản", facts), Facts("Nội dung", words)])

    def publish(self, request: HttpRequest) -> HttpResponse:
        """A new version."""
        require(actor_of(request), terms.PUBLISH)
        last = terms.begun(timezone.now())[0]
        first = {"text": last.text, "text_en": last.text_en}
        return self.ask(
            request,
            title="Ban hành điều khoản sử dụng",
            form=TermsForm(request.POST if request.method == "POST" else None, initial=first),
            back=self.address("changelist"),
            do=lambda said: terms.publish(actor=actor_of(request), now=timezone.now(), **said),
            done=lambda made: f"Đã ban hành phiên bản {made.number}. Mọi người được hỏi lại khi đăng nhập sau {moment(made.valid_from)}.",
            about=["Từ ngày áp dụng, người dân đồng ý với phiên bản mới rồi mới dùng tiếp. Bản đã ban hành không sửa được."],
            button="Ban hành",
        )
