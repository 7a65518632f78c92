"""Imported once by the process from which commands are forked."""

from checks.run import _batch_definition
from pipeline import cli, definitions

_batch_definition()  # great-expectations and its context
__all__ = ["cli", "definitions"]
