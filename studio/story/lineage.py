"""List the runs that a run comes from and those made from it, as far as a member may see them."""

from collections.abc import Iterable

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse

from accounts.models import Membership
from studio.models import Output, Relation, Run, RunInput, Visibility
from studio.story import changes
from studio.story.shapes import Relative, StoryInput

MOST = 24  # descendants that are shown; the others are only counted
WORDS_BACK = {
    Relation.NONE: "Made from",
    Relation.REMIX: "Remix of",
    Relation.EDIT: "Edit of",
    Relation.PRINT: "Print of",
}
WORDS_ON = {Relation.NONE: "Used in", Relation.REMIX: "Remix", Relation.EDIT: "Edit", Relation.PRINT: "Print"}
HIDDEN = "a private run"


def came_from(run: Run, member: Membership) -> list[Relative]:
    """Return the parent of a run, then the runs whose outputs it uses as inputs."""
    found = []
    if run.parent:
        what_changed = changes.between(run.parent.asked, run.asked)
        found.append(
            _relative(run.parent, member, WORDS_BACK[Relation(run.relation)], what_changed, run.parent.outputs.all())
        )
    for given in run.inputs.all():
        source = given.input.source
        if source and source.run_id != run.parent_id:
            found.append(_relative(source.run, member, f"{given} from", outputs=[source]))
    return found


def is_visible(run: Run, member: Membership) -> bool:
    """Return whether a member may see a loaded run, by the rule of `Run.objects.visible_to`."""
    return run.visibility != Visibility.PRIVATE or run.maker_id == member.user_id


def codes_that_became(run: Run, member: Membership) -> list[str]:
    return [str(code) for code in _descendants(run, member).values_list("code", flat=True)]


def became(run: Run, member: Membership) -> tuple[list[Relative], int]:
    """Return the run's children and the runs that use its outputs, oldest first and at most MOST, and how many more
    there are."""
    outputs = Prefetch("outputs", Output.objects.order_by("pk"))
    children = _descendants(run, member)
    found = list(children.select_related("maker").prefetch_related(outputs)[: MOST + 1])
    more = children.count() - MOST if len(found) > MOST else 0
    return [_descendant(run, child, member) for child in found[:MOST]], more


def inputs(run: Run, member: Membership) -> list[StoryInput]:
    return [_given(given, member) for given in run.inputs.all()]


def _descendants(run: Run, member: Membership) -> QuerySet[Run]:
    """Return the run's children and the runs that use its outputs. The second kind is a subquery, so that each has its
    own index: a single join over both would read all runs."""
    given = RunInput.objects.filter(org=run.org_id, input__source__run=run).values("run")
    related = Q(parent=run) | Q(pk__in=given)
    return Run.objects.visible_to(member).filter(related).exclude(pk=run.pk).order_by("pk")


def _descendant(run: Run, child: Run, member: Membership) -> Relative:
    is_child = child.parent_id == run.pk
    relation = Relation(child.relation) if is_child else Relation.NONE
    what_changed = changes.between(run.asked, child.asked) if is_child else ()
    return _relative(child, member, WORDS_ON[relation], what_changed, child.outputs.all()[:1])


def _relative(
    run: Run,
    member: Membership,
    relation: str,
    what_changed: Iterable[changes.Change] = (),
    outputs: Iterable[Output] = (),
) -> Relative:
    if not is_visible(run, member):
        return Relative(relation, prompt=HIDDEN)
    slug = member.org.slug
    picture = next(iter(outputs), None)
    return Relative(
        relation,
        code=str(run.code),
        prompt=run.title,
        url=reverse("run", args=[slug, run.code]),
        thumbnail=reverse("output_file", args=[slug, picture.code, "thumbnail"]) if picture else "",
        maker=run.maker.display_name,
        changes=list(what_changed),
    )


def _given(given: RunInput, member: Membership) -> StoryInput:
    source = given.input.source
    slug, code = member.org.slug, given.input.code
    return StoryInput(
        label=str(given),
        name=given.input.name,
        thumbnail=reverse("input_file", args=[slug, code, "thumbnail"]),
        original=reverse("input_file", args=[slug, code, "original"]),
        width=given.input.width,
        height=given.input.height,
        is_mask=given.number == RunInput.MASK,
        source=_relative(source.run, member, "From") if source else None,
    )
