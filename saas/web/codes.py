from uuid import UUID

from django.http import Http404

from saas.text.codes import code_or_none


def as_code(text: str) -> UUID:
    """Read the code of something that a page shows. Raise Http404 if the text is none."""
    code = code_or_none(text)
    if code is None:
        raise Http404
    return code
