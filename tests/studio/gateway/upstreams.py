"""What the tests' upstream does: the prompt says how it goes."""

from typing import Any

from tests.support.fake_provider import Exchange, completed, error, partial, pictures, png


def by_prompt(exchange: Exchange) -> None:
    """The prompt says how it goes."""
    prompt = exchange.asked.json["prompt"]
    if prompt.startswith("fails"):
        exchange.whole(500, error(None, "server_error"))
        return
    scripts.get(prompt, pictures(partial(0, png(shade=1)), completed(png(shade=9))))(exchange)


scripts: dict[str, Any] = {
    "moderated": lambda exchange: exchange.whole(400, error("moderation_blocked")),
    "broke": lambda exchange: exchange.whole(429, error("insufficient_quota", "insufficient_quota")),
    "cut": lambda exchange: (exchange.begin(), exchange.frame(partial(0, png(shade=1))), exchange.drop()),
    "late": pictures(partial(0, png(shade=1)), {"type": "error", "error": error("moderation_blocked")["error"]}),
    "no usage": pictures(completed(png(shade=9), usage=None)),
    "held": lambda exchange: (exchange.begin(), exchange.wait(600)),
    "three": pictures(*(partial(index, png(shade=index + 1)) for index in range(3)), completed(png(shade=9))),
    "slow": lambda exchange: (
        exchange.begin(),
        exchange.frame(partial(0, png(shade=1))),
        exchange.wait(1.5),
        exchange.frame(completed(png(shade=9))),
    ),
}
