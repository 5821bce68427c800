"""Show organizations and people to the operator, who can suspend an organization, set what it may spend with the lent
key, and deactivate a person."""

from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse

from accounts import audit
from accounts.limits import operator_key
from accounts.models import AuditEntry, Membership, Organization, User
from accounts.people import organizations
from saas import broadcast
from saas.database import tenancy
from saas.database.transactions import after_commit
from saas.web.forms import MoneyField
from saas.web.operator_site import ForOperators

M = TypeVar("M", bound=Model)
POWERS = ("is_staff", "is_superuser")


def _operator(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 the site admits only signed-in users
    return request.user


class Watched(ForOperators[M]):
    """An admin list that spans organizations: each view of it writes a row to the operator's own log."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        audit.record(org=None, by=_operator(request), action="operator.listed", target=self.opts.model_name or "")
        return super().changelist_view(request, extra_context)


class LoanAmounts(forms.Form):
    month = MoneyField(required=False, label="Lent key: dollars a month")
    day = MoneyField(required=False, label=" a day (empty: unlimited)")


class LoanForm(LoanAmounts, ActionForm):
    """The amounts, shown beside the choice of an action."""


@admin.register(Organization)
class OrganizationAdmin(Watched[Organization]):
    list_display = ("name", "slug", "members", "created_at", "suspended_at", "deleted_at")
    list_filter = ("suspended_at", "deleted_at")
    search_fields = ("name", "slug")
    readonly_fields = (*(field.name for field in Organization._meta.fields), "lent_key")
    actions = ("suspend", "restore", "set_loan", "lend_as_usual")
    action_form = LoanForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        members = (
            Membership.objects.filter(org=OuterRef("pk")).order_by().values("org").annotate(n=Count("pk")).values("n")
        )
        return super().get_queryset(request).annotate(member_count=Coalesce(Subquery(members), 0))

    @admin.display(ordering="member_count")
    def members(self, org: Organization) -> int:
        return int(getattr(org, "member_count"))  # noqa: B009 annotated above

    @admin.action(permissions=["suspend"], description="Suspend: block members and API keys")
    def suspend(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        for org in chosen:
            organizations.suspend(org=org, by=_operator(request))

    @admin.action(permissions=["suspend"], description="Restore")
    def restore(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        for org in chosen:
            organizations.restore(org=org, by=_operator(request))

    @admin.action(permissions=["suspend"], description="Lent key: apply the amounts entered here")
    def set_loan(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        form = LoanAmounts(request.POST)
        if not form.is_valid() or form.cleaned_data["month"] is None:
            messages.error(request, "Enter a monthly amount in dollars, like 250. Nothing was changed.")
            return
        for org in chosen:
            values = {"money_month": form.cleaned_data["month"], "money_day": form.cleaned_data["day"]}
            operator_key.change(org=org, by=_operator(request), **values)

    @admin.action(permissions=["suspend"], description="Lent key: reset to the default (LENT_DOLLARS_A_MONTH)")
    def lend_as_usual(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        for org in chosen:
            operator_key.as_usual(org=org, by=_operator(request))

    @admin.display(description="Lent key")
    def lent_key(self, org: Organization) -> str:
        with tenancy.tenant(org.pk):
            return operator_key.describe(org)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # the operator's wall opens for reading only

    def has_suspend_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

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
class UserAdmin(Watched[User]):
    list_display = ("email", "name", "joined_at", "last_login", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    fields = ("email", "name", "joined_at", "last_login", "is_active", *POWERS)
    readonly_fields = ("email", "name", "joined_at", "last_login")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Let only superusers change POWERS, so that staff who may change people cannot promote themselves."""
        return self.readonly_fields if _operator(request).is_superuser else (*self.readonly_fields, *POWERS)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not form.changed_data:
            return
        obj.save(update_fields=form.changed_data)
        audit.record(
            org=None,
            by=_operator(request),
            action="operator.person_changed",
            target=obj.email,
            details={name: getattr(obj, name) for name in form.changed_data},
        )
        if not obj.is_active:
            for member in Membership.objects.filter(user=obj):
                after_commit(
                    broadcast.announce, broadcast.person_group(member.org_id, obj.pk), {"type": "access.ended"}
                )


@admin.register(AuditEntry)
class OperatorEntryAdmin(ForOperators[AuditEntry]):
    """The operator's own acts that span organizations. Acts on one organization are in that organization's log."""

    list_display = ("at", "actor_label", "action", "target", "address")
    search_fields = ("actor_label", "action", "target")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        return super().get_queryset(request).filter(org=None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
