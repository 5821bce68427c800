"""Submit, follow, stop and finish runs."""
