"""HTTP and websockets. `daphne saas.asgi:application`."""

import os
from importlib import import_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()  # sets Django up; the imports below need it

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from saas import collector, intake, pressure, programs, tenancy
from studio.routing import sockets

tenancy.refuse_bypassing_role()
intake.install()
import_module("saas.urls")  # else the first request would load them

application = ProtocolTypeRouter(
    {
        "http": programs.beside(http),
        "websocket": pressure.Measured(AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(sockets)))),
    }
)
collector.set_aside()
