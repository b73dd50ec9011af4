"""For all tests: one screen, the same examples on every run, however slow the machine, and what was measured."""

import os

from hypothesis import HealthCheck, settings

# Said before anything is imported: what is printed is as wide as this, and as plain, in every terminal.
os.environ["COLUMNS"] = "80"
for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(name, None)

# A deadline, and a limit on drawing, measure the machine; and a run that draws other examples than the run
# before fails for a change that did nothing. `--hypothesis-profile=default` draws anew, to explore.
settings.register_profile(
    "repeats", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeats")


def pytest_terminal_summary(terminalreporter):
    """Print every figure that a test recorded: one that nobody sees is no evidence."""
    told = [
        f"{name.replace('_', ' ')}: {value}"
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
    ]
    if told:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(told))
