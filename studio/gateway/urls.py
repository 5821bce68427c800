from django.urls import path

from studio.gateway import files, images, models, pictures, responses, unknown_url

urlpatterns = [
    path("v1/models", models.list_models, name="gateway_models"),
    path("v1/models/<str:model>", models.show_model, name="gateway_model"),
    path("v1/images/generations", images.generate, name="gateway_generate"),
    path("v1/images/edits", images.edit, name="gateway_edit"),
    path("v1/files", files.upload_file, name="gateway_upload"),
    path("v1/files/<str:file_id>", files.show_file, name="gateway_file"),
    path("v1/responses", responses.respond, name="gateway_respond"),
    path("v1/pictures/<str:token>", pictures.picture, name="gateway_picture"),
    path("v1/<path:rest>", unknown_url.refuse_unknown_url, name="gateway_nothing"),
]
