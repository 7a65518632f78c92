"""How figures look in every report: tokens in trillions, shares in per cent, prices in USD, countries by name,
definitions as short as they can be named."""

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


def which_definitions(definitions: list[tuple[str, str]]) -> str:
    """Policies and knowledges as they follow a population: `, lab_home`; nothing where it is all four."""
    if len(definitions) == 4:
        return ""
    policies = {policy for policy, _ in definitions}
    knowledges = {knowledge for _, knowledge in definitions}
    if len(definitions) == len(policies) * len(knowledges):
        parts = [*(policies if len(policies) == 1 else ()), *(knowledges if len(knowledges) == 1 else ())]
        return f", {', '.join(parts)}"
    return ", " + "; ".join(f"{policy} {knowledge}" for policy, knowledge in definitions)
