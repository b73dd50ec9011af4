"""netkit: answer connection and introduction requests by a policy you can stand behind."""

__version__ = "0.1.0"
