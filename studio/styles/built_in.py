"""Write down the twelve styles that each organization begins with. `studio.styles.shelf` copies them; afterwards they
are the organization's own, to change and retire."""
# ruff: noqa: E501 - whole sentences

from dataclasses import dataclass

EVERYTHING = ("identity", "people", "pose", "expression", "framing", "proportions", "writing")


@dataclass(frozen=True, slots=True)
class BuiltIn:
    slug: str
    name: str
    description: str
    prompt: str
    frees: tuple[str, ...]
    solo: str = ""
    group: str = ""
    keeps: tuple[str, ...] = EVERYTHING
    size: str = ""
    quality: str = ""


STYLES = (
    BuiltIn(
        "knitted",
        "Knitted",
        "Chunky wool, visible stitches, a world made by hand.",
        "Remake the scene as a hand-knitted miniature. Thick merino wool in even stockinette stitches, seams and edges "
        "in blanket stitch, small felt details, fibres that catch a warm window light; muted berry, mustard and cream.",
        ("lighting", "realism"),
        solo="The person is a knitted doll with embroidered features that are still unmistakably theirs.",
        group="Each person is a knitted doll of their own, told apart by hair, clothes and size.",
    ),
    BuiltIn(
        "watercolor",
        "Watercolour",
        "Loose washes, blooming pigment, paper left white.",
        "Paint it as a watercolour on rough cotton paper. Wet-in-wet washes that bloom at their edges, few confident "
        "brushstrokes for what matters, granulating blues and soft ochre, highlights that are simply bare paper.",
        ("background", "lighting", "realism"),
        solo="Paint the face with the most care and let the strokes loosen towards the edges.",
        group="Give every face the same care, and let clothes and surroundings run into one another.",
    ),
    BuiltIn(
        "woodcut",
        "Woodcut",
        "Carved lines, one ink, the grain of the block.",
        "Cut it as a woodcut and print it by hand. Bold black relief ink on warm paper, tapering gouge marks that follow "
        "each form, solid shadows without any grey, a faint wood grain, one flat accent in brick red.",
        ("background", "lighting", "realism"),
        solo="Carve the features with few, certain lines, so that the likeness is in the shapes.",
        group="Give every head a clear outline against its neighbours.",
    ),
    BuiltIn(
        "stained-glass",
        "Stained glass",
        "Panes of colour, dark lead, daylight behind.",
        "Build it as a stained-glass window. Hand-blown panes in ruby, cobalt, emerald and honey, dark lead lines along "
        "the contours, slight bubbles and streaks in the glass, strong daylight from behind that makes the colours glow.",
        ("background", "lighting", "realism"),
        solo="Paint the features on larger panes with fine dark strokes, so that no lead line crosses the face.",
        group="Let the lead lines run between the people, never across a face.",
    ),
    BuiltIn(
        "papercut",
        "Cut paper",
        "Layered card, crisp edges, soft shadows between.",
        "Stage it as layered cut paper. Sheets of matte card with crisp knife edges, stacked from far to near, soft "
        "shadows in the gaps, five flat colours of one family, a raking light from the upper left.",
        ("background", "lighting", "realism"),
        solo="Build the face of few layers, with eyes, nose and mouth cut exactly.",
        group="Put each person on a layer of their own, so that everybody stands free.",
    ),
    BuiltIn(
        "clay",
        "Clay",
        "Soft plasticine figures on a tiny film set.",
        "Model it in clay as a frame of a stop-motion film. Matte plasticine with faint fingerprints, rounded forms, "
        "a miniature set of painted card and moss, a shallow depth of field, soft key light from one side.",
        ("background", "lighting", "realism"),
        solo="Sculpt the person as a clay figure whose face is recognised at first sight.",
        group="Sculpt every person, each with their own face and height.",
    ),
    BuiltIn(
        "halftone",
        "Pop halftone",
        "Big dots, flat inks, a print slightly out of register.",
        "Print it as a pop-art halftone poster. Large round screen dots for the shadows, three flat inks in hot pink, "
        "yellow and cyan, thick black contours, newsprint showing through, the colours a hair out of register.",
        ("background", "lighting", "realism"),
        solo="Keep the face large and its contour unbroken.",
        group="Give each person another of the inks.",
    ),
    BuiltIn(
        "charcoal",
        "Charcoal",
        "Smudged greys and one decisive line.",
        "Draw it in charcoal on toned paper. Vine charcoal smudged by finger for the mid-tones, pressed black in the "
        "deepest shadows, highlights lifted with a kneaded eraser, a few lively construction lines left standing.",
        ("background", "realism"),
        solo="Draw the eyes in full and let everything below the shoulders fade into strokes.",
        group="Draw all faces equally finished; let hands and clothes be sketches.",
    ),
    BuiltIn(
        "blueprint",
        "Blueprint",
        "White lines on deep blue, measured and annotated.",
        "Draft it as an architect's blueprint. Fine white lines of two weights on deep Prussian blue, hatching instead "
        "of shade, construction axes and tick marks along the edges, the slight fade of an old cyanotype; no added words.",
        ("background", "lighting", "realism"),
        solo="Draw the person in front view with the accuracy of a portrait.",
        group="Draw everybody on the same ground line.",
    ),
    BuiltIn(
        "neon",
        "Neon",
        "Glowing tubes of colour in a dark room.",
        "Bend it out of neon tubes. Glowing contours in magenta, cyan and amber against near-black brick, soft halos, "
        "reflections on a wet floor, visible glass ends and wires, deep contrast with a slight haze.",
        ("background", "lighting", "realism"),
        solo="Trace the face with few tubes, and keep a dim view of the real features behind them.",
        group="Give each person a colour of their own.",
    ),
    BuiltIn(
        "oil",
        "Oil on canvas",
        "Thick brushwork, deep shadow, one warm light.",
        "Paint it in oil on linen canvas as an old master would. Visible impasto in the lights, thin brown glazes in the "
        "shadows, a single warm light from the left, umber, lead white and vermilion, a fine craquelure.",
        ("background", "lighting"),
        solo="Give it the dignity of a commissioned portrait.",
        group="Compose it as a group portrait in which every face receives light.",
    ),
    BuiltIn(
        "pixel-art",
        "Pixel art",
        "A few big pixels and a palette of sixteen.",
        "Redraw it as pixel art of a 16-bit adventure game. A coarse square grid, a palette of sixteen colours, ordered "
        "dithering in the shadows, single-pixel outlines, no blur and no half pixels, a bright flat light.",
        ("background", "lighting", "realism"),
        solo="Keep hair, glasses and clothes, so that the sprite is recognised.",
        group="Make every person a sprite of the same scale.",
    ),
)  # fmt: skip
BY_SLUG = {style.slug: style for style in STYLES}
