"""What can be said of a policy without a call: lint, containment, coverage."""
