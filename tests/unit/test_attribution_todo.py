"""The lines that `tokentide attribution todo` gives to fill in have the columns of their files."""

import csv

import pytest

from pipeline.reports.attribution_todo import ready_line, weights_line
from warehouse.reference_files import REFERENCE_DIRECTORY


@pytest.mark.parametrize(
    ("line", "filled_in"),
    [
        (
            ready_line("somebody/model-1", is_cloaked=False, is_listed=False),
            {"author": "somebody", "country_code": "COUNTRY", "evidence_url": "URL", "evidence_read_on": "DAY"},
        ),
        (
            weights_line("somebody/model-1"),
            {"model_permaslug": "somebody/model-1", "weights_name": "REPOSITORY", "evidence_url": "URL"},
        ),
    ],
)
def test_a_ready_line_has_the_columns_of_its_file(line: str, filled_in: dict[str, str]) -> None:
    file_name, _, fields = line.partition(": ")
    with (REFERENCE_DIRECTORY / file_name).open(newline="") as file:
        columns = next(csv.reader(file))
    named = dict(zip(columns, next(csv.reader([fields])), strict=True))
    assert filled_in.items() <= named.items()
