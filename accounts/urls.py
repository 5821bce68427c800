from django.urls import path

from accounts.views import alerts, api, audit, connections, home, invitations, keys, me, organizations, team, webhooks

people = [
    path("", home.home, name="home"),
    path("me/", me.me, name="me"),
    path("me/look/", me.look, name="look"),
    path("o/new/", organizations.new_organization, name="new_organization"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("invitations/<str:token>/accept/", invitations.accept_invitation, name="accept_invitation"),
]

organization = [
    path("second-factor/", organizations.second_factor_needed, name="second_factor_needed"),
    path("team/", team.team, name="team"),
    path("team/invite/", team.invite, name="invite"),
    path("team/invitations/<uuid:code>/send/", team.send_invitation_again, name="send_invitation_again"),
    path("team/invitations/<uuid:code>/revoke/", team.revoke_invitation, name="revoke_invitation"),
    path("team/leave/", team.leave, name="leave"),
    path("team/<uuid:code>/role/", team.change_role, name="change_role"),
    path("team/<uuid:code>/remove/", team.remove_member, name="remove_member"),
    path("team/<uuid:code>/transfer/", team.transfer, name="transfer"),
    path("keys/", keys.keys, name="keys"),
    path("keys/new/", keys.new_key, name="new_key"),
    path("keys/<uuid:code>/revoke/", keys.revoke_key, name="revoke_key"),
    path("connections/", connections.connection_list, name="connections"),
    path("connections/new/", connections.new_connection, name="new_connection"),
    path("connections/<uuid:code>/", connections.connection, name="connection"),
    path(
        "connections/<uuid:code>/default/",
        connections.make_default_connection,
        name="make_default_connection",
    ),
    path("connections/<uuid:code>/remove/", connections.remove_connection, name="remove_connection"),
    path("connections/<uuid:code>/test/", connections.test_connection, name="test_connection"),
    path("connections/<uuid:code>/health/", connections.connection_health, name="connection_health"),
    path("webhooks/", webhooks.webhook_list, name="webhooks"),
    path("webhooks/new/", webhooks.new_webhook, name="new_webhook"),
    path("webhooks/<uuid:code>/", webhooks.webhook, name="webhook"),
    path("webhooks/<uuid:code>/change/", webhooks.change_webhook, name="change_webhook"),
    path("webhooks/<uuid:code>/test/", webhooks.test_webhook, name="test_webhook"),
    path("webhooks/<uuid:code>/on/", webhooks.switch_webhook_on, name="switch_webhook_on"),
    path("webhooks/<uuid:code>/off/", webhooks.switch_webhook_off, name="switch_webhook_off"),
    path("webhooks/<uuid:code>/remove/", webhooks.remove_webhook, name="remove_webhook"),
    path("webhooks/deliveries/<uuid:code>/replay/", webhooks.replay_delivery, name="replay_delivery"),
    path("alerts/<uuid:code>/put-away/", alerts.put_alert_away, name="put_alert_away"),
    path("audit/", audit.audit_log, name="audit"),
    path("audit/export/", audit.audit_export, name="audit_export"),
    path("settings/", organizations.settings, name="settings"),
    path("settings/name/", organizations.rename, name="rename"),
    path("settings/time-zone/", organizations.set_time_zone, name="set_time_zone"),
    path("settings/second-factor/", organizations.second_factor, name="second_factor"),
    path("settings/delete/", organizations.delete_organization, name="delete_organization"),
]

machine = [
    path("key", api.key, name="api_key"),
]
