"""What people are told about their dossiers; the English of these words stands in ``portal/locale``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from portal.notifications.registry import STEPS, register_kind, register_template

CONFIRMATIONS = "dossiers.confirmations"
DRAFTS = "dossiers.drafts"
PAPERS_END, DRAFT_WAITS, NEXT_STEP = "remind.papers", "remind.drafts", "remind.next"
_SAMPLE = {
    "code": "H26.101-261129-0001",
    "procedure": "Đăng ký khai sinh",
    "unit": "UBND phường Ví Dụ",
    "due": "16:30 ngày 02/12/2026",
    "paper": "Giấy chứng sinh",
    "amount": "24.000 đồng",
    "until": "16:30 ngày 02/12/2026",
    "since": "02/09/2026",
    "day": "02/12/2026",
    "number": "2",
    "next": "Cấp thẻ bảo hiểm y tế",
    "why": "Trẻ dưới 6 tuổi được cấp thẻ bảo hiểm y tế không phải đóng.",
    "off": "https://dichvucong.example/tai-khoan/lien-lac/thoi/vi-du/",
}


def register() -> None:
    """Kinds and texts; once, in ``ready()``."""
    # Results, refusals and the day of return must be told (Decree 118/2025/NĐ-CP); that a dossier was sent one has seen oneself.
    register_kind(STEPS, _("Kết quả và từng bước của hồ sơ"), law_bound=True)
    register_kind(CONFIRMATIONS, _("Xác nhận đã gửi hồ sơ"), law_bound=False)
    # No law asks for it, and the account always has it: by what else they are told is theirs to choose.
    register_kind(DRAFTS, _("Bản nháp sắp được cất, đã được cất"), law_bound=False)
    register_template(
        "dossiers.draft_ending",
        kind=DRAFTS,
        inbox_title=gettext_noop("Bản nháp {procedure} được giữ đến hết ngày {day}"),
        inbox_body=gettext_noop(
            "Bản nháp này không thay đổi từ ngày {since}. Sau ngày {day}, bản nháp được cất khỏi danh sách; bạn còn 30 ngày để khôi phục, "
            "rồi bản nháp và giấy tờ kèm theo bị xóa hẳn. Muốn giữ, bạn làm tiếp bản nháp, hoặc bấm “Giữ thêm ba tháng” ở Hồ sơ của tôi."
        ),
        sms=gettext_noop("Bản nháp {procedure} không thay đổi từ {since}, được giữ đến hết {day}. Làm tiếp: {link}"),
        action=gettext_noop("Làm tiếp bản nháp"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.draft_removed",
        kind=DRAFTS,
        inbox_title=gettext_noop("Bản nháp {procedure} đã được cất"),
        inbox_body=gettext_noop(
            "Bản nháp không thay đổi trong ba tháng nên đã ra khỏi danh sách. Bạn khôi phục được đến hết ngày {day}, bằng một lần bấm ở "
            "Hồ sơ của tôi. Sau ngày đó, bản nháp và giấy tờ kèm theo bị xóa hẳn."
        ),
        sms=gettext_noop("Bản nháp {procedure} đã được cất. Khôi phục được đến hết {day}: {link}"),
        action=gettext_noop("Khôi phục bản nháp"),
        sample=_SAMPLE,
    )
    _register_reminders()
    register_template(
        "dossiers.copy_ready",
        inbox_title=gettext_noop("Bản sao hồ sơ {code} đã xong"),
        inbox_body=gettext_noop(
            "Bạn tải về trước {until}, từ trang hồ sơ; sau đó tệp bị xóa. Nếu không phải bạn yêu cầu, bạn khóa tài khoản ngay."
        ),
        sms=gettext_noop("Bản sao hồ sơ {code} đã xong. Tải trước {until}: {link}"),
        action=gettext_noop("Tải bản sao"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.submitted",
        kind=CONFIRMATIONS,
        inbox_title=gettext_noop("Đã gửi hồ sơ {code}"),
        inbox_body=gettext_noop(
            "Hồ sơ {procedure} đã đến {unit}. Trong 8 giờ làm việc, bạn nhận được tin hồ sơ có được tiếp nhận hay không."
        ),
        sms=gettext_noop("Hồ sơ {code} đã đến {unit}. Theo dõi: {link}"),
        action=gettext_noop("Theo dõi hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.submitted_to_pay",
        inbox_title=gettext_noop("Đã gửi hồ sơ {code}: còn phải nộp {amount}"),
        inbox_body=gettext_noop(
            "Hồ sơ {procedure} đã đến {unit}. Bạn nộp {amount} trước {until}, trực tuyến, từ trang hồ sơ. "
            "Cơ quan trả lời bạn trong 8 giờ làm việc từ khi nhận được tiền."
        ),
        sms=gettext_noop("Hồ sơ {code} đã gửi. Còn phải nộp {amount} trước {until}: {link}"),
        action=gettext_noop("Nộp tiền"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.payment_due",
        inbox_title=gettext_noop("Hồ sơ {code}: phải nộp {amount}"),
        inbox_body=gettext_noop(
            "{unit} cần bạn nộp {amount} cho hồ sơ {procedure} trước {until}. Lý do và nút nộp tiền có trong trang hồ sơ."
        ),
        sms=gettext_noop("Hồ sơ {code}: phải nộp {amount} trước {until}. Lý do và cách nộp: {link}"),
        action=gettext_noop("Nộp tiền"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.payment_called_off",
        inbox_title=gettext_noop("Hồ sơ {code}: không phải nộp tiền nữa"),
        inbox_body=gettext_noop("{unit} đã rút yêu cầu nộp tiền cho hồ sơ {procedure} và giải quyết tiếp. Lý do có trong trang hồ sơ."),
        sms=gettext_noop("Hồ sơ {code}: {unit} đã rút yêu cầu nộp tiền. Xem: {link}"),
        action=gettext_noop("Xem hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.payment_reminder",
        inbox_title=gettext_noop("Hồ sơ {code}: sắp hết hạn nộp {amount}"),
        inbox_body=gettext_noop("Hồ sơ {procedure} gửi {unit} còn chờ bạn nộp {amount}. Hạn cuối: {until}."),
        sms=gettext_noop("Hồ sơ {code}: sắp hết hạn nộp {amount}, hạn cuối {until}. Nộp tại: {link}"),
        action=gettext_noop("Nộp tiền"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.paid",
        inbox_title=gettext_noop("Hồ sơ {code}: đã nhận {amount}"),
        inbox_body=gettext_noop(
            "{unit} đã được báo bạn nộp {amount} cho hồ sơ {procedure}. Bạn không phải làm gì thêm, cơ quan xem tiếp hồ sơ."
        ),
        sms=gettext_noop("Hồ sơ {code}: đã nhận {amount}. Theo dõi: {link}"),
        action=gettext_noop("Theo dõi hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.stopped",
        inbox_title=gettext_noop("Hồ sơ {code} đã dừng giải quyết"),
        inbox_body=gettext_noop(
            "{unit} dừng giải quyết hồ sơ {procedure}. Lý do, thông báo có dấu của cơ quan và cách nộp lại có trong trang hồ sơ."
        ),
        sms=gettext_noop("Hồ sơ {code} đã dừng giải quyết. Lý do và cách nộp lại: {link}"),
        action=gettext_noop("Xem lý do"),
        sample=_SAMPLE,
    )
    _register_supplements()
    register_template(
        "dossiers.received",
        inbox_title=gettext_noop("Hồ sơ {code} đã được tiếp nhận"),
        inbox_body=gettext_noop("{unit} đã tiếp nhận hồ sơ {procedure}. Hẹn trả kết quả: {due}. Giấy tiếp nhận có trong trang hồ sơ."),
        sms=gettext_noop("Hồ sơ {code} đã được tiếp nhận. Hẹn trả kết quả: {due}. Xem: {link}"),
        action=gettext_noop("Theo dõi hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.result",
        inbox_title=gettext_noop("Hồ sơ {code} đã có kết quả"),
        inbox_body=gettext_noop("Kết quả {procedure} của bạn đã được ký số. Bạn mở, tải về và dùng như bản giấy."),
        sms=gettext_noop("Hồ sơ {code} đã có kết quả. Mở và tải về: {link}"),
        action=gettext_noop("Mở kết quả"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.refused",
        inbox_title=gettext_noop("Hồ sơ {code} không được tiếp nhận"),
        inbox_body=gettext_noop("{unit} không tiếp nhận hồ sơ {procedure}. Lý do và việc cần làm tiếp có trong trang hồ sơ."),
        sms=gettext_noop("Hồ sơ {code} không được tiếp nhận. Xem lý do: {link}"),
        action=gettext_noop("Xem lý do"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.withdrawn",
        inbox_title=gettext_noop("Hồ sơ {code} đã được rút"),
        inbox_body=gettext_noop("Hồ sơ {procedure} gửi {unit} đã được rút theo yêu cầu của bạn. Khi cần, bạn nộp hồ sơ mới."),
        sms=gettext_noop("Hồ sơ {code} đã được rút theo yêu cầu của bạn. Không phải bạn rút? Gọi 1800 1096. Xem: {link}"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.paper_unsafe",
        inbox_title=gettext_noop("Hồ sơ {code}: một tệp giấy tờ không an toàn"),
        inbox_body=gettext_noop("Một tệp của giấy tờ “{paper}” không an toàn nên {unit} không mở được. Việc cần làm có trong trang hồ sơ."),
        sms=gettext_noop("Hồ sơ {code}: một tệp giấy tờ không an toàn, cơ quan không mở được. Xem việc cần làm: {link}"),
        action=gettext_noop("Xem việc cần làm"),
        sample=_SAMPLE,
    )


def _register_reminders() -> None:
    """Kindnesses (D-20): each kind is switched off by one press."""
    register_kind(PAPERS_END, _("Nhắc: giấy tờ sắp hết giá trị"), law_bound=False, optional=True)
    register_kind(DRAFT_WAITS, _("Nhắc: bản nháp đang chờ"), law_bound=False, optional=True)
    register_kind(NEXT_STEP, _("Gợi ý: việc thường làm tiếp theo"), law_bound=False, optional=True)
    register_template(
        "dossiers.paper_ends",
        kind=PAPERS_END,
        inbox_title=gettext_noop("{paper} có giá trị đến hết ngày {day}"),
        inbox_body=gettext_noop("Nếu còn cần, bạn nộp hồ sơ đề nghị cấp lại hoặc gia hạn trước ngày đó. Giấy tờ và hồ sơ cũ ở trang này."),
        sms=gettext_noop("{paper} có giá trị đến hết {day}. Xem: {link} Thôi nhắc: {off}"),
        action=gettext_noop("Xem giấy tờ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.draft_waits",
        kind=DRAFT_WAITS,
        inbox_title=gettext_noop("Bản nháp {procedure} đang chờ bạn"),
        inbox_body=gettext_noop("Bạn lưu lần cuối ngày {since} và chưa gửi. Mọi thứ đã điền còn nguyên, bạn làm tiếp lúc nào cũng được."),
        sms=gettext_noop("Bản nháp {procedure} đang chờ bạn: {link} Thôi nhắc: {off}"),
        action=gettext_noop("Làm tiếp bản nháp"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.next_step",
        kind=NEXT_STEP,
        inbox_title=gettext_noop("Sau {procedure}, thường đến {next}"),
        inbox_body=gettext_noop("{why} Bạn xem cần gì và làm ngay trên Cổng nếu trường hợp của bạn cần đến; không cần thì bỏ qua."),
        sms=gettext_noop("Sau {procedure}, thường đến {next}: {link} Thôi nhắc: {off}"),
        action=gettext_noop("Xem thủ tục"),
        sample=_SAMPLE,
    )


def _register_supplements() -> None:
    """Completing a dossier."""
    register_template(
        "dossiers.supplement_asked",
        inbox_title=gettext_noop("Hồ sơ {code}: cần bổ sung trước {until}"),
        inbox_body=gettext_noop(
            "{unit} cần bạn bổ sung hồ sơ {procedure} (số mục, giấy tờ: {number}) trước {until}. "
            "Cần gì, vì sao, và quá hạn thì sao có trong trang hồ sơ."
        ),
        sms=gettext_noop("Hồ sơ {code}: cần bổ sung trước {until}. Cần gì và gửi ở đâu: {link}"),
        action=gettext_noop("Bổ sung hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.supplement_reminder",
        inbox_title=gettext_noop("Hồ sơ {code}: sắp hết hạn bổ sung"),
        inbox_body=gettext_noop("Hồ sơ {procedure} gửi {unit} còn chờ bạn bổ sung. Hạn cuối: {until}."),
        sms=gettext_noop("Hồ sơ {code}: sắp hết hạn bổ sung, hạn cuối {until}. Bổ sung tại: {link}"),
        action=gettext_noop("Bổ sung hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.supplement_given",
        inbox_title=gettext_noop("Hồ sơ {code}: đã nhận phần bổ sung"),
        inbox_body=gettext_noop("Phần bổ sung của hồ sơ {procedure} đã đến {unit}. Bạn không phải làm gì thêm, cơ quan xem tiếp hồ sơ."),
        sms=gettext_noop("Hồ sơ {code}: đã nhận phần bổ sung. Theo dõi: {link}"),
        action=gettext_noop("Theo dõi hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.supplement_called_off",
        inbox_title=gettext_noop("Hồ sơ {code}: không phải bổ sung nữa"),
        inbox_body=gettext_noop("{unit} đã rút yêu cầu bổ sung hồ sơ {procedure} và xem tiếp hồ sơ. Lý do có trong trang hồ sơ."),
        sms=gettext_noop("Hồ sơ {code}: {unit} đã rút yêu cầu bổ sung. Xem: {link}"),
        action=gettext_noop("Xem hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.supplement_missed",
        inbox_title=gettext_noop("Hồ sơ {code}: đã hết hạn bổ sung"),
        inbox_body=gettext_noop(
            "Chưa nhận được phần bổ sung của hồ sơ {procedure}. {unit} giải quyết tiếp theo những gì đã có trong hồ sơ."
        ),
        sms=gettext_noop("Hồ sơ {code}: đã hết hạn bổ sung, cơ quan giải quyết tiếp theo những gì đã có. Xem: {link}"),
        action=gettext_noop("Xem hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.receipt_undone",
        inbox_title=gettext_noop("Hồ sơ {code}: việc tiếp nhận được hoàn tác"),
        inbox_body=gettext_noop(
            "{unit} đã tiếp nhận nhầm hồ sơ {procedure} và hoàn tác. Giấy tiếp nhận và ngày hẹn cũ không còn giá trị; cơ quan xem lại và "
            "trả lời bạn. Bạn không phải nộp lại. Lý do có trong trang hồ sơ."
        ),
        sms=gettext_noop("Hồ sơ {code}: việc tiếp nhận nhầm được hoàn tác, cơ quan xem lại và trả lời bạn. Xem: {link}"),
        action=gettext_noop("Xem hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.refusal_undone",
        inbox_title=gettext_noop("Hồ sơ {code}: việc từ chối được hoàn tác"),
        inbox_body=gettext_noop(
            "{unit} đã từ chối nhầm hồ sơ {procedure} và hoàn tác. Cơ quan xem lại và trả lời bạn; bạn không phải nộp lại. "
            "Lý do có trong trang hồ sơ."
        ),
        sms=gettext_noop("Hồ sơ {code}: việc từ chối nhầm được hoàn tác, cơ quan xem lại và trả lời bạn. Xem: {link}"),
        action=gettext_noop("Xem hồ sơ"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.extended",
        inbox_title=gettext_noop("Hồ sơ {code}: gia hạn giải quyết đến {due}"),
        inbox_body=gettext_noop(
            "{unit} gia hạn giải quyết {procedure} theo quy định và hẹn trả {due}. Lý do và căn cứ pháp luật có trong trang hồ sơ."
        ),
        sms=gettext_noop("Hồ sơ {code}: {unit} gia hạn, hẹn trả {due}. Lý do, căn cứ: {link}"),
        action=gettext_noop("Xem lý do"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.reappointed",
        inbox_title=gettext_noop("Hồ sơ {code}: xin lỗi, hẹn lại {due}"),
        inbox_body=gettext_noop(
            "{unit} chưa trả được kết quả {procedure} đúng hẹn, xin lỗi bạn và hẹn lại {due}. Lý do và phiếu xin lỗi có trong trang hồ sơ."
        ),
        sms=gettext_noop("Hồ sơ {code}: {unit} xin lỗi và hẹn lại {due}. Lý do: {link}"),
        action=gettext_noop("Xem lý do"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.due_moved",
        inbox_title=gettext_noop("Hồ sơ {code}: ngày hẹn trả là {due}"),
        inbox_body=gettext_noop(
            "Ngày nghỉ, ngày làm việc đã thay đổi sau khi hẹn, nên hạn giải quyết hồ sơ {procedure} được tính lại. {unit} hẹn trả {due}."
        ),
        sms=gettext_noop("Hồ sơ {code}: do ngày nghỉ thay đổi, hẹn trả được tính lại là {due}. Xem: {link}"),
        action=gettext_noop("Theo dõi hồ sơ"),
        sample=_SAMPLE,
    )
    for name, title, body, sms, action in (
        (
            "supplement",
            gettext_noop("Hồ sơ {code}: hạn bổ sung lùi đến {until} vì Cổng có sự cố"),
            gettext_noop("Hạn bổ sung hồ sơ {procedure} rơi vào lúc Cổng có sự cố. Bạn có thêm thời gian: đến {until}."),
            gettext_noop("Ho so {code}: Cong co su co, han bo sung lui den {until}. {link}"),
            gettext_noop("Bổ sung hồ sơ"),
        ),
        (
            "payment",
            gettext_noop("Hồ sơ {code}: hạn nộp tiền lùi đến {until} vì Cổng có sự cố"),
            gettext_noop("Hạn nộp phí, lệ phí của hồ sơ {procedure} rơi vào lúc Cổng có sự cố. Bạn có thêm thời gian: đến {until}."),
            gettext_noop("Ho so {code}: Cong co su co, han nop tien lui den {until}. {link}"),
            gettext_noop("Nộp tiền"),
        ),
        (
            "shown",
            gettext_noop("Hồ sơ {code}: hạn trả lời dự thảo lùi đến {until} vì Cổng có sự cố"),
            gettext_noop(
                "Hạn trả lời dự thảo kết quả của hồ sơ {procedure} rơi vào lúc Cổng có sự cố. Bạn có thêm thời gian: đến {until}."
            ),
            gettext_noop("Ho so {code}: Cong co su co, han tra loi du thao lui den {until}. {link}"),
            gettext_noop("Xem dự thảo"),
        ),
    ):
        register_template(
            f"dossiers.incident_{name}", inbox_title=title, inbox_body=body, sms=sms, action=action, sample=_SAMPLE,
        )  # fmt: skip
    register_template(
        "dossiers.incident_draft",
        kind=DRAFTS,
        inbox_title=gettext_noop("Bản nháp được giữ thêm đến hết ngày {until} vì Cổng có sự cố"),
        inbox_body=gettext_noop(
            "Ngày cuối của bản nháp {procedure} rơi vào lúc Cổng có sự cố, nên bản nháp được giữ đến hết ngày {until}."
        ),
        sms=gettext_noop("Cong co su co: ban nhap {procedure} duoc giu den het ngay {until}. {link}"),
        action=gettext_noop("Mở bản nháp"),
        sample=_SAMPLE,
    )
    register_template(
        "dossiers.supplement_longer",
        inbox_title=gettext_noop("Hồ sơ {code}: hạn bổ sung lùi đến {until}"),
        inbox_body=gettext_noop("Ngày nghỉ đã thay đổi, nên bạn có thêm thời gian bổ sung hồ sơ {procedure} gửi {unit}: đến {until}."),
        sms=gettext_noop("Hồ sơ {code}: hạn bổ sung lùi đến {until}. Bổ sung tại: {link}"),
        action=gettext_noop("Bổ sung hồ sơ"),
        sample=_SAMPLE,
    )
