from django.urls import path

from studio.consumers import OrgConsumer

sockets = [path("ws/o/<slug:slug>/", OrgConsumer.as_asgi())]
