from django.apps import AppConfig


class CachingConfig(AppConfig):
    name = "portal.caching"
    label = "caching"
