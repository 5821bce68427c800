"""Make, list and revoke share links for the team, and show a link's pictures to its visitors."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.models import Role
from saas.database import tenancy
from saas.ops import request_info
from saas.text.codes import code_or_none
from saas.web import after_transaction
from studio.files import picture_zip, serving, shown, zip_stream
from studio.gallery import collections, shares
from studio.models import Collection, Output, Share

SHAPES = {"preview", "original"}


class ShareForm(forms.Form):
    title = forms.CharField(max_length=60, help_text="The heading of the shared page.")
    days = forms.ChoiceField(
        label="Works for",
        choices=[("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("", "until it is revoked")],
        initial="30",
        required=False,
    )
    password = forms.CharField(
        required=False,
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Send it separately from the link.",
    )
    with_prompt = forms.BooleanField(label="Show the prompts", required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(Role.MEMBER)
def new_share(request: OrgRequest) -> HttpResponse:
    """Show the form for a link, and make the link. A gallery posts the chosen pictures with `choosing`, because five
    hundred are too many for a query string; such a post only shows the form."""
    given = request.POST if request.method == "POST" else request.GET
    is_asked = request.method == "POST" and "choosing" not in request.POST
    collection, outputs = _to_share(request, given.get("collection", ""), given.getlist("picture"))
    form = ShareForm(
        request.POST if is_asked else None, initial={"title": collection.name if collection else "Pictures for you"}
    )
    if is_asked and form.is_valid():
        days = form.cleaned_data["days"]
        asked = {**form.cleaned_data, "days": int(days) if days else None}
        try:
            shares.make(by=request.member, outputs=outputs, collection=collection, **asked)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "The link is ready. Copy it and send it.")
            return redirect("shares", request.org.slug)
    context = {"form": form, "outputs": outputs, "collection": collection}
    return render(request, "studio/new_share.html", context, status=422 if form.errors else 200)


@require_safe
@member_required(Role.MEMBER)
def share_list(request: OrgRequest) -> HttpResponse:
    found = shares.open_ones(request.member).select_related("maker").annotate(count=Count("pictures"))
    rows = [_row(request, share) for share in found.order_by("-pk")]
    return render(request, "studio/shares.html", {"rows": rows})


@require_POST
@member_required(Role.MEMBER)
def revoke_share(request: OrgRequest, code: UUID) -> HttpResponse:
    share = get_object_or_404(request.org.shares, code=code)
    shares.revoke(by=request.member, share=share)
    messages.success(request, f"“{share.title}” can no longer be opened.")
    return redirect("shares", request.org.slug)


def _row(request: OrgRequest, share: Share) -> dict[str, Any]:
    """Return what the list shows of a link. Its address is shown only to those who may revoke it."""
    is_mine = share.maker_id == request.user.pk or request.member.is_admin
    return {"share": share, "link": shares.link(share) if is_mine else "", "is_mine": is_mine}


def _to_share(request: OrgRequest, collection_code: str, codes: list[str]) -> tuple[Collection | None, list[Output]]:
    if collection_code:
        collection = get_object_or_404(request.org.collections, code=code_or_none(collection_code))
        return collection, collections.pictures(request.member, collection)
    wanted = [code for text in codes[: shares.MOST_PICTURES] if (code := code_or_none(text))]
    visible = Output.objects.filter(org=request.org, code__in=wanted).visible_to(request.member).not_in_bin()
    found = sorted(visible.select_related("run", "composite"), key=lambda output: wanted.index(output.code))
    return None, found


ShareView = Callable[..., HttpResponseBase]


def with_link(view: ShareView) -> ShareView:
    """Call the view inside the wall of the link's organization, with the link as `share`. No sign-in is needed."""

    @login_not_required
    @wraps(view)
    def inner(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
        try:
            share = shares.find(token)
        except shares.ShareEnded as refusal:
            return _private(render(request, "studio/share_ended.html", {"sentence": refusal.sentence}, status=404))
        with tenancy.tenant(share.org_id):
            response = view(request, share, token=token, **kwargs)
        return _private(after_transaction.made(response))

    return inner


@require_http_methods(["GET", "HEAD", "POST"])
@with_link
def share(request: HttpRequest, share: Share, token: str) -> HttpResponseBase:
    if not shares.is_unlocked(share, request.session):
        return _ask_password(request, share, token)
    if request.method == "GET":
        shares.count_view(share)
    outputs = list(shares.pictures(share))
    return render(request, "studio/share.html", {"share": share, "outputs": outputs, "token": token})


@require_safe
@with_link
def shared_file(request: HttpRequest, share: Share, token: str, code: UUID, shape: str) -> HttpResponseBase:
    if not shares.is_unlocked(share, request.session) or shape not in SHAPES:
        return serving.placeholder("Not here")
    output = get_object_or_404(shares.pictures(share), code=code)
    called = _name_of(share, output) if shape == "original" else str(output.code)
    if not output.has_composite:
        return shown.send(request, output, shape, download_as=called)
    name = output.composite.file if shape == "original" else output.composite.preview
    return serving.send(request, name, download_as=f"{called}.{name.rpartition('.')[2]}")


@require_GET
@with_link
def shared_archive(request: HttpRequest, share: Share, token: str) -> HttpResponseBase:
    if not shares.is_unlocked(share, request.session):
        return redirect("share", token)
    archive = picture_zip.archive_of_pictures(
        shares.pictures(share), folder=share.title, with_prompts=share.with_prompt
    )
    return zip_stream.send_zip(archive, org_id=share.org_id)


def _name_of(share: Share, output: Output) -> str:
    """Return what a picture of the link is called when it is downloaded alone: the same as in the link's ZIP."""
    codes = list(shares.pictures(share).values_list("code", flat=True))
    return picture_zip.stem(codes.index(output.code) + 1, output, with_prompts=share.with_prompt)


def _ask_password(request: HttpRequest, share: Share, token: str) -> HttpResponse:
    sentence, status = "", 200
    if request.method == "POST":
        address = request_info.client_network(request)
        try:
            shares.unlock(
                share=share, password=request.POST.get("password", ""), address=address, session=request.session
            )
        except Refused as refusal:
            sentence = refusal.sentence
            status = 429 if isinstance(refusal, shares.TooManyTries) else 422
        else:
            return redirect("share", token)
    return render(request, "studio/share_locked.html", {"sentence": sentence}, status=status)


def _private(response: HttpResponseBase) -> HttpResponseBase:
    """Keep the response out of search indexes and shared caches, and its address from other sites. "no-referrer" would
    be stricter, but with it browsers send the password form with the origin "null", which is refused."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response
