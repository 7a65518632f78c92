"""`tokentide doctor`: looks at everything that a run needs, and says of what is not well what to do about it.

Not here: whether the published figures can be derived anew (reports/verify.py).
"""

from pipeline.doctor.examination import as_json, examine, exit_code_of, print_diagnoses

__all__ = ["as_json", "examine", "exit_code_of", "print_diagnoses"]
