"""The native REST API on /api/v1/: what the pages do, for programs. One shape for errors, pages, dates and money."""
