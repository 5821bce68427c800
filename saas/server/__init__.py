"""Bound what the web server lets through to the application, and how fast, and end a web process in order."""
