"""The classes of retention. Words are Vietnamese: they stand on the desk. A class without tasks ends by people's decision, and says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RetentionClass:
    """What is kept for the same time and for the same reason."""

    label: str
    term: str
    source: str
    end: str
    """What happens when the term is over."""
    tasks: tuple[str, ...] = ()
    """Tasks of the beat that bring the end about; each notes what it removed (`portal.retention.services.note`)."""
    personal: bool = False
    """Whether it may hold what is sealed: personal data, and what people wrote."""


_PERSONAL = "Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15"
_ARCHIVE = "Luật Lưu trữ và luật chuyên ngành (Quyết định đổi mới một cửa, mục III.1c)"
_BY_ARCHIVE = "Cơ quan giải quyết quyết định nộp lưu hoặc hủy theo Luật Lưu trữ; Cổng không tự xóa."
_STUB = "Không xóa: hồ sơ đã hủy còn mã, các mốc ngày, đơn vị, thủ tục, số trong sổ và dòng trong biên bản."

CLASSES: dict[str, RetentionClass] = {
    "reference": RetentionClass(
        "Danh mục, thủ tục, biểu mẫu và lịch sử của chúng",
        "Không thời hạn",
        "Quy chế Cổng: dữ liệu của các năm trước phải xem lại được như khi công bố",
        "Không xóa; bản hết hiệu lực vẫn xem được theo ngày.",
    ),
    "public": RetentionClass(
        "Nội dung công khai",
        "Đến khi được gỡ",
        "Quy chế Cổng: công khai thông tin, câu trả lời, xếp hạng",
        "Người công khai gỡ xuống; việc gỡ được ghi lại.",
    ),
    "figures": RetentionClass(
        "Số liệu đã đếm, không còn người nào trong đó",
        "Không thời hạn",
        "Quy chế Cổng điều 30: kết quả các năm phải tính lại được",
        "Không xóa.",
    ),
    "account": RetentionClass(
        "Tài khoản, cách liên lạc, lựa chọn của chủ tài khoản",
        "Đến khi đóng tài khoản",
        f"{_PERSONAL}; Quy chế Cổng điều 13",
        "Đóng tài khoản: khóa mã hóa bị hủy, những gì còn đọc được bị xóa trắng trong mọi bản ghi lịch sử.",
        ("accounts.tasks.close_accounts",),
        personal=True,
    ),
    "identity": RetentionClass(
        "Thông tin định danh",
        "Đến khi đóng tài khoản",
        _PERSONAL,
        "Như tài khoản: hủy khóa mã hóa của người đó.",
        ("accounts.tasks.close_accounts",),
        personal=True,
    ),
    "authority": RetentionClass(
        "Tổ chức, chức danh, vai trò, ủy quyền: ai được làm gì, khi nào",
        "Như hồ sơ mà họ đã làm",
        _ARCHIVE,
        "Không xóa khi hết hiệu lực: là căn cứ của việc đã làm. Số và tên người được mời chưa nhận được niêm bằng khóa riêng.",
        personal=True,
    ),
    "key": RetentionClass(
        "Khóa mã hóa của từng người, từng hồ sơ",
        "Bằng thời hạn của những gì khóa niêm",
        _PERSONAL,
        "Khóa bị hủy; dòng ghi việc hủy ở lại để không ai lập lại khóa cho đối tượng đã xóa.",
    ),
    "dossier": RetentionClass(
        "Hồ sơ: tình trạng, mốc thời gian, sổ đăng ký",
        "Không thời hạn",
        _ARCHIVE,
        _STUB,
    ),
    "dossier_content": RetentionClass(
        "Nội dung hồ sơ: điều đã khai, giấy tờ, kết quả, tên người",
        "Theo thời hạn lưu trữ của loại hồ sơ",
        f"{_ARCHIVE}; {_PERSONAL}",
        "Hết thời hạn do cơ quan ghi cho loại hồ sơ: một người làm lưu trữ đề xuất, người khác xác nhận; hủy khóa thì nội dung và tệp "
        "không đọc được nữa. Loại chưa có thời hạn thì không hủy.",
        ("dossiers.follow_disposals",),
        personal=True,
    ),
    "draft": RetentionClass(
        "Bản nháp hồ sơ",
        "Ba tháng không thay đổi (báo trước hai tuần), rồi 30 ngày để khôi phục",
        f"{_PERSONAL}: chỉ giữ khi còn cần cho mục đích",
        "Ra khỏi danh sách, nội dung vẫn niêm; hết 30 ngày thì xóa cùng khóa và tệp.",
        ("dossiers.keep_drafts", "dossiers.erase_drafts", "dossiers.forget_counter_filings"),
        personal=True,
    ),
    "appointment": RetentionClass(
        "Lịch hẹn, số thứ tự tại quầy, yêu cầu tiếp nhận tại nhà",
        "90 ngày sau ngày hẹn, ngày lấy số, lần sửa cuối",
        f"{_PERSONAL}: chỉ giữ khi còn cần cho mục đích (phản ánh về việc tiếp đón)",
        "Xóa cùng khóa mã hóa; số liệu chờ và giải quyết theo ngày ở lại, không còn người nào trong đó.",
        ("dossiers.forget_appointments",),
        personal=True,
    ),
    "store": RetentionClass(
        "Kho giấy tờ: giấy tờ của chủ kho, lần chia sẻ, lần xem",
        "Đến khi chủ kho đóng tài khoản",
        f"Quyết định đổi mới một cửa, mục III.1c; {_PERSONAL}",
        "Hủy khóa của chủ kho thì giấy tờ không đọc được nữa; bản ở cơ quan cấp vẫn theo hồ sơ.",
        personal=True,
    ),
    "petition": RetentionClass(
        "Phản ánh, kiến nghị: tình trạng, mốc thời gian",
        "Theo thời hạn lưu trữ của loại hồ sơ",
        _ARCHIVE,
        _BY_ARCHIVE,
    ),
    "petition_content": RetentionClass(
        "Nội dung phản ánh, kiến nghị và người gửi, kể cả bản nháp",
        "Theo thời hạn lưu trữ; bản nháp đến khi người viết gửi, xóa hoặc đóng tài khoản",
        f"{_ARCHIVE}; {_PERSONAL}",
        "Cơ quan xử lý quyết định theo Luật Lưu trữ; hủy khóa của phản ánh thì không đọc được nữa.",
        personal=True,
    ),
    "payment": RetentionClass(
        "Khoản nộp, bút toán, sao kê, chứng từ",
        "Ít nhất 10 năm",
        "Luật Kế toán 88/2015/QH13 điều 41; Nghị định 174/2016/NĐ-CP điều 13",
        "Cổng không tự xóa; sổ cái chỉ thêm, không sửa.",
        personal=True,
    ),
    "audit": RetentionClass(
        "Nhật ký việc đã làm",
        "Không thời hạn",
        "Đề án III.3b; Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15: chứng minh đã xử lý đúng",
        "Không xóa, không sửa được mà không bị phát hiện; không chứa giá trị cá nhân, chỉ có mã.",
    ),
    "file": RetentionClass(
        "Tệp riêng",
        "Bằng thời hạn của nơi dùng tệp",
        f"{_ARCHIVE}; {_PERSONAL}",
        "Tên, khóa và nội dung bị xóa; kích thước và mã băm ở lại để chứng minh. Tệp không còn ai dùng bị dọn mỗi đêm.",
        ("portal.files.tasks.remove_orphans",),
        personal=True,
    ),
    "notice": RetentionClass(
        "Thông báo đã gửi",
        "Đến khi đóng tài khoản; nội dung có hạn dùng thì đến hết hạn",
        f"{_PERSONAL}; Nghị định 118/2025/NĐ-CP: chứng minh đã báo",
        "Nội dung có hạn bị xóa khi hết hạn; phần còn lại niêm bằng khóa của người nhận và hết khi khóa bị hủy.",
        ("portal.notifications.tasks.forget_expired",),
        personal=True,
    ),
    "opinion": RetentionClass(
        "Đánh giá, khảo sát: câu trả lời không biết của ai",
        "Không thời hạn; chữ tự viết đến khi được kiểm tra và ẩn",
        "Quy chế Cổng điều 30; Quyết định 766/QĐ-TTg: kết quả phải tính lại được",
        "Không xóa câu trả lời; chữ có dữ liệu cá nhân bị ẩn.",
        personal=True,
    ),
    "registration": RetentionClass(
        "Lần đăng ký tài khoản đã kết thúc",
        "400 ngày sau khi kết thúc",
        f"{_PERSONAL}; Quy chế Cổng điều 11: tra lại khi có khiếu nại",
        "Xóa.",
        ("accounts.tasks.remove_old",),
        personal=True,
    ),
    "session": RetentionClass(
        "Phiên đăng nhập, thiết bị đã dùng, đổi số điện thoại",
        "400 ngày",
        f"{_PERSONAL}; chủ tài khoản xem lại một năm đăng nhập",
        "Xóa.",
        ("accounts.tasks.remove_old",),
        personal=True,
    ),
    "fleeting": RetentionClass(
        "Mật khẩu một lần, lần thử đăng nhập, bước đăng nhập đang làm, dấu chống gian lận",
        "Hai ngày",
        f"{_PERSONAL}: chỉ giữ khi còn cần cho mục đích",
        "Xóa.",
        ("accounts.tasks.remove_old", "portal.documents.tasks.forget_old_tries", "feedback.forget_votes", "procedures.forget_votes"),
    ),
    "copy": RetentionClass(
        "Bản sao dữ liệu làm cho chủ của nó",
        "Bảy ngày; bản sao của một hồ sơ: một ngày",
        f"{_PERSONAL}: quyền nhận bản sao",
        "Tệp bị xóa; dòng ghi lần yêu cầu ở lại.",
        ("accounts.tasks.close_accounts",),
    ),
    "message_in": RetentionClass(
        "Tin nhận từ hệ thống ngoài",
        "Nội dung bảy ngày sau khi xử lý; dòng ghi đã nhận thì giữ",
        "Chống nhận hai lần; tra soát với bên gửi",
        "Nội dung (đã niêm) bị xóa.",
        ("portal.inbox.tasks.forget_bodies",),
    ),
    "message_body": RetentionClass(
        "Nội dung tin trao đổi với hệ thống kết nối",
        "30 ngày sau khi tin kết thúc",
        f"{_PERSONAL}: chỉ giữ khi còn cần cho mục đích (gửi lại, tra soát)",
        "Nội dung (đã niêm) bị xóa; mã băm và chữ ký của hai bên ở lại.",
        ("portal.exchange.messages.tasks.forget_bodies",),
    ),
    "message_proof": RetentionClass(
        "Chữ ký của hai bên và đường đi của từng tin trao đổi",
        "Không thời hạn",
        "Đề án III.3b, III.3g: hai bên không chối được việc đã gửi, đã nhận",
        "Không xóa; không chứa nội dung tin.",
    ),
    "queue": RetentionClass(
        "Việc gửi ra ngoài đã xong và khóa chống gửi hai lần",
        "14 ngày; khóa chống gửi hai lần 400 ngày",
        "Vận hành; không chứa giá trị cá nhân",
        "Xóa.",
        ("portal.outbox.tasks.forget",),
    ),
    "watch": RetentionClass(
        "Số đo vận hành, cảnh báo, sự kiện an toàn (có địa chỉ mạng)",
        "Số đo từng phút hai ngày; số đo từng giờ, cảnh báo, sự kiện an toàn 400 ngày",
        "Đề án mục III.2d, Quy chế Cổng điều 53: theo dõi tình trạng, sự cố; so được với cùng kỳ năm trước",
        "Xóa.",
        ("operations.forget",),
    ),
    "technical": RetentionClass(
        "Dữ liệu dẫn xuất và kỹ thuật: chỉ mục, bộ đếm, nháp nhập liệu, quyền của hệ thống",
        "Đến khi được làm lại",
        "Vận hành; làm lại được từ dữ liệu gốc",
        "Thay bằng bản mới; dấu thay đổi cũ bị dọn mỗi ngày, câu tìm không thấy sau nửa năm.",
        ("portal.caching.tasks.remove_old_changes", "procedures.tasks.forget_old_misses"),
    ),
}
