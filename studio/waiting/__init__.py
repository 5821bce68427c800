"""Wait for a run, for callers that want the picture and not a page."""
