VERSION = "0.2.0"  # also in pyproject.toml
