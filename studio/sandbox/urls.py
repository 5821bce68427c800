from django.urls import path

from studio.sandbox import batches, views

urlpatterns = [
    path("sandbox/v1/models", views.list_models, name="sandbox_models"),
    path("sandbox/v1/models/<str:model>", views.show_model, name="sandbox_model"),
    path("sandbox/v1/images/generations", views.generate, name="sandbox_generate"),
    path("sandbox/v1/images/edits", views.edit, name="sandbox_edit"),
    path("sandbox/v1/responses", views.respond, name="sandbox_respond"),
    path("sandbox/v1/files", batches.files, name="sandbox_files"),
    path("sandbox/v1/files/<str:file_id>", batches.file, name="sandbox_file"),
    path("sandbox/v1/files/<str:file_id>/content", batches.content, name="sandbox_content"),
    path("sandbox/v1/batches", batches.batches, name="sandbox_batches"),
    path("sandbox/v1/batches/<str:batch_id>", batches.batch, name="sandbox_batch"),
    path("sandbox/v1/batches/<str:batch_id>/cancel", batches.cancel, name="sandbox_cancel_batch"),
    path("sandbox/v1/<path:rest>", views.refuse_unknown_url, name="sandbox_nothing"),
]
