from django.http import HttpRequest


def key_of(request: HttpRequest) -> str:
    """Return the key in `Authorization: Bearer …`, or "" if there is none."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
