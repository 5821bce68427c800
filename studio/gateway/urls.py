from django.urls import path

from studio.gateway import images, models, nothing, pictures

urlpatterns = [
    path("v1/models", models.list_models, name="gateway_models"),
    path("v1/models/<str:model>", models.show_model, name="gateway_model"),
    path("v1/images/generations", images.generate, name="gateway_generate"),
    path("v1/pictures/<str:token>", pictures.picture, name="gateway_picture"),
    path("v1/<path:rest>", nothing.nothing, name="gateway_nothing"),
]
