"""Forms of the desks of decisions, services, quality and opinions; the rules are the services'."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from portal.ui.fields import NumberInput, PlainText
from procedures import lines
from procedures.forms import LinesField
from procedures.models import PART_WORDS, Anywhere, Level, OnlineService, QualityFinding, QualityReview, Subject
from procedures.services.reductions import sector_codes


def text(label: str, *, most: int = 300, rows: int = 0, needed: bool = True, hint: str = "", missing: str = "") -> PlainText:
    """A text of one line, or of several."""
    widget = forms.Textarea(attrs={"rows": rows, "cols": 80}) if rows else forms.TextInput(attrs={"class": "vTextField"})
    errors = {"required": missing or f"Hãy ghi {label[:1].lower()}{label[1:]}.", "max_length": f"Không quá {most} ký tự."}
    return PlainText(label=label, max_length=most, required=needed, widget=widget, help_text=hint, error_messages=errors)


def day(label: str, *, needed: bool = True, hint: str = "") -> forms.DateField:
    """A day."""
    errors = {"required": f"Hãy ghi {label[:1].lower()}{label[1:]}.", "invalid": "Ngày không đúng. Ví dụ: 01/12/2026."}
    widget = forms.DateInput(attrs={"size": 12, "autocomplete": "off"})
    return forms.DateField(label=label, required=needed, widget=widget, help_text=hint, error_messages=errors)


def number(label: str, *, least: int = 0, most: int = 999) -> forms.IntegerField:
    """A whole number."""
    errors = {
        "required": "Hãy ghi một số.",
        "invalid": "Hãy ghi một số nguyên.",
        "min_value": f"Ít nhất {least}.",
        "max_value": f"Nhiều nhất {most}.",
    }
    return forms.IntegerField(label=label, min_value=least, max_value=most, widget=NumberInput(attrs={"size": 6}), error_messages=errors)


class DecisionForm(forms.Form):
    """The facts of a decision that was signed."""

    number = text("Số quyết định", most=80, hint="Ví dụ: 163/QĐ-BTP")
    signed_on = day("Ngày ký")
    signer = text("Người ký", most=200)
    effective_on = day("Ngày có hiệu lực", hint="Từ ngày này, người dân làm theo nội dung mới.")
    law = text("Văn bản quy định thủ tục", needed=False, hint="Ví dụ: Nghị định số …/2026/NĐ-CP ngày …")
    law_effective_on = day("Văn bản có hiệu lực từ", needed=False, hint="Để xét quyết định có được ký đúng hạn không.")
    summary = text("Trích yếu", most=500)
    source = text("Nơi đăng quyết định đã ký", needed=False, hint="Địa chỉ trang đăng tệp có chữ ký số.")


class ChangeForm(forms.Form):
    """Which procedure a decision touches, and how."""

    kind = forms.ChoiceField(
        label="Loại thay đổi",
        widget=forms.RadioSelect,
        choices=[
            ("new", "Mới ban hành"),
            ("amend", "Sửa đổi, bổ sung"),
            ("repeal", "Bãi bỏ"),
            ("interlink", "Liên thông"),
            ("localise", "Nội dung của địa phương"),
        ],
        error_messages={"required": "Hãy chọn một loại thay đổi."},
    )
    code = text("Mã thủ tục", most=40, hint="Ví dụ: 1.001193")


class ContentForm(forms.Form):
    """What a procedure says, part by part; rows are written one a line (``procedures.lines``)."""

    SIMPLE = (
        "name", "summary", "who", "conditions", "deadline_to_ask", "executing_agency", "competent_agency", "authorised_agency",
        "coordinating_agency", "place", "anywhere",
    )  # fmt: skip
    ROWS = ("steps", "channels", "documents", "results", "legal_bases")
    LISTS = ("executing_codes", "interlinked", "related", "keywords")
    name = text("Tên thủ tục", most=2000, rows=2)
    summary = text("Tóm tắt", most=2000, rows=3, needed=False, hint="Hai, ba câu dễ hiểu, đứng đầu trang.")
    who = text("Ai được yêu cầu", most=10_000, rows=3, needed=False)
    conditions = text("Yêu cầu, điều kiện", most=50_000, rows=3, needed=False)
    deadline_to_ask = text("Hạn phải đi làm", needed=False)
    field_named = text("Lĩnh vực", hint="Tên hoặc mã trong danh mục, ví dụ Hộ tịch.")
    levels = forms.MultipleChoiceField(
        label="Cấp thực hiện", choices=Level.choices, widget=forms.CheckboxSelectMultiple, error_messages={"required": "Hãy chọn cấp."}
    )
    subjects = forms.MultipleChoiceField(
        label="Đối tượng thực hiện",
        choices=Subject.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Hãy chọn đối tượng."},
    )
    executing_agency = text("Cơ quan thực hiện", most=2000)
    executing_codes = LinesField(label="Mã cơ quan thực hiện", help_text="Mỗi dòng một mã, nếu là cơ quan cụ thể.")
    competent_agency = text("Cơ quan có thẩm quyền", most=2000, needed=False)
    authorised_agency = text("Cơ quan được ủy quyền", most=2000, needed=False)
    coordinating_agency = text("Cơ quan phối hợp", most=2000, needed=False)
    place = text("Địa chỉ tiếp nhận", most=5000, rows=2, needed=False)
    anywhere = forms.ChoiceField(
        label="Tiếp nhận không phụ thuộc địa giới hành chính",
        choices=[("", "Không: chỉ nơi có thẩm quyền nhận"), *Anywhere.choices],
        required=False,
        help_text="Nơi nhận chuyển hồ sơ đến cơ quan có thẩm quyền. Chỉ chọn khi văn bản nói rõ.",
        error_messages={"invalid_choice": "Hãy chọn một mức trong danh sách."},
    )
    dossier_sets = number("Số bộ hồ sơ", least=1, most=20)
    steps = text("Trình tự thực hiện", most=100_000, rows=8, hint=f"Mỗi dòng một bước: {lines.HEADINGS['steps']}")
    channels = text("Cách nộp, thời hạn, phí, lệ phí", most=100_000, rows=10, hint=lines.HEADINGS["channels"])
    documents = text("Thành phần hồ sơ", most=200_000, rows=10, hint=f"Mỗi dòng một giấy tờ: {lines.HEADINGS['documents']}")
    results = text("Kết quả thực hiện", most=20_000, rows=3, hint=f"Mỗi dòng một kết quả: {lines.HEADINGS['results']}")
    legal_bases = text("Căn cứ pháp lý", most=50_000, rows=5, hint=f"Mỗi dòng một văn bản: {lines.HEADINGS['legal_bases']}")
    interlinked = LinesField(label="Thủ tục liên thông", help_text="Mỗi dòng một mã.")
    related = LinesField(label="Thủ tục liên quan", help_text="Mỗi dòng một mã.")
    keywords = LinesField(label="Từ khóa", help_text="Mỗi dòng một từ mà người dân dùng.")

    def __init__(self, data: Any = None, *, record: dict[str, Any]) -> None:
        self.record = record
        initial: dict[str, Any] = {name: record.get(name, "") for name in self.SIMPLE}
        initial |= {name: lines.written(name, record.get(name, [])) for name in self.ROWS}
        initial |= {name: "\n".join(record.get(name, [])) for name in self.LISTS}
        initial |= {"levels": record.get("levels", []), "subjects": record.get("subjects", [])}
        initial |= {"field_named": record.get("field", ""), "dossier_sets": record.get("dossier_sets", 1)}
        super().__init__(data, initial=initial)

    def clean(self) -> dict[str, Any]:
        """Each part read by its lines; what is not understood is told beside the part."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.ROWS:
            if name in said:
                try:
                    said[name] = lines.read(name, said[name], self.record.get(name, []))
                except lines.LineFault as fault:
                    self.add_error(name, str(fault))
        if named := said.get("field_named"):
            found, _unknown = sector_codes([named], timezone.localdate())
            if not found and named != self.record.get("field"):
                self.add_error("field_named", f"Không có lĩnh vực “{named}”.")
            else:
                said["field_code"] = found[0] if found else self.record.get("field_code", "")
        return said

    def content(self) -> dict[str, Any]:
        """The record that was written."""
        said = dict(self.cleaned_data)
        return {**self.record, **{name: value for name, value in said.items() if name != "field_named"}, "field": said["field_named"]}


