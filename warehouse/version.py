"""The program's own version."""

from importlib.metadata import version

SOFTWARE_VERSION = version("tokentide")
