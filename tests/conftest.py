"""What the tests measured, printed below their result: a figure that nobody sees is no evidence."""


def pytest_terminal_summary(terminalreporter):
    """Print every figure that a test recorded, from whichever process ran it."""
    told = [
        f"{name.replace('_', ' ')}: {value}"
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
    ]
    if told:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(told))