class LocalForm(forms.Form):
    """What a province may lay down for itself (Decree 63/2010 art. 13.2)."""

    place = text("Nơi tiếp nhận", most=5000, rows=2, needed=False)
    anywhere = forms.ChoiceField(
        label="Tiếp nhận không phụ thuộc địa giới hành chính",
        choices=[("", "Theo quyết định chung"), (Anywhere.PROVINCE.value, Anywhere.PROVINCE.label)],
        required=False,
        help_text="Mọi nơi tiếp nhận trong tỉnh, thành phố đều nhận, rồi chuyển đến cơ quan có thẩm quyền.",
        error_messages={"invalid_choice": "Hãy chọn một mức trong danh sách."},
    )
    executing_agency = text("Cơ quan thực hiện", most=2000, rows=2, needed=False)
    executing_codes = LinesField(label="Mã cơ quan thực hiện", help_text="Mỗi dòng một mã.")
    channels = text("Thời hạn, phí theo cách nộp", most=100_000, rows=8, needed=False, hint=lines.HEADINGS["channels"])
    documents = text(
        "Chi tiết giấy tờ",
        most=50_000,
        rows=4,
        needed=False,
        hint="Mỗi dòng: số thứ tự của giấy tờ | ghi chú | mẫu. Không thêm, không bớt giấy tờ.",
    )

    def __init__(self, data: Any = None, *, record: dict[str, Any]) -> None:
        papers = "\n".join(f"{one['position']} | {one.get('note', '')} | {one.get('form', '')}" for one in record.get("documents", []))
        initial = {
            "place": record.get("place", ""),
            "anywhere": record.get("anywhere", ""),
            "executing_agency": record.get("executing_agency", ""),
            "executing_codes": "\n".join(record.get("executing_codes", [])),
            "channels": lines.written("channels", record.get("channels", [])),
            "documents": papers,
        }
        super().__init__(data, initial=initial)

    def clean(self) -> dict[str, Any]:
        """Rows out of lines."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            said["channels"] = lines.read("channels", said.get("channels", ""))
        except lines.LineFault as fault:
            self.add_error("channels", str(fault))
        papers = []
        for place, line in enumerate(said.get("documents", "").splitlines(), start=1):
            cells = [cell.strip() for cell in line.split("|")]
            if not line.strip():
                continue
            if not cells[0].isascii() or not cells[0].isdecimal() or len(cells) > 3:
                self.add_error("documents", f"Dòng {place}: hãy bắt đầu bằng số thứ tự của giấy tờ.")
                break
            named = dict(zip(("note", "form"), cells[1:], strict=False))
            papers.append({"position": int(cells[0]), **{name: value for name, value in named.items() if value}})
        said["documents"] = papers
        return said

    def content(self) -> dict[str, Any]:
        """What was written; what is empty stays the base's."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class NoteForm(forms.Form):
    """Why."""

    note = text("Lý do", most=1000, rows=3, missing="Hãy ghi lý do.")


