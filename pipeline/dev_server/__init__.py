"""A loopback OpenRouter: the recorded figures of the built-in archive behind the paths and shapes of the real one.

For tests, and for whoever tries out the live path or works on the clients without a network. It binds to 127.0.0.1
and has switches for every fault that a client must bear. What is not recorded or documented it does not serve, but for
days after the archive's end, if asked to: they are invented, and every answer that holds some says so.
"""

from pipeline.dev_server.app import LoopbackOpenRouter
from pipeline.dev_server.faults import Fault, Faults, parse_fault
from pipeline.dev_server.figures import Figures, end_of_first_new_week, recorded_figures
from pipeline.dev_server.server import run_until_interrupted, serving

__all__ = [
    "Fault",
    "Faults",
    "Figures",
    "LoopbackOpenRouter",
    "end_of_first_new_week",
    "parse_fault",
    "recorded_figures",
    "run_until_interrupted",
    "serving",
]
