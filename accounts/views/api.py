from django.http import JsonResponse
from django.views.decorators.http import require_GET

from accounts.access import KeyRequest, key_required
from accounts.models import Scope


@require_GET
@key_required(Scope.READ)
def key(request: KeyRequest) -> JsonResponse:
    """Return what the key gives access to: the first thing a program asks."""
    found = request.api_key
    return JsonResponse(
        {
            "organization": {"slug": request.org.slug, "name": request.org.name},
            "key": {
                "id": str(found.code),
                "name": found.name,
                "prefix": found.prefix,
                "scopes": found.scopes,
                "connection": str(found.connection.code) if found.connection else None,
                "expires_at": found.expires_at.isoformat() if found.expires_at else None,
            },
            "maker": {"name": request.member.user.display_name, "role": request.member.role},
        }
    )
