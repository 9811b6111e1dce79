from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "portal.files"
    label = "files"

    def ready(self) -> None:
        from portal.files import checks  # noqa: F401  registers itself
