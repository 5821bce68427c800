from django.urls import path

from studio.gateway import batches, files, images, models, pictures, responses, unknown_url
from studio.gateway.doors import by_method

urlpatterns = [
    path("v1/models", models.list_models, name="gateway_models"),
    path("v1/models/<str:model>", models.show_model, name="gateway_model"),
    path("v1/images/generations", images.generate, name="gateway_generate"),
    path("v1/images/edits", images.edit, name="gateway_edit"),
    path("v1/files", by_method(POST=files.upload_file, GET=files.list_files), name="gateway_upload"),
    path("v1/files/<str:file_id>", by_method(GET=files.show_file, DELETE=files.delete_file), name="gateway_file"),
    path("v1/files/<str:file_id>/content", files.send_content, name="gateway_content"),
    path("v1/batches", by_method(POST=batches.begin_batch, GET=batches.list_batches), name="gateway_batches"),
    path("v1/batches/<str:batch_id>", batches.show_batch, name="gateway_batch"),
    path("v1/batches/<str:batch_id>/cancel", batches.cancel_batch, name="gateway_cancel_batch"),
    path("v1/responses", responses.respond, name="gateway_respond"),
    path("v1/pictures/<str:token>", pictures.picture, name="gateway_picture"),
    path("v1/<path:rest>", unknown_url.refuse_unknown_url, name="gateway_nothing"),
]
