"""Compiles warehouse/reference/genai_prices.csv: the prices that the package genai-prices dates of models we know.

Run by a maintainer when a newer release of the package is locked: `python -m pipeline.archive.compile_genai_prices`.
The package ships its prices, so no network is asked; and only this module imports it, so no command waits for that.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

import pyarrow.parquet

from pipeline.archive import ARCHIVE_DIRECTORY
from warehouse.reference_files import REFERENCE_DIRECTORY, REFERENCE_FILES

if TYPE_CHECKING:
    from genai_prices.types import ConditionalPrice, ModelPrice

# Our authors whose own prices the package has, under its name for them.
_MAKERS = {
    "anthropic": "anthropic",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "google": "google",
    "minimax": "minimax",
    "mistralai": "mistral",
    "moonshotai": "moonshotai",
    "openai": "openai",
    "x-ai": "x-ai",
    "z-ai": "zai",
}
_KINDS = {"input": "input_mtok", "output": "output_mtok"}


def dated_prices(model_ids: Iterable[str]) -> list[dict[str, str]]:
    """The file's lines for these models, sorted by their key."""
    from genai_prices.data import providers

    models = {(provider.id, _plain(model.id)): model.prices for provider in providers for model in provider.models}
    seen_on = _last_seen(prices for (provider, _), prices in models.items() if provider == "openrouter")
    lines = []
    for model_id in model_ids:
        author, _, name = model_id.partition("/")
        for provider, known_as in (("openrouter", model_id), (_MAKERS.get(author, ""), name)):
            prices = models.get((provider, _plain(known_as)))
            if isinstance(prices, list):
                known = {"model_id": model_id, "provider": provider, "seen_on": seen_on}
                lines += [known | span for span in _spans(prices)]
    return sorted(
        lines, key=lambda line: tuple(line[name] for name in ("model_id", "provider", "price_kind", "valid_from"))
    )


def models_of_archives() -> set[str]:
    """Every id of the built-in price archives that names one model."""
    paths = sorted(ARCHIVE_DIRECTORY.glob("prices-*.parquet"))
    ids = {model for path in paths for model in pyarrow.parquet.read_table(path).column("model").to_pylist()}
    return {model_id for model_id in ids if not model_id.startswith("~") and "%2F" not in model_id}


def as_csv(lines: Iterable[dict[str, str]]) -> str:
    text = io.StringIO()
    columns = next(file.columns.names for file in REFERENCE_FILES if file.name == "genai_prices")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _last_seen(prices_of_models: "Iterable[ModelPrice | list[ConditionalPrice]]") -> str:
    """The newest day that begins a price of OpenRouter.

    A release names no day of its own. But it dates OpenRouter's prices by the day on which it saw them, where makers
    also announce prices for days to come.
    """
    from genai_prices.types import StartDateConstraint

    constraints = (price.constraint for prices in prices_of_models if isinstance(prices, list) for price in prices)
    return str(max(found.start_date for found in constraints if isinstance(found, StartDateConstraint)))


def _spans(prices: "list[ConditionalPrice]") -> Iterator[dict[str, str]]:
    """Base prices with the days between which they hold; none where a price depends on the time of day."""
    from genai_prices.types import StartDateConstraint, TieredPrices

    starts: list[tuple[date | None, ConditionalPrice]] = []
    for price in prices:
        if price.constraint is not None and not isinstance(price.constraint, StartDateConstraint):
            return
        starts.append((price.constraint.start_date if price.constraint else None, price))
    starts.sort(key=lambda start: start[0] or date.min)
    ends = [start for start, _ in starts[1:]]
    for (start, price), end in zip(starts, [*ends, None], strict=True):
        for kind, name in _KINDS.items():
            stated = getattr(price.prices, name, None)
            if stated is not None:
                base = stated.base if isinstance(stated, TieredPrices) else stated
                yield {
                    "price_kind": kind,
                    "valid_from": str(start or ""),
                    "valid_to": str(end or ""),
                    "usd_per_million_tokens": f"{base:f}",
                }


def _plain(name: str) -> str:
    """One model is `claude-opus-4.6` to the one and `claude-opus-4-6` to the other; nothing further is guessed."""
    return re.sub("[._]", "-", name.lower())


if __name__ == "__main__":
    (REFERENCE_DIRECTORY / "genai_prices.csv").write_text(as_csv(dated_prices(models_of_archives())), encoding="utf-8")
