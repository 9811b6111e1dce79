"""Whether a text is Vietnamese, with diacritics or without (Rules art. 39.1): nobody who writes Vietnamese is turned away."""

from __future__ import annotations

import pytest

from portal.text.language import looks_vietnamese

VIETNAMESE = [
    "Tôi nộp hồ sơ đăng ký khai sinh cho con ngày 2/11, đến nay phường chưa trả kết quả.",
    "Đề nghị trả lời.",
    "Không đăng nhập được",
    "HỒ SƠ BỊ TRẢ LẠI 3 LẦN!!!",
    "Chứng minh nhân dân",
    # As phones and people in a hurry write it.
    "Toi nop ho so dang ky khai sinh cho con ngay 2/11, den nay phuong chua tra ket qua va khong ai giai thich vi sao.",
    "De nghi tra loi som",
    "ho so qua han",
    "can bo phuong doi them giay to",
    "khong dang nhap duoc",
    "Nop tien roi ma van bao chua nop",
    "Cam on",
    "Bao gio co the can cuoc",
    "that su it nguoi biet, can bo not tin",
    "ko nop dc ho so, web cu quay mai",
    "so ho khau",
    "giay phep xay dung",
    "Gia dinh toi o so 0 pho Vi Du, phuong An Binh, chua duoc cap so do",
    # With other people's words in it.
    "Em gui anh chi, VNeID bao loi OTP, em khong vao duoc app",
    "Tôi dùng iPhone 15 Pro Max, trình duyệt Safari, bấm Submit thì báo Internal Server Error 500",
    "Thu tuc 1.001193 lam kho dan",
    "Cán bộ trả lời là “please wait”, tôi không hiểu",
]
NOT_VIETNAMESE = [
    "I would like to complain about the service at the ward office.",
    "The form does not work and nobody answers my letters.",
    "Please help me, I cannot log in to the portal.",
    "My application has been waiting for three months",
    "Bonjour, je voudrais savoir pourquoi mon dossier n'est pas encore traité par la commune.",
    "Je ne comprends pas le formulaire",
    "Mein Antrag wurde nicht bearbeitet und niemand antwortet mir.",
    "Quiero presentar una queja sobre el servicio",
    "您好，我想投诉办事处的服务。",
    "Здравствуйте, я хочу пожаловаться на работу отдела.",
    "안녕하세요 민원을 제기하고 싶습니다",
    "😀😀😀😡",
    "SELECT * FROM users WHERE id = 1; DROP TABLE users;",
    "def main():\n    return print('hello world')",
    "https://example.com/path?x=1",
    "12345 67890",
    "asdfghjkl qwertyuiop",
    "!!!",
    "",
]


@pytest.mark.requirement("F-01")
@pytest.mark.parametrize("text", VIETNAMESE)
def test_vietnamese_is_known_with_diacritics_and_without(text: str) -> None:
    assert looks_vietnamese(text)


@pytest.mark.parametrize("text", NOT_VIETNAMESE)
def test_other_languages_code_and_signs_are_not(text: str) -> None:
    assert not looks_vietnamese(text)
