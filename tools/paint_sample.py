"""Paint the frames of the sample run, which newcomers replay: .venv/bin/python -m tools.paint_sample

They come from the sandbox's own painter, so that they are free of others' rights."""

import sys
from pathlib import Path

from studio.imaging import containers, decode_turns, vips
from studio.sandbox.paint.picture import Brief
from studio.sandbox.painter import Job, Painting

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "saas/static/darkroom/sample"
# The same words would make the same picture.
PROMPTS = ["A lighthouse on a cliff at dusk, warm light in the window", "A lighthouse on a cliff at dusk, second"]
WIDTH, HEIGHT, PARTIALS = 1152, 768, 3
SHOWN_WIDTH = 800
ROUGH_QUALITY, QUALITY, EFFORT = 30, 64, 6


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for number, prompt in enumerate(PROMPTS, start=1):
        painting = Painting(Job(Brief(prompt, WIDTH, HEIGHT, "high")))
        for index in range(PARTIALS):
            keep(folder / f"{number}-partial-{index + 1}.webp", painting.partial(index, PARTIALS), ROUGH_QUALITY)
        keep(folder / f"{number}-final.webp", painting.final(), QUALITY)


def keep(path: Path, data: bytes, quality: int) -> None:
    with decode_turns.unshared():
        shown = vips.shrink(data, containers.bounded(data), SHOWN_WIDTH)
    small: bytes = shown.webpsave_buffer(Q=quality, effort=EFFORT, keep="none")
    path.write_bytes(small)
    print(f"{path.name}: {len(small) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
