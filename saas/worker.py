"""What `dramatiq saas.worker` imports: Django, the broker, and every module of tasks."""

import os

# Dramatiq reads the back-off of its Redis consumer from here at import; its default costs 250 ms a task.
os.environ.setdefault("dramatiq_worker_timeout", "100")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

import django

django.setup()

import dramatiq

from saas import heartbeat, tenancy

tenancy.refuse_bypassing_role()
heartbeat.start()
broker = dramatiq.get_broker()
