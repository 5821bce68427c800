"""Serve HTTP and websockets: `daphne saas.asgi:application`."""

import os
from importlib import import_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

import django

django.setup(set_prefix=False)  # the imports below need it

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

from saas.database import tenancy
from saas.ops import garbage_collection
from saas.server import backpressure, drain, host_check, intake, large_sends, origin_check, socket_turns
from saas.web import program_handler
from studio.routing import sockets

tenancy.refuse_bypassing_role()
intake.install()
large_sends.install()
drain.install()
import_module("saas.urls")  # or the first request would have to load them
if not settings.IS_EMBEDDED:  # which loads it when it is ready
    import_module("studio.api.urls")

application = host_check.Doorstep(
    ProtocolTypeRouter(
        {
            "http": program_handler.beside(program_handler.PeopleHandler()),
            "websocket": backpressure.Measured(
                origin_check.OurPagesOnly(socket_turns.InTurns(AuthMiddlewareStack(URLRouter(sockets))))
            ),
        }
    )
)
garbage_collection.set_aside()
