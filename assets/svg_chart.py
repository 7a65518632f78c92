"""A line chart as a Markdown image, small enough for Dagster's UI to show it where it stands. Pure: no files, no fonts.

The UI drops SVG elements from Markdown, but shows an image whose address is a data URI, and puts Markdown behind a
button from 1,000 characters on (docs/decisions/022-what-the-ui-can-show.md). So what can be said in words is,
coordinates are whole numbers relative to the one before, and points are left out until it fits.
"""

from collections.abc import Sequence

SHOWN_INLINE_BELOW_CHARACTERS = 1_000
# by the names that a reader is told
COLOURS = {"blue": "royalblue", "red": "orangered", "gray": "gray"}
_WIDTH_PIXELS, _HEIGHT_PIXELS = 440, 110
_STEP = 5  # between two points, in the chart's own unit: y has a quarter of that a point to move in


def line_chart(lines: Sequence[Sequence[float | None]], caption: str) -> str:
    """One to three lines of values in equal steps, None being a gap; y goes from 0 or below to the greatest value.

    The newest point is always there, of the others every first, second, third ... as fits.
    """
    assert 1 <= len(lines) <= len(COLOURS), f"{len(lines)} lines: too many to tell apart"
    every = 1
    while True:
        text = f"![chart](<data:image/svg+xml,{_svg([line[::-1][::every][::-1] for line in lines])}>)\n\n{caption}"
        if len(text) < SHOWN_INLINE_BELOW_CHARACTERS or every >= len(lines[0]):
            return text
        every += 1


def bounds(lines: Sequence[Sequence[float | None]]) -> tuple[float, float]:
    """The values at the chart's lower and upper edge."""
    values = [value for line in lines for value in line if value is not None]
    return min(0.0, *values, 0.0), max(0.0, *values, 0.0)


def _svg(lines: Sequence[Sequence[float | None]]) -> str:
    low, high = bounds(lines)
    width = max(len(lines[0]) - 1, 1) * _STEP
    height = max(width * _HEIGHT_PIXELS // _WIDTH_PIXELS, 1)
    scaled = [
        [None if value is None else round(height * (1 - (value - low) / ((high - low) or 1))) for value in line]
        for line in lines
    ]
    paths = [f"<path stroke='gray' stroke-opacity='.4' d='M0 0H{width}M0 {height}H{width}'/>"]
    paths += [
        f"<path stroke='{colour}' d='{_path(line)}'/>" for colour, line in zip(COLOURS.values(), scaled, strict=False)
    ]
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{_WIDTH_PIXELS}' viewBox='0 -1 {width} {height + 2}' "
        f"fill='none' stroke-width='{1.6 * width / _WIDTH_PIXELS:.1f}' stroke-linecap='round'>{''.join(paths)}</svg>"
    )
    return svg.replace("<", "%3C").replace(">", "%3E")


def _path(line: Sequence[int | None]) -> str:
    """Strokes from point to point; a point between two gaps is a dot."""
    path, before = "", None
    for number, y in enumerate(line):
        if y is not None:
            on = f"h{_STEP}" if y == before else f"l{_STEP}{y - (before or 0):+d}"
            path += f"M{number * _STEP} {y}h0" if before is None else on
        before = y
    return path
