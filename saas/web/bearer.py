from django.http import HttpRequest

CHALLENGE = 'Bearer realm="Darkroom"'  # of an answer with status 401


def key_of(request: HttpRequest) -> str:
    """Return the key in `Authorization: Bearer …`, or "" if there is none."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
