from django.urls import path

from studio.sandbox import views

urlpatterns = [
    path("sandbox/v1/models", views.list_models, name="sandbox_models"),
    path("sandbox/v1/models/<str:model>", views.show_model, name="sandbox_model"),
    path("sandbox/v1/images/generations", views.generate, name="sandbox_generate"),
    path("sandbox/v1/images/edits", views.edit, name="sandbox_edit"),
    path("sandbox/v1/responses", views.respond, name="sandbox_respond"),
    path("sandbox/v1/<path:rest>", views.refuse_unknown_url, name="sandbox_nothing"),
]
