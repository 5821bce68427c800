"""Turn the prompt bar into a checked request."""
