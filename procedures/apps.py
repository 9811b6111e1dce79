"""Registrations of the procedures app."""

from __future__ import annotations

from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    """The catalogue of administrative procedures."""

    name = "procedures"
    verbose_name = "Thủ tục hành chính"

    def ready(self) -> None:
        """Acts of the desk; the curated procedures and the search's words that every installation loads."""
        from portal.access import Act, register_acts
        from portal.access.roles import CONTRACT_ROLES, OFFICER_ROLES, TOP_AGENCY
        from portal.operations.preparation import register_loader
        from procedures import notices
        from procedures.models.publication import CHECK, ENTER, PUBLISH

        notices.connect()
        MAKERS = frozenset({"procedure_entering"})
        CHECKERS = frozenset({"procedure_checking"})
        PUBLISHERS = frozenset({"procedure_publishing"})
        keepers = frozenset({"administrator", "steering", "content"})
        register_acts(
            Act("procedures.read", "Xem thủ tục hành chính", OFFICER_ROLES | CONTRACT_ROLES, everywhere=True),
            Act(
                "procedures.mistakes",
                "Xử lý báo sai của cơ quan mình",
                frozenset({"administrator", "procedure_entering", "procedure_checking"}),
            ),
            Act("procedures.mistakes.everywhere", "Xử lý báo sai của mọi cơ quan", frozenset({"steering"}), everywhere=True),
            Act(
                "procedures.reductions",
                "Công bố mức giảm khi nộp trực tuyến của cơ quan mình",
                frozenset({"administrator", "procedure_publishing"}),
            ),
            Act("procedures.reductions.everywhere", "Xem mức giảm của mọi nơi", frozenset({"steering"}), everywhere=True),
            Act("procedures.announce.read", "Xem quyết định đang nhập của cơ quan mình", MAKERS | CHECKERS | PUBLISHERS),
            Act("procedures.announce.everywhere", "Xem quyết định đang nhập của mọi cơ quan", frozenset({"steering"}), everywhere=True),
            Act("procedures.announce.enter", "Nhập quyết định công bố", MAKERS),
            Act("procedures.announce.check", "Kiểm tra quyết định công bố", CHECKERS),
            Act("procedures.announce.publish", "Công khai, rút quyết định công bố", PUBLISHERS),
            Act("procedures.announce.confirm", "Xác nhận nội dung của địa phương", MAKERS | CHECKERS),
            Act("procedures.services.read", "Xem dịch vụ trực tuyến của cơ quan mình", MAKERS | CHECKERS | PUBLISHERS),
            Act("procedures.services", "Khai báo, kiểm thử, rà soát dịch vụ trực tuyến", MAKERS | CHECKERS),
            Act("procedures.services.steer", "Đánh dấu, xác nhận, tạm ngưng, dừng dịch vụ", frozenset({"steering"}), everywhere=True),
            Act("procedures.quality", "Rà soát chất lượng dữ liệu thủ tục", CHECKERS | frozenset({"steering"})),
            Act("procedures.quality.read", "Xem điều cần sửa trong dữ liệu", MAKERS | CHECKERS | PUBLISHERS),
            Act("procedures.quality.mend", "Trả lời điều cần sửa trong dữ liệu", MAKERS | CHECKERS),
            Act("procedures.quality.everywhere", "Rà soát dữ liệu của mọi cơ quan", frozenset({"steering"}), everywhere=True),
            Act("procedures.consult", "Lấy ý kiến về dự thảo thủ tục", MAKERS | CHECKERS | PUBLISHERS),
            Act("procedures.embed", "Ghi trang được nhúng bảng thủ tục", PUBLISHERS | frozenset({"administrator"})),
            Act(ENTER, "Soạn câu hỏi và hướng dẫn của cơ quan mình", frozenset({"administrator", "procedure_entering"})),
            Act(CHECK, "Kiểm tra câu hỏi và hướng dẫn của cơ quan mình", frozenset({"administrator", "procedure_checking"})),
            Act(PUBLISH, "Công khai câu hỏi và hướng dẫn của cơ quan mình", frozenset({"administrator", "procedure_publishing"})),
            Act(
                "procedures.help",
                "Xem câu hỏi và hướng dẫn của cơ quan mình",
                frozenset({"administrator", "procedure_entering", "procedure_checking", "procedure_publishing"}),
            ),
            Act(
                "procedures.help.everywhere",
                "Xem câu hỏi và hướng dẫn của mọi cơ quan",
                frozenset({"steering", "content"}),
                everywhere=True,
                at=TOP_AGENCY,
            ),
            Act("procedures.words", "Sửa từ và trọng số tìm kiếm", keepers, everywhere=True, at=TOP_AGENCY),
        )
        register_loader("thủ tục", _load, order=20)
        register_loader("từ tìm kiếm", _load_words, order=25)
        register_loader("trọng số tìm kiếm", _load_weights, order=26)
        register_loader("mức giảm khi nộp trực tuyến", _load_reductions, order=27)
        register_loader("hướng dẫn theo câu hỏi", _load_guidance, order=28)
        register_loader("tài liệu hướng dẫn", _load_guides, order=29)
        register_loader("chỉ mục câu hỏi, trả lời", _ensure_questions, order=90)


def _load() -> str:
    from procedures.services import load_shipped

    report = load_shipped()
    return f"thêm {report.added}, đổi {report.changed}, giữ nguyên {report.same}"


def _load_words() -> str:
    from procedures.services import load_words

    report = load_words()
    return f"thêm {report.added}, đổi {report.changed}, bỏ {report.removed}, giữ nguyên {report.same}"


def _load_weights() -> str:
    from procedures.services import load_weights

    added, changed, same = load_weights()
    return f"thêm {added}, đổi {changed}, giữ nguyên {same}"


def _load_reductions() -> str:
    from django.utils import timezone

    from procedures.services import load_reductions

    added, changed, same = load_reductions(now=timezone.now())
    return f"thêm {added}, đổi {changed}, giữ nguyên {same}"


def _load_guidance() -> str:
    from django.utils import timezone

    from procedures.guidance.services import load_guidance

    added, changed, same = load_guidance(now=timezone.now())
    return f"thêm {added}, đổi {changed}, giữ nguyên {same}"


def _load_guides() -> str:
    from django.utils import timezone

    from procedures.guides.services import load_guides

    added, changed, same = load_guides(now=timezone.now())
    return f"thêm {added}, đổi {changed}, giữ nguyên {same}"


def _ensure_questions() -> str:
    from portal import search
    from procedures.questions.search import QUESTIONS

    return search.ensure(QUESTIONS)
