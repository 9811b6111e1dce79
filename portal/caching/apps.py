from django.apps import AppConfig


class CachingConfig(AppConfig):
    name = "portal.caching"
    label = "caching"

    def ready(self) -> None:
        from portal.caching.places import register_own_parts
        from portal.ui.frame import own_frame

        register_own_parts(own_frame)
