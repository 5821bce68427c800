"""The embedded size: PostgreSQL, worker and web server with one data folder, started by bin/run.

Nothing outside knows about it: it only sets environment variables before Django reads its settings.
"""
