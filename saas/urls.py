from django.contrib import admin
from django.urls import URLResolver, include, path
from django.urls.resolvers import RoutePattern

from accounts import urls as accounts
from billing import urls as billing
from saas.web import design, documentation, health
from studio import urls as studio
from studio.gateway import urls as gateway
from studio.sandbox import urls as sandbox

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("version", health.version, name="version"),
    path("-/metrics", health.metrics, name="metrics"),
    path("-/operator/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include(accounts.machine)),
    # By its name, so that it is loaded by the first request or after the start: it takes a quarter of a second.
    URLResolver(RoutePattern("api/v1/"), "studio.api.urls", app_name="api", namespace="api"),
    path("", include(gateway)),
    path("", include(sandbox)),
    path("design/", design.design, name="design"),
    path("docs/", documentation.index, name="docs"),
    path("docs/<slug:name>/", documentation.page, name="docs_page"),
    path("", include(accounts.people)),
    path("", include(studio.people)),
    path("", include(studio.links)),
    path("o/<slug:slug>/", include(studio.organization)),
    path("o/<slug:slug>/", include(billing.organization)),
    path("o/<slug:slug>/", include(accounts.organization)),
]

handler400 = "saas.web.error_pages.bad_request"
handler403 = "saas.web.error_pages.forbidden"
handler404 = "saas.web.error_pages.not_found"
handler500 = "saas.web.error_pages.server_error"
