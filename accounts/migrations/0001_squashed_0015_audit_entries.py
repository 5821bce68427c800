"""What 0001 to 0015 come to, for a database that begins: each table as it is in the end, and then what is no table
(walls, functions, triggers, rows), taken from those migrations in their order. Django renders all models anew for each
change of a table, so that a first start took twice as long. A database that has those migrations has this one."""

import uuid
from importlib import import_module

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.models.invitations
import accounts.models.kinds

OLD = (
    "0001_people_and_organizations",
    "0002_walls",
    "0003_how_connections_are_used",
    "0004_circuits",
    "0005_quotas",
    "0006_asks_and_alerts",
    "0007_kinds_of_providers",
    "0008_what_connections_can",
    "0009_webhooks",
    "0010_webhooks_of_their_own_scope",
    "0011_counting",
    "0012_alerts_on_the_page",
    "0013_holds_for_texts",
    "0014_organization_calls_at_once",
    "0015_audit_entries",
)
REST = [
    operation
    for name in OLD
    for operation in import_module(f"accounts.migrations.{name}").Migration.operations
    if isinstance(operation, migrations.RunSQL | migrations.RunPython)
]


class Migration(migrations.Migration):
    replaces = [("accounts", name) for name in OLD]
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [
        migrations.CreateModel(
            name="DeliveryTicket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("delivery_code", models.UUIDField(unique=True)),
                ("org_id", models.BigIntegerField()),
                ("due_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("name", models.CharField(blank=True, max_length=80)),
                (
                    "look",
                    models.CharField(
                        choices=[
                            ("system", "As my system"),
                            ("gallery", "Gallery"),
                            ("darkroom", "Darkroom"),
                            ("crayon", "Crayon"),
                        ],
                        default="system",
                        max_length=10,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="email_is_lower_case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("prefix", models.CharField(max_length=20)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("generate", "Generate"),
                                ("read", "Read"),
                                ("usage", "Usage"),
                                ("manage", "Manage"),
                            ],
                            max_length=10,
                        ),
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Circuit",
            fields=[
                ("connection_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("outages", models.PositiveSmallIntegerField(default=0)),
                ("first_outage_at", models.DateTimeField(null=True)),
                ("openings", models.PositiveSmallIntegerField(default=0)),
                ("opened_at", models.DateTimeField(null=True)),
                ("open_until", models.DateTimeField(null=True)),
                ("prober_id", models.BigIntegerField(null=True)),
                ("has_standby", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("open_until", None), ("opened_at__isnull", False), _connector="OR"),
                        name="open_circuit_says_since_when",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Organization",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("slug", models.SlugField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("requires_second_factor", models.BooleanField(default=False)),
                ("time_zone", models.CharField(default="UTC", max_length=40)),
                ("calls_at_once", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("suspended_at", models.DateTimeField(blank=True, null=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)), fields=("slug",), name="one_organization_per_slug"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slug__regex", "^[a-z0-9](-?[a-z0-9])*$")), name="slug_is_plain"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("calls_at_once", 0), _negated=True), name="organization_limit_lets_work"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "role",
                    models.CharField(
                        choices=[("viewer", "Viewer"), ("member", "Member"), ("admin", "Admin"), ("owner", "Owner")],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("org", "user"), name="one_membership_per_person"),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["viewer", "member", "admin", "owner"])),
                        name="membership_role_exists",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LimitAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True
                    ),
                ),
                ("subject", models.CharField(max_length=12)),
                ("subject_id", models.BigIntegerField()),
                ("period", models.CharField(choices=[("day", "Day"), ("month", "Month")], max_length=5)),
                ("starts_on", models.DateField()),
                ("is_play", models.BooleanField()),
                ("unit", models.CharField(choices=[("money", "Money"), ("images", "Pictures")], max_length=6)),
                ("percent", models.PositiveSmallIntegerField()),
                ("allowed", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limit_alerts",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("org", "period", "starts_on", "is_play", "subject", "subject_id", "unit", "percent"),
                        name="each_alert_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[("viewer", "Viewer"), ("member", "Member"), ("admin", "Admin"), ("owner", "Owner")],
                        max_length=10,
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField(default=accounts.models.invitations._expiry)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        fields=("org", "email"),
                        name="one_open_invitation_per_email",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["viewer", "member", "admin"])),
                        name="nobody_is_invited_as_owner",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("run_code", models.UUIDField()),
                ("slot_code", models.UUIDField()),
                ("attempt", models.PositiveSmallIntegerField()),
                ("after_try", models.PositiveSmallIntegerField()),
                ("is_lent", models.BooleanField(default=False)),
                ("day", models.DateField()),
                ("is_play", models.BooleanField()),
                ("micros", models.BigIntegerField()),
                ("images", models.PositiveSmallIntegerField(db_default=1, default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Being made"),
                            ("uncertain", "May have been charged"),
                            ("settled", "Paid"),
                            ("released", "Given back"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("spent_micros", models.BigIntegerField(default=0)),
                ("is_estimated", models.BooleanField(default=False)),
                ("terms", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "api_key",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.RESTRICT, related_name="+", to="accounts.apikey"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="holds", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["open", "uncertain"])),
                        fields=["org", "state"],
                        name="kept_holds",
                    ),
                    models.Index(fields=["org", "-created_at"], name="accounts_ho_org_id_8aa578_idx"),
                    models.Index(fields=["run_code"], name="accounts_ho_run_cod_6eea96_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("org", "slot_code", "attempt"), name="one_hold_per_attempt"),
                    models.CheckConstraint(condition=models.Q(("micros__gte", 0)), name="hold_is_not_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Counter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=12)),
                ("subject_id", models.BigIntegerField()),
                ("period", models.CharField(choices=[("day", "Day"), ("month", "Month")], max_length=5)),
                ("starts_on", models.DateField()),
                ("is_play", models.BooleanField()),
                ("allowed_micros", models.BigIntegerField(null=True)),
                ("allowed_images", models.BigIntegerField(null=True)),
                ("granted_micros", models.BigIntegerField(default=0)),
                ("granted_images", models.BigIntegerField(default=0)),
                ("spent_micros", models.BigIntegerField(default=0)),
                ("held_micros", models.BigIntegerField(default=0)),
                ("spent_images", models.BigIntegerField(default=0)),
                ("held_images", models.BigIntegerField(default=0)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="counters", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("org", "period", "starts_on", "is_play", "subject", "subject_id"),
                        name="one_counter_each",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("held_images__gte", 0), ("held_micros__gte", 0)),
                        name="held_is_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("action", models.CharField(max_length=60)),
                ("actor_label", models.CharField(max_length=254)),
                ("target", models.CharField(blank=True, max_length=254)),
                ("details", models.JSONField(default=dict)),
                ("address", models.GenericIPAddressField(null=True)),
                ("agent", models.CharField(blank=True, max_length=200)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "indexes": [models.Index(fields=["org", "-id"], name="accounts_au_org_id_2f6ede_idx")],
            },
        ),
        migrations.CreateModel(
            name="Ask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("subject", models.CharField(max_length=12)),
                ("subject_id", models.BigIntegerField()),
                ("period", models.CharField(choices=[("day", "Day"), ("month", "Month")], max_length=5)),
                ("unit", models.CharField(choices=[("money", "Money"), ("images", "Pictures")], max_length=6)),
                ("is_play", models.BooleanField()),
                ("needed", models.BigIntegerField()),
                ("sentence", models.CharField(max_length=400)),
                ("reason", models.CharField(blank=True, max_length=400)),
                ("wish", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Waiting for an answer"), ("granted", "Granted"), ("declined", "Declined")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("is_lasting", models.BooleanField(default=False)),
                ("decided_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="asks", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "state", "-id"], name="accounts_as_org_id_2bb16f_idx")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("needed__gt", 0)), name="an_ask_asks_for_something")
                ],
            },
        ),
        migrations.AddField(
            model_name="apikey",
            name="org",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="api_keys", to="accounts.organization"
            ),
        ),
        migrations.CreateModel(
            name="ProviderConnection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("kind", models.CharField(choices=accounts.models.kinds.choices, max_length=12)),
                ("base_url", models.CharField(blank=True, max_length=300)),
                ("openai_organization", models.CharField(blank=True, max_length=80)),
                ("openai_project", models.CharField(blank=True, max_length=80)),
                ("sealed_key", models.TextField(blank=True, editable=False)),
                ("key_hint", models.CharField(blank=True, editable=False, max_length=8)),
                ("is_default", models.BooleanField(default=False)),
                ("calls_at_once", models.PositiveSmallIntegerField(null=True)),
                ("deadline_seconds", models.PositiveIntegerField(null=True)),
                ("can_stream", models.BooleanField(default=True)),
                ("can_respond", models.BooleanField(default=True)),
                ("text_model", models.CharField(default="gpt-5", max_length=80)),
                ("position", models.PositiveSmallIntegerField(null=True)),
                (
                    "health",
                    models.CharField(
                        choices=[
                            ("unknown", "Not tested"),
                            ("testing", "Testing"),
                            ("ok", "Working"),
                            ("failing", "Failing"),
                        ],
                        default="unknown",
                        max_length=10,
                    ),
                ),
                ("health_sentence", models.CharField(blank=True, max_length=300)),
                ("health_checked_at", models.DateTimeField(null=True)),
                ("latency_milliseconds", models.PositiveIntegerField(null=True)),
                ("image_models", models.JSONField(null=True)),
                ("has_streamed", models.BooleanField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="connections",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("org", "name"), name="one_connection_per_name"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)), fields=("org",), name="one_default_connection"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["sandbox", "operator"]),
                            models.Q(("base_url", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="connection_says_where",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("calls_at_once", 0), _negated=True),
                            models.Q(("deadline_seconds", 0), _negated=True),
                        ),
                        name="connection_limits_let_work",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "sandbox"), _negated=True), ("position", None), _connector="OR"
                        ),
                        name="sandbox_never_takes_over",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Quota",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "subject",
                    models.CharField(
                        choices=[
                            ("organization", "Organization"),
                            ("role", "Role"),
                            ("member", "Member"),
                            ("key", "API key"),
                            ("loan", "Lent key"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[("viewer", "Viewer"), ("member", "Member"), ("admin", "Admin"), ("owner", "Owner")],
                        max_length=10,
                    ),
                ),
                ("money_day", models.BigIntegerField(blank=True, null=True)),
                ("money_month", models.BigIntegerField(blank=True, null=True)),
                ("images_day", models.BigIntegerField(blank=True, null=True)),
                ("images_month", models.BigIntegerField(blank=True, null=True)),
                ("most_pixels", models.PositiveIntegerField(blank=True, null=True)),
                ("highest_quality", models.CharField(blank=True, max_length=10)),
                ("most_pictures", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "model_names",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), blank=True, null=True, size=None
                    ),
                ),
                ("runs_at_once", models.PositiveIntegerField(blank=True, null=True)),
                ("runs_per_minute", models.PositiveIntegerField(blank=True, null=True)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "api_key",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.apikey"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quotas", to="accounts.organization"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("org", "subject", "role", "user", "api_key"),
                        name="one_quota_each",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("subject__in", ("organization", "loan")),
                                ("api_key__isnull", True),
                                ("user__isnull", True),
                                ("role", ""),
                            ),
                            models.Q(
                                ("subject", "role"),
                                ("api_key__isnull", True),
                                ("user__isnull", True),
                                models.Q(("role", ""), _negated=True),
                            ),
                            models.Q(
                                ("subject", "member"), ("api_key__isnull", True), ("user__isnull", False), ("role", "")
                            ),
                            models.Q(
                                ("subject", "key"), ("api_key__isnull", False), ("user__isnull", True), ("role", "")
                            ),
                            _connector="OR",
                        ),
                        name="quota_names_its_subject",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("money_day", None), ("money_day__gte", 0), _connector="OR"),
                            models.Q(("money_month", None), ("money_month__gte", 0), _connector="OR"),
                            models.Q(("images_day", None), ("images_day__gte", 0), _connector="OR"),
                            models.Q(("images_month", None), ("images_month__gte", 0), _connector="OR"),
                        ),
                        name="limits_are_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SeenAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="seen", to="accounts.limitalert"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="seen_alerts",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "alert"), name="an_alert_is_put_away_once")],
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("url", models.CharField(max_length=500)),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("run.finished", "A run has its pictures"),
                                ("run.failed", "A run ended without a picture"),
                                ("limit.reached", "A limit is reached"),
                                ("export.ready", "An export is ready"),
                            ],
                            max_length=20,
                        ),
                        size=None,
                    ),
                ),
                ("sealed_secret", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("switched_off_at", models.DateTimeField(null=True)),
                (
                    "off_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "It is on"),
                            ("by_hand", "An admin switched it off"),
                            ("silence", "Nothing arrived for a day"),
                            ("gone", "The address answered that it is gone (HTTP 410)"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("event", models.CharField(max_length=20)),
                ("payload", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Waiting"), ("delivered", "Delivered"), ("failed", "Failed")],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now)),
                ("answer", models.CharField(blank=True, max_length=200)),
                ("attempts", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="accounts.organization",
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="accounts.webhook"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["webhook", "-id"], name="deliveries_newest"),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["org", "not_before"],
                        name="deliveries_waiting",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(fields=["org", "-created_at"], name="accounts_ap_org_id_ec5e14_idx"),
        ),
        *REST,
    ]
