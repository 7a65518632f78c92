"""From figures back to the bytes of OpenRouter's keyless export: what makes the store lossless.

The file is a pure function of its figures, so whoever holds these can prove them against its published hash.
Not here: which figures, or what they are compared with (pipeline/reports/prove.py).
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import groupby

HEADER = "date,model_permaslug,rank,total_tokens,share_of_daily_tokens"

# Below this a script that writes numbers turns to exponents; no file seen has a share that small.
_SMALLEST_PLAIN = 1e-6


def export_bytes(rows: Iterable[tuple[date, str, int]]) -> bytes:
    """The CSV of these rows of day, model and tokens, in whatever order they come.

    Days ascend; a day's rows go by tokens, largest first, then by name, `other` last and without rank.
    """
    in_order = sorted(rows, key=lambda row: (row[0], row[1] == "other", -row[2], row[1]))
    lines = [HEADER]
    for day, rows_of_day in groupby(in_order, key=lambda row: row[0]):
        figures = [(model, tokens) for _, model, tokens in rows_of_day]
        day_tokens = sum(tokens for _, tokens in figures)
        for rank, (model, tokens) in enumerate(figures, 1):
            share = shortest_decimal(tokens / day_tokens) if day_tokens else "0"
            lines.append(f"{day},{model},{'' if model == 'other' else rank},{tokens},{share}")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def shortest_decimal(share: float) -> str:
    """The fewest digits that read back as the same number from 0 to 1, as JavaScript writes it.

    Python has the same digits but turns to exponents earlier (1e-05) and writes whole numbers as 1.0.
    """
    if share in (0, 1):
        return f"{share:.0f}"
    if share >= _SMALLEST_PLAIN:
        return f"{Decimal(repr(share)):f}"
    digits, _, exponent = repr(share).partition("e")
    return f"{digits}e{int(exponent)}"
