from django.apps import AppConfig

from portal.access import Act, register_acts
from portal.access.roles import TOP_AGENCY

ALL_ROLES = frozenset(
    {
        "reception", "handling", "signing", "clerk", "procedure_entering", "procedure_checking", "procedure_publishing", "content",
        "administrator", "steering",
    }
)  # fmt: skip


class CataloguesConfig(AppConfig):
    name = "portal.catalogues"
    label = "catalogues"
    verbose_name = "Danh mục dùng chung"

    def ready(self) -> None:
        from portal.audit.words import UNIT, register_names
        from portal.catalogues.queries import agency_names

        register_names(UNIT, agency_names)
        register_acts(
            Act("catalogues.read", "Xem danh mục dùng chung", ALL_ROLES, everywhere=True),
            Act(
                "catalogues.edit",
                "Sửa danh mục dùng chung",
                frozenset({"administrator", "steering", "content"}),
                everywhere=True,
                at=TOP_AGENCY,
            ),
        )
