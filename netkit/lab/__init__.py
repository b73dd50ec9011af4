"""The workplace in JupyterLab: triage what waits, label the past, and ask what if."""
