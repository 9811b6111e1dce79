"""The online services of a procedure as pages tell them: who provides each, where, how far it goes, what sign-in it needs (C-09)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Assurance
from portal.catalogues import queries as catalogues
from portal.catalogues.models import Agency
from procedures.models import OnlineService


@dataclass(frozen=True)
class Online:
    """One online service."""

    code: str
    level: str
    provider: str
    """Name of the agency that provides it; empty: those that carry the procedure out."""
    where: tuple[str, ...]
    """Names of the provinces it serves; empty: the whole country."""
    sign_in: str
    here: bool
    """Whether it is the one for the reader's province."""


def level_words(level: str) -> str:
    """How far it goes online, in a sentence."""
    full = level == OnlineService.ServiceLevel.FULL
    return _("Làm trọn vẹn trên mạng, không phải đến nơi.") if full else _("Nộp trên mạng, có bước phải đến nơi.")


def sign_in_words(assurance: int) -> str:
    """What one needs to sign in with, in a sentence."""
    if assurance >= Assurance.HIGH:
        return _("Đăng nhập mức cao: danh tính đã chứng minh, xác thực bằng chứng thư số, VNeID hoặc khóa truy cập.")
    return _("Đăng nhập mức trung bình: mật khẩu một lần gửi đến điện thoại của bạn là đủ.")


class Offered(Protocol):
    """An online service, of the catalogue or as filing has it."""

    @property
    def code(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def assurance(self) -> int: ...
    @property
    def localities(self) -> Sequence[str]: ...
    @property
    def provider(self) -> str: ...


def services_shown(services: Collection[Offered], chosen: Offered | None) -> list[Online]:
    """The services, the reader's first. At most two queries, none where nobody in particular provides them to the whole country."""
    providers = {one.provider for one in services if one.provider}
    names = dict(Agency.objects.on(timezone.localdate()).filter(code__in=providers).values_list("code", "name")) if providers else {}
    places = provinces_named(code for one in services for code in one.localities)
    return [
        Online(
            code=one.code,
            level=level_words(one.level),
            provider=names.get(one.provider, one.provider),
            where=tuple(places.get(code, code) for code in one.localities),
            sign_in=sign_in_words(one.assurance),
            here=chosen is not None and one.code == chosen.code and len(services) > 1,
        )
        for one in sorted(services, key=lambda one: (chosen is None or one.code != chosen.code, len(one.localities), one.code))
    ]


def provinces_named(codes: Iterable[str]) -> dict[str, str]:
    """Names of provinces by their two digits (one query, none for none)."""
    wanted = set(codes)
    return dict(catalogues.provinces().filter(code__in=wanted).values_list("code", "name")) if wanted else {}
