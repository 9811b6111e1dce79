"""The fragments in templates/components/: what they tie together for people who do not see the page."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
import segno
from django import forms
from django.conf import settings
from django.http import QueryDict
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from portal.ui import charts, tables
from portal.ui import views as ui_views
from portal.ui.fields import AddressField, DongField, IdNumberInput, NumberInput, PhoneInput, picking
from portal.ui.tags import dong, duration, machine_time, number
from tests.portal.pages import Page


class BirthForm(forms.Form):
    name = forms.CharField(label="Họ tên", help_text="Như trên giấy")
    born = forms.DateField(label="Ngày sinh")
    sex = forms.ChoiceField(label="Giới tính", choices=[("f", "Nữ"), ("m", "Nam")], widget=forms.RadioSelect)
    note = forms.CharField(label="Ghi chú", required=False)
    paper = forms.FileField(label="Giấy tờ")

    def clean(self):
        raise forms.ValidationError("Hai ngày không khớp nhau.")


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def tag_of(html: str, name: str) -> str:
    return re.search(rf'<(?:input|select|textarea)[^>]*name="{name}"[^>]*>', html)[0]  # type: ignore[index]


@pytest.mark.requirement("N-07")
def test_a_wrong_field_is_tied_to_its_hint_and_error():
    form = BirthForm({"born": "31/02/2026"})
    html = render("{% field form.name %}{% field form.born %}", form=form)
    assert 'aria-describedby="id_name_hint id_name_error"' in tag_of(html, "name")
    assert 'aria-invalid="true"' in tag_of(html, "born")
    assert 'inputmode="numeric"' in tag_of(html, "born") and 'value="31/02/2026"' in tag_of(html, "born")
    for part in ("id_name_hint", "id_name_error", "id_born_hint", "id_born_error"):
        assert f'id="{part}"' in html


def test_a_good_field_has_no_error_and_optional_ones_say_so():
    html = render("{% field form.name %}{% field form.note %}", form=BirthForm())
    assert "aria-invalid" not in html and "_error" not in html
    assert html.count("không bắt buộc") == 1


def test_choices_are_a_group_with_a_legend():
    html = render("{% field form.sex %}", form=BirthForm({}))
    assert "<fieldset" in html and "<legend>Giới tính" in html
    assert 'aria-describedby="id_sex_error"' in html
    assert html.count('type="radio"') == 2 and 'for="id_sex_0"' in html


@pytest.mark.requirement("N-07")
def test_the_summary_links_to_each_wrong_field_and_tells_what_has_none():
    form = BirthForm({})
    html = render("{% error_summary form %}{% for bound in form %}{% field bound %}{% endfor %}", form=form)
    page = Page("<title>t – Cổng Dịch vụ công Quốc gia</title>" + html)
    assert {link[1:] for link in page.links} == {"id_name", "id_born", "id_sex_0", "id_paper"}
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert 'role="alert"' in html and 'tabindex="-1"' in html and "autofocus" in html
    assert "<li>Hai ngày không khớp nhau.</li>" in html


def test_the_summary_is_silent_when_nothing_is_wrong():
    assert render("{% error_summary form none %}", form=BirthForm(), none=None).strip() == ""


def test_what_people_typed_is_escaped():
    html = render("{% field form.name %}", form=BirthForm({"name": '"><script>alert(1)</script>'}))
    assert "<script>" not in html


def test_the_focus_goes_to_one_place():
    class CodeForm(forms.Form):
        code = forms.CharField(widget=forms.TextInput(attrs={"autofocus": True}))

    source = "{% error_summary form %}{% field form.code %}"
    for form, first in ((CodeForm(), "<input"), (CodeForm({}), '<div class="error-summary"')):
        html = render(source, form=form)
        assert html.count("autofocus") == 1 and "autofocus" in html[html.index(first) :].partition(">")[0]


def test_moments_for_machines_are_whole_seconds():
    moment = dt.datetime(2026, 11, 25, 2, 35, 15, 501623, tzinfo=dt.UTC)
    assert render("{{ moment|machine_time }}", moment=moment) == "2026-11-25T09:35:15+07:00"
    assert (machine_time(dt.date(2026, 11, 25)), machine_time(None)) == ("2026-11-25", "")


def test_width_must_be_known():
    with pytest.raises(ValueError, match="width"):
        render('{% field form.name width="huge" %}', form=BirthForm())


@pytest.mark.parametrize(("amount", "text"), [(0, "0\u00a0đ"), (8000, "8.000\u00a0đ"), (1250000, "1.250.000\u00a0đ"), (None, "")])
def test_money(amount, text):
    assert dong(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("0.50"), "0,5"), (Decimal("3.00"), "3"), (1500, "1.500"), (Decimal("10"), "10"), (Decimal("-0.62"), "−0,62"),
        (Decimal("-0.00"), "0"), (-1500, "−1.500"), (-100, "−100"),
    ],
)  # fmt: skip
def test_numbers(amount, text):
    assert number(amount) == text
    with override("en"):
        assert number(amount) == text.translate(str.maketrans(",.", ".,"))


@pytest.mark.parametrize(
    ("amount", "unit", "words", "text"),
    [
        (Decimal("7.00"), "working_day", "", "7 ngày làm việc"),
        (Decimal("0.50"), "working_day", "", "0,5 ngày làm việc"),
        (1, "month", "", "1 tháng"),
        (None, "", "Theo lịch họp", "Theo lịch họp"),
        (None, "", "", "Không quy định thời hạn"),
    ],
)
def test_durations(amount, unit, words, text):
    assert duration(SimpleNamespace(time_amount=amount, time_unit=unit, time_text=words)) == text


class Kinds(forms.Form):
    count = forms.IntegerField(label="Số bản", widget=NumberInput)
    price = DongField(label="Giá", required=False)
    id_number = forms.CharField(label="Số định danh", widget=IdNumberInput)
    phone = forms.CharField(label="Điện thoại", widget=PhoneInput)


def test_each_kind_of_field_brings_its_keys_and_keeps_numbers_out_of_the_browsers_memory():
    html = render("{% for bound in form %}{% field bound %}{% endfor %}", form=Kinds(initial={"price": 1250000}))
    assert 'inputmode="numeric"' in tag_of(html, "count") and 'type="text"' in tag_of(html, "count")
    assert 'value="1.250.000"' in tag_of(html, "price") and "control-short" in tag_of(html, "price")
    assert 'autocomplete="off"' in tag_of(html, "id_number") and 'inputmode="numeric"' in tag_of(html, "id_number")
    assert 'type="tel"' in tag_of(html, "phone") and 'autocomplete="tel"' in tag_of(html, "phone")


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("1250000", 1250000), ("1.250.000", 1250000), ("1 250 000 đ", None), ("8.000đ", 8000), ("8.000\u00a0đ", 8000), ("", None)],
)
def test_amounts_are_read_as_people_write_them(typed, amount):
    field = DongField(required=False)
    assert field.clean(typed) == (1250000 if typed == "1 250 000 đ" else amount)


@pytest.mark.parametrize("typed", ["1,5", "1.25", "12.50.000", "-5", "một triệu", "1e6"])
def test_amounts_that_may_mean_two_things_are_refused(typed):
    with pytest.raises(forms.ValidationError):
        DongField().clean(typed)


PLACES = {"01": [("00070", "Phường Hoàn Kiếm")], "79": [("26734", "Phường Sài Gòn")]}


class Home(forms.Form):
    home = AddressField(
        label="Nơi cư trú",
        provinces=lambda: [("01", "Hà Nội"), ("79", "Thành phố Hồ Chí Minh")],
        communes=lambda province: PLACES.get(province, []),
        province_of=lambda commune: next(code for code, rows in PLACES.items() if commune in dict(rows)),
    )


def test_an_address_goes_from_province_to_commune_without_javascript():
    first = render("{% field form.home %}", form=Home())
    assert "Phường" not in first and 'name="home_chon"' in first
    picked = Home({"home_tinh": "79", "home_xa": "", "home_chon": "1"})
    assert picking(picked.data) and not picking({"home_tinh": "79"})
    shown = render("{% field form.home %}", form=Home(picked.data))
    assert "Phường Sài Gòn" in shown and "Phường Hoàn Kiếm" not in shown and '<option value="79" selected>' in shown
    done = Home({"home_tinh": "79", "home_xa": "26734"})
    assert done.is_valid() and done.cleaned_data["home"] == "26734"
    stored = render("{% field form.home %}", form=Home(initial={"home": "00070"}))
    assert '<option value="01" selected>' in stored and '<option value="00070" selected>' in stored


def test_an_address_is_labelled_and_its_error_points_to_it():
    form = Home({"home_tinh": "01", "home_xa": "26734"})
    html = render("{% error_summary form %}{% field form.home %}", form=form)
    page = Page("<title>t</title>" + html)
    assert set(page.references) <= set(page.ids) and {link[1:] for link in page.links} <= set(page.ids)
    assert html.count('aria-describedby="id_home_error"') == 3, "the group and both lists"


def test_a_file_tells_where_it_stands():
    def one(**with_: object) -> str:
        words = " ".join(f'{key}="{value}"' if isinstance(value, str) else f"{key}={value}" for key, value in with_.items())
        return render('{% include "components/file_item.html" with name="a.pdf" ' + words + " only %}")

    assert '<progress max="100" value="40" aria-label="Đang gửi a.pdf">' in one(state="sending", progress=40)
    assert "tag-wait" in one(state="checking") and "tag-good" in one(state="clean")
    assert "Quá lớn" in one(state="refused", error="Quá lớn") and "Bỏ<" in one(state="clean", remove_href="/x/")


def test_tasks_that_cannot_start_are_no_links():
    tasks = [
        {"title": "Giấy tờ", "href": "/a/", "status": "Đang làm", "kind": "info"},
        {"title": "Nộp", "href": "", "status": "Chưa làm được"},
    ]
    html = render('{% include "components/task_list.html" with tasks=tasks only %}', tasks=tasks)
    assert Page("<title></title>" + html).links == ["/a/"]
    assert "tag-info" in html and "Chưa làm được" in html


@pytest.mark.parametrize(
    ("used", "kind", "share"), [(0.4, "good", 40), (0.75, "wait", 75), (1.0, "wait", 100), (1.2, "bad", 100), (-1, "good", 0)]
)
def test_the_meter_warns_in_the_last_quarter(used, kind, share):
    html = render("{% deadline_meter used=used due=due words='còn 1 giờ' %}", used=used, due=dt.datetime(2026, 11, 20, 17, tzinfo=dt.UTC))
    assert f"meter-{kind}" in html and f'class="meter-used" width="{share}"' in html
    assert "còn 1 giờ" in html and "<time datetime=" in html


def test_a_card_is_one_link_or_holds_several():
    whole = render('{% include "components/card.html" with title="Kết hôn" href="/a/" only %}')
    assert Page("<title></title>" + whole).links == ["/a/"] and "card-link" in whole and "<h3" in whole
    links = [{"text": "Khai sinh", "href": "/b/"}]
    several = render(
        '{% include "components/card.html" with title="Con" links=links level=2 more_href="/c/" more="Cả 12" only %}', links=links
    )
    assert Page("<title></title>" + several).links == ["/b/", "/c/"] and "card-link" not in several and "<h2" in several


def test_tabs_are_links_first():
    tabs = [{"text": "A", "href": "/a/", "current": True}, {"text": "B", "href": "/b/"}]
    html = render('{% include "components/tabs.html" with label="Hồ sơ" tabs=tabs only %}', tabs=tabs)
    assert Page("<title></title>" + html).links == ["/a/", "/b/"]
    assert html.count('aria-current="page"') == 1 and "data-tabs" not in html and "role=" not in html
    assert "data-tabs" in render('{% include "components/tabs.html" with label="Hồ sơ" tabs=tabs panels=True only %}', tabs=tabs)


def test_an_accordion_opens_without_javascript_and_escapes():
    html = render(
        '{% include "components/accordion.html" with items=items only %}', items=[{"title": "A?", "text": "<b>\nhai", "open": True}]
    )
    assert "<details" in html and " open>" in html and "&lt;b&gt;<br>hai" in html


COLUMNS = [
    tables.Column("name", "Tên", sortable=True),
    tables.Column("fee", "Lệ phí", kind="money", sortable=True),
    tables.Column("note", "Ghi chú"),
]


def test_a_table_sorts_by_links_that_keep_the_rest_of_the_address():
    table = tables.table(
        QueryDict("q=khai+sinh&xep=fee&trang=3"),
        COLUMNS,
        [{"name": ("Một", "/1/"), "fee": 8000, "note": ""}],
        caption="Hồ sơ",
        default="name",
        exports=[("CSV", "/x.csv")],
    )
    html = render('{% include "components/table.html" with table=table only %}', table=table)
    assert [heading.sorted for heading in table.headings] == ["", "ascending", ""]
    links = Page("<title></title>" + html).links
    assert "?q=khai+sinh&xep=name" in links and "?q=khai+sinh&xep=-fee" in links, "the sorted column turns round; the page starts anew"
    assert "/1/" in links and "/x.csv" in links
    assert html.count("aria-sort") == 1 and 'scope="row"' in html and 'data-label="Lệ phí"' in html
    assert "8.000\u00a0đ" in html and "—" in html and "<caption>Hồ sơ" in html


@pytest.mark.parametrize(
    ("query", "found"), [("", ("name", False)), ("xep=-fee", ("fee", True)), ("xep=note", ("name", False)), ("xep=;drop", ("name", False))]
)
def test_only_named_columns_can_be_sorted_by(query, found):
    assert tables.order(QueryDict(query), COLUMNS, "name") == found


def test_a_stat_says_its_change_in_words():
    html = render('{% include "components/stat.html" with value="98%" label="đúng hạn" note="tăng 1 điểm" kind="good" href="/x/" only %}')
    assert "98%" in html and "tăng 1 điểm" in html and "text-good" in html


def rects(html: str, name: str) -> list[int]:
    return [int(width) for width in re.findall(rf'class="{name}"[^>]* width="(\d+)"', html)]


def test_bars_start_at_zero_and_the_table_says_the_same():
    html = render('{% bar_chart "Hồ sơ" rows unit="hồ sơ" note="Nguồn: sổ." %}', rows=[("Hộ tịch", 1000), ("Cư trú", 250), ("Khác <b>", 0)])
    assert rects(html, "chart-bar") == [400, 100, 0]
    assert html.count("1.000") == 2 and html.count("Cư trú") == 2 and "<b>" not in html
    assert "<caption" in html and 'scope="row"' in html and 'role="img"' in html and "Nguồn: sổ." in html
    assert Page("<title></title>" + html).refused == [], "no inline style"


def test_a_chart_without_figures_says_so_and_negative_amounts_are_no_bars():
    assert "Chưa có số liệu" in render('{% bar_chart "Hồ sơ" rows %}', rows=[])
    with pytest.raises(ValueError, match="negative"):
        charts.bars([("a", -1)])


def test_a_missing_month_breaks_the_line_and_is_a_dash_in_the_table():
    html = render(
        '{% line_chart "Hồ sơ" labels series %}', labels=["1", "2", "3", "4"], series=[{"name": "Trực tuyến", "values": [1, 2, None, 4]}]
    )
    assert html.count("<circle") == 3 and html.count("—") == 1
    assert len(re.findall(r'<path d="M', html)) == 1, "one stretch; a lone point is only a point"
    assert "legend" not in html and Page("<title></title>" + html).refused == []


def test_two_lines_have_a_legend_and_four_are_refused():
    series = [{"name": f"Loại {at}", "values": [at, at]} for at in range(4)]
    html = render('{% line_chart "Hồ sơ" labels series %}', labels=["1", "2"], series=series[:2])
    assert "legend" in html and "line-1" in html and "line-2" in html
    with pytest.raises(ValueError, match="three"):
        charts.lines(["1", "2"], series)


@given(values=st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False)), min_size=1, max_size=40))
def test_no_line_leaves_its_drawing(values):
    drawn = charts.lines([str(at) for at in range(len(values))], [{"name": "x", "values": values}])
    for x, y in drawn["lines"][0].points:
        assert drawn["left"] <= x <= drawn["right"] and 0 <= y <= drawn["height"]
    shown = [x for x, _label, _anchor in drawn["marks"]]
    assert len(shown) <= 6 and shown == sorted(set(shown))


@given(low=st.floats(-1e9, 1e9, allow_nan=False), span=st.floats(0, 1e9))
def test_ticks_enclose_the_range_with_few_steps(low, span):
    found = charts.ticks(low, low + span)
    slack = max(span, 1e-6) * 0.001
    assert found[0] <= low + slack and found[-1] >= low + span - slack and 2 <= len(found) <= 8


def test_the_map_has_every_province_once_and_no_two_tiles_in_one_place():
    places = [spot[:2] for spot in (*charts.PROVINCE_TILES.values(), *charts.ISLAND_TILES.values())]
    assert len(places) == len(set(places)) == 36
    with (Path(settings.BASE_DIR) / "portal/catalogues/data/administrative_units.csv").open(encoding="utf-8") as lines:
        today = {row["code"]: row["name"] for row in csv.DictReader(lines) if row["level"] == "province" and not row["effective_to"]}
    current = {code: name for code, name in today.items() if code in charts.PROVINCE_TILES}
    assert set(current) == set(charts.PROVINCE_TILES) and len(current) == 34
    assert all(name in " ".join(charts.PROVINCE_TILES[code][2]) for code, name in current.items())


def test_the_map_colours_by_fifths_and_shows_what_is_missing():
    drawn = charts.province_tiles({"01": 0, "79": 100, "48": 50, "96": None})
    steps = {tile.code: tile.step for tile in drawn["tiles"] if not tile.island}
    assert (steps["01"], steps["79"], steps["48"], steps["96"], steps["04"]) == (1, 5, 3, 0, 0)
    assert [tile.step for tile in drawn["tiles"] if tile.island and tile.code == "48"] == [3], "coloured as their province"
    html = render('{% province_map "Đúng hạn" values unit="%" hrefs=hrefs %}', values={"01": 99.5, "79": 98}, hrefs={"01": "/ha-noi/"})
    assert "99,5" in html and "/ha-noi/" in html and html.count('scope="row"') == 34 and "Hoàng" in html and "Trường" in html
    assert Page("<title></title>" + html).refused == []
    with pytest.raises(ValueError, match="26"):
        charts.province_tiles({"26": 1})


def test_a_document_that_is_not_ready_is_no_link():
    ready = render(
        '{% include "components/document_tile.html" with title="Giấy" href="/a/" verify_href="/b/" tag="Đã ký số" tag_kind="good" only %}'
    )
    assert Page("<title></title>" + ready).links == ["/a/", "/b/"]
    waiting = render('{% include "components/document_tile.html" with title="Giấy" note="Đang ký" only %}')
    assert Page("<title></title>" + waiting).links == [] and "Đang ký" in waiting


def test_a_qr_code_holds_its_address_and_its_address_stands_beside_it():
    url = "https://dichvucong.example/xac-minh/abc/?a=1&b=2"
    html = render("{% qr_block url caption %}", url=url, caption="Quét <i>")
    squares = re.findall(r"M(\d+) (\d+)h(\d+)", html.split('fill="#000"')[1])
    dark = {(int(x) + step, int(y)) for x, y, length in squares for step in range(int(length))}
    expected = {
        (x, y) for y, row in enumerate(segno.make(url, error="m", micro=False).matrix_iter(border=4)) for x, on in enumerate(row) if on
    }
    assert dark == expected
    assert "a=1&amp;b=2" in html and "Quét &lt;i&gt;" in html and 'role="img"' in html
    assert Page("<title></title>" + html).refused == []


def test_a_dialogue_asks_what_its_page_asks_and_its_button_leads_there_without_javascript():
    html = render(
        '{% include "components/button.html" with label="Rút" href="/rut/" dialog="d" only %}'
        '{% include "components/dialog.html" with id="d" title="Rút?" label="Rút" href="/rut/" only %}'
    )
    page = Page("<title></title>" + html)
    assert page.links == ["/rut/", "/rut/"] and page.post_forms == 0 and 'data-dialog="d"' in html
    assert 'method="dialog"' in html and set(page.references) <= set(page.ids)


def test_a_toast_is_read_out_and_closes_only_by_hand():
    html = render('{% include "components/toast.html" with text="Đã lưu" kind="good" floating=True only %}')
    assert 'role="status"' in html and "toast-floating" in html and re.search(r"data-close hidden>", html)


def test_every_icon_named_in_a_template_is_drawn():
    root = Path(settings.BASE_DIR) / "templates"
    text = "".join(path.read_text() for path in root.rglob("*.html"))
    named = set(re.findall(r'{% icon "([a-z]+)" %}', text)) | set(re.findall(r'\bicon="([a-z]+)"', text))
    named |= {event["icon"] for event in json.loads((Path(settings.BASE_DIR) / "procedures/data/life-events.json").read_text())["events"]}
    drawn = re.findall(r'name == "([a-z]+)"', (root / "components/icon.html").read_text())
    assert named <= set(drawn) and len(drawn) == len(set(drawn))
    assert all(f"<code>{name}</code>" in design() for name in drawn)


def test_every_component_is_documented_and_shown_on_the_page_of_components():
    root = Path(settings.BASE_DIR) / "templates/components"
    shown = design()
    signs = {
        "accordion": 'class="accordion"', "alternates": "", "bar_chart": "chart-bar", "button": "button-large",
        "card": "card-link", "crumb": "crumbs",
        "deadline": "deadline-bad", "deadline_meter": "meter-bad", "dialog": "<dialog", "document_tile": 'class="document"',
        "empty_state": "empty",
        "error_summary": "error-summary", "field": "field-wrong", "field_help": 'class="hint"', "file_item": "file-refused", "icon": "<svg",
        "language_switch": "", "line_chart": "line-2", "link": "icon-link", "notice": "notice-bad", "pagination": "pagination",
        "province_map": "tile-5", "qr": "qr-code", "search_form": "search-large", "skip_link": 'class="skip"', "stat": "stat-value",
        "status_tag": "tag-bad", "step_indicator": "steps", "summary_list": "summary", "table": "aria-sort", "tabs": "data-tabs",
        "task_list": 'class="tasks"', "text_size": "data-size", "timeline": "timeline", "toast": "toast",
    }  # fmt: skip
    for path in root.glob("*.html"):
        assert path.read_text().startswith("{% comment %}"), f"{path.name} does not say how it is used"
        assert path.stem in signs, f"{path.name} is shown nowhere"
        assert signs[path.stem] in shown, path.stem


@pytest.mark.parametrize(
    "sign",
    [
        "button-secondary", "button-danger", "button-quiet", " disabled", "notice-good", "notice-wait", "tag-good", "tag-wait", "tag-info",
        "deadline-good", "deadline-wait", "meter-good", "meter-wait", 'type="file"', 'type="radio"', 'type="checkbox"', 'type="tel"',
        "<textarea", "<select", "with-unit", 'class="address"', "<progress", 'aria-current="step"', 'aria-current="page"',
        "text-bad", "tile-0", "legend",
    ],
)  # fmt: skip
def test_every_state_is_shown(sign):
    assert sign in design()


def design() -> str:
    """The page of components, as a stranger gets it."""
    response = ui_views.design_system(RequestFactory().get("/he-thiet-ke/"))
    page = Page(response.content.decode())
    assert page.refused == [] and page.post_forms == 0 and page.headings.count("h1") == 1
    assert len(page.ids) == len(set(page.ids)) and set(page.references) <= set(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    return str(response.content.decode())
