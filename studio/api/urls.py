from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from studio.api import (
    errors,
    estimates,
    money,
    people,
    pictures,
    prompts,
    runs,
    sample,
    sheets,
    sorting,
    styles,
    threads,
    webhooks,
)

VERSION = "1.0.0"


class Api(NinjaAPI):
    _schema: OpenAPISchema | None = None

    def create_response(self, request: HttpRequest, *args: object, **options: object) -> HttpResponse:
        """Tell every caller with a key how often it may ask."""
        response = super().create_response(request, *args, **options)  # type: ignore[arg-type]
        if left := getattr(request, "allowance", None):
            left.tell(response)
        response["Cache-Control"] = "private, no-store"
        return response

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: object = None) -> OpenAPISchema:
        """Return the schema. It is built once, which takes about a second: nothing in it changes."""
        if self._schema is None:
            self._schema = super().get_openapi_schema()
        return self._schema


api = Api(
    title="Darkroom",
    version=VERSION,
    description="Runs, pictures and people of one organization. See docs/api.md for the OpenAI-compatible gateway.",
    docs_url=None,
    urls_namespace="api",
)
errors.install(api)
api.add_router("", runs.router)
api.add_router("", estimates.router)
api.add_router("", sample.router)
api.add_router("", pictures.router)
api.add_router("", sorting.router)
api.add_router("", styles.router)
api.add_router("", sheets.router)
api.add_router("", threads.router)
api.add_router("", prompts.router)
api.add_router("", people.router)
api.add_router("", money.router)
api.add_router("", webhooks.router)

urlpatterns, _, _ = api.urls
for pattern in urlpatterns:
    assert pattern.callback is not None  # noqa: S101 narrows the type
    login_not_required(pattern.callback)  # each checks rights by itself
