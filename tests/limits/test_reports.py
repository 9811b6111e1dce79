"""The limit on reported mistakes: what was sent counts, tries do not; over it nothing that was typed is lost."""

from __future__ import annotations

import pytest
from django.test import Client

from procedures.models import MistakeReport

pytestmark = pytest.mark.django_db
GOOD = {"part": "other", "text": "Bản đồ cơ quan thiếu một thành phố."}


def test_tries_that_the_form_sends_back_do_not_count(client: Client) -> None:
    wrong = {"part": "other", "text": "sai"}
    codes = [
        client.post("/bao-loi/", values, REMOTE_ADDR="203.0.113.81").status_code
        for values in (wrong, wrong, GOOD, wrong, wrong, wrong, wrong, GOOD, GOOD)
    ]
    assert codes == [422, 422, 302, 422, 422, 422, 422, 302, 302]
    assert MistakeReport.objects.count() == 3


@pytest.mark.parametrize(
    ("path", "words", "address"),
    [
        ("/bao-loi/", "Lời bạn viết vẫn còn ở dưới", "203.0.113.82"),
        ("/en/bao-loi/", "What you wrote is still below", "203.0.113.83"),
    ],
)
def test_over_the_limit_the_words_stay_and_the_page_says_when(client: Client, path: str, words: str, address: str) -> None:
    for _ in range(5):
        assert client.post(path, GOOD, REMOTE_ADDR=address).status_code == 302
    answer = client.post(path, GOOD, REMOTE_ADDR=address)
    html = answer.content.decode()
    assert answer.status_code == 429 and 1 <= int(answer["Retry-After"]) <= 120
    assert html.index("error-summary") < html.index("<h1") and words in html and answer["Retry-After"] in html
    assert GOOD["text"] in html and 'value="other"' in html and "checked" in html
    assert MistakeReport.objects.count() == 5
