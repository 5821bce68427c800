"""Run the embedded size: PostgreSQL, worker and web server with one data folder, started by bin/run.

The other packages of the product know nothing of this one: it only sets environment variables before Django reads its
settings.
"""
