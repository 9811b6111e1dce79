"""A slip from the dossier's end to its answer: by its token, by its owner, at the counter; once, by nobody else, without names."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dossiers import services as dossiers
from dossiers.models import NationalDossier
from dossiers.services.national import owner_index
from portal.notifications.models import Notification
from ratings.models import Rating, Slip, SlipForm
from ratings.slips import services
from ratings.slips.rules import questions_right
from tests import factories
from tests.dossiers.support import filed, mother
from tests.ratings.slips.support import GOOD, fill, rate, refused, returned, told
from tests.ratings.test_figures import START, _sent, report

pytestmark = [pytest.mark.requirement("R-01"), pytest.mark.django_db]


@pytest.mark.requirement("R-15")
@pytest.mark.usefixtures("demo_data")
def test_from_the_sms_without_signing_in_once_and_nothing_of_it_is_shown_again() -> None:
    officer = factories.make_officer_actor(roles=("reception", "handling"))
    dossier = returned(officer)
    path, phone = told(dossier), Client(enforce_csrf_checks=True)
    page = phone.get(path)
    assert page.status_code == 200 and "no-store" in page["Cache-Control"]
    text = page.content.decode()
    assert "Đăng ký khai sinh" in text and "noindex" in text and "Rất hài lòng" in text
    assert dossier.owner_name not in text and str(dossier.code) not in text
    answer = phone.post(path, {"overall": "9", "officer": "1", "words": "Cảm ơn <b>"})
    assert answer.status_code == 403
    wrong = fill(phone, path, overall="9", words="Cảm ơn <b>")
    assert wrong.status_code == 422 and "Cảm ơn &lt;b&gt;" in wrong.content.decode()
    assert fill(phone, path, words="x" * 2001).status_code == 422 and not Rating.objects.exists()
    assert fill(phone, path, words="Nên có thêm ghế ngồi.").status_code == 302
    kept = Rating.objects.get()
    assert (kept.unit_code, kept.procedure_code, kept.officer_id, kept.steps) == (
        "H26.101",
        "1.001193",
        officer.position_id,
        [5, 4, 4, 3, 5],
    )
    assert (kept.source, kept.channel, kept.service_level, kept.day) == ("d", "2", "full", timezone.localdate())
    for client, status in ((phone, 200), (Client(), 200)):
        again = client.get(path)
        assert again.status_code == status and "Cảm ơn bạn" in again.content.decode() and "ghế ngồi" not in again.content.decode()
    assert (
        phone.post(
            path, GOOD | {"csrfmiddlewaretoken": phone.cookies["csrftoken"].value}, headers={"origin": "http://testserver"}
        ).status_code
        == 409
    )
    assert Rating.objects.count() == 1
    # The slip forgot whom it told, the answer knows neither slip nor dossier nor anybody.
    slip = Slip.objects.get()
    assert slip.party_id is None and str(slip.token_index) not in path
    held = {str(value) for name, value in vars(kept).items() if not name.startswith("_")}
    assert not held & {str(dossier.id), str(dossier.code), str(dossier.applicant_id), str(slip.id), str(slip.token_index)}
    with pytest.raises(IntegrityError), transaction.atomic():
        Slip.objects.create(**{**{name: getattr(slip, name) for name in ("dossier_code", "outcome", "unit_code", "procedure_code",
                                                                         "channel", "ended_on", "open_until")}})  # fmt: skip


@pytest.mark.usefixtures("demo_data")
def test_forged_cut_and_expired_tokens_open_nothing(client: Client) -> None:
    path = told(returned())
    token = path.split("/")[3]
    swapped = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for forged in (swapped, token[:-1], "DG" + "0" * 21, "x" * 22, "x" * 500, "ho-so", "%00"):
        assert client.get(f"/danh-gia/phieu/{forged}/").status_code == 404, forged
    assert client.get(path.lower().replace("/danh-gia", "/danh-gia")).status_code == 200  # as one types it
    Slip.objects.update(open_until=timezone.localdate() - dt.timedelta(days=1), ended_on=timezone.localdate() - dt.timedelta(days=9))
    late = client.get(path)
    assert late.status_code == 410 and "hết hạn" in late.content.decode()
    assert client.post(path, GOOD).status_code == 410 and not Rating.objects.exists()


@pytest.mark.usefixtures("demo_data")
def test_refused_and_returned_are_rated_what_its_owner_took_back_is_not() -> None:
    withdrawn = filed(now=timezone.now())
    actor = factories.citizen_actor(mother())
    dossiers.withdraw(actor=actor, dossier_id=withdrawn.id, seen_version=withdrawn.version, now=timezone.now())
    assert not Slip.objects.exists()
    codes = {refused().code: "3", returned().code: "10"}
    assert dict(Slip.objects.values_list("dossier_code", "outcome")) == codes
    assert services.tell(now=timezone.now()) == 2 and services.tell(now=timezone.now()) == 0


@pytest.mark.usefixtures("demo_data")
def test_the_owner_is_led_to_it_from_the_dossier_and_nobody_else_is(client: Client) -> None:
    dossier = returned()
    way = f"/danh-gia/phieu/ho-so/{dossier.code}/"
    assert client.get(way).status_code == 302
    other = Client()
    factories.sign_in(other, factories.make_person())
    assert other.get(way).status_code == 404 and other.post(way, GOOD).status_code == 404
    officer, position = Client(), factories.make_position()
    factories.sign_in(officer, position.person, position=position)
    assert officer.get(way).status_code == 403
    factories.sign_in(client, mother())
    assert way in client.get(f"/ho-so/{dossier.code}/").content.decode()
    assert fill(client, way).status_code == 302
    assert "Cảm ơn bạn" in client.get(way).content.decode()
    assert way not in client.get(f"/ho-so/{dossier.code}/").content.decode()
    # Who rated already is not asked any more.
    services.tell(now=timezone.now())
    assert Slip.objects.get().token_index is None


@pytest.mark.usefixtures("demo_data")
def test_a_dossier_handled_elsewhere_is_rated_by_its_owner(client: Client) -> None:
    person = factories.make_person(id_number="001195777001")
    ended = report(1, "10", received=0, due=5, finished=7)
    _sent(ended, report(2, "4", received=0, due=5))
    now = timezone.now()
    NationalDossier.objects.update(owner_blind=owner_index("001195777001"), finished_at=now, returned_at=now)
    factories.sign_in(client, person)
    way = f"/danh-gia/phieu/ho-so/{ended.code}/"
    assert way in client.get(f"/ho-so/{ended.code}/").content.decode()
    assert client.get("/danh-gia/phieu/ho-so/H26.101-260624-0002/").status_code == 404
    assert fill(client, way).status_code == 302
    assert Rating.objects.get().unit_code == "H26.101" and Slip.objects.get().used_on == timezone.localdate()
    other = Client()
    factories.sign_in(other, factories.make_person())
    assert other.get(way).status_code == 404


def _code_in(words: str) -> str:
    found = re.search(r"H26\.101-260624-\d{4}", words)
    return found[0] if found else ""


@pytest.mark.usefixtures("demo_data")
def test_the_owner_of_a_dossier_handled_elsewhere_is_told_once_where_they_have_an_account() -> None:
    person = factories.make_person(id_number="001195777001")
    owner, stranger, today = owner_index("001195777001"), owner_index("001195777002"), (timezone.localdate() - START).days

    def ended(number: int, state: str = "10", minute: int = 0, *, whose: str = owner, ago: int = 0, **more: Any) -> Any:
        dates = {"refused" if state == "3" else "finished": today - ago}
        one = report(number, state, minute, received=None if state == "3" else today - ago - 3, submitted=today - ago - 3, **dates, **more)
        one.values["owner_blind"] = whose
        return one

    handled = ended(1)
    handled.values.update(state="4", finished_at=None)
    _sent(handled, ended(2, whose=stranger), ended(3, whose=""), ended(4, ago=8), ended(5, "3"), ended(6, "8"), ended(7, ago=7))
    _sent(ended(8), is_test=True)
    assert sorted(Slip.objects.values_list("dossier_code", flat=True)) == [f"H26.101-260624-000{number}" for number in (5, 6, 7)]
    assert Slip.objects.get(dossier_code__endswith="5").party_id == person.pk
    for minute in (1, 2):
        _sent(ended(1, minute=minute))
    reopened = ended(1, minute=3)
    reopened.values.update(state="4", finished_at=None)
    _sent(reopened)
    _sent(ended(1, minute=4), ended(8, minute=4))
    assert Slip.objects.count() == 5, "once a dossier; what was tried out and is sent for real too"
    services.tell(now=timezone.now())
    services.tell(now=timezone.now())
    told_of = Notification.objects.filter(template="ratings.slip", party_id=person.pk)
    assert {code for row in told_of if (code := _code_in(str(row.body)))} == set(Slip.objects.values_list("dossier_code", flat=True))
    assert not Slip.objects.exclude(party_id=None).exists(), "whom they belong to is forgotten once they were told"
    code = "H26.101-260624-0001"
    [path] = {found[0] for row in told_of if code in str(row.body) and (found := re.findall(r"/danh-gia/phieu/[A-Z0-9]+/", str(row.body)))}
    assert fill(Client(), path).status_code == 302 and Rating.objects.get().unit_code == "H26.101"


@pytest.mark.usefixtures("demo_data")
def test_slips_of_a_batch_cost_two_queries_whatever_its_size() -> None:
    today = (timezone.localdate() - START).days
    owners = [factories.make_person(id_number=f"0011957770{number:02d}") for number in range(10, 20)]
    sizes = []
    for first, last in ((10, 12), (12, 20)):
        batch = []
        for number in range(first, last):
            one = report(number, "10", received=today - 3, due=today, finished=today)
            one.values["owner_blind"] = owner_index(f"0011957770{number:02d}")
            batch.append(one)
        with CaptureQueriesContext(connection) as asked:
            _sent(*batch)
        sizes.append(len(asked))
    assert sizes[0] == sizes[1] and Slip.objects.count() == len(owners)


@pytest.mark.usefixtures("demo_data")
def test_at_the_counter_it_counts_apart_once_a_form_and_a_flood_stops() -> None:
    client = Client()
    for path in (
        "/danh-gia/phieu/don-vi/H26.101/",
        "/danh-gia/phieu/dich-vu/1.001193/",
        "/en/danh-gia/phieu/dich-vu/1.001193/?don-vi=H26.101",
    ):
        assert client.get(path).status_code == 200
        assert fill(client, path).status_code == 302
    assert sorted(Rating.objects.values_list("source", "unit_code", "procedure_code")) == [
        ("s", "", "1.001193"), ("s", "H26.101", "1.001193"), ("u", "H26.101", ""),
    ]  # fmt: skip
    assert "<svg" in client.get("/danh-gia/phieu/don-vi/H26.101/ma-qr/").content.decode()
    code = client.get("/danh-gia/phieu/dich-vu/1.001193/ma-qr/?don-vi=H26.101").content.decode()
    assert "phường Hoàn Kiếm" in code and "/dich-vu/1.001193/?don-vi=H26.101" in code
    number = Rating.objects.filter(source="u").get().pk
    assert client.post("/danh-gia/phieu/don-vi/H26.101/", {**GOOD, "phieu": str(number)}).status_code == 409
    assert client.post("/danh-gia/phieu/don-vi/H26.101/", {**GOOD, "phieu": "x"}).status_code == 422
    for unknown in ("don-vi/Z99", "dich-vu/9.999999", "don-vi/%00", "don-vi/Z99/ma-qr", "dich-vu/9.9/ma-qr", "dich-vu/1.001193/?don-vi=Z9"):
        assert client.get(f"/danh-gia/phieu/{unknown}{'' if '?' in unknown else '/'}").status_code == 404
    statuses = [fill(client, "/danh-gia/phieu/don-vi/H26.101/").status_code for _ in range(12)]
    assert statuses[-1] == 429 and Rating.objects.count() < 12


@pytest.mark.usefixtures("demo_data")
def test_a_text_is_read_by_nobody_before_it_was_checked_and_never_by_the_rated_officer() -> None:
    rated = factories.make_position(roles=("reception", "handling", "petition_checking"))
    dossier = returned(factories.officer_actor(rated))
    client = Client()
    fill(client, told(dossier), words="Anh Trần Văn Thử bắt chờ, gọi 0912 345 678 không nghe. Nên có thêm ghế.")
    row = Rating.objects.get()
    base = f"/quan-tri/ratings/rating/{row.pk}/"

    def desk(position: Any) -> Client:
        found = Client()
        factories.sign_in(found, position.person, position=position)
        return found

    colleague, neighbour = desk(factories.make_position(roles=("handling",))), desk(factories.make_position(unit="H29.101"))
    above, own = desk(factories.make_position(unit="H26", roles=("petition_checking",))), desk(rated)
    for reader in (own, colleague):
        page = reader.get(f"{base}change/")
        assert page.status_code == 200 and "ghế" not in page.content.decode() and "5: " not in page.content.decode()
        assert reader.get(f"{base}duyet/").status_code == 403 and reader.post(f"{base}khong-hien/", {"reason": "x"}).status_code == 403
    for path in ("change/", "duyet/", "khong-hien/"):
        assert neighbour.get(base + path).status_code == 404
        assert client.get(base + path).status_code == 302
    page = above.get(f"{base}duyet/").content.decode()
    assert "0912 345 678" in page and "[số điện thoại]" in page
    refused_page = above.post(f"{base}duyet/", {"text": "Anh Trần Văn Thử. Nên có thêm ghế."})
    assert refused_page.status_code == 422 and "Tên người" in refused_page.content.decode()
    assert above.post(f"{base}khong-hien/", {"reason": " "}).status_code == 422
    assert above.post(f"{base}duyet/", {"text": "Bắt chờ, gọi không nghe. Nên có thêm ghế."}).status_code == 302
    assert "thêm ghế" in colleague.get(f"{base}change/").content.decode() and "thêm ghế" in own.get(f"{base}change/").content.decode()
    assert "0912" not in colleague.get(f"{base}change/").content.decode()
    assert above.post(f"{base}khong-hien/", {"reason": "Lộ chuyện riêng"}).status_code == 302
    assert "thêm ghế" not in colleague.get(f"{base}change/").content.decode()
    row.refresh_from_db()
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.filter(pk=row.pk).update(checked_by=row.officer_id)


@pytest.mark.usefixtures("demo_data")
def test_the_desk_names_nobody_shows_no_step_of_few_and_asks_the_same_of_any_number() -> None:
    today = timezone.localdate()
    position = factories.make_position(roles=("handling",))
    client = Client()
    factories.sign_in(client, position.person, position=position)
    for number in range(4):
        rate("H26.101", 1 + number, day=today)
    rate("H29.101", 1, day=today)
    from ratings.slips import counting

    counting.fold()

    def look() -> tuple[str, int]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get("/quan-tri/ratings/rating/")
        assert page.status_code == 200
        return page.content.decode(), len(queries)

    page, few = look()
    assert "chưa đủ 5 phiếu" in page and "/5<" not in page and "H29.101" not in page and "1.001193" not in page
    assert f"{today:%d/%m/%Y}" not in page.split("result_list")[-1]
    for _ in range(20):
        rate("H26.101", 5, day=today)
    counting.fold()
    page, many = look()
    assert "5/5" in page and few == many
    figures = client.get("/quan-tri/ratings/ratingcount/")
    assert figures.status_code == 200 and "24" in figures.content.decode()
    assert "don-vi=H26.101" in client.get("/quan-tri/ratings/ratingcount/?thu-tuc=1.001193")["Location"]
    for nonsense in ("?ky=x", "?ky=2026-11-29", "?thu-tuc=%00", "?thu-tuc=a/b"):
        assert client.get(f"/quan-tri/ratings/ratingcount/{nonsense}").status_code == 404


def test_an_empty_portal_has_no_slips_and_says_so(client: Client) -> None:
    page = client.get("/danh-gia/hai-long/")
    assert page.status_code == 200 and "Chưa có phiếu nào" in page.content.decode()
    assert client.get("/danh-gia/phieu/DG0000000000000000000000/").status_code == 404
    assert client.get("/danh-gia/phieu/don-vi/H26/").status_code == 404
    assert services.tell(now=timezone.now()) == 0


def test_questions_in_force_stay_as_they_were_asked() -> None:
    rate("H26.101", 5, day=timezone.localdate())
    form = SlipForm.objects.get()
    assert not questions_right(form.questions, form.steps)
    assert questions_right(form.questions[1:], form.steps) and questions_right(form.questions, {"vi": form.steps["vi"]})
    for change in (
        lambda: SlipForm.objects.update(open_days=1),
        lambda: Rating.objects.update(q1=1),
        lambda: Rating.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
