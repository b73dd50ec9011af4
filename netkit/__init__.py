"""netkit: answer connection and introduction requests by a policy you can stand behind."""
