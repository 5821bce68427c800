"""What the operator sees: organizations and people. Suspending is the one thing done here."""

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse

from accounts import audit, organizations
from accounts.models import AuditEntry, Membership, Organization, User
from saas import tenancy

M = TypeVar("M", bound=Model)


def _operator(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 the site lets nobody else in
    return request.user


class LookOnly(admin.ModelAdmin[M]):
    actions_on_bottom = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Organization)
class OrganizationAdmin(LookOnly[Organization]):
    list_display = ("name", "slug", "members", "created_at", "suspended_at", "deleted_at")
    list_filter = ("suspended_at", "deleted_at")
    search_fields = ("name", "slug")
    readonly_fields = tuple(field.name for field in Organization._meta.fields)
    actions = ("suspend", "restore")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        members = (
            Membership.objects.filter(org=OuterRef("pk")).order_by().values("org").annotate(n=Count("pk")).values("n")
        )
        return super().get_queryset(request).annotate(member_count=Coalesce(Subquery(members), 0))

    @admin.display(ordering="member_count")
    def members(self, org: Organization) -> int:
        return int(getattr(org, "member_count"))  # noqa: B009 annotated above

    @admin.action(description="Suspend: nobody gets in, no key works")
    def suspend(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        for org in chosen:
            organizations.suspend(org=org, by=_operator(request))

    @admin.action(description="Restore")
    def restore(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        for org in chosen:
            organizations.restore(org=org, by=_operator(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        audit.record(org=None, by=_operator(request), action="operator.listed", target="organizations")
        return super().changelist_view(request, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        org = self.get_object(request, object_id)
        if org is not None:
            with tenancy.tenant(org.pk):
                audit.record(org=org, by=_operator(request), action="operator.looked", target=org.name)
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(User)
class UserAdmin(LookOnly[User]):
    list_display = ("email", "name", "joined_at", "last_login", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    fields = ("email", "name", "joined_at", "last_login", "is_active", "is_staff", "is_superuser")
    readonly_fields = ("email", "name", "joined_at", "last_login")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(
            org=None,
            by=_operator(request),
            action="operator.person_changed",
            target=obj.email,
            details={name: getattr(obj, name) for name in form.changed_data},
        )


@admin.register(AuditEntry)
class OperatorEntryAdmin(LookOnly[AuditEntry]):
    """The operator's own acts that span organizations; each organization's log is its own."""

    list_display = ("at", "actor_label", "action", "target", "address")
    search_fields = ("actor_label", "action", "target")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        return super().get_queryset(request).filter(org=None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
