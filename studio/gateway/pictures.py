"""What a signed link leads to. The link itself is the right to see it, so nobody is asked who they are."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from studio import links, serving


@login_not_required
@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponseBase:
    output = links.behind(token)
    if output is None:
        raise Http404
    response = serving.send(request, output.file, download_as=output.file.rpartition("/")[2])
    if response.status_code == HTTPStatus.OK:
        response["Cache-Control"] = f"private, max-age={links.LIVE_SECONDS}"
    return response
