from django.urls import path

from studio import views

organization = [
    path("", views.studio, name="studio"),
]
