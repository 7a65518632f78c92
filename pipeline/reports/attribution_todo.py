"""`tokentide attribution todo`: what is not known of models, by the tokens at stake, with lines to fill in."""

from rich.console import Console
from rich.markup import escape

from pipeline.reports.figures import trillions
from warehouse.editions import open_published
from warehouse.home import Home

_UNKNOWN_HOMES = """
    SELECT
        models.model_permaslug, sum(tokens.tokens) AS tokens, max(tokens.platform_share) AS highest_share,
        any_value(models.reason) AS reason, any_value(aliases.cloaked_slug) IS NOT NULL AS is_cloaked,
        any_value(labs.author) IS NOT NULL AS is_listed
    FROM weekly.model_tokens AS tokens
    INNER JOIN attribution.models AS models ON models.model_permaslug = tokens.model_permaslug
    LEFT JOIN attribution.aliases AS aliases ON aliases.cloaked_slug = models.model_permaslug
    LEFT JOIN attribution.labs AS labs ON labs.author = models.attributed_author
    WHERE models.country_code = 'ZZ' AND models.method <> 'router'
    GROUP BY models.model_permaslug
    ORDER BY tokens DESC
"""
_UNKNOWN_WEIGHTS = """
    SELECT openness.base_permaslug, sum(tokens.tokens) AS tokens, any_value(openness.note) AS note
    FROM weekly.model_tokens AS tokens
    INNER JOIN attribution.openness AS openness ON openness.base_permaslug = split_part(tokens.model_permaslug, ':', 1)
    WHERE openness.weights = 'unknown'
    GROUP BY openness.base_permaslug
    ORDER BY tokens DESC
"""


def print_todo(console: Console, home: Home, limit: int) -> None:
    """Prints models without a country, then models whose weights are unknown, heaviest first."""
    with open_published(home) as published:
        homes = published.execute(_UNKNOWN_HOMES).fetchall()
        weights = published.execute(_UNKNOWN_WEIGHTS).fetchall()
    console.print(f"[bold]{len(homes)} models without a country[/bold]", highlight=False)
    for model, tokens, share, reason, is_cloaked, is_listed in homes[:limit]:
        console.print(
            f"  {trillions(tokens):>9}  {escape(model)} (at most {share * 100:.2f} % of a week): {escape(reason)}",
            highlight=False,
            soft_wrap=True,
        )
        console.print(
            f"             {escape(ready_line(model, is_cloaked, is_listed))}", highlight=False, soft_wrap=True
        )
    console.print(f"\n[bold]{len(weights)} models whose weights may be open or closed[/bold]", highlight=False)
    for model, tokens, note in weights[:limit]:
        console.print(
            f"  {trillions(tokens):>9}  {escape(model)}{': ' + escape(note) if note else ''}",
            highlight=False,
            soft_wrap=True,
        )
        if not note:
            console.print(f"             {escape(weights_line(model))}", highlight=False, soft_wrap=True)


def weights_line(model: str) -> str:
    """The line of openness.csv that would decide it."""
    return f"openness.csv: {model},open|closed,REPOSITORY,URL,DAY,SAYS,"


def ready_line(model: str, is_cloaked: bool, is_listed: bool) -> str:
    """The line of a reference file that would decide it; capitals are to be filled in."""
    if is_cloaked:
        return f"aliases.csv has it: give it REVEALED_AS, AUTHOR, KNOWN_FROM and evidence once a page says so ({model})"
    author = model.split("/")[0]
    if is_listed:
        return f"labs.csv has {author} as ZZ: give it a country once a page says so"
    return f"labs.csv: {author},LAB,COUNTRY,2025-01-01,,,,URL,DAY,SAYS,NOTE"
