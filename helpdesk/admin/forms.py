"""Forms of the desk. What is wrong with what was typed is said by the services, beside its field."""

from __future__ import annotations

from typing import Any

from django import forms

from feedback.services.sending import kinds_on
from helpdesk.models import AgencyRequest, Service, TroubleKind
from helpdesk.models.tickets import Ticket
from portal.content.models import Piece


class Moment(forms.DateTimeField):
    """A moment as officers write it: 00:00 06/12/2026, or as browsers send it."""

    widget = forms.TextInput({"placeholder": "06/12/2026 00:00", "autocomplete": "off"})
    input_formats = ("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")  # type: ignore[assignment]

    def __init__(self, **more: Any) -> None:
        words = {"invalid": "Ghi ngày/tháng/năm giờ:phút, ví dụ 06/12/2026 00:00.", "required": "Hãy ghi ngày giờ."}
        super().__init__(error_messages=words, help_text="Ngày/tháng/năm giờ:phút, ví dụ 06/12/2026 00:00.", **more)


class Day(forms.DateField):
    """A day as officers write it."""

    input_formats = ("%d/%m/%Y", "%Y-%m-%d")  # type: ignore[assignment]

    def __init__(self, **more: Any) -> None:
        words = {"invalid": "Ghi ngày/tháng/năm, ví dụ 06/12/2026.", "required": "Hãy ghi ngày."}
        super().__init__(error_messages=words, help_text="Ngày/tháng/năm, ví dụ 06/12/2026.", **more)


class WhyForm(forms.Form):
    """A reason."""

    why = forms.CharField(label="Lý do", required=False, widget=forms.Textarea({"rows": 3}))


class WordsForm(forms.Form):
    """Words for who asked."""

    words = forms.CharField(label="Nội dung", required=False, widget=forms.Textarea({"rows": 8}))


class HotlineForm(forms.Form):
    """A call taken down."""

    kind = forms.ChoiceField(label="Loại vướng mắc")
    words = forms.CharField(label="Người gọi nói gì", required=False, widget=forms.Textarea({"rows": 6}))
    name = forms.CharField(label="Tên", required=False)
    phone = forms.CharField(label="Số điện thoại", required=False)
    email = forms.CharField(label="Thư điện tử", required=False)
    channels = forms.MultipleChoiceField(
        label="Trả lời qua",
        required=False,
        choices=[("sms", "Tin nhắn SMS"), ("email", "Thư điện tử")],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(one.pk, one.name) for one in TroubleKind.objects.filter(in_use=True)]  # type: ignore[attr-defined]


class PassForm(forms.Form):
    """Another queue, its right kind."""

    queue = forms.ChoiceField(label="Hàng đợi", choices=Ticket.Queue.choices)
    kind = forms.ChoiceField(label="Loại vướng mắc")
    note = forms.CharField(label="Ghi chú cho người nhận", required=False, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(one.pk, one.name) for one in TroubleKind.objects.all()]  # type: ignore[attr-defined]


class HandOverForm(forms.Form):
    """What a petition needs beside the ticket."""

    kind = forms.ChoiceField(label="Loại phản ánh, kiến nghị")
    subject = forms.CharField(label="Tóm tắt một dòng", required=False)
    name = forms.CharField(label="Họ tên người gửi", required=False)
    address = forms.CharField(label="Địa chỉ", required=False)

    def __init__(self, *args: Any, now: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(one.pk, one.name) for one in kinds_on(now)]  # type: ignore[attr-defined]


class OfferForm(forms.Form):
    """A question with its answer, written anew."""

    question = forms.CharField(label="Câu hỏi", required=False, widget=forms.Textarea({"rows": 2}))
    answer_words = forms.CharField(label="Trả lời", required=False, widget=forms.Textarea({"rows": 8}))


class KindForm(forms.ModelForm):  # type: ignore[type-arg]
    """A kind of trouble with its advice."""

    class Meta:
        model = TroubleKind
        fields = ("name", "name_en", "advice", "advice_en", "queue", "position", "in_use")


class RequestForm(forms.Form):
    """What an agency asks."""

    about = forms.ChoiceField(label="Về việc", choices=AgencyRequest.About.choices)
    title = forms.CharField(label="Tóm tắt", required=False)
    words = forms.CharField(
        label="Nội dung",
        required=False,
        help_text="Mã hồ sơ, mã lỗi, thời điểm. Không ghi dữ liệu cá nhân của người nộp.",
        widget=forms.Textarea({"rows": 8}),
    )
    is_incident = forms.BooleanField(label="Là sự cố", required=False)


