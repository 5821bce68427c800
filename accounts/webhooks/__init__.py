"""Send messages about events to an organization's own addresses."""
