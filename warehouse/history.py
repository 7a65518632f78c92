"""Where the history begins: the Monday of the week in which OpenRouter's public figures start (2025-01-01)."""

from datetime import date

FIRST_WEEK = date(2024, 12, 30)
