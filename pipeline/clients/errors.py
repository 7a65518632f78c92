"""What can go wrong with a source that is not ours. Each says what happened and what to do; none holds a key."""

from warehouse.errors import TokentideError


class SourceUnreachable(TokentideError):
    """No whole answer came, however often it was asked: no connection, a server error, no answer in time."""


class KeyRefused(TokentideError):
    """There is no key where one is needed, or the source does not accept it."""


class QuotaExceeded(TokentideError):
    """The source's limits (or our own count of them) allow no further request for longer than we wait."""


class AnswerChanged(TokentideError):
    """The answer is not of the shape that this program knows, so nothing of it is kept."""


class RequestRefused(TokentideError):
    """The source understood the request and would not answer it."""
