"""What a signed link leads to. The link itself is the right to see it, so nobody is asked who they are."""

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from studio import links


@login_not_required
@require_safe
def picture(request: HttpRequest, token: str) -> FileResponse:
    output = links.behind(token)
    if output is None:
        raise Http404
    try:
        file = default_storage.open(output.file)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type=f"image/{output.format}")
    response["Content-Disposition"] = f'inline; filename="{output.file.rpartition("/")[2]}"'
    response["Cache-Control"] = f"private, max-age={links.LIVE_SECONDS}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
