"""What comes after a way has proved somebody: a session, or a surer one. Every way of this room ends here."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import sessions
from accounts.models import User
from accounts.models.sessions import Way
from accounts.views.ways import NEXT, OWN_DOSSIERS, citizens_next, greeted
from portal.access import Assurance, actor_of

STEP_UP = "step_up"
"""In the session: where the step-up under way leads back to."""


def proved(request: HttpRequest, *, user: User, way: Way, assurance: Assurance, for_office: bool = False) -> HttpResponse:
    """The browser's person was proved: a stranger is signed in, who is signed in already is known more surely (``for_office``: by a
    passkey that was bound after the State's certificate).

    Another person's proof changes nothing: nobody becomes another one by a step-up.
    """
    actor = actor_of(request)
    if not actor.is_signed_in:
        target = citizens_next(request)
        request.session.pop(NEXT, None)
        sessions.sign_in(request, user, way=way, assurance=assurance)
        return greeted(request, redirect(target))
    if actor.user_id != user.pk:
        messages.error(request, _("Cách xác thực này là của người khác, nên phiên của bạn vẫn như trước."))
        return redirect("step-up")
    back = request.session.pop(STEP_UP, "") or OWN_DOSSIERS
    sessions.step_up(request, way=way, assurance=assurance, for_office=for_office)
    return redirect(back)
