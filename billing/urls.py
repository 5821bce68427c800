from django.urls import path

from billing.views import usage

organization = [
    path("usage/", usage.usage_page, name="usage"),
    path("usage/entries/", usage.usage_entries, name="usage_entries"),
]