class PromiseForm(forms.Form):
    """When a complex request will be done."""

    until = Moment(label="Hoàn thành lúc")
    words = forms.CharField(label="Vì sao phức tạp, đang làm gì", required=False, widget=forms.Textarea({"rows": 4}))


class IncidentForm(forms.Form):
    """An incident, or its correction."""

    title = forms.CharField(label="Sự cố", required=False)
    title_en = forms.CharField(label="Bằng tiếng Anh", required=False)
    services = forms.MultipleChoiceField(
        label="Dịch vụ gặp sự cố", choices=Service.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    unit_code = forms.CharField(label="Mã cơ quan có hệ thống gặp sự cố", required=False)
    began_at = Moment(label="Bắt đầu")
    ended_at = Moment(label="Kết thúc (để trống khi còn tiếp diễn)", required=False)
    cause = forms.CharField(label="Nguyên nhân, cách khắc phục", required=False, widget=forms.Textarea({"rows": 4}))


class MaintenanceForm(forms.Form):
    """An announcement of maintenance."""

    title = forms.CharField(label="Bảo trì gì", required=False)
    words = forms.CharField(label="Người dùng cần biết gì", required=False, widget=forms.Textarea({"rows": 4}))
    english_title = forms.CharField(label="Bảo trì gì (tiếng Anh)", required=False)
    english_words = forms.CharField(label="Người dùng cần biết gì (tiếng Anh)", required=False, widget=forms.Textarea({"rows": 4}))
    begins_at = Moment(label="Bắt đầu")
    ends_at = Moment(label="Kết thúc dự kiến")
    only_read = forms.BooleanField(label="Trong lúc bảo trì chỉ xem, không gửi được", required=False, initial=True)
    emergency = forms.BooleanField(label="Khẩn cấp, không kịp báo trước 5 ngày làm việc", required=False)
    reason = forms.CharField(label="Lý do khẩn cấp", required=False)


class ReadOnlyForm(forms.Form):
    """Why, and until when."""

    reason = forms.CharField(label="Lý do", required=False)
    until = Moment(label="Dự kiến đến", required=False)


class TrialForm(forms.Form):
    """The days of a trial."""

    begins_on = Day(label="Bắt đầu")
    public_from = Day(label="Công khai từ")
    ends_on = Day(label="Chính thức từ (hết vận hành thử)")
    words = forms.CharField(label="Người dùng cần biết gì", required=False)
    words_en = forms.CharField(label="Bằng tiếng Anh", required=False)


class PieceForm(forms.Form):
    """A piece in two languages."""

    kind = forms.ChoiceField(label="Loại", choices=Piece.Kind.choices)
    title = forms.CharField(label="Tiêu đề", required=False)
    summary = forms.CharField(label="Tóm tắt", required=False, widget=forms.Textarea({"rows": 2}))
    body = forms.CharField(
        label="Nội dung (HTML)",
        required=False,
        help_text="Thẻ dùng được: p, h2, h3, ul, ol, li, strong, em, a, blockquote, table…; ảnh thêm riêng, kèm lời.",
        widget=forms.Textarea({"rows": 16}),
    )
    english_title = forms.CharField(label="Tiêu đề (tiếng Anh)", required=False)
    english_summary = forms.CharField(label="Tóm tắt (tiếng Anh)", required=False, widget=forms.Textarea({"rows": 2}))
    english_body = forms.CharField(label="Nội dung (tiếng Anh, HTML)", required=False, widget=forms.Textarea({"rows": 16}))


class PictureForm(forms.Form):
    """A picture with its words."""

    upload = forms.FileField(label="Ảnh (JPEG, PNG)", error_messages={"required": "Hãy chọn ảnh.", "empty": "Tệp này trống."})
    alt = forms.CharField(label="Ảnh cho thấy gì", required=False)
    alt_en = forms.CharField(label="Ảnh cho thấy gì (tiếng Anh)", required=False)


class PublishForm(forms.Form):
    """When it begins to be shown, and until when."""

    publish_at = Moment(label="Hiện từ (để trống: ngay bây giờ)", required=False)
    archive_at = Moment(label="Lưu trữ từ (để trống: không định trước)", required=False)
