from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class SaasConfig(AppConfig):
    name = "saas"
    verbose_name = "Darkroom"

    def ready(self) -> None:
        from django.conf import settings
        from django.utils.module_loading import autodiscover_modules

        from saas.crypto import sealing
        from saas.queue import broker

        sealing.check_keys(settings.ENCRYPTION_KEYS)
        broker.set_up()  # before the first actor is declared
        autodiscover_modules("tasks")


class OperatorAdminConfig(AdminConfig):
    default_site = "saas.web.operator_site.OperatorSite"
