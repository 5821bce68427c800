"""Send the file of an export, after the view's transaction: see saas.web.after_transaction."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404

from billing.models import Export, Format
from saas.web.after_transaction import Afterwards

MIME = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def send(export: Export) -> Afterwards:
    return Afterwards(lambda: _opened(export))


def _opened(export: Export) -> FileResponse:
    try:
        file = default_storage.open(export.file)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type=MIME[Format(export.format).extension])
    response["Content-Disposition"] = f'attachment; filename="{export.filename}"'
    response["Cache-Control"] = "private, no-store"
    return response
