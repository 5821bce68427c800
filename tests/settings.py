"""The product's settings with what a test world needs: cheap passwords, static files without a manifest."""

import os
import tempfile
from pathlib import Path

SCRATCH = tempfile.TemporaryDirectory(prefix="darkroom-tests-", ignore_cleanup_errors=True)  # goes at the end

# bin/test starts a PostgreSQL and names it; type checking needs none.
os.environ.setdefault("DATABASE_URL", "postgresql:///darkroom")
os.environ.setdefault("SECRET_KEY", "a secret for tests that is long enough to be no warning 0123456789")
os.environ.setdefault("ENCRYPTION_KEYS", "dGVzdHMgdGVzdHMgdGVzdHMgdGVzdHMgdGVzdHMgMDE=")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
os.environ.setdefault("PUBLIC_URL", "http://testserver")
os.environ.setdefault("MEDIA_ROOT", f"{SCRATCH.name}/media")
os.environ.setdefault("SANDBOX_PUBLIC", "1")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from saas.settings import *  # noqa: E402, F403
from saas.settings import DATABASES, STORAGES  # noqa: E402

# The transaction around a test rests for as long as the test waits for something else.
DATABASES["default"]["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=0"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT = Path(SCRATCH.name)
SERVESTATIC_USE_STATIC_ROOT = False  # each test client would list all files below it, and media is there, too
REFUSE_HELD_CONNECTIONS = True
