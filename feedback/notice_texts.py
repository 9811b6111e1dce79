"""What people are told about their petitions (Rules art. 36.3); the English of these words stands in ``portal/locale``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from portal.notifications.registry import register_kind, register_template

STEPS, DESK = "feedback.steps", "feedback.desk"
_SAMPLE = {"code": "PA7K3M9QXRT2W", "unit": "UBND phường Ví Dụ", "due": "21/12/2026", "until": "11/12/2026", "step": "cho ý kiến phối hợp"}


def register() -> None:
    """Kinds and texts; once, in ``ready()``."""
    # The sender is told of receipt, of what is asked for, of the answer and its publication, whatever they chose (art. 36.3).
    register_kind(STEPS, _("Phản ánh, kiến nghị bạn đã gửi"), law_bound=True)
    register_kind(DESK, _("Hạn xử lý phản ánh, kiến nghị (cán bộ)"), law_bound=False, for_officers=True)
    for key, title, body, sms in (
        (
            "sent",
            gettext_noop("Đã nhận phản ánh, kiến nghị {code}"),
            gettext_noop("{unit} đã nhận phản ánh, kiến nghị của bạn, mã {code}. Hạn trả lời: {due}. Bạn theo dõi bằng mã này."),
            gettext_noop("Da nhan phan anh, kien nghi {code}. Han tra loi {due}. Theo doi: {link}"),
        ),
        (
            "accepted",
            gettext_noop("Phản ánh {code} được tiếp nhận, xử lý"),
            gettext_noop("{unit} đã tiếp nhận và đang xử lý phản ánh, kiến nghị {code}. Hạn trả lời: {due}."),
            gettext_noop("Phan anh {code} da duoc tiep nhan, dang xu ly. Han tra loi {due}. {link}"),
        ),
        (
            "refused",
            gettext_noop("Phản ánh {code} không được tiếp nhận"),
            gettext_noop(
                "{unit} không tiếp nhận phản ánh, kiến nghị {code}. Lý do và việc bạn có thể làm tiếp có trên trang của phản ánh."
            ),
            gettext_noop("Phan anh {code} khong duoc tiep nhan. Ly do: {link}"),
        ),
        (
            "asked",
            gettext_noop("Cần bổ sung cho phản ánh {code}"),
            gettext_noop("{unit} cần bạn làm rõ hoặc gửi thêm giấy tờ cho phản ánh, kiến nghị {code}, trước ngày {until}."),
            gettext_noop("Phan anh {code} can bo sung truoc {until}. Xem va gui: {link}"),
        ),
        (
            "incident_supply",
            gettext_noop("Phản ánh {code}: hạn bổ sung lùi đến {until} vì Cổng có sự cố"),
            gettext_noop("Hạn bổ sung cho phản ánh {code} rơi vào lúc Cổng có sự cố. Bạn có thêm thời gian: đến {until}."),
            gettext_noop("Phan anh {code}: Cong co su co, han bo sung lui den {until}. {link}"),
        ),
        (
            "transferred",
            gettext_noop("Phản ánh {code} được chuyển đến {unit}"),
            gettext_noop("Phản ánh, kiến nghị {code} đã được chuyển đến {unit} là nơi có thẩm quyền. Hạn trả lời bạn vẫn là {due}."),
            gettext_noop("Phan anh {code} da duoc chuyen co quan co tham quyen. Han tra loi van la {due}. {link}"),
        ),
        (
            "taken_over",
            gettext_noop("Văn phòng Chính phủ chủ trì phản ánh {code}"),
            gettext_noop("{unit} chủ trì xử lý phản ánh, kiến nghị {code}. Hạn trả lời: {due}."),
            gettext_noop("Van phong Chinh phu chu tri phan anh {code}. Han tra loi {due}. {link}"),
        ),
        (
            "progress",
            gettext_noop("Tình hình xử lý phản ánh {code}"),
            gettext_noop("{unit} vừa báo tình hình xử lý phản ánh, kiến nghị {code} trên trang của phản ánh."),
            gettext_noop("Tinh hinh xu ly phan anh {code}: {link}"),
        ),
        (
            "answered",
            gettext_noop("Phản ánh {code} đã có trả lời"),
            gettext_noop("{unit} đã trả lời phản ánh, kiến nghị {code}. Bạn đọc trả lời và cho biết trả lời có giúp được bạn không."),
            gettext_noop("Phan anh {code} da co tra loi. Xem: {link}"),
        ),
        (
            "published",
            gettext_noop("Trả lời phản ánh {code} đã được công khai"),
            gettext_noop("Câu hỏi và trả lời của phản ánh, kiến nghị {code} đã được công khai, không có thông tin cá nhân của bạn."),
            gettext_noop("Tra loi phan anh {code} da duoc cong khai. Xem: {link}"),
        ),
        (
            "secret",
            gettext_noop("Phản ánh {code} được xử lý theo chế độ riêng"),
            gettext_noop(
                "Phản ánh, kiến nghị {code} được chuyển xử lý theo chế độ văn bản mật, ngoài Cổng. {unit} liên hệ trực tiếp với bạn."
            ),
            gettext_noop("Phan anh {code} duoc xu ly theo che do rieng, ngoai Cong. Co quan se lien he voi ban."),
        ),
    ):
        register_template(
            f"feedback.{key}",
            kind=STEPS,
            inbox_title=title,
            inbox_body=body,
            sms=sms,
            action=gettext_noop("Xem phản ánh"),
            sample=_SAMPLE,
        )
    for key, title, body in (
        (
            "warn_soon",
            gettext_noop("Phản ánh {code} sắp đến hạn {due}"),
            gettext_noop("Phản ánh, kiến nghị {code} ({unit}) phải trả lời trước ngày {due}."),
        ),
        (
            "warn_today",
            gettext_noop("Phản ánh {code} đến hạn hôm nay"),
            gettext_noop("Phản ánh, kiến nghị {code} ({unit}) đến hạn trả lời ngày {due}."),
        ),
        (
            "step_today",
            gettext_noop("Phản ánh {code}: hôm nay là hạn {step}"),
            gettext_noop("Hôm nay, {due}, là ngày cuối để {unit} {step} đối với phản ánh, kiến nghị {code}."),
        ),
        (
            "step_late",
            gettext_noop("Phản ánh {code}: quá hạn {step}"),
            gettext_noop("{unit} quá hạn {step} đối với phản ánh, kiến nghị {code} từ ngày {due}."),
        ),
        (
            "nobody",
            gettext_noop("Phản ánh {code}: {unit} chưa có ai {step}"),
            gettext_noop(
                "Phản ánh, kiến nghị {code} vừa đến {unit}, nơi chưa giao cho ai {step} phản ánh, cơ quan cấp trên cũng vậy. "
                "Người quản trị cần giao vai trò ấy cho cán bộ; Văn phòng Chính phủ được báo để theo dõi."
            ),
        ),
        (
            "warn_late",
            gettext_noop("Phản ánh {code} đã quá hạn"),
            gettext_noop(
                "Phản ánh, kiến nghị {code} ({unit}) quá hạn từ ngày {due}. Cứ 7 ngày phải báo tình hình cho người gửi đến khi có trả lời."
            ),
        ),
    ):
        register_template(
            f"feedback.{key}", kind=DESK, inbox_title=title, inbox_body=body, sms="", action=gettext_noop("Mở phản ánh"), sample=_SAMPLE
        )
