"""What the page of a dossier says of the post."""

from __future__ import annotations

from dataclasses import dataclass

from dossiers.models import Dossier, Parcel, ParcelStep, ReturnWish
from dossiers.post.wishes import CLOSED, wish_of

_KINDS = {Parcel.State.DELIVERED: "good", Parcel.State.RETURNED: "bad", Parcel.State.REFUSED: "bad", Parcel.State.CANCELLED: "bad"}


@dataclass(frozen=True)
class ByPost:
    """A wish, a parcel, or that one may be wished."""

    wish: ReturnWish | None
    parcel: Parcel | None
    steps: list[ParcelStep]
    may_choose: bool

    @property
    def words(self) -> str:
        """The parcel's state."""
        return str(self.parcel.get_state_display()) if self.parcel is not None else ""

    @property
    def kind(self) -> str:
        """How the state is marked."""
        return _KINDS.get(Parcel.State(self.parcel.state), "wait") if self.parcel is not None else ""


def by_post(dossier: Dossier) -> ByPost | None:
    """What to say; None where nothing is to be said (two queries, three with a parcel)."""
    wish, parcel = wish_of(dossier.pk), Parcel.objects.filter(dossier=dossier).first()
    may_choose = parcel is None and dossier.state not in CLOSED and dossier.returned_at is None
    if wish is None and parcel is None and not may_choose:
        return None
    return ByPost(wish, parcel, list(parcel.steps.all()) if parcel is not None else [], may_choose)
