"""The product's own settings, for the programs that tests start. Only passwords are hashed cheaply: each of the many
sign-ins would take a third of a second of a processor. Where guesses are tried, in tests/storm, they are not."""

from saas.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
