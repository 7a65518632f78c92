"""How fast tokentide is and how much memory it takes, beside plain scripts that compute the same figures.

Not here: tests of what the figures are (tests/), and anything that tokentide itself imports.
"""
