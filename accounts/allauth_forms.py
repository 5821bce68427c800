"""allauth's forms, in our spelling."""

from typing import Any

from allauth.account import forms


class SaysEmail:
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("login", "email"):
            if name in self.fields:
                self.fields[name].label = "E-mail"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)  # the label has said it


class LoginForm(SaysEmail, forms.LoginForm):  # type: ignore[misc]  # allauth is untyped
    pass


class SignupForm(SaysEmail, forms.SignupForm):  # type: ignore[misc]  # allauth is untyped
    pass


class AddEmailForm(SaysEmail, forms.AddEmailForm):  # type: ignore[misc]  # allauth is untyped
    pass


class ResetPasswordForm(SaysEmail, forms.ResetPasswordForm):  # type: ignore[misc]  # allauth is untyped
    pass
