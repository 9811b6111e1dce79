"""The form for a file that was signed outside."""

from __future__ import annotations

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _


class SignedOutsideForm(forms.Form):
    """A declaration signed with one's own program."""

    signed = forms.FileField(
        label=_("Tệp tờ khai đã ký"),
        help_text=_("Tệp PDF đã ký, hoặc chữ ký tách rời (.p7s, CMS hoặc CAdES). Không quá 20 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.p7s,.p7m,.pem,application/pdf"}),
        error_messages={"required": _("Bạn hãy chọn tệp đã ký."), "empty": _("Tệp này trống. Bạn chọn tệp đã ký.")},
    )

    @classmethod
    def refused(cls, message: str) -> SignedOutsideForm:
        """The form with a refusal beside its field."""
        form = cls({}, MultiValueDict())
        form.errors.clear()
        form.add_error("signed", message)
        return form
