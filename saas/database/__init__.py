"""Reach PostgreSQL: connections, transactions and the tenants' walls."""
