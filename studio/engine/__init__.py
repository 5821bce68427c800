"""Develop slots: call the provider, keep what comes, recover from failures."""