class PublishForm(forms.Form):
    """When."""

    publish_at = forms.DateTimeField(
        label="Công khai lúc",
        required=False,
        input_formats=["%H:%M %d/%m/%Y", "%d/%m/%Y %H:%M"],
        widget=forms.DateTimeInput(attrs={"size": 20, "autocomplete": "off"}),
        help_text="Ví dụ: 00:05 01/07/2026. Để trống: công khai ngay.",
        error_messages={"invalid": "Hãy ghi như 00:05 01/07/2026."},
    )


class ConfirmForm(forms.Form):
    """Whether what a province laid down holds on."""

    keep = forms.ChoiceField(
        label="Nội dung của địa phương",
        widget=forms.RadioSelect,
        choices=[("yes", "Vẫn áp dụng như trước"), ("no", "Thôi áp dụng, theo nội dung chung của cả nước")],
        error_messages={"required": "Hãy chọn."},
    )
    decision_number = text("Số quyết định của địa phương", most=80)


class RestructuringForm(forms.Form):
    """How a procedure was made fit to be done online (Rules art. 26.2)."""

    procedure_code = text("Mã thủ tục", most=40)
    present = text("Hiện trạng quy trình", most=10_000, rows=4)
    steps_before = number("Số bước trước tái cấu trúc", least=1)
    steps_after = number("Số bước sau tái cấu trúc", least=1)
    papers_before = number("Số giấy tờ trước tái cấu trúc")
    papers_after = number("Số giấy tờ sau tái cấu trúc")
    papers_cut = text("Giấy tờ được bỏ hoặc thay bằng dữ liệu", most=5000, rows=3, needed=False)
    systems = text("Hệ thống, cơ sở dữ liệu liên quan", most=5000, rows=3)
    benefit = text("Hiệu quả", most=5000, rows=3, needed=False)
    approved_by = text("Người phê duyệt", most=200)
    approved_on = day("Ngày phê duyệt")
    approval = text("Văn bản phê duyệt", most=200)


