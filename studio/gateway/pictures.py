"""Serve the picture that a signed link leads to. The link itself is the right to see it, so no login is needed."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from saas.web import after_transaction
from studio.files import serving, signed_links


@login_not_required
@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponseBase:
    output = signed_links.output_behind(token)
    if output is None:
        raise Http404
    response = after_transaction.made(serving.send(request, output.file, download_as=output.file.rpartition("/")[2]))
    if response.status_code == HTTPStatus.OK:
        response["Cache-Control"] = f"private, max-age={signed_links.LIVE_SECONDS}"
    return response
