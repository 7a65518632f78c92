"""Rows and charts as Dagster's UI gets them: nothing a cell holds breaks the table, and a chart stays short."""

import re
import xml.etree.ElementTree as ElementTree
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from assets.previews import chart, markdown_table
from assets.svg_chart import SHOWN_INLINE_BELOW_CHARACTERS, line_chart


def svg_of(markdown: str) -> ElementTree.Element:
    found = re.match(r"!\[chart\]\(<data:image/svg\+xml,(.*)>\)\n\n", markdown)
    assert found, markdown
    assert not set("<>\n") & set(found[1]), "these would end the image's address"
    return ElementTree.fromstring(found[1].replace("%3C", "<").replace("%3E", ">"))


def points_of(path: str) -> int:
    return len(re.findall("[Mlh]", path)) - path.count("h0")


class TestTable:
    def test_a_cell_stays_one_cell_and_is_no_markup(self) -> None:
        table = markdown_table(["a_b", "text"], [["x|y", "<b>*1*</b>\n`2` ![i](u)"]])
        assert table.splitlines()[2] == "| x\\|y | \\<b\\>\\*1\\*\\</b\\> \\`2\\` \\!\\[i\\](u) |"
        assert table.splitlines()[0] == "| a\\_b | text |"

    def test_numbers_stand_to_the_right_and_large_ones_in_trillions(self) -> None:
        row = [76_394_335_253_519, 12_345, 0.25, Decimal("1.10"), True, None, datetime(2026, 10, 4, 23, 59)]
        lines = markdown_table(list("abcdefg"), [row]).splitlines()
        assert lines[1] == "| ---: | ---: | ---: | ---: | --- | --- | --- |"
        assert lines[2] == "| 76.394T | 12,345 | 0.2500 | 1.1000 | yes |  | 2026-10-04 |"

    def test_a_long_text_is_cut_and_a_column_too_many_left_out(self) -> None:
        lines = markdown_table(["a", "b", "c", "d", "e"], [["x" * 99, "y" * 99, "z" * 99, "w" * 99, 1]]).splitlines()
        assert lines[0] == "| a | b | e |"
        assert lines[2].startswith(f"| {'x' * 23}… |")


class TestChart:
    @pytest.mark.parametrize("weeks", [2, 93, 400])
    @pytest.mark.parametrize("lines", [1, 2, 3])
    def test_it_stays_short_enough_to_be_shown_inline(self, weeks: int, lines: int) -> None:
        values = [[float((place * 7919 * line) % 101) for place in range(weeks)] for line in range(1, lines + 1)]
        markdown = line_chart(values, "c" * 250)
        assert len(markdown) < SHOWN_INLINE_BELOW_CHARACTERS
        paths = [path.attrib["d"] for path in svg_of(markdown)][1:]
        assert len(paths) == lines
        assert all(points_of(path) >= min(weeks, 15) for path in paths)

    def test_it_reaches_from_the_lower_edge_to_the_upper(self) -> None:
        svg = svg_of(line_chart([[0.0, 5.0, 10.0, 10.0]], ""))
        assert svg[1].attrib["d"] == "M0 3h0l5-1l5-2h5"

    def test_a_week_without_a_value_is_a_gap(self) -> None:
        svg = svg_of(line_chart([[10.0, None, 10.0, 0.0]], ""))
        assert svg[1].attrib["d"] == "M0 0h0M10 0h0l5+3"

    def test_it_says_what_each_line_is(self) -> None:
        monday = date(2026, 1, 5)
        figures = {
            monday + timedelta(weeks=number): {"china_percent": value, "us_percent": None}
            for number, value in enumerate([None, 1.0, 2.5])
        }
        text = chart(figures).value.split("\n\n")[1]
        assert text == (
            "Weeks 2026-01-12 to 2026-01-19, from 0 to 2.5. Newest values: blue: `china_percent` 2.5, "
            "red: `us_percent` none."
        )
