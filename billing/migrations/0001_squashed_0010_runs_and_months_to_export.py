"""What 0001 to 0010 come to, for a database that begins: each table as it is in the end, and then what is no table
(walls, functions, triggers, rows), taken from those migrations in their order. Django renders all models anew for each
change of a table, so that a first start took twice as long. A database that has those migrations has this one."""

import uuid
from importlib import import_module

import django.contrib.postgres.constraints
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import billing.models.prices

OLD = (
    "0001_prices",
    "0002_prices_of_2026",
    "0003_ledger",
    "0004_usage",
    "0005_exports",
    "0006_closed_months",
    "0007_entries_share_the_lock",
    "0008_talk",
    "0009_use_by_dimension",
    "0010_runs_and_months_to_export",
)
REST = [
    operation
    for name in OLD
    for operation in import_module(f"billing.migrations.{name}").Migration.operations
    if isinstance(operation, migrations.RunSQL | migrations.RunPython)
]


class Migration(migrations.Migration):
    replaces = [("billing", name) for name in OLD]
    initial = True

    dependencies = [
        ("accounts", "0001_squashed_0015_audit_entries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(max_length=80)),
                ("is_batch", models.BooleanField(default=False)),
                ("text_in", models.BigIntegerField()),
                ("image_in", models.BigIntegerField()),
                ("image_out", models.BigIntegerField()),
                ("cached_text", models.BigIntegerField(blank=True, null=True)),
                ("cached_image", models.BigIntegerField(blank=True, null=True)),
                ("text_out", models.BigIntegerField(blank=True, null=True)),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["model", "is_batch", "-valid_from"],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("is_batch", False)),
                        expressions=[
                            (billing.models.prices._OneNumber(models.F("model")), "&&"),
                            (billing.models.prices._Validity(models.F("valid_from"), models.F("valid_until")), "&&"),
                        ],
                        name="prices_do_not_overlap",
                        violation_error_message="Another price of this model holds in this time. End it first.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("is_batch", True)),
                        expressions=[
                            (billing.models.prices._OneNumber(models.F("model")), "&&"),
                            (billing.models.prices._Validity(models.F("valid_from"), models.F("valid_until")), "&&"),
                        ],
                        name="batch_prices_do_not_overlap",
                        violation_error_message="Another price of this model holds in this time. End it first.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until", None), ("valid_until__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="price_ends_after_it_begins",
                        violation_error_message="A price ends after it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("image_in__gte", 0),
                            ("image_out__gt", 0),
                            ("text_in__gte", 0),
                            models.Q(("cached_text", None), ("cached_text__gte", 0), _connector="OR"),
                            models.Q(("cached_image", None), ("cached_image__gte", 0), _connector="OR"),
                            models.Q(("text_out", None), ("text_out__gte", 0), _connector="OR"),
                        ),
                        name="prices_are_not_negative",
                        violation_error_message="A price is not negative, and a picture costs something.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("what", models.CharField(max_length=10)),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("csv", "CSV"),
                            ("xlsx", "Excel (XLSX)"),
                            ("jsonl", "JSON Lines"),
                            ("focus", "FOCUS 1.0 (CSV)"),
                        ],
                        max_length=6,
                    ),
                ),
                ("is_play", models.BooleanField()),
                ("last_month", models.DateField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="export_subscriptions",
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("org", "user", "what", "format", "is_play"), name="subscribed_to_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("what", models.CharField(default="ledger", max_length=10)),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("csv", "CSV"),
                            ("xlsx", "Excel (XLSX)"),
                            ("jsonl", "JSON Lines"),
                            ("focus", "FOCUS 1.0 (CSV)"),
                        ],
                        max_length=6,
                    ),
                ),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("is_play", models.BooleanField()),
                ("only", models.JSONField(default=dict)),
                ("user_id", models.BigIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("making", "Being made"), ("ready", "Ready"), ("failed", "Failed")],
                        default="making",
                        max_length=6,
                    ),
                ),
                ("file", models.CharField(blank=True, max_length=200)),
                ("rows", models.PositiveIntegerField(null=True)),
                ("micros", models.BigIntegerField(null=True)),
                ("size_bytes", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ready_at", models.DateTimeField(null=True)),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="exports", to="accounts.organization"
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="exports",
                        to="billing.subscription",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "maker", "-id"], name="billing_exp_org_id_42d98c_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("subscription__isnull", False)),
                        fields=("subscription", "first"),
                        name="one_export_a_month",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UseCursor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_entry_id", models.BigIntegerField(default=0)),
                (
                    "org",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="use_cursor",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ClosedMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("by_label", models.CharField(max_length=254)),
                ("last_entry_id", models.BigIntegerField()),
                ("micros", models.BigIntegerField()),
                ("images", models.BigIntegerField()),
                ("play_micros", models.BigIntegerField()),
                ("play_images", models.BigIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="closed_months",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("org", "month"), name="a_month_closes_once"),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)), name="a_month_begins_on_its_first_day"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DayUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("is_play", models.BooleanField()),
                ("user_id", models.BigIntegerField()),
                ("key_code", models.UUIDField(null=True)),
                ("connection_code", models.UUIDField(null=True)),
                ("model", models.CharField(max_length=80)),
                ("quality", models.CharField(max_length=20)),
                ("run_kind", models.CharField(max_length=10)),
                ("project", models.CharField(max_length=80)),
                ("user_label", models.CharField(max_length=254)),
                ("key_label", models.CharField(max_length=80)),
                ("connection_label", models.CharField(max_length=80)),
                ("micros", models.BigIntegerField()),
                ("images", models.BigIntegerField()),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="use", to="accounts.organization"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["org", "is_play", "user_id", "day"], name="billing_day_org_id_77cb55_idx")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "org",
                            "day",
                            "is_play",
                            "user_id",
                            "key_code",
                            "connection_code",
                            "model",
                            "quality",
                            "run_kind",
                            "project",
                        ),
                        name="one_sum_a_day",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DimensionUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dimension", models.CharField(max_length=12)),
                ("day", models.DateField()),
                ("is_play", models.BooleanField()),
                ("key", models.CharField(max_length=80)),
                ("label", models.CharField(max_length=254)),
                ("micros", models.BigIntegerField()),
                ("images", models.BigIntegerField()),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="use_by_dimension",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("org", "is_play", "dimension", "day", "key"), name="one_sum_a_day_and_dimension"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("counted_on", models.DateField()),
                ("held_on", models.DateField(editable=False, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("charge", "Charge"),
                            ("uncertain", "May have been charged"),
                            ("resolution", "Resolved"),
                            ("correction", "Correction"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_play", models.BooleanField(default=False)),
                ("micros", models.BigIntegerField()),
                ("open_micros", models.BigIntegerField(default=0)),
                ("images", models.SmallIntegerField(default=0)),
                ("is_estimated", models.BooleanField(default=False)),
                ("text_in", models.PositiveIntegerField(default=0)),
                ("image_in", models.PositiveIntegerField(default=0)),
                ("cached_text", models.PositiveIntegerField(default=0)),
                ("cached_image", models.PositiveIntegerField(default=0)),
                ("image_out", models.PositiveIntegerField(default=0)),
                ("text_out", models.PositiveIntegerField(default=0)),
                ("talk_in", models.PositiveIntegerField(db_default=0, default=0)),
                ("talk_cached", models.PositiveIntegerField(db_default=0, default=0)),
                ("talk_out", models.PositiveIntegerField(db_default=0, default=0)),
                ("tariff", models.JSONField(default=dict)),
                ("run_code", models.UUIDField()),
                ("slot_code", models.UUIDField()),
                ("attempt", models.PositiveSmallIntegerField()),
                ("run_kind", models.CharField(blank=True, max_length=10)),
                ("model", models.CharField(blank=True, max_length=80)),
                ("quality", models.CharField(blank=True, max_length=20)),
                ("size", models.CharField(blank=True, max_length=20)),
                ("project", models.CharField(blank=True, max_length=80)),
                ("request_id", models.CharField(blank=True, max_length=120)),
                ("user_label", models.CharField(max_length=254)),
                ("key_code", models.UUIDField(null=True)),
                ("key_label", models.CharField(blank=True, max_length=80)),
                ("connection_code", models.UUIDField(null=True)),
                ("connection_label", models.CharField(blank=True, max_length=80)),
                ("by_label", models.CharField(blank=True, max_length=254)),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="ledger",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
                "indexes": [
                    models.Index(fields=["org", "-id"], name="billing_ent_org_id_164399_idx"),
                    models.Index(fields=["org", "is_play", "counted_on"], name="billing_ent_org_id_a27a3c_idx"),
                    models.Index(fields=["org", "user", "counted_on"], name="billing_ent_org_id_ed8c85_idx"),
                    models.Index(fields=["run_code"], name="billing_ent_run_cod_dd78a7_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind__in", ["charge", "uncertain", "resolution"])),
                        fields=("org", "slot_code", "attempt", "kind"),
                        name="one_entry_of_a_kind_per_hold",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "correction"), ("micros__gte", 0), _connector="OR"),
                        name="only_corrections_are_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "uncertain"), _negated=True),
                            models.Q(("images", 0), ("micros", 0)),
                            _connector="OR",
                        ),
                        name="what_is_uncertain_is_not_paid_yet",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FlatPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("micros", models.BigIntegerField()),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("valid_until", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="flat_prices",
                        to="accounts.providerconnection",
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="flat_prices",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("valid_until", None)),
                        fields=("connection",),
                        name="one_open_flat_price_per_connection",
                    ),
                    models.CheckConstraint(condition=models.Q(("micros__gte", 0)), name="flat_price_is_not_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("is_play", models.BooleanField()),
                ("last_entry_id", models.BigIntegerField()),
                ("micros", models.BigIntegerField()),
                ("images", models.BigIntegerField()),
                (
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="ledger_snapshots",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("org", "is_play", "last_entry_id"), name="one_snapshot_per_cursor")
                ],
            },
        ),
        *REST,
    ]
