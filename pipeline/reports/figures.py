"""How figures look in every report: tokens in trillions, shares in per cent, prices in USD, countries by name."""

from decimal import Decimal

import pycountry
from rich import box
from rich.table import Table


def table_of_figures(title: str, first_column: str, columns: tuple[str, ...]) -> Table:
    """A table that fits a terminal of 80 columns: names to the left, figures to the right."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
        pad_edge=False,
    )
    table.add_column(first_column, no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def trillions(tokens: int | None) -> str:
    return "-" if tokens is None else f"{tokens / 1e12:,.3f}T"


def per_cent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def country_name(country_code: str | None) -> str:
    if country_code in (None, "ZZ"):
        return "unknown"
    country = pycountry.countries.get(alpha_2=country_code)
    return str(getattr(country, "common_name", country.name)) if country else str(country_code)


def usd_per_million(price: Decimal | None) -> str:
    """Two decimals, and as many more as a small price needs: 25.00, 0.098, 0.0028."""
    if price is None:
        return "-"
    text = f"{price:,.4f}".rstrip("0")
    return text + "0" * max(0, 2 - len(text.partition(".")[2]))
