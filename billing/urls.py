from django.urls import path

from billing.views import comparing, exports, limits, months, prices, purse, usage

organization = [
    path("purse/", purse.purse, name="purse"),
    path("limits/", limits.limits_page, name="limits"),
    path("limits/many/", limits.set_many_limits, name="set_many_limits"),
    path("limits/export/", limits.export_limits, name="export_limits"),
    path("limits/import/", limits.import_limits, name="import_limits"),
    path("limits/charges/<uuid:code>/resolve/", limits.resolve_charge, name="resolve_charge"),
    path("limits/of/<slug:subject>/<str:name>/", limits.change_limits, name="change_limits"),
    path("limits/of/<slug:subject>/<str:name>/alerts/", limits.add_threshold, name="add_threshold"),
    path(
        "limits/of/<slug:subject>/<str:name>/alerts/<uuid:code>/remove/",
        limits.remove_threshold,
        name="remove_threshold",
    ),
    path("limits/of/<slug:subject>/<str:name>/remove/", limits.remove_limits, name="remove_limits"),
    path("connections/<uuid:code>/price/", prices.connection_price, name="connection_price"),
    path("usage/", usage.usage_page, name="usage"),
    path("usage/entries/", usage.usage_entries, name="usage_entries"),
    path("usage/months/", months.months_page, name="months"),
    path("usage/months/<str:month>/", months.month_page, name="month"),
    path("usage/months/<str:month>/close/", months.close_month, name="close_month"),
    path("usage/compare/", comparing.compare_usage, name="compare_usage"),
    path("usage/exports/", exports.exports_page, name="exports"),
    path("usage/exports/make/", exports.make_export, name="make_export"),
    path("usage/exports/monthly/", exports.subscribe_export, name="subscribe_export"),
    path("usage/exports/monthly/<uuid:code>/end/", exports.unsubscribe_export, name="unsubscribe_export"),
    path("usage/exports/<uuid:code>/", exports.export_file, name="export_file"),
]
