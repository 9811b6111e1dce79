"""What is said to the signer: why a signature was not taken and what to do, or what is waited for."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dossiers.models import SignedDeclaration

SILENT = frozenset({"service_silent", "stamp_silent", "revocation_silent"})
"""Codes of what is waited for."""


def waits_for(note: str) -> str:
    """What a declaration that is being signed waits for; empty: for nothing in particular."""
    found = {
        "service_silent": _("Dịch vụ ký số tạm thời chưa phản hồi. Hệ thống tự thử lại, lần xác nhận của bạn không mất."),
        "stamp_silent": _("Dịch vụ cấp dấu thời gian tạm thời chưa phản hồi. Hệ thống tự thử lại, lần xác nhận của bạn không mất."),
        "revocation_silent": _("Nơi cấp chứng thư số tạm thời chưa trả lời chứng thư còn hiệu lực hay không. Hệ thống tự hỏi lại."),
    }
    return found.get(note, "")


def refusal(note: str) -> str:
    """Why the last attempt came to nothing, and what to do."""
    return {
        "cancelled": _("Bạn đã không đồng ý ký tại dịch vụ ký số. Tờ khai chưa được ký; bạn ký lại khi sẵn sàng."),
        "stopped": _("Đã dừng lần ký đang chờ. Bạn ký lại, hoặc chọn cách kia."),
        "authorisation_gone": _("Lần xác nhận ký đã hết hạn hoặc bị dịch vụ ký số từ chối. Bạn xác nhận ký lại."),
        "service_silent": _("Dịch vụ ký số không phản hồi trong 15 phút. Bạn thử lại sau, hoặc ký bằng phần mềm của bạn ở dưới."),
        "stamp_silent": _("Dịch vụ cấp dấu thời gian không phản hồi trong 15 phút. Bạn thử lại sau, hoặc ký bằng phần mềm của bạn ở dưới."),
        "revocation_silent": _("Nơi cấp chứng thư số không trả lời trong 15 phút nên chưa nhận được chữ ký. Bạn thử lại sau ít phút."),
        "wrong_signature": _("Dịch vụ ký số trả về chữ ký không đúng nên tờ khai chưa được ký. Bạn ký lại, hoặc chọn cách kia."),
        "unsafe": _("Tệp này không mở an toàn được. Bạn tải lại tờ khai, ký rồi gửi tệp mới."),
        "unsigned": _(
            "Tệp này chưa có chữ ký số nào. Bạn ký tờ khai bằng phần mềm ký số rồi gửi tệp đã ký; bản in ký tay rồi chụp không thay được."
        ),
        "another_file": _(
            "Tệp này không phải đúng tờ khai đã tải về, hoặc phần mềm đã ghi lại cả tệp khi ký. Bạn tải lại tờ khai và ký thêm vào tệp ấy,"
            " hoặc ký tách rời (tệp .p7s)."
        ),
        "altered": _("Tệp có nội dung khác ngoài chữ ký được thêm vào tờ khai. Bạn tải lại tờ khai, chỉ ký, rồi gửi lại."),
        "bad_signature": _("Chữ ký không phải trên đúng tờ khai đã tải về, hoặc tệp đã bị sửa. Bạn tải lại tờ khai, ký rồi gửi tệp mới."),
        "malformed": _("Không đọc được chữ ký trong tệp này. Bạn ký lại dạng PDF hoặc tệp .p7s (CMS, CAdES)."),
        "another_person": _("Chứng thư số này ghi số định danh của người khác. Bạn ký bằng chứng thư số của chính mình."),
        "no_number": _("Chứng thư số này không ghi số định danh cá nhân nên không biết là của bạn. Bạn dùng chứng thư số có số định danh."),
        "not_organisations": _("Bạn nộp thay tổ chức nhưng chứng thư số này không ghi mã số thuế. Bạn ký bằng chứng thư số của tổ chức."),
        "another_organisation": _("Chứng thư số này ghi mã số thuế của tổ chức khác. Bạn ký bằng chứng thư số của tổ chức bạn nộp thay."),
        "state_certificate": _(
            "Đây là chứng thư số do cơ quan nhà nước cấp để làm công vụ. Bạn ký bằng chứng thư số của cá nhân hoặc tổ chức do tổ chức"
            " chứng thực công cộng cấp."
        ),
        "revoked": _("Chứng thư số đã bị thu hồi. Bạn dùng chứng thư số khác còn hiệu lực."),
        "expired": _("Chứng thư số đã hết hạn. Bạn gia hạn hoặc dùng chứng thư số khác."),
        "not_yet_valid": _("Chứng thư số chưa đến ngày có hiệu lực. Bạn ký lại từ ngày đó, hoặc dùng chứng thư số khác."),
        "untrusted": _(
            "Chứng thư số không do tổ chức chứng thực công cộng được cấp phép cấp. Bạn dùng chứng thư số của một tổ chức được cấp phép."
        ),
        "weak": _("Chữ ký dùng thuật toán không còn an toàn. Bạn ký lại bằng SHA-256 và khóa RSA từ 2048 bit hoặc ECDSA."),
        "wrong_purpose": _("Chứng thư số này không được cấp để ký văn bản. Bạn dùng chứng thư số khác."),
    }.get(note) or _("Chữ ký chưa được nhận. Bạn ký lại, hoặc chọn cách kia.")


def refusal_of(row: SignedDeclaration) -> tuple[str, str]:
    """By which way the last attempt came to nothing, and why; twice empty where none did."""
    if row.state != SignedDeclaration.READY or not row.note:
        return "", ""
    return row.refused_way, refusal(row.note)
