"""Help for tests of more than one package."""
