"""Programs that developers and continuous integration run."""
