from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "studio"
    verbose_name = "Studio"

    def ready(self) -> None:
        from saas.web import health
        from studio.queue import standstill  # models are there by now
        from studio.runs import export

        export.register_runs()
        health.CHECKS["line"] = standstill.refuse
