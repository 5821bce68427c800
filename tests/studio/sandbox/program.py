"""What the live server of these tests serves: Django as it is, without the database check of saas.asgi."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from django.core.asgi import get_asgi_application

application = get_asgi_application()