class ServiceForm(forms.Form):
    """An online service as its agency declares it (Rules art. 27.1)."""

    restructuring_id = forms.ChoiceField(
        label="Phương án tái cấu trúc",
        error_messages={"required": "Hãy chọn phương án đã được phê duyệt.", "invalid_choice": "Hãy chọn trong danh sách."},
    )
    code = text("Mã dịch vụ", most=48, hint="Mã thủ tục và hai chữ số, ví dụ 1.001193.01")
    level = forms.ChoiceField(
        label="Mức độ",
        choices=OnlineService.ServiceLevel.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Hãy chọn mức độ."},
    )
    assurance = forms.TypedChoiceField(
        label="Mức độ bảo đảm của danh tính",
        coerce=int,
        choices=[(2, "Trung bình"), (3, "Cao")],
        widget=forms.RadioSelect,
        initial=2,
        error_messages={"required": "Hãy chọn mức độ bảo đảm."},
    )
    localities = LinesField(label="Nơi áp dụng", help_text="Mỗi dòng hai chữ số của một tỉnh. Để trống: cả nước.")
    form_key = text("Biểu mẫu điện tử", most=80)
    system = text("Hệ thống xử lý", most=200, hint="Hệ thống một cửa tiếp nhận hồ sơ của dịch vụ.")
    year = forms.IntegerField(
        label="Danh mục tích hợp của năm",
        required=False,
        min_value=2019,
        max_value=2100,
        widget=NumberInput(attrs={"size": 6}),
        help_text="Để trống nếu dịch vụ không thuộc danh mục hằng năm.",
        error_messages={"invalid": "Hãy ghi một năm.", "min_value": "Từ năm 2019.", "max_value": "Đến năm 2100."},
    )

    def __init__(self, *args: Any, plans: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["restructuring_id"].choices = plans  # type: ignore[attr-defined]


class BringInForm(forms.Form):
    """A service that runs already."""

    code = text("Mã dịch vụ", most=48)
    system = text("Hệ thống xử lý", most=200)


class ReasonForm(forms.Form):
    """Why a service is sent back or stopped; people read it."""

    reason = text("Lý do", most=1000, rows=3, missing="Hãy ghi lý do.", hint="Người muốn nộp hồ sơ đọc nguyên văn.")


class SuspendForm(ReasonForm):
    """Why, and what has to be mended."""

    mend = text("Cần sửa trước khi mở lại", most=1000, rows=3)


class EvidenceForm(forms.Form):
    """The dossiers by which a service was tested."""

    evidence = LinesField(label="Mã hồ sơ đã hoàn thành kiểm thử", help_text="Mỗi dòng một mã.")


class ServiceReviewForm(forms.Form):
    """The yearly look (Rules art. 29)."""

    level_kept = forms.BooleanField(label="Giữ đúng mức độ đã khai báo", required=False)
    simpler = forms.BooleanField(label="Đơn giản, thuận lợi hơn nộp trực tiếp", required=False)
    cheaper = forms.BooleanField(label="Đỡ chi phí và thời gian hơn nộp trực tiếp", required=False)
    in_law = forms.BooleanField(label="Đúng thời hạn và kết quả đã công bố", required=False)
    note = text("Điều phải sửa", most=1000, rows=3, needed=False)


class ReviewForm(forms.Form):
    """A look through an agency's procedures."""

    title = text("Tên đợt rà soát", most=200)
    unit_code = text("Mã cơ quan được rà soát", most=40, hint="Ví dụ: G15")
    scope = forms.ChoiceField(
        label="Phạm vi",
        choices=QualityReview.Scope.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Hãy chọn phạm vi."},
    )
    sample = number("Số thủ tục khi chọn mẫu", least=0, most=5000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sample"].initial = 20


class FindingForm(forms.Form):
    """One thing that is not as it should be."""

    procedure_code = text("Mã thủ tục", most=40)
    part = forms.ChoiceField(label="Bộ phận", required=False)
    kind = forms.ChoiceField(
        label="Về",
        choices=QualityFinding.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Hãy chọn."},
    )
    text = text("Điều chưa đúng", most=1000, rows=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["part"].choices = [("", "Cả thủ tục"), *PART_WORDS.items()]  # type: ignore[attr-defined]


class ConclusionForm(forms.Form):
    """What came of a review; it is public."""

    conclusion = text("Kết luận", most=2000, rows=4, hint="Công khai cùng số liệu của đợt rà soát.")


class QuarterForm(forms.Form):
    """Of which quarter a report is."""

    quarter = forms.ChoiceField(
        label="Quý", error_messages={"required": "Hãy chọn một quý.", "invalid_choice": "Hãy chọn một quý trong danh sách."}
    )

    def __init__(self, *args: Any, quarters: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quarter"].choices = quarters  # type: ignore[attr-defined]


class ConsultationForm(forms.Form):
    """A draft put up for opinion."""

    title = text("Tên dự thảo")
    summary = text("Nội dung chính", most=10_000, rows=8)
    subjects = LinesField(label="Vấn đề xin ý kiến", help_text="Mỗi dòng một vấn đề; người góp ý chọn một vấn đề.")
    procedures = LinesField(label="Thủ tục liên quan", help_text="Mỗi dòng một mã.")
    opens_on = day("Từ ngày")
    closes_on = day("Đến hết ngày")


class AnswerForm(forms.Form):
    """What the agency says to an opinion, or to all that wait on its subject."""

    answer = text("Trả lời", most=3000, rows=4, hint="Công khai bên dưới ý kiến.")
    whole_subject = forms.BooleanField(label="Trả lời chung cho mọi ý kiến đang chờ về cùng vấn đề", required=False)


class OutcomeForm(forms.Form):
    """What came of the opinions."""

    outcome = text("Kết quả tiếp thu", most=10_000, rows=8)
    decision_number = text("Số quyết định công bố sau đó", most=80, needed=False, hint="Kết quả được hiện bên quyết định này.")


class EmbedForm(forms.Form):
    """A site on which the unit's procedures are shown."""

    origin = text("Trang của cơ quan", most=200, hint="Ví dụ: https://hanoi.example.gov.vn")
