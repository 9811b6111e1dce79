"""What the desk calls an act of the trail: the label of a registered right, or the name given here to what is nobody's right."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from uuid import UUID

from django.apps import apps

from portal.access.rules import acts

ACTS: dict[str, str] = {
    "accounts.accept_mandate": "Nhận ủy quyền",
    "accounts.ask_as_guardian": "Gửi giấy tờ giám hộ",
    "accounts.call_off_guardian": "Rút đề nghị giám hộ",
    "accounts.confirm_guardian": "Xác nhận việc giám hộ",
    "accounts.decline_mandate": "Từ chối ủy quyền",
    "accounts.end_guardianship": "Ghi nhận giám hộ chấm dứt",
    "accounts.read_guardian_file": "Mở giấy tờ giám hộ",
    "accounts.refuse_guardian": "Không xác nhận việc giám hộ",
    "accounts.withdraw_offer": "Rút lời mời nhận ủy quyền",
    "accounts.act_as": "Đổi tư cách",
    "accounts.add_email": "Thêm địa chỉ thư điện tử",
    "accounts.ask_to_close": "Đề nghị đóng tài khoản",
    "accounts.choose_channels": "Chọn cách nhận thông báo",
    "accounts.close": "Đóng tài khoản",
    "accounts.complain": "Khiếu nại về tài khoản",
    "accounts.copy_data": "Yêu cầu bản sao dữ liệu",
    "accounts.email_bounced": "Thư điện tử bị trả lại",
    "accounts.end_complaint": "Trả lời khiếu nại về tài khoản",
    "accounts.escalate_complaint": "Báo khiếu nại về tài khoản quá hạn",
    "accounts.idle_notice": "Báo tài khoản lâu không dùng",
    "accounts.lock": "Khóa tài khoản",
    "accounts.read_complaint": "Xem khiếu nại về tài khoản",
    "accounts.read_person": "Xem thông tin định danh",
    "accounts.remove_email": "Bỏ địa chỉ thư điện tử",
    "accounts.stay": "Giữ lại tài khoản",
    "accounts.take_complaint": "Tiếp nhận khiếu nại về tài khoản",
    "accounts.unlock": "Mở khóa tài khoản",
    "accounts.unsubscribe": "Thôi nhận thư",
    "accounts.subscribe_again": "Nhận lại lời nhắc",
    "accounts.verify_email": "Xác nhận địa chỉ thư điện tử",
    "accounts.enter_organisation": "Nhập tổ chức",
    "accounts.enter_person": "Nhập người",
    "accounts.give_mandate": "Mời nhận ủy quyền",
    "accounts.give_position": "Giao chức danh",
    "accounts.give_role": "Giao vai trò",
    "accounts.end_account": "Thu hồi tài khoản cấp cao",
    "accounts.end_contract": "Chấm dứt hợp đồng quầy tiếp nhận",
    "accounts.end_lending": "Chấm dứt làm thay",
    "accounts.end_position": "Chấm dứt chức danh",
    "accounts.find_in_vain": "Tìm tài khoản theo số, tên không khớp",
    "accounts.grant_account": "Cấp tài khoản cấp cao",
    "accounts.lend_roles": "Giao người làm thay",
    "accounts.make_contract": "Ghi hợp đồng quầy tiếp nhận",
    "accounts.open_account": "Mở tài khoản cấp cao bằng chứng thư số",
    "accounts.learn_mandate": "Ghi quyền đại diện theo cơ sở dữ liệu",
    "accounts.lose_mandate": "Hết quyền đại diện theo cơ sở dữ liệu",
    "accounts.take_role": "Thu hồi vai trò",
    "accounts.withdraw_mandate": "Chấm dứt ủy quyền",
    "accounts.begin_phone": "Yêu cầu đổi số điện thoại",
    "accounts.cancel_phone": "Dừng đổi số điện thoại",
    "accounts.change_phone": "Đổi số điện thoại",
    "accounts.bind_app": "Gắn ứng dụng tạo mã",
    "accounts.bind_passkey": "Gắn khóa truy cập",
    "accounts.remove_passkey": "Gỡ khóa truy cập",
    "accounts.remove_app": "Gỡ ứng dụng tạo mã",
    "accounts.link_identity": "Liên kết tài khoản bên ngoài",
    "accounts.unlink_identity": "Bỏ liên kết tài khoản bên ngoài",
    "accounts.end_session": "Kết thúc một phiên đăng nhập",
    "accounts.end_sessions": "Kết thúc các phiên đăng nhập",
    "accounts.new_device": "Đăng nhập trên thiết bị mới",
    "accounts.sign_in": "Đăng nhập",
    "accounts.step_up": "Xác thực thêm trong phiên",
    "accounts.agree_to_terms": "Đồng ý với điều khoản sử dụng",
    "accounts.begin_registration": "Bắt đầu đăng ký tài khoản",
    "accounts.lapse_registration": "Đăng ký tài khoản quá hạn",
    "accounts.look_at_registration": "Xem điều khai khi đăng ký tài khoản",
    "accounts.make_slip": "In phiếu nhận tài khoản",
    "accounts.prove_certificate": "Chứng minh bằng chứng thư số khi đăng ký",
    "accounts.prove_contact": "Xác nhận điện thoại, thư điện tử khi đăng ký",
    "accounts.refuse_registration": "Không mở tài khoản",
    "accounts.join": "Gộp tài khoản bằng giấy tờ vào tài khoản bằng số định danh",
    "accounts.take_number": "Thêm số định danh vào tài khoản bằng giấy tờ",
    "accounts.register": "Mở tài khoản",
    "accounts.registry_agrees": "Cơ sở dữ liệu khớp điều khai tại quầy",
    "accounts.send_to_counter": "Mời đối chiếu giấy tờ tại quầy",
    "accounts.show_slip": "Nhập phiếu nhận tài khoản",
    "audit.search": "Tìm trong nhật ký",
    "catalogues.add": "Thêm mục vào danh mục",
    "catalogues.amend": "Sửa mục của danh mục",
    "catalogues.disable": "Ngừng dùng mục của danh mục",
    "catalogues.import": "Nhập danh mục",
    "catalogues.load": "Nạp danh mục kèm theo Cổng",
    "catalogues.succession": "Ghi chuyển tiếp đơn vị hành chính",
    "crypto.shred": "Hủy khóa dữ liệu cá nhân",
    "documents.ask_authorisation": "Đề nghị ký",
    "documents.attempt_failed": "Ký không thành",
    "documents.authorise": "Xác nhận ký",
    "documents.cancel": "Hủy văn bản chưa ký",
    "documents.decline": "Không xác nhận ký",
    "documents.signed": "Văn bản đã ký",
    "dossiers.add_paper": "Thêm giấy tờ",
    "dossiers.decline": "Không ký, trả lại cán bộ",
    "dossiers.copy_all": "Yêu cầu bản sao toàn bộ hồ sơ",
    "dossiers.take_copy": "Tải bản sao toàn bộ hồ sơ",
    "dossiers.discard_draft": "Xóa bản nháp",
    "dossiers.erase_draft": "Xóa hẳn bản nháp đã cất",
    "dossiers.keep_draft": "Giữ bản nháp",
    "dossiers.put_draft_away": "Cất bản nháp lâu không thay đổi",
    "dossiers.restore_draft": "Khôi phục bản nháp",
    "dossiers.begin_design": "Bắt đầu thiết kế biểu mẫu",
    "dossiers.call_back_design": "Lấy lại thiết kế biểu mẫu để sửa",
    "dossiers.drop_design": "Bỏ thiết kế biểu mẫu",
    "dossiers.edit_design": "Sửa thiết kế biểu mẫu",
    "dossiers.publish_design": "Công khai biểu mẫu",
    "dossiers.send_back_design": "Trả lại thiết kế biểu mẫu",
    "dossiers.send_design": "Gửi thiết kế biểu mẫu kiểm tra",
    "dossiers.begin_result_design": "Bắt đầu thiết kế mẫu kết quả",
    "dossiers.call_back_result_design": "Lấy lại thiết kế mẫu kết quả để sửa",
    "dossiers.drop_result_design": "Bỏ thiết kế mẫu kết quả",
    "dossiers.edit_result_design": "Sửa thiết kế mẫu kết quả",
    "dossiers.publish_result_design": "Công khai mẫu kết quả",
    "dossiers.send_back_result_design": "Trả lại thiết kế mẫu kết quả",
    "dossiers.send_result_design": "Gửi thiết kế mẫu kết quả kiểm tra",
    "dossiers.preview": "Xem bản chờ ký",
    "dossiers.call_off_opinion": "Rút việc hỏi ý kiến về hồ sơ",
    "dossiers.end_absence": "Chấm dứt khai vắng mặt",
    "dossiers.end_process": "Thôi dùng quy trình điện tử",
    "dossiers.keep_areas": "Giao địa bàn phụ trách",
    "dossiers.print_control_sheet": "Xem, in phiếu kiểm soát quá trình",
    "dossiers.publish_process": "Công khai quy trình điện tử",
    "dossiers.read_opinion": "Xem việc hỏi ý kiến về hồ sơ",
    "dossiers.read_opinion_paper": "Mở giấy tờ kèm việc hỏi ý kiến",
    "dossiers.reuse_opinion": "Dùng lại ý kiến đã có",
    "dossiers.export_list": "Xuất danh sách hồ sơ",
    "dossiers.print_register": "In sổ trong ngày",
    "dossiers.send_bulk": "Làm một việc với nhiều hồ sơ",
    "dossiers.read_document": "Mở văn bản của hồ sơ",
    "dossiers.read_paper": "Mở giấy tờ của hồ sơ",
    "dossiers.remove_paper": "Xóa giấy tờ",
    "dossiers.paid": "Nhận tin đã nộp phí, lệ phí",
    "dossiers.refunded": "Nhận tin đã hoàn tiền",
    "dossiers.return_result": "Trả kết quả",
    "dossiers.start": "Chuyển xử lý",
    "dossiers.start_draft": "Bắt đầu soạn hồ sơ",
    "dossiers.carry_over_draft": "Chuyển bản nháp sang biểu mẫu, nội dung mới",
    "dossiers.ask_declaration": "Lập tờ khai để ký số",
    "dossiers.begin_signature": "Mở dịch vụ ký số để ký tờ khai",
    "dossiers.confirm_signature": "Xác nhận ký, gửi tệp tờ khai đã ký",
    "dossiers.refuse_signature": "Không nhận chữ ký trên tờ khai",
    "dossiers.sign_declaration": "Ký số tờ khai",
    "dossiers.store_keep": "Đưa giấy tờ vào kho",
    "dossiers.store_opened": "Mở giấy tờ được chia sẻ",
    "dossiers.store_read": "Mở giấy tờ trong kho",
    "dossiers.ask_visit": "Yêu cầu tiếp nhận tại nhà",
    "dossiers.assign_visit": "Xếp lịch tiếp nhận tại nhà",
    "dossiers.book": "Đặt lịch hẹn",
    "dossiers.call_number": "Gọi số",
    "dossiers.call_off_appointment": "Cơ quan hủy lịch hẹn",
    "dossiers.cancel_appointment": "Hủy lịch hẹn",
    "dossiers.cancel_visit": "Rút yêu cầu tiếp nhận tại nhà",
    "dossiers.check_in": "Lấy số có hẹn",
    "dossiers.close_counter_day": "Thêm ngày nghỉ của quầy",
    "dossiers.come_back_number": "Đưa số trở lại hàng",
    "dossiers.confirm_appointment": "Xác nhận lịch hẹn bằng mã",
    "dossiers.decline_visit": "Không nhận tiếp nhận tại nhà",
    "dossiers.draw_number": "Lấy số không hẹn",
    "dossiers.end_visit": "Ghi đã tiếp nhận tại nhà",
    "dossiers.finish_number": "Xong một số",
    "dossiers.miss_appointment": "Ghi người hẹn không đến",
    "dossiers.miss_number": "Ghi số không có mặt",
    "dossiers.move_appointment": "Đổi giờ hẹn",
    "dossiers.open_counter_day": "Bỏ ngày nghỉ của quầy",
    "dossiers.read_appointment": "Xem lịch hẹn",
    "dossiers.read_visit": "Xem yêu cầu tiếp nhận tại nhà",
    "dossiers.recall_number": "Gọi lại số",
    "dossiers.serve_number": "Bắt đầu giải quyết tại quầy",
    "dossiers.store_share": "Chia sẻ giấy tờ trong kho",
    "dossiers.store_unshare": "Dừng chia sẻ giấy tờ trong kho",
    "dossiers.store_wrong_code": "Gõ sai mã xem giấy tờ được chia sẻ",
    "dossiers.submit": "Gửi hồ sơ",
    "dossiers.take_from_store": "Lấy giấy tờ từ kho",
    "dossiers.stop_unpaid": "Dừng giải quyết vì quá hạn nộp phí, lệ phí",
    "dossiers.unpaid": "Quá hạn nộp phí, lệ phí",
    "dossiers.withdraw": "Rút hồ sơ",
    "exchange.add_partner": "Đăng ký hệ thống kết nối",
    "exchange.change_partner": "Sửa hệ thống kết nối",
    "exchange.new_password": "Cấp mật khẩu cho hệ thống kết nối",
    "exchange.readmit_partner": "Cho hệ thống kết nối lại",
    "exchange.suspend_partner": "Tạm ngừng hệ thống kết nối",
    "feedback.add_file": "Đính kèm tệp vào phản ánh",
    "feedback.add_kind": "Thêm loại phản ánh, kiến nghị",
    "feedback.approve": "Duyệt và trả lời người gửi",
    "feedback.ask_more": "Yêu cầu người gửi bổ sung",
    "feedback.ask_opinion": "Lấy ý kiến phối hợp",
    "feedback.assign": "Giao người xử lý phản ánh",
    "feedback.call_off_opinion": "Thôi chờ ý kiến phối hợp",
    "feedback.pass_opinion_on": "Chuyển việc cho ý kiến sang cơ quan kế tục",
    "feedback.change_kind": "Sửa loại phản ánh, kiến nghị",
    "feedback.change_published": "Sửa trả lời đã công khai",
    "feedback.disagree": "Không đồng ý với trả lời",
    "feedback.discard_draft": "Xóa bản nháp phản ánh",
    "feedback.end_kind": "Thôi dùng loại phản ánh, kiến nghị",
    "feedback.escalate": "Báo cáo Văn phòng Chính phủ chủ trì",
    "feedback.export": "Xuất cả phản ánh, kiến nghị",
    "feedback.give_opinion": "Cho ý kiến phối hợp",
    "feedback.go_on": "Xử lý tiếp, không chờ bổ sung",
    "feedback.group": "Gộp phản ánh trùng nội dung",
    "feedback.keep_template": "Ghi mẫu trả lời",
    "feedback.keep_unpublished": "Không công khai trả lời",
    "feedback.print": "In phản ánh, kiến nghị",
    "feedback.progress": "Báo tình hình xử lý",
    "feedback.rate": "Đánh giá câu trả lời",
    "feedback.read_file": "Mở tệp của phản ánh, kiến nghị",
    "feedback.recompute": "Tính lại thời hạn",
    "feedback.record": "Lập bản ghi có dấu của phản ánh, kiến nghị",
    "feedback.refuse": "Không tiếp nhận phản ánh",
    "feedback.refuse_silent": "Không tiếp nhận vì không bổ sung",
    "feedback.return_answer": "Trả lại câu trả lời để làm lại",
    "feedback.seal_away": "Chuyển phản ánh sang chế độ mật",
    "feedback.send": "Gửi phản ánh, kiến nghị",
    "feedback.send_back": "Trả lại nơi chuyển đến",
    "feedback.set_term": "Đặt thời hạn xử lý phản ánh",
    "ratings.add_slip_form": "Đặt bộ câu hỏi của phiếu đánh giá",
    "ratings.bring_survey_answers": "Nhập trả lời khảo sát từ tệp",
    "ratings.change_survey": "Sửa khảo sát",
    "ratings.end_survey": "Kết thúc khảo sát",
    "ratings.hide_survey_text": "Không hiện ý kiến khảo sát",
    "ratings.hide_words": "Không hiện ý kiến trong phiếu đánh giá",
    "ratings.make_survey": "Lập khảo sát",
    "ratings.publish_survey": "Mở khảo sát",
    "ratings.publish_survey_results": "Công bố kết quả khảo sát",
    "ratings.read_survey_text": "Đọc ý kiến khảo sát chưa duyệt",
    "ratings.read_words": "Đọc ý kiến trong phiếu đánh giá",
    "ratings.show_survey_text": "Duyệt ý kiến khảo sát",
    "ratings.show_words": "Duyệt ý kiến trong phiếu đánh giá",
    "ratings.set_target": "Đặt mức của chỉ tiêu",
    "ratings.end_target": "Thôi áp dụng chỉ tiêu",
    "feedback.start_draft": "Bắt đầu viết phản ánh",
    "feedback.submit": "Trình duyệt trả lời",
    "feedback.succeed": "Chuyển cho cơ quan kế tục",
    "feedback.supply": "Bổ sung phản ánh",
    "feedback.ungroup": "Bỏ khỏi nhóm trùng nội dung",
    "feedback.withdraw": "Rút phản ánh, kiến nghị",
    "feedback.withdraw_published": "Gỡ trả lời đã công khai",
    "files.checked": "Kiểm tra tệp",
    "files.erase": "Xóa tệp",
    "files.hold": "Giữ tệp cho một chủ khác",
    "files.receive": "Nhận tệp",
    "files.signatures": "Ghi chữ ký số đọc được trong tệp",
    "notices.amend": "Sửa thông báo công khai",
    "notices.withdraw": "Gỡ thông báo công khai",
    "payments.cancel_order": "Hủy khoản phải nộp",
    "payments.create_order": "Lập khoản phải nộp",
    "payments.export_collections": "Tải bảng khoản đã thu",
    "payments.export_orders": "Tải bảng khoản phải nộp",
    "payments.institution_connection": "Đổi cấu hình kết nối của đơn vị thanh toán",
    "payments.institution_enter": "Khai báo đơn vị thanh toán",
    "payments.institution_licence": "Ghi giấy phép của đơn vị thanh toán",
    "payments.institution_open": "Mở đơn vị thanh toán cho người dân",
    "payments.institution_publish": "Sửa thông tin công bố của đơn vị thanh toán",
    "payments.institution_readmit": "Cho đơn vị thanh toán cung cấp trở lại",
    "payments.institution_stop": "Dừng đơn vị thanh toán",
    "payments.institution_suspend": "Tạm ngừng đơn vị thanh toán",
    "payments.institution_test": "Bắt đầu kiểm thử chung",
    "payments.institution_tested": "Đạt kiểm thử chung",
    "payments.keep_contact": "Công bố đầu mối của cơ quan",
    "payments.keep_voucher": "Nhận chứng từ có chữ ký số",
    "payments.read_order": "Mở khoản phải nộp",
    "payments.refund_bounce": "Lệnh hoàn tiền bị từ chối",
    "payments.refund_confirm": "Xác nhận đã hoàn tiền",
    "payments.refund_decide": "Quyết định hoàn tiền",
    "payments.refund_hand_on": "Chuyển đề nghị hoàn tiền cho cơ quan",
    "payments.refund_reject": "Không hoàn tiền",
    "payments.refund_send": "Gửi lệnh hoàn tiền",
    "payments.refund_send_again": "Gửi lại lệnh hoàn tiền",
    "payments.request_refund": "Đề nghị hoàn tiền",
    "payments.request_trace": "Đề nghị tra soát",
    "payments.trace_answer": "Trả lời tra soát",
    "payments.trace_hand_back": "Chuyển lại yêu cầu tra soát cho đơn vị thanh toán",
    "payments.trace_hand_on": "Chuyển yêu cầu tra soát cho cơ quan",
    "payments.withdraw_contact": "Thôi công bố đầu mối của cơ quan",
    "payments.case_assign": "Nhận xử lý chênh lệch",
    "payments.case_close": "Kết thúc chênh lệch",
    "payments.close_month": "Khóa tháng",
    "payments.make_minutes": "Lập biên bản đối soát",
    "payments.reconcile": "Đối soát một ngày",
    "payments.set_penalty_rate": "Đặt mức phạt chậm nộp",
    "payments.take_statement": "Nhận tệp đối soát",
    "payments.fetch_statement": "Lấy tệp đối soát của một ngày",
    "procedures.import": "Nhập thủ tục từ Cơ sở dữ liệu quốc gia",
    "procedures.load": "Nạp thủ tục kèm theo Cổng",
    "procedures.mistakes.correct": "Sửa theo báo sai",
    "procedures.mistakes.dismiss": "Trả lời báo sai: nội dung không sai",
    "procedures.reductions.declare": "Công bố mức giảm khi nộp trực tuyến",
    "procedures.reductions.end": "Chấm dứt mức giảm khi nộp trực tuyến",
    "procedures.reductions.load": "Nạp mức giảm kèm theo Cổng",
    "procedures.weights.add": "Thêm cặp tiếng của máy tìm",
    "procedures.weights.change": "Sửa trọng số tìm kiếm",
    "procedures.weights.load": "Nạp trọng số tìm kiếm",
    "procedures.weights.remove": "Bỏ cặp tiếng của máy tìm",
    "procedures.weights.restore": "Trả trọng số tìm kiếm về giá trị có sẵn",
    "procedures.words.add": "Thêm từ tìm kiếm",
    "procedures.words.change": "Sửa từ tìm kiếm",
    "procedures.words.load": "Nạp từ tìm kiếm",
    "procedures.words.off": "Tắt từ tìm kiếm",
    "procedures.words.on": "Bật từ tìm kiếm",
    "procedures.words.seen": "Xem câu tìm không thấy",
}


LOOKS = frozenset({
    "accounts.read_guardian_file", "audit.search", "documents.preview", "dossiers.preview", "dossiers.read", "dossiers.read_appointment",
    "dossiers.read_document", "dossiers.read_paper", "dossiers.read_visit", "dossiers.store_opened", "dossiers.store_read",
    "feedback.export", "feedback.print", "feedback.read_file", "payments.export_collections", "payments.export_orders",
    "payments.read_order", "procedures.words.seen", "ratings.read_survey_text", "ratings.read_words",
})  # fmt: skip
"""Acts that change nothing: who looked at what, took it along or printed it."""


Names = Callable[[Iterable[str]], dict[str, str]]
_names: dict[str, Names] = {}
UNIT, PERSON, POSITION = "unit", "person", "position"
"""What else an act names beside its target."""


def register_names(kind: str, names: Names) -> None:
    """Let a room say what its things are called: ids → names, in one query. ``kind`` is a target (``dossiers.dossier``) or one of
    :data:`UNIT`, :data:`PERSON`, :data:`POSITION`. Once, in ``ready()``.
    """
    _names[kind] = names


_find_people: Callable[[str], set[UUID]] | None = None


def register_people_finder(find: Callable[[str], set[UUID]]) -> None:
    """Let an upper room (``accounts``) say whom a name, number or id means. Called once, in ``ready()``."""
    global _find_people
    _find_people = find


def people_found(text: str) -> set[UUID]:
    """The people whom a name, number or id means; none where nobody registered the answer."""
    return _find_people(text) if _find_people is not None and text.strip() else set()


def names_of(kind: str, ids: Iterable[str]) -> dict[str, str]:
    """Names of these things as far as somebody registered them; one query, none without ids."""
    wanted = {one for one in ids if one}
    return _names[kind](wanted) if wanted and kind in _names else {}


def uuids(ids: Iterable[str]) -> list[UUID]:
    """Those of the ids that are UUIDs: the trail keeps texts, and not everything written there was one."""
    found = []
    for one in ids:
        with contextlib.suppress(ValueError):
            found.append(UUID(one))
    return found


def act_words(name: str) -> str:
    """The act in words; its plain name where nobody has named it."""
    registered = acts().get(name)
    return registered.label if registered else ACTS.get(name, name)


def target_words(label: str) -> str:
    """The kind of thing that was acted on (``dossiers.dossier`` → "hồ sơ")."""
    try:
        return str(apps.get_model(label)._meta.verbose_name) if label else ""
    except (LookupError, ValueError):
        return label
